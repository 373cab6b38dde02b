package goenv

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
)

// run finds out where `go env -json` stops, in the order of cmd/go: toolchain selection, main, the flags of GOFLAGS, runEnv.
func (c *command) run() {
	c.choose()
	if c.env.Err != nil && c.env.Err.Exit == 127 {
		c.stopped = false // what would follow shows what is wrong besides
	}
	first := c.env.Err
	c.wantOS, c.wantArch = c.or("GOOS", c.goos).s, c.or("GOARCH", c.goarch).s
	if c.minor >= 22 {
		c.checkRoot()
		c.checkPath()
	} else {
		c.checkPath()
		c.checkRoot()
	}
	dry := c.flags()
	c.checkBuild()
	c.initModules()
	ready := c.env.Err == nil
	c.checkCompilers()
	c.checkTemp(dry)
	c.checkPair()
	c.checkFlags(dry)
	if ready && c.env.Err != nil {
		c.env.Err.Build = true
	}
	if first != nil {
		c.env.Err = first
	}
	if c.opaque && c.env.Err == nil {
		c.filed = false
	}
}

// check runs only while nothing stopped the command.
func (c *command) checkRoot() {
	if c.stopped {
		return
	}
	root := c.goroot()
	if !root.ok {
		return
	}
	if root.s == "" {
		c.fail(2, nil, "go: cannot find GOROOT directory: 'go' binary is trimmed and GOROOT is not set")
	} else if f := c.file(root.s); f.Exists == facts.No || f.Exists == facts.Yes && !f.IsDir {
		c.fail(2, root.by, "go: cannot find GOROOT directory: %s", root.s)
	}
}

// checkPath is what main says of GOPATH.
func (c *command) checkPath() {
	if c.stopped {
		return
	}
	gopath := c.gopath()
	if !gopath.ok {
		return
	}
	root := c.goroot().s
	if c.minor < 22 {
		root = c.runtimeRoot()
	}
	if c.clean(gopath.s) == c.clean(root) {
		if c.minor >= 23 {
			c.warn("warning: both GOPATH and GOROOT are the same directory (%s); see https://go.dev/wiki/InstallTroubleshooting", gopath.s)
		} else {
			c.warn("warning: GOPATH set to GOROOT (%s) has no effect", gopath.s)
		}
		return
	}
	for _, e := range c.st.SplitList(gopath.s) {
		switch {
		case e.Dir == "":
		case strings.HasPrefix(e.Dir, "~"):
			c.fail(2, gopath.by, "go: GOPATH entry cannot start with shell metacharacter '~': %q", e.Dir)
			return
		case !c.st.IsAbs(e.Dir) && c.getenv("GOPATH").s != "":
			c.fail(2, gopath.by, "go: GOPATH entry is relative; must be absolute path: %q.\nFor more details see: 'go help gopath'", e.Dir)
			return
		}
	}
}

// clean is filepath.Clean.
func (c *command) clean(name string) string {
	if name == "" {
		return "."
	}
	return c.st.Clean(name)
}

// gopath is build.Context's GOPATH before main looks at it.
func (c *command) gopath() value {
	if x := c.getenv("GOPATH"); x.s != "" || !x.ok {
		return x
	}
	return c.inferred()
}

// inferred is GOPATH where nobody sets it.
func (c *command) inferred() value {
	home := c.osenv("HOME")
	if c.st.Windows {
		home = c.osenv("USERPROFILE")
	}
	if home.s == "" {
		return value{"", home.ok, nil}
	}
	def := c.st.Join(home.s, "go")
	if root := c.runtimeRoot(); root != "" && c.st.Clean(root) == def {
		def = ""
	}
	return value{def, home.ok, nil}
}

// modCache is cfg.GOMODCACHE.
func (c *command) modCache() value {
	if x := c.getenv("GOMODCACHE"); x.s != "" || !x.ok {
		return x
	}
	gopath := c.gopath()
	if list := c.st.SplitList(gopath.s); len(list) > 0 && list[0].Dir != "" {
		return value{c.st.Join(list[0].Dir, "pkg/mod"), gopath.ok, nil}
	}
	return value{"", gopath.ok, nil}
}

