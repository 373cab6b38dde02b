package goenv

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// Explore is [Solve] for a probe: look reads what no snapshot knows yet.
func Explore(s *facts.Snapshot, v *facts.View, dir string, look Look) *Env {
	e := &Env{View: v, Dir: dir}
	c := &command{s: s, st: s.System.Style, v: v, look: look, env: e, goos: s.System.OS, goarch: s.System.Arch, over: map[string]string{}}
	c.wd = c.getwd(dir)
	hit, ok := v.Go()
	if !ok {
		c.fail(127, nil, "go: command not found")
		c.version("", nil)
	} else {
		e.Go = hit.File
		exes := []string{hit.Target}
		if c.goos != "linux" && hit.Manager == "" {
			exes = []string{hit.File, hit.Target} // os.Executable resolves links on Linux only
		}
		c.start(exes, hit.Program)
	}
	c.run()
	c.print()
	return e
}

// A command is one run of `go env -json`. After a switch of toolchains it is the selected one.
type command struct {
	s        *facts.Snapshot
	st       host.Style
	v        *facts.View
	look     Look
	env      *Env
	wd       string // what os.Getwd says
	goos     string // of the go command itself
	goarch   string
	over     map[string]string // variables that a switch sets or, by "", unsets
	exes     []string          // names of the executable, in the order in which it looks for its GOROOT
	name     string            // runtime.Version: "go1.26.8 X:loopvar", "" unknown
	minor    int               // 26; the newest where unknown
	patch    string
	files    map[string]*facts.Assignment // effective lines of go/env and $GOROOT/go.env
	base     map[string]*facts.Assignment // lines of $GOROOT/go.env
	lines    []*facts.Assignment          // all of both, weakest first
	filed    bool                         // both could be read
	envFile  string
	found    string // GOROOT that it finds
	foundOK  bool
	consts   map[string]string // of zbootstrap.go and zdefaultcc.go
	depth    int
	stopped  bool
	modules  bool   // cfg.ModulesEnabled
	gomod    string // GOMOD
	gowork   string
	wantOS   string // GOOS
	wantArch string // GOARCH
	opaque   bool   // a file that decides was not looked at
}

// Newest is the minor version whose rules hold where the version is unknown.
const newest = 27

// A value is a text, whether it is certain, and who gives it.
type value struct {
	s  string
	ok bool
	by *facts.Assignment
}

func known(s string) value { return value{s: s, ok: true} }

func (c *command) fail(exit int, by *facts.Assignment, format string, args ...any) {
	if c.env.Err == nil {
		c.env.Err = &Failure{Message: fmt.Sprintf(format, args...), Exit: exit, By: by}
	}
	c.stopped = true
}

func (c *command) warn(format string, args ...any) {
	if !c.stopped {
		c.env.Warnings = append(c.env.Warnings, fmt.Sprintf(format, args...))
	}
}

// file asks for a name, which may be relative to the working directory.
func (c *command) file(name string) facts.File {
	if name == "" {
		return facts.File{Exists: facts.No}
	}
	if !c.st.IsAbs(name) {
		name = c.st.Join(c.wd, name)
	}
	if c.st.IsRemote(name) {
		return facts.File{}
	}
	return c.look.File(name)
}

func (c *command) text(name string) (*host.Text, bool) {
	if !c.st.IsAbs(name) {
		name = c.st.Join(c.wd, name)
	}
	if c.st.IsRemote(name) {
		return nil, false
	}
	return c.look.Text(c.st.Clean(name))
}

// getwd is os.Getwd: on Unix the name that PWD has for the directory counts.
func (c *command) getwd(dir string) string {
	if c.st.Windows {
		return dir
	}
	real := c.real(dir)
	if pwd := c.osenv("PWD"); pwd.ok && strings.HasPrefix(pwd.s, "/") && (pwd.s == dir || c.real(pwd.s) == real) {
		return pwd.s
	}
	return real
}

// real is a name with links resolved where that is known.
func (c *command) real(name string) string {
	if r := c.look.Real(name); r != "" {
		return r
	}
	return c.st.Clean(name)
}

// osenv is os.Getenv.
func (c *command) osenv(name string) value {
	if s, ok := c.over[name]; ok {
		return known(s)
	}
	x, ok := c.v.Vars[c.st.NameKey(name)]
	if !ok {
		return known("")
	}
	return value{x.Value, x.Known, x.By}
}

// getenv is cfg.Getenv: the environment, then go/env, then go.env. An empty variable counts as unset.
func (c *command) getenv(name string) value {
	if x := c.osenv(name); x.s != "" || !x.ok {
		return x
	}
	if name == "GOROOT" && c.minor >= 21 {
		return value{c.found, c.foundOK, c.files[name]}
	}
	if a := c.files[name]; a != nil {
		return value{a.Value, c.filed, a}
	}
	return value{"", c.filed, nil}
}

