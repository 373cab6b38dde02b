package doctor_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// made is a made-up rule that finds something about each subject list: "var:A var:B", at /RULE:1, /RULE:2 …
func made(id string, s rules.Severity, after string, found ...string) *rules.Rule {
	return &rules.Rule{ID: id, Severity: s, After: strings.Fields(after), Judge: func(j *rules.Judge) {
		for i, subjects := range found {
			j.Place(host.FileLoc("/"+id, i+1), "%s", id).About(strings.Fields(subjects)...)
		}
	}}
}

// ranking is the causes as text: rule at line, share in 1/81, and what it explains.
func ranking(r *doctor.Report) string {
	total := 0
	weight := map[rules.Severity]int{rules.Error: 27, rules.Warning: 9, rules.Info: 3, rules.Hint: 1}
	for _, f := range r.Findings {
		total += weight[f.Severity]
	}
	var list []string
	for _, c := range r.Causes {
		var names []string
		for _, i := range c.Findings {
			names = append(names, fmt.Sprintf("%s:%d", r.Findings[i].Rule.ID, r.Findings[i].At.Line))
		}
		list = append(list, fmt.Sprintf("%s=%d/%d", strings.Join(names, "+"), int(math.Round(c.Share*float64(total))), total))
	}
	return strings.Join(list, " ")
}

func TestCauses(t *testing.T) {
	const (
		e, w, i, h = rules.Error, rules.Warning, rules.Info, rules.Hint
	)
	for _, c := range []struct {
		name  string
		rules []*rules.Rule
		want  string
	}{
		{"nothing found", []*rules.Rule{made("a", e, "")}, ""},
		{"a chain counts for its start", []*rules.Rule{
			made("c", e, "b", "var:X"), made("b", w, "a", "var:X"), made("a", i, "", "var:X"),
		}, "a:1+c:1+b:1=39/39"},
		{"another subject is another matter", []*rules.Rule{
			made("b", e, "a", "var:X", "var:Y"), made("a", w, "", "var:X"),
		}, "a:1+b:1=36/63 b:2=27/63"},
		{"After alone does not explain", []*rules.Rule{
			made("b", e, "a", "var:X"), made("a", w, "", "path:/x"),
		}, "b:1=27/36 a:1=9/36"},
		{"two causes for one symptom: the first in rule order", []*rules.Rule{
			made("a", w, "", "var:X"), made("b", w, "", "var:X"), made("c", e, "b a", "var:X"),
		}, "a:1+c:1=36/45 b:1=9/45"},
		{"a file whose lines are all lost shares every variable", []*rules.Rule{
			made("b", e, "a", "var:X", "var:Y", "path:/y"), made("a", e, "", "file:/env var:*"),
		}, "a:1+b:1+b:2=81/108 b:3=27/108"},
		{"a tie of shares: who explains more", []*rules.Rule{
			made("a", w, "", "var:A"), made("b", i, "", "var:B"), made("c", i, "b", "var:B", "var:B"),
		}, "b:1+c:1+c:2=9/18 a:1=9/18"},
		{"a tie of both: rule order", []*rules.Rule{
			made("a", w, "", "var:A"), made("b", w, "", "var:B"),
		}, "a:1=9/18 b:1=9/18"},
		{"many hints do not rank above a warning, one by one", []*rules.Rule{
			made("a", h, "", "var:A", "var:B"), made("b", i, "", "var:C"), made("c", w, "", "var:D"),
		}, "c:1=9/14 b:1=3/14 a:1=1/14 a:2=1/14"},
		{"a hint that explains an error is its cause", []*rules.Rule{
			made("a", h, "", "var:A"), made("b", e, "a", "var:A"), made("c", w, "", "var:C"),
		}, "a:1+b:1=28/37 c:1=9/37"},
	} {
		r := doctor.Judge(&facts.Snapshot{}, []rules.Group{{Name: "made", Rules: c.rules}}, doctor.Options{})
		if got := ranking(r); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		sum := 0.0
		for _, x := range r.Causes {
			sum += x.Share
		}
		if len(r.Causes) > 0 && math.Abs(sum-1) > 1e-12 {
			t.Errorf("%s: the shares sum to %v", c.name, sum)
		}
	}
}

// TestMasked holds that an assignment which wins in no view is a hint at most.
func TestMasked(t *testing.T) {
	masked := &facts.Assignment{Name: "X", At: host.EnvLoc("X")}
	wins := &facts.Assignment{Name: "X", At: host.EnvLoc("X"), Wins: []string{"editor"}}
	rule := &rules.Rule{ID: "a", Severity: rules.Error, Judge: func(j *rules.Judge) {
		j.At(masked, "masked").As(rules.Warning)
		j.At(wins, "wins")
	}}
	r := doctor.Judge(&facts.Snapshot{}, []rules.Group{{Name: "made", Rules: []*rules.Rule{rule}}}, doctor.Options{})
	if len(r.Findings) != 2 || r.Findings[0].Severity != rules.Hint || r.Findings[1].Severity != rules.Error {
		t.Errorf("got %v", r.Findings)
	}
}

// TestPanic holds that a rule that panics leaves a gap, and the others go on.
func TestPanic(t *testing.T) {
	broken := &rules.Rule{ID: "broken", Judge: func(*rules.Judge) { panic("no") }}
	r := doctor.Judge(&facts.Snapshot{}, []rules.Group{{Name: "made", Rules: []*rules.Rule{broken, made("a", rules.Error, "", "var:X")}}}, doctor.Options{})
	if len(r.Findings) != 1 || len(r.Gaps) != 1 || !strings.Contains(r.Gaps[0].Reason, "rule broken: no") {
		t.Errorf("got %v, %v", r.Findings, r.Gaps)
	}
}

// TestPure holds that a rule finds the same in the same snapshot, in the same order, and that a machine is probed alike every time.
func TestPure(t *testing.T) {
	for _, file := range files(t, "scenarios") {
		m, _ := play(t, file)
		r := doctor.Diagnose(m, doctor.Options{})
		first := want(r)
		for range 2 {
			if got := want(doctor.Judge(r.Facts, doctor.Groups, doctor.Options{})); got != first {
				t.Errorf("%s: judged again: %s", name(file), got)
			}
		}
		if got := want(doctor.Diagnose(m.Clone(), doctor.Options{})); got != first {
			t.Errorf("%s: diagnosed again: %s", name(file), got)
		}
	}
}
