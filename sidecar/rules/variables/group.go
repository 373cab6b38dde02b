// Package variables holds the rules about the go/env file and Go variables.
package variables

import (
	"slices"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
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
