package host

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

func TestWindows(t *testing.T) {
	l := NewLocal(Options{})
	s := l.System()
	if s.OS != "windows" || !strings.HasPrefix(s.Version, "10.0.") || s.Arch == "" || s.User == "" || !l.style.IsAbs(s.Home) || s.UID != -1 {
		t.Errorf("System = %+v", s)
	}
	list, err := l.Processes()
	if err != nil {
		t.Fatal(err)
	}
	if p := list[0]; p.PID != os.Getpid() || time.Since(p.Start) > time.Hour || !strings.HasSuffix(p.Name, ".exe") {
		t.Errorf("own process = %+v", p)
	}
	if block, err := l.Block(os.Getpid()); err != nil || len(block) == 0 {
		t.Errorf("own block = %q, %v", block, err)
	}
	if k, err := l.ReadKey(`HKCU\Environment`); err != nil || k.Written.IsZero() {
		t.Errorf("ReadKey = %+v, %v", k, err)
	}
	if _, err := l.ReadKey(`HKXX\Environment`); err == nil {
		t.Error("an unknown hive is read")
	}
}

func TestWindowsFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	l := NewLocal(Options{})
	before, err := l.Stat(name)
	if err != nil || before.SDDL == "" || before.ID == "" || before.Reparse != 0 {
		t.Fatalf("Stat = %+v, %v", before, err)
	}
	if err := l.Swap(Edit{At: FileLoc(name, 0), Old: &Value{Data: []byte("old")}, New: &Value{Data: []byte("new")}}); err != nil {
		t.Fatal(err)
	}
	if after, err := l.Stat(name); err != nil || after.SDDL != before.SDDL {
		t.Errorf("descriptor after Swap = %s, %v, was %s", after.SDDL, err, before.SDDL)
	}
	for _, name := range []string{`C:\a"b`, `C:\a<b`, `C:\a|b\c`} {
		if _, err := l.Stat(name); err == nil {
			t.Errorf("Stat(%s) succeeds", name)
		}
	}
	if root := l.remoteRoot(`\\server\share\x`); root != `\\server\share` {
		t.Errorf("remoteRoot = %q", root)
	}
	if root := l.remoteRoot(name); root != "" {
		t.Errorf("remoteRoot of a local file = %q", root)
	}
}

// setDACL gives a file or a key another access control list.
func setDACL(t *testing.T, h windows.Handle, typ windows.SE_OBJECT_TYPE, sddl string) {
	t.Helper()
	sd, err := windows.SecurityDescriptorFromString(sddl)
	if err != nil {
		t.Fatal(err)
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		t.Fatal(err)
	}
	if err := windows.SetSecurityInfo(h, typ, windows.DACL_SECURITY_INFORMATION, nil, nil, dacl, nil); err != nil {
		t.Fatal(err)
	}
}

func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	l := NewLocal(Options{})
	for _, c := range []struct {
		name, sddl string
		attribute  bool
		want       bool
	}{
		{"usual", "", false, false},
		{"attribute", "", true, true},
		{"denied", "D:(D;;0x2;;;WD)(A;;FA;;;WD)", false, true},
		{"full", "D:(A;;FA;;;WD)", false, false},
	} {
		for _, directory := range []bool{false, true} {
			name := filepath.Join(dir, c.name)
			if directory {
				name += "-dir"
				if err := os.Mkdir(name, 0o755); err != nil {
					t.Fatal(err)
				}
			} else if err := os.WriteFile(name, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			if c.attribute && !directory {
				if err := os.Chmod(name, 0o444); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = os.Chmod(name, 0o644) })
			}
			if c.sddl != "" {
				h, err := openAny(name, true, windows.READ_CONTROL|windows.WRITE_DAC)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					setDACL(t, h, windows.SE_FILE_OBJECT, "D:(A;;FA;;;WD)")
					windows.CloseHandle(h)
				})
				setDACL(t, h, windows.SE_FILE_OBJECT, c.sddl)
			}
			fi, err := l.Stat(name)
			if want := c.want && !(c.attribute && directory); err != nil || fi.ReadOnly != want {
				t.Errorf("%s: ReadOnly = %v, %v, want %v; %s", name, fi.ReadOnly, err, want, fi.SDDL)
			}
		}
	}
}

