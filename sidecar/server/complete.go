package server

import (
	"slices"
	"strconv"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
)

// platforms are the values that GOOS and GOARCH may have together. Source: go tool dist list of Go 1.26.
const platforms = "aix/ppc64 android/386 android/amd64 android/arm android/arm64 darwin/amd64 darwin/arm64 dragonfly/amd64 freebsd/386 freebsd/amd64 freebsd/arm freebsd/arm64 illumos/amd64 ios/amd64 ios/arm64 js/wasm linux/386 linux/amd64 linux/arm linux/arm64 linux/loong64 linux/mips linux/mips64 linux/mips64le linux/mipsle linux/ppc64 linux/ppc64le linux/riscv64 linux/s390x netbsd/386 netbsd/amd64 netbsd/arm netbsd/arm64 openbsd/386 openbsd/amd64 openbsd/arm openbsd/arm64 openbsd/ppc64 openbsd/riscv64 plan9/386 plan9/amd64 plan9/arm solaris/amd64 wasip1/wasm windows/386 windows/amd64 windows/arm64"

// proposed are the names that completion proposes. Not among them are those that go env -w refuses, those that go computes, and those
// that take a check away (GOINSECURE, GONOSUMDB, GONOSUMCHECK).
const proposed = "AR CC CGO_CFLAGS CGO_CPPFLAGS CGO_CXXFLAGS CGO_ENABLED CGO_FFLAGS CGO_LDFLAGS CXX FC GCCGO GO111MODULE GO386 GOAMD64 GOARCH GOARM GOARM64 GOAUTH GOBIN GOCACHE GOCACHEPROG GOEXPERIMENT GOFIPS140 GOFLAGS GOMIPS GOMIPS64 GOMODCACHE GONOPROXY GOOS GOPATH GOPPC64 GOPRIVATE GOPROXY GORISCV64 GOROOT GOSUMDB GOTMPDIR GOTOOLCHAIN GOVCS GOWASM GOWORK PKG_CONFIG"

// describe says in a line what a variable is for, "" for one that is not known. Source: go help environment.
func describe(lang l10n.Lang, name string) string {
	switch name {
	case "CC", "CXX", "FC", "AR", "GCCGO", "PKG_CONFIG":
		return lang.T("The command that cgo or the go command runs as its tool.")
	case "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_FFLAGS", "CGO_LDFLAGS":
		return lang.T("Flags that cgo passes to the compiler or the linker.")
	case "CGO_ENABLED":
		return lang.T("Whether packages may use cgo: 0 or 1.")
	case "GO111MODULE":
		return lang.T("Whether the go command works with modules or with GOPATH alone.")
	case "GOOS":
		return lang.T("The operating system that code is compiled for.")
	case "GOARCH":
		return lang.T("The processor architecture that code is compiled for.")
	case "GO386", "GOAMD64", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64", "GOWASM":
		return lang.T("The features of the processor that code may use.")
	case "GOAUTH":
		return lang.T("How the go command signs in to module proxies and servers.")
	case "GOBIN":
		return lang.T("The directory that go install writes to.")
	case "GOCACHE":
		return lang.T("The directory of the build cache.")
	case "GOCACHEPROG":
		return lang.T("A program that keeps the build cache.")
	case "GOEXPERIMENT":
		return lang.T("Experiments of the toolchain to turn on or off.")
	case "GOFIPS140":
		return lang.T("The FIPS 140 module that programs are built with.")
	case "GOFLAGS":
		return lang.T("Flags for every go command, separated by blanks.")
	case "GOMODCACHE":
		return lang.T("The directory of downloaded modules.")
	case "GOPATH":
		return lang.T("The directories of modules and installed programs.")
	case "GOPRIVATE", "GONOPROXY":
		return lang.T("Patterns of modules that are fetched from their own servers.")
	case "GOPROXY":
		return lang.T("The module proxies that are asked, in order.")
	case "GOROOT":
		return lang.T("The directory of the toolchain. Go finds it by itself; it is best not set.")
	case "GOSUMDB":
		return lang.T("The checksum database that downloaded modules are checked by.")
	case "GOTMPDIR":
		return lang.T("The directory of temporary files of the go command.")
	case "GOTOOLCHAIN":
		return lang.T("Which toolchain runs, and whether the go command may switch to another one.")
	case "GOVCS":
		return lang.T("The version control programs that may fetch modules.")
	case "GOWORK":
		return lang.T("The go.work file that is used, or off.")
	}
	return ""
}

// A proposal is a value and what it means.
type proposal struct{ text, about string }

