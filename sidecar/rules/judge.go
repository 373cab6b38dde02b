package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
)

// A Judge collects the findings of one rule. It knows what is the same for all of them: the place, the subjects, the severity
// of what is masked, and which places this process may write.
type Judge struct {
	*facts.Snapshot
	Lang  l10n.Lang // of the texts
	rule  *Rule
	found []*Finding
}

// Run judges a snapshot by one rule. The order of the findings is the order in which the rule found them.
func Run(r *Rule, s *facts.Snapshot, lang l10n.Lang) []*Finding {
	j := &Judge{Snapshot: s, Lang: lang, rule: r}
	r.Judge(j)
	return j.found
}

// T is a text in the language of the report. The English format is its key; a rule writes nothing that people read in another way.
func (j *Judge) T(format string, args ...any) string { return j.Lang.T(format, args...) }

// say is a text as a message has it: without credentials and invisible characters.
func (j *Judge) say(format string, args ...any) string {
	return visible(facts.Redact(j.T(format, args...)))
}

// At begins a finding about an assignment. It is a hint at most where the assignment wins in no view.
func (j *Judge) At(a *facts.Assignment, format string, args ...any) *Finding {
	f := j.Place(a.At, format, args...).About("var:" + j.System.Style.NameKey(a.Name))
	f.Text, f.Start, f.End = a.Text, a.Start, a.End
	if len(a.Wins) == 0 {
		f.Severity = Hint
		f.Message = j.T("Without effect now: %s", f.Message) // overridden, or taken back later
	}
	return f
}

// Entry begins a finding about an element of PATH.
func (j *Judge) Entry(e *facts.PathEntry, format string, args ...any) *Finding {
	f := j.Place(e.At, format, args...).About("path:" + j.System.Style.Key(e.Dir))
	if e.Start >= 0 {
		f.Text, f.Start, f.End = e.Source, e.Start, e.End
	}
	return f
}

// Place begins a finding about any place.
func (j *Judge) Place(at host.Loc, format string, args ...any) *Finding {
	f := &Finding{At: at, Severity: j.rule.Severity, Message: j.say(format, args...), judge: j}
	j.found = append(j.found, f)
	return f
}

