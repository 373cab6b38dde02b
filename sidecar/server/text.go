package server

import (
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
	text    string
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
	from := 0
	for range p.Line {
		end, next := lineEnd(text, from)
		if end == next {
			return len(text)
		}
		from = next
	}
	end, _ := lineEnd(text, from)
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
	from := 0
	for {
		end, next := lineEnd(text, from)
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

// change makes one incremental or full change. The result shares no memory with the message that brought the change.
func (e encoding) change(text string, c protocol.TextDocumentContentChangeEvent) string {
	switch c := c.(type) {
	case *protocol.TextDocumentContentChangeWholeDocument:
		return strings.Clone(c.Text)
	case *protocol.TextDocumentContentChangePartial:
		start := e.offset(text, c.Range.Start)
		end := max(start, e.offset(text, c.Range.End))
		return text[:start] + c.Text + text[end:]
	}
	return text
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
