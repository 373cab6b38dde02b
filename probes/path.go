package probes

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/installs"
)

// A searcher looks into the directories of PATH, each once.
type searcher struct {
	r      *reader
	places *installs.Places
	chains *toolchains
	dirs   map[string]*facts.PathDir
	exts   []string // of executables, "" on Unix
	mounts []host.Mount
	known  bool // mounts could be read
	asked  bool
	pick   *selector
}

func newSearcher(r *reader, own *block, places *installs.Places, chains *toolchains) *searcher {
	s := &searcher{r: r, places: places, chains: chains, dirs: map[string]*facts.PathDir{}, exts: []string{""}, pick: &selector{r: r, own: own, places: places}}
	if r.st.Windows {
		ext := own.get(r.st, "PATHEXT")
		if ext == "" {
			ext = ".COM;.EXE;.BAT;.CMD"
		}
		s.exts = nil
		for _, e := range strings.Split(ext, ";") {
			if e = strings.ToLower(strings.TrimSpace(e)); slices.Contains([]string{".com", ".exe", ".bat", ".cmd"}, e) && !slices.Contains(s.exts, e) {
				s.exts = append(s.exts, e)
			}
		}
	}
	return s
}

// search fills in what every entry of every view leads to.
func (s *searcher) search(list []*facts.PathEntry) {
	for _, e := range list {
		if e.Known && e.Folder == nil && s.r.st.IsAbs(e.Dir) {
			e.Folder = s.dir(e.Dir)
		}
	}
}

// builds reads what the first gopls, dlv and staticcheck of a view were built from: the versions in use.
func (s *searcher) builds(v *facts.View) {
	for _, tool := range []string{"gopls", "dlv", "staticcheck"} {
		if hits := v.Hits(tool); len(hits) > 0 && hits[0].Program == nil {
			hits[0].Program, _ = s.r.program(hits[0].Target)
		}
	}
}

func (s *searcher) dir(name string) *facts.PathDir {
	key := s.r.st.Key(name)
	if d := s.dirs[key]; d != nil {
		return d
	}
	d := &facts.PathDir{Dir: name, Real: name}
	s.dirs[key] = d
	if s.r.st.IsRemote(name) {
		return d // never touched without need
	}
	t, fi := s.r.exists(name)
	d.Exists, d.IsDir = t, t == facts.Yes && fi.IsDir()
	if t == facts.No && s.network(name) {
		d.Exists = facts.Unknown // the server may be away
	}
	if !d.IsDir {
		return d
	}
	if real, err := s.r.real(name); err == nil {
		d.Real = real
	}
	d.Shared = s.shared(d)
	for _, sh := range s.places.ShimDirs() {
		if s.r.st.Equal(d.Dir, sh.Dir) || s.r.st.Equal(d.Real, sh.Dir) {
			d.Shims, d.Programs = sh.Manager, s.r.names(name)
			break
		}
	}
	for _, tool := range facts.Tools {
		for _, ext := range s.exts {
			if h := s.hit(d, tool, ext); h != nil {
				d.Hits = append(d.Hits, h)
				break
			}
		}
	}
	return d
}

