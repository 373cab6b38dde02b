package goenv

import (
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// Solve says what `go env -json` would print for the programs of a view in a directory. It knows what the snapshot knows: the directories
// in which the probes explored are its folders, and home where it has none; elsewhere values that depend on files are unknown.
func Solve(s *facts.Snapshot, v *facts.View, dir string) *Env {
	return Explore(s, v, dir, Look{File: s.File, Real: func(name string) string { return s.File(name).Real }, Text: func(name string) (*host.Text, bool) {
		if t := s.Texts[host.FileLoc(name, 0)]; t != nil {
			return t, true
		}
		return nil, s.File(name).Exists != facts.Unknown
	}})
}

// A Look answers what the go command asks the file system. Names are absolute.
type Look struct {
	File func(name string) facts.File
	// Real is a name with links resolved, "" where that is unknown or impossible.
	Real func(name string) string
	// Text is the text of a file: nil where it cannot be read, and false where nobody tried.
	Text func(name string) (*host.Text, bool)
}

// An Env is what `go env` would print for the programs of one view in one directory, or why it would print nothing.
// Where Err is set, Vars holds all the same what can be said; where the toolchain is unknown, it follows the rules of the newest one.
type Env struct {
	View *facts.View
	Dir  string // working directory, absolute
	// Go is the executable that starts: the first go of the view's PATH; "" where there is none.
	Go string
	// Version is runtime.Version() of the go command that answers, after a switch of toolchains: "go1.26.8"; "" unknown.
	Version string
	// Root is the directory that this go command belongs to, whatever GOROOT says; "" unknown.
	Root string
	// Toolchain is the one at Root, nil where no probe met it.
	Toolchain *facts.Toolchain
	// Select is which toolchain answers and why. Download says that it would have to be fetched first.
	Select   facts.Selection
	Download bool
	// Vars are in the order in which `go env` of that version prints them: sorted by name since Go 1.24. GOGCCFLAGS is not among them.
	Vars []Variable
	// Err is the failure of `go env -json`, nil where it succeeds.
	Err *Failure
	// Warnings are what it prints on stderr besides, a line each.
	Warnings []string
}

// A Variable is one line of `go env`.
type Variable struct {
	Name, Value string
	Known       bool // Value is certain
	// Chain are the places that assign it, weakest first, without Go's own default. A place whose value is empty, or that the go command does
	// not ask for this variable, is in it too and never wins.
	Chain []*facts.Assignment
	// Winner is the one of Chain that decides, nil for the default and for what go computes.
	Winner *facts.Assignment
	// Default is the value without any assignment of this variable; Changed is what `go env -changed` tests.
	Default string
	Changed bool
	// Source says where a value without Winner comes from; Via is the variable, file or program that gives it.
	Source Source
	Via    string
}

// A Source says where go takes a value from that no assignment gives as it is.
type Source string

const (
	ByDefault  Source = ""          // built in, or the toolchain's
	ByVariable Source = "variable"  // another variable
	ByGo       Source = "toolchain" // the go command itself: GOVERSION, GOROOT, GOTOOLDIR, GOHOSTOS
	ByFile     Source = "file"      // a file that go looks for: GOMOD, GOWORK, GOTELEMETRY
	ByPath     Source = "path"      // a search of PATH: CGO_ENABLED, GCCGO
)

// A Failure is why `go env` prints nothing.
type Failure struct {
	Message string            // what go prints on stderr, without the final line end
	Exit    int               // exit status
	By      *facts.Assignment // the value that causes it, nil where none does
	Build   bool              // only where go prepares a build: see [Env.Fails]
}

// Fails is the failure of `go env NAMES…`: with names it prepares a build for a few of them only (envcmd.runEnv).
func (e *Env) Fails(names []string) *Failure {
	if e.Err != nil && e.Err.Build && len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool {
		return n == "PKG_CONFIG" || n == "GOGCCFLAGS" || strings.HasPrefix(n, "CGO_") && strings.HasSuffix(n, "FLAGS")
	}) {
		return nil
	}
	return e.Err
}

// Get returns a variable by its name, nil if this version has none such.
func (e *Env) Get(name string) *Variable {
	for i := range e.Vars {
		if e.Vars[i].Name == name {
			return &e.Vars[i]
		}
	}
	return nil
}

// Value is the value of a variable, "" where it has none or it is unknown.
func (e *Env) Value(name string) string {
	if v := e.Get(name); v != nil && v.Known {
		return v.Value
	}
	return ""
}
