package doctor_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
)

// healthyLinux is a machine without a problem. Tests put one bad thing into it.
const healthyLinux = `A machine for bad input.
-- machine --
os linux 6.8.0 amd64
user gopher /home/gopher
uid 1000
shell /bin/bash
workspace /home/gopher/app
editor vscode 1.139.1
now 2026-11-22T12:00:00Z
-- env --
HOME=/home/gopher
USER=gopher
SHELL=/bin/bash
PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/go/bin:/home/gopher/go/bin
-- toolchains --
/usr/local/go go1.27.4
-- binaries --
/home/gopher/go/bin/gopls golang.org/x/tools/gopls@v0.24.0 go1.27.4
-- /usr/bin/git mode=0755 --
ELF
-- /bin -> usr/bin --
-- /usr/local/bin/ --
-- /etc/profile --
PATH=/usr/local/bin:/usr/bin:/bin
export PATH
-- /home/gopher/.profile --
export PATH=$PATH:/usr/local/go/bin:$HOME/go/bin
-- ./go.mod --
module example.com/app

go 1.27.0
`

const healthyWindows = `A machine for bad input.
-- machine --
os windows 10.0.26200 amd64
user gopher C:\Users\gopher
workspace C:\app
editor vscode 1.139.1
now 2026-11-22T12:00:00Z
-- registry --
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment]
"Path"=expand:"%SystemRoot%\\system32;%SystemRoot%;C:\\Program Files\\Go\\bin"
[HKEY_CURRENT_USER\Environment]
"Path"=expand:"%USERPROFILE%\\go\\bin"
-- toolchains --
C:\Program Files\Go go1.27.4
-- C:/Windows/System32/cmd.exe --
MZ
-- ./go.mod --
module example.com/app

go 1.27.0
`

