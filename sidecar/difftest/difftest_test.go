// Package difftest compares the solver of package goenv with the real go command, in random environments and with many toolchains. It has
// nothing but tests; `npm run difftest` downloads the toolchains and runs them.
package difftest

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/probes"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
)

// A difference is one value, or "stderr" or "exit", that the solver says otherwise.
type difference struct{ name, solver, real string }

// machine as the doctor sees it: its own block and one workspace folder.
func (m *machine) open(w where, dir string) *host.Local {
	return host.NewLocal(host.Options{Workspace: []string{dir}, Trusted: true, Environ: m.environ(w)})
}

// solve is what the solver says of a machine that was written.
func solve(m *machine, w where, dir string) *goenv.Env {
	s := probes.Run(m.open(w, dir))
	return goenv.Solve(s, s.View("editor"), dir)
}

// differ compares an answer of go with one of the solver.
func differ(a answer, e *goenv.Env) (list []difference) {
	said := map[string]string{}
	for _, v := range e.Vars {
		said[v.Name] = strings.ToValidUTF8(v.Value, "\ufffd")
	}
	if e.Download && e.Err == nil {
		// A version of the language is no toolchain; go says that where a server is not there as where it has none.
		if v := e.Select.Version; !strings.Contains(a.stderr, "go: download "+v) && !strings.Contains(a.stderr, "go: invalid toolchain: "+v+" is a language version") {
			return []difference{{"download", e.Select.Version, a.stderr}}
		}
		return nil // there is no network that it could come from
	}
	failed := "0"
	if e.Err != nil {
		failed = strconv.Itoa(e.Err.Exit)
	}
	if real := strconv.Itoa(a.exit); real != failed {
		solver := failed
		if e.Err != nil {
			solver += ": " + e.Err.Message
		}
		return []difference{{"exit", solver, real + ": " + a.stderr}}
	}
	if a.exit != 0 {
		if real := failure(message(a.stderr)); e.Err.Message != real {
			return []difference{{"stderr", e.Err.Message, real}}
		}
		return nil
	}
	// What is said of a value that counts nevertheless.
	if real, solver := message(a.stderr), strings.Join(e.Warnings, "\n"); real != solver && !a.noisy {
		list = append(list, difference{"stderr", solver, real})
	}
	for _, name := range slices.Sorted(maps.Keys(a.values)) {
		v, ok := said[name]
		if !ok {
			v = "(absent)"
		}
		if !ok || v != a.values[name] {
			list = append(list, difference{name, v, a.values[name]})
		}
		delete(said, name)
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		list = append(list, difference{name, said[name], "(absent)"})
	}
	return list
}

// changed compares what go env -changed prints.
func changed(a answer, e *goenv.Env) (list []difference) {
	for _, v := range e.Vars {
		if _, real := a.values[v.Name]; real != v.Changed {
			list = append(list, difference{v.Name + " changed", strconv.FormatBool(v.Changed), strconv.FormatBool(real)})
		}
	}
	return list
}

// try writes a machine, asks the solver, then the go command, which changes the machine, and compares.
func try(m *machine, w where) (list []difference, a answer, err error) {
	w = w.fresh()
	defer os.RemoveAll(w.root) // Windows may keep a program a little longer; the test takes the rest away
	if err := m.write(w); err != nil {
		return nil, a, err
	}
	dir, err := directoryOf(m, w)
	if err != nil {
		return nil, a, err
	}
	e := solve(m, w, dir)
	if a, err = ask(m, w); err != nil {
		return nil, a, err
	}
	list = differ(a, e)
	// -changed is there since Go 1.23.
	if v := goenv.FromToolchain(a.values["GOVERSION"]); len(list) == 0 && goenv.Compare(v, "1.23") >= 0 {
		b, err := ask(m, w, "-changed")
		if err != nil {
			return nil, a, err
		}
		list = changed(b, e)
	}
	return list, a, nil
}

