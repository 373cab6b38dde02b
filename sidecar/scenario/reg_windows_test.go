package scenario

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/windows/registry"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// TestRegProgram loads what reg.exe itself writes of a real key.
func TestRegProgram(t *testing.T) {
	name := `Software\go-env-doctor-test-` + rand.Text()[:8]
	for _, key := range []string{name, name + `\Sub`} {
		k, _, err := registry.CreateKey(registry.CURRENT_USER, key, registry.ALL_ACCESS)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.SetStringValue("", "the default"); err != nil {
			t.Fatal(err)
		}
		k.Close()
		defer registry.DeleteKey(registry.CURRENT_USER, key)
	}
	key := `HKCU\` + name
	l := host.NewLocal(host.Options{})
	long := strings.Repeat(`%USERPROFILE%\go\bin;C:\Größe\值 😀;`, 60)
	type row struct {
		name string
		host.Value
		printed bool // reg query prints all of it
	}
	rows := []row{
		{"", host.Value{Type: "sz", Data: host.RegString("the default")}, true},
		{"Path", host.Value{Type: "expand", Data: host.RegString(long)}, true},
		{"GOROOT", host.Value{Type: "sz", Data: host.RegString(`C:\Program Files\Go`)}, true},
		{"empty", host.Value{Type: "sz", Data: host.RegString("")}, true},
		{"blank", host.Value{Type: "expand", Data: host.RegString(` a  b `)}, true},
		{`quote " and \ back`, host.Value{Type: "sz", Data: host.RegString(`say "C:\" [x] ; y`)}, true},
		{"Größe 值", host.Value{Type: "sz", Data: host.RegString("ö😀")}, true},
		{"list", host.Value{Type: "multi", Data: host.RegStrings([]string{"a", "b c"})}, true},
		{"number", host.Value{Type: "dword", Data: []byte{0xef, 0xbe, 0xad, 0xde}}, true},
		{"large", host.Value{Type: "qword", Data: []byte{1, 2, 3, 4, 5, 6, 7, 8}}, false}, // Wine prints (null)
		{"bytes", host.Value{Type: "binary", Data: []byte(strings.Repeat("\x00\x7f\xff", 40))}, true},
		{"nothing", host.Value{Type: "none", Data: []byte{}}, true},
		{"odd", host.Value{Type: "expand", Data: []byte{'a', 0, 'b'}}, false},
		{"open", host.Value{Type: "expand", Data: []byte{'a', 0, 'b', 0}}, false},
		{"behind", host.Value{Type: "expand", Data: append(host.RegString("a"), 'x', 0)}, false},
		{"half", host.Value{Type: "expand", Data: []byte{0, 0xd8, 'x', 0, 0, 0}}, false},
		{"type 9", host.Value{Type: "hex(9)", Data: []byte{1, 2}}, false},
	}
	for _, r := range rows[1:] {
		at := host.RegLoc(key, r.name)
		if err := l.Swap(host.Edit{At: at, New: &r.Value}); err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		defer func() { _ = l.Swap(host.Edit{At: at, Old: &r.Value}) }()
	}
	file := filepath.Join(t.TempDir(), "key.reg")
	if out, err := exec.Command("reg", "export", key, file, "/y").CombinedOutput(); err != nil {
		t.Fatalf("reg export: %v\n%s", err, out)
	}
	exported, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, text []byte, rows []row) {
		t.Helper()
		m, err := Parse("m.txtar", slices.Concat([]byte(windows+"-- registry --\n"), text))
		if err != nil {
			t.Errorf("%s: %v\n%.2000s", what, err, text)
			return
		}
		k, err := m.ReadKey(key)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		if len(k.Values) != len(rows) || !slices.Equal(k.Subkeys, []string{"Sub"}) {
			t.Errorf("%s: %d values, want %d; subkeys %q", what, len(k.Values), len(rows), k.Subkeys)
		}
		for _, r := range rows {
			i := slices.IndexFunc(k.Values, func(v host.NamedValue) bool { return v.Name == r.name })
			if i < 0 {
				t.Errorf("%s: %q is not there", what, r.name)
			} else if got := k.Values[i].Value; !same(&got, &r.Value) {
				t.Errorf("%s: %q is %s %q, want %s %q", what, r.name, got.Type, got.Data, r.Type, r.Data)
			}
		}
	}
	check("reg export", exported, rows)

	// The console prints in a code page of its own, and what is no text not at all.
	rows = slices.DeleteFunc(rows, func(r row) bool {
		if !r.printed || strings.ContainsFunc(r.name+host.DecodeRegistry(host.Loc{}, r.Value).S, func(c rune) bool { return c > 0x7e }) {
			_ = l.Swap(host.Edit{At: host.RegLoc(key, r.name), Old: &r.Value})
			return true
		}
		return false
	})
	printed, err := exec.Command("reg", "query", key, "/s").Output()
	if err != nil {
		t.Fatalf("reg query: %v", err)
	}
	check("reg query", printed, rows)
}
