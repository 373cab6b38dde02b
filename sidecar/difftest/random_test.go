package difftest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
)

// A generator makes one machine from a seed. What it draws does not depend on anything else, so that a seed says it all.
type generator struct {
	*rand.Rand
	m *machine
}

// versions are the toolchains that environments speak of; not each has to be there.
var versions = []string{"go1.20.14", "go1.21.0", "go1.21.13", "go1.22.12", "go1.23.12", "go1.24.13", "go1.25.14", "go1.26.8", "go1.26.11", "go1.27.4"}

// generate makes the machine of a seed with one toolchain's go first in PATH.
func generate(version string, seed uint64) *machine {
	g := &generator{rand.New(rand.NewPCG(seed, 6)), &machine{
		Go: version, Env: map[string]string{}, Files: map[string]string{}, Links: map[string]string{}, Roots: map[string]root{}, Dir: "$R/w",
	}}
	g.m.Files["$R/w"] = directory
	g.folders()
	g.executable()
	g.variables()
	g.goenv()
	g.workspace()
	return g.m
}

// chance is true once in n.
func (g *generator) chance(n int) bool { return g.IntN(n) == 0 }

func (g *generator) one(list ...string) string { return list[g.IntN(len(list))] }

var names = func() map[string]string {
	if runtime.GOOS == "windows" {
		return map[string]string{"home": "USERPROFILE", "config": "APPDATA", "cache": "LOCALAPPDATA", "temp": "TMP"}
	}
	return map[string]string{"home": "HOME", "config": "XDG_CONFIG_HOME", "cache": "XDG_CACHE_HOME", "temp": "TMPDIR"}
}()

// folders are the variables that say where things lie.
func (g *generator) folders() {
	env := g.m.Env
	if runtime.GOOS == "windows" {
		env["SystemRoot"] = `C:\windows`
		env["APPDATA"], env["LOCALAPPDATA"] = "$R/home/AppData/Roaming", "$R/home/AppData/Local"
		env["TMP"] = "$R/tmp"
	}
	if env[names["home"]] = "$R/home"; g.chance(12) {
		env[names["home"]] = g.one("", "$R/home/", "$R/nobody", "home", "$R/w", "$R/home/../home")
	}
	if g.chance(3) {
		env[names["config"]] = g.one("", "$R/config", "$R/config/", "config", "$R/w")
	}
	if g.chance(4) {
		env[names["cache"]] = g.one("", "$R/cache", "$R/cache//", "cache", "$R/file")
	}
	if g.chance(4) {
		env[names["temp"]] = g.one("", "", "$R/tmp", "$R/tmp", "$R/tmp/", "$R/w", "$R/w", "$R/w/", "tmp", "$R/w/a")
	}
	for _, name := range []string{"home", "config", "cache", "temp"} {
		if g.chance(40) {
			delete(env, names[name])
		}
	}
	g.m.Files["$R/home"], g.m.Files["$R/tmp"], g.m.Files["$R/file"] = directory, directory, "no directory\n"
}

// edited is a go.env or VERSION of a GOROOT that a packager changed.
func (g *generator) edited() root {
	files := map[string]string{}
	if g.chance(2) {
		var b strings.Builder
		for range g.IntN(6) {
			b.WriteString(g.line())
		}
		files["go.env"] = b.String() // "" takes it away
		if g.chance(2) {
			files["go.env"] = "# Defaults.\nGOPROXY=https://proxy.example,direct\nGOSUMDB=sum.golang.org\nGOTOOLCHAIN=" + g.value("GOTOOLCHAIN") + "\n" + files["go.env"]
		}
	}
	if g.chance(12) {
		files["pkg/tool"] = "" // no GOROOT any more
	}
	return root{Files: files}
}