// shared reports whether other programs than Go's live there by design.
func (s *searcher) shared(d *facts.PathDir) bool {
	for _, name := range []string{d.Dir, d.Real} {
		low := strings.ToLower(strings.ReplaceAll(name, `\`, "/"))
		switch low {
		case "/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin", "/opt/local/bin", "/snap/bin",
			"/home/linuxbrew/.linuxbrew/bin", "c:/windows", "c:/windows/system32":
			return true
		}
		if b := strings.ToLower(s.r.st.Base(name)); b == "shims" || b == "windowsapps" || strings.HasSuffix(low, "/chocolatey/bin") || strings.HasSuffix(low, "/winget/links") {
			return true
		}
		for _, end := range []string{"/.local/bin", "/bin"} {
			if s.r.st.Equal(name, s.r.st.Join(s.r.sys.Home, end)) {
				return slices.ContainsFunc(s.r.names(name), func(n string) bool {
					return !slices.Contains(facts.Tools, strings.TrimSuffix(fold(s.r.st, n), ".exe"))
				})
			}
		}
	}
	return false
}

// hit looks at one name. A file that cannot start is a hit only for go, whose defects rules judge.
func (s *searcher) hit(d *facts.PathDir, tool, ext string) *facts.Hit {
	r := s.r
	file := r.st.Join(d.Dir, tool+ext)
	fi, err := r.h.Lstat(file)
	if err != nil || fi.IsDir() {
		if tool == "go" && err != nil && !errors.Is(err, fs.ErrNotExist) {
			d.Exists = facts.Unknown // a go may be there
		}
		return nil
	}
	h := &facts.Hit{Tool: tool, File: file, Target: file, Alias: fi.Reparse == 0x8000001B}
	if h.Alias {
		h.Detail, _ = r.h.Readlink(file) // what it starts; not documented by Microsoft, so only shown
		return h
	}
	if fi.IsLink() {
		target, err := r.real(file)
		if err != nil {
			if tool != "go" || !errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			h.Defect = facts.Dangling
			h.Detail, _ = r.h.Readlink(file)
			return h
		}
		h.Target = target
		if fi, err = r.h.Stat(file); err != nil || fi.IsDir() {
			return nil
		}
	}
	if !r.st.Windows && !executable(r.sys, fi) {
		if tool != "go" {
			return nil
		}
		h.Defect = facts.NoExecBit
		return h
	}
	s.shim(d, h)
	if tool != "go" && tool != "gofmt" {
		return h
	}
	h.Toolchain = s.chains.of(h.Target)
	if tool == "go" && h.Manager == "" && h.Defect == "" {
		s.inspect(h, fi)
	}
	return h
}

// executable reports whether the user may execute a file (Unix).
func executable(sys host.System, fi host.FileInfo) bool {
	m := fi.Mode.Perm()
	switch {
	case sys.UID == 0:
		return m&0111 != 0
	case fi.UID < 0:
		return m&0111 != 0
	case fi.UID == sys.UID:
		return m&0100 != 0
	case fi.GID >= 0 && slices.Contains(sys.GIDs, fi.GID):
		return m&0010 != 0
	}
	return m&0001 != 0
}

// inspect finds out why a go cannot start.
func (s *searcher) inspect(h *facts.Hit, fi host.FileInfo) {
	if fi.IsRegular() && fi.Size == 0 {
		h.Defect = facts.Empty
		return
	}
	if m, ok := s.mount(h.Target); ok && slices.Contains(m.Options, "noexec") {
		h.Defect, h.Detail = facts.NoExecFS, m.Point
		return
	}
	p, err := s.r.program(h.Target)
	if err != nil {
		return
	}
	h.Program = p
	native := map[string]string{"windows": "pe", "darwin": "macho"}[s.r.sys.OS]
	if native == "" {
		native = "elf"
	}
	switch {
	case p.Format == "empty":
		h.Defect = facts.Empty
	case p.Format == "script":
		if s.r.st.Windows && !strings.HasSuffix(strings.ToLower(h.File), ".bat") && !strings.HasSuffix(strings.ToLower(h.File), ".cmd") {
			h.Defect, h.Detail = facts.BadFormat, p.Format
		}
	case s.r.st.Windows && (strings.HasSuffix(strings.ToLower(h.File), ".bat") || strings.HasSuffix(strings.ToLower(h.File), ".cmd")):
	case p.Format == "pe" && native != "pe" && s.wsl():
		h.Defect = facts.ForeignPE
	case p.Format != native:
		h.Defect, h.Detail = facts.BadFormat, p.Format
	case p.Interp != "" && p.Format == "elf":
		if t, _ := s.r.exists(p.Interp); t == facts.No {
			h.Defect, h.Detail = facts.NoInterp, p.Interp
		}
	}
}

func (s *searcher) wsl() bool { return inWSL(s.r.sys) }

func inWSL(sys host.System) bool {
	return sys.OS == "linux" && strings.Contains(strings.ToLower(sys.Version), "microsoft")
}

// mount is the file system that holds a name; the last one mounted at the longest point counts.
func (s *searcher) mount(name string) (best host.Mount, ok bool) {
	if !s.asked {
		s.asked = true
		list, err := s.r.h.Mounts()
		s.mounts, s.known = list, err == nil
	}
	for _, m := range s.mounts {
		if s.r.st.Under(name, m.Point) && len(m.Point) >= len(best.Point) {
			best, ok = m, true
		}
	}
	return best, ok
}

// network reports whether a name lies on a file system of another machine. WSL's automounts are this machine's own drives.
func (s *searcher) network(name string) bool {
	m, ok := s.mount(name)
	if !ok {
		return false
	}
	switch m.Type {
	case "nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "afs", "fuse.sshfs", "webdav", "davfs":
		return true
	}
	return false
}

// shim resolves what stands for another program: scoop's <name>.shim, snap's launchers, and version managers' shims.
func (s *searcher) shim(d *facts.PathDir, h *facts.Hit) {
	r := s.r
	switch {
	case r.st.Windows:
		if t, err := r.h.ReadFile(r.st.Join(d.Dir, h.Tool+".shim")); err == nil {
			if p := shimPath(host.DecodeFile(host.Loc{}, t).S); p != "" {
				h.Target = p
				s.follow(h, p)
				return
			}
		}
	case r.st.Equal(d.Dir, "/snap/bin"):
		s.follow(h, r.st.Join("/snap", h.Tool, "current/bin", h.Tool))
		return
	}
	if d.Shims != "" {
		h.Manager = d.Shims
		if root := s.pick.root(d.Shims); root != "" {
			h.Target = r.st.Join(root, "bin", r.st.Exe(h.Tool))
		}
	}
}

// follow says where a launcher leads. One of go that leads nowhere is like a dangling link.
func (s *searcher) follow(h *facts.Hit, to string) {
	switch real, err := s.r.real(to); {
	case err == nil:
		h.Target = real
	case h.Tool == "go" && errors.Is(err, fs.ErrNotExist):
		h.Defect, h.Detail = facts.Dangling, to
	}
}

// shimPath reads path = "…" of a scoop shim.
func shimPath(text string) string {
	for line := range strings.Lines(text) {
		key, val, ok := strings.Cut(line, "=")
		if ok && strings.EqualFold(strings.TrimSpace(key), "path") {
			return strings.Trim(strings.TrimSpace(val), `"`)
		}
	}
	return ""
}
