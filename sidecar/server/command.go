package server

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/report"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// A job changes the machine. One runs at a time, in the order in which they came; once it runs, it is not cancelled.
type job struct {
	c     *call // nil: nobody waits
	title string
	token protocol.ProgressToken
	run   func() (*doctor.Receipt, error) // nil: there is only done
	done  func()                          // instead of the answer
}

func (s *server) enqueue(j *job) {
	if j.c != nil {
		j.c.job = j
	}
	s.jobs = append(s.jobs, j)
	s.work()
}

// work starts the next job, if none runs.
func (s *server) work() {
	for !s.working && len(s.jobs) > 0 {
		j := s.jobs[0]
		s.jobs = s.jobs[1:]
		switch {
		case j.done != nil:
			j.done()
		case s.calls[j.c.id] == j.c: // else it was cancelled
			s.working, j.c.committed = true, true
			s.withToken(j.token, func(token protocol.ProgressToken) {
				s.beginProgress(j.c, token, j.title, false)
				go s.perform(j)
			})
		}
	}
}

// perform makes the fix; after it the machine is diagnosed before the client is told. It runs beside the goroutine that owns the
// state.
func (s *server) perform(j *job) {
	var rec *doctor.Receipt
	var err error
	if p := s.guard(j.title, func() { rec, err = j.run() }); p != nil {
		err = p
	} else {
		err = failed(s.lang, err)
	}
	s.post(func() {
		finish := func(error) {
			if err != nil {
				s.answer(j.c, nil, err)
			} else {
				s.try(j.c, j.title, func() any { return receipt(rec) })
			}
			s.working = false
			s.work()
		}
		if s.phase != running {
			finish(nil)
			return
		}
		s.passes.waiters = append(s.passes.waiters, waiter{done: finish})
		s.refresh()
	})
}

func receipt(r *doctor.Receipt) wire.Receipt {
	w := wire.Receipt{ID: r.ID, Title: r.Title, Message: r.Message, Applied: []wire.Place{}, Stale: []wire.Stale{}}
	for _, at := range r.Applied {
		w.Applied = append(w.Applied, at.String())
	}
	for _, s := range r.Stale {
		w.Stale = append(w.Stale, wire.Stale{What: s.What, Message: s.Message, Action: s.Action})
	}
	return w
}

// execute runs a command of workspace/executeCommand, which has one argument.
func (s *server) execute(c *call, p protocol.ExecuteCommandParams) error {
	var raw jsonrpc2.RawMessage
	if len(p.Arguments) > 0 && string(p.Arguments[0]) != "null" {
		raw = jsonrpc2.RawMessage(p.Arguments[0])
	}
	h, journal, opt := s.host, s.cfg.Journal, s.options()
	switch p.Command {
	case wire.CommandFix:
		req, err := decodeParams[wire.FixRequest](raw, false)
		if err != nil {
			return err
		}
		if !req.AllSafe && (req.Rule == "" || req.Fix == "") {
			return jsonrpc2.NewError(jsonrpc2.InvalidParams, "want rule and fix, or allSafe")
		}
		s.enqueue(&job{c: c, title: "Repairing the Go environment", token: p.WorkDoneToken, run: func() (*doctor.Receipt, error) {
			return doctor.New(h, journal, opt).Apply(request(req))
		}})
	case wire.CommandUndo:
		req, err := decodeParams[wire.UndoRequest](raw, true)
		if err != nil {
			return err
		}
		s.enqueue(&job{c: c, title: "Undoing a fix", token: p.WorkDoneToken, run: func() (*doctor.Receipt, error) {
			return doctor.New(h, journal, opt).Undo(req.ID)
		}})
	case wire.CommandSave:
		req, err := decodeParams[wire.SaveRequest](raw, false)
		if err != nil {
			return err
		}
		return s.save(c, p.WorkDoneToken, req)
	case wire.CommandLocate:
		req, err := decodeParams[wire.LocateRequest](raw, false)
		if err != nil {
			return err
		}
		s.enqueue(&job{c: c, title: s.lang.T("Putting %s on PATH", req.File), token: p.WorkDoneToken, run: func() (*doctor.Receipt, error) {
			return doctor.New(h, journal, opt).Locate(req.File)
		}})
	case wire.CommandIgnore, wire.CommandUnignore:
		problem, err := decodeParams[wire.Problem](raw, false)
		if err != nil {
			return err
		}
		if p.Command == wire.CommandIgnore {
			return s.changeIgnored(c, problem, doctor.Ignore)
		}
		return s.changeIgnored(c, problem, doctor.Unignore)
	case wire.CommandManual: // a client that does not know it hands it over
		m, err := decodeParams[wire.ManualFix](raw, false)
		if err != nil {
			return err
		}
		text := m.Title + ". " + m.Text
		for _, more := range []string{m.Command, m.Page} {
			if more != "" {
				text += "\n" + more
			}
		}
		s.show(text)
		s.answer(c, nil, nil)
	default:
		return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "no command %.100s", p.Command)
	}
	return nil
}

