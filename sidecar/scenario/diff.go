package scenario

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/rogpeppe/go-internal/diff"
	"golang.org/x/tools/txtar"
)

// Diff is what a fix entry says: how m differs from the machine before, under each registry key and file that changed. Times do
// not count.
//
//	[HKEY_CURRENT_USER\Environment]
//	-"GOROOT"="C:\\Go"
//	/home/gopher/.profile
//	-export GOROOT=/usr/local/go
//	+mode 0644
func (m *Machine) Diff(before *Machine) string {
	var b strings.Builder
	m.diff(&b, before, "")
	return b.String()
}

func (m *Machine) diff(b *strings.Builder, before *Machine, prefix string) {
	m.mu.RLock()
	new, newKeys := m.files(), m.allKeys()
	m.mu.RUnlock()
	before.mu.RLock()
	old, oldKeys := before.files(), before.allKeys()
	before.mu.RUnlock()
	for _, path := range union(oldKeys, newKeys) {
		if l := diffKey(oldKeys[path], newKeys[path]); len(l) > 0 {
			name := path
			if k := newKeys[path]; k != nil {
				name = k.path
			} else {
				name = oldKeys[path].path
			}
			section(b, prefix+"["+longPath(name)+"]", l)
		}
	}
	for _, path := range union(old, new) {
		if l := diffFile(old[path].n, new[path].n); len(l) > 0 {
			name := new[path].name
			if name == "" {
				name = old[path].name
			}
			section(b, prefix+name, l)
		}
	}
	for _, g := range m.guests {
		if was := before.find(g.guest); was != nil {
			g.diff(b, was, prefix+g.guest+"!")
		}
	}
}

