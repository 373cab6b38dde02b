package host

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

var fileLoc = FileLoc("/f", 0)

func utf16le(s string) string { return string(encode16(s, binary.LittleEndian)) }
func utf16be(s string) string { return string(encode16(s, binary.BigEndian)) }

func TestDecodeFile(t *testing.T) {
	for _, c := range []struct {
		raw  string
		enc  Encoding
		want string
	}{
		{"", UTF8, ""},
		{"a\r\nb", UTF8, "a\r\nb"},
		{"\xef\xbb\xbfa\n", UTF8BOM, "a\n"},
		{"\xff\xfe" + utf16le("ä😀\r\n"), UTF16LE, "ä😀\r\n"},
		{"\xfe\xff" + utf16be("ä😀\n"), UTF16BE, "ä😀\n"},
		{utf16le("GOROOT"), UTF16LE, "GOROOT"},
		{utf16be("GOROOT"), UTF16BE, "GOROOT"},
		{"a\xffb", UTF8, "a\xffb"},
		{"\x00\x00\x00\x00", UTF8, "\x00\x00\x00\x00"},
	} {
		if got := DecodeFile(fileLoc, []byte(c.raw)); got.Enc != c.enc || got.S != c.want {
			t.Errorf("DecodeFile(%q) = %s %q, want %s %q", c.raw, got.Enc, got.S, c.enc, c.want)
		}
	}
}

func TestDecodeRegistry(t *testing.T) {
	at := RegLoc(`HKCU\Environment`, "Path")
	for _, c := range []struct {
		v    Value
		want string
	}{
		{Value{"sz", RegString("a")}, "a"},
		{Value{"expand", []byte(utf16le("%A%"))}, "%A%"},
		{Value{"sz", []byte(utf16le("a\x00b\x00"))}, "a"},
		{Value{"sz", []byte{'a', 0, 'b'}}, "a"},
		{Value{"dword", []byte{1, 0, 0, 0}}, ""},
		{Value{"sz", nil}, ""},
	} {
		if got := DecodeRegistry(at, c.v); got.S != c.want {
			t.Errorf("DecodeRegistry(%+v) = %q, want %q", c.v, got.S, c.want)
		}
	}
	if got, want := RegStrings([]string{"a", "b"}), utf16le("a\x00b\x00\x00"); string(got) != want {
		t.Errorf("RegStrings = %q, want %q", got, want)
	}
}

func TestPosition(t *testing.T) {
	text := DecodeFile(fileLoc, []byte("ab\r\nä😀x\n\nlast"))
	for _, c := range []struct{ off, line, col int }{
		{0, 1, 1}, {2, 1, 3}, {4, 2, 1}, {6, 2, 2}, {10, 2, 4}, {11, 2, 5}, {12, 3, 1}, {13, 4, 1}, {17, 4, 5},
	} {
		if line, col := text.Position(c.off); line != c.line || col != c.col {
			t.Errorf("Position(%d) = %d:%d, want %d:%d", c.off, line, col, c.line, c.col)
		}
		if off := text.Offset(c.line, c.col); off != c.off {
			t.Errorf("Offset(%d, %d) = %d, want %d", c.line, c.col, off, c.off)
		}
	}
	for _, c := range []struct{ line, col, want int }{{1, 99, 2}, {2, 99, 11}, {9, 1, 17}, {0, 1, 17}} {
		if off := text.Offset(c.line, c.col); off != c.want {
			t.Errorf("Offset(%d, %d) = %d, want %d", c.line, c.col, off, c.want)
		}
	}
	if line, col := text.Position(-5); line != 1 || col != 1 {
		t.Errorf("Position(-5) = %d:%d", line, col)
	}
	if line, col := text.Position(999); line != 4 || col != 5 {
		t.Errorf("Position(999) = %d:%d", line, col)
	}
}

func TestLines(t *testing.T) {
	for s, want := range map[string]int{"": 1, "a": 1, "a\n": 1, "a\nb": 2, "a\n\n": 2, "\n": 1} {
		if got := DecodeFile(fileLoc, []byte(s)).Lines(); got != want {
			t.Errorf("Lines of %q = %d, want %d", s, got, want)
		}
	}
	text := DecodeFile(fileLoc, []byte("one\r\ntwo\n"))
	if a, b, c := text.Line(1); a != 0 || b != 3 || c != 5 {
		t.Errorf("Line(1) = %d, %d, %d", a, b, c)
	}
	if a, b, c := text.Line(2); a != 5 || b != 8 || c != 9 {
		t.Errorf("Line(2) = %d, %d, %d", a, b, c)
	}
	if text.EOL() != "\r\n" || DecodeFile(fileLoc, nil).EOL() != "\n" {
		t.Error("EOL is not the text's own")
	}
}

