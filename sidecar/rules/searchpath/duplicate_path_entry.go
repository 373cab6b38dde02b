package searchpath

import (
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
		reported := map[host.Loc]map[int]bool{}
		if j.System.OS == "windows" {
			if v := j.View("login"); v != nil {
				repeated(j, v.Path, reported, func(e *facts.PathEntry) (string, bool) { return e.At.String(), e.At.Kind == host.Registry })
			}
			return
		}
		for _, s := range j.Starts {
			repeated(j, s.Path, reported, func(e *facts.PathEntry) (string, bool) {
				return "", e.By != nil && e.Layer != facts.Session && e.At.Kind == host.File && goDir(j, e)
			})
		}
	},
}

// repeated reports every element whose directory stood before in the same store; store says which one that is, and whether the element counts.
func repeated(j *rules.Judge, path []*facts.PathEntry, reported map[host.Loc]map[int]bool, store func(*facts.PathEntry) (string, bool)) {
	type key struct{ store, dir string }
	first := map[key]*facts.PathEntry{}
	for i, e := range path {
		if e.Dir == "" || !e.Known {
			continue
		}
		in, counts := store(e)
		if !counts {
			continue
		}
		k := key{in, j.System.Style.Key(e.Dir)}
		before := first[k]
		if before == nil {
			first[k] = e
			continue
		}
		if reported[e.At][e.Start] {
			continue
		}
		if reported[e.At] == nil {
			reported[e.At] = map[int]bool{}
		}
		reported[e.At][e.Start] = true
		f := j.Entry(e, "PATH has %s twice.", e.Dir)
		f.Order = i
		f.See(before.At, "adds it first")
		f.Offer(j.Drop("dedupe", rules.Safe, "Keep only the first "+e.Dir, e))
	}
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
