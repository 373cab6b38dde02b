// Package toolchain holds the rules about Go itself: missing, wrong, mixed, managed.
package toolchain

import "github.com/go-env-doctor/go-env-doctor/sidecar/rules"

// Group is the rules of this package in the order in which they are ranked.
var Group = rules.Group{Name: "toolchain", Rules: []*rules.Rule{GoNotFound, GoNotOnPath, ShadowedGo, UnrunnableGo}}
