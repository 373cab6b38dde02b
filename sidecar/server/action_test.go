package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

type action struct {
	Title       string
	Kind        string
	IsPreferred bool
	Diagnostics []diagnostic
	Edit        json.RawMessage
	Command     struct {
		Command   string
		Arguments []json.RawMessage
	}
}

func (a action) String() string {
	s := a.Kind + " " + a.Title
	if a.IsPreferred {
		s += " preferred"
	}
	for _, d := range a.Diagnostics {
		s += " [" + d.Code + "]"
	}
	if len(a.Edit) > 0 {
		s += " " + string(a.Edit)
	}
	if a.Command.Command != "" {
		s += " " + a.Command.Command + string(a.Command.Arguments[0])
	}
	return s
}

// actions asks at a line for the diagnostics given, as encoded JSON. That each problem can be ignored is tested by itself.
func (e *editor) actions(uri string, line int, diagnostics, only string) (list []action) {
	e.t.Helper()
	return slices.DeleteFunc(e.allActions(uri, line, diagnostics, only), func(a action) bool { return a.Command.Command == "goEnv.ignore" })
}

func (e *editor) allActions(uri string, line int, diagnostics, only string) (list []action) {
	e.t.Helper()
	e.call("textDocument/codeAction", fmt.Sprintf(`{"textDocument":{"uri":%q},"range":{"start":{"line":%d,"character":0},"end":{"line":%[2]d,"character":99}},"context":{"diagnostics":%s%s}}`,
		uri, line, diagnostics, only), &list)
	return list
}

func want(t *testing.T, what string, got []action, lines ...string) {
	t.Helper()
	var have []string
	for _, a := range got {
		have = append(have, a.String())
	}
	if g, w := strings.Join(have, "\n"), strings.Join(lines, "\n"); g != w {
		t.Errorf("%s: got\n%s\nwant\n%s", what, g, w)
	}
}

const (
	gomod     = "file:///src/app/go.mod"
	gomodFile = "/src/app/go.mod"
)

