package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// The rules of these tests judge the lines of every text that was read: LEVEL NAME is a finding of that level whose range is NAME.
// A safe fix deletes the line, or with "ask" the user decides; "manual" is made by hand.
func TestMain(m *testing.M) {
	var group rules.Group
	group.Name = "test"
	for _, severity := range []rules.Severity{rules.Error, rules.Warning, rules.Info, rules.Hint} {
		group.Rules = append(group.Rules, &rules.Rule{ID: "test-" + string(severity), Severity: severity, After: []string{"test-error"}, Judge: func(j *rules.Judge) {
			texts := slices.SortedFunc(maps.Keys(j.Texts), func(a, b host.Loc) int { return strings.Compare(a.String(), b.String()) })
			for _, at := range texts {
				t := j.Texts[at]
				for n := 1; n <= t.Lines(); n++ {
					start, end, next := t.Line(n)
					i := strings.Index(t.S[start:end], string(severity)+" ")
					if i < 0 {
						continue
					}
					from := start + i + len(severity) + 1
					name, safety, _ := strings.Cut(t.S[from:end], " ")
					place := at
					place.Line = n
					f := j.Place(place, "%s is %s.", name, severity).Range(t, from, from+len(name)).About("var:" + name)
					switch safety {
					case "":
						f.Offer(rules.Fix{ID: "remove", Safety: rules.Safe, Title: "Remove " + name, Changes: []host.Change{{At: at, Start: start, End: next}}})
					case "ask":
						f.Offer(rules.Fix{ID: "remove", Safety: rules.Ask, Title: "Remove " + name, Changes: []host.Change{{At: at, Start: start, End: next}}})
					case "manual":
						f.Manual("explain", "Remove it", "Nobody else can.", "rm it")
					}
				}
			}
		}})
	}
	group.Rules[0].After = nil
	groups = []rules.Group{group}
	os.Exit(m.Run())
}

// groups judge the machines of a test.
var groups []rules.Group

// judged has the rules of the product judge the machines of this test.
func judged(t *testing.T) {
	made := groups
	groups = nil
	t.Cleanup(func() { groups = made })
}

// A machine has files and nothing else. It is watched.
type machine struct {
	mu       sync.Mutex
	sys      host.System
	files    map[string]string
	watchers map[chan host.Loc]bool
	panics   bool
	hold     chan struct{} // reads wait until it is closed, nil for not at all
	reads    int
}

func newMachine(workspace ...string) *machine {
	return &machine{
		sys: host.System{OS: "linux", User: "gopher", Home: "/home/gopher", Shell: "/bin/bash", Workspace: workspace, Trusted: true,
			Editor: host.Editor{Name: "vscode", Version: "1.139.1"}},
		files:    map[string]string{},
		watchers: map[chan host.Loc]bool{},
	}
}

func absent(name string) error { return &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist} }

func (m *machine) System() host.System                       { return m.sys }
func (m *machine) Environ() []string                         { return []string{"HOME=/home/gopher", "PATH=/usr/bin"} }
func (m *machine) View(string) []string                      { return nil }
func (m *machine) Processes() ([]host.Process, error)        { return nil, fs.ErrNotExist }
func (m *machine) Block(int) ([]string, error)               { return nil, fs.ErrNotExist }
func (m *machine) Readlink(n string) (string, error)         { return "", absent(n) }
func (m *machine) ReadDir(n string) ([]host.DirEntry, error) { return nil, absent(n) }
func (m *machine) Program(n string) (*host.Program, error)   { return nil, absent(n) }
func (m *machine) Mounts() ([]host.Mount, error)             { return nil, nil }
func (m *machine) ReadKey(k string) (*host.Key, error)       { return nil, absent(k) }
func (m *machine) Output(...string) (string, bool)           { return "", false }
func (m *machine) Extensions() ([]host.Extension, error)     { return nil, nil }
func (m *machine) Events() ([]host.Event, error)             { return nil, nil }
func (m *machine) Guests() []string                          { return nil }
func (m *machine) Guest(n string) (host.Host, error)         { return nil, absent(n) }
func (m *machine) Now() time.Time                            { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }
func (m *machine) Announce() error                           { return nil }
func (m *machine) Lstat(n string) (host.FileInfo, error)     { return m.Stat(n) }

