package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
)

func noPage(string) string { return "" }

// play diagnoses a machine of the corpus.
func play(t testing.TB, name string, lang l10n.Lang) *doctor.Report {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := scenario.Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return doctor.Diagnose(m, doctor.Options{Lang: lang})
}

func corpus(t testing.TB) []string {
	t.Helper()
	list, err := filepath.Glob("../../testdata/scenarios/*/*.txtar")
	if err != nil || len(list) == 0 {
		t.Fatalf("no scenario: %v", err)
	}
	return list
}

// TestSARIF holds what is written to the official schema, over the whole corpus, and checks what the schema cannot say.
func TestSARIF(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/sarif-2.1.0.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	fixes, physical, logical := 0, 0, 0
	prints := map[string]string{}
	check := func(name string, r *doctor.Report) {
		var b bytes.Buffer
		if err := SARIF(&b, r, "1.2.3", func(id string) string { return "# " + id + "\n\nA page.\n" }); err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v\n%s", name, err, b.String())
		}
		var got sarifLog
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		run := got.Runs[0]
		if len(run.Results) != len(r.Findings) {
			t.Fatalf("%s: %d results of %d findings", name, len(run.Results), len(r.Findings))
		}
		for i, x := range run.Results {
			if x.Message.Text != r.Findings[i].Message || run.Tool.Driver.Rules[x.RuleIndex].ID != x.RuleID {
				t.Errorf("%s: result %d: %+v", name, i, x)
			}
			fixes += len(x.Fixes)
			for _, l := range x.Locations {
				if l.Physical != nil {
					physical++
					if l.Physical.Region != nil && l.Physical.Region.StartLine != r.Findings[i].At.Line {
						t.Errorf("%s: %s is shown in line %d", name, r.Findings[i].At, l.Physical.Region.StartLine)
					}
				} else {
					logical++
				}
			}
			print := x.Fingerprints["problem/v1"]
			if p := name + r.Findings[i].Name().Rule + r.Findings[i].Name().At + r.Findings[i].Name().Subject; print == "" || prints[name+print] != "" && prints[name+print] != p {
				t.Errorf("%s: two problems have the fingerprint %q", name, print)
			} else {
				prints[name+print] = p
			}
		}
	}
	for _, name := range corpus(t) {
		check(name, play(t, name, ""))
	}
	check("broken", broken())
	check("nothing known", doctor.Judge(&facts.Snapshot{}, nil, doctor.Options{}))
	if fixes == 0 || physical == 0 || logical == 0 {
		t.Errorf("%d fixes, %d files, %d other places: one kind was not tried", fixes, physical, logical)
	}
}

// TestSARIFFix makes the replacements of a fix and holds that they are what the fix changes.
func TestSARIFFix(t *testing.T) {
	r := play(t, "../../testdata/scenarios/misplaced-goroot/linux-launch.txtar", "")
	var b bytes.Buffer
	if err := SARIF(&b, r, "", noPage); err != nil {
		t.Fatal(err)
	}
	var got sarifLog
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	x := got.Runs[0].Results[0]
	c := x.Fixes[0].Changes[0]
	if c.Artifact != (sarifArtifact{".vscode/launch.json", root}) || got.Runs[0].URIBases[root].URI != "file:///home/gopher/src/app/" {
		t.Errorf("the file is %v below %v", c.Artifact, got.Runs[0].URIBases)
	}
	d := c.Replacements[0].Deleted
	line := strings.Split(r.Findings[0].Text.S, "\n")[d.StartLine-1]
	if cut := line[d.StartColumn-1 : d.EndColumn-1]; d.StartLine != d.EndLine || cut != `, "GOROOT": "/usr/local/go/bin"` || c.Replacements[0].Inserted != nil {
		t.Errorf("the fix takes away %q and writes %v", cut, c.Replacements[0].Inserted)
	}
}

