package explain

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// TestTable holds that each message is found, as it was seen and as a terminal shows it, and speaks of its first rule.
func TestTable(t *testing.T) {
	known := map[string]bool{}
	for _, g := range rules.Catalogue {
		for _, id := range g.IDs {
			known[id] = true
		}
	}
	seen := map[string]bool{}
	for _, r := range table {
		if seen[r.pattern] {
			t.Errorf("%q stands twice", r.pattern)
		}
		seen[r.pattern] = true
		ids := strings.Fields(r.rules)
		if len(ids) == 0 || r.source == "" {
			t.Errorf("%q has no rule or no source", r.pattern)
		}
		for _, id := range ids {
			if !known[id] {
				t.Errorf("%q: there is no rule %s", r.pattern, id)
			}
		}
		example := r.example
		if example == "" {
			example = strings.ReplaceAll(r.pattern, "*", "x")
		}
		for _, text := range []string{
			example,
			"gopher@host:~/app$ go build\r\n\x1b[31m" + strings.ReplaceAll(example, "\n", "\r\n") + "\x1b[0m\r\ngopher@host:~/app$ ",
			strings.ToUpper(example),
		} {
			hits := Match(text)
			if got := Rules(hits); len(got) == 0 || got[0] != ids[0] {
				t.Errorf("%q: got %v, want %s first", text, got, ids[0])
			}
		}
	}
}

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		text string
		want string // the first rule of each hit
	}{
		{"", ""},
		{"everything is fine", ""},
		{"cargo: command not found", ""},
		{"mygo: command not found", ""},
		{"go: command not founding", ""},
		{"go: cannot find GOROOT directory: /opt/go", "stale-goroot"},
		{"go: cannot  find\tGOROOT\n directory: /opt/go", "stale-goroot"},
		{"go: cannot find GOROOT directory: 'go' binary is trimmed and GOROOT is not set", "rootless-go"},
		{"\x1b]0;title\x07\x1b[1;31mgo: unknown environment setting GO111MODULE=on\r\x1b[0m\r\n", "wrong-go111module"},
		{"a\ngo: invalid GOTOOLCHAIN \"x\"\nb\nexec: “git”: executable file not found in $PATH", "invalid-gotoolchain missing-git"},
		{`version "go1.26.8"` + "\n" + `does not match go tool version "x"`, "mismatched-goroot"}, // wrapped by the terminal at a blank
		{"requires go >= 1.26 \n nothing (running go 1.25)", ""},                                  // a * stays on its line
		{"fork/exec C:\\x.exe: irgendwas (Fehler 4551)", "blocked-executable"},
		{"os error 1260", "protection-blocks-builds"},
		{"winapi error #193", "persistent-cross-target"},
		{"[WinError 225] Vorgang nicht erfolgreich", "blocked-executable"},
		{"程序无法运行，错误代码：1455", "oom-killed-build"},
		{"HRESULT 0x800711C7", "blocked-executable"},
		{"línea 5: algo", ""}, // a number alone is none of an error
		{"port 1260", ""},
		{"error 12600", ""},
		{"the error5", ""},
	} {
		var got []string
		for _, h := range Match(test.text) {
			got = append(got, h.Rules[0])
			if h.Start > h.End || h.Start == len(test.text) || h.End > len(test.text) || h.Line != strings.Count(test.text[:h.Start], "\n") {
				t.Errorf("%q: range %d–%d, line %d", test.text, h.Start, h.End, h.Line)
			}
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%q: got %q, want %q", test.text, s, test.want)
		}
	}
}

func TestRange(t *testing.T) {
	text := "$ go env\r\n\x1b[1mgo: cannot find \x1b[31mGOROOT directory: /opt/go\x1b[0m\r\n$ "
	hits := Match(text)
	if len(hits) != 1 || hits[0].Line != 1 || !strings.HasPrefix(text[hits[0].Start:], "go: cannot") || !strings.HasSuffix(text[:hits[0].End], "/opt/go") {
		t.Errorf("got %+v", hits)
	}
}

// TestLong holds that megabytes of half messages take no time that grows faster than they, and that of a longer text the end counts.
func TestLong(t *testing.T) {
	start := time.Now()
	for _, piece := range []string{"go: ", "GOPATH entry is relative", `compile: version "`, "\x1b[", "\x1b]", "dial tcp", "error 5 ", " ", "\n", "é"} {
		Match(strings.Repeat(piece, (1<<18)/len(piece)) + " no such host connection refused")
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("half messages took %v", d)
	}
	text := strings.Repeat("x\n", maxText) + "go: invalid GOTOOLCHAIN \"x\""
	if hits := Match(text); len(hits) != 1 || hits[0].Rules[0] != "invalid-gotoolchain" || !strings.HasPrefix(text[hits[0].Start:], "go: invalid") {
		t.Errorf("got %+v", hits)
	}
}

func FuzzMatch(f *testing.F) {
	for _, r := range table[:20] {
		f.Add(r.example)
	}
	f.Add("\x1b")
	f.Add("\x1b]\x1b\\Fehler 5")
	f.Add("\xff\xfe\x00g\x00o")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, h := range Match(text) {
			if h.Line < last || h.End < h.Start || h.End > len(text) || h.Line != strings.Count(text[:h.Start], "\n") || len(h.Rules) == 0 {
				t.Fatalf("%+v", h)
			}
			last = h.Line
		}
		if got := Match(text + "\ngo: invalid GOTOOLCHAIN \"x\""); len(text) < 1000 && !strings.ContainsRune(text, 0x1b) && !slices.Contains(Rules(got), "invalid-gotoolchain") {
			t.Fatalf("%q hides a message", text)
		}
	})
}
