package goroot

import (
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// StaleGOROOT reports a GOROOT that names a directory without a Go toolchain.
//
// The go command trusts GOROOT over its own location. When it names a directory that is gone, or one without pkg/tool, every
// command fails, `go version` and `go env` included: "go: cannot find GOROOT directory". It is left by an uninstalled Go, by
// tutorials that set it, by editors, and by version managers. Go needs no GOROOT: it finds its root from where it stands.
//
// # Fixes
//
//   - unset: removes the assignment where it stands. Safe, because go then finds its own root. Asked where the go on PATH could not
//     find one. Where PATH or another variable is written with it, the value takes the place of the reference.
//
// # Source
//
// cmd/go/main.go, "cannot find GOROOT directory"; golang/go#79648, conda-forge/go-feedstock#93.
var StaleGOROOT = &rules.Rule{
	ID: "stale-goroot", Severity: rules.Error,
	After: []string{"misencoded-goenv-file", "quoted-value", "unexpanded-value", "stray-characters", "other-os-path", "harmful-wslenv-entry",
		"manager-exported-goroot", "misset-workflow-env", "unexpanding-registry-value", "unresolvable-registry-reference"},
	Judge: func(j *rules.Judge) {
		for _, a := range j.All("GOROOT") {
			if !a.Known || a.Value == "" || j.Dir(a.Value).Verdict() != facts.NoToolchain {
				continue
			}
			what, then := j.T("a directory that does not exist"), j.T("go cannot start with it")
			if j.Dir(a.Value).Exists == facts.Yes {
				what, then = j.T("a directory that holds no Go toolchain"), j.T("go cannot build with it")
			}
			var f *rules.Finding
			if a.Layer == facts.EditorSetting && a.At.Name == "go.goroot" {
				f = j.At(a, "go.goroot is %s, %s; the Go extension cannot use it.", a.Value, what)
			} else {
				f = j.At(a, "GOROOT is %s, %s; %s.", a.Value, what, then)
			}
			f.Unset(a, unsetSafety(j))
		}
	},
}

// unsetSafety is safe unless the go on PATH would be left without a root.
func unsetSafety(j *rules.Judge) rules.Safety {
	if j.Rootless() {
		return rules.Ask
	}
	return rules.Safe
}