// executable is which go runs, and what else PATH has.
func (g *generator) executable() {
	m := g.m
	var path []string
	add := func(dir string) { path = append(path, dir) }
	if g.chance(6) {
		add(g.one("$R/nothing", "$R/file", "", ".", "bin"))
	}
	exe := ""
	if runtime.GOOS == "windows" {
		exe = ".exe"
	}
	switch {
	case g.chance(4):
		r := g.edited()
		r.Go = m.Go
		m.Roots["$R/sdk/go"] = r
		m.Exe = "$R/sdk/go/bin/go" + exe
		add("$R/sdk/go/bin")
	case g.chance(5) && runtime.GOOS != "windows":
		m.Links["$R/links/go"] = "$T:" + m.Go + "/bin/go"
		m.Exe = "$R/links/go"
		add("$R/links")
	default:
		add("$T:" + m.Go + "/bin")
	}
	if g.chance(2) {
		add("$R/bin")
	}
	if g.chance(8) {
		add("$T:" + g.one(versions...) + "/bin")
	}
	m.Env["PATH"] = strings.Join(path, "$L")
	if runtime.GOOS == "windows" {
		return // neither links nor programs that cost nothing to start
	}
	for _, name := range []string{"gcc", "g++", "clang", "gccgo", "cc"} {
		if g.chance(4) {
			m.Links["$R/bin/"+name] = "/bin/true"
		}
	}
	if g.chance(20) {
		m.Files["$R/bin/gcc"] = "no program\n"
		delete(m.Links, "$R/bin/gcc")
	}
	for _, v := range versions {
		if g.chance(12) {
			m.Links["$R/bin/"+v] = "$T:" + v + "/bin/go"
		}
	}
	if g.chance(30) {
		m.Links["$R/bin/"+g.one(versions...)] = "/nothing"
	}
	if g.chance(40) {
		m.Links["$R/bin/go1.22.12"] = "$T:go1.23.12/bin/go" // not what its name says
	}
}

