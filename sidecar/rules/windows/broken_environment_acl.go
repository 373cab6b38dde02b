package windows

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// BrokenEnvironmentACL reports permissions of an environment key that keep those out who need it.
//
// Everybody has to read the machine's environment key, or their programs miss its Path and variables. Administrators and the system's
// own account have to set its values, or no installer can add Go to Path, and setx says "Access to the registry path is denied".
// The user has to set the values of the own key. That a plain user may not change the machine's key is healthy.
//
// # Fixes
//
//   - repair-acl: manual. A script to review, which saves the key and its permissions first and then adds what is missing.
//
// # Source
//
// Registry Key Security and Access Rights (Microsoft); ground truth 2.1.
var BrokenEnvironmentACL = &rules.Rule{
	ID: "broken-environment-acl", Severity: rules.Error,
	Judge: func(j *rules.Judge) {
		if j.Windows == nil {
			return
		}
		for _, key := range j.Windows.Unreadable {
			f := j.Place(host.RegLoc(key, ""), "%s may not read this key: programs of this account miss the variables and the Path in it.", account(j)).About("var:*")
			if strings.EqualFold(key, machineKey) {
				repair(j, f, key, host.Users, "ReadKey")
			} else {
				repair(j, f, key, "", "FullControl")
			}
		}
		for _, k := range j.Keys {
			switch {
			case strings.EqualFold(k.Name, userKey) && j.ReadOnly[k.Name] && !slices.Contains(j.Windows.Unreadable, k.Name):
				f := j.Place(host.RegLoc(k.Name, ""), "%s may not set the values of this key, which is the own environment: no installer and no setting can change Path here.", account(j)).About("var:*")
				repair(j, f, k.Name, "", "FullControl")
			case strings.EqualFold(k.Name, machineKey):
				acl, ok := descriptor(k)
				if !ok {
					continue
				}
				for _, who := range []struct {
					name, sid string
					as        []string
				}{
					{"Administrators", host.Administrators, []string{host.Administrators, host.AuthenticatedUsers, host.Everyone}},
					{"SYSTEM", host.LocalSystem, []string{host.LocalSystem, host.Administrators, host.AuthenticatedUsers, host.Everyone}},
				} {
					if !acl.Allows(host.WriteRight, who.as...) {
						f := j.Place(host.RegLoc(k.Name, ""), "%s may not set the values of the machine's environment key: no installer can add Go to Path, and no administrator can repair it.", who.name).About("var:*")
						repair(j, f, k.Name, who.sid, "FullControl")
						break
					}
				}
			}
		}
	},
}

const (
	machineKey = `HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment`
	userKey    = `HKCU\Environment`
)

// descriptor is the access list of a key; ok is false where it is unknown.
func descriptor(k *host.Key) (host.ACL, bool) {
	if !strings.Contains(k.SDDL, "D:") {
		return host.ACL{}, false
	}
	return host.ParseSDDL(k.SDDL)
}

func account(j *rules.Judge) string {
	if j.System.User == "" {
		return j.T("This user")
	}
	return j.System.User
}

// repair offers the script that saves a key and its permissions and then lets an account in; "" is the current user.
func repair(j *rules.Judge, f *rules.Finding, key, sid, right string) {
	hive, path, _ := strings.Cut(key, `\`)
	who := "[Security.Principal.SecurityIdentifier]'" + sid + "'"
	if sid == "" {
		who = "[Security.Principal.WindowsIdentity]::GetCurrent().User"
	}
	command := strings.Join([]string{
		"$key = '" + hive + `:\` + path + "'",
		`reg export "` + key + `" "$HOME\environment-key.reg" /y`,
		"$acl = Get-Acl -LiteralPath $key",
		`$acl.Sddl | Set-Content "$HOME\environment-key.sddl"`,
		"$acl.Access | Where-Object AccessControlType -eq 'Deny'",
		"$acl.AddAccessRule((New-Object Security.AccessControl.RegistryAccessRule(" + who + ", '" + right + "', 'ContainerInherit', 'None', 'Allow')))",
		"Set-Acl -LiteralPath $key -AclObject $acl",
	}, "; ")
	f.Manual("repair-acl", j.T("Give back the missing permission"),
		j.T("An administrator reviews this script and runs it in PowerShell. It saves the key and its permissions in the home directory, shows the entries that deny, and adds the missing entry. An entry that denies has to go by hand, after a look at who made it: a company may want it so."), command)
}
