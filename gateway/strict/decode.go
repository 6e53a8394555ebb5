package strict

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
	"github.com/google/jsonschema-go/jsonschema"
)

// Tags is what a field's tags ask. The keys of the tags:
//
//	yaml:"key"      the key
//	doc:"…"         what it means, for people and the JSON Schema
//	default:"…"     what an absent key means
//	example:"…"     what a right value looks like
//	need:"true"     it may not be absent
//	min:"…" max:"…" bounds of a number, a duration or a size, both included
//	enum:"a,b"      the texts allowed
type Tags struct {
	Name, Doc, Default, Example, Min, Max, Enum string
	Need                                        bool
}

// Leaf is a value that reads itself from a node and notes what is wrong with
// it. Embed Mark and read scalars with Mark.Take; Schema describes what
// Decode takes.
type Leaf interface {
	Decode(p *Problems, n Node, r Tags)
	Schema(r Tags) *jsonschema.Schema
}

// Preset is a leaf that can have a default.
type Preset interface {
	Fill(a At, text string, r Tags)
}

// Block is embedded in every mapping of the shapes.
type Block struct {
	At   At
	keys map[string]At // where each key present was written
}

func (b *Block) begin(a At, keys map[string]At) { b.At, b.keys = a, keys }

// Has reports whether the mapping wrote the key.
func (b *Block) Has(key string) bool { _, ok := b.keys[key]; return ok }

// Where is the place of a key, or of the mapping when the key is absent.
func (b *Block) Where(key string) At {
	if a, ok := b.keys[key]; ok {
		return a
	}
	return b.At
}

// Keys reports how many keys were written and known.
func (b *Block) Keys() int { return len(b.keys) }

type field struct {
	Tags
	index []int
}

// decoder reads nodes into shapes.
type decoder struct {
	p      *Problems
	fields map[reflect.Type][]field
}

// Decode reads a file's tree into the shape that x points to: a struct that
// embeds Block, with tagged fields that are leaves, such structs, pointers to
// them, or lists. What is wrong is noted in p; the rest is read all the same.
func Decode(p *Problems, n Node, x any) { DecodeAs(p, n, x, Tags{Name: "the file"}) }

// DecodeAs is Decode for a part of the tree, for leaves that hold shapes or
// other leaves: r is what was asked of them.
func DecodeAs(p *Problems, n Node, x any, r Tags) {
	d := decoder{p: p, fields: map[reflect.Type][]field{}}
	d.value(reflect.ValueOf(x).Elem(), n, r)
}

func fieldsOf(t reflect.Type) []field {
	var out []field
	for _, f := range reflect.VisibleFields(t) { // embedded blocks give their keys to their owner
		tag := f.Tag
		if tag.Get("yaml") == "" {
			continue
		}
		out = append(out, field{index: f.Index, Tags: Tags{
			Name: tag.Get("yaml"), Doc: tag.Get("doc"), Default: tag.Get("default"), Example: tag.Get("example"),
			Min: tag.Get("min"), Max: tag.Get("max"), Enum: tag.Get("enum"), Need: tag.Get("need") == "true",
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

func (d *decoder) value(v reflect.Value, n Node, r Tags) {
	if leaf, ok := v.Addr().Interface().(Leaf); ok {
		leaf.Decode(d.p, n, r)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if _, ok := Entries(n); !ok {
			d.wrong(n, r.Name, "a mapping")
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

func (d *decoder) list(v reflect.Value, n Node, r Tags) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.wrong(n, r.Name, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	list := r.Name
	for i, item := range seq.Values {
		r.Name = fmt.Sprintf("%s[%d]", list, i)
		d.value(v.Index(i), item, r)
	}
}

func (d *decoder) mapping(v reflect.Value, n Node, r Tags) {
	entries, ok := Entries(n)
	if !ok {
		d.wrong(n, r.Name, "a mapping")
		return
	}
	fields := d.of(v.Type())
	keys := make(map[string]At, len(entries))
	v.Addr().Interface().(interface{ begin(At, map[string]At) }).begin(Start(n), keys)
	var before *ast.MappingValueNode
	for n, e := range entries {
		if n > 0 {
			before = entries[n-1]
		}
		key, ok := KeyOf(d.p, e.Key)
		if !ok {
			continue
		}
		if first, twice := keys[key.Text]; twice {
			d.p.Add(key.At, fmt.Sprintf("keep this one or the one on %s", first), "key %q is written twice", key.Text)
			continue
		}
		i := indexOf(fields, key.Text)
		if i < 0 && (comma(d.p, key, before, e) || key.Form == FormPlain && wideIn(d.p, key.Text, key.At)) {
			continue
		}
		if i < 0 {
			d.unknown(key, namesOf(fields))
			continue
		}
		keys[key.Text] = key.At
		d.value(v.FieldByIndex(fields[i].index), e.Value, fields[i].Tags)
	}
	d.absent(v, fields, keys, Start(n))
}

// unknown notes a key that is not there. What stands behind a colon without a
// space may be a secret and is not repeated.
func (d *decoder) unknown(key Literal, known []string) {
	name, _, glued := strings.Cut(key.Text, ":")
	if glued {
		d.p.Add(key.At, "want a space behind the colon", "unknown key %q with something glued to it", Cut(name))
		return
	}
	d.p.Add(key.At, d.p.Suggest(name, "keys", known), "unknown key %q", Cut(name))
}

// absent fills the defaults of keys that were not written, and notes those
// that had to be.
func (d *decoder) absent(v reflect.Value, fields []field, keys map[string]At, a At) {
	for _, f := range fields {
		if _, ok := keys[f.Name]; ok {
			continue
		}
		if f.Need {
			d.p.Add(a, "want "+f.Doc, "%q is missing", f.Name)
		}
		fv := v.FieldByIndex(f.index)
		if x, ok := fv.Addr().Interface().(Preset); ok {
			if f.Default != "" {
				x.Fill(a, f.Default, f.Tags)
			}
		} else if fv.Kind() == reflect.Struct {
			if b, ok := fv.Addr().Interface().(interface{ begin(At, map[string]At) }); ok && !f.Need {
				b.begin(a, nil)
				d.absent(fv, d.of(fv.Type()), nil, a)
			}
		}
	}
}

func (d *decoder) wrong(n Node, name, want string) {
	if _, null := n.(*ast.NullNode); null {
		d.p.Add(Start(n), "want "+want+", or leave the key out", "%q has no value", name)
		return
	}
	if s, plain := n.(*ast.StringNode); plain && s.Token.Type == token.StringType && wideIn(d.p, s.Value, Start(n)) {
		return
	}
	d.p.Add(Start(n), "want "+want, "%q is a %s", name, sortOf(n))
}

// Entries lists the keys and values of a mapping; ok is false when n is none.
func Entries(n Node) ([]*ast.MappingValueNode, bool) {
	switch x := n.(type) {
	case *ast.MappingNode:
		return x.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{x}, true
	}
	return nil, false
}

// KeyOf takes a mapping's key from the tree.
func KeyOf(p *Problems, k ast.MapKeyNode) (Literal, bool) {
	n, ok := k.(Node)
	if !ok {
		return Literal{}, false
	}
	return LiteralOf(p, n, "a key")
}

func indexOf(fields []field, name string) int {
	for i, f := range fields {
		if f.Name == name {
			return i
		}
	}
	return -1
}

func namesOf(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}
