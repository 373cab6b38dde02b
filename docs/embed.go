// Package docs carries the manual pages of the rules in the program, for explain.
package docs

import "embed"

// Rules holds rules/<id>.md of every rule, and rules/zh-cn/<id>.md, the same in Chinese.
//
//go:embed rules/*.md rules/zh-cn/*.md
var Rules embed.FS
