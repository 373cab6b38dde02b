package shell

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"mvdan.cc/sh/v3/syntax"
)

// managerOf is the version manager that a script belongs to.
func managerOf(name string) string {
	switch {
	case strings.HasSuffix(name, "/asdf.sh"):
		return "asdf"
	case strings.HasSuffix(name, "/scripts/gvm"), strings.HasSuffix(name, "/scripts/gvm-default"):
		return "gvm"
	case strings.HasSuffix(name, "/.g/env"):
		return "g"
	}
	return ""
}

// activate understands eval "$(program …)" and source <(program …).
func (r *runner) activate(list []*syntax.Stmt) (st truth, done bool) {
	if len(list) == 1 {
		// eval "$(brew shellenv 2>/dev/null || true)"
		if b, ok := list[0].Cmd.(*syntax.BinaryCmd); ok && b.Op == syntax.OrStmt {
			list = []*syntax.Stmt{b.X}
		}
	}
	if len(list) != 1 {
		return unknown, false
	}
	args, ok := r.argv(list[0])
	if !ok || len(args) == 0 {
		return unknown, false
	}
	argv := make([]string, len(args))
	for i, a := range args {
		argv[i] = a.s
	}
	prog := path.Base(argv[0])
	words := strings.Join(argv[1:], " ")
	known := ""
	switch {
	case prog == "path_helper":
		known = prog
	case prog == "brew" && strings.HasPrefix(words, "shellenv"),
		prog == "mise" && strings.HasPrefix(words, "activate"),
		prog == "goenv" && strings.HasPrefix(words, "init"):
		known = prog
	}
	saved := r.manager
	defer func() { r.manager = saved }()
	if r.fs.Output != nil {
		if s, ok := r.output(argv); ok {
			if known != "" {
				r.manager = known
			}
			return r.eval(s), true
		}
	} else if s, ok := r.output(argv); ok {
		return r.eval(s), true
	}
	file, found := r.lookPath(argv[0])
	if r.funcs[argv[0]] != nil {
		return unknown, false
	}
	if found == no {
		r.missing(argv[0], known)
		return yes, true // eval of nothing
	}
	r.manager = known
	switch known {
	case "path_helper":
		r.pathHelper()
		return yes, true
	case "brew":
		if found == yes {
			r.brewShellenv(file)
			return yes, true
		}
	case "mise":
		if slices.Contains(argv, "--shims") {
			r.prepend(true, r.miseData()+"/shims")
			return yes, true
		}
		r.miseActivate()
		return yes, true
	case "goenv":
		r.goenvInit()
		return yes, true
	}
	if names := harmless(prog); names != "" {
		for name := range strings.FieldsSeq(names) {
			if name != "-" {
				r.vars[name] = &variable{exported: true}
			}
		}
		return yes, true
	}
	r.manager = saved
	r.gap(r.stmtAt, "only a run can tell what %s makes the shell do", argv[0])
	r.pathUnknown()
	return unknown, true
}

// harmless names the variables that the output of a common program sets, "-" for none that children get; "" is a program that may
// change PATH.
func harmless(prog string) string {
	switch prog {
	case "dircolors", "gdircolors":
		return "LS_COLORS"
	case "lesspipe", "lesspipe.sh", "lessfile":
		return "LESSOPEN LESSCLOSE"
	case "ssh-agent":
		return "SSH_AUTH_SOCK SSH_AGENT_PID"
	case "keychain":
		return "SSH_AUTH_SOCK SSH_AGENT_PID GPG_AGENT_INFO"
	case "resize":
		return "COLUMNS LINES"
	case "starship", "zoxide", "fzf", "direnv", "thefuck", "atuin", "oh-my-posh", "kubectl", "gh", "register-python-argcomplete", "mcfly", "navi", "pip", "npm",
		"helm", "kind", "minikube", "docker", "tea", "op", "just", "task", "golangci-lint", "stern", "rustup", "uv", "chezmoi", "locale-gen", "hcloud":
		return "-"
	}
	return ""
}

