package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/google/jsonschema-go/jsonschema"
)

// The shapes in yaml_*.go are read by the decoder here, and not by the YAML
// library's own, because that one stops at the first error, and because every
// value must remember its place for the checks that come after. The library
// gives the tree; this file gives it types:
//
//	yaml:"key"      the key
//	doc:"…"         what it means, for people and the JSON Schema
//	default:"…"     what an absent key means
//	example:"…"     what a right value looks like
//	need:"true"     it may not be absent
//	min:"…" max:"…" bounds of a number, a duration or a size, both included
//	enum:"a,b"      the texts allowed

// rules is what a field's tags ask.
type rules struct {
	name, doc, preset, example, min, max, enum string
	need                                       bool
}

// value is a leaf of the shapes: it reads itself from a node.
type value interface {
	decode(p *problems, n ast.Node, r rules)
	schema(r rules) *jsonschema.Schema
}

// preset is a value that can have a default.
type preset interface {
	fill(a at, text string, r rules)
}

// block is embedded in every mapping of the shapes.
type block struct {
	at   at
	keys map[string]at // where each key present was written
}

func (b *block) begin(a at, keys map[string]at) { b.at, b.keys = a, keys }

// has reports whether the mapping wrote the key.
func (b *block) has(key string) bool { _, ok := b.keys[key]; return ok }

// where is the place of a key, or of the mapping when the key is absent.
func (b *block) where(key string) at {
	if a, ok := b.keys[key]; ok {
		return a
	}
	return b.at
}

type field struct {
	rules
	index []int
}

// decoder reads nodes into shapes.
type decoder struct {
	p      *problems
	fields map[reflect.Type][]field
}

// decodeInto reads the tree into the shape that x points to.
func decodeInto(p *problems, n ast.Node, x any) {
	d := decoder{p: p, fields: map[reflect.Type][]field{}}
	d.value(reflect.ValueOf(x).Elem(), n, rules{name: "the file"})
}

func fieldsOf(t reflect.Type) []field {
	var out []field
	for _, f := range reflect.VisibleFields(t) { // embedded blocks give their keys to their owner
		tag := f.Tag
		if tag.Get("yaml") == "" {
			continue
		}
		out = append(out, field{index: f.Index, rules: rules{
			name: tag.Get("yaml"), doc: tag.Get("doc"), preset: tag.Get("default"), example: tag.Get("example"),
			min: tag.Get("min"), max: tag.Get("max"), enum: tag.Get("enum"), need: tag.Get("need") == "true",
		}})
	}
	return out
}

func (d *decoder) of(t reflect.Type) []field {
	f, ok := d.fields[t]
	if !ok {
		f = fieldsOf(t)
		d.fields[t] = f
	}
	return f
}

func (d *decoder) value(v reflect.Value, n ast.Node, r rules) {
	if leaf, ok := v.Addr().Interface().(value); ok {
		leaf.decode(d.p, n, r)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if _, ok := entriesOf(n); !ok {
			d.wrong(n, r.name, "a mapping")
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		d.value(v.Elem(), n, r)
	case reflect.Slice:
		d.list(v, n, r)
	case reflect.Struct:
		d.mapping(v, n, r)
	}
}

func (d *decoder) list(v reflect.Value, n ast.Node, r rules) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.wrong(n, r.name, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	list := r.name
	for i, item := range seq.Values {
		r.name = fmt.Sprintf("%s[%d]", list, i)
		d.value(v.Index(i), item, r)
	}
}

func (d *decoder) mapping(v reflect.Value, n ast.Node, r rules) {
	entries, ok := entriesOf(n)
	if !ok {
		d.wrong(n, r.name, "a mapping")
		return
	}
	fields := d.of(v.Type())
	keys := make(map[string]at, len(entries))
	v.Addr().Interface().(interface{ begin(at, map[string]at) }).begin(nodeAt(n), keys)
	for _, e := range entries {
		key, ok := keyOf(d.p, e.Key)
		if !ok {
			continue
		}
		if first, twice := keys[key.text]; twice {
			d.p.add(key.at, fmt.Sprintf("keep this one or the one on %s", first), "key %q is written twice", key.text)
			continue
		}
		i := indexOf(fields, key.text)
		if i < 0 {
			d.unknown(key, namesOf(fields))
			continue
		}
		keys[key.text] = key.at
		d.value(v.FieldByIndex(fields[i].index), e.Value, fields[i].rules)
	}
	d.absent(v, fields, keys, nodeAt(n))
}

// unknown notes a key that is not there. What stands behind a colon without a
// space may be a secret and is not repeated.
func (d *decoder) unknown(key literal, known []string) {
	name, _, glued := strings.Cut(key.text, ":")
	if glued {
		d.p.add(key.at, "want a space behind the colon", "unknown key %q with something glued to it", cut(name))
		return
	}
	d.p.add(key.at, d.p.suggest(name, "keys", known), "unknown key %q", cut(name))
}

// absent fills the defaults of keys that were not written, and notes those
// that had to be.
func (d *decoder) absent(v reflect.Value, fields []field, keys map[string]at, a at) {
	for _, f := range fields {
		if _, ok := keys[f.name]; ok {
			continue
		}
		if f.need {
			d.p.add(a, "want "+f.doc, "%q is missing", f.name)
		}
		fv := v.FieldByIndex(f.index)
		if x, ok := fv.Addr().Interface().(preset); ok {
			if f.preset != "" {
				x.fill(a, f.preset, f.rules)
			}
		} else if fv.Kind() == reflect.Struct {
			if b, ok := fv.Addr().Interface().(interface{ begin(at, map[string]at) }); ok && !f.need {
				b.begin(a, nil)
				d.absent(fv, d.of(fv.Type()), nil, a)
			}
		}
	}
}

func (d *decoder) wrong(n ast.Node, name, want string) {
	if _, null := n.(*ast.NullNode); null {
		d.p.add(nodeAt(n), "want "+want+", or leave the key out", "%q has no value", name)
		return
	}
	d.p.add(nodeAt(n), "want "+want, "%q is a %s", name, sortOf(n))
}

func entriesOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch x := n.(type) {
	case *ast.MappingNode:
		return x.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{x}, true
	}
	return nil, false
}

func keyOf(p *problems, k ast.MapKeyNode) (literal, bool) {
	n, ok := k.(ast.Node)
	if !ok {
		return literal{}, false
	}
	return literalOf(p, n, "a key")
}

func indexOf(fields []field, name string) int {
	for i, f := range fields {
		if f.name == name {
			return i
		}
	}
	return -1
}

func namesOf(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}
