package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
)

// staleMachine has one error with one safe fix.
const staleMachine = `A GOROOT that is gone.
-- machine --
os windows 10.0.22631 amd64
user gopher C:\Users\gopher
workspace C:\src\app
now 2026-11-22T12:00:00Z
-- registry --
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment]
"Path"=expand:"%SystemRoot%\\system32;%SystemRoot%;C:\\Program Files\\Go\\bin"
[HKEY_CURRENT_USER\Environment]
"GOROOT"="C:\\Go"
"Path"=expand:"%USERPROFILE%\\go\\bin"
-- toolchains --
C:\Program Files\Go go1.26.1
-- ./go.mod --
module example.com/app
`

// twoPlaces has a stale GOROOT in two places, and a hint.
var twoPlaces = strings.Replace(staleMachine, "-- toolchains --", "-- settings user --\n{\"go.goroot\": \"C:\\\\Old\"}\n-- toolchains --", 1)

// missing has no Go: the fix is made by hand.
var missing = strings.Replace(strings.Replace(staleMachine, "C:\\Program Files\\Go go1.26.1\n", "", 1), "\"GOROOT\"=\"C:\\\\Go\"\n", "", 1)

// dead has a PATH entry that is gone, and fixes that ask.
var dead = strings.Replace(fine, "\"Path\"=expand:\"%USERPROFILE%", "\"Path\"=expand:\"C:\\\\Go\\\\bin;%USERPROFILE%", 1)

var fine = strings.Replace(staleMachine, "\"GOROOT\"=\"C:\\\\Go\"\n", "", 1)

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "machine.txtar")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestMain: the texts are those of no locale, whatever the developer speaks.
func TestMain(m *testing.M) {
	os.Setenv("LC_ALL", "C")
	os.Exit(m.Run())
}

type result struct {
	code     int
	out, err string
}

func do(t *testing.T, input string, args ...string) result {
	t.Helper()
	var out, errw bytes.Buffer
	code := run(args, strings.NewReader(input), &out, &errw)
	return result{code, out.String(), errw.String()}
}

