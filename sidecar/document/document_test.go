package document_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/document"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
	"github.com/go-env-doctor/go-env-doctor/sidecar/winenv"
)

var update = flag.Bool("update", false, "write the golden texts")

const corpus = "../../testdata/"

func play(t testing.TB, name string) *scenario.Machine {
	t.Helper()
	data, err := os.ReadFile(corpus + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	m, err := scenario.Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is no longer\n%s\nbut\n%s", name, want, got)
	}
}

func TestGolden(t *testing.T) {
	for name, scene := range map[string]string{
		"windows":   "healthy/windows-msi-first-day",
		"broken":    "scenarios/stale-goroot/windows-settings",
		"macos":     "scenarios/shadowed-go/darwin-brew-before-newer-pkg",
		"linux":     "scenarios/stale-goroot/linux-path-element",
		"wsl":       "scenarios/shadowed-go/wsl-guest-apt",
		"container": "healthy/docker-golang-alpine",
	} {
		r := doctor.Diagnose(play(t, scene), doctor.Options{})
		d := document.Environment(r)
		check(t, name, d)
		golden(t, name+".txt", d.Text)
		if d.Savable || d.Reason == "" {
			t.Errorf("%s: the document of the machine can be saved, or does not say why not", name)
		}
		for hive, key := range map[string]string{"hkcu": winenv.UserKey, "hklm": winenv.MachineKey} {
			d := document.Registry(r, key)
			if (d != nil) != r.Facts.System.Style.Windows {
				t.Fatalf("%s: document of %s: %v", name, key, d)
			}
			if d != nil {
				check(t, name, d)
				golden(t, name+"-"+hive+".txt", d.Text)
			}
		}
	}
	if d := document.Registry(doctor.Diagnose(play(t, "healthy/windows-msi-first-day"), doctor.Options{}), winenv.VolatileKey); d != nil {
		t.Error("the volatile key has a document")
	}
}

// check checks what holds of every document.
func check(t testing.TB, name string, d *document.Document) {
	t.Helper()
	if !utf8.ValidString(d.Text) || strings.ContainsAny(d.Text, "\x00\r\t") || !strings.HasSuffix(d.Text, "\n") {
		t.Errorf("%s: not a clean text", name)
	}
	for i, s := range d.Spans {
		if s.Start < 0 || s.End <= s.Start || s.End > len(d.Text) || i > 0 && s.Start < d.Spans[i-1].Start {
			t.Fatalf("%s: span %d, %+v, is out of place", name, i, s)
		}
		if s.Text != nil && s.Text.S[s.From:s.From+s.End-s.Start] != d.Text[s.Start:s.End] {
			t.Errorf("%s: span %s says that %q is %q", name, s.At, d.Text[s.Start:s.End], s.Text.S[s.From:s.From+s.End-s.Start])
		}
		if strings.Contains(d.Text[s.Start:s.End], "\n") && s.Name == "" {
			t.Errorf("%s: span %s has several lines: %q", name, s.At, d.Text[s.Start:s.End])
		}
	}
	lines := strings.Count(d.Text, "\n")
	for i, f := range d.Folds {
		if f.First < 0 || f.Last <= f.First || f.Last >= lines || i > 0 && f.First < d.Folds[i-1].First {
			t.Errorf("%s: fold %+v of %d lines", name, f, lines)
		}
	}
}

