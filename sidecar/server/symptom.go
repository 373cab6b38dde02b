package server

import (
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/explain"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/report"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// People look where it hurts. While an error-level cause stands, its name stands on the module line of each go.mod that it affects; and the
// errors of other programs that it explains have its fixes.

const (
	maxSymptoms = 50 // go.mod files with one
	maxForeign  = 20 // diagnostics of others that are looked at for one question
	maxBlamed   = 3  // findings whose fixes one of them gets
)

// symptoms adds the errors on module lines to the problems of documents.
func (s *server) symptoms(list map[uri.URI][]problem) {
	r := s.passes.last
	n := 0
	for _, m := range r.Facts.Modules {
		d := m.Find("module")
		if m.Work || d == nil || m.Text == nil || n == maxSymptoms {
			continue
		}
		u, span, ok := s.textRange(m.Text, d.Start, d.End)
		if !ok {
			continue
		}
		f := s.affecting(m, u)
		if f == nil {
			continue
		}
		data, err := protocol.Marshal(identify(f))
		if err != nil {
			s.logf("%s at %s: %v", f.Rule.ID, f.At, err)
			continue
		}
		related := s.related(f)
		if at, where, ok := s.findingRange(f); ok {
			related = append([]protocol.DiagnosticRelatedInformation{{Location: protocol.Location{URI: at, Range: where}, Message: s.lang.T("The cause: %s", f.Message)}}, related...)
		}
		list[u] = append(list[u], problem{protocol.Diagnostic{
			Range:              span,
			Severity:           protocol.DiagnosticSeverityError,
			Code:               protocol.String(f.Rule.ID),
			CodeDescription:    protocol.CodeDescription{Href: uri.URI(manual + f.Rule.ID + ".md")},
			Source:             protocol.NewOptional(source),
			Message:            protocol.String(s.lang.T("Go does not work here: %s", short(f.Message))),
			RelatedInformation: related,
			Data:               data,
		}, f})
		n++
	}
}

// affecting is the first error-level cause that affects a module and does not itself stand in its go.mod; nil if there is none.
func (s *server) affecting(m *facts.ModFile, u uri.URI) *doctor.Finding {
	r := s.passes.last
	for _, c := range r.Causes {
		f := &r.Findings[c.Finding]
		if f.Severity != rules.Error || !affects(r.Facts, f, m) {
			continue
		}
		if at, _, ok := s.findingRange(f); !ok || !s.sameDocument(at, u) {
			return f
		}
	}
	return nil
}

// affects reports whether a finding concerns the go commands of a module: one of a go.mod, or of a file below a workspace folder, concerns
// what these govern, one of a WSL distribution the distribution; everything else is the machine's.
func affects(s *facts.Snapshot, f *doctor.Finding, m *facts.ModFile) bool {
	if f.At.Guest != m.At.Guest {
		return false
	}
	at := f.At.Whole()
	for _, x := range s.Modules {
		switch {
		case x.At.Whole() != at:
		case x.Work:
			return governs(s, x, m)
		default:
			return x == m
		}
	}
	for _, subject := range f.Subjects {
		if path, ok := strings.CutPrefix(subject, "module:"); ok && path != m.Arg("module") {
			return false
		}
	}
	st := s.System.Style
	for _, folder := range s.Folders {
		if at.Kind == host.File && st.Under(at.Path, folder.Dir) && !st.Equal(folder.Dir, s.System.Home) {
			return st.Under(m.At.Path, folder.Dir) || folder.Mod == m
		}
	}
	return true
}

// governs reports whether a go.work is in effect where a module is.
func governs(s *facts.Snapshot, work, m *facts.ModFile) bool {
	for _, f := range s.Folders {
		if f.Work == nil || f.Work.At.Whole() != work.At.Whole() {
			continue
		}
		if f.Mod == m {
			return true
		}
		for _, used := range f.Modules {
			if used == m {
				return true
			}
		}
	}
	return s.System.Style.Under(m.At.Path, work.Dir)
}

// short is a message in one line that fits a list of problems.
func short(message string) string {
	const most = 300
	text := []rune(strings.Join(strings.Fields(message), " "))
	if len(text) > most {
		text = append(text[:most], '…')
	}
	return string(text)
}

// foreign are the findings that explain a diagnostic of another program, first cause first.
func (s *server) foreign(d protocol.Diagnostic) (list []*doctor.Finding) {
	message, ok := d.Message.(protocol.String)
	if from, _ := d.Source.Get(); !ok || from == source {
		return nil
	}
	r := s.passes.last
	for _, i := range report.Blame(r, explain.Rules(explain.Match(string(message)))) {
		if f := &r.Findings[i]; f.Severity != rules.Hint && len(list) < maxBlamed {
			list = append(list, f)
		}
	}
	return list
}
