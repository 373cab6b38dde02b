package probes

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// powershell is the block of a new integrated terminal that runs PowerShell, and what its profiles assign; nil where another shell is the
// default one, or no profile assigns anything. Profiles are read line by line and never run: what is not understood is unknown.
func powershell(r *reader, own *block, set []*facts.Settings) (*block, []*facts.Assignment) {
	shell := ""
	for _, s := range set {
		if m := s.Get("terminal.integrated.defaultProfile.windows"); m != nil && settingsScope(s.Scope) && m.IsString {
			shell = strings.ToLower(m.Value)
		}
	}
	if shell != "" && !strings.Contains(shell, "powershell") && !strings.Contains(shell, "pwsh") {
		return nil, nil
	}
	home, dir := `C:\Program Files\PowerShell\7`, "PowerShell"
	if shell == "windows powershell" || !r.isFile(r.st.Join(home, "pwsh.exe")) {
		home, dir = `C:\Windows\System32\WindowsPowerShell\v1.0`, "WindowsPowerShell"
		if !scriptsRun(r) {
			return nil, nil
		}
	}
	var p *psPlayer
	documents := knownFolder(r, own, "Personal", "Documents")
	for _, name := range []string{r.st.Join(home, "profile.ps1"), r.st.Join(home, "Microsoft.PowerShell_profile.ps1"),
		r.st.Join(documents, dir, "profile.ps1"), r.st.Join(documents, dir, "Microsoft.PowerShell_profile.ps1")} {
		if r.st.IsRemote(name) {
			continue
		}
		t, err := r.text(name)
		if err != nil {
			continue
		}
		for _, a := range parsePowerShell(t) {
			if p == nil {
				p = newPSPlayer(r, own)
			}
			p.assign(t, a)
		}
	}
	if p == nil || len(p.made) == 0 {
		return nil, nil
	}
	return p.block, p.made
}

// scriptsRun reports whether Windows PowerShell runs profiles: it does not unless somebody set an execution policy.
func scriptsRun(r *reader) bool {
	for _, hive := range []string{`HKCU\Software`, `HKLM\SOFTWARE`} {
		if t := r.regText(r.key(hive+`\Microsoft\PowerShell\1\ShellIds\Microsoft.PowerShell`), "ExecutionPolicy"); t != nil {
			return slices.Contains([]string{"remotesigned", "unrestricted", "bypass"}, strings.ToLower(t.S))
		}
	}
	return false
}

// A psAssign is one assignment of an environment variable: the bytes [Start,End) of the text are the value as written.
type psAssign struct {
	name       string
	add        bool // +=
	start, end int
	line       int
	alone      bool // nothing else stands on its line
	sure       bool // it is made whenever the profile runs
}

// parsePowerShell finds the assignments $env:X = …, +=, [Environment]::SetEnvironmentVariable and Set-Item Env:X. Those in functions are
// left out; those that depend on something are unsure.
func parsePowerShell(t *host.Text) (list []psAssign) {
	var blocks []bool // of open braces: whether what stands in them is not run
	here, comment := "", false
	for n := 1; n <= t.Lines(); n++ {
		start, end, _ := t.Line(n)
		line := t.S[start:end]
		trimmed := strings.TrimSpace(line)
		switch {
		case comment:
			comment = !strings.Contains(line, "#>")
			continue
		case here != "":
			if strings.HasPrefix(line, here) {
				here = ""
			}
			continue
		case strings.HasPrefix(trimmed, "<#"):
			comment = !strings.Contains(line, "#>")
			continue
		case strings.HasSuffix(trimmed, `@"`) || strings.HasSuffix(trimmed, "@'"):
			here = trimmed[len(trimmed)-1:] + "@"
			continue
		}
		first := true
		for _, s := range psStatements(line) {
			stmt := strings.TrimLeft(line[s.start:s.end], " \t}")
			off := start + s.end - len(stmt)
			idle := slices.Contains(blocks, true)
			if a, ok := psAssignment(stmt); ok && !idle {
				a.start, a.end = a.start+off, a.end+off
				a.line = n
				a.alone = first && s.end == len(line) && len(blocks) == 0
				a.sure = len(blocks) == 0 && !s.nested
				list = append(list, a)
			}
			first = false
			for _, c := range s.braces {
				switch {
				case c == '{':
					low := strings.ToLower(stmt)
					blocks = append(blocks, strings.HasPrefix(low, "function ") || strings.HasPrefix(low, "filter ") || strings.HasPrefix(low, "$") || strings.HasPrefix(low, "register-"))
				case len(blocks) > 0:
					blocks = blocks[:len(blocks)-1]
				}
			}
		}
	}
	return list
}

