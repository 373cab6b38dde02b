package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// ErrInjected is what a Swap returns that FailSwap chose.
var ErrInjected = errors.New("this swap was made to fail")

var (
	errLinkDelete = errors.New("is a link; neither the link nor its target is removed")
	errDangling   = errors.New("is a link to a file that does not exist")
)

// FailSwap makes the k-th Swap from now fail without any change; 1 is the next one, 0 none. Swaps in guests count.
func (m *Machine) FailSwap(k int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.swaps = k
}

// injected counts a Swap and reports whether it is the one to fail.
func (m *Machine) injected() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.swaps > 0 {
		m.swaps--
		return m.swaps == 0
	}
	return false
}

// Swap makes an edit as this user: what the user may not write fails with fs.ErrPermission.
func (m *Machine) Swap(e host.Edit) error {
	top := m
	if m.up != nil {
		top = m.up
	}
	if top.injected() {
		return fmt.Errorf("writing %s: %w", e.At, ErrInjected)
	}
	if err := m.swap(e, true, true); err != nil {
		return fmt.Errorf("writing %s: %w", e.At, err)
	}
	return nil
}

// Write changes a file as another program would: without regard to rights and to what it holds. nil removes it.
func (m *Machine) Write(name string, data []byte) error {
	e := host.Edit{At: host.FileLoc(name, 0)}
	if data != nil {
		e.New = &host.Value{Data: data}
	}
	return m.swap(e, false, false)
}

// WriteKey changes a registry value as another program would. nil removes it.
func (m *Machine) WriteKey(key, name string, v *host.Value) error {
	return m.swap(host.Edit{At: host.RegLoc(key, name), New: v}, false, false)
}

// swap makes an edit; compare asks for the old value, rights for the user's rights.
func (m *Machine) swap(e host.Edit, compare, rights bool) error {
	if g := e.At.Guest; g != "" && !strings.EqualFold(g, m.guest) {
		guest := m.find(g)
		if guest == nil {
			return fs.ErrNotExist
		}
		e.At.Guest = ""
		return guest.swap(e, compare, rights)
	}
	at := e.At
	var real string
	var err error
	m.mu.Lock()
	switch at.Kind {
	case host.File:
		real, err = m.swapFile(at.Path, e, compare, rights)
	case host.Registry:
		err = m.swapValue(e, compare, rights)
	default:
		err = errors.New("only a file or a registry value can be written")
	}
	m.environ = nil
	m.mu.Unlock()
	if err == nil {
		at.Guest = ""
		m.notify(at.Whole(), real)
	}
	return err
}

func same(a, b *host.Value) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Type == b.Type && bytes.Equal(a.Data, b.Data))
}

func (m *Machine) swapFile(name string, e host.Edit, compare, rights bool) (real string, err error) {
	st := m.sys.Style
	if !st.IsAbs(name) {
		return "", fs.ErrInvalid
	}
	if root, _, ok := m.volume(name); !ok || m.volumes[m.fold(root)] == nil {
		return "", notExist("no such drive")
	}
	n, real, err := m.walk(name, true, rights)
	if link, _, lerr := m.walk(name, false, rights); rights && lerr == nil && link.link != "" {
		// As on a real machine: what could not be undone is not done.
		switch {
		case err == nil && e.New == nil && e.Old != nil:
			return "", errLinkDelete
		case errors.Is(err, fs.ErrNotExist) && e.Old != nil:
			return "", host.ErrConflict
		case errors.Is(err, fs.ErrNotExist):
			return "", errDangling
		}
	}
	switch {
	case err == nil && !n.regular():
		return "", host.ErrNotRegular
	case err == nil && (n.length() > host.MaxText || len(n.data) > host.MaxText):
		return "", host.ErrTooLarge
	case err == nil && rights && !m.may(n, func() string { return real }, read):
		return "", fs.ErrPermission
	case err != nil && real == "": // a cycle, a file in the middle, a closed directory
		if compare && e.Old != nil && errors.Is(err, fs.ErrNotExist) {
			return "", host.ErrConflict
		}
		return "", err
	}
	if e.New != nil && len(e.New.Data) > host.MaxText {
		return "", host.ErrTooLarge
	}
	if compare {
		if (e.Old == nil) != (n == nil) || n != nil && !bytes.Equal(e.Old.Data, n.data) {
			return "", host.ErrConflict
		}
	}
	if n == nil && e.New == nil {
		return real, nil
	}
	if rights && !m.mayWrite(n, real) {
		return "", fs.ErrPermission
	}
	if e.New == nil {
		m.remove(real)
		return real, nil
	}
	if n == nil {
		var made []*node
		d, _, err := m.walk(st.Dir(real), false, false)
		if err != nil {
			// The missing directories carry the mark by which they go with the file.
			before := m.nodes
			if d, err = m.mkdir(st.Dir(real)); err != nil {
				return "", notExist(err.Error())
			}
			made = m.newer(real, before)
		}
		if !d.dir {
			return "", notExist("not a directory")
		}
		n = &node{name: st.Base(real), mode: 0o644, size: -1, uid: -1, gid: -1}
		for _, x := range append(made, n) {
			m.own(x)
			x.mtime, x.made = m.now, x.dir
		}
		m.stamp(n)
		d.add(m.fold(n.name), n)
	}
	n.data = append([]byte{}, e.New.Data...)
	n.mtime = m.now
	return real, nil
}

