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
		EnvLoc("PATH"),
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

func FuzzParseLoc(f *testing.F) {
	for _, s := range []string{"/a:1:2", `reg:HKCU\Environment\Path`, "env:X", "setting:user:go.goroot", "Ubuntu!/etc/wsl.conf", `C:\x:3`, ""} {
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
