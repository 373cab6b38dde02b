package scenario_test

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/probes"
	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
)

func probe(h host.Host) { probes.Run(h) }

// rename is the redaction of the names that accounts of the corpus have, as it shows in places.
var rename = strings.NewReplacer(`/home/vscode`, `/home/gopher`, `/home/runner`, `/home/gopher`, `/home/vagrant`, `/home/gopher`, `/home/vcap`, `/home/gopher`,
	`C:\Users\runneradmin`, `C:\Users\gopher`, `C:\Users\Go Pher`, `C:\Users\go pher`, `C:\Users\MY PROFILE`, `C:\Users\go pher`)

// found are the findings of a machine: severity, rule and place.
func found(m host.Host) (list []string) {
	for _, f := range doctor.Diagnose(m, doctor.Options{}).Findings {
		list = append(list, fmt.Sprintf("%s %s %s", f.Severity, f.Rule.ID, rename.Replace(f.At.String())))
	}
	return list
}

// TestRecord plays every machine of the corpus, records it, and holds that the recording is diagnosed alike and is recorded as it is.
func TestRecord(t *testing.T) {
	dirs := []string{"../../testdata"}
	if more := os.Getenv("GO_ENV_DOCTOR_CASES"); more != "" {
		dirs = append(dirs, more)
	}
	n := 0
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".txtar" {
				return err
			}
			n++
			t.Run(filepath.Base(filepath.Dir(name))+"/"+filepath.Base(name), func(t *testing.T) {
				data, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				m, err := scenario.Parse(name, data)
				if err != nil {
					t.Fatal(err)
				}
				text, err := scenario.Record(m, probe)
				if err != nil {
					t.Fatal(err)
				}
				again, err := scenario.Parse("recording", text)
				if err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				want, got := strings.Join(found(m), "\n"), strings.Join(found(again), "\n")
				if want != got {
					t.Errorf("found in the recording:\n%s\nwant:\n%s\n%s", got, want, text)
				}
				if second, err := scenario.Record(again, probe); err != nil || string(second) != string(text) {
					t.Errorf("recorded again: %v\n%s\nfirst:\n%s", err, second, text)
				}
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n == 0 {
		t.Error("no scenario")
	}
}

// TestRecordLocal holds that the recording of the machine on which this runs is diagnosed as the machine is, but for places and for
// programs that the redaction names otherwise.
func TestRecordLocal(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	for name, text := range map[string]string{
		".profile":           "export GOROOT=/nonexistent/go\nexport PATH=\"$PATH:$HOME/go/bin\"\nexport GITHUB_TOKEN=hunter2hunter2\n",
		".config/go/env":     "GOPATH=" + home + "/gopath\nGOPROXY=https://me:hunter2hunter2@proxy.example\n",
		"gopath/bin/mine.sh": "#!/bin/sh\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(home, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", home)
	t.Setenv("GOROOT", "/nonexistent/go")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2hunter2")
	h := host.NewLocal(host.Options{Trusted: true, Workspace: []string{filepath.Join(wd, "../..")}})
	text, err := scenario.Record(h, probe)
	if err != nil {
		t.Fatal(err)
	}
	m, err := scenario.Parse("recording", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	own := found(h)
	if len(own) == 0 {
		t.Error("nothing is found on this machine")
	}
	redacted := m.System()
	for i, f := range own {
		own[i] = strings.ReplaceAll(strings.ReplaceAll(f, filepath.Join(wd, "../.."), redacted.Workspace[0]), home, redacted.Home)
	}
	if got := found(m); !slices.Equal(got, own) {
		t.Errorf("found in the recording:\n%s\non the machine:\n%s\n%s", strings.Join(got, "\n"), strings.Join(own, "\n"), text)
	}
	if again, err := scenario.Record(m, probe); err != nil || string(again) != string(text) {
		t.Errorf("recorded again: %v\n%s\nfirst:\n%s", err, again, text)
	}
	if strings.Contains(string(text), "hunter2") {
		t.Errorf("a secret is in it:\n%s", text)
	}
}

const secretLinux = `A machine full of secrets.
-- machine --
os linux 6.8.0 amd64
user alice /home/alice
uid 1000
shell /bin/bash
workspace /home/alice/src/app
now 2026-11-22T12:00:00Z
-- env --
PATH=/home/alice/go/bin:/usr/bin
HOME=/home/alice
USER=alice
HOSTNAME=alices-laptop
GOPROXY=https://alice:pLaNtEd@proxy.example,direct
HTTPS_PROXY=alice:pLaNtEd@proxy.example:3128
GITHUB_TOKEN=pLaNtEd
GOOGLE_API_KEY=pLaNtEd
MY_TOKEN=pLaNtEd
DIARY=pLaNtEd
OLD_GOPATH=/home/alice/old
GOAUTH=netrc
GOFLAGS=-tags=ghp_pLaNtEd0123456789012345
-- block 7 --
GITHUB_TOKEN=pLaNtEd
DIARY=pLaNtEd
GOBIN=/home/alice/bin
-- view login --
DATABASE_PASSWORD=pLaNtEd
PATH=/usr/bin
-- processes --
9 7 2026-11-22T11:00:00Z go-env-doctor
7 1 2026-11-22T10:00:00Z code
-- extensions --
golang.go 0.52.2 selectedGo=/home/alice/go/bin/go
-- mounts --
/ ext4 rw
/home/alice/share cifs rw,username=alice,password=pLaNtEd,addr=10.1.2.3
-- commands --
$ brew shellenv
export HOMEBREW_GITHUB_API_TOKEN=pLaNtEd
-- /proc/1/environ --
PATH=/usr/bin
SECRET_THING=pLaNtEd
DIARY=pLaNtEd
-- /home/alice/.profile --
# Alice's own; alices-laptop
export GITHUB_TOKEN=pLaNtEd
export API_KEY="pLaNtEd"
MY_PASSWORD='pLaNtEd
pLaNtEd'
DIARY=pLaNtEd # dear diary
export GOPATH=$OLD_GOPATH
export GOPRIVATE=$MY_TOKEN
alias deploy='curl -H "Authorization: Bearer pLaNtEdpLaNtEd" https://alice:pLaNtEd@host.example'
: ${DB_PASSWORD:-pLaNtEd}
git config --global user.email alice.pLaNtEd@corp.example
-----BEGIN RSA PRIVATE KEY-----
pLaNtEd
-----END RSA PRIVATE KEY-----
-- /home/alice/.netrc --
machine proxy.example login alice password pLaNtEd
default login x password
  pLaNtEd
-- /home/alice/.ssh/config --
Host pLaNtEd
-- /home/alice/notes.txt --
pLaNtEd, which nobody reads
-- /etc/passwd --
root:x:0:0:root:/root:/bin/bash
alice:pLaNtEd:1000:1000:Alice pLaNtEd:/home/alice:/bin/bash
pLaNtEd:x:1001:1001::/home/bob:/bin/bash
-- settings user --
{
  "go.goroot": "/home/alice/go",
  "terminal.integrated.env.linux": {"GOFLAGS": "-v", "X_TOKEN": "pLaNtEd", "DIARY": "pLaNtEd"},
  "github.token": "pLaNtEd",
  "sync.notes": ["pLaNtEd"],
}
-- ./go.mod --
module example.com/app

go 1.26.0 // token=pLaNtEd
-- ./private-pLaNtEd.txt --
`

const secretWindows = `A machine full of secrets.
-- machine --
os windows 10.0.22631 amd64
user Alice C:\Users\Alice
workspace C:\src\app
now 2026-11-22T12:00:00Z
-- registry --
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment]
"Path"=expand:"%SystemRoot%\\system32;C:\\Users\\ALICE~1\\go\\bin;%TOOL_PASSWORD%;%Tools%\\x"
"TOOL_PASSWORD"="pLaNtEd"
"DIARY"="pLaNtEd"
[HKEY_CURRENT_USER\Environment]
"GOPROXY"="https://alice:pLaNtEd@proxy.example"
"GOROOT"="C:\\Users\\alice\\go"
"Tools"="D:\\Tools"
"GOBIN"=hex(3):70,4c,61,4e,74,45,64
"GITHUB_TOKEN"="pLaNtEd"
"GONOPROXY"=multi:["token=pLaNtEd","b"]
-- C:/Users/Alice/AppData/Roaming/go/env encoding=utf-16le --
GOPROXY=https://alice:pLaNtEd@proxy.example
-- ./go.mod --
module example.com/app
`

// TestRecordSecrets plants secrets in every kind of place. None of them, nor a name of the user or the machine, is in the recording;
// what the diagnosis needs is.
func TestRecordSecrets(t *testing.T) {
	for _, test := range []struct {
		name, machine string
		want          []string
	}{
		{"linux", secretLinux, []string{"user gopher /home/gopher\n", "PATH=/home/gopher/go/bin:/usr/bin\n", "GOPROXY=https://***@proxy.example,direct\n",
			"HTTPS_PROXY=***@proxy.example:3128\n", "OLD_GOPATH=/home/gopher/old\n", "GOAUTH=netrc\n", "\nexport GOPATH=$OLD_GOPATH\n", "MY_TOKEN=***\n", "GOBIN=/home/gopher/bin\n",
			"go.goroot\": \"/home/gopher/go\"", `"GOFLAGS": "-v"`, "selectedGo=/home/gopher/go/bin/go", "machine proxy.example login *** password ***", "-- settings user", "-- ./go.mod --"}},
		{"windows", secretWindows, []string{`user gopher C:\Users\gopher`, `C:\\Users\\GOPHER~1\\go\\bin`, `"GOROOT"="C:\\Users\\gopher\\go"`, `"Tools"="D:\\Tools"`, `"TOOL_PASSWORD"="***"`,
			"encoding=utf-16le --\nGOPROXY=https://***@proxy.example\n", `"GOBIN"=hex:`}},
	} {
		m, err := scenario.Parse(test.name, []byte(test.machine))
		if err != nil {
			t.Fatal(err)
		}
		text, err := scenario.Record(m, func(h host.Host) {
			probe(h)
			home := h.System().Home
			for _, name := range []string{".netrc", ".ssh/config", "notes.txt", "share/x"} {
				h.Stat(home + "/" + name)
			}
			for _, name := range []string{home + "/.netrc", home + "/.ssh/config", "/etc/passwd", "/proc/1/environ"} {
				h.ReadFile(name)
			}
			h.Block(7)
			h.Output("brew", "shellenv")
			h.Extensions()
		})
		if err != nil {
			t.Fatal(err)
		}
		again, err := scenario.Parse("recording", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if again.System().User != "gopher" {
			t.Errorf("%s: the user is %s", test.name, again.System().User)
		}
		for _, bad := range []string{"planted", "alice", "704c61", "70,4c,61"} {
			if i := strings.Index(strings.ToLower(string(text)), bad); i >= 0 {
				t.Errorf("%s: %q is in the recording: %s\n%s", test.name, bad, text[max(0, i-100):min(len(text), i+50)], text)
			}
		}
		for _, s := range test.want {
			if !strings.Contains(string(text), s) {
				t.Errorf("%s: %q is not in the recording:\n%s", test.name, s, text)
			}
		}
	}
}

// TestRecordGuest records what a probe reads of a distribution.
func TestRecordGuest(t *testing.T) {
	m, err := scenario.Parse("guest", []byte(`A distribution.
-- machine --
os windows 10.0.22631 amd64
user Alice C:\Users\Alice
now 2026-11-22T12:00:00Z
-- Ubuntu!machine --
os linux 6.6.0-microsoft-standard-WSL2 amd64
user bobby /home/bobby
uid 1000
shell /bin/bash
-- Ubuntu!env --
PATH=/home/bobby/go/bin:/usr/bin
-- Ubuntu!/etc/wsl.conf mode=0664 --
[interop]
appendWindowsPath=false
`))
	if err != nil {
		t.Fatal(err)
	}
	read := func(h host.Host) {
		for _, name := range h.Guests() {
			g, err := h.Guest(name)
			if err != nil {
				t.Fatal(err)
			}
			g.Environ()
			g.ReadFile("/etc/wsl.conf")
			g.ReadFile("/etc/os-release")
		}
	}
	text, err := scenario.Record(m, read)
	if err != nil {
		t.Fatal(err)
	}
	const want = `Recorded on a machine with windows.

-- machine --
os windows 10.0.22631 amd64
user gopher C:\Users\gopher
now 2026-11-22T12:00:00Z
-- Ubuntu!machine --
os linux 6.6.0-microsoft-standard-WSL2 amd64
user gopher /home/gopher
uid 1000
shell /bin/bash
-- Ubuntu!env --
PATH=/home/gopher/go/bin:/usr/bin
-- Ubuntu!/etc/wsl.conf mode=0664 --
[interop]
appendWindowsPath=false
`
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

// FuzzRecord holds that whatever stands in a file is recorded as a machine that can be read, and recorded again as it is.
func FuzzRecord(f *testing.F) {
	f.Add("export A=1\n", "-- x --\n")
	f.Add("export TOKEN=\"a\r\nb\"\r\n", "\xff\xfeA\x00\n\x00")
	f.Add("\ufeffGOROOT=/x\n", "password: 'x\n")
	f.Add("A\xff=1\x00", "{\"go.goroot\": \"/home/alice/x\" // x\n}")
	f.Fuzz(func(t *testing.T, profile, settings string) {
		m, err := scenario.Parse("fuzz", []byte("Fuzz.\n-- machine --\nos linux 6.8.0 amd64\nuser alice /home/alice\nuid 1000\nshell /bin/bash\nnow 2026-11-22T12:00:00Z\n"+
			"-- /home/alice/.profile encoding=base64 --\n"+base64.StdEncoding.EncodeToString([]byte(profile))+
			"\n-- /home/alice/.config/Code/User/settings.json encoding=base64 --\n"+base64.StdEncoding.EncodeToString([]byte(settings))+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := scenario.Record(m, probe)
		if err != nil {
			t.Fatal(err)
		}
		again, err := scenario.Parse("recording", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if second, err := scenario.Record(again, probe); err != nil || string(second) != string(text) {
			t.Errorf("recorded again: %v\n%s\nfirst:\n%s", err, second, text)
		}
	})
}
