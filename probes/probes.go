// Package probes learns facts about a machine: one source to a file. A probe reads and never runs a program; what it cannot read is a gap.
package probes

import (
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// Run looks at a machine once.
func Run(h host.Host) *facts.Snapshot { return &facts.Snapshot{System: h.System(), Now: h.Now()} }
