package doctor_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A counter is a machine that counts what it is asked.
type counter struct {
	host.Host
	mu    sync.Mutex
	asked map[string]int // by question and name
	reads []string       // names of the texts that were read
	over  bool           // nobody waits for answers any more
}

func count[T any](c *counter, what, name string, f func(string) (T, error)) (T, error) {
	c.mu.Lock()
	c.asked[what+" "+c.System().Style.Key(name)]++
	if what == "open" {
		// A file may have several names.
		if fi, err := c.Host.Stat(name); err == nil && fi.ID != "" && fi.IsRegular() {
			c.asked["open inode "+fi.ID+" "+fi.Name]++
		}
	}
	c.mu.Unlock()
	if c.over {
		var none T
		return none, context.Canceled
	}
	return f(name)
}

func (c *counter) Stat(n string) (host.FileInfo, error)  { return count(c, "stat", n, c.Host.Stat) }
func (c *counter) Lstat(n string) (host.FileInfo, error) { return count(c, "lstat", n, c.Host.Lstat) }
func (c *counter) Readlink(n string) (string, error)     { return count(c, "readlink", n, c.Host.Readlink) }
func (c *counter) ReadDir(n string) ([]host.DirEntry, error) {
	return count(c, "open", n, c.Host.ReadDir)
}
func (c *counter) Program(n string) (*host.Program, error) {
	return count(c, "open", n, c.Host.Program)
}
func (c *counter) ReadKey(n string) (*host.Key, error) { return count(c, "key", n, c.Host.ReadKey) }
func (c *counter) ReadFile(n string) ([]byte, error) {
	b, err := count(c, "open", n, c.Host.ReadFile)
	if err == nil {
		c.mu.Lock()
		c.reads = append(c.reads, n)
		c.mu.Unlock()
	}
	return b, err
}
func (c *counter) View(n string) []string {
	env, _ := count(c, "view", n, func(n string) ([]string, error) { return c.Host.View(n), nil })
	return env
}
func (c *counter) Processes() ([]host.Process, error) {
	return count(c, "processes", "", func(string) ([]host.Process, error) { return c.Host.Processes() })
}
func (c *counter) Mounts() ([]host.Mount, error) {
	return count(c, "mounts", "", func(string) ([]host.Mount, error) { return c.Host.Mounts() })
}

// twice are the questions that were asked more than once.
func (c *counter) twice() (list []string) {
	for q, n := range c.asked {
		if n > 1 {
			list = append(list, fmt.Sprintf("%d times: %s", n, q))
		}
	}
	slices.Sort(list)
	return list
}

// TestOnce holds that a diagnosis opens no file twice, however many names lead to it, and asks nothing twice, on every machine of the corpus
// and on this one; and that one that remembers another says the same.
func TestOnce(t *testing.T) {
	check := func(t *testing.T, h host.Host) {
		t.Helper()
		c := &counter{Host: h, asked: map[string]int{}}
		doctor.Diagnose(c, doctor.Options{})
		if len(c.asked) == 0 {
			t.Error("nothing was asked")
		}
		if list := c.twice(); len(list) > 0 {
			t.Errorf("%s", strings.Join(list, "\n"))
		}
		var memory doctor.Memory
		first := told(doctor.Diagnose(h, doctor.Options{Memory: &memory}))
		if again := told(doctor.Diagnose(h, doctor.Options{Memory: &memory})); again != first {
			t.Errorf("from memory:\n%s\nwithout:\n%s", again, first)
		}
	}
	for _, dir := range []string{"scenarios", "healthy"} {
		for _, file := range files(t, dir) {
			t.Run(name(file), func(t *testing.T) {
				m, _ := play(t, file)
				check(t, m)
			})
		}
	}
	t.Run("local", func(t *testing.T) {
		check(t, host.NewLocal(host.Options{Workspace: []string{t.TempDir()}, Trusted: true}))
	})
}

// told is all that a report says.
func told(r *doctor.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintln(&b, f.At, f.Severity, f.Rule.ID, f.Subjects, f.Message, f.CausedBy)
		for _, x := range f.Fixes {
			fmt.Fprintln(&b, x.ID, x.Title, x.Text, len(x.Changes))
		}
	}
	fmt.Fprintln(&b, r.Causes, r.Gaps, r.Facts.Watch)
	return b.String()
}

// TestMemory holds that a diagnosis after another one opens only the files that have changed, and that a watched change is seen even where
// size and time of writing are as before.
func TestMemory(t *testing.T) {
	home, ws := t.TempDir(), t.TempDir()
	old := time.Now().Add(-time.Hour)
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	mod := filepath.Join(ws, "go.mod")
	write(mod, "module example.com/a\n\ngo 1.21\n")
	write(filepath.Join(ws, ".vscode/settings.json"), "{}")
	write(filepath.Join(ws, ".vscode/launch.json"), "{}")
	write(filepath.Join(home, ".profile"), "export GOFLAGS=-mod=mod\n")
	env := []string{"HOME=" + home, "XDG_CONFIG_HOME=" + home, "USERPROFILE=" + home, "APPDATA=" + home, "PATH=", "SHELL=/bin/sh"}
	c := &counter{Host: host.NewLocal(host.Options{Workspace: []string{ws}, Trusted: true, Environ: env})}
	var memory doctor.Memory
	opened := func() (list []string, r *doctor.Report) {
		c.asked, c.reads = map[string]int{}, nil
		r = doctor.Diagnose(c, doctor.Options{Memory: &memory})
		for _, name := range c.reads {
			if strings.HasPrefix(name, home) || strings.HasPrefix(name, ws) {
				list = append(list, name)
			}
		}
		return list, r
	}
	module := func(r *doctor.Report) string { return r.Facts.Modules[0].Arg("go") }

	first, r := opened()
	if len(first) < 3 || !slices.Contains(first, mod) || module(r) != "1.21" {
		t.Fatalf("the first opened %v and found go %s", first, module(r))
	}
	events, err := c.Watch(t.Context(), r.Facts.Watch)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := opened(); len(again) > 0 {
		t.Errorf("without a change these were opened: %v", again)
	}
	write(mod, "module example.com/a\n\ngo 1.22\n")
	for at := range events {
		memory.Changed(at)
		if at.Path == mod {
			break
		}
	}
	if after, r := opened(); !slices.Equal(after, []string{mod}) || module(r) != "1.22" {
		t.Errorf("after the change of go.mod these were opened: %v; go %s", after, module(r))
	}
	if err := os.Remove(mod); err != nil {
		t.Fatal(err)
	}
	if after, r := opened(); len(after) > 0 || len(r.Facts.Modules) > 0 {
		t.Errorf("after go.mod went these were opened: %v", after)
	}

	// A pass that is overtaken forgets nothing.
	write(mod, "module example.com/a\n\ngo 1.22\n")
	opened()
	c.over = true
	opened()
	c.over = false
	if after, r := opened(); len(after) > 0 || module(r) != "1.22" {
		t.Errorf("after a pass that was cut off these were opened: %v", after)
	}
}
