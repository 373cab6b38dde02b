package network

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/rules"
)

// MalformedHTTPProxy reports an HTTP_PROXY, HTTPS_PROXY, NO_PROXY or http.proxy that go cannot read as it was meant.
//
// The address of a proxy is scheme://host:port with the scheme http, https, socks5 or socks5h; without a scheme, http is meant. Of anything
// else go makes a host that does not exist, so that no download works. NO_PROXY is a list of host names, domains, addresses and
// networks between commas; an element with a scheme or a path, or two without a comma, match nothing.
//
// # Fixes
//
//   - rewrite: writes the value as it was meant.
//   - unset: removes the assignment. go then connects without this proxy.
//
// # Source
//
// golang.org/x/net/http/httpproxy, parseProxy and useProxy.
var MalformedHTTPProxy = &rules.Rule{
	ID: "malformed-http-proxy", Severity: rules.Error,
	After: []string{"quoted-value", "stray-characters", "unexpanding-registry-value"},
	Judge: func(j *rules.Judge) {
		for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
			for _, a := range either(j, name) {
				proxy(j, a)
			}
		}
		for _, a := range settings(j, "http.proxy") {
			proxy(j, a)
		}
		for _, a := range either(j, "NO_PROXY") {
			if fixed := hosts(a.Value); a.Known && fixed != a.Value {
				f := j.At(a, "%s is %s: its elements are hosts, domains and networks between commas. go matches nothing with a scheme, a path, a blank or a semicolon.", a.Name, shown(a.Value)).As(rules.Warning)
				if fixed != "" {
					f.Rewrite("rewrite", rules.Ask, a, hosts)
				}
				f.Unset(a, rules.Ask)
			}
		}
	},
}

// either are the assignments of a proxy variable in upper and in lower case, which are one variable on Windows.
func either(j *rules.Judge, name string) []*facts.Assignment {
	list := j.All(name)
	if !j.System.Style.Windows {
		list = append(list, j.All(strings.ToLower(name))...)
	}
	return list
}

func proxy(j *rules.Judge, a *facts.Assignment) {
	if !a.Known || a.Value == "" || address(a.Value) {
		return
	}
	f := j.At(a, "%s is %s, which is no address of a proxy: go reaches no server through it.", a.Name, shown(a.Value))
	if meant(a.Value) != "" {
		f.Rewrite("rewrite", rules.Ask, a, meant)
	}
	f.Unset(a, rules.Ask)
}

// address reports whether go can reach a proxy by a value: an address, or host:port without a scheme.
func address(v string) bool {
	if strings.ContainsAny(v, quotes+" \t") {
		return false
	}
	if !strings.Contains(v, "://") {
		if scheme, _, ok := strings.Cut(strings.ToLower(v), "/"); ok && schemes[strings.TrimSuffix(scheme, ":")] { // https//host, http:/host
			return false
		}
		v = "http://" + v
	}
	u, err := url.Parse(v)
	return err == nil && schemes[u.Scheme] && u.Hostname() != ""
}

var schemes = map[string]bool{"http": true, "https": true, "socks5": true, "socks5h": true}

// meant is the address that was meant by a malformed one, "" where that cannot be said.
func meant(v string) string {
	v = strings.TrimSpace(strings.Trim(strings.TrimSpace(v), quotes))
	for _, scheme := range []string{"https", "http", "socks5h", "socks5"} {
		rest, ok := strings.CutPrefix(v, scheme)
		if trimmed := strings.TrimLeft(rest, ":/"); ok && trimmed != rest {
			v = scheme + "://" + trimmed
			break
		}
	}
	if !address(v) {
		return ""
	}
	return v
}

// hosts is the list that was meant by NO_PROXY; of a right one it is the same text.
func hosts(v string) string {
	same := true
	for e := range strings.SplitSeq(v, ",") {
		same = same && plain(strings.TrimSpace(e))
	}
	if same {
		return v
	}
	var list []string
	for _, e := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(", ;\t", r) }) {
		if !plain(e) {
			if _, rest, ok := strings.Cut(e, "://"); ok {
				e = rest
			}
			e, _, _ = strings.Cut(e, "/")
		}
		if e != "" {
			list = append(list, e)
		}
	}
	return strings.Join(list, ",")
}

// plain reports whether an element of NO_PROXY has neither a separator that go does not know, nor a scheme or path.
func plain(e string) bool {
	if _, err := netip.ParsePrefix(e); err == nil {
		return true
	}
	return !strings.ContainsAny(e, "; \t/")
}
