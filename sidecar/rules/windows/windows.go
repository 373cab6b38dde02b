// Package windows holds the rules about what only Windows has: the registry that environments are built from, and its protections.
package windows

import (
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// Group is the rules of this package in the order in which they are ranked.
var Group = rules.Group{Name: "windows", Rules: []*rules.Rule{
	UnexpandingRegistryValue,
	SetxDamagedPath,
	OverlongPath,
	UnresolvableRegistryReference,
	ConflictingRegistryScopes,
	MalformedVariableName,
	BrokenEnvironmentACL,
	OpenEnvironmentACL,
	PolicyManagedVariable,
	OtherAccountInstall,
	AppExecutionAlias,
	ProtectionBlocksBuilds,
	BlockedExecutable,
	LongPathsDisabled,
	CmdAutorun,
	MissingSessionVariables,
	UnannouncedChange,
	Msys2MinimalPath,
}}

// variables are the names of table T3: what the go command, the runtime and the compilers that it runs read.
var variables = strings.Fields(`GOROOT GOBIN GOCACHE GOMODCACHE GOTMPDIR GOENV GOWORK GOPATH
	GO111MODULE GOTOOLCHAIN GOOS GOARCH GO386 GOAMD64 GOARM GOARM64 GOMIPS GOMIPS64 GOPPC64 GORISCV64 GOWASM GOFIPS140 CGO_ENABLED GO_EXTLINK_ENABLED
	GOPROXY GOSUMDB GOPRIVATE GONOPROXY GONOSUMDB GOINSECURE GOVCS
	GOFLAGS GOEXPERIMENT CC CXX FC AR GCCGO PKG_CONFIG GOAUTH GOCACHEPROG
	CGO_CFLAGS CGO_CPPFLAGS CGO_CXXFLAGS CGO_FFLAGS CGO_LDFLAGS
	CGO_CFLAGS_ALLOW CGO_CPPFLAGS_ALLOW CGO_CXXFLAGS_ALLOW CGO_FFLAGS_ALLOW CGO_LDFLAGS_ALLOW
	CGO_CFLAGS_DISALLOW CGO_CPPFLAGS_DISALLOW CGO_CXXFLAGS_DISALLOW CGO_FFLAGS_DISALLOW CGO_LDFLAGS_DISALLOW
	GODEBUG GOGC GOMEMLIMIT GOMAXPROCS GOTRACEBACK GOCOVERDIR GORACE GOPACKAGESDRIVER`)

// isVariable reports whether a name is one of table T3.
func isVariable(name string) bool { return slices.Contains(variables, strings.ToUpper(name)) }

// isProxy reports whether a name is a proxy variable.
func isProxy(name string) bool {
	return slices.Contains([]string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}, strings.ToUpper(name))
}

// OfGo reports whether a name is a variable of Go's or a proxy variable.
func OfGo(name string) bool { return isVariable(name) || isProxy(name) }

func isPath(name string) bool { return strings.EqualFold(name, "PATH") }

// stored are the string values of the registry keys that hold environments, weakest first.
func stored(j *rules.Judge) (list []*facts.Assignment) {
	for _, a := range j.Vars {
		if a.At.Kind == host.Registry && a.Text != nil {
			list = append(list, a)
		}
	}
	return list
}

// overridden reports whether a stronger key replaces a value. Path is joined, never replaced.
func overridden(j *rules.Judge, a *facts.Assignment) bool {
	return !isPath(a.Name) && slices.ContainsFunc(stored(j), func(b *facts.Assignment) bool {
		return b.Layer > a.Layer && strings.EqualFold(a.Name, b.Name)
	})
}

// at begins a finding about a value. It is a hint at most where a stronger key replaces the value.
func at(j *rules.Judge, a *facts.Assignment, format string, args ...any) *rules.Finding {
	f := j.Place(a.At, format, args...).About("var:"+j.System.Style.NameKey(a.Name)).Range(a.Text, a.Start, end(a))
	if overridden(j, a) {
		f.As(rules.Hint)
	}
	return f
}

// end is where a value ends for a person: empty elements at the end of a Path are not seen.
func end(a *facts.Assignment) int {
	if isPath(a.Name) {
		return len(strings.TrimRight(a.Raw, ";"))
	}
	return a.End
}

// A ref is a reference of a value: the bytes [start,end) of it are %name%.
type ref struct {
	name       string
	start, end int
}

