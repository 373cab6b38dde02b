package goenv

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
)

// print makes the variables: envcmd.MkEnv, ExtraEnvVars and ExtraEnvVarsCostly. Since Go 1.24 they are printed sorted.
func (c *command) print() {
	c.env.Vars = make([]Variable, 0, 50)
	up := func(name string, since int) bool { return c.minor >= since }
	c.plain("GO111MODULE", "")
	c.add(Variable{Name: "GOARCH", Default: c.goarch, Source: ByGo}, c.or("GOARCH", c.goarch))
	if up("GOAUTH", 24) {
		c.plain("GOAUTH", "netrc")
	}
	if c.minor < 27 {
		c.plain("GOBIN", "")
	}
	c.cache()
	if up("GOCACHEPROG", 24) {
		c.plain("GOCACHEPROG", "")
		c.environment("GODEBUG")
	}
	c.envfile()
	exe := ""
	if c.wantOS == "windows" {
		exe = ".exe"
	}
	c.computed("GOEXE", exe, c.or("GOOS", c.goos).ok, ByVariable, "GOOS")
	c.plain("GOEXPERIMENT", c.constant("defaultGOEXPERIMENT", ""))
	if up("GOFIPS140", 24) {
		c.plain("GOFIPS140", c.constant("DefaultGOFIPS140", "off"))
	}
	c.plain("GOFLAGS", "")
	c.computed("GOHOSTARCH", c.goarch, true, ByGo, "")
	c.computed("GOHOSTOS", c.goos, true, ByGo, "")
	c.plain("GOINSECURE", "")
	gopath := c.gopath()
	first := ""
	if list := c.st.SplitList(gopath.s); len(list) > 0 && list[0].Dir != "" {
		first = list[0].Dir
	}
	def := ""
	if first != "" {
		def = c.st.Join(first, "pkg/mod")
	}
	c.from("GOMODCACHE", def, "GOPATH", gopath.ok)
	private := c.getenv("GOPRIVATE")
	c.from("GONOPROXY", private.s, "GOPRIVATE", private.ok)
	c.from("GONOSUMDB", private.s, "GOPRIVATE", private.ok)
	c.add(Variable{Name: "GOOS", Default: c.goos, Source: ByGo}, c.or("GOOS", c.goos))
	if up("GOPACKAGESDRIVER", 27) {
		c.environment("GOPACKAGESDRIVER")
	}
	home := "HOME"
	if c.st.Windows {
		home = "USERPROFILE"
	}
	gopath.s = c.buildGOPATH()
	def = gopath.s
	if gopath.by != nil {
		if def = c.osenv("GOPATH").s; def == "" { // go compares with what go/build sees, and that is the environment
			def = c.inferred().s
		}
	}
	c.add(Variable{Name: "GOPATH", Default: def, Source: ByVariable, Via: home}, gopath)
	c.plain("GOPRIVATE", "")
	c.network("GOPROXY")
	c.root()
	c.network("GOSUMDB")
	if up("GOTELEMETRY", 24) {
		c.telemetry()
	}
	c.plain("GOTMPDIR", "")
	if up("GOTOOLCHAIN", 21) {
		c.plain("GOTOOLCHAIN", "")
	}
	tool, root := "", c.goroot()
	if root.s != "" {
		tool = c.st.Join(root.s, "pkg/tool", c.goos+"_"+c.goarch)
	}
	c.computed("GOTOOLDIR", tool, root.ok, ByVariable, "GOROOT")
	c.plain("GOVCS", "")
	c.computed("GOVERSION", c.name, c.name != "", ByGo, "")
	if c.minor == 23 {
		c.environment("GODEBUG")
		c.telemetry()
	}
	c.gccgo()
	c.archVariable()
	c.plain("AR", "ar")
	c.plain("CC", c.compiler("CC"))
	c.plain("CXX", c.compiler("CXX"))
	c.cgo()
	c.computed("GOMOD", c.gomod, c.filed && !c.opaque, ByFile, "")
	c.file2("GOWORK", c.gowork)
	if up("GOBIN", 27) {
		c.gobin(first)
	}
	for _, name := range []string{"CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_FFLAGS", "CGO_LDFLAGS"} {
		def := "-O2 -g"
		if name == "CGO_CPPFLAGS" {
			def = ""
		}
		x := c.or(name, def)
		if list, err := splitQuoted(x.s); err == "" {
			x.s = joinQuoted(list)
		}
		c.add(Variable{Name: name, Default: def}, x)
	}
	pkg := c.constant("DefaultPkgConfig", "pkg-config")
	x := c.or("PKG_CONFIG", pkg)
	if list, _ := splitQuoted(x.s); len(list) > 0 {
		x.s = list[0]
	}
	c.add(Variable{Name: "PKG_CONFIG", Default: pkg}, x)
	if c.minor >= 24 {
		slices.SortFunc(c.env.Vars, func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
	}
}

// add appends a variable. Changed is what EnvOrAndChanged says; print's helpers know better for a few.
func (c *command) add(v Variable, x value) {
	v.Value, v.Known, v.Winner = x.s, x.ok && !(c.opaque && x.by == nil && v.Source != ByDefault), x.by
	v.Changed = v.Value != v.Default
	if b := c.base[v.Name]; b != nil && v.Value != "" {
		v.Changed = v.Value != b.Value
	}
	if v.Winner != nil {
		v.Source, v.Via = ByDefault, ""
	}
	switch v.Name {
	case "GO111MODULE":
		v.Changed = v.Value != "" && v.Value != "on"
	case "GOEXPERIMENT", "GOFLAGS", "GOINSECURE", "GOPRIVATE", "GOTMPDIR", "GOVCS", "GODEBUG", "GOPACKAGESDRIVER":
		v.Changed = v.Value != ""
	case "GOBIN":
		v.Changed = v.Value != "" && c.minor < 27 || v.Changed
	case "CC", "CXX":
		v.Changed = c.getenv(v.Name).s != "" // even where it says the default
	case "GOARCH", "GOOS", "PKG_CONFIG", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_FFLAGS", "CGO_LDFLAGS":
		v.Changed = v.Value != v.Default && !(v.Name == "CGO_LDFLAGS" && c.minor == 23) // 1.23 misspells it
	case "GOCACHE":
		v.Changed = v.Winner != nil && (c.minor < 25 || c.getenv("GOCACHE").s != v.Default) || v.Winner == nil && c.minor < 25 && v.Value == "off"
	}
	v.Chain = c.chain(v.Name)
	c.env.Vars = append(c.env.Vars, v)
}

func (c *command) plain(name, def string) { c.add(Variable{Name: name, Default: def}, c.or(name, def)) }

// from is a variable whose default is what another one gives.
func (c *command) from(name, def, via string, ok bool) {
	x := c.or(name, def)
	v := Variable{Name: name, Default: def}
	if x.by == nil {
		x.ok = x.ok && ok
		if x.s != "" {
			v.Source, v.Via = ByVariable, via
		}
	}
	c.add(v, x)
}

// network is a variable whose default stands in go.env, and before 1.21 in the go command: GOPROXY = envOr("GOPROXY", "https://…,direct").
func (c *command) network(name string) {
	if c.minor >= 21 {
		c.plain(name, "")
		return
	}
	x, def, ok := c.getenv(name), "", false
	if x.s == "" {
		if t := c.source("src/cmd/go/internal/cfg/cfg.go"); t != nil {
			if _, rest, found := strings.Cut(t.S, `envOr("`+name+`", "`); found {
				def, _, ok = strings.Cut(rest, `"`)
			}
		}
		x.s, x.ok = def, x.ok && ok
	}
	c.add(Variable{Name: name, Default: def}, x)
}

// environment is a variable that no file can set.
func (c *command) environment(name string) { c.add(Variable{Name: name}, c.osenv(name)) }

// computed is a variable that nobody can set.
func (c *command) computed(name, val string, ok bool, source Source, via string) {
	c.env.Vars = append(c.env.Vars, Variable{Name: name, Value: val, Known: ok, Default: val, Source: source, Via: via})
}

// chain are the places that assign a variable in this view: those of the machine, the files that count here, and the settings that reach it.
func (c *command) chain(name string) (list []*facts.Assignment) {
	for _, a := range c.lines {
		if a.Name == name && !slices.Contains(OSOnly, name) {
			list = append(list, a)
		}
	}
	for _, a := range c.s.Vars {
		if c.st.EqualName(a.Name, name) && (a.OS() || a.Layer == facts.EditorSetting && slices.Contains(a.Wins, c.v.Name)) {
			if a.Layer == facts.Process && !slices.Contains(a.Wins, c.v.Name) {
				continue // another view's
			}
			list = append(list, a)
		}
	}
	return list
}

func (c *command) cache() {
	def := "off"
	dir, err := c.cacheDir()
	if err == "" {
		def = c.st.Join(dir, "go-build")
	}
	x := c.or("GOCACHE", def)
	if x.by != nil && x.s != "off" && !c.st.IsAbs(x.s) {
		x.s = "off"
	}
	c.add(Variable{Name: "GOCACHE", Default: def, Source: ByVariable, Via: c.homeVariable("XDG_CACHE_HOME", "LOCALAPPDATA")}, x)
}

// homeVariable is the variable that gives the user's directory.
func (c *command) homeVariable(xdg, win string) string {
	switch {
	case c.st.Windows:
		return win
	case c.goos != "darwin" && c.osenv(xdg).s != "":
		return xdg
	}
	return "HOME"
}

func (c *command) envfile() {
	x := c.osenv("GOENV")
	def := ""
	if dir, err := c.configDir(); err == "" && dir != "" {
		def = c.st.Join(dir, "go/env")
	}
	v := Variable{Name: "GOENV", Default: def, Source: ByVariable, Via: c.homeVariable("XDG_CONFIG_HOME", "APPDATA")}
	switch {
	case x.s == "off":
		x.s = ""
	case x.s == "" && x.ok:
		x.s, x.by = def, nil
	}
	c.add(v, x)
	c.env.Vars[len(c.env.Vars)-1].Changed = c.osenv("GOENV").s != "" && x.s != ""
}

func (c *command) root() {
	x := c.goroot()
	v := Variable{Name: "GOROOT", Default: c.env.Root, Source: ByGo}
	if _, switched := c.over["GOROOT"]; switched && x.by == nil {
		v.Via = c.env.Select.Version
	}
	c.add(v, x)
	c.env.Vars[len(c.env.Vars)-1].Changed = false // go never says so
}

func (c *command) telemetry() {
	dir, err := c.configDir()
	mode, ok := "off", true
	if err == "" {
		dir, mode = c.st.Join(dir, "go/telemetry"), "local"
		t, looked := c.text(c.st.Join(dir, "mode"))
		if ok = looked; t != nil {
			mode = strings.TrimSpace(t.S)
			mode, _, _ = strings.Cut(mode, " ")
		}
	}
	via := ""
	if dir != "" {
		via = c.st.Join(dir, "mode")
	}
	c.computed("GOTELEMETRY", mode, ok, ByFile, via)
	c.computed("GOTELEMETRYDIR", dir, true, ByVariable, c.homeVariable("XDG_CONFIG_HOME", "APPDATA"))
}

func (c *command) gccgo() {
	x := c.or("GCCGO", "gccgo")
	v := Variable{Name: "GCCGO", Default: "gccgo"}
	name, found := x.s, false
	if file, _, ok := c.lookPath(name); !ok {
		x.ok = false
	} else if file != "" {
		x.s, v.Source, v.Via, found = file, ByPath, name, true
	}
	c.add(v, x)
	c.env.Vars[len(c.env.Vars)-1].Changed = found || c.minor >= 25 && name != "gccgo"
}

// archVariable is cfg.GetArchEnv: the one variable of the architecture.
func (c *command) archVariable() {
	arch := map[string][2]string{"arm": {"GOARM", "7"}, "arm64": {"GOARM64", "v8.0"}, "386": {"GO386", "sse2"}, "amd64": {"GOAMD64", "v1"},
		"mips": {"GOMIPS", "hardfloat"}, "mipsle": {"GOMIPS", "hardfloat"}, "mips64": {"GOMIPS64", "hardfloat"}, "mips64le": {"GOMIPS64", "hardfloat"},
		"ppc64": {"GOPPC64", "power8"}, "ppc64le": {"GOPPC64", "power8"}, "riscv64": {"GORISCV64", "rva20u64"}, "wasm": {"GOWASM", ""}}[c.wantArch]
	name, def := arch[0], arch[1]
	if name == "" || c.minor < 23 && (name == "GOARM64" || name == "GORISCV64") {
		return
	}
	if name != "GOWASM" {
		def = c.constant("Default"+name, def)
	}
	if name == "GOARM" && c.minor < 24 && c.osenv("GOOS").s == "android" && c.osenv("GOARCH").s == "arm" {
		def = "7"
	}
	usual, like := def, def
	if c.minor < 24 {
		usual = c.level(name, def, def)
	}
	if x := c.osenv(name); c.minor == 23 || name == "GOWASM" { // compared with what internal/buildcfg read from the environment
		if like = x.s; like == "" {
			like = def
		}
		like = c.level(name, like, def)
	}
	c.plain(name, usual)
	set := c.getenv(name).s
	if b := c.base[name]; b != nil {
		like = b.Value
	}
	c.env.Vars[len(c.env.Vars)-1].Changed = set != "" && set != like
}

// level is how internal/buildcfg prints what it read from a variable of an architecture; def counts where that is wrong.
func (c *command) level(name, v, def string) string {
	switch name {
	case "GOAMD64":
		if !slices.Contains([]string{"v1", "v2", "v3", "v4"}, v) {
			return def
		}
	case "GOARM":
		if c.minor < 22 {
			return v
		}
		v, soft := strings.CutSuffix(v, ",softfloat")
		v, hard := strings.CutSuffix(v, ",hardfloat")
		soft = soft || v == "5" && !hard
		if v != "5" && v != "6" && v != "7" {
			v = def[:1]
		}
		if soft {
			return v + ",softfloat"
		}
		return v + ",hardfloat"
	case "GOARM64":
		v, opts, _ := strings.Cut(v, ",")
		if v != "v8.0" || strings.Contains(opts, "lse") {
			v += ",lse"
		}
		if strings.Contains(opts, "crypto") {
			v += ",crypto"
		}
		return v
	case "GOWASM":
		if c.minor >= 26 { // both are always on
			return ""
		}
		var list []string
		for _, f := range []string{"satconv", "signext"} {
			if slices.Contains(strings.Split(v, ","), f) {
				list = append(list, f)
			}
		}
		return strings.Join(list, ",")
	}
	return v
}

// cgo is CGO_ENABLED: the default is off when cross-compiling, and where the default C compiler is not in PATH.
func (c *command) cgo() {
	process, cc := c.osenv("CGO_ENABLED"), c.osenv("CC")
	ok := process.ok && cc.ok
	native := c.wantOS == c.goos && c.wantArch == c.goarch
	build := process.s // go/build's own look, at the environment only
	if build == "" && c.minor >= 20 {
		build = c.constant("DefaultCGO_ENABLED", "")
	}
	context := build == "1"
	if build != "1" && build != "0" {
		goos, goarch := c.osenv("GOOS").s, c.osenv("GOARCH").s
		context = (goos == "" || goos == c.goos) && (goarch == "" || goarch == c.goarch) && c.cgoSupported(c.goos, c.goarch)
	}
	def, via := false, "GOOS"
	forced := c.constant("DefaultCGO_ENABLED", "")
	switch {
	case c.minor >= 25 && forced != "":
		def, via = forced == "1", ""
	case native:
		def, via = context, ""
		if c.minor >= 25 {
			def = c.cgoSupported(c.wantOS, c.wantArch)
		}
		if context && cc.s == "" {
			via = c.compiler("CC")
			_, found, known := c.lookPath(via)
			if !found {
				def = false
			}
			ok = ok && known
		}
	}
	text := map[bool]string{true: "1", false: "0"}
	x := c.getenv("CGO_ENABLED")
	v := Variable{Name: "CGO_ENABLED", Default: text[def], Source: ByPath, Via: via}
	if x.s != "0" && x.s != "1" {
		x = value{text[def], x.ok && ok, nil}
	}
	c.add(v, x)
	c.env.Vars[len(c.env.Vars)-1].Changed = x.s != text[def]
}

// file2 is GOWORK: what the variable says, else the file that was found.
func (c *command) file2(name, val string) {
	x := c.getenv(name)
	v := Variable{Name: name, Source: ByFile}
	if x.s == "" || x.s == "auto" {
		x.by = nil
	}
	c.add(v, value{val, x.ok && !c.opaque, x.by})
	c.env.Vars[len(c.env.Vars)-1].Changed = false // go never says so
}

// gobin is what GOBIN became in Go 1.27: the directory that go install writes to.
func (c *command) gobin(first string) {
	def, ok := "", true
	gopath := c.buildGOPATH()
	if c.modules {
		if list := c.st.SplitList(gopath); len(list) > 0 && list[0].Dir != "" {
			def = c.st.Join(list[0].Dir, "bin")
		}
	} else if list := c.st.SplitList(gopath); len(list) > 0 {
		dir := list[0].Dir
		for _, e := range list {
			if strings.HasPrefix(c.wd, e.Dir) {
				dir = e.Dir
				break
			}
		}
		def = c.st.Join(dir, "bin")
	}
	x := c.or("GOBIN", def)
	c.add(Variable{Name: "GOBIN", Default: def, Source: ByVariable, Via: "GOPATH"}, value{x.s, x.ok && ok, x.by})
	b := c.base["GOBIN"]
	c.env.Vars[len(c.env.Vars)-1].Changed = x.by != nil && (b == nil || x.s != b.Value)
}
