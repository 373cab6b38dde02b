package scenario

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

type entry struct {
	name, text string
	line       int // of the marker
}

type parser struct {
	name  string
	guest string
	m     *Machine
	seen  map[string]int  // line of each entry and path
	trees map[string]bool // paths that a toolchains line made
	user  []*node         // directories that belong to the user
}

func (p *parser) errorf(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", p.name, line, fmt.Sprintf(format, args...))
}

// comment reads the part before the first entry.
func (p *parser) comment(text string) error {
	s := p.m.Script
	for i, l := range strings.Split(text, "\n") {
		if i == 0 {
			s.Title = l
		}
		word, rest, _ := strings.Cut(l, ":")
		rest = strings.TrimSpace(rest)
		switch word {
		case "Source":
			s.Sources = append(s.Sources, rest)
		case "Expect":
			if rest == "healthy" || rest == "none" {
				s.Healthy = true
				break
			}
			for _, x := range strings.Split(rest, "|") {
				rule, fix, _ := strings.Cut(strings.TrimSpace(x), "/")
				if !isID(rule) || fix != "" && !isID(fix) {
					return p.errorf(i+1, "Expect: want RULE/FIX | …, healthy or none, not %q", x)
				}
				s.Expect = append(s.Expect, Expectation{rule, fix})
			}
		case "Also", "Allowed":
			for _, x := range strings.Split(rest, ",") {
				x = strings.TrimSpace(x)
				if !isID(x) {
					return p.errorf(i+1, "%s: want RULE, …, not %q", word, x)
				}
				if word == "Also" {
					s.Also = append(s.Also, x)
				} else {
					s.Allowed = append(s.Allowed, x)
				}
			}
		}
	}
	return nil
}

// isID reports whether s is a rule or fix id: kebab-case.
func isID(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != ""
}

// build makes the machine of its entries, in the order in which they need each other.
func (p *parser) build(list []entry) error {
	p.seen, p.trees = map[string]int{}, map[string]bool{}
	i := slices.IndexFunc(list, func(e entry) bool { return e.name == "machine" })
	if i < 0 {
		if p.guest != "" {
			return p.errorf(list[0].line, "distribution %s has no entry %s!machine", p.guest, p.guest)
		}
		return p.errorf(1, "no entry machine")
	}
	if err := p.machine(list[i]); err != nil {
		return err
	}
	var trees, links, files []entry
	for _, e := range list {
		if isPath(e.name) {
			if before, _, ok := strings.Cut(e.name, " -> "); ok && before != "" {
				links = append(links, e)
			} else {
				files = append(files, e)
			}
			continue
		}
		if err := p.once(e.line, e.name, "entry "+e.name); err != nil {
			return err
		}
		switch {
		case e.name == "toolchains" || e.name == "binaries":
			trees = append(trees, e)
		case strings.HasPrefix(e.name, "settings "):
			files = append(files, e)
		default:
			if err := p.entry(e); err != nil {
				return err
			}
		}
	}
	// Links come first: a path below a link lies where the link leads.
	slices.SortStableFunc(links, func(a, b entry) int { return strings.Count(a.name, "/") - strings.Count(b.name, "/") })
	for _, e := range links {
		if err := p.file(e); err != nil {
			return err
		}
	}
	slices.SortStableFunc(trees, func(a, b entry) int { return strings.Compare(b.name, a.name) }) // toolchains, then binaries
	for _, e := range trees {
		parse := p.toolchain
		if e.name == "binaries" {
			parse = p.binary
		}
		for n, l := range p.lines(e, true) {
			if err := parse(n, l); err != nil {
				return err
			}
		}
	}
	for _, e := range files {
		if err := p.file(e); err != nil {
			return err
		}
	}
	return p.finish()
}

func (p *parser) once(line int, key, what string) error {
	if before, ok := p.seen[key]; ok {
		return p.errorf(line, "%s occurs twice, first in line %d: want it once", what, before)
	}
	p.seen[key] = line
	return nil
}

