package book

import (
	"fmt"
	"strings"

	"steward/gateway/kind"
	"steward/gateway/strict"
)

// plan makes a plan of its block, but for the assets, which are the site's.
func (f *File) plan(x *planBlock, kinds *kind.Catalog) Plan {
	p := Plan{
		ID: x.ID.V, Title: x.Title.V, Kind: x.Kind.V, Every: x.Every.V, Counter: x.Counter.V, OnFault: x.OnFault.V, Warn: x.Warn.V,
		Fact: x.Fact.V, Trade: x.Trade.V, Detail: x.Detail.V, Place: fmt.Sprintf("%s:%d", f.Name, x.At.Line),
	}
	if x.Months.Set {
		p.Months = x.Months.V
	}
	var ways []string
	for _, key := range []string{"every", "months", "counter", "on_fault"} {
		if x.Has(key) {
			ways = append(ways, key)
		}
	}
	switch {
	case len(ways) == 0:
		f.problems.Add(x.At, "want every, months, counter or on_fault", "plan %q does not say when", p.ID)
	case len(ways) > 1:
		f.problems.Add(x.At, "keep one of them", "plan %q has %s", p.ID, strings.Join(ways, " and "))
	}
	if x.Has("by") != x.Has("counter") {
		f.problems.Add(x.At, "want counter: and by: together", "a counter comes round by so much of it")
	}
	if p.Every > 0 && p.Warn >= p.Every {
		f.problems.Add(x.Warn.At, "want less than every", "the ticket would open %s before its date, which comes every %s", span(p.Warn), span(p.Every))
	}
	if x.Has("on_fault") {
		for _, key := range []string{"kind", "assets", "points", "warn", "within"} {
			if x.Has(key) {
				f.problems.Add(x.Where(key), "leave it out", "%q is not for a round of vacant units", key)
			}
		}
		return p
	}
	k, ok := kinds.Kind(x.Kind.V)
	switch {
	case !x.Has("kind"):
		f.problems.Add(x.At, "want kind: what it is for", "plan %q is for no kind", p.ID)
	case !ok && x.Kind.Set:
		f.problems.Add(x.Kind.At, f.problems.Suggest(x.Kind.V, "kinds", kinds.Names()), "there is no kind %q", x.Kind.V)
	}
	if !ok {
		return p
	}
	find := func(id strict.Ident) bool {
		_, known := k.Point(id.V)
		if !known && id.Set {
			f.problems.Add(id.At, f.problems.Suggest(id.V, "points of the kind", k.PointNames()), "%s has no point %q", k.Name, id.V)
		}
		return known
	}
	if find(x.Counter) {
		pt, _ := k.Point(p.Counter)
		if !pt.Counter {
			f.problems.Add(x.Counter.At, "want a point that counts", "%q is not a counter", p.Counter)
		}
		if x.By.Set {
			v, unit, problem, want := in(x.By.l, pt.Unit)
			switch {
			case problem != "":
				f.problems.Add(x.By.At, want, "%q %s", "by", problem)
			case unit != pt.Unit:
				f.problems.Add(x.By.At, "want a number without unit", "%q is in %s", "by", strict.Cut(unit))
			case v <= 0:
				f.problems.Add(x.By.At, "want more than 0", "%q is %v", "by", v)
			}
			p.By = v
		}
	}
	for _, id := range x.Points {
		if find(id) {
			p.Points = append(p.Points, id.V)
		}
	}
	return p
}
