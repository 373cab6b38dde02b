package server

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
)

const windows = `A Windows machine with a broken go/env file and a broken go.mod.

-- machine --
os windows 10.0.22631 amd64
user gopher C:\Users\gopher
workspace C:\src\app
editor vscode 1.139.1
now 2026-11-22T12:00:00Z
-- toolchains --
C:\Program Files\Go go1.26.1
-- C:\Users\gopher\AppData\Roaming\go\env encoding=crlf --
# 😀
error GOROOT
-- ./go.mod --
error GO
`

// A Windows machine is served on any other: names, URIs and line ends are its own.
func TestScenario(t *testing.T) {
	m, err := scenario.Parse("windows", []byte(windows))
	if err != nil {
		t.Fatal(err)
	}
	before := m.Clone()
	const goenv, gomod = "file:///c%3A/Users/gopher/AppData/Roaming/go/env", "file:///c%3A/src/app/go.mod"
	e := connect(t, m)
	e.start(strings.ReplaceAll(capable, "file:///src/app", "file:///c%3A/src/app"))
	if got := fmt.Sprint(e.published(goenv), e.published(gomod)); got != "[1:6-1:12 1 test-error] [0:6-0:8 1 test-error]" {
		t.Errorf("published %s", got)
	}
	want(t, "machine", e.actions("file:///C:/users/GOPHER/AppData/Roaming/go/env", 1, "[]", ""),
		`quickfix Remove GOROOT preferred [test-error] goEnv.fix{"rule":"test-error","at":"C:\\Users\\gopher\\AppData\\Roaming\\go\\env:2","subject":"var:GOROOT","fix":"remove"}`)
	want(t, "workspace", e.actions(gomod, 0, "[]", ""), `quickfix Remove GO preferred [test-error] {"documentChanges":[{"textDocument":{"uri":"file:///c%3A/src/app/go.mod","version":null},`+
		`"edits":[{"range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}},"newText":""}]}]}`)
	e.call("workspace/executeCommand", `{"command":"goEnv.fix","arguments":[{"allSafe":true}]}`, nil)
	if a, b := e.published(goenv), e.published(gomod); len(a)+len(b) > 0 {
		t.Errorf("still %v, %v", a, b)
	}
	e.call("workspace/executeCommand", `{"command":"goEnv.undo","arguments":[{}]}`, nil)
	if d := m.Diff(before); d != "" {
		t.Errorf("undo left\n%s", d)
	}
	e.published(gomod)
	if err := m.Write(`C:\src\app\go.mod`, []byte("module example.com/app\n")); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(e.published(gomod)); got != "[0:0-0:22 1 test-error]" { // GOROOT still stands
		t.Errorf("after a change by another program: %v", got)
	}
}

// dying is a machine whose power fails after some swaps.
type dying struct {
	*machine
	swaps int
}

func (d *dying) Swap(e host.Edit) error {
	if d.swaps == 0 {
		panic("power failure")
	}
	d.swaps--
	return d.machine.Swap(e)
}

// What was cut off is taken back when the server starts again.
func TestRecover(t *testing.T) {
	m := newMachine("/src/app")
	m.files[goenvFile], m.files[gomodFile] = "error A\n", "error B\n"
	dir := t.TempDir()
	func() {
		defer func() { recover() }()
		edit := func(name, old, new string) host.Edit {
			return host.Edit{At: host.FileLoc(name, 0), Old: &host.Value{Data: []byte(old)}, New: &host.Value{Data: []byte(new)}}
		}
		plan := &fix.Plan{Title: "Remove A and B", Edits: []host.Edit{edit(goenvFile, "error A\n", ""), edit(gomodFile, "error B\n", "")}}
		fix.Open(dir).Apply(&dying{m, 1}, plan, func() error { return nil })
	}()
	if m.files[goenvFile] != "" {
		t.Fatal("the fix has not begun")
	}
	e := connectWith(t, m, Config{Journal: fix.Open(dir)})
	e.start(capable)
	if got := e.wait("message", func(m message) bool { return m.Method == "window/showMessage" }); !strings.Contains(string(got.Params), "Remove A and B") {
		t.Errorf("message %s", got.Params)
	}
	e.published(goenvURI)
	m.set(func() {
		if m.files[goenvFile] != "error A\n" || m.files[gomodFile] != "error B\n" {
			t.Errorf("files are %v", m.files)
		}
	})
}

// Whatever a client says after initialize, the server ends as it is told.
func FuzzServe(f *testing.F) {
	for _, s := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"file:///src/app/go.mod"},"range":{"start":{"line":0,"character":0},"end":{"line":9,"character":0}},"context":{"diagnostics":[{}],"only":["source","quickfix"]}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"workspace/executeCommand","params":{"command":"goEnv.fix","arguments":[{"allSafe":true}]}}`,
		`{"jsonrpc":"2.0","id":1,"method":"workspace/executeCommand","params":{"command":"goEnv.undo"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"goEnv/preview","params":{"rule":"test-error","fix":"remove"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"goEnv/diagnose"}`,
		`{"jsonrpc":"2.0","id":1,"method":"codeAction/resolve","params":{}}`,
		`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///src/app/go.mod","languageId":"x","version":1,"text":"x"}}}`,
		`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///src/app/go.mod","version":1},"contentChanges":[{"text":"y"}]}}`,
		`{"jsonrpc":"2.0","method":"workspace/didChangeWorkspaceFolders","params":{"event":{"added":[{"uri":"file:///%zz","name":""}],"removed":[]}}}`,
		`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1e300}}`,
		`{"jsonrpc":"2.0","method":"exit"}`, "{", "",
	} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		m := newMachine("/src/app")
		m.files[goenvFile], m.files[gomodFile] = "error A\nhint A\n", "error B ask\nwarning C\n"
		in := frame(`{"jsonrpc":"2.0","id":"init","method":"initialize","params":`+capable+`}`) + frame(`{"jsonrpc":"2.0","method":"initialized"}`) +
			frame(a) + frame(b) + frame(`{"jsonrpc":"2.0","id":"down","method":"shutdown"}`) + frame(`{"jsonrpc":"2.0","method":"exit"}`)
		var out bytes.Buffer
		code := Serve(strings.NewReader(in), &out, Config{Host: func(InitInfo) host.Host { return m }, Journal: fix.Open("")})
		early := strings.Contains(a+b, "exit")
		if code != 0 && !early {
			t.Errorf("exit code %d", code)
		}
		if !early && !strings.Contains(out.String(), `"id":"down","result":null`) {
			t.Errorf("shutdown was not answered: %s", out.String())
		}
	})
}
