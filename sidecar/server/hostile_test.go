package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// said is what the server says to raw bytes that follow initialize, as bodies; a shutdown and exit end it.
func said(t *testing.T, raw string) (bodies []string) {
	t.Helper()
	var out bytes.Buffer
	in := frame(`{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"capabilities":{}}}`) + raw +
		frame(`{"jsonrpc":"2.0","id":"down","method":"shutdown"}`) + frame(`{"jsonrpc":"2.0","method":"exit"}`)
	if code := Serve(strings.NewReader(in), &out, Config{Host: func(InitInfo) host.Host { return newMachine() }, Journal: fix.Open(""), Log: t.Output()}); code != 0 {
		t.Errorf("exit code %d", code)
	}
	ends := 0
	for rest := out.String(); rest != ""; {
		var n int
		if _, err := fmt.Sscanf(rest, "Content-Length: %d\r\n\r\n", &n); err != nil {
			t.Fatalf("no frame: %.100q", rest)
		}
		_, rest, _ = strings.Cut(rest, "\r\n\r\n")
		body := rest[:n]
		rest = rest[n:]
		if !json.Valid([]byte(body)) || strings.ToValidUTF8(body, "?") != body {
			t.Errorf("no JSON: %.100q", body)
		}
		if strings.HasPrefix(body, `{"jsonrpc":"2.0","id":"init","result":{`) || body == `{"jsonrpc":"2.0","id":"down","result":null}` {
			ends++
		} else {
			bodies = append(bodies, body)
		}
	}
	if ends != 2 {
		t.Fatalf("initialize and shutdown are not answered: %.300q", out.String())
	}
	return bodies
}

// outcome is an answer as id:code, the code being 0 for a result; a notification is its method.
func outcome(t *testing.T, body string) string {
	t.Helper()
	var m message
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("%.200s: %v", body, err)
	}
	switch {
	case m.Method != "":
		return m.Method
	case m.Error != nil:
		if m.Error.Message == "" {
			t.Errorf("an error without message: %s", body)
		}
		return fmt.Sprintf("%s:%d", m.ID, m.Error.Code)
	}
	return string(m.ID) + ":0"
}

