package searchpath

import (
	"slices"
	"strings"
	"unicode"

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
		type key struct {
			at  host.Loc
			dir string
		}
		var order []key
		dead := map[key][]*facts.PathEntry{}
		first := map[key]int{}
		for _, v := range j.Views {
			made := expected(j, v)
			for i, e := range v.Path {
				if !e.Known || e.Folder == nil || e.Folder.Exists != facts.No || v.Stale && e.Layer == facts.Process || unresolved(j, e) {
					continue
				}
				k := key{e.At, j.System.Style.Key(e.Dir)}
				if made[k.dir] {
					continue
				}
				list := dead[k]
				if list == nil {
					order = append(order, k)
					first[k] = i
				}
				if !slices.ContainsFunc(list, func(x *facts.PathEntry) bool { return x.Start == e.Start }) {
					dead[k] = append(list, e)
				}
			}
		}
		others := map[host.Loc]int{}
		for _, k := range order {
			list := dead[k]
			e := list[0]
			var f *rules.Finding
			switch {
			case j.Places.GoBin(strings.ReplaceAll(e.Dir, `\`, "/")) || alike(j, e.Dir) != "":
				if near, why := nearest(j, e.Dir); near != "" {
					f = j.Entry(e, "PATH has %s, which does not exist; %s.", e.Dir, why).About("tool:go").See(host.FileLoc(near, 0), "exists")
					f.Offer(j.Replace("replace", rules.Ask, j.T("Replace %s by %s in %s", e.Dir, near, j.Source(e)), near, list...))
				} else {
					f = j.Entry(e, "PATH has %s, which does not exist.", e.Dir).About("tool:go")
				}
			case e.At.Kind == host.Registry && !windowsOwn(j, e.Dir) && others[e.At] < most:
				others[e.At]++
				f = j.Entry(e, "Path has %s, which does not exist.", e.Dir).As(rules.Hint)
			default:
				continue
			}
			f.Order = first[k]
			f.Offer(j.Drop("remove-entry", rules.Ask, j.RemoveTitle(e), list...))
		}
	},
}

// most is the number of dead elements of one registry value that are not Go's and are listed; the value is a mess that another rule names.
const most = 20

// windowsOwn reports whether Windows itself puts a directory on Path: it is never taken out.
func windowsOwn(j *rules.Judge, dir string) bool {
	root := `C:\Windows`
	if v := j.View("login"); v != nil {
		if x, ok := v.Get(j.System.Style, "SystemRoot"); ok {
			root = x.Value
		}
	}
	return j.System.Style.Under(dir, root) || strings.EqualFold(j.System.Style.Base(dir), "WindowsApps")
}

// unresolved reports whether an element still has a reference in it, or characters that do not belong there: other rules name those.
func unresolved(j *rules.Judge, e *facts.PathEntry) bool {
	if strings.TrimSpace(e.Dir) != e.Dir || strings.ContainsFunc(e.Dir, unicode.IsControl) {
		return true
	}
	if j.System.OS == "windows" {
		return strings.Contains(e.Dir, "%") || strings.ContainsAny(e.Dir, "\"")
	}
	return strings.ContainsAny(e.Dir, "$~")
}

// expected are the directories, by key, that are made when they are first needed.
func expected(j *rules.Judge, v *facts.View) map[string]bool {
	st := j.System.Style
	made := map[string]bool{}
	for _, x := range j.Views {
		for _, dir := range append(j.InstallDirs(x), j.GOPATHBins(x)...) {
			made[st.Key(dir)], made[st.Key(j.Real(dir))] = true, true
		}
	}
	homes := []string{j.System.Home, j.System.Account}
	for _, n := range []string{"HOME", "USERPROFILE"} {
		if x, ok := v.Get(st, n); ok {
			homes = append(homes, x.Value)
		}
	}
	for _, h := range homes {
		for _, d := range []string{"bin", ".local/bin", ".nix-profile/bin", "go/bin"} {
			if h != "" {
				made[st.Key(st.Join(h, d))] = true
			}
		}
	}
	return made
}

// nearest finds the directory that was meant: where Go moved to, one that is written almost alike, or the one of the same installer that
// is there now.
func nearest(j *rules.Judge, dir string) (near, why string) {
	st := j.System.Style
	if j.System.OS == "windows" && (st.Equal(dir, `C:\Go\bin`) || st.Equal(dir, `C:\Program Files (x86)\Go\bin`)) {
		for _, t := range j.Toolchains {
			if t.Installer == "MSI" {
				return j.BinDir(t), j.T("Go has moved to %s", t.Root)
			}
		}
	}
	in, known := j.Places.Entry(strings.ReplaceAll(dir, `\`, "/"))
	if !known || !strings.Contains(in.Root, "*") {
		if b := alike(j, dir); b != "" {
			return b, j.T("%s does, and is written almost alike", b)
		}
		return "", ""
	}
	for _, t := range j.Toolchains {
		if t.Installer != in.Name || t.Manager && t.Bin == "" && in.Bin != "" {
			continue
		}
		b := j.BinDir(t)
		if !t.Manager { // not a directory of all programs: the entry was meant for this installer's Go
			if b = st.Join(t.Root, "bin"); t.Stable != "" {
				b = st.Join(t.Stable, "bin")
			}
		}
		return b, j.T("%s has Go %s in %s", in.Name, strings.TrimPrefix(t.Version, "go"), t.Root)
	}
	return "", ""
}

// alike is the directory of a Go, or one that go install writes to, whose name differs by one edit.
func alike(j *rules.Judge, dir string) string {
	st := j.System.Style
	for _, t := range j.Toolchains {
		if b := st.Join(t.Root, "bin"); !t.Cached && oneEdit(st.Key(b), st.Key(dir)) {
			return b
		}
	}
	for _, v := range j.Views {
		for _, d := range j.InstallDirs(v) {
			if j.Dir(d).IsDir && oneEdit(st.Key(d), st.Key(dir)) {
				return d
			}
		}
	}
	return ""
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
