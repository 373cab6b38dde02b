package server

import (
	"maps"
	"slices"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/document"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

const (
	source = "Go Env Doctor"
	manual = "https://github.com/go-env-doctor/go-env-doctor/blob/main/docs/rules/"
)

var severities = map[rules.Severity]protocol.DiagnosticSeverity{
	rules.Error:   protocol.DiagnosticSeverityError,
	rules.Warning: protocol.DiagnosticSeverityWarning,
	rules.Info:    protocol.DiagnosticSeverityInformation,
	rules.Hint:    protocol.DiagnosticSeverityHint,
}

// A problem is a finding as the editor shows it.
type problem struct {
	protocol.Diagnostic
	finding *doctor.Finding
}

// identity is what a diagnostic carries so that its fixes are found again.
type identity struct {
	Rule    string `json:"rule"`
	At      string `json:"at"`
	Subject string `json:"subject"`
}

func identify(f *doctor.Finding) identity {
	return identity{f.Rule.ID, f.At.String(), f.Subject()}
}

// problems are the findings of the last pass by the document that shows them, those of one document in the report's order.
// A finding without a text that opens is not among them.
func (s *server) problems() map[uri.URI][]problem {
	list := map[uri.URI][]problem{}
	r := s.passes.last
	if r == nil {
		return list
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		quiet := !s.passes.shown && f.Severity.Rank() > rules.Warning.Rank()
		if quiet && !s.pageOpen() {
			continue
		}
		u, span, ok := s.findingRange(f)
		if !ok || quiet && (!isPage(pagePath(u)) || s.docs[u] == nil) {
			continue
		}
		data, err := protocol.Marshal(identify(f))
		if err != nil {
			s.logf("%s at %s: %v", f.Rule.ID, f.At, err)
			continue
		}
		list[u] = append(list[u], problem{protocol.Diagnostic{
			Range:              span,
			Severity:           severities[f.Severity],
			Code:               protocol.String(f.Rule.ID),
			CodeDescription:    protocol.CodeDescription{Href: uri.URI(manual + f.Rule.ID + ".md")},
			Source:             protocol.NewOptional(source),
			Message:            protocol.String(f.Message),
			RelatedInformation: s.related(f),
			Data:               data,
		}, f})
	}
	s.symptoms(list)
	return list
}

// related is the evidence that an editor can open, causes first.
func (s *server) related(f *doctor.Finding) (list []protocol.DiagnosticRelatedInformation) {
	for _, i := range f.CausedBy {
		by := &s.passes.last.Findings[i]
		if u, span, ok := s.findingRange(by); ok {
			list = append(list, protocol.DiagnosticRelatedInformation{Location: protocol.Location{URI: u, Range: span}, Message: s.lang.T("Caused by: %s", by.Message)})
		}
	}
	for _, e := range f.Related {
		u, span, ok := s.placeRange(e.At)
		if !ok && e.At.Kind == host.File && !s.passes.last.Facts.Dir(e.At.Path).IsDir { // an executable is evidence, too
			u = s.uri(e.At)
			ok = u != ""
		}
		if ok {
			list = append(list, protocol.DiagnosticRelatedInformation{Location: protocol.Location{URI: u, Range: span}, Message: e.Message})
		}
	}
	return list
}

// findingRange is the offending text of a finding, in the document that shows it.
func (s *server) findingRange(f *doctor.Finding) (uri.URI, protocol.Range, bool) {
	if t := f.Text; t != nil && t.At.Kind == host.File {
		if u, span, ok := s.textRange(t, f.Start, f.End); ok {
			return u, span, true
		}
	}
	if u, span, ok := s.textPlace(f.At); ok {
		return u, span, true
	}
	return s.shown(f.At, func(d *document.Document) (int, int, bool) {
		from, to, ok := d.Finding(f)
		if f.Text == nil {
			from, to = oneLine(d.Text, from, to)
		}
		return from, to, ok
	})
}

// placeRange is the text that shows a place; ok is false where no text opens.
func (s *server) placeRange(at host.Loc) (uri.URI, protocol.Range, bool) {
	if u, span, ok := s.textPlace(at); ok {
		return u, span, true
	}
	return s.shown(at, func(d *document.Document) (int, int, bool) {
		from, to, ok := d.Locate(at, nil, 0, 0)
		from, to = oneLine(d.Text, from, to)
		return from, to, ok
	})
}

// textPlace is a place in a text of the machine's own.
func (s *server) textPlace(at host.Loc) (u uri.URI, span protocol.Range, ok bool) {
	switch at.Kind {
	case host.File:
		t := s.passes.last.Facts.Texts[at.Whole()]
		if t == nil {
			return "", span, false
		}
		start, end, _ := t.Line(max(at.Line, 1))
		if at.Col > 0 {
			start = t.Offset(at.Line, at.Col)
		}
		return s.textRange(t, start, end)
	case host.Setting:
		for _, set := range s.passes.last.Facts.Settings {
			if m := set.Get(at.Name); set.Scope == at.Path && m != nil && set.Text != nil {
				return s.textRange(set.Text, m.Start, m.End)
			}
		}
	}
	return "", span, false
}

// textRange is a range of a file in the document that shows it, which may differ from the file.
func (s *server) textRange(t *host.Text, start, end int) (uri.URI, protocol.Range, bool) {
	u, text := s.uri(t.At), t.S
	if d := s.buffer(s.name(t.At)); d != nil {
		text = d.text
		start, end, _ = project(t.S, d.text, start, end)
	}
	return u, s.enc.span(text, start, end), u != ""
}

// name is the file name of a place as this machine reaches it; files of a WSL distribution have a share.
func (s *server) name(at host.Loc) string {
	if at.Guest == "" {
		return at.Path
	}
	return s.style().Clean(`\\wsl.localhost\` + at.Guest + at.Path)
}

// uri is the document of a file: the editor's own name for it where it is open. It is "" where no editor could open it.
func (s *server) uri(at host.Loc) uri.URI {
	name := s.name(at)
	if d := s.buffer(name); d != nil {
		return d.uri
	}
	return s.fileURI(name)
}

// publish sends the diagnostics that have changed since they were sent last.
func (s *server) publish() {
	now := s.problems()
	for u := range s.sent {
		if now[u] == nil {
			now[u] = []problem{}
		}
	}
	for _, u := range slices.Sorted(maps.Keys(now)) {
		p := &protocol.PublishDiagnosticsParams{URI: u, Diagnostics: []protocol.Diagnostic{}}
		for _, d := range now[u] {
			p.Diagnostics = append(p.Diagnostics, d.Diagnostic)
		}
		raw, err := protocol.Marshal(p)
		if err != nil {
			s.logf("diagnostics of %s: %v", u, err)
			continue
		}
		if s.sent[u] == string(raw) {
			continue
		}
		s.notify(protocol.MethodTextDocumentPublishDiagnostics, p)
		if s.sent[u] = string(raw); len(p.Diagnostics) == 0 {
			delete(s.sent, u)
		}
	}
}
