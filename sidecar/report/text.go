package report

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// width is where lines are broken. A command, and a place that stands alone, is never broken.
const width = 100

// Text writes a report for people: root causes with what they break and what helps, then what is worth knowing, then what
// could not be learned. A machine without an error or a warning is told which tools are in use. With color it has ANSI colours.
func Text(w io.Writer, r *doctor.Report, color bool) error {
	p := &printer{w: bufio.NewWriter(w), color: color, lang: r.Lang, report: Wire(r)}
	headline, _ := counts(p.report, p.lang)
	p.line("", bold, headline)
	switch n := len(r.Ignored); n {
	case 0:
	case 1:
		p.line("", dim, p.lang.T("1 problem is ignored on this machine; --all shows it"))
	default:
		p.line("", dim, p.lang.T("%d problems are ignored on this machine; --all shows them", n))
	}

	var notes []wire.Cause
	number := 0
	for _, c := range p.report.Causes {
		if p.minor(c) {
			notes = append(notes, c)
			continue
		}
		number++
		p.cause(number, c)
	}
	if number == 0 {
		p.inUse(r)
	}
	if len(notes) > 0 {
		p.heading(p.lang.T("Worth knowing"))
		for _, c := range notes {
			for _, i := range c.Findings {
				p.brief("  ", p.report.Findings[i])
			}
		}
	}
	if len(p.report.Gaps) > 0 {
		p.heading(p.lang.T("Could not be learned"))
		for _, g := range p.report.Gaps {
			text := g.Message
			if g.At != "" {
				text = g.At + ": " + text
			}
			p.line("  ", "", text)
		}
	}
	return p.w.Flush()
}

// ANSI attributes.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	yellow = "33"
	cyan   = "36"
)

func tint(severity wire.Severity) string {
	switch severity {
	case wire.SeverityError:
		return red
	case wire.SeverityWarning:
		return yellow
	case wire.SeverityInfo:
		return cyan
	}
	return dim
}

type printer struct {
	w      *bufio.Writer // keeps its first error for Flush
	color  bool
	lang   l10n.Lang
	report wire.Report
}

// minor reports whether a cause and all it explains is info or hint.
func (p *printer) minor(c wire.Cause) bool {
	return !slices.ContainsFunc(c.Findings, func(i int) bool {
		s := p.report.Findings[i].Severity
		return s == wire.SeverityError || s == wire.SeverityWarning
	})
}

func (p *printer) cause(number int, c wire.Cause) {
	f := p.report.Findings[c.Findings[0]]
	fmt.Fprintf(p.w, "\n%d. %s %s", number, p.paint(tint(f.Severity), severity(p.lang, f.Severity)), p.paint(bold, f.Rule))
	if len(p.report.Causes) > 1 {
		fmt.Fprintf(p.w, " (%s)", percent(p.lang, c.Share))
	}
	p.w.WriteByte('\n')
	p.line("   ", "", f.Message)
	p.raw("   ", dim, p.lang.T("at %s", f.At))
	for _, rel := range f.Related {
		p.line("   ", dim, p.lang.T("see %s: %s", rel.At, rel.Message))
	}
	if len(c.Findings) > 1 {
		p.line("   ", "", p.lang.T("It explains:"))
		for _, i := range c.Findings[1:] {
			p.brief("     ", p.report.Findings[i])
		}
	}
	if len(f.Fixes) > 0 {
		p.line("   ", "", p.lang.T("What to do:"))
	}
	for _, fix := range f.Fixes {
		p.fix(f, fix)
	}
}

// fix says what the user does for a fix.
func (p *printer) fix(f wire.Finding, fix wire.Fix) {
	p.line("   - ", "", p.lang.T("%s (%s)", fix.Title, safety(p.lang, fix.Safety)))
	if fix.Safety != wire.SafetyManual {
		p.raw("     ", bold, p.command(f, fix))
		return
	}
	if fix.Text != "" {
		p.line("     ", "", fix.Text)
	}
	for line := range strings.Lines(fix.Command) {
		p.raw("     ", bold, strings.TrimRight(line, "\r\n"))
	}
}

// command makes a fix from a terminal.
func (p *printer) command(f wire.Finding, fix wire.Fix) string {
	s := "go-env-doctor fix " + f.Rule + "/" + fix.ID + " --at " + p.quote(f.At)
	twins := 0
	for _, x := range p.report.Findings {
		if x.Rule == f.Rule && x.At == f.At {
			twins++
		}
	}
	if twins > 1 && len(f.Subjects) > 0 {
		s += " --subject " + p.quote(f.Subjects[0])
	}
	return s
}

