// Package network holds the rules about proxies, the checksum database and the privacy of modules.
package network

import (
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// Group is the rules of this package in the order in which they are ranked.
var Group = rules.Group{Name: "network", Rules: []*rules.Rule{InvalidGOPROXY, InvalidGOSUMDB, MalformedHTTPProxy}}

// given are the assignments of a variable that a person made: neither Go's defaults nor a distribution's. The CR at the end of a line of
// the go/env file is misencoded-goenv-file's and is not a part of the value.
func given(j *rules.Judge, name string, judge func(a *facts.Assignment, value string)) {
	for _, a := range j.All(name) {
		if !a.Known || a.Layer <= facts.GorootEnv {
			continue
		}
		value := a.Value
		if a.Layer == facts.GoEnvLine {
			value = strings.TrimSuffix(value, "\r")
		}
		if value != "" {
			judge(a, value)
		}
	}
}

// settings are the places of the editor's settings that give one setting a text, as assignments.
func settings(j *rules.Judge, key string) (list []*facts.Assignment) {
	for _, s := range j.Settings {
		if s.Scope == "launch" || s.Scope == "tasks" {
			continue
		}
		if m := s.Get(key); m != nil && m.IsString {
			list = append(list, &facts.Assignment{Name: key, Value: m.Value, Raw: m.Value, Known: true, Layer: facts.EditorSetting,
				At: host.SettingLoc(s.Scope, key), Text: s.Text, Start: m.Start, End: m.End, CutStart: m.CutStart, CutEnd: m.CutEnd,
				Cuttable: true, Wins: []string{s.Scope}})
		}
	}
	return list
}

// shown is an address as a message has it. Where an address is too broken for facts.Redact to find its credentials, all before the last @ goes.
func shown(value string) string {
	if facts.Credentials(value) == nil {
		if at := strings.LastIndexByte(value, '@'); at >= 0 {
			return facts.Redacted + value[at:]
		}
	}
	return facts.Redact(value)
}
