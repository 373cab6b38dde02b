package goenv

import (
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

func modFile(name, text string) *facts.ModFile {
	if text == "" {
		return nil
	}
	return ParseMod(host.DecodeFile(host.FileLoc("/w/"+name, 0), []byte(text)), "/w", name == "go.work")
}

// TestSelect holds the choice of a toolchain to go.dev/doc/toolchain and cmd/go/internal/toolchain.Select of Go 1.26.
func TestSelect(t *testing.T) {
	for _, c := range []struct {
		local, gotoolchain, work, mod string
		want                          string // the version that runs, or ! and the message
		because                       string
	}{
		// nothing asks for another one
		{"go1.26.8", "auto", "", "", "go1.26.8", ""},
		{"go1.26.8", "auto", "", "module m\n", "go1.26.8", ""},
		{"go1.26.8", "auto", "", "go 1.26.8\n", "go1.26.8", ""},
		{"go1.26.8", "auto", "", "go 1.26\n", "go1.26.8", ""},
		{"go1.26.8", "auto", "", "go 1.16\n", "go1.26.8", ""},
		{"go1.26.8", "auto", "", "go 1.26.0\ntoolchain go1.26.3\n", "go1.26.8", ""},
		// the go line
		{"go1.26.8", "auto", "", "module m\n\ngo 1.27.2\n", "go1.27.2", "/w/go.mod:3"},
		{"go1.26.8", "auto", "", "go 1.27\n", "go1.27.0", "/w/go.mod:1"},
		{"go1.26.8", "path", "", "go 1.27\n", "go1.27.0", "/w/go.mod:1"},
		{"go1.26.8", "auto", "", "go 1.27rc1\n", "go1.27rc1", "/w/go.mod:1"},
		{"go1.27rc1", "auto", "", "go 1.27\n", "go1.27rc1", ""},
		{"go1.27rc1", "auto", "", "go 1.27.0\n", "go1.27.0", "/w/go.mod:1"},
		{"go1.26.8", "auto", "", "go 1.27.1 // newest\r\n", "go1.27.1", "/w/go.mod:1"},
		{"go1.26.8", "auto", "", "go latest\n", "go1.26.8", ""},
		{"go1.26.8", "auto", "", "go\n", "go1.26.8", ""},
		{"go1.26.8", "auto", "", "go (\n\t1.27\n)\n", "go1.26.8", ""},
		// the toolchain line
		{"go1.26.8", "auto", "", "go 1.26.0\ntoolchain go1.27.4\n", "go1.27.4", "/w/go.mod:2"},
		{"go1.26.8", "auto", "", "go 1.27.5\ntoolchain go1.27.4\n", "go1.27.5", "/w/go.mod:1"},
		{"go1.26.8", "auto", "", "go 1.27.4\ntoolchain go1.27.4\n", "go1.27.4", "/w/go.mod:2"},
		{"go1.26.8", "auto", "", "go 1.26.0\ntoolchain go1.27.4-bigcorp\n", "go1.27.4-bigcorp", "/w/go.mod:2"},
		{"go1.26.8", "auto", "", "go 1.27.0\ntoolchain default\n", "go1.26.8", ""},
		{"go1.26.8", "auto", "", "go 1.26.0\ntoolchain local\n", `!invalid toolchain "local" in /w/go.mod`, ""},
		{"go1.26.8", "auto", "", "go 1.26.0\ntoolchain 1.27.4\n", `!invalid toolchain "1.27.4" in /w/go.mod`, ""},
		{"go1.26.8", "local", "", "go 1.26.0\ntoolchain 1.27.4\n", "go1.26.8", ""},
		// go.work counts instead of go.mod
		{"go1.26.8", "auto", "go 1.26.0\n", "go 1.27.4\n", "go1.26.8", ""},
		{"go1.26.8", "auto", "go 1.27.1\n", "go 1.26.0\n", "go1.27.1", "/w/go.work:1"},
		{"go1.26.8", "auto", "go 1.26.0\ntoolchain go1.27.3\nuse .\n", "go 1.27.4\n", "go1.27.3", "/w/go.work:2"},
		{"go1.26.8", "auto", "use .\n", "go 1.27.4\n", "go1.26.8", ""},
		// GOTOOLCHAIN
		{"go1.26.8", "local", "", "go 1.27.4\ntoolchain go1.27.5\n", "go1.26.8", ""},
		{"go1.26.8", "local+auto", "", "go 1.27.4\n", "go1.27.4", "/w/go.mod:1"},
		{"go1.26.8", "local+path", "", "go 1.27.4\n", "go1.27.4", "/w/go.mod:1"},
		{"go1.26.8", "go1.25.3", "", "go 1.27.4\n", "go1.25.3", ""},
		{"go1.26.8", "go1.20.14", "", "go 1.27.4\n", "go1.20.14", ""},
		{"go1.26.8", "go1.27.2", "", "go 1.27.4\n", "go1.27.2", ""},
		{"go1.26.8", "go1.27.2-bigcorp", "", "", "go1.27.2-bigcorp", ""},
		{"go1.26.8", "go1.27.2+auto", "", "go 1.26.0\n", "go1.27.2", ""},
		{"go1.26.8", "go1.27.2+auto", "", "go 1.27.4\n", "go1.27.4", "/w/go.mod:1"},
		{"go1.26.8", "go1.27.2+path", "", "go 1.26.0\ntoolchain go1.27.3\n", "go1.27.3", "/w/go.mod:2"},
		{"go1.26.8", "go1.27.2+auto", "", "go 1.27.4\ntoolchain default\n", "go1.27.2", ""},
		{"go1.26.8", "go1.25.1+auto", "", "go 1.25.0\n", "go1.25.1", ""}, // a minimum, even an older one, is the default toolchain
		{"go1.26.8", "go1.26.8", "", "", "go1.26.8", ""},
		{"go1.26.8", "gccgo-go1.20.3", "", "", `!invalid GOTOOLCHAIN "gccgo-go1.20.3"`, ""},
		{"go1.26.8", "", "", "go 1.27.4\n", "go1.26.8", ""}, // a packager took the line out of go.env
		{"go1.26.8", "1.22", "", "", `!invalid GOTOOLCHAIN "1.22"`, ""},
		{"go1.26.8", "latest", "", "", `!invalid GOTOOLCHAIN "latest"`, ""},
		{"go1.26.8", "local\r", "", "", "!invalid GOTOOLCHAIN \"local\\r\"", ""},
		{"go1.26.8", "auto+auto", "", "", `!invalid GOTOOLCHAIN "auto+auto": invalid minimum toolchain "auto"`, ""},
		{"go1.26.8", "go1.22+foo", "", "", `!invalid GOTOOLCHAIN "go1.22+foo": only version suffixes are +auto and +path`, ""},
		{"go1.26.8", "local+", "", "", `!invalid GOTOOLCHAIN "local+": only version suffixes are +auto and +path`, ""},
		{"go1.26.8", "go1.22/../../x", "", "", `!invalid GOTOOLCHAIN "go1.22/../../x"`, ""},
		// before 1.21 there is no switching, and neither variable nor line means anything
		{"go1.20.14", "go1.27.2", "", "go 1.27.4\ntoolchain go1.27.4\n", "go1.20.14", ""},
		{"go1.20.14", "nonsense", "", "", "go1.20.14", ""},
		{"go1.21.0", "auto", "", "go 1.21.1\n", "go1.21.1", "/w/go.mod:1"},
		// unknown
		{"", "auto", "", "go 1.27.4\n", "", ""},
		{"devel", "auto", "", "go 1.27.4\n", "", ""},
	} {
		s := Select(Input{Local: c.local, GOTOOLCHAIN: c.gotoolchain, Work: modFile("go.work", c.work), Mod: modFile("go.mod", c.mod)})
		got := s.Version
		if s.Err != "" {
			if got != "" {
				t.Errorf("%+v: %s runs, and go stops with %s", c, got, s.Err)
			}
			got = "!" + s.Err
		}
		because := ""
		if s.Because.Path != "" {
			because = s.Because.String()
		}
		if got != c.want || because != c.because {
			t.Errorf("local %s, GOTOOLCHAIN=%s, go.work %q, go.mod %q: %s because of %q, want %s because of %q", c.local, c.gotoolchain, c.work, c.mod, got, because, c.want, c.because)
		}
		if switched := c.want != c.local && c.want != "" && c.want[0] != '!'; s.Switched != switched {
			t.Errorf("%+v: switched is %v", c, s.Switched)
		}
		if s.Local != c.local || s.Mode != c.gotoolchain {
			t.Errorf("%+v: local %q, mode %q", c, s.Local, s.Mode)
		}
	}
}

func FuzzSelect(f *testing.F) {
	f.Add("go1.26.8", "auto", "go 1.27\ntoolchain go1.27.4\n", "")
	f.Add("go1.26.8", "go1.27.2+auto", "go 1.26.0", "go 1.27.4\nuse (\n\t.\n")
	f.Add("go1.20", "local\r", "\xef\xbb\xbfgo 1.27\r\n", "toolchain default")
	f.Fuzz(func(t *testing.T, local, gotoolchain, mod, work string) {
		s := Select(Input{Local: local, GOTOOLCHAIN: gotoolchain, Mod: modFile("go.mod", mod), Work: modFile("go.work", work)})
		if s.Err != "" && s.Version != "" {
			t.Errorf("%s runs, and go stops with %s", s.Version, s.Err)
		}
		if s.Switched && s.Version == s.Local {
			t.Error("switched to itself")
		}
		if v := FromToolchain(local); v != "" && Compare(v, "1.21") < 0 && s.Version != local {
			t.Errorf("Go %s switched to %s", v, s.Version)
		}
	})
}
