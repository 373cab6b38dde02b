package host

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// An Encoding is how a text is written.
type Encoding string

const (
	UTF8    Encoding = "utf-8"
	UTF8BOM Encoding = "utf-8-bom"
	UTF16LE Encoding = "utf-16le" // with or without BOM
	UTF16BE Encoding = "utf-16be"
)

// A Text is a file or a registry string as it was read. S is the decoded text, without BOM and with its own line ends;
// offsets everywhere count bytes of S. Bytes that are not valid in the encoding stay as they are, so that a change of one
// place keeps every other byte.
type Text struct {
	At   Loc // a whole place
	Raw  Value
	Enc  Encoding
	S    string
	Info FileInfo // of a file, links followed

	lines []int // offsets of line starts
}

// DecodeFile reads the bytes of a text file: BOMs, and UTF-16 without BOM where every other byte of the start is NUL.
func DecodeFile(at Loc, raw []byte) *Text {
	t := &Text{At: at.Whole(), Raw: Value{Data: raw}, Enc: UTF8}
	switch {
	case bytes.HasPrefix(raw, []byte{0xEF, 0xBB, 0xBF}):
		t.Enc, t.S = UTF8BOM, string(raw[3:])
	case bytes.HasPrefix(raw, []byte{0xFF, 0xFE}):
		t.Enc, t.S = UTF16LE, decode16(raw[2:], binary.LittleEndian)
	case bytes.HasPrefix(raw, []byte{0xFE, 0xFF}):
		t.Enc, t.S = UTF16BE, decode16(raw[2:], binary.BigEndian)
	case len(raw) >= 4 && raw[0] != 0 && raw[1] == 0 && raw[2] != 0 && raw[3] == 0:
		t.Enc, t.S = UTF16LE, decode16(raw, binary.LittleEndian)
	case len(raw) >= 4 && raw[0] == 0 && raw[1] != 0 && raw[2] == 0 && raw[3] != 0:
		t.Enc, t.S = UTF16BE, decode16(raw, binary.BigEndian)
	default:
		t.S = string(raw)
	}
	return t
}

// DecodeRegistry reads a registry value of a string type; other types have an empty S. Text ends at the first NUL, as Windows reads it.
func DecodeRegistry(at Loc, v Value) *Text {
	t := &Text{At: at, Raw: v, Enc: UTF16LE}
	if v.Type == "sz" || v.Type == "expand" {
		t.S, _, _ = strings.Cut(decode16(v.Data, binary.LittleEndian), "\x00")
	}
	return t
}

// RegString is the raw data of a registry string, with its terminator.
func RegString(s string) []byte { return append(encode16(s, binary.LittleEndian), 0, 0) }

// RegStrings is the raw data of a multi-string.
func RegStrings(list []string) []byte {
	var b []byte
	for _, s := range list {
		b = append(b, RegString(s)...)
	}
	return append(b, 0, 0)
}

func decode16(b []byte, order binary.ByteOrder) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = order.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}

func encode16(s string, order binary.AppendByteOrder) []byte {
	var b []byte
	var u [2]uint16
	for _, r := range s {
		for _, c := range utf16.AppendRune(u[:0], r) {
			b = order.AppendUint16(b, c)
		}
	}
	return b
}

