package shell

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// maxValue is the length of the longest value that is followed, in bytes.
const maxValue = 1 << 18

// at is the place of a node in the file that is being read.
func (r *runner) at(n syntax.Node) place {
	if r.frame.fixed != nil {
		return *r.frame.fixed
	}
	start, end := r.span(n)
	return place{text: r.frame.text, start: start, end: end}
}

func (r *runner) span(n syntax.Node) (start, end int) {
	start = min(int(n.Pos().Offset()), len(r.frame.src))
	end = min(int(n.End().Offset()), len(r.frame.src))
	return start, max(start, end)
}

// raw is a node as written.
func (r *runner) raw(n syntax.Node) string {
	start, end := r.span(n)
	return r.frame.src[start:end]
}

// word expands a word without splitting it. In an assignment a tilde counts after each colon.
func (r *runner) word(w *syntax.Word, assign bool) []frag {
	if w == nil {
		return nil
	}
	n := len(w.Parts)
	for _, p := range w.Parts {
		if q, ok := p.(*syntax.DblQuoted); ok {
			n += len(q.Parts) + 1 // and the quotes
		}
	}
	return r.parts(make([]frag, 0, n), w.Parts, false, assign)
}

func (r *runner) parts(out []frag, parts []syntax.WordPart, quoted, assign bool) []frag {
	for i, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			out = r.literal(out, p, quoted, assign, i == 0)
		case *syntax.SglQuoted:
			at := r.at(p)
			f := frag{known: true, quoted: true, at: at}
			f.s = r.restore(p.Value, p)
			if p.Dollar {
				f.s = unescape(f.s)
			} else if !at.loose && at.start+1+len(f.s)+1 == at.end {
				f.lit, f.at.start, f.at.end = true, at.start+1, at.end-1
			}
			open, shut := at, at
			if !at.loose {
				open.end, shut.start = min(at.start+1, at.end), max(at.end-1, at.start)
			}
			out = append(out, frag{mark: opening, at: open}, f, frag{mark: closing, at: shut})
		case *syntax.DblQuoted:
			open, shut := r.at(p), r.at(p)
			if !open.loose {
				open.end, shut.start = min(open.start+1, open.end), max(shut.end-1, shut.start)
			}
			out = append(out, frag{mark: opening, at: open})
			if len(p.Parts) == 0 {
				at := open
				at.start = at.end
				out = append(out, frag{known: true, quoted: true, lit: true, at: at})
			}
			out = r.parts(out, p.Parts, true, false)
			out = append(out, frag{mark: closing, at: shut})
		case *syntax.ParamExp:
			at := r.at(p)
			frags := r.param(p, quoted)
			if len(frags) == 0 { // its place counts, though it is empty
				frags = []frag{{known: true}}
				if p.Param != nil && p.Param.Value == "@" && p.Exp == nil {
					frags[0].mark = nothing
				}
			}
			for _, f := range frags {
				f.quoted = f.quoted || quoted
				if f.alt.text == nil {
					f.at, f.lit = at, false
				}
				f.exp = true
				out = append(out, f)
			}
		case *syntax.CmdSubst:
			s, known := r.subst(p)
			out = append(out, frag{s: s, known: known, quoted: quoted, exp: true, at: r.at(p)})
		case *syntax.ArithmExp:
			f := frag{quoted: true, at: r.at(p)}
			if n, ok := r.arith(p.X); ok {
				f.s, f.known = strconv.Itoa(n), true
			}
			out = append(out, f)
		default: // process substitution, extended patterns
			out = append(out, frag{quoted: quoted, at: r.at(p)})
		}
	}
	return out
}

// placeholder stands in the parser's text for bytes that it would refuse or drop (a CR before LF, invalid UTF-8). Its own
// occurrences are restored the same way.
const placeholder = 0x1e