// shrink takes away what a disagreement does not need.
func shrink(m *machine, w where, name string) *machine {
	for tried := 0; ; {
		list := m.smaller()
		if tried >= len(list) {
			return m
		}
		diff, _, err := try(list[tried], w)
		if err == nil && slices.ContainsFunc(diff, func(d difference) bool { return d.name == name }) {
			m = list[tried] // what stood before it was needed
			continue
		}
		tried++
	}
}

// record is the machine as a scenario.
func record(m *machine, w where) string {
	w = w.fresh()
	defer os.RemoveAll(w.root)
	if err := m.write(w); err != nil {
		return err.Error()
	}
	dir, err := directoryOf(m, w)
	if err != nil {
		return err.Error()
	}
	text, err := scenario.Record(m.open(w, dir), func(h host.Host) { probes.Run(h) })
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// A tally counts what was compared with one toolchain.
type tally struct{ environments, values, failures, disagreements int }

// TestSolve compares TEST_ENVIRONMENTS random environments, spread over the toolchains that TEST_GO names. TEST_SEED is the first seed; one
// environment of one toolchain repeats a disagreement.
func TestSolve(t *testing.T) {
	cache := os.Getenv("TEST_TOOLCHAINS")
	if cache == "" {
		t.Skip("TEST_TOOLCHAINS names no module cache: npm run difftest")
	}
	toolchains := strings.Split(cmp.Or(os.Getenv("TEST_GO"), strings.Join(versions, ",")), ",")
	environments := number(t, "TEST_ENVIRONMENTS", 600)
	first := number(t, "TEST_SEED", 1)
	base, err := os.MkdirTemp("", "difftest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(base); err != nil {
			t.Log(err)
		}
	})
	if base, err = filepath.EvalSymlinks(base); err != nil {
		t.Fatal(err)
	}

	type job struct {
		version string
		seed    uint64
	}
	jobs := make(chan job)
	tallies := map[string]*tally{}
	classes := map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	w := where{base, cache}
	for range 2 {
		wg.Go(func() {
			for j := range jobs {
				m := generate(j.version, j.seed)
				list, a, err := try(m, w)
				mu.Lock()
				c := tallies[j.version]
				c.environments++
				c.values += len(a.values)
				if a.exit != 0 && len(list) == 0 && err == nil {
					c.failures++
				}
				report := false
				if len(list) > 0 || err != nil {
					c.disagreements++
					class := "error"
					if err == nil {
						class = list[0].name
					}
					classes[class]++
					report = classes[class] == 1
				}
				mu.Unlock()
				switch {
				case err != nil:
					t.Errorf("TEST_GO=%s TEST_SEED=%d TEST_ENVIRONMENTS=1: %v\n%s", j.version, j.seed, err, m)
				case report:
					m = shrink(m, w, list[0].name)
					list, _, _ := try(m, w)
					var b strings.Builder
					for _, d := range list {
						fmt.Fprintf(&b, "%s: solver %q, go %q\n", d.name, d.solver, d.real)
					}
					t.Errorf("TEST_GO=%s TEST_SEED=%d TEST_ENVIRONMENTS=1:\n%s%s%s", j.version, j.seed, b.String(), m, record(m, w))
				case len(list) > 0:
					t.Errorf("TEST_GO=%s TEST_SEED=%d TEST_ENVIRONMENTS=1: %s: solver %q, go %q", j.version, j.seed, list[0].name, list[0].solver, list[0].real)
				}
			}
		})
	}
	for _, v := range toolchains {
		tallies[v] = &tally{}
	}
	for i := range environments {
		jobs <- job{toolchains[i%len(toolchains)], uint64(first + i)}
	}
	close(jobs)
	wg.Wait()

	var sum tally
	for _, v := range toolchains {
		c := tallies[v]
		t.Logf("%-10s %6d environments, %7d values equal, %5d failures predicted, %d disagreements", v, c.environments, c.values, c.failures, c.disagreements)
		sum = tally{sum.environments + c.environments, sum.values + c.values, sum.failures + c.failures, sum.disagreements + c.disagreements}
	}
	t.Logf("%-10s %6d environments, %7d values equal, %5d failures predicted, %d disagreements", "all", sum.environments, sum.values, sum.failures, sum.disagreements)
}

func number(t *testing.T, name string, usual int) int {
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
