package book

import (
	"fmt"
	"slices"
	"time"

	"steward/gateway/strict"
)

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} // as time.Weekday

// letKeys are the keys that each sort of signal may have.
var letKeys = map[string][]string{
	"of":      {"of", "take", "over", "every", "in", "days", "is", "full"},
	"from":    {"from", "kind", "point", "take", "is"},
	"fact":    {"fact", "of", "take", "need"},
	"between": {"between", "days"},
	"age":     {"age"},
}

var allLetKeys = []string{"of", "take", "over", "every", "in", "days", "is", "full", "from", "kind", "point", "fact", "need", "between", "age"}

// signal declares a name of a let block.
func (b *builder) signal(key strict.Literal, x *letBlock) {
	s := &symbol{sort: broken}
	what := ""
	for _, k := range []string{"fact", "from", "age", "of", "between", "days"} {
		if x.Has(k) {
			what = k
			break
		}
	}
	if what == "days" {
		what = "between"
	}
	if what == "" {
		b.Add(x.At, "want of (a window), from (related assets), fact, between (a schedule) or age", "signal %q is made of nothing", key.Text)
	}
	for _, k := range allLetKeys {
		if what != "" && x.Has(k) && !slices.Contains(letKeys[what], k) {
			b.Add(x.Where(k), "leave it out", "%q means nothing beside %q", k, what)
		}
	}
	switch what {
	case "of":
		b.window(s, x)
	case "from":
		b.related(s, x)
	case "fact":
		b.fact(s, x)
	case "between":
		if sch := b.schedule(x, x.Between, "between"); sch != nil {
			s.sort, s.input = truth, Input{Kind: InSchedule, Schedule: sch}
		}
	case "age":
		b.age(s, x)
	}
	b.declare(key, s)
}

// window takes something over the past of a point, a schedule or a window.
func (b *builder) window(s *symbol, x *letBlock) {
	if !x.Of.Set {
		return
	}
	base, clash := b.lookup(x.Of.V)
	if clash != "" {
		b.Add(x.Of.At, "want a rule for each kind", "%s", clash)
		return
	}
	if base == nil {
		if below, ok := b.later[x.Of.V]; ok {
			b.Add(x.Of.At, "want it above this one", "signal %q is made below, on %s", x.Of.V, below)
			return
		}
		b.Add(x.Of.At, b.Suggest(x.Of.V, "names", b.known()), "%s point or signal %q", b.scope.lacks(), x.Of.V)
		return
	}
	if base.sort == broken {
		return
	}
	if k := base.input.Kind; k != InPoint && k != InWindow && k != InSchedule {
		b.Add(x.Of.At, "want a point, a schedule or another window", "%q has no past that is kept", x.Of.V)
		return
	}
	w := &Window{Take: Take(x.Take.V), Over: x.Over.V, Full: x.Full.V}
	ok := b.windowLength(x, w)
	if x.Has("in") || x.Has("days") {
		w.In = b.schedule(x, x.In, "in")
		ok = ok && w.In != nil
	}
	if x.Is.Set {
		v, fine := b.equals(x.Is.L, base)
		w.Is, ok = &v, ok && fine
	}
	sort, unit, problem, want := windowValue(w, base, x.Is.Set)
	switch {
	case !x.Take.Set:
		if !x.Has("take") {
			b.Add(x.At, "want take: mean, max, increase, duration …", "nothing says what is made of the values of %q", x.Of.V)
		}
		return
	case problem != "":
		b.Add(x.Take.At, want, "take %s %s", x.Take.V, problem)
		return
	}
	if ok {
		s.sort, s.unit, s.base = sort, unit, base
		s.input = Input{Kind: InWindow, Point: base.input.Point, Unit: unit, Window: w}
	}
}

func (b *builder) windowLength(x *letBlock, w *Window) bool {
	switch {
	case x.Has("over") && x.Has("every"):
		b.Add(x.Where("every"), "keep one of them", "over and every exclude each other")
		return false
	case x.Has("every"):
		w.Every = map[string]time.Duration{"hour": time.Hour, "day": 24 * time.Hour}[x.Every.V]
		return x.Every.Set
	case !x.Has("over"):
		b.Add(x.At, "want over: 10m, or every: day", "nothing says how long the window is")
		return false
	}
	return x.Over.Set
}

