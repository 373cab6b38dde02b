package server

import (
	"context"
	"slices"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// maxHistory is how much text a history holds, in bytes; older entries then have no texts.
const maxHistory = 8 << 20

// history answers with the fixes that were made, newest first. Lines of the journal that cannot be read are for the log.
func (s *server) history(c *call) {
	j, r, lang := s.cfg.Journal, s.passes.last, s.lang
	s.beside(c, "the history", func() (any, error) {
		w := wire.HistoryResult{Entries: []wire.HistoryEntry{}}
		if j == nil {
			return w, nil
		}
		list, err := j.History()
		if err != nil && len(list) == 0 {
			return nil, err
		}
		if err != nil {
			s.logf("history: %v", err)
		}
		size := 0
		for _, e := range slices.Backward(list) {
			x := wire.HistoryEntry{
				ID: e.ID, Time: e.Time.UTC().Format(time.RFC3339), Title: e.Plan.Title, State: state(lang, e), UndoOf: e.UndoOf,
				Undoable: e.State == fix.Committed && e.UndoOf == "", Files: []wire.FilePreview{},
			}
			if e.UndoOf != "" {
				x.Title = lang.T("Undo: %s", e.Plan.Title)
			}
			for _, d := range e.Plan.Edits {
				p := filePreview(lang, r, d)
				if size += len(p.Old) + len(p.New); size > maxHistory {
					p.Old, p.New = "", ""
				}
				x.Files = append(x.Files, p)
			}
			w.Entries = append(w.Entries, x)
		}
		return w, nil
	})
}

// state is what became of an entry.
func state(lang l10n.Lang, e fix.Entry) string {
	switch e.State {
	case fix.Committed:
		return lang.T("made")
	case fix.Undone:
		return lang.T("undone")
	case fix.Aborted:
		return lang.T("taken back")
	}
	return lang.T("not ended")
}

// filePreview is an edit for a diff editor; a report, which may be nil, shortens its place.
func filePreview(lang l10n.Lang, r *doctor.Report, e host.Edit) wire.FilePreview {
	old, new := fix.FileDiff(lang, e)
	p := wire.FilePreview{At: e.At.String(), Label: e.At.String(), Old: old, New: new}
	if r != nil {
		p.Label = r.Facts.Place(e.At)
	}
	return p
}

// record answers with the machine as a scenario. It is not part of a pass: a change does not cut it off.
func (s *server) record(c *call) {
	h := guarded{s.host, c.ctx}
	s.beside(c, "the recording", func() (any, error) {
		text, err := scenario.Record(h, func(h host.Host) { doctor.Diagnose(h, doctor.Options{}) })
		if err != nil {
			return nil, err
		}
		if err := context.Cause(c.ctx); err != nil { // half a machine is none
			return nil, err
		}
		return wire.RecordResult{Text: string(text)}, nil
	})
}

// previewLocate answers with what would be written so that a program that the user points at is found.
func (s *server) previewLocate(c *call, req wire.LocateRequest) {
	h, journal, opt := guarded{s.host, c.ctx}, s.cfg.Journal, s.options()
	s.beside(c, "the preview", func() (any, error) {
		l, err := doctor.New(h, journal, opt).PlanLocate(req.File)
		if err != nil {
			return nil, err
		}
		return s.previewOf(l.Report, l.Plan, "ask"), nil
	})
}

// previewOf is a plan for a client. The settings of a played machine are not those of the editor that shows it.
func (s *server) previewOf(r *doctor.Report, p *fix.Plan, safety wire.Safety) wire.PreviewResult {
	w := wire.PreviewResult{Title: p.Title, Safety: safety, Files: []wire.FilePreview{}, Settings: []wire.SettingChange{}, Diff: fix.Diff(s.lang, p.Edits)}
	for _, e := range p.Edits {
		w.Files = append(w.Files, filePreview(s.lang, r, e))
	}
	if s.cfg.Played {
		return w
	}
	for _, c := range r.SettingChanges(p.Edits) {
		w.Settings = append(w.Settings, wire.SettingChange{Scope: c.Scope, Key: c.Key, Value: c.Value, Removed: c.Value == ""})
	}
	return w
}
