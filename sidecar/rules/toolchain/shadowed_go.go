package toolchain

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// ShadowedGo reports an older Go on PATH before a newer one.
//
// The older one runs. On Windows the machine's Path always stands before the user's, so that a Go of the user (scoop, an archive in the
// home) stays behind one that an installer put there for everyone. Two toolchains of one version from different installers are
// information: they part at the next upgrade.
//
// Toolchains that go itself downloaded are not counted, nor is a Go that a version manager's shim, activation or link put first, or
// setup-go in a CI job.
//
// # Fixes
//
//   - promote: moves the newer directory before the older one, where both stand in one place.
//   - remove-entry: takes the older directory out of PATH; never one that serves other programs, such as /usr/bin.
//
// # Source
//
// Ground truth 2.0 and 3.1b; golang/vscode-go#2864.
var ShadowedGo = &rules.Rule{
	ID: "shadowed-go", Severity: rules.Warning,
	After: []string{"path-helper-reordering", "competing-managers", "pinned-version-path"},
	Judge: func(j *rules.Judge) {
		seen := map[string]bool{}
		for _, v := range j.Views {
			if v.Stale {
				continue
			}
			first, later, worse := shadow(j, v)
			if first.Hit == nil {
				continue
			}
			key := first.Entry.At.String() + "\x00" + j.System.Style.Key(first.Entry.Dir)
			if seen[key] {
				continue
			}
			seen[key] = true
			a, b := first.Toolchain, later.Toolchain
			var f *rules.Finding
			if worse {
				f = j.Entry(first.Entry, "Go %s runs (%s); the newer Go %s in %s stands behind it on PATH.", strings.TrimPrefix(a.Version, "go"), first.File, strings.TrimPrefix(b.Version, "go"), later.Entry.Dir)
			} else {
				f = j.Entry(first.Entry, "Go %s is installed twice, by %s in %s and by %s in %s; the first one runs.", strings.TrimPrefix(a.Version, "go"), a.Installer, a.Root, b.Installer, b.Root).As(rules.Info)
			}
			f.Order = first.Index
			f.About("tool:go").AboutToolchain(a).AboutToolchain(b).See(later.Entry.At, "adds the other one, %s", later.Entry.Dir)
			repair(j, f, first, later, worse)
		}
	},
}

// shadow finds the first go of a view and the newest later one of another root; worse: the first is older. A zero first: nothing to say.
func shadow(j *rules.Judge, v *facts.View) (first, later facts.PathHit, worse bool) {
	for _, h := range v.Hits("go") {
		t := h.Toolchain
		if h.Defect == facts.Dangling || h.Defect == facts.NoExecBit || t == nil && first.Hit != nil {
			continue
		}
		if first.Hit == nil {
			if t == nil || h.Entry.Layer == facts.EditorSetting || h.Defect != "" || h.Manager != "" || t.Cached || chosen(h) || j.CI && setUp(j, v, h) {
				return facts.PathHit{}, later, false
			}
			first = h
			continue
		}
		if t.Cached || h.Manager != "" || j.Same(t.Real, first.Toolchain.Real) {
			continue
		}
		if later.Hit == nil || goenv.Older(later.Toolchain.Version, t.Version) {
			later = h
		}
	}
	if first.Hit == nil || later.Hit == nil {
		return facts.PathHit{}, later, false
	}
	a, b := first.Toolchain, later.Toolchain
	switch {
	case goenv.Older(a.Version, b.Version):
		return first, later, true
	case a.Version != "" && a.Version == b.Version && a.Installer != "" && b.Installer != "" && kind(a) != kind(b) && !a.Manager && !b.Manager:
		return first, later, false
	}
	return facts.PathHit{}, later, false
}

// kind is the row of table T1: an archive is one, wherever it was unpacked.
func kind(t *facts.Toolchain) string {
	switch t.Installer {
	case "tarball", "zip", "golang.org/dl":
		return "archive"
	}
	return t.Installer
}

