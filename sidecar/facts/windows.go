package facts

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// Windows is what only a Windows machine has.
type Windows struct {
	Unreadable []string  // keys with environments that this user may not read
	MSI        Tri       // the official installer ran under this account: HKCU\Software\GoProgrammingLanguage
	AppPaths   []AppPath // what Win+R and start use for go
	Managed    []Managed // values that are written again and again
	AutoRuns   []AutoRun // what every cmd.exe runs
	Events     []host.Event

	SmartAppControl   Policy // 1 on, 2 evaluation
	UnknownPrograms   Policy // attack surface reduction rule 01443614-CD74-433A-B99E-2ECDC07BFC25, 1 block
	ControlledFolders Policy // 1 block
	Protected         []string
	AppLocker         *PathPolicy // nil where nothing is enforced
	Restriction       *PathPolicy // software restriction policy, nil where nothing is

	Temp           *Dir       // TMP, else TEMP of the process, nil if neither is set
	TempUnwritable bool       // this user may not write there
	LongPaths      Policy     // LongPathsEnabled; only looked for where a path is long
	GitLongPaths   Tri        // core.longpaths, likewise
	GitConfig      *host.Text // ~/.gitconfig, nil if there is none
	GitConfigAt    host.Loc
	MSYS2          []MSYS2 // terminal profiles that start a login bash of MSYS2
}

// A Policy is a number in the registry; At is zero where it is not set.
type Policy struct {
	At    host.Loc
	Value int
}

// Is reports whether a policy is set to a number.
func (p Policy) Is(n int) bool { return !p.At.IsZero() && p.Value == n }

// An AppPath is an App Paths key of go.exe and the file that it names.
type AppPath struct {
	At     host.Loc
	Target string
}

// A Managed is a registry value that Group Policy or a logon script writes at each refresh or logon.
type Managed struct {
	At     host.Loc // the value
	By     host.Loc // the line that writes it
	Policy string   // name of the Group Policy object, "" unknown
	Script bool     // a logon script, not Group Policy Preferences
	Value  string   // that it writes, "" unknown
	Part   bool     // one element of PATH
}

// ManagedAt returns what manages a registry value, nil if nothing does.
func (s *Snapshot) ManagedAt(at host.Loc) *Managed {
	if s.Windows == nil || at.Kind != host.Registry {
		return nil
	}
	for i := range s.Windows.Managed {
		if m := &s.Windows.Managed[i]; m.At.Guest == at.Guest && strings.EqualFold(m.At.Path, at.Path) && strings.EqualFold(m.At.Name, at.Name) {
			return m
		}
	}
	return nil
}

// An AutoRun is a command that cmd.exe runs at each start.
type AutoRun struct {
	At      host.Loc
	Text    *host.Text
	Sets    []Set  // variables that it sets, itself or in a batch file
	Missing string // batch file that it names and that is not there
}

// A Set is a line that sets a variable.
type Set struct {
	Name string
	At   host.Loc // line of the batch file, or the AutoRun value
}

// An MSYS2 is a terminal profile that starts a login bash of MSYS2, which leaves the Windows PATH out.
type MSYS2 struct {
	At       host.Loc // setting:SCOPE:terminal.integrated.profiles.windows
	Name     string   // of the profile
	Settings *Settings
	Profile  *Member // its object
	Env      *Member // env in it, nil if there is none
	Type     *Member // env.MSYS2_PATH_TYPE, nil if there is none
	Own      bool    // MSYS2 has a go of its own
}

// A PathPolicy says by rules about paths which programs may run; what no rule allows may not.
type PathPolicy struct {
	At    host.Loc
	Rules []PathRule
	Dirs  []string // directories that exist, that a rule allows as a whole, and that a user may write
}

// A PathRule allows or denies the files that a pattern matches: * is any text, ? any character. Except takes files out.
type PathRule struct {
	Deny   bool
	Path   string
	Except []string
}

// Allows reports whether programs in a directory may run.
func (p *PathPolicy) Allows(st host.Style, dir string) bool {
	file := st.Join(dir, `go-build1\b001\exe\main.exe`)
	allowed := false
	for _, r := range p.Rules {
		covers := Wild(r.Path, file)
		for _, x := range r.Except {
			covers = covers && !Wild(x, file)
		}
		if covers && r.Deny {
			return false
		}
		allowed = allowed || covers
	}
	return allowed
}

// Wild reports whether a pattern of Windows policies matches a whole name: case does not matter.
func Wild(pattern, name string) bool {
	p, n := strings.ToLower(pattern), strings.ToLower(name)
	star, back := -1, 0
	i, k := 0, 0
	for k < len(n) {
		switch {
		case i < len(p) && p[i] == '*':
			star, back = i, k
			i++
		case i < len(p) && (p[i] == '?' || p[i] == n[k]):
			i++
			k++
		case star >= 0:
			back++
			i, k = star+1, back
		default:
			return false
		}
	}
	return strings.Trim(p[i:], "*") == ""
}

// WorkDir is where the go command of a view builds: GOTMPDIR, else the system's directory for temporary files; "" unknown.
func (s *Snapshot) WorkDir(v *View) string {
	if a := s.Winner(v, "GOTMPDIR"); a != nil {
		return a.Value
	}
	names := []string{"TMPDIR"}
	if s.System.OS == "windows" {
		names = []string{"TMP", "TEMP", "USERPROFILE"} // as GetTempPath
	}
	for _, n := range names {
		if x, ok := v.Get(s.System.Style, n); ok {
			return x.Value
		}
	}
	if s.System.OS != "windows" {
		return "/tmp"
	}
	return ""
}