// pools are the values of variables: usual ones first, then odd ones, then wrong ones.
var pools = map[string][]string{
	"GO111MODULE": {"on", "off", "auto", "ON", "maybe", " on"},
	"GOARCH":      {"amd64", "arm64", "386", "arm", "riscv64", "ppc64le", "ppc64", "mips", "mipsle", "mips64", "mips64le", "wasm", "s390x", "loong64", "sparc64", "amd64 ", "AMD64", "bad"},
	"GOOS":        {"linux", "windows", "darwin", "js", "wasip1", "freebsd", "openbsd", "netbsd", "android", "ios", "plan9", "aix", "solaris", "illumos", "dragonfly", "Linux", "bad"},
	"GOAMD64":     {"v1", "v2", "v3", "v4", "v5", "V1", "1"},
	"GOARM":       {"5", "6", "7", "7,softfloat", "6,hardfloat", "5,softfloat", "8", "7,", "bad"},
	"GOARM64":     {"v8.0", "v8.9", "v9.0", "v9.5", "v8.0,lse", "v8.1,crypto", "v9.0,lse,crypto", "v8.10", "v8", "v8.0,bad", "bad"},
	"GO386":       {"sse2", "softfloat", "387", "bad"},
	"GOMIPS":      {"hardfloat", "softfloat", "bad"}, "GOMIPS64": {"hardfloat", "softfloat", "bad"},
	"GOPPC64":      {"power8", "power9", "power10", "power11", "power7"},
	"GORISCV64":    {"rva20u64", "rva22u64", "rva23u64", "rv64"},
	"GOWASM":       {"satconv", "signext", "satconv,signext", "bad", "satconv,bad"},
	"GOEXPERIMENT": {"none", "loopvar", "nocoverageredesign", "rangefunc", "boringcrypto", "arenas", "jsonv2", "synctest", "greenteagc", "noregabi", "regabiwrappers", "none,arenas", "arenas,,loopvar", "unified", "nounified", "aliastypeparams", "swissmap", "noswissmap", "spinbitmutex", "simd", "fieldtrack", "staticlockranking", "cgocheck2", "bad", "arenas,bad", "nobad", "Arenas", "arenas loopvar", ","},
	"GOFLAGS":      {"-mod=mod", "-mod=vendor", "-tags=x", "-v -x", "'-ldflags=-s -w'", "-modcacherw", "-trimpath", "-buildvcs=false", "-modfile=alt.mod", "-modfile=$R/w/alt.mod", "-n", "x", "--", "-bad=1", "-mod", "-mod=bad", "'-ldflags=x", "-C=$R", "-overlay=$R/none.json", "-p=0"},
	"GOROOT":       {"$T:go1.26.8", "$T:go1.21.13", "$T:go1.20.14", "$T:go1.27.4", "$T:go1.23.12/", "$R/other", "$R/other/", "$R/other/.", "$R/none", "$R/file", "$R/w", "$R/home/go", "go", "~/go", "$R", "."},
	"GOPATH":       {"$R/gopath", "$R/gopath$L$R/gopath2", "$R/gopath/", "$R/home/go", "$R/w", "$Lgopath", "$R/gopath$L", "$L$R/gopath", "$R/gopath$L$R/gopath", "$R/other", "gopath", "~/go", "~", "$R/a b", "$R/x/../gopath", "$R/gopath$Lrel", "$T:go1.26.8", "$R/w/a$L$R/gopath"},
	"GOMODCACHE":   {"$C", "$R/modcache", "$R/modcache/", "$R/file", "modcache", "off", "$R/x/../modcache"},
	"GOCACHE":      {"$R/gocache", "$R/gocache/", "$R/x/../gocache", "off", "gocache", "$R/file"},
	"GOBIN":        {"$R/gobin", "gobin", "$R/gobin/", "~/bin"},
	"GOTMPDIR":     {"$R/tmp", "tmp", "$R/none", "$R/tmp/"},
	"GOENV":        {"$R/envfile", "off", "$R/none", "envfile", "$R/w", "$R/envfile/", "OFF", "../envfile"},
	"GOPROXY":      {"off", "direct", "https://proxy.example", "https://proxy.example,direct", "https://a.example|https://b.example", "file://$R/proxy", ",", "proxy.example", "none", "ftp://proxy.example", " off"},
	"GOSUMDB":      {"off", "sum.golang.org", "sum.golang.google.cn", "sum.golang.org https://sum.example", "sum.example", "a b c"},
	"GOPRIVATE":    {"*.corp.example", "corp.example,other.example", "*", "[", ","}, "GONOPROXY": {"*.corp.example", "none"},
	"GONOSUMDB": {"*.corp.example", "*", "golang.org/toolchain"}, "GOINSECURE": {"corp.example", "*"},
	"GOVCS":       {"public:git,private:all", "*:all", "*:off", "bad", "git"},
	"GOTOOLCHAIN": {"local", "auto", "path", "go1.22.12", "go1.21.13", "go1.20.14", "go1.27.4", "go1.26.8+auto", "go1.23.12+path", "local+auto", "local+path", "go1.26.11", "go1.21", "go1.99.1", "go1.24.13-custom", "gccgo-go1.22.12", "local+bad", "bad", "bad+auto", "go1.22.12+", "go1.x", "default", "go1.24rc1", "auto+auto", "go1.22.12+local", "Auto", "go1", "go", "go2.0", "/bin/go1.22.12", " auto", "go1.25"},
	"GOWORK":      {"off", "auto", "$R/w/go.work", "$R/w/other.work", "$R/none/go.work", "go.work", "$R/w/a/go.work", "$R/w/", "$R/w/../w/go.work", "OFF"},
	"GODEBUG":     {"x=1", "http2client=0", "netdns=go", "bad", "toolchaintrace=0", "panicnil=1,x"},
	"GOAUTH":      {"netrc", "off", "git $R/w", "netrc; off", "bad", ""}, "GOCACHEPROG": {"", "$R/none", "$R/bin/prog -x"},
	"GOFIPS140":        {"off", "latest", "v1.0.0", "inprocess", "certified", "v1.26.0", "on", "v9", "v1.0", "../x"},
	"GOPACKAGESDRIVER": {"off", "$R/driver"}, "GOEXE": {".bin"}, "GOHOSTARCH": {"arm64"}, "GOHOSTOS": {"windows"}, "GOVERSION": {"go1.2"},
	"GOTOOLDIR": {"$R/tools", "tools"}, "GOMOD": {"$R/w/go.mod"}, "GOGCCFLAGS": {"-x"}, "GOTELEMETRY": {"on"}, "GOTELEMETRYDIR": {"$R/telemetry"}, "GOROOT_FINAL": {"$R/final"},
	"CC":        {"gcc", "clang", "$R/bin/gcc", "gcc -m64", "'$R/bin/gcc' -m64", "cc", "nocc", "'gcc", "$R/file", `"gcc"`, " ", "./gcc"},
	"CXX":       {"g++", "clang++", "g++ -m64", "'g++", "nocxx"},
	"AR":        {"ar", "gcc-ar", "$R/bin/ar", "ar -x"},
	"FC":        {"gfortran", "'x"},
	"GCCGO":     {"gccgo", "$R/bin/gccgo", "gccgo-12", "gccgo -x", "bin/gccgo", "$R/file"},
	"GO_LDSO":   {"x"},
	"GCCGOROOT": {"x"}, "GCCGOTOOLDIR": {"x"},
	"PKG_CONFIG":   {"pkg-config", "pkgconf", "$R/bin/pkg-config --static", "'pkg config'", "'x", " "},
	"CGO_ENABLED":  {"0", "1", "2", "true", " 1"},
	"CGO_CFLAGS":   {"-O3", "-g  -O2", "'-DX=a b'", `"-DX=a'b" c`, " -O2 -g ", "'x", "\t-O2", `-DX=\"a\"`},
	"CGO_CPPFLAGS": {"-I$R/include", "  -DX ", "'-DX=a b' -DY", "'x"}, "CGO_CXXFLAGS": {"-O3", "-std=c++20", `"x`}, "CGO_FFLAGS": {"-O0", "' '"},
	"CGO_LDFLAGS": {"-L$R/lib -lx", "-s", "'-Wl,-rpath,a b'", "x'y"},
}

