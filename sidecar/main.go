// Command go-env-doctor finds what is wrong with a machine's Go environment, says which place causes it, and repairs it.
package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/docs"
	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
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

var commands []command

func init() {
	commands = []command{
		{"diagnose", "", "find what is wrong, by root cause (the default)", `Reads the environment, the registry, shell profiles, the go/env file, editor settings, PATH, toolchains, and
the modules of the workspace. Runs no program, not even go, and changes nothing.

Exit code: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage, 3 could not diagnose.`, (*cli).diagnose},
		{"fix", "RULE[/FIX]", "make one fix, or all safe ones", `Shows the diff. A safe fix is then made; any other asks first, or wants --yes. Every change is written to the journal before it is
made, checked by diagnosing again afterwards, and taken back if the problem did not end or a new error came. undo takes it back later.

  go-env-doctor fix stale-goroot
  go-env-doctor fix dead-path-entry/replace --at ~/.profile:12
  go-env-doctor fix --all-safe --dry-run

Exit code: 0 made (or shown, with --dry-run), 2 wrong usage, 3 not made.`, (*cli).fix},
		{"undo", "[ID]", "take back the last fix, or the one with this id", "Restores every place byte for byte. A place that has changed since is a conflict, and nothing is changed.", (*cli).undo},
		{"history", "", "list the fixes that were made", "Reads the journal, newest last.", (*cli).history},
		{"explain", "RULE", "show the manual page of a rule", "", (*cli).explain},
		{"rules", "", "list the rules", "", (*cli).rules},
		{"serve", "--stdio", "talk LSP to an editor over standard input and output", "Any client of the Language Server Protocol can use it.", (*cli).serve},
		{"version", "", "print the version", "", (*cli).version},
	}
}

// A cli is one run of the program.
type cli struct {
	in       io.Reader
	out, err io.Writer
	flags    *flag.FlagSet

	format, failOn, at, subject, scenario string
	only, skip, workspace                 list
	allSafe, dryRun, yes, stdio           bool
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
			code = c.fail(fmt.Errorf("internal problem: %v\n%s", p, debug.Stack()))
		}
	}()
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
	i := slices.IndexFunc(commands, func(x command) bool { return x.name == name })
	if i < 0 {
		fmt.Fprintf(errw, "go-env-doctor: unknown command %q\n\n", name)
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
		fmt.Fprintf(errw, "go-env-doctor %s: %v\n", name, err)
		c.helpFor(errw, cmd)
		return usage
	}
	return cmd.run(c, rest)
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
	f := c.flags
	machine := func() {
		f.Var(folders{&c.workspace}, "workspace", "workspace `DIR`, repeatable; without it the current directory")
		f.StringVar(&c.scenario, "scenario", "", "play the machine of this `FILE` instead of this one")
	}
	switch name {
	case "diagnose":
		machine()
		f.StringVar(&c.format, "format", "text", "`FORMAT` of the report: text or json")
		f.StringVar(&c.failOn, "fail-on", "error", "exit with 1 from this `SEVERITY` on: error, warning, info, or never")
		f.Var(&c.only, "only", "run only these `RULES`, or groups, separated by commas")
		f.Var(&c.skip, "skip", "do not run these `RULES`, or groups")
	case "fix":
		machine()
		f.StringVar(&c.at, "at", "", "`PLACE` of the finding, as diagnose prints it")
		f.StringVar(&c.subject, "subject", "", "`SUBJECT` of the finding, where two of one rule share a place")
		f.BoolVar(&c.allSafe, "all-safe", false, "make every safe fix")
		f.BoolVar(&c.dryRun, "dry-run", false, "show the diff and change nothing")
		f.BoolVar(&c.yes, "yes", false, "do not ask")
	case "serve":
		f.BoolVar(&c.stdio, "stdio", false, "talk over standard input and output")
		f.StringVar(&c.scenario, "scenario", "", "serve the machine of this `FILE`, in memory")
	}
}

func (c *cli) help(w io.Writer) {
	fmt.Fprint(w, "Go Env Doctor finds what is wrong with a machine's Go environment, and repairs it with undo.\n\nUsage: go-env-doctor [COMMAND] [flags]\n\n")
	for _, x := range commands {
		fmt.Fprintf(w, "  %-18s %s\n", strings.TrimSpace(x.name+" "+x.args), x.short)
	}
	fmt.Fprint(w, "\ngo-env-doctor COMMAND -h describes a command and its flags.\n")
}

func (c *cli) helpFor(w io.Writer, x command) {
	fmt.Fprintf(w, "Usage: go-env-doctor %s [flags]\n\n%s.\n", strings.TrimSpace(x.name+" "+x.args), strings.ToUpper(x.short[:1])+x.short[1:])
	if x.long != "" {
		fmt.Fprintf(w, "\n%s\n", x.long)
	}
	any := false
	c.flags.VisitAll(func(f *flag.Flag) {
		if !any {
			fmt.Fprint(w, "\nFlags:\n")
			any = true
		}
		arg, text := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" {
			text += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(w, "  %-18s %s\n", strings.TrimSpace("--"+f.Name+" "+arg), text)
	})
}

func (c *cli) misuse(format string, args ...any) int {
	fmt.Fprintf(c.err, "go-env-doctor: "+format+"\n", args...)
	return usage
}