// linked is the GOROOT that the linker wrote into the go command, "" where it is unknown. Releases before 1.21 say where their installers put
// Go; since then they are built with -trimpath and say nothing.
func (c *command) linked() string {
	if c.minor >= 21 || c.name == "" || c.st.Windows {
		return ""
	}
	return "/usr/local/go"
}

// runtimeRoot is runtime.GOROOT.
func (c *command) runtimeRoot() string {
	if x := c.osenv("GOROOT"); x.s != "" {
		return x.s
	}
	return c.linked()
}

// goroot is cfg.GOROOT: what the environment says as it stands, and before 1.21 cleaned; else what was found.
func (c *command) goroot() value {
	x := c.getenv("GOROOT")
	if c.minor < 21 {
		x.s, x.ok = c.found, c.foundOK
	}
	return x
}

func (c *command) or(name, def string) value {
	x := c.getenv(name)
	if x.ok && x.s == "" {
		x.s, x.by = def, nil
	}
	return x
}

// start makes the command the one of an executable.
func (c *command) start(exes []string, p *host.Program) {
	c.exes = exes
	c.version("", p)
	root := c.ownRoot()
	c.env.Root, c.env.Toolchain = root, c.s.Toolchain(root)
	if c.name == "" && root != "" {
		if t, _ := c.text(c.st.Join(root, "VERSION")); t != nil {
			c.version(FromVERSION(t.S), p)
		}
	}
	if p != nil && p.Settings["GOARCH"] != "" {
		c.goarch = p.Settings["GOARCH"]
	}
	c.env.Version = c.name
	c.readFiles()
}

// version takes the version of the command; what is unknown follows the newest rules.
func (c *command) version(name string, p *host.Program) {
	if p != nil && p.GoVersion != "" && p.Path == "cmd/go" {
		name = p.GoVersion
	}
	c.name, c.minor, c.patch = name, newest, ""
	if v, ok := parse(FromToolchain(name)); ok {
		if n, err := strconv.Atoi(v.minor); err == nil {
			c.minor, c.patch = n, v.patch
		}
	}
}

// ownRoot is the GOROOT that the executable lies in; "" where there is none or it is unknown.
func (c *command) ownRoot() string {
	for _, exe := range c.exes {
		bin := c.st.Dir(c.st.Dir(exe))
		for _, dir := range []string{bin, c.st.Dir(bin)} {
			if f := c.look.File(c.st.Join(dir, "pkg/tool")); f.Exists == facts.Yes && f.IsDir {
				return dir
			}
			if c.minor < 21 {
				break
			}
		}
	}
	return ""
}

// readFiles reads go/env and go.env, as initEnvCache does.
func (c *command) readFiles() {
	c.files, c.base, c.lines, c.filed, c.consts = map[string]*facts.Assignment{}, map[string]*facts.Assignment{}, nil, true, nil
	if file := c.envFileName(); file != "" {
		t, ok := c.text(file)
		c.filed = ok
		for _, a := range c.parsed(t, facts.GoEnvLine) {
			c.files[a.Name] = a
			c.lines = append(c.lines, a)
		}
	}
	env := value{"", true, nil}
	if a := c.files["GOROOT"]; a != nil {
		env = known(a.Value)
	}
	if c.minor < 21 { // the environment counts more
		if x := c.osenv("GOROOT"); x.s != "" || !x.ok {
			env = x
		}
	} else if env.s == "" {
		env = c.osenv("GOROOT")
	}
	switch {
	case !env.ok:
		c.found, c.foundOK = "", false
	case env.s != "":
		c.found, c.foundOK = c.st.Clean(env.s), true
	default:
		c.found, c.foundOK = c.env.Root, c.name != "" || c.env.Root != ""
		if def := c.linked(); def != "" && (c.found == "" || c.real(def) == c.real(c.found)) {
			c.found = def
		}
	}
	if c.minor < 21 || c.found == "" {
		return
	}
	t, ok := c.text(c.st.Join(c.found, "go.env"))
	c.filed = c.filed && ok
	var base []*facts.Assignment
	user := c.files
	c.files = map[string]*facts.Assignment{}
	for _, a := range c.parsed(t, facts.GorootEnv) {
		c.base[a.Name] = a
		base = append(base, a)
		if c.files[a.Name] == nil { // the first counts: readEnvFile keeps what it has
			c.files[a.Name] = a
		}
	}
	for name, a := range user {
		c.files[name] = a
	}
	c.lines = slices.Concat(base, c.lines)
}

// parsed are the lines of a file, those that a probe made where it did.
func (c *command) parsed(t *host.Text, layer facts.Layer) (list []*facts.Assignment) {
	if t == nil {
		return nil
	}
	for _, a := range c.s.Vars {
		if a.Text == t && a.Layer == layer {
			list = append(list, a)
		}
	}
	if list == nil {
		list = ParseFile(t, layer)
	}
	return list
}

