package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// listing is every name below dir with what it holds.
func listing(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		data := []byte{}
		if d.Type().IsRegular() {
			if data, err = os.ReadFile(name); err != nil {
				return err
			}
		}
		list = append(list, fmt.Sprintf("%s %v %q", name, fi.Mode(), data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestSwapFails makes each step of each kind of edit fail in turn: nothing may change and nothing be left.
func TestSwapFails(t *testing.T) {
	errStep := errors.New("no")
	old, new := &Value{Data: []byte("old")}, &Value{Data: []byte("new")}
	for _, c := range []struct {
		name, file string
		old, new   *Value
		steps      []string
	}{
		{"replace", "file", old, new, []string{"create", "keep", "write", "sync", "close", "rename"}},
		{"create", "a/b/made", nil, new, []string{"mkdir", "mkdir", "create", "keep", "write", "sync", "close", "publish"}},
		{"delete", "file", old, nil, []string{"remove"}},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "file"), old.Data, 0o640); err != nil {
			t.Fatal(err)
		}
		l := NewLocal(Options{})
		e := Edit{At: FileLoc(filepath.Join(dir, c.file), 0), Old: c.old, New: c.new}
		before := listing(t, dir)
		for k := range c.steps {
			n := 0
			l.fail = func(string) error {
				if n++; n == k+1 {
					return errStep
				}
				return nil
			}
			if err := l.Swap(e); !errors.Is(err, errStep) {
				t.Errorf("%s, step %d: %v", c.name, k, err)
			}
			if after := listing(t, dir); !slices.Equal(before, after) {
				t.Errorf("%s, step %d leaves %q, was %q", c.name, k, after, before)
			}
		}
		var steps []string
		l.fail = func(step string) error { steps = append(steps, step); return nil }
		if err := l.Swap(e); err != nil || !slices.Equal(steps, c.steps) {
			t.Errorf("%s: %v after %q, want %q", c.name, err, steps, c.steps)
		}
	}
}

// TestSwapRace changes the place while the edit is under way.
func TestSwapRace(t *testing.T) {
	old, new := &Value{Data: []byte("old")}, &Value{Data: []byte("new")}
	for _, c := range []struct {
		file, step string
		old        *Value
	}{
		{"file", "write", old},
		{"made", "publish", nil},
	} {
		dir := t.TempDir()
		if c.old != nil {
			if err := os.WriteFile(filepath.Join(dir, c.file), c.old.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		name := filepath.Join(dir, c.file)
		l := NewLocal(Options{})
		l.fail = func(step string) error {
			if step == c.step {
				return os.WriteFile(name, []byte("theirs"), 0o644)
			}
			return nil
		}
		if err := l.Swap(Edit{At: FileLoc(name, 0), Old: c.old, New: new}); !errors.Is(err, ErrConflict) {
			t.Errorf("%s: Swap = %v, want ErrConflict", c.file, err)
		}
		if b, err := os.ReadFile(name); err != nil || string(b) != "theirs" {
			t.Errorf("%s: what the other wrote is lost: %q, %v", c.file, b, err)
		}
		if list, _ := os.ReadDir(dir); len(list) != 1 {
			t.Errorf("%s: left behind: %v", c.file, list)
		}
	}
}