func TestExitCodes(t *testing.T) {
	stale, two, none, ask, good := file(t, staleMachine), file(t, twoPlaces), file(t, missing), file(t, dead), file(t, fine)
	refused := file(t, staleMachine+"-- nonsense --\n")
	for _, c := range []struct {
		args     string
		code     int
		out, err string // what must stand there
	}{
		{"diagnose --scenario " + good, ok, "No problem found", ""},
		{"diagnose --scenario " + stale, findings, "stale-goroot", ""},
		{"--scenario " + stale, findings, "stale-goroot", ""},
		{"diagnose --scenario=" + stale + " --fail-on never", ok, "stale-goroot", ""},
		{"diagnose --fail-on warning --scenario " + ask, findings, "dead-path-entry", ""},
		{"diagnose --fail-on error --scenario " + ask, ok, "dead-path-entry", ""},
		{"diagnose --only stale-goroot --scenario " + ask, ok, "No problem found", ""},
		{"diagnose --only goroot --scenario " + stale, findings, "stale-goroot", ""},
		{"diagnose --only gopath,goroot --scenario " + stale, findings, "stale-goroot", ""},
		{"diagnose --skip stale-goroot --scenario " + stale, ok, "No problem found", ""},
		{"diagnose --skip goroot --skip gopath --scenario " + stale, ok, "No problem found", ""},
		{"diagnose --only nope --scenario " + stale, usage, "", `no rule or group "nope"`},
		{"diagnose --skip nope --scenario " + stale, usage, "", `no rule or group "nope"`},
		{"diagnose --format xml --scenario " + stale, usage, "", `unknown format "xml"`},
		{"diagnose --fail-on bad --scenario " + stale, usage, "", `unknown severity "bad"`},
		{"diagnose folder", usage, "", "--workspace DIR"},
		{"diagnose --nope", usage, "", "-nope"},
		{"diagnose --scenario", usage, "", "scenario"},
		{"diagnose --scenario /nonexistent/machine.txtar", failed, "", "/nonexistent/machine.txtar"},
		{"diagnose --scenario " + refused, failed, "", refused + ":17: unknown entry"},
		{"serve --stdio --scenario " + refused, failed, "", refused + ":17: unknown entry"},
		{"fix stale-goroot --scenario " + refused, failed, "", refused + ":17: unknown entry"},

		{"fix stale-goroot --scenario " + stale, ok, "Undo: go-env-doctor undo", ""},
		{"fix --scenario " + stale + " stale-goroot/unset", ok, `-C:\Go`, ""},
		{"fix stale-goroot --dry-run --scenario " + stale, ok, "GOROOT", ""},
		{"fix stale-goroot/nope --scenario " + stale, usage, "", "it has: unset"},
		{"fix nope --scenario " + stale, usage, "", `no rule "nope"`},
		{"fix goroot --scenario " + stale, failed, "", "no finding of goroot"},
		{"fix stale-goroot --scenario " + good, failed, "", "no finding of stale-goroot"},
		{"fix stale-goroot --at env:GOROOT --scenario " + stale, failed, "", "no finding of stale-goroot at env:GOROOT"},
		{"fix stale-goroot --scenario " + two, usage, "", "setting:user:go.goroot"},
		{"fix stale-goroot --at setting:user:go.goroot --scenario " + two, ok, "go.goroot", ""},
		{`fix stale-goroot --at reg:HKCU\Environment\GOROOT --scenario ` + two, ok, "GOROOT", ""},
		{"fix --all-safe --scenario " + two, ok, "go.goroot", ""},
		{"fix --all-safe --dry-run --scenario " + two, ok, "go.goroot", ""},
		{"fix --all-safe --scenario " + good, failed, "", ""},
		{"fix --all-safe stale-goroot --scenario " + good, usage, "", "--all-safe"},
		{"fix a b", usage, "", "--all-safe"},
		{"fix", usage, "", "--all-safe"},
		{"fix go-not-found --scenario " + none, failed, "Install", "by hand"},
		{"fix dead-path-entry --yes --scenario " + ask, ok, "Undo", ""},
		{"fix dead-path-entry/remove-entry --yes --scenario " + ask, ok, "Undo", ""},
		{"fix dead-path-entry --scenario " + ask, failed, "Make this change?", "nothing was changed"},

		{"announce --scenario " + stale, ok, "Announced", ""},
		{"announce now", usage, "", "takes no argument"},
		{"rules", ok, "stale-goroot", ""},
		{"ignore", usage, "", "--at PLACE"},
		{"ignore stale-goroot", usage, "", "--at PLACE"},
		{"ignore nope --at env:X", usage, "", `no rule "nope"`},
		{"ignore stale-goroot --at env:GOROOT --scenario " + stale, failed, "", "no finding"},
		{"ignored x", usage, "", "--remove RULE"},
		{"ignored --at x", usage, "", "--remove RULE"},
		{"rules x", usage, "", "no argument"},
		{"explain stale-goroot", ok, "GOROOT", ""},
		{"explain", usage, "", "one rule"},
		{"explain nope", usage, "", `no rule "nope"`},
		{"explain ../rules/stale-goroot", usage, "", "no rule"},
		{"explain unknown-go-variable", failed, "", "not built"},
		{"explain --scenario " + stale + " go: cannot find GOROOT directory: C:\\Go", ok, "stale-goroot", ""},
		{"explain --scenario " + good + " nobody ever printed this", failed, "not known", ""},
		{"diagnose --format sarif --scenario " + stale, findings, `"ruleId": "stale-goroot"`, ""},
		{"diagnose --format markdown --scenario " + stale, findings, "`stale-goroot`", ""},
		{"diagnose --color always --scenario " + stale, findings, "\x1b[31m", ""},
		{"diagnose --color never --scenario " + stale, findings, "stale-goroot", ""},
		{"diagnose --color perhaps --scenario " + stale, usage, "", `unknown colour "perhaps"`},
		{"diagnose --lang zh-cn --fail-on never --scenario " + stale, ok, "stale-goroot", ""},
		{"--lang=zh-cn diagnose --fail-on never --scenario " + stale, ok, "stale-goroot", ""},
		{"rules --lang", usage, "", "lang"},
		{"diagnose --lang en_GB.UTF-8 --scenario " + stale, findings, "1 error", ""},
		{"diagnose --lang tlh --scenario " + stale, usage, "", "en or zh-cn"},
		{"record --scenario " + stale, ok, "-- registry --", ""},
		{"record x", usage, "", "--out FILE"},
		{"record --out /nonexistent/dir/x --scenario " + stale, failed, "", "/nonexistent/dir/x"},
		{"version", ok, "go-env-doctor", ""},
		{"--version", ok, "go-env-doctor", ""},
		{"version x", usage, "", "no argument"},
		{"serve", usage, "", "--stdio"},
		{"serve --stdio x", usage, "", "--stdio"},
		{"undo a b", usage, "", "at most one"},
		{"history x", usage, "", "no argument"},
		{"nope", usage, "", `unknown command "nope"`},
		{"help", ok, "Usage: go-env-doctor", ""},
		{"--help", ok, "Usage: go-env-doctor", ""},
		{"-h", ok, "diagnose", ""},
		{"help fix", ok, "--all-safe", ""},
		{"help nope", usage, "", `unknown command "nope"`},
	} {
		r := do(t, "", strings.Fields(c.args)...)
		name := strings.ReplaceAll(c.args, filepath.Dir(filepath.Dir(stale)), "")
		if r.code != c.code || !strings.Contains(r.out, c.out) || !strings.Contains(r.err, c.err) {
			t.Errorf("%s: exit %d, want %d with %q and %q\nstdout:\n%s\nstderr:\n%s", name, r.code, c.code, c.out, c.err, r.out, r.err)
		}
		if r.code == usage && r.out != "" {
			t.Errorf("%s: wrong usage writes to standard output: %s", name, r.out)
		}
		if (r.code == usage || r.code == failed) && r.err == "" {
			t.Errorf("%s: failed without a word", name)
		}
	}
}

