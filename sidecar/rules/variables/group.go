// Package variables holds the rules about the go/env file and Go variables.
package variables

import "github.com/go-env-doctor/go-env-doctor/sidecar/rules"

// Group is the rules of this package in the order in which they are ranked.
var Group = rules.Group{Name: "variables", Rules: []*rules.Rule{MisencodedGoenvFile, WrongGO111MODULE}}
