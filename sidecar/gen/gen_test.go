package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

const root = "../.."

// TestGenerated fails when a derived file is stale.
func TestGenerated(t *testing.T) {
	if err := generate(root, false); err != nil {
		t.Error(err)
	}
}

// TestRules holds a rule, its file, its scenarios and the catalogue together.
func TestRules(t *testing.T) {
	for _, g := range doctor.Groups {
		i := slices.IndexFunc(rules.Catalogue, func(c struct {
			Group string
			IDs   []string
		}) bool {
			return c.Group == g.Name
		})
		if i < 0 {
			t.Errorf("group %s is not in the catalogue", g.Name)
			continue
		}
		vars, err := variables(root, g.Name)
		if err != nil {
			t.Fatal(err)
		}
		last := -1
		for _, r := range g.Rules {
			at := slices.Index(rules.Catalogue[i].IDs, r.ID)
			switch {
			case at < 0:
				t.Errorf("%s: group %s of the catalogue has no such rule", r.ID, g.Name)
			case at < last:
				t.Errorf("%s: group %s has it in another place than the catalogue", r.ID, g.Name)
			}
			last = max(last, at)
			if want := strings.ReplaceAll(r.ID, "-", "_") + ".go"; vars[r.ID].file != want {
				t.Errorf("%s is declared in %q, want %s", r.ID, vars[r.ID].file, want)
			}
			scenarios, err := filepath.Glob(filepath.Join(root, "testdata", "scenarios", r.ID, "*.txtar"))
			if err != nil {
				t.Fatal(err)
			}
			if len(scenarios) == 0 {
				t.Errorf("%s: no scenario in testdata/scenarios/%s", r.ID, r.ID)
			}
			if r.Severity.Rank() == rules.Hint.Rank() && r.Severity != rules.Hint {
				t.Errorf("%s: severity %q", r.ID, r.Severity)
			}
		}
	}
}

