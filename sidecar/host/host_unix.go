//go:build unix

package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func leadsNowhere(err error) bool {
	return errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENAMETOOLONG)
}

// A file is a descriptor that is only read. Package os would give it to the poller and to a finalizer, which costs more than
// to read a profile.
type file int

// open opens a regular file for reading, and nothing else: opening a FIFO waits for a writer, and opening a device may do
// something to it. size is in bytes.
func open(name string) (f file, size int64, err error) {
	var st unix.Stat_t
	if err := fstatat(name, &st, 0); err != nil {
		return 0, 0, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return 0, 0, fmt.Errorf("%s: %w", name, ErrNotRegular)
	}
	fd, err := retry(func() (int, error) {
		return unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	})
	if err != nil {
		return 0, 0, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	if err = unix.Fstat(fd, &st); err != nil {
		err = &fs.PathError{Op: "stat", Path: name, Err: err}
	} else if st.Mode&unix.S_IFMT != unix.S_IFREG { // exchanged meanwhile
		err = fmt.Errorf("%s: %w", name, ErrNotRegular)
	}
	if err != nil {
		unix.Close(fd)
		return 0, 0, err
	}
	return file(fd), st.Size, nil
}

func (f file) Read(b []byte) (int, error) {
	n, err := retry(func() (int, error) { return unix.Read(int(f), b) })
	if n == 0 && err == nil && len(b) > 0 {
		err = io.EOF
	}
	return max(n, 0), err
}

func (f file) ReadAt(b []byte, off int64) (n int, err error) {
	for n < len(b) {
		m, err := retry(func() (int, error) { return unix.Pread(int(f), b[n:], off+int64(n)) })
		if err != nil {
			return n, err
		}
		if m == 0 {
			return n, io.EOF
		}
		n += m
	}
	return n, nil
}

func (f file) Close() error { return unix.Close(int(f)) }

// retry makes a call again that a signal interrupted: the Go runtime sends signals, and network and user-space file systems
// heed them.
func retry(f func() (int, error)) (int, error) {
	for {
		n, err := f()
		if err != unix.EINTR {
			return n, err
		}
	}
}

func fstatat(name string, st *unix.Stat_t, flags int) error {
	_, err := retry(func() (int, error) { return 0, unix.Fstatat(unix.AT_FDCWD, name, st, flags) })
	return err
}

// stat is what package os says of a file, and more: hundreds of names are looked at, most of which are not there.
func (l *Local) stat(name string, follow bool) (FileInfo, error) {
	op, flags := "stat", 0
	if !follow {
		op, flags = "lstat", unix.AT_SYMLINK_NOFOLLOW
	}
	var st unix.Stat_t
	if err := fstatat(name, &st, flags); err != nil {
		return FileInfo{}, &fs.PathError{Op: op, Path: name, Err: err}
	}
	var id [40]byte
	b := append(strconv.AppendUint(id[:0], uint64(st.Dev), 16), ':')
	out := FileInfo{Name: path.Base(name), Mode: fileMode(uint32(st.Mode)), Size: st.Size, ModTime: time.Unix(st.Mtim.Unix()),
		UID: int(st.Uid), GID: int(st.Gid), ID: string(strconv.AppendUint(b, st.Ino, 16))}
	names := l.names()
	out.Owner, out.Group = names.users[out.UID].name, names.groups[out.GID]
	return out, nil
}

func (l *Local) view(string) []string { return nil }

// unreachable has nothing to say: no error of a file system on another machine is one of absence.
func unreachable(error) bool { return false }

func isLink(_ string, fi fs.FileInfo) bool { return fi.Mode()&fs.ModeSymlink != 0 }

func readlink(name string) (string, error) { return os.Readlink(name) }

// fileMode translates st_mode.
func fileMode(m uint32) fs.FileMode {
	mode := fs.FileMode(m & 0o777)
	switch m & unix.S_IFMT {
	case unix.S_IFDIR:
		mode |= fs.ModeDir
	case unix.S_IFLNK:
		mode |= fs.ModeSymlink
	case unix.S_IFIFO:
		mode |= fs.ModeNamedPipe
	case unix.S_IFSOCK:
		mode |= fs.ModeSocket
	case unix.S_IFBLK:
		mode |= fs.ModeDevice
	case unix.S_IFCHR:
		mode |= fs.ModeDevice | fs.ModeCharDevice
	}
	if m&unix.S_ISUID != 0 {
		mode |= fs.ModeSetuid
	}
	if m&unix.S_ISGID != 0 {
		mode |= fs.ModeSetgid
	}
	if m&unix.S_ISVTX != 0 {
		mode |= fs.ModeSticky
	}
	return mode
}

func readAccounts() accounts {
	// A file that cannot be read leaves names unknown.
	passwd, _ := readText("/etc/passwd")
	group, _ := readText("/etc/group")
	a := accounts{users: make(map[int]account, bytes.Count(passwd, []byte{'\n'})), groups: make(map[int]string, bytes.Count(group, []byte{'\n'}))}
	for line := range strings.Lines(string(passwd)) {
		f, n := colons(line)
		if n < 7 {
			continue
		}
		uid, err1 := strconv.Atoi(f[2])
		gid, err2 := strconv.Atoi(f[3])
		if _, dup := a.users[uid]; !dup && err1 == nil && err2 == nil { // the first line counts, as in getpwuid
			a.users[uid] = account{name: f[0], uid: uid, gid: gid, home: f[5], shell: f[6]}
		}
	}
	for line := range strings.Lines(string(group)) {
		f, n := colons(line)
		if n < 3 {
			continue
		}
		gid, err := strconv.Atoi(f[2])
		if _, dup := a.groups[gid]; !dup && err == nil {
			a.groups[gid] = f[0]
		}
	}
	return a
}

// colons cuts a line of /etc/passwd or /etc/group into n fields; a comment has none.
func colons(line string) (f [7]string, n int) {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "#") {
		return f, 0
	}
	for v := range strings.SplitSeq(line, ":") {
		if n < len(f) {
			f[n] = v
		}
		n++
	}
	return f, n
}

