package host

import (
	"slices"
	"strconv"
	"strings"
)

// Rights that an access mask grants, of files and of registry keys. FILE_READ_DATA and KEY_QUERY_VALUE are both 0x1, FILE_WRITE_DATA and
// KEY_SET_VALUE both 0x2.
const (
	ReadRight  uint32 = 0x1
	WriteRight uint32 = 0x2
	WriteDAC   uint32 = 0x40000
	WriteOwner uint32 = 0x80000

	KeyRead      uint32 = 0x20019
	KeyAllAccess uint32 = 0xF003F
)

// Well-known accounts as SDDL and security identifiers write them.
const (
	Everyone           = "S-1-1-0"
	Interactive        = "S-1-5-4"
	AuthenticatedUsers = "S-1-5-11"
	LocalSystem        = "S-1-5-18"
	Administrators     = "S-1-5-32-544"
	Users              = "S-1-5-32-545"
)

var sidNames = map[string]string{"WD": Everyone, "IU": Interactive, "AU": AuthenticatedUsers, "SY": LocalSystem, "BA": Administrators, "BU": Users}

// An ACL is the discretionary access control list of a security descriptor.
type ACL struct {
	Entries []ACE
	Null    bool // there is none, which lets everybody in
}

// An ACE is one entry of an ACL. SID is the account: well-known ones by their number, others as they are written.
type ACE struct {
	Deny bool
	Mask uint32
	SID  string
}

// Allows reports whether the first entry about a right and any of these accounts grants it, as Windows decides.
func (a ACL) Allows(right uint32, sids ...string) bool {
	for _, e := range a.Entries {
		if e.Mask&right != 0 && slices.Contains(sids, e.SID) {
			return !e.Deny
		}
	}
	return a.Null
}

// AllowsUser reports whether the first entry that names a group of an interactive user grants a right. An account of the machine or the
// domain (S-1-5-21-…) is taken for this user; admin says that the process is elevated.
func (a ACL) AllowsUser(right uint32, admin bool) bool {
	for _, e := range a.Entries {
		mine := false
		switch e.SID {
		case Everyone, AuthenticatedUsers, Users, Interactive:
			mine = true
		case Administrators:
			mine = admin
		default:
			mine = strings.HasPrefix(e.SID, "S-1-5-21-") && !strings.HasSuffix(e.SID, "-500")
		}
		if mine && e.Mask&right != 0 {
			return !e.Deny
		}
	}
	return a.Null
}

// The two-letter rights of SDDL, as bits of an access mask; generic rights with what they stand for, of files and of keys.
var rightBits = map[string]uint32{
	"GA": genericAll, "GR": genericRead, "GW": genericWrite, "GX": 0x20000000,
	"FA": 0x1F01FF, "FR": 0x120089, "FW": 0x120116, "FX": 0x1200A0,
	"KA": KeyAllAccess, "KR": KeyRead, "KW": 0x20006, "KX": 0x20019, "CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80,
	"NR": 0, "NW": 0, "NX": 0, // of integrity labels
	"CR": 0x100, "SD": 0x10000, "RC": 0x20000, "WD": WriteDAC, "WO": WriteOwner,
}

const (
	genericAll   uint32 = 0x10000000 | WriteDAC | WriteOwner | ReadRight | WriteRight
	genericRead  uint32 = 0x80000000 | ReadRight
	genericWrite uint32 = 0x40000000 | WriteRight
)

// ParseSDDL reads the DACL of a security descriptor; ok is false where the text is none. Audits and entries that are only inherited
// by what lies below say nothing about the object itself and are left out.
func ParseSDDL(s string) (list ACL, ok bool) {
	list.Null = true
	for s != "" {
		if len(s) < 2 || s[1] != ':' {
			return ACL{}, false
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
				return ACL{}, false
			}
			continue
		case 'D', 'S':
		default:
			return ACL{}, false
		}
		flags, aces, _ := strings.Cut(body, "(")
		if part == 'D' {
			list.Null = strings.Contains(flags, "NO_ACCESS_CONTROL")
		}
		if flags != body {
			aces = "(" + aces
		}
		for aces != "" {
			i := strings.IndexByte(aces, ')')
			if aces[0] != '(' || i < 0 {
				return ACL{}, false
			}
			f := strings.Split(aces[1:i], ";")
			aces = aces[i+1:]
			if len(f) < 6 {
				return ACL{}, false
			}
			mask, ok := parseRights(f[2])
			if !ok {
				return ACL{}, false
			}
			if part == 'S' || f[0] != "A" && f[0] != "D" || inheritOnly(f[1]) {
				continue
			}
			sid := f[5]
			if long, ok := sidNames[sid]; ok {
				sid = long
			}
			list.Entries = append(list.Entries, ACE{f[0] == "D", mask, sid})
		}
	}
	return list, true
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
		mask := uint32(n)
		for _, generic := range []uint32{genericAll, genericRead, genericWrite} {
			if top := generic & 0xF0000000; mask&top != 0 {
				mask |= generic
			}
		}
		return mask, true
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
