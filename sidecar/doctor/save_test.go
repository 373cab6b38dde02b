package doctor

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/fix"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/scenario"
)

func TestSave(t *testing.T) {
	m, err := scenario.Parse("save.txtar", []byte(`A Mac whose owner edits a profile.
Expect: none

-- machine --
os darwin 15.6.1 arm64
user gopher /Users/gopher
uid 501
shell /bin/zsh
trusted yes
now 2026-11-22T12:00:00Z
-- env --
PATH=/usr/local/go/bin:/usr/bin:/bin
HOME=/Users/gopher
SHELL=/bin/zsh
-- toolchains --
/usr/local/go go1.26.1
-- /Users/gopher/.zshrc --
export PATH=/usr/local/go/bin:$PATH
`))
	if err != nil {
		t.Fatal(err)
	}
	at := host.FileLoc("/Users/gopher/.zshrc", 0)
	value := func(s string) *host.Value { return &host.Value{Data: []byte(s)} }
	read := func() string {
		data, err := m.ReadFile(at.Path)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	d := New(m, fix.Open(""), Options{})
	old := read()
	broken := old + "export GOROOT=/gone\n"

	rec, err := d.Save("Change ~/.zshrc", nil)
	if err != nil || rec.ID != "" || rec.Message != "Nothing was changed." || len(rec.Applied) > 0 {
		t.Errorf("no edit: %+v, %v", rec, err)
	}
	rec, err = d.Save("Change ~/.zshrc", []host.Edit{{At: at, Old: value("something else"), New: value(broken)}})
	if !errors.Is(err, host.ErrConflict) || rec != nil || read() != old {
		t.Errorf("conflict: %+v, %v, %q", rec, err, read())
	}
	rec, err = d.Save("Change ~/.zshrc", []host.Edit{{At: at, Old: value(old), New: value(broken)}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(rec.Message, "Done: Change ~/.zshrc. It brings a new error: GOROOT is /gone") || read() != broken {
		t.Errorf("%+v, %q", rec, read())
	}
	if _, err := d.Undo(rec.ID); err != nil || read() != old {
		t.Errorf("undo: %v, %q", err, read())
	}
	rec, err = d.Save("Change ~/.zshrc", []host.Edit{{At: at, Old: value(old), New: value(old + "# fine\n")}})
	if err != nil || rec.Message != "Done: Change ~/.zshrc." {
		t.Errorf("%+v, %v", rec, err)
	}
}
