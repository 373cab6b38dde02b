package server

import (
	"cmp"
	"slices"
	"strings"

	"go.lsp.dev/uri"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// solutions are what `go env` would print, by view and directory, on the machine of one report.
type solutions struct {
	of   *doctor.Report
	envs map[[2]string]*goenv.Env
}

// solve is what `go env` would print for a view in a directory.
func (s *server) solve(v *facts.View, dir string) *goenv.Env {
	r := s.passes.last
	if s.solved.of != r {
		s.solved = solutions{r, map[[2]string]*goenv.Env{}}
	}
	key := [2]string{v.Name, dir}
	e := s.solved.envs[key]
	if e == nil {
		e = goenv.Solve(r.Facts, v, dir)
		s.solved.envs[key] = e
	}
	return e
}

// folder is the directory whose `go env` a document is about: the innermost folder of the workspace that holds it, else the first
// one, else home.
func (s *server) folder(u uri.URI) string {
	f := s.passes.last.Facts
	best, found := f.System.Home, false
	if len(f.Folders) > 0 {
		best = f.Folders[0].Dir
	}
	name, ok := s.fileName(u)
	for _, d := range f.Folders {
		if !ok {
			break
		}
		if _, in := f.System.Style.Rel(name, d.Dir); in && (!found || len(d.Dir) > len(best)) {
			best, found = d.Dir, true
		}
	}
	return best
}

// view is the editor's, else the first one; nil for none.
func (s *server) view() *facts.View {
	f := s.passes.last.Facts
	if v := f.View("editor"); v != nil || len(f.Views) == 0 {
		return v
	}
	return f.Views[0]
}

// A link of a chain is a place that assigns a variable, and the views in which it wins.
type link struct {
	*facts.Assignment
	wins []string
}

// chain lists the places that assign a variable, weakest first: what the solver says of each view, and settings, which are for the
// programs that obey them.
func (s *server) chain(name, dir string) (list []link) {
	f := s.passes.last.Facts
	solved := false
	add := func(a *facts.Assignment) int {
		i := slices.IndexFunc(list, func(x link) bool {
			return x.Assignment == a || x.At == a.At && x.Start == a.Start && x.Layer == a.Layer
		})
		if i < 0 {
			i = len(list)
			list = append(list, link{Assignment: a})
		}
		return i
	}
	for _, a := range f.All(name) {
		add(a)
	}
	for _, v := range f.Views {
		x := s.solve(v, dir).Get(name)
		if x == nil {
			continue
		}
		solved = true
		for _, a := range x.Chain {
			add(a)
		}
		if x.Winner != nil {
			i := add(x.Winner)
			list[i].wins = append(list[i].wins, v.Name)
		}
	}
	for i := range list {
		for _, w := range list[i].Wins {
			if !solved || f.View(w) == nil {
				list[i].wins = append(list[i].wins, w)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b link) int { return cmp.Compare(a.Layer, b.Layer) })
	return list
}

// because says where a value without an assignment comes from.
func (s *server) because(w *prose, x *goenv.Variable) string {
	lang := s.lang
	switch {
	case x.Source == goenv.ByVariable && x.Via != "":
		return lang.T("from %s", w.code(x.Via))
	case x.Source == goenv.ByGo:
		return lang.T("from the go command itself")
	case x.Source == goenv.ByFile && x.Via != "":
		return lang.T("from %s", w.code(s.passes.last.Facts.Display(x.Via)))
	case x.Source == goenv.ByFile:
		return lang.T("from a file that go looks for")
	case x.Source == goenv.ByPath && x.Via != "":
		return lang.T("from looking for %s on PATH", w.code(x.Via))
	}
	return lang.T("Go's default")
}

// explainValue writes why a variable has its value in a directory.
func (s *server) explainValue(name, dir string) string {
	f, lang := s.passes.last.Facts, s.lang
	w := &prose{}
	w.line("# %s", escape(visible(name)))
	w.line("")
	if text := describe(lang, name); text != "" {
		w.line("%s", text)
		w.line("")
	}
	s.sayVariable(w, name, dir)
	w.line("")
	said := []string{}
	for _, v := range f.Views {
		if e := s.solve(v, dir); e.Err != nil && !slices.Contains(said, e.Err.Message) {
			said = append(said, e.Err.Message)
			w.line("%s %s", w.bold(lang.T("The go command fails here (%s):", s.viewName(v.Name))), w.code(facts.Redact(e.Err.Message)))
			if a := e.Err.By; a != nil {
				w.line("")
				w.line("%s", lang.T("Caused by %s", s.link(w, a.At, a.Text, a.Start, a.End)))
			}
			w.line("")
		}
	}
	w.line("%s", lang.T("As `go env` would say in %s, of which nothing was run.", w.code(f.Display(dir))))
	return w.String()
}

// why answers with the chain of a variable.
func (s *server) why(p wire.WhyParams) (any, error) {
	if s.passes.last == nil {
		return nil, failed(s.lang, l10n.Errorf("this machine could not be diagnosed; the log says why"))
	}
	name := p.Name
	if len(name) > 200 || name == "" {
		return nil, failed(s.lang, l10n.Errorf("there is no variable %.200q", name))
	}
	return wire.WhyResult{Markdown: s.explainValue(name, s.folder(uri.URI(p.Uri)))}, nil
}

// variables answers with every variable of the go command and its value, the most interesting first: those that differ between
// views, then those that somebody sets, then what is not as Go would have it.
func (s *server) variables(p wire.VariablesParams) (any, error) {
	w := wire.VariablesResult{Variables: []wire.Variable{}}
	if s.passes.last == nil {
		return nil, failed(s.lang, l10n.Errorf("this machine could not be diagnosed; the log says why"))
	}
	f, v, dir := s.passes.last.Facts, s.view(), s.folder(uri.URI(p.Uri))
	if v == nil {
		return w, nil
	}
	plain := &prose{plain: true}
	interest := map[string]int{}
	for _, x := range s.solve(v, dir).Vars {
		one := wire.Variable{Name: x.Name, Value: hide(x.Name, x.Value), Why: s.because(plain, &x)}
		if !x.Known {
			one.Value = s.lang.T("not known")
		}
		switch {
		case x.Winner != nil:
			one.Why = f.Place(x.Winner.At)
			interest[x.Name] = 2
		case len(x.Chain) > 0:
			interest[x.Name] = 2
		case x.Changed:
			interest[x.Name] = 1
		}
		for _, other := range f.Views {
			if o := s.solve(other, dir).Get(x.Name); o != nil && o.Known && x.Known && o.Value != x.Value {
				one.Why += " · " + s.lang.T("%s: %s", s.viewName(other.Name), visible(hide(x.Name, o.Value)))
				interest[x.Name] = 3
			}
		}
		w.Variables = append(w.Variables, one)
	}
	slices.SortStableFunc(w.Variables, func(a, b wire.Variable) int {
		return cmp.Or(interest[b.Name]-interest[a.Name], strings.Compare(a.Name, b.Name))
	})
	return w, nil
}

// running says for each folder of the workspace which Go will really run there, and why.
func (s *server) running() []wire.StatusFolder {
	list := []wire.StatusFolder{}
	v := s.view()
	if v == nil {
		return list
	}
	f, lang, plain := s.passes.last.Facts, s.lang, &prose{plain: true}
	for _, d := range f.Folders {
		u := s.fileURI(d.Dir)
		if u == "" {
			continue
		}
		e := s.solve(v, d.Dir)
		one := wire.StatusFolder{Uri: string(u), Version: e.Version}
		sel := e.Select
		decides := func() string {
			if sel.Because.Path == "" && sel.Because.Name == "" {
				return "GOTOOLCHAIN"
			}
			return f.Place(sel.Because)
		}
		switch {
		case e.Err != nil:
			one.Version, one.Why = "", visible(facts.Redact(e.Err.Message))
		case e.Go == "":
			one.Version, one.Why = "", lang.T("no directory of PATH holds it")
		case sel.Switched && e.Download:
			one.Why = lang.T("%s is on PATH, %s asks for %s, which has to be downloaded first", sel.Local, decides(), cmp.Or(sel.Version, e.Version))
		case sel.Switched:
			one.Why = lang.T("%s is on PATH, %s asks for %s", sel.Local, decides(), cmp.Or(sel.Version, e.Version))
		default:
			one.Why = lang.T("%s is the first on PATH", plain.code(f.Display(e.Go)))
			if x := e.Get("GOTOOLCHAIN"); x != nil && x.Winner != nil {
				one.Why += " · " + lang.T("GOTOOLCHAIN=%s comes from %s", plain.code(hide("GOTOOLCHAIN", x.Value)), f.Place(x.Winner.At))
			}
		}
		list = append(list, one)
	}
	return list
}