func TestCodeActions(t *testing.T) {
	m := newMachine("/src/app")
	m.files[goenvFile] = "error GOROOT\nwarning GOBIN manual\nhint GOTMPDIR\n"
	m.files[gomodFile] = "error GO\nerror X ask\n"
	e := connect(t, m)
	e.start(capable)
	e.published(goenvURI)
	e.published(gomod)

	fix := `quickfix Remove GOROOT preferred [test-error] goEnv.fix{"rule":"test-error","at":"/home/gopher/.config/go/env:1","subject":"var:GOROOT","fix":"remove"}`
	want(t, "by position", e.actions(goenvURI, 0, "[]", ""), fix)
	want(t, "only quick fixes", e.actions(goenvURI, 0, "[]", `,"only":["quickfix"]`), fix)
	want(t, "only refactorings", e.actions(goenvURI, 0, "[]", `,"only":["refactor"]`))
	want(t, "the machine is never fixed on save", e.actions(goenvURI, 0, "[]", `,"only":["source.fixAll"]`))
	want(t, "by its data", e.actions(goenvURI, 7, `[{"range":{"start":{"line":7,"character":0},"end":{"line":7,"character":1}},"message":"m","code":"test-error",
		"data":{"rule":"test-error","at":"/home/gopher/.config/go/env:1","subject":"var:GOROOT"}},{"code":{"value":1},"severity":null}]`, ""), fix)
	want(t, "data of yesterday", e.actions(goenvURI, 7, `[{"range":{"start":{"line":7,"character":0},"end":{"line":7,"character":1}},"message":"m","code":"test-error",
		"data":{"rule":"test-error","at":"/home/gopher/.config/go/env:9","subject":"var:GOROOT"}}]`, ""))
	want(t, "without data", e.actions(goenvURI, 7, `[{"range":{"start":{"line":0,"character":6},"end":{"line":0,"character":12}},"message":"m","code":"test-error"}]`, ""), fix)
	want(t, "by hand", e.actions(goenvURI, 1, "[]", ""),
		`quickfix Remove it [test-warning] goEnv.manual{"title":"Remove it","text":"Nobody else can.","command":"rm it"}`)
	want(t, "a hint that is not shown", e.actions(goenvURI, 2, "[]", ""))
	want(t, "nothing there", e.actions("file:///etc/passwd", 0, "[]", ""))
	want(t, "another scheme", e.actions("untitled:Untitled-1", 0, "[]", ""))

	edit := `{"documentChanges":[{"textDocument":{"uri":"file:///src/app/go.mod","version":%s},"edits":[{"range":{"start":{"line":%d,"character":0},"end":{"line":%d,"character":0}},"newText":""}]}]}`
	want(t, "workspace", e.actions(gomod, 0, "[]", ""), "quickfix Remove GO preferred [test-error] "+fmt.Sprintf(edit, "null", 0, 1))
	want(t, "to be asked", e.actions(gomod, 1, "[]", ""), `quickfix Remove X [test-error] {"documentChanges":[{"textDocument":{"uri":"file:///src/app/go.mod","version":null},`+
		`"edits":[{"range":{"start":{"line":1,"character":0},"end":{"line":2,"character":0}},"newText":"","annotationId":"ask"}]}],"changeAnnotations":{"ask":{"label":"Remove X","needsConfirmation":true}}}`)
	want(t, "fix all", e.actions(gomod, 0, "[]", `,"only":["source.fixAll"]`),
		"source.fixAll.goEnv Fix all safe Go environment problems in this file "+fmt.Sprintf(edit, "null", 0, 1))

	// The document is open and has changed before the problem: the edit moves along.
	e.notify("textDocument/didOpen", `{"textDocument":{"uri":"file:///src/app/go.mod","languageId":"go.mod","version":3,"text":"error GO\nerror X ask\n"}}`)
	e.notify("textDocument/didChange", `{"textDocument":{"uri":"file:///src/app/go.mod","version":4},"contentChanges":[{"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"text":"// 😀\r\n\r"}]}`)
	want(t, "moved", e.actions(gomod, 2, "[]", ""), "quickfix Remove GO preferred [test-error] "+fmt.Sprintf(edit, "4", 2, 3))
	// And at the problem: nothing is offered until it is saved.
	e.notify("textDocument/didChange", `{"textDocument":{"uri":"file:///src/app/go.mod","version":5},"contentChanges":[{"range":{"start":{"line":2,"character":2},"end":{"line":2,"character":3}},"text":"R"}]}`)
	want(t, "unsaved", e.actions(gomod, 2, "[]", ""))
	e.notify("textDocument/didClose", `{"textDocument":{"uri":"file:///src/app/go.mod"}}`)
	want(t, "closed", e.actions(gomod, 0, "[]", ""), "quickfix Remove GO preferred [test-error] "+fmt.Sprintf(edit, "null", 0, 1))

	var resolved map[string]any
	e.call("codeAction/resolve", `{"title":"Remove GO","kind":"quickfix","data":{"a":1}}`, &resolved)
	if resolved["title"] != "Remove GO" {
		t.Errorf("resolved %v", resolved)
	}
}

// A client that knows nothing but plain edits.
func TestPlainEdit(t *testing.T) {
	m := newMachine("/src/app")
	m.files[gomodFile] = "error X ask\n"
	e := connect(t, m)
	e.start(`{"capabilities":{}}`)
	e.published(gomod)
	want(t, "plain", e.actions(gomod, 0, "[]", ""),
		`quickfix Remove X [test-error] {"changes":{"file:///src/app/go.mod":[{"range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}},"newText":""}]}}`)
}

