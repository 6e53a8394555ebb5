package rules

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"steward/gateway"
	"steward/rules/book"
)

// ruled is a rule of the book as the engine works with it.
type ruled struct {
	*book.Rule
	index     int
	overrides []int     // of the book, that name it
	calendars []int32   // of its inputs and of the schedules within its windows; -1 where none
	within    []int32   // likewise, for Window.In
	sets      []setting // in force somewhere
	plans     map[planKey]*plan
}

// schedule is a calendar with who watches it.
type schedule struct {
	calendar
	holds    bool // now
	armed    int64
	watchers []int32
}

type planKey struct {
	layout *layout
	set    *book.Settings
	exists string // which inputs there are, a byte each
}

// build makes assets, values, plans, instances and the index from values to
// what watches them.
func (e *Engine) build() error {
	if err := e.buildAssets(); err != nil {
		return err
	}
	b := &builder{e: e, rel: newRelatives(e), schedules: map[book.Schedule]int32{}}
	b.parents()
	for i := range e.book.Rules {
		if err := b.rule(i); err != nil {
			return err
		}
	}
	slices.SortStableFunc(e.rules, func(a, b *ruled) int { return cmp.Compare(a.ID, b.ID) })
	longest := 0
	for i := range e.assets {
		a := &e.assets[i]
		a.first = int32(len(e.instances))
		for _, r := range e.rules {
			if p, _ := b.plan(r, a); p != nil {
				b.instance(p, int32(i))
				longest = max(longest, len(p.in))
			}
		}
		a.count = int32(len(e.instances)) - a.first
	}
	if len(e.instances) >= depIndex>>2 {
		return fmt.Errorf("rules: %d rules on assets are more than one engine takes", len(e.instances))
	}
	b.index()
	e.in, e.probe = make([]float64, longest), make([]float64, longest)
	e.marked = make([]uint32, len(e.instances))
	e.instances = slices.Clip(e.instances)
	return nil
}

func (e *Engine) buildAssets() error {
	e.assets = make([]asset, len(e.site.Assets))
	for i := range e.site.Assets {
		e.assets[i].def = &e.site.Assets[i]
	}
	slices.SortFunc(e.assets, func(a, b asset) int { return cmp.Compare(a.def.ID, b.def.ID) })
	shared, n := layouts{}, 0
	for i := range e.assets {
		a := &e.assets[i]
		if _, twice := e.byID[a.def.ID]; twice {
			return fmt.Errorf("rules: the site has two assets %s", a.def.ID)
		}
		e.byID[a.def.ID] = int32(i)
		a.layout = shared.of(a.def.Points)
		a.base = int32(n)
		n += len(a.def.Points)
	}
	e.values = make([]value, n+1) // one more: an asset without points has a base too
	return nil
}

// builder holds what only New needs.
type builder struct {
	e         *Engine
	rel       *relatives
	schedules map[book.Schedule]int32
	parent    map[string]string // of areas
	exists    []byte
	after     []byte
}

func (b *builder) rule(i int) error {
	rule := &b.e.book.Rules[i]
	r := &ruled{Rule: rule, index: i, plans: map[planKey]*plan{}}
	for k := range b.e.book.Overrides {
		if b.e.book.Overrides[k].Rule == rule.ID {
			r.overrides = append(r.overrides, k)
		}
	}
	r.calendars, r.within = make([]int32, len(rule.Inputs)), make([]int32, len(rule.Inputs))
	for k := range rule.Inputs {
		in := &rule.Inputs[k]
		r.calendars[k], r.within[k] = -1, -1
		if in.Kind == book.InSchedule {
			r.calendars[k] = b.schedule(*in.Schedule)
		}
		if in.Kind != book.InWindow {
			continue
		}
		if in.Window.In != nil {
			r.within[k] = b.schedule(*in.Window.In)
		}
		if _, err := windowOrder(rule, k); err != nil {
			return err
		}
	}
	b.e.rules = append(b.e.rules, r)
	return nil
}

