package variables

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// IneffectiveGoenvLine reports a line of the go/env file that go skips without a word.
//
// The file holds lines of `KEY=VALUE` and is no shell script: go skips a line without `=`, one that does not begin with a capital
// letter, as `export GOPROXY=…`, and takes a blank before `=` as a part of the name. Of a key that is there twice the last one counts.
// Variables such as HTTPS_PROXY, GODEBUG and PATH are read from the environment only. What begins with `#`, `;` or `//` is taken as a
// comment.
//
// # Fixes
//
//   - rewrite: writes the line as KEY=VALUE. Asked. Only where the value needs no shell to be understood.
//   - remove-line: removes the line. Safe where the key is repeated, else asked.
//
// # Source
//
// cmd/go/internal/cfg, readEnvFile; `go env -w` says "can only be set using the OS environment".
var IneffectiveGoenvLine = &rules.Rule{
	ID: "ineffective-goenv-line", Severity: rules.Warning, After: []string{"misencoded-goenv-file"},
	Judge: func(j *rules.Judge) {
		t := j.GoEnv.Text
		if t == nil || t.Enc == host.UTF16LE || t.Enc == host.UTF16BE || strings.IndexByte(t.S, 0) >= 0 {
			return
		}
		last := map[string]int{} // line of a key that counts
		first := 1
		if t.Enc == host.UTF8BOM {
			first = 2
		}
		for n := first; n <= t.Lines(); n++ {
			if key := key(t, n); key != "" {
				last[key] = n
			}
		}
		marked := 0
		for n := first; n <= t.Lines() && marked < maxLines; n++ {
			start, end, next := t.Line(n)
			line := t.S[start:end]
			text := strings.TrimSpace(line)
			if text == "" || text[0] == '#' || text[0] == ';' || strings.HasPrefix(text, "//") {
				continue
			}
			name, _, assigns := strings.Cut(line, "=")
			fix := rules.Fix{ID: "remove-line", Safety: rules.Ask, Changes: []host.Change{{At: t.At, Start: start, End: next}}}
			var f *rules.Finding
			switch {
			case !assigns:
				f = mark(j, t, n, "This line of the go/env file has no \"=\": go skips it.")
			case line[0] < 'A' || line[0] > 'Z' || strings.TrimRight(name, " \t") != name:
				if line[0] < 'A' || line[0] > 'Z' {
					f = mark(j, t, n, "This line of the go/env file does not begin with the name of a variable in capital letters: go skips it.")
				} else {
					f = mark(j, t, n, "A blank stands before \"=\" in this line of the go/env file: go takes it as a part of the name and finds no %s.", strings.TrimRight(name, " \t"))
				}
				meant, value := intended(text)
				if meant == "" {
					break
				}
				f.About("var:" + j.System.Style.NameKey(meant))
				if _, there := last[meant]; !there && rewritable(j, meant, value) {
					f.Offer(rules.Fix{ID: "rewrite", Safety: rules.Ask, Title: j.T("Write the line as %s", meant+"="+value),
						Changes: []host.Change{{At: t.At, Start: start, End: end, New: meant + "=" + value}}})
				}
			case slices.Contains(goenv.OSOnly, name) || strings.HasPrefix(name, "GIT_"):
				f = mark(j, t, n, "go reads %s from the environment only: in the go/env file it has no effect.", name).About("var:" + j.System.Style.NameKey(name))
			case last[name] > n:
				f = mark(j, t, n, "%s is set again in line %d of the go/env file, and that one counts.", name, last[name]).About("var:" + j.System.Style.NameKey(name))
				fix.Safety = rules.Safe
			}
			if f == nil {
				continue
			}
			marked++
			fix.Title = j.T("Remove line %d from %s", n, j.Display(t.At.Path))
			f.Offer(fix)
		}
	},
}

// maxLines is how many lines of a file are reported: more of them are no slips, but another kind of file.
const maxLines = 20

var assignment = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?i:export\s+|set\s+|\$env:)?([A-Z_][A-Z0-9_]*)\s*=\s*(.*?)\s*;?$`)
})

// intended is the assignment that a line in another syntax was meant to be, "" if it is none.
func intended(line string) (name, value string) {
	m := assignment().FindStringSubmatch(line)
	if m == nil {
		return "", ""
	}
	value = m[2]
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = value[1 : n-1]
	}
	return m[1], value
}

// rewritable reports whether a value means the same in the go/env file as in a shell, and would do no harm there for all modules.
func rewritable(j *rules.Judge, name, value string) bool {
	switch {
	case value == "" || strings.ContainsAny(value, "$%`~\"'"):
		return false
	case slices.Contains(urlNames, name) || slices.Contains(patternNames, name):
		return !strings.ContainsAny(value, "\\ \t")
	}
	return slices.Contains([]string{"GOPATH", "GOBIN", "GOCACHE", "GOMODCACHE", "GOTMPDIR"}, name) && j.System.Style.IsAbs(value) &&
		!slices.ContainsFunc(j.All(name), func(a *facts.Assignment) bool { return a.Layer != facts.GoEnvLine && len(a.Wins) > 0 })
}
