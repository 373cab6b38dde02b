// Package host is the only door to a machine: its files, registry, environment, processes and clock.
//
// A machine is data. [Local] is the one this process runs on; package scenario plays others, so that a broken
// Windows machine can be judged and repaired on Linux. The conformance list in hosttest holds the two together.
package host

import (
	"context"
	"errors"
	"io/fs"
	"time"
)

// A Host is one machine as one user sees it. File names are absolute and in the machine's own [Style].
//
// A read of what is not there fails with an error that matches [fs.ErrNotExist]; so do ENOTDIR, and a cycle of links
// (ELOOP), which leads nowhere. A read that is refused matches [fs.ErrPermission]. Every other error, a time-out
// included, means unknown.
type Host interface {
	System() System
	// Environ is the block that the doctor's process inherited, as NAME=value, in block order.
	Environ() []string
	// View is the block that was seen in another place: "login", "terminal" or "interactive". nil means that nobody
	// looked and it must be computed. A real machine knows "login" on Windows, which makes that block on demand; else it answers nil.
	View(name string) []string
	// Processes lists our own process and its parents, nearest first. An error means that the parents are unknown.
	Processes() ([]Process, error)
	// Block is the block that a process started with, as NAME=value.
	Block(pid int) ([]string, error)

	Stat(name string) (FileInfo, error)  // follows links
	Lstat(name string) (FileInfo, error) // does not
	// Readlink is where a link leads, or what a Windows application execution alias starts.
	Readlink(name string) (string, error)
	// ReadFile returns the bytes of a regular file of at most MaxText bytes. A directory, a device or a larger file is an error.
	ReadFile(name string) ([]byte, error)
	// ReadDir returns the entries of a directory, sorted by name. Of one with more than MaxEntries it may return any MaxEntries.
	ReadDir(name string) ([]DirEntry, error)
	// Program reads the header and build information of an executable. Links are followed.
	Program(name string) (*Program, error)
	// Mounts lists mounted file systems in mount order. An error means unknown.
	Mounts() ([]Mount, error)

	// ReadKey returns a registry key by its short hive name (HKCU\Environment). Not Windows: [fs.ErrNotExist].
	ReadKey(key string) (*Key, error)

	// Output is what a program was seen to print for these arguments. It never runs one: a real machine answers false.
	Output(argv ...string) (string, bool)
	// Extensions lists the editor extensions that are installed. An error means unknown.
	Extensions() ([]Extension, error)
	// Events lists the Windows event records that are known. A real machine knows none: logs are read by a command of the user, not by
	// a diagnosis.
	Events() ([]Event, error)
	// Guests names the WSL distributions that can be read, in registration order; Guest opens one.
	Guests() []string
	Guest(name string) (Host, error)

	Now() time.Time

	// Swap makes one edit: see [Edit]. It fails with [ErrConflict], and changes nothing, where the place does not hold Old.
	Swap(e Edit) error
	// Watch reports places that may have changed, absent ones included, until ctx ends; then the channel is closed.
	// It may report a place that did not change; it never loses the last change.
	Watch(ctx context.Context, at []Loc) (<-chan Loc, error)
	// Announce tells running programs once that the persistent environment changed (WM_SETTINGCHANGE). Elsewhere it does nothing.
	Announce() error
}

// MaxText is the size in bytes of the largest text that is read or written.
const MaxText = 4 << 20

// MaxEntries is how many names of a directory are read.
const MaxEntries = 10_000

// ErrConflict is what Swap returns when the place no longer holds the old value.
var ErrConflict = errors.New("changed since it was read")

// ErrTooLarge is what ReadFile and Swap return for a text larger than MaxText.
var ErrTooLarge = errors.New("larger than 4 MiB")

// ErrNotRegular is what ReadFile and Swap return for a directory or a device.
var ErrNotRegular = errors.New("not a regular file")

// An Edit takes one place from Old to New; nil stands for absent.
//
// Places are a whole file (a Loc without a line) or a registry value. A file is replaced atomically, through its link if it
// is one, and keeps mode and owner; a new one has mode 0644, and the directories that it needs are made (0755). A registry value
// keeps or changes its type as New says.
type Edit struct {
	At       Loc
	Old, New *Value
}

// Inverse takes the place back.
func (e Edit) Inverse() Edit { return Edit{At: e.At, Old: e.New, New: e.Old} }

