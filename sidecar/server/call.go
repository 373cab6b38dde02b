package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// requestFailed is LSP's RequestFailed: the message is for a person.
const requestFailed jsonrpc2.Code = -32803

// A call is a request of the client that has no answer yet.
type call struct {
	id        jsonrpc2.ID
	ctx       context.Context // ends with the call
	cancel    context.CancelFunc
	job       *job                   // that makes it, nil none
	committed bool                   // cannot be cancelled any more
	token     protocol.ProgressToken // of progress that has begun, nil none
}

// large is the size, in bytes, from which a message waits until the one before it that was large is done: not many of them need to
// be held.
const large = 1 << 20

// maxAsked is the number of requests to a client that may lack an answer.
const maxAsked = 1000

// read hands over what the client says, in its order, until the input ends.
func (s *server) read() {
	var busy chan struct{} // closed when the last large message is done
	for {
		msg, size, err := s.stream.read()
		if err != nil {
			return
		}
		heard := make(chan struct{})
		if size > large {
			if busy != nil {
				select {
				case <-busy:
				case <-s.base.Done():
				}
			}
			busy = heard
		}
		s.post(func() {
			defer close(heard)
			switch msg := msg.(type) {
			case *jsonrpc2.Notification:
				s.notice(msg)
			case *jsonrpc2.Call:
				s.request(msg)
			case *jsonrpc2.Response:
				if done := s.asked[msg.ID()]; done != nil {
					delete(s.asked, msg.ID())
					done(msg.Err())
				}
			}
		})
		if note, ok := msg.(*jsonrpc2.Notification); ok && note.Method() == protocol.MethodExit {
			s.stream.stop()
		}
	}
}

func (s *server) notice(msg *jsonrpc2.Notification) {
	var err error
	if p := s.guard(msg.Method(), func() { err = s.notified(msg.Method(), msg.Params()) }); p == nil && err != nil {
		s.logf("%s: %v", msg.Method(), err)
	}
}

func (s *server) request(msg *jsonrpc2.Call) {
	c := &call{id: msg.ID()}
	if s.calls[c.id] != nil {
		s.write(jsonrpc2.NewResponse(c.id, nil, jsonrpc2.NewError(jsonrpc2.InvalidRequest, "a request with this id has no answer yet")))
		return
	}
	c.ctx, c.cancel = context.WithCancel(s.base)
	s.calls[c.id] = c
	if err := s.guard(msg.Method(), func() { s.called(c, msg.Method(), msg.Params()) }); err != nil {
		s.answer(c, nil, err)
	}
}

// answer ends a call, once: what comes later is dropped.
func (s *server) answer(c *call, result any, err error) {
	if s.calls[c.id] != c {
		return
	}
	delete(s.calls, c.id)
	c.cancel()
	s.endProgress(c)
	var raw []byte
	if err == nil {
		raw, err = protocol.Marshal(result)
	}
	var coded *jsonrpc2.Error
	if err != nil && !errors.As(err, &coded) {
		err = jsonrpc2.NewError(jsonrpc2.InternalError, err.Error())
	}
	s.write(jsonrpc2.NewResponse(c.id, raw, err))
}

// try answers a call with what f returns; if it panics, with an internal error.
func (s *server) try(c *call, what string, f func() any) {
	var result any
	err := s.guard(what, func() { result = f() })
	s.answer(c, result, err)
}

// beside is try for what takes long: f runs beside the goroutine that owns the state, and few of them at a time.
func (s *server) beside(c *call, what string, f func() (any, error)) {
	lang := s.lang
	go func() {
		if !s.slot(c) {
			return
		}
		defer s.free()
		var result any
		var err error
		if p := s.guard(what, func() { result, err = f() }); p != nil {
			err = p
		} else {
			err = failed(lang, err)
		}
		s.post(func() { s.answer(c, result, err) })
	}()
}

// slot waits until a call may take long; it is false where the call has its answer. free ends that.
func (s *server) slot(c *call) bool {
	select {
	case s.slots <- struct{}{}:
		return true
	case <-c.ctx.Done():
		return false
	}
}

