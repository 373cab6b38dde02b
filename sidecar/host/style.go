package host

import (
	"path"
	"strings"
)

// A Style is how a machine writes and compares names. It is data: no code asks which OS it was compiled for.
type Style struct {
	Windows bool // \ and drives, ; between list elements, names of variables ignore case
	Fold    bool // file names compare without case (Windows, macOS)
}

// StyleOf returns the style of an operating system ("windows", "darwin", …).
func StyleOf(os string) Style {
	return Style{Windows: os == "windows", Fold: os == "windows" || os == "darwin"}
}

// ListSep is the separator of PATH.
func (s Style) ListSep() string {
	if s.Windows {
		return ";"
	}
	return ":"
}

// Exe is the file name of a program.
func (s Style) Exe(name string) string {
	if s.Windows {
		return name + ".exe"
	}
	return name
}

func (s Style) slash(name string) string {
	if s.Windows {
		return strings.ReplaceAll(name, `\`, "/")
	}
	return name
}

func (s Style) native(name string) string {
	if s.Windows {
		return strings.ReplaceAll(name, "/", `\`)
	}
	return name
}

// Join joins and cleans.
func (s Style) Join(elem ...string) string {
	var parts []string
	for _, e := range elem {
		if e != "" {
			parts = append(parts, e)
		}
	}
	return s.Clean(strings.Join(parts, "/"))
}

// Clean is filepath.Clean of the style; "" stays "".
func (s Style) Clean(name string) string {
	if name == "" {
		return ""
	}
	n := s.slash(name)
	if !s.Windows {
		return path.Clean(n)
	}
	vol := ""
	switch {
	case strings.HasPrefix(n, "//"): // \\server\share, \\?\C:\dir
		if vol, n = cutShare(n); n != "" {
			n = strings.TrimSuffix(path.Clean(n), "/")
		}
	case len(n) >= 2 && n[1] == ':':
		vol, n = n[:2], n[2:]
		if n == "" {
			return vol + "." // drive-relative
		}
		n = path.Clean(n)
	default:
		n = path.Clean(n)
	}
	return s.native(vol + n)
}

// cutShare splits //server/share/dir before /dir; nothing is above the share.
func cutShare(n string) (share, rest string) {
	n = "//" + strings.TrimLeft(n, "/")
	i := strings.IndexByte(n[2:], '/')
	if i < 0 {
		return n, ""
	}
	i += 2
	n = n[:i+1] + strings.TrimLeft(n[i+1:], "/")
	if j := strings.IndexByte(n[i+1:], '/'); j >= 0 {
		return n[:i+1+j], n[i+1+j:]
	}
	return strings.TrimSuffix(n, "/"), ""
}

// IsAbs is filepath.IsAbs of the style: on Windows \dir and C:dir are relative.
func (s Style) IsAbs(name string) bool {
	n := s.slash(name)
	if s.Windows {
		return len(n) > 2 && n[1] == ':' && n[2] == '/' && isLetter(n[0]) || strings.HasPrefix(n, "//")
	}
	return strings.HasPrefix(n, "/")
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// IsRemote reports whether a name is a UNC path, which is never touched without a time-out.
func (s Style) IsRemote(name string) bool {
	n := s.slash(name)
	return s.Windows && strings.HasPrefix(n, "//") && !strings.HasPrefix(n, "//?/") && !strings.HasPrefix(n, "//./")
}

// Dir is the parent of a name; the parent of a root is the root.
func (s Style) Dir(name string) string {
	c := s.slash(s.Clean(name))
	if s.Windows && len(c) == 3 && c[1] == ':' {
		return s.native(c)
	}
	if s.Windows && strings.HasPrefix(c, "//") {
		share, rest := cutShare(c)
		return s.native(share + strings.TrimSuffix(path.Dir("/"+strings.TrimPrefix(rest, "/")), "/"))
	}
	d := path.Dir(c)
	if s.Windows && len(d) == 2 && d[1] == ':' {
		d += "/"
	}
	return s.native(d)
}

// Base is the last element.
func (s Style) Base(name string) string { return path.Base(s.slash(s.Clean(name))) }

// Key is the form in which two names of one file are equal: cleaned, slashes, case folded where the style folds.
func (s Style) Key(name string) string {
	k := s.slash(s.Clean(name))
	if s.Fold {
		k = strings.ToLower(k)
	}
	return k
}

// Equal reports whether two names are the same after cleaning and folding.
func (s Style) Equal(a, b string) bool { return s.Key(a) == s.Key(b) }

// Under reports whether name is dir or lies in it.
func (s Style) Under(name, dir string) bool {
	n, d := s.Key(name), strings.TrimSuffix(s.Key(dir), "/")
	return n == d || len(n) > len(d) && n[len(d)] == '/' && n[:len(d)] == d
}

// Rel is the part of name below dir, with slashes; ok is false if it lies elsewhere.
func (s Style) Rel(name, dir string) (rel string, ok bool) {
	if !s.Under(name, dir) {
		return "", false
	}
	n, d := s.slash(s.Clean(name)), strings.TrimSuffix(s.slash(s.Clean(dir)), "/")
	return strings.TrimPrefix(n[len(d):], "/"), true
}

// An Element is one element of a list value with its bytes in it: Text is value[Start:End] as written, Dir what it means to Go.
type Element struct {
	Text, Dir  string
	Start, End int
}

// SplitList splits a PATH value as Go's filepath.SplitList does. Empty elements are kept.
func (s Style) SplitList(v string) []Element {
	if v == "" {
		return nil
	}
	var list []Element
	add := func(start, end int) {
		e := Element{Text: v[start:end], Start: start, End: end}
		e.Dir = e.Text
		if s.Windows {
			e.Dir = strings.ReplaceAll(e.Text, `"`, "")
		}
		list = append(list, e)
	}
	start, quoted := 0, false
	for i := 0; i < len(v); i++ {
		switch {
		case s.Windows && v[i] == '"':
			quoted = !quoted
		case v[i] == s.ListSep()[0] && !quoted:
			add(start, i)
			start = i + 1
		}
	}
	add(start, len(v))
	return list
}

