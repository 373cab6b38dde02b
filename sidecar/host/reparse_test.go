package host

import (
	"encoding/binary"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf16"
)

func utf16Bytes(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// reparsePoint is a REPARSE_DATA_BUFFER.
func reparsePoint(tag uint32, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, tag)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(data)))
	return append(append(b, 0, 0), data...)
}

// linkData has the print name first, as mklink writes it: the names may stand in any order.
func linkData(substitute, print string, flags ...byte) []byte {
	s, p := utf16Bytes(substitute), utf16Bytes(print)
	var b []byte
	for _, n := range []int{len(p), len(s), 0, len(p)} {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
	}
	return append(append(append(b, flags...), p...), s...)
}

func aliasData(version uint32, fields ...string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, version)
	for _, f := range fields {
		b = append(b, utf16Bytes(f+"\x00")...)
	}
	return b
}

func TestParseReparse(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
		want Reparse
		link bool
	}{
		{"junction", reparsePoint(tagMountPoint, linkData(`\??\C:\Users\gopher\scoop\apps\go\1.26.1`, `C:\Users\gopher\scoop\apps\go\1.26.1`)),
			Reparse{Tag: tagMountPoint, Target: `C:\Users\gopher\scoop\apps\go\1.26.1`}, true},
		{"mounted volume", reparsePoint(tagMountPoint, linkData(`\??\Volume{26a21bda-a627-11d7-9931-806e6f6e6963}\`, "")),
			Reparse{Tag: tagMountPoint, Target: `\\?\Volume{26a21bda-a627-11d7-9931-806e6f6e6963}\`}, false},
		{"link", reparsePoint(tagSymlink, linkData(`\??\D:\Go`, `D:\Go`, 0, 0, 0, 0)), Reparse{Tag: tagSymlink, Target: `D:\Go`}, true},
		{"relative link", reparsePoint(tagSymlink, linkData(`..\go`, `..\go`, 1, 0, 0, 0)), Reparse{Tag: tagSymlink, Target: `..\go`, Relative: true}, true},
		{"link to a server", reparsePoint(tagSymlink, linkData(`\??\UNC\server\share\Go`, `\\server\share\Go`, 0, 0, 0, 0)),
			Reparse{Tag: tagSymlink, Target: `\\server\share\Go`}, true},
		{"alias", reparsePoint(tagAppExec, aliasData(3, "Example.Go_1.26.1.0_x64__8wekyb3d8bbwe", "Example.Go_8wekyb3d8bbwe!Go", `C:\Program Files\WindowsApps\Example.Go\go.exe`, "0")),
			Reparse{Tag: tagAppExec, Target: `C:\Program Files\WindowsApps\Example.Go\go.exe`, Package: "Example.Go_1.26.1.0_x64__8wekyb3d8bbwe", Entry: "Example.Go_8wekyb3d8bbwe!Go"}, false},
		{"cloud file", reparsePoint(0x9000701A, []byte{1, 2, 3}), Reparse{Tag: 0x9000701A}, false},
	} {
		got, err := ParseReparse(c.data)
		if err != nil || got != c.want || got.IsLink() != c.link {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
		if c.want.Target == "" {
			continue
		}
		for n := range c.data[:len(c.data)-4] { // a buffer that was cut says no target
			if got, err := ParseReparse(c.data[:n]); err == nil || got.Target != "" {
				t.Errorf("%s, cut to %d bytes: %+v, %v", c.name, n, got, err)
			}
		}
	}
	for name, data := range map[string][]byte{
		"alias of another version":  reparsePoint(tagAppExec, aliasData(4, "a", "b", "c", "0")),
		"alias without target":      reparsePoint(tagAppExec, aliasData(3, "a", "b")),
		"name outside":              reparsePoint(tagMountPoint, []byte{0xff, 0xff, 2, 0, 0, 0, 0, 0, 'a', 0}),
		"name of an odd length":     reparsePoint(tagMountPoint, []byte{0, 0, 1, 0, 0, 0, 0, 0, 'a', 0}),
		"link without names":        reparsePoint(tagSymlink, make([]byte, 12)),
		"alias without a version":   reparsePoint(tagAppExec, nil),
		"size beyond the buffer":    append(reparsePoint(tagSymlink, nil)[:4], 0xff, 0xff, 0, 0),
		"junction that leads to \"": reparsePoint(tagMountPoint, linkData("", "print name only")),
	} {
		if got, err := ParseReparse(data); err == nil || got.Target != "" {
			t.Errorf("%s: %+v, %v, want an error", name, got, err)
		}
	}
}

func TestReparseMode(t *testing.T) {
	const irregular = fs.ModeIrregular | 0o666
	for _, c := range []struct {
		r    Reparse
		m    fs.FileMode
		want fs.FileMode
	}{
		{Reparse{Tag: tagMountPoint, Target: `C:\Go`}, irregular, fs.ModeSymlink | 0o666},
		{Reparse{Tag: tagMountPoint, Target: `\\?\Volume{1}\`}, irregular, fs.ModeDir | 0o777},
		{Reparse{Tag: tagSymlink, Target: `C:\Go`}, fs.ModeSymlink | 0o666, fs.ModeSymlink | 0o666},
		{Reparse{Tag: tagAppExec, Target: `C:\go.exe`}, irregular, irregular},
		{Reparse{Tag: 0x9000601A}, irregular, 0o666},
		{Reparse{Tag: 0x9000701A}, irregular | fs.ModeDir, fs.ModeDir | 0o666},
		{Reparse{Tag: 0x80000023}, fs.ModeSocket, fs.ModeSocket},
	} {
		if got := c.r.mode(c.m); got != c.want {
			t.Errorf("mode of %+v, %v = %v, want %v", c.r, c.m, got, c.want)
		}
	}
}

func FuzzParseReparse(f *testing.F) {
	f.Add(reparsePoint(tagMountPoint, linkData(`\??\C:\Go`, `C:\Go`)))
	f.Add(reparsePoint(tagSymlink, linkData(`..\go`, `..\go`, 1, 0, 0, 0)))
	f.Add(reparsePoint(tagAppExec, aliasData(3, "a", "b", "c", "0")))
	f.Add([]byte{3, 0, 0, 0xa0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReparse(b)
		if err != nil && (r.Target != "" || r.Package != "") {
			t.Errorf("%+v with %v", r, err)
		}
		if len(r.Target) > 3*len(b)+4 || strings.HasPrefix(r.Target, `\??\`) {
			t.Errorf("target %q", r.Target)
		}
	})
}
