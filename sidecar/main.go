// Command go-env-doctor finds what is wrong with a machine's Go environment, says which place causes it, and repairs it.
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/go-env-doctor/go-env-doctor/docs"
	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/explain"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/report"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
	"github.com/go-env-doctor/go-env-doctor/sidecar/server"
)

// Version is set by the linker for a release.
var Version = ""

// Exit codes.
const (
	ok       = 0 // nothing at or above --fail-on
	findings = 1
	usage    = 2
	failed   = 3 // could not diagnose, or could not make the change
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// A command is one subcommand. Its flags are registered by set, and run gets what is left.
type command struct {
	name, args, short, long string
	run                     func(c *cli, args []string) int
}

// commands are the subcommands with their texts in the language of the run.
func (c *cli) commands() []command {
	t := c.lang.T
	return []command{
		{"diagnose", "", t("find what is wrong, by root cause (the default)"), t(`Reads the environment, the registry, shell profiles, the go/env file, editor settings, PATH, toolchains, and
the modules of the workspace. Runs no program, not even go, and changes nothing.

Exit code: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage, 3 could not diagnose.`), (*cli).diagnose},
		{"env", "[NAME...]", t("print what go env prints, without running go, or who says so"), t(`Prints as go env does, but for GOGCCFLAGS; where go would fail, prints its message and exits as it does. --why shows every place that
gives a variable its value, strongest first.

  go-env-doctor env -json
  go-env-doctor env GOROOT
  go-env-doctor env --why GOPROXY

Exit code: that of go env; 2 wrong usage, 3 something cannot be known without running a program.`), (*cli).env},
		{"which", "[TOOL...]", t("list all go, gopls, dlv … and who put them on PATH"), t(`Lists what each name finds on PATH, in each view, and in the order in which the extension golang.go looks, with version,
architecture, installer, and the place that put the directory there. The first that starts is marked.`), (*cli).which},
		{"fix", "RULE[/FIX]", t("make one fix, or all safe ones"), t(`Shows the diff. A safe fix is then made; any other asks first, or wants --yes. Every change is written to the journal before it is
made, checked by diagnosing again afterwards, and taken back if the problem did not end or a new error came. undo takes it back later.

  go-env-doctor fix stale-goroot
  go-env-doctor fix dead-path-entry/replace --at ~/.profile:12
  go-env-doctor fix --all-safe --dry-run

Exit code: 0 made (or shown, with --dry-run), 2 wrong usage, 3 not made.`), (*cli).fix},
		{"undo", "[ID]", t("take back the last fix, or the one with this id"), t("Restores every place byte for byte. A place that has changed since is a conflict, and nothing is changed."), (*cli).undo},
		{"history", "", t("list the fixes that were made"), t("Reads the journal, newest last."), (*cli).history},
		{"explain", "RULE | TEXT | -", t("explain a rule, or an error message"), t(`Shows the manual page of a rule; or says which states an error message comes from, and which of them this machine is in. The
message may be all that a terminal shows; - reads it from standard input.

  go-env-doctor explain stale-goroot
  go-env-doctor explain "go: cannot find GOROOT directory: /usr/local/go"
  go build ./... 2>&1 | go-env-doctor explain -

Exit code: 0 explained, 2 wrong usage, 3 not known.`), (*cli).explain},
		{"ignore", "RULE --at PLACE", t("ignore a problem on this machine"), t(`What is ignored is neither shown nor counted, here and in the editor, until ignored --remove takes it back. Lines of the place do not
count: they move.`), (*cli).ignore},
		{"ignored", "", t("list what is ignored on this machine"), t(`  go-env-doctor ignored --remove dead-path-entry --at ~/.profile`), (*cli).ignored},
		{"announce", "", t("tell running programs that the environment has changed"), t(`Sends what the System dialog of Windows sends, so that what Explorer starts from now on has the new values. Writes nothing. Running
programs keep their environment. Elsewhere nobody listens.`), (*cli).announce},
		{"refresh", "powershell | cmd", t("print what gives an open window of a Windows shell the environment of a new one"), t(`Prints commands that set PATH, Go's variables and the proxies to what a new login has. They do nothing until the shell runs them:

  PowerShell: %s
  cmd:        %s

Other variables stay as they are.`, doctor.RefreshLine("powershell", ""), doctor.RefreshLine("cmd", "")), (*cli).refresh},
		{"events", "", t("read the event logs for programs of Go's that Windows blocked"), t(`Asks wevtutil for what App Control, AppLocker and Defender blocked in the last two weeks, and judges it. Changes nothing. A
diagnosis does not read these logs.

Exit code: 0 nothing of Go's was blocked, 1 something was, 2 wrong usage, 3 a log could not be read.`), (*cli).events},
		{"rules", "", t("list the rules"), "", (*cli).rules},
		{"record", "", t("write this machine down as a scenario"), t(`Writes what a diagnosis reads as a text that diagnose --scenario plays: a bug report becomes a failing test. Names of the user and
of the machine, passwords, tokens, and variables that are not of Go's business are taken out; look at it all the same before you send it.`), (*cli).record},
		{"serve", "--stdio", t("talk LSP to an editor over standard input and output"), t("Any client of the Language Server Protocol can use it."), (*cli).serve},
		{"version", "", t("print the version"), "", (*cli).version},
	}
}

// A cli is one run of the program.
type cli struct {
	in       io.Reader
	out, err io.Writer
	flags    *flag.FlagSet
	lang     l10n.Lang

	format, failOn, at, subject, scenario, color, file, language, remove string
	only, skip, workspace                                                list
	all, allSafe, dryRun, yes, stdio                                     bool
	envFlags
}

// A list is a flag that may be repeated, or hold commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }
func (l *list) Set(v string) error {
	*l = append(*l, strings.Split(v, ",")...)
	return nil
}

// folders is a list whose elements may hold commas.
type folders struct{ *list }

func (f folders) String() string     { return "" }
func (f folders) Set(v string) error { *f.list = append(*f.list, v); return nil }

func run(args []string, in io.Reader, out, errw io.Writer) (code int) {
	c := &cli{in: in, out: out, err: errw}
	defer func() {
		if p := recover(); p != nil {
			code = c.fail(l10n.Errorf("internal problem: %v\n%s", p, debug.Stack()))
		}
	}()
	var spoken bool
	if c.lang, args, spoken = language(args); !spoken {
		return c.misuse("--lang: this language is not spoken; en or zh-cn")
	}
	name := "diagnose"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	} else if len(args) > 0 && slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		name, args = "help", args[1:]
	} else if len(args) > 0 && args[0] == "--version" {
		name, args = "version", args[1:]
	}
	if name == "help" {
		if len(args) > 0 {
			name, args = args[0], []string{"-h"}
		} else {
			c.help(out)
			return ok
		}
	}
	commands := c.commands()
	i := slices.IndexFunc(commands, func(x command) bool { return x.name == name })
	if i < 0 {
		c.misuse("unknown command %q", name)
		fmt.Fprintln(errw)
		c.help(errw)
		return usage
	}
	cmd := commands[i]
	c.flags = flag.NewFlagSet(name, flag.ContinueOnError)
	c.flags.SetOutput(io.Discard)
	c.register(name)
	rest, err := parse(c.flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.helpFor(out, cmd)
		return ok
	case err != nil:
		fmt.Fprintf(errw, "go-env-doctor %s: %s\n", name, c.flagError(err))
		c.helpFor(errw, cmd)
		return usage
	}
	return cmd.run(c, rest)
}

