// Package document makes the texts of the go-env: documents from a report, and knows what each range of them shows.
//
// The syntax of go-env:/environment, language go-env:
//
//	; comment                        at column 0
//	Section                          a title at column 0; what belongs to it is indented; Section (note)
//	    NAME = value  (note)         a variable, tool, toolchain or fact
//	    NAME ≠                       its views differ; below it one line for each: view = value
//	        ✓ place = raw  (note)    an assignment, weakest first; ✓ one that wins, · one that does not
//	    12. directory  ← place  ✗ …  an element of PATH; ✗ missing, ≠ not in every view, ! there already
//	    error rule-id  message       a problem; severities are error, warning, info, hint
//
// The syntax of go-env:/registry/HIVE/Environment, language go-env-registry, is that of regedit with readable types:
//
//	; comment                        at column 0, or indented with a blank behind the ;
//	[HKEY_CURRENT_USER\Environment]
//	"NAME"="text"                    REG_SZ; escapes \\ \" \n \r \t \uXXXX
//	"NAME"=expand:"%VAR%\\text"      REG_EXPAND_SZ; also multi:["a","b"] dword:0000002a qword:… hex:00,01 hex(n):00,01 hidden:
//	"Path"=expand:                   a list, one element a line, indented, as it is; ; alone is an empty element; sz: for REG_SZ
//	"Path"=expand:[ … ]              the same in quotes, one a line, where an element holds what nobody sees
package document

