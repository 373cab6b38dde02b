//go:build unix

package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const openFlags = unix.O_NONBLOCK | unix.O_NOCTTY

func leadsNowhere(err error) bool {
	return errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENAMETOOLONG)
}

// info completes what package os says of a file.
func (l *Local) info(_ string, fi fs.FileInfo, _ bool) FileInfo {
	out := FileInfo{Name: fi.Name(), Mode: fi.Mode(), Size: fi.Size(), ModTime: fi.ModTime(), UID: -1, GID: -1}
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		out.UID, out.GID = int(st.Uid), int(st.Gid)
		out.ID = strconv.FormatUint(uint64(st.Dev), 16) + ":" + strconv.FormatUint(st.Ino, 16)
		names := l.names()
		out.Owner, out.Group = names.users[out.UID].name, names.groups[out.GID]
	}
	return out
}

func readAccounts() accounts {
	a := accounts{users: map[int]account{}, groups: map[int]string{}}
	// A file that cannot be read leaves names unknown.
	passwd, _ := readText("/etc/passwd")
	for line := range bytes.Lines(passwd) {
		f := strings.Split(strings.TrimSpace(string(line)), ":")
		if len(f) < 7 || strings.HasPrefix(f[0], "#") {
			continue
		}
		uid, err1 := strconv.Atoi(f[2])
		gid, err2 := strconv.Atoi(f[3])
		if _, dup := a.users[uid]; !dup && err1 == nil && err2 == nil { // the first line counts, as in getpwuid
			a.users[uid] = account{name: f[0], uid: uid, gid: gid, home: f[5], shell: f[6]}
		}
	}
	group, _ := readText("/etc/group")
	for line := range bytes.Lines(group) {
		f := strings.Split(strings.TrimSpace(string(line)), ":")
		if len(f) < 3 || strings.HasPrefix(f[0], "#") {
			continue
		}
		gid, err := strconv.Atoi(f[2])
		if _, dup := a.groups[gid]; !dup && err == nil {
			a.groups[gid] = f[0]
		}
	}
	return a
}

func (l *Local) readSystem() System {
	s := System{UID: os.Getuid()}
	me := l.self()
	s.User, s.Home, s.Shell = me.name, me.home, me.shell
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
