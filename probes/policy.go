package probes

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/winenv"
)

// maxPolicies bounds how many files and keys of Group Policy are looked at.
const maxPolicies = 64

// preferencesExtension is the client-side extension of Group Policy Preferences that sets variables.
const preferencesExtension = "{0E28E245-9368-4853-AD84-6DA3BA35BB75}"

// managed are the registry values that Group Policy Preferences and logon scripts write: the client keeps the last preferences that it
// applied below Group Policy\History (MS-GPPREF 2.2.1.5).
func managed(r *reader, own *block, vars []*facts.Assignment) (list []facts.Managed) {
	programData, local := own.get(r.st, "ProgramData"), own.get(r.st, "LOCALAPPDATA")
	if programData == "" {
		programData = `C:\ProgramData`
	}
	if local == "" {
		local = r.st.Join(r.sys.Home, `AppData\Local`)
	}
	var names map[string]string
	for _, dir := range []string{programData, local} {
		if !r.st.IsAbs(dir) || r.st.IsRemote(dir) {
			continue
		}
		found := r.glob(strings.ReplaceAll(r.st.Clean(dir), `\`, "/") + "/Microsoft/Group Policy/History/*/*/Preferences/EnvironmentVariables/EnvironmentVariables.xml")
		for _, name := range found[:min(len(found), maxPolicies)] {
			t, err := r.text(name)
			if err != nil {
				continue
			}
			if names == nil {
				names = policyNames(r)
			}
			gpo := ""
			for _, e := range strings.Split(name, `\`) {
				if strings.HasPrefix(e, "{") {
					gpo = names[strings.ToUpper(e)]
				}
			}
			for _, p := range parsePreferences(t) {
				if !interesting(r.st, p.name) && !r.st.EqualName(p.name, "PATH") {
					continue
				}
				list = append(list, facts.Managed{At: valueAt(vars, p.user, p.name), By: p.at, Policy: gpo, Value: p.value, Part: p.partial})
			}
		}
	}
	for _, s := range scripts(r, own, vars) {
		t, err := r.text(s.file)
		if err != nil {
			continue
		}
		for _, p := range parseScript(t) {
			if interesting(r.st, p.name) || r.st.EqualName(p.name, "PATH") {
				list = append(list, facts.Managed{At: valueAt(vars, p.user, p.name), By: p.at, Policy: s.policy, Script: true})
			}
		}
	}
	return list
}

// valueAt is the place of a variable in the user's or the machine's key, with its name as it is written there.
func valueAt(vars []*facts.Assignment, user bool, name string) host.Loc {
	key := winenv.MachineKey
	if user {
		key = winenv.UserKey
	}
	for _, a := range vars {
		if a.At.Kind == host.Registry && strings.EqualFold(a.At.Path, key) && strings.EqualFold(a.At.Name, name) {
			return a.At
		}
	}
	return host.RegLoc(key, name)
}

// policyNames are the names of Group Policy objects that set variables, by their upper-case GUIDs.
func policyNames(r *reader) map[string]string {
	names := map[string]string{}
	for _, hive := range []string{`HKLM\SOFTWARE`, `HKCU\Software`} {
		k := r.key(hive + `\Microsoft\Windows\CurrentVersion\Group Policy\History\` + preferencesExtension)
		if k == nil {
			continue
		}
		for _, sub := range k.Subkeys[:min(len(k.Subkeys), maxPolicies)] {
			g := r.key(k.Name + `\` + sub)
			if id, name := r.regText(g, "GPOName"), r.regText(g, "DisplayName"); id != nil && name != nil {
				names[strings.ToUpper(id.S)] = name.S
			}
		}
	}
	return names
}

// A write is one assignment of a persistent variable in a file.
type write struct {
	name, value   string
	user, partial bool
	at            host.Loc
}

// parsePreferences reads EnvironmentVariables.xml. A file that is none gives what was read up to there.
func parsePreferences(t *host.Text) (list []write) {
	d := xml.NewDecoder(strings.NewReader(t.S))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is decoded
	disabled := false
	for {
		at := int(d.InputOffset())
		tok, err := d.RawToken()
		if err != nil {
			return list
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "EnvironmentVariable":
			disabled = attr(e, "disabled") == "1"
		case "Properties":
			w := write{name: attr(e, "name"), value: attr(e, "value"), user: attr(e, "user") == "1", partial: attr(e, "partial") == "1"}
			if w.name == "" {
				w.name = "PATH"
			}
			if disabled || attr(e, "disabled") == "1" || strings.EqualFold(attr(e, "action"), "D") {
				continue
			}
			line, _ := t.Position(at)
			w.at = host.FileLoc(t.At.Path, line)
			list = append(list, w)
		}
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if strings.EqualFold(a.Name.Local, name) {
			return a.Value
		}
	}
	return ""
}

// A script is a file that runs at each logon or start of the machine.
type script struct{ file, policy string }

// scripts are the logon and startup scripts that lie on this machine; others are never read.
func scripts(r *reader, own *block, vars []*facts.Assignment) (list []script) {
	add := func(file, policy string) {
		file = strings.Trim(expand(r, own, file), `" `)
		low := strings.ToLower(file)
		if r.st.IsAbs(file) && !r.st.IsRemote(file) && (strings.HasSuffix(low, ".cmd") || strings.HasSuffix(low, ".bat") || strings.HasSuffix(low, ".ps1")) {
			list = append(list, script{r.st.Clean(file), policy})
		}
	}
	for _, a := range vars {
		if a.At.Kind == host.Registry && strings.EqualFold(a.At.Path, winenv.UserKey) && strings.EqualFold(a.Name, "UserInitMprLogonScript") {
			add(a.Value, "")
		}
	}
	for _, name := range []string{`HKCU\Software\Microsoft\Windows\CurrentVersion\Group Policy\Scripts\Logon`, `HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Group Policy\Scripts\Startup`} {
		k := r.key(name)
		if k == nil {
			continue
		}
		for _, sub := range k.Subkeys[:min(len(k.Subkeys), maxPolicies)] {
			g := r.key(k.Name + `\` + sub)
			if g == nil {
				continue
			}
			policy, dir := "", ""
			if t := r.regText(g, "DisplayName"); t != nil {
				policy = t.S
			}
			if t := r.regText(g, "FileSysPath"); t != nil {
				dir = r.st.Join(t.S, "Scripts", r.st.Base(name))
			}
			for _, n := range g.Subkeys[:min(len(g.Subkeys), maxPolicies)] {
				if t := r.regText(r.key(g.Name+`\`+n), "Script"); t != nil {
					file := t.S
					if !r.st.IsAbs(file) && dir != "" {
						file = r.st.Join(dir, file)
					}
					add(file, policy)
				}
			}
		}
	}
	return list
}

// parseScript finds the persistent variables that a batch file or a PowerShell script sets: setx, reg add, SetEnvironmentVariable and
// Set-ItemProperty.
func parseScript(t *host.Text) (list []write) {
	for n := 1; n <= t.Lines(); n++ {
		start, end, _ := t.Line(n)
		f := words(t.S[start:end])
		if len(f) < 3 {
			continue
		}
		low := make([]string, len(f))
		for i, w := range f {
			low[i] = strings.ToLower(w)
		}
		after := func(names ...string) string {
			for i, w := range low[:len(low)-1] {
				if slices.Contains(names, w) {
					return f[i+1]
				}
			}
			return ""
		}
		in := func(part string) bool {
			return slices.ContainsFunc(low, func(w string) bool { return strings.Contains(strings.ReplaceAll(w, ":", ""), part) })
		}
		const machine = `control\session manager\environment`
		w := write{user: true, at: host.FileLoc(t.At.Path, n)}
		switch cmd := strings.TrimPrefix(strings.TrimSuffix(low[0], ".exe"), "@"); {
		case cmd == "rem" || strings.HasPrefix(cmd, "#") || strings.HasPrefix(cmd, "::"):
			continue
		case cmd == "setx" && low[1] != "/s":
			w.name, w.user = f[1], !slices.Contains(low, "/m") && !slices.Contains(low, "-m")
		case cmd == "reg" && low[1] == "add" && (in(`hkcu\environment`) || in(`hkey_current_user\environment`) || in(machine)):
			w.name, w.user = after("/v"), !in(machine)
		case (cmd == "set-itemproperty" || cmd == "new-itemproperty" || cmd == "sp") && (in(`hkcu\environment`) || in(machine)):
			w.name, w.user = after("-name"), !in(machine)
		case strings.HasSuffix(cmd, "environment]::setenvironmentvariable") && len(f) > 3:
			w.name, w.user = f[1], strings.HasSuffix(low[3], "user")
			if !w.user && !strings.HasSuffix(low[3], "machine") {
				continue // of the process alone
			}
		}
		if w.name != "" {
			list = append(list, w)
		}
	}
	return list
}

// words splits a command line at blanks, commas and parentheses outside quotes, which go.
func words(s string) (list []string) {
	var b strings.Builder
	quote, begun := rune(0), false
	flush := func() {
		if begun {
			list = append(list, b.String())
		}
		b.Reset()
		begun = false
	}
	for _, c := range s {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			b.WriteRune(c)
		case c == '"' || c == '\'':
			quote, begun = c, true
		case strings.ContainsRune(" \t,();", c):
			flush()
		default:
			b.WriteRune(c)
			begun = true
		}
	}
	flush()
	return list
}
