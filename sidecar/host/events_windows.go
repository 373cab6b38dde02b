package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// ReadEvents asks wevtutil for the events of BlockLogs of the last two weeks. It is called only for a command of the user. A log that this
// Windows does not have holds nothing; for one that cannot be read there is an error, and the others are read all the same.
func (l *Local) ReadEvents(ctx context.Context) (list []Event, problems []error) {
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		return nil, []error{fmt.Errorf("reading event logs: %w", err)}
	}
	for _, log := range BlockLogs {
		events, err := readLog(ctx, dir, log)
		list = append(list, events...)
		if err != nil {
			problems = append(problems, fmt.Errorf("reading the event log %s: %w", log.Name, err))
		}
	}
	return list, problems
}

// readLog runs wevtutil once: by its absolute name, with a time-out, and with nothing of the user's environment.
func readLog(ctx context.Context, dir string, log EventLog) ([]Event, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "wevtutil.exe"), "qe", log.Name, "/q:"+log.query(), "/rd:true", fmt.Sprintf("/c:%d", eventCount), "/f:xml", "/uni:true")
	cmd.Dir = dir
	cmd.Env = []string{"SystemRoot=" + filepath.Dir(dir), "windir=" + filepath.Dir(dir)}
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true}
	cmd.WaitDelay = time.Second
	var out bounded
	cmd.Stdout = &out
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &exit) && syscall.Errno(exit.ExitCode()) == errChannelNotFound:
		return nil, nil
	case errors.As(err, &exit) && exit.ExitCode() == int(windows.ERROR_ACCESS_DENIED):
		return nil, fs.ErrPermission
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("wevtutil: %w", fs.ErrNotExist)
	case err != nil:
		return nil, fmt.Errorf("wevtutil: %w", err)
	}
	return ParseEvents(out.Bytes())
}

// errChannelNotFound is ERROR_EVT_CHANNEL_NOT_FOUND: this Windows has no such log.
const errChannelNotFound = syscall.Errno(15007)
