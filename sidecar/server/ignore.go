package server

import (
	"go.lsp.dev/jsonrpc2"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// name is the lasting name of a problem, whose place is without the line.
func name(p wire.Problem) (doctor.Problem, error) {
	at, err := host.ParseLoc(p.At)
	if err != nil || p.Rule == "" {
		return doctor.Problem{}, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "want a rule and a place, got %q and %q", p.Rule, p.At)
	}
	return doctor.Problem{Rule: p.Rule, At: at.Whole().String(), Subject: p.Subject}, nil
}

// changeIgnored changes the list of what is ignored, and answers when the client sees what that means.
func (s *server) changeIgnored(c *call, p wire.Problem, change func(*fix.Journal, doctor.Problem) error) error {
	id, err := name(p)
	if err != nil {
		return err
	}
	c.committed = true
	j, lang := s.cfg.Journal, s.lang
	go func() {
		if !s.slot(c) {
			return
		}
		defer s.free()
		var err error
		if p := s.guard("the list of ignored problems", func() { err = change(j, id) }); p != nil {
			err = p
		}
		s.post(func() {
			if err != nil || s.phase != running {
				s.answer(c, nil, failed(lang, err))
				return
			}
			s.passes.waiters = append(s.passes.waiters, waiter{loud: s.passes.shown, done: func(err error) { s.answer(c, nil, err) }})
			s.refresh()
		})
	}()
	return nil
}

// ignored answers with what the user ignores on this machine.
func (s *server) ignored(c *call) {
	j, r, lang := s.cfg.Journal, s.passes.last, s.lang
	s.beside(c, "the list of ignored problems", func() (any, error) {
		list, err := doctor.Ignored(j)
		if err != nil {
			return nil, err
		}
		w := wire.IgnoredResult{Ignored: []wire.Ignored{}}
		for _, p := range list {
			title := lang.T("%s at %s", p.Rule, p.At)
			if r != nil {
				for i := range r.Ignored {
					if r.Ignored[i].Name() == p {
						title = r.Ignored[i].Message
					}
				}
			}
			w.Ignored = append(w.Ignored, wire.Ignored{Problem: wire.Problem{Rule: p.Rule, At: p.At, Subject: p.Subject}, Title: title})
		}
		return w, nil
	})
}
