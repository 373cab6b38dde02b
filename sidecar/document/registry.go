package document

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/winenv"
)

// keys are the keys that have a document, with the names that regedit gives them.
var keys = []struct{ name, long string }{
	{winenv.UserKey, `HKEY_CURRENT_USER\Environment`},
	{winenv.MachineKey, `HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment`},
}

// longName is regedit's name of a key, "" for one without a document.
func longName(key string) string {
	for _, k := range keys {
		if strings.EqualFold(k.name, key) {
			return k.long
		}
	}
	return ""
}

// Registry is the document of a key that holds an environment: [winenv.UserKey] or [winenv.MachineKey]. It is nil for another key, and
// where there is no registry.
func Registry(r *doctor.Report, key string) *Document {
	long := longName(key)
	if !r.Facts.System.Style.Windows || long == "" {
		return nil
	}
	w := &writer{}
	t := r.Lang.T
	reason := refusal(r, key)
	if strings.EqualFold(key, winenv.UserKey) {
		w.WriteString("; " + t("The variables of this user: every program that Windows starts gets them.") + "\n")
	} else {
		w.WriteString("; " + t("The variables of this machine: every program of every user gets them.") + "\n")
	}
	if reason == "" {
		w.WriteString("; " + t("Edit and save: you see what will change before it is written, and can take it back.") + "\n")
	} else {
		w.WriteString("; " + reason + "\n")
	}
	for _, line := range wrap(t(`Lists stand one element a line, as they are; a ; alone is an empty one. In quotes \\ is a backslash.`), 98) {
		w.WriteString("; " + line + "\n")
	}
	w.WriteString("\n")
	first := w.line()
	w.WriteString("[")
	start := w.Len()
	w.WriteString(long)
	w.span(start, Span{At: host.RegLoc(key, ""), Goes: []host.Loc{host.RegLoc(key, "")}})
	w.WriteString("]\n")
	if k := find(r.Facts, key); k != nil {
		for _, v := range k.Values {
			at := host.RegLoc(k.Name, v.Name)
			w.value(at, v, r.Facts.Texts[at], func(name string) []host.Loc { return setters(r.Facts, name) })
			w.WriteByte('\n')
		}
	}
	w.fold(first)
	d := w.document()
	d.Savable, d.Reason = reason == "", reason
	return d
}

func find(s *facts.Snapshot, key string) *host.Key {
	for _, k := range s.Keys {
		if strings.EqualFold(k.Name, key) {
			return k
		}
	}
	return nil
}

// setters are the places that give a variable its value, the strongest first.
func setters(s *facts.Snapshot, name string) (list []host.Loc) {
	all := s.All(name)
	for _, wins := range []bool{true, false} {
		for _, a := range slices.Backward(all) {
			if a.OS() && len(a.Wins) > 0 == wins && !slices.Contains(list, a.At) {
				list = append(list, a.At)
			}
		}
	}
	return list
}

// refusal is why a key cannot be written, "" where it can.
func refusal(r *doctor.Report, key string) string {
	s := r.Facts
	switch {
	case !s.System.Trusted:
		return r.Lang.T("The workspace is not trusted, so nothing is changed from here.")
	case longName(key) == "":
		return r.Lang.T("Windows and logon scripts write this key anew at each logon.")
	case strings.EqualFold(key, winenv.MachineKey) && !s.System.Admin:
		return r.Lang.T("This key belongs to the machine: only an elevated process may change it.")
	}
	if k := find(s, key); k != nil && k.ReadOnly {
		return r.Lang.T("The permissions of this registry key do not let this user set its values.")
	} else if k == nil && slices.ContainsFunc(s.Gaps, func(g facts.Gap) bool { return strings.EqualFold(g.At.String(), host.RegLoc(key, "").String()) }) {
		return r.Lang.T("This registry key could not be read.")
	}
	return ""
}

// An Error says why a text cannot be saved.
type Error struct {
	Line   int // 1-based; 0 if it is the whole text
	Reason string

	text string
}

func (e *Error) Error() string {
	if e.text != "" {
		return e.text
	}
	return e.Reason
}

func fail(lang l10n.Lang, line int, reason string) error {
	e := &Error{Line: line, Reason: reason}
	if line > 0 {
		e.text = lang.T("Line %d: %s", line, reason)
	}
	return e
}

// An entry is one value of a text.
type entry struct {
	name   string
	line   int
	typ    string
	hidden bool     // the text does not say it
	text   bool     // u holds it, else data
	u      []uint16 // of a string, without terminator
	data   []byte
}

func (e *entry) equal(o *entry) bool {
	if e == nil || o == nil {
		return e == o
	}
	return e.typ == o.typ && e.hidden == o.hidden && e.text == o.text && slices.Equal(e.u, o.u) && bytes.Equal(e.data, o.data)
}

