package server

import (
	"slices"

	"go.lsp.dev/protocol"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/report"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// tellStatus tells the client the state of the machine in short, if it changed. A client that says nothing of itself does not know this
// notification, and is left alone.
func (s *server) tellStatus() {
	if !s.info.Documents && s.info.Editor.Name == "" {
		return
	}
	now := s.status()
	raw, err := protocol.Marshal(now)
	if err != nil {
		s.logf("status: %v", err)
		return
	}
	if s.told != string(raw) {
		s.told = string(raw)
		s.notify(wire.NotificationStatus, now)
	}
}

func (s *server) status() wire.Status {
	r := s.passes.last
	all := report.Wire(r)
	w := wire.Status{Summary: all.Summary, Tools: []wire.StatusTool{}, MissingPath: missingPath(r.Facts), Ignored: len(r.Ignored), Folders: s.running()}
	for _, c := range r.Causes {
		f := &r.Findings[c.Finding]
		switch f.Severity {
		case rules.Warning:
			w.Warnings++
		case rules.Error:
			if w.Errors++; w.Errors == 1 {
				w.Cause = &wire.StatusCause{Problem: wireProblem(f), Message: f.Message}
				if u, span, ok := s.findingRange(f); ok {
					w.Cause.Uri, w.Cause.Line, w.Cause.Character = string(u), int(span.Start.Line), int(span.Start.Character)
				}
			}
		}
	}
	view := "editor"
	if r.Facts.View(view) == nil && len(r.Facts.Views) > 0 {
		view = r.Facts.Views[0].Name
	}
	for _, name := range []string{"go", "gopls", "dlv"} {
		tool := wire.StatusTool{Name: name, Why: s.lang.T("no directory of PATH holds it")}
		i := slices.IndexFunc(all.Tools, func(t wire.Tool) bool { return t.Name == name && t.View == view })
		if i >= 0 {
			t := all.Tools[i]
			tool.Version, tool.File, tool.Why = t.Version, t.File, s.lang.T("its directory comes from %s", t.By)
			if g := all.Machine.Go; name == "go" && g != nil && g.File == t.File {
				tool.Why = g.Why
			}
		}
		w.Tools = append(w.Tools, tool)
	}
	return w
}

// missingPath are the directories that a fresh login has on PATH and the running editor does not.
func missingPath(s *facts.Snapshot) []string {
	list := []string{}
	editor, login := s.View("editor"), s.View("login")
	if editor == nil || login == nil {
		return list
	}
	for _, e := range login.Path {
		if !e.Known || e.Folder == nil || e.Folder.Exists != facts.Yes || !e.Folder.IsDir || !s.System.Style.IsAbs(e.Dir) {
			continue
		}
		has := func(o *facts.PathEntry) bool { return s.Same(o.Dir, e.Dir) }
		if !slices.ContainsFunc(editor.Path, has) && !slices.ContainsFunc(list, func(dir string) bool { return s.Same(dir, e.Dir) }) {
			list = append(list, e.Dir)
		}
	}
	return list
}

// An initOptions is what the client says of itself; what it says of rules may be anything, and is not obeyed then.
type initOptions struct {
	wire.InitializationOptions
	Trusted *bool `json:"trusted"`
	Rules   any   `json:"rules"`
}

// ruleSettings reads what the user and the workspace want of each rule: {"user": {RULE: WISH}, "workspace": {RULE: WISH}}. What is
// malformed is left out.
func ruleSettings(v any) doctor.Settings {
	wishes := func(scope string) map[string]string {
		list := map[string]string{}
		all, _ := v.(map[string]any)
		of, _ := all[scope].(map[string]any)
		for id, wish := range of {
			if wish, ok := wish.(string); ok {
				list[id] = wish
			}
		}
		return list
	}
	return doctor.Settings{User: wishes("user"), Workspace: wishes("workspace")}
}

// configure obeys workspace/didChangeConfiguration, whose settings are null from clients that want to be asked.
func (s *server) configure(settings any) {
	all, _ := settings.(map[string]any)
	own, _ := all["goEnv"].(map[string]any)
	if v, ok := own["rules"]; ok {
		s.rules = ruleSettings(v)
	}
	s.touch()
}
