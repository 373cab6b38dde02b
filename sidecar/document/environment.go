package document

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/winenv"
)

// Marks. Each stands beside words or has its meaning in the first line.
const (
	differs = "≠"
	missing = "✗"
	wins    = "✓"
	loses   = "·"
	again   = "!"
)

// A page writes the document of a machine.
type page struct {
	writer
	r *doctor.Report
	s *facts.Snapshot
	t func(format string, args ...any) string
}

// Environment is the document of what go and its tools meet on this machine: problems, variables and PATH in each view, toolchains, tools,
// modules, and limits.
func Environment(r *doctor.Report) *Document {
	p := &page{r: r, s: r.Facts, t: r.Lang.T}
	p.WriteString("; " + p.t("%s differs between views   %s wins   %s is overridden   %s is missing   %s comes again", differs, wins, loses, missing, again) + "\n")
	for _, line := range wrap(p.t("Views: editor is what this editor was started with, login what a new login gives, terminal what a new terminal has."), 98) {
		p.WriteString("; " + line + "\n")
	}
	p.machine()
	p.problems()
	p.variables()
	p.paths()
	p.toolchains()
	p.tools()
	p.modules()
	p.limits()
	p.gaps()
	d := p.document()
	d.Reason = p.t("This document shows the machine. Change a value where it is set: go to its definition.")
	return d
}

// section writes a part with its title; one without content is left out.
func (p *page) section(title string, body func()) {
	p.WriteByte('\n')
	first := p.line()
	p.WriteString(title + "\n")
	body()
	p.fold(first)
}

// show writes a text without credentials, on one line, visible and not too long.
func (p *page) show(s string) { p.WriteString(visible(facts.Redact(s), maxShown)) }

// maxShown is the number of characters after which a value is cut.
const maxShown = 300

func visible(s string, limit int) string {
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n++; n > limit {
			b.WriteString("…")
			break
		}
		b.WriteString(shown(s, i, r))
	}
	return b.String()
}

// shown is a character as a person can see it.
func shown(s string, i int, r rune) string {
	if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
		return fmt.Sprintf(`\x%02x`, s[i])
	}
	if r == utf8.RuneError || plain(r) {
		return string(r)
	}
	q := fmt.Sprintf("%+q", r)
	return q[1 : len(q)-1]
}

