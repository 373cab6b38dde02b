package scenario

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"golang.org/x/tools/txtar"
)

// Record lets probe look at a machine and writes what it looked at as a scenario: a machine that answers it in the same way. Names
// of the user and of the machine, secrets, and values of variables that are not of Go's business are taken out; see [redactor].
//
// What the format cannot say is left out: devices and sockets, hard links, a name with a line end in it.
func Record(h host.Host, probe func(host.Host)) ([]byte, error) {
	top := &recorder{Host: h, asked: map[string]*look{}, keys: map[string]*host.Key{}}
	probe(top)
	top.mu.Lock()
	defer top.mu.Unlock()

	parts := []*part{newPart(top, "")}
	for _, g := range top.guests {
		parts = append(parts, newPart(g.recorder, g.name+"!"))
	}
	for _, p := range parts {
		p.learn()
		p.trees = p.toolchains()
	}
	// What a machine has without saying so is found out by playing it: first the toolchains alone, then the files, then what they are like.
	for _, step := range []func(*part, *Machine){(*part).prune, (*part).choose, (*part).describe, nil} {
		text := render(parts)
		m, err := Parse(recording, text)
		for n := 0; err != nil; n++ { // what the format refuses is left out
			line := refused(err, text)
			if line == "" || n == 1000 {
				return nil, fmt.Errorf("recording the machine: %w", err)
			}
			for _, p := range parts {
				p.drop[line] = true
			}
			text = render(parts)
			m, err = Parse(recording, text)
		}
		if step == nil {
			return text, nil
		}
		for _, p := range parts {
			pm := m
			if p.prefix != "" {
				if pm = m.find(strings.TrimSuffix(p.prefix, "!")); pm == nil {
					continue
				}
			}
			step(p, pm)
		}
	}
	panic("unreachable")
}

const recording = "recording"

// refused is the line that an error of Parse names, "" if leaving it out cannot help.
func refused(err error, text []byte) string {
	var n int
	if _, e := fmt.Sscanf(err.Error(), recording+":%d:", &n); e != nil {
		return ""
	}
	lines := strings.Split(string(text), "\n")
	if n < 2 || n > len(lines) || strings.HasSuffix(lines[n-1], "machine --") {
		return ""
	}
	return lines[n-1]
}

func render(parts []*part) []byte {
	ar := &txtar.Archive{Comment: []byte("Recorded on a machine with " + parts[0].sys.OS + ".\n\n")}
	for _, p := range parts {
		for _, f := range p.entries() {
			if p.drop["-- "+f.Name+" --"] {
				continue
			}
			if len(p.drop) > 0 {
				var kept []byte
				for l := range bytes.Lines(f.Data) {
					if !p.drop[string(bytes.TrimSuffix(l, []byte("\n")))] {
						kept = append(kept, l...)
					}
				}
				f.Data = kept
			}
			ar.Files = append(ar.Files, f)
		}
	}
	return txtar.Format(ar)
}

// A recorder is a machine that notes what is asked of it. Files are only noted by name here, and looked at afterwards.
type recorder struct {
	host.Host

	mu      sync.Mutex
	asked   map[string]*look // by cleaned name
	keys    map[string]*host.Key
	order   []string // of keys
	views   []string
	blocks  []int
	argv    [][]string
	outputs []string
	guests  []guest
}

type guest struct {
	name string
	*recorder
}

// A look says what was asked of one name.
type look struct {
	data    []byte
	read    bool  // ReadFile gave data
	refused error // or this
	entries []host.DirEntry
	listed  bool
	prog    *host.Program
}

