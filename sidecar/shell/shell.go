// Package shell says what a shell makes of its profiles: which variables it sets, what PATH becomes, and which bytes of
// which file did it. It plays sh, dash, bash, zsh and simple fish over data and runs nothing; a value that only a run could tell is
// unknown and leaves a [Gap].
//
// Sources: bash(1) INVOCATION, zsh(1) STARTUP/SHUTDOWN FILES, dash(1), POSIX.1-2024 Shell Command Language, path_helper(8),
// pam_env(8).
package shell

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// FS is what the evaluator may ask of a machine. A nil function knows nothing.
type FS struct {
	Read   func(name string) (*host.Text, error) // decoded text of a regular file
	Stat   func(name string) (host.FileInfo, error)
	List   func(dir string) ([]host.DirEntry, error)
	Output func(argv ...string) (string, bool) // recorded output of a command
	Link   func(name string) (string, error)   // where a link leads, as written
	// Parsed remembers what parse makes of a file that is read whole, by the kind of parser. nil remembers nothing.
	Parsed func(t *host.Text, kind string, parse func() any) any
	// GoEnv is what `go env NAME` of this executable prints. env is the value of an exported variable, and whether it is known.
	GoEnv func(env func(string) (string, bool), exe, name string) (string, bool)
}

// Mode is how a shell is started.
type Mode struct{ Login, Interactive bool }

// A Result is the state of a shell after its start-up files.
type Result struct {
	Vars        map[string]*Var // every variable that is set at the end, exported or not
	Path        []PathEntry     // PATH in order, empty elements included
	Assigns     []*Assign       // every assignment that was executed, in order
	Files       []*Source       // every file that was read, in order of reading
	Missing     []Ref           // what is sourced or evaluated and is not there
	Gaps        []Gap           // what was not understood
	Unsupported bool            // not a shell that this package plays
	Unread      bool            // a file that is there could not be read
}

// A Var is a variable at the end. Where Known is false, Value is not to be relied on: "" or, for PATH, its known entries.
type Var struct {
	Value           string
	Known, Exported bool
	By              *Assign // nil: from the start block, or the shell's own
}

// An Assign is one assignment that was executed. Start, End, StmtStart and StmtEnd are bytes of Text.S. Text that eval made
// has the range of the eval.
type Assign struct {
	Name     string
	Value    string
	Known    bool
	Exported bool     // after this statement
	Raw      string   // right-hand side as written, quotes included
	At       host.Loc // file, line and column of the value
	Text     *host.Text

	Start, End         int // the value as written
	StmtStart, StmtEnd int // the whole statement
	// Alone: the line holds nothing but this assignment, and the file still parses without it.
	Alone  bool
	Export bool // written with export or declare -x
	// Old: the value holds the old value of the same variable. Append and Prepend: new text stands after or before it.
	Old, Append, Prepend bool
	Cond                 string // "" or the conditions that it stands under, as written
	Manager              string // the activation that did it: path_helper, brew, asdf, mise, goenv, gvm, g
	entries              []PathEntry
}

// Entries splits the value as a PATH, each entry with its own bytes. Entries of the old value keep the place they came from.
func (a *Assign) Entries() []PathEntry { return a.entries }

// A PathEntry is one element of PATH.
type PathEntry struct {
	Dir  string   // expanded; "" and Known false where it is unknown
	Text string   // as written, e.g. $HOME/go/bin
	At   host.Loc // env:PATH for what the start block brought
	// Start, End: bytes of the entry in In.S, -1 if it cannot be pointed at.
	Start, End int
	In         *host.Text // the text that At names, nil for the start block. It is not By.Text where a function was called, or path_helper ran.
	By         *Assign    // nil: from the start block
	Known      bool
}

// A Source is one file that was read.
type Source struct {
	Name string
	Text *host.Text
	From host.Loc // the line that sourced it; zero for a start-up file
	Full bool     // read to its end: not left by return or exit, no syntax error
}

// A Ref names something that is not there: a file that is sourced, or the program of an eval.
type Ref struct {
	At         host.Loc
	What       string // the file, or the program
	Text       *host.Text
	Start, End int // the whole statement
	Manager    string
}

