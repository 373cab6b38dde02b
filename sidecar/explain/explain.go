// Package explain knows which rule an error message speaks of: the messages of the go command, gopls, delve, the extension golang.go,
// shells, git, WSL and Windows, as they are printed.
//
// A message is matched by its words. What differs from machine to machine (paths, versions, names) is * in the table; case, runs of
// blanks and line ends, escape sequences of a terminal and typographic quotes do not matter.
package explain

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A Hit is a known message in a text.
type Hit struct {
	Rules      []string // that it may come from, likeliest first
	Source     string   // who prints it
	Line       int      // 0-based, of Start
	Start, End int      // bytes of the text
}

const (
	maxText = 4 << 20 // bytes of a text that are looked at: its end, where the errors of a terminal are
	maxGap  = 1 << 10 // bytes that a * stands for at most
	maxHits = 16      // of one message in a text: more of the same explain nothing more
)

// Match finds the known messages of a text, line by line, in each the longest first, since that says most. One that lies in a longer one
// does not count. It takes time in proportion to the text.
func Match(text string) []Hit {
	skipped := 0
	if len(text) > maxText {
		skipped = len(text) - maxText
	}
	n := normalise(text[skipped:])
	type candidate struct{ start, end, weight, row int }
	var found []candidate
	for i, pattern := range patterns() {
		for from, hits := 0, 0; hits < maxHits; hits++ {
			start, end, ok := n.find(pattern, from)
			if !ok {
				break
			}
			found = append(found, candidate{start, end, len(pattern) - strings.Count(pattern, "*"), i})
			from = end
		}
	}
	for _, c := range n.codes() {
		found = append(found, candidate{c.start, c.end, 0, c.row})
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.weight, a.weight))
	})
	var list []Hit
	var weight []int
	line, at := 0, 0
	for _, c := range found {
		beaten := func(d candidate) bool {
			return d.start <= c.start && c.end <= d.end && (d.weight > c.weight || d.weight == c.weight && d.row < c.row)
		}
		if slices.ContainsFunc(found, beaten) {
			continue
		}
		if strings.HasSuffix(n.flat[:c.start], "go: ") { // who says it
			c.start -= len("go: ")
		}
		start, end := skipped+n.at[c.start], skipped+n.after(text[skipped:], c.end)
		line += strings.Count(text[at:start], "\n")
		at = start
		h := Hit{Rules: strings.Fields(table[c.row].rules), Source: table[c.row].source, Line: line, Start: start, End: end}
		k := len(list)
		for k > 0 && list[k-1].Line == line && weight[k-1] < c.weight {
			k--
		}
		list, weight = slices.Insert(list, k, h), slices.Insert(weight, k, c.weight)
	}
	return list
}

// Rules are the rules that the messages of a text may come from, likeliest first: those of the first message, then those of the next.
func Rules(hits []Hit) []string {
	list := []string{}
	for _, h := range hits {
		for _, id := range h.Rules {
			if !slices.Contains(list, id) {
				list = append(list, id)
			}
		}
	}
	return list
}

// A text that is folded: flat has a blank where lines has a line end, and at[i] is where its byte i was.
type folded struct {
	flat, lines string
	at          []int
}

// after is where what byte end-1 was ends in the text, without blanks.
func (n *folded) after(text string, end int) int {
	for end > 0 && n.flat[end-1] == ' ' {
		end--
	}
	if end == 0 {
		return 0
	}
	_, size := utf8.DecodeRuneInString(text[n.at[end-1]:])
	return n.at[end-1] + size
}

// normalise folds a text.
func normalise(text string) folded {
	flat := make([]byte, 0, len(text))
	lines := make([]byte, 0, len(text))
	at := make([]int, 0, len(text)+1)
	put := func(s string, pos int) {
		for k := range len(s) {
			flat, lines, at = append(flat, s[k]), append(lines, s[k]), append(at, pos)
		}
	}
	blank := func(c byte, pos int) {
		last := len(flat) - 1
		if last < 0 || flat[last] != ' ' {
			flat, lines, at = append(flat, ' '), append(lines, c), append(at, pos)
		} else if c == '\n' {
			lines[last] = c
		}
	}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == 0x1b:
			i += escape(text[i:])
			continue
		case c == '\n':
			blank('\n', i)
		case c == ' ' || c == '\t':
			blank(' ', i)
		case c < ' ' || c == 0x7f: // CR, NUL, bells
		case c < utf8.RuneSelf:
			switch {
			case 'A' <= c && c <= 'Z':
				c += 'a' - 'A'
			case c == '`':
				c = '\''
			}
			flat, lines, at = append(flat, c), append(lines, c), append(at, i)
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			if r == 0xA0 || r == 0x3000 {
				blank(' ', i)
			} else {
				put(foldRune(r), i)
			}
			i += size
			continue
		}
		i++
	}
	return folded{string(flat), string(lines), append(at, len(text))}
}

// patterns are those of the table, folded.
var patterns = sync.OnceValue(func() []string {
	list := make([]string, len(table))
	for i := range table {
		list[i] = fold(table[i].pattern)
		if head, ok := strings.CutSuffix(list[i], "*"); ok { // what follows may be missing: people paste parts
			list[i] = strings.TrimRight(head, " :\"'([$") + "*"
		}
	}
	return list
})

// fold folds a pattern.
func fold(pattern string) string {
	var b strings.Builder
	for _, r := range pattern {
		b.WriteString(foldRune(r))
	}
	return b.String()
}

