// Gen writes every file that is derived from another: the types of the wire for Go and TypeScript and the settings of the
// manifest from shared/schema, and the manual of the rules from their doc comments.
//
// Run it in the repository: go run ./sidecar/gen. With -check it writes nothing and fails if a file is stale; with -missing it prints
// the texts that still have to be translated.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	check := flag.Bool("check", false, "compare only, and fail if a file is stale")
	texts := flag.Bool("missing", false, "print the texts that have no Chinese yet, and write nothing")
	flag.Parse()
	root, err := repository()
	switch {
	case err != nil:
	case *texts:
		err = missing(root)
	default:
		err = generate(root, !*check)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// repository is the directory of go.mod, at or above the current one.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod at or above the current directory")
		}
		dir = up
	}
}

// generate brings the derived files of the repository at root up to date. Without write it changes nothing and returns an
// error that names each stale file.
func generate(root string, write bool) error {
	want, err := derive(root)
	if err != nil {
		return err
	}
	for _, folder := range []string{manual, chinese} {
		pages, err := filepath.Glob(filepath.Join(root, folder, "*.md"))
		if err != nil {
			return err
		}
		for _, page := range pages { // a page outlives its rule until somebody removes it
			if name := folder + "/" + filepath.Base(page); want[name] == nil {
				want[name] = nil
			}
		}
	}
	var stale []error
	for _, name := range slices.Sorted(maps.Keys(want)) {
		file := filepath.Join(root, filepath.FromSlash(name))
		have, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		switch {
		case err == nil && want[name] != nil && bytes.Equal(have, want[name]):
		case !write:
			stale = append(stale, fmt.Errorf("stale: %s; run go run ./sidecar/gen", name))
		case want[name] == nil:
			if err := os.Remove(file); err != nil {
				return err
			}
		default:
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(file, want[name], 0o644); err != nil {
				return err
			}
		}
	}
	return errors.Join(stale...)
}

// derive returns the text of each derived file by its name below root, with slashes.
func derive(root string) (map[string][]byte, error) {
	read := func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(root, filepath.FromSlash(name))) }
	want := map[string][]byte{}

	var schemas []*schema
	for _, name := range []string{"report", "wire"} {
		text, err := read("shared/schema/" + name + ".schema.json")
		if err != nil {
			return nil, err
		}
		s, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("reading %s.schema.json: %w", name, err)
		}
		schemas = append(schemas, s)
	}
	types, err := declarations(schemas)
	if err != nil {
		return nil, err
	}
	if want["sidecar/wire/wire_gen.go"], err = goTypes(types); err != nil {
		return nil, err
	}
	if want["extension/src/wire.ts"], err = tsTypes(types); err != nil {
		return nil, err
	}

	settings, err := read("shared/schema/settings.schema.json")
	if err != nil {
		return nil, err
	}
	manifest, err := read("package.json")
	if err != nil {
		return nil, err
	}
	if want["package.json"], err = configure(manifest, settings); err != nil {
		return nil, err
	}
	english, err := read(nls)
	if err != nil {
		return nil, err
	}
	if want[nls], err = nlsTexts(english, settings); err != nil {
		return nil, err
	}
	if want["docs/settings.md"], err = settingsPage(settings); err != nil {
		return nil, err
	}

	return want, rulePages(root, want)
}
