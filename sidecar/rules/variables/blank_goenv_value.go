package variables

import (
	"slices"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// BlankGoenvValue reports a go/env line with an empty value that hides the toolchain's default.
//
// Since Go 1.21 the defaults of GOPROXY, GOSUMDB and GOTOOLCHAIN stand in `$GOROOT/go.env`. A line of the go/env file without a value
// hides them: it does not bring the default back. With an empty GOPROXY every download stops: "GOPROXY list is not the empty string,
// but contains no entries". With an empty GOSUMDB those of a module that go.sum does not know stop: "missing GOSUMDB".
//
// # Fixes
//
//   - remove-line: removes the line. Safe: the default applies again.
//
// # Source
//
// cmd/go/internal/cfg, readEnvFile; golang/go#62485.
var BlankGoenvValue = &rules.Rule{
	ID: "blank-goenv-value", Severity: rules.Error,
	Judge: func(j *rules.Judge) {
		for _, name := range []string{"GOPROXY", "GOSUMDB", "GOTOOLCHAIN"} {
			list := j.All(name)
			hidden := slices.IndexFunc(list, func(a *facts.Assignment) bool { return a.Layer == facts.GorootEnv && a.Value != "" })
			if hidden < 0 { // before Go 1.21 an empty value is the default
				continue
			}
			for i, a := range list {
				if a.Layer != facts.GoEnvLine || a.Value != "" ||
					slices.ContainsFunc(list[i+1:], func(b *facts.Assignment) bool { return b.Layer == facts.GoEnvLine }) {
					continue
				}
				var f *rules.Finding
				if name == "GOPROXY" {
					f = j.At(a, "GOPROXY is empty in the go/env file, which hides the default: every download of a module stops with \"GOPROXY list is not the empty string, but contains no entries\".")
				} else {
					f = j.At(a, "%s is empty in the go/env file, which hides the default %s.", name, list[hidden].Value).As(rules.Warning)
				}
				f.See(list[hidden].At, "the default that it hides").Offer(j.Removal("remove-line", rules.Safe, a))
			}
		}
	},
}
