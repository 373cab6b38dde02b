package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// variables are shown in this order, set or not; other variables of Go follow by name.
var variables = []string{"GOROOT", "GOPATH", "GOBIN", "GOTOOLCHAIN", "GO111MODULE", "GOFLAGS", "GOWORK", "GOENV", "GOPROXY", "GOPRIVATE",
	"GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOMODCACHE", "GOCACHE", "CGO_ENABLED", "CC", "CXX", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}

// A reading is what a variable is in one view.
type reading struct {
	view  string
	value string
	known bool
	set   bool
	at    host.Loc // what it comes from, or leads to where it is a default
	by    *facts.Assignment
}

// names are the variables to show.
func (p *page) names() (list []string) {
	st := p.s.System.Style
	more := func(name string) {
		n := st.NameKey(name)
		up := strings.ToUpper(n)
		switch {
		case slices.ContainsFunc(list, func(o string) bool { return st.EqualName(o, name) }):
		case strings.HasPrefix(n, "GO") && !strings.HasPrefix(n, "GOOGLE_"), strings.HasPrefix(n, "CGO_"), up == "HTTP_PROXY" || up == "HTTPS_PROXY" || up == "NO_PROXY":
			list = append(list, name)
		}
	}
	for _, a := range p.s.Vars {
		more(a.Name)
	}
	for _, v := range p.s.Views {
		for _, x := range v.Vars {
			more(x.Name)
		}
	}
	list = slices.DeleteFunc(list, func(n string) bool {
		return slices.ContainsFunc(variables, func(o string) bool { return st.EqualName(o, n) })
	})
	slices.Sort(list)
	return slices.Concat(variables, list)
}

func (p *page) variables() {
	p.section(p.t("Variables"), func() {
		var unset []string
		for _, name := range p.names() {
			if !p.variable(name) {
				unset = append(unset, name)
			}
		}
		if len(unset) == 0 {
			return
		}
		line := "    " + p.t("not set") + " ="
		width := 0
		for i, n := range unset {
			if i < len(unset)-1 {
				n += ","
			}
			if width = utf8.RuneCountInString(line) + 1 + len(n); width > 96 {
				p.WriteString(line + "\n")
				line = "       "
			}
			line += " " + n
		}
		p.WriteString(line + "\n")
	})
}

// read is what a view says of a variable: its block, else what the go command reads from a file, else Go's default.
func (p *page) read(v *facts.View, name string) reading {
	r := reading{view: v.Name, known: true}
	if x, ok := v.Get(p.s.System.Style, name); ok {
		r.value, r.known, r.set, r.by, r.at = x.Value, x.Known, true, x.By, host.EnvLoc(x.Name)
		if x.By != nil {
			r.at = x.By.At
		}
		return r
	}
	if a := p.s.Winner(v, name); a != nil {
		return reading{v.Name, a.Value, a.Known, true, a.At, a}
	}
	switch name {
	case "GOROOT":
		if h, ok := v.Go(); ok && h.Toolchain != nil {
			r.value = h.Toolchain.Root
		}
	case "GOPATH":
		r.value = p.s.DefaultGOPATH(v)
	case "GOMODCACHE":
		if len(p.s.Views) > 0 && v == p.s.Views[0] {
			r.value = p.s.Effective["GOMODCACHE"]
		} else if list := p.s.System.Style.SplitList(p.read(v, "GOPATH").value); len(list) > 0 && list[0].Dir != "" {
			r.value = p.s.System.Style.Join(list[0].Dir, "pkg/mod")
		}
	}
	if r.value != "" {
		r.at = host.FileLoc(r.value, 0)
	}
	return r
}

