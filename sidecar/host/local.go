package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options is what a machine cannot know of itself: the editor and the command line say it.
type Options struct {
	Workspace []string // folders, absolute
	Trusted   bool     // the workspace is trusted
	Editor    Editor
	// UserSettings is the editor's user settings.json, "" for the usual place.
	UserSettings string
	// Environ is the block that the editor was started with, as NAME=value; nil stands for this process's own.
	Environ []string
}

// Local is the machine that this process runs on. It is safe for concurrent use. Nothing is read before it is asked for.
type Local struct {
	opt    Options
	style  Style
	system func() System
	names  func() accounts
	chain  atomic.Pointer[[]Process] // Windows: our own process and its parents, when they were first asked for

	mu     sync.Mutex
	slow   map[string]time.Time // remote roots that did not answer, and when
	drives map[string]drive     // Windows: types of drives
	links  map[string]string    // Windows: links, in lower case, that lead to a remote root which did not answer

	fail func(step string) error // tests: makes a step of Swap fail
}

// A drive is the type of a Windows drive, and when Windows said so.
type drive struct {
	typ  uint32
	seen time.Time
}

// NewLocal opens the machine that this process runs on.
func NewLocal(opt Options) *Local {
	l := &Local{opt: opt, style: StyleOf(runtime.GOOS), slow: map[string]time.Time{}, drives: map[string]drive{}, links: map[string]string{}}
	l.names = sync.OnceValue(readAccounts)
	l.system = sync.OnceValue(func() System {
		s := l.readSystem()
		s.OS, s.Style = runtime.GOOS, l.style
		s.Workspace, s.Trusted, s.Editor, s.UserSettings = opt.Workspace, opt.Trusted, opt.Editor, opt.UserSettings
		if s.Arch == "" {
			s.Arch = runtime.GOARCH
		}
		return s
	})
	return l
}

func (l *Local) System() System { return l.system() }

func (l *Local) Environ() []string {
	if l.opt.Environ != nil {
		return l.opt.Environ
	}
	return os.Environ()
}

// getenv looks a variable of the block up.
func (l *Local) getenv(name string) string {
	v := ""
	for _, kv := range l.Environ() {
		if n, value := CutEnv(kv); l.style.EqualName(n, name) {
			v = value
		}
	}
	return v
}

func (l *Local) View(name string) []string       { return l.view(name) }
func (l *Local) Output(...string) (string, bool) { return "", false }
func (l *Local) Now() time.Time                  { return time.Now() }

// Guests is empty: to look into a distribution that is stopped would start it.
func (l *Local) Guests() []string { return nil }

func (l *Local) Guest(name string) (Host, error) {
	return nil, fmt.Errorf("WSL distribution %s: %w", name, fs.ErrNotExist)
}

// remoteWait is how long a name on another machine may take. A server that is switched off takes 20 s and more.
const remoteWait = 200 * time.Millisecond

// remotePause is how long a server that did not answer is left alone, so that many names on it cost one wait.
const remotePause = 30 * time.Second

var errSilent = errors.New("the server does not answer")

// visit calls f, which touches name. A name that leads to another machine may take remoteWait; then the answer is unknown.
func visit[T any](l *Local, name string, f func() (T, error)) (T, error) {
	var none T
	switch {
	case name == "" || strings.IndexByte(name, 0) >= 0: // no file has such a name
		return none, fmt.Errorf("%q: %w", name, fs.ErrNotExist)
	case !l.style.IsAbs(name):
		return none, fmt.Errorf("%s: not an absolute name", name)
	}
	root := l.remoteRoot(name)
	if root == "" {
		root = l.linked(name)
	}
	switch {
	case root != "":
		return ask(l, root, name, f)
	case l.style.Windows:
		return follow(l, name, f, l.leads)
	}
	v, err := f()
	return v, fault(err)
}

// linked is the remote root that a link on the way of a name was found to lead to, "" if none.
func (l *Local) linked(name string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for link, root := range l.links {
		if l.style.Under(name, link) {
			return root
		}
	}
	return ""
}

// An answer is what a call returned.
type answer[T any] struct {
	v   T
	err error
}

// begin calls f beside its caller, who need not wait for the answer.
func begin[T any](f func() (T, error)) <-chan answer[T] {
	c := make(chan answer[T], 1)
	go func() {
		v, err := f()
		c <- answer[T]{v, err}
	}()
	return c
}

// follow calls f, which touches a name of this machine. A disk that sleeps is waited for; where f takes longer than another machine may, or
// cannot reach one, leads says to which remote root a link on the way of the name leads, "" if none.
func follow[T any](l *Local, name string, f func() (T, error), leads func(name string) (link, root string)) (T, error) {
	c := begin(f)
	timer := time.NewTimer(remoteWait)
	defer timer.Stop()
	var a answer[T]
	late := false
	select {
	case a = <-c:
	case <-timer.C:
		late = true
	}
	if late || unreachable(a.err) {
		if link, root := leads(name); root != "" {
			l.silence(root)
			l.mu.Lock()
			l.links[link] = root
			l.mu.Unlock()
			return *new(T), fmt.Errorf("%s: %w", name, errSilent)
		}
	}
	if late {
		a = <-c
	}
	return a.v, fault(a.err)
}

