package server

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/go-env-doctor/go-env-doctor/sidecar/document"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// variables are the names that the go command reads, for a hover where nobody sets them. Source: cmd/go/internal/cfg, and go help environment.
const variables = " AR CC CGO_CFLAGS CGO_CPPFLAGS CGO_CXXFLAGS CGO_ENABLED CGO_FFLAGS CGO_LDFLAGS CXX FC GCCGO GO111MODULE GOAMD64 GOARCH GOARM GOARM64 GOAUTH GOBIN GOCACHE GOCACHEPROG GOCOVERDIR GODEBUG GOENV GOEXE GOEXPERIMENT GOFIPS140 GOFLAGS GOGCCFLAGS GOHOSTARCH GOHOSTOS GOINSECURE GOMIPS GOMODCACHE GONOPROXY GONOSUMDB GOOS GOPATH GOPPC64 GOPRIVATE GOPROXY GORISCV64 GOROOT GOSUMDB GOTELEMETRY GOTMPDIR GOTOOLCHAIN GOTOOLDIR GOVCS GOWASM GOWORK HTTPS_PROXY HTTP_PROXY NO_PROXY PATH PKG_CONFIG "

// settings are the settings of golang.go that stand for a variable.
var settings = map[string]string{"go.goroot": "GOROOT", "go.gopath": "GOPATH", "go.toolsGopath": "GOPATH"}

// A subject is what stands at a position of a text: a variable, or an element of PATH.
type subject struct {
	text       string // that the editor shows
	start, end int    // bytes of it
	name       string // of the variable, "" none
	entry      *facts.PathEntry
	goes       []host.Loc // what a go-env: document says that it leads to
}

// subject finds what stands at a position. A text that no probe read has nothing to say.
func (s *server) subject(u uri.URI, pos protocol.Position) (subject, bool) {
	if s.passes.last == nil {
		return subject{}, false
	}
	if path := pagePath(u); isPage(path) {
		return s.pageSubject(path, pos)
	}
	name, ok := s.fileName(u)
	if !ok {
		return subject{}, false
	}
	t := s.fileText(name)
	if t == nil {
		return subject{}, false
	}
	text := t.S
	if b := s.buffer(name); b != nil {
		text = b.text
	}
	off := s.enc.offset(text, pos)
	x := subject{text: text}
	if x.name, x.start, x.end = s.word(text, off); x.name != "" {
		return x, true
	}
	in := func(start, end int) bool {
		x.start, x.end, ok = project(t.S, text, start, end)
		return ok && x.start <= off && off <= x.end
	}
	for _, set := range s.passes.last.Facts.Settings {
		if set.Text == nil || set.Text.At != t.At {
			continue
		}
		for _, m := range set.Values {
			if v := settings[m.Key]; v != "" && in(m.KeyStart, m.KeyEnd) {
				x.name = v
				return x, true
			}
		}
	}
	for _, v := range s.passes.last.Facts.Views {
		for _, e := range v.Path {
			if e.Source != nil && e.Source.At == t.At && e.Start >= 0 && in(e.Start, e.End) {
				x.entry = e
				return x, true
			}
		}
	}
	return subject{}, false
}

// fileText is what the last pass read of a file, nil for nothing.
func (s *server) fileText(name string) *host.Text {
	at := s.place(name)
	if t := s.passes.last.Facts.Texts[at]; t != nil {
		return t
	}
	for have, t := range s.passes.last.Facts.Texts {
		if have.Kind == host.File && s.style().Equal(s.name(have), name) {
			return t
		}
	}
	return nil
}

func (s *server) pageSubject(path string, pos protocol.Position) (subject, bool) {
	d := s.page(path)
	if d == nil {
		return subject{}, false
	}
	x := subject{text: d.Text}
	if b := s.pageBuffer(path); b != nil {
		x.text = b.text
	}
	off := s.enc.offset(x.text, pos)
	if name, start, end := s.word(x.text, off); name != "" {
		x.name, x.start, x.end = name, start, end
	}
	at, _, exact := project(x.text, d.Text, off, off)
	if !exact {
		return x, x.name != ""
	}
	for _, span := range d.At(at) {
		start, end, exact := project(d.Text, x.text, span.Start, span.End)
		if !exact {
			continue
		}
		e := s.entry(span.Text, span.From, span.End-span.Start, span.At, d.Text[span.Start:span.End])
		if e == nil && span.Name == "" && len(span.Goes) == 0 {
			continue
		}
		if x.name != "" && span.Name == "" && (e != nil || x.end-x.start < end-start) {
			break // the name is the narrower one
		}
		x.start, x.end, x.goes = start, end, span.Goes
		if x.name = span.Name; e != nil {
			x.name, x.entry = "", e
		}
		break
	}
	return x, x.name != "" || x.entry != nil || len(x.goes) > 0
}

