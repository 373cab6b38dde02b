package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A catalog is a file with translations and the English texts that it has to have.
type catalog struct {
	file  string            // below the root, with slashes
	keys  map[string]string // English text by key
	parts func(string) []string
}

// catalogs lists every text that people read, and what is wrong with the places that it is read from.
func catalogs(root string) ([]catalog, []error) {
	texts, problems := goTexts(root)
	bundle, more := bundleTexts(root)
	problems = append(problems, more...)
	manifest, more := manifestTexts(root)
	problems = append(problems, more...)
	return []catalog{
		{"sidecar/l10n/zh-cn.json", texts, verbs},
		{"l10n/bundle.l10n.zh-cn.json", bundle, placeholders},
		{"package.nls.zh-cn.json", manifest, placeholders},
	}, problems
}

// read returns the translations of a catalog.
func (c catalog) read(root string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(c.file)))
	if err != nil {
		return nil, err
	}
	have := map[string]string{}
	if err := json.Unmarshal(text, &have); err != nil {
		return nil, fmt.Errorf("%s: %w", c.file, err)
	}
	return have, nil
}

// missing prints what has no translation yet, as JSON to be filled in.
func missing(root string) error {
	list, _ := catalogs(root)
	for _, c := range list {
		have, err := c.read(root)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		want := map[string]string{}
		for key, english := range c.keys {
			if have[key] == "" {
				want[key] = english
			}
		}
		if len(want) == 0 {
			continue
		}
		fmt.Println(c.file)
		enc := json.NewEncoder(os.Stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(want); err != nil {
			return err
		}
	}
	return nil
}

// A source is one Go file.
type source struct {
	name string // below the root, with slashes
	dir  string
	file *ast.File
}

// A speaker is a function whose parameter Index is the format of a text.
type speaker struct {
	dir   string // "" for an exported one, which any folder may call
	name  string
	index int
}

// A reader of sources collects the formats.
type extractor struct {
	fset     *token.FileSet
	speakers map[speaker]bool
	texts    map[string]string
	problems []error
}

// sentinels are the folders whose errors reach people: each errors.New is a text. In host only the named ones are.
var sentinels = []string{"sidecar/fix", "sidecar/doctor", "sidecar/host"}

// data are fields that hold a text, by the type of their literal. T may be called with such a field.
var data = map[string]string{"Gap": "Reason", "Install": "Remove"}

// goTexts finds the first argument of every T, of l10n.Errorf, and of the functions that hand a parameter on to one of these.
func goTexts(root string) (map[string]string, []error) {
	e := &extractor{fset: token.NewFileSet(), speakers: map[speaker]bool{{"", "T", 0}: true}, texts: map[string]string{}}
	var sources []source
	for _, tree := range []string{"sidecar", "probes"} {
		err := filepath.WalkDir(filepath.Join(root, tree), func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, name)
			rel = filepath.ToSlash(rel)
			if d.IsDir() && (d.Name() == "testdata" || rel == "sidecar/gen" || rel == "sidecar/l10n") {
				return filepath.SkipDir
			}
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(e.fset, name, nil, parser.SkipObjectResolution)
			sources = append(sources, source{rel, filepath.ToSlash(filepath.Dir(rel)), file})
			return err
		})
		if err != nil {
			return nil, []error{err}
		}
	}
	for n := -1; n != len(e.speakers); { // a function may hand on to one that is found later
		n = len(e.speakers)
		for _, s := range sources {
			e.visit(s, false)
		}
	}
	for _, s := range sources {
		e.visit(s, true)
	}
	return e.texts, e.problems
}

// visit looks at one file: for the functions that hand a parameter on, or at the end for the texts.
func (e *extractor) visit(s source, collect bool) {
	for _, d := range s.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			e.inspect(s, d, nil, "", collect)
			continue
		}
		if f.Body != nil {
			e.inspect(s, f.Body, f.Type.Params, f.Name.Name, collect)
		}
	}
}

// inspect looks below a node. params are those of the function around it, whose name it has.
func (e *extractor) inspect(s source, node ast.Node, params *ast.FieldList, name string, collect bool) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt: // a function in a variable: t := lang.T, or one that is written here
			for i, x := range n.Rhs {
				if sel, ok := x.(*ast.SelectorExpr); ok && len(n.Lhs) == len(n.Rhs) && e.format(s.dir, sel) >= 0 {
					if id, ok := n.Lhs[i].(*ast.Ident); ok {
						e.speakers[speaker{s.dir, id.Name, e.format(s.dir, sel)}] = true
					}
				}
				if f, ok := x.(*ast.FuncLit); ok && len(n.Lhs) == len(n.Rhs) && formats(f.Type.Params) {
					if id, ok := n.Lhs[i].(*ast.Ident); ok {
						e.inspect(s, f.Body, f.Type.Params, id.Name, collect)
						return false
					}
				}
			}
		case *ast.CallExpr:
			if i := e.format(s.dir, n.Fun); i >= 0 && i < len(n.Args) {
				e.take(s, n.Args[i], params, name, collect)
				if text, ok := literal(n.Args[i]); ok && collect && i == len(n.Args)-1 && strings.Contains(text, "%%") {
					e.problems = append(e.problems, fmt.Errorf("%s: a text without arguments is taken as it is: write %% once", e.at(n.Args[i])))
				}
			}
			if fun, ok := n.Fun.(*ast.SelectorExpr); ok && collect && fun.Sel.Name == "New" && isIdent(fun.X, "errors") && slices.Contains(sentinels, s.dir) {
				if text, ok := literal(n.Args[0]); ok && (s.dir != "sidecar/host" || name == "") {
					e.texts[text] = text
				}
			}
			if collect && strings.HasPrefix(s.dir, "sidecar/rules") {
				e.raw(n)
			}
		case *ast.CompositeLit:
			typ := typeName(n.Type)
			for _, x := range n.Elts {
				if lit, ok := x.(*ast.CompositeLit); ok && lit.Type == nil { // []Gap{{…}}
					if list, ok := n.Type.(*ast.ArrayType); ok {
						e.fields(s, lit, typeName(list.Elt), params, name, collect)
					}
				}
			}
			e.fields(s, n, typ, params, name, collect)
		}
		return true
	})
}

