package probes

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/installs"
)

// A selector answers which version a manager's shim runs in the workspace (T2, selects).
type selector struct {
	r      *reader
	own    *block
	places *installs.Places
	roots  map[string]string
}

// root is the GOROOT that a manager's shims lead to, "" where none is selected or installed.
func (s *selector) root(manager string) string {
	if got, ok := s.roots[manager]; ok {
		return got
	}
	if s.roots == nil {
		s.roots = map[string]string{}
	}
	got := s.find(manager)
	s.roots[manager] = got
	return got
}

func (s *selector) find(manager string) string {
	var in installs.Install
	for _, i := range s.places.Installs {
		if i.Name == manager && i.Manager {
			in = i
			break
		}
	}
	if in.Root == "" {
		return ""
	}
	want := s.version(manager)
	if want == "" {
		return ""
	}
	best, bestV := "", ""
	for _, root := range s.r.glob(in.Root) {
		v := s.element(in.Root, root)
		if v == "" {
			continue
		}
		if v == want {
			return root
		}
		// a prefix is met by any installed version below it
		if manager != "asdf" && (want == "latest" || strings.HasPrefix(v, want+".")) && (best == "" || goenv.Compare(v, bestV) > 0) && goenv.IsVersion(v) {
			best, bestV = root, v
		}
	}
	return best
}

// element is what the * of a pattern stands for in a name.
func (s *selector) element(pattern, root string) string {
	pe := strings.Split(pattern, "/")
	re := strings.Split(strings.ReplaceAll(root, `\`, "/"), "/")
	for i, e := range pe {
		if pre, post, ok := strings.Cut(e, "*"); ok && i < len(re) {
			return strings.TrimSuffix(strings.TrimPrefix(re[i], pre), post)
		}
	}
	return ""
}

// version is the selected version: the manager's variable, then files from the workspace folder upward, then its global file.
func (s *selector) version(manager string) string {
	st := s.r.st
	type file struct {
		name string
		read func(string) string
	}
	var names []file
	var global []file
	switch manager {
	case "asdf":
		if v := s.own.get(st, "ASDF_GOLANG_VERSION"); v != "" {
			return v
		}
		names = []file{{".tool-versions", toolVersion("golang")}}
		global = []file{{st.Join(s.r.sys.Home, ".tool-versions"), toolVersion("golang")}}
	case "mise":
		if v := s.own.get(st, "MISE_GO_VERSION"); v != "" {
			return v
		}
		names = []file{{"mise.toml", miseVersion}, {".mise.toml", miseVersion}, {".tool-versions", toolVersion("go", "golang")}, {".go-version", plainVersion}}
		global = []file{{st.Join(s.r.sys.Home, ".config/mise/config.toml"), miseVersion}}
	case "goenv":
		if v := s.own.get(st, "GOENV_VERSION"); v != "" {
			return v
		}
		names = []file{{".go-version", plainVersion}}
		root := s.own.get(st, "GOENV_ROOT")
		if root == "" {
			root = st.Join(s.r.sys.Home, ".goenv")
		}
		global = []file{{st.Join(root, "version"), plainVersion}}
	case "proto":
		names = []file{{".prototools", protoVersion}}
		global = []file{{st.Join(s.r.sys.Home, ".proto/.prototools"), protoVersion}}
	default:
		return ""
	}
	if len(s.r.sys.Workspace) > 0 {
		for dir := s.r.sys.Workspace[0]; ; dir = st.Dir(dir) {
			for _, f := range names {
				if t, err := s.r.text(st.Join(dir, f.name)); err == nil {
					if v := f.read(t.S); v != "" {
						return v
					}
				}
			}
			if st.Dir(dir) == dir {
				break
			}
		}
	}
	for _, f := range global {
		if t, err := s.r.text(f.name); err == nil {
			if v := f.read(t.S); v != "" {
				return v
			}
		}
	}
	return ""
}

func toolVersion(names ...string) func(string) string {
	return func(text string) string {
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(line, "#")
			f := strings.Fields(line)
			for _, n := range names {
				if len(f) >= 2 && f[0] == n {
					return strings.TrimPrefix(f[1], "go")
				}
			}
		}
		return ""
	}
}

func plainVersion(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return strings.TrimPrefix(line, "go")
		}
	}
	return ""
}

// miseVersion reads the version of Go in the table [tools]: go = "1.26", a list of which the first counts, or a table with version.
// No more is asked of the file, which may be of any newer mise.
func miseVersion(text string) string {
	table := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			table = strings.Trim(line, "[] ")
			continue
		}
		key, val, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		key, val = strings.Trim(strings.TrimSpace(key), `"'`), strings.TrimSpace(val)
		if table != "" {
			key = table + "." + key
		}
		switch key {
		case "tools.go", "tools.golang":
			if in, ok := strings.CutPrefix(val, "{"); ok {
				_, val, _ = strings.Cut(in, "version")
				val = strings.TrimLeft(val, " =")
			}
			val = strings.TrimLeft(val, "[ ")
		case "tools.go.version", "tools.golang.version":
		default:
			continue
		}
		if len(val) > 1 && (val[0] == '"' || val[0] == '\'') {
			if i := strings.IndexByte(val[1:], val[0]); i >= 0 {
				return strings.TrimPrefix(val[1:1+i], "go")
			}
		}
	}
	return ""
}

func protoVersion(text string) string {
	for line := range strings.Lines(text) {
		if key, val, ok := strings.Cut(line, "="); ok && strings.TrimSpace(key) == "go" {
			return strings.Trim(strings.TrimSpace(val), `"'`)
		}
	}
	return ""
}
