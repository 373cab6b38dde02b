package fix

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
)

// lockWait is how long a fix waits for another process.
var lockWait = 5 * time.Second

// errBusy is what tryLock returns while another process, or another journal of this one, holds the lock.
var errBusy = errors.New("in use")

// acquire takes the lock of the journal. An open entry that is seen under the lock has no owner any more: a process keeps the
// lock from begin to commit, and the system releases it when the process dies.
func (j *Journal) acquire(wait time.Duration) (release func(), err error) {
	for end := time.Now().Add(wait); ; time.Sleep(10 * time.Millisecond) {
		if release, err = j.tryAcquire(); !errors.Is(err, errBusy) || time.Now().After(end) {
			return release, err
		}
	}
}

func (j *Journal) tryAcquire() (release func(), err error) {
	if j.dir == "" {
		if !j.busy.TryLock() {
			return nil, l10n.Errorf("journal: %w", errBusy)
		}
		return j.busy.Unlock, nil
	}
	// The journal itself cannot carry the lock: compaction replaces it.
	f, err := os.OpenFile(filepath.Join(j.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, l10n.Errorf("journal: %w", err)
	}
	if err := tryLock(f); err != nil {
		defer f.Close()
		if errors.Is(err, errBusy) {
			buf := make([]byte, 20)
			n, _ := f.ReadAt(buf, 0)
			if pid, perr := strconv.Atoi(strings.TrimSpace(string(buf[:n]))); perr == nil {
				return nil, l10n.Errorf("journal %s: %w by process %d", j.dir, err, pid)
			}
		}
		return nil, l10n.Errorf("journal %s: locking: %w", j.dir, err)
	}
	// The number only serves the message above.
	if f.Truncate(0) == nil {
		f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return func() { f.Close() }, nil
}
