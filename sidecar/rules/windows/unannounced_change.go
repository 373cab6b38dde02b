package windows

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// UnannouncedChange reports a value of the registry that the running editor does not have, although it was started later.
//
// A new program gets its environment from the one that starts it: from Explorer for what is started by the Start menu. Explorer reads the
// registry again only when it is told to. Who writes with reg.exe, a .reg file or a script does not tell it, so that a new editor still
// lacks the value, however often it is started.
//
// # Fixes
//
//   - announce: by hand: a command that tells Explorer, and then a new start of the editor.
//
// # Source
//
// WM_SETTINGCHANGE; microsoft/vscode#181323, golang/go#18680; ground truth 2.2 and 3.3.
var UnannouncedChange = &rules.Rule{
	ID: "unannounced-change", Severity: rules.Warning,
	Judge: func(j *rules.Judge) {
		v := j.View("editor")
		if v == nil || j.CI || j.Started.IsZero() {
			return
		}
		for _, a := range stored(j) {
			if a.Layer == facts.Volatile || !before(j, a) {
				continue
			}
			switch {
			case isPath(a.Name):
				for _, e := range j.PathElements(a) {
					if tool := provides(e); tool != "" && !has(j, v, e) {
						f := j.Entry(e, "The running %s lacks %s on PATH, although it was started after that was written: nobody told Explorer.", starter(j), e.Dir).About("tool:" + tool)
						meant(j, f, e.Dir)
						announce(j, f)
					}
				}
			case (isVariable(a.Name) || isProxy(a.Name)) && a.Value != "" && !overridden(j, a):
				if _, ok := v.Get(j.System.Style, a.Name); !ok {
					announce(j, at(j, a, "The running %s lacks %s, although it was started after that was written: nobody told Explorer.", starter(j), a.Name))
				}
			}
		}
	},
}

// before reports whether the key of a value was last written before the editor started.
func before(j *rules.Judge, a *facts.Assignment) bool {
	for _, k := range j.Keys {
		if strings.EqualFold(k.Name, a.At.Path) {
			return !k.Written.IsZero() && k.Written.Before(j.Started)
		}
	}
	return false
}

// provides is the first program of Go's in a directory of PATH, "" if it has none.
func provides(e *facts.PathEntry) string {
	if e.Folder != nil {
		for _, h := range e.Folder.Hits {
			if h.Tool == "go" || h.Tool == "gopls" || h.Tool == "dlv" {
				return h.Tool
			}
		}
	}
	return ""
}

// has reports whether a view has an element's directory on PATH, or cannot be asked.
func has(j *rules.Judge, v *facts.View, e *facts.PathEntry) bool {
	return slices.ContainsFunc(v.Path, func(x *facts.PathEntry) bool {
		return !x.Known || x.Dir != "" && (j.Same(x.Dir, e.Dir) || x.Folder != nil && e.Folder != nil && j.System.Style.Equal(x.Folder.Real, e.Folder.Real))
	})
}

func starter(j *rules.Judge) string {
	if j.System.Editor.Name != "" {
		return j.T("editor")
	}
	return j.T("program")
}

func announce(j *rules.Judge, f *rules.Finding) {
	f.Manual("announce", j.T("Tell Explorer, and start the editor again"),
		j.T("The command tells Explorer that the environment has changed, as the System dialog of Windows does. Then close every window of the editor and start it from the Start menu. Signing out and in does the same."),
		"go-env-doctor announce")
}
