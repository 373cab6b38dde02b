package shell

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// ReadEnvironmentFile reads /etc/environment as pam_env does: one NAME=value a line, "export " before it allowed, a # begins a comment,
// one pair of quotes around the value is taken off, and nothing is expanded. A line that is none of this is ignored.
//
// Source: Linux-PAM, modules/pam_env/pam_env.c, _parse_env_file.
func ReadEnvironmentFile(t *host.Text) []*Assign {
	var out []*Assign
	var m marker
	s := t.S
	for pos := 0; pos < len(s); {
		start, end, next := pos, len(s), len(s)
		if i := strings.IndexByte(s[pos:], '\n'); i >= 0 {
			end, next = pos+i, pos+i+1
		}
		pos = next
		for start < end && blank(s[start]) {
			start++
		}
		if start == end || s[start] == '#' {
			continue
		}
		if i := strings.IndexByte(s[start:end], '#'); i >= 0 {
			end = start + i
		}
		for end > start && blank(s[end-1]) {
			end--
		}
		stmt := start
		if strings.HasPrefix(s[start:end], "export ") || strings.HasPrefix(s[start:end], "export\t") {
			start += len("export ")
			for start < end && blank(s[start]) {
				start++
			}
		}
		eq := strings.IndexByte(s[start:end], '=')
		if eq <= 0 || strings.ContainsFunc(s[start:start+eq], func(c rune) bool { return !isName("_" + string(c)) }) {
			continue
		}
		value := start + eq + 1
		at, _ := m.loc(place{text: t, start: value})
		a := &Assign{Name: s[start : start+eq], Known: true, Exported: true, Raw: s[value:end], Text: t, Start: value, End: end,
			StmtStart: stmt, StmtEnd: end, Alone: true, Export: stmt != start, At: at}
		from, to := value, end
		if from < to && (s[from] == '"' || s[from] == '\'') {
			quote := s[from]
			from++
			if to > from && s[to-1] == quote {
				to--
			}
		}
		a.Value = s[from:to]
		if a.Value != "" {
			a.entries, _ = split([]frag{{s: a.Value, known: true, lit: true, at: place{text: t, start: from, end: to}}}, a, &m)
		}
		out = append(out, a)
	}
	return out
}

func blank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