func (m *machine) Stat(n string) (host.FileInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if text, ok := m.files[n]; ok {
		return host.FileInfo{Name: n, Mode: 0644, Size: int64(len(text)), ModTime: m.Now().Add(-time.Hour)}, nil
	}
	for name := range m.files {
		if strings.HasPrefix(name, n+"/") {
			return host.FileInfo{Name: n, Mode: 0755 | fs.ModeDir, ModTime: m.Now().Add(-time.Hour)}, nil
		}
	}
	return host.FileInfo{}, absent(n)
}

func (m *machine) ReadFile(n string) ([]byte, error) {
	m.mu.Lock()
	hold := m.hold
	m.reads++
	m.mu.Unlock()
	if hold != nil {
		<-hold
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.panics {
		panic("a disk on fire")
	}
	if text, ok := m.files[n]; ok {
		return []byte(text), nil
	}
	return nil, absent(n)
}

func (m *machine) Swap(e host.Edit) error {
	m.mu.Lock()
	old, ok := m.files[e.At.Path]
	if ok != (e.Old != nil) || ok && old != string(e.Old.Data) {
		m.mu.Unlock()
		return host.ErrConflict
	}
	m.mu.Unlock()
	if e.New == nil {
		m.write(e.At.Path, "")
	} else {
		m.write(e.At.Path, string(e.New.Data))
	}
	return nil
}

func (m *machine) Watch(ctx context.Context, at []host.Loc) (<-chan host.Loc, error) {
	ch := make(chan host.Loc, 1024)
	m.mu.Lock()
	m.watchers[ch] = true
	m.mu.Unlock()
	context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.watchers, ch)
		close(ch)
	})
	return ch, nil
}

// write changes a file, as another program would.
func (m *machine) write(name, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[name] = text
	for ch := range m.watchers {
		ch <- host.FileLoc(name, 0)
	}
}

func (m *machine) set(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

// An editor is the other end of a connection.
type editor struct {
	t     *testing.T
	in    io.WriteCloser
	got   chan message
	early []message // notifications that came before what was waited for
	code  chan int
	next  int
	init  InitInfo
}

type message struct {
	ID     json.RawMessage
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct {
		Code    int
		Message string
		Data    json.RawMessage
	}
}

// connect starts a server for a machine. It ends with the test, and nothing of it may be left then.
func connect(t *testing.T, m host.Host) *editor {
	t.Helper()
	return connectWith(t, m, Config{Journal: fix.Open("")})
}

func connectWith(t *testing.T, m host.Host, cfg Config) *editor {
	t.Helper()
	before := runtime.NumGoroutine()
	serverIn, in := io.Pipe()
	out, serverOut := io.Pipe()
	e := &editor{t: t, in: in, got: make(chan message, 10000), code: make(chan int, 1)}
	cfg.Version, cfg.Debounce, cfg.Log, cfg.Groups = "1.2.3", 5*time.Millisecond, t.Output(), groups
	cfg.Host = func(i InitInfo) host.Host {
		e.init = i
		return m
	}
	go func() {
		e.code <- Serve(serverIn, serverOut, cfg)
		serverIn.Close()
		serverOut.Close()
	}()
	go e.read(out)
	t.Cleanup(func() {
		in.Close()
		for range e.got { // until the server is gone
		}
		deadline := time.Now().Add(20 * time.Second)
		for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
		if n := runtime.NumGoroutine(); n > before {
			buf := make([]byte, 1<<20)
			t.Errorf("%d goroutines are left of %d:\n%s", n, before, buf[:runtime.Stack(buf, true)])
		}
	})
	return e
}

func (e *editor) read(out io.Reader) {
	defer close(e.got)
	r := bufio.NewReader(out)
	for {
		var n int
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if line = strings.TrimSpace(line); line == "" {
				break
			}
			if v, ok := strings.CutPrefix(line, "Content-Length: "); ok {
				n, _ = strconv.Atoi(v)
			}
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			e.t.Errorf("the server sent %q: %v", body, err)
			return
		}
		e.got <- m
	}
}

