package probes

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/installs"
)

// toolchains knows every GOROOT that was met, each once.
type toolchains struct {
	r      *reader
	places *installs.Places
	byKey  map[string]*facts.Toolchain // nil: no toolchain there
}

// at is the toolchain at a root, nil if there is none: a directory counts only if it has pkg/tool.
func (c *toolchains) at(root string) *facts.Toolchain {
	root = c.r.st.Clean(root)
	key := c.r.st.Key(root)
	if t, ok := c.byKey[key]; ok {
		return t
	}
	var t *facts.Toolchain
	if c.r.isDir(c.r.st.Join(root, "pkg/tool")) == facts.Yes {
		real, err := c.r.real(root)
		if err != nil {
			real = root
		}
		if rk := c.r.st.Key(real); rk != key {
			t = c.at(real)
			c.byKey[key] = t
			return t
		}
		t = &facts.Toolchain{Root: root, Real: real}
		if v, err := c.r.text(c.r.st.Join(root, "VERSION")); err == nil {
			t.Version = goenv.FromVERSION(v.S)
		}
		t.Cached = strings.HasPrefix(c.r.st.Base(root), "toolchain@")
		if all := c.places.All(strings.ReplaceAll(real, `\`, "/")); len(all) > 0 && !t.Cached {
			i := all[max(slices.IndexFunc(all, func(i installs.Install) bool { return i.Bin != "" && c.serves(i, real) }), 0)]
			t.Installer, t.Manager, t.Standard = i.Name, i.Manager, true
			if i.Bin != "" && c.serves(i, real) {
				t.Bin = c.r.st.Clean(i.Bin)
			}
			if i.Stable != "" {
				if to, err := c.r.real(i.Stable); err == nil && c.r.st.Equal(to, real) {
					t.Stable = c.r.st.Clean(i.Stable)
				}
			}
			if i.Bin != "" {
				t.Prefix = c.r.st.Dir(c.r.st.Clean(i.Bin))
			}
		}
	}
	c.byKey[key] = t
	return t
}

// serves reports whether the directory that an installer means to be on PATH runs the go of a root: a link there may lead to another one.
func (c *toolchains) serves(i installs.Install, root string) bool {
	for _, ext := range []string{"", ".exe", ".cmd"} {
		if (ext != "") != c.r.st.Windows {
			continue
		}
		file := c.r.st.Join(i.Bin, "go"+ext)
		if !c.r.isFile(file) {
			continue
		}
		to, err := c.r.real(file)
		return err != nil || i.Manager || c.r.st.Base(to) != "go"+ext || c.r.st.Equal(to, file) || c.r.st.Under(to, root)
	}
	return false
}

// of is the root that a go executable finds by itself (cmd/go findGOROOT): its grandparent, or one up, with pkg/tool.
func (c *toolchains) of(exe string) *facts.Toolchain {
	dir := c.r.st.Dir(c.r.st.Dir(exe))
	if t := c.at(dir); t != nil {
		return t
	}
	return c.at(c.r.st.Dir(dir))
}

// scan looks at every place where an installer puts Go, and into the module cache.
func (c *toolchains) scan(modcache string) {
	for _, i := range c.places.Installs {
		if !i.Scan {
			if i.Bin != "" && !strings.Contains(i.Bin, "*") { // a store that is too wide: only what its profile links to
				if go1, err := c.r.real(c.r.st.Join(i.Bin, c.r.st.Exe("go"))); err == nil {
					c.of(go1)
				}
			}
			continue
		}
		for _, root := range c.r.glob(i.Root) {
			c.at(root)
		}
	}
	if modcache != "" && c.r.st.IsAbs(modcache) && !c.r.st.IsRemote(modcache) {
		for _, root := range c.r.glob(strings.ReplaceAll(c.r.st.Join(modcache, "golang.org"), `\`, "/") + "/toolchain@*") {
			c.at(root)
		}
	}
}

// list is every toolchain, newest first.
func (c *toolchains) list() (list []*facts.Toolchain) {
	for key, t := range c.byKey {
		if t != nil && c.r.st.Key(t.Root) == key {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b *facts.Toolchain) int {
		return cmp.Or(goenv.Compare(goenv.FromToolchain(b.Version), goenv.FromToolchain(a.Version)), strings.Compare(a.Root, b.Root))
	})
	return list
}
