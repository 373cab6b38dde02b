package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/winenv"
)

const (
	userKey     = `HKCU\Environment`
	volatileKey = `HKCU\Volatile Environment`
)

// PathPlace is where a user's PATH is extended: the user's Path in the registry, or the login file of the user's shell.
func (j *Judge) PathPlace() host.Loc {
	if j.System.OS == "windows" {
		return host.RegLoc(userKey, j.userPathName())
	}
	if j.LoginFile == "" {
		return host.EnvLoc("PATH")
	}
	return host.FileLoc(j.LoginFile, 0)
}

// userPathName is the user's Path as its value is written.
func (j *Judge) userPathName() string {
	for at := range j.Texts {
		if at.Kind == host.Registry && at.Path == userKey && strings.EqualFold(at.Name, "Path") {
			return at.Name
		}
	}
	return "Path"
}

// AppendPath is a fix that adds a directory at the end of the user's PATH.
func (j *Judge) AppendPath(id, dir string) Fix {
	if j.System.OS == "windows" {
		return j.AppendUserPath(id, dir)
	}
	return j.LoginLine(id, j.T("Add %s to PATH", dir), fmt.Sprintf(`export PATH="$PATH:%s"`, j.homely(dir)), "fish_add_path --append "+j.fishArg(dir))
}

// PrependPath is a fix that puts a directory at the front of the user's PATH (Unix), as shims of version managers need it.
func (j *Judge) PrependPath(id, dir string) Fix {
	return j.LoginLine(id, j.T("Put %s first on PATH", j.Display(dir)), fmt.Sprintf(`export PATH="%s:$PATH"`, j.homely(dir)), "fish_add_path --prepend "+j.fishArg(dir))
}

// AppendUserPath adds a directory to the user's Path value, which becomes REG_EXPAND_SZ as Windows wants it.
func (j *Judge) AppendUserPath(id, dir string) Fix {
	at := host.RegLoc(userKey, j.userPathName())
	x := Fix{ID: id, Safety: Ask, Title: j.T("Add %s to the user's Path", j.homely(dir))}
	c := host.Change{At: at, New: j.homely(dir), Type: "expand"}
	if t := j.Texts[at]; t != nil {
		c.Start, c.End = len(t.S), len(t.S)
		if t.S != "" && !strings.HasSuffix(t.S, ";") {
			c.New = ";" + c.New
		}
	}
	x.Changes = []host.Change{c}
	return x
}

// LoginLine is a fix that adds a line at the end of the login file; fish is the line of that shell, "" if it has none.
func (j *Judge) LoginLine(id, title, line, fish string) Fix {
	x := Fix{ID: id, Safety: Ask, Title: j.T("%s in %s", title, j.Display(j.LoginFile))}
	if strings.HasSuffix(j.LoginFile, ".fish") {
		line = fish
	}
	if j.LoginFile == "" || line == "" {
		return Fix{ID: id, Safety: Manual, Title: title, Text: j.T("Add this line to the file that your login shell reads."), Command: line}
	}
	c := host.Change{At: host.FileLoc(j.LoginFile, 0), New: line + "\n"}
	if t := j.Texts[c.At]; t != nil {
		c.Start, c.End = len(t.S), len(t.S) // LF even where other lines have CRLF: to a shell the CR is part of the value
		if t.S != "" && !strings.HasSuffix(t.S, "\n") {
			c.New = "\n" + c.New
		}
	}
	x.Changes = []host.Change{c}
	return x
}

