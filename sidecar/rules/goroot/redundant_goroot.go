package goroot

import (
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// RedundantGOROOT reports a GOROOT that names what go finds by itself.
//
// It does no harm today. It breaks every command at the next upgrade that moves the toolchain, and it makes the Go extension
// refuse to change the version: `Switching Go version when process.env["GOROOT"] is set is unsupported`. Installers up to Go 1.12 set it for the whole
// machine.
//
// What an image or a version manager sets on purpose is not reported.
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
		first, _, ok := j.FirstGo()
		if !ok || first.Toolchain == nil {
			return
		}
		for _, a := range j.All("GOROOT") {
			d := j.Dir(a.Value)
			if !a.Known || !a.OS() && a.Layer != facts.GoEnvLine || d.Verdict() != facts.IsToolchain || j.ManagerExported(a) || j.FromImage(a) {
				continue
			}
			same := j.Same(a.Value, first.Toolchain.Root)
			if !same && (d.Version == "" || d.Version != first.Toolchain.Version) {
				continue
			}
			f := j.At(a, "GOROOT is %s, which go finds by itself; it will break when Go is upgraded or moved.", a.Value)
			if a.Layer == facts.Machine && len(a.Wins) > 0 {
				f.Severity = rules.Info
			}
			f.Unset(a, rules.Ask)
		}
	},
}
