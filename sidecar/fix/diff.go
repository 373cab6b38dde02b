package fix

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
)

// Diff is the unified diff of edits as a person reads it: decoded texts as [FileDiff] gives them, with characters that nobody
// sees written out. An absent side is called "(absent)",
// in the language.
func Diff(lang l10n.Lang, edits []host.Edit) string {
	var out strings.Builder
	for _, e := range edits {
		old, new := FileDiff(lang, e)
		from, to := e.At.String(), e.At.String()
		if e.Old == nil {
			from = lang.T("(absent)")
		}
		if e.New == nil {
			to = lang.T("(absent)")
		}
		a, b := visible(old), visible(new)
		if a == b && old != new { // one has a character, the other its description
			a, b = hexLines([]byte(old)), hexLines([]byte(new))
		}
		d := string(diff.Diff(visible(from), []byte(a), visible(to), []byte(b)))
		_, d, _ = strings.Cut(d, "\n") // a line "diff FROM TO", which only says the names once more
		if d == "" && from != to {     // an empty file comes or goes
			d = fmt.Sprintf("--- %s\n+++ %s\n", visible(from), visible(to))
		}
		out.WriteString(d)
	}
	return out.String()
}

// FileDiff is both sides of an edit for a diff editor; an absent side is empty. Line ends are LF, list values of the registry
// (PATH, GOPATH …) stand one element to a line. What a diff would not show is made visible where it changes: line ends (as ␍),
// the encoding and the registry type (a first line in parentheses), and in the last resort the bytes.
func FileDiff(lang l10n.Lang, e host.Edit) (old, new string) {
	old, new = decoded(e.At, e.Old), decoded(e.At, e.New)
	if a, b := ends(old), ends(new); a == mixed || b == mixed || a != b && a != none && b != none {
		old, new = strings.ReplaceAll(old, "\r", "␍"), strings.ReplaceAll(new, "\r", "␍")
	} else {
		old, new = strings.ReplaceAll(old, "\r\n", "\n"), strings.ReplaceAll(new, "\r\n", "\n")
	}
	if e.Old == nil || e.New == nil {
		return old, new
	}
	if a, b := form(lang, e.At, e.Old), form(lang, e.At, e.New); a != b {
		old, new = "("+a+")\n"+old, "("+b+")\n"+new
	}
	if old == new && !equal(e.Old, e.New) {
		old, new = hexLines(e.Old.Data), hexLines(e.New.Data)
	}
	return old, new
}

// decoded is the text of a value, with one element a line where it is a list.
func decoded(at host.Loc, v *host.Value) string {
	switch {
	case v == nil:
		return ""
	case at.Kind != host.Registry:
		return host.DecodeFile(at, v.Data).S
	}
	switch v.Type {
	case "sz", "expand":
		s := host.DecodeRegistry(at, *v).S
		if strings.HasSuffix(strings.ToUpper(at.Name), "PATH") {
			var lines []string
			for _, e := range (host.Style{Windows: true}).SplitList(s) {
				lines = append(lines, e.Text)
			}
			s = strings.Join(lines, "\n")
		}
		return s + "\n"
	case "multi":
		// DecodeRegistry stops at the first NUL, which here separates.
		s := host.DecodeFile(at, append([]byte{0xFF, 0xFE}, v.Data...)).S
		return strings.ReplaceAll(strings.TrimRight(s, "\x00"), "\x00", "\n") + "\n"
	case "dword":
		if len(v.Data) == 4 {
			return fmt.Sprintf("%d\n", binary.LittleEndian.Uint32(v.Data))
		}
	case "qword":
		if len(v.Data) == 8 {
			return fmt.Sprintf("%d\n", binary.LittleEndian.Uint64(v.Data))
		}
	}
	return hexLines(v.Data)
}

// form is what a value has besides its text: the type, or the encoding.
func form(lang l10n.Lang, at host.Loc, v *host.Value) string {
	if at.Kind == host.Registry {
		return v.Type
	}
	enc := host.DecodeFile(at, v.Data).Enc
	if enc == host.UTF16LE && !strings.HasPrefix(string(v.Data), "\xFF\xFE") || enc == host.UTF16BE && !strings.HasPrefix(string(v.Data), "\xFE\xFF") {
		return lang.T("%s without BOM", enc)
	}
	return string(enc)
}

type lineEnds int

const (
	none lineEnds = iota
	lf
	crlf
	mixed
)

func ends(s string) lineEnds {
	cr, nl, pairs := strings.Count(s, "\r"), strings.Count(s, "\n"), strings.Count(s, "\r\n")
	switch {
	case cr == 0 && nl == 0:
		return none
	case cr == 0:
		return lf
	case cr == pairs && nl == pairs:
		return crlf
	}
	return mixed
}

func hexLines(data []byte) string {
	var b strings.Builder
	for len(data) > 0 {
		n := min(16, len(data))
		for i, c := range data[:n] {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(hex.EncodeToString([]byte{c}))
		}
		b.WriteByte('\n')
		data = data[n:]
	}
	return b.String()
}

// visible writes out what a terminal would swallow, obey or show as a plain space: control characters, invisible and
// direction-changing ones, other spaces, bytes that are no character.
func visible(s string) string {
	odd := func(r rune) bool {
		return r != '\n' && r != '\t' && (r < ' ' || r == 0x7F || r == utf8.RuneError || r > 0x7F && r != ' ' && (unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zs, unicode.Zl, unicode.Zp)))
	}
	if !strings.ContainsFunc(s, odd) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, "<%02X>", s[i])
		case r == utf8.RuneError, !odd(r):
			b.WriteString(s[i : i+n])
		case r < ' ':
			b.WriteRune('␀' + r)
		default:
			fmt.Fprintf(&b, "<U+%04X>", r)
		}
		i += n
	}
	return b.String()
}