func frame(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }

func (e *editor) raw(s string) {
	e.t.Helper()
	if _, err := io.WriteString(e.in, s); err != nil {
		e.t.Fatalf("writing: %v", err)
	}
}

func encode(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// notify sends a notification; params is JSON text or a value.
func (e *editor) notify(method string, params any) {
	e.t.Helper()
	e.raw(frame(fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, encode(params))))
}

// send sends a request and returns its id.
func (e *editor) send(method string, params any) string {
	e.t.Helper()
	e.next++
	e.raw(frame(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, e.next, method, encode(params))))
	return strconv.Itoa(e.next)
}

// wait returns the next message that fits; the others stay for later.
func (e *editor) wait(what string, fits func(message) bool) message {
	e.t.Helper()
	for i, m := range e.early {
		if fits(m) {
			e.early = slices.Delete(e.early, i, i+1)
			return m
		}
	}
	timeout := time.After(30 * time.Second)
	for {
		select {
		case m, ok := <-e.got:
			if !ok {
				e.t.Fatalf("the server ended; waiting for %s", what)
			}
			if fits(m) {
				return m
			}
			e.early = append(e.early, m)
		case <-timeout:
			e.t.Fatalf("no %s; got %v", what, e.early)
		}
	}
}

func (e *editor) reply(id string) message {
	e.t.Helper()
	return e.wait("answer to "+id, func(m message) bool { return m.Method == "" && string(m.ID) == id })
}

// call sends a request and decodes its answer into result.
func (e *editor) call(method string, params, result any) {
	e.t.Helper()
	m := e.reply(e.send(method, params))
	if m.Error != nil {
		e.t.Fatalf("%s: %d %s", method, m.Error.Code, m.Error.Message)
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			e.t.Fatalf("%s: %s: %v", method, m.Result, err)
		}
	}
}

// refused sends a request and wants an error.
func (e *editor) refused(method string, params any, code int) string {
	e.t.Helper()
	m := e.reply(e.send(method, params))
	if m.Error == nil || m.Error.Code != code {
		e.t.Fatalf("%s %v: got %s, %+v, want error %d", method, params, m.Result, m.Error, code)
	}
	return m.Error.Message
}

type diagnostic struct {
	Range struct {
		Start, End struct{ Line, Character int }
	} `json:"range"`
	Severity           int             `json:"severity"`
	Code               string          `json:"code"`
	CodeDescription    json.RawMessage `json:"codeDescription"`
	Source             string          `json:"source"`
	Message            string          `json:"message"`
	RelatedInformation []struct {
		Location struct{ URI string }
		Message  string
	} `json:"relatedInformation,omitempty"`
	Data json.RawMessage `json:"data,omitempty"`
}

func (d diagnostic) String() string {
	return fmt.Sprintf("%d:%d-%d:%d %d %s", d.Range.Start.Line, d.Range.Start.Character, d.Range.End.Line, d.Range.End.Character, d.Severity, d.Code)
}

// published waits for the diagnostics of a document.
func (e *editor) published(uri string) (list []diagnostic) {
	e.t.Helper()
	m := e.wait("diagnostics of "+uri, func(m message) bool {
		return m.Method == "textDocument/publishDiagnostics" && strings.HasPrefix(string(m.Params), `{"uri":"`+uri+`",`)
	})
	var p struct{ Diagnostics []diagnostic }
	if err := json.Unmarshal(m.Params, &p); err != nil || p.Diagnostics == nil {
		e.t.Fatalf("%s: %v", m.Params, err)
	}
	return p.Diagnostics
}