// copy writes bytes of a text as show does, and remembers where they stand.
func (p *page) copy(t *host.Text, start, end int) {
	secrets := facts.Credentials(t.S[start:end])
	n := 0
	for i := start; i < end; {
		if n++; n > maxShown {
			p.from(t, i, end, "…")
			return
		}
		if len(secrets) > 0 && i == start+secrets[0][0] {
			to := start + secrets[0][1]
			p.from(t, i, to, facts.Redacted)
			secrets = secrets[1:]
			if i = to; i == end {
				return
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(t.S[i:end])
		p.from(t, i, i+size, shown(t.S, i, r))
		i += size
	}
}

// place is a place as the document names it.
func (p *page) place(at host.Loc) string {
	s := p.s.Place(at)
	if at.Kind == host.Registry {
		if rest, ok := strings.CutPrefix(s, winenv.MachineKey); ok { // as in the URI of its document
			s = `HKLM\Environment` + rest
		}
	}
	return visible(facts.Redact(s), maxShown)
}

// mention writes a place that leads to itself.
func (p *page) mention(at host.Loc) {
	start := p.Len()
	p.WriteString(p.place(at))
	p.span(start, Span{At: at, Goes: []host.Loc{at}})
}

// view is the name of a view as people read it.
func (p *page) view(name string) string {
	switch name {
	case "editor":
		return p.t("editor")
	case "login":
		return p.t("login")
	case "terminal":
		return p.t("terminal")
	}
	return name
}

func (p *page) views(names []string) string {
	var list []string
	for _, n := range names {
		list = append(list, p.view(n))
	}
	return strings.Join(list, ", ")
}

func (p *page) machine() {
	sys := p.s.System
	p.section(p.t("Machine"), func() {
		fact := func(name string, words ...string) {
			if s := strings.Join(strings.Fields(strings.Join(words, " ")), " "); s != "" {
				p.WriteString("    " + name + " = " + visible(s, maxShown) + "\n")
			}
		}
		name := map[string]string{"windows": "Windows", "linux": "Linux", "darwin": "macOS"}[sys.OS]
		if name == "" {
			name = sys.OS
		}
		note := ""
		switch {
		case p.s.WSL:
			note = "(WSL)"
		case sys.Container:
			note = "(" + p.t("container") + ")"
		}
		fact(p.t("system"), name, sys.Version, sys.Arch, note)
		fact(p.t("user"), sys.User)
		fact(p.t("editor"), sys.Editor.Name, sys.Editor.Version)
		for _, v := range p.s.Views {
			if v.Stale {
				p.WriteString("    " + p.t("view %s = older than a place that sets variables; what only it has is not judged", p.view(v.Name)) + "\n")
			}
		}
		h, v, ok := p.s.FirstGo()
		if !ok {
			p.WriteString("    go = " + p.t("not found") + "\n")
			return
		}
		p.WriteString("    go = ")
		start := p.Len()
		p.show(h.File)
		p.span(start, Span{At: host.FileLoc(h.File, 0), Goes: []host.Loc{h.Entry.At}})
		p.WriteString("  (")
		if ver := hitVersion(h.Hit); ver != "" {
			p.WriteString(ver + ", ")
		}
		p.WriteString(p.t("first on PATH in the view %s, from", p.view(v.Name)) + " ")
		p.mention(h.Entry.At)
		p.WriteString(")\n")
	})
}

// problems lists every finding: causes as they rank, and below each what it explains.
func (p *page) problems() {
	counts := map[string]int{}
	for _, f := range p.r.Findings {
		counts[string(f.Severity)]++
	}
	title := p.t("Problems")
	if len(p.r.Findings) == 0 {
		title = p.t("Problems: none")
	} else {
		var list []string
		for _, s := range []string{"error", "warning", "info", "hint"} {
			if counts[s] > 0 {
				list = append(list, fmt.Sprintf("%s %d", s, counts[s]))
			}
		}
		title += " (" + strings.Join(list, ", ") + ")"
	}
	p.section(title, func() {
		done := make([]bool, len(p.r.Findings))
		for _, c := range p.r.Causes {
			for n, i := range c.Findings {
				if done[i] {
					continue
				}
				done[i] = true
				f := &p.r.Findings[i]
				indent, below := "    ", "        "
				if n > 0 {
					indent, below = "        "+p.t("explains")+" ", "            "
				}
				lines := wrap(visible(string(f.Severity)+" "+f.Rule.ID+"  "+strings.Join(strings.Fields(f.Message), " "), 4*maxShown), 100-len(indent))
				for n, line := range append(lines, "← "+p.place(f.At)) {
					if n == 0 {
						p.WriteString(indent)
						start := p.Len()
						p.WriteString(line)
						p.span(start, Span{At: f.At, Goes: []host.Loc{f.At}, subject: f.Subject(), problem: true})
					} else {
						p.WriteString(below + line)
					}
					p.WriteByte('\n')
				}
			}
		}
	})
}

// wrap breaks a text at blanks into lines of at most width characters; a longer word stands alone. Two blanks stay two.
func wrap(s string, width int) (lines []string) {
	line, n := "", 0
	for i, word := range strings.Split(s, " ") {
		w := utf8.RuneCountInString(word)
		if i > 0 && n+1+w > width && strings.TrimSpace(line) != "" {
			lines, line, n = append(lines, strings.TrimRight(line, " ")), word, w
			continue
		}
		if i > 0 {
			line, n = line+" ", n+1
		}
		line, n = line+word, n+w
	}
	return append(lines, line)
}