// flags sets those flags of `go env` that GOFLAGS has (base.SetFromGOFLAGS): -u and -w stop it, -n runs no compiler. What is wrong with a flag
// that it does not have is ignored.
func (c *command) flags() (dry bool) {
	x := c.getenv("GOFLAGS")
	if c.stopped || !x.ok {
		return false
	}
	list, err := splitQuoted(x.s)
	if err != "" {
		return false
	}
	where, changed := "$GOFLAGS", ""
	if c.st.Windows {
		where = "%GOFLAGS%"
	}
	if c.minor >= 23 {
		changed = " [-changed]"
	}
	wrong := func(format string, args ...any) {
		c.fail(2, x.by, "go: %s\nusage: go env [-json]%s [-u] [-w] [var ...]\nRun 'go help env' for details.", fmt.Sprintf(format, args...), changed)
	}
	set := map[string]bool{}
	for _, f := range list {
		if f == "" {
			c.fail(2, x.by, "panic: runtime error: slice bounds out of range [1:0]")
			return false
		}
		flag, val, has := strings.Cut(f, "=")
		if flag == "" {
			continue
		}
		if strings.HasPrefix(flag, "--") {
			flag = flag[1:]
		}
		switch name := flag[1:]; {
		case name == "C" && c.minor == 20 && has: // it still goes there
			why := ""
			switch f := c.file(val); {
			case f.Exists == facts.No:
				why = "no such file or directory"
			case f.Exists == facts.Yes && !f.IsDir:
				why = "not a directory"
			}
			if why != "" {
				wrong("invalid value %q for flag %s (from %s): chdir %s: %s", val, flag, where, val, why)
				return false
			}
			if !c.st.IsAbs(val) {
				val = c.st.Join(c.wd, val)
			}
			c.wd = c.getwd(val)
		case name == "C" && has:
			wrong("invalid value %q for flag %s (from %s): -C flag must be first flag on command line", val, flag, where)
			return false
		case name == "C":
			wrong("flag needs an argument: %s (from %s)", flag, where)
			return false
		case slices.Contains([]string{"n", "x", "json", "u", "w"}, name), name == "changed" && changed != "":
			on, ok := true, true
			if has {
				on, ok = parseBool(val)
			}
			if !ok {
				wrong("invalid boolean value %q for flag %s (from %s): parse error", val, flag, where)
				return false
			}
			set[name] = on
		}
	}
	switch {
	case set["u"]:
		c.fail(1, x.by, "go: cannot use -json with -u")
	case set["w"]:
		c.fail(1, x.by, "go: cannot use -json with -w")
	}
	return set["n"]
}

func parseBool(s string) (val, ok bool) {
	switch s {
	case "1", "t", "T", "true", "TRUE", "True":
		return true, true
	case "0", "f", "F", "false", "FALSE", "False":
		return false, true
	}
	return false, false
}

// checkBuild is buildcfg.Check, which sees the environment only and keeps the last error, and then the experiments.
func (c *command) checkBuild() {
	if c.stopped {
		return
	}
	type problem struct {
		msg string
		by  *facts.Assignment
	}
	var last problem
	bad := func(name string, ok func(v string) bool, msg string) {
		if x := c.osenv(name); x.ok && x.s != "" && !ok(x.s) {
			last = problem{msg, x.by}
		}
	}
	one := func(list ...string) func(string) bool {
		return func(v string) bool { return slices.Contains(list, v) }
	}
	bad("GOAMD64", one("v1", "v2", "v3", "v4"), "invalid GOAMD64: must be v1, v2, v3, v4")
	if c.minor < 22 {
		bad("GOARM", one("5", "6", "7"), "invalid GOARM: must be 5, 6, 7")
	} else {
		bad("GOARM", func(v string) bool {
			v = strings.TrimSuffix(v, ",softfloat")
			return one("5", "6", "7")(strings.TrimSuffix(v, ",hardfloat"))
		}, `invalid GOARM: must start with 5, 6, or 7, and may optionally end in either ",hardfloat" or ",softfloat"`)
	}
	if c.minor >= 23 {
		last = problem{} // goarm64 overwrites what was found
		bad("GOARM64", func(v string) bool {
			for s := ""; s != v; {
				s = v
				v = strings.TrimSuffix(strings.TrimSuffix(v, ",lse"), ",crypto")
			}
			return len(v) == 4 && (strings.HasPrefix(v, "v8.") && v[3] >= '0' && v[3] <= '9' || strings.HasPrefix(v, "v9.") && v[3] >= '0' && v[3] <= '5')
		}, `invalid GOARM64: must start with v8.{0-9} or v9.{0-5} and may optionally end in ",lse" and/or ",crypto"`)
	}
	bad("GOMIPS", one("hardfloat", "softfloat"), "invalid GOMIPS: must be hardfloat, softfloat")
	bad("GOMIPS64", one("hardfloat", "softfloat"), "invalid GOMIPS64: must be hardfloat, softfloat")
	bad("GOPPC64", one("power8", "power9", "power10"), "invalid GOPPC64: must be power8, power9, power10")
	switch {
	case c.minor >= 25:
		bad("GORISCV64", one("rva20u64", "rva22u64", "rva23u64"), "invalid GORISCV64: must be rva20u64, rva22u64, rva23u64")
	case c.minor >= 23:
		bad("GORISCV64", one("rva20u64", "rva22u64"), "invalid GORISCV64: must be rva20u64, rva22u64")
	}
	for opt := range strings.SplitSeq(c.osenv("GOWASM").s, ",") {
		if opt != "" && opt != "satconv" && opt != "signext" {
			last = problem{fmt.Sprintf("invalid GOWASM: no such feature %q", opt), c.osenv("GOWASM").by}
		}
	}
	if x := c.osenv("GOEXPERIMENT"); x.ok && x.s != "" {
		if name, ok := c.experiments(x.s); !ok {
			last = problem{"unknown GOEXPERIMENT " + name, x.by}
		}
	}
	if c.minor >= 24 {
		want := "vX.Y.Z"
		if c.minor >= 26 {
			want = "v1.Y.Z"
		}
		bad("GOFIPS140", func(v string) bool {
			return one("off", "latest", "inprocess", "certified")(v) || c.fipsVersion(v)
		}, "invalid GOFIPS140: must be off, latest, inprocess, certified, or "+want)
	}
	if last.msg != "" {
		c.fail(2, last.by, "go: %s", last.msg)
		return
	}
	if x := c.getenv("GOEXPERIMENT"); x.ok && x.s != "" {
		if name, ok := c.experiments(x.s); !ok {
			c.fail(1, x.by, "go: unknown GOEXPERIMENT %s", name)
		}
	}
}