// none wants no diagnostics in what comes before the answer to a request that is sent now.
func (e *editor) none() {
	e.t.Helper()
	e.reply(e.send("textDocument/codeAction", `{"textDocument":{"uri":"file:///x"},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"context":{"diagnostics":[]}}`))
	for _, m := range e.early {
		if m.Method == "textDocument/publishDiagnostics" {
			e.t.Errorf("unasked: %s", m.Params)
		}
	}
}

const capable = `{"processId":null,"rootUri":null,"workspaceFolders":[{"uri":"file:///src/app","name":"app"}],
	"initializationOptions":{"editor":{"name":"vscode","version":"1.139.1"},"trusted":true},
	"capabilities":{"general":{"positionEncodings":["utf-16"]},"workspace":{"workspaceEdit":{"documentChanges":true,"resourceOperations":["create"],"changeAnnotationSupport":{"groupsOnLabel":true}}}}}`

// start brings the connection up.
func (e *editor) start(params any) {
	e.t.Helper()
	e.call("initialize", params, nil)
	e.notify("initialized", `{}`)
}

func (e *editor) exited(want int) {
	e.t.Helper()
	select {
	case code := <-e.code:
		if code != want {
			e.t.Errorf("exit code %d, want %d", code, want)
		}
	case <-time.After(2 * time.Second):
		e.t.Errorf("the server still runs after 2 s")
	}
}

func TestLifecycle(t *testing.T) {
	e := connect(t, newMachine("/src/app"))
	e.notify("initialized", `{}`) // too early: ignored
	e.refused("goEnv/diagnose", `{}`, -32002)
	e.refused("shutdown", `null`, -32002)
	var result struct {
		ServerInfo   struct{ Version string }
		Capabilities struct {
			PositionEncoding       string
			ExecuteCommandProvider struct{ Commands []string }
		}
	}
	e.call("initialize", capable, &result)
	if got := fmt.Sprint(result); got != "{{1.2.3} {utf-16 {[goEnv.fix goEnv.undo goEnv.save goEnv.locate goEnv.ignore goEnv.unignore]}}}" {
		t.Errorf("initialize: %s", got)
	}
	if got := fmt.Sprint(e.init.Folders, e.init.Editor, e.init.Trusted); got != "[/src/app] {vscode 1.139.1} true" {
		t.Errorf("the machine was made for %s", got)
	}
	e.refused("initialize", capable, -32600)
	e.refused("textDocument/unknown", `{}`, -32601)
	e.notify("$/unknown", `{}`)
	e.notify("unknown", `[1]`)
	e.call("shutdown", `null`, nil)
	e.refused("goEnv/diagnose", `{}`, -32600)
	e.notify("exit", `null`)
	e.exited(0)
}

func TestExitCodes(t *testing.T) {
	for name, end := range map[string]func(*editor){
		"exit without shutdown": func(e *editor) { e.notify("exit", `null`) },
		"input ends":            func(e *editor) { e.in.Close() },
		"input ends in a frame": func(e *editor) { e.raw("Content-Length: 100\r\n\r\n{"); e.in.Close() },
		"input ends in a pass": func(e *editor) {
			e.send("goEnv/diagnose", `{}`)
			e.in.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := connect(t, newMachine("/src/app"))
			e.start(capable)
			end(e)
			e.exited(1)
		})
	}
	t.Run("before initialize", func(t *testing.T) {
		e := connect(t, newMachine())
		e.notify("exit", `null`)
		e.exited(1)
	})
	t.Run("all at once", func(t *testing.T) {
		e := connect(t, newMachine())
		e.call("initialize", capable, nil)
		e.raw(frame(`{"jsonrpc":"2.0","id":7,"method":"shutdown"}`) + frame(`{"jsonrpc":"2.0","method":"exit"}`))
		e.reply("7")
		e.exited(0)
	})
}

