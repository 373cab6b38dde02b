// Package goroot holds the rules about GOROOT.
package goroot

import (
	"slices"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// Group is the rules of this package in the order in which they are ranked.
var Group = rules.Group{Name: "goroot", Rules: []*rules.Rule{StaleGOROOT, MisplacedGOROOT, MismatchedGOROOT, RedundantGOROOT}}

// environment reports whether an assignment gives go commands a GOROOT: settings that only tools of the editor get do not count.
func environment(a *facts.Assignment) bool {
	return a.OS() || a.Layer == facts.GoEnvLine || a.Layer == facts.EditorSetting && slices.Contains(a.Wins, "terminal")
}

// gos are the go programs that run with an assignment: the first one of each view in which it wins. Where it wins nowhere it is the
// one that would run.
func gos(j *rules.Judge, a *facts.Assignment) (list []facts.PathHit) {
	for _, v := range j.Views {
		if !v.Stale && slices.Contains(a.Wins, v.Name) {
			if h, ok := v.Go(); ok && h.Toolchain != nil {
				list = append(list, h)
			}
		}
	}
	if len(a.Wins) == 0 {
		if h, _, ok := j.FirstGo(); ok && h.Toolchain != nil {
			list = append(list, h)
		}
	}
	return list
}
