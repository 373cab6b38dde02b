package winenv

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

func sz(name, s string) host.NamedValue {
	return host.NamedValue{Name: name, Value: host.Value{Type: "sz", Data: host.RegString(s)}}
}

func expand(name, s string) host.NamedValue {
	return host.NamedValue{Name: name, Value: host.Value{Type: "expand", Data: host.RegString(s)}}
}

func machine(v ...host.NamedValue) *host.Key { return &host.Key{Name: MachineKey, Values: v} }
func user(v ...host.NamedValue) *host.Key    { return &host.Key{Name: UserKey, Values: v} }

func TestBuild(t *testing.T) {
	base := []string{`SystemRoot=C:\Windows`, `USERPROFILE=C:\Users\gopher`}
	for _, tt := range []struct {
		name string
		keys []*host.Key
		want map[string]string
	}{
		{"the later key replaces", []*host.Key{machine(sz("GOROOT", `C:\Go`)), user(sz("goroot", `D:\Go`))}, map[string]string{"GOROOT": `D:\Go`}},
		{"PATH is joined", []*host.Key{machine(sz("Path", `C:\a`)), user(sz("PATH", `C:\b`))}, map[string]string{"Path": `C:\a;C:\b`}},
		{"no second separator", []*host.Key{machine(sz("Path", `C:\a;`)), user(sz("PATH", `C:\b;`))}, map[string]string{"Path": `C:\a;C:\b;`}},
		{"an empty PATH joins nothing", []*host.Key{machine(sz("Path", `C:\a`)), user(sz("PATH", ""))}, map[string]string{"Path": `C:\a`}},
		{"LIBPATH too", []*host.Key{machine(sz("LIBPATH", "a"), sz("OS2LIBPATH", "c")), user(sz("LibPath", "b"), sz("OS2LIBPATH", "d"))}, map[string]string{"LIBPATH": "a;b", "OS2LIBPATH": "c;d"}},
		{"REG_SZ before REG_EXPAND_SZ", []*host.Key{user(expand("GOBIN", `%GOPATH%\bin`), sz("GOPATH", `C:\gp`))}, map[string]string{"GOBIN": `C:\gp\bin`}},
		{"enumeration order within a pass", []*host.Key{user(expand("GOBIN", `%GOPATH%\bin`), expand("GOPATH", `%USERPROFILE%\go`))}, map[string]string{"GOBIN": `%GOPATH%\bin`, "GOPATH": `C:\Users\gopher\go`}},
		{"the machine cannot see the user", []*host.Key{machine(expand("Path", `%GOROOT%\bin`)), user(sz("GOROOT", `C:\Go`))}, map[string]string{"Path": `%GOROOT%\bin`}},
		{"%PATH% in the machine's stays", []*host.Key{machine(expand("Path", `C:\a;%PATH%`))}, map[string]string{"Path": `C:\a;%PATH%`}},
		{"%PATH% in the user's doubles", []*host.Key{machine(sz("Path", `C:\a`)), user(expand("Path", `%Path%;C:\b`))}, map[string]string{"Path": `C:\a;C:\a;C:\b`}},
		{"REG_SZ is literal", []*host.Key{user(sz("Path", `%USERPROFILE%\go\bin`))}, map[string]string{"Path": `%USERPROFILE%\go\bin`}},
		{"unknown and odd percents stay", []*host.Key{user(expand("X", `100%;%nope%%USERPROFILE%%%`))}, map[string]string{"X": `100%;%nope%C:\Users\gopher%%`}},
		{"an empty value replaces", []*host.Key{machine(sz("GOROOT", `C:\Go`)), user(sz("GOROOT", ""))}, map[string]string{"GOROOT": ""}},
		{"no string, no variable", []*host.Key{user(host.NamedValue{Name: "N", Value: host.Value{Type: "dword", Data: []byte{1, 0, 0, 0}}})}, map[string]string{"N": "-"}},
		{"names that no block holds", []*host.Key{user(sz("A=B", "x"), sz("", "y"))}, map[string]string{"A": "-", "": "-"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := Build(base, tt.keys)
			got := map[string]string{}
			for _, kv := range env.Block() {
				n, v := host.CutEnv(kv)
				got[n] = v
			}
			for n, w := range tt.want {
				v, ok := got[n]
				if w == "-" && ok || w != "-" && (!ok || v != w) {
					t.Errorf("%s = %q, %v; want %q", n, v, ok, w)
				}
			}
		})
	}
}