func (s *server) free() { <-s.slots }

// ask sends a request to the client; done is told how it ended.
func (s *server) ask(method string, params any, done func(error)) {
	raw, err := protocol.Marshal(params)
	if err != nil {
		done(err)
		return
	}
	if len(s.asked) >= maxAsked {
		done(fmt.Errorf("the client answers nothing"))
		return
	}
	s.tokens++
	id := jsonrpc2.NewNumberID(int64(s.tokens))
	s.asked[id] = done
	s.write(jsonrpc2.NewCall(id, method, raw))
}

func (s *server) notify(method string, params any) {
	raw, err := protocol.Marshal(params)
	if err != nil {
		s.logf("%s: %v", method, err)
		return
	}
	s.write(jsonrpc2.NewNotification(method, raw))
}

func (s *server) write(msg jsonrpc2.Message) {
	if err := s.stream.write(msg); err != nil && s.base.Err() == nil {
		s.logf("%v", err)
		s.stream.end() // who does not hear is gone
	}
}

// cancelled ends a call that the client no longer wants, unless it changes the machine by now.
func (s *server) cancelled(c *call) {
	if c != nil && !c.committed {
		s.answer(c, nil, protocol.ErrRequestCancelled)
	}
}

// decodeParams reads the parameters of a request. Absent ones are the zero value where optional.
func decodeParams[T any](params jsonrpc2.RawMessage, optional bool) (p T, err error) {
	if len(params) == 0 && optional {
		return p, nil
	}
	if len(params) == 0 {
		return p, jsonrpc2.NewError(jsonrpc2.InvalidParams, "want parameters")
	}
	if err := protocol.Unmarshal(params, &p); err != nil {
		return p, jsonrpc2.NewError(jsonrpc2.InvalidParams, err.Error())
	}
	return p, nil
}