// values are the legal values of a variable that can be proposed; none of them takes a check away.
func (s *server) values(name string) (list []proposal) {
	f, lang := s.passes.last.Facts, s.lang
	add := func(about string, texts ...string) {
		for _, t := range texts {
			if !slices.ContainsFunc(list, func(p proposal) bool { return p.text == t }) {
				list = append(list, proposal{t, about})
			}
		}
	}
	switch name {
	case "CGO_ENABLED":
		add(lang.T("cgo is used"), "1")
		add(lang.T("cgo is not used"), "0")
	case "GO111MODULE":
		add(lang.T("modules always, the default"), "on")
		add(lang.T("modules where there is a go.mod"), "auto")
		add(lang.T("GOPATH alone"), "off")
	case "GOPROXY":
		for _, a := range f.All(name) {
			if a.Layer == facts.GorootEnv {
				add(lang.T("Go's default: the proxy, and the servers of modules that it does not have"), a.Value)
			}
		}
		add(lang.T("the servers of the modules alone"), "direct")
		add(lang.T("nothing is downloaded"), "off")
	case "GOSUMDB":
		for _, a := range f.All(name) {
			if a.Layer == facts.GorootEnv {
				add(lang.T("Go's default"), a.Value)
			}
		}
	case "GOTOOLCHAIN":
		add(lang.T("the local one, or a newer one that go.mod asks for, downloaded where needed"), "auto")
		add(lang.T("the local one always"), "local")
		add(lang.T("the local one, or a newer one that is on PATH"), "path")
		for _, t := range f.Toolchains {
			if v := goenv.FromToolchain(t.Version); v != "" {
				add(lang.T("installed in %s", f.Display(t.Root)), "go"+v, "go"+v+"+auto")
			}
		}
	case "GOFLAGS":
		add(lang.T("go.mod is not changed, the default"), "-mod=readonly")
		add(lang.T("packages come from the vendor directory"), "-mod=vendor")
		add(lang.T("go.mod is brought up to date"), "-mod=mod")
		add(lang.T("no file names of this machine in programs"), "-trimpath")
		add(lang.T("programs without version control information"), "-buildvcs=false")
	case "GOOS", "GOARCH":
		for p := range strings.FieldsSeq(platforms) {
			goos, arch, _ := strings.Cut(p, "/")
			if name == "GOOS" {
				add("", goos)
			} else {
				add("", arch)
			}
		}
		slices.SortFunc(list, func(a, b proposal) int { return strings.Compare(a.text, b.text) })
	case "GOROOT":
		for _, t := range f.Toolchains {
			add(t.Version, t.Root)
		}
	case "GOWORK":
		add(lang.T("no go.work is used"), "off")
	case "GO386":
		add("", "sse2", "softfloat")
	case "GOAMD64":
		add("", "v1", "v2", "v3", "v4")
	case "GOARM":
		add("", "5", "6", "7")
	case "GOARM64":
		add("", "v8.0", "v9.0")
	case "GOMIPS", "GOMIPS64":
		add("", "hardfloat", "softfloat")
	case "GOPPC64":
		add("", "power8", "power9", "power10")
	case "GORISCV64":
		add("", "rva20u64", "rva22u64", "rva23u64")
	case "GOWASM":
		add("", "satconv", "signext")
	case "GOFIPS140":
		add("", "off", "latest")
	case "GOAUTH":
		add(lang.T("the user's .netrc, the default"), "netrc")
		add(lang.T("no credentials"), "off")
	}
	return list
}

// complete proposes names and values of variables in the go/env file and in go.toolsEnvVars of settings, and nothing elsewhere.
func (s *server) complete(p protocol.TextDocumentPositionParams) any {
	if s.passes.last == nil {
		return nil
	}
	name, ok := s.fileName(p.TextDocument.URI)
	if !ok {
		return nil
	}
	f := s.passes.last.Facts
	st := f.System.Style
	env := f.GoEnv.Name != "" && st.Equal(name, f.GoEnv.Name)
	settings := st.Base(name) == "settings.json" || strings.HasSuffix(name, ".code-workspace")
	if !env && !settings {
		return nil
	}
	text := ""
	if b := s.buffer(name); b != nil {
		text = b.text
	} else if t := s.fileText(name); t != nil {
		text = t.S
	}
	off := s.enc.offset(text, p.Position)
	var x spot
	if env {
		x = lineSpot(text, off)
	} else if x, ok = memberSpot(text, off); !ok {
		return nil
	}
	return s.items(x, text, s.folder(p.TextDocument.URI), env)
}

