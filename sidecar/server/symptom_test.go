package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

const staleLinux = `GOROOT is left of an old Go.

-- machine --
os linux 6.1.0 amd64
user gopher /home/gopher
uid 1000
shell /bin/bash
workspace /src/app
workspace /src/other
editor vscode 1.139.1
now 2026-11-22T12:00:00Z
-- env --
HOME=/home/gopher
SHELL=/bin/bash
PATH=/usr/bin:/bin
-- toolchains --
/usr/local/go go1.26.1
-- binaries --
/home/gopher/go/bin/gopls golang.org/x/tools/gopls@v0.23.0 go1.26.1
-- /usr/bin/ --
-- /home/gopher/.profile --
export PATH=$PATH:/usr/local/go/bin:/home/gopher/go/bin
export GOROOT=/opt/old
-- ./go.mod --
// a comment
module example.com/app

go 1.26.0
-- /src/other/go.mod --
module example.com/other

go 1.26.0
-- /src/other/sub/go.mod --
go 1.26.0
`

const (
	profileURI = "file:///home/gopher/.profile"
	otherMod   = "file:///src/other/go.mod"
)

const two = `{"processId":null,"rootUri":null,"workspaceFolders":[{"uri":"file:///src/app","name":"app"},{"uri":"file:///src/other","name":"other"}],
	"initializationOptions":{"editor":{"name":"vscode","version":"1.139.1"},"trusted":true%s},
	"capabilities":{"workspace":{"workspaceEdit":{"documentChanges":true}}}}`