// language is that of --lang, which may stand anywhere, else of the locale: what is wrong with a command line is said in the language,
// too. rest are the other arguments; ok is false for a language that is not spoken.
func language(args []string) (lang l10n.Lang, rest []string, ok bool) {
	for i, a := range args {
		if a == "--" {
			break
		}
		name, value, given := strings.Cut(a, "=")
		if name != "--lang" && name != "-lang" || !given && i+1 == len(args) {
			continue
		}
		n := i + 1
		if !given {
			value = args[n]
			n++
		}
		lang = l10n.Parse(value)
		return lang, slices.Concat(args[:i], args[n:]), lang != l10n.English || strings.HasPrefix(strings.ToLower(value), "en")
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			return l10n.Parse(v), args, true
		}
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" { // they keep it elsewhere
		return l10n.Parse(host.NewLocal(host.Options{}).System().Locale), args, true
	}
	return l10n.English, args, true
}

// flagError says what package flag says, in the language.
func (c *cli) flagError(err error) string {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: "); ok {
		return c.lang.T("unknown flag -%s", name)
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: "); ok {
		return c.lang.T("the flag -%s wants a value", name)
	}
	return text
}

// parse allows flags after arguments: fix RULE --at PLACE.
func parse(f *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		args = f.Args()
		if len(args) == 0 {
			return rest, nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}

func (c *cli) register(name string) {
	f, t := c.flags, c.lang.T
	machine := func() {
		f.Var(folders{&c.workspace}, "workspace", t("workspace `DIR`, repeatable; without it the current directory"))
		f.StringVar(&c.scenario, "scenario", "", t("play the machine of this `FILE` instead of this one"))
	}
	switch name {
	case "diagnose":
		machine()
		f.StringVar(&c.format, "format", "text", t("`FORMAT` of the report: text, json, sarif or markdown"))
		f.StringVar(&c.failOn, "fail-on", "error", t("exit with 1 from this `SEVERITY` on: error, warning, info, or never"))
		f.Var(&c.only, "only", t("run only these `RULES`, or groups, separated by commas"))
		f.Var(&c.skip, "skip", t("do not run these `RULES`, or groups"))
		f.BoolVar(&c.all, "all", false, t("show what is ignored on this machine, too"))
		f.StringVar(&c.color, "color", "auto", t("`WHEN` the text is coloured: auto (on a terminal, without NO_COLOR), always or never"))
	case "fix":
		machine()
		f.StringVar(&c.at, "at", "", t("`PLACE` of the finding, as diagnose prints it"))
		f.StringVar(&c.subject, "subject", "", t("`SUBJECT` of the finding, where two of one rule share a place"))
		f.BoolVar(&c.allSafe, "all-safe", false, t("make every safe fix"))
		f.BoolVar(&c.dryRun, "dry-run", false, t("show the diff and change nothing"))
		f.BoolVar(&c.yes, "yes", false, t("do not ask"))
	case "explain", "announce", "events", "refresh":
		machine()
	case "env":
		machine()
		f.BoolVar(&c.json, "json", false, t("print JSON"))
		f.BoolVar(&c.changed, "changed", false, t("print only what differs from the default"))
		f.BoolVar(&c.partial, "partial", false, t("print what is known where go would fail"))
		f.BoolVar(&c.why, "why", false, t("show every place that gives the value"))
		f.StringVar(&c.diff, "diff", "", t("compare with the machine of this `FILE`, and say what breaks Go on one of them alone"))
		f.BoolVar(&c.all, "all", false, t("with --diff: show what breaks nothing, too"))
	case "which":
		machine()
		f.BoolVar(&c.json, "json", false, t("print JSON"))
	case "ignore":
		machine()
		f.StringVar(&c.at, "at", "", t("`PLACE` of the finding, as diagnose prints it"))
		f.StringVar(&c.subject, "subject", "", t("`SUBJECT` of the finding, where two of one rule share a place"))
	case "ignored":
		f.StringVar(&c.remove, "remove", "", t("take back what is ignored of this `RULE`"))
		f.StringVar(&c.at, "at", "", t("`PLACE` at which to take it back; without it everywhere"))
	case "record":
		machine()
		f.StringVar(&c.file, "out", "", t("write to this `FILE` instead of standard output"))
	case "serve":
		f.BoolVar(&c.stdio, "stdio", false, t("talk over standard input and output"))
		f.StringVar(&c.scenario, "scenario", "", t("serve the machine of this `FILE`, in memory"))
	}
	f.StringVar(&c.language, "lang", "", t("`LANGUAGE` of all texts: en or zh-cn; without it that of the locale"))
}

func (c *cli) help(w io.Writer) {
	fmt.Fprintf(w, "%s\n\n", c.lang.T("Go Env Doctor finds what is wrong with a machine's Go environment, and repairs it with undo."))
	fmt.Fprintf(w, "%s\n\n", c.lang.T("Usage: go-env-doctor [COMMAND] [flags]"))
	for _, x := range c.commands() {
		fmt.Fprintf(w, "  %-23s %s\n", strings.TrimSpace(x.name+" "+x.args), x.short)
	}
	fmt.Fprintf(w, "\n%s\n", c.lang.T(`Exit codes:
  0  done; diagnose: nothing at or above --fail-on, which is error if left out
  1  diagnose: findings at or above --fail-on
  2  wrong usage
  3  could not diagnose, could not make the change, or cannot explain`))
	fmt.Fprintf(w, "\n%s\n", c.lang.T("go-env-doctor COMMAND -h describes a command and its flags."))
}

func (c *cli) helpFor(w io.Writer, x command) {
	fmt.Fprintf(w, "%s\n\n", c.lang.T("Usage: go-env-doctor %s [flags]", strings.TrimSpace(x.name+" "+x.args)))
	_, n := utf8.DecodeRuneInString(x.short)
	fmt.Fprintf(w, "%s\n", c.lang.T("%s.", strings.ToUpper(x.short[:n])+x.short[n:]))
	if x.long != "" {
		fmt.Fprintf(w, "\n%s\n", x.long)
	}
	any := false
	c.flags.VisitAll(func(f *flag.Flag) {
		if !any {
			fmt.Fprintf(w, "\n%s\n", c.lang.T("Flags:"))
			any = true
		}
		arg, text := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" {
			text = c.lang.T("%s (default %s)", text, f.DefValue)
		}
		fmt.Fprintf(w, "  %-18s %s\n", strings.TrimSpace("--"+f.Name+" "+arg), text)
	})
}

