//go:build unix

package host

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Alive reports whether a process lives. One that may not be signalled does.
func Alive(pid int) bool {
	err := unix.Kill(pid, 0)
	return err == nil || errors.Is(err, unix.EPERM)
}
