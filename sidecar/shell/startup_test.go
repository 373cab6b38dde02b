package shell

import (
	"os"
	"path"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
	"golang.org/x/tools/txtar"
)

// load reads testdata/NAME.txtar: files of a machine.
func load(t testing.TB, name string, extra ...string) machine {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	m := machine{}
	for _, f := range txtar.Parse(data).Files {
		m[f.Name] = string(f.Data)
	}
	for i := 0; i+1 < len(extra); i += 2 {
		m[extra[i]] = extra[i+1]
	}
	return m
}

func names(list []*Source) string {
	var s []string
	for _, f := range list {
		s = append(s, path.Base(path.Dir(f.Name))+"/"+path.Base(f.Name))
	}
	return strings.Join(s, " ")
}

func TestStartup(t *testing.T) {
	login, both, inter := Mode{Login: true}, Mode{Login: true, Interactive: true}, Mode{Interactive: true}
	const std = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	goLine := "export PATH=\"$PATH:/usr/local/go/bin:$HOME/go/bin\"\n"
	for _, c := range []struct {
		name, data string
		extra      []string
		sys        host.System
		sh         string
		mode       Mode
		path       string // of the start block
		want       string
		files      string
		gaps       int
	}{
		{"debian bash login", "debian", nil, linux, "/bin/bash", login, std,
			"/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games", "etc/profile profile.d/bash_completion.sh gopher/.profile gopher/.bashrc", 0},
		{"debian bash login terminal", "debian", nil, linux, "/bin/bash", both, std, "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
			"etc/profile etc/bash.bashrc profile.d/bash_completion.sh gopher/.profile gopher/.bashrc", 0},
		{"debian bash terminal", "debian", nil, linux, "/bin/bash", inter, std, std, "etc/bash.bashrc gopher/.bashrc", 0},
		{"debian dash login", "debian", []string{"/home/gopher/bin/", ""}, linux, "/bin/sh", login, std,
			"/home/gopher/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games", "etc/profile profile.d/bash_completion.sh gopher/.profile", 0},
		{"debian bash login with go", "debian", []string{"/home/gopher/.bash_profile", goLine}, linux, "bash", login, std,
			"/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games:/usr/local/go/bin:/home/gopher/go/bin",
			"etc/profile profile.d/bash_completion.sh gopher/.bash_profile", 0},
		{"debian bash interactive guard", "debian", []string{"/home/gopher/.bashrc", "case $- in\n    *i*) ;;\n      *) return;;\nesac\n" + goLine}, linux, "bash", inter, "/bin",
			"/bin:/usr/local/go/bin:/home/gopher/go/bin", "etc/bash.bashrc gopher/.bashrc", 0},
		{"fedora bash login", "fedora", nil, linux, "/bin/bash", both, "/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin",
			"/home/gopher/.local/bin:/home/gopher/bin:/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin",
			"etc/profile profile.d/lang.sh etc/bashrc gopher/.bash_profile gopher/.bashrc etc/bashrc", 0},
		{"arch bash login", "arch", nil, linux, "/bin/bash", login, "/usr/bin", "/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/lib/jvm/default/bin",
			"etc/profile profile.d/jre.sh etc/bash.bashrc gopher/.bash_profile gopher/.bashrc", 0},
		{"macos zsh login", "macos", nil, mac, "/bin/zsh", both, "/usr/bin:/bin:/usr/sbin:/sbin:/old",
			"/opt/homebrew/bin:/opt/homebrew/sbin:/usr/local/bin:/System/Cryptexes/App/usr/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/go/bin:/old:/Users/gopher/go/bin",
			"etc/zprofile gopher/.zprofile etc/zshrc gopher/.zshrc", 0},
		{"macos bash login", "macos", nil, mac, "/bin/bash", login, "/usr/bin:/bin",
			"/usr/local/bin:/System/Cryptexes/App/usr/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/go/bin", "etc/profile etc/bashrc", 0},
		{"zdotdir", "debian", []string{"/home/gopher/.zshenv", "ZDOTDIR=~/.config/zsh\n", "/home/gopher/.zshrc", "PATH=/no\n", "/home/gopher/.config/zsh/.zshrc", "path=(/y $path)\n"},
			linux, "zsh", inter, "/bin", "/y:/bin", "gopher/.zshenv zsh/.zshrc", 0},
		{"dash ENV", "debian", []string{"/home/gopher/e", "PATH=$PATH:/e\n", "/home/gopher/.profile", "ENV=$HOME/e\n"}, linux, "dash", both, std,
			"/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games:/e", "etc/profile profile.d/bash_completion.sh gopher/.profile gopher/e", 0},
		{"unreadable", "debian", []string{"/home/gopher/.profile", "denied"}, linux, "dash", login, std,
			"/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games", "etc/profile profile.d/bash_completion.sh", 1},
	} {
		m := load(t, c.data, c.extra...)
		r := Run(m.fs(), c.sys, c.sh, c.mode, []string{"HOME=" + c.sys.Home, "PATH=" + c.path})
		if got := dirs(r.Path); got != c.want {
			t.Errorf("%s: PATH\n%s, want\n%s", c.name, got, c.want)
		}
		if got := names(r.Files); got != c.files {
			t.Errorf("%s: files %s, want %s", c.name, got, c.files)
		}
		if len(r.Gaps) != c.gaps {
			t.Errorf("%s: gaps %v", c.name, r.Gaps)
		}
	}
}