func section(b *strings.Builder, head string, lines []string) {
	b.WriteString(head + "\n")
	for _, l := range lines {
		if strings.HasPrefix(l, "-- ") && strings.HasSuffix(l, " --") {
			l = l[:1] + `\` + l[1:] // else it would begin an entry
		}
		b.WriteString(l + "\n")
	}
}

func union[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

type named struct {
	name string
	n    *node
}

// files lists every file and link, and the directories of the scenario, by key.
func (m *Machine) files() map[string]named {
	all := map[string]named{}
	var walk func(name string, n *node)
	walk = func(name string, n *node) {
		c := *n
		c.kids = nil
		all[m.fold(name)] = named{name, &c}
		for _, k := range n.kids {
			walk(strings.TrimSuffix(name, "/")+"/"+k.name, k)
		}
	}
	for _, v := range m.volumes {
		walk(v.name, v)
	}
	if m.sys.Style.Windows {
		for k, x := range all {
			x.name = strings.ReplaceAll(x.name, "/", `\`)
			all[k] = x
		}
	}
	return all
}

// allKeys lists every registry key by its upper-case path, with its values in order of names.
func (m *Machine) allKeys() map[string]*key {
	all := map[string]*key{}
	var walk func(k *key)
	walk = func(k *key) {
		if k.path != "" {
			c := *k
			c.values = slices.Clone(k.values)
			slices.SortStableFunc(c.values, func(a, b host.NamedValue) int {
				return strings.Compare(strings.ToUpper(a.Name), strings.ToUpper(b.Name))
			})
			all[strings.ToUpper(k.path)] = &c
		}
		for _, s := range k.subs {
			walk(s)
		}
	}
	walk(m.keys)
	return all
}

func diffKey(old, new *key) (lines []string) {
	list := func(k *key) []string {
		if k == nil {
			return nil
		}
		l := make([]string, len(k.values))
		for i, v := range k.values {
			l[i] = formatValue(v.Name, v.Value)
		}
		return l
	}
	a, b := list(old), list(new)
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		order := 0
		switch {
		case i == len(a):
			order = 1
		case j == len(b):
			order = -1
		default:
			order = strings.Compare(strings.ToUpper(old.values[i].Name), strings.ToUpper(new.values[j].Name))
		}
		if order == 0 && a[i] == b[j] {
			i, j = i+1, j+1
			continue
		}
		if order <= 0 {
			lines = append(lines, "-"+a[i])
			i++
		}
		if order >= 0 {
			lines = append(lines, "+"+b[j])
			j++
		}
	}
	return lines
}

// attributes are what a file is beside its text.
func attributes(n *node) []string {
	switch {
	case n == nil:
		return nil
	case n.link != "":
		return []string{"link -> " + n.link}
	case n.dir:
		return []string{"directory", "owner " + n.owner, fmt.Sprintf("mode %04o", unixMode(n.mode))}
	}
	return []string{"owner " + n.owner, fmt.Sprintf("mode %04o", unixMode(n.mode))}
}

func unixMode(m fs.FileMode) uint32 {
	x := uint32(m.Perm())
	for bit := uint32(0o1000); bit <= 0o4000; bit <<= 1 {
		if m&fileMode(bit) != 0 {
			x |= bit
		}
	}
	return x
}

// diffFile is empty for directories that come or go: they follow their files.
func diffFile(old, new *node) (lines []string) {
	isDir := func(n *node) bool { return n != nil && n.dir }
	if isDir(old) && new == nil || old == nil && isDir(new) {
		return nil
	}
	if old != nil && new != nil {
		a, b := attributes(old), attributes(new)
		for _, x := range a {
			if !slices.Contains(b, x) {
				lines = append(lines, "-"+x)
			}
		}
		for _, x := range b {
			if !slices.Contains(a, x) {
				lines = append(lines, "+"+x)
			}
		}
	}
	data := func(n *node) []byte {
		if n == nil {
			return nil
		}
		return n.data
	}
	if bytes.Equal(data(old), data(new)) && (old == nil) == (new == nil) {
		return lines
	}
	a, b := host.DecodeFile(host.Loc{}, data(old)), host.DecodeFile(host.Loc{}, data(new))
	if old != nil && new != nil && (a.Enc != b.Enc || bom(a) != bom(b)) {
		lines = append(lines, "-encoding "+string(a.Enc)+bom(a), "+encoding "+string(b.Enc)+bom(b))
	}
	if old != nil && new == nil && len(old.data) == 0 {
		lines = append(lines, "-empty file")
	}
	if old == nil && new != nil && len(new.data) == 0 {
		lines = append(lines, "+empty file")
	}
	x, y := a.S, b.S
	// Line ends are shown where a text has two kinds, or the two texts differ in them.
	if strings.Contains(x+y, "\r") {
		show := func(s string) string { return strings.ReplaceAll(s, "\r", `\r`) }
		if strings.Count(x, "\r\n") == strings.Count(x, "\n") && strings.Count(y, "\r\n") == strings.Count(y, "\n") {
			show = func(s string) string {
				return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", `\r`)
			}
		}
		x, y = show(x), show(y)
	}
	d := strings.Split(string(diff.Diff("a", []byte(x), "b", []byte(y))), "\n")
	for _, l := range d[min(3, len(d)):] { // after its three lines of names
		if l != "" && strings.IndexByte(`-+\`, l[0]) >= 0 {
			lines = append(lines, l)
		}
	}
	return lines
}

func bom(t *host.Text) string {
	if t.Enc != host.UTF16LE && t.Enc != host.UTF16BE {
		return ""
	}
	if bytes.HasPrefix(t.Raw.Data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(t.Raw.Data, []byte{0xFE, 0xFF}) {
		return " with a byte order mark"
	}
	return ""
}

// Fingerprint is everything that an undo has to restore: each registry value, each file with its bytes, mode, owner and link, and
// each directory. Times are left out. Long contents stand as their checksum.
func (m *Machine) Fingerprint() string {
	m.mu.RLock()
	files, keys := m.files(), m.allKeys()
	m.mu.RUnlock()
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(keys)) {
		k := keys[path]
		fmt.Fprintf(&b, "[%s] %q\n", k.path, k.sddl)
		for _, v := range k.values {
			fmt.Fprintf(&b, "%q %s %x\n", v.Name, v.Type, v.Data)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		n := files[path].n
		fmt.Fprintf(&b, "%s %04o %d:%d %q %q %x", files[path].name, unixMode(n.mode), n.uid, n.gid, n.sddl, n.link, n.reparse)
		switch {
		case n.dir:
			b.WriteString(" directory")
		case len(n.data) > 64<<10:
			fmt.Fprintf(&b, " %d %08x", n.length(), crc32.ChecksumIEEE(n.data))
		default:
			fmt.Fprintf(&b, " %d %q", n.length(), n.data)
		}
		b.WriteByte('\n')
	}
	for _, g := range m.guests {
		fmt.Fprintf(&b, "%s!\n%s", g.guest, g.Fingerprint())
	}
	return b.String()
}

// Format writes want and fix entries into the text of a scenario in place of those it has, or at its end. All other bytes stay.
func Format(data []byte, entries []txtar.File) []byte {
	var out, last []byte
	at := -1 // where the entries go
	skip := false
	for len(data) > 0 {
		l := data
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			l = data[:i+1]
		}
		data = data[len(l):]
		if name, ok := marker(l); ok {
			skip = name == "want" || strings.HasPrefix(name, "fix ")
			if skip && at < 0 {
				at = len(out)
			}
		}
		if !skip {
			out = append(out, l...)
		}
	}
	if at < 0 {
		at = len(out)
	}
	last = slices.Clone(out[at:])
	out = out[:at]
	if len(entries) > 0 && len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	return append(append(out, txtar.Format(&txtar.Archive{Files: entries})...), last...)
}

func marker(l []byte) (name string, ok bool) {
	s := strings.TrimSuffix(strings.TrimSuffix(string(l), "\n"), "\r")
	if !strings.HasPrefix(s, "-- ") || !strings.HasSuffix(s, " --") || len(s) < 6 {
		return "", false
	}
	name = strings.TrimSpace(s[3 : len(s)-3])
	return name, name != ""
}