func (c *cli) misuse(format string, args ...any) int {
	fmt.Fprintf(c.err, "go-env-doctor: %s\n", c.lang.T(format, args...))
	return usage
}

// say writes a line to standard error.
func (c *cli) say(format string, args ...any) {
	fmt.Fprintf(c.err, "go-env-doctor: %s\n", c.lang.T(format, args...))
}

func (c *cli) fail(err error) int {
	fmt.Fprintf(c.err, "go-env-doctor: %s\n", c.lang.Error(err))
	return failed
}

// closed reports whether a write failed because nobody reads any more, as when head has seen enough: that is nobody's fault. On Unix
// the signal has ended the program by then.
func closed(err error) bool {
	var no syscall.Errno
	return errors.Is(err, syscall.EPIPE) || runtime.GOOS == "windows" && errors.As(err, &no) && (no == 109 || no == 232) // ERROR_BROKEN_PIPE, ERROR_NO_DATA
}

// machine opens the machine that the flags name, and its journal: a scenario is repaired in memory.
func (c *cli) machine() (host.Host, *fix.Journal, error) {
	if c.scenario != "" {
		data, err := os.ReadFile(c.scenario)
		if err != nil {
			return nil, nil, err
		}
		m, err := scenario.Parse(c.scenario, data)
		if err != nil {
			return nil, nil, err
		}
		return m, fix.Open(""), nil
	}
	opt := host.Options{Trusted: true}
	dirs := c.workspace
	if len(dirs) == 0 {
		wd, err := os.Getwd()
		if err != nil { // a directory that has gone: diagnose the machine all the same
			c.say("the current directory cannot be read: %v", err)
		} else {
			dirs = list{wd}
		}
	}
	for _, d := range dirs {
		abs, err := filepath.Abs(d)
		if err != nil {
			return nil, nil, err
		}
		opt.Workspace = append(opt.Workspace, abs)
	}
	h := host.NewLocal(opt)
	j := openJournal(h)
	if _, err := j.Recover(h); err != nil {
		c.fail(err)
	}
	return h, j, nil
}

