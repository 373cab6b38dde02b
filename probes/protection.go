package probes

import (
	"encoding/xml"
	"io"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// protections reads from the registry what Windows' protections forbid (table T13). What a plain user may not read stays unknown.
func protections(r *reader, own *block, w *facts.Windows) {
	w.SmartAppControl = r.number(r.key(`HKLM\SYSTEM\CurrentControlSet\Control\CI\Policy`), "VerifiedAndReputablePolicyState")
	w.AppLocker = appLocker(r, own)
	w.Restriction = restriction(r, own)
	for _, hive := range []string{`Policies\Microsoft`, `Microsoft`} { // a policy is stronger
		guard := `HKLM\SOFTWARE\` + hive + `\Windows Defender\Windows Defender Exploit Guard\`
		if w.UnknownPrograms.At.IsZero() {
			w.UnknownPrograms = r.number(r.key(guard+`ASR\Rules`), "01443614-CD74-433A-B99E-2ECDC07BFC25")
		}
		k := r.key(guard + `Controlled Folder Access`)
		if w.ControlledFolders.At.IsZero() {
			w.ControlledFolders = r.number(k, "EnableControlledFolderAccess")
		}
		if p := r.key(guard + `Controlled Folder Access\ProtectedFolders`); p != nil {
			for _, v := range p.Values {
				if dir := expand(r, own, v.Name); r.st.IsAbs(dir) {
					w.Protected = append(w.Protected, r.st.Clean(dir))
				}
			}
		}
	}
	if w.ControlledFolders.Is(1) {
		for _, f := range [][2]string{{"Personal", "Documents"}, {"My Pictures", "Pictures"}, {"My Music", "Music"}, {"My Video", "Videos"}, {"Favorites", "Favorites"}} {
			w.Protected = append(w.Protected, knownFolder(r, own, f[0], f[1]))
		}
	}
}

// knownFolder is where a folder of the user lies: OneDrive and companies move Documents.
func knownFolder(r *reader, own *block, value, name string) string {
	k := r.key(`HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders`)
	if t := r.regText(k, value); t != nil {
		if dir := expand(r, own, t.S); r.st.IsAbs(dir) {
			return r.st.Clean(dir)
		}
	}
	return r.st.Join(r.sys.Home, name)
}

// appLocker reads the rules about programs, nil where none is enforced.
func appLocker(r *reader, own *block) *facts.PathPolicy {
	k := r.key(`HKLM\SOFTWARE\Policies\Microsoft\Windows\SrpV2\Exe`)
	mode := r.number(k, "EnforcementMode")
	if !mode.Is(1) || r.number(r.key(`HKLM\SYSTEM\CurrentControlSet\Services\AppIDSvc`), "Start").Is(4) {
		return nil
	}
	p := &facts.PathPolicy{At: mode.At}
	for _, sub := range k.Subkeys[:min(len(k.Subkeys), maxNames)] {
		g := r.key(k.Name + `\` + sub)
		if g == nil {
			return nil // a rule that nobody can read may allow anything
		}
		if t := r.regText(g, "Value"); t != nil {
			for _, rule := range parseAppLocker(t.S, r.sys.Admin) {
				for _, one := range appLockerPaths(r, own, rule) {
					p.Rules = append(p.Rules, one)
				}
			}
		}
	}
	p.Dirs = r.allowed(p.Rules)
	return p
}

// parseAppLocker reads the XML of one rule; only rules about paths say anything of programs that nobody signed. One for accounts that
// this user may not belong to counts only if it allows: unknown is no problem.
func parseAppLocker(s string, admin bool) (list []facts.PathRule) {
	d := xml.NewDecoder(strings.NewReader(s))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var rule *facts.PathRule
	except := false
	var paths []facts.PathRule
	for {
		tok, err := d.RawToken()
		if err != nil {
			return list
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "FilePathRule":
				deny := strings.EqualFold(attr(e, "Action"), "Deny")
				paths, rule = nil, nil
				switch sid := attr(e, "UserOrGroupSid"); sid {
				case host.Everyone, host.Users, host.AuthenticatedUsers, host.Interactive, "":
					rule = &facts.PathRule{Deny: deny}
				case host.Administrators:
					if admin {
						rule = &facts.PathRule{Deny: deny}
					}
				default:
					if !deny {
						rule = &facts.PathRule{}
					}
				}
			case "Exceptions":
				except = true
			case "FilePathCondition":
				switch {
				case rule == nil:
				case except:
					rule.Except = append(rule.Except, attr(e, "Path"))
				default:
					paths = append(paths, facts.PathRule{Deny: rule.Deny, Path: attr(e, "Path")})
				}
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "Exceptions":
				except = false
			case "FilePathRule":
				for _, p := range paths {
					p.Except = rule.Except
					list = append(list, p)
				}
			}
		}
	}
}

// appLockerPaths writes a rule without AppLocker's own variables, of which %PROGRAMFILES% is two directories.
func appLockerPaths(r *reader, own *block, rule facts.PathRule) []facts.PathRule {
	plain := func(s, programs string) string {
		for _, v := range [][2]string{{"%OSDRIVE%", "C:"}, {"%WINDIR%", `C:\Windows`}, {"%SYSTEM32%", `C:\Windows\System32`}, {"%PROGRAMFILES%", programs}} {
			if len(s) >= len(v[0]) && strings.EqualFold(s[:len(v[0])], v[0]) {
				s = v[1] + s[len(v[0]):]
			}
		}
		return s
	}
	var list []facts.PathRule
	for _, programs := range []string{`C:\Program Files`, `C:\Program Files (x86)`} {
		one := facts.PathRule{Deny: rule.Deny, Path: plain(rule.Path, programs)}
		for _, x := range rule.Except {
			one.Except = append(one.Except, plain(x, programs))
		}
		list = append(list, one)
		if !strings.Contains(strings.ToUpper(rule.Path+strings.Join(rule.Except, "")), "%PROGRAMFILES%") {
			break
		}
	}
	return list
}

// restriction reads a software restriction policy that disallows by default, nil if there is none.
func restriction(r *reader, own *block) *facts.PathPolicy {
	const name = `HKLM\SOFTWARE\Policies\Microsoft\Windows\Safer\CodeIdentifiers`
	level := r.number(r.key(name), "DefaultLevel")
	if !level.Is(0) {
		return nil
	}
	p := &facts.PathPolicy{At: level.At}
	for _, part := range []struct {
		level string
		deny  bool
	}{{"262144", false}, {"0", true}} {
		k := r.key(name + `\` + part.level + `\Paths`)
		if k == nil {
			continue
		}
		for _, sub := range k.Subkeys[:min(len(k.Subkeys), maxNames)] {
			t := r.regText(r.key(k.Name+`\`+sub), "ItemData")
			if t == nil || t.S == "" || strings.HasPrefix(strings.ToUpper(t.S), "%HKEY_") { // where Windows and its programs lie
				continue
			}
			path := expand(r, own, t.S)
			if !strings.HasSuffix(path, "*") { // a directory, and all below it
				path = strings.TrimRight(path, `\`) + `\*`
			}
			p.Rules = append(p.Rules, facts.PathRule{Deny: part.deny, Path: path})
		}
	}
	p.Dirs = r.allowed(p.Rules)
	return p
}

// allowed are the directories that rules allow as a whole, that exist, and that a user may write.
func (r *reader) allowed(list []facts.PathRule) (dirs []string) {
	for _, rule := range list {
		dir, ok := strings.CutSuffix(rule.Path, `\*`)
		if rule.Deny || !ok || strings.ContainsAny(dir, "*?%") || !r.st.IsAbs(dir) || r.st.IsRemote(dir) || len(dir) < 4 || r.st.Under(r.sys.Home, dir) ||
			r.st.Under(dir, `C:\Windows`) || r.st.Under(dir, `C:\Program Files`) || r.st.Under(dir, `C:\Program Files (x86)`) || r.st.Under(dir, `C:\ProgramData`) {
			continue
		}
		if t, fi := r.exists(dir); t == facts.Yes && fi.IsDir() && !fi.ReadOnly {
			dirs = append(dirs, r.st.Clean(dir))
		}
	}
	return dirs
}
