package goenv

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

func decode(data []byte) *host.Text {
	return host.DecodeFile(host.FileLoc("/home/gopher/.config/go/env", 0), data)
}

// TestParseFile holds that the file is read as cmd/go reads it (internal/cfg, readEnvFile).
func TestParseFile(t *testing.T) {
	for text, want := range map[string]string{
		"GOPROXY=direct\nGOFLAGS=-mod=mod\n":                `1:GOPROXY="direct" 2:GOFLAGS="-mod=mod"`,
		"GOPROXY=a\nGOPROXY=b":                              `1:GOPROXY="a" 2:GOPROXY="b"`,
		"GOPROXY=direct\r\nGOSUMDB=off\r\n":                 `1:GOPROXY="direct\r" 2:GOSUMDB="off\r"`,
		"# comment\n\nGOBIN=/a b/bin \n":                    `3:GOBIN="/a b/bin "`,
		" GOBIN=/x\nexport GOBIN=/y\ngobin=/z\nGOBIN\n=x\n": ``,
		"GOBIN =/x\nGOBIN=\"/x\"\n":                         `1:GOBIN ="/x" 2:GOBIN="\"/x\""`,
		"\ufeffGOBIN=/x\nGOPATH=/y\n":                       `2:GOPATH="/y"`,
		"\xff\xfeG\x00O\x00=\x00x\x00\n\x00":                ``,
		"":                                                  ``,
		"\x00\x00GOBIN=/x":                                  ``,
		"GOBIN=\x00":                                        `1:GOBIN="\x00"`,
	} {
		var got []string
		for _, a := range ParseFile(decode([]byte(text)), facts.GoEnvLine) {
			got = append(got, fmt.Sprintf("%d:%s=%q", a.At.Line, a.Name, a.Value))
			if a.Text.S[a.Start:a.End] != a.Value {
				t.Errorf("%q: the value %q stands at %q", text, a.Value, a.Text.S[a.Start:a.End])
			}
			if line := a.Text.S[a.CutStart:a.CutEnd]; !strings.HasPrefix(line, a.Name+"="+a.Value) {
				t.Errorf("%q: the line of %s is cut as %q", text, a.Name, line)
			}
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: %s, want %s", text, s, want)
		}
	}
}

func TestEnvFile(t *testing.T) {
	for _, c := range []struct {
		os, env, want string
		off           bool
	}{
		{"linux", "HOME=/home/gopher", "/home/gopher/.config/go/env", false},
		{"linux", "HOME=/home/gopher XDG_CONFIG_HOME=/cfg", "/cfg/go/env", false},
		{"linux", "XDG_CONFIG_HOME=/cfg", "/cfg/go/env", false},
		{"linux", "", "", false},
		{"linux", "HOME=/home/gopher GOENV=off", "", true},
		{"linux", "HOME=/home/gopher GOENV=/etc/goenv", "/etc/goenv", false},
		{"darwin", "HOME=/Users/gopher XDG_CONFIG_HOME=/cfg", "/Users/gopher/Library/Application Support/go/env", false},
		{"darwin", "", "", false},
		{"windows", `APPDATA=C:\Users\gopher\AppData\Roaming`, `C:\Users\gopher\AppData\Roaming\go\env`, false},
		{"windows", `HOME=C:\x USERPROFILE=C:\Users\gopher`, "", false},
	} {
		name, off := EnvFile(host.System{OS: c.os, Style: host.StyleOf(c.os)}, lookup(c.env))
		if name != c.want || off != c.off {
			t.Errorf("%s %s: %q %v, want %q %v", c.os, c.env, name, off, c.want, c.off)
		}
	}
}

func lookup(env string) func(string) string {
	return func(name string) string {
		for _, kv := range strings.Fields(env) {
			if v, ok := strings.CutPrefix(kv, name+"="); ok {
				return v
			}
		}
		return ""
	}
}

// TestParseMod holds that every directive is found in files of any Go, and in broken ones, with the bytes of its line.
func TestParseMod(t *testing.T) {
	const text = "// Deprecated: no\r\nmodule \"example.com/m\" // c\r\n\r\ngo 1.27.0\ntoolchain go1.27.4\nrequire (\n\ta.example/x v1.0.0 // indirect\n\tb.example/y v0.1.0\n)\n" +
		"use(\n\t./a\n\t\"./b c\"\n)\nreplace a.example/x => `../x y`\nignore ./node_modules\nfuture thing\n)\nunclosed (\n\tx"
	want := `2 module example.com/m|4 go 1.27.0|5 toolchain go1.27.4|6 require (|7 require a.example/x v1.0.0|8 require b.example/y v0.1.0|10 use (|11 use ./a|12 use ./b c|` +
		`14 replace a.example/x => ../x y|15 ignore ./node_modules|16 future thing|17 )|18 unclosed (|19 unclosed x`
	m := ParseMod(decode([]byte(text)), "/w", false)
	var got []string
	for _, d := range m.Directives {
		s := fmt.Sprintf("%d %s", d.Line, strings.Join(append([]string{d.Verb}, d.Args...), " "))
		if d.Block {
			s += " ("
		}
		got = append(got, s)
		if line := m.Text.S[d.Start:d.End]; line != strings.TrimSpace(line) || !d.Block && len(d.Args) > 0 && !strings.Contains(line, d.Args[0]) {
			t.Errorf("line %d stands at %q", d.Line, line)
		}
	}
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	if m.Arg("go") != "1.27.0" || m.Arg("module") != "example.com/m" || m.Arg("nothing") != "" || m.Arg("unclosed") != "" {
		t.Error("wrong first arguments")
	}
}

func FuzzParseFile(f *testing.F) {
	for _, s := range []string{"GOPROXY=direct\r\n", "\ufeffGOBIN=/x\nGOPATH=/y", "\xff\xfeG\x00", "=\n==\nA=\n", "\x00", "GOBIN"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := decode(data)
		end := 0
		for _, a := range ParseFile(text, facts.GoEnvLine) {
			if a.Name == "" || a.Name[0] < 'A' || a.Name[0] > 'Z' || text.S[a.Start:a.End] != a.Value || a.CutStart < end || a.CutEnd < a.End {
				t.Errorf("%+v does not fit the file", a)
			}
			end = a.CutEnd
		}
	})
}

func FuzzParseMod(f *testing.F) {
	for _, s := range []string{"module m\n\ngo 1.27\n", "require (\r\n\ta v1 // x\r\n)\r\n", "go(\n", "\"", "` `\t\"a b", "\ufeffmodule m", "\x00\xff(", "((\n))\n(", "// go 1.2"} {
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, work bool) {
		text := decode(data)
		for _, d := range ParseMod(text, "/w", work).Directives {
			if d.Start < 0 || d.End < d.Start || d.End > len(text.S) || d.Line < 1 || d.Line > text.Lines() {
				t.Errorf("%+v does not fit the file", d)
			}
		}
	})
}
