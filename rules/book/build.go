package book

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"steward/gateway/duty"
	"steward/gateway/kind"
	"steward/gateway/strict"
)

// build makes a rule of its block. What is wrong is noted; the rule then is
// as good as it can be, so that what refers to it can be checked too.
func (f *File) build(x *ruleBlock, kinds *kind.Catalog) *Rule {
	r := &Rule{
		ID: x.ID.V, Fault: cmp.Or(x.Fault.V, x.ID.V), Pack: f.Pack, Place: fmt.Sprintf("%s:%d", f.Name, x.At.Line), Kind: x.Kind.V,
		Title: x.Title.V, Why: x.Why.V, FirstAction: x.FirstAction.V, Source: x.Source.V, Needs: x.Needs.V,
		Class: duty.Class(x.Ticket.V), Trade: x.Trade.V, About: x.About.V,
		Cause: x.Supply.V == "cause" || x.Supply.V == "both", Folds: x.Supply.V == "consequence" || x.Supply.V == "both",
		units: map[string]string{}, at: x.ID.At,
		Defaults: Settings{
			Enabled: x.Enabled.V && !x.Has("assets"), Priority: priorityOf(x.Priority.V), Latch: x.Latch.V, OnDelay: x.OnDelay.V,
			OffDelay: x.OffDelay.V, Realarm: x.Realarm.V, Proof: x.Proof.V, Numbers: map[string]float64{},
		},
	}
	for _, id := range x.SuppressBy {
		if id.Set {
			r.SuppressBy = append(r.SuppressBy, id.V)
		}
	}
	if !x.Has("trade") && x.Ticket.Set && r.Class != duty.ClassNone {
		f.problems.Add(x.At, "want trade: electrician, plumber …", "a ticket is opened for nobody")
	}
	b := &builder{Problems: f.problems, lines: f.lines, grammar: f.grammar, rule: r, names: map[string]*symbol{}, before: f.problems.Len()}
	b.scope = scope{kinds: kinds, any: x.Kind.V == "*"}
	if k, ok := kinds.Kind(x.Kind.V); ok {
		b.scope.kind = k
	} else if !b.scope.any {
		if x.Kind.Set {
			b.Add(x.Kind.At, b.Suggest(x.Kind.V, "kinds", kinds.Names()), "there is no kind %q", strict.Cut(x.Kind.V))
		}
		r.Raise = always(false)
		return r
	}
	b.params(x)
	b.lets(x)
	b.conditions(x)
	b.unused(x)
	return r
}

func priorityOf(s string) duty.Priority {
	var p duty.Priority
	if p.UnmarshalText([]byte(s)) != nil {
		return 0 // it has been said why
	}
	return p
}

// params declares the rule's own numbers.
func (b *builder) params(x *ruleBlock) {
	for i := range x.Params.List {
		e := &x.Params.List[i]
		unit, v := e.Value.Unit.V, math.NaN()
		if e.Value.Value.Set {
			var problem, want string
			if v, unit, problem, want = in(e.Value.Value.l, unit); problem != "" {
				b.Add(e.Value.Value.At, want, "%q %s", strict.Cut(e.Key.Text), problem)
			}
		}
		b.declare(e.Key, b.number(e.Key.Text, unit, v))
	}
}

// number adds a number that the site may change.
func (b *builder) number(name, unit string, v float64) *symbol {
	if _, twice := b.rule.Defaults.Numbers[name]; !twice {
		b.rule.Defaults.Numbers[name] = v
		b.rule.units[name] = unit
	}
	return &symbol{name: name, sort: number, unit: unit, index: -1, input: Input{Name: name, Kind: InNumber, Unit: unit}}
}

func (b *builder) lets(x *ruleBlock) {
	b.later = make(map[string]strict.At, len(x.Let.List))
	for i := range x.Let.List {
		b.later[x.Let.List[i].Key.Text] = x.Let.List[i].Key.At
	}
	for i := range x.Let.List {
		e := &x.Let.List[i]
		b.signal(e.Key, &e.Value)
		delete(b.later, e.Key.Text)
	}
}

