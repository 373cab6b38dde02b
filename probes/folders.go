package probes

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
)

// folders reads the go.work and go.mod that govern each workspace folder, and the modules that a go.work uses.
func folders(r *reader, gowork string) (list []*facts.Folder, mods []*facts.ModFile) {
	seen := map[string]*facts.ModFile{}
	read := func(dir, name string, work bool) *facts.ModFile {
		file := r.st.Join(dir, name)
		if m, ok := seen[file]; ok {
			return m
		}
		var m *facts.ModFile
		if t, err := r.text(file); err == nil {
			kind := "module"
			if work {
				kind = "workspace"
			}
			m = r.parsed(t, kind, func() any { return goenv.ParseMod(t, dir, work) }).(*facts.ModFile)
			mods = append(mods, m)
		}
		seen[file] = m
		return m
	}
	upward := func(dir, name string, work bool) *facts.ModFile {
		for d := r.st.Clean(dir); ; d = r.st.Dir(d) {
			if m := read(d, name, work); m != nil {
				return m
			}
			if r.st.Dir(d) == d {
				return nil
			}
		}
	}
	crowded := map[*facts.ModFile]bool{}
	for _, dir := range r.sys.Workspace {
		f := &facts.Folder{Dir: dir, Mod: upward(dir, "go.mod", false)}
		switch {
		case gowork == "off":
		case gowork != "" && gowork != "auto" && r.st.IsAbs(gowork):
			f.Work = read(r.st.Dir(gowork), r.st.Base(gowork), true)
		default:
			f.Work = upward(dir, "go.work", true)
		}
		used := usedDirs(r, f)
		for _, d := range used[:min(len(used), maxModules)] {
			if m := read(d, "go.mod", false); m != nil {
				f.Modules = append(f.Modules, m)
			}
		}
		if len(used) > maxModules && !crowded[f.Work] {
			crowded[f.Work] = true
			r.gaps = append(r.gaps, facts.Gap{At: f.Work.At, Reason: "uses %d modules, of which %d were read", Args: []any{len(used), maxModules}})
		}
		if f.HasGo = f.Mod != nil && r.st.Under(f.Mod.Dir, dir) || f.Work != nil && r.st.Under(f.Work.Dir, dir); !f.HasGo {
			var below []string
			f.HasGo, below = goFiles(r, dir, 4, max(maxDirs/len(r.sys.Workspace), 10))
			if f.Mod == nil && f.Work == nil {
				for _, d := range below[:min(len(below), maxModules)] {
					if m := read(d, "go.mod", false); m != nil {
						f.Modules = append(f.Modules, m)
					}
				}
			}
		}
		list = append(list, f)
	}
	return list, mods
}

// usedDirs are the directories that a folder's go.work uses, those in the folder first.
func usedDirs(r *reader, f *facts.Folder) []string {
	var in, out []string
	if f.Work != nil {
		for _, d := range f.Work.Directives {
			if d.Verb == "use" && len(d.Args) > 0 && !r.st.IsAbs(d.Args[0]) {
				if dir := r.st.Join(f.Work.Dir, d.Args[0]); r.st.Under(dir, f.Dir) {
					in = append(in, dir)
				} else {
					out = append(out, dir)
				}
			}
		}
	}
	return append(in, out...)
}

// These bound how much of a workspace is looked at: a huge one must not slow a diagnosis.
const (
	maxModules = 100  // go.mod files that are read because a go.work uses them, or because they lie below a folder
	maxDirs    = 128  // directories that are listed, of all folders
	maxEntries = 2000 // names of a directory
)

// goFiles reports whether a folder holds Go files, a few levels deep, and the directories with a go.mod below it, nearest first. It lists
// at most so many directories, and follows no links.
func goFiles(r *reader, dir string, levels, most int) (found bool, mods []string) {
	dirs := []string{dir}
	for looked := 0; levels > 0; levels-- {
		var sub []string
		for _, d := range dirs {
			if looked++; looked > most {
				return found, mods
			}
			list, err := r.h.ReadDir(d)
			if err != nil {
				continue
			}
			for _, e := range list[:min(len(list), maxEntries)] {
				switch {
				case e.Type.IsDir():
					if !strings.HasPrefix(e.Name, ".") && e.Name != "node_modules" && e.Name != "vendor" && e.Name != "testdata" {
						sub = append(sub, r.st.Join(d, e.Name))
					}
				case e.Name == "go.mod":
					found, mods = true, append(mods, d)
				case e.Name == "go.work", strings.HasSuffix(e.Name, ".go"):
					found = true
				}
			}
		}
		dirs = sub
	}
	return found, mods
}