func isPath(name string) bool {
	return strings.HasPrefix(name, "/") || strings.HasPrefix(name, "./") ||
		len(name) > 2 && name[1] == ':' && (name[2] == '/' || name[2] == '\\') && (name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z')
}

// lines yields the lines of an entry that are not blank, with their numbers; comments says that a line of # is none.
func (p *parser) lines(e entry, comments bool) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		n := e.line
		for l := range strings.SplitSeq(e.text, "\n") {
			n++
			if l == "" || comments && (strings.TrimSpace(l) == "" || l[0] == '#') {
				continue
			}
			if !yield(n, l) {
				return
			}
		}
	}
}

// entry reads an entry that makes no files.
func (p *parser) entry(e entry) error {
	s := p.m.Script
	word, arg, _ := strings.Cut(e.name, " ")
	if arg != "" && !slices.Contains([]string{"view", "block", "fix"}, word) {
		return p.unknown(e)
	}
	if p.guest != "" && (word == "want" || word == "fix") {
		return p.errorf(e.line, "entry %s!%s: a distribution has none", p.guest, e.name)
	}
	var err error
	switch word {
	case "machine":
	case "env":
		s.hasEnv = true
		s.env, err = p.block(e)
	case "view":
		if arg != "login" && arg != "terminal" && arg != "interactive" {
			return p.errorf(e.line, "entry %s: want view login, view terminal or view interactive", e.name)
		}
		s.views[arg], err = p.block(e)
		s.views[arg] = append([]string{}, s.views[arg]...) // never nil: an empty view was seen, too
	case "block":
		pid, perr := strconv.Atoi(arg)
		if perr != nil || pid < 1 {
			return p.errorf(e.line, "entry %s: want block PID", e.name)
		}
		s.blocks[pid], err = p.block(e)
	case "registry":
		if p.m.sys.OS != "windows" {
			return p.errorf(e.line, "entry registry: only a Windows machine has one")
		}
		err = p.registry(e)
	case "commands":
		err = p.commands(e)
	case "extensions":
		for n, l := range p.lines(e, true) {
			x := host.Extension{}
			l, x.SelectedGo, _ = strings.Cut(l, " selectedGo=")
			f := strings.Fields(l)
			if len(f) != 2 {
				return p.errorf(n, "want ID VERSION [selectedGo=PATH], not %q", l)
			}
			x.ID, x.Version = f[0], f[1]
			s.extensions = append(s.extensions, x)
		}
	case "mounts":
		for n, l := range p.lines(e, true) {
			mt, ok := parseMount(l)
			if !ok || !p.m.sys.Style.IsAbs(mt.Point) {
				return p.errorf(n, "want POINT TYPE OPTIONS [FREE TOTAL], not %q", l)
			}
			s.mounts = append(s.mounts, mt)
		}
	case "listening":
		for n, l := range p.lines(e, true) {
			i := strings.LastIndexByte(l, ':')
			port, perr := strconv.Atoi(l[i+1:])
			if i < 1 || perr != nil || port < 1 || port > 65535 || strings.ContainsAny(l, " \t") {
				return p.errorf(n, "want HOST:PORT, not %q", l)
			}
			s.listening = append(s.listening, l)
		}
	case "processes":
		for n, l := range p.lines(e, true) {
			f := strings.SplitN(l, " ", 4)
			if len(f) < 4 || f[3] == "" {
				return p.errorf(n, "want PID PPID START NAME, not %q", l)
			}
			pid, err1 := strconv.Atoi(f[0])
			ppid, err2 := strconv.Atoi(f[1])
			start, err3 := time.Parse(time.RFC3339, f[2])
			if err1 != nil || err2 != nil || err3 != nil || pid < 1 || ppid < 0 {
				return p.errorf(n, "want PID PPID START NAME with START in RFC 3339, not %q", l)
			}
			s.processes = append(s.processes, host.Process{PID: pid, PPID: ppid, Start: start, Name: f[3]})
		}
		if len(s.processes) == 0 {
			return p.errorf(e.line, "entry processes: want our own process first, then its parents")
		}
	case "events":
		for n, l := range p.lines(e, true) {
			ev, ok := parseEvent(l)
			if !ok {
				return p.errorf(n, "want LOG ID TIME TEXT with TIME in RFC 3339, not %q", l)
			}
			s.events = append(s.events, ev)
		}
	case "want":
		s.Want = &Entry{e.text, e.line}
	case "fix":
		x := Fix{Entry: Entry{e.text, e.line}}
		id, place, _ := strings.Cut(arg, " ")
		var ok bool
		if x.Rule, x.Fix, ok = strings.Cut(id, "/"); !ok || !isID(x.Rule) || !isID(x.Fix) || place == "" {
			return p.errorf(e.line, "entry %s: want fix RULE/FIX PLACE [SUBJECT]", e.name)
		}
		x.Place, x.Subject = cutSubject(place)
		s.Fixes = append(s.Fixes, x)
	default:
		return p.unknown(e)
	}
	return err
}

