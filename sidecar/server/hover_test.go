package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
)

// documents is a client that opens go-env: documents, with Markdown and an encoding of positions.
func documents(encoding string) string {
	return `{"processId":null,"rootUri":null,"workspaceFolders":[{"uri":"file:///home/gopher/src/app","name":"app"}],
	"initializationOptions":{"editor":{"name":"vscode","version":"1.139.1"},"trusted":true,"documents":true},
	"capabilities":{"general":{"positionEncodings":["` + encoding + `"]},"textDocument":{"hover":{"contentFormat":["markdown","plaintext"]}},
	"workspace":{"codeLens":{"refreshSupport":true},"workspaceEdit":{"documentChanges":true,"resourceOperations":["create"],"changeAnnotationSupport":{"groupsOnLabel":true}}}}}`
}

func parse(t *testing.T, text string) *scenario.Machine {
	t.Helper()
	m, err := scenario.Parse("test.txtar", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const linux = `A Linux machine on which several places set the same variables.

-- machine --
os linux 6.8.0-60-generic amd64
user gopher /home/gopher
uid 1000
shell /bin/bash
workspace /home/gopher/src/app
trusted yes
editor vscode 1.139.1
now 2026-11-22T12:00:00Z
-- env --
PATH=/usr/bin:/bin:/usr/local/go/bin:/home/gopher/go/bin:/home/gopher/gone/bin
HOME=/home/gopher
USER=gopher
LOGNAME=gopher
SHELL=/bin/bash
HTTPS_PROXY=http://gopher:secret@proxy.example:3128
-- toolchains --
/usr/local/go go1.26.1
-- binaries --
/home/gopher/go/bin/gopls golang.org/x/tools/gopls@v0.23.0 go1.26.1
-- /usr/bin/ --
-- /bin/ --
-- /home/gopher/.profile --
# 😀 PATH and GOROOT
export PATH="/usr/bin:/bin:/usr/local/go/bin:$HOME/go/bin:$HOME/gone/bin"
export GOROOT=/gone
export GOFLAGS='-ldflags="-X=a.b=` + "`x|y`" + `[z](file:///etc)"'
# GOPATH
-- /home/gopher/.config/go/env --
GOFLAGS=-trimpath
GOROOT=/opt/go
GOPRIVATE=	
-- settings user --
{
	"go.goroot": "/usr/local/go",
	"go.toolsEnvVars": { "GOFLAGS": "-mod=mod" }
}
-- ./go.mod --
module example.com/app

go 1.26.0
`

// A hover is what the editor shows, and its range.
func (e *editor) hover(uri string, line, character int) string {
	e.t.Helper()
	var h *struct {
		Contents struct{ Kind, Value string }
		Range    struct{ Start, End struct{ Line, Character int } }
	}
	e.call("textDocument/hover", fmt.Sprintf(`{"textDocument":{"uri":%q},"position":{"line":%d,"character":%d}}`, uri, line, character), &h)
	if h == nil {
		return ""
	}
	return fmt.Sprintf("%s %d:%d-%d\n%s", h.Contents.Kind, h.Range.Start.Line, h.Range.Start.Character, h.Range.End.Character, h.Contents.Value)
}

func (e *editor) definition(uri string, line, character int) string {
	e.t.Helper()
	var list []struct {
		URI   string
		Range struct{ Start, End struct{ Line, Character int } }
	}
	e.call("textDocument/definition", fmt.Sprintf(`{"textDocument":{"uri":%q},"position":{"line":%d,"character":%d}}`, uri, line, character), &list)
	var out []string
	for _, l := range list {
		out = append(out, fmt.Sprintf("%s %d:%d-%d", l.URI, l.Range.Start.Line, l.Range.Start.Character, l.Range.End.Character))
	}
	return strings.Join(out, "\n")
}

func TestHover(t *testing.T) {
	judged(t)
	const profile, goenv, settings = "file:///home/gopher/.profile", "file:///home/gopher/.config/go/env", "file:///home/gopher/.config/Code/User/settings.json"
	e := connect(t, parse(t, linux))
	e.start(documents("utf-16"))
	const goroot = "\n**GOROOT differs:**\n\n- editor: `/opt/go`\n- login: `/gone`\n- terminal: `/opt/go`\n\nSet by, weakest first:\n\n" +
		"- `/opt/go` · [`~/.config/go/env:2`](<file:///home/gopher/.config/go/env#L2>) · **✓ wins in editor, terminal**\n" +
		"- `/gone` · [`~/.profile:3`](<file:///home/gopher/.profile#L3>) · **✓ wins in login**\n" +
		"- `/usr/local/go` · [`setting:user:go.goroot`](<file:///home/gopher/.config/Code/User/settings.json#L2>) · **✓ wins in settings**"
	for _, c := range []struct {
		what, uri       string
		line, character int
		want            string
	}{
		{"a variable", profile, 2, 9, "markdown 2:7-13" + goroot},
		{"after a character of two units", profile, 0, 17, "markdown 0:14-20" + goroot},
		{"in go/env", goenv, 1, 0, "markdown 1:0-6" + goroot},
		{"a setting", settings, 1, 5, "markdown 1:1-12" + goroot},
		{"markup in a value", profile, 3, 8, "markdown 3:7-14\n**GOFLAGS differs:**\n\n- editor: `-trimpath`\n- login: ``-ldflags=\"-X=a.b=`x|y`[z](file:///etc)\"``\n- terminal: `-trimpath`\n"},
		{"one line where all agree", goenv, 2, 0, "markdown 2:0-9\n**GOPRIVATE** = `\\t`\n\nSet by, weakest first:\n\n- `\\t` · "},
		{"Go's default", profile, 4, 4, "markdown 4:2-8\n**GOPATH** = `/home/gopher/go`, from `HOME`\n\nNothing that was read sets it."},
		{"an element of PATH", profile, 1, 34, "markdown 1:27-44\n`/usr/local/go/bin`\n\nIt holds:\n\n- **go** `go1.26.1`\n- **gofmt** `go1.26.1`\n\n- editor: number 3 of 5\n- login: number 3 of 5\n- terminal: number 3 of 5\n\n" +
			"Set by [`~/.profile:2`](<file:///home/gopher/.profile#L2>)"},
		{"a reference", profile, 1, 48, "markdown 1:46-50\n**HOME** = `/home/gopher`"},
		{"an element with a reference", profile, 1, 53, "markdown 1:45-57\n`$HOME/go/bin` → `/home/gopher/go/bin`\n\nIt holds:\n\n- **gopls** `v0.23.0`, built with `go1.26.1`\n"},
		{"a directory that is gone", profile, 1, 66, "markdown 1:58-72\n`$HOME/gone/bin` → `/home/gopher/gone/bin`\n\n**This directory does not exist.**\n"},
		{"nothing", profile, 0, 0, ""},
		{"past the end", profile, 99, 0, ""},
		{"an unknown file", "file:///etc/passwd", 0, 0, ""},
		{"no file", "untitled:x", 0, 0, ""},
	} {
		got := e.hover(c.uri, c.line, c.character)
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", c.what, got, c.want)
		}
	}
	// The text that is open counts.
	e.notify("textDocument/didOpen", `{"textDocument":{"uri":"`+goenv+`","languageId":"ini","version":1,"text":"# new\nGOFLAGS=-trimpath\nGOROOT=/opt/go\nHTTPS_PROXY=\n"}}`)
	if got := e.hover(goenv, 2, 3); !strings.HasPrefix(got, "markdown 2:0-6"+strings.Replace(goroot, "env#L2", "env#L3", 1)) {
		t.Errorf("open: %s", got)
	}
	if got := e.hover(goenv, 3, 3); !strings.Contains(got, "`http://***@proxy.example:3128`") || strings.Contains(got, "secret") {
		t.Errorf("a password: %s", got)
	}
	if got, want := e.definition(goenv, 2, 3), profile+" 2:14-19\n"+goenv+" 2:7-14\n"+settings+" 1:14-29"; got != want {
		t.Errorf("definition of a variable:\n%s\nwant\n%s", got, want)
	}
	if got, want := e.definition(profile, 1, 34), profile+" 1:27-44"; got != want {
		t.Errorf("definition of an element: %s", got)
	}
	if got := e.definition(profile, 0, 0); got != "" {
		t.Errorf("definition of nothing: %s", got)
	}
}

func TestHoverUTF8(t *testing.T) {
	judged(t)
	e := connect(t, parse(t, linux))
	e.start(strings.Replace(documents("utf-8"), `["markdown","plaintext"]`, `["plaintext"]`, 1))
	if got := e.hover("file:///home/gopher/.profile", 0, 19); !strings.HasPrefix(got, "plaintext 0:16-22\nGOROOT differs:\n\n- editor: /opt/go\n- login: /gone\n- terminal: /opt/go\n\nSet by, weakest first:\n\n- /opt/go · ~/.config/go/env:2 · ✓ wins in editor, terminal\n") {
		t.Error(got)
	}
}

// An ordinary file has its own editor: no lens, and nothing that would replace its folding or outline.
func TestOrdinaryFile(t *testing.T) {
	e := connect(t, parse(t, linux))
	e.start(documents("utf-16"))
	for method, want := range map[string]string{"codeLens": "[]", "foldingRange": "null", "documentSymbol": "null"} {
		var got json.RawMessage
		e.call("textDocument/"+method, `{"textDocument":{"uri":"file:///home/gopher/.profile"}}`, &got)
		if string(got) != want {
			t.Errorf("%s: %s", method, got)
		}
	}
}

func TestCode(t *testing.T) {
	w := prose{}
	for text, want := range map[string]string{
		"":             "`\"\"`",
		"a|b](c)":      "`a|b](c)`",
		"`":            "`` ` ``",
		"a```b":        "````a```b````",
		" x ":          "`  x  `",
		"a\nb\x00\xff": "`a\\nb\\x00\\xff`",
		"\u202e":       "`\\u202e`",
	} {
		if got := w.code(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if got := len([]rune(w.code(strings.Repeat("x", 1000)))); got != 303 {
		t.Errorf("a long one has %d characters", got)
	}
}

func TestMachineNames(t *testing.T) {
	judged(t)
	m := parse(t, windows)
	for _, c := range []struct{ windows, name, path string }{
		{"", "/home/go pher/.profile", "/machine/home/go pher/.profile"},
		{"yes", `C:\Users\gopher\.bashrc`, "/machine/C:/Users/gopher/.bashrc"},
		{"yes", `\\wsl.localhost\Ubuntu\etc\wsl.conf`, "/machine/wsl/Ubuntu/etc/wsl.conf"},
		{"yes", `\\server\share\go\env`, "/machine/unc/server/share/go/env"},
	} {
		style := m.System().Style
		if c.windows == "" {
			style = parse(t, linux).System().Style
		}
		path := machinePath(style, c.name)
		if name, ok := machineName(style, path); path != c.path || !ok || name != c.name {
			t.Errorf("%s: %s, %s, want %s", c.name, path, name, c.path)
		}
	}
	for _, path := range []string{"", "/machine", "/machine/", "/machine/x", "/machine/wsl", "/environment", "/machine/C:\x00"} {
		if name, ok := machineName(m.System().Style, path); ok {
			t.Errorf("%q is %s", path, name)
		}
	}
}

// A name that a path gives is in that path again, and whatever comes in names a file of the machine or nothing.
func FuzzMachineName(f *testing.F) {
	for _, path := range []string{"/machine/home/x", "/machine/C:/a b", "/machine/wsl/Ubuntu/etc", "/machine/unc/server/share", "/machine//", "/machine/../..", "/environment", "/machine/\xff\x00"} {
		f.Add(path, true)
		f.Add(path, false)
	}
	f.Fuzz(func(t *testing.T, path string, windows bool) {
		style := host.Style{Windows: windows, Fold: windows}
		name, ok := machineName(style, path)
		if !ok {
			return
		}
		again, ok := machineName(style, machinePath(style, name))
		if !ok || again != name || !style.IsAbs(name) {
			t.Errorf("%q is %q, then %q", path, name, again)
		}
	})
}

// Nothing in a value ends its code span.
func FuzzCode(f *testing.F) {
	for _, text := range []string{"", "`", "``` x", " ", "a\r\nb", "\xff\u202e", "[x](command:y)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w := prose{}
		got := w.code(text)
		inner := strings.TrimLeft(got, "`")
		fence := got[:len(got)-len(inner)]
		inner = strings.TrimSuffix(inner, fence)
		if len(inner)+2*len(fence) != len(got) || strings.ContainsAny(inner, "\r\n") {
			t.Fatalf("%q: %q", text, got)
		}
		for _, run := range strings.FieldsFunc(inner, func(r rune) bool { return r != '`' }) {
			if len(run) == len(fence) {
				t.Errorf("%q: %q ends early", text, got)
			}
		}
	})
}