// Save reads the text of a registry document and returns one edit for each value that the user changed since base, the text that the user
// began with. What the user did not change is not touched, whatever others did to it. An error is an [*Error].
func Save(r *doctor.Report, key, base, text string) ([]host.Edit, error) {
	if text == base {
		return nil, nil
	}
	lang := r.Lang
	if !r.Facts.System.Style.Windows {
		return nil, fail(lang, 0, lang.T("This machine has no registry."))
	}
	if why := refusal(r, key); why != "" {
		return nil, fail(lang, 0, why)
	}
	want, header, err := parse(lang, key, text)
	if err != nil {
		return nil, err
	}
	had, _, err := parse(lang, key, base)
	if err != nil {
		return nil, fail(lang, 0, lang.T("The text that you began with is not one of this document. Open it again."))
	}
	has, _, err := parse(lang, key, Registry(r, key).Text)
	if err != nil {
		return nil, err
	}
	var edits []host.Edit
	k := find(r.Facts, key)
	if k == nil {
		k = &host.Key{Name: key}
	}
	change := func(old, new *entry) error {
		name, line := "", header
		if old != nil {
			name = old.name
		}
		if new != nil {
			name, line = new.name, new.line
		}
		now := lookup(has, name)
		if !old.equal(now) {
			if new.equal(now) {
				return nil
			}
			return fail(lang, line, lang.T("Another program changed %s since you opened this document.", name))
		}
		e := host.Edit{At: host.RegLoc(k.Name, name)}
		for _, v := range k.Values {
			if strings.EqualFold(v.Name, name) {
				e.At.Name, e.Old = v.Name, &v.Value
			}
		}
		var reason string
		if e.New, reason = lower(lang, e.At, e.Old, new); reason != "" {
			return fail(lang, line, reason)
		}
		if new != nil && old != nil && new.name != old.name {
			return fail(lang, line, lang.T("Windows does not tell %s from %s. Leave the name as it is.", new.name, old.name))
		}
		if e.Old == nil || e.New == nil || e.Old.Type != e.New.Type || !bytes.Equal(e.Old.Data, e.New.Data) {
			edits = append(edits, e)
		}
		return nil
	}
	for _, old := range had {
		if new := lookup(want, old.name); !old.equal(new) || new.name != old.name {
			if err := change(old, new); err != nil {
				return nil, err
			}
		}
	}
	for _, new := range want {
		if lookup(had, new.name) == nil {
			if err := change(nil, new); err != nil {
				return nil, err
			}
		}
	}
	return edits, nil
}

func lookup(list []*entry, name string) *entry {
	for _, e := range list {
		if strings.EqualFold(e.name, name) {
			return e
		}
	}
	return nil
}

// maxVariable is the number of UTF-16 units that Windows gives to a variable, its terminator included.
const maxVariable = 32767

// lower is the value that an entry means, nil for none. What follows the terminator of a string, and a missing terminator, stay. The reason
// says why there is none.
func lower(lang l10n.Lang, at host.Loc, old *host.Value, e *entry) (v *host.Value, reason string) {
	path := strings.EqualFold(at.Name, "Path")
	switch {
	case at.Name == "":
		return nil, lang.T("The default value of the key is no variable. Leave it as it is.")
	case e == nil && path && strings.EqualFold(at.Path, winenv.MachineKey):
		return nil, lang.T("Without the Path of the machine, Windows finds none of its own programs.")
	case e == nil:
		return nil, ""
	case e.hidden:
		return nil, lang.T("hidden: stands for a value that is not shown here. Only that value can be written so.")
	case old == nil && strings.Contains(at.Name, "="):
		return nil, lang.T("The name of a variable cannot hold a =.")
	case !e.text && path:
		return nil, lang.T("Path must be text.")
	case !e.text:
		return &host.Value{Type: e.typ, Data: e.data}, ""
	}
	u, reason := reveal(lang, at, old, e.u)
	if reason != "" {
		return nil, reason
	}
	if len(u) >= maxVariable {
		return nil, lang.T("This value has %d characters; Windows takes no more than %d.", len(u), maxVariable-1)
	}
	if path && strings.Trim(string(utf16.Decode(u)), `; "`) == "" {
		return nil, lang.T("Path would be empty.")
	}
	v = &host.Value{Type: e.typ}
	if old == nil || old.Type != "sz" && old.Type != "expand" {
		v.Data = append(encode(u), 0, 0)
		return v, ""
	}
	_, tail := units(old.Data)
	v.Data = append(encode(u), tail...)
	return v, ""
}

