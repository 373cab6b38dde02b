package fix

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A machine has files in memory, or below dir those of the machine that it embeds, and a registry in memory, or a key of that machine as
// its only one.
type machine struct {
	host.Host
	dir, key  string
	mem       map[string]string
	keys      map[string]map[string]host.Value
	guests    map[string]*machine
	sys       host.System
	announced int
	before    func(host.Edit) error // of a swap
	after     func(host.Edit) error
	readErr   error
}

func (m *machine) System() host.System { return m.sys }
func (m *machine) Now() time.Time      { return time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC) }
func (m *machine) Announce() error     { m.announced++; return errors.New("a window does not answer") }

func (m *machine) Guest(name string) (host.Host, error) {
	if g := m.guests[name]; g != nil {
		return g, nil
	}
	return nil, fs.ErrNotExist
}

func (m *machine) ReadFile(name string) ([]byte, error) {
	if m.readErr != nil {
		return nil, m.readErr
	}
	if m.dir != "" {
		return m.Host.ReadFile(filepath.Join(m.dir, name))
	}
	if s, ok := m.mem[name]; ok {
		return []byte(s), nil
	}
	return nil, fs.ErrNotExist
}

func (m *machine) ReadKey(key string) (*host.Key, error) {
	if m.key != "" {
		return m.Host.ReadKey(m.key)
	}
	vals, ok := m.keys[key]
	if !ok {
		return nil, fs.ErrNotExist
	}
	k := &host.Key{Name: key}
	for n, v := range vals {
		k.Values = append(k.Values, host.NamedValue{Name: n, Value: v})
	}
	return k, nil
}

func (m *machine) Swap(e host.Edit) error {
	if m.before != nil {
		if err := m.before(e); err != nil {
			return err
		}
	}
	v, err := current(m, e.At)
	if err != nil {
		return err
	}
	if !equal(v, e.Old) {
		return host.ErrConflict
	}
	switch {
	case e.At.Kind == host.Registry && m.key != "":
		e.At.Path = m.key
		err = m.Host.Swap(e)
	case e.At.Kind == host.Registry && e.New == nil:
		delete(m.keys[e.At.Path], e.At.Name)
	case e.At.Kind == host.Registry:
		m.keys[e.At.Path][e.At.Name] = *e.New
	case m.dir == "" && e.New == nil:
		delete(m.mem, e.At.Path)
	case m.dir == "":
		m.mem[e.At.Path] = string(e.New.Data)
	default:
		e.At.Path = filepath.Join(m.dir, e.At.Path)
		err = m.Host.Swap(e)
	}
	if err == nil && m.after != nil {
		err = m.after(e)
	}
	return err
}

func file(s string) *host.Value { return &host.Value{Data: []byte(s)} }
func sz(s string) *host.Value   { return &host.Value{Type: "sz", Data: host.RegString(s)} }

var goroot = host.RegLoc(`HKCU\Environment`, "GOROOT")

func newMachine() *machine {
	return &machine{
		mem:  map[string]string{"/a": "old a\r\n", "/b": "old b\x00\xff"},
		keys: map[string]map[string]host.Value{goroot.Path: {"GOROOT": *sz(`C:\Go`)}},
	}
}

func newPlan() *Plan {
	return &Plan{Rule: "stale-goroot", Fix: "unset", Title: "Unset GOROOT", At: "/a:1", Subject: "var:GOROOT", Edits: []host.Edit{
		{At: host.FileLoc("/a", 0), Old: file("old a\r\n"), New: file("new a")},
		{At: goroot, Old: sz(`C:\Go`)},
		{At: host.FileLoc("/b", 0), Old: file("old b\x00\xff"), New: file("new b")},
		{At: host.FileLoc("/c", 0), New: file("")},
	}}
}

func (m *machine) state() string {
	var b strings.Builder
	for _, n := range slices.Sorted(maps.Keys(m.mem)) {
		b.WriteString(n + "=" + m.mem[n] + "|")
	}
	for _, n := range slices.Sorted(maps.Keys(m.keys[goroot.Path])) {
		b.WriteString(n + "=" + string(m.keys[goroot.Path][n].Data) + "|")
	}
	return b.String()
}

func journals(t *testing.T, f func(t *testing.T, j *Journal)) {
	t.Run("disk", func(t *testing.T) { f(t, Open(filepath.Join(t.TempDir(), "state", "go-env-doctor"))) })
	t.Run("memory", func(t *testing.T) { f(t, Open("")) })
}