// A spot is where completion inserts: the value of a variable, or the name of one.
type spot struct {
	name       string // of the variable whose value it is, "" for a name
	start, end int
	used       []string // names that need not be proposed
}

// lineSpot is the spot in a go/env file.
func lineSpot(text string, off int) spot {
	start := strings.LastIndexAny(text[:off], "\r\n") + 1
	end, _ := lineEnd(text, off)
	if eq := strings.IndexByte(text[start:end], '='); eq >= 0 && off > start+eq {
		return spot{name: text[start : start+eq], start: start + eq + 1, end: end}
	} else if eq >= 0 {
		end = start + eq
	}
	x := spot{start: start, end: end}
	for line := range strings.Lines(text[:start] + text[end:]) {
		if have, _, ok := strings.Cut(line, "="); ok {
			x.used = append(x.used, have)
		}
	}
	return x
}

// memberSpot is the spot in the JSON of settings, comments and errors included: the inside of a string in an object that is the value of
// go.toolsEnvVars.
func memberSpot(text string, off int) (x spot, ok bool) {
	type level struct {
		key   string // whose value comes
		value bool   // after the colon
		keys  []string
		array bool
	}
	levels := []level{{}}
	for i := 0; i < len(text) && i <= off; i++ {
		top := &levels[len(levels)-1]
		switch c := text[i]; {
		case c == '/' && strings.HasPrefix(text[i:], "//"):
			end, _ := lineEnd(text, i)
			if off <= end {
				return x, false
			}
			i = end
		case c == '/' && strings.HasPrefix(text[i:], "/*"):
			n := strings.Index(text[i+2:], "*/")
			if n < 0 {
				return x, false
			}
			i += n + 3
		case c == '"':
			end := i + 1
			for end < len(text) && text[end] != '"' && text[end] != '\n' && text[end] != '\r' {
				if text[end] == '\\' && end+1 < len(text) && text[end+1] != '\n' && text[end+1] != '\r' {
					end++
				}
				end++
			}
			if i < off && off <= end {
				if top.array || len(levels) < 2 || levels[len(levels)-2].key != "go.toolsEnvVars" || !levels[len(levels)-2].value {
					return x, false
				}
				x = spot{start: i + 1, end: end, used: top.keys}
				if top.value {
					x.name = top.key
				}
				return x, !top.value || x.name != ""
			}
			if !top.value {
				if inner, err := strconv.Unquote(text[i:min(end+1, len(text))]); err == nil {
					top.key = inner
					top.keys = append(top.keys, inner)
				}
			}
			i = end
		case c == ':':
			top.value = true
		case c == ',':
			top.value, top.key = false, ""
		case c == '{' || c == '[':
			if len(levels) > 100 {
				return x, false
			}
			levels = append(levels, level{array: c == '['})
		case (c == '}' || c == ']') && len(levels) > 1:
			levels = levels[:len(levels)-1]
		}
	}
	return x, false
}

// items are the proposals for a spot.
func (s *server) items(x spot, text, dir string, env bool) *protocol.CompletionList {
	list := &protocol.CompletionList{Items: []protocol.CompletionItem{}}
	add := func(label, insert, detail, about string, kind protocol.CompletionItemKind) {
		item := protocol.CompletionItem{Label: label, Kind: kind, TextEdit: &protocol.TextEdit{Range: s.enc.span(text, x.start, x.end), NewText: insert}}
		item.FilterText = protocol.NewOptional(insert)
		item.SortText = protocol.NewOptional(string(rune('a'+len(list.Items)/26)) + string(rune('a'+len(list.Items)%26)))
		if detail != "" {
			item.Detail = protocol.NewOptional(detail)
		}
		if about != "" {
			item.Documentation = protocol.String(about)
		}
		list.Items = append(list.Items, item)
	}
	if x.name != "" {
		for _, v := range s.values(x.name) {
			insert := v.text
			if !env { // a string of JSON
				insert = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(insert)
			}
			add(v.text, insert, v.about, describe(s.lang, x.name), protocol.CompletionItemKindValue)
		}
		return list
	}
	for name := range strings.FieldsSeq(proposed) {
		if slices.Contains(x.used, name) || env && slices.Contains(goenv.OSOnly, name) {
			continue
		}
		insert := name
		if env && !strings.HasPrefix(text[x.end:], "=") {
			insert += "="
		}
		detail := ""
		if v := s.view(); v != nil {
			if have := s.solve(v, dir).Get(name); have != nil && have.Known {
				detail = visible(hide(name, have.Value))
			}
		}
		add(name, insert, detail, describe(s.lang, name), protocol.CompletionItemKindVariable)
	}
	return list
}
