package modules

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// GoTooOldForGoMod reports a go.mod or go.work that the Go which would run cannot parse.
//
// Go before 1.21 knows neither a go line with a patch release ("invalid go version '1.21.8': must match format 1.23") nor a toolchain
// line ("unknown directive: toolchain"), and cannot switch to a newer Go by itself. The directives godebug (1.23), tool (1.24) and
// ignore (1.25) are unknown to every older Go. In a folder without a go.mod of its own, the modules a few levels below are read.
//
// # Fixes
//
//   - upgrade: install a Go that knows the line, and put it first on PATH. By hand.
//
// # Source
//
// golang.org/x/mod/modfile/rule.go, run with Go 1.21 to 1.27.
var GoTooOldForGoMod = &rules.Rule{
	ID: "go-too-old-for-go-mod", Severity: rules.Error,
	After: []string{"shadowed-go", "unsupported-go", "project-setup-ignored", "toolchain-switch-disabled"},
	Judge: func(j *rules.Judge) {
		done := map[*facts.ModFile]bool{}
		for _, w := range j.Folders {
			local := goenv.FromToolchain(w.Select.Local)
			files := []*facts.ModFile{w.Mod}
			switch {
			case w.Work != nil && goenv.Compare(local, "1.18") >= 0: // older ones do not read go.work
				files = append([]*facts.ModFile{w.Work, w.Mod}, w.Modules...)
			case w.Work == nil && w.Mod == nil:
				files = w.Modules
			}
			for _, m := range files {
				if m == nil || done[m] {
					continue
				}
				done[m] = true
				sel := w.Select
				if w.Work == nil && m != w.Mod { // a module of its own
					by := sel.By
					sel = goenv.Select(goenv.Input{Local: sel.Local, GOTOOLCHAIN: sel.Mode, Mod: m})
					sel.By = by
				}
				unknown(j, sel, m)
			}
		}
	},
}

// since is the first Go that parses a directive of a go.mod or go.work, "" for those that all do (table T6).
func since(work bool, verb string) string {
	switch {
	case verb == "toolchain":
		return "1.21"
	case verb == "godebug":
		return "1.23"
	case verb == "tool" && !work:
		return "1.24"
	case verb == "ignore" && !work:
		return "1.25"
	}
	return ""
}

// unknown reports each directive that is newer than sel, once a verb.
func unknown(j *rules.Judge, s facts.Selection, m *facts.ModFile) {
	sel := goenv.FromToolchain(s.Version)
	if sel == "" {
		return
	}
	seen := map[string]bool{}
	for i := range m.Directives {
		d := &m.Directives[i]
		need, says := since(m.Work, d.Verb), "unknown directive: "+d.Verb
		if d.Block {
			says = "unknown block type: " + d.Verb
		}
		if d.Verb == "go" && len(d.Args) == 1 && goenv.IsVersion(d.Args[0]) && !language(d.Args[0]) {
			need, says = "1.21", "invalid go version '"+d.Args[0]+"': must match format 1.23"
		}
		if need == "" || seen[d.Verb] || goenv.Compare(sel, need) >= 0 {
			continue
		}
		seen[d.Verb] = true
		want := need
		if v := m.Arg("go"); goenv.IsVersion(v) && goenv.Compare(v, want) > 0 {
			want = v
		}
		at := m.At
		at.Line = d.Line
		f := j.Place(at, "Go %s, which runs here, stops at this line: %s. Go %s is the first that knows it.", sel, says, need).Range(m.Text, d.Start, d.End)
		f.About("file:" + j.System.Style.Key(m.At.Path))
		if p := m.Arg("module"); p != "" {
			f.About("module:" + p)
		}
		if h, _, ok := j.FirstGo(); ok {
			f.About("tool:go").AboutToolchain(h.Toolchain).See(h.Entry.At, "puts %s (%s) on PATH", h.File, s.Local)
		}
		text, cmd := j.Install(want)
		text = j.T("Install Go %s or newer, and put it before the old one on PATH. %s", want, text)
		if t := installed(j, want); t != nil {
			text, cmd = j.T("Go %s is installed in %s: put %s before the old one on PATH.", goenv.FromToolchain(t.Version), t.Root, j.BinDir(t)), ""
		}
		if by := s.By; by != nil && s.Switched {
			f.See(by.At, "GOTOOLCHAIN=%s chooses %s", by.Value, s.Version)
			text, cmd = j.T("GOTOOLCHAIN=%s (%s) chooses Go %s. Let it choose Go %s or newer, or unset it.", by.Value, j.Snapshot.Place(by.At), sel, want), ""
		} else if goenv.Compare(sel, "1.21") >= 0 && (s.Mode == "auto" || strings.HasSuffix(s.Mode, "+auto")) {
			fetch := want
			if language(fetch) { // since 1.21 a language version names no release
				fetch += ".0"
			}
			text = j.T("%s Or raise the go line to %s, so that go fetches that toolchain by itself.", text, fetch)
		}
		f.Offer(rules.Fix{ID: "upgrade", Safety: rules.Manual, Title: j.T("Use Go %s or newer", want), Text: text, Command: cmd, Page: rules.InstallPage})
	}
}

// installed is the newest toolchain here of at least a version, apart from those that go itself fetched.
func installed(j *rules.Judge, want string) *facts.Toolchain {
	for _, t := range j.Toolchains { // newest first
		if v := goenv.FromToolchain(t.Version); !t.Cached && v != "" {
			if goenv.Compare(v, want) >= 0 {
				return t
			}
			return nil
		}
	}
	return nil
}

// language reports whether a version is that of a language, 1.N, which is all that a go line could have before 1.21.
func language(v string) bool {
	return strings.Count(v, ".") == 1 && strings.Trim(v, "0123456789.") == ""
}
