package report

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
)

// Tools are the programs that Which knows.
var Tools = facts.Tools

// Env is what `go env` would print for this process in the first folder, else at home; nil where no environment is known.
func Env(r *doctor.Report) *goenv.Env {
	if len(r.Facts.Views) == 0 {
		return nil
	}
	return solve(r.Facts, r.Facts.Views[0])
}

func solve(s *facts.Snapshot, v *facts.View) *goenv.Env {
	dir := s.System.Home
	if len(s.Folders) > 0 {
		dir = s.Folders[0].Dir
	}
	return goenv.Solve(s, v, dir)
}

// GoEnv writes variables as the go command e would (cmd/go/internal/envcmd, PrintEnv): with names, those alone. Values that nobody knows
// without running a program are left out, and returned by their names. stripped are the names from whose values cmd.exe forces go to take
// characters out.
func GoEnv(w io.Writer, s *facts.Snapshot, e *goenv.Env, names []string, asJSON, changed bool) (unknown, stripped []string, err error) {
	var vars []goenv.Variable
	for _, v := range e.Vars {
		if len(names) == 0 {
			vars = append(vars, v)
		}
	}
	for _, name := range names {
		if v := e.Get(name); v != nil {
			vars = append(vars, *v)
		} else if !changed {
			vars = append(vars, goenv.Variable{Name: name, Known: true})
		}
	}
	b := bufio.NewWriter(w)
	object := map[string]string{}
	for _, v := range vars {
		switch {
		case !v.Known:
			unknown = append(unknown, v.Name)
		case changed && !v.Changed:
		case asJSON:
			object[v.Name] = v.Value
		case len(names) > 0 && !changed:
			b.WriteString(v.Value + "\n")
		case s.System.OS == "windows":
			if strings.ContainsFunc(v.Value, unquotable) {
				stripped = append(stripped, v.Name)
			}
			fmt.Fprintf(b, "set %s=%s\n", v.Name, batchEscape(v.Value))
		case strings.HasPrefix(e.Version, "go1.20"): // quoted for shells since 1.21
			fmt.Fprintf(b, "%s=\"%s\"\n", v.Name, v.Value)
		default:
			fmt.Fprintf(b, "%s='%s'\n", v.Name, strings.ReplaceAll(v.Value, "'", `'\''`))
		}
	}
	if asJSON {
		enc := json.NewEncoder(b)
		enc.SetIndent("", "\t")
		if err := enc.Encode(object); err != nil {
			return nil, nil, err
		}
	}
	return unknown, stripped, b.Flush()
}

// unquotable reports whether a `set` command cannot hold a character.
func unquotable(r rune) bool {
	return r == '\r' || r == '\n' || !unicode.IsGraphic(r) && !unicode.IsSpace(r)
}