func TestPathHelperPlaces(t *testing.T) {
	r := Run(load(t, "macos").fs(), mac, "zsh", Mode{Login: true}, []string{"HOME=/Users/gopher", "PATH=/usr/bin:/bin"})
	for _, c := range []struct{ dir, at, text string }{
		{"/usr/local/go/bin", "/etc/paths.d/go:1:1", "/usr/local/go/bin"},
		{"/usr/sbin", "/etc/paths:5:1", "/usr/sbin"},
		{"/opt/homebrew/bin", "/Users/gopher/.zprofile:1:1", "/opt/homebrew/bin"},
		{"/Users/gopher/go/bin", "/Users/gopher/.zprofile:2:20", "$HOME/go/bin"},
	} {
		found := false
		for _, e := range r.Path {
			if e.Dir == c.dir {
				found = true
				if e.At.String() != c.at || e.Text != c.text {
					t.Errorf("%s: %s %q, want %s %q", c.dir, e.At, e.Text, c.at, c.text)
				}
			}
		}
		if !found {
			t.Errorf("%s is not on PATH", c.dir)
		}
	}
	if v := r.Vars["HOMEBREW_PREFIX"]; v == nil || v.Value != "/opt/homebrew" || v.By.Manager != "brew" {
		t.Errorf("HOMEBREW_PREFIX is %+v", v)
	}
}

