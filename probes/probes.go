// Package probes learns facts about a machine: one source to a file. A probe reads and never runs a program; what it cannot
// read is a gap, and no probe can fail the run. [Run] calls them in the order in which they need one another.
package probes

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/installs"
)

// Run looks at a machine once.
func Run(h host.Host) *facts.Snapshot { return newReader(h).run() }

func (r *reader) run() *facts.Snapshot {
	h := r.h
	own := parseBlock(h.Environ())
	since, parent := started(r)
	s := &facts.Snapshot{Files: map[string]facts.File{}, Texts: r.texts, System: r.sys, Now: h.Now(), Parent: parent, Started: since, CI: inCI(r.sys, own), WSL: inWSL(r.sys)}

	var p persistent
	if r.st.Windows {
		p = registry(r)
	} else {
		p = profiles(r, own)
	}
	s.LoginFile, s.Starts, s.ReadOnly, s.Keys = p.loginFile, p.starts, p.readOnly, p.keys
	s.Limits = limits(r)
	s.Settings = settings(r)
	if r.st.Windows {
		p.terminal, p.profiles = powershell(r, own, s.Settings)
		s.Settings = append(s.Settings, windowsTerminal(r, own)...)
	}
	given := append(settingAssignments(r, own, s.Settings), terminalAssignments(r, own, s.Settings)...)
	s.Views, s.Vars = environ(r, own, p, since, s.Settings, given)

	places := installs.For(r.sys.OS, strings.ReplaceAll(r.sys.Home, `\`, "/"), func(n string) string { return own.get(r.st, n) })
	chains := &toolchains{r: r, places: places, byKey: map[string]*facts.Toolchain{}}
	search := newSearcher(r, own, places, chains)
	for _, v := range s.Views {
		search.search(v.Path)
		search.builds(v)
	}
	for _, st := range s.Starts {
		search.search(st.Path)
	}

	var lines []*facts.Assignment
	s.GoEnv, lines = goenvFile(r, own)
	settle(s, lines)
	first, view, found := s.FirstGo()
	var base []*facts.Assignment
	if found {
		base = gorootEnv(r, first.Toolchain)
	}
	s.Vars = slices.Concat(lines, s.Vars)
	settle(s, base)
	s.Vars = slices.Concat(base, s.Vars, given)

	s.Effective = effective(s, own)
	chains.scan(s.Effective["GOMODCACHE"])
	s.Dirs = directories(r, chains, s.Vars, []string{s.Effective["GOPATH"], s.Effective["GOMODCACHE"]})
	for _, dir := range installDirs(s) {
		if s.Dirs[r.st.Key(dir)] == nil {
			s.Dirs[r.st.Key(dir)] = directory(r, chains, dir)
		}
		programs(r, s.Dirs[r.st.Key(dir)])
	}
	s.Toolchains = chains.list()
	s.Places, s.Image = places, p.image
	if !found && len(s.Toolchains) == 0 {
		s.Packages = packageManagers(r, s.Views)
	}

	s.Folders, s.Modules = folders(r, s.Effective["GOWORK"])
	x := explorer{r, s}
	for _, f := range s.Folders {
		for _, v := range s.Views {
			if e := x.explore(v, f.Dir); v == view {
				f.Select = e.Select
			}
		}
	}
	if len(s.Folders) == 0 && r.sys.Home != "" {
		for _, v := range s.Views {
			x.explore(v, r.sys.Home)
		}
	}
	if r.st.Windows {
		s.Windows = windows(r, own, s)
	}
	s.Watch, s.Gaps = r.watch, r.gaps
	return s
}

// inCI reports whether this is a CI job: no editor, and one of the variables that CI services set.
func inCI(sys host.System, own *block) bool {
	if sys.Editor.Name != "" {
		return false
	}
	for _, n := range []string{"CI", "GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD"} {
		if own.get(sys.Style, n) != "" {
			return true
		}
	}
	return false
}

// packageManagers are the programs that could install Go here.
func packageManagers(r *reader, views []*facts.View) (list []string) {
	names := map[string][]string{"windows": {"winget", "scoop", "choco"}, "darwin": {"brew", "port"}}[r.sys.OS]
	if names == nil {
		names = []string{"apt-get", "dnf", "pacman", "apk", "zypper", "snap", "brew"}
	}
	for _, n := range names {
		for _, v := range views {
			if slices.ContainsFunc(v.Path, func(e *facts.PathEntry) bool {
				return e.Folder != nil && e.Folder.IsDir && (r.isFile(r.st.Join(e.Dir, n)) || r.st.Windows && (r.isFile(r.st.Join(e.Dir, n+".exe")) || r.isFile(r.st.Join(e.Dir, n+".cmd"))))
			}) {
				list = append(list, n)
				break
			}
		}
	}
	return list
}

// effective are the directories that the go command uses in the first view, defaults included.
func effective(s *facts.Snapshot, own *block) map[string]string {
	e := map[string]string{}
	if len(s.Views) == 0 {
		return e
	}
	v := s.Views[0]
	for _, n := range []string{"GOPATH", "GOBIN", "GOMODCACHE", "GOCACHE", "GOWORK", "GOTMPDIR"} {
		if a := s.Winner(v, n); a != nil {
			e[n] = a.Value
		} else if x, ok := v.Get(s.System.Style, n); ok {
			e[n] = x.Value
		}
	}
	if e["GOPATH"] == "" {
		e["GOPATH"] = s.DefaultGOPATH(v)
	}
	if e["GOMODCACHE"] == "" {
		if l := s.System.Style.SplitList(e["GOPATH"]); len(l) > 0 && l[0].Dir != "" {
			e["GOMODCACHE"] = s.System.Style.Join(l[0].Dir, "pkg/mod")
		}
	}
	return e
}

// installDirs are the directories that go install writes to, of every view.
func installDirs(s *facts.Snapshot) (list []string) {
	for _, v := range s.Views {
		list = append(list, s.InstallDirs(v)...)
	}
	return list
}
