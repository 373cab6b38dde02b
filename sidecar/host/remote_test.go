package host

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"
)

func TestAsk(t *testing.T) {
	l := NewLocal(Options{})
	block := make(chan struct{})
	defer close(block)
	calls := 0
	silent := func() (int, error) { calls++; <-block; return 1, nil }
	prompt := func() (int, error) { return 2, fs.ErrNotExist }

	start := time.Now()
	_, err := ask(l, `\\dead\share`, `\\dead\share\a`, silent)
	if !errors.Is(err, errSilent) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a silent server: %v, want unknown", err)
	}
	for range 100 { // the other names on it cost nothing
		if _, err := ask(l, `\\dead\share`, `\\dead\share\b`, silent); !errors.Is(err, errSilent) {
			t.Errorf("a silent server, asked again: %v", err)
		}
	}
	if d := time.Since(start); d < remoteWait || d > 10*remoteWait {
		t.Errorf("asked for %v", d)
	}
	if n, err := ask(l, `\\alive\share`, `\\alive\share\a`, prompt); n != 2 || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("another server: %d, %v", n, err)
	}
	l.mu.Lock()
	l.slow[`\\dead\share`] = time.Now().Add(-remotePause - time.Second)
	l.mu.Unlock()
	if n, _ := ask(l, `\\dead\share`, `\\dead\share\a`, prompt); n != 2 {
		t.Error("a server that came back is not asked again")
	}
}

func TestLeadsAway(t *testing.T) {
	links := map[string]string{
		`C:\link`: `\\dead\share`, `C:\a\b`: `..\link\x`, `C:\root`: `\a\b`, `C:\drive`: `Q:\x`, `C:\here`: `C:\a`, `C:\circle`: `C:\circle`, `D:\far`: `\\?\UNC\dead\share`,
	}
	remote := func(name string) string {
		for _, r := range []string{`\\dead\share`, `Q:`, `\\?\UNC\dead`} {
			if strings.HasPrefix(name, r) {
				return r
			}
		}
		return ""
	}
	for name, want := range map[string][2]string{
		`C:\x\y`:            {},
		`C:\`:               {},
		`C:`:                {},
		`C:\here\c`:         {},
		`C:\circle\x`:       {},
		`C:\link`:           {`C:\link`, `\\dead\share`},
		`C:\link\go\bin`:    {`C:\link`, `\\dead\share`},
		`C:/link/go`:        {`C:\link`, `\\dead\share`},
		`\\?\C:\link\go`:    {`C:\link`, `\\dead\share`},
		`C:\a\b\c`:          {`C:\a\b`, `\\dead\share`},
		`C:\here\b`:         {`C:\here`, `\\dead\share`},
		`C:\root\c`:         {`C:\root`, `\\dead\share`},
		`C:\drive\c`:        {`C:\drive`, `Q:`},
		`D:\far\c`:          {`D:\far`, `\\?\UNC\dead`},
		`\\dead\share\file`: {"", `\\dead\share`},
	} {
		read := func(n string) string {
			if n != strings.TrimSuffix(n, `\`) || strings.HasPrefix(n, `\\`) {
				t.Errorf("%s: %s is asked for", name, n)
			}
			return links[n]
		}
		if link, root := leadsAway(name, read, remote); link != want[0] || root != want[1] {
			t.Errorf("%s: link %q to %q, want %q", name, link, root, want)
		}
	}
}

// TestFollow: a link of this machine to a server that is away costs one wait, and a disk that is slow none of its answers.
func TestFollow(t *testing.T) {
	l := NewLocal(Options{})
	link, root := l.style.native("/gone"), `\\dead\share`
	name := l.style.Join(link, "go")
	block := make(chan struct{})
	defer close(block)
	start := time.Now()
	_, err := follow(l, name, func() (int, error) { <-block; return 1, nil }, func(string) (string, string) { return link, root })
	if !errors.Is(err, errSilent) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a silent server: %v, want unknown", err)
	}
	if l.linked(name) != root || l.linked(link) != root || l.linked(link+"x") != "" {
		t.Errorf("what leads to %s: %v", root, l.links)
	}
	if _, err := ask(l, l.linked(name), name, func() (int, error) { return 1, nil }); !errors.Is(err, errSilent) {
		t.Errorf("asked again: %v", err)
	}
	if d := time.Since(start); d < remoteWait || d > 10*remoteWait {
		t.Errorf("asked for %v", d)
	}
	slow := make(chan struct{})
	n, err := follow(l, name, func() (int, error) { <-slow; return 2, fs.ErrPermission }, func(string) (string, string) { close(slow); return "", "" })
	if n != 2 || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a slow disk: %d, %v", n, err)
	}
}