func history(t *testing.T, j *Journal) []Entry {
	t.Helper()
	h, err := j.History()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func states(h []Entry) string {
	var s []string
	for _, e := range h {
		s = append(s, e.ID+" "+string(e.State))
	}
	return strings.Join(s, ", ")
}

func TestApplyAndUndo(t *testing.T) {
	journals(t, func(t *testing.T, j *Journal) {
		j.Version = "1.2.3"
		m := newMachine()
		was := m.state()
		if _, err := j.Undo(m, ""); !errors.Is(err, ErrNothing) {
			t.Fatalf("undo of nothing: %v", err)
		}
		if r, err := j.Recover(m); r != nil || err != nil {
			t.Fatal(r, err)
		}
		if j.dir != "" {
			if _, err := os.Stat(filepath.Dir(j.dir)); !errors.Is(err, fs.ErrNotExist) {
				t.Fatal("reading made the directory")
			}
		}
		p := newPlan()
		e, err := j.Apply(m, p, func() error {
			if h := history(t, j); len(h) != 1 || h[0].State != Begun {
				t.Errorf("while verifying: %v", h)
			}
			return nil
		})
		if err != nil || e.State != Committed || p.ID != "1" || e.ID != "1" || m.announced != 1 {
			t.Fatalf("%+v, %v, announced %d", e, err, m.announced)
		}
		if got := m.state(); got != "/a=new a|/b=new b|/c=|" {
			t.Fatalf("after apply %q", got)
		}
		h := history(t, j)
		got, want := h[0], *e
		if got.ID != want.ID || got.Version != "1.2.3" || got.PID != os.Getpid() || !got.Time.Equal(m.Now()) ||
			got.Plan.Rule != p.Rule || got.Plan.Fix != p.Fix || got.Plan.Title != p.Title || got.Plan.At != p.At || got.Plan.Subject != p.Subject {
			t.Errorf("journal has %+v", got)
		}
		for i, d := range p.Edits {
			if g := got.Plan.Edits[i]; g.At != d.At || !equal(g.Old, d.Old) || !equal(g.New, d.New) {
				t.Errorf("edit %d: journal has %+v, want %+v", i, g, d)
			}
		}
		if _, err := j.Apply(m, newPlan(), nil); !errors.Is(err, host.ErrConflict) {
			t.Fatalf("applied twice: %v", err)
		}
		u, err := j.Undo(m, "")
		if err != nil || u.UndoOf != "1" || u.State != Committed || m.announced != 2 {
			t.Fatal(u, err)
		}
		if got := m.state(); got != was {
			t.Fatalf("after undo %q, want %q", got, was)
		}
		for _, id := range []string{"", "1", "2", "99"} {
			if _, err := j.Undo(m, id); !errors.Is(err, ErrNothing) {
				t.Errorf("undo %q again: %v", id, err)
			}
		}
		if got := states(history(t, j)); got != "1 undone, 2 committed" {
			t.Error(got)
		}
	})
}

func TestModes(t *testing.T) {
	if os.PathSeparator == '\\' {
		t.Skip("modes are Unix")
	}
	j := Open(filepath.Join(t.TempDir(), "x"))
	if _, err := j.Apply(newMachine(), newPlan(), nil); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{j.dir: 0o700, j.file(): 0o600, filepath.Join(j.dir, "lock"): 0o600} {
		if fi, err := os.Stat(name); err != nil || fi.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", name, fi.Mode(), err, want)
		}
	}
}

func TestFailingSwap(t *testing.T) {
	for k := range newPlan().Edits {
		for _, when := range []string{"conflict", "before", "after"} {
			journals(t, func(t *testing.T, j *Journal) {
				m := newMachine()
				was, n := m.state(), 0
				boom := errors.New("boom")
				fail := func(err error) func(host.Edit) error {
					return func(host.Edit) error {
						if n++; n == k+1 {
							return err
						}
						return nil
					}
				}
				switch when {
				case "conflict":
					boom = host.ErrConflict
					m.before = fail(boom)
				case "before":
					m.before = fail(boom)
				case "after":
					m.after = fail(boom)
				}
				e, err := j.Apply(m, newPlan(), nil)
				if !errors.Is(err, boom) || e.State != Aborted || m.announced != 0 {
					t.Fatalf("%s at %d: %+v, %v", when, k, e, err)
				}
				if got := m.state(); got != was {
					t.Fatalf("%s at %d left %q", when, k, got)
				}
				if h := history(t, j); len(h) != 1 || h[0].State != Aborted || h[0].Reason != err.Error() {
					t.Fatal(h)
				}
				if _, err := j.Apply(m, newPlan(), nil); err != nil {
					t.Fatal("apply after abort:", err)
				}
			})
		}
	}
}