// A batch is answered as JSON-RPC 2.0 says: https://www.jsonrpc.org/specification#batch.
func TestBatch(t *testing.T) {
	const unknown = `{"jsonrpc":"2.0","id":1,"method":"a"}`
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"one":                {`[` + unknown + `]`, []string{`[1:-32601]`}},
		"blanks before":      {" \r\n\t[" + unknown + `]`, []string{`[1:-32601]`}},
		"empty":              {`[]`, []string{`null:-32600`}},
		"cut off":            {`[` + unknown + `,`, []string{`null:-32700`}},
		"invalid":            {`[1]`, []string{`[null:-32600]`}},
		"invalid ones":       {`[1,"x",null,[],{}]`, []string{`[null:-32600 null:-32600 null:-32600 null:-32600 null:-32600]`}},
		"a batch in a batch": {`[[` + unknown + `]]`, []string{`[null:-32600]`}},
		"notifications":      {`[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"$/b"}]`, nil},
		"responses":          {`[{"jsonrpc":"2.0","id":7,"result":null},{"jsonrpc":"2.0","id":8,"error":{"code":1,"message":""}}]`, nil},
		"all kinds":          {`[{"jsonrpc":"2.0","method":"a"},` + unknown + `,{"jsonrpc":"2.0","id":9,"result":1},7,{"jsonrpc":"1.0","id":"x","method":"b"}]`, []string{`[null:-32600 "x":-32600 1:-32601]`}},
		"one id twice":       {`[` + unknown + `,` + unknown + `]`, []string{`[1:-32601 1:-32601]`}},
		"waits for the last": {`[{"jsonrpc":"2.0","id":2,"method":"goEnv/preview","params":{"allSafe":true}},` + unknown + `]`, []string{`[1:-32601 2:-32800]`}},
		"too many":           {`[1` + strings.Repeat(",1", maxBatch) + `]`, []string{`null:-32600`}},
		"deep":               {strings.Repeat("[", 100000) + strings.Repeat("]", 100000), []string{`null:-32700`}},
		"deep and cut off":   {strings.Repeat(`[{"a":`, 50000), []string{`null:-32700`}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, body := range said(t, frame(c.body)) {
				if body[0] != '[' {
					got = append(got, outcome(t, body))
					continue
				}
				var list []json.RawMessage
				if err := json.Unmarshal([]byte(body), &list); err != nil {
					t.Fatalf("%s: %v", body, err)
				}
				var all []string
				for _, raw := range list {
					all = append(all, strings.Replace(outcome(t, string(raw)), "2:-32803", "2:-32800", 1)) // nothing to fix, or the end cancelled it
				}
				got = append(got, "["+strings.Join(all, " ")+"]")
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Headers and envelopes that are unusual, and those that are wrong.
func TestFrames(t *testing.T) {
	const body = `{"jsonrpc":"2.0","id":1,"method":"a"}`
	n := len(body)
	for name, c := range map[string]struct{ raw, want string }{
		"lower case":              {fmt.Sprintf("content-length: %d\r\n\r\n%s", n, body), "1:-32601"},
		"no blank":                {fmt.Sprintf("Content-Length:%d\r\n\r\n%s", n, body), "1:-32601"},
		"blanks":                  {fmt.Sprintf("Content-Length: \t%d  \r\n\r\n%s", n, body), "1:-32601"},
		"type first":              {fmt.Sprintf("Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", n, body), "1:-32601"},
		"type last, quoted":       {fmt.Sprintf("Content-Length: %d\r\ncontent-type: application/vscode-jsonrpc; charset=\"UTF8\"\r\n\r\n%s", n, body), "1:-32601"},
		"other fields":            {fmt.Sprintf("X-A: b\r\nContent-Length: %d\r\nX-Content-Length: 5\r\nX: Content-Length: 7\r\n\r\n%s", n, body), "1:-32601"},
		"LF":                      {fmt.Sprintf("Content-Length: %d\n\n%s", n, body), "1:-32601"},
		"twice":                   {fmt.Sprintf("Content-Length: 3\r\nContent-Length: %d\r\n\r\n%s", n, body), "1:-32601"},
		"blank lines before":      {"\r\n\n\r\n" + frame(body), "1:-32601"},
		"garbage before":          {"hello\r\n" + frame(body), "null:-32700 1:-32601"},
		"binary on its line":      {"\x00\x01\xff\xfe" + frame(body), "1:-32601"}, // as after a body that was longer than announced
		"BOM before":              {"\ufeff" + frame(body), "1:-32601"},
		"a long field":            {"X: " + strings.Repeat("x", 200000) + "\r\n" + frame(body), "1:-32601"},
		"ten thousand fields":     {strings.Repeat("X: y\r\n", 10000) + frame(body), "1:-32601"},
		"no length":               {"X: y\r\n\r\n" + frame(body), "null:-32700 1:-32601"},
		"hexadecimal length":      {"Content-Length: 0x10\r\n\r\n" + frame(body), "null:-32700 1:-32601"},
		"length with a fraction":  {"Content-Length: 10.5\r\n\r\n" + frame(body), "null:-32700 1:-32601"},
		"length 2^63":             {"Content-Length: 9223372036854775808\r\n\r\n" + frame(body), "null:-32700 1:-32601"},
		"blanks around":           {frame(" \n" + body + "\r\n\t "), "1:-32601"},
		"NUL in a string":         {frame("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\x00\"}"), "null:-32700"},
		"no UTF-8":                {frame("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\xff\"}"), "1:-32601"},
		"no UTF-8 in the id":      {frame("{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"a\"}"), "\"\ufffd\":-32601"},
		"half a surrogate":        {frame(`{"jsonrpc":"2.0","id":1,"method":"\ud800"}`), "1:-32601"},
		"half a surrogate as id":  {frame(`{"jsonrpc":"2.0","id":"\ud800","method":"a"}`), "\"\ufffd\":-32601"},
		"negative id":             {frame(`{"jsonrpc":"2.0","id":-1,"method":"a"}`), "-1:-32601"},
		"largest id":              {frame(`{"jsonrpc":"2.0","id":9223372036854775807,"method":"a"}`), "9223372036854775807:-32601"},
		"larger id":               {frame(`{"jsonrpc":"2.0","id":9223372036854775808,"method":"a"}`), "null:-32600"},
		"id with an exponent":     {frame(`{"jsonrpc":"2.0","id":1e2,"method":"a"}`), "null:-32600"},
		"empty id":                {frame(`{"jsonrpc":"2.0","id":"","method":"a"}`), `"":-32601`},
		"id null":                 {frame(`{"jsonrpc":"2.0","id":null,"method":"a"}`), "null:-32600"},
		"id true":                 {frame(`{"jsonrpc":"2.0","id":true,"method":"a"}`), "null:-32600"},
		"id a list":               {frame(`{"jsonrpc":"2.0","id":[1],"method":"a"}`), "null:-32600"},
		"id twice":                {frame(`{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}`), "2:-32601"},
		"id in the params alone":  {frame(`{"jsonrpc":"2.0","method":"a","params":{"id":null}}`), ""},
		"version a number":        {frame(`{"jsonrpc":2.0,"id":1,"method":"a"}`), "1:-32600"},
		"version 3":               {frame(`{"jsonrpc":"3.0","id":1,"method":"a"}`), "1:-32600"},
		"a notification without":  {frame(`{"method":"a"}`), "null:-32600"},
		"method null":             {frame(`{"jsonrpc":"2.0","id":1,"method":null}`), "null:-32600"},
		"method empty":            {frame(`{"jsonrpc":"2.0","id":1,"method":""}`), "1:-32601"},
		"method of a megabyte":    {frame(`{"jsonrpc":"2.0","id":1,"method":"` + strings.Repeat("m", 1<<20) + `"}`), "1:-32601"},
		"unknown, may be ignored": {frame(`{"jsonrpc":"2.0","id":1,"method":"$/a"}`), "1:-32601"},
		"exit as a request":       {frame(`{"jsonrpc":"2.0","id":1,"method":"exit"}`), "1:-32601"},
		"shutdown as no request":  {frame(`{"jsonrpc":"2.0","method":"shutdown"}`), ""},
		"initialize again":        {frame(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}`), "1:-32600"},
		"a result and an error":   {frame(`{"jsonrpc":"2.0","id":1,"result":1,"error":{}}`), "null:-32600"},
		"a result and a method":   {frame(`{"jsonrpc":"2.0","id":1,"result":1,"method":"a"}`), "1:-32600"},
		"an error that is none":   {frame(`{"jsonrpc":"2.0","id":1,"error":7}`), "null:-32600"},
		"a result of nothing":     {frame(`{"jsonrpc":"2.0","id":12345,"result":{}}`), ""},
		"a string":                {frame(`"a"`), "null:-32600"},
		"null":                    {frame(`null`), "null:-32600"},
		"blanks alone":            {frame("   "), "null:-32700"},
		"cut off by a header":     {"Content-Length: 500\r\n\r\n{\"jsonrpc\":" + strings.Repeat(" ", 429) + frame(body), "null:-32700 1:-32601"},
		"more than was announced": {"Content-Length: 2\r\n\r\n" + body + frame(body), "null:-32700 1:-32601"},
		"nine thousand levels":    {frame(`{"jsonrpc":"2.0","id":1,"method":"codeAction/resolve","params":` + strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000) + `}`), "1:0"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, body := range said(t, c.raw) {
				if len(body) > 100000 {
					t.Errorf("an answer of %d bytes", len(body))
				}
				got = append(got, outcome(t, body))
			}
			if got := strings.Join(got, " "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

var requests = []string{protocol.MethodInitialize, protocol.MethodTextDocumentCodeAction, protocol.MethodCodeActionResolve, protocol.MethodTextDocumentHover,
	protocol.MethodTextDocumentDefinition, protocol.MethodTextDocumentCodeLens, protocol.MethodTextDocumentFoldingRange, protocol.MethodTextDocumentDocumentSymbol,
	protocol.MethodWorkspaceTextDocumentContent, protocol.MethodWorkspaceExecuteCommand,
	wire.MethodDiagnose, wire.MethodPreview, wire.MethodDocument, wire.MethodPreviewSave, wire.MethodPreviewLocate,
	wire.MethodFixes, wire.MethodExplain, wire.MethodHistory, wire.MethodIgnored, wire.MethodRecord}

var notifications = []string{protocol.MethodInitialized, protocol.MethodSetTrace, protocol.MethodCancelRequest, protocol.MethodTextDocumentDidOpen, protocol.MethodTextDocumentDidChange,
	protocol.MethodTextDocumentDidClose, protocol.MethodTextDocumentDidSave, protocol.MethodWorkspaceDidChangeWatchedFiles, protocol.MethodWorkspaceDidChangeConfiguration,
	protocol.MethodWorkspaceDidChangeWorkspaceFolders, protocol.MethodWindowWorkDoneProgressCancel, protocol.MethodProgress}

// unstructured is parameters that JSON-RPC does not know, or no method has.
var unstructured = []string{`7`, `-1e400`, `"x"`, `true`, `[]`, `[{}]`, `[null,7]`}

// nonsense is parameters that fit few methods or none.
var nonsense = append([]string{``, `null`, `{}`, `{"":{}}`,
	`{"textDocument":null}`, `{"textDocument":7}`, `{"textDocument":[]}`, `{"textDocument":{}}`, `{"textDocument":{"uri":7}}`, `{"textDocument":{"uri":""}}`,
	`{"textDocument":{"uri":"file:///%zz"},"position":{"line":-1,"character":0}}`,
	`{"textDocument":{"uri":"file:///x"},"position":{"line":4294967296,"character":1e99},"range":7}`,
	`{"textDocument":{"uri":"file:///x","version":"x","text":7,"languageId":[]},"contentChanges":7}`,
	`{"textDocument":{"uri":"file:///x","version":1},"contentChanges":[7,null,{"range":[]}]}`,
	`{"workDoneToken":{}}`, `{"workDoneToken":1.5}`, `{"workDoneToken":null,"partialResultToken":[]}`, `{"token":{}}`, `{"token":null}`,
	`{"command":7,"arguments":7}`, `{"command":"goEnv.fix"}`, `{"command":"goEnv.fix","arguments":[7]}`, `{"command":"goEnv.fix","arguments":[null]}`, `{"command":"goEnv.undo","arguments":["x"]}`,
	`{"command":"goEnv.undo","arguments":[{"id":"../../x"}]}`, `{"command":"goEnv.save","arguments":[{}]}`, `{"command":"goEnv.manual","arguments":[[]]}`, `{"command":"goEnv.ignore","arguments":[1]}`, `{"command":"goEnv.ignore","arguments":[{}]}`,
	`{"command":"goEnv.unignore","arguments":[{"rule":"x"}]}`, `{"command":"goEnv.locate","arguments":[{"name":"","file":"\u0000"}]}`, `{"command":"goEnv.chooseFix"}`, `{"limit":-1}`, `{"text":7}`, `{"text":"\ud800"}`,
	`{"rule":7}`, `{"rule":"x","fix":"y","at":"z"}`, `{"allSafe":"yes"}`, `{"uri":7}`, `{"uri":"go-env:/"}`, `{"uri":"go-env:/registry/%00/../..","text":"\ud800"}`,
	`{"event":7}`, `{"event":{"added":7,"removed":null}}`, `{"event":{"added":[{"uri":7}],"removed":[{"uri":"\u0000"}]}}`, `{"event":{"added":[{"uri":"untitled:x"}],"removed":[{"uri":"file:///nowhere"}]}}`,
	`{"changes":[{"uri":"file:///%","type":99}]}`, `{"settings":7}`, `{"value":null}`, `{"value":7}`, `{"value":"x"}`, `{"id":1.5}`, `{"id":null}`, `{"id":{}}`}, unstructured...)

// Parameters of any type get an answer, each request one; none ends the server or is an internal problem.
func TestNonsense(t *testing.T) {
	m := newMachine("/src/app")
	m.files[goenvFile] = "error GOROOT\n"
	e := connect(t, m)
	for _, params := range append([]string{``, `null`, `{"capabilities":7}`, `{"processId":"x"}`, `{"workspaceFolders":[7]}`}, unstructured...) {
		if got := e.outcome("initialize", params); got != jsonrpc2.InvalidParams {
			t.Errorf("initialize %s: %d", params, got)
		}
	}
	e.call("initialize", `{}`, nil)
	for _, params := range nonsense {
		for _, method := range notifications {
			e.say(method, params)
		}
		for _, method := range append([]string{"a", "$/a"}, requests...) {
			switch got := e.outcome(method, params); {
			case (got == jsonrpc2.MethodNotFound) != (method == "a" || method == "$/a"), got == jsonrpc2.InternalError:
				t.Errorf("%s %s: %d", method, params, got)
			case method == "a", method == "$/a", method == "initialize":
			case slices.Contains(unstructured, params) && got != jsonrpc2.InvalidParams:
				t.Errorf("%s %s: %d, want %d", method, params, got, jsonrpc2.InvalidParams)
			}
		}
	}
	e.call("shutdown", `[7]`, nil)
	for _, method := range requests {
		if got := e.outcome(method, `{}`); got != jsonrpc2.InvalidRequest {
			t.Errorf("%s after shutdown: %d", method, got)
		}
	}
	e.notify("exit", `7`)
	e.exited(0)
}

// say sends a notification; params is JSON, or empty for none.
func (e *editor) say(method, params string) {
	e.t.Helper()
	if params != "" {
		params = `,"params":` + params
	}
	e.raw(frame(fmt.Sprintf(`{"jsonrpc":"2.0","method":%q%s}`, method, params)))
}

// outcome sends a request and returns the code of the answer, 0 for a result.
func (e *editor) outcome(method, params string) jsonrpc2.Code {
	e.t.Helper()
	if params != "" {
		params = `,"params":` + params
	}
	e.next++
	e.raw(frame(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q%s}`, e.next, method, params)))
	m := e.reply(strconv.Itoa(e.next))
	if m.Error == nil {
		return 0
	}
	return jsonrpc2.Code(m.Error.Code)
}

// Names of documents of all kinds are told apart, or mean nothing; a document that is not open is not changed.
func TestDocumentNames(t *testing.T) {
	m := newMachine("/src/app")
	m.files[gomodFile] = "error GOROOT\n"
	e := connect(t, m)
	e.start(capable)
	e.published(gomod)
	for _, u := range []string{"", "x", ":", "file:", "file://", "file:///", "file:///%", "file:///%zz%00", "file:///c%3A/x", `c:\\x\\go.mod`, "untitled:Untitled-1", "untitled:", "http://[::1/x", "file://server/share/x",
		"go-env:/environment", "go-env:", "go-env:/registry", "vscode-userdata:/x", "file:///" + strings.Repeat("x", 1<<20), "file:///src/app/../app/go.mod", `\ud800`, `file:///\u0000`} {
		e.say("textDocument/didClose", `{"textDocument":{"uri":"`+u+`"}}`)
		e.say("textDocument/didChange", `{"textDocument":{"uri":"`+u+`","version":2},"contentChanges":[{"text":"x"}]}`)
		e.say("textDocument/didOpen", `{"textDocument":{"uri":"`+u+`","languageId":"x","version":1,"text":"x"}}`)
		e.say("textDocument/didChange", `{"textDocument":{"uri":"`+u+`","version":2},"contentChanges":[{"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":1}},"text":"y"}]}`)
		if got := e.outcome("textDocument/codeAction", `{"textDocument":{"uri":"`+u+`"},"range":{"start":{"line":0,"character":0},"end":{"line":4294967295,"character":4294967295}},"context":{"diagnostics":[]}}`); got != 0 {
			t.Errorf("%.100s: %d", u, got)
		}
		for range 2 {
			e.say("textDocument/didClose", `{"textDocument":{"uri":"`+u+`"}}`)
		}
	}
	for range 2 {
		e.say("workspace/didChangeWorkspaceFolders", `{"event":{"added":[{"uri":"file:///src/b","name":"b"},{"uri":"untitled:x","name":""}],"removed":[{"uri":"file:///src/app","name":"app"},{"uri":"file:///src/app","name":"app"}]}}`)
	}
	e.call("goEnv/diagnose", `{}`, nil)
	if got := fmt.Sprint(e.init.Folders); got != "[/src/b]" {
		t.Errorf("folders %s", got)
	}
}

// Changes that reach beyond the text, turn round, overlap, or do not decode leave the text that the client has.
func TestChanges(t *testing.T) {
	span := func(l1, c1, l2, c2 int) string {
		return fmt.Sprintf(`"range":{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}}`, l1, c1, l2, c2)
	}
	for name, c := range map[string]struct{ text, changes, want string }{
		"one":                      {"ab\ncd", `{` + span(0, 1, 1, 1) + `,"text":"X"}`, "aXd"},
		"beyond":                   {"ab\ncd", `{` + span(0, 99, 99, 99) + `,"text":"X"}`, "abX"},
		"far beyond":               {"ab\ncd", `{` + span(4294967295, 4294967295, 4294967295, 4294967295) + `,"text":"X"}`, "ab\ncdX"},
		"turned round":             {"ab\ncd", `{` + span(1, 1, 0, 0) + `,"text":"X"}`, "ab\ncXd"},
		"overlapping, in turn":     {"abcd", `{` + span(0, 0, 0, 2) + `,"text":"X"},{` + span(0, 0, 0, 2) + `,"text":"Y"}`, "Yd"},
		"whole, then a part":       {"abcd", `{"text":"12"},{` + span(0, 1, 0, 1) + `,"text":"X"}`, "1X2"},
		"range null is the whole":  {"abcd", `{"range":null,"text":"X"}`, "X"},
		"rangeLength is ignored":   {"abcd", `{` + span(0, 1, 0, 2) + `,"rangeLength":-99,"text":"X"}`, "aXcd"},
		"negative":                 {"abcd", `{"text":"X"},{` + span(-1, 0, 0, 0) + `,"text":"Y"}`, "abcd"},
		"2^32":                     {"abcd", `{` + span(0, 0, 4294967296, 0) + `,"text":"Y"}`, "abcd"},
		"no text":                  {"abcd", `{"text":"X"},{}`, "abcd"},
		"text no string":           {"abcd", `{"text":7}`, "abcd"},
		"none":                     {"abcd", ``, "abcd"},
		"inside a surrogate pair":  {"😀b", `{` + span(0, 1, 0, 2) + `,"text":"X"}`, "Xb"},
		"after half a surrogate":   {"abcd", `{"text":"\ud800b\udc00\ud800"},{` + span(0, 1, 0, 2) + `,"text":"X"},{` + span(0, 3, 0, 4) + `,"text":"Y"}`, "\ufffdX\ufffdY"},
		"halves do not join":       {"x", `{"text":"\ud83d"},{` + span(0, 1, 0, 1) + `,"text":"\ude00"},{` + span(0, 1, 0, 2) + `,"text":"Y"}`, "\ufffdY"},
		"between CR and LF":        {"a\r\nb", `{` + span(0, 2, 1, 0) + `,"text":"X"}`, "aXb"},
		"CR alone ends a line":     {"a\rb\r\nc\nd", `{` + span(3, 0, 3, 1) + `,"text":"X"}`, "a\rb\r\nc\nX"},
		"larger than what is read": {"a", `{"text":"` + strings.Repeat("x", host.MaxText+1) + `"},{` + span(0, 0, 0, 1) + `,"text":"y"}`, ""},
		"and small again":          {"a", `{"text":"` + strings.Repeat("x", host.MaxText+1) + `"},{"text":"small"}`, "small"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &buffer{}
			b.set(c.text)
			p, err := decodeParams[changes](jsonrpc2.RawMessage(`{"textDocument":{"uri":"file:///x","version":null},"contentChanges":[`+c.changes+`]}`), false)
			if err == nil {
				b.obey(utf16enc, p)
			}
			if b.text != c.want {
				t.Errorf("got %.100q, want %q", b.text, c.want)
			}
		})
	}
}

// Ten thousand changes are made in their order, in bounded time.
func TestManyChanges(t *testing.T) {
	m := newMachine("/src/app")
	m.files[gomodFile] = "error GOROOT\n"
	e := connect(t, m)
	e.start(capable)
	e.published(gomod)
	e.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": gomod, "languageId": "go.mod", "version": 0, "text": strings.Repeat("// a line\n", 2000)}})
	start := time.Now()
	for i := range 10000 { // types the text of the file below that, a character at a time, over and over
		const text = "error GOROOT"
		k := i % len(text)
		e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":%d},"contentChanges":[{"range":{"start":{"line":2000,"character":%d},"end":{"line":2000,"character":%d}},"text":%q}]}`,
			gomod, i+1, k, k+1, text[k:k+1]))
	}
	e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":10001},"contentChanges":[{"range":{"start":{"line":2000,"character":12},"end":{"line":2001,"character":0}},"text":"\n"}]}`, gomod))
	got := e.actions(gomod, 2000, "[]", "")
	if len(got) != 1 || !strings.Contains(string(got[0].Edit), `"version":10001`) || !strings.Contains(string(got[0].Edit), `"start":{"line":2000,"character":0},"end":{"line":2001,"character":0}`) {
		t.Errorf("got %v", got)
	}
	if d := time.Since(start); d > time.Minute {
		t.Errorf("took %v", d)
	}
}