// chosen reports whether a version manager or nix put a go first on purpose: its activation did, the running process alone has it, or the
// directory is the manager's link to the selected version. A version's own directory that a person wrote into a profile is not.
func chosen(h facts.PathHit) bool {
	t := h.Toolchain
	if !t.Manager {
		return t.Installer == "nix" && h.Entry.Layer == facts.Process
	}
	return h.Entry.Layer == facts.Process || h.Entry.By != nil && h.Entry.By.Manager != "" || h.Entry.Folder.Real != h.Entry.Folder.Dir
}

// setUp reports whether a step of a CI job put a go on PATH.
func setUp(j *rules.Judge, v *facts.View, h facts.PathHit) bool {
	st := j.System.Style
	for _, n := range []string{"RUNNER_TOOL_CACHE", "AGENT_TOOLSDIRECTORY"} {
		if x, ok := v.Get(st, n); ok && st.Under(h.Target, x.Value) {
			return true
		}
	}
	return strings.Contains(strings.ToLower(h.Target), "hostedtoolcache")
}

// repair offers what puts the newer go first. Of two equal ones a person keeps one.
func repair(j *rules.Judge, f *rules.Finding, first, later facts.PathHit, worse bool) {
	title, remove := j.T("Put %s before %s", later.Entry.Dir, first.Entry.Dir), uninstall(j, first)
	switch x, ok := j.Promote("promote", title, later.Entry, first.Entry); {
	case !worse:
		f.Manual("promote", j.T("Keep one of the two"), j.T("Their order changes nothing as long as they are equal. Keep one: %s, or %s.", remove, uninstall(j, later)), "")
	case ok:
		x.Title = j.T("Put %s before %s in %s", later.Entry.Dir, first.Entry.Dir, j.Source(later.Entry))
		f.Offer(x)
	case first.Entry.Layer == facts.Machine && later.Entry.Layer != facts.Machine: // nothing of the user's comes before the machine's Path
	case later.Entry.By == nil:
		f.Manual("promote", title, j.T("%s Or %s.", j.ByHand(later.Entry), remove), "")
	default:
		f.Manual("promote", title, j.T("%s comes from %s and %s from %s, so that no edit of one place changes their order. Put the newer one in front in a file that your shell reads later, or %s.",
			first.Entry.Dir, j.Source(first.Entry), later.Entry.Dir, j.Source(later.Entry), remove), "")
	}
	switch {
	case first.Entry.Folder.Shared && first.Entry.Layer == facts.Machine && later.Entry.Layer != facts.Machine:
		f.Manual("promote", title, j.T("The machine's Path stands before the user's, and %s holds other programs too, so that it stays. Have an administrator %s. Until then the setting go.alternateTools can name %s as go for the editor, and a folder's terminals can have its directory in terminal.integrated.env.windows.", first.Entry.Dir, remove, later.File), "")
	case first.Entry.Folder.Shared:
	case first.Entry.Layer == facts.Machine && !j.System.Admin:
		f.Manual("remove-entry", j.T("Remove %s from the machine's Path", first.Entry.Dir), j.T("The machine's Path stands before the user's. Have an administrator %s, or take its directory out of the machine's Path. Until then the setting go.alternateTools can name %s as go for the editor, and a folder's terminals can have its directory in terminal.integrated.env.windows.", remove, later.File),
			`go-env-doctor fix shadowed-go/remove-entry --at "`+f.At.String()+`"`)
	default:
		f.Offer(j.Drop("remove-entry", rules.Ask, j.RemoveTitle(first.Entry), first.Entry))
	}
}

// uninstall is what a person does to be rid of a go.
func uninstall(j *rules.Judge, h facts.PathHit) string {
	text := j.T("uninstall Go %s of %s", strings.TrimPrefix(h.Toolchain.Version, "go"), h.Toolchain.Root)
	if in, ok := j.Places.Of(strings.ReplaceAll(h.Toolchain.Real, `\`, "/")); ok && in.Remove != "" {
		text = j.T("%s (%s)", text, j.Lang.Text(in.Remove))
	}
	return text
}
