package probes

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// autoRuns are the commands that cmd.exe runs at each start, also where a build starts it (cmd /?).
func autoRuns(r *reader, own *block) (list []facts.AutoRun) {
	for _, hive := range []string{`HKLM\SOFTWARE`, `HKCU\Software`} { // in this order cmd runs them
		k := r.key(hive + `\Microsoft\Command Processor`)
		t := r.regText(k, "AutoRun")
		if t == nil || strings.TrimSpace(t.S) == "" {
			continue
		}
		a := facts.AutoRun{At: t.At, Text: t}
		a.Sets = sets(t.S, t.At)
		for _, b := range batchFiles(t.S) {
			file := expand(r, own, b.file)
			if !r.st.IsAbs(file) || r.st.IsRemote(file) {
				continue
			}
			file = r.st.Clean(file)
			switch t, _ := r.exists(file); {
			case t == facts.No && !b.guarded:
				a.Missing = file
			case t != facts.Yes:
			case strings.EqualFold(r.st.Base(file), "conda_hook.bat"):
				// it puts its own directory on PATH, which matters where a go lies there
				if r.isFile(r.st.Join(r.st.Dir(file), "go.exe")) {
					a.Sets = append(a.Sets, facts.Set{Name: "PATH", At: host.FileLoc(file, 1)})
				}
			default:
				if t, err := r.text(file); err == nil {
					a.Sets = append(a.Sets, batchSets(t)...)
				}
			}
		}
		list = append(list, a)
	}
	return list
}

// batchSets are the variables that a batch file leaves set: none where setlocal takes them back.
func batchSets(t *host.Text) (list []facts.Set) {
	for n := 1; n <= t.Lines(); n++ {
		start, end, _ := t.Line(n)
		line := t.S[start:end]
		if f := strings.Fields(strings.ToLower(strings.TrimLeft(line, "@ \t"))); len(f) > 0 && f[0] == "setlocal" {
			return nil
		}
		list = append(list, sets(line, host.FileLoc(t.At.Path, n))...)
	}
	return list
}

// sets are the variables that a command line sets.
func sets(line string, at host.Loc) (list []facts.Set) {
	for _, c := range commands(line) {
		word, rest := cutWord(c.text)
		switch strings.ToLower(word) {
		case "set":
			rest = strings.TrimLeft(rest, `" `)
			if name, _, ok := strings.Cut(rest, "="); ok && name != "" && !strings.HasPrefix(name, "/") {
				list = append(list, facts.Set{Name: strings.TrimSpace(name), At: at})
			}
		case "path":
			if strings.Trim(rest, " =") != "" {
				list = append(list, facts.Set{Name: "PATH", At: at})
			}
		}
	}
	return list
}

// A batchFile is one that a command line runs; guarded says that it does so only if something holds.
type batchFile struct {
	file    string
	guarded bool
}

func batchFiles(line string) (list []batchFile) {
	for _, c := range commands(line) {
		word, rest := cutWord(c.text)
		if strings.EqualFold(word, "call") {
			word, _ = cutWord(rest)
		}
		if low := strings.ToLower(word); strings.HasSuffix(low, ".bat") || strings.HasSuffix(low, ".cmd") {
			list = append(list, batchFile{word, c.guarded})
		}
	}
	return list
}

// A command is one of a line, without what it depends on.
type command struct {
	text    string
	guarded bool
}

// commands splits a line of cmd.exe at &, |, && and || outside quotes, and takes conditions and parentheses off.
func commands(line string) (list []command) {
	quoted, start := false, 0
	add := func(s string) {
		c := command{}
		for {
			s = strings.TrimLeft(s, "@( \t")
			word, rest := cutWord(s)
			if !strings.EqualFold(word, "if") {
				break
			}
			c.guarded = true
			word, rest = cutWord(rest)
			for strings.EqualFold(word, "not") || strings.EqualFold(word, "/i") {
				word, rest = cutWord(rest)
			}
			switch strings.ToLower(word) {
			case "exist", "defined", "errorlevel":
				_, rest = cutWord(rest)
			default:
				switch {
				case strings.HasPrefix(rest, "=="): // "a"==b
					_, rest = cutWord(rest)
				case !strings.Contains(word, "=="): // a EQU b
					_, rest = cutWord(rest)
					_, rest = cutWord(rest)
				}
			}
			s = rest
		}
		if low := strings.ToLower(s); s != "" && !strings.HasPrefix(low, "rem ") && !strings.HasPrefix(s, "::") {
			c.text = strings.TrimRight(s, ") \t")
			list = append(list, c)
		}
	}
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '"':
			quoted = !quoted
		case '^':
			i++
		case '&', '|':
			if !quoted {
				add(line[start:i])
				start = i + 1
			}
		}
	}
	add(line[min(start, len(line)):])
	return list
}

// cutWord takes the first word off, which may stand in quotes.
func cutWord(s string) (word, rest string) {
	s = strings.TrimLeft(s, " \t")
	if strings.HasPrefix(s, `"`) {
		if i := strings.IndexByte(s[1:], '"'); i >= 0 {
			return s[1 : 1+i], s[i+2:]
		}
		return s[1:], ""
	}
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}
