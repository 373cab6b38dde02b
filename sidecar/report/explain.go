package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/docs"
	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/explain"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// Links are the addresses that an explanation leads to; "" is none. The zero value is for a terminal: nothing is a link, and a fix has
// the command that makes it.
type Links struct {
	Place func(host.Loc) string
	Rule  func(id string) string
}

// An Explanation says what an error message means on a machine.
type Explanation struct {
	Markdown string
	Rules    []string // that the message may come from, likeliest first
	Findings []int    // of the report that explain it, first cause first
}

// Explain explains the text of an error, or all that a terminal shows, by what was found on the machine.
func Explain(r *doctor.Report, text string, links Links) Explanation {
	return ExplainHits(r, text, explain.Match(text), links)
}

// ExplainHits is [Explain] where the messages of the text are known.
func ExplainHits(r *doctor.Report, text string, hits []explain.Hit, links Links) Explanation {
	x := Explanation{Rules: explain.Rules(hits)}
	x.Findings = Blame(r, x.Rules)
	w := &explainer{lang: r.Lang, links: links, report: r}
	lang := r.Lang

	if len(hits) == 0 {
		w.heading(1, lang.T("This message is not known"))
		w.paragraph(lang.T("Go Env Doctor knows no message of Go, an editor or a shell that is like this text, so it cannot say what caused it."))
		w.summary()
		x.Markdown = w.text.String()
		return x
	}
	w.heading(1, lang.T("What this error means"))
	built := builtRules()
	var shown []string
	for _, h := range hits {
		key := strings.Join(h.Rules, " ")
		if slices.Contains(shown, key) || len(shown) == maxShown {
			continue
		}
		shown = append(shown, key)
		w.quote(text[h.Start:h.End])
		w.paragraph(lang.T("This is a message of %s. It comes from one of these states, the likeliest first:", w.source(h.Source)))
		for _, id := range h.Rules {
			w.item(w.rule(id, slices.Contains(built, id)))
		}
		w.text.WriteByte('\n')
	}
	w.heading(2, lang.T("On this machine"))
	if len(x.Findings) == 0 {
		if slices.ContainsFunc(x.Rules, func(id string) bool { return slices.Contains(built, id) }) {
			w.paragraph(lang.T("None of these states that this version checks was found."))
		} else {
			w.paragraph(lang.T("This version checks none of these states yet, so it cannot say whether one of them is the cause."))
		}
		w.summary()
	}
	for _, i := range x.Findings {
		w.finding(3, i)
	}
	x.Markdown = w.text.String()
	return x
}

// maxShown is the number of different messages of a text that are explained one by one.
const maxShown = 5

// ExplainFinding explains one finding of a report: why it is there, what it causes, what to do, and its page of the manual.
func ExplainFinding(r *doctor.Report, i int, links Links) string {
	w := &explainer{lang: r.Lang, links: links, report: r}
	w.finding(1, i)
	w.page(r.Findings[i].Rule.ID)
	return w.text.String()
}

// Blame finds the findings of some rules, by the order of the rules, each after what causes it. What has no effect now comes last.
func Blame(r *doctor.Report, ids []string) []int {
	list := []int{}
	var take func(i int)
	take = func(i int) {
		if slices.Contains(list, i) {
			return
		}
		for _, k := range r.Findings[i].CausedBy {
			take(k)
		}
		list = append(list, i)
	}
	for _, hint := range []bool{false, true} {
		for _, id := range ids {
			for i, f := range r.Findings {
				if f.Rule.ID == id && (f.Severity == rules.Hint) == hint {
					take(i)
				}
			}
		}
	}
	return list
}

