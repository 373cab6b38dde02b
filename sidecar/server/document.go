package server

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/go-env-doctor/go-env-doctor/docs"
	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/document"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// The go-env: documents, by the path of their URI. Below rulePages is the manual, RULE.md; below machineFiles, where the machine is
// played, each of its files:
//
//	/machine/home/gopher/.profile
//	/machine/C:/Users/gopher/.bashrc
//	/machine/wsl/Ubuntu/etc/wsl.conf
//	/machine/unc/server/share/go/env
const (
	scheme       = "go-env"
	environment  = "/environment"
	userKey      = "/registry/HKCU/Environment"
	machineKey   = "/registry/HKLM/Environment"
	rulePages    = "/rules/"
	machineFiles = "/machine"
)

// registryKeys are the keys that the registry documents show.
var registryKeys = []struct{ path, key string }{
	{userKey, `HKCU\Environment`},
	{machineKey, `HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment`},
}

func keyOf(path string) string {
	for _, k := range registryKeys {
		if k.path == path {
			return k.key
		}
	}
	return ""
}

// pagePath is the path of a go-env: URI, "" for another one.
func pagePath(u uri.URI) string {
	if !strings.EqualFold(u.Scheme(), scheme) || u.Authority() != "" || u.Query() != "" || u.Fragment() != "" {
		return ""
	}
	return u.Path()
}

// pageURI is the inverse of pagePath, as the client writes it where it has the document open.
func (s *server) pageURI(path string) uri.URI {
	if b := s.pageBuffer(path); b != nil {
		return b.uri
	}
	return goEnvURI(path)
}

func goEnvURI(path string) uri.URI {
	u, err := uri.From(uri.Components{Scheme: scheme, Path: path})
	if err != nil {
		return ""
	}
	return u
}

// pageBuffer is the open text of a go-env: document, nil if none.
func (s *server) pageBuffer(path string) *buffer {
	for _, b := range s.docs {
		if pagePath(b.uri) == path {
			return b
		}
	}
	return nil
}

// opens reports whether the client opens go-env: documents.
func (s *server) opens() bool {
	return s.info.Documents || s.client.Capabilities.Workspace.TextDocumentContent != nil
}

// pageOpen reports whether a document with problems of its own is open.
func (s *server) pageOpen() bool {
	for u := range s.docs {
		if isPage(pagePath(u)) {
			return true
		}
	}
	return false
}

