package server

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
)

// played is a Windows machine with a guest; its registry has what can be wrong in one.
const played = `A Windows machine whose GOROOT and PATH lead nowhere.

-- machine --
os windows 10.0.22631 amd64
user gopher C:\Users\gopher
admin no
workspace C:\src\app
trusted yes
editor vscode 1.139.1
now 2026-11-22T12:00:00Z
-- registry --
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment]
"Path"=expand:"%SystemRoot%\\system32;%SystemRoot%;C:\\Program Files\\Go\\bin"
[HKEY_CURRENT_USER\Environment]
"GOROOT"="C:\\Gö😀"
"Path"=expand:"C:\\tools;%USERPROFILE%\\go\\bin"
-- toolchains --
C:\Program Files\Go go1.26.1
-- binaries --
C:\Users\gopher\go\bin\gopls.exe golang.org/x/tools/gopls@v0.23.0 go1.26.1
-- C:/Windows/System32/ --
-- C:/tools/ --
-- C:/Users/gopher/AppData/Roaming/go/env encoding=utf-8-bom --
# 😀
GOROOT=C:\other
-- C:/Users/gopher/latin1.txt encoding=base64 --
6Qo=
-- Ubuntu!machine --
os linux 6.6.87.2-microsoft-standard-WSL2 amd64
user gopher /home/gopher
uid 1000
shell /bin/bash
-- Ubuntu!/home/gopher/.profile --
# mine
-- ./go.mod --
module example.com/app

go 1.26.0
`

const (
	registryURI    = "go-env:/registry/HKCU/Environment"
	environmentURI = "go-env:/environment"
	machineURI     = "go-env:/machine/C%3A/Users/gopher/AppData/Roaming/go/env"
)

// A page is a go-env: document as the client reads it.
type page struct {
	Text    string
	Savable bool
	Reason  string
}

func (e *editor) page(uri string) (p page) {
	e.t.Helper()
	e.call("goEnv/document", fmt.Sprintf(`{"uri":%q}`, uri), &p)
	return p
}

func saving(uri, base, text string) string {
	return encode(map[string]string{"uri": uri, "base": base, "text": text})
}

// saveAs saves a document and returns the receipt's message, or the error with its data.
func (e *editor) saveAs(uri, base, text string) (message, id string) {
	e.t.Helper()
	m := e.reply(e.send("workspace/executeCommand", `{"command":"goEnv.save","arguments":[`+saving(uri, base, text)+`]}`))
	if m.Error != nil {
		return fmt.Sprintf("error %d %s %s", m.Error.Code, m.Error.Message, m.Error.Data), ""
	}
	var r struct{ ID, Message string }
	if err := json.Unmarshal(m.Result, &r); err != nil {
		e.t.Fatal(err)
	}
	return r.Message, r.ID
}

// changed waits for the notice of changed documents.
func (e *editor) changed(want string) {
	e.t.Helper()
	m := e.wait("documentsChanged", func(m message) bool { return m.Method == "goEnv/documentsChanged" })
	if string(m.Params) != want {
		e.t.Errorf("changed: %s, want %s", m.Params, want)
	}
}

