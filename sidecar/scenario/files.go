package scenario

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A node is a file, a directory or a link.
type node struct {
	name string // as written
	kids map[string]*node
	dir  bool
	link string
	// data is the content; it is never changed in place. A file of more than MaxText zero bytes has none. orig is what the
	// scenario gave: as long as the two are equal, size is what stat reports and prog what the executable says.
	data, orig []byte
	size       int64 // -1: len(data)
	prog       *host.Program

	mode         fs.FileMode // permission bits, setuid, setgid, sticky
	uid, gid     int
	owner, group string
	sddl         string
	reparse      uint32
	mtime        time.Time
	id           int
	has          attrs
	tree         bool // made by a toolchains line
	made         bool // directory made by a Swap
}

// attrs says which attributes an entry gives.
type attrs uint8

const (
	hasMode attrs = 1 << iota
	hasOwner
	hasGroup
	hasUID
	hasGID
)

func (n *node) clone() *node {
	c := *n
	if n.kids != nil {
		c.kids = make(map[string]*node, len(n.kids))
		for k, x := range n.kids {
			c.kids[k] = x.clone()
		}
	}
	return &c
}

func (n *node) add(key string, kid *node) {
	if n.kids == nil {
		n.kids = map[string]*node{}
	}
	n.kids[key] = kid
}

func (n *node) regular() bool { return !n.dir && n.link == "" && n.irregular() == 0 }

// irregular is what Go makes of a reparse tag that is no link: of a deduplicated or a cloud file nothing.
func (n *node) irregular() fs.FileMode {
	if n.dir || n.link != "" || n.reparse == 0 || n.reparse == 0x80000013 || n.reparse&0xFFFF0FFF == 0x9000001A {
		return 0
	}
	return fs.ModeIrregular
}

func (n *node) typ() fs.FileMode {
	switch {
	case n.dir:
		return fs.ModeDir
	case n.link != "":
		return fs.ModeSymlink
	}
	return n.irregular()
}

func (n *node) length() int64 {
	switch {
	case n.dir:
		return 0
	case n.link != "":
		return int64(len(n.link))
	case n.size >= 0 && bytes.Equal(n.data, n.orig):
		return n.size
	}
	return int64(len(n.data))
}

// zeros is what a file with size=N and no text holds.
var zeros = sync.OnceValue(func() []byte { return make([]byte, host.MaxText) })

func (m *Machine) stamp(n *node) {
	m.nodes++
	n.id = m.nodes
	if len(n.data) == 0 && n.size > 0 && n.size <= host.MaxText {
		n.data = zeros()[:n.size:n.size]
	}
	n.orig = n.data
}

func (m *Machine) fold(name string) string {
	if m.sys.Style.Fold {
		return strings.ToLower(name)
	}
	return name
}

// notExist is an absence that is worth a reason.
type notExist string

func (e notExist) Error() string        { return string(e) }
func (e notExist) Is(target error) bool { return target == fs.ErrNotExist }

const maxLinks = 40

