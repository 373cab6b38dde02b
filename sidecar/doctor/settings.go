package doctor

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/tailscale/hujson"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A SettingChange is what an edit of the user's or the machine's settings.json does to one setting.
type SettingChange struct {
	Scope, Key string
	Value      string // the new one as JSON, "" if it goes
}

// SettingChanges are edits as changes of settings, which an editor makes by itself; nil where any of them is of another place, or cannot be
// read as settings. Package hujson reads JSON with comments, as editors write it.
func (r *Report) SettingChanges(edits []host.Edit) (list []SettingChange) {
	for _, e := range edits {
		scope := ""
		for _, s := range r.Facts.Settings {
			if s.At.Whole() == e.At.Whole() && (s.Scope == "user" || s.Scope == "machine") && s.Invalid == "" {
				scope = s.Scope
			}
		}
		old, ok := members(e.At, e.Old)
		now, ok2 := members(e.At, e.New)
		if scope == "" || !ok || !ok2 {
			return nil
		}
		for _, key := range slices.Sorted(maps.Keys(old)) {
			if _, stays := now[key]; !stays {
				list = append(list, SettingChange{scope, key, ""})
			}
		}
		for _, key := range slices.Sorted(maps.Keys(now)) {
			if !bytes.Equal(old[key], now[key]) {
				list = append(list, SettingChange{scope, key, string(now[key])})
			}
		}
	}
	return list
}

// members are the settings of a file, each as JSON without blanks.
func members(at host.Loc, v *host.Value) (map[string]json.RawMessage, bool) {
	if v == nil {
		return nil, true
	}
	text := host.DecodeFile(at, v.Data).S
	if len(bytes.TrimSpace([]byte(text))) == 0 {
		return nil, true
	}
	plain, err := hujson.Minimize([]byte(text))
	if err != nil {
		return nil, false
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(plain, &m) != nil {
		return nil, false
	}
	return m, true
}