// called starts to answer a request.
func (s *server) called(c *call, method string, params jsonrpc2.RawMessage) {
	switch {
	case s.phase == fresh && method != protocol.MethodInitialize:
		s.answer(c, nil, jsonrpc2.NewError(jsonrpc2.ServerNotInitialized, "want initialize first"))
		return
	case s.phase == down:
		s.answer(c, nil, jsonrpc2.NewError(jsonrpc2.InvalidRequest, "the server is shut down"))
		return
	case s.phase == running && method == protocol.MethodInitialize:
		s.answer(c, nil, jsonrpc2.NewError(jsonrpc2.InvalidRequest, "initialize was sent before"))
		return
	}
	var err error
	switch method {
	case protocol.MethodInitialize:
		var p client
		if p, err = decodeParams[client](params, false); err == nil {
			s.answer(c, s.initialize(p), nil)
		}
	case protocol.MethodShutdown:
		s.shutdown(c)
	case protocol.MethodTextDocumentCodeAction:
		var p codeActionParams
		if p, err = decodeParams[codeActionParams](params, false); err == nil {
			s.settled(func() { s.try(c, method, func() any { return s.codeActions(p) }) })
		}
	case protocol.MethodTextDocumentHover:
		err = asks(s, c, method, params, func(p positionParams) any {
			if h := s.hover(p); h != nil {
				return h
			}
			return nil
		})
	case protocol.MethodTextDocumentDefinition:
		err = asks(s, c, method, params, func(p positionParams) any { return s.definition(p) })
	case protocol.MethodTextDocumentCompletion:
		err = asks(s, c, method, params, func(p positionParams) any { return s.complete(p) })
	case wire.MethodWhy:
		var p wire.WhyParams
		if p, err = decodeParams[wire.WhyParams](params, false); err == nil {
			s.settled(func() { s.attempt(c, method, func() (any, error) { return s.why(p) }) })
		}
	case wire.MethodVariables:
		var p wire.VariablesParams
		if p, err = decodeParams[wire.VariablesParams](params, true); err == nil {
			s.settled(func() { s.attempt(c, method, func() (any, error) { return s.variables(p) }) })
		}
	case protocol.MethodTextDocumentCodeLens:
		err = asks(s, c, method, params, func(p documentParams) any { return s.codeLenses(p.TextDocument.URI) })
	case protocol.MethodTextDocumentFoldingRange:
		err = asks(s, c, method, params, func(p documentParams) any { return orNull(s.folds(p.TextDocument.URI)) })
	case protocol.MethodTextDocumentDocumentSymbol:
		err = asks(s, c, method, params, func(p documentParams) any { return orNull(s.symbols(p.TextDocument.URI)) })
	case protocol.MethodWorkspaceTextDocumentContent:
		var p protocol.TextDocumentContentParams
		if p, err = decodeParams[protocol.TextDocumentContentParams](params, false); err == nil {
			s.document(c, p.URI, func(d wire.DocumentResult) any { return &protocol.TextDocumentContentResult{Text: d.Text} })
		}
	case wire.MethodDocument:
		var p wire.DocumentParams
		if p, err = decodeParams[wire.DocumentParams](params, false); err == nil {
			s.document(c, uri.URI(p.Uri), func(d wire.DocumentResult) any { return d })
		}
	case wire.MethodPreviewSave:
		var p wire.SaveRequest
		if p, err = decodeParams[wire.SaveRequest](params, false); err == nil {
			err = s.previewSave(c, p)
		}
	case protocol.MethodCodeActionResolve: // whole as it was given: nothing in it is dear
		var p jsonObject
		if p, err = decodeParams[jsonObject](params, false); err == nil {
			s.answer(c, p, nil)
		}
	case protocol.MethodWorkspaceExecuteCommand:
		var p protocol.ExecuteCommandParams
		if p, err = decodeParams[protocol.ExecuteCommandParams](params, false); err == nil {
			err = s.execute(c, p)
		}
	case wire.MethodDiagnose:
		var p protocol.WorkDoneProgressParams
		if p, err = decodeParams[protocol.WorkDoneProgressParams](params, true); err == nil {
			s.diagnose(c, p.WorkDoneToken)
		}
	case wire.MethodPreviewLocate:
		var p wire.LocateRequest
		if p, err = decodeParams[wire.LocateRequest](params, false); err == nil {
			s.previewLocate(c, p)
		}
	case wire.MethodFixes:
		var p wire.ProblemParams
		if p, err = decodeParams[wire.ProblemParams](params, false); err == nil {
			s.fixes(c, p.Problem)
		}
	case wire.MethodExplain:
		var p wire.ExplainParams
		if p, err = decodeParams[wire.ExplainParams](params, false); err == nil {
			s.explain(c, p)
		}
	case wire.MethodHistory:
		if _, err = decodeParams[wire.HistoryParams](params, true); err == nil {
			s.history(c)
		}
	case wire.MethodIgnored:
		if _, err = decodeParams[wire.IgnoredParams](params, true); err == nil {
			s.ignored(c)
		}
	case wire.MethodRecord:
		if _, err = decodeParams[wire.RecordParams](params, true); err == nil {
			s.record(c)
		}
	case wire.MethodPreview:
		var p wire.FixRequest
		if p, err = decodeParams[wire.FixRequest](params, true); err == nil {
			err = s.preview(c, p)
		}
	default:
		err = jsonrpc2.Errorf(jsonrpc2.MethodNotFound, "no method %.100s", method)
	}
	if err != nil {
		s.answer(c, nil, err)
	}
}

// positionParams and documentParams are what questions about a document have in common; progress, which they may also ask for, has
// nothing to report.
type positionParams = protocol.TextDocumentPositionParams
type documentParams struct {
	TextDocument protocol.TextDocumentIdentifier `json:"textDocument"`
}

// asks answers a question about a document when no change waits to be looked at.
func asks[P any](s *server, c *call, method string, params jsonrpc2.RawMessage, answer func(P) any) error {
	p, err := decodeParams[P](params, false)
	if err == nil {
		s.settled(func() { s.try(c, method, func() any { return answer(p) }) })
	}
	return err
}

