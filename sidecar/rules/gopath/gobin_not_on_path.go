package gopath

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// GOBINNotOnPath reports an install directory with programs in it that a login does not have on PATH.
//
// `go install` puts programs into GOBIN, else into bin of each GOPATH entry. Without that directory on PATH they are "command not
// found", and the editor does not find gopls and dlv. The Windows installer adds it only to the PATH of the account that ran it.
//
// # Fixes
//
//   - append: adds the directory at the end of the user's PATH: a line in the login file, or the user's Path in the registry.
//
// # Source
//
// golang/build, windowsmsi.go; golang/vscode-go#1430, microsoft/vscode-dev-containers#668.
var GOBINNotOnPath = &rules.Rule{
	ID: "gobin-not-on-path", Severity: rules.Warning,
	After: []string{"other-account-install", "unset-variable-in-path", "malformed-path-entry", "environment-file-syntax", "broken-profile-line", "unread-profile",
		"login-shell-drops-image-path", "clobbered-path", "setx-damaged-path", "interactive-only-setup", "unexpanding-registry-value", "unresolvable-registry-reference",
		"malformed-variable-name"},
	Judge: func(j *rules.Judge) {
		v := j.View("login")
		if v == nil || j.CI || slices.ContainsFunc(v.Path, func(e *facts.PathEntry) bool { return !e.Known }) {
			return
		}
		for _, dir := range j.InstallDirs(v) {
			d := j.Dir(dir)
			programs := installed(j, d)
			if d.Exists != facts.Yes || len(programs) == 0 || onPath(j, v, dir) || served(j, v, programs) {
				continue
			}
			f := j.Place(j.PathPlace(), "go install puts programs into %s (%s), and a new login does not have that directory on PATH.", dir, some(programs)).
				About("path:" + j.System.Style.Key(dir))
			for _, n := range programs {
				f.About("tool:" + strings.TrimSuffix(n, ".exe"))
			}
			f.See(host.FileLoc(dir, 0), "holds %s", some(programs))
			f.Offer(j.AppendPath("append", dir))
		}
	},
}

func onPath(j *rules.Judge, v *facts.View, dir string) bool {
	return slices.ContainsFunc(v.Path, func(e *facts.PathEntry) bool {
		return e.Dir != "" && (j.Same(e.Dir, dir) || e.Folder != nil && j.System.Style.Equal(e.Folder.Real, j.Real(dir)))
	})
}

// installed are the programs of an install directory that no toolchain brought there.
func installed(j *rules.Judge, d *facts.Dir) []string {
	if j.Toolchain(j.System.Style.Dir(d.Name)) == nil {
		return d.Programs
	}
	return slices.DeleteFunc(slices.Clone(d.Programs), func(n string) bool {
		n = strings.TrimSuffix(n, ".exe")
		return n == "go" || n == "gofmt"
	})
}

// served reports whether the shims of a version manager on PATH stand for every program of a directory.
func served(j *rules.Judge, v *facts.View, programs []string) bool {
	return slices.ContainsFunc(v.Path, func(e *facts.PathEntry) bool {
		if e.Folder == nil || e.Folder.Shims == "" {
			return false
		}
		return !slices.ContainsFunc(programs, func(n string) bool { return !slices.Contains(e.Folder.Programs, n) })
	})
}

// some names the first of a list.
func some(names []string) string {
	if len(names) <= 3 {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:3], ", ") + " …"
}
