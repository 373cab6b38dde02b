package fix

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// The test binary is also the process that dies: see child.
func TestMain(m *testing.M) {
	if what := os.Getenv("FIX_TEST_CHILD"); what != "" {
		child(what)
	}
	os.Exit(m.Run())
}

// Exit codes of a child; a killed one has 1 on Windows.
const (
	survived = 7 // it came to its end
	erred    = 8
)

// child does what on the machine below FIX_TEST_DIR and kills itself at step FIX_TEST_STEP. Steps are: half of a journal line
// written, a whole line written, and before and after each swap.
func child(what string) {
	dir := os.Getenv("FIX_TEST_DIR")
	at, _ := strconv.Atoi(os.Getenv("FIX_TEST_STEP"))
	n := 0
	step := func() {
		if n++; n == at {
			p, _ := os.FindProcess(os.Getpid())
			p.Kill()
			select {}
		}
	}
	m, j := diskMachine(dir), Open(filepath.Join(dir, "journal"))
	m.before = func(host.Edit) error { step(); return nil }
	m.after = m.before
	writeAt = func(f *os.File, b []byte, off int64) (int, error) {
		k, err := f.WriteAt(b[:len(b)/2], off)
		if err != nil {
			return k, err
		}
		step()
		rest, err := f.WriteAt(b[k:], off+int64(k))
		step()
		return k + rest, err
	}
	var err error
	switch what {
	case "apply":
		_, err = j.Apply(m, diskPlan(), nil)
	case "rollback":
		refused := errors.New("refused")
		if _, err = j.Apply(m, diskPlan(), func() error { return refused }); errors.Is(err, refused) {
			err = nil
		}
	case "undo":
		_, err = j.Undo(m, "")
	case "recover":
		_, err = j.Recover(m)
	case "contend":
		err = contend(m, j, at)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(erred)
	}
	os.Exit(survived)
}

func run(t *testing.T, what, dir string, step int) (died bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "FIX_TEST_CHILD="+what, "FIX_TEST_DIR="+dir, "FIX_TEST_STEP="+strconv.Itoa(step))
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() == erred || len(out) > 0 {
		t.Fatalf("%s, step %d: %v\n%s", what, step, err, out)
	}
	return cmd.ProcessState.ExitCode() != survived
}

// diskMachine is the real machine with a folder as the root and, on Windows, a key of this test as its registry.
func diskMachine(dir string) *machine {
	return &machine{Host: host.NewLocal(host.Options{}), dir: filepath.Join(dir, "files"), key: scratch(dir)}
}

func diskPlan() *Plan {
	p := &Plan{Rule: "r", Fix: "f", Title: "Title", Edits: []host.Edit{
		{At: host.FileLoc("a", 0), Old: file("old a\r\n\xff\x00"), New: file("new a\n")},
		{At: host.FileLoc("b", 0), Old: file("old b"), New: file("new b")},
		{At: host.FileLoc("c", 0), New: file("new c")},
	}}
	if runtime.GOOS == "windows" { // a value of another type, whose old bytes are no text
		old := append(host.RegString(`%GOROOT%\bin;C:\Go\bin;C:\Go\bin`), 'x')
		p.Edits[1] = host.Edit{
			At:  host.RegLoc(`HKCU\Environment`, "Path"),
			Old: &host.Value{Type: "sz", Data: old}, New: &host.Value{Type: "expand", Data: host.RegString(strings.Repeat(`%GOROOT%\bin;`, 400))},
		}
	}
	return p
}

// scratch is the key that stands for the registry of the machine in dir, "" where there is none.
func scratch(dir string) string {
	if runtime.GOOS != "windows" {
		return ""
	}
	return `HKCU\Software\go-env-doctor-test-` + filepath.Base(filepath.Dir(dir)) + filepath.Base(dir)
}

// forget removes a scratch key.
var forget = func(string) error { return nil }

