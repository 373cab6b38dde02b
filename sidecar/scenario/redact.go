package scenario

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tailscale/hujson"

	"github.com/go-env-doctor/go-env-doctor/sidecar/facts"
	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// A redactor takes out of a recording what is nobody else's business, the same way everywhere, so that paths, texts and variables
// still fit together:
//
//   - the names of the user's account and home become gopher, that of the machine becomes machine;
//   - passwords in URLs, tokens of well-known forms, private keys, and values of what is called a token, password or key become ***;
//   - a variable is left out that is neither of Go's business nor used by a text or value that is recorded. In a text its value becomes ***;
//   - in settings the texts of what is not Go's or the terminal's become ***.
type redactor struct {
	st    host.Style
	name  string // of the account
	user  string // what it becomes
	words [][2]string
	used  map[string]bool // names of variables that texts or values mention
	known []string        // values of secrets, longest first
}

// plain are names of accounts that say nothing of a person and are words of paths and texts, too. They are replaced in the home
// directory only.
var plain = []string{"root", "admin", "administrator", "app", "bin", "build", "builder", "ci", "code", "codespace", "coder", "debian", "default", "dev",
	"developer", "docker", "env", "fedora", "git", "gitpod", "go", "golang", "guest", "home", "lib", "linux", "local", "main", "nobody", "node", "opt",
	"path", "runner", "runneradmin", "sdk", "share", "src", "test", "tmp", "tools", "ubuntu", "user", "usr", "vagrant", "vcap", "vscode", "windows", "work", "workspace"}

// services are the accounts of Windows itself, and their home directories. They are no person's, and rules know them by their names.
var services = []string{"SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE", "SYSTEMPROFILE", "LOCALSERVICE", "NETWORKSERVICE"}

