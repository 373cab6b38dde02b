package probes

import (
	"strconv"
	"strings"

	"github.com/tailscale/hujson"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// settings reads the editor's settings of user, remote machine and workspace, and launch.json and tasks.json.
func settings(r *reader) (list []*facts.Settings) {
	read := func(scope, name string) {
		t, err := r.text(name)
		if err != nil {
			return
		}
		list = append(list, r.parsed(t, scope, func() any { return parseSettings(scope, t) }).(*facts.Settings))
	}
	read("user", r.sys.SettingsFile("user"))
	read("machine", r.sys.SettingsFile("machine"))
	for _, dir := range r.sys.Workspace {
		scope := "workspace"
		if len(r.sys.Workspace) > 1 {
			scope = "folder"
		}
		read(scope, r.st.Join(dir, ".vscode/settings.json"))
		read("launch", r.st.Join(dir, ".vscode/launch.json"))
		read("tasks", r.st.Join(dir, ".vscode/tasks.json"))
	}
	for _, s := range list {
		if s.Invalid != "" {
			r.gaps = append(r.gaps, facts.Gap{At: s.At, Reason: "cannot be parsed: %s", Args: []any{s.Invalid}})
		}
	}
	return list
}

// parseSettings lists the members of a JSON file with comments and trailing commas. Package hujson keeps the offset of every
// value, so that an edit can keep comments and order.
func parseSettings(scope string, t *host.Text) *facts.Settings {
	s := &facts.Settings{Scope: scope, At: t.At, Text: t}
	if strings.TrimSpace(t.S) == "" {
		return s
	}
	if depth(t.S) > maxDepth {
		s.Invalid = "nested too deeply"
		return s
	}
	v, err := hujson.Parse([]byte(t.S))
	if err != nil {
		s.Invalid = strings.TrimPrefix(err.Error(), "hujson: ")
		return s
	}
	walk(s, t, "", v)
	return s
}

const maxDepth = 200

// depth is the deepest nesting of brackets, strings and comments not told apart: hujson recurses.
func depth(s string) (deepest int) {
	n := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{', '[':
			n++
			deepest = max(deepest, n)
		case '}', ']':
			n = max(n-1, 0)
		}
	}
	return deepest
}

func walk(s *facts.Settings, t *host.Text, prefix string, v hujson.Value) {
	switch x := v.Value.(type) {
	case *hujson.Object:
		for i := range x.Members {
			m := &x.Members[i]
			lit, ok := m.Name.Value.(hujson.Literal)
			if !ok {
				continue
			}
			name := lit.String()
			mem := facts.Member{Key: prefix + name, Name: name, Start: m.Value.StartOffset, End: m.Value.EndOffset, KeyStart: m.Name.StartOffset, KeyEnd: m.Name.EndOffset}
			mem.CutStart, mem.CutEnd = cutMember(t.S, x, i)
			mem.Line, _ = t.Position(mem.KeyStart)
			if l, ok := m.Value.Value.(hujson.Literal); ok && l.Kind() == '"' {
				mem.Value, mem.IsString = l.String(), true
			} else {
				mem.Value = t.S[mem.Start:mem.End]
			}
			s.Values = append(s.Values, mem)
			walk(s, t, prefix+name+".", m.Value)
		}
	case *hujson.Array:
		p := strings.TrimSuffix(prefix, ".")
		for i := range x.Elements {
			walk(s, t, p+"["+strconv.Itoa(i)+"].", x.Elements[i])
		}
	}
}

// cutMember is the bytes that go with a member: its line where it stands alone on one, and one comma, which may stand behind a
// comment or on a line of its own.
func cutMember(s string, o *hujson.Object, i int) (start, end int) {
	m := &o.Members[i]
	start, end = m.Name.StartOffset, m.Value.EndOffset
	last := i == len(o.Members)-1
	switch {
	case !last || m.Value.AfterExtra != nil: // a comma follows
		end += len(m.Value.AfterExtra) + 1
	case i > 0: // the comma before it goes
		start = o.Members[i-1].Value.EndOffset
		if c := strings.IndexByte(s[start:m.Name.StartOffset], ','); c >= 0 && strings.TrimSpace(s[start:start+c]) == "" && strings.TrimSpace(s[start+c+1:m.Name.StartOffset]) == "" {
			return start, end
		}
		return m.Name.StartOffset, end
	}
	lineStart := strings.LastIndexByte(s[:start], '\n') + 1
	lineEnd := strings.IndexByte(s[end:], '\n')
	if lineEnd >= 0 && strings.TrimSpace(s[lineStart:start]) == "" && strings.TrimSpace(s[end:end+lineEnd]) == "" {
		return lineStart, end + lineEnd + 1
	}
	return start, end
}

func settingsScope(scope string) bool {
	return scope == "user" || scope == "machine" || scope == "workspace" || scope == "folder"
}

// settingAssignments are the Go variables that settings, launch.json and tasks.json set.
func settingAssignments(r *reader, own *block, set []*facts.Settings) (list []*facts.Assignment) {
	strongest := map[string]*facts.Assignment{}
	terminal := terminalPrefix(r.sys.OS)
	for _, s := range set {
		for i := range s.Values {
			m := &s.Values[i]
			name := ""
			switch {
			case settingsScope(s.Scope) && m.Key == "go.goroot":
				name = "GOROOT"
			case settingsScope(s.Scope) && m.Key == "go.gopath": // the extension gives it to every tool
				name = "GOPATH"
			case settingsScope(s.Scope) && strings.HasPrefix(m.Key, "go.toolsEnvVars."), settingsScope(s.Scope) && strings.HasPrefix(m.Key, terminal):
				name = m.Name
			case s.Scope == "launch" && strings.HasPrefix(m.Key, "configurations[") && strings.HasSuffix(strings.TrimSuffix(m.Key, "."+m.Name), ".env"),
				s.Scope == "tasks" && strings.HasSuffix(strings.TrimSuffix(m.Key, "."+m.Name), "options.env"):
				name = m.Name
			}
			if name == "" || !m.IsString || m.Value == "" || !interesting(r.st, name) {
				continue
			}
			val, known := expandSetting(r, own, m.Value)
			a := &facts.Assignment{Name: name, Value: val, Known: known, Raw: m.Value, Layer: facts.EditorSetting, Text: s.Text,
				Start: m.Start, End: m.End, CutStart: m.CutStart, CutEnd: m.CutEnd, Cuttable: true}
			if settingsScope(s.Scope) {
				a.At = host.SettingLoc(s.Scope, m.Key)
				if old := strongest[m.Key]; old != nil {
					old.Wins = nil
				}
				strongest[m.Key] = a
				a.Wins = []string{"settings"}
			} else {
				a.Layer = facts.Project
				a.At = host.FileLoc(s.At.Path, m.Line)
				a.Wins = []string{s.Scope}
			}
			list = append(list, a)
		}
	}
	return list
}

// expandSetting replaces what golang.go and the editor replace; what stays unresolved is not known.
func expandSetting(r *reader, own *block, v string) (string, bool) {
	known := true
	var b strings.Builder
	for {
		i := strings.Index(v, "${")
		if i < 0 {
			break
		}
		j := strings.IndexByte(v[i:], '}')
		if j < 0 {
			break
		}
		b.WriteString(v[:i])
		name := v[i+2 : i+j]
		switch env, ok := strings.CutPrefix(name, "env:"); {
		case ok:
			val := own.get(r.st, env)
			known = known && val != ""
			b.WriteString(val)
		case (name == "workspaceFolder" || name == "workspaceRoot") && len(r.sys.Workspace) > 0:
			b.WriteString(r.sys.Workspace[0])
		case name == "workspaceFolderBasename" && len(r.sys.Workspace) > 0:
			b.WriteString(r.st.Base(r.sys.Workspace[0]))
		case name == "userHome" && r.sys.Home != "":
			b.WriteString(r.sys.Home)
		default:
			known = false
			b.WriteString(v[i : i+j+1])
		}
		v = v[i+j+1:]
	}
	b.WriteString(v)
	s := b.String()
	if rest, ok := strings.CutPrefix(s, "~/"); ok {
		s = r.st.Join(r.sys.Home, rest)
	}
	return s, known
}
