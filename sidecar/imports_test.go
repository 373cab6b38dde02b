package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/go-env-doctor/go-env-doctor/"

// imports is what each package may import of this module: its own folder, and these folders with what is below them.
// Imports point down only.
var imports = map[string][]string{
	"sidecar":          {"docs", "sidecar/server", "sidecar/doctor", "sidecar/report", "sidecar/scenario", "sidecar/explain", "sidecar/rules", "sidecar/fix", "sidecar/goenv", "sidecar/host", "sidecar/l10n"},
	"sidecar/gen":      {"sidecar/doctor", "sidecar/rules"},
	"sidecar/server":   {"docs", "sidecar/document", "sidecar/scenario", "sidecar/explain", "sidecar/report", "sidecar/doctor", "sidecar/rules", "sidecar/fix", "sidecar/wire", "sidecar/facts", "sidecar/goenv", "sidecar/host", "sidecar/l10n"},
	"sidecar/document": {"sidecar/doctor", "sidecar/winenv", "sidecar/facts", "sidecar/goenv", "sidecar/host", "sidecar/l10n"},
	"sidecar/explain":  nil,
	"sidecar/report":   {"docs", "sidecar/explain", "sidecar/doctor", "sidecar/rules", "sidecar/wire", "sidecar/facts", "sidecar/goenv", "sidecar/host", "sidecar/l10n"},
	"sidecar/doctor":   {"probes", "sidecar/rules", "sidecar/fix", "sidecar/goenv", "sidecar/facts", "sidecar/host", "sidecar/l10n"},
	"sidecar/rules":    {"sidecar/facts", "sidecar/winenv", "sidecar/goenv", "sidecar/installs", "sidecar/host", "sidecar/l10n"},
	"sidecar/fix":      {"sidecar/host", "sidecar/l10n"},
	"sidecar/scenario": {"sidecar/winenv", "sidecar/facts", "sidecar/host"},
	"probes":           {"sidecar/goenv", "sidecar/shell", "sidecar/winenv", "sidecar/installs", "sidecar/facts", "sidecar/host"},
	"sidecar/goenv":    {"sidecar/installs", "sidecar/facts", "sidecar/host"},
	"sidecar/shell":    {"sidecar/installs", "sidecar/facts", "sidecar/host"},
	"sidecar/winenv":   {"sidecar/installs", "sidecar/facts", "sidecar/host"},
	"sidecar/facts":    {"sidecar/installs", "sidecar/host"},
	"sidecar/l10n":     nil,
	"sidecar/installs": nil,
	"sidecar/wire":     nil,
	"sidecar/host":     nil,
	"docs":             nil,
}

// only names packages outside this module, with what is below them, that have a few homes. The operating system is data:
// what asks it stays in these folders. Nothing opens a connection.
var only = map[string][]string{
	"os":                  {"sidecar", "sidecar/host", "sidecar/gen", "sidecar/fix"},
	"path/filepath":       {"sidecar", "sidecar/host", "sidecar/gen", "sidecar/fix"},
	"runtime":             {"sidecar", "sidecar/host", "sidecar/gen", "sidecar/fix"},
	"syscall":             {"sidecar", "sidecar/host", "sidecar/gen", "sidecar/fix"},
	"golang.org/x/sys":    {"sidecar", "sidecar/host", "sidecar/gen", "sidecar/fix"},
	"go.lsp.dev":          {"sidecar/server"},
	"net":                 {},
	"crypto/tls":          {},
	"github.com/fsnotify": {"sidecar/host"},
}

// harmless lies below a package of only and does nothing of the kind.
var harmless = []string{"runtime/debug", "net/url", "net/netip", "net/mail", "net/textproto"}

// pure names the folders that know values of package host (Loc, Style, Text, Value) and never a machine.
var pure = []string{"sidecar/rules", "sidecar/facts", "sidecar/goenv", "sidecar/shell", "sidecar/winenv", "sidecar/installs", "sidecar/report"}