// schedule shares equal schedules.
func (b *builder) schedule(s book.Schedule) int32 {
	if i, ok := b.schedules[s]; ok {
		return i
	}
	i := int32(len(b.e.calendars))
	b.e.calendars = append(b.e.calendars, &schedule{calendar: calendar{Schedule: s, zone: b.e.zone}})
	b.schedules[s] = i
	return i
}

// windowOrder lists a window behind those it is over.
func windowOrder(r *book.Rule, input int) ([]int, error) {
	order := []int{input}
	for in := &r.Inputs[input]; in.Kind == book.InWindow; {
		of := in.Window.Of
		if of < 0 || of >= len(r.Inputs) || slices.Contains(order, of) {
			return nil, fmt.Errorf("rules: rule %s: window %s is over itself or over nothing", r.ID, in.Name)
		}
		in = &r.Inputs[of]
		if in.Kind == book.InWindow {
			order = append(order, of)
		}
	}
	slices.Reverse(order)
	return order, nil
}

// has reports whether an input exists on an asset at all.
func (b *builder) has(r *ruled, a *asset, set *book.Settings, input int) bool {
	in := &r.Inputs[input]
	switch in.Kind {
	case book.InPoint:
		_, ok := a.layout.at[in.Point]
		return ok
	case book.InNumber:
		return !math.IsNaN(numberOf(set, in.Name))
	case book.InWindow:
		return b.has(r, a, set, in.Window.Of)
	case book.InRelated:
		return b.rel.some(a, in)
	case book.InFact:
		return in.Fact.Of != book.Unit || a.def.Unit != ""
	case book.InAge:
		_, ok := a.layout.at[in.Point]
		return ok || in.Point == "" && len(a.layout.points) > 0
	}
	return true
}

func numberOf(set *book.Settings, name string) float64 {
	if x, ok := set.Numbers[name]; ok {
		return x
	}
	return math.NaN()
}

// plan gives the plan of a rule on an asset, or nil when the rule is not of
// the asset's kind or cannot watch it; why is nil in the first case.
func (b *builder) plan(r *ruled, a *asset) (p *plan, why *idle) {
	if r.Kind != "*" && r.Kind != a.def.Kind || aboutAlarms(r.Rule) {
		return nil, nil
	}
	set := b.settings(r, a)
	switch {
	case r.Needs != (gateway.Text{}):
		return nil, &idle{needs: r.Needs, set: set}
	case r.Raise == nil:
		return nil, nil
	case !set.Enabled:
		return nil, &idle{off: true, set: set}
	}
	b.exists = b.exists[:0]
	for k := range r.Inputs {
		b.exists = append(b.exists, byte(truth(b.has(r, a, set, k))))
	}
	key := planKey{a.layout, set, string(b.exists)}
	if p, ok := r.plans[key]; ok {
		if p == nil {
			return nil, b.idle(r, a, set)
		}
		return p, nil
	}
	p = b.newPlan(r, a, set)
	r.plans[key] = p
	if p == nil {
		return nil, b.idle(r, a, set)
	}
	return p, nil
}

// newPlan compiles a rule for assets of a layout, or returns nil when it can
// never be true on them, for want of points or of numbers that nobody set.
func (b *builder) newPlan(r *ruled, a *asset, set *book.Settings) *plan {
	has := func(i int) bool { return b.exists[i] != 0 }
	raise, clear, suppress := r.On(has)
	if raise == nil {
		return nil
	}
	p := &plan{rule: r, layout: a.layout, set: set, raise: raise, clear: clear, suppress: suppress}
	p.in = make([]source, len(r.Inputs))
	windows := make([]int32, len(r.Inputs)) // where each window input is among the plan's
	for k := range r.Inputs {
		windows[k] = -1
	}
	for k := range r.Inputs {
		b.source(p, k, has(k))
		if r.Inputs[k].Kind == book.InWindow && has(k) {
			b.addWindows(p, k, windows)
		}
	}
	p.watch = watchedBy(p)
	p.points = pointsOf(p)
	p.hash = hashOf(p)
	return p
}

