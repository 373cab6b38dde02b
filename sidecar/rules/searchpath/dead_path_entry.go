package searchpath

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// DeadPathEntry reports an element of PATH that leads to no directory and is Go's.
//
// It is what an uninstalled or moved Go, a removed version of a version manager, or a typing error leaves, and it is the usual
// reason for "go: command not found" after an upgrade. Other dead elements are only reported in the registry of Windows, as hints.
//
// A directory that `go install` makes when it is first used is not dead, nor are ~/bin, ~/.local/bin and ~/.nix-profile/bin. Network
// drives are not looked at.
//
// # Fixes
//
//   - replace: writes the near directory that exists: where Go moved to, the one that differs by one letter, or the manager's current one.
//   - remove-entry: takes the element out.
//
// # Source
//
// Ground truth 2.2; chocolatey-community/chocolatey-packages#10, golang/vscode-go#729.
var DeadPathEntry = &rules.Rule{
	ID: "dead-path-entry", Severity: rules.Warning,
	After: []string{"stray-characters", "malformed-path-entry", "setx-damaged-path"},
	Judge: func(j *rules.Judge) {
		seen := map[string]bool{}
		others := map[host.Loc][]*facts.PathEntry{}
		for _, v := range j.Judged() {
			for i, e := range v.Path {
				if !e.Known || e.Folder == nil || e.Folder.Exists != facts.No || unresolved(j, e) || expected(j, v, e) {
					continue
				}
				if v.Stale && e.Layer == facts.Process {
					continue
				}
				key := e.At.String() + "\x00" + j.System.Style.Key(e.Dir)
				if seen[key] {
					continue
				}
				seen[key] = true
				if !j.Places.GoBin(strings.ReplaceAll(e.Dir, `\`, "/")) {
					if e.At.Kind == host.Registry {
						others[e.At] = append(others[e.At], e)
						if len(others[e.At]) <= most {
							other(j, e, i, others[e.At][len(others[e.At])-1:])
						}
					}
					continue
				}
				f := j.Entry(e, "PATH has %s, which does not exist.", e.Dir)
				f.Order = i
				f.About("tool:go")
				if near, why := nearest(j, e.Dir); near != "" {
					f.Message = "PATH has " + e.Dir + ", which does not exist; " + why + "."
					f.See(host.FileLoc(near, 0), "exists")
					f.Offer(j.Replace("replace", rules.Ask, "Replace "+e.Dir+" by "+near, e, near))
				}
				f.Offer(j.Drop("remove-entry", rules.Ask, "Remove "+e.Dir+" from PATH", e))
			}
		}
	},
}

// most is the number of dead elements of one registry value that are not Go's and are listed; the value is a mess that another rule names.
const most = 20

func other(j *rules.Judge, e *facts.PathEntry, at int, list []*facts.PathEntry) {
	f := j.Entry(e, "Path has %s, which does not exist.", e.Dir).As(rules.Hint)
	f.Order = at
	f.Offer(j.Drop("remove-entry", rules.Ask, "Remove "+e.Dir+" from Path", list...))
}

// unresolved reports whether an element still has a reference in it.
func unresolved(j *rules.Judge, e *facts.PathEntry) bool {
	if j.System.OS == "windows" {
		return strings.Contains(e.Dir, "%") || strings.ContainsAny(e.Dir, "\"")
	}
	return strings.ContainsAny(e.Dir, "$~")
}

// expected reports whether a directory is made when it is first needed.
func expected(j *rules.Judge, v *facts.View, e *facts.PathEntry) bool {
	st := j.System.Style
	for _, x := range j.Views {
		for _, dir := range j.InstallDirs(x) {
			if j.Same(dir, e.Dir) {
				return true
			}
		}
	}
	homes := []string{j.System.Home}
	for _, n := range []string{"HOME", "USERPROFILE"} {
		if x, ok := v.Get(st, n); ok {
			homes = append(homes, x.Value)
		}
	}
	for _, h := range homes {
		for _, d := range []string{"bin", ".local/bin", ".nix-profile/bin", "go/bin"} {
			if h != "" && st.Equal(e.Dir, st.Join(h, d)) {
				return true
			}
		}
	}
	return false
}

// nearest finds the directory that was meant.
func nearest(j *rules.Judge, dir string) (near, why string) {
	st := j.System.Style
	bin := func(t *facts.Toolchain) string {
		if t.Bin != "" {
			return t.Bin
		}
		return st.Join(t.Root, "bin")
	}
	if j.System.OS == "windows" && (st.Equal(dir, `C:\Go\bin`) || st.Equal(dir, `C:\Program Files (x86)\Go\bin`)) {
		for _, t := range j.Toolchains {
			if t.Installer == "MSI" {
				return bin(t), "Go has moved to " + t.Root
			}
		}
	}
	for _, t := range j.Toolchains {
		if b := st.Join(t.Root, "bin"); !t.Cached && oneEdit(st.Key(b), st.Key(dir)) {
			return b, b + " does, and is written almost alike"
		}
	}
	if i, ok := j.Places.Of(strings.ReplaceAll(st.Dir(dir), `\`, "/")); ok && strings.Contains(i.Root, "*") {
		for _, t := range j.Toolchains {
			if t.Installer == i.Name {
				b := bin(t)
				if i.Stable != "" && !i.Manager {
					b = st.Join(i.Stable, "bin")
				}
				return b, i.Name + " has " + t.Version + " in " + t.Root
			}
		}
	}
	return "", ""
}

// oneEdit reports whether a becomes b by one insertion, deletion, replacement or swap of neighbours.
func oneEdit(a, b string) bool {
	if a == b {
		return false
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
