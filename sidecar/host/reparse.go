package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf16"
)

// Reparse tags, of [MS-FSCC] 2.1.2.1.
const (
	tagMountPoint = 0xA0000003 // junctions, and volumes that are mounted at a directory
	tagSymlink    = 0xA000000C
	tagAppExec    = 0x8000001B
	tagCloud      = 0x9000001A // to 0x9000F01A
)

// A Reparse is what the data of a reparse point say.
type Reparse struct {
	Tag uint32
	// Target is where a link, a junction or an alias leads, as programs write it. That of a mounted volume is \\?\Volume{…}\.
	Target   string
	Relative bool // Target is relative to the directory of the link
	// Package is the full name of the package that an application execution alias belongs to, Entry its application.
	Package, Entry string
}

// IsLink reports whether programs see the place that Target names instead. A mounted volume is a directory like any other.
func (r Reparse) IsLink() bool {
	return r.Tag == tagSymlink || r.Tag == tagMountPoint && !strings.HasPrefix(r.Target, `\\?\Volume{`)
}

// mode is the mode of a file with this reparse point, of which package os makes m: it takes junctions and mounted volumes for irregular
// files, which programs do not, and files that a cloud keeps, too.
func (r Reparse) mode(m fs.FileMode) fs.FileMode {
	switch {
	case r.Tag == tagMountPoint && r.IsLink():
		return m&^fs.ModeType | fs.ModeSymlink
	case r.Tag == tagMountPoint:
		return m&^fs.ModeType | fs.ModeDir | 0o111
	case r.Tag&^0xF000 == tagCloud:
		return m &^ fs.ModeIrregular
	}
	return m
}

var errReparse = errors.New("damaged reparse point")

// ParseReparse reads a REPARSE_DATA_BUFFER as FSCTL_GET_REPARSE_POINT returns it ([MS-FSCC] 2.1.2). Of tags that it does not know it
// returns only the tag. The data of an application execution alias are not documented: a version (3), and then strings that each end in
// NUL: package, entry point, target, type.
func ParseReparse(b []byte) (Reparse, error) {
	if len(b) < 8 {
		return Reparse{}, fmt.Errorf("%w: %d bytes", errReparse, len(b))
	}
	r := Reparse{Tag: binary.LittleEndian.Uint32(b)}
	size := int(binary.LittleEndian.Uint16(b[4:]))
	if b = b[8:]; size > len(b) {
		return Reparse{Tag: r.Tag}, fmt.Errorf("%w: %d bytes of %d", errReparse, len(b), size)
	}
	b = b[:size]
	switch r.Tag {
	case tagSymlink:
		if size < 12 {
			return r, fmt.Errorf("%w: a link of %d bytes", errReparse, size)
		}
		r.Relative = b[8]&1 != 0
		return r.names(b, 12)
	case tagMountPoint:
		return r.names(b, 8)
	case tagAppExec:
		if size < 4 {
			return r, fmt.Errorf("%w: an alias of %d bytes", errReparse, size)
		}
		if v := binary.LittleEndian.Uint32(b); v != 3 {
			return r, fmt.Errorf("application execution alias of version %d", v)
		}
		fields := strings.Split(utf16Text(b[4:]), "\x00")
		if len(fields) < 4 { // what follows the last NUL is a field of this list, too
			return r, fmt.Errorf("%w: an alias with %d strings", errReparse, len(fields)-1)
		}
		r.Package, r.Entry, r.Target = fields[0], fields[1], fields[2]
	}
	return r, nil
}

// names reads the substitute name, which is what Windows follows, in the buffer that begins at start.
func (r Reparse) names(b []byte, start int) (Reparse, error) {
	if len(b) < start {
		return r, fmt.Errorf("%w: a link of %d bytes", errReparse, len(b))
	}
	off, n := start+int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:]))
	if n == 0 || n%2 != 0 || off+n > len(b) {
		return r, fmt.Errorf("%w: a name of %d bytes at %d of %d", errReparse, n, off, len(b))
	}
	r.Target = utf16Text(b[off : off+n])
	if s, ok := strings.CutPrefix(r.Target, `\??\`); ok { // a name of the kernel
		r.Target = `\\?\` + s
		if len(s) >= 2 && s[1] == ':' {
			r.Target = s
		} else if s, ok := strings.CutPrefix(s, `UNC\`); ok {
			r.Target = `\\` + s
		}
	}
	return r, nil
}

// leadsAway walks to an absolute Windows name as Windows does and stops where a link leads to another machine: root is what remote says
// of that place, and link the first one on the way. read is the target of a link, "" for what is none; it is asked for local names only,
// of which no part but the last is a link. Without such a link root is "".
func leadsAway(name string, read func(name string) (target string), remote func(name string) string) (link, root string) {
	st := StyleOf("windows")
	for range 63 { // as many as Windows follows
		if root := remote(name); root != "" {
			return link, root
		}
		name = st.Clean(strings.TrimPrefix(name, `\\?\`))
		if len(name) < 4 || name[1] != ':' {
			return "", ""
		}
		to, end := "", 2
		for to == "" && end < len(name) {
			if n := strings.IndexByte(name[end+1:], '\\'); n >= 0 {
				end += 1 + n
			} else {
				end = len(name)
			}
			to = read(name[:end])
		}
		if to == "" {
			return "", ""
		}
		if link == "" {
			link = name[:end]
		}
		switch {
		case len(to) > 1 && to[0] == '\\' && to[1] != '\\':
			to = name[:2] + to
		case !st.IsAbs(to):
			to = st.Join(st.Dir(name[:end]), to)
		}
		name = to + name[end:]
	}
	return "", ""
}

// utf16Text decodes UTF-16LE; an odd byte at the end is dropped.
func utf16Text(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}