// owns reports whether a name is an existing directory of this user: sudo leaves the $HOME of another one, which is not ours.
func (l *Local) owns(dir string) bool {
	var st unix.Stat_t
	return path.IsAbs(dir) && unix.Stat(dir, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR && int(st.Uid) == os.Getuid()
}

func (l *Local) readSystem() System {
	s := System{UID: os.Getuid()}
	me := l.self()
	s.User, s.Home, s.Shell = me.name, me.home, me.shell
	if home := l.getenv("HOME"); home != s.Home && l.owns(home) {
		s.Home, s.Account = home, me.home // shells and go read what $HOME names, even where the account says otherwise
	}
	for value, name := range map[*string]string{&s.User: "USER", &s.Home: "HOME", &s.Shell: "SHELL"} {
		if *value == "" {
			*value = l.getenv(name)
		}
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if s.Locale = l.getenv(name); s.Locale != "" {
			break
		}
	}
	if gids, err := os.Getgroups(); err == nil {
		s.GIDs = append(s.GIDs, os.Getgid())
		for _, g := range gids {
			if !slices.Contains(s.GIDs, g) {
				s.GIDs = append(s.GIDs, g)
			}
			switch l.names().groups[g] {
			case "sudo", "wheel", "admin":
				s.Admin = true
			}
		}
	}
	s.Admin = s.Admin || s.UID == 0
	s.Roots = hasRoots()
	l.describe(&s)
	return s
}

// swapValue always fails: there is no registry.
func (l *Local) swapValue(key, _ string, _, _ *Value) error {
	return fmt.Errorf("registry key %s: %w", key, fs.ErrNotExist)
}

func (l *Local) ReadKey(key string) (*Key, error) {
	return nil, fmt.Errorf("registry key %s: %w", key, fs.ErrNotExist)
}

// Announce does nothing: no program of this system listens.
func (l *Local) Announce() error { return nil }

func watchKeys(context.Context, []Loc, func(Loc)) (wait func()) { return func() {} }

// keep gives the new file f the mode, owner and extended attributes of name. That it cannot have the owner is an error: the file
// would change hands.
func keep(f *os.File, name string, fi fs.FileInfo) error {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("the owner is unknown")
	}
	own, err := f.Stat()
	if err != nil {
		return err
	}
	if o, ok := own.Sys().(*syscall.Stat_t); !ok || o.Uid != st.Uid || o.Gid != st.Gid {
		if err := f.Chown(int(st.Uid), int(st.Gid)); err != nil {
			return fmt.Errorf("keeping the owner: %w", err)
		}
	}
	copyAttributes(name, int(f.Fd()))
	return f.Chmod(fi.Mode()) // after chown, which takes setuid away
}

// copyAttributes copies ACLs, labels and the like as far as the file system and our rights allow; most files have none.
func copyAttributes(name string, to int) {
	list := make([]byte, 4096)
	n, err := unix.Listxattr(name, list)
	if err != nil {
		return
	}
	for attr := range bytes.SplitSeq(list[:n], []byte{0}) {
		value := make([]byte, 64<<10)
		if bytes.HasPrefix(attr, []byte("security.ima")) || bytes.HasPrefix(attr, []byte("security.evm")) {
			continue // signatures of the old bytes
		}
		if n, err := unix.Getxattr(name, string(attr), value); err == nil && len(attr) > 0 {
			_ = unix.Fsetxattr(to, string(attr), value[:n], 0)
		}
	}
}

func replaceFile(tmp, name string) error { return os.Rename(tmp, name) }

// syncDir makes a rename survive a power cut, as far as the file system can: many refuse, and the rename is made already. The
// journal looks at the place itself after a crash.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		f.Close()
	}
}

// publishLink gives a finished file its name where no file system call does it without overwriting.
func publishLink(tmp, name string) error {
	if err := os.Link(tmp, name); err != nil {
		return err
	}
	return os.Remove(tmp)
}

// leads is asked on Windows only.
func (l *Local) leads(string) (link, root string) { return "", "" }