func (p *parser) unknown(e entry) error {
	return p.errorf(e.line, "unknown entry %q: want machine, env, view NAME, block PID, registry, toolchains, binaries, commands, settings user|workspace|machine, extensions, mounts, listening, processes, events, want, fix RULE/FIX PLACE, an absolute path, ./path, or GUEST!entry", e.name)
}

// cutSubject takes a final subject (var:GOROOT) off a place. Both may hold blanks.
func cutSubject(s string) (place, subject string) {
	best := -1
	for _, kind := range []string{" var:", " path:", " toolchain:", " tool:", " module:", " file:", " distribution:"} {
		best = max(best, strings.LastIndex(s, kind))
	}
	if best < 0 {
		return s, ""
	}
	return s[:best], s[best+1:]
}

// block reads NAME=value lines.
func (p *parser) block(e entry) ([]string, error) {
	var list []string
	for n, l := range p.lines(e, false) {
		i := strings.IndexByte(l[1:], '=') + 1 // Windows has names that begin with =
		if i < 1 {
			return nil, p.errorf(n, "want NAME=value, not %q", l)
		}
		if i > 1 && l[i-1] == ':' {
			v, err := strconv.Unquote(l[i+1:])
			if err != nil || l[i+1] != '"' {
				return nil, p.errorf(n, `want NAME:="…" with a Go string literal, not %q`, l)
			}
			l = l[:i-1] + "=" + v
		}
		list = append(list, l)
	}
	return list, nil
}

// commands reads "$ argv" lines and what follows each.
func (p *parser) commands(e entry) error {
	n, argv := e.line, ""
	var out strings.Builder
	end := func() {
		if argv != "" {
			p.m.commands[argv] = out.String()
		}
		out.Reset()
	}
	for l := range strings.SplitAfterSeq(e.text, "\n") {
		n++
		rest, ok := strings.CutPrefix(l, "$ ")
		switch {
		case ok:
			end()
			words, ok := split(strings.TrimSuffix(rest, "\n"))
			if !ok || len(words) == 0 {
				return p.errorf(n, "want $ argv, not %q", strings.TrimSuffix(l, "\n"))
			}
			argv = strings.Join(words, "\x00")
			if err := p.once(n, "$ "+argv, "command "+strings.TrimSuffix(rest, "\n")); err != nil {
				return err
			}
		case argv != "":
			out.WriteString(l)
		case strings.TrimSpace(l) != "":
			return p.errorf(n, "want $ argv before its output, not %q", strings.TrimSuffix(l, "\n"))
		}
	}
	end()
	return nil
}

// split cuts a command into words; single and double quotes hold blanks.
func split(s string) (words []string, ok bool) {
	var b strings.Builder
	in := false
	quote := rune(0)
	for _, r := range s {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			b.WriteRune(r)
		case r == '"' || r == '\'':
			quote, in = r, true
		case r == ' ' || r == '\t':
			if in {
				words = append(words, b.String())
				b.Reset()
				in = false
			}
		default:
			b.WriteRune(r)
			in = true
		}
	}
	if in {
		words = append(words, b.String())
	}
	return words, quote == 0
}