// visible writes control characters, and bytes that are no text, as Go does: a CR at the end of a value is what the message is about.
func visible(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r < ' ' && r != '\n' || r == 0x7f:
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Range says which bytes of a text are the offending ones.
func (f *Finding) Range(t *host.Text, start, end int) *Finding {
	f.Text, f.Start, f.End = t, start, end
	return f
}

// As gives the finding another severity than the rule's. What is masked stays a hint.
func (f *Finding) As(s Severity) *Finding {
	if f.Severity != Hint {
		f.Severity = s
	}
	return f
}

// About adds subjects.
func (f *Finding) About(subjects ...string) *Finding {
	for _, s := range subjects {
		if s != "" && !slices.Contains(f.Subjects, s) {
			f.Subjects = append(f.Subjects, s)
		}
	}
	return f
}

// AboutToolchain adds a toolchain as a subject; nil adds nothing.
func (f *Finding) AboutToolchain(t *facts.Toolchain) *Finding {
	if t != nil {
		f.About("toolchain:" + f.judge.System.Style.Key(t.Real))
	}
	return f
}

// See adds evidence at another place.
func (f *Finding) See(at host.Loc, format string, args ...any) *Finding {
	if !at.IsZero() && at != f.At {
		f.Related = append(f.Related, Related{At: at, Message: f.judge.say(format, args...)})
	}
	return f
}

// Offer adds a fix. Where this process may not write a place of it, it keeps its id and becomes manual.
func (f *Finding) Offer(x Fix) *Finding {
	x.Title, x.Text = visible(facts.Redact(x.Title)), facts.Redact(x.Text)
	if x.Safety != Manual {
		for _, c := range x.Changes {
			if why := f.judge.refusal(c.At); why != "" {
				x.Safety = Manual
				x.Text, x.Changes = f.judge.until(c.At, why), nil
				switch st := f.judge.System.Style; {
				case f.judge.ManagedAt(c.At) != nil: // nor to keep what somebody writes again
				case strings.HasPrefix(c.At.Path, volatileKey): // nobody can write that one to stay
				case !st.Windows && c.At.Kind == host.File && f.judge.System.Trusted && st.Under(c.At.Path, f.judge.System.Home): // root has a home of its own
					x.Command = "sudo chown " + shellWord(f.judge.System.User) + " " + shellWord(c.At.Path)
				default:
					x.Command = f.command(x.ID, c.At)
				}
				break
			}
		}
	}
	f.Fixes = append(f.Fixes, x)
	return f
}

// Manual adds a fix that only a person can make. Command may be "".
func (f *Finding) Manual(id, title, text, command string) *Finding {
	return f.Offer(Fix{ID: id, Safety: Manual, Title: title, Text: text, Command: command})
}

// command is what a person who may types to make the same fix: it shows the same diff and checks every old value again.
func (f *Finding) command(id string, at host.Loc) string {
	if at.Kind != host.Registry && at.Kind != host.File {
		return ""
	}
	s := "go-env-doctor fix " + f.judge.rule.ID + "/" + id + " --at " + shellWord(f.At.String())
	if strings.HasPrefix(f.Subject(), "path:") { // one value may hold several
		s += " --subject " + shellWord(Typed(f.Subject()))
	}
	return s
}

// Typed is a subject as a command line has it: cmd replaces %GOROOT% by its value, even in quotes, and no name of a file has a question mark.
func Typed(subject string) string { return strings.ReplaceAll(subject, "%", "?") }

// shellWord quotes an argument where a shell would take it apart.
func shellWord(s string) string {
	if strings.ContainsAny(s, " \t\\'$\"&();") {
		return `"` + s + `"`
	}
	return s
}

// Unset offers to remove an assignment. What is written with the variable keeps its meaning: an element of PATH that leads somewhere, and
// other variables, get the value in the place of the reference; GOPATH and GOBIN get the default that then applies; an element that leads
// nowhere goes with the variable, for without it `$GOROOT/bin` would be /bin.
func (f *Finding) Unset(a *facts.Assignment, safety Safety) *Finding {
	j := f.judge
	x := j.Removal("unset", safety, a)
	if x.Safety == Manual {
		return f.Offer(x)
	}
	value := strings.TrimRight(a.Value, `/\`)
	title := j.T("%s and write its value where it is used", x.Title)
	if def := j.defaultOf(a.Name); def != "" {
		value, title = def, j.T("%s and write what it stands for where it is used", x.Title)
	}
	changes := j.references(a, value)
	dead, ok := j.deadElements(a)
	for _, c := range changes {
		if c.At.Kind == host.File && strings.ContainsAny(strings.TrimPrefix(value, "$HOME"), " \t()&;'\"$`") {
			line, _ := j.Texts[c.At].Position(c.Start)
			at := c.At
			at.Line = line
			return f.Manual("unset", x.Title, j.T("%s uses %s. Write %s there, in quotes, and remove %s from %s.", j.Snapshot.Place(at), a.Name, value, a.Name, j.Whereabouts(a)), "")
		}
		ok = ok && !slices.ContainsFunc(dead, func(d host.Change) bool { return d.At == c.At && d.Start <= c.Start && c.End <= d.End })
	}
	if !ok {
		return f.Manual("unset", x.Title, j.T("PATH is written with %s. Take that element out, or write what it should be, and remove %s from %s.", a.Name, a.Name, j.Whereabouts(a)), "")
	}
	switch {
	case len(changes) > 0:
		x.Title = title
	case len(dead) > 0:
		x.Title = j.T("%s and from PATH", x.Title)
	}
	x.Changes = slices.Concat(x.Changes, changes, dead)
	return f.Offer(x)
}

// defaultOf is what stands for a variable where nobody sets it, as a profile or registry value writes it; "" for GOROOT and all that has no such default.
func (j *Judge) defaultOf(name string) string {
	def := j.DefaultGOPATH()
	switch {
	case def == "":
	case j.System.Style.EqualName(name, "GOPATH"):
		return j.homely(def)
	case j.System.Style.EqualName(name, "GOBIN"):
		return j.homely(j.System.Style.Join(def, "bin"))
	}
	return ""
}

// elements are the elements of any PATH that are written with a variable, each once.
func (j *Judge) elements(name string) (list []*facts.PathEntry) {
	type key struct {
		text  *host.Text
		start int
	}
	seen := map[key]bool{}
	take := func(path []*facts.PathEntry) {
		for _, e := range path {
			if e.Source == nil || e.Start < 0 || j.Texts[e.Source.At] != e.Source || seen[key{e.Source, e.Start}] {
				continue
			}
			for i := e.Start; i < e.End; i++ {
				if reference(j.System.Style, e.Source.S[i:e.End], name) > 0 {
					seen[key{e.Source, e.Start}] = true
					list = append(list, e)
					break
				}
			}
		}
	}
	for _, v := range j.Views {
		take(v.Path)
	}
	for _, s := range j.Starts {
		take(s.Path)
	}
	return list
}