// openJournal opens the journal of the user of a machine.
func openJournal(h host.Host) *fix.Journal {
	j := fix.Open(fix.Dir(h.System(), h.Environ()))
	j.Version = version()
	return j
}

func (c *cli) diagnose(args []string) int {
	if len(args) > 0 {
		return c.misuse("diagnose takes no argument; a folder is named by --workspace DIR")
	}
	if !slices.Contains([]string{"text", "json", "sarif", "markdown"}, c.format) {
		return c.misuse("unknown format %q: text, json, sarif or markdown", c.format)
	}
	if !slices.Contains([]string{"auto", "always", "never"}, c.color) {
		return c.misuse("unknown colour %q: auto, always or never", c.color)
	}
	if !slices.Contains([]string{"error", "warning", "info", "hint", "never"}, c.failOn) {
		return c.misuse("unknown severity %q: error, warning, info, or never", c.failOn)
	}
	for _, id := range slices.Concat(c.only, c.skip) {
		if !known(id) {
			return c.misuse("there is no rule or group %q; `go-env-doctor rules` lists them", id)
		}
	}
	h, j, err := c.machine()
	if err != nil {
		return c.fail(err)
	}
	if c.all {
		j = nil // the list of what is ignored is beside it
	}
	r := doctor.New(h, j, doctor.Options{Lang: c.lang, Pick: func(r *rules.Rule, group string) bool {
		named := func(l list) bool { return slices.Contains(l, r.ID) || slices.Contains(l, group) }
		return (len(c.only) == 0 || named(c.only)) && !named(c.skip)
	}}).Diagnose()
	switch c.format {
	case "json":
		err = report.JSON(c.out, r)
	case "sarif":
		err = report.SARIF(c.out, r, version(), c.page)
	case "markdown":
		err = report.Markdown(c.out, r)
	default:
		err = report.Text(c.out, r, c.color == "always" || c.color == "auto" && colour(c.out))
	}
	if err != nil && !closed(err) {
		return c.fail(err)
	}
	if c.failOn != "never" && slices.ContainsFunc(r.Findings, func(f doctor.Finding) bool { return f.Severity.Rank() <= rules.Severity(c.failOn).Rank() }) {
		return findings
	}
	return ok
}