func TestFixAndUndo(t *testing.T) {
	m := newMachine("/src/app")
	const text = "error GOROOT\r\nerror Y ask\nwarning Z manual\n"
	m.files[goenvFile] = text
	e := connect(t, m)
	e.start(strings.Replace(capable, `"capabilities":{`, `"capabilities":{"window":{"workDoneProgress":true},`, 1))
	e.published(goenvURI)

	const request = `{"rule":"test-error","at":"/home/gopher/.config/go/env:1","subject":"var:GOROOT","fix":"remove"}`
	var preview struct {
		Title, Safety, Diff string
		Files               []struct{ At, Label, Old, New string }
	}
	e.call("goEnv/preview", request, &preview)
	if preview.Title != "Remove GOROOT" || preview.Safety != "safe" || len(preview.Files) != 1 || preview.Files[0].Label != "~/.config/go/env" ||
		!strings.Contains(preview.Diff, "-error GOROOT") || preview.Files[0].New == "" {
		t.Errorf("preview: %+v", preview)
	}
	if m.files[goenvFile] != text {
		t.Fatalf("the preview changed the machine")
	}

	// The client is asked for progress, and has the new diagnostics before the answer.
	id := e.send("workspace/executeCommand", `{"command":"goEnv.fix","arguments":[`+request+`]}`)
	create := e.wait("progress", func(m message) bool { return m.Method == "window/workDoneProgress/create" })
	e.raw(frame(`{"jsonrpc":"2.0","id":` + string(create.ID) + `,"result":null}`))
	if m := e.wait("progress", func(m message) bool { return m.Method == "$/progress" }); !strings.Contains(string(m.Params), `"kind":"begin"`) {
		t.Errorf("progress: %s", m.Params)
	}
	next := e.wait("what comes first", func(m message) bool {
		return m.Method == "textDocument/publishDiagnostics" || string(m.ID) == id
	})
	if next.Method == "" || strings.Contains(string(next.Params), "GOROOT") {
		t.Errorf("got %s %s before the new diagnostics", next.Method, next.Params)
	}
	var receipt struct {
		ID, Title, Message string
		Applied            []string
		Stale              []struct{ What, Message string }
	}
	answer := e.reply(id)
	if err := json.Unmarshal(answer.Result, &receipt); err != nil || receipt.Title != "Remove GOROOT" || fmt.Sprint(receipt.Applied) != "[/home/gopher/.config/go/env]" {
		t.Errorf("receipt: %s, %+v", answer.Result, answer.Error)
	}
	if got := m.files[goenvFile]; got != "error Y ask\nwarning Z manual\n" {
		t.Errorf("the file holds %q", got)
	}

	// It is gone now, and what is by hand is by hand.
	e.raw(frame(`{"jsonrpc":"2.0","id":"again","method":"workspace/executeCommand","params":{"command":"goEnv.fix","arguments":[` + request + `],"workDoneToken":5}}`))
	if m := e.reply(`"again"`); m.Error == nil || m.Error.Code != -32803 || !strings.Contains(m.Error.Message, "no longer offered") {
		t.Errorf("again: %+v", m.Error)
	}
	e.refused("goEnv/preview", `{"rule":"test-warning","at":"/home/gopher/.config/go/env:2","fix":"explain"}`, -32803)
	for _, bad := range []string{`{"command":"goEnv.fix"}`, `{"command":"goEnv.fix","arguments":[]}`, `{"command":"goEnv.fix","arguments":[7]}`,
		`{"command":"goEnv.fix","arguments":[{}]}`, `{"command":"goEnv.undo","arguments":[{"id":7}]}`} {
		e.refused("workspace/executeCommand", bad, -32602)
	}

	e.raw(frame(`{"jsonrpc":"2.0","id":"undo","method":"workspace/executeCommand","params":{"command":"goEnv.undo","workDoneToken":"u"}}`))
	if got := e.published(goenvURI); len(got) != 3 {
		t.Errorf("after undo: %v", got)
	}
	if m := e.reply(`"undo"`); m.Error != nil {
		t.Errorf("undo: %+v", m.Error)
	}
	if m.files[goenvFile] != text {
		t.Errorf("undo left %q", m.files[goenvFile])
	}
	e.raw(frame(`{"jsonrpc":"2.0","id":"undo2","method":"workspace/executeCommand","params":{"command":"goEnv.undo","arguments":[{"id":"77"}],"workDoneToken":"u"}}`))
	if m := e.reply(`"undo2"`); m.Error == nil || m.Error.Code != -32803 {
		t.Errorf("undo of nothing: %+v", m)
	}
	e.call("workspace/executeCommand", `{"command":"goEnv.manual","arguments":[{"title":"T","text":"Do it.","command":"rm"}]}`, nil)
	if m := e.wait("message", func(m message) bool { return m.Method == "window/showMessage" }); !strings.Contains(string(m.Params), `T. Do it.\nrm`) {
		t.Errorf("manual: %s", m.Params)
	}
}

