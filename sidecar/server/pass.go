package server

import (
	"context"
	"slices"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// passes are the diagnoses of the machine. At most one runs; a change cancels it.
type passes struct {
	cancel  context.CancelFunc // of the running one, nil none
	due     bool               // another is needed
	waiting bool               // for the debounce
	loud    bool               // the next one also shows what is only worth knowing
	waiters []waiter
	count   int
	memory  doctor.Memory // of the running pass and the one before

	last  *doctor.Report // nil before the first
	shown bool           // last was loud
}

// A waiter is told of the next pass that ends without being cancelled. Its done does not panic.
type waiter struct {
	loud bool // it wants to see everything
	done func(error)
}

// stop cancels the running pass.
func (p *passes) stop() {
	if p.cancel != nil {
		p.cancel()
	}
}

// touch notes a change: a pass soon.
func (s *server) touch() { s.changed(false) }

// changed is touch; a loud one may have been no change, and shows what is shown now.
func (s *server) changed(loud bool) {
	if s.phase != running {
		return
	}
	p := &s.passes
	p.loud = loud && (p.loud || !p.due) // another change may be due already
	p.due = true
	p.stop()
	if len(p.waiters) > 0 { // somebody waits already
		s.run()
		return
	}
	if !p.waiting {
		p.waiting = true
		time.AfterFunc(s.cfg.Debounce, func() {
			s.post(func() {
				p.waiting = false
				s.run()
			})
		})
	}
}

// refresh asks for a pass that begins now.
func (s *server) refresh() {
	s.passes.due = true
	s.passes.stop()
	s.run()
}

// settled calls done when no change waits to be looked at.
func (s *server) settled(done func()) {
	if s.passes.last != nil && !s.passes.due && s.passes.cancel == nil {
		done()
		return
	}
	s.passes.waiters = append(s.passes.waiters, waiter{done: func(error) { done() }})
	if s.passes.last == nil {
		s.passes.due = s.passes.due || s.passes.cancel == nil
	}
	s.run()
}

// run starts a pass that is due, unless one runs: its end does.
func (s *server) run() {
	p := &s.passes
	if !p.due || p.cancel != nil || s.phase != running {
		return
	}
	p.due = false
	p.count++
	ctx, cancel := context.WithCancel(s.base)
	p.cancel = cancel
	h, opt, count, start := s.host, s.options(), p.count, time.Now()
	opt.Memory = &p.memory
	loud := p.loud || slices.ContainsFunc(p.waiters, func(w waiter) bool { return w.loud })
	p.loud = false
	go func() {
		var r *doctor.Report
		err := s.guard("the diagnosis", func() {
			r = doctor.New(guarded{h, ctx}, s.cfg.Journal, opt).Diagnose()
		})
		s.post(func() {
			stale := ctx.Err() != nil
			cancel()
			p.cancel = nil
			if stale {
				s.trace("pass %d was overtaken", count)
			} else {
				if err == nil {
					s.trace("pass %d took %d ms and found %d problems", count, time.Since(start).Milliseconds(), len(r.Findings))
					p.last, p.shown = r, loud
					err = s.guard("the diagnostics", func() {
						s.publish()
						s.documentsChanged()
						s.refreshLenses()
						s.tellStatus()
						s.watch(h, r.Facts.Watch)
					})
				}
				if err != nil {
					s.tell(err)
				}
				waiters := p.waiters
				p.waiters = nil
				for _, w := range waiters {
					w.done(err)
				}
			}
			if !p.waiting || len(p.waiters) > 0 {
				s.run()
			}
		})
	}()
}

// A watch is the one that runs.
type watch struct {
	at     []host.Loc
	cancel context.CancelFunc // nil none
}

func (w *watch) stop() {
	if w.cancel != nil {
		w.cancel()
	}
	*w = watch{}
}

// watch watches the places that matter, from now on. What changed since they were read, before they were watched, is found by
// another pass.
func (s *server) watch(h host.Host, at []host.Loc) {
	if s.phase != running || s.watched.cancel != nil && slices.Equal(s.watched.at, at) {
		return
	}
	old := s.watched
	ctx, cancel := context.WithCancel(s.base)
	s.watched = watch{slices.Clone(at), cancel}
	more := slices.ContainsFunc(at, func(l host.Loc) bool { return !slices.Contains(old.at, l) })
	go func() {
		var events <-chan host.Loc
		var err error
		if p := s.guard("watching", func() { events, err = h.Watch(ctx, at) }); p != nil {
			err = p
		}
		if old.cancel != nil {
			old.cancel()
		}
		if err != nil {
			s.logf("watching: %v", err)
			return
		}
		if more {
			s.post(func() { s.changed(s.passes.shown) })
		}
		for at := range events {
			s.post(func() {
				s.passes.memory.Changed(at)
				s.touch()
			})
		}
	}()
}

// guarded is a machine on which nothing more is learned once ctx has ended, so that a pass that was overtaken ends soon.
type guarded struct {
	host.Host
	ctx context.Context
}

func (g guarded) Processes() ([]host.Process, error) { return unless(g, g.Host.Processes) }
func (g guarded) Mounts() ([]host.Mount, error)      { return unless(g, g.Host.Mounts) }
func (g guarded) Extensions() ([]host.Extension, error) {
	return unless(g, g.Host.Extensions)
}
func (g guarded) Events() ([]host.Event, error)             { return unless(g, g.Host.Events) }
func (g guarded) Block(pid int) ([]string, error)           { return unless1(g, g.Host.Block, pid) }
func (g guarded) Stat(n string) (host.FileInfo, error)      { return unless1(g, g.Host.Stat, n) }
func (g guarded) Lstat(n string) (host.FileInfo, error)     { return unless1(g, g.Host.Lstat, n) }
func (g guarded) Readlink(n string) (string, error)         { return unless1(g, g.Host.Readlink, n) }
func (g guarded) ReadFile(n string) ([]byte, error)         { return unless1(g, g.Host.ReadFile, n) }
func (g guarded) ReadDir(n string) ([]host.DirEntry, error) { return unless1(g, g.Host.ReadDir, n) }
func (g guarded) Program(n string) (*host.Program, error)   { return unless1(g, g.Host.Program, n) }
func (g guarded) ReadKey(key string) (*host.Key, error)     { return unless1(g, g.Host.ReadKey, key) }
func (g guarded) Guest(name string) (host.Host, error) {
	h, err := unless1(g, g.Host.Guest, name)
	if err != nil {
		return nil, err
	}
	return guarded{h, g.ctx}, nil
}

func unless[T any](g guarded, read func() (T, error)) (T, error) {
	if err := g.ctx.Err(); err != nil {
		var none T
		return none, err
	}
	return read()
}

func unless1[A, T any](g guarded, read func(A) (T, error), a A) (T, error) {
	return unless(g, func() (T, error) { return read(a) })
}
