package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tailscale/hujson"
)

// configure replaces contributes.configuration of the manifest; every other byte stays.
func configure(manifest, settings []byte) ([]byte, error) {
	title, err := lookup(settings, "title")
	if err != nil {
		return nil, fmt.Errorf("settings.schema.json: %w", err)
	}
	properties, err := lookup(settings, "properties")
	if err != nil {
		return nil, fmt.Errorf("settings.schema.json: %w", err)
	}
	old, err := lookup(manifest, "contributes", "configuration")
	if err != nil {
		return nil, fmt.Errorf("package.json: %w", err)
	}
	var block bytes.Buffer
	text := fmt.Appendf(nil, `{"title": %s, "properties": %s}`, title.text, properties.text)
	if err := json.Indent(&block, text, "    ", "  "); err != nil {
		return nil, fmt.Errorf("settings.schema.json: %w", err)
	}
	out := append([]byte{}, manifest[:old.start]...)
	out = append(out, block.Bytes()...)
	return append(out, manifest[old.end:]...), nil
}

// A span is a JSON value where it stands.
type span struct {
	text       []byte
	start, end int
}

func lookup(text []byte, path ...string) (span, error) {
	v, err := hujson.Parse(text)
	if err != nil {
		return span{}, err
	}
next:
	for _, name := range path {
		object, ok := v.Value.(*hujson.Object)
		if !ok {
			return span{}, errors.New("no " + strings.Join(path, "."))
		}
		for _, m := range object.Members {
			if m.Name.Value.(hujson.Literal).String() == name {
				v = m.Value
				continue next
			}
		}
		return span{}, errors.New("no " + strings.Join(path, "."))
	}
	return span{text[v.StartOffset:v.EndOffset], v.StartOffset, v.EndOffset}, nil
}

// settingsPage writes the page of the settings.
func settingsPage(settings []byte) ([]byte, error) {
	s, err := parse(settings)
	if err != nil {
		return nil, fmt.Errorf("reading settings.schema.json: %w", err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!-- %s -->\n\n# Settings\n", header)
	for _, p := range s.Properties {
		value, err := json.Marshal(p.Default)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "\n## `%s`\n\n%s\n\n- type: %s\n- default: `%s`\n- scope: %s\n", p.name, p.MarkdownDescription, p.Type, value, p.Scope)
		for i, v := range p.Enum {
			fmt.Fprintf(&b, "- `%q`: %s\n", v, p.EnumDescriptions[i])
		}
	}
	return b.Bytes(), nil
}
