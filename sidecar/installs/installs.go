// Package installs says where installers and version managers put Go: tables T1 and T2 of the catalogue, as data of 2026-11-22.
//
// Patterns are written with slashes. ~ is the home directory; $NAME is an environment variable, with a default after ':';
// * stands for one path element. They are expanded for one machine by [For].
package installs

import (
	"path"
	"strings"
)

// An Install is one way in which Go comes to a machine.
type Install struct {
	Name    string // "MSI", "Homebrew", "asdf"
	Manager bool   // a version manager (T2)
	Root    string // where its GOROOTs lie
	// Bin is the directory that it means to be on PATH; "" stands for the root's bin.
	Bin string
	// Stable is a name of the root that survives an upgrade, "" if Root does.
	Stable string
	// Remove is how a person uninstalls it.
	Remove string
	// Add is how a person installs Go with it, "" if it is not offered.
	Add string
	// Scan is false where Root is too wide to look for; such a root is only recognised when something leads there.
	Scan bool
}

type row struct {
	os string // letters of the catalogue: w l m
	Install
}

var table = []row{
	{"w", Install{Name: "MSI", Root: "$ProgramFiles:C:/Program Files/Go", Remove: "Settings > Apps, or `winget uninstall GoLang.Go`", Add: "winget install GoLang.Go", Scan: true}},
	{"w", Install{Name: "MSI", Root: "$ProgramFiles(x86):C:/Program Files (x86)/Go", Remove: "Settings > Apps, or `winget uninstall GoLang.Go`", Scan: true}},
	{"w", Install{Name: "scoop", Root: "$SCOOP:~/scoop/apps/go/*", Bin: "$SCOOP:~/scoop/shims", Stable: "$SCOOP:~/scoop/apps/go/current", Remove: "`scoop uninstall go`", Scan: true}},
	{"w", Install{Name: "scoop", Root: "$SCOOP_GLOBAL:C:/ProgramData/scoop/apps/go/*", Bin: "$SCOOP_GLOBAL:C:/ProgramData/scoop/shims", Stable: "$SCOOP_GLOBAL:C:/ProgramData/scoop/apps/go/current", Remove: "`scoop uninstall --global go`", Scan: true}},
	{"w", Install{Name: "zip", Root: "C:/Go", Remove: "delete the directory", Scan: true}},
	{"w", Install{Name: "zip", Root: "D:/Go", Remove: "delete the directory", Scan: true}},
	{"w", Install{Name: "zip", Root: "$LOCALAPPDATA:~/AppData/Local/Programs/Go", Remove: "delete the directory", Scan: true}},
	{"wlm", Install{Name: "golang.org/dl", Root: "~/sdk/go*", Remove: "delete the directory", Scan: true}},
	{"w", Install{Name: "MSYS2", Root: "C:/msys64/*/lib/go", Remove: "`pacman -R` of its package", Scan: true}},
	{"wlm", Install{Name: "conda", Root: "$CONDA_PREFIX:-/go", Remove: "`conda remove go`"}},
	{"wlm", Install{Name: "conda", Root: "~/miniconda3/envs/*/go", Remove: "`conda remove go`", Scan: true}},
	{"wlm", Install{Name: "conda", Root: "~/miniforge3/envs/*/go", Remove: "`conda remove go`", Scan: true}},
	{"wlm", Install{Name: "conda", Root: "~/anaconda3/envs/*/go", Remove: "`conda remove go`", Scan: true}},
	{"m", Install{Name: "pkg", Root: "/usr/local/go", Remove: "delete /usr/local/go and /etc/paths.d/go", Scan: true}},
	{"l", Install{Name: "tarball", Root: "/usr/local/go", Remove: "delete the directory", Scan: true}},
	{"l", Install{Name: "tarball", Root: "/opt/go", Remove: "delete the directory", Scan: true}},
	{"l", Install{Name: "tarball", Root: "~/.local/go", Remove: "delete the directory", Scan: true}},
	{"l", Install{Name: "apt", Root: "/usr/lib/go-*", Bin: "/usr/bin", Stable: "/usr/lib/go", Remove: "`apt remove golang-go`, and the package golang-<version>-go", Scan: true}},
	{"l", Install{Name: "dnf", Root: "/usr/lib/golang", Bin: "/usr/bin", Remove: "`dnf remove golang`", Scan: true}},
	{"l", Install{Name: "distribution", Root: "/usr/lib/go", Bin: "/usr/bin", Remove: "the package manager (`pacman -R go`, `apk del go`)", Scan: true}},
	{"l", Install{Name: "zypper", Root: "/usr/lib64/go/*", Bin: "/usr/bin", Remove: "`zypper remove go`", Scan: true}},
	{"l", Install{Name: "snap", Root: "/snap/go/*", Bin: "/snap/bin", Stable: "/snap/go/current", Remove: "`snap remove go`", Scan: true}},
	{"m", Install{Name: "Homebrew", Root: "/opt/homebrew/Cellar/go/*/libexec", Bin: "/opt/homebrew/bin", Stable: "/opt/homebrew/opt/go/libexec", Remove: "`brew uninstall go`", Add: "brew install go", Scan: true}},
	{"m", Install{Name: "Homebrew", Root: "/usr/local/Cellar/go/*/libexec", Bin: "/usr/local/bin", Stable: "/usr/local/opt/go/libexec", Remove: "`brew uninstall go`", Scan: true}},
	{"l", Install{Name: "Homebrew", Root: "/home/linuxbrew/.linuxbrew/Cellar/go/*/libexec", Bin: "/home/linuxbrew/.linuxbrew/bin", Stable: "/home/linuxbrew/.linuxbrew/opt/go/libexec", Remove: "`brew uninstall go`", Scan: true}},
	{"m", Install{Name: "Homebrew", Root: "/opt/homebrew/Cellar/go@*/*/libexec", Bin: "/opt/homebrew/bin", Remove: "`brew uninstall` of that formula", Scan: true}},
	{"m", Install{Name: "Homebrew", Root: "/usr/local/Cellar/go@*/*/libexec", Bin: "/usr/local/bin", Remove: "`brew uninstall` of that formula", Scan: true}},
	{"l", Install{Name: "Homebrew", Root: "/home/linuxbrew/.linuxbrew/Cellar/go@*/*/libexec", Bin: "/home/linuxbrew/.linuxbrew/bin", Remove: "`brew uninstall` of that formula", Scan: true}},
	{"m", Install{Name: "Homebrew", Root: "/opt/homebrew/Cellar/*/*/libexec", Bin: "/opt/homebrew/bin", Remove: "`brew uninstall` of that formula"}},
	{"m", Install{Name: "Homebrew", Root: "/usr/local/Cellar/*/*/libexec", Bin: "/usr/local/bin", Remove: "`brew uninstall` of that formula"}},
	{"l", Install{Name: "Homebrew", Root: "/home/linuxbrew/.linuxbrew/Cellar/*/*/libexec", Bin: "/home/linuxbrew/.linuxbrew/bin", Remove: "`brew uninstall` of that formula"}},
	{"lm", Install{Name: "nix", Root: "/nix/store/*/share/go", Bin: "~/.nix-profile/bin", Remove: "the profile that holds it"}},
	{"lm", Install{Name: "nix", Root: "/nix/store/*/share/go", Bin: "/run/current-system/sw/bin", Remove: "the system's configuration"}},
	{"m", Install{Name: "MacPorts", Root: "/opt/local/lib/go", Bin: "/opt/local/bin", Remove: "`port uninstall go`", Scan: true}},

	{"lm", Install{Name: "asdf", Manager: true, Root: "$ASDF_DATA_DIR:~/.asdf/installs/golang/*/go", Bin: "$ASDF_DATA_DIR:~/.asdf/shims", Remove: "`asdf uninstall golang <version>`", Scan: true}},
	{"lm", Install{Name: "mise", Manager: true, Root: "$MISE_DATA_DIR:~/.local/share/mise/installs/go/*", Bin: "$MISE_DATA_DIR:~/.local/share/mise/shims", Remove: "`mise uninstall go@<version>`", Scan: true}},
	{"w", Install{Name: "mise", Manager: true, Root: "$LOCALAPPDATA:~/AppData/Local/mise/installs/go/*", Bin: "$LOCALAPPDATA:~/AppData/Local/mise/shims", Remove: "`mise uninstall go@<version>`", Scan: true}},
	{"lm", Install{Name: "goenv", Manager: true, Root: "$GOENV_ROOT:~/.goenv/versions/*", Bin: "$GOENV_ROOT:~/.goenv/shims", Remove: "`goenv uninstall <version>`", Scan: true}},
	{"lm", Install{Name: "gvm", Manager: true, Root: "~/.gvm/gos/go*", Remove: "`gvm uninstall <version>`", Scan: true}},
	{"wlm", Install{Name: "g", Manager: true, Root: "$G_HOME:~/.g/versions/*", Bin: "$G_HOME:~/.g/go/bin", Stable: "$G_HOME:~/.g/go", Remove: "`g uninstall <version>`", Scan: true}},
	{"lm", Install{Name: "goup", Manager: true, Root: "~/.go/go*", Bin: "~/.go/current/bin", Stable: "~/.go/current", Remove: "`goup remove <version>`", Scan: true}},
	{"lm", Install{Name: "g", Manager: true, Root: "~/.go", Remove: "g's own script", Scan: true}},
	{"wlm", Install{Name: "gobrew", Manager: true, Root: "~/.gobrew/versions/*/go", Bin: "~/.gobrew/current/bin", Stable: "~/.gobrew/current/go", Remove: "`gobrew uninstall <version>`", Scan: true}},
	{"lm", Install{Name: "pkgx", Manager: true, Root: "~/.pkgx/go.dev/v*", Remove: "delete the directory", Scan: true}},
	{"wlm", Install{Name: "proto", Manager: true, Root: "~/.proto/tools/go/*", Bin: "~/.proto/shims", Remove: "`proto uninstall go <version>`", Scan: true}},
}