// quote writes an argument for the machine's shell.
func (p *printer) quote(arg string) string {
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-./:@%+,", r)
	}
	switch {
	case p.report.Machine.OS == "windows":
		if strings.ContainsFunc(arg, func(r rune) bool { return !plain(r) && r != '\\' }) {
			return `"` + arg + `"`
		}
	case arg == "" || strings.ContainsFunc(arg, func(r rune) bool { return !plain(r) }):
		return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	}
	return arg
}

// brief is a finding in one paragraph.
func (p *printer) brief(indent string, f wire.Finding) {
	p.line(indent, "", p.lang.T("%s %s at %s: %s", severity(p.lang, f.Severity), f.Rule, f.At, f.Message))
}

// inUse says which tools a healthy machine uses and why.
func (p *printer) inUse(r *doctor.Report) {
	if g := p.report.Machine.Go; g != nil {
		p.heading(p.lang.T("In use"))
		p.tool("go", strings.TrimPrefix(g.Version, "go"), g.File, g.Why)
		i := slices.IndexFunc(p.report.Tools, func(t wire.Tool) bool { return t.Name == "go" && t.File == g.File })
		for _, t := range p.report.Tools {
			if t.View != p.report.Tools[i].View || t.Name != "gopls" && t.Name != "dlv" {
				continue
			}
			why := p.lang.T("its directory comes from %s", t.By)
			if t.GoVersion != "" {
				why = p.lang.T("built with %s; its directory comes from %s", t.GoVersion, t.By)
			}
			p.tool(t.Name, strings.TrimPrefix(t.Version, "v"), t.File, why)
		}
	}
	for _, f := range r.Facts.Folders {
		if f.Select.Switched && f.Select.Version != "" {
			p.line("  ", "", p.lang.T("%s: go runs %s, because of %s", f.Dir, f.Select.Version, f.Select.Because))
		}
	}
}

func (p *printer) tool(name, version, file, why string) {
	if version != "" {
		name += " " + version
	}
	p.raw("  ", "", name+": "+file)
	p.line("    ", dim, why)
}

func (p *printer) heading(text string) {
	p.w.WriteByte('\n')
	p.line("", bold, text)
}

// line writes text, broken at blanks; further lines are indented as the first.
func (p *printer) line(indent, attribute, text string) {
	for i, line := range wrap(printable(text), width-len(indent)) {
		if i > 0 {
			indent = strings.Repeat(" ", len(indent))
		}
		p.write(indent, attribute, line)
	}
}

// raw writes text as it is, but for control characters.
func (p *printer) raw(indent, attribute, text string) { p.write(indent, attribute, printable(text)) }

func (p *printer) write(indent, attribute, text string) {
	p.w.WriteString(indent)
	p.w.WriteString(p.paint(attribute, text))
	p.w.WriteByte('\n')
}

func (p *printer) paint(attribute, text string) string {
	if !p.color || attribute == "" || text == "" {
		return text
	}
	return "\x1b[" + attribute + "m" + text + "\x1b[0m"
}

// printable writes what a terminal would obey or hide as an escape: values of variables can hold anything.
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' || r == utf8.RuneError }) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '\n' || unicode.IsPrint(r):
			b.WriteString(s[:n])
		case r == '\t':
			b.WriteByte(' ')
		case r == '\r' && strings.HasPrefix(s[n:], "\n"):
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		s = s[n:]
	}
	return b.String()
}

// wrap breaks text into lines of at most n columns, where it has blanks or characters of two columns. Its own line ends stay.
func wrap(text string, n int) (lines []string) {
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		// A line can be broken at end, and goes on at next; column counts from there on.
		start, column, end, next, after := 0, 0, -1, 0, 0
		last := rune(0)
		for i, r := range line {
			w := columns(r)
			switch {
			case r == ' ':
				end, next, after = i, i+1, column+1
			case (w == 2 || columns(last) == 2) && last != ' ' && i > start && !strings.ContainsRune("，。；：、！？）》」』”,.;:!?)", r) && !strings.ContainsRune("（《「『“(", last):
				end, next, after = i, i, column
			}
			if column += w; column > n && end > start {
				lines = append(lines, line[start:end])
				start, column = next, column-after
				end = -1
			}
			last = r
		}
		lines = append(lines, line[start:])
	}
	return lines
}

// columns is the width of a character in a terminal.
func columns(r rune) int {
	if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r >= 0x3000 && r <= 0x303f || r >= 0xff01 && r <= 0xff60 {
		return 2
	}
	return 1
}

func percent(lang l10n.Lang, share float64) string {
	if p := int(math.Round(share * 100)); p > 0 {
		return lang.T("%d %% of the trouble", p)
	}
	return lang.T("under %d %% of the trouble", 1)
}
