// Package docs carries the manual pages of the rules in the program, for explain.
package docs

import "embed"

// Rules holds rules/<id>.md of every rule.
//
//go:embed rules/*.md
var Rules embed.FS
