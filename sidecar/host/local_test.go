package host_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host/hosttest"
)

// build makes the files of a conformance case in dir and reports whether links could be made.
func build(t *testing.T, dir string, files map[string]string) (links bool) {
	t.Helper()
	links = true
	old := time.Now().Add(-30 * 24 * time.Hour)
	for header, text := range files {
		header, target, isLink := strings.Cut(header, " -> ")
		fields := strings.Fields(header)
		name := filepath.Join(dir, filepath.FromSlash(fields[0]))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if isLink {
			if err := os.Symlink(filepath.FromSlash(target), name); err != nil {
				links = false
			} else if _, err := os.Lstat(name); err != nil { // Wine says that it made one
				links = false
			}
			continue
		}
		if strings.HasSuffix(fields[0], "/") {
			if err := os.MkdirAll(name, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		mode, size := uint64(0o644), -1
		for _, f := range fields[1:] {
			key, value, _ := strings.Cut(f, "=")
			var err error
			switch key {
			case "mode":
				mode, err = strconv.ParseUint(value, 8, 32)
			case "size":
				size, err = strconv.Atoi(value)
			default:
				t.Fatalf("entry %q: unknown attribute", header)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if size >= 0 {
			if err := os.Truncate(name, int64(size)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" {
			if err := os.Chmod(name, fs.FileMode(mode)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return links
}

func TestLocal(t *testing.T) {
	hosttest.Run(t, func(t *testing.T, files map[string]string) hosttest.Machine {
		dir, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		links := build(t, dir, files)
		return hosttest.Machine{Host: host.NewLocal(host.Options{}), Dir: dir, NoLinks: !links, Key: scratchKey(t)}
	})
}

// BenchmarkStat looks at a file that is there and at one that is not; a diagnosis does so some hundred times.
func BenchmarkStat(b *testing.B) {
	l, dir := host.NewLocal(host.Options{}), b.TempDir()
	for _, name := range []string{".", "absent"} {
		b.Run(name, func(b *testing.B) {
			file := filepath.Join(dir, name)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = l.Stat(file)
			}
		})
	}
}

// TestReadDirHuge holds that a directory with more names than anybody looks through is read in part, and that part is sorted.
func TestReadDirHuge(t *testing.T) {
	dir := t.TempDir()
	for i := range host.MaxEntries + 10 {
		f, err := os.Create(filepath.Join(dir, strconv.Itoa(i)))
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	list, err := host.NewLocal(host.Options{}).ReadDir(dir)
	if err != nil || len(list) != host.MaxEntries || !slices.IsSortedFunc(list, func(a, b host.DirEntry) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("%d entries, %v", len(list), err)
	}
}