// A Gap is a place that was not understood.
type Gap struct {
	At     host.Loc
	Reason string // a format of Args, so that it can be said in another language
	Args   []any
}

// Run plays a start of the shell from a block of NAME=value. shellPath is sh, dash, bash, zsh or fish, or a path to one; for every other
// shell the result is the start block, Unsupported and a gap.
func Run(f FS, sys host.System, shellPath string, mode Mode, start []string) *Result {
	r := newRunner(f, sys, shellPath, mode, start)
	switch {
	case r != nil:
		r.startup()
		return r.finish()
	case path.Base(shellPath) == "fish":
		return runFish(f, sys, mode, start)
	}
	return unsupported(shellPath, start)
}

// RunFile plays one file as a script of the shell would be played by a start that reads nothing else: what a file nobody reads would do.
func RunFile(f FS, sys host.System, shellPath string, mode Mode, start []string, name string) *Result {
	r := newRunner(f, sys, shellPath, mode, start)
	if r == nil {
		return unsupported(shellPath, start)
	}
	r.startFile(name)
	return r.finish()
}

func unsupported(shellPath string, start []string) *Result {
	res := &Result{Vars: map[string]*Var{}, Unsupported: true}
	for _, kv := range start {
		name, value := host.CutEnv(kv)
		res.Vars[name] = &Var{Value: value, Known: true, Exported: true}
	}
	if v := res.Vars["PATH"]; v != nil {
		res.Path = inherited(v.Value)
	}
	res.Gaps = []Gap{{At: host.EnvLoc("SHELL"), Reason: "the profiles of %s are not evaluated", Args: []any{shellPath}}}
	return res
}

// inherited are the entries of a PATH that the start block brought.
func inherited(v string) []PathEntry {
	if v == "" {
		return nil
	}
	at := host.EnvLoc("PATH")
	list := make([]PathEntry, 0, strings.Count(v, ":")+1)
	for dir := range strings.SplitSeq(v, ":") {
		list = append(list, PathEntry{Dir: dir, Text: dir, At: at, Start: -1, End: -1, Known: true})
	}
	return list
}

