package doctor_test

import (
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/doctor"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// BenchmarkDiagnose diagnoses this machine, and a Windows machine in memory.
func BenchmarkDiagnose(b *testing.B) {
	b.Run("local", func(b *testing.B) {
		dir := b.TempDir()
		for b.Loop() {
			doctor.Diagnose(host.NewLocal(host.Options{Workspace: []string{dir}, Trusted: true}), doctor.Options{})
		}
	})
	b.Run("windows", func(b *testing.B) {
		m, _ := play(b, corpus+"/scenarios/stale-goroot/windows-user.txtar")
		for b.Loop() {
			doctor.Diagnose(m, doctor.Options{})
		}
	})
}