// Requests that come without a pause have one answer each, those that were cancelled, too.
func TestPipelined(t *testing.T) {
	m := newMachine("/src/app")
	m.files[goenvFile] = "error GOROOT\n"
	e := connect(t, m)
	e.start(capable)
	const n = 10000
	var all strings.Builder
	for i := range n {
		all.WriteString(frame(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"textDocument/codeAction","params":{"textDocument":{"uri":%q},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"context":{"diagnostics":[]}}}`, i+100, goenvURI)))
		all.WriteString(frame(fmt.Sprintf(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":%d}}`, i+100)))
	}
	go io.WriteString(e.in, all.String())
	seen := map[string]bool{}
	for range n {
		m := e.wait("answer", func(m message) bool { return m.Method == "" })
		if seen[string(m.ID)] || m.Error != nil && m.Error.Code != -32800 {
			t.Fatalf("%s: again, or %+v", m.ID, m.Error)
		}
		seen[string(m.ID)] = true
	}
}

// A process is the real program: what its pipes and its memory do is not seen from inside.
type process struct {
	*exec.Cmd
	in, out, log *os.File
	ended        chan struct{}
}

// program is the one that TEST_SIDECAR names, or one that is built now.
var program = sync.OnceValues(func() (string, error) {
	if name := os.Getenv("TEST_SIDECAR"); name != "" {
		return name, nil
	}
	dir, err := os.MkdirTemp("", "go-env-doctor-hostile-")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "go-env-doctor")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", name, "..").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building: %w\n%s", err, out)
	}
	return name, nil
})