func play(t *testing.T, text string) *scenario.Machine {
	t.Helper()
	m, err := scenario.Parse("x.txtar", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// status waits for the next state of the machine.
func (e *editor) status() (w wire.Status) {
	e.t.Helper()
	m := e.wait("a status", func(m message) bool { return m.Method == "goEnv/status" })
	if err := json.Unmarshal(m.Params, &w); err != nil {
		e.t.Fatal(err)
	}
	return w
}

func TestSymptom(t *testing.T) {
	judged(t)
	e := connect(t, play(t, staleLinux))
	e.start(fmt.Sprintf(two, ""))
	d := e.published(gomod)
	if got := fmt.Sprint(d); got != "[1:0-1:22 1 stale-goroot]" {
		t.Fatalf("published %s", got)
	}
	if want := "Go does not work here: GOROOT is /opt/old, a directory that does not exist; go cannot start with it."; d[0].Message != want {
		t.Errorf("got %q", d[0].Message)
	}
	if string(d[0].Data) != `{"rule":"stale-goroot","at":"/home/gopher/.profile:2","subject":"var:GOROOT"}` {
		t.Errorf("its data is %s", d[0].Data)
	}
	if len(d[0].RelatedInformation) == 0 || d[0].RelatedInformation[0].Location.URI != profileURI || !strings.HasPrefix(d[0].RelatedInformation[0].Message, "The cause: GOROOT is /opt/old") {
		t.Errorf("related: %+v", d[0].RelatedInformation)
	}
	if got := fmt.Sprint(e.published(otherMod)); got != "[0:0-0:24 1 stale-goroot]" {
		t.Errorf("the other module has %s", got)
	}
	if got := e.published(profileURI); len(got) != 1 || strings.HasPrefix(got[0].Message, "Go does not work here") {
		t.Errorf("the cause: %v", got)
	}
	fix := `quickfix Remove GOROOT from ~/.profile:2 preferred [stale-goroot] goEnv.fix{"rule":"stale-goroot","at":"/home/gopher/.profile:2","subject":"var:GOROOT","fix":"unset"}`
	want(t, "on the module line", e.actions(gomod, 1, "["+encode(map[string]any{"range": d[0].Range, "message": d[0].Message, "code": "stale-goroot", "data": d[0].Data})+"]", ""), fix)
	want(t, "on another line", e.actions(gomod, 3, "[]", ""))
	want(t, "it is never fixed on save", e.actions(gomod, 1, "[]", `,"only":["source.fixAll"]`))

	e.call("workspace/executeCommand", `{"command":"goEnv.fix","arguments":[{"rule":"stale-goroot","at":"/home/gopher/.profile:2","fix":"unset"}]}`, nil)
	if a, b := e.published(gomod), e.published(otherMod); len(a)+len(b) > 0 {
		t.Errorf("after the fix: %v, %v", a, b)
	}
}

// TestForeign holds that errors of other programs get the fixes of what causes them.
func TestForeign(t *testing.T) {
	judged(t)
	e := connect(t, play(t, staleLinux))
	e.start(fmt.Sprintf(two, ""))
	const main = "file:///src/app/main.go"
	foreign := func(source, message string) string {
		return fmt.Sprintf(`{"range":{"start":{"line":2,"character":0},"end":{"line":2,"character":9}},"severity":1,"source":%q,"code":"X","message":%q}`, source, message)
	}
	fix := `quickfix Remove GOROOT from ~/.profile:2 preferred [X] goEnv.fix{"rule":"stale-goroot","at":"/home/gopher/.profile:2","subject":"var:GOROOT","fix":"unset"}`
	want(t, "gopls", e.allActions(main, 2, "["+foreign("compiler", "could not import fmt (package fmt is not in std)")+"]", ""), fix)
	want(t, "golang.go", e.allActions(main, 2, "["+foreign("go", "err: exit status 2: stderr: go: cannot find GOROOT directory: /opt/old")+"]", ""), fix)
	want(t, "what it does not explain", e.allActions(main, 2, "["+foreign("compiler", "undefined: x")+"]", ""))
	want(t, "our own of yesterday", e.allActions(main, 2, "["+foreign("Go Env Doctor", "go: cannot find GOROOT directory: /opt/old")+"]", ""))
	want(t, "malformed", e.allActions(main, 2, `[{"message":{"kind":1}},7,null,{"message":"\u0000\u001b["}]`, ""))
	want(t, "only others' actions", e.allActions(main, 2, "["+foreign("compiler", "could not import fmt (package fmt is not in std)")+"]", `,"only":["refactor"]`))
	got := e.actions(gomod, 1, "["+foreign("gopls", "Error loading workspace: go: cannot find GOROOT directory: /opt/old")+"]", "")
	want(t, "once beside our own", got, strings.Replace(fix, "[X]", "[stale-goroot] [X]", 1))
}

// TestSymptomOfModule holds that what concerns one module stands in no other, and is not said twice in its own go.mod.
func TestSymptomOfModule(t *testing.T) {
	judged(t)
	text := strings.Replace(staleLinux, "export GOROOT=/opt/old\n", "", 1)
	text = strings.Replace(text, "/usr/local/go go1.26.1", "/usr/local/go go1.20.1", 1)
	e := connect(t, play(t, text))
	e.start(fmt.Sprintf(two, ""))
	e.status()
	for _, uri := range []string{gomod, otherMod} {
		for _, d := range e.published(uri) {
			if strings.HasPrefix(d.Message, "Go does not work here") {
				t.Errorf("%s: %v %s", uri, d, d.Message)
			}
		}
	}
}

func TestIgnoring(t *testing.T) {
	judged(t)
	e := connect(t, play(t, staleLinux))
	e.start(fmt.Sprintf(two, ""))
	e.published(gomod)
	d := e.published(profileURI)
	if w := e.status(); w.Errors != 1 || w.Ignored != 0 {
		t.Errorf("status: %+v", w)
	}
	all := e.allActions(profileURI, 1, "[]", "")
	last := all[len(all)-1]
	if got := last.String(); got != `quickfix Ignore on this machine [stale-goroot] goEnv.ignore{"rule":"stale-goroot","at":"/home/gopher/.profile:2","subject":"var:GOROOT"}` {
		t.Errorf("the last action is %s", got)
	}
	e.call("workspace/executeCommand", `{"command":"goEnv.ignore","arguments":[`+string(last.Command.Arguments[0])+`]}`, nil)
	if a, b := e.published(profileURI), e.published(gomod); len(a)+len(b) > 0 {
		t.Errorf("still %v, %v", a, b)
	}
	if w := e.status(); w.Errors != 0 || w.Ignored != 1 || w.Cause != nil {
		t.Errorf("status: %+v", w)
	}
	var list wire.IgnoredResult
	e.call("goEnv/ignored", `{}`, &list)
	if len(list.Ignored) != 1 || list.Ignored[0].Title != d[0].Message || list.Ignored[0].Problem.At != "/home/gopher/.profile" {
		t.Errorf("ignored: %+v", list)
	}
	e.call("workspace/executeCommand", `{"command":"goEnv.unignore","arguments":[`+encode(list.Ignored[0].Problem)+`]}`, nil)
	if got := e.published(profileURI); len(got) != 1 {
		t.Errorf("taken back: %v", got)
	}
	e.refused("workspace/executeCommand", `{"command":"goEnv.ignore","arguments":[{"rule":"","at":"/x","subject":""}]}`, -32602)
	e.refused("workspace/executeCommand", `{"command":"goEnv.ignore"}`, -32602)
}

func TestRuleSettings(t *testing.T) {
	judged(t)
	e := connect(t, play(t, staleLinux))
	e.start(fmt.Sprintf(two, `,"rules":{"user":{"stale-goroot":"warning","x":7},"workspace":"?"}`))
	if w := e.status(); w.Errors != 0 || w.Warnings != 1 {
		t.Errorf("a warning: %+v", w)
	}
	e.notify("workspace/didChangeConfiguration", `{"settings":{"goEnv":{"rules":{"user":{"stale-goroot":"off"},"workspace":{}}}}}`)
	if w := e.status(); w.Errors+w.Warnings != 0 {
		t.Errorf("off: %+v", w)
	}
	for _, other := range []string{`{"settings":null}`, `{"settings":{"go":1}}`, `{"settings":[1]}`, `{}`} { // change nothing
		e.notify("workspace/didChangeConfiguration", other)
	}
	e.notify("workspace/didChangeConfiguration", `{"settings":{"goEnv":{"rules":[]}}}`)
	if w := e.status(); w.Errors != 1 {
		t.Errorf("malformed: %+v", w)
	}
}

func TestStatus(t *testing.T) {
	judged(t)
	e := connect(t, play(t, staleLinux))
	e.start(fmt.Sprintf(two, ""))
	w := e.status()
	if w.Errors != 1 || w.Warnings != 0 || !strings.HasPrefix(w.Summary, "1 error: GOROOT is /opt/old") {
		t.Errorf("%+v", w)
	}
	if c := w.Cause; c == nil || c.Uri != profileURI || c.Line != 1 || c.Character != 14 || c.Problem != (wire.Problem{Rule: "stale-goroot", At: "/home/gopher/.profile:2", Subject: "var:GOROOT"}) {
		t.Errorf("cause: %+v", c)
	}
	if got := strings.Join(w.MissingPath, " "); got != "/usr/local/go/bin /home/gopher/go/bin" {
		t.Errorf("missing: %s", got)
	}
	var tools []string
	for _, x := range w.Tools {
		tools = append(tools, x.Name+" "+x.File+": "+x.Why)
	}
	if got := strings.Join(tools, "; "); got != "go : no directory of PATH holds it; gopls : no directory of PATH holds it; dlv : no directory of PATH holds it" {
		t.Errorf("tools: %s", got)
	}
}

// A client that says nothing of itself is not told what it does not know.
func TestQuietClient(t *testing.T) {
	judged(t)
	e := connect(t, play(t, staleLinux))
	e.start(`{"workspaceFolders":[{"uri":"file:///src/app","name":"app"}],"capabilities":{}}`)
	e.published(gomod)
	e.unasked("goEnv/status")
}

// unasked wants no such notification in what comes before the answer to a request that is sent now.
func (e *editor) unasked(method string) {
	e.t.Helper()
	e.call("goEnv/diagnose", `{}`, nil)
	if i := slices.IndexFunc(e.early, func(m message) bool { return m.Method == method }); i >= 0 {
		e.t.Errorf("unasked: %s", e.early[i].Params)
	}
}

func TestExplain(t *testing.T) {
	judged(t)
	e := connect(t, play(t, staleLinux))
	e.start(fmt.Sprintf(two, `,"documents":true`))
	var x wire.ExplainResult
	e.call("goEnv/explain", `{"problem":{"rule":"stale-goroot","at":"/home/gopher/.profile:2","subject":"var:GOROOT"}}`, &x)
	if !strings.HasPrefix(x.Markdown, "# GOROOT is /opt/old") || !strings.Contains(x.Markdown, "[`~/.profile:2`](file:///home/gopher/.profile#L2)") ||
		!strings.Contains(x.Markdown, "(go-env:/rules/stale-goroot.md)") || len(x.Problems) != 1 || len(x.Rules) != 1 {
		t.Errorf("got %+v", x)
	}
	e.call("goEnv/explain", encode(map[string]string{"text": "\x1b[31mgo: cannot find GOROOT directory: /opt/old\r\n"}), &x)
	if len(x.Rules) < 2 || x.Rules[0] != "stale-goroot" || len(x.Problems) != 1 || !strings.Contains(x.Markdown, "## On this machine") {
		t.Errorf("got %+v", x)
	}
	e.call("goEnv/explain", `{"text":"what?"}`, &x)
	if len(x.Rules)+len(x.Problems) != 0 || !strings.HasPrefix(x.Markdown, "# This message is not known") {
		t.Errorf("got %+v", x)
	}
	e.call("goEnv/explain", `{}`, &x)
	if got := e.refused("goEnv/explain", `{"problem":{"rule":"x","at":"/y","subject":""}}`, -32803); got != "this problem is gone: x at /y" {
		t.Errorf("got %q", got)
	}
}

func TestFixesAndHistory(t *testing.T) {
	judged(t)
	m := play(t, staleLinux)
	e := connect(t, m)
	e.start(fmt.Sprintf(two, ""))
	var f wire.FixesResult
	e.call("goEnv/fixes", `{"problem":{"rule":"stale-goroot","at":"/home/gopher/.profile","subject":""}}`, &f)
	var got []string
	for _, c := range f.Choices {
		got = append(got, fmt.Sprintf("%s %v %s %s", c.Safety, c.Preferred, c.Command, c.Title))
	}
	if text := strings.Join(got, "; "); text != "safe true goEnv.fix Remove GOROOT from ~/.profile:2; safe false goEnv.explainProblem Explain this problem; ask false goEnv.ignore Ignore on this machine" {
		t.Errorf("choices: %s", text)
	}
	var h wire.HistoryResult
	e.call("goEnv/history", `{}`, &h)
	if h.Entries == nil || len(h.Entries) > 0 {
		t.Errorf("history: %+v", h)
	}
	var rec wire.Receipt
	e.call("workspace/executeCommand", `{"command":"goEnv.fix","arguments":[`+encode(f.Choices[0].Fix)+`]}`, &rec)
	e.call("goEnv/history", `{}`, &h)
	if len(h.Entries) != 1 || h.Entries[0].ID != rec.ID || h.Entries[0].State != "made" || !h.Entries[0].Undoable || h.Entries[0].Files[0].Label != "~/.profile" ||
		!strings.Contains(h.Entries[0].Files[0].Old, "/opt/old") || strings.Contains(h.Entries[0].Files[0].New, "/opt/old") {
		t.Errorf("history: %+v", h)
	}
	e.call("workspace/executeCommand", `{"command":"goEnv.undo","arguments":[{}]}`, nil)
	e.call("goEnv/history", `null`, &h)
	if len(h.Entries) != 2 || h.Entries[0].Title != "Undo: Remove GOROOT from ~/.profile:2" || h.Entries[0].UndoOf != rec.ID || h.Entries[0].Undoable || h.Entries[1].State != "undone" || h.Entries[1].Undoable {
		t.Errorf("history: %+v", h)
	}
	if got := e.refused("goEnv/fixes", `{"problem":{"rule":"x","at":"/y","subject":""}}`, -32803); !strings.Contains(got, "is gone") {
		t.Errorf("got %q", got)
	}
	var r wire.RecordResult
	e.call("goEnv/record", `{}`, &r)
	if _, err := scenario.Parse("recorded", []byte(r.Text)); err != nil || !strings.Contains(r.Text, "-- machine --") {
		t.Errorf("%v in\n%s", err, r.Text)
	}
}

func TestLocating(t *testing.T) {
	judged(t)
	text := strings.NewReplacer("/usr/local/go go1.26.1", "/data/go go1.26.1", "export GOROOT=/opt/old\n", "", ":/usr/local/go/bin", "").Replace(staleLinux)
	m := play(t, text)
	e := connect(t, m)
	e.start(fmt.Sprintf(two, ""))
	if got := fmt.Sprint(e.published(gomod)); got != "[1:0-1:22 1 go-not-found]" {
		t.Fatalf("published %s", got)
	}
	var manual wire.ManualFix
	all := e.actions(gomod, 1, "[]", "")
	if len(all) != 1 || all[0].Command.Command != "goEnv.manual" || json.Unmarshal(all[0].Command.Arguments[0], &manual) != nil || manual.Locate != "go" || manual.Page != "https://go.dev/dl/" {
		t.Fatalf("actions: %v, %+v", all, manual)
	}
	var p wire.PreviewResult
	e.call("goEnv/previewLocate", `{"file":"/data/go"}`, &p)
	if p.Title != "Add /data/go/bin to PATH in ~/.profile" || p.Safety != "ask" || len(p.Files) != 1 || p.Settings == nil || !strings.Contains(p.Diff, `+export PATH="$PATH:/data/go/bin"`) {
		t.Errorf("preview: %+v", p)
	}
	if got := e.refused("goEnv/previewLocate", `{"file":"/data/none"}`, -32803); got != "/data/none does not exist" {
		t.Errorf("got %q", got)
	}
	var rec wire.Receipt
	e.call("workspace/executeCommand", `{"command":"goEnv.locate","arguments":[{"file":"/data/go/bin/go"}]}`, &rec)
	var stale []string
	for _, s := range rec.Stale {
		stale = append(stale, s.What)
	}
	if strings.Join(stale, " ") != "editor terminals gopls" || rec.Applied[0] != "/home/gopher/.profile" {
		t.Errorf("receipt: %+v", rec)
	}
	if got := e.published(gomod); len(got) > 0 {
		t.Errorf("still %v", got)
	}
}

// TestSettingsPreview holds that a fix of the user's settings is told as one that the editor makes itself.
func TestSettingsPreview(t *testing.T) {
	judged(t)
	text := strings.Replace(staleLinux, "export GOROOT=/opt/old\n", "", 1) + "-- settings user --\n{\n\t\"go.goroot\": \"/opt/old\",\n\t\"x\": 1\n}\n"
	e := connectWith(t, play(t, text), Config{Journal: fix.Open("")})
	e.start(fmt.Sprintf(two, ""))
	c := e.status().Cause
	if c == nil || c.Problem.Rule != "stale-goroot" {
		t.Fatalf("cause: %+v", c)
	}
	var p wire.PreviewResult
	e.call("goEnv/preview", encode(wire.FixRequest{Rule: c.Problem.Rule, At: c.Problem.At, Fix: "unset"}), &p)
	if len(p.Settings) != 1 || p.Settings[0] != (wire.SettingChange{Scope: "user", Key: "go.goroot", Removed: true}) || len(p.Files) != 1 {
		t.Errorf("preview: %+v", p)
	}
}

func TestNames(t *testing.T) {
	if got := short(strings.Repeat("x\n", 1000)); len([]rune(got)) != 301 {
		t.Errorf("%d characters", len([]rune(got)))
	}
	for _, p := range []wire.Problem{{At: "/x"}, {Rule: "x"}, {Rule: "x", At: "reg:"}} {
		if _, err := name(p); err == nil {
			t.Errorf("%+v is one", p)
		}
	}
	if p, err := name(wire.Problem{Rule: "x", At: "/a:1:2", Subject: "s"}); err != nil || p.At != host.FileLoc("/a", 0).String() {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestAffects holds which modules a cause concerns by its place.
func TestAffects(t *testing.T) {
	mod := func(dir, path string) *facts.ModFile {
		return &facts.ModFile{At: host.FileLoc(dir+"/go.mod", 0), Dir: dir, Directives: []facts.Directive{{Verb: "module", Args: []string{path}}}}
	}
	a, b, c := mod("/src/work/a", "a"), mod("/src/work/b", "b"), mod("/src/c", "c")
	far := mod("/far", "far")
	work := &facts.ModFile{At: host.FileLoc("/src/work/go.work", 0), Dir: "/src/work", Work: true}
	guest := mod("/src/g", "g")
	guest.At.Guest = "Ubuntu"
	s := &facts.Snapshot{
		System:  host.System{OS: "linux", Home: "/home/gopher", Style: host.StyleOf("linux")},
		Modules: []*facts.ModFile{a, b, c, far, work, guest},
		Folders: []*facts.Folder{{Dir: "/src/work", Work: work, Modules: []*facts.ModFile{a, b, far}}, {Dir: "/src/c", Mod: c}, {Dir: "/home/gopher"}},
	}
	for _, test := range []struct {
		at      host.Loc
		subject string
		want    string
	}{
		{host.EnvLoc("PATH"), "tool:go", "a b c far"},
		{host.FileLoc("/home/gopher/.profile", 2), "var:GOROOT", "a b c far"},
		{host.FileLoc("/usr/local/go/bin/go", 0), "tool:go", "a b c far"},
		{host.FileLoc("/src/work/b/go.mod", 3), "file:x", "b"},
		{host.FileLoc("/src/work/go.work", 3), "file:x", "a b far"},
		{host.FileLoc("/src/c/.vscode/settings.json", 3), "var:GOROOT", "c"},
		{host.FileLoc("/etc/x", 0), "module:c", "c"},
		{host.Loc{Guest: "Ubuntu", Kind: host.File, Path: "/etc/profile"}, "var:PATH", "g"},
	} {
		f := &doctor.Finding{Finding: &rules.Finding{At: test.at, Subjects: []string{test.subject}}}
		var got []string
		for _, m := range s.Modules {
			if !m.Work && affects(s, f, m) {
				got = append(got, m.Arg("module"))
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s, %s: got %v, want %s", test.at, test.subject, got, test.want)
		}
	}
}

// TestManyModules holds that a folder full of modules gets a bounded number of errors.
func TestManyModules(t *testing.T) {
	judged(t)
	text := staleLinux
	for i := range 80 {
		text += fmt.Sprintf("-- /src/other/m%d/go.mod --\nmodule example.com/m%[1]d\n", i)
	}
	text = strings.Replace(text, "-- /src/other/go.mod --\nmodule example.com/other\n\ngo 1.26.0\n", "", 1)
	e := connect(t, play(t, text))
	e.start(fmt.Sprintf(two, ""))
	e.call("goEnv/diagnose", `{}`, nil)
	n := 0
	for _, m := range e.early {
		if m.Method == "textDocument/publishDiagnostics" && strings.Contains(string(m.Params), "Go does not work here") {
			n++
		}
	}
	if n < 2 || n > maxSymptoms {
		t.Errorf("%d modules have the symptom", n)
	}
}