// known reports whether a name is one of a rule, built or not, or of a group.
func known(name string) bool {
	for _, g := range rules.Catalogue {
		if g.Group == name || slices.Contains(g.IDs, name) {
			return true
		}
	}
	return false
}

// colour is used only on a terminal, and never where NO_COLOR is set.
func colour(w io.Writer) bool {
	f, isFile := w.(*os.File)
	if !isFile || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	fi, err := f.Stat()
	return err == nil && fi.Mode()&os.ModeCharDevice != 0
}

func (c *cli) fix(args []string) int {
	if c.allSafe == (len(args) == 1) || len(args) > 1 {
		return c.misuse("fix takes RULE, RULE/FIX, or --all-safe")
	}
	req := doctor.Request{At: c.at, AllSafe: c.allSafe}
	if !c.allSafe {
		req.Rule, req.Fix, _ = strings.Cut(args[0], "/")
		if !known(req.Rule) {
			return c.misuse("there is no rule %q; `go-env-doctor rules` lists them", req.Rule)
		}
	}
	h, j, err := c.machine()
	if err != nil {
		return c.fail(err)
	}
	d := doctor.New(h, j, doctor.Options{Lang: c.lang})
	r := d.Diagnose()
	safe := c.allSafe
	if !c.allSafe {
		x, code := c.choose(r, &req)
		if x == nil {
			return code
		}
		if x.Safety == rules.Manual {
			fmt.Fprintf(c.out, "%s\n\n%s\n", x.Title, x.Text)
			if x.Command != "" {
				fmt.Fprintf(c.out, "\n    %s\n", x.Command)
			}
			c.say("this fix is made by hand; nothing was changed.")
			return failed
		}
		safe = x.Safety == rules.Safe
	}
	p, err := r.Plan(req)
	if err != nil {
		return c.fail(err)
	}
	fmt.Fprintf(c.out, "%s\n\n%s", p.Title, fix.Diff(c.lang, p.Edits))
	if c.dryRun {
		return ok
	}
	if !safe && !c.yes && !c.confirm() {
		c.say("nothing was changed.")
		return failed
	}
	rec, err := d.Apply(req)
	if err != nil {
		return c.fail(err)
	}
	c.receipt(rec)
	fmt.Fprintln(c.out, c.lang.T("Undo: go-env-doctor undo %s", rec.ID))
	return ok
}

// choose finds the one fix that is meant. Several findings of a rule want a place; without a fix's id the first that is not manual is taken.
func (c *cli) choose(r *doctor.Report, req *doctor.Request) (*rules.Fix, int) {
	fits := c.fits(r, req.Rule)
	switch {
	case len(fits) == 0 && req.At != "":
		return nil, c.fail(l10n.Errorf("there is no finding of %s at %s", req.Rule, req.At))
	case len(fits) == 0:
		return nil, c.fail(l10n.Errorf("there is no finding of %s on this machine", req.Rule))
	case len(fits) > 1 && slices.ContainsFunc(fits, func(f doctor.Finding) bool { return f.At != fits[0].At }):
		c.say("%s was found in several places; name one with --at:", req.Rule)
		for _, f := range fits {
			fmt.Fprintf(c.err, "  %s\n", f.At)
		}
		return nil, usage
	}
	f := fits[0]
	req.At, req.Subject = f.At.String(), f.Subject()
	if req.Fix == "" {
		i := max(slices.IndexFunc(f.Fixes, func(x rules.Fix) bool { return x.Safety != rules.Manual }), 0)
		if i < len(f.Fixes) {
			req.Fix = f.Fixes[i].ID
		}
	}
	for i := range f.Fixes {
		if f.Fixes[i].ID == req.Fix {
			return &f.Fixes[i], ok
		}
	}
	var ids []string
	for _, x := range f.Fixes {
		ids = append(ids, x.ID)
	}
	return nil, c.misuse("%s at %s has no fix %q; it has: %s", req.Rule, f.At, req.Fix, cmp.Or(strings.Join(ids, ", "), c.lang.T("none")))
}