// prepend puts directories before PATH, as an activation does. once: only where they are not there already.
func (r *runner) prepend(once bool, dirs ...string) {
	old := r.vars["PATH"]
	a := r.native("PATH")
	var list []PathEntry
	for _, d := range dirs {
		if once && old != nil && hasDir(old.entries, d) {
			continue
		}
		list = append(list, r.entry(d, a))
	}
	v := &variable{known: true, exported: true, by: a, list: true}
	if old != nil {
		v.known, v.unique = old.known, old.unique
		v.entries = slices.Concat(list, old.entries)
	} else {
		v.entries = list
	}
	a.Prepend = len(list) > 0
	a.Old = true
	r.setNative(a, v)
}

func (r *runner) native(name string) *Assign {
	at := r.stmtAt
	raw := ""
	if at.text != nil {
		raw = at.text.S[at.start:at.end]
	}
	return &Assign{Name: name, Known: true, Exported: true, Export: true, Raw: raw, At: r.loc(at), Text: at.text, Start: at.start, End: at.end,
		StmtStart: at.start, StmtEnd: at.end, Cond: strings.Join(r.cond, " && "), Manager: r.manager}
}

func (r *runner) entry(dir string, a *Assign) PathEntry {
	return PathEntry{Dir: dir, Text: dir, At: a.At, Start: -1, End: -1, In: a.Text, By: a, Known: true}
}

func (r *runner) setNative(a *Assign, v *variable) {
	if v.list {
		v.s = joinEntries(v.entries)
		a.entries = v.entries
	}
	a.Value, a.Known = v.s, v.known
	r.res.Assigns = append(r.res.Assigns, a)
	r.set(a.Name, v)
}

func (r *runner) put(name, value string) {
	a := r.native(name)
	r.setNative(a, &variable{s: value, known: true, exported: true, by: a})
}

// pathHelper does what path_helper(8) prints: the lines of /etc/paths, then of each file of /etc/paths.d in order of name, then what
// PATH has besides.
func (r *runner) pathHelper() {
	a := r.native("PATH")
	v := &variable{known: true, exported: true, by: a, list: true}
	add := func(e PathEntry) {
		if e.Dir != "" && !hasDir(v.entries, e.Dir) {
			v.entries = append(v.entries, e)
		}
	}
	file := func(name string) {
		t, err := r.read(name)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, host.ErrNotRegular) {
				r.gap(r.stmtAt, "%s cannot be read: %s", name, err)
				v.known = false
			}
			return
		}
		off := 0
		for line := range strings.SplitAfterSeq(t.S, "\n") {
			dir := strings.TrimRight(line, "\n")
			if dir != "" {
				p := place{text: t, start: off, end: off + len(dir)}
				for part := range strings.SplitSeq(dir, ":") { // a line may hold a list
					add(PathEntry{Dir: part, Text: part, At: r.loc(p), Start: p.start, End: p.start + len(part), In: t, By: a, Known: true})
					p.start += len(part) + 1
				}
			}
			off += len(line)
			r.work(1)
		}
	}
	file("/etc/paths")
	if r.fs.List != nil {
		list, err := r.fs.List("/etc/paths.d")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.gap(r.stmtAt, "%s cannot be read: %s", "/etc/paths.d", err)
			v.known = false
		}
		for _, e := range list {
			if !strings.HasPrefix(e.Name, ".") {
				file("/etc/paths.d/" + e.Name)
			}
		}
	}
	if old := r.vars["PATH"]; old != nil {
		for _, e := range old.entries {
			if e.Known {
				add(e)
			}
		}
		v.known = v.known && old.known
		v.unique = old.unique
		a.Old = len(old.entries) > 0
	}
	a.Prepend = true
	r.setNative(a, v)
}

// brewPrefix is where a brew lives: beside the program, else where Homebrew installs itself on this machine.
func (r *runner) brewPrefix(prog string) (string, truth) {
	file, found := r.lookPath(prog)
	if found == no {
		return "", no
	}
	if found == yes && strings.HasPrefix(file, "/") && strings.HasSuffix(file, "/bin/brew") {
		return strings.TrimSuffix(file, "/bin/brew"), yes
	}
	prefix := "/home/linuxbrew/.linuxbrew"
	if r.sys.OS == "darwin" {
		prefix = "/usr/local"
		if r.sys.Arch == "arm64" {
			prefix = "/opt/homebrew"
		}
	}
	return prefix, r.stat(prefix + "/bin/brew").isFile
}

