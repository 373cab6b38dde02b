package winenv

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// scratch returns this machine, whose environment keys the test may write: they are as before when it ends. It takes the user's own away,
// so that it wants to be told that nobody's is here.
func scratch(t *testing.T) *host.Local {
	t.Helper()
	if os.Getenv("TEST_REGISTRY") != "scratch" {
		t.Skip("TEST_REGISTRY=scratch does not say that the registry may be written to")
	}
	l := host.NewLocal(host.Options{})
	for _, key := range []string{MachineKey, UserKey} {
		before := values(t, l, key)
		t.Cleanup(func() { write(t, l, key, before) })
	}
	return l
}

func values(t *testing.T, l *host.Local, key string) []host.NamedValue {
	t.Helper()
	k, err := l.ReadKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return k.Values
}

// write makes a key have these values and no others.
func write(t *testing.T, l *host.Local, key string, want []host.NamedValue) {
	t.Helper()
	at := func(list []host.NamedValue, name string) *host.Value {
		if i := slices.IndexFunc(list, func(v host.NamedValue) bool { return strings.EqualFold(v.Name, name) }); i >= 0 {
			return &list[i].Value
		}
		return nil
	}
	now := values(t, l, key)
	for _, v := range now {
		if at(want, v.Name) == nil {
			if err := l.Swap(host.Edit{At: host.RegLoc(key, v.Name), Old: &v.Value}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, v := range want {
		if err := l.Swap(host.Edit{At: host.RegLoc(key, v.Name), Old: at(now, v.Name), New: &v.Value}); err != nil {
			t.Fatal(err)
		}
	}
}

// wine reports whether this is Wine, whose CreateEnvironmentBlock (dlls/userenv) is not that of Windows where ground truth 2.0 tells:
//
//   - it applies each key twice, both types at once: what names itself, or a REG_EXPAND_SZ that comes later in its key, is expanded again;
//   - it drops the Path of the second key instead of joining it, and replaces LIBPATH and OS2LIBPATH;
//   - it leaves out values of more than 1023 units;
//   - it reads behind the data of a REG_EXPAND_SZ without terminator;
//   - a % that ends what is no variable cannot begin a reference.
//
// All this is left out of its hives, and nothing else.
var wine = windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil

// A world makes hives that name one another.
type world struct {
	*rand.Rand
	keys int // made so far
}

// names are some that Go reads, the joined ones, and what nobody forbids.
var names = []string{"GOROOT", "goroot", "GOPATH", "GOBIN", "GOFLAGS", "Path", "PATH", "LibPath", "OS2LIBPATH", "A", "B", "C", "D", "a b", "(x86)",
	"Größe", "变量", "%", "%A%", "A=B", strings.Repeat("long", 50)}

// text names variables that may be there, and says something beside: what Windows makes of an empty value is not documented.
func (w *world) text() string {
	var b strings.Builder
	for range 1 + w.IntN(6) {
		switch w.IntN(8) {
		case 0, 1, 2:
			name := names[w.IntN(len(names))]
			if !wine || !strings.Contains(name, "%") {
				b.WriteString("%" + name + "%")
			}
		case 3:
			b.WriteString([]string{"% %", "%nobody%", "%SystemRoot%", "%systemroot%", "^", "!A!", "\x01", "\n", "%", "%%", "%%%"}[w.IntN(map[bool]int{true: 8, false: 11}[wine])])
		case 4:
			b.WriteString([]string{";", ";;", `"`, " ", `\`}[w.IntN(5)])
		case 5:
			b.WriteString(strings.Repeat("x", 1+w.IntN(20)))
		default:
			b.WriteString([]string{`C:\Go\bin`, `D:\gö`, `\\server\share`, "值", "😀", "1"}[w.IntN(6)])
		}
	}
	return b.String() + "."
}

func (w *world) hive() (list []host.NamedValue) {
	w.keys++
	for _, i := range w.Perm(len(names))[:w.IntN(len(names))] {
		name := names[i]
		if slices.ContainsFunc(list, func(v host.NamedValue) bool { return strings.EqualFold(v.Name, name) }) {
			continue
		}
		joined := strings.HasSuffix(strings.ToUpper(name), "PATH") && name != "GOPATH"
		if wine && joined && w.keys > 1 {
			continue
		}
		typ, text := []string{"sz", "expand", "expand", "expand", "dword", "multi", "binary", "hex(9)"}[w.IntN(8)], w.text()
		if !wine && w.IntN(8) == 0 {
			text = strings.Repeat(text, 1+4000/len(text))
		}
		data := host.RegString(text)
		switch odd := w.IntN(8); {
		case odd == 0 && !(wine && typ == "expand"): // no terminator
			data = data[:len(data)-2]
		case odd == 1: // something behind it
			data = append(data, 'a', 0, 0, 0)
		case odd == 2 && !(wine && typ == "expand"): // half a character
			data = data[:len(data)-1]
		case odd == 3: // half a surrogate pair
			data = append([]byte{byte(w.IntN(256)), 0xd8 + byte(w.IntN(8))}, data...)
		}
		list = append(list, host.NamedValue{Name: name, Value: host.Value{Type: typ, Data: data}})
	}
	return list
}

// settle takes out of a key, which has its order from the registry, what Wine expands twice. Joined names are set the first time.
func settle(list []host.NamedValue) (out []host.NamedValue) {
	for i, v := range list {
		text := strings.ToUpper(host.DecodeRegistry(host.Loc{}, v.Value).S)
		later := func(o host.NamedValue) bool { return strings.Contains(text, "%"+strings.ToUpper(o.Name)+"%") }
		rest := slices.DeleteFunc(slices.Clone(list[i:]), func(o host.NamedValue) bool {
			return o.Type == "sz" && !strings.HasSuffix(strings.ToUpper(v.Name), "PATH")
		})
		if v.Type != "expand" || !slices.ContainsFunc(rest, later) {
			out = append(out, v)
		}
	}
	return out
}

// comparable is a block in an order of its own, without what has no value, with names in one case, and without halves of surrogate pairs,
// which Text shows as damage.
func comparable(block []string) (list []string) {
	for _, kv := range block {
		if name, value := host.CutEnv(kv); value != "" {
			list = append(list, strings.ToUpper(name)+"="+strings.ReplaceAll(strings.ToValidUTF8(value, ""), "\uFFFD", ""))
		}
	}
	slices.Sort(list)
	return list
}

// TestCreateEnvironmentBlock holds Build against what makes the environment of each new process.
func TestCreateEnvironmentBlock(t *testing.T) {
	l := scratch(t)
	write(t, l, MachineKey, nil)
	write(t, l, UserKey, nil)
	base, vars := l.View("login"), 0
	for seed := range uint64(80) {
		w := &world{Rand: rand.New(rand.NewPCG(seed, 5))}
		for _, key := range []string{MachineKey, UserKey} {
			write(t, l, key, w.hive())
			if wine {
				write(t, l, key, settle(values(t, l, key)))
			}
		}
		keys, err := Read(l)
		if err != nil {
			t.Fatal(err)
		}
		got, want := comparable(Build(base, keys).Block()), comparable(l.View("login"))
		vars += len(want) - len(base)
		if slices.Equal(got, want) {
			continue
		}
		var b strings.Builder
		for _, kv := range got {
			if !slices.Contains(want, kv) {
				fmt.Fprintf(&b, "Build has   %.300q\n", kv)
			}
		}
		for _, kv := range want {
			if !slices.Contains(got, kv) {
				fmt.Fprintf(&b, "Windows has %.300q\n", kv)
			}
		}
		for _, k := range keys {
			for _, v := range k.Values {
				fmt.Fprintf(&b, "%.4s %s %s %.300q\n", k.Name, v.Name, v.Type, host.DecodeRegistry(host.Loc{}, v.Value).S)
			}
		}
		t.Errorf("seed %d:\n%.4000s", seed, b.String())
	}
	if vars < 80 {
		t.Errorf("%d variables were compared", vars)
	}
}
