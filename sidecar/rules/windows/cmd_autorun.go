package windows

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// CmdAutorun reports an AutoRun value that sets PATH or a variable of Go's in every cmd.exe, or that runs a file which is not there.
//
// cmd.exe runs the value at each start, also where a build, a task or cgo starts it. What it sets is then different from what the same
// command gets elsewhere, and an error of it stands in the output of every build. conda's hook is silent unless it puts another go first.
//
// # Fixes
//
//   - unset: removes the value.
//
// # Source
//
// cmd /?; ground truth 1.1.
var CmdAutorun = &rules.Rule{
	ID: "cmd-autorun", Severity: rules.Warning,
	Judge: func(j *rules.Judge) {
		if j.Windows == nil {
			return
		}
		for i := range j.Windows.AutoRuns {
			a := &j.Windows.AutoRuns[i]
			var names []string
			var lines []facts.Set
			for _, s := range a.Sets {
				if name := strings.ToUpper(s.Name); isPath(name) || isVariable(name) {
					if !slices.Contains(names, name) {
						names = append(names, name)
					}
					lines = append(lines, s)
				}
			}
			var f *rules.Finding
			switch {
			case names != nil:
				f = j.Place(a.At, "AutoRun sets %s in every cmd.exe, also in those that builds start.", strings.Join(names, ", "))
			case a.Missing != "":
				f = j.Place(a.At, "AutoRun names %s, which does not exist: every cmd.exe says so, also in the output of builds.", a.Missing)
			default:
				continue
			}
			for _, n := range names {
				f.About("var:" + n)
			}
			for _, s := range lines {
				f.See(s.At, "sets %s", strings.ToUpper(s.Name))
			}
			f.Range(a.Text, 0, len(a.Text.S)).Offer(rules.Fix{ID: "unset", Safety: rules.Ask, Title: j.T("Remove AutoRun of cmd.exe"),
				Changes: []host.Change{{At: a.At, Delete: true}}})
		}
	},
}