// windowValue says what a window gives, or why it makes no sense.
func windowValue(w *Window, base *symbol, is bool) (s sort, unit, problem, want string) {
	from := base.sort
	if is {
		from, unit = mixed, ""
	} else {
		unit = base.unit
	}
	numbers := from == number || from == mixed
	switch w.Take {
	case TakeAny, TakeAll, "age":
		return broken, "", "is not for windows", "want max or min for any or all, or one of mean, sum, count, stddev, median, edges, rises, increase, duration, delta, rate, last"
	case TakeLast:
		if w.Every == 0 {
			return broken, "", "is for whole periods", "want every: day beside it, or the point itself"
		}
	case TakeIncrease:
		if base.input.Kind != InPoint || is || !base.counter {
			return broken, "", fmt.Sprintf("is for counters, which %q is not", base.name), "want delta, edges or rises"
		}
		return number, unit, "", ""
	case TakeCount, TakeEdges:
		return number, "", "", ""
	}
	if from == label {
		return broken, "", fmt.Sprintf("makes nothing of the labels of %q", base.name), fmt.Sprintf("want is: %s beside it", firstLabel(base.labels))
	}
	switch w.Take {
	case TakeRises:
		return number, "", "", ""
	case TakeDuration:
		return number, "s", "", ""
	case TakeMin, TakeMax, TakeLast:
		if from == truth || from == mixed {
			return mixed, "", "", ""
		}
	case TakeDelta, TakeRate, TakeStddev:
		if !numbers || is {
			return broken, "", "makes nothing of true and false", "want edges, rises, duration, mean, min or max"
		}
		if w.Take == TakeRate && unit != "" {
			unit += "/h"
		}
	case TakeMean, TakeMedian:
		if !numbers || is {
			unit = ""
		}
	}
	return number, unit, "", ""
}

// equals reads what a point's value is compared with.
func (b *builder) equals(l strict.Literal, s *symbol) (float64, bool) {
	switch s.sort {
	case label:
		names := make([]string, len(s.labels))
		for i, x := range s.labels {
			if x.Name == l.Text {
				return float64(x.Code), true
			}
			names[i] = x.Name
		}
		b.Add(l.At, b.Suggest(l.Text, "labels", names), "%q has no label %q", s.name, strict.Cut(l.Text))
	case truth:
		if l.Form == strict.FormBool {
			return map[string]float64{"true": 1}[l.Text], true
		}
		b.Add(l.At, "want true or false", "%q is true or false, not %q", s.name, strict.Cut(l.Text))
	default:
		if v, ok := strict.FloatOf(l); ok {
			return v, true
		}
		b.Add(l.At, "want a number", "%q is a number, not %q", s.name, strict.Cut(l.Text))
	}
	return 0, false
}

// related takes a point of related assets together.
func (b *builder) related(s *symbol, x *letBlock) {
	r := &Related{Relation: Relation(x.From.V), Kind: x.Kind.V, Take: Take(x.Take.V)}
	sc := scope{kinds: b.scope.kinds, any: true}
	if x.Kind.Set {
		k, ok := sc.kinds.Kind(x.Kind.V)
		if !ok {
			b.Add(x.Kind.At, b.Suggest(x.Kind.V, "kinds", sc.kinds.Names()), "there is no kind %q", x.Kind.V)
			return
		}
		sc = scope{kinds: sc.kinds, kind: k}
	}
	if !x.Has("point") {
		b.Add(x.At, "want point: the name of one", "nothing says which point of the related assets")
	}
	if !x.Has("take") {
		b.Add(x.At, "want take: any, all, min, max, mean, sum or count", "nothing says what is made of the values of several assets")
	}
	if !x.Point.Set || !x.Take.Set || !x.From.Set {
		return
	}
	p, known, clash := sc.find(x.Point.V)
	switch {
	case !known:
		b.Add(x.Point.At, b.Suggest(x.Point.V, "points of the kind", sc.names()), "%s point %q", sc.lacks(), x.Point.V)
		return
	case clash != "":
		b.Add(x.Point.At, "want kind: beside it", "%s", clash)
		return
	}
	of := pointSymbol(p)
	if x.Is.Set {
		v, ok := b.equals(x.Is.L, of)
		if !ok {
			return
		}
		r.Is, of.sort, of.unit = &v, truth, ""
	}
	var problem, want string
	if s.sort, s.unit, problem, want = relatedValue(r.Take, of); problem != "" {
		b.Add(x.Take.At, want, "take %s %s", x.Take.V, problem)
		return
	}
	s.input = Input{Kind: InRelated, Point: p.Name, Unit: s.unit, Related: r}
}

