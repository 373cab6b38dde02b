// Package rules says what a rule is. The rules themselves are in the groups below it, one to a file.
package rules

import (
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A Rule is one state that harms or misleads a Go user. The doc comment of its variable is its page in the manual.
type Rule struct {
	ID       string
	Severity Severity // of a finding that does not say otherwise
	After    []string // ids of rules that explain this one when both are about one subject
	Security bool     // what it finds weakens security; a workspace cannot silence it
	Judge    func(*Judge)
}

// A Group is an ordered list of rules.
type Group struct {
	Name  string
	Rules []*Rule
}

// Severity is what a finding does to the user.
type Severity string

const (
	Error   Severity = "error"   // Go commands fail
	Warning Severity = "warning" // wrong result, wrong version, or likely failure
	Info    Severity = "info"    // worth knowing
	Hint    Severity = "hint"    // tidy
)

// Rank orders severities, worst first.
func (s Severity) Rank() int {
	switch s {
	case Error:
		return 0
	case Warning:
		return 1
	case Info:
		return 2
	}
	return 3
}

// Safety says who decides about a fix.
type Safety string

const (
	Safe   Safety = "safe"   // always right
	Ask    Safety = "ask"    // right if the user agrees, who sees the diff first
	Manual Safety = "manual" // an explanation and a command; nothing is changed
)

// A Finding is one problem at one place.
type Finding struct {
	At       host.Loc
	Severity Severity
	// Subjects is what it is about: "var:GOROOT", "path:/a/b", "toolchain:/usr/local/go", "tool:go", "module:PATH",
	// "file:NAME", "distribution:NAME". "var:*" shares every variable. The first one tells findings of one place apart.
	Subjects []string
	Message  string
	Related  []Related
	Fixes    []Fix
	// Text and its bytes [Start,End) are the offending text; Text is nil where the place is no text.
	Text       *host.Text
	Start, End int
	Order      int // position in PATH, for findings that have one; they are listed by it, then by place

	judge *Judge
}

// Related is evidence at another place.
type Related struct {
	At      host.Loc
	Message string
}

// A Fix is one way to end a problem. It is data: it never runs a program.
type Fix struct {
	ID      string
	Safety  Safety
	Title   string
	Changes []host.Change
	Text    string // manual: what to do and why
	Command string // manual: for the user's terminal, may be ""
	Page    string // manual: web page of what is to be got, may be ""
	Locate  string // manual: the program that the user may point at instead, as go; may be ""
}

// Subject is what tells two findings of one rule at one place apart.
func (f *Finding) Subject() string {
	if len(f.Subjects) == 0 {
		return ""
	}
	return f.Subjects[0]
}
