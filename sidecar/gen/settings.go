package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// configure replaces contributes.configuration of the manifest; every other byte stays. Descriptions stand in package.nls.json.
func configure(manifest, settings []byte) ([]byte, error) {
	texts, err := settingTexts(settings)
	if err != nil {
		return nil, err
	}
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
	named := properties.text
	for _, t := range slices.Backward(texts) {
		named = slices.Concat(named[:t.start-properties.start], []byte(`"%`+t.key+`%"`), named[t.end-properties.start:])
	}
	text := fmt.Appendf(nil, `{"title": %s, "properties": %s}`, title.text, named)
	if err := json.Indent(&block, text, "    ", "  "); err != nil {
		return nil, fmt.Errorf("settings.schema.json: %w", err)
	}
	out := append([]byte{}, manifest[:old.start]...)
	out = append(out, block.Bytes()...)
	return append(out, manifest[old.end:]...), nil
}

// A settingText is a description in the schema of the settings, and its key in package.nls.json.
type settingText struct {
	key, text  string
	start, end int
}

// settingTexts are the descriptions in the order in which they stand.
func settingTexts(settings []byte) (list []settingText, err error) {
	properties, err := lookup(settings, "properties")
	if err != nil {
		return nil, fmt.Errorf("settings.schema.json: %w", err)
	}
	v, err := hujson.Parse(properties.text)
	if err != nil {
		return nil, err
	}
	add := func(key string, v *hujson.Value) {
		start, end := properties.start+v.StartOffset, properties.start+v.EndOffset
		list = append(list, settingText{key, v.Value.(hujson.Literal).String(), start, end})
	}
	object, _ := v.Value.(*hujson.Object)
	if object == nil {
		return nil, errors.New("settings.schema.json: properties is no object")
	}
	for _, p := range object.Members {
		key := "setting." + strings.TrimPrefix(p.Name.Value.(hujson.Literal).String(), "goEnv.")
		property, _ := p.Value.Value.(*hujson.Object)
		if property == nil {
			continue
		}
		var values []string
		for _, m := range property.Members {
			switch name := m.Name.Value.(hujson.Literal).String(); name {
			case "enum":
				if err := json.Unmarshal(properties.text[m.Value.StartOffset:m.Value.EndOffset], &values); err != nil {
					return nil, fmt.Errorf("settings.schema.json: %w", err)
				}
			case "description", "markdownDescription":
				add(key, &m.Value)
			case "enumDescriptions", "markdownEnumDescriptions":
				array, _ := m.Value.Value.(*hujson.Array)
				for i := range array.Elements {
					if i >= len(values) {
						return nil, fmt.Errorf("settings.schema.json: %s: enum has to come first, and to be as long as %s", key, name)
					}
					add(key+"."+values[i], &array.Elements[i])
				}
			}
		}
	}
	return list, nil
}

// nlsTexts writes the descriptions of the settings into the texts of the manifest; all others stay, in their order.
func nlsTexts(nls, settings []byte) ([]byte, error) {
	texts, err := settingTexts(settings)
	if err != nil {
		return nil, err
	}
	v, err := hujson.Parse(nls)
	if err != nil {
		return nil, fmt.Errorf("package.nls.json: %w", err)
	}
	object, _ := v.Value.(*hujson.Object)
	if object == nil {
		return nil, errors.New("package.nls.json: no object")
	}
	var out bytes.Buffer
	out.WriteString("{")
	member := func(key, text string) error {
		if out.Len() > 1 {
			out.WriteString(",")
		}
		out.WriteString("\n  ")
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		for i, s := range []string{key, text} {
			if err := enc.Encode(s); err != nil {
				return err
			}
			out.Truncate(out.Len() - 1) // the line end of Encode
			if i == 0 {
				out.WriteString(": ")
			}
		}
		return nil
	}
	for _, m := range object.Members {
		if key := m.Name.Value.(hujson.Literal).String(); !strings.HasPrefix(key, "setting.") {
			if err := member(key, m.Value.Value.(hujson.Literal).String()); err != nil {
				return nil, err
			}
		}
	}
	for _, t := range texts {
		if err := member(t.key, t.text); err != nil {
			return nil, err
		}
	}
	out.WriteString("\n}\n")
	return out.Bytes(), nil
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