// source compiles one input.
func (b *builder) source(p *plan, k int, exist bool) {
	in, s := &p.rule.Inputs[k], &p.in[k]
	*s = source{kind: in.Kind, at: -1, exist: exist, num: math.NaN()}
	switch in.Kind {
	case book.InPoint, book.InAge:
		if i, ok := p.layout.at[in.Point]; ok {
			s.at = i
		}
		p.ages = p.ages || in.Kind == book.InAge && exist
	case book.InNumber:
		s.num = numberOf(p.set, in.Name)
	case book.InFact, book.InRelated:
		if exist {
			s.at = p.slots
			p.slots++
		}
		if in.Kind == book.InFact {
			s.age, s.need = in.Fact.Age, in.Fact.Need
			p.ages = p.ages || s.age && exist
		}
	case book.InSchedule:
		s.at = p.rule.calendars[k]
	}
}

// addWindows compiles a window and those it is over, once each.
func (b *builder) addWindows(p *plan, input int, windows []int32) {
	order, _ := windowOrder(p.rule.Rule, input)
	for _, k := range order {
		if windows[k] >= 0 {
			continue
		}
		spec := p.rule.Inputs[k].Window
		w := windowPlan{Window: *spec, input: int32(k), point: -1, schedule: -1, inner: -1, zone: b.e.zone}
		of := &p.rule.Inputs[spec.Of]
		switch of.Kind {
		case book.InPoint:
			w.point = p.layout.at[of.Point]
			w.rollover = p.layout.points[w.point].Rollover
		case book.InSchedule:
			w.schedule = p.rule.calendars[spec.Of]
		case book.InWindow:
			w.inner = windows[spec.Of]
			w.samples, w.innerEvery = of.Window.Every > 0 && spec.Every == 0, of.Window.Every
		}
		if i := p.rule.within[k]; i >= 0 {
			w.in = &b.e.calendars[i].calendar
		}
		w.prepare()
		windows[k] = int32(len(p.windows))
		p.windows = append(p.windows, w)
	}
}

// instance makes the instance of a plan on an asset.
func (b *builder) instance(p *plan, asset int32) {
	e := b.e
	i, a := int32(len(e.instances)), &e.assets[asset]
	in := instance{plan: p, asset: asset, slots: int32(len(e.slots)), flags: flagFresh}
	if p.ages || len(p.windows) > 0 {
		in.live = newLiving(p)
	}
	for k := range p.rule.Inputs {
		input, s := &p.rule.Inputs[k], &p.in[k]
		if !s.exist {
			continue
		}
		switch input.Kind {
		case book.InRelated:
			g := b.rel.group(a, input)
			e.slots = append(e.slots, g)
			e.groups[g].watchers = append(e.groups[g].watchers, i)
		case book.InFact:
			f := e.factOf(factOn(input.Fact, a.def))
			e.slots = append(e.slots, f)
			e.facts[f].watchers = append(e.facts[f].watchers, i)
		case book.InSchedule:
			c := e.calendars[s.at]
			c.watchers = append(c.watchers, i)
		case book.InAge:
			if s.at < 0 {
				a.ages = append(a.ages, i)
			}
		}
	}
	e.instances = append(e.instances, in)
}

func newLiving(p *plan) *living {
	l := &living{windows: make([]window, len(p.windows))}
	for i := range l.windows {
		l.windows[i] = newWindow()
	}
	return l
}

func factOn(f *book.Fact, a *gateway.Asset) factKey {
	switch f.Of {
	case book.Unit:
		return factKey{name: f.Name, unit: a.Unit}
	case book.Whole:
		return factKey{name: f.Name}
	}
	return factKey{name: f.Name, asset: a.ID}
}
