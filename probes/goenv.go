package probes

import (
	"slices"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
)

// goenvFile reads the effective go/env file.
func goenvFile(r *reader, own *block) (f facts.GoEnvFile, vars []*facts.Assignment) {
	f.Name, f.Off = goenv.EnvFile(r.sys, func(n string) string { return own.get(r.st, n) })
	if f.Name == "" || !r.st.IsAbs(f.Name) {
		return f, nil
	}
	f.Exists, _ = r.exists(f.Name)
	t, err := r.text(f.Name)
	if err != nil {
		return f, nil
	}
	f.Text = t
	return f, goenv.ParseFile(t, facts.GoEnvLine)
}

// gorootEnv reads $GOROOT/go.env of the go that runs.
func gorootEnv(r *reader, t *facts.Toolchain) []*facts.Assignment {
	if t == nil {
		return nil
	}
	text, err := r.text(r.st.Join(t.Root, "go.env"))
	if err != nil {
		return nil
	}
	return goenv.ParseFile(text, facts.GorootEnv)
}

// settle says in which views the lines of go/env and go.env win: where the OS has no value, and no later line of the same key.
func settle(s *facts.Snapshot, list []*facts.Assignment) {
	last := map[string]*facts.Assignment{}
	for _, a := range list {
		last[a.Name] = a
	}
	for _, a := range list {
		if last[a.Name] != a || slices.Contains(goenv.OSOnly, a.Name) {
			continue
		}
		for _, v := range s.Views {
			if _, ok := v.Get(s.System.Style, a.Name); !ok && s.Winner(v, a.Name) == nil {
				a.Wins = append(a.Wins, v.Name)
			}
		}
	}
}