// kind is the shell by the base name of its path; "" is one that is not played.
func kind(shellPath string) string {
	name := strings.TrimPrefix(path.Base(strings.ReplaceAll(shellPath, `\`, "/")), "-")
	switch strings.TrimSuffix(name, ".exe") {
	case "sh", "ash", "dash":
		return "sh"
	case "bash", "rbash":
		return "bash"
	case "zsh":
		return "zsh"
	}
	return ""
}

// LoginFile is the login file that fixes write to: the one that bash reads, ~/.zprofile, ~/.profile, or for fish
// ~/.config/fish/conf.d/go.fish.
func LoginFile(f FS, sys host.System, shellPath string) string {
	name := ".profile"
	switch kind(shellPath) {
	case "zsh":
		name = ".zprofile"
	case "bash":
		for _, n := range []string{".bash_profile", ".bash_login"} {
			if f.Stat == nil {
				break
			}
			if fi, err := f.Stat(sys.Style.Join(sys.Home, n)); err == nil && fi.IsRegular() {
				name = n
				break
			}
		}
	case "":
		if path.Base(shellPath) == "fish" {
			name = ".config/fish/conf.d/go.fish"
		}
	}
	return sys.Style.Join(sys.Home, name)
}

func (r *runner) startup() {
	home := r.home()
	login, interactive := r.mode.Login, r.mode.Interactive
	switch r.shell {
	case "sh":
		if login {
			r.startFile("/etc/profile")
			r.startFile(home + "/.profile")
		}
		if interactive {
			if v := r.vars["ENV"]; v != nil && v.known && v.s != "" {
				r.startFile(r.expandText(v.s))
			}
		}
	case "bash":
		switch {
		case login:
			r.startFile("/etc/profile")
			for _, n := range []string{"/.bash_profile", "/.bash_login", "/.profile"} {
				if r.startFile(home + n) {
					break
				}
			}
		case interactive:
			r.startFile("/etc/bash.bashrc") // Debian and Arch compile it in; elsewhere it does not exist
			r.startFile(home + "/.bashrc")
		}
	case "zsh":
		etc := "/etc/"
		if r.stat("/etc/zsh").isDir == yes {
			etc = "/etc/zsh/"
		}
		each := func(global, user string) {
			if r.ctl == ctlNone {
				r.startFile(etc + global)
			}
			if r.ctl == ctlNone {
				dir := home
				if v := r.vars["ZDOTDIR"]; v != nil && v.s != "" {
					if !v.known {
						r.gap(place{}, "ZDOTDIR is not known")
						return
					}
					dir = strings.TrimSuffix(v.s, "/")
				}
				r.startFile(dir + "/" + user)
			}
		}
		each("zshenv", ".zshenv")
		if login {
			each("zprofile", ".zprofile")
		}
		if interactive {
			each("zshrc", ".zshrc")
		}
		if login {
			each("zlogin", ".zlogin")
		}
	}
}

// startFile plays a start-up file and reports whether the shell takes it: bash takes the first login file that can be read.
func (r *runner) startFile(name string) bool {
	if r.ctl == ctlExit || r.ctl == ctlStop {
		return false
	}
	t, err := r.read(name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, host.ErrNotRegular) {
			r.res.Gaps = append(r.res.Gaps, Gap{At: host.FileLoc(name, 0), Reason: "cannot be read: %s", Args: []any{err}})
			r.res.Unread = true
			r.pathUnknown()
		}
		return false
	}
	r.source(name, t, place{})
	return true
}

func (r *runner) finish() *Result {
	r.joinEscapes(r.exits)
	r.res.Vars = make(map[string]*Var, len(r.vars))
	vars := make([]Var, 0, len(r.vars))
	for name, v := range r.vars {
		if name != "" && name[0] == 0 {
			continue // exported and never set
		}
		vars = append(vars, Var{Value: v.s, Known: v.known, Exported: v.exported, By: v.by})
		r.res.Vars[name] = &vars[len(vars)-1]
	}
	if v := r.vars["PATH"]; v != nil {
		r.res.Path = v.entries
	}
	return r.res
}

func newRunner(f FS, sys host.System, shellPath string, mode Mode, start []string) *runner {
	k := kind(shellPath)
	if k == "" {
		return nil
	}
	r := &runner{fs: f, sys: sys, shell: k, mode: mode, vars: make(map[string]*variable, len(start)+32), funcs: map[string]*function{},
		stats: map[string]status{}, res: &Result{}}
	block := make([]variable, len(start))
	for i, kv := range start {
		name, value := host.CutEnv(kv)
		v := &block[i]
		v.s, v.known, v.exported = value, true, true
		if name == "PATH" {
			v.entries, v.list = inherited(value), true
		}
		r.vars[name] = v
	}
	own := func(name, value string, known bool) {
		if r.vars[name] == nil {
			r.vars[name] = &variable{s: value, known: known}
		}
	}
	force := func(name, value string, known bool) {
		exported := r.vars[name] != nil && r.vars[name].exported
		r.vars[name] = &variable{s: value, known: known, exported: exported}
	}
	force("IFS", " \t\n", true)
	delete(r.vars, "PS1") // shells set their own; an inherited prompt tells nothing about this start
	bash := k == "bash"
	if k == "sh" && (sys.OS == "darwin" || r.linksTo("/bin/sh", "bash")) {
		bash = true // sh is bash: it has bash's variables, but reads what sh reads
	}
	uid := strconv.Itoa(sys.UID)
	switch {
	case bash:
		exe := shellPath
		if !strings.HasPrefix(exe, "/") {
			exe = "/bin/" + path.Base(exe)
		}
		force("BASH", exe, true)
		version := "5.2.37(1)-release"
		if sys.OS == "darwin" {
			version = "3.2.57(1)-release"
		}
		force("BASH_VERSION", version, true)
		own("HOSTNAME", "", false)
		force("UID", uid, true)
		force("EUID", uid, true)
		force("PPID", "", false)
		force("RANDOM", "", false)
		own("OSTYPE", r.ostype(), true)
		own("HOSTTYPE", r.machine(), true)
		if mode.Interactive {
			own("PS1", `\s-\v\$ `, true)
		}
	case k == "zsh":
		force("ZSH_VERSION", "5.9", true)
		force("ZSH_NAME", "zsh", true)
		force("UID", uid, true)
		force("EUID", uid, true)
		force("HOST", "", false)
		own("OSTYPE", r.ostype(), true)
		own("CPUTYPE", r.machine(), true)
		own("USERNAME", sys.User, true)
		own("PS1", "%m%# ", mode.Interactive)
		own("HOME", sys.Home, true)
		own("LOGNAME", sys.User, true)
	default:
		own("PS1", "$ ", true)
	}
	return r
}

func (r *runner) ostype() string {
	if r.sys.OS != "darwin" {
		return "linux-gnu"
	}
	// macOS 11 is Darwin 20; macOS 26 follows 15 and is Darwin 25.
	n, _ := strconv.Atoi(r.sys.Version[:max(0, strings.IndexByte(r.sys.Version+".", '.'))])
	switch {
	case n >= 26:
		n--
	case n >= 11:
		n += 9
	default:
		return "darwin"
	}
	s := "darwin" + strconv.Itoa(n)
	if r.shell == "zsh" {
		s += ".0"
	}
	return s
}

// machine is what uname -m prints.
func (r *runner) machine() string {
	switch r.sys.Arch {
	case "amd64":
		return "x86_64"
	case "arm64":
		if r.sys.OS == "darwin" {
			return "arm64"
		}
		return "aarch64"
	case "386":
		return "i686"
	case "arm":
		return "armv7l"
	}
	return r.sys.Arch
}

func (r *runner) linksTo(name, base string) bool {
	for range 8 {
		if r.fs.Link == nil {
			return false
		}
		to, err := r.fs.Link(name)
		if err != nil {
			return path.Base(name) == base
		}
		if !strings.HasPrefix(to, "/") {
			to = path.Join(path.Dir(name), to)
		}
		name = to
	}
	return false
}

func (r *runner) home() string {
	if v := r.vars["HOME"]; v != nil && v.known && v.s != "" {
		return strings.TrimSuffix(v.s, "/")
	}
	return strings.TrimSuffix(r.sys.Home, "/")
}

// status is what stat tells; unreadable is unknown.
type status struct {
	exists, isDir, isFile truth
	info                  host.FileInfo
}

func (r *runner) stat(name string) status {
	for len(name) > 1 && name[len(name)-1] == '/' {
		name = name[:len(name)-1]
	}
	if s, ok := r.stats[name]; ok {
		return s
	}
	s := status{exists: unknown, isDir: unknown, isFile: unknown}
	if r.fs.Stat != nil && strings.HasPrefix(name, "/") {
		fi, err := r.fs.Stat(name)
		switch {
		case err == nil:
			s = status{exists: yes, isDir: truthOf(fi.IsDir()), isFile: truthOf(fi.IsRegular()), info: fi}
		case errors.Is(err, fs.ErrNotExist):
			s = status{exists: no, isDir: no, isFile: no}
		}
	} else if name == "" {
		s = status{exists: no, isDir: no, isFile: no}
	}
	r.stats[name] = s
	return s
}

// may reports whether the user has a right on a file: 4 read, 2 write, 1 execute.
func (r *runner) may(s status, bit fs.FileMode) truth {
	if s.exists != yes {
		return s.exists
	}
	m := s.info.Mode.Perm()
	switch {
	case r.sys.UID == 0:
		return truthOf(bit != 1 || s.info.IsDir() || m&0o111 != 0)
	case s.info.UID == r.sys.UID && r.sys.UID >= 0:
		return truthOf(m&(bit<<6) != 0)
	case slices.Contains(r.sys.GIDs, s.info.GID):
		return truthOf(m&(bit<<3) != 0)
	case r.sys.GIDs == nil && (m>>3)&bit != m&bit:
		return unknown // the groups are not known, and they would matter
	}
	return truthOf(m&bit != 0)
}

func (r *runner) read(name string) (*host.Text, error) {
	if r.fs.Read == nil || !strings.HasPrefix(name, "/") {
		return nil, fs.ErrNotExist
	}
	t, err := r.fs.Read(name)
	if err == nil && t == nil {
		err = fs.ErrNotExist
	}
	if err == nil && (t.Enc == host.UTF16LE || t.Enc == host.UTF16BE) {
		err = errors.New("UTF-16, which no shell understands")
	}
	return t, err
}