// variable writes one variable with the chain of its assignments. It reports whether there is anything to write.
func (p *page) variable(name string) bool {
	var all []reading
	differ := false
	for _, v := range p.s.Views {
		r := p.read(v, name)
		all = append(all, r)
		differ = differ || r.value != all[0].value || r.known != all[0].known
	}
	chain := p.s.All(name)
	if len(chain) == 0 && !slices.ContainsFunc(all, func(r reading) bool { return r.value != "" || r.set }) {
		return false
	}
	first := p.line()
	p.WriteString("    " + visible(name, maxShown))
	switch {
	case differ:
		p.WriteString(" " + differs + "\n")
		for _, r := range all {
			p.WriteString("        " + p.view(r.view) + " = ")
			p.reading(name, r)
			p.WriteByte('\n')
		}
	case len(all) > 0:
		p.WriteString(" = ")
		p.reading(name, all[0])
		p.WriteByte('\n')
	default:
		p.WriteByte('\n')
	}
	for _, a := range chain {
		p.assignment(a)
	}
	p.fold(first)
	return true
}

func (p *page) reading(name string, r reading) {
	start := p.Len()
	switch {
	case facts.Secret(name) && r.set:
		p.WriteString(facts.Redacted)
	case !r.known:
		p.WriteString("?")
	case r.value == "":
		p.WriteString(p.t("not set"))
	case strings.EqualFold(name, "PATH"):
	default:
		p.show(r.value)
	}
	if r.set || r.value != "" {
		s := Span{At: r.at, Name: name, Goes: []host.Loc{r.at}}
		p.span(start, s)
	}
	switch {
	case !r.set && r.value != "":
		p.WriteString("  (" + p.t("default") + ")")
	case !r.known:
		p.WriteString("  (" + p.t("only known when its shell runs") + ")")
	}
}

// assignment writes one place that assigns a variable, as that place writes it.
func (p *page) assignment(a *facts.Assignment) {
	mark := loses
	if len(a.Wins) > 0 {
		mark = wins
	}
	p.WriteString("        " + mark + " ")
	p.mention(a.At)
	p.WriteString(" = ")
	start := p.Len()
	switch {
	case facts.Secret(a.Name):
		p.WriteString(facts.Redacted)
	case a.Text != nil && a.Start >= 0 && a.End <= len(a.Text.S):
		p.copy(a.Text, a.Start, a.End)
	default:
		p.show(a.Raw)
	}
	if p.Len() == start {
		p.WriteString(`""`)
	}
	p.variableReferences(start, a.At)
	p.span(start, Span{At: a.At, Name: a.Name, Goes: []host.Loc{a.At}})
	p.WriteString("  (" + doctor.Layer(p.r.Lang, a))
	var in []string
	for _, v := range p.s.Views {
		if slices.Contains(a.Wins, v.Name) {
			in = append(in, v.Name)
		}
	}
	if len(in) > 0 && len(in) < len(p.s.Views) {
		p.WriteString("; " + p.views(in))
	}
	p.WriteString(")\n")
}

// variableReferences marks what refers to other variables since start: %NAME% on Windows, $NAME and ${NAME} elsewhere.
func (p *page) variableReferences(start int, at host.Loc) {
	goes := func(name string) []host.Loc { return setters(p.s, name) }
	if p.s.System.Style.Windows {
		p.references(start, at, goes)
		return
	}
	s := p.String()
	for i := start; i < len(s); i++ {
		if s[i] != '$' {
			continue
		}
		from := i + 1
		if from < len(s) && s[from] == '{' {
			from++
		}
		end := from
		for end < len(s) && (s[end] == '_' || s[end]|0x20 >= 'a' && s[end]|0x20 <= 'z' || end > from && s[end] >= '0' && s[end] <= '9') {
			end++
		}
		if end > from {
			to := end
			if s[from-1] == '{' && to < len(s) && s[to] == '}' {
				to++
			}
			p.reference(i, to, s[from:end], at, goes)
			i = to - 1
		}
	}
}