// TestImports holds the table. Test files may import what they like.
func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, tree := range []string{"sidecar", "probes", "docs"} {
		err := filepath.WalkDir(filepath.Join("..", tree), func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "testdata" {
				return filepath.SkipDir
			}
			if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			rel := strings.TrimPrefix(filepath.ToSlash(name), "../")
			home := owner(path.Dir(rel))
			if home == "" {
				t.Errorf("%s: its folder is not in the table", rel)
				return nil
			}
			seen[home] = true
			for _, problem := range check(file, path.Dir(rel), home) {
				t.Errorf("%s: %s", rel, problem)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) < 2 {
		t.Errorf("only %v was looked at", seen)
	}
}

// owner is the entry of the table that a folder belongs to: itself or the nearest above. "sidecar" owns no other folder.
func owner(dir string) string {
	for d := dir; d != "." && d != "sidecar"; d = path.Dir(d) {
		if _, ok := imports[d]; ok {
			return d
		}
	}
	if dir == "sidecar" {
		return dir
	}
	return ""
}

func check(file *ast.File, dir, home string) (problems []string) {
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return []string{err.Error()}
		}
		if own, ok := strings.CutPrefix(name, module); ok {
			if !below(own, home) && !slices.ContainsFunc(imports[home], func(allowed string) bool { return below(own, allowed) }) {
				problems = append(problems, home+" may not import "+own)
			}
			if home == "sidecar/rules" && dir != home && own != home && below(own, home) {
				problems = append(problems, "a group of rules may not import another, "+own)
			}
			continue
		}
		for pkg, homes := range only {
			if below(name, pkg) && !slices.Contains(homes, home) && !slices.Contains(harmless, name) {
				problems = append(problems, home+" may not import "+name)
			}
		}
	}
	if slices.Contains(pure, home) {
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "host" && (s.Sel.Name == "Host" || s.Sel.Name == "Local") {
					problems = append(problems, home+" may not know a machine: host."+s.Sel.Name)
				}
			}
			return true
		})
	}
	slices.Sort(problems)
	return problems
}

// below reports whether an import path is a folder or lies in it.
func below(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }

// TestCheck makes sure that the test above can fail.
func TestCheck(t *testing.T) {
	for _, test := range []struct{ dir, source, want string }{
		{"sidecar/rules/goroot", `import "os"`, "sidecar/rules may not import os"},
		{"sidecar/rules/goroot", `import "os/exec"`, "sidecar/rules may not import os/exec"},
		{"sidecar/rules/goroot", `import "` + module + `sidecar/rules/gopath"`, "a group of rules may not import another, sidecar/rules/gopath"},
		{"sidecar/rules/goroot", `import "` + module + `sidecar/rules"`, ""},
		{"sidecar/rules/goroot", `import "` + module + `sidecar/fix"`, "sidecar/rules may not import sidecar/fix"},
		{"sidecar/doctor", `import "go.lsp.dev/protocol"`, "sidecar/doctor may not import go.lsp.dev/protocol"},
		{"sidecar/server", `import "go.lsp.dev/protocol"`, ""},
		{"sidecar/host", `import ("os"; "net/http")`, "sidecar/host may not import net/http"},
		{"sidecar/host/hosttest", `import ("os"; "net/url")`, ""},
		{"sidecar/facts", `import "` + module + `sidecar/host"; var x host.Host`, "sidecar/facts may not know a machine: host.Host"},
		{"sidecar/facts", `import "` + module + `sidecar/host"; var x host.Loc`, ""},
		{"sidecar/host", `import "` + module + `sidecar/facts"`, "sidecar/host may not import sidecar/facts"},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x; "+test.source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(check(file, test.dir, owner(test.dir)), "; "); got != test.want {
			t.Errorf("%s with %s: got %q, want %q", test.dir, test.source, got, test.want)
		}
	}
	if owner("sidecar/util") != "" || owner("sidecar") != "sidecar" || owner("probes/x") != "probes" {
		t.Error("owner: a folder outside the table has one, or one in it has none")
	}
}
