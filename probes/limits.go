package probes

import (
	"strconv"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// limits reads what a container's cgroup grants: version 2, else 1. A runtime mounts its own group at the root; outside a container
// the root group has no limits.
func limits(r *reader) (list []facts.Limit) {
	if !r.sys.Container || r.sys.OS != "linux" {
		return nil
	}
	fields := func(name string) []string {
		b, err := r.h.ReadFile("/sys/fs/cgroup/" + name)
		if err != nil {
			return nil
		}
		return strings.Fields(string(b))
	}
	processors := func(file, quota, period string) {
		q, err1 := strconv.ParseFloat(quota, 64)
		p, err2 := strconv.ParseFloat(period, 64)
		if err1 == nil && err2 == nil && q > 0 && p > 0 { // "max" and -1 are no limit
			list = append(list, facts.Limit{At: host.FileLoc("/sys/fs/cgroup/"+file, 0), CPU: q / p})
		}
	}
	memory := func(file string) {
		if f := fields(file); len(f) == 1 {
			// Version 1 says "none" as the largest number of pages.
			if n, err := strconv.ParseUint(f[0], 10, 64); err == nil && n < 1<<60 {
				list = append(list, facts.Limit{At: host.FileLoc("/sys/fs/cgroup/"+file, 0), Memory: n})
			}
		}
	}
	if f := fields("cpu.max"); len(f) == 2 {
		processors("cpu.max", f[0], f[1])
	} else if q, p := fields("cpu/cpu.cfs_quota_us"), fields("cpu/cpu.cfs_period_us"); len(q) == 1 && len(p) == 1 {
		processors("cpu/cpu.cfs_quota_us", q[0], p[0])
	}
	memory("memory.max")
	memory("memory/memory.limit_in_bytes")
	return list
}
