package strict

import (
	"fmt"
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"
)

// Map is a mapping whose keys the file chooses, in the order written. T is a
// leaf or a shape, as a field could be.
type Map[T any] struct {
	Mark
	List []Entry[T]
}

// Entry is one key of a Map with its value.
type Entry[T any] struct {
	Key   Literal
	Value T
}

// Decode implements Leaf.
func (m *Map[T]) Decode(p *Problems, n Node, r Tags) {
	entries, ok := Entries(n)
	if !ok {
		(&decoder{p: p}).wrong(n, r.Name, "a mapping")
		return
	}
	m.At, m.Set = Start(n), true
	m.List = make([]Entry[T], 0, len(entries))
	seen := make(map[string]At, len(entries))
	for _, e := range entries {
		k, ok := KeyOf(p, e.Key)
		if !ok {
			continue
		}
		if first, twice := seen[k.Text]; twice {
			p.Add(k.At, fmt.Sprintf("keep this one or the one on %s", first), "key %q is written twice", Cut(k.Text))
			continue
		}
		seen[k.Text] = k.At
		m.List = append(m.List, Entry[T]{Key: k})
		DecodeAs(p, e.Value, &m.List[len(m.List)-1].Value, Tags{Name: Cut(k.Text)})
	}
}

// Schema implements Leaf.
func (m *Map[T]) Schema(Tags) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", AdditionalProperties: typed(reflect.TypeFor[T](), Tags{})}
}