func TestManagers(t *testing.T) {
	mise := "/home/gopher/.local/share/mise"
	for _, c := range []struct {
		name, script string
		files        []string
		path         string
		vars         string // NAME=value …
		missing      string
		gaps         int
	}{
		{"mise shims", `eval "$(mise activate bash --shims)"`, []string{"/usr/bin/mise", "x"}, mise + "/shims:/usr/bin:/bin", "", "", 0},
		{"mise", `eval "$(mise activate bash)"`, []string{"/usr/bin/mise", "x", "/home/gopher/.config/mise/config.toml", "[tools]\ngo = \"1.26\"\n",
			mise + "/installs/go/1.26", "-> ./1.26.11", mise + "/installs/go/1.26.11/bin/go", "x"},
			mise + "/installs/go/1.26.11/bin:/usr/bin:/bin", "GOROOT=" + mise + "/installs/go/1.26.11 GOBIN=" + mise + "/installs/go/1.26.11/bin", "", 0},
		{"mise after shims", "eval \"$(mise activate bash --shims)\"\neval \"$(mise activate bash)\"", []string{"/usr/bin/mise", "x"}, "/usr/bin:/bin", "", "", 0},
		{"mise prefix", `eval "$(mise activate bash)"`, []string{"/usr/bin/mise", "x", "/home/gopher/.config/mise/config.toml", "[settings]\ngo.set_goroot = false\n[tools]\ngo = { version = \"1.9\" }\n",
			mise + "/installs/go/1.9.2/bin/go", "x", mise + "/installs/go/1.9.10/bin/go", "x"},
			mise + "/installs/go/1.9.10/bin:/usr/bin:/bin", "GOROOT=", "", 0},
		{"mise without go", `eval "$(mise activate bash)"`, []string{"/usr/bin/mise", "x"}, "/usr/bin:/bin", "GOROOT= MISE_SHELL=bash", "", 0},
		{"mise missing", `eval "$(mise activate bash)"`, nil, "/usr/bin:/bin", "", "mise", 0},
		{"goenv", "export GOENV_ROOT=$HOME/.goenv\nPATH=$GOENV_ROOT/bin:$PATH\neval \"$(goenv init -)\"", []string{"/home/gopher/.goenv/bin/goenv", "x",
			"/home/gopher/.goenv/version", "1.26.1\n", "/home/gopher/.goenv/versions/1.26.1/bin/go", "x"},
			"/home/gopher/.goenv/shims:/home/gopher/.goenv/bin:/usr/bin:/bin", "GOROOT=/home/gopher/.goenv/versions/1.26.1 GOPATH=/home/gopher/go/1.26.1 GOENV_SHELL=bash", "", 0},
		{"asdf", ". $HOME/.asdf/asdf.sh", []string{"/home/gopher/.asdf/asdf.sh", "export ASDF_DIR=\"$HOME/.asdf\"\nexport PATH=\"$ASDF_DIR/bin:$ASDF_DIR/shims:$PATH\"\n"},
			"/home/gopher/.asdf/bin:/home/gopher/.asdf/shims:/usr/bin:/bin", "ASDF_DIR=/home/gopher/.asdf", "", 0},
		{"asdf missing", ". $HOME/.asdf/asdf.sh", nil, "/usr/bin:/bin", "", "/home/gopher/.asdf/asdf.sh", 0},
		{"brew missing", `eval "$(/opt/homebrew/bin/brew shellenv)"`, nil, "/usr/bin:/bin", "", "/opt/homebrew/bin/brew", 0},
		{"brew", `eval "$(/home/linuxbrew/.linuxbrew/bin/brew shellenv)"`, []string{"/home/linuxbrew/.linuxbrew/bin/brew", "x"},
			"/home/linuxbrew/.linuxbrew/bin:/home/linuxbrew/.linuxbrew/sbin:/usr/bin:/bin", "HOMEBREW_PREFIX=/home/linuxbrew/.linuxbrew", "", 0},
		{"recorded", `eval "$(tool env)"`, []string{"$ tool env", "export PATH=/t:$PATH\n"}, "/t:/usr/bin:/bin", "", "", 0},
		{"unknown program", `eval "$(tool env)"`, []string{"/usr/bin/tool", "x"}, "/usr/bin:/bin", "", "", 1},
		{"lesspipe", `[ -x /usr/bin/lesspipe ] && eval "$(SHELL=/bin/sh lesspipe)"`, []string{"/usr/bin/lesspipe", "x"}, "/usr/bin:/bin", "", "", 0},
		{"g", `. "$HOME/.g/env"`, []string{"/home/gopher/.g/env", "export GOROOT=\"${HOME}/.g/go\"\nexport PATH=\"${HOME}/.g/bin:${GOROOT}/bin:$PATH\"\n"},
			"/home/gopher/.g/bin:/home/gopher/.g/go/bin:/usr/bin:/bin", "GOROOT=/home/gopher/.g/go", "", 0},
	} {
		m := machine{}
		for i := 0; i+1 < len(c.files); i += 2 {
			m[c.files[i]] = c.files[i+1]
		}
		r := play("bash", c.script, m)
		if got := dirs(r.Path); got != c.path {
			t.Errorf("%s: PATH %s, want %s", c.name, got, c.path)
		}
		for _, kv := range strings.Fields(c.vars) {
			name, want, _ := strings.Cut(kv, "=")
			got := ""
			if v := r.Vars[name]; v != nil {
				got = v.Value
			}
			if got != want {
				t.Errorf("%s: %s=%s, want %s", c.name, name, got, want)
			}
		}
		missing := ""
		if len(r.Missing) > 0 {
			missing = r.Missing[0].What
		}
		if missing != c.missing || len(r.Gaps) != c.gaps {
			t.Errorf("%s: missing %q, gaps %v", c.name, missing, r.Gaps)
		}
	}
}