// A Shims is a directory in which a manager puts one small program for every tool.
type Shims struct{ Manager, Dir string }

// Places are the patterns of one machine, expanded.
type Places struct {
	Installs []Install
	fold     bool
}

// For expands the tables for a machine: goos, the account's home with slashes, and its environment.
func For(goos, home string, env func(string) string) *Places {
	letter := map[string]string{"windows": "w", "darwin": "m"}[goos]
	if letter == "" {
		letter = "l"
	}
	p := &Places{fold: goos != "linux"}
	for _, r := range table {
		if !strings.Contains(r.os, letter) {
			continue
		}
		i := r.Install
		ok := true
		for _, s := range []*string{&i.Root, &i.Bin, &i.Stable} {
			var good bool
			*s, good = expand(*s, home, env)
			ok = ok && good
		}
		if ok {
			p.Installs = append(p.Installs, i)
		}
	}
	return p
}

// expand replaces ~ and a leading $NAME:default, whose default ends where the directory that the table adds begins.
func expand(pat, home string, env func(string) string) (string, bool) {
	if strings.HasPrefix(pat, "$") {
		name, rest, _ := strings.Cut(pat[1:], ":")
		def, sub := cutDefault(rest)
		if v := strings.ReplaceAll(env(name), `\`, "/"); v != "" {
			return path.Clean(v + sub), true
		}
		if def == "-" {
			return "", false // no default: only where the variable is set
		}
		pat = def + sub
	}
	if rest, ok := strings.CutPrefix(pat, "~/"); ok {
		if home == "" {
			return "", false
		}
		pat = home + "/" + rest
	}
	return pat, true
}

var defaults = []string{"C:/Program Files (x86)", "C:/Program Files", "C:/ProgramData/scoop", "~/scoop", "~/AppData/Local", "~/.asdf", "~/.local/share/mise", "~/.goenv", "~/.g", "-"}

func cutDefault(s string) (def, sub string) {
	for _, d := range defaults {
		if rest, ok := strings.CutPrefix(s, d); ok && (rest == "" || rest[0] == '/') {
			return d, rest
		}
	}
	return s, ""
}

// Of returns the install that a GOROOT (links resolved, with slashes) belongs to.
func (p *Places) Of(root string) (Install, bool) {
	if list := p.All(root); len(list) > 0 {
		return list[0], true
	}
	return Install{}, false
}

// All returns every install that a GOROOT may belong to; they differ in the directory on PATH.
func (p *Places) All(root string) (list []Install) {
	for _, i := range p.Installs {
		if p.match(i.Root, root) {
			list = append(list, i)
		}
	}
	return list
}

// ShimDirs returns the shim directories of the managers.
func (p *Places) ShimDirs() (list []Shims) {
	for _, i := range p.Installs {
		if i.Manager && strings.HasSuffix(i.Bin, "/shims") {
			list = append(list, Shims{i.Name, i.Bin})
		}
	}
	return list
}

func (p *Places) match(pattern, name string) bool {
	if p.fold {
		pattern, name = strings.ToLower(pattern), strings.ToLower(name)
	}
	for {
		pe, prest, pmore := strings.Cut(pattern, "/")
		ne, nrest, nmore := strings.Cut(name, "/")
		if !Glob(pe, ne) || pmore != nmore {
			return false
		}
		if !pmore {
			return true
		}
		pattern, name = prest, nrest
	}
}

// Glob matches one path element against a pattern with at most one *.
func Glob(pattern, name string) bool {
	pre, post, ok := strings.Cut(pattern, "*")
	if !ok {
		return pattern == name
	}
	return len(name) >= len(pre)+len(post) && strings.HasPrefix(name, pre) && strings.HasSuffix(name, post)
}

// GoBin reports whether a directory name (slashes) is a Go's by the look of it: it ends in go/bin, libexec/bin or
// sdk/go…/bin, or is a place where the tables put one. A directory that serves other programs as well is not Go's.
func (p *Places) GoBin(dir string) bool {
	low := strings.TrimSuffix(dir, "/")
	if p.fold {
		low = strings.ToLower(low)
	}
	if root, base := path.Split(low); base == "bin" {
		up, last := path.Split(strings.TrimSuffix(root, "/"))
		if last == "go" || last == "libexec" || strings.HasPrefix(last, "go") && path.Base(up) == "sdk" {
			return true
		}
	}
	_, ok := p.Entry(dir)
	return ok
}

// Entry returns the install that an element of PATH (slashes) is meant for.
func (p *Places) Entry(dir string) (Install, bool) {
	dir = strings.TrimSuffix(dir, "/")
	for _, i := range p.Installs {
		own := i.Manager || i.Name == "scoop" // its directory holds no other programs
		if p.match(i.Root, dir) || p.match(i.Root+"/bin", dir) || own && i.Bin != "" && p.match(i.Bin, dir) || i.Stable != "" && p.match(i.Stable+"/bin", dir) {
			return i, true
		}
	}
	return Install{}, false
}
