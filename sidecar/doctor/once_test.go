package doctor_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A counter is a machine that counts what it is asked.
type counter struct {
	host.Host
	mu    sync.Mutex
	asked map[string]int // by question and name
	reads []string       // names of the texts that were read
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
// and on this one.
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
