package shell

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// call executes a simple command.
func (r *runner) call(s *syntax.Stmt, c *syntax.CallExpr, sole bool) truth {
	r.stmtAt = r.at(s)
	if len(c.Args) == 0 {
		for _, a := range c.Assigns {
			r.assign(a, s, define{sole: len(c.Assigns) == 1 && !sole})
		}
		r.stmtAt = r.at(s)
		return yes
	}
	if len(c.Args) == 2 && len(c.Assigns) == 0 {
		// What eval and source are told by a program is not a value: the program may be one that is understood.
		switch strings.TrimPrefix(c.Args[0].Lit(), `\`) {
		case "eval":
			if subst := onlySubst(c.Args[1]); subst != nil {
				if st, done := r.activate(subst.Stmts); done {
					return st
				}
			}
		case ".", "source":
			if len(c.Args[1].Parts) == 1 {
				if p, ok := c.Args[1].Parts[0].(*syntax.ProcSubst); ok {
					if st, done := r.activate(p.Stmts); done {
						return st
					}
					r.gap(r.stmtAt, "only a run can tell what is sourced")
					r.pathUnknown()
					return unknown
				}
			}
		}
	}
	args, ok := r.fields(c.Args)
	if len(args) == 0 {
		for _, a := range c.Assigns {
			r.assign(a, s, define{})
		}
		return yes
	}
	var restore []func()
	for _, a := range c.Assigns { // for the command only
		if a.Name == nil || a.Value == nil {
			continue
		}
		name := a.Name.Value
		old, had := r.vars[name]
		v := &variable{exported: true}
		v.s, v.known = join(r.word(a.Value, true))
		if name == "PATH" {
			v.entries, v.list = inherited(v.s), true
		}
		r.vars[name] = v
		restore = append(restore, func() {
			if had {
				r.vars[name] = old
			} else {
				delete(r.vars, name)
			}
		})
	}
	st := r.run(args, ok)
	for _, f := range restore {
		f()
	}
	return st
}

// onlySubst is the command substitution that a word is, in quotes or not.
func onlySubst(w *syntax.Word) *syntax.CmdSubst {
	parts := w.Parts
	if len(parts) == 1 {
		if q, ok := parts[0].(*syntax.DblQuoted); ok {
			parts = q.Parts
		}
	}
	if len(parts) == 1 {
		if c, ok := parts[0].(*syntax.CmdSubst); ok {
			return c
		}
	}
	return nil
}

// run executes a command after expansion. ok is false where there may be other arguments.
func (r *runner) run(args []field, ok bool) truth {
	if !args[0].known {
		return unknown
	}
	name := args[0].s
	rest := args[1:]
	if f := r.funcs[name]; f != nil {
		return r.invoke(f, rest)
	}
	switch name {
	case ":", "true", "shopt", "setopt", "unsetopt", "alias", "unalias", "trap", "umask", "ulimit", "bind", "complete", "compdef", "compctl",
		"autoload", "zstyle", "bindkey", "zmodload", "zle", "echo", "print", "cd", "pushd", "popd", "wait", "jobs", "disown",
		"enable", "history", "fc", "rehash", "add-zsh-hook", "compinit", "promptinit", "bashcompinit", "colors", "limit", "let", "zcompile", "compgen", "bg", "fg", "times":
		if name == "setopt" {
			for _, a := range rest {
				if strings.EqualFold(strings.ReplaceAll(a.s, "_", ""), "allexport") {
					r.allexport = true
				}
			}
		}
		if name == "let" || name == "cd" || name == "pushd" || name == "popd" || name == "shopt" || name == "compinit" {
			return unknown
		}
		return yes
	case "false":
		return no
	case "builtin", "command", "noglob", "nocorrect", "-":
		for len(rest) > 0 && rest[0].known && (rest[0].s == "-p" || rest[0].s == "--") {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return yes
		}
		if name == "command" && (rest[0].s == "-v" || rest[0].s == "-V") {
			return r.exists(rest[1:], ok)
		}
		if f := r.funcs[rest[0].s]; f != nil && name != "noglob" && name != "nocorrect" {
			delete(r.funcs, rest[0].s)
			st := r.run(rest, ok)
			r.funcs[rest[0].s] = f
			return st
		}
		return r.run(rest, ok)
	case "type", "hash", "which", "whence":
		for len(rest) > 0 && strings.HasPrefix(rest[0].s, "-") {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return yes
		}
		return r.exists(rest, ok)
	case "export", "declare", "typeset", "readonly", "local":
		return r.declareFields(name, rest)
	case "unset":
		functions := false
		for _, a := range rest {
			switch {
			case !a.known:
				r.gap(r.stmtAt, "only a run can tell what is unset")
			case a.s == "-f":
				functions = true
			case a.s == "-v", a.s == "-n":
			case functions:
				delete(r.funcs, a.s)
			default:
				n := a.s
				if n == "path" && r.shell == "zsh" {
					n = "PATH"
				}
				delete(r.vars, n)
				delete(r.vars, "\x00export "+n)
			}
		}
		return yes
	case "set":
		r.setOptions(rest)
		return yes
	case "shift":
		n := 1
		if len(rest) > 0 {
			var err error
			if n, err = strconv.Atoi(rest[0].s); err != nil || n < 0 {
				return no
			}
		}
		if n > len(r.params) {
			return no
		}
		r.params = r.params[n:]
		return yes
	case "return", "exit", "logout", "bye":
		st := r.last
		if len(rest) > 0 {
			st = unknown
			if rest[0].known {
				st = truthOf(strings.Trim(rest[0].s, "0") == "")
			}
		}
		r.last = st
		r.ctl = ctlReturn
		if name != "return" {
			r.ctl = ctlExit
		} else if len(r.files) == 0 && len(r.scopes) == 0 {
			r.ctl = ctlNone
			return no
		}
		return st
	case "break", "continue":
		if r.loops == 0 {
			return yes
		}
		r.levels = 1
		if len(rest) > 0 {
			if n, err := strconv.Atoi(rest[0].s); err == nil && n > 0 {
				r.levels = min(n, r.loops)
			}
		}
		r.ctl = ctlBreak
		if name == "continue" {
			r.ctl = ctlContinue
		}
		return yes
	case "source":
		if r.shell == "sh" && r.vars["BASH"] == nil {
			return no // dash has none
		}
		fallthrough
	case ".":
		if len(rest) > 0 && rest[0].s == "--" {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return no
		}
		if !ok {
			rest[0].known = false
		}
		params := r.params
		if len(rest) > 1 && r.shell != "sh" {
			r.params = rest[1:]
		}
		st := r.dot(rest[0])
		if len(rest) > 1 {
			r.params = params
		}
		return st
	case "eval":
		var b strings.Builder
		for i, a := range rest {
			ok = ok && a.known
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(a.s)
		}
		if !ok {
			r.gap(r.stmtAt, "only a run can tell what is evaluated")
			r.pathUnknown()
			return unknown
		}
		return r.eval(b.String())
	case "exec":
		if len(rest) == 0 {
			return yes
		}
		r.gap(r.stmtAt, "the shell is replaced by %s", rest[0].s)
		r.ctl = ctlExit
		return yes
	case "read", "mapfile", "readarray", "getopts", "vared":
		for _, a := range rest {
			if a.known && a.s != "" && a.s[0] != '-' && isName(a.s) {
				r.forget(a.s)
			}
		}
		return unknown
	case "printf":
		if len(rest) > 1 && rest[0].s == "-v" {
			r.forget(rest[1].s)
		}
		return yes
	case "test":
		return r.testArgs(rest, ok)
	case "[":
		if len(rest) == 0 || rest[len(rest)-1].s != "]" {
			return no
		}
		return r.testArgs(rest[:len(rest)-1], ok)
	case "emulate":
		return yes
	}
	if _, found := r.lookPath(name); found == no {
		return no // command not found
	}
	return unknown
}

func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && !('a' <= c|0x20 && c|0x20 <= 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// exists answers command -v, type, hash and which.
func (r *runner) exists(names []field, ok bool) truth {
	if !ok || len(names) == 0 {
		return unknown
	}
	for _, n := range names {
		if !n.known {
			return unknown
		}
		if r.funcs[n.s] != nil || isBuiltin(n.s) {
			continue
		}
		if _, found := r.lookPath(n.s); found != yes {
			return found
		}
	}
	return yes
}

func isBuiltin(name string) bool {
	switch name {
	case ":", "true", "false", "test", "[", "echo", "printf", "cd", "pwd", "export", "unset", "set", "shift", "return", "exit", "eval", ".",
		"command", "type", "hash", "read", "trap", "umask", "ulimit", "alias", "unalias", "exec", "wait", "kill", "local", "readonly", "times", "getopts":
		return true
	}
	return false
}

// declareFields is export and the like where the parser did not see it: behind command, builtin or a backslash.
func (r *runner) declareFields(name string, args []field) truth {
	d := define{export: name == "export"}
	for _, a := range args {
		if strings.HasPrefix(a.s, "-") {
			d.export = d.export || strings.Contains(a.s, "x")
			continue
		}
		n, value, eq := strings.Cut(a.s, "=")
		if !isName(n) {
			continue
		}
		if eq {
			r.define(n, []frag{{s: value, known: a.known, at: r.stmtAt}}, r.stmtAt, r.stmtAt, value, d)
		} else if v := r.vars[n]; v != nil && d.export {
			e := *v
			e.exported = true
			r.vars[n] = &e
		}
	}
	return yes
}

func (r *runner) setOptions(args []field) {
	for i := 0; i < len(args); i++ {
		a := args[i].s
		switch {
		case a == "--" || !strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "+"):
			if a == "--" {
				i++
			}
			r.params = args[i:]
			return
		case a == "-o" || a == "+o":
			if i+1 < len(args) {
				if i++; args[i].s == "allexport" {
					r.allexport = a == "-o"
				}
			}
		case strings.Contains(a, "a"):
			r.allexport = a[0] == '-'
		}
	}
}

// testArgs is [ and test, by the number of arguments (POSIX) and with -a, -o, ! and parentheses.
func (r *runner) testArgs(args []field, ok bool) truth {
	if !ok {
		return unknown
	}
	t := tester{r: r, args: args}
	switch len(args) {
	case 0:
		return no
	case 1:
		return nonEmpty(args[0])
	case 2:
		if args[0].s == "!" {
			return nonEmpty(args[1]).not()
		}
		return r.unary(args[0].s, args[1])
	case 3:
		if st, ok := r.binary(args[0], args[1].s, args[2]); ok {
			return st
		}
	}
	st := t.or()
	if t.i < len(args) || t.bad {
		return unknown
	}
	return st
}

func nonEmpty(f field) truth {
	if f.s != "" {
		return yes
	}
	if !f.known {
		return unknown
	}
	return no
}

type tester struct {
	r     *runner
	args  []field
	i     int
	depth int
	bad   bool
}

func (t *tester) peek() string {
	if t.i < len(t.args) {
		return t.args[t.i].s
	}
	return ""
}

func (t *tester) or() truth {
	st := t.and()
	for t.peek() == "-o" {
		t.i++
		st = either(st, t.and())
	}
	return st
}

func (t *tester) and() truth {
	st := t.not()
	for t.peek() == "-a" {
		t.i++
		st = both(st, t.not())
	}
	return st
}

func (t *tester) not() truth {
	if t.depth++; t.depth > 1000 {
		t.bad = true
		return unknown
	}
	defer func() { t.depth-- }()
	n := len(t.args) - t.i
	switch {
	case n <= 0:
		t.bad = true
		return unknown
	case t.peek() == "!" && n > 1:
		t.i++
		return t.not().not()
	case t.peek() == "(" && n > 2:
		t.i++
		st := t.or()
		if t.peek() != ")" {
			t.bad = true
		}
		t.i++
		return st
	case n >= 3:
		if st, ok := t.r.binary(t.args[t.i], t.args[t.i+1].s, t.args[t.i+2]); ok {
			t.i += 3
			return st
		}
	}
	if n >= 2 && len(t.peek()) == 2 && t.peek()[0] == '-' {
		t.i += 2
		return t.r.unary(t.args[t.i-2].s, t.args[t.i-1])
	}
	t.i++
	return nonEmpty(t.args[t.i-1])
}

func both(a, b truth) truth {
	switch {
	case a == no || b == no:
		return no
	case a == yes && b == yes:
		return yes
	}
	return unknown
}

func either(a, b truth) truth { return both(a.not(), b.not()).not() }

func (r *runner) unary(op string, f field) truth {
	switch op {
	case "-n":
		return nonEmpty(f)
	case "-z":
		return nonEmpty(f).not()
	case "-t":
		if r.mode.Interactive {
			return yes
		}
		return unknown
	case "-v":
		return truthOf(r.vars[f.s] != nil)
	case "-o":
		return unknown
	}
	if !f.known {
		return unknown
	}
	if f.s != "" && f.s[0] != '/' {
		return unknown // relative to a directory that is not known
	}
	s := r.stat(f.s)
	switch op {
	case "-e", "-a":
		return s.exists
	case "-f":
		return s.isFile
	case "-d":
		return s.isDir
	case "-s":
		if s.exists != yes {
			return s.exists
		}
		return truthOf(s.info.Size > 0 || s.info.IsDir())
	case "-r":
		return r.may(s, 4)
	case "-w":
		return r.may(s, 2)
	case "-x":
		return r.may(s, 1)
	case "-L", "-h":
		if r.fs.Link == nil {
			return unknown
		}
		if _, err := r.fs.Link(f.s); err == nil {
			return yes
		}
		return no
	case "-S", "-p", "-b", "-c", "-u", "-g", "-k", "-O", "-G", "-N":
		if s.exists == no || s.isFile == yes && strings.Contains("Spbc", op[1:]) {
			return no
		}
	}
	return unknown
}

func (r *runner) binary(a field, op string, b field) (st truth, ok bool) {
	known := a.known && b.known
	compare := func(f func(x, y int) bool) (truth, bool) {
		x, err := strconv.Atoi(strings.TrimSpace(a.s))
		y, err2 := strconv.Atoi(strings.TrimSpace(b.s))
		switch {
		case !known:
			return unknown, true
		case err != nil || err2 != nil:
			return no, true // an error message, and false
		}
		return truthOf(f(x, y)), true
	}
	switch op {
	case "=", "==":
		if !known {
			return unknown, true
		}
		return truthOf(a.s == b.s), true
	case "!=":
		if !known {
			return unknown, true
		}
		return truthOf(a.s != b.s), true
	case "-eq":
		return compare(func(x, y int) bool { return x == y })
	case "-ne":
		return compare(func(x, y int) bool { return x != y })
	case "-lt":
		return compare(func(x, y int) bool { return x < y })
	case "-le":
		return compare(func(x, y int) bool { return x <= y })
	case "-gt":
		return compare(func(x, y int) bool { return x > y })
	case "-ge":
		return compare(func(x, y int) bool { return x >= y })
	case "-nt", "-ot", "-ef":
		return unknown, true
	case "<", ">":
		if !known {
			return unknown, true
		}
		return truthOf(op == "<" && a.s < b.s || op == ">" && a.s > b.s), true
	case "-a":
		return both(nonEmpty(a), nonEmpty(b)), true
	case "-o":
		return either(nonEmpty(a), nonEmpty(b)), true
	}
	return unknown, false
}

// test is [[ … ]].
func (r *runner) test(x syntax.TestExpr) truth {
	switch x := x.(type) {
	case *syntax.Word:
		return nonEmpty(r.single(x))
	case *syntax.ParenTest:
		return r.test(x.X)
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			return r.test(x.X).not()
		}
		w, ok := x.X.(*syntax.Word)
		if !ok {
			return unknown
		}
		return r.unary(x.Op.String(), r.single(w))
	case *syntax.BinaryTest:
		switch x.Op {
		case syntax.AndTest:
			a := r.test(x.X)
			if a == no {
				return no
			}
			return both(a, r.test(x.Y))
		case syntax.OrTest:
			a := r.test(x.X)
			if a == yes {
				return yes
			}
			return either(a, r.test(x.Y))
		}
		left, ok1 := x.X.(*syntax.Word)
		right, ok2 := x.Y.(*syntax.Word)
		if !ok1 || !ok2 {
			return unknown
		}
		a := r.single(left)
		switch x.Op {
		case syntax.TsMatch, syntax.TsMatchShort, syntax.TsNoMatch:
			pat, ok := r.pattern(right)
			if !ok || !a.known || hasExtGlob(right) || len(pat)*len(a.s) > 1<<22 {
				return unknown
			}
			r.work(len(pat) * len(a.s) / 4096)
			return truthOf(match(pat, a.s) == (x.Op != syntax.TsNoMatch))
		case syntax.TsReMatch:
			b := r.single(right)
			if !a.known || !b.known || len(b.s) > 200 {
				return unknown
			}
			re, err := regexp.Compile(b.s)
			if err != nil {
				return unknown
			}
			return truthOf(re.MatchString(a.s))
		}
		st, _ := r.binary(a, x.Op.String(), r.single(right))
		return st
	}
	return unknown
}

// single expands a word to one field.
func (r *runner) single(w *syntax.Word) field {
	frags := r.word(w, false)
	s, known := join(frags)
	return field{s: s, known: known, frags: frags}
}

// arith evaluates an arithmetic expression without side effects.
func (r *runner) arith(x syntax.ArithmExpr) (int, bool) {
	if r.depth++; r.depth > 1000 {
		r.depth--
		return 0, false
	}
	defer func() { r.depth-- }()
	switch x := x.(type) {
	case *syntax.Word:
		if p, ok := x.Parts[0].(*syntax.ParamExp); ok && len(x.Parts) == 1 && r.shell == "zsh" && p.IsSet {
			s, known := join(r.param(p, false))
			n, err := strconv.Atoi(s)
			return n, known && err == nil
		}
		s, known := join(r.word(x, false))
		if !known {
			return 0, false
		}
		s = strings.TrimSpace(s)
		if s == "" {
			return 0, true
		}
		if n, err := strconv.ParseInt(s, 0, 32); err == nil {
			return int(n), true
		}
		if isName(s) {
			v := r.vars[s]
			if v == nil {
				return 0, true
			}
			n, err := strconv.ParseInt(strings.TrimSpace(v.s), 0, 32)
			return int(n), v.known && (err == nil || v.s == "")
		}
	case *syntax.ParenArithm:
		return r.arith(x.X)
	case *syntax.UnaryArithm:
		n, ok := r.arith(x.X)
		switch x.Op {
		case syntax.Not:
			if n == 0 {
				return 1, ok
			}
			return 0, ok
		case syntax.Minus:
			return -n, ok
		case syntax.Plus:
			return n, ok
		}
	case *syntax.BinaryArithm:
		a, ok := r.arith(x.X)
		b, ok2 := r.arith(x.Y)
		if !ok || !ok2 {
			return 0, false
		}
		is := func(c bool) (int, bool) {
			if c {
				return 1, true
			}
			return 0, true
		}
		switch x.Op {
		case syntax.Add:
			return a + b, true
		case syntax.Sub:
			return a - b, true
		case syntax.Mul:
			return int(int32(a)) * int(int32(b)), true
		case syntax.Eql:
			return is(a == b)
		case syntax.Neq:
			return is(a != b)
		case syntax.Lss:
			return is(a < b)
		case syntax.Gtr:
			return is(a > b)
		case syntax.Leq:
			return is(a <= b)
		case syntax.Geq:
			return is(a >= b)
		case syntax.AndArit:
			return is(a != 0 && b != 0)
		case syntax.OrArit:
			return is(a != 0 || b != 0)
		}
	}
	return 0, false
}

// subst is what a command substitution gives, where that can be told without a run.
func (r *runner) subst(c *syntax.CmdSubst) (string, bool) {
	if len(c.Stmts) != 1 {
		return "", len(c.Stmts) == 0
	}
	args, ok := r.argv(c.Stmts[0])
	if !ok || len(args) == 0 {
		return "", false
	}
	argv := make([]string, len(args))
	for i, a := range args {
		argv[i] = a.s
	}
	s, ok := r.output(argv)
	return strings.TrimRight(s, "\n"), ok
}

// argv is a simple command whose arguments are known.
func (r *runner) argv(s *syntax.Stmt) ([]field, bool) {
	c, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || s.Negated || s.Background || len(c.Args) == 0 {
		return nil, false
	}
	args, ok := r.fields(c.Args)
	if len(args) > 1 && (args[0].s == "command" || args[0].s == "builtin") && !strings.HasPrefix(args[1].s, "-") {
		args = args[1:]
	}
	return args, ok && allKnown(args)
}

// runParts is what run-parts --list prints, of which Debian's /etc/profile makes its loop over /etc/profile.d: the names that fit, in
// the order of their bytes.
func (r *runner) runParts(args []string) (string, bool) {
	list, expr, dir := false, `^[a-zA-Z0-9_-]+$`, ""
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "--list":
			list = true
		case a == "--regex" && i+1 < len(args):
			i++
			expr = args[i]
		case strings.HasPrefix(a, "--regex="):
			expr = a[len("--regex="):]
		case a == "--":
		case strings.HasPrefix(a, "-") || dir != "":
			return "", false
		default:
			dir = a
		}
	}
	re, err := regexp.Compile(expr)
	if !list || dir == "" || err != nil {
		return "", false
	}
	entries, err := r.fs.List(dir)
	if err != nil {
		return "", errors.Is(err, fs.ErrNotExist)
	}
	var names []string
	for _, e := range entries {
		if !e.Type.IsDir() && re.MatchString(e.Name) {
			names = append(names, path.Join(dir, e.Name))
		}
	}
	slices.Sort(names)
	return strings.Join(names, "\n"), true
}

// output is what a program prints, by knowledge or as it was recorded.
func (r *runner) output(argv []string) (string, bool) {
	if r.fs.Output != nil {
		if s, ok := r.fs.Output(argv...); ok {
			return s, true
		}
		if base := path.Base(argv[0]); base != argv[0] {
			if s, ok := r.fs.Output(append([]string{base}, argv[1:]...)...); ok {
				return s, true
			}
		}
	}
	args := argv[1:]
	arg := ""
	if len(args) == 1 {
		arg = args[0]
	}
	if r.funcs[argv[0]] != nil {
		return "", false
	}
	switch path.Base(argv[0]) {
	case "id":
		switch strings.Join(args, " ") {
		case "-u", "-ru", "-u -r":
			return strconv.Itoa(r.sys.UID), r.sys.UID >= 0
		case "-un", "-nu", "-u -n":
			return r.sys.User, r.sys.User != ""
		}
	case "run-parts":
		return r.runParts(args)
	case "whoami", "logname":
		return r.sys.User, r.sys.User != "" && len(args) == 0
	case "uname":
		switch {
		case len(args) == 0 || arg == "-s":
			if r.sys.OS == "darwin" {
				return "Darwin", true
			}
			return "Linux", true
		case arg == "-m":
			return r.machine(), true
		case arg == "-r" && r.sys.OS == "linux":
			return r.sys.Version, r.sys.Version != ""
		}
	case "arch":
		return r.machine(), len(args) == 0
	case "echo":
		if len(args) > 0 && args[0] == "-n" {
			args = args[1:]
		}
		s := strings.Join(args, " ")
		return s, !strings.Contains(s, `\`)
	case "printf":
		switch {
		case len(args) == 2 && (args[0] == "%s" || args[0] == `%s\n`):
			return args[1], true
		case len(args) == 1 && !strings.ContainsAny(arg, `%\`):
			return arg, true
		}
	case "dirname":
		if arg != "" {
			return path.Dir(strings.TrimRight(arg, "/")), true
		}
	case "basename":
		if arg != "" {
			return path.Base(arg), true
		}
	case "brew":
		if arg == "--prefix" {
			p, st := r.brewPrefix(argv[0])
			return p, st == yes
		}
	case "go":
		if len(args) == 2 && args[0] == "env" && r.fs.GoEnv != nil {
			switch exe, found := r.lookPath(argv[0]); found {
			case no: // command not found prints nothing to standard output
				return "", true
			case yes:
				return r.fs.GoEnv(r.exported, exe, args[1])
			}
		}
	case "command", "which", "type", "whence":
		want := ""
		switch {
		case argv[0] == "command" && len(args) == 2 && args[0] == "-v", argv[0] == "type" && len(args) == 2 && (args[0] == "-p" || args[0] == "-P"):
			want = args[1]
		case path.Base(argv[0]) == "which" && len(args) == 1:
			want = arg
		}
		if want != "" && r.funcs[want] == nil && !isBuiltin(want) {
			file, found := r.lookPath(want)
			return file, found != unknown
		}
	}
	return "", false
}

// exported is what a program that is started now finds in its environment.
func (r *runner) exported(name string) (string, bool) {
	v := r.vars[name]
	if v == nil || v.known && !v.exported {
		return "", true
	}
	return v.s, v.known
}
