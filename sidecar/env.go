package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/report"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// envFlags are those of env and which.
type envFlags struct {
	json, changed, partial, why bool
	diff                        string
}

// look reads the machine and judges nothing.
func (c *cli) look() (*doctor.Report, error) {
	h, _, err := c.machine()
	if err != nil {
		return nil, err
	}
	return doctor.Diagnose(h, doctor.Options{Lang: c.lang, Groups: []rules.Group{}}), nil
}

func (c *cli) env(args []string) int {
	switch {
	case c.diff != "":
		return c.difference(args)
	case c.why:
		return c.reasons(args)
	}
	r, err := c.look()
	if err != nil {
		return c.fail(err)
	}
	e := report.Env(r)
	if e == nil {
		return c.fail(l10n.Errorf("the environment of this machine is not known"))
	}
	for _, line := range e.Warnings {
		fmt.Fprintln(c.err, line)
	}
	code := ok
	if f := e.Fails(args); f != nil {
		fmt.Fprintln(c.err, f.Message)
		if code = f.Exit; !c.partial {
			return code
		}
	}
	for _, a := range args {
		if strings.Contains(a, "=") {
			fmt.Fprintf(c.err, "go: invalid variable name %q (use -w to set variable)\n", a)
			return 1
		}
	}
	unknown, stripped, err := report.GoEnv(c.out, r.Facts, e, args, c.json, c.changed)
	for _, name := range stripped { // as go says it, and exits
		fmt.Fprintf(c.err, "go: stripping unprintable or unescapable characters from %%%q%%\n", name)
		code = max(code, 1)
	}
	if err != nil && !closed(err) {
		return c.fail(err)
	}
	if len(unknown) > 0 {
		c.say("what cannot be known without running a program is left out: %s", strings.Join(unknown, ", "))
		if !c.partial {
			return failed
		}
	}
	return code
}

func (c *cli) reasons(args []string) int {
	if len(args) == 0 {
		return c.misuse("env --why takes the names of variables")
	}
	r, err := c.look()
	if err != nil {
		return c.fail(err)
	}
	reasons := report.Reasons(r, args)
	return c.show(reasons, func(w io.Writer) error { return report.Why(w, r, reasons) })
}

// difference compares this machine, or that of --scenario, with a recording.
func (c *cli) difference(args []string) int {
	if len(args) > 0 {
		return c.misuse("env --diff takes no names")
	}
	var both [2]*doctor.Report
	names := [2]string{c.lang.T("this machine"), c.diff}
	if c.scenario != "" {
		names[0] = c.scenario
	}
	for i := range both {
		if i == 1 {
			c.scenario = c.diff
		}
		h, _, err := c.machine()
		if err != nil {
			return c.fail(err)
		}
		both[i] = doctor.Diagnose(h, doctor.Options{Lang: c.lang})
	}
	list := report.Diff(both[0], both[1])
	return c.show(list, func(w io.Writer) error { return report.DiffText(w, both[0], list, names, c.all) })
}

func (c *cli) which(args []string) int {
	if len(args) == 0 {
		args = []string{"go", "gofmt", "gopls", "dlv", "staticcheck"}
	}
	for _, name := range args {
		if !slices.Contains(report.Tools, name) {
			return c.misuse("%q is not looked for; these are: %s", name, strings.Join(report.Tools, ", "))
		}
	}
	r, err := c.look()
	if err != nil {
		return c.fail(err)
	}
	list := report.Which(r, args)
	return c.show(list, func(w io.Writer) error { return report.WhichText(w, r, args, list) })
}

// show writes an answer as JSON where that is asked for, else as text.
func (c *cli) show(answer any, text func(w io.Writer) error) int {
	err := error(nil)
	if c.json {
		enc := json.NewEncoder(c.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		err = enc.Encode(answer)
	} else {
		err = text(c.out)
	}
	if err != nil && !closed(err) {
		return c.fail(err)
	}
	return ok
}