func (r *runner) restore(v string, n syntax.Node) string {
	if !r.frame.dirty || strings.IndexByte(v, placeholder) < 0 {
		return v
	}
	start, end := r.span(n)
	b := []byte(v)
	for i := range b {
		if b[i] != placeholder {
			continue
		}
		for start < end && r.frame.parsed[start] != placeholder {
			start++
		}
		if start < end {
			b[i] = r.frame.src[start]
			start++
		}
	}
	return string(b)
}

func (r *runner) literal(out []frag, l *syntax.Lit, quoted, assign, first bool) []frag {
	at := r.at(l)
	v := r.restore(l.Value, l)
	exact := !at.loose && at.end-at.start == len(v) && r.frame.src[at.start:at.end] == v
	add := func(from, to int, s string, q bool) {
		f := frag{s: s, known: true, quoted: q, at: at}
		if exact {
			f.at.start, f.at.end = at.start+from, at.start+to
			f.lit = to-from == len(s)
		}
		out = append(out, f)
	}
	run := 0
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && i+1 < len(v):
			if quoted && strings.IndexByte("$`\"\\\n", v[i+1]) < 0 {
				continue
			}
			if run < i {
				add(run, i, v[run:i], quoted)
			}
			_, w := utf8.DecodeRuneInString(v[i+1:])
			add(i, i+1+w, v[i+1:i+1+w], true)
			i += w
			run = i + 1
		case c == '~' && !quoted && (i == 0 && first || assign && i > 0 && v[i-1] == ':'):
			j := i + 1
			for j < len(v) && v[j] != '/' && v[j] != ':' && v[j] != '\\' {
				j++
			}
			home, known := r.homeOf(v[i+1 : j])
			if home == "" && known {
				continue
			}
			if run < i {
				add(run, i, v[run:i], quoted)
			}
			f := frag{s: home, known: known, quoted: true, at: at}
			if exact {
				f.at.start, f.at.end = at.start+i, at.start+j
			}
			out = append(out, f)
			i, run = j-1, j
		}
	}
	if run < len(v) {
		add(run, len(v), v[run:], quoted)
	}
	return out
}

// homeOf answers ~user; "" and true where the tilde stays as it is.
func (r *runner) homeOf(user string) (string, bool) {
	switch user {
	case "":
		if v := r.vars["HOME"]; v != nil {
			return v.s, v.known
		}
		return r.sys.Home, true
	case r.sys.User:
		return r.sys.Home, true
	case "root":
		if r.sys.OS == "darwin" {
			return "/var/root", true
		}
		return "/root", true
	}
	if strings.Trim(user, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") != "" {
		return "", true
	}
	return "", false
}