// homely writes a directory below the home by the variable that names it.
func (j *Judge) homely(dir string) string {
	name := "$HOME"
	if j.System.OS == "windows" {
		name = "%USERPROFILE%"
	}
	if rel, ok := j.System.Style.Rel(dir, j.System.Home); ok && rel != "" && j.System.Home != "/" {
		if j.System.OS == "windows" {
			return name + `\` + strings.ReplaceAll(rel, "/", `\`)
		}
		return name + "/" + rel
	}
	return dir
}

func (j *Judge) fishArg(dir string) string {
	if dir = j.homely(dir); strings.ContainsAny(dir, " '()&;") {
		return `"` + dir + `"`
	}
	return dir
}

// DefaultGOPATH is GOPATH where nobody sets it, in the first view.
func (j *Judge) DefaultGOPATH() string {
	if len(j.Views) == 0 {
		return ""
	}
	return j.Snapshot.DefaultGOPATH(j.Views[0])
}

// SetGoEnv is a fix that sets a variable in the go/env file. Where the environment has the variable, which is stronger, or there is no such
// file, it is made by hand.
func (j *Judge) SetGoEnv(id, title, name, value string) Fix {
	x := Fix{ID: id, Safety: Ask, Title: title}
	stronger := slices.ContainsFunc(j.Views, func(v *facts.View) bool { _, ok := v.Get(j.System.Style, name); return ok })
	t := j.GoEnv.Text
	if stronger || j.GoEnv.Off || j.GoEnv.Name == "" || j.GoEnv.Exists == facts.Unknown || j.GoEnv.Exists == facts.Yes && (t == nil || t.Enc != host.UTF8) {
		return Fix{ID: id, Safety: Manual, Title: title, Text: j.T("Set %s to %s by hand: the go/env file cannot do it here.", name, value)}
	}
	c := host.Change{At: host.FileLoc(j.GoEnv.Name, 0), New: name + "=" + value + "\n"}
	if t != nil {
		c.Start, c.End = len(t.S), len(t.S)
		if t.S != "" && !strings.HasSuffix(t.S, "\n") {
			c.New = "\n" + c.New
		}
		for _, a := range j.All(name) { // the last line counts
			if a.Layer == facts.GoEnvLine && a.Text == t {
				c.Start, c.End, c.New = a.Start, a.End, value
			}
		}
	}
	x.Changes = []host.Change{c}
	return x
}

// InstallPage is where the official distributions are.
const InstallPage = "https://go.dev/dl/"

// Install says how a person gets Go version v ("" the newest) here, and the command if there is one that fits.
func (j *Judge) Install(v string) (text, command string) {
	const page = InstallPage
	has := func(n string) bool { return slices.Contains(j.Packages, n) }
	switch {
	case j.System.OS == "windows" && v == "":
		return j.T("The official installer is at %s; it adds its bin directory to the machine's Path.", page), "winget install --id GoLang.Go --exact"
	case j.System.OS == "darwin" && has("brew") && v == "":
		return j.T("The official package is at %s; Homebrew has Go too.", page), "brew install go"
	case j.System.OS == "darwin":
		return j.T("The official package is at %s; it adds /usr/local/go/bin to PATH by /etc/paths.d/go.", page), ""
	case j.System.OS == "windows":
		return j.T("The official installer is at %s.", page), ""
	}
	line := `export PATH="$PATH:/usr/local/go/bin"`
	if strings.HasSuffix(j.LoginFile, ".fish") {
		line = "fish_add_path --append /usr/local/go/bin"
	}
	file := j.Display(j.LoginFile)
	if file == "" {
		file = j.T("the file that your login shell reads")
	}
	text = j.T("The official archive is at %s: remove /usr/local/go if it is there, unpack the archive to /usr/local, and add `%s` to %s.", page, line, file)
	if v != "" {
		return text, ""
	}
	for _, p := range []struct{ program, command string }{
		{"apt-get", "sudo apt-get install golang-go"}, {"dnf", "sudo dnf install golang"}, {"pacman", "sudo pacman -S go"},
		{"zypper", "sudo zypper install go"}, {"apk", "apk add go"}, {"snap", "sudo snap install go --classic"}, {"brew", "brew install go"},
	} {
		if has(p.program) {
			return j.T("%s The distribution's package may be older.", text), p.command
		}
	}
	return text, ""
}

// Drop is a fix that takes elements out of the PATH values they stand in and keeps every other byte. An element that only the process has,
// or that is a whole value, is taken out by hand.
func (j *Judge) Drop(id string, safety Safety, title string, entries ...*facts.PathEntry) Fix {
	x := Fix{ID: id, Safety: safety, Title: title}
	groups := map[*facts.Assignment][]*facts.PathEntry{}
	var order []*facts.Assignment
	for _, e := range entries {
		if e.By == nil || e.Source == nil || e.Start < 0 || e.By.Text != e.Source {
			return j.byHand(x, e)
		}
		if groups[e.By] == nil {
			order = append(order, e.By)
		}
		groups[e.By] = append(groups[e.By], e)
	}
	for _, a := range order {
		value, ok := drop(j.System.Style, a, groups[a])
		if !ok && !fishAdds(a) {
			return j.byHand(x, groups[a][0])
		}
		if (!ok || onlyItself(value)) && a.Cuttable && a.At.Kind == host.File {
			x.Changes = append(x.Changes, host.Change{At: a.Text.At, Start: a.CutStart, End: a.CutEnd})
			continue
		}
		x.Changes = append(x.Changes, host.Change{At: a.Text.At, Start: a.Start, End: a.End, New: value, Type: pathType(a.Text.At)})
	}
	return x
}

// Source is where an element of PATH comes from, as a sentence names it.
func (j *Judge) Source(e *facts.PathEntry) string {
	switch e.Layer {
	case facts.Process:
		return j.T("the process's environment")
	case facts.Machine:
		return j.T("the machine's Path")
	case facts.User:
		return j.T("the user's Path")
	}
	return j.Snapshot.Place(e.At)
}

// RemoveTitle says that an element of PATH goes, and from where.
func (j *Judge) RemoveTitle(e *facts.PathEntry) string {
	switch e.Layer {
	case facts.Process:
		return j.T("Remove %s from PATH", e.Dir)
	case facts.Machine, facts.User:
		return j.T("Remove %s from %s", e.Dir, j.Source(e))
	}
	return j.T("Remove %s from PATH in %s", e.Dir, j.Source(e))
}

// pathType is the registry type in which a Path is written: Windows wants REG_EXPAND_SZ.
func pathType(at host.Loc) string {
	if at.Kind == host.Registry {
		return "expand"
	}
	return ""
}

func (j *Judge) byHand(x Fix, e *facts.PathEntry) Fix {
	x.Safety, x.Changes, x.Text = Manual, nil, j.ByHand(e)
	return x
}

// ByHand says how a person changes an element of PATH that no edit reaches.
func (j *Judge) ByHand(e *facts.PathEntry) string {
	if e.Layer == facts.Process {
		return j.T("Only the running process has %s on PATH: %s gave it. Change it where that program gets its PATH from, and start it again.", e.Dir, j.giver())
	}
	if e.At.Path == "/etc/paths" || strings.HasPrefix(e.At.Path, "/etc/paths.d/") {
		return j.T("path_helper reads %s from %s. An administrator takes that line out, or deletes the file if it holds nothing else.", e.Dir, e.At)
	}
	return j.T("%s puts %s on PATH in a way that cannot be changed safely. Edit that place by hand.", j.Snapshot.Place(e.At), e.Dir)
}

// drop is the value of a PATH assignment, as written, without some elements. ok is false where nothing of it would stay.
func drop(st host.Style, a *facts.Assignment, entries []*facts.PathEntry) (string, bool) {
	list := slices.Clone(entries)
	slices.SortFunc(list, func(x, y *facts.PathEntry) int { return cmp.Compare(y.Start, x.Start) })
	v := a.Text.S[a.Start:a.End]
	sep := st.ListSep()[0]
	for _, e := range list { // from the last, so that offsets stay
		s, n := e.Start-a.Start, e.End-a.Start
		if s < 0 || n > len(v) || s > n {
			return "", false
		}
		switch {
		case n < len(v) && v[n] == sep:
			n++
		case s > 0 && v[s-1] == sep:
			s--
		case a.At.Kind == host.Registry: // a Path without an element is an empty value
		case strings.TrimSpace(v[:s]+v[n:]) == "()" || strings.Trim(v[:s]+v[n:], `"'() `) == "":
			return "", false
		case s > 0 && v[s-1] == ' ': // an array of a shell: blanks part the elements
			s--
		case n < len(v) && v[n] == ' ':
			n++
		default:
			return "", false
		}
		v = v[:s] + v[n:]
	}
	return v, true
}