func TestParentDies(t *testing.T) {
	var asked []int
	e := connectWith(t, newMachine(), Config{Alive: func(pid int) bool { asked = append(asked, pid); return false }})
	e.call("initialize", `{"processId":4711,"capabilities":{}}`, nil)
	e.exited(1)
	if !slices.Equal(asked, []int{4711}) {
		t.Errorf("asked for %v", asked)
	}
}

func TestMalformed(t *testing.T) {
	const ping = `{"jsonrpc":"2.0","id":"ping","method":"goEnv/preview","params":{}}`
	for name, c := range map[string]struct {
		raw  string
		want []int // codes of the answers, in order
		id   string
	}{
		"no JSON":            {frame(`{"jsonrpc":`), []int{-32700}, "null"},
		"empty body":         {"Content-Length: 0\r\n\r\n", []int{-32700}, "null"},
		"BOM":                {frame("\ufeff" + `{"jsonrpc":"2.0","id":1,"method":"shutdown"}`), []int{-32700}, "null"},
		"NUL":                {frame("\x00\x00"), []int{-32700}, "null"},
		"deep":               {frame(strings.Repeat("[", 100000)), []int{-32700}, "null"},
		"two in one":         {frame(`{"jsonrpc":"2.0","method":"a"}{"jsonrpc":"2.0","method":"b"}`), []int{-32700}, "null"},
		"wrong version":      {frame(`{"jsonrpc":"1.0","id":5,"method":"shutdown"}`), []int{-32600}, "5"},
		"no version":         {frame(`{"id":"five","method":"shutdown"}`), []int{-32600}, `"five"`},
		"float id":           {frame(`{"jsonrpc":"2.0","id":1.5,"method":"shutdown"}`), []int{-32600}, "null"},
		"object id":          {frame(`{"jsonrpc":"2.0","id":{},"method":"shutdown"}`), []int{-32600}, "null"},
		"huge id":            {frame(`{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"shutdown"}`), []int{-32600}, "null"},
		"method no string":   {frame(`{"jsonrpc":"2.0","id":5,"method":7}`), []int{-32600}, "5"},
		"neither":            {frame(`{"jsonrpc":"2.0","id":5}`), []int{-32600}, "null"},
		"both":               {frame(`{"jsonrpc":"2.0","id":5,"result":1,"error":{"code":1,"message":""}}`), []int{-32600}, "null"},
		"a number":           {frame(`7`), []int{-32600}, "null"},
		"empty batch":        {frame(`[]`), []int{-32600}, "null"},
		"answer to nothing":  {frame(`{"jsonrpc":"2.0","id":99,"result":null}`), nil, ""},
		"answer without id":  {frame(`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}}`), nil, ""},
		"params no object":   {frame(`{"jsonrpc":"2.0","id":5,"method":"textDocument/codeAction","params":"x"}`), []int{-32602}, "5"},
		"params absent":      {frame(`{"jsonrpc":"2.0","id":5,"method":"textDocument/codeAction"}`), []int{-32602}, "5"},
		"negative position":  {frame(`{"jsonrpc":"2.0","id":5,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"file:///x"},"range":{"start":{"line":-1,"character":0},"end":{"line":0,"character":0}},"context":{}}}`), []int{-32602}, "5"},
		"no command":         {frame(`{"jsonrpc":"2.0","id":5,"method":"workspace/executeCommand","params":{"command":"rm"}}`), []int{-32602}, "5"},
		"notification":       {frame(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":7}}`), nil, ""},
		"cancel":             {frame(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":{}}}`) + frame(`{"jsonrpc":"2.0","method":"$/cancelRequest"}`), nil, ""},
		"unknown header":     {"X-Mas: tree\r\n" + frame(`{"jsonrpc":"2.0","method":"$/x"}`), nil, ""},
		"header of Windows":  {"content-length:   28\nContent-Type: application/vscode-jsonrpc; charset=utf8\n\n" + `{"jsonrpc":"2.0","method":"$/x"}`[:28], []int{-32700}, "null"},
		"charset":            {"Content-Length: 32\r\nContent-Type: application/vscode-jsonrpc; charset=utf-16\r\n\r\n" + `{"jsonrpc":"2.0","method":"$/x"}`, []int{-32600}, "null"},
		"no length":          {"Content-Type: text/plain\r\n\r\n", []int{-32700}, "null"},
		"negative length":    {"Content-Length: -5\r\n\r\n", []int{-32700}, "null"},
		"length no number":   {"Content-Length: five\r\n\r\n", []int{-32700}, "null"},
		"length of a galaxy": {"Content-Length: 99999999999999999999\r\n\r\n", []int{-32700}, "null"},
		"a terabyte":         {"Content-Length: 1099511627776\r\n\r\n", []int{-32700}, "null"},
		"no header":          {`{"jsonrpc":"2.0","id":1,"method":"shutdown"}` + "\n", []int{-32700}, "null"},
		"garbage":            {"GET / HTTP/1.1\r\n\r\n\x00\xff\n\n\n", []int{-32700}, "null"},
		"a megabyte":         {strings.Repeat("x", 1<<20) + "\n", []int{-32700}, "null"},
		"length too small":   {"Content-Length: 10\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"shutdown"}`, []int{-32700}, "null"},
		"length too large":   {"Content-Length: 60\r\n\r\n" + `{"jsonrpc":"2.0","method":"$/x"}`, []int{-32700}, "null"},
		"just stray blanks":  {"\r\n\r\n\n", nil, ""},
		"65 MiB":             {frame(strings.Repeat(" ", 65<<20)), []int{-32600}, "null"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			in := strings.NewReader(frame(`{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"capabilities":{}}}`) + c.raw + frame(ping) +
				frame(`{"jsonrpc":"2.0","id":"down","method":"shutdown"}`) + frame(`{"jsonrpc":"2.0","method":"exit"}`))
			if code := Serve(in, &out, Config{Host: func(InitInfo) host.Host { return newMachine() }, Log: t.Output()}); code != 0 {
				t.Errorf("exit code %d", code)
			}
			got := make(chan message, 100)
			(&editor{t: t, got: got}).read(&out)
			var codes []int
			pinged := false
			for m := range got {
				switch string(m.ID) {
				case `"init"`, `"down"`:
				case `"ping"`:
					pinged = m.Error != nil && m.Error.Code == -32602
				default:
					if m.Error == nil || string(m.ID) != c.id {
						t.Errorf("got id %s, %+v", m.ID, m)
						continue
					}
					codes = append(codes, m.Error.Code)
				}
			}
			if !slices.Equal(codes, c.want) || !pinged {
				t.Errorf("answers %v, want %v; goes on: %v", codes, c.want, pinged)
			}
		})
	}
}

const goenvURI = "file:///home/gopher/.config/go/env"
const goenvFile = "/home/gopher/.config/go/env"

func TestDiagnostics(t *testing.T) {
	m := newMachine("/src/app")
	m.files[goenvFile] = "# 😀\n😀 error GOROOT\r\nwarning GOBIN\ninfo GOPATH\nhint GOROOT\n"
	e := connect(t, m)
	e.start(capable)
	if got := fmt.Sprint(e.published(goenvURI)); got != "[1:9-1:15 1 test-error 2:8-2:13 2 test-warning]" {
		t.Errorf("live: %s", got)
	}

	for watched := false; !watched; time.Sleep(time.Millisecond) {
		m.set(func() { watched = len(m.watchers) > 0 })
	}
	var result struct {
		Report struct {
			Findings []struct{ Rule string }
		}
		Summary string
	}
	e.call("goEnv/diagnose", `null`, &result)
	if len(result.Report.Findings) != 4 || result.Summary == "" {
		t.Errorf("diagnose: %+v", result)
	}
	all := e.published(goenvURI)
	if got := fmt.Sprint(all); got != "[1:9-1:15 1 test-error 2:8-2:13 2 test-warning 3:5-3:11 3 test-info 4:5-4:11 4 test-hint]" {
		t.Errorf("asked: %s", got)
	}
	d := all[3]
	if string(d.CodeDescription) != `{"href":"https://github.com/go-env-doctor/go-env-doctor/blob/main/docs/rules/test-hint.md"}` || d.Source != "Go Env Doctor" || d.Message != "GOROOT is hint." {
		t.Errorf("%+v, %s", d, d.CodeDescription)
	}
	if len(d.RelatedInformation) != 1 || d.RelatedInformation[0].Message != "Caused by: GOROOT is error." || d.RelatedInformation[0].Location.URI != goenvURI {
		t.Errorf("related: %+v", d.RelatedInformation)
	}

	// Nothing that is the same is sent again, and a change makes it quiet.
	e.call("goEnv/diagnose", `{}`, nil)
	e.none()
	m.write(goenvFile, "warning GOBIN\ninfo GOPATH\n")
	for fmt.Sprint(e.published(goenvURI)) != "[0:8-0:13 2 test-warning]" { // a pass may see the change before it is told of it
	}
	m.write(goenvFile, "")
	if got := e.published(goenvURI); len(got) > 0 {
		t.Errorf("clean: %v", got)
	}
	m.write(goenvFile, "\n")
	e.none()
	m.write("/src/app/go.mod", "error GOFLAGS\n") // it was absent
	e.notify("workspace/didChangeWatchedFiles", `{"changes":[{"uri":"file:///src/app/go.mod","type":1}]}`)
	if got := fmt.Sprint(e.published("file:///src/app/go.mod")); got != "[0:6-0:13 1 test-error]" {
		t.Errorf("go.mod: %s", got)
	}
}

func TestUTF8(t *testing.T) {
	m := newMachine("/src/app")
	m.files[goenvFile] = "😀é error GOROOT\n"
	e := connect(t, m)
	e.start(strings.Replace(capable, `["utf-16"]`, `["utf-32","utf-8","utf-16"]`, 1))
	if got := fmt.Sprint(e.published(goenvURI)); got != "[0:13-0:19 1 test-error]" {
		t.Errorf("got %s", got)
	}
}

// A client that no longer reads is gone.
func TestOutputCloses(t *testing.T) {
	in, _ := io.Pipe()
	out, serverOut := io.Pipe()
	out.Close()
	code := make(chan int, 1)
	go func() {
		frames := frame(`{"jsonrpc":"2.0","id":1,"method":"a"}`) + frame(`{"jsonrpc":"2.0","id":2,"method":"b"}`)
		code <- Serve(io.MultiReader(strings.NewReader(frames), late(`{"jsonrpc":"2.0","id":3,"method":"c"}`), in), serverOut, Config{Log: t.Output()})
	}()
	select {
	case got := <-code:
		if got != 1 {
			t.Errorf("exit code %d", got)
		}
	case <-time.After(5 * time.Second):
		t.Error("the server still runs")
	}
	in.Close()
}

// late is a message that comes when the first writes have failed.
func late(body string) io.Reader {
	r, w := io.Pipe()
	time.AfterFunc(50*time.Millisecond, func() {
		io.WriteString(w, frame(body))
		w.Close()
	})
	return r
}

// Some clients send null wherever they have nothing to say.
func TestInitializeNull(t *testing.T) {
	m := newMachine("/src/app")
	e := connect(t, m)
	e.start(`{"processId":null,"rootPath":null,"rootUri":"file:///src/b%20c","workspaceFolders":null,"trace":null,"clientInfo":null,"initializationOptions":null,
		"capabilities":{"general":null,"window":{"workDoneProgress":null},"workspace":{"didChangeWatchedFiles":null,"workspaceEdit":{"resourceOperations":null}},"textDocument":null}}`)
	if got := fmt.Sprint(e.init.Folders, e.init.Trusted); got != "[/src/b c] true" {
		t.Errorf("made for %s", got)
	}
	e.notify("workspace/didChangeWorkspaceFolders", `{"event":{"added":[{"uri":"file:///c%3A/src","name":""}],"removed":[{"uri":"file:///src/b%20c","name":""}]}}`)
	e.call("goEnv/diagnose", `{}`, nil)
	if got := fmt.Sprint(e.init.Folders); got != `[C:\src]` {
		t.Errorf("made again for %s", got)
	}
}

// Most clients know no untrusted workspaces: eglot sends {}.
func TestTrusted(t *testing.T) {
	for options, want := range map[string]bool{`null`: true, `{}`: true, `{"trusted":null}`: true, `{"trusted":true}`: true, `{"trusted":false}`: false} {
		t.Run(options, func(t *testing.T) {
			e := connect(t, newMachine("/src/app"))
			e.start(`{"capabilities":{},"initializationOptions":` + options + `}`)
			if got := e.init.Trusted; got != want {
				t.Errorf("trusted %v", got)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	m := newMachine("/src/app")
	hold := make(chan struct{})
	m.hold = hold
	m.files[goenvFile] = "error GOROOT\n"
	e := connect(t, m)
	e.start(capable)
	id := e.send("goEnv/diagnose", `{"workDoneToken":"t"}`)
	e.notify("$/cancelRequest", `{"id":`+id+`}`)
	if m := e.reply(id); m.Error == nil || m.Error.Code != -32800 {
		t.Errorf("cancelled: %+v", m)
	}
	id = e.send("goEnv/diagnose", `{"workDoneToken":"u"}`)
	e.notify("window/workDoneProgress/cancel", `{"token":"u"}`)
	if m := e.reply(id); m.Error == nil || m.Error.Code != -32800 {
		t.Errorf("cancelled by its token: %+v", m)
	}
	e.notify("$/cancelRequest", `{"id":`+id+`}`) // it has its answer
	e.notify("$/cancelRequest", `{"id":"what"}`)
	close(hold)
	e.published(goenvURI)
	var kinds []string
	for _, m := range e.early {
		if m.Method == "$/progress" {
			var p struct {
				Token string
				Value struct{ Kind string }
			}
			json.Unmarshal(m.Params, &p)
			kinds = append(kinds, p.Token+p.Value.Kind)
		}
	}
	if got := strings.Join(kinds, " "); got != "tbegin treport tend ubegin ureport uend" {
		t.Errorf("progress: %s", got)
	}
}

// A change overtakes a pass: only the newest publishes.
func TestOvertaken(t *testing.T) {
	m := newMachine("/src/app")
	hold := make(chan struct{})
	m.hold = hold
	m.files[goenvFile] = "error OLD\n"
	e := connect(t, m)
	e.start(capable)
	e.reading(m)
	m.set(func() { m.files[goenvFile] = "error NEWER\n" })
	e.notify("textDocument/didSave", `{"textDocument":{"uri":"`+goenvURI+`"}}`)
	e.refused("what", `{}`, -32601) // the change has arrived
	close(hold)
	if got := e.published(goenvURI); len(got) != 1 || got[0].Message != "NEWER is error." {
		t.Errorf("published %v", got)
	}
}

// reading waits until the first pass reads.
func (e *editor) reading(m *machine) {
	for {
		m.mu.Lock()
		n := m.reads
		m.mu.Unlock()
		if n > 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func TestPanic(t *testing.T) {
	m := newMachine("/src/app")
	m.panics = true
	m.files[goenvFile] = "GOFLAGS=-mod=mod\n"
	e := connect(t, m)
	e.start(capable)
	if got := e.refused("goEnv/diagnose", `{}`, -32603); !strings.Contains(got, "a disk on fire") {
		t.Errorf("message %q", got)
	}
	e.refused("goEnv/preview", `{"allSafe":true}`, -32603)
	m.set(func() { m.panics = false })
	e.call("goEnv/diagnose", `{}`, nil)
}
