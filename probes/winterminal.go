package probes

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// terminalScope is the scope of Windows Terminal's settings: what they set reaches its own windows alone.
const terminalScope = "windows-terminal"

// windowsTerminal reads the settings of Windows Terminal: of the store's version, of its preview, and of one that was unpacked.
// Microsoft's "Windows Terminal: settings.json file" names the places.
func windowsTerminal(r *reader, own *block) (list []*facts.Settings) {
	local := own.get(r.st, "LOCALAPPDATA")
	if local == "" {
		local = r.st.Join(r.sys.Home, `AppData\Local`)
	}
	for _, dir := range []string{`Packages\Microsoft.WindowsTerminal_8wekyb3d8bbwe\LocalState`, `Packages\Microsoft.WindowsTerminalPreview_8wekyb3d8bbwe\LocalState`,
		`Microsoft\Windows Terminal`} {
		name := r.st.Join(local, dir, "settings.json")
		if !r.st.IsAbs(name) || r.st.IsRemote(name) {
			continue
		}
		t, err := r.text(name)
		if err != nil {
			continue
		}
		s := r.parsed(t, terminalScope, func() any { return parseSettings(terminalScope, t) }).(*facts.Settings)
		if s.Invalid != "" {
			r.gaps = append(r.gaps, facts.Gap{At: s.At, Reason: "cannot be parsed: %s", Args: []any{s.Invalid}})
		}
		list = append(list, s)
	}
	return list
}

// terminalVariable reports whether a member of Windows Terminal's settings sets a variable: for all profiles (profiles.defaults), or for
// one. Old settings have the list of profiles as profiles itself.
func terminalVariable(m *facts.Member) bool {
	of, ok := strings.CutSuffix(m.Key, ".environment."+m.Name)
	if !ok {
		return false
	}
	i, one := strings.CutPrefix(of, "profiles.list[")
	if !one {
		i, one = strings.CutPrefix(of, "profiles[")
	}
	return of == "profiles.defaults" || one && strings.IndexByte(i, ']') == len(i)-1
}

// expandTerminal replaces ${env:NAME}, as Windows Terminal does in values of environment.
func expandTerminal(r *reader, own *block, v string) (string, bool) {
	known := true
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(v, "${env:")
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			b.WriteString(v)
			return b.String(), known
		}
		val := own.get(r.st, name)
		known = known && val != ""
		b.WriteString(before)
		b.WriteString(val)
		v = after
	}
}

// terminalAssignments are the Go variables that Windows Terminal sets.
func terminalAssignments(r *reader, own *block, set []*facts.Settings) (list []*facts.Assignment) {
	for _, s := range set {
		for i := range s.Values {
			m := &s.Values[i]
			if s.Scope != terminalScope || !terminalVariable(m) || !m.IsString || m.Value == "" || !interesting(r.st, m.Name) {
				continue
			}
			val, known := expandTerminal(r, own, m.Value)
			list = append(list, &facts.Assignment{Name: m.Name, Value: val, Known: known, Raw: m.Value, Layer: facts.Project, At: host.FileLoc(s.At.Path, m.Line), Text: s.Text,
				Start: m.Start, End: m.End, CutStart: m.CutStart, CutEnd: m.CutEnd, Cuttable: true, Wins: []string{terminalScope}})
		}
	}
	return list
}