func readFile(t *testing.T, h host.Host, name string) string {
	t.Helper()
	data, err := h.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// The files of a served machine are documents of the sidecar, wherever the editor runs.
func TestPlayed(t *testing.T) {
	judged(t)
	m := parse(t, played)
	e := connectWith(t, m, Config{Journal: fix.Open(""), Played: true})
	e.start(documents("utf-16"))
	if len(e.init.Folders) > 0 {
		t.Errorf("folders of the editor's machine: %s", e.init.Folders)
	}
	const goenvText = "# 😀\nGOROOT=C:\\other\n"
	const file = `C:\Users\gopher\AppData\Roaming\go\env`
	if got := e.page(machineURI); got != (page{goenvText, true, ""}) {
		t.Errorf("go/env: %+v", got)
	}
	const guestURI = "go-env:/machine/wsl/Ubuntu/home/gopher/.profile"
	if got := e.page(guestURI); got != (page{"# mine\n", true, ""}) {
		t.Errorf("a guest's file: %+v", got)
	}
	if got, _ := e.saveAs(guestURI, "# mine\n", "# yours\n"); got != "Done: Change Ubuntu!/home/gopher/.profile." || e.page(guestURI).Text != "# yours\n" {
		t.Errorf("saving a guest's file: %s", got)
	}
	e.changed(`{"uris":["` + guestURI + `"]}`)
	if got := e.page("go-env:/machine/C%3A/Users/gopher/latin1.txt"); got.Text != "\uFFFD\n" || got.Savable || got.Reason == "" {
		t.Errorf("Latin-1: %+v", got)
	}
	for _, uri := range []string{"go-env:/machine/C%3A/absent", "go-env:/machine", "go-env:/machine/../x", "file:///etc/passwd", "go-env:/x", "go-env:/rules/../go.mod", "go-env:/rules/x.md", "", "go-env://environment", "go-env:/environment?x"} {
		if got, want := e.refused("goEnv/document", fmt.Sprintf(`{"uri":%q}`, uri), -32803), "there is no document "+uri; got != want {
			t.Errorf("%s: %s", uri, got)
		}
	}
	if got := e.page("go-env:/rules/stale-goroot.md"); !strings.Contains(got.Text, "# stale-goroot") || got.Savable || got.Reason == "" {
		t.Errorf("a rule's page: %+v", got)
	}
	if got := e.hover(machineURI, 1, 1); !strings.Contains(got, "`C:\\other` · [`"+file+":2`](<"+machineURI+"#L2>)") {
		t.Errorf("hover: %s", got)
	}

	before := readFile(t, m, file)
	if got, _ := e.saveAs(machineURI, "GOROOT=other\n", "\n"); got != "error -32803 "+file+": changed since it was read " || readFile(t, m, file) != before {
		t.Errorf("conflict: %s", got)
	}
	if got, id := e.saveAs(machineURI, goenvText, goenvText); got != "Nothing was changed." || id != "" {
		t.Errorf("no change: %s", got)
	}
	var preview struct {
		Title string
		Files []struct{ At, Old, New string }
		Diff  string
	}
	e.call("goEnv/previewSave", saving(machineURI, goenvText, "# none\n"), &preview)
	if f := preview.Files; preview.Title != "Change "+file || len(f) != 1 || f[0].At != file || f[0].Old != goenvText || f[0].New != "# none\n" || !strings.Contains(preview.Diff, "-GOROOT=") {
		t.Errorf("preview: %+v", preview)
	}
	message, id := e.saveAs(machineURI, goenvText, "# none\n")
	if message != "Done: Change "+file+"." || readFile(t, m, file) != "\xEF\xBB\xBF# none\n" {
		t.Errorf("save: %s, %q", message, readFile(t, m, file))
	}
	e.changed(`{"uris":["` + machineURI + `"]}`)
	e.call("workspace/executeCommand", `{"command":"goEnv.undo","arguments":[{"id":"`+id+`"}]}`, nil)
	e.changed(`{"uris":["` + machineURI + `"]}`)
	if got := readFile(t, m, file); got != before {
		t.Errorf("undo: %q", got)
	}
	if err := m.Write(file, []byte("GOROOT=C:\\third\n")); err != nil {
		t.Fatal(err)
	}
	e.changed(`{"uris":["` + machineURI + `"]}`)
	if got := e.page(machineURI); got.Text != "GOROOT=C:\\third\n" {
		t.Errorf("%+v", got)
	}
}

// A piece is a range of a text as the client counts it.
type piece struct {
	Start, End struct{ Line, Character int }
}

// of returns the text that a range of UTF-16 units covers.
func (p piece) of(text string) string {
	u := utf16.Encode([]rune(text))
	at := func(line, character int) int {
		i := 0
		for ; line > 0; i++ {
			if u[i] == '\n' {
				line--
			}
		}
		return i + character
	}
	return string(utf16.Decode(u[at(p.Start.Line, p.Start.Character):at(p.End.Line, p.End.Character)]))
}

// find is the line and the UTF-16 column of a needle in a text, one character into it.
func find(t *testing.T, text, needle string) (line, character int) {
	t.Helper()
	i := strings.Index(text, needle)
	if i < 0 {
		t.Fatalf("no %q in\n%s", needle, text)
	}
	head := text[:i]
	line = strings.Count(head, "\n")
	return line, 1 + len(utf16.Encode([]rune(head[strings.LastIndexByte(head, '\n')+1:])))
}

// lenses are the lenses of a document as LINE TITLE COMMAND ARGUMENT.
func (e *editor) lenses(uri string) string {
	e.t.Helper()
	var list []struct {
		Range   piece
		Command struct {
			Title, Command string
			Arguments      []json.RawMessage
		}
	}
	e.call("textDocument/codeLens", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, uri), &list)
	var out []string
	for _, l := range list {
		out = append(out, fmt.Sprintf("%d %s %s %s", l.Range.Start.Line, l.Command.Title, l.Command.Command, l.Command.Arguments))
	}
	return strings.Join(out, "\n")
}