// references are the changes that write a value where PATH or another variable refers to an assignment.
func (j *Judge) references(a *facts.Assignment, value string) (list []host.Change) {
	st := j.System.Style
	own := strings.TrimRight(a.Value, `/\`)
	add := func(t *host.Text, start, end int, value string) {
		for i := start; i < end; i++ {
			n := reference(st, t.S[i:end], a.Name)
			c := host.Change{At: t.At, Start: i, End: i + n, New: value}
			if strings.Trim(t.S[start:i], `"'`) != "" { // in the middle only the value itself fits
				c.New = own
			}
			if n > 0 && j.Texts[t.At] == t && !slices.Contains(list, c) {
				list = append(list, c)
			}
		}
	}
	for _, e := range j.elements(a.Name) {
		here := e.Folder != nil && e.Folder.Exists == facts.Yes && st.Under(e.Dir, st.Clean(a.Value))
		holdsGo := here && slices.ContainsFunc(e.Folder.Hits, func(h *facts.Hit) bool { return h.Tool == "go" })
		switch {
		case holdsGo: // the go that runs stays, whatever the default would be
			add(e.Source, e.Start, e.End, own)
		case here || j.defaultOf(a.Name) != "":
			add(e.Source, e.Start, e.End, value)
		}
	}
	for _, b := range j.Vars {
		if b != a && b.Text != nil && b.Start >= 0 && b.Known && a.Value != "" && strings.Contains(b.Value, a.Value) && !st.EqualName(b.Name, "PATH") && b.OS() {
			add(b.Text, b.Start, b.End, value)
		}
	}
	return list
}

// deadElements are the changes that take out the elements of PATH that are written with a variable and lead nowhere; ok is false where that
// cannot be done.
func (j *Judge) deadElements(a *facts.Assignment) (list []host.Change, ok bool) {
	if j.defaultOf(a.Name) != "" {
		return nil, true
	}
	var dead []*facts.PathEntry
	for _, e := range j.elements(a.Name) {
		if e.Folder != nil && e.Folder.Exists == facts.No && j.System.Style.Under(e.Dir, j.System.Style.Clean(a.Value)) {
			dead = append(dead, e)
		}
	}
	if len(dead) == 0 {
		return nil, true
	}
	x := j.Drop("unset", Safe, "", dead...)
	return x.Changes, x.Safety != Manual
}

// reference is the length of a reference to a variable at the beginning of a text, 0 if there is none.
func reference(st host.Style, text, name string) int {
	for _, ref := range []string{"$" + name, "${" + name + "}", "%" + name + "%"} {
		if len(text) < len(ref) || !st.EqualName(text[:len(ref)], ref) {
			continue
		}
		if rest := text[len(ref):]; ref[len(ref)-1] == '}' || ref[0] == '%' || rest == "" || !isName(rest[0]) {
			return len(ref)
		}
	}
	return 0
}