func TestConflictBeforeAnything(t *testing.T) {
	j, m := Open(""), newMachine()
	m.mem["/b"] = "other"
	was := m.state()
	e, err := j.Apply(m, newPlan(), nil)
	if e != nil || !errors.Is(err, host.ErrConflict) || m.state() != was || len(history(t, j)) != 0 {
		t.Fatal(e, err, m.state())
	}
}

func TestVerify(t *testing.T) {
	journals(t, func(t *testing.T, j *Journal) {
		m := newMachine()
		was, boom := m.state(), errors.New("brings a new error")
		if e, err := j.Apply(m, newPlan(), func() error { return boom }); !errors.Is(err, boom) || e.State != Aborted || m.state() != was {
			t.Fatal(e, err, m.state())
		}
		if _, err := j.Apply(m, newPlan(), func() error { panic("probe") }); err == nil || m.state() != was {
			t.Fatal(err, m.state())
		}
		e, err := j.Apply(m, newPlan(), func() error { m.mem["/a"] = "someone else"; return boom })
		if !errors.Is(err, boom) || errors.Is(err, host.ErrConflict) || !strings.Contains(err.Error(), "/a could not be taken back") || !slices.Equal(e.Left, []host.Loc{host.FileLoc("/a", 0)}) {
			t.Fatal(e, err)
		}
		if want := strings.Replace(was, "old a\r\n", "someone else", 1); m.state() != want {
			t.Errorf("left %q, want %q", m.state(), want)
		}
		if h := history(t, j); states(h) != "1 aborted, 2 aborted, 3 aborted" || !slices.Equal(h[2].Left, e.Left) {
			t.Error(h)
		}
	})
}

// A place that cannot be read now is tried again, and no other fix touches it before.
func TestStuckEntry(t *testing.T) {
	journals(t, func(t *testing.T, j *Journal) {
		m := newMachine()
		was := m.state()
		e, err := j.Apply(m, newPlan(), func() error { m.readErr = fs.ErrPermission; return errors.New("boom") })
		if err == nil || e.State != Begun {
			t.Fatal(e, err)
		}
		r, err := j.Recover(m)
		if err != nil || len(r) != 1 || r[0].Entry.State != Begun || len(r[0].Left) != 3 {
			t.Fatal(r, err)
		}
		other := &Plan{Edits: []host.Edit{{At: goroot, Old: nil, New: sz("x")}}}
		if _, err := j.Apply(m, other, nil); err == nil || !strings.Contains(err.Error(), "half made") {
			t.Fatal(err)
		}
		m.readErr = nil
		r, err = j.Recover(m)
		if err != nil || len(r) != 1 || r[0].Entry.State != Aborted || m.state() != was {
			t.Fatal(r, err, m.state())
		}
		if r, err := j.Recover(m); r != nil || err != nil {
			t.Fatal(r, err)
		}
	})
}

func TestUndoConflict(t *testing.T) {
	j, m := Open(""), newMachine()
	if _, err := j.Apply(m, newPlan(), nil); err != nil {
		t.Fatal(err)
	}
	later := &Plan{Title: "Later fix", Edits: []host.Edit{{At: host.FileLoc("/b", 0), Old: file("new b"), New: file("newer b")}}}
	if _, err := j.Apply(m, later, nil); err != nil {
		t.Fatal(err)
	}
	was := m.state()
	if _, err := j.Undo(m, "1"); !errors.Is(err, host.ErrConflict) || !strings.Contains(err.Error(), "Later fix") || m.state() != was {
		t.Fatal(err, m.state())
	}
	for range 2 { // the last, then the one before
		if _, err := j.Undo(m, ""); err != nil {
			t.Fatal(err)
		}
	}
	if m.state() != newMachine().state() {
		t.Error(m.state())
	}
}