// conditions compiles what the rule says of when.
func (b *builder) conditions(x *ruleBlock) {
	r := b.rule
	r.Raise = always(false)
	var ways []string
	for _, w := range []struct {
		there bool
		key   string
	}{{x.Has("when"), "when"}, {x.Has("high") || x.Has("low"), "high or low"}, {x.Has("silent"), "silent"}, {x.Has("about"), "about"}} {
		if w.there {
			ways = append(ways, w.key)
		}
	}
	switch {
	case len(ways) > 1:
		b.Add(x.At, "keep one of them", "rule %q has %s", r.ID, strings.Join(ways, " and "))
	case len(ways) == 0 && !x.Has("needs"):
		b.Add(x.At, "want when, high, low or silent; or needs, when no device tells it yet", "rule %q does not say when", r.ID)
	}
	if n, parts := b.condition(x.When); n != nil {
		r.Raise, r.Text, r.when = n, oneLine(strings.TrimSpace(x.When.l.Text)), parts
	}
	if x.High != nil || x.Low != nil {
		b.limits(x)
	}
	if x.Silent != nil {
		b.silent(x.Silent)
	}
	if x.Has("clear") && !x.Has("when") {
		b.Add(x.Where("clear"), "want it beside when", "%q has nothing to end", "clear")
	} else if n, parts := b.condition(x.Clear); n != nil {
		r.Clear, r.clear = n, parts
	}
	if n, _ := b.condition(x.SuppressIf); n != nil {
		r.Suppress = n
	}
}

// unused finds names that are declared and looked at by nothing: they are
// mostly misspelt somewhere.
func (b *builder) unused(x *ruleBlock) {
	if x.Has("needs") || b.Len() > b.before {
		return
	}
	based := map[*symbol]bool{}
	for _, s := range b.order {
		if s.index >= 0 && s.base != nil {
			based[s.base] = true
		}
	}
	for _, s := range b.order {
		if s.index < 0 && !based[s] && s.sort != broken {
			b.Add(s.at, "leave it out, or use it in a condition", "%q is looked at by nothing", s.name)
		}
	}
}

// limits makes the conditions of an upper and a lower limit.
func (b *builder) limits(x *ruleBlock) {
	var raise, back some
	for _, side := range []struct {
		x           *limitBlock
		limit, band string
		low         bool
		rel         relation
		sign        string
	}{{x.High, "limit", "dead_band", false, greater, " > "}, {x.Low, "limit_low", "dead_band_low", true, less, " < "}} {
		if side.x == nil {
			continue
		}
		points, unit, ok := b.limitPoints(side.x)
		limit, okLimit := b.limitNumber(side.x, &side.x.Limit, side.limit, unit, math.NaN())
		band, okBand := b.limitNumber(side.x, &side.x.DeadBand, side.band, unit, 0)
		if v := b.rule.Defaults.Numbers[side.band]; v < 0 {
			b.Add(side.x.DeadBand.At, "want 0 or more", "the dead band is %v", v)
		}
		if !ok || !okLimit || !okBand {
			continue
		}
		names := make([]string, len(points))
		for i, p := range points {
			names[i] = p.name
			raise = append(raise, pair{b.use(p), b.use(limit), side.rel})
			back = append(back, banded{b.use(p), b.use(limit), b.use(band), side.low})
		}
		words := strings.Join(names, ", ")
		if n := len(names); n > 1 {
			words = strings.Join(names[:n-1], ", ") + " or " + names[n-1]
		}
		if len(b.rule.when) > 0 {
			words, b.rule.Text = " or "+words, b.rule.Text+" or "
		}
		b.rule.Text += strings.TrimPrefix(words, " or ") + side.sign + side.limit
		b.rule.when = append(b.rule.when, part{words: words + side.sign, number: side.limit}, part{number: side.band, band: true})
	}
	if len(raise) == 1 {
		b.rule.Raise, b.rule.Clear = raise[0], not{back[0]}
	} else if len(raise) > 1 {
		b.rule.Raise, b.rule.Clear = raise, not{back}
	}
}

