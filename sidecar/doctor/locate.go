package doctor

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// A Located is the plan to have a go command found that the user pointed at.
type Located struct {
	Plan   *fix.Plan
	Report *Report // that it was made from

	dir string // to be on PATH
}

// PlanLocate plans to put the directory of a go command on the user's PATH, where this system's shells or Windows look for it. name is the
// command, its directory, or a GOROOT. The error says what is wrong with it.
func (d *Doctor) PlanLocate(name string) (*Located, error) {
	file, err := findGo(d.Host, name)
	if err != nil {
		return nil, say(d.Options.Lang, err)
	}
	r := d.Diagnose()
	dir := d.Host.System().Style.Dir(file)
	x, err := r.onPath(dir)
	if err != nil {
		return nil, say(d.Options.Lang, err)
	}
	edits, err := fix.Lower(x.Changes, r.text)
	if err != nil {
		return nil, say(d.Options.Lang, err)
	}
	p := &fix.Plan{Fix: "locate", Title: x.Title, At: edits[0].At.String(), Edits: edits}
	return &Located{Plan: p, Report: r, dir: dir}, nil
}

// Locate makes the plan of [Doctor.PlanLocate]; where a fresh login then does not find that go, it is taken back.
func (d *Doctor) Locate(name string) (*Receipt, error) {
	l, err := d.PlanLocate(name)
	if err != nil {
		return nil, err
	}
	var after *Report
	_, err = d.Journal.Apply(d.Host, l.Plan, func() error {
		after = d.Diagnose()
		if h, ok := login(after).Go(); !ok || !after.Facts.Same(h.Entry.Dir, l.dir) {
			return l10n.Errorf("a new login still does not find this go, so the change was taken back")
		}
		return verify(l.Report, after, nil)
	})
	if err != nil {
		return nil, say(d.Options.Lang, err)
	}
	return d.receipt(after, l.Plan), nil
}

// login is the view of a fresh login, without anything where it is unknown.
func login(r *Report) *facts.View {
	if v := r.Facts.View("login"); v != nil {
		return v
	}
	return &facts.View{}
}

// onPath is the fix that has a fresh login find the go of a directory.
func (r *Report) onPath(dir string) (*rules.Fix, error) {
	v := login(r)
	first, has := v.Go()
	on := slices.ContainsFunc(v.Path, func(e *facts.PathEntry) bool { return r.Facts.Same(e.Dir, dir) })
	windows := r.Facts.System.OS == "windows"
	switch {
	case has && r.Facts.Same(first.Entry.Dir, dir):
		return nil, l10n.Errorf("a new login finds this go already; close every window of the editor and start it again")
	case has && (windows || on):
		return nil, l10n.Errorf("%s comes first on PATH, by %s. Take that one out, or put the other in front of it there", first.File, r.Facts.Place(first.Entry.At))
	case on:
		return nil, l10n.Errorf("%s is on PATH already", dir)
	}
	found := rules.Run(&rules.Rule{Judge: func(j *rules.Judge) {
		x := j.AppendPath("locate", dir)
		if has {
			x = j.PrependPath("locate", dir)
		}
		j.Place(j.PathPlace(), "").Offer(x)
	}}, r.Facts, r.Lang)
	x := &found[0].Fixes[0]
	if x.Safety == rules.Manual {
		return nil, l10n.Errorf("%s: %s", x.Title, strings.TrimSpace(x.Text+" "+x.Command))
	}
	return x, nil
}

// findGo is the go command that a name leads to.
func findGo(h host.Host, name string) (string, error) {
	sys := h.System()
	st := sys.Style
	base := "go"
	if sys.OS == "windows" {
		base = "go.exe"
	}
	if !st.IsAbs(name) {
		return "", l10n.Errorf("%s is not the whole name of a file", name)
	}
	name = st.Clean(name)
	fi, err := h.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", l10n.Errorf("%s does not exist", name)
	case err != nil:
		return "", l10n.Errorf("reading %s: %w", name, err)
	}
	if fi.IsDir() {
		for _, file := range []string{st.Join(name, base), st.Join(name, "bin", base)} {
			if fi, err := h.Stat(file); err == nil && fi.IsRegular() {
				return file, checkGo(h, file)
			}
		}
		return "", l10n.Errorf("%s holds no go command, nor does its bin directory", name)
	}
	if !st.Equal(st.Join(st.Dir(name), base), name) {
		return "", l10n.Errorf("%s is not called %s, and no program would find it by that name", name, base)
	}
	return name, checkGo(h, name)
}

// checkGo says why a file is no go command of this machine.
func checkGo(h host.Host, file string) error {
	p, err := h.Program(file)
	sys := h.System()
	switch {
	case err != nil:
		return l10n.Errorf("reading %s: %w", file, err)
	case p.Format == "script":
		return l10n.Errorf("%s is a script. Point at the go program that it starts", file)
	case p.OS == "":
		return l10n.Errorf("%s is not a program of this system", file)
	case p.OS != sys.OS:
		return l10n.Errorf("%s is a program for %s", file, p.OS)
	case p.GoVersion != "" && p.Path != "cmd/go":
		return l10n.Errorf("%s is another program (%s), not the go command", file, p.Path)
	case len(p.Arch) > 0 && !slices.ContainsFunc(p.Arch, func(a string) bool { return runs(sys, a) }):
		return l10n.Errorf("%s is a program for %s, and this machine is %s", file, strings.Join(p.Arch, ", "), sys.Arch)
	}
	return nil
}

// runs reports whether a machine runs programs of an architecture; where another one is emulated, too.
func runs(sys host.System, arch string) bool {
	switch {
	case sys.Arch == "" || arch == sys.Arch:
		return true
	case sys.Arch == "amd64":
		return arch == "386"
	case sys.Arch == "arm64":
		return sys.OS != "linux" && (arch == "amd64" || arch == "386" && sys.OS == "windows")
	}
	return false
}