func machine(t *testing.T, text string) *scenario.Machine {
	t.Helper()
	m, err := scenario.Parse("bad.txtar", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// linux is healthyLinux with more lines in its env entry, and more entries.
func linux(t *testing.T, env, more string) *scenario.Machine {
	return machine(t, strings.Replace(healthyLinux, "SHELL=/bin/bash\n", "SHELL=/bin/bash\n"+env, 1)+more)
}

func write(t *testing.T, m *scenario.Machine, name string, data []byte) {
	t.Helper()
	if err := m.Write(name, data); err != nil {
		t.Fatal(err)
	}
}

// limit is how long a diagnosis of the worst machine may take here. It is far more than it takes, for slow test machines.
const limit = time.Minute

// diagnose fails the test where a diagnosis does not end, or a rule panics.
func diagnose(t *testing.T, h host.Host) *doctor.Report {
	t.Helper()
	done := make(chan *doctor.Report, 1)
	go func() { done <- doctor.Diagnose(h, doctor.Options{}) }()
	select {
	case r := <-done:
		for _, g := range r.Gaps {
			if strings.Contains(g.Reason, "internal problem") {
				t.Errorf("%s: %s", g.At, g.Reason)
			}
		}
		return r
	case <-time.After(limit):
		t.Fatalf("no answer after %v", limit)
		return nil
	}
}

// silent fails the test for every finding of a rule that is not allowed.
func silent(t *testing.T, r *doctor.Report, allowed ...string) {
	t.Helper()
	for _, f := range r.Findings {
		if !slices.Contains(allowed, f.Rule.ID) {
			t.Errorf("%s %s at %s: %s", f.Severity, f.Rule.ID, f.At, f.Message)
		}
	}
}

// gapAt fails the test where nothing is said of a place that could not be read.
func gapAt(t *testing.T, r *doctor.Report, name string) {
	t.Helper()
	for _, g := range r.Gaps {
		if g.At.Path == name && g.Reason != "" {
			return
		}
	}
	t.Errorf("no gap at %s: %v", name, r.Gaps)
}

func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

// garbage is content that no parser expects.
func garbage() map[string][]byte {
	line := func(n int) []byte { return bytes.Repeat([]byte("PATH=$PATH:/x;"), n/14) }
	return map[string][]byte{
		"empty": nil, "nul": make([]byte, 4096), "random": noise(64 << 10), "newlines": bytes.Repeat([]byte("\n"), 1<<20), "one line": line(1 << 20),
		"utf-16": []byte("\xff\xfe\x00\xd8\x00\xd8G\x00O\x00"), "bom only": []byte("\xef\xbb\xbf"), "half utf-16": []byte("\xff\xfeG"),
		"brackets": bytes.Repeat([]byte("["), 100_000), "braces": bytes.Repeat([]byte(`{"a":`), 100_000), "quote": []byte(`"`), "dollars": bytes.Repeat([]byte("$("), 50_000),
		"4 MiB": line(host.MaxText - 100),
	}
}

// TestGarbage holds that a file that is not what it should be yields a gap or nothing: no crash, no hang, and no false problem.
func TestGarbage(t *testing.T) {
	for file, allowed := range map[string][]string{
		"/home/gopher/.config/go/env":                    {"misencoded-goenv-file", "ineffective-goenv-line"},
		"/home/gopher/.config/Code/User/settings.json":   nil,
		"/home/gopher/app/.vscode/settings.json":         nil,
		"/home/gopher/app/.vscode/launch.json":           nil,
		"/home/gopher/app/.vscode/tasks.json":            nil,
		"/home/gopher/.bashrc":                           {"duplicate-path-entry"},
		"/etc/bash.bashrc":                               {"duplicate-path-entry"},
		"/etc/environment":                               nil,
		"/home/gopher/app/go.mod":                        nil,
		"/home/gopher/app/go.work":                       nil,
		"/usr/local/go/VERSION":                          nil,
		"/usr/local/go/go.env":                           {"misencoded-goenv-file"},
		"/home/gopher/app/.tool-versions":                nil,
		"/home/gopher/app/mise.toml":                     nil,
		"/etc/passwd":                                    nil,
		"/usr/bin/gopls":                                 nil,
		"/home/gopher/.local/share/mise/config.toml":     nil,
		"/home/gopher/app/.devcontainer/devcontainer.js": nil,
	} {
		for kind, data := range garbage() {
			t.Run(file+"/"+kind, func(t *testing.T) {
				m := linux(t, "", "")
				write(t, m, file, data)
				r := diagnose(t, m)
				silent(t, r, allowed...)
				if strings.HasSuffix(file, "ettings.json") && slices.Contains([]string{"quote", "brackets", "braces", "random"}, kind) {
					gapAt(t, r, file)
				}
			})
		}
	}
}

// TestGarbageLogin is TestGarbage for the file that puts Go on PATH: without it Go may be missing, but nothing else is wrong.
func TestGarbageLogin(t *testing.T) {
	for kind, data := range garbage() {
		t.Run(kind, func(t *testing.T) {
			m := linux(t, "", "")
			write(t, m, "/home/gopher/.profile", append([]byte("export PATH=$PATH:/usr/local/go/bin:$HOME/go/bin\n"), data...))
			silent(t, diagnose(t, m), "duplicate-path-entry", "gobin-not-on-path")
		})
	}
}

// TestSettingsSyntax holds what is said of settings.json, and that what can be read of it still counts.
func TestSettingsSyntax(t *testing.T) {
	const file = "/home/gopher/.config/Code/User/settings.json"
	for _, c := range []struct {
		text string
		gap  bool
		want []string
	}{
		{`{"go.goroot": "/nope",}`, false, []string{"stale-goroot"}},
		{"// c\n{/* x */\"go.goroot\": \"/nope\" /* y */,\r\n}\n", false, []string{"stale-goroot"}},
		{"\ufeff{\"go.goroot\": \"/nope\"}", false, []string{"stale-goroot"}},
		{"\xff\xfe" + string(utf16le(`{"go.goroot": "/nope"}`)), false, []string{"stale-goroot"}},
		{`{"go.goroot": "/nope"`, true, nil},
		{`{"go.goroot": /nope}`, true, nil},
		{`{"go.goroot": "/usr/local/go"} trailing`, true, nil},
		{`{"go.goroot": 7, "go.toolsEnvVars": "GOROOT=/nope", "a": {"go.goroot": "/nope"}}`, false, nil},
		{`{"go.toolsEnvVars": {"GOROOT": null, "GOPATH": ["/x"]}}`, false, nil},
		{`[]`, false, nil}, {`null`, false, nil}, {` `, false, nil}, {"// nothing\n", true, nil},
	} {
		m := linux(t, "", "")
		write(t, m, file, []byte(c.text))
		r := diagnose(t, m)
		silent(t, r, c.want...)
		for _, id := range c.want {
			if !slices.ContainsFunc(r.Findings, func(f doctor.Finding) bool { return f.Rule.ID == id }) {
				t.Errorf("%q: no %s", c.text, id)
			}
		}
		if c.gap {
			gapAt(t, r, file)
		} else if slices.ContainsFunc(r.Gaps, func(g facts.Gap) bool { return g.At.Path == file }) {
			t.Errorf("%q: a gap: %v", c.text, r.Gaps)
		}
	}
}

func utf16le(s string) (b []byte) {
	for _, c := range []byte(s) {
		b = append(b, c, 0)
	}
	return b
}

// longPath is a PATH of about 100,000 characters.
func longPath(sep, dir string) string {
	var list []string
	for i := range 7000 {
		list = append(list, fmt.Sprintf("%s%d", dir, i))
	}
	return strings.Join(list, sep)
}

// TestLongPath holds that a PATH of 100,000 characters neither hangs nor drowns the report.
func TestLongPath(t *testing.T) {
	for name, m := range map[string]*scenario.Machine{
		"process": machine(t, strings.Replace(healthyLinux, "\nPATH=", "\nPATH="+longPath(":", "/opt/pkg/d")+":", 1)),
		"profile": linux(t, "", "-- /home/gopher/.bash_profile --\nexport PATH=$PATH:"+longPath(":", "/opt/pkg/d")+":/usr/local/go/bin:$HOME/go/bin\n"),
		"twice": linux(t, "", "-- /home/gopher/.bash_profile --\nexport PATH=$PATH:/usr/local/go/bin:$HOME/go/bin\nexport PATH="+longPath(":", "/opt/pkg/d")+":$PATH\n"+
			strings.Repeat("export PATH=$PATH:/opt/x\n", 200)),
		"registry":         machine(t, strings.Replace(healthyWindows, "%USERPROFILE%", strings.ReplaceAll(longPath(";", `C:\opt\pkg\d`), `\`, `\\`)+";%USERPROFILE%", 1)),
		"environment file": linux(t, "", "-- /etc/environment --\nPATH=\"/usr/local/bin:/usr/bin:/bin:"+longPath(":", "/opt/pkg/d")+"\"\n"),
	} {
		t.Run(name, func(t *testing.T) {
			r := diagnose(t, m)
			if len(r.Findings) > 100 {
				t.Errorf("%d findings, the first: %s", len(r.Findings), r.Findings[0].Message)
			}
			for _, f := range r.Findings {
				if f.Severity != "hint" && f.Rule.ID != "overlong-path" { // which it is
					t.Errorf("%s %s: %.200s", f.Severity, f.Rule.ID, f.Message)
				}
			}
		})
	}
}

// TestCycles holds that a cycle of links leads nowhere, and ends.
func TestCycles(t *testing.T) {
	const cycle = "-- /loop/a -> /loop/b --\n-- /loop/b -> /loop/a --\n-- /loop/self -> self --\n-- /loop/deep -> /loop/deep/x --\n"
	for _, c := range []struct {
		name    string
		m       *scenario.Machine
		allowed []string
	}{
		{"PATH entries", machine(t, strings.Replace(healthyLinux, "\nPATH=", "\nPATH=/loop/a:/loop/self/x:/loop/deep:", 1)+cycle), nil},
		{"go", linux(t, "", cycle+"-- /usr/local/bin/go -> go --\n"), []string{"unrunnable-go"}},
		{"GOROOT", linux(t, "GOROOT=/loop/a\n", cycle), []string{"stale-goroot"}},
		{"GOPATH", linux(t, "GOPATH=/loop/a:/loop/self\n", cycle), nil},
		{"GOENV", linux(t, "GOENV=/loop/a\n", cycle), nil},
		{"go/env", linux(t, "", cycle+"-- /home/gopher/.config/go/env -> env --\n"), nil},
		{"settings", linux(t, "", cycle+"-- ./.vscode/settings.json -> settings.json --\n"), nil},
		{"go.work", linux(t, "", "-- ./go.work -> go.work --\n"), nil},
		{"folders", linux(t, "", "-- ./sub/up -> .. --\n-- ./sub/again -> . --\n"), nil},
		{"profiles", linux(t, "", "-- /home/gopher/.bashrc --\n. ~/.aliases\n-- /home/gopher/.aliases --\n. ~/.bashrc\n. ~/.aliases\n"), nil},
		{"toolchain", linux(t, "", "-- /usr/local/go/pkg/tool/x/again -> ../.. --\n-- /home/gopher/sdk/go1.1 -> /home/gopher/sdk/go1.2 --\n-- /home/gopher/sdk/go1.2 -> go1.1 --\n"), nil},
	} {
		t.Run(c.name, func(t *testing.T) { silent(t, diagnose(t, c.m), c.allowed...) })
	}
}

// TestUnreadable holds that what may not be read is unknown, and unknown is no problem.
func TestUnreadable(t *testing.T) {
	for name, m := range map[string]*scenario.Machine{
		"home":            linux(t, "", "-- /home/gopher/ mode=0000 owner=root uid=0 --\n"),
		"no home":         machine(t, strings.NewReplacer("user gopher /home/gopher", "user gopher /nonexistent", "HOME=/home/gopher", "HOME=/nonexistent", ":/home/gopher/go/bin", "").Replace(healthyLinux)),
		"home is root":    machine(t, strings.NewReplacer("user gopher /home/gopher", "user gopher /", "HOME=/home/gopher", "HOME=/", "-- /home/gopher/.profile --", "-- /.profile --", "/home/gopher/go", "/go").Replace(healthyLinux)),
		"HOME is empty":   machine(t, strings.Replace(healthyLinux, "HOME=/home/gopher", "HOME=", 1)),
		"HOME is a file":  linux(t, "", "-- /home/gopher/go/pkg --\nx\n"),
		"GOROOT":          linux(t, "GOROOT=/secret/go\n", "-- /secret/ mode=0000 owner=root uid=0 --\n-- /secret/go/VERSION --\ngo1.27.4\n"),
		"go/env":          linux(t, "", "-- /home/gopher/.config/go/env mode=0000 owner=root uid=0 --\nGOFLAGS=-mod=mod\n"),
		"go/env is a dir": linux(t, "", "-- /home/gopher/.config/go/env/ --\n"),
		"settings":        linux(t, "", "-- /home/gopher/.config/Code/User/settings.json mode=0000 owner=root uid=0 --\n{}\n"),
		"settings a dir":  linux(t, "", "-- ./.vscode/settings.json/ --\n"),
		"profile":         linux(t, "", "-- /etc/profile.d/ mode=0000 --\n-- /home/gopher/.bashrc mode=0000 owner=root uid=0 --\nx\n"),
		"workspace":       linux(t, "", "-- /home/gopher/app/ mode=0000 owner=root uid=0 --\n"),
		"no workspace":    machine(t, strings.Replace(strings.Split(healthyLinux, "-- ./go.mod")[0], "workspace /home/gopher/app", "workspace /gone/app", 1)),
		"PATH":            linux(t, "", "-- /opt/secret/ mode=0000 owner=root uid=0 --\n"),
		"registry":        machine(t, strings.Replace(healthyWindows, "[HKEY_CURRENT_USER\\Environment]\n", "[HKEY_CURRENT_USER\\Environment]\n;acl O:BAG:BAD:(A;;KA;;;BA)\n", 1)),
	} {
		t.Run(name, func(t *testing.T) { silent(t, diagnose(t, m), "broken-environment-acl") }) // which says that it is unreadable
	}
}

// A faulty machine answers with an error for some names.
type faulty struct {
	host.Host
	bad func(op, name string) error
}

func (f faulty) Stat(name string) (host.FileInfo, error) {
	if err := f.bad("stat", name); err != nil {
		return host.FileInfo{}, err
	}
	return f.Host.Stat(name)
}

func (f faulty) Lstat(name string) (host.FileInfo, error) {
	if err := f.bad("lstat", name); err != nil {
		return host.FileInfo{}, err
	}
	return f.Host.Lstat(name)
}

func (f faulty) Readlink(name string) (string, error) {
	if err := f.bad("readlink", name); err != nil {
		return "", err
	}
	return f.Host.Readlink(name)
}

func (f faulty) ReadFile(name string) ([]byte, error) {
	if err := f.bad("read", name); err != nil {
		return nil, err
	}
	return f.Host.ReadFile(name)
}

func (f faulty) ReadDir(name string) ([]host.DirEntry, error) {
	if err := f.bad("readdir", name); err != nil {
		return nil, err
	}
	return f.Host.ReadDir(name)
}

func (f faulty) Program(name string) (*host.Program, error) {
	if err := f.bad("program", name); err != nil {
		return nil, err
	}
	return f.Host.Program(name)
}

func (f faulty) ReadKey(name string) (*host.Key, error) {
	if err := f.bad("key", name); err != nil {
		return nil, err
	}
	return f.Host.ReadKey(name)
}

func (f faulty) Mounts() ([]host.Mount, error) {
	if err := f.bad("mounts", ""); err != nil {
		return nil, err
	}
	return f.Host.Mounts()
}

func (f faulty) Processes() ([]host.Process, error) {
	if err := f.bad("processes", ""); err != nil {
		return nil, err
	}
	return f.Host.Processes()
}

// TestFaults fails every single read of a diagnosis once, with an I/O error as a dying disk gives it: unknown is no finding.
func TestFaults(t *testing.T) {
	eio := errors.New("input/output error")
	for name, text := range map[string]string{"linux": healthyLinux, "windows": healthyWindows} {
		m := machine(t, text)
		var names []string
		diagnose(t, faulty{m, func(_, name string) error {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
			return nil
		}})
		if len(names) < 20 {
			t.Fatalf("only %d names were looked at", len(names))
		}
		for _, bad := range names {
			t.Run(name+"/"+strings.TrimPrefix(bad, "/"), func(t *testing.T) {
				silent(t, diagnose(t, faulty{m, func(_, name string) error {
					if name == bad {
						return &fs.PathError{Op: "read", Path: name, Err: eio}
					}
					return nil
				}}))
			})
		}
		t.Run(name+"/all", func(t *testing.T) {
			silent(t, diagnose(t, faulty{m, func(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: eio} }}))
		})
	}
}

// TestVanishing takes the workspace, or the home directory, away after the k-th read, for every k.
func TestVanishing(t *testing.T) {
	for _, gone := range []string{"/home/gopher/app", "/home/gopher"} {
		for k := 0; ; k++ {
			n := 0
			m := linux(t, "", "")
			diagnose(t, faulty{m, func(op, name string) error {
				n++
				if n > k && (name == gone || strings.HasPrefix(name, gone+"/")) {
					return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
				}
				return nil
			}})
			if n <= k {
				break
			}
		}
	}
}
