package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// open opens a regular file for reading, and nothing else: opening a device may do something to it. size is in bytes.
func open(name string) (f *os.File, size int64, err error) {
	fi, err := os.Stat(name)
	if err != nil {
		return nil, 0, err
	}
	if !fi.Mode().IsRegular() && !cloud(name, fi) {
		return nil, 0, fmt.Errorf("%s: %w", name, ErrNotRegular)
	}
	if f, err = os.Open(name); err != nil {
		return nil, 0, err
	}
	if fi, err = f.Stat(); err == nil && !fi.Mode().IsRegular() && !cloud(name, fi) { // exchanged meanwhile
		err = fmt.Errorf("%s: %w", name, ErrNotRegular)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, fi.Size(), nil
}

// cloud reports whether a file that package os takes for irregular is one that a cloud keeps.
func cloud(name string, fi fs.FileInfo) bool {
	if fi.Mode().Type() != fs.ModeIrregular {
		return false
	}
	h, err := openAny(name, true, 0)
	if err != nil {
		return false
	}
	defer windows.CloseHandle(h)
	r, _ := reparse(h)
	return r.mode(fi.Mode()).IsRegular()
}

// isLink reports whether a file is a link or a junction.
func isLink(name string, fi fs.FileInfo) bool {
	if fi.Mode().Type() != fs.ModeIrregular {
		return fi.Mode()&fs.ModeSymlink != 0
	}
	h, err := openAny(name, false, 0)
	if err != nil {
		return false
	}
	defer windows.CloseHandle(h)
	r, _ := reparse(h)
	return r.IsLink()
}

// What x/sys/windows does not have.
var (
	kernel32                    = windows.NewLazySystemDLL("kernel32.dll")
	advapi32                    = windows.NewLazySystemDLL("advapi32.dll")
	user32                      = windows.NewLazySystemDLL("user32.dll")
	procAccessCheck             = advapi32.NewProc("AccessCheck")
	procReplaceFile             = kernel32.NewProc("ReplaceFileW")
	procGetUserDefaultLocale    = kernel32.NewProc("GetUserDefaultLocaleName")
	procRegEnumValue            = advapi32.NewProc("RegEnumValueW")
	procRegSetValueEx           = advapi32.NewProc("RegSetValueExW")
	procSendMessageTimeout      = user32.NewProc("SendMessageTimeoutW")
	errUnableToMoveReplacement2 = windows.Errno(1177) // ERROR_UNABLE_TO_MOVE_REPLACEMENT_2
)

const (
	fileAllAccess           = 0x1F01FF // FILE_ALL_ACCESS
	fileInternalInformation = 6        // of FILE_INFORMATION_CLASS: the file index
)

func leadsNowhere(err error) bool {
	return errors.Is(err, windows.ERROR_CANT_RESOLVE_FILENAME) || // links in a circle
		errors.Is(err, windows.ERROR_INVALID_NAME) || // no file can have it: quotes, unexpanded wildcards
		errors.Is(err, windows.ERROR_DIRECTORY) || errors.Is(err, windows.ERROR_FILENAME_EXCED_RANGE)
}

// stat completes what package os says of a file. What cannot be learned without more rights stays unknown.
func (l *Local) stat(name string, follow bool) (FileInfo, error) {
	look := os.Lstat
	if follow {
		look = os.Stat
	}
	fi, err := look(name)
	if err != nil {
		return FileInfo{}, err
	}
	out := FileInfo{Name: filepath.Base(fi.Name()), Mode: fi.Mode(), Size: fi.Size(), ModTime: fi.ModTime(), UID: -1, GID: -1}
	readOnly := fi.Mode()&0o200 == 0 && fi.Mode().IsRegular() // of a directory the attribute means something else
	h, err := openAny(name, follow, windows.READ_CONTROL)
	if err != nil {
		if h, err = openAny(name, follow, 0); err != nil {
			out.ReadOnly = readOnly
			return out, nil
		}
	}
	defer windows.CloseHandle(h)
	// The volume would be the rest of an identity, but to ask for it goes through the mount manager.
	var index uint64
	data, _ := fi.Sys().(*syscall.Win32FileAttributeData)
	if data != nil && windows.NtQueryInformationFile(h, new(windows.IO_STATUS_BLOCK), (*byte)(unsafe.Pointer(&index)), 8, fileInternalInformation) == nil {
		out.ID = fmt.Sprintf("%x%08x:%x", data.CreationTime.HighDateTime, data.CreationTime.LowDateTime, index)
	}
	if r, err := reparse(h); err == nil || r.Tag != 0 {
		out.Mode, out.Reparse = r.mode(out.Mode), r.Tag
	}
	var rights uint32
	out.SDDL, rights = security(h, windows.SE_FILE_OBJECT, windows.FILE_WRITE_DATA, fileRights)
	out.ReadOnly = readOnly || rights&windows.FILE_WRITE_DATA == 0
	return out, nil
}

// openAny opens a file or a directory, or the link itself, for its attributes and what access asks more.
func openAny(name string, follow bool, access uint32) (windows.Handle, error) {
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	flags := uint32(windows.FILE_FLAG_BACKUP_SEMANTICS)
	if !follow {
		flags |= windows.FILE_FLAG_OPEN_REPARSE_POINT
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	return windows.CreateFile(p, access|windows.FILE_READ_ATTRIBUTES, share, nil, windows.OPEN_EXISTING, flags, 0)
}

// reparse reads the reparse point of an open file. After an error at least the tag is set, if there is one.
func reparse(h windows.Handle) (Reparse, error) {
	var tag struct{ Attributes, Tag uint32 }
	if err := windows.GetFileInformationByHandleEx(h, windows.FileAttributeTagInfo, (*byte)(unsafe.Pointer(&tag)), uint32(unsafe.Sizeof(tag))); err != nil {
		return Reparse{}, err
	}
	r := Reparse{Tag: tag.Tag}
	switch r.Tag {
	case tagMountPoint, tagSymlink, tagAppExec:
	default:
		return r, nil
	}
	b := make([]byte, windows.MAXIMUM_REPARSE_DATA_BUFFER_SIZE)
	var n uint32
	if err := windows.DeviceIoControl(h, windows.FSCTL_GET_REPARSE_POINT, nil, 0, &b[0], uint32(len(b)), &n, nil); err != nil {
		return r, err
	}
	return ParseReparse(b[:n])
}

// readlink is os.Readlink, which says of a file that is no link that it is absent, and which does not know aliases.
func readlink(name string) (string, error) {
	h, err := openAny(name, false, 0)
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
	}
	defer windows.CloseHandle(h)
	r, err := reparse(h)
	switch {
	case err != nil:
		return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
	case !r.IsLink() && r.Tag != tagAppExec:
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return r.Target, nil
}

// Generic rights of files and of keys in the order of GENERIC_MAPPING: read, write, execute, all.
var (
	fileRights = [4]uint32{windows.FILE_GENERIC_READ, windows.FILE_GENERIC_WRITE, windows.FILE_GENERIC_EXECUTE, fileAllAccess}
	keyRights  = [4]uint32{registry.READ, registry.WRITE, registry.EXECUTE, registry.ALL_ACCESS}
)

// security returns the descriptor of an open file or key, and what this process may do to it of what access asks for, which Windows finds
// out from the descriptor, its integrity label included. What cannot be found out is taken to be allowed: an attempt will tell.
func security(h windows.Handle, typ windows.SE_OBJECT_TYPE, access uint32, generic [4]uint32) (text string, rights uint32) {
	const parts = windows.OWNER_SECURITY_INFORMATION | windows.GROUP_SECURITY_INFORMATION | windows.DACL_SECURITY_INFORMATION
	sd, err := windows.GetSecurityInfo(h, typ, parts|windows.LABEL_SECURITY_INFORMATION)
	if err != nil { // file systems without labels
		if sd, err = windows.GetSecurityInfo(h, typ, parts); err != nil {
			return "", generic[3]
		}
	}
	return sd.String(), granted(sd, access, generic)
}

// impersonation is this process's token in the form that access checks want; 0 if there is none.
var impersonation = sync.OnceValue(func() windows.Token {
	var own, token windows.Token
	if windows.OpenProcessToken(windows.CurrentProcess(), windows.TOKEN_QUERY|windows.TOKEN_DUPLICATE, &own) != nil {
		return 0
	}
	defer own.Close()
	if windows.DuplicateTokenEx(own, windows.TOKEN_QUERY, nil, windows.SecurityIdentification, windows.TokenImpersonation, &token) != nil {
		return 0
	}
	return token
})

// granted is AccessCheck for this process. access has no generic rights; MAXIMUM_ALLOWED asks for all that there are.
func granted(sd *windows.SECURITY_DESCRIPTOR, access uint32, generic [4]uint32) uint32 {
	token := impersonation()
	if token == 0 || procAccessCheck.Find() != nil {
		return generic[3]
	}
	var privileges [256]byte // PRIVILEGE_SET
	size, rights, status := uint32(len(privileges)), uint32(0), int32(0)
	r, _, _ := procAccessCheck.Call(uintptr(unsafe.Pointer(sd)), uintptr(token), uintptr(access), uintptr(unsafe.Pointer(&generic)),
		uintptr(unsafe.Pointer(&privileges)), uintptr(unsafe.Pointer(&size)), uintptr(unsafe.Pointer(&rights)), uintptr(unsafe.Pointer(&status)))
	switch {
	case r == 0:
		return generic[3]
	case status == 0:
		return 0
	}
	return rights & generic[3]
}

func readAccounts() accounts { return accounts{} }

func (l *Local) readSystem() System {
	s := System{UID: -1, Locale: locale(), Roots: true} // Windows keeps its roots itself
	v := windows.RtlGetVersion()
	s.Version = fmt.Sprintf("%d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
	var process, native uint16
	if windows.IsWow64Process2(windows.CurrentProcess(), &process, &native) == nil {
		s.Arch = map[uint16]string{0x14c: "386", 0x8664: "amd64", 0xaa64: "arm64"}[native]
	}
	s.Shell = l.getenv("ComSpec")
	var t windows.Token
	if windows.OpenProcessToken(windows.CurrentProcess(), windows.TOKEN_QUERY, &t) == nil {
		defer t.Close()
		s.Admin = t.IsElevated()
		if home, err := t.GetUserProfileDirectory(); err == nil {
			s.Home = home
		}
		if u, err := t.GetTokenUser(); err == nil {
			if name, _, _, err := u.User.Sid.LookupAccount(""); err == nil {
				s.User = name
			}
		}
	}
	if s.Home == "" {
		s.Home = l.getenv("USERPROFILE")
	}
	if s.User == "" {
		s.User = l.getenv("USERNAME")
	}
	return s
}

func locale() string {
	var b [85]uint16 // LOCALE_NAME_MAX_LENGTH
	if procGetUserDefaultLocale.Find() != nil {
		return ""
	}
	if n, _, _ := procGetUserDefaultLocale.Call(uintptr(unsafe.Pointer(&b[0])), uintptr(len(b))); n == 0 {
		return ""
	}
	return windows.UTF16ToString(b[:])
}

// remoteRoot is the server or the drive of another machine that a name leads to, "" if none. A drive that is remembered and not connected
// is one that does not answer: to Windows it is no drive at all, but what is on it is not gone.
func (l *Local) remoteRoot(name string) string {
	vol := filepath.VolumeName(name)
	if l.style.IsRemote(name) || strings.HasPrefix(strings.ToUpper(vol), `\\?\UNC`) {
		return strings.ToLower(vol)
	}
	drive := strings.TrimPrefix(vol, `\\?\`)
	if len(drive) != 2 || drive[1] != ':' {
		return ""
	}
	root := strings.ToLower(drive)
	switch l.driveType(root) {
	case windows.DRIVE_REMOTE:
		return root
	case windows.DRIVE_NO_ROOT_DIR:
		if k, err := registry.OpenKey(registry.CURRENT_USER, `Network\`+drive[:1], registry.QUERY_VALUE); err == nil {
			k.Close()
			l.silence(root)
			return root
		}
	}
	return ""
}

// leads is the first link on the way of a name and the remote root that the way comes to, "" if it stays on this machine.
func (l *Local) leads(name string) (link, root string) {
	return leadsAway(name, linkTarget, l.remoteRoot)
}

// linkTarget is where a link leads, "" for what is none.
func linkTarget(name string) string {
	h, err := openAny(name, false, 0)
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(h)
	if r, err := reparse(h); err == nil && r.IsLink() {
		return r.Target
	}
	return ""
}

// driveKept is how long the type of a drive is remembered: for a pass, which asks for it with every name.
const driveKept = time.Second

// driveType is the type of a drive, "c:", not older than driveKept.
func (l *Local) driveType(root string) uint32 {
	now := time.Now()
	l.mu.Lock()
	d, ok := l.drives[root]
	l.mu.Unlock()
	if ok && now.Sub(d.seen) < driveKept {
		return d.typ
	}
	typ := driveType(root)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drives[root] = drive{typ, now}
	return typ
}

// driveType asks nobody else: Windows knows it from what the drive is mapped to. It opens the drive all the same.
func driveType(drive string) uint32 {
	p, err := windows.UTF16PtrFromString(drive + `\`)
	if err != nil {
		return windows.DRIVE_UNKNOWN
	}
	return windows.GetDriveType(p)
}

// unreachable reports whether an error says that another machine cannot be asked. Package os takes the first of them for absence.
func unreachable(err error) bool {
	for _, e := range []error{windows.ERROR_BAD_NETPATH, windows.ERROR_NETNAME_DELETED, windows.ERROR_UNEXP_NET_ERR, windows.ERROR_SEM_TIMEOUT,
		windows.ERROR_NO_NET_OR_BAD_PATH, windows.ERROR_NO_NETWORK, windows.ERROR_CONNECTION_UNAVAIL, windows.ERROR_NETWORK_UNREACHABLE, windows.ERROR_HOST_UNREACHABLE} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Mounts lists the drives. Network drives are not touched, and those that may be without a medium only for a moment.
func (l *Local) Mounts() ([]Mount, error) {
	bits, err := windows.GetLogicalDrives()
	if err != nil {
		return nil, fmt.Errorf("reading drives: %w", err)
	}
	var list []Mount
	for i := range 26 {
		if bits&(1<<i) == 0 {
			continue
		}
		drive := string(rune('A'+i)) + ":"
		m := Mount{Point: drive + `\`}
		switch driveType(drive) {
		case windows.DRIVE_NO_ROOT_DIR:
			continue
		case windows.DRIVE_REMOTE:
			m.Type = "network"
		case windows.DRIVE_FIXED, windows.DRIVE_RAMDISK:
			m, _ = volume(m)
		default:
			if v, err := ask(l, strings.ToLower(drive), m.Point, func() (Mount, error) { return volume(m) }); err == nil {
				m = v
			}
		}
		list = append(list, m)
	}
	return list, nil
}

// volume says what is on a drive.
func volume(m Mount) (Mount, error) {
	root, err := windows.UTF16PtrFromString(m.Point)
	if err != nil {
		return m, err
	}
	var flags uint32
	var system [windows.MAX_PATH + 1]uint16
	if err := windows.GetVolumeInformation(root, nil, 0, nil, nil, &flags, &system[0], uint32(len(system))); err != nil {
		return m, err
	}
	m.Type, m.Options = windows.UTF16ToString(system[:]), []string{"rw"}
	if flags&windows.FILE_READ_ONLY_VOLUME != 0 {
		m.Options = []string{"ro"}
	}
	return m, windows.GetDiskFreeSpaceEx(root, &m.Free, &m.Total, nil)
}

// view is the block that a new process of this user gets, as Windows makes it from the registry now.
func (l *Local) view(name string) []string {
	if name != "login" {
		return nil
	}
	var t windows.Token
	if windows.OpenProcessToken(windows.CurrentProcess(), windows.TOKEN_QUERY|windows.TOKEN_DUPLICATE, &t) != nil {
		return nil
	}
	defer t.Close()
	env, err := t.Environ(false)
	if err != nil {
		return nil
	}
	return env
}

// Processes takes a snapshot of the process table, which has all processes of the machine, the first time: who started whom does not change,
// and a parent that ends later has started us all the same. The number of a parent that ended before may belong to another process now:
// that one started later than its supposed child, and the list ends before it.
func (l *Local) Processes() ([]Process, error) {
	if list := l.chain.Load(); list != nil {
		return slices.Clone(*list), nil
	}
	snap, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil, fmt.Errorf("reading processes: %w", err)
	}
	defer windows.CloseHandle(snap)
	all := map[int]Process{}
	e := windows.ProcessEntry32{}
	e.Size = uint32(unsafe.Sizeof(e))
	for err = windows.Process32First(snap, &e); err == nil; err = windows.Process32Next(snap, &e) {
		all[int(e.ProcessID)] = Process{PID: int(e.ProcessID), PPID: int(e.ParentProcessID), Name: windows.UTF16ToString(e.ExeFile[:])}
	}
	var list []Process
	for pid := os.Getpid(); len(list) < 64; {
		p, ok := all[pid]
		if !ok {
			break
		}
		p.Start = started(pid)
		if n := len(list); n > 0 && (p.Start.After(list[n-1].Start) || p.PID == list[n-1].PID) {
			break
		}
		list = append(list, p)
		pid = p.PPID
	}
	if len(list) == 0 {
		return nil, errors.New("reading processes: this process is not in the table")
	}
	l.chain.Store(&list)
	return slices.Clone(list), nil
}

// started is when a process started; zero if that is not for us to know.
func started(pid int) time.Time {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return time.Time{}
	}
	defer windows.CloseHandle(h)
	var created, exited, kernel, user windows.Filetime
	if windows.GetProcessTimes(h, &created, &exited, &kernel, &user) != nil {
		return time.Time{}
	}
	return time.Unix(0, created.Nanoseconds())
}

// Block knows the block of this process only: that of another stands in its memory.
func (l *Local) Block(pid int) ([]string, error) {
	if pid == os.Getpid() {
		return os.Environ(), nil
	}
	return nil, fmt.Errorf("the environment of process %d is not readable on Windows", pid)
}

// announceWait bounds Announce. Programs that are busy get the message all the same, when they look for one.
const announceWait = 5 * time.Second

// Announce sends WM_SETTINGCHANGE to all top-level windows, as the System dialog does. wParam must be 0.
func (l *Local) Announce() error {
	const (
		broadcast     = 0xffff
		settingChange = 0x1a
		abortIfHung   = 2
		wait          = 1000 // ms for each window
	)
	if err := procSendMessageTimeout.Find(); err != nil {
		return fmt.Errorf("announcing the new environment: %w", err)
	}
	area, err := windows.UTF16PtrFromString("Environment")
	if err != nil {
		return err
	}
	// The time-out is for each window: many that do not answer would hold a fix up.
	sent := make(chan error, 1)
	go func() {
		r, _, err := procSendMessageTimeout.Call(broadcast, settingChange, 0, uintptr(unsafe.Pointer(area)), abortIfHung, wait, 0)
		if r != 0 {
			err = nil
		}
		sent <- err
	}()
	timer := time.NewTimer(announceWait)
	defer timer.Stop()
	select {
	case err = <-sent:
	case <-timer.C:
		err = windows.ERROR_TIMEOUT
	}
	if err != nil {
		return fmt.Errorf("announcing the new environment: %w", err)
	}
	return nil
}

// splitKey separates the hive of HKCU\Environment.
func splitKey(key string) (registry.Key, string, error) {
	hive, path, _ := strings.Cut(key, `\`)
	switch strings.ToUpper(hive) {
	case "HKCU":
		return registry.CURRENT_USER, path, nil
	case "HKLM":
		return registry.LOCAL_MACHINE, path, nil
	case "HKCR":
		return registry.CLASSES_ROOT, path, nil
	case "HKU":
		return registry.USERS, path, nil
	}
	return 0, "", fmt.Errorf("registry key %s: no such hive: %w", key, fs.ErrNotExist)
}

func openKey(key string, access uint32) (registry.Key, error) {
	hive, path, err := splitKey(key)
	if err != nil {
		return 0, err
	}
	k, err := registry.OpenKey(hive, path, access|registry.WOW64_64KEY)
	if err != nil {
		return 0, fmt.Errorf("registry key %s: %w", key, err)
	}
	return k, nil
}

func (l *Local) ReadKey(key string) (*Key, error) {
	k, err := openKey(key, registry.QUERY_VALUE|registry.ENUMERATE_SUB_KEYS|windows.READ_CONTROL)
	if errors.Is(err, fs.ErrPermission) { // to read the descriptor is a right of its own
		k, err = openKey(key, registry.QUERY_VALUE|registry.ENUMERATE_SUB_KEYS)
	}
	if err != nil {
		return nil, err
	}
	defer k.Close()
	out := &Key{Name: key}
	out.SDDL, out.Rights = security(windows.Handle(k), windows.SE_REGISTRY_KEY, windows.MAXIMUM_ALLOWED, keyRights)
	if st, err := k.Stat(); err == nil {
		out.Written = st.ModTime()
	}
	if w, err := openKey(key, registry.SET_VALUE); err == nil {
		w.Close()
	} else {
		out.ReadOnly = errors.Is(err, fs.ErrPermission)
	}
	if out.Values, err = values(k); err != nil {
		return nil, fmt.Errorf("registry key %s: %w", key, err)
	}
	if out.Subkeys, err = subkeys(k); err != nil {
		return nil, fmt.Errorf("registry key %s: %w", key, err)
	}
	return out, nil
}

func subkeys(k registry.Key) ([]string, error) {
	var list []string
	for i := uint32(0); ; i++ {
		var name [256]uint16 // a key's name has at most 255
		n := uint32(len(name))
		switch err := windows.RegEnumKeyEx(windows.Handle(k), i, &name[0], &n, nil, nil, nil, nil); err {
		case nil:
			list = append(list, windows.UTF16ToString(name[:n]))
		case windows.ERROR_NO_MORE_ITEMS:
			return list, nil
		default:
			return list, err
		}
	}
}

// values reads name, type and bytes in one call each: to ask for a value by its name again would find another one meanwhile.
func values(k registry.Key) ([]NamedValue, error) {
	var list []NamedValue
	name := make([]uint16, 16384) // a value's name has at most 16383
	data := make([]byte, 16<<10)
	for i := 0; ; {
		n, size, typ := uint32(len(name)), uint32(len(data)), uint32(0)
		r, _, _ := procRegEnumValue.Call(uintptr(k), uintptr(i), uintptr(unsafe.Pointer(&name[0])), uintptr(unsafe.Pointer(&n)), 0,
			uintptr(unsafe.Pointer(&typ)), uintptr(unsafe.Pointer(&data[0])), uintptr(unsafe.Pointer(&size)))
		switch err := windows.Errno(r); err {
		case windows.ERROR_SUCCESS:
			v := Value{Type: typeName(typ), Data: bytes.Clone(data[:size])}
			list = append(list, NamedValue{Name: windows.UTF16ToString(name[:n]), Value: v})
			i++
		case windows.ERROR_MORE_DATA:
			data = make([]byte, max(int(size), 2*len(data)))
		case windows.ERROR_NO_MORE_ITEMS:
			return list, nil
		default:
			return list, err
		}
	}
}

var typeNames = map[uint32]string{0: "none", 1: "sz", 2: "expand", 3: "binary", 4: "dword", 7: "multi", 11: "qword"}

func typeName(typ uint32) string {
	if s, ok := typeNames[typ]; ok {
		return s
	}
	return fmt.Sprintf("hex(%x)", typ)
}

func typeNumber(name string) (uint32, error) {
	for typ, s := range typeNames {
		if s == name {
			return typ, nil
		}
	}
	if s, ok := strings.CutPrefix(name, "hex("); ok {
		if n, err := strconv.ParseUint(strings.TrimSuffix(s, ")"), 16, 32); err == nil {
			return uint32(n), nil
		}
	}
	return 0, fmt.Errorf("%q is no type of registry value", name)
}

// value reads one value; nil is absent.
func value(k registry.Key, name string) (*Value, error) {
	data := make([]byte, 4096)
	for {
		n, typ, err := k.GetValue(name, data)
		switch {
		case errors.Is(err, registry.ErrShortBuffer):
			data = make([]byte, max(n, 2*len(data)))
		case errors.Is(err, registry.ErrNotExist):
			return nil, nil
		case err != nil:
			return nil, err
		default:
			return &Value{Type: typeName(typ), Data: data[:n]}, nil
		}
	}
}

func sameValue(a, b *Value) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Type == b.Type && bytes.Equal(a.Data, b.Data))
}

// set writes a value, or removes it where v is nil.
func set(k registry.Key, name string, v *Value) error {
	if v == nil {
		return k.DeleteValue(name)
	}
	typ, err := typeNumber(v.Type)
	if err != nil {
		return err
	}
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	// Windows looks behind the data of a string that has no terminator, and takes a NUL that it finds there along.
	data := append(bytes.Clone(v.Data), 0xff, 0xff)
	r, _, _ := procRegSetValueEx.Call(uintptr(k), uintptr(unsafe.Pointer(p)), 0, uintptr(typ), uintptr(unsafe.Pointer(&data[0])), uintptr(len(v.Data)))
	if r != 0 {
		return windows.Errno(r)
	}
	return nil
}

// swapValue makes an edit of a registry value. One value is written whole or not at all; there is no lock, so what stands
// there is read again, and put back if another writer came between.
func (l *Local) swapValue(key, name string, old, new *Value) error {
	const access = registry.QUERY_VALUE | registry.SET_VALUE
	k, err := openKey(key, access)
	if errors.Is(err, fs.ErrNotExist) {
		switch {
		case old != nil:
			return ErrConflict
		case new == nil:
			return nil
		}
		hive, path, e := splitKey(key)
		if e != nil {
			return e
		}
		k, _, err = registry.CreateKey(hive, path, access|registry.WOW64_64KEY)
	}
	if err != nil {
		return err
	}
	defer k.Close()
	now, err := value(k, name)
	switch {
	case err != nil:
		return err
	case !sameValue(now, old):
		return ErrConflict
	case sameValue(old, new):
		return nil
	}
	if err := l.step("set"); err != nil {
		return err
	}
	if err := set(k, name, new); err != nil {
		return err
	}
	now, err = value(k, name)
	if err == nil && sameValue(now, new) {
		return nil
	}
	if err == nil {
		err = errors.New("what was written did not stay")
	}
	return errors.Join(err, set(k, name, old))
}

// watchKeys reports every place of a key when a value or a subkey of it changes; of a key that is absent, when a key on the way to it
// comes or goes.
func watchKeys(ctx context.Context, at []Loc, report func(Loc)) (wait func()) {
	keys := map[string][]Loc{}
	for _, loc := range at {
		k := strings.ToLower(loc.Path)
		keys[k] = append(keys[k], loc)
	}
	done := make(chan struct{}, len(keys))
	for key, places := range keys {
		armed := make(chan struct{})
		go func() {
			watchKey(ctx, key, armed, func() {
				for _, loc := range places {
					report(loc)
				}
			})
			done <- struct{}{}
		}()
		<-armed // a change after Watch has returned is seen
	}
	return func() {
		for range keys {
			<-done
		}
	}
}

func watchKey(ctx context.Context, key string, armed chan<- struct{}, report func()) {
	tell := func() {
		if armed != nil {
			close(armed)
			armed = nil
		}
	}
	defer tell()
	stop, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return
	}
	defer windows.CloseHandle(stop)
	set := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() { defer close(set); _ = windows.SetEvent(stop) })
	defer func() {
		if !cancel() {
			<-set // the handle is in use until then
		}
	}()
	// The keys whose notifications are on: the watched one, or the nearest above it that exists, and the parent of that, where the
	// key itself comes and goes. They are opened anew at each round: a key that was deleted and made again is another one. The
	// event is new each time, too: to close a key sets the event of its notification.
	var open []registry.Key
	var changed windows.Handle
	closeAll := func() {
		for _, k := range open {
			k.Close()
		}
		open = nil
		if changed != 0 {
			windows.CloseHandle(changed)
			changed = 0
		}
	}
	defer closeAll()
	listen := func(name string, filter uint32) error {
		k, err := openKey(name, registry.NOTIFY)
		if err != nil {
			return err
		}
		open = append(open, k)
		return windows.RegNotifyChangeKeyValue(windows.Handle(k), false, filter|windows.REG_NOTIFY_THREAD_AGNOSTIC, changed, true)
	}
	for first := true; ; first = false {
		closeAll()
		if ctx.Err() != nil {
			return
		}
		if changed, err = windows.CreateEvent(nil, 0, 0, nil); err != nil {
			return
		}
		at, filter := key, uint32(windows.REG_NOTIFY_CHANGE_NAME|windows.REG_NOTIFY_CHANGE_LAST_SET)
		for {
			if listen(at, filter) == nil {
				break
			}
			i := strings.LastIndexByte(at, '\\')
			if i < 0 {
				return // not even the hive
			}
			at, filter = at[:i], windows.REG_NOTIFY_CHANGE_NAME
		}
		if i := strings.LastIndexByte(at, '\\'); i > 0 {
			_ = listen(at[:i], windows.REG_NOTIFY_CHANGE_NAME) // Windows also wakes the watchers of a deleted key, Wine does not
		}
		if at != key { // it may have come before the notification was on
			if k, err := openKey(key, registry.NOTIFY); err == nil {
				k.Close()
				time.Sleep(10 * time.Millisecond) // if it cannot be listened to although it is there
				continue
			}
		}
		tell()
		if !first { // only now: what is written after this report is seen
			report()
		}
		n, err := windows.WaitForMultipleObjects([]windows.Handle{stop, changed}, false, windows.INFINITE)
		if err != nil || n == windows.WAIT_OBJECT_0 {
			return
		}
	}
}

// keep does nothing: ReplaceFile gives the new file the attributes and the security descriptor of the old one.
func keep(*os.File, string, fs.FileInfo) error { return nil }

// replaceFile puts tmp in the place of name. The old file goes through a third name, because without one ReplaceFile can lose it.
// Virus scanners hold new files for moments.
func replaceFile(tmp, name string) error {
	from, err := windows.UTF16PtrFromString(tmp)
	if err != nil {
		return err
	}
	to, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	backup, err := windows.UTF16PtrFromString(tmp + ".old")
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		r, _, e := procReplaceFile.Call(uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(from)), uintptr(unsafe.Pointer(backup)), 0, 0, 0)
		if r != 0 {
			return discard(tmp + ".old")
		}
		switch {
		case errors.Is(e, errUnableToMoveReplacement2): // name has become the backup
			return errors.Join(&os.LinkError{Op: "replace", Old: tmp, New: name, Err: e}, os.Rename(tmp+".old", name))
		case errors.Is(e, windows.ERROR_SHARING_VIOLATION) && try < 10:
			time.Sleep(20 * time.Millisecond)
		case errors.Is(e, windows.ERROR_NOT_SUPPORTED) || errors.Is(e, windows.ERROR_INVALID_FUNCTION): // FAT, some network drives
			return os.Rename(tmp, name)
		default:
			return &os.LinkError{Op: "replace", Old: tmp, New: name, Err: e}
		}
	}
}

// publish gives a finished file its name, which must be free.
func publish(tmp, name string) error {
	from, err := windows.UTF16PtrFromString(tmp)
	if err != nil {
		return err
	}
	to, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	if err := windows.MoveFileEx(from, to, windows.MOVEFILE_WRITE_THROUGH); err != nil {
		return &os.LinkError{Op: "rename", Old: tmp, New: name, Err: err}
	}
	return nil
}

// syncDir does nothing: NTFS journals names.
func syncDir(string) {}