func parseMount(l string) (mt host.Mount, ok bool) {
	f := strings.Fields(l)
	n := 0 // columns from the right
	if len(f) >= 5 {
		free, err1 := strconv.ParseUint(f[len(f)-2], 10, 64)
		total, err2 := strconv.ParseUint(f[len(f)-1], 10, 64)
		if err1 == nil && err2 == nil {
			mt.Free, mt.Total, n = free, total, 2
		}
	}
	if len(f) < n+3 {
		return mt, false
	}
	mt.Type, mt.Options = f[len(f)-n-2], strings.Split(f[len(f)-n-1], ",")
	mt.Point = cutFields(l, n+2)
	return mt, true
}

// cutFields takes n columns off the right end.
func cutFields(l string, n int) string {
	l = strings.TrimRight(l, " \t")
	for range n {
		i := strings.LastIndexAny(l, " \t")
		if i < 0 {
			return ""
		}
		l = strings.TrimRight(l[:i], " \t")
	}
	return l
}

func parseEvent(l string) (host.Event, bool) {
	f := strings.Split(l, " ")
	for i, w := range f {
		id, err := strconv.Atoi(w)
		if w == "" || strings.Trim(w, "0123456789") != "" {
			continue
		}
		if i == 0 || err != nil || len(f) < i+3 {
			return host.Event{}, false
		}
		t, err := time.Parse(time.RFC3339, f[i+1])
		return host.Event{Log: strings.Join(f[:i], " "), ID: id, Time: t, Text: strings.Join(f[i+2:], " ")}, err == nil
	}
	return host.Event{}, false
}

func (p *parser) machine(e entry) error {
	s := &p.m.sys
	seen := map[string]bool{}
	var userLine int
	var user string
	for n, l := range p.lines(e, true) {
		k, v, _ := strings.Cut(l, " ")
		if seen[k] && k != "workspace" {
			return p.errorf(n, "%s occurs twice in machine", k)
		}
		seen[k] = true
		if v == "" {
			return p.errorf(n, "want %s value…, not %q", k, l)
		}
		yes := func(to *bool) error {
			if v != "yes" && v != "no" {
				return p.errorf(n, "want %s yes|no, not %q", k, l)
			}
			*to = v == "yes"
			return nil
		}
		var err error
		switch k {
		case "os":
			f := strings.Fields(v)
			if len(f) != 3 || !slices.Contains([]string{"windows", "linux", "darwin"}, f[0]) || !isVersion(f[0], f[1]) || !isID(f[2]) {
				return p.errorf(n, "want os windows|linux|darwin VERSION ARCH, with Windows 10.0.BUILD, the Linux kernel release, or the macOS product version, not %q", l)
			}
			s.OS, s.Version, s.Arch = f[0], f[1], f[2]
			s.Style = host.StyleOf(s.OS)
		case "user":
			user, userLine = v, n
		case "uid":
			s.UID, err = strconv.Atoi(v)
			if err != nil || s.UID < 0 {
				return p.errorf(n, "want uid N, not %q", l)
			}
		case "admin":
			err = yes(&s.Admin)
		case "container":
			err = yes(&s.Container)
		case "trusted":
			t := s.Trusted
			err = yes(&t)
			if p.guest == "" { // a guest's is the host's
				s.Trusted = t
			}
		case "locale":
			s.Locale = v
		case "shell":
			s.Shell = v
		case "workspace":
			s.Workspace = append(s.Workspace, v)
		case "editor":
			f := strings.Fields(v)
			if len(f) != 2 {
				return p.errorf(n, "want editor NAME VERSION, not %q", l)
			}
			s.Editor = host.Editor{Name: f[0], Version: f[1]}
		case "roots":
			if v != "none" {
				return p.errorf(n, "want roots none, not %q", l)
			}
			s.Roots = false
		case "now":
			t, err := time.Parse(time.RFC3339, v)
			if err != nil {
				return p.errorf(n, "want now RFC3339, not %q", l)
			}
			if p.guest == "" {
				p.m.now = t
			}
		default:
			return p.errorf(n, "unknown machine key %q: want os, user, uid, admin, locale, shell, workspace, trusted, editor, container, roots or now", k)
		}
		if err != nil {
			return err
		}
	}
	need := []string{"os", "user"}
	if p.guest == "" {
		need = append(need, "now")
	}
	if s.OS == "linux" {
		need = append(need, "uid", "shell")
	}
	for _, k := range need {
		if !seen[k] {
			return p.errorf(e.line, "machine has no line %q", k)
		}
	}
	if s.OS == "darwin" { // what macOS gives its first account
		if !seen["uid"] {
			s.UID = 501
		}
		if !seen["shell"] {
			s.Shell = "/bin/zsh"
		}
	}
	if s.OS == "windows" {
		s.UID = -1
	}
	for i := range user { // both may hold blanks; the home is absolute
		if user[i] == ' ' && s.Style.IsAbs(user[i+1:]) {
			s.User, s.Home = user[:i], user[i+1:]
			break
		}
	}
	if s.User == "" {
		return p.errorf(userLine, "want user NAME HOME with an absolute HOME, not %q", user)
	}
	for _, w := range s.Workspace {
		if !s.Style.IsAbs(w) {
			return p.errorf(e.line, "want an absolute workspace, not %q", w)
		}
	}
	return nil
}