// fishAdds reports whether a line of fish does nothing but add directories.
func fishAdds(a *facts.Assignment) bool {
	return a.Cuttable && a.At.Kind == host.File && strings.HasPrefix(strings.TrimSpace(a.Text.S[a.CutStart:a.CutEnd]), "fish_add_path ")
}

// onlyItself reports whether a shell value gives PATH nothing but PATH.
func onlyItself(v string) bool {
	switch strings.Trim(v, `"`) {
	case "$PATH", "${PATH}", "($path)":
		return true
	}
	return false
}

// Promote is a fix that moves an element before an older one in the same store: the same value, or a later line of a profile, whose
// element then goes to the front. ok is false where neither is the case.
func (j *Judge) Promote(id, title string, newer, older *facts.PathEntry) (x Fix, ok bool) {
	x = Fix{ID: id, Safety: Ask, Title: title}
	a := newer.By
	if a == nil || newer.Source == nil || newer.Start < 0 || a.Text != newer.Source {
		return x, false
	}
	v, ok := drop(j.System.Style, a, []*facts.PathEntry{newer})
	if !ok {
		return x, false
	}
	sep, text := j.System.Style.ListSep(), newer.Source.S[newer.Start:newer.End]
	array := a.At.Kind == host.File && (strings.HasPrefix(v, "(") || strings.HasSuffix(a.At.Path, ".fish"))
	if array {
		sep = " "
	}
	at := 0
	switch {
	case older.By == a && older.Source == newer.Source && older.Start >= 0 && older.Start < newer.Start:
		at = older.Start - a.Start
	case a.At.Kind == host.File && j.before(older.By, a) && (strings.Contains(v, "PATH") || array && strings.Contains(v, "$path")):
		if v != "" && strings.ContainsRune(`"'(`, rune(v[0])) {
			at = 1
		} else if strings.ContainsAny(text, " \t\"'") {
			return x, false
		}
	default:
		return x, false
	}
	v = v[:at] + text + sep + v[at:]
	x.Changes = []host.Change{{At: a.Text.At, Start: a.Start, End: a.End, New: v, Type: pathType(a.Text.At)}}
	return x, true
}

