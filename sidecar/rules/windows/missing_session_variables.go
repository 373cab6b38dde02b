package windows

import (
	"slices"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// MissingSessionVariables reports an editor without the variables that Windows gives every session and that go needs.
//
// go puts its build cache below LOCALAPPDATA, its go/env file below APPDATA, GOPATH below USERPROFILE, and builds in TMP or TEMP. Where
// both are missing, or name a directory that is not there or that the user may not write, it fails with "creating work dir". A launcher
// or a service that starts the editor with an environment of its own is the usual cause.
//
// # Fixes
//
//   - restore: writes TEMP and TMP into the user's environment where they are missing there. Else manual: the launcher has to pass its
//     environment on.
//
// # Source
//
// GetTempPath (Microsoft); golang/go#42993 and #24855, goyek/goyek#319; ground truth 2.4.
var MissingSessionVariables = &rules.Rule{
	ID: "missing-session-variables", Severity: rules.Error, After: []string{"broken-env-setting", "unexpanding-registry-value"},
	Judge: func(j *rules.Judge) {
		v := j.View("editor")
		if j.Windows == nil || v == nil || v.Stale {
			return
		}
		has := func(name string) bool { _, ok := v.Get(j.System.Style, name); return ok }
		lacks := func(name, unless string) bool { return !has(name) && !has(unless) && j.Winner(v, unless) == nil }
		if lacks("LOCALAPPDATA", "GOCACHE") {
			launcher(j, j.Place(host.EnvLoc("LOCALAPPDATA"), "LOCALAPPDATA is not set: go finds no build cache, and every build fails (GOCACHE is not defined).").About("var:LOCALAPPDATA"))
		}
		if lacks("APPDATA", "GOENV") {
			launcher(j, j.Place(host.EnvLoc("APPDATA"), "APPDATA is not set: go does not find its go/env file.").About("var:APPDATA"))
		}
		if lacks("USERPROFILE", "GOPATH") {
			launcher(j, j.Place(host.EnvLoc("USERPROFILE"), "USERPROFILE is not set: go finds no GOPATH and no module cache.").About("var:USERPROFILE"))
		}
		if j.Winner(v, "GOTMPDIR") != nil || has("GOTMPDIR") {
			return
		}
		login := j.View("login")
		given := func(name string) bool {
			if login == nil {
				return false
			}
			_, ok := login.Get(j.System.Style, name)
			return ok
		}
		home, _ := v.Get(j.System.Style, "USERPROFILE")
		switch t := j.Windows.Temp; {
		case slices.Contains(j.Windows.Unreadable, userKey): // the user's own is unknown
		case t == nil && has("USERPROFILE") && !given("TMP") && !given("TEMP"): // no place has them, so nobody took them away
		case t == nil && has("USERPROFILE"): // as GetTempPath says
			temp(j, j.Place(host.EnvLoc("TEMP"), "Neither TEMP nor TMP is set: go builds in %s itself.", home.Value).About("var:TEMP", "var:TMP"))
		case t == nil:
			temp(j, j.Place(host.EnvLoc("TEMP"), "Neither TEMP nor TMP is set: go has no directory to build in (\"creating work dir … Access is denied\").").About("var:TEMP", "var:TMP"))
		case t.Exists == facts.No:
			temp(j, j.Place(host.EnvLoc(tempName(j, v)), "%s is %s, which does not exist: go cannot build there (\"creating work dir\").", tempName(j, v), t.Name).About("var:TEMP", "var:TMP"))
		case t.Exists == facts.Yes && j.Windows.TempUnwritable:
			temp(j, j.Place(host.EnvLoc(tempName(j, v)), "%s is %s, where %s may not write: go cannot build there (\"creating work dir\").", tempName(j, v), t.Name, account(j)).About("var:TEMP", "var:TMP"))
		}
	},
}

// tempName is the variable that counts: GetTempPath asks for TMP first.
func tempName(j *rules.Judge, v *facts.View) string {
	if _, ok := v.Get(j.System.Style, "TMP"); ok {
		return "TMP"
	}
	return "TEMP"
}

func launcher(j *rules.Judge, f *rules.Finding) {
	f.Manual("restore", j.T("Start the editor with the whole environment"), j.T("What started the editor gave it an environment of its own. Have that launcher, service or script pass its environment on, or start the editor from the Start menu."), "")
}

// temp offers to write TEMP and TMP into the user's environment where neither stands there.
func temp(j *rules.Judge, f *rules.Finding) {
	var changes []host.Change
	stands := false
	for _, name := range []string{"TEMP", "TMP"} {
		if slices.ContainsFunc(j.All(name), func(a *facts.Assignment) bool { return a.Layer == facts.User || a.Layer == facts.Volatile }) {
			stands = true
			continue
		}
		changes = append(changes, host.Change{At: host.RegLoc(userKey, name), New: `%USERPROFILE%\AppData\Local\Temp`, Type: "expand"})
	}
	t := j.Windows.Temp
	switch {
	case t != nil && (stands || j.System.Style.Equal(t.Name, j.System.Style.Join(j.System.Home, `AppData\Local\Temp`))):
		f.Manual("restore", j.T("Make the directory, or name another one"), j.T("Make the directory so that this account may write in it, or give TEMP and TMP another one where they are set."), "")
		return
	case stands:
		launcher(j, f)
		return
	}
	f.Offer(rules.Fix{ID: "restore", Safety: rules.Ask, Title: j.T("Write TEMP and TMP into the user's environment, as Windows does"), Changes: changes})
}