func start(t *testing.T) *process {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program")
	}
	name, err := program()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "goenv"), []byte("GOROOT=/nonexistent-go\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(name, "serve", "--stdio"), ended: make(chan struct{})}
	p.Env = append(os.Environ(), "HOME="+home, "USERPROFILE="+home, "XDG_CONFIG_HOME="+filepath.Join(home, "config"), "LOCALAPPDATA="+home, "GOENV="+filepath.Join(home, "goenv"))
	pipe := func() (r, w *os.File) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close(); w.Close() })
		return r, w
	}
	in, w := pipe()
	r, out := pipe()
	r2, log := pipe()
	p.in, p.out, p.log = w, r, r2
	p.Stdin, p.Stdout, p.Stderr = in, out, log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	for _, theirs := range []*os.File{in, out, log} {
		theirs.Close()
	}
	go func() {
		p.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.Process.Kill()
		<-p.ended
	})
	return p
}

func (p *process) send(bodies ...string) error {
	var b strings.Builder
	for _, body := range bodies {
		b.WriteString(frame(body))
	}
	_, err := io.WriteString(p.in, b.String())
	return err
}

// exits wants the program to end by itself, with a code.
func (p *process) exits(t *testing.T, want int) {
	t.Helper()
	select {
	case <-p.ended:
		if got := p.ProcessState.ExitCode(); got != want {
			t.Errorf("%v, want exit code %d", p.ProcessState, want)
		}
	case <-time.After(30 * time.Second):
		t.Errorf("the program still runs")
	}
}