// paths writes the PATH of each view; equal ones once.
func (p *page) paths() {
	var groups [][]*facts.View
	for _, v := range p.s.Views {
		i := slices.IndexFunc(groups, func(g []*facts.View) bool { return p.samePath(g[0], v) })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], v)
	}
	for _, g := range groups {
		var names []string
		for _, v := range g {
			names = append(names, v.Name)
		}
		p.section(p.t("PATH (%s)", p.views(names)), func() {
			// PATH may have ten thousand elements
			index := p.index(g[0])
			others := map[string]map[string]int{}
			for _, o := range p.s.Views {
				if !slices.Contains(g, o) {
					others[o.Name] = p.index(o)
				}
			}
			tools := map[string]facts.PathHit{}
			for _, tool := range facts.Tools {
				if hits := g[0].Hits(tool); len(hits) > 0 {
					tools[tool] = hits[0]
				}
			}
			for i, e := range g[0].Path {
				p.element(i, e, index, others, tools)
			}
			if len(g[0].Path) == 0 {
				p.WriteString("    " + p.t("empty") + "\n")
			}
		})
	}
}

func (p *page) samePath(a, b *facts.View) bool {
	return slices.EqualFunc(a.Path, b.Path, func(x, y *facts.PathEntry) bool {
		return p.s.System.Style.Key(x.Dir) == p.s.System.Style.Key(y.Dir) && x.Known == y.Known && x.At == y.At
	})
}

// index is where a view's PATH has each directory first.
func (p *page) index(v *facts.View) map[string]int {
	m := map[string]int{}
	for i, e := range slices.Backward(v.Path) {
		if e.Known {
			m[p.s.System.Style.Key(e.Dir)] = i
		}
	}
	return m
}

// element writes one element of PATH and the programs that it holds: index, others and tools say where this PATH has each directory, which
// ones the other views have, and which program of each name runs.
func (p *page) element(i int, e *facts.PathEntry, index map[string]int, others map[string]map[string]int, tools map[string]facts.PathHit) {
	key := p.s.System.Style.Key(e.Dir)
	p.WriteString("    " + fmt.Sprintf("%2d", i+1) + ". ")
	start := p.Len()
	dir := visible(facts.Redact(e.Dir), maxShown)
	switch {
	case !e.Known && e.Text == "":
		dir = "?"
	case !e.Known:
		dir = visible(facts.Redact(e.Text), maxShown)
	case e.Dir == "":
		dir = p.t("(empty)")
	}
	if t := e.Source; t != nil && e.Start >= 0 && e.Start <= e.End && e.End <= len(t.S) {
		p.from(t, e.Start, e.End, dir)
	} else {
		p.WriteString(dir)
	}
	p.span(start, Span{At: e.At, Name: "PATH", Goes: []host.Loc{e.At}, subject: "path:" + key})
	p.WriteString("  ← ")
	at := p.Len()
	p.WriteString(p.place(e.At))
	p.span(at, Span{At: e.At, Name: "PATH", Goes: []host.Loc{e.At}})
	if j := index[key]; e.Known && j < i {
		p.WriteString("  " + again + " " + p.t("as %d", j+1))
	}
	if f := e.Folder; f != nil {
		switch {
		case f.Exists == facts.No:
			p.WriteString("  " + missing + " " + p.t("missing"))
		case f.Exists == facts.Yes && !f.IsDir:
			p.WriteString("  " + missing + " " + p.t("not a directory"))
		}
	}
	var absent []string
	for _, o := range p.s.Views {
		if list, other := others[o.Name]; other && e.Known {
			if _, has := list[key]; !has {
				absent = append(absent, o.Name)
			}
		}
	}
	if len(absent) > 0 {
		p.WriteString("  " + differs + " " + p.t("not in %s", p.views(absent)))
	}
	p.WriteByte('\n')
	if e.Folder == nil {
		return
	}
	for _, h := range e.Folder.Hits {
		p.WriteString("        " + h.Tool + " = ")
		file := p.Len()
		p.show(h.File)
		p.span(file, Span{At: host.FileLoc(h.File, 0), Goes: []host.Loc{e.At}})
		p.note(h)
		switch first := tools[h.Tool]; {
		case first.Hit != h:
			p.WriteString("  " + loses + " " + p.t("hidden by %d", first.Index+1))
		case first.Index != i:
			p.WriteString("  " + again + " " + p.t("as %d", first.Index+1))
		}
		p.WriteByte('\n')
	}
}

