package document

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// plain reports whether a person sees a character as itself.
func plain(r rune) bool { return r != utf8.RuneError && unicode.IsGraphic(r) }

// units are the UTF-16 units of a registry string up to its terminator; tail is what follows them.
func units(data []byte) (u []uint16, tail []byte) {
	for i := 0; i+1 < len(data); i += 2 {
		c := binary.LittleEndian.Uint16(data[i:])
		if c == 0 {
			break
		}
		u = append(u, c)
	}
	return u, data[2*len(u):]
}

func encode(u []uint16) []byte {
	b := make([]byte, 0, 2*len(u)+2)
	for _, c := range u {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return b
}

// An atom is one character of a registry string: bytes of Text.S, and its rune, or its unit if it is half of a pair.
type atom struct {
	from, to int
	r        rune
	half     bool
}

// atoms are the characters of units in the order of the bytes of their decoded text.
func atoms(u []uint16) (list []atom) {
	pos := 0
	for i := 0; i < len(u); i++ {
		a := atom{from: pos, r: rune(u[i])}
		if utf16.IsSurrogate(a.r) {
			a.half = true
			if i+1 < len(u) {
				if r := utf16.DecodeRune(a.r, rune(u[i+1])); r != utf8.RuneError {
					a.r, a.half = r, false
					i++
				}
			}
		}
		n := 3 // U+FFFD stands for half of a pair
		if !a.half {
			n = utf8.RuneLen(a.r)
		}
		pos += n
		a.to = pos
		list = append(list, a)
	}
	return list
}

// escaped is a character as it stands in quotes.
func (a atom) escaped() string {
	switch {
	case a.half:
		return fmt.Sprintf(`\u%04x`, a.r)
	case a.r == '\\' || a.r == '"':
		return `\` + string(a.r)
	case a.r == '\n':
		return `\n`
	case a.r == '\r':
		return `\r`
	case a.r == '\t':
		return `\t`
	case a.r == utf8.RuneError || plain(a.r):
		return string(a.r)
	}
	s := ""
	for _, c := range utf16.AppendRune(nil, a.r) {
		s += fmt.Sprintf(`\u%04x`, c)
	}
	return s
}

// quoteName is the name of a value in quotes. It may hold bytes that are no UTF-8: half of a pair.
func quoteName(s string) string {
	if s == "" {
		return "@"
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if x := (atom{r: r}); r == utf8.RuneError && n == 1 || !strings.ContainsRune("\\\"\n\r\t\uFFFD", r) && !plain(r) {
			for _, c := range []byte(s[i : i+n]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		} else {
			b.WriteString(x.escaped())
		}
		i += n
	}
	b.WriteByte('"')
	return b.String()
}

// cutQuoted reads a string in quotes from the start of a line and returns its units, its bytes for a name, and the rest of the line. The
// reason says what is wrong.
func (p *parser) cutQuoted(s string) (u []uint16, text, rest, reason string) {
	if !strings.HasPrefix(s, `"`) {
		return nil, "", s, p.lang.T(`There must be a text in quotes here.`)
	}
	var b strings.Builder
	add := func(r rune) {
		u = utf16.AppendRune(u, r)
		b.WriteRune(r)
	}
	for i := 1; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"':
			return u, b.String(), s[i+1:], ""
		case r == 0:
			return nil, "", s, p.lang.T("A NUL ends a text, so it cannot be a part of it.")
		case r == utf8.RuneError && n == 1:
			return nil, "", s, p.lang.T("This line holds bytes that are no text.")
		case r != '\\':
			add(r)
			i += n
			continue
		}
		if i++; i == len(s) {
			break
		}
		c := s[i]
		i++
		digits := 0
		switch c {
		case '\\', '"':
			add(rune(c))
		case 'n':
			add('\n')
		case 'r':
			add('\r')
		case 't':
			add('\t')
		case 'u':
			digits = 4
		case 'x':
			digits = 2
		default:
			return nil, "", s, p.lang.T(`\%s means nothing in quotes. Write \\ for a backslash.`, strings.ToValidUTF8(s[i-1:i-1+runeLen(s[i-1:])], "?"))
		}
		if digits > 0 {
			if i+digits > len(s) {
				return nil, "", s, p.lang.T(`After \u there must be four hexadecimal digits. Write \\ for a backslash.`)
			}
			v, err := strconv.ParseUint(s[i:i+digits], 16, 16)
			if err != nil {
				return nil, "", s, p.lang.T(`After \u there must be four hexadecimal digits. Write \\ for a backslash.`)
			}
			if v == 0 {
				return nil, "", s, p.lang.T("A NUL ends a text, so it cannot be a part of it.")
			}
			u = append(u, uint16(v))
			if digits == 2 {
				b.WriteByte(byte(v))
			} else {
				b.WriteRune(rune(v))
			}
			i += digits
		}
	}
	return nil, "", s, p.lang.T("The closing quote is missing.")
}

func runeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// kinds are the types whose data has no better form, as regedit numbers them.
var kinds = map[string]string{"none": "0", "sz": "1", "expand": "2", "binary": "3", "dword": "4", "multi": "7", "qword": "b"}