func isName(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// Removal is a fix that takes assignments away, each at its place. A value that only the process has, or a line that holds
// more than the assignment, makes it manual.
func (j *Judge) Removal(id string, safety Safety, list ...*facts.Assignment) Fix {
	a := list[0]
	name := a.Name
	if a.At.Kind == host.Setting {
		name = a.At.Name
	}
	x := Fix{ID: id, Safety: safety, Title: j.T("Remove %s from %s", name, j.Whereabouts(a))}
	for _, a := range list {
		if c, ok := Cut(a); ok {
			x.Changes = append(x.Changes, c)
			continue
		}
		x.Safety, x.Changes = Manual, nil
		switch {
		case j.FromImage(a):
			x.Title = j.T("Start without %s", a.Name)
			x.Text = j.T("The container starts with %s: its image sets it (ENV), or the container's configuration (containerEnv). Remove it there.", a.Name)
		case a.Layer == facts.Process:
			x.Title = j.T("Start without %s", a.Name)
			x.Text = j.T("Only the running process has %s: %s gave it. Remove it there, or start %s from a place that does not set it.", a.Name, j.giver(), j.starter())
		default:
			x.Text = j.T("%s is set at %s together with other text. Edit that line so that it no longer sets %s.", a.Name, j.Snapshot.Place(a.At), a.Name)
		}
		return x
	}
	return x
}

// Whereabouts is where an assignment stands, as a title names it.
func (j *Judge) Whereabouts(a *facts.Assignment) string {
	switch a.Layer {
	case facts.Process:
		return j.T("the process environment")
	case facts.Machine:
		return j.T("the machine's environment")
	case facts.User:
		return j.T("the user's environment")
	}
	if a.At.Kind == host.Setting {
		return j.T("the %s settings", a.At.Path)
	}
	return j.Snapshot.Place(a.At)
}

func (j *Judge) giver() string {
	if j.Parent != "" {
		return j.Parent
	}
	return j.T("the program that started it")
}

func (j *Judge) starter() string {
	if j.System.Editor.Name != "" {
		return j.T("the editor")
	}
	return j.T("the program")
}

// Cut is the change that removes an assignment; ok is false where more than it would go, or nothing can be written.
func Cut(a *facts.Assignment) (c host.Change, ok bool) {
	switch {
	case a.Layer == facts.Process || a.Text == nil || a.Layer == facts.Default:
		return c, false
	case a.At.Kind == host.Registry:
		return host.Change{At: a.At, Delete: true}, true
	case !a.Cuttable:
		return c, false
	}
	return host.Change{At: a.Text.At, Start: a.CutStart, End: a.CutEnd}, true
}

// until adds what a user can do where only an administrator may change a variable of the machine.
func (j *Judge) until(at host.Loc, why string) string {
	switch {
	case at.Kind != host.Registry || !strings.HasPrefix(at.Path, `HKLM\`) || j.System.Admin || !j.System.Trusted || j.ManagedAt(at) != nil || strings.EqualFold(at.Name, "PATH"):
		return why
	case strings.EqualFold(at.Name, "GOROOT"):
		return j.T("%s Until then an empty GOROOT in the setting go.toolsEnvVars, which counts as unset, helps the editor.", why)
	}
	return j.T("%s Until then another value of %s in the user's environment, or for one folder in the setting go.toolsEnvVars, wins over it.", why, at.Name)
}

// refusal says why this process may not write a place, "" if it may.
func (j *Judge) refusal(at host.Loc) string {
	if !j.System.Trusted {
		return j.T("The workspace is not trusted, so nothing is changed from here. Trust it, or run the command in a terminal.")
	}
	if j.ManagedAt(at) != nil {
		return j.T("A Group Policy or a logon script writes this value, and would write it again. Ask the administrator to change it there.")
	}
	switch at.Kind {
	case host.Env, host.Setting:
		return j.T("This place cannot be written.")
	case host.Registry:
		if strings.HasPrefix(at.Path, `HKLM\`) && !j.System.Admin {
			return j.T("This value belongs to the machine: only an elevated process may change it. Run the command in an administrator's terminal.")
		}
		if strings.HasPrefix(at.Path, volatileKey) {
			return j.T("Windows and logon scripts write this value anew at each logon. Find the script that sets it.")
		}
		if j.ReadOnly[at.Path] {
			return j.T("The permissions of this registry key do not let this user set its values. Run the command as one who may.")
		}
		return ""
	}
	if j.System.OS == "windows" {
		st := j.System.Style
		system := !j.System.Admin && (st.Under(at.Path, `C:\Windows`) || st.Under(at.Path, `C:\Program Files`) || st.Under(at.Path, `C:\Program Files (x86)`))
		switch t := j.Texts[at.Whole()]; {
		case system && (t == nil || t.Info.ReadOnly):
			return j.T("Only an elevated process may change this file. Run the command in an administrator's terminal.")
		case t != nil && t.Info.ReadOnly:
			return j.T("%s may not write this file. Run the command as its owner, or as an administrator.", j.user())
		}
		return ""
	}
	if j.System.UID == 0 {
		return ""
	}
	t := j.Texts[at.Whole()]
	if t == nil {
		if j.System.Style.Under(at.Path, j.System.Home) || j.inWorkspace(at.Path) {
			return ""
		}
		return j.T("This file belongs to the system. Run the command as an administrator.")
	}
	if !Writable(j.System, t.Info) && j.System.Style.Under(at.Path, j.System.Home) {
		return j.T("%s lies in your home and belongs to another account. Take it back with chown, and make the fix again.", j.Display(at.Path))
	}
	if !Writable(j.System, t.Info) {
		return j.T("%s may not write this file. Run the command as its owner, or as an administrator.", j.user())
	}
	return ""
}

func (j *Judge) inWorkspace(name string) bool {
	for _, w := range j.System.Workspace {
		if j.System.Style.Under(name, w) {
			return true
		}
	}
	return false
}

func (j *Judge) user() string {
	if j.System.User == "" {
		return j.T("This user")
	}
	return j.System.User
}

// Writable reports whether the user may write a file: on Unix by its owner and mode.
func Writable(sys host.System, fi host.FileInfo) bool {
	m := fi.Mode.Perm()
	switch {
	case sys.OS == "windows":
		return !fi.ReadOnly
	case sys.UID == 0:
		return true
	case fi.UID < 0:
		return true
	case fi.UID == sys.UID:
		return m&0200 != 0
	case fi.GID >= 0 && slices.Contains(sys.GIDs, fi.GID):
		return m&0020 != 0
	}
	return m&0002 != 0
}