// common are the variables that people set, and what else changes much.
var common = []string{"GO111MODULE", "GOPATH", "GOPROXY", "GOFLAGS", "GOPRIVATE", "GOTOOLCHAIN", "GOROOT", "GOBIN", "GOMODCACHE", "GOCACHE", "CGO_ENABLED", "GOOS", "GOARCH", "GOSUMDB", "GOWORK", "GOEXPERIMENT", "CC", "GOENV"}

var all = slices.Sorted(maps.Keys(pools))

// value draws a value of a variable; wrong ones, which stand at the end, less often.
func (g *generator) value(name string) string {
	pool := pools[name]
	if g.chance(25) {
		return ""
	}
	n := len(pool)
	if !g.chance(3) {
		n = (n + 1) / 2
	}
	return pool[g.IntN(n)]
}

// variables are those of the process.
func (g *generator) variables() {
	env := g.m.Env
	for range g.IntN(5) {
		name := g.one(common...)
		env[name] = g.value(name)
	}
	for range g.IntN(4) {
		name := g.one(all...)
		env[name] = g.value(name)
	}
	// An architecture and what belongs to it.
	if g.chance(6) {
		goos, goarch, level := g.target()
		env["GOOS"], env["GOARCH"] = goos, goarch
		if level != "" && g.chance(2) {
			env[level] = g.value(level)
		}
	}
	// The switch to another toolchain that is there.
	if g.chance(4) {
		env["GOMODCACHE"] = "$C"
		if g.chance(2) {
			env["GOTOOLCHAIN"] = g.one(g.one(versions...), g.one(versions...)+"+auto", g.one(versions...)+"+path", "auto", "path", "local+auto")
		}
	}
	// Nothing is downloaded even where nobody says so; $GOROOT/go.env, which would say something else, is weaker.
	if g.chance(3) {
		env["GOPROXY"] = "off"
	}
	if g.chance(10) && runtime.GOOS != "windows" {
		g.m.Roots["$R/other"] = root{Go: g.one(versions...)}
	}
}

