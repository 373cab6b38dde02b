package goroot

import (
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// MisplacedGOROOT reports a GOROOT that exists but is another part of a toolchain, or a project.
//
// It names the go program itself or a link to it (snap's launcher), the bin directory of a toolchain, the directory above one, or
// a directory with src and no tools, such as a GOPATH. `go version` still works with most of these, and every build fails:
// "package fmt is not in std", "no such tool \"compile\"".
//
// # Fixes
//
//   - unset: removes the assignment. Safe: go finds its own root.
//
// # Source
//
// Ground truth, section G; golang/vscode-go#1924, golang/go#34769.
var MisplacedGOROOT = &rules.Rule{
	ID: "misplaced-goroot", Severity: rules.Error,
	After: []string{"quoted-value", "harmful-wslenv-entry"},
	Judge: func(j *rules.Judge) {
		for _, a := range j.All("GOROOT") {
			d := j.Dir(a.Value)
			if !a.Known || a.Value == "" || d.Verdict() != facts.Misplaced {
				continue
			}
			name := "GOROOT"
			if a.Layer == facts.EditorSetting && a.At.Name == "go.goroot" {
				name = a.At.Name
			}
			j.At(a, "%s is %s, which is %s: no build can work.", name, a.Value, part(j, d)).Unset(a, rules.Safe)
		}
	},
}

// part says what a misplaced GOROOT is.
func part(j *rules.Judge, d *facts.Dir) string {
	switch {
	case d.IsFile:
		return j.T("a file and not a directory")
	case d.BinOf != "":
		return j.T("the bin directory of the toolchain %s", d.BinOf)
	case d.Child != "":
		return j.T("the directory above the toolchain in its %s", d.Child)
	}
	return j.T("a source tree without Go's tools")
}
