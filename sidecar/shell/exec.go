package shell

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"mvdan.cc/sh/v3/syntax"
)

const (
	maxSteps = 100_000 // statements, and bytes of values by the 64
	maxDepth = 50      // files, functions and evals within each other
	// maxNested bounds what can nest in a file, because the parser and the evaluator recurse: 4 MiB of "(" would end the process.
	maxNested = 20_000
)

type control int8

const (
	ctlNone control = iota
	ctlBreak
	ctlContinue
	ctlReturn
	ctlExit
	ctlStop // a limit
)

// A frame is the text that is being executed.
type frame struct {
	name   string
	text   *host.Text
	src    string // as written
	parsed string // what the parser saw: the same length
	dirty  bool   // parsed is not src
	whole  bool   // src is all of text
	fixed  *place // text that eval made: where the eval stands
}

type function struct {
	body  *syntax.Stmt
	frame *frame
}

type runner struct {
	fs    FS
	sys   host.System
	shell string // "sh", "bash", "zsh"
	// parser is free whenever statements run: a text is parsed before its first statement is executed.
	parser *syntax.Parser
	mode   Mode
	res    *Result

	vars   map[string]*variable
	funcs  map[string]*function
	stats  map[string]status
	params []field
	frame  *frame
	mark   marker
	files  []string // being read, outermost first
	scopes []map[string]*variable

	cond      []string
	manager   string
	stmtAt    place // the simple statement being executed
	sole      bool  // it is all that its compound statement holds
	last      truth
	ctl       control
	levels    int // loops to leave
	loops     int
	steps     int
	depth     int
	allexport bool
	escapes   []escape // where a return may have left
	exits     []escape // where an exit may have left
}

// An escape is a state in which a text may have been left early.
type escape struct {
	vars map[string]*variable
	at   place
	cond string
}

func (r *runner) gap(at place, reason string, args ...any) {
	if len(r.res.Gaps) < 1000 {
		r.res.Gaps = append(r.res.Gaps, Gap{At: r.loc(at), Reason: reason, Args: args})
	}
}

// loc charges for a long way, so that a loop on a line of a megabyte ends.
func (r *runner) loc(p place) host.Loc {
	l, cost := r.mark.loc(p)
	r.steps += cost / 1024
	return l
}

func (r *runner) work(n int) {
	if r.steps += n; r.steps > maxSteps && r.ctl != ctlStop {
		r.ctl = ctlStop
		at := r.stmtAt
		r.gap(at, "too much to follow: the rest is not evaluated")
		r.pathUnknown()
	}
}

// pathUnknown keeps the entries of PATH that are known, and says that there may be others.
func (r *runner) pathUnknown() { r.forget("PATH") }

// forget makes a variable unknown.
func (r *runner) forget(name string) {
	n := variable{}
	if v := r.vars[name]; v != nil {
		n = *v
	}
	n.known = false
	if name != "PATH" {
		n.s = ""
	}
	if name == "PATH" {
		n.list = true
	}
	r.vars[name] = &n
}

// source plays a file in this shell.
func (r *runner) source(name string, t *host.Text, from place) truth {
	for _, f := range r.files {
		if f == name {
			r.gap(from, "%s sources itself", name)
			return unknown
		}
	}
	src := &Source{Name: name, Text: t, From: r.loc(from)}
	r.res.Files = append(r.res.Files, src)
	if r.depth >= maxDepth || len(r.res.Files) > 1000 {
		r.gap(from, "files are sourced too deeply")
		r.pathUnknown()
		return unknown
	}
	fr := &frame{name: name, text: t, src: t.S, whole: true}
	if t.Enc == host.UTF8BOM { // the mark is a part of the first word, so that the first line is a command that nobody has
		_, end, _ := t.Line(1)
		fr.src = strings.Repeat(" ", end) + t.S[end:]
	}
	savedCond, savedManager, savedLoops := r.cond, r.manager, r.loops
	r.cond, r.loops = nil, 0
	if m := managerOf(name); m != "" {
		r.manager = m
	}
	r.files = append(r.files, name)
	ok := r.program(fr)
	r.files = r.files[:len(r.files)-1]
	r.cond, r.manager, r.loops = savedCond, savedManager, savedLoops
	src.Full = ok && r.ctl == ctlNone
	if r.ctl == ctlReturn {
		r.ctl = ctlNone
	}
	return r.last
}

// parsed are the statements of a text, up to a syntax error. Nothing changes them.
type parsed struct {
	list []*syntax.Stmt
	err  error
}