// unescape reads $'…'.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		number := func(from, most, base, bits int) {
			j := from
			for j < len(s) && j < from+most && strings.IndexByte("0123456789abcdefABCDEF"[:min(22, base+(base/16)*6)], s[j]) >= 0 {
				j++
			}
			n, err := strconv.ParseUint(s[from:j], base, 32)
			switch {
			case err != nil:
				b.WriteString(s[i-1 : j])
			case bits > 8:
				b.WriteRune(rune(n))
			default:
				b.WriteByte(byte(n))
			}
			i = j - 1
		}
		switch s[i] {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'a':
			b.WriteByte(7)
		case 'b':
			b.WriteByte(8)
		case 'e', 'E':
			b.WriteByte(27)
		case 'f':
			b.WriteByte(12)
		case 'v':
			b.WriteByte(11)
		case '\\', '\'', '"', '?':
			b.WriteByte(s[i])
		case 'x':
			number(i+1, 2, 16, 8)
		case 'u':
			number(i+1, 4, 16, 32)
		case 'U':
			number(i+1, 8, 16, 32)
		case '0', '1', '2', '3', '4', '5', '6', '7':
			number(i, 3, 8, 8)
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// value is a parameter before any operation. set says whether it is set at all.
func (r *runner) value(name string) (frags []frag, set truth) {
	one := func(s string, known bool) ([]frag, truth) { return []frag{{s: s, known: known}}, yes }
	switch name {
	case "@", "*", "argv":
		for i, p := range r.params {
			if i > 0 {
				frags = append(frags, frag{mark: fieldBreak})
			}
			frags = append(frags, r.argument(p)...)
		}
		return frags, truthOf(len(r.params) > 0)
	case "#":
		return one(strconv.Itoa(len(r.params)), true)
	case "?":
		switch r.last {
		case yes:
			return one("0", true)
		case no:
			return one("1", true)
		}
		return one("", false)
	case "-":
		switch {
		case r.shell == "zsh" && r.mode.Interactive:
			return one("569XZilms", true)
		case r.shell == "zsh":
			return one("569X", true)
		case r.shell == "bash" && r.mode.Interactive:
			return one("himBHs", true)
		case r.shell == "bash":
			return one("hB", true)
		case r.mode.Interactive:
			return one("ims", true)
		}
		return one("s", true)
	case "0":
		if r.mode.Login {
			return one("-"+r.shell, true)
		}
		return one(r.shell, true)
	case "$", "_", "!", "LINENO", "SECONDS", "status":
		return one("", false)
	case "BASH_SOURCE", "funcfiletrace":
		if r.frame.name != "" && r.shell != "zsh" {
			return one(r.frame.name, true)
		}
		return nil, no
	}
	if name != "" && name[0] >= '0' && name[0] <= '9' {
		n, err := strconv.Atoi(name)
		if err != nil || n > len(r.params) || n < 1 {
			return nil, no
		}
		return r.argument(r.params[n-1]), yes
	}
	if r.shell == "zsh" && name == "path" {
		name = "PATH"
	}
	v := r.vars[name]
	if v == nil {
		return nil, no
	}
	if v.isArray {
		if r.shell != "zsh" {
			if len(v.array) == 0 {
				return nil, no
			}
			return []frag{{s: v.array[0].s, known: v.known && v.array[0].known, name: name}}, yes
		}
		for i, e := range v.array {
			if i > 0 {
				frags = append(frags, frag{mark: fieldBreak})
			}
			frags = append(frags, frag{s: e.s, known: e.known && v.known, name: name})
		}
		if !v.known {
			frags = append(frags, frag{name: name})
		}
		return frags, yes
	}
	return []frag{{s: v.s, known: v.known, entries: v.entries, list: v.list, name: name}}, yes
}

// argument gives the parts of an argument, which keep the places they have in the caller.
func (r *runner) argument(p field) []frag {
	var out []frag
	for _, f := range p.frags {
		if f.mark != text {
			continue
		}
		if f.alt.text == nil && f.at.text != nil {
			f.alt = f.at
		}
		out = append(out, f)
	}
	if len(out) == 0 {
		out = []frag{{s: p.s, known: p.known}}
	}
	return out
}

func (r *runner) param(p *syntax.ParamExp, quoted bool) []frag {
	lost := []frag{{}}
	if p.Param == nil || p.Flags != nil && p.Flags.Value != "" || p.Excl || p.Width || p.Names != 0 || len(p.Modifiers) > 0 {
		if p.Param != nil && len(p.Modifiers) == 1 && p.Flags == nil {
			return r.modified(p)
		}
		return lost
	}
	name := p.Param.Value
	frags, set := r.value(name)
	if p.Index != nil {
		frags, set = r.indexed(name, p.Index)
	}
	for i := range frags {
		if frags[i].alt.text != nil { // an argument: where it stands in this statement
			frags[i].alt = r.at(p)
		}
	}
	s, known := join(frags)
	result := func(s string) []frag { return []frag{{s: s, known: true}} }
	switch {
	case p.IsSet:
		if set == unknown {
			return lost
		}
		return result(strconv.Itoa(int(set)))
	case p.Length:
		if !known {
			return lost
		}
		if name == "@" || name == "*" {
			return result(strconv.Itoa(len(r.params)))
		}
		if v := r.vars[name]; v != nil && v.isArray {
			if p.Index != nil || r.shell == "zsh" {
				return result(strconv.Itoa(len(v.array)))
			}
		}
		return result(strconv.Itoa(utf8.RuneCountInString(s)))
	case p.Exp != nil:
		return r.expansion(p, frags, set, s, known)
	case p.Repl != nil:
		if !known {
			return lost
		}
		out, ok := r.replace(s, p.Repl)
		if !ok {
			return lost
		}
		return r.changed(p, frags, out)
	case p.Slice != nil:
		if !known || name == "@" || name == "*" {
			return lost
		}
		from, ok := r.arith(p.Slice.Offset)
		n := len(s)
		if p.Slice.Length != nil {
			var ok2 bool
			n, ok2 = r.arith(p.Slice.Length)
			ok = ok && ok2
		}
		if !ok || from > len(s) || from < -len(s) {
			return lost
		}
		if from < 0 {
			from += len(s)
		}
		to := from + min(n, len(s)-from)
		if n < 0 {
			to = len(s) + n
		}
		if to < from {
			return lost
		}
		return result(s[from:to])
	}
	return frags
}

// changed is a value after an operation; a list keeps the places of what is left of it.
func (r *runner) changed(p *syntax.ParamExp, frags []frag, s string) []frag {
	for _, f := range frags {
		if f.list {
			f.entries, f.s = relist(f.entries, s, r.at(p), r.loc(r.at(p))), s
			return []frag{f}
		}
	}
	name := ""
	if len(frags) > 0 {
		name = frags[0].name
	}
	return []frag{{s: s, known: true, name: name}}
}

// modified does zsh's ${name:h} and :t.
func (r *runner) modified(p *syntax.ParamExp) []frag {
	frags, _ := r.value(p.Param.Value)
	s, known := join(frags)
	if known {
		switch p.Modifiers[0].Value {
		case "h":
			return []frag{{s: path.Dir(s), known: true}}
		case "t":
			return []frag{{s: path.Base(s), known: true}}
		}
	}
	return []frag{{}}
}

func (r *runner) indexed(name string, index syntax.ArithmExpr) ([]frag, truth) {
	key := ""
	if w, ok := index.(*syntax.Word); ok {
		var known bool
		if key, known = join(r.word(w, false)); !known {
			return []frag{{}}, unknown
		}
	} else if n, ok := r.arith(index); ok {
		key = strconv.Itoa(n)
	} else {
		return []frag{{}}, unknown
	}
	if r.shell == "zsh" && name == "commands" {
		file, found := r.lookPath(key)
		return []frag{{s: file, known: found != unknown}}, found
	}
	if key == "@" || key == "*" {
		if v := r.vars[name]; v != nil && v.isArray && r.shell != "zsh" {
			var out []frag
			for i, e := range v.array {
				if i > 0 {
					out = append(out, frag{mark: fieldBreak})
				}
				out = append(out, frag{s: e.s, known: e.known && v.known, name: name})
			}
			return out, truthOf(len(out) > 0)
		}
		return r.value(name)
	}
	n, err := strconv.Atoi(key)
	if err != nil {
		return []frag{{}}, unknown
	}
	if name == "BASH_SOURCE" {
		if n == 0 {
			return r.value(name)
		}
		return []frag{{}}, unknown
	}
	v := r.vars[name]
	if v == nil {
		return nil, no
	}
	if !v.isArray {
		if r.shell == "bash" && n == 0 {
			return r.value(name)
		}
		return []frag{{}}, unknown
	}
	if r.shell == "zsh" {
		n--
	}
	if !v.known || n < 0 {
		return []frag{{}}, unknown
	}
	if n >= len(v.array) {
		return nil, no
	}
	return []frag{{s: v.array[n].s, known: v.array[n].known}}, yes
}

func (r *runner) expansion(p *syntax.ParamExp, frags []frag, set truth, s string, known bool) []frag {
	lost := []frag{{}}
	word := func() []frag {
		var out []frag
		at := r.at(p)
		for _, f := range r.word(p.Exp.Word, true) {
			if f.mark != text {
				continue
			}
			f.at, f.lit = at, false
			out = append(out, f)
		}
		return out
	}
	full := set // set and not empty
	if set == yes {
		switch {
		case s != "":
			full = yes
		case known:
			full = no
		default:
			full = unknown
		}
	}
	choose := func(c truth, a, b func() []frag) []frag {
		switch c {
		case yes:
			return a()
		case no:
			return b()
		}
		return lost
	}
	same := func() []frag { return frags }
	none := func() []frag { return nil }
	assign := func() []frag {
		w := word()
		if p.Param != nil {
			r.define(p.Param.Value, w, r.at(p), r.at(p), r.raw(p), define{})
		}
		return w
	}
	fail := func() []frag { // the shell stops here
		r.gap(r.at(p), "${%s?} fails", p.Param.Value)
		return lost
	}
	switch p.Exp.Op {
	case syntax.AlternateUnset:
		return choose(set, word, none)
	case syntax.AlternateUnsetOrNull:
		return choose(full, word, none)
	case syntax.DefaultUnset:
		return choose(set, same, word)
	case syntax.DefaultUnsetOrNull:
		return choose(full, same, word)
	case syntax.AssignUnset:
		return choose(set, same, assign)
	case syntax.AssignUnsetOrNull:
		return choose(full, same, assign)
	case syntax.ErrorUnset:
		return choose(set, same, fail)
	case syntax.ErrorUnsetOrNull:
		return choose(full, same, fail)
	case syntax.UpperAll, syntax.LowerAll:
		if !known || p.Exp.Word != nil && len(p.Exp.Word.Parts) > 0 {
			return lost
		}
		if p.Exp.Op == syntax.UpperAll {
			return []frag{{s: strings.ToUpper(s), known: true}}
		}
		return []frag{{s: strings.ToLower(s), known: true}}
	case syntax.RemSmallSuffix, syntax.RemLargeSuffix, syntax.RemSmallPrefix, syntax.RemLargePrefix:
		pat, ok := r.pattern(p.Exp.Word)
		if !known || !ok || !r.affordable(s, pat) {
			return lost
		}
		return r.changed(p, frags, trim(s, pat, p.Exp.Op))
	}
	return lost
}

// pattern expands a word to a pattern in which quoted characters are escaped.
func (r *runner) pattern(w *syntax.Word) (string, bool) {
	if w == nil {
		return "", true
	}
	return asPattern(r.word(w, false), r.shell != "zsh")
}

// asPattern: what an expansion gave is a pattern too, but in zsh.
func asPattern(frags []frag, expanded bool) (string, bool) {
	var b strings.Builder
	for _, f := range frags {
		if f.mark != text {
			continue
		}
		if !f.known {
			return "", false
		}
		if f.quoted || f.exp && !expanded {
			for i := 0; i < len(f.s); i++ {
				if strings.IndexByte(`\*?[]`, f.s[i]) >= 0 {
					b.WriteByte('\\')
				}
				b.WriteByte(f.s[i])
			}
			continue
		}
		b.WriteString(f.s)
	}
	return b.String(), true
}

// affordable charges for a match at every position, and refuses one that would take long.
func (r *runner) affordable(s, pat string) bool {
	if strings.IndexAny(pat, `*?[\`) < 0 {
		r.work(len(s) / 64)
		return true
	}
	cost := len(s) * len(s) / 64 * (len(pat) + 1) / 64
	if cost > maxSteps/4 {
		return false
	}
	r.work(cost)
	return true
}

func trim(s, pat string, op syntax.ParExpOperator) string {
	switch op {
	case syntax.RemSmallSuffix:
		for i := len(s); i >= 0; i-- {
			if match(pat, s[i:]) {
				return s[:i]
			}
		}
	case syntax.RemLargeSuffix:
		for i := 0; i <= len(s); i++ {
			if match(pat, s[i:]) {
				return s[:i]
			}
		}
	case syntax.RemSmallPrefix:
		for i := 0; i <= len(s); i++ {
			if match(pat, s[:i]) {
				return s[i:]
			}
		}
	case syntax.RemLargePrefix:
		for i := len(s); i >= 0; i-- {
			if match(pat, s[:i]) {
				return s[i:]
			}
		}
	}
	return s
}

func (r *runner) replace(s string, rep *syntax.Replace) (string, bool) {
	pat, ok := r.pattern(rep.Orig)
	if !ok || pat == "" {
		return s, ok
	}
	with := ""
	if rep.With != nil {
		if with, ok = join(r.word(rep.With, false)); !ok {
			return "", false
		}
	}
	// ${x/#a/b} and ${x/%a/b} bind to an end.
	if !rep.All && (pat[0] == '#' || pat[0] == '%') {
		op, end := syntax.RemLargePrefix, false
		if pat[0] == '%' {
			op, end = syntax.RemLargeSuffix, true
		}
		pat = pat[1:]
		if !r.affordable(s, pat) {
			return "", false
		}
		left := trim(s, pat, op)
		switch {
		case len(left) == len(s) && !match(pat, ""):
			return s, true
		case end:
			return left + with, true
		}
		return with + left, true
	}
	if strings.IndexAny(pat, `*?[\`) < 0 {
		if n := strings.Count(s, pat); n*len(with) > maxValue {
			return "", false
		}
		r.work(len(s) / 64)
		if rep.All {
			return strings.ReplaceAll(s, pat, with), true
		}
		return strings.Replace(s, pat, with, 1), true
	}
	if !r.affordable(s, pat) || len(s)*len(s) > 1<<20 {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		j := len(s)
		for j > i && !match(pat, s[i:j]) {
			j--
		}
		if j == i {
			b.WriteByte(s[i])
			i++
			continue
		}
		b.WriteString(with)
		i = j
		if !rep.All {
			b.WriteString(s[i:])
			break
		}
	}
	return b.String(), b.Len() <= maxValue
}

// match is the pattern notation of POSIX 2.14 on a whole string.
func match(pat, s string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		if i < len(pat) && pat[i] == '*' {
			star, mark = i, j
			i++
			continue
		}
		if i < len(pat) {
			if pi, sj, ok := matchOne(pat, s, i, j); ok {
				i, j = pi, sj
				continue
			}
		}
		if star < 0 {
			return false
		}
		_, w := utf8.DecodeRuneInString(s[mark:])
		mark += w
		i, j = star+1, mark
	}
	for i < len(pat) && pat[i] == '*' {
		i++
	}
	return i == len(pat)
}

// matchOne matches one element of a pattern against one character.
func matchOne(pat, s string, i, j int) (int, int, bool) {
	c, w := utf8.DecodeRuneInString(s[j:])
	switch pat[i] {
	case '?':
		return i + 1, j + w, true
	case '[':
		k := i + 1
		negate := k < len(pat) && (pat[k] == '!' || pat[k] == '^')
		if negate {
			k++
		}
		in, first := false, true
		for k < len(pat) && (pat[k] != ']' || first) {
			first = false
			if strings.HasPrefix(pat[k:], "[:") {
				if e := strings.Index(pat[k:], ":]"); e > 0 {
					in = in || class(pat[k+2:k+e], c)
					k += e + 2
					continue
				}
			}
			if pat[k] == '\\' && k+1 < len(pat) {
				k++
			}
			lo, lw := utf8.DecodeRuneInString(pat[k:])
			k += lw
			hi := lo
			if k+1 < len(pat) && pat[k] == '-' && pat[k+1] != ']' {
				k++
				if pat[k] == '\\' && k+1 < len(pat) {
					k++
				}
				var hw int
				hi, hw = utf8.DecodeRuneInString(pat[k:])
				k += hw
			}
			in = in || lo <= c && c <= hi
		}
		if k >= len(pat) { // no closing bracket: the bracket itself
			return i + 1, j + 1, s[j] == '['
		}
		return k + 1, j + w, in != negate
	case '\\':
		if i+1 < len(pat) {
			i++
		}
	}
	return i + 1, j + 1, pat[i] == s[j]
}

func class(name string, c rune) bool {
	lower, upper, digit := 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9'
	switch name {
	case "alpha":
		return lower || upper
	case "digit":
		return digit
	case "alnum":
		return lower || upper || digit
	case "lower":
		return lower
	case "upper":
		return upper
	case "space":
		return c == ' ' || '\t' <= c && c <= '\r'
	case "blank":
		return c == ' ' || c == '\t'
	case "xdigit":
		return digit || 'a' <= c|0x20 && c|0x20 <= 'f'
	case "punct":
		return c > ' ' && c < 0x7f && !lower && !upper && !digit
	}
	return false
}

// A field is one argument after expansion.
type field struct {
	s     string
	known bool
	frags []frag
}

// fields expands words as a command's arguments: splitting and file names. ok is false where the number of fields is not known.
func (r *runner) fields(words []*syntax.Word) (list []field, ok bool) {
	ok = true
	for _, w := range words {
		for _, f := range r.braces(w) {
			more, good := r.split(r.word(f, false))
			list = append(list, more...)
			ok = ok && good
		}
	}
	return list, ok
}

// braces does bash's and zsh's {a,b}.
func (r *runner) braces(w *syntax.Word) []*syntax.Word {
	if r.shell != "sh" {
		for i, p := range w.Parts {
			l, isLit := p.(*syntax.Lit)
			if !isLit || strings.IndexByte(l.Value, '{') < 0 || strings.Count(l.Value, "{") != 1 {
				continue
			}
			open := strings.IndexByte(l.Value, '{')
			shut := strings.IndexByte(l.Value[open:], '}') + open
			if shut < open || strings.IndexByte(l.Value[open:shut], ',') < 0 || open > 0 && l.Value[open-1] == '\\' {
				continue
			}
			var out []*syntax.Word
			for alt := range strings.SplitSeq(l.Value[open+1:shut], ",") {
				lit := *l
				lit.Value = l.Value[:open] + alt + l.Value[shut+1:]
				parts := slices.Clone(w.Parts)
				parts[i] = &lit
				out = append(out, &syntax.Word{Parts: parts})
			}
			return out
		}
	}
	return []*syntax.Word{w}
}

func (r *runner) split(frags []frag) (list []field, ok bool) {
	ok = true
	ifs := " \t\n"
	if v := r.vars["IFS"]; v != nil {
		ifs = v.s
		if !v.known {
			ok = false
		}
	}
	qualifier := ""
	if r.shell == "zsh" && len(frags) > 0 {
		last := &frags[len(frags)-1]
		if last.mark == text && !last.quoted && !last.exp && strings.HasPrefix(last.s, "(") && strings.HasSuffix(last.s, ")") {
			qualifier = strings.Trim(last.s, "()")
			frags = frags[:len(frags)-1]
		}
	}
	var cur []frag
	open := false // the field exists even if it is empty
	none := false
	flush := func() {
		if none {
			if s, _ := join(cur); s == "" {
				open = false
			}
		}
		if open {
			more, good := r.glob(cur, qualifier)
			list = append(list, more...)
			ok = ok && good
		}
		cur, open = nil, false
	}
	for _, f := range frags {
		switch {
		case f.mark == fieldBreak:
			flush()
		case f.mark == nothing:
			none = true
		case f.mark != text:
			cur, open = append(cur, f), true
		case f.exp && !f.quoted && f.list && f.name == "PATH" && r.shell == "zsh":
			for i, e := range f.entries {
				if i > 0 {
					flush()
				}
				g := f
				g.s, g.known, g.list, g.entries = e.Dir, e.Known, true, f.entries[i:i+1]
				cur, open = append(cur, g), true
			}
			ok = ok && f.known
		case f.exp && !f.quoted && !f.known:
			cur, open = append(cur, f), true
			ok = ok && r.shell == "zsh"
		case f.exp && !f.quoted && r.shell != "zsh" && strings.ContainsAny(f.s, ifs):
			rest := f
			rest.list, rest.entries = false, nil
			space := strings.ContainsAny(ifs, " \t\n")
			for rest.s != "" {
				i := strings.IndexAny(rest.s, ifs)
				if i < 0 {
					cur, open = append(cur, rest), true
					break
				}
				if i > 0 {
					head := rest
					head.s = rest.s[:i]
					cur, open = append(cur, head), true
				} else if !space || strings.IndexByte(" \t\n", rest.s[0]) < 0 {
					open = true
				}
				flush()
				rest.s = rest.s[i+1:]
			}
		case f.exp && !f.quoted && f.s == "":
			cur = append(cur, f)
		default:
			cur, open = append(cur, f), true
		}
	}
	flush()
	return list, ok
}

// glob expands a field to the names that it matches; without a match it stays as it is.
func (r *runner) glob(frags []frag, qualifier string) ([]field, bool) {
	s, known := join(frags)
	whole := []field{{s: s, known: known, frags: frags}}
	if !known {
		return whole, true
	}
	pat, _ := asPattern(frags, r.shell != "zsh")
	if !strings.ContainsAny(strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(pat, `\*`, ""), `\?`, ""), `\[`, ""), "*?[") {
		if qualifier == "" {
			return whole, true
		}
		st := r.stat(s)
		if st.exists == yes && strings.Contains(qualifier, "/") && st.isDir != yes {
			st.exists = no
		}
		switch st.exists {
		case yes:
			return whole, true
		case no:
			if strings.Contains(qualifier, "N") {
				return nil, true
			}
		}
		return whole, st.exists != unknown
	}
	if !strings.HasPrefix(pat, "/") {
		return whole, !strings.ContainsAny(pat, "/") // relative to a directory that is not known
	}
	names := []string{""}
	parts := strings.Split(strings.TrimPrefix(pat, "/"), "/")
	for i, part := range parts {
		var next []string
		plain := !strings.ContainsAny(part, `*?[\`)
		for _, dir := range names {
			if plain {
				name := dir + "/" + part
				if i == len(parts)-1 && part != "" && r.stat(name).exists != yes {
					continue
				}
				next = append(next, name)
				continue
			}
			if r.fs.List == nil {
				return whole, false
			}
			list, err := r.fs.List(dir + "/")
			if dir != "" {
				list, err = r.fs.List(dir)
			}
			if err != nil {
				if r.stat(max(dir, "/")).exists == unknown {
					return whole, false
				}
				continue
			}
			r.work(len(list) / 8)
			for _, e := range list {
				if e.Name == "" || e.Name[0] == '.' && part[0] != '.' || len(e.Name)*len(part) > 1<<16 {
					continue
				}
				if match(part, e.Name) {
					next = append(next, dir+"/"+e.Name)
				}
			}
		}
		if len(next) > 10000 {
			return whole, false
		}
		names = next
	}
	if len(names) == 0 {
		if strings.Contains(qualifier, "N") {
			return nil, true
		}
		return whole, true
	}
	at := place{}
	for _, f := range frags {
		if f.at.text != nil {
			at = f.at
			break
		}
	}
	var out []field
	slices.Sort(names)
	for _, n := range names {
		if strings.Contains(qualifier, "/") && r.stat(n).isDir == no {
			continue
		}
		out = append(out, field{s: n, known: true, frags: []frag{{s: n, known: true, quoted: true, at: at}}})
	}
	return out, true
}
