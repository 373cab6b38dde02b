package shell

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// fish plays the start-up files of fish as far as they are single statements: set, fish_add_path, export, source, and blocks of
// `if status is-login` and `is-interactive`. Every other statement that could change PATH makes PATH unknown.
//
// Source: fish(1), fish-language "Configuration files", set(1), fish_add_path(1) of fish 4.
type fish struct {
	f     FS
	sys   host.System
	mode  Mode
	res   *Result
	vars  map[string]*fishVar
	paths []PathEntry // of fish_add_path; they stand before PATH
	open  bool        // something unknown may have changed PATH
	depth int
}

type fishVar struct {
	list     []string
	known    bool
	exported bool
	by       *Assign
	entries  []PathEntry // of PATH
}

// A fishWord is one word of a statement, expanded to a list.
type fishWord struct {
	list       []string
	known      bool
	start, end int
	path       bool // it is $PATH
}

const maxSourced = 20

func runFish(f FS, sys host.System, mode Mode, start []string) *Result {
	r := &fish{f: f, sys: sys, mode: mode, res: &Result{Vars: map[string]*Var{}}, vars: map[string]*fishVar{}}
	for _, kv := range start {
		name, value := host.CutEnv(kv)
		v := &fishVar{list: []string{value}, known: true, exported: true}
		if name == "PATH" {
			v.entries = inherited(value)
		}
		r.vars[name] = v
	}
	conf := r.sys.Style.Join(sys.Home, ".config/fish")
	if v := r.vars["XDG_CONFIG_HOME"]; v != nil && v.list[0] != "" {
		conf = r.sys.Style.Join(v.list[0], "fish")
	}
	r.universal(conf + "/fish_variables")
	seen := map[string]bool{}
	var snippets []string
	for _, dir := range []string{conf + "/conf.d", "/etc/fish/conf.d"} {
		if f.List == nil {
			break
		}
		list, _ := f.List(dir)
		for _, e := range list {
			if strings.HasSuffix(e.Name, ".fish") && !seen[e.Name] {
				seen[e.Name] = true
				snippets = append(snippets, dir+"/"+e.Name)
			}
		}
	}
	slices.SortFunc(snippets, func(a, b string) int { return strings.Compare(path.Base(a), path.Base(b)) })
	for _, name := range append(snippets, "/etc/fish/config.fish", conf+"/config.fish") {
		r.file(name, host.Loc{})
	}
	return r.finish()
}

func (r *fish) finish() *Result {
	p := r.vars["PATH"]
	if p == nil {
		p = &fishVar{known: true, exported: true}
		r.vars["PATH"] = p
	}
	r.res.Path = slices.Concat(r.paths, p.entries)
	if len(r.paths) > 0 {
		p.by = r.paths[0].By
	}
	if r.open {
		r.res.Path = append(r.res.Path, PathEntry{At: host.EnvLoc("PATH"), Start: -1, End: -1})
	}
	for name, v := range r.vars {
		sep := " "
		if strings.HasSuffix(name, "PATH") {
			sep = ":"
		}
		r.res.Vars[name] = &Var{Value: strings.Join(v.list, sep), Known: v.known && (name != "PATH" || !r.open), Exported: v.exported, By: v.by}
	}
	var dirs []string
	for _, e := range r.res.Path {
		dirs = append(dirs, e.Dir)
	}
	r.res.Vars["PATH"].Value = strings.Join(dirs, ":")
	return r.res
}

func (r *fish) read(name string, from host.Loc) *host.Text {
	if r.f.Read == nil || len(r.res.Files) > maxSourced*10 {
		return nil
	}
	t, err := r.f.Read(name)
	if err != nil {
		return nil
	}
	r.res.Files = append(r.res.Files, &Source{Name: name, Text: t, From: from, Full: true})
	return t
}

// universal reads fish_variables: SETUVAR [--export] [--path] NAME:VALUE, the elements of a list parted by \x1e.
func (r *fish) universal(name string) {
	t := r.read(name, host.Loc{})
	if t == nil {
		return
	}
	for n := 1; n <= t.Lines(); n++ {
		start, end, _ := t.Line(n)
		rest, ok := strings.CutPrefix(t.S[start:end], "SETUVAR ")
		export := false
		for ok && strings.HasPrefix(rest, "--") {
			flag, more, _ := strings.Cut(rest, " ")
			export = export || flag == "--export"
			rest = more
		}
		key, value, found := strings.Cut(rest, ":")
		if !ok || !found || !isName(key) {
			continue
		}
		list := strings.Split(strings.NewReplacer(`\x2d`, "-", `\x2e`, ".", `\x2f`, "/", `\x20`, " ", `\x3a`, ":", `\x5f`, "_").Replace(value), `\x1e`)
		w := fishWord{list: list, known: !strings.Contains(strings.Join(list, ""), `\x`), start: end - len(value), end: end}
		a := r.assign(t, n, key, []fishWord{w}, start, end, export)
		if key == "fish_user_paths" {
			for _, dir := range list {
				if dir != "" {
					r.paths = append(r.paths, PathEntry{Dir: dir, Text: dir, At: a.At, Start: -1, End: -1, In: t, By: a, Known: w.known})
				}
			}
			continue
		}
		r.vars[key] = &fishVar{list: list, known: w.known, exported: export, by: a}
	}
}