// before reports whether an assignment has been made when b is; what is inherited always has.
func (j *Judge) before(a, b *facts.Assignment) bool {
	if a == nil {
		return true
	}
	return slices.Index(j.Vars, a) < slices.Index(j.Vars, b)
}

// Replace is a fix that writes another directory in the place of elements.
func (j *Judge) Replace(id string, safety Safety, title, dir string, entries ...*facts.PathEntry) Fix {
	x := Fix{ID: id, Safety: safety, Title: title}
	for _, e := range entries {
		dir := dir
		if e.By == nil || e.Source == nil || e.Start < 0 {
			return j.byHand(x, e)
		}
		if home := strings.ToUpper(strings.TrimLeft(e.Source.S[e.Start:e.End], `"'`)); strings.HasPrefix(home, "$HOME") || strings.HasPrefix(home, "${HOME}") || strings.HasPrefix(home, "~/") || strings.HasPrefix(home, "%USERPROFILE%") {
			dir = j.homely(dir)
		}
		if e.At.Kind == host.File && strings.ContainsAny(dir, " \t()&;'\"") && !quotedAt(e) {
			return j.byHand(x, e)
		}
		x.Changes = append(x.Changes, host.Change{At: e.Source.At, Start: e.Start, End: e.End, New: dir, Type: pathType(e.Source.At)})
	}
	return x
}

// quotedAt reports whether an element stands in double quotes.
func quotedAt(e *facts.PathEntry) bool {
	v := e.Source.S[e.By.Start:e.By.End]
	return strings.HasPrefix(v, `"`) && strings.HasSuffix(v, `"`) && e.Start > e.By.Start
}

// PathElements are the elements of a Path value of the registry as it is written, empty ones included. Folder is nil where nobody looked;
// what a reference to PATH itself stands for is no element of its own.
func (j *Judge) PathElements(a *facts.Assignment) (list []*facts.PathEntry) {
	found := map[int]*facts.PathEntry{}
	if v := j.View("login"); v != nil {
		for _, e := range v.Path {
			if e.By == a && found[e.Start] == nil {
				found[e.Start] = e
			}
		}
	}
	for _, el := range j.System.Style.SplitList(a.Raw) {
		e := &facts.PathEntry{Text: el.Text, Dir: j.System.Style.Clean(el.Dir), Known: true, At: a.At, Layer: a.Layer, Source: a.Text, Start: el.Start, End: el.End, By: a}
		if x := found[el.Start]; x != nil && x.End == el.End && !strings.Contains(strings.ToUpper(el.Text), "%PATH%") {
			e.Dir, e.Folder = x.Dir, x.Folder
		}
		list = append(list, e)
	}
	return list
}

// CleanPath is a fix that makes a Path value of the registry clean by one swap: no empty elements, no quotes and blanks around one, no
// directory twice, and none that unwanted reports. The others keep their order and every byte. gone and tidied are how many elements
// it takes out and how many it changes; text is the clean value.
func (j *Judge) CleanPath(id string, safety Safety, a *facts.Assignment, unwanted func(*facts.PathEntry) bool) (x Fix, text string, gone, tidied int) {
	at := map[int]*facts.PathEntry{}
	for _, e := range j.PathElements(a) {
		at[e.Start] = e
	}
	x = Fix{ID: id, Safety: safety}
	steps := winenv.Clean(a.Raw, func(start int, element string) (string, bool) {
		e := at[start]
		if e == nil || a.Type != "expand" && strings.Contains(element, "%") { // it will be expanded
			return j.System.Style.Key(j.expand(element)), false
		}
		return j.System.Style.Key(e.Dir), unwanted != nil && unwanted(e)
	})
	for _, s := range steps {
		if s.Why == winenv.Malformed {
			tidied++
		} else {
			gone++
		}
		x.Changes = append(x.Changes, host.Change{At: a.At, Start: s.Start, End: s.End, New: s.New, Type: "expand"})
	}
	return x, winenv.Render(a.Raw, steps), gone, tidied
}

// expand is an element of Path with its references replaced as far as a new login knows them.
func (j *Judge) expand(text string) string {
	v := j.View("login")
	if v == nil {
		return text
	}
	return winenv.Expand(text, func(name string) (string, bool) {
		x, ok := v.Vars[j.System.Style.NameKey(name)]
		return x.Value, ok && !strings.EqualFold(name, "PATH")
	})
}
