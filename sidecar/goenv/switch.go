package goenv

import (
	"encoding/base64"
	"encoding/hex"
	"path"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
)

// choose is toolchain.Select: it runs another toolchain where GOTOOLCHAIN, go.work or go.mod ask for it. Its messages begin with "go: "
// by a log prefix, which those of other packages get twice.
func (c *command) choose() {
	target := c.osenv("GOTOOLCHAIN_INTERNAL_SWITCH_VERSION").s
	local := localToolchain(c.name)
	sel := facts.Selection{Local: local, Version: local}
	if c.depth == 0 {
		c.env.Select = sel
	}
	if c.minor < 21 || c.name == "" {
		return
	}
	mode := c.getenv("GOTOOLCHAIN")
	if c.depth == 0 {
		c.env.Select.Mode, c.env.Select.By = mode.s, mode.by
	}
	if !mode.ok {
		c.env.Select.Version = ""
		return
	}
	if !c.willUseModules() || mode.s == "" {
		return
	}
	in := Input{Local: local, GOTOOLCHAIN: mode.s}
	if min, suffix, _ := strings.Cut(mode.s, "+"); (min == "auto" || min == "path") && suffix == "" || suffix == "auto" || suffix == "path" {
		name := min
		if suffix == "" || name == "local" || FromToolchain(name) != "" {
			m, ok := c.modFile()
			if c.stopped {
				return
			}
			if !ok {
				c.env.Select.Version, c.opaque = "", true
				return
			}
			if in.Mod = m; m != nil {
				in.Name = c.short(m.At.Path)
			}
		}
	}
	sel = Select(in)
	sel.By = mode.by
	if c.depth == 0 {
		c.env.Select = sel
	}
	if sel.Err != "" {
		by := mode.by
		if strings.HasPrefix(sel.Err, "invalid toolchain ") {
			by = nil
		}
		c.fail(1, by, "go: %s", sel.Err)
		return
	}
	if target != "" {
		if local != target {
			c.fail(1, mode.by, "go: toolchain %s invoked to provide %s", local, target)
		}
		c.over["GOTOOLCHAIN_INTERNAL_SWITCH_VERSION"] = ""
		return
	}
	if sel.Version == local {
		return
	}
	if !strings.HasPrefix(sel.Version, "go1") && !strings.Contains(sel.Version, "-go1") {
		c.fail(1, mode.by, "go: invalid GOTOOLCHAIN %q", sel.Version)
		return
	}
	c.exec(sel.Version, mode)
}

// localToolchain is gover.LocalToolchain.
func localToolchain(version string) string {
	if v := FromToolchain(version); v != "" {
		return "go" + v
	}
	return version
}

// willUseModules is modload.WillBeEnabled.
func (c *command) willUseModules() bool {
	switch c.getenv("GO111MODULE").s {
	case "", "on":
		return true
	case "auto":
		root, ok := c.up(c.wd, "go.mod", "")
		if root == "" || c.inTemp(root) {
			root = ""
			if c.minor >= 27 && ok {
				root, ok = c.findWork("go: ")
			}
		}
		c.opaque = c.opaque || !ok
		return root != ""
	}
	return false
}

// modFile is the file whose go and toolchain lines count, nil where there is none; ok is false where nobody looked.
func (c *command) modFile() (m *facts.ModFile, ok bool) {
	file, ok := c.findWork("go: ")
	if c.stopped || !ok {
		return nil, false
	}
	if file != "" {
		switch f := c.file(file); f.Exists {
		case facts.Unknown:
			return nil, false
		case facts.No:
			file = ""
		}
	}
	if file == "" {
		dir, ok := c.up(c.wd, "go.mod", "")
		if !ok {
			return nil, false
		}
		if dir == "" || c.inTemp(dir) {
			return nil, true
		}
		file = c.st.Join(dir, "go.mod")
	}
	t, ok := c.text(file)
	if t == nil {
		if f := c.file(file); ok && f.IsDir {
			c.fail(1, nil, "go: read %s: is a directory", file)
		} else if ok {
			c.fail(1, nil, "go: open %s: permission denied", file)
		}
		return nil, false
	}
	return &facts.ModFile{At: t.At, Dir: c.st.Dir(file), Text: t}, true // only its text is asked
}