func TestGuest(t *testing.T) {
	j, m := Open(""), newMachine()
	m.guests = map[string]*machine{"Ubuntu": newMachine()}
	at := host.FileLoc("/a", 0)
	at.Guest = "Ubuntu"
	if _, err := j.Apply(m, &Plan{Edits: []host.Edit{{At: at, Old: file("old a\r\n"), New: file("x")}}}, nil); err != nil {
		t.Fatal(err)
	}
	if m.mem["/a"] != "old a\r\n" || m.guests["Ubuntu"].mem["/a"] != "x" {
		t.Fatal(m.mem, m.guests["Ubuntu"].mem)
	}
	if _, err := j.Undo(m, ""); err != nil || m.guests["Ubuntu"].mem["/a"] != "old a\r\n" {
		t.Fatal(err)
	}
}

func TestRefusedPlans(t *testing.T) {
	j, m := Open(""), newMachine()
	for _, p := range []*Plan{
		{},
		{Edits: []host.Edit{{At: host.EnvLoc("GOROOT"), New: file("x")}}},
		{Edits: []host.Edit{{At: host.FileLoc("/\xff", 0), New: file("x")}}},
	} {
		if e, err := j.Apply(m, p, nil); err == nil || e != nil {
			t.Errorf("%v: %v, %v", p, e, err)
		}
	}
	if len(history(t, j)) != 0 {
		t.Error("written down")
	}
}

// A full disk: the line that does not fit leaves no trace, and neither does the fix.
func TestJournalCannotBeWritten(t *testing.T) {
	for k := range 3 { // begin, commit, abort
		j, m := Open(t.TempDir()), newMachine()
		was, n := m.state(), 0
		full := errors.New("no space left on device")
		write := writeAt
		defer func() { writeAt = write }()
		writeAt = func(f *os.File, b []byte, off int64) (int, error) {
			if n++; n == k+1 || k == 2 && n > 1 {
				write(f, b[:len(b)/2], off)
				return len(b) / 2, full
			}
			return write(f, b, off)
		}
		_, err := j.Apply(m, newPlan(), nil)
		writeAt = write
		if !errors.Is(err, full) || m.state() != was {
			t.Fatalf("line %d: %v, %q", k, err, m.state())
		}
		if _, err := j.Recover(m); err != nil || m.state() != was {
			t.Fatal(err)
		}
		if _, err := j.Apply(m, newPlan(), nil); err != nil {
			t.Fatal(err)
		}
		history(t, j)
	}
}