// talk reads what the program says, and returns an editor for it.
func (p *process) talk(t *testing.T) *editor {
	e := &editor{t: t, in: p.in, got: make(chan message, 20000)}
	go e.read(p.out)
	e.call("initialize", `{"capabilities":{}}`, nil)
	e.notify("initialized", `{}`)
	e.call("goEnv/diagnose", `{}`, nil)
	return e
}

const hello = `{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"capabilities":{}}}`

// However the pipes end, the program does, or can do without.
func TestPipes(t *testing.T) {
	t.Run("input at once", func(t *testing.T) {
		p := start(t)
		p.in.Close()
		p.exits(t, 1)
	})
	t.Run("input in a header", func(t *testing.T) {
		p := start(t)
		io.WriteString(p.in, "Content-Length: 10")
		p.in.Close()
		p.exits(t, 1)
	})
	t.Run("input in a frame of 60 MB", func(t *testing.T) {
		p := start(t)
		p.send(hello)
		io.WriteString(p.in, "Content-Length: 60000000\r\n\r\n{")
		p.in.Close()
		p.exits(t, 1)
	})
	t.Run("output", func(t *testing.T) {
		p := start(t)
		p.out.Close()
		for p.send(hello) == nil { // until the program is gone
			time.Sleep(10 * time.Millisecond)
		}
		p.exits(t, 1)
	})
	t.Run("input, and nobody reads", func(t *testing.T) {
		p := start(t)
		for range 20000 {
			if err := p.send(`{"jsonrpc":"2.0","id":1,"method":"a"}`, `{"jsonrpc":"2.0","method":"b"}`); err != nil {
				t.Fatal(err)
			}
		}
		p.in.Close()
		p.exits(t, 1)
	})
	t.Run("input, while it is busy", func(t *testing.T) {
		p := start(t)
		change := `{"range":{"start":{"line":1000000,"character":0},"end":{"line":1000000,"character":0}},"text":""}`
		p.send(hello, `{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///x","languageId":"x","version":1,"text":"`+strings.Repeat(`\n`, 2000000)+`"}}}`,
			`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///x","version":1},"contentChanges":[`+strings.Repeat(change+",", 20000)+change+`]}}`)
		p.in.Close()
		p.exits(t, 1)
	})
	t.Run("log", func(t *testing.T) {
		p := start(t)
		p.log.Close()
		e := p.talk(t)
		for range 3 {
			e.notify("a", `{}`)
			e.refused("b", `{}`, -32601)
		}
		e.call("shutdown", `null`, nil)
		e.notify("exit", `null`)
		p.exits(t, 0)
	})
	t.Run("none, and nobody reads the log", func(t *testing.T) {
		p := start(t)
		e := p.talk(t)
		for range 20000 {
			e.notify("a", `{}`)
		}
		e.call("shutdown", `null`, nil)
		e.notify("exit", `null`)
		p.exits(t, 0)
	})
}

