package windows

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// AppExecutionAlias reports a tool that PATH finds first as an application execution alias.
//
// An alias is an empty file in `%LOCALAPPDATA%\Microsoft\WindowsApps` that Windows starts a packaged application for. It works in a
// terminal; Node.js cannot look at it (EACCES), so that the Go extension and programs like it do not see the tool at all.
//
// A key `App Paths\go.exe` that names another go than PATH is an info: only Win+R and `start` use it.
//
// # Fixes
//
//   - promote: puts the directory of the real program before WindowsApps in the same Path.
//   - toggle: manual. Windows' settings switch an alias off.
//   - explain: manual. What an App Paths key is for.
//
// # Source
//
// nodejs/node#36790; ground truth 3.1.
var AppExecutionAlias = &rules.Rule{
	ID: "app-execution-alias", Severity: rules.Warning,
	Judge: func(j *rules.Judge) {
		if j.Windows == nil {
			return
		}
		var seen []string
		for _, v := range j.Judged() {
			for _, tool := range []string{"go", "gofmt", "gopls", "dlv", "git", "gcc"} {
				hits := v.Hits(tool)
				if len(hits) == 0 || !hits[0].Alias || !strings.EqualFold(j.System.Style.Base(hits[0].Entry.Dir), "WindowsApps") {
					continue
				}
				first := hits[0]
				if key := j.System.Style.Key(first.File); slices.Contains(seen, key) {
					continue
				} else {
					seen = append(seen, key)
				}
				f := j.Place(fileLoc(first.File), "The first %s on PATH is an application execution alias: it starts in a terminal, and the editor's Go extension cannot see it.", tool).
					About("tool:"+tool, "path:"+j.System.Style.Key(first.Entry.Dir))
				f.See(first.Entry.At, "puts %s on PATH", first.Entry.Dir)
				if k := slices.IndexFunc(hits, func(h facts.PathHit) bool { return !h.Alias && h.Defect == "" }); k > 0 {
					real := hits[k]
					f.See(fileLoc(real.File), "the real program")
					if x, ok := j.Promote("promote", j.T("Put %s before %s in %s", real.Entry.Dir, first.Entry.Dir, j.Source(real.Entry)), real.Entry, first.Entry); ok {
						f.Offer(x)
					}
				}
				f.Manual("toggle", j.T("Switch the alias off"), j.T("Settings, Apps, Advanced app settings, App execution aliases: switch %s off. Do not remove the App Installer package, which winget is a part of.", j.System.Style.Base(first.File)), "start ms-settings:advanced-apps")
			}
		}
		first, _, ok := j.FirstGo()
		if !ok {
			return
		}
		for _, p := range j.Windows.AppPaths {
			if j.Same(p.Target, first.File) || j.Same(p.Target, first.Target) {
				continue
			}
			j.Place(p.At, "App Paths names %s, which is not the go on PATH: Win+R and start use it, and nothing else does.", p.Target).As(rules.Info).
				About("tool:go").See(fileLoc(first.File), "the go on PATH").
				Manual("explain", j.T("Remove the key if the program that wrote it is gone"),
					j.T("An installer wrote this key for the Run dialog. Terminals, editors and go itself never read it. If that go is not wanted, uninstall it; the key goes with it."), "")
		}
	},
}
