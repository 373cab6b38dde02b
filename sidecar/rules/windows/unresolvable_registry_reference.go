package windows

import (
	"slices"
	"strings"
	"unicode"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// UnresolvableRegistryReference reports a reference in a registry value that Windows cannot expand.
//
// Windows builds a new process's environment key by key: the machine's first, then the user's, then the volatile one. A machine Path with
// `%GOROOT%\bin` is read before the user's GOROOT exists, so that the reference stays as it is written and go is not found. Within one
// key all values without references come first, and the order of the others is not defined. `%PATH%` in Path repeats the machine's
// entries in the user's Path, and stays as it is written in the machine's.
//
// Elements of Path that have nothing to do with Go are hints.
//
// # Fixes
//
//   - inline: writes the value in the place of the reference, if it leads somewhere.
//   - remove-entry: takes out the element, or a variable whose reference is defined nowhere.
//   - append: by hand, where only an administrator may change the machine's Path: the user's Path may use the user's variables.
//
// # Source
//
// shell32 RegenerateUserEnvironment, as microsoft/terminal writes it down; ground truth 2.0.
var UnresolvableRegistryReference = &rules.Rule{
	ID: "unresolvable-registry-reference", Severity: rules.Error,
	Judge: func(j *rules.Judge) {
		for _, a := range stored(j) {
			switch {
			case isPath(a.Name):
				for _, e := range j.PathElements(a) {
					if bad := unresolvable(j, a, e.Text); len(bad) > 0 {
						element(j, a, e, bad)
					}
				}
			case isVariable(a.Name) || isProxy(a.Name):
				if bad := unresolvable(j, a, a.Raw); len(bad) > 0 {
					f := at(j, a, "%s", bad[0].why(j, a.Name, a.Layer)).As(bad[0].severity())
					inline(j, f, a, 0, bad)
					if bad[0].kind == nowhere {
						f.Offer(j.Removal("remove-entry", rules.Ask, a))
					}
				}
			}
		}
	},
}

// The ways in which a reference fails.
const (
	later   = "later"   // (a) a key that is read later defines it
	beside  = "beside"  // (b) a value with references of the same key defines it
	itself  = "itself"  // (c) Path in Path
	nowhere = "nowhere" // (d)
)

// A failing is a reference that Windows does not expand.
type failing struct {
	ref
	kind string
}

// unresolvable are the references of a text that Windows does not expand in a value.
func unresolvable(j *rules.Judge, a *facts.Assignment, text string) (list []failing) {
	for _, r := range refs(text) {
		if kind := fails(j, a, r.name); kind != "" {
			list = append(list, failing{r, kind})
		}
	}
	return list
}

// why is what a failing reference does to a text that it stands in.
func (x failing) why(j *rules.Judge, text string, layer facts.Layer) string {
	name := "%" + x.name + "%"
	switch x.kind {
	case later:
		return j.T("%s uses %s, which only the user has: Windows builds the machine's environment first, so that it stays as it is written.", text, name)
	case beside:
		return j.T("%s uses %s, which has references itself in the same key: whether Windows expands it depends on an order that is not defined.", text, name)
	case nowhere:
		return j.T("%s uses %s, which is defined nowhere: it stays as it is written.", text, name)
	}
	if layer == facts.Machine {
		return j.T("The machine's Path contains %s, which stays as it is written.", name)
	}
	return j.T("The user's Path contains %s, which repeats the machine's entries in it.", name)
}

func (x failing) severity() rules.Severity {
	if x.kind == beside {
		return rules.Warning
	}
	return rules.Error
}

// fails says in which way a reference of a value fails, "" if it does not or nobody knows.
func fails(j *rules.Judge, a *facts.Assignment, name string) string {
	switch {
	case isPath(name) && isPath(a.Name):
		return itself
	case isPath(name), slices.Contains(everywhere, strings.ToUpper(name)):
		return ""
	}
	var own, after bool
	for _, b := range stored(j) {
		if !strings.EqualFold(b.Name, name) {
			continue
		}
		switch {
		case b.Layer < a.Layer, b.Layer == a.Layer && b.Type == "sz" && b != a:
			return ""
		case b.Layer == a.Layer && b != a:
			own = true
		case b != a:
			after = true
		}
	}
	users := slices.Contains(personal, strings.ToUpper(name))
	switch {
	case users && a.Layer > facts.Machine:
		return ""
	case own && a.Type == "expand":
		return beside
	case own:
		return ""
	case after || users:
		return later
	case slices.Contains(session, strings.ToUpper(name)):
		return ""
	case (isProxy(a.Name) || strings.EqualFold(a.Name, "GOPROXY")) && len(name) > 1 && isHex(name[0]) && isHex(name[1]):
		return "" // an escape of a URL
	}
	if v := j.View("editor"); v != nil {
		if _, ok := v.Get(j.System.Style, name); ok {
			return "" // Windows or a program gives it to the session
		}
	}
	return nowhere
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// everywhere are the variables that Windows has before it reads the machine's key.
var everywhere = strings.Fields(`SYSTEMROOT SYSTEMDRIVE PROGRAMFILES PROGRAMFILES(X86) PROGRAMFILES(ARM) PROGRAMW6432 PROGRAMDATA PUBLIC COMPUTERNAME
	ALLUSERSPROFILE COMMONPROGRAMFILES COMMONPROGRAMFILES(X86) COMMONPROGRAMW6432`)

// personal are the variables of the user's session that a machine's value cannot use.
var personal = strings.Fields(`USERPROFILE USERNAME USERDOMAIN HOMEDRIVE HOMEPATH HOMESHARE APPDATA LOCALAPPDATA ONEDRIVE`)

// element reports an element of Path.
func element(j *rules.Judge, a *facts.Assignment, e *facts.PathEntry, bad []failing) {
	f := j.Entry(e, "%s", bad[0].why(j, e.Text, a.Layer)).As(bad[0].severity())
	if !ofGo(e.Text) {
		f.As(rules.Hint)
	}
	if dir, ok := resolve(j, e.Text); ok {
		meant(j, f, dir)
	}
	if ofGo(e.Text) {
		f.About("tool:go")
	}
	fixed := inline(j, f, a, e.Start, bad)
	if k := bad[0].kind; k == itself || k == nowhere || !fixed {
		f.Offer(j.Drop("remove-entry", rules.Ask, j.T("Remove %s from %s", e.Text, j.Source(e)), e))
	}
	if dir, ok := resolve(j, e.Text); ok && fixed && bad[0].kind == later && !j.System.Admin {
		f.Manual("append", j.T("Have it in the user's Path"), j.T("The user's Path may use the user's variables. Until an administrator has changed the machine's Path, add %s to the user's Path.", dir), "")
	}
}

// ofGo reports whether an element of Path is meant for Go by its words: go, gopath, go1.26, a name of table T3.
func ofGo(text string) bool {
	for _, w := range strings.FieldsFunc(strings.ToUpper(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if w == "GO" || w == "GOLANG" || strings.HasPrefix(w, "GO") && isVariable(w) {
			return true
		}
	}
	return false
}

// inline offers to write the values of all failing references. It reports whether they are known, have no references themselves and lead
// somewhere.
func inline(j *rules.Judge, f *rules.Finding, a *facts.Assignment, offset int, bad []failing) bool {
	x := rules.Fix{ID: "inline", Safety: rules.Ask}
	for i, r := range bad {
		v, ok := value(j, r.name)
		if !ok || r.kind == itself || strings.ContainsAny(v, `%"`) || isPath(a.Name) && strings.Contains(v, ";") || j.Dir(v).Exists == facts.No {
			return false
		}
		if i == 0 {
			x.Title = j.T("Write %s for %s in %s", v, "%"+r.name+"%", j.Whereabouts(a))
		}
		c := host.Change{At: a.At, Start: offset + r.start, End: offset + r.end, New: v}
		if isPath(a.Name) {
			c.Type = "expand"
		}
		x.Changes = append(x.Changes, c)
	}
	f.Offer(x)
	return true
}
