package installs

import (
	"strings"
	"testing"
)

func places(os, env string) *Places {
	home := map[string]string{"windows": "C:/Users/gopher", "darwin": "/Users/gopher", "linux": "/home/gopher"}[os]
	return For(os, home, func(name string) string {
		for _, kv := range strings.Split(env, "|") {
			if v, ok := strings.CutPrefix(kv, name+"="); ok {
				return v
			}
		}
		return ""
	})
}

// TestOf holds each row of tables T1 and T2: which installer a root belongs to, and what it means to be on PATH.
func TestOf(t *testing.T) {
	for _, c := range []struct{ os, env, root, name, bin, stable string }{
		{"windows", "", "C:/Program Files/Go", "MSI", "", ""},
		{"windows", "", "c:/program files/GO", "MSI", "", ""},
		{"windows", `ProgramFiles=E:\Programs`, "E:/Programs/Go", "MSI", "", ""},
		{"windows", "", "C:/Program Files (x86)/Go", "MSI", "", ""},
		{"windows", "", "C:/Go", "zip", "", ""},
		{"windows", "", "D:/Go", "zip", "", ""},
		{"windows", "", "C:/Users/gopher/AppData/Local/Programs/Go", "zip", "", ""},
		{"windows", `LOCALAPPDATA=L:\Local`, "L:/Local/Programs/Go", "zip", "", ""},
		{"windows", "", "C:/Users/gopher/sdk/go1.27.4", "golang.org/dl", "", ""},
		{"windows", "", "C:/Users/gopher/scoop/apps/go/1.27.4", "scoop", "C:/Users/gopher/scoop/shims", "C:/Users/gopher/scoop/apps/go/current"},
		{"windows", "", "C:/msys64/ucrt64/lib/go", "MSYS2", "", ""},
		{"windows", "", "C:/msys64/clangarm64/lib/go", "MSYS2", "", ""},
		{"windows", `CONDA_PREFIX=C:\conda\envs\x`, "C:/conda/envs/x/go", "conda", "", ""},
		{"windows", "", "C:/Users/gopher/miniconda3/envs/x/go", "conda", "", ""},
		{"windows", "", "C:/Users/gopher/AppData/Local/mise/installs/go/1.27.4", "mise", "C:/Users/gopher/AppData/Local/mise/shims", ""},
		{"windows", "", "C:/Users/gopher/.g/versions/1.27.4", "g", "C:/Users/gopher/.g/go/bin", "C:/Users/gopher/.g/go"},
		{"windows", "", "C:/Users/gopher/.gobrew/versions/1.27.4/go", "gobrew", "C:/Users/gopher/.gobrew/current/bin", "C:/Users/gopher/.gobrew/current/go"},
		{"windows", "", "C:/Users/gopher/.proto/tools/go/1.27.4", "proto", "C:/Users/gopher/.proto/shims", ""},

		{"linux", "", "/usr/local/go", "tarball", "", ""},
		{"linux", "", "/opt/go", "tarball", "", ""},
		{"linux", "", "/home/gopher/.local/go", "tarball", "", ""},
		{"linux", "", "/home/gopher/sdk/gotip", "golang.org/dl", "", ""},
		{"linux", "", "/usr/lib/go-1.26", "apt", "/usr/bin", "/usr/lib/go"},
		{"linux", "", "/usr/lib/golang", "dnf", "/usr/bin", ""},
		{"linux", "", "/usr/lib/go", "distribution", "/usr/bin", ""},
		{"linux", "", "/usr/lib64/go/1.27", "zypper", "/usr/bin", ""},
		{"linux", "", "/snap/go/11042", "snap", "/snap/bin", "/snap/go/current"},
		{"linux", "", "/home/linuxbrew/.linuxbrew/Cellar/go/1.27.4/libexec", "Homebrew", "/home/linuxbrew/.linuxbrew/bin", "/home/linuxbrew/.linuxbrew/opt/go/libexec"},
		{"linux", "", "/home/linuxbrew/.linuxbrew/Cellar/go@1.26/1.26.11/libexec", "Homebrew", "/home/linuxbrew/.linuxbrew/bin", ""},
		{"linux", "", "/nix/store/abc-go-1.27.4/share/go", "nix", "/home/gopher/.nix-profile/bin", ""},
		{"linux", "CONDA_PREFIX=/opt/conda", "/opt/conda/go", "conda", "", ""},
		{"linux", "", "/home/gopher/.asdf/installs/golang/1.27.4/go", "asdf", "/home/gopher/.asdf/shims", ""},
		{"linux", "ASDF_DATA_DIR=/data/asdf/", "/data/asdf/installs/golang/1.27.4/go", "asdf", "/data/asdf/shims", ""},
		{"linux", "", "/home/gopher/.local/share/mise/installs/go/1.27.4", "mise", "/home/gopher/.local/share/mise/shims", ""},
		{"linux", "MISE_DATA_DIR=/data/mise", "/data/mise/installs/go/1.27.4", "mise", "/data/mise/shims", ""},
		{"linux", "", "/home/gopher/.goenv/versions/1.27.4", "goenv", "/home/gopher/.goenv/shims", ""},
		{"linux", "GOENV_ROOT=/opt/goenv", "/opt/goenv/versions/1.27.4", "goenv", "/opt/goenv/shims", ""},
		{"linux", "", "/home/gopher/.gvm/gos/go1.27.4", "gvm", "", ""},
		{"linux", "", "/home/gopher/.g/versions/1.27.4", "g", "/home/gopher/.g/go/bin", "/home/gopher/.g/go"},
		{"linux", "G_HOME=/opt/g", "/opt/g/versions/1.27.4", "g", "/opt/g/go/bin", "/opt/g/go"},
		{"linux", "", "/home/gopher/.go", "g", "", ""},
		{"linux", "", "/home/gopher/.go/go1.27.4", "goup", "/home/gopher/.go/current/bin", "/home/gopher/.go/current"},
		{"linux", "", "/home/gopher/.gobrew/versions/1.27.4/go", "gobrew", "/home/gopher/.gobrew/current/bin", "/home/gopher/.gobrew/current/go"},
		{"linux", "", "/home/gopher/.pkgx/go.dev/v1.27.4", "pkgx", "", ""},
		{"linux", "", "/home/gopher/.proto/tools/go/1.27.4", "proto", "/home/gopher/.proto/shims", ""},

		{"darwin", "", "/usr/local/go", "pkg", "", ""},
		{"darwin", "", "/opt/homebrew/Cellar/go/1.27.4/libexec", "Homebrew", "/opt/homebrew/bin", "/opt/homebrew/opt/go/libexec"},
		{"darwin", "", "/usr/local/Cellar/go/1.27.4/libexec", "Homebrew", "/usr/local/bin", "/usr/local/opt/go/libexec"},
		{"darwin", "", "/usr/local/Cellar/go@1.26/1.26.11/libexec", "Homebrew", "/usr/local/bin", ""},
		{"darwin", "", "/opt/local/lib/go", "MacPorts", "/opt/local/bin", ""},
		{"darwin", "", "/nix/store/abc-go-1.27.4/share/go", "nix", "/Users/gopher/.nix-profile/bin", ""},
		{"darwin", "", "/users/Gopher/.ASDF/installs/golang/1.27.4/go", "asdf", "/Users/gopher/.asdf/shims", ""},

		// none of them
		{"linux", "", "/usr/local/Go", "", "", ""},
		{"linux", "", "/home/gopher/go", "", "", ""},
		{"linux", "", "/usr/local/go/bin", "", "", ""},
		{"linux", "", "/usr/local", "", "", ""},
		{"linux", "", "/", "", "", ""},
		{"linux", "", "", "", "", ""},
		{"linux", "", "/home/gopher/.asdf/installs/golang/1.27.4", "", "", ""},
		{"linux", "", "/home/gopher/.asdf/installs/golang/1/2/go", "", "", ""},
		{"linux", "ASDF_DATA_DIR=/data/asdf", "/home/gopher/.asdf/installs/golang/1.27.4/go", "", "", ""},
		{"linux", "", "/home/gopher/.go/current", "", "", ""},
		{"linux", "", "/opt/local/lib/go", "", "", ""},
		{"darwin", "", "/usr/lib/golang", "", "", ""},
		{"windows", "", "/usr/local/go", "", "", ""},
		{"windows", "", "E:/Go", "", "", ""},
	} {
		i, ok := places(c.os, c.env).Of(c.root)
		if ok != (c.name != "") || i.Name != c.name || i.Bin != c.bin || ok && i.Stable != c.stable {
			t.Errorf("%s %s %s: %q, on PATH %q, stable %q; want %q, %q, %q", c.os, c.env, c.root, i.Name, i.Bin, i.Stable, c.name, c.bin, c.stable)
		}
		if manager := strings.Contains(" asdf mise goenv gvm g goup gobrew pkgx proto ", " "+i.Name+" "); ok && i.Manager != manager {
			t.Errorf("%s is a manager: %v", i.Name, i.Manager)
		}
		if ok && i.Remove == "" {
			t.Errorf("%s: nothing says how it is removed", i.Name)
		}
	}
}

