package goenv

import (
	"strconv"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// Input is what the choice of a toolchain depends on.
type Input struct {
	Local       string // "go1.26.8": the Go that starts
	GOTOOLCHAIN string // effective value, "" where even $GOROOT/go.env has none
	Work, Mod   *facts.ModFile
	Name        string // how a message calls the file that counts, "" by its whole name
}

// Select is cmd/go's toolchain.Select: which toolchain runs, or the message with which go stops. It does not say whether a toolchain
// that has to be fetched can be had.
func Select(in Input) facts.Selection {
	s := facts.Selection{Local: in.Local, Mode: in.GOTOOLCHAIN}
	local := FromToolchain(in.Local)
	if local == "" {
		return s // unknown, or built from source
	}
	s.Version = in.Local
	if Compare(local, "1.21") < 0 || in.GOTOOLCHAIN == "" {
		return s // no toolchain switching before 1.21, nor where even go.env does not ask for it
	}
	fail := func(msg string) facts.Selection {
		s.Err, s.Version = msg, ""
		return s
	}
	mode, least := in.GOTOOLCHAIN, local
	if mode != "auto" && mode != "path" {
		name, suffix, plus := strings.Cut(mode, "+")
		if name != "local" {
			least = FromToolchain(name)
			switch {
			case least != "":
			case plus:
				return fail("invalid GOTOOLCHAIN " + strconv.Quote(mode) + ": invalid minimum toolchain " + strconv.Quote(name))
			default:
				return fail("invalid GOTOOLCHAIN " + strconv.Quote(mode))
			}
			s.Version = name
		}
		if plus && suffix != "auto" && suffix != "path" {
			return fail("invalid GOTOOLCHAIN " + strconv.Quote(mode) + ": only version suffixes are +auto and +path")
		}
		mode = suffix
	}
	if mode == "auto" || mode == "path" {
		// go.work counts instead of go.mod, not beside it
		f := in.Work
		if f == nil {
			f = in.Mod
		}
		goVers, toolchain, at := wanted(f)
		old := Compare(local, "1.22") < 0
		if toolchain != "" && toolchain != "default" {
			v := FromToolchain(toolchain)
			if v == "" {
				name := in.Name
				if name == "" {
					name = f.At.Path
				}
				return fail("invalid toolchain " + strconv.Quote(toolchain) + " in " + name)
			}
			if n := Compare(v, least); n > 0 || n == 0 && old {
				s.Version, s.Because, least = toolchain, at["toolchain"], v
			}
		}
		if toolchain != "default" && Compare(goVers, least) > 0 {
			s.Version, s.Because = "go"+goVers, at["go"]
			if Compare(local, "1.21.0") != 0 {
				s.Version = "go" + release(goVers)
			}
		}
	}
	s.Switched = s.Version != s.Local
	return s
}

// wanted reads the go and toolchain lines of a go.mod or go.work, and where they stand: gover.GoModLookup.
func wanted(f *facts.ModFile) (goVers, toolchain string, at map[string]host.Loc) {
	at = map[string]host.Loc{}
	if f == nil || f.Text == nil {
		return "", "", at
	}
	if f.Text.Enc == host.UTF16LE || f.Text.Enc == host.UTF16BE {
		return "", "", at // it reads bytes
	}
	for n := 1; n <= f.Text.Lines(); n++ {
		if n == 1 && f.Text.Enc == host.UTF8BOM {
			continue
		}
		start, end, _ := f.Text.Line(n)
		line := strings.TrimSpace(f.Text.S[start:end])
		verb, rest, ok := cutBlank(line)
		if !ok || verb != "go" && verb != "toolchain" || at[verb].Line > 0 {
			continue
		}
		l := f.At
		l.Line = n
		at[verb] = l
		rest, _, _ = strings.Cut(rest, "//")
		if rest = strings.TrimSpace(rest); verb == "go" {
			goVers = rest
		} else {
			toolchain = rest
		}
	}
	return goVers, toolchain, at
}

// cutBlank splits a line at its first blank.
func cutBlank(line string) (verb, rest string, ok bool) {
	i := strings.IndexAny(line, " \t")
	if i < 0 {
		return line, "", false
	}
	return line[:i], line[i:], true
}

// isLanguage reports whether a version is one of the language: 1.21, and not 1.21.0.
func isLanguage(v string) bool {
	p, ok := parse(v)
	return ok && p.patch == "" && p.kind == ""
}

// release is the first release of a language version: from 1.21 on "1.N" names no release, "1.N.0" does.
func release(v string) string {
	if isLanguage(v) {
		return v + ".0"
	}
	return v
}
