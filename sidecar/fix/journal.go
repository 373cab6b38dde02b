package fix

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
)

// A State says how far an entry came.
type State string

const (
	Begun     State = "begun"     // written down; what was made of it is unknown until it is recovered
	Committed State = "committed" // made
	Aborted   State = "aborted"   // taken back, but for Left
	Undone    State = "undone"    // made, and undone by a later entry
)

// An Entry is one fix, or the undo of one, in the journal.
type Entry struct {
	ID      string // a decimal number, rising
	Time    time.Time
	Plan    Plan
	State   State
	UndoOf  string // the entry that this one undid, or ""
	PID     int
	Version string     // of the program
	Left    []host.Loc // places that an abort had to leave as they were found
	Reason  string     // of an abort
}

// A Journal is the log of the edits that were made for one user: every edit stands in it before it is made.
//
// It is a directory with journal.jsonl, JSON Lines of three kinds: begin (the whole plan), commit and abort. It holds the values
// of each place complete and as they are, secrets included, since undo needs every byte; therefore only its user can read it
// (directory 0700, file 0600), and nothing of it goes into a report, a recording or a log.
type Journal struct {
	Version string // of the program, for new entries

	dir  string     // "" in memory
	busy sync.Mutex // the lock of a journal in memory

	mu    sync.Mutex
	data  []byte            // of a journal in memory
	files map[string][]byte // beside it
}

// ErrNothing is what Undo returns where there is no entry that can be undone.
var ErrNothing = errors.New("nothing to undo")

const (
	compactSize = 1 << 20 // bytes from which a journal is compacted
	keep        = 200     // entries that stay
)

// writeAt is a variable so that a test can die, or fail, in the middle of a line.
var writeAt = (*os.File).WriteAt

// Dir is where the journal of a user lies: $XDG_STATE_HOME/go-env-doctor (~/.local/state), %LOCALAPPDATA%\go-env-doctor,
// ~/Library/Application Support/go-env-doctor. It is "" for a user without a home. A relative XDG_STATE_HOME is ignored, as the
// XDG Base Directory Specification asks.
func Dir(sys host.System, env []string) string {
	st := sys.Style
	lookup := func(want string) string {
		for _, kv := range env {
			if name, v := host.CutEnv(kv); st.EqualName(name, want) && st.IsAbs(v) {
				return v
			}
		}
		return ""
	}
	home, base := sys.Home, ""
	switch sys.OS {
	case "windows":
		if base = lookup("LOCALAPPDATA"); base == "" && home != "" {
			base = st.Join(home, "AppData/Local")
		}
	case "darwin":
		if home != "" {
			base = st.Join(home, "Library/Application Support")
		}
	default:
		if base = lookup("XDG_STATE_HOME"); base == "" && home != "" {
			base = st.Join(home, ".local/state")
		}
	}
	if base == "" {
		return ""
	}
	return st.Join(base, "go-env-doctor")
}

// Open names the journal in dir. Nothing is read or made before it is used. An empty dir is a journal in memory, for machines
// that are played.
func Open(dir string) *Journal { return &Journal{dir: dir} }

func (j *Journal) file() string { return filepath.Join(j.dir, "journal.jsonl") }

// read returns the bytes of the journal; one that does not exist is empty.
func (j *Journal) read() ([]byte, error) {
	if j.dir == "" {
		j.mu.Lock()
		defer j.mu.Unlock()
		return bytes.Clone(j.data), nil
	}
	data, err := os.ReadFile(j.file())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, l10n.Errorf("journal: %w", err)
	}
	return data, nil
}

// History lists the entries, newest last. Lines that cannot be read are skipped and reported in the error; the entries are
// valid all the same. It does not wait for a fix that is being made, whose entry is then Begun.
func (j *Journal) History() ([]Entry, error) {
	data, err := j.read()
	if err != nil {
		return nil, err
	}
	l := parse(data)
	return l.entries, errors.Join(l.errs...)
}

