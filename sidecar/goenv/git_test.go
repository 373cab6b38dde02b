package goenv

import (
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

func TestGitBool(t *testing.T) {
	for text, want := range map[string]facts.Tri{
		"":                                              facts.No,
		"[core]\n\tlongpaths = true\n":                  facts.Yes,
		"[Core]\r\n\tLongPaths=1 ; why\r\n":             facts.Yes,
		"[core] longpaths\n":                            facts.Yes,
		"[core]\nlongpaths =\n":                         facts.No,
		"[core]\nlongpaths = false\n":                   facts.No,
		"[core \"x\"]\nlongpaths = true\n":              facts.No,
		"[core]\n# longpaths = true\n":                  facts.No,
		"[include]\npath = a\n":                         facts.Unknown,
		"[core]\nlongpaths=no\n[core]\nlongpaths=yes\n": facts.Yes,
	} {
		if got := GitBool(host.DecodeFile(host.Loc{}, []byte(text)), "core", "longpaths"); got.Value != want {
			t.Errorf("%q: %+v, want %v", text, got, want)
		}
	}
}

func FuzzGitBool(f *testing.F) {
	for _, s := range []string{"[core]\n\tlongpaths = true\n", "[core]longpaths=\"x", "[", "[core]\r\n=\r\n", "[core] longpaths # x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := host.DecodeFile(host.Loc{}, data)
		g := GitBool(text, "core", "longpaths")
		if g.Start >= 0 && (g.Start > g.End || g.End > len(text.S)) || g.Section > len(text.S) {
			t.Errorf("%q: %+v", data, g)
		}
	})
}
