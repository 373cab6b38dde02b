package doctor

import (
	"errors"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// ErrGone is returned for a fix that is no longer offered: its finding has ended, or the machine has changed.
var ErrGone = errors.New("this fix is no longer offered")

// ErrManual is returned for a fix that only a person can make.
var ErrManual = errors.New("this fix is made by hand")

// A Doctor diagnoses and repairs one machine.
type Doctor struct {
	Host    host.Host
	Journal *fix.Journal
	Options Options
}

// New returns the doctor of a machine, who writes down in j what he does.
func New(h host.Host, j *fix.Journal, opt Options) *Doctor {
	return &Doctor{Host: h, Journal: j, Options: opt}
}

// Diagnose probes the machine and judges what it finds, but for what the user ignores on it.
func (d *Doctor) Diagnose() *Report { return Diagnose(d.Host, ignoring(d.Journal, d.Options)) }

// A Request names one fix of one finding, or with AllSafe every safe fix. At may lack the line, Subject and Fix may be empty:
// then the first that fits is meant.
type Request struct {
	Rule, Fix, At, Subject string
	AllSafe                bool
}

// A Receipt says what was done and what still has the old value.
type Receipt struct {
	ID, Title, Message string
	Applied            []host.Loc
	Stale              []Stale
}

// Stale is something that still has the old value, and the one action that helps.
type Stale struct {
	What    string // "editor", "gopls", "terminals"
	Message string
	Action  string
}

// say gives an error its text in a language. It still matches what it matched.
func say(lang l10n.Lang, err error) error {
	if err == nil || lang == l10n.English {
		return err
	}
	return said{err, lang.Error(err)}
}

type said struct {
	error
	text string
}

func (s said) Error() string { return s.text }
func (s said) Unwrap() error { return s.error }

// A target is what a plan promises to end.
type target struct {
	finding Finding
	fix     *rules.Fix
}

// Find returns the finding and the fix that a request names.
func (r *Report) Find(req Request) (*Finding, *rules.Fix, error) {
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Rule.ID != req.Rule || !samePlace(f.At, req.At) || req.Subject != "" && !slices.ContainsFunc(f.Subjects, func(s string) bool { return s == req.Subject || rules.Typed(s) == req.Subject }) {
			continue
		}
		for k := range f.Fixes {
			if req.Fix == "" || f.Fixes[k].ID == req.Fix {
				return f, &f.Fixes[k], nil
			}
		}
	}
	return nil, nil, say(r.Lang, l10n.Errorf("%s/%s at %s: %w", req.Rule, req.Fix, req.At, ErrGone))
}

// samePlace compares a place with a request's, which may be empty or lack line and column.
func samePlace(at host.Loc, want string) bool {
	return want == "" || at.String() == want || at.Whole().String() == want
}

// Plan lowers the fix that a request names to edits. An error matches [ErrGone], [ErrManual], or says what cannot be written.
func (r *Report) Plan(req Request) (*fix.Plan, error) {
	p, _, err := r.plan(req)
	return p, say(r.Lang, err)
}

func (r *Report) plan(req Request) (*fix.Plan, []target, error) {
	if req.AllSafe {
		return r.safePlan()
	}
	f, x, err := r.Find(req)
	if err != nil {
		return nil, nil, err
	}
	if x.Safety == rules.Manual {
		return nil, nil, l10n.Errorf("%s/%s: %w: %s", f.Rule.ID, x.ID, ErrManual, x.Text)
	}
	edits, err := fix.Lower(x.Changes, r.text)
	if err != nil {
		return nil, nil, err
	}
	return &fix.Plan{Rule: f.Rule.ID, Fix: x.ID, Title: x.Title, At: f.At.String(), Subject: f.Subject(), Edits: edits}, []target{{*f, x}}, nil
}

// safePlan takes the first safe fix of every finding, causes first; a fix that touches what another one changes is left for the next time.
func (r *Report) safePlan() (*fix.Plan, []target, error) {
	p := &fix.Plan{Title: r.Lang.T("Fix all safe problems")}
	var all []host.Change
	var targets []target
	for _, c := range r.Causes {
		for _, i := range c.Findings {
			f := r.Findings[i]
			k := slices.IndexFunc(f.Fixes, func(x rules.Fix) bool { return x.Safety == rules.Safe })
			if k < 0 {
				continue
			}
			x := &f.Fixes[k]
			next := slices.Concat(all, x.Changes)
			edits, err := fix.Lower(next, r.text)
			if err != nil {
				continue
			}
			all, p.Edits = next, edits
			targets = append(targets, target{f, x})
		}
	}
	if len(targets) == 0 {
		return nil, nil, l10n.Errorf("no safe fix is offered: %w", ErrGone)
	}
	return p, targets, nil
}

