package probes

import (
	"maps"
	"sync"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A Memory holds what the last pass over a machine read, so that the next one reads only the files that have changed: another
// device, inode, size, mode, owner or time of writing. The zero value is empty. One pass at a time may use it.
type Memory struct {
	mu      sync.Mutex
	files   map[string]*file // by name; never changed once it is here
	changed map[string]bool  // names that were changed since take
}

// A file is what was read of one name, and what was made of it. It stays as long as every pass asks for it.
type file struct {
	info    host.FileInfo
	settled bool // not written so shortly before it was read that another write may not show in info
	text    *host.Text
	program *host.Program
	parsed  map[string]any // by kind
}

// settling is how long after it was read a file may be written without another time of writing: FAT counts in steps of two seconds.
const settling = 2 * time.Second

func newFile(info host.FileInfo, now time.Time) *file {
	return &file{info: info, parsed: map[string]any{}, settled: info.ID != "" && now.Sub(info.ModTime) > settling}
}

// is reports whether the file is sure to hold what was read.
func (f *file) is(info host.FileInfo) bool { return f != nil && f.settled && f.info == info }

// Run looks at a machine once. Texts that did not change are those of the last pass.
func (m *Memory) Run(h host.Host) *facts.Snapshot {
	r := newReader(h)
	m.mu.Lock()
	for name := range m.changed {
		if m.files[name] != nil {
			m.files = maps.Clone(m.files)
			maps.DeleteFunc(m.files, func(name string, _ *file) bool { return m.changed[name] })
			break
		}
	}
	r.old, m.changed = m.files, map[string]bool{}
	m.mu.Unlock()

	s := r.run()

	m.mu.Lock()
	defer m.mu.Unlock()
	if r.h.cut { // the next pass reads what this one would have
		for name, f := range r.old {
			if r.files[name] == nil {
				r.files[name] = f
			}
		}
	}
	maps.DeleteFunc(r.files, func(name string, f *file) bool { return m.changed[name] || !f.settled })
	m.files = r.files
	return s
}

// Changed forgets a file, even while a pass runs. It is needed where a change may not show: a file that was written in place with as many bytes and with the old time.
func (m *Memory) Changed(at host.Loc) {
	if at.Kind != host.File || at.Guest != "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.changed == nil {
		m.changed = map[string]bool{}
	}
	m.changed[at.Path] = true
}
