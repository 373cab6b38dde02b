package probes

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// once is a machine that is asked everything at most once during a pass, and nothing that follows from what it said: below a name
// that is not there is nothing, and what is no link is the same whether links are followed or not. So all of a pass sees one state of
// each file, even while another program changes it.
type once struct {
	host.Host
	st            host.Style
	stats, lstats seen[*host.FileInfo] // nil with an error: most names are not there
	links         seen[string]
	files         seen[[]byte]
	dirs          seen[[]host.DirEntry]
	programs      seen[*host.Program]
	keys          seen[*host.Key]
	views         map[string][]string
	names         map[string]string // of files that were opened, by FileInfo.ID
	cut           bool              // something was not read because nobody waits for this pass any more
}

// seen is what was answered for each name.
type seen[T any] map[string]answer[T]

type answer[T any] struct {
	v   T
	err error
}

func newOnce(h host.Host) *once {
	return &once{Host: h, st: h.System().Style, stats: seen[*host.FileInfo]{}, lstats: seen[*host.FileInfo]{}, links: seen[string]{},
		files: seen[[]byte]{}, dirs: seen[[]host.DirEntry]{}, programs: seen[*host.Program]{}, keys: seen[*host.Key]{}, views: map[string][]string{}, names: map[string]string{}}
}

// key is a name as answers are kept. A separator at its end asks for what a link leads to; nobody asks that of what is no directory.
func (o *once) key(name string) string {
	if o.st.Fold {
		return o.st.Key(name)
	}
	for len(name) > 1 && name[len(name)-1] == '/' {
		name = name[:len(name)-1]
	}
	return name
}

// get answers a question about a name, by what is known or by f.
func get[T any](o *once, s seen[T], op, name string, f func(string) (T, error)) (T, error) {
	k := o.key(name)
	a, ok := s[k]
	if !ok {
		if o.nowhere(k) {
			a.err = &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		} else {
			a.v, a.err = f(name)
			o.cut = o.cut || a.err != nil && errors.Is(a.err, context.Canceled)
		}
		s[k] = a
	}
	return a.v, a.err
}

// nowhere reports whether a name, or its directory, is known not to be there.
func (o *once) nowhere(key string) bool {
	if a, ok := o.lstats[key]; ok && errors.Is(a.err, fs.ErrNotExist) {
		return true
	}
	i := strings.LastIndexByte(key, '/')
	if i <= 0 {
		return false
	}
	a, ok := o.stats[key[:i]]
	return ok && errors.Is(a.err, fs.ErrNotExist)
}

// first is the first name of a file that was asked for: a directory on its way may be a link.
func (o *once) first(name string) string {
	fi, err := o.Stat(name)
	if err != nil || fi.ID == "" {
		return name
	}
	if _, ok := o.names[fi.ID]; !ok {
		o.names[fi.ID] = name
	}
	return o.names[fi.ID]
}

func (o *once) Stat(name string) (host.FileInfo, error) {
	if a, ok := o.lstats[o.key(name)]; ok && a.err == nil && !a.v.IsLink() && a.v.Reparse == 0 {
		return *a.v, nil
	}
	return value(get(o, o.stats, "stat", name, pointer(o.Host.Stat)))
}

func (o *once) Lstat(name string) (host.FileInfo, error) {
	return value(get(o, o.lstats, "lstat", name, pointer(o.Host.Lstat)))
}

func pointer(f func(string) (host.FileInfo, error)) func(string) (*host.FileInfo, error) {
	return func(name string) (*host.FileInfo, error) {
		fi, err := f(name)
		if err != nil {
			return nil, err
		}
		return &fi, nil
	}
}

func value(fi *host.FileInfo, err error) (host.FileInfo, error) {
	if err != nil {
		return host.FileInfo{}, err
	}
	return *fi, nil
}

func (o *once) Readlink(name string) (string, error) {
	return get(o, o.links, "readlink", name, o.Host.Readlink)
}
func (o *once) ReadFile(name string) ([]byte, error) {
	return get(o, o.files, "open", o.first(name), o.Host.ReadFile)
}
func (o *once) ReadDir(name string) ([]host.DirEntry, error) {
	return get(o, o.dirs, "open", name, o.Host.ReadDir)
}
func (o *once) Program(name string) (*host.Program, error) {
	return get(o, o.programs, "open", o.first(name), o.Host.Program)
}
func (o *once) ReadKey(name string) (*host.Key, error) {
	return get(o, o.keys, "open", name, o.Host.ReadKey)
}

func (o *once) View(name string) []string {
	v, ok := o.views[name]
	if !ok {
		v = o.Host.View(name)
		o.views[name] = v
	}
	return v
}
