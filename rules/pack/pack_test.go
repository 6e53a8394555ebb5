package pack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"steward/gateway/kind"
	"steward/rules/book"
	"steward/rules/cases"
)

// loadBook reads the packs, and over them what a case's site sets.
func loadBook(t testing.TB, kinds *kind.Catalog, own string) *book.Book {
	t.Helper()
	packs, err := Sources()
	if err != nil {
		t.Fatal(err)
	}
	var more []book.Source
	if own != "" {
		more = append(more, book.Source{Name: "case.yaml", Data: []byte(own)})
	}
	b, err := book.Load(kinds, nil, packs, more)
	if err != nil {
		t.Fatalf("the packs cannot be read:\n%v", err)
	}
	return b
}

// TestCases plays every case file: readings and actions in, alarms and
// tickets out.
func TestCases(t *testing.T) {
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/cases/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	plain := loadBook(t, kinds, "")
	for _, file := range files {
		name := strings.TrimPrefix(strings.TrimSuffix(filepath.ToSlash(file), ".yaml"), "testdata/cases/")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, err := cases.Parse(file, data, kinds)
			if err != nil {
				t.Fatalf("\n%v", err)
			}
			b := plain
			if own := c.Overrides(); own != "" {
				b = loadBook(t, kinds, own)
			}
			r, err := cases.Run(c, b)
			if err != nil {
				t.Fatal(err)
			}
			if !r.OK() {
				t.Errorf("%s: %s\n%s", file, c.Name, strings.Join(r.Diff(), "\n"))
			}
		})
	}
}
