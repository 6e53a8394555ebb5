package book

import (
	"errors"
	"maps"
	"slices"

	"steward/gateway"
	"steward/gateway/kind"
	"steward/gateway/strict"
)

// With is the book with a file over it, for trying it out: its rules take the
// place of those with the same ids, with what the site had set for them, and
// its overrides come last. It also lists the rules that the file touches,
// sorted. What is wrong with the file comes back as strict.Errors.
func (b *Book) With(kinds *kind.Catalog, site *gateway.Site, src Source) (*Book, []string, error) {
	f := read(src, kinds)
	f.declare(ids{})
	l := loader{site: site, rules: map[string]*Rule{}, book: &Book{Service: b.Service, Plans: b.Plans}, files: []*File{f}}
	for i := range b.Rules {
		l.rules[b.Rules[i].ID] = &b.Rules[i]
	}
	touched := map[string]bool{}
	for _, r := range f.rules {
		if r.ID != "" {
			l.rules[r.ID], touched[r.ID] = r, true
		}
	}
	for _, o := range b.Overrides {
		if !touched[o.Rule] {
			l.book.Overrides = append(l.book.Overrides, o)
		}
	}
	before := len(l.book.Overrides)
	l.ids = slices.Sorted(maps.Keys(l.rules))
	for _, id := range l.ids {
		l.faults = append(l.faults, l.rules[id].Fault)
	}
	slices.Sort(l.faults)
	l.faults = slices.Compact(l.faults)
	l.references(f)
	l.overrides(f)
	f.service(&l.book.Service, l.faults)
	var errs strict.Errors
	if errors.As(f.problems.Result(), &errs) {
		return nil, nil, errs
	}
	for _, o := range l.book.Overrides[before:] {
		touched[o.Rule] = true
	}
	for _, id := range l.ids {
		l.book.Rules = append(l.book.Rules, *l.rules[id])
	}
	return l.book, slices.Sorted(maps.Keys(touched)), nil
}

// Only is the book with some of its rules and those that may suppress them:
// the ones they name, and every cause of a lost supply.
func (b *Book) Only(ids []string) *Book {
	keep := map[string]bool{}
	var add func(id string)
	add = func(id string) {
		if keep[id] {
			return
		}
		keep[id] = true
		for i := range b.Rules {
			if b.Rules[i].ID == id {
				for _, by := range b.Rules[i].SuppressBy {
					add(by)
				}
			}
		}
	}
	for _, id := range ids {
		add(id)
	}
	for i := range b.Rules {
		if b.Rules[i].Cause {
			add(b.Rules[i].ID)
		}
	}
	out := &Book{Overrides: b.Overrides, Service: b.Service, Plans: b.Plans}
	for _, r := range b.Rules {
		if keep[r.ID] {
			out.Rules = append(out.Rules, r)
		}
	}
	return out
}