// findWork is modload.FindGoWork; prefix is what log puts before its message.
func (c *command) findWork(prefix string) (file string, ok bool) {
	switch x := c.getenv("GOWORK"); {
	case !x.ok:
		return "", false
	case x.s == "off":
		return "", true
	case x.s == "" || x.s == "auto":
		dir, ok := c.up(c.wd, "go.work", c.goroot().s)
		if dir == "" {
			return "", ok
		}
		return c.st.Join(dir, "go.work"), ok
	case !c.st.IsAbs(x.s):
		if c.minor < 21 {
			c.fail(1, x.by, "the path provided to GOWORK must be an absolute path")
		} else {
			c.fail(1, x.by, "%sgo: invalid GOWORK: not an absolute path", prefix)
		}
		return "", true
	default:
		return x.s, true
	}
}

// up is the nearest directory at or above dir that holds a file of this name; it does not enter stop. ok is false where nobody looked.
func (c *command) up(dir, name, stop string) (found string, ok bool) {
	for d := c.st.Clean(dir); ; {
		switch f := c.file(c.st.Join(d, name)); {
		case f.Exists == facts.Unknown:
			return "", false
		case f.Exists == facts.Yes && !f.IsDir:
			return d, true
		}
		parent := c.st.Dir(d)
		if parent == d || stop != "" && parent == stop {
			return "", true
		}
		d = parent
	}
}

// inTemp reports whether a directory is the one for temporary files, whose go.mod is ignored.
func (c *command) inTemp(dir string) bool {
	tmp := c.tempDir()
	return tmp != "" && (dir == tmp || c.real(dir) == c.real(tmp))
}

// tempDir is os.TempDir.
func (c *command) tempDir() string {
	if c.st.Windows {
		for _, name := range []string{"TMP", "TEMP", "USERPROFILE"} { // GetTempPath
			if x := c.osenv(name); x.s != "" {
				return c.st.Clean(x.s)
			}
		}
		return c.osenv("WINDIR").s
	}
	if x := c.osenv("TMPDIR"); x.s != "" {
		return x.s
	}
	return "/tmp"
}

