package sim

import (
	"encoding/json"
	"strconv"
)

// object is JSON under construction. A level whose keys are all 0, 1, 2 … is
// an array.
type object map[string]any

// put sets the value at a path of keys, making the levels on the way. A
// scalar on the way is replaced.
func (o object) put(path []string, v any) {
	for _, key := range path[:len(path)-1] {
		next, ok := o[key].(object)
		if !ok {
			next = object{}
			o[key] = next
		}
		o = next
	}
	o[path[len(path)-1]] = v
}

// has reports whether something stands at a path.
func (o object) has(path []string) bool {
	for i, key := range path {
		v, ok := o[key]
		if !ok || i == len(path)-1 {
			return ok
		}
		if o, ok = v.(object); !ok {
			return false
		}
	}
	return true
}

// fill sets a top-level key unless something stands there.
func (o object) fill(key string, v any) {
	if _, ok := o[key]; !ok {
		o[key] = v
	}
}

// within is the object at a key, made where there is none.
func (o object) within(key string) object {
	if in, ok := o[key].(object); ok {
		return in
	}
	in := object{}
	o[key] = in
	return in
}

// encode appends the JSON, keys in order.
func (o object) encode(dst []byte) []byte {
	if o.isArray() {
		dst = append(dst, '[')
		for i := range len(o) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = encode(dst, o[strconv.Itoa(i)])
		}
		return append(dst, ']')
	}
	dst = append(dst, '{')
	for i, key := range sortedKeys(o) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = encode(dst, key)
		dst = append(dst, ':')
		dst = encode(dst, o[key])
	}
	return append(dst, '}')
}

func (o object) isArray() bool {
	for i := range len(o) {
		if _, ok := o[strconv.Itoa(i)]; !ok {
			return false
		}
	}
	return len(o) > 0
}

func encode(dst []byte, v any) []byte {
	switch x := v.(type) {
	case object:
		return x.encode(dst)
	case float64:
		return strconv.AppendFloat(dst, x, 'f', -1, 64)
	}
	b, err := json.Marshal(v)
	if err != nil { // only for what the simulator never puts in: channels, functions
		return append(dst, "null"...)
	}
	return append(dst, b...)
}
