package report

import (
	"bufio"
	"io"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// A Difference is what Go meets on one machine and not on another one. Values have ~ for the home directory, . for the workspace, and no
// credentials.
type Difference struct {
	Kind   string   `json:"kind"` // "variable", "go", "toolchain", "tool" or "problem"
	Name   string   `json:"name"`
	Left   Side     `json:"left"`
	Right  Side     `json:"right"`
	Causes []string `json:"causes"` // "left RULE PLACE" or "right RULE PLACE": the problems of one machine alone that it explains
	Breaks bool     `json:"breaks"` // go fails on one machine alone, or a problem of one machine alone is caused by it
}

// A Side is one of the two machines: a value, who gives it, and how go fails because of it or what a rule says of it.
type Side struct {
	Value string `json:"value"`
	At    string `json:"at,omitempty"`
	Error string `json:"error,omitempty"`
}

// derived are variables that follow from others, or say only where something lies.
var derived = []string{"GOTOOLDIR", "GOEXE", "GOTELEMETRYDIR", "GOVERSION", "GOMOD", "GOARCH", "GOOS", "GOGCCFLAGS"}

// Diff compares what Go meets on two machines: what breaks it on one of them comes first. Names of users and directories that differ
// between any two machines do not count.
func Diff(left, right *doctor.Report) []Difference {
	d := &differ{[2]*side{newSide(left), newSide(right)}, []Difference{}}
	if d.sides[0].env != nil && d.sides[1].env != nil {
		d.variables()
		d.add("toolchain", "toolchain", d.sides[0].selected(), d.sides[1].selected())
	}
	for _, tool := range facts.Tools {
		kind := "tool"
		if tool == "go" {
			kind = "go"
		}
		d.add(kind, tool, d.sides[0].tool(tool), d.sides[1].tool(tool))
	}
	d.problems()
	slices.SortStableFunc(d.list, func(a, b Difference) int {
		switch {
		case a.Breaks == b.Breaks:
			return 0
		case a.Breaks:
			return -1
		}
		return 1
	})
	return d.list
}

type differ struct {
	sides [2]*side
	list  []Difference
}

type side struct {
	r   *doctor.Report
	env *goenv.Env
}

func newSide(r *doctor.Report) *side { return &side{r, Env(r)} }

// plain is a value as it would be on any machine.
func (s *side) plain(name, value string) string {
	sys := s.r.Facts.System
	st := sys.Style
	var list []string
	for _, e := range st.SplitList(value) {
		text := e.Dir
		dirs := []struct{ dir, short string }{{sys.Home, "~"}}
		for _, f := range s.r.Facts.Folders {
			dirs = slices.Insert(dirs, 0, struct{ dir, short string }{f.Dir, "."})
		}
		for _, x := range dirs {
			if rel, ok := st.Rel(text, x.dir); ok && x.dir != "" && st.IsAbs(text) {
				text = strings.TrimSuffix(x.short+"/"+strings.ReplaceAll(rel, `\`, "/"), "/")
				break
			}
		}
		list = append(list, text)
	}
	if len(list) == 0 || !strings.Contains(strings.Join(list, ""), "~") && !strings.Contains(strings.Join(list, ""), "./") {
		return conceal(name, value)
	}
	return conceal(name, strings.Join(list, ":"))
}

func (s *side) selected() Side {
	x := Side{Value: s.env.Version}
	if !s.env.Select.Because.IsZero() {
		x.At = s.env.Select.Because.String()
	}
	return x
}

// tool is the first hit: its version, or for go the installer, too.
func (s *side) tool(name string) Side {
	if s.env == nil {
		return Side{}
	}
	h, ok := first(s.env.View, name)
	if !ok {
		return Side{}
	}
	f := found(h.Hit)
	x := Side{Value: strings.TrimSpace(f.Version + " " + f.Defect), At: h.Entry.At.String()}
	if name == "go" {
		x.Value = strings.TrimSpace(x.Value + " " + f.Installer)
	}
	if x.Value == "" {
		x.Value = "?" // it is there
	}
	return x
}

func (d *differ) add(kind, name string, left, right Side) {
	if left.Value != right.Value || left.Error != right.Error {
		d.list = append(d.list, Difference{Kind: kind, Name: name, Left: left, Right: right, Causes: []string{}, Breaks: left.Error != right.Error})
	}
}

func (d *differ) variables() {
	var names []string
	for _, s := range d.sides {
		for _, v := range s.env.Vars {
			if !slices.Contains(names, v.Name) && !slices.Contains(derived, v.Name) {
				names = append(names, v.Name)
			}
		}
	}
	slices.Sort(names)
	for _, name := range names {
		var both [2]Side
		assigned, known := false, true
		for i, s := range d.sides {
			v := s.env.Get(name)
			if v == nil {
				continue
			}
			known = known && v.Known
			both[i].Value = s.plain(name, v.Value)
			if v.Winner != nil {
				assigned = assigned || v.Winner.Layer != facts.GorootEnv
				both[i].At = v.Winner.At.String()
			}
			if e := s.env.Err; e != nil && e.By != nil && e.By.Name == name {
				both[i].Error = conceal(name, e.Message)
			}
		}
		if known && (assigned || strings.HasPrefix(name, "GOHOST") || name == "CGO_ENABLED") {
			d.add("variable", name, both[0], both[1])
		}
	}
	var errs [2]string
	for i, s := range d.sides {
		if e := s.env.Err; e != nil && e.By == nil {
			errs[i] = facts.Redact(e.Message)
		}
	}
	if errs[0] != errs[1] {
		d.add("problem", "go env", Side{Error: errs[0]}, Side{Error: errs[1]})
	}
}

// problems are the causes that one machine alone has: each goes to the differences that it is about, or is one by itself.
func (d *differ) problems() {
	for i, s := range d.sides {
		for _, c := range s.r.Causes {
			f := &s.r.Findings[c.Finding]
			if f.Severity.Rank() > rules.Warning.Rank() || d.sides[1-i].has(f) {
				continue
			}
			cause := [2]string{"left", "right"}[i] + " " + f.Rule.ID + " " + f.At.String()
			told := false
			for j := range d.list {
				x := &d.list[j]
				if about(f, x) {
					x.Causes, x.Breaks, told = append(x.Causes, cause), true, true
				}
			}
			if told {
				continue
			}
			x := Difference{Kind: "problem", Name: f.Rule.ID, Causes: []string{cause}, Breaks: true}
			mine := Side{At: f.At.String(), Error: facts.Redact(f.Message)}
			if i == 0 {
				x.Left = mine
			} else {
				x.Right = mine
			}
			d.list = append(d.list, x)
		}
	}
}

// about reports whether a finding is about a difference.
func about(f *doctor.Finding, d *Difference) bool {
	for _, s := range f.Subjects {
		kind, name, _ := strings.Cut(s, ":")
		if kind == "var" && d.Kind == "variable" && name == d.Name || kind == "tool" && (d.Kind == "tool" || d.Kind == "go") && name == d.Name {
			return true
		}
	}
	return false
}

// has reports whether the machine has a finding of the same rule about the same variable, tool or module.
func (s *side) has(f *doctor.Finding) bool {
	return slices.ContainsFunc(s.r.Findings, func(o doctor.Finding) bool {
		if o.Rule != f.Rule {
			return false
		}
		kind, _, _ := strings.Cut(f.Subject(), ":")
		return kind == "path" || kind == "file" || kind == "toolchain" || o.Subject() == f.Subject()
	})
}

// DiffText writes differences for people: those that break Go, and with all the others; else their number.
func DiffText(w io.Writer, r *doctor.Report, list []Difference, names [2]string, all bool) error {
	p := &printer{w: bufio.NewWriter(w), lang: r.Lang}
	rest := 0
	for _, x := range list {
		if !x.Breaks && !all {
			rest++
			continue
		}
		p.raw("", "", x.Name)
		for i, s := range []Side{x.Left, x.Right} {
			text := names[i] + ": " + s.Value
			switch {
			case s.Value != "" || x.Kind == "problem" && s.Error != "":
			case x.Kind == "problem":
				continue
			case x.Kind == "variable":
				text = names[i] + ": " + r.Lang.T("not set")
			default:
				text = names[i] + ": " + r.Lang.T("not found")
			}
			if s.At != "" {
				text += "  ← " + s.At
			}
			p.raw("  ", "", text)
			if s.Error != "" {
				p.line("    ", "", s.Error)
			}
		}
		for _, c := range x.Causes {
			side, rest, _ := strings.Cut(c, " ")
			p.raw("  ", "", "✗ "+names[map[string]int{"left": 0, "right": 1}[side]]+": "+rest)
		}
	}
	switch {
	case len(list) == 0:
		p.line("", "", r.Lang.T("For Go the machines do not differ."))
	case rest == len(list):
		p.line("", "", r.Lang.T("Nothing that differs breaks Go. Differences that --all shows: %d.", rest))
	case rest > 0:
		p.line("", "", r.Lang.T("Differences that break nothing, and that --all shows: %d.", rest))
	}
	return p.w.Flush()
}
