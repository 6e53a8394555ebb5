package strict

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema returns the JSON Schema (draft 2020-12) of a file with the shape T,
// for editors. It is made from the same tags that the decoder checks, so what
// the schema refuses, the decoder refuses too.
func Schema[T any](title string) ([]byte, error) {
	s := schemaOf(reflect.TypeFor[T]())
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = title
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("JSON Schema of the %s: %w", title, err)
	}
	return append(out, '\n'), nil
}

// SchemaOf is the schema of a shape within a file, for leaves that hold one.
func SchemaOf[T any]() *jsonschema.Schema { return schemaOf(reflect.TypeFor[T]()) }

// schemaOf describes a struct of the shapes.
func schemaOf(t reflect.Type) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: map[string]*jsonschema.Schema{}, AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}}}
	for _, f := range fieldsOf(t) {
		s.Properties[f.Name] = describe(t.FieldByIndex(f.index).Type, f.Tags)
		s.PropertyOrder = append(s.PropertyOrder, f.Name)
		if f.Need {
			s.Required = append(s.Required, f.Name)
		}
	}
	return s
}

func describe(t reflect.Type, r Tags) *jsonschema.Schema {
	s := typed(t, r)
	s.Description = r.Doc
	if r.Min != "" && s.Minimum == nil {
		s.Description += "; at least " + r.Min
	}
	if r.Max != "" && s.Maximum == nil {
		s.Description += "; at most " + r.Max
	}
	if r.Example != "" {
		s.Examples = []any{r.Example}
	}
	if r.Default != "" {
		s.Default = json.RawMessage(strconv.Quote(r.Default))
		if s.Type == "integer" || s.Type == "number" || s.Type == "boolean" {
			s.Default = json.RawMessage(r.Default)
		}
	}
	return s
}

func typed(t reflect.Type, r Tags) *jsonschema.Schema {
	if v, ok := reflect.New(t).Interface().(Leaf); ok {
		return v.Schema(r)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typed(t.Elem(), r)
	case reflect.Slice:
		return &jsonschema.Schema{Type: "array", Items: typed(t.Elem(), Tags{Name: r.Name})}
	}
	return schemaOf(t)
}

// TextSchema is that of a text. Numbers are taken as they are written.
func TextSchema(pattern string) *jsonschema.Schema {
	return &jsonschema.Schema{Types: []string{"string", "number"}, Pattern: pattern}
}

// Schema implements Leaf.
func (t *Text) Schema(r Tags) *jsonschema.Schema {
	if r.Enum == "" {
		return TextSchema("")
	}
	s := &jsonschema.Schema{Type: "string"}
	for o := range strings.SplitSeq(r.Enum, ",") {
		s.Enum = append(s.Enum, o)
	}
	return s
}

// Schema implements Leaf.
func (t *Integer) Schema(r Tags) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "integer", Minimum: bound(r.Min), Maximum: bound(r.Max)}
}

func bound(s string) *float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil
	}
	return &f
}

// Schema implements Leaf.
func (t *Duration) Schema(Tags) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^-?([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h|d))+$`}
}

// Schema implements Leaf.
func (t *Names) Schema(Tags) *jsonschema.Schema {
	one := TextSchema("")
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{one, {
		Type:                 "object",
		Properties:           map[string]*jsonschema.Schema{"zh": TextSchema(""), "en": TextSchema("")},
		PropertyOrder:        []string{"zh", "en"},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}}}
}

// Schema implements Leaf.
func (t *Ident) Schema(Tags) *jsonschema.Schema { return TextSchema(IDPattern) }

// Schema implements Leaf.
func (t *Number) Schema(Tags) *jsonschema.Schema { return &jsonschema.Schema{Type: "number"} }

// Schema implements Leaf.
func (t *Toggle) Schema(Tags) *jsonschema.Schema { return &jsonschema.Schema{Type: "boolean"} }

// Schema implements Leaf.
func (t *Size) Schema(Tags) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: sizePattern}
}

// Schema implements Leaf.
func (t *Secret) Schema(Tags) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: "^" + envMark.String() + "$"}
}

// Schema implements Leaf.
func (t *Raw) Schema(Tags) *jsonschema.Schema {
	return &jsonschema.Schema{Types: []string{"string", "number", "boolean"}}
}