// envFileName is cfg.EnvFile.
func (c *command) envFileName() string {
	c.envFile = ""
	if v := c.osenv("GOENV"); v.s == "off" || !v.ok {
		return ""
	} else if v.s != "" {
		c.envFile = v.s
		return v.s
	}
	if dir, err := c.configDir(); err == "" && dir != "" {
		c.envFile = c.st.Join(dir, "go/env")
	}
	return c.envFile
}

// configDir is os.UserConfigDir, or its error.
func (c *command) configDir() (dir, err string) {
	return c.userDir("APPDATA", "%AppData%", "XDG_CONFIG_HOME", "Library/Application Support", ".config")
}

// cacheDir is os.UserCacheDir, or its error.
func (c *command) cacheDir() (dir, err string) {
	return c.userDir("LOCALAPPDATA", "%LocalAppData%", "XDG_CACHE_HOME", "Library/Caches", ".cache")
}

func (c *command) userDir(win, winName, xdg, mac, unix string) (dir, err string) {
	home := c.osenv("HOME").s
	switch c.goos {
	case "windows":
		if dir = c.osenv(win).s; dir == "" {
			return "", winName + " is not defined"
		}
		return dir, ""
	case "darwin":
		if home == "" {
			return "", "$HOME is not defined"
		}
		return home + "/" + mac, ""
	}
	if dir = c.osenv(xdg).s; dir != "" {
		if !c.st.IsAbs(dir) && c.minor >= 24 {
			return "", "path in $" + xdg + " is relative"
		}
		return dir, ""
	}
	if home == "" {
		return "", "neither $" + xdg + " nor $HOME are defined"
	}
	return home + "/" + unix, ""
}

// source is a file that the go command was built from, nil where it is not there. It lies beside the executable even where that finds no
// GOROOT by itself.
func (c *command) source(file string) *host.Text {
	root := c.env.Root
	if root == "" && len(c.exes) > 0 {
		root = c.st.Dir(c.st.Dir(c.exes[len(c.exes)-1]))
	}
	if root == "" {
		return nil
	}
	t, _ := c.text(c.st.Join(root, file))
	return t
}

// constant is a constant of the toolchain's zbootstrap.go or zdefaultcc.go, def where that is not there.
func (c *command) constant(name, def string) string {
	if c.consts == nil {
		c.consts = map[string]string{}
		for _, file := range []string{"src/internal/buildcfg/zbootstrap.go", "src/cmd/go/internal/cfg/zdefaultcc.go"} {
			t := c.source(file)
			if t == nil {
				continue
			}
			for line := range strings.Lines(t.S) {
				if rest, ok := strings.CutPrefix(line, "const "); ok {
					if name, val, ok := strings.Cut(strings.TrimSpace(rest), " = "); ok {
						c.consts[name] = strings.Trim(val, "`\"")
					}
				}
			}
		}
	}
	if v, ok := c.consts[name]; ok {
		return v
	}
	if v, ok := c.consts["d"+strings.TrimPrefix(name, "D")]; ok { // lower case before 1.24
		return v
	}
	return def
}

// compiler is cfg.DefaultCC or, with "CXX", cfg.DefaultCXX of the toolchain.
func (c *command) compiler(kind string) string {
	def := map[string]string{"CC": "gcc", "CXX": "g++"}[kind]
	if c.minor >= 21 && slices.Contains([]string{"darwin", "ios", "freebsd", "openbsd"}, c.wantOS) {
		def = map[string]string{"CC": "clang", "CXX": "clang++"}[kind]
	}
	// func DefaultCC(goos, goarch string) string { switch goos+`/`+goarch { case `linux/arm64`: return … } switch goos { … } return … }
	t := c.source("src/cmd/go/internal/cfg/zdefaultcc.go")
	if t == nil {
		return def
	}
	_, body, ok := strings.Cut(t.S, "func Default"+kind+"(")
	if !ok {
		return def
	}
	body, _, _ = strings.Cut(body, "\n}")
	match, last := false, def
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if list, ok := strings.CutPrefix(line, "case "); ok {
			match = false
			for _, x := range strings.Split(strings.TrimSuffix(list, ":"), ",") {
				x = strings.Trim(strings.TrimSpace(x), "`\"")
				match = match || x == c.wantOS || x == c.wantOS+"/"+c.wantArch
			}
		} else if line == "}" || strings.HasPrefix(line, "switch ") {
			match = line == "}"
		} else if r, ok := strings.CutPrefix(line, "return "); ok {
			last = strings.Trim(r, "`\"")
			if match {
				return last
			}
		}
	}
	return last
}
