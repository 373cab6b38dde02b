package difftest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// A machine is what one environment consists of. Its names stand below $R, with slashes; $C is the module cache with the toolchains, $T:go1.N.P a
// toolchain in it, and $L separates the elements of a list. [machine.write] puts the real ones in.
type machine struct {
	Go    string            // the toolchain whose go runs: go1.26.8
	Exe   string            // its name where that is not the toolchain's own: a link, or a GOROOT of Roots
	Env   map[string]string // the block
	Files map[string]string // an entry with the text DIR is a directory
	Links map[string]string // from name to target
	Roots map[string]root   // copies of a toolchain whose go.env or VERSION was edited
	Dir   string            // where the command is run, as it is called
}

// A root is a GOROOT that shares all but a few files with a toolchain; "" takes a file away.
type root struct {
	Go    string
	Files map[string]string
}

const directory = "DIR"

// place is a name below one of the roots, up to what can end it.
var place = regexp.MustCompile(`\$(?:R|C|T:go[0-9.]+)(?:/[^\s:;,'"=|$]*)?`)

// where maps the names of machines to those of this one.
type where struct{ root, cache string }

var made atomic.Int64

// fresh is a place below w for one more machine.
func (w where) fresh() where {
	return where{filepath.Join(w.root, "m"+strconv.FormatInt(made.Add(1), 10)), w.cache}
}

// expand writes real names into a text.
func (w where) expand(s string) string {
	s = place.ReplaceAllStringFunc(s, func(name string) string {
		head, rest, _ := strings.Cut(name, "/")
		if rest != "" || strings.HasSuffix(name, "/") {
			rest = "/" + rest
		}
		switch {
		case head == "$R":
			head = w.root
		case head == "$C":
			head = w.cache
		default:
			head = toolchain(w.cache, strings.TrimPrefix(head, "$T:"))
		}
		return filepath.FromSlash(head + rest)
	})
	return strings.ReplaceAll(s, "$L", string(filepath.ListSeparator))
}

// toolchain is the directory of a toolchain in the module cache.
func toolchain(cache, version string) string {
	return filepath.Join(cache, "golang.org", "toolchain@v0.0.1-"+version+"."+runtime.GOOS+"-"+runtime.GOARCH)
}

// exe is the name of the go command that runs.
func (m *machine) exe(w where) string {
	if m.Exe != "" {
		return w.expand(m.Exe)
	}
	return filepath.Join(toolchain(w.cache, m.Go), "bin", command("go"))
}

func command(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// environ is the block, sorted. Whatever it says, nothing gets past a web proxy that nobody is; and the go command is told that it was
// started by telemetry's child, so that it leaves none behind that writes while the machine is taken away.
func (m *machine) environ(w where) (list []string) {
	list = []string{"HTTPS_PROXY=http://127.0.0.1:1", "HTTP_PROXY=http://127.0.0.1:1", "GO_TELEMETRY_CHILD=2"}
	for _, name := range slices.Sorted(maps.Keys(m.Env)) {
		list = append(list, name+"="+w.expand(m.Env[name]))
	}
	return list
}

// write makes the machine's files below w.root.
func (m *machine) write(w where) error {
	if err := os.MkdirAll(w.root, 0o777); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(m.Roots)) {
		if err := m.Roots[name].write(w.expand(name), w); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		if err := put(w.expand(name), m.Files[name], w); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Links)) {
		file := w.expand(name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
		if err := os.Symlink(w.expand(m.Links[name]), file); err != nil {
			return err
		}
	}
	return os.MkdirAll(w.expand(m.Dir), 0o777)
}

func put(file, text string, w where) error {
	if text == directory {
		return os.MkdirAll(file, 0o777)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	mode := os.FileMode(0o666)
	if strings.HasPrefix(text, "#!") {
		mode = 0o777
	}
	return os.WriteFile(file, []byte(w.expand(text)), mode)
}

// write makes a GOROOT. The go command finds it from its own executable, links resolved: that one cannot be a link.
func (r root) write(dir string, w where) error {
	from := toolchain(w.cache, r.Go)
	tools := filepath.Join("pkg", "tool", runtime.GOOS+"_"+runtime.GOARCH)
	if err := os.MkdirAll(filepath.Join(dir, tools), 0o777); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o777); err != nil {
		return err
	}
	name := filepath.Join("bin", command("go"))
	if os.Link(filepath.Join(from, name), filepath.Join(dir, name)) != nil { // another file system
		if err := copyFile(filepath.Join(from, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	files := []string{"VERSION", "go.env", "src/internal/buildcfg/zbootstrap.go", "src/cmd/go/internal/cfg/zdefaultcc.go", "src/cmd/go/internal/cfg/cfg.go", "src/internal/goexperiment/flags.go"}
	for _, name := range files {
		if err := copyFile(filepath.Join(from, name), filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	for name, text := range r.Files {
		if text == "" {
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				return err
			}
		} else if err := put(filepath.Join(dir, name), text, w); err != nil {
			return err
		}
	}
	return nil
}

// copyFile copies a file with its mode.
func copyFile(from, to string) error {
	fi, err := os.Stat(from)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	return os.WriteFile(to, b, fi.Mode().Perm())
}

// String is the machine for a person who looks at a disagreement.
func (m *machine) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s in %s\n", m.Go, m.Exe, m.Dir)
	for _, name := range slices.Sorted(maps.Keys(m.Env)) {
		fmt.Fprintf(&b, "  %s=%s\n", name, m.Env[name])
	}
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		fmt.Fprintf(&b, "  file %s: %q\n", name, m.Files[name])
	}
	for _, name := range slices.Sorted(maps.Keys(m.Links)) {
		fmt.Fprintf(&b, "  link %s -> %s\n", name, m.Links[name])
	}
	for _, name := range slices.Sorted(maps.Keys(m.Roots)) {
		fmt.Fprintf(&b, "  root %s: %s %q\n", name, m.Roots[name].Go, m.Roots[name].Files)
	}
	return b.String()
}

// clone shares nothing that shrinking changes.
func (m *machine) clone() *machine {
	c := *m
	c.Env, c.Files, c.Links, c.Roots = maps.Clone(m.Env), maps.Clone(m.Files), maps.Clone(m.Links), maps.Clone(m.Roots)
	return &c
}

// smaller are the machines with one thing less.
func (m *machine) smaller() (list []*machine) {
	for _, name := range slices.Sorted(maps.Keys(m.Env)) {
		if name == "PATH" || strings.EqualFold(name, "SystemRoot") {
			continue
		}
		c := m.clone()
		delete(c.Env, name)
		list = append(list, c)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		c := m.clone()
		delete(c.Files, name)
		list = append(list, c)
		if lines := strings.SplitAfter(m.Files[name], "\n"); len(lines) > 1 {
			for i := range lines {
				c := m.clone()
				c.Files[name] = strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "")
				if c.Files[name] != m.Files[name] {
					list = append(list, c)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Links)) {
		if name != m.Exe {
			c := m.clone()
			delete(c.Links, name)
			list = append(list, c)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Roots)) {
		if !strings.HasPrefix(m.Exe, name+"/") {
			c := m.clone()
			delete(c.Roots, name)
			list = append(list, c)
		}
	}
	if m.Dir != "$R/w" {
		c := m.clone()
		c.Dir = "$R/w"
		list = append(list, c)
	}
	return list
}
