// Package hosttest holds the list of what every [host.Host] must do, so that a played machine cannot drift from a real one.
//
// A test calls Run with a function that makes a fresh machine for each case:
//
//	hosttest.Run(t, func(t *testing.T, files map[string]string) hosttest.Machine { … })
//
// The keys of files are the headers of scenario entries, relative to [Machine.Dir] and with slashes; the values are the
// text, which is empty or ends with a newline. These forms occur:
//
//	"a/file"             a regular file, 0644; parents exist as directories, 0755
//	"a/dir/"             a directory
//	"a/link -> ../file"  a link; its target is relative to the link's directory
//	"tool mode=0755"     a file with a mode
//	"big size=4194305"   a file of that many zero bytes
//
// Every file is 30 days older than the machine's Now. The user owns Dir and everything in it.
package hosttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A Machine is what a case runs on.
type Machine struct {
	Host host.Host
	// Dir is the directory that holds the files: absolute, in the machine's style, without links in it.
	Dir string
	// Key is an existing registry key without values and subkeys that may be written to; "" if there is no registry.
	Key string
	// NoLinks says that links could not be made; the cases about them are skipped.
	NoLinks bool
}

func (m Machine) name(rel string) string { return m.Host.System().Style.Join(m.Dir, rel) }

func (m Machine) loc(rel string) host.Loc { return host.FileLoc(m.name(rel), 0) }

func (m Machine) read(t *testing.T, rel string) string {
	t.Helper()
	b, err := m.Host.ReadFile(m.name(rel))
	if err != nil {
		t.Fatalf("ReadFile(%s): %v", rel, err)
	}
	return string(b)
}

func (m Machine) swap(t *testing.T, e host.Edit) {
	t.Helper()
	if err := m.Host.Swap(e); err != nil {
		t.Fatalf("Swap(%s): %v", e.At, err)
	}
}

func text(s string) *host.Value { return &host.Value{Data: []byte(s)} }

type files = map[string]string

// Run runs the whole list.
func Run(t *testing.T, make func(t *testing.T, files map[string]string) Machine) {
	for _, c := range []struct {
		name  string
		files files
		links bool
		test  func(t *testing.T, m Machine)
	}{
		{"absent", files{"dir/file": "x\n"}, false, absent},
		{"read", files{"dir/file": "one\r\ntwo\n", "empty": "", "tool mode=0755": "#!/bin/sh\n"}, false, read},
		{"refuse", files{"dir/": "", "big size=4194305": "", "limit size=4194304": ""}, false, refuse},
		{"forbidden", files{"secret mode=0000": "x\n"}, false, forbidden},
		{"readdir", files{"dir/b": "", "dir/C": "", "dir/a/": "", "dir/ä": "", "dir/10": "", "empty/": ""}, false, readDir},
		{"links", files{"dir/file": "x\n", "link -> dir/file": "", "chain -> link": "", "dirlink -> dir": "",
			"deep/up -> ../dirlink/file": "", "dangling -> nowhere": "", "through -> dirlink": ""}, true, links},
		{"cycle", files{"loop -> pool": "", "pool -> loop": "", "self -> self": ""}, true, cycle},
		{"fold", files{"Dir/File": "x\n"}, false, fold},
		{"same file", files{"dir/a": "x\n", "dir/b": "x\n"}, false, sameFile},
		{"program", files{"dir/": "", "script mode=0755": "#!/bin/sh -e\n", "empty mode=0755": "", "text mode=0755": "ELF\n", "mz mode=0755": "MZ\n"}, false, program},

		{"swap replaces", files{"dir/file": "old\n", "dir/other": "other\n"}, false, swapReplaces},
		{"swap creates", files{"dir/": ""}, false, swapCreates},
		{"swap deletes", files{"dir/file": "old\n"}, false, swapDeletes},
		{"swap conflicts", files{"file": "old\n"}, false, swapConflicts},
		{"swap refuses", files{"dir/": "", "file": "x\n", "big size=4194305": ""}, false, swapRefuses},
		{"swap keeps the mode", files{"file mode=0640": "old\n", "tool mode=0755": "old\n"}, false, swapMode},
		{"swap follows links", files{"dir/file mode=0600": "old\n", "home/link -> ../mid": "", "mid -> dir/file": "", "dirlink -> dir": ""}, true, swapLinks},
		{"swap refuses links", files{"dir/file": "old\n", "link -> dir/file": "", "dangling -> dir/nowhere": "", "loop -> loop": ""}, true, swapRefusesLinks},
		{"inverse", files{"file": "old\n"}, false, inverse},

		{"watch", files{"dir/file": "old\n", "dir/other": "x\n"}, false, watch},
		{"watch absent", files{"dir/": ""}, false, watchAbsent},
		{"watch link", files{"dir/file": "old\n", "link -> dir/file": ""}, true, watchLink},

		{"registry", nil, false, registry},
		{"registry swap", nil, false, registrySwap},
		{"registry watch", nil, false, registryWatch},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := make(t, c.files)
			if c.links && m.NoLinks {
				t.Skip("no links on this machine")
			}
			c.test(t, m)
		})
	}
}

