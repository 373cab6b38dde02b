package windows

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// OpenEnvironmentACL reports a machine environment key that any account may change.
//
// Every process of the machine, those of administrators and services too, gets its PATH and GOROOT from this key. Who may set its
// values, or may give that right away, can have any of them run another go.
//
// # Fixes
//
//   - restrict: manual. A script for an administrator, which saves the key and its permissions first.
//
// # Source
//
// Ground truth 2.1.
var OpenEnvironmentACL = &rules.Rule{
	ID: "open-environment-acl", Severity: rules.Warning, Security: true,
	Judge: func(j *rules.Judge) {
		for _, k := range j.Keys {
			if !strings.EqualFold(k.Name, machineKey) {
				continue
			}
			acl, ok := descriptor(k)
			if !ok {
				continue
			}
			var names, sids []string
			for _, who := range []struct{ name, sid string }{
				{"Everyone", host.Everyone}, {"Authenticated Users", host.AuthenticatedUsers}, {"Users", host.Users}, {"INTERACTIVE", host.Interactive},
			} {
				for _, right := range []uint32{host.WriteRight, host.WriteDAC, host.WriteOwner} {
					if acl.Allows(right, who.sid) && !denied(acl, right) {
						names, sids = append(names, who.name), append(sids, "'"+who.sid+"'")
						break
					}
				}
			}
			if names == nil {
				continue
			}
			command := strings.Join([]string{
				`$key = 'HKLM:` + strings.TrimPrefix(machineKey, "HKLM") + "'",
				`reg export "` + machineKey + `" "$HOME\environment-key.reg" /y`,
				"$acl = Get-Acl -LiteralPath $key",
				`$acl.Sddl | Set-Content "$HOME\environment-key.sddl"`,
				"foreach ($sid in " + strings.Join(sids, ", ") + ") { $who = [Security.Principal.SecurityIdentifier]$sid; $acl.PurgeAccessRules($who)",
				"$acl.AddAccessRule((New-Object Security.AccessControl.RegistryAccessRule($who, 'ReadKey', 'ContainerInherit', 'None', 'Allow'))) }",
				"Set-Acl -LiteralPath $key -AclObject $acl",
			}, "; ")
			j.Place(host.RegLoc(k.Name, ""), "Every account may change the machine's environment (%s): each can put another go, or another PATH, into the programs of all others.", strings.Join(names, ", ")).
				About("var:*").
				Manual("restrict", j.T("Let only administrators change the machine's environment"),
					j.T("An administrator reviews this script and runs it in PowerShell. It saves the key and its permissions in the home directory and leaves those accounts the right to read, which they need."), command)
		}
	},
}

// denied reports whether everybody is denied a right before anybody is granted it.
func denied(acl host.ACL, right uint32) bool {
	for _, e := range acl.Entries {
		if e.Mask&right != 0 {
			return e.Deny && e.SID == host.Everyone
		}
	}
	return false
}
