package toolchain

import (
	"strconv"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// UnrunnableGo reports a first go on PATH that cannot start.
//
// It is a link to nothing, an empty file, a program of another system, a file that may not be executed, one on a file system mounted
// noexec, or one whose dynamic loader is not there (a Go that was built for another C library). Where the system is older than this
// Go needs, it is a warning. A Windows program inside WSL is another matter.
//
// # Fixes
//
//   - remove-entry: takes its directory out of PATH, if a working go comes later and no other programs live there.
//   - reinstall: install Go again. By hand.
//
// # Source
//
// execve(2); Go release notes for the oldest systems (table T14).
var UnrunnableGo = &rules.Rule{
	ID: "unrunnable-go", Severity: rules.Error,
	After: []string{"wrong-arch-go"},
	Judge: func(j *rules.Judge) {
		seen := map[string]bool{}
		for _, v := range j.Judged() {
			hits := v.Hits("go")
			if len(hits) == 0 || seen[hits[0].File] {
				continue
			}
			h := hits[0]
			why, severity := broken(j, h)
			if why == "" {
				continue
			}
			seen[h.File] = true
			var f *rules.Finding
			if severity == rules.Warning {
				f = j.Place(host.FileLoc(h.File, 0), "The first go on PATH, %s, may not start: %s.", h.File, why).As(severity)
			} else {
				f = j.Place(host.FileLoc(h.File, 0), "The first go on PATH, %s, cannot start: %s.", h.File, why)
			}
			f.About("tool:go", "path:"+j.System.Style.Key(h.Entry.Dir)).AboutToolchain(h.Toolchain).See(h.Entry.At, "puts %s on PATH", h.Entry.Dir)
			if next, ok := working(j, hits[1:]); ok && !h.Entry.Folder.Shared {
				f.See(host.FileLoc(next.File, 0), "works, and comes later")
				f.Offer(j.Drop("remove-entry", rules.Ask, j.RemoveTitle(h.Entry), h.Entry))
			}
			text, cmd := again(j, h)
			f.Offer(rules.Fix{ID: "reinstall", Safety: rules.Manual, Title: j.T("Install Go again"), Text: text, Command: cmd, Page: rules.InstallPage})
		}
	},
}

// broken says why a go cannot start, "" if nothing speaks against it.
func broken(j *rules.Judge, h facts.PathHit) (why string, s rules.Severity) {
	s = rules.Error
	switch h.Defect {
	case facts.Dangling:
		return j.T("it leads to %s, which does not exist", h.Detail), s
	case facts.Empty:
		return j.T("it is an empty file"), s
	case facts.BadFormat:
		return j.T("it is no program of this system"), s
	case facts.NoExecBit:
		return j.T("it may not be executed"), s
	case facts.NoExecFS:
		return j.T("%s is mounted noexec", h.Detail), s
	case facts.NoInterp:
		return j.T("its loader %s is not there, so it was built for another system", h.Detail), s
	case facts.ForeignPE:
		return "", s
	}
	if h.Toolchain == nil || h.Manager != "" {
		return "", s
	}
	if need, have, _ := oldest(j, h.Toolchain.Version); need != "" {
		return j.T("Go %s needs %s or newer, and this is %s", strings.TrimPrefix(h.Toolchain.Version, "go"), need, have), rules.Warning
	}
	return "", s
}

// again is how a person gets a go that starts, and the command if one fits.
func again(j *rules.Judge, h facts.PathHit) (text, command string) {
	if h.Toolchain != nil {
		if need, have, last := oldest(j, h.Toolchain.Version); need != "" {
			return j.T("Go %s is the last that runs on %s: https://go.dev/dl/ keeps it. Newer ones need %s.", last, have, need), ""
		}
	}
	switch h.Defect {
	case facts.NoExecFS:
		return j.T("Move Go to a file system that may execute programs, such as that of /usr/local, or have %s mounted without noexec.", h.Detail), ""
	case facts.NoExecBit:
		text = j.T("A copy that lost its modes is seldom whole: remove this installation, then install Go again.")
	case facts.NoInterp:
		text = j.T("Remove this installation. From Go 1.21 on the official archive needs no loader.")
	default:
		text = j.T("Remove this file or its installation.")
	}
	for _, i := range j.Places.Installs {
		if !i.Manager && i.Bin != "" && j.System.Style.Equal(i.Bin, h.Entry.Dir) {
			if c := map[string]string{"Homebrew": "brew reinstall go", "snap": "sudo snap install go --classic", "scoop": "scoop install go"}[i.Name]; c != "" {
				return j.T("%s Then install Go again with %s.", text, i.Name), c
			}
		}
	}
	more, command := j.Install("")
	return j.T("%s %s", text, more), command
}

// working returns the first hit that can start.
func working(j *rules.Judge, hits []facts.PathHit) (facts.PathHit, bool) {
	for _, h := range hits {
		if why, _ := broken(j, h); why == "" && h.Toolchain != nil && h.Defect == "" {
			return h, true
		}
	}
	return facts.PathHit{}, false
}

// needs are the oldest systems that Go runs on (table T14), newest first. Versions are those of scenarios: Windows 10.0.BUILD, Linux kernel, macOS product.
func needs(os string) []system {
	switch os {
	case "darwin":
		return []system{{"1.27", "13", "macOS 13"}, {"1.25", "12", "macOS 12"}, {"1.23", "11", "macOS 11"}, {"1.21", "10.15", "macOS 10.15"}, {"1.17", "10.13", "macOS 10.13"}, {"1.15", "10.12", "macOS 10.12"}, {"1.13", "10.11", "macOS 10.11"}, {"1.11", "10.10", "macOS 10.10"}}
	case "windows":
		return []system{{"1.21", "10.0", "Windows 10 / Server 2016"}, {"1.11", "6.1", "Windows 7 / Server 2008 R2"}}
	case "linux":
		return []system{{"1.24", "3.2", "Linux 3.2"}}
	}
	return nil
}

// A system is what every Go since a version needs.
type system struct{ since, version, name string }

// oldest returns what a Go version needs where this system is older, and the last Go that runs here, "1.24"; need is "" otherwise, or if
// either is unknown.
func oldest(j *rules.Judge, version string) (need, have, last string) {
	sys, v := j.System, goenv.FromToolchain(version)
	if v == "" || sys.Version == "" {
		return "", "", ""
	}
	for _, n := range needs(sys.OS) {
		if !olderThan(sys.Version, n.version) {
			break
		}
		if goenv.Compare(v, n.since) >= 0 && need == "" {
			need = n.name
		}
		minor, _ := strconv.Atoi(strings.TrimPrefix(n.since, "1."))
		last = "1." + strconv.Itoa(minor-1)
	}
	if need == "" {
		return "", "", ""
	}
	return need, map[string]string{"darwin": "macOS ", "windows": "Windows ", "linux": "Linux "}[sys.OS] + sys.Version, last
}

// olderThan compares dotted numbers as far as b has them. What is no number is not older.
func olderThan(a, b string) bool {
	x, y := strings.FieldsFunc(a, notDigit), strings.FieldsFunc(b, notDigit)
	for i := range y {
		if i >= len(x) {
			return false
		}
		p, err1 := strconv.Atoi(x[i])
		q, err2 := strconv.Atoi(y[i])
		if err1 != nil || err2 != nil || p > q {
			return false
		}
		if p < q {
			return true
		}
	}
	return false
}

func notDigit(r rune) bool { return r < '0' || r > '9' }
