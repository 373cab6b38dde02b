package variables

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// StrayCharacters reports a Go variable with blanks around its value, invisible characters, or look-alikes of ASCII ones.
//
// They come with text that was copied from a page or typed with an input method, and from `set NAME=value & …` of cmd, which keeps the
// blank. go takes them as a part of the value: `unknown environment setting GO111MODULE=on\r`. A separator at the end of a variable
// that holds one directory makes it another directory.
//
// Where go splits a value into words, as with GOFLAGS, or trims it, as with GOPROXY, blanks around it do no harm.
//
// # Fixes
//
//   - clean: writes the value without them. Safe; asked where full-width characters or typographic quotes become ASCII.
//   - unset: removes a GOROOT, which go finds by itself. Safe.
//
// # Source
//
// golang/go#75053.
var StrayCharacters = &rules.Rule{
	ID: "stray-characters", Severity: rules.Error,
	Judge: func(j *rules.Judge) {
		for _, a := range assignments(j, dirNames, []string{"GOPATH"}, enumNames, urlNames, patternNames) {
			v := a.Value
			if a.Layer == facts.GoEnvLine { // the CR of a line end is misencoded-goenv-file's
				v = strings.TrimSuffix(v, "\r")
			}
			if !utf8.ValidString(v) { // nobody can say what it should be
				continue
			}
			single := slices.Contains(dirNames, j.System.Style.NameKey(a.Name))
			plain, sure := clean(v, single, j.System.Style.ListSep())
			if plain == v {
				continue
			}
			if (single || a.Name == "GOPATH") && exists(j, v) { // a name may have any of them
				continue
			}
			if a.Name == "GOPROXY" && strings.Trim(v, " \t") == plain { // go trims each element
				continue
			}
			f := j.At(a, "%s is %+q: characters that cannot be seen, or look like others, are a part of the value.", a.Name, a.Value)
			safety := rules.Safe
			if !sure {
				safety = rules.Ask
			}
			if a.Name == "GOROOT" || plain == "" {
				f.Unset(a, rules.Safe)
			} else {
				f.Rewrite("clean", safety, a, func(v string) string {
					v, _ = clean(v, single, j.System.Style.ListSep())
					return v
				})
			}
		}
	},
}

// exists reports whether every directory of a value is there.
func exists(j *rules.Judge, v string) bool {
	list := j.System.Style.SplitList(v)
	return len(list) > 0 && !slices.ContainsFunc(list, func(e host.Element) bool { return j.Dir(e.Dir).Exists != facts.Yes })
}

// clean is a value without stray characters; sure is false where a character was replaced by another one.
func clean(v string, single bool, sep string) (plain string, sure bool) {
	sure = true
	v = strings.TrimFunc(v, func(r rune) bool { return invisible(r) || r == ' ' || r == '\t' })
	plain = strings.Map(func(r rune) rune {
		switch {
		case invisible(r):
			sure = false
			return -1
		case r >= '\uff01' && r <= '\uff5e':
			sure = false
			return r - '\uff01' + '!'
		case r == '\u3000':
			sure = false
			return ' '
		case r == '\u3001':
			sure = false
			return ','
		case r == '\u3002':
			sure = false
			return '.'
		case r >= '\u2018' && r <= '\u201f':
			sure = false
			return -1
		}
		return r
	}, v)
	plain = strings.Trim(plain, " \t")
	if single && len(plain) > 1 {
		plain = strings.TrimRight(plain, sep)
	}
	return plain, sure
}

// invisible reports whether a rune leaves no mark, or looks like a blank.
func invisible(r rune) bool {
	return r == '\u00a0' || r >= '\u200b' && r <= '\u200f' || r == '\ufeff' || unicode.IsControl(r) && r != '\t'
}
