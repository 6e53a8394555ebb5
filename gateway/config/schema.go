package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema returns the JSON Schema (draft 2020-12) of a site file, for editors.
// It is made from the same shapes that the loader checks, so what the schema
// refuses, the loader refuses too; the loader also knows what no schema can
// say, such as references and overlapping registers.
func Schema() ([]byte, error) {
	s := schemaOf(reflect.TypeFor[siteFile]())
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = "Steward site file"
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("JSON Schema of the site file: %w", err)
	}
	return append(out, '\n'), nil
}

// schemaOf describes a struct of the shapes.
func schemaOf(t reflect.Type) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: map[string]*jsonschema.Schema{}, AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}}}
	for _, f := range fieldsOf(t) {
		s.Properties[f.name] = describe(t.FieldByIndex(f.index).Type, f.rules)
		s.PropertyOrder = append(s.PropertyOrder, f.name)
		if f.need {
			s.Required = append(s.Required, f.name)
		}
	}
	return s
}

func describe(t reflect.Type, r rules) *jsonschema.Schema {
	s := typed(t, r)
	s.Description = r.doc
	if r.min != "" && s.Minimum == nil {
		s.Description += "; at least " + r.min
	}
	if r.max != "" && s.Maximum == nil {
		s.Description += "; at most " + r.max
	}
	if r.example != "" {
		s.Examples = []any{r.example}
	}
	if r.preset != "" {
		s.Default = json.RawMessage(strconv.Quote(r.preset))
		if s.Type == "integer" || s.Type == "number" || s.Type == "boolean" {
			s.Default = json.RawMessage(r.preset)
		}
	}
	return s
}

func typed(t reflect.Type, r rules) *jsonschema.Schema {
	if v, ok := reflect.New(t).Interface().(value); ok {
		return v.schema(r)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typed(t.Elem(), r)
	case reflect.Slice:
		return &jsonschema.Schema{Type: "array", Items: typed(t.Elem(), rules{name: r.name})}
	}
	return schemaOf(t)
}

// textSchema is that of a text. Numbers are taken as they are written.
func textSchema(pattern string) *jsonschema.Schema {
	return &jsonschema.Schema{Types: []string{"string", "number"}, Pattern: pattern}
}

func (t *text) schema(r rules) *jsonschema.Schema {
	if r.enum == "" {
		return textSchema("")
	}
	s := &jsonschema.Schema{Type: "string"}
	for o := range strings.SplitSeq(r.enum, ",") {
		s.Enum = append(s.Enum, o)
	}
	return s
}

func (t *integer) schema(r rules) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "integer", Minimum: bound(r.min), Maximum: bound(r.max)}
}

func bound(s string) *float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil
	}
	return &f
}

func (t *duration) schema(rules) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^-?([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h|d))+$`}
}

func (t *names) schema(rules) *jsonschema.Schema {
	one := textSchema("")
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{one, {
		Type:                 "object",
		Properties:           map[string]*jsonschema.Schema{"zh": textSchema(""), "en": textSchema("")},
		PropertyOrder:        []string{"zh", "en"},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}}}
}

func (t *pairs) schema(rules) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{Types: []string{"string", "number", "boolean"}}}
}

func (t *ident) schema(rules) *jsonschema.Schema  { return textSchema(idPattern) }
func (t *number) schema(rules) *jsonschema.Schema { return &jsonschema.Schema{Type: "number"} }
func (t *toggle) schema(rules) *jsonschema.Schema { return &jsonschema.Schema{Type: "boolean"} }
func (t *size) schema(rules) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: sizePattern}
}
func (t *secret) schema(rules) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: "^" + envMark.String() + "$"}
}
func (t *path) schema(rules) *jsonschema.Schema     { return textSchema("") }
func (t *listen) schema(rules) *jsonschema.Schema   { return textSchema(`:[0-9]+$`) }
func (t *address) schema(rules) *jsonschema.Schema  { return textSchema(`^[a-z0-9+]+:`) }
func (t *zone) schema(rules) *jsonschema.Schema     { return textSchema("") }
func (t *filter) schema(rules) *jsonschema.Schema   { return textSchema("") }
func (t *jsonPath) schema(rules) *jsonschema.Schema { return textSchema("") }
func (t *raw) schema(rules) *jsonschema.Schema {
	return &jsonschema.Schema{Types: []string{"string", "number", "boolean"}}
}
