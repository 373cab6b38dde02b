package server

import (
	"fmt"
	"slices"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/explain"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/report"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// explain answers with the explanation of a problem, or of the text of an error, for which the machine is diagnosed first.
func (s *server) explain(c *call, p wire.ExplainParams) {
	if p.Problem != nil {
		s.settled(func() {
			s.attempt(c, "the explanation", func() (any, error) {
				i, err := s.find(*p.Problem)
				if err != nil {
					return nil, err
				}
				r := s.passes.last
				text := report.ExplainFinding(r, i, s.links())
				return wire.ExplainResult{Markdown: text, Rules: []string{r.Findings[i].Rule.ID}, Problems: s.causes(i)}, nil
			})
		})
		return
	}
	go func() {
		if !s.slot(c) {
			return
		}
		defer s.free()
		var hits []explain.Hit
		err := s.guard("the explanation", func() { hits = explain.Match(p.Text) })
		s.post(func() {
			if err != nil {
				s.answer(c, nil, err)
				return
			}
			if s.phase != running || s.calls[c.id] != c {
				return
			}
			s.passes.waiters = append(s.passes.waiters, waiter{loud: s.passes.shown, done: func(err error) {
				if err != nil {
					s.answer(c, nil, err)
					return
				}
				s.try(c, "the explanation", func() any {
					r := s.passes.last
					x := report.ExplainHits(r, p.Text, hits, s.links())
					w := wire.ExplainResult{Markdown: x.Markdown, Rules: x.Rules, Problems: []wire.Problem{}}
					for _, i := range x.Findings {
						w.Problems = append(w.Problems, wireProblem(&r.Findings[i]))
					}
					return w
				})
			}})
			s.refresh()
		})
	}()
}

// causes is a finding after all that causes it, first cause first.
func (s *server) causes(i int) []wire.Problem {
	list := []int{}
	var take func(i int)
	take = func(i int) {
		for _, k := range s.passes.last.Findings[i].CausedBy {
			take(k)
		}
		if !slices.Contains(list, i) {
			list = append(list, i)
		}
	}
	take(i)
	problems := []wire.Problem{}
	for _, k := range list {
		problems = append(problems, wireProblem(&s.passes.last.Findings[k]))
	}
	return problems
}

// find is the index of the finding of the last pass that a problem names. The error is for people.
func (s *server) find(p wire.Problem) (int, error) {
	if r := s.passes.last; r != nil {
		for _, exact := range []bool{true, false} {
			for i := range r.Findings {
				f := &r.Findings[i]
				at := f.At.String() == p.At || !exact && f.At.Whole().String() == wholePlace(p.At)
				if f.Rule.ID == p.Rule && at && (f.Subject() == p.Subject || !exact && p.Subject == "") {
					return i, nil
				}
			}
		}
	}
	return 0, failed(s.lang, l10n.Errorf("this problem is gone: %s at %s", p.Rule, p.At))
}

func wholePlace(place string) string {
	at, err := host.ParseLoc(place)
	if err != nil {
		return place
	}
	return at.Whole().String()
}

// links lead to documents that the client opens.
func (s *server) links() report.Links {
	return report.Links{
		Place: func(at host.Loc) string {
			u, span, ok := s.placeRange(at)
			if !ok {
				return ""
			}
			return fmt.Sprintf("%s#L%d", u, span.Start.Line+1)
		},
		Rule: func(id string) string {
			if !s.opens() {
				return manual + id + ".md"
			}
			return string(goEnvURI(rulePages + id + ".md"))
		},
	}
}

// fixes answers with what can be done about a problem.
func (s *server) fixes(c *call, p wire.Problem) {
	s.settled(func() {
		s.attempt(c, "the fixes", func() (any, error) {
			i, err := s.find(p)
			if err != nil {
				return nil, err
			}
			return s.choices(&s.passes.last.Findings[i]), nil
		})
	})
}

func (s *server) choices(f *doctor.Finding) wire.FixesResult {
	id := wireProblem(f)
	w := wire.FixesResult{Title: f.Message, Choices: []wire.Choice{}}
	preferred := true
	for _, x := range bestFirst(f.Fixes) {
		c := wire.Choice{Title: x.Title, Safety: string(x.Safety)}
		if x.Safety == rules.Manual {
			m := manualFix(x)
			c.Command, c.Manual = wire.CommandManual, &m
		} else {
			c.Command, c.Fix = wire.CommandFix, &wire.FixRequest{Rule: id.Rule, At: id.At, Subject: id.Subject, Fix: x.ID}
			c.Preferred = preferred && x.Safety == rules.Safe
			preferred = preferred && !c.Preferred
		}
		w.Choices = append(w.Choices, c)
	}
	w.Choices = append(w.Choices,
		wire.Choice{Title: s.lang.T("Explain this problem"), Safety: string(rules.Safe), Command: wire.CommandExplainProblem, Problem: &id},
		wire.Choice{Title: s.lang.T("Ignore on this machine"), Safety: string(rules.Ask), Command: wire.CommandIgnore, Problem: &id})
	return w
}