func (r *runner) parse(text string) (list []*syntax.Stmt, err error) {
	if r.parser == nil {
		lang := syntax.LangBash
		if r.shell == "zsh" {
			lang = syntax.LangZsh
		}
		r.parser = syntax.NewParser(syntax.Variant(lang))
	}
	for s, err := range r.parser.StmtsSeq(strings.NewReader(text)) {
		if err != nil || len(list) > maxSteps {
			return list, err
		}
		list = append(list, s)
	}
	return list, nil
}

// program parses and executes a text; it reports false for a syntax error.
func (r *runner) program(fr *frame) (whole bool) {
	savedFrame, savedEscapes := r.frame, r.escapes
	r.frame, r.escapes = fr, nil
	r.depth++
	defer func() {
		r.depth--
		r.joinEscapes(r.escapes)
		r.frame, r.escapes = savedFrame, savedEscapes
	}()
	whole = true
	fr.prepare()
	if nested(fr.parsed) > maxNested {
		at := r.start()
		r.gap(at, "too long to be parsed")
		r.pathUnknown()
		return false
	}
	todo := fr.parsed
	for try := 0; ; try++ {
		list, bad := []*syntax.Stmt(nil), error(nil)
		if try == 0 && fr.whole && r.fs.Parsed != nil {
			p := r.fs.Parsed(fr.text, r.shell, func() any {
				list, err := r.parse(todo)
				return parsed{list, err}
			}).(parsed)
			list, bad = p.list, p.err
		} else {
			list, bad = r.parse(todo)
		}
		if bad == nil {
			r.stmts(list, false)
			return whole
		}
		whole = false
		off := len(fr.src)
		var pe syntax.ParseError
		var le syntax.LangError
		reason := bad.Error()
		switch {
		case errors.As(bad, &pe):
			off, reason = int(pe.Pos.Offset()), pe.Text
		case errors.As(bad, &le):
			off = int(le.Pos.Offset())
		}
		off = min(off, len(fr.src))
		// A shell reads whole lines: what stands before the error on its line is not executed.
		line := strings.LastIndexByte(fr.src[:off], '\n') + 1
		for len(list) > 0 && int(list[len(list)-1].End().Offset()) > line {
			list = list[:len(list)-1]
		}
		r.stmts(list, false)
		at := place{text: fr.text, start: off, end: off}
		if fr.fixed != nil {
			at = *fr.fixed
		}
		r.gap(at, "syntax error: %s", reason)
		if r.shell != "zsh" || try >= 20 || r.ctl != ctlNone {
			if r.shell == "zsh" {
				r.pathUnknown()
			}
			return false
		}
		// The parser does not know all of zsh: go on at the next line that begins a statement.
		next := off
		for {
			i := strings.IndexByte(fr.parsed[next:], '\n')
			if i < 0 {
				return false
			}
			next += i + 1
			if next < len(fr.parsed) && strings.IndexByte(" \t\n#})", fr.parsed[next]) < 0 && !closes(fr.parsed[next:]) {
				break
			}
		}
		blank := []byte(fr.parsed[:next])
		for i := range blank {
			if blank[i] != '\n' {
				blank[i] = ' '
			}
		}
		todo = string(blank) + fr.parsed[next:]
	}
}

func closes(s string) bool {
	for _, w := range []string{"fi", "done", "esac", "else", "elif", "then", "do"} {
		if rest, ok := strings.CutPrefix(s, w); ok && (rest == "" || strings.IndexByte(" \t\n;", rest[0]) >= 0) {
			return true
		}
	}
	return false
}

func (r *runner) start() place {
	if r.frame.fixed != nil {
		return *r.frame.fixed
	}
	return place{text: r.frame.text}
}

// prepare makes the text that the parser sees.
func (fr *frame) prepare() {
	fr.parsed = fr.src
	if utf8.ValidString(fr.src) && !strings.Contains(fr.src, "\r\n") {
		return
	}
	b := []byte(fr.src)
	for i := 0; i < len(b); {
		c, w := utf8.DecodeRune(b[i:])
		switch {
		case c == utf8.RuneError && w == 1:
			b[i] = placeholder
			fr.dirty = true
		case c == '\r' && i+1 < len(b) && b[i+1] == '\n':
			b[i] = placeholder
			fr.dirty = true
		}
		i += w
	}
	fr.parsed = string(b)
}

// nested is an upper bound of how deeply a text nests.
func nested(s string) int {
	if len(s) < maxNested {
		return 0
	}
	n, equals := 0, 0
	prev := byte('\n') // the last byte that is not blank
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch c {
		case '(', '{', '[', '`', '&', '|', '?', '!', '<':
			n++
		case '\n':
			equals = 0
		case '=': // a=b=c
			if equals++; equals > 1 {
				n++
			}
		case '-', '+', '~', '*', '/', ',': // operators of arithmetic nest where they follow each other
			if strings.IndexByte("-+~!(*/=,", prev) >= 0 {
				n++
			}
		case 'i', 'd', 'w', 'u', 'c', 's', 'f', 't', 'e':
			if i > 0 && isName("_"+s[i-1:i]) {
				break
			}
			for _, word := range [...]string{"if", "do", "while", "until", "case", "select", "for", "function", "then", "else", "elif", "time", "coproc"} {
				if strings.HasPrefix(s[i:], word) && (i+len(word) == len(s) || !isName("_"+s[i+len(word):i+len(word)+1])) {
					n++
				}
			}
		}
		if c != ' ' && c != '\t' {
			prev = c
		}
	}
	return n
}