func TestConfirm(t *testing.T) {
	for answer, want := range map[string]int{"y\n": ok, "Y\n": ok, "yes\n": ok, " yes \r\n": ok, "y": ok, "n\n": failed, "\n": failed, "": failed, "yesterday\n": failed, "j\n": failed} {
		r := do(t, answer, "fix", "dead-path-entry/remove-entry", "--scenario", file(t, dead))
		if r.code != want {
			t.Errorf("answer %q: exit %d, want %d: %s%s", answer, r.code, want, r.out, r.err)
		}
	}
	if r := do(t, "n\n", "fix", "stale-goroot", "--scenario", file(t, staleMachine)); r.code != ok || strings.Contains(r.out, "[y/N]") {
		t.Errorf("a safe fix asks, or does not run: %s%s", r.out, r.err)
	}
	if r := do(t, "y\n", "fix", "dead-path-entry", "--dry-run", "--scenario", file(t, dead)); r.code != ok || strings.Contains(r.out, "[y/N]") || strings.Contains(r.out, "Undo:") {
		t.Errorf("--dry-run asks, or makes the change: %s%s", r.out, r.err)
	}
}

// TestHelp holds that every command describes itself, names each of its flags, and is listed.
func TestHelp(t *testing.T) {
	list := do(t, "", "help").out
	for _, x := range (&cli{}).commands() {
		for _, args := range [][]string{{x.name, "-h"}, {x.name, "--help"}, {"help", x.name}} {
			r := do(t, "", args...)
			if r.code != ok || r.err != "" || !strings.HasPrefix(r.out, "Usage: go-env-doctor "+x.name) || !strings.Contains(strings.ToLower(r.out), strings.ToLower(x.short)) {
				t.Errorf("%v: exit %d: %s%s", args, r.code, r.out, r.err)
			}
			if strings.Contains(r.out, "%!") || regexp.MustCompile(`(?m)[ \t]+$`).MatchString(r.out) {
				t.Errorf("%v: badly formatted:\n%s", args, r.out)
			}
		}
		if !strings.Contains(list, "\n  "+x.name) {
			t.Errorf("%s is not listed", x.name)
		}
	}
	for name, flags := range map[string][]string{
		"diagnose": {"--workspace DIR", "--scenario FILE", "--format FORMAT", "--fail-on SEVERITY", "--only RULES", "--skip RULES", "--all", "--color WHEN", "--lang LANGUAGE"},
		"fix":      {"--workspace DIR", "--scenario FILE", "--at PLACE", "--subject SUBJECT", "--all-safe", "--dry-run", "--yes"},
		"serve":    {"--stdio", "--scenario FILE", "--lang LANGUAGE"},
		"record":   {"--out FILE", "--scenario FILE", "--workspace DIR", "--lang LANGUAGE"},
		"explain":  {"--scenario FILE", "--workspace DIR", "--lang LANGUAGE"},
	} {
		out := do(t, "", name, "-h").out
		for _, f := range flags {
			if !strings.Contains(out, f) {
				t.Errorf("%s -h does not name %s:\n%s", name, f, out)
			}
		}
	}
}