// experiments reports whether every name of GOEXPERIMENT is known to the toolchain, else the first that is not.
func (c *command) experiments(list string) (unknown string, ok bool) {
	var names map[string]bool
	for f := range strings.SplitSeq(list, ",") {
		if f == "" || f == "none" {
			continue
		}
		if names == nil {
			t := c.source("src/internal/goexperiment/flags.go")
			if t == nil {
				return "", true // nobody can say
			}
			names = map[string]bool{"regabi": true}
			for line := range strings.Lines(t.S) {
				if w := strings.Fields(line); len(w) >= 2 && w[1] == "bool" && line[0] == '\t' {
					names[strings.ToLower(w[0])] = true
				}
			}
		}
		f = strings.TrimPrefix(f, "no")
		if !names[f] {
			return f, false
		}
	}
	return "", true
}

// fipsVersion is buildcfg.isFIPSVersion.
func (c *command) fipsVersion(v string) bool {
	num := func(s string) (string, bool) {
		r := strings.TrimLeft(s, "0123456789")
		return r, r != s
	}
	first := "v"
	if c.minor >= 26 {
		first = "v1."
	}
	v, ok := strings.CutPrefix(v, first)
	if !ok {
		return false
	}
	if c.minor < 26 {
		if v, ok = num(v); !ok || v == "" || v[0] != '.' {
			return false
		}
		v = v[1:]
	}
	if v, ok = num(v); !ok || v == "" || v[0] != '.' {
		return false
	}
	if v, ok = num(v[1:]); !ok {
		return false
	}
	if rc, ok := strings.CutPrefix(v, "-rc"); ok && c.minor >= 26 {
		rc, ok = num(rc)
		return ok && rc == ""
	}
	return v == "" || v[0] == '-' && len(v) == 9
}

// initModules is modload.Init and FindGoWork: GOMOD and GOWORK.
func (c *command) initModules() {
	if c.minor >= 24 {
		c.checkFIPS("")
	}
	mode := c.getenv("GO111MODULE")
	must := mode.s == "" || mode.s == "on"
	if !must && mode.s != "auto" && mode.s != "off" && !c.stopped {
		c.fail(1, mode.by, "go: unknown environment setting GO111MODULE=%s", mode.s)
	}
	if mode.s != "off" {
		root, ok := c.up(c.wd, "go.mod", "")
		c.opaque = c.opaque || !ok
		switch {
		case root != "" && c.inTemp(root):
			c.warn("go: warning: ignoring go.mod in system temp root %s", c.tempDir())
			c.modules = must
		case root != "":
			c.gomod, c.modules = c.st.Join(root, "go.mod"), true
		default:
			c.modules = must
		}
		if c.modules && c.gomod == "" {
			c.gomod = c.null()
		}
	}
	if c.modules {
		c.checkGOPATHModule(c.buildGOPATH(), "")
	}
	stopped, err := c.stopped, c.env.Err
	file, ok := c.findWork("")
	if stopped {
		c.env.Err = err
	}
	c.opaque = c.opaque || !ok
	c.gowork = file
	if c.getenv("GOWORK").s == "off" {
		c.gowork = "off"
	}
}

