package doctor_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
)

func TestRefreshLine(t *testing.T) {
	for _, c := range []struct{ shell, program, want string }{
		{"powershell", "", "go-env-doctor refresh powershell | Invoke-Expression"},
		{"powershell", `C:\O'Hara\go-env-doctor.exe`, `& 'C:\O''Hara\go-env-doctor.exe' refresh powershell | Invoke-Expression`},
		{"cmd", `C:\doctor\go-env-doctor.exe`, `for /f "delims=" %i in ('C:\doctor\go-env-doctor.exe refresh cmd') do @%i`},
		{"cmd", `C:\My Tools\go-env-doctor.exe`, `for /f "delims=" %i in ('"C:\My Tools\go-env-doctor.exe" refresh cmd') do @%i`},
	} {
		if got := doctor.RefreshLine(c.shell, c.program); got != c.want {
			t.Errorf("%s, %q: %s, want %s", c.shell, c.program, got, c.want)
		}
	}
}

const refreshed = `A window that is older than the registry.
-- machine --
os windows 10.0.26200 amd64
user gopher C:\Users\gopher
now 2026-11-22T12:00:00Z
-- env --
USERPROFILE=C:\Users\gopher
Path=C:\Go\bin
GOROOT=C:\Go
GOFLAGS=-v
EDITOR=notepad
PSModulePath=C:\mine
-- registry --
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment]
"Path"=expand:"C:\\Program Files\\Go\\bin"
"PSModulePath"="C:\\theirs"
[HKEY_CURRENT_USER\Environment]
"GOFLAGS"="-v"
"GOPATH"="D:\\O'Hara"
`

func written(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "machine.txtar")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestRefresh(t *testing.T) {
	m, _ := play(t, written(t, refreshed))
	for shell, want := range map[string][]string{
		"powershell": {`${env:GOPATH} = 'D:\O''Hara'`, "Remove-Item -LiteralPath 'Env:GOROOT' -ErrorAction Ignore", `${env:Path} = 'C:\Program Files\Go\bin'`},
		"cmd":        {`set "GOPATH=D:\O'Hara"`, `set "GOROOT="`, `set "Path=C:\Program Files\Go\bin"`},
	} {
		got, err := doctor.Diagnose(m, doctor.Options{}).Refresh(shell)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", shell, got, err, want)
		}
	}
	m, _ = play(t, written(t, strings.Replace(refreshed, `D:\\O'Hara`, `D:\\Jürgen`, 1)))
	if got, err := doctor.Diagnose(m, doctor.Options{}).Refresh("powershell"); err != nil || got[0] != `${env:GOPATH} = 'D:\J'+[char]0x00FC+'rgen'` {
		t.Errorf("a name in another alphabet: %q, %v", got, err)
	}
	if got, err := doctor.Diagnose(m, doctor.Options{}).Refresh("cmd"); err == nil {
		t.Errorf("cmd reads in a code page, and is told %q", got)
	}
}
