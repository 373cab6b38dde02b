package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
)

func machine(t *testing.T, text string) *scenario.Machine {
	t.Helper()
	m, err := scenario.Parse("x.txtar", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const stale = `GOROOT is set twice, to something that is gone.

-- machine --
os linux 6.1.0 amd64
user gopher /home/gopher
uid 1000
shell /bin/bash
now 2026-11-22T12:00:00Z
-- toolchains --
/usr/local/go go1.26.1
-- /home/gopher/.profile --
export PATH=$PATH:/usr/local/go/bin
export GOROOT=/gone
-- /home/gopher/.config/go/env --
GO111MODULE=true
`

func TestIgnore(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		m, j := machine(t, stale), fix.Open(dir)
		d := New(m, j, Options{})
		r := d.Diagnose()
		if len(r.Findings) != 2 || len(r.Ignored) != 0 || len(r.Gaps) != 0 {
			t.Fatalf("%d findings, %d ignored, %v", len(r.Findings), len(r.Ignored), r.Gaps)
		}
		p := r.Findings[0].Name()
		if p.At != "/home/gopher/.profile" {
			t.Errorf("the place of %+v has a line", p)
		}
		for range 2 { // twice is once
			if err := Ignore(j, p); err != nil {
				t.Fatal(err)
			}
		}
		if r = d.Diagnose(); len(r.Findings) != 1 || len(r.Ignored) != 1 || r.Ignored[0].Name() != p {
			t.Errorf("%d findings, %d ignored", len(r.Findings), len(r.Ignored))
		}
		if _, err := d.Apply(Request{AllSafe: true}); err != nil { // leaves alone what is ignored
			t.Fatal(err)
		}
		if text, err := m.ReadFile("/home/gopher/.profile"); err != nil || !strings.Contains(string(text), "GOROOT=/gone") {
			t.Errorf("%q, %v", text, err)
		}
		if list, err := Ignored(fix.Open(dir)); dir != "" && (err != nil || len(list) != 1 || list[0] != p) {
			t.Errorf("another program reads %v, %v", list, err)
		}
		if err := Unignore(j, p); err != nil {
			t.Fatal(err)
		}
		if r = d.Diagnose(); len(r.Findings) != 1 || len(r.Ignored) != 0 {
			t.Errorf("%d findings, %d ignored", len(r.Findings), len(r.Ignored))
		}
	}
}

// TestIgnoredBroken holds that a list that cannot be read ignores nothing, is told as a gap, and is not lost.
func TestIgnoredBroken(t *testing.T) {
	for _, text := range []string{"{", "\x00\xff", `[]`, `{"version": 2, "ignored": []}`, `{"version": 1, "ignored": "x"}`} {
		dir := t.TempDir()
		name := filepath.Join(dir, "ignored.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		j := fix.Open(dir)
		d := New(machine(t, stale), j, Options{})
		r := d.Diagnose()
		if len(r.Findings) != 2 || len(r.Gaps) != 1 || r.Gaps[0].At.Path != name || !strings.Contains(r.Gaps[0].Reason, "none is ignored") {
			t.Errorf("%q: %d findings, %v", text, len(r.Findings), r.Gaps)
		}
		if err := Ignore(j, r.Findings[0].Name()); err != nil {
			t.Fatal(err)
		}
		if r = d.Diagnose(); len(r.Findings) != 1 || len(r.Gaps) != 0 {
			t.Errorf("%q: %d findings, %v", text, len(r.Findings), r.Gaps)
		}
		if kept, err := os.ReadFile(name + ".broken"); err != nil || string(kept) != text {
			t.Errorf("kept %q, %v", kept, err)
		}
	}
}

func FuzzIgnored(f *testing.F) {
	f.Add([]byte(`{"version": 1, "ignored": [{"rule": "a", "at": "/b", "subject": "c"}]}`))
	f.Add([]byte(""))
	f.Add([]byte(`{"version": 1`))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseIgnored(data)
		if err != nil && len(list) > 0 {
			t.Errorf("%v with %v", list, err)
		}
	})
}
