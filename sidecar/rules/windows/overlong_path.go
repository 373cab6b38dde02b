package windows

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// OverlongPath reports a PATH that is longer than programs can take.
//
// cmd.exe drops a PATH of more than 8191 characters as a whole: in it, and in every build script that it runs, nothing is found, while
// PowerShell works. No variable can have more than 32 767 characters. From 7500 on it is a warning, because the next installer may be the
// one too many.
//
// # Fixes
//
//   - dedupe: takes out repeated directories and those that do not exist, and what is wrong around the others, by one change of the value.
//     By hand where that does not make it short enough.
//
// # Source
//
// Microsoft KB830473; jdx/mise#11643; ground truth 2.2.
var OverlongPath = &rules.Rule{
	ID: "overlong-path", Severity: rules.Error, After: []string{"setx-damaged-path"},
	Judge: func(j *rules.Judge) {
		machine, user := pathOf(j, facts.Machine), pathOf(j, facts.User)
		longer := user
		if user == nil || machine != nil && length(machine.Raw) > length(user.Raw) {
			longer = machine
		}
		v := j.View("login")
		if longer == nil || v == nil {
			return
		}
		x, _ := v.Get(j.System.Style, "PATH")
		n, own := length(x.Value), length(longer.Raw)
		if n < worryPath && own <= maxRegistry {
			return
		}
		var f *rules.Finding
		switch {
		case own > maxRegistry:
			f = j.Place(longer.At, "This Path has %d characters: no environment can hold more than 32767 in one variable.", own)
		case n > maxCmd:
			f = j.Place(longer.At, "PATH has %d characters: cmd.exe starts without any PATH above 8191, so that it finds neither go nor anything else.", n)
		default:
			f = j.Place(longer.At, "PATH has %d characters: above 8191 cmd.exe starts without any PATH.", n).As(rules.Warning)
		}
		f.About("var:PATH", "tool:go").Range(longer.Text, 0, end(longer))
		for _, a := range []*facts.Assignment{machine, user} {
			if a != nil && a != longer {
				f.See(a.At, "is the other part, with %d characters", length(a.Raw))
			}
		}
		shorten(j, f, n, slices.DeleteFunc([]*facts.Assignment{user, machine}, func(a *facts.Assignment) bool { return a == nil }))
	},
}

const (
	maxCmd      = 8191  // characters of a PATH with which cmd.exe still starts
	worryPath   = 7500  // characters from which on the next program may be one too many
	maxRegistry = 32760 // characters of one value
)

// shorten offers to clean the values, the user's alone if that is enough. n is the length of the effective PATH.
func shorten(j *rules.Judge, f *rules.Finding, n int, values []*facts.Assignment) {
	all := rules.Fix{ID: "dedupe", Safety: rules.Ask}
	removed := 0
	for _, a := range values {
		x, text, gone, _ := j.CleanPath("dedupe", rules.Ask, a, func(e *facts.PathEntry) bool { return absent(j, e) })
		saved := length(resolved(j, a.Raw)) - length(resolved(j, text))
		if saved <= 0 || gone == 0 {
			continue
		}
		n -= saved
		removed += gone
		all.Changes = append(all.Changes, x.Changes...)
		if n < worryPath && !slices.ContainsFunc(values, func(b *facts.Assignment) bool {
			return length(b.Raw) > maxRegistry && (b != a || length(text) > maxRegistry)
		}) {
			all.Title = j.T("Remove %d repeated and dead entries from Path", removed)
			f.Offer(all)
			return
		}
	}
	f.Manual("dedupe", j.T("Shorten Path"), j.T("Without repeated entries and directories that do not exist PATH would still have %d characters. Take out what no program of yours needs, most of all in the longer value.", n), "")
}

// resolved is a value with its references replaced as far as they are known.
func resolved(j *rules.Judge, text string) string {
	s, _ := resolve(j, text)
	return s
}

// absent reports whether an element leads to no directory and nobody will make it: Windows's own, and what go install makes, stay.
func absent(j *rules.Judge, e *facts.PathEntry) bool {
	st := j.System.Style
	if e.Dir == "" || e.Folder == nil || e.Folder.Exists != facts.No || strings.ContainsAny(e.Dir, `%"`) || !st.IsAbs(e.Dir) ||
		strings.EqualFold(st.Base(e.Dir), "WindowsApps") {
		return false
	}
	if root, ok := value(j, "SystemRoot"); ok && st.Under(e.Dir, root) {
		return false
	}
	for _, v := range j.Views {
		for _, dir := range append(j.InstallDirs(v), j.GOPATHBins(v)...) {
			if st.Equal(e.Dir, dir) {
				return false
			}
		}
	}
	return true
}
