package scenario_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/probes"
	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
)

func probe(h host.Host) { probes.Run(h) }

// rename is the redaction of the names that accounts of the corpus have, as it shows in places.
var rename = strings.NewReplacer(`/home/vscode`, `/home/gopher`, `/home/runner`, `/home/gopher`, `/home/vagrant`, `/home/gopher`, `/home/vcap`, `/home/gopher`,
	`C:\Users\runneradmin`, `C:\Users\gopher`, `C:\Users\Go Pher`, `C:\Users\go pher`, `C:\Users\MY PROFILE`, `C:\Users\go pher`)

// found are the findings of a machine: severity, rule and place.
func found(m *scenario.Machine) (list []string) {
	for _, f := range doctor.Diagnose(m, doctor.Options{}).Findings {
		list = append(list, fmt.Sprintf("%s %s %s", f.Severity, f.Rule.ID, rename.Replace(f.At.String())))
	}
	return list
}

// TestRecord plays every machine of the corpus, records it, and holds that the recording is diagnosed alike and is recorded as it is.
func TestRecord(t *testing.T) {
	dirs := []string{"../../testdata"}
	if more := os.Getenv("GO_ENV_DOCTOR_CASES"); more != "" {
		dirs = append(dirs, more)
	}
	n := 0
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".txtar" {
				return err
			}
			n++
			t.Run(filepath.Base(filepath.Dir(name))+"/"+filepath.Base(name), func(t *testing.T) {
				data, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				m, err := scenario.Parse(name, data)
				if err != nil {
					t.Fatal(err)
				}
				text, err := scenario.Record(m, probe)
				if err != nil {
					t.Fatal(err)
				}
				again, err := scenario.Parse("recording", text)
				if err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				want, got := strings.Join(found(m), "\n"), strings.Join(found(again), "\n")
				if want != got {
					t.Errorf("found in the recording:\n%s\nwant:\n%s\n%s", got, want, text)
				}
				if second, err := scenario.Record(again, probe); err != nil || string(second) != string(text) {
					t.Errorf("recorded again: %v\n%s\nfirst:\n%s", err, second, text)
				}
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n == 0 {
		t.Error("no scenario")
	}
}