// Fixes are made one after the other; one that has not begun can be cancelled, one that has begun is finished even if the
// editor goes.
func TestFixQueue(t *testing.T) {
	m := newMachine("/src/app")
	m.files[goenvFile] = "error A\nerror B\nerror C\n"
	e := connect(t, m)
	e.start(capable)
	e.published(goenvURI)
	e.none() // the watch's own pass is over
	// Jobs wait for the recovery at the start, and one that waits can be cancelled.
	e.reply(e.send("workspace/executeCommand", `{"command":"goEnv.undo","arguments":[{}]}`))
	hold := make(chan struct{})
	m.set(func() { m.hold = hold })
	send := func(name string, line int) string {
		return e.send("workspace/executeCommand", fmt.Sprintf(`{"command":"goEnv.fix","workDoneToken":%q,"arguments":[{"rule":"test-error","at":"/home/gopher/.config/go/env","subject":"var:%[1]s","fix":"remove"}]}`, name))
	}
	a, b := send("A", 1), send("B", 2)
	e.notify("$/cancelRequest", `{"id":`+a+`}`)
	e.notify("$/cancelRequest", `{"id":`+b+`}`)
	if m := e.reply(b); m.Error == nil || m.Error.Code != -32800 {
		t.Errorf("cancelled while it waits: %+v", m)
	}
	down := e.send("shutdown", `null`)
	time.AfterFunc(20*time.Millisecond, func() {
		m.set(func() { m.hold = nil })
		close(hold)
	})
	if m := e.reply(a); m.Error != nil {
		t.Errorf("cancelled while it runs: %+v", m.Error)
	}
	if m := e.reply(down); m.Error != nil {
		t.Errorf("shutdown: %+v", m.Error)
	}
	m.mu.Lock()
	got := m.files[goenvFile]
	m.mu.Unlock()
	if got != "error B\nerror C\n" {
		t.Errorf("the file holds %q", got)
	}
}

func TestOrder(t *testing.T) {
	m := newMachine("/src/app")
	m.files[gomodFile] = strings.Repeat("x", 5000) + "\nerror GO\n"
	e := connect(t, m)
	e.start(capable)
	e.published(gomod)
	e.notify("textDocument/didOpen", `{"textDocument":{"uri":"file:///src/app/go.mod","languageId":"go.mod","version":0,"text":""}}`)
	// Typed one by one, each at the end of what is there: any other order gives another text, and then no edit fits.
	for i, c := range strings.Repeat("x", 5000) {
		e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":"file:///src/app/go.mod","version":%d},"contentChanges":[{"range":{"start":{"line":0,"character":%d},"end":{"line":0,"character":%[2]d}},"text":"%c"}]}`, i+1, i, c))
	}
	e.notify("textDocument/didChange", `{"textDocument":{"uri":"file:///src/app/go.mod","version":6000},"contentChanges":[{"range":{"start":{"line":0,"character":5000},"end":{"line":0,"character":5000}},"text":"\nerror GO\n"}]}`)
	got := e.actions(gomod, 1, "[]", "")
	if len(got) != 1 || !strings.Contains(string(got[0].Edit), `"version":6000`) {
		t.Errorf("got %v", got)
	}
}

// A client that writes and does not read cannot stop the server from noticing that its input has ended.
func TestDeafClient(t *testing.T) {
	e := connect(t, newMachine("/src/app"))
	e.call("initialize", capable, nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 20000 {
			e.raw(frame(`{"jsonrpc":"2.0","id":1,"method":"what"}`))
		}
		e.in.Close()
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the server does not read any more")
	}
	e.exited(1)
}
