package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// Markdown writes a report as people paste it into an issue: GitHub's dialect, with what is long folded. The home directory is
// written as ~, so that the name of the user is not published by accident.
func Markdown(w io.Writer, r *doctor.Report) error {
	m := &markdown{w: bufio.NewWriter(w), lang: r.Lang, report: Wire(r), home: r.Facts.System.Home, style: r.Facts.System.Style}
	m.print("**%s**\n", m.text(m.report.Summary))
	m.machine(r)

	var notes []wire.Cause
	number := 0
	p := printer{report: m.report}
	for _, c := range m.report.Causes {
		if p.minor(c) {
			notes = append(notes, c)
			continue
		}
		number++
		m.cause(number, c, &p)
	}
	if len(notes) > 0 {
		m.fold(m.lang.T("Worth knowing"))
		for _, c := range notes {
			for _, i := range c.Findings {
				m.brief(m.report.Findings[i])
			}
		}
		m.end()
	}
	if len(m.report.Gaps) > 0 {
		m.fold(m.lang.T("Could not be learned"))
		for _, g := range m.report.Gaps {
			if g.At != "" {
				m.print("- %s: %s\n", m.code(g.At), m.text(g.Message))
			} else {
				m.print("- %s\n", m.text(g.Message))
			}
		}
		m.end()
	}
	return m.w.Flush()
}

type markdown struct {
	w      *bufio.Writer // keeps its first error for Flush
	lang   l10n.Lang
	report wire.Report
	home   string
	style  host.Style
}

func (m *markdown) print(format string, args ...any) { fmt.Fprintf(m.w, format, args...) }

func (m *markdown) fold(title string) {
	m.print("\n<details><summary>%s</summary>\n\n", m.text(title))
}

func (m *markdown) end() { m.print("\n</details>\n") }

// machine says what was diagnosed and which tools are in use.
func (m *markdown) machine(r *doctor.Report) {
	mach := m.report.Machine
	m.print("\n- %s\n", m.text(strings.TrimSpace(mach.OS+" "+mach.Version)+" "+mach.Arch))
	if e := r.Facts.System.Editor; e.Name != "" {
		m.print("- %s\n", m.text(strings.TrimSpace(e.Name+" "+e.Version)))
	}
	if mach.Go == nil {
		m.print("- %s\n", m.text(m.lang.T("no go on PATH")))
		return
	}
	tool := func(name, version, file string) {
		m.print("- %s: %s\n", m.text(strings.TrimSpace(name+" "+version)), m.code(file))
	}
	tool("go", strings.TrimPrefix(mach.Go.Version, "go"), mach.Go.File)
	i := slices.IndexFunc(m.report.Tools, func(t wire.Tool) bool { return t.Name == "go" && t.File == mach.Go.File })
	for _, t := range m.report.Tools {
		if i >= 0 && t.View == m.report.Tools[i].View && (t.Name == "gopls" || t.Name == "dlv") {
			tool(t.Name, strings.TrimPrefix(t.Version, "v"), t.File)
		}
	}
}

func (m *markdown) cause(number int, c wire.Cause, p *printer) {
	f := m.report.Findings[c.Findings[0]]
	share := ""
	if len(m.report.Causes) > 1 {
		share = " (" + m.text(percent(m.lang, c.Share)) + ")"
	}
	m.print("\n%d. **%s** %s%s  \n", number, m.text(severity(m.lang, f.Severity)), m.code(f.Rule), share)
	m.print("   %s  \n   %s\n", m.text(f.Message), m.lang.T("at %s", m.code(f.At)))
	if len(f.Related) == 0 && len(f.Fixes) == 0 && len(c.Findings) == 1 {
		return
	}
	m.fold(m.lang.T("Evidence, and what to do"))
	blank := ""
	heading := func(text string) {
		m.print("%s%s\n\n", blank, m.text(text))
		blank = "\n"
	}
	for _, rel := range f.Related {
		m.print("- %s\n", m.lang.T("see %s: %s", m.code(rel.At), m.text(rel.Message)))
		blank = "\n"
	}
	if len(c.Findings) > 1 {
		heading(m.lang.T("It explains:"))
		for _, i := range c.Findings[1:] {
			m.brief(m.report.Findings[i])
		}
	}
	if len(f.Fixes) > 0 {
		heading(m.lang.T("What to do:"))
	}
	for _, x := range f.Fixes {
		m.print("- %s\n", m.text(m.lang.T("%s (%s)", x.Title, safety(m.lang, x.Safety))))
		command := x.Command
		if x.Safety != wire.SafetyManual {
			command = p.command(f, x)
		} else if x.Text != "" {
			m.print("\n  %s\n", m.text(x.Text))
		}
		if command != "" {
			m.block(command)
		}
	}
	m.end()
}

func (m *markdown) brief(f wire.Finding) {
	m.print("- %s\n", m.lang.T("%s %s at %s: %s", m.text(severity(m.lang, f.Severity)), m.code(f.Rule), m.code(f.At), m.text(f.Message)))
}

// short writes the home directory as ~.
func (m *markdown) short(s string) string {
	if m.home == "" || m.style.Dir(m.home) == m.home {
		return s
	}
	var b strings.Builder
	for {
		i := index(s, m.home, m.style.Fold)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		rest := s[i+len(m.home):]
		if next, _ := utf8.DecodeRuneInString(rest); rest == "" || !unicode.IsLetter(next) && !unicode.IsDigit(next) && !strings.ContainsRune("-_.", next) {
			b.WriteString("~")
		} else {
			b.WriteString(s[i : i+len(m.home)])
		}
		s = rest
	}
}

func index(s, sub string, fold bool) int {
	if !fold {
		return strings.Index(s, sub)
	}
	for i := 0; i+len(sub) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

// text is text that stays what it is: no markup, no HTML, no link, no mention of a person or an issue.
func (m *markdown) text(s string) string {
	s = strings.Join(strings.Fields(printable(m.short(s))), " ")
	var b strings.Builder
	for i, r := range s {
		switch r {
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '&':
			b.WriteString("&amp;")
		case '@', '#', '$', ':':
			// A colon makes links and emoji.
			if r == ':' && !strings.HasPrefix(s[i:], "://") && !emoji(s[i:]) {
				b.WriteRune(r)
				break
			}
			fmt.Fprintf(&b, "&#%d;", r)
		case '\\':
			if i+1 < len(s) && unicode.IsPunct(rune(s[i+1])) || i+1 < len(s) && unicode.IsSymbol(rune(s[i+1])) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		case '`', '*', '_', '[', ']', '|', '~', '!':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '-', '+', '=':
			if i == 0 {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// emoji reports whether a text begins as :tada: does.
func emoji(s string) bool {
	name, _, ok := strings.Cut(s[1:], ":")
	return ok && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_+-") == ""
}

// code is a span of code; a text with backticks stands between more of them.
func (m *markdown) code(s string) string {
	s = strings.Join(strings.Fields(printable(m.short(s))), " ")
	if s == "" {
		return ""
	}
	fence := strings.Repeat("`", ticks(s)+1)
	if len(fence) > 1 {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

// block is code of whole lines, in a list.
func (m *markdown) block(s string) {
	fence := strings.Repeat("`", max(3, ticks(s)+1))
	m.print("\n  %s\n", fence)
	for line := range strings.Lines(m.short(strings.TrimRight(s, "\r\n"))) {
		m.print("  %s\n", printable(strings.TrimRight(line, "\r\n")))
	}
	m.print("  %s\n", fence)
}

// ticks is the length of the longest run of backticks.
func ticks(s string) (n int) {
	run := 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		n = max(n, run)
	}
	return n
}
