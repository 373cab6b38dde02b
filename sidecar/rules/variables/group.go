// Package variables holds the rules about the go/env file and Go variables.
package variables

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// Group is the rules of this package in the order in which they are ranked.
var Group = rules.Group{Name: "variables", Rules: []*rules.Rule{
	MisencodedGoenvFile,
	IneffectiveGoenvLine,
	BlankGoenvValue,
	QuotedValue,
	StrayCharacters,
	WrongGO111MODULE,
}}

// Names of table T3 by kind.
var (
	dirNames  = []string{"GOROOT", "GOBIN", "GOCACHE", "GOMODCACHE", "GOTMPDIR", "GOENV", "GOWORK"}
	enumNames = []string{"GO111MODULE", "GOTOOLCHAIN", "GOOS", "GOARCH", "GO386", "GOAMD64", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64", "GOPPC64",
		"GORISCV64", "GOWASM", "GOFIPS140", "CGO_ENABLED", "GO_EXTLINK_ENABLED"}
	urlNames     = []string{"GOPROXY", "GOSUMDB"}
	patternNames = []string{"GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "GOVCS"}
)

// assignments are those of some variables that a person can change: neither Go's defaults nor a distribution's.
func assignments(j *rules.Judge, lists ...[]string) (list []*facts.Assignment) {
	for _, a := range j.Vars {
		if a.Known && a.Value != "" && a.Layer > facts.GorootEnv &&
			slices.ContainsFunc(lists, func(names []string) bool { return slices.Contains(names, j.System.Style.NameKey(a.Name)) }) {
			list = append(list, a)
		}
	}
	return list
}

// rewrite offers to write the edited value in the place of an assignment's. Where the value is not written as it is, by a reference or
// an escape, or only the process has it, it is done by hand.
func rewrite(j *rules.Judge, f *rules.Finding, id string, safety rules.Safety, a *facts.Assignment, edit func(string) string) {
	value := edit(strings.TrimSuffix(a.Value, "\r"))
	title := j.T("Set %s to %s in %s", a.Name, value, j.Whereabouts(a))
	if c, ok := swap(a, edit); ok && a.Layer != facts.Process {
		f.Offer(rules.Fix{ID: id, Safety: safety, Title: title, Changes: []host.Change{c}})
		return
	}
	f.Manual(id, title, j.T("%s should be %s. Correct it where it is set: %s.", a.Name, value, j.Snapshot.Place(a.At)), "")
}

// swap is the change that writes another value; ok is false where the text does not show which bytes are the value.
func swap(a *facts.Assignment, edit func(string) string) (c host.Change, ok bool) {
	if a.Text == nil || a.Start < 0 || a.End > len(a.Text.S) || a.Start > a.End {
		return c, false
	}
	written, old := a.Text.S[a.Start:a.End], a.Value
	if a.At.Kind == host.Registry { // references stay as they are
		return host.Change{At: a.Text.At, Start: a.Start, End: a.End, New: edit(written), Type: a.Type}, true
	}
	now := edit(strings.TrimSuffix(old, "\r"))
	if strings.HasSuffix(a.Text.At.Path, ".json") {
		b, err := json.Marshal(old)
		if err != nil || string(b) != written {
			return c, false
		}
		if b, err = json.Marshal(now); err != nil {
			return c, false
		}
		old, now = written, string(b)
	}
	if strings.Count(written, old) != 1 {
		return c, false
	}
	return host.Change{At: a.Text.At, Start: a.Start, End: a.End, New: strings.Replace(written, old, now, 1)}, true
}
