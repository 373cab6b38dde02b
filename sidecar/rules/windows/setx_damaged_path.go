package windows

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// SetxDamagedPath reports a Path that setx has cut, or into which it has copied the machine's.
//
// setx writes at most 1024 characters and says so only in a warning: what stood behind is lost, and the last element is cut in the
// middle. To give it `%PATH%;…`, which many pages advise, also writes the machine's elements into the user's Path, where they go stale and
// take the room.
//
// The cut is certain where the value has exactly the length that setx leaves and its last element leads nowhere. The copy is reported
// where the user's Path has at least five and four fifths of the machine's elements.
//
// # Fixes
//
//   - restore: completes the cut element and adds what stood behind it, from the environment with which the editor was started before.
//     Where no running program still has them, by hand.
//   - remove-copies: takes the elements out of the user's Path that the machine's has as well.
//
// # Source
//
// The documentation of setx ("the limit of 1024 characters"); cajasmota/grafel#5589, desktop/desktop#18176; ground truth 2.2.
var SetxDamagedPath = &rules.Rule{
	ID: "setx-damaged-path", Severity: rules.Error,
	Judge: func(j *rules.Judge) {
		wasCut := false
		for _, layer := range []facts.Layer{facts.Machine, facts.User} {
			a := pathOf(j, layer)
			if a == nil {
				continue
			}
			list := j.PathElements(a)
			last := cut(list, a)
			if last < 0 {
				continue
			}
			wasCut = true
			e := list[last]
			f := j.Entry(e, "Path was cut after %d characters, as setx does: its last entry %s does not exist, and what stood behind it is lost.", length(a.Raw), e.Text)
			restore(j, f, a, list[:last], e)
		}
		copied(j, wasCut)
	},
}

// cut is the index of the element in which a value was cut, -1 where it was not.
func cut(list []*facts.PathEntry, a *facts.Assignment) int {
	if n := length(a.Raw); n != 1023 && n != 1024 {
		return -1
	}
	for i := len(list) - 1; i >= 0; i-- {
		if e := list[i]; e.Dir != "" {
			if e.Folder != nil && e.Folder.Exists == facts.No {
				return i
			}
			return -1
		}
	}
	return -1
}

// restore offers to write again what the editor's block has and no registry value gives any more.
func restore(j *rules.Judge, f *rules.Finding, a *facts.Assignment, before []*facts.PathEntry, e *facts.PathEntry) {
	title := j.T("Restore the lost entries of %s", j.Source(e))
	lost := lost(j, a, before, e)
	if len(lost) == 0 {
		f.Manual("restore", title, j.T("No running program that can be asked still has the whole Path. Complete the entry %s, or remove it, and add the directories that are missing.", e.Text), "")
		return
	}
	texts := make([]string, 0, len(lost))
	for _, x := range lost {
		texts = append(texts, x.Dir)
		meant(j, f, x.Dir)
		if x.Folder != nil {
			for _, h := range x.Folder.Hits {
				f.About("tool:" + h.Tool)
			}
		}
	}
	f.See(host.EnvLoc("PATH"), "the running editor still has %d entries that are lost", len(lost))
	start := e.Start
	if !completes(j, lost[0], e) { // nothing says what the cut one was: it stays for the user to see
		start = e.End
		texts[0] = ";" + texts[0]
	}
	f.Offer(rules.Fix{ID: "restore", Safety: rules.Ask, Title: title,
		Changes: []host.Change{{At: a.At, Start: start, End: len(a.Raw), New: strings.Join(texts, ";"), Type: "expand"}}})
}

// lost are the elements of the editor's PATH that stood at the cut element and behind it, and that no registry value gives.
func lost(j *rules.Judge, a *facts.Assignment, before []*facts.PathEntry, e *facts.PathEntry) (list []*facts.PathEntry) {
	v := j.View("editor")
	if v == nil {
		return nil
	}
	start := -1
	for i, x := range v.Path {
		if x.Layer == facts.Process && completes(j, x, e) {
			start = i
			break
		}
	}
	for i := len(before) - 1; i >= 0 && start < 0; i-- {
		start = slices.IndexFunc(v.Path, func(x *facts.PathEntry) bool { return x.Dir != "" && j.System.Style.Equal(x.Dir, before[i].Dir) })
	}
	if start < 0 {
		return nil
	}
	seen := map[string]bool{}
	for _, x := range v.Path[start:] {
		if a.Layer == facts.Machine && x.Layer > facts.Machine && x.At.Kind == host.Registry {
			break
		}
		key := j.System.Style.Key(x.Dir)
		if x.Dir == "" || x.Layer != facts.Process || seen[key] || strings.ContainsAny(x.Dir, `;%"`) {
			continue
		}
		seen[key] = true
		list = append(list, x)
	}
	return list
}

// completes reports whether an element can be what a cut one was.
func completes(j *rules.Judge, x, cut *facts.PathEntry) bool {
	whole, part := j.System.Style.Key(x.Dir), j.System.Style.Key(cut.Dir)
	return len(whole) > len(part) && strings.HasPrefix(whole, part)
}

// copied judges whether the user's Path repeats the machine's.
func copied(j *rules.Judge, wasCut bool) {
	machine, user := pathOf(j, facts.Machine), pathOf(j, facts.User)
	if machine == nil || user == nil {
		return
	}
	st := j.System.Style
	theirs := map[string]bool{}
	for _, e := range j.PathElements(machine) {
		if e.Dir != "" {
			theirs[st.Key(e.Dir)] = true
		}
	}
	var copies []*facts.PathEntry
	both := map[string]bool{}
	for _, e := range j.PathElements(user) {
		if k := st.Key(e.Dir); e.Dir != "" && theirs[k] {
			copies = append(copies, e)
			both[k] = true
		}
	}
	if len(both) < 5 || len(both)*5 < len(theirs)*4 {
		return
	}
	f := j.Place(user.At, "The user's Path repeats %d of the %d entries of the machine's Path, as setx and copied commands leave it.", len(both), len(theirs)).
		About("var:PATH").Range(user.Text, 0, end(user)).See(machine.At, "has them already, and is searched first")
	if !wasCut {
		f.As(rules.Warning)
	}
	f.Offer(j.Drop("remove-copies", rules.Ask, j.T("Remove %d entries from the user's Path that the machine's Path has", len(copies)), copies...))
}