func isVersion(os, v string) bool {
	if os == "linux" {
		return v != ""
	}
	n := 0
	for part := range strings.SplitSeq(v, ".") {
		if part == "" || strings.Trim(part, "0123456789") != "" {
			return false
		}
		n++
	}
	return os != "windows" || n == 3
}

// file reads an entry that is a path, or settings.
func (p *parser) file(e entry) error {
	st := p.m.sys.Style
	name := e.name
	if scope, ok := strings.CutPrefix(name, "settings "); ok {
		switch scope {
		case "user", "machine":
			name = p.m.sys.SettingsFile(scope)
		case "workspace":
			name = "./.vscode/settings.json"
		default:
			return p.errorf(e.line, "entry %s: want settings user, settings workspace or settings machine", e.name)
		}
	}
	n := &node{mode: 0o644, size: -1, uid: -1, gid: -1}
	enc := ""
	given := map[string]bool{}
	for {
		i := strings.LastIndexByte(name, ' ')
		if i < 0 {
			break
		}
		k, v, ok := strings.Cut(name[i+1:], "=")
		if !ok || k == "" || strings.Trim(k, "abcdefghijklmnopqrstuvwxyz") != "" {
			break
		}
		if given[k] {
			return p.errorf(e.line, "attribute %s occurs twice in %q", k, e.name)
		}
		given[k] = true
		var err error
		switch k {
		case "mode":
			var x uint64
			if x, err = strconv.ParseUint(v, 8, 12); err == nil {
				n.mode = fileMode(uint32(x))
			}
			n.has |= hasMode
		case "owner":
			n.owner = v
			n.has |= hasOwner
		case "group":
			n.group = v
			n.has |= hasGroup
		case "uid":
			n.uid, err = strconv.Atoi(v)
			n.has |= hasUID
		case "gid":
			n.gid, err = strconv.Atoi(v)
			n.has |= hasGID
		case "mtime":
			n.mtime, err = time.Parse(time.RFC3339, v)
		case "size":
			n.size, err = strconv.ParseInt(v, 10, 64)
			if n.size < 0 {
				err = strconv.ErrRange
			}
		case "acl":
			n.sddl = v
			if !validSDDL(v) {
				err = strconv.ErrSyntax
			}
		case "reparse":
			var x uint64
			x, err = strconv.ParseUint(v, 0, 32)
			n.reparse = uint32(x)
		case "encoding":
			enc = v
			if !slices.Contains([]string{"utf-16le", "utf-16be", "utf-8-bom", "crlf", "base64"}, v) {
				err = strconv.ErrSyntax
			}
		default:
			return p.errorf(e.line, "unknown attribute %s in %q: want mode=0755 owner=NAME uid=N group=NAME gid=N mtime=RFC3339 size=N acl=SDDL reparse=0x8000001B or encoding=utf-16le|utf-16be|utf-8-bom|crlf|base64", k, e.name)
		}
		if err != nil || v == "" {
			return p.errorf(e.line, "bad value %q of %s in %q: want mode=0755 uid=N gid=N mtime=RFC3339 size=N acl=SDDL reparse=0x8000001B or encoding=utf-16le|utf-16be|utf-8-bom|crlf|base64", v, k, e.name)
		}
		name = strings.TrimRight(name[:i], " ")
	}
	name, target, isLink := strings.Cut(name, " -> ")
	switch {
	case isLink:
		n.link, n.mode = strings.TrimSpace(target), 0o777
		if n.link == "" {
			return p.errorf(e.line, "entry %s: want a target after ->", e.name)
		}
		name = strings.TrimSuffix(name, "/")
	case strings.HasSuffix(name, "/"):
		n.dir = true
		if n.has&hasMode == 0 {
			n.mode = 0o755
		}
	}
	if isLink || n.dir {
		if strings.TrimSpace(e.text) != "" || given["size"] || given["encoding"] {
			return p.errorf(e.line, "entry %s: a link or directory has no text, size or encoding", e.name)
		}
	} else {
		data, err := encode(e.text, enc)
		if err != nil {
			return p.errorf(e.line, "entry %s: want base64 text: %v", e.name, err)
		}
		n.data = data
	}
	full, err := p.abs(e, name)
	if err != nil {
		return err
	}
	if rest, ok := strings.CutPrefix(full, "/proc/"); ok && strings.HasSuffix(rest, "/environ") && !st.Windows {
		n.data = bytes.ReplaceAll(n.data, []byte("\n"), []byte{0})
	}
	if err := p.once(e.line, "path "+st.Key(full), "path "+full); err != nil {
		return err
	}
	return p.put(e.line, full, n)
}