// fields takes the texts in a literal of a type that holds some. The fields of a fix must not be written in English.
func (e *extractor) fields(s source, lit *ast.CompositeLit, typ string, params *ast.FieldList, name string, collect bool) {
	for _, x := range lit.Elts {
		kv, ok := x.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, _ := kv.Key.(*ast.Ident)
		switch {
		case key == nil:
		case data[typ] == key.Name && typ == "Install":
			if text, ok := literal(kv.Value); ok && prose(text) {
				e.texts[text] = text
			}
		case data[typ] == key.Name:
			e.take(s, kv.Value, params, name, collect)
		case collect && typ == "Fix" && (key.Name == "Title" || key.Name == "Text"):
			e.english(kv.Value)
		}
	}
}

// take takes a format, or makes the function around it a speaker.
func (e *extractor) take(s source, arg ast.Expr, params *ast.FieldList, name string, collect bool) {
	if text, ok := literal(arg); ok {
		if text != "" && text != "%s" && (prose(text) || len(verbs(text)) > 0 || !strings.ContainsFunc(text, unicode.IsLetter)) { // not a mere command
			e.texts[text] = text
		}
		return
	}
	if id, ok := arg.(*ast.Ident); ok && name != "" {
		if i := position(params, id.Name); i >= 0 {
			sp := speaker{s.dir, name, i}
			if ast.IsExported(name) {
				sp.dir = ""
			}
			e.speakers[sp] = true
			return
		}
	}
	arg = ast.Unparen(arg)
	if call, ok := arg.(*ast.CallExpr); ok && (e.format(s.dir, call.Fun) >= 0 || typeName(call.Fun) == "Redact" || typeName(call.Fun) == "Error") { // a text already
		return
	}
	if sel, ok := arg.(*ast.SelectorExpr); ok {
		for _, field := range data {
			if sel.Sel.Name == field {
				return
			}
		}
	}
	if collect {
		e.problems = append(e.problems, fmt.Errorf("%s: the format of a text is not a literal", e.at(arg)))
	}
}

// format is the position of the format among the arguments of a call, -1 if it takes none.
func (e *extractor) format(dir string, fun ast.Expr) int {
	switch fun := fun.(type) {
	case *ast.Ident:
		return e.lookup(dir, fun.Name)
	case *ast.SelectorExpr:
		if isIdent(fun.X, "l10n") && fun.Sel.Name == "Errorf" {
			return 0
		}
		return e.lookup(dir, fun.Sel.Name)
	}
	return -1
}

func (e *extractor) lookup(dir, name string) int {
	for sp := range e.speakers {
		if sp.name == name && (sp.dir == "" || sp.dir == dir) {
			return sp.index
		}
	}
	return -1
}

// raw finds English in a rule that goes past the language: a Sprintf with words, or a text of Manual that is written down.
func (e *extractor) raw(call *ast.CallExpr) {
	fun, ok := call.Fun.(*ast.SelectorExpr)
	switch {
	case !ok:
	case isIdent(fun.X, "fmt") && strings.HasPrefix(fun.Sel.Name, "Sprint"):
		if text, ok := literal(call.Args[0]); ok && words(text) && !strings.HasPrefix(text, "export ") {
			e.problems = append(e.problems, fmt.Errorf("%s: a text that people read is formatted by T", e.at(call)))
		}
	case fun.Sel.Name == "Manual" && len(call.Args) == 4:
		e.english(call.Args[1])
		e.english(call.Args[2])
	}
}

// english reports words in an expression that no call stands around.
func (e *extractor) english(x ast.Expr) {
	ast.Inspect(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			return false
		case *ast.BasicLit:
			if text, ok := literal(n); ok && words(text) {
				e.problems = append(e.problems, fmt.Errorf("%s: a text that people read is formatted by T", e.at(n)))
			}
		}
		return true
	})
}

func (e *extractor) at(n ast.Node) string { return e.fset.Position(n.Pos()).String() }

