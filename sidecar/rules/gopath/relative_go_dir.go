package gopath

import (
	"strconv"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// RelativeGoDir reports a Go directory variable that is no absolute path.
//
// The go command refuses a relative GOPATH, GOBIN, GOCACHE or GOMODCACHE, because it would be another directory in every
// folder, and cannot make its work directory in a relative GOTMPDIR. GOCACHE=off, which Go 1.11 knew, is refused too.
//
// # Fixes
//
//   - unset: removes the assignment. Safe: the default applies.
//
// # Source
//
// cmd/go/main.go, cmd/go/internal/cache/default.go; golang/go#55831, golang/go#12907, golang/go#62239.
var RelativeGoDir = &rules.Rule{
	ID: "relative-go-dir", Severity: rules.Error,
	After: []string{"quoted-value", "unexpanded-value", "stray-characters", "other-os-path", "unexpanding-registry-value",
		"unresolvable-registry-reference", "unexpanded-setting", "harmful-wslenv-entry"},
	Judge: func(j *rules.Judge) {
		for _, name := range []string{"GOPATH", "GOBIN", "GOCACHE", "GOMODCACHE", "GOTMPDIR"} {
			for _, a := range j.All(name) {
				value := a.Value
				if a.Layer == facts.GoEnvLine { // the CR of a line end is misencoded-goenv-file's
					value = strings.TrimSuffix(value, "\r")
				}
				if !a.Known || value == "" {
					continue
				}
				if says := refused(j, name, value); says != "" {
					j.At(a, "%s is %s: go says \"%s\".", name, a.Value, says).Unset(a, rules.Safe)
				}
			}
		}
	},
}

// refused is what go says of a value, "" if it is absolute.
func refused(j *rules.Judge, name, value string) string {
	st := j.System.Style
	switch name {
	case "GOPATH":
		for _, e := range st.SplitList(value) {
			switch {
			case e.Dir == "" || st.IsAbs(e.Dir):
			case e.Dir[0] == '~':
				return "GOPATH entry cannot start with shell metacharacter '~': " + strconv.Quote(e.Dir)
			default:
				return "GOPATH entry is relative; must be absolute path: " + strconv.Quote(e.Dir)
			}
		}
		return ""
	case "GOCACHE":
		if value == "off" {
			return "build cache is disabled by GOCACHE=off, but required as of Go 1.12"
		}
	}
	if st.IsAbs(value) {
		return ""
	}
	switch name {
	case "GOBIN":
		return "cannot install, GOBIN must be an absolute path"
	case "GOCACHE":
		return "build cache is required, but could not be located: GOCACHE is not an absolute path"
	case "GOMODCACHE":
		return "GOMODCACHE entry is relative; must be absolute path"
	}
	return "creating work dir: stat " + value + ": no such file or directory"
}
