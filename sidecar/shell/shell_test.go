package shell

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// machine is a file system in memory. A name that ends in / is a directory, a value "-> x" a link.
type machine map[string]string

func (m machine) has(name string) (dir, ok bool) {
	if _, ok := m[name]; ok {
		return false, true
	}
	if _, ok := m[name+"/"]; ok || name == "/" {
		return true, true
	}
	for n := range m {
		if strings.HasPrefix(n, name+"/") {
			return true, true
		}
	}
	return false, false
}

func (m machine) resolve(name string) string {
	for range 10 {
		moved := false
		for i := 1; i <= len(name); i++ {
			if i < len(name) && name[i] != '/' {
				continue
			}
			if to, ok := strings.CutPrefix(m[name[:i]], "-> "); ok {
				if !path.IsAbs(to) {
					to = path.Join(path.Dir(name[:i]), to)
				}
				name, moved = path.Clean(to+name[i:]), true
				break
			}
		}
		if !moved {
			break
		}
	}
	return name
}

func (m machine) fs() FS {
	return FS{
		Read: func(name string) (*host.Text, error) {
			s, ok := m[m.resolve(name)]
			if !ok {
				return nil, fs.ErrNotExist
			}
			if s == "denied" {
				return nil, fs.ErrPermission
			}
			return host.DecodeFile(host.FileLoc(name, 0), []byte(s)), nil
		},
		Stat: func(name string) (host.FileInfo, error) {
			name = m.resolve(name)
			dir, ok := m.has(name)
			if !ok {
				return host.FileInfo{}, fs.ErrNotExist
			}
			fi := host.FileInfo{Name: path.Base(name), Mode: 0o755, Size: int64(len(m[name]))}
			if dir {
				fi.Mode |= fs.ModeDir
			}
			return fi, nil
		},
		List: func(dir string) ([]host.DirEntry, error) {
			var list []host.DirEntry
			seen := map[string]bool{}
			if d, ok := m.has(strings.TrimSuffix(dir, "/")); !ok || !d {
				return nil, fs.ErrNotExist
			}
			for n := range m {
				if rest, ok := strings.CutPrefix(n, strings.TrimSuffix(dir, "/")+"/"); ok && rest != "" {
					name, _, _ := strings.Cut(rest, "/")
					if !seen[name] {
						seen[name] = true
						list = append(list, host.DirEntry{Name: name})
					}
				}
			}
			slices.SortFunc(list, func(a, b host.DirEntry) int { return strings.Compare(a.Name, b.Name) })
			return list, nil
		},
		Output: func(argv ...string) (string, bool) {
			s, ok := m["$ "+strings.Join(argv, " ")]
			return s, ok
		},
		Link: func(name string) (string, error) {
			if to, ok := strings.CutPrefix(m[name], "-> "); ok {
				return to, nil
			}
			return "", fs.ErrNotExist
		},
	}
}

var (
	linux = host.System{OS: "linux", Arch: "amd64", User: "gopher", Home: "/home/gopher", UID: 1000, Style: host.StyleOf("linux")}
	mac   = host.System{OS: "darwin", Version: "26.1", Arch: "arm64", User: "gopher", Home: "/Users/gopher", UID: 501, Style: host.StyleOf("darwin")}
)

const rc = "/home/gopher/rc"

// play runs one script in bash with HOME and a PATH of /usr/bin and /bin.
func play(sh, script string, m machine) *Result {
	if m == nil {
		m = machine{}
	}
	m[rc] = script
	return RunFile(m.fs(), linux, sh, Mode{Interactive: true}, []string{"HOME=/home/gopher", "PATH=/usr/bin:/bin"}, rc)
}

func dirs(list []PathEntry) string {
	var s []string
	for _, e := range list {
		if !e.Known {
			s = append(s, "?")
			continue
		}
		s = append(s, e.Dir)
	}
	return strings.Join(s, ":")
}