// note is what is known of a program beside its name.
func (p *page) note(h *facts.Hit) {
	var list []string
	if v := hitVersion(h); v != "" {
		list = append(list, v)
	}
	if h.Program != nil && h.Program.Module != "" && h.Program.GoVersion != "" {
		list = append(list, p.t("built with %s", h.Program.GoVersion))
	}
	switch {
	case h.Alias:
		list = append(list, p.t("alias of the Microsoft Store"))
		if h.Detail != "" {
			list = append(list, "→ "+visible(facts.Redact(h.Detail), maxShown))
		}
	case h.Manager != "":
		list = append(list, p.t("chosen by %s", h.Manager))
	}
	if h.Target != "" && h.Target != h.File {
		list = append(list, "→ "+visible(h.Target, maxShown))
	}
	if len(list) > 0 {
		p.WriteString("  (" + strings.Join(list, ", ") + ")")
	}
	if h.Defect == "" {
		return
	}
	why := ""
	switch h.Defect {
	case facts.Dangling:
		why = p.t("leads nowhere")
	case facts.Empty:
		why = p.t("empty file")
	case facts.BadFormat:
		why = p.t("not a program of this system")
	case facts.NoExecBit:
		why = p.t("may not be executed")
	case facts.NoExecFS:
		why = p.t("on a file system that runs nothing")
	case facts.NoInterp:
		why = p.t("its loader is missing")
	case facts.ForeignPE:
		why = p.t("a program of Windows")
	}
	if h.Detail != "" {
		why += ": " + visible(facts.Redact(h.Detail), maxShown)
	}
	p.WriteString("  " + missing + " " + why)
}

// hitVersion is the version of a tool, "" unknown.
func hitVersion(h *facts.Hit) string {
	switch {
	case h.Toolchain != nil && h.Toolchain.Version != "":
		return h.Toolchain.Version
	case h.Program == nil:
		return ""
	case h.Program.Version != "":
		return h.Program.Version
	}
	return h.Program.GoVersion
}

func (p *page) toolchains() {
	if len(p.s.Toolchains) == 0 {
		return
	}
	p.section(p.t("Toolchains"), func() {
		for _, t := range p.s.Toolchains {
			version := t.Version
			if version == "" {
				version = p.t("version unknown")
			}
			p.WriteString("    " + visible(version, maxShown) + " = ")
			start := p.Len()
			p.show(t.Root)
			p.span(start, Span{At: host.FileLoc(t.Root, 0), Goes: []host.Loc{host.FileLoc(t.Root, 0)}})
			var list, in []string
			if t.Installer != "" {
				list = append(list, t.Installer)
			}
			if t.Cached {
				list = append(list, p.t("in the module cache"))
			}
			for _, v := range p.s.Views {
				if h, ok := v.Go(); ok && h.Toolchain == t {
					in = append(in, v.Name)
				}
			}
			if len(in) > 0 {
				list = append(list, p.t("in use in %s", p.views(in)))
			}
			if len(list) > 0 {
				p.WriteString("  (" + strings.Join(list, ", ") + ")")
			}
			p.WriteByte('\n')
		}
	})
}

