package windows

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// LongPathsDisabled reports a long module cache or workspace where names of more than 260 characters are not allowed.
//
// The go command itself handles long names. git and gcc do so only where Windows, and git's core.longpaths, allow it: they fail with
// "Filename too long".
//
// # Fixes
//
//   - set-core-longpaths: sets core.longpaths in ~/.gitconfig.
//   - explain: manual. An administrator allows long names for the whole machine.
//
// # Source
//
// Maximum Path Length Limitation (Microsoft); os, fixLongPath.
var LongPathsDisabled = &rules.Rule{
	ID: "long-paths-disabled", Severity: rules.Info,
	Judge: func(j *rules.Judge) {
		w := j.Windows
		if w == nil || w.GitLongPaths != facts.No || w.LongPaths.Is(1) {
			return
		}
		const cache, folder = 120, 160 // characters of a directory from which on names below it reach 260
		longest := ""
		if dir := j.Effective["GOMODCACHE"]; len([]rune(dir)) >= cache {
			longest = dir
		}
		for _, dir := range j.System.Workspace {
			if n := len([]rune(dir)); n >= folder && n > len([]rune(longest)) {
				longest = dir
			}
		}
		if longest == "" {
			return
		}
		var by *facts.Assignment
		if len(j.Views) > 0 && longest == j.Effective["GOMODCACHE"] {
			if by = j.Winner(j.Views[0], "GOMODCACHE"); by == nil {
				by = j.Winner(j.Views[0], "GOPATH")
			}
		}
		where := host.RegLoc(`HKLM\SYSTEM\CurrentControlSet\Control\FileSystem`, "LongPathsEnabled")
		if by != nil {
			where = by.At
		}
		f := j.Place(where, "%s has %d characters, and long names are not allowed: git and gcc fail below it with \"Filename too long\".", longest, len([]rune(longest)))
		if by != nil {
			f.About("var:"+j.System.Style.NameKey(by.Name)).Range(by.Text, by.Start, by.End)
		}
		f.Offer(setGit(j))
		f.Manual("explain", j.T("Allow long names for the machine"), j.T("An administrator sets LongPathsEnabled to 1: by the policy Computer Configuration, Administrative Templates, System, Filesystem, \"Enable Win32 long paths\", or by this command in an administrator's terminal. Programs started after that see it."),
			`reg add "HKLM\SYSTEM\CurrentControlSet\Control\FileSystem" /v LongPathsEnabled /t REG_DWORD /d 1`)
	},
}

// setGit is the fix that sets core.longpaths in the user's git configuration.
func setGit(j *rules.Judge) rules.Fix {
	at, t := j.Windows.GitConfigAt, j.Windows.GitConfig
	x := rules.Fix{ID: "set-core-longpaths", Safety: rules.Ask, Title: j.T("Set core.longpaths in %s", at.Path)}
	c := host.Change{At: at, New: "[core]\n\tlongpaths = true\n"}
	if t != nil {
		eol := t.EOL()
		c.New = strings.ReplaceAll(c.New, "\n", eol)
		switch g := goenv.GitBool(t, "core", "longpaths"); {
		case g.Start >= 0 && g.Start < g.End:
			c.Start, c.End, c.New = g.Start, g.End, "true"
		case g.Section >= 0:
			c.Start, c.End, c.New = g.Section, g.Section, "\tlongpaths = true"+eol
			if g.Section == len(t.S) && !strings.HasSuffix(t.S, "\n") {
				c.New = eol + c.New
			}
		default:
			c.Start, c.End = len(t.S), len(t.S)
			if t.S != "" && !strings.HasSuffix(t.S, "\n") {
				c.New = eol + c.New
			}
		}
	}
	x.Changes = []host.Change{c}
	return x
}