// EOL is the line end that the text uses, "\n" if it has none.
func (t *Text) EOL() string {
	if i := strings.IndexByte(t.S, '\n'); i > 0 && t.S[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

func (t *Text) starts() []int {
	if t.lines == nil {
		t.lines = []int{0}
		for i := 0; i < len(t.S); i++ {
			if t.S[i] == '\n' {
				t.lines = append(t.lines, i+1)
			}
		}
	}
	return t.lines
}

// Lines is the number of lines; a final newline does not begin another.
func (t *Text) Lines() int {
	n := len(t.starts())
	if n > 1 && t.starts()[n-1] == len(t.S) {
		n--
	}
	return n
}

// Line returns the bytes of a line (1-based) without its line end, and with it.
func (t *Text) Line(n int) (start, end, next int) {
	s := t.starts()
	if n < 1 || n > len(s) {
		return len(t.S), len(t.S), len(t.S)
	}
	start, next = s[n-1], len(t.S)
	if n < len(s) {
		next = s[n]
	}
	end = next
	if end > start && t.S[end-1] == '\n' {
		end--
		if end > start && t.S[end-1] == '\r' {
			end--
		}
	}
	return start, end, next
}

// Position returns line and column (1-based, UTF-16 units) of an offset.
func (t *Text) Position(off int) (line, col int) {
	s := t.starts()
	off = min(max(off, 0), len(t.S))
	line = sort.SearchInts(s, off+1)
	col = 1
	for _, r := range t.S[s[line-1]:off] {
		col += max(utf16.RuneLen(r), 1)
	}
	return line, col
}

// Offset is the inverse of Position; a column past the line's end is its end.
func (t *Text) Offset(line, col int) int {
	start, end, _ := t.Line(line)
	for i, r := range t.S[start:end] {
		if col--; col < 1 {
			return start + i
		}
		if utf16.RuneLen(r) == 2 {
			col--
		}
	}
	return end
}

// A Change is what a rule says of one place. It is one of three things: a range of a text becomes New; the whole place
// becomes Whole; or, with Delete, the place goes.
type Change struct {
	At         Loc // a whole place: a file, or a registry value
	Start, End int // bytes of Text.S
	New        string
	Type       string // registry: the new type of the value, "" keeps it
	Whole      *Value
	Delete     bool
}

// ErrOverlap is what Apply returns for changes that touch one another.
var ErrOverlap = errors.New("changes overlap")

// Apply makes the changes of one place in one value; nil is an absent place. t may be nil, which stands for a place that is not
// there: then New is its whole text. Untouched bytes stay the same.
func (t *Text) Apply(changes []Change) (*Value, error) {
	if len(changes) == 0 {
		return nil, errors.New("no change")
	}
	for _, c := range changes {
		if c.Delete || c.Whole != nil {
			if len(changes) > 1 {
				return nil, ErrOverlap
			}
			return c.Whole, nil
		}
	}
	if t == nil {
		var s string
		typ := ""
		for _, c := range changes {
			s += c.New
			typ = c.Type
		}
		if changes[0].At.Kind == Registry {
			if typ == "" {
				typ = "sz"
			}
			return &Value{Type: typ, Data: RegString(s)}, nil
		}
		return &Value{Data: []byte(s)}, nil
	}
	list := slices.Clone(changes)
	slices.SortStableFunc(list, func(a, b Change) int { return a.Start - b.Start })
	out := &Value{Type: t.Raw.Type}
	pos, raw := 0, t.bom()
	out.Data = append(out.Data, t.Raw.Data[:raw]...)
	for _, c := range list {
		if c.Start < pos || c.End < c.Start || c.End > len(t.S) {
			return nil, fmt.Errorf("%w at %s, bytes %d to %d", ErrOverlap, t.At, c.Start, c.End)
		}
		n := t.width(pos, c.Start)
		out.Data = append(out.Data, t.Raw.Data[raw:raw+n]...)
		out.Data = append(out.Data, t.encode(c.New)...)
		raw += n + t.width(c.Start, c.End)
		pos = c.End
		if c.Type != "" {
			out.Type = c.Type
		}
	}
	out.Data = append(out.Data, t.Raw.Data[raw:]...)
	return out, nil
}

func (t *Text) bom() int {
	switch {
	case t.Enc == UTF8BOM:
		return 3
	case t.Raw.Type != "":
		return 0
	case bytes.HasPrefix(t.Raw.Data, []byte{0xFF, 0xFE}), bytes.HasPrefix(t.Raw.Data, []byte{0xFE, 0xFF}):
		if t.Enc == UTF16LE || t.Enc == UTF16BE {
			return 2
		}
	}
	return 0
}

// width is the number of raw bytes of S[from:to].
func (t *Text) width(from, to int) int {
	if t.Enc != UTF16LE && t.Enc != UTF16BE {
		return to - from
	}
	n := 0
	for _, r := range t.S[from:to] {
		n += 2 * max(utf16.RuneLen(r), 1)
	}
	return n
}

func (t *Text) encode(s string) []byte {
	switch t.Enc {
	case UTF16LE:
		return encode16(s, binary.LittleEndian)
	case UTF16BE:
		return encode16(s, binary.BigEndian)
	}
	return []byte(s)
}

// Valid reports whether a text of this encoding has only valid characters.
func (t *Text) Valid() bool { return utf8.ValidString(t.S) }
