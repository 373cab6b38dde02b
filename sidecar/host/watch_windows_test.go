package host

import (
	"context"
	"crypto/rand"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/windows/registry"
)

// TestWatchKeyComesAndGoes deletes a watched key and makes it again, with the key above it.
func TestWatchKeyComesAndGoes(t *testing.T) {
	parent := `Software\go-env-doctor-test-` + rand.Text()[:8]
	key := parent + `\sub`
	make := func() {
		t.Helper()
		for _, name := range []string{parent, key} {
			k, _, err := registry.CreateKey(registry.CURRENT_USER, name, registry.ALL_ACCESS)
			if err != nil {
				t.Fatal(err)
			}
			k.Close()
		}
	}
	remove := func() {
		_ = registry.DeleteKey(registry.CURRENT_USER, key)
		_ = registry.DeleteKey(registry.CURRENT_USER, parent)
	}
	t.Cleanup(remove)
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l := NewLocal(Options{})
	at := RegLoc(`HKCU\`+key, "Value")
	c, err := l.Watch(ctx, []Loc{at, RegLoc(`hkcu\`+key, "Other"), RegLoc(`HKXX\nowhere`, "x")})
	if err != nil {
		t.Fatal(err)
	}
	// last waits until the place has been reported after the change.
	last := func(what string) {
		t.Helper()
		for deadline := time.After(5 * time.Second); ; {
			select {
			case l := <-c:
				if l == at {
					for {
						select {
						case <-c:
						case <-time.After(50 * time.Millisecond):
							return
						}
					}
				}
			case <-deadline:
				t.Fatalf("no report after: %s", what)
			}
		}
	}
	for range 3 {
		make()
		last("the key is made")
		v := &Value{Type: "sz", Data: RegString("x")}
		if err := l.Swap(Edit{At: at, New: v}); err != nil {
			t.Fatal(err)
		}
		last("a value is made")
		if err := l.Swap(Edit{At: at, Old: v}); err != nil {
			t.Fatal(err)
		}
		last("the value is deleted")
		remove()
		last("the key is deleted")
	}
	cancel()
	for range c {
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, before %d", runtime.NumGoroutine(), before)
}
