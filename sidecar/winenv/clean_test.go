package winenv

import (
	"encoding/binary"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// means is a meaning as rules give it: folded, without a separator at the end; what has "gone" in it is not wanted.
func means(_ int, element string) (string, bool) {
	return strings.TrimRight(strings.ToLower(strings.ReplaceAll(element, "/", `\`)), `\`), strings.Contains(element, "gone")
}

func TestClean(t *testing.T) {
	for _, test := range []struct{ value, want string }{
		{"", ""},
		{`C:\a`, `C:\a`},
		{`%SystemRoot%\System32\;C:\A;%USERPROFILE%\go\bin`, `%SystemRoot%\System32\;C:\A;%USERPROFILE%\go\bin`},
		{`;;C:\a;;C:\b;;`, `C:\a;C:\b`},
		{";", ""},
		{`C:\a;C:\gone`, `C:\a`},
		{`C:\gone;C:\a`, `C:\a`},
		{`C:\gone`, ""},
		{`C:\a;C:\b;c:/A/;C:\b\`, `C:\a;C:\b`},
		{` C:\a ;"C:\Program Files\Go\bin";` + "C:\\c\r\n", `C:\a;C:\Program Files\Go\bin;C:\c`},
		{`"C:\a;b";C:\c;"C:\a;b"`, `"C:\a;b";C:\c`},
		{`C:\a;"C:\b;C:\c;C:\a`, `C:\a;C:\b;C:\c`},
		{`C:\a;" ";C:\gone; C:\b`, `C:\a;C:\b`},
		{`C:\a;C:\b ;C:\gone;`, `C:\a;C:\b`},
	} {
		if got := Render(test.value, Clean(test.value, means)); got != test.want {
			t.Errorf("%q becomes %q, want %q", test.value, got, test.want)
		}
	}
	var why []Defect
	for _, s := range Clean(`C:\a; C:\b;C:\A\;;C:\gone`, means) {
		why = append(why, s.Why)
	}
	if !slices.Equal(why, []Defect{Malformed, Duplicate, Blank, Unwanted}) {
		t.Errorf("reasons %q", why)
	}
}

// seeds are the Path values of the corpus.
func seeds(t testing.TB) (list []string) {
	err := filepath.WalkDir("../../testdata", func(name string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".txtar" {
			return err
		}
		data, err := os.ReadFile(name)
		for line := range strings.Lines(string(data)) {
			if rest, ok := strings.CutPrefix(strings.TrimSpace(line), `"Path"=`); ok {
				if rest, ok = strings.CutPrefix(strings.TrimPrefix(rest, "expand:"), `"`); ok && strings.HasSuffix(rest, `"`) {
					list = append(list, strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(rest[:len(rest)-1]))
				}
			}
		}
		return err
	})
	if err != nil || len(list) < 20 {
		t.Fatalf("%d Path values in testdata: %v", len(list), err)
	}
	return list
}

// damage makes a Path value of pieces of another, of what people and programs leave in one, and of random units.
func damage(r *rand.Rand, value string) []byte {
	parts := strings.Split(value, ";")
	for n := r.Intn(6); n > 0; n-- {
		i := r.Intn(len(parts))
		switch p := parts[i]; r.Intn(9) {
		case 0:
			parts = slices.Insert(parts, i, "")
		case 1:
			parts = append(parts, strings.ToUpper(p)+`\`)
		case 2:
			parts[i] = `"` + p + `"`
		case 3:
			parts[i] = `"` + p
		case 4:
			parts[i] = " " + p + "\r\n"
		case 5:
			parts[i] = strings.ReplaceAll(p, `\`, "/")
		case 6:
			parts[i] = p[:r.Intn(len(p)+1)]
		case 7:
			parts[i] = p + `\gone`
		default:
			parts[i] = p + "…\u3000🐹"
		}
	}
	raw := host.RegString(strings.Join(parts, ";"))
	switch r.Intn(4) {
	case 0:
		raw = raw[:len(raw)-2] // without the terminator
	case 1:
		i := r.Intn(len(raw)/2) * 2
		raw = slices.Insert(raw, i, binary.LittleEndian.AppendUint16(nil, uint16(r.Intn(1<<16)))...) // perhaps half of a pair
	}
	return raw
}

// TestCleanMany cleans 10,000 damaged values: what is not touched stays the same byte for byte, and cleaning again changes nothing.
func TestCleanMany(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	list := seeds(t)
	touched := 0
	for range 10000 {
		raw := damage(r, list[r.Intn(len(list))])
		touched += checkClean(t, raw)
		if t.Failed() {
			return
		}
	}
	if touched < 5000 {
		t.Errorf("only %d values had to be cleaned", touched)
	}
}

// checkClean returns 1 if a value was changed.
func checkClean(t *testing.T, raw []byte) int {
	at := host.RegLoc(UserKey, "Path")
	text := host.DecodeRegistry(at, host.Value{Type: "sz", Data: raw})
	steps := Clean(text.S, means)
	result := Render(text.S, steps)
	if again := Clean(result, means); len(again) > 0 {
		t.Errorf("%q\nbecomes %q\nand then %q", text.S, result, Render(result, again))
	}
	if len(steps) == 0 {
		return 0
	}
	changes := []host.Change{}
	for _, s := range steps {
		changes = append(changes, host.Change{At: at, Start: s.Start, End: s.End, New: s.New})
	}
	v, err := text.Apply(changes)
	if err != nil {
		t.Errorf("%q: %v", text.S, err)
		return 1
	}
	if got := host.DecodeRegistry(at, *v).S; got != result {
		t.Errorf("the bytes of %q are those of %q, want %q", text.S, got, result)
	}
	if result == "" {
		return 1
	}
	// Every element of the result is one of the value, in order, by its bytes; one that was malformed is the same without what went.
	old, i := elements(text), 0
	for _, el := range elements(host.DecodeRegistry(at, *v)) {
		for i < len(old) && old[i] != el && normal(decode(old[i]), true) != decode(el) && strings.ReplaceAll(normal(decode(old[i]), false), `"`, "") != decode(el) {
			i++
		}
		if i == len(old) {
			t.Errorf("%q\nbecomes %q: where does %q come from?", text.S, result, decode(el))
			return 1
		}
		i++
	}
	return 1
}

// elements are the raw bytes of a value's elements.
func elements(t *host.Text) (list []string) {
	raw, start := t.Raw.Data, 0
	quoted := false
	matched := strings.Count(t.S, `"`)%2 == 0
	end := len(raw) &^ 1
	if end >= 2 && raw[end-1] == 0 && raw[end-2] == 0 {
		end -= 2
	}
	for i := 0; i <= end; i += 2 {
		if i < end && raw[i] == '"' && raw[i+1] == 0 {
			quoted = !quoted
		}
		if i == end || raw[i] == ';' && raw[i+1] == 0 && !(quoted && matched) {
			list = append(list, string(raw[start:i]))
			start = i + 2
		}
	}
	return list
}

func decode(raw string) string {
	return host.DecodeRegistry(host.RegLoc(UserKey, "Path"), host.Value{Type: "sz", Data: []byte(raw)}).S
}

func FuzzClean(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(host.RegString(s))
	}
	f.Add([]byte{0, 0xd8, ';', 0, '"'})
	f.Fuzz(func(t *testing.T, raw []byte) { checkClean(t, raw) })
}