// TestRows holds that every row has a test above: each name of the table occurs on each system that it lists.
func TestRows(t *testing.T) {
	for letter, os := range map[string]string{"w": "windows", "l": "linux", "m": "darwin"} {
		for _, i := range places(os, "CONDA_PREFIX=/conda").Installs {
			root := strings.ReplaceAll(i.Root, "*", "x")
			if strings.HasPrefix(root, "~") || strings.HasPrefix(root, "$") || strings.ContainsAny(i.Bin+i.Stable, "~$*") {
				t.Errorf("%s: %s, %s or %s is not expanded", os, i.Root, i.Bin, i.Stable)
			}
			if got, ok := places(os, "CONDA_PREFIX=/conda").Of(root); !ok || got.Name != i.Name && i.Scan {
				t.Errorf("%s: %s belongs to %s, want %s", letter, root, got.Name, i.Name)
			}
			if i.Scan && strings.HasPrefix(i.Root, "*") {
				t.Errorf("%s: %s is too wide to look for", os, i.Root)
			}
		}
	}
}

// TestNoHome holds that without a home directory no row names a directory below it, and nothing is looked for in the root.
func TestNoHome(t *testing.T) {
	for _, os := range []string{"windows", "linux", "darwin"} {
		for _, i := range For(os, "", func(string) string { return "" }).Installs {
			if strings.Contains(i.Root, "/.asdf/") || strings.HasPrefix(i.Root, "/sdk") || strings.HasPrefix(i.Root, "/.") {
				t.Errorf("%s: %s", os, i.Root)
			}
		}
	}
}

