package probes

import (
	"encoding/json"
	"strings"

	"github.com/tailscale/hujson"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

const terminalProfiles = "terminal.integrated.profiles.windows"

// msys2 finds the terminal profiles that start a login bash of MSYS2 and that somebody uses for Go: the default one, and those that set
// Go variables or are named for Go. /etc/profile of MSYS2, which only a login shell reads, leaves the Windows PATH out unless
// MSYS2_PATH_TYPE is inherit. Git's bash is another program and inherits it.
func msys2(r *reader, own *block, set []*facts.Settings) (list []facts.MSYS2) {
	if strings.EqualFold(own.get(r.st, "MSYS2_PATH_TYPE"), "inherit") {
		return nil
	}
	standard := ""
	for _, s := range set {
		if m := s.Get("terminal.integrated.defaultProfile.windows"); m != nil && settingsScope(s.Scope) && m.IsString {
			standard = m.Value
		}
	}
	for _, s := range set {
		if !settingsScope(s.Scope) {
			continue
		}
		for i := range s.Values {
			m := &s.Values[i]
			if m.Key != terminalProfiles+"."+m.Name || m.IsString || !strings.HasPrefix(m.Value, "{") {
				continue
			}
			p := facts.MSYS2{At: host.SettingLoc(s.Scope, terminalProfiles), Name: m.Name, Settings: s, Profile: m, Env: s.Get(m.Key + ".env"), Type: s.Get(m.Key + ".env.MSYS2_PATH_TYPE")}
			if p.Type != nil && strings.EqualFold(p.Type.Value, "inherit") || m.Name != standard && !forGo(r, s, m) {
				continue
			}
			root, ok := msys2Root(r, own, s, m)
			if !ok {
				continue
			}
			system := "msys"
			if x := s.Get(m.Key + ".env.MSYSTEM"); x != nil {
				system = strings.ToLower(x.Value)
			}
			for _, a := range arguments(s, m) {
				if x, ok := strings.CutPrefix(a, "-"); ok && (strings.HasSuffix(x, "64") || strings.HasSuffix(x, "32")) { // msys2_shell.cmd -ucrt64
					system = x
				}
			}
			for _, dir := range []string{system + `\bin`, `usr\bin`, `usr\local\bin`} {
				p.Own = p.Own || r.isFile(r.st.Join(root, dir, "go.exe"))
			}
			list = append(list, p)
		}
	}
	return list
}

// forGo reports whether a profile sets variables of Go or is named for it.
func forGo(r *reader, s *facts.Settings, m *facts.Member) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(m.Name), func(c rune) bool { return c < 'a' || c > 'z' }) {
		if w == "go" || w == "golang" {
			return true
		}
	}
	for _, x := range s.Values {
		if strings.HasPrefix(x.Key, m.Key+".env.") && interesting(r.st, x.Name) {
			return true
		}
	}
	return false
}

// msys2Root is where MSYS2 is, if a profile starts its bash as a login shell.
func msys2Root(r *reader, own *block, s *facts.Settings, m *facts.Member) (root string, ok bool) {
	path := s.Get(m.Key + ".path")
	if path == nil {
		return "", false
	}
	name := path.Value
	if !path.IsString { // the first that is there counts; the first is enough to know
		list := texts(name)
		if len(list) == 0 {
			return "", false
		}
		name = list[0]
	}
	file, known := expandSetting(r, own, name)
	if !known || !r.st.IsAbs(file) {
		return "", false
	}
	args := arguments(s, m)
	starts := func(file string) {
		low := strings.ToLower(strings.ReplaceAll(r.st.Clean(file), `\`, "/"))
		for _, end := range []string{"/usr/bin/bash.exe", "/msys2_shell.cmd"} {
			if strings.HasSuffix(low, end) {
				root = r.st.Clean(file)[:len(low)-len(end)]
			}
		}
	}
	starts(file)
	login := strings.HasSuffix(strings.ToLower(file), "msys2_shell.cmd")
	if root == "" && strings.EqualFold(r.st.Base(file), "cmd.exe") { // cmd.exe /c C:\msys64\msys2_shell.cmd -ucrt64
		for _, a := range args {
			if starts(a); root != "" {
				login = true
				break
			}
		}
	}
	for _, a := range args {
		switch {
		case a == "--login" || strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && !login && strings.Contains(a, "l") && len(a) < 5:
			login = true
		case a == "-use-full-path" || a == "-full-path":
			return "", false
		}
	}
	if root == "" || !login {
		return "", false
	}
	return root, r.isFile(r.st.Join(root, "msys2_shell.cmd")) || strings.HasPrefix(strings.ToLower(r.st.Base(root)), "msys")
}

// arguments are the args of a profile: a text or a list.
func arguments(s *facts.Settings, m *facts.Member) (list []string) {
	a := s.Get(m.Key + ".args")
	if a == nil {
		return nil
	}
	if a.IsString {
		return strings.Fields(a.Value)
	}
	for _, e := range texts(a.Value) {
		list = append(list, strings.Fields(e)...)
	}
	return list
}

// texts are the elements of a JSON array of strings; of anything else none.
func texts(value string) (list []string) {
	if b, err := hujson.Standardize([]byte(value)); err == nil && json.Unmarshal(b, &list) != nil {
		return nil
	}
	return list
}