// calls runs every reading method on a name.
func calls(m Machine, name string) map[string]error {
	errs := map[string]error{}
	_, errs["Stat"] = m.Host.Stat(name)
	_, errs["Lstat"] = m.Host.Lstat(name)
	_, errs["Readlink"] = m.Host.Readlink(name)
	_, errs["ReadFile"] = m.Host.ReadFile(name)
	_, errs["ReadDir"] = m.Host.ReadDir(name)
	_, errs["Program"] = m.Host.Program(name)
	return errs
}

func absent(t *testing.T, m Machine) {
	for _, rel := range []string{"nowhere", "nodir/nowhere", "dir/file/below", "dir/file/below/more"} {
		for method, err := range calls(m, m.name(rel)) {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s(%s) = %v, want fs.ErrNotExist", method, rel, err)
			}
		}
	}
	if m.Key == "" {
		if _, err := m.Host.ReadKey(`HKCU\Environment`); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("ReadKey without a registry = %v, want fs.ErrNotExist", err)
		}
	}
}

func read(t *testing.T, m Machine) {
	if got := m.read(t, "dir/file"); got != "one\r\ntwo\n" {
		t.Errorf("ReadFile = %q", got)
	}
	if got := m.read(t, "empty"); got != "" {
		t.Errorf("ReadFile(empty) = %q", got)
	}
	fi, err := m.Host.Stat(m.name("dir/file"))
	if err != nil {
		t.Fatal(err)
	}
	old := m.Host.Now().Add(-29 * 24 * time.Hour)
	if fi.Name != "file" || !fi.IsRegular() || fi.IsDir() || fi.IsLink() || fi.Size != 9 || fi.ModTime.After(old) {
		t.Errorf("Stat(dir/file) = %+v", fi)
	}
	if fi, err := m.Host.Stat(m.name("dir")); err != nil || !fi.IsDir() || fi.Name != "dir" {
		t.Errorf("Stat(dir) = %+v, %v", fi, err)
	}
	if _, err := m.Host.Readlink(m.name("dir/file")); err == nil {
		t.Error("Readlink of a regular file succeeds")
	} else if errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Readlink of a regular file says that it is absent: %v", err)
	}
	if sys := m.Host.System(); !sys.Style.Windows {
		if fi, err := m.Host.Stat(m.name("tool")); err != nil || fi.Mode.Perm() != 0o755 || fi.UID != sys.UID {
			t.Errorf("Stat(tool) = %+v, %v; want mode 0755 and uid %d", fi, err, sys.UID)
		}
	}
}

