package doctor_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
)

var update = flag.Bool("update", false, "write the want and fix entries of every scenario")

const corpus = "../../testdata"

// play parses a scenario file.
func play(t testing.TB, file string) (*scenario.Machine, []byte) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := scenario.Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	return m, data
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(filepath.Join(corpus, dir), func(name string, _ os.DirEntry, err error) error {
		if filepath.Ext(name) == ".txtar" {
			list = append(list, name)
		}
		return err
	})
	if err != nil || len(list) == 0 {
		t.Fatalf("no scenario in testdata/%s: %v", dir, err)
	}
	return list
}

// name is a scenario without the way to the corpus.
func name(file string) string {
	rel, _ := filepath.Rel(corpus, file)
	return strings.TrimSuffix(filepath.ToSlash(rel), ".txtar")
}

// want is a report as scenarios write it: findings in report order, each with its message and fixes.
func want(r *doctor.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s %s\n\t%s\n", f.Severity, f.Rule.ID, f.At, strings.ReplaceAll(f.Message, "\n", "\n\t"))
		for _, x := range f.Fixes {
			fmt.Fprintf(&b, "\t%s (%s): %s\n", x.ID, x.Safety, x.Title)
		}
	}
	return b.String()
}

// marker is the name of a fix entry. The subject stands in it only where two findings of the rule share the place.
func marker(r *doctor.Report, f doctor.Finding, x rules.Fix) string {
	s := fmt.Sprintf("fix %s/%s %s", f.Rule.ID, x.ID, f.At)
	for _, g := range r.Findings {
		if g.Rule == f.Rule && g.At == f.At && g.Finding != f.Finding {
			return s + " " + f.Subject()
		}
	}
	return s
}

func request(f doctor.Finding, x rules.Fix) doctor.Request {
	return doctor.Request{Rule: f.Rule.ID, Fix: x.ID, At: f.At.String(), Subject: f.Subject()}
}

// eachFix calls do for every fix of a machine that changes something, on a machine of its own.
func eachFix(t *testing.T, m *scenario.Machine, do func(t *testing.T, m *scenario.Machine, r *doctor.Report, f doctor.Finding, x rules.Fix)) {
	r := doctor.Diagnose(m, doctor.Options{})
	for _, f := range r.Findings {
		for _, x := range f.Fixes {
			if x.Safety == rules.Manual {
				if x.Text == "" {
					t.Errorf("%s/%s at %s is manual and has no text", f.Rule.ID, x.ID, f.At)
				}
				continue
			}
			t.Run(f.Rule.ID+"/"+x.ID, func(t *testing.T) { do(t, m.Clone(), r, f, x) })
		}
	}
}

