package goenv

import (
	"net/url"
	"strings"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// OSOnly are the variables that the go command reads from its environment only, never from a file.
var OSOnly = []string{"GOENV", "GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "GOPACKAGESDRIVER",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC", "PATH", "HOME", "TMPDIR"}

// ParseFile reads a go/env file, or $GOROOT/go.env, as cmd/go does (internal/cfg readEnvFile): lines of KEY=VALUE, the key must
// begin with A to Z, nothing is trimmed or unquoted, a CR belongs to the value, of a repeated key the last counts. It reads bytes:
// a UTF-8 BOM loses the first line, UTF-16 all of them.
func ParseFile(t *host.Text, layer facts.Layer) (list []*facts.Assignment) {
	if t.Enc == host.UTF16LE || t.Enc == host.UTF16BE {
		return nil
	}
	for n := 1; n <= t.Lines(); n++ {
		start, end, next := t.Line(n)
		if next > end && t.S[next-1] == '\n' { // the CR before LF belongs to the value
			end = next - 1
		}
		line := t.S[start:end]
		if line == "" || line[0] < 'A' || line[0] > 'Z' || n == 1 && t.Enc == host.UTF8BOM {
			continue
		}
		key, val, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		at := t.At
		at.Line = n
		list = append(list, &facts.Assignment{Name: key, Value: val, Raw: val, Known: true, Layer: layer, At: at, Text: t,
			Start: start + len(key) + 1, End: end, CutStart: start, CutEnd: next, Cuttable: true})
	}
	return list
}

// EnvFile is the name of the go/env file: off reports GOENV=off. name is "" where there is no configuration directory.
func EnvFile(sys host.System, env func(string) string) (name string, off bool) {
	if v := env("GOENV"); v == "off" {
		return "", true
	} else if v != "" {
		return v, false
	}
	if dir := configDir(sys, env); dir != "" {
		return sys.Style.Join(dir, "go/env"), false
	}
	return "", false
}

// configDir is os.UserConfigDir.
func configDir(sys host.System, env func(string) string) string {
	st := sys.Style
	switch sys.OS {
	case "windows":
		return env("APPDATA")
	case "darwin":
		if h := env("HOME"); h != "" {
			return st.Join(h, "Library/Application Support")
		}
		return ""
	}
	if x := env("XDG_CONFIG_HOME"); x != "" {
		return x
	}
	if h := env("HOME"); h != "" {
		return st.Join(h, ".config")
	}
	return ""
}

// ProxyDir is the directory that an element of GOPROXY names, as file:///srv/modules does, "" for any other element.
func ProxyDir(st host.Style, element string) string {
	u, err := url.Parse(strings.TrimSpace(element))
	if err != nil || u.Scheme != "file" || u.Host != "" {
		return ""
	}
	if name := strings.TrimPrefix(u.Path, "/"); st.Windows && st.IsAbs(name) {
		return name
	}
	return u.Path
}
