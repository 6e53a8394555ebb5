package book

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"

	"steward/gateway/strict"
)

// TestSchema holds the schema against files: what it refuses, the loader
// refuses too.
func TestSchema(t *testing.T) {
	data, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
	if err != nil {
		t.Fatal(err)
	}
	for file, good := range map[string]bool{"good/brief": true, "bad/names": false, "bad/limits": false, "bad/signals": false, "bad/overrides": false} {
		raw, err := os.ReadFile("testdata/" + file + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		asJSON, err := yaml.YAMLToJSON(raw)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(asJSON, &v); err != nil {
			t.Fatal(err)
		}
		if err := r.Validate(v); (err == nil) != good {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestTags reads every default through its field and sees that every key
// says what it is for.
func TestTags(t *testing.T) {
	seen, err := strict.Audit(&fileBlock{}, &paramBlock{}, &letBlock{})
	if err != nil || seen < 9 {
		t.Errorf("saw %d shapes: %v", seen, err)
	}
}