func (c *cli) fail(err error) int {
	fmt.Fprintf(c.err, "go-env-doctor: %v\n", err)
	return failed
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
			fmt.Fprintf(c.err, "go-env-doctor: the current directory cannot be read: %v\n", err)
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
		fmt.Fprintf(c.err, "go-env-doctor: %v\n", err)
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
	if c.format != "text" && c.format != "json" {
		return c.misuse("unknown format %q: text or json", c.format)
	}
	if !slices.Contains([]string{"error", "warning", "info", "hint", "never"}, c.failOn) {
		return c.misuse("unknown severity %q: error, warning, info, or never", c.failOn)
	}
	for _, id := range slices.Concat(c.only, c.skip) {
		if !known(id) {
			return c.misuse("there is no rule or group %q; `go-env-doctor rules` lists them", id)
		}
	}
	h, _, err := c.machine()
	if err != nil {
		return c.fail(err)
	}
	r := doctor.Diagnose(h, doctor.Options{Pick: func(r *rules.Rule, group string) bool {
		named := func(l list) bool { return slices.Contains(l, r.ID) || slices.Contains(l, group) }
		return (len(c.only) == 0 || named(c.only)) && !named(c.skip)
	}})
	if c.format == "json" {
		err = report.JSON(c.out, r)
	} else {
		err = report.Text(c.out, r, colour(c.out))
	}
	if err != nil {
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
	d := doctor.New(h, j, doctor.Options{})
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
			fmt.Fprintln(c.err, "\ngo-env-doctor: this fix is made by hand; nothing was changed.")
			return failed
		}
		safe = x.Safety == rules.Safe
	}
	p, err := r.Plan(req)
	if err != nil {
		return c.fail(err)
	}
	fmt.Fprintf(c.out, "%s\n\n%s", p.Title, fix.Diff(p.Edits))
	if c.dryRun {
		return ok
	}
	if !safe && !c.yes && !c.confirm() {
		fmt.Fprintln(c.err, "go-env-doctor: nothing was changed.")
		return failed
	}
	rec, err := d.Apply(req)
	if err != nil {
		return c.fail(err)
	}
	c.receipt(rec)
	fmt.Fprintf(c.out, "Undo: go-env-doctor undo %s\n", rec.ID)
	return ok
}

// choose finds the one fix that is meant. Several findings of a rule want a place; without a fix's id the first that is not manual is taken.
func (c *cli) choose(r *doctor.Report, req *doctor.Request) (*rules.Fix, int) {
	var fits []doctor.Finding
	for _, f := range r.Findings {
		if f.Rule.ID == req.Rule && (c.subject == "" || f.Subject() == c.subject) && (req.At == "" || f.At.String() == req.At || f.At.Whole().String() == req.At || atHome(r, f.At) == req.At) {
			fits = append(fits, f)
		}
	}
	switch {
	case len(fits) == 0 && req.At != "":
		return nil, c.fail(fmt.Errorf("there is no finding of %s at %s", req.Rule, req.At))
	case len(fits) == 0:
		return nil, c.fail(fmt.Errorf("there is no finding of %s on this machine", req.Rule))
	case len(fits) > 1 && slices.ContainsFunc(fits, func(f doctor.Finding) bool { return f.At != fits[0].At }):
		fmt.Fprintf(c.err, "go-env-doctor: %s was found in several places; name one with --at:\n", req.Rule)
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
	return nil, c.misuse("%s at %s has no fix %q; it has: %s", req.Rule, f.At, req.Fix, cmp.Or(strings.Join(ids, ", "), "none"))
}

// atHome is a place as a person writes it, with ~.
func atHome(r *doctor.Report, at host.Loc) string { return r.Facts.Place(at) }

func (c *cli) confirm() bool {
	fmt.Fprint(c.out, "\nMake this change? [y/N] ")
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
	rec, err := doctor.New(h, j, doctor.Options{}).Undo(id)
	if err != nil {
		return c.fail(err)
	}
	c.receipt(rec)
	return ok
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
			what = "undo of " + e.UndoOf + ": " + what
		}
		fmt.Fprintf(c.out, "%-4s %s  %-9s  %s\n", e.ID, e.Time.Local().Format("2006-01-02 15:04"), e.State, what)
		for _, x := range e.Plan.Edits {
			fmt.Fprintf(c.out, "     %s\n", x.At)
		}
	}
	if err != nil {
		return c.fail(err)
	}
	if len(list) == 0 {
		fmt.Fprintln(c.out, "No fix was made yet.")
	}
	return ok
}

func (c *cli) explain(args []string) int {
	if len(args) != 1 {
		return c.misuse("explain takes one rule")
	}
	page, err := docs.Rules.ReadFile("rules/" + args[0] + ".md")
	switch {
	case err == nil:
		c.out.Write(page)
		return ok
	case known(args[0]):
		return c.fail(fmt.Errorf("the rule %s is not built yet", args[0]))
	}
	return c.misuse("there is no rule %q; `go-env-doctor rules` lists them", args[0])
}

func (c *cli) rules(args []string) int {
	if len(args) > 0 {
		return c.misuse("rules takes no argument")
	}
	for _, g := range doctor.Groups {
		for _, r := range g.Rules {
			fmt.Fprintf(c.out, "%-12s %-8s %s\n", g.Name, r.Severity, r.ID)
		}
	}
	return ok
}

func (c *cli) serve(args []string) int {
	if len(args) > 0 || !c.stdio {
		return c.misuse("serve wants --stdio")
	}
	cfg := server.Config{Version: version(), Log: c.err, Alive: host.Alive}
	if c.scenario != "" {
		m, j, err := c.machine()
		if err != nil {
			return c.fail(err)
		}
		cfg.Journal, cfg.Host = j, func(server.InitInfo) host.Host { return m }
	} else {
		cfg.Journal = openJournal(host.NewLocal(host.Options{}))
		cfg.Host = func(info server.InitInfo) host.Host { return host.NewLocal(localOptions(info)) }
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
