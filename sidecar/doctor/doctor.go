// Package doctor is the product without an editor: it diagnoses a machine, previews and makes fixes, and takes them back.
package doctor

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/go-env-doctor/go-env-doctor/probes"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/gopath"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/goroot"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/modules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/searchpath"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/toolchain"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/variables"
)

// Groups is every rule in the order in which causes are ranked.
var Groups = []rules.Group{toolchain.Group, goroot.Group, gopath.Group, variables.Group, modules.Group, searchpath.Group}

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
	Findings []Finding // by rule, then PATH position or place
	Causes   []Cause   // first cause first
	Gaps     []facts.Gap
}

// A Selector says which rules run; nil runs all.
type Selector func(r *rules.Rule, group string) bool

// Diagnose probes a machine and judges what it finds.
func Diagnose(h host.Host, pick Selector) *Report { return Judge(probes.Run(h), Groups, pick) }

// Judge runs the rules of groups over a snapshot and finds the root causes. A rule that panics leaves a gap; the others go on.
func Judge(s *facts.Snapshot, groups []rules.Group, pick Selector) *Report {
	r := &Report{Facts: s, Gaps: slices.Clone(s.Gaps)}
	for _, g := range groups {
		for _, rule := range g.Rules {
			if pick != nil && !pick(rule, g.Name) {
				continue
			}
			found, err := run(rule, s)
			if err != nil {
				r.Gaps = append(r.Gaps, facts.Gap{Reason: err.Error()})
			}
			for _, f := range found {
				r.Findings = append(r.Findings, Finding{Finding: f, Rule: rule, Group: g.Name})
			}
		}
	}
	r.explain()
	return r
}

func run(rule *rules.Rule, s *facts.Snapshot) (found []*rules.Finding, err error) {
	defer func() {
		if p := recover(); p != nil {
			found, err = nil, fmt.Errorf("internal problem: rule %s: %v", rule.ID, p)
		}
	}()
	found = rules.Run(rule, s)
	slices.SortStableFunc(found, func(a, b *rules.Finding) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), compareLoc(a.At, b.At))
	})
	return found, nil
}

func compareLoc(a, b host.Loc) int {
	return cmp.Or(cmp.Compare(a.Whole().String(), b.Whole().String()), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
}
