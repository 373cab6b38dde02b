package doctor

import (
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

const lostLinux = `Go lies where nobody looks.

-- machine --
os linux 6.1.0 amd64
user gopher /home/gopher
uid 1000
shell /bin/bash
now 2026-11-22T12:00:00Z
-- toolchains --
/data/go go1.26.1
/data/mac go1.26.1 darwin/arm64
/data/arm go1.26.1 linux/arm64
-- binaries --
/data/other/go golang.org/x/tools/gopls@v0.21.0 go1.26.1
-- /data/script/go mode=0755 --
#!/bin/sh
exec /data/go/bin/go "$@"
-- /data/text/go --
hello
-- /data/empty/ --
-- /home/gopher/.profile --
umask 022
`

const lostWindows = `Go lies where nobody looks.

-- machine --
os windows 10.0.22631 amd64
user gopher C:\Users\gopher
now 2026-11-22T12:00:00Z
-- registry --
[HKEY_CURRENT_USER\Environment]
"Path"=expand:"%USERPROFILE%\\bin"
-- toolchains --
D:\tools\go go1.26.1
`

const secondGo = `A second Go.

-- machine --
os linux 6.1.0 amd64
user gopher /home/gopher
uid 1000
shell /bin/bash
now 2026-11-22T12:00:00Z
-- toolchains --
/usr/local/go go1.25.1
/data/go go1.26.1
-- /home/gopher/.profile --
export PATH=$PATH:/usr/local/go/bin
`

func TestLocate(t *testing.T) {
	for _, test := range []struct{ machine, file, title, want string }{ // want: what stands then, or the error
		{lostLinux, "/data/go/bin/go", "Add /data/go/bin to PATH in ~/.profile", `export PATH="$PATH:/data/go/bin"`},
		{lostLinux, "/data/go/bin", "Add /data/go/bin to PATH in ~/.profile", `export PATH="$PATH:/data/go/bin"`},
		{lostLinux, "/data/go/", "Add /data/go/bin to PATH in ~/.profile", `export PATH="$PATH:/data/go/bin"`},
		{secondGo, "/data/go", "Put /data/go/bin first on PATH in ~/.profile", `export PATH="/data/go/bin:$PATH"`},
		{lostWindows, `d:/tools/go`, `Add D:\tools\go\bin to the user's Path`, `%USERPROFILE%\bin;D:\tools\go\bin`},
		{lostLinux, "go", "", "go is not the whole name of a file"},
		{lostLinux, "/nowhere/go", "", "/nowhere/go does not exist"},
		{lostLinux, "/data/empty", "", "/data/empty holds no go command, nor does its bin directory"},
		{lostLinux, "/data/go/bin/gofmt", "", "/data/go/bin/gofmt is not called go, and no program would find it by that name"},
		{lostLinux, "/data/mac", "", "/data/mac/bin/go is a program for darwin"},
		{lostLinux, "/data/arm", "", "/data/arm/bin/go is a program for arm64, and this machine is amd64"},
		{lostLinux, "/data/other", "", "/data/other/go is another program (golang.org/x/tools/gopls/cmd/go), not the go command"},
		{lostLinux, "/data/script/go", "", "/data/script/go is a script. Point at the go program that it starts"},
		{lostLinux, "/data/text/go", "", "/data/text/go is not a program of this system"},
		{secondGo, "/usr/local/go", "", "a new login finds this go already"},
	} {
		m := machine(t, test.machine)
		before := m.Fingerprint()
		d := New(m, fix.Open(""), Options{})
		l, err := d.PlanLocate(test.file)
		if test.title == "" {
			if _, err2 := d.Locate(test.file); err == nil || err2 == nil || !strings.HasPrefix(err.Error(), test.want) || m.Fingerprint() != before {
				t.Errorf("%s: %v, %v, want %s", test.file, err, err2, test.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.file, err)
			continue
		}
		title := strings.Replace(l.Plan.Title, `d:\`, `D:\`, 1)
		if title != test.title || m.Fingerprint() != before {
			t.Errorf("%s: %q, want %q", test.file, title, test.title)
		}
		rec, err := d.Locate(test.file)
		if err != nil {
			t.Errorf("%s: %v", test.file, err)
			continue
		}
		text := ""
		if at := rec.Applied[0]; at.Kind == host.File {
			data, _ := m.ReadFile(at.Path)
			text = string(data)
		} else {
			key, _ := m.ReadKey(at.Path)
			text = strings.Replace(host.DecodeRegistry(at, key.Values[0].Value).S, `d:\`, `D:\`, 1)
		}
		if !strings.Contains(text, test.want) || len(rec.Stale) == 0 {
			t.Errorf("%s: %q, stale %v", test.file, text, rec.Stale)
		}
		if _, err := d.Undo(rec.ID); err != nil {
			t.Errorf("%s: %v", test.file, err)
		}
	}
}

// TestLocateFails holds that a login that still does not find the go gets its profile back.
func TestLocateFails(t *testing.T) {
	m := machine(t, strings.Replace(lostLinux, "umask 022\n", "return\n", 1))
	before := m.Fingerprint()
	_, err := New(m, fix.Open(""), Options{}).Locate("/data/go")
	if err == nil || !strings.Contains(err.Error(), "a new login still does not find this go") || m.Fingerprint() != before {
		t.Errorf("%v", err)
	}
}

func TestSettingChanges(t *testing.T) {
	m := machine(t, `Settings.

-- machine --
os linux 6.1.0 amd64
user gopher /home/gopher
uid 1000
shell /bin/bash
now 2026-11-22T12:00:00Z
editor vscode 1.110.0
-- settings user --
{
	// a comment
	"go.goroot": "/gone",
	"go.toolsEnvVars": {"GOROOT": "/gone", "GOFLAGS": "-mod=mod"},
	"x": 1,
}
`)
	r := Diagnose(m, Options{})
	var at host.Loc
	for _, s := range r.Facts.Settings {
		if s.Scope == "user" {
			at = s.At
		}
	}
	old := &r.Facts.Texts[at].Raw
	edit := func(s string) host.Edit { return host.Edit{At: at, Old: old, New: &host.Value{Data: []byte(s)}} }
	got := r.SettingChanges([]host.Edit{edit("\uFEFF{\"x\": 1 /* same */,\r\n\"go.toolsEnvVars\": {\"GOFLAGS\": \"-mod=mod\"}}")})
	if len(got) != 2 || got[0] != (SettingChange{"user", "go.goroot", ""}) || got[1] != (SettingChange{"user", "go.toolsEnvVars", `{"GOFLAGS":"-mod=mod"}`}) {
		t.Errorf("got %+v", got)
	}
	for _, edits := range [][]host.Edit{
		{edit("{")}, {edit("[]")}, {edit("{}"), {At: host.FileLoc("/home/gopher/.profile", 0), New: old}}, nil,
	} {
		if got := r.SettingChanges(edits); got != nil {
			t.Errorf("%v: got %+v", edits, got)
		}
	}
}
