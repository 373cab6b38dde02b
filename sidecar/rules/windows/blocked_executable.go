package windows

import (
	"slices"
	"strings"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// BlockedExecutable reports a program of Go's that Windows blocked in the last two weeks, as its event logs say.
//
// `go run` and `go test` start programs that nobody has signed and that nobody has seen before, in `go-build…` below the directory for
// temporary files; `go install` writes such programs too. Protections block them, and go says `fork/exec …` with error 4551, 1260, 225
// or 5. The logs are read only when the user asks for it: `go-env-doctor events`.
//
// # Fixes
//
//   - explain: manual. Which protection it was, and what may be done about it. Never a way around it.
//
// # Source
//
// Understanding App Control event IDs (Microsoft); golang/go#43121, exercism/exercism#1338; ground truth 2.4.
var BlockedExecutable = &rules.Rule{
	ID: "blocked-executable", Severity: rules.Error, After: []string{"protection-blocks-builds"},
	Judge: func(j *rules.Judge) {
		if j.Windows == nil {
			return
		}
		var seen []string
		events := slices.Clone(j.Windows.Events)
		slices.SortStableFunc(events, func(a, b host.Event) int { return b.Time.Compare(a.Time) }) // the newest says it
		for _, e := range events {
			by, text := blocker(j, e)
			if age := j.Now.Sub(e.Time); by == "" || age > 14*24*time.Hour || age < -24*time.Hour {
				continue
			}
			file, dir := goFile(j, e.Text)
			if file == "" || slices.Contains(seen, by+file) {
				continue
			}
			seen = append(seen, by+file)
			f := j.Place(fileLoc(e.Log), "%s blocked %s on %s (event %d).", by, file, e.Time.Format(time.DateOnly), e.ID)
			f.About("path:"+j.System.Style.Key(dir), "file:"+strings.ToLower(file))
			f.Manual("explain", j.T("What may be done"), text, "")
		}
	},
}

// blocker is who blocked a program by an event, and what may be done about it; "" where the event says nothing of the kind.
func blocker(j *rules.Judge, e host.Event) (by, text string) {
	log := strings.ToLower(e.Log)
	switch {
	case strings.Contains(log, "codeintegrity") && e.ID == 3077:
		return j.T("App Control or Smart App Control"), j.T("It decides by signature and reputation, so that another directory (GOTMPDIR) does not help (error 4551). Sign what you build with a certificate that the policy trusts, build in WSL or a dev container, or ask the administrator for a rule.")
	case strings.Contains(log, "applocker") && e.ID == 8004:
		return "AppLocker", j.T("Its rules go by path: GOTMPDIR in a directory that they allow helps (error 1260). See protection-blocks-builds, or ask the administrator which directory developers may run programs in.")
	case strings.Contains(log, "defender") && (e.ID == 1116 || e.ID == 1117):
		return "Microsoft Defender", j.T("It takes the program for malware (error 225), which happens to programs that Go builds. Check that it is yours, report the false positive to Microsoft, and ask the administrator; see the Go FAQ, \"Why does my virus-scanning software think my Go distribution or compiled binary is infected?\".")
	case strings.Contains(log, "defender") && e.ID == 1121:
		return j.T("A Defender attack surface reduction rule"), j.T("The rule blocks programs that few machines have seen (error 5). Sign what you build, build in WSL or a dev container, or ask the administrator for an exclusion of your work directory.")
	case strings.Contains(log, "defender") && e.ID == 1123:
		return j.T("Controlled folder access"), j.T("Programs that Defender does not know may not write into protected folders such as Documents. Move the project, GOPATH and GOCACHE out of them.")
	}
	return "", ""
}

// goFile is the file of Go's that an event speaks of, and the directory that makes it one; "" where it speaks of another. Logs write the
// drive as C:, as \Device\HarddiskVolume3 or as %OSDRIVE%, so that names are compared without it.
func goFile(j *rules.Judge, text string) (file, dir string) {
	low := strings.ToLower(text)
	work, dirs := goDirs(j)
	if i := strings.Index(low, `\go-build`); i >= 0 {
		return nameAt(text, i), work
	}
	for _, d := range dirs {
		_, rest, ok := strings.Cut(d, ":")
		if rest = strings.TrimRight(rest, `\`); !ok || len(rest) < 2 {
			continue
		}
		if i := strings.Index(low, strings.ToLower(rest)+`\`); i >= 0 {
			return nameAt(text, i), d
		}
	}
	return "", ""
}

// nameAt is the whole file name around a position of a text. It begins with a drive, \Device or %OSDRIVE%, and ends with .exe or a blank.
func nameAt(text string, i int) string {
	low := strings.ToLower(text)
	start := strings.LastIndex(low[:min(i+2, len(low))], `:\`) - 1
	for _, sep := range []string{`\device\`, "%osdrive%"} {
		start = max(start, strings.LastIndex(low[:i+1], sep))
	}
	start = max(start, 0)
	if end := strings.Index(low[start:], ".exe"); end >= 0 {
		return text[start : start+end+4]
	}
	if end := strings.IndexAny(text[i:], " \t\""); end >= 0 {
		return text[start : i+end]
	}
	return text[start:]
}

// goDirs are the work directory, and all directories whose programs are Go's: it, the install directories and GOROOT.
func goDirs(j *rules.Judge) (work string, list []string) {
	var v *facts.View
	first, view, found := j.FirstGo()
	switch {
	case found:
		v = view
	case len(j.Views) > 0:
		v = j.Views[0]
	default:
		return "", nil
	}
	list = j.InstallDirs(v)
	if work = j.WorkDir(v); work != "" {
		list = append(list, work)
	}
	if found && first.Toolchain != nil { // last: the go command is named by events about what it starts
		list = append(list, first.Toolchain.Root)
	}
	return work, list
}

func fileLoc(name string) host.Loc { return host.FileLoc(name, 0) }