func foldRune(r rune) string {
	switch r {
	case '‘', '’', '`':
		return "'"
	case '“', '”':
		return `"`
	case '：':
		return ":"
	case '（':
		return "("
	case '\uFEFF', '\u200B':
		return ""
	}
	return string(unicode.ToLower(r))
}

// Plain is a text without the escape sequences of a terminal.
func Plain(text string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, 0x1b)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i])
		text = text[i+escape(text[i:]):]
	}
}

// escape is the length of the escape sequence (ECMA-48) that a text begins with.
func escape(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	limit := min(len(s), maxGap) // one that does not end is not one
	switch s[1] {
	case '[':
		for i := 2; i < limit; i++ {
			if '@' <= s[i] && s[i] <= '~' {
				return i + 1
			}
			if s[i] < ' ' || s[i] > '?' {
				return i
			}
		}
		return 2
	case ']', 'P', '_', '^', 'X':
		for i := 2; i < limit; i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == 0x1b && i+1 < limit && s[i+1] == '\\' {
				return i + 2
			}
			if s[i] == '\n' {
				return i
			}
		}
		return 2
	}
	return 2
}

// find finds a folded pattern in a text from a byte on.
func (n *folded) find(pattern string, from int) (start, end int, ok bool) {
	first, rest, more := strings.Cut(pattern, "*")
	i := strings.Index(n.flat[from:], first)
	if i < 0 {
		return 0, 0, false
	}
	from += i
	for part := range strings.SplitSeq(rest, "*") { // where a part never comes there is no use in going on
		if !strings.Contains(n.flat[from:], part) {
			return 0, 0, false
		}
	}
	for from <= len(n.flat) {
		i := strings.Index(n.flat[from:], first)
		if i < 0 {
			return 0, 0, false
		}
		start = from + i
		from = start + 1
		if !n.boundary(start, first) {
			continue
		}
		end, ok = start+len(first), true
		if more {
			if rest == "" && !n.ends(end, first) {
				continue
			}
			end, ok = n.follow(rest, end)
		}
		if ok && n.ends(end, pattern) {
			return start, end, true
		}
	}
	return 0, 0, false
}

// follow finds what comes after a *, on the same line and near; at the end of a pattern a * is the rest of the line.
func (n *folded) follow(pattern string, at int) (end int, ok bool) {
	for more := true; more; {
		var part string
		part, pattern, more = strings.Cut(pattern, "*")
		limit := min(len(n.flat), at+maxGap)
		if i := strings.IndexByte(n.lines[at:limit], '\n'); i >= 0 {
			limit = at + i
		}
		if part == "" && !more {
			return limit, true
		}
		i := strings.Index(n.flat[at:min(len(n.flat), limit+len(part))], part)
		if i < 0 {
			return 0, false
		}
		at += i + len(part)
	}
	return at, true
}

// boundary reports whether a word of a message is not the end of a longer one: "go: " is not in "cargo: ".
func (n *folded) boundary(start int, part string) bool {
	if start == 0 || part == "" || !word(part[0]) {
		return true
	}
	return !word(n.flat[start-1])
}

func (n *folded) ends(end int, pattern string) bool {
	return end >= len(n.flat) || end == 0 || !word(pattern[len(pattern)-1]) || !word(n.flat[end])
}

func word(c byte) bool { return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' }

// A code is a number of a Windows error in a text.
type code struct{ start, end, row int }

// codes finds the numbers of Windows errors, whose texts are in the language of Windows: "os error 4551", "winapi error #1260",
// "WinError 193", "Fehlercode: 225", "0x800711C7".
func (n *folded) codes() (list []code) {
	text := n.flat
	for i := 0; i < len(text) && len(list) < maxHits; {
		if text[i] < '0' || text[i] > '9' || i > 0 && word(text[i-1]) {
			i++
			continue
		}
		end := i
		for end < len(text) && word(text[end]) {
			end++
		}
		if row := errorRow(text[i:end]); row >= 0 && (strings.HasPrefix(text[i:end], "0x") || named(text[max(0, i-40):i])) {
			list = append(list, code{i, end, row})
		}
		i = end
	}
	return list
}

// errorRow is the row of the table for a number, -1 if there is none. An HRESULT 0x8007xxxx holds the number of a Windows error.
func errorRow(number string) int {
	number = strings.TrimPrefix(number, "0x8007")
	for i := range table {
		if _, codes, ok := strings.Cut(table[i].source, "Windows error "); ok && slices.Contains(strings.Fields(codes), number) {
			return i
		}
	}
	return -1
}

// named reports whether a text ends in a word that says that a number of an error follows.
func named(before string) bool {
	before = strings.TrimRight(before, " :=#(.")
	for _, w := range []string{
		"error", "errno", "winerror", "error code", "exit code", "code", "fehler", "fehlercode", "erreur", "errore", "erro", "código", "codice",
		"fout", "foutcode", "fel", "felkod", "fejl", "virhe", "błąd", "chyba", "hiba", "hata", "ошибка", "код", "помилка",
		"错误", "錯誤", "错误代码", "错误码", "代码", "エラー", "エラー コード", "コード", "오류", "코드", "خطأ", "שגיאה",
	} {
		if rest, ok := strings.CutSuffix(before, w); ok && (rest == "" || !word(rest[len(rest)-1]) || w[0] >= utf8.RuneSelf) {
			return true
		}
	}
	return false
}
