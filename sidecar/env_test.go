package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os/exec"
	"strings"
	"testing"
)

// TestEnvLocal: env says what the go that runs this test says.
func TestEnvLocal(t *testing.T) {
	out, err := exec.Command("go", "env", "-json").Output()
	if err != nil {
		t.Skip("go env fails here: ", err)
	}
	var want, got map[string]string
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	delete(want, "GOGCCFLAGS")
	r := do(t, "", "env", "-json")
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || r.code != ok {
		t.Fatalf("exit code %d, %v: %s%s", r.code, err, r.out, r.err)
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	for _, args := range [][]string{{"env"}, {"env", "-changed"}, {"env", "GOROOT", "NOSUCH", "GOPATH"}, {"env", "-json", "GOROOT", "NOSUCH"}} {
		out, err := exec.Command("go", args...).Output()
		if err != nil {
			t.Logf("go %v: %v", args, err) // -changed is of Go 1.23
			continue
		}
		var lines []string
		for line := range strings.Lines(string(out)) {
			if !strings.HasPrefix(strings.TrimPrefix(line, "set "), "GOGCCFLAGS=") {
				lines = append(lines, line)
			}
		}
		if r := do(t, "", args...); r.out != strings.Join(lines, "") || r.code != ok {
			t.Errorf("%v: exit code %d\n%swant\n%s", args, r.code, r.out, strings.Join(lines, ""))
		}
	}
}

const linuxLayers = `GOPROXY in five places.
-- machine --
os linux 6.8.0 amd64
user gopher /home/gopher
uid 1000
shell /bin/bash
workspace /home/gopher/src/app
now 2026-11-22T12:00:00Z
-- env --
HOME=/home/gopher
SHELL=/bin/bash
PATH=/usr/local/go/bin:/usr/bin:/bin
GOPROXY=https://process.example
-- toolchains --
/usr/local/go go1.26.8
-- /usr/bin/ --
-- /tmp/ --
-- /bin/ --
-- /etc/environment --
PATH="/usr/local/go/bin:/usr/bin:/bin"
GOPROXY="https://session.example"
-- /home/gopher/.profile --
export GOPROXY=https://profile.example
-- /home/gopher/.config/go/env --
GOPROXY=https://file.example
-- ./go.mod --
module example.com/app

go 1.26.0
`

// darwinLayers has no session file, and the interactive shell instead.
var darwinLayers = strings.NewReplacer("os linux 6.8.0 amd64", "os darwin 15.6.1 arm64", "/home/gopher", "/Users/gopher", "/bin/bash", "/bin/zsh",
	".config/go/env", "Library/Application Support/go/env", ".profile", ".zprofile", "/etc/environment", "/Users/gopher/.zshrc",
	"export GOPROXY=https://profile", "export PATH=/usr/local/go/bin:/usr/bin:/bin\nexport GOPROXY=https://profile",
	"PATH=\"/usr/local/go/bin:/usr/bin:/bin\"\nGOPROXY=\"https://session", "export PATH=\"/usr/local/go/bin:/usr/bin:/bin\"\nexport GOPROXY=\"https://session").Replace(linuxLayers)

const windowsLayers = `GOPROXY in five places.
-- machine --
os windows 10.0.22631 amd64
user gopher C:\Users\gopher
workspace C:\src\app
now 2026-11-22T12:00:00Z
-- env --
APPDATA=C:\Users\gopher\AppData\Roaming
LOCALAPPDATA=C:\Users\gopher\AppData\Local
USERPROFILE=C:\Users\gopher
SystemRoot=C:\Windows
Path=C:\Windows\system32;C:\Windows;C:\Program Files\Go\bin
GOPROXY=https://process.example
-- registry --
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment]
"Path"=expand:"%SystemRoot%\\system32;%SystemRoot%;C:\\Program Files\\Go\\bin"
"GOPROXY"="https://machine.example"
[HKEY_CURRENT_USER\Environment]
"GOPROXY"="https://user.example"
-- toolchains --
C:\Program Files\Go go1.26.8
-- C:\Users\gopher\AppData\Roaming\go\env --
GOPROXY=https://file.example
-- ./go.mod --
module example.com/app

go 1.26.0
`

// TestEnvWhy: of five places at once each is said to be what it is, in each view.
func TestEnvWhy(t *testing.T) {
	for name, text := range map[string]string{"linux": linuxLayers, "darwin": darwinLayers, "windows": windowsLayers} {
		t.Run(name, func(t *testing.T) {
			r := do(t, "", "env", "--why", "GOPROXY", "--scenario", file(t, text))
			if r.code != ok {
				t.Fatalf("exit code %d: %s", r.code, r.err)
			}
			if want := why[name]; r.out != want {
				t.Errorf("got\n%s\nwant\n%s", r.out, want)
			}
			if r := do(t, "", "env", "GOPROXY", "--scenario", file(t, text)); r.out != "https://process.example\n" {
				t.Errorf("env prints %q", r.out)
			}
		})
	}
}

var why = map[string]string{
	"linux": `GOPROXY=https://process.example  [editor, terminal]
  ✓ env:GOPROXY = https://process.example  (only this process; wins)
  · /home/gopher/.profile:1 = https://profile.example  (login shell; overridden)
  · /etc/environment:2 = "https://session.example" → https://session.example  (session; overridden)
  · /home/gopher/.config/go/env:1 = https://file.example  (go env -w; overridden)
  · /usr/local/go/go.env:5 = https://proxy.example,direct  (Go's own defaults; overridden)

GOPROXY=https://profile.example  [login]
  ✓ /home/gopher/.profile:1 = https://profile.example  (login shell; wins)
  · /etc/environment:2 = "https://session.example" → https://session.example  (session; overridden)
  · /home/gopher/.config/go/env:1 = https://file.example  (go env -w; overridden)
  · /usr/local/go/go.env:5 = https://proxy.example,direct  (Go's own defaults; overridden)
`,
	"darwin": `GOPROXY=https://process.example  [editor]
  ✓ env:GOPROXY = https://process.example  (only this process; wins)
  · /Users/gopher/.zshrc:2 = "https://session.example" → https://session.example  (interactive shell; overridden)
  · /Users/gopher/.zprofile:2 = https://profile.example  (login shell; overridden)
  · /Users/gopher/Library/Application Support/go/env:1 = https://file.example  (go env -w; overridden)
  · /usr/local/go/go.env:5 = https://proxy.example,direct  (Go's own defaults; overridden)

GOPROXY=https://profile.example  [login]
  · /Users/gopher/.zshrc:2 = "https://session.example" → https://session.example  (interactive shell; does not count here)
  ✓ /Users/gopher/.zprofile:2 = https://profile.example  (login shell; wins)
  · /Users/gopher/Library/Application Support/go/env:1 = https://file.example  (go env -w; overridden)
  · /usr/local/go/go.env:5 = https://proxy.example,direct  (Go's own defaults; overridden)

GOPROXY=https://session.example  [terminal]
  ✓ /Users/gopher/.zshrc:2 = "https://session.example" → https://session.example  (interactive shell; wins)
  · /Users/gopher/.zprofile:2 = https://profile.example  (login shell; overridden)
  · /Users/gopher/Library/Application Support/go/env:1 = https://file.example  (go env -w; overridden)
  · /usr/local/go/go.env:5 = https://proxy.example,direct  (Go's own defaults; overridden)
`,
	"windows": `GOPROXY=https://process.example  [editor, terminal]
  ✓ env:GOPROXY = https://process.example  (only this process; wins)
  · reg:HKCU\Environment\GOPROXY = https://user.example  (user; overridden)
  · reg:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\GOPROXY = https://machine.example  (machine; overridden)
  · C:\Users\gopher\AppData\Roaming\go\env:1 = https://file.example  (go env -w; overridden)
  · C:\Program Files\Go\go.env:5 = https://proxy.example,direct  (Go's own defaults; overridden)

GOPROXY=https://user.example  [login]
  ✓ reg:HKCU\Environment\GOPROXY = https://user.example  (user; wins)
  · reg:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\GOPROXY = https://machine.example  (machine; overridden)
  · C:\Users\gopher\AppData\Roaming\go\env:1 = https://file.example  (go env -w; overridden)
  · C:\Program Files\Go\go.env:5 = https://proxy.example,direct  (Go's own defaults; overridden)
`,
}

// TestEnvFails: where go fails env says what it says, and exits as it does; -partial prints all the same.
func TestEnvFails(t *testing.T) {
	bad := file(t, strings.Replace(linuxLayers, "GOPROXY=https://process.example", "GOROOT=/gone", 1))
	r := do(t, "", "env", "GOPROXY", "--scenario", bad)
	if r.code != 2 || r.out != "" || r.err != "go: cannot find GOROOT directory: /gone\n" {
		t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := do(t, "", "env", "-partial", "GOROOT", "--scenario", bad); r.code != 2 || r.out != "/gone\n" {
		t.Errorf("-partial: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	dirless := file(t, strings.Replace(linuxLayers, "-- /tmp/ --\n", "", 1)) // go env NAME prepares no build
	if r := do(t, "", "env", "GOPROXY", "--scenario", dirless); r.code != ok || r.out != "https://process.example\n" {
		t.Errorf("without /tmp: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := do(t, "", "env", "--scenario", dirless); r.code != 1 || r.out != "" || r.err != "go: creating work dir: stat /tmp: no such file or directory\n" {
		t.Errorf("without /tmp: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	quoted := file(t, strings.Replace(windowsLayers, "GOPROXY=https://process.example", "GOFLAGS=-tags=a%b&c", 1))
	if r := do(t, "", "env", "-changed", "--scenario", quoted); !strings.Contains(r.out, "set GOFLAGS=-tags=a%%b^&c\n") {
		t.Errorf("-changed on Windows: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	for _, args := range []string{"env --why", "env --diff x GOROOT", "which emacs"} {
		if r := do(t, "", strings.Fields(args)...); r.code != usage || r.err == "" {
			t.Errorf("%s: exit code %d, %s", args, r.code, r.err)
		}
	}
}

// TestEnvDiff: of all that differs, what breaks Go on one machine alone is named, and nothing else without --all.
func TestEnvDiff(t *testing.T) {
	one := file(t, linuxLayers)
	noise := strings.NewReplacer("/home/gopher", "/home/other", "user gopher", "user other", "/home/gopher/src/app", "/home/other/work").Replace(linuxLayers)
	if r := do(t, "", "env", "--scenario", one, "--diff", file(t, noise)); r.code != ok || r.out != "For Go the machines do not differ.\n" {
		t.Errorf("another user: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	two := file(t, strings.NewReplacer("GOPROXY=https://process.example", "GOPROXY=https://process.example\nGOROOT=/gone").Replace(
		strings.Replace(noise, "GOPROXY=https://file.example", "GOFLAGS=-v", 1)))
	var list []struct {
		Kind, Name string
		Breaks     bool
		Causes     []string
	}
	r := do(t, "", "env", "--json", "--scenario", one, "--diff", two)
	if err := json.NewDecoder(bytes.NewReader([]byte(r.out))).Decode(&list); err != nil {
		t.Fatal(err, r.err)
	}
	if len(list) != 2 || list[0].Name != "GOROOT" || !list[0].Breaks || len(list[0].Causes) != 1 || !strings.HasPrefix(list[0].Causes[0], "right stale-goroot ") || list[1].Name != "GOFLAGS" || list[1].Breaks {
		t.Errorf("got %+v", list)
	}
	r = do(t, "", "env", "--scenario", one, "--diff", two)
	if !strings.Contains(r.out, "GOROOT\n") || strings.Contains(r.out, "GOFLAGS") {
		t.Errorf("got\n%s", r.out)
	}
}

// TestWhich: each file with its version and who put its directory on PATH.
func TestWhich(t *testing.T) {
	r := do(t, "", "which", "go", "gopls", "--scenario", file(t, windowsLayers))
	if want := whichWindows; r.code != ok || r.out != want {
		t.Errorf("exit code %d\n%s\nwant\n%s", r.code, r.out, want)
	}
}

const whichWindows = `go
  editor, login, terminal
    ✓ C:\Program Files\Go\bin\go.exe  (go1.26.8, amd64, MSI)  ← reg:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\Path
  golang.go
    ✓ C:\Program Files\Go\bin\go.exe  (go1.26.8, amd64, MSI)  ← PATH, reg:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\Path

gopls
  editor, login, terminal
    not found
  golang.go
    not found
`
