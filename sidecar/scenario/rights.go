package scenario

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A right is what a user wants to do with a file or a directory.
type right int

const (
	search right = 1 // pass through a directory
	write  right = 2
	read   right = 4
)

// may reports whether this user has a right on a file. path is called only where the answer depends on the place.
func (m *Machine) may(n *node, path func() string, want right) bool {
	s := &m.sys
	if !s.Style.Windows {
		if s.UID == 0 {
			return true
		}
		bits := int(n.mode.Perm())
		switch {
		case n.uid == s.UID:
			bits >>= 6
		case containsInt(s.GIDs, n.gid):
			bits >>= 3
		}
		return bits&int(want) != 0
	}
	switch {
	case want == search: // every account bypasses traverse checking
		return true
	case n.sddl != "":
		return granted(n.sddl, want == write, s.Admin)
	case want == read || s.Admin:
		return true
	}
	p := path()
	for _, dir := range []string{`C:\Windows`, `C:\Program Files`, `C:\Program Files (x86)`} {
		if s.Style.Under(p, dir) {
			return false
		}
	}
	return true
}

func containsInt(list []int, n int) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}

// readOnly reports whether a path lies on a file system that is mounted read-only.
func (m *Machine) readOnly(path string) bool {
	best, ro := -1, false
	for _, mt := range m.mounts {
		if len(mt.Point) >= best && m.sys.Style.Under(path, mt.Point) {
			best, ro = len(mt.Point), false
			for _, o := range mt.Options {
				ro = ro || o == "ro"
			}
		}
	}
	return ro
}

// mayKey reports whether this user has a right on a registry key. Windows' defaults: a user writes the own hive, but for its
// policies; everything else belongs to administrators.
func (m *Machine) mayKey(path, sddl string, want right) bool {
	if sddl != "" {
		return granted(sddl, want == write, m.sys.Admin)
	}
	if want != write || m.sys.Admin {
		return true
	}
	p := strings.ToUpper(path) + `\`
	return strings.HasPrefix(p, `HKCU\`) && !strings.HasPrefix(p, `HKCU\SOFTWARE\POLICIES\`) &&
		!strings.HasPrefix(p, `HKCU\SOFTWARE\MICROSOFT\WINDOWS\CURRENTVERSION\POLICIES\`)
}

func validSDDL(s string) bool {
	_, ok := host.ParseSDDL(s)
	return ok && s != ""
}

// granted reports whether a descriptor lets this user read or write: the first entry that names one of the user's groups
// decides. An account of the machine or domain (S-1-5-21-…) is taken for this user.
func granted(sddl string, write, admin bool) bool {
	list, _ := host.ParseSDDL(sddl)
	if write {
		return list.AllowsUser(host.WriteRight, admin)
	}
	return list.AllowsUser(host.ReadRight, admin)
}
