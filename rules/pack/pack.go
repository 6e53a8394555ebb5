// Package pack holds the rules that ship with Steward, as data: one file for
// each sort of equipment, and a case file for what each rule raises, clears
// and lets pass (testdata/cases).
package pack

import (
	"embed"
	"fmt"
	"io/fs"

	"steward/rules/book"
)

//go:embed *.yaml
var files embed.FS

// Sources returns the packs, by name.
func Sources() ([]book.Source, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("rule packs: %w", err)
	}
	all := make([]book.Source, 0, len(names))
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("rule packs: %w", err)
		}
		all = append(all, book.Source{Name: name, Data: data})
	}
	return all, nil
}
