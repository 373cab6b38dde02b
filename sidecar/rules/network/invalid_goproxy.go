package network

import (
	"net/url"
	"slices"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/goenv"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// InvalidGOPROXY reports a GOPROXY with an element that go cannot use.
//
// GOPROXY is a list of addresses, direct and off, separated by a comma or a bar. go takes everything between two of those for one address:
// a semicolon, a blank or a full-width comma makes one host name of two elements ("no such host"), a quote or a wrong scheme stops every
// download. go reads nothing behind direct and off.
//
// # Fixes
//
//   - rewrite: writes the list as it was meant.
//   - unset: removes the assignment. go then uses its own proxy and falls back to the origin of the module.
//
// # Source
//
// cmd/go/internal/modfetch/proxy.go, proxyList and newProxyRepo.
var InvalidGOPROXY = &rules.Rule{
	ID: "invalid-goproxy", Severity: rules.Error,
	After: []string{"quoted-value", "stray-characters", "incomplete-goroot", "blank-goenv-value"},
	Judge: func(j *rules.Judge) {
		given(j, "GOPROXY", func(a *facts.Assignment, value string) {
			var f *rules.Finding
			switch what, part := wrong(j, value); what {
			case "":
				return
			case "empty":
				f = j.At(a, "GOPROXY is %q, a list without an element: go downloads nothing.", value)
			case "separator":
				f = j.At(a, "In GOPROXY a comma or a bar separates the elements. go takes %s for one address, so no download works.", part)
			case "quote":
				f = j.At(a, "GOPROXY has quotes in it: go takes %s for an address and downloads nothing.", part)
			case "slash":
				f = j.At(a, "GOPROXY has %s, where a slash is missing after the scheme: go finds no host in it.", part)
			case "bare":
				f = j.At(a, "GOPROXY has %s, which is neither an address nor direct or off: go says \"invalid proxy URL missing scheme\".", part)
			case "scheme":
				f = j.At(a, "GOPROXY has %s: go says \"invalid proxy URL scheme (must be https, http, file)\".", part)
			case "address":
				f = j.At(a, "GOPROXY has %s, which is no address: go stops at each download.", part)
			case "missing":
				f = j.At(a, "GOPROXY has %s, and there is no such directory: go finds no module in it.", part)
			case "closed":
				f = j.At(a, "GOPROXY has %s, a proxy that was shut down in 2021.", part).As(rules.Warning)
			default:
				f = j.At(a, "GOPROXY goes on after %s: go never uses what follows.", part).As(rules.Warning)
			}
			if repaired(j, value) != "" {
				f.Rewrite("rewrite", rules.Ask, a, func(v string) string { return repaired(j, v) })
			}
			f.Unset(a, rules.Ask)
		})
	},
}

const quotes = "\"'`\u2018\u2019\u201c\u201d"

// wrong is what is wrong with a list, errors before warnings, and the element, without credentials; "" is nothing.
func wrong(j *rules.Judge, list string) (what, part string) {
	count := 0
	late, last := "", ""
	rest := list
	for rest != "" {
		e, tail := rest, ""
		if i := strings.IndexAny(rest, ",|"); i >= 0 {
			e, tail = rest[:i], rest[i+1:]
		}
		rest = tail
		if e = strings.TrimSpace(e); e == "" {
			continue
		}
		count++
		if e == "direct" || e == "off" {
			if late == "" && strings.Trim(rest, ",| \t") != "" {
				late, last = "late", e
			}
			break // go reads no further
		}
		switch what := element(j, e); what {
		case "":
		case "closed":
			if late == "" {
				late, last = what, e
			}
		default:
			return what, shown(e)
		}
	}
	if count == 0 {
		return "empty", ""
	}
	return late, shown(last)
}

// element is what is wrong with one element that is neither direct nor off.
func element(j *rules.Judge, e string) string {
	if strings.ContainsAny(e, quotes) {
		return "quote"
	}
	if parts := split(e); len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool { return !looks(p) }) {
		return "separator"
	}
	if strings.ContainsAny(e, " \t\u3000") {
		return "address"
	}
	if scheme, rest, ok := strings.Cut(e, ":/"); ok && (scheme == "http" || scheme == "https") && !strings.HasPrefix(rest, "/") {
		return "slash"
	}
	absolute := e[0] == '/' || j.System.Style.IsAbs(e)
	if strings.ContainsAny(e, ".:/") && !strings.Contains(e, ":/") && !absolute {
		e = "https://" + e
	}
	u, err := url.Parse(e)
	switch {
	case err != nil:
		return "address"
	case u.Scheme == "":
		return "bare"
	case u.Scheme == "file":
		if *u != (url.URL{Scheme: u.Scheme, Path: u.Path, RawPath: u.RawPath}) {
			return "address"
		}
		if j.Dir(goenv.ProxyDir(j.System.Style, e)).Exists == facts.No {
			return "missing"
		}
	case u.Scheme != "http" && u.Scheme != "https":
		return "scheme"
	case u.Hostname() == "":
		return "address"
	case u.Hostname() == "gocenter.io":
		return "closed"
	}
	return ""
}

// split takes an element apart at what people write instead of a comma.
func split(e string) []string {
	return strings.FieldsFunc(e, func(r rune) bool { return strings.ContainsRune("; \t\u3000\uff0c\uff1b\u3001\uff5c", r) })
}

// looks reports whether a text can be an element; what follows a semicolon in a path is none.
func looks(p string) bool {
	return p == "direct" || p == "off" || strings.Contains(p, "://") || strings.Contains(p, ".") && !strings.ContainsAny(p, "=/")
}

// repaired is a list as it was meant, "" where that cannot be said.
func repaired(j *rules.Judge, list string) string {
	var b strings.Builder
	sep := ""
	for list != "" {
		e, tail, next := list, "", ""
		if i := strings.IndexAny(list, ",|"); i >= 0 {
			e, tail, next = list[:i], list[i+1:], list[i:i+1]
		}
		list = tail
		for _, p := range split(strings.Map(func(r rune) rune {
			if strings.ContainsRune(quotes, r) {
				return -1
			}
			return r
		}, e)) {
			if low := strings.ToLower(p); low == "direct" || low == "off" {
				if b.Len() == 0 && low == "off" {
					return "" // it was broken, so nobody has asked for no downloads
				}
				b.WriteString(sep + low)
				return b.String()
			}
			what := element(j, p)
			if what == "slash" {
				p = strings.Replace(p, ":/", "://", 1)
				what = element(j, p)
			}
			switch what {
			case "":
				b.WriteString(sep + p)
				sep = ","
			case "closed", "missing":
			default:
				return ""
			}
		}
		if next != "" && b.Len() > 0 {
			sep = next
		}
	}
	return b.String()
}
