package windows

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// MalformedVariableName reports a value whose name only looks like that of a variable.
//
// A blank, a tab or a line end at the end of a name that was pasted, an `=` in it, or full-width letters of an input method make it
// another variable: go does not see it, and the list of variables shows no difference.
//
// # Fixes
//
//   - rename: writes the same data and type under the clean name, unless that exists, and removes this one. A GOROOT is only removed: go
//     needs none.
//
// # Source
//
// golang/go#23387.
var MalformedVariableName = &rules.Rule{
	ID: "malformed-variable-name", Severity: rules.Error,
	Judge: func(j *rules.Judge) {
		list := stored(j)
		for _, a := range list {
			clean := cleanName(a.Name)
			if clean == a.Name || !isVariable(clean) && !isProxy(clean) && !isPath(clean) {
				continue
			}
			var there *facts.Assignment
			for _, b := range list {
				if b.At.Path == a.At.Path && strings.EqualFold(b.Name, clean) {
					there = b
				}
			}
			f := j.Place(a.At, "The name %q only looks like %s: no program reads this value.", a.Name, clean).About("var:"+j.System.Style.NameKey(a.Name)).
				About("var:"+j.System.Style.NameKey(clean)).Range(a.Text, a.Start, a.End)
			if isPath(clean) {
				about(j, f, a)
			}
			x := j.Removal("rename", rules.Ask, a)
			if there == nil && !strings.EqualFold(clean, "GOROOT") {
				x.Title = j.T("Rename %q to %s in %s", a.Name, clean, j.Whereabouts(a))
				data := a.Text.Raw
				if isPath(clean) {
					data.Type = "expand"
				}
				x.Changes = append(x.Changes, host.Change{At: host.RegLoc(a.At.Path, clean), Whole: &data})
			} else {
				x.Title = j.T("Remove %q from %s", a.Name, j.Whereabouts(a))
				f.See(place(there), "the value that programs read")
			}
			f.Offer(x)
		}
	},
}

func place(a *facts.Assignment) (l host.Loc) {
	if a != nil {
		l = a.At
	}
	return l
}

// cleanName is a name without blanks, control characters and =, with full-width letters as plain ones.
func cleanName(name string) string {
	return strings.Map(func(r rune) rune {
		if '\uff01' <= r && r <= '\uff5e' {
			r -= 0xfee0
		}
		if strings.ContainsRune(" \t\r\n=\u00a0\u3000\u200b\ufeff", r) {
			return -1
		}
		return r
	}, name)
}