// fits are the findings of a rule that --at and --subject name.
func (c *cli) fits(r *doctor.Report, rule string) (fits []doctor.Finding) {
	for _, f := range r.Findings {
		if f.Rule.ID == rule && (c.subject == "" || f.Subject() == c.subject) && (c.at == "" || f.At.String() == c.at || f.At.Whole().String() == c.at || atHome(r, f.At) == c.at || atHome(r, f.At.Whole()) == c.at) {
			fits = append(fits, f)
		}
	}
	return fits
}

// atHome is a place as a person writes it, with ~.
func atHome(r *doctor.Report, at host.Loc) string { return r.Facts.Place(at) }

func (c *cli) confirm() bool {
	fmt.Fprintf(c.out, "\n%s ", c.lang.T("Make this change? [y/N]"))
	line, _ := bufio.NewReader(c.in).ReadString('\n')
	fmt.Fprintln(c.out)
	return strings.EqualFold(strings.TrimSpace(line), "y") || strings.EqualFold(strings.TrimSpace(line), "yes")
}

func (c *cli) receipt(rec *doctor.Receipt) {
	fmt.Fprintf(c.out, "\n%s\n", rec.Message)
	for _, s := range rec.Stale {
		fmt.Fprintf(c.out, "  %s %s\n", s.Message, s.Action)
	}
}

func (c *cli) undo(args []string) int {
	if len(args) > 1 {
		return c.misuse("undo takes at most one id")
	}
	id := ""
	if len(args) == 1 {
		id = args[0]
	}
	h, j, err := c.machine()
	if err != nil {
		return c.fail(err)
	}
	rec, err := doctor.New(h, j, doctor.Options{Lang: c.lang}).Undo(id)
	if err != nil {
		return c.fail(err)
	}
	c.receipt(rec)
	return ok
}

func (c *cli) announce(args []string) int {
	if len(args) > 0 {
		return c.misuse("announce takes no argument")
	}
	h, _, err := c.machine()
	if err != nil {
		return c.fail(err)
	}
	if err := h.Announce(); err != nil {
		return c.fail(err)
	}
	fmt.Fprintln(c.out, c.lang.T("Announced. What Explorer starts from now on has the new values."))
	return ok
}

func (c *cli) refresh(args []string) int {
	if len(args) != 1 || !slices.Contains(doctor.RefreshShells, args[0]) {
		return c.misuse("refresh takes one shell: powershell or cmd")
	}
	h, _, err := c.machine()
	if err != nil {
		return c.fail(err)
	}
	lines, err := doctor.Diagnose(h, doctor.Options{Pick: func(*rules.Rule, string) bool { return false }}).Refresh(args[0])
	if err != nil {
		return c.fail(err)
	}
	for _, line := range lines {
		fmt.Fprintln(c.out, line)
	}
	return ok
}

// A logged is a machine whose event logs were read.
type logged struct {
	host.Host
	events []host.Event
}

func (l logged) Events() ([]host.Event, error) { return l.events, nil }

func (c *cli) events(args []string) int {
	if len(args) > 0 {
		return c.misuse("events takes no argument")
	}
	h, j, err := c.machine()
	if err != nil {
		return c.fail(err)
	}
	code := ok
	if l, local := h.(*host.Local); local {
		if l.System().OS != "windows" {
			return c.fail(l10n.Errorf("only Windows keeps these event logs"))
		}
		list, problems := l.ReadEvents(context.Background())
		for _, err := range problems {
			code = c.fail(err)
		}
		h = logged{h, list}
	}
	r := doctor.New(h, j, doctor.Options{Lang: c.lang, Pick: func(r *rules.Rule, _ string) bool {
		return r.ID == "blocked-executable" || r.ID == "protection-blocks-builds"
	}}).Diagnose()
	if err := report.Text(c.out, r, colour(c.out)); err != nil && !closed(err) {
		return c.fail(err)
	}
	if slices.ContainsFunc(r.Findings, func(f doctor.Finding) bool { return f.Rule.ID == "blocked-executable" }) {
		return findings
	}
	return code
}

