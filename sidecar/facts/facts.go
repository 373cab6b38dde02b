// Package facts holds what is known about a machine: values only, no I/O. Each fact remembers the place it came from.
package facts

import (
	"slices"
	"strings"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/installs"
)

// A Snapshot is everything that the probes learned in one pass. Nobody changes it afterwards.
type Snapshot struct {
	System     host.System
	Now        time.Time
	Views      []*View       // editor, login, terminal, in this order, those that are known
	Vars       []*Assignment // of every variable and place, weakest first; a place appears once
	Starts     []Start       // fresh starts of the user's shell (Unix)
	GoEnv      GoEnvFile
	Texts      map[host.Loc]*host.Text // every text that was read, by its whole place
	Dirs       map[string]*Dir         // what the names that variables give lead to, by Style.Key
	Files      map[string]File         // what the names that the go command asks for lead to, by Style.Key
	Toolchains []*Toolchain            // every GOROOT that was found, newest first
	Folders    []*Folder               // workspace folders
	Modules    []*ModFile              // every go.mod and go.work that was read
	Settings   []*Settings             // settings.json, launch.json, tasks.json
	LoginFile  string                  // the file that a line for login shells is written to (T5), "" on Windows
	Parent     string                  // name of the process that started us, "" unknown
	Started    time.Time               // when the block of the first view was made: the start of the editor's main process
	CI         bool                    // a CI job without an editor
	Gaps       []Gap
	Watch      []host.Loc // places whose change shows, absent ones included
	// Effective holds directories that the go command uses in the first view, defaults included.
	Effective map[string]string
	// ReadOnly holds the registry keys whose values this user may not set.
	ReadOnly map[string]bool
	// Keys are the registry keys that hold environments, weakest first, as they were read; nil outside Windows.
	Keys []*host.Key
	// Limits are a container's; nil where nothing limits.
	Limits []Limit
	// Image is the block of a container's first process, which its image made; nil outside.
	Image map[string]string
	// Packages are the package managers of this machine that can install Go; only looked for where no Go was found.
	Packages []string
	// Places are the installers' places of this machine.
	Places *installs.Places
	// Windows is nil elsewhere.
	Windows *Windows
	// WSL is true inside a WSL distribution.
	WSL bool
}

// Tri is a fact that may be unknown. Unknown is never a problem.
type Tri int8

const (
	Unknown Tri = iota
	No
	Yes
)

// Of turns a known bool into a Tri.
func Of(b bool) Tri {
	if b {
		return Yes
	}
	return No
}

// A Layer orders the places that can assign a variable, weakest first.
type Layer int

const (
	Default Layer = iota
	GorootEnv
	GoEnvLine
	Machine
	User
	Volatile
	Session // /etc/environment and friends
	LoginProfile
	InteractiveProfile
	Process
	EditorSetting
	Project
)

// An Assignment is one place that gives a variable a value.
type Assignment struct {
	Name  string
	Value string // expanded
	Known bool   // Value is certain
	Raw   string // as the place writes it
	Type  string // registry type
	Layer Layer
	At    host.Loc // where a finding about it stands
	// Text and its bytes [Start,End) are the value as written, quotes included; Text is nil where there is none.
	Text       *host.Text
	Start, End int
	// CutStart and CutEnd are the bytes that have to go with the assignment; Cuttable says that nothing else goes with them.
	CutStart, CutEnd int
	Cuttable         bool
	Manager          string   // the version manager or package manager whose activation line assigns it, "" a person
	Wins             []string // views in which it wins; EditorSetting and Project: its own scope
}

// OS reports whether it reaches programs as an environment variable.
func (a *Assignment) OS() bool { return a.Layer >= Machine && a.Layer <= Process }

// A View is the environment of one kind of process.
type View struct {
	Name string // "editor", "login", "terminal"
	Vars map[string]Var
	Path []*PathEntry
	// Stale: a place that can assign its variables is newer than the process it was seen in, so what differs belongs to
	// stale-editor-environment and is not judged.
	Stale bool
}

// A Start is one fresh start of a shell, played from its profiles: the PATH that it ends with. By is nil for what it inherited.
type Start struct {
	View string
	Path []*PathEntry
}

// A Var is the value of a variable in a view. By is the assignment it comes from, nil if no rule asks for it.
type Var struct {
	Name, Value string
	Known       bool
	By          *Assignment
}

// A PathEntry is one element of a view's PATH.
type PathEntry struct {
	Text  string // as written
	Dir   string // expanded and cleaned; "" for an empty element
	Known bool
	At    host.Loc // the source: registry value, file:line, env:PATH
	Layer Layer
	// Source and its bytes [Start,End) are the entry as written; Start is -1 where it cannot be pointed at.
	Source     *host.Text
	Start, End int
	By         *Assignment // the PATH assignment it stands in, nil unknown
	Folder     *PathDir
}