// machinePath is the path of the document that shows a file of a played machine.
func machinePath(style host.Style, name string) string {
	if !style.Windows {
		return machineFiles + name
	}
	p := strings.ReplaceAll(name, `\`, "/")
	share, ok := strings.CutPrefix(p, "//")
	if !ok {
		return machineFiles + "/" + p
	}
	if server, rest, _ := strings.Cut(share, "/"); strings.EqualFold(server, "wsl.localhost") || strings.EqualFold(server, "wsl$") {
		return machineFiles + "/wsl/" + rest
	}
	return machineFiles + "/unc/" + share
}

// machineName is the inverse of machinePath.
func machineName(style host.Style, path string) (name string, ok bool) {
	p, ok := strings.CutPrefix(path, machineFiles)
	if !ok || !strings.HasPrefix(p, "/") || strings.Contains(p, "\x00") {
		return "", false
	}
	if style.Windows {
		switch first, rest, _ := strings.Cut(p[1:], "/"); {
		case first == "wsl" && rest != "":
			p = `\\wsl.localhost\` + rest
		case first == "unc" && rest != "":
			p = `\\` + rest
		case len(first) == 2 && first[1] == ':':
			p = strings.ToUpper(first) + `\` + rest
		default:
			return "", false
		}
	}
	name = style.Clean(p)
	return name, style.IsAbs(name)
}

// fileName is the file of this machine that a URI names.
func (s *server) fileName(u uri.URI) (name string, ok bool) {
	if s.cfg.Played {
		return machineName(s.style(), pagePath(u))
	}
	return fileName(u)
}

// fileURI is the inverse of fileName: "" for a name that this client cannot open.
func (s *server) fileURI(name string) uri.URI {
	switch {
	case !s.cfg.Played:
		return fileURI(s.style(), name)
	case s.opens():
		return goEnvURI(machinePath(s.style(), name))
	}
	return ""
}

// place is the place of a file name, which is one of a WSL distribution where it is on its share.
func (s *server) place(name string) host.Loc {
	const share = `\\wsl.localhost\`
	if s.style().Windows && len(name) > len(share) && strings.EqualFold(name[:len(share)], share) {
		guest, rest, _ := strings.Cut(name[len(share):], `\`)
		return host.Loc{Guest: guest, Kind: host.File, Path: "/" + strings.ReplaceAll(rest, `\`, "/")}
	}
	return host.FileLoc(name, 0)
}

// A shelf holds the documents of one report that somebody asked for.
type shelf struct {
	of    *doctor.Report
	pages map[string]*document.Document // nil: this machine has none
}

// page is the document of the environment or of a registry key as the last pass saw it, nil if there is none.
func (s *server) page(path string) *document.Document {
	r := s.passes.last
	if r == nil {
		return nil
	}
	if s.shelf.of != r {
		s.shelf = shelf{r, map[string]*document.Document{}}
	}
	d, ok := s.shelf.pages[path]
	if !ok {
		if path == environment {
			d = document.Environment(r)
		} else if key := keyOf(path); key != "" {
			d = document.Registry(r, key)
		}
		s.shelf.pages[path] = d
	}
	return d
}

// shown is where a go-env: document shows a place: a registry value in the document of its key, everything else in that of the
// environment. find knows where in a document that is.
func (s *server) shown(at host.Loc, find func(*document.Document) (from, to int, ok bool)) (u uri.URI, span protocol.Range, ok bool) {
	if !s.opens() {
		return "", span, false
	}
	paths := []string{environment}
	if at.Kind == host.Registry && at.Guest == "" {
		for _, k := range registryKeys {
			if strings.EqualFold(k.key, at.Path) {
				paths = []string{k.path, environment}
			}
		}
	}
	for _, path := range paths {
		if d := s.page(path); d != nil {
			if from, to, ok := find(d); ok {
				return s.pageURI(path), s.pageRange(path, from, to), true
			}
		}
	}
	return "", span, false
}

// oneLine is the first line of a place that takes several, from its name on: a list as a whole is not what is wrong.
func oneLine(text string, from, to int) (int, int) {
	if !strings.Contains(text[from:to], "\n") {
		return from, to
	}
	start := strings.LastIndexByte(text[:from], '\n') + 1
	end, _ := lineEnd(text, start)
	for start < end && text[start] == ' ' {
		start++
	}
	return start, end
}

// pageRange is a range of a document in the text that the client has open, which the user may have edited.
func (s *server) pageRange(path string, start, end int) protocol.Range {
	text := s.page(path).Text
	if b := s.pageBuffer(path); b != nil {
		start, end, _ = project(text, b.text, start, end)
		text = b.text
	}
	return s.enc.span(text, start, end)
}

// content answers for a go-env: document. The error is for people.
func (s *server) content(u uri.URI) (wire.DocumentResult, error) {
	path := pagePath(u)
	none := failed(s.lang, l10n.Errorf("there is no document %s", u))
	if id, ok := strings.CutPrefix(path, rulePages); ok {
		id, _ = strings.CutSuffix(id, ".md")
		for _, name := range []string{"rules/" + string(s.lang) + "/" + id + ".md", "rules/" + id + ".md"} {
			if data, err := docs.Rules.ReadFile(name); err == nil && !strings.Contains(id, "/") {
				return wire.DocumentResult{Text: string(data), Reason: s.lang.T("This page is part of Go Env Doctor and cannot be changed.")}, nil
			}
		}
		return wire.DocumentResult{}, none
	}
	if path == environment || keyOf(path) != "" {
		if s.passes.last == nil {
			return wire.DocumentResult{}, failed(s.lang, l10n.Errorf("this machine could not be diagnosed; the log says why"))
		}
		if d := s.page(path); d != nil {
			return wire.DocumentResult{Text: d.Text, Savable: d.Savable, Reason: d.Reason}, nil
		}
		return wire.DocumentResult{}, failed(s.lang, l10n.Errorf("this machine has no registry"))
	}
	name, ok := "", false
	if s.cfg.Played {
		name, ok = s.fileName(u)
	}
	if !ok {
		return wire.DocumentResult{}, none
	}
	t, err := readText(s.host, s.place(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return wire.DocumentResult{}, none
	case err != nil:
		return wire.DocumentResult{}, failed(s.lang, err)
	case !t.Valid():
		return wire.DocumentResult{Text: string([]rune(t.S)), Reason: s.lang.T("This file holds bytes that are no text, which saving it would lose.")}, nil
	}
	return wire.DocumentResult{Text: t.S, Savable: true}, nil
}

// readText reads a file of a machine or of its guest.
func readText(h host.Host, at host.Loc) (*host.Text, error) {
	if at.Guest != "" {
		g, err := h.Guest(at.Guest)
		if err != nil {
			return nil, err
		}
		h = g
	}
	data, err := h.ReadFile(at.Path)
	if err != nil {
		return nil, l10n.Errorf("reading %s: %w", at, err)
	}
	return host.DecodeFile(at, data), nil
}

// failed is an error that a client shows to a person. One that names a line of a document carries it as data.
func failed(lang l10n.Lang, err error) error {
	var coded *jsonrpc2.Error
	if err == nil || errors.As(err, &coded) {
		return err
	}
	e := jsonrpc2.NewError(requestFailed, lang.Error(err))
	var at *document.Error
	if errors.As(err, &at) && at.Line > 0 {
		if raw, err := protocol.Marshal(map[string]int{"line": at.Line}); err == nil {
			e.Data = raw
		}
	}
	return e
}

// document answers with a go-env: document as the newest pass saw it.
func (s *server) document(c *call, u uri.URI, result func(wire.DocumentResult) any) {
	answer := func() {
		s.attempt(c, "the document", func() (any, error) {
			d, err := s.content(u)
			if err != nil {
				return nil, err
			}
			if _, ok := s.served[u]; ok || len(s.served) < remembered {
				s.served[u] = d.Text
			}
			return result(d), nil
		})
	}
	if strings.HasPrefix(pagePath(u), rulePages) {
		answer()
		return
	}
	s.settled(answer)
}

// attempt is try for what may fail.
func (s *server) attempt(c *call, what string, f func() (any, error)) {
	var result any
	var err error
	if p := s.guard(what, func() { result, err = f() }); p != nil {
		err = p
	}
	s.answer(c, result, err)
}

// documentsChanged tells the client after a pass which of the documents that it has read changed.
func (s *server) documentsChanged() {
	changed := []string{}
	for u, text := range s.served {
		if strings.HasPrefix(pagePath(u), rulePages) {
			continue
		}
		d, err := s.content(u)
		if err == nil && d.Text == text || err != nil && text == gone {
			continue
		}
		if s.served[u] = d.Text; err != nil {
			s.served[u] = gone
		}
		changed = append(changed, string(u))
	}
	if len(changed) == 0 {
		return
	}
	slices.Sort(changed)
	if s.info.Documents {
		s.notify(wire.NotificationDocumentsChanged, wire.DocumentsChanged{Uris: changed})
	} else if can := s.client.Capabilities.Workspace.TextDocumentContent; can != nil {
		for _, u := range changed {
			s.ask(protocol.MethodWorkspaceTextDocumentContentRefresh, &protocol.TextDocumentContentRefreshParams{URI: uri.URI(u)}, func(error) {})
		}
	}
}

// remembered is the number of documents of which a change is told. There are fewer, but for clients that spell one in many ways.
const remembered = 1000

// gone is the text of a document that is no more; no document has it.
const gone = "\x00"

// reopened sends the problems of a go-env: document again when the client shows its newest text, since it moved them along with the
// edits that led there; and when it is opened or closed, since it has more of them while it is open.
func (s *server) reopened(u uri.URI) {
	path := pagePath(u)
	if path == "" || s.passes.last == nil {
		return
	}
	if b := s.docs[u]; b != nil {
		if d := s.page(path); d == nil || d.Text != b.text {
			return
		}
	}
	if _, ok := s.sent[u]; ok {
		s.sent[u] = ""
	}
	s.publish()
}

// A save is a document that a client wants saved. Planning it does not touch the server, so that it can run beside it.
type save struct {
	wire.SaveRequest
	key string   // of a registry document
	at  host.Loc // of a machine's file
}

// saving says what a client wants saved.
func (s *server) saving(req wire.SaveRequest) (save, error) {
	u := uri.URI(req.Uri)
	path := pagePath(u)
	if !utf8.ValidString(req.Text) {
		return save{}, failed(s.lang, l10n.Errorf("the text is not valid UTF-8"))
	}
	if key := keyOf(path); key != "" {
		return save{req, key, host.Loc{}}, nil
	}
	if s.cfg.Played {
		if name, ok := s.fileName(u); ok {
			return save{req, "", s.place(name)}, nil
		}
	}
	d, err := s.content(u)
	if err == nil {
		err = failed(s.lang, errors.New(d.Reason))
	}
	return save{}, err
}

// plan is what saving changes.
func (v save) plan(d *doctor.Doctor) (*doctor.Report, *fix.Plan, error) {
	r, lang, p := d.Diagnose(), d.Options.Lang, &fix.Plan{}
	if v.key == "" {
		t, err := readText(d.Host, v.at)
		if err != nil {
			return nil, nil, err
		}
		p.Title = lang.T("Change %s", r.Facts.Place(v.at))
		switch {
		case t.S == v.Text:
			return r, p, nil
		case t.S != v.Base:
			return nil, nil, l10n.Errorf("%s: %w", v.at, host.ErrConflict)
		case !t.Valid():
			return nil, nil, l10n.Errorf("%s holds bytes that are no text, which saving it would lose", v.at)
		}
		p.Edits, err = fix.Lower([]host.Change{{At: v.at, End: len(t.S), New: v.Text}}, func(host.Loc) (*host.Text, error) { return t, nil })
		return r, p, err
	}
	edits, err := document.Save(r, v.key, v.Base, v.Text)
	if err != nil {
		return nil, nil, err
	}
	p.Edits = edits
	switch {
	case len(edits) != 1:
		p.Title = lang.T("Change %d values in %s", len(edits), v.key)
	case edits[0].Old == nil:
		p.Title = lang.T("Add %s to %s", edits[0].At.Name, v.key)
	case edits[0].New == nil:
		p.Title = lang.T("Remove %s from %s", edits[0].At.Name, v.key)
	default:
		p.Title = lang.T("Change %s in %s", edits[0].At.Name, v.key)
	}
	return r, p, nil
}

// previewSave answers with what saving a document would change.
func (s *server) previewSave(c *call, req wire.SaveRequest) error {
	v, err := s.saving(req)
	if err != nil {
		return err
	}
	d := doctor.New(guarded{s.host, c.ctx}, nil, s.options())
	s.beside(c, "the preview", func() (any, error) {
		r, p, err := v.plan(d)
		if err != nil {
			return nil, err
		}
		return s.previewOf(r, p, string(rules.Ask)), nil
	})
	return nil
}

// save saves a document.
func (s *server) save(c *call, token protocol.ProgressToken, req wire.SaveRequest) error {
	v, err := s.saving(req)
	if err != nil {
		return err
	}
	d := doctor.New(s.host, s.cfg.Journal, s.options())
	s.enqueue(&job{c: c, title: s.lang.T("Saving %s", req.Uri), token: token, run: func() (*doctor.Receipt, error) {
		_, p, err := v.plan(d)
		if err != nil {
			return nil, err
		}
		return d.Save(p.Title, p.Edits)
	}})
	return nil
}

// textDocumentContent is how a client without a file system of its own reads go-env: documents. One that has it would show them
// read-only, without fixes.
func (s *server) textDocumentContent() protocol.WorkspaceOptionsTextDocumentContent {
	if s.info.Documents || s.client.Capabilities.Workspace.TextDocumentContent == nil {
		return nil
	}
	return &protocol.TextDocumentContentOptions{Schemes: []string{scheme}}
}
