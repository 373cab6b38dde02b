// Package fix makes the edits of a fix, so that each of them can be taken back.
//
// A [Plan] is compare-and-swap data. A [Journal] writes it down, makes it, and undoes it; whatever happens in between, the
// places of a plan hold either all of their old values or all of their new ones.
package fix

import (
	"bytes"
	"slices"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
)

// A Plan is what one fix does to a machine: one edit for each place.
type Plan struct {
	ID        string // of the journal entry, set by Apply
	Rule, Fix string // ids
	Title     string
	At        string // the finding's place
	Subject   string // tells two findings of one rule at one place apart, or ""
	Edits     []host.Edit
}

// Lower turns the changes of a fix into edits: all changes of one place become one swap, in the order in which the places
// come first. A change that is there twice is made once; a place that stays the same has no edit.
//
// text returns what the snapshot read of a place; nil, nil means absent. Changes that touch one another fail with [host.ErrOverlap],
// a new text that is too large with [host.ErrTooLarge].
func Lower(changes []host.Change, text func(host.Loc) (*host.Text, error)) ([]host.Edit, error) {
	var order []host.Loc
	at := map[host.Loc][]host.Change{}
	for _, c := range changes {
		l := c.At.Whole()
		if l.Kind != host.File && l.Kind != host.Registry {
			return nil, l10n.Errorf("changing %s: not a file or a registry value", c.At)
		}
		if at[l] == nil {
			order = append(order, l)
		}
		if !slices.ContainsFunc(at[l], func(d host.Change) bool { return sameChange(c, d) }) {
			at[l] = append(at[l], c)
		}
	}
	var edits []host.Edit
	for _, l := range order {
		t, err := text(l)
		if err != nil {
			return nil, l10n.Errorf("reading %s: %w", l, err)
		}
		e := host.Edit{At: l}
		if t != nil {
			e.Old = &t.Raw
		}
		if e.New, err = t.Apply(at[l]); err != nil {
			return nil, l10n.Errorf("changing %s: %w", l, err)
		}
		if e.New != nil && len(e.New.Data) > host.MaxText {
			return nil, l10n.Errorf("changing %s: %w", l, host.ErrTooLarge)
		}
		if !equal(e.Old, e.New) {
			edits = append(edits, e)
		}
	}
	return edits, nil
}

func sameChange(a, b host.Change) bool {
	same := equal(a.Whole, b.Whole)
	a.At, a.Whole, b.At, b.Whole = host.Loc{}, nil, host.Loc{}, nil
	return same && a == b
}

func equal(a, b *host.Value) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Type == b.Type && bytes.Equal(a.Data, b.Data)
}