func (r *runner) stmts(list []*syntax.Stmt, body bool) truth {
	st := yes
	for _, s := range list {
		if r.ctl != ctlNone {
			break
		}
		r.sole = body && len(list) == 1
		st = r.stmt(s)
		r.last = st
	}
	return st
}

func (r *runner) stmt(s *syntax.Stmt) truth {
	r.work(1)
	if r.ctl != ctlNone {
		return unknown
	}
	if s.Background || s.Coprocess || s.Disown {
		return yes
	}
	st := r.command(s)
	if s.Negated {
		st = st.not()
	}
	return st
}

func (r *runner) command(s *syntax.Stmt) truth {
	sole := r.sole
	switch c := s.Cmd.(type) {
	case nil:
		return yes
	case *syntax.CallExpr:
		return r.call(s, c, sole)
	case *syntax.DeclClause:
		r.stmtAt = r.at(s)
		return r.declare(s, c, sole)
	case *syntax.Block:
		return r.stmts(c.Stmts, true)
	case *syntax.IfClause:
		return r.ifClause(c)
	case *syntax.CaseClause:
		return r.caseClause(c)
	case *syntax.ForClause:
		return r.forClause(c)
	case *syntax.WhileClause:
		r.skipLoop(c, c.Do)
		return unknown
	case *syntax.BinaryCmd:
		switch c.Op {
		case syntax.AndStmt, syntax.OrStmt:
			x := r.stmt(c.X)
			r.last = x
			if r.ctl != ctlNone {
				return x
			}
			cond := r.text(c.X)
			want := yes
			if c.Op == syntax.OrStmt {
				want = no
				cond = "! " + cond
			}
			if x != want && x != unknown {
				return x
			}
			if x == want {
				st := x
				r.under(cond, func() { r.sole = true; st = r.stmt(c.Y) })
				return st
			}
			r.maybe(r.at(c.X), cond, func() { r.sole = true; r.last = r.stmt(c.Y) }, func() {})
			return unknown
		}
		return r.pipe(c)
	case *syntax.FuncDecl:
		if c.Name != nil {
			r.funcs[c.Name.Value] = &function{body: c.Body, frame: r.frame}
		}
		for _, n := range c.Names {
			r.funcs[n.Value] = &function{body: c.Body, frame: r.frame}
		}
		return yes
	case *syntax.TestClause:
		if r.shell == "sh" && r.vars["BASH"] == nil {
			return no // dash has no [[
		}
		return r.test(c.X)
	case *syntax.ArithmCmd:
		n, ok := r.arith(c.X)
		if !ok {
			return unknown
		}
		return truthOf(n != 0)
	case *syntax.TimeClause:
		if c.Stmt == nil {
			return yes
		}
		return r.stmt(c.Stmt)
	}
	return unknown // a subshell, a coprocess, let: nothing of it stays
}