// entry is the element of PATH that a range of a go-env: document shows.
func (s *server) entry(t *host.Text, from, size int, at host.Loc, text string) *facts.PathEntry {
	for _, v := range s.passes.last.Facts.Views {
		for _, e := range v.Path {
			switch {
			case t != nil && e.Source != nil && e.Source.At == t.At && e.Start == from && e.End == from+size,
				t == nil && e.At == at && text != "" && (text == e.Text || text == e.Dir):
				return e
			}
		}
	}
	return nil
}

// word is the variable whose name stands at an offset: one that is known, or any in %NAME%, $NAME, ${NAME}, $env:NAME.
func (s *server) word(text string, off int) (name string, start, end int) {
	start, end = off, off
	for start > 0 && wordByte(text[start-1]) {
		start--
	}
	for end < len(text) && wordByte(text[end]) {
		end++
	}
	name = text[start:end]
	if name == "" || len(name) > 100 || name[0] >= '0' && name[0] <= '9' {
		return "", 0, 0
	}
	before, after := text[:start], text[end:]
	reference := strings.HasSuffix(before, "$") || strings.HasSuffix(before, "${") || strings.HasSuffix(strings.ToLower(before[max(0, len(before)-5):]), "$env:") ||
		strings.HasSuffix(before, "%") && strings.HasPrefix(after, "%")
	f := s.passes.last.Facts
	known := strings.Contains(variables, " "+name+" ") || f.Effective[name] != "" || slices.ContainsFunc(f.Vars, func(a *facts.Assignment) bool {
		return a.Name == name || f.System.Style.NameKey(a.Name) == name || reference && f.System.Style.EqualName(a.Name, name)
	})
	if !known && reference {
		known = slices.ContainsFunc(f.Views, func(v *facts.View) bool { _, ok := v.Vars[f.System.Style.NameKey(name)]; return ok })
	}
	if !known {
		return "", 0, 0
	}
	return name, start, end
}

func wordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// hover says what is known of the variable or the element of PATH at a position.
func (s *server) hover(p protocol.TextDocumentPositionParams) *protocol.Hover {
	x, ok := s.subject(p.TextDocument.URI, p.Position)
	if !ok {
		return nil
	}
	w := prose{plain: !slices.Contains(s.client.Capabilities.TextDocument.Hover.ContentFormat, protocol.MarkupKindMarkdown)}
	switch {
	case x.entry != nil:
		s.sayEntry(&w, x.entry)
	case x.name != "":
		s.sayVariable(&w, x.name, s.folder(p.TextDocument.URI))
	default:
		return nil
	}
	kind := protocol.MarkupKindMarkdown
	if w.plain {
		kind = protocol.MarkupKindPlainText
	}
	span := s.enc.span(x.text, x.start, x.end)
	return &protocol.Hover{Contents: &protocol.MarkupContent{Kind: kind, Value: strings.TrimSpace(w.String())}, Range: &span}
}

// A value is what a variable has in a view.
type value struct{ view, text string }

// sayVariable writes the effective value in each view, in one line where they agree, and the chain of assignments.
func (s *server) sayVariable(w *prose, name, dir string) {
	f, lang := s.passes.last.Facts, s.lang
	chain := s.chain(name, dir)
	if len(chain) > 0 {
		name = chain[len(chain)-1].Name
	}
	var values []value
	unknown := lang.T("not known")
	for _, v := range f.Views {
		values = append(values, value{v.Name, s.effective(w, v, name, dir)})
	}
	// A view of which nothing is known does not differ.
	if some := slices.DeleteFunc(slices.Clone(values), func(v value) bool { return v.text == unknown }); len(some) > 0 {
		values = some
	}
	same := !slices.ContainsFunc(values, func(v value) bool { return v.text != values[0].text })
	switch {
	case len(values) == 0:
		w.line("%s", w.bold(name))
	case same:
		w.line("%s = %s", w.bold(name), values[0].text)
	default:
		w.line("%s", w.bold(lang.T("%s differs:", name)))
		w.line("")
		for _, v := range values {
			w.line("- %s: %s", s.viewName(v.view), v.text)
		}
	}
	w.line("")
	if len(chain) == 0 {
		if strings.Contains(variables, " "+name+" ") { // the places of others are not looked for
			w.line("%s", lang.T("Nothing that was read sets it."))
		}
		return
	}
	w.line("%s", lang.T("Set by, weakest first:"))
	w.line("")
	if over := len(chain) - longest; over > 0 {
		w.line("- %s", lang.T("%d weaker places", over))
		chain = chain[over:]
	}
	for _, a := range chain {
		text := w.code(hide(name, a.Raw))
		if a.Known && a.Value != a.Raw && strings.Trim(a.Raw, `"'`) != a.Value {
			text += " → " + w.code(hide(name, a.Value))
		}
		if text += " · " + s.link(w, a.At, a.Text, a.Start, a.End); len(a.wins) > 0 {
			text += " · " + w.bold("✓ "+lang.T("wins in %s", s.viewNames(a.wins)))
		} else {
			text += " · " + lang.T("shadowed")
		}
		w.line("- %s", text)
	}
}