func (g *generator) target() (goos, goarch, level string) {
	list := [][3]string{{"linux", "amd64", "GOAMD64"}, {"linux", "arm64", "GOARM64"}, {"linux", "arm", "GOARM"}, {"linux", "386", "GO386"}, {"linux", "mips", "GOMIPS"}, {"linux", "mipsle", "GOMIPS"},
		{"linux", "mips64", "GOMIPS64"}, {"linux", "mips64le", "GOMIPS64"}, {"linux", "ppc64", "GOPPC64"}, {"linux", "ppc64le", "GOPPC64"}, {"linux", "riscv64", "GORISCV64"}, {"js", "wasm", "GOWASM"}, {"wasip1", "wasm", "GOWASM"},
		{"windows", "amd64", "GOAMD64"}, {"windows", "386", "GO386"}, {"windows", "arm64", "GOARM64"}, {"windows", "arm", "GOARM"}, {"darwin", "arm64", "GOARM64"}, {"darwin", "amd64", "GOAMD64"}, {"freebsd", "arm", "GOARM"},
		{"freebsd", "amd64", "GOAMD64"}, {"netbsd", "arm", "GOARM"}, {"openbsd", "arm", "GOARM"}, {"openbsd", "amd64", "GOAMD64"}, {"plan9", "arm", "GOARM"}, {"android", "arm", "GOARM"}, {"ios", "arm64", "GOARM64"}, {"linux", "s390x", ""},
		{"linux", "loong64", ""}, {"aix", "ppc64", "GOPPC64"}, {"openbsd", "riscv64", "GORISCV64"}, {"freebsd", "riscv64", "GORISCV64"}, {"linux", "sparc64", ""}}
	t := list[g.IntN(len(list))]
	return t[0], t[1], t[2]
}

// line is one of a go/env file, with its end.
func (g *generator) line() string {
	name := g.one(common...)
	if g.chance(2) {
		name = g.one(all...)
	}
	text := name + "=" + g.value(name)
	switch g.IntN(24) {
	case 0:
		text = " " + text
	case 1:
		text = "# " + text
	case 2:
		text = "export " + text
	case 3:
		text = strings.ToLower(text)
	case 4:
		text = name
	case 5:
		text = name + " = " + g.value(name)
	case 6:
		text += " "
	case 7:
		text = name + `="` + g.value(name) + `"`
	case 8:
		text = g.one("PATH=$R/bin", "HOME=$R/nobody", "FOO=bar", "=x", "", "A", "\x00", "TMPDIR=$R/w", "XDG_CONFIG_HOME=$R/config", "ÄGO=1")
	}
	switch g.IntN(20) {
	case 0:
		return text + "\r\n"
	case 1:
		return text + "\n\n"
	}
	return text + "\n"
}

// goenv writes the go/env file, and perhaps one that is not read.
func (g *generator) goenv() {
	config := map[string]string{"windows": "$R/home/AppData/Roaming", "darwin": "$R/home/Library/Application Support"}[runtime.GOOS]
	if config == "" {
		config = "$R/home/.config"
	}
	if !g.chance(3) {
		for _, name := range []string{config + "/go/env", "$R/config/go/env", "$R/envfile", "$R/w/go/env"} {
			if !g.chance(2) && name != config+"/go/env" {
				continue
			}
			var b strings.Builder
			for range g.IntN(6) {
				b.WriteString(g.line())
			}
			text := b.String()
			switch g.IntN(30) {
			case 0:
				text = "\ufeff" + text
			case 1:
				text = strings.ReplaceAll(text, "\n", "\r\n")
			case 2:
				text = strings.TrimSuffix(text, "\n")
			case 3:
				text = utf16(text)
			case 4:
				text = directory
			case 5:
				text = strings.ReplaceAll(text, "\n", "\r")
			}
			g.m.Files[name] = text
		}
	}
	if g.chance(3) {
		g.m.Files[config+"/go/telemetry/mode"] = g.one("off", "local", "off 2024-01-01", "local 2024-05-05\n", "bad", "", " off", "OFF", "off\n\n", "local\t2024", directory)
	}
	if g.chance(20) {
		g.m.Files["$R/config/go/telemetry/mode"] = "off"
	}
}

// utf16 is a text as Windows editors save it.
func utf16(s string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, c := range []byte(s) {
		b.WriteByte(c)
		b.WriteByte(0)
	}
	return b.String()
}

