package book

import (
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"steward/gateway"
	"steward/gateway/kind"
	"steward/gateway/strict"
)

var update = flag.Bool("update", false, "write the *.want files from what the loader says")

func catalog(t testing.TB) *kind.Catalog {
	t.Helper()
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

// garden is the site that the files of testdata are for.
func garden(t testing.TB) *gateway.Site {
	t.Helper()
	kinds := catalog(t)
	asset := func(id, kind, area string) gateway.Asset {
		k, ok := kinds.Kind(kind)
		if !ok {
			t.Fatalf("no kind %s", kind)
		}
		return gateway.Asset{ID: gateway.AssetID(id), Kind: kind, Area: area, Points: k.Points}
	}
	return &gateway.Site{
		ID:    "garden",
		Areas: []gateway.Area{{ID: "tower-a"}, {ID: "a-roof", Parent: "tower-a"}, {ID: "tower-b"}},
		Assets: []gateway.Asset{
			asset("lift-1", "elevator", "tower-a"), asset("room-1", "climate", "a-roof"), asset("room-2", "climate", "tower-b"),
			asset("pump-1", "pump", "tower-b"), asset("leak-1", "leak_sensor", "tower-b"),
		},
	}
}

func source(t testing.TB, file string) Source {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return Source{Name: filepath.Base(file), Data: data}
}

// example is the book of testdata/good/brief.yaml.
func example(t testing.TB) *Book {
	t.Helper()
	b, err := Load(catalog(t), garden(t), []Source{source(t, "testdata/good/brief.yaml")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func rule(t testing.TB, b *Book, id string) *Rule {
	t.Helper()
	for i := range b.Rules {
		if b.Rules[i].ID == id {
			return &b.Rules[i]
		}
	}
	t.Fatalf("no rule %s", id)
	return nil
}

// catalogued finds what changes whenever the catalogue of kinds does.
var catalogued = regexp.MustCompile(`want one of the [0-9]+ ([a-z ]+): [^\n]*…`)

// TestBad loads every testdata/bad/*.yaml beside the good file and compares
// what is said about it with the *.want beside it.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 8 {
		t.Fatalf("found %d bad files: %v", len(files), err)
	}
	good := source(t, "testdata/good/brief.yaml")
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".yaml"), func(t *testing.T) {
			b, err := Load(catalog(t), garden(t), []Source{good}, []Source{source(t, f)})
			var all strict.Errors
			if b != nil || !errors.As(err, &all) {
				t.Fatalf("book %v, error %v", b, err)
			}
			for _, e := range all {
				if e.Problem == "" || e.Line < 1 || e.Column < 1 {
					t.Errorf("%+v is not whole", e)
				}
			}
			want := strings.TrimSuffix(f, ".yaml") + ".want"
			got := catalogued.ReplaceAllString(err.Error(), "want one of the N $1 …") + "\n"
			if *update {
				if err := os.WriteFile(want, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			expected, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if string(expected) != got {
				t.Errorf("said:\n%s\nwant:\n%s", got, expected)
			}
		})
	}
}

// eval sets inputs by name, the rest is missing, and judges the condition.
func eval(t testing.TB, r *Rule, c Cond, values map[string]float64) Tri {
	t.Helper()
	in := make([]float64, len(r.Inputs))
	for i := range in {
		in[i] = math.NaN()
	}
	for name, v := range values {
		found := false
		for i := range r.Inputs {
			if r.Inputs[i].Name == name {
				in[i], found = v, true
			}
		}
		if !found {
			t.Fatalf("rule %s has no input %q", r.ID, name)
		}
	}
	return c.Eval(in)
}