func (r *fish) assign(t *host.Text, line int, name string, words []fishWord, start, end int, export bool) *Assign {
	a := &Assign{Name: name, Known: true, Exported: export, Export: export, Text: t, Start: end, End: end, StmtStart: start, StmtEnd: end}
	a.At = t.At
	a.At.Line = line
	var list []string
	for i, w := range words {
		if i == 0 {
			a.Start = w.start
		}
		a.End = w.end
		a.Known = a.Known && w.known
		list = append(list, w.list...)
	}
	a.Raw = t.S[a.Start:a.End]
	tail := strings.TrimSpace(t.S[a.End:end])
	a.Alone = tail == "" || tail[0] == '#'
	a.Value = strings.Join(list, " ")
	if name == "fish_user_paths" || name == "PATH" {
		a.Name, a.Exported, a.Value = "PATH", true, strings.Join(list, ":")
	}
	r.res.Assigns = append(r.res.Assigns, a)
	return a
}

// file plays one file, a statement to a line.
func (r *fish) file(name string, from host.Loc) {
	if r.depth > maxSourced {
		return
	}
	t := r.read(name, from)
	if t == nil {
		return
	}
	r.depth++
	defer func() { r.depth-- }()
	var blocks []block // open blocks
	for n := 1; n <= t.Lines(); n++ {
		start, end, _ := t.Line(n)
		words := r.words(t.S, start, end)
		if len(words) == 0 {
			continue
		}
		first := t.S[words[0].start:words[0].end]
		rest := strings.TrimSpace(t.S[words[len(words)-1].end:end]) // further commands, or a comment
		if rest != "" && rest[0] == '#' {
			rest = ""
		}
		run := taken
		for _, b := range blocks {
			run = max(run, b.run)
		}
		if run != skipped && mentionsPath(rest) {
			r.unknown(t, n, t.S[start:end])
		}
		switch first {
		case "if", "switch", "for", "while", "begin", "function":
			b := block{run: perhaps}
			switch {
			case first == "function":
				b.run = skipped
			case first == "begin":
				b.run = taken
			case first == "if" && rest == "":
				b = r.condition(t, words[1:])
			}
			if !strings.HasSuffix(rest, "end") {
				blocks = append(blocks, b)
			}
			continue
		case "else", "case":
			if len(blocks) > 0 {
				b := &blocks[len(blocks)-1]
				switch {
				case !b.sure:
				case b.run == taken:
					b.run = skipped
				default:
					b.run = taken
				}
			}
			continue
		case "end":
			if len(blocks) > 0 {
				blocks = blocks[:len(blocks)-1]
			}
			continue
		}
		if run != skipped {
			r.statement(t, n, words, start, end, run == perhaps)
		}
	}
}

// condition is whether a block is run: tests of the kind of start, and of files.
func (r *fish) condition(t *host.Text, words []fishWord) block {
	var args []string
	for _, w := range words {
		args = append(args, t.S[w.start:w.end])
	}
	b := block{run: perhaps}
	on := true
	switch {
	case len(args) == 2 && args[0] == "status":
		switch strings.TrimLeft(args[1], "-") {
		case "is-login":
			on = r.mode.Login
		case "is-interactive":
			on = r.mode.Interactive
		default:
			return b
		}
	case len(args) >= 3 && (args[0] == "test" && len(args) == 3 || args[0] == "[" && len(args) == 4) && words[2].known:
		fi, err := r.stat(words[2].list[0])
		switch args[1] {
		case "-d":
			on = err == nil && fi.IsDir()
		case "-e":
			on = err == nil
		case "-f":
			on = err == nil && fi.IsRegular()
		default:
			return b
		}
	default:
		return b
	}
	b.sure = true
	if b.run = skipped; on {
		b.run = taken
	}
	return b
}