// own gives a new file to the user.
func (m *Machine) own(n *node) {
	n.owner = m.sys.User
	if !m.sys.Style.Windows {
		n.uid, n.gid = m.sys.UID, m.sys.UID
		if len(m.sys.GIDs) > 0 {
			n.gid = m.sys.GIDs[0]
		}
		if n.group = m.accounts().group(n.gid); n.group == "" {
			n.group = n.owner
		}
	}
}

// parents returns the directories above a real path, the root first.
func (m *Machine) parents(real string) []*node {
	root, parts, _ := m.volume(real)
	cur := m.volumes[m.fold(root)]
	var list []*node
	for _, p := range parts {
		if cur == nil || !cur.dir {
			break
		}
		list = append(list, cur)
		cur = cur.kids[m.fold(p)]
	}
	return list
}

func (m *Machine) newer(real string, id int) (list []*node) {
	for _, d := range m.parents(real) {
		if d.id > id {
			list = append(list, d)
		}
	}
	return list
}

// mayWrite reports whether this user may replace the file at a real path, n, or make it if n is nil. A file is replaced by another
// one in its directory, so the directory must be writable too, and a sticky one only lets owners do it.
func (m *Machine) mayWrite(n *node, real string) bool {
	if m.readOnly(real) {
		return false
	}
	dirs := m.parents(real)
	if len(dirs) == 0 {
		return false
	}
	d := dirs[len(dirs)-1]
	path := func() string { return real }
	if n != nil && !m.may(n, path, write) || !m.may(d, path, write) {
		return false
	}
	s := &m.sys
	sticky := d.mode&fs.ModeSticky != 0 && n != nil && !s.Style.Windows
	return !sticky || s.UID == 0 || s.UID == n.uid || s.UID == d.uid
}

// remove takes a file away, and the directories that a Swap made for it if they are empty again.
func (m *Machine) remove(real string) {
	st := m.sys.Style
	for name := real; ; name = st.Dir(name) {
		dirs := m.parents(name)
		d := dirs[len(dirs)-1]
		delete(d.kids, m.fold(st.Base(name)))
		if !d.made || len(d.kids) > 0 {
			return
		}
	}
}

