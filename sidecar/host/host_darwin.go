package host

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// self asks Open Directory: /etc/passwd has only the accounts of the system.
func (l *Local) self() account {
	a := account{uid: os.Getuid(), gid: os.Getgid()}
	if u, err := user.Current(); err == nil {
		a.name, a.home = u.Username, u.HomeDir
	}
	return a
}

// describe fills what only macOS knows.
func (l *Local) describe(s *System) {
	s.Arch = "amd64"
	// A program for Intel runs translated on Apple's processors, and uname says x86_64 then.
	if n, err := unix.SysctlUint32("hw.optional.arm64"); err == nil && n == 1 {
		s.Arch = "arm64"
	}
	if b, err := readText("/System/Library/CoreServices/SystemVersion.plist"); err == nil {
		s.Version = plistString(string(b), "ProductVersion")
	}
}

// plistString finds a string of a property list by its key.
func plistString(s, key string) string {
	_, s, _ = strings.Cut(s, "<key>"+key+"</key>")
	_, s, ok := strings.Cut(s, "<string>")
	v, _, closed := strings.Cut(s, "</string>")
	if !ok || !closed {
		return ""
	}
	return strings.TrimSpace(v)
}

// hasRoots is always true: macOS keeps its roots itself.
func hasRoots() bool { return true }

func (l *Local) Processes() ([]Process, error) {
	var list []Process
	for pid := os.Getpid(); pid > 0 && len(list) < 64; {
		k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
		if err != nil {
			if len(list) == 0 {
				return nil, fmt.Errorf("reading processes: %w", err)
			}
			break
		}
		p := Process{PID: pid, PPID: int(k.Eproc.Ppid), Name: unix.ByteSliceToString(k.Proc.P_comm[:])}
		p.Start = time.Unix(k.Proc.P_starttime.Unix())
		if b, err := unix.SysctlRaw("kern.procargs2", pid); err == nil { // P_comm is cut at 16 bytes
			if exe, _, err := splitProcArgs(b); err == nil {
				p.Name = path.Base(exe)
			}
		}
		list = append(list, p)
		pid = p.PPID
	}
	return list, nil
}

func (l *Local) Block(pid int) ([]string, error) {
	b, err := unix.SysctlRaw("kern.procargs2", pid)
	if errors.Is(err, unix.ESRCH) {
		err = os.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("reading the environment of process %d: %w", pid, err)
	}
	_, env, err := splitProcArgs(b)
	if err != nil {
		return nil, fmt.Errorf("reading the environment of process %d: %w", pid, err)
	}
	return env, nil
}

// splitProcArgs reads what KERN_PROCARGS2 gives: the number of arguments, the executable, padding, the arguments, and the
// environment up to an empty string.
func splitProcArgs(b []byte) (exe string, env []string, err error) {
	if len(b) < 4 {
		return "", nil, errors.New("process arguments: too short")
	}
	argc := int(int32(binary.LittleEndian.Uint32(b)))
	name, rest, ok := bytes.Cut(b[4:], []byte{0})
	if !ok || argc < 0 {
		return "", nil, errors.New("process arguments: no executable")
	}
	rest = bytes.TrimLeft(rest, "\x00")
	for range argc {
		if _, rest, ok = bytes.Cut(rest, []byte{0}); !ok {
			return "", nil, errors.New("process arguments: cut off")
		}
	}
	for kv := range bytes.SplitSeq(rest, []byte{0}) {
		if len(kv) == 0 {
			break
		}
		env = append(env, string(kv))
	}
	return string(name), env, nil
}

// Mounts asks for what the kernel knows already, so that a silent server costs no time.
func (l *Local) Mounts() ([]Mount, error) {
	st, err := statfs()
	if err != nil {
		return nil, fmt.Errorf("reading mounts: %w", err)
	}
	var list []Mount
	for i := range st {
		s := &st[i]
		m := Mount{Point: unix.ByteSliceToString(s.Mntonname[:]), Type: unix.ByteSliceToString(s.Fstypename[:])}
		m.Free, m.Total = s.Bavail*uint64(s.Bsize), s.Blocks*uint64(s.Bsize)
		for _, f := range []struct {
			flag uint32
			name string
		}{
			{unix.MNT_RDONLY, "ro"}, {unix.MNT_NOEXEC, "noexec"}, {unix.MNT_NOSUID, "nosuid"}, {unix.MNT_NODEV, "nodev"},
			{unix.MNT_LOCAL, "local"},
		} {
			if s.Flags&f.flag != 0 {
				m.Options = append(m.Options, f.name)
			}
		}
		list = append(list, m)
	}
	return list, nil
}

func statfs() ([]unix.Statfs_t, error) {
	n, err := unix.Getfsstat(nil, unix.MNT_NOWAIT)
	if err != nil {
		return nil, err
	}
	st := make([]unix.Statfs_t, n+8) // more may be mounted meanwhile
	if n, err = unix.Getfsstat(st, unix.MNT_NOWAIT); err != nil {
		return nil, err
	}
	return st[:min(n, len(st))], nil
}

// remoteRoot is the network mount that a name lies on, "" if none.
func (l *Local) remoteRoot(name string) string {
	for _, p := range networkMounts() {
		if l.style.Under(name, p) {
			return p
		}
	}
	return ""
}

// networkMounts is read once: most machines have none, and a new one is rare.
var networkMounts = sync.OnceValue(func() []string {
	st, _ := statfs()
	var points []string
	for i := range st {
		if st[i].Flags&unix.MNT_LOCAL == 0 && unix.ByteSliceToString(st[i].Fstypename[:]) != "devfs" {
			points = append(points, unix.ByteSliceToString(st[i].Mntonname[:]))
		}
	}
	return points
})

// publish gives a finished file its name, which must be free.
func publish(tmp, name string) error {
	err := unix.RenamexNp(tmp, name, unix.RENAME_EXCL)
	if errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EINVAL) { // file systems of others
		return publishLink(tmp, name)
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: tmp, New: name, Err: err}
	}
	return nil
}
