package probes

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
)

// dirVariables hold one directory; GOPATH holds a list.
var dirVariables = map[string]bool{"GOROOT": true, "GOBIN": true, "GOCACHE": true, "GOMODCACHE": true, "GOTMPDIR": true, "GOPATH": true}

// directories looks at every directory that a variable names, and at more.
func directories(r *reader, chains *toolchains, vars []*facts.Assignment, more []string) map[string]*facts.Dir {
	dirs := map[string]*facts.Dir{}
	look := func(name string) {
		if name == "" || !r.st.IsAbs(name) {
			if name != "" {
				// a relative name leads nowhere that is the same in every directory
				dirs[r.st.Key(name)] = &facts.Dir{Name: name, Exists: facts.No}
			}
			return
		}
		key := r.st.Key(name)
		if dirs[key] == nil {
			dirs[key] = directory(r, chains, r.st.Clean(name))
		}
	}
	for _, a := range vars {
		n := r.st.NameKey(a.Name)
		if n == "GOPROXY" && a.Known && strings.Contains(a.Value, "file:") {
			for e := range strings.FieldsFuncSeq(a.Value, func(c rune) bool { return c == ',' || c == '|' }) {
				look(goenv.ProxyDir(r.st, e))
			}
		}
		if !dirVariables[n] || !a.Known {
			continue
		}
		if n != "GOPATH" {
			look(a.Value)
			continue
		}
		for _, e := range r.st.SplitList(a.Value) {
			look(e.Dir)
			if e.Dir != "" {
				look(r.st.Join(e.Dir, "bin"))
			}
		}
	}
	for _, name := range more {
		look(name)
	}
	return dirs
}

// programs fills in the executables of an install directory.
func programs(r *reader, d *facts.Dir) {
	if !d.IsDir || d.Programs != nil {
		return
	}
	for _, n := range r.names(d.Name) {
		if r.st.Windows {
			if low := fold(r.st, n); strings.HasSuffix(low, ".exe") {
				d.Programs = append(d.Programs, n)
			}
		} else if fi, err := r.h.Stat(r.st.Join(d.Name, n)); err == nil && fi.IsRegular() && fi.Mode&0111 != 0 {
			d.Programs = append(d.Programs, n)
		}
	}
}

// directory says what one name leads to: a toolchain, a part of one, or something else.
func directory(r *reader, chains *toolchains, name string) *facts.Dir {
	d := &facts.Dir{Name: name}
	if r.st.IsRemote(name) {
		return d
	}
	t, fi := r.exists(name)
	d.Exists, d.Info = t, fi
	if t != facts.Yes {
		return d
	}
	d.IsDir, d.IsFile = fi.IsDir(), !fi.IsDir()
	if real, err := r.real(name); err == nil {
		d.Real = real
	}
	if d.IsFile {
		return d
	}
	d.PkgTool = r.isDir(r.st.Join(name, "pkg/tool"))
	if tc := chains.at(name); tc != nil {
		d.Version = tc.Version
		return d
	}
	d.Src = r.isDir(r.st.Join(name, "src")) == facts.Yes
	if fold(r.st, r.st.Base(name)) == "bin" {
		if up := r.st.Dir(name); chains.at(up) != nil {
			d.BinOf = up
		}
	}
	for _, child := range []string{"go", "libexec", "current"} {
		if chains.at(r.st.Join(name, child)) != nil {
			d.Child = child
			break
		}
	}
	return d
}
