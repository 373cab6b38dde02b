package scenario

import (
	"strconv"
	"strings"
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

// An ace is one entry of a discretionary access control list.
type ace struct {
	deny bool
	mask uint32
	sid  string
}

// The two-letter rights of SDDL, as bits of an access mask; generic rights as the read and write bits that they stand for.
// FILE_READ_DATA and KEY_QUERY_VALUE are both 0x1, FILE_WRITE_DATA and KEY_SET_VALUE both 0x2.
var rightBits = map[string]uint32{
	"GA": 0x10000003, "GR": 0x80000001, "GW": 0x40000002, "GX": 0x20000000, "FA": 0x1F01FF, "FR": 0x120089, "FW": 0x120116, "FX": 0x1200A0,
	"KA": 0xF003F, "KR": 0x20019, "KW": 0x20006, "KX": 0x20019, "CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80,
	"NR": 0, "NW": 0, "NX": 0, // of integrity labels
	"CR": 0x100, "SD": 0x10000, "RC": 0x20000, "WD": 0x40000, "WO": 0x80000,
}

// parseSDDL returns the DACL of a security descriptor; null says that there is none, which lets everybody in.
func parseSDDL(s string) (list []ace, null, ok bool) {
	null = true
	for s != "" {
		if len(s) < 2 || s[1] != ':' {
			return nil, false, false
		}
		part := s[0]
		s = s[2:]
		end := 0
		for depth := 0; end < len(s); end++ {
			c := s[end]
			if c == '(' {
				depth++
			}
			if c == ')' {
				depth--
			}
			if depth == 0 && end+1 < len(s) && s[end+1] == ':' && strings.IndexByte("OGDS", c) >= 0 {
				break
			}
		}
		body := s[:end]
		s = s[end:]
		switch part {
		case 'O', 'G':
			if body == "" {
				return nil, false, false
			}
			continue
		case 'D', 'S':
		default:
			return nil, false, false
		}
		flags, aces, _ := strings.Cut(body, "(")
		if part == 'D' {
			null = strings.Contains(flags, "NO_ACCESS_CONTROL")
		}
		if flags != body {
			aces = "(" + aces
		}
		for aces != "" {
			i := strings.IndexByte(aces, ')')
			if aces[0] != '(' || i < 0 {
				return nil, false, false
			}
			f := strings.Split(aces[1:i], ";")
			aces = aces[i+1:]
			if len(f) < 6 {
				return nil, false, false
			}
			mask, ok := parseRights(f[2])
			if !ok {
				return nil, false, false
			}
			if part == 'S' || f[0] != "A" && f[0] != "D" || inheritOnly(f[1]) {
				continue // audits and inherit-only entries say nothing about this object
			}
			list = append(list, ace{f[0] == "D", mask, f[5]})
		}
	}
	return list, null, true
}

// inheritOnly reports whether flags of an entry, which are pairs of letters, have IO.
func inheritOnly(flags string) bool {
	for ; len(flags) >= 2; flags = flags[2:] {
		if flags[:2] == "IO" {
			return true
		}
	}
	return false
}

func parseRights(s string) (uint32, bool) {
	if n, err := strconv.ParseUint(s, 0, 32); err == nil {
		return uint32(n), true
	}
	var mask uint32
	for ; len(s) >= 2; s = s[2:] {
		bits, ok := rightBits[s[:2]]
		if !ok {
			return 0, false
		}
		mask |= bits
	}
	return mask, s == ""
}

func validSDDL(s string) bool {
	_, _, ok := parseSDDL(s)
	return ok && s != ""
}

// granted reports whether a descriptor lets this user read or write: the first entry that names one of the user's groups
// decides. An account of the machine or domain (S-1-5-21-…) is taken for this user.
func granted(sddl string, write, admin bool) bool {
	list, null, _ := parseSDDL(sddl)
	if null {
		return true
	}
	bit := uint32(1)
	if write {
		bit = 2
	}
	for _, a := range list {
		mine := false
		switch a.sid {
		case "WD", "S-1-1-0", "AU", "S-1-5-11", "BU", "S-1-5-32-545", "IU", "S-1-5-4":
			mine = true
		case "BA", "S-1-5-32-544":
			mine = admin
		default:
			mine = strings.HasPrefix(a.sid, "S-1-5-21-") && !strings.HasSuffix(a.sid, "-500")
		}
		if mine && a.mask&bit != 0 {
			return !a.deny
		}
	}
	return false
}