// A PathDir is a directory of some PATH.
type PathDir struct {
	Dir, Real string // Real: links resolved
	Exists    Tri
	IsDir     bool
	Hits      []*Hit   // one for each tool, in the order of Tools
	Shared    bool     // it serves other programs too
	Shims     string   // the version manager whose shim directory it is
	Programs  []string // of a shim directory: the names in it
}

// Tools are the programs that PATH is searched for.
var Tools = []string{"go", "gofmt", "gopls", "dlv", "staticcheck", "git", "gcc", "clang", "cc"}

// A Hit is a file that a tool's name finds in a directory of PATH.
type Hit struct {
	Tool, File string
	Target     string // links, manager shims, scoop shims and snap launchers resolved
	Manager    string // T2 manager, if File is its shim
	Alias      bool   // application execution alias of Windows
	Toolchain  *Toolchain
	Defect     Defect // why it cannot start
	Detail     string // the missing interpreter, the mount point, …
	Program    *host.Program
}

// A Defect says why an executable cannot start.
type Defect string

const (
	Dangling  Defect = "dangling" // link to nothing
	Empty     Defect = "empty"
	BadFormat Defect = "format"
	NoExecBit Defect = "mode"
	NoExecFS  Defect = "noexec"
	NoInterp  Defect = "interp"
	ForeignPE Defect = "pe" // a Windows executable in a WSL guest

)

// A File is what a name leads to, as far as the go command asks before it does any work. The zero File is unknown.
type File struct {
	Exists Tri
	IsDir  bool
	Exec   bool   // this user may execute it (Unix); on Windows every file
	Real   string // links resolved, "" unknown
}

// A Verdict says what a name that GOROOT may hold leads to.
type Verdict int

const (
	VerdictUnknown Verdict = iota
	IsToolchain
	NoToolchain // absent, or a directory without pkg/tool
	Misplaced   // exists, but is another part of a toolchain: see Dir
)

// A Dir is what a name that a variable gives leads to.
type Dir struct {
	Name, Real string
	Exists     Tri
	IsDir      bool
	IsFile     bool
	PkgTool    Tri
	Src        bool
	Version    string   // line 1 of VERSION up to the first blank
	BinOf      string   // the toolchain whose bin this is
	Child      string   // "go", "libexec" or "current", if that is a toolchain
	Programs   []string // of an install directory: the executables in it
	Info       host.FileInfo
}

// Verdict is what misplaced-goroot and stale-goroot share.
func (d *Dir) Verdict() Verdict {
	switch {
	case d == nil || d.Exists == Unknown:
		return VerdictUnknown
	case d.Exists == No:
		return NoToolchain
	case d.IsFile:
		return Misplaced
	case d.PkgTool == Unknown:
		return VerdictUnknown
	case d.PkgTool == Yes:
		return IsToolchain
	case d.BinOf != "" || d.Child != "" || d.Src:
		return Misplaced
	}
	return NoToolchain
}

// A Toolchain is one GOROOT.
type Toolchain struct {
	Root      string // as found
	Real      string // links resolved
	Version   string // "go1.26.8", "" unknown
	Installer string // T1 or T2 name, "" unknown
	Manager   bool   // Installer is a version manager
	Standard  bool   // lies at a T1/T2 location or in ~/sdk
	Cached    bool   // toolchain@… in the module cache
	Bin       string // the PATH entry that its installer means and that holds go, "" for Root/bin
	Stable    string // a name of the root that survives an upgrade and leads to it now, "" if there is none
	Prefix    string // of a package manager that links programs into Prefix/bin
}

// A GoEnvFile is the effective go/env file.
type GoEnvFile struct {
	Name   string // "" if GOENV=off or no home
	Off    bool
	Exists Tri
	Text   *host.Text
}

// A Folder is one workspace folder and what the go command does in it.
type Folder struct {
	Dir     string
	Mod     *ModFile // nearest go.mod at or above
	Work    *ModFile // go.work in effect, nil none
	HasGo   bool     // holds go.mod, go.work or *.go
	Env     map[string]string
	Select  Selection
	Modules []*ModFile // the modules that go.work uses; without a go.work and a go.mod, the go.mod files a few levels below
}

// A Selection is the toolchain that the go command runs in a folder (cmd/go toolchain.Select), or why none.
type Selection struct {
	Local    string   // "go1.26.8": version of the first go hit, "" unknown
	Version  string   // what will run; "" unknown
	Because  host.Loc // the line, file or variable that decides
	Switched bool     // Version is not Local
	Mode     string   // effective GOTOOLCHAIN
	By       *Assignment
	Err      string // the message that go would print, "" none
}

// A ModFile is a go.mod or go.work. Directives keep their order.
type ModFile struct {
	At         host.Loc
	Dir        string
	Work       bool
	Text       *host.Text
	Directives []Directive
}