// tools writes the first hit of each tool, once where the views agree.
func (p *page) tools() {
	p.section(p.t("Tools"), func() {
		for _, tool := range facts.Tools {
			files := make([]string, len(p.s.Views))
			hits := make([]facts.PathHit, len(p.s.Views))
			differ, any := false, false
			for i, v := range p.s.Views {
				if list := v.Hits(tool); len(list) > 0 {
					hits[i], files[i], any = list[0], list[0].File, true
				}
				differ = differ || files[i] != files[0]
			}
			write := func(h facts.PathHit) {
				if h.Hit == nil {
					p.WriteString(p.t("not found") + "\n")
					return
				}
				start := p.Len()
				p.show(h.File)
				p.span(start, Span{At: host.FileLoc(h.File, 0), Goes: []host.Loc{h.Entry.At}})
				p.note(h.Hit)
				p.WriteByte('\n')
			}
			switch {
			case !any && tool != "go" && tool != "gopls" && tool != "dlv":
			case !differ && len(hits) > 0:
				p.WriteString("    " + tool + " = ")
				write(hits[0])
			case len(hits) > 0:
				p.WriteString("    " + tool + " " + differs + "\n")
				for i, h := range hits {
					p.WriteString("        " + p.view(p.s.Views[i].Name) + " = ")
					write(h)
				}
			}
		}
	})
}

func (p *page) modules() {
	if len(p.s.Folders) == 0 {
		return
	}
	p.section(p.t("Modules"), func() {
		for _, f := range p.s.Folders {
			first := p.line()
			p.WriteString("    ")
			start := p.Len()
			p.show(f.Dir)
			p.span(start, Span{At: host.FileLoc(f.Dir, 0), Goes: []host.Loc{host.FileLoc(f.Dir, 0)}})
			p.WriteByte('\n')
			for _, m := range append([]*facts.ModFile{f.Work, f.Mod}, f.Modules...) {
				if m == nil {
					continue
				}
				p.WriteString("        " + p.s.System.Style.Base(m.At.Path) + " = ")
				p.mention(m.At)
				var list []string
				for _, verb := range []string{"module", "go", "toolchain"} {
					if arg := m.Arg(verb); arg != "" {
						list = append(list, verb+" "+visible(arg, maxShown))
					}
				}
				if len(list) > 0 {
					p.WriteString("  (" + strings.Join(list, ", ") + ")")
				}
				p.WriteByte('\n')
			}
			if f.Mod == nil && f.Work == nil && len(f.Modules) == 0 {
				p.WriteString("        go.mod = " + p.t("none") + "\n")
			}
			switch sel := f.Select; {
			case sel.Err != "":
				p.WriteString("        " + p.t("runs") + " = " + missing + " " + visible(facts.Redact(sel.Err), maxShown) + "\n")
			case sel.Version != "":
				p.WriteString("        " + p.t("runs") + " = " + visible(sel.Version, maxShown))
				switch {
				case sel.Switched && !sel.Because.IsZero():
					p.WriteString("  (" + p.t("because of") + " ")
					p.mention(sel.Because)
					p.WriteString(")")
				case sel.Switched && sel.By != nil:
					p.WriteString("  (" + p.t("because of") + " ")
					p.mention(sel.By.At)
					p.WriteString(")")
				}
				p.WriteByte('\n')
			}
			p.fold(first)
		}
	})
}

func (p *page) limits() {
	if len(p.s.Limits) == 0 {
		return
	}
	p.section(p.t("Limits of the container"), func() {
		for _, l := range p.s.Limits {
			if l.CPU > 0 {
				p.WriteString("    " + p.t("processors") + " = " + strconv.FormatFloat(l.CPU, 'g', 4, 64))
			} else {
				p.WriteString("    " + p.t("memory") + " = " + fmt.Sprintf("%.4g MiB", float64(l.Memory)/(1<<20)))
			}
			p.WriteString("  ← ")
			p.mention(l.At)
			p.WriteByte('\n')
		}
	})
}

func (p *page) gaps() {
	if len(p.r.Gaps) == 0 {
		return
	}
	p.section(p.t("Could not be learned"), func() {
		for _, g := range p.r.Gaps {
			p.WriteString("    ")
			if !g.At.IsZero() {
				p.mention(g.At)
				p.WriteString(" = ")
			}
			p.WriteString(visible(strings.Join(strings.Fields(g.Reason), " "), 2*maxShown) + "\n")
		}
	})
}