import (
	"slices"
	"sort"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A Document is a text that shows places, and where in it each place stands.
type Document struct {
	Text    string
	Spans   []Span // by Start, the widest first; what each range of the text shows
	Folds   []Fold // by First
	Savable bool
	Reason  string // why it cannot be saved

	runs []run // of written source, in the order of the text
}

// A Span is a range of the text that shows a place.
type Span struct {
	At         host.Loc
	Start, End int // bytes of Document.Text
	// Text.S[From:From+End-Start] is written there as it is; nil where it is not, or not as a whole.
	Text *host.Text
	From int
	Name string     // of the variable, where it is one
	Goes []host.Loc // where its value is set; of a reference (%VAR%) where that variable is

	subject string // of the findings that belong here alone, as path:DIR
	problem bool   // it is a finding's line, which shows the place only where nothing else does
}

// A Fold is a range of lines (0-based, both included) that can be folded.
type Fold struct{ First, Last int }

// A run is a piece of a source and where it is written.
type run struct {
	text       *host.Text
	from, to   int // bytes of text.S
	start, end int // bytes of the document
	verbatim   bool
}

// At returns the spans at a byte of the text, innermost first.
func (d *Document) At(offset int) (list []Span) {
	for _, s := range d.Spans {
		if s.Start > offset {
			break
		}
		if offset <= s.End {
			list = append(list, s)
		}
	}
	slices.SortStableFunc(list, func(a, b Span) int { return (a.End - a.Start) - (b.End - b.Start) })
	return list
}

// Locate finds bytes of a place's text, else the place itself. Where neither is shown it is the line of a finding about the place.
func (d *Document) Locate(at host.Loc, t *host.Text, start, end int) (from, to int, ok bool) {
	if t != nil {
		if from, to, ok := d.source(t, start, end); ok {
			return from, to, true
		}
	}
	return d.place(at, "")
}

// Finding finds what a finding is about. Of the elements of a PATH that only the process has, it knows which one is meant.
func (d *Document) Finding(f *doctor.Finding) (from, to int, ok bool) {
	if f.Text != nil {
		if from, to, ok := d.source(f.Text, f.Start, f.End); ok {
			return from, to, true
		}
	}
	return d.place(f.At, f.Subject())
}

// source finds bytes of a text where most of them are written. What is written more than once is found where it is first.
func (d *Document) source(t *host.Text, start, end int) (from, to int, ok bool) {
	best := -1
	for i := 0; i < len(d.runs); {
		covered, a, b := -1, 0, 0
		first := i
		for ; i < len(d.runs); i++ {
			r := d.runs[i]
			if r.text != t || i > first && (d.runs[i-1].text != t || r.from < d.runs[i-1].to) {
				break // what follows is another text, or the same once more
			}
			lo, hi := max(start, r.from), min(end, r.to)
			if hi < lo || hi == lo && start < end {
				continue
			}
			x, y := r.start, r.end
			if r.verbatim {
				x, y = x+lo-r.from, x+hi-r.from
			}
			if covered < 0 {
				covered, a = 0, x
			}
			covered, b = covered+hi-lo, y
		}
		if covered > best {
			best, from, to, ok = covered, a, b, true
		}
		if i == first {
			i++
		}
	}
	return from, to, ok
}

// place finds the best span of a place: the same place rather than its file, what belongs to a subject rather than all.
func (d *Document) place(at host.Loc, subject string) (from, to int, ok bool) {
	best := 0
	for _, s := range d.Spans {
		rank := 0
		switch {
		case s.At == at:
			rank = 8
		case same(s.At, at):
			rank = 4
		default:
			continue
		}
		if subject != "" && s.subject == subject {
			rank += 2
		}
		if !s.problem {
			rank += 16
		}
		if rank > best {
			best, from, to, ok = rank, s.Start, s.End, true
		}
	}
	return from, to, ok
}

// same reports whether two places are one but for the line, and the case of a registry name.
func same(a, b host.Loc) bool {
	a, b = a.Whole(), b.Whole()
	if a.Kind == host.Registry {
		return strings.EqualFold(a.String(), b.String())
	}
	return a == b
}

// A writer writes a document.
type writer struct {
	strings.Builder
	spans []Span
	runs  []run
	folds []Fold
	lines int // line ends written up to counted
	count int
}

// span marks what was written since start.
func (w *writer) span(start int, s Span) {
	s.Start, s.End = start, w.Len()
	if s.Text == nil { // one verbatim run is the whole span
		for i := len(w.runs) - 1; i >= 0 && w.runs[i].start >= start; i-- {
			if r := w.runs[i]; r.start == s.Start && r.end == s.End && r.verbatim {
				s.Text, s.From = r.text, r.from
			}
		}
	}
	w.spans = append(w.spans, s)
}

// line is the number of the line (0-based) that is being written.
func (w *writer) line() int {
	w.lines += strings.Count(w.String()[w.count:], "\n")
	w.count = w.Len()
	return w.lines
}

// fold lets the lines from first up to the last one that is written be folded.
func (w *writer) fold(first int) {
	last := w.line() - 1
	if w.Len() > 0 && !strings.HasSuffix(w.String(), "\n") {
		last++
	}
	for s := w.String(); last > first && strings.HasSuffix(s, "\n\n"); last-- {
		s = s[:len(s)-1]
	}
	if last > first {
		w.folds = append(w.folds, Fold{first, last})
	}
}

// from writes a piece of a text in the words s; a piece that is written as it is joins the one before it.
func (w *writer) from(t *host.Text, from, to int, s string) {
	start := w.Len()
	w.WriteString(s)
	if t == nil || s == "" {
		return
	}
	same := t.S[from:to] == s
	if n := len(w.runs); n > 0 && same {
		if r := &w.runs[n-1]; r.verbatim && r.text == t && r.to == from && r.end == start {
			r.to, r.end = to, w.Len()
			return
		}
	}
	w.runs = append(w.runs, run{text: t, from: from, to: to, start: start, end: w.Len(), verbatim: same})
}

// document is what was written.
func (w *writer) document() *Document {
	d := &Document{Text: w.String(), Spans: w.spans, Folds: w.folds, runs: w.runs}
	sort.SliceStable(d.Spans, func(i, j int) bool {
		a, b := d.Spans[i], d.Spans[j]
		return a.Start < b.Start || a.Start == b.Start && a.End > b.End
	})
	sort.SliceStable(d.Folds, func(i, j int) bool { return d.Folds[i].First < d.Folds[j].First })
	return d
}