func newRedactor(p *part) *redactor {
	r := &redactor{st: p.st, name: p.sys.User, user: p.sys.User, used: map[string]bool{}}
	add := func(from, to string) {
		if from != to && from != "" {
			r.words = append(r.words, [2]string{from, to})
		}
	}
	base := func(dir string) string {
		if dir == "" || p.st.Dir(dir) == dir {
			return ""
		}
		return p.st.Base(dir)
	}
	if r.user != "root" && !slices.Contains(services, strings.ToUpper(r.user)) {
		r.user = alias(r.user)
	}
	for _, dir := range []string{p.sys.Home, p.sys.Account} {
		b := base(dir)
		if b == "" || b == "root" || b == "nonexistent" || slices.Contains(services, strings.ToUpper(b)) {
			continue
		}
		if parent := base(p.st.Dir(dir)); parent != "" {
			for _, sep := range []string{"/", `\`, `\\`} {
				add(parent+sep+b, parent+sep+alias(b))
			}
		}
		if !slices.Contains(plain, strings.ToLower(b)) && len(b) > 2 {
			add(b, alias(b))
			if short := short(b); p.st.Windows {
				add(short, "GOPHER"+short[len(short)-2:])
			}
		}
	}
	add("~"+p.sys.User, "~"+r.user)
	if u := p.sys.User; len(u) > 2 && !slices.Contains(plain, strings.ToLower(u)) {
		add(u, r.user)
	}
	for _, kv := range p.h.Environ() {
		name, value := host.CutEnv(kv)
		switch strings.ToUpper(name) {
		case "HOSTNAME", "COMPUTERNAME", "HOST", "USERDOMAIN", "USERDOMAIN_ROAMINGPROFILE", "USERDNSDOMAIN":
			value = strings.TrimPrefix(value, `\\`)
			if len(value) > 2 && !strings.EqualFold(value, "localhost") && !strings.EqualFold(value, "machine") && !strings.EqualFold(value, r.name) {
				add(value, "machine")
			}
		}
	}
	if n := p.at("/etc/hostname"); n != nil && len(bytes.TrimSpace(n.data)) > 2 {
		add(string(bytes.TrimSpace(n.data)), "machine")
	}
	slices.SortStableFunc(r.words, func(a, b [2]string) int { // a longer name holds a shorter one; a short name is nothing but itself
		return cmp.Or(strings.Count(b[1], "GOPHER~")-strings.Count(a[1], "GOPHER~"), len(b[0])-len(a[0]))
	})
	// What is hidden mentions nothing any more, so that less may be used than it seemed.
	r.used = r.uses(p, func(_, value string) string { return value }, func(_ string, data []byte) []byte { return data })
	for n := -1; n != len(r.used); {
		n = len(r.used)
		r.used = r.uses(p, r.variable, r.file)
	}
	return r
}

// alias is gopher with the peculiarities of a name that trouble programs: blanks, special characters, letters beyond ASCII.
func alias(name string) string {
	special, foreign := "", false
	for _, r := range name {
		switch {
		case r > unicode.MaxASCII:
			foreign = true
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.@+~"+special, r):
			special += string(r)
		}
	}
	s := "go" + special + "pher"
	if foreign {
		s = strings.Replace(s, "e", "é", 1)
	}
	return s
}

// short is the 8.3 name of a file, its usual form.
func short(name string) string {
	s := ""
	for _, r := range strings.ToUpper(name) {
		if r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-') && len(s) < 6 {
			s += string(r)
		}
	}
	return s + "~1"
}

// uses finds the variables that recorded texts and values mention, and those that the values of these mention.
func (r *redactor) uses(p *part, variable func(name, value string) string, file func(name string, data []byte) []byte) (used map[string]bool) {
	used = map[string]bool{}
	values := map[string][]string{}
	var todo []string
	block := func(list []string) {
		for _, kv := range list {
			name, value := host.CutEnv(kv)
			value = variable(name, value)
			values[r.st.NameKey(name)] = append(values[r.st.NameKey(name)], value)
			if isSecret(strings.ToUpper(name)) && len(value) > 5 && !r.st.IsAbs(value) && !strings.ContainsAny(value, "%$") && !slices.Contains(r.known, value) {
				r.known = append(r.known, value)
			}
			if business(name) {
				todo = append(todo, value)
			}
		}
	}
	block(p.h.Environ())
	for _, v := range p.r.views {
		block(p.h.View(v))
	}
	for _, k := range p.r.keys {
		for _, v := range k.Values {
			block([]string{v.Name + "=" + host.DecodeRegistry(host.Loc{}, v.Value).S})
		}
	}
	for _, pid := range p.r.blocks {
		if b, err := p.h.Block(pid); err == nil {
			block(b)
		}
	}
	slices.SortFunc(r.known, func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) })
	for _, n := range p.nodes {
		if n != nil && n.read && p.st.Base(n.name) != "environ" {
			todo = append(todo, host.DecodeFile(host.Loc{}, file(n.name, n.data)).S)
		}
	}
	for len(todo) > 0 {
		text := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, m := range patterns().mention.FindAllStringSubmatch(text, -1) {
			if name := r.st.NameKey(m[1] + m[2]); !used[name] {
				used[name] = true
				todo = append(todo, values[name]...)
			}
		}
	}
	return used
}

// keeps reports whether a variable is recorded.
func (r *redactor) keeps(name string) bool { return business(name) || r.used[r.st.NameKey(name)] }

// path replaces names, and secrets that variables have told.
func (r *redactor) path(s string) string {
	for _, k := range r.known {
		s = strings.ReplaceAll(s, k, "***")
	}
	for _, w := range r.words {
		s = replaceWord(s, w[0], w[1])
	}
	return s
}

// text replaces names and hides secrets.
func (r *redactor) text(s string) string { return secrets(r.path(s)) }

// replaceWord replaces a word, in any case, where no letter or digit stands beside it.
func replaceWord(s, from, to string) string {
	var b strings.Builder
	last := 0
	for i := 0; i+len(from) <= len(s); {
		if !strings.EqualFold(s[i:i+len(from)], from) {
			i++
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+len(from):])
		if i > 0 && letter(before) && !escaped(s[:i]) || i+len(from) < len(s) && letter(after) {
			i++
			continue
		}
		b.WriteString(s[last:i])
		b.WriteString(to)
		i += len(from)
		last = i
	}
	if last == 0 {
		return s
	}
	b.WriteString(s[last:])
	return b.String()
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// escaped reports whether the last letter belongs to an escape, as the n of \n.
func escaped(s string) bool {
	return len(s) > 1 && s[len(s)-2] == '\\' && strings.ContainsRune("nrt", rune(s[len(s)-1]))
}

// goVariables are the variables of Go, of the shell, of the session and of the tools that bring Go, besides those of businessPrefixes.
var goVariables = []string{"PATH", "PATHEXT", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LANGUAGE", "ZDOTDIR", "BASH_ENV", "ENV", "IFS", "CDPATH", "PWD", "HOMEDRIVE",
	"HOMEPATH", "USERPROFILE", "USERNAME", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "ALLUSERSPROFILE", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432",
	"COMMONPROGRAMFILES", "SYSTEMDRIVE", "SYSTEMROOT", "WINDIR", "PUBLIC", "USERINITMPRLOGONSCRIPT", "COMSPEC", "TEMP", "TMP", "TMPDIR", "OS", "PROCESSOR_ARCHITECTURE", "NUMBER_OF_PROCESSORS",
	"CC", "CXX", "AR", "FC", "LD_LIBRARY_PATH", "LD_PRELOAD", "LIBRARY_PATH", "CPATH", "G_HOME", "G_EXPERIMENTAL", "G_MIRROR", "CI", "GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "RUNNER_TOOL_CACHE",
	"AGENT_TOOLSDIRECTORY", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "VSCODE_CWD", "CODESPACES", "REMOTE_CONTAINERS", "CONTAINER", "NETRC", "SSL_CERT_FILE", "SSL_CERT_DIR",
	"GIT_CONFIG_GLOBAL", "GIT_TERMINAL_PROMPT", "VIRTUAL_ENV", "SNAP", "MANPATH", "CLICOLOR", "NO_COLOR"}

var businessPrefixes = []string{"GO", "CGO_", "LC_", "XDG_", "ASDF_", "MISE_", "GVM_", "NIX_", "CONDA_", "HOMEBREW_", "PKG_CONFIG", "WSL", "MSYS", "SCOOP", "CHOCOLATEY"}

// business reports whether a variable is one that a diagnosis can depend on.
func business(name string) bool {
	n := strings.ToUpper(plainName(name))
	if n == "GOAUTH" {
		return true
	}
	if isSecret(n) || strings.HasPrefix(n, "GOOGLE") || strings.HasPrefix(n, "XDG_SESSION") {
		return false
	}
	if slices.Contains(goVariables, n) || strings.HasSuffix(n, "_PROXY") {
		return true
	}
	return slices.ContainsFunc(businessPrefixes, func(p string) bool { return strings.HasPrefix(n, p) })
}

// plainName is a name as it was meant, where blanks and control characters came into it.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r <= ' ' || r == '=':
			return -1
		case 'Ａ' <= r && r <= 'ｚ': // full-width letters
			return r - 'Ａ' + 'A'
		}
		return r
	}, name)
}

// isSecret reports whether a name is that of a secret.
func isSecret(name string) bool {
	return name != "GOAUTH" && name != "PWD" && name != "OLDPWD" && patterns().secretName.MatchString(name)
}

// block writes variables as lines of an entry. A value with control characters is a Go literal.
func (r *redactor) block(list []string) string {
	var b strings.Builder
	for _, kv := range list {
		name, value := host.CutEnv(kv)
		if name == "" || strings.ContainsAny(name, "\n\r\x00") || strings.HasSuffix(name, ":") || !utf8.ValidString(name) || !r.keeps(name) {
			continue
		}
		value = r.variable(name, value)
		if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == utf8.RuneError }) || strings.HasPrefix(name+"="+value, "-- ") {
			b.WriteString(name + ":=" + literal(value) + "\n")
			continue
		}
		b.WriteString(name + "=" + value + "\n")
	}
	return b.String()
}

// variable is the value of a variable that is recorded.
func (r *redactor) variable(name, value string) string {
	switch n := strings.ToUpper(name); {
	case isSecret(n):
		return "***"
	case value == r.name && (n == "USER" || n == "LOGNAME" || n == "USERNAME"):
		return r.user
	case strings.HasSuffix(n, "_PROXY"): // user:password@host needs no scheme
		if i := strings.LastIndexByte(value, '@'); i >= 0 && !strings.Contains(value, "://") {
			value = "***" + value[i:]
		}
	}
	return r.text(value)
}

// value is a registry value as it is recorded; ok is false for one that is left out.
func (r *redactor) value(key string, v host.NamedValue) (_ host.NamedValue, ok bool) {
	environment := strings.HasSuffix(strings.ToUpper(key), `\ENVIRONMENT`) || strings.Contains(strings.ToUpper(key), `\VOLATILE ENVIRONMENT`)
	if environment && !r.keeps(v.Name) {
		return v, false
	}
	name := v.Name
	v.Name = r.path(name)
	switch v.Type {
	case "sz", "expand", "multi":
		var parts []string
		for s := range strings.SplitSeq(wide(v.Data), "\x00") {
			switch {
			case s == "":
			case environment:
				s = r.variable(name, s)
			case isSecret(strings.ToUpper(name)):
				s = "***"
			default:
				s = r.text(s)
			}
			parts = append(parts, s)
		}
		if s := strings.Join(parts, "\x00"); s != wide(v.Data) {
			v.Data = narrow(s)
		}
	case "dword", "qword":
	default: // bytes may hold anything
		v.Data = bytes.Map(func(c rune) rune {
			if c < 0 || c > ' ' && c < 0x7f {
				return 'x'
			}
			return c
		}, bytes.ToValidUTF8(v.Data, []byte("x")))
	}
	return v, true
}

func wide(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	return string(utf16.Decode(u))
}

func narrow(s string) (b []byte) {
	for _, c := range utf16.Encode([]rune(s)) {
		b = append(b, byte(c), byte(c>>8))
	}
	return b
}

// file is the content of a text file as it is recorded.
func (r *redactor) file(name string, data []byte) []byte {
	base := strings.ToLower(r.st.Base(name))
	switch {
	case strings.HasPrefix(name, "/proc/") && base == "environ":
		var b bytes.Buffer
		for kv := range bytes.SplitSeq(data, []byte{0}) {
			if n, v := host.CutEnv(string(kv)); n != "" && r.keeps(n) && !strings.Contains(v, "\n") {
				b.WriteString(n + "=" + r.variable(n, v) + "\x00")
			}
		}
		return b.Bytes()
	case r.st.Base(r.st.Dir(name)) == ".ssh" || base == "id_rsa" || strings.HasSuffix(base, ".pem") || strings.HasSuffix(base, ".key"):
		return nil
	case name == "/etc/passwd" || name == "/etc/group":
		return r.accounts(data)
	}
	t := host.DecodeFile(host.FileLoc(name, 0), data)
	s := t.S
	if base == ".netrc" || base == "_netrc" {
		s = patterns().netrc.ReplaceAllString(s, "${1}***")
	}
	if strings.HasSuffix(base, ".json") || strings.HasSuffix(base, ".code-workspace") {
		s = r.settings(s)
	}
	s = r.text(r.assignments(s))
	if s == t.S {
		return data
	}
	if s == "" {
		return nil
	}
	v, err := t.Apply([]host.Change{{Start: 0, End: len(t.S), New: s}})
	if err != nil { // cannot be: it is one change of the whole
		return nil
	}
	return v.Data
}

// accounts keeps the accounts of the system and that of the user, without what they say of people.
func (r *redactor) accounts(data []byte) []byte {
	var b strings.Builder
	for l := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimRight(l, "\r\n"), ":")
		if len(f) < 4 {
			continue
		}
		mine := f[0] == r.name
		if id := number(f[2]); !mine && id >= 1000 && id < 60000 && len(f) > 4 {
			continue
		}
		if mine {
			f[0] = r.user
		}
		if len(f) > 4 {
			f[1], f[4] = "x", ""
		} else { // a group: its members
			f[1] = "x"
			members := ""
			if slices.Contains(strings.Split(f[3], ","), r.name) {
				members = r.user
			}
			f[3] = members
		}
		b.WriteString(r.path(strings.Join(f, ":")) + "\n")
	}
	return []byte(b.String())
}

// assignments hides the values of variables that nothing uses.
func (r *redactor) assignments(s string) string {
	return patterns().assignment.ReplaceAllStringFunc(s, func(l string) string {
		m := patterns().assignment.FindStringSubmatch(l)
		lead, name, sep, value, tail := m[1], m[2], m[3], m[4], m[5]
		word := strings.TrimSpace(lead)
		if !strings.Contains(sep, "=") && !strings.HasPrefix(word, "set") || r.keeps(name) && !isSecret(name) || strings.Contains(value, "***") {
			return l
		}
		hidden := "***"
		if q := value[0]; q == '"' || q == '\'' {
			hidden = string(q) + hidden + string(q)
		}
		return lead + name + sep + hidden + tail
	})
}

// goSettings are the settings that are recorded with their texts; a trailing . or [ is a prefix.
var goSettings = []string{"go.", "gopls", "[go", "goEnv.", "terminal.integrated.", "security.workspace.", "remote.", "http.proxy", "editor.codeActionsOnSave", "files.eol", "files.encoding",
	"settings", "folders"}

// shown are keys of launch.json, tasks.json and devcontainer.json that say what a text is for.
var shown = []string{"type", "request", "mode", "command", "version", "image"}

// settings hides texts of editor settings that are not Go's.
func (r *redactor) settings(s string) string {
	v, err := hujson.Parse([]byte(s))
	if err != nil {
		return s
	}
	var walk func(v *hujson.Value, hide bool)
	walk = func(v *hujson.Value, hide bool) {
		switch x := v.Value.(type) {
		case hujson.Literal:
			if hide && x.Kind() == '"' && x.String() != "" {
				v.Value = hujson.String("***")
			}
		case *hujson.Array:
			for i := range x.Elements {
				walk(&x.Elements[i], hide)
			}
		case *hujson.Object:
			for i := range x.Members {
				m := &x.Members[i]
				name, _ := m.Name.Value.(hujson.Literal)
				n := name.String()
				_, text := m.Value.Value.(hujson.Literal) // a profile may be called MSYS
				variable := text && n != "" && n == strings.ToUpper(n) && !strings.ContainsAny(n, " .[")
				walk(&m.Value, isSecret(n) || hide && !slices.Contains(shown, n) && !(variable && r.keeps(n)) || variable && !r.keeps(n))
			}
		}
	}
	if top, ok := v.Value.(*hujson.Object); ok {
		for i := range top.Members {
			m := &top.Members[i]
			name, _ := m.Name.Value.(hujson.Literal)
			ours := slices.ContainsFunc(goSettings, func(p string) bool { return strings.HasPrefix(name.String(), p) })
			walk(&m.Value, !ours && !slices.Contains(shown, name.String()))
		}
	}
	return v.String()
}

// secrets hides passwords, tokens and keys in a text; its lines stay.
func secrets(s string) string {
	p := patterns()
	s = facts.Redact(s)
	s = p.userinfo.ReplaceAllString(s, "${1}***@")
	s = p.email.ReplaceAllString(s, "${1}***@${2}")
	s = p.pem.ReplaceAllStringFunc(s, func(key string) string { return "***" + strings.Repeat("\n", strings.Count(key, "\n")) })
	s = p.token.ReplaceAllString(s, "***")
	s = p.scheme.ReplaceAllString(s, "${1}***")
	return p.named.ReplaceAllStringFunc(s, func(l string) string {
		m := p.named.FindStringSubmatch(l)
		name, close, sep, value := m[1], m[2], m[3], m[4]
		quoted := value[0] == '"' || value[0] == '\''
		body := strings.Trim(value, `"'`)
		switch {
		case !isSecret(strings.ToUpper(name)), body == "", strings.HasPrefix(body, "$"), strings.HasPrefix(body, "%"), strings.HasPrefix(body, "`"), close != "" && !quoted:
			return l
		case quoted:
			return name + close + sep + value[:1] + "***" + strings.Repeat("\n", strings.Count(value, "\n")) + value[:1]
		case strings.HasPrefix(sep, ":") && strings.ContainsRune("-=+?", rune(value[0])): // ${TOKEN:-default}
			return name + close + sep + value[:1] + "***"
		}
		return name + close + sep + "***"
	})
}

type expressions struct {
	secretName, mention, assignment, named, userinfo, email, pem, token, scheme, netrc *regexp.Regexp
}

// patterns are compiled when the first recording is made: no other command needs them.
var patterns = sync.OnceValue(func() *expressions {
	const value = `"[^"]{0,900}"|'[^']{0,900}'|[^\s"',;&|)}#]+`
	c := regexp.MustCompile
	return &expressions{
		secretName: c(`(?i)TOKEN|SECRET|PASSW|PASSPHRASE|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SIGNING_?KEY|CREDENTIAL|AUTHORIZATION|COOKIE|(?:^|_)(?:AUTH|PAT|PWD|PASS|KEY)$|_DSN$`),
		mention:    c(`[$%](?:\{|(?i:env:)|\{(?i:env:))?([A-Za-z_][A-Za-z0-9_]*)|%([A-Za-z_][A-Za-z0-9_()]*)%`),
		assignment: c(`(?m)^([ \t]*(?:export[ \t]+|declare[ \t]+-\w+[ \t]+|typeset[ \t]+-\w+[ \t]+|setenv[ \t]+|setx?[ \t]+(?:-\S+[ \t]+)*|\$(?i:env):|ENV[ \t]+)?)([A-Z_][A-Z0-9_]*)([ \t]*=[ \t]*|[ \t]+)("[^"$` + "`" + `\n]*"|'[^'\n]*'|[^\s"'$;&|()<>#` + "`" + `]+)([ \t]*(?:[;#].*)?\r?)$`),
		named:      c(`([A-Za-z0-9_.\-]{1,80})(["']?)([ \t]*[:=][ \t]*)(` + value + `)`),
		userinfo:   c(`(^|[\s"'=(,;])[^\s:/@"'=,;\\]+:[^\s/@"'\\]+@`),
		email:      c(`(?m)(^|[\s"'<(=:,;])[A-Za-z0-9][A-Za-z0-9._+\-]*@((?:[A-Za-z0-9\-]+\.)+[A-Za-z]{2,})\b`),
		pem:        c(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----`),
		token: c(`\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w\-]{16,}|xox[abeoprs]-[\w\-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|sk-[\w\-]{16,}|npm_\w{20,}|AIza[\w\-]{30,}|` +
			`eyJ[\w\-]{6,}\.[\w\-]+\.[\w\-]*|hvs\.\w{16,}|dop_v1_\w{16,}|pypi-[\w\-]{16,}|ATATT[\w\-=]{16,}|ya29\.[\w\-]{16,})`),
		scheme: c(`(?i)\b((?:bearer|basic)[ \t]+)[A-Za-z0-9+/._=\-]{8,}`),
		netrc:  c(`(?i)\b((?:password|login|account)\s+)\S+`),
	}
})

// literal is a Go string literal in one line.
func literal(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(c))
		case c == utf8.RuneError && n == 1 || c < ' ' || c == 0x7f:
			const digits = "0123456789abcdef"
			b.WriteString(`\x` + string(digits[s[i]>>4]) + string(digits[s[i]&15]))
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String() + `"`
}
