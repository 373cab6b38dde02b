// Package modules holds the rules about go.mod, go.work and toolchain selection.
package modules

import "github.com/go-env-doctor/go-env-doctor/sidecar/rules"

// Group is the rules of this package in the order in which they are ranked.
var Group = rules.Group{Name: "modules", Rules: []*rules.Rule{GoTooOldForGoMod}}