// Apply makes a plan and sets its ID. A place that does not hold the old value is [host.ErrConflict], and nothing is changed.
// Where a swap fails, or verify (which may be nil) returns an error, the edits that were made are taken back and the entry is
// aborted. A place that meanwhile holds something else is then left alone, and the error says so; where one cannot be read or written
// now, the entry stays Begun, and Recover and the next fix try again.
//
// The entry is nil if nothing was written down. The error is nil exactly if the entry is committed.
func (j *Journal) Apply(h host.Host, p *Plan, verify func() error) (*Entry, error) {
	s, stuck, err := j.settle(h)
	if err != nil {
		return nil, err
	}
	defer s.close()
	e, err := s.run(h, stuck, Entry{Plan: *p}, verify)
	if e != nil {
		p.ID = e.ID
	}
	return e, err
}

// Undo takes back a committed entry; id "" is the last one that can be taken back. It is [ErrNothing] if there is no such entry, and
// [host.ErrConflict] if any of its places changed since; then nothing is changed. The entry of the undo is returned. What an undo
// took back is done again by applying its fix, not by undoing the undo.
func (j *Journal) Undo(h host.Host, id string) (*Entry, error) {
	if data, err := j.read(); err != nil || len(data) == 0 { // do not make a directory to find it empty
		return nil, cmp.Or(err, ErrNothing)
	}
	s, stuck, err := j.settle(h)
	if err != nil {
		return nil, err
	}
	defer s.close()
	at := -1
	for i, e := range s.log.entries {
		if e.State == Committed && e.UndoOf == "" && (id == "" || id == e.ID) {
			at = i
		}
	}
	if at < 0 {
		for _, e := range s.log.entries {
			if id != "" && e.ID == id {
				if e.UndoOf != "" {
					return nil, l10n.Errorf("%w: entry %s is itself an undo", ErrNothing, id)
				}
				return nil, l10n.Errorf("%w: entry %s is %s", ErrNothing, id, e.State)
			}
		}
		if id != "" {
			return nil, l10n.Errorf("%w: no entry %s", ErrNothing, id)
		}
		return nil, ErrNothing
	}
	e := s.log.entries[at]
	p := e.Plan
	p.Edits = nil
	for _, d := range slices.Backward(e.Plan.Edits) {
		p.Edits = append(p.Edits, d.Inverse())
	}
	u, err := s.run(h, stuck, Entry{Plan: p, UndoOf: e.ID}, nil)
	if errors.Is(err, host.ErrConflict) {
		for _, later := range slices.Backward(s.log.entries[at+1:]) {
			if later.State == Committed && later.UndoOf == "" && overlap(later.Plan.Edits, p.Edits) {
				return u, l10n.Errorf("%w (entry %s, %s, changed it too: undo that first)", err, later.ID, later.Plan.Title)
			}
		}
	}
	return u, err
}

// A Left is a place that could not be taken back, and why: [host.ErrConflict] if it holds neither value.
type Left struct {
	At  host.Loc
	Err error
}

// Recovered is what recovery did about one entry that had begun and not ended.
type Recovered struct {
	Entry    Entry      // Aborted; still Begun if a place could not be read or written, which is tried again the next time
	Restored []host.Loc // went back to their old values
	Left     []Left     // are as they were found
}

// Recover takes back what a process that died had begun: a place that holds the new value gets the old one, one that holds the
// old value is right already, and one that holds anything else is left alone and reported. It does nothing while another
// process makes a fix, and writes nothing where there is nothing to recover; then it reads the journal once.
func (j *Journal) Recover(h host.Host) ([]Recovered, error) {
	data, err := j.read()
	if err != nil || settled(data) {
		return nil, err
	}
	if !slices.ContainsFunc(parse(data).entries, isBegun) {
		return nil, nil
	}
	s, err := j.session(0)
	if errors.Is(err, errBusy) {
		return nil, nil // its owner lives
	}
	if err != nil {
		return nil, err
	}
	defer s.close()
	return s.recover(h)
}

func isBegun(e Entry) bool { return e.State == Begun }

// A session is the journal under its lock.
type session struct {
	j       *Journal
	log     *log
	release func()
}

func (j *Journal) session(wait time.Duration) (*session, error) {
	if j.dir != "" {
		if err := os.MkdirAll(j.dir, 0o700); err != nil {
			return nil, l10n.Errorf("journal: %w", err)
		}
	}
	release, err := j.acquire(wait)
	if err != nil {
		return nil, err
	}
	data, err := j.read()
	if err != nil {
		release()
		return nil, err
	}
	return &session{j: j, log: parse(data), release: release}, nil
}

