package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

var (
	goroot = host.RegLoc(`HKCU\Environment`, "GOROOT")
	path   = host.RegLoc(`HKCU\Environment`, "Path")
)

// windows is a machine with a go, a gopls and a dlv on PATH.
func windows() *facts.Snapshot {
	tree := &facts.Toolchain{Root: `C:\Program Files\Go`, Real: `C:\Program Files\Go`, Version: "go1.26.1"}
	bin := &facts.PathDir{Dir: `C:\Program Files\Go\bin`, Hits: []*facts.Hit{
		{Tool: "go", File: `C:\Program Files\Go\bin\go.exe`, Toolchain: tree, Program: &host.Program{GoVersion: "go1.26.1"}},
	}}
	home := &facts.PathDir{Dir: `C:\Users\gopher\go\bin`, Hits: []*facts.Hit{
		{Tool: "gopls", File: `C:\Users\gopher\go\bin\gopls.exe`, Program: &host.Program{GoVersion: "go1.26.0", Version: "v0.21.0"}},
		{Tool: "dlv", File: `C:\Users\gopher\go\bin\dlv.exe`, Defect: facts.Dangling},
	}}
	editor := &facts.View{Name: "editor", Path: []*facts.PathEntry{
		{Dir: bin.Dir, At: host.RegLoc(`HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment`, "Path"), Folder: bin},
		{Dir: home.Dir, At: path, Folder: home},
	}}
	return &facts.Snapshot{
		System: host.System{Trusted: true, OS: "windows", Version: "10.0.22631", Arch: "amd64", Admin: true, Style: host.StyleOf("windows")},
		Views:  []*facts.View{editor},
	}
}

// broken has an error that explains another, a warning twice at one place, and a hint.
func broken() *doctor.Report {
	s := windows()
	gap := facts.Gap{At: host.FileLoc(`C:\Users\gopher\go.env`, 0), Reason: "access is denied"}
	s.Gaps = []facts.Gap{gap, gap}
	group := rules.Group{Name: "test", Rules: []*rules.Rule{
		{ID: "stale-goroot", Severity: rules.Error, Judge: func(j *rules.Judge) {
			j.Place(goroot, `GOROOT is C:\Go, which holds no Go toolchain.`).About("var:GOROOT").
				See(path, "PATH has another one").
				Offer(rules.Fix{ID: "unset", Safety: rules.Safe, Title: "Remove GOROOT", Changes: []host.Change{{At: goroot, Delete: true}}}).
				Manual("install", "Install Go", "Install Go at C:\\Go again, which is what nobody wants who has another one that works and that is named on PATH.", "winget install GoLang.Go")
		}},
		{ID: "go-not-found", Severity: rules.Error, After: []string{"stale-goroot"}, Judge: func(j *rules.Judge) {
			j.Place(host.EnvLoc("PATH"), "No go runs.").About("var:GOROOT")
		}},
		{ID: "dead-path-entry", Severity: rules.Warning, Judge: func(j *rules.Judge) {
			for _, dir := range []string{`c:/old one`, `c:/b`} {
				j.Place(path, "%s is gone.", dir).About("path:" + dir).
					Offer(rules.Fix{ID: "remove-entry", Safety: rules.Ask, Title: "Remove the entry", Changes: []host.Change{{At: path, Delete: true}}})
			}
		}},
		{ID: "redundant-goroot", Severity: rules.Hint, Judge: func(j *rules.Judge) {
			j.Place(goroot, "Evil \x1b[31mred\x1b[0m \u202e value \xff.").About("var:X")
		}},
	}}
	return doctor.Judge(s, []rules.Group{group}, doctor.Options{})
}

const brokenText = `2 errors, 2 warnings

1. error stale-goroot (74 % of the trouble)
   GOROOT is C:\Go, which holds no Go toolchain.
   at reg:HKCU\Environment\GOROOT
   see reg:HKCU\Environment\Path: PATH has another one
   It explains:
     error go-not-found at env:PATH: No go runs.
   What to do:
   - Remove GOROOT (safe)
     go-env-doctor fix stale-goroot/unset --at reg:HKCU\Environment\GOROOT
   - Install Go (manual)
     Install Go at C:\Go again, which is what nobody wants who has another one that works and that
     is named on PATH.
     winget install GoLang.Go

2. warning dead-path-entry (12 % of the trouble)
   c:/old one is gone.
   at reg:HKCU\Environment\Path
   What to do:
   - Remove the entry (ask)
     go-env-doctor fix dead-path-entry/remove-entry --at reg:HKCU\Environment\Path --subject "path:c:/old one"

3. warning dead-path-entry (12 % of the trouble)
   c:/b is gone.
   at reg:HKCU\Environment\Path
   What to do:
   - Remove the entry (ask)
     go-env-doctor fix dead-path-entry/remove-entry --at reg:HKCU\Environment\Path --subject path:c:/b

Worth knowing
  hint redundant-goroot at reg:HKCU\Environment\GOROOT: Evil \x1b[31mred\x1b[0m \u202e value \xff.

Could not be learned
  C:\Users\gopher\go.env: access is denied
`

const healthyText = `No problem found

In use
  go 1.26.1: C:\Program Files\Go\bin\go.exe
    the first go on PATH of the editor view; its directory comes from
    reg:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\Path
  gopls 0.21.0: C:\Users\gopher\go\bin\gopls.exe
    built with go1.26.0; its directory comes from reg:HKCU\Environment\Path
  C:\src\app: go runs go1.27.0, because of C:\src\app\go.mod:3
`