// abs makes the name of an entry absolute.
func (p *parser) abs(e entry, name string) (string, error) {
	s := &p.m.sys
	if rest, ok := strings.CutPrefix(name, "./"); ok {
		if len(s.Workspace) == 0 {
			return "", p.errorf(e.line, "entry %s: ./ is the first workspace, and machine has none", e.name)
		}
		return s.Style.Join(s.Workspace[0], rest), nil
	}
	if !s.Style.IsAbs(name) {
		return "", p.errorf(e.line, "entry %s: want an absolute path of %s", e.name, s.OS)
	}
	return s.Style.Clean(name), nil
}

// put places a node. What a toolchains line made is replaced.
func (p *parser) put(line int, name string, n *node) error {
	m := p.m
	st := m.sys.Style
	m.stamp(n)
	if st.Dir(name) == name { // a root
		d, err := m.mkdir(name)
		if err != nil || !n.dir {
			return p.errorf(line, "%s is a directory", name)
		}
		n.name, n.kids = d.name, d.kids
		*d = *n
		return nil
	}
	d, err := m.mkdir(st.Dir(name))
	if err != nil {
		return p.errorf(line, "%s: %v", name, err)
	}
	n.name, n.orig = st.Base(name), n.data
	switch old := d.kids[m.fold(n.name)]; {
	case old == nil:
	case old.dir && n.dir: // it is the parent of another entry
		n.kids = old.kids
	case old.dir:
		return p.errorf(line, "%s is a directory in another entry", name)
	case n.dir:
		return p.errorf(line, "%s is no directory in another entry", name)
	case !old.tree || n.tree:
		return p.errorf(line, "path %s occurs twice: want it once", name)
	}
	d.add(m.fold(n.name), n)
	return nil
}

func encode(text, enc string) ([]byte, error) {
	switch enc {
	case "utf-16le", "utf-16be":
		u := utf16.Encode([]rune(text))
		b := make([]byte, 0, 2*len(u))
		for _, c := range u {
			if enc == "utf-16le" {
				b = append(b, byte(c), byte(c>>8))
			} else {
				b = append(b, byte(c>>8), byte(c))
			}
		}
		return b, nil
	case "utf-8-bom":
		return []byte("\ufeff" + text), nil
	case "crlf":
		return []byte(strings.ReplaceAll(text, "\n", "\r\n")), nil
	case "base64":
		return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	}
	return []byte(text), nil
}