func (r *runner) brewShellenv(file string) {
	prefix, st := r.brewPrefix(file)
	if st != yes {
		r.gap(r.stmtAt, "the prefix of Homebrew is not known")
		r.pathUnknown()
		return
	}
	repository := prefix
	if prefix != "/opt/homebrew" {
		repository = prefix + "/Homebrew"
	}
	r.put("HOMEBREW_PREFIX", prefix)
	r.put("HOMEBREW_CELLAR", prefix+"/Cellar")
	r.put("HOMEBREW_REPOSITORY", repository)
	// brew prints nothing for PATH where it begins with these.
	if v := r.vars["PATH"]; v != nil && len(v.entries) > 1 && v.entries[0].Dir == prefix+"/bin" && v.entries[1].Dir == prefix+"/sbin" {
		return
	}
	if r.sys.OS == "darwin" && r.stat("/usr/libexec/path_helper").isFile == yes {
		// Its line runs path_helper with PATH_HELPER_ROOT, which lists bin and sbin of the prefix first; old ones move there.
		if v := r.vars["PATH"]; v != nil {
			n := *v
			n.entries = slices.DeleteFunc(slices.Clone(v.entries), func(e PathEntry) bool {
				return e.Known && (e.Dir == prefix+"/bin" || e.Dir == prefix+"/sbin")
			})
			r.vars["PATH"] = &n
		}
	}
	r.prepend(false, prefix+"/bin", prefix+"/sbin")
}

func (r *runner) known(name string) string {
	if v := r.vars[name]; v != nil && v.known {
		return v.s
	}
	return ""
}

func (r *runner) miseData() string {
	if d := r.known("MISE_DATA_DIR"); d != "" {
		return d
	}
	if d := r.known("XDG_DATA_HOME"); d != "" {
		return d + "/mise"
	}
	return r.home() + "/.local/share/mise"
}

// miseActivate puts the selected Go on PATH where the global configuration says which one that is.
func (r *runner) miseActivate() {
	name := r.known("MISE_GLOBAL_CONFIG_FILE")
	if name == "" {
		dir := r.known("XDG_CONFIG_HOME")
		if dir == "" {
			dir = r.home() + "/.config"
		}
		name = dir + "/mise/config.toml"
	}
	r.put("MISE_SHELL", r.shell)
	// A full activation takes the shims off PATH, which a login file may have put there.
	if v := r.vars["PATH"]; v != nil && hasDir(v.entries, r.miseData()+"/shims") {
		n := *v
		n.entries = slices.DeleteFunc(slices.Clone(v.entries), func(e PathEntry) bool { return e.Dir == r.miseData()+"/shims" })
		n.s = joinEntries(n.entries)
		r.vars["PATH"] = &n
	}
	version, others, goroot, gobin := "", false, true, true
	t, err := r.read(name)
	switch {
	case err == nil:
		version, others, goroot, gobin = miseConfig(t.S)
	case !errors.Is(err, fs.ErrNotExist):
		r.gap(r.stmtAt, "%s cannot be read: %s", name, err)
		r.pathUnknown()
		return
	}
	if v := r.known("MISE_GO_VERSION"); v != "" {
		version = v
	}
	if v := r.known("MISE_GO_SET_GOROOT"); v != "" {
		goroot = v != "false" && v != "0"
	}
	if v := r.known("MISE_GO_SET_GOBIN"); v != "" {
		gobin = v != "false" && v != "0"
	}
	if others {
		r.gap(r.stmtAt, "mise puts other tools on PATH too, which is not followed")
	}
	if version == "" {
		return
	}
	root, ok := r.install(r.miseData()+"/installs/go", version)
	if !ok {
		r.gap(r.stmtAt, "mise has no installation of Go %s that can be told", version)
		r.pathUnknown()
		return
	}
	r.prepend(true, root+"/bin")
	if goroot {
		r.put("GOROOT", root)
	}
	if gobin {
		r.put("GOBIN", root+"/bin")
	}
}