func TestText(t *testing.T) {
	healthy := windows()
	healthy.Folders = []*facts.Folder{{Dir: `C:\src\app`, Select: facts.Selection{Switched: true, Version: "go1.27.0", Because: host.FileLoc(`C:\src\app\go.mod`, 3)}}}
	for _, test := range []struct {
		name   string
		report *doctor.Report
		want   string
	}{
		{"broken", broken(), brokenText},
		{"healthy", doctor.Judge(healthy, nil, doctor.Options{}), healthyText},
		{"nothing known", doctor.Judge(&facts.Snapshot{}, nil, doctor.Options{}), "No problem found\n"},
	} {
		var plain, colored bytes.Buffer
		if err := errors.Join(Text(&plain, test.report, false), Text(&colored, test.report, true)); err != nil {
			t.Fatal(err)
		}
		if plain.String() != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, plain.String(), test.want)
		}
		if !strings.Contains(colored.String(), "\x1b[1m") {
			t.Errorf("%s: no colour", test.name)
		}
		bare := strings.NewReplacer("\x1b[0m", "", "\x1b[1m", "", "\x1b[2m", "", "\x1b[31m", "", "\x1b[33m", "").Replace(colored.String())
		if bare != test.want {
			t.Errorf("%s: colours change the text:\n%s", test.name, bare)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteError(t *testing.T) {
	if Text(full{}, broken(), false) == nil || JSON(full{}, broken()) == nil {
		t.Error("a failing write is not reported")
	}
}

func TestSummary(t *testing.T) {
	hint := rules.Group{Rules: []*rules.Rule{{ID: "x", Severity: rules.Hint, Judge: func(j *rules.Judge) { j.Place(goroot, "x") }}}}
	for want, r := range map[string]*doctor.Report{
		"No problem found":         doctor.Judge(windows(), nil, doctor.Options{}),
		"No problem found, 1 note": doctor.Judge(windows(), []rules.Group{hint}, doctor.Options{}),
		`2 errors, 2 warnings: GOROOT is C:\Go, which holds no Go toolchain (stale-goroot)`: broken(),
	} {
		if got := Summary(r); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestJSON holds what is printed and its schema together, on a full report and on one with nothing in it.
func TestJSON(t *testing.T) {
	schema := compile(t, "report")
	for _, r := range []*doctor.Report{broken(), doctor.Judge(windows(), nil, doctor.Options{}), doctor.Judge(&facts.Snapshot{}, nil, doctor.Options{})} {
		var b bytes.Buffer
		if err := JSON(&b, r); err != nil {
			t.Fatal(err)
		}
		got, err := jsonschema.UnmarshalJSON(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(got); err != nil {
			t.Errorf("%v\n%s", err, b.String())
		}
		if strings.Contains(b.String(), "null") || strings.Contains(b.String(), `\u003c`) || !utf8.Valid(b.Bytes()) {
			t.Errorf("null, escaped HTML or no UTF-8:\n%s", b.String())
		}
	}
}

// TestIgnored holds that a report says how many findings it leaves out.
func TestIgnored(t *testing.T) {
	r := broken()
	r.Ignored = r.Findings[:2]
	if got := Wire(r).Ignored; got != 2 {
		t.Errorf("%d ignored, want 2", got)
	}
}

// TestSchemaRefuses makes sure that the schema says something.
func TestSchemaRefuses(t *testing.T) {
	schema := compile(t, "report")
	var b bytes.Buffer
	if err := JSON(&b, broken()); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"causedBy": []`, `"causedBy": null`}, {`"severity": "error"`, `"severity": "fatal"`}, {`"version": 1,`, `"version": 2,`},
		{`"share"`, `"part"`}, {`"safety": "safe"`, `"safety": ""`},
	} {
		text := strings.Replace(b.String(), change[0], change[1], 1)
		if text == b.String() {
			t.Fatalf("%s is not in the report", change[0])
		}
		got, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(got) == nil {
			t.Errorf("the schema accepts %s", change[1])
		}
	}
}

// TestSchemas compiles every schema, references included.
func TestSchemas(t *testing.T) {
	for _, name := range []string{"wire", "settings"} {
		compile(t, name)
	}
}

func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	for _, name := range []string{"report", "wire", "settings"} {
		text, err := os.ReadFile("../../shared/schema/" + name + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		var id struct {
			ID string `json:"$id"`
		}
		if err := json.Unmarshal(text, &id); err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(id.ID, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile("https://github.com/go-env-doctor/go-env-doctor/shared/schema/" + name + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestQuote(t *testing.T) {
	for _, test := range []struct{ os, arg, want string }{
		{"linux", "/a/b.c:3", "/a/b.c:3"},
		{"linux", "/a b/$(id)'", `'/a b/$(id)'\'''`},
		{"linux", "", "''"},
		{"windows", `C:\a\b`, `C:\a\b`},
		{"windows", `C:\a b`, `"C:\a b"`},
		{"windows", `C:\a&b`, `"C:\a&b"`},
	} {
		var p printer
		p.report.Machine.OS = test.os
		if got := p.quote(test.arg); got != test.want {
			t.Errorf("%s: %q: got %s, want %s", test.os, test.arg, got, test.want)
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("a b  c\n\n d", 3)
	f.Add(strings.Repeat("x", 200)+" y", 10)
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = max(1, n%200)
		s = printable(s)
		lines := wrap(s, n)
		if squeeze(strings.Join(lines, " ")) != squeeze(s) {
			t.Fatalf("text is lost: %q", lines)
		}
		for _, line := range lines {
			if utf8.RuneCountInString(line) > n && strings.Contains(strings.TrimLeft(line, " "), " ") && utf8.RuneCountInString(strings.SplitN(strings.TrimLeft(line, " "), " ", 2)[0]) < n/2 {
				t.Fatalf("%q is wider than %d", line, n)
			}
		}
	})
}

func squeeze(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
