package difftest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// An answer is what a go env -json said: values, or a message and an exit code.
type answer struct {
	values map[string]string
	stderr string
	noisy  bool // stderr has the commands that GOFLAGS=-n or -x prints
	exit   int
}

// patience is how long a go command may take; it decides nothing, but a command that hangs would never end the test.
const patience = 2 * time.Minute

// ask runs the real go env -json in a machine that was written.
func ask(m *machine, w where, args ...string) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, m.exe(w), append([]string{"env", "-json"}, args...)...)
	cmd.Dir, cmd.Env = w.expand(m.Dir), m.environ(w)
	var out, msg bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &msg
	cmd.WaitDelay = time.Second // telemetry starts a child that has the same outputs
	err := cmd.Run()
	a := answer{stderr: msg.String()}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return a, fmt.Errorf("go env does not end: %s", a.stderr)
	case errors.As(err, &exit):
		a.exit = exit.ExitCode()
		return a, nil
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return a, err
	}
	if err := json.Unmarshal(out.Bytes(), &a.values); err != nil {
		return a, fmt.Errorf("%w in %q", err, out.String())
	}
	a.noisy = strings.Contains(a.stderr, "WORK=") || strings.Contains(a.stderr, "$WORK")
	delete(a.values, "GOGCCFLAGS") // of the C compiler, with a random name
	return a, nil
}

// directoryOf is the name that a process has for the directory in which it was started (os.Getwd).
func directoryOf(m *machine, w where) (string, error) {
	dir := w.expand(m.Dir)
	if pwd := w.expand(m.Env["PWD"]); filepath.IsAbs(pwd) {
		a, err := os.Stat(pwd)
		if err == nil {
			if b, err := os.Stat(dir); err == nil && os.SameFile(a, b) {
				return pwd, nil
			}
		}
	}
	return filepath.EvalSymlinks(dir)
}

// message is stderr without what only accompanies the reason.
func message(stderr string) string {
	stderr, _, _ = strings.Cut(stderr, "\n\ngoroutine ") // a panic of the go command
	var lines []string
	for l := range strings.Lines(stderr) {
		if !strings.HasPrefix(l, "go: downloading ") && !strings.HasPrefix(l, "WORK=") {
			lines = append(lines, strings.TrimSuffix(l, "\n"))
		}
	}
	return strings.Join(lines, "\n")
}

// failure is a message without warnings.
func failure(message string) string {
	var lines []string
	for l := range strings.SplitSeq(message, "\n") {
		if !strings.HasPrefix(l, "warning: ") && !strings.HasPrefix(l, "go: warning: ") {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}