// A Directive is one line of a go.mod or go.work: its verb, what follows, and the bytes of the line's content.
type Directive struct {
	Verb       string
	Args       []string
	Line       int
	Start, End int
	Block      bool // the line that opens a ( … ) block of this verb; its Args are empty
}

// Find returns the first directive of a verb, nil if there is none.
func (m *ModFile) Find(verb string) *Directive {
	if m == nil {
		return nil
	}
	for i := range m.Directives {
		if d := &m.Directives[i]; d.Verb == verb {
			return d
		}
	}
	return nil
}

// Arg is the first argument of a verb, "" if it is not there.
func (m *ModFile) Arg(verb string) string {
	if d := m.Find(verb); d != nil && len(d.Args) > 0 {
		return d.Args[0]
	}
	return ""
}

// Settings is one JSON file of the editor.
type Settings struct {
	Scope   string // "user", "machine", "workspace", "folder"; "launch", "tasks"
	At      host.Loc
	Text    *host.Text
	Values  []Member // every member, nested ones by dotted path
	Invalid string   // why it cannot be parsed, in English
}

// A Member is one member of a JSON object: Key is its dotted path with [i] for array elements.
type Member struct {
	Key              string
	Name             string // its own name
	Value            string // string value, or the JSON text of anything else
	IsString         bool
	Line             int
	Start, End       int // bytes of the value
	CutStart, CutEnd int // bytes that have to go with the member
	KeyStart, KeyEnd int
}

// Get returns a member by its dotted path.
func (s *Settings) Get(key string) *Member {
	for i := range s.Values {
		if s.Values[i].Key == key {
			return &s.Values[i]
		}
	}
	return nil
}

// A Gap is something that could not be learned.
type Gap struct {
	At     host.Loc
	Reason string // a format of Args, so that it can be said in another language
	Args   []any
}

// A Limit is what a cgroup grants.
type Limit struct {
	At     host.Loc // the file that says it
	CPU    float64  // processors' worth of time, 0 if it is no limit of time
	Memory uint64   // bytes, 0 if it is no limit of memory
}

