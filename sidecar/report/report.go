// Package report writes a diagnosis down: as data for programs and as text for people.
package report

import (
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// JSON writes a report as shared/schema/report.schema.json says, with a final newline.
func JSON(w io.Writer, r *doctor.Report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // places and commands are full of < > and &
	e.SetIndent("", "  ")
	return e.Encode(Wire(r))
}

// Wire is a report as it goes to another program. Every array in it is made.
func Wire(r *doctor.Report) wire.Report {
	sys := r.Facts.System
	out := wire.Report{
		Version:  1,
		Machine:  wire.Machine{OS: sys.OS, Version: sys.Version, Arch: sys.Arch, Go: goInUse(r.Facts, r.Lang)},
		Tools:    tools(r.Facts),
		Causes:   make([]wire.Cause, 0, len(r.Causes)),
		Findings: make([]wire.Finding, 0, len(r.Findings)),
		Gaps:     make([]wire.Gap, 0, len(r.Gaps)),
		Ignored:  len(r.Ignored),
	}
	for _, c := range r.Causes {
		f := r.Findings[c.Finding]
		out.Causes = append(out.Causes, wire.Cause{Rule: f.Rule.ID, At: f.At.String(), Share: c.Share, Findings: list(c.Findings)})
	}
	for _, f := range r.Findings {
		x := wire.Finding{
			Rule: f.Rule.ID, Group: f.Group, Severity: string(f.Severity), At: f.At.String(), Subjects: list(f.Subjects), Message: f.Message,
			Related: make([]wire.Related, 0, len(f.Related)), CausedBy: list(f.CausedBy), Fixes: make([]wire.Fix, 0, len(f.Fixes)),
		}
		for _, rel := range f.Related {
			x.Related = append(x.Related, wire.Related{At: rel.At.String(), Message: rel.Message})
		}
		for _, fix := range f.Fixes {
			x.Fixes = append(x.Fixes, wire.Fix{ID: fix.ID, Safety: string(fix.Safety), Title: fix.Title, Text: fix.Text, Command: fix.Command})
		}
		out.Findings = append(out.Findings, x)
	}
	for _, g := range r.Gaps {
		gap := wire.Gap{At: g.At.String(), Message: g.Reason}
		if !slices.Contains(out.Gaps, gap) { // two views can meet the same one
			out.Gaps = append(out.Gaps, gap)
		}
	}
	out.Summary = summary(out, r.Lang)
	return out
}

// list is a copy that is never nil.
func list[T any](s []T) []T { return append(make([]T, 0, len(s)), s...) }

// Summary is the report in one line.
func Summary(r *doctor.Report) string { return Wire(r).Summary }

func summary(r wire.Report, lang l10n.Lang) string {
	text, bad := counts(r, lang)
	if !bad {
		return text
	}
	first := r.Findings[r.Causes[0].Findings[0]]
	message := strings.Join(strings.Fields(first.Message), " ")
	message = strings.TrimSuffix(strings.TrimSuffix(message, "."), "。")
	return lang.T("%s: %s (%s)", text, message, first.Rule)
}

// counts says how many findings there are, and whether an error or a warning is among them.
func counts(r wire.Report, lang l10n.Lang) (text string, bad bool) {
	count := map[wire.Severity]int{}
	for _, f := range r.Findings {
		count[f.Severity]++
	}
	errors, warnings, notes := count[wire.SeverityError], count[wire.SeverityWarning], count[wire.SeverityInfo]+count[wire.SeverityHint]
	amount := func(n int, one, many string) string {
		if n == 1 {
			return one
		}
		return many
	}
	e := amount(errors, lang.T("1 error"), lang.T("%d errors", errors))
	w := amount(warnings, lang.T("1 warning"), lang.T("%d warnings", warnings))
	switch {
	case errors > 0 && warnings > 0:
		return lang.T("%s, %s", e, w), true
	case errors > 0:
		return e, true
	case warnings > 0:
		return w, true
	case notes > 0:
		return amount(notes, lang.T("No problem found, 1 note"), lang.T("No problem found, %d notes", notes)), false
	}
	return lang.T("No problem found"), false
}

// severity is a severity as people call it.
func severity(lang l10n.Lang, s wire.Severity) string {
	switch s {
	case wire.SeverityError:
		return lang.T("error")
	case wire.SeverityWarning:
		return lang.T("warning")
	case wire.SeverityInfo:
		return lang.T("info")
	}
	return lang.T("hint")
}

// safety is who decides about a fix, as people call it.
func safety(lang l10n.Lang, s wire.Safety) string {
	switch s {
	case wire.SafetySafe:
		return lang.T("safe")
	case wire.SafetyAsk:
		return lang.T("ask")
	}
	return lang.T("manual")
}

// first is the file that a tool's name runs in a view. What cannot be executed at all is passed over, as the shell does.
func first(v *facts.View, tool string) (facts.PathHit, bool) {
	for _, h := range v.Hits(tool) {
		if h.Defect != facts.Dangling && h.Defect != facts.NoExecBit {
			return h, true
		}
	}
	return facts.PathHit{}, false
}

func tools(s *facts.Snapshot) []wire.Tool {
	out := []wire.Tool{}
	for _, v := range s.Views {
		for _, name := range facts.Tools {
			h, ok := first(v, name)
			if !ok {
				continue
			}
			t := wire.Tool{Name: name, File: h.File, Target: h.Target, View: v.Name, By: h.Entry.At.String()}
			if t.Target == "" {
				t.Target = h.File
			}
			if h.Program != nil {
				t.Version, t.GoVersion = h.Program.Version, h.Program.GoVersion
			}
			if name == "go" || name == "gofmt" {
				t.Version = t.GoVersion
				if h.Toolchain != nil && h.Toolchain.Version != "" {
					t.Version = h.Toolchain.Version
				}
			}
			out = append(out, t)
		}
	}
	return out
}

// goInUse is the go of the editor view, else of the first view that has one, nil if none has.
func goInUse(s *facts.Snapshot, lang l10n.Lang) *wire.GoInUse {
	for _, v := range append(s.Judged(), s.Views...) {
		h, ok := first(v, "go")
		if !ok {
			continue
		}
		g := &wire.GoInUse{File: h.File}
		if h.Toolchain != nil {
			g.Root, g.Version = h.Toolchain.Root, h.Toolchain.Version
		}
		if a := s.Winner(v, "GOROOT"); a != nil && a.Known && a.Value != "" {
			g.Root = a.Value
			g.Why = lang.T("the first go on PATH of the %s view; its directory comes from %s; its GOROOT comes from %s", v.Name, h.Entry.At, a.At)
		} else {
			g.Why = lang.T("the first go on PATH of the %s view; its directory comes from %s", v.Name, h.Entry.At)
		}
		return g
	}
	return nil
}
