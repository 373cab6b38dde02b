package variables

import (
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// WrongGO111MODULE reports a GO111MODULE that turns modules off, or that go does not know.
//
// Modules are on by default since Go 1.16, and no value but "on" or an empty one works with them. Anything but empty, on, off and
// auto stops every command: "unknown environment setting GO111MODULE=true". off makes every command fail in a folder with a go.mod:
// "modules disabled by GO111MODULE=off". auto ignores modules outside of a folder with a go.mod.
//
// # Fixes
//
//   - unset: removes the assignment. Safe where go does not know the value, else asked.
//
// # Source
//
// cmd/go/internal/modload/init.go; golang/go#39264, golang/vscode-go#1364.
var WrongGO111MODULE = &rules.Rule{
	ID: "wrong-go111module", Severity: rules.Error,
	After: []string{"stray-characters", "quoted-value", "misencoded-goenv-file"},
	Judge: func(j *rules.Judge) {
		var module *facts.ModFile
		for _, f := range j.Folders {
			if f.Mod != nil && module == nil {
				module = f.Mod
			}
		}
		for _, a := range j.All("GO111MODULE") {
			if !a.Known {
				continue
			}
			switch a.Value {
			case "", "on":
			case "auto":
				j.At(a, "GO111MODULE is auto: outside of a folder with a go.mod, go ignores modules.").As(rules.Info).Unset(a, rules.Ask)
			case "off":
				if module != nil {
					f := j.At(a, "GO111MODULE is off, and %s is a module: every go command there stops with \"modules disabled by GO111MODULE=off\".", j.Display(module.Dir))
					f.See(host.FileLoc(module.At.Path, 1), "the module").Unset(a, rules.Ask)
				} else {
					j.At(a, "GO111MODULE is off: go does not work with modules.").As(rules.Warning).Unset(a, rules.Ask)
				}
			default:
				j.At(a, "GO111MODULE is %q, which go does not know: every command stops with \"unknown environment setting\".", a.Value).Unset(a, rules.Safe)
			}
		}
	},
}