func builtRules() (ids []string) {
	for _, g := range doctor.Groups {
		for _, r := range g.Rules {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// An explainer writes Markdown (CommonMark).
type explainer struct {
	text   strings.Builder
	lang   l10n.Lang
	links  Links
	report *doctor.Report
}

// finding explains a finding without its page, under a heading of a level.
func (w *explainer) finding(level, i int) {
	r, lang := w.report, w.lang
	f := &r.Findings[i]
	w.heading(level, plain(f.Message))
	w.paragraph(fmt.Sprintf("**%s** · %s · %s", severity(lang, wire.Severity(f.Severity)), w.ruleName(f.Rule.ID), w.place(f.At)))

	if len(f.CausedBy)+len(f.Related) > 0 {
		w.heading(level+1, lang.T("Why"))
		for _, k := range f.CausedBy {
			w.item(lang.T("It is caused by: %s", w.brief(k)))
		}
		for _, e := range f.Related {
			w.item(w.place(e.At) + lang.T(": ") + plain(e.Message))
		}
		w.text.WriteByte('\n')
	}
	caused := false
	for k := range r.Findings {
		if slices.Contains(r.Findings[k].CausedBy, i) {
			if !caused {
				w.heading(level+1, lang.T("What it causes"))
				caused = true
			}
			w.item(w.brief(k))
		}
	}
	if caused {
		w.text.WriteByte('\n')
	}
	w.heading(level+1, lang.T("What to do"))
	if len(f.CausedBy) > 0 {
		w.paragraph(lang.T("First repair what causes it; then this is probably gone."))
	}
	if len(f.Fixes) == 0 && len(f.CausedBy) == 0 {
		w.paragraph(lang.T("There is no fix for it here."))
	}
	for n, x := range f.Fixes {
		fmt.Fprintf(&w.text, "%d. **%s** (%s)\n\n", n+1, plain(x.Title), safety(lang, wire.Safety(x.Safety)))
		if x.Safety == rules.Manual && x.Text != "" {
			fmt.Fprintf(&w.text, "   %s\n\n", plain(x.Text))
		}
		command := ""
		switch {
		case x.Safety == rules.Manual:
			command = x.Command
		case w.links.Place == nil:
			command = w.command(f, &x)
		}
		if command != "" {
			fence := fenceOf(command)
			fmt.Fprintf(&w.text, "   %s\n", fence)
			for line := range strings.Lines(command) {
				fmt.Fprintf(&w.text, "   %s\n", strings.TrimRight(line, "\r\n"))
			}
			fmt.Fprintf(&w.text, "   %s\n\n", fence)
		}
		if x.Page != "" {
			fmt.Fprintf(&w.text, "   <%s>\n\n", x.Page)
		}
	}
}

// command makes a fix from a terminal.
func (w *explainer) command(f *doctor.Finding, x *rules.Fix) string {
	all := Wire(w.report)
	p := &printer{lang: w.lang, report: all}
	i := slices.IndexFunc(all.Findings, func(o wire.Finding) bool {
		return o.Rule == f.Rule.ID && o.At == f.At.String() && slices.Equal(o.Subjects, f.Subjects)
	})
	if i < 0 {
		return ""
	}
	return p.command(all.Findings[i], wire.Fix{ID: x.ID})
}

// summary says in short what is wrong with the machine.
func (w *explainer) summary() {
	r := w.report
	w.paragraph(w.lang.T("What was found on this machine: %s", plain(Summary(r))))
	n := 0
	for _, c := range r.Causes {
		if f := &r.Findings[c.Finding]; f.Severity.Rank() <= rules.Warning.Rank() && n < maxShown {
			w.item(w.brief(c.Finding))
			n++
		}
	}
	if n > 0 {
		w.text.WriteByte('\n')
	}
}

// brief is a finding in one line.
func (w *explainer) brief(i int) string {
	f := &w.report.Findings[i]
	return fmt.Sprintf("%s (%s, %s)", plain(f.Message), w.ruleName(f.Rule.ID), w.place(f.At))
}

// rule is a rule with the first sentence of its page.
func (w *explainer) rule(id string, built bool) string {
	if !built {
		return w.lang.T("%s: known, but not checked by this version", code(id))
	}
	text := w.ruleName(id)
	for block := range strings.SplitSeq(pageOf(id, w.lang), "\n\n") {
		if block = strings.TrimSpace(block); block != "" && !strings.HasPrefix(block, "#") && !strings.HasPrefix(block, "- ") {
			return text + w.lang.T(": ") + strings.Join(strings.Fields(block), " ")
		}
	}
	return text
}

func (w *explainer) ruleName(id string) string {
	if w.links.Rule != nil {
		return link(code(id), w.links.Rule(id))
	}
	return code(id)
}

func (w *explainer) place(at host.Loc) string {
	text := code(w.report.Facts.Place(at))
	if w.links.Place != nil {
		return link(text, w.links.Place(at))
	}
	return text
}

// source is who prints a message; the table of messages names what it knows in English.
func (w *explainer) source(s string) string {
	name, _, _ := strings.Cut(s, " · ")
	switch {
	case name == "a shell":
		return w.lang.T("a shell")
	case name == "the operating system":
		return w.lang.T("the operating system")
	case strings.HasPrefix(name, "Windows error"):
		return "Windows"
	}
	return name
}

// page writes the page of a rule, its headings one level lower.
func (w *explainer) page(id string) {
	page := pageOf(id, w.lang)
	if page == "" {
		return
	}
	w.heading(2, w.lang.T("About this rule"))
	_, page, _ = strings.Cut(page, "\n") // its title
	for line := range strings.Lines(strings.TrimSpace(page)) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "##") {
			line = "#" + line
		}
		w.text.WriteString(w.relink(line))
		w.text.WriteByte('\n')
	}
}

// relink leads the links from one page to another where the client finds them.
func (w *explainer) relink(line string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(line, "](")
		target, after, ok2 := strings.Cut(rest, ")")
		id, isPage := strings.CutSuffix(target, ".md")
		open := strings.LastIndexByte(before, '[')
		if !ok || !ok2 || open < 0 {
			b.WriteString(line)
			return b.String()
		}
		switch {
		case !isPage || strings.ContainsAny(id, "/:"):
			b.WriteString(before + "](" + target + ")")
		case w.links.Rule != nil && w.links.Rule(id) != "":
			b.WriteString(before + "](" + w.links.Rule(id) + ")")
		default:
			b.WriteString(before[:open] + before[open+1:])
		}
		line = after
	}
}

