package searchpath

import (
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
//   - dedupe: keeps the first. Safe.
//
// # Source
//
// Ground truth 2.2; microsoft/vscode#36481.
var DuplicatePathEntry = &rules.Rule{
	ID: "duplicate-path-entry", Severity: rules.Hint,
	After: []string{"path-helper-reordering", "setx-damaged-path"},
	Judge: func(j *rules.Judge) {
		r := repeats{j, map[again]bool{}}
		if j.System.OS == "windows" {
			if v := j.View("login"); v != nil {
				r.look(v.Path, func(e *facts.PathEntry) (string, bool) { return e.At.String(), e.At.Kind == host.Registry })
			}
			return
		}
		for _, s := range j.Starts {
			r.look(s.Path, func(e *facts.PathEntry) (string, bool) {
				return "", e.By != nil && e.Layer != facts.Session && e.At.Kind == host.File && goDir(j, e)
			})
		}
	},
}

// again is a place that adds a directory which stands on PATH already.
type again struct {
	at  host.Loc
	dir string
}

// A repeat is what one place adds once more.
type repeat struct {
	again
	before  *facts.PathEntry
	entries []*facts.PathEntry
	index   int // of the first one in PATH
}

type repeats struct {
	j        *rules.Judge
	reported map[again]bool
}

// look reports every directory that a place adds although it stood before in the same store; store says which one that is, and whether
// the element counts.
func (r repeats) look(path []*facts.PathEntry, store func(*facts.PathEntry) (string, bool)) {
	type key struct{ store, dir string }
	first := map[key]*facts.PathEntry{}
	found := map[again]*repeat{}
	var order []*repeat
	for i, e := range path {
		in, counts := store(e)
		if e.Dir == "" || !e.Known || !counts {
			continue
		}
		dir := r.j.System.Style.Key(e.Dir)
		before := first[key{in, dir}]
		if before == nil {
			first[key{in, dir}] = e
			continue
		}
		a := again{e.At, dir}
		if found[a] == nil {
			found[a] = &repeat{again: a, before: before, index: i}
			order = append(order, found[a])
		}
		found[a].entries = append(found[a].entries, e)
	}
	for _, x := range order {
		if r.reported[x.again] {
			continue
		}
		r.reported[x.again] = true
		e := x.entries[0]
		f := r.j.Entry(e, "PATH has %s twice.", e.Dir).See(x.before.At, "adds it first")
		f.Order = x.index
		if x.before.At == e.At && x.before.Start == e.Start && e.At.Kind == host.File {
			f.Message = "PATH has " + e.Dir + " twice: this line runs twice when a shell starts."
			f.Offer(guard(r.j, e))
			continue
		}
		f.Offer(r.j.Drop("dedupe", rules.Safe, "Keep only the first "+e.Dir, x.entries...))
	}
}

// guard is a fix for a line that runs twice, because two files read the one it stands in: it adds the directory only where it is missing.
func guard(j *rules.Judge, e *facts.PathEntry) rules.Fix {
	x := rules.Fix{ID: "dedupe", Safety: rules.Safe, Title: "Add " + e.Dir + " only where it is missing"}
	a := e.By
	if !a.Cuttable || strings.HasSuffix(a.At.Path, ".fish") {
		x.Safety = rules.Manual
		x.Text = j.Snapshot.Place(e.At) + " runs twice when a shell starts, and adds " + e.Dir + " each time. Read its file once, or test whether PATH has the directory before you add it."
		return x
	}
	eol := a.Text.EOL()
	line := strings.TrimRight(a.Text.S[a.CutStart:a.CutEnd], "\r\n")
	tail := a.Text.S[a.CutStart+len(line) : a.CutEnd]
	x.Changes = []host.Change{{At: a.Text.At, Start: a.CutStart, End: a.CutEnd,
		New: `case ":$PATH:" in` + eol + `*":` + strings.Trim(e.Text, `"'`) + `:"*) ;;` + eol + "*)" + eol + line + eol + ";;" + eol + "esac" + tail}}
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
