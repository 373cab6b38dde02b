package windows

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// Msys2MinimalPath reports a terminal profile of MSYS2 in which the go of Windows is not found.
//
// A login bash of MSYS2 begins with a PATH of its own directories and Windows' system directories; the rest of the Windows PATH comes only
// where MSYS2_PATH_TYPE is `inherit`. The go that every other terminal finds is then "command not found". Git's bash inherits PATH.
//
// # Fixes
//
//   - inherit-path: sets MSYS2_PATH_TYPE to inherit in that profile.
//
// # Source
//
// MSYS2's /etc/profile; raysan5/raylib#5.
var Msys2MinimalPath = &rules.Rule{
	ID: "msys2-minimal-path", Severity: rules.Warning,
	Judge: func(j *rules.Judge) {
		if j.Windows == nil {
			return
		}
		first, _, ok := j.FirstGo()
		if !ok {
			return
		}
		for _, p := range j.Windows.MSYS2 {
			if p.Own {
				continue
			}
			f := j.Place(p.At, "The terminal profile \"%s\" starts MSYS2's bash without the Windows PATH: %s is not found there.", p.Name, first.File).
				About("setting:"+p.Name, "tool:go").Range(p.Settings.Text, p.Profile.Start, p.Profile.End).See(first.Entry.At, "puts %s on PATH", first.Entry.Dir)
			x := rules.Fix{ID: "inherit-path", Safety: rules.Ask, Title: j.T("Let the profile \"%s\" inherit PATH", p.Name)}
			t := p.Settings.Text
			switch {
			case p.Type != nil:
				x.Changes = []host.Change{{At: t.At, Start: p.Type.Start, End: p.Type.End, New: `"inherit"`}}
			case p.Env != nil && strings.HasPrefix(p.Env.Value, "{"):
				x.Changes = []host.Change{insert(t, p.Env, `"MSYS2_PATH_TYPE": "inherit"`)}
			case p.Env == nil:
				x.Changes = []host.Change{insert(t, p.Profile, `"env": { "MSYS2_PATH_TYPE": "inherit" }`)}
			default:
				x.Safety, x.Text = rules.Manual, j.T("Write \"env\": { \"MSYS2_PATH_TYPE\": \"inherit\" } into the profile.")
			}
			f.Offer(x)
		}
	},
}

// insert puts a member first into an object of a settings file, on a line of its own where the first one has one.
func insert(t *host.Text, object *facts.Member, member string) host.Change {
	at := object.Start + 1
	inside := t.S[at : object.End-1]
	blank := inside[:len(inside)-len(strings.TrimLeft(inside, " \t\r\n"))]
	switch {
	case strings.TrimSpace(inside) == "":
		member = " " + member
		if blank == "" {
			member += " "
		}
	case !strings.Contains(blank, "\n"):
		member = " " + strings.TrimSpace(member) + ","
		if blank == "" {
			member += " "
		}
	default:
		member = blank + member + ","
	}
	return host.Change{At: t.At, Start: at, End: at, New: member}
}
