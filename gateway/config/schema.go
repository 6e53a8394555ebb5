package config

import (
	"github.com/google/jsonschema-go/jsonschema"

	"steward/gateway/strict"
)

// Schema returns the JSON Schema (draft 2020-12) of a site file, for editors.
// It is made from the same shapes that the loader checks, so what the schema
// refuses, the loader refuses too; the loader also knows what no schema can
// say, such as references and overlapping registers.
func Schema() ([]byte, error) { return strict.Schema[siteFile]("Steward site file") }

// ProfileSchema is Schema for a device profile.
func ProfileSchema() ([]byte, error) { return strict.Schema[profileFile]("Steward device profile") }

func (t *pairs) Schema(strict.Tags) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{Types: []string{"string", "number", "boolean"}}}
}

func (t *path) Schema(strict.Tags) *jsonschema.Schema     { return strict.TextSchema("") }
func (t *listen) Schema(strict.Tags) *jsonschema.Schema   { return strict.TextSchema(`:[0-9]+$`) }
func (t *address) Schema(strict.Tags) *jsonschema.Schema  { return strict.TextSchema(`^[a-z0-9+]+:`) }
func (t *zone) Schema(strict.Tags) *jsonschema.Schema     { return strict.TextSchema("") }
func (t *filter) Schema(strict.Tags) *jsonschema.Schema   { return strict.TextSchema("") }
func (t *jsonPath) Schema(strict.Tags) *jsonschema.Schema { return strict.TextSchema("") }
