package fix

import (
	"os"

	"golang.org/x/sys/windows"
)

// tryLock locks an open file until it is closed; errBusy if another has it. The locked byte lies far behind the text, because
// locks are mandatory on Windows and the process number must stay readable.
func tryLock(f *os.File) error {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
		&windows.Overlapped{OffsetHigh: 1})
	if err == windows.ERROR_LOCK_VIOLATION {
		return errBusy
	}
	return err
}

// syncDir does nothing: NTFS keeps names in its own log, and a directory cannot be flushed.
func syncDir(string) error { return nil }
