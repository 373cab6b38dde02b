package facts

import (
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "",
		"plain, a@b":                     "plain, a@b",
		"https://proxy.example/x":        "https://proxy.example/x",
		"https://u:p@proxy.example/a@b":  "https://***@proxy.example/a@b",
		"http://tok@h,https://a:b@c:80/": "http://***@h,https://***@c:80/",
		`GOPROXY is "https://u:p@ss@h"`:  `GOPROXY is "https://***@h"`,
		"://@":                           "://***@",
	} {
		if got := Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("https://u:s3cr3t@h/x ftp://a@b")
	f.Fuzz(func(t *testing.T, s string) {
		if got := Redact(s); Redact(got) != got {
			t.Errorf("Redact(%q) = %q, which it would redact again", s, got)
		}
		if got := Redact("https://u:s3cr3t@h" + strings.ReplaceAll(s, "@", "")); strings.HasPrefix(got, "https://u:s3cr3t") {
			t.Errorf("got %q", got)
		}
	})
}

func TestSecret(t *testing.T) {
	for name, want := range map[string]bool{"NPM_TOKEN": true, "npm_config_password": true, "GOOGLE_API_KEY": true, "PAT": false, "GH_PAT": true,
		"GOAUTH": false, "Path": false, "PATHEXT": false, "GOPATH": false, "": false} {
		if Secret(name) != want {
			t.Errorf("Secret(%q) is %v", name, !want)
		}
	}
}