// short is base.ShortPath: the name relative to the working directory where that is shorter, and since Go 1.24 leads to the same file.
func (c *command) short(file string) string {
	sep := "/"
	if c.st.Windows {
		sep = `\`
	}
	split := func(name string) []string { return strings.Split(strings.Trim(c.st.Clean(name), sep), sep) }
	a, b := split(c.wd), split(file)
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	rel := strings.Repeat(".."+sep, len(a)-n) + strings.Join(b[n:], sep)
	if len(a) == 1 && a[0] == "" {
		rel = strings.Join(b, sep)
	}
	if len(rel) >= len(file) || c.minor >= 24 && c.real(c.st.Join(c.real(c.wd), rel)) != c.real(file) {
		return file
	}
	return rel
}

// exec is toolchain.Exec: PATH, then the module cache, then a download.
func (c *command) exec(name string, mode value) {
	c.depth++
	exe, found, ok := c.lookPath(name)
	if !ok {
		c.env.Select.Version, c.opaque = "", true
		return
	}
	if found {
		c.over["GOTOOLCHAIN_INTERNAL_SWITCH_VERSION"], c.over["GOROOT"] = name, ""
		c.become(name, exe)
		return
	}
	if mode.s == "path" || strings.HasSuffix(mode.s, "+path") {
		c.fail(1, mode.by, "go: cannot find %q in PATH", name)
		return
	}
	if c.minor < 26 { // modload.Init, to download
		if c.minor >= 24 {
			c.checkFIPS("go: ")
		}
		c.checkGOPATHModule(c.gopath().s, "go: ")
		if c.stopped {
			return
		}
	}
	version := "v0.0.1-" + name + "." + c.goos + "-" + c.goarch
	cache := c.modCache()
	if why, by := c.badModCache(); why != "" {
		c.fail(1, by, "go: go: %s", why)
		return
	}
	dir := c.st.Join(cache.s, "golang.org/toolchain@"+version)
	switch f := c.file(dir); {
	case !cache.ok || f.Exists == facts.Unknown:
		c.env.Select.Version, c.opaque = "", true
	case f.Exists == facts.Yes && f.IsDir && c.complete(cache.s, version):
		if sum := c.getenv("GOSUMDB"); sum.ok && c.useSumDB(sum.s) {
			why := BadSumDB(sum.s)
			if why == "" && c.gopath().ok && c.first() == "" { // latest lies below GOPATH/pkg/sumdb
				why = "golang.org/toolchain@" + version + ": initializing sumdb.Client: could not locate sumdb file: missing $GOPATH: " + c.gopathError()
			}
			if why != "" {
				c.fail(1, sum.by, "go: golang.org/toolchain@%s: verifying module: %s", version, why)
				return
			}
		}
		c.over["GOTOOLCHAIN_INTERNAL_SWITCH_VERSION"], c.over["GOROOT"] = name, dir
		c.become(name, c.st.Join(dir, "bin", c.st.Exe("go")))
	default:
		c.env.Download = true
		if proxy := c.getenv("GOPROXY"); proxy.s == "off" {
			if v := FromToolchain(name); (c.minor > 21 || c.patch != "0") && isLanguage(v) && Compare(v, "1.21") >= 0 {
				c.fail(1, mode.by, "go: invalid toolchain: %s is a language version but not a toolchain version (%s.x)", name, name)
			} else {
				c.fail(1, proxy.by, "go: download %s for %s/%s: toolchain not available", name, c.goos, c.goarch)
			}
			return
		}
		// What it downloads follows the rules of its version, with the defaults that the release has.
		c.over["GOROOT"] = dir
		c.env.Go, c.env.Root, c.env.Toolchain = c.st.Join(dir, "bin", c.st.Exe("go")), dir, nil
		c.version(name, nil)
		c.env.Version = c.name
		c.readFiles()
		c.filed, c.stopped = false, true // nobody can look whether it would fail
	}
}

// first is the first directory of GOPATH.
func (c *command) first() string {
	if list := c.st.SplitList(c.gopath().s); len(list) > 0 {
		return list[0].Dir
	}
	return ""
}

// gopathError is cfg.GoPathError.
func (c *command) gopathError() string {
	name := "HOME"
	if c.st.Windows {
		name = "USERPROFILE"
	}
	home := c.osenv(name).s
	switch {
	case c.osenv("GOPATH").s != "":
	case home == "":
		return name + " is not set"
	case c.st.Join(home, "go") == c.clean(c.runtimeRoot()):
		return "cannot set GOROOT as GOPATH"
	}
	return ""
}

// complete reports whether a module of the cache was unpacked to its end.
func (c *command) complete(cache, version string) bool {
	at := c.st.Join(cache, "cache/download/golang.org/toolchain/@v", version)
	return c.file(at+".partial").Exists != facts.Yes && c.file(at+".ziphash").Exists != facts.No
}

// BadSumDB is why no checksum database can be asked with a value of GOSUMDB (modfetch.dbDial), "" where one can. The names that go
// knows by itself are Go's own default and its mirror for China.
func BadSumDB(sum string) string {
	key := strings.Fields(sum)
	switch {
	case sum == "off":
		return "checksum database disabled by GOSUMDB=off"
	case len(key) == 0:
		return "missing GOSUMDB"
	case sum == "sum.golang.google.cn":
	case len(key) > 2:
		return "invalid GOSUMDB: too many fields"
	case key[0] != "sum.golang.org" && !verifier(key[0]):
		return "invalid GOSUMDB: malformed verifier id"
	}
	return ""
}

// verifier reports whether a key has the form that golang.org/x/mod/sumdb/note.NewVerifier takes apart: NAME+HASH+KEY, eight hexadecimal
// digits and base64.
func verifier(key string) bool {
	name, rest, _ := strings.Cut(key, "+")
	hash, data, _ := strings.Cut(rest, "+")
	_, err := hex.DecodeString(hash)
	b, bad := base64.StdEncoding.DecodeString(data)
	return name != "" && len(hash) == 8 && err == nil && bad == nil && len(b) > 0
}

// useSumDB reports whether the checksum database is asked for a toolchain: always, but where the only proxy is a directory, so that
// GOSUMDB and GONOSUMDB count as for other modules.
func (c *command) useSumDB(sum string) bool {
	p := c.getenv("GOPROXY").s
	if !strings.HasPrefix(p, "file://") || strings.ContainsAny(p, ",|") {
		return true
	}
	return sum != "off" && !matchPrefix(c.or("GONOSUMDB", c.getenv("GOPRIVATE").s).s, "golang.org/toolchain")
}

// matchPrefix is golang.org/x/mod/module.MatchPrefixPatterns: whether one of the patterns of a list matches the first elements of a path.
func matchPrefix(patterns, target string) bool {
	elements := strings.Split(target, "/")
	for p := range strings.SplitSeq(patterns, ",") {
		p = strings.TrimSuffix(p, "/")
		n := strings.Count(p, "/") + 1
		if n > len(elements) {
			continue
		}
		if ok, err := path.Match(p, strings.Join(elements[:n], "/")); ok && err == nil {
			return true
		}
	}
	return false
}

// become runs a toolchain that was found. A wrapper of golang.org/dl runs the one that it unpacked below the home directory.
func (c *command) become(name, exe string) {
	real := c.real(exe)
	c.exes = []string{real}
	if c.goos != "linux" {
		c.exes = []string{exe, real}
	}
	if c.ownRoot() == "" {
		home := c.osenv("HOME").s
		if c.st.Windows {
			home = c.osenv("USERPROFILE").s
		}
		if root := c.st.Join(home, "sdk", name); home != "" {
			switch c.file(c.st.Join(root, ".unpacked-success")).Exists {
			case facts.Yes:
				c.over["GOROOT"] = root
				c.exes = []string{c.st.Join(root, "bin", c.st.Exe("go"))}
			case facts.No:
				if f := c.file(real); f.Exists == facts.Yes {
					c.opaque = true // some other program
				}
			}
		}
	}
	c.env.Go = exe
	c.start(c.exes, nil)
	c.env.Select.Version = name
	c.choose()
}

// lookPath is exec.LookPath: the name, also where it is relative and so an error; ok is false where it is unknown.
func (c *command) lookPath(name string) (file string, found, ok bool) {
	exts := []string{""}
	if c.st.Windows {
		exts = c.extensions(name)
	}
	try := func(file string) (string, facts.Tri) {
		all := facts.No
		for _, ext := range exts {
			switch f := c.file(file + ext); {
			case f.Exists == facts.Yes && !f.IsDir && (c.st.Windows || f.Exec):
				return file + ext, facts.Yes
			case f.Exists == facts.Unknown:
				all = facts.Unknown
			}
		}
		return "", all
	}
	if strings.Contains(name, "/") || c.st.Windows && strings.ContainsAny(name, `:\`) {
		file, tri := try(name)
		return file, tri == facts.Yes, tri != facts.Unknown
	}
	if name == "" || name == "." || name == ".." {
		return "", false, true
	}
	dot := ""
	if c.st.Windows {
		if _, set := c.v.Vars[c.st.NameKey("NoDefaultCurrentDirectoryInExePath")]; !set {
			if f, tri := try(c.st.Join(c.wd, name)); tri == facts.Yes {
				dot = f
			}
		}
	}
	for _, e := range c.v.Path {
		dir := e.Dir
		switch {
		case !e.Known:
			return "", false, false
		case dir == "" && c.st.Windows, e.Folder != nil && e.Folder.Exists == facts.No:
			continue
		case dir == "":
			dir = "."
		}
		full := c.st.Join(dir, name)
		f, tri := try(full)
		if tri == facts.Unknown && !c.st.IsRemote(dir) {
			return "", false, false
		}
		if tri != facts.Yes {
			continue
		}
		if dot != "" && c.real(dot) != c.real(f) {
			return dot, false, true
		}
		return f, c.st.IsAbs(f), true
	}
	return dot, false, true
}

// extensions are what Windows adds to the name of a program.
func (c *command) extensions(name string) (list []string) {
	if i := strings.LastIndexByte(name, '.'); i > strings.LastIndexAny(name, `:\/`) {
		list = append(list, "")
	}
	x := c.osenv("PATHEXT").s
	if x == "" {
		x = ".com;.exe;.bat;.cmd"
	}
	for e := range strings.SplitSeq(strings.ToLower(x), ";") {
		if e != "" {
			list = append(list, "."+strings.TrimPrefix(e, "."))
		}
	}
	return list
}
