package host

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func elfHead(class, data byte, machine uint16) string {
	b := make([]byte, 64)
	copy(b, "\x7fELF")
	b[4], b[5], b[6] = class, data, 1
	if data == 2 {
		binary.BigEndian.PutUint16(b[18:], machine)
	} else {
		binary.LittleEndian.PutUint16(b[18:], machine)
	}
	return string(b)
}

func peHead(machine uint16) string {
	b := make([]byte, 0x80)
	copy(b, "MZ")
	b[0x3c] = 0x60
	copy(b[0x60:], "PE\x00\x00")
	binary.LittleEndian.PutUint16(b[0x64:], machine)
	return string(b)
}

var programs = []struct {
	name, data string
	want       Program
}{
	{"nothing", "", Program{Format: "empty"}},
	{"MZ as text", "MZ\n", Program{Format: "pe"}},
	{"ELF as text", "ELF\n", Program{Format: "text"}},
	{"ELF magic alone", "\x7fELF", Program{Format: "elf"}},
	{"binary", "\x00\x01", Program{Format: "other"}},
	{"latin 1", "caf\xe9\n", Program{Format: "other"}},
	{"long text", strings.Repeat("ä", 5000), Program{Format: "text"}},
	{"script", "#!/bin/sh\necho", Program{Format: "script", Interp: "/bin/sh"}},
	{"script with blanks", "#! \t/usr/bin/env bash -e\n", Program{Format: "script", Interp: "/usr/bin/env"}},
	{"script with CR", "#!/bin/sh\r\n", Program{Format: "script", Interp: "/bin/sh\r"}},
	{"script without program", "#!", Program{Format: "script"}},
	{"386", elfHead(1, 1, 3), Program{Format: "elf", OS: "linux", Arch: []string{"386"}}},
	{"amd64", elfHead(2, 1, 62), Program{Format: "elf", OS: "linux", Arch: []string{"amd64"}}},
	{"x32", elfHead(1, 1, 62), Program{Format: "elf"}},
	{"arm", elfHead(1, 1, 40), Program{Format: "elf", OS: "linux", Arch: []string{"arm"}}},
	{"arm64", elfHead(2, 1, 183), Program{Format: "elf", OS: "linux", Arch: []string{"arm64"}}},
	{"riscv64", elfHead(2, 1, 243), Program{Format: "elf", OS: "linux", Arch: []string{"riscv64"}}},
	{"ppc64", elfHead(2, 2, 21), Program{Format: "elf", OS: "linux", Arch: []string{"ppc64"}}},
	{"ppc64le", elfHead(2, 1, 21), Program{Format: "elf", OS: "linux", Arch: []string{"ppc64le"}}},
	{"s390x", elfHead(2, 2, 22), Program{Format: "elf", OS: "linux", Arch: []string{"s390x"}}},
	{"mips", elfHead(1, 2, 8), Program{Format: "elf", OS: "linux", Arch: []string{"mips"}}},
	{"mips64le", elfHead(2, 1, 8), Program{Format: "elf", OS: "linux", Arch: []string{"mips64le"}}},
	{"loong64", elfHead(2, 1, 258), Program{Format: "elf", OS: "linux", Arch: []string{"loong64"}}},
	{"windows/arm64", peHead(0xaa64), Program{Format: "pe", OS: "windows", Arch: []string{"arm64"}}},
	{"windows/386", peHead(0x14c), Program{Format: "pe", OS: "windows", Arch: []string{"386"}}},
	{"darwin/arm64", "\xcf\xfa\xed\xfe\x0c\x00\x00\x01", Program{Format: "macho", OS: "darwin", Arch: []string{"arm64"}}},
	{"darwin/ppc", "\xfe\xed\xfa\xce\x00\x00\x00\x12", Program{Format: "macho", OS: "darwin", Arch: []string{"ppc"}}},
	{"universal", "\xca\xfe\xba\xbe\x00\x00\x00\x02" + "\x01\x00\x00\x07" + strings.Repeat("\x00", 16) + "\x01\x00\x00\x0c" + strings.Repeat("\x00", 16),
		Program{Format: "macho", OS: "darwin", Arch: []string{"amd64", "arm64"}}},
	{"Java class", "\xca\xfe\xba\xbe\x00\x00\x00\x41\x00", Program{Format: "other"}},
}

func TestReadProgram(t *testing.T) {
	for _, c := range programs {
		p, err := ReadProgram(strings.NewReader(c.data), int64(len(c.data)))
		if err != nil || !reflect.DeepEqual(*p, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", c.name, p, err, c.want)
		}
	}
}

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, os.ErrDeadlineExceeded }

func TestReadProgramError(t *testing.T) {
	if p, err := ReadProgram(broken{}, 10); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("ReadProgram of an unreadable file = %+v, %v", p, err)
	}
}

// counter counts the bytes that are read.
type counter struct {
	io.ReaderAt
	n int64
}

func (c *counter) ReadAt(b []byte, off int64) (int, error) {
	c.n += int64(len(b))
	return c.ReaderAt.ReadAt(b, off)
}

func TestReadProgramOfGo(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("no go command")
	}
	name := filepath.Join(strings.TrimSpace(string(root)), "bin", "go"+map[bool]string{true: ".exe"}[runtime.GOOS == "windows"])
	f, err := os.Open(name)
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	fi, _ := f.Stat()
	c := &counter{ReaderAt: f}
	p, err := ReadProgram(c, fi.Size())
	if err != nil {
		t.Fatal(err)
	}
	if p.Path != "cmd/go" || p.Module != "" || !strings.HasPrefix(p.GoVersion, "go1.") || p.OS != runtime.GOOS || len(p.Arch) != 1 ||
		p.Arch[0] != p.Settings["GOARCH"] || p.Settings["-trimpath"] != "" {
		t.Errorf("program of %s = %+v", name, p)
	}
	if c.n > 4<<20 {
		t.Errorf("read %d of %d bytes", c.n, fi.Size())
	}
	t.Logf("read %d of %d bytes", c.n, fi.Size())
}

func BenchmarkReadProgram(b *testing.B) {
	name, err := exec.LookPath("go")
	if err != nil {
		b.Skip(err)
	}
	for b.Loop() {
		f, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		fi, _ := f.Stat()
		if _, err := ReadProgram(f, fi.Size()); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}

func FuzzReadProgram(f *testing.F) {
	for _, c := range programs {
		f.Add([]byte(c.data))
	}
	if self, err := os.Executable(); err == nil {
		if file, err := os.Open(self); err == nil {
			head := make([]byte, 8192)
			n, _ := file.Read(head)
			f.Add(head[:n])
			file.Close()
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ReadProgram(bytes.NewReader(data), int64(len(data)))
		if err != nil || p.Format == "" {
			t.Errorf("ReadProgram = %+v, %v", p, err)
		}
	})
}
