package probes_test

import (
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
)

func TestLimits(t *testing.T) {
	for _, test := range []struct {
		name, files string
		cpu         float64
		memory      uint64
	}{
		{"version 2", "-- /sys/fs/cgroup/cpu.max --\n150000 100000\n-- /sys/fs/cgroup/memory.max --\n536870912\n", 1.5, 512 << 20},
		{"version 2 without limits", "-- /sys/fs/cgroup/cpu.max --\nmax 100000\n-- /sys/fs/cgroup/memory.max --\nmax\n", 0, 0},
		{"version 1", "-- /sys/fs/cgroup/cpu/cpu.cfs_quota_us --\n200000\n-- /sys/fs/cgroup/cpu/cpu.cfs_period_us --\n100000\n-- /sys/fs/cgroup/memory/memory.limit_in_bytes --\n1073741824\n", 2, 1 << 30},
		{"version 1 without limits", "-- /sys/fs/cgroup/cpu/cpu.cfs_quota_us --\n-1\n-- /sys/fs/cgroup/cpu/cpu.cfs_period_us --\n100000\n-- /sys/fs/cgroup/memory/memory.limit_in_bytes --\n9223372036854771712\n", 0, 0},
		{"not numbers", "-- /sys/fs/cgroup/cpu.max --\na b\n-- /sys/fs/cgroup/memory.max --\n-5\n", 0, 0},
	} {
		for _, container := range []string{"yes", "no"} {
			s := run(t, "-- machine --\nnow 2026-01-01T12:00:00Z\nos linux 6.8.0 amd64\nuser gopher /home/gopher\nuid 1000\nshell /bin/sh\ncontainer "+container+"\n"+test.files)
			var got facts.Limit
			for _, l := range s.Limits {
				got.CPU += l.CPU
				got.Memory += l.Memory
			}
			if want := (facts.Limit{CPU: test.cpu, Memory: test.memory}); container == "yes" && got != want || container == "no" && len(s.Limits) > 0 {
				t.Errorf("%s, container %s: got %+v, want %+v", test.name, container, got, want)
			}
		}
	}
}
