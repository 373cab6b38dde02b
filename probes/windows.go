package probes

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/winenv"
)

// windows looks at what only Windows has. s is what is known so far.
func windows(r *reader, own *block, s *facts.Snapshot) *facts.Windows {
	w := &facts.Windows{}
	for _, name := range []string{winenv.MachineKey, winenv.UserKey} {
		if slices.ContainsFunc(s.Keys, func(k *host.Key) bool { return strings.EqualFold(k.Name, name) }) {
			continue
		}
		if _, err := r.h.ReadKey(name); errors.Is(err, fs.ErrPermission) {
			w.Unreadable = append(w.Unreadable, name)
		}
	}
	switch _, err := r.h.ReadKey(`HKCU\Software\GoProgrammingLanguage`); {
	case err == nil:
		w.MSI = facts.Yes
	case errors.Is(err, fs.ErrNotExist):
		w.MSI = facts.No
	}
	for _, hive := range []string{`HKCU`, `HKLM`} {
		if k := r.key(hive + `\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\go.exe`); k != nil {
			if t := r.regText(k, ""); t != nil && t.S != "" {
				w.AppPaths = append(w.AppPaths, facts.AppPath{At: host.RegLoc(k.Name, ""), Target: strings.Trim(expand(r, own, t.S), `"`)})
			}
		}
	}
	protections(r, own, w)
	longPaths(r, own, s, w)
	for _, name := range []string{"TMP", "TEMP"} { // as GetTempPath asks for them
		if dir := own.get(r.st, name); dir != "" {
			w.Temp = temp(r, dir)
			w.TempUnwritable = w.Temp.Exists == facts.Yes && w.Temp.Info.ReadOnly
			break
		}
	}
	w.MSYS2 = msys2(r, own, s.Settings)
	w.AutoRuns = autoRuns(r, own)
	w.Managed = managed(r, own, s.Vars)
	var err error
	if w.Events, err = r.h.Events(); err != nil {
		r.gap(host.Loc{}, err)
	}
	return w
}

// key reads a registry key; nil where it is absent. One that cannot be read leaves a gap.
func (r *reader) key(name string) *host.Key {
	k, err := r.h.ReadKey(name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			r.gap(host.RegLoc(name, ""), err)
		}
		return nil
	}
	return k
}

// regText is a string value of a key, nil if there is none.
func (r *reader) regText(k *host.Key, name string) *host.Text {
	if k == nil {
		return nil
	}
	for _, v := range k.Values {
		if strings.EqualFold(v.Name, name) && (v.Type == "sz" || v.Type == "expand") {
			at := host.RegLoc(k.Name, v.Name)
			if t := r.texts[at]; t != nil {
				return t
			}
			t := host.DecodeRegistry(at, v.Value)
			r.texts[at] = t
			return t
		}
	}
	return nil
}

// number is a value of a key that is a number, or a text that says one as Group Policy writes them.
func (r *reader) number(k *host.Key, name string) facts.Policy {
	if k == nil {
		return facts.Policy{}
	}
	for _, v := range k.Values {
		if !strings.EqualFold(v.Name, name) {
			continue
		}
		p := facts.Policy{At: host.RegLoc(k.Name, v.Name)}
		switch {
		case v.Type == "dword" && len(v.Data) >= 4:
			p.Value = int(binary.LittleEndian.Uint32(v.Data))
			return p
		case v.Type == "sz" || v.Type == "expand":
			n, err := strconv.Atoi(strings.TrimSpace(host.DecodeRegistry(p.At, v.Value).S))
			if err == nil {
				p.Value = n
				return p
			}
		}
	}
	return facts.Policy{}
}

// expand replaces the references of a Windows text by what the process has; what it does not have stays.
func expand(r *reader, own *block, s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			break
		}
		n := strings.IndexByte(s[i+1:], '%')
		if n < 0 {
			break
		}
		val := own.get(r.st, s[i+1:i+1+n])
		if val == "" { // the second % may begin a reference
			b.WriteString(s[:i+1+n])
			s = s[i+1+n:]
			continue
		}
		b.WriteString(s[:i])
		b.WriteString(val)
		s = s[i+n+2:]
	}
	b.WriteString(s)
	return b.String()
}

// temp looks at the directory for temporary files.
func temp(r *reader, name string) *facts.Dir {
	d := &facts.Dir{Name: name}
	switch {
	case r.st.IsRemote(name):
	case !r.st.IsAbs(name): // a reference that nobody expanded
		d.Exists = facts.No
	default:
		d.Exists, d.Info = r.exists(r.st.Clean(name))
		switch {
		case d.Exists == facts.Yes && !d.Info.IsDir():
			d.Exists = facts.No
		case d.Exists == facts.No && r.st.Under(name, r.sys.Home) && r.isDir(r.st.Dir(name)) != facts.Yes: // a profile that nobody sees into
			d.Exists = facts.Unknown
		}
	}
	return d
}
