package doctor

import (
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// Save makes edits that a person wrote. There is no finding that they have to end, and what they bring is the person's own wish: a
// new error is told in the receipt, and nothing is taken back. Without edits nothing is done, and the receipt has no ID.
func (d *Doctor) Save(title string, edits []host.Edit) (*Receipt, error) {
	lang := d.Options.Lang
	if len(edits) == 0 {
		return &Receipt{Title: title, Message: lang.T("Nothing was changed.")}, nil
	}
	before, p := d.Diagnose(), &fix.Plan{Title: title, Edits: edits}
	if _, err := d.Journal.Apply(d.Host, p, nil); err != nil {
		return nil, say(lang, err)
	}
	after := d.Diagnose()
	rec := d.receipt(after, p)
	had, has := count(before), count(after)
	for _, f := range after.Findings {
		if id := f.Name(); f.Severity == rules.Error && has[id] > had[id] {
			rec.Message = lang.T("Done: %s. It brings a new error: %s", title, f.Message)
			break
		}
	}
	return rec, nil
}
