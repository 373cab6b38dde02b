package toolchain

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// GoNotOnPath reports a Go that is installed and that neither a login nor the editor has on PATH.
//
// Terminals say "go: command not found". The Go extension may still find some toolchains by itself; gopls, dlv, tasks and scripts
// do not.
//
// # Fixes
//
//   - append: adds the directory of the newest toolchain to the user's PATH: the user's Path in the registry, or one line in the login file
//     of the user's shell. Homebrew gets its own line, a version manager its shims.
//   - link: an installed Homebrew formula that is not linked: `brew link go`. By hand.
//
// # Source
//
// golang/vscode-go#713, golang/go#14555, golang/go#18680; ground truth 1.1.
var GoNotOnPath = &rules.Rule{
	ID: "go-not-on-path", Severity: rules.Error,
	After: []string{"dead-path-entry", "malformed-path-entry", "goroot-as-path-entry", "clobbered-path", "broken-profile-line", "unset-variable-in-path",
		"environment-file-syntax", "missing-sourced-script", "unread-profile", "setx-damaged-path", "overlong-path", "unexpanding-registry-value",
		"unresolvable-registry-reference", "unannounced-change", "login-shell-drops-image-path", "interactive-only-setup",
		"malformed-variable-name"},
	Judge: func(j *rules.Judge) {
		for _, name := range []string{"editor", "login"} {
			v := j.View(name)
			if v == nil {
				continue
			}
			if len(v.Hits("go")) > 0 || slices.ContainsFunc(v.Path, func(e *facts.PathEntry) bool {
				return !e.Known && !foreign(e) || e.Folder != nil && e.Folder.Exists == facts.Unknown
			}) {
				return
			}
		}
		i := slices.IndexFunc(j.Toolchains, func(t *facts.Toolchain) bool { return t.Standard })
		if i < 0 {
			return
		}
		t := j.Toolchains[i]
		var f *rules.Finding
		if t.Version == "" {
			f = j.Place(j.PathPlace(), "A Go toolchain is installed in %s, and neither a login nor the editor has it on PATH.", t.Root)
		} else {
			f = j.Place(j.PathPlace(), "Go %s is installed in %s, and neither a login nor the editor has it on PATH.", strings.TrimPrefix(t.Version, "go"), t.Root)
		}
		f.About("tool:go").AboutToolchain(t).About("path:"+j.System.Style.Key(j.BinDir(t))).See(host.FileLoc(t.Root, 0), "the toolchain")
		switch {
		case t.Installer == "Homebrew" && t.Bin == "":
			name := j.System.Style.Base(j.System.Style.Dir(j.System.Style.Dir(t.Real)))
			f.Manual("link", j.T("Link Homebrew's %s", name), j.T("Homebrew has installed %s and not linked it into %s.", name, j.System.Style.Join(t.Prefix, "bin")), "brew link "+name)
		case t.Installer == "Homebrew":
			brew := j.System.Style.Join(t.Prefix, "bin/brew")
			f.Offer(j.LoginLine("append", j.T("Add Homebrew to PATH"), `eval "$(`+brew+` shellenv)"`, brew+" shellenv | source"))
		case t.Manager && t.Bin != "" && j.System.OS != "windows":
			f.Offer(j.PrependPath("append", t.Bin))
		default:
			f.Offer(j.AppendPath("append", j.BinDir(t)))
		}
	},
}

// foreign reports whether an element that only a run can tell is what a program of another language prints: no go is there.
func foreign(e *facts.PathEntry) bool {
	if e.Source == nil || e.Start < 0 {
		return false
	}
	_, command, ok := strings.Cut(e.Source.S[e.Start:e.End], "$(")
	if !ok {
		return false
	}
	name, _, _ := strings.Cut(command, " ")
	return slices.Contains([]string{"yarn", "npm", "pnpm", "ruby", "gem", "python", "python3", "pyenv", "rbenv", "nodenv", "php", "composer", "perl", "luarocks", "opam", "/usr/libexec/java_home"}, name)
}
