package windows

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// UnexpandingRegistryValue reports a registry value whose references Windows does not expand.
//
// Windows replaces `%NAME%` only in values of type REG_EXPAND_SZ. In one of type REG_SZ it stays as it is written, and programs get
// `%USERPROFILE%\go` as a directory. Windows Terminal heals such a Path and other programs do not, so that go is found in one window and
// not in the next. `reg add` without /t, .NET and many scripts write this type.
//
// A Path of type REG_SZ without references works until a program adds one; that is a hint.
//
// # Fixes
//
//   - retype: makes the value REG_EXPAND_SZ. Its text stays the same. Safe.
//
// # Source
//
// Ground truth 2.2; golang/go#35338.
var UnexpandingRegistryValue = &rules.Rule{
	ID: "unexpanding-registry-value", Severity: rules.Error,
	Judge: func(j *rules.Judge) {
		for _, a := range stored(j) {
			if a.Type != "sz" || !isPath(a.Name) && !isVariable(a.Name) && !isProxy(a.Name) && !isTemp(a.Name) {
				continue
			}
			var f *rules.Finding
			switch names := expandable(j, a); {
			case len(names) > 0:
				f = at(j, a, "%s has the type REG_SZ, in which Windows does not expand %s: programs get it as it is written.", a.Name, strings.Join(names, ", "))
				if isPath(a.Name) {
					about(j, f, a)
				}
			case isPath(a.Name) && a.Raw != "":
				f = at(j, a, "Path has the type REG_SZ: the next program that adds a directory with a reference such as %s breaks it.", "%USERPROFILE%").As(rules.Hint)
			default:
				continue
			}
			f.Offer(rules.Fix{ID: "retype", Safety: rules.Safe, Title: j.T("Give %s in %s the type REG_EXPAND_SZ", a.Name, j.Whereabouts(a)),
				Changes: []host.Change{{At: a.At, Type: "expand"}}})
		}
	},
}

func isTemp(name string) bool {
	return strings.EqualFold(name, "TEMP") || strings.EqualFold(name, "TMP")
}

// expandable are the references of a value, each once. In a proxy's URL a pair of % may be escapes, so that only a known name counts.
func expandable(j *rules.Judge, a *facts.Assignment) (list []string) {
	for _, r := range refs(a.Raw) {
		name := "%" + r.name + "%"
		if !slices.Contains(list, name) && (known(j, r.name) || !isProxy(a.Name) && !strings.EqualFold(a.Name, "GOPROXY")) {
			list = append(list, name)
		}
	}
	return list
}

// about adds what the elements of a Path that programs do not get were meant to be.
func about(j *rules.Judge, f *rules.Finding, a *facts.Assignment) {
	for _, e := range j.PathElements(a) {
		if dir, ok := resolve(j, e.Text); ok && dir != "" && (dir != e.Text || !isPath(a.Name)) {
			meant(j, f, dir)
		}
	}
}