// reveal puts the credentials of the old value where the text shows that it has some.
func reveal(lang l10n.Lang, at host.Loc, old *host.Value, u []uint16) (out []uint16, reason string) {
	s := string(utf16.Decode(u))
	if !strings.Contains(s, "://"+facts.Redacted+"@") {
		return u, ""
	}
	was := ""
	if old != nil {
		was = host.DecodeRegistry(at, *old).S
	}
	secrets := facts.Credentials(was)
	var b strings.Builder
	pos, n := 0, 0
	for _, c := range facts.Credentials(s) {
		if s[c[0]:c[1]] != facts.Redacted {
			continue
		}
		if n < len(secrets) {
			b.WriteString(s[pos:c[0]])
			b.WriteString(was[secrets[n][0]:secrets[n][1]])
			pos = c[1]
		}
		n++
	}
	if n != len(secrets) || slices.ContainsFunc(atoms(u), func(a atom) bool { return a.half }) {
		return nil, lang.T("%s stands for a name and a password that are not shown. Here they have to be written.", facts.Redacted)
	}
	return utf16.Encode([]rune(b.String() + s[pos:])), ""
}

// A parser reads the text of a registry document.
type parser struct {
	lang  l10n.Lang
	lines []string
	n     int // of the line that is next
	list  []*entry
	line  map[string]int // of the names, in upper case
	raw   *entry         // the list that an indented line belongs to
	empty bool           // raw has no element yet
}

// parse returns the values of a text in their order, and the line of the key.
func parse(lang l10n.Lang, key, text string) (list []*entry, header int, err error) {
	p := &parser{lang: lang, lines: strings.Split(strings.TrimPrefix(text, "\uFEFF"), "\n"), line: map[string]int{}}
	for p.n < len(p.lines) {
		line := strings.TrimRight(p.lines[p.n], " \t\r")
		p.n++
		body := strings.TrimLeft(line, " \t")
		reason := ""
		switch {
		case body == "", line[0] == ';', strings.HasPrefix(body, "; "), p.n == 1 && strings.HasPrefix(line, "Windows Registry Editor"):
		case strings.Contains(line, "\x00"):
			reason = lang.T("A NUL ends a text, so it cannot be a part of it.")
		case !utf8.ValidString(line):
			reason = lang.T("This line holds bytes that are no text.")
		case line[0] == '[':
			switch {
			case header > 0:
				reason = lang.T("This document shows one key only.")
			case !strings.EqualFold(line, "["+longName(key)+"]"):
				reason = lang.T("This document shows the key %s and no other.", longName(key))
			}
			header = p.n
		case header == 0:
			reason = lang.T("The key must come first: [%s]", longName(key))
		case len(body) < len(line):
			reason = p.element(body)
		case line[0] == '"' || line[0] == '@':
			reason = p.value(line)
		default:
			reason = lang.T(`This is neither a value ("NAME"="text") nor an indented element of a list.`)
		}
		if reason != "" {
			return nil, 0, fail(lang, p.n, reason)
		}
	}
	if header == 0 {
		return nil, 0, fail(lang, 1, lang.T("The key must come first: [%s]", longName(key)))
	}
	return p.list, header, nil
}

// element reads a line of a list.
func (p *parser) element(s string) (reason string) {
	if p.raw == nil {
		return p.lang.T("This line is indented and belongs to no list.")
	}
	if s != ";" && strings.HasSuffix(s, ";") && strings.Count(s, `"`)%2 == 0 {
		s = s[:len(s)-1] // people who paste bring the separator along
	}
	if s == ";" {
		s = ""
	}
	p.add(p.raw, utf16.Encode([]rune(s)))
	return ""
}

// add adds an element to a list.
func (p *parser) add(e *entry, u []uint16) {
	if !p.empty {
		e.u = append(e.u, ';')
	}
	p.empty = false
	e.u = append(e.u, u...)
}

// value reads a line "NAME"=….
func (p *parser) value(s string) (reason string) {
	e := &entry{line: p.n}
	p.raw, p.empty = nil, false
	if rest, ok := strings.CutPrefix(s, "@"); ok {
		s = rest
	} else {
		if _, e.name, s, reason = p.cutQuoted(s); reason != "" {
			return reason
		}
		if e.name == "" {
			return p.lang.T("A variable must have a name.")
		}
	}
	s, ok := strings.CutPrefix(strings.TrimLeft(s, " \t"), "=")
	if !ok {
		return p.lang.T(`After the name there must be a =.`)
	}
	s = strings.TrimLeft(s, " \t")
	if s == "-" { // regedit's word for a value that goes
		return ""
	}
	k := strings.ToUpper(e.name)
	if n := p.line[k]; n > 0 {
		return p.lang.T("Line %d has %s already.", n, e.name)
	}
	p.line[k] = p.n
	p.list = append(p.list, e)

	word, rest, _ := strings.Cut(s, ":")
	rest = strings.TrimLeft(rest, " \t")
	switch {
	case strings.HasPrefix(s, `"`):
		e.typ, rest = "sz", s
	case word == "sz" || word == "expand":
		e.typ = word
	default:
		return p.bytes(e, word, rest)
	}
	e.text = true
	switch rest {
	case "":
		p.raw, p.empty = e, true
		return ""
	case "[":
		return p.quotedList(e)
	}
	if e.u, _, rest, reason = p.cutQuoted(rest); reason == "" && rest != "" {
		reason = p.lang.T("There is more behind the closing quote. A quote within the text is written \\\".")
	}
	return reason
}

