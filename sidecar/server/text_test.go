package server

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

const (
	utf16enc = encoding(protocol.PositionEncodingKindUTF16)
	utf8enc  = encoding(protocol.PositionEncodingKindUTF8)
)

func TestPosition(t *testing.T) {
	const text = "a\r\né😀x\rz\n\n"
	for _, c := range []struct {
		off               int
		line, utf16, utf8 uint32
	}{
		{0, 0, 0, 0}, {1, 0, 1, 1}, {2, 0, 1, 1}, {3, 1, 0, 0}, {5, 1, 1, 2}, {9, 1, 3, 6}, {10, 1, 4, 7}, {11, 2, 0, 0}, {12, 2, 1, 1}, {13, 3, 0, 0}, {14, 4, 0, 0}, {99, 4, 0, 0}, {-1, 0, 0, 0},
	} {
		if got := utf16enc.position(text, c.off); got != (protocol.Position{Line: c.line, Character: c.utf16}) {
			t.Errorf("byte %d: UTF-16 %v, want %d:%d", c.off, got, c.line, c.utf16)
		}
		if got := utf8enc.position(text, c.off); got != (protocol.Position{Line: c.line, Character: c.utf8}) {
			t.Errorf("byte %d: UTF-8 %v, want %d:%d", c.off, got, c.line, c.utf8)
		}
	}
	for _, c := range []struct {
		line, col uint32
		want      int
	}{{0, 99, 1}, {1, 2, 5}, {1, 3, 9}, {9, 0, len(text)}, {2, 4294967295, 12}} {
		if got := utf16enc.offset(text, protocol.Position{Line: c.line, Character: c.col}); got != c.want {
			t.Errorf("%d:%d is byte %d, want %d", c.line, c.col, got, c.want)
		}
	}
}

func TestProject(t *testing.T) {
	for _, c := range []struct {
		file, open string
		start, end int
		want       string
		exact      bool
	}{
		{"one\ntwo\n", "one\ntwo\n", 4, 7, "two", true},
		{"one\ntwo\n", "zero\none\ntwo\n", 4, 7, "two", true},
		{"one\ntwo\n", "one\ntwo\nthree\n", 4, 7, "two", true},
		{"one\ntwo\n", "one\ntWo!\n", 4, 7, "tWo!", false},
		{"one\ntwo\nthree\n", "zero\none\r\ntwo\r\nthree", 4, 7, "two", true},
		{"one\ntwo\nthree\n", "zero\ntwo\ntwo\n", 4, 7, "two", false},
		{"a two\none\ntwo\nthree\n", "zero\na two\ntwo\nfour\n", 10, 13, "two", true},
		{"one\ntwo\n", "", 4, 7, "", false},
		{"one\ntwo\n", "one", 4, 7, "one", false},
	} {
		from, to, exact := project(c.file, c.open, c.start, c.end)
		if got := c.open[from:to]; exact != c.exact || exact && got != c.want {
			t.Errorf("%q in %q: %q, %v, want %q, %v", c.file[c.start:c.end], c.open, got, exact, c.want, c.exact)
		}
	}
}

func TestFileURI(t *testing.T) {
	for _, c := range []struct {
		os, name, uri string
	}{
		{"linux", "/home/go pher/.profile", "file:///home/go%20pher/.profile"},
		{"linux", "/a/#?%😀", "file:///a/%23%3F%25%F0%9F%98%80"},
		{"windows", `C:\Users\gopher\.bashrc`, "file:///c%3A/Users/gopher/.bashrc"},
		{"windows", `\\wsl.localhost\Ubuntu\etc\wsl.conf`, "file://wsl.localhost/Ubuntu/etc/wsl.conf"},
	} {
		u := fileURI(host.StyleOf(c.os), c.name)
		if string(u) != c.uri {
			t.Errorf("%s: %s, want %s", c.name, u, c.uri)
		}
		if name, ok := fileName(u); !ok || name != c.name {
			t.Errorf("%s: %s, %v, want %s", u, name, ok, c.name)
		}
	}
	for _, u := range []uri.URI{"", "untitled:Untitled-1", "vscode-userdata:/C/settings.json", "http://x/y"} {
		if name, ok := fileName(u); ok {
			t.Errorf("%s is the file %s", u, name)
		}
	}
}

// What came in before bad frames and after them is there, and nothing else than messages comes out.
func FuzzFrames(f *testing.F) {
	for _, s := range []string{"", "\r\n", "Content-Length: 5\r\n\r\n", "Content-Length: 70000000\r\n\r\n", "Content-Length: 9\r\n\r\n{}", "x: y\r\n\r\n", "{\"jsonrpc\":\"2.0\"}\n",
		frame(`{"jsonrpc":"2.0","id":1.5,"method":"x"}`), frame(`[]`), frame("\xff"), "Content-Length: 60\r\n\r\n" + frame(`{"jsonrpc":"2.0","method":"a"}`)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, bad []byte) {
		var out bytes.Buffer
		first := frame(`{"jsonrpc":"2.0","id":1,"method":"first"}`)
		box := newOutbox(&out, 0)
		s := newStream(bytes.NewReader(append([]byte(first), bad...)), box)
		n := 0
		for {
			msg, _, err := s.read()
			if err != nil {
				break
			}
			if msg == nil {
				t.Fatal("no message and no error")
			}
			n++
		}
		if n == 0 {
			t.Error("the first message is lost")
		}
		box.close(time.Second)
		echo := newOutbox(io.Discard, 0)
		defer echo.close(time.Second)
		back := newStream(&out, echo)
		for {
			msg, _, err := back.read()
			if err != nil {
				break
			}
			if msg == nil {
				t.Fatal("no message and no error")
			}
		}
		if back.lost {
			t.Errorf("answers are not framed")
		}
	})
}

func FuzzChange(f *testing.F) {
	f.Add("a\r\n😀b\rc", "x", uint32(1), uint32(1), uint32(9), uint32(0))
	f.Fuzz(func(t *testing.T, text, insert string, l1, c1, l2, c2 uint32) {
		for _, e := range []encoding{utf16enc, utf8enc} {
			a, b := protocol.Position{Line: l1 % 100, Character: c1}, protocol.Position{Line: l2 % 100, Character: c2}
			start, end := e.offset(text, a), e.offset(text, b)
			got := e.change(text, protocol.Range{Start: a, End: b}, insert)
			if want := len(text) - max(0, end-start) + len(insert); len(got) != want || !strings.Contains(got, insert) {
				t.Errorf("%q becomes %q", text, got)
			}
			if utf8.ValidString(text) && !utf8.RuneStart(append([]byte(text), 'x')[start]) {
				t.Errorf("%v lies inside a character of %q", a, text)
			}
			if again := e.offset(text, e.position(text, start)); again != start {
				t.Errorf("byte %d of %q is %v, which is byte %d", start, text, e.position(text, start), again)
			}
		}
	})
}
