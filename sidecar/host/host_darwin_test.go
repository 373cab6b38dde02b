package host

import (
	"reflect"
	"testing"
)

func TestSplitProcArgs(t *testing.T) {
	exe, env, err := splitProcArgs([]byte("\x02\x00\x00\x00/bin/zsh\x00\x00\x00\x00zsh\x00-l\x00A=1\x00B=\x00\x00junk"))
	if err != nil || exe != "/bin/zsh" || !reflect.DeepEqual(env, []string{"A=1", "B="}) {
		t.Errorf("splitProcArgs = %q, %q, %v", exe, env, err)
	}
	for _, s := range []string{"", "\x01\x00\x00", "\x01\x00\x00\x00", "\x05\x00\x00\x00/bin/zsh\x00zsh", "\xff\xff\xff\xff/x\x00"} {
		if exe, env, err := splitProcArgs([]byte(s)); err == nil {
			t.Errorf("splitProcArgs(%q) = %q, %q, want an error", s, exe, env)
		}
	}
}

func FuzzSplitProcArgs(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00/bin/zsh\x00\x00zsh\x00-l\x00A=1\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, env, _ := splitProcArgs(b)
		for _, kv := range env {
			if kv == "" {
				t.Errorf("an empty variable in %q", b)
			}
		}
	})
}

func TestPlistString(t *testing.T) {
	const s = "<key>A</key><string>x</string>\n<key>ProductVersion</key>\n\t<string>15.1</string>"
	for key, want := range map[string]string{"ProductVersion": "15.1", "A": "x", "B": ""} {
		if got := plistString(s, key); got != want {
			t.Errorf("plistString(%s) = %q, want %q", key, got, want)
		}
	}
}
