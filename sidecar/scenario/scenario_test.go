package scenario

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host/hosttest"
	"golang.org/x/tools/txtar"
)

const linux = `-- machine --
os linux 6.8.0 amd64
user gopher /home/gopher
uid 1000
shell /bin/bash
workspace /home/gopher/src/app
now 2026-11-22T12:00:00Z
`

const windows = `-- machine --
os windows 10.0.22631 amd64
user gopher C:\Users\gopher
workspace C:\src\app
now 2026-11-22T12:00:00Z
`

const darwin = `-- machine --
os darwin 15.6.1 arm64
user gopher /Users/gopher
uid 501
shell /bin/zsh
now 2026-11-22T12:00:00Z
`

func parse(t *testing.T, text string) *Machine {
	t.Helper()
	m, err := Parse("test.txtar", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestConformance(t *testing.T) {
	for _, c := range []struct {
		name, machine, dir, key string
	}{
		{"linux", linux, "/home/gopher/src/app", ""},
		{"windows", windows + "-- registry --\n[HKEY_CURRENT_USER\\Software\\Test]\n", `C:\src\app`, `HKCU\Software\Test`},
		{"darwin", strings.Replace(darwin, "now", "workspace /Users/gopher/app\nnow", 1), "/Users/gopher/app", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			hosttest.Run(t, func(t *testing.T, files map[string]string) hosttest.Machine {
				var b strings.Builder
				b.WriteString(c.machine)
				for name, text := range files {
					fmt.Fprintf(&b, "-- ./%s --\n%s", name, text)
				}
				return hosttest.Machine{Host: parse(t, b.String()), Dir: c.dir, Key: c.key}
			})
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"title\n", "test.txtar:1: no entry machine"},
		{"\ufefftitle\n" + linux, "test.txtar:1: want UTF-8"},
		{"title\r\n", "test.txtar:1: want UTF-8 text with LF"},
		{linux + "-- /a --\nx\n\xff\n", "test.txtar:10: want UTF-8"},
		{"t\nExpect: Bad Rule\n" + linux, "test.txtar:2: Expect: want RULE/FIX"},
		{"t\nAlso: a,,b\n" + linux, "test.txtar:2: Also: want RULE"},
		{linux + "-- machine --\n", "test.txtar:8: entry machine occurs twice"},
		{linux + "-- nonsense --\n", `test.txtar:8: unknown entry "nonsense"`},
		{linux + "-- env x --\n", `unknown entry "env x"`},
		{linux + "-- view editor --\n", "want view login, view terminal or view interactive"},
		{linux + "-- env --\nA=1\n\nB\n", `test.txtar:11: want NAME=value, not "B"`},
		{linux + "-- env --\nA:=\"\\q\"\n", "test.txtar:9: want NAME:="},
		{linux + "-- block x --\nA=1\n", "want block PID"},
		{linux + "-- registry --\n", "only a Windows machine"},
		{linux + "-- settings folder --\n{}\n", "want settings user, settings workspace or settings machine"},
		{linux + "-- settings workspace --\n{}\n-- ./.vscode/settings.json --\n{}\n", "test.txtar:10: path /home/gopher/src/app/.vscode/settings.json occurs twice, first in line 8"},
		{linux + "-- /a --\n-- /a --\n", "test.txtar:9: path /a occurs twice"},
		{linux + "-- /a --\n-- /a/b --\n", "is a directory"},
		{linux + "-- /bin -> usr/bin --\n-- /bin/x --\n-- /usr/bin/x --\n", "path /usr/bin/x occurs twice"},
		{windows + "-- C:/a --\n-- c:/A --\n", "occurs twice"},
		{windows + "-- /etc/x --\n", "want an absolute path of windows"},
		{linux + "-- C:/x --\n", "want an absolute path of linux"},
		{darwin + "-- ./x --\n", "./ is the first workspace"},
		{linux + "-- /a perm=0644 --\n", "unknown attribute perm"},
		{linux + "-- /a mode=0999 --\n", `bad value "0999" of mode`},
		{linux + "-- /a mode=0644 mode=0644 --\n", "attribute mode occurs twice"},
		{linux + "-- /a mtime=yesterday --\n", "of mtime"},
		{linux + "-- /a size=-1 --\n", "of size"},
		{linux + "-- /a encoding=latin-1 --\n", "of encoding"},
		{linux + "-- /a acl=nonsense --\n", "of acl"},
		{linux + "-- /a encoding=base64 --\n!!\n", "want base64 text"},
		{linux + "-- /a/ --\ntext\n", "a link or directory has no text"},
		{linux + "-- /a -> b size=1 --\n", "a link or directory has no text"},
		{linux + "-- toolchains --\n/usr/local/go 1.26\n", "test.txtar:9: want ROOT VERSION"},
		{linux + "-- toolchains --\ngo go1.26.1\n", "want ROOT VERSION"},
		{linux + "-- toolchains --\n/a go1.26.1\n/a go1.26.2\n", "test.txtar:10: toolchain /a occurs twice"},
		{linux + "-- toolchains --\n/a go1.26.1 without=nope\n", "without=nope: want a file or directory of a go1.26.1 toolchain"},
		{linux + "-- binaries --\n/a/gopls go1.26.1\n", "test.txtar:9: want PATH MODULE@VERSION"},
		{linux + "-- binaries --\n/a/x m@v1 go1.26.1\n/a/x m@v1 go1.26.1\n", "occurs twice"},
		{linux + "-- commands --\nout\n", "test.txtar:9: want $ argv before its output"},
		{linux + "-- commands --\n$ go env\n$ go  env\n", "test.txtar:10: command go  env occurs twice"},
		{linux + "-- extensions --\ngolang.go\n", "want ID VERSION"},
		{linux + "-- mounts --\n/ ext4\n", "want POINT TYPE OPTIONS"},
		{linux + "-- listening --\n127.0.0.1\n", "want HOST:PORT"},
		{linux + "-- processes --\n1 2 now bash\n", "START in RFC 3339"},
		{windows + "-- events --\nSystem x\n", "want LOG ID TIME TEXT"},
		{linux + "-- fix stale-goroot --\n", "want fix RULE/FIX PLACE"},
		{linux + "-- Ubuntu!machine --\n", "only a Windows machine has WSL distributions"},
		{windows + "-- Ubuntu!env --\nA=1\n", "test.txtar:6: distribution Ubuntu has no entry Ubuntu!machine"},
		{windows + "-- Ubuntu!machine --\nos linux 6 amd64\nuser u /home/u\n", "test.txtar:6: machine has no line \"uid\""},
		{windows + "-- Ubuntu!machine --\nos linux 6 amd64\nuser u /home/u\nuid 1\nshell /bin/sh\n-- Ubuntu!want --\n", "a distribution has none"},
		{"-- machine --\nos beos 5 amd64\n", "test.txtar:2: want os windows|linux|darwin"},
		{"-- machine --\nos windows 11 amd64\n", "test.txtar:2: want os"},
		{"-- machine --\nos linux 6 amd64\nos linux 6 amd64\n", "test.txtar:3: os occurs twice"},
		{"-- machine --\ncolour red\n", `test.txtar:2: unknown machine key "colour"`},
		{"-- machine --\nadmin maybe\n", "test.txtar:2: want admin yes|no"},
		{"-- machine --\nroots some\n", "want roots none"},
		{"-- machine --\neditor vscode\n", "want editor NAME VERSION"},
		{"-- machine --\nuid x\n", "want uid N"},
		{"-- machine --\nnow noon\n", "want now RFC3339"},
		{"-- machine --\nos linux 6 amd64\nuser u home\nuid 1\nshell /bin/sh\nnow 2026-11-22T12:00:00Z\n", "test.txtar:3: want user NAME HOME"},
		{"-- machine --\nos windows 10.0.1 amd64\nuser u C:\\u\n", `machine has no line "now"`},
		{windows + "-- registry --\n\"A\"=\"x\"\n", `test.txtar:7: registry value "A" before a [key]`},
		{windows + "-- registry --\n[HKCU\\Environment]\n", "test.txtar:7: want [KEY] with a long hive name"},
		{windows + "-- registry --\n[HKEY_CURRENT_USER\\E]\n\"A\"=\"x\n\"B\"=word\n", "want the end of the line"},
		{windows + "-- registry --\n[HKEY_CURRENT_USER\\E]\n\"A\"=\"x\n\n\n", "string without its closing quote"},
		{windows + "-- registry --\n[HKEY_CURRENT_USER\\E]\n\n\"A\"=\"C:\\Go\"\n", `test.txtar:9: registry value "A": bad escape \G`},
		{windows + "-- registry --\n[HKEY_CURRENT_USER\\E]\n\"A\"=1\n", "unknown type of value"},
		{windows + "-- registry --\n[HKEY_CURRENT_USER\\E]\n\"A\"=dword:123456789\n", "at most 8 hexadecimal digits"},
		{windows + "-- registry --\n[HKEY_CURRENT_USER\\E]\n\"A\"=hex:1,zz\n", "want two hexadecimal digits"},
		{windows + "-- registry --\n[HKEY_CURRENT_USER\\E]\n\"A\"=\"\"\n\"a\"=\"\"\n", "test.txtar:9: registry value \"a\" occurs twice"},
		{windows + "-- registry --\n[HKEY_CURRENT_USER\\E]\n;acl nonsense\n", "want ;acl SDDL"},
		{windows + "-- registry --\n[HKEY_CURRENT_USER\\E]\n;time noon\n", "want ;time RFC3339"},
		{windows + "-- registry --\nREGEDIT4\n[HKEY_CURRENT_USER\\E]\n\"A\"=hex(2):e4,00\n", "test.txtar:9: registry value \"A\": byte e4 is in a code page"},
		{windows + "-- registry --\nHKEY_NOWHERE\\E\n", "test.txtar:7: want [KEY] with a long hive name"},
		{windows + "-- registry --\nHKEY_CURRENT_USER\\E\n    A    REG_SZ    x\n    a    REG_SZ    x\n", "test.txtar:9: registry value \"a\" occurs twice"},
		{windows + "-- registry --\nHKEY_CURRENT_USER\\E\n    A    REG_DWORD    x\n", "test.txtar:8: want NAME    TYPE    DATA"},
		{windows + "-- registry --\nHKEY_CURRENT_USER\\E\n    A    REG_LINK    x\n", "test.txtar:8: want NAME    TYPE    DATA"},
		{windows + "-- registry --\nHKEY_CURRENT_USER\\E\nEnd of search: 1 match(es) found.\n", "test.txtar:8: want a [key]"},
		{windows + "-- registry --\n[HKEY_CURRENT_USER\\E]\n;tiem 2026\n", "want ;acl SDDL or ;time RFC3339"},
	} {
		_, err := Parse("test.txtar", []byte(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "test.txtar:") {
			t.Errorf("%q:\n got %v\nwant %s", strings.TrimPrefix(strings.TrimPrefix(tt.text, linux), windows), err, tt.want)
		}
	}
}

func TestComment(t *testing.T) {
	m := parse(t, "A title.\nSource: golang/go#1\nSource: x\nExpect: stale-goroot/unset | a\nAlso: b, c\nAllowed: d\n\n"+linux+
		"-- want --\nerror a b\n-- fix stale-goroot/unset reg:HKCU\\Session Manager\\Path path:C:\\a b --\n-x\n")
	if m.Title != "A title." || !slices.Equal(m.Sources, []string{"golang/go#1", "x"}) || !slices.Equal(m.Expect, []Expectation{{"stale-goroot", "unset"}, {"a", ""}}) ||
		!slices.Equal(m.Also, []string{"b", "c"}) || !slices.Equal(m.Allowed, []string{"d"}) || m.Healthy {
		t.Errorf("got %+v", m.Script)
	}
	if m.Want.Text != "error a b\n" || len(m.Fixes) != 1 {
		t.Fatalf("got %+v", m.Script)
	}
	if f := m.Fixes[0]; f.Rule != "stale-goroot" || f.Fix != "unset" || f.Place != `reg:HKCU\Session Manager\Path` || f.Subject != `path:C:\a b` || f.Text != "-x\n" {
		t.Errorf("got %+v", f)
	}
	if !parse(t, "t\nExpect: healthy\n"+linux).Healthy || !parse(t, "t\nExpect: none\n"+linux).Healthy {
		t.Error("healthy and none expect nothing")
	}
}

func TestMachine(t *testing.T) {
	m := parse(t, `-- machine --
os windows 10.0.26200 arm64
user MY NAME C:\Users\MY NAME
admin yes
locale de-DE
shell C:\Program Files\PowerShell\7\pwsh.exe
workspace C:\a b
workspace D:\c
trusted no
editor cursor 1.2.3
container yes
roots none
now 2026-11-22T12:00:00Z
`)
	s := m.System()
	if s.User != "MY NAME" || s.Home != `C:\Users\MY NAME` || !s.Admin || s.Locale != "de-DE" || s.Shell != `C:\Program Files\PowerShell\7\pwsh.exe` || s.Trusted ||
		!slices.Equal(s.Workspace, []string{`C:\a b`, `D:\c`}) || s.Editor != (host.Editor{Name: "cursor", Version: "1.2.3"}) || !s.Container || s.Roots || s.UID != -1 || s.GIDs != nil || !s.Style.Windows {
		t.Errorf("got %+v", s)
	}
	s = parse(t, linux).System()
	if s.Admin || s.Container || !s.Trusted || s.Editor.Name != "" || !s.Roots || s.UID != 1000 || !slices.Equal(s.GIDs, []int{1000}) {
		t.Errorf("defaults: %+v", s)
	}
	s = parse(t, linux+"-- /etc/passwd --\ngopher:x:1000:100::/home/gopher:/bin/sh\n-- /etc/group --\nusers:x:100:\nwheel:x:10:root,gopher\n").System()
	if !slices.Equal(s.GIDs, []int{100, 10}) {
		t.Errorf("groups: %v", s.GIDs)
	}
}

func TestEnviron(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{linux, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin|HOME=/home/gopher|USER=gopher|LOGNAME=gopher|SHELL=/bin/bash"},
		{darwin, "PATH=/usr/bin:/bin:/usr/sbin:/sbin|HOME=/Users/gopher|USER=gopher|LOGNAME=gopher|SHELL=/bin/zsh"},
		{linux + "-- env --\n# A=1\n\nB= x \nC:=\"a\\tb\\n\"\n=D=e\n", "# A=1|B= x |C=a\tb\n|=D=e"},
		{linux + "-- env --\n", ""},
	} {
		if got := strings.Join(parse(t, tt.text).Environ(), "|"); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	m := parse(t, windows+"-- registry --\n[HKEY_CURRENT_USER\\Environment]\n\"GOPATH\"=expand:\"%USERPROFILE%\\\\go\"\n")
	for _, want := range []string{`SystemRoot=C:\Windows`, `GOPATH=C:\Users\gopher\go`, "USERNAME=gopher", `HOMEPATH=\Users\gopher`} {
		if !slices.Contains(m.Environ(), want) {
			t.Errorf("%q lacks %s", m.Environ(), want)
		}
	}
	// A derived block is derived again after a swap.
	if err := m.Swap(host.Edit{At: host.RegLoc(`HKCU\Environment`, "GOPATH"), Old: &host.Value{Type: "expand", Data: host.RegString(`%USERPROFILE%\go`)}}); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(m.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "GOPATH=") }) {
		t.Error("the block still has GOPATH")
	}
}

func TestViews(t *testing.T) {
	m := parse(t, linux+"-- view login --\nPATH=/bin\nHOME=/elsewhere\n-- view interactive --\n")
	if got := strings.Join(m.View("login"), "|"); got != "PATH=/bin|HOME=/elsewhere|USER=gopher|LOGNAME=gopher|SHELL=/bin/bash" {
		t.Errorf("login = %q", got)
	}
	if got := m.View("interactive"); len(got) != 4 {
		t.Errorf("interactive = %q", got)
	}
	if m.View("terminal") != nil {
		t.Error("nobody saw the terminal")
	}
	if got := parse(t, windows+"-- view terminal --\nuserprofile=D:\\x\n").View("terminal"); !slices.Contains(got, "USERNAME=gopher") || slices.Contains(got, `USERPROFILE=C:\Users\gopher`) {
		t.Errorf("terminal = %q", got)
	}
}

func TestFiles(t *testing.T) {
	m := parse(t, linux+`-- /etc/a mode=4755 owner=daemon uid=1 group=g gid=2 mtime=2026-01-02T03:04:05Z size=99 --
x
-- /big size=9999999999 --
-- /zero size=3 --
-- /le encoding=utf-16le --
hi
-- /be encoding=utf-16be --
hi
-- /bom encoding=utf-8-bom --
hi
-- /crlf encoding=crlf --
hi
-- /b64 encoding=base64 --
AAEC
/w==
-- /with blank/a = b --
y
-- ./f --
-- /tmp/ mode=1777 --
-- /bin -> usr/bin --
-- /usr/bin/git mode=0755 --
#!/bin/sh
-- /bin/go -> ../lib/go --
-- /usr/lib/go --
z
-- /proc/7/environ --
A=1
B=2
-- /secret/ mode=0700 --
-- /secret/x --
-- /unreadable mode=0600 --
`)
	for name, want := range map[string]string{"/le": "h\x00i\x00\n\x00", "/be": "\x00h\x00i\x00\n", "/bom": "\ufeffhi\n", "/crlf": "hi\r\n", "/b64": "\x00\x01\x02\xff", "/zero": "\x00\x00\x00",
		"/with blank/a = b": "y\n", "/bin/git": "#!/bin/sh\n", "/usr/bin/go": "z\n", "/proc/7/environ": "A=1\x00B=2\x00"} {
		if b, err := m.ReadFile(name); err != nil || string(b) != want {
			t.Errorf("%s = %q, %v, want %q", name, b, err, want)
		}
	}
	fi, err := m.Stat("/etc/a")
	if err != nil || fi.Mode != 0o755|fs.ModeSetuid || fi.Owner != "daemon" || fi.UID != 1 || fi.Group != "g" || fi.GID != 2 || fi.Size != 99 || !fi.ModTime.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("%+v, %v", fi, err)
	}
	if _, err := m.ReadFile("/big"); !errors.Is(err, host.ErrTooLarge) {
		t.Errorf("/big: %v", err)
	}
	for name, want := range map[string]string{"/": "root drwxr-xr-x", "/etc": "root drwxr-xr-x", "/home": "root drwxr-xr-x", "/home/gopher": "gopher drwxr-xr-x", "/home/gopher/src": "gopher drwxr-xr-x",
		"/home/gopher/src/app/f": "gopher -rw-r--r--", "/usr/lib/go": "root -rw-r--r--", "/tmp": "root dtrwxrwxrwx"} {
		fi, err := m.Stat(name)
		if got := fi.Owner + " " + fi.Mode.String(); err != nil || got != want || fi.Owner != fi.Group || !fi.ModTime.Equal(m.Now().AddDate(0, 0, -30)) {
			t.Errorf("%s: %s %+v, %v, want %s", name, got, fi, err, want)
		}
	}
	for _, name := range []string{"/secret/x", "/unreadable"} {
		if _, err := m.ReadFile(name); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := m.Stat("/secret"); err != nil {
		t.Error(err)
	}
}

func TestCase(t *testing.T) {
	m := parse(t, windows+"-- C:/Windows/System32/cmd.exe --\n-- D:/x --\n")
	fi, err := m.Stat(`c:\WINDOWS\system32/CMD.EXE`)
	if err != nil || fi.Name != "cmd.exe" {
		t.Errorf("%+v, %v", fi, err)
	}
	if _, err := m.Stat(`D:\`); err != nil {
		t.Error(err)
	}
	if _, err := m.Stat(`E:\`); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if mts, err := m.Mounts(); err != nil || len(mts) != 2 || mts[0].Point != `C:\` {
		t.Errorf("%v, %v", mts, err)
	}
	if _, err := parse(t, linux+"-- /A --\n").Stat("/a"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestMounts(t *testing.T) {
	m := parse(t, linux+`-- mounts --
/ ext4 rw,relatime 10 20
/mnt/c 9p rw,noatime,aname=drvfs;path=C:\;uid=7;gid=8
/mnt/my disk ext4 ro
-- /mnt/c/Users/x --
-- /mnt/c/y mode=0600 uid=0 --
`)
	got, err := m.Mounts()
	if err != nil || len(got) != 3 || got[0].Free != 10 || got[0].Total != 20 || got[1].Options[2] != `aname=drvfs;path=C:\;uid=7;gid=8` || got[2].Point != "/mnt/my disk" || got[2].Total != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if fi, err := m.Stat("/mnt/c/Users/x"); err != nil || fi.UID != 7 || fi.GID != 8 || fi.Mode != 0o777 {
		t.Errorf("%+v, %v", fi, err)
	}
	if fi, err := m.Stat("/mnt/c/y"); err != nil || fi.UID != 0 || fi.Mode != 0o600 {
		t.Errorf("%+v, %v", fi, err)
	}
	if fi, err := m.Stat("/mnt/my disk"); err != nil || !fi.IsDir() {
		t.Errorf("%+v, %v", fi, err)
	}
	if got, err := parse(t, linux).Mounts(); err != nil || len(got) != 1 || got[0].Point != "/" || got[0].Total != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestToolchain(t *testing.T) {
	m := parse(t, windows+`-- toolchains --
C:\Program Files\Go go1.26.1
C:\old go1.20.14 linux/arm64 without=pkg/tool without=src/fmt/print.go
-- C:/Program Files/Go/src/runtime/proc.go mtime=2020-01-01T00:00:00Z --
package runtime
-- binaries --
C:\Program Files\Go\bin\gofmt.exe cmd/gofmt@(devel) go1.25.0
`)
	root := `C:\Program Files\Go\`
	b, err := m.ReadFile(root + "VERSION")
	if err != nil || string(b) != "go1.26.1\ntime 2026-10-23T12:00:00Z\n" {
		t.Errorf("VERSION = %q, %v", b, err)
	}
	for _, name := range []string{"go.env", `bin\go.exe`, `bin\gofmt.exe`, `pkg\tool\windows_amd64\compile.exe`, `src\fmt`, `src\internal\goexperiment\flags.go`, `src\internal\godebugs\table.go`} {
		fi, err := m.Stat(root + name)
		if err != nil || fi.Mode.Perm() != 0o755 || !fi.IsDir() && fi.Size == 0 {
			t.Errorf("%s: %+v, %v", name, fi, err)
		}
	}
	if p, err := m.Program(root + `bin\go.exe`); err != nil || p.GoVersion != "go1.26.1" || p.Path != "cmd/go" || p.Module != "" || p.Format != "pe" || !slices.Equal(p.Arch, []string{"amd64"}) {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := m.Program(root + `bin\gofmt.exe`); err != nil || p.GoVersion != "go1.25.0" || p.Path != "cmd/gofmt" || p.Module != "" {
		t.Errorf("%+v, %v", p, err)
	}
	list, err := m.ReadDir(root + `src\runtime`)
	if err != nil || len(list) < 40 { // one old file has to leave 95 % of them young
		t.Errorf("src/runtime has %d files, %v", len(list), err)
	}
	if fi, _ := m.Stat(root + `src\runtime\proc.go`); fi.ModTime.Year() != 2020 {
		t.Errorf("proc.go: %+v", fi)
	}
	for _, name := range []string{`go.env`, `pkg\tool\linux_arm64\compile`, `src\fmt\print.go`, `src\internal\godebugs\table.go`} {
		if _, err := m.Stat(`C:\old\` + name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b, _ := m.ReadFile(`C:\old\VERSION`); string(b) != "go1.20.14\n" {
		t.Errorf("VERSION = %q", b)
	}
	if b, err := m.ReadFile(`C:\old\bin\go`); err != nil || !strings.HasPrefix(string(b), "\x7fELF") {
		t.Errorf("%.4q, %v", b, err)
	}
	for _, tt := range []struct {
		minor      int
		has, lacks string
	}{
		{21, `"x509sha1"`, `"gotypesalias"`}, {22, `{Name: "gotypesalias", Package: "go/types"},`, `"tls3des"`}, {26, `{Name: "x509sha1", Removed: 24},`, `"tlskyber"`}, {27, `{Name: "tls3des", Removed: 27, Old: one},`, `Package: "time"`},
	} {
		if s := tableFile(tt.minor); !strings.Contains(s, tt.has) || strings.Contains(s, tt.lacks) {
			t.Errorf("table of 1.%d:\n%s", tt.minor, s)
		}
	}
	if s := flagsFile(26); !strings.Contains(s, "\tJSONv2 bool\n") || strings.Contains(s, "SwissMap") {
		t.Errorf("flags of 1.26:\n%s", s)
	}
}

func TestBinaries(t *testing.T) {
	m := parse(t, linux+`-- binaries --
/home/gopher/go/bin/gopls golang.org/x/tools/gopls@v0.23.0 go1.26.8
/home/gopher/go/bin/dlv github.com/go-delve/delve@v1.26.1 go1.26.8 linux/arm64 trimpath
/opt/my tools/x example.com/x/v2@v2.0.0 go1.25.0 interp=/lib/ld-musl.so.1 needed=libc.so needed=libm.so
/opt/y example.com/z@v1.0.0 go1.25.0 darwin/arm64 path=example.com/z/main
`)
	for name, want := range map[string]string{
		"/home/gopher/go/bin/gopls": "elf [amd64] golang.org/x/tools/gopls golang.org/x/tools/gopls v0.23.0 go1.26.8 false",
		"/home/gopher/go/bin/dlv":   "elf [arm64] github.com/go-delve/delve/cmd/dlv github.com/go-delve/delve v1.26.1 go1.26.8 true",
		"/opt/my tools/x":           "elf [amd64] example.com/x/v2 example.com/x/v2 v2.0.0 go1.25.0 false",
		"/opt/y":                    "macho [arm64] example.com/z/main example.com/z v1.0.0 go1.25.0 false",
	} {
		p, err := m.Program(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(p.Format, " ", p.Arch, " ", p.Path, " ", p.Module, " ", p.Version, " ", p.GoVersion, " ", p.Trimpath); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	p, _ := m.Program("/opt/my tools/x")
	if p.Interp != "/lib/ld-musl.so.1" || !slices.Equal(p.Needed, []string{"libc.so", "libm.so"}) {
		t.Errorf("%+v", p)
	}
	// What the file says counts once it was overwritten, and the declaration again after an undo.
	b, _ := m.ReadFile("/home/gopher/go/bin/gopls")
	e := host.Edit{At: host.FileLoc("/home/gopher/go/bin/gopls", 0), Old: &host.Value{Data: b}, New: &host.Value{Data: []byte("#!/bin/sh\n")}}
	if err := m.Swap(e); err != nil {
		t.Fatal(err)
	}
	if p, _ := m.Program("/home/gopher/go/bin/gopls"); p.Format != "script" {
		t.Errorf("%+v", p)
	}
	if err := m.Swap(e.Inverse()); err != nil {
		t.Fatal(err)
	}
	if p, _ := m.Program("/home/gopher/go/bin/gopls"); p.Version != "v0.23.0" {
		t.Errorf("%+v", p)
	}
}

func TestRegistry(t *testing.T) {
	m := parse(t, windows+`-- registry --
Windows Registry Editor Version 5.00

[HKEY_CURRENT_USER\Environment]
;acl D:(A;;KA;;;WD)
"GOROOT"="C:\\Go\"\n\t"
"Path"=hex(2):43,00,3a,00,\
  5c,00,00,00
"e"=expand:"%X%"
"m"=multi:["a","b"]
"m2"=hex(7):61,00,00,00,00,00
"d"=dword:0000000f
"q"=qword:10
"b"=hex:00,ff
"n"=hex(0):
"five"=hex(5):01,02
"raw"="a
b"
@="default"
; a comment
;time 2026-10-01T00:00:00Z
[HKEY_CURRENT_USER\Software\A]
`)
	k, err := m.ReadKey(`hkcu\ENVIRONMENT`)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range k.Values {
		got[v.Name] = fmt.Sprintf("%s %x", v.Type, v.Data)
	}
	for n, w := range map[string]host.Value{
		"GOROOT": {Type: "sz", Data: host.RegString("C:\\Go\"\n\t")}, "Path": {Type: "expand", Data: host.RegString(`C:\`)}, "e": {Type: "expand", Data: host.RegString("%X%")},
		"m": {Type: "multi", Data: host.RegStrings([]string{"a", "b"})}, "m2": {Type: "multi", Data: host.RegStrings([]string{"a"})}, "d": {Type: "dword", Data: []byte{15, 0, 0, 0}},
		"q": {Type: "qword", Data: []byte{16, 0, 0, 0, 0, 0, 0, 0}}, "b": {Type: "binary", Data: []byte{0, 255}}, "n": {Type: "none"}, "five": {Type: "hex(5)", Data: []byte{1, 2}},
		"raw": {Type: "sz", Data: host.RegString("a\nb")}, "": {Type: "sz", Data: host.RegString("default")},
	} {
		if want := fmt.Sprintf("%s %x", w.Type, w.Data); got[n] != want {
			t.Errorf("%q = %s, want %s", n, got[n], want)
		}
	}
	if k.Name != `HKCU\Environment` || k.SDDL != "D:(A;;KA;;;WD)" || !k.Written.Equal(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", k)
	}
	if k, err := m.ReadKey(`HKCU\Software`); err != nil || !slices.Equal(k.Subkeys, []string{"A"}) || !k.Written.Equal(m.Now().AddDate(0, 0, -30)) {
		t.Errorf("%+v, %v", k, err)
	}
	if _, err := m.ReadKey(`HKLM\SYSTEM`); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	// Every value prints as text that reads back.
	for _, v := range k.Values {
		again := parse(t, windows+"-- registry --\n[HKEY_CURRENT_USER\\X]\n"+formatValue(v.Name, v.Value)+"\n")
		x, _ := again.ReadKey(`HKCU\X`)
		if x.Values[0].Name != v.Name || !same(&x.Values[0].Value, &v.Value) {
			t.Errorf("%s reads as %+v, want %+v", formatValue(v.Name, v.Value), x.Values[0], v)
		}
	}
}

// TestExports loads what regedit and reg query give, as they give it.
func TestExports(t *testing.T) {
	const version5 = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Environment]\r\n\"GOROOT\"=\"C:\\\\Gö\"\r\n" +
		"\"Path\"=hex(2):25,00,58,00,25,00,5c,00,62,00,69,00,6e,00,3b,\\\r\n  00,20,00,00,00\r\n@=\"d\"\r\n\"M\"=hex(7):61,00,00,00,62,00,00,00,00,00\r\n\"D\"=dword:0000000f\r\n\r\n[HKEY_CURRENT_USER\\Environment\\Sub]\r\n\r\n"
	const ansi = "REGEDIT4\n\n[HKEY_CURRENT_USER\\Environment]\n\"GOROOT\"=\"C:\\\\Gö\"\n" +
		"\"Path\"=hex(2):25,58,25,5c,62,69,6e,3b,\\\n  20,00\n@=\"d\"\n\"M\"=hex(7):61,00,62,00,00\n\"D\"=dword:0000000f\n\n[HKEY_CURRENT_USER\\Environment\\Sub]\n\n"
	const query = "\nHKEY_CURRENT_USER\\Environment\n    GOROOT    REG_SZ    C:\\Gö\n    Path    REG_EXPAND_SZ    %X%\\bin; \n    (Default)    REG_SZ    d\n" +
		"    M    REG_MULTI_SZ    a\\0b\n    D    REG_DWORD    0xf\n\nHKEY_CURRENT_USER\\Environment\\Sub\n    (Default)    REG_SZ    (value not set)\n\n"
	want := map[string]host.Value{
		"GOROOT": {Type: "sz", Data: host.RegString(`C:\Gö`)}, "Path": {Type: "expand", Data: host.RegString(`%X%\bin; `)}, "": {Type: "sz", Data: host.RegString("d")},
		"M": {Type: "multi", Data: host.RegStrings([]string{"a", "b"})}, "D": {Type: "dword", Data: []byte{15, 0, 0, 0}},
	}
	wide := func(s string) string {
		b := []byte{0xff, 0xfe}
		for _, c := range utf16.Encode([]rune(s)) {
			b = binary.LittleEndian.AppendUint16(b, c)
		}
		return string(b)
	}
	const next = "-- C:/src/app/go.mod --\nmodule example.com/app\n"
	for name, text := range map[string]string{
		"UTF-16LE, then a line end": wide(version5) + "\n" + next,
		"UTF-16LE":                  wide(version5) + next,
		"UTF-16LE at the end":       wide(version5),
		"CRLF in UTF-8":             strings.Replace(version5, "\r\n", "\n", 1) + next,
		"REGEDIT4":                  ansi + next,
		"reg query":                 query + next,
		"both":                      "[HKEY_CURRENT_USER\\Software]\n\"a\"=\"b\"\n" + query + "[HKEY_CURRENT_USER\\Software\\X]\n    \"a\"=\"b\"\n" + next,
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Parse("m.txtar", []byte(windows+"-- registry --\n"+text))
			if err != nil {
				t.Fatal(err)
			}
			k, err := m.ReadKey(`HKCU\Environment`)
			if err != nil || len(k.Values) != len(want) || !slices.Equal(k.Subkeys, []string{"Sub"}) {
				t.Fatalf("%+v, %v", k, err)
			}
			for _, v := range k.Values {
				if w := want[v.Name]; !same(&v.Value, &w) {
					t.Errorf("%q = %s %x, want %s %x", v.Name, v.Type, v.Data, w.Type, w.Data)
				}
			}
			if s, err := m.ReadKey(`HKCU\Environment\Sub`); err != nil || len(s.Values) != 0 {
				t.Errorf("%+v, %v", s, err)
			}
			if _, err := m.ReadFile(`C:\src\app\go.mod`); (err == nil) != strings.HasSuffix(text, next) {
				t.Error(err)
			}
		})
	}
}

func TestRights(t *testing.T) {
	admin := strings.Replace(windows, "workspace", "admin yes\nworkspace", 1)
	reg := "-- registry --\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\n[HKEY_CURRENT_USER\\Environment]\n[HKEY_CURRENT_USER\\Locked]\n;acl D:P(A;;KR;;;WD)\n[HKEY_CURRENT_USER\\Closed]\n;acl D:(D;;KR;;;WD)(A;;KA;;;WD)\n"
	root := strings.Replace(linux, "uid 1000", "uid 0", 1)
	for _, tt := range []struct {
		name, text string
		at         host.Loc
		ok         bool
	}{
		{"HKCU", windows + reg, host.RegLoc(`HKCU\Environment`, "A"), true},
		{"HKCU, new key", windows + reg, host.RegLoc(`HKCU\New\Key`, "A"), true},
		{"HKCU policies", windows + reg, host.RegLoc(`HKCU\Software\Policies\X`, "A"), false},
		{"HKLM", windows + reg, host.RegLoc(`HKLM\SOFTWARE\X`, "A"), false},
		{"HKLM as admin", admin + reg, host.RegLoc(`HKLM\SOFTWARE\X`, "A"), true},
		{"acl that only reads", windows + reg, host.RegLoc(`HKCU\Locked`, "A"), false},
		{"acl that denies reading", windows + reg, host.RegLoc(`HKCU\Closed`, "A"), false},
		{"Windows file", windows, host.FileLoc(`C:\x`, 0), true},
		{"below SystemRoot", windows, host.FileLoc(`C:\WINDOWS\x`, 0), false},
		{"below ProgramFiles", windows, host.FileLoc(`C:\Program Files\Go\x`, 0), false},
		{"below ProgramFiles as admin", admin, host.FileLoc(`C:\Program Files\Go\x`, 0), true},
		{"absent drive", windows, host.FileLoc(`Q:\x`, 0), false},
		{"file acl", windows + "-- C:/d/ acl=D:(A;;FR;;;BU) --\n", host.FileLoc(`C:\d\x`, 0), false},
		{"home", linux, host.FileLoc("/home/gopher/a/b", 0), true},
		{"/etc", linux, host.FileLoc("/etc/a", 0), false},
		{"/etc as root", root, host.FileLoc("/etc/a", 0), true},
		{"sudo alone writes nothing", strings.Replace(linux, "uid", "admin yes\nuid", 1), host.FileLoc("/etc/a", 0), false},
		{"the group may", linux + "-- /d/ mode=0775 gid=1000 --\n", host.FileLoc("/d/x", 0), true},
		{"read-only mount", linux + "-- mounts --\n/ ext4 rw\n/home ext4 ro\n", host.FileLoc("/home/gopher/x", 0), false},
	} {
		m := parse(t, tt.text)
		v := &host.Value{Data: []byte("x")}
		if tt.at.Kind == host.Registry {
			v = &host.Value{Type: "sz", Data: host.RegString("x")}
		}
		before := m.Fingerprint()
		err := m.Swap(host.Edit{At: tt.at, New: v})
		if (err == nil) != tt.ok || !tt.ok && !errors.Is(err, fs.ErrPermission) && tt.name != "absent drive" {
			t.Errorf("%s: %v", tt.name, err)
		}
		if !tt.ok && m.Fingerprint() != before {
			t.Errorf("%s: a refusal changed the machine", tt.name)
		}
		if tt.ok {
			if err := m.Swap(host.Edit{At: tt.at, Old: v}); err != nil || m.Fingerprint() != before {
				t.Errorf("%s: the undo (%v) left\n%s", tt.name, err, m.Diff(parse(t, tt.text)))
			}
		}
	}
	if m := parse(t, windows+reg); true {
		if _, err := m.ReadKey(`HKCU\Closed`); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("a key that may not be read: %v", err)
		}
	}
}

func TestSwapSetsTimes(t *testing.T) {
	m := parse(t, windows+"-- registry --\n[HKEY_CURRENT_USER\\Environment]\n-- ./f --\nx\n")
	if err := m.Swap(host.Edit{At: host.FileLoc(`C:\src\app\f`, 0), Old: &host.Value{Data: []byte("x\n")}, New: &host.Value{Data: []byte("y\n")}}); err != nil {
		t.Fatal(err)
	}
	if fi, _ := m.Stat(`C:\src\app\f`); !fi.ModTime.Equal(m.Now()) {
		t.Errorf("%+v", fi)
	}
	if err := m.WriteKey(`HKCU\Environment`, "A", &host.Value{Type: "sz", Data: host.RegString("x")}); err != nil {
		t.Fatal(err)
	}
	if k, _ := m.ReadKey(`HKCU\Environment`); !k.Written.Equal(m.Now()) || len(k.Values) != 1 {
		t.Errorf("%+v", k)
	}
}

func TestFailSwap(t *testing.T) {
	m := parse(t, linux)
	m.FailSwap(2)
	for i, want := range []bool{true, false, true} {
		err := m.Swap(host.Edit{At: host.FileLoc(fmt.Sprint("/home/gopher/", i), 0), New: &host.Value{}})
		if (err == nil) != want || !want && !errors.Is(err, ErrInjected) {
			t.Errorf("swap %d: %v", i+1, err)
		}
	}
	if _, err := m.Stat("/home/gopher/1"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestProcesses(t *testing.T) {
	m := parse(t, windows+`-- processes --
10 9 2026-11-22T11:00:00Z doctor.exe
9 8 2026-11-22T11:00:00Z Code.exe
8 7 2026-11-22T11:00:00Z Code Helper.exe
7 6 2026-11-22T11:00:00Z code.exe
6 5 2026-11-22T11:00:00Z explorer.exe
-- env --
A=1
-- block 8 --
B=2
`)
	if p, err := m.Processes(); err != nil || len(p) != 5 || p[2].Name != "Code Helper.exe" {
		t.Errorf("%+v, %v", p, err)
	}
	for pid, want := range map[int]string{10: "A=1", 7: "A=1", 8: "B=2", 9: "", 6: ""} {
		b, err := m.Block(pid)
		if got := strings.Join(b, "|"); got != want || (err == nil) != (want != "") {
			t.Errorf("Block(%d) = %q, %v, want %q", pid, got, err, want)
		}
	}
	p, err := parse(t, linux).Processes()
	if err == nil || len(p) != 1 || !p[0].Start.Equal(time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v, %v", p, err)
	}
	if b, err := parse(t, linux+"-- /proc/5/environ --\nA=1\nB=2\n").Block(5); err != nil || !slices.Equal(b, []string{"A=1", "B=2"}) {
		t.Errorf("%q, %v", b, err)
	}
}

func TestRest(t *testing.T) {
	m := parse(t, windows+`-- commands --
$ go env GOPATH
C:\x

y
$ "C:\a b\x.exe" 'c d'
-- extensions --
golang.go 0.52.2 selectedGo=C:\a b\go.exe
x.y 1
-- listening --
127.0.0.1:8080
[::1]:80
-- events --
Microsoft-Windows-Windows Defender/Operational 1116 2026-11-21T00:00:00Z found it
-- settings user --
{}
-- settings machine --
{ }
-- settings workspace --
[]
`)
	for _, tt := range []struct {
		argv []string
		want string
		ok   bool
	}{
		{[]string{"go", "env", "GOPATH"}, "C:\\x\n\ny\n", true}, {[]string{`C:\Go\bin\go.exe`, "env", "GOPATH"}, "C:\\x\n\ny\n", true},
		{[]string{`C:\a b\x.exe`, "c d"}, "", true}, {[]string{`C:\other\x.exe`, "c d"}, "", false}, {[]string{"go", "env"}, "", false}, {nil, "", false},
	} {
		if got, ok := m.Output(tt.argv...); got != tt.want || ok != tt.ok {
			t.Errorf("Output(%q) = %q, %v", tt.argv, got, ok)
		}
	}
	if x, err := m.Extensions(); err != nil || len(x) != 2 || x[0].SelectedGo != `C:\a b\go.exe` || x[1].Version != "1" {
		t.Errorf("%+v, %v", x, err)
	}
	if l := m.Listening(); len(l) != 2 || l[1] != "[::1]:80" {
		t.Errorf("%q", l)
	}
	if e, err := m.Events(); err != nil || len(e) != 1 || e[0].Log != "Microsoft-Windows-Windows Defender/Operational" || e[0].ID != 1116 || e[0].Text != "found it" {
		t.Errorf("%+v", e)
	}
	for name, want := range map[string]string{`C:\Users\gopher\AppData\Roaming\Code\User\settings.json`: "{}\n", `C:\Users\gopher\.vscode-server\data\Machine\settings.json`: "{ }\n", `C:\src\app\.vscode\settings.json`: "[]\n"} {
		if b, err := m.ReadFile(name); err != nil || string(b) != want {
			t.Errorf("%s = %q, %v", name, b, err)
		}
	}
	if x, err := parse(t, linux).Extensions(); x != nil || err != nil {
		t.Errorf("%v, %v", x, err)
	}
}

func TestRoots(t *testing.T) {
	const bundle = "/etc/ssl/certs/ca-certificates.crt"
	for _, tt := range []struct {
		text string
		want bool
	}{
		{linux, true}, {strings.Replace(linux, "now", "roots none\nnow", 1), false}, {linux + "-- /etc/ssl/certs/ --\n", false}, {linux + "-- /etc/ssl/cert.pem --\n", false}, {darwin, false},
	} {
		if _, err := parse(t, tt.text).Stat(bundle); (err == nil) != tt.want {
			t.Errorf("%q: %v", tt.text, err)
		}
	}
}

func TestGuests(t *testing.T) {
	m := parse(t, windows+`-- registry --
[HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Lxss\{2}]
"DistributionName"="debian"
[HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Lxss\{1}]
"DistributionName"="Ubuntu"
-- Ubuntu!machine --
os linux 6 amd64
user u /home/u
uid 5
shell /bin/sh
trusted no
-- Ubuntu!env --
PATH=/bin
-- Debian!machine --
os linux 6 amd64
user d /home/d
uid 5
shell /bin/sh
-- Debian!/home/d/f --
x
`)
	if got := m.Guests(); !slices.Equal(got, []string{"Debian", "Ubuntu"}) {
		t.Errorf("%q", got)
	}
	u, err := m.Guest("ubuntu")
	if err != nil {
		t.Fatal(err)
	}
	if got := u.View("login"); !slices.Equal(got, []string{"PATH=/bin", "HOME=/home/u", "USER=u", "LOGNAME=u", "SHELL=/bin/sh"}) {
		t.Errorf("login = %q", got)
	}
	if !u.Now().Equal(m.Now()) || !u.System().Trusted {
		t.Error("now and trusted are the host's")
	}
	if _, err := u.Stat("/mnt/c"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("drives are not mirrored")
	}
	if _, err := m.Guest("nope"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	at := host.FileLoc("/home/d/f", 0)
	at.Guest = "Debian"
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c, _ := m.Watch(ctx, []host.Loc{host.FileLoc(`C:\home\d\f`, 0), at})
	before := m.Clone()
	if err := m.Swap(host.Edit{At: at, Old: &host.Value{Data: []byte("x\n")}, New: &host.Value{Data: []byte("y\n")}}); err != nil {
		t.Fatal(err)
	}
	if l := <-c; l != at {
		t.Errorf("watched %s", l)
	}
	if got := m.Diff(before); got != "Debian!/home/d/f\n-x\n+y\n" {
		t.Errorf("%q", got)
	}
}

func TestAnnounce(t *testing.T) {
	m := parse(t, windows)
	if m.Announce(); m.Announced() != 1 || m.Clone().Announced() != 0 {
		t.Error("Announce counts")
	}
}

func TestDiff(t *testing.T) {
	text := windows + `-- registry --
[HKEY_CURRENT_USER\Environment]
"GOROOT"="C:\\Go"
"Path"=expand:"%X%;a"
-- C:/a --
one
two
three
-- C:/crlf encoding=crlf --
x
-- C:/le encoding=utf-16le --
A=1
-- C:/gone --
x
`
	before := parse(t, text)
	m := before.Clone()
	if d := m.Diff(before); d != "" || m.Fingerprint() != before.Fingerprint() {
		t.Errorf("a clone differs: %s", d)
	}
	m.WriteKey(`HKCU\Environment`, "GOROOT", nil)
	m.WriteKey(`HKCU\Environment`, "Path", &host.Value{Type: "expand", Data: host.RegString("a")})
	m.WriteKey(`HKCU\New`, "", &host.Value{Type: "dword", Data: []byte{1, 0, 0, 0}})
	m.Write(`C:\a`, []byte("one\n2\nthree"))
	m.Write(`C:\crlf`, []byte("x\n"))
	m.Write(`C:\le`, []byte("A=1\n"))
	m.Write(`C:\gone`, nil)
	m.Write(`C:\new\f`, []byte("n\n"))
	want := `[HKEY_CURRENT_USER\Environment]
-"GOROOT"="C:\\Go"
-"Path"=expand:"%X%;a"
+"Path"=expand:"a"
[HKEY_CURRENT_USER\New]
+@=dword:00000001
C:\a
-two
-three
+2
+three
\ No newline at end of file
C:\crlf
-x\r
+x
C:\gone
-x
C:\le
-encoding utf-16le
+encoding utf-8
C:\new\f
+n
`
	if got := m.Diff(before); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if m.Fingerprint() == before.Fingerprint() {
		t.Error("the fingerprint says nothing")
	}
	if before.Diff(parse(t, text)) != "" {
		t.Error("a clone shares state")
	}
}

func TestFormat(t *testing.T) {
	in := "t\n-- machine --\nos x\n-- want --\nold\n-- fix a/b c --\n-x\n-- /z encoding=crlf --\n\r\nlast"
	list := []txtar.File{{Name: "want", Data: []byte("new\n")}}
	if got, want := string(Format([]byte(in), list)), "t\n-- machine --\nos x\n-- want --\nnew\n-- /z encoding=crlf --\n\r\nlast"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := string(Format([]byte("t\n-- a --\nx"), list)), "t\n-- a --\nx\n-- want --\nnew\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := string(Format([]byte(in), nil)); strings.Contains(got, "want") || strings.Contains(got, "fix") {
		t.Errorf("got %q", got)
	}
}

func TestTestdata(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Parse(name, b)
		if err != nil {
			t.Error(err)
			continue
		}
		before := m.Fingerprint()
		at := host.FileLoc(m.System().Style.Join(m.System().Workspace[0], "a/b/c"), 0)
		for _, e := range []host.Edit{{At: at, New: &host.Value{Data: []byte("x")}}, {At: at, Old: &host.Value{Data: []byte("x")}}} {
			if err := m.Swap(e); err != nil {
				t.Error(err)
			}
			if (m.Fingerprint() == before) != (e.New == nil) {
				t.Errorf("%s: the fingerprint after %v", name, e)
			}
		}
	}
}

// A link entry stands in a toolchain's tree as a file does, a binaries line replaces one of its files, and what lies below a link
// lies where it leads, in any order of entries.
func TestEntriesJoinATree(t *testing.T) {
	m := parse(t, linux+`-- /usr/lib/go/go.env --
GOTOOLCHAIN=local
-- /usr/lib/go/bin/go -> /elsewhere/go --
-- /usr/lib/go/extra --
x
-- /opt/go -> ../usr/lib/go --
-- /opt/go/bin/mine mode=0755 --
#!/bin/sh
-- toolchains --
/usr/lib/go go1.26.1
-- binaries --
/opt/go/pkg/tool/linux_amd64/compile cmd/compile@(devel) go1.25.0
`)
	if b, err := m.ReadFile("/usr/lib/go/go.env"); err != nil || string(b) != "GOTOOLCHAIN=local\n" {
		t.Errorf("go.env = %q, %v", b, err)
	}
	if l, err := m.Readlink("/usr/lib/go/bin/go"); err != nil || l != "/elsewhere/go" {
		t.Errorf("bin/go -> %q, %v", l, err)
	}
	if p, err := m.Program("/usr/lib/go/pkg/tool/linux_amd64/compile"); err != nil || p.GoVersion != "go1.25.0" {
		t.Errorf("compile: %+v, %v", p, err)
	}
	for _, name := range []string{"/usr/lib/go/bin/mine", "/opt/go/extra", "/opt/go/VERSION"} {
		if _, err := m.Stat(name); err != nil {
			t.Error(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(linux + "-- /a -> b --\n-- /b -> a/c --\n-- /a/x --\n"))
	f.Add([]byte(linux + "-- env --\n=\nA=\n"))
	f.Add([]byte(windows + "-- registry --\n\xff\xfe[\x00H\x00K\x00E\x00Y\x00_\x00U\x00S\x00E\x00R\x00S\x00\\\x00A\x00]\x00\n-- C:/a --\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse("f", b)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("no file and line: %v", err)
			}
			return
		}
		c := m.Clone()
		if d := c.Diff(m); d != "" || c.Fingerprint() != m.Fingerprint() {
			t.Errorf("a clone differs: %s", d)
		}
		m.Environ()
		m.Processes()
		m.Swap(host.Edit{At: host.FileLoc(m.System().Style.Join(m.System().Home, "x/y"), 0), New: &host.Value{Data: []byte("x")}})
	})
}

func FuzzRegistry(f *testing.F) {
	f.Add("[HKEY_CURRENT_USER\\E]\n\"A\"=hex(2):41,00,\\\n  00,00\n@=multi:[\"a\"]\n")
	f.Add("REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\E]\r\n\"A\"=hex(2):41,\\\r\n  00\r\n\"B\"=hex(7):61,00,00\r\n")
	f.Add("\nHKEY_CURRENT_USER\\E\n    A    REG_SZ    x  \n    M    REG_MULTI_SZ    a\\0b\n    (Default)    REG_BINARY    00FF\n    Q    REG_QWORD    0xff\n")
	f.Add("[HKEY_CURRENT_USER\\E]\n;acl O:BAD:(A;;KA;;;WD)\n\"a\nb\"=\"\\\\\"\n")
	f.Fuzz(func(t *testing.T, s string) {
		p := &parser{name: "f", m: newMachine(&Script{})}
		if err := p.registry(entry{text: s}); err != nil {
			return
		}
		for _, k := range p.m.allKeys() {
			for _, v := range k.values {
				q := &parser{name: "f", m: newMachine(&Script{})}
				text := formatValue(v.Name, v.Value)
				if err := q.registry(entry{text: "[" + longPath(k.path) + "]\n" + text}); err != nil {
					t.Errorf("%q does not read back: %v", text, err)
				} else if x := q.m.keys.find(k.path).values[0]; x.Name != v.Name || !same(&x.Value, &v.Value) {
					t.Errorf("%q reads as %+v, want %+v", text, x, v)
				}
			}
		}
	})
}

func TestSDDL(t *testing.T) {
	for _, tt := range []struct {
		sddl        string
		admin       bool
		read, write bool
	}{
		{"O:BAG:SYD:PAI(A;OICI;FA;;;BA)(A;;FRFX;;;BU)S:(ML;;NW;;;LW)", false, true, false},
		{"O:BAG:SYD:PAI(A;OICI;FA;;;BA)(A;;0x1200a9;;;BU)", true, true, true},
		{"D:(D;;KW;;;WD)(A;;KA;;;WD)", true, true, false},
		{"D:(A;CIIO;GA;;;WD)", false, false, false},
		{"D:", false, false, false},
		{"O:BA", false, true, true},
		{"D:NO_ACCESS_CONTROL", false, true, true},
		{"D:(A;;GA;;;S-1-5-21-1-2-3-1001)", false, true, true},
		{"D:(A;;GRGW;;;S-1-5-18)", true, false, false},
	} {
		if !validSDDL(tt.sddl) {
			t.Errorf("%s is refused", tt.sddl)
		}
		if r, w := granted(tt.sddl, false, tt.admin), granted(tt.sddl, true, tt.admin); r != tt.read || w != tt.write {
			t.Errorf("%s: read %v, write %v; want %v, %v", tt.sddl, r, w, tt.read, tt.write)
		}
	}
	for _, s := range []string{"", "x", "D", "D:(A;;FA;;;BA", "D:(A;;QQ;;;BA)", "D:(A;FA)", "X:"} {
		if validSDDL(s) {
			t.Errorf("%q is accepted", s)
		}
	}
}

func FuzzSDDL(f *testing.F) {
	f.Add("O:BAG:SYD:PAI(A;OICI;FA;;;BA)(A;;FRFX;;;BU)S:(ML;;NW;;;LW)")
	f.Add("D:(((")
	f.Fuzz(func(t *testing.T, s string) {
		if !validSDDL(s) {
			return
		}
		// Whoever may do something as a user may do it as an administrator, unless administrators are denied it.
		if granted(s, true, false) && !granted(s, true, true) && !strings.Contains(s, "D;") {
			t.Errorf("%s", s)
		}
	})
}