// TestAllowed is Windows' own check on descriptors that Wine's files cannot have.
func TestAllowed(t *testing.T) {
	for sddl, want := range map[string]bool{
		"O:BAG:BAD:(A;;FA;;;WD)":                   true,
		"O:BAG:BAD:(A;;FR;;;WD)":                   false,
		"O:BAG:BAD:(D;;FW;;;WD)(A;;FA;;;WD)":       false,
		"O:BAG:BAD:(A;;FA;;;WD)(D;;FW;;;WD)":       true, // the first entry decides
		"O:BAG:BAD:(A;;FA;;;S-1-5-21-1-2-3-4)":     false,
		"O:BAG:BAD:(A;IOOICI;FA;;;WD)(A;;FR;;;WD)": false, // for what is made below
		"O:BAG:BAD:": false,
	} {
		sd, err := windows.SecurityDescriptorFromString(sddl)
		if err != nil {
			t.Errorf("%s: %v", sddl, err)
			continue
		}
		if got := granted(sd, windows.FILE_WRITE_DATA, fileRights); (got&windows.FILE_WRITE_DATA != 0) != want {
			t.Errorf("granted(%s) = %x", sddl, got)
		}
	}
}

func TestKeyReadOnly(t *testing.T) {
	name := `Software\go-env-doctor-test-` + rand.Text()[:8]
	k, _, err := registry.CreateKey(registry.CURRENT_USER, name, registry.ALL_ACCESS)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		k.Close()
		_ = registry.DeleteKey(registry.CURRENT_USER, name)
	}()
	l := NewLocal(Options{})
	key, err := l.ReadKey(`HKCU\` + name)
	if err != nil || key.ReadOnly || key.Rights != registry.ALL_ACCESS || !strings.Contains(key.SDDL, "D:") || time.Since(key.Written) > time.Minute {
		t.Fatalf("ReadKey = %+v, %v", key, err)
	}
	defer setDACL(t, windows.Handle(k), windows.SE_REGISTRY_KEY, "D:(A;;KA;;;WD)")
	setDACL(t, windows.Handle(k), windows.SE_REGISTRY_KEY, "D:(D;;0x2;;;WD)(A;;KA;;;WD)")
	key, err = l.ReadKey(`HKCU\` + name)
	if err != nil || !key.ReadOnly || key.Rights != registry.ALL_ACCESS&^registry.SET_VALUE || !strings.Contains(key.SDDL, "(D;") {
		t.Errorf("ReadKey of a key whose values may not be set = %+v, %v", key, err)
	}
	at := RegLoc(`HKCU\`+name, "Value")
	if err := l.Swap(Edit{At: at, New: &Value{Type: "sz", Data: RegString("x")}}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Swap = %v, want fs.ErrPermission", err)
	}
	setDACL(t, windows.Handle(k), windows.SE_REGISTRY_KEY, "D:(D;;0x1;;;WD)(A;;KA;;;WD)")
	if key, err = l.ReadKey(`HKCU\` + name); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("ReadKey of a key that may not be read = %+v, %v", key, err)
	}
}

// TestDrives: a drive that is remembered and not connected is unknown, one that nobody has is absent.
func TestDrives(t *testing.T) {
	l := NewLocal(Options{})
	list, err := l.Mounts()
	if err != nil {
		t.Fatal(err)
	}
	system, used := "", ""
	for _, m := range list {
		used += m.Point[:1]
		if strings.EqualFold(m.Point, os.Getenv("SystemDrive")+`\`) {
			system = m.Type
			if m.Total == 0 || m.Free > m.Total || len(m.Options) != 1 {
				t.Errorf("system drive = %+v", m)
			}
		}
	}
	if system == "" {
		t.Errorf("no system drive in %+v", list)
	}
	free := strings.Trim("QRSTUVW", used)
	if len(free) < 2 {
		t.Skip("all drive letters are taken")
	}
	if _, err := l.Stat(free[:1] + `:\Go`); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Stat on a drive that nobody has = %v, want fs.ErrNotExist", err)
	}
	k, _, err := registry.CreateKey(registry.CURRENT_USER, `Network\`+free[1:2], registry.ALL_ACCESS)
	if err != nil {
		t.Fatal(err)
	}
	k.Close()
	defer registry.DeleteKey(registry.CURRENT_USER, `Network\`+free[1:2])
	if _, err := l.Stat(free[1:2] + `:\Go`); !errors.Is(err, errSilent) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		t.Errorf("Stat on a drive that is not connected = %v, want unknown", err)
	}
}

// TestUnreachable: package os takes a server that cannot be reached for a file that is not there.
func TestUnreachable(t *testing.T) {
	l := NewLocal(Options{})
	calls := 0
	for range 20 {
		_, err := ask(l, `\\server\share`, `\\server\share\Go`, func() (int, error) {
			calls++
			return 0, &fs.PathError{Op: "stat", Path: `\\server\share\Go`, Err: windows.ERROR_BAD_NETPATH}
		})
		if !errors.Is(err, errSilent) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			t.Errorf("a server that cannot be reached: %v, want unknown", err)
		}
	}
	if calls != 1 {
		t.Errorf("asked %d times", calls)
	}
	if unreachable(windows.ERROR_FILE_NOT_FOUND) || unreachable(windows.ERROR_ACCESS_DENIED) || unreachable(nil) {
		t.Error("an answer is taken for none")
	}
}

func TestReadlink(t *testing.T) {
	l := NewLocal(Options{})
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Readlink(name); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("Readlink of a file = %v", err)
	}
	// A junction is what scoop has for the current version; Wine makes none.
	junction := name + "-junction"
	if out, err := exec.Command("cmd", "/c", "mklink", "/J", junction, filepath.Dir(name)).CombinedOutput(); err != nil {
		t.Skipf("no junctions here: %v, %s", err, out)
	}
	if _, err := os.Lstat(junction); err != nil { // Wine says that it made one
		t.Skip("no junctions here")
	}
	fi, err := l.Lstat(junction)
	if err != nil || !fi.IsLink() || fi.Reparse != tagMountPoint {
		t.Errorf("Lstat(junction) = %+v, %v", fi, err)
	}
	if to, err := l.Readlink(junction); err != nil || !l.style.Equal(to, filepath.Dir(name)) {
		t.Errorf("Readlink(junction) = %s, %v", to, err)
	}
	if fi, err := l.Stat(junction); err != nil || !fi.IsDir() {
		t.Errorf("Stat(junction) = %+v, %v", fi, err)
	}
}

// TestView: the block that Windows makes has what the registry says now, not what this process inherited.
func TestView(t *testing.T) {
	l := NewLocal(Options{})
	name := "GO_ENV_DOCTOR_TEST_" + rand.Text()[:8]
	at := RegLoc(`HKCU\Environment`, name)
	v := &Value{Type: "sz", Data: RegString("fresh")}
	if err := l.Swap(Edit{At: at, New: v}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Swap(Edit{At: at, Old: v}); err != nil {
			t.Error(err)
		}
	})
	if env := l.View("login"); !slices.Contains(env, name+"=fresh") {
		t.Errorf("a fresh block has no %s: %q", name, env)
	}
	if env := l.View("terminal"); env != nil {
		t.Errorf("View(terminal) = %q", env)
	}
}

// A testWindow is a top-level window whose thread takes messages, or sleeps until stop is closed.
func testWindow(t *testing.T, hung bool) (areas chan string) {
	t.Helper()
	areas = make(chan string, 16)
	ready, stop, done := make(chan error), make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-done })
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		def := user32.NewProc("DefWindowProcW")
		proc := windows.NewCallback(func(h, msg, w, l uintptr) uintptr {
			if msg == 0x1a { // WM_SETTINGCHANGE
				area := ""
				if l != 0 && w == 0 {
					area = windows.UTF16PtrToString(*(**uint16)(unsafe.Pointer(&l)))
				}
				areas <- area
			}
			r, _, _ := def.Call(h, msg, w, l)
			return r
		})
		class, _ := windows.UTF16PtrFromString("go-env-doctor-" + rand.Text())
		wc := struct {
			Size, Style                              uint32
			Proc                                     uintptr
			ClsExtra, WndExtra                       int32
			Instance, Icon, Cursor, Background, Menu uintptr
			Class                                    *uint16
			IconSm                                   uintptr
		}{Proc: proc, Class: class}
		wc.Size = uint32(unsafe.Sizeof(wc))
		if r, _, err := user32.NewProc("RegisterClassExW").Call(uintptr(unsafe.Pointer(&wc))); r == 0 {
			ready <- err
			return
		}
		h, _, err := user32.NewProc("CreateWindowExW").Call(0, uintptr(unsafe.Pointer(class)), uintptr(unsafe.Pointer(class)), 0, 0, 0, 10, 10, 0, 0, 0, 0)
		if h == 0 {
			ready <- err
			return
		}
		ready <- nil
		if hung {
			<-stop
		} else {
			peek, wait := user32.NewProc("PeekMessageW"), user32.NewProc("MsgWaitForMultipleObjects")
			for open := true; open; {
				select {
				case <-stop:
					open = false
				default:
					var msg [64]byte
					wait.Call(0, 0, 0, 50, 0x1ff) // QS_ALLINPUT
					for r := uintptr(1); r != 0; {
						r, _, _ = peek.Call(uintptr(unsafe.Pointer(&msg)), 0, 0, 0, 1)
					}
				}
			}
		}
		user32.NewProc("DestroyWindow").Call(h)
	}()
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
	return areas
}

func TestAnnounce(t *testing.T) {
	l := NewLocal(Options{})
	areas := testWindow(t, false)
	start := time.Now()
	if err := l.Announce(); err != nil {
		t.Error(err)
	}
	t.Logf("announced in %v", time.Since(start))
	select {
	case area := <-areas:
		if area != "Environment" {
			t.Errorf("announced %q", area)
		}
	case <-time.After(5 * time.Second):
		t.Error("a window was told nothing")
	}
	select {
	case area := <-areas:
		t.Errorf("told again: %q", area)
	default:
	}
}

// TestAnnounceHung: windows that never answer hold nothing up for longer than announceWait.
func TestAnnounceHung(t *testing.T) {
	for range 8 {
		testWindow(t, true)
	}
	start := time.Now()
	err := NewLocal(Options{}).Announce()
	t.Logf("announced in %v: %v", time.Since(start), err)
	if d := time.Since(start); d > announceWait+time.Second {
		t.Errorf("announced for %v", d)
	}
}

// TestWatchMany watches more keys than one wait can take, and changes the last one while nobody reads.
func TestWatchMany(t *testing.T) {
	parent := `Software\go-env-doctor-test-` + rand.Text()[:8]
	var at []Loc
	l := NewLocal(Options{})
	for i := range 80 {
		key := parent + `\` + strconv.Itoa(i)
		k, _, err := registry.CreateKey(registry.CURRENT_USER, key, registry.ALL_ACCESS)
		if err != nil {
			t.Fatal(err)
		}
		k.Close()
		defer registry.DeleteKey(registry.CURRENT_USER, key)
		at = append(at, RegLoc(`HKCU\`+key, "Value"))
	}
	defer registry.DeleteKey(registry.CURRENT_USER, parent) // TestWatchMany: after the keys in it
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c, err := l.Watch(ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	value := func(i, n int) *Value { return &Value{Type: "dword", Data: []byte{byte(i), byte(n), 0, 0}} }
	for i := range at {
		old := (*Value)(nil)
		for n := range 3 {
			if err := l.Swap(Edit{At: at[i], Old: old, New: value(i, n)}); err != nil {
				t.Fatal(err)
			}
			old = value(i, n)
		}
	}
	// After the last report of a place it has been read as it is now.
	last := map[Loc]byte{}
	for deadline := time.After(20 * time.Second); len(last) < len(at) || slices.ContainsFunc(at, func(l Loc) bool { return last[l] != 2 }); {
		select {
		case loc := <-c:
			k, err := l.ReadKey(loc.Path)
			if err != nil {
				t.Fatal(err)
			}
			if len(k.Values) > 0 {
				last[loc] = k.Values[0].Data[1]
			}
		case <-deadline:
			t.Fatalf("%d of %d keys reported, not all their last change", len(last), len(at))
		}
	}
}
