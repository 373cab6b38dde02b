//go:build unix

package doctor_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// local is this computer with a home directory of the test's own.
func local(t *testing.T, path string, more ...string) (h host.Host, home, workspace string) {
	t.Helper()
	home, workspace = t.TempDir(), t.TempDir()
	env := append([]string{"HOME=" + home, "XDG_CONFIG_HOME=" + home + "/.config", "PATH=" + path}, more...)
	return host.NewLocal(host.Options{Workspace: []string{workspace}, Trusted: true, Environ: env}), home, workspace
}

// TestLocalGarbage puts what no parser expects into real files: random bytes, a pipe that nobody writes to, a directory, a cycle of links.
func TestLocalGarbage(t *testing.T) {
	put := func(data []byte) func(string) error {
		return func(name string) error { return os.WriteFile(name, data, 0o644) }
	}
	for kind, create := range map[string]func(name string) error{
		"random": put(noise(64 << 10)), "nul": put(make([]byte, 4096)), "5 MiB": put(make([]byte, 5<<20)), "1 MiB line": put([]byte(strings.Repeat("x=$(y) ", 150_000))),
		"brackets": put([]byte(strings.Repeat("[", 100_000))),
		"pipe":     func(name string) error { return syscall.Mkfifo(name, 0o644) },
		"folder":   func(name string) error { return os.Mkdir(name, 0o755) },
		"cycle":    func(name string) error { return os.Symlink(filepath.Base(name), name) },
		"device":   func(name string) error { return os.Symlink("/dev/zero", name) },
		"dangling": func(name string) error { return os.Symlink("/nonexistent/x", name) },
	} {
		t.Run(kind, func(t *testing.T) {
			h, home, ws := local(t, "/usr/bin:/bin")
			names := []string{home + "/.config/go/env", home + "/.bashrc", home + "/.zshrc", ws + "/.vscode/settings.json", ws + "/.vscode/launch.json", ws + "/go.mod", ws + "/go.work", ws + "/.tool-versions", ws + "/x.go"}
			for _, name := range names {
				if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := create(name); err != nil {
					t.Fatal(err)
				}
			}
			r := diagnose(t, h)
			for _, f := range r.Findings {
				if slices.Contains(names, f.At.Path) && f.Rule.ID != "misencoded-goenv-file" && f.Rule.ID != "ineffective-goenv-line" {
					t.Errorf("%s at %s: %s", f.Rule.ID, f.At, f.Message)
				}
			}
			if slices.Contains([]string{"5 MiB", "pipe", "folder", "device"}, kind) {
				gapAt(t, r, home+"/.config/go/env")
			}
		})
	}
}

// TestLocalLinks holds that cycles of links end on a real file system, in PATH, as go, as GOROOT and as the workspace.
func TestLocalLinks(t *testing.T) {
	dir := t.TempDir()
	for name, to := range map[string]string{"a": "b", "b": "a", "self": "self", "go": "go"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	h, _, ws := local(t, dir+"/a:"+dir+":"+dir+"/self/bin:/usr/bin:/bin", "GOROOT="+dir+"/a", "GOPATH="+dir+"/b")
	if err := os.Symlink("..", filepath.Join(ws, "up")); err != nil {
		t.Fatal(err)
	}
	r := diagnose(t, h)
	if !slices.ContainsFunc(r.Findings, func(f doctor.Finding) bool { return f.Rule.ID == "stale-goroot" }) {
		t.Error("a GOROOT that is a cycle of links was not found")
	}
	diagnose(t, host.NewLocal(host.Options{Workspace: []string{dir + "/self/app"}, Environ: []string{"PATH=/usr/bin"}}))
}

// TestLocalHome holds that a home directory that is missing, is the root, or may not be read ends no diagnosis.
func TestLocalHome(t *testing.T) {
	locked := filepath.Join(t.TempDir(), "home")
	if err := os.Mkdir(locked, 0); err != nil {
		t.Fatal(err)
	}
	for _, home := range []string{"", "/", "/nonexistent/home", "relative", locked, "/dev/null", "/proc/self/fd"} {
		h := host.NewLocal(host.Options{Workspace: []string{t.TempDir()}, Environ: []string{"HOME=" + home, "PATH=/usr/bin:/bin"}})
		diagnose(t, h)
	}
	diagnose(t, host.NewLocal(host.Options{Environ: []string{}}))
	gone := t.TempDir()
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	diagnose(t, host.NewLocal(host.Options{Workspace: []string{gone}, Environ: []string{"PATH=" + longPath(":", "/opt/pkg/d")}}))
}
