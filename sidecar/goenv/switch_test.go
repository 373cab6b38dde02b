package goenv

import "testing"

func TestMatchPrefix(t *testing.T) {
	for _, c := range []struct {
		patterns string
		want     bool
	}{
		{"", false}, {",", false}, {"*", true}, {"golang.org", true}, {"golang.org/toolchain", true}, {"golang.org/", true}, {"*.org", true},
		{"golang.org/toolchain/x", false}, {"*.corp.example", false}, {"corp.example,*/tool*", true}, {"[", false}, {"[,golang.org", true},
	} {
		if got := matchPrefix(c.patterns, "golang.org/toolchain"); got != c.want {
			t.Errorf("%q: %v", c.patterns, got)
		}
	}
}

// TestLevel: what internal/buildcfg of a version prints.
func TestLevel(t *testing.T) {
	for _, c := range []struct {
		minor                int
		name, val, def, want string
	}{
		{21, "GOARM", "6", "7", "6"}, {23, "GOARM", "6", "7", "6,hardfloat"}, {23, "GOARM", "5", "7", "5,softfloat"}, {23, "GOARM", "5,hardfloat", "7", "5,hardfloat"},
		{23, "GOARM", "7,softfloat", "7", "7,softfloat"}, {23, "GOARM", "8", "7", "7,hardfloat"},
		{23, "GOARM64", "v8.0", "v8.0", "v8.0"}, {23, "GOARM64", "v9.0", "v8.0", "v9.0,lse"}, {23, "GOARM64", "v8.0,crypto,lse", "v8.0", "v8.0,lse,crypto"},
		{23, "GOAMD64", "v3", "v1", "v3"}, {23, "GOAMD64", "v5", "v1", "v1"},
		{25, "GOWASM", "signext,satconv", "", "satconv,signext"}, {26, "GOWASM", "signext", "", ""}, {23, "GO386", "softfloat", "sse2", "softfloat"},
	} {
		if got := (&command{minor: c.minor}).level(c.name, c.val, c.def); got != c.want {
			t.Errorf("1.%d: %s=%s: %q, not %q", c.minor, c.name, c.val, got, c.want)
		}
	}
}
