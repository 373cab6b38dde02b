package server

import (
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

const fixAll protocol.CodeActionKind = "source.fixAll.goEnv"

// codeActionParams leaves diagnostics encoded: other servers' are among them, and one that does not decode must not hide ours.
type codeActionParams struct {
	TextDocument protocol.TextDocumentIdentifier `json:"textDocument"`
	Range        protocol.Range                  `json:"range"`
	Context      struct {
		Diagnostics []protocol.LSPAny         `json:"diagnostics"`
		Only        []protocol.CodeActionKind `json:"only"`
	} `json:"context"`
}

// asked reports whether a client wants actions of a kind; an unsaid wish is for quick fixes.
func asked(only []protocol.CodeActionKind, kind protocol.CodeActionKind) bool {
	if len(only) == 0 {
		return kind == protocol.CodeActionKindQuickFix
	}
	return slices.ContainsFunc(only, func(k protocol.CodeActionKind) bool {
		return k == "" && kind == protocol.CodeActionKindQuickFix || kind == k || strings.HasPrefix(string(kind), string(k)+".")
	})
}

// codeActions are the fixes of the problems that are given or lie in the range. Fixing all is offered only to who asks for it:
// editors do so whenever a file is saved.
func (s *server) codeActions(p codeActionParams) []protocol.CommandOrCodeAction {
	list := []protocol.CommandOrCodeAction{}
	var here []problem
	for u, ps := range s.problems() {
		if s.sameDocument(u, p.TextDocument.URI) {
			here = append(here, ps...)
		}
	}
	if asked(p.Context.Only, fixAll) {
		if a := s.fixAll(p.TextDocument.URI, here); a != nil {
			list = append(list, a)
		}
	}
	if !asked(p.Context.Only, protocol.CodeActionKindQuickFix) {
		return list
	}
	given := make([]protocol.Diagnostic, 0, len(p.Context.Diagnostics))
	for _, raw := range p.Context.Diagnostics {
		var d protocol.Diagnostic
		if protocol.Unmarshal(raw, &d) == nil {
			given = append(given, d)
		}
	}
	var fixes offers
	var ignores []*protocol.CodeAction
	for _, problem := range here {
		i := slices.IndexFunc(given, func(d protocol.Diagnostic) bool { return names(d, problem) })
		if i < 0 && !sameLines(problem.Range, p.Range) {
			continue
		}
		d := problem.Diagnostic
		if i >= 0 {
			d = given[i]
		}
		s.offer(&fixes, problem.finding, d)
		if a := s.ignoreAction(problem.finding, d); a != nil {
			ignores = append(ignores, a)
		}
	}
	for _, d := range given[:min(len(given), maxForeign)] {
		for _, f := range s.foreign(d) {
			s.offer(&fixes, f, d)
		}
	}
	slices.SortStableFunc(fixes.list, func(a, b *protocol.CodeAction) int { return preference(a) - preference(b) })
	if len(ignores) > 1 {
		for _, a := range ignores {
			a.Title = s.lang.T("Ignore %s on this machine", a.Diagnostics[0].Code)
			a.Command.Title = a.Title
		}
	}
	for _, a := range slices.Concat(fixes.list, ignores) {
		list = append(list, a)
	}
	return list
}

// offers are the fixes that one question gets, each once: a problem of ours and one of another program may have the same.
type offers struct {
	list []*protocol.CodeAction
	by   map[offered]*protocol.CodeAction
}

type offered struct {
	identity
	fix string
}

// offer adds the fixes of a finding to those of a diagnostic, safe ones first.
func (s *server) offer(o *offers, f *doctor.Finding, d protocol.Diagnostic) {
	if o.by == nil {
		o.by = map[offered]*protocol.CodeAction{}
	}
	preferred := true
	for _, x := range bestFirst(f.Fixes) {
		key := offered{identify(f), x.ID}
		if a := o.by[key]; a != nil {
			a.Diagnostics = append(a.Diagnostics, d)
			preferred = preferred && a.IsPreferred == nil
			continue
		}
		a := s.action(f, x)
		if a == nil {
			continue
		}
		a.Diagnostics = []protocol.Diagnostic{d}
		if x.Safety == rules.Safe && preferred {
			a.IsPreferred, preferred = new(true), false
		}
		o.list, o.by[key] = append(o.list, a), a
	}
}

// bestFirst are fixes in the order in which they are offered: safe, asked, by hand.
func bestFirst(fixes []rules.Fix) (list []*rules.Fix) {
	for _, safety := range []rules.Safety{rules.Safe, rules.Ask, rules.Manual} {
		for i := range fixes {
			if fixes[i].Safety == safety {
				list = append(list, &fixes[i])
			}
		}
	}
	return list
}

func preference(a *protocol.CodeAction) int {
	if a.IsPreferred != nil && *a.IsPreferred {
		return 0
	}
	return 1
}

// ignoreAction offers to ignore a finding on this machine.
func (s *server) ignoreAction(f *doctor.Finding, d protocol.Diagnostic) *protocol.CodeAction {
	raw, err := protocol.Marshal(wireProblem(f))
	if err != nil {
		s.logf("%s at %s: %v", f.Rule.ID, f.At, err)
		return nil
	}
	title := s.lang.T("Ignore on this machine")
	return &protocol.CodeAction{
		Title: title, Kind: new(protocol.CodeActionKindQuickFix), Diagnostics: []protocol.Diagnostic{d},
		Command: protocol.Command{Title: title, Command: wire.CommandIgnore, Arguments: []protocol.LSPAny{raw}},
	}
}

func wireProblem(f *doctor.Finding) wire.Problem {
	id := identify(f)
	return wire.Problem{Rule: id.Rule, At: id.At, Subject: id.Subject}
}

func manualFix(x *rules.Fix) wire.ManualFix {
	return wire.ManualFix{Title: x.Title, Text: x.Text, Command: x.Command, Page: x.Page, Locate: x.Locate}
}

func (s *server) sameDocument(a, b uri.URI) bool {
	if a == b {
		return true
	}
	if path := pagePath(a); path != "" && path == pagePath(b) {
		return true
	}
	x, ok := s.fileName(a)
	y, ok2 := s.fileName(b)
	return ok && ok2 && s.style().Equal(x, y)
}

// names reports whether a diagnostic that came back from the client is this problem: by its data, or by rule and range where
// the client drops data.
func names(d protocol.Diagnostic, p problem) bool {
	if code, ok := d.Code.(protocol.String); !ok || string(code) != p.finding.Rule.ID {
		return false
	}
	var id identity
	if len(d.Data) > 0 && protocol.Unmarshal(d.Data, &id) == nil && id.Rule != "" {
		return id == identify(p.finding)
	}
	return overlap(d.Range, p.Range)
}

// sameLines reports whether ranges have a line in common: a person puts the cursor on the line, not on the value.
func sameLines(a, b protocol.Range) bool {
	return a.Start.Line <= b.End.Line && b.Start.Line <= a.End.Line
}

// overlap reports whether ranges touch.
func overlap(a, b protocol.Range) bool { return !before(a.End, b.Start) && !before(b.End, a.Start) }

func before(a, b protocol.Position) bool {
	return a.Line < b.Line || a.Line == b.Line && a.Character < b.Character
}

// action offers one fix: documents of the workspace are edited by the editor, whose own undo serves; the rest is a command. nil:
// the document has changed where the fix would, so that the fix must wait until it is saved.
func (s *server) action(f *doctor.Finding, x *rules.Fix) *protocol.CodeAction {
	a := &protocol.CodeAction{Title: x.Title, Kind: new(protocol.CodeActionKindQuickFix)}
	var command string
	var argument any
	switch edit, where := s.edit(x); {
	case x.Safety == rules.Manual:
		command, argument = wire.CommandManual, manualFix(x)
	case where == elsewhere:
		id := identify(f)
		command, argument = wire.CommandFix, wire.FixRequest{Rule: id.Rule, At: id.At, Subject: id.Subject, Fix: x.ID}
	case where == unsaved:
		return nil
	default:
		a.Edit = edit
		return a
	}
	raw, err := protocol.Marshal(argument)
	if err != nil {
		s.logf("offering %s/%s: %v", f.Rule.ID, x.ID, err)
		return nil
	}
	a.Command = protocol.Command{Title: x.Title, Command: command, Arguments: []protocol.LSPAny{raw}}
	return a
}

// fixAll edits one document by the first safe fix of each of its problems; a fix that needs another place, or text that another
// fix changes, is left out. It is never a command.
func (s *server) fixAll(u uri.URI, here []problem) *protocol.CodeAction {
	all := rules.Fix{Title: s.lang.T("Fix all safe Go environment problems in this file"), Safety: rules.Safe}
	var done *protocol.WorkspaceEdit
	for _, p := range here {
		k := slices.IndexFunc(p.finding.Fixes, func(x rules.Fix) bool { return x.Safety == rules.Safe })
		if k < 0 {
			continue
		}
		next := all
		for _, c := range p.finding.Fixes[k].Changes {
			if !slices.ContainsFunc(next.Changes, func(d host.Change) bool { return c == d }) {
				next.Changes = append(slices.Clip(next.Changes), c)
			}
		}
		if slices.ContainsFunc(next.Changes, func(c host.Change) bool { return !s.sameDocument(s.uri(c.At), u) }) {
			continue
		}
		if e, where := s.edit(&next); where == workspace {
			all, done = next, e
		}
	}
	if done == nil {
		return nil
	}
	return &protocol.CodeAction{Title: all.Title, Kind: new(fixAll), Edit: done}
}

// A location says who can make the changes of a fix.
type location int

const (
	elsewhere location = iota // the sidecar
	workspace                 // the editor: all of it is text of the workspace
	unsaved                   // nobody, before the document is saved
)

// edit is a fix as an edit of the editor.
func (s *server) edit(x *rules.Fix) (*protocol.WorkspaceEdit, location) {
	can := s.client.Capabilities.Workspace.WorkspaceEdit
	edits := map[host.Loc][]protocol.TextEdit{}
	var order []host.Loc
	var created []host.Loc
	for _, c := range x.Changes {
		at := c.At.Whole()
		if at.Kind != host.File || at.Guest != "" || c.Delete || s.cfg.Played && !s.info.Documents ||
			!slices.ContainsFunc(s.system.Workspace, func(dir string) bool { return s.style().Under(at.Path, dir) }) {
			return nil, elsewhere
		}
		if edits[at] == nil {
			order = append(order, at)
		}
		t := s.passes.last.Facts.Texts[at]
		d := s.buffer(at.Path)
		if d != nil && d.huge {
			return nil, unsaved
		}
		text, start, end := c.New, c.Start, c.End
		switch {
		case c.Whole != nil:
			whole := host.DecodeFile(at, c.Whole.Data)
			if t == nil || whole.Enc != t.Enc { // an edit keeps the encoding of a document
				return nil, elsewhere
			}
			text, start, end = whole.S, 0, len(t.S)
			if d != nil && d.text != t.S {
				return nil, unsaved
			}
		case t == nil:
			if !can.DocumentChanges || !slices.Contains(can.ResourceOperations, "create") || d != nil {
				return nil, elsewhere
			}
			created = append(created, at)
			t = &host.Text{At: at}
			start, end = 0, 0
		}
		open := t.S
		if d != nil {
			var exact bool
			if start, end, exact = project(t.S, d.text, start, end); !exact {
				return nil, unsaved
			}
			open = d.text
		}
		edit := protocol.TextEdit{Range: s.enc.span(open, start, end), NewText: text}
		for _, e := range edits[at] {
			if before(e.Range.Start, edit.Range.End) && before(edit.Range.Start, e.Range.End) || e.Range == edit.Range {
				return nil, elsewhere // the sidecar says what is wrong with it
			}
		}
		edits[at] = append(edits[at], edit)
	}
	if len(order) == 0 {
		return nil, elsewhere
	}
	return s.workspaceEdit(x, order, created, edits), workspace
}

// question is the id of the change annotation that has the user confirm an edit.
const question protocol.ChangeAnnotationIdentifier = "ask"

func (s *server) workspaceEdit(x *rules.Fix, order, created []host.Loc, edits map[host.Loc][]protocol.TextEdit) *protocol.WorkspaceEdit {
	can := s.client.Capabilities.Workspace.WorkspaceEdit
	if !can.DocumentChanges {
		w := &protocol.WorkspaceEdit{Changes: map[uri.URI][]protocol.TextEdit{}}
		for _, at := range order {
			w.Changes[s.uri(at)] = edits[at]
		}
		return w
	}
	w := &protocol.WorkspaceEdit{}
	ask := x.Safety == rules.Ask && can.ChangeAnnotationSupport != nil
	if ask {
		w.ChangeAnnotations = map[protocol.ChangeAnnotationIdentifier]protocol.ChangeAnnotation{question: {Label: x.Title, NeedsConfirmation: new(true)}}
	}
	for _, at := range order {
		if slices.Contains(created, at) {
			w.DocumentChanges = append(w.DocumentChanges, &protocol.CreateFile{Kind: "create", ResourceOperation: protocol.ResourceOperation{Kind: "create"}, URI: s.uri(at)})
		}
		e := &protocol.TextDocumentEdit{}
		e.TextDocument.URI = s.uri(at)
		if d := s.buffer(at.Path); d != nil {
			e.TextDocument.Version = new(d.version)
		}
		for _, t := range edits[at] {
			if ask {
				e.Edits = append(e.Edits, &protocol.AnnotatedTextEdit{TextEdit: t, AnnotationID: question})
			} else {
				e.Edits = append(e.Edits, &t)
			}
		}
		w.DocumentChanges = append(w.DocumentChanges, e)
	}
	return w
}