func TestApply(t *testing.T) {
	reg := RegLoc(`HKCU\Environment`, "Path")
	for _, c := range []struct {
		name    string
		text    *Text
		changes []Change
		want    *Value
	}{
		{"middle", DecodeFile(fileLoc, []byte("a\r\nb\xff\r\nc")), []Change{{Start: 3, End: 4, New: "B"}}, &Value{Data: []byte("a\r\nB\xff\r\nc")}},
		{"byte order mark", DecodeFile(fileLoc, []byte("\xef\xbb\xbfab")), []Change{{Start: 0, End: 1, New: "x"}}, &Value{Data: []byte("\xef\xbb\xbfxb")}},
		{"UTF-16LE", DecodeFile(fileLoc, []byte("\xff\xfe"+utf16le("a😀b"))), []Change{{Start: 1, End: 5, New: "ä"}}, &Value{Data: []byte("\xff\xfe" + utf16le("aäb"))}},
		{"UTF-16BE", DecodeFile(fileLoc, []byte("\xfe\xff"+utf16be("a😀b"))), []Change{{Start: 5, End: 6, New: "😀"}}, &Value{Data: []byte("\xfe\xff" + utf16be("a😀😀"))}},
		{"half a pair stays", DecodeFile(fileLoc, []byte("\xff\xfe\x00\xd8a\x00b\x00")), []Change{{Start: 4, End: 5, New: "x"}}, &Value{Data: []byte("\xff\xfe\x00\xd8a\x00x\x00")}},
		{"odd last byte stays", DecodeFile(fileLoc, []byte("\xff\xfea\x00b")), []Change{{Start: 0, End: 1, New: "x"}}, &Value{Data: []byte("\xff\xfex\x00b")}},
		{"two, unordered", DecodeFile(fileLoc, []byte("abc")), []Change{{Start: 2, End: 3, New: "C"}, {Start: 0, End: 1, New: "A"}}, &Value{Data: []byte("AbC")}},
		{"insertions at one place", DecodeFile(fileLoc, []byte("ab")), []Change{{Start: 1, End: 1, New: "x"}, {Start: 1, End: 1, New: "y"}}, &Value{Data: []byte("axyb")}},
		{"type and terminator", DecodeRegistry(reg, Value{"sz", RegString("a;b")}), []Change{{Start: 1, End: 3, Type: "expand"}}, &Value{"expand", RegString("a")}},
		{"after the NUL stays", DecodeRegistry(reg, Value{"sz", []byte(utf16le("ab\x00c"))}), []Change{{Start: 0, End: 1}}, &Value{"sz", []byte(utf16le("b\x00c"))}},
		{"whole", DecodeFile(fileLoc, []byte("a")), []Change{{Whole: &Value{Data: []byte("b")}}}, &Value{Data: []byte("b")}},
		{"delete", DecodeFile(fileLoc, []byte("a")), []Change{{Delete: true}}, nil},
		{"new file", nil, []Change{{At: fileLoc, New: "a\n"}, {At: fileLoc, New: "b\n"}}, &Value{Data: []byte("a\nb\n")}},
		{"new value", nil, []Change{{At: reg, New: "a"}}, &Value{"sz", RegString("a")}},
		{"new typed value", nil, []Change{{At: reg, New: "a", Type: "expand"}}, &Value{"expand", RegString("a")}},
	} {
		got, err := c.text.Apply(c.changes)
		if err != nil || (got == nil) != (c.want == nil) || got != nil && (got.Type != c.want.Type || !bytes.Equal(got.Data, c.want.Data)) {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

func TestApplyErrors(t *testing.T) {
	text := DecodeFile(fileLoc, []byte("abc"))
	for _, changes := range [][]Change{
		{{Start: 0, End: 2}, {Start: 1, End: 3}},
		{{Start: 2, End: 1}},
		{{Start: -1, End: 1}},
		{{Start: 0, End: 4}},
		{{Delete: true}, {Start: 0, End: 1}},
		{{Start: 0, End: 1}, {Whole: &Value{}}},
	} {
		if v, err := text.Apply(changes); !errors.Is(err, ErrOverlap) {
			t.Errorf("Apply(%+v) = %v, %v, want ErrOverlap", changes, v, err)
		}
	}
	if v, err := text.Apply(nil); err == nil {
		t.Errorf("Apply of nothing = %v", v)
	}
}

// FuzzApply changes one range and looks at every other byte.
func FuzzApply(f *testing.F) {
	for _, s := range []string{"", "a\r\nb", "\xef\xbb\xbfa", "\xff\xfea\x00\x3d\xd8", "\xfe\xff\x00a\xd8", "a\x00b\x00\x00\xdc", "\xff"} {
		f.Add([]byte(s), uint8(0), uint8(1), "x")
	}
	f.Fuzz(func(t *testing.T, raw []byte, from, n uint8, new string) {
		text := DecodeFile(fileLoc, raw)
		runes := []int{} // boundaries: a change never cuts a character
		for i := range text.S {
			runes = append(runes, i)
		}
		runes = append(runes, len(text.S))
		a := runes[int(from)%len(runes)]
		b := runes[min(int(from)%len(runes)+int(n), len(runes)-1)]
		v, err := text.Apply([]Change{{Start: a, End: b, New: new}})
		if err != nil {
			t.Fatal(err)
		}
		head := text.bom() + text.width(0, a)
		tail := head + text.width(a, b)
		if !bytes.HasPrefix(v.Data, raw[:head]) || !bytes.HasSuffix(v.Data, raw[tail:]) {
			t.Errorf("Apply(%q, %d, %d, %q) = %q touches other bytes", raw, a, b, new, v.Data)
		}
		same, err := text.Apply([]Change{{Start: a, End: a, New: ""}})
		if err != nil || !bytes.Equal(same.Data, raw) {
			t.Errorf("an empty change of %q makes %q, %v", raw, same.Data, err)
		}
		for _, off := range runes {
			line, col := text.Position(off)
			start, end, next := text.Line(line)
			if off < start || off > next {
				t.Errorf("Position(%d) of %q = %d:%d, but that line is %d to %d", off, raw, line, col, start, next)
			}
			if got := text.Offset(line, col); got != min(off, end) {
				t.Errorf("Offset(%d, %d) of %q = %d, want %d", line, col, raw, got, off)
			}
		}
		if strings.Count(text.S, "\n") > text.Lines() {
			t.Errorf("%d lines in %q", text.Lines(), raw)
		}
	})
}
