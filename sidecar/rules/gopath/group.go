// Package gopath holds the rules about GOPATH, the install directory, caches and the work directory.
package gopath

import "github.com/go-env-doctor/go-env-doctor/sidecar/rules"

// Group is the rules of this package in the order in which they are ranked.
var Group = rules.Group{Name: "gopath", Rules: []*rules.Rule{GOPATHEqualsGOROOT, RelativeGoDir, GOBINNotOnPath}}
