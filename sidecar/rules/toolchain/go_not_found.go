package toolchain

import (
	"slices"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// GoNotFound reports that this machine has no Go at all.
//
// No PATH leads to a go, and no installer's or version manager's usual place holds a toolchain. It is information only where no
// workspace folder holds Go files.
//
// # Fixes
//
//   - install: the official installer, or the package command of this system, with the PATH line that it needs. By hand.
//
// # Source
//
// os/exec, ErrNotFound; microsoft/vscode-go#3233.
var GoNotFound = &rules.Rule{
	ID: "go-not-found", Severity: rules.Error,
	After: []string{"go-on-other-side", "confined-editor"},
	Judge: func(j *rules.Judge) {
		for _, v := range j.Views {
			if len(v.Hits("go")) > 0 || slices.ContainsFunc(v.Path, func(e *facts.PathEntry) bool { return e.Folder != nil && e.Folder.Exists == facts.Unknown }) {
				return
			}
		}
		if slices.ContainsFunc(j.Toolchains, func(t *facts.Toolchain) bool { return t.Standard || t.Cached }) {
			return
		}
		f := j.Place(host.EnvLoc("PATH"), "There is no Go on this machine: no PATH leads to one, and no usual place holds one.").About("tool:go")
		if !slices.ContainsFunc(j.Folders, func(w *facts.Folder) bool { return w.HasGo }) {
			f.As(rules.Info)
		}
		text, cmd := j.Install("")
		f.Offer(rules.Fix{ID: "install", Safety: rules.Manual, Title: j.T("Install Go"), Text: text, Command: cmd, Page: rules.InstallPage, Locate: "go"})
	},
}
