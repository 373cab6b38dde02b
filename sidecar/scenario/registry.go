package scenario

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A key is a registry key. Values and subkeys keep the order in which they were written.
type key struct {
	name    string // last element, as written
	path    string // HKCU\Environment
	subs    []*key
	values  []host.NamedValue
	written time.Time
	sddl    string
	made    bool // by a Swap
}

// hives are the long names that regedit writes, and the short ones.
var hives = [][2]string{{"HKEY_LOCAL_MACHINE", "HKLM"}, {"HKEY_CURRENT_USER", "HKCU"}, {"HKEY_CLASSES_ROOT", "HKCR"}, {"HKEY_USERS", "HKU"}, {"HKEY_CURRENT_CONFIG", "HKCC"}}

func (k *key) clone() *key {
	c := *k
	c.values = slices.Clone(k.values)
	c.subs = make([]*key, len(k.subs))
	for i, s := range k.subs {
		c.subs[i] = s.clone()
	}
	return &c
}

// find returns the key at a path below k, nil if there is none.
func (k *key) find(path string) *key {
	for k != nil && path != "" {
		name, rest, _ := strings.Cut(path, `\`)
		i := slices.IndexFunc(k.subs, func(s *key) bool { return strings.EqualFold(s.name, name) })
		if i < 0 {
			return nil
		}
		k, path = k.subs[i], rest
	}
	return k
}

// make returns the key at a path below k, and makes it and its parents.
func (k *key) make(path string, new key) *key {
	for path != "" {
		name, rest, _ := strings.Cut(path, `\`)
		i := slices.IndexFunc(k.subs, func(s *key) bool { return strings.EqualFold(s.name, name) })
		if i < 0 {
			s := new
			s.name, s.path = name, name
			if k.path != "" {
				s.path = k.path + `\` + name
			}
			k.subs = append(k.subs, &s)
			i = len(k.subs) - 1
		}
		k, path = k.subs[i], rest
	}
	return k
}

// value returns the index of a value, -1 if there is none.
func (k *key) value(name string) int {
	return slices.IndexFunc(k.values, func(v host.NamedValue) bool { return strings.EqualFold(v.Name, name) })
}

func (k *key) settle(then time.Time) {
	if k.written.IsZero() {
		k.written = then
	}
	for _, s := range k.subs {
		s.settle(then)
	}
}

// ReadKey returns a key by its short hive name.
func (m *Machine) ReadKey(name string) (*host.Key, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.readKey(name)
}

func (m *Machine) readKey(name string) (*host.Key, error) {
	k := m.keys.find(strings.TrimSuffix(name, `\`))
	if k == nil || k == m.keys {
		return nil, fmt.Errorf("reading %s: %w", name, fs.ErrNotExist)
	}
	if !m.mayKey(k.path, k.sddl, read) {
		return nil, fmt.Errorf("reading %s: %w", name, fs.ErrPermission)
	}
	r := &host.Key{Name: k.path, Values: make([]host.NamedValue, len(k.values)), Written: k.written, SDDL: k.sddl, ReadOnly: !m.mayKey(k.path, k.sddl, write)}
	r.Rights = host.KeyRead
	if !r.ReadOnly {
		r.Rights = host.KeyAllAccess
	}
	for i, v := range k.values {
		v.Data = slices.Clone(v.Data)
		r.Values[i] = v
	}
	for _, s := range k.subs {
		r.Subkeys = append(r.Subkeys, s.name)
	}
	return r, nil
}

// A scanner reads regedit text. Strings may hold raw line ends, as Windows writes them, so that a line is no unit.
type scanner struct {
	s    string
	pos  int
	ansi bool // the bytes of strings are those of REGEDIT4
}

func (sc *scanner) done() bool { return sc.pos >= len(sc.s) }

// rest returns the text up to the end of the line and moves past it.
func (sc *scanner) rest() string { return strings.TrimRight(sc.line(), " \t\r") }

// line is rest with its blanks.
func (sc *scanner) line() string {
	l, _, _ := strings.Cut(sc.s[sc.pos:], "\n")
	sc.pos = min(len(sc.s), sc.pos+len(l)+1)
	return strings.TrimSuffix(l, "\r")
}

// blank moves past blanks and continuations: a \ at the end of a line.
func (sc *scanner) blank() {
	for !sc.done() {
		switch c := sc.s[sc.pos]; {
		case c == ' ' || c == '\t' || c == '\r':
			sc.pos++
		case c == '\\' && strings.HasPrefix(strings.TrimLeft(sc.s[sc.pos+1:], " \t\r"), "\n"):
			sc.pos += 1 + strings.IndexByte(sc.s[sc.pos+1:], '\n') + 1
		default:
			return
		}
	}
}

func (sc *scanner) eat(s string) bool {
	if strings.HasPrefix(sc.s[sc.pos:], s) {
		sc.pos += len(s)
		return true
	}
	return false
}

// quoted reads a string in quotes.
func (sc *scanner) quoted() (string, error) {
	if !sc.eat(`"`) {
		return "", fmt.Errorf(`want "`)
	}
	var b strings.Builder
	for i := sc.pos; i < len(sc.s); i++ {
		switch sc.s[i] {
		case '"':
			b.WriteString(sc.s[sc.pos:i])
			sc.pos = i + 1
			return b.String(), nil
		case '\\':
			b.WriteString(sc.s[sc.pos:i])
			i++
			if i == len(sc.s) {
				break
			}
			switch c := sc.s[i]; c {
			case '\\', '"':
				b.WriteByte(c)
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			default:
				return "", fmt.Errorf(`bad escape \%c: want \\, \", \n or \t`, c)
			}
			sc.pos = i + 1
		}
	}
	return "", fmt.Errorf("string without its closing quote")
}

// hex reads bytes separated by commas.
func (sc *scanner) hex() ([]byte, error) {
	b := []byte{}
	for {
		sc.blank()
		i := sc.pos
		for sc.pos < len(sc.s) && strings.IndexByte("0123456789abcdefABCDEF", sc.s[sc.pos]) >= 0 {
			sc.pos++
		}
		switch sc.pos - i {
		case 0:
			if len(b) == 0 && (sc.done() || sc.s[sc.pos] == '\n') {
				return b, nil
			}
			return nil, fmt.Errorf("want two hexadecimal digits")
		case 1, 2:
			n, _ := strconv.ParseUint(sc.s[i:sc.pos], 16, 8)
			b = append(b, byte(n))
		default:
			return nil, fmt.Errorf("want two hexadecimal digits, not %q", sc.s[i:sc.pos])
		}
		sc.blank()
		if !sc.eat(",") {
			return b, nil
		}
	}
}

var hexTypes = map[string]string{"0": "none", "1": "sz", "2": "expand", "3": "binary", "4": "dword", "7": "multi", "b": "qword"}

// value reads what stands after "name"=.
func (sc *scanner) value() (host.Value, error) {
	sc.blank()
	switch {
	case strings.HasPrefix(sc.s[sc.pos:], `"`):
		s, err := sc.quoted()
		return host.Value{Type: "sz", Data: host.RegString(s)}, err
	case sc.eat("expand:"):
		sc.blank()
		s, err := sc.quoted()
		return host.Value{Type: "expand", Data: host.RegString(s)}, err
	case sc.eat("multi:"):
		sc.blank()
		if !sc.eat("[") {
			return host.Value{}, fmt.Errorf(`want multi:["a","b"]`)
		}
		var list []string
		for {
			sc.blank()
			if len(list) == 0 && sc.eat("]") {
				break
			}
			s, err := sc.quoted()
			if err != nil {
				return host.Value{}, err
			}
			list = append(list, s)
			sc.blank()
			if sc.eat("]") {
				break
			}
			if !sc.eat(",") {
				return host.Value{}, fmt.Errorf(`want multi:["a","b"]`)
			}
		}
		return host.Value{Type: "multi", Data: host.RegStrings(list)}, nil
	case sc.eat("dword:"):
		n, err := sc.number(32)
		return host.Value{Type: "dword", Data: binary.LittleEndian.AppendUint32(nil, uint32(n))}, err
	case sc.eat("qword:"):
		n, err := sc.number(64)
		return host.Value{Type: "qword", Data: binary.LittleEndian.AppendUint64(nil, n)}, err
	case sc.eat("hex:"):
		b, err := sc.hex()
		return host.Value{Type: "binary", Data: b}, err
	case sc.eat("hex("):
		n, _, ok := strings.Cut(sc.s[sc.pos:], "):")
		if _, err := strconv.ParseUint(n, 16, 32); err != nil || !ok {
			return host.Value{}, fmt.Errorf("want hex(N):")
		}
		sc.pos += len(n) + 2
		typ := hexTypes[strings.ToLower(n)]
		if typ == "" {
			typ = "hex(" + strings.ToLower(n) + ")"
		}
		b, err := sc.hex()
		if sc.ansi && err == nil && (typ == "sz" || typ == "expand" || typ == "multi") {
			b, err = widen(b)
		}
		return host.Value{Type: typ, Data: b}, err
	}
	return host.Value{}, fmt.Errorf(`unknown type of value: want "…", expand:"…", multi:["…"], dword:, qword:, hex: or hex(N):`)
}

// widen makes UTF-16LE of the bytes that REGEDIT4 writes.
func widen(b []byte) ([]byte, error) {
	w := make([]byte, 0, 2*len(b))
	for _, c := range b {
		if c >= 0x80 {
			return nil, fmt.Errorf("byte %02x is in a code page that REGEDIT4 does not name: want an export of Version 5.00", c)
		}
		w = append(w, c, 0)
	}
	return w, nil
}

// queried reads a value as reg query prints it: name, type and data, four blanks apart. It has no Type where the key has no such value.
func queried(l string) (v host.NamedValue, err error) {
	const apart = "    "
	bad := fmt.Errorf("want NAME    TYPE    DATA as reg query prints it, not %q", l)
	at := strings.Index(l, apart+"REG_")
	if at < 0 {
		return v, bad
	}
	v.Name = l[:at]
	typ, data, _ := strings.Cut(l[at+len(apart):], apart)
	if v.Name == "(Default)" {
		v.Name = ""
	}
	switch typ {
	case "REG_SZ", "REG_EXPAND_SZ":
		if v.Name == "" && data == "(value not set)" {
			return v, nil
		}
		v.Type, v.Data = "sz", host.RegString(data)
		if typ == "REG_EXPAND_SZ" {
			v.Type = "expand"
		}
	case "REG_MULTI_SZ":
		var list []string
		if data != "" {
			list = strings.Split(data, `\0`)
		}
		v.Type, v.Data = "multi", host.RegStrings(list)
	case "REG_DWORD", "REG_QWORD":
		bits := 32
		v.Type = "dword"
		if typ == "REG_QWORD" {
			bits, v.Type = 64, "qword"
		}
		n, err := strconv.ParseUint(strings.TrimPrefix(data, "0x"), 16, bits)
		if err != nil {
			return v, bad
		}
		v.Data = binary.LittleEndian.AppendUint64(nil, n)[:bits/8]
	case "REG_BINARY", "REG_NONE":
		v.Type = "binary"
		if typ == "REG_NONE" {
			v.Type = "none"
		}
		if v.Data, err = hex.DecodeString(data); err != nil {
			return v, bad
		}
	default:
		return v, bad
	}
	return v, nil
}

func (sc *scanner) number(bits int) (uint64, error) {
	sc.blank()
	i := sc.pos
	for sc.pos < len(sc.s) && strings.IndexByte("0123456789abcdefABCDEF", sc.s[sc.pos]) >= 0 {
		sc.pos++
	}
	n, err := strconv.ParseUint(sc.s[i:sc.pos], 16, bits)
	if err != nil {
		return 0, fmt.Errorf("want at most %d hexadecimal digits, not %q", bits/4, sc.s[i:sc.pos])
	}
	return n, nil
}

// exports writes the registry entries of a scenario as UTF-8 that hold an export as regedit saves it: UTF-16LE with a byte order mark.
func exports(data []byte) []byte {
	const mark = "-- registry --\n\xff\xfe"
	if !bytes.Contains(data, []byte(mark)) {
		return data
	}
	var out []byte
	for {
		head, rest, found := bytes.Cut(data, []byte(mark))
		out = append(out, head...)
		if !found {
			return out
		}
		out = append(out, mark[:len(mark)-2]...)
		// In UTF-16 no three bytes make "-- ": there the next entry begins.
		end := bytes.Index(rest, []byte("-- "))
		if end < 0 {
			end = len(rest)
		}
		u := make([]uint16, end/2)
		for i := range u {
			u[i] = binary.LittleEndian.Uint16(rest[2*i:])
		}
		text := strings.TrimRight(string(utf16.Decode(u)), "\r\n")
		out = append(append(out, text...), '\n')
		data = rest[end:]
	}
}

// registry reads an entry of regedit text, or of what reg query prints.
func (p *parser) registry(e entry) error {
	sc := &scanner{s: e.text}
	var cur *key
	query := false // the key is one that reg query prints
	line, counted := e.line+1, 0
	for !sc.done() {
		line += strings.Count(e.text[counted:sc.pos], "\n")
		counted = sc.pos
		start := sc.pos
		for sc.pos < len(sc.s) && (sc.s[sc.pos] == ' ' || sc.s[sc.pos] == '\t') {
			sc.pos++
		}
		if sc.done() {
			break
		}
		indented := strings.HasPrefix(sc.s[start:], "    ")
		if query && indented && sc.s[sc.pos] != '\n' && sc.s[sc.pos] != '\r' {
			sc.pos = start + 4
			v, err := queried(sc.line())
			if err != nil {
				return p.errorf(line, "%v", err)
			}
			if v.Type == "" {
				continue
			}
			if cur.value(v.Name) >= 0 {
				return p.errorf(line, "registry value %q occurs twice in %s", v.Name, cur.path)
			}
			cur.values = append(cur.values, v)
			continue
		}
		switch sc.s[sc.pos] {
		case '\n', '\r':
			if l := sc.rest(); l != "" {
				return p.errorf(line, "want a [key] or \"name\"=value, not %q", l)
			}
		case '[':
			l := sc.rest()
			path, err := keyPath(l)
			if err != nil {
				return p.errorf(line, "%v", err)
			}
			cur, query = p.m.keys.make(path, key{}), false
		case ';':
			l := sc.rest()
			word, arg, _ := strings.Cut(l, " ")
			arg = strings.TrimSpace(arg)
			switch {
			case word == ";":
			case cur == nil:
				return p.errorf(line, "%s before a [key]", l)
			case word == ";acl":
				if !validSDDL(arg) || cur.sddl != "" {
					return p.errorf(line, "want ;acl SDDL once under a key, not %q", l)
				}
				cur.sddl = arg
			case word == ";time":
				t, err := time.Parse(time.RFC3339, arg)
				if err != nil || !cur.written.IsZero() {
					return p.errorf(line, "want ;time RFC3339 once under a key, not %q", l)
				}
				cur.written = t
			default:
				return p.errorf(line, "want ;acl SDDL or ;time RFC3339, not %q", l)
			}
		case '"', '@':
			name := ""
			var err error
			if !sc.eat("@") {
				name, err = sc.quoted()
			}
			var v host.Value
			if err == nil {
				sc.blank()
				if !sc.eat("=") {
					err = fmt.Errorf("want = after the name")
				} else {
					v, err = sc.value()
				}
			}
			if err == nil {
				sc.blank()
				if !sc.done() && sc.s[sc.pos] != '\n' {
					err = fmt.Errorf("want the end of the line, not %q", sc.rest())
				}
			}
			if err != nil {
				line += strings.Count(e.text[start:min(sc.pos, len(e.text))], "\n")
				return p.errorf(line, "registry value %q: %v", name, err)
			}
			if cur == nil {
				return p.errorf(line, "registry value %q before a [key]", name)
			}
			if cur.value(name) >= 0 {
				return p.errorf(line, "registry value %q occurs twice in %s", name, cur.path)
			}
			cur.values = append(cur.values, host.NamedValue{Name: name, Value: v})
			sc.pos++
		default:
			switch l := sc.rest(); {
			case l == "Windows Registry Editor Version 5.00":
				sc.ansi = false
			case l == "REGEDIT4":
				sc.ansi = true
			case strings.HasPrefix(l, "HKEY_"):
				path, err := keyPath("[" + l + "]")
				if err != nil {
					return p.errorf(line, "%v", err)
				}
				cur, query = p.m.keys.make(path, key{}), true
			default:
				return p.errorf(line, "want a [key] or \"name\"=value, not %q", l)
			}
		}
	}
	return nil
}

// keyPath reads [HKEY_CURRENT_USER\Environment].
func keyPath(l string) (string, error) {
	body, ok := strings.CutSuffix(strings.TrimPrefix(l, "["), "]")
	hive, rest, _ := strings.Cut(body, `\`)
	for _, h := range hives {
		if ok && strings.EqualFold(hive, h[0]) && !slices.Contains(strings.Split(body, `\`), "") {
			return strings.TrimSuffix(h[1]+`\`+rest, `\`), nil
		}
	}
	return "", fmt.Errorf("want [KEY] with a long hive name, such as [HKEY_CURRENT_USER\\Environment], not %q", l)
}

// longPath writes a key as regedit does.
func longPath(path string) string {
	hive, rest, _ := strings.Cut(path, `\`)
	for _, h := range hives {
		if strings.EqualFold(hive, h[1]) {
			return strings.TrimSuffix(h[0]+`\`+rest, `\`)
		}
	}
	return path
}

// formatValue writes a value in the readable form, or as Windows does where that would lose bytes.
func formatValue(name string, v host.Value) string {
	left := "@="
	if name != "" {
		left = quote(name) + "="
	}
	switch v.Type {
	case "sz", "expand":
		if s, ok := decode(v.Data); ok && string(host.RegString(s)) == string(v.Data) {
			if v.Type == "expand" {
				left += "expand:"
			}
			return left + quote(s)
		}
	case "multi":
		if list, ok := decodeMulti(v.Data); ok {
			for i, s := range list {
				list[i] = quote(s)
			}
			return left + "multi:[" + strings.Join(list, ",") + "]"
		}
	case "dword":
		if len(v.Data) == 4 {
			return fmt.Sprintf("%sdword:%08x", left, binary.LittleEndian.Uint32(v.Data))
		}
	case "qword":
		if len(v.Data) == 8 {
			return fmt.Sprintf("%sqword:%016x", left, binary.LittleEndian.Uint64(v.Data))
		}
	case "binary":
		return left + "hex:" + hexList(v.Data)
	}
	typ := v.Type
	for n, t := range hexTypes {
		if t == v.Type {
			typ = "hex(" + n + ")"
		}
	}
	return left + typ + ":" + hexList(v.Data)
}

func hexList(b []byte) string {
	var s []string
	for _, c := range b {
		s = append(s, hex.EncodeToString([]byte{c}))
	}
	return strings.Join(s, ",")
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}

// decode reads UTF-16LE with one terminator.
func decode(b []byte) (string, bool) {
	if len(b) < 2 || len(b)%2 != 0 {
		return "", false
	}
	u := make([]uint16, len(b)/2-1)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	s := string(utf16.Decode(u))
	return s, !strings.Contains(s, "\x00")
}

func decodeMulti(b []byte) (list []string, ok bool) {
	if len(b) < 2 || len(b)%2 != 0 {
		return nil, false
	}
	u := make([]uint16, len(b)/2-1)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	if s := string(utf16.Decode(u)); s != "" {
		list = strings.Split(strings.TrimSuffix(s, "\x00"), "\x00")
	}
	return list, string(host.RegStrings(list)) == string(b)
}