func TestWins(t *testing.T) {
	env := Build(nil, []*host.Key{machine(sz("GOROOT", "a"), sz("Path", "p")), user(sz("GOROOT", "b"), sz("Path", "q"))})
	var got []string
	for _, v := range env.Vars {
		got = append(got, fmt.Sprint(v.At, " ", v.Wins))
	}
	want := []string{"reg:" + MachineKey + `\GOROOT false`, "reg:" + MachineKey + `\Path true`, `reg:HKCU\Environment\GOROOT true`, `reg:HKCU\Environment\Path true`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPath(t *testing.T) {
	base := []string{`U=C:\u`, `TWO=C:\1;C:\2`, "NONE="}
	env := Build(base, []*host.Key{
		machine(expand("Path", `%U%\bin;;"C:\q;r";%TWO%;%NONE%;x%NONE%;%NONE%y`)),
		user(expand("PATH", `%U%;%nope%\b;`)),
	})
	var got []string
	for _, p := range env.Path {
		if p.Text != p.Var.Raw[p.Start:p.End] || p.At != p.Var.At {
			t.Errorf("%q is not at %d:%d of %s", p.Text, p.Start, p.End, p.Var.Raw)
		}
		got = append(got, p.Text+" = "+p.Dir+" @"+p.At.Path[:4])
	}
	want := []string{
		`%U%\bin = C:\u\bin @HKLM`, ` =  @HKLM`, `"C:\q;r" = C:\q;r @HKLM`, `%TWO% = C:\1 @HKLM`, `%TWO% = C:\2 @HKLM`, `%NONE% =  @HKLM`, `x%NONE% = x @HKLM`, `%NONE%y = y @HKLM`,
		`%U% = C:\u @HKCU`, `%nope%\b = %nope%\b @HKCU`, ` =  @HKCU`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestUnclosedQuoteSwallows(t *testing.T) {
	env := Build(nil, []*host.Key{machine(sz("Path", `C:\a;"C:\b`)), user(sz("Path", `C:\c`))})
	if len(env.Path) != 2 || env.Path[1].Text != `"C:\b` || env.Path[1].Dir != `C:\b;C:\c` {
		t.Errorf("got %+v", env.Path)
	}
}

func TestPathOfTheBase(t *testing.T) {
	env := Build([]string{`PATH=C:\x;C:\y`}, []*host.Key{user(sz("Path", `C:\z`))})
	if len(env.Path) != 3 || env.Path[1].At != host.EnvLoc("PATH") || env.Path[1].Var != nil || env.Path[2].Text != `C:\z` {
		t.Errorf("got %+v", env.Path)
	}
}

func TestLongPathIsFast(t *testing.T) {
	long := strings.Repeat(`%U%\`+strings.Repeat("a", 93)+";", 1000)
	keys := []*host.Key{machine(sz("U", strings.Repeat("u", 30000)), expand("Path", long)), user(expand("Path", long))}
	for i := range 100 { // each names the one before it twice
		keys = append(keys, user(expand(fmt.Sprint("V", i), fmt.Sprintf("x%%V%d%%%%V%d%%", i-1, i-1))))
	}
	start := time.Now()
	env := Build(nil, keys)
	if d := time.Since(start); d > time.Second {
		t.Errorf("took %v", d)
	}
	n := 0
	for _, kv := range env.Block() {
		n += len(kv)
	}
	if n > 2*maxBlock || len(env.Path) < 2000 {
		t.Errorf("%d bytes, %d entries", n, len(env.Path))
	}
}

func TestBase(t *testing.T) {
	env := Build(Base(host.System{User: "gopher", Home: `D:\Users\gopher`}), nil)
	for n, w := range map[string]string{"USERNAME": "gopher", "userprofile": `D:\Users\gopher`, "HOMEDRIVE": "D:", "HOMEPATH": `\Users\gopher`, "APPDATA": `D:\Users\gopher\AppData\Roaming`, "LOCALAPPDATA": `D:\Users\gopher\AppData\Local`, "SystemRoot": `C:\Windows`} {
		if v, _ := env.Get(n); v != w {
			t.Errorf("%s = %q, want %q", n, v, w)
		}
	}
}

type registry map[string]*host.Key

func (r registry) ReadKey(name string) (*host.Key, error) {
	if k := r[name]; k != nil {
		if k.SDDL != "" {
			return nil, fmt.Errorf("reading %s: %w", name, fs.ErrPermission)
		}
		return k, nil
	}
	return nil, fs.ErrNotExist
}

func TestRead(t *testing.T) {
	r := registry{MachineKey: {Name: MachineKey}, VolatileKey: {Name: VolatileKey, Subkeys: []string{"1"}}, VolatileKey + `\1`: {Name: VolatileKey + `\1`}}
	keys, err := Read(r)
	if err != nil || len(keys) != 3 || keys[2].Name != VolatileKey+`\1` {
		t.Errorf("got %v, %v", keys, err)
	}
	r[UserKey] = &host.Key{SDDL: "D:"}
	if keys, err := Read(r); !errors.Is(err, fs.ErrPermission) || len(keys) != 3 {
		t.Errorf("got %v, %v", keys, err)
	}
}

func FuzzBuild(f *testing.F) {
	f.Add(`C:\a;%U%`, `%Path%;"x`, `C:\u`)
	f.Add(`%NONE%`, `;%NONE%;%U%%U%`, ``)
	f.Add(`a;b%`, "%%;\x00;%U%", `"`)
	f.Fuzz(func(t *testing.T, m, u, v string) {
		env := Build([]string{"U=" + v, "NONE="}, []*host.Key{machine(expand("Path", m)), user(expand("Path", u), sz("X", u))})
		path, _ := env.Get("PATH")
		list := host.StyleOf("windows").SplitList(path)
		if len(list) != len(env.Path) {
			t.Fatalf("%d entries of %q, want %d", len(env.Path), path, len(list))
		}
		for i, p := range env.Path {
			if p.Dir != list[i].Dir || p.Var.Raw[p.Start:p.End] != p.Text {
				t.Errorf("entry %d: %+v", i, p)
			}
		}
	})
}

// TestExpand holds how references in a value are read: one pass, and what is unknown stays.
func TestExpand(t *testing.T) {
	e := &Env{values: map[string]*value{"USERPROFILE": {text: `C:\Users\gopher`}, "A": {text: "%B%"}, "B": {text: "b"}, "EMPTY": {}}}
	for v, want := range map[string]string{
		"":                     "",
		"x":                    "x",
		"%":                    "%",
		"%%":                   "%%",
		"100%":                 "100%",
		"%B%":                  "b",
		"%b%":                  "b",
		"%A%":                  "%B%", // one pass
		"%NO%;%B%":             "%NO%;b",
		"%NO%B%":               "%NOb",
		"50%%B%":               "50%b",
		`%USERPROFILE%\go;%B%`: `C:\Users\gopher\go;b`,
		"%EMPTY%":              "",
		"%EMPTY%%B%":           "b",
		"a%EMPTY%b%":           "ab%",
	} {
		if got, _ := e.expand(0, v); got != want {
			t.Errorf("expand(%q) = %q, want %q", v, got, want)
		}
	}
}

func FuzzExpand(f *testing.F) {
	for _, s := range []string{"", "%A%", "%%A%%", "a%b", "%NO%B%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, v string) {
		if got, _ := (&Env{}).expand(0, v); got != v {
			t.Errorf("expand(%q) without variables = %q", v, got)
		}
		itself := map[string]*value{}
		for _, name := range strings.Split(v, "%") {
			name = strings.ToUpper(name)
			itself[name] = &value{text: "%" + name + "%"}
		}
		if got, _ := (&Env{values: itself}).expand(0, v); len(v) < maxValue && strings.ToUpper(got) != strings.ToUpper(v) {
			t.Errorf("expand(%q) with variables that stand for themselves = %q", v, got)
		}
	})
}
