package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestTexts fails when a text has no translation or a translation no text, when they do not print the same arguments, or when a text
// cannot be found because it is not a literal.
func TestTexts(t *testing.T) {
	list, problems := catalogs(root)
	for _, err := range problems {
		t.Error(err)
	}
	for _, c := range list {
		if len(c.keys) < 5 {
			t.Errorf("%s: only %d texts were found", c.file, len(c.keys))
		}
		have, err := c.read(root)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, err := range compare(c, have) {
			t.Errorf("%s: %s (go run ./sidecar/gen -missing lists them)", c.file, err)
		}
	}
}

// compare says how translations differ from what a catalog has to have.
func compare(c catalog, have map[string]string) (problems []string) {
	for _, key := range slices.Sorted(maps.Keys(c.keys)) {
		switch text, ok := have[key]; {
		case !ok:
			problems = append(problems, "no translation of "+key)
		case !slices.Equal(c.parts(c.keys[key]), c.parts(text)):
			problems = append(problems, "other arguments in the translation of "+key)
		case prose(c.keys[key]) && !strings.ContainsFunc(text, han) && !names[text]:
			problems = append(problems, "not translated: "+key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if _, ok := c.keys[key]; !ok {
			problems = append(problems, "nothing says "+key)
		}
	}
	return problems
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

// names stay as they are.
var names = map[string]bool{"Go Env Doctor": true, "go env -w": true}

func TestCompare(t *testing.T) {
	c := catalog{"f", map[string]string{"a %s": "a %s", "b": "b", "c %s %d": "c %s %d", "d": "d"}, verbs}
	got := compare(c, map[string]string{"a %s": "甲 %q", "c %s %d": "丙 %[2]d %[1]s", "d": "d", "e": "戊"})
	want := []string{"other arguments in the translation of a %s", "no translation of b", "not translated: d", "nothing says e"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := placeholders("{0} 和 [a](command:x.y)"); !slices.Equal(got, []string{"](command:x.y)", "{0}"}) {
		t.Errorf("placeholders %q", got)
	}
}

// TestGoTexts reads texts through functions that hand them on, and finds what cannot be read.
func TestGoTexts(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("probes/p.go", `package p
func (r *r) gap(at int, reason string, args ...any) { x = Gap{At: at, Reason: reason, Args: args} }
func f() { r.gap(1, "gap %s", "x"); y := []Gap{{Reason: "listed"}}; lang.T(y[0].Reason) }`)
	write("sidecar/rules/g/g.go", `package g
func mark(j *J, line int, format string, args ...any) { j.Place(line, format, args...) }
func f() {
	mark(j, 1, "mark " + "two"); j.Place(2, "place"); j.Place(2, x); l10n.Errorf("%s: %w", a, b); l10n.Errorf("error %w", b)
	say := func(format string, args ...any) { lang.T(format, args...) }
	say("said"); t := c.lang.T; t("named")
	fmt.Sprintf("glued %s", x); fmt.Sprintf("export PATH=%s", x); f.Manual("id", "a title", j.T("text"), "run this command")
	y := Fix{Title: "some words " + x, Text: j.T("fine")}
}`)
	write("sidecar/rules/judge.go", `package rules
func (j *J) Place(at int, format string, args ...any) { j.say(format, args...) }
func (j *J) say(format string, args ...any) { j.Lang.T(format, args...) }`)
	write("sidecar/fix/fix.go", "package fix\nvar ErrX = errors.New(\"sentinel\")\n")
	texts, problems := goTexts(dir)
	if got := slices.Sorted(maps.Keys(texts)); !slices.Equal(got, []string{"%s: %w", "error %w", "fine", "gap %s", "listed", "mark two", "named", "place", "said", "sentinel", "text"}) {
		t.Errorf("texts %q", got)
	}
	var lines []string
	for _, err := range problems {
		line, text, _ := strings.Cut(err.Error()[strings.Index(err.Error(), "g.go:")+len("g.go:"):], ": ")
		line, _, _ = strings.Cut(line, ":")
		lines = append(lines, line+" "+text)
	}
	slices.Sort(lines)
	want := []string{"4 the format of a text is not a literal", "7 a text that people read is formatted by T",
		"7 a text that people read is formatted by T", "8 a text that people read is formatted by T"}
	if !slices.Equal(lines, want) {
		t.Errorf("problems %q, want %q", lines, want)
	}
}

// TestBundleTexts reads both kinds of quotes.
func TestBundleTexts(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "extension", "src"), 0o755); err != nil {
		t.Fatal(err)
	}
	source := "vscode.l10n.t('it\\'s \"{0}\"\\n', x)\nl10n.t(\n  \"it's\")\nl10n.t({ message: 'm', comment: [] })\nl10n.t(x)\nl10n.t(`a ${b}`)\n"
	if err := os.WriteFile(filepath.Join(dir, "extension", "src", "a.ts"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	texts, problems := bundleTexts(dir)
	if got := slices.Sorted(maps.Keys(texts)); !slices.Equal(got, []string{"it's", "it's \"{0}\"\n", "m"}) {
		t.Errorf("texts %q", got)
	}
	if len(problems) != 2 {
		t.Errorf("problems %v", problems)
	}
}
