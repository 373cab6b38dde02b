package host

import (
	"reflect"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const tail = " S 41 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 1 2 3"
	p, err := parseStat([]byte("42 (a ) (b) "+"c)"+tail+"\n"), time.Unix(1000, 0))
	want := Process{PID: 42, PPID: 41, Name: "a ) (b) c", Start: time.Unix(1123, 450e6)}
	if err != nil || p != want {
		t.Errorf("parseStat = %+v, %v, want %+v", p, err, want)
	}
	for _, s := range []string{"", "42", "42 (a", "42 (a) S 1", "x (a)" + tail, ") ("} {
		if p, err := parseStat([]byte(s), time.Time{}); err == nil {
			t.Errorf("parseStat(%q) = %+v, want an error", s, p)
		}
	}
}

func TestParseMounts(t *testing.T) {
	const table = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n" +
		"30 22 0:30 / /mnt/with\\040blank ro,noexec - 9p C:\\134 rw,aname=drvfs;uid=1000\n" +
		"broken\n" +
		"31 22 0:31 / /x rw - tmpfs\n"
	want := []Mount{
		{Point: "/", Type: "ext4", Options: []string{"rw", "relatime", "errors=remount-ro"}},
		{Point: "/mnt/with blank", Type: "9p", Options: []string{"ro", "noexec", "aname=drvfs;uid=1000"}},
	}
	if got := parseMounts([]byte(table)); !reflect.DeepEqual(got, want) {
		t.Errorf("parseMounts = %+v, want %+v", got, want)
	}
}

func TestLinuxArch(t *testing.T) {
	for machine, want := range map[string]string{"x86_64": "amd64", "i686": "386", "aarch64": "arm64", "armv7l": "arm", "riscv64": "riscv64", "ppc64le": "ppc64le", "sh4": ""} {
		if got := linuxArch(machine); got != want {
			t.Errorf("linuxArch(%s) = %q, want %q", machine, got, want)
		}
	}
}

func FuzzProc(f *testing.F) {
	for _, s := range []string{"42 (a) S 41 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345", "22 1 8:1 / /a\\040b rw - ext4 /dev/sda1 rw", "A=1\x00B=2\x00", `\`, `\09`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := parseStat(b, time.Unix(1, 0)); err == nil && p.PID < 0 {
			t.Skip()
		}
		for _, m := range parseMounts(b) {
			if m.Point == "" || m.Type == "" || len(m.Options) == 0 {
				t.Errorf("mount %+v of %q", m, b)
			}
		}
		for _, kv := range splitBlock(b) {
			if kv == "" {
				t.Errorf("an empty variable in %q", b)
			}
		}
	})
}