// text is what the snapshot read of a place; nil is absent.
func (r *Report) text(at host.Loc) (*host.Text, error) { return r.Facts.Texts[at.Whole()], nil }

// Apply diagnoses anew, makes the fix, and probes once more: where its finding has not ended, or a new error has come, everything
// is taken back and the error says so.
func (d *Doctor) Apply(req Request) (*Receipt, error) {
	before := d.Diagnose()
	p, targets, err := before.plan(req)
	if err != nil {
		return nil, say(d.Options.Lang, err)
	}
	if _, err := d.Journal.Apply(d.Host, p, func() error { return verify(before, d.Diagnose(), targets) }); err != nil {
		return nil, say(d.Options.Lang, err)
	}
	rec := d.receipt(before, p)
	if n := len(targets); n > 1 {
		rec.Message = d.Options.Lang.T("Fixed %d problems.", n)
	}
	return rec, nil
}

// Undo takes back one fix; "" is the last.
func (d *Doctor) Undo(id string) (*Receipt, error) {
	e, err := d.Journal.Undo(d.Host, id)
	if err != nil {
		return nil, say(d.Options.Lang, err)
	}
	rec := d.receipt(d.Diagnose(), &e.Plan)
	rec.Message = d.Options.Lang.T("Undone: %s.", e.Plan.Title)
	return rec, nil
}

// verify checks the two promises of a fix. A finding that stood before at the same rule, place and subject is not new, even if
// its severity rose.
func verify(before, after *Report, targets []target) error {
	had, has := count(before), count(after)
	for _, t := range targets {
		if id := t.finding.Name(); has[id] >= had[id] {
			return l10n.Errorf("the problem is still there after the change (%s at %s), so it was taken back", t.finding.Rule.ID, t.finding.At)
		}
	}
	for _, f := range after.Findings {
		if id := f.Name(); f.Severity == rules.Error && has[id] > had[id] {
			return l10n.Errorf("the change would bring a new error (%s at %s: %s), so it was taken back", f.Rule.ID, f.At, f.Message)
		}
	}
	return nil
}

func count(r *Report) map[Problem]int {
	m := map[Problem]int{}
	for _, f := range r.Findings {
		m[f.Name()]++
	}
	return m
}

// receipt says what a plan changed and which running programs still have the old value.
func (d *Doctor) receipt(r *Report, p *fix.Plan) *Receipt {
	rec := &Receipt{ID: p.ID, Title: p.Title, Message: d.Options.Lang.T("Done: %s.", p.Title)}
	environment, goenv, lang := false, false, d.Options.Lang
	for _, e := range p.Edits {
		rec.Applied = append(rec.Applied, e.At)
		switch {
		case e.At.Kind == host.Registry:
			environment = true
		case e.At.Path == r.Facts.GoEnv.Name:
			goenv = true
		default:
			environment = environment || assigns(r.Facts, e.At)
		}
	}
	if environment {
		if name := d.Host.System().Editor.Name; name != "" {
			rec.Stale = append(rec.Stale, Stale{"editor", lang.T("The running editor still has the environment it was started with."), lang.T("Close all of its windows and start it again.")})
		}
		rec.Stale = append(rec.Stale, Stale{"terminals", lang.T("Open terminals still have the environment they were started with."), terminals(d.Host.System(), d.Options.Program, lang)})
	}
	if environment || goenv {
		rec.Stale = append(rec.Stale, Stale{"gopls", lang.T("A running gopls still has the values it was started with."), lang.T("Restart the language server.")})
	}
	return rec
}

// assigns reports whether a file is one from which new processes get their environment.
func assigns(s *facts.Snapshot, at host.Loc) bool {
	if at.Path == s.LoginFile {
		return true
	}
	for _, a := range s.Vars {
		if a.OS() && a.At.Kind == host.File && strings.EqualFold(a.At.Path, at.Path) {
			return true
		}
	}
	return false
}
