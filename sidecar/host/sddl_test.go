package host

import "testing"

func TestParseSDDL(t *testing.T) {
	const machine = "O:BAG:SYD:AI(A;CIID;KR;;;BU)(A;CIID;KA;;;BA)(A;CIID;KA;;;SY)(A;CIIOID;KA;;;CO)(A;CIID;KR;;;AC)"
	for _, tt := range []struct {
		sddl  string
		right uint32
		sids  []string
		want  bool
	}{
		{machine, WriteRight, []string{Administrators}, true},
		{machine, WriteRight, []string{LocalSystem}, true},
		{machine, WriteRight, []string{Users, Everyone, AuthenticatedUsers}, false},
		{machine, ReadRight, []string{Users}, true},
		{"D:(D;;KW;;;BA)(A;;KA;;;BA)", WriteRight, []string{Administrators}, false},
		{"D:(A;;KA;;;BA)(D;;KW;;;BA)", WriteRight, []string{Administrators}, true},
		{"D:(A;;0x10000000;;;WD)", WriteOwner, []string{Everyone}, true},
		{"D:(A;;GW;;;WD)", WriteDAC, []string{Everyone}, false},
		{"D:(A;CIIO;KA;;;WD)", WriteRight, []string{Everyone}, false},
		{"D:(A;;KA;;;S-1-1-0)", WriteDAC, []string{Everyone}, true},
		{"D:NO_ACCESS_CONTROL", WriteRight, []string{Everyone}, true},
		{"D:P", WriteRight, []string{Administrators}, false},
	} {
		acl, ok := ParseSDDL(tt.sddl)
		if !ok {
			t.Errorf("%s is refused", tt.sddl)
		}
		if got := acl.Allows(tt.right, tt.sids...); got != tt.want {
			t.Errorf("%s: right %#x for %v is %v", tt.sddl, tt.right, tt.sids, got)
		}
	}
	for _, s := range []string{"D", "X:", "D:(A;;KA;;;", "D:(A;;ZZ;;;BA)", "D:(A;KA)", "O:D:"} {
		if _, ok := ParseSDDL(s); ok {
			t.Errorf("%q is taken for a descriptor", s)
		}
	}
}

func FuzzParseSDDL(f *testing.F) {
	for _, s := range []string{"O:BAG:SYD:AI(A;CIID;KR;;;BU)S:(AU;SAFA;KW;;;WD)", "D:(D;;0x2;;;S-1-5-21-1-2-3-500)", "D:NO_ACCESS_CONTROL", "D:(", "O:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if acl, ok := ParseSDDL(s); !ok && (acl.Null || acl.Entries != nil) {
			t.Errorf("%q is refused and yet grants something", s)
		}
	})
}
