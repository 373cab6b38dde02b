package host

import (
	"fmt"
	"strconv"
	"strings"
)

// A Kind says what sort of place a [Loc] names.
type Kind string

const (
	File     Kind = "file"
	Registry Kind = "reg"
	Env      Kind = "env"
	Setting  Kind = "setting"
)

// A Loc names a place. Its text is the grammar of scenarios.md, "Places":
//
//	/home/gopher/.profile:12:8          a file, line, column (1-based; columns count UTF-16 units)
//	reg:HKCU\Environment\Path           a registry value; a key ends in \
//	env:GOROOT                          a variable that only the process has
//	setting:user:go.goroot              an editor setting: user, machine, workspace or folder
//	Ubuntu!/etc/wsl.conf                any of these in a WSL distribution
type Loc struct {
	Guest string // WSL distribution, "" the host
	Kind  Kind
	Path  string // file name; registry key without trailing \; setting scope
	Name  string // registry value, variable, setting
	Line  int    // 1-based, 0 the whole file
	Col   int    // 1-based in UTF-16 units, 0 the whole line
}

// FileLoc names a file, or a line of it.
func FileLoc(name string, line int) Loc { return Loc{Kind: File, Path: name, Line: line} }

// EnvLoc names a variable of the process block.
func EnvLoc(name string) Loc { return Loc{Kind: Env, Name: name} }

// RegLoc names a registry value, or with an empty name the key.
func RegLoc(key, name string) Loc { return Loc{Kind: Registry, Path: key, Name: name} }

// SettingLoc names an editor setting; scope is user, machine, workspace or folder.
func SettingLoc(scope, name string) Loc { return Loc{Kind: Setting, Path: scope, Name: name} }

// Whole is the place without line and column.
func (l Loc) Whole() Loc { l.Line, l.Col = 0, 0; return l }

// IsZero reports whether l names nothing.
func (l Loc) IsZero() bool { return l == Loc{} }

func (l Loc) String() string {
	g := ""
	if l.Guest != "" {
		g = l.Guest + "!"
	}
	switch l.Kind {
	case Registry:
		return g + "reg:" + joinKey(l.Path, l.Name)
	case Setting:
		return g + "setting:" + l.Path + ":" + l.Name
	case Env:
		return g + "env:" + escape(l.Name)
	}
	s := g + l.Path
	if l.Line > 0 {
		s += ":" + strconv.Itoa(l.Line)
		if l.Col > 0 {
			s += ":" + strconv.Itoa(l.Col)
		}
	}
	return s
}

// ParseLoc reads the grammar that String writes.
func ParseLoc(s string) (Loc, error) {
	var l Loc
	rest := s
	if i := strings.IndexByte(s, '!'); i > 0 && !strings.ContainsAny(s[:i], `/\:`) {
		l.Guest, rest = s[:i], s[i+1:]
	}
	switch {
	case rest == "":
		return Loc{}, fmt.Errorf("place %q: empty", s)
	case strings.HasPrefix(rest, "reg:"):
		l.Kind = Registry
		key, name, ok := cutKey(rest[4:])
		if !ok {
			return Loc{}, fmt.Errorf(`place %q: want reg:HIVE\key\value`, s)
		}
		l.Path, l.Name = key, name
	case strings.HasPrefix(rest, "env:"):
		l.Kind, l.Name = Env, unescape(rest[4:])
		if l.Name == "" {
			return Loc{}, fmt.Errorf("place %q: want env:NAME", s)
		}
	case strings.HasPrefix(rest, "setting:"):
		l.Kind = Setting
		var ok bool
		if l.Path, l.Name, ok = strings.Cut(rest[8:], ":"); !ok || l.Path == "" || l.Name == "" {
			return Loc{}, fmt.Errorf("place %q: want setting:SCOPE:NAME", s)
		}
	default:
		l.Kind = File
		rest, l.Line = cutNumber(rest)
		if l.Line > 0 {
			if more, line := cutNumber(rest); line > 0 {
				rest, l.Line, l.Col = more, line, l.Line
			}
		}
		l.Path = rest
	}
	return l, nil
}

// joinKey writes a key and a value's name. In the keys that hold environments the name is all the rest, escaped; elsewhere a name
// with special characters stands after a double \, because keys have names like n and x11, too.
func joinKey(key, name string) string {
	e := escape(name)
	if e != name && environmentKey(key+`\`) == 0 {
		return key + `\\` + e
	}
	return key + `\` + e
}

// cutKey is the inverse of joinKey.
func cutKey(s string) (key, name string, ok bool) {
	if n := environmentKey(s); n > 0 {
		return s[:n], unescape(s[n+1:]), true
	}
	if i := strings.Index(s, `\\`); i > 0 {
		return s[:i], unescape(s[i+2:]), true
	}
	i := strings.LastIndexByte(s, '\\')
	if i <= 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// environmentKey is the length of the key that s begins with, if that key holds an environment and a \ follows; else 0.
func environmentKey(s string) int {
	const user, users, volatile, machine = `HKCU\Environment\`, `HKU\`, `HKCU\Volatile Environment\`,
		`HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\`
	for _, k := range []string{user, volatile, machine} {
		if len(s) >= len(k) && strings.EqualFold(s[:len(k)], k) {
			return len(k) - 1
		}
	}
	if len(s) > len(users) && strings.EqualFold(s[:len(users)], users) { // HKU\S-1-5-18\Environment
		if i := strings.IndexByte(s[len(users):], '\\'); i > 0 {
			rest := s[len(users)+i:]
			if k := `\Environment\`; len(rest) >= len(k) && strings.EqualFold(rest[:len(k)], k) {
				return len(s) - len(rest) + len(k) - 1
			}
		}
	}
	return 0
}

// cutNumber takes a final ":12" off.
func cutNumber(s string) (rest string, n int) {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 || i == len(s)-1 || len(s)-i > 10 {
		return s, 0
	}
	for _, c := range s[i+1:] {
		if c < '0' || c > '9' {
			return s, 0
		}
	}
	n, _ = strconv.Atoi(s[i+1:])
	if n == 0 {
		return s, 0
	}
	return s[:i], n
}

// escape writes control characters, quotes and backslashes of a name as registry text does; other control characters as \x07.
func escape(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '\\' || r == '"' || r == 0x7f }) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ { // bytes: a name may hold half a surrogate pair
		switch c := s[i]; {
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\\' || c == '"':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// unescape is the inverse of escape; a backslash that escapes nothing stands for itself.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		next := byte(0)
		if s[i] == '\\' && i+1 < len(s) {
			next = s[i+1]
		}
		i++
		switch next {
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case '\\', '"':
			b.WriteByte(next)
		case 'x':
			if i+2 < len(s) {
				if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
					b.WriteByte(byte(n))
					i += 2
					continue
				}
			}
			b.WriteString(`\x`)
		default:
			i--
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