// module is a go.mod or go.work.
func (g *generator) module(work bool) string {
	var b strings.Builder
	if !work {
		b.WriteString(g.one("module m.example\n", "module m.example\n", "module \"m.example\"\n", "// c\nmodule m.example // c\n", ""))
	}
	for range g.IntN(3) {
		b.WriteString(g.one(
			"go 1.20\n", "go 1.21\n", "go 1.21.0\n", "go 1.22.12\n", "go 1.23.12\n", "go 1.24\n", "go 1.26.8\n", "go 1.27.4\n", "go 1.22\n", "go 1.26.11\n",
			"go 1.99\n", "go 1.99.1\n", "go 1.16\n", "go 1\n", "go 2\n", "go 1.22rc1\n", "go 1.x\n", "go\n", "go \n", "\tgo 1.27.4\n", "go\t1.27.4\n", "go 1.27.4 // c\n", "// go 1.27.4\n", "go 1.27.4\r\n", "go \"1.27.4\"\n", "go (\n\t1.27.4\n)\n", "go 1.27.4 1.2\n", "goo 1.27.4\n", "go 1.21.13\ngo 1.27.4\n", "go 1.022\n", "go v1.27.4\n"))
	}
	if g.chance(3) {
		b.WriteString(g.one("toolchain go1.22.12\n", "toolchain go1.27.4\n", "toolchain go1.26.8\n", "toolchain go1.21.13\n", "toolchain default\n", "toolchain go1.99.1\n", "toolchain go1.20.14\n",
			"toolchain local\n", "toolchain bad\n", "toolchain go1.24.13-custom\n", "toolchain gccgo-go1.22.12\n", "toolchain\n", "toolchain go1.25\n", "toolchain go1.27.4+auto\n", "\ttoolchain go1.27.4 // c\n", "toolchain \"go1.27.4\"\n", "toolchain go1.27.4\ntoolchain bad\n", "toolchain ../go1.27.4\n"))
	}
	if work {
		b.WriteString(g.one("use .\n", "use ./a\n", "use (\n\t./a\n\t./a/b\n)\n", "use ./none\n", ""))
	} else if g.chance(4) {
		b.WriteString(g.one("require x.example v1.0.0\n", "require x.example\n", "garbage\n", "retract v1\n", "(\n", "godebug default=go1.21\n", "tool x.example/t\n", "ignore ./x\n"))
	}
	text := b.String()
	switch g.IntN(30) {
	case 0:
		text = "\ufeff" + text
	case 1:
		text = strings.ReplaceAll(text, "\n", "\r\n")
	case 2:
		text = ""
	case 3:
		text = utf16(text)
	case 4:
		text = directory
	case 5:
		text = strings.TrimSuffix(text, "\n")
	case 6:
		text = "\x00" + text
	}
	return text
}

// workspace makes go.mod and go.work files, and chooses the directory to run in.
func (g *generator) workspace() {
	m := g.m
	for _, dir := range []string{"$R/w", "$R/w/a", "$R/w/a/b", "$R/gopath/src/m", "$R"} {
		if g.chance(map[string]int{"$R/w": 2, "$R/w/a": 3, "$R/w/a/b": 5, "$R/gopath/src/m": 3, "$R": 30}[dir]) {
			m.Files[dir+"/go.mod"] = g.module(false)
		}
		if g.chance(8) {
			m.Files[dir+"/go.work"] = g.module(true)
		}
	}
	for _, name := range []string{"$R/gopath/go.mod", "$R/w/alt.mod", "$R/w/other.work", "$R/tmp/go.mod", "$R/home/go.mod", "$R/w/a/.git/config", "$R/w/vendor/modules.txt"} {
		if g.chance(12) {
			m.Files[name] = g.module(strings.HasSuffix(name, ".work"))
		}
	}
	m.Dir = g.one("$R/w", "$R/w", "$R/w/a", "$R/w/a/b", "$R/w/a/b/c", "$R/gopath/src/m", "$R/tmp", "$R/home", "$R/tmp/x")
	if runtime.GOOS != "windows" {
		if g.chance(8) {
			m.Links["$R/link"] = g.one("$R/w/a", "$R/w", "w/a/b")
			m.Files["$R/w/a/b"] = directory
			m.Dir = g.one("$R/link", "$R/link", "$R/link/b")
			if m.Dir == "$R/link/b" {
				m.Links["$R/link"] = "$R/w/a"
			}
		}
		if g.chance(30) {
			m.Links[fmt.Sprintf("$R/w/%s", g.one("go.work", "a/go.mod", "a/b/go.mod"))] = g.one("$R/none", "$R/w/alt.mod", "$R/w")
			for name := range m.Links {
				delete(m.Files, name)
			}
		}
		switch g.IntN(6) {
		case 0:
			m.Env["PWD"] = g.one("$R/w", "$R/none", "w", "")
		default:
			m.Env["PWD"] = m.Dir
		}
	}
}
