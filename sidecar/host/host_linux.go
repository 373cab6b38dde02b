package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

func (l *Local) self() account { return l.names().users[os.Getuid()] }

// describe fills what only Linux knows.
func (l *Local) describe(s *System) {
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		s.Version = unix.ByteSliceToString(u.Release[:])
		s.Arch = linuxArch(unix.ByteSliceToString(u.Machine[:]))
	}
	s.Container = inContainer()
}

// linuxArch translates what uname says of a machine; "" if Go does not run there.
func linuxArch(machine string) string {
	switch machine {
	case "x86_64":
		return "amd64"
	case "i386", "i486", "i586", "i686":
		return "386"
	case "aarch64", "armv8l":
		return "arm64"
	case "loongarch64":
		return "loong64"
	case "riscv64", "ppc64", "ppc64le", "s390x":
		return machine
	}
	if strings.HasPrefix(machine, "arm") {
		return "arm"
	}
	return ""
}

func inContainer() bool {
	for _, name := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(name); err == nil {
			return true
		}
	}
	b, _ := readText("/proc/1/cgroup")
	for _, word := range []string{"docker", "kubepods", "containerd", "/lxc/", "libpod"} {
		if bytes.Contains(b, []byte(word)) {
			return true
		}
	}
	return false
}

func hasRoots() bool {
	for _, name := range certificates {
		fi, err := os.Stat(name)
		if err != nil {
			continue
		}
		if !fi.IsDir() {
			return true
		}
		if list, err := os.ReadDir(name); err == nil && len(list) > 0 {
			return true
		}
	}
	return false
}

// Processes reads /proc. Start times are as exact as the clock tick, 10 ms.
func (l *Local) Processes() ([]Process, error) {
	// /proc/stat says when the system started, too, but counts every interrupt for it.
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err != nil {
		return nil, fmt.Errorf("reading processes: %w", err)
	}
	boot := time.Now().Round(0).Add(-time.Duration(up.Nano()))
	buf := make([]byte, 4096)
	var list []Process
	for pid := os.Getpid(); pid > 0 && len(list) < 64; {
		b, err := readLine("/proc/"+strconv.Itoa(pid)+"/stat", buf)
		if err != nil {
			if len(list) == 0 {
				return nil, fmt.Errorf("reading processes: %w", err)
			}
			break // it has ended, or hidepid hides it
		}
		p, err := parseStat(b, boot)
		if err != nil {
			return nil, err
		}
		if exe, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe"); err == nil {
			p.Name = strings.TrimSuffix(path.Base(exe), " (deleted)")
		}
		list = append(list, p)
		pid = p.PPID
	}
	return list, nil
}

