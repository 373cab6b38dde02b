package document_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/document"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/winenv"
)

// paths are the Path values of real reports, one a line.
func paths(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/paths.txt")
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(data), "\r\n", "\n")), "\n")
	if len(list) < 10 {
		t.Fatalf("%d values", len(list))
	}
	return list
}

// somePath is the data of a Path value: elements of real ones, what people and programs do to them, and random units.
func somePath(r *rand.Rand, list []string) []byte {
	var parts []string
	for range 1 + r.IntN(2) {
		parts = append(parts, strings.Split(list[r.IntN(len(list))], ";")...)
	}
	if r.IntN(10) == 0 {
		parts = parts[:1]
	}
	for range r.IntN(6) {
		i := r.IntN(len(parts))
		switch p := parts[i]; r.IntN(11) {
		case 0:
			parts = slices.Insert(parts, i, "")
		case 1:
			parts[i] = `"` + p + `"`
		case 2:
			parts[i] = `"` + p
		case 3:
			parts[i] = `"` + p + `;` + p + `"`
		case 4:
			parts[i] = " " + p + "\t"
		case 5:
			parts[i] = p + "\r\n    " + p
		case 6:
			parts[i] = strings.ToUpper(p) + `\`
		case 7:
			parts[i] = p[:r.IntN(len(p)+1)]
		case 8:
			parts[i] = []string{"[", "]", "; comment", `"GOROOT"="C:\Go"`, "sz:", "expand:[", "hidden:", "@=-", "C:\\\u202eoG", "\ufeff" + p, "\u2028"}[r.IntN(11)]
		case 9:
			parts[i] = strings.Repeat(p[:min(len(p), 200)]+`\`, 1+r.IntN(10))
		default:
			parts[i] = p + "；\u3000🐹\u0301"
		}
	}
	data := host.RegString(strings.Join(parts, ";"))
	for range r.IntN(3) {
		i := r.IntN(len(data)/2) * 2
		data = slices.Insert(data, i, binary.LittleEndian.AppendUint16(nil, uint16(1+r.IntN(1<<16-1)))...) // perhaps half of a pair
	}
	switch r.IntN(4) {
	case 0:
		data = data[:len(data)-2] // no terminator
	case 1:
		data = append(data, []byte{0, 0, 'x'}[:1+r.IntN(3)]...) // something behind it
	}
	return data
}

// cut is where the elements of a list of UTF-16 units begin and end, in bytes of its data.
func cut(data []byte) (at [][2]int) {
	begin, quoted, i := 0, false, 0
	for ; i+1 < len(data); i += 2 {
		switch c := binary.LittleEndian.Uint16(data[i:]); {
		case c == 0:
			return append(at, [2]int{begin, i})
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			at = append(at, [2]int{begin, i})
			begin = i + 2
		}
	}
	return append(at, [2]int{begin, i})
}

// TestPaths takes 10,000 values of Path through the document and back: a text that did not change changes nothing, and a changed element
// leaves all others as they were, byte for byte.
func TestPaths(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	list, changed := paths(t), 0
	for range 10_000 {
		changed += checkPath(t, somePath(r, list), r.Uint64())
		if t.Failed() {
			return
		}
	}
	if changed < 8000 {
		t.Errorf("an element of only %d values could be changed", changed)
	}
}

// checkPath returns 1 if it could change an element.
func checkPath(t *testing.T, data []byte, pick uint64) int {
	t.Helper()
	typ := []string{"sz", "expand"}[pick%2]
	rep := report(value("Path", typ, data), text("other", "sz", "x"))
	base := document.Registry(rep, winenv.UserKey).Text
	if edits, err := document.Save(rep, winenv.UserKey, base, base+"\n"); err != nil || len(edits) > 0 {
		t.Fatalf("unchanged %q: %v, %v\n%s", data, edits, err, base)
	}
	lines := strings.Split(base, "\n")
	n := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, `"Path"=`) })
	at := cut(data)
	k := int(pick>>1) % len(at)
	element := `C:\changed`
	switch {
	case strings.HasSuffix(lines[n], ":["):
		lines[n+1+k] = `    "C:\\changed"`
	case strings.HasSuffix(lines[n], ":"):
		lines[n+1+k] = "    " + element
	case len(at) == 1:
		lines[n] = map[string]string{"sz": "", "expand": "expand:"}[typ]
		lines[n] = `"Path"=` + lines[n] + `"C:\\changed"`
	default:
		t.Fatalf("%d elements of %q are no list:\n%s", len(at), data, base)
	}
	want := slices.Concat(data[:at[k][0]], host.RegString(element)[:2*len(element)], data[at[k][1]:])
	edits, err := document.Save(rep, winenv.UserKey, base, strings.Join(lines, "\n"))
	if err != nil || len(edits) != 1 {
		t.Fatalf("element %d: %v, %v of %q\n%s", k, edits, err, data, base)
	}
	if got := edits[0].New; got.Type != typ || !bytes.Equal(got.Data, want) || !bytes.Equal(edits[0].Old.Data, data) {
		t.Fatalf("element %d of %q:\ngot  %s %q\nwant %s %q\n%s", k, data, got.Type, got.Data, typ, want, base)
	}
	return 1
}

func FuzzPath(f *testing.F) {
	r := rand.New(rand.NewPCG(2, 5))
	list := paths(f)
	for range 20 {
		f.Add(somePath(r, list), r.Uint64())
	}
	f.Fuzz(func(t *testing.T, data []byte, pick uint64) {
		// Credentials are hidden, and Windows has a limit: their tests are elsewhere.
		if len(data) > 60_000 || bytes.Contains(data, []byte(":\x00/\x00/\x00")) {
			return
		}
		checkPath(t, data, pick)
	})
}
