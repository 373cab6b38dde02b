//go:build unix

package host

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSpecialFiles(t *testing.T) {
	l := NewLocal(Options{})
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{fifo, "/dev/null", "/dev/tty"} {
		if _, err := l.ReadFile(name); !errors.Is(err, ErrNotRegular) && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("ReadFile(%s) = %v, want ErrNotRegular", name, err)
		}
		if err := l.Swap(Edit{At: FileLoc(name, 0), New: &Value{}}); !errors.Is(err, ErrNotRegular) && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Swap(%s) = %v, want ErrNotRegular", name, err)
		}
	}
	for _, name := range []string{"", "/a\x00b", "/" + strings.Repeat("x", 300), "/" + strings.Repeat("x/", 5000)} {
		if _, err := l.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Stat of an impossible name = %v, want fs.ErrNotExist", err)
		}
	}
	if _, err := l.Stat("relative"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Stat of a relative name = %v, want another error", err)
	}
}

func TestSwapRelativeLink(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	// The link's .. is the parent of real/deep, not of the name it was reached by.
	for _, d := range []string{"real/deep", "other"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"short": "real/deep", "real/deep/link": "../file"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "real/file"), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	e := Edit{At: FileLoc(filepath.Join(dir, "short/link"), 0), Old: &Value{Data: []byte("old")}, New: &Value{Data: []byte("new")}}
	if err := NewLocal(Options{}).Swap(e); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "real/file")); string(b) != "new" {
		t.Errorf("the target holds %q", b)
	}
}

func TestSwapKeepsOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files away")
	}
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(name, 12345, 54321); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, 0o640|fs.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	l := NewLocal(Options{})
	if err := l.Swap(Edit{At: FileLoc(name, 0), Old: &Value{Data: []byte("old")}, New: &Value{Data: []byte("new")}}); err != nil {
		t.Fatal(err)
	}
	if fi, err := l.Stat(name); err != nil || fi.UID != 12345 || fi.GID != 54321 || fi.Mode != 0o640|fs.ModeSetgid {
		t.Errorf("after Swap: %+v, %v", fi, err)
	}
}

func TestSystem(t *testing.T) {
	s := NewLocal(Options{Workspace: []string{"/w"}, Trusted: true, Editor: Editor{"vscode", "1"}, Environ: []string{"HOME=/elsewhere", "LANG=C", "LC_ALL=de_DE.UTF-8"}}).System()
	if s.OS != runtime.GOOS || s.UID != os.Getuid() || s.Home == "" || s.User == "" || s.Version == "" || s.Arch == "" || s.Locale != "de_DE.UTF-8" {
		t.Errorf("System = %+v", s)
	}
	if !s.Trusted || len(s.Workspace) != 1 || s.Editor.Name != "vscode" || s.Style != StyleOf(s.OS) {
		t.Errorf("System = %+v", s)
	}
	if len(s.GIDs) == 0 || s.GIDs[0] != os.Getgid() {
		t.Errorf("GIDs = %v", s.GIDs)
	}
}

func TestProcesses(t *testing.T) {
	l := NewLocal(Options{})
	list, err := l.Processes()
	if err != nil {
		t.Fatal(err)
	}
	self := list[0]
	if self.PID != os.Getpid() || self.PPID != os.Getppid() || time.Since(self.Start) > time.Hour || self.Start.After(time.Now().Add(time.Minute)) {
		t.Errorf("own process = %+v", self)
	}
	if exe, err := os.Executable(); err == nil && self.Name != filepath.Base(exe) {
		t.Errorf("own name = %q, want %q", self.Name, filepath.Base(exe))
	}
	for i, p := range list[1:] {
		if p.PID != list[i].PPID || p.Start.After(list[i].Start) {
			t.Errorf("process %+v is not the parent of %+v", p, list[i])
		}
	}
	block, err := l.Block(os.Getpid())
	if err != nil || len(block) == 0 || !strings.Contains(block[0], "=") {
		t.Errorf("Block = %q, %v", block, err)
	}
	if _, err := l.Block(1 << 30); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Block of no process = %v, want fs.ErrNotExist", err)
	}
}

func TestEnviron(t *testing.T) {
	t.Setenv("GO_ENV_DOCTOR_TEST", "1")
	if got := NewLocal(Options{}).getenv("GO_ENV_DOCTOR_TEST"); got != "1" {
		t.Errorf("own block: %q", got)
	}
	l := NewLocal(Options{Environ: []string{"A=1", "A=2"}})
	if got := l.Environ(); !reflect.DeepEqual(got, []string{"A=1", "A=2"}) || l.getenv("GO_ENV_DOCTOR_TEST") != "" {
		t.Errorf("block that was handed over: %q", got)
	}
}