// readLine reads the beginning of a file of /proc, which is regular and gives at once what fits.
func readLine(name string, buf []byte) ([]byte, error) {
	fd, err := retry(func() (int, error) { return unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	defer unix.Close(fd)
	n, err := file(fd).Read(buf)
	return buf[:n], err
}

// parseStat reads /proc/PID/stat; see proc_pid_stat(5). The name stands in parentheses and may hold any character.
func parseStat(b []byte, boot time.Time) (Process, error) {
	open, close := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || close < open {
		return Process{}, fmt.Errorf("process status %.40q: no name", b)
	}
	f := strings.Fields(string(b[close+1:]))
	if len(f) < 20 {
		return Process{}, fmt.Errorf("process status %.40q: %d fields", b, len(f))
	}
	pid, err1 := strconv.Atoi(strings.TrimSpace(string(b[:open])))
	ppid, err2 := strconv.Atoi(f[1])
	ticks, err3 := strconv.ParseInt(f[19], 10, 64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return Process{}, fmt.Errorf("process status: %w", err)
	}
	const hz = 100 // USER_HZ, the same on every architecture that Go supports
	p := Process{PID: pid, PPID: ppid, Name: string(b[open+1 : close])}
	p.Start = boot.Add(time.Duration(ticks) * (time.Second / hz))
	return p, nil
}

func (l *Local) Block(pid int) ([]string, error) {
	b, err := readText("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return nil, fmt.Errorf("reading the environment of process %d: %w", pid, fault(err))
	}
	return splitBlock(b), nil
}

// splitBlock cuts NAME=value strings at their NULs.
func splitBlock(b []byte) []string {
	var list []string
	for kv := range bytes.SplitSeq(b, []byte{0}) {
		if len(kv) > 0 {
			list = append(list, string(kv))
		}
	}
	return list
}

// Mounts reads /proc/self/mountinfo. Sizes of pseudo and network file systems are unknown: the latter may not answer.
func (l *Local) Mounts() ([]Mount, error) {
	table, err := firstMounts()
	if mounted.Swap(true) { // it may have changed since
		table, err = readText("/proc/self/mountinfo")
	}
	if err != nil {
		return nil, fmt.Errorf("reading mounts: %w", err)
	}
	list := parseMounts(table)
	for i := range list {
		m := &list[i]
		switch m.Type {
		case "proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs", "pstore", "bpf", "configfs",
			"fusectl", "binfmt_misc", "hugetlbfs", "efivarfs", "autofs", "nsfs", "rpc_pipefs", "devtmpfs":
			continue
		}
		var st unix.Statfs_t
		if isNetwork(m.Type) || unix.Statfs(m.Point, &st) != nil {
			continue
		}
		m.Free, m.Total = st.Bavail*uint64(st.Bsize), st.Blocks*uint64(st.Bsize)
	}
	return list, nil
}

// isNetwork reports whether a file system type may wait for another machine. 9p is not among them: WSL and virtual machines
// use it for their own host.
func isNetwork(typ string) bool {
	switch typ {
	case "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "davfs":
		return true
	}
	return strings.HasPrefix(typ, "nfs")
}

// eachMount reads mountinfo; see proc_pid_mountinfo(5). Lines that are not understood are left out.
func eachMount(b []byte, f func(point, typ, options, super string)) {
	var list []string
	for line := range strings.Lines(string(b)) {
		// 36 35 98:0 /mnt1 /mnt/parent rw,noatime master:1 - ext3 /dev/root rw,errors=continue
		list = slices.AppendSeq(list[:0], strings.FieldsSeq(line))
		dash := slices.Index(list, "-")
		if dash < 6 || len(list) < dash+3 {
			continue
		}
		super := ""
		if len(list) > dash+3 {
			super = list[dash+3]
		}
		f(unoctal(list[4]), list[dash+1], list[5], super)
	}
}

func parseMounts(b []byte) []Mount {
	var list []Mount
	eachMount(b, func(point, typ, options, super string) {
		m := Mount{Point: point, Type: typ, Options: strings.Split(options, ",")}
		for o := range strings.SplitSeq(super, ",") {
			if !slices.Contains(m.Options, o) && o != "rw" && o != "ro" && o != "" { // those of the mount decide
				m.Options = append(m.Options, unoctal(o))
			}
		}
		list = append(list, m)
	})
	return list
}

// unoctal undoes the \040 of mountinfo.
func unoctal(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// firstMounts is mountinfo as it was when the first file was looked at. The kernel takes long to make it, so that the first of
// Mounts, a moment later, does not ask again.
var firstMounts = sync.OnceValues(func() ([]byte, error) { return readText("/proc/self/mountinfo") })

var mounted atomic.Bool // firstMounts was given away

// networkMounts is read once: most machines have none, and a new one is rare.
var networkMounts = sync.OnceValue(func() []string {
	b, _ := firstMounts()
	var points []string
	eachMount(b, func(point, typ, _, _ string) {
		if isNetwork(typ) {
			points = append(points, point)
		}
	})
	return points
})

// remoteRoot is the network mount that a name lies on, "" if none.
func (l *Local) remoteRoot(name string) string {
	for _, p := range networkMounts() {
		if l.style.Under(name, p) {
			return p
		}
	}
	return ""
}

// publish gives a finished file its name, which must be free.
func publish(tmp, name string) error {
	err := unix.Renameat2(unix.AT_FDCWD, tmp, unix.AT_FDCWD, name, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // old kernels, some file systems
		return publishLink(tmp, name)
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: tmp, New: filepath.Base(name), Err: err}
	}
	return nil
}
