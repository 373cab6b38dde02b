package main

import (
	"debug/pe"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestResources reads the resources of the Windows programs that TEST_PROGRAMS names; `npm test -- windows-build` builds them.
func TestResources(t *testing.T) {
	list := filepath.SplitList(os.Getenv("TEST_PROGRAMS"))
	if len(list) == 0 {
		t.Skip("TEST_PROGRAMS names no programs")
	}
	var manifest struct{ Version string }
	if b, err := os.ReadFile(filepath.Join("..", "package.json")); err != nil {
		t.Fatal(err)
	} else if err := json.Unmarshal(b, &manifest); err != nil {
		t.Fatal(err)
	}
	for _, name := range list {
		f, err := pe.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		s := f.Section(".rsrc")
		if s == nil {
			t.Errorf("%s has no resources", name)
			continue
		}
		data, err := s.Data()
		if err != nil {
			t.Fatal(err)
		}
		// The root directory: 16 bytes, the last four of which count named and numbered entries, and 8 bytes for each.
		var types []uint32
		n := int(binary.LittleEndian.Uint16(data[12:])) + int(binary.LittleEndian.Uint16(data[14:]))
		for i := range n {
			types = append(types, binary.LittleEndian.Uint32(data[16+8*i:]))
		}
		const rtVersion, rtManifest = 16, 24
		if !slices.Contains(types, rtVersion) || !slices.Contains(types, rtManifest) {
			t.Errorf("%s has resources of the types %d", name, types)
		}
		for _, want := range []string{`level="asInvoker"`, `SMI/2016/WindowsSettings">true</longPathAware>`, `SMI/2019/WindowsSettings">UTF-8</activeCodePage>`} {
			if !strings.Contains(string(data), want) {
				t.Errorf("the manifest of %s has no %s", name, want)
			}
		}
		for _, want := range []string{"Go Env Doctor", "go-env-doctor.exe", "FileVersion", "ProductVersion", manifest.Version} {
			var b []byte
			for _, u := range utf16.Encode([]rune(want + "\x00")) {
				b = binary.LittleEndian.AppendUint16(b, u)
			}
			if !strings.Contains(string(data), string(b)) {
				t.Errorf("the version resource of %s has no %s", name, want)
			}
		}
	}
}
