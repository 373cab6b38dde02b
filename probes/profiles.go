package probes

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/shell"
)

// profiles plays the starts of the user's shell on Unix: a login, and a new terminal that starts from the editor's block.
func profiles(r *reader, own *block) persistent {
	p := persistent{}
	sh := userShell(r, own)
	sys := r.sys
	machine := shell.FS{Read: r.text, Stat: r.h.Stat, List: r.h.ReadDir, Output: r.h.Output, Link: r.h.Readlink, Parsed: r.parsed, GoEnv: goEnv(r)}
	c := &converter{seen: map[stmt]*facts.Assignment{}, out: &p}

	// a login starts bare, with the session's environment file; in a container with what its first process has
	start := sessionBlock(r, own)
	if sys.Container {
		p.image = make(map[string]string, len(start.list))
		for _, v := range start.list {
			p.image[v.Name] = v.Value
		}
		// the first process may be another account's
		for _, v := range []facts.Var{{Name: "HOME", Value: sys.Home}, {Name: "USER", Value: sys.User}, {Name: "LOGNAME", Value: sys.User}} {
			if v.Known = true; v.Value != "" {
				start = start.with(v)
			}
		}
	}
	var session []*shell.Assign
	if t, err := r.text("/etc/environment"); err == nil {
		session = shell.ReadEnvironmentFile(t)
		p.touch(t)
	}
	for _, a := range session {
		f := c.assign(a, facts.Session)
		start = start.with(facts.Var{Name: a.Name, Value: a.Value, Known: a.Known, By: f})
	}
	login := shell.Run(machine, sys, sh, shell.Mode{Login: true}, start.environ())
	p.login = c.block(login, facts.LoginProfile, start, session)

	// on macOS terminals start login shells
	term := shell.Run(machine, sys, sh, shell.Mode{Login: sys.OS == "darwin", Interactive: true}, own.environ())
	p.terminal = c.block(term, facts.InteractiveProfile, own, nil)
	p.starts = []facts.Start{{View: "login", Path: p.login.path}, {View: "terminal", Path: p.terminal.path}}

	for _, res := range []*shell.Result{login, term} {
		for _, f := range res.Files {
			p.touch(f.Text)
		}
		for _, g := range res.Gaps {
			r.gaps = append(r.gaps, facts.Gap(g))
		}
	}
	p.loginFile = shell.LoginFile(machine, sys, sh)
	if z := login.Vars["ZDOTDIR"]; z != nil && z.Known && r.st.IsAbs(z.Value) && r.st.Base(p.loginFile) == ".zprofile" {
		p.loginFile = r.st.Join(z.Value, ".zprofile")
	}
	if _, err := r.text(p.loginFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		p.loginFile = ""
	}
	return p
}

// goEnv answers $(go env NAME) in a profile, as the go found there would; a version manager's shim may say anything.
func goEnv(r *reader) func(func(string) (string, bool), string, string) (string, bool) {
	return func(env func(string) (string, bool), exe, name string) (string, bool) {
		known := true
		get := func(n string) string {
			v, ok := env(n)
			known = known && ok
			return v
		}
		if r.st.Base(r.st.Dir(exe)) == "shims" {
			return "", false
		}
		v := get(name)
		if file, off := goenv.EnvFile(r.sys, get); v == "" && !off && r.st.IsAbs(file) {
			if t, err := r.text(file); err == nil {
				for _, a := range goenv.ParseFile(t, facts.GoEnvLine) {
					if a.Name == name {
						v = a.Value
					}
				}
			} else if !errors.Is(err, fs.ErrNotExist) {
				return "", false
			}
		}
		switch {
		case v != "":
		case name == "GOPATH":
			v = r.sys.DefaultGOPATH(get)
		case name == "GOROOT":
			v = rootOf(r, exe)
		}
		return v, known && v != ""
	}
}

// rootOf is the GOROOT that a go finds by itself, "" if none.
func rootOf(r *reader, exe string) string {
	real, err := r.real(exe)
	if err != nil {
		return ""
	}
	for _, root := range []string{r.st.Dir(r.st.Dir(exe)), r.st.Dir(r.st.Dir(real))} {
		if r.isDir(r.st.Join(root, "pkg/tool")) == facts.Yes {
			return root
		}
	}
	return ""
}

// touch remembers when a place that can assign variables was written last.
func (p *persistent) touch(t *host.Text) {
	if t != nil && t.Info.ModTime.After(p.newest) {
		p.newest = t.Info.ModTime
	}
}

// userShell is the account's login shell.
func userShell(r *reader, own *block) string {
	if r.sys.Shell != "" {
		return r.sys.Shell
	}
	if s := own.get(r.st, "SHELL"); s != "" {
		return s
	}
	if r.sys.OS == "darwin" {
		return "/bin/zsh"
	}
	return "/bin/sh"
}