// pageOf is the page of a rule in a language, else in English; "" for a rule that is not built.
func pageOf(id string, lang l10n.Lang) string {
	for _, name := range []string{"rules/" + string(lang) + "/" + id + ".md", "rules/" + id + ".md"} {
		if data, err := docs.Rules.ReadFile(name); err == nil {
			return string(data)
		}
	}
	return ""
}

func (w *explainer) heading(level int, text string) {
	fmt.Fprintf(&w.text, "%s %s\n\n", strings.Repeat("#", min(level, 6)), text)
}

func (w *explainer) paragraph(text string) { w.text.WriteString(text + "\n\n") }
func (w *explainer) item(text string)      { w.text.WriteString("- " + text + "\n") }

// quote shows what a user pasted, in one short line.
func (w *explainer) quote(text string) {
	const most = 300
	text = facts.Redact(strings.Join(strings.Fields(printable(explain.Plain(text))), " "))
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	w.text.WriteString("> " + code(text) + "\n\n")
}

// plain is a text that means nothing in Markdown.
func plain(text string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(printable(text)), " ") {
		if strings.ContainsRune("\\`*_{}[]<>#|~&$", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// code is a text as a code span.
func code(text string) string {
	text = printable(text)
	fence := strings.Repeat("`", longest(text, '`')+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") || text == "" {
		text = " " + text + " "
	}
	return fence + text + fence
}

func fenceOf(text string) string { return strings.Repeat("`", max(3, longest(text, '`')+1)) }

// longest is the length of the longest run of a character.
func longest(text string, c rune) (n int) {
	run := 0
	for _, r := range text {
		if run++; r != c {
			run = 0
		}
		n = max(n, run)
	}
	return n
}

func link(text, address string) string {
	if address == "" {
		return text
	}
	if strings.ContainsAny(address, " ()<>") {
		address = "<" + strings.NewReplacer("<", "%3C", ">", "%3E").Replace(address) + ">"
	}
	return "[" + text + "](" + address + ")"
}