// text is a condition as written, on one line and not too long.
func (r *runner) text(n syntax.Node) string {
	raw := r.raw(n)
	s := strings.Join(strings.Fields(strings.TrimRight(raw[:min(len(raw), 400)], "; \t")), " ")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

func (r *runner) under(cond string, f func()) {
	r.cond = append(r.cond, cond)
	f()
	r.cond = r.cond[:len(r.cond)-1]
}

// maybe plays each branch from the same state and keeps what they agree on.
func (r *runner) maybe(at place, cond string, branches ...func()) {
	base, funcs := r.vars, maps.Clone(r.funcs)
	params, allexport := r.params, r.allexport
	var states []map[string]*variable
	escaped := ctlNone
	for i, b := range branches {
		r.work(len(base) / 16)
		r.vars, r.params, r.allexport = maps.Clone(base), params, allexport
		name := cond
		if i > 0 && cond != "" {
			name = "! " + cond
		}
		r.under(name, b)
		switch r.ctl {
		case ctlReturn:
			r.escapes = append(r.escapes, escape{r.vars, at, cond})
			escaped = r.ctl
			r.ctl = ctlNone
		case ctlExit:
			r.exits = append(r.exits, escape{r.vars, at, cond})
			escaped = r.ctl
			r.ctl = ctlNone
		case ctlStop:
			r.vars = base
			r.pathUnknown()
			return
		default:
			r.ctl = ctlNone
			states = append(states, r.vars)
		}
	}
	for n, f := range r.funcs {
		funcs[n] = f
	}
	r.funcs, r.params, r.allexport = funcs, params, allexport
	if len(states) == 0 {
		r.vars = base
		r.ctl = escaped
		return
	}
	differ := r.merge(base, states)
	if len(differ) > 0 {
		r.gap(at, "%s may depend on a condition that only a run can tell", strings.Join(differ, ", "))
	}
}

// merge makes unknown what differs, and names what of it children would get.
func (r *runner) merge(base map[string]*variable, states []map[string]*variable) (differ []string) {
	out := states[0]
	for _, s := range states[1:] {
		for name := range s {
			if _, ok := out[name]; !ok {
				out[name] = nil
			}
		}
	}
	for name, a := range out {
		same := a != nil
		exported := a != nil && a.exported
		for _, s := range states[1:] {
			b := s[name]
			if b != nil && b.exported {
				exported = true
			}
			if b == a {
				continue
			}
			if a == nil || b == nil || a.s != b.s || !a.known || !b.known || a.exported != b.exported || a.isArray || b.isArray {
				same = false
			}
		}
		if same {
			continue
		}
		n := &variable{exported: exported}
		for _, s := range states {
			if b := s[name]; b != nil && (n.by == nil || base[name] != b) {
				n.by = b.by
			}
		}
		if name == "PATH" {
			n.list = true
			if b := base[name]; b != nil {
				for _, e := range b.entries {
					in := true
					for _, s := range states {
						in = in && s[name] != nil && hasDir(s[name].entries, e.Dir)
					}
					if in {
						n.entries = append(n.entries, e)
					}
				}
			}
			n.s = joinEntries(n.entries)
		}
		if exported || name == "PATH" {
			differ = append(differ, name)
		}
		out[name] = n
	}
	r.vars = out
	sortStrings(differ)
	return differ
}

func hasDir(list []PathEntry, dir string) bool {
	for _, e := range list {
		if e.Dir == dir {
			return true
		}
	}
	return false
}

// joinEscapes takes in the states in which a return or an exit may have left early.
func (r *runner) joinEscapes(list []escape) {
	for _, e := range list {
		differ := r.merge(maps.Clone(e.vars), []map[string]*variable{r.vars, e.vars})
		if len(differ) > 0 {
			r.gap(e.at, "%s may depend on a condition that only a run can tell", strings.Join(differ, ", "))
		}
	}
}

func (r *runner) ifClause(c *syntax.IfClause) truth {
	if len(c.Cond) == 0 { // else
		return r.stmts(c.Then, true)
	}
	st := r.stmts(c.Cond, true)
	if r.ctl != ctlNone {
		return st
	}
	cond := r.condText(c.Cond)
	result := yes
	then := func() { result = r.stmts(c.Then, true) }
	other := func() {
		if c.Else != nil {
			result = r.ifClause(c.Else)
		}
	}
	switch st {
	case yes:
		r.under(cond, then)
		return result
	case no:
		r.under("! "+cond, other)
		return result
	}
	r.maybe(r.at(c.Cond[0]), cond, then, other)
	return unknown
}

func (r *runner) condText(list []*syntax.Stmt) string {
	var s []string
	for _, c := range list {
		s = append(s, r.text(c))
	}
	return strings.Join(s, "; ")
}

func (r *runner) caseClause(c *syntax.CaseClause) truth {
	s, known := join(r.word(c.Word, false))
	result := yes
	run := func(i int) {
		for ; i < len(c.Items) && r.ctl == ctlNone; i++ {
			result = r.stmts(c.Items[i].Stmts, true)
			if c.Items[i].Op != syntax.Fallthrough {
				break
			}
		}
	}
	var branches []func()
	for i, item := range c.Items {
		hit := no
		for _, p := range item.Patterns {
			pat, ok := r.pattern(p)
			switch {
			case ok && pat == "*":
				hit = yes
			case !ok || !known || len(pat)*len(s) > 1<<22 || hasExtGlob(p):
				if hit == no {
					hit = unknown
				}
			default:
				r.work(len(pat) * len(s) / 4096)
				if match(pat, s) {
					hit = yes
				}
			}
			if hit == yes {
				break
			}
		}
		if hit == no {
			continue
		}
		if hit == yes && len(branches) == 0 {
			pats := r.patterns(item)
			r.under("case "+r.text(c.Word)+" in "+pats, func() { run(i) })
			return result
		}
		branches = append(branches, func() { run(i) })
		if hit == yes {
			r.maybe(r.at(c.Word), "case "+r.text(c.Word), branches...)
			return unknown
		}
	}
	if len(branches) > 0 {
		r.maybe(r.at(c.Word), "case "+r.text(c.Word), append(branches, func() {})...)
		return unknown
	}
	return yes
}

func (r *runner) patterns(item *syntax.CaseItem) string {
	var s []string
	for _, p := range item.Patterns {
		s = append(s, r.text(p))
	}
	return strings.Join(s, "|")
}

func hasExtGlob(w *syntax.Word) bool {
	for _, p := range w.Parts {
		if _, ok := p.(*syntax.ExtGlob); ok {
			return true
		}
	}
	return false
}

func (r *runner) forClause(c *syntax.ForClause) truth {
	it, ok := c.Loop.(*syntax.WordIter)
	if !ok || c.Select {
		r.skipLoop(c, c.Do)
		return unknown
	}
	items := r.params
	if it.InPos.IsValid() {
		var ok bool
		if items, ok = r.fields(it.Items); !ok {
			r.skipLoop(c, c.Do)
			return unknown
		}
	}
	st := yes
	r.loops++
	for _, f := range items {
		r.work(1)
		old := r.vars[it.Name.Value]
		r.set(it.Name.Value, &variable{s: f.s, known: f.known, exported: old != nil && old.exported})
		st = r.stmts(c.Do, true)
		if r.ctl == ctlBreak || r.ctl == ctlContinue {
			stop := r.ctl == ctlBreak
			if r.levels--; r.levels > 0 {
				break
			}
			r.ctl = ctlNone
			if stop {
				break
			}
		}
		if r.ctl != ctlNone {
			break
		}
	}
	r.loops--
	return st
}

// skipLoop makes unknown what a loop, which is not played, would assign.
func (r *runner) skipLoop(n syntax.Node, body []*syntax.Stmt) {
	var names []string
	add := func(name string) {
		for _, n := range names {
			if n == name {
				return
			}
		}
		names = append(names, name)
	}
	for node := range syntax.Preorder(n) {
		switch c := node.(type) {
		case *syntax.Assign:
			if c.Name != nil && !c.Naked {
				name := c.Name.Value
				if r.shell == "zsh" && name == "path" {
					name = "PATH"
				}
				add(name)
			}
		case *syntax.CallExpr:
			if len(c.Args) == 0 {
				continue
			}
			switch c.Args[0].Lit() {
			case "read":
				for _, w := range c.Args[1:] {
					if l := w.Lit(); l != "" && l[0] != '-' {
						add(l)
					}
				}
			case ".", "source", "eval":
				add("PATH")
			default:
				if r.funcs[c.Args[0].Lit()] != nil {
					add("PATH")
				}
			}
		}
	}
	if len(names) == 0 {
		return
	}
	for _, name := range names {
		r.forget(name)
	}
	sortStrings(names)
	r.gap(r.at(n), "a loop that only a run can tell assigns %s", strings.Join(names, ", "))
}

func sortStrings(s []string) {
	for i := 1; i < len(s); i++ {
		for j := i; j > 0 && s[j] < s[j-1]; j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
}

func (r *runner) set(name string, v *variable) {
	if v.unique && v.list {
		var list []PathEntry
		for _, e := range v.entries {
			if !e.Known || !hasDir(list, e.Dir) {
				list = append(list, e)
			}
		}
		v.entries, v.s = list, joinEntries(list)
	}
	r.vars[name] = v
}

// define says how an assignment is written.
type define struct {
	export, unexport, local, append bool
	stmt                            place
	sole                            bool
	array                           []field // elements, with isArray
	isArray                         bool
	unknown                         bool
}

// define assigns frags to name. at is the value as written.
func (r *runner) define(name string, frags []frag, at, stmt place, raw string, d define) *Assign {
	tied := name == "path" && r.shell == "zsh"
	if tied {
		name = "PATH"
	}
	old := r.vars[name]
	exported := r.allexport || d.export
	if _, ok := r.vars["\x00export "+name]; ok && !d.local {
		exported = true
		delete(r.vars, "\x00export "+name)
	}
	if old != nil && !d.unexport {
		exported = exported || old.exported
	}
	a := &Assign{Name: name, Raw: raw, Text: at.text, Start: at.start, End: at.end, StmtStart: stmt.start, StmtEnd: stmt.end,
		At: r.loc(at), Export: d.export, Exported: exported, Cond: strings.Join(r.cond, " && "), Manager: r.manager}
	v := &variable{exported: exported, by: a, unique: old != nil && old.unique}
	if d.isArray && tied {
		frags = nil
		for i, f := range d.array {
			if i > 0 {
				frags = append(frags, colon(f))
			}
			frags = append(frags, f.frags...)
		}
		if d.unknown {
			frags = append(frags, frag{at: at})
		}
	}
	if d.append && old != nil {
		head := []frag{{s: old.s, known: old.known, entries: old.entries, list: old.list, name: name, at: at}}
		if tied && len(frags) > 0 && len(old.entries) > 0 {
			head = append(head, frag{mark: separator, at: at})
		}
		frags = append(head, frags...)
	}
	if d.isArray && !tied {
		v.isArray, v.known = true, !d.unknown
		if d.append && old != nil && old.isArray {
			v.array = append(v.array, old.array...)
			v.known = v.known && old.known
		}
		for _, f := range d.array {
			v.array = append(v.array, frag{s: f.s, known: f.known})
		}
		if name == "PATH" { // bash: the array is not what children get
			v.isArray, v.known, v.array = false, false, nil
			v.list = true
		}
		a.Known = v.known
		if len(v.array) > 0 {
			a.Value = v.array[0].s
		}
		r.res.Assigns = append(r.res.Assigns, a)
		r.set(name, v)
		return a
	}
	v.s, v.known = join(frags)
	r.work(len(v.s) / 64)
	if len(v.s) > maxValue {
		r.gap(at, "the value of %s is too long to follow", name)
		v.s, v.known = "", false
		frags = []frag{{at: at}}
	}
	first, lastOld := -1, -1
	seen := false
	for i, f := range frags {
		if f.name == name || f.list && len(f.entries) > 0 {
			a.Old = true
			if first < 0 {
				first = i
			}
			lastOld = i
		} else if f.mark == text && (f.s != "" || !f.known) {
			seen = true
		}
	}
	if a.Old && seen {
		for i, f := range frags {
			if f.mark == text && (strings.Trim(f.s, ":") != "" || !f.known) && f.name != name && !f.list {
				a.Prepend = a.Prepend || i < first
				a.Append = a.Append || i > lastOld
			}
		}
	}
	list, listKnown := split(frags, a, &r.mark)
	a.entries = list
	if name == "PATH" || a.Old && hasList(frags) {
		v.entries, v.list = list, true
		if !listKnown {
			v.known = false
		}
		if !v.known {
			v.s = joinEntries(list)
		}
	} else if !v.known {
		v.s = ""
	}
	a.Value, a.Known = v.s, v.known
	if !v.known && !d.local && r.manager == "" && (name == "PATH" || exported) && !hasUnknownOld(frags) {
		r.gap(at, "only a run can tell the value of %s", name)
	}
	a.Alone = d.sole && r.wholeLine(stmt)
	if !d.local {
		r.res.Assigns = append(r.res.Assigns, a)
	}
	r.set(name, v)
	return a
}

// hasUnknownOld: the gap stands already where the old value came from.
func hasUnknownOld(frags []frag) bool {
	for _, f := range frags {
		if f.mark == text && !f.known && f.name == "" {
			return false
		}
	}
	return true
}

func hasList(frags []frag) bool {
	for _, f := range frags {
		if f.list {
			return true
		}
	}
	return false
}

func colon(f field) frag {
	at := place{}
	if len(f.frags) > 0 {
		at = f.frags[0].at
		at.end = at.start
	}
	return frag{mark: separator, at: at}
}

// wholeLine reports whether the lines of a statement hold nothing else.
func (r *runner) wholeLine(stmt place) bool {
	if stmt.text == nil || stmt.loose {
		return false
	}
	s := stmt.text.S
	before := s[strings.LastIndexByte(s[:stmt.start], '\n')+1 : stmt.start]
	after, _, _ := strings.Cut(s[stmt.end:], "\n")
	after = strings.TrimLeft(strings.TrimRight(after, "\r"), " \t;")
	return strings.Trim(before, " \t") == "" && (after == "" || after[0] == '#')
}

// assign executes one assignment as written.
func (r *runner) assign(a *syntax.Assign, s *syntax.Stmt, d define) {
	at := r.at(a)
	raw := ""
	var value syntax.Node
	switch {
	case a.Array != nil:
		value = a.Array
	case a.Value != nil:
		value = a.Value
	}
	if value != nil {
		at, raw = r.at(value), r.raw(value)
	} else if !at.loose {
		at.start = at.end
	}
	d.append = d.append || a.Append
	if a.Index != nil {
		r.forget(a.Name.Value)
		return
	}
	var frags []frag
	if a.Array != nil {
		d.isArray = true
		for _, e := range a.Array.Elems {
			if e.Index != nil || e.Value == nil {
				d.unknown = true
				continue
			}
			list, ok := r.fields([]*syntax.Word{e.Value})
			d.array = append(d.array, list...)
			d.unknown = d.unknown || !ok
		}
	} else if a.Value != nil {
		frags = r.word(a.Value, true)
	} else {
		frags = []frag{{known: true, quoted: true, lit: true, at: at}}
	}
	r.define(a.Name.Value, frags, at, r.at(s), raw, d)
}

func (r *runner) declare(s *syntax.Stmt, c *syntax.DeclClause, sole bool) truth {
	variant := c.Variant.Value
	d := define{export: variant == "export"}
	local := variant == "local" || (variant == "declare" || variant == "typeset") && len(r.scopes) > 0
	count, flags := 0, 0
	for _, a := range c.Args {
		switch {
		case !a.Naked:
			count++
		case a.Name == nil: // -gx
			flags++
		}
	}
	d.sole = count == 1 && len(c.Args) == 1+flags && !sole
	var functions, print, unique, tie bool
	for _, a := range c.Args {
		if a.Naked && a.Name == nil {
			s, known := join(r.word(a.Value, false))
			switch {
			case !known:
				r.gap(r.at(a), "only a run can tell what %s does", variant)
				return unknown
			case s != "" && (s[0] == '-' || s[0] == '+'):
				on := s[0] == '-'
				for _, o := range s[1:] {
					switch o {
					case 'x':
						d.export, d.unexport = on, !on
					case 'n':
						if variant == "export" {
							d.unexport, d.export = true, false
						}
					case 'g':
						local = false
					case 'f', 'F':
						functions = true
					case 'p':
						print = true
					case 'U':
						unique = on
					case 'T':
						tie = true
					}
				}
			default:
				name, value, eq := strings.Cut(s, "=")
				if eq {
					at := r.at(a)
					r.define(name, []frag{{s: value, known: true, at: at}}, at, r.stmtAt, r.raw(a), d)
				}
			}
			continue
		}
		if functions || print || a.Name == nil {
			continue
		}
		name := a.Name.Value
		if tie { // typeset -T VAR var: the pair is not followed
			continue
		}
		if r.shell == "zsh" && name == "path" {
			name = "PATH"
		}
		if local && len(r.scopes) > 0 {
			scope := r.scopes[len(r.scopes)-1]
			if _, ok := scope[name]; !ok {
				scope[name] = r.vars[name]
				if a.Naked {
					delete(r.vars, name)
				}
			}
		}
		if !a.Naked {
			d.local = local
			r.assign(a, s, d)
		}
		v := r.vars[name]
		switch {
		case v == nil && (d.export || unique):
			// exported without a value: children get it once it is set
			if unique || a.Naked && d.export && r.shell == "zsh" {
				r.vars[name] = &variable{known: true, exported: d.export, unique: unique}
			}
		case v != nil && (d.export && !v.exported || d.unexport || unique):
			n := *v
			n.exported = (n.exported || d.export) && !d.unexport
			n.unique = n.unique || unique
			r.set(name, &n)
		}
		if v == nil && a.Naked && d.export && !unique {
			r.pending(name)
		}
	}
	return yes
}

// pending marks a name that is exported before it is set.
func (r *runner) pending(name string) {
	if r.shell != "zsh" && r.vars[name] == nil {
		r.vars["\x00export "+name] = &variable{exported: true}
	}
}

func (r *runner) pipe(c *syntax.BinaryCmd) truth {
	// echo "$PATH" | grep -q DIR
	left, ok1 := c.X.Cmd.(*syntax.CallExpr)
	right, ok2 := c.Y.Cmd.(*syntax.CallExpr)
	if !ok1 || !ok2 || len(left.Args) < 2 || len(right.Args) < 2 {
		return unknown
	}
	switch left.Args[0].Lit() {
	case "echo", "printf", "print":
	default:
		return unknown
	}
	in, ok1 := r.fields(left.Args[1:])
	grep, ok2 := r.fields(right.Args)
	if !ok1 || !ok2 || !allKnown(in) || !allKnown(grep) || path.Base(grep[0].s) != "grep" {
		return unknown
	}
	pat, rest := "", grep[1:]
	quiet, fixed := false, false
	for len(rest) > 0 && strings.HasPrefix(rest[0].s, "-") && rest[0].s != "-" {
		if strings.Trim(rest[0].s, "-qFsE") != "" {
			return unknown
		}
		quiet = quiet || strings.Contains(rest[0].s, "q")
		fixed = fixed || strings.Contains(rest[0].s, "F")
		rest = rest[1:]
	}
	if len(rest) != 1 || !quiet && len(c.Y.Redirs) == 0 {
		return unknown
	}
	pat = rest[0].s
	if !fixed && strings.ContainsAny(pat, `*[]\^$+?(){}|`) {
		return unknown
	}
	var s []string
	for _, f := range in {
		s = append(s, f.s)
	}
	text := strings.Join(s, " ")
	if !fixed && strings.Contains(pat, ".") { // any character: only the literal hit is sure
		if strings.Contains(text, pat) {
			return yes
		}
		return unknown
	}
	return truthOf(strings.Contains(text, pat))
}

func allKnown(list []field) bool {
	for _, f := range list {
		if !f.known {
			return false
		}
	}
	return true
}

// invoke calls a function.
func (r *runner) invoke(f *function, args []field) truth {
	if r.depth >= maxDepth {
		r.gap(r.stmtAt, "functions call each other too deeply")
		r.pathUnknown()
		return unknown
	}
	frame, params, escapes, loops := r.frame, r.params, r.escapes, r.loops
	scope := map[string]*variable{}
	r.scopes = append(r.scopes, scope)
	r.frame, r.params, r.escapes, r.loops = f.frame, args, nil, 0
	r.depth++
	st := r.stmt(f.body)
	r.depth--
	if r.ctl == ctlReturn {
		r.ctl = ctlNone
		st = r.last
	}
	r.joinEscapes(r.escapes)
	r.frame, r.params, r.escapes, r.loops = frame, params, escapes, loops
	r.scopes = r.scopes[:len(r.scopes)-1]
	for name, v := range scope {
		if v == nil {
			delete(r.vars, name)
		} else {
			r.vars[name] = v
		}
	}
	return st
}

// lookPath finds a program on the PATH that was built so far.
func (r *runner) lookPath(name string) (string, truth) {
	if strings.Contains(name, "/") {
		s := r.stat(name)
		if s.isFile != yes {
			return name, s.isFile
		}
		return name, r.may(s, 1)
	}
	v := r.vars["PATH"]
	if v == nil || name == "" {
		return "", no
	}
	result := no
	for _, e := range v.entries {
		if !e.Known || e.Dir == "" || e.Dir[0] != '/' {
			if !e.Known {
				result = unknown
			}
			continue
		}
		file := strings.TrimSuffix(e.Dir, "/") + "/" + name
		s := r.stat(file)
		switch {
		case s.isFile == yes:
			if x := r.may(s, 1); x == yes {
				return file, yes
			} else if x == unknown {
				result = unknown
			}
		case s.isFile == unknown:
			result = unknown
		}
	}
	if !v.known {
		result = unknown
	}
	return "", result
}

// dot is `. file`.
func (r *runner) dot(f field) truth {
	at := r.stmtAt
	if !f.known {
		r.gap(at, "only a run can tell which file is sourced")
		r.pathUnknown()
		return unknown
	}
	name := f.s
	if name == "" {
		return no
	}
	if !strings.Contains(name, "/") {
		// Searched on PATH, where it need not be executable.
		found := ""
		if v := r.vars["PATH"]; v != nil {
			for _, e := range v.entries {
				if e.Known && strings.HasPrefix(e.Dir, "/") && r.stat(e.Dir+"/"+name).isFile == yes {
					found = e.Dir + "/" + name
					break
				}
			}
		}
		if found == "" {
			r.gap(at, "%s is sourced from a directory that is not known", name)
			return unknown
		}
		name = found
	}
	if name[0] != '/' {
		r.gap(at, "%s is sourced from a directory that is not known", name)
		r.pathUnknown()
		return unknown
	}
	name = path.Clean(name)
	t, err := r.read(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || r.stat(name).isDir == yes {
			r.missing(name, managerOf(name))
			return no
		}
		if name == "/dev/null" || errors.Is(err, host.ErrNotRegular) {
			return yes
		}
		r.gap(at, "%s cannot be read: %s", name, err)
		r.res.Unread = true
		r.pathUnknown()
		return unknown
	}
	st := r.source(name, t, at)
	if managerOf(name) == "asdf" {
		r.asdfShims(path.Dir(name))
	}
	return st
}

func (r *runner) missing(what, manager string) {
	at := r.stmtAt
	r.res.Missing = append(r.res.Missing, Ref{At: r.loc(at), What: what, Text: at.text, Start: at.start, End: at.end, Manager: manager})
}

// eval executes a text that another command made.
func (r *runner) eval(s string) truth {
	if r.depth >= maxDepth {
		r.gap(r.stmtAt, "evals are nested too deeply")
		r.pathUnknown()
		return unknown
	}
	at := r.stmtAt
	at.loose = true
	fr := &frame{name: r.frame.name, text: at.text, src: s, fixed: &at}
	saved := r.stmtAt
	ok := r.program(fr)
	r.stmtAt = saved
	if !ok {
		return no
	}
	return r.last
}

// expandText expands the parameters of a value, as a shell does with $ENV.
func (r *runner) expandText(s string) string {
	w, err := syntax.NewParser().Document(strings.NewReader(s))
	if err != nil || w == nil || nested(s) > maxNested {
		return s
	}
	at := place{loose: true}
	r.frame = &frame{src: s, parsed: s, fixed: &at}
	v, _ := join(r.parts(nil, w.Parts, true, false))
	r.frame = nil
	return v
}
