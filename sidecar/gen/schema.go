package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A schema is the part of JSON Schema 2020-12 that the files in shared/schema use.
type schema struct {
	Title                string
	Description          string
	Type                 string
	Ref                  string `json:"$ref"`
	Properties           members
	Required             []string
	Items                *schema
	AdditionalProperties *schema
	OneOf                []*schema // constants: const, title (name of the constant), description
	Const                any
	Default              any
	Enum                 []string
	EnumDescriptions     []string
	Scope                string  // of a setting
	MarkdownDescription  string  // of a setting
	Defs                 members `json:"$defs"`
}

// members is a JSON object of schemas in the order in which they are written.
type members []member

type member struct {
	name string
	*schema
}

func (m *members) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok {
			return fmt.Errorf("want an object, got %v", key)
		}
		s := new(schema)
		if err := d.Decode(s); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		*m = append(*m, member{name, s})
	}
	return nil
}

func parse(text []byte) (*schema, error) {
	s := new(schema)
	return s, json.Unmarshal(text, s)
}

// A declaration is one named type of the wire, in the order of the schemas.
type declaration struct {
	Name string
	*schema
	types map[string]*schema // every declaration by name
}

// declarations lists the types of the schemas: a schema with a title itself, and its definitions.
func declarations(schemas []*schema) ([]declaration, error) {
	types := map[string]*schema{}
	var list []declaration
	add := func(name string, s *schema) error {
		if types[name] != nil {
			return fmt.Errorf("two types are called %s", name)
		}
		if s.Description == "" {
			return fmt.Errorf("%s has no description", name)
		}
		types[name] = s
		list = append(list, declaration{name, s, types})
		return nil
	}
	for _, s := range schemas {
		if s.Title != "" {
			if err := add(s.Title, s); err != nil {
				return nil, err
			}
		}
		for _, d := range s.Defs {
			if err := add(exported(d.name), d.schema); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// reference is the type that a $ref leads to, and its name.
func (d declaration) reference(ref string) (string, *schema, error) {
	_, fragment, _ := strings.Cut(ref, "#/$defs/")
	if fragment == "" {
		fragment, _, _ = strings.Cut(ref, ".") // report.schema.json is Report
	}
	name := exported(fragment)
	if d.types[name] == nil {
		return "", nil, fmt.Errorf("%s: %s leads nowhere", d.Name, ref)
	}
	return name, d.types[name], nil
}

// optional reports whether a property may be absent.
func (d declaration) optional(name string) bool {
	return !slices.Contains(d.Required, name)
}

func exported(name string) string {
	switch name {
	case "id", "os":
		return strings.ToUpper(name)
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// paragraphs breaks a description into lines of at most width bytes. Lines that begin with a tab stay as they are.
func paragraphs(text string, width int) (lines []string) {
	for _, line := range strings.Split(text, "\n") {
		for len(line) > width && line[0] != '\t' {
			i := strings.LastIndexByte(line[:width+1], ' ')
			if i < 0 {
				break
			}
			lines, line = append(lines, line[:i]), line[i+1:]
		}
		lines = append(lines, line)
	}
	return lines
}
