package shell

import (
	"strings"
	"unicode/utf16"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A truth is a condition's outcome; unknown is neither.
type truth int8

const (
	no truth = iota
	yes
	unknown
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return unknown
}

// A place is a range of a file. Loose text was made by an eval: the range is the eval's, not its own.
type place struct {
	text       *host.Text
	start, end int
	loose      bool
}

// A marker finds lines and columns. It goes on from where it was, because a file may be one line of a megabyte.
type marker struct {
	text           *host.Text
	off, line, col int
}

// loc gives the position of a place, and how many bytes it looked at.
func (m *marker) loc(p place) (host.Loc, int) {
	if p.text == nil {
		return host.Loc{}, 0
	}
	l := p.text.At
	if m.text == p.text && m.off <= p.start {
		if between := p.text.S[m.off:p.start]; strings.IndexByte(between, '\n') < 0 {
			for _, c := range between {
				m.col += max(utf16.RuneLen(c), 1)
			}
			m.off = p.start
			l.Line, l.Col = m.line, m.col
			return l, len(between)
		}
	}
	m.text, m.off = p.text, p.start
	m.line, m.col = p.text.Position(p.start)
	l.Line, l.Col = m.line, m.col
	return l, m.col
}

// A variable is never changed, only replaced, so that a copy of the map is a copy of the state.
type variable struct {
	s               string
	known, exported bool
	by              *Assign
	entries         []PathEntry // with list: s is these, joined with ":"
	list            bool
	array           []frag // elements of an array
	isArray         bool
	unique          bool // zsh typeset -U
}

type mark byte

const (
	text mark = iota
	opening
	closing
	fieldBreak // between the fields of "$@"
	separator  // between the elements of zsh's path
	nothing    // "$@" without arguments, which is no field
)

// A frag is a part of a word after expansion.
type frag struct {
	s       string
	mark    mark
	known   bool
	exp     bool // what an expansion gave: it is split where it is not quoted
	quoted  bool // neither split nor matched
	lit     bool // s is the bytes of at, one by one
	list    bool // s is entries
	at      place
	alt     place       // the same in the present statement, where at is an argument's place
	entries []PathEntry // with list
	name    string      // the variable that it is the value of
}

func join(frags []frag) (s string, known bool) {
	known = true
	if len(frags) == 1 && frags[0].mark == text {
		return frags[0].s, frags[0].known
	}
	var b strings.Builder
	for _, f := range frags {
		if f.mark == text {
			b.WriteString(f.s)
			known = known && f.known
		} else if f.mark == fieldBreak {
			b.WriteByte(' ')
		} else if f.mark == separator {
			b.WriteByte(':')
		}
	}
	return b.String(), known
}

// split makes the PATH entries of a value. An entry that is wholly one of an old list keeps its place.
func split(frags []frag, by *Assign, m *marker) (list []PathEntry, known bool) {
	known = true
	for _, f := range frags {
		if f.mark == text && (!f.known || f.s != "" || f.list && len(f.entries) > 0) {
			b := entryBuilder{by: by, mark: m, list: make([]PathEntry, 0, elements(frags))}
			b.run(frags)
			for _, e := range b.list {
				known = known && e.Known
			}
			return b.list, known && !b.partial
		}
	}
	return nil, true
}

// elements is how many entries a value has at most.
func elements(frags []frag) int {
	n := 1
	for _, f := range frags {
		switch {
		case f.list:
			n += len(f.entries)
		case f.mark == separator:
			n++
		default:
			n += strings.Count(f.s, ":")
		}
	}
	return n
}

type piece struct {
	frag
	from *PathEntry
}

type entryBuilder struct {
	by      *Assign
	mark    *marker
	list    []PathEntry
	cur     []piece
	edge    place // where an empty entry would stand
	partial bool  // an old list has entries that are not known
}

func (b *entryBuilder) run(frags []frag) {
	for _, f := range frags {
		if b.edge.text == nil {
			b.edge = f.at
			b.edge.end = b.edge.start
		}
		switch {
		case f.mark == fieldBreak:
			b.cur = append(b.cur, piece{frag: frag{s: " ", known: true, at: f.at}})
		case f.mark == separator:
			b.flush()
			b.edge = f.at
		case f.mark != text:
			b.cur = append(b.cur, piece{frag: f})
		case f.list:
			b.partial = b.partial || !f.known
			for i := range f.entries {
				if i > 0 {
					b.flush()
				}
				p := piece{frag: f, from: &f.entries[i]}
				p.s, p.known, p.list = f.entries[i].Dir, f.entries[i].Known, false
				b.cur = append(b.cur, p)
			}
		default:
			rest := f
			for {
				i := strings.IndexByte(rest.s, ':')
				if i < 0 {
					b.cur = append(b.cur, piece{frag: rest})
					break
				}
				if i > 0 || !f.lit {
					head := rest
					head.s = rest.s[:i]
					if f.lit {
						head.at.end = head.at.start + i
					}
					b.cur = append(b.cur, piece{frag: head})
				}
				b.flush()
				rest.s = rest.s[i+1:]
				if f.lit {
					rest.at.start += i + 1
				}
				b.edge = rest.at
				b.edge.end = b.edge.start
				if rest.s == "" {
					break
				}
			}
		}
	}
	b.flush()
}

func (b *entryBuilder) flush() {
	e := PathEntry{Known: true, By: b.by, Start: -1, End: -1}
	var only *PathEntry
	n := 0
	for _, p := range b.cur {
		if p.mark != text || p.s == "" && p.known && p.from == nil {
			continue
		}
		n++
		only = p.from
		e.Dir += p.s
		e.Known = e.Known && p.known
	}
	if n == 1 && only != nil {
		b.list = append(b.list, *only)
		b.cur = b.cur[:0]
		return
	}
	if !e.Known {
		e.Dir = ""
	}
	at, ok := b.where()
	e.At, _ = b.mark.loc(at)
	e.In, e.Text = at.text, e.Dir
	if ok && !at.loose && at.text != nil {
		e.Start, e.End = at.start, at.end
		e.Text = at.text.S[at.start:at.end]
	}
	b.list = append(b.list, e)
	b.cur = b.cur[:0]
}

// where is the range of the pieces of one entry: a pair of quotes belongs to it, half a pair at its edge does not.
func (b *entryBuilder) where() (place, bool) {
	cur := trimQuotes(b.cur)
	if len(cur) == 0 {
		return b.edge, true
	}
	at := cur[0].at
	same := true
	for _, p := range cur[1:] {
		if p.at.text != at.text || p.at.loose != at.loose || p.at.start < at.end {
			same = false
		}
		at.end = max(at.end, p.at.end)
	}
	if !same { // an argument of a function, and more
		for i, p := range cur {
			q := p.at
			if p.alt.text != nil {
				q = p.alt
			}
			if i == 0 {
				at = q
				continue
			}
			if q.text != at.text || q.loose != at.loose {
				return at, false
			}
			at.start, at.end = min(at.start, q.start), max(at.end, q.end)
		}
	}
	depth := 0
	for _, p := range cur {
		switch p.mark {
		case opening:
			depth++
		case closing:
			if depth--; depth < 0 {
				return at, false
			}
		}
	}
	return at, depth == 0
}

func trimQuotes(cur []piece) []piece {
	for len(cur) > 0 && cur[0].mark == closing {
		cur = cur[1:]
	}
	for len(cur) > 0 && cur[len(cur)-1].mark == opening {
		cur = cur[:len(cur)-1]
	}
	for len(cur) > 0 {
		open, shut := cur[0].mark == opening, cur[len(cur)-1].mark == closing
		depth, first := 0, -1 // where the first quote ends
		for i, p := range cur {
			switch p.mark {
			case opening:
				depth++
			case closing:
				depth--
				if depth == 0 && first < 0 {
					first = i
				}
			}
		}
		switch {
		case open && shut && first == len(cur)-1: // one pair around all
			return cur[1 : len(cur)-1]
		case open && depth > 0:
			cur = cur[1:]
		case shut && depth < 0:
			cur = cur[:len(cur)-1]
		default:
			return cur
		}
	}
	return cur
}

// relist keeps the places of the entries that an operation on a list left as they were.
func relist(old []PathEntry, s string, at place, loc host.Loc) []PathEntry {
	if s == "" {
		return nil
	}
	var list []PathEntry
	for dir := range strings.SplitSeq(s, ":") {
		found := false
		for i, e := range old {
			if e.Dir == dir {
				list, old, found = append(list, e), old[i+1:], true
				break
			}
		}
		if !found {
			list = append(list, PathEntry{Dir: dir, Text: dir, At: loc, In: at.text, Start: -1, End: -1, Known: true})
		}
	}
	return list
}

func joinEntries(list []PathEntry) string {
	if len(list) == 1 {
		return list[0].Dir
	}
	var b strings.Builder
	n := 0
	for _, e := range list {
		if !e.Known {
			continue
		}
		if n > 0 {
			b.WriteByte(':')
		}
		n++
		b.WriteString(e.Dir)
	}
	return b.String()
}