func (m *Machine) swapValue(e host.Edit, compare, rights bool) error {
	path, name := strings.TrimSuffix(e.At.Path, `\`), e.At.Name
	hive, rest, _ := strings.Cut(path, `\`)
	known := slices.ContainsFunc(hives, func(h [2]string) bool { return strings.EqualFold(h[1], hive) })
	if !m.sys.Style.Windows || !known || rest == "" {
		return fs.ErrNotExist
	}
	k := m.keys.find(path)
	i := -1
	var old *host.Value
	if k != nil {
		if rights && !m.mayKey(k.path, k.sddl, read) {
			return fs.ErrPermission
		}
		if i = k.value(name); i >= 0 {
			old = &k.values[i].Value
		}
	}
	if compare && !same(old, e.Old) {
		return host.ErrConflict
	}
	if old == nil && e.New == nil {
		return nil
	}
	if e.New != nil && len(e.New.Data) > host.MaxText {
		return host.ErrTooLarge
	}
	if rights {
		sddl := ""
		if k != nil {
			sddl = k.sddl
		}
		if !m.mayKey(path, sddl, write) {
			return fs.ErrPermission
		}
	}
	if e.New == nil {
		k.values = slices.Delete(slices.Clone(k.values), i, i+1)
		k.written = m.now
		for k.made && len(k.values) == 0 && len(k.subs) == 0 {
			up, gone := "", k
			if i := strings.LastIndexByte(k.path, '\\'); i >= 0 { // else a hive without another key
				up = k.path[:i]
			}
			k = m.keys.find(up)
			k.subs = slices.DeleteFunc(k.subs, func(s *key) bool { return s == gone })
		}
		return nil
	}
	if k == nil {
		k = m.keys.make(path, key{made: true, written: m.now})
	}
	v := host.Value{Type: e.New.Type, Data: append([]byte{}, e.New.Data...)}
	if i >= 0 {
		k.values[i].Value = v
	} else {
		k.values = append(k.values, host.NamedValue{Name: name, Value: v})
	}
	k.written = m.now
	return nil
}

// Announce counts: see Announced.
func (m *Machine) Announce() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.announced++
	return nil
}

// Announced is how often Announce was called.
func (m *Machine) Announced() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.announced
}

// A watcher keeps the places that changed until its reader takes them.
type watcher struct {
	at []host.Loc

	mu      sync.Mutex
	pending []host.Loc
	wake    chan struct{} // 1
}

// Watch reports those of the given places that a Swap, Write or WriteKey changes. A directory, or a key without a name, stands
// for all that is in it.
func (m *Machine) Watch(ctx context.Context, at []host.Loc) (<-chan host.Loc, error) {
	w := &watcher{at: slices.Clone(at), wake: make(chan struct{}, 1)}
	m.watchMu.Lock()
	if m.watchers == nil {
		m.watchers = map[*watcher]struct{}{}
	}
	m.watchers[w] = struct{}{}
	m.watchMu.Unlock()
	out := make(chan host.Loc)
	go func() {
		defer close(out)
		defer func() {
			m.watchMu.Lock()
			delete(m.watchers, w)
			m.watchMu.Unlock()
		}()
		for {
			w.mu.Lock()
			var l host.Loc
			ok := len(w.pending) > 0
			if ok {
				l, w.pending = w.pending[0], w.pending[1:]
			}
			w.mu.Unlock()
			if !ok {
				select {
				case <-w.wake:
				case <-ctx.Done():
					return
				}
				continue
			}
			select {
			case out <- l:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// notify tells the watchers of a machine, and of the host that it is a guest of, that a place changed.
func (m *Machine) notify(changed host.Loc, real string) {
	m.watchMu.Lock()
	var list []*watcher
	for w := range m.watchers {
		list = append(list, w)
	}
	m.watchMu.Unlock()
	for _, w := range list {
		w.mu.Lock()
		for _, l := range w.at {
			if m.touches(l, changed, real) && !slices.Contains(w.pending, l) {
				w.pending = append(w.pending, l)
			}
		}
		w.mu.Unlock()
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
	if m.up != nil {
		changed.Guest = m.guest
		m.up.notify(changed, real)
	}
}

// touches reports whether a change of a place is one of the watched place.
func (m *Machine) touches(watched, changed host.Loc, real string) bool {
	if !strings.EqualFold(watched.Guest, changed.Guest) && (watched.Guest == "" || !strings.EqualFold(watched.Guest, m.guest)) {
		return false
	}
	in := m
	if changed.Guest != "" {
		if in = m.find(changed.Guest); in == nil {
			return false
		}
	}
	st := in.sys.Style
	switch watched.Kind {
	case host.Setting:
		scope := watched.Path
		name := in.sys.SettingsFile(scope)
		if (scope == "workspace" || scope == "folder") && len(in.sys.Workspace) > 0 {
			name = st.Join(in.sys.Workspace[0], ".vscode/settings.json")
		}
		return changed.Kind == host.File && st.Equal(name, changed.Path)
	case host.File:
		if changed.Kind != host.File {
			return false
		}
		in.mu.RLock()
		_, to, _ := in.walk(watched.Path, true, false)
		in.mu.RUnlock()
		return st.Under(changed.Path, watched.Path) || to != "" && st.Under(real, to)
	case host.Registry:
		if changed.Kind != host.Registry {
			return false
		}
		w, c := strings.ToUpper(watched.Path), strings.ToUpper(changed.Path)
		if watched.Name != "" {
			return w == c && strings.EqualFold(watched.Name, changed.Name)
		}
		return w == c || strings.HasPrefix(c, w+`\`)
	}
	return false
}
