package fix

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
)

func TestLower(t *testing.T) {
	texts := map[host.Loc]*host.Text{
		host.FileLoc("/a", 0): host.DecodeFile(host.FileLoc("/a", 0), []byte("one\r\ntwo\r\n")),
		goroot:                host.DecodeRegistry(goroot, *sz(`C:\Go`)),
	}
	text := func(l host.Loc) (*host.Text, error) {
		if l.Path == "/denied" {
			return nil, errors.New("denied")
		}
		return texts[l], nil
	}
	cut := host.Change{At: host.FileLoc("/a", 2), Start: 5, End: 10}
	edits, err := Lower([]host.Change{
		cut,
		{At: goroot, Delete: true},
		{At: host.FileLoc("/a", 1), Start: 0, End: 3, New: "1"},
		{At: host.FileLoc("/new", 0), New: "x"},
		{At: host.FileLoc("/gone", 0), Delete: true}, // is absent already
		cut,
	}, text)
	if err != nil || len(edits) != 3 {
		t.Fatal(edits, err)
	}
	for i, want := range []host.Edit{
		{At: host.FileLoc("/a", 0), Old: file("one\r\ntwo\r\n"), New: file("1\r\n")},
		{At: goroot, Old: sz(`C:\Go`)},
		{At: host.FileLoc("/new", 0), New: file("x")},
	} {
		if g := edits[i]; g.At != want.At || !equal(g.Old, want.Old) || !equal(g.New, want.New) {
			t.Errorf("edit %d is %+v", i, g)
		}
	}
	for want, c := range map[string][]host.Change{
		"overlap":    {cut, {At: host.FileLoc("/a", 0), Start: 4, End: 6}},
		"denied":     {{At: host.FileLoc("/denied", 0)}},
		"not a file": {{At: host.EnvLoc("GOROOT"), New: "x"}},
		"4 MiB":      {{At: host.FileLoc("/new", 0), New: strings.Repeat("x", host.MaxText+1)}},
	} {
		if _, err := Lower(c, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func utf16le(s string) *host.Value {
	var b []byte
	for _, u := range utf16.Encode([]rune("\uFEFF" + s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return &host.Value{Data: b}
}

func TestDiff(t *testing.T) {
	path := host.RegLoc(`HKCU\Environment`, "Path")
	env := host.FileLoc("/e", 0)
	for _, c := range []struct {
		name string
		e    host.Edit
		want string
	}{
		{"text", host.Edit{At: env, Old: file("a\r\nb\r\n"), New: file("a\r\nc\r\n")}, "--- /e\n+++ /e\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"},
		{"line ends", host.Edit{At: env, Old: file("a\r\n"), New: file("a\n")}, "--- /e\n+++ /e\n@@ -1,1 +1,1 @@\n-a␍\n+a\n"},
		{"mixed line ends", host.Edit{At: env, Old: file("a\r\nb\n"), New: file("a\nb\n")}, "--- /e\n+++ /e\n@@ -1,2 +1,2 @@\n-a␍\n+a\n b\n"},
		{"BOM", host.Edit{At: env, Old: file("\uFEFFa\n"), New: file("a\n")}, "--- /e\n+++ /e\n@@ -1,2 +1,2 @@\n-(utf-8-bom)\n+(utf-8)\n a\n"},
		{"encoding", host.Edit{At: env, Old: utf16le("GO=1\r\n"), New: file("GO=1\n")}, "--- /e\n+++ /e\n@@ -1,2 +1,2 @@\n-(utf-16le)\n-GO=1␍\n+(utf-8)\n+GO=1\n"},
		{"invisible", host.Edit{At: env, Old: file("a\u200b\x1b\xff\u00a0\n"), New: file("a\n")}, "--- /e\n+++ /e\n@@ -1,1 +1,1 @@\n-a<U+200B>␛<FF><U+00A0>\n+a\n"},
		{"new", host.Edit{At: env, New: file("a\n")}, "--- (absent)\n+++ /e\n@@ -0,0 +1,1 @@\n+a\n"},
		{"empty", host.Edit{At: env, New: file("")}, "--- (absent)\n+++ /e\n"},
		{"unset", host.Edit{At: goroot, Old: sz(`C:\Go`)}, "--- " + goroot.String() + "\n+++ (absent)\n@@ -1,1 +0,0 @@\n-C:\\Go\n"},
		{"PATH", host.Edit{At: path, Old: sz(`C:\a;"C:\x;y";C:\Go\bin`), New: sz(`C:\a;"C:\x;y"`)}, "--- " + path.String() + "\n+++ " + path.String() + "\n@@ -1,3 +1,2 @@\n C:\\a\n \"C:\\x;y\"\n-C:\\Go\\bin\n"},
		{"type", host.Edit{At: goroot, Old: sz("%X%"), New: &host.Value{Type: "expand", Data: host.RegString("%X%")}}, "--- " + goroot.String() + "\n+++ " + goroot.String() + "\n@@ -1,2 +1,2 @@\n-(sz)\n+(expand)\n %X%\n"},
		{"terminator", host.Edit{At: goroot, Old: &host.Value{Type: "sz", Data: []byte("a\x00")}, New: sz("a")}, "--- " + goroot.String() + "\n+++ " + goroot.String() + "\n@@ -1,1 +1,1 @@\n-61 00\n+61 00 00 00\n"},
		{"multi", host.Edit{At: goroot, Old: &host.Value{Type: "multi", Data: host.RegStrings([]string{"a", "b"})}, New: &host.Value{Type: "multi", Data: host.RegStrings([]string{"a"})}}, "--- " + goroot.String() + "\n+++ " + goroot.String() + "\n@@ -1,2 +1,1 @@\n a\n-b\n"},
		{"dword", host.Edit{At: goroot, Old: &host.Value{Type: "dword", Data: []byte{1, 0, 0, 0}}, New: &host.Value{Type: "dword", Data: []byte{0, 1, 0, 0}}}, "--- " + goroot.String() + "\n+++ " + goroot.String() + "\n@@ -1,1 +1,1 @@\n-1\n+256\n"},
	} {
		if got := Diff(l10n.English, []host.Edit{c.e}); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
	bom := host.Edit{At: env, Old: file("\xFF\xFEa\x00\n\x00"), New: file("a\x00\n\x00")}
	want := "--- /e\n+++ /e\n@@ -1,2 +1,2 @@\n-(utf-16le)\n+(utf-16le，无 BOM)\n a\n"
	if got := Diff(l10n.Chinese, []host.Edit{bom}); got != want {
		t.Errorf("without BOM, in Chinese:\n%s\nwant\n%s", got, want)
	}
	if got, want := Diff(l10n.Chinese, []host.Edit{{At: env, New: file("")}}), "--- （不存在）\n+++ /e\n"; got != want {
		t.Errorf("absent, in Chinese:\n%s\nwant\n%s", got, want)
	}
}

// Every edit shows something, and no control character reaches a terminal.
func FuzzDiff(f *testing.F) {
	f.Add([]byte("a\r\n"), []byte("a\n"), "")
	f.Add([]byte("\xff\xfea\x00"), []byte("\xfe\xff\x00a"), "")
	f.Add([]byte("a\x00;\x00"), []byte("a\x00"), "sz")
	f.Add([]byte("a\x00\x00"), []byte("a"), "multi")
	f.Add([]byte{1, 0, 0, 0}, []byte{1}, "dword")
	f.Add([]byte("a␍\r\n"), []byte("\n\r"), "")
	f.Fuzz(func(t *testing.T, a, b []byte, typ string) {
		e := host.Edit{At: host.FileLoc("/a", 0), Old: &host.Value{Type: typ, Data: a}, New: &host.Value{Type: typ, Data: b}}
		if typ != "" {
			e.At = host.RegLoc(`HKCU\Environment`, "Path")
		}
		d := Diff(l10n.English, []host.Edit{e})
		if (d == "") != equal(e.Old, e.New) {
			t.Fatalf("%q to %q: %q", a, b, d)
		}
		if strings.ContainsAny(d, "\x1b\r\x00\u202e") {
			t.Fatalf("%q", d)
		}
	})
}
