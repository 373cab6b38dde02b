package windows

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// ProtectionBlocksBuilds reports a protection of Windows that blocks what go builds or writes.
//
// `go run` and `go test` start programs that nobody signed, from a new directory below the one for temporary files; gopls and dlv are
// such programs too. Smart App Control, AppLocker, a software restriction policy and a rule of Defender block them (errors 4551, 1260
// and 5); controlled folder access keeps go from writing into Documents and folders like it. Nothing here switches a protection off or
// leads around it. `go-env-doctor events` reads from the event logs what was blocked.
//
// # Fixes
//
//   - set-gotmpdir: has go build in a directory that the policy allows. For rules that go by path.
//   - explain: manual. Signing, WSL or a dev container, another folder, and what to ask the administrator for.
//
// # Source
//
// Errors 4551 and 1260; golang/go#77663; ground truth 2.4.
var ProtectionBlocksBuilds = &rules.Rule{
	ID: "protection-blocks-builds", Severity: rules.Warning,
	Judge: func(j *rules.Judge) {
		w := j.Windows
		if w == nil {
			return
		}
		work, dirs := goDirs(j)
		about := func(f *rules.Finding) *rules.Finding {
			for _, d := range dirs {
				f.About("path:" + j.System.Style.Key(d))
			}
			return f
		}
		elsewhere := j.T("Sign what you build with a certificate that the policy trusts, or build in WSL or a dev container. The administrator can allow the work directory or your signer.")
		switch p := w.SmartAppControl; {
		case p.Is(1):
			about(j.Place(p.At, "Smart App Control is on: it blocks programs without a known signature, which those that go builds are (error 4551).")).
				Manual("explain", j.T("Sign what you build, or build in WSL or a dev container"), blocked(j, j.T("Smart App Control goes by signature and reputation: another directory does not help. Sign what you build with a certificate from a trusted authority, or build in WSL or a dev container. Leave it on: once off, it cannot be switched on again without a reset of Windows.")), logs)
		case p.Is(2):
			about(j.Place(p.At, "Smart App Control is evaluating this machine: if it switches itself on, it will block programs that go builds (error 4551).").As(rules.Info)).
				Manual("explain", j.T("Know what it means"), j.T("Nothing is blocked now. If Smart App Control switches itself on, sign what you build, or build in WSL or a dev container."), "")
		}
		paths(j, w.AppLocker, "AppLocker", work, elsewhere)
		paths(j, w.Restriction, j.T("A software restriction policy"), work, elsewhere)
		if p := w.UnknownPrograms; p.Is(1) {
			about(j.Place(p.At, "A rule of Defender blocks programs that few machines have seen, which those that go builds are (error 5).")).
				Manual("explain", j.T("Sign what you build, or build in WSL or a dev container"), blocked(j, elsewhere), logs)
		}
		if p := w.ControlledFolders; p.Is(1) {
			inside := protected(j)
			if len(inside) == 0 {
				return
			}
			f := j.Place(p.At, "Controlled folder access is on: programs that Defender does not know may not write into %s, where go writes.", strings.Join(inside, ", "))
			for _, d := range inside {
				f.About("path:" + j.System.Style.Key(d))
			}
			f.Manual("explain", j.T("Move it out of the protected folders"), blocked(j, j.T("Move the project to a folder that is not protected, such as %s, and set GOPATH or GOCACHE likewise. The administrator can allow go.exe and the compiler.", j.System.Style.Join(j.System.Home, "src"))), logs)
		}
	},
}

// logs is the command that says what a protection has blocked.
const logs = "go-env-doctor events"

func blocked(j *rules.Judge, text string) string {
	return j.T("%s The command reads from the event logs what was blocked in the last two weeks.", text)
}

// paths judges a policy that goes by path: the work directory, where go builds, and the install directories.
func paths(j *rules.Judge, p *facts.PathPolicy, name, work, elsewhere string) {
	if p == nil || len(j.Views) == 0 {
		return
	}
	st := j.System.Style
	_, dirs := goDirs(j)
	if work != "" && st.IsAbs(work) && !p.Allows(st, work) {
		f := j.Place(p.At, "%s does not let programs run in %s, where go builds what go run and go test start (error 1260).", name, work).About("path:" + st.Key(work))
		if k := slices.IndexFunc(p.Dirs, func(d string) bool {
			return p.Allows(st, d) && !slices.ContainsFunc(dirs, func(g string) bool { return st.Equal(d, g) })
		}); k >= 0 {
			f.Offer(j.SetGoEnv("set-gotmpdir", j.T("Have go build in %s, which the policy allows", p.Dirs[k]), "GOTMPDIR", p.Dirs[k]))
		}
		f.Manual("explain", j.T("What else may be done"), blocked(j, elsewhere), logs)
	}
	first, _, ok := j.FirstGo()
	for _, d := range dirs {
		if d == work || !st.IsAbs(d) || p.Allows(st, d) || ok && first.Toolchain != nil && first.Toolchain.Root == d {
			continue
		}
		j.Place(p.At, "%s does not let programs run in %s, where go install puts gopls, dlv and others (error 1260).", name, d).About("path:"+st.Key(d)).
			Manual("explain", j.T("What may be done"), blocked(j, j.T("Ask the administrator for a directory that the policy allows, and set GOBIN to it; or build in WSL or a dev container.")), logs)
	}
}

// protected are the folders of the workspace, GOPATH and GOCACHE that lie in a folder which controlled folder access protects.
func protected(j *rules.Judge) (list []string) {
	cache := j.Effective["GOCACHE"]
	for _, d := range slices.Concat(j.System.Workspace, []string{j.Effective["GOPATH"], cache}) {
		if d != "" && !slices.Contains(list, d) && slices.ContainsFunc(j.Windows.Protected, func(p string) bool { return j.System.Style.Under(d, p) }) {
			list = append(list, d)
		}
	}
	return list
}