// settle opens the journal for a change: under its lock, and with what another process left half done taken back. stuck is what could not be.
func (j *Journal) settle(h host.Host) (s *session, stuck []Recovered, err error) {
	if s, err = j.session(lockWait); err != nil {
		return nil, nil, err
	}
	if stuck, err = s.recover(h); err != nil {
		s.close()
		return nil, nil, err
	}
	return s, stuck, nil
}

func (s *session) close() { s.release() }

// append makes one line durable. After an error the journal is as before, as far as the disk allows.
func (s *session) append(r record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return l10n.Errorf("journal: %w", err)
	}
	line = append(line, '\n')
	if !s.log.ended { // a whole line that a crash kept from its line end
		line = append([]byte{'\n'}, line...)
	}
	j := s.j
	if j.dir == "" {
		j.mu.Lock()
		j.data = append(j.data, line...)
		j.mu.Unlock()
	} else if err := s.write(line); err != nil {
		return l10n.Errorf("journal: %w", err)
	}
	s.log.size, s.log.ended = s.log.size+len(line), true
	return nil
}

func (s *session) write(line []byte) error {
	// Not O_APPEND: Windows would refuse to truncate then. The lock keeps others out.
	f, err := os.OpenFile(s.j.file(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	size := int64(s.log.size)
	if err := f.Truncate(size); err != nil { // a torn line goes
		return err
	}
	if _, err = writeAt(f, line, size); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(size))
	}
	if size == 0 {
		return syncDir(s.j.dir)
	}
	return nil
}

// compact keeps the newest entries of a large journal, those that did not end, and lines that it cannot read.
func (s *session) compact() error {
	if s.j.dir == "" || len(s.log.data) < compactSize || len(s.log.entries) <= keep {
		return nil
	}
	stays := map[string]bool{}
	for i, e := range s.log.entries {
		stays[e.ID] = isBegun(e) || i >= len(s.log.entries)-keep
	}
	var out []byte
	for line := range bytes.Lines(s.log.data[:s.log.size]) {
		if r, err := decodeLine(line); err != nil || stays[r.ID] {
			out = append(bytes.TrimSuffix(append(out, line...), []byte("\n")), '\n')
		}
	}
	if err := replace(s.j.dir, "journal", "journal.jsonl", out); err != nil {
		return err
	}
	last := s.log.last
	s.log = parse(out)
	s.log.last = max(s.log.last, last)
	return nil
}

// replace gives a file of a directory other contents, whole or not at all.
func replace(dir, stem, name string, data []byte) error {
	temp := filepath.Join(dir, stem+".new")
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = writeAt(f, data, 0)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(temp, filepath.Join(dir, name))
	}
	if err != nil {
		os.Remove(temp)
		return err
	}
	return syncDir(dir)
}

// recover ends what others had begun, newest first.
func (s *session) recover(h host.Host) ([]Recovered, error) {
	var list []Recovered
	for i := range slices.Backward(s.log.entries) {
		e := &s.log.entries[i]
		if !isBegun(*e) {
			continue
		}
		restored, left := restore(h, e.Plan.Edits)
		if err := s.abort(h, e, left, "the process ended before the fix did"); err != nil {
			return list, err
		}
		list = append(list, Recovered{Entry: *e, Restored: restored, Left: left})
	}
	return list, nil
}

// abort ends an entry that was taken back, but for left. It stays open while a place is left that could not be judged: the next
// recovery tries again.
func (s *session) abort(h host.Host, e *Entry, left []Left, reason string) error {
	r := record{Op: "abort", ID: e.ID, Time: h.Now(), Reason: reason}
	for _, l := range left {
		if !errors.Is(l.Err, host.ErrConflict) {
			return nil
		}
		r.Left = append(r.Left, placeOf(l.At))
	}
	if err := s.append(r); err != nil {
		return err
	}
	e.State, e.Reason = Aborted, reason
	for _, l := range left {
		e.Left = append(e.Left, l.At)
	}
	return nil
}

