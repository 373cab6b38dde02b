// Package winenv is the environment as Windows builds it from the registry for a new process. Pure, and linear in the size of
// the keys.
//
// The algorithm is that of shell32's RegenerateUserEnvironment, which microsoft/terminal writes down in src/inc/til/env.h:
// the session's variables, then the machine's key, the user's, the volatile one and the session's own. In each key the REG_SZ
// values come first and the REG_EXPAND_SZ values second, both in enumeration order.
package winenv

import (
	"errors"
	"io/fs"
	"sort"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// The keys that hold persistent variables, weakest first. Subkeys of VolatileKey are named by session and are stronger still.
const (
	MachineKey  = `HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment`
	UserKey     = `HKCU\Environment`
	VolatileKey = `HKCU\Volatile Environment`
)

const (
	// maxValue is the number of bytes from which on references in a value stay as written. Windows gives up at 32 767
	// characters; the rest is for diagnosing values that are already too long.
	maxValue = 1 << 18
	// maxBlock bounds the sum of all expanded values, so that variables that name each other twice cannot double without end.
	maxBlock = 4 << 20
)

// An Env is the environment of a new process. PATH, LIBPATH and OS2LIBPATH are joined over the keys; every other name is
// replaced by the later key. Names ignore case, and keep the case of the place that was first.
type Env struct {
	Vars []Var       // every string value of every key, in the order in which Windows applies them
	Path []PathEntry // the effective PATH, empty entries included

	names  []string          // keys of values, in block order
	values map[string]*value // by upper-case name
	total  int
}

type value struct {
	name, text string
	by         []int // indices of Vars: the winner, or all parts of a joined value
}

// A Var is one value of one key.
type Var struct {
	Name  string
	Value string // expanded
	Raw   string // decoded, as written
	Type  string // "sz" or "expand"
	At    host.Loc
	Text  *host.Text
	Wins  bool // it is the variable's value, or a part of it where values are joined
}

// A PathEntry is one element of the effective PATH.
type PathEntry struct {
	Text       string // as written in its value
	Dir        string // what it means to Go: expanded, without quotes; not cleaned
	At         host.Loc
	Start, End int  // bytes of Var.Raw; -1 for an entry that the base has
	Var        *Var // nil for an entry that the base has
}

// Base returns the variables that a Windows session has before the registry is read, as NAME=value, derived from the account.
func Base(sys host.System) []string {
	home := strings.ReplaceAll(sys.Home, "/", `\`)
	drive, dir := "C:", home
	if len(home) > 1 && home[1] == ':' {
		drive, dir = home[:2], home[2:]
	}
	return []string{
		"SystemDrive=C:",
		`SystemRoot=C:\Windows`,
		`ProgramFiles=C:\Program Files`,
		`ProgramFiles(x86)=C:\Program Files (x86)`,
		`ProgramW6432=C:\Program Files`,
		`ProgramData=C:\ProgramData`,
		`PUBLIC=C:\Users\Public`,
		"COMPUTERNAME=MACHINE",
		"USERNAME=" + sys.User,
		"USERPROFILE=" + home,
		"HOMEDRIVE=" + drive,
		"HOMEPATH=" + dir,
		"APPDATA=" + home + `\AppData\Roaming`,
		"LOCALAPPDATA=" + home + `\AppData\Local`,
	}
}

// Read returns the keys that Build wants, weakest first. A key that does not exist is left out; what could not be read is in
// the error, and the other keys are returned with it.
func Read(h interface {
	ReadKey(key string) (*host.Key, error)
}) ([]*host.Key, error) {
	var keys []*host.Key
	var errs []error
	read := func(name string) {
		k, err := h.ReadKey(name)
		switch {
		case err == nil:
			keys = append(keys, k)
		case !errors.Is(err, fs.ErrNotExist):
			errs = append(errs, err)
		}
	}
	read(MachineKey)
	read(UserKey)
	n := len(keys)
	read(VolatileKey)
	if len(keys) > n {
		for _, s := range keys[n].Subkeys {
			read(VolatileKey + `\` + s)
		}
	}
	return keys, errors.Join(errs...)
}

// Build applies keys, weakest first, to a base of NAME=value.
func Build(base []string, keys []*host.Key) *Env {
	e := &Env{values: map[string]*value{}}
	for _, kv := range base {
		name, text := host.CutEnv(kv)
		e.set(name, text, -1)
	}
	n := 0
	for _, k := range keys {
		n += len(k.Values)
	}
	e.Vars = make([]Var, 0, n) // never grows: PathEntry points into it
	var path pieces
	for _, k := range keys {
		for _, typ := range [...]string{"sz", "expand"} {
			for _, v := range k.Values {
				if v.Type == typ {
					e.apply(k.Name, v, &path)
				}
			}
		}
	}
	for _, v := range e.values {
		for _, i := range v.by {
			e.Vars[i].Wins = true
		}
	}
	if v := e.values["PATH"]; v != nil && len(path) > 0 {
		e.Path = e.split(v.text, path)
	}
	return e
}

// Block returns the environment as NAME=value.
func (e *Env) Block() []string {
	list := make([]string, 0, len(e.names))
	for _, n := range e.names {
		v := e.values[n]
		list = append(list, v.name+"="+v.text)
	}
	return list
}

// Get returns the value of a variable.
func (e *Env) Get(name string) (string, bool) {
	if v := e.values[strings.ToUpper(name)]; v != nil {
		return v.text, true
	}
	return "", false
}

func (e *Env) apply(key string, nv host.NamedValue, path *pieces) {
	at := host.RegLoc(key, nv.Name)
	t := host.DecodeRegistry(at, nv.Value)
	e.Vars = append(e.Vars, Var{Name: nv.Name, Raw: t.S, Value: t.S, Type: nv.Type, At: at, Text: t})
	i := len(e.Vars) - 1
	v := &e.Vars[i]
	ps := pieces{{v: i, end: len(t.S)}}
	// A PATH of type REG_SZ is not expanded: Windows itself takes it literally, and that is the failure to be found. Windows
	// Terminal alone heals it, so such a PATH works in one shell and not in another (ground truth 2.2).
	if v.Type == "expand" {
		v.Value, ps = e.expand(i, t.S)
	}
	if v.Name == "" || strings.ContainsAny(v.Name, "=\x00") {
		return // no block can hold such a name
	}
	k := strings.ToUpper(v.Name)
	switch k {
	case "PATH", "LIBPATH", "OS2LIBPATH":
		if v.Value == "" {
			return // nothing to join
		}
		old := e.values[k]
		if old == nil {
			e.set(v.Name, v.Value, i)
		} else {
			if old.text != "" && !strings.HasSuffix(old.text, ";") {
				old.text += ";"
			}
			e.total += len(v.Value)
			ps.move(len(old.text))
			old.text += v.Value
			old.by = append(old.by, i)
		}
		if k == "PATH" {
			*path = append(*path, ps...)
		}
	default:
		e.set(v.Name, v.Value, i)
	}
}

func (e *Env) set(name, text string, by int) {
	k := strings.ToUpper(name)
	v := e.values[k]
	if v == nil {
		v = &value{name: name}
		e.values[k] = v
		e.names = append(e.names, k)
	}
	e.total += len(text)
	v.text, v.by = text, nil
	if by >= 0 {
		v.by = []int{by}
	}
}

// A piece says where a run of expanded bytes comes from: from byte at on, Raw[start:end] of a Var, literally or, if ref, as the
// expansion of that whole range.
type piece struct {
	at, v      int
	start, end int
	ref        bool
}

type pieces []piece

func (p pieces) move(n int) {
	for i := range p {
		p[i].at += n
	}
}

// expand replaces the references of a value in one pass; what is unknown stays, as in ExpandEnvironmentStrings.
func (e *Env) expand(v int, s string) (string, pieces) {
	var b strings.Builder
	var ps pieces
	lit := 0 // start of the literal run
	flush := func(to int) {
		if to > lit {
			ps = append(ps, piece{at: b.Len(), v: v, start: lit, end: to})
			b.WriteString(s[lit:to])
		}
	}
	for i := 0; ; {
		j := strings.IndexByte(s[i:], '%')
		if j < 0 {
			break
		}
		i += j
		j = strings.IndexByte(s[i+1:], '%')
		if j < 0 {
			break
		}
		end := i + 1 + j
		r, ok := e.values[strings.ToUpper(s[i+1:end])]
		if !ok || j == 0 || b.Len()+len(r.text) > maxValue || e.total+b.Len()+len(r.text) > maxBlock {
			i = end // the second % may begin a reference
			continue
		}
		flush(i)
		ps = append(ps, piece{at: b.Len(), v: v, start: i, end: end + 1, ref: true})
		b.WriteString(r.text)
		i, lit = end+1, end+1
	}
	flush(len(s))
	return b.String(), ps
}

// split cuts the effective PATH as Go's filepath.SplitList does, and finds each entry in the value that it was written in. A
// quote that is not closed swallows what follows, other keys included; such an entry ends with the value it begins in.
func (e *Env) split(path string, ps pieces) []PathEntry {
	list := host.StyleOf("windows").SplitList(path)
	entries := make([]PathEntry, 0, len(list))
	for _, el := range list {
		// The first piece that begins at the entry, else the one that it begins within.
		i := sort.Search(len(ps), func(i int) bool { return ps[i].at >= el.Start })
		if i == len(ps) || ps[i].at > el.Start {
			i--
		}
		if i < 0 { // of the base
			entries = append(entries, PathEntry{Text: el.Text, Dir: el.Dir, At: host.EnvLoc("PATH"), Start: -1, End: -1})
			continue
		}
		p := ps[i]
		start := p.start
		if !p.ref {
			start = min(p.start+el.Start-p.at, p.end)
		}
		end := start
		if el.End > el.Start {
			j := sort.Search(len(ps), func(j int) bool { return ps[j].at >= el.End }) - 1
			switch q := ps[j]; {
			case q.v != p.v:
				end = len(e.Vars[p.v].Raw)
			case q.ref:
				end = q.end
			default:
				end = q.start + el.End - q.at
			}
			i = j + 1
		}
		// References to nothing at the end of the entry belong to it.
		for ; i+1 < len(ps) && ps[i].v == p.v && ps[i].ref && ps[i].at == el.End && ps[i+1].at == el.End; i++ {
			end = ps[i].end
		}
		if i+1 == len(ps) && ps[i].ref && ps[i].at == el.End && len(path) == el.End {
			end = ps[i].end
		}
		v := &e.Vars[p.v]
		end = min(max(start, end), len(v.Raw))
		entries = append(entries, PathEntry{Text: v.Raw[start:end], Dir: el.Dir, At: v.At, Start: start, End: end, Var: v})
	}
	return entries
}
