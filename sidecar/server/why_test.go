package server

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/wire"
)

// complete returns the proposals for a position, as "label detail", and the range that the first replaces.
func (e *editor) complete(uri string, line, character int) (labels []string, span string) {
	e.t.Helper()
	var list *struct {
		Items []struct {
			Label, Detail, Documentation string
			TextEdit                     struct {
				NewText string
				Range   struct{ Start, End struct{ Line, Character int } }
			}
		}
	}
	e.call("textDocument/completion", fmt.Sprintf(`{"textDocument":{"uri":%q},"position":{"line":%d,"character":%d}}`, uri, line, character), &list)
	if list == nil {
		return nil, "null"
	}
	for i, x := range list.Items {
		labels = append(labels, x.Label)
		if r := x.TextEdit.Range; i == 0 {
			span = fmt.Sprintf("%d:%d-%d %s", r.Start.Line, r.Start.Character, r.End.Character, x.TextEdit.NewText)
		}
	}
	return labels, span
}

func TestComplete(t *testing.T) {
	judged(t)
	const file, settings = "file:///home/gopher/.config/go/env", "file:///home/gopher/.config/Code/User/settings.json"
	e := connect(t, parse(t, linux))
	e.start(documents("utf-16"))
	if labels, span := e.complete(file, 0, 0); span != "0:0-7 AR" || !slices.Contains(labels, "GOTOOLCHAIN") || slices.Contains(labels, "GOPRIVATE") || slices.Contains(labels, "GOINSECURE") {
		t.Errorf("names: %s %q", span, labels)
	}
	e.notify("textDocument/didOpen", `{"textDocument":{"uri":"`+file+`","languageId":"ini","version":1,"text":"# x\nGO\nGOTOOLCHAIN=go\nGOSUMDB=\nCGO_ENABLED=\r\nGOROOT="}}`)
	for _, c := range []struct {
		line, character int
		span            string
		want            []string
	}{
		{1, 2, "1:0-2 AR=", nil},
		{2, 14, "2:12-14 auto", []string{"auto", "local", "path", "go1.26.1", "go1.26.1+auto"}},
		{3, 8, "3:8-8 sumdb.example", []string{"sumdb.example"}},
		{4, 12, "4:12-12 1", []string{"1", "0"}},
		{5, 7, "5:7-7 /usr/local/go", []string{"/usr/local/go"}},
	} {
		labels, span := e.complete(file, c.line, c.character)
		if span != c.span || c.want != nil && !slices.Equal(labels, c.want) {
			t.Errorf("%d:%d: %s %q", c.line, c.character, span, labels)
		}
	}
	text := `{ // "go.toolsEnvVars": {"` + "\n" + `"go.toolsEnvVars": { "GOFLAGS": "-mod=mod", "" : "",` + "\n" + `"GOOS": "` + "\n" + `"other": { "GOOS": "" }`
	e.notify("textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":%q,"languageId":"jsonc","version":1,"text":%q}}`, settings, text))
	if labels, span := e.complete(settings, 1, 34); span != "1:33-41 -mod=readonly" || !slices.Contains(labels, "-mod=vendor") {
		t.Errorf("GOFLAGS: %s %q", span, labels)
	}
	if labels, span := e.complete(settings, 1, 45); span != "1:45-45 AR" || slices.Contains(labels, "GOFLAGS") {
		t.Errorf("a name: %s %q", span, labels)
	}
	if labels, _ := e.complete(settings, 2, 9); !slices.Contains(labels, "windows") {
		t.Errorf("GOOS: %q", labels)
	}
	for _, c := range [][2]int{{0, 10}, {0, 26}, {1, 5}, {1, 20}, {3, 20}} {
		if labels, span := e.complete(settings, c[0], c[1]); span != "null" {
			t.Errorf("%v: %s %q", c, span, labels)
		}
	}
	if _, span := e.complete("file:///home/gopher/.profile", 2, 9); span != "null" {
		t.Error("elsewhere", span)
	}
}

// What a value takes away must be the user's own idea.
func TestHarmlessValues(t *testing.T) {
	judged(t)
	e := connect(t, parse(t, linux))
	e.start(documents("utf-16"))
	const file = "file:///home/gopher/.config/go/env"
	for i, name := range strings.Fields(proposed + " GOINSECURE GONOSUMDB GONOSUMCHECK") {
		method := "didChange"
		if i == 0 {
			e.notify("textDocument/didOpen", `{"textDocument":{"uri":"`+file+`","languageId":"ini","version":1,"text":""}}`)
		}
		e.notify("textDocument/"+method, fmt.Sprintf(`{"textDocument":{"uri":%q,"version":%d},"contentChanges":[{"text":"%s="}]}`, file, i+2, name))
		labels, _ := e.complete(file, 0, len(name)+1)
		if strings.HasPrefix(name, "GONOSUM") || name == "GOINSECURE" {
			if len(labels) > 0 {
				t.Errorf("%s: %q", name, labels)
			}
		} else if name == "GOSUMDB" && slices.Contains(labels, "off") {
			t.Errorf("%s: %q", name, labels)
		}
	}
}

func TestPlatforms(t *testing.T) {
	out, err := exec.Command("go", "tool", "dist", "list").Output()
	if err != nil {
		t.Skip("no go command: ", err)
	}
	for _, p := range strings.Fields(platforms) {
		if p != "windows/arm" && !slices.Contains(strings.Fields(string(out)), p) {
			t.Errorf("%s is no platform of this Go", p)
		}
	}
}

func TestWhy(t *testing.T) {
	judged(t)
	e := connect(t, parse(t, linux))
	e.start(documents("utf-16"))
	const app = "file:///home/gopher/src/app/go.mod"
	var why wire.WhyResult
	e.call("goEnv/why", fmt.Sprintf(`{"name":"GOFLAGS","uri":%q}`, app), &why)
	for _, want := range []string{"# GOFLAGS\n", "~/.config/go/env:1`](<file:///home/gopher/.config/go/env#L1>) · **✓ wins in editor, terminal**", "~/.profile:4`](<file:///home/gopher/.profile#L4>) · **✓ wins in login**"} {
		if !strings.Contains(why.Markdown, want) {
			t.Errorf("want %q in\n%s", want, why.Markdown)
		}
	}
	e.call("goEnv/why", `{"name":"GOCACHE"}`, &why)
	if !strings.Contains(why.Markdown, "`/home/gopher/.cache/go-build`") {
		t.Errorf("GOCACHE:\n%s", why.Markdown)
	}
	var all wire.VariablesResult
	e.call("goEnv/variables", fmt.Sprintf(`{"uri":%q}`, app), &all)
	names := []string{}
	for _, v := range all.Variables {
		names = append(names, v.Name)
	}
	if len(names) < 30 || !slices.Contains(names[:3], "GOFLAGS") || slices.Index(names, "GOPRIVATE") > slices.Index(names, "GOARCH") {
		t.Errorf("variables: %q", names)
	}
	e.refused("goEnv/why", `{"name":""}`, int(requestFailed))
}