func (c *cli) history(args []string) int {
	if len(args) > 0 {
		return c.misuse("history takes no argument")
	}
	_, j, err := c.machine()
	if err != nil {
		return c.fail(err)
	}
	list, err := j.History()
	for _, e := range list {
		what := e.Plan.Title
		if e.UndoOf != "" {
			what = c.lang.T("undo of %s: %s", e.UndoOf, what)
		}
		fmt.Fprintf(c.out, "%-4s %s  %-9s  %s\n", e.ID, e.Time.Local().Format("2006-01-02 15:04"), c.state(e.State), what)
		for _, x := range e.Plan.Edits {
			fmt.Fprintf(c.out, "     %s\n", x.At)
		}
	}
	if err != nil {
		return c.fail(err)
	}
	if len(list) == 0 {
		fmt.Fprintln(c.out, c.lang.T("No fix was made yet."))
	}
	return ok
}

// state says how far an entry of the journal came.
func (c *cli) state(s fix.State) string {
	switch s {
	case fix.Committed:
		return c.lang.T("committed")
	case fix.Aborted:
		return c.lang.T("aborted")
	case fix.Undone:
		return c.lang.T("undone")
	}
	return c.lang.T("begun")
}

func (c *cli) explain(args []string) int {
	if len(args) == 0 {
		return c.misuse("explain takes one rule, an error message, or - for standard input")
	}
	text := strings.Join(args, " ")
	if len(args) == 1 && known(text) {
		page := c.page(text)
		if page == "" {
			return c.fail(l10n.Errorf("the rule %s is not built yet", text))
		}
		io.WriteString(c.out, page)
		return ok
	}
	if text == "-" {
		data, err := io.ReadAll(io.LimitReader(c.in, host.MaxText))
		if err != nil {
			return c.fail(err)
		}
		text = string(data)
	}
	hit := len(explain.Match(text)) > 0
	if !hit && len(strings.Fields(text)) < 2 {
		return c.misuse("there is no rule %q; `go-env-doctor rules` lists them", text)
	}
	h, _, err := c.machine()
	if err != nil {
		return c.fail(err)
	}
	x := report.Explain(doctor.Diagnose(h, doctor.Options{Lang: c.lang}), text, report.Links{})
	if _, err := io.WriteString(c.out, x.Markdown); err != nil && !closed(err) {
		return c.fail(err)
	}
	if !hit {
		return c.fail(l10n.Errorf("this message is not known"))
	}
	return ok
}

// page is the manual page of a rule in the language, else in English, "" if there is none.
func (c *cli) page(id string) string {
	names := []string{"rules/" + id + ".md"}
	if c.lang != l10n.English {
		names = slices.Insert(names, 0, "rules/"+string(c.lang)+"/"+id+".md")
	}
	for _, name := range names {
		if page, err := docs.Rules.ReadFile(name); err == nil {
			return string(page)
		}
	}
	return ""
}

func (c *cli) record(args []string) int {
	if len(args) > 0 {
		return c.misuse("record takes no argument; a file is named by --out FILE")
	}
	h, _, err := c.machine()
	if err != nil {
		return c.fail(err)
	}
	text, err := scenario.Record(h, func(h host.Host) { doctor.Diagnose(h, doctor.Options{}) })
	if err != nil {
		return c.fail(err)
	}
	if c.file == "" {
		if _, err := c.out.Write(text); err != nil && !closed(err) {
			return c.fail(err)
		}
		return ok
	}
	if err := os.WriteFile(c.file, text, 0o600); err != nil {
		return c.fail(err)
	}
	c.say("%s is written. Look at it before you send it: only you know what else is secret.", c.file)
	return ok
}

