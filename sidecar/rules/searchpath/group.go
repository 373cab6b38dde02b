// Package searchpath holds the rules about PATH.
package searchpath

import "github.com/go-env-doctor/go-env-doctor/sidecar/rules"

// Group is the rules of this package in the order in which they are ranked.
var Group = rules.Group{Name: "searchpath", Rules: []*rules.Rule{DeadPathEntry, DuplicatePathEntry}}
