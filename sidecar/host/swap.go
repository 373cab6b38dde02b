package host

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

var (
	errLinkDelete = errors.New("is a link; neither the link nor its target is removed")
	errDangling   = errors.New("is a link to a file that does not exist")
)

// Swap makes one edit; see [Edit]. A link to a file is written through and stays, but it is not removed, and a link to nothing
// is not filled: that could not be undone. Modes of what is new are 0644 and 0755 as far as the umask allows.
func (l *Local) Swap(e Edit) error {
	if err := l.swap(e); err != nil {
		return fmt.Errorf("writing %s: %w", e.At, err)
	}
	return nil
}

func (l *Local) swap(e Edit) error {
	switch {
	case e.At.Guest != "":
		return errors.New("the files of a WSL distribution cannot be written from here")
	case e.New != nil && len(e.New.Data) > MaxText:
		return ErrTooLarge
	case e.At.Kind == Registry && e.At.Name != "":
		return l.swapValue(e.At.Path, e.At.Name, e.Old, e.New)
	case e.At.Kind != File || e.At != e.At.Whole():
		return errors.New("not a place that can be written")
	}
	_, err := l.Lstat(e.At.Path) // a server that is silent now would block the writing
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return fault(l.swapFile(e.At.Path, e.Old, e.New))
}

func (l *Local) swapFile(name string, old, new *Value) error {
	target := name
	if fi, err := os.Lstat(name); err == nil && fi.Mode()&fs.ModeSymlink != 0 {
		target, err = filepath.EvalSymlinks(name)
		switch {
		case err != nil && errors.Is(fault(err), fs.ErrNotExist) && old != nil:
			return ErrConflict
		case err != nil && errors.Is(fault(err), fs.ErrNotExist):
			return errDangling
		case err != nil:
			return err
		case new == nil && old != nil:
			return errLinkDelete
		}
	}
	fi, err := os.Lstat(target)
	switch {
	case errors.Is(fault(err), fs.ErrNotExist):
		switch {
		case old != nil:
			return ErrConflict
		case new == nil:
			return nil
		}
		return l.create(target, new.Data)
	case err != nil:
		return err
	case !fi.Mode().IsRegular():
		return ErrNotRegular
	case old == nil:
		return ErrConflict
	}
	if err := holds(target, fi, old.Data); err != nil {
		return err
	}
	switch {
	case new == nil:
		if err := l.step("remove"); err != nil {
			return err
		}
		if err := os.Remove(target); err != nil {
			return err
		}
	case bytes.Equal(old.Data, new.Data):
		return nil
	default:
		if err := l.replace(target, fi, old.Data, new.Data); err != nil {
			return err
		}
	}
	syncDir(filepath.Dir(target))
	return nil
}

// holds fails with ErrConflict if name is not the file fi any more, or holds other bytes than old.
func holds(name string, fi fs.FileInfo, old []byte) error {
	b, err := readText(name)
	switch now, e := os.Lstat(name); {
	case errors.Is(fault(err), fs.ErrNotExist), e != nil && errors.Is(fault(e), fs.ErrNotExist):
		return ErrConflict
	case err != nil:
		return err
	case e != nil:
		return e
	case !os.SameFile(fi, now), !bytes.Equal(b, old):
		return ErrConflict
	}
	return nil
}

// step is called before each thing that the system may refuse.
func (l *Local) step(name string) error {
	if l.fail == nil {
		return nil
	}
	return l.fail(name)
}

func (l *Local) replace(name string, fi fs.FileInfo, old, data []byte) (err error) {
	tmp, err := l.temp(filepath.Dir(name), 0o600, data, func(f *os.File) error { return keep(f, name, fi) })
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, discard(tmp))
		}
	}()
	// Somebody may have written while we did. What is left is the moment between this look and the rename.
	if err := holds(name, fi, old); err != nil {
		return err
	}
	if err := l.step("rename"); err != nil {
		return err
	}
	return replaceFile(tmp, name)
}

func (l *Local) create(name string, data []byte) (err error) {
	dir := filepath.Dir(name)
	made, err := l.mkdirs(dir)
	defer func() {
		if err != nil {
			for _, d := range slices.Backward(made) {
				_ = os.Remove(d) // no longer empty if somebody else uses it already
			}
		}
	}()
	if err != nil {
		return err
	}
	tmp, err := l.temp(dir, 0o644, data, func(*os.File) error { return nil })
	if err != nil {
		return err
	}
	if err = l.step("publish"); err == nil {
		err = publish(tmp, name)
	}
	if err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = ErrConflict
		}
		return errors.Join(err, discard(tmp))
	}
	syncDir(dir)
	return nil
}

// mkdirs makes a directory and its parents, and returns those that it made, outermost first.
func (l *Local) mkdirs(dir string) (made []string, err error) {
	var missing []string
	for d := dir; ; d = filepath.Dir(d) {
		_, err := os.Stat(d)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(d) == d {
			return nil, err
		}
		missing = append(missing, d)
	}
	for _, d := range slices.Backward(missing) {
		if err := l.step("mkdir"); err != nil {
			return made, err
		}
		switch err := os.Mkdir(d, 0o755); {
		case err == nil:
			made = append(made, d)
		case !errors.Is(err, fs.ErrExist):
			return made, err
		}
		syncDir(filepath.Dir(d))
	}
	return made, nil
}

// temp writes data to a new file in dir, and to the disk. After an error nothing is left.
func (l *Local) temp(dir string, mode fs.FileMode, data []byte, prepare func(*os.File) error) (_ string, err error) {
	if err := l.step("create"); err != nil {
		return "", err
	}
	name := filepath.Join(dir, ".go-env-doctor-"+strconv.FormatUint(rand.Uint64(), 36)) // O_EXCL, not chance, keeps it ours
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			f.Close()
			err = errors.Join(err, discard(name))
		}
	}()
	for _, s := range []struct {
		name string
		do   func() error
	}{
		{"keep", func() error { return prepare(f) }},
		{"write", func() error { _, err := f.Write(data); return err }},
		{"sync", f.Sync},
		{"close", f.Close},
	} {
		if err := l.step(s.name); err != nil {
			return "", err
		}
		if err := s.do(); err != nil {
			return "", err
		}
	}
	return name, nil
}

// discard removes a temporary file; that it has gone already is no error.
func discard(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
