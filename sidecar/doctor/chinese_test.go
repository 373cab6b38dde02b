package doctor_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// TestChinese diagnoses the corpus in both languages: the same is found, and every text is another one.
func TestChinese(t *testing.T) {
	for _, file := range append(files(t, "scenarios"), files(t, "healthy")...) {
		t.Run(name(file), func(t *testing.T) {
			m, _ := play(t, file)
			a, b := doctor.Diagnose(m, doctor.Options{}), doctor.Diagnose(m, doctor.Options{Lang: l10n.Chinese})
			if len(a.Findings) != len(b.Findings) || len(a.Gaps) != len(b.Gaps) {
				t.Fatalf("%d findings and %d gaps in English, %d and %d in Chinese", len(a.Findings), len(a.Gaps), len(b.Findings), len(b.Gaps))
			}
			for i, f := range a.Findings {
				g := b.Findings[i]
				if f.Name() != g.Name() || f.Severity != g.Severity || !slices.Equal(f.Subjects, g.Subjects) || !slices.Equal(ids(f), ids(g)) || len(f.Related) != len(g.Related) {
					t.Errorf("%+v in English, %+v in Chinese", f.Finding, g.Finding)
					continue
				}
				translated(t, f.Message, g.Message)
				for k, r := range f.Related {
					translated(t, r.Message, g.Related[k].Message)
				}
				for k, x := range f.Fixes {
					y := g.Fixes[k]
					translated(t, x.Title, y.Title)
					translated(t, x.Text, y.Text)
					if x.Safety != y.Safety || x.Command != y.Command || len(x.Changes) != len(y.Changes) {
						t.Errorf("%s: %+v in English, %+v in Chinese", f.Rule.ID, x, y)
					}
				}
			}
			for i, g := range a.Gaps {
				if !strings.Contains(g.Reason, "permission denied") && !strings.Contains(g.Reason, "too many levels") { // of the operating system
					translated(t, g.Reason, b.Gaps[i].Reason)
				}
			}
		})
	}
}

// ids are a finding's fixes with who decides about each.
func ids(f doctor.Finding) (list []string) {
	for _, x := range f.Fixes {
		list = append(list, x.ID+" "+string(x.Safety))
	}
	return list
}

// translated fails where a text is English, or was made of other arguments than its format wants.
func translated(t *testing.T, english, chinese string) {
	t.Helper()
	switch {
	case strings.Contains(english, "%!"), strings.Contains(chinese, "%!"):
		t.Errorf("%q and %q are made of wrong arguments", english, chinese)
	case strings.ContainsFunc(english, unicode.IsLetter) && !strings.ContainsFunc(chinese, func(r rune) bool { return unicode.Is(unicode.Han, r) }):
		t.Errorf("%q is %q in Chinese", english, chinese)
	}
}

// TestChineseReceipt fixes, undoes and fails in Chinese.
func TestChineseReceipt(t *testing.T) {
	m := linux(t, "GOROOT=/gone", "")
	write(t, m, "/home/gopher/.profile", []byte("export GOROOT=/gone\n"))
	d := doctor.New(m, fix.Open(""), doctor.Options{Lang: l10n.Chinese})
	r := d.Diagnose()
	i := slices.IndexFunc(r.Findings, func(f doctor.Finding) bool {
		return f.Rule.ID == "stale-goroot" && len(f.Fixes) > 0 && f.Fixes[0].Safety != rules.Manual
	})
	if i < 0 {
		t.Fatalf("no fix of a stale GOROOT in %+v", r.Findings)
	}
	req := request(r.Findings[i], r.Findings[i].Fixes[0])
	rec, err := d.Apply(req)
	if err != nil {
		t.Fatal(err)
	}
	if want := "已完成：从 ~/.profile:1 中删除 GOROOT。"; rec.Message != want {
		t.Errorf("message %q, want %q", rec.Message, want)
	}
	for _, s := range rec.Stale {
		translated(t, "a", s.Message)
		translated(t, "a", s.Action)
	}
	if rec, err = d.Undo(""); err != nil || rec.Message != "已撤销：从 ~/.profile:1 中删除 GOROOT。" {
		t.Errorf("undone: %+v, %v", rec, err)
	}
	if _, err = d.Undo(""); !errors.Is(err, fix.ErrNothing) || err.Error() != "没有可撤销的内容" {
		t.Errorf("nothing to undo: %v", err)
	}
	if _, err = d.Apply(doctor.Request{Rule: "stale-goroot", Fix: "unset", At: "env:X"}); !errors.Is(err, doctor.ErrGone) || !strings.HasSuffix(err.Error(), "此修复已不再提供") {
		t.Errorf("a fix that is gone: %v", err)
	}
}