// TestNoOrphans fails when a group is not part of the doctor, or a scenario directory belongs to no rule.
func TestNoOrphans(t *testing.T) {
	groups, err := os.ReadDir(filepath.Join(root, "sidecar", "rules"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range groups {
		if d.IsDir() && !slices.ContainsFunc(doctor.Groups, func(g rules.Group) bool { return g.Name == d.Name() }) {
			t.Errorf("sidecar/rules/%s: not in doctor.Groups", d.Name())
		}
	}
	dirs, err := os.ReadDir(filepath.Join(root, "testdata", "scenarios"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if d.IsDir() && !slices.ContainsFunc(doctor.Groups, func(g rules.Group) bool {
			return slices.ContainsFunc(g.Rules, func(r *rules.Rule) bool { return r.ID == d.Name() })
		}) {
			t.Errorf("testdata/scenarios/%s: no such rule", d.Name())
		}
	}
}

// TestAfter fails when a rule is explained by one that the catalogue does not have, or in the end by itself.
func TestAfter(t *testing.T) {
	known := map[string]bool{}
	for _, g := range rules.Catalogue {
		for _, id := range g.IDs {
			if known[id] {
				t.Errorf("the catalogue has %s twice", id)
			}
			known[id] = true
		}
	}
	after := map[string][]string{}
	for _, g := range doctor.Groups {
		for _, r := range g.Rules {
			if after[r.ID] != nil {
				t.Errorf("%s is listed twice", r.ID)
			}
			after[r.ID] = append([]string{}, r.After...)
			for _, id := range r.After {
				if !known[id] {
					t.Errorf("%s: after %s, which the catalogue does not have", r.ID, id)
				}
			}
		}
	}
	if cycle := findCycle(after); cycle != nil {
		t.Errorf("explained by itself: %s", strings.Join(cycle, " after "))
	}
}

func TestFindCycle(t *testing.T) {
	if c := findCycle(map[string][]string{"a": {"b", "c"}, "b": {"c"}}); c != nil {
		t.Errorf("cycle %v, want none", c)
	}
	if c := findCycle(map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"b"}}); strings.Join(c, " ") != "b c b" {
		t.Errorf("cycle %v, want b c b", c)
	}
}

// findCycle returns a path that ends where it begins, nil if there is none.
func findCycle(after map[string][]string) []string {
	done := map[string]bool{}
	var path []string
	var visit func(id string) []string
	visit = func(id string) []string {
		if i := slices.Index(path, id); i >= 0 {
			return append(slices.Clone(path[i:]), id)
		}
		if done[id] {
			return nil
		}
		path = append(path, id)
		for _, next := range after[id] {
			if c := visit(next); c != nil {
				return c
			}
		}
		path, done[id] = path[:len(path)-1], true
		return nil
	}
	ids := make([]string, 0, len(after))
	for id := range after {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if c := visit(id); c != nil {
			return c
		}
	}
	return nil
}

// TestConfigure keeps every byte of the manifest outside the block.
func TestConfigure(t *testing.T) {
	manifest := "{\r\n\t\"a\" : [1,2],\n \"contributes\":{\"configuration\": {\"old\": {}} , \"z\": 1 } }"
	got, err := configure([]byte(manifest), []byte(`{"title": "T", "properties": {"goEnv.b": {"type": "string", "enum": ["x"], "enumDescriptions": ["An \u0078."], "markdownDescription": "B \"b\"."}, "a": {}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := "{\r\n\t\"a\" : [1,2],\n \"contributes\":{\"configuration\": " + `{
      "title": "T",
      "properties": {
        "goEnv.b": {
          "type": "string",
          "enum": [
            "x"
          ],
          "enumDescriptions": [
            "%setting.b.x%"
          ],
          "markdownDescription": "%setting.b%"
        },
        "a": {}
      }
    }` + " , \"z\": 1 } }"
	if string(got) != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if _, err := configure([]byte(`{}`), []byte(`{"title": "T", "properties": {}}`)); err == nil || !strings.Contains(err.Error(), "package.json: no contributes.configuration") {
		t.Errorf("without the block: %v", err)
	}
}

// TestVariables reads what a page is made of.
func TestVariables(t *testing.T) {
	dir := t.TempDir()
	group := filepath.Join(dir, "sidecar", "rules", "g")
	if err := os.MkdirAll(group, 0o755); err != nil {
		t.Fatal(err)
	}
	source := "package g\n\n// BadThing reports a bad thing.\n//\n// # Fixes\n//\n//   - unset: removes it, `a_b*\\r` and *c.\nvar BadThing = &rules.Rule{ID: \"bad-thing\"}\n\nvar other = 1\n"
	if err := os.WriteFile(filepath.Join(group, "bad_thing.go"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	vars, err := variables(dir, "g")
	if err != nil {
		t.Fatal(err)
	}
	v := vars["bad-thing"]
	if v.file != "bad_thing.go" || v.name != "BadThing" || len(vars) != 1 {
		t.Errorf("got %+v", vars)
	}
	rule := &rules.Rule{ID: "bad-thing", Severity: rules.Error, After: []string{"a", "b"}}
	want := "# bad-thing\n\n- severity: error\n- group: g\n- explained by: [`a`](a.md), `b`\n\n" +
		"Reports a bad thing.\n\n## Fixes\n\n  - unset: removes it, `a_b*\\r` and \\*c.\n"
	if got := string(page(englishHead, rule, "g", markdown(v.text()), map[string]bool{"a": true})); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestNLSTexts keeps the texts that are no descriptions of settings, in their order.
func TestNLSTexts(t *testing.T) {
	got, err := nlsTexts([]byte("{\"z\": \"Z <b>\",\n \"setting.old\": \"gone\", \"a\": \"A\"}"), []byte(`{"properties": {"goEnv.b.c": {"enum": ["x"], "enumDescriptions": ["An \u0078."], "markdownDescription": "B"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := "{\n  \"z\": \"Z <b>\",\n  \"a\": \"A\",\n  \"setting.b.c.x\": \"An x.\",\n  \"setting.b.c\": \"B\"\n}\n"
	if string(got) != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if _, err := settingTexts([]byte(`{"properties": {"a": {"enumDescriptions": ["b"], "enum": ["x"]}}}`)); err == nil {
		t.Error("descriptions of values before the values: no error")
	}
}

// TestOutline compares pages of two languages.
func TestOutline(t *testing.T) {
	english, translated := outline([]byte("A.\n\n## Fixes\n\n  - un-set: x.\n  - b: y: z.\n\n## Source\n")), outline([]byte("甲。\n\n## 修复\n\n  - un-set：甲。\n  - b：乙。\n\n## 来源\n"))
	if english != "## un-set b ##" || translated != english {
		t.Errorf("outlines %q and %q", english, translated)
	}
}
