package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWindows(t *testing.T) {
	l := NewLocal(Options{})
	s := l.System()
	if s.OS != "windows" || !strings.HasPrefix(s.Version, "10.0.") || s.Arch == "" || s.User == "" || !l.style.IsAbs(s.Home) || s.UID != -1 {
		t.Errorf("System = %+v", s)
	}
	list, err := l.Processes()
	if err != nil {
		t.Fatal(err)
	}
	if p := list[0]; p.PID != os.Getpid() || time.Since(p.Start) > time.Hour || !strings.HasSuffix(p.Name, ".exe") {
		t.Errorf("own process = %+v", p)
	}
	if block, err := l.Block(os.Getpid()); err != nil || len(block) == 0 {
		t.Errorf("own block = %q, %v", block, err)
	}
	if err := l.Announce(); err != nil {
		t.Error(err)
	}
	if k, err := l.ReadKey(`HKCU\Environment`); err != nil || k.Written.IsZero() {
		t.Errorf("ReadKey = %+v, %v", k, err)
	}
	if _, err := l.ReadKey(`HKXX\Environment`); err == nil {
		t.Error("an unknown hive is read")
	}
}

func TestWindowsFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	l := NewLocal(Options{})
	before, err := l.Stat(name)
	if err != nil || before.SDDL == "" || before.ID == "" || before.Reparse != 0 {
		t.Fatalf("Stat = %+v, %v", before, err)
	}
	if err := l.Swap(Edit{At: FileLoc(name, 0), Old: &Value{Data: []byte("old")}, New: &Value{Data: []byte("new")}}); err != nil {
		t.Fatal(err)
	}
	if after, err := l.Stat(name); err != nil || after.SDDL != before.SDDL {
		t.Errorf("descriptor after Swap = %s, %v, was %s", after.SDDL, err, before.SDDL)
	}
	for _, name := range []string{`C:\a"b`, `C:\a<b`, `C:\a|b\c`} {
		if _, err := l.Stat(name); err == nil {
			t.Errorf("Stat(%s) succeeds", name)
		}
	}
	if root := l.remoteRoot(`\\server\share\x`); root != `\\server\share` {
		t.Errorf("remoteRoot = %q", root)
	}
	if root := l.remoteRoot(name); root != "" {
		t.Errorf("remoteRoot of a local file = %q", root)
	}
}