// orNull is null for nil, which protocol writes as an empty list.
func orNull[T any](list []T) any {
	if list == nil {
		return nil
	}
	return list
}

type jsonObject = map[string]protocol.LSPAny

// notified obeys a notification. Its error is for the log.
func (s *server) notified(method string, params jsonrpc2.RawMessage) error {
	if method == protocol.MethodCancelRequest {
		p, err := decodeParams[struct {
			ID any `json:"id"`
		}](params, false)
		if err != nil {
			return err
		}
		switch id := p.ID.(type) {
		case string:
			s.cancelled(s.calls[jsonrpc2.NewStringID(id)])
		case float64:
			if n := int64(id); float64(n) == id {
				s.cancelled(s.calls[jsonrpc2.NewNumberID(n)])
			}
		}
		return nil
	}
	if method == protocol.MethodExit {
		if s.phase == down {
			s.code = 0
		}
		return nil
	}
	if s.phase != running {
		return fmt.Errorf("not between initialize and shutdown")
	}
	switch method {
	case protocol.MethodInitialized:
		s.initialized()
	case protocol.MethodSetTrace:
		p, err := decodeParams[protocol.SetTraceParams](params, false)
		if err != nil {
			return err
		}
		s.verbose = p.Value != protocol.TraceValueOff
	case protocol.MethodTextDocumentDidOpen:
		p, err := decodeParams[protocol.DidOpenTextDocumentParams](params, false)
		if err != nil {
			return err
		}
		d := p.TextDocument
		b := &buffer{uri: uri.URI(strings.Clone(string(d.URI))), version: d.Version} // of a message nothing stays
		b.set(strings.Clone(d.Text))
		s.docs[b.uri] = b
		s.reopened(b.uri)
	case protocol.MethodTextDocumentDidChange:
		p, err := decodeParams[changes](params, false)
		if err != nil {
			return err
		}
		d := s.docs[p.TextDocument.URI]
		if d == nil {
			return fmt.Errorf("%s is not open", p.TextDocument.URI)
		}
		if err := d.obey(s.enc, p); err != nil {
			return err
		}
		s.reopened(d.uri)
	case protocol.MethodTextDocumentDidClose:
		p, err := decodeParams[protocol.DidCloseTextDocumentParams](params, false)
		if err != nil {
			return err
		}
		delete(s.docs, p.TextDocument.URI)
		delete(s.served, p.TextDocument.URI)
		s.reopened(p.TextDocument.URI)
	case protocol.MethodWorkspaceDidChangeWorkspaceFolders:
		p, err := decodeParams[protocol.DidChangeWorkspaceFoldersParams](params, false)
		if err != nil {
			return err
		}
		s.changeFolders(p.Event)
	case protocol.MethodTextDocumentDidSave, protocol.MethodWorkspaceDidChangeWatchedFiles:
		s.touch() // what changed is probed again anyway
	case protocol.MethodWorkspaceDidChangeConfiguration:
		p, err := decodeParams[struct {
			Settings any `json:"settings"`
		}](params, true)
		if err != nil {
			return err
		}
		s.configure(p.Settings)
	case protocol.MethodWindowWorkDoneProgressCancel:
		p, err := decodeParams[protocol.WorkDoneProgressCancelParams](params, false)
		if err != nil {
			return err
		}
		for _, c := range s.calls {
			if c.token != nil && c.token == p.Token {
				s.cancelled(c)
			}
		}
	default:
		if !strings.HasPrefix(method, "$/") { // these may be ignored
			return fmt.Errorf("unknown")
		}
	}
	return nil
}

// shutdown answers when no fix is being made or waits.
func (s *server) shutdown(c *call) {
	s.phase, c.committed = down, true
	s.passes.stop()
	s.watched.stop()
	for _, other := range s.calls {
		if other != c && other.job == nil {
			s.cancelled(other)
		}
	}
	s.enqueue(&job{done: func() { s.answer(c, nil, nil) }})
}
