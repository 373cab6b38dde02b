package goroot

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// MismatchedGOROOT reports a GOROOT of another version than the go that runs.
//
// One Go then compiles with the tools and the standard library of another: `compile: version "go1.26.8" does not match go tool
// version "go1.26.1"`. Where only a workspace folder asks for another version, go switches by itself, but programs that read GOROOT
// (gopls, golangci-lint, scripts) mix the two trees; that is a warning.
//
// A toolchain that go itself switched to sets GOROOT to its own directory in the module cache, which is right.
//
// # Fixes
//
//   - unset: removes the assignment. Safe: each go then uses its own tree.
//
// # Source
//
// cmd/compile, "does not match go tool version"; golang/go#26933, golang/go#34214, go-gitea/gitea#37373.
var MismatchedGOROOT = &rules.Rule{
	ID: "mismatched-goroot", Severity: rules.Error,
	After: []string{"competing-managers", "manager-exported-goroot", "shadowed-go", "pinned-version-path", "misset-workflow-env"},
	Judge: func(j *rules.Judge) {
		for _, a := range j.All("GOROOT") {
			d := j.Dir(a.Value)
			if !a.Known || !environment(a) || d.Verdict() != facts.IsToolchain || d.Version == "" {
				continue
			}
			for _, first := range gos(j, a) {
				own := first.Toolchain
				if own.Version == "" || strings.HasPrefix(j.System.Style.Base(a.Value), "toolchain@") && j.System.Style.Under(first.Target, d.Real) {
					continue // unknown, or go's own switch
				}
				if d.Version != own.Version {
					f := j.At(a, "GOROOT is %s with %s, but the go on PATH is %s (%s): builds mix the two.", a.Value, d.Version, own.Version, first.File)
					f.AboutToolchain(own).See(first.Entry.At, "puts %s on PATH", first.File)
					f.Unset(a, rules.Safe)
					break
				}
				if w := j.Selects(d.Version); w != nil && w.Select.Switched {
					f := j.At(a, "GOROOT is %s with %s, but %s runs %s: programs that read GOROOT mix the two.", a.Value, d.Version, j.Display(w.Dir), w.Select.Version).As(rules.Warning)
					f.See(w.Select.Because, "asks for %s", w.Select.Version)
					f.Unset(a, rules.Safe)
					break
				}
			}
		}
	},
}