// TestJSON holds the report to its schema, on machines with and without findings.
func TestJSON(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "shared", "schema", "report.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{staleMachine, twoPlaces, missing, dead, fine} {
		r := do(t, "", "diagnose", "--format", "json", "--scenario", file(t, text))
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(r.out))
		if err != nil {
			t.Fatalf("%v: %s", err, r.out)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%v", err)
		}
		if r.err != "" || !strings.HasSuffix(r.out, "}\n") {
			t.Errorf("standard error %q; the report ends in %q", r.err, r.out[max(0, len(r.out)-5):])
		}
	}
}

// findingsOf is what these tests read of a report.
type findingsOf struct {
	Findings []struct {
		Rule, At, Severity string
		Fixes              []struct{ ID, Safety string }
	}
	Gaps []struct{ At, Message string }
}

func diagnose(t *testing.T, args ...string) findingsOf {
	t.Helper()
	r := do(t, "", append([]string{"diagnose", "--format", "json"}, args...)...)
	var rep findingsOf
	if err := json.Unmarshal([]byte(r.out), &rep); err != nil {
		t.Fatalf("exit %d: %v: %s%s", r.code, err, r.out, r.err)
	}
	return rep
}

func (r findingsOf) at(rule string) (places []string) {
	for _, f := range r.Findings {
		if f.Rule == rule {
			places = append(places, f.At)
		}
	}
	return places
}