// quotedList reads elements in quotes, one a line, up to a ].
func (p *parser) quotedList(e *entry) (reason string) {
	p.empty = true
	for p.n < len(p.lines) {
		s := strings.Trim(p.lines[p.n], " \t\r")
		p.n++
		switch {
		case s == "]":
			return ""
		case s == "" || s[0] == ';':
			continue
		}
		u, _, rest, reason := p.cutQuoted(s)
		if reason == "" && rest != "" && rest != "," {
			reason = p.lang.T("There is more behind the closing quote. A quote within the text is written \\\".")
		}
		if reason != "" {
			return reason
		}
		p.add(e, u)
	}
	p.n = e.line
	return p.lang.T("The list has no closing ].")
}

// bytes reads what stands behind a type that is no string.
func (p *parser) bytes(e *entry, word, s string) (reason string) {
	number := func(bits int) uint64 {
		n, err := strconv.ParseUint(s, 16, bits)
		if err != nil {
			reason = p.lang.T("There must be at most %d hexadecimal digits here.", bits/4)
		}
		return n
	}
	switch word {
	case "hidden":
		if e.hidden = true; s != "" {
			return p.lang.T("hidden: stands for a value that is not shown here. Only that value can be written so.")
		}
	case "dword":
		e.typ, e.data = word, binary.LittleEndian.AppendUint32(nil, uint32(number(32)))
	case "qword":
		e.typ, e.data = word, binary.LittleEndian.AppendUint64(nil, number(64))
	case "multi":
		return p.multi(e, s)
	default:
		kind, ok := strings.CutPrefix(word, "hex(")
		if kind, ok = strings.CutSuffix(kind, ")"); !ok && word == "hex" {
			kind, ok = "3", true
		}
		kind = strings.ToLower(kind)
		n, err := strconv.ParseUint(kind, 16, 32)
		if !ok || err != nil || strconv.FormatUint(n, 16) != kind {
			return p.lang.T(`This is no value: there must be "text", expand:, sz:, multi:, dword:, qword:, hex: or hex(N): here.`)
		}
		e.typ = "hex(" + kind + ")"
		for typ, k := range kinds {
			if k == kind {
				e.typ = typ
			}
		}
		return p.hex(e, s)
	}
	return reason
}

// hex reads bytes; a \ at the end of a line lets the next one go on.
func (p *parser) hex(e *entry, s string) (reason string) {
	e.data = []byte{}
	for {
		s = strings.Trim(s, " \t\r")
		more := strings.HasSuffix(s, `\`)
		s = strings.TrimSuffix(strings.TrimRight(strings.TrimSuffix(s, `\`), " \t"), ",")
		if s != "" {
			for part := range strings.SplitSeq(s, ",") {
				n, err := strconv.ParseUint(strings.Trim(part, " \t"), 16, 8)
				if err != nil {
					return p.lang.T("There must be bytes of two hexadecimal digits here, with commas between them.")
				}
				e.data = append(e.data, byte(n))
			}
		}
		if !more || p.n >= len(p.lines) {
			return ""
		}
		s = p.lines[p.n]
		p.n++
	}
}

// multi reads ["a","b"].
func (p *parser) multi(e *entry, s string) (reason string) {
	e.typ = "multi"
	shape := p.lang.T(`Several texts are written so: multi:["a","b"]`)
	s, ok := strings.CutPrefix(s, "[")
	if !ok {
		return shape
	}
	for s = strings.TrimLeft(s, " \t"); !strings.HasPrefix(s, "]"); {
		u, _, rest, reason := p.cutQuoted(s)
		if reason != "" {
			return reason
		}
		if len(u) == 0 {
			return p.lang.T("An empty text would end the list.")
		}
		e.data = append(append(e.data, encode(u)...), 0, 0)
		rest = strings.TrimLeft(rest, " \t")
		if s, ok = strings.CutPrefix(rest, ","); ok {
			s = strings.TrimLeft(s, " \t")
		} else if s = rest; !strings.HasPrefix(s, "]") {
			return shape
		}
	}
	e.data = append(e.data, 0, 0)
	if s != "]" {
		return shape
	}
	return ""
}
