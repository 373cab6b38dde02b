package doctor

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
)

// ignoredFile is the file beside the journal that holds what the user ignores on this machine:
//
//	{"version": 1, "ignored": [{"rule": "stale-goroot", "at": "/home/gopher/.profile", "subject": "var:GOROOT"}]}
const ignoredFile = "ignored.json"

type ignoredProblems struct {
	Version int       `json:"version"`
	Ignored []Problem `json:"ignored"`
}

func parseIgnored(data []byte) ([]Problem, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	var list ignoredProblems
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, err
	}
	if list.Version != 1 { // of a later program
		return nil, l10n.Errorf("version %d is not known", list.Version)
	}
	return list.Ignored, nil
}

// Ignored is what the user ignores on this machine. A list that cannot be read ignores nothing, and the error says why.
func Ignored(j *fix.Journal) ([]Problem, error) {
	if j == nil {
		return nil, nil
	}
	data, err := j.Beside(ignoredFile)
	if err != nil {
		return nil, err
	}
	list, err := parseIgnored(data)
	if err != nil {
		return nil, l10n.Errorf("the list of ignored problems cannot be read, so none is ignored: %w", err)
	}
	return list, nil
}

// Ignore ignores a problem on this machine from now on; Unignore takes that back. A list that cannot be read is kept aside, and a new one
// begun.
func Ignore(j *fix.Journal, p Problem) error {
	return changeIgnored(j, func(list []Problem) []Problem {
		if slices.Contains(list, p) {
			return list
		}
		return append(list, p)
	})
}

// Unignore is the inverse of [Ignore].
func Unignore(j *fix.Journal, p Problem) error {
	return changeIgnored(j, func(list []Problem) []Problem {
		return slices.DeleteFunc(list, func(x Problem) bool { return x == p })
	})
}

func changeIgnored(j *fix.Journal, change func([]Problem) []Problem) error {
	return j.Change(ignoredFile, func(old []byte) (data, broken []byte, err error) {
		list, err := parseIgnored(old)
		if err != nil {
			broken = old
		}
		next := change(slices.Clone(list))
		if broken == nil && slices.Equal(list, next) {
			return old, nil, nil
		}
		data, err = json.MarshalIndent(ignoredProblems{1, append([]Problem{}, next...)}, "", "  ")
		return append(data, '\n'), broken, err
	})
}

// ignoring are options with what the user ignores on this machine; where the list cannot be read, a gap says so.
func ignoring(j *fix.Journal, opt Options) Options {
	list, err := Ignored(j)
	opt.Ignored = slices.Concat(opt.Ignored, list)
	if err != nil {
		gap := facts.Gap{Reason: opt.Lang.Error(err)}
		if name := j.Name(ignoredFile); name != "" {
			gap.At = host.FileLoc(name, 0)
		}
		opt.gaps = append(opt.gaps, gap)
	}
	return opt
}
