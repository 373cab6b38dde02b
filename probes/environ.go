package probes

import (
	"slices"
	"strings"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/winenv"
)

// A block is an environment block that was inherited, observed or computed.
type block struct {
	list []facts.Var // in block order; By is set where the computation knows it
	path []*facts.PathEntry
}

func (b *block) get(st host.Style, name string) string {
	for i := len(b.list) - 1; i >= 0; i-- {
		if st.EqualName(b.list[i].Name, name) {
			return b.list[i].Value
		}
	}
	return ""
}

func (b *block) environ() []string {
	list := make([]string, 0, len(b.list))
	for _, v := range b.list {
		list = append(list, v.Name+"="+v.Value)
	}
	return list
}

// parseBlock reads NAME=value lines.
func parseBlock(env []string) *block {
	b := &block{list: make([]facts.Var, 0, len(env))}
	for _, kv := range env {
		name, val := host.CutEnv(kv)
		b.list = append(b.list, facts.Var{Name: name, Value: val, Known: true})
	}
	return b
}

// started is when the block of this process was made: the start of the editor's main process, which is the farthest ancestor
// with the same name as our parent. Where the parents are unknown it counts as an hour ago.
func started(r *reader) (at time.Time, parent string) {
	list, err := r.h.Processes()
	if err != nil || len(list) == 0 {
		return r.h.Now().Add(-time.Hour), ""
	}
	at = list[0].Start
	if len(list) > 1 {
		parent = list[1].Name
		for _, p := range list[1:] {
			if p.Name != parent {
				break
			}
			at = p.Start
		}
	}
	return at, parent
}

// interesting reports whether rules judge a variable: those that the go command or the runtime reads, and proxies.
func interesting(st host.Style, name string) bool {
	n := st.NameKey(name)
	if strings.HasPrefix(n, "GO") || strings.HasPrefix(n, "CGO_") {
		return true
	}
	switch strings.ToUpper(n) {
	case "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY":
		return true
	}
	switch n {
	case "CC", "CXX", "FC", "AR", "PKG_CONFIG", "G_HOME", "G_EXPERIMENTAL", "XDG_CONFIG_HOME", "XDG_CACHE_HOME":
		return true
	}
	return false
}

// persistent is what the places that outlive a process assign, weakest first, and what a fresh login gets from them.
type persistent struct {
	vars []*facts.Assignment
	// profiles are what PowerShell's profiles assign: of a terminal only, so that a value which the registry gives too is the registry's
	profiles []*facts.Assignment
	login    *block
	seen     bool          // a fresh login was seen to have just that
	starts   []facts.Start // fresh starts of shells
	// terminal is the block of a new integrated terminal that starts from the editor's; nil where the shell adds nothing.
	terminal  *block
	newest    time.Time // last write of a place that can assign OS variables
	loginFile string
	image     map[string]string // block of a container's first process
	readOnly  map[string]bool   // registry keys that this user may not write
	keys      []*host.Key       // registry keys that were read
}

// environ makes the views. A value that a process has and a persistent place would give belongs to the strongest such place, a
// PATH entry to the place that gives the same directory; else to env:NAME.
func environ(r *reader, own *block, p persistent, since time.Time, set []*facts.Settings, given []*facts.Assignment) (views []*facts.View, vars []*facts.Assignment) {
	vars = slices.Concat(p.vars, p.profiles)
	overtaken := p.newest.After(since)
	var sources []*facts.PathEntry
	for _, b := range []*block{p.login, p.terminal} {
		if b != nil {
			for _, e := range b.path {
				if e.By != nil {
					sources = append(sources, e)
				}
			}
		}
	}
	m := &viewMaker{st: r.st, vars: slices.Concat(p.profiles, p.vars), order: map[string][]*facts.PathEntry{}, strongest: map[string]*facts.PathEntry{}, byName: map[string]*facts.Assignment{}}
	for _, e := range sources {
		m.strongest[r.st.Key(e.Dir)] = e
	}
	if p.login != nil {
		for _, e := range p.login.path {
			if e.By != nil {
				key := r.st.Key(e.Dir)
				m.order[key] = append(m.order[key], e)
			}
		}
	}

	editor := m.view("editor", own, overtaken)
	var login *facts.View
	if !p.seen {
		login = m.observed(r, "login", overtaken)
	}
	if login == nil && p.login != nil {
		login = m.view("login", p.login, false)
	}
	terminal := m.observed(r, "terminal", overtaken)
	if terminal == nil {
		b := p.terminal
		if b == nil {
			b = own
		}
		terminal = m.view("terminal", terminalEnv(r, b, set, given), overtaken)
	}
	for _, v := range []*facts.View{editor, login, terminal} {
		if v != nil {
			views = append(views, v)
		}
	}
	return views, append(vars, m.process...)
}