// ask calls f, which touches name on the other machine root. A call that does not return in time is left behind.
func ask[T any](l *Local, root, name string, f func() (T, error)) (T, error) {
	var none T
	l.mu.Lock()
	silent := time.Since(l.slow[root]) < remotePause
	l.mu.Unlock()
	if silent {
		return none, fmt.Errorf("%s: %w", name, errSilent)
	}
	c := begin(f)
	timer := time.NewTimer(remoteWait)
	defer timer.Stop()
	select {
	case a := <-c:
		if !unreachable(a.err) {
			return a.v, fault(a.err)
		}
	case <-timer.C:
	}
	l.silence(root)
	return none, fmt.Errorf("%s: %w", name, errSilent)
}

// silence notes that a server does not answer.
func (l *Local) silence(root string) {
	l.mu.Lock()
	l.slow[root] = time.Now()
	l.mu.Unlock()
}

// fault makes the errors that mean absence match fs.ErrNotExist.
func fault(err error) error {
	if err != nil && leadsNowhere(err) {
		return absentError{err}
	}
	return err
}

type absentError struct{ error }

func (e absentError) Unwrap() error        { return e.error }
func (e absentError) Is(target error) bool { return target == fs.ErrNotExist }

func (l *Local) Stat(name string) (FileInfo, error) {
	return visit(l, name, func() (FileInfo, error) { return l.stat(name, true) })
}

func (l *Local) Lstat(name string) (FileInfo, error) {
	return visit(l, name, func() (FileInfo, error) { return l.stat(name, false) })
}

func (l *Local) Readlink(name string) (string, error) {
	return visit(l, name, func() (string, error) { return readlink(name) })
}

func (l *Local) ReadFile(name string) ([]byte, error) {
	return visit(l, name, func() ([]byte, error) { return readText(name) })
}

func readText(name string) ([]byte, error) {
	f, size, err := open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > MaxText {
		return nil, fmt.Errorf("%s: %w", name, ErrTooLarge)
	}
	// The size is a hint only: files in /proc have none, and a file may grow.
	b := make([]byte, 0, max(size+1, 512))
	for {
		n, err := f.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > MaxText:
			return nil, fmt.Errorf("%s: %w", name, ErrTooLarge)
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return nil, err
		case len(b) == cap(b):
			b = append(b, 0)[:len(b)]
		}
	}
}

func (l *Local) ReadDir(name string) ([]DirEntry, error) {
	return visit(l, name, func() ([]DirEntry, error) {
		// A FIFO would be opened, and waited for.
		if fi, err := os.Stat(name); err != nil {
			return nil, err
		} else if !fi.IsDir() {
			return nil, fmt.Errorf("%s: not a directory", name)
		}
		entries, err := firstEntries(name)
		if err != nil {
			return nil, err
		}
		list := make([]DirEntry, len(entries))
		for i, e := range entries {
			list[i] = DirEntry{Name: e.Name(), Type: e.Type()}
			if e.Type()&fs.ModeIrregular != 0 { // it may be a junction
				if fi, err := l.stat(filepath.Join(name, e.Name()), false); err == nil {
					list[i].Type = fi.Mode.Type()
				}
			}
		}
		return list, nil
	})
}

// firstEntries are the entries of a directory by name, of a huge one those that it gives first.
func firstEntries(name string) ([]fs.DirEntry, error) {
	d, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	list, err := d.ReadDir(MaxEntries)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, nil
}

func (l *Local) Program(name string) (*Program, error) {
	return visit(l, name, func() (*Program, error) {
		f, size, err := open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		p, err := ReadProgram(f, size)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return p, nil
	})
}

// Events is empty: see [Host].
func (l *Local) Events() ([]Event, error) { return nil, nil }

// Extensions reads the list that VS Code and its relatives keep beside the installed extensions. Where no editor is known, it
// looks at VS Code's own, of the desktop and of its server.
func (l *Local) Extensions() ([]Extension, error) {
	dirs := map[string][]string{
		"vscode-insiders": {".vscode-insiders", ".vscode-server-insiders"},
		"code-insiders":   {".vscode-insiders", ".vscode-server-insiders"},
		"vscodium":        {".vscode-oss", ".vscodium-server"},
		"cursor":          {".cursor", ".cursor-server"},
		"windsurf":        {".windsurf", ".windsurf-server"},
	}[l.opt.Editor.Name]
	if dirs == nil {
		dirs = []string{".vscode", ".vscode-server"}
	}
	var list []Extension
	home := l.System().Home
	if home == "" {
		return nil, errors.New("extensions: the home directory is unknown")
	}
	for _, dir := range dirs {
		name := filepath.Join(home, dir, "extensions", "extensions.json")
		b, err := l.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			list, err = parseExtensions(list, b)
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
	}
	return list, nil
}

// parseExtensions appends what an extensions.json lists; an id that list already has is skipped.
func parseExtensions(list []Extension, b []byte) ([]Extension, error) {
	var rows []struct {
		Identifier struct{ ID string }
		Version    string
	}
	b = []byte(strings.TrimPrefix(string(b), "\ufeff"))
	if err := json.Unmarshal(b, &rows); err != nil {
		return nil, err
	}
next:
	for _, r := range rows {
		for _, e := range list {
			if strings.EqualFold(e.ID, r.Identifier.ID) {
				continue next
			}
		}
		if r.Identifier.ID != "" {
			list = append(list, Extension{ID: r.Identifier.ID, Version: r.Version})
		}
	}
	return list, nil
}

// An account is one line of /etc/passwd.
type account struct {
	name, home, shell string
	uid, gid          int
}

// accounts is what /etc/passwd and /etc/group say.
type accounts struct {
	users  map[int]account
	groups map[int]string
}

// certificates are where crypto/x509 looks for the roots, files first.
var certificates = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem", "/etc/ssl/certs", "/etc/pki/tls/certs",
}