// refs are the references of a value: pairs of % around what can be the name of a variable. As in ExpandEnvironmentStrings the second %
// of what is no reference may begin one.
func refs(s string) (list []ref) {
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			continue
		}
		n := strings.IndexByte(s[i+1:], '%')
		if n < 0 {
			break
		}
		if name := s[i+1 : i+1+n]; isName(name) {
			list = append(list, ref{name, i, i + n + 2})
			i += n + 1
		} else {
			i += n
		}
	}
	return list
}

// isName reports whether a text is what people name variables: it rules out %20 and other escapes of URLs.
func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z':
		case i > 0 && ('0' <= c && c <= '9' || strings.IndexByte("().-", c) >= 0):
		default:
			return false
		}
	}
	return s != ""
}

// known reports whether a new login has a variable; which of the registry's and the session's own it is does not matter.
func known(j *rules.Judge, name string) bool {
	v := j.View("login")
	if v == nil {
		return false
	}
	_, ok := v.Vars[j.System.Style.NameKey(name)]
	return ok || slices.Contains(session, strings.ToUpper(name))
}

// session are variables that Windows gives a session and that the registry need not have.
var session = strings.Fields(`ALLUSERSPROFILE COMMONPROGRAMFILES COMMONPROGRAMFILES(X86) COMMONPROGRAMW6432 USERDOMAIN USERDOMAIN_ROAMINGPROFILE
	USERDNSDOMAIN LOGONSERVER HOMESHARE SESSIONNAME CLIENTNAME PROGRAMFILES(ARM) ONEDRIVE`)

// elements are the elements of a Path value as it is written, empty ones included; Folder is nil where nobody looked. What a reference to
// PATH itself stands for is no element of its own.
func elements(j *rules.Judge, a *facts.Assignment) (list []*facts.PathEntry) {
	st := j.System.Style
	found := map[int]*facts.PathEntry{}
	if v := j.View("login"); v != nil {
		for _, e := range v.Path {
			if e.By == a && found[e.Start] == nil {
				found[e.Start] = e
			}
		}
	}
	for _, el := range st.SplitList(a.Raw) {
		e := &facts.PathEntry{Text: el.Text, Known: true, At: a.At, Layer: a.Layer, Source: a.Text, Start: el.Start, End: el.End, By: a}
		if x := found[el.Start]; x != nil && x.End == el.End && !strings.Contains(strings.ToUpper(el.Text), "%PATH%") {
			e.Dir, e.Folder = x.Dir, x.Folder
		} else if dir := el.Dir; dir != "" {
			e.Dir = st.Clean(dir)
		}
		list = append(list, e)
	}
	return list
}

// pathOf is the Path value of a layer, nil if its key has none.
func pathOf(j *rules.Judge, layer facts.Layer) *facts.Assignment {
	for _, a := range stored(j) {
		if a.Layer == layer && isPath(a.Name) {
			return a
		}
	}
	return nil
}

// length is what Windows counts: UTF-16 units.
func length(s string) (n int) {
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// resolve is a text with its references replaced by what the login or the editor has; ok is false where one of them is unknown.
func resolve(j *rules.Judge, text string) (string, bool) {
	var b strings.Builder
	at, ok := 0, true
	for _, r := range refs(text) {
		value, has := value(j, r.name)
		if !has || isPath(r.name) {
			ok = false
			continue
		}
		b.WriteString(text[at:r.start])
		b.WriteString(value)
		at = r.end
	}
	b.WriteString(text[at:])
	return b.String(), ok
}

// value is what a variable is worth in a new login, else in the editor.
func value(j *rules.Judge, name string) (string, bool) {
	for _, view := range []string{"login", "editor"} {
		if v := j.View(view); v != nil {
			if x, ok := v.Get(j.System.Style, name); ok && x.Known {
				return x.Value, true
			}
		}
	}
	return "", false
}

// meant adds a directory of PATH to what a finding is about, and go where the directory is that of a toolchain.
func meant(j *rules.Judge, f *rules.Finding, dir string) {
	st := j.System.Style
	f.About("path:" + st.Key(dir))
	for _, t := range j.Toolchains {
		if j.Same(st.Dir(dir), t.Root) && strings.EqualFold(st.Base(dir), "bin") || j.Same(dir, j.BinDir(t)) {
			f.About("tool:go").AboutToolchain(t)
		}
	}
}
