package gopath

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// GOPATHEqualsGOROOT reports a GOPATH that is the Go toolchain itself.
//
// It happens when Go is unpacked into the go directory of the home, which is also the default GOPATH. Downloaded modules and
// installed tools then lie inside the toolchain and go with it at the next upgrade; go warns at every command: "both GOPATH
// and GOROOT are the same directory".
//
// # Fixes
//
//   - unset: removes an explicit GOPATH, where the default is another directory.
//   - move-sdk: move the toolchain out of the way, and correct PATH. By hand. Not where the place of the toolchain is its installer's and
//     GOPATH can be removed.
//
// # Source
//
// cmd/go/main.go; golang/go#70093, golang/go#18875, golang/vscode-go#682.
var GOPATHEqualsGOROOT = &rules.Rule{
	ID: "gopath-equals-goroot", Severity: rules.Warning,
	Judge: func(j *rules.Judge) {
		first, _, ok := j.FirstGo()
		if !ok || first.Toolchain == nil {
			return
		}
		root := first.Toolchain
		for _, a := range j.All("GOPATH") {
			if !a.Known {
				continue
			}
			for _, e := range j.System.Style.SplitList(a.Value) {
				if e.Dir == "" || !j.Same(e.Dir, root.Root) {
					continue
				}
				f := j.At(a, "GOPATH is %s, which is the Go toolchain itself: an upgrade deletes what go installs there.", e.Dir).AboutToolchain(root)
				def := j.DefaultGOPATH()
				other := def != "" && !j.Same(def, root.Root)
				if other {
					f.Unset(a, rules.Ask)
				}
				if !other || slices.Contains([]string{"", "zip", "tarball", "golang.org/dl"}, root.Installer) { // else its installer owns the place
					moveSDK(f, j, root)
				}
				break
			}
		}
		for _, v := range j.Judged() {
			def := j.DefaultGOPATH()
			if _, set := v.Get(j.System.Style, "GOPATH"); set || j.Winner(v, "GOPATH") != nil || def == "" || !j.Same(def, root.Root) {
				continue
			}
			version := host.FileLoc(j.System.Style.Join(root.Root, "VERSION"), 0)
			f := j.Place(version, "Go is installed in %s, which is also the default GOPATH: an upgrade deletes what go installs there.", root.Root)
			f.About("var:GOPATH").AboutToolchain(root).See(first.Entry.At, "puts this Go on PATH")
			moveSDK(f, j, root)
			break
		}
	},
}

func moveSDK(f *rules.Finding, j *rules.Judge, root *facts.Toolchain) {
	st := j.System.Style
	to := st.Join(j.System.Home, "sdk", orGo(root.Version))
	cmd := "mkdir -p ~/sdk && mv " + quote(root.Root) + " " + quote(to)
	if st.Windows {
		to = st.Join(j.System.Home, `AppData\Local\Programs\Go`)
		cmd = `move "` + root.Root + `" "` + to + `"`
	}
	f.Manual("move-sdk", j.T("Move the toolchain out of GOPATH"), j.T("Close the editor, move the toolchain to %s, and let PATH name %s instead of %s. What go installed into the old directory (pkg/mod, and tools in bin) can be installed again.",
		to, st.Join(to, "bin"), st.Join(root.Root, "bin")), cmd)
}

func orGo(version string) string {
	if version == "" {
		return "go"
	}
	return version
}

func quote(name string) string {
	if strings.ContainsAny(name, " \t'\"$&;()") {
		return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	return name
}
