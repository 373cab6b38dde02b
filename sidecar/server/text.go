package server

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A buffer is a text that the editor has open; it may differ from what it shows.
type buffer struct {
	uri     uri.URI
	version int32
	text    string // empty while huge
	huge    bool
}

// set replaces the text. One that is longer than any file that is read shows no problems; it is not kept.
func (b *buffer) set(text string) {
	if b.huge = len(text) > host.MaxText; b.huge {
		text = ""
	}
	b.text = text
}

// An encoding counts the columns of positions.
type encoding protocol.PositionEncodingKind

// lineEnd finds the end of a line, which is \n, \r\n or \r, and the start of the next. Both are the end of the text in its last line.
func lineEnd(text string, from int) (end, next int) {
	i := strings.IndexAny(text[from:], "\r\n")
	if i < 0 {
		return len(text), len(text)
	}
	end, next = from+i, from+i+1
	if text[end] == '\r' && next < len(text) && text[next] == '\n' {
		next++
	}
	return end, next
}

// lines finds the ends of the lines of a text, one after the other, in time that grows with the text alone.
type lines struct {
	text   string
	lf, cr int // the first of each from the last place that was asked for, len(text) for none; -1 before
}

// end is [lineEnd] for places that only grow.
func (l *lines) end(from int) (end, next int) {
	l.lf, l.cr = l.find('\n', l.lf, from), l.find('\r', l.cr, from)
	switch end = min(l.lf, l.cr); {
	case end == len(l.text):
		return end, end
	case end == l.cr && l.lf == end+1:
		return end, end + 2
	}
	return end, end + 1
}

func (l *lines) find(c byte, last, from int) int {
	if last >= from {
		return last
	}
	if i := strings.IndexByte(l.text[from:], c); i >= 0 {
		return from + i
	}
	return len(l.text)
}

// width is the number of columns of a rune that takes n bytes. A byte that is no character takes one.
func (e encoding) width(r rune, n int) int {
	switch {
	case e == encoding(protocol.PositionEncodingKindUTF8):
		return n
	case r > 0xFFFF:
		return 2
	}
	return 1
}

// offset returns the byte of a position. A column past the end of its line is that end; a line past the end of the text is the
// end of the text; a column inside a character is its start.
func (e encoding) offset(text string, p protocol.Position) int {
	from, lines := 0, lines{text, -1, -1}
	for range p.Line {
		end, next := lines.end(from)
		if end == next {
			return len(text)
		}
		from = next
	}
	end, _ := lines.end(from)
	col := 0
	for from < end {
		r, n := utf8.DecodeRuneInString(text[from:end])
		if col += e.width(r, n); col > int(p.Character) {
			break
		}
		from += n
	}
	return from
}

// position is the inverse of offset.
func (e encoding) position(text string, off int) protocol.Position {
	off = min(max(off, 0), len(text))
	var p protocol.Position
	from, lines := 0, lines{text, -1, -1}
	for {
		end, next := lines.end(from)
		if next > off || end == next {
			off = min(off, end) // between \r and \n
			break
		}
		from = next
		p.Line++
	}
	for from < off {
		r, n := utf8.DecodeRuneInString(text[from:off])
		p.Character += uint32(e.width(r, n))
		from += n
	}
	return p
}

func (e encoding) span(text string, start, end int) protocol.Range {
	return protocol.Range{Start: e.position(text, start), End: e.position(text, end)}
}

// changes are the parameters of textDocument/didChange. Those of package protocol take a range that does not decode for none, and
// the whole text would be replaced; and they refuse the version null of older clients.
type changes struct {
	TextDocument struct {
		URI     uri.URI `json:"uri"`
		Version *int32  `json:"version"`
	} `json:"textDocument"`
	ContentChanges []struct {
		Range *protocol.Range `json:"range"` // nil: the whole text
		Text  *string         `json:"text"`
	} `json:"contentChanges"`
}

// obey makes the changes, all or none. The text shares no memory with the message that brought them.
func (b *buffer) obey(e encoding, p changes) error {
	for _, c := range p.ContentChanges {
		if c.Text == nil {
			return fmt.Errorf("a change without text")
		}
	}
	for _, c := range p.ContentChanges {
		switch {
		case c.Range == nil:
			b.set(strings.Clone(*c.Text))
		case !b.huge:
			b.set(e.change(b.text, *c.Range, *c.Text))
		}
	}
	if v := p.TextDocument.Version; v != nil {
		b.version = *v
	}
	return nil
}

// change replaces a range, whose end is not before its start.
func (e encoding) change(text string, span protocol.Range, insert string) string {
	start := e.offset(text, span.Start)
	end := max(start, e.offset(text, span.End))
	return text[:start] + insert + text[end:]
}

// project finds bytes of a file in the open document. Between two edits they are found by their line, if there is only one like it.
// Where the document differs there, exact is false and the bytes are a line of the document near by.
func project(file, open string, start, end int) (from, to int, exact bool) {
	if file == open {
		return start, end, true
	}
	same := 0
	for same < len(file) && same < len(open) && file[same] == open[same] {
		same++
	}
	tail := 0
	for tail < min(len(file), len(open))-same && file[len(file)-1-tail] == open[len(open)-1-tail] {
		tail++
	}
	switch {
	case end <= same:
		return start, end, true
	case start >= len(file)-tail:
		d := len(open) - len(file)
		return start + d, end + d, true
	}
	first := strings.LastIndexAny(file[:start], "\r\n") + 1
	last, _ := lineEnd(file, end)
	if at := wholeLine(open, file[first:last]); at >= 0 && wholeLine(file, file[first:last]) == first {
		return at + start - first, at + end - first, true
	}
	line := encoding("").position(file, start).Line
	from = encoding("").offset(open, protocol.Position{Line: line})
	to, _ = lineEnd(open, from)
	return from, to, false
}

// wholeLine is where the only line of a text that reads like this one begins; -1 for none or several. An empty line is like any other.
func wholeLine(text, line string) int {
	found := -1
	for from := 0; line != ""; {
		i := strings.Index(text[from:], line)
		if i < 0 {
			break
		}
		i += from
		from = i + len(line)
		if (i == 0 || text[i-1] == '\n' || text[i-1] == '\r') && (from == len(text) || text[from] == '\n' || text[from] == '\r') {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// fileName is the file that a URI names, in the style of the machine that it is on: a drive or a server makes it Windows.
func fileName(u uri.URI) (name string, ok bool) {
	if !u.IsFile() {
		return "", false
	}
	p := u.Path()
	switch server := u.Authority(); {
	case server != "":
		return `\\` + server + strings.ReplaceAll(p, "/", `\`), true
	case len(p) >= 3 && p[0] == '/' && p[2] == ':':
		return strings.ToUpper(p[1:2]) + strings.ReplaceAll(p[2:], "/", `\`), true
	case p == "":
		return "", false
	}
	return p, true
}

// fileURI is the inverse of fileName, in the form that editors use.
func fileURI(style host.Style, name string) uri.URI {
	c := uri.Components{Scheme: "file", Path: name}
	if style.Windows {
		c.Path = strings.ReplaceAll(name, `\`, "/")
		if rest, ok := strings.CutPrefix(c.Path, "//"); ok {
			c.Authority, c.Path, _ = strings.Cut(rest, "/")
		}
		c.Path = "/" + c.Path
	}
	u, err := uri.From(c)
	if err != nil { // a name that no editor can open
		return ""
	}
	return u
}
