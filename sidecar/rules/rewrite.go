package rules

import (
	"encoding/json"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// Rewrite offers to write the edited value in the place of an assignment's. Where the value is not written as it is, by a reference or
// an escape, or only the process has it, a person has to do it.
func (f *Finding) Rewrite(id string, safety Safety, a *facts.Assignment, edit func(string) string) *Finding {
	j, value := f.judge, edit(strings.TrimSuffix(a.Value, "\r"))
	title := j.T("Set %s to %s in %s", a.Name, value, j.Whereabouts(a))
	if c, ok := replace(a, edit); ok && a.Layer != facts.Process {
		return f.Offer(Fix{ID: id, Safety: safety, Title: title, Changes: []host.Change{c}})
	}
	return f.Manual(id, title, j.T("%s should be %s. Correct it where it is set: %s.", a.Name, value, j.Snapshot.Place(a.At)), "")
}

// replace is the change that writes another value; ok is false where the text does not show which bytes are the value.
func replace(a *facts.Assignment, edit func(string) string) (c host.Change, ok bool) {
	if a.Text == nil || a.Start < 0 || a.End > len(a.Text.S) || a.Start > a.End {
		return c, false
	}
	written, old := a.Text.S[a.Start:a.End], a.Value
	if a.At.Kind == host.Registry { // references stay as they are
		now := edit(written)
		return host.Change{At: a.Text.At, Start: a.Start, End: a.End, New: now, Type: a.Type}, now != ""
	}
	now := edit(strings.TrimSuffix(old, "\r"))
	if strings.HasSuffix(a.Text.At.Path, ".json") {
		b, err := json.Marshal(old)
		if err != nil || string(b) != written {
			return c, false
		}
		if b, err = json.Marshal(now); err != nil {
			return c, false
		}
		old, now = written, string(b)
	}
	if strings.Count(written, old) != 1 {
		return c, false
	}
	return host.Change{At: a.Text.At, Start: a.Start, End: a.End, New: strings.Replace(written, old, now, 1)}, true
}
