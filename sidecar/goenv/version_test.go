package goenv

import (
	gover "go/version"
	"slices"
	"testing"
)

// ordered are versions from old to new, as Go's own internal/gover orders them.
var ordered = []string{"", "1", "1.1", "1.2rc3", "1.5", "1.5.1", "1.9", "1.19", "1.20rc1", "1.20", "1.20.14", "1.21", "1.21alpha", "1.21beta1", "1.21rc",
	"1.21rc2", "1.21rc10", "1.21.0", "1.21.3", "1.22", "1.22.0", "1.22.10", "1.99999999999999999998", "1.99999999999999999999", "2.0"}

func TestCompare(t *testing.T) {
	for i, x := range ordered {
		for k, y := range ordered {
			want := 0
			switch {
			case i < k:
				want = -1
			case i > k:
				want = 1
			}
			if got := Compare(x, y); got != want {
				t.Errorf("Compare(%q, %q) = %d, want %d", x, y, got, want)
			}
			if x != "" && y != "" {
				if got := gover.Compare("go"+x, "go"+y); got != want {
					t.Errorf("the list is wrong: go/version orders %q and %q %d", x, y, got)
				}
			}
		}
	}
	for _, same := range [][2]string{{"1.20", "1.20.0"}, {"1", "1.0.0"}, {"1.0", "1"}, {"", "1.21.x"}, {"latest", "go1.2"}} {
		if Compare(same[0], same[1]) != 0 {
			t.Errorf("%q and %q differ", same[0], same[1])
		}
	}
}

func TestIsVersion(t *testing.T) {
	for _, good := range ordered[1:] {
		if !IsVersion(good) {
			t.Errorf("%q is none", good)
		}
	}
	for _, bad := range []string{"", "go1.21", "v1.21", "1.", ".1", "1.21.", "1.21.x", "1.021", "01.2", "1.21.3rc1", "1.21-1", "1.21 ", " 1.21", "1.21.3.4", "1.21RC1", "1.21rc01", "１.21", "latest", "default"} {
		if IsVersion(bad) {
			t.Errorf("%q is one", bad)
		}
	}
}

func TestFromToolchain(t *testing.T) {
	for name, want := range map[string]string{"go1.21.3": "1.21.3", "go1.21.3-bigcorp": "1.21.3", "go1.26.8 X:nocoverageredesign": "1.26.8", "go1.27rc1": "1.27rc1", "go1.26.11 (Red Hat)": "1.26.11",
		"1.21.3": "", "go": "", "gopher": "", "go1.21/../evil": "", `go1.21\evil`: "", "devel go1.28-abcdef": "", "gccgo-go1.20.3": "", "default": "", "local": ""} {
		if got := FromToolchain(name); got != want {
			t.Errorf("FromToolchain(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestFromVERSION(t *testing.T) {
	for text, want := range map[string]string{"go1.27.4\ntime 2026-11-05T16:48:21Z\n": "go1.27.4", "go1.21.9 (Red Hat 1.21.9-1.el9)\n": "go1.21.9", "go1.8": "go1.8", "go1.26.8\r\ntime x\r\n": "go1.26.8",
		"": "", "\n": "", "devel go1.28-6b5a1c Tue Nov 24\n": "devel"} {
		if got := FromVERSION(text); got != want {
			t.Errorf("FromVERSION(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestOlder(t *testing.T) {
	if !Older("go1.9", "go1.10") || Older("go1.21.0", "go1.21.0") || Older("go1.22", "go1.21.5") || Older("", "go1.21") || Older("devel", "go1.21") || Older("go1.2", "tip") {
		t.Error("wrong order, or a version that is none was judged")
	}
}

func FuzzVersion(f *testing.F) {
	for _, v := range slices.Concat(ordered, []string{"go1.21.3-x", "1.021", "\xff", "1.2\x00"}) {
		f.Add(v, "1.21.0")
	}
	f.Fuzz(func(t *testing.T, x, y string) {
		if IsVersion(x) != gover.IsValid("go"+x) && !hasSuffix(x) {
			t.Errorf("IsVersion(%q) = %v, go/version says otherwise", x, IsVersion(x))
		}
		if IsVersion(x) && IsVersion(y) {
			if got, want := Compare(x, y), gover.Compare("go"+x, "go"+y); got != want {
				t.Errorf("Compare(%q, %q) = %d, go/version says %d", x, y, got, want)
			}
		}
		if Compare(x, y) != -Compare(y, x) {
			t.Errorf("Compare(%q, %q) is not antisymmetric", x, y)
		}
		FromToolchain(x)
		FromVERSION(x)
	})
}

// hasSuffix reports whether go/version cuts something off before it looks: -bigcorp.
func hasSuffix(x string) bool { return slices.Contains([]byte(x), '-') }