// disk makes the machine that diskPlan is for.
func disk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "files"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := forget(scratch(dir)); err != nil {
			t.Error(err)
		}
	})
	m := diskMachine(dir)
	for _, e := range diskPlan().Edits {
		if e.Old != nil {
			if err := m.Swap(host.Edit{At: e.At, New: e.Old}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// holds says which side of the plan the machine has: "old", "new", or a mixture.
func holds(t *testing.T, dir string) string {
	t.Helper()
	var s string
	for _, e := range diskPlan().Edits {
		v, err := current(diskMachine(dir), e.At)
		switch {
		case err != nil:
			t.Fatal(err)
		case equal(v, e.Old):
			s += "old "
		case equal(v, e.New):
			s += "new "
		default:
			s += "other "
		}
	}
	switch s {
	case "old old old ":
		return "old"
	case "new new new ":
		return "new"
	}
	return s
}

// wellFormed fails unless every line of the journal can be read and every entry has ended.
func wellFormed(t *testing.T, dir string) []Entry {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "journal", "journal.jsonl"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	l := parse(data)
	for _, e := range l.entries {
		if e.State == Begun {
			t.Fatalf("entry %s did not end", e.ID)
		}
	}
	if l.errs != nil {
		t.Fatal(l.errs)
	}
	return l.entries
}

// TestKilled kills a process at every step of a fix, of a roll-back, of an undo and of a recovery.
func TestKilled(t *testing.T) {
	for _, c := range []struct {
		what, start, end string // end: the other state that the machine may have, "" none
		steps            int
		prepare          func(dir string)
	}{
		{what: "apply", start: "old", end: "new", steps: 10},
		{what: "rollback", start: "old", steps: 16},
		{what: "undo", start: "new", end: "old", steps: 10, prepare: func(dir string) {
			if _, err := Open(filepath.Join(dir, "journal")).Apply(diskMachine(dir), diskPlan(), nil); err != nil {
				t.Fatal(err)
			}
		}},
		{what: "recover", start: "old", steps: 8, prepare: func(dir string) { run(t, "apply", dir, 8) }},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel() // to start a process takes long under Wine
			for k := 1; ; k++ {
				dir := disk(t)
				if c.prepare != nil {
					c.prepare(dir)
				}
				died := run(t, c.what, dir, k)
				m, j := diskMachine(dir), Open(filepath.Join(dir, "journal"))
				if _, err := j.Recover(m); err != nil {
					t.Fatalf("step %d: %v", k, err)
				}
				got := holds(t, dir)
				if got != c.start && got != c.end {
					t.Fatalf("step %d: the machine is %s", k, got)
				}
				list := wellFormed(t, dir)
				if last := len(list) - 1; last >= 0 && c.what == "apply" && (list[last].State == Committed) != (got == "new") {
					t.Fatalf("step %d: the machine is %s and the journal says %s", k, got, states(list))
				}
				if r, err := j.Recover(m); r != nil || err != nil {
					t.Fatalf("step %d: recovered twice: %v, %v", k, r, err)
				}
				// Life goes on: to the other state and back.
				for range 2 {
					var err error
					if want := "new"; got == "new" {
						want = "old"
						_, err = j.Undo(m, "")
						got = want
					} else {
						_, err = j.Apply(m, diskPlan(), nil)
						got = want
					}
					if err != nil || holds(t, dir) != got {
						t.Fatalf("step %d: afterwards: %v, the machine is %s", k, err, holds(t, dir))
					}
				}
				wellFormed(t, dir)
				if !died {
					if k != c.steps+1 {
						t.Errorf("%d steps, want %d", k-1, c.steps)
					}
					return
				}
			}
		})
	}
}

const rounds = 5

// contend makes and undoes fixes of one file that only this process has, and of one that all have.
func contend(m *machine, j *Journal, id int) error {
	own := fmt.Sprintf("own%d", id)
	for i := range rounds {
		p := &Plan{Title: own, Edits: []host.Edit{{At: host.FileLoc(own, 0), New: file(strconv.Itoa(i))}}}
		if _, err := j.Apply(m, p, nil); err != nil {
			return fmt.Errorf("apply: %w", err)
		}
		if _, err := j.Undo(m, p.ID); err != nil {
			return fmt.Errorf("undo: %w", err)
		}
		for {
			data, err := m.ReadFile("shared")
			if err != nil {
				return err
			}
			e := host.Edit{At: host.FileLoc("shared", 0), Old: &host.Value{Data: data}, New: &host.Value{Data: append(bytes.Clone(data), 'x')}}
			_, err = j.Apply(m, &Plan{Title: "shared", Edits: []host.Edit{e}}, nil)
			if err == nil {
				break
			}
			if !errors.Is(err, host.ErrConflict) {
				return fmt.Errorf("shared: %w", err)
			}
		}
		if _, err := j.History(); err != nil {
			return err
		}
		if _, err := j.Recover(m); err != nil {
			return err
		}
	}
	return nil
}

func TestProcessesAtOnce(t *testing.T) {
	const n = 4
	dir := disk(t)
	if err := os.WriteFile(filepath.Join(dir, "files", "shared"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	for i := range n {
		go func() {
			defer func() { done <- true }()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "FIX_TEST_CHILD=contend", "FIX_TEST_DIR="+dir, "FIX_TEST_STEP="+strconv.Itoa(1000+i))
			if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != survived {
				t.Errorf("child %d: %s", i, out)
			}
		}()
	}
	for range n {
		<-done
	}
	count := map[State]int{}
	for i, e := range wellFormed(t, dir) {
		if e.ID != strconv.Itoa(i+1) {
			t.Errorf("entry %d has id %s", i+1, e.ID)
		}
		count[e.State]++
	}
	if count[Undone] != n*rounds || count[Committed] != 2*n*rounds || count[Aborted] != 0 {
		t.Error(count)
	}
	data, err := os.ReadFile(filepath.Join(dir, "files", "shared"))
	if err != nil || string(data) != strings.Repeat("x", n*rounds) {
		t.Errorf("%q, %v", data, err)
	}
	if own, _ := filepath.Glob(filepath.Join(dir, "files", "own*")); own != nil {
		t.Error(own)
	}
}
