package network

import (
	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// InvalidGOSUMDB reports a GOSUMDB that names no checksum database.
//
// go knows the key of its own database and of the mirror for China. Any other one needs its key: NAME+HASH+KEY, with an address behind a
// blank if it is not that of the name. With a name alone, or a word such as on, every download of a module that go.sum does not
// have yet, and of every other toolchain, stops: "invalid GOSUMDB: malformed verifier id".
//
// Do not switch the database off instead: nothing would be verified then, and no toolchain could be downloaded.
//
// # Fixes
//
//   - unset: removes the assignment. Safe: go asks its own database, through the module proxy where that offers it.
//
// # Source
//
// cmd/go/internal/modfetch/sumdb.go, dbDial; goproxy/goproxy.cn#201, golang/go#68782.
var InvalidGOSUMDB = &rules.Rule{
	ID: "invalid-gosumdb", Severity: rules.Error,
	After: []string{"quoted-value", "stray-characters", "misencoded-goenv-file", "blank-goenv-value"},
	Judge: func(j *rules.Judge) {
		own := map[string]bool{"off": true}
		for _, a := range j.All("GOSUMDB") {
			if a.Layer == facts.GorootEnv { // a distribution may have another default
				own[a.Value] = true
			}
		}
		given(j, "GOSUMDB", func(a *facts.Assignment, value string) {
			if own[value] {
				return
			}
			if says := goenv.BadSumDB(value); says != "" {
				j.At(a, "GOSUMDB is %s, which names no checksum database: go says \"%s\" at every module and toolchain that it has to verify.", shown(value), says).Unset(a, rules.Safe)
			}
		})
	},
}