func batchEscape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case unquotable(r):
			b.WriteRune(unicode.ReplacementChar)
		case r == '%':
			b.WriteString("%%")
		case strings.ContainsRune("<>|&^", r):
			b.WriteString("^" + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// A Reason says what a variable is in some views and who says so.
type Reason struct {
	Name   string   `json:"name"`
	Views  []string `json:"views"`
	Value  string   `json:"value"`
	Known  bool     `json:"known"`
	Source string   `json:"source"` // where the value comes from where nobody assigns it, in the language of the report; else ""
	Chain  []Link   `json:"chain"`  // strongest first
}

// A Link is one place that assigns a variable. State is "wins", "overridden", "empty", which never counts, or "elsewhere": it does not
// reach these views.
type Link struct {
	At    string `json:"at"`
	Layer string `json:"layer"`
	Raw   string `json:"raw"`
	Value string `json:"value"`
	State string `json:"state"`
}

// Reasons says of each name what it is in each view; views that agree are one. Values have no credentials.
func Reasons(r *doctor.Report, names []string) []Reason {
	list := []Reason{}
	var envs []*goenv.Env
	for _, v := range r.Facts.Views {
		envs = append(envs, solve(r.Facts, v))
	}
	for _, name := range names {
		first := len(list)
		for _, e := range envs {
			x := reason(r, e, name)
			i := slices.IndexFunc(list[first:], func(o Reason) bool {
				return o.Value == x.Value && o.Known == x.Known && o.Source == x.Source && slices.Equal(o.Chain, x.Chain)
			})
			if i < 0 {
				list = append(list, x)
			} else {
				list[first+i].Views = append(list[first+i].Views, x.Views...)
			}
		}
	}
	return list
}

func reason(r *doctor.Report, e *goenv.Env, name string) Reason {
	x := Reason{Name: name, Views: []string{e.View.Name}, Known: true, Chain: []Link{}}
	v := e.Get(name)
	if v == nil {
		x.Source = r.Lang.T("not a variable of %s", cmp.Or(e.Version, "go"))
		return x
	}
	x.Value, x.Known = conceal(name, v.Value), v.Known
	if v.Winner == nil {
		x.Source = source(r.Lang, v)
	}
	won := v.Winner == nil
	for _, a := range slices.Backward(v.Chain) {
		l := Link{At: a.At.String(), Layer: doctor.Layer(r.Lang, a), Raw: conceal(name, a.Raw), Value: conceal(name, a.Value)}
		switch {
		case a == v.Winner:
			l.State, won = "wins", true
		case a.Known && a.Value == "":
			l.State = "empty"
		case !won || v.Winner == nil || a.OS() && !slices.Contains(a.Wins, e.View.Name) && a.Layer > v.Winner.Layer:
			l.State = "elsewhere"
		default:
			l.State = "overridden"
		}
		x.Chain = append(x.Chain, l)
	}
	return x
}

// conceal takes what must not be shown out of a value.
func conceal(name, value string) string {
	if facts.Secret(name) && value != "" {
		return facts.Redacted
	}
	return facts.Redact(value)
}

// source says where a value without assignment comes from.
func source(lang l10n.Lang, v *goenv.Variable) string {
	switch {
	case v.Source == goenv.ByVariable:
		return lang.T("follows from %s", v.Via)
	case v.Source == goenv.ByGo && v.Via != "":
		return lang.T("the go command %s itself", v.Via)
	case v.Source == goenv.ByGo:
		return lang.T("the go command itself")
	case v.Source == goenv.ByFile && v.Via != "":
		return lang.T("the file %s", v.Via)
	case v.Source == goenv.ByFile:
		return lang.T("a file that go looks for in the folder and above")
	case v.Source == goenv.ByPath && v.Via != "":
		return lang.T("whether %s is on PATH", v.Via)
	}
	return lang.T("default")
}

// Why writes reasons for people: the value, then each place, strongest first.
func Why(w io.Writer, r *doctor.Report, reasons []Reason) error {
	p := &printer{w: bufio.NewWriter(w), lang: r.Lang}
	for i, x := range reasons {
		if i > 0 {
			p.w.WriteByte('\n')
		}
		value := x.Value
		if !x.Known {
			value = "?"
		}
		head := x.Name + "=" + value
		if len(x.Views) < len(r.Facts.Views) {
			head += "  [" + viewNames(r.Lang, x.Views) + "]"
		}
		p.raw("", "", head)
		for _, l := range x.Chain {
			mark, state := "·", ""
			switch l.State {
			case "wins":
				mark, state = "✓", r.Lang.T("wins")
			case "overridden":
				state = r.Lang.T("overridden")
			case "empty":
				state = r.Lang.T("empty, does not count")
			case "elsewhere":
				state = r.Lang.T("does not count here")
			}
			text := fmt.Sprintf("%s %s = %s  (%s; %s)", mark, l.At, l.Raw, l.Layer, state)
			if l.Raw != l.Value {
				text = fmt.Sprintf("%s %s = %s → %s  (%s; %s)", mark, l.At, l.Raw, l.Value, l.Layer, state)
			}
			p.raw("  ", "", text)
		}
		if x.Source != "" {
			p.raw("  ", "", "✓ "+x.Source)
		}
	}
	return p.w.Flush()
}

func viewNames(lang l10n.Lang, names []string) string {
	var list []string
	for _, n := range names {
		switch n {
		case "editor":
			n = lang.T("editor")
		case "login":
			n = lang.T("login")
		case "terminal":
			n = lang.T("terminal")
		}
		list = append(list, n)
	}
	return strings.Join(list, ", ")
}

// A Found is one file that a tool's name finds.
type Found struct {
	Tool      string   `json:"tool"`
	View      string   `json:"view"` // "" in golang.go's order
	File      string   `json:"file"`
	Target    string   `json:"target,omitempty"`
	Version   string   `json:"version,omitempty"`
	Arch      []string `json:"arch,omitempty"`
	Installer string   `json:"installer,omitempty"`
	By        string   `json:"by"` // who put its directory there: a place, or what golang.go asks
	Defect    string   `json:"defect,omitempty"`
	Runs      bool     `json:"runs"` // the one that a shell, or golang.go, takes
}

// Which lists what the names of tools find: in PATH of each view, and in the order in which golang.go looks (catalogue, T12).
func Which(r *doctor.Report, names []string) []Found {
	list := []Found{}
	for _, name := range names {
		for _, v := range r.Facts.Views {
			runs := false
			for _, h := range v.Hits(name) {
				f := found(h.Hit)
				f.View, f.By = v.Name, h.Entry.At.String()
				f.Runs = !runs && h.Defect != facts.Dangling && h.Defect != facts.NoExecBit
				runs = runs || f.Runs
				list = append(list, f)
			}
		}
		list = append(list, extension(r, name)...)
	}
	return list
}

func found(h *facts.Hit) Found {
	f := Found{Tool: h.Tool, File: h.File, Defect: string(h.Defect), Installer: h.Manager}
	if h.Target != h.File {
		f.Target = h.Target
	}
	if h.Program != nil {
		f.Arch, f.Version = h.Program.Arch, cmp.Or(h.Program.Version, h.Program.GoVersion)
	}
	if t := h.Toolchain; t != nil {
		f.Version, f.Installer = cmp.Or(t.Version, f.Version), cmp.Or(f.Installer, t.Installer)
	}
	return f
}

// extension is where golang.go finds a tool, in its order, as far as the probes looked there.
func extension(r *doctor.Report, tool string) (list []Found) {
	s := r.Facts
	if len(s.Views) == 0 {
		return nil
	}
	v, st := s.Views[0], s.System.Style
	exe := tool
	if st.Windows {
		exe += ".exe"
	}
	hits := map[string]*facts.Hit{}
	for _, o := range s.Views {
		for _, h := range o.Hits(tool) {
			hits[st.Key(h.File)] = h.Hit
		}
	}
	add := func(name, by string, there bool) {
		h := hits[st.Key(name)]
		if h == nil && !there || slices.ContainsFunc(list, func(f Found) bool { return st.Equal(f.File, name) }) {
			return
		}
		f := Found{Tool: tool, File: name}
		if h != nil {
			f = found(h)
		} else if t := s.Toolchain(st.Dir(st.Dir(name))); t != nil {
			f.Version, f.Installer = t.Version, t.Installer
		}
		f.By, f.Runs = by, len(list) == 0
		list = append(list, f)
	}
	setting := func(key string) (string, host.Loc) {
		for _, f := range slices.Backward(s.Settings) {
			if m := f.Get(key); m != nil && m.IsString && m.Value != "" {
				at := f.At
				at.Line = m.Line
				return m.Value, at
			}
		}
		return "", host.Loc{}
	}
	in := func(dir, by string) {
		if dir != "" {
			name := st.Join(dir, exe)
			add(name, by, slices.Contains(s.Dir(dir).Programs, exe))
		}
	}
	if name, at := setting("go.alternateTools." + tool); st.IsAbs(name) {
		add(name, "go.alternateTools, "+at.String(), s.File(name).Exists != facts.No)
	}
	if x, ok := v.Get(st, "GOBIN"); ok && x.Known {
		in(x.Value, "GOBIN")
	}
	goroot := func() {
		root, at := setting("go.goroot")
		by := "go.goroot, " + at.String()
		if root == "" {
			x, _ := v.Get(st, "GOROOT")
			root, by = x.Value, "GOROOT"
		}
		if root != "" {
			add(st.Join(root, "bin/"+exe), by, (tool == "go" || tool == "gofmt") && s.Dir(root).Verdict() == facts.IsToolchain)
		}
	}
	if tool != "go" {
		if list, at := setting("go.toolsGopath"); list != "" {
			for _, e := range st.SplitList(list) {
				in(st.Join(e.Dir, "bin"), "go.toolsGopath, "+at.String())
			}
		}
		for _, dir := range s.GOPATHBins(v) {
			in(dir, "GOPATH")
		}
	}
	goroot()
	for _, h := range v.Hits(tool) {
		if h.Defect != facts.Dangling && h.Defect != facts.NoExecBit && !h.Alias {
			add(h.File, "PATH, "+h.Entry.At.String(), true)
		}
	}
	if tool == "go" {
		places := []string{"/usr/local/go", "/usr/local"}
		if st.Windows {
			places = []string{`C:\Program Files\Go`, `C:\Program Files (x86)\Go`}
		}
		for _, root := range places {
			add(st.Join(root, "bin/"+exe), r.Lang.T("a place where it always looks"), s.Toolchain(root) != nil)
		}
	}
	return list
}

// WhichText writes what Which found for people.
func WhichText(w io.Writer, r *doctor.Report, names []string, list []Found) error {
	p := &printer{w: bufio.NewWriter(w), lang: r.Lang}
	for i, name := range names {
		if i > 0 {
			p.w.WriteByte('\n')
		}
		p.raw("", "", name)
		var titles []string
		blocks := map[string][]string{}
		for _, v := range append(slices.Clone(r.Facts.Views), &facts.View{}) {
			var lines []string
			for _, f := range list {
				if f.Tool == name && f.View == v.Name {
					lines = append(lines, foundLine(r.Lang, f))
				}
			}
			text := strings.Join(lines, "\n")
			if v.Name == "" {
				titles = append(titles, "golang.go")
				blocks["golang.go"] = lines
				continue
			}
			same := slices.IndexFunc(titles, func(t string) bool { return strings.Join(blocks[t], "\n") == text })
			title := viewNames(r.Lang, []string{v.Name})
			if same >= 0 {
				joined := titles[same] + ", " + title
				blocks[joined] = lines
				titles[same] = joined
				continue
			}
			titles, blocks[title] = append(titles, title), lines
		}
		for _, t := range titles {
			p.raw("  ", "", t)
			for _, line := range blocks[t] {
				p.raw("    ", "", line)
			}
			if len(blocks[t]) == 0 {
				p.raw("    ", "", r.Lang.T("not found"))
			}
		}
	}
	return p.w.Flush()
}

func foundLine(lang l10n.Lang, f Found) string {
	mark := "·"
	if f.Runs {
		mark = "✓"
	}
	var notes []string
	for _, n := range []string{f.Version, strings.Join(f.Arch, "+"), f.Installer} {
		if n != "" {
			notes = append(notes, n)
		}
	}
	if f.Target != "" {
		notes = append(notes, "→ "+f.Target)
	}
	if f.Defect != "" {
		notes = append(notes, lang.T("cannot start"))
	}
	text := mark + " " + f.File
	if len(notes) > 0 {
		text += "  (" + strings.Join(notes, ", ") + ")"
	}
	return text + "  ← " + f.By
}
