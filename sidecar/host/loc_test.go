package host

import "testing"

func TestLocRoundTrip(t *testing.T) {
	for _, l := range []Loc{
		FileLoc("/home/gopher/.profile", 12),
		{Kind: File, Path: `C:\Users\gopher\.bashrc`, Line: 3, Col: 8},
		FileLoc(`C:\Go`, 0),
		RegLoc(`HKCU\Environment`, "Path"),
		RegLoc(`HKCU\Environment`, ""),
		RegLoc(`HKCU\Environment`, "GOROOT\r"),
		RegLoc(`HKCU\Environment`, "GOROOT\n"),
		RegLoc(`HKCU\Environment`, "a\\b"),
		RegLoc(`HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment`, "newline"),
		RegLoc(`HKCU\Environment`, "\tGO\nROOT\x01\""),
		RegLoc(`HKCU\Environment`, `a\b\n\`),
		RegLoc(`HKCU\Environment`, "\xed\xa0\x80\r"),
		RegLoc(`hkcu\environment`, "n"),
		RegLoc(`HKU\S-1-5-18\Environment`, "GOROOT\r"),
		RegLoc(`HKCU\Volatile Environment`, "x\ty"),
		RegLoc(`HKCU\Software\n`, "r"),
		RegLoc(`HKCU\Software\x11`, `a\b`),
		RegLoc(`HKCU\Software\x11`, "\n"),
		RegLoc(`HKCU\Software\Go`, ""),
		EnvLoc("PATH"),
		EnvLoc("GO\tROOT\\\""),
		SettingLoc("user", "go.goroot"),
		{Guest: "Ubuntu", Kind: File, Path: "/etc/wsl.conf", Line: 2},
		{Guest: "Ubuntu", Kind: Env, Name: "GOROOT"},
	} {
		got, err := ParseLoc(l.String())
		if err != nil || got != l {
			t.Errorf("ParseLoc(%q) = %+v, %v, want %+v", l, got, err, l)
		}
	}
}

func TestLocString(t *testing.T) {
	for want, l := range map[string]Loc{
		`reg:HKCU\Environment\GOROOT\r`: RegLoc(`HKCU\Environment`, "GOROOT\r"),
		`reg:HKCU\Environment\GO\tROOT`: RegLoc(`HKCU\Environment`, "GO\tROOT"),
		`reg:HKCU\Environment\\tGOROOT`: RegLoc(`HKCU\Environment`, "\tGOROOT"),
		`reg:HKCU\Environment\`:         RegLoc(`HKCU\Environment`, ""),
		`reg:HKCU\Software\Go\Version`:  RegLoc(`HKCU\Software\Go`, "Version"),
		`env:GOROOT\n`:                  EnvLoc("GOROOT\n"),
		`C:\Users\gopher\.bashrc:12:3`:  {Kind: File, Path: `C:\Users\gopher\.bashrc`, Line: 12, Col: 3},
		`Ubuntu!setting:user:go.goroot`: {Guest: "Ubuntu", Kind: Setting, Path: "user", Name: "go.goroot"},
	} {
		if got := l.String(); got != want {
			t.Errorf("String = %s, want %s", got, want)
		}
	}
}

func TestParseLocErrors(t *testing.T) {
	for _, s := range []string{"", "Ubuntu!", "reg:HKCU", `reg:\x`, "env:", "setting:user", "setting::x", "setting:user:"} {
		if l, err := ParseLoc(s); err == nil {
			t.Errorf("ParseLoc(%q) = %+v, want an error", s, l)
		}
	}
}

func FuzzParseLoc(f *testing.F) {
	for _, s := range []string{"/a:1:2", `reg:HKCU\Environment\Path`, "env:X", "setting:user:go.goroot", "Ubuntu!/etc/wsl.conf", `C:\x:3`, "", `reg:HKCU\Environment\GOROOT\r`,
		`reg:HKCU\Environment\\x0`, `reg:HKU\x\Environment\a\`, `reg:HKCU\Software\\a\\b`, `reg:a\b\\`, "env:a\\x7"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLoc(s)
		if err != nil {
			return
		}
		again, err := ParseLoc(l.String())
		if err != nil || again.String() != l.String() {
			t.Errorf("ParseLoc(%q) = %+v = %q, read again %+v, %v", s, l, l, again, err)
		}
	})
}