// run makes an entry: begin, swaps, verify, commit.
func (s *session) run(h host.Host, stuck []Recovered, e Entry, verify func() error) (*Entry, error) {
	edits := e.Plan.Edits
	if len(edits) == 0 {
		return nil, errors.New("the fix changes nothing")
	}
	for _, r := range stuck {
		if isBegun(r.Entry) && overlap(r.Entry.Plan.Edits, edits) {
			l := r.Left[0]
			return nil, l10n.Errorf("entry %s (%s) is half made and could not be taken back: %s: %w", r.Entry.ID, r.Entry.Plan.Title, l.At, l.Err)
		}
	}
	for _, d := range edits {
		if err := placeOf(d.At).check(); err != nil {
			return nil, err
		}
		switch v, err := current(h, d.At); {
		case err != nil:
			return nil, l10n.Errorf("reading %s: %w", d.At, err)
		case !equal(v, d.Old):
			return nil, l10n.Errorf("%s: %w", d.At, host.ErrConflict)
		}
	}
	// Best effort: a journal that stays large still works. On Windows a reader can keep the file from being replaced.
	_ = s.compact()

	e.ID = strconv.Itoa(s.log.last + 1)
	e.Plan.ID, e.Time, e.State, e.PID, e.Version = e.ID, h.Now(), Begun, os.Getpid(), s.j.Version
	if err := s.append(beginRecord(&e)); err != nil {
		return nil, err
	}
	s.log.last++

	made, err := len(edits), error(nil)
	for i, d := range edits {
		if err = swap(h, d); err != nil {
			if made = i; !errors.Is(err, host.ErrConflict) {
				made++ // it may have been made before it failed
			}
			break
		}
	}
	if err == nil && verify != nil {
		err = guard(verify)
	}
	if err == nil {
		if err = s.append(record{Op: "commit", ID: e.ID, Time: h.Now()}); err == nil {
			e.State = Committed
			if slices.ContainsFunc(edits, func(d host.Edit) bool { return d.At.Kind == host.Registry }) {
				// A window that does not answer in time is no failure of the fix: programs that run keep the old value anyway.
				_ = h.Announce()
			}
			return &e, nil
		}
	}
	_, left := restore(h, edits[:made])
	if aerr := s.abort(h, &e, left, err.Error()); aerr != nil {
		err = l10n.Errorf("%w; writing that it was taken back failed too: %w", err, aerr)
	}
	for _, l := range left {
		// Not %w: a conflict that is met on the way back is not one that kept the fix from changing anything.
		err = l10n.Errorf("%w; %s could not be taken back and stays as it is: %v", err, l.At, l.Err)
	}
	return &e, err
}

// guard turns a panic into an error, so that what was changed is taken back.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = l10n.Errorf("internal problem: %v", p)
		}
	}()
	return f()
}

// restore takes edits back, the last first. Whatever happened to each of them, each place holds its old value afterwards or is left.
func restore(h host.Host, edits []host.Edit) (restored []host.Loc, left []Left) {
	for _, d := range slices.Backward(edits) {
		v, err := current(h, d.At)
		switch {
		case err != nil:
		case equal(v, d.Old):
			continue
		case !equal(v, d.New):
			err = host.ErrConflict
		default:
			err = swap(h, d.Inverse())
		}
		if err != nil {
			left = append(left, Left{At: d.At, Err: err})
			continue
		}
		restored = append(restored, d.At)
	}
	return restored, left
}

// overlap reports whether two lists of edits share a place. Case is ignored: at worst a fix waits for another.
func overlap(a, b []host.Edit) bool {
	return slices.ContainsFunc(a, func(x host.Edit) bool {
		return slices.ContainsFunc(b, func(y host.Edit) bool { return strings.EqualFold(x.At.String(), y.At.String()) })
	})
}

// on returns the machine that has a place, and the place as that machine calls it.
func on(h host.Host, at host.Loc) (host.Host, host.Loc, error) {
	if at.Guest == "" {
		return h, at, nil
	}
	g, err := h.Guest(at.Guest)
	at.Guest = ""
	return g, at, err
}

func swap(h host.Host, e host.Edit) (err error) {
	if h, e.At, err = on(h, e.At); err != nil {
		return err
	}
	return h.Swap(e)
}

// current is what a place holds; nil is absent.
func current(h host.Host, at host.Loc) (*host.Value, error) {
	h, at, err := on(h, at)
	if err != nil {
		return nil, err
	}
	if at.Kind == host.File {
		data, err := h.ReadFile(at.Path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return &host.Value{Data: data}, nil
	}
	key, err := h.ReadKey(at.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, v := range key.Values {
		if strings.EqualFold(v.Name, at.Name) { // names of values ignore case
			return &v.Value, nil
		}
	}
	return nil, nil
}
