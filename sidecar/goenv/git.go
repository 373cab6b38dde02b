package goenv

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A GitValue is a boolean of a git configuration file. The last one counts.
type GitValue struct {
	Value      facts.Tri // Unknown where the file does not have it, or leads on by an include
	Start, End int       // bytes of the value as written; Start is -1 where there is none
	Section    int       // byte after the line of the last such section, -1 if there is none
}

// GitBool reads section.name of a git configuration file, without the files that it includes.
func GitBool(t *host.Text, section, name string) GitValue {
	g := GitValue{Start: -1, Section: -1}
	in, includes := false, false
	for n := 1; n <= t.Lines(); n++ {
		start, end, next := t.Line(n)
		line := strings.TrimSpace(t.S[start:end])
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
			continue
		case line[0] == '[':
			head, rest, _ := strings.Cut(line[1:], "]")
			head = strings.ToLower(strings.TrimSpace(head))
			in = head == section
			includes = includes || head == "include" || strings.HasPrefix(head, "includeif")
			if in {
				g.Section = next
			}
			if line = strings.TrimSpace(rest); !in || line == "" {
				continue
			}
			start += strings.IndexByte(t.S[start:end], ']') + 1
		case !in:
			continue
		}
		key, val, ok := strings.Cut(line, "=")
		if !strings.EqualFold(strings.TrimSpace(key), name) {
			continue
		}
		if i := strings.IndexAny(val, "#;"); i >= 0 {
			val = val[:i]
		}
		val = strings.TrimSpace(val)
		g.Start, g.End = start+len(t.S[start:end]), end
		if ok && val != "" {
			eq := start + strings.IndexByte(t.S[start:end], '=') + 1
			g.Start = eq + strings.Index(t.S[eq:end], val)
			g.End = g.Start + len(val)
		}
		switch strings.ToLower(strings.Trim(val, `"`)) {
		case "true", "yes", "on", "1":
			g.Value = facts.Yes
		case "":
			g.Value = facts.Of(!ok) // without = it is true
		default:
			g.Value = facts.No
		}
	}
	if g.Value == facts.Unknown && !includes {
		g.Value = facts.No
	}
	return g
}