// resident is the memory of a process in MB: what it takes now, and the most that it took.
func (p *process) resident(t *testing.T) (now, most float64) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("measures memory in /proc")
	} else if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kb); err == nil {
			now = kb / 1024
		}
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kb); err == nil {
			most = kb / 1024
		}
	}
	return now, most
}

// What messages take is given back.
func TestMemory(t *testing.T) {
	p := start(t)
	p.resident(t)
	e := p.talk(t)
	before, _ := p.resident(t)
	big := strings.Repeat("x", 50_000_000)
	e.notify("textDocument/didOpen", `{"textDocument":{"uri":"file:///x","languageId":"x","version":1,"text":"`+big+`"}}`)
	for i := range 2 {
		e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":"file:///x","version":%d},"contentChanges":[{"text":"%s"}]}`, i, big))
	}
	if got := len(e.reply(e.send("codeAction/resolve", `{"data":"`+big+`"}`)).Result); got < len(big) {
		t.Errorf("resolved to %d bytes", got)
	}
	now, most := p.resident(t)
	if most > 1200 {
		t.Errorf("took %.0f MB", most)
	}
	for deadline := time.Now().Add(time.Minute); now > 2*before; time.Sleep(100 * time.Millisecond) {
		if now, _ = p.resident(t); time.Now().After(deadline) {
			t.Fatalf("%.0f MB stay of %.0f MB, %.0f MB before", now, most, before)
		}
	}
}

