package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/winenv"
)

var _ host.Host = (*Machine)(nil)

func (m *Machine) System() host.System {
	s := m.sys
	s.GIDs, s.Workspace = slices.Clone(s.GIDs), slices.Clone(s.Workspace)
	return s
}

func (m *Machine) Now() time.Time { return m.now }

// Environ is the block that the scenario gives, else what a new process would have.
func (m *Machine) Environ() []string {
	if m.hasEnv {
		return slices.Clone(m.env)
	}
	if !m.sys.Style.Windows {
		path := "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
		if m.sys.OS == "darwin" {
			path = "PATH=/usr/bin:/bin:/usr/sbin:/sbin"
		}
		return append([]string{path}, m.session()...)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.environ == nil {
		keys, _ := winenv.Read(unlocked{m}) // a key that may not be read gives nothing
		m.environ = winenv.Build(winenv.Base(m.sys), keys).Block()
	}
	return slices.Clone(m.environ)
}

// unlocked reads keys of a machine whose lock is held.
type unlocked struct{ m *Machine }

func (u unlocked) ReadKey(name string) (*host.Key, error) { return u.m.readKey(name) }

// session is what every view has: HOME USER LOGNAME SHELL, or the session variables of Windows.
func (m *Machine) session() []string {
	s := &m.sys
	if s.Style.Windows {
		return winenv.Base(*s)
	}
	list := []string{"HOME=" + s.Home, "USER=" + s.User, "LOGNAME=" + s.User}
	if s.Shell != "" {
		list = append(list, "SHELL="+s.Shell)
	}
	return list
}

// View is the block that the scenario gives for a view, with the session's variables added where missing; else nil. The login
// view of a distribution is its env.
func (m *Machine) View(name string) []string {
	block, ok := m.views[name]
	if !ok {
		if m.guest == "" || name != "login" || !m.hasEnv {
			return nil
		}
		block = m.env
	}
	list := append(make([]string, 0, len(block)+4), block...)
	for _, kv := range m.session() {
		name, _ := host.CutEnv(kv)
		if !slices.ContainsFunc(block, func(have string) bool {
			n, _ := host.CutEnv(have)
			return m.sys.Style.EqualName(n, name)
		}) {
			list = append(list, kv)
		}
	}
	return list
}

var errNoParents = errors.New("the scenario does not list processes")

// Processes lists our own process and its parents. Without a processes entry the parents are unknown: the list, which comes with
// the error, has our own process alone, an hour older than now.
func (m *Machine) Processes() ([]host.Process, error) {
	if len(m.processes) == 0 {
		return []host.Process{{PID: 1000, PPID: 999, Start: m.now.Add(-time.Hour), Name: m.sys.Style.Exe("go-env-doctor")}}, errNoParents
	}
	return slices.Clone(m.processes), nil
}

// Block is the block that a process started with: as given, or as its /proc/PID/environ says; our own and that of the editor's
// main process, which is the farthest ancestor with the name of our parent, is Environ.
func (m *Machine) Block(pid int) ([]string, error) {
	if b, ok := m.blocks[pid]; ok {
		return slices.Clone(b), nil
	}
	if !m.sys.Style.Windows {
		data, err := m.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err == nil {
			return strings.FieldsFunc(string(data), func(r rune) bool { return r == 0 }), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	own, _ := m.Processes()
	main := own[0].PID
	if len(own) > 1 {
		for _, p := range own[1:] {
			if p.Name == own[1].Name || m.sys.Style.Fold && strings.EqualFold(p.Name, own[1].Name) {
				main = p.PID
			}
		}
	}
	if pid == own[0].PID || pid == main {
		return m.Environ(), nil
	}
	return nil, fmt.Errorf("the block of process %d is unknown", pid)
}

// Mounts lists the mounts that the scenario gives, else one for each root: local, writable, and of unknown size.
func (m *Machine) Mounts() ([]host.Mount, error) {
	if len(m.mounts) > 0 {
		list := slices.Clone(m.mounts)
		for i := range list {
			list[i].Options = slices.Clone(list[i].Options)
		}
		return list, nil
	}
	switch m.sys.OS {
	case "linux":
		return []host.Mount{{Point: "/", Type: "ext4", Options: []string{"rw"}}}, nil
	case "darwin":
		return []host.Mount{{Point: "/", Type: "apfs", Options: []string{"rw"}}}, nil
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var list []host.Mount
	for _, v := range m.volumes {
		if !strings.HasPrefix(v.name, "//") {
			list = append(list, host.Mount{Point: v.name + `\`, Type: "NTFS", Options: []string{"rw"}})
		}
	}
	slices.SortFunc(list, func(a, b host.Mount) int { return strings.Compare(a.Point, b.Point) })
	return list, nil
}

// Output is what commands says of these arguments. A program is also found by its name alone.
func (m *Machine) Output(argv ...string) (string, bool) {
	if len(argv) == 0 {
		return "", false
	}
	if out, ok := m.commands[strings.Join(argv, "\x00")]; ok {
		return out, true
	}
	base := func(name string) string {
		name = name[strings.LastIndexByte(name, '/')+1:]
		if m.sys.Style.Windows {
			name = strings.TrimSuffix(strings.ToLower(name[strings.LastIndexByte(name, '\\')+1:]), ".exe")
		}
		return name
	}
	want := append([]string{base(argv[0])}, argv[1:]...)
	for k, out := range m.commands {
		f := strings.Split(k, "\x00")
		// Two programs of one name in different directories are not the same.
		if f[0] != base(f[0]) && argv[0] != base(argv[0]) && !m.sys.Style.Equal(f[0], argv[0]) {
			continue
		}
		if f[0] = base(f[0]); slices.Equal(f, want) {
			return out, true
		}
	}
	return "", false
}

func (m *Machine) Extensions() ([]host.Extension, error) { return slices.Clone(m.extensions), nil }

// Listening lists the sockets that listen, as HOST:PORT.
func (m *Machine) Listening() []string { return slices.Clone(m.listening) }

// Events lists the Windows event records.
func (m *Machine) Events() ([]host.Event, error) { return slices.Clone(m.events), nil }

const lxss = `HKCU\Software\Microsoft\Windows\CurrentVersion\Lxss`

// Guests names the distributions of which the scenario says anything: those that the registry lists in its order, then others.
func (m *Machine) Guests() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var list []string
	add := func(name string) {
		for _, g := range m.guests {
			if strings.EqualFold(g.guest, name) && !slices.Contains(list, g.guest) {
				list = append(list, g.guest)
			}
		}
	}
	if k := m.keys.find(lxss); k != nil {
		for _, s := range k.subs {
			if i := s.value("DistributionName"); i >= 0 {
				add(host.DecodeRegistry(host.Loc{}, s.values[i].Value).S)
			}
		}
	}
	for _, g := range m.guests {
		add(g.guest)
	}
	return list
}

// Guest opens a distribution. Its Machine is part of m: a Swap in it notifies m's watchers too.
func (m *Machine) Guest(name string) (host.Host, error) {
	if g := m.find(name); g != nil {
		return g, nil
	}
	return nil, fmt.Errorf("distribution %s: %w", name, fs.ErrNotExist)
}

func (m *Machine) find(name string) *Machine {
	for _, g := range m.guests {
		if strings.EqualFold(g.guest, name) {
			return g
		}
	}
	return nil
}