func quoted(text string) string { return encode([]string{text})[1 : len(encode([]string{text}))-1] }

func (e *editor) open(uri, text string) {
	e.t.Helper()
	e.notify("textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":%q,"languageId":"go-env","version":1,"text":%s}}`, uri, quoted(text)))
}

func (e *editor) edit(uri string, version int, text string) {
	e.t.Helper()
	e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":%d},"contentChanges":[{"text":%s}]}`, uri, version, quoted(text)))
}

// Values of the registry have a document with problems at their own text, hover, definition, and lenses.
func TestRegistryDocument(t *testing.T) {
	judged(t)
	m := parse(t, played)
	e := connectWith(t, m, Config{Journal: fix.Open(""), Played: true})
	e.start(documents("utf-16"))
	problems := e.published(registryURI)
	p := e.page(registryURI)
	if !p.Savable || len(problems) != 1 || problems[0].Code != "stale-goroot" || piece(problems[0].Range).of(p.Text) != `C:\\Gö😀` {
		t.Fatalf("%v in\n%+v", problems, p)
	}
	line, character := find(t, p.Text, `C:\\Gö`)
	e.open(registryURI, p.Text)
	want(t, "action", e.actions(registryURI, line, "[]", "")[:1],
		`quickfix Remove GOROOT from the user's environment preferred [stale-goroot] goEnv.fix{"rule":"stale-goroot","at":"reg:HKCU\\Environment\\GOROOT","subject":"var:GOROOT","fix":"unset"}`)
	problem := `[{"rule":"stale-goroot","at":"reg:HKCU\\Environment\\GOROOT","subject":"var:GOROOT"}]`
	if got, want := e.lenses(registryURI), fmt.Sprintf("%d Fix… goEnv.chooseFix %s\n%d Why? goEnv.explainProblem %s", line, problem, line, problem); got != want {
		t.Errorf("lenses:\n%s\nwant\n%s", got, want)
	}
	if got := e.hover(registryURI, line, character); !strings.Contains(got, "**GOROOT** = `C:\\Gö😀`") || !strings.Contains(got, fmt.Sprintf("(<%s#L%d>)", registryURI, line+1)) {
		t.Errorf("hover of a value: %s", got)
	}
	l, c := find(t, p.Text, `C:\tools`)
	if got := e.hover(registryURI, l, c); !strings.Contains(got, "No Go program is in it.") {
		t.Errorf("hover of an element: %s", got)
	}
	l, c = find(t, p.Text, `USERPROFILE`)
	if got := e.hover(registryURI, l, c); !strings.Contains(got, "**USERPROFILE** = `C:\\Users\\gopher`") {
		t.Errorf("hover of a reference: %s", got)
	}
	if got := e.hover(registryURI, l, c+len(`USERPROFILE%\`)); !strings.Contains(got, "**gopls** `v0.23.0`") {
		t.Errorf("hover of an element with a reference: %s", got)
	}
	environment := e.page(environmentURI)
	l, c = find(t, environment.Text, `C:\Gö`)
	if got := e.definition(environmentURI, l, c); !strings.HasPrefix(got, fmt.Sprintf("%s %d:", registryURI, line)) {
		t.Errorf("definition: %s in\n%s", got, environment.Text)
	}
	l, c = find(t, environment.Text, `C:\tools`)
	to, from := find(t, p.Text, `C:\tools`)
	if got, want := e.definition(environmentURI, l, c), fmt.Sprintf("%s %d:%d-%d", registryURI, to, from-1, from-1+len(`C:\tools`)); got != want {
		t.Errorf("definition of an element: %s, want %s", got, want)
	}
	for method, want := range map[string]string{"foldingRange": `"startLine"`, "documentSymbol": `"name"`} {
		var got json.RawMessage
		e.call("textDocument/"+method, `{"textDocument":{"uri":"`+environmentURI+`"}}`, &got)
		if !strings.Contains(string(got), want) {
			t.Errorf("%s: %s", method, got)
		}
	}
	if got := e.lenses(environmentURI); !strings.Contains(got, "goEnv.explainProblem "+problem) {
		t.Errorf("lenses of the environment: %s", got)
	}

	// A document that the user edits keeps its problems at the text.
	edited := "; one more line\n" + p.Text
	e.edit(registryURI, 2, edited)
	if got := e.actions(registryURI, line+1, "[]", ""); len(got) == 0 {
		t.Errorf("no action in the edited document")
	}
	if got := e.lenses(registryURI); !strings.HasPrefix(got, fmt.Sprint(line+1, " Fix…")) {
		t.Errorf("lenses of the edited document: %s", got)
	}
}

// The settings of a played machine are not those of the editor, which must not change its own.
func TestPlayedSettings(t *testing.T) {
	judged(t)
	data, err := os.ReadFile("../../testdata/scenarios/stale-goroot/windows-settings.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for played, want := range map[bool]string{true: "[]", false: `[{"scope":"user","key":"go.goroot","value":"","removed":true}]`} {
		t.Run(fmt.Sprintf("played %v", played), func(t *testing.T) {
			e := connectWith(t, parse(t, string(data)), Config{Journal: fix.Open(""), Played: played})
			e.start(documents("utf-16"))
			var preview struct{ Settings json.RawMessage }
			e.call("goEnv/preview", `{"rule":"stale-goroot","at":"setting:user:go.goroot","subject":"","fix":"unset"}`, &preview)
			if string(preview.Settings) != want {
				t.Errorf("got %s", preview.Settings)
			}
		})
	}
}

// What is only worth knowing is quiet, but in the document that the user opened.
func TestQuietDocument(t *testing.T) {
	judged(t)
	data, err := os.ReadFile("../../testdata/scenarios/redundant-goroot/windows-user.txtar")
	if err != nil {
		t.Fatal(err)
	}
	e := connect(t, parse(t, string(data)))
	e.start(documents("utf-16"))
	p := e.page(registryURI)
	e.none()
	e.open(registryURI, p.Text)
	first := e.published(registryURI)
	if len(first) != 1 || first[0].Code != "redundant-goroot" || first[0].Severity < 3 {
		t.Errorf("open: %v", first)
	}
	// The editor moves problems when it takes a new text for the old one: they are sent once more.
	e.edit(registryURI, 2, "; edited\n"+p.Text)
	e.edit(registryURI, 3, p.Text)
	for fmt.Sprint(e.published(registryURI)) != fmt.Sprint(first) { // a pass may see the document between the edits
	}
	e.notify("textDocument/didClose", `{"textDocument":{"uri":"`+registryURI+`"}}`)
	for len(e.published(registryURI)) > 0 {
	}
}

// The texts of the documents and of what stands in them are in the language of the client; columns are counted as it counts.
func TestDocumentLanguage(t *testing.T) {
	judged(t)
	m := parse(t, played)
	e := connectWith(t, m, Config{Journal: fix.Open(""), Played: true})
	e.start(strings.Replace(documents("utf-8"), `{"processId"`, `{"locale":"zh-cn","processId"`, 1))
	problems := e.published(registryURI)
	if len(problems) != 1 || problems[0].Range.Start.Character != 10 || problems[0].Range.End.Character != 10+len(`C:\\Gö😀`) {
		t.Errorf("%v", problems)
	}
	p := e.page(registryURI)
	e.open(registryURI, p.Text)
	if got := e.lenses(registryURI); !strings.Contains(got, " 修复… goEnv.chooseFix") {
		t.Errorf("lenses: %s", got)
	}
	line, _ := find(t, p.Text, `"GOROOT"`)
	if got := e.hover(registryURI, line, 3); !strings.Contains(got, "编辑器, 登录, 终端") {
		t.Errorf("hover: %s", got)
	}
	if got := e.page("go-env:/rules/stale-goroot.md"); !strings.ContainsRune(got.Text, '的') {
		t.Errorf("a rule's page: %s", got.Text)
	}
	if got, _ := e.saveAs(registryURI, p.Text, p.Text+"x"); !strings.Contains(got, "行") {
		t.Errorf("an error: %s", got)
	}
	e.call("goEnv/diagnose", `{}`, nil) // with the document open
	if err := m.WriteKey(`HKCU\Environment`, "GOROOT", nil); err != nil {
		t.Fatal(err)
	}
	for range 2 { // for the lenses that came, and those that went
		e.wait("refresh", func(m message) bool { return m.Method == "workspace/codeLens/refresh" })
	}
}

func TestSaveRegistry(t *testing.T) {
	judged(t)
	m := parse(t, played)
	before := m.Clone()
	e := connectWith(t, m, Config{Journal: fix.Open(""), Played: true})
	e.start(documents("utf-16"))
	p := e.page(registryURI)
	e.page(environmentURI)

	// One element.
	text := strings.Replace(p.Text, `C:\tools`, `C:\tools2`, 1)
	message, id := e.saveAs(registryURI, p.Text, text)
	if !strings.HasPrefix(message, `Done: Change Path in HKCU\Environment.`) || id == "" {
		t.Errorf("message: %s", message)
	}
	if got := m.Diff(before); !strings.Contains(got, `+"Path"=expand:"C:\\tools2;%USERPROFILE%\\go\\bin"`) || strings.Count(got, "\n+") != 1 {
		t.Errorf("changed\n%s", got)
	}
	e.changed(`{"uris":["` + environmentURI + `","` + registryURI + `"]}`)
	if got := e.page(registryURI).Text; got != text {
		t.Errorf("after saving\n%s\nwant\n%s", got, text)
	}
	e.call("workspace/executeCommand", `{"command":"goEnv.undo","arguments":[{"id":"`+id+`"}]}`, nil)
	e.changed(`{"uris":["` + environmentURI + `","` + registryURI + `"]}`)
	if got := m.Diff(before); got != "" {
		t.Errorf("undo left\n%s", got)
	}

	// What cannot be saved changes nothing, and the preview says the same.
	line, _ := find(t, p.Text, `"GOROOT"`)
	bad := strings.Replace(p.Text, `"GOROOT"`, `"GOROOT`, 1)
	message, _ = e.saveAs(registryURI, p.Text, bad)
	if !strings.HasPrefix(message, "error -32803 ") || !strings.HasSuffix(message, fmt.Sprintf(` {"line":%d}`, line+1)) || m.Diff(before) != "" {
		t.Errorf("syntax: %s", message)
	}
	if got := e.refused("goEnv/previewSave", saving(registryURI, p.Text, bad), -32803); !strings.HasPrefix(message, "error -32803 "+got) {
		t.Errorf("preview: %s, saving: %s", got, message)
	}
	for uri, why := range map[string]string{environmentURI: "document", "go-env:/rules/stale-goroot.md": "part of Go Env Doctor", "go-env:/x": "there is no document"} {
		if got, _ := e.saveAs(uri, "", "x"); !strings.Contains(got, "error -32803 ") || !strings.Contains(got, why) {
			t.Errorf("%s: %s", uri, got)
		}
	}

	// Another program was faster.
	path := host.Value{Type: "sz", Data: host.RegString(`C:\other`)}
	if err := m.WriteKey(`HKCU\Environment`, "Path", &path); err != nil {
		t.Fatal(err)
	}
	changed := m.Clone()
	if got, _ := e.saveAs(registryURI, p.Text, text); !strings.HasPrefix(got, "error -32803 ") || m.Diff(changed) != "" {
		t.Errorf("conflict: %s", got)
	}
}

// A client without a file system of its own reads the same documents, and is asked to read them again.
func TestTextDocumentContent(t *testing.T) {
	judged(t)
	m := parse(t, played)
	e := connectWith(t, m, Config{Journal: fix.Open(""), Played: true})
	var result struct {
		Capabilities struct {
			Workspace struct{ TextDocumentContent struct{ Schemes []string } }
		}
	}
	e.call("initialize", `{"processId":null,"capabilities":{"workspace":{"textDocumentContent":{"dynamicRegistration":false}}}}`, &result)
	e.notify("initialized", `{}`)
	if got := fmt.Sprint(result.Capabilities.Workspace.TextDocumentContent.Schemes); got != "[go-env]" {
		t.Errorf("schemes %s", got)
	}
	var text struct{ Text string }
	e.call("workspace/textDocumentContent", `{"uri":"`+environmentURI+`"}`, &text)
	if text.Text != e.page(environmentURI).Text || !strings.Contains(text.Text, "stale-goroot") {
		t.Errorf("environment:\n%s", text.Text)
	}
	e.refused("workspace/textDocumentContent", `{"uri":"go-env:/x"}`, -32803)
	if err := m.WriteKey(`HKCU\Environment`, "GOROOT", nil); err != nil {
		t.Fatal(err)
	}
	got := e.wait("refresh", func(m message) bool { return m.Method == "workspace/textDocumentContent/refresh" })
	if string(got.Params) != `{"uri":"`+environmentURI+`"}` {
		t.Errorf("refresh of %s", got.Params)
	}
}

// A client that opens neither has no problem where it cannot show it.
func TestNoDocuments(t *testing.T) {
	judged(t)
	e := connect(t, parse(t, played))
	e.start(capable)
	e.call("goEnv/diagnose", `{}`, nil)
	for _, m := range e.early {
		if m.Method == "textDocument/publishDiagnostics" && strings.Contains(string(m.Params), "go-env:/") {
			t.Errorf("%s %s", m.Method, m.Params)
		}
	}
}

// Every finding of every machine has a text that opens, at characters that are there; wherever the cursor is in a document, hover and
// definition have an answer or none.
func TestCorpusShown(t *testing.T) {
	judged(t)
	files, err := filepath.Glob("../../testdata/*/*/*.txtar")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d machines, %v", len(files), err)
	}
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := scenario.Parse(file, data)
		if err != nil {
			t.Fatal(err)
		}
		s := &server{cfg: Config{Played: true}, enc: encoding(protocol.PositionEncodingKindUTF16), docs: map[uri.URI]*buffer{}, host: m, system: m.System()}
		s.info.Documents = true
		s.passes.last = doctor.Diagnose(m, doctor.Options{})
		s.passes.shown = true
		n := 0
		for u, list := range s.problems() {
			d, err := s.content(u)
			if err != nil {
				t.Errorf("%s: %v", file, err)
			}
			for _, p := range list {
				if strings.HasPrefix(string(p.Message.(protocol.String)), "Go does not work here: ") {
					continue
				}
				n++
				from, to := s.enc.offset(d.Text, p.Range.Start), s.enc.offset(d.Text, p.Range.End)
				var text string
				if p.finding.Text != nil {
					text = p.finding.Text.S[p.finding.Start:p.finding.End]
				}
				if shown := d.Text[from:to]; shown == "" && text != "" || strings.Contains(shown, "\n") && !strings.ContainsAny(text, "\n;") {
					t.Errorf("%s: %s at %s is %q of %s", file, p.finding.Rule.ID, p.finding.At, d.Text[from:to], u)
				}
			}
		}
		if n != len(s.passes.last.Findings) {
			t.Errorf("%s: %d of %d findings are shown", file, n, len(s.passes.last.Findings))
		}
		if i%10 > 0 { // it is the same code
			continue
		}
		for _, path := range []string{environment, userKey, machineKey} {
			d := s.page(path)
			if d == nil {
				continue
			}
			for _, span := range d.Spans {
				p := protocol.TextDocumentPositionParams{TextDocument: protocol.TextDocumentIdentifier{URI: goEnvURI(path)}, Position: s.enc.position(d.Text, span.Start)}
				h := s.hover(p)
				if h != nil && h.Contents.(*protocol.MarkupContent).Value == "" {
					t.Errorf("%s: empty hover at %v of %s", file, p.Position, path)
				}
				for _, l := range s.definition(p) {
					if _, err := s.content(l.URI); err != nil {
						t.Errorf("%s: definition at %v of %s: %v", file, p.Position, path, err)
					}
				}
			}
		}
	}
}
