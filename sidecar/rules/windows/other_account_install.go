package windows

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// OtherAccountInstall reports a Go that another account installed for this user.
//
// The official installer puts Go on the machine's Path, and `%USERPROFILE%\go\bin` on the Path of the account that runs it. Where an
// administrator's account elevated it, or the company's software distribution ran it, the directory into which `go install` puts gopls
// and dlv is on that account's Path, and not on this one's.
//
// # Fixes
//
//   - append: adds `%USERPROFILE%\go\bin` to the user's Path.
//
// # Source
//
// golang/build, windowsmsi.go; ground truth 2.5 and 3.1b.
var OtherAccountInstall = &rules.Rule{
	ID: "other-account-install", Severity: rules.Warning, After: []string{"setx-damaged-path"},
	Judge: func(j *rules.Judge) {
		v := j.View("login")
		if v == nil || j.CI || j.Windows == nil || j.Windows.MSI != facts.No || service(j.System.User) ||
			slices.ContainsFunc(v.Path, func(e *facts.PathEntry) bool { return !e.Known }) {
			return
		}
		i := slices.IndexFunc(v.Hits("go"), func(h facts.PathHit) bool {
			return h.Entry.Layer == facts.Machine && h.Toolchain != nil && h.Toolchain.Installer == "MSI"
		})
		dir := j.System.Style.Join(j.System.Home, "go", "bin")
		if i < 0 || j.System.Home == "" ||
			slices.ContainsFunc(stored(j), func(a *facts.Assignment) bool {
				return a.Layer > facts.Machine && strings.EqualFold(a.Name, "GOPATH")
			}) ||
			slices.ContainsFunc(v.Path, func(e *facts.PathEntry) bool { return e.Dir != "" && j.Same(e.Dir, dir) }) || written(j, dir) ||
			!slices.ContainsFunc(j.InstallDirs(v), func(d string) bool { return j.Same(d, dir) }) {
			return
		}
		h := v.Hits("go")[i]
		f := j.Place(j.PathPlace(), "Another account installed Go in %s: this user's Path lacks %s, where go install puts programs.", h.Toolchain.Root, dir).
			About("path:" + j.System.Style.Key(dir))
		for _, n := range j.Dir(dir).Programs {
			f.About("tool:" + strings.TrimSuffix(n, ".exe"))
		}
		f.See(h.Entry.At, "has the Go of the installer").See(host.FileLoc(h.Toolchain.Root, 0), "is that Go")
		f.Offer(j.AppendUserPath("append", dir))
	},
}

// written reports whether the user's Path names a directory by references that Windows does not expand: another rule's matter.
func written(j *rules.Judge, dir string) bool {
	a := pathOf(j, facts.User)
	return a != nil && slices.ContainsFunc(j.PathElements(a), func(e *facts.PathEntry) bool {
		name, ok := resolve(j, e.Text)
		return ok && j.System.Style.Equal(name, dir)
	})
}

// service reports whether an account is one of a service or a machine: nobody works with its Path.
func service(user string) bool {
	u := strings.ToUpper(user)
	_, name, ok := strings.Cut(u, `\`)
	if !ok {
		name = u
	}
	return strings.HasPrefix(u, `NT SERVICE\`) || strings.HasPrefix(u, `NT AUTHORITY\`) || strings.HasSuffix(u, "$") ||
		slices.Contains([]string{"SYSTEM", "LOCAL SERVICE", "LOCALSERVICE", "NETWORK SERVICE", "NETWORKSERVICE"}, name)
}
