package host

import (
	"errors"
	"io/fs"
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