func TestEnvironmentFile(t *testing.T) {
	src := "# c\nPATH=\"/a:/b b\"\r\n  export GOPATH=/g # x\nbad line\nA='q'\nB=$HOME\nC=\n1-=x"
	got := ReadEnvironmentFile(host.DecodeFile(host.FileLoc("/etc/environment", 0), []byte(src)))
	want := []struct{ name, value, raw, at string }{
		{"PATH", "/a:/b b", `"/a:/b b"`, "/etc/environment:2:6"},
		{"GOPATH", "/g", "/g", "/etc/environment:3:17"},
		{"A", "q", "'q'", "/etc/environment:5:3"},
		{"B", "$HOME", "$HOME", "/etc/environment:6:3"},
		{"C", "", "", "/etc/environment:7:3"},
	}
	if len(got) != len(want) {
		t.Fatalf("%d assignments, want %d", len(got), len(want))
	}
	for i, w := range want {
		a := got[i]
		if a.Name != w.name || a.Value != w.value || a.Raw != w.raw || a.At.String() != w.at || src[a.Start:a.End] != w.raw {
			t.Errorf("assignment %d is %+v, want %+v", i, a, w)
		}
	}
	list := got[0].Entries()
	if len(list) != 2 || list[1].Dir != "/b b" || src[list[1].Start:list[1].End] != "/b b" || list[1].At.String() != "/etc/environment:2:10" {
		t.Errorf("entries are %+v", list)
	}
}

func TestLoginFile(t *testing.T) {
	for _, c := range []struct {
		shell, have, want string
	}{
		{"/bin/bash", "", "/home/gopher/.profile"},
		{"/bin/bash", "/home/gopher/.bash_login", "/home/gopher/.bash_login"},
		{"/bin/zsh", "", "/home/gopher/.zprofile"},
		{"/bin/dash", "/home/gopher/.bash_login", "/home/gopher/.profile"},
		{"/usr/bin/fish", "", "/home/gopher/.config/fish/conf.d/go.fish"},
	} {
		if got := LoginFile(machine{c.have: ""}.fs(), linux, c.shell); got != c.want {
			t.Errorf("%s with %q: %s, want %s", c.shell, c.have, got, c.want)
		}
	}
}

func TestUnsupported(t *testing.T) {
	r := Run(FS{}, linux, "/usr/bin/nu", Mode{Login: true}, []string{"A=b", "PATH=/x:/y"})
	if !r.Unsupported || len(r.Gaps) != 1 || r.Vars["A"].Value != "b" || dirs(r.Path) != "/x:/y" {
		t.Errorf("%+v", r)
	}
}

