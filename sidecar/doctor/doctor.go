// Package doctor is the product without an editor: it diagnoses a machine, previews and makes fixes, and takes them back.
package doctor

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/probes"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/gopath"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/goroot"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/modules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/network"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/searchpath"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/toolchain"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/variables"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/windows"
)

// Groups is every rule in the order in which causes are ranked.
var Groups = []rules.Group{toolchain.Group, goroot.Group, gopath.Group, variables.Group, modules.Group, network.Group, searchpath.Group, windows.Group}

// A Finding is what a rule found, with the rule.
type Finding struct {
	*rules.Finding
	Rule     *rules.Rule
	Group    string
	CausedBy []int // indices of findings that explain it, in rule order
}

// A Cause is a finding that nothing explains, with what it explains.
type Cause struct {
	Finding  int
	Share    float64 // of the weight of all findings; all shares sum to 1
	Findings []int   // the cause first
}

// A Report is one diagnosis.
type Report struct {
	Facts    *facts.Snapshot
	Findings []Finding   // by rule, then PATH position or place
	Causes   []Cause     // first cause first
	Ignored  []Finding   // what the user ignores on this machine; in nothing above
	Gaps     []facts.Gap // with their reasons as texts
	Lang     l10n.Lang   // of its texts
}

// A Memory keeps what a diagnosis read for the next one of the same machine: see [Options].
type Memory = probes.Memory

// A Selector says which rules run; nil runs all.
type Selector func(r *rules.Rule, group string) bool

// Options say how a machine is judged. The zero value runs every rule, as the rule says, in English.
type Options struct {
	Groups  []rules.Group // nil is the product's
	Pick    Selector
	Lang    l10n.Lang
	Rules   Settings
	Ignored []Problem
	// Program is the absolute name of the running program, for commands that a person runs in another terminal; "" leaves them as they are.
	Program string
	// Memory is what the last diagnosis of the same machine read; nil reads everything anew.
	Memory *Memory

	gaps []facts.Gap // of what these options were made from
}

// Settings are what the user and the workspace want of each rule, by id: "off", or a severity.
type Settings struct{ User, Workspace map[string]string }

// of returns the wish for a rule. A workspace cannot soften a rule about security; a wish that is none is not obeyed.
func (s Settings) of(r *rules.Rule) string {
	valid := func(w string) bool {
		switch rules.Severity(w) {
		case "off", rules.Error, rules.Warning, rules.Info, rules.Hint:
			return true
		}
		return false
	}
	if w := s.Workspace[r.ID]; valid(w) {
		harsher := w != "off" && rules.Severity(w).Rank() <= r.Severity.Rank()
		if !r.Security || harsher {
			return w
		}
	}
	if w := s.User[r.ID]; valid(w) {
		return w
	}
	return ""
}

// A Problem is the name of a finding: its place is without line and column, since lines move.
type Problem struct {
	Rule    string `json:"rule"`
	At      string `json:"at"`
	Subject string `json:"subject"`
}

// Name is the problem that a finding is.
func (f *Finding) Name() Problem { return Problem{f.Rule.ID, f.At.Whole().String(), f.Subject()} }

// Diagnose probes a machine and judges what it finds.
func Diagnose(h host.Host, opt Options) *Report {
	groups := opt.Groups
	if groups == nil {
		groups = Groups
	}
	look := probes.Run
	if opt.Memory != nil {
		look = opt.Memory.Run
	}
	return Judge(look(h), groups, opt)
}

// Judge runs the rules of groups over a snapshot and finds the root causes. A rule that panics leaves a gap; the others go on.
func Judge(s *facts.Snapshot, groups []rules.Group, opt Options) *Report {
	r := &Report{Facts: s, Lang: opt.Lang, Gaps: slices.Clone(opt.gaps)}
	for _, g := range s.Gaps {
		r.Gaps = append(r.Gaps, facts.Gap{At: g.At, Reason: facts.Redact(opt.Lang.T(g.Reason, g.Args...))})
	}
	for _, g := range groups {
		for _, rule := range g.Rules {
			wish := opt.Rules.of(rule)
			if wish == "off" || opt.Pick != nil && !opt.Pick(rule, g.Name) {
				continue
			}
			found, err := run(rule, s, opt.Lang)
			if err != nil {
				r.Gaps = append(r.Gaps, facts.Gap{Reason: opt.Lang.Error(err)})
			}
			for _, x := range found {
				spell(x.Fixes, opt.Program, s.System.Style)
				f := Finding{Finding: x, Rule: rule, Group: g.Name}
				if wish != "" {
					f.As(rules.Severity(wish))
				}
				if slices.Contains(opt.Ignored, f.Name()) {
					r.Ignored = append(r.Ignored, f)
				} else {
					r.Findings = append(r.Findings, f)
				}
			}
		}
	}
	r.explain()
	return r
}

// spell writes the program's whole name in commands, since an administrator's terminal does not find an editor's copy by the short one.
func spell(fixes []rules.Fix, program string, st host.Style) {
	if program == "" {
		return
	}
	for i := range fixes {
		args, ok := strings.CutPrefix(fixes[i].Command, "go-env-doctor ")
		switch {
		case !ok:
		case !strings.ContainsAny(program, " '()&;,^%@{}"):
			fixes[i].Command = program + " " + args
		case st.Windows:
			// No quotes around a program mean the same to both shells of Windows: PowerShell takes a text alone for a value and wants & before
			// it, which cmd refuses. A command with one argument in double quotes and none within is read alike by both.
			quote := func(s string) string { return strings.ReplaceAll(s, "'", "''") }
			fixes[i].Command = `powershell -NoProfile -Command "& '` + quote(program) + `' ` + strings.ReplaceAll(quote(args), `"`, "'") + `"`
		default:
			fixes[i].Command = `"` + program + `" ` + args
		}
	}
}

func run(rule *rules.Rule, s *facts.Snapshot, lang l10n.Lang) (found []*rules.Finding, err error) {
	defer func() {
		if p := recover(); p != nil {
			found, err = nil, l10n.Errorf("internal problem: rule %s: %v", rule.ID, p)
		}
	}()
	found = rules.Run(rule, s, lang)
	slices.SortStableFunc(found, func(a, b *rules.Finding) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), compareLoc(a.At, b.At))
	})
	return found, nil
}

func compareLoc(a, b host.Loc) int {
	return cmp.Or(cmp.Compare(a.Whole().String(), b.Whole().String()), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
}
