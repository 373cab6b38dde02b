package probes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

func textOf(s string) *host.Text {
	return host.DecodeFile(host.FileLoc(`C:\x`, 0), []byte(s))
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

func TestParsePreferences(t *testing.T) {
	const file = "<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<EnvironmentVariables>\n" +
		"<EnvironmentVariable name=\"A\"><Properties action=\"U\" name=\"GOPROXY\" value=\"a&amp;b\" user=\"1\"/></EnvironmentVariable>\n" +
		"<EnvironmentVariable disabled=\"1\"><Properties name=\"GOROOT\" value=\"x\"/></EnvironmentVariable>\n" +
		"<EnvironmentVariable><Properties action=\"D\" name=\"GOBIN\"/></EnvironmentVariable>\n" +
		"<EnvironmentVariable><Properties name=\"\" value=\"C:\\b\" partial=\"1\" user=\"0\"/></EnvironmentVariable>\n</EnvironmentVariables>"
	var got []string
	for _, w := range parsePreferences(textOf(file)) {
		got = append(got, fmt.Sprint(w.name, "=", w.value, " ", w.user, " ", w.partial, " ", w.at.Line))
	}
	same(t, "the preferences", strings.Join(got, "\n"), "GOPROXY=a&b true false 3\nPATH=C:\\b false true 6")
}

func TestParseScript(t *testing.T) {
	const file = "setx GOPROXY \"https://proxy.example\"\r\n@setx.exe GOROOT C:\\Go /M\r\nREM setx GOBIN x\r\n" +
		"reg add HKCU\\Environment /v GOFLAGS /t REG_SZ /d -v /f\r\nreg query HKCU\\Environment /v GOENV\r\n" +
		"[System.Environment]::SetEnvironmentVariable('GOPATH', \"D:\\go\", [EnvironmentVariableTarget]::Machine)\r\n" +
		"[Environment]::SetEnvironmentVariable('GOWORK', 'off')\r\nSet-ItemProperty -Path HKCU:\\Environment -Name GOSUMDB -Value off\r\nsetx"
	var got []string
	for _, w := range parseScript(textOf(file)) {
		got = append(got, fmt.Sprint(w.name, " ", w.user, " ", w.at.Line))
	}
	same(t, "the variables of a script", strings.Join(got, "\n"), "GOPROXY true 1\nGOROOT false 2\nGOFLAGS true 4\nGOPATH false 6\nGOSUMDB true 8")
}

func TestParseAppLocker(t *testing.T) {
	const rule = `<FilePathRule Id="1" UserOrGroupSid="%s" Action="%s"><Conditions><FilePathCondition Path="C:\a\*"/></Conditions><Exceptions><FilePathCondition Path="C:\a\b\*"/><FilePublisherCondition PublisherName="*"/></Exceptions></FilePathRule>`
	for _, tt := range []struct {
		sid, action string
		admin       bool
		want        string
	}{
		{"S-1-1-0", "Allow", false, `[{false C:\a\* [C:\a\b\*]}]`},
		{"S-1-5-32-545", "Deny", false, `[{true C:\a\* [C:\a\b\*]}]`},
		{"S-1-5-32-544", "Allow", false, `[]`},
		{"S-1-5-32-544", "Allow", true, `[{false C:\a\* [C:\a\b\*]}]`},
		{"S-1-5-21-1-2-3-9", "Allow", false, `[{false C:\a\* [C:\a\b\*]}]`},
		{"S-1-5-21-1-2-3-9", "Deny", false, `[]`},
	} {
		same(t, tt.sid+" "+tt.action, fmt.Sprint(parseAppLocker(fmt.Sprintf(rule, tt.sid, tt.action), tt.admin)), tt.want)
	}
	same(t, "a rule about hashes", fmt.Sprint(parseAppLocker(`<FileHashRule Action="Allow"><Conditions><FilePathCondition Path="*"/></Conditions></FileHashRule>`, false)), "[]")
}

func TestCommands(t *testing.T) {
	for line, want := range map[string]string{
		`@set "GOROOT=C:\a & b" & set PATH=C:\x;%PATH%`: "[GOROOT PATH] []",
		`if not defined GOFLAGS set GOFLAGS=-v`:         "[GOFLAGS] []",
		`if exist "C:\a b\x.cmd" (call "C:\a b\x.cmd")`: `[] [{C:\a b\x.cmd true}]`,
		`if /i "%1"=="x" set GOBIN=y`:                   "[GOBIN] []",
		`set /p GOROOT=`:                                "[] []",
		`rem set GOROOT=C:\Go`:                          "[] []",
		`doskey go=echo && "C:\t\i.bat" >nul`:           `[] [{C:\t\i.bat false}]`,
		`path`:                                          "[] []",
		`path C:\x;%PATH%`:                              "[PATH] []",
		`echo set GOROOT=C:\Go`:                         "[] []",
	} {
		var names []string
		for _, s := range sets(line, host.Loc{}) {
			names = append(names, s.Name)
		}
		same(t, line, fmt.Sprint(names, " ", batchFiles(line)), want)
	}
}

func TestWild(t *testing.T) {
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{`*`, `C:\a`, true}, {`C:\a\*`, `c:\A\b\c`, true}, {`C:\a\*`, `C:\ab`, false}, {`C:\*\bin\*.exe`, `C:\x\y\bin\go.exe`, true},
		{`C:\?\go`, `C:\x\go`, true}, {`C:\?\go`, `C:\xy\go`, false}, {``, `a`, false}, {`a*`, `a`, true}, {`a?`, `a`, false},
	} {
		if got := facts.Wild(tt.pattern, tt.name); got != tt.want {
			t.Errorf("%q matches %q: %v", tt.pattern, tt.name, got)
		}
	}
}