// Limits: none of these may crash, hang or lose the assignment before them.
func TestLimits(t *testing.T) {
	big := 1 << 20
	for name, s := range map[string]string{
		"parens": strings.Repeat("(", 4*big), "substitutions": strings.Repeat("$(", 2*big), "ifs": strings.Repeat("if ", big), "braces": strings.Repeat("{ ", 2*big),
		"params": strings.Repeat("${a:-", big/2), "pipes": strings.Repeat("a|", 2*big), "ands": strings.Repeat("a&&", big), "minus": "((" + strings.Repeat("-", 4*big),
		"power": "((" + strings.Repeat("2**", big), "assign": "((" + strings.Repeat("a=", big), "cases": strings.Repeat("case a in a) ", big/4), "nul": strings.Repeat("\x00", big),
		"line": "Y=" + strings.Repeat("a", 3*big), "double": "Y=aaaaaaaa" + strings.Repeat("; Y=$Y$Y", 1000), "recursion": "f() { f; f; }; f", "self": ". " + rc,
		"loop": "for i in $Y; do :; done; while true; do :; done", "evals": "e() { eval 'e'; }; e", "lines": strings.Repeat("Y=a\n", big/2),
		"stars": "Y=" + strings.Repeat("a", 5000) + "; Z=${Y%%" + strings.Repeat("*a", 100) + "b}", "shift": "shift 99999999999999999999; return 99999999999999999999999",
		"words": "for i in " + strings.Repeat("a ", big/2) + "; do Y=$i; done", "quotes": strings.Repeat(`"$("`, 100000), "fors": strings.Repeat("for a in b;do ", 49000/3),
		"deep": strings.Repeat("{ ", 40000) + "a" + strings.Repeat(" ;}", 40000), "deepand": strings.Repeat("a&&", 24000) + "a", "funcs": strings.Repeat("a() ", 40000) + ":",
	} {
		for _, sh := range []string{"bash", "zsh"} {
			r := play(sh, "X=1\n"+s, nil)
			if v := r.Vars["X"]; v == nil || v.Value != "1" {
				if len(r.Gaps) == 0 {
					t.Errorf("%s: %s: X is lost without a gap", sh, name)
				}
			}
		}
	}
}

func FuzzRun(f *testing.F) {
	for _, s := range []string{"export PATH=$PATH:/x", "if [ -d ~ ]; then . /etc/profile; fi", "case $- in *i*) ;; *) return;; esac", "path=(a $path)", "X=${Y//a/b}\r\n",
		"f() { local a=$1; eval \"$a\"; }; f 'PATH=/y:$PATH'", "for i in /etc/*; do X=$i; done", "\xff\xfeP\x00", "eval \"$(brew shellenv)\"", "[[ a =~ b || -n c ]] && X=$((1+2))",
		"PATH=\"$(echo a)\":'b':\"c\"\\:d", "declare -x A=(b c) D", "typeset -U path; X=$path[1]", "unset PATH; PATH+=a", "set -- a b; X=\"$@\"; shift; X=$*"} {
		f.Add(s, uint8(0))
		f.Add(s, uint8(5))
	}
	f.Fuzz(func(t *testing.T, s string, kind uint8) {
		sh := []string{"bash", "zsh", "dash"}[kind%3]
		m := machine{rc: s, "/etc/profile": s}
		r := RunFile(m.fs(), linux, sh, Mode{Interactive: kind&4 != 0}, []string{"HOME=/home/gopher", "PATH=/usr/bin:/bin"}, rc)
		for _, a := range r.Assigns {
			if a.Text == nil || a.Start < 0 || a.End < a.Start || a.End > len(a.Text.S) || a.StmtStart > a.StmtEnd || a.StmtEnd > len(a.Text.S) {
				t.Fatalf("%q: %+v", s, a)
			}
			for _, e := range a.Entries() {
				check(t, s, e)
			}
		}
		for _, e := range r.Path {
			check(t, s, e)
		}
	})
}

func check(t *testing.T, s string, e PathEntry) {
	if e.Start >= 0 && (e.In == nil || e.End < e.Start || e.End > len(e.In.S) || e.In.S[e.Start:e.End] != e.Text) {
		t.Fatalf("%q: %+v", s, e)
	}
}

func FuzzReadEnvironmentFile(f *testing.F) {
	f.Add("PATH=\"/a:/b\"\nexport A=b # c\n'=\n=x\nA=\"")
	f.Fuzz(func(t *testing.T, s string) {
		for _, a := range ReadEnvironmentFile(&host.Text{At: host.FileLoc("/etc/environment", 0), S: s}) {
			if s[a.Start:a.End] != a.Raw {
				t.Fatalf("%q: %+v", s, a)
			}
			for _, e := range a.Entries() {
				check(t, s, e)
			}
		}
	})
}

func BenchmarkDebian(b *testing.B) {
	m := load(b, "debian")
	f := m.fs()
	for b.Loop() {
		Run(f, linux, "bash", Mode{Login: true}, []string{"HOME=/home/gopher", "PATH=/usr/bin:/bin"})
	}
}
