package document_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/document"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
	"github.com/go-env-doctor/go-env-doctor/sidecar/winenv"
)

func finding(at host.Loc, subject string) *rules.Finding {
	return &rules.Finding{At: at, Subjects: []string{subject}}
}

const windowsMachine = "A machine.\n-- machine --\nos windows 10.0.26100 amd64\nuser gopher C:\\Users\\gopher\nnow 2026-01-01T12:00:00Z\neditor vscode 1.100.0\n-- registry --\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment]\n\"Path\"=expand:\"%SystemRoot%\\\\system32\"\n[HKEY_CURRENT_USER\\Environment]\n"

// windows is a machine whose user has these values.
func windows(t testing.TB, values string) *scenario.Machine {
	t.Helper()
	m, err := scenario.Parse("m", []byte(windowsMachine+values))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// report is a report of a machine whose user has these values, byte for byte.
func report(values ...host.NamedValue) *doctor.Report {
	s := &facts.Snapshot{System: host.System{OS: "windows", Trusted: true, Style: host.StyleOf("windows")}, Texts: map[host.Loc]*host.Text{},
		Keys: []*host.Key{{Name: winenv.MachineKey}, {Name: winenv.UserKey, Values: values}}}
	for _, v := range values {
		at := host.RegLoc(winenv.UserKey, v.Name)
		s.Texts[at] = host.DecodeRegistry(at, v.Value)
	}
	return &doctor.Report{Facts: s}
}

func value(name, typ string, data []byte) host.NamedValue {
	return host.NamedValue{Name: name, Value: host.Value{Type: typ, Data: data}}
}

func text(name, typ, s string) host.NamedValue { return value(name, typ, host.RegString(s)) }

// odd are values that few programs write.
var odd = []host.NamedValue{
	text("Path", "expand", `%USERPROFILE%\go\bin;"C:\Program Files\a;b";C:\tools;;C:\tools;`),
	text("GOROOT", "sz", `C:\"Go"`),
	text("GOPATH", "sz", `C:\a;C:\b`),
	text("HTTPS_PROXY", "sz", "http://gopher:hunter2@proxy.example:8080"),
	text("API_TOKEN", "sz", "hunter2"),
	value("NoTerminator", "sz", host.RegString("abc")[:6]),
	value("OddByte", "expand", append(host.RegString("abc"), 0x41)),
	value("Hidden", "sz", append(host.RegString("abc"), host.RegString("def")...)),
	value("Half", "sz", []byte{0x41, 0, 0x00, 0xD8, 0x42, 0, 0, 0}),
	value("HALFPATH", "sz", []byte{0x41, 0, 0x3D, 0xD8, ';', 0, 0xFD, 0xFF, ';', 0, 0x00, 0xDC, 0, 0}),
	text("BLANKPATH", "expand", "C:\\a ;\u200bC:\\b;\tC:\\c\r\n;"),
	text("Lines", "sz", "a\r\nb\tc\x01\u2028😀\U000E0001"),
	text("Empty", "sz", ""),
	value("Nothing", "sz", nil),
	value("Number", "dword", []byte{42, 0, 0, 0}),
	value("ShortNumber", "dword", []byte{42}),
	value("Long", "qword", []byte{1, 2, 3, 4, 5, 6, 7, 8}),
	value("Multi", "multi", host.RegStrings([]string{"a\"b", `c\d`, "\u200b"})),
	value("NoMulti", "multi", nil),
	value("EmptyMulti", "multi", []byte{0, 0}),
	value("BadMulti", "multi", []byte{0x41, 0, 0, 0}),
	value("Bytes", "binary", []byte{0, 1, 0xff}),
	value("None", "none", []byte{}),
	value("Other", "hex(1f)", []byte{7}),
	text("quote\"back\\slash\x01\u200b\U000E0001", "sz", "x"),
	text("\xed\xa0\x80half", "sz", "x"),
	text("", "sz", "default"),
}

func TestRoundTrip(t *testing.T) {
	r := report(odd...)
	d := document.Registry(r, winenv.UserKey)
	check(t, "odd", d)
	golden(t, "odd.txt", d.Text)
	for name, text := range map[string]string{
		"as it was": d.Text, "CRLF": strings.ReplaceAll(d.Text, "\n", "\r\n"), "BOM": "\uFEFF" + d.Text, "without the end": strings.TrimRight(d.Text, "\n"),
		"with tabs": strings.ReplaceAll(d.Text, "\n    ", "\n\t"), "with blanks": strings.ReplaceAll(d.Text, "\n", "  \n"),
		"with blank lines": strings.ReplaceAll(d.Text, "\n", "\n\n"), "with a comment": d.Text + "; bye\n    ; bye\n",
		"as a file of regedit": "Windows Registry Editor Version 5.00\r\n\r\n" + d.Text,
	} {
		edits, err := document.Save(r, winenv.UserKey, d.Text, text)
		if err != nil || len(edits) > 0 {
			t.Errorf("%s: %v, %v", name, edits, err)
		}
	}
}

// TestSave edits the document of a machine that has all odd values at once: nothing else changes.
func TestSave(t *testing.T) {
	raw := func(name string) []byte {
		for _, v := range odd {
			if v.Name == name {
				return v.Data
			}
		}
		t.Fatalf("no value %s", name)
		return nil
	}
	swap := func(name, old, new string) []byte { // in UTF-16
		return bytes.Replace(raw(name), bytes.TrimSuffix(host.RegString(old), []byte{0, 0}), bytes.TrimSuffix(host.RegString(new), []byte{0, 0}), 1)
	}
	path := func(s string) *host.Value { return &host.Value{Type: "expand", Data: host.RegString(s)} }
	for _, test := range []struct {
		name, old, new string
		value          string
		want           *host.Value
	}{
		{"edit an element", "    C:\\tools\n", "    D:\\tools\n", "Path", path(`%USERPROFILE%\go\bin;"C:\Program Files\a;b";D:\tools;;C:\tools;`)},
		{"delete an element", "    %USERPROFILE%\\go\\bin\n", "", "Path", path(`"C:\Program Files\a;b";C:\tools;;C:\tools;`)},
		{"delete the empty element", "    C:\\tools\n    ;\n", "    C:\\tools\n", "Path", path(`%USERPROFILE%\go\bin;"C:\Program Files\a;b";C:\tools;C:\tools;`)},
		{"add an element", "=expand:\n", "=expand:\n    C:\\new;\n", "Path", path(`C:\new;%USERPROFILE%\go\bin;"C:\Program Files\a;b";C:\tools;;C:\tools;`)},
		{"comment an element out", "    %USERPROFILE%", "    ; %USERPROFILE%", "Path", path(`"C:\Program Files\a;b";C:\tools;;C:\tools;`)},
		{"paste elements", "    %USERPROFILE%\\go\\bin\n", "    C:\\a;C:\\b\n", "Path", path(`C:\a;C:\b;"C:\Program Files\a;b";C:\tools;;C:\tools;`)},
		{"write a list in one line", "\"GOPATH\"=sz:\n    C:\\a\n    C:\\b\n", "\"GOPATH\"=\"C:\\\\c\"\n", "GOPATH", &host.Value{Type: "sz", Data: host.RegString(`C:\c`)}},
		{"change the type of a list", "\"Path\"=expand:", "\"Path\"=sz:", "Path", &host.Value{Type: "sz", Data: raw("Path")}},
		{"change the type", "\"OddByte\"=expand:\"", "\"OddByte\"=\"", "OddByte", &host.Value{Type: "sz", Data: raw("OddByte")}},
		{"edit before odd bytes", "\"OddByte\"=expand:\"abc", "\"OddByte\"=expand:\"abcd", "OddByte", &host.Value{Type: "expand", Data: append(host.RegString("abcd"), 0x41)}},
		{"edit without a terminator", "\"NoTerminator\"=\"abc", "\"NoTerminator\"=\"ab", "NoTerminator", &host.Value{Type: "sz", Data: host.RegString("ab")[:4]}},
		{"edit beside half a pair", "\"Half\"=\"A", "\"Half\"=\"C", "Half", &host.Value{Type: "sz", Data: swap("Half", "A", "C")}},
		{"edit an element beside halves", `"` + "\uFFFD" + `"`, `"x"`, "HALFPATH", &host.Value{Type: "sz", Data: swap("HALFPATH", "\uFFFD", "x")}},
		{"edit a quoted element", `"C:\\a "`, `"C:\\a",`, "BLANKPATH", &host.Value{Type: "expand", Data: host.RegString("C:\\a;\u200bC:\\b;\tC:\\c\r\n;")}},
		{"delete a value", "\"Number\"=dword:0000002a\n", "", "Number", nil},
		{"delete a value as regedit does", "\"Number\"=dword:0000002a", "\"Number\"=-", "Number", nil},
		{"delete a hidden value", "\"API_TOKEN\"=hidden:\n", "", "API_TOKEN", nil},
		{"replace a hidden value", "hidden:", "\"x\"", "API_TOKEN", &host.Value{Type: "sz", Data: host.RegString("x")}},
		{"edit around a password", "@proxy.example:8080", "@proxy.example:3128", "HTTPS_PROXY", &host.Value{Type: "sz", Data: host.RegString("http://gopher:hunter2@proxy.example:3128")}},
		{"take a password away", "***@", "", "HTTPS_PROXY", &host.Value{Type: "sz", Data: host.RegString("http://proxy.example:8080")}},
		{"add a value", "\"Empty\"=\"\"\n", "\"Empty\"=\"\"\n\"GOBIN\"=expand:\"%USERPROFILE%\\\\bin\"\n", "GOBIN", path(`%USERPROFILE%\bin`)},
		{"a number", "0000002a", "2b", "Number", &host.Value{Type: "dword", Data: []byte{43, 0, 0, 0}}},
		{"bytes", "hex:00,01,ff", "hex:00,\\\n  01", "Bytes", &host.Value{Type: "binary", Data: []byte{0, 1}}},
		{"texts", `multi:["a\"b",`, `multi:[ "a" , `, "Multi", &host.Value{Type: "multi", Data: host.RegStrings([]string{"a", `c\d`, "\u200b"})}},
		{"text for a number", "dword:0000002a", `"42"`, "Number", &host.Value{Type: "sz", Data: host.RegString("42")}},
	} {
		r := report(odd...)
		base := document.Registry(r, winenv.UserKey).Text
		if !strings.Contains(base, test.old) {
			t.Errorf("%s: the document has no %q", test.name, test.old)
			continue
		}
		edits, err := document.Save(r, winenv.UserKey, base, strings.Replace(base, test.old, test.new, 1))
		if err != nil || len(edits) != 1 {
			t.Errorf("%s: %v, %v", test.name, edits, err)
			continue
		}
		e := edits[0]
		if e.At != host.RegLoc(winenv.UserKey, test.value) {
			t.Errorf("%s changes %s", test.name, e.At)
		}
		if (e.New == nil) != (test.want == nil) || e.New != nil && (e.New.Type != test.want.Type || !bytes.Equal(e.New.Data, test.want.Data)) {
			t.Errorf("%s: got %+v, want %+v", test.name, e.New, test.want)
		}
		if i := slices.IndexFunc(odd, func(v host.NamedValue) bool { return v.Name == test.value }); i >= 0 && (e.Old == nil || !bytes.Equal(e.Old.Data, odd[i].Data) || e.Old.Type != odd[i].Type) {
			t.Errorf("%s: old is %+v", test.name, e.Old)
		}
	}
}

func TestRefusals(t *testing.T) {
	r := report(odd...)
	base := document.Registry(r, winenv.UserKey).Text
	line := func(s string) int { return 1 + strings.Count(base[:strings.Index(base, s)], "\n") }
	for _, test := range []struct {
		name, old, new string
		line           int
	}{
		{"no closing quote", "\"Empty\"=\"\"", "\"Empty\"=\"", line("\"Empty\"")},
		{"a backslash", "\"Empty\"=\"\"", "\"Empty\"=\"C:\\Go\"", line("\"Empty\"")},
		{"more behind the quote", "\"Empty\"=\"\"", "\"Empty\"=\"\"x", line("\"Empty\"")},
		{"no =", "\"Empty\"=", "\"Empty\"", line("\"Empty\"")},
		{"unknown type", "\"Empty\"=\"\"", "\"Empty\"=word:7", line("\"Empty\"")},
		{"number too large", "dword:0000002a", "dword:100000000", line("\"Number\"")},
		{"no number", "dword:0000002a", "dword:", line("\"Number\"")},
		{"no bytes", "hex:00,01,ff", "hex:0,1,fff", line("\"Bytes\"")},
		{"list not closed", "\n]\n\"Lines\"", "\n\"Lines\"", line("\"Lines\"") - 1},
		{"no key", "[HKEY", "; [HKEY", line("[HKEY") + 1},
		{"another key", "[HKEY_CURRENT_USER\\Env", "[HKEY_CURRENT_USER\\X", line("[HKEY")},
		{"two keys", "\"Empty\"=", "[HKEY_CURRENT_USER\\Environment]\n\"Empty\"=", line("\"Empty\"")},
		{"rubbish", "\"Empty\"=", "rubbish\n\"Empty\"=", line("\"Empty\"")},
		{"element of nothing", "\"Empty\"=\"\"", "\"Empty\"=\"\"\n    C:\\x", line("\"Empty\"") + 1},
		{"twice", "\"Empty\"=", "\"EMPTY\"=\"1\"\n\"Empty\"=", line("\"Empty\"") + 1},
		{"NUL", "\"Empty\"=\"", "\"Empty\"=\"\x00", line("\"Empty\"")},
		{"escaped NUL", "\"Empty\"=\"", "\"Empty\"=\"\\u0000", line("\"Empty\"")},
		{"no text", "\"Empty\"=\"", "\"Empty\"=\"\xff", line("\"Empty\"")},
		{"no name", "\"Empty\"=", "\"\"=", line("\"Empty\"")},
		{"a name with =", "\"Empty\"=", "\"A=B\"=", line("\"Empty\"")},
		{"another case", "\"Empty\"=", "\"EMPTY\"=", line("\"Empty\"")},
		{"default value", "@=\"default\"", "@=\"x\"", line("@=")},
		{"hidden for what is not", "\"Empty\"=\"\"", "\"Empty\"=hidden:", line("\"Empty\"")},
		{"password of another value", "\"Empty\"=\"\"", "\"Empty\"=\"http://***@proxy.example\"", line("\"Empty\"")},
		{"Path of bytes", "\"Path\"=expand:\n    %USERPROFILE%\\go\\bin\n    \"C:\\Program Files\\a;b\"\n    C:\\tools\n    ;\n    C:\\tools\n    ;\n", "\"Path\"=hex:00\n", line("\"Path\"")},
		{"Path of nothing", "    %USERPROFILE%\\go\\bin\n    \"C:\\Program Files\\a;b\"\n    C:\\tools\n    ;\n    C:\\tools\n    ;\n", "    ;\n", line("\"Path\"")},
		{"Path too long", "    C:\\tools\n", "    C:\\" + strings.Repeat("x", 32767) + "\n", line("\"Path\"")},
		{"an empty text among several", `multi:["a\"b",`, `multi:["",`, line("\"Multi\"")},
		{"texts not closed", `"\u200b"]`, `"\u200b"`, line("\"Multi\"")},
	} {
		if !strings.Contains(base, test.old) {
			t.Errorf("%s: the document has no %q", test.name, test.old)
			continue
		}
		edits, err := document.Save(r, winenv.UserKey, base, strings.Replace(base, test.old, test.new, 1))
		var e *document.Error
		if !errors.As(err, &e) || e.Line != test.line || e.Reason == "" || len(edits) > 0 {
			t.Errorf("%s: got %v, %v, want an error in line %d", test.name, edits, err, test.line)
		}
	}

	for name, r := range map[string]func(*facts.Snapshot){
		"untrusted": func(s *facts.Snapshot) { s.System.Trusted = false },
		"read-only": func(s *facts.Snapshot) { s.Keys[1].ReadOnly = true },
		"unreadable": func(s *facts.Snapshot) {
			s.Keys, s.Gaps = s.Keys[:1], []facts.Gap{{At: host.RegLoc(winenv.UserKey, "")}}
		},
		"not Windows":  func(s *facts.Snapshot) { s.System.Style = host.StyleOf("linux") },
		"not elevated": nil,
		"volatile":     nil,
	} {
		rep, key := report(odd...), winenv.UserKey
		switch name {
		case "not elevated":
			key = winenv.MachineKey
		case "volatile":
			key = winenv.VolatileKey
		default:
			r(rep.Facts)
		}
		if d := document.Registry(rep, key); d != nil && (d.Savable || d.Reason == "") {
			t.Errorf("%s: the document can be saved", name)
		}
		var e *document.Error
		if edits, err := document.Save(rep, key, base, base+"\"NEW\"=\"1\"\n"); !errors.As(err, &e) || len(edits) > 0 {
			t.Errorf("%s: %v, %v", name, edits, err)
		}
		if edits, err := document.Save(rep, key, base, base); err != nil || len(edits) > 0 {
			t.Errorf("%s: what is not changed is refused: %v", name, err)
		}
	}
	r.Facts.System.Admin = true
	d := document.Registry(r, winenv.MachineKey)
	if edits, err := document.Save(r, winenv.MachineKey, d.Text, d.Text+"\"NEW\"=\"1\"\n"); err != nil || len(edits) != 1 {
		t.Errorf("elevated: %v, %v", edits, err)
	}
}

// TestConflict changes the machine while its document is open.
func TestConflict(t *testing.T) {
	base := document.Registry(report(text("A", "sz", "1"), text("B", "sz", "1")), winenv.UserKey).Text
	for _, test := range []struct {
		name     string
		now      []host.NamedValue
		text     string
		edits    int
		conflict bool
	}{
		{"another value changed", []host.NamedValue{text("A", "sz", "2"), text("B", "sz", "1")}, strings.Replace(base, `"B"="1"`, `"B"="3"`, 1), 1, false},
		{"this value changed", []host.NamedValue{text("A", "sz", "1"), text("B", "sz", "2")}, strings.Replace(base, `"B"="1"`, `"B"="3"`, 1), 0, true},
		{"to the same", []host.NamedValue{text("A", "sz", "1"), text("B", "sz", "3")}, strings.Replace(base, `"B"="1"`, `"B"="3"`, 1), 0, false},
		{"this value went", []host.NamedValue{text("A", "sz", "1")}, strings.Replace(base, `"B"="1"`, `"B"="3"`, 1), 0, true},
		{"a deleted value changed", []host.NamedValue{text("A", "sz", "1"), text("B", "sz", "2")}, strings.Replace(base, "\"B\"=\"1\"\n", "", 1), 0, true},
		{"a deleted value went", []host.NamedValue{text("A", "sz", "1")}, strings.Replace(base, "\"B\"=\"1\"\n", "", 1), 0, false},
		{"an added value came", []host.NamedValue{text("A", "sz", "1"), text("B", "sz", "1"), text("C", "sz", "1")}, base + "\"C\"=\"2\"\n", 0, true},
		{"the type changed", []host.NamedValue{text("A", "sz", "1"), text("B", "expand", "1")}, strings.Replace(base, `"B"="1"`, `"B"="3"`, 1), 0, true},
	} {
		edits, err := document.Save(report(test.now...), winenv.UserKey, base, test.text)
		if len(edits) != test.edits || (err != nil) != test.conflict {
			t.Errorf("%s: %v, %v", test.name, edits, err)
		}
	}
}

// TestSaved saves to a machine: the new document is what was written.
func TestSaved(t *testing.T) {
	m := windows(t, "\"Path\"=expand:\"C:\\\\a;C:\\\\b\"\n\"GOROOT\"=\"C:\\\\Go\"\n")
	r := doctor.Diagnose(m, doctor.Options{})
	base := document.Registry(r, winenv.UserKey).Text
	text := strings.Replace(base, "    C:\\b\n\"GOROOT\"=\"C:\\\\Go\"\n", "    C:\\c\n\"GOBIN\"=\"C:\\\\bin\"\n", 1)
	edits, err := document.Save(r, winenv.UserKey, base, text)
	if err != nil || len(edits) != 3 {
		t.Fatalf("%v, %v", edits, err)
	}
	for _, e := range edits {
		if err := m.Swap(e); err != nil {
			t.Fatal(err)
		}
	}
	if got := document.Registry(doctor.Diagnose(m, doctor.Options{}), winenv.UserKey).Text; got != text {
		t.Errorf("got\n%s\nwant\n%s", got, text)
	}
}

// FuzzRoundTrip renders a value of any bytes: it parses to no edit, and an element that is added changes that value alone.
func FuzzRoundTrip(f *testing.F) {
	for _, v := range odd {
		f.Add(v.Name, v.Type, v.Data)
	}
	f.Fuzz(func(t *testing.T, name, typ string, data []byte) {
		switch typ {
		case "sz", "expand", "multi", "dword", "qword", "binary", "none":
		default:
			typ = "hex(9)"
		}
		if strings.Contains(name, "\x00") || strings.EqualFold(name, "other") || len(data) > 60000 {
			return
		}
		r := report(value(name, typ, data), text("other", "sz", "x"))
		d := document.Registry(r, winenv.UserKey)
		check(t, "fuzz", d)
		if edits, err := document.Save(r, winenv.UserKey, d.Text, d.Text+"\n"); err != nil || len(edits) > 0 {
			t.Fatalf("unchanged: %v, %v\n%s", edits, err, d.Text)
		}
		edits, err := document.Save(r, winenv.UserKey, d.Text, strings.Replace(d.Text, `"other"="x"`, `"other"="y"`, 1))
		if err != nil || len(edits) != 1 || edits[0].At.Name != "other" {
			t.Fatalf("other: %v, %v\n%s", edits, err, d.Text)
		}
	})
}

// FuzzSave changes a document at random: there is no panic, and what is saved is what the new text says.
func FuzzSave(f *testing.F) {
	f.Add(uint64(1), "x")
	f.Add(uint64(2), "\n")
	f.Add(uint64(3), "\"")
	f.Add(uint64(4), "\n    C:\\x\n")
	f.Add(uint64(5), "")
	f.Fuzz(func(t *testing.T, seed uint64, insert string) {
		r := report(odd...)
		base := document.Registry(r, winenv.UserKey).Text
		rnd := rand.New(rand.NewPCG(seed, 0))
		from := rnd.IntN(len(base))
		to := min(len(base), from+rnd.IntN(20))
		changed := base[:from] + insert + base[to:]
		edits, err := document.Save(r, winenv.UserKey, base, changed)
		var e *document.Error
		if err != nil {
			if !errors.As(err, &e) || e.Line < 0 || e.Line > strings.Count(changed, "\n")+1 {
				t.Fatalf("%v", err)
			}
			return
		}
		now := slices.Clone(odd)
		for _, x := range edits {
			i := slices.IndexFunc(now, func(v host.NamedValue) bool { return v.Name == x.At.Name })
			switch {
			case (i < 0) != (x.Old == nil) || i >= 0 && !bytes.Equal(now[i].Data, x.Old.Data):
				t.Fatalf("%s: old is %v", x.At, x.Old)
			case x.New == nil:
				now = slices.Delete(now, i, i+1)
			case i < 0:
				now = append(now, host.NamedValue{Name: x.At.Name, Value: *x.New})
			default:
				now[i].Value = *x.New
			}
		}
		// the same text, saved once more to what it made, changes nothing
		after := report(now...)
		if utf8.ValidString(changed) {
			if edits, err := document.Save(after, winenv.UserKey, document.Registry(after, winenv.UserKey).Text, changed); err != nil || len(edits) > 0 {
				if !errors.As(err, &e) { // a password in the text that was hidden before
					t.Fatalf("once more: %v, %v\n%s", edits, err, changed)
				}
			}
		}
	})
}
