package searchpath

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// DuplicatePathEntry reports a directory that stands on PATH twice.
//
// It is searched twice and makes PATH longer, which on Windows ends where programs cut it. On Windows one registry value is looked
// at. On Unix it is reported only where the profiles add a directory of Go twice in one start of a shell; a line that repeats what
// was inherited is usual and silent.
//
// # Fixes
//
//   - dedupe: keeps the one that is added first. A line that two files run gets a test whether PATH has the directory. Safe.
//   - clean: takes every repeated and every empty element out of a registry value, and quotes and blanks from around the others, by one
//     change. What stays keeps its order and its text, references included. Offered where more than one thing is wrong.
//
// # Source
//
// Ground truth 2.2; microsoft/vscode#36481.
var DuplicatePathEntry = &rules.Rule{
	ID: "duplicate-path-entry", Severity: rules.Hint,
	After: []string{"path-helper-reordering", "setx-damaged-path"},
	Judge: func(j *rules.Judge) {
		reported := map[again]bool{}
		if j.System.OS == "windows" {
			if v := j.View("login"); v != nil {
				repeated(j, v.Path, reported, func(e *facts.PathEntry) (string, bool) { return e.At.String(), e.At.Kind == host.Registry })
			}
			return
		}
		for _, s := range j.Starts {
			repeated(j, s.Path, reported, func(e *facts.PathEntry) (string, bool) {
				return "", e.By != nil && e.Layer != facts.Session && e.By.Manager != "path_helper" && e.At.Kind == host.File && goDir(j, e)
			})
		}
	},
}

// again is a place that adds a directory which another one, or itself, has added.
type again struct {
	at  host.Loc
	dir string
}

// repeated reports every place that adds a directory once more to the same store; store says which one that is, and whether the element counts.
func repeated(j *rules.Judge, path []*facts.PathEntry, reported map[again]bool, store func(*facts.PathEntry) (string, bool)) {
	type key struct{ store, dir string }
	index := map[*facts.PathEntry]int{}
	found := map[key][]*facts.PathEntry{}
	var order []key
	for i, e := range path {
		in, counts := store(e)
		if e.Dir == "" || !e.Known || !counts {
			continue
		}
		k := key{in, j.System.Style.Key(e.Dir)}
		if found[k] == nil {
			order = append(order, k)
		}
		index[e] = i
		found[k] = append(found[k], e)
	}
	for _, k := range order {
		list := found[k]
		kept := keep(j, list)
		places := map[host.Loc][]*facts.PathEntry{}
		for _, e := range list {
			if e != kept {
				places[e.At] = append(places[e.At], e)
			}
		}
		for _, e := range list {
			extra := places[e.At]
			if extra == nil || reported[again{e.At, k.dir}] {
				continue
			}
			reported[again{e.At, k.dir}] = true
			e = extra[0]
			var f *rules.Finding
			if e.By == kept.By && e.Start == kept.Start && e.At.Kind == host.File {
				f = j.Entry(e, "PATH has %s twice: this line runs twice when a shell starts.", e.Dir).See(kept.At, "adds it first").Offer(guard(j, e))
			} else {
				f = j.Entry(e, "PATH has %s twice.", e.Dir).See(kept.At, "adds it first")
				title := j.T("Keep only the first %s in %s", e.Dir, j.Source(e))
				if e.By != kept.By {
					title = j.T("Remove the repeated %s from %s", e.Dir, j.Source(e))
				}
				f.Offer(j.Drop("dedupe", rules.Safe, title, extra...))
				if e.At.Kind == host.Registry {
					clean(j, f, e, len(extra))
				}
			}
			f.Order = index[e]
		}
	}
}

// clean offers to clean the whole value where more than the repeated elements of one directory are wrong in it.
func clean(j *rules.Judge, f *rules.Finding, e *facts.PathEntry, repeated int) {
	x, _, gone, tidied := j.CleanPath("clean", rules.Ask, e.By, nil)
	if gone+tidied <= repeated {
		return
	}
	x.Title = j.T("Clean up %s: %d entries go, %d lose quotes or blanks", j.Source(e), gone, tidied)
	f.Offer(x)
}

// keep is the element that stays: what a program's activation adds, else what is added first. A line that puts a directory in front runs
// later than the one behind which it stands, and more starts of a shell read the earlier file.
func keep(j *rules.Judge, list []*facts.PathEntry) *facts.PathEntry {
	return slices.MinFunc(list, func(a, b *facts.PathEntry) int {
		made := func(e *facts.PathEntry) int {
			if e.By != nil && e.By.Manager != "" {
				return 0
			}
			return 1
		}
		return cmp.Or(made(a)-made(b), slices.Index(j.Vars, a.By)-slices.Index(j.Vars, b.By), a.Start-b.Start)
	})
}

// guard is a fix for a line that runs twice, because two files read the one it stands in: it adds the directory only where it is missing.
func guard(j *rules.Judge, e *facts.PathEntry) rules.Fix {
	x := rules.Fix{ID: "dedupe", Safety: rules.Safe, Title: j.T("Add %s in %s only where it is missing", e.Dir, j.Source(e))}
	a := e.By
	if !a.Cuttable || strings.HasSuffix(a.At.Path, ".fish") {
		x.Safety = rules.Manual
		x.Text = j.T("%s runs twice when a shell starts, and adds %s each time. Read its file once, or test whether PATH has the directory before you add it.", j.Snapshot.Place(e.At), e.Dir)
		return x
	}
	line := strings.TrimRight(a.Text.S[a.CutStart:a.CutEnd], "\r\n")
	tail := a.Text.S[a.CutStart+len(line) : a.CutEnd]
	x.Changes = []host.Change{{At: a.Text.At, Start: a.CutStart, End: a.CutEnd,
		New: "case \":$PATH:\" in\n*\":" + strings.Trim(e.Text, `"'`) + ":\"*) ;;\n*)\n" + line + "\n;;\nesac" + tail}}
	return x
}

// goDir reports whether a directory holds go, gopls or dlv, or is one that go install writes to.
func goDir(j *rules.Judge, e *facts.PathEntry) bool {
	if e.Folder != nil {
		for _, h := range e.Folder.Hits {
			if h.Tool == "go" || h.Tool == "gopls" || h.Tool == "dlv" {
				return true
			}
		}
	}
	for _, v := range j.Views {
		for _, dir := range j.InstallDirs(v) {
			if j.Same(dir, e.Dir) {
				return true
			}
		}
	}
	return false
}
