package variables

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// QuotedValue reports a Go variable whose value has quotes in it.
//
// Quotes belong to a shell, not to the value: `set GOPATH="D:\go"` of cmd keeps them, as the go/env file, the registry and the fields
// of most settings dialogs do. go then takes the quotes for a part of the name. Variables that hold a list of flags, as GOFLAGS and
// CC, are split with quotes and may have them.
//
// # Fixes
//
//   - unquote: writes the value without quotes. Safe.
//   - unset: removes a GOROOT, which go finds by itself. Safe.
//
// # Source
//
// ipfs/kubo#4341, golang/go#62239.
var QuotedValue = &rules.Rule{
	ID: "quoted-value", Severity: rules.Error,
	Judge: func(j *rules.Judge) {
		for _, a := range assignments(j, dirNames, []string{"GOPATH"}, enumNames, urlNames) {
			v := a.Value
			if a.Layer == facts.GoEnvLine { // the CR of a line end is misencoded-goenv-file's
				v = strings.TrimSuffix(v, "\r")
			}
			wrapped := len(v) > 1 && v[0] == '\'' && v[len(v)-1] == '\''
			if !wrapped && !strings.Contains(v, `"`) {
				continue
			}
			f := j.At(a, "%s is %s with the quotes: go takes them as a part of the value.", a.Name, a.Value)
			if a.Name == "GOROOT" || strings.TrimSpace(unquoted(v)) == "" {
				f.Unset(a, rules.Safe)
			} else {
				f.Rewrite("unquote", rules.Safe, a, unquoted)
			}
		}
	},
}

// unquoted is a value without its quotes.
func unquoted(v string) string {
	if len(v) > 1 && v[0] == '\'' && v[len(v)-1] == '\'' {
		v = v[1 : len(v)-1]
	}
	return strings.ReplaceAll(v, `"`, "")
}