// formats reports whether the last two parameters are a string and any number of values.
func formats(params *ast.FieldList) bool {
	if params.NumFields() < 2 {
		return false
	}
	_, ok := params.List[len(params.List)-1].Type.(*ast.Ellipsis)
	return ok
}

// position is that of a parameter, -1 if there is none of that name.
func position(params *ast.FieldList, name string) int {
	if params == nil {
		return -1
	}
	i := 0
	for _, f := range params.List {
		for _, id := range f.Names {
			if id.Name == name {
				return i
			}
			i++
		}
	}
	return -1
}

func isIdent(x ast.Expr, name string) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == name
}

// typeName is the name of a type or function without its package.
func typeName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}

// literal is the value of a string literal, or of several that are added.
func literal(x ast.Expr) (string, bool) {
	switch x := ast.Unparen(x).(type) {
	case *ast.BasicLit:
		if x.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(x.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		a, ok1 := literal(x.X)
		b, ok2 := literal(x.Y)
		return a + b, ok1 && ok2 && x.Op == token.ADD
	}
	return "", false
}

var code = regexp.MustCompile("(?m)^  go-env-doctor .*$|`[^`]*`|%(\\[\\d+\\])?[-+#0-9.]*[a-zA-Z]")

// prose reports whether a text says anything besides its arguments and code.
func prose(s string) bool {
	return strings.ContainsFunc(code.ReplaceAllString(s, ""), unicode.IsLetter)
}

// words reports whether a text has two of them.
func words(s string) bool { return prose(s) && strings.Contains(strings.TrimSpace(s), " ") }

var verb = regexp.MustCompile(`%[-+#0]*(\*|\d+)?(\.\d+)?(?:\[(\d+)\])?([a-zA-Z%])`)

// verbs are the arguments that a format prints, each with how: "1s", "2q".
func verbs(format string) []string {
	seen := map[string]bool{}
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[4] == "%" {
			continue
		}
		if m[3] != "" {
			next, _ = strconv.Atoi(m[3])
		}
		seen[strconv.Itoa(next)+m[4]] = true
		next++
	}
	return slices.Sorted(maps.Keys(seen))
}

var placeholder = regexp.MustCompile(`\{\w+\}|\]\((?:command|https?):[^)]*\)`)

// placeholders are the arguments of a text of the extension, and the links in it.
func placeholders(text string) []string {
	seen := map[string]bool{}
	for _, m := range placeholder.FindAllString(text, -1) {
		seen[m] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

var (
	bundleCall = regexp.MustCompile(`\bl10n\.t\(\s*(?:\{\s*message:\s*)?`)
	quoted     = regexp.MustCompile("^(?:'((?:[^'\\\\\n]|\\\\.)*)'|\"((?:[^\"\\\\\n]|\\\\.)*)\")")
)

// bundleTexts finds the literals of vscode.l10n.t in the extension.
func bundleTexts(root string) (map[string]string, []error) {
	texts := map[string]string{}
	var problems []error
	names, err := filepath.Glob(filepath.Join(root, "extension", "src", "*.ts"))
	if err != nil {
		return nil, []error{err}
	}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			return nil, []error{err}
		}
		for _, at := range bundleCall.FindAllIndex(source, -1) {
			m := quoted.FindSubmatch(source[at[1]:])
			if m == nil {
				problems = append(problems, fmt.Errorf("%s:%d: the text of l10n.t is not a literal", name, 1+strings.Count(string(source[:at[0]]), "\n")))
				continue
			}
			inner := strings.ReplaceAll(string(m[1])+strings.ReplaceAll(string(m[2]), `'`, `\'`), `\'`, `'`)
			text, err := strconv.Unquote(`"` + strings.ReplaceAll(strings.ReplaceAll(inner, `\"`, `"`), `"`, `\"`) + `"`)
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %s: %w", name, m[0], err))
				continue
			}
			texts[text] = text
		}
	}
	return texts, problems
}

// nls are the English texts of the manifest.
const nls = "package.nls.json"

// manifestTexts are the texts of the manifest by their keys. A key that nothing uses, and one that is not there, is a problem.
func manifestTexts(root string) (map[string]string, []error) {
	texts, err := catalog{file: nls}.read(root)
	if err != nil {
		return nil, []error{err}
	}
	manifest, err := os.ReadFile(filepath.Join(root, "package.json"))
	if err != nil {
		return nil, []error{err}
	}
	var problems []error
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`"%([^%"]+)%"`).FindAllSubmatch(manifest, -1) {
		key := string(m[1])
		if used[key] = true; texts[key] == "" {
			problems = append(problems, fmt.Errorf("package.json: %s has no %q", nls, key))
		}
	}
	for _, m := range regexp.MustCompile(`"(title|description|markdownDescription|label|contents|altText)": "([^%"][^"]*)"`).FindAllSubmatch(manifest, -1) {
		if string(m[2]) != "Go Env Doctor" {
			problems = append(problems, fmt.Errorf("package.json: %s is not in %s", m[0], nls))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		if !used[key] {
			problems = append(problems, fmt.Errorf("%s: nothing uses %q", nls, key))
		}
	}
	return texts, problems
}