func fileMode(x uint32) fs.FileMode {
	m := fs.FileMode(x & 0o777)
	for bit, f := range map[uint32]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if x&bit != 0 {
			m |= f
		}
	}
	return m
}

// finish makes what a machine has without saying so: roots, mount points, home and folders, owners, times.
func (p *parser) finish() error {
	m := p.m
	s := &m.sys
	if !s.Style.Windows {
		if _, err := m.mkdir("/"); err != nil {
			return err
		}
	}
	if s.OS == "linux" && s.Roots && !p.hasRoots() {
		if err := p.put(1, bundleFile, &node{mode: 0o644, size: -1, uid: -1, gid: -1, data: []byte(bundle)}); err != nil {
			return err
		}
	}
	mine := append([]string{}, s.Workspace...)
	// /nonexistent is the home of accounts that have none.
	if s.Home != "/nonexistent" && s.Home != "/" {
		mine = append(mine, s.Home)
	}
	owned := map[*node]bool{}
	for _, name := range mine {
		if _, err := m.mkdir(name); err != nil {
			return p.errorf(1, "%s: %v", name, err)
		}
		if n, _, err := m.walk(name, true, false); err == nil {
			owned[n] = true
		}
	}
	mounts := map[*node]host.Mount{}
	for _, mt := range m.mounts {
		n, _, err := m.walk(mt.Point, true, false)
		if err != nil {
			if slices.Contains([]string{"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}, mt.Point) {
				// Container runtimes mount these as files.
				err = p.put(1, mt.Point, &node{mode: 0o644, size: -1, uid: -1, gid: -1})
			} else {
				_, err = m.mkdir(mt.Point)
			}
			if err != nil {
				return p.errorf(1, "%s: %v", mt.Point, err)
			}
			n, _, err = m.walk(mt.Point, true, false)
			if err != nil {
				continue
			}
		}
		mounts[n] = mt
	}
	ids := m.accounts()
	if !s.Style.Windows {
		s.GIDs = ids.groups(s)
	}
	then := m.now.AddDate(0, 0, -30)
	for _, v := range m.volumes {
		m.settle(v, owned, mounts, ids, place{mount: -1, gid: -1}, then)
	}
	m.keys.settle(then)
	return nil
}

// hasRoots reports whether an entry gives any place from which crypto/x509 reads roots on Linux.
func (p *parser) hasRoots() bool {
	for _, name := range []string{bundleFile, "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem", "/etc/ssl/certs", "/etc/pki/tls/certs"} {
		if _, _, err := p.m.walk(name, false, false); err == nil {
			return true
		}
	}
	return false
}

const bundleFile = "/etc/ssl/certs/ca-certificates.crt"

// bundle is a self-signed root made for this purpose; its key was thrown away.
const bundle = `-----BEGIN CERTIFICATE-----
MIIBKDCB26ADAgECAgEBMAUGAytlcDAbMRkwFwYDVQQDExBTY2VuYXJpbyBSb290
IENBMCAXDTIwMDEwMTAwMDAwMFoYDzIwNjAwMTAxMDAwMDAwWjAbMRkwFwYDVQQD
ExBTY2VuYXJpbyBSb290IENBMCowBQYDK2VwAyEAjDm9WbyHNGITjhgUdAIulLvP
A3SvGSOJqI84UnzGMpmjQjBAMA4GA1UdDwEB/wQEAwICBDAPBgNVHRMBAf8EBTAD
AQH/MB0GA1UdDgQWBBSREkaXlad8CmQttnk5gSrmSpzdZDAFBgMrZXADQQAVcha1
FmcNOE9PavqN6uhG7tDLurvkyW8rlsIycZVugR3hDe3Cvjr4WSVr3Ck9y2r5ZDL0
NeD5D4hprG9jyfMP
-----END CERTIFICATE-----
`
