package goenv_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/probes"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// TestLocal holds the solver against the go that runs this test.
func TestLocal(t *testing.T) {
	out, err := exec.Command("go", "env", "-json").Output()
	if err != nil {
		t.Skip("go env fails here: ", err)
	}
	var want map[string]string
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	delete(want, "GOGCCFLAGS") // asks the C compiler
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	s := probes.Run(host.NewLocal(host.Options{Workspace: []string{wd}}))
	e := goenv.Solve(s, s.View("editor"), wd)
	if e.Err != nil {
		t.Errorf("it would fail: %s", e.Err.Message)
	}
	got := map[string]string{}
	for _, v := range e.Vars {
		got[v.Name] = v.Value
		if !v.Known {
			t.Errorf("%s is unknown", v.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s is %q, go says %q", name, got[name], want[name])
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: go does not have it", name)
		}
	}
}

func BenchmarkSolve(b *testing.B) {
	wd, err := os.Getwd()
	if err != nil {
		b.Fatal(err)
	}
	s := probes.Run(host.NewLocal(host.Options{Workspace: []string{wd}}))
	for b.Loop() {
		goenv.Solve(s, s.View("editor"), wd)
	}
}