const brokenMarkdown = "**2 errors, 2 warnings: GOROOT is C:\\Go, which holds no Go toolchain (stale-goroot)**\n" + `
- windows 10.0.22631 amd64
- go 1.26.1: ´C:\Program Files\Go\bin\go.exe´
- gopls 0.21.0: ´C:\Users\gopher\go\bin\gopls.exe´

1. **error** ´stale-goroot´ (74 % of the trouble)  
   GOROOT is C:\Go, which holds no Go toolchain.  
   at ´reg:HKCU\Environment\GOROOT´

<details><summary>Evidence, and what to do</summary>

- see ´reg:HKCU\Environment\Path´: PATH has another one

It explains:

- error ´go-not-found´ at ´env:PATH´: No go runs.

What to do:

- Remove GOROOT (safe)

  ´´´
  go-env-doctor fix stale-goroot/unset --at reg:HKCU\Environment\GOROOT
  ´´´
- Install Go (manual)

  Install Go at C:\Go again, which is what nobody wants who has another one that works and that is named on PATH.

  ´´´
  winget install GoLang.Go
  ´´´

</details>

2. **warning** ´dead-path-entry´ (12 % of the trouble)  
   c:/old one is gone.  
   at ´reg:HKCU\Environment\Path´

<details><summary>Evidence, and what to do</summary>

What to do:

- Remove the entry (ask)

  ´´´
  go-env-doctor fix dead-path-entry/remove-entry --at reg:HKCU\Environment\Path --subject "path:c:/old one"
  ´´´

</details>

3. **warning** ´dead-path-entry´ (12 % of the trouble)  
   c:/b is gone.  
   at ´reg:HKCU\Environment\Path´

<details><summary>Evidence, and what to do</summary>

What to do:

- Remove the entry (ask)

  ´´´
  go-env-doctor fix dead-path-entry/remove-entry --at reg:HKCU\Environment\Path --subject path:c:/b
  ´´´

</details>

<details><summary>Worth knowing</summary>

- hint ´redundant-goroot´ at ´reg:HKCU\Environment\GOROOT´: Evil \x1b\[31mred\x1b\[0m \u202e value \xff.

</details>

<details><summary>Could not be learned</summary>

- ´C:\Users\gopher\go.env´: access is denied

</details>
`

func TestMarkdown(t *testing.T) {
	var b bytes.Buffer
	if err := Markdown(&b, broken()); err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(brokenMarkdown, "´", "`"); b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	if Markdown(full{}, broken()) == nil || SARIF(full{}, broken(), "", noPage) == nil {
		t.Error("a failing write is not reported")
	}
}

// TestMarkdownText holds that no text becomes markup, and that the home directory is not told.
func TestMarkdownText(t *testing.T) {
	m := &markdown{home: "/home/alice"}
	for in, want := range map[string]string{
		"a `b` *c* _d_":        "a \\`b\\` \\*c\\* \\_d\\_",
		"<b>&amp;":             "&lt;b&gt;&amp;amp;",
		"a | b":                "a \\| b",
		"[x](y) ![z](w)":       "\\[x\\](y) \\!\\[z\\](w)",
		"@gopher #12":          "&#64;gopher &#35;12",
		"https://evil.example": "https&#58;//evil.example",
		":tada: a: b":          "&#58;tada: a: b",
		"- x\n# y":             "\\- x &#35; y",
		`C:\Go\[x]`:            `C:\Go\\\[x\]`,
		"/home/alice/x":        "\\~/x",
		"/home/alice2/x":       "/home/alice2/x",
		"a\x1b[0m":             "a\\x1b\\[0m",
	} {
		if got := m.text(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"x": "`x`", "a`b": "`` a`b ``", "/home/alice": "`~`", "": ""} {
		if got := m.code(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestMarkdownCorpus holds that no report of the corpus tells where the home directory is.
func TestMarkdownCorpus(t *testing.T) {
	for _, name := range corpus(t) {
		r := play(t, name, "")
		var b bytes.Buffer
		if err := Markdown(&b, r); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if home := r.Facts.System.Home; strings.Contains(line, home+"/") || strings.Contains(line, home+`\`) {
				t.Errorf("%s: %s", name, line)
			}
		}
		if strings.Count(b.String(), "<details>") != strings.Count(b.String(), "</details>") {
			t.Errorf("%s: what is folded does not end", name)
		}
	}
}
