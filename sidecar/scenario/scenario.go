// Package scenario holds machines as text: it parses a txtar file and plays it as a [host.Host] in memory.
package scenario

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"golang.org/x/tools/txtar"
)

// A Machine is a machine that a scenario describes. It is safe for concurrent use; the exported fields do not change.
type Machine struct {
	*Script

	sys   host.System
	guest string   // name of the WSL distribution, "" the host
	up    *Machine // the host of a guest

	mu      sync.RWMutex
	volumes map[string]*node // "/" or by drive and share
	nodes   int              // nodes made, for FileInfo.ID
	keys    *key             // root of the registry; its children are the hives
	guests  []*Machine
	environ []string // derived block, nil unknown

	watchMu   sync.Mutex
	watchers  map[*watcher]struct{}
	announced int
	swaps     int // Swaps to come until one fails; 0 none
}

// A Script is what a scenario says beside the state of the machine.
type Script struct {
	Name    string // of the file
	Title   string // first line of the comment
	Sources []string
	Expect  []Expectation // one of these must be the first cause
	Healthy bool          // Expect is healthy or none: nothing may come
	Also    []string      // rules that may come too
	Allowed []string      // rules that may come too
	Want    *Entry        // nil if there is none
	Fixes   []Fix

	now        time.Time
	env        []string
	hasEnv     bool
	views      map[string][]string
	blocks     map[int][]string
	processes  []host.Process
	mounts     []host.Mount
	extensions []host.Extension
	commands   map[string]string
	listening  []string
	events     []host.Event
}

// An Expectation names a finding and the fix that it offers.
type Expectation struct{ Rule, Fix string }

// An Entry is one entry of the file, its text, and the line of its marker.
type Entry struct {
	Text string
	Line int
}

// A Fix is an entry "fix RULE/FIX PLACE [SUBJECT]": the diff of the machine after that fix.
type Fix struct {
	Rule, Fix      string
	Place, Subject string
	Entry
}

// Parse reads a scenario; name is for messages. It refuses what the format does not say, with file, line and what was expected.
func Parse(name string, data []byte) (*Machine, error) {
	data = exports(data)
	if i := invalid(data); i >= 0 {
		return nil, fmt.Errorf("%s:%d: want UTF-8 text with LF", name, 1+bytes.Count(data[:i], []byte("\n")))
	}
	ar := txtar.Parse(data)
	p := &parser{name: name, m: newMachine(&Script{Name: name})}
	if err := p.comment(string(ar.Comment)); err != nil {
		return nil, err
	}
	line := 1 + strings.Count(string(ar.Comment), "\n")
	var mine []entry
	guests := map[string][]entry{}
	var names []string
	for _, f := range ar.Files {
		e := entry{name: f.Name, text: string(f.Data), line: line}
		line += 1 + strings.Count(e.text, "\n")
		if i := strings.IndexByte(e.name, '!'); i > 0 && !strings.ContainsAny(e.name[:i], `/\:`) && !strings.HasPrefix(e.name, "fix ") {
			g := e.name[:i]
			e.name = e.name[i+1:]
			j := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, g) })
			if j < 0 {
				j = len(names)
				names = append(names, g)
			}
			guests[names[j]] = append(guests[names[j]], e)
			continue
		}
		mine = append(mine, e)
	}
	if err := p.build(mine); err != nil {
		return nil, err
	}
	for _, g := range names {
		first := guests[g][0]
		if p.m.sys.OS != "windows" {
			return nil, p.errorf(first.line, "entry %s!%s: only a Windows machine has WSL distributions", g, first.name)
		}
		q := &parser{name: name, guest: g, m: newMachine(&Script{Name: name, now: p.m.now})}
		q.m.guest, q.m.up = g, p.m
		q.m.sys.Trusted = p.m.sys.Trusted
		if err := q.build(guests[g]); err != nil {
			return nil, err
		}
		p.m.guests = append(p.m.guests, q.m)
	}
	return p.m, nil
}

func newMachine(s *Script) *Machine {
	s.views = map[string][]string{}
	s.blocks = map[int][]string{}
	s.commands = map[string]string{}
	return &Machine{Script: s, volumes: map[string]*node{}, keys: &key{}, sys: host.System{UID: -1, Trusted: true, Roots: true}}
}

// invalid returns the offset of the first bytes that are no UTF-8 text with LF, -1 if there are none. Carriage returns inside a
// line are data.
func invalid(data []byte) int {
	if bytes.HasPrefix(data, []byte("\ufeff")) {
		return 0
	}
	if i := bytes.IndexByte(data, '\n'); i > 0 && data[i-1] == '\r' {
		return i
	}
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return -1
}

// Clone returns a machine with the same state, without watchers; it shares nothing that changes.
func (m *Machine) Clone() *Machine {
	m.mu.RLock()
	defer m.mu.RUnlock()
	c := &Machine{Script: m.Script, sys: m.sys, guest: m.guest, volumes: make(map[string]*node, len(m.volumes)), nodes: m.nodes, keys: m.keys.clone()}
	for k, n := range m.volumes {
		c.volumes[k] = n.clone()
	}
	for _, g := range m.guests {
		g = g.Clone()
		g.up = c
		c.guests = append(c.guests, g)
	}
	return c
}
