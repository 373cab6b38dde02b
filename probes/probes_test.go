package probes_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/probes"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
)

func run(t *testing.T, text string) *facts.Snapshot {
	t.Helper()
	m, err := scenario.Parse("m.txtar", []byte("A machine.\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return probes.Run(m)
}

const linux = `-- machine --
os linux 6.8.0 amd64
user gopher /home/gopher
uid 1000
shell /bin/bash
workspace /home/gopher/app
now 2026-11-22T12:00:00Z
-- toolchains --
/usr/local/go go1.27.4
-- /usr/bin/git mode=0755 --
ELF
`

const windows = `-- machine --
os windows 10.0.26200 amd64
user gopher C:\Users\gopher
workspace C:\app
now 2026-11-22T12:00:00Z
-- toolchains --
C:\Program Files\Go go1.27.4
-- registry --
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment]
"Path"=expand:"%SystemRoot%\\system32;C:\\Program Files\\Go\\bin"
"GOFLAGS"="-mod=mod"
[HKEY_CURRENT_USER\Environment]
"Path"=expand:"%USERPROFILE%\\go\\bin"
`

// path is the PATH of a view: each directory with the place that it comes from.
func path(s *facts.Snapshot, view string) string {
	var list []string
	for _, e := range s.View(view).Path {
		list = append(list, e.Dir+"@"+e.At.String())
	}
	return strings.Join(list, " ")
}

// who says which places assign a variable, weakest first, and in which views each wins.
func who(s *facts.Snapshot, name string) string {
	var list []string
	for _, a := range s.All(name) {
		list = append(list, fmt.Sprintf("%s=%s%v", a.At, a.Value, a.Wins))
	}
	return strings.Join(list, " ")
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// TestAttribution holds that a value that a process has belongs to the strongest place that gives it, a PATH entry to the place of the same
// directory, and the n-th of a directory that is there more than once to its n-th place.
func TestAttribution(t *testing.T) {
	s := run(t, linux+`-- env --
HOME=/home/gopher
SHELL=/bin/bash
PATH=/usr/local/go/bin:/usr/bin:/usr/local/go/bin:/opt/mine
GOPATH=/home/gopher/go
GOBIN=/elsewhere
-- /home/gopher/.profile --
export PATH=/usr/bin:/usr/local/go/bin
export GOPATH=/nope
export GOPATH=$HOME/go
export GOBIN=/home/gopher/bin
PATH=$PATH:/usr/local/go/bin
-- /home/gopher/.config/go/env --
GOPATH=/home/gopher/go
GOFLAGS=-mod=mod
`)
	equal(t, "editor PATH", path(s, "editor"), "/usr/local/go/bin@/home/gopher/.profile:1 /usr/bin@/home/gopher/.profile:1 /usr/local/go/bin@/home/gopher/.profile:5 /opt/mine@env:PATH")
	equal(t, "login PATH", path(s, "login"), "/usr/bin@/home/gopher/.profile:1 /usr/local/go/bin@/home/gopher/.profile:1 /usr/local/go/bin@/home/gopher/.profile:5")
	equal(t, "GOPATH", who(s, "GOPATH"), "/home/gopher/.config/go/env:1=/home/gopher/go[] /home/gopher/.profile:2=/nope[] /home/gopher/.profile:3=/home/gopher/go[editor login terminal]")
	equal(t, "GOBIN", who(s, "GOBIN"), "/home/gopher/.profile:4=/home/gopher/bin[login] env:GOBIN=/elsewhere[editor terminal]")
	equal(t, "GOFLAGS", who(s, "GOFLAGS"), "/home/gopher/.config/go/env:2=-mod=mod[editor login terminal]")
}

// TestRegistry holds the same of Windows, where the fresh block is made of two keys.
func TestRegistry(t *testing.T) {
	s := run(t, windows)
	const user, mach = `reg:HKCU\Environment\Path`, `reg:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\Path`
	want := `C:\Windows\system32@` + mach + ` C:\Program Files\Go\bin@` + mach + ` C:\Users\gopher\go\bin@` + user
	for _, v := range []string{"editor", "login", "terminal"} {
		equal(t, v, path(s, v), want)
	}
	equal(t, "GOFLAGS", who(s, "goflags"), `reg:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\GOFLAGS=-mod=mod[editor login terminal]`)
}

// TestFreshBlock holds that the block which Windows makes for a login is believed, and what is known of its places is kept: what the machine
// has before the registry is read is taken from it, and where it says the same as the registry, each entry keeps its bytes there.
func TestFreshBlock(t *testing.T) {
	const user, mach = `reg:HKCU\Environment\Path`, `reg:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\Path`
	given := func(path string) *facts.Snapshot {
		return run(t, windows+"-- view login --\nSystemRoot=D:\\WINNT\nUSERPROFILE=C:\\Users\\gopher\nGOFLAGS=-mod=mod\nPath="+path+"\n")
	}
	s := given(`D:\winnt\system32;C:\Program Files\Go\bin;C:\Users\gopher\go\bin`)
	equal(t, "the same", path(s, "login"), `D:\WINNT\system32@`+mach+` C:\Program Files\Go\bin@`+mach+` C:\Users\gopher\go\bin@`+user)
	if e := s.View("login").Path[2]; e.Source == nil || e.Source.S[e.Start:e.End] != `%USERPROFILE%\go\bin` {
		t.Errorf("the entry is bytes %d to %d of %v", e.Start, e.End, e.Source)
	}
	s = given(`D:\WINNT\system32;C:\more;C:\Users\gopher\go\bin`)
	equal(t, "another", path(s, "login"), `D:\WINNT\system32@`+mach+` C:\more@env:Path C:\Users\gopher\go\bin@`+user)
}

// TestStale holds that after a place was written the values that only older processes have are nobody's: a repaired place is silent
// before the restart.
func TestStale(t *testing.T) {
	const process = "-- env --\nHOME=/home/gopher\nSHELL=/bin/bash\nPATH=/usr/bin\nGOROOT=/gone\n-- processes --\n10 9 2026-11-22T11:00:00Z god\n9 8 2026-11-22T11:00:00Z code\n8 1 2026-11-22T09:00:00Z code\n"
	for mtime, stale := range map[string]bool{"2026-11-22T08:00:00Z": false, "2026-11-22T10:00:00Z": true, "2026-11-22T11:30:00Z": true} {
		s := run(t, linux+process+"-- /home/gopher/.profile mtime="+mtime+" --\nexport PATH=$PATH:/usr/local/go/bin\n")
		if got := s.View("editor").Stale; got != stale {
			t.Errorf("written %s: stale is %v", mtime, got)
		}
		if got := len(s.All("GOROOT")) > 0; got == stale {
			t.Errorf("written %s: GOROOT of the process is judged: %v", mtime, got)
		}
		if s.View("login").Stale {
			t.Errorf("written %s: what is computed from the files now is stale", mtime)
		}
	}
}

// TestContainer holds that a login in a container starts from what its first process has.
func TestContainer(t *testing.T) {
	text := strings.Replace(linux, "now ", "container yes\nnow ", 1)
	s := run(t, text+"-- env --\nHOME=/home/gopher\nPATH=/mine:/usr/local/go/bin:/usr/bin\nGOPATH=/mine\n-- /proc/1/environ --\nPATH=/usr/local/go/bin:/usr/bin\nGOPATH=/go\n")
	equal(t, "login PATH", path(s, "login"), "/usr/local/go/bin@env:PATH /usr/bin@env:PATH")
	if v, _ := s.View("login").Get(s.System.Style, "GOPATH"); v.Value != "/go" {
		t.Errorf("GOPATH of a login is %q", v.Value)
	}
	if s.Image["GOPATH"] != "/go" {
		t.Errorf("the image sets %v", s.Image)
	}
	s = run(t, text+"-- env --\nHOME=/home/gopher\nPATH=/usr/local/go/bin:/usr/bin\nGOPATH=/mine\n")
	if v, _ := s.View("login").Get(s.System.Style, "GOPATH"); v.Value != "/mine" {
		t.Errorf("without /proc/1/environ GOPATH of a login is %q", v.Value)
	}
}

// TestTerminalEnv holds that terminal.integrated.env changes the terminal's view only, and is what sets the value there.
func TestTerminalEnv(t *testing.T) {
	s := run(t, linux+`-- env --
HOME=/home/gopher
PATH=/usr/local/go/bin:/usr/bin
GOPATH=/a
-- settings user --
{"terminal.integrated.env.linux": {"GOPATH": "/b", "GOBIN": "${env:HOME}/bin", "PATH": "/opt/x:${env:PATH}"}, "terminal.integrated.env.osx": {"GOPATH": "/c"}}
`)
	for view, want := range map[string]string{"editor": "/a", "terminal": "/b"} {
		if v, _ := s.View(view).Get(s.System.Style, "GOPATH"); v.Value != want {
			t.Errorf("%s: GOPATH is %q, want %s", view, v.Value, want)
		}
	}
	a := s.Winner(s.View("terminal"), "GOBIN")
	if a == nil || a.At.String() != "setting:user:terminal.integrated.env.linux.GOBIN" || a.Value != "/home/gopher/bin" {
		t.Errorf("GOBIN of the terminal: %+v", a)
	}
	if p := s.View("terminal").Path; len(p) != 3 || p[0].Dir != "/opt/x" {
		t.Errorf("PATH of the terminal: %s", path(s, "terminal"))
	}
	if len(s.View("editor").Path) != 2 {
		t.Errorf("PATH of the editor: %s", path(s, "editor"))
	}
}

// TestGuests holds that a machine with WSL distributions, whole, empty or broken, is looked at as any other.
func TestGuests(t *testing.T) {
	const lxss = "[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Lxss\\{1}]\n\"DistributionName\"=\"Ubuntu\"\n\"BasePath\"=\"C:\\\\gone\"\n\"State\"=dword:00000001\n"
	for _, more := range []string{"", lxss, lxss + "-- Ubuntu!machine --\nos linux 6.6.87.2-microsoft-standard-WSL2 amd64\nuser gopher /home/gopher\nuid 1000\nshell /bin/bash\n-- Ubuntu!/home/gopher/.profile --\nexport GOROOT=/nope\n"} {
		s := run(t, windows+more)
		if len(s.View("editor").Hits("go")) != 1 || len(s.All("GOROOT")) != 0 {
			t.Errorf("with %q: %s", more, path(s, "editor"))
		}
	}
}

// TestWatch holds that every place whose change matters is watched, absent ones too.
func TestWatch(t *testing.T) {
	for text, want := range map[string][]string{
		linux:   {"/home/gopher/.config/go/env", "/home/gopher/.profile", "/home/gopher/.bash_profile", "/home/gopher/.bashrc", "/etc/environment", "/etc/profile", "/home/gopher/app/go.mod", "/home/gopher/app/go.work", "/home/gopher/app/.vscode/settings.json", "/home/gopher/.config/Code/User/settings.json"},
		windows: {`reg:HKCU\Environment\`, `reg:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\`, `C:\Users\gopher\AppData\Roaming\go\env`, `C:\app\go.mod`},
	} {
		var got []string
		for _, l := range run(t, text).Watch {
			got = append(got, l.String())
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%s is not watched: %v", w, got)
			}
		}
	}
}

// TestSame holds that two looks at one machine see the same.
func TestSame(t *testing.T) {
	for _, text := range []string{linux, windows} {
		a, b := run(t, text), run(t, text)
		for _, v := range []string{"editor", "login", "terminal"} {
			equal(t, v, path(a, v), path(b, v))
		}
		if len(a.Vars) != len(b.Vars) || len(a.Toolchains) != len(b.Toolchains) {
			t.Error("two looks differ")
		}
	}
}

// TestLargeWorkspace holds that no more of a workspace is looked at than a diagnosis has time for: of a go.work with thousands of modules the
// first hundred, those in the folder before others, and of a folder without one its next directories.
func TestLargeWorkspace(t *testing.T) {
	var work, mods strings.Builder
	work.WriteString("-- /home/gopher/go.work --\ngo 1.27\n")
	for i := range 1000 {
		fmt.Fprintf(&work, "use ./m%d\n", i)
		fmt.Fprintf(&mods, "-- /home/gopher/m%d/go.mod --\nmodule example.com/m%d\n", i, i)
	}
	work.WriteString("use ./app/sub\n-- /home/gopher/app/sub/go.mod --\nmodule example.com/sub\n")
	s := run(t, linux+work.String()+mods.String())
	if n := len(s.Folders[0].Modules); n != 100 {
		t.Errorf("%d modules of a go.work were read", n)
	}
	if m := s.Folders[0].Modules[0]; m.Dir != "/home/gopher/app/sub" {
		t.Errorf("the first module is %s", m.Dir)
	}
	if len(s.Gaps) != 1 || s.Gaps[0].At.String() != "/home/gopher/go.work" {
		t.Errorf("gaps %v", s.Gaps)
	}

	s = run(t, strings.Replace(linux, "workspace /home/gopher/app", "workspace /home/gopher", 1)+mods.String())
	if f := s.Folders[0]; !f.HasGo || len(f.Modules) != 100 {
		t.Errorf("of a folder without go.mod %d modules were read; it has Go: %v", len(f.Modules), f.HasGo)
	}
}
