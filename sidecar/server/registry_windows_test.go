package server

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/winenv"
)

const (
	stale  = `C:\nowhere\go`
	broken = `%USERPROFILE%\go\bin;C:\Tools;%SystemRoot%\tools;c:\tools\`
)

// A hive is the user's real environment, by the names of its values.
type hive map[string]host.Value

func readHive(t *testing.T) hive {
	t.Helper()
	k, err := host.NewLocal(host.Options{}).ReadKey(winenv.UserKey)
	if err != nil {
		t.Fatal(err)
	}
	h := hive{}
	for _, v := range k.Values {
		h[v.Name] = v.Value
	}
	return h
}

// write makes the key have these values and no others.
func (h hive) write(t *testing.T) {
	t.Helper()
	l := host.NewLocal(host.Options{})
	now := readHive(t)
	for name := range maps.Keys(now) {
		if _, ok := h[name]; !ok {
			put(t, l, name, nil)
		}
	}
	for name, v := range h {
		put(t, l, name, &v)
	}
}

// put writes one value, as another program does.
func put(t *testing.T, l *host.Local, name string, v *host.Value) {
	t.Helper()
	e := host.Edit{At: host.RegLoc(winenv.UserKey, name), New: v}
	if old, ok := readHive(t)[name]; ok {
		e.Old = &old
	}
	if err := l.Swap(e); err != nil {
		t.Fatal(err)
	}
}

func (h hive) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		fmt.Fprintf(&b, "%s %s %x\n", name, h[name].Type, h[name].Data)
	}
	return b.String()
}

// serveHive starts the built program on the real registry, whose environment has these values until the test ends. It takes the user's
// own away, so that it wants to be told that nobody's is here.
func serveHive(t *testing.T, h hive) *editor {
	t.Helper()
	if os.Getenv("TEST_REGISTRY") != "scratch" {
		t.Skip("TEST_REGISTRY=scratch does not say that the registry may be written to")
	}
	before := readHive(t)
	t.Cleanup(func() { before.write(t) })
	h.write(t)
	app := filepath.ToSlash(t.TempDir())
	if err := os.WriteFile(filepath.Join(app, "go.mod"), []byte("module example.com/app\n\ngo 1.26.0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := start(t)
	e := &editor{t: t, in: p.in, got: make(chan message, 20000)}
	go e.read(p.out)
	e.start(strings.ReplaceAll(documents("utf-16"), "file:///home/gopher/src/app", "file:///"+app))
	return e
}

// sees waits until the document of the key has problems of these rules and of no others of the list, and returns them by rule.
func (e *editor) sees(want, not []string) map[string]diagnostic {
	e.t.Helper()
	for {
		got := map[string]diagnostic{}
		for _, d := range e.published(registryURI) {
			got[d.Code] = d
		}
		has := func(rule string) bool { _, ok := got[rule]; return ok }
		if !slices.ContainsFunc(not, has) && !slices.ContainsFunc(want, func(rule string) bool { return !has(rule) }) {
			return got
		}
	}
}

// repair makes the fix of a rule that the editor offers in a line of the key's document, and returns its number in the journal.
func (e *editor) repair(line int, rule, fix string) string {
	e.t.Helper()
	for _, a := range e.actions(registryURI, line, "[]", "") {
		args := encode(a.Command.Arguments)
		if a.Command.Command != "goEnv.fix" || !strings.Contains(args, `"rule":"`+rule+`"`) || !strings.Contains(args, `"fix":"`+fix+`"`) {
			continue
		}
		var receipt struct{ ID string }
		e.call("workspace/executeCommand", `{"command":"goEnv.fix","arguments":`+args+`}`, &receipt)
		if receipt.ID == "" {
			e.t.Fatalf("%s/%s: the receipt has no number", rule, fix)
		}
		return receipt.ID
	}
	e.t.Fatalf("line %d has no action %s/%s: %v", line, rule, fix, e.actions(registryURI, line, "[]", ""))
	return ""
}

func (e *editor) undo(id string) {
	e.t.Helper()
	e.call("workspace/executeCommand", `{"command":"goEnv.undo","arguments":[{"id":"`+id+`"}]}`, nil)
}

func same(t *testing.T, what string, want hive) {
	t.Helper()
	if got := readHive(t); got.String() != want.String() {
		t.Errorf("%s: the key has\n%swant\n%s", what, got, want)
	}
}

// TestRealRegistry is the whole product on a real registry: the built program, an editor, and another program that changes values.
func TestRealRegistry(t *testing.T) {
	// No bytes here are what Windows itself would write: a value without terminator, one with two, an odd one, one that is no text.
	before := hive{
		"GOROOT":  {Type: "sz", Data: host.RegString(stale)[:2*len(stale)]},
		"Path":    {Type: "sz", Data: append(host.RegString(broken), 0, 0)},
		"ODD":     {Type: "expand", Data: []byte{'a', 0, 'b'}},
		"UNTEXT":  {Type: "sz", Data: []byte{0x00, 0xd8, 'x', 0, 0, 0}},
		"COUNTER": {Type: "dword", Data: []byte{1, 2, 3, 4}},
	}
	e := serveHive(t, before)
	l := host.NewLocal(host.Options{})
	same(t, "at first", before)

	// Diagnosed, at the right lines.
	got := e.sees([]string{"stale-goroot", "unexpanding-registry-value"}, nil)
	p := e.page(registryURI)
	goroot, _ := find(t, p.Text, `"GOROOT"`)
	path, _ := find(t, p.Text, `"Path"`)
	if d := got["stale-goroot"]; d.Range.Start.Line != goroot {
		t.Errorf("stale-goroot is at %v, want line %d of\n%s", d, goroot, p.Text)
	}
	if d := got["unexpanding-registry-value"]; d.Range.Start.Line < path || d.Range.Start.Line > path+4 {
		t.Errorf("unexpanding-registry-value is at %v, want line %d of\n%s", d, path, p.Text)
	}

	// Repaired by what the editor offers there, and undone to the byte.
	first := e.repair(got["stale-goroot"].Range.Start.Line, "stale-goroot", "unset")
	after := maps.Clone(before)
	delete(after, "GOROOT")
	same(t, "after stale-goroot", after)
	got = e.sees([]string{"unexpanding-registry-value"}, []string{"stale-goroot"})
	second := e.repair(got["unexpanding-registry-value"].Range.Start.Line, "unexpanding-registry-value", "retype")
	if v := readHive(t)["Path"]; v.Type != "expand" || !strings.HasPrefix(string(v.Data), string(host.RegString(broken)[:2*len(broken)])) {
		t.Errorf("retyped: %s %q", v.Type, v.Data)
	}
	e.sees(nil, []string{"stale-goroot", "unexpanding-registry-value"})
	e.undo(second)
	same(t, "after one undo", after)
	e.undo(first)
	same(t, "after both", before)
	e.sees([]string{"stale-goroot", "unexpanding-registry-value"}, nil)

	// Watched: what other programs write shows by itself.
	put(t, l, "GOROOT", nil)
	e.sees(nil, []string{"stale-goroot"})
	if out, err := exec.Command("reg", "add", winenv.UserKey, "/v", "GOROOT", "/t", "REG_SZ", "/d", `C:\gone\go`, "/f").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if d := e.sees([]string{"stale-goroot"}, nil)["stale-goroot"]; !strings.Contains(d.Message, `C:\gone\go`) {
		t.Errorf("after reg add: %s", d.Message)
	}
	before.write(t)
	for !strings.Contains(e.sees([]string{"stale-goroot"}, nil)["stale-goroot"].Message, stale) {
	}

	// Edited as a document.
	p = e.page(registryURI)
	if !p.Savable {
		t.Fatalf("the document cannot be saved: %s", p.Reason)
	}
	text := strings.Replace(p.Text, `C:\Tools`, `C:\Tools2`, 1)
	message, id := e.saveAs(registryURI, p.Text, text)
	if id == "" {
		t.Fatalf("saving: %s", message)
	}
	saved := maps.Clone(before)
	now := readHive(t)["Path"]
	if want := host.RegString(strings.Replace(broken, `C:\Tools`, `C:\Tools2`, 1)); now.Type != "sz" || !strings.HasPrefix(string(now.Data), string(want[:len(want)-2])) {
		t.Errorf("saved: %s %q", now.Type, now.Data)
	}
	saved["Path"] = now
	same(t, "after saving", saved)
	if got := e.page(registryURI).Text; got != text {
		t.Errorf("the document is\n%s\nwant\n%s", got, text)
	}

	// Another program writes between reading and saving: nothing is lost.
	put(t, l, "Path", &host.Value{Type: "expand", Data: host.RegString(`C:\other`)})
	other := readHive(t)
	if message, _ := e.saveAs(registryURI, text, p.Text); !strings.HasPrefix(message, "error ") {
		t.Errorf("a conflict was saved: %s", message)
	}
	same(t, "after a conflict", other)
	put(t, l, "Path", &now)
	e.undo(id)
	same(t, "at last", before)
}

// TestRegistryLatency measures how long after a change of a value its problems are published: TEST_CHANGES times. `npm run bench` runs it.
func TestRegistryLatency(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("TEST_CHANGES"))
	if n == 0 {
		t.Skip("TEST_CHANGES does not say how often")
	}
	e := serveHive(t, hive{"GOROOT": {Type: "sz", Data: host.RegString(stale)}})
	e.sees([]string{"stale-goroot"}, nil)
	l := host.NewLocal(host.Options{})
	times := make([]string, n)
	bad := host.Value{Type: "sz", Data: host.RegString(stale)}
	for i := range n {
		time.Sleep(20 * time.Millisecond) // the end of the last pass
		edit := host.Edit{At: host.RegLoc(winenv.UserKey, "GOROOT"), Old: &bad}
		want, not := []string(nil), []string{"stale-goroot"}
		if i%2 == 1 {
			edit = edit.Inverse()
			want, not = not, want
		}
		start := time.Now()
		if err := l.Swap(edit); err != nil {
			t.Fatal(err)
		}
		e.sees(want, not)
		times[i] = fmt.Sprintf("%.2f", float64(time.Since(start))/float64(time.Millisecond))
	}
	fmt.Println("milliseconds:", strings.Join(times, " "))
}