// A viewMaker attributes the values of blocks to places.
type viewMaker struct {
	st   host.Style
	vars []*facts.Assignment
	// PATH entries with a persistent place, by directory: those of a fresh login in their order, and the strongest of all
	order     map[string][]*facts.PathEntry
	strongest map[string]*facts.PathEntry
	process   []*facts.Assignment
	byName    map[string]*facts.Assignment // of process, by name and value
}

// agree reports whether a block that was computed says the same as one that was seen, of what rules judge. Then it is the better one: it
// knows where each value comes from.
func agree(st host.Style, computed *block, seen []string) bool {
	b := parseBlock(seen)
	for _, pair := range [2][2]*block{{computed, b}, {b, computed}} {
		for _, v := range pair[0].list {
			if interesting(st, v.Name) && pair[1].get(st, v.Name) != v.Value {
				return false
			}
		}
	}
	dirs := func(b *block) (keys []string) {
		for _, e := range st.SplitList(b.get(st, "PATH")) {
			keys = append(keys, st.Key(e.Dir))
		}
		return keys
	}
	return slices.Equal(dirs(computed), dirs(b))
}

// observed is the view that was seen in another place. One that was seen before a place changed no longer holds.
func (m *viewMaker) observed(r *reader, name string, overtaken bool) *facts.View {
	env := r.h.View(name)
	if env == nil || overtaken && name == "login" {
		return nil
	}
	return m.view(name, parseBlock(env), overtaken)
}

func (m *viewMaker) view(name string, b *block, stale bool) *facts.View {
	v := &facts.View{Name: name, Vars: make(map[string]facts.Var, len(b.list)), Stale: stale}
	for _, x := range b.list {
		if m.st.EqualName(x.Name, "PATH") {
			v.Path = m.path(b, x)
		} else if x.Value != "" && x.By == nil && x.Known && interesting(m.st, x.Name) {
			x.By = m.attribute(x, stale)
		}
		if x.By != nil && x.Value != "" && !slices.Contains(x.By.Wins, name) {
			x.By.Wins = append(x.By.Wins, name)
		}
		v.Vars[m.st.NameKey(x.Name)] = x
	}
	return v
}

// attribute finds the place that gives a value. nil: only a process has it, and a place that could assign it is newer than
// that process, so that nothing is said of it.
func (m *viewMaker) attribute(x facts.Var, stale bool) *facts.Assignment {
	for i := len(m.vars) - 1; i >= 0; i-- {
		if a := m.vars[i]; a.OS() && a.Known && m.st.EqualName(a.Name, x.Name) && a.Value == x.Value {
			return a
		}
	}
	if stale {
		return nil
	}
	key := m.st.NameKey(x.Name) + "\x00" + x.Value
	a := m.byName[key]
	if a == nil {
		a = &facts.Assignment{Name: x.Name, Value: x.Value, Raw: x.Value, Known: true, Layer: facts.Process, At: host.EnvLoc(x.Name), Start: -1}
		m.byName[key] = a
		m.process = append(m.process, a)
	}
	return a
}

// path is the PATH of a view. An element that was only inherited belongs to the place from which a fresh login has it.
func (m *viewMaker) path(b *block, x facts.Var) (list []*facts.PathEntry) {
	entries := b.path
	if entries == nil {
		for _, el := range m.st.SplitList(x.Value) {
			entries = append(entries, &facts.PathEntry{Text: el.Text, Dir: m.st.Clean(el.Dir), Known: true, At: host.EnvLoc(x.Name), Layer: facts.Process, Start: -1})
		}
	}
	seen := map[string]int{}
	for _, e := range entries {
		key := m.st.Key(e.Dir)
		if e.By == nil && e.Known && e.Layer == facts.Process {
			if from := m.source(key, seen[key]); from != nil {
				own := *e // a start keeps what it inherited
				own.At, own.Layer, own.Source, own.Start, own.End, own.By = from.At, from.Layer, from.Source, from.Start, from.End, from.By
				e = &own
			} else if x.By != nil && b.path == nil {
				e.At, e.Layer, e.By = x.By.At, x.By.Layer, x.By
			}
		}
		seen[key]++
		list = append(list, e)
	}
	return list
}

// source is the n-th place from which a fresh login gets a directory, else the strongest that gives it anywhere.
func (m *viewMaker) source(key string, n int) *facts.PathEntry {
	if list := m.order[key]; len(list) > 0 {
		return list[min(n, len(list)-1)]
	}
	return m.strongest[key]
}

