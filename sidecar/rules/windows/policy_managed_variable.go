package windows

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// PolicyManagedVariable reports a registry value that Group Policy or a logon script writes again and again.
//
// Group Policy Preferences write ordinary values, at each logon and about every 90 minutes; a logon script does so at each logon. A change
// of the value is reverted then. Every other fix of such a value is therefore manual.
//
// # Fixes
//
//   - ask-admin: manual. What to ask the administrator for, and what can be done for one folder until then.
//
// # Source
//
// MS-GPPREF 2.2.1.5; ground truth 2.3.
var PolicyManagedVariable = &rules.Rule{
	ID: "policy-managed-variable", Severity: rules.Info,
	Judge: func(j *rules.Judge) {
		if j.Windows == nil {
			return
		}
		for _, a := range stored(j) {
			m := j.ManagedAt(a.At)
			if m == nil || !isPath(a.Name) && !isVariable(a.Name) && !isProxy(a.Name) {
				continue
			}
			var f *rules.Finding
			switch who := policy(j, m); {
			case m.Script && m.Policy == "":
				f = at(j, a, "A logon script writes %s: a change of it is reverted at the next logon.", a.Name)
			case m.Script:
				f = at(j, a, "%s is written by a script of %s: a change of it is reverted at the next logon.", a.Name, who)
			case m.Part:
				f = at(j, a, "An element of %s is kept by %s: a change of it is reverted when the policy is refreshed.", a.Name, who)
				if i := strings.Index(strings.ToLower(a.Raw), strings.ToLower(m.Value)); i >= 0 && m.Value != "" {
					f.Range(a.Text, a.Start+i, a.Start+i+len(m.Value))
				}
			default:
				f = at(j, a, "%s is written by %s: a change of it is reverted when the policy is refreshed.", a.Name, who)
			}
			for i := range j.Windows.Managed {
				if x := &j.Windows.Managed[i]; j.ManagedAt(x.At) == m {
					f.See(x.By, "writes it")
				}
			}
			text := j.T("Ask the administrator to change %s, or to exempt your account: %s writes it to %s.", a.Name, policy(j, m), j.Whereabouts(a))
			if !isPath(a.Name) {
				text = j.T("%s Until then %s can be set for one folder in the setting go.toolsEnvVars, and for its terminals in terminal.integrated.env.windows.", text, a.Name)
			}
			f.Manual("ask-admin", j.T("Ask the administrator"), text, "")
		}
	},
}

// policy is what manages a value, as a sentence names it.
func policy(j *rules.Judge, m *facts.Managed) string {
	switch {
	case m.Policy != "":
		return j.T("the Group Policy \"%s\"", m.Policy)
	case m.Script:
		return j.T("a logon script")
	}
	return j.T("a Group Policy")
}
