package doctor

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// weight is how much a finding counts; exact in float64, so that shares sum to 1 as nearly as floats can.
var weight = map[rules.Severity]int{rules.Error: 27, rules.Warning: 9, rules.Info: 3, rules.Hint: 1}

// explain joins symptoms to the findings that explain them and ranks the causes (design, Root causes).
func (r *Report) explain() {
	for i := range r.Findings {
		f := &r.Findings[i]
		for k := range r.Findings {
			if by := &r.Findings[k]; k != i && slices.Contains(f.Rule.After, by.Rule.ID) && share(f.Subjects, by.Subjects) {
				f.CausedBy = append(f.CausedBy, k)
			}
		}
	}
	total := 0
	explains := make([][]int, len(r.Findings))
	for i := range r.Findings {
		total += weight[r.Findings[i].Severity]
		root := r.root(i)
		if root == i {
			explains[i] = slices.Insert(explains[i], 0, i)
		} else {
			explains[root] = append(explains[root], i)
		}
	}
	sum := map[int]int{}
	for i, list := range explains {
		if len(list) == 0 {
			continue
		}
		for _, k := range list {
			sum[i] += weight[r.Findings[k].Severity]
		}
		r.Causes = append(r.Causes, Cause{Finding: i, Share: float64(sum[i]) / float64(total), Findings: list})
	}
	slices.SortStableFunc(r.Causes, func(a, b Cause) int {
		return cmp.Or(
			cmp.Compare(r.minor(a), r.minor(b)),
			cmp.Compare(sum[b.Finding], sum[a.Finding]),
			cmp.Compare(len(b.Findings), len(a.Findings)),
			cmp.Compare(a.Finding, b.Finding))
	})
}

// minor is 1 for a hint or info that explains nothing: it never ranks above a warning.
func (r *Report) minor(c Cause) int {
	if len(c.Findings) == 1 && r.Findings[c.Finding].Severity.Rank() > rules.Warning.Rank() {
		return 1
	}
	return 0
}

// root follows the first cause, in rule order, to its end. The graph of After has no cycle.
func (r *Report) root(i int) int {
	for len(r.Findings[i].CausedBy) > 0 {
		i = r.Findings[i].CausedBy[0]
	}
	return i
}

// share reports whether two findings are about one subject. A file whose lines are all lost shares every variable.
func share(a, b []string) bool {
	for _, x := range a {
		if slices.Contains(b, x) || x == "var:*" && anyVar(b) || strings.HasPrefix(x, "var:") && slices.Contains(b, "var:*") {
			return true
		}
	}
	return false
}

func anyVar(list []string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, "var:") })
}