// sessionBlock is what a login starts from.
func sessionBlock(r *reader, own *block) *block {
	if r.sys.Container {
		if b, err := r.h.ReadFile("/proc/1/environ"); err == nil && len(b) > 0 {
			return parseBlock(strings.Split(strings.TrimRight(string(b), "\x00"), "\x00"))
		}
		return parseBlock(own.environ())
	}
	path := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	if r.sys.OS == "darwin" {
		path = "/usr/bin:/bin:/usr/sbin:/sbin"
	}
	return parseBlock([]string{"PATH=" + path, "HOME=" + r.sys.Home, "USER=" + r.sys.User, "LOGNAME=" + r.sys.User, "SHELL=" + r.sys.Shell})
}

// with is the block with one more or another variable.
func (b *block) with(v facts.Var) *block {
	for i := range b.list {
		if b.list[i].Name == v.Name {
			b.list[i] = v
			return b
		}
	}
	b.list = append(b.list, v)
	return b
}

// A stmt tells assignments apart: the same line is often read by more than one start.
type stmt struct {
	at    host.Loc
	start int
	name  string
}

// A converter turns what a shell did into facts, each place once.
type converter struct {
	seen map[stmt]*facts.Assignment
	out  *persistent
}

func (c *converter) assign(a *shell.Assign, layer facts.Layer) *facts.Assignment {
	at := a.At
	at.Col = 0
	key := stmt{at, a.Start, a.Name}
	if f := c.seen[key]; f != nil {
		return f
	}
	f := &facts.Assignment{Name: a.Name, Value: a.Value, Known: a.Known, Raw: a.Raw, Layer: layer, At: at, Text: a.Text, Start: a.Start, End: a.End, Manager: a.Manager}
	if a.Manager != "" && a.Start < 0 {
		f.Text = nil
	}
	if f.Text != nil && a.Alone {
		line := at.Line
		f.CutStart, _, _ = a.Text.Line(line)
		last, _ := a.Text.Position(max(a.StmtEnd-1, a.StmtStart))
		_, _, f.CutEnd = a.Text.Line(last)
		f.Cuttable = true
	}
	c.seen[key] = f
	c.out.vars = append(c.out.vars, f)
	return f
}

// block is the environment that a start ends with, and the places it came from.
func (c *converter) block(res *shell.Result, layer facts.Layer, start *block, session []*shell.Assign) *block {
	by := map[*shell.Assign]*facts.Assignment{}
	for _, a := range res.Assigns {
		v := res.Vars[a.Name]
		if a.Exported || a.Name == "PATH" || v != nil && v.By != nil && v.Exported { // a later command may export it
			by[a] = c.assign(a, layer)
		}
	}
	b := &block{list: make([]facts.Var, 0, len(res.Vars)), path: make([]*facts.PathEntry, 0, len(res.Path)+1)}
	for _, v := range start.list { // keep the order of the block, then what the shell added
		if x, ok := res.Vars[v.Name]; ok && x.By == nil {
			b.list = append(b.list, v)
		}
	}
	for name, x := range res.Vars {
		if x.By != nil && x.Exported {
			b.list = append(b.list, facts.Var{Name: name, Value: x.Value, Known: x.Known, By: by[x.By]})
		}
	}
	fromSession := map[string]shell.PathEntry{}
	for _, a := range session {
		if a.Name == "PATH" {
			for _, e := range a.Entries() {
				fromSession[e.Dir] = e
			}
		}
	}
	var sessionPath *facts.Assignment
	for _, v := range start.list {
		if v.Name == "PATH" {
			sessionPath = v.By
		}
	}
	for _, e := range res.Path {
		f := &facts.PathEntry{Text: e.Text, Dir: e.Dir, Known: e.Known, Start: -1, At: host.EnvLoc("PATH"), Layer: facts.Process}
		if e.Dir != "" {
			f.Dir = host.StyleOf("linux").Clean(e.Dir)
		}
		switch s, ok := fromSession[e.Dir]; {
		case e.By != nil:
			f.By = by[e.By]
			f.At, f.Layer, f.Start, f.End = e.At, layer, e.Start, e.End
			if f.By != nil {
				f.Layer, f.Source = f.By.Layer, e.In
			}
		case ok && sessionPath != nil:
			f.At, f.Layer, f.Start, f.End, f.By, f.Source = s.At, facts.Session, s.Start, s.End, sessionPath, sessionPath.Text
		}
		f.At.Col = 0
		if f.Source == nil {
			f.Start = -1
		}
		b.path = append(b.path, f)
	}
	// What was not understood may add anything: unread files, or a PATH that is unknown without an element that says so.
	v := res.Vars["PATH"]
	vague := v != nil && !v.Known && !slices.ContainsFunc(res.Path, func(e shell.PathEntry) bool { return !e.Known })
	if res.Unsupported || res.Unread || vague {
		b.path = append(b.path, unknownEntry())
	}
	return b
}
