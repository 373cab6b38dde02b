package host

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var (
	windowsStyle = StyleOf("windows")
	linuxStyle   = StyleOf("linux")
	darwinStyle  = StyleOf("darwin")
)

func TestClean(t *testing.T) {
	for _, c := range []struct {
		style      Style
		name, want string
	}{
		{linuxStyle, "", ""},
		{linuxStyle, "/", "/"},
		{linuxStyle, "//usr//local/./go/../go/", "/usr/local/go"},
		{linuxStyle, `/a\b`, `/a\b`},
		{linuxStyle, "/../a", "/a"},
		{linuxStyle, "a/../..", ".."},
		{windowsStyle, "", ""},
		{windowsStyle, `C:\`, `C:\`},
		{windowsStyle, `C:`, `C:.`},
		{windowsStyle, `C:a\..\b`, `C:b`},
		{windowsStyle, `c:/Go/bin/`, `c:\Go\bin`},
		{windowsStyle, `C:\Go\.\bin\..\`, `C:\Go`},
		{windowsStyle, `C:\..\Go`, `C:\Go`},
		{windowsStyle, `\Go\`, `\Go`},
		{windowsStyle, `\\server\share\a\..\b\`, `\\server\share\b`},
		{windowsStyle, `\\server\share`, `\\server\share`},
		{windowsStyle, `//server/share/x`, `\\server\share\x`},
		{windowsStyle, `\\?\C:\Go\`, `\\?\C:\Go`},
		{windowsStyle, `.`, `.`},
	} {
		if got := c.style.Clean(c.name); got != c.want {
			t.Errorf("%+v.Clean(%q) = %q, want %q", c.style, c.name, got, c.want)
		}
		if got := c.style.Clean(c.want); got != c.want {
			t.Errorf("%+v.Clean(%q) = %q, want it unchanged", c.style, c.want, got)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		style           Style
		name, dir, base string
		abs, remote     bool
	}{
		{linuxStyle, "/usr/local/go", "/usr/local", "go", true, false},
		{linuxStyle, "/", "/", "/", true, false},
		{linuxStyle, "go", ".", "go", false, false},
		{linuxStyle, `\\server\share\x`, ".", `\\server\share\x`, false, false},
		{windowsStyle, `C:\Program Files\Go`, `C:\Program Files`, "Go", true, false},
		{windowsStyle, `C:\Go`, `C:\`, "Go", true, false},
		{windowsStyle, `C:\`, `C:\`, "", true, false},
		{windowsStyle, `C:/Go/bin`, `C:\Go`, "bin", true, false},
		{windowsStyle, `\Go`, `\`, "Go", false, false},
		{windowsStyle, `C:Go`, "", "", false, false},
		{windowsStyle, `\\server\share\x`, `\\server\share`, "x", true, true},
		{windowsStyle, `\\wsl.localhost\Ubuntu\home`, `\\wsl.localhost\Ubuntu`, "home", true, true},
		{windowsStyle, `\\?\C:\Go`, `\\?\C:`, "Go", true, false},
	} {
		if got := c.style.IsAbs(c.name); got != c.abs {
			t.Errorf("%+v.IsAbs(%q) = %v", c.style, c.name, got)
		}
		if got := c.style.IsRemote(c.name); got != c.remote {
			t.Errorf("%+v.IsRemote(%q) = %v", c.style, c.name, got)
		}
		if got := c.style.Dir(c.name); c.dir != "" && got != c.dir {
			t.Errorf("%+v.Dir(%q) = %q, want %q", c.style, c.name, got, c.dir)
		}
		if got := c.style.Base(c.name); c.base != "" && got != c.base {
			t.Errorf("%+v.Base(%q) = %q, want %q", c.style, c.name, got, c.base)
		}
	}
}

func TestJoin(t *testing.T) {
	for _, c := range []struct {
		style Style
		elem  []string
		want  string
	}{
		{linuxStyle, []string{"/home/gopher", "go", "bin"}, "/home/gopher/go/bin"},
		{linuxStyle, []string{"", "/a", "", "../b"}, "/b"},
		{linuxStyle, []string{"/", "a"}, "/a"},
		{linuxStyle, nil, ""},
		{windowsStyle, []string{`C:\Users\gopher`, "go/bin", "go.exe"}, `C:\Users\gopher\go\bin\go.exe`},
		{windowsStyle, []string{`C:\`, "Go"}, `C:\Go`},
		{windowsStyle, []string{`\\server\share`, `a\..`, "b"}, `\\server\share\b`},
	} {
		if got := c.style.Join(c.elem...); got != c.want {
			t.Errorf("Join(%q) = %q, want %q", c.elem, got, c.want)
		}
	}
}

func TestUnder(t *testing.T) {
	for _, c := range []struct {
		style     Style
		name, dir string
		want      bool
		rel       string
	}{
		{linuxStyle, "/usr/local/go/bin", "/usr/local/go/", true, "bin"},
		{linuxStyle, "/usr/local/go", "/usr/local/go", true, ""},
		{linuxStyle, "/usr/local/gopher", "/usr/local/go", false, ""},
		{linuxStyle, "/usr/local/go/../x", "/usr/local/go", false, ""},
		{linuxStyle, "/usr", "/", true, "usr"},
		{linuxStyle, "/Usr/x", "/usr", false, ""},
		{darwinStyle, "/Usr/X", "/usr", true, "X"},
		{windowsStyle, `C:\Program Files\Go\BIN`, `c:/program files/go`, true, "BIN"},
		{windowsStyle, `C:\Go`, `C:\`, true, "Go"},
		{windowsStyle, `D:\Go`, `C:\`, false, ""},
		{windowsStyle, `\\server\share\a`, `\\SERVER\share`, true, "a"},
	} {
		if got := c.style.Under(c.name, c.dir); got != c.want {
			t.Errorf("Under(%q, %q) = %v", c.name, c.dir, got)
		}
		if rel, ok := c.style.Rel(c.name, c.dir); rel != c.rel || ok != c.want {
			t.Errorf("Rel(%q, %q) = %q, %v, want %q", c.name, c.dir, rel, ok, c.rel)
		}
	}
}

func TestEqual(t *testing.T) {
	if !windowsStyle.Equal(`C:\GO\`, "c:/go") || linuxStyle.Equal("/Go", "/go") || !darwinStyle.Equal("/Go/", "/go") {
		t.Error("Equal does not follow the style")
	}
	if !windowsStyle.EqualName("Path", "PATH") || darwinStyle.EqualName("Path", "PATH") {
		t.Error("EqualName does not follow the style")
	}
	if windowsStyle.NameKey("Path") != windowsStyle.NameKey("pATH") || linuxStyle.NameKey("Path") == linuxStyle.NameKey("PATH") {
		t.Error("NameKey does not follow the style")
	}
}

func TestSplitList(t *testing.T) {
	for _, c := range []struct {
		style Style
		value string
		want  []Element
	}{
		{linuxStyle, "", nil},
		{linuxStyle, ":", []Element{{"", "", 0, 0}, {"", "", 1, 1}}},
		{linuxStyle, `/a:"/b:c"`, []Element{{"/a", "/a", 0, 2}, {`"/b`, `"/b`, 3, 6}, {`c"`, `c"`, 7, 9}}},
		{linuxStyle, "/a;b", []Element{{"/a;b", "/a;b", 0, 4}}},
		{windowsStyle, `C:\a;"C:\b;c";`, []Element{{`C:\a`, `C:\a`, 0, 4}, {`"C:\b;c"`, `C:\b;c`, 5, 13}, {"", "", 14, 14}}},
		{windowsStyle, `C:\"a;b;c`, []Element{{`C:\"a;b;c`, `C:\a;b;c`, 0, 9}}}, // an open quote swallows the rest
	} {
		if got := c.style.SplitList(c.value); !reflect.DeepEqual(got, c.want) {
			t.Errorf("SplitList(%q) = %+v, want %+v", c.value, got, c.want)
		}
	}
}

func FuzzSplitList(f *testing.F) {
	for _, s := range []string{"", "/a:/b", `C:\a;"C:\b;c";`, `"`, `;;"";`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, v string) {
		for _, s := range []Style{linuxStyle, windowsStyle} {
			list := s.SplitList(v)
			var texts []string
			for _, e := range list {
				if v[e.Start:e.End] != e.Text {
					t.Errorf("SplitList(%q): element %+v is not at its place", v, e)
				}
				texts = append(texts, e.Text)
			}
			if got := strings.Join(texts, s.ListSep()); got != v {
				t.Errorf("SplitList(%q) joined = %q", v, got)
			}
		}
		if filepath.ListSeparator == ':' {
			var dirs []string
			for _, e := range linuxStyle.SplitList(v) {
				dirs = append(dirs, e.Dir)
			}
			if want := filepath.SplitList(v); len(dirs) != len(want) || len(want) > 0 && !reflect.DeepEqual(dirs, want) {
				t.Errorf("SplitList(%q) = %q, filepath says %q", v, dirs, want)
			}
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "/a/../b", `C:\a\..`, `\\server\share\..\x`, `C:`, "a//b/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, s := range []Style{linuxStyle, windowsStyle} {
			c := s.Clean(name)
			if again := s.Clean(c); again != c {
				t.Errorf("Clean(%q) = %q, and cleaned again %q", name, c, again)
			}
			if !s.Under(name, s.Dir(name)) && s.IsAbs(name) {
				t.Errorf("%q is not under its parent %q", name, s.Dir(name))
			}
		}
		if filepath.Separator == '/' && name != "" && linuxStyle.Clean(name) != filepath.Clean(name) {
			t.Errorf("Clean(%q) = %q, filepath says %q", name, linuxStyle.Clean(name), filepath.Clean(name))
		}
	})
}

func TestCutEnv(t *testing.T) {
	for kv, want := range map[string][2]string{
		"":           {"", ""},
		"A=b=c":      {"A", "b=c"},
		"A=":         {"A", ""},
		"A":          {"A", ""},
		`=C:=C:\dir`: {"=C:", `C:\dir`},
		"=":          {"=", ""},
	} {
		if name, value := CutEnv(kv); name != want[0] || value != want[1] {
			t.Errorf("CutEnv(%q) = %q, %q, want %q", kv, name, value, want)
		}
	}
}

func TestSettingsFile(t *testing.T) {
	for _, c := range []struct {
		system System
		scope  string
		want   string
	}{
		{System{OS: "linux", Home: "/home/gopher", Style: linuxStyle}, "user", "/home/gopher/.config/Code/User/settings.json"},
		{System{OS: "linux", Home: "/home/gopher", Style: linuxStyle}, "machine", "/home/gopher/.vscode-server/data/Machine/settings.json"},
		{System{OS: "windows", Home: `C:\Users\gopher`, Style: windowsStyle, Editor: Editor{Name: "cursor"}}, "user", `C:\Users\gopher\AppData\Roaming\Cursor\User\settings.json`},
		{System{OS: "darwin", Home: "/Users/gopher", Style: darwinStyle}, "user", "/Users/gopher/Library/Application Support/Code/User/settings.json"},
		{System{OS: "linux", Home: "/home/gopher", Style: linuxStyle, UserSettings: "/x/settings.json"}, "user", "/x/settings.json"},
	} {
		if got := c.system.SettingsFile(c.scope); got != c.want {
			t.Errorf("SettingsFile(%s) of %s = %s, want %s", c.scope, c.system.OS, got, c.want)
		}
	}
}

func TestDefaultGOPATH(t *testing.T) {
	for _, c := range []struct{ os, env, want string }{
		{"linux", "HOME=/home/gopher", "/home/gopher/go"},
		{"linux", "USERPROFILE=/x", ""},
		{"darwin", "HOME=/Users/gopher", "/Users/gopher/go"},
		{"windows", `HOME=C:\x USERPROFILE=C:\Users\gopher`, `C:\Users\gopher\go`},
		{"windows", `HOME=C:\x`, ""},
	} {
		env := map[string]string{}
		for _, kv := range strings.Fields(c.env) {
			name, value := CutEnv(kv)
			env[name] = value
		}
		if got := (System{OS: c.os, Style: StyleOf(c.os)}).DefaultGOPATH(func(n string) string { return env[n] }); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.os, c.env, got, c.want)
		}
	}
}