func TestValue(t *testing.T) {
	for _, c := range []struct{ sh, script, want string }{
		{"bash", "X=a", "a"},
		{"bash", "X='a b'\"c d\"e\\ f", "a bc de f"},
		{"bash", `Y=1 X="$Y-${Y}-\$Y"`, "1-1-$Y"},
		{"bash", "X=${U:-d}", "d"},
		{"bash", "U=; X=${U-d}", ""},
		{"bash", "U=; X=${U:-d}", "d"},
		{"bash", "U=v; X=${U:+y}${W:+z}", "y"},
		{"bash", "U=; X=a${U+y}", "ay"},
		{"bash", ": ${X:=d}", "d"},
		{"bash", "Y=/a/b.c.d; X=${Y%.*}", "/a/b.c"},
		{"bash", "Y=/a/b.c.d; X=${Y%%.*}", "/a/b"},
		{"bash", "Y=/a/b.c.d; X=${Y#*/}", "a/b.c.d"},
		{"bash", "Y=/a/b.c.d; X=${Y##*/}", "b.c.d"},
		{"bash", "Y=a-b-c; X=${Y//-/_}", "a_b_c"},
		{"bash", "Y=a-b-c; X=${Y/-/_}", "a_b-c"},
		{"bash", "Y=a-b-c; X=${Y/#a/_}${Y/%c/_}", "_-b-ca-b-_"},
		{"bash", "Y=abc; X=${#Y}", "3"},
		{"bash", "Y=abcd; X=${Y:1:2}", "bc"},
		{"bash", "X=~/go", "/home/gopher/go"},
		{"bash", `X="~/go"`, "~/go"},
		{"bash", "X=a:~/go:~", "a:/home/gopher/go:/home/gopher"},
		{"bash", "X=$(id -u):$(id -un):$(whoami):$(uname -s):$(uname -m)", "1000:gopher:gopher:Linux:x86_64"},
		{"bash", "X=`echo a`", "a"},
		{"bash", "X=$((1 + 2 * 3))", "7"},
		{"bash", "X=$'a\\tb\\x41'", "a\tbA"},
		{"bash", "X=a; X+=b", "ab"},
		{"bash", "declare -x X=a", "a"},
		{"bash", "readonly X=a", "a"},
		{"bash", "f() { local X=b; X=c; }; X=a; f", "a"},
		{"bash", "f() { X=$1-$#-$2; }; f a b", "a-2-b"},
		{"bash", "f() { shift; X=$1; }; f a b", "b"},
		{"bash", "f() { X=a; return; X=b; }; f", "a"},
		{"bash", "set -- p q; X=$2", "q"},
		{"bash", "for i in a b c; do X=$X$i; done", "abc"},
		{"bash", "for i in a b c; do [ $i = b ] && break; X=$i; done", "a"},
		{"bash", "for i in a b; do for j in 1 2; do continue 2; done; X=$i; done", ""},
		{"bash", "Y='a b'; for i in $Y; do X=$i.$X; done", "b.a."},
		{"zsh", "Y='a b'; for i in $Y; do X=$i.$X; done", "a b."},
		{"bash", "for i in {a,b}; do X=$X$i; done", "ab"},
		{"bash", "if [ 1 -eq 1 ]; then X=a; else X=b; fi", "a"},
		{"bash", "if [ -z \"$HOME\" ]; then X=a; elif [ \"$HOME\" = /home/gopher ]; then X=b; else X=c; fi", "b"},
		{"bash", "case abc in x) X=1;; a*|y) X=2;; *) X=3;; esac", "2"},
		{"bash", "case a in a) X=1;& b) X=$X.2;; c) X=3;; esac", "1.2"},
		{"bash", "case $- in *i*) X=1;; esac", "1"},
		{"bash", "[[ $HOME == /home/* && ! -d /nope ]] && X=1", "1"},
		{"bash", "[[ a =~ ^[a-c]$ ]] && X=1", "1"},
		{"bash", "! false && X=1", "1"},
		{"bash", "false || X=1", "1"},
		{"bash", "[ -f /home/gopher/rc -a -d /home/gopher ] && X=1", "1"},
		{"bash", "[ ! -e /nope ] && [ -n $U ] && X=1", "1"},
		{"bash", "command -v nope >/dev/null 2>&1 || X=1", "1"},
		{"bash", "type go >/dev/null && X=1", "1"},
		{"bash", "X=$(command -v go)", "/usr/bin/go"},
		{"bash", "X=a; unset X; X=$X", ""},
		{"bash", "eval 'X=a; X=${X}b'", "ab"},
		{"bash", "if [ -n \"$BASH_VERSION\" ]; then X=1; fi", "1"},
		{"bash", "X=${BASH-no}", "/bin/bash"},
		{"dash", "X=${BASH-no}", "no"},
		{"zsh", "X=${ZSH_VERSION:+z}${BASH_VERSION:+b}", "z"},
		{"dash", "if [[ 1 = 1 ]]; then X=1; else X=2; fi", "2"},
		{"dash", "export X=$HOME:a", "/home/gopher:a"},
		{"zsh", "if (( $+commands[go] )); then X=1; else X=2; fi", "1"},
		{"zsh", "if (( ${+U} )); then X=1; else X=2; fi", "2"},
		{"bash", "a=(x y z); X=${a[1]}", "y"},
		{"zsh", "a=(x y z); X=$a[1]", "x"},
		{"bash", "X=\"a\r\nb\"", "a\r\nb"},
		{"bash", "X=a\r\nY=b", "a\r"},
		{"bash", "# caf\xe9\nX=\xe9a", "\xe9a"},
		{"bash", "X=a\nif true; then\n", "a"},
		{"bash", "X=a\nX=b; )\nX=c", "a"},
		{"bash", "\\. /home/gopher/lib", "lib"},
		{"bash", "X=a\n. /nope\n[ $? = 0 ] || X=b", "b"},
		{"bash", "echo \"$PATH\" | grep -q /usr/bin && X=1", "1"},
		{"bash", "f() { X=${1%/}; }; f /a/", "/a"},
		{"bash", "Y=a; { X=$Y; }", "a"},
		{"bash", "( X=a )", ""},
		{"bash", "Y=b true; X=$Y", ""},
	} {
		r := play(c.sh, c.script, machine{"/usr/bin/go": "x", "/home/gopher/lib": "X=lib"})
		v := r.Vars["X"]
		switch {
		case v == nil && c.want != "":
			t.Errorf("%s: %q: X is not set; gaps %v", c.sh, c.script, r.Gaps)
		case v != nil && (v.Value != c.want || !v.Known):
			t.Errorf("%s: %q: X=%q known %v, want %q; gaps %v", c.sh, c.script, v.Value, v.Known, c.want, r.Gaps)
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, script := range []string{
		"export X=$(nope-command)",
		"export X=a; if some_program; then X=b; fi; some_program=1",
		"/usr/bin/go version && export X=1",
		"while read l; do X=$l; done; export X",
		"read X; export X",
		"export X=a; case $(/usr/bin/go) in a) X=b;; esac",
		"export X=a; /usr/bin/go || return; X=b",
	} {
		r := play("bash", script, machine{"/usr/bin/go": "x", "/usr/bin/some_program": "x"})
		if v := r.Vars["X"]; v == nil || v.Known {
			t.Errorf("%q: X is %+v, want unknown", script, v)
		}
		if len(r.Gaps) == 0 && !strings.HasPrefix(script, "read") {
			t.Errorf("%q: no gap", script)
		}
	}
}

func TestPath(t *testing.T) {
	for _, c := range []struct{ sh, script, want, texts string }{
		{"bash", `export PATH="$PATH:/usr/local/go/bin:$HOME/go/bin"`, "/usr/bin:/bin:/usr/local/go/bin:/home/gopher/go/bin", "- - /usr/local/go/bin $HOME/go/bin"},
		{"bash", `PATH=$PATH:$(go env GOPATH)/bin`, "/usr/bin:/bin:/g/bin", "- - $(go env GOPATH)/bin"},
		{"bash", `PATH=$PATH:$(nope)/bin`, "/usr/bin:/bin:?", "- - $(nope)/bin"},
		{"bash", `PATH=~/bin:$PATH:`, "/home/gopher/bin:/usr/bin:/bin:", "~/bin - - @"},
		{"bash", `PATH="$HOME"/bin:"/a":$PATH`, "/home/gopher/bin:/a:/usr/bin:/bin", `"$HOME"/bin /a - -`},
		{"bash", `E=/x:/y; PATH=$PATH:$E`, "/usr/bin:/bin:/x:/y", "- - $E $E"},
		{"bash", `PATH=$PATH:$GOPATH/bin`, "/usr/bin:/bin:/bin", "- - $GOPATH/bin"},
		{"bash", `PATH="${PATH:+$PATH:}/x"`, "/usr/bin:/bin:/x", "- - /x"},
		{"bash", `PATH+=:/x`, "/usr/bin:/bin:/x", "- - /x"},
		{"bash", `PATH=${PATH//:\/bin/}:/x`, "/usr/bin:/x", "- /x"},
		{"bash", `O=$PATH; PATH=/x:$O`, "/x:/usr/bin:/bin", "/x - -"},
		{"bash", `p() { case ":$PATH:" in *:"$1":*) ;; *) PATH="$PATH:$1";; esac; }; p /x; p /bin; p "$HOME/y"`, "/usr/bin:/bin:/x:/home/gopher/y", "- - /x $HOME/y"},
		{"bash", `p() { PATH="$1/sub:$PATH"; }; p /x`, "/x/sub:/usr/bin:/bin", "$1/sub - -"},
		{"bash", `eval 'PATH=/x:$PATH'`, "/x:/usr/bin:/bin", "/x - -"},
		{"zsh", `path+=(/x $HOME/y)`, "/usr/bin:/bin:/x:/home/gopher/y", "- - /x $HOME/y"},
		{"zsh", `path=(/x "$HOME/y" $path)`, "/x:/home/gopher/y:/usr/bin:/bin", "/x $HOME/y - -"},
		{"zsh", `typeset -U path PATH; path=(/bin $path)`, "/bin:/usr/bin", "/bin -"},
		{"zsh", `path=($HOME(N) /nope(N-/) $path[@])`, "/home/gopher:/usr/bin:/bin", "$HOME - -"},
		{"bash", `PATH=$PATH:/mnt/c/Program\ Files/Go/bin`, "/usr/bin:/bin:/mnt/c/Program Files/Go/bin", `- - /mnt/c/Program\ Files/Go/bin`},
		{"bash", `PATH=`, "", ""},
		{"bash", "PATH=$PATH:/x\r\n", "/usr/bin:/bin:/x\r", "- - /x\r"},
		{"bash", `if some; then PATH=/x:$PATH; fi`, "/usr/bin:/bin", "- -"},
		{"bash", `if /usr/bin/go; then PATH=/x:$PATH; fi`, "/usr/bin:/bin", "- -"},
		{"bash", `for d in /x /y; do PATH=$PATH:$d; done`, "/usr/bin:/bin:/x:/y", "- - $d $d"},
	} {
		r := play(c.sh, c.script, machine{"$ go env GOPATH": "/g\n", "/usr/bin/go": "x"})
		if got := dirs(r.Path); got != c.want {
			t.Errorf("%s: %s: PATH %q, want %q; gaps %v", c.sh, c.script, got, c.want, r.Gaps)
		}
		var texts []string
		for _, e := range r.Path {
			switch {
			case e.By == nil:
				texts = append(texts, "-")
				continue
			case e.Text == "":
				texts = append(texts, "@")
			default:
				texts = append(texts, e.Text)
			}
			if e.Start >= 0 && e.In.S[e.Start:e.End] != e.Text {
				t.Errorf("%s: %s: entry %q stands at %q", c.sh, c.script, e.Text, e.In.S[e.Start:e.End])
			}
		}
		if got := strings.Join(texts, " "); got != c.texts {
			t.Errorf("%s: %s: entries %q, want %q", c.sh, c.script, got, c.texts)
		}
	}
}

func TestAssign(t *testing.T) {
	script := "# x\nexport GOROOT='/usr/local/go' # old\nif [ -d \"$HOME\" ]; then\n  GOPATH=$HOME/go\n  export PATH=/x:$PATH\nfi\nexport A=1 B=2\nif true; then\n\tC=3\nfi\nset -a; D=4\n[ -d /home ] && E=5\n"
	r := play("bash", script, nil)
	want := []struct {
		name, value, raw, at, cond                string
		export, exported, alone, prepend, append_ bool
	}{
		{"GOROOT", "/usr/local/go", "'/usr/local/go'", rc + ":2:15", "", true, true, true, false, false},
		{"GOPATH", "/home/gopher/go", "$HOME/go", rc + ":4:10", `[ -d "$HOME" ]`, false, false, true, false, false},
		{"PATH", "/x:/usr/bin:/bin", "/x:$PATH", rc + ":5:15", `[ -d "$HOME" ]`, true, true, true, true, false},
		{"A", "1", "1", rc + ":7:10", "", true, true, false, false, false},
		{"B", "2", "2", rc + ":7:14", "", true, true, false, false, false},
		{"C", "3", "3", rc + ":9:4", "true", false, false, false, false, false},
		{"D", "4", "4", rc + ":11:11", "", false, true, false, false, false},
		{"E", "5", "5", rc + ":12:19", "[ -d /home ]", false, true, false, false, false},
	}
	if len(r.Assigns) != len(want) {
		t.Fatalf("%d assignments, want %d", len(r.Assigns), len(want))
	}
	for i, w := range want {
		a := r.Assigns[i]
		got := w
		got.name, got.value, got.raw, got.at, got.cond = a.Name, a.Value, a.Raw, a.At.String(), a.Cond
		got.export, got.exported, got.alone, got.prepend, got.append_ = a.Export, a.Exported, a.Alone, a.Prepend, a.Append
		if got != w {
			t.Errorf("assignment %d is\n%+v, want\n%+v", i, got, w)
		}
		if s := a.Text.S[a.Start:a.End]; s != a.Raw {
			t.Errorf("%s: value stands at %q", a.Name, s)
		}
	}
	if a := r.Assigns[0]; script[a.StmtStart:a.StmtEnd] != "export GOROOT='/usr/local/go'" {
		t.Errorf("statement is %q", script[a.StmtStart:a.StmtEnd])
	}
}

func TestBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no bash of its own to compare with")
	}
	if err != nil {
		t.Fatal("bash, which this test compares with, is missing")
	}
	dir := t.TempDir()
	for _, script := range []string{
		`PATH="$PATH:/usr/local/go/bin:$HOME/go/bin"`, `PATH=~/bin:$PATH:`, `PATH="$HOME"/bin:"/a":$PATH`, `E=/x:/y; PATH=$PATH:$E`,
		`PATH="${PATH:+$PATH:}/x"`, `PATH+=:/x`, `PATH=${PATH//:\/bin/}:/x`, `PATH=${PATH%:*}`, `PATH=${PATH#*:}`, `PATH=${PATH##*/}`,
		`p() { case ":$PATH:" in *:"$1":*) ;; *) PATH="$PATH:$1";; esac; }; p /x; p /bin; p "$HOME/y"`,
		`for d in a "b c" ''; do PATH=$PATH:$d; done`, `set -- 1 2 3; shift 2; PATH=$*`, `PATH=a\:b'c d'"e f"`, `PATH=$'\x41\n'`,
		`X="a  b"; set -- $X; PATH=$#$2`, `X=; PATH=a${X:-b}c${X-d}e${X:+f}g${X+h}`, `PATH=a; unset PATH; PATH=${PATH-none}`,
		`if [ a = b ]; then PATH=1; elif [ -n "$HOME" ]; then PATH=2; else PATH=3; fi`, `case foo.txt in *.txt) PATH=t;; esac`,
		`[[ foo == f* && -d / ]] && PATH=y`, `[ -z "" -a a != b ] && PATH=y`, `[ ! a = b ] && PATH=z`, `[ \( a = a \) -o b = c ] && PATH=w`,
		`f() { local PATH=inner; }; f; PATH=$PATH:o`, `f() { return 1; }; f || PATH=no`, `eval "PATH=\$HOME/x"`, `PATH=a; PATH=b true; PATH=$PATH:c`,
		`for i in 1 2 3; do [ $i = 2 ] && continue; PATH=$PATH$i; done`, `PATH=$((2*3+1))`, `a=(1 2 3); PATH=${a[0]}${#a[@]}`, `PATH=${#HOME}`,
		"PATH=a\r\n", `PATH=x{a,b}`, `for i in {a,b}c; do PATH=$PATH:$i; done`, `IFS=:; set -- $PATH; PATH=$1`, `PATH=${PATH/bin/BIN}`, `PATH=${HOME^^}`,
		`PATH=a'b'"c"\d$HOME`, `! true || PATH=n`, `true && false || PATH=q`, `PATH="a\"b\\c\d"`, "PATH=`echo a`", `declare PATH=d; export PATH`,
		`PATH=[a-c]; case b in $PATH) PATH=hit;; esac`, `case '*' in "*") PATH=star;; esac`, `case ab in a[!b]) PATH=1;; a[b]) PATH=2;; esac`,
		`PATH="a$(echo b)c"`, `PATH=a; { PATH=b; }; (PATH=c)`, `x=y; y=PATH; PATH=$x$y`, `PATH=~root/x`, `PATH=~:~/a`, `PATH="~"`, `PATH=a~`,
		`PATH=${NOPE:=set}$NOPE`, `PATH=${HOME:0:1}`, `PATH=a; false && PATH=b; PATH=$PATH$?`, `X=1; PATH=${X:+"a b"}`, `PATH='a
b'`,
	} {
		file := filepath.Join(dir, "rc")
		if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(bash, "--norc", "--noprofile", "-c", ". "+file+"; printf %s \"$PATH\"")
		cmd.Env = []string{"HOME=/root", "PATH=/usr/bin:/bin"}
		out, err := cmd.Output()
		if err != nil && len(out) == 0 {
			t.Errorf("%q: %v", script, err)
			continue
		}
		m := machine{rc: script}
		sys := linux
		sys.Home, sys.User, sys.UID = "/root", "root", 0
		r := RunFile(m.fs(), sys, "bash", Mode{}, cmd.Env, rc)
		v := r.Vars["PATH"]
		if v == nil || !v.Known || v.Value != string(out) {
			t.Errorf("%q: PATH is %+v, bash says %q; gaps %v", script, v, out, r.Gaps)
		}
	}
}