// The line toolchain of go.mod decides in its folder.
func TestRunning(t *testing.T) {
	judged(t)
	text := strings.Replace(linux, "go 1.26.0\n", "go 1.26.0\n\ntoolchain go1.26.3\n", 1)
	text = strings.Replace(text, "GOROOT=/opt/go\n", "", 1)
	text = strings.Replace(text, "-- binaries --", "/home/gopher/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.26.3.linux-amd64 go1.26.3\n-- binaries --", 1)
	e := connect(t, parse(t, text))
	e.start(documents("utf-16"))
	if st := e.status(); len(st.Folders) != 1 || st.Folders[0].Version != "go1.26.3" || !strings.Contains(st.Folders[0].Why, "go.mod:5 asks for go1.26.3") {
		t.Errorf("%+v", st.Folders)
	}
}

// Whatever stands in settings: a spot lies inside the text, and no hang.
func FuzzMemberSpot(f *testing.F) {
	for _, text := range []string{`{"go.toolsEnvVars":{"GOOS":"`, `{"a":[{"go.toolsEnvVars":{"":""`, "{//\n/*", `{"\`, "[[[[{\"\x00"} {
		f.Add(text, len(text))
	}
	f.Fuzz(func(t *testing.T, text string, off int) {
		if off < 0 || off > len(text) {
			return
		}
		if x, ok := memberSpot(text, off); ok && !(0 < x.start && x.start <= off && off <= x.end && x.end <= len(text)) {
			t.Errorf("%q at %d: %d to %d", text, off, x.start, x.end)
		}
		if x := lineSpot(text, off); !(0 <= x.start && x.start <= off && off <= x.end && x.end <= len(text)) {
			t.Errorf("%q at %d: %d to %d", text, off, x.start, x.end)
		}
	})
}