func refuse(t *testing.T, m Machine) {
	if _, err := m.Host.ReadFile(m.name("dir")); !errors.Is(err, host.ErrNotRegular) {
		t.Errorf("ReadFile of a directory = %v, want ErrNotRegular", err)
	}
	if _, err := m.Host.Program(m.name("dir")); !errors.Is(err, host.ErrNotRegular) {
		t.Errorf("Program of a directory = %v, want ErrNotRegular", err)
	}
	if _, err := m.Host.ReadFile(m.name("big")); !errors.Is(err, host.ErrTooLarge) {
		t.Errorf("ReadFile of 4 MiB and a byte = %v, want ErrTooLarge", err)
	}
	if b, err := m.Host.ReadFile(m.name("limit")); err != nil || len(b) != host.MaxText {
		t.Errorf("ReadFile of 4 MiB = %d bytes, %v", len(b), err)
	}
	if _, err := m.Host.ReadDir(m.name("big")); err == nil {
		t.Error("ReadDir of a file succeeds")
	}
}

func forbidden(t *testing.T, m Machine) {
	if sys := m.Host.System(); sys.Style.Windows || sys.UID == 0 {
		t.Skip("modes do not bind this user")
	}
	if _, err := m.Host.ReadFile(m.name("secret")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("ReadFile of mode 0000 = %v, want fs.ErrPermission", err)
	}
	if _, err := m.Host.Stat(m.name("secret")); err != nil {
		t.Errorf("Stat of mode 0000 = %v", err)
	}
}