// EqualName compares names of variables.
func (s Style) EqualName(a, b string) bool {
	if s.Windows {
		return strings.EqualFold(a, b)
	}
	return a == b
}

// NameKey is the form in which two names of one variable are equal.
func (s Style) NameKey(name string) string {
	if s.Windows {
		return strings.ToUpper(name)
	}
	return name
}

// CutEnv splits NAME=value. Windows has names that begin with '=' (=C:=C:\dir).
func CutEnv(kv string) (name, value string) {
	if kv == "" {
		return "", ""
	}
	i := strings.IndexByte(kv[1:], '=')
	if i < 0 {
		return kv, ""
	}
	return kv[:i+1], kv[i+2:]
}

// DefaultGOPATH is GOPATH where nobody sets it: go in the home directory that a block names, "" if it names none.
func (s System) DefaultGOPATH(getenv func(string) string) string {
	home := getenv("HOME")
	if s.OS == "windows" {
		home = getenv("USERPROFILE")
	}
	if home == "" {
		return ""
	}
	return s.Style.Join(home, "go")
}

// SettingsFile is where the editor keeps settings.json of a scope: "user", or "machine" (of a remote server).
func (s System) SettingsFile(scope string) string {
	if scope == "user" && s.UserSettings != "" {
		return s.UserSettings
	}
	product, server := "Code", ".vscode-server"
	switch s.Editor.Name {
	case "vscode-insiders", "code-insiders":
		product, server = "Code - Insiders", ".vscode-server-insiders"
	case "vscodium":
		product, server = "VSCodium", ".vscodium-server"
	case "cursor":
		product, server = "Cursor", ".cursor-server"
	case "windsurf":
		product, server = "Windsurf", ".windsurf-server"
	}
	if scope == "machine" {
		return s.Style.Join(s.Home, server, "data/Machine/settings.json")
	}
	switch s.OS {
	case "windows":
		return s.Style.Join(s.Home, "AppData/Roaming", product, "User/settings.json")
	case "darwin":
		return s.Style.Join(s.Home, "Library/Application Support", product, "User/settings.json")
	}
	return s.Style.Join(s.Home, ".config", product, "User/settings.json")
}