func (r *recorder) note(name string, f func(*look)) {
	name = r.Host.System().Style.Clean(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.asked[name]
	if l == nil {
		l = &look{}
		r.asked[name] = l
	}
	if f != nil {
		f(l)
	}
}

func (r *recorder) Stat(name string) (host.FileInfo, error) {
	r.note(name, nil)
	return r.Host.Stat(name)
}

func (r *recorder) Lstat(name string) (host.FileInfo, error) {
	r.note(name, nil)
	return r.Host.Lstat(name)
}

func (r *recorder) Readlink(name string) (string, error) {
	r.note(name, nil)
	return r.Host.Readlink(name)
}

func (r *recorder) ReadFile(name string) ([]byte, error) {
	b, err := r.Host.ReadFile(name)
	r.note(name, func(l *look) {
		if err == nil {
			l.data, l.read = bytes.Clone(b), true
		} else {
			l.refused = err
		}
	})
	return b, err
}

func (r *recorder) ReadDir(name string) ([]host.DirEntry, error) {
	list, err := r.Host.ReadDir(name)
	r.note(name, func(l *look) {
		if err == nil {
			l.entries, l.listed = slices.Clone(list), true
		}
	})
	return list, err
}

func (r *recorder) Program(name string) (*host.Program, error) {
	p, err := r.Host.Program(name)
	r.note(name, func(l *look) {
		if err == nil {
			l.prog = p
		}
	})
	return p, err
}

func (r *recorder) ReadKey(name string) (*host.Key, error) {
	k, err := r.Host.ReadKey(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	id := strings.ToUpper(strings.TrimSuffix(name, `\`))
	if _, ok := r.keys[id]; !ok && (err == nil || errors.Is(err, fs.ErrPermission)) {
		if r.keys[id] = k; k == nil || err != nil {
			r.keys[id] = &host.Key{Name: strings.TrimSuffix(name, `\`), SDDL: denied}
		}
		r.order = append(r.order, id)
	}
	return k, err
}

// denied marks a key that could not be read.
const denied = "D:(D;;KR;;;WD)"

func (r *recorder) View(name string) []string {
	v := r.Host.View(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	if v != nil && !slices.Contains(r.views, name) {
		r.views = append(r.views, name)
	}
	return v
}

func (r *recorder) Block(pid int) ([]string, error) {
	b, err := r.Host.Block(pid)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil && !slices.Contains(r.blocks, pid) {
		r.blocks = append(r.blocks, pid)
	}
	return b, err
}

func (r *recorder) Output(argv ...string) (string, bool) {
	s, ok := r.Host.Output(argv...)
	r.mu.Lock()
	defer r.mu.Unlock()
	if ok && !slices.ContainsFunc(r.argv, func(a []string) bool { return slices.Equal(a, argv) }) {
		r.argv, r.outputs = append(r.argv, slices.Clone(argv)), append(r.outputs, s)
	}
	return s, ok
}

func (r *recorder) Guest(name string) (host.Host, error) {
	h, err := r.Host.Guest(name)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range r.guests {
		if g.name == name {
			return g.recorder, nil
		}
	}
	g := &recorder{Host: h, asked: map[string]*look{}, keys: map[string]*host.Key{}}
	r.guests = append(r.guests, guest{name, g})
	return g, nil
}

// A part is the recording of one machine: the host or a distribution.
type part struct {
	r      *recorder
	h      host.Host
	sys    host.System
	st     host.Style
	prefix string
	red    *redactor

	nodes  map[string]*seen // what is there, by the key of its real name
	absent []string         // real names that were asked for and are not there
	trees  []*tree
	env    bool            // the block needs an entry: it is not what the machine would have without
	drop   map[string]bool // entries, or lines of them, that the format refuses
}

// A seen is a file, directory or link at its real name.
type seen struct {
	look
	name   string
	info   host.FileInfo
	stub   bool // only its name and type are known, from a listing
	asked  bool // not only on the way to something else
	target string
	emit   bool   // it needs an entry of its own
	line   string // or this line of binaries
	attrs  map[string]string
}

// A tree is one line of toolchains.
type tree struct {
	root, version, target string
	without               []string
}

func newPart(r *recorder, prefix string) *part {
	p := &part{r: r, h: r.Host, sys: r.Host.System(), prefix: prefix, nodes: map[string]*seen{}, drop: map[string]bool{}}
	p.st = p.sys.Style
	return p
}

// learn finds where each name that was asked for really lies, and what is on the way.
func (p *part) learn() {
	for _, name := range slices.Sorted(maps.Keys(p.r.asked)) {
		p.visit(name, p.r.asked[name], 0)
	}
	for _, name := range append([]string{p.sys.Home}, p.sys.Workspace...) {
		p.visit(name, &look{}, 0)
	}
	for _, n := range slices.Collect(maps.Values(p.nodes)) {
		p.stubs(n)
	}
	p.red = newRedactor(p)
}

// visit notes what stands at a name, with links resolved in every component.
func (p *part) visit(name string, l *look, links int) {
	if !p.st.IsAbs(name) || links > maxLinks {
		return
	}
	name = p.st.Clean(name)
	real, ok := "", true
	var rest []string
	for n := name; ; n = p.st.Dir(n) {
		if parent := p.st.Dir(n); parent == n {
			real = n
			break
		}
		rest = append(rest, p.st.Base(n))
	}
	if ok = p.node(real) != nil; !ok {
		p.absent = append(p.absent, name)
		return
	}
	for i := len(rest) - 1; i >= 0; i-- {
		next := p.st.Join(real, rest[i])
		n := p.node(next)
		if n == nil {
			for ; i >= 0; i-- {
				real = p.st.Join(real, rest[i])
			}
			p.absent = append(p.absent, real)
			return
		}
		if n.target != "" {
			to := n.target
			if !p.st.IsAbs(to) {
				to = p.st.Join(real, to)
			}
			for i--; i >= 0; i-- {
				to = p.st.Join(to, rest[i])
			}
			p.visit(to, l, links+1)
			return
		}
		real = next
	}
	n := p.node(real)
	n.asked = true
	if l.read {
		n.data, n.read = l.data, true
	}
	if l.refused != nil {
		n.refused = l.refused
	}
	if l.listed {
		n.entries, n.listed = l.entries, true
	}
	if l.prog != nil {
		n.prog = l.prog
	}
}

// node looks at a name whose parents are no links; nil if nothing is there that a scenario can have.
func (p *part) node(name string) *seen {
	k := p.st.Key(name)
	if n, ok := p.nodes[k]; ok {
		return n
	}
	p.nodes[k] = nil
	fi, err := p.h.Lstat(name)
	if err != nil || strings.ContainsAny(name, "\n\r") || fi.Mode&(fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket) != 0 {
		return nil
	}
	n := &seen{name: name, info: fi, attrs: map[string]string{}}
	if fi.IsLink() {
		if n.target, err = p.h.Readlink(name); err != nil || n.target == "" {
			return nil
		}
	}
	p.nodes[k] = n
	return n
}

// maxStubs bounds how many names of a directory are recorded that nobody asked for.
const maxStubs = 200

// stubs adds names of a listing that nobody asked for: whoever lists a directory and does not look at what is in it knows all from
// the names. Those of programs count, and that there is a Go file; what else lies there is nobody's business.
func (p *part) stubs(n *seen) {
	if n == nil || !n.listed {
		return
	}
	programs := slices.Contains([]string{"bin", "sbin", "shims", "scripts"}, strings.ToLower(p.st.Base(n.name)))
	count, source := 0, false
	for _, e := range n.entries {
		name := p.st.Join(n.name, e.Name)
		if x := p.at(name); x != nil || strings.ContainsAny(e.Name, "\n\r") || count == maxStubs {
			continue
		}
		if e.Type != 0 && e.Type != fs.ModeSymlink && e.Type != fs.ModeIrregular {
			continue
		}
		if !programs {
			if source || !strings.HasSuffix(e.Name, ".go") || e.Type != 0 {
				continue
			}
			source = true
		}
		x := &seen{name: name, stub: true, attrs: map[string]string{}, info: host.FileInfo{Mode: e.Type, UID: -1, GID: -1}}
		if e.Type == fs.ModeSymlink {
			if x.target, _ = p.h.Readlink(name); x.target == "" {
				continue
			}
		}
		p.nodes[p.st.Key(name)] = x
		count++
	}
}

// sorted are the nodes by name, parents first.
func (p *part) sorted() []*seen {
	var list []*seen
	for _, k := range slices.Sorted(maps.Keys(p.nodes)) {
		if n := p.nodes[k]; n != nil {
			list = append(list, n)
		}
	}
	return list
}

// toolchains recognises GOROOT trees: a VERSION beside bin/go or pkg/tool.
func (p *part) toolchains() (trees []*tree) {
	for _, n := range p.sorted() {
		if p.st.Base(n.name) != "VERSION" || !n.read {
			continue
		}
		version, _, _ := strings.Cut(string(n.data), "\n")
		version = strings.TrimRight(version, "\r")
		root := p.st.Dir(n.name)
		command := p.at(p.st.Join(root, "bin", p.st.Exe("go")))
		if !isGoVersion(version) || strings.ContainsAny(version, " \t") || command == nil && p.at(p.st.Join(root, "pkg/tool")) == nil {
			continue
		}
		t := &tree{root: root, version: version, target: p.sys.OS + "/" + p.sys.Arch}
		if command != nil && command.prog != nil && command.prog.OS != "" && len(command.prog.Arch) > 0 {
			t.target = command.prog.OS + "/" + command.prog.Arch[0]
		}
		trees = append(trees, t)
	}
	return trees
}

func (p *part) at(name string) *seen { return p.nodes[p.st.Key(name)] }

// tree is the toolchain in which a name lies, nil if in none.
func (p *part) tree(name string) *tree {
	for _, t := range p.trees {
		if p.st.Under(name, t.root) && !p.st.Equal(name, t.root) {
			return t
		}
	}
	return nil
}

// prune finds what toolchains of this machine lack.
func (p *part) prune(m *Machine) {
	p.env = p.red.block(p.h.Environ()) != p.red.block(m.Environ())
	lacks := func(name string) {
		t := p.tree(name)
		if t == nil {
			return
		}
		rel, _ := p.st.Rel(name, t.root)
		if _, err := m.Lstat(p.red.path(name)); err == nil && rel != "" && !slices.ContainsFunc(t.without, func(w string) bool { return rel == w || strings.HasPrefix(rel, w+"/") }) {
			t.without = append(t.without, rel)
		}
	}
	slices.Sort(p.absent) // a directory comes before what is in it
	for _, name := range p.absent {
		lacks(name)
	}
	for _, n := range p.sorted() {
		if !n.listed {
			continue
		}
		list, _ := m.ReadDir(p.red.path(n.name))
		for _, e := range list {
			if !slices.ContainsFunc(n.entries, func(x host.DirEntry) bool { return p.st.Equal(x.Name, e.Name) }) {
				lacks(p.st.Join(n.name, e.Name))
			}
		}
	}
}

// choose decides which files, links and directories need an entry.
func (p *part) choose(m *Machine) {
	for _, n := range p.sorted() {
		if n.emit || n.line != "" {
			continue
		}
		name := p.red.path(n.name)
		fi, err := m.Lstat(name)
		there := err == nil && fi.Mode.Type()&^fs.ModeIrregular == n.info.Mode.Type()&^fs.ModeIrregular
		switch {
		case n.info.IsDir():
			// Parents exist by themselves: only one that has nothing in it needs saying. describe comes to those that differ.
			n.emit = p.matters(n) && !there && !p.parent(n)
		case n.target != "":
			n.emit = !there
		case there && p.tree(n.name) != nil && p.same(m, name, n):
		case there && n.stub:
		default:
			if n.line = p.binaryLine(n); n.line == "" {
				n.emit = true
			}
		}
		n.emit = n.emit && sayable(p.entryName(n))
	}
}

// matters reports whether a directory was looked at itself, or keeps somebody out of what is below it.
func (p *part) matters(n *seen) bool { return n.asked || !p.st.Windows && n.info.Mode&0o005 != 0o005 }

// parent reports whether something below a directory has an entry, or will have one: the deepest directory says it for all.
func (p *part) parent(n *seen) bool {
	for _, x := range p.nodes {
		if x != nil && x != n && p.st.Under(x.name, n.name) {
			return true
		}
	}
	return false
}

// same reports whether the tree that a toolchains line makes has this very file, as far as it was looked at.
func (p *part) same(m *Machine, name string, n *seen) bool {
	if rel, _ := p.st.Rel(n.name, p.tree(n.name).root); !n.stub && (strings.HasPrefix(rel, "bin/") || strings.HasPrefix(rel, "pkg/tool/")) && !p.executable(n) {
		return false
	}
	if n.read {
		data, err := m.ReadFile(name)
		if err != nil {
			return false
		}
		if p.st.Base(n.name) == "VERSION" { // the time of a release says nothing of the machine
			a, _, _ := bytes.Cut(n.data, []byte("\n"))
			b, _, _ := bytes.Cut(data, []byte("\n"))
			return bytes.Equal(a, b)
		}
		return bytes.Equal(data, n.data)
	}
	if n.prog != nil {
		got, err := m.Program(name)
		return err == nil && sameProgram(got, n.prog)
	}
	return n.refused == nil && (n.info.Size > 0 || n.stub) // an empty file is a leftover
}

// executable reports whether this user may execute a file.
func (p *part) executable(n *seen) bool {
	switch {
	case p.st.Windows:
		return true
	case p.sys.UID == 0:
		return n.info.Mode&0o111 != 0
	case n.info.UID == p.sys.UID:
		return n.info.Mode&0o100 != 0
	case slices.Contains(p.sys.GIDs, n.info.GID):
		return n.info.Mode&0o010 != 0
	}
	return n.info.Mode&0o001 != 0
}

func sameProgram(a, b *host.Program) bool {
	return a.Format == b.Format && a.OS == b.OS && slices.Equal(a.Arch, b.Arch) && a.Interp == b.Interp && slices.Equal(a.Needed, b.Needed) &&
		a.GoVersion == b.GoVersion && a.Path == b.Path && a.Module == b.Module && a.Version == b.Version && a.Trimpath == b.Trimpath
}

// binaryLine is an executable that Go built as a line of binaries, "" if the format has none for it.
func (p *part) binaryLine(n *seen) string {
	b := n.prog
	if b == nil || n.read || b.GoVersion == "" || len(b.Arch) != 1 || b.OS == "" || !p.executable(n) {
		return ""
	}
	version := ""
	for _, f := range strings.Fields(b.GoVersion) { // go1.26.1 X:nodwarf5, devel go1.27-…
		if isGoVersion(f) {
			version = f
			break
		}
	}
	module := cmp.Or(b.Module, b.Path)
	if version == "" || module == "" || strings.ContainsAny(module+b.Version+b.Path+b.Interp+strings.Join(b.Needed, ""), " \t\n\r") {
		return ""
	}
	base := strings.TrimSuffix(p.st.Base(n.name), ".exe")
	v := cmp.Or(b.Version, "(devel)")
	usual := module
	if lastElement(module) != base && b.Module != "" {
		usual = module + "/cmd/" + base
	}
	l := p.red.path(n.name) + " " + module + "@" + v + " " + version
	if b.OS != p.sys.OS || b.Arch[0] != p.sys.Arch {
		l += " " + b.OS + "/" + b.Arch[0]
	}
	if b.Trimpath {
		l += " trimpath"
	}
	if b.Path != usual && b.Path != "" {
		l += " path=" + b.Path
	}
	if b.Interp != "" {
		l += " interp=" + b.Interp
	}
	for _, lib := range b.Needed {
		l += " needed=" + lib
	}
	return l
}

// describe gives the entries the attributes in which they differ from what the format assumes, and directories that differ an entry.
func (p *part) describe(m *Machine) {
	for _, n := range p.sorted() {
		if n.stub || n.line != "" || !n.emit && !n.info.IsDir() {
			continue
		}
		if n.info.IsDir() && !p.matters(n) {
			continue
		}
		fi, err := m.Lstat(p.red.path(n.name))
		if err != nil {
			continue
		}
		set := func(k, v string) { n.attrs[k] = v }
		if n.info.Reparse != fi.Reparse && n.target == "" && !n.info.IsDir() {
			set("reparse", fmt.Sprintf("%#08x", n.info.Reparse))
		}
		if n.read && !n.info.ModTime.Truncate(time.Second).Equal(fi.ModTime.Truncate(time.Second)) && !strings.HasPrefix(n.name, "/proc/") && !strings.HasPrefix(n.name, "/sys/") {
			set("mtime", n.info.ModTime.UTC().Format(time.RFC3339))
		}
		unknown := n.refused != nil && !n.info.IsDir() && !errors.Is(n.refused, host.ErrTooLarge) && !errors.Is(n.refused, host.ErrNotRegular) && !errors.Is(n.refused, fs.ErrNotExist)
		switch {
		case p.st.Windows:
			switch {
			case n.attrs["acl"] != "":
			case unknown:
				set("acl", "D:(D;;FR;;;WD)")
			case n.info.ReadOnly == fi.ReadOnly:
			case n.info.ReadOnly:
				set("acl", "D:(A;;FR;;;WD)")
			default:
				set("acl", "D:(A;;FA;;;WD)")
			}
		case n.target != "":
		default:
			mode := unixMode(n.info.Mode)
			if unknown && !errors.Is(n.refused, fs.ErrPermission) {
				mode = 0
			}
			if mode != unixMode(fi.Mode) {
				set("mode", fmt.Sprintf("%04o", mode))
			}
			if n.info.UID >= 0 && n.info.UID != fi.UID {
				set("uid", strconv.Itoa(n.info.UID))
			}
			if group := mode >> 3 & 7; group != mode&7 && n.info.GID >= 0 && n.info.GID != fi.GID {
				set("gid", strconv.Itoa(n.info.GID))
			}
		}
		if n.info.IsDir() && len(n.attrs) > 0 && !n.emit && sayable(p.entryName(n)) && p.st.Dir(n.name) != n.name {
			n.emit = true
		}
	}
}

// groups is an /etc/group with the groups of the user that decide about a file, "" where none does.
func (p *part) groups() string {
	if p.at("/etc/group") != nil && p.at("/etc/group").read {
		return ""
	}
	var b strings.Builder
	for _, gid := range p.sys.GIDs {
		if gid != p.sys.UID && slices.ContainsFunc(p.sorted(), func(n *seen) bool { return n.attrs["gid"] == strconv.Itoa(gid) }) {
			fmt.Fprintf(&b, "group%d:x:%d:%s\n", gid, gid, p.red.user)
		}
	}
	return b.String()
}

// entryName is the name of a file's entry, without attributes.
func (p *part) entryName(n *seen) string {
	for _, scope := range []string{"user", "machine"} {
		if p.prefix == "" && p.st.Equal(n.name, p.sys.SettingsFile(scope)) && n.read {
			return "settings " + scope
		}
	}
	return p.fileName(n.name)
}

// fileName is a file's name as an entry writes it.
func (p *part) fileName(name string) string {
	name = p.red.path(name)
	if len(p.sys.Workspace) > 0 {
		w := p.red.path(p.sys.Workspace[0])
		if rel, ok := p.st.Rel(name, w); ok && rel != "" {
			return "./" + rel
		}
	}
	return strings.ReplaceAll(name, `\`, map[bool]string{true: "/", false: `\`}[p.st.Windows])
}

// sayable reports whether an entry can have this name: what looks like an attribute at its end would be read as one.
func sayable(name string) bool {
	last := name[strings.LastIndexByte(name, ' ')+1:]
	k, _, attr := strings.Cut(last, "=")
	return !(attr && last != name && strings.Trim(k, "abcdefghijklmnopqrstuvwxyz") == "") && !strings.Contains(name, " -> ") && name == strings.TrimSpace(name)
}

// machine is the entry of that name.
func (p *part) machine() string {
	var b strings.Builder
	s := &p.sys
	version := s.Version
	if version == "" || strings.ContainsAny(version, " \t") || !isVersion(s.OS, version) {
		version = map[string]string{"windows": "10.0.0"}[s.OS]
		version = cmp.Or(version, "0")
	}
	fmt.Fprintf(&b, "os %s %s %s\nuser %s %s\n", s.OS, version, s.Arch, p.red.user, p.red.path(s.Home))
	if s.OS != "windows" {
		fmt.Fprintf(&b, "uid %d\nshell %s\n", max(s.UID, 0), p.red.path(cmp.Or(s.Shell, "/bin/sh")))
	}
	if s.Admin {
		b.WriteString("admin yes\n")
	}
	if s.Container {
		b.WriteString("container yes\n")
	}
	if s.Locale != "" {
		fmt.Fprintf(&b, "locale %s\n", s.Locale)
	}
	for _, w := range s.Workspace {
		if p.st.IsAbs(w) && !strings.ContainsAny(w, "\n\r") {
			fmt.Fprintf(&b, "workspace %s\n", p.red.path(w))
		}
	}
	if !s.Roots {
		b.WriteString("roots none\n")
	}
	if p.prefix == "" {
		if !s.Trusted {
			b.WriteString("trusted no\n")
		}
		if s.Editor.Name != "" {
			fmt.Fprintf(&b, "editor %s %s\n", strings.ReplaceAll(s.Editor.Name, " ", "-"), cmp.Or(strings.ReplaceAll(s.Editor.Version, " ", "-"), "0"))
		}
		fmt.Fprintf(&b, "now %s\n", p.h.Now().UTC().Format(time.RFC3339))
	}
	return b.String()
}

// view is what was seen in another place, on Windows without what every session is played with.
func (p *part) view(name string) string {
	text := p.red.block(p.h.View(name))
	if !p.st.Windows {
		return text
	}
	usual := strings.SplitAfter(p.red.block((&Machine{sys: p.sys}).session()), "\n")
	var b strings.Builder
	for line := range strings.SplitAfterSeq(text, "\n") {
		if !slices.Contains(usual, line) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// registry are the keys that were read.
func (p *part) registry() (lines []string) {
	then := p.h.Now().AddDate(0, 0, -30)
	defaults := &Machine{sys: p.sys}
	for _, id := range p.r.order {
		k := p.r.keys[id]
		lines = append(lines, "["+p.key(k.Name)+"]")
		if !k.Written.IsZero() && !k.Written.Truncate(time.Second).Equal(then.Truncate(time.Second)) {
			lines = append(lines, ";time "+k.Written.UTC().Format(time.RFC3339))
		}
		switch {
		case k.SDDL == denied:
			lines = append(lines, ";acl "+denied)
		case p.shared(k):
			lines = append(lines, ";acl "+k.SDDL)
		case k.ReadOnly && defaults.mayKey(k.Name, "", write):
			lines = append(lines, ";acl D:(A;;KR;;;WD)")
		case !k.ReadOnly && !defaults.mayKey(k.Name, "", write):
			lines = append(lines, ";acl D:(A;;KA;;;S-1-5-21-1-2-3-1001)(A;;KA;;;BA)(A;;KA;;;SY)") // of this user, not of everybody
		}
		for _, v := range k.Values {
			if v, ok := p.red.value(k.Name, v); ok {
				lines = append(lines, formatValue(v.Name, v.Value))
			}
		}
		for _, s := range k.Subkeys {
			if _, ok := p.r.keys[strings.ToUpper(k.Name+`\`+s)]; !ok {
				lines = append(lines, "["+p.key(k.Name+`\`+s)+"]")
			}
		}
	}
	return lines
}

// shared reports whether a key's descriptor is written as it is: one that names accounts which every machine has, and that says of this
// user what is so.
func (p *part) shared(k *host.Key) bool {
	return strings.HasPrefix(strings.ToUpper(k.Name), `HKLM\`) && strings.Contains(k.SDDL, "D:") && !strings.Contains(k.SDDL, "S-1-5-21-") &&
		!strings.ContainsAny(k.SDDL, "\r\n") && validSDDL(k.SDDL) && granted(k.SDDL, false, p.sys.Admin) && granted(k.SDDL, true, p.sys.Admin) != k.ReadOnly
}

// key is the long name of a registry key.
func (p *part) key(name string) string {
	hive, rest, _ := strings.Cut(name, `\`)
	if strings.EqualFold(hive, "HKLM") { // no key of the machine has the user's name, but SYSTEM may be it
		return longPath(name)
	}
	return longPath(hive + `\` + p.red.path(rest))
}

// mountOptions are the options that say something of a file system; others may name servers and accounts.
var mountOptions = []string{"ro", "rw", "noexec", "nosuid", "nodev", "uid", "gid", "umask", "fmask", "dmask", "metadata", "case", "aname", "drvfs"}

// mounts are the file systems on which something lies that was asked for.
func (p *part) mounts() (lines []string) {
	all, err := p.h.Mounts()
	if err != nil {
		return nil
	}
	used := map[int]bool{}
	use := func(name string) {
		best := -1
		for i, m := range all {
			if p.st.Under(name, m.Point) && (best < 0 || len(m.Point) >= len(all[best].Point)) {
				best = i
			}
		}
		used[best] = true
	}
	for _, n := range p.sorted() {
		use(n.name)
	}
	for _, name := range p.absent {
		use(name)
	}
	usual := true
	for i, m := range all {
		if !used[i] || strings.ContainsAny(m.Point+m.Type, "\n\r") {
			continue
		}
		var options []string
		for _, o := range m.Options {
			k, _, _ := strings.Cut(o, "=")
			if slices.Contains(mountOptions, k) && !strings.ContainsAny(o, " \t\n\r") {
				options = append(options, p.red.path(o))
			}
		}
		if len(options) == 0 {
			options = []string{"rw"}
		}
		l := p.red.path(m.Point) + " " + m.Type + " " + strings.Join(options, ",")
		usual = usual && m.Total == 0 && slices.Contains([]string{"/ ext4 rw", "/ apfs rw", m.Point + " NTFS rw"}, l)
		if m.Total > 0 {
			l += fmt.Sprintf(" %d %d", m.Free, m.Total)
		}
		lines = append(lines, l)
	}
	if usual {
		return nil
	}
	return lines
}

// commands are the programs whose output was asked for.
func (p *part) commands() (lines []string) {
	for i, argv := range p.r.argv {
		words := make([]string, len(argv))
		for j, w := range argv {
			switch w = p.red.text(w); {
			case !strings.ContainsAny(w, " \t\"'\n\r") && w != "":
				words[j] = w
			case !strings.Contains(w, "'"):
				words[j] = "'" + w + "'"
			default:
				words[j] = `"` + w + `"`
			}
		}
		l := "$ " + strings.Join(words, " ")
		out := p.red.text(strings.TrimSuffix(p.r.outputs[i], "\n"))
		if got, ok := split(l[2:]); !ok || len(got) != len(argv) || strings.Contains("\n"+out, "\n$ ") || len(txtar.Parse([]byte(out+"\n")).Files) > 0 {
			continue
		}
		if lines = append(lines, l); out != "" {
			lines = append(lines, out)
		}
	}
	return lines
}

// sample is the shortest file that has the header of a program.
func sample(b *host.Program) []byte {
	switch b.Format {
	case "script":
		return []byte("#!" + b.Interp + "\n")
	case "text":
		return []byte("-\n")
	case "empty", "other":
		return nil
	}
	if len(b.Arch) == 0 {
		switch b.Format {
		case "pe":
			return []byte("MZ")
		case "macho":
			return []byte{0xcf, 0xfa, 0xed, 0xfe, 0, 0, 0, 0}
		}
		return []byte("\x7fELF")
	}
	goos := map[string]string{"pe": "windows", "macho": "darwin", "elf": "linux"}[b.Format]
	if b.Format == "macho" && len(b.Arch) > 1 {
		fat := make([]byte, 8+20*len(b.Arch))
		binary.BigEndian.PutUint32(fat, 0xcafebabe)
		binary.BigEndian.PutUint32(fat[4:], uint32(len(b.Arch)))
		for i, a := range b.Arch {
			binary.BigEndian.PutUint32(fat[8+20*i:], machoMachines[a])
		}
		return fat
	}
	head := header(goos, b.Arch[0])
	if b.Format == "elf" {
		for abi, name := range map[byte]string{2: "netbsd", 6: "solaris", 9: "freebsd", 12: "openbsd"} {
			if b.OS == name {
				head[7] = abi
			}
		}
	}
	return bytes.TrimRight(head, "\x00")
}

// entries writes all that is known of the machine.
func (p *part) entries() (list []txtar.File) {
	add := func(name, text string) {
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		list = append(list, txtar.File{Name: p.prefix + name, Data: []byte(text)})
	}
	lines := func(name string, l []string) {
		if len(l) > 0 {
			add(name, strings.Join(l, "\n"))
		}
	}
	add("machine", p.machine())
	if p.env {
		add("env", p.red.block(p.h.Environ()))
	}
	for _, v := range p.r.views {
		if p.prefix == "" || v != "login" {
			add("view "+v, p.view(v))
		}
	}
	for _, pid := range p.r.blocks {
		if b, err := p.h.Block(pid); err == nil {
			add("block "+strconv.Itoa(pid), p.red.block(b))
		}
	}
	lines("registry", p.registry())
	if p.prefix == "" {
		if xs, err := p.h.Extensions(); err == nil {
			var l []string
			for _, x := range xs {
				s := x.ID + " " + x.Version
				if x.SelectedGo != "" {
					s += " selectedGo=" + p.red.path(x.SelectedGo)
				}
				if len(strings.Fields(x.ID+" "+x.Version)) == 2 {
					l = append(l, s)
				}
			}
			lines("extensions", l)
		}
		if es, err := p.h.Events(); err == nil {
			var l []string
			for _, x := range es {
				if !strings.ContainsAny(x.Log+x.Text, "\n\r") {
					l = append(l, fmt.Sprintf("%s %d %s %s", x.Log, x.ID, x.Time.UTC().Format(time.RFC3339), p.red.text(x.Text)))
				}
			}
			lines("events", l)
		}
		if ps, err := p.h.Processes(); err == nil {
			var l []string
			for _, x := range ps {
				if x.Name != "" && !strings.ContainsAny(x.Name, "\n\r") && x.PID > 0 {
					l = append(l, fmt.Sprintf("%d %d %s %s", x.PID, x.PPID, x.Start.UTC().Format(time.RFC3339), p.red.text(x.Name)))
				}
			}
			lines("processes", l)
		}
	}
	lines("mounts", p.mounts())
	lines("commands", p.commands())
	var trees, binaries []string
	for _, t := range p.trees {
		l := p.red.path(t.root) + " " + t.version
		if t.target != p.sys.OS+"/"+p.sys.Arch {
			l += " " + t.target
		}
		for _, w := range t.without {
			l += " without=" + w
		}
		trees = append(trees, l)
	}
	lines("toolchains", trees)
	for _, n := range p.sorted() {
		if n.line != "" {
			binaries = append(binaries, n.line)
		}
	}
	lines("binaries", binaries)
	if g := p.groups(); g != "" {
		add("/etc/group", g)
	}
	for _, n := range p.sorted() {
		if n.emit {
			p.file(n, add)
		}
	}
	return list
}

// file writes the entry of a file, link or directory.
func (p *part) file(n *seen, add func(name, text string)) {
	name, text := p.entryName(n), ""
	attrs := maps.Clone(n.attrs)
	switch {
	case n.info.IsDir():
		name = strings.TrimSuffix(name, "/") + "/"
	case n.target != "":
		name += " -> " + p.red.path(n.target)
	case n.read:
		data := p.red.file(n.name, n.data)
		if strings.HasPrefix(n.name, "/proc/") && p.st.Base(n.name) == "environ" {
			text = strings.TrimSuffix(string(bytes.ReplaceAll(data, []byte{0}, []byte("\n"))), "\n")
			if bytes.HasSuffix(data, []byte{0}) {
				text += "\n"
			}
			break
		}
		enc := ""
		if text, enc = spell(data); enc != "" {
			attrs["encoding"] = enc
		}
		if n.info.Size > 0 && n.info.Size != int64(len(n.data)) && !strings.HasPrefix(n.name, "/sys/") && !strings.HasPrefix(n.name, "/proc/") {
			attrs["size"] = strconv.FormatInt(n.info.Size, 10)
		}
	case n.prog != nil:
		enc := ""
		if text, enc = spell(sample(n.prog)); enc != "" {
			attrs["encoding"] = enc
		}
		if n.prog.Format == "other" {
			attrs["size"] = strconv.FormatInt(max(n.info.Size, 1), 10)
		}
	case n.info.Size > 0:
		attrs["size"] = strconv.FormatInt(n.info.Size, 10)
	}
	if scope, ok := strings.CutPrefix(name, "settings "); ok { // it has no attributes
		if delete(attrs, "mtime"); len(attrs) > 0 {
			usual := p.sys
			usual.UserSettings = ""
			name = p.fileName(usual.SettingsFile(scope))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(attrs)) {
		name += " " + k + "=" + attrs[k]
	}
	add(name, text)
}

// spell writes the bytes of a file as the text of an entry and its encoding, in the most readable way that keeps every byte.
func spell(data []byte) (text, enc string) {
	if len(data) == 0 {
		return "", ""
	}
	t := host.DecodeFile(host.Loc{}, data)
	try := []string{"", "crlf"}
	switch t.Enc {
	case host.UTF8BOM:
		try = []string{"utf-8-bom"}
	case host.UTF16LE:
		try = []string{"utf-16le"}
	case host.UTF16BE:
		try = []string{"utf-16be"}
	}
	for _, enc := range try {
		s := t.S
		if enc == "crlf" {
			s = strings.ReplaceAll(s, "\r\n", "\n")
		} else if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
			s = "\ufeff" + s
		}
		if !strings.HasSuffix(s, "\n") || invalid([]byte("\n"+s)) >= 0 || len(txtar.Parse([]byte(s)).Files) > 0 || enc == "" && strings.Contains(s, "\r\n") && !strings.Contains(strings.ReplaceAll(s, "\r\n", ""), "\n") {
			continue
		}
		if b, err := encode(s, enc); err == nil && bytes.Equal(b, data) {
			return s, enc
		}
	}
	var b strings.Builder
	for s := base64.StdEncoding.EncodeToString(data); s != ""; {
		n := min(len(s), 100)
		b.WriteString(s[:n] + "\n")
		s = s[n:]
	}
	return b.String(), "base64"
}