// A Value is all that a place holds.
type Value struct {
	// Type is empty for a file. Registry: "sz", "expand", "multi", "dword", "qword", "binary", "none", or "hex(n)".
	Type string
	// Data is the bytes of the file, or the raw bytes of the registry value (UTF-16LE for strings, with the
	// terminator if there was one).
	Data []byte
}

// A System says what a machine is.
type System struct {
	OS      string // "windows", "linux", "darwin"
	Version string // Windows 10.0.BUILD, Linux kernel release, macOS product version; "" unknown
	Arch    string // GOARCH of the machine itself, not of this program
	User    string
	// Home is the home directory that shells and go read: $HOME where it is this user's own, else Account's. Account is the home that the
	// account database names, "" where it is the same.
	Home, Account string
	Shell         string // login shell; "" unknown
	Locale        string
	UID           int   // -1 on Windows
	GIDs          []int // groups of the user, numeric; nil unknown
	// Admin: on Windows an elevated process; on Unix only that sudo is possible. UID 0 may write everything.
	Admin     bool
	Container bool
	Trusted   bool   // the workspace is trusted
	Editor    Editor // Name "" if none runs
	Roots     bool   // a default bundle of root certificates exists
	Workspace []string
	// UserSettings overrides where the editor's user settings.json lies; see [System.SettingsFile].
	UserSettings string
	Style        Style
}

// An Editor is the program that started us: Name "vscode", "vscodium", "cursor", …
type Editor struct{ Name, Version string }

// An Event is one Windows event record.
type Event struct {
	Log  string // "Microsoft-Windows-CodeIntegrity/Operational"
	ID   int
	Time time.Time
	Text string
}

// A Process is one row of a process table.
type Process struct {
	PID, PPID int
	Start     time.Time
	Name      string // file name of the executable
}

// A FileInfo describes a file. UID and GID are -1 where unknown or meaningless.
type FileInfo struct {
	Name    string // base name
	Mode    fs.FileMode
	Size    int64
	ModTime time.Time
	UID     int
	GID     int
	Owner   string // account name, "" unknown
	Group   string
	SDDL    string // Windows security descriptor, "" unknown
	Reparse uint32 // Windows reparse tag, 0 none
	// ReadOnly says that this user may not write the file, or no file into the directory. Windows only: elsewhere UID, GID and Mode say it.
	ReadOnly bool
	ID       string // device (Windows: time of creation) and inode (file index): equal for two names of one file, "" unknown
}

func (fi FileInfo) IsDir() bool     { return fi.Mode.IsDir() }
func (fi FileInfo) IsRegular() bool { return fi.Mode.IsRegular() }
func (fi FileInfo) IsLink() bool    { return fi.Mode&fs.ModeSymlink != 0 }

// A DirEntry is one name in a directory; Type has only type bits and does not follow links.
type DirEntry struct {
	Name string
	Type fs.FileMode
}

// A Program is what the header and the build information of an executable say.
type Program struct {
	Format string   // "elf", "pe", "macho", "script" (#!), "text", "empty", "other"
	OS     string   // GOOS by the header, "" unknown
	Arch   []string // GOARCH by the header; several for a universal Mach-O
	Interp string   // ELF interpreter, or the program of a #! line
	Needed []string // ELF DT_NEEDED libraries

	GoVersion string // "go1.26.8", "" if not built by Go
	Path      string // main package: "cmd/go", "golang.org/x/tools/gopls"
	Module    string // main module, "" for the distribution's programs
	Version   string // version of the main module
	Trimpath  bool
	Settings  map[string]string // other build settings
}

// A Mount is one mounted file system. Sizes are in bytes; Total 0 means unknown.
type Mount struct {
	Point, Type string
	Options     []string
	Free, Total uint64
}

// A Key is one registry key: values and subkeys in enumeration order.
type Key struct {
	Name    string // HKCU\Environment
	Values  []NamedValue
	Subkeys []string
	Written time.Time
	SDDL    string // "" unknown
	// Rights is the access mask that this user effectively has, by the descriptor; see [WriteRight] and its like.
	Rights uint32
	// ReadOnly says that this user may not set its values: it was tried.
	ReadOnly bool
}

// A NamedValue is one value of a key.
type NamedValue struct {
	Name string
	Value
}

// An Extension is one installed editor extension. SelectedGo is the go binary that golang.go remembers as chosen.
type Extension struct{ ID, Version, SelectedGo string }