func relatedValue(t Take, of *symbol) (s sort, unit, problem, want string) {
	if of.sort == label && t != TakeCount {
		return broken, "", fmt.Sprintf("makes nothing of the labels of %q", of.name), fmt.Sprintf("want is: %s beside it", firstLabel(of.labels))
	}
	switch t {
	case TakeAny, TakeAll:
		return truth, "", "", ""
	case TakeCount, TakeSum:
		if t == TakeSum {
			unit = of.unit
		}
		return number, unit, "", ""
	case TakeMin, TakeMax:
		if of.sort == truth {
			return mixed, "", "", ""
		}
		return number, of.unit, "", ""
	case TakeMean:
		return number, of.unit, "", ""
	}
	return broken, "", "is not for related assets", "want any, all, min, max, mean, sum or count"
}

func (b *builder) fact(s *symbol, x *letBlock) {
	f := &Fact{Name: x.Fact.V, Need: x.Need.V}
	switch x.Of.V {
	case "":
	case "unit":
		f.Of = Unit
	case "site":
		f.Of = Whole
	case "asset":
	default:
		b.Add(x.Of.At, "want asset, unit or site", "a fact is of %q", x.Of.V)
		return
	}
	unit := ""
	s.sort = mixed
	switch {
	case x.Take.Set && x.Take.V == "age":
		f.Age, unit, s.sort = true, "s", number
	case x.Has("take"):
		b.Add(x.Where("take"), "want age, or leave it out", "a fact has no past")
		s.sort = broken
		return
	}
	if !x.Fact.Set {
		s.sort = broken
		return
	}
	s.unit = unit
	s.input = Input{Kind: InFact, Unit: unit, Fact: f}
}

func (b *builder) age(s *symbol, x *letBlock) {
	in := Input{Kind: InAge, Unit: "s"}
	switch l := x.Age.L; {
	case !x.Age.Set:
		return
	case l.Form == strict.FormBool && l.Text == "true":
	default:
		if l.Form == strict.FormBool || !b.isPoint(l.Text, l.At) {
			if l.Form == strict.FormBool {
				b.Add(l.At, "want true, or the name of a point", "age is false")
			}
			return
		}
		in.Point = l.Text
	}
	s.sort, s.unit, s.input = number, "s", in
}

// isPoint reports whether the rule's kind has the point, and says when not.
func (b *builder) isPoint(name string, a strict.At) bool {
	_, known, _ := b.scope.find(name)
	if !known {
		b.Add(a, b.Suggest(name, "points of the kind", b.scope.names()), "%s point %q", b.scope.lacks(), strict.Cut(name))
	}
	return known
}

// schedule reads a part of the week; key is that of its times.
func (b *builder) schedule(x *letBlock, times []clock, key string) *Schedule {
	s := &Schedule{Until: 24 * time.Hour}
	if x.Has(key) {
		if len(times) != 2 {
			b.Add(x.Where(key), `want two times of day, as in ["22:00", "06:00"]`, "%q has %d times", key, len(times))
			return nil
		}
		if !times[0].Set || !times[1].Set {
			return nil
		}
		s.From, s.Until = times[0].v, times[1].v
		if s.From == s.Until || s.From == 24*time.Hour {
			b.Add(x.Where(key), `want a beginning before 24:00 and another end`, "nothing lies between the times of %q", key)
			return nil
		}
	}
	for i := range s.Days {
		s.Days[i] = !x.Has("days")
	}
	for _, d := range x.Days {
		i := slices.Index(weekdays, d.V)
		if i < 0 {
			if d.Set {
				b.Add(d.At, b.Suggest(d.V, "days", weekdays), "there is no day %q", strict.Cut(d.V))
			}
			return nil
		}
		s.Days[i] = true
	}
	if x.Has("days") && len(x.Days) == 0 {
		b.Add(x.Where("days"), "want at least one day", "there are no days")
		return nil
	}
	return s
}

// limitPoint is a point that a limit can be set on.
func (b *builder) limitPoint(id strict.Ident) *symbol {
	if !id.Set || !b.isPoint(id.V, id.At) {
		return nil
	}
	s, clash := b.lookup(id.V)
	switch {
	case clash != "":
		b.Add(id.At, "want a rule for each kind", "%s", clash)
		return nil
	case s.sort != number:
		b.Add(id.At, "want when: with a condition", "a limit is for numbers; %q is %s", id.V, s.sort)
		return nil
	}
	return s
}
