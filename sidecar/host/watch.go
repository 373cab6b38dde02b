package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// pollEvery is how often watched files are looked at beside the notifications: 9p (WSL's Windows drives), FUSE and the mounts of
// virtual machines send none, and a machine may be out of inotify watches.
const pollEvery = 5 * time.Second

// Watch reports files and registry values; other places are never reported. A file is watched through the directories on its
// way and on the way of its links, so that it may come, go, be replaced or be reached another way. Files of other machines are
// not watched.
func (l *Local) Watch(ctx context.Context, at []Loc) (<-chan Loc, error) {
	w := &watcher{armed: map[string]bool{}}
	var keys []Loc
	for _, loc := range at {
		switch {
		case loc.Guest != "" || loc.Kind == Registry && loc.Path == "":
		case loc.Kind == Registry:
			keys = append(keys, loc)
		case loc.Kind == File && l.style.IsAbs(loc.Path) && strings.IndexByte(loc.Path, 0) < 0 && l.remoteRoot(loc.Path) == "":
			w.files = append(w.files, &watched{at: loc, name: filepath.Clean(loc.Path), remote: l.remoteRoot})
		case loc.Kind == File && !l.style.IsAbs(loc.Path):
			return nil, fmt.Errorf("watching %s: not an absolute name", loc)
		}
	}
	var events chan fsnotify.Event
	var errs chan error
	if len(w.files) > 0 {
		// Without notifications, as when there are too many watchers, the poll is left.
		if n, err := fsnotify.NewWatcher(); err == nil {
			w.notify, events, errs = n, n.Events, n.Errors
		}
		for _, f := range w.files {
			w.arm(f)
		}
	}
	found := make(chan Loc)
	wait := watchKeys(ctx, keys, func(loc Loc) {
		select {
		case found <- loc:
		case <-ctx.Done():
		}
	})
	out := make(chan Loc)
	go func() {
		defer close(out)
		defer wait()
		if w.notify != nil {
			defer w.notify.Close()
		}
		tick := time.NewTicker(pollEvery)
		defer tick.Stop()
		for {
			send, next := (chan Loc)(nil), Loc{}
			if len(w.pending) > 0 {
				send, next = out, w.pending[0]
			}
			select {
			case <-ctx.Done():
				return
			case send <- next:
				w.pending = w.pending[1:]
			case loc := <-found:
				w.report(loc)
			case ev := <-events:
				w.event(ev)
			case <-errs: // events were lost
				for _, f := range w.files {
					w.arm(f)
					w.report(f.at)
				}
			case <-tick.C:
				for _, f := range w.files {
					if old := f.state; w.arm(f) != old {
						w.report(f.at)
					}
				}
			}
		}
	}()
	return out, nil
}

// A watcher belongs to one goroutine.
type watcher struct {
	notify  *fsnotify.Watcher // nil if there are no notifications
	files   []*watched
	armed   map[string]bool // directories that notify watches
	pending []Loc           // what was found and not yet taken
}

// A watched is one file.
type watched struct {
	at    Loc
	name  string
	steps []string // every name on its way and on the way of its links, the last one included
	dirs  []string // the directories in which these names stand
	inner string   // the file itself, if it is a directory: then its entries count too
	state string   // what was seen of it

	remote func(name string) (root string)
	away   bool // its way leads to another machine, which may not answer: nothing of it is touched there
}

func (w *watcher) report(loc Loc) {
	if !slices.Contains(w.pending, loc) {
		w.pending = append(w.pending, loc)
	}
}

// arm watches what the file's way leads through now, and returns the state that was seen after that.
func (w *watcher) arm(f *watched) string {
	for range 8 { // a directory may appear between the look and the watch; whoever makes 8 of them then is caught by the poll
		before, dirs := f.steps, f.dirs
		f.trail()
		w.rewatch(f, dirs)
		if slices.Equal(before, f.steps) {
			break
		}
	}
	f.state = "away"
	if !f.away {
		f.state = stateOf(f.name)
	}
	return f.state
}

// rewatch watches the directories of a file, and no more those that it alone had.
func (w *watcher) rewatch(f *watched, had []string) {
	if w.notify == nil {
		return
	}
	for _, d := range f.dirs {
		if !w.armed[d] && w.notify.Add(d) == nil {
			w.armed[d] = true
		}
	}
	for _, d := range had {
		if !slices.Contains(f.dirs, d) && !slices.ContainsFunc(w.files, func(f *watched) bool { return slices.Contains(f.dirs, d) }) {
			w.forget(d)
		}
	}
}

func (w *watcher) forget(dir string) {
	if w.armed[dir] {
		_ = w.notify.Remove(dir) // gone already, as a rule
		delete(w.armed, dir)
	}
}

func (w *watcher) event(ev fsnotify.Event) {
	if ev.Has(fsnotify.Create) || ev.Has(fsnotify.Remove) || ev.Has(fsnotify.Rename) {
		// Another directory may stand there now, and what was below it is elsewhere.
		for d := range w.armed {
			if d == ev.Name || strings.HasPrefix(d, ev.Name+string(filepath.Separator)) {
				w.forget(d)
			}
		}
	}
	for _, f := range w.files {
		if slices.Contains(f.steps, ev.Name) || slices.Contains(f.dirs, ev.Name) || f.inner != "" && filepath.Dir(ev.Name) == f.inner {
			w.arm(f)
			w.report(f.at)
		}
	}
}

// stateOf tells two states of a file apart.
func stateOf(name string) string {
	fi, err := os.Stat(name)
	if err != nil {
		return "absent"
	}
	return fmt.Sprint(fi.Mode(), fi.Size(), fi.ModTime().UnixNano())
}

// trail walks to the file as the system does, and notes what it comes through.
func (f *watched) trail() {
	f.steps, f.dirs, f.inner, f.away = nil, nil, "", false
	sep := string(filepath.Separator)
	root := filepath.VolumeName(f.name) + sep
	cur, rest := root, strings.Split(f.name[len(filepath.VolumeName(f.name)):], sep)
	for links := 0; len(rest) > 0; {
		step := rest[0]
		rest = rest[1:]
		switch step {
		case "", ".":
			continue
		case "..":
			cur = filepath.Dir(cur)
			continue
		}
		if !slices.Contains(f.dirs, cur) {
			f.dirs = append(f.dirs, cur)
		}
		next := filepath.Join(cur, step)
		f.steps = append(f.steps, next)
		fi, err := os.Lstat(next)
		switch {
		case err != nil:
			return
		case isLink(next, fi):
			target, err := readlink(next)
			if links++; err != nil || links > 40 {
				return
			}
			target = filepath.FromSlash(target)
			if filepath.IsAbs(target) && f.remote(target) != "" {
				f.away = true
				return
			}
			if vol := filepath.VolumeName(target); vol != "" || strings.HasPrefix(target, sep) {
				if vol == "" {
					vol = filepath.VolumeName(cur)
				}
				cur, target = vol+sep, target[len(filepath.VolumeName(target)):]
			}
			rest = append(strings.Split(target, sep), rest...)
		case fi.IsDir():
			cur = next
		default:
			return // a file; what should lie below it does not
		}
	}
	if !slices.Contains(f.dirs, cur) {
		f.dirs = append(f.dirs, cur)
	}
	f.inner = cur
}