// TestLocate finds every finding of the corpus in the document of the machine, and those of the registry in that of their key.
func TestLocate(t *testing.T) {
	var files []string
	for _, dir := range []string{"scenarios/*/*", "healthy/*"} {
		list, err := filepath.Glob(corpus + dir + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, list...)
	}
	found, exact := 0, 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.ToSlash(file)[len(corpus):], ".txtar")
		r := doctor.Diagnose(play(t, name), doctor.Options{Lang: l10n.Chinese})
		env := document.Environment(r)
		check(t, name, env)
		for _, key := range []string{winenv.UserKey, winenv.MachineKey} {
			d := document.Registry(r, key)
			if d == nil {
				continue
			}
			check(t, name, d)
			if edits, err := document.Save(r, key, d.Text, d.Text+"\n"); len(edits) > 0 || err != nil && d.Savable {
				t.Errorf("%s: what nobody changed in %s is saved as %v, %v", name, key, edits, err)
			}
			for i := range r.Findings {
				f := &r.Findings[i]
				if f.At.Guest != "" || !strings.EqualFold(f.At.Path, key) || f.At.Kind != host.Registry || f.At.Name == "" || f.Text == nil {
					continue
				}
				from, to, ok := d.Finding(f)
				source := strings.ReplaceAll(f.Text.S[f.Start:f.End], "\n", `\n`) // in quotes
				if got := strings.NewReplacer(`\\`, `\`, `\"`, `"`, "\n    ", ";").Replace(d.Text[from:to]); !ok || got != source && !(source == "" && got == ";") {
					t.Errorf("%s: %s at %s is shown at %q, not %q", name, f.Rule.ID, f.At, got, source)
				}
				exact++
			}
		}
		for i := range r.Findings {
			f := &r.Findings[i]
			from, to, ok := env.Finding(f)
			if !ok || from >= to {
				t.Errorf("%s: %s at %s is nowhere", name, f.Rule.ID, f.At)
			}
			from2, to2, ok := env.Locate(f.At, f.Text, f.Start, f.End)
			if !ok || from2 >= to2 {
				t.Errorf("%s: %s at %s cannot be located", name, f.Rule.ID, f.At)
			}
			if !slices.ContainsFunc(env.At(from), func(s document.Span) bool { return s.At.Whole() == f.At.Whole() }) {
				t.Errorf("%s: %s at %s is shown at %q, which is another place", name, f.Rule.ID, f.At, env.Text[from:to])
			}
			found++
		}
	}
	if found < 300 || exact < 50 {
		t.Errorf("only %d findings were looked at, %d of them in the registry", found, exact)
	}
}

// TestPure holds that a document has no more in it than its report.
func TestPure(t *testing.T) {
	m := play(t, "scenarios/shadowed-go/darwin-brew-before-newer-pkg")
	if a, b := document.Environment(doctor.Diagnose(m, doctor.Options{})), document.Environment(doctor.Diagnose(m, doctor.Options{})); a.Text != b.Text || !slices.Equal(a.Folds, b.Folds) || len(a.Spans) != len(b.Spans) {
		t.Error("two documents of one machine differ")
	}
}

func TestSecrets(t *testing.T) {
	m := windows(t, `"HTTPS_PROXY"="http://gopher:hunter2@proxy.example:8080"
"NPM_TOKEN"="hunter2"
"GOPROXY"="https://hunter2@a.example,https://gopher:hunter2@b.example,direct"
"GO_API_KEY"="hunter2"
`)
	r := doctor.Diagnose(m, doctor.Options{})
	for _, d := range []*document.Document{document.Environment(r), document.Registry(r, winenv.UserKey)} {
		check(t, "secrets", d)
		if strings.Contains(d.Text, "hunter2") {
			t.Errorf("a secret is shown:\n%s", d.Text)
		}
	}
	if s := document.Registry(r, winenv.UserKey).Text; !strings.Contains(s, `"GOPROXY"="https://***@a.example,https://***@b.example,direct"`) || !strings.Contains(s, `"NPM_TOKEN"=hidden:`) {
		t.Errorf("what is no secret is hidden:\n%s", s)
	}
}

// TestGoes follows a reference and a value to where they are set.
func TestGoes(t *testing.T) {
	m := windows(t, `"SDK"="C:\\sdk"
"GOROOT"=expand:"%SDK%\\go"
"Path"=expand:"%SDK%\\bin;%GOROOT%\\bin"
`)
	d := document.Registry(doctor.Diagnose(m, doctor.Options{}), winenv.UserKey)
	for text, want := range map[string]string{"%SDK%\\bin": `reg:HKCU\Environment\SDK`, "%GOROOT%": `reg:HKCU\Environment\GOROOT`, "%SDK%\\\\go": `reg:HKCU\Environment\SDK`, "C:\\\\sdk": `reg:HKCU\Environment\SDK`} {
		spans := d.At(strings.Index(d.Text, text) + 1)
		if len(spans) == 0 || len(spans[0].Goes) == 0 || spans[0].Goes[0].String() != want {
			t.Errorf("%s leads to %+v, not %s", text, spans, want)
		}
	}
}

// TestProcessPath tells the elements of a PATH apart that only the process has.
func TestProcessPath(t *testing.T) {
	m, err := scenario.Parse("m", []byte("A machine.\n-- machine --\nos linux 6.8.0 amd64\nuser gopher /home/gopher\nuid 1000\nshell /bin/sh\nnow 2026-01-01T12:00:00Z\neditor vscode 1.100.0\nworkspace /src\n-- /src/go.mod --\nmodule example.com/a\n-- env --\nPATH=/usr/bin:/gone/go/bin:/usr/local/go/bin\n-- toolchains --\n/usr/local/go go1.26.1\n"))
	if err != nil {
		t.Fatal(err)
	}
	d := document.Environment(doctor.Diagnose(m, doctor.Options{}))
	f := doctor.Finding{Finding: finding(host.EnvLoc("PATH"), "path:/gone/go/bin")}
	if from, to, ok := d.Finding(&f); !ok || d.Text[from:to] != "/gone/go/bin" {
		t.Errorf("found %q", d.Text[from:to])
	}
}

// TestHuge keeps a PATH of ten thousand elements from taking long: linear work is a fraction of a second.
func TestHuge(t *testing.T) {
	var b strings.Builder
	b.WriteString(`"Path"="`)
	for range 8000 {
		b.WriteString(`C:\\;`)
	}
	b.WriteString("\"\n")
	r := doctor.Diagnose(windows(t, b.String()), doctor.Options{})
	d := document.Registry(r, winenv.UserKey)
	check(t, "huge", d)
	check(t, "huge", document.Environment(r))
	edits, err := document.Save(r, winenv.UserKey, d.Text, d.Text+"\"NEW\"=\"1\"\n")
	if err != nil || len(edits) != 1 {
		t.Errorf("%v, %v", edits, err)
	}
}