func request(r wire.FixRequest) doctor.Request {
	return doctor.Request{Rule: r.Rule, Fix: r.Fix, At: r.At, Subject: r.Subject, AllSafe: r.AllSafe}
}

// diagnose answers with a new diagnosis, everything of which is shown until the next change.
func (s *server) diagnose(c *call, token protocol.ProgressToken) {
	s.beginProgress(c, token, "Diagnosing the Go environment", true)
	s.passes.waiters = append(s.passes.waiters, waiter{loud: true, done: func(err error) {
		if err != nil {
			s.answer(c, nil, err)
			return
		}
		if s.calls[c.id] != c { // cancelled
			return
		}
		s.try(c, "the report", func() any {
			w := report.Wire(s.passes.last)
			return wire.DiagnoseResult{Report: w, Summary: w.Summary}
		})
	}})
	s.refresh()
	s.progress(c, "Reading the machine")
}

// preview answers with what a fix would change.
func (s *server) preview(c *call, req wire.FixRequest) error {
	if !req.AllSafe && (req.Rule == "" || req.Fix == "") {
		return jsonrpc2.NewError(jsonrpc2.InvalidParams, "want rule and fix, or allSafe")
	}
	d := doctor.New(guarded{s.host, c.ctx}, s.cfg.Journal, s.options())
	s.beside(c, "the preview", func() (any, error) { return s.previewFix(d, req) })
	return nil
}

func (s *server) previewFix(d *doctor.Doctor, req wire.FixRequest) (wire.PreviewResult, error) {
	r := d.Diagnose()
	plan, err := r.Plan(request(req))
	if req.AllSafe && errors.Is(err, doctor.ErrGone) {
		plan, err = &fix.Plan{Title: s.lang.T("Fix all safe problems")}, nil // nothing to fix is no failure
	}
	if err != nil {
		return wire.PreviewResult{}, err
	}
	safety := rules.Safe
	if !req.AllSafe {
		_, x, err := r.Find(request(req))
		if err != nil {
			return wire.PreviewResult{}, err
		}
		safety = x.Safety
	}
	return s.previewOf(r, plan, string(safety)), nil
}

// withToken goes on with a token for progress: the one that the client gave, else one that it is asked to know. It is nil where the
// client shows none, or does not answer.
func (s *server) withToken(given protocol.ProgressToken, next func(protocol.ProgressToken)) {
	if given != nil || !s.client.Capabilities.Window.WorkDoneProgress {
		next(given)
		return
	}
	s.tokens++
	token := protocol.String("goEnv-" + strconv.Itoa(s.tokens))
	once := func(t protocol.ProgressToken) {
		if next != nil {
			next(t)
			next = nil
		}
	}
	s.ask(protocol.MethodWindowWorkDoneProgressCreate, &protocol.WorkDoneProgressCreateParams{Token: token}, func(err error) {
		if err != nil {
			once(nil)
		} else {
			once(token)
		}
	})
	time.AfterFunc(time.Second, func() { s.post(func() { once(nil) }) })
}

func (s *server) beginProgress(c *call, token protocol.ProgressToken, title string, cancellable bool) {
	if token == nil || s.calls[c.id] != c {
		return
	}
	c.token = token
	s.sendProgress(c, &protocol.WorkDoneProgressBegin{Kind: "begin", Title: title, Cancellable: new(cancellable)})
}

func (s *server) progress(c *call, message string) {
	if c.token != nil {
		s.sendProgress(c, &protocol.WorkDoneProgressReport{Kind: "report", Message: new(message)})
	}
}

func (s *server) endProgress(c *call) {
	if c.token != nil {
		s.sendProgress(c, &protocol.WorkDoneProgressEnd{Kind: "end"})
		c.token = nil
	}
}

func (s *server) sendProgress(c *call, value any) {
	raw, err := protocol.Marshal(value)
	if err != nil {
		s.logf("progress: %v", err)
		return
	}
	s.notify(protocol.MethodProgress, &protocol.ProgressParams{Token: c.token, Value: raw})
}

// show shows a message to the user.
func (s *server) show(text string) {
	s.notify(protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{Type: protocol.MessageTypeInfo, Message: text})
}

// tell shows an internal problem to the user's log of the client.
func (s *server) tell(err error) {
	s.notify(protocol.MethodWindowLogMessage, &protocol.LogMessageParams{Type: protocol.MessageTypeError, Message: fmt.Sprint(err)})
}