// viewName is a view, or the kind of settings in which an assignment counts, for people.
func (s *server) viewName(name string) string {
	switch name {
	case "editor":
		return s.lang.T("editor")
	case "login":
		return s.lang.T("login")
	case "terminal":
		return s.lang.T("terminal")
	case "settings":
		return s.lang.T("settings")
	}
	return name
}

func (s *server) viewNames(names []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = s.viewName(n)
	}
	return strings.Join(list, ", ")
}

// longest is the number of places that a hover lists.
const longest = 20

// effective is the value that the go command obeys in a view, as a hover shows it.
func (s *server) effective(w *prose, v *facts.View, name, dir string) string {
	f, lang := s.passes.last.Facts, s.lang
	if x := s.solve(v, dir).Get(name); x != nil {
		switch {
		case !x.Known:
			return lang.T("not known")
		case x.Winner == nil:
			return w.code(hide(name, x.Value)) + ", " + s.because(w, x)
		}
		return w.code(hide(name, x.Value))
	}
	if f.System.Style.EqualName(name, "PATH") {
		return lang.T("%d entries", len(v.Path))
	}
	if a := f.Winner(v, name); a != nil {
		if !a.Known {
			return lang.T("not known")
		}
		return w.code(hide(name, a.Value))
	}
	if x, ok := v.Get(f.System.Style, name); ok {
		if !x.Known {
			return lang.T("not known")
		}
		return w.code(hide(name, x.Value))
	}
	if def := f.Effective[name]; def != "" && len(f.All(name)) == 0 {
		return lang.T("%s, Go's default", w.code(def))
	}
	return lang.T("not set")
}

// sayEntry writes whether the directory of an element of PATH exists, what it holds, and who puts it there.
func (s *server) sayEntry(w *prose, e *facts.PathEntry) {
	f, lang, raw := s.passes.last.Facts, s.lang, e.Text
	if e.Source != nil && e.Start >= 0 {
		raw = e.Source.S[e.Start:e.End]
	}
	switch {
	case !e.Known:
		w.line("%s", w.code(raw))
	case e.Dir == "":
		w.line("%s", lang.T("An empty element: the current directory, on Unix."))
	case raw != e.Dir:
		w.line("%s → %s", w.code(raw), w.code(e.Dir))
	default:
		w.line("%s", w.code(e.Dir))
	}
	w.line("")
	if d := e.Folder; d != nil {
		switch {
		case d.Exists == facts.No:
			w.line("%s", w.bold(lang.T("This directory does not exist.")))
		case d.Exists == facts.Unknown:
			w.line("%s", lang.T("Whether it exists could not be learned."))
		case !d.IsDir:
			w.line("%s", w.bold(lang.T("This is no directory.")))
		case len(d.Hits) == 0 && d.Shims != "":
			w.line("%s", lang.T("Shims of %s.", d.Shims))
		case len(d.Hits) == 0:
			w.line("%s", lang.T("No Go program is in it."))
		default:
			w.line("%s", lang.T("It holds:"))
			w.line("")
			for _, h := range d.Hits {
				w.line("- %s", s.hit(w, h))
			}
		}
		w.line("")
	}
	for _, v := range f.Views {
		i := slices.IndexFunc(v.Path, func(x *facts.PathEntry) bool { return x == e || x.At == e.At && x.Dir == e.Dir && x.Start == e.Start })
		if i >= 0 {
			w.line("- %s", lang.T("%s: number %d of %d", s.viewName(v.Name), i+1, len(v.Path)))
		} else {
			w.line("- %s", lang.T("%s: not there", s.viewName(v.Name)))
		}
	}
	w.line("")
	w.line("%s", lang.T("Set by %s", s.link(w, e.At, e.Source, e.Start, e.End)))
}

// hit is a program in a directory, with its version.
func (s *server) hit(w *prose, h *facts.Hit) string {
	text := w.bold(h.Tool)
	switch {
	case h.Defect != "":
		text += " " + s.lang.T("(cannot start)")
	case h.Toolchain != nil && h.Toolchain.Version != "":
		text += " " + w.code(h.Toolchain.Version)
	case h.Program != nil && h.Program.Version != "":
		text += " " + w.code(h.Program.Version)
		if h.Program.GoVersion != "" {
			text += ", " + s.lang.T("built with %s", w.code(h.Program.GoVersion))
		}
	case h.Manager != "":
		text += ", " + s.lang.T("a shim of %s", w.code(h.Manager))
	}
	if h.Target != "" && h.Target != h.File {
		text += " → " + w.code(h.Target)
	}
	return text
}