func (c *cli) ignore(args []string) int {
	if len(args) != 1 || c.at == "" {
		return c.misuse("ignore takes one rule, and --at PLACE")
	}
	if !known(args[0]) {
		return c.misuse("there is no rule %q; `go-env-doctor rules` lists them", args[0])
	}
	h, j, err := c.machine()
	if err != nil {
		return c.fail(err)
	}
	fits := c.fits(doctor.New(h, j, doctor.Options{Lang: c.lang}).Diagnose(), args[0])
	if len(fits) == 0 {
		return c.fail(l10n.Errorf("there is no finding of %s at %s", args[0], c.at))
	}
	var done []doctor.Problem
	for _, f := range fits {
		p := f.Name()
		if slices.Contains(done, p) { // two lines of one file
			continue
		}
		if err := doctor.Ignore(j, p); err != nil {
			return c.fail(err)
		}
		done = append(done, p)
		fmt.Fprintln(c.out, c.lang.T("%s at %s is ignored on this machine.", p.Rule, p.At))
	}
	return ok
}

func (c *cli) ignored(args []string) int {
	if len(args) > 0 || c.at != "" && c.remove == "" {
		return c.misuse("ignored takes no argument but --remove RULE and --at PLACE")
	}
	h := host.NewLocal(host.Options{})
	j := openJournal(h)
	list, err := doctor.Ignored(j)
	if err != nil {
		return c.fail(err)
	}
	if c.remove == "" {
		for _, p := range list {
			fmt.Fprintf(c.out, "%s --at %s", p.Rule, p.At)
			if p.Subject != "" {
				fmt.Fprintf(c.out, "  %s", p.Subject)
			}
			fmt.Fprintln(c.out)
		}
		if len(list) == 0 {
			fmt.Fprintln(c.out, c.lang.T("Nothing is ignored."))
		}
		return ok
	}
	at := c.at
	if sys := h.System(); strings.HasPrefix(at, "~/") || strings.HasPrefix(at, `~\`) && sys.Style.Windows {
		at = sys.Style.Join(sys.Home, at[2:])
	}
	found := false
	for _, p := range list {
		if loc, err := host.ParseLoc(at); p.Rule != c.remove || at != "" && p.At != at && (err != nil || p.At != loc.Whole().String()) {
			continue
		}
		if err := doctor.Unignore(j, p); err != nil {
			return c.fail(err)
		}
		found = true
		fmt.Fprintln(c.out, c.lang.T("%s at %s is no longer ignored.", p.Rule, p.At))
	}
	if !found {
		return c.fail(l10n.Errorf("nothing of %s is ignored there", c.remove))
	}
	return ok
}

func (c *cli) rules(args []string) int {
	if len(args) > 0 {
		return c.misuse("rules takes no argument")
	}
	for _, g := range doctor.Groups {
		for _, r := range g.Rules {
			fmt.Fprintf(c.out, "%-12s %-8s %s\n", g.Name, r.Severity, r.ID) // for programs, too: no language
		}
	}
	return ok
}

func (c *cli) serve(args []string) int {
	if len(args) > 0 || !c.stdio {
		return c.misuse("serve wants --stdio")
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // an editor that is gone must not end a fix half-way
	cfg := server.Config{Version: version(), Log: c.err, Alive: host.Alive}
	if c.scenario != "" {
		m, j, err := c.machine()
		if err != nil {
			return c.fail(err)
		}
		cfg.Journal, cfg.Host, cfg.Played = j, func(server.InitInfo) host.Host { return m }, true
	} else {
		cfg.Journal = openJournal(host.NewLocal(host.Options{}))
		cfg.Host = func(info server.InitInfo) host.Host { return host.NewLocal(localOptions(info)) }
		cfg.Program, _ = os.Executable()
	}
	return server.Serve(c.in, c.out, cfg)
}

// localOptions are what an editor said of itself. What it withheld from this process, lest it kill it at start, is put back into the block.
func localOptions(info server.InitInfo) host.Options {
	opt := host.Options{Workspace: info.Folders, Trusted: info.Trusted, UserSettings: info.UserSettings,
		Editor: host.Editor{Name: info.Editor.Name, Version: info.Editor.Version}}
	if len(info.Withheld) > 0 {
		opt.Environ = os.Environ()
		for name, value := range info.Withheld {
			opt.Environ = append(opt.Environ, name+"="+value)
		}
	}
	return opt
}

func (c *cli) version(args []string) int {
	if len(args) > 0 {
		return c.misuse("version takes no argument")
	}
	fmt.Fprintln(c.out, "go-env-doctor", version())
	return ok
}

// version is that of the release, else what the build knows.
func version() string {
	if Version != "" {
		return Version
	}
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(devel)"
}