// home gives the tests a home directory of their own on this machine, with a stale GOROOT in the go/env file of a user.
func home(t *testing.T) (dir, goenv string) {
	t.Helper()
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("the places are those of Linux")
	}
	dir = t.TempDir()
	for _, n := range []string{"GOROOT", "GOENV", "GOPATH", "GOBIN", "GOFLAGS", "GO111MODULE", "XDG_CACHE_HOME"} {
		t.Setenv(n, "")
	}
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, ".config"))
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	goenv = filepath.Join(dir, ".config", "go", "env")
	if err := os.MkdirAll(filepath.Dir(goenv), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(goenv, []byte("# mine\nGOROOT=/nonexistent/go\nGOFLAGS=-mod=readonly\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, goenv
}

// TestRoundTrip repairs a real file, lists the fix, and takes it back.
func TestRoundTrip(t *testing.T) {
	dir, goenv := home(t)
	ws := t.TempDir()
	before, _ := os.ReadFile(goenv)
	at := goenv + ":2"
	if got := diagnose(t, "--workspace", ws).at("stale-goroot"); !slices.Contains(got, at) {
		t.Fatalf("found at %v, want %s", got, at)
	}
	if r := do(t, "", "history"); r.code != ok || !strings.Contains(r.out, "No fix was made yet") {
		t.Errorf("history: %+v", r)
	}
	if r := do(t, "", "undo"); r.code != failed || r.err == "" {
		t.Errorf("undo of nothing: %+v", r)
	}
	if r := do(t, "", "fix", "stale-goroot", "--at", at, "--dry-run", "--workspace", ws); r.code != ok || !strings.Contains(r.out, "-GOROOT=/nonexistent/go") {
		t.Errorf("dry run: %+v", r)
	}
	if now, _ := os.ReadFile(goenv); string(now) != string(before) {
		t.Fatal("--dry-run changed the file")
	}
	r := do(t, "", "fix", "stale-goroot", "--at", at, "--workspace", ws)
	if r.code != ok {
		t.Fatalf("fix: %+v", r)
	}
	if now, _ := os.ReadFile(goenv); string(now) != "# mine\nGOFLAGS=-mod=readonly\n" {
		t.Errorf("the file holds %q", now)
	}
	if fi, err := os.Stat(goenv); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("the mode became %v", fi.Mode())
	}
	if got := diagnose(t, "--workspace", ws).at("stale-goroot"); slices.Contains(got, at) {
		t.Errorf("it is still found at %v", got)
	}
	id := regexp.MustCompile(`(?m)^Undo: go-env-doctor undo (\S+)$`).FindStringSubmatch(r.out)
	if id == nil {
		t.Fatalf("the receipt names no undo: %s", r.out)
	}
	if r := do(t, "", "history"); r.code != ok || !strings.Contains(r.out, id[1]) || !strings.Contains(r.out, goenv) {
		t.Errorf("history: %+v", r)
	}
	if _, err := os.Stat(filepath.Join(dir, "state")); err != nil {
		t.Errorf("the journal is not below XDG_STATE_HOME: %v", err)
	}
	if r := do(t, "", "undo", "nonsense"); r.code != failed || r.err == "" {
		t.Errorf("undo of an unknown id: %+v", r)
	}
	if r := do(t, "", "undo", id[1]); r.code != ok {
		t.Fatalf("undo: %+v", r)
	}
	if now, _ := os.ReadFile(goenv); string(now) != string(before) {
		t.Errorf("undo left %q", now)
	}
	if r := do(t, "", "history"); !strings.Contains(r.out, "undo of "+id[1]) {
		t.Errorf("history after undo: %s", r.out)
	}
	if r := do(t, "", "undo", id[1]); r.code != failed {
		t.Errorf("undone twice: %+v", r)
	}
}

// TestUndoConflict holds that undo does not touch a file that was changed since.
func TestUndoConflict(t *testing.T) {
	_, goenv := home(t)
	if r := do(t, "", "fix", "stale-goroot", "--at", goenv+":2", "--workspace", t.TempDir()); r.code != ok {
		t.Fatalf("fix: %+v", r)
	}
	const mine = "GOFLAGS=-mod=vendor\n"
	if err := os.WriteFile(goenv, []byte(mine), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := do(t, "", "undo"); r.code != failed || !strings.Contains(r.err, "changed") {
		t.Errorf("undo over a change: %+v", r)
	}
	if now, _ := os.ReadFile(goenv); string(now) != mine {
		t.Errorf("undo overwrote a change: %q", now)
	}
}

// TestWorkspace holds that --workspace is repeatable, may hold a comma, may be relative, and that the current directory is the default.
func TestWorkspace(t *testing.T) {
	home(t)
	a, b := t.TempDir(), filepath.Join(t.TempDir(), "with, comma")
	for _, d := range []string{a, b} {
		if err := os.MkdirAll(filepath.Join(d, ".vscode"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(d, ".vscode", "settings.json"), []byte(`{"go.goroot": "/nonexistent/`+filepath.Base(d)+`"}`), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := diagnose(t, "--workspace", a, "--workspace", b, "--only", "stale-goroot"); len(got.at("stale-goroot")) < 3 {
		t.Errorf("two folders: %v", got.at("stale-goroot"))
	}
	t.Chdir(a)
	for _, args := range [][]string{{}, {"--workspace", "."}} {
		if got := diagnose(t, args...).at("stale-goroot"); !slices.Contains(got, "setting:workspace:go.goroot") {
			t.Errorf("%v: found at %v", args, got)
		}
	}
	if r := do(t, "", "diagnose", "--format", "json", "--workspace", filepath.Join(a, "gone")); r.code == failed || r.code == usage {
		t.Errorf("a folder that is not there: %+v", r)
	}
}

// TestPlain holds that no colour reaches what is no terminal, whatever the environment says.
func TestPlain(t *testing.T) {
	for _, noColour := range []string{"", "1"} {
		t.Setenv("NO_COLOR", noColour)
		if out := do(t, "", "diagnose", "--scenario", file(t, twoPlaces)).out; strings.Contains(out, "\x1b") {
			t.Errorf("NO_COLOR=%q: escape sequences: %q", noColour, out)
		}
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	t.Setenv("NO_COLOR", "")
	if colour(f) {
		t.Error("a file is taken for a terminal")
	}
	if tty, err := os.OpenFile("/dev/null", os.O_WRONLY, 0); err == nil {
		defer tty.Close()
		t.Setenv("NO_COLOR", "1")
		if colour(tty) {
			t.Error("NO_COLOR is not obeyed")
		}
		t.Setenv("NO_COLOR", "")
		t.Setenv("TERM", "dumb")
		if colour(tty) {
			t.Error("TERM=dumb is not obeyed")
		}
	}
}

// TestEveryRule holds that what rules lists can be explained, selected and skipped.
func TestEveryRule(t *testing.T) {
	list, good := do(t, "", "rules").out, file(t, fine)
	n := 0
	for _, g := range doctor.Groups {
		for _, r := range g.Rules {
			n++
			if !strings.Contains(list, r.ID+"\n") {
				t.Errorf("rules does not list %s", r.ID)
			}
			if x := do(t, "", "explain", r.ID); x.code != ok || !strings.Contains(x.out, r.ID) || !strings.Contains(x.out, "Fixes") {
				t.Errorf("explain %s: %+v", r.ID, x)
			}
			for _, flag := range []string{"--only", "--skip"} {
				if x := do(t, "", "diagnose", flag, r.ID, "--scenario", good); x.code != ok {
					t.Errorf("%s %s: %+v", flag, r.ID, x)
				}
			}
		}
	}
	if strings.Count(list, "\n") != n {
		t.Errorf("rules lists %d lines for %d rules", strings.Count(list, "\n"), n)
	}
}

// TestLanguage holds where the language comes from: the command line, then the locale as POSIX orders it.
func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		all, messages, lang string
		args                string
		want                l10n.Lang
		ok                  bool
	}{
		{"", "", "", "", l10n.English, true},
		{"", "", "zh_CN.UTF-8", "", l10n.Chinese, true},
		{"", "en_US.UTF-8", "zh_CN.UTF-8", "", l10n.English, true},
		{"C", "zh_CN", "zh_CN", "", l10n.English, true},
		{"zh_CN", "", "", "diagnose --lang en", l10n.English, true},
		{"", "", "", "--lang=zh-cn", l10n.Chinese, true},
		{"", "", "", "fix -lang zh-Hans x", l10n.Chinese, true},
		{"", "", "", "--lang fr", l10n.English, false},
		{"zh_CN", "", "", "diagnose --lang", l10n.Chinese, true}, // wrong usage, which is said later
	} {
		t.Setenv("LC_ALL", c.all)
		t.Setenv("LC_MESSAGES", c.messages)
		t.Setenv("LANG", c.lang)
		if c.all+c.messages+c.lang == "" && c.args == "" && runtime.GOOS != "linux" {
			continue
		}
		if got, rest, ok := language(strings.Fields(c.args)); got != c.want || ok != c.ok || ok && strings.Contains(strings.Join(rest, " "), "zh-") {
			t.Errorf("%+v: %q, %v, %v", c, got, rest, ok)
		}
	}
}

// TestChinese holds that every command speaks Chinese when asked to, its mistakes included.
func TestChinese(t *testing.T) {
	stale := file(t, staleMachine)
	han := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	}
	for _, args := range []string{"help", "diagnose -h", "fix -h", "record -h", "diagnose --scenario " + stale, "diagnose --format markdown --scenario " + stale,
		"fix stale-goroot --dry-run --scenario " + stale, "explain stale-goroot", "diagnose --format xml", "diagnose --nope", "nope", "fix stale-goroot --at env:X --scenario " + stale,
		"explain --scenario " + stale + " go: cannot find GOROOT directory: C:\\Go"} {
		r := do(t, "", append(strings.Fields(args), "--lang", "zh-cn")...)
		if !han(r.out + r.err) {
			t.Errorf("%s: %s%s", args, r.out, r.err)
		}
		if strings.Contains(r.out+r.err, "%!") {
			t.Errorf("%s: badly formatted: %s%s", args, r.out, r.err)
		}
	}
	r := do(t, "", "diagnose", "--lang", "zh-cn", "--scenario", stale)
	const chinese = `1 个错误

1. 错误 stale-goroot
   GOROOT 是 C:\Go，这是一个不存在的目录；go 无法用它启动。
   位于 reg:HKCU\Environment\GOROOT
   如何处理：
   - 从用户的环境变量中删除 GOROOT（安全）
     go-env-doctor fix stale-goroot/unset --at reg:HKCU\Environment\GOROOT
`
	if r.out != chinese {
		t.Errorf("got\n%s\nwant\n%s", r.out, chinese)
	}
	const english = `1 error

1. error stale-goroot
   GOROOT is C:\Go, a directory that does not exist; go cannot start with it.
   at reg:HKCU\Environment\GOROOT
   What to do:
   - Remove GOROOT from the user's environment (safe)
     go-env-doctor fix stale-goroot/unset --at reg:HKCU\Environment\GOROOT
`
	if r := do(t, "", "diagnose", "--lang", "en", "--scenario", stale); r.out != english {
		t.Errorf("got\n%s\nwant\n%s", r.out, english)
	}
}

// TestRecordFile plays the recording of a machine, which has the same problems.
func TestRecordFile(t *testing.T) {
	for _, text := range []string{staleMachine, twoPlaces, missing, dead, fine} {
		from := file(t, text)
		to := filepath.Join(t.TempDir(), "recording.txtar")
		if r := do(t, "", "record", "--scenario", from, "--out", to); r.code != ok || r.out != "" || !strings.Contains(r.err, to) {
			t.Fatalf("record: %+v", r)
		}
		if want, got := do(t, "", "diagnose", "--scenario", from), do(t, "", "diagnose", "--scenario", to); want != got {
			t.Errorf("the recording is diagnosed as\n%s\nthe machine as\n%s", got.out, want.out)
		}
	}
}

// TestExplainInput explains what a terminal printed, from standard input.
func TestExplainInput(t *testing.T) {
	r := do(t, "$ go build\r\ngo: cannot find GOROOT directory: C:\\Go\r\n", "explain", "-", "--scenario", file(t, staleMachine))
	if r.code != ok || !strings.Contains(r.out, "stale-goroot") || !strings.Contains(r.out, `reg:HKCU\Environment\GOROOT`) && !strings.Contains(r.out, `HKCU\Environment\GOROOT`) {
		t.Errorf("%+v", r)
	}
}

// TestClosedPipe holds that a reader who has seen enough is no failure.
func TestClosedPipe(t *testing.T) {
	for _, format := range []string{"text", "json", "sarif", "markdown"} {
		var errw bytes.Buffer
		code := run([]string{"diagnose", "--format", format, "--scenario", file(t, staleMachine)}, strings.NewReader(""), pipe{syscall.EPIPE}, &errw)
		if code != findings || errw.Len() > 0 {
			t.Errorf("%s: exit %d: %s", format, code, errw.String())
		}
		if code := run([]string{"diagnose", "--format", format, "--scenario", file(t, staleMachine)}, strings.NewReader(""), pipe{errors.New("disk full")}, &errw); code != failed {
			t.Errorf("%s: exit %d on a full disk", format, code)
		}
	}
}

type pipe struct{ err error }

func (p pipe) Write([]byte) (int, error) { return 0, p.err }

// TestIgnore ignores a problem of this machine, sees it with --all, and takes it back.
func TestIgnore(t *testing.T) {
	_, goenv := home(t)
	ws := t.TempDir()
	if r := do(t, "", "ignored"); r.code != ok || !strings.Contains(r.out, "Nothing is ignored") {
		t.Errorf("ignored: %+v", r)
	}
	if r := do(t, "", "ignored", "--remove", "stale-goroot"); r.code != failed {
		t.Errorf("taking back what is not ignored: %+v", r)
	}
	if r := do(t, "", "ignore", "stale-goroot", "--at", "~/.config/go/env:2", "--workspace", ws); r.code != ok || !strings.Contains(r.out, goenv) {
		t.Fatalf("ignore: %+v", r)
	}
	if r := do(t, "", "ignored"); r.code != ok || !strings.Contains(r.out, "stale-goroot --at "+goenv) {
		t.Errorf("ignored: %+v", r)
	}
	if got := diagnose(t, "--workspace", ws).at("stale-goroot"); len(got) > 0 {
		t.Errorf("it is still found at %v", got)
	}
	if r := do(t, "", "diagnose", "--workspace", ws); r.code != ok || !strings.Contains(r.out, "1 problem is ignored") || strings.Contains(r.out, "stale-goroot") {
		t.Errorf("diagnose: %+v", r)
	}
	if got := diagnose(t, "--all", "--workspace", ws).at("stale-goroot"); !slices.Contains(got, goenv+":2") {
		t.Errorf("--all finds it at %v", got)
	}
	if r := do(t, "", "ignored", "--remove", "stale-goroot", "--at", goenv+":2"); r.code != ok {
		t.Errorf("taking it back: %+v", r)
	}
	if got := diagnose(t, "--workspace", ws).at("stale-goroot"); !slices.Contains(got, goenv+":2") {
		t.Errorf("it was taken back and is found at %v", got)
	}
}

// TestEvents: the command judges what the logs of a machine say, and only that.
func TestEvents(t *testing.T) {
	log := "-- events --\nMicrosoft-Windows-AppLocker/EXE and DLL 8004 2026-11-20T10:00:00Z %OSDRIVE%\\USERS\\GOPHER\\GO\\BIN\\GOPLS.EXE\n"
	r := do(t, "", "events", "--scenario", file(t, staleMachine+log))
	if r.code != findings || !strings.Contains(r.out, "AppLocker blocked") || strings.Contains(r.out, "stale-goroot") {
		t.Errorf("exit code %d, %s%s", r.code, r.out, r.err)
	}
	if r := do(t, "", "events", "--scenario", file(t, staleMachine)); r.code != ok {
		t.Errorf("a machine where nothing was blocked: exit code %d, %s", r.code, r.out)
	}
	if r := do(t, "", "events", "now"); r.code != usage {
		t.Errorf("an argument: exit code %d", r.code)
	}
}