// miseConfig reads what counts of a mise configuration: [tools] go, whether there are other tools, and two settings.
func miseConfig(s string) (version string, others, goroot, gobin bool) {
	goroot, gobin = true, true
	table := ""
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			table = strings.TrimSpace(strings.Trim(strings.SplitN(line, "]", 2)[0], "[ "))
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		key = strings.Trim(strings.TrimSpace(key), `"'`)
		full := strings.Trim(table+"."+key, ".")
		off := strings.HasPrefix(strings.TrimSpace(value), "false")
		switch full {
		case "settings.go_set_goroot", "settings.go.set_goroot":
			goroot = !off
		case "settings.go_set_gobin", "settings.go.set_gobin":
			gobin = !off
		case "tools.go", "tools.golang", "tools.core:go":
			version = firstString(value)
		case "tools.go.version":
			version = firstString(value)
		default:
			if table == "tools" {
				others = true
			}
		}
	}
	return version, others, goroot, gobin
}

// firstString is the first version in a TOML value: "1", ['1', '2'], {version = "1"}.
func firstString(v string) string {
	i := strings.IndexAny(v, `"'`)
	if i < 0 {
		return ""
	}
	j := strings.IndexByte(v[i+1:], v[i])
	if j < 0 {
		return ""
	}
	return v[i+1 : i+1+j]
}

// install is the directory of a version, or of the newest one that a prefix means.
func (r *runner) install(dir, version string) (string, bool) {
	version = strings.TrimPrefix(strings.TrimPrefix(version, "prefix:"), "go")
	if strings.Contains(version, "/") {
		return "", false
	}
	if version != "latest" {
		name := dir + "/" + version
		if r.stat(name).isDir == yes {
			if r.fs.Link != nil {
				if to, err := r.fs.Link(name); err == nil { // 1.26 → ./1.26.11
					return dir + "/" + path.Base(to), true
				}
			}
			return name, true
		}
	}
	if r.fs.List == nil {
		return "", false
	}
	list, err := r.fs.List(dir)
	if err != nil {
		return "", false
	}
	best := ""
	for _, e := range list {
		if (version == "latest" || strings.HasPrefix(e.Name, version+".")) && isVersion(e.Name) && (best == "" || older(best, e.Name)) {
			best = e.Name
		}
	}
	if best == "" {
		return "", false
	}
	return dir + "/" + best, true
}

// isVersion accepts full release numbers only.
func isVersion(s string) bool {
	return strings.Count(s, ".") == 2 && strings.Trim(s, "0123456789.") == ""
}

func older(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		m, _ := strconv.Atoi(x[i])
		n, _ := strconv.Atoi(y[i])
		if m != n {
			return m < n
		}
	}
	return len(x) < len(y)
}

// goenvInit does what goenv init - prints: the shims first, and GOROOT and GOPATH of the global version unless switched off.
func (r *runner) goenvInit() {
	root := r.known("GOENV_ROOT")
	if root == "" {
		root = r.home() + "/.goenv"
	}
	r.put("GOENV_SHELL", r.shell)
	r.put("GOENV_ROOT", root)
	r.prepend(false, root+"/shims")
	version := r.known("GOENV_VERSION")
	if version == "" {
		if t, err := r.read(root + "/version"); err == nil {
			version = strings.TrimSpace(t.S)
		}
	}
	if version == "" || version == "system" {
		return
	}
	dir, ok := r.install(root+"/versions", version)
	if !ok {
		return
	}
	if r.known("GOENV_DISABLE_GOROOT") != "1" {
		r.put("GOROOT", dir)
	}
	if r.known("GOENV_DISABLE_GOPATH") != "1" {
		prefix := r.known("GOENV_GOPATH_PREFIX")
		if prefix == "" {
			prefix = r.home() + "/go"
		}
		r.put("GOPATH", prefix+"/"+path.Base(dir))
	}
}

// asdfShims adds the shims where the script, which was read, did not get that far.
func (r *runner) asdfShims(dir string) {
	data := r.known("ASDF_DATA_DIR")
	if data == "" {
		data = r.home() + "/.asdf"
		if r.stat(data).isDir != yes {
			data = dir
		}
	}
	v := r.vars["PATH"]
	if v != nil && hasDir(v.entries, data+"/shims") {
		return
	}
	saved := r.manager
	r.manager = "asdf"
	r.prepend(true, data+"/shims", dir+"/bin")
	r.manager = saved
}