// mentionsPath reports whether commands that are not played could change PATH.
func mentionsPath(s string) bool {
	for _, w := range []string{"PATH", "fish_add_path", "fish_user_paths", "source ", "eval "} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

type block struct {
	run  int
	sure bool
}

const (
	taken = iota
	perhaps
	skipped
)

// fishQuiet are programs whose fish initialisation leaves PATH alone.
var fishQuiet = []string{"starship", "zoxide", "direnv", "atuin", "fzf", "thefuck", "navi", "mcfly", "oh-my-posh", "jj", "gh", "kubectl", "docker"}

func (r *fish) statement(t *host.Text, line int, words []fishWord, start, end int, perhaps bool) {
	text := func(w fishWord) string { return t.S[w.start:w.end] }
	stmt := t.S[start:end]
	flags := func(from int) (set string, rest []fishWord) {
		rest = words[from:]
		for len(rest) > 0 && strings.HasPrefix(text(rest[0]), "-") {
			flag := text(rest[0])
			long := map[string]string{"--export": "x", "--global": "g", "--universal": "U", "--local": "l", "--unexport": "u", "--erase": "e", "--append": "a",
				"--prepend": "p", "--path": "P", "--move": "m", "--query": "q", "--function": "f", "--verbose": "v", "--dry-run": "n"}
			if s, ok := long[flag]; ok {
				set += s
			} else {
				set += strings.TrimLeft(flag, "-")
			}
			rest = rest[1:]
		}
		return set, rest
	}
	has := strings.Contains
	first := text(words[0])
	switch first {
	case "set":
		set, rest := flags(1)
		if len(rest) == 0 || has(set, "q") || has(set, "l") || has(set, "f") {
			return
		}
		name, values := text(rest[0]), rest[1:]
		if !isName(name) {
			return
		}
		old := r.vars[name]
		switch {
		case has(set, "e"):
			delete(r.vars, name)
			return
		case name == "fish_user_paths", name == "PATH":
			r.setPath(t, line, name, values, start, end, set, perhaps)
			return
		case len(values) == 0 && has(set, "x") && old != nil:
			old.exported = true
			return
		}
		export := has(set, "x") || old != nil && old.exported && !has(set, "u")
		a := r.assign(t, line, name, values, start, end, export)
		v := &fishVar{known: a.Known && !perhaps, exported: export, by: a}
		for _, w := range values {
			v.list = append(v.list, w.list...)
		}
		if old != nil && has(set, "a") {
			v.list = slices.Concat(old.list, v.list)
		}
		a.Known = v.known
		r.vars[name] = v
	case "export":
		for _, w := range words[1:] {
			name, _, ok := strings.Cut(text(w), "=")
			if !ok || !isName(name) {
				continue
			}
			if name == "PATH" {
				r.open = true
				continue
			}
			_, value, _ := strings.Cut(strings.Join(w.list, " "), "=")
			w.start += len(name) + 1
			w.list = []string{value}
			a := r.assign(t, line, name, []fishWord{w}, start, end, true)
			a.Known = a.Known && !perhaps
			a.Alone = a.Alone && len(words) == 2
			r.vars[name] = &fishVar{list: w.list, known: a.Known, exported: true, by: a}
		}
	case "fish_add_path":
		set, rest := flags(1)
		name := "fish_user_paths"
		if has(set, "P") {
			name = "PATH"
		}
		if !has(set, "a") {
			set += "p"
		}
		var dirs []fishWord // only directories that exist are added, each once
		for _, w := range rest {
			if !w.known || len(w.list) != 1 {
				dirs = append(dirs, w)
			} else if fi, err := r.stat(w.list[0]); err == nil && fi.IsDir() && !r.onPath(w.list[0]) {
				dirs = append(dirs, w)
			}
		}
		if len(dirs) > 0 {
			r.setPath(t, line, name, dirs, start, end, set, perhaps)
		}
	case "source", ".":
		if len(words) == 2 && words[1].known && len(words[1].list) == 1 && !perhaps {
			at := t.At
			at.Line = line
			r.file(words[1].list[0], at)
			return
		}
		r.unknown(t, line, stmt)
	default:
		if prefix, ok := brewPrefix(stmt); ok && !perhaps {
			w := fishWord{list: []string{prefix + "/bin", prefix + "/sbin"}, known: true, start: start, end: end}
			r.setPath(t, line, "PATH", []fishWord{w}, start, end, "p", false)
			return
		}
		if (has(stmt, "| source") || first == "eval") && !slices.ContainsFunc(fishQuiet, func(s string) bool { return strings.HasPrefix(path.Base(first), s) }) {
			r.unknown(t, line, stmt)
		} else if !has(stmt, "| source") && first != "echo" && mentionsPath(t.S[words[0].start:words[len(words)-1].end]) {
			r.unknown(t, line, stmt)
		}
	}
}

func (r *fish) stat(name string) (host.FileInfo, error) {
	if r.f.Stat == nil {
		return host.FileInfo{}, fs.ErrNotExist
	}
	return r.f.Stat(name)
}

func (r *fish) onPath(dir string) bool {
	is := func(e PathEntry) bool { return e.Dir == dir }
	p := r.vars["PATH"]
	return slices.ContainsFunc(r.paths, is) || p != nil && slices.ContainsFunc(p.entries, is)
}

func (r *fish) unknown(t *host.Text, line int, stmt string) {
	at := t.At
	at.Line = line
	r.res.Gaps = append(r.res.Gaps, Gap{At: at, Reason: "what %s does is not known", Args: []any{strings.TrimSpace(stmt)}})
	r.open = true
}

// brewPrefix is the prefix of Homebrew whose shellenv a statement evaluates.
func brewPrefix(stmt string) (string, bool) {
	for _, p := range []string{"/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"} {
		if strings.Contains(stmt, p+"/bin/brew shellenv") {
			return p, true
		}
	}
	return "", false
}

// setPath assigns PATH, or the list that stands before it.
func (r *fish) setPath(t *host.Text, line int, name string, values []fishWord, start, end int, set string, perhaps bool) {
	a := r.assign(t, line, name, values, start, end, true)
	if perhaps || !a.Known {
		r.open = true
		a.Known = false
	}
	p := r.vars["PATH"]
	if p == nil {
		p = &fishVar{known: true, exported: true}
		r.vars["PATH"] = p
	}
	old := &p.entries
	if name == "fish_user_paths" {
		old = &r.paths
	}
	var list []PathEntry
	for _, w := range values {
		if w.path {
			list = append(list, *old...)
			continue
		}
		for _, dir := range w.list {
			for d := range strings.SplitSeq(dir, ":") {
				e := PathEntry{Dir: d, Text: t.S[w.start:w.end], At: a.At, Start: w.start, End: w.end, In: t, By: a, Known: w.known && !perhaps}
				if len(w.list) > 1 || d != dir || w.end > w.start && (t.S[w.start] == '"' || t.S[w.start] == '\'') {
					e.Start, e.End = -1, -1
				}
				list = append(list, e)
			}
		}
	}
	a.entries = list
	switch {
	case strings.Contains(set, "a"):
		*old = slices.Concat(*old, list)
	case strings.Contains(set, "p"):
		*old = slices.Concat(list, *old)
	default:
		*old = list
	}
	if name == "PATH" {
		p.by = a
	}
}

// words splits a line into expanded words, up to a comment or the end of the first command.
func (r *fish) words(s string, start, end int) (list []fishWord) {
	for i := start; i < end; {
		for i < end && (s[i] == ' ' || s[i] == '\t') {
			i++
		}
		if i >= end || s[i] == '#' || s[i] == ';' {
			break
		}
		w := fishWord{start: i, known: true}
		var b strings.Builder
		quote := byte(0)
		for ; i < end; i++ {
			c := s[i]
			switch {
			case quote == 0 && (c == ' ' || c == '\t' || c == ';'):
				goto done
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case quote != 0 && c == quote:
				quote = 0
			case c == '\\' && i+1 < end && quote != '\'':
				i++
				b.WriteByte(s[i])
			case c == '$' && quote != '\'':
				n := i + 1
				for n < end && isName("_"+s[n:n+1]) {
					n++
				}
				name := s[i+1 : n]
				v := r.vars[name]
				switch {
				case name == "PATH" || name == "fish_user_paths":
					w.path = true
				case v == nil:
				case len(v.list) == 1:
					b.WriteString(v.list[0])
					w.known = w.known && v.known
				default:
					w.known = false
				}
				i = n - 1
			case quote != '\'' && c == '(', quote == 0 && (c == '*' || c == '?' || c == '{'):
				w.known = false
				if c == '(' {
					for depth := 0; i < end; i++ {
						if s[i] == '(' {
							depth++
						} else if s[i] == ')' {
							if depth--; depth == 0 {
								break
							}
						}
					}
				}
			case c == '~' && i == w.start && (i+1 == end || s[i+1] == '/' || s[i+1] == ' '):
				b.WriteString(r.sys.Home)
			default:
				b.WriteByte(c)
			}
		}
	done:
		w.end = min(i, end)
		w.list = []string{b.String()}
		list = append(list, w)
		if i < end && s[i] == ';' {
			break
		}
	}
	return list
}