func readDir(t *testing.T, m Machine) {
	list, err := m.Host.ReadDir(m.name("dir"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		got = append(got, e.Name)
		if e.Type.IsDir() != (e.Name == "a") {
			t.Errorf("type of %s = %v", e.Name, e.Type)
		}
	}
	if want := []string{"10", "C", "a", "b", "ä"}; !slices.Equal(got, want) {
		t.Errorf("ReadDir = %q, want %q", got, want)
	}
	if list, err := m.Host.ReadDir(m.name("empty")); err != nil || len(list) != 0 {
		t.Errorf("ReadDir(empty) = %v, %v", list, err)
	}
}

func links(t *testing.T, m Machine) {
	for _, rel := range []string{"link", "chain", "dirlink/file", "deep/up", "through/file"} {
		if got := m.read(t, rel); got != "x\n" {
			t.Errorf("ReadFile(%s) = %q", rel, got)
		}
		if fi, err := m.Host.Stat(m.name(rel)); err != nil || !fi.IsRegular() || fi.Size != 2 {
			t.Errorf("Stat(%s) = %+v, %v", rel, fi, err)
		}
	}
	for _, rel := range []string{"link", "chain", "dirlink", "deep/up", "dangling"} {
		if fi, err := m.Host.Lstat(m.name(rel)); err != nil || !fi.IsLink() {
			t.Errorf("Lstat(%s) = %+v, %v, want a link", rel, fi, err)
		}
	}
	slashes := func(s string) string { return strings.ReplaceAll(s, `\`, "/") }
	for rel, want := range map[string]string{"link": "dir/file", "chain": "link", "deep/up": "../dirlink/file", "dangling": "nowhere"} {
		if got, err := m.Host.Readlink(m.name(rel)); err != nil || slashes(got) != want {
			t.Errorf("Readlink(%s) = %q, %v, want %q", rel, got, err, want)
		}
	}
	for _, rel := range []string{"dangling", "dangling/below", "link/below"} {
		if _, err := m.Host.Stat(m.name(rel)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Stat(%s) = %v, want fs.ErrNotExist", rel, err)
		}
		if _, err := m.Host.ReadFile(m.name(rel)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("ReadFile(%s) = %v, want fs.ErrNotExist", rel, err)
		}
	}
	if list, err := m.Host.ReadDir(m.name("dirlink")); err != nil || len(list) != 1 || list[0].Name != "file" {
		t.Errorf("ReadDir(dirlink) = %v, %v", list, err)
	}
	list, err := m.Host.ReadDir(m.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if want := e.Name != "dir" && e.Name != "deep"; (e.Type&fs.ModeSymlink != 0) != want {
			t.Errorf("type of %s in ReadDir = %v", e.Name, e.Type)
		}
	}
}

func cycle(t *testing.T, m Machine) {
	for _, rel := range []string{"loop", "self", "loop/below"} {
		for method, err := range calls(m, m.name(rel)) {
			if rel != "loop/below" && (method == "Lstat" || method == "Readlink") {
				if err != nil {
					t.Errorf("%s(%s) = %v", method, rel, err)
				}
			} else if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s(%s) = %v, want fs.ErrNotExist", method, rel, err)
			}
		}
	}
}

func fold(t *testing.T, m Machine) {
	_, err := m.Host.Stat(m.name("dIR/fILE"))
	if m.Host.System().Style.Fold {
		if err != nil {
			t.Errorf("Stat ignores case, but: %v", err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Stat in another case = %v, want fs.ErrNotExist", err)
	}
	if list, err := m.Host.ReadDir(m.name("Dir")); err != nil || len(list) != 1 || list[0].Name != "File" {
		t.Errorf("ReadDir = %v, %v, want the written case", list, err)
	}
}

func sameFile(t *testing.T, m Machine) {
	id := func(rel string) string {
		fi, err := m.Host.Stat(m.name(rel))
		if err != nil {
			t.Fatal(err)
		}
		return fi.ID
	}
	a := id("dir/a")
	if a == "" {
		t.Skip("identities are unknown")
	}
	if b := id("dir/b"); a == b {
		t.Errorf("two files have the identity %s", a)
	}
	if again := id("dir/a"); a != again {
		t.Errorf("one file has the identities %s and %s", a, again)
	}
}

func program(t *testing.T, m Machine) {
	for rel, want := range map[string]host.Program{
		"script": {Format: "script", Interp: "/bin/sh"},
		"empty":  {Format: "empty"},
		"text":   {Format: "text"},
		"mz":     {Format: "pe"},
	} {
		p, err := m.Host.Program(m.name(rel))
		if err != nil {
			t.Errorf("Program(%s): %v", rel, err)
		} else if p.Format != want.Format || p.Interp != want.Interp || len(p.Arch) != 0 || p.GoVersion != "" {
			t.Errorf("Program(%s) = %+v, want %+v", rel, *p, want)
		}
	}
}

func swapReplaces(t *testing.T, m Machine) {
	before, err := m.Host.Stat(m.name("dir/file"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"new\r\n", "", "\x00\xff", strings.Repeat("x", host.MaxText)} {
		old := m.read(t, "dir/file")
		m.swap(t, host.Edit{At: m.loc("dir/file"), Old: text(old), New: text(s)})
		if got := m.read(t, "dir/file"); got != s {
			t.Errorf("after Swap: %.20q, want %.20q", got, s)
		}
	}
	after, err := m.Host.Stat(m.name("dir/file"))
	if err != nil || !after.ModTime.After(before.ModTime) || after.Mode != before.Mode || after.UID != before.UID || after.GID != before.GID {
		t.Errorf("Stat before %+v, after %+v, %v; want a new time, the old mode and owner", before, after, err)
	}
	if got := m.read(t, "dir/other"); got != "other\n" {
		t.Errorf("another file changed: %q", got)
	}
	only(t, m, "dir", "file", "other")
}

// only fails if a directory holds anything else, such as a forgotten temporary file.
func only(t *testing.T, m Machine, dir string, want ...string) {
	t.Helper()
	list, err := m.Host.ReadDir(m.name(dir))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		got = append(got, e.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s holds %q, want %q", dir, got, want)
	}
}

func swapCreates(t *testing.T, m Machine) {
	for _, rel := range []string{"dir/file", "dir/more/and/more/file"} {
		m.swap(t, host.Edit{At: m.loc(rel), New: text("new\n")})
		if got := m.read(t, rel); got != "new\n" {
			t.Errorf("ReadFile(%s) = %q", rel, got)
		}
	}
	only(t, m, "dir", "file", "more")
	only(t, m, "dir/more/and/more", "file")
	sys := m.Host.System()
	if sys.Style.Windows {
		return
	}
	for rel, want := range map[string]fs.FileMode{"dir/file": 0o644, "dir/more": 0o755, "dir/more/and": 0o755, "dir/more/and/more/file": 0o644} {
		if fi, err := m.Host.Stat(m.name(rel)); err != nil || fi.Mode.Perm() != want || fi.UID != sys.UID {
			t.Errorf("Stat(%s) = %+v, %v; want mode %v and uid %d", rel, fi, err, want, sys.UID)
		}
	}
}

func swapDeletes(t *testing.T, m Machine) {
	m.swap(t, host.Edit{At: m.loc("dir/file"), Old: text("old\n")})
	if _, err := m.Host.Lstat(m.name("dir/file")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Lstat after the deletion = %v", err)
	}
	only(t, m, "dir")
}

func swapConflicts(t *testing.T, m Machine) {
	for _, e := range []host.Edit{
		{At: m.loc("file"), Old: text("other\n"), New: text("new\n")},
		{At: m.loc("file"), Old: text("old\n\n"), New: text("new\n")},
		{At: m.loc("file"), Old: text(""), New: text("new\n")},
		{At: m.loc("file"), Old: text("other\n")},
		{At: m.loc("file"), New: text("new\n")},
		{At: m.loc("file")},
		{At: m.loc("nowhere"), Old: text("old\n"), New: text("new\n")},
		{At: m.loc("nowhere"), Old: text("old\n")},
		{At: m.loc("nodir/nowhere"), Old: text(""), New: text("new\n")},
	} {
		if err := m.Host.Swap(e); !errors.Is(err, host.ErrConflict) {
			t.Errorf("Swap(%s, %v, %v) = %v, want ErrConflict", e.At, e.Old, e.New, err)
		}
	}
	if got := m.read(t, "file"); got != "old\n" {
		t.Errorf("a conflict changed the file: %q", got)
	}
	only(t, m, "", "file")
	m.swap(t, host.Edit{At: m.loc("nowhere")}) // absent, and to be absent
	m.swap(t, host.Edit{At: m.loc("file"), Old: text("old\n"), New: text("old\n")})
}

func swapRefuses(t *testing.T, m Machine) {
	large := &host.Value{Data: make([]byte, host.MaxText+1)}
	for _, c := range []struct {
		edit host.Edit
		want error
	}{
		{host.Edit{At: m.loc("dir"), New: text("new\n")}, host.ErrNotRegular},
		{host.Edit{At: m.loc("dir"), Old: text("old\n"), New: text("new\n")}, host.ErrNotRegular},
		{host.Edit{At: m.loc("dir"), Old: text("old\n")}, host.ErrNotRegular},
		{host.Edit{At: m.loc("file"), Old: text("x\n"), New: large}, host.ErrTooLarge},
		{host.Edit{At: m.loc("nowhere"), New: large}, host.ErrTooLarge},
		{host.Edit{At: m.loc("big"), Old: text("x\n"), New: text("new\n")}, host.ErrTooLarge},
		{host.Edit{At: m.loc("file/below"), New: text("new\n")}, nil},
		{host.Edit{At: host.EnvLoc("GOROOT"), New: text("new\n")}, nil},
		{host.Edit{At: host.SettingLoc("user", "go.goroot"), New: text("new\n")}, nil},
	} {
		err := m.Host.Swap(c.edit)
		if err == nil || errors.Is(err, host.ErrConflict) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("Swap(%s) = %v, want %v", c.edit.At, err, c.want)
		}
	}
	if got := m.read(t, "file"); got != "x\n" {
		t.Errorf("a refusal changed the file: %.20q", got)
	}
	only(t, m, "", "big", "dir", "file")
	only(t, m, "dir")
}

func swapMode(t *testing.T, m Machine) {
	if m.Host.System().Style.Windows {
		t.Skip("no modes")
	}
	for rel, want := range map[string]fs.FileMode{"file": 0o640, "tool": 0o755} {
		m.swap(t, host.Edit{At: m.loc(rel), Old: text("old\n"), New: text("new\n")})
		if fi, err := m.Host.Stat(m.name(rel)); err != nil || fi.Mode.Perm() != want {
			t.Errorf("mode of %s = %v, %v, want %v", rel, fi.Mode, err, want)
		}
	}
}

func swapLinks(t *testing.T, m Machine) {
	m.swap(t, host.Edit{At: m.loc("home/link"), Old: text("old\n"), New: text("new\n")})
	for _, rel := range []string{"home/link", "mid", "dir/file"} {
		if got := m.read(t, rel); got != "new\n" {
			t.Errorf("ReadFile(%s) = %q", rel, got)
		}
	}
	for _, rel := range []string{"home/link", "mid"} {
		if fi, err := m.Host.Lstat(m.name(rel)); err != nil || !fi.IsLink() {
			t.Errorf("%s is no link any more: %+v, %v", rel, fi, err)
		}
	}
	if fi, err := m.Host.Lstat(m.name("dir/file")); err != nil || !fi.IsRegular() || !m.Host.System().Style.Windows && fi.Mode.Perm() != 0o600 {
		t.Errorf("target = %+v, %v", fi, err)
	}
	m.swap(t, host.Edit{At: m.loc("dirlink/made"), New: text("made\n")})
	if got := m.read(t, "dir/made"); got != "made\n" {
		t.Errorf("through a linked directory: %q", got)
	}
	m.swap(t, host.Edit{At: m.loc("dirlink/made"), Old: text("made\n")})
	only(t, m, "dir", "file")
	only(t, m, "home", "link")
}

func swapRefusesLinks(t *testing.T, m Machine) {
	for _, e := range []host.Edit{
		{At: m.loc("link"), Old: text("old\n")},       // would remove the target or the link: either is not what was said
		{At: m.loc("dangling"), New: text("new\n")},   // could not be undone
		{At: m.loc("loop"), New: text("new\n")},       // leads nowhere
		{At: m.loc("loop/below"), New: text("new\n")}, // leads nowhere
	} {
		if err := m.Host.Swap(e); err == nil {
			t.Errorf("Swap(%s, %v, %v) succeeds", e.At, e.Old, e.New)
		}
	}
	if got := m.read(t, "link"); got != "old\n" {
		t.Errorf("a refusal changed the file: %q", got)
	}
	only(t, m, "", "dangling", "dir", "link", "loop")
	only(t, m, "dir", "file")
}

func inverse(t *testing.T, m Machine) {
	edits := []host.Edit{
		{At: m.loc("file"), Old: text("old\n"), New: text("\xef\xbb\xbfnew\r\n\x00")},
		{At: m.loc("made"), New: text("made\n")},
		{At: m.loc("file"), Old: text("\xef\xbb\xbfnew\r\n\x00")},
	}
	for _, e := range edits {
		m.swap(t, e)
	}
	for _, e := range slices.Backward(edits) {
		m.swap(t, e.Inverse())
	}
	if got := m.read(t, "file"); got != "old\n" {
		t.Errorf("after the inverse edits: %q", got)
	}
	only(t, m, "", "file")
}

// expect waits until every place was reported at least once.
func expect(t *testing.T, c <-chan host.Loc, want ...host.Loc) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for len(want) > 0 {
		select {
		case l, ok := <-c:
			if !ok {
				t.Fatal("the channel was closed early")
			}
			want = slices.DeleteFunc(want, func(w host.Loc) bool { return w == l })
		case <-deadline:
			t.Fatalf("no report of %v", want)
		}
	}
}

// quiet takes what is still under way, so that the next report is about the next change.
func quiet(c <-chan host.Loc) {
	for {
		select {
		case <-c:
		case <-time.After(50 * time.Millisecond):
			return
		}
	}
}

func start(t *testing.T, m Machine, at ...host.Loc) (<-chan host.Loc, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	c, err := m.Host.Watch(ctx, at)
	if err != nil {
		t.Fatalf("Watch: %v", err)
	}
	return c, cancel
}

// ended fails if the channel is not closed after its context.
func ended(t *testing.T, c <-chan host.Loc, cancel context.CancelFunc) {
	t.Helper()
	cancel()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case _, ok := <-c:
			if !ok {
				return
			}
		case <-deadline:
			t.Fatal("the channel is open after the context ended")
		}
	}
}

func watch(t *testing.T, m Machine) {
	c, cancel := start(t, m, m.loc("dir/file"), m.loc("dir/other"))
	old := "old\n"
	for i := range 3 {
		s := fmt.Sprintf("new %d\n", i)
		m.swap(t, host.Edit{At: m.loc("dir/file"), Old: text(old), New: text(s)})
		expect(t, c, m.loc("dir/file"))
		quiet(c)
		old = s
	}
	m.swap(t, host.Edit{At: m.loc("dir/file"), Old: text(old)})
	m.swap(t, host.Edit{At: m.loc("dir/other"), Old: text("x\n"), New: text("y\n")})
	expect(t, c, m.loc("dir/file"), m.loc("dir/other"))
	// Nobody reads: nothing may be lost, and nothing may hang.
	for i := range 100 {
		m.swap(t, host.Edit{At: m.loc("dir/file"), New: text(fmt.Sprint(i))})
		m.swap(t, host.Edit{At: m.loc("dir/file"), Old: text(fmt.Sprint(i))})
	}
	expect(t, c, m.loc("dir/file"))
	ended(t, c, cancel)
}

func watchAbsent(t *testing.T, m Machine) {
	at := []host.Loc{m.loc("dir/file"), m.loc("dir/a/b/file"), m.loc("gone/file")}
	c, cancel := start(t, m, at...)
	for range 2 {
		for _, l := range at {
			m.swap(t, host.Edit{At: l, New: text("new\n")})
			expect(t, c, l)
			quiet(c)
			m.swap(t, host.Edit{At: l, Old: text("new\n")})
			expect(t, c, l)
			quiet(c)
		}
	}
	ended(t, c, cancel)
}

func watchLink(t *testing.T, m Machine) {
	c, cancel := start(t, m, m.loc("link"))
	m.swap(t, host.Edit{At: m.loc("dir/file"), Old: text("old\n"), New: text("new\n")})
	expect(t, c, m.loc("link"))
	quiet(c)
	m.swap(t, host.Edit{At: m.loc("link"), Old: text("new\n"), New: text("newer\n")})
	expect(t, c, m.loc("link"))
	ended(t, c, cancel)
}

func needRegistry(t *testing.T, m Machine) {
	if m.Key == "" {
		t.Skip("no registry")
	}
}

func sz(s string) *host.Value { return &host.Value{Type: "sz", Data: host.RegString(s)} }

func registry(t *testing.T, m Machine) {
	needRegistry(t, m)
	if _, err := m.Host.ReadKey(m.Key + `\nowhere`); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadKey of an absent key = %v, want fs.ErrNotExist", err)
	}
	values := []host.NamedValue{
		{Name: "b", Value: *sz("x")},
		{Name: "A", Value: host.Value{Type: "expand", Data: host.RegString(`%USERPROFILE%\go`)}},
		{Name: "", Value: *sz("default")},
		{Name: "multi", Value: host.Value{Type: "multi", Data: host.RegStrings([]string{"a", "b"})}},
		{Name: "dword", Value: host.Value{Type: "dword", Data: []byte{1, 2, 3, 4}}},
		{Name: "qword", Value: host.Value{Type: "qword", Data: []byte{1, 2, 3, 4, 5, 6, 7, 8}}},
		{Name: "binary", Value: host.Value{Type: "binary", Data: []byte{0, 0xff}}},
		{Name: "none", Value: host.Value{Type: "none", Data: []byte{}}},
		{Name: "other", Value: host.Value{Type: "hex(5)", Data: []byte{4, 3, 2, 1}}},
		{Name: "odd", Value: host.Value{Type: "sz", Data: []byte{'a', 0, 'b'}}},
		{Name: "bare", Value: host.Value{Type: "sz", Data: []byte{'a', 0}}},
		{Name: "unpaired", Value: host.Value{Type: "sz", Data: []byte{0x00, 0xd8, 'a', 0, 0, 0}}},
		{Name: "GOROOT\r\n", Value: *sz("x")},
	}
	for _, v := range values {
		if v.Name != "" {
			m.swap(t, host.Edit{At: host.RegLoc(m.Key, v.Name), New: &v.Value})
		}
	}
	k, err := m.Host.ReadKey(m.Key)
	if err != nil {
		t.Fatal(err)
	}
	if k.Name != m.Key || k.Written.IsZero() {
		t.Errorf("ReadKey = %s, %v", k.Name, k.Written)
	}
	got := map[string]host.Value{}
	for _, v := range k.Values {
		got[v.Name] = v.Value
	}
	for _, v := range values {
		if g := got[v.Name]; v.Name != "" && (g.Type != v.Type || !bytes.Equal(g.Data, v.Data)) {
			t.Errorf("value %q = %s %x, want %s %x", v.Name, g.Type, g.Data, v.Type, v.Data)
		}
	}
}

func registrySwap(t *testing.T, m Machine) {
	needRegistry(t, m)
	at := host.RegLoc(m.Key, "Value")
	value := func() *host.Value {
		k, err := m.Host.ReadKey(m.Key)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range k.Values {
			if strings.EqualFold(v.Name, "value") {
				return &v.Value
			}
		}
		return nil
	}
	same := func(a, b *host.Value) bool {
		return (a == nil) == (b == nil) && (a == nil || a.Type == b.Type && bytes.Equal(a.Data, b.Data))
	}
	expand := &host.Value{Type: "expand", Data: host.RegString(`%A%;b`)}
	edits := []host.Edit{
		{At: at, New: sz("a")},
		{At: at, Old: sz("a"), New: sz("b")},
		{At: at, Old: sz("b"), New: expand},
		{At: at, Old: expand, New: &host.Value{Type: "sz", Data: []byte{1}}},
		{At: at, Old: &host.Value{Type: "sz", Data: []byte{1}}},
	}
	for _, e := range edits {
		m.swap(t, e)
		if got := value(); !same(got, e.New) {
			t.Errorf("after Swap: %+v, want %+v", got, e.New)
		}
	}
	for _, e := range slices.Backward(edits) {
		m.swap(t, e.Inverse())
		if got := value(); !same(got, e.Old) {
			t.Errorf("after the inverse: %+v, want %+v", got, e.Old)
		}
	}
	m.swap(t, host.Edit{At: at, New: sz("a")})
	for _, e := range []host.Edit{
		{At: at, New: sz("new")},
		{At: at, Old: sz("other"), New: sz("new")},
		{At: at, Old: &host.Value{Type: "expand", Data: host.RegString("a")}, New: sz("new")},
		{At: at, Old: &host.Value{Type: "sz", Data: []byte{'a', 0}}, New: sz("new")},
		{At: at, Old: sz("other")},
		{At: host.RegLoc(m.Key, "nowhere"), Old: sz("a"), New: sz("new")},
	} {
		if err := m.Host.Swap(e); !errors.Is(err, host.ErrConflict) {
			t.Errorf("Swap(%s, %v, %v) = %v, want ErrConflict", e.At, e.Old, e.New, err)
		}
	}
	if got := value(); !same(got, sz("a")) {
		t.Errorf("a conflict changed the value: %+v", got)
	}
	upper := host.RegLoc(m.Key, "VALUE")
	m.swap(t, host.Edit{At: upper, Old: sz("a"), New: sz("b")})
	if got := value(); !same(got, sz("b")) {
		t.Errorf("names of values ignore case, but the value is %+v", got)
	}
}

func registryWatch(t *testing.T, m Machine) {
	needRegistry(t, m)
	at := []host.Loc{host.RegLoc(m.Key, "Value"), host.RegLoc(m.Key+`\sub`, "Value")}
	c, cancel := start(t, m, at...)
	for _, l := range at {
		m.swap(t, host.Edit{At: l, New: sz("a")})
		expect(t, c, l)
		quiet(c)
		m.swap(t, host.Edit{At: l, Old: sz("a"), New: sz("b")})
		expect(t, c, l)
		quiet(c)
		m.swap(t, host.Edit{At: l, Old: sz("b")})
		expect(t, c, l)
		quiet(c)
	}
	ended(t, c, cancel)
}