func (b *builder) limitPoints(x *limitBlock) (points []*symbol, unit string, ok bool) {
	ids := x.Points
	switch {
	case x.Has("point") == x.Has("points"):
		b.Add(x.At, "want point: one, or points: [some]", "a limit is for a point")
		return nil, "", false
	case x.Has("point"):
		ids = []strict.Ident{x.Point}
	case len(ids) == 0:
		b.Add(x.Where("points"), "want at least one", "there are no points")
	}
	for i, id := range ids {
		s := b.limitPoint(id)
		if s == nil {
			continue
		}
		if len(points) > 0 && s.unit != unit {
			b.Add(id.At, "want points of one unit", "%q is in %s, %q in %s", s.name, s.unit, points[0].name, unit)
			continue
		}
		unit = s.unit
		points = append(points, s)
		ok = i == len(points)-1
	}
	if x.Unit.Set && len(points) > 0 && x.Unit.V != unit {
		want := "want " + unit
		if unit == "" {
			want = "leave it out"
		}
		b.Add(x.Unit.At, want, "unit is %q, but %q is in %q", strict.Cut(x.Unit.V), points[0].name, unit)
	}
	return points, unit, ok && len(points) == len(ids)
}

// limitNumber declares a limit or its dead band as a number of the rule.
func (b *builder) limitNumber(x *limitBlock, q *quantity, name, unit string, otherwise float64) (*symbol, bool) {
	v := otherwise
	if q.Set {
		var problem, want string
		own := ""
		if v, own, problem, want = in(q.l, unit); problem == "" && own != unit {
			problem, want = "is in "+own, "want a number without unit"
		}
		if problem != "" {
			b.Add(q.At, want, "%q %s", strings.TrimSuffix(name, "_low"), problem)
			v = otherwise
		}
	}
	if b.names[name] != nil {
		b.Add(b.names[name].at, "want another name", "%q is the name of the limit's own number", name)
		return nil, false
	}
	s := b.number(name, unit, v)
	b.names[name] = s
	return s, true
}

// silent makes the condition that no good value has come.
func (b *builder) silent(x *silentBlock) {
	if x.Point.Set && !b.isPoint(x.Point.V, x.Point.At) {
		return
	}
	r := b.rule
	switch {
	case x.Has("for") == x.Has("periods"):
		b.Add(x.At, "want for: 25h, or periods: 3", "silence needs one length")
		return
	case x.Has("for") && x.Has("least"):
		b.Add(x.Where("least"), "leave it out", "%q is for periods", "least")
	case x.Periods.Set && x.Periods.V <= 0:
		b.Add(x.Periods.At, "want a number above 0, such as 3", "%q is %v", "periods", x.Periods.V)
	}
	length := b.number("for", "s", math.NaN())
	if x.For.Set {
		r.Defaults.Numbers["for"] = x.For.V.Seconds()
	} else {
		b.number("periods", "", x.Periods.V)
		b.number("least", "s", x.Least.V.Seconds())
		r.silent = &silence{point: x.Point.V}
	}
	age := &symbol{name: "silence", index: -1, input: Input{Name: "silence", Kind: InAge, Point: x.Point.V, Unit: "s"}}
	r.Raise = pair{b.use(age), b.use(length), greater}
	who := "the asset"
	if x.Point.Set {
		who = x.Point.V
	}
	r.Text = fmt.Sprintf("no good value of %s for %v periods", who, x.Periods.V)
	r.when = []part{{words: "no good value of " + who + " for ", number: "for"}}
	if x.For.Set {
		r.Text = "no good value of " + who + " for " + span(x.For.V)
	}
}
