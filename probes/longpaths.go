package probes

import (
	"errors"
	"io/fs"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// Lengths in characters from which on files below a directory come near to MAX_PATH (260).
const (
	longCache  = 120
	longFolder = 160
)

// longPaths finds out whether Windows and git allow long names, where some directory is so long that it matters.
func longPaths(r *reader, own *block, s *facts.Snapshot, w *facts.Windows) {
	long := len([]rune(s.Effective["GOMODCACHE"])) >= longCache
	for _, dir := range r.sys.Workspace {
		long = long || len([]rune(dir)) >= longFolder
	}
	if !long {
		return
	}
	w.LongPaths = r.number(r.key(`HKLM\SYSTEM\CurrentControlSet\Control\FileSystem`), "LongPathsEnabled")
	home := own.get(r.st, "HOME")
	if !r.st.IsAbs(home) {
		home = r.sys.Home
	}
	w.GitConfigAt = host.FileLoc(r.st.Join(home, ".gitconfig"), 0)
	names := []string{r.st.Join(home, `.config\git\config`)}
	if len(s.Views) > 0 {
		if hits := s.Views[0].Hits("git"); len(hits) > 0 { // Git\cmd\git.exe
			names = append(names, r.st.Join(r.st.Dir(r.st.Dir(hits[0].Target)), `etc\gitconfig`))
		}
	}
	w.GitLongPaths = facts.No
	for _, name := range append(names, w.GitConfigAt.Path) { // the last one is the strongest
		t, err := r.text(name)
		switch {
		case err == nil:
			g := goenv.GitBool(t, "core", "longpaths")
			if g.Start >= 0 || g.Value == facts.Unknown {
				w.GitLongPaths = g.Value
			}
			if name == w.GitConfigAt.Path {
				w.GitConfig = t
			}
		case !errors.Is(err, fs.ErrNotExist):
			w.GitLongPaths = facts.Unknown
		}
	}
}
