package probes

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// An explorer looks at what the go command would ask the file system, and leaves the answers in the snapshot.
type explorer struct {
	r *reader
	s *facts.Snapshot
}

// explore solves `go env` of a view in a directory.
func (x explorer) explore(v *facts.View, dir string) *goenv.Env {
	return goenv.Explore(x.s, v, dir, goenv.Look{File: x.file, Real: x.real, Text: x.text})
}

func (x explorer) file(name string) facts.File {
	key := x.r.st.Key(name)
	f := x.s.Files[key]
	if f.Exists == facts.Unknown {
		t, fi := x.r.exists(name)
		f.Exists, f.IsDir = t, t == facts.Yes && fi.IsDir()
		f.Exec = t == facts.Yes && !x.r.st.Windows && executable(x.r.sys, fi)
		x.s.Files[key] = f
	}
	return f
}

func (x explorer) real(name string) string {
	key := x.r.st.Key(name)
	f := x.s.Files[key]
	if f.Real == "" {
		f.Real, _ = x.r.real(name)
		x.s.Files[key] = f
	}
	return f.Real
}

// text reads a file. What a toolchain is made of neither changes nor is it missed.
func (x explorer) text(name string) (*host.Text, bool) {
	at := host.FileLoc(name, 0)
	if t := x.s.Texts[at]; t != nil {
		return t, true
	}
	if x.file(name).Exists != facts.Yes {
		return nil, x.file(name).Exists == facts.No
	}
	if !strings.HasSuffix(name, ".go") && x.r.st.Base(name) != "VERSION" {
		t, _ := x.r.text(name)
		return t, true
	}
	t, err := x.r.read(at)
	if err != nil {
		return nil, true
	}
	x.r.texts[at] = t
	return t, true
}

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
