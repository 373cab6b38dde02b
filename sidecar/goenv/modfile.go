package goenv

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// ParseMod reads the lines of a go.mod or go.work. It never fails: like cmd/go's own look at these files before it knows which
// Go will run (modload.GoModLookup), it must read files in a syntax that is newer, or broken, and so it does not use a parser of one version.
func ParseMod(t *host.Text, dir string, work bool) *facts.ModFile {
	m := &facts.ModFile{At: t.At, Dir: dir, Work: work, Text: t}
	block := ""
	for n := 1; n <= t.Lines(); n++ {
		start, end, _ := t.Line(n)
		line := t.S[start:end]
		if i := strings.Index(line, "//"); i >= 0 {
			line = line[:i]
		}
		body := strings.TrimLeft(line, " \t")
		start += len(line) - len(body)
		body = strings.TrimRight(body, " \t\r")
		if body == "" {
			continue
		}
		f := fields(body)
		d := facts.Directive{Line: n, Start: start, End: start + len(body)}
		switch {
		case block != "" && f[0] == ")":
			block = ""
			continue
		case block != "":
			d.Verb, d.Args = block, f
		case len(f) == 2 && f[1] == "(" || len(f) == 1 && len(f[0]) > 1 && strings.HasSuffix(f[0], "("):
			block = strings.TrimSuffix(f[0], "(")
			d.Verb, d.Block = block, true
		default:
			d.Verb, d.Args = f[0], f[1:]
		}
		m.Directives = append(m.Directives, d)
	}
	return m
}

// fields splits a line at blanks and takes quotes off.
func fields(line string) (list []string) {
	for line = strings.TrimLeft(line, " \t"); line != ""; line = strings.TrimLeft(line, " \t") {
		var f string
		if q := line[0]; q == '"' || q == '`' {
			if i := strings.IndexByte(line[1:], q); i >= 0 {
				f, line = line[1:1+i], line[i+2:]
				list = append(list, f)
				continue
			}
		}
		if i := strings.IndexAny(line, " \t"); i >= 0 {
			f, line = line[:i], line[i:]
		} else {
			f, line = line, ""
		}
		list = append(list, f)
	}
	return list
}
