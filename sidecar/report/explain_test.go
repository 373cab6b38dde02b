package report

import (
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
)

func played(t *testing.T, lang l10n.Lang) *doctor.Report {
	t.Helper()
	m, err := scenario.Parse("x", []byte(`A stale GOROOT.

-- machine --
os linux 6.1.0 amd64
user gopher /home/gopher
uid 1000
shell /bin/bash
workspace /src/app
now 2026-11-22T12:00:00Z
-- toolchains --
/usr/local/go go1.26.1
-- /home/gopher/.profile --
export PATH=/usr/local/go/bin:$PATH
export GOROOT=/opt/old_go
-- /home/gopher/.config/go/env --
GO111MODULE=true
-- ./go.mod --
module example.com/app
`))
	if err != nil {
		t.Fatal(err)
	}
	return doctor.Diagnose(m, doctor.Options{Lang: lang})
}

var links = Links{
	Place: func(at host.Loc) string { return "file://" + at.Path },
	Rule:  func(id string) string { return "go-env:/rules/" + id + ".md" },
}

func TestExplain(t *testing.T) {
	r := played(t, l10n.English)
	for _, test := range []struct {
		name, text  string
		rule        string // of the first finding, "" none
		have, lacks []string
	}{
		{"found", "$ go build\r\n\x1b[31mgo: cannot find GOROOT directory: /opt/old_go\x1b[0m\r\n", "stale-goroot",
			[]string{"> `go: cannot find GOROOT directory: /opt/old_go`", "[`stale-goroot`](go-env:/rules/stale-goroot.md): Reports a GOROOT", "`unexpanded-value`: known, but not checked",
				`### GOROOT is /opt/old\_go`, "[`~/.profile:2`](file:///home/gopher/.profile)", `**Remove GOROOT from \~/.profile:2**`}, []string{"\x1b", "\r"}},
		{"not found", "go: modules disabled by GO111MODULE=off\n\x1b[1mexec: \"git\": executable file not found in $PATH", "wrong-go111module", nil, nil},
		{"unbuilt", "dial tcp: lookup proxy.example on 10.0.0.1:53: i/o timeout", "",
			[]string{"This version checks none of these states yet", "What was found on this machine: 2 errors"}, nil},
		{"built, not found", "both GOPATH and GOROOT are the same directory", "", []string{"None of these states that this version checks was found."}, nil},
		{"unknown", "my dog ate https://gopher:secret@proxy.example", "", []string{"# This message is not known", "2 errors"}, []string{"secret"}},
		{"empty", "", "", []string{"# This message is not known"}, nil},
		{"secret", "go: creating work dir: https://gopher:secret@proxy.example", "", []string{"> `go: creating work dir: "}, []string{"secret"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := Explain(r, test.text, links)
			got := ""
			if len(x.Findings) > 0 {
				got = r.Findings[x.Findings[0]].Rule.ID
			}
			if got != test.rule {
				t.Errorf("the first finding is of %q, want %q", got, test.rule)
			}
			for _, s := range test.have {
				if !strings.Contains(x.Markdown, s) {
					t.Errorf("no %q in\n%s", s, x.Markdown)
				}
			}
			for _, s := range test.lacks {
				if strings.Contains(x.Markdown, s) {
					t.Errorf("%q in\n%s", s, x.Markdown)
				}
			}
		})
	}
	if x := Explain(r, "go: cannot find GOROOT directory: x", Links{}); strings.Contains(x.Markdown, "](") || !strings.Contains(x.Markdown, "go-env-doctor fix stale-goroot/unset --at /home/gopher/.profile:2") {
		t.Errorf("for a terminal:\n%s", x.Markdown)
	}
}

func TestExplainFinding(t *testing.T) {
	for _, lang := range []l10n.Lang{l10n.English, l10n.Chinese} {
		r := played(t, lang)
		for i := range r.Findings {
			text := ExplainFinding(r, i, links)
			if !strings.HasPrefix(text, "# ") || !strings.Contains(text, "go-env:/rules/") || strings.Contains(text, ".md)") && strings.Contains(text, "](misencoded") {
				t.Errorf("got\n%s", text)
			}
			t.Log("\n" + text)
		}
	}
}

func TestCommonMark(t *testing.T) {
	for in, want := range map[string]string{
		`C:\a_b\*`: `C:\\a\_b\\\*`, "a\nb": "a b", "<b>": `\<b\>`, "\x1b[1m": `\\x1b\[1m`,
	} {
		if got := plain(in); got != want {
			t.Errorf("plain(%q) is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"a": "`a`", "a`b": "``a`b``", "`": "`` ` ``", "": "`  `"} {
		if got := code(in); got != want {
			t.Errorf("code(%q) is %q, want %q", in, got, want)
		}
	}
	if got := link("`x`", "file:///a b(1)"); got != "[`x`](<file:///a b(1)>)" {
		t.Errorf("got %s", got)
	}
}