// TestScenarios plays every machine and compares what is found, and what each fix changes, with the file.
func TestScenarios(t *testing.T) {
	for _, file := range files(t, "scenarios") {
		t.Run(name(file), func(t *testing.T) {
			m, data := play(t, file)
			r := doctor.Diagnose(m, doctor.Options{})
			got := []txtar.File{{Name: "want", Data: []byte(want(r))}}
			eachFix(t, m, func(t *testing.T, m *scenario.Machine, r *doctor.Report, f doctor.Finding, x rules.Fix) {
				before := m.Clone()
				if _, err := doctor.New(m, fix.Open(""), doctor.Options{}).Apply(request(f, x)); err != nil {
					t.Fatalf("at %s: %v", f.At, err)
				}
				got = append(got, txtar.File{Name: marker(r, f, x), Data: []byte(m.Diff(before))})
			})
			for _, g := range r.Gaps {
				if strings.Contains(g.Reason, "internal problem") {
					t.Errorf("%s: %s", g.At, g.Reason)
				}
			}
			text := scenario.Format(data, got)
			if *update {
				if err := os.WriteFile(file, text, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if string(text) != string(data) {
				t.Errorf("run go test ./sidecar/doctor -update, and look at the difference:\n%s", fix.Diff(l10n.English, []host.Edit{{At: host.FileLoc(file, 0), Old: &host.Value{Data: data}, New: &host.Value{Data: text}}}))
			}
			expected(t, m, r)
		})
	}
}

// expected checks the lines Expect, Also and Allowed of a scenario that has them.
func expected(t *testing.T, m *scenario.Machine, r *doctor.Report) {
	for _, e := range m.Expect {
		if e.Rule == "healthy" || e.Rule == "none" {
			return
		}
		if len(r.Causes) > 0 {
			first := r.Findings[r.Causes[0].Finding]
			if first.Rule.ID == e.Rule && (e.Fix == "" || slices.ContainsFunc(first.Fixes, func(x rules.Fix) bool { return x.ID == e.Fix })) {
				return
			}
		}
	}
	if len(m.Expect) > 0 {
		t.Errorf("first cause is not what Expect says: %+v", r.Causes)
	}
}

// TestHealthy holds that a healthy machine is silent: no finding of any severity.
func TestHealthy(t *testing.T) {
	for _, file := range files(t, "healthy") {
		t.Run(name(file), func(t *testing.T) {
			m, _ := play(t, file)
			for _, f := range doctor.Diagnose(m, doctor.Options{}).Findings {
				t.Errorf("%s %s at %s: %s", f.Severity, f.Rule.ID, f.At, f.Message)
			}
		})
	}
}

// TestFixes asks of every fix of the corpus what scenarios.md says is asked without anyone writing it down.
func TestFixes(t *testing.T) {
	for _, file := range files(t, "scenarios") {
		t.Run(name(file), func(t *testing.T) {
			m, _ := play(t, file)
			eachFix(t, m, promises)
		})
	}
}

func promises(t *testing.T, m *scenario.Machine, r *doctor.Report, f doctor.Finding, x rules.Fix) {
	req := request(f, x)
	plan, err := r.Plan(req)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Edits) == 0 {
		t.Fatal("it changes nothing")
	}
	start := m.Fingerprint()

	// A failing k-th swap leaves no trace.
	for k := range plan.Edits {
		c := m.Clone()
		c.FailSwap(k + 1)
		if _, err := doctor.New(c, fix.Open(""), doctor.Options{}).Apply(req); !errors.Is(err, scenario.ErrInjected) {
			t.Errorf("with swap %d failing: %v", k+1, err)
		}
		if got := c.Fingerprint(); got != start {
			t.Errorf("swap %d failed, and something stayed changed", k+1)
		}
	}

	// A place that changed meanwhile is a conflict, and nothing changes.
	c := m.Clone()
	edit := plan.Edits[len(plan.Edits)-1]
	foreign := host.Edit{At: edit.At, Old: edit.Old, New: &host.Value{Data: []byte("# someone else\n")}}
	if edit.At.Kind == host.Registry {
		foreign.New = &host.Value{Type: "sz", Data: host.RegString("someone else")}
	}
	if err := c.Swap(foreign); err != nil {
		t.Fatalf("preparing a conflict: %v", err)
	}
	changed := c.Fingerprint()
	if _, err := fix.Open("").Apply(c, plan, nil); !errors.Is(err, host.ErrConflict) {
		t.Errorf("a place changed meanwhile: %v, want a conflict", err)
	}
	if c.Fingerprint() != changed {
		t.Error("a conflict changed something")
	}

	// It ends its finding and brings no new error (Apply checks both), and applied twice it changes nothing more.
	dir := t.TempDir()
	j := fix.Open(dir)
	d := doctor.New(m, j, doctor.Options{})
	if _, err := d.Apply(req); err != nil {
		t.Fatal(err)
	}
	after := m.Fingerprint()
	if after == start {
		t.Error("nothing changed")
	}
	if _, err := d.Apply(req); err == nil && m.Fingerprint() != after && !stillThere(d, req) {
		t.Error("applied twice it changed more")
	}
	crash(t, m, plan, dir, start, after, r)

	// Undo restores the machine byte for byte.
	for {
		if _, err := d.Undo(""); errors.Is(err, fix.ErrNothing) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if m.Fingerprint() != start {
		t.Errorf("undo did not restore the machine: %s", diffOf(m, start))
	}
}

// stillThere reports whether a second finding answers to the same request, as two dead lines of one file do.
func stillThere(d *doctor.Doctor, req doctor.Request) bool {
	_, _, err := d.Diagnose().Find(req)
	return err == nil
}

func diffOf(m *scenario.Machine, start string) string {
	return fix.Diff(l10n.English, []host.Edit{{At: host.FileLoc("/machine", 0), Old: &host.Value{Data: []byte(start)}, New: &host.Value{Data: []byte(m.Fingerprint())}}})
}

// crash replays a crash after each line of the journal, with every number of swaps that can have been made by then.
func crash(t *testing.T, repaired *scenario.Machine, plan *fix.Plan, dir, start, after string, r *doctor.Report) {
	data, err := os.ReadFile(filepath.Join(dir, "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	for _, lines := range [][]string{{""}, {lines[0]}, {lines[0][:len(lines[0])/2]}, lines[:2]} {
		text := strings.Join(lines, "")
		done := len(lines) == 2 // begin and commit
		for swaps := 0; swaps <= len(plan.Edits); swaps++ {
			if (text == "" || !strings.HasSuffix(text, "\n")) && swaps > 0 || done && swaps < len(plan.Edits) {
				continue
			}
			c := repaired.Clone()
			for i := len(plan.Edits) - 1; i >= swaps; i-- {
				if err := c.Swap(plan.Edits[i].Inverse()); err != nil {
					t.Fatalf("preparing a crash: %v", err)
				}
			}
			at := t.TempDir()
			if err := os.WriteFile(filepath.Join(at, "journal.jsonl"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := fix.Open(at).Recover(c); err != nil {
				t.Errorf("recovering after %d lines and %d swaps: %v", len(lines), swaps, err)
			}
			if got := c.Fingerprint(); done && got != after || !done && got != start {
				t.Errorf("after %d lines and %d swaps, recovery left the machine in between", len(lines), swaps)
			}
		}
	}
}

// TestCorpus holds that every rule has a scenario of its own that finds it and one that does not, that every fix a rule documents occurs,
// and that no scenario is an orphan.
func TestCorpus(t *testing.T) {
	found, silent, fixes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	ids := map[string]bool{}
	for _, g := range doctor.Groups {
		for _, r := range g.Rules {
			ids[r.ID] = true
		}
	}
	for _, file := range files(t, "scenarios") {
		id := filepath.Base(filepath.Dir(file))
		if !ids[id] {
			t.Errorf("%s belongs to no rule", name(file))
		}
		m, _ := play(t, file)
		hit := false
		for _, f := range doctor.Diagnose(m, doctor.Options{}).Findings {
			hit = hit || f.Rule.ID == id
			for _, x := range f.Fixes {
				fixes[f.Rule.ID+"/"+x.ID] = true
			}
		}
		if hit {
			found[id] = true
		} else {
			silent[id] = true
		}
	}
	for id := range ids {
		if !found[id] {
			t.Errorf("no scenario in testdata/scenarios/%s finds it", id)
		}
		if !silent[id] {
			t.Errorf("no scenario in testdata/scenarios/%s is a near miss", id)
		}
		page, err := os.ReadFile("../../docs/rules/" + id + ".md")
		if err != nil {
			t.Error(err)
			continue
		}
		for _, x := range documented(string(page)) {
			if !fixes[id+"/"+x] {
				t.Errorf("the fix %s/%s occurs in no scenario", id, x)
			}
		}
	}
}

// documented are the ids of the fixes in the list of a rule's page.
func documented(page string) (ids []string) {
	_, list, _ := strings.Cut(page, "## Fixes")
	list, _, _ = strings.Cut(list, "\n## ")
	for line := range strings.Lines(list) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "- "); ok {
			id, _, _ := strings.Cut(rest, ":")
			ids = append(ids, strings.Trim(id, "`* "))
		}
	}
	return ids
}