// A psStatement is a part of a line up to ; or a brace, with the braces that end it.
type psStatement struct {
	start, end int
	braces     string
	nested     bool // a brace of the same line is open
}

// psStatements splits a line at ; { and } outside quotes and parentheses, and leaves the comment out.
func psStatements(line string) (list []psStatement) {
	quote := byte(0)
	start, depth, open := 0, 0, 0
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '`' && quote != '\'':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#' && (i == 0 || strings.IndexByte(" \t;{}(", line[i-1]) >= 0):
			return append(list, psStatement{start: start, end: i, nested: open > 0})
		case c == '$' && i+1 < len(line) && line[i+1] == '{': // ${env:X}
			if k := strings.IndexByte(line[i:], '}'); k > 0 {
				i += k
			}
		case c == '(':
			depth++
		case c == ')':
			depth = max(depth-1, 0)
		case (c == ';' || c == '{' || c == '}') && depth == 0:
			s := psStatement{start: start, end: i, nested: open > 0}
			if c != ';' {
				s.braces = string(c)
				open += map[byte]int{'{': 1, '}': -1}[c]
			}
			list = append(list, s)
			start = i + 1
		}
	}
	return append(list, psStatement{start: start, end: len(line), nested: open > 0})
}

// psAssignment reads one statement; the bytes are of it.
func psAssignment(s string) (a psAssign, ok bool) {
	low := strings.ToLower(s)
	value := func(i int) bool {
		for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
			i++
		}
		a.start, a.end = i, i+len(strings.TrimRight(s[i:], " \t\r"))
		return a.name != "" && a.end > a.start
	}
	switch {
	case strings.HasPrefix(low, "$env:"), strings.HasPrefix(low, "${env:"):
		i := strings.IndexByte(s, ':') + 1
		k := i
		for k < len(s) && (isWord(s[k]) || s[0] == '$' && s[1] == '{' && s[k] != '}') {
			k++
		}
		a.name = s[i:k]
		rest := strings.TrimLeft(s[k:], "} \t")
		at := len(s) - len(rest)
		switch {
		case strings.HasPrefix(rest, "+="):
			a.add = true
			return a, value(at + 2)
		case strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "=="):
			return a, value(at + 1)
		}
		return a, false
	case strings.HasPrefix(low, "[environment]::setenvironmentvariable("), strings.HasPrefix(low, "[system.environment]::setenvironmentvariable("):
		open := strings.IndexByte(s, '(') + 1
		parts := strings.SplitN(strings.TrimRight(s[open:], " )"), ",", 3)
		if len(parts) < 2 || len(parts) == 3 && !strings.Contains(strings.ToLower(parts[2]), "process") {
			return a, false // a place that outlives the process
		}
		a.name = strings.Trim(parts[0], ` "'`)
		i := open + len(parts[0]) + 1
		ok = value(i)
		a.end = min(a.end, i+len(strings.TrimRight(parts[1], " ")))
		return a, ok && a.end > a.start
	case strings.HasPrefix(low, "set-item "):
		i := strings.Index(low, "env:")
		if i < 0 {
			return a, false
		}
		i += 4
		if i < len(s) && s[i] == '\\' {
			i++
		}
		k := i
		for k < len(s) && isWord(s[k]) {
			k++
		}
		a.name = s[i:k]
		for k < len(s) && strings.IndexByte(`"' `, s[k]) >= 0 && !(s[k] != ' ' && s[k-1] == ' ') {
			k++
		}
		if strings.HasPrefix(low[k:], "-value ") {
			k += len("-value ")
		}
		return a, value(k)
	}
	return a, false
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// A psPlayer applies assignments to a block.
type psPlayer struct {
	r     *reader
	block *block
	made  []*facts.Assignment
}

func newPSPlayer(r *reader, own *block) *psPlayer {
	b := &block{list: slices.Clone(own.list)}
	for _, el := range r.st.SplitList(own.get(r.st, "PATH")) {
		b.path = append(b.path, &facts.PathEntry{Text: el.Text, Dir: r.st.Clean(el.Dir), Known: true, At: host.EnvLoc("PATH"), Layer: facts.Process, Start: -1})
	}
	return &psPlayer{r: r, block: b}
}

// A span says where a byte of a value comes from: the bytes [lo,hi) of the text, or what PATH was before.
type span struct {
	lo, hi int
	path   bool
}

