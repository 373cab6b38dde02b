package probes

import (
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
)

func TestTerminalVariable(t *testing.T) {
	for key, want := range map[string]bool{
		"profiles.defaults.environment.GOROOT":   true,
		"profiles.list[12].environment.GOROOT":   true,
		"profiles[0].environment.GOROOT":         true,
		"environment.GOROOT":                     false,
		"profiles.environment.GOROOT":            false,
		"profiles.list[0].x.environment.GOROOT":  false,
		"profiles.list[0].environment.a.GOROOT":  false,
		"actions[0].environment.GOROOT":          false,
		"profiles.defaults.environment.x.GOROOT": false,
	} {
		if got := terminalVariable(&facts.Member{Key: key, Name: "GOROOT"}); got != want {
			t.Errorf("%s: %v", key, got)
		}
	}
}