// terminalEnv is a block with what terminal.integrated.env.<os> changes in it; given are the assignments that settings make.
func terminalEnv(r *reader, b *block, set []*facts.Settings, given []*facts.Assignment) *block {
	prefix := terminalPrefix(r.sys.OS)
	var out *block
	for _, s := range set {
		if !settingsScope(s.Scope) {
			continue
		}
		for _, mem := range s.Values {
			name, ok := strings.CutPrefix(mem.Key, prefix)
			if !ok || !mem.IsString {
				continue
			}
			if out == nil {
				out = &block{list: slices.Clone(b.list)}
				if !anyPath(set, prefix, r.st) {
					out.path = b.path
				}
			}
			val, known := expandSetting(r, b, mem.Value)
			v := facts.Var{Name: name, Value: val, Known: known}
			if i := slices.IndexFunc(given, func(a *facts.Assignment) bool { return a.Text == s.Text && a.Start == mem.Start }); i >= 0 {
				v.By = given[i]
			} else if r.st.EqualName(name, "PATH") {
				v.By = &facts.Assignment{Name: name, Value: val, Known: known, Raw: mem.Value, Layer: facts.EditorSetting, At: host.SettingLoc(s.Scope, mem.Key), Text: s.Text, Start: mem.Start, End: mem.End}
			}
			if i := slices.IndexFunc(out.list, func(x facts.Var) bool { return r.st.EqualName(x.Name, name) }); i >= 0 {
				out.list[i] = v
			} else {
				out.list = append(out.list, v)
			}
		}
	}
	if out == nil {
		return b
	}
	return out
}

func anyPath(set []*facts.Settings, prefix string, st host.Style) bool {
	for _, s := range set {
		for _, m := range s.Values {
			if name, ok := strings.CutPrefix(m.Key, prefix); ok && st.EqualName(name, "PATH") {
				return true
			}
		}
	}
	return false
}

func terminalPrefix(goos string) string {
	switch goos {
	case "windows":
		return "terminal.integrated.env.windows."
	case "darwin":
		return "terminal.integrated.env.osx."
	}
	return "terminal.integrated.env.linux."
}

// registry reads the environment that Windows gives to a fresh process, which is its login view.
func registry(r *reader) persistent {
	var p persistent
	keys, err := winenv.Read(r.h)
	p.readOnly, p.keys = map[string]bool{}, keys
	for _, k := range keys {
		p.readOnly[k.Name] = k.ReadOnly
		if k.Name == winenv.MachineKey || k.Name == winenv.UserKey {
			r.watch = append(r.watch, host.RegLoc(k.Name, ""))
			if k.Written.After(p.newest) {
				p.newest = k.Written
			}
		}
	}
	base, fresh := winenv.Base(r.sys), r.h.View("login")
	for _, kv := range fresh { // no key has these
		name, _ := host.CutEnv(kv)
		for i := range base {
			if n, _ := host.CutEnv(base[i]); r.st.EqualName(n, name) {
				base[i] = kv
			}
		}
	}
	env := winenv.Build(base, keys)
	p.login = parseBlock(env.Block())
	p.seen = agree(r.st, p.login, fresh)
	by := map[*winenv.Var]*facts.Assignment{}
	for i := range env.Vars {
		v := &env.Vars[i]
		layer := facts.Volatile
		switch v.At.Path {
		case winenv.MachineKey:
			layer = facts.Machine
		case winenv.UserKey:
			layer = facts.User
		}
		a := &facts.Assignment{Name: v.Name, Value: v.Value, Raw: v.Raw, Known: true, Type: v.Type, Layer: layer, At: v.At, Text: v.Text, End: len(v.Raw), Cuttable: true}
		r.texts[v.At] = v.Text
		by[v] = a
		p.vars = append(p.vars, a)
	}
	slices.SortStableFunc(p.vars, func(a, b *facts.Assignment) int { return int(a.Layer) - int(b.Layer) })
	p.login.path = []*facts.PathEntry{}
	for i := range env.Path {
		w := &env.Path[i]
		e := &facts.PathEntry{Text: w.Text, Dir: r.st.Clean(w.Dir), Known: true, At: w.At, Start: w.Start, End: w.End, Layer: facts.Session}
		if w.Var != nil {
			e.By = by[w.Var]
			e.Source, e.Layer = w.Var.Text, e.By.Layer
		}
		p.login.path = append(p.login.path, e)
	}
	if err != nil { // what could not be read may add anything
		for _, name := range []string{winenv.MachineKey, winenv.UserKey} {
			if !slices.ContainsFunc(keys, func(k *host.Key) bool { return k.Name == name }) {
				r.gap(host.RegLoc(name, ""), err)
			}
		}
		p.login.path = append(p.login.path, unknownEntry())
	}
	return p
}

// unknownEntry stands in a PATH for what nobody could read.
func unknownEntry() *facts.PathEntry {
	return &facts.PathEntry{At: host.EnvLoc("PATH"), Layer: facts.Process, Start: -1}
}
