package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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
	if !fi.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s: %w", name, ErrNotRegular)
	}
	if f, err = os.Open(name); err != nil {
		return nil, 0, err
	}
	if fi, err = f.Stat(); err == nil && !fi.Mode().IsRegular() { // exchanged meanwhile
		err = fmt.Errorf("%s: %w", name, ErrNotRegular)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, fi.Size(), nil
}

// What x/sys/windows does not have.
var (
	kernel32                    = windows.NewLazySystemDLL("kernel32.dll")
	advapi32                    = windows.NewLazySystemDLL("advapi32.dll")
	user32                      = windows.NewLazySystemDLL("user32.dll")
	procReplaceFile             = kernel32.NewProc("ReplaceFileW")
	procGetUserDefaultLocale    = kernel32.NewProc("GetUserDefaultLocaleName")
	procRegEnumValue            = advapi32.NewProc("RegEnumValueW")
	procRegSetValueEx           = advapi32.NewProc("RegSetValueExW")
	procSendMessageTimeout      = user32.NewProc("SendMessageTimeoutW")
	errUnableToMoveReplacement2 = windows.Errno(1177) // ERROR_UNABLE_TO_MOVE_REPLACEMENT_2
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
	return info(name, fi, follow), nil
}

func info(name string, fi fs.FileInfo, follow bool) FileInfo {
	out := FileInfo{Name: filepath.Base(fi.Name()), Mode: fi.Mode(), Size: fi.Size(), ModTime: fi.ModTime(), UID: -1, GID: -1}
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return out
	}
	flags := uint32(windows.FILE_FLAG_BACKUP_SEMANTICS)
	if !follow {
		flags |= windows.FILE_FLAG_OPEN_REPARSE_POINT
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	h, err := windows.CreateFile(p, windows.READ_CONTROL|windows.FILE_READ_ATTRIBUTES, share, nil, windows.OPEN_EXISTING, flags, 0)
	if err != nil {
		if h, err = windows.CreateFile(p, windows.FILE_READ_ATTRIBUTES, share, nil, windows.OPEN_EXISTING, flags, 0); err != nil {
			return out
		}
	}
	defer windows.CloseHandle(h)
	var by windows.ByHandleFileInformation
	if windows.GetFileInformationByHandle(h, &by) == nil {
		out.ID = fmt.Sprintf("%x:%x", by.VolumeSerialNumber, uint64(by.FileIndexHigh)<<32|uint64(by.FileIndexLow))
		if !follow && by.FileAttributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 {
			var tag struct{ Attributes, Tag uint32 }
			if windows.GetFileInformationByHandleEx(h, windows.FileAttributeTagInfo, (*byte)(unsafe.Pointer(&tag)), uint32(unsafe.Sizeof(tag))) == nil {
				out.Reparse = tag.Tag
			}
		}
	}
	out.SDDL = sddl(h, windows.SE_FILE_OBJECT)
	return out
}

func sddl(h windows.Handle, typ windows.SE_OBJECT_TYPE) string {
	sd, err := windows.GetSecurityInfo(h, typ, windows.OWNER_SECURITY_INFORMATION|windows.GROUP_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return ""
	}
	return sd.String()
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

// remoteRoot is the server or the drive of another machine that a name leads to, "" if none.
func (l *Local) remoteRoot(name string) string {
	vol := filepath.VolumeName(name)
	if l.style.IsRemote(name) || strings.HasPrefix(strings.ToUpper(vol), `\\?\UNC`) {
		return strings.ToLower(vol)
	}
	if len(vol) == 2 && vol[1] == ':' {
		if p, err := windows.UTF16PtrFromString(vol + `\`); err == nil && windows.GetDriveType(p) == windows.DRIVE_REMOTE {
			return strings.ToLower(vol)
		}
	}
	return ""
}

func (l *Local) Mounts() ([]Mount, error) {
	return nil, errors.New("mounts are not read on Windows")
}

// Processes takes a snapshot of the process table. The number of a parent that ended may belong to another process now: that
// one started later than its supposed child, and the list ends before it.
func (l *Local) Processes() ([]Process, error) {
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
	return list, nil
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

// Announce sends WM_SETTINGCHANGE to all top-level windows, as the System dialog does. wParam must be 0.
func (l *Local) Announce() error {
	const (
		broadcast     = 0xffff
		settingChange = 0x1a
		abortIfHung   = 2
		wait          = 5000 // ms for each window
	)
	if err := procSendMessageTimeout.Find(); err != nil {
		return fmt.Errorf("announcing the new environment: %w", err)
	}
	area, err := windows.UTF16PtrFromString("Environment")
	if err != nil {
		return err
	}
	if r, _, err := procSendMessageTimeout.Call(broadcast, settingChange, 0, uintptr(unsafe.Pointer(area)), abortIfHung, wait, 0); r == 0 {
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
	out := &Key{Name: key, SDDL: sddl(windows.Handle(k), windows.SE_REGISTRY_KEY)}
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
