package probes

import (
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

func settingsOf(text string) *facts.Settings {
	return parseSettings("user", host.DecodeFile(host.FileLoc("/s.json", 0), []byte(text)))
}

func TestParseSettings(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": 1, "b.c": {"d": [true, {"e": "x"}]}}`: `a=1 b.c={"d": [true, {"e": "x"}]} b.c.d=[true, {"e": "x"}] b.c.d[1].e="x"`,
		"{\n// c\n\"a\": /* y */ \"x\\u0041\",\n}":   `a="xA"`,
		`{"a": "1", "a": "2"}`:                       `a="1" a="2"`,
		`{"": "x", "\u0061": null}`:                  `="x" a=null`,
		`["x", {"a": ""}]`:                           `[1].a=""`,
		"":                                           ``,
		" \r\n\t":                                    ``,
		`null`:                                       ``,
		"{":                                          `!`,
		`{"a": x}`:                                   `!`,
		`{a: 1}`:                                     `!`,
		`{} {}`:                                      `!`,
		strings.Repeat("[", 300):                     `!`,
		strings.Repeat("[", 300) + strings.Repeat("]", 300): `!`,
	} {
		s := settingsOf(text)
		var got []string
		if s.Invalid != "" {
			got = []string{"!"}
		}
		for _, m := range s.Values {
			v := m.Value
			if m.IsString {
				v = `"` + v + `"`
			}
			got = append(got, m.Key+"="+v)
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%.60q: %s, want %s (%s)", text, g, want, s.Invalid)
		}
	}
}

// TestCutMember holds that what is left after a member is cut out is a file that can be parsed, with everything else in it.
func TestCutMember(t *testing.T) {
	for _, text := range []string{
		`{"a": 1}`, `{"a": 1,}`, `{"a": 1, "b": 2, "c": 3}`, "{\n  \"a\": 1,\n  \"b\": 2\n}\n", "{\r\n  \"a\": 1,\r\n  \"b\": 2,\r\n}\r\n",
		"{\n  // about a\n  \"a\": 1, // after a\n  /* b */ \"b\": {\"x\": [1, {\"y\": 2}]} // after b\n}", "{ \"a\":1\n,\"b\":2\n,\"c\":3 }", "{\"a\": 1 /* , */, \"b\": 2}",
		"{\"a\": 1, // one, two\n\"b\": 2 // three\n}",
	} {
		s := settingsOf(text)
		if s.Invalid != "" {
			t.Fatalf("%q: %s", text, s.Invalid)
		}
		for _, m := range s.Values {
			rest := text[:m.CutStart] + text[m.CutEnd:]
			left := settingsOf(rest)
			if left.Invalid != "" {
				t.Errorf("%q without %s cannot be parsed: %q: %s", text, m.Key, rest, left.Invalid)
				continue
			}
			for _, o := range s.Values {
				want := o.Key != m.Key && !strings.HasPrefix(o.Key, m.Key+".") && !strings.HasPrefix(o.Key, m.Key+"[")
				if got := left.Get(o.Key) != nil; got != want {
					t.Errorf("%q without %s: %s is there: %v: %q", text, m.Key, o.Key, got, rest)
				}
			}
		}
	}
}

func FuzzParseSettings(f *testing.F) {
	for _, s := range []string{`{"a": {"b": ["x", {"c": 1}]}, }`, "// c\n{\"a\": \"\\ud800\"}", "\ufeff{}", "{\"a\":1}\x00", "\xff\xfe{\x00}\x00", "{\"a\" /**/ : 1 // x\n, \"b\": 2}", `{"a":1,"a":2}`, "[[[["} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := host.DecodeFile(host.FileLoc("/s.json", 0), data)
		s := parseSettings("user", text)
		for _, m := range s.Values {
			if m.Start < 0 || m.End < m.Start || m.End > len(text.S) || m.CutStart < 0 || m.CutEnd < m.CutStart || m.CutEnd > len(text.S) || m.KeyStart > m.KeyEnd || m.KeyEnd > m.Start {
				t.Fatalf("%+v does not fit the file", m)
			}
			if rest := settingsOf(text.S[:m.CutStart] + text.S[m.CutEnd:]); rest.Invalid != "" {
				t.Errorf("%q without %s cannot be parsed: %s", text.S, m.Key, rest.Invalid)
			}
		}
	})
}

func TestVersionFiles(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		read             func(string) string
	}{
		{"asdf", "nodejs 24\ngolang 1.27.4 1.26.11\n", "1.27.4", toolVersion("golang")},
		{"asdf comment", "golang 1.27.4 # newest\r\n", "1.27.4", toolVersion("golang")},
		{"asdf commented", "# golang 1.27.4\n", "", toolVersion("golang")},
		{"asdf other", "golangci-lint 1.2\ngolang\n", "", toolVersion("golang")},
		{"mise names", "go 1.27\n", "1.27", toolVersion("go", "golang")},
		{"plain", "\n# c\n 1.27.4 \r\n1.2\n", "1.27.4", plainVersion},
		{"plain go", "go1.27.4", "1.27.4", plainVersion},
		{"plain none", "", "", plainVersion},
		{"mise", "[env]\ngo = \"1.2\"\n[tools]\nnode = \"24\"\ngo = \"1.27\" # c\n", "1.27", miseVersion},
		{"mise quotes", "[ tools ]\n\"go\" = '1.27.4'\n", "1.27.4", miseVersion},
		{"mise dotted", "tools.go = \"1.27\"\n", "1.27", miseVersion},
		{"mise other table", "[tasks]\ngo = \"1.27\"\n", "", miseVersion},
		{"mise broken", "[tools]\ngo = \"1.27\n", "", miseVersion},
		{"mise list", "[tools]\ngo = [\"1.27\", \"1.26\"]\n", "1.27", miseVersion},
		{"mise table", "[tools]\ngo = { version = \"1.27\", os = [\"linux\"] }\n", "1.27", miseVersion},
		{"mise own table", "[tools.go]\nversion = \"1.27\"\n", "1.27", miseVersion},
		{"proto", "node = \"24\"\ngo = \"1.27.4\"\n", "1.27.4", protoVersion},
		{"proto none", "golang = \"1\"\n", "", protoVersion},
	} {
		if got := c.read(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestShimPath(t *testing.T) {
	for text, want := range map[string]string{
		"path = \"C:\\a b\\go.exe\"\r\nargs = x\r\n": `C:\a b\go.exe`, "PATH=C:\\go.exe": `C:\go.exe`, "args = path\n": "", "": "", "path =\n": "",
	} {
		if got := shimPath(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzVersionFiles(f *testing.F) {
	for _, s := range []string{"golang 1.27.4\n", "[tools]\ngo = \"1.27\"\n", "go1.2\r\n", "=", "\x00\xff\n", "[tools]\ngo = \"", "path = \"", "[tools]\ngo=[\"", "[tools.go]\nversion={"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func(string) string{toolVersion("go", "golang"), plainVersion, miseVersion, protoVersion, shimPath} {
			if v := read(text); strings.Contains(v, "\n") || len(v) > len(text) {
				t.Errorf("%q was read as %q", text, v)
			}
		}
	})
}