// volume splits a name into its root and components; the root of \\?\C:\dir is C:.
func (m *Machine) volume(name string) (root string, parts []string, ok bool) {
	st := m.sys.Style
	if !st.IsAbs(name) {
		return "", nil, false
	}
	if !st.Windows {
		return "/", strings.Split(name[1:], "/"), true
	}
	n := strings.ReplaceAll(st.Clean(name), `\`, "/")
	n = strings.TrimPrefix(strings.TrimPrefix(n, "//?/"), "//./")
	if rest, unc := strings.CutPrefix(n, "//"); unc {
		parts = strings.SplitN(rest, "/", 3)
		if len(parts) < 2 {
			return "", nil, false
		}
		root = "//" + parts[0] + "/" + parts[1]
		return root, strings.Split(strings.Join(parts[2:], ""), "/"), true
	}
	if len(n) < 2 || n[1] != ':' {
		return "", nil, false
	}
	return n[:2], strings.Split(strings.TrimPrefix(n[2:], "/"), "/"), true
}

// walk finds a name, with links resolved in every component but, without follow, the last. check asks for the right to pass
// through each directory. Where a component is missing, real is the path that the name would have.
func (m *Machine) walk(name string, follow, check bool) (n *node, real string, err error) {
	root, parts, ok := m.volume(name)
	if !ok {
		return nil, "", notExist("not an absolute path")
	}
	todo := slices.Clone(parts)
	slices.Reverse(todo)
	stack := []*node{m.volumes[m.fold(root)]}
	at := func() string {
		var b strings.Builder
		if root != "/" {
			b.WriteString(root)
		}
		for _, x := range stack[1:] {
			b.WriteByte('/')
			b.WriteString(x.name)
		}
		if len(stack) == 1 {
			b.WriteByte('/')
		}
		if m.sys.Style.Windows {
			return strings.ReplaceAll(b.String(), "/", `\`)
		}
		return b.String()
	}
	missing := func() (*node, string, error) {
		slices.Reverse(todo)
		return nil, m.sys.Style.Join(append([]string{at()}, todo...)...), fs.ErrNotExist
	}
	if stack[0] == nil {
		return missing()
	}
	for links := 0; len(todo) > 0; {
		c := todo[len(todo)-1]
		cur := stack[len(stack)-1]
		switch {
		case c == "" || c == ".":
			todo = todo[:len(todo)-1]
			continue
		case c == "..":
			todo = todo[:len(todo)-1]
			stack = stack[:max(1, len(stack)-1)]
			continue
		case !cur.dir:
			return nil, "", notExist("not a directory")
		case check && !m.may(cur, at, search):
			return nil, "", fs.ErrPermission
		}
		next := cur.kids[m.fold(c)]
		if next == nil {
			return missing()
		}
		todo = todo[:len(todo)-1]
		if next.link == "" || !follow && len(strings.Join(todo, "")) == 0 {
			stack = append(stack, next)
			continue
		}
		if links++; links > maxLinks {
			return nil, "", notExist("too many levels of symbolic links")
		}
		target := next.link
		if m.sys.Style.Windows {
			target = strings.ReplaceAll(target, `\`, "/")
		}
		more := strings.Split(target, "/")
		if m.sys.Style.IsAbs(target) {
			if root, more, ok = m.volume(target); !ok {
				return nil, "", notExist("not an absolute path")
			}
			stack = []*node{m.volumes[m.fold(root)]}
		}
		more = slices.Clone(more)
		slices.Reverse(more)
		todo = append(todo, more...)
		if stack[0] == nil {
			return missing()
		}
	}
	return stack[len(stack)-1], at(), nil
}

// mkdir makes a directory and its parents; links on the way are followed.
func (m *Machine) mkdir(name string) (*node, error) {
	n, real, err := m.walk(name, true, false)
	if err == nil {
		if !n.dir {
			return nil, fmt.Errorf("%s is a directory in one entry and none in another", name)
		}
		return n, nil
	}
	if real == "" {
		return nil, err
	}
	root, parts, ok := m.volume(real)
	if !ok {
		return nil, err
	}
	cur := m.volumes[m.fold(root)]
	if cur == nil {
		cur = m.newDir(root)
		m.volumes[m.fold(root)] = cur
	}
	for _, c := range parts {
		if c == "" {
			continue
		}
		next := cur.kids[m.fold(c)]
		if next == nil {
			next = m.newDir(c)
			cur.add(m.fold(c), next)
		}
		if !next.dir {
			return nil, fmt.Errorf("%s is no directory in another entry", next.name)
		}
		cur = next
	}
	return cur, nil
}

func (m *Machine) newDir(name string) *node {
	n := &node{name: name, dir: true, mode: 0o755, size: -1, uid: -1, gid: -1}
	m.stamp(n)
	return n
}

// A place is what a directory hands down: whether it is the user's, and the owner that its mount gives.
type place struct {
	mine       bool
	mount, gid int // -1 none
}

// settle fills in what entries leave out: owners, groups, modes below a drvfs mount, times.
func (m *Machine) settle(n *node, owned map[*node]bool, mounts map[*node]host.Mount, ids accounts, in place, then time.Time) {
	if owned[n] {
		in.mine = true
	}
	if mt, ok := mounts[n]; ok {
		in.mount, in.gid = mountOwner(mt)
	}
	if m.sys.Style.Windows {
		n.uid, n.gid = -1, -1
		if n.owner == "" && in.mine {
			n.owner = m.sys.User
		}
	} else {
		inherit := n.has&(hasUID|hasOwner) == 0
		switch {
		case n.has&hasUID != 0:
		case n.has&hasOwner != 0:
			n.uid = ids.uid(n.owner)
		case in.mount >= 0:
			n.uid = in.mount
		case in.mine:
			n.uid = m.sys.UID
		default:
			n.uid = 0
		}
		if n.owner == "" {
			n.owner = ids.user(n.uid)
		}
		switch {
		case n.has&hasGID != 0:
		case n.has&hasGroup != 0:
			n.gid = ids.gid(n.group)
		case inherit && in.mount >= 0 && in.gid >= 0:
			n.gid = in.gid
		default:
			n.gid = n.uid
		}
		if n.group == "" {
			n.group = ids.group(n.gid)
		}
		if in.mount >= 0 && n.has&hasMode == 0 && n.link == "" {
			n.mode = 0o777
		}
	}
	if n.mtime.IsZero() {
		n.mtime = then
	}
	for _, k := range n.kids {
		m.settle(k, owned, mounts, ids, in, then)
	}
}

// mountOwner is the owner that a mount of Windows files gives; -1 for every other mount.
func mountOwner(mt host.Mount) (uid, gid int) {
	uid, gid = -1, -1
	if mt.Type != "9p" && mt.Type != "drvfs" {
		return
	}
	for _, o := range mt.Options { // WSL2 hands them through in aname=drvfs;path=C:\;uid=1000;gid=1000
		for x := range strings.SplitSeq(o, ";") {
			if v, ok := strings.CutPrefix(x, "uid="); ok {
				uid = number(v)
			}
			if v, ok := strings.CutPrefix(x, "gid="); ok {
				gid = number(v)
			}
		}
	}
	return uid, gid
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// accounts are the names that the machine gives to numbers: root, the user, /etc/passwd and /etc/group.
type accounts struct {
	users, groupIDs map[string]int
	primary         map[string]int
	members         map[int][]string
}

func (m *Machine) accounts() accounts {
	a := accounts{users: map[string]int{}, groupIDs: map[string]int{}, primary: map[string]int{}, members: map[int][]string{}}
	if m.sys.Style.Windows {
		return a
	}
	table := func(name string, columns int, add func(f []string, id int)) {
		n, _, err := m.walk(name, true, false)
		if err != nil || !n.regular() {
			return
		}
		for l := range strings.SplitSeq(string(n.data), "\n") {
			if f := strings.Split(l, ":"); len(f) >= columns {
				if id := number(f[2]); id >= 0 {
					add(f, id)
				}
			}
		}
	}
	table("/etc/passwd", 4, func(f []string, id int) {
		a.users[f[0]] = id
		a.primary[f[0]] = number(f[3])
	})
	table("/etc/group", 4, func(f []string, id int) {
		a.groupIDs[f[0]] = id
		a.members[id] = strings.Split(f[3], ",")
	})
	a.users["root"] = 0
	a.users[m.sys.User] = m.sys.UID
	return a
}

func find(m map[string]int, id int) string {
	best := ""
	for n, i := range m {
		if i == id && (best == "" || n < best) {
			best = n
		}
	}
	return best
}

func (a accounts) uid(name string) int {
	if id, ok := a.users[name]; ok {
		return id
	}
	return -1
}

func (a accounts) gid(name string) int {
	if id, ok := a.groupIDs[name]; ok {
		return id
	}
	return a.uid(name)
}

func (a accounts) user(id int) string {
	if id == 0 {
		return "root"
	}
	return find(a.users, id)
}

// group is a group's name; an account's own group is called as it is.
func (a accounts) group(id int) string {
	if n := find(a.groupIDs, id); n != "" {
		return n
	}
	return a.user(id)
}

func (a accounts) groups(s *host.System) []int {
	own := s.UID
	if id, ok := a.primary[s.User]; ok && id >= 0 {
		own = id
	}
	list := []int{own}
	for id, names := range a.members {
		if id != own && slices.Contains(names, s.User) {
			list = append(list, id)
		}
	}
	slices.Sort(list[1:])
	return list
}

func (m *Machine) pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}

func (m *Machine) stat(op, name string, follow bool) (host.FileInfo, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, real, err := m.walk(name, follow, true)
	if err != nil {
		return host.FileInfo{}, m.pathError(op, name, err)
	}
	base := n.name
	if asked := m.sys.Style.Base(name); m.fold(asked) != m.fold(base) { // through a link
		base = asked
	}
	return host.FileInfo{
		Name: base, Mode: n.mode | n.typ(), Size: n.length(), ModTime: n.mtime, UID: n.uid, GID: n.gid,
		Owner: n.owner, Group: n.group, SDDL: n.sddl, Reparse: n.reparse, ID: "1:" + strconv.Itoa(n.id),
		ReadOnly: m.sys.Style.Windows && !m.may(n, func() string { return real }, write),
	}, nil
}

func (m *Machine) Stat(name string) (host.FileInfo, error)  { return m.stat("stat", name, true) }
func (m *Machine) Lstat(name string) (host.FileInfo, error) { return m.stat("lstat", name, false) }

func (m *Machine) Readlink(name string) (string, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, _, err := m.walk(name, false, true)
	switch {
	case err != nil:
		return "", m.pathError("readlink", name, err)
	case n.link == "":
		return "", m.pathError("readlink", name, fs.ErrInvalid)
	case m.sys.Style.Windows:
		return strings.ReplaceAll(n.link, "/", `\`), nil
	}
	return n.link, nil
}

// content returns the bytes of a regular file that may be read.
func (m *Machine) content(op, name string) (*node, []byte, error) {
	n, real, err := m.walk(name, true, true)
	switch {
	case err != nil:
	case !n.regular():
		err = host.ErrNotRegular
	case !m.may(n, func() string { return real }, read):
		err = fs.ErrPermission
	default:
		return n, n.data, nil
	}
	return nil, nil, m.pathError(op, name, err)
}

func (m *Machine) ReadFile(name string) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, data, err := m.content("read", name)
	if err != nil {
		return nil, err
	}
	if n.length() > host.MaxText || len(data) > host.MaxText {
		return nil, m.pathError("read", name, host.ErrTooLarge)
	}
	return append([]byte{}, data...), nil
}

func (m *Machine) ReadDir(name string) ([]host.DirEntry, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, real, err := m.walk(name, true, true)
	switch {
	case err != nil:
	case !n.dir:
		err = notExist("not a directory")
	case !m.may(n, func() string { return real }, read):
		err = fs.ErrPermission
	}
	if err != nil {
		return nil, m.pathError("open", name, err)
	}
	list := make([]host.DirEntry, 0, len(n.kids))
	for _, k := range n.kids {
		list = append(list, host.DirEntry{Name: k.name, Type: k.typ()})
	}
	slices.SortFunc(list, func(a, b host.DirEntry) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func (m *Machine) Program(name string) (*host.Program, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, data, err := m.content("open", name)
	if err != nil {
		return nil, err
	}
	if n.prog != nil && bytes.Equal(n.data, n.orig) {
		p := *n.prog
		p.Arch, p.Needed, p.Settings = slices.Clone(p.Arch), slices.Clone(p.Needed), maps.Clone(p.Settings)
		return &p, nil
	}
	if int64(len(data)) < n.length() && len(data) == 0 { // zero bytes that nobody keeps
		return &host.Program{Format: "other"}, nil
	}
	return host.ReadProgram(bytes.NewReader(data), int64(len(data)))
}
