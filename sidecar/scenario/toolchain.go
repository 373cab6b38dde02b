package scenario

import (
	"encoding/binary"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// isTarget reports whether a column is OS/ARCH.
func isTarget(s string) bool {
	os, arch, ok := strings.Cut(s, "/")
	return ok && isID(os) && isID(arch)
}

func isGoVersion(s string) bool {
	rest, ok := strings.CutPrefix(s, "go")
	return ok && rest != "" && rest[0] >= '1' && rest[0] <= '9'
}

// columns reads fields from the right as long as take wants them, and returns the rest.
func columns(l string, take func(string) bool) (rest string) {
	l = strings.TrimRight(l, " \t")
	for {
		i := strings.LastIndexAny(l, " \t")
		if i < 0 || !take(l[i+1:]) {
			return l
		}
		l = strings.TrimRight(l[:i], " \t")
	}
}

// toolchain makes the tree of a line ROOT VERSION [OS/ARCH] [without=FILE]….
func (p *parser) toolchain(line int, l string) error {
	m := p.m
	target, version := m.sys.OS+"/"+m.sys.Arch, ""
	var without []string
	stage := 0
	root := columns(l, func(w string) bool {
		switch f, ok := strings.CutPrefix(w, "without="); {
		case ok && stage == 0 && f != "":
			without = append(without, strings.Trim(strings.ReplaceAll(f, `\`, "/"), "/"))
			return true
		case stage == 0 && isTarget(w):
			target, stage = w, 1
			return true
		case stage <= 1 && isGoVersion(w):
			version, stage = w, 2
			return true
		}
		return false
	})
	if version == "" || !m.sys.Style.IsAbs(root) {
		return p.errorf(line, "want ROOT VERSION [OS/ARCH] [without=FILE]… with a native absolute ROOT, not %q", l)
	}
	root = m.sys.Style.Clean(root)
	if err := p.once(line, "toolchain "+m.sys.Style.Key(root), "toolchain "+root); err != nil {
		return err
	}
	used := make([]bool, len(without))
	gone := func(name string) bool {
		skip := false
		for i, w := range without {
			if name == w || strings.HasPrefix(name, w+"/") {
				used[i], skip = true, true
			}
		}
		return skip
	}
	then := m.now.AddDate(0, 0, -30)
	top, err := m.mkdir(root)
	if err != nil {
		return p.errorf(line, "%s: %v", root, err)
	}
	var last *node
	lastDir := ""
	// put adds a file of the tree; an entry that is there already (a link, another tree's) stays.
	put := func(name string, n *node) {
		if gone(name) {
			return
		}
		d := top
		if dir := path.Dir(name); dir == lastDir {
			d = last
		} else if dir != "." { // not a file of the root itself
			for part := range strings.SplitSeq(dir, "/") {
				next := d.kids[m.fold(part)]
				if next == nil {
					next = m.newDir(part)
					next.mtime, next.tree = then, true
					d.add(m.fold(part), next)
				}
				if d = next; !d.dir {
					return
				}
			}
			last, lastDir = d, dir
		}
		n.name = path.Base(name)
		if d.kids[m.fold(n.name)] != nil {
			return
		}
		n.mode, n.size, n.uid, n.gid, n.tree, n.mtime = 0o755, -1, -1, -1, true, then
		m.stamp(n)
		d.add(m.fold(n.name), n)
	}
	minor := minorOf(version)
	for _, d := range []string{"bin", "pkg/tool", "src/fmt", "src/runtime"} { // even if without= leaves nothing in them
		put(d, &node{dir: true})
	}
	stamp := ""
	if minor >= 21 {
		stamp = "time " + then.UTC().Format(time.RFC3339) + "\n"
	}
	files := [][2]string{{"VERSION", version + "\n" + stamp}, {"src/fmt/print.go", "package fmt\n"}}
	for name := range strings.FieldsSeq(runtimeFiles) {
		files = append(files, [2]string{"src/runtime/" + name + ".go", "package runtime\n"})
	}
	files = append(files, [2]string{"src/internal/goexperiment/flags.go", flagsFile(minor)})
	if minor >= 21 {
		files = append(files, [2]string{"go.env", goEnv}, [2]string{"src/internal/godebugs/table.go", tableFile(minor)})
	}
	for _, f := range files {
		put(f[0], &node{data: []byte(f[1])})
	}
	goos, goarch, _ := strings.Cut(target, "/")
	exe := ""
	if goos == "windows" {
		exe = ".exe"
	}
	programs := [][2]string{{"bin/", "go"}, {"bin/", "gofmt"}}
	for _, t := range []string{"asm", "compile", "link", "cgo", "vet", "cover"} {
		programs = append(programs, [2]string{"pkg/tool/" + goos + "_" + goarch + "/", t})
	}
	head := header(goos, goarch)
	for _, f := range programs {
		prog := program(goos, goarch)
		prog.GoVersion, prog.Path, prog.Trimpath = version, "cmd/"+f[1], true
		put(f[0]+f[1]+exe, &node{data: head, prog: prog})
	}
	for i, ok := range used {
		if !ok {
			return p.errorf(line, "without=%s: want a file or directory of a %s toolchain, relative to ROOT", without[i], version)
		}
	}
	return nil
}

// binary makes the executable of a line PATH MODULE@VERSION goVERSION [OS/ARCH] [trimpath] [path=PACKAGE] [interp=PATH] [needed=LIB]….
func (p *parser) binary(line int, l string) error {
	m := p.m
	goos, goarch := m.sys.OS, m.sys.Arch
	var pkg, interp, version, module string
	var needed []string
	trimpath := false
	stage := 0
	name := columns(l, func(w string) bool {
		k, v, _ := strings.Cut(w, "=")
		switch {
		case stage == 0 && k == "path" && v != "":
			pkg = v
		case stage == 0 && k == "interp" && v != "":
			interp = v
		case stage == 0 && k == "needed" && v != "":
			needed = append([]string{v}, needed...)
		case stage == 0 && w == "trimpath":
			trimpath = true
		case stage == 0 && isTarget(w):
			goos, goarch, _ = strings.Cut(w, "/")
		case stage == 0 && isGoVersion(w):
			version, stage = w, 1
		case stage == 1 && strings.LastIndexByte(w, '@') > 0 && !strings.HasSuffix(w, "@"):
			module, stage = w, 2
		default:
			return false
		}
		return true
	})
	if stage != 2 || !m.sys.Style.IsAbs(name) {
		return p.errorf(line, "want PATH MODULE@VERSION goVERSION [OS/ARCH] [trimpath] [path=PACKAGE] [interp=PATH] [needed=LIB]… with a native absolute PATH, not %q", l)
	}
	name = m.sys.Style.Clean(name)
	if err := p.once(line, "path "+m.sys.Style.Key(name), "path "+name); err != nil {
		return err
	}
	prog := program(goos, goarch)
	prog.GoVersion, prog.Interp, prog.Needed, prog.Trimpath = version, interp, needed, trimpath
	if trimpath {
		prog.Settings["-trimpath"] = "true"
	} else {
		delete(prog.Settings, "-trimpath")
	}
	i := strings.LastIndexByte(module, '@')
	prog.Module, prog.Version = module[:i], module[i+1:]
	base := strings.TrimSuffix(m.sys.Style.Base(name), ".exe")
	switch {
	case strings.HasPrefix(module, "cmd/") && prog.Version == "(devel)":
		prog.Path, prog.Module, prog.Version = prog.Module, "", ""
	case lastElement(prog.Module) == base:
		prog.Path = prog.Module
	default:
		prog.Path = prog.Module + "/cmd/" + base
	}
	if pkg != "" {
		prog.Path = pkg
	}
	return p.put(line, name, &node{data: header(goos, goarch), prog: prog, mode: 0o755, size: -1, uid: -1, gid: -1})
}

// lastElement is the last element of a module path, without /vN.
func lastElement(module string) string {
	b := path.Base(module)
	if len(b) > 1 && b[0] == 'v' && strings.Trim(b[1:], "0123456789") == "" && b != module {
		b = path.Base(path.Dir(module))
	}
	return b
}

func program(goos, goarch string) *host.Program {
	return &host.Program{Format: format(goos), OS: goos, Arch: []string{goarch},
		Settings: map[string]string{"GOOS": goos, "GOARCH": goarch, "-trimpath": "true", "-compiler": "gc", "-buildmode": "exe"}}
}

func format(goos string) string {
	switch goos {
	case "windows":
		return "pe"
	case "darwin", "ios":
		return "macho"
	}
	return "elf"
}

var (
	elfMachines   = map[string]uint16{"386": 3, "arm": 40, "amd64": 62, "arm64": 183, "riscv64": 243, "ppc64le": 21, "s390x": 22, "loong64": 258}
	peMachines    = map[string]uint16{"386": 0x14c, "amd64": 0x8664, "arm": 0x1c4, "arm64": 0xaa64}
	machoMachines = map[string]uint32{"386": 7, "amd64": 0x01000007, "arm64": 0x0100000c}
)

// header is the start of an executable: the bytes by which its format and machine are known.
func header(goos, goarch string) []byte {
	b := make([]byte, 512)
	switch format(goos) {
	case "pe":
		copy(b, "MZ")
		b[0x3c] = 0x80
		copy(b[0x80:], "PE\x00\x00")
		binary.LittleEndian.PutUint16(b[0x84:], peMachines[goarch])
	case "macho":
		binary.LittleEndian.PutUint32(b, 0xfeedfacf)
		binary.LittleEndian.PutUint32(b[4:], machoMachines[goarch])
		b[12] = 2
	default:
		copy(b, "\x7fELF\x02\x01\x01")
		if goarch == "386" || goarch == "arm" {
			b[4] = 1
		}
		b[16] = 2
		binary.LittleEndian.PutUint16(b[18:], elfMachines[goarch])
	}
	return b
}

// minorOf is the N of go1.N…, 0 for another major.
func minorOf(version string) int {
	rest, ok := strings.CutPrefix(version, "go1.")
	if !ok {
		return 0
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	n, _ := strconv.Atoi(rest[:end])
	return n
}

// goEnv has upstream's three lines, with a proxy and a database of no real host.
const goEnv = `# This file contains the initial defaults for go command configuration.
# Values set by 'go env -w' and written to the user's go/env file override these.
# The environment overrides everything else.

GOPROXY=https://proxy.example,direct
GOSUMDB=sumdb.example
GOTOOLCHAIN=auto
`

// runtimeFiles are files of src/runtime that every release from 1.20 to 1.27 has.
const runtimeFiles = `alg cgo cgocall cgocallback cgocheck chan checkptr compiler complex cpuprof debug debugcall debuglog env_posix error extern iface
	lfstack malloc mbarrier mbitmap mcache mcentral mem mfinal mfixalloc mgc mgcmark mgcpacer mgcscavenge mgcstack mgcsweep mgcwork mheap mpagealloc
	mpagecache mpallocbits mprof mranges mspanset mstats mwbbuf netpoll panic plugin preempt print proc profbuf proflabel runtime runtime1 runtime2
	rwmutex select sema sigqueue slice softfloat64 stack string stubs symtab time trace traceback type unsafe utf8 write_err`

// A setting is a row of internal/godebugs, or a flag of internal/goexperiment, in the releases 1.from to 1.to (0: still there).
type setting struct {
	name     string
	from, to int
	row      string // of a godebug: package and other fields as the table writes them
}

// godebugs is src/internal/godebugs/table.go of Go 1.21.13, 1.22.12, 1.23.12, 1.24.13, 1.25.14, 1.26.8 and 1.27.4. Approximate: a
// setting that came with a patch release stands in all of that minor version, and where a row changed later its last form stands.
var godebugs = []setting{
	{"allowmultiplevcs", 23, 0, `"cmd/go"`}, {"asynctimerchan", 23, 26, `"time", Changed: 23, Old: "1"`},
	{"containermaxprocs", 25, 0, `"runtime", Changed: 25, Old: "0"`}, {"cryptocustomrand", 26, 0, `"crypto", Changed: 26, Old: "1"`},
	{"dataindependenttiming", 24, 0, `"crypto/subtle", Opaque: true`}, {"decoratemappings", 25, 0, `"runtime", Opaque: true, Changed: 25, Old: "0"`},
	{"embedfollowsymlinks", 25, 0, `"cmd/go"`}, {"execerrdot", 21, 0, `"os/exec"`}, {"fips140", 24, 0, `"crypto/fips140", Opaque: true`},
	{"fips140ems", 25, 0, `"crypto/tls"`}, {"gocachehash", 21, 0, `"cmd/go"`}, {"gocachetest", 21, 0, `"cmd/go"`}, {"gocacheverify", 21, 0, `"cmd/go"`},
	{"gotestjsonbuildtext", 24, 0, `"cmd/go", Changed: 24, Old: "1"`}, {"gotypesalias", 22, 22, `"go/types"`}, {"gotypesalias", 23, 26, `"go/types", Changed: 23, Old: "0"`},
	{"htmlmetacontenturlescape", 25, 0, `"html/template"`}, {"http2client", 21, 0, `"net/http"`}, {"http2debug", 21, 0, `"net/http", Opaque: true`},
	{"http2server", 21, 0, `"net/http"`}, {"httpcookiemaxnum", 24, 0, `"net/http", Changed: 24, Old: "0"`},
	{"httplaxcontentlength", 22, 0, `"net/http", Changed: 22, Old: "1"`}, {"httpmuxgo121", 22, 0, `"net/http", Changed: 22, Old: "1"`},
	{"httpservecontentkeepheaders", 23, 0, `"net/http", Changed: 23, Old: "1"`}, {"httpservecontentmaxranges", 27, 0, `"net/http", Changed: 26, Old: "1"`},
	{"installgoroot", 21, 0, `"go/build"`}, {"jstmpllitinterp", 21, 0, `"html/template"`}, {"multipartmaxheaders", 21, 0, `"mime/multipart"`},
	{"multipartmaxparts", 21, 0, `"mime/multipart"`}, {"multipathtcp", 21, 23, `"net"`}, {"multipathtcp", 24, 0, `"net", Changed: 24, Old: "0"`},
	{"netdns", 21, 0, `"net", Opaque: true`}, {"netedns0", 21, 0, `"net", Changed: 19, Old: "0"`}, {"panicnil", 21, 0, `"runtime", Changed: 21, Old: "1"`},
	{"randautoseed", 21, 0, `"math/rand"`}, {"randseednop", 24, 0, `"math/rand", Changed: 24, Old: "0"`}, {"rsa1024min", 24, 0, `"crypto/rsa", Changed: 24, Old: "0"`},
	{"tarinsecurepath", 21, 0, `"archive/tar"`}, {"tls10server", 22, 26, `"crypto/tls", Changed: 22, Old: "1"`}, {"tls3des", 23, 26, `"crypto/tls", Changed: 23, Old: "1"`},
	{"tlskyber", 23, 23, `"crypto/tls", Changed: 23, Old: "0", Opaque: true`}, {"tlsmaxrsasize", 21, 0, `"crypto/tls"`},
	{"tlsmlkem", 24, 0, `"crypto/tls", Changed: 24, Old: "0", Opaque: true`}, {"tlsrsakex", 22, 26, `"crypto/tls", Changed: 22, Old: "1"`},
	{"tlssecpmlkem", 26, 0, `"crypto/tls", Changed: 26, Old: "0", Opaque: true`}, {"tlssha1", 25, 0, `"crypto/tls", Changed: 25, Old: "1"`},
	{"tlsunsafeekm", 22, 26, `"crypto/tls", Changed: 22, Old: "1"`}, {"tracebacklabels", 27, 0, `"runtime", Changed: 27, Old: "0", Opaque: true`},
	{"updatemaxprocs", 25, 0, `"runtime", Changed: 25, Old: "0"`}, {"urlmaxqueryparams", 24, 0, `"net/url", Changed: 24, Old: "0"`},
	{"urlstrictcolons", 26, 0, `"net/url", Changed: 26, Old: "0"`}, {"winreadlinkvolume", 23, 0, `"os", Changed: 23, Old: "0"`},
	{"winsymlink", 23, 0, `"os", Changed: 23, Old: "0"`}, {"x509keypairleaf", 23, 26, `"crypto/tls", Changed: 23, Old: "0"`},
	{"x509negativeserial", 23, 0, `"crypto/x509", Changed: 23, Old: "1"`}, {"x509rsacrt", 24, 0, `"crypto/x509", Changed: 24, Old: "0"`},
	{"x509sha1", 21, 23, `"crypto/x509"`}, {"x509sha256skid", 25, 0, `"crypto/x509", Changed: 25, Old: "0"`},
	{"x509sslcertoverrideplatform", 27, 0, `"crypto/x509", Changed: 27, Old: "0"`}, {"x509usefallbackroots", 21, 0, `"crypto/x509"`},
	{"x509usepolicies", 22, 23, `"crypto/x509"`}, {"x509usepolicies", 24, 0, `"crypto/x509", Changed: 24, Old: "0"`}, {"zipinsecurepath", 21, 0, `"archive/zip"`},
}

// removed are the settings that the table lists as gone: from 1.26 on it has such a list.
var removed = []setting{
	{"x509sha1", 24, 0, `one`}, {"tlskyber", 24, 0, `zero`}, {"gotypesalias", 27, 0, `zero`}, {"tlsunsafeekm", 27, 0, `one`}, {"tlsrsakex", 27, 0, `one`},
	{"tls3des", 27, 0, `one`}, {"tls10server", 27, 0, `one`}, {"x509keypairleaf", 27, 0, `zero`}, {"asynctimerchan", 27, 0, `func(s string) bool { return s == "1" || s == "2" }`},
}

// experiments is src/internal/goexperiment/flags.go of the same releases; 1.20 and older count as 1.21.
var experiments = []setting{
	{name: "FieldTrack"}, {name: "PreemptibleLoops"}, {name: "StaticLockRanking"}, {name: "BoringCrypto"}, {name: "RegabiWrappers"}, {name: "RegabiArgs"},
	{name: "HeapMinimum512KiB"}, {name: "CoverageRedesign", to: 24}, {name: "Arenas"}, {name: "PageTrace", to: 22}, {name: "CgoCheck2"}, {name: "LoopVar"},
	{name: "CacheProg", to: 25}, {name: "NewInliner", from: 22}, {name: "RangeFunc", from: 22, to: 25}, {name: "Range", from: 22, to: 22},
	{name: "AllocHeaders", from: 22, to: 22}, {name: "ExecTracer2", from: 22, to: 22}, {name: "AliasTypeParams", from: 23, to: 25}, {name: "SwissMap", from: 24, to: 25},
	{name: "SpinbitMutex", from: 24, to: 24}, {name: "SyncHashTrieMap", from: 24, to: 25}, {name: "Synctest", from: 24, to: 25}, {name: "Dwarf5", from: 25},
	{name: "JSONv2", from: 25}, {name: "GreenTeaGC", from: 25}, {name: "RandomizedHeapBase64", from: 26}, {name: "RuntimeFreegc", from: 26},
	{name: "SizeSpecializedMalloc", from: 26}, {name: "GoroutineLeakProfile", from: 26, to: 26}, {name: "SIMD", from: 26}, {name: "RuntimeSecret", from: 26},
	{name: "MapSplitGroup", from: 27},
}

func (s setting) in(minor int) bool { return s.from <= minor && (s.to == 0 || minor <= s.to) }

func flagsFile(minor int) string {
	var b strings.Builder
	b.WriteString("package goexperiment\n\ntype Flags struct {\n")
	for _, s := range experiments {
		if s.in(max(minor, 21)) {
			b.WriteString("\t" + s.name + " bool\n")
		}
	}
	b.WriteString("}\n")
	return b.String()
}

func tableFile(minor int) string {
	var b strings.Builder
	b.WriteString("package godebugs\n\nvar All = []Info{\n")
	for _, s := range godebugs {
		if s.in(minor) {
			fmt.Fprintf(&b, "\t{Name: %q, Package: %s},\n", s.name, s.row)
		}
	}
	b.WriteString("}\n")
	if minor >= 26 {
		b.WriteString("\nvar Removed = []RemovedInfo{\n")
		for _, s := range removed {
			switch {
			case minor >= 27:
				fmt.Fprintf(&b, "\t{Name: %q, Removed: %d, Old: %s},\n", s.name, s.from, s.row)
			case s.name == "x509sha1": // all that 1.26 lists
				fmt.Fprintf(&b, "\t{Name: %q, Removed: %d},\n", s.name, s.from)
			}
		}
		b.WriteString("}\n")
	}
	return b.String()
}
