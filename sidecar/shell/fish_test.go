package shell

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/go-env-doctor/go-env-doctor/sidecar/host"
)

// fishFS is a machine with some files; every name that ends in /bin is a directory.
func fishFS(files map[string]string) FS {
	return FS{
		Read: func(name string) (*host.Text, error) {
			s, ok := files[name]
			if !ok {
				return nil, fs.ErrNotExist
			}
			return host.DecodeFile(host.FileLoc(name, 0), []byte(s)), nil
		},
		Stat: func(name string) (host.FileInfo, error) {
			if strings.HasSuffix(name, "/bin") {
				return host.FileInfo{Mode: fs.ModeDir | 0o755}, nil
			}
			return host.FileInfo{}, fs.ErrNotExist
		},
		List: func(dir string) (list []host.DirEntry, err error) {
			for name := range files {
				if rest, ok := strings.CutPrefix(name, dir+"/"); ok && !strings.Contains(rest, "/") {
					list = append(list, host.DirEntry{Name: rest})
				}
			}
			return list, nil
		},
	}
}

func TestFish(t *testing.T) {
	const conf = "/home/gopher/.config/fish/"
	tests := []struct {
		name, config string
		more         map[string]string
		want         string // PATH, "?" at the end where it is not known
		goroot       string // "-" not exported
	}{
		{"set", "set -gx PATH $PATH /usr/local/go/bin $HOME/go/bin # go", nil, "/usr/bin:/usr/local/go/bin:/home/gopher/go/bin", "-"},
		{"add", "fish_add_path /opt/go/bin ~/go/bin /nowhere\nfish_add_path -a /x/bin\nfish_add_path -a /x/bin", nil, "/opt/go/bin:/home/gopher/go/bin:/x/bin:/usr/bin", "-"},
		{"to PATH", "fish_add_path -aP /x/bin", nil, "/usr/bin:/x/bin", "-"},
		{"variable", "set -x GOROOT /opt/go\nset PATH $GOROOT/bin $PATH", nil, "/opt/go/bin:/usr/bin", "/opt/go"},
		{"not exported", "set GOROOT /opt/go", nil, "/usr/bin", "-"},
		{"exported later", "set GOROOT /opt/go\nset -x GOROOT", nil, "/usr/bin", "/opt/go"},
		{"erased", "set -x GOROOT /opt/go\nset -e GOROOT", nil, "/usr/bin", "-"},
		{"export", "export GOROOT=/opt/go", nil, "/usr/bin", "/opt/go"},
		{"interactive", "if status is-interactive\n set -gx PATH /x\nelse\n set -gx GOROOT /opt/go\nend", nil, "/usr/bin", "/opt/go"},
		{"login", "if status --is-login\n\tset -gx PATH $PATH /x\nend", nil, "/usr/bin:/x", "-"},
		{"test", "if test -d /y/bin\n fish_add_path /y/bin\nend\nif [ -d /z ]\n fish_add_path /z/bin\nend", nil, "/y/bin:/usr/bin", "-"},
		{"unknown test", "if type -q go\n set -gx PATH /x $PATH\nend", nil, "/x:/usr/bin?", "-"},
		{"one line", "if status is-login; fish_add_path /x/bin; end\nset -gx GOROOT /r", nil, "/usr/bin?", "/r"},
		{"function", "function go\n set -gx PATH /x\nend", nil, "/usr/bin", "-"},
		{"program", "mise activate fish | source", nil, "/usr/bin?", "-"},
		{"harmless program", "starship init fish | source", nil, "/usr/bin", "-"},
		{"brew", "eval (/opt/homebrew/bin/brew shellenv)", nil, "/opt/homebrew/bin:/opt/homebrew/sbin:/usr/bin", "-"},
		{"source", "source ~/.go.fish", map[string]string{"/home/gopher/.go.fish": "set -gx GOROOT '/r s'"}, "/usr/bin", "/r s"},
		{"snippet", "", map[string]string{conf + "conf.d/go.fish": "fish_add_path --append $HOME/go/bin\n"}, "/home/gopher/go/bin:/usr/bin", "-"},
		{"universal", "", map[string]string{conf + "fish_variables": "# VERSION: 3.0\nSETUVAR --export GOROOT:/opt/my\\x20go\nSETUVAR fish_user_paths:/a/bin\\x1e/b/bin\n"}, "/a/bin:/b/bin:/usr/bin", "/opt/my go"},
		{"loop", "source ~/.config/fish/config.fish", nil, "/usr/bin", "-"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := map[string]string{conf + "config.fish": test.config}
			for n, s := range test.more {
				files[n] = s
			}
			r := Run(fishFS(files), linux, "/usr/bin/fish", Mode{Login: true}, []string{"PATH=/usr/bin", "HOME=/home/gopher"})
			var list []string
			open := ""
			for _, e := range r.Path {
				if !e.Known && e.Dir == "" {
					open = "?"
				} else {
					list = append(list, e.Dir)
				}
				if e.Start >= 0 && !strings.Contains(e.In.S[e.Start:e.End], e.Text) {
					t.Errorf("%s is not at its place", e.Dir)
				}
			}
			if got := strings.Join(list, ":") + open; got != test.want {
				t.Errorf("PATH is %s, want %s", got, test.want)
			}
			goroot := "-"
			if v := r.Vars["GOROOT"]; v != nil && v.Exported {
				goroot = v.Value
			}
			if goroot != test.goroot {
				t.Errorf("GOROOT is %s, want %s", goroot, test.goroot)
			}
		})
	}
}

func FuzzFish(f *testing.F) {
	f.Add("set -gx PATH $PATH ~/go/bin\nif status is-login\nend", "SETUVAR --export A:b\\x1ec")
	f.Add("fish_add_path (go env GOPATH)/bin; and echo '", "SETUVAR")
	f.Fuzz(func(t *testing.T, config, universal string) {
		r := Run(fishFS(map[string]string{"/home/gopher/.config/fish/config.fish": config, "/home/gopher/.config/fish/fish_variables": universal}),
			linux, "fish", Mode{Interactive: true}, []string{"PATH=/usr/bin", "HOME=/home/gopher"})
		for _, a := range r.Assigns {
			if a.Start < 0 || a.End > len(a.Text.S) || a.Start > a.End || !slices.Contains([]string{"/home/gopher/.config/fish/config.fish", "/home/gopher/.config/fish/fish_variables"}, a.At.Path) {
				t.Fatalf("%s has no place: %d to %d", a.Name, a.Start, a.End)
			}
		}
	})
}
