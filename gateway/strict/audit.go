package strict

import (
	"errors"
	"fmt"
	"reflect"
)

// Audit is for the tests of those who write shapes. It walks the shapes that
// the pointers point to, reads every default through the field it belongs to,
// and sees that every key says what it is for. It returns how many shapes it
// saw.
func Audit(shapes ...any) (int, error) {
	a := auditor{seen: map[reflect.Type]bool{}}
	for _, s := range shapes {
		a.walk(reflect.TypeOf(s))
	}
	return len(a.seen), errors.Join(a.errs...)
}

type auditor struct {
	seen map[reflect.Type]bool
	errs []error
}

func (a *auditor) walk(t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if _, leaf := reflect.New(t).Interface().(Leaf); leaf || t.Kind() != reflect.Struct || a.seen[t] {
		return
	}
	a.seen[t] = true
	for _, f := range fieldsOf(t) {
		ft := t.FieldByIndex(f.index).Type
		if f.Doc == "" {
			a.errs = append(a.errs, fmt.Errorf("%s.%s has no doc", t.Name(), f.Name))
		}
		if f.Default != "" {
			p := NewProblems("default")
			v := reflect.New(ft)
			DecodeAs(p, Parse(p, []byte(f.Default)), v.Interface(), f.Tags)
			if err := p.Result(); err != nil {
				a.errs = append(a.errs, fmt.Errorf("default of %s.%s: %w", t.Name(), f.Name, err))
			}
		}
		a.walk(ft)
	}
}
