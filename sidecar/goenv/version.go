// Package goenv says what the go command would make of an environment, without running it: the go/env file, the defaults,
// the lines of go.mod and go.work that matter before any Go runs, and the toolchain that would be selected. It is pure.
package goenv

import (
	"cmp"
	"strings"
)

// A version is a Go version as cmd/go's package gover reads it: numbers are decimal strings of any length.
type version struct{ major, minor, patch, kind, pre string }

func parse(x string) (v version, ok bool) {
	if v.major, x, ok = cutInt(x); !ok {
		return version{}, false
	}
	if x == "" {
		v.minor, v.patch = "0", "0"
		return v, true
	}
	if x[0] != '.' {
		return version{}, false
	}
	if v.minor, x, ok = cutInt(x[1:]); !ok {
		return version{}, false
	}
	if x == "" {
		// before 1.21 the language version and the first release share a name
		if compareInt(v.minor, "21") < 0 {
			v.patch = "0"
		}
		return v, true
	}
	if x[0] == '.' {
		v.patch, x, ok = cutInt(x[1:])
		return v, ok && x == ""
	}
	i := 0
	for i < len(x) && 'a' <= x[i] && x[i] <= 'z' {
		i++
	}
	if i == 0 {
		return version{}, false
	}
	v.kind = x[:i]
	if x = x[i:]; x == "" {
		return v, true
	}
	v.pre, x, ok = cutInt(x)
	return v, ok && x == ""
}

func cutInt(x string) (n, rest string, ok bool) {
	i := 0
	for i < len(x) && '0' <= x[i] && x[i] <= '9' {
		i++
	}
	if i == 0 || x[0] == '0' && i > 1 {
		return "", "", false
	}
	return x[:i], x[i:], true
}

func compareInt(x, y string) int {
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y))
}

// IsVersion reports whether x is a Go version without "go": 1.21, 1.21.3, 1.22rc1.
func IsVersion(x string) bool {
	_, ok := parse(x)
	return ok
}

// Compare orders Go versions without "go". What is no version is older than any.
func Compare(x, y string) int {
	a, aok := parse(x)
	b, bok := parse(y)
	if !aok || !bok {
		return cmp.Compare(b2i(aok), b2i(bok))
	}
	return cmp.Or(compareInt(a.major, b.major), compareInt(a.minor, b.minor), compareInt(a.patch, b.patch), strings.Compare(a.kind, b.kind), compareInt(a.pre, b.pre))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// FromToolchain is the version of a toolchain name: go1.21.3-suffix → 1.21.3; "" if it is none.
func FromToolchain(name string) string {
	if strings.ContainsAny(name, `\/`) {
		return ""
	}
	v, ok := strings.CutPrefix(name, "go")
	if !ok {
		return ""
	}
	if i := strings.IndexAny(v, " \t-"); i >= 0 {
		v = v[:i]
	}
	if !IsVersion(v) {
		return ""
	}
	return v
}

// FromVERSION is the toolchain name in the first line of a VERSION file: up to the first blank.
func FromVERSION(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	line, _, _ = strings.Cut(strings.TrimRight(line, "\r"), " ")
	return line
}

// Older reports whether toolchain name a ("go1.21.3") is older than b; both must be versions.
func Older(a, b string) bool {
	x, y := FromToolchain(a), FromToolchain(b)
	return x != "" && y != "" && Compare(x, y) < 0
}
