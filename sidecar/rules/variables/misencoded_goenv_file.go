package variables

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// MisencodedGoenvFile reports a go/env file in an encoding or with line ends that the go command does not read.
//
// The go command reads the bytes of the file. A UTF-16 file, which Windows PowerShell 5 writes, loses every line without a word.
// A UTF-8 byte order mark loses the first one. With CRLF line ends the carriage return becomes a part of each value:
// `unknown environment setting GO111MODULE=on\r`.
//
// # Fixes
//
//   - normalise: writes the same lines as UTF-8 with LF and without a mark. Safe. Where bytes are no UTF-8 at all, nobody can say what
//     was meant, and it is done by hand.
//
// # Source
//
// cmd/go/internal/cfg, readEnvFile, run with Go 1.21 to 1.27.
var MisencodedGoenvFile = &rules.Rule{
	ID: "misencoded-goenv-file", Severity: rules.Error,
	Judge: func(j *rules.Judge) {
		t := j.GoEnv.Text
		if t == nil {
			return
		}
		at := t.At
		at.Line = 1
		var f *rules.Finding
		raw := t.Raw.Data
		switch nul := bytes.IndexByte(raw, 0); {
		case t.Enc == host.UTF16LE || t.Enc == host.UTF16BE:
			f = j.Place(at, "The go/env file is UTF-16: go reads none of its lines.").About("file:"+j.System.Style.Key(t.At.Path), "var:*")
			start, end, _ := t.Line(1)
			f.Range(t, start, end)
		case nul >= 0:
			at.Line, _ = t.Position(nul)
			f = j.Place(at, "The go/env file holds NUL bytes: go does not read its lines as they look.").About("file:"+j.System.Style.Key(t.At.Path), "var:*")
			start, end, _ := t.Line(at.Line)
			f.Range(t, start, end)
		case t.Enc == host.UTF8BOM:
			start, end, _ := t.Line(1)
			key, _, _ := strings.Cut(t.S[start:end], "=")
			f = j.Place(at, "The go/env file begins with a byte order mark: go does not read its first line.").About("file:"+j.System.Style.Key(t.At.Path), "var:"+key)
			f.Range(t, start, end)
		default:
			if f = carriageReturns(j, t); f == nil {
				f = invalid(j, t)
			}
		}
		if f == nil {
			return
		}
		title := "Rewrite as UTF-8 with LF"
		if !t.Valid() || t.Enc != host.UTF16LE && t.Enc != host.UTF16BE && bytes.IndexByte(raw, 0) >= 0 {
			f.Manual("normalise", title, "Some bytes of the file are no text that can be told. Open it, correct the marked line, and save it as UTF-8 without a byte order mark.", "")
			return
		}
		f.Offer(rules.Fix{ID: "normalise", Safety: rules.Safe, Title: title,
			Changes: []host.Change{{At: t.At, Whole: &host.Value{Data: []byte(strings.ReplaceAll(t.S, "\r\n", "\n"))}}}})
	},
}

// strict are variables that a CR makes wrong; the others tolerate it.
var strict = []string{"GO111MODULE", "GOTOOLCHAIN", "GOSUMDB", "GOOS", "GOARCH", "CGO_ENABLED", "GOROOT", "GOPATH", "GOBIN", "GOCACHE", "GOMODCACHE", "GOTMPDIR"}

func carriageReturns(j *rules.Judge, t *host.Text) (f *rules.Finding) {
	severity := rules.Warning
	var names []string
	for n := 1; n <= t.Lines(); n++ {
		start, end, next := t.Line(n)
		if next-end != 2 {
			continue
		}
		if f == nil {
			at := t.At
			at.Line = n
			f = j.Place(at, "").Range(t, start, end)
		}
		key, _, ok := strings.Cut(t.S[start:end], "=")
		if !ok || key == "" || key[0] < 'A' || key[0] > 'Z' {
			continue
		}
		names = append(names, "var:"+key)
		if slices.Contains(strict, key) {
			severity = rules.Error
		}
	}
	if f == nil {
		return nil
	}
	f.Message = "The go/env file has CRLF line ends: go takes the carriage return as a part of each value."
	return f.As(severity).About("file:" + j.System.Style.Key(t.At.Path)).About(names...)
}

func invalid(j *rules.Judge, t *host.Text) *rules.Finding {
	for i := 0; i < len(t.S); {
		r, n := utf8.DecodeRuneInString(t.S[i:])
		if r == utf8.RuneError && n == 1 {
			at := t.At
			at.Line, _ = t.Position(i)
			start, end, _ := t.Line(at.Line)
			key, _, _ := strings.Cut(t.S[start:end], "=")
			return j.Place(at, "The go/env file is not UTF-8 in this line: go takes the bytes as they are.").About("file:"+j.System.Style.Key(t.At.Path), "var:"+key).Range(t, start, end)
		}
		i += n
	}
	return nil
}
