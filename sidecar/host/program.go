package host

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxProgramRead bounds what is read of one executable: a file made to be hard must not cost more than a large real one.
const maxProgramRead = 32 << 20

// ReadProgram reads the header and the build information of an executable of size bytes. What is no executable, or only the
// beginning of one, is not an error: it has a Format and no Arch. Errors are those of r.
func ReadProgram(r io.ReaderAt, size int64) (p *Program, err error) {
	m := &meter{r: r, left: maxProgramRead}
	head := make([]byte, min(size, 4096))
	n, err := m.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	head = head[:n]
	p = &Program{}
	switch {
	case len(head) == 0:
		p.Format = "empty"
		return p, nil
	case bytes.HasPrefix(head, []byte("\x7fELF")):
		p.Format = "elf"
		readELF(p, m, head)
	case bytes.HasPrefix(head, []byte("MZ")):
		p.Format = "pe"
		readPE(p, m, head)
	case readMacho(p, head):
		p.Format = "macho"
	case bytes.HasPrefix(head, []byte("#!")):
		p.Format, p.Interp = "script", interp(head)
		return p, nil
	case isText(head, int64(len(head)) < size):
		p.Format = "text"
		return p, nil
	default:
		p.Format = "other"
		return p, nil
	}
	if len(p.Arch) > 0 {
		readBuild(p, m)
	}
	if m.err != nil {
		return nil, fmt.Errorf("reading the program: %w", m.err)
	}
	return p, nil
}

// A meter stops reading after left bytes, and keeps the first error that is not the end of the file.
type meter struct {
	r    io.ReaderAt
	left int64
	err  error
}

func (m *meter) ReadAt(b []byte, off int64) (int, error) {
	if m.left -= int64(len(b)); m.left < 0 {
		return 0, errors.New("too much to read")
	}
	n, err := m.r.ReadAt(b, off)
	if err != nil && !errors.Is(err, io.EOF) && m.err == nil && off >= 0 {
		m.err = err
	}
	return n, err
}

// readELF fills what the file header, the program headers and the dynamic section say.
func readELF(p *Program, m *meter, head []byte) {
	if len(head) < 20 {
		return
	}
	var order binary.ByteOrder = binary.LittleEndian
	if elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	arch := elfArch(elf.Machine(order.Uint16(head[18:])), elf.Class(head[elf.EI_CLASS]), order == binary.LittleEndian)
	if arch == "" {
		return
	}
	p.Arch = []string{arch}
	switch elf.OSABI(head[elf.EI_OSABI]) {
	case elf.ELFOSABI_NONE, elf.ELFOSABI_LINUX:
		p.OS = "linux"
	case elf.ELFOSABI_FREEBSD:
		p.OS = "freebsd"
	case elf.ELFOSABI_NETBSD:
		p.OS = "netbsd"
	case elf.ELFOSABI_OPENBSD:
		p.OS = "openbsd"
	case elf.ELFOSABI_SOLARIS:
		p.OS = "solaris"
	}
	guard(func() {
		f, err := elf.NewFile(m)
		if err != nil {
			return
		}
		for _, s := range f.Progs {
			if s.Type == elf.PT_INTERP && s.Filesz < 4096 {
				if b, err := io.ReadAll(s.Open()); err == nil {
					name, _, _ := bytes.Cut(b, []byte{0})
					p.Interp = string(name)
				}
			}
		}
		p.Needed, _ = f.ImportedLibraries()
	})
}

func elfArch(m elf.Machine, class elf.Class, little bool) string {
	le := ""
	if little {
		le = "le"
	}
	is64 := class == elf.ELFCLASS64
	switch {
	case m == elf.EM_386 && !is64:
		return "386"
	case m == elf.EM_X86_64 && is64:
		return "amd64"
	case m == elf.EM_ARM && !is64:
		return "arm"
	case m == elf.EM_AARCH64 && is64:
		return "arm64"
	case m == elf.EM_RISCV && is64:
		return "riscv64"
	case m == elf.EM_PPC64:
		return "ppc64" + le
	case m == elf.EM_S390 && is64:
		return "s390x"
	case m == elf.EM_MIPS && is64:
		return "mips64" + le
	case m == elf.EM_MIPS:
		return "mips" + le
	case m == elf.EM_LOONGARCH && is64:
		return "loong64"
	}
	return ""
}

