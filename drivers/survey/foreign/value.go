package foreign

import "strconv"

// value is a part of a configuration with the line it stands on. One of text,
// list and keys holds it; kind says which.
type value struct {
	line  int
	kind  sort
	text  string // of scalars, as a program would read them
	list  []*value
	keys  map[string]*value
	order []string
	inner bool // a table that was written in braces, and is complete
}

type sort uint8

const (
	isText sort = iota
	isNumber
	isBool
	isOther // dates and the like
	isList
	isTable
)

// get finds a key of a table; what is not there is an empty value.
func (v *value) get(key string) *value {
	if v == nil || v.keys[key] == nil {
		return &value{kind: isOther}
	}
	return v.keys[key]
}

func (v *value) has(key string) bool { return v != nil && v.keys[key] != nil }

// str returns a scalar's text, or other where there is none.
func (v *value) str(other string) string {
	if v == nil || v.line == 0 || v.kind >= isOther {
		return other
	}
	return v.text
}

func (v *value) float(other float64) float64 {
	f, err := strconv.ParseFloat(v.str(""), 64)
	if err != nil {
		return other
	}
	return f
}

func (v *value) int(other int) int { return int(v.float(float64(other))) }

// items are the entries of a list, or the value alone where it is none.
func (v *value) items() []*value {
	switch {
	case v == nil || v.line == 0:
		return nil
	case v.kind == isList:
		return v.list
	}
	return []*value{v}
}

func (v *value) set(key string, x *value) {
	if v.keys == nil {
		v.keys = map[string]*value{}
	}
	if v.keys[key] == nil {
		v.order = append(v.order, key)
	}
	v.keys[key] = x
}