// data writes a value that is no string: in a readable form where that says all of it, else as bytes.
func data(v host.Value) string {
	switch {
	case v.Type == "dword" && len(v.Data) == 4:
		return fmt.Sprintf("dword:%08x", binary.LittleEndian.Uint32(v.Data))
	case v.Type == "qword" && len(v.Data) == 8:
		return fmt.Sprintf("qword:%016x", binary.LittleEndian.Uint64(v.Data))
	case v.Type == "multi":
		var list []string
		rest := v.Data
		for len(rest) > 2 {
			u, tail := units(rest)
			if len(u) == 0 || len(tail) < 2 {
				break
			}
			s := ""
			for _, a := range atoms(u) {
				s += a.escaped()
			}
			list = append(list, `"`+s+`"`)
			rest = tail[2:]
		}
		if bytes.Equal(rest, []byte{0, 0}) {
			return "multi:[" + strings.Join(list, ",") + "]"
		}
	}
	var b strings.Builder
	switch kind := kinds[v.Type]; {
	case v.Type == "binary":
		b.WriteString("hex:")
	case kind != "":
		b.WriteString("hex(" + kind + "):")
	default:
		b.WriteString(v.Type + ":") // hex(n)
	}
	for i, c := range v.Data {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(hex.EncodeToString([]byte{c}))
	}
	return b.String()
}

// listed reports whether a value is shown as a list: PATH always, another variable whose name ends in it where it has two elements.
func listed(name, text string) bool {
	n := strings.ToUpper(name)
	return n == "PATH" && text != "" || strings.HasSuffix(n, "PATH") && len(windows.SplitList(text)) > 1
}

var windows = host.StyleOf("windows")

// value writes a value of a key, and marks it.
func (w *writer) value(at host.Loc, v host.NamedValue, t *host.Text, goes func(name string) []host.Loc) {
	w.WriteString(quoteName(v.Name) + "=")
	start := w.Len()
	if facts.Secret(v.Name) {
		w.WriteString("hidden:")
		w.span(start, Span{At: at, Name: v.Name, Goes: []host.Loc{at}})
		return
	}
	if v.Type != "sz" && v.Type != "expand" {
		w.WriteString(data(v.Value))
		w.span(start, Span{At: at, Name: v.Name, Goes: []host.Loc{at}})
		return
	}
	if t == nil {
		t = host.DecodeRegistry(at, v.Value)
	}
	u, _ := units(v.Data)
	all := atoms(u)
	secrets := facts.Credentials(t.S)
	// write writes characters, but for credentials, and marks references.
	write := func(list []atom, quoted bool) {
		for i := 0; i < len(list); i++ {
			a := list[i]
			if len(secrets) > 0 && a.from >= secrets[0][0] {
				to := secrets[0][1]
				w.from(t, a.from, to, facts.Redacted)
				for i+1 < len(list) && list[i+1].from < to {
					i++
				}
				secrets = secrets[1:]
				if a.from == to { // an empty user name hides nothing
					i--
				}
				continue
			}
			s := string(a.r)
			if quoted {
				s = a.escaped()
			}
			w.from(t, a.from, a.to, s)
		}
	}
	if !listed(v.Name, t.S) {
		if v.Type == "expand" {
			w.WriteString("expand:")
		}
		w.WriteByte('"')
		inner := w.Len()
		write(all, true)
		w.references(inner, at, goes)
		w.WriteByte('"')
		w.span(start, Span{At: at, Name: v.Name, Goes: []host.Loc{at}})
		return
	}
	quoted := false
	elements := windows.SplitList(t.S)
	for _, e := range elements {
		quoted = quoted || strings.TrimSpace(e.Text) != e.Text
	}
	for _, a := range all {
		quoted = quoted || a.half || !plain(a.r) && a.r != utf8.RuneError
	}
	line := w.line()
	w.WriteString(v.Type + ":")
	if quoted {
		w.WriteByte('[')
	}
	i := 0
	for _, e := range elements {
		w.WriteString("\n    ")
		begin := w.Len()
		for i < len(all) && all[i].from < e.Start { // the separator
			i++
		}
		j := i
		for j < len(all) && all[j].to <= e.End {
			j++
		}
		switch {
		case quoted:
			w.WriteByte('"')
			write(all[i:j], true)
			w.references(begin, at, goes)
			w.WriteByte('"')
		case i == j:
			w.from(t, e.Start, e.End, ";")
		default:
			write(all[i:j], false)
			w.references(begin, at, goes)
		}
		i = j
		w.span(begin, Span{At: at, Name: v.Name, Goes: []host.Loc{at}, subject: "path:" + windows.Key(e.Dir)})
	}
	if quoted {
		w.WriteString("\n]")
	}
	w.fold(line)
	w.span(start, Span{At: at, Name: v.Name, Goes: []host.Loc{at}})
}

// references marks each %NAME% that was written since start.
func (w *writer) references(start int, at host.Loc, goes func(name string) []host.Loc) {
	s := w.String()
	for i := start; ; {
		j := strings.IndexByte(s[i:], '%')
		if j < 0 {
			return
		}
		i += j
		n := strings.IndexByte(s[i+1:], '%')
		if n < 0 {
			return
		}
		end := i + 1 + n
		name := s[i+1 : end]
		if n == 0 || strings.ContainsAny(name, ";\\\n") { // the second % may begin a reference
			i = end
			continue
		}
		w.reference(i, end+1, name, at, goes)
		i = end + 1
	}
}

// reference marks one reference to a variable.
func (w *writer) reference(start, end int, name string, at host.Loc, goes func(name string) []host.Loc) {
	s := Span{At: at, Start: start, End: end, Name: name, Goes: goes(name)}
	for i := len(w.runs) - 1; i >= 0 && w.runs[i].end > start; i-- {
		if r := w.runs[i]; r.start <= start && end <= r.end && r.verbatim {
			s.Text, s.From = r.text, r.from+start-r.start
		}
	}
	w.spans = append(w.spans, s)
}
