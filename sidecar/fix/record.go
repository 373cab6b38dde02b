package fix

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
)

// A record is one line of the journal. The order of the first two fields is part of the format: [settled] relies on it.
type record struct {
	Op      string    `json:"op"` // begin, commit, abort
	ID      string    `json:"id"`
	Time    time.Time `json:"time"`
	PID     int       `json:"pid,omitempty"`
	Version string    `json:"version,omitempty"`
	UndoOf  string    `json:"undoOf,omitempty"`
	Rule    string    `json:"rule,omitempty"`
	Fix     string    `json:"fix,omitempty"`
	Title   string    `json:"title,omitempty"`
	At      string    `json:"at,omitempty"`
	Subject string    `json:"subject,omitempty"`
	Edits   []edit    `json:"edits,omitempty"`
	Left    []place   `json:"left,omitempty"`   // of an abort
	Reason  string    `json:"reason,omitempty"` // of an abort
}

type edit struct {
	At  place  `json:"at"`
	Old *value `json:"old"` // null: absent
	New *value `json:"new"`
}

// A place is a host.Loc by its parts: the text of a Loc cannot tell a file that is called "a:1" from line 1 of "a".
type place struct {
	Guest string    `json:"guest,omitempty"`
	Kind  host.Kind `json:"kind"`
	Path  string    `json:"path"`
	Name  string    `json:"name,omitempty"`
}

type value struct {
	Type string `json:"type,omitempty"`
	Data []byte `json:"data"` // base64
}

func placeOf(l host.Loc) place {
	return place{Guest: l.Guest, Kind: l.Kind, Path: l.Path, Name: l.Name}
}

func (p place) loc() host.Loc {
	return host.Loc{Guest: p.Guest, Kind: p.Kind, Path: p.Path, Name: p.Name}
}

// check reports why an edit of this place could not be found again in the journal, or not be made.
func (p place) check() error {
	for _, s := range []string{p.Guest, p.Path, p.Name} {
		if !utf8.ValidString(s) { // JSON would change it
			return l10n.Errorf("%s: the name is not valid UTF-8", p.loc())
		}
	}
	if p.Path == "" || p.Kind != host.File && p.Kind != host.Registry {
		return l10n.Errorf("%s: not a file or a registry value", p.loc())
	}
	return nil
}

func valueOf(v *host.Value) *value {
	if v == nil {
		return nil
	}
	return &value{Type: v.Type, Data: append([]byte{}, v.Data...)}
}

func (v *value) value() *host.Value {
	if v == nil {
		return nil
	}
	return &host.Value{Type: v.Type, Data: v.Data}
}

func beginRecord(e *Entry) record {
	r := record{Op: "begin", ID: e.ID, Time: e.Time, PID: e.PID, Version: e.Version, UndoOf: e.UndoOf,
		Rule: e.Plan.Rule, Fix: e.Plan.Fix, Title: e.Plan.Title, At: e.Plan.At, Subject: e.Plan.Subject}
	for _, d := range e.Plan.Edits {
		r.Edits = append(r.Edits, edit{At: placeOf(d.At), Old: valueOf(d.Old), New: valueOf(d.New)})
	}
	return r
}

func (r record) entry() Entry {
	e := Entry{ID: r.ID, Time: r.Time, State: Begun, UndoOf: r.UndoOf, PID: r.PID, Version: r.Version,
		Plan: Plan{ID: r.ID, Rule: r.Rule, Fix: r.Fix, Title: r.Title, At: r.At, Subject: r.Subject}}
	for _, d := range r.Edits {
		e.Plan.Edits = append(e.Plan.Edits, host.Edit{At: d.At.loc(), Old: d.Old.value(), New: d.New.value()})
	}
	return e
}

// decodeLine reads one line, without its line end.
func decodeLine(line []byte) (record, error) {
	var r record
	if err := json.Unmarshal(line, &r); err != nil {
		return record{}, err
	}
	switch {
	case r.ID == "":
		return record{}, errors.New("no id")
	case r.Op == "begin" && len(r.Edits) == 0:
		return record{}, errors.New("begin without edits")
	case r.Op != "begin" && r.Op != "commit" && r.Op != "abort":
		return record{}, fmt.Errorf("unknown op %q", r.Op)
	}
	for _, d := range r.Edits {
		if err := d.At.check(); err != nil {
			return record{}, err
		}
	}
	return r, nil
}

// A log is a journal file as it was read.
type log struct {
	data    []byte
	entries []Entry // oldest first
	size    int     // bytes up to a torn last line
	ended   bool    // the last line before size ends with a newline
	last    int     // greatest id
	errs    []error // corrupt lines, at most maxErrs
}

const maxErrs = 10

// parse reads a journal. A last line without line end that cannot be read was torn by a crash while it was written, so nothing
// was done for it yet: it is no error and not part of size. Any other line that cannot be read is an error and is skipped.
func parse(data []byte) *log {
	l := &log{data: data, ended: true}
	index := map[string]int{}
	report := func(line int, format string, args ...any) {
		if len(l.errs) < maxErrs {
			l.errs = append(l.errs, l10n.Errorf("journal line %d: %w", line, fmt.Errorf(format, args...)))
		}
	}
	for n := 1; l.size < len(data); n++ {
		line, _, ended := bytes.Cut(data[l.size:], []byte("\n"))
		r, err := decodeLine(line)
		if err != nil && !ended {
			break
		}
		l.ended = ended
		if l.size += len(line); ended {
			l.size++
		}
		if err != nil {
			report(n, "%w", err)
			continue
		}
		if id, err := strconv.Atoi(r.ID); err == nil {
			l.last = max(l.last, id)
		}
		i, known := index[r.ID]
		switch {
		case r.Op == "begin" && known:
			report(n, "entry %q begins twice", r.ID)
		case r.Op == "begin":
			index[r.ID] = len(l.entries)
			l.entries = append(l.entries, r.entry())
		case !known:
			report(n, "%s of unknown entry %q", r.Op, r.ID)
		case r.Op == "commit":
			l.entries[i].State = Committed
		default:
			l.entries[i].State, l.entries[i].Reason = Aborted, r.Reason
			for _, p := range r.Left {
				l.entries[i].Left = append(l.entries[i].Left, p.loc())
			}
		}
	}
	for _, e := range l.entries {
		if i, ok := index[e.UndoOf]; ok && e.State == Committed && l.entries[i].State == Committed {
			l.entries[i].State = Undone
		}
	}
	return l
}

// settled reports whether every entry has ended, without reading more than the head of each line: it runs at every start. A
// false answer only means that the journal must be read properly.
func settled(data []byte) bool {
	open := map[string]bool{}
	for line := range bytes.Lines(data) {
		rest, ok := bytes.CutPrefix(line, []byte(`{"op":"`))
		op, rest, ok2 := bytes.Cut(rest, []byte(`","id":"`))
		id, _, ok3 := bytes.Cut(rest, []byte(`"`))
		switch {
		case !ok || !ok2 || !ok3 || line[len(line)-1] != '\n':
			return false
		case string(op) == "begin":
			open[string(id)] = true
		default:
			delete(open, string(id))
		}
	}
	return len(open) == 0
}