// FuzzWindowsTexts holds that no policy, script or batch file makes a parser fail, and that what it finds lies in the text.
func FuzzWindowsTexts(f *testing.F) {
	for _, s := range []string{"<a><Properties name='GOPROXY' value='&#x41;'/>", "\xff\xfe<\x00", "setx GOROOT \"C:\\Go", "if exist x if not defined y (set Z=1) & call \"a.bat",
		"<FilePathRule Action='Allow'><Conditions><FilePathCondition Path='*'/></Conditions><Exceptions></FilePathRule>", "reg add hkcu\\environment /v", "[core]\nlongpaths", strings.Repeat("if ", 100)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := textOf(string(data))
		for _, w := range append(parsePreferences(text), parseScript(text)...) {
			if w.name == "" || w.at.Line < 1 || w.at.Line > text.Lines()+1 {
				t.Errorf("%+v", w)
			}
		}
		for _, s := range batchSets(text) {
			if s.At.Line < 1 || s.At.Line > text.Lines() {
				t.Errorf("%+v", s)
			}
		}
		batchFiles(text.S)
		parseAppLocker(text.S, true)
		facts.Wild(text.S[:min(len(text.S), 200)], "C:\\some\\name")
	})
}

func TestParsePowerShell(t *testing.T) {
	const file = "# $env:GOROOT = 'x'\n$env:GOPATH = \"D:\\go\" ; ${env:GOBIN} += 'b' # why\n<#\n$env:GOENV = 'off'\n#>\n" +
		"$text = @\"\n$env:GOFLAGS = '-v'\n\"@\nfunction f {\n  $env:GOOS = 'linux'\n}\nif (Test-Path D:\\go) { $env:GOWORK = 'off' }\n" +
		"[Environment]::SetEnvironmentVariable('GOPROXY', 'direct', 'Process')\n[Environment]::SetEnvironmentVariable(\"GOSUMDB\", \"off\", \"User\")\n" +
		"Set-Item -Path Env:\\GOPRIVATE -Value 'a.example'\nSet-Item env:CC gcc\nif ($env:GOOS -eq 'x') {\n$env:GOARCH = '386'\n}\n$env:GODEBUG == 'x'\n"
	var got []string
	for _, a := range parsePowerShell(textOf(file)) {
		got = append(got, fmt.Sprint(a.line, " ", a.name, " ", file[a.start:a.end], " ", a.add, " ", a.alone, " ", a.sure))
	}
	same(t, "the assignments", strings.Join(got, "\n"), strings.Join([]string{
		`2 GOPATH "D:\go" false false true`, `2 GOBIN 'b' true false true`, `12 GOWORK 'off' false false false`, `13 GOPROXY 'direct' false true true`,
		`15 GOPRIVATE 'a.example' false true true`, `16 CC gcc false true true`, `18 GOARCH '386' false false false`}, "\n"))
}

func TestPowerShellValues(t *testing.T) {
	p := &psPlayer{r: &reader{sys: host.System{OS: "windows", Home: `C:\Users\g`, Style: host.StyleOf("windows")}, st: host.StyleOf("windows")},
		block: parseBlock([]string{`Path=C:\Windows;C:\a`, `USERPROFILE=C:\Users\g`})}
	for expr, want := range map[string]string{
		`"$env:USERPROFILE\go"`:         `C:\Users\g\go true`,
		`'C:\x;' + $env:Path`:           `C:\x;C:\Windows;C:\a true`,
		`"$HOME\go" + ';' + "${env:A}"`: `C:\Users\g\go; true`,
		`"$(go env GOPATH)"`:            ` false`,
		`Join-Path $HOME go`:            ` false`,
		`"a$b"`:                         `a false`,
		`'a`:                            ` false`,
		`'it''s'`:                       ` false`,
		`'a' 'b'`:                       `a false`,
		`'a' +`:                         `a false`,
	} {
		v, from, known := p.eval(expr, 0, len(expr))
		if len(from) != len(v) {
			t.Errorf("%s: %d spans for %d bytes", expr, len(from), len(v))
		}
		same(t, expr, fmt.Sprint(v, " ", known), want)
	}
}

func FuzzPowerShell(f *testing.F) {
	for _, s := range []string{"$env:Path += ';C:\\x'", "$env:Path = \"C:\\a;$env:Path;${env:Y}\"", "<#\n#>\n@'\n'@\n", "[Environment]::SetEnvironmentVariable('A','b','Process')", "Set-Item Env:A -Value 'x'", "${env:", "if(1){$env:A='b'}}}", "`"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := textOf(string(data))
		p := newPSPlayer(&reader{sys: host.System{OS: "windows", Style: host.StyleOf("windows")}, st: host.StyleOf("windows")}, parseBlock([]string{`Path=C:\Windows;C:\a`}))
		for i, a := range parsePowerShell(text) {
			if a.start < 0 || a.start >= a.end || a.end > len(text.S) {
				t.Fatalf("%q: %+v", data, a)
			}
			if i < 20 {
				p.assign(text, a)
			}
		}
		for _, e := range p.block.path {
			if e.Source != nil && e.Start >= 0 && (e.Start > e.End || e.End > len(text.S)) {
				t.Fatalf("%q: %+v", data, e)
			}
		}
	})
}