// link is a place with a link to the text that shows it.
func (s *server) link(w *prose, at host.Loc, t *host.Text, start, end int) string {
	label := w.code(s.passes.last.Facts.Place(at))
	u, span, ok := s.assignmentRange(at, t, start, end)
	if !ok || w.plain {
		return label
	}
	return fmt.Sprintf("[%s](<%s#L%d>)", label, u, span.Start.Line+1)
}

// assignmentRange is what an assignment writes, in the document that shows it.
func (s *server) assignmentRange(at host.Loc, t *host.Text, start, end int) (uri.URI, protocol.Range, bool) {
	if t != nil && start >= 0 {
		if t.At.Kind == host.File {
			if u, span, ok := s.textRange(t, start, end); ok {
				return u, span, true
			}
		}
		if u, span, ok := s.shown(at, func(d *document.Document) (int, int, bool) { return d.Locate(at, t, start, end) }); ok && t.At.Kind != host.File {
			return u, span, true
		}
	}
	return s.placeRange(at)
}

// definition leads to the places that assign what stands at a position, the winner first.
func (s *server) definition(p protocol.TextDocumentPositionParams) []protocol.Location {
	list := []protocol.Location{}
	x, ok := s.subject(p.TextDocument.URI, p.Position)
	if !ok {
		return list
	}
	add := func(u uri.URI, span protocol.Range, ok bool) {
		l := protocol.Location{URI: u, Range: span}
		if ok && !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	f := s.passes.last.Facts
	if e := x.entry; e != nil {
		add(s.assignmentRange(e.At, e.Source, e.Start, e.End))
		return list
	}
	for _, at := range x.goes {
		if i := slices.IndexFunc(f.Vars, func(a *facts.Assignment) bool { return a.At == at }); i >= 0 {
			a := f.Vars[i]
			add(s.assignmentRange(a.At, a.Text, a.Start, a.End))
		} else if u, span, ok := s.placeRange(at); !s.sameDocument(u, p.TextDocument.URI) || !sameLines(span, protocol.Range{Start: p.Position, End: p.Position}) {
			add(u, span, ok)
		}
	}
	if x.goes != nil {
		return list
	}
	chain := s.chain(x.name, s.folder(p.TextDocument.URI))
	slices.Reverse(chain)
	rank := func(a link) int {
		switch {
		case slices.ContainsFunc(a.wins, func(v string) bool { return f.View(v) != nil }):
			return 0
		case len(a.wins) > 0: // a setting, which is for its own programs
			return 1
		}
		return 2
	}
	slices.SortStableFunc(chain, func(a, b link) int { return rank(a) - rank(b) })
	for _, a := range chain {
		add(s.assignmentRange(a.At, a.Text, a.Start, a.End))
	}
	return list
}

// hide is a value without credentials. A variable whose name says that it is one keeps it to itself.
func hide(name, value string) string {
	up := strings.ToUpper(name)
	for _, word := range []string{"TOKEN", "SECRET", "PASSW", "PASSPHRASE", "CREDENTIAL", "API_KEY", "APIKEY", "PRIVATE_KEY", "ACCESS_KEY"} {
		if strings.Contains(up, word) {
			return "***"
		}
	}
	return facts.Redact(value)
}

// prose is a text in Markdown, or plain for a client that shows none.
type prose struct {
	strings.Builder
	plain bool
}

func (w *prose) line(format string, args ...any) {
	fmt.Fprintf(&w.Builder, format, args...)
	w.WriteByte('\n')
}

func (w *prose) bold(text string) string {
	if w.plain {
		return visible(text)
	}
	return "**" + escape(visible(text)) + "**"
}

// code is a text as it is written, of which nothing is markup.
func (w *prose) code(text string) string {
	text = visible(text)
	if utf8.RuneCountInString(text) > 300 {
		text = string([]rune(text)[:300]) + "…"
	}
	if w.plain {
		return text
	}
	if text == "" {
		return "`\"\"`"
	}
	fence, run := 1, 0
	for i := 0; i < len(text); i++ {
		if run++; text[i] != '`' {
			run = 0
		}
		fence = max(fence, run+1)
	}
	ticks := strings.Repeat("`", fence)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") || strings.HasPrefix(text, " ") && strings.HasSuffix(text, " ") {
		text = " " + text + " " // of which CommonMark takes one from either side
	}
	return ticks + text + ticks
}

// escape makes the markup of Markdown text.
func escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\`*_[]<>&|", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// visible writes characters that nobody sees, and bytes that are no text, as Go does: a line break in a value would end the markup.
func visible(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case r == ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			q := fmt.Sprintf("%+q", r)
			b.WriteString(q[1 : len(q)-1])
		}
	}
	return b.String()
}
