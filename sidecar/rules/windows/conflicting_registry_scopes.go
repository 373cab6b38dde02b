package windows

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// ConflictingRegistryScopes reports a variable that two registry keys set to different values.
//
// The volatile key wins over the user's, and the user's over the machine's. People then change the weaker one and wonder that nothing
// happens. The volatile key is written anew at each logon, by scripts and by Windows, so that it is a warning where that one wins.
//
// # Fixes
//
//   - remove-weaker: removes the value that has no effect.
//
// # Source
//
// Ground truth 2.0.
var ConflictingRegistryScopes = &rules.Rule{
	ID: "conflicting-registry-scopes", Severity: rules.Info, After: []string{"policy-managed-variable"},
	Judge: func(j *rules.Judge) {
		list := stored(j)
		for i, a := range list {
			if !isVariable(a.Name) && !isProxy(a.Name) {
				continue
			}
			var winner *facts.Assignment
			for _, b := range list[i+1:] {
				if b.Layer >= a.Layer && b.At != a.At && strings.EqualFold(a.Name, b.Name) {
					winner = b
				}
			}
			if winner == nil || a.Value == winner.Value || j.System.Style.IsAbs(a.Value) && j.System.Style.IsAbs(winner.Value) && j.Same(a.Value, winner.Value) {
				continue
			}
			f := j.Place(a.At, "%s is %s here and has no effect: %s sets it to %s, which is stronger.", a.Name, shown(j, a), j.Whereabouts(winner), shown(j, winner)).
				About("var:"+j.System.Style.NameKey(a.Name)).Range(a.Text, a.Start, a.End).See(winner.At, "wins")
			if winner.Layer == facts.Volatile {
				f.As(rules.Warning)
			}
			f.Offer(j.Removal("remove-weaker", rules.Ask, a))
		}
	},
}

// shown is a value as a message names it.
func shown(j *rules.Judge, a *facts.Assignment) string {
	if a.Value == "" {
		return j.T("empty")
	}
	return a.Value
}
