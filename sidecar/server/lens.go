package server

import (
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// isPage reports whether a path is that of a document with problems of its own.
func isPage(path string) bool { return path == environment || keyOf(path) != "" }

// codeLenses offers what to do about each finding above its line in a go-env: document. Ordinary files have none: the editor shows
// the problems there.
func (s *server) codeLenses(u uri.URI) []protocol.CodeLens {
	list := []protocol.CodeLens{}
	path := pagePath(u)
	if !isPage(path) {
		return list
	}
	d := s.page(path)
	if d == nil {
		return list
	}
	findings := s.passes.last.Findings
	lines, on := make([]int, len(findings)), map[int]int{}
	for i := range findings {
		f := &findings[i]
		lines[i] = -1
		if path != environment && (f.At.Kind != host.Registry || !strings.EqualFold(f.At.Path, keyOf(path))) {
			continue
		}
		if from, _, ok := d.Finding(f); ok {
			lines[i] = int(s.pageRange(path, from, from).Start.Line)
			on[lines[i]]++
		}
	}
	for i := range findings {
		f := &findings[i]
		if lines[i] < 0 {
			continue
		}
		id := identify(f)
		raw, err := protocol.Marshal(wire.Problem{Rule: id.Rule, At: id.At, Subject: id.Subject})
		if err != nil {
			s.logf("%s at %s: %v", id.Rule, id.At, err)
			continue
		}
		add := func(title, command string) {
			at := protocol.Position{Line: uint32(lines[i])}
			list = append(list, protocol.CodeLens{
				Range:   protocol.Range{Start: at, End: at},
				Command: protocol.Command{Title: title, Command: command, Arguments: []protocol.LSPAny{raw}},
			})
		}
		fix, why := s.lang.T("Fix…"), s.lang.T("Why?")
		if on[lines[i]] > 1 {
			fix, why = s.lang.T("Fix %s…", id.Rule), s.lang.T("Why %s?", id.Rule)
		}
		if len(f.Fixes) > 0 {
			add(fix, wire.CommandChooseFix)
		}
		add(why, wire.CommandExplainProblem)
	}
	return list
}

// refreshLenses has the client ask for the lenses of its open documents again if they changed.
func (s *server) refreshLenses() {
	if !s.client.Capabilities.Workspace.CodeLens.RefreshSupport {
		return
	}
	now := []protocol.CodeLens{}
	for _, path := range []string{environment, userKey, machineKey} {
		if s.pageBuffer(path) != nil {
			now = append(now, s.codeLenses(goEnvURI(path))...)
		}
	}
	raw, err := protocol.Marshal(now)
	if err != nil {
		s.logf("lenses: %v", err)
		return
	}
	if old := s.lenses; old != string(raw) {
		if s.lenses = string(raw); old == "" && len(now) == 0 {
			return
		}
		s.ask(protocol.MethodWorkspaceCodeLensRefresh, nil, func(error) {})
	}
}

// folds are the parts of a go-env: document that can be folded; nil for other documents, which the editor folds by itself.
func (s *server) folds(u uri.URI) []protocol.FoldingRange {
	path := pagePath(u)
	if !isPage(path) || s.page(path) == nil {
		return nil
	}
	list := []protocol.FoldingRange{}
	for _, f := range s.sections(path) {
		list = append(list, protocol.FoldingRange{StartLine: f.Start.Line, EndLine: f.End.Line, Kind: protocol.FoldingRangeKindRegion})
	}
	return list
}

// sections are the folds of a document in the text that the client has open.
func (s *server) sections(path string) (list []protocol.Range) {
	d := s.page(path)
	starts := lineStarts(d.Text)
	for _, f := range d.Folds {
		if f.First < 0 || f.Last >= len(starts) || f.First >= f.Last {
			continue
		}
		from, end := starts[f.First], starts[f.Last]
		to, _ := lineEnd(d.Text, end)
		if span := s.pageRange(path, from, to); span.Start.Line < span.End.Line {
			list = append(list, span)
		}
	}
	return list
}

func lineStarts(text string) []int {
	starts := []int{0}
	for {
		from := starts[len(starts)-1]
		end, next := lineEnd(text, from)
		if end == next {
			return starts
		}
		starts = append(starts, next)
	}
}

// symbols are the sections of a go-env: document whose title stands at its margin, nil for other documents.
func (s *server) symbols(u uri.URI) []protocol.DocumentSymbol {
	path := pagePath(u)
	if !isPage(path) || s.page(path) == nil {
		return nil
	}
	text := s.page(path).Text
	if b := s.pageBuffer(path); b != nil {
		text = b.text
	}
	list := []protocol.DocumentSymbol{}
	for _, span := range s.sections(path) {
		from := s.enc.offset(text, protocol.Position{Line: span.Start.Line})
		to, _ := lineEnd(text, from)
		title := strings.Trim(text[from:to], " \t[]\":=")
		if title == "" || strings.HasPrefix(text[from:to], " ") || strings.HasPrefix(title, ";") {
			continue
		}
		list = append(list, protocol.DocumentSymbol{Name: title, Kind: protocol.SymbolKindNamespace, Range: span, SelectionRange: s.enc.span(text, from, to)})
	}
	return list
}
