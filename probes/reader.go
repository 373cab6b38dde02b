package probes

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/installs"
)

// A reader reads one machine during one pass. It remembers every text, what could not be read, and what has to be watched.
type reader struct {
	h     *once
	sys   host.System
	st    host.Style
	texts map[host.Loc]*host.Text
	errs  map[string]error // of texts
	gaps  []facts.Gap
	watch []host.Loc
	links map[string]linked

	old   map[string]*file // what the last pass read
	files map[string]*file // what this one did
}

type linked struct {
	name string
	err  error
}

func newReader(h host.Host) *reader {
	sys := h.System()
	return &reader{h: newOnce(h), sys: sys, st: sys.Style, texts: map[host.Loc]*host.Text{}, errs: map[string]error{}, links: map[string]linked{},
		watch: make([]host.Loc, 0, 32), files: map[string]*file{}}
}

// file is what is known of a file that this and the last pass read. Who it is is asked before what it holds: one that is written between
// the two is read again by the next pass.
func (r *reader) file(name string) (*file, error) {
	if f := r.files[name]; f != nil {
		return f, nil
	}
	fi, err := r.h.Stat(name)
	if err != nil {
		return nil, err
	}
	f := r.old[name]
	if !f.is(fi) {
		f = newFile(fi, r.h.Now())
	}
	r.files[name] = f
	return f, nil
}

// text reads a text file. A file that is there and cannot be read leaves a gap.
func (r *reader) text(name string) (*host.Text, error) {
	at := host.FileLoc(name, 0)
	if t := r.texts[at]; t != nil {
		return t, nil
	}
	if err, ok := r.errs[name]; ok {
		return nil, err
	}
	r.watch = append(r.watch, at)
	t, err := r.read(at)
	if err != nil {
		r.errs[name] = err
		if !errors.Is(err, fs.ErrNotExist) {
			r.gap(at, err)
		}
		return nil, err
	}
	r.texts[at] = t
	return t, nil
}

func (r *reader) read(at host.Loc) (*host.Text, error) {
	f, err := r.file(at.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err == nil && f.text != nil:
		return f.text, nil
	}
	b, err2 := r.h.ReadFile(at.Path)
	if err2 != nil {
		return nil, err2
	}
	t := host.DecodeFile(at, b)
	if err != nil {
		t.Info.UID, t.Info.GID = -1, -1
		return t, nil
	}
	t.Info = f.info
	t.Lines() // finds them now: the last report may be looked at while the next one is made
	f.text = t
	return t, nil
}

// program reads the header and the build information of an executable.
func (r *reader) program(name string) (*host.Program, error) {
	f, err := r.file(name)
	if err != nil {
		return nil, err
	}
	if f.program == nil {
		f.program, err = r.h.Program(name)
	}
	return f.program, err
}

// maxParsed is the size in bytes of the largest text of which more than the text is remembered: what is made of it takes many times as much.
const maxParsed = 32 << 10

// parsed makes something of a text, of each kind once.
func (r *reader) parsed(t *host.Text, kind string, parse func() any) any {
	f := r.files[t.At.Path]
	if f == nil || f.text != t || len(t.S) > maxParsed {
		return parse()
	}
	v, ok := f.parsed[kind]
	if !ok {
		v = parse()
		f.parsed[kind] = v
	}
	return v
}

func (r *reader) gap(at host.Loc, err error) {
	r.gaps = append(r.gaps, facts.Gap{At: at, Reason: "%s", Args: []any{err}})
}

// exists says whether a name leads to something; what cannot be looked at is unknown.
func (r *reader) exists(name string) (facts.Tri, host.FileInfo) {
	fi, err := r.h.Stat(name)
	switch {
	case err == nil:
		return facts.Yes, fi
	case errors.Is(err, fs.ErrNotExist):
		return facts.No, fi
	}
	return facts.Unknown, fi
}

func (r *reader) isDir(name string) facts.Tri {
	t, fi := r.exists(name)
	if t == facts.Yes {
		return facts.Of(fi.IsDir())
	}
	return t
}

func (r *reader) isFile(name string) bool {
	t, fi := r.exists(name)
	return t == facts.Yes && !fi.IsDir()
}

// real resolves the links in every component of a name, as filepath.EvalSymlinks does.
func (r *reader) real(name string) (string, error) {
	name = r.st.Clean(name)
	if l, ok := r.links[name]; ok {
		return l.name, l.err
	}
	got, err := r.resolve(name, 0)
	r.links[name] = linked{got, err}
	return got, err
}

func (r *reader) resolve(name string, depth int) (string, error) {
	if depth > 40 {
		return "", &fs.PathError{Op: "resolve", Path: name, Err: fs.ErrNotExist}
	}
	parent := r.st.Dir(name)
	if parent == name {
		return name, nil
	}
	var err error
	dir, ok := r.links[parent]
	if !ok {
		dir.name, dir.err = r.resolve(parent, depth+1)
		r.links[parent] = dir
	}
	if dir.err != nil {
		return "", dir.err
	}
	full := r.st.Join(dir.name, r.st.Base(name))
	fi, err := r.h.Lstat(full)
	if err != nil {
		return "", err
	}
	if !fi.IsLink() {
		return full, nil
	}
	to, err := r.h.Readlink(full)
	if err != nil {
		return "", err
	}
	if !r.st.IsAbs(to) {
		to = r.st.Join(dir.name, to)
	}
	return r.resolve(r.st.Clean(to), depth+1)
}

// glob expands a slash pattern with * for whole or parts of elements to existing names.
func (r *reader) glob(pattern string) []string {
	elems := strings.Split(pattern, "/")
	names := []string{elems[0]}
	if elems[0] == "" {
		names[0] = "/"
	} else if len(elems[0]) == 2 && elems[0][1] == ':' {
		names[0] += "/"
	}
	for _, e := range elems[1:] {
		var next []string
		for _, n := range names {
			if !strings.Contains(e, "*") {
				next = append(next, r.st.Join(n, e))
				continue
			}
			list, err := r.h.ReadDir(r.st.Clean(n))
			if err != nil {
				continue
			}
			for _, d := range list {
				if installs.Glob(fold(r.st, e), fold(r.st, d.Name)) {
					next = append(next, r.st.Join(n, d.Name))
				}
			}
		}
		names = next
	}
	return names
}

func fold(st host.Style, s string) string {
	if st.Fold {
		return strings.ToLower(s)
	}
	return s
}

// maxNames bounds how many names of a directory are kept.
const maxNames = 1000

// names are the files of a directory.
func (r *reader) names(dir string) (list []string) {
	entries, err := r.h.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries[:min(len(entries), maxNames)] {
		if !e.Type.IsDir() {
			list = append(list, e.Name)
		}
	}
	return list
}
