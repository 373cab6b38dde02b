package doctor

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules/windows"
)

// RefreshShells are the shells of Windows whose windows can be refreshed.
var RefreshShells = []string{"powershell", "cmd"}

// RefreshLine is what a person types in an open window of a shell of Windows to give it the environment of a new one: the shell runs what
// the command refresh prints. program is the absolute name of this program, "" the short one. Both shells take each other's quotes amiss,
// so that each has its own.
func RefreshLine(shell, program string) string {
	if program == "" {
		program = "go-env-doctor"
	}
	plain := !strings.ContainsAny(program, " '()&;,^%@{}")
	switch {
	case shell == "cmd" && plain:
		return `for /f "delims=" %i in ('` + program + ` refresh cmd') do @%i`
	case shell == "cmd":
		return `for /f "delims=" %i in ('"` + program + `" refresh cmd') do @%i`
	case plain:
		return program + " refresh powershell | Invoke-Expression"
	}
	return "& '" + strings.ReplaceAll(program, "'", "''") + "' refresh powershell | Invoke-Expression"
}

// Refresh is the commands, one a line, that give a running shell of Windows what a fresh login has of PATH, Go's variables and the proxies.
// Other variables stay: PowerShell and others have their own. A value that the shell cannot be told is an error.
func (r *Report) Refresh(shell string) (lines []string, err error) {
	st := r.Facts.System.Style
	fresh, own := r.Facts.View("login"), r.Facts.View("editor")
	if !st.Windows || fresh == nil || own == nil {
		return nil, l10n.Errorf("the environment of a new login is unknown")
	}
	names := map[string]string{}
	for key, v := range own.Vars {
		names[key] = v.Name
	}
	for key, v := range fresh.Vars {
		names[key] = v.Name
	}
	keys := make([]string, 0, len(names))
	for key := range names {
		if key == st.NameKey("PATH") || windows.OfGo(key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		name, now, want := names[key], own.Vars[key].Value, fresh.Vars[key].Value
		if now == want {
			continue
		}
		line, ok := assign(shell, name, want)
		if !ok {
			return nil, l10n.Errorf("%s cannot be told this value of %s: %s", shell, name, want)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// assign is the command of a shell that gives a variable a value; "" takes it away.
func assign(shell, name, value string) (string, bool) {
	if strings.ContainsAny(name+value, "\r\n\x00") || strings.ContainsAny(name, "{}`'\"%=") {
		return "", false
	}
	if shell == "cmd" {
		// for /f reads in the console's code page, and a quote in a value would end the quotes around it.
		for _, c := range value {
			if c > '~' || c == '"' {
				return "", false
			}
		}
		return `set "` + name + "=" + value + `"`, true
	}
	if value == "" {
		return "Remove-Item -LiteralPath 'Env:" + name + "' -ErrorAction Ignore", true
	}
	return "${env:" + name + "} = " + literal(value), true
}

// literal is a text of PowerShell in ASCII, for PowerShell reads what a program prints in the console's code page.
func literal(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, c := range s {
		switch {
		case c == '\'':
			b.WriteString("''")
		case c < ' ' || c > '~':
			b.WriteString("'")
			for _, u := range utf16.Encode([]rune{c}) {
				fmt.Fprintf(&b, "+[char]0x%04X", u)
			}
			b.WriteString("+'")
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// terminals is what helps an open terminal.
func terminals(sys host.System, program string, lang l10n.Lang) string {
	switch {
	case sys.OS != "windows":
		return lang.T("Open a new one.")
	case program != "": // an editor shows it in a small window
		return lang.T("Open a new one, or refresh it by this line in PowerShell: %s", RefreshLine("powershell", program))
	}
	return lang.T("Open a new one, or refresh it by this line in PowerShell: %s or by this one in cmd: %s", RefreshLine("powershell", program), RefreshLine("cmd", program))
}
