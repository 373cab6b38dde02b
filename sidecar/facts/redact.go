package facts

import "strings"

// Redact takes user names and passwords out of the URLs in a text: https://user:token@host becomes https://***@host. Whatever leaves
// the snapshot for a message, a report or a log goes through it.
func Redact(s string) string {
	list := Credentials(s)
	if list == nil {
		return s
	}
	var b strings.Builder
	pos := 0
	for _, c := range list {
		b.WriteString(s[pos:c[0]])
		b.WriteString(Redacted)
		pos = c[1]
	}
	b.WriteString(s[pos:])
	return b.String()
}

// Redacted stands in the place of a secret.
const Redacted = "***"

// Credentials are the bytes of the user names and passwords in the URLs of a text, in order.
func Credentials(s string) (list [][2]int) {
	for pos := 0; ; {
		i := strings.Index(s[pos:], "://")
		if i < 0 {
			return list
		}
		pos += i + len("://")
		authority := s[pos:]
		if end := strings.IndexAny(authority, "/?# \t\r\n\"'`|,;<>\\"); end >= 0 {
			authority = authority[:end]
		}
		if at := strings.LastIndexByte(authority, '@'); at >= 0 {
			list = append(list, [2]int{pos, pos + at})
			pos += at
		}
	}
}

// Secret reports whether a variable holds a password or a token, by its name.
func Secret(name string) bool {
	n := strings.ToUpper(name)
	switch n {
	case "GOAUTH", "PWD", "OLDPWD":
		return false
	}
	for _, end := range []string{"_AUTH", "_PAT", "_PWD", "_PASS", "_KEY", "_DSN"} {
		if strings.HasSuffix(n, end) {
			return true
		}
	}
	n = strings.NewReplacer("-", "", "_", "").Replace(n)
	for _, word := range []string{"TOKEN", "SECRET", "PASSW", "PASSPHRASE", "CREDENTIAL", "APIKEY", "ACCESSKEY", "PRIVATEKEY", "SIGNINGKEY", "AUTHORIZATION", "COOKIE"} {
		if strings.Contains(n, word) {
			return true
		}
	}
	return false
}
