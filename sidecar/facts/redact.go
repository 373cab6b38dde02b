package facts

import "strings"

// Redact takes user names and passwords out of the URLs in a text: https://user:token@host becomes https://***@host. Whatever leaves
// the snapshot for a message, a report or a log goes through it.
func Redact(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "://")
		if i < 0 {
			break
		}
		i += len("://")
		b.WriteString(s[:i])
		s = s[i:]
		authority := s
		if end := strings.IndexAny(s, "/?# \t\r\n\"'`|,;<>\\"); end >= 0 {
			authority = s[:end]
		}
		if at := strings.LastIndexByte(authority, '@'); at >= 0 {
			b.WriteString("***")
			s = s[at:]
		}
	}
	if b.Len() == 0 {
		return s
	}
	b.WriteString(s)
	return b.String()
}