func TestMounts(t *testing.T) {
	list, err := NewLocal(Options{}).Mounts()
	if err != nil || len(list) == 0 {
		t.Fatalf("Mounts = %v, %v", list, err)
	}
	for _, m := range list {
		if m.Point == "" || m.Type == "" || m.Free > m.Total {
			t.Errorf("mount %+v", m)
		}
	}
}

// next waits for a report.
func next(t *testing.T, c <-chan Loc, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(3 * time.Second): // less than pollEvery
		t.Fatalf("no report after: %s", what)
	}
	for {
		select {
		case <-c:
		case <-time.After(30 * time.Millisecond):
			return
		}
	}
}

func TestWatchWays(t *testing.T) {
	dir := t.TempDir()
	at := func(rel string) string { return filepath.Join(dir, rel) }
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(os.MkdirAll(at("one"), 0o755))
	do(os.MkdirAll(at("two"), 0o755))
	do(os.WriteFile(at("one/file"), nil, 0o644))
	do(os.WriteFile(at("two/file"), nil, 0o644))
	do(os.Symlink("one", at("current")))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c, err := NewLocal(Options{}).Watch(ctx, []Loc{FileLoc(at("current/file"), 0)})
	do(err)
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{"write", func() error { return os.WriteFile(at("one/file"), []byte("1"), 0o644) }},
		{"replace by rename", func() error {
			return errors.Join(os.WriteFile(at("one/tmp"), []byte("2"), 0o644), os.Rename(at("one/tmp"), at("one/file")))
		}},
		{"write after rename", func() error { return os.WriteFile(at("one/file"), []byte("3"), 0o644) }},
		{"mode", func() error { return os.Chmod(at("one/file"), 0o600) }},
		{"link goes elsewhere", func() error { return errors.Join(os.Symlink("two", at("tmp")), os.Rename(at("tmp"), at("current"))) }},
		{"write to the new target", func() error { return os.WriteFile(at("two/file"), []byte("4"), 0o644) }},
		{"directory renamed", func() error { return os.Rename(at("two"), at("three")) }},
		{"another directory in its place", func() error {
			return errors.Join(os.Mkdir(at("two"), 0o755), os.WriteFile(at("two/file"), []byte("5"), 0o644))
		}},
		{"write there", func() error { return os.WriteFile(at("two/file"), []byte("6"), 0o644) }},
		{"removed and made at once", func() error {
			return errors.Join(os.RemoveAll(at("two")), os.Mkdir(at("two"), 0o755), os.WriteFile(at("two/file"), []byte("7"), 0o644))
		}},
		{"write once more", func() error { return os.WriteFile(at("two/file"), []byte("8"), 0o644) }},
		{"link removed", func() error { return os.Remove(at("current")) }},
		{"file in place of the link", func() error { return os.WriteFile(at("current"), nil, 0o644) }},
		{"directory in place of the file", func() error {
			return errors.Join(os.Remove(at("current")), os.Mkdir(at("current"), 0o755), os.WriteFile(at("current/file"), nil, 0o644))
		}},
		{"and a write", func() error { return os.WriteFile(at("current/file"), []byte("9"), 0o644) }},
	} {
		do(s.do())
		next(t, c, s.what)
	}
}

func TestWatchDirectory(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c, err := NewLocal(Options{}).Watch(ctx, []Loc{FileLoc(dir, 0), EnvLoc("PATH"), RegLoc(`HKCU\Environment`, "Path")})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	next(t, c, "a new entry")
	if _, err := NewLocal(Options{}).Watch(ctx, []Loc{FileLoc("relative", 0)}); err == nil {
		t.Error("a relative name is watched")
	}
}

func TestWatchEnds(t *testing.T) {
	before := runtime.NumGoroutine()
	l := NewLocal(Options{})
	for range 20 {
		ctx, cancel := context.WithCancel(context.Background())
		c, err := l.Watch(ctx, []Loc{FileLoc(filepath.Join(t.TempDir(), "file"), 0)})
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		for range c {
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, before %d", runtime.NumGoroutine(), before)
}

// TestHome holds that $HOME is the home where it is ours, and that what sudo leaves of another user is not.
func TestHome(t *testing.T) {
	dir := t.TempDir()
	own := NewLocal(Options{Environ: []string{"HOME=" + dir}}).System()
	if own.Home != dir || own.Account == dir {
		t.Errorf("HOME=%s: home %q, account's %q", dir, own.Home, own.Account)
	}
	for _, home := range []string{"", "relative", dir + "/absent", "/proc/1"} {
		if os.Getuid() == 0 && home == "/proc/1" {
			continue // root's own, here
		}
		if s := NewLocal(Options{Environ: []string{"HOME=" + home}}).System(); s.Home == home || s.Account != "" {
			t.Errorf("HOME=%q: home %q, account's %q", home, s.Home, s.Account)
		}
	}
}
