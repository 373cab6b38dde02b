package probes_test

import "testing"

// TestPowerShellProfile holds that the terminal view of Windows has what PowerShell's profiles assign, with file and line.
func TestPowerShellProfile(t *testing.T) {
	const machine = `A machine.
-- machine --
os windows 10.0.26200 amd64
user gopher C:\Users\gopher
now 2026-11-22T12:00:00Z
-- registry --
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment]
"Path"=expand:"%SystemRoot%\\system32"
[HKEY_CURRENT_USER\Environment]
"GOROOT"="C:\\Go"
"GOPROXY"="direct"
-- C:/Program Files/PowerShell/7/pwsh.exe --
MZ
-- C:/Users/gopher/Documents/PowerShell/profile.ps1 --
$env:GOROOT = "$HOME\sdk\go"
$env:Path += ';C:\tools'
$env:GOPROXY = 'direct'
if (Test-Path C:\x) { $env:GOFLAGS = '-v' }
`
	s := run(t, machine)
	const registry, profile = `reg:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\Path`, `C:\Users\gopher\Documents\PowerShell\profile.ps1`
	equal(t, "PATH of a terminal", path(s, "terminal"), `C:\Windows\system32@`+registry+` C:\tools@`+profile+`:2`)
	equal(t, "PATH of a login", path(s, "login"), `C:\Windows\system32@`+registry)
	equal(t, "GOROOT", who(s, "GOROOT"), `reg:HKCU\Environment\GOROOT=C:\Go[editor login] `+profile+`:1=C:\Users\gopher\sdk\go[terminal]`)
	equal(t, "GOPROXY, which both set", who(s, "GOPROXY"), `reg:HKCU\Environment\GOPROXY=direct[editor login] `+profile+`:3=direct[terminal]`)
	if x, _ := s.View("terminal").Get(s.System.Style, "GOFLAGS"); x.Known {
		t.Error("what a profile sets in an if is known")
	}
}
