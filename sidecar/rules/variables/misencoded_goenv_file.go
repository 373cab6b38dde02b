package variables

import (
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
		text, sure := t.S, t.Valid()
		var f *rules.Finding
		switch nul := strings.IndexByte(t.S, 0); {
		case t.Enc == host.UTF16LE || t.Enc == host.UTF16BE:
			if strings.TrimSpace(t.S) != "" {
				f = mark(j, t, 1, "The go/env file is UTF-16: go reads none of its lines.").About("var:*")
			}
		case nul >= 0:
			line, _ := t.Position(nul)
			f = mark(j, t, line, "The go/env file holds NUL bytes, as lines of UTF-16 do that were appended to it: go does not read its lines as they look.").About("var:*")
			text = strings.ReplaceAll(t.S, "\x00", "")
			sure = utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' })
		case t.Enc == host.UTF8BOM:
			if key := key(t, 1); key != "" {
				f = mark(j, t, 1, "The go/env file begins with a byte order mark: go does not read its first line, %s.", key).About("var:" + key)
			} else if strings.TrimSpace(t.S) != "" {
				f = mark(j, t, 1, "The go/env file begins with a byte order mark: go does not read its first line.").As(rules.Info)
			}
			if more, line, _ := carriageReturns(t); f != nil && line > 0 {
				f.Message = j.T("%s It has CRLF line ends too: go takes the carriage return as a part of each value.", f.Message)
				f.As(rules.Error).About(more...)
			}
		default:
			if subjects, line, severity := carriageReturns(t); line > 0 {
				f = mark(j, t, line, "The go/env file has CRLF line ends: go takes the carriage return as a part of each value.").As(severity).About(subjects...)
			} else if i := invalid(t.S); i >= 0 {
				line, _ := t.Position(i)
				f = mark(j, t, line, "The go/env file is not UTF-8 in this line: go takes the bytes as they are.").About("var:" + key(t, line))
			}
		}
		if f == nil {
			return
		}
		title := j.T("Rewrite as UTF-8 with LF: %s", j.Display(t.At.Path))
		if !sure {
			f.Manual("normalise", title, j.T("Some bytes of the file are no text that can be told. Open it, correct the marked line, and save it as UTF-8 without a byte order mark."), "")
			return
		}
		f.Offer(rules.Fix{ID: "normalise", Safety: rules.Safe, Title: title,
			Changes: []host.Change{{At: t.At, Whole: &host.Value{Data: []byte(strings.ReplaceAll(text, "\r\n", "\n"))}}}})
	},
}

// mark begins a finding about a line of the file.
func mark(j *rules.Judge, t *host.Text, line int, format string, args ...any) *rules.Finding {
	at := t.At
	at.Line = line
	start, end, _ := t.Line(line)
	return j.Place(at, format, args...).About("file:"+j.System.Style.Key(t.At.Path)).Range(t, start, end)
}

// key is the variable that a line assigns, "" if it assigns none.
func key(t *host.Text, line int) string {
	start, end, _ := t.Line(line)
	key, _, ok := strings.Cut(t.S[start:end], "=")
	if !ok || key == "" || key[0] < 'A' || key[0] > 'Z' {
		return ""
	}
	return key
}

// strict are variables that a CR makes wrong; the others tolerate it.
var strict = []string{"GO111MODULE", "GOTOOLCHAIN", "GOSUMDB", "GOOS", "GOARCH", "CGO_ENABLED", "GOROOT", "GOPATH", "GOBIN", "GOCACHE", "GOMODCACHE", "GOTMPDIR"}

// carriageReturns are the variables whose value gets one, the first line that ends with one, and what that does; line is 0 where it
// harms no value.
func carriageReturns(t *host.Text) (subjects []string, line int, severity rules.Severity) {
	severity = rules.Warning
	for n := 1; n <= t.Lines(); n++ {
		_, end, next := t.Line(n)
		if next-end != 2 {
			continue
		}
		if line == 0 {
			line = n
		}
		if key := key(t, n); key != "" {
			subjects = append(subjects, "var:"+key)
			if slices.Contains(strict, key) {
				severity = rules.Error
			}
		}
	}
	if subjects == nil {
		return nil, 0, severity
	}
	return subjects, line, severity
}

// invalid is the first byte that is not UTF-8, -1 if there is none.
func invalid(s string) int {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
