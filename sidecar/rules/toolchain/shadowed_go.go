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
// Toolchains that go itself downloaded, and the shims of version managers, are not counted.
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
				f = j.Entry(first.Entry, "The go that runs is %s (%s); the newer %s in %s stands behind it on PATH.", strings.TrimPrefix(a.Version, "go"), first.File, strings.TrimPrefix(b.Version, "go"), later.Entry.Dir)
			} else {
				f = j.Entry(first.Entry, "Go %s is installed twice, by %s in %s and by %s in %s; the first one runs.", strings.TrimPrefix(a.Version, "go"), a.Installer, a.Root, b.Installer, b.Root).As(rules.Info)
			}
			f.Order = first.Index
			f.About("tool:go").AboutToolchain(a).AboutToolchain(b).See(later.Entry.At, "adds the other one, %s", later.Entry.Dir)
			repair(j, f, first, later)
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
			if t == nil || h.Manager != "" || t.Cached || j.CI && strings.Contains(strings.ToLower(h.Target), "hostedtoolcache") {
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
	case a.Version != "" && a.Version == b.Version && a.Installer != "" && b.Installer != "" && a.Installer != b.Installer:
		return first, later, false
	}
	return facts.PathHit{}, later, false
}

func repair(j *rules.Judge, f *rules.Finding, first, later facts.PathHit) {
	if x, ok := j.Promote("promote", "Put "+later.Entry.Dir+" before "+first.Entry.Dir, later.Entry, first.Entry); ok {
		f.Offer(x)
	}
	in, _ := j.Places.Of(strings.ReplaceAll(first.Toolchain.Real, `\`, "/"))
	if first.Entry.Layer == facts.Machine && !j.System.Admin {
		text := "The machine's Path stands before the user's. Uninstall the older Go"
		if in.Remove != "" {
			text += " (" + in.Remove + ")"
		}
		f.Manual("remove-entry", "Remove "+first.Entry.Dir+" from the machine's Path", text+", or let an administrator take its directory out of the machine's Path.",
			`go-env-doctor fix shadowed-go/remove-entry --at "`+f.At.String()+`"`)
		return
	}
	if first.Entry.Folder.Shared {
		if in.Remove != "" {
			f.Manual("explain", "Uninstall the older Go", "Other programs live in "+first.Entry.Dir+" too, so it stays on PATH. Uninstall the older Go: "+in.Remove+".", "")
		}
		return
	}
	f.Offer(j.Drop("remove-entry", rules.Ask, "Remove "+first.Entry.Dir+" from PATH", first.Entry))
}
