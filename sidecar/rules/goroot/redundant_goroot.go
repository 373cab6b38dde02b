package goroot

import (
	"slices"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// RedundantGOROOT reports a GOROOT that names what go finds by itself.
//
// It does no harm today. It breaks every command at the next upgrade that moves the toolchain, and it makes the Go extension
// refuse to change the version: `Switching Go version when process.env["GOROOT"] is set is unsupported`. Installers up to Go 1.12 set it for the whole
// machine.
//
// What an image, a version manager or go itself sets on purpose is not reported.
//
// # Fixes
//
//   - unset: removes the assignment.
//
// # Source
//
// cmd/go/internal/cfg, findGOROOT; golang/go#30132.
var RedundantGOROOT = &rules.Rule{
	ID: "redundant-goroot", Severity: rules.Hint,
	Judge: func(j *rules.Judge) {
		for _, a := range j.All("GOROOT") {
			d := j.Dir(a.Value)
			if !a.Known || !environment(a) || d.Verdict() != facts.IsToolchain || j.ManagerExported(a) || j.FromImage(a) || follows(j, a) {
				continue
			}
			list := gos(j, a)
			if len(list) == 0 || slices.ContainsFunc(list, func(first facts.PathHit) bool {
				return !j.Same(a.Value, first.Toolchain.Root) && (d.Version == "" || d.Version != first.Toolchain.Version)
			}) {
				continue
			}
			what := j.T("which go finds by itself")
			if own := list[0].Toolchain; !j.Same(a.Value, own.Root) {
				what = j.T("another copy of the Go that runs from %s", own.Root)
			}
			f := j.At(a, "GOROOT is %s, %s; it will break when Go is upgraded or moved.", a.Value, what)
			if a.Layer == facts.Machine && len(a.Wins) > 0 {
				f.Severity = rules.Info
			}
			f.Unset(a, rules.Ask)
		}
	},
}

// follows reports whether a GOROOT moves along by itself: the link of a version manager that always leads to the selected version, as
// their instructions ask for, or what go sets when it switches to a toolchain of the module cache.
func follows(j *rules.Judge, a *facts.Assignment) bool {
	t := j.Toolchain(a.Value)
	return t != nil && (t.Manager && !j.System.Style.Equal(a.Value, t.Real) || t.Cached && a.Layer == facts.Process)
}
