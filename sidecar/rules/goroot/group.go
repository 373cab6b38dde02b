// Package goroot holds the rules about GOROOT.
package goroot

import "github.com/go-env-doctor/go-env-doctor/sidecar/rules"

// Group is the rules of this package in the order in which they are ranked.
var Group = rules.Group{Name: "goroot", Rules: []*rules.Rule{StaleGOROOT, MisplacedGOROOT, MismatchedGOROOT, RedundantGOROOT}}