func (c *command) null() string {
	if c.st.Windows {
		return "NUL"
	}
	return "/dev/null"
}

// buildGOPATH is GOPATH as main leaves it: one that was inferred and is relative is dropped.
func (c *command) buildGOPATH() string {
	x := c.gopath()
	if c.getenv("GOPATH").s == "" {
		if c.clean(x.s) == c.clean(c.goroot().s) {
			return x.s
		}
		for _, e := range c.st.SplitList(x.s) {
			if e.Dir != "" && !c.st.IsAbs(e.Dir) {
				return ""
			}
		}
	}
	return x.s
}

// checkFIPS is fips140.Init: a version must be in the toolchain, and the module cache holds its source. prefix is what log puts before
// its message.
func (c *command) checkFIPS(prefix string) {
	x, root := c.getenv("GOFIPS140"), c.goroot()
	if c.stopped || !x.ok || x.s == "" || x.s == "off" {
		return
	}
	if x.s != "latest" {
		zip := func(v string) facts.Tri { return c.file(c.st.Join(root.s, "lib/fips140", v+".zip")).Exists }
		v := x.s
		switch {
		case strings.ContainsAny(v, `/\`) || strings.Contains(v, ".."):
			c.fail(1, x.by, "%sgo: malformed GOFIPS140 version %q", prefix, v)
			return
		case !root.ok:
			return
		case root.s == "":
			c.fail(1, x.by, "%sgo: missing GOROOT for GOFIPS140", prefix)
			return
		}
		if t, _ := c.text(c.st.Join(root.s, "lib/fips140", v+".txt")); t != nil {
			if v = strings.TrimSpace(t.S); zip(v) == facts.No {
				c.fail(1, x.by, "%sgo: unknown GOFIPS140 version %q (from %q)", prefix, v, x.s)
				return
			}
		}
		if zip(v) == facts.No {
			c.fail(1, x.by, "%sgo: unknown GOFIPS140 version %q", prefix, v)
			return
		}
		if why, by := c.badModCache(); why != "" {
			c.fail(1, by, "%sgo: %s", prefix, why)
			return
		}
	}
	boring := false
	exp := c.or("GOEXPERIMENT", c.constant("defaultGOEXPERIMENT", ""))
	for f := range strings.SplitSeq(exp.s, ",") {
		switch f {
		case "boringcrypto":
			boring = true
		case "noboringcrypto", "none":
			boring = false
		}
	}
	if _, ok := c.experiments(exp.s); boring && ok {
		c.fail(1, x.by, "%sgo: cannot use GOFIPS140 with GOEXPERIMENT=boringcrypto", prefix)
	}
}

// badModCache is modfetch.checkCacheDir: why nothing can be kept in the module cache, "" where it can, and who says where it is.
func (c *command) badModCache() (why string, by *facts.Assignment) {
	cache := c.modCache()
	switch f := c.file(cache.s); {
	case !cache.ok:
	case cache.s == "":
		return "module cache not found: neither GOMODCACHE nor GOPATH is set", nil
	case !c.st.IsAbs(cache.s):
		return fmt.Sprintf("GOMODCACHE entry is relative; must be absolute path: %q.", cache.s), cache.by
	case f.Exists == facts.Yes && !f.IsDir:
		return fmt.Sprintf("could not create module cache: %q is not a directory", cache.s), cache.by
	}
	return "", nil
}

// checkGOPATHModule is what modload.Init says of a go.mod that lies in GOPATH itself.
func (c *command) checkGOPATHModule(gopath, prefix string) {
	list := c.st.SplitList(gopath)
	if len(list) == 0 || list[0].Dir == "" || c.file(c.st.Join(list[0].Dir, "go.mod")).Exists != facts.Yes {
		return
	}
	if c.minor >= 22 {
		c.warn("go: warning: ignoring go.mod in $GOPATH %s", list[0].Dir)
	} else if !c.stopped {
		c.fail(1, c.gopath().by, "%s$GOPATH/go.mod exists but should not", prefix)
	}
}

// checkCompilers is work.BuildInit.
func (c *command) checkCompilers() {
	for _, name := range []string{"CC", "CXX", "FC"} {
		x := c.getenv(name)
		if c.stopped || !x.ok {
			continue
		}
		args, err := splitQuoted(x.s)
		switch {
		case err != "":
			c.fail(1, x.by, "go: %s environment variable could not be parsed: %s", name, err)
		case len(args) > 0 && !c.st.IsAbs(args[0]) && args[0] != c.base0(args[0]):
			c.fail(1, x.by, "go: %s environment variable is relative; must be absolute path: %s", name, args[0])
		}
	}
}

// base0 is filepath.Base.
func (c *command) base0(name string) string {
	if name == "" {
		return "."
	}
	seps := "/"
	if c.st.Windows {
		seps = `/\`
	}
	trimmed := strings.TrimRight(name, seps)
	if trimmed == "" {
		return seps[len(seps)-1:]
	}
	return trimmed[strings.LastIndexAny(trimmed, seps)+1:]
}

// checkTemp is the directory that a builder works in.
func (c *command) checkTemp(dry bool) {
	x := c.getenv("GOTMPDIR")
	if c.stopped || dry || !x.ok {
		return
	}
	dir := x.s
	if dir == "" {
		dir = c.tempDir()
		x.by = c.osenv("TMPDIR").by
	}
	switch f := c.file(dir); {
	case f.Exists == facts.No && c.st.Windows:
		c.fail(1, x.by, "go: creating work dir: CreateFile %s: The system cannot find the file specified.", dir)
	case f.Exists == facts.No:
		c.fail(1, x.by, "go: creating work dir: stat %s: no such file or directory", dir)
	case f.Exists == facts.Yes && !f.IsDir && !c.st.Windows:
		c.fail(1, x.by, "go: creating work dir: mkdir %s/go-build*: not a directory", strings.TrimRight(dir, "/"))
	}
}

// checkPair is work.CheckGOOSARCHPair.
func (c *command) checkPair() {
	if c.stopped || c.supported(c.wantOS, c.wantArch) {
		return
	}
	by := c.getenv("GOARCH").by
	if by == nil || !knownOS(c.wantOS) {
		if o := c.getenv("GOOS").by; o != nil {
			by = o
		}
	}
	c.fail(2, by, "go: unsupported GOOS/GOARCH pair %s/%s", c.wantOS, c.wantArch)
}

// checkFlags are the panics of the lists that a builder splits. Unless nothing is run (dry), it asks the C compiler what it can before it
// looks at PKG_CONFIG, and keeps the answer in the cache.
func (c *command) checkFlags(dry bool) {
	for _, name := range []string{"CGO_CPPFLAGS", "CGO_CFLAGS", "CGO_CXXFLAGS", "CGO_FFLAGS", "CGO_LDFLAGS", "CC", "PKG_CONFIG"} {
		x := c.getenv(name)
		if c.stopped {
			return
		}
		if x.ok && x.s != "" {
			args, err := splitQuoted(x.s)
			switch {
			case err != "":
				c.fail(2, x.by, "panic: could not parse environment variable %s with value %q: %s", name, x.s, err)
			case len(args) == 0 && (name == "CC" || name == "PKG_CONFIG"):
				c.fail(2, x.by, "panic: runtime error: index out of range [0] with length 0")
			}
		}
		if name == "CC" && !dry {
			c.checkCache()
		}
	}
}

// checkCache is cache.Default, which is asked where there is a C compiler.
func (c *command) checkCache() {
	if c.stopped {
		return
	}
	cc := c.compiler("CC")
	if list, _ := splitQuoted(c.getenv("CC").s); len(list) > 0 {
		cc = list[0]
	}
	if _, found, ok := c.lookPath(cc); !found || !ok {
		return
	}
	switch x := c.getenv("GOCACHE"); {
	case !x.ok:
	case x.s == "off":
		c.fail(1, x.by, "build cache is disabled by GOCACHE=off, but required as of Go 1.12")
	case x.s != "" && !c.st.IsAbs(x.s):
		c.fail(1, x.by, "build cache is required, but could not be located: GOCACHE is not an absolute path")
	case x.s == "":
		dir, err := c.cacheDir()
		if err != "" {
			c.fail(1, nil, "build cache is required, but could not be located: GOCACHE is not defined and %s", err)
			return
		}
		c.makeCache(c.st.Join(dir, "go-build"), nil)
	default:
		c.makeCache(x.s, x.by)
	}
	if x := c.getenv("GOCACHEPROG"); c.minor >= 24 && !c.stopped && !c.st.Windows {
		if list, _ := splitQuoted(x.s); len(list) > 0 && c.st.IsAbs(list[0]) && c.file(list[0]).Exists == facts.No {
			c.fail(1, x.by, "error starting GOCACHEPROG program %q: fork/exec %s: no such file or directory", list[0], list[0])
		}
	}
}

// makeCache is the os.MkdirAll of the build cache, as far as a file in its way stops it.
func (c *command) makeCache(dir string, by *facts.Assignment) {
	if c.st.Windows {
		return
	}
	for d := dir; ; d = c.st.Dir(d) {
		switch f := c.file(d); {
		case f.Exists == facts.Yes && !f.IsDir:
			c.fail(1, by, "failed to initialize build cache at %s: mkdir %s: not a directory", dir, d)
			return
		case f.Exists != facts.No || c.st.Dir(d) == d:
			return
		}
	}
}

// splitQuoted is quoted.Split: fields, in quotes or not, without escapes; err says what is wrong.
func splitQuoted(s string) (list []string, err string) {
	for {
		s = strings.TrimLeft(s, " \t\n\r")
		if s == "" {
			return list, ""
		}
		if q := s[0]; q == '"' || q == '\'' {
			i := strings.IndexByte(s[1:], q)
			if i < 0 {
				return nil, "unterminated " + string(q) + " string"
			}
			list, s = append(list, s[1:1+i]), s[i+2:]
			continue
		}
		i := strings.IndexAny(s, " \t\n\r")
		if i < 0 {
			i = len(s)
		}
		list, s = append(list, s[:i]), s[i:]
	}
}

// joinQuoted is quoted.Join, or a join by blanks where an argument has both quotes.
func joinQuoted(list []string) string {
	var out []string
	for _, a := range list {
		switch space, single, double := strings.ContainsAny(a, " \t\n\r"), strings.Contains(a, "'"), strings.Contains(a, `"`); {
		case !space && !single && !double:
			out = append(out, a)
		case !single:
			out = append(out, "'"+a+"'")
		case !double:
			out = append(out, `"`+a+`"`)
		default:
			return strings.Join(list, " ")
		}
	}
	return strings.Join(out, " ")
}

// pairs are the platforms of Go 1.27, by operating system.
const pairs = " aix/ppc64 android/386 android/amd64 android/arm android/arm64 darwin/amd64 darwin/arm64 dragonfly/amd64 freebsd/386 freebsd/amd64" +
	" freebsd/arm freebsd/arm64 freebsd/riscv64 illumos/amd64 ios/amd64 ios/arm64 js/wasm linux/386 linux/amd64 linux/arm linux/arm64 linux/loong64" +
	" linux/mips linux/mips64 linux/mips64le linux/mipsle linux/ppc64 linux/ppc64le linux/riscv64 linux/s390x linux/sparc64 netbsd/386 netbsd/amd64" +
	" netbsd/arm netbsd/arm64 openbsd/386 openbsd/amd64 openbsd/arm openbsd/arm64 openbsd/ppc64 openbsd/riscv64 plan9/386 plan9/amd64 plan9/arm" +
	" solaris/amd64 wasip1/wasm windows/386 windows/amd64 windows/arm64 "

// supported reports whether a Go version knows a platform (internal/platform).
func (c *command) supported(goos, goarch string) bool {
	p := goos + "/" + goarch
	switch p {
	case "windows/arm":
		return c.minor < 26
	case "openbsd/mips64":
		return c.minor < 27
	case "openbsd/riscv64":
		return c.minor >= 22
	case "wasip1/wasm":
		return c.minor >= 21
	case "openbsd/ppc64":
		return c.minor >= 21
	}
	return !strings.ContainsAny(p, " ") && strings.Contains(pairs, " "+p+" ")
}

func knownOS(goos string) bool { return strings.Contains(pairs, " "+goos+"/") && goos != "" }

// cgoSupported is platform.CgoSupported.
func (c *command) cgoSupported(goos, goarch string) bool {
	switch goos {
	case "js", "wasip1", "plan9":
		return false
	}
	switch goos + "/" + goarch {
	case "openbsd/mips64", "openbsd/ppc64", "windows/arm":
		return false
	}
	return c.supported(goos, goarch)
}