func (p *psPlayer) assign(t *host.Text, a psAssign) {
	st := p.r.st
	path := st.EqualName(a.name, "PATH")
	value, from, known := p.eval(t.S, a.start, a.end)
	if old := p.block.get(st, a.name); a.add {
		value = old + value
		prefix := make([]span, len(old))
		for i := range prefix {
			prefix[i] = span{a.start, a.start, path}
		}
		from = append(prefix, from...)
	}
	known = known && a.sure
	f := &facts.Assignment{Name: a.name, Value: value, Known: known, Raw: t.S[a.start:a.end], Layer: facts.InteractiveProfile, At: host.FileLoc(t.At.Path, a.line),
		Text: t, Start: a.start, End: a.end, Cuttable: a.alone}
	f.CutStart, _, f.CutEnd = t.Line(a.line)
	v := facts.Var{Name: a.name, Value: value, Known: known, By: f}
	if i := slices.IndexFunc(p.block.list, func(x facts.Var) bool { return st.EqualName(x.Name, a.name) }); i >= 0 {
		v.Name = p.block.list[i].Name
		p.block.list[i] = v
	} else {
		p.block.list = append(p.block.list, v)
	}
	if path {
		p.entries(t, f, value, from)
	}
	if path || interesting(st, a.name) {
		p.made = append(p.made, f)
	}
}

// entries are the elements of PATH after an assignment: those it had keep where they come from.
func (p *psPlayer) entries(t *host.Text, f *facts.Assignment, value string, from []span) {
	st, old := p.r.st, p.block.path
	p.block.path = []*facts.PathEntry{}
	if !f.Known {
		p.block.path = append(slices.Clone(old), unknownEntry())
		return
	}
	for _, el := range st.SplitList(value) {
		if el.Start < el.End && from[el.Start].path && from[el.End-1].path && len(old) > 0 {
			if i := slices.IndexFunc(old, func(e *facts.PathEntry) bool { return e.Text == el.Text }); i >= 0 {
				p.block.path = append(p.block.path, old[i])
				continue
			}
		}
		e := &facts.PathEntry{Text: el.Text, Dir: st.Clean(el.Dir), Known: true, At: f.At, Layer: f.Layer, By: f, Start: -1}
		if el.Start < el.End && !from[el.Start].path && !from[el.End-1].path {
			e.Source, e.Start, e.End = t, from[el.Start].lo, from[el.End-1].hi
		}
		p.block.path = append(p.block.path, e)
	}
}

// eval is what an expression gives: texts in quotes and environment variables, joined by +. Everything else is unknown.
func (p *psPlayer) eval(s string, start, end int) (value string, from []span, known bool) {
	known = true
	add := func(text string, lo, hi int, path bool) {
		value += text
		for range len(text) {
			from = append(from, span{lo, hi, path})
		}
	}
	variable := func(i int) int { // the byte after a variable at i
		braces := strings.HasPrefix(s[i:end], "${")
		k := i + 1
		if braces {
			k++
		}
		n := k
		for n < end && (isWord(s[n]) || s[n] == ':' && n+1 < end && isWord(s[n+1]) || braces && s[n] != '}') {
			n++
		}
		name := s[k:n]
		if braces {
			n = min(n+1, end)
		}
		low := strings.ToLower(name)
		switch {
		case strings.HasPrefix(low, "env:"):
			val := p.block.get(p.r.st, name[4:])
			for _, x := range p.block.list {
				if p.r.st.EqualName(x.Name, name[4:]) {
					known = known && x.Known
				}
			}
			add(val, i, n, p.r.st.EqualName(name[4:], "PATH"))
		case low == "home":
			add(p.r.sys.Home, i, n, false)
		default:
			known = false
		}
		return max(n, i+1)
	}
	plus := true
	for i := start; i < end; {
		switch c := s[i]; {
		case c == ' ' || c == '\t':
			i++
		case c == '+' && !plus:
			plus = true
			i++
		case !plus:
			return value, from, false
		case c == '\'':
			k := strings.IndexByte(s[i+1:end], '\'')
			if k < 0 || i+k+2 < end && s[i+k+2] == '\'' { // '' is a quote in a text
				return value, from, false
			}
			for n := i + 1; n < i+1+k; n++ {
				add(s[n:n+1], n, n+1, false)
			}
			i, plus = i+k+2, false
		case c == '"':
			n := i + 1
			for n < end && s[n] != '"' {
				switch {
				case s[n] == '`' || strings.HasPrefix(s[n:end], "$("):
					return value, from, false
				case s[n] == '$':
					n = variable(n)
				default:
					add(s[n:n+1], n, n+1, false)
					n++
				}
			}
			if n >= end {
				return value, from, false
			}
			i, plus = n+1, false
		case c == '$':
			i, plus = variable(i), false
		default:
			return value, from, false
		}
	}
	return value, from, known && !plus
}