func TestLockNamesProcess(t *testing.T) {
	defer func(d time.Duration) { lockWait = d }(lockWait)
	lockWait = 30 * time.Millisecond
	j := Open(t.TempDir())
	release, err := j.acquire(0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(j.dir).Apply(newMachine(), newPlan(), nil)
	if !errors.Is(err, errBusy) || !strings.Contains(err.Error(), "by process ") {
		t.Fatal(err)
	}
	release()
	if _, err := j.Apply(newMachine(), newPlan(), nil); err != nil {
		t.Fatal(err)
	}
}

func TestCorruptLines(t *testing.T) {
	j, m := Open(t.TempDir()), newMachine()
	if _, err := j.Apply(m, newPlan(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Undo(m, ""); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(j.file())
	lines := bytes.SplitAfter(data, []byte("\n"))
	bad := slices.Concat([]byte("\xEF\xBB\xBFnot json\r\n\x00\x00\n"), lines[0], []byte(`{"op":"commit","id":"77"}`+"\n"), lines[1], []byte("{\n"), lines[2], lines[3], []byte(`{"op":"begin","id":"78","ed`))
	if err := os.WriteFile(j.file(), bad, 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := j.History()
	if states(h) != "1 undone, 2 committed" || err == nil || strings.Count(err.Error(), "journal line") != 4 {
		t.Fatal(h, err)
	}
	if e, err := j.Apply(m, newPlan(), nil); err != nil || e.ID != "78" { // 77 was seen
		t.Fatal(e, err)
	}
	h, err = j.History()
	if states(h) != "1 undone, 2 committed, 78 committed" || strings.Count(err.Error(), "journal line") != 4 {
		t.Fatal(states(h), err)
	}
}

// A line that a crash kept only from its line end counts.
func TestMissingLineEnd(t *testing.T) {
	j, m := Open(t.TempDir()), newMachine()
	if _, err := j.Apply(m, newPlan(), nil); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(j.file())
	if err := os.WriteFile(j.file(), bytes.TrimSuffix(data, []byte("\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Undo(m, ""); err != nil {
		t.Fatal(err)
	}
	if got := states(history(t, j)); got != "1 undone, 2 committed" {
		t.Error(got)
	}
}

func TestCompact(t *testing.T) {
	j, m := Open(t.TempDir()), newMachine()
	var data []byte
	for i := range keep + 100 {
		e := Entry{ID: strconv.Itoa(i + 1), Plan: Plan{Edits: []host.Edit{{At: host.FileLoc("/a", 0), New: file(strings.Repeat("x", 4000))}}}}
		for _, r := range []record{beginRecord(&e), {Op: "commit", ID: e.ID}} {
			line, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			data = append(append(data, line...), '\n')
		}
	}
	if err := os.WriteFile(j.file(), append(data, "no JSON\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := j.Apply(m, newPlan(), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Undo(m, ""); err != nil {
			t.Fatal(err)
		}
	}
	h, err := j.History()
	if len(h) != keep+1 || h[0].ID != "104" || h[keep].ID != "304" {
		t.Fatalf("%d entries, %s to %s", len(h), h[0].ID, h[len(h)-1].ID)
	}
	if err == nil {
		t.Error("a line that cannot be read was thrown away")
	}
	if fi, err := os.Stat(j.file()); err != nil || fi.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Error(fi.Mode(), err)
	}
	names, _ := filepath.Glob(filepath.Join(j.dir, "*"))
	if len(names) != 2 { // journal, lock
		t.Error(names)
	}
}

func TestDir(t *testing.T) {
	sys := func(os, home string) host.System {
		return host.System{OS: os, Home: home, Style: host.StyleOf(os)}
	}
	for _, c := range []struct {
		sys  host.System
		env  []string
		want string
	}{
		{sys("linux", "/home/g"), nil, "/home/g/.local/state/go-env-doctor"},
		{sys("linux", "/home/g"), []string{"XDG_STATE_HOME=/s"}, "/s/go-env-doctor"},
		{sys("linux", "/home/g"), []string{"XDG_STATE_HOME=s"}, "/home/g/.local/state/go-env-doctor"},
		{sys("linux", ""), nil, ""},
		{sys("darwin", "/Users/g"), []string{"XDG_STATE_HOME=/s"}, "/Users/g/Library/Application Support/go-env-doctor"},
		{sys("windows", `C:\Users\g`), []string{"=C:=C:\\", `LocalAppData=D:\l`}, `D:\l\go-env-doctor`},
		{sys("windows", `C:\Users\g`), nil, `C:\Users\g\AppData\Local\go-env-doctor`},
	} {
		if got := Dir(c.sys, c.env); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.sys.OS, c.env, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	j, m := Open(""), newMachine()
	if _, err := j.Apply(m, newPlan(), nil); err != nil {
		f.Fatal(err)
	}
	if _, err := j.Undo(m, ""); err != nil {
		f.Fatal(err)
	}
	f.Add(j.data)
	f.Add(j.data[:len(j.data)-1])
	f.Add(j.data[:len(j.data)/3])
	f.Add([]byte("\xEF\xBB\xBF{}\r\n\x00\nnull\n[]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := parse(data)
		if l.size > len(data) || l.size < 0 {
			t.Fatal(l.size)
		}
		open := slices.ContainsFunc(l.entries, isBegun)
		if settled(data) && open {
			// The heads of lines that are not ours can lie; ours cannot.
			if len(l.errs) == 0 && canonical(data) {
				t.Fatal("settled with an open entry")
			}
		}
		// What is appended to any file is read back.
		k := Open("")
		k.data = slices.Clone(data[:l.size])
		s, err := k.session(0)
		if err != nil {
			t.Fatal(err)
		}
		e := Entry{ID: "x y", Plan: *newPlan()}
		if slices.ContainsFunc(l.entries, func(o Entry) bool { return o.ID == e.ID }) {
			return
		}
		if err := s.append(beginRecord(&e)); err != nil {
			t.Fatal(err)
		}
		if n := len(parse(k.data).entries); n != len(l.entries)+1 {
			t.Fatalf("%d entries, want %d", n, len(l.entries)+1)
		}
	})
}

// canonical reports whether every line is what append would write.
func canonical(data []byte) bool {
	for line := range bytes.Lines(data) {
		r, err := decodeLine(line)
		if err != nil || !bytes.HasPrefix(line, []byte(`{"op":"`+r.Op+`","id":"`+r.ID+`"`)) || bytes.Count(line, []byte(`"op"`)) > 1 || bytes.Count(line, []byte(`"id"`)) > 1 {
			return false
		}
	}
	return true
}