// View returns the named view, nil if there is none.
func (s *Snapshot) View(name string) *View {
	for _, v := range s.Views {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// Judged returns the views that a rule which names none tests: editor and login, without a stale one.
func (s *Snapshot) Judged() (list []*View) {
	for _, v := range s.Views {
		if (v.Name == "editor" || v.Name == "login") && !v.Stale {
			list = append(list, v)
		}
	}
	return list
}

// All returns the assignments of a variable, weakest first.
func (s *Snapshot) All(name string) (list []*Assignment) {
	for _, a := range s.Vars {
		if s.System.Style.EqualName(a.Name, name) {
			list = append(list, a)
		}
	}
	return list
}

// Winner returns the assignment of a variable that the go command obeys in a view, nil for Go's default or unknown.
func (s *Snapshot) Winner(v *View, name string) *Assignment {
	var best *Assignment
	for _, a := range s.All(name) {
		if slices.Contains(a.Wins, v.Name) {
			best = a
		}
	}
	return best
}

// Dir returns what a name leads to. A name that no probe looked at is unknown.
func (s *Snapshot) Dir(name string) *Dir {
	if d := s.Dirs[s.System.Style.Key(name)]; d != nil {
		return d
	}
	return &Dir{Name: name}
}

// File returns what a name leads to. A name that the solver of package goenv did not ask for is unknown.
func (s *Snapshot) File(name string) File { return s.Files[s.System.Style.Key(name)] }

// Real is a name with links resolved as far as a probe did.
func (s *Snapshot) Real(name string) string {
	if d := s.Dirs[s.System.Style.Key(name)]; d != nil && d.Real != "" {
		return d.Real
	}
	return name
}

// Same reports whether two names are one directory: cleaned, links resolved, case folded.
func (s *Snapshot) Same(a, b string) bool {
	st := s.System.Style
	return st.Equal(a, b) || st.Equal(s.Real(a), s.Real(b))
}

// Get returns the value of a variable in a view.
func (v *View) Get(st host.Style, name string) (Var, bool) {
	x, ok := v.Vars[st.NameKey(name)]
	return x, ok && x.Value != ""
}

// A PathHit is a hit with the entry that it was found through.
type PathHit struct {
	*Hit
	Entry *PathEntry
	Index int // of the entry in PATH
}

// Hits returns what a tool's name finds in PATH order.
func (v *View) Hits(tool string) (list []PathHit) {
	for i, e := range v.Path {
		if e.Folder == nil {
			continue
		}
		for _, h := range e.Folder.Hits {
			if h.Tool == tool {
				list = append(list, PathHit{h, e, i})
			}
		}
	}
	return list
}

// Go returns the go that runs in a view: shells pass over a dangling link and a file that may not be executed.
func (v *View) Go() (PathHit, bool) {
	for _, h := range v.Hits("go") {
		if h.Defect != Dangling && h.Defect != NoExecBit {
			return h, true
		}
	}
	return PathHit{}, false
}

// FirstGo returns the go that runs: of the editor, else of the login view, else of any.
func (s *Snapshot) FirstGo() (PathHit, *View, bool) {
	for _, v := range append(s.Judged(), s.Views...) {
		if h, ok := v.Go(); ok {
			return h, v, true
		}
	}
	return PathHit{}, nil, false
}

// InstallDirs are the directories that go install writes to in a view: GOBIN, else bin of each GOPATH entry.
func (s *Snapshot) InstallDirs(v *View) []string {
	if a := s.Winner(v, "GOBIN"); a != nil {
		return []string{a.Value}
	}
	return s.GOPATHBins(v)
}

// GOPATHBins is bin of each GOPATH entry in a view.
func (s *Snapshot) GOPATHBins(v *View) (list []string) {
	gopath := s.DefaultGOPATH(v)
	if a := s.Winner(v, "GOPATH"); a != nil {
		gopath = a.Value
	}
	for _, e := range s.System.Style.SplitList(gopath) {
		if s.System.Style.IsAbs(e.Dir) {
			list = append(list, s.System.Style.Join(e.Dir, "bin"))
		}
	}
	return list
}

// DefaultGOPATH is GOPATH where nobody sets it, in a view.
func (s *Snapshot) DefaultGOPATH(v *View) string {
	return s.System.DefaultGOPATH(func(n string) string {
		x, _ := v.Get(s.System.Style, n)
		return x.Value
	})
}

// Toolchain returns the toolchain at a root.
func (s *Snapshot) Toolchain(root string) *Toolchain {
	for _, t := range s.Toolchains {
		if s.Same(t.Root, root) || s.System.Style.Equal(t.Real, s.Real(root)) {
			return t
		}
	}
	return nil
}

// BinDir is the directory that a toolchain wants to be on PATH: its installer's, else the bin of a name that survives an upgrade.
func (s *Snapshot) BinDir(t *Toolchain) string {
	switch {
	case t.Bin != "":
		return t.Bin
	case t.Stable != "":
		return s.System.Style.Join(t.Stable, "bin")
	}
	return s.System.Style.Join(t.Root, "bin")
}

// Display shortens a file name below the home directory to ~.
func (s *Snapshot) Display(name string) string {
	if s.System.OS == "windows" || s.System.Home == "" || s.System.Home == "/" {
		return name
	}
	if rel, ok := s.System.Style.Rel(name, s.System.Home); ok && rel != "" {
		return "~/" + rel
	}
	return name
}

// Place is a place as a title names it: "~/.zshrc:12", "the user's registry".
func (s *Snapshot) Place(l host.Loc) string {
	if l.Kind == host.File && l.Guest == "" {
		w := l
		w.Path = s.Display(l.Path)
		return w.String()
	}
	return strings.TrimPrefix(l.String(), "reg:")
}

// Rootless reports whether the first go would have no GOROOT if nobody set it: neither its grandparent nor the directory above holds
// pkg/tool (the trigger of rootless-go).
func (s *Snapshot) Rootless() bool {
	h, _, ok := s.FirstGo()
	if !ok || h.Toolchain != nil || h.Manager != "" || h.Alias || h.Defect != "" || h.Program == nil || h.Program.Path != "cmd/go" {
		return false
	}
	dir := strings.ToLower(strings.ReplaceAll(s.System.Style.Dir(h.Target), `\`, "/"))
	if h.Program.Trimpath || strings.HasSuffix(dir, "/library/bin") || strings.Contains(dir, "/envs/") || strings.Contains(dir, "/msys64/") {
		return true
	}
	return !slices.ContainsFunc(s.Toolchains, func(t *Toolchain) bool { return t.Standard && !t.Manager })
}

// ManagerExported reports whether a GOROOT comes from a version manager's own set-up: its activation assigns it, or only the process has
// it and it lies in the manager's tree. By itself that does no harm.
func (s *Snapshot) ManagerExported(a *Assignment) bool {
	if a.Manager != "" {
		return true
	}
	t := s.Toolchain(a.Value)
	return a.Layer == Process && t != nil && t.Manager
}

// FromImage reports whether a container's image sets this value.
func (s *Snapshot) FromImage(a *Assignment) bool {
	return a.Layer == Process && s.Image != nil && s.Image[s.System.Style.NameKey(a.Name)] == a.Value
}

// Selects returns the first folder in which another toolchain version than v runs, nil if there is none.
func (s *Snapshot) Selects(v string) *Folder {
	for _, f := range s.Folders {
		if f.Select.Version != "" && f.Select.Version != v {
			return f
		}
	}
	return nil
}
