package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"

	"steward/gateway/strict"
)

func resolved(t *testing.T) *jsonschema.Resolved {
	t.Helper()
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
	return r
}

var secretMark = regexp.MustCompile(`\$\{env:[A-Za-z_][A-Za-z0-9_]*\}`)

// instance reads YAML as an editor would, after secrets have been quoted and a
// number written that the library does not take for text.
func instance(t *testing.T, path string) any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := secretMark.ReplaceAllString(string(data), `"$0"`)
	text = strings.ReplaceAll(text, "1e-05", "0.00001")
	asJSON, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(asJSON, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSchemaTakesGoodFiles(t *testing.T) {
	r := resolved(t)
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("found %d good files: %v", len(files), err)
	}
	for _, f := range files {
		if err := r.Validate(instance(t, f)); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestSchemaRefusesBadFiles(t *testing.T) {
	r := resolved(t)
	for _, f := range []string{"unknown-keys", "intervals", "types", "missing", "limits", "stores", "topics", "bits"} {
		if err := r.Validate(instance(t, "testdata/bad/"+f+".yaml")); err == nil {
			t.Errorf("%s was taken", f)
		}
	}
}

// A password in the file is refused by the schema too.
func TestSchemaSecrets(t *testing.T) {
	r := resolved(t)
	site := map[string]any{"site": map[string]any{"id": "s", "timezone": "UTC"}}
	for value, want := range map[string]bool{"${env:TOKEN}": true, "hunter2": false, "x${env:TOKEN}": false} {
		site["influxdb"] = map[string]any{"url": "http://a:1", "bucket": "b", "token": value}
		if err := r.Validate(site); (err == nil) != want {
			t.Errorf("token %q: %v", value, err)
		}
	}
}

// TestTags reads every default through the field it belongs to, and sees
// that every key says what it is for.
func TestTags(t *testing.T) {
	seen, err := strict.Audit(&siteFile{}, &profileFile{}, &borrowBlock{})
	if err != nil {
		t.Error(err)
	}
	if seen < 20 {
		t.Errorf("saw %d shapes only", seen)
	}
}