// readPE fills what the COFF header says; the DOS stub points to it.
func readPE(p *Program, m *meter, head []byte) {
	if len(head) < 0x40 {
		return
	}
	var coff [6]byte
	off := int64(binary.LittleEndian.Uint32(head[0x3c:]))
	if n, _ := m.ReadAt(coff[:], off); n < len(coff) || string(coff[:4]) != "PE\x00\x00" {
		return
	}
	arch := map[uint16]string{0x14c: "386", 0x8664: "amd64", 0x1c0: "arm", 0x1c4: "arm", 0xaa64: "arm64"}[binary.LittleEndian.Uint16(coff[4:])]
	if arch != "" {
		p.OS, p.Arch = "windows", []string{arch}
	}
}

// readMacho reports whether head begins a Mach-O file, thin or universal.
func readMacho(p *Program, head []byte) bool {
	if len(head) < 8 {
		return false
	}
	var cpus []uint32
	switch binary.BigEndian.Uint32(head) {
	case 0xfeedface, 0xfeedfacf:
		cpus = append(cpus, binary.BigEndian.Uint32(head[4:]))
	case 0xcefaedfe, 0xcffaedfe:
		cpus = append(cpus, binary.LittleEndian.Uint32(head[4:]))
	case 0xcafebabe, 0xcafebabf:
		// A Java class begins with the same bytes and then has its version, which is 45 or more.
		n, size := binary.BigEndian.Uint32(head[4:]), 20
		if head[3] == 0xbf {
			size = 32
		}
		if n == 0 || n >= 45 {
			return false
		}
		for i := 8; i+size <= len(head) && n > 0; i, n = i+size, n-1 {
			cpus = append(cpus, binary.BigEndian.Uint32(head[i:]))
		}
	default:
		return false
	}
	p.OS = "darwin"
	for _, cpu := range cpus {
		arch := map[uint32]string{7: "386", 0x1000007: "amd64", 12: "arm", 0x100000c: "arm64", 18: "ppc", 0x1000012: "ppc64"}[cpu]
		if arch != "" && !slices.Contains(p.Arch, arch) { // arm64 and arm64e are one GOARCH
			p.Arch = append(p.Arch, arch)
		}
	}
	return true
}

// interp is what the kernel runs for a #! line: a CR at its end belongs to the name.
func interp(head []byte) string {
	line, _, _ := bytes.Cut(head[2:], []byte("\n"))
	f := strings.TrimLeft(string(line), " \t")
	if i := strings.IndexAny(f, " \t\x00"); i >= 0 {
		f = f[:i]
	}
	return f
}

func isText(head []byte, cut bool) bool {
	if bytes.IndexByte(head, 0) >= 0 {
		return false
	}
	for i := 0; cut && i < utf8.UTFMax && !utf8.Valid(head); i++ { // the cut may go through a character
		head = head[:len(head)-1]
	}
	return utf8.Valid(head)
}

func readBuild(p *Program, m *meter) {
	guard(func() {
		info, err := buildinfo.Read(m)
		if err != nil {
			return
		}
		p.GoVersion, p.Path, p.Module, p.Version = info.GoVersion, info.Path, info.Main.Path, info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "-trimpath" {
				p.Trimpath = s.Value == "true"
				continue
			}
			if p.Settings == nil {
				p.Settings = map[string]string{}
			}
			p.Settings[s.Key] = s.Value
		}
	})
}

// guard ends f where a parser of the standard library panics on a malformed file; what it found until then stays.
func guard(f func()) {
	defer func() { _ = recover() }()
	f()
}