func TestGoBin(t *testing.T) {
	for _, c := range []struct {
		os, dir string
		want    bool
	}{
		{"linux", "/usr/local/go/bin", true}, {"linux", "/usr/local/go/bin/", true}, {"linux", "/srv/tools/go/bin", true}, {"linux", "/home/gopher/go/bin", true},
		{"linux", "/home/gopher/sdk/go1.27.4/bin", true}, {"linux", "/opt/libexec/bin", true}, {"linux", "/snap/go/current/bin", true},
		{"linux", "/home/gopher/.asdf/shims", true}, {"linux", "/home/gopher/.goenv/versions/1.2/bin", true}, {"linux", "/home/gopher/.goenv/versions/1.2", true},
		{"linux", "/home/gopher/.g/go/bin", true}, {"linux", "/usr/lib/go-1.26/bin", true},
		{"linux", "/usr/bin", false}, {"linux", "/usr/local/bin", false}, {"linux", "/snap/bin", false}, {"linux", "/home/linuxbrew/.linuxbrew/bin", false},
		{"linux", "/home/gopher/gone/bin", false}, {"linux", "/usr/local/Go/Bin", false}, {"linux", "/opt/cargo/bin", false}, {"linux", "", false}, {"linux", "/", false},
		{"linux", "/home/gopher/sdk/rust/bin", false}, {"linux", "/opt/go/binx", false},
		{"windows", "C:/Go/bin", true}, {"windows", "c:/GO/BIN", true}, {"windows", "C:/Users/gopher/scoop/shims", true}, {"windows", "C:/Windows/System32", false},
		{"windows", "C:/Users/gopher/scoop/apps/go/current/bin", true}, {"windows", "C:/Program Files/Git/bin", false},
		{"darwin", "/usr/local/Cellar/go/1.2/libexec/bin", true}, {"darwin", "/opt/homebrew/opt/go/libexec/bin", true}, {"darwin", "/opt/homebrew/bin", false}, {"darwin", "/opt/local/bin", false},
	} {
		if got := places(c.os, "").GoBin(c.dir); got != c.want {
			t.Errorf("%s %s: %v, want %v", c.os, c.dir, got, c.want)
		}
	}
}

func TestShimDirs(t *testing.T) {
	for os, want := range map[string]string{
		"linux":   "asdf=/home/gopher/.asdf/shims mise=/home/gopher/.local/share/mise/shims goenv=/home/gopher/.goenv/shims proto=/home/gopher/.proto/shims",
		"darwin":  "asdf=/Users/gopher/.asdf/shims mise=/Users/gopher/.local/share/mise/shims goenv=/Users/gopher/.goenv/shims proto=/Users/gopher/.proto/shims",
		"windows": "mise=C:/Users/gopher/AppData/Local/mise/shims proto=C:/Users/gopher/.proto/shims",
	} {
		var got []string
		for _, s := range places(os, "").ShimDirs() {
			got = append(got, s.Manager+"="+s.Dir)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %s, want %s", os, s, want)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"go", "go", true}, {"go", "Go", false}, {"go*", "go", true}, {"go*", "go1.2", true}, {"go*", "g", false}, {"*", "", true}, {"*", "x", true}, {"a*a", "a", false}, {"a*a", "aa", true}, {"go@*", "go@1.26", true}, {"", "", true}, {"", "x", false},
	} {
		if got := Glob(c.pattern, c.name); got != c.want {
			t.Errorf("Glob(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}

// FuzzPlaces holds that no name and no environment makes the tables fail, and that a root's own bin directory is Go's.
func FuzzPlaces(f *testing.F) {
	f.Add("linux", "/home/gopher", "/data/*/asdf", "/usr/local/go")
	f.Add("windows", `C:/Users/go*pher`, `E:\`, "c:/go/")
	f.Add("darwin", "/", "..", "//")
	f.Add("", "", "\x00", "*/\xff")
	f.Fuzz(func(t *testing.T, os, home, value, root string) {
		p := For(os, home, func(string) string { return value })
		i, ok := p.Of(root)
		if ok && i.Name == "" {
			t.Error("an install without a name")
		}
		if ok && !p.GoBin(root+"/bin") {
			t.Errorf("%q is a root of %s, and its bin is not Go's", root, i.Name)
		}
		p.ShimDirs()
		p.Entry(root)
	})
}