// What waits for a client that does not read has a bound, and all of it is there when it reads.
func TestSlowReader(t *testing.T) {
	p := start(t)
	p.resident(t)
	const n = 40000
	var all bytes.Buffer
	all.WriteString(frame(hello))
	for i := range n {
		all.WriteString(frame(fmt.Sprintf(`{"jsonrpc":"2.0","id":"%d %s","method":"a"}`, i, strings.Repeat("x", 1000))))
	}
	p.in.SetWriteDeadline(time.Now().Add(3 * time.Second))
	done, err := p.in.Write(all.Bytes())
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the program read everything: %v", err)
	}
	if now, _ := p.resident(t); now > 100 {
		t.Errorf("takes %.0f MB", now)
	}
	e := &editor{t: t, got: make(chan message, n+1)}
	go e.read(p.out)
	p.in.SetWriteDeadline(time.Time{})
	if _, err := p.in.Write(all.Bytes()[done:]); err != nil {
		t.Fatal(err)
	}
	e.reply(`"hello"`)
	for i := range n {
		if m := e.wait("answer", func(m message) bool { return m.Method == "" }); !strings.HasPrefix(string(m.ID), fmt.Sprintf(`"%d `, i)) {
			t.Fatalf("answer %d is for %.20s", i, m.ID)
		}
	}
}
