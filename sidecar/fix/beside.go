package fix

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/l10n"
)

// Beside reads a small file that lies beside the journal, by its base name; one that does not exist is empty. A journal in memory keeps
// such files in memory.
func (j *Journal) Beside(name string) ([]byte, error) {
	if j.dir == "" {
		j.mu.Lock()
		defer j.mu.Unlock()
		return bytes.Clone(j.files[name]), nil
	}
	data, err := os.ReadFile(filepath.Join(j.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, l10n.Errorf("reading %s: %w", filepath.Join(j.dir, name), err)
	}
	return data, nil
}

// Name is the file name of what lies beside the journal, "" in memory.
func (j *Journal) Name(name string) string {
	if j.dir == "" {
		return ""
	}
	return filepath.Join(j.dir, name)
}

// Change replaces a file beside the journal by what change makes of it, whole or not at all, under the journal's lock. Where change
// returns what it was given, nothing is written. What is handed over as broken is kept under NAME.broken.
func (j *Journal) Change(name string, change func(old []byte) (data, broken []byte, err error)) error {
	if j.dir != "" {
		if err := os.MkdirAll(j.dir, 0o700); err != nil {
			return l10n.Errorf("journal: %w", err)
		}
	}
	release, err := j.acquire(lockWait)
	if err != nil {
		return err
	}
	defer release()
	old, err := j.Beside(name)
	if err != nil {
		return err
	}
	data, broken, err := change(old)
	if err != nil {
		return err
	}
	if len(broken) > 0 {
		if err := j.put(name+".broken", broken); err != nil {
			return err
		}
	}
	if bytes.Equal(data, old) {
		return nil
	}
	return j.put(name, data)
}

func (j *Journal) put(name string, data []byte) error {
	if j.dir == "" {
		j.mu.Lock()
		defer j.mu.Unlock()
		if j.files == nil {
			j.files = map[string][]byte{}
		}
		j.files[name] = bytes.Clone(data)
		return nil
	}
	stem, _, _ := strings.Cut(name, ".")
	if err := replace(j.dir, stem, name, data); err != nil {
		return l10n.Errorf("writing %s: %w", filepath.Join(j.dir, name), err)
	}
	return nil
}
