package rules

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"steward/gateway"
	"steward/rules/book"
)

// index lists for each value what watches it, in two passes over everything
// that does, so that the lists lie in one slice.
func (b *builder) index() {
	e := b.e
	count := make([]uint32, len(e.values)+1)
	b.watches(func(value int32, _ uint32) { count[value+1]++ })
	for i := 1; i < len(count); i++ {
		count[i] += count[i-1]
	}
	e.depFirst = count
	e.deps = make([]uint32, count[len(count)-1])
	next := slices.Clone(count)
	b.watches(func(value int32, dep uint32) {
		e.deps[next[value]] = dep
		next[value]++
	})
}

// watches calls f for each value and what watches it, once each.
func (b *builder) watches(f func(value int32, dep uint32)) {
	e := b.e
	for i := range e.instances {
		in := &e.instances[i]
		base := e.assets[in.asset].base
		for _, w := range in.plan.watch {
			dep := uint32(i)
			if w.always {
				dep |= depAlways
			}
			f(base+w.point, dep)
		}
	}
	for g := range e.groups {
		for _, v := range e.groups[g].values {
			if v != e.groups[g].skip {
				f(v, uint32(g)|depGroup)
			}
		}
	}
}

// watch is a point of the asset that a plan looks at, and whether it wants
// every sample of it or only another number.
type watch struct {
	point  int32
	always bool
}

// watchedBy lists a plan's points in the order of the asset's.
func watchedBy(p *plan) []watch {
	always := map[int32]bool{}
	for k := range p.in {
		if s := &p.in[k]; s.at >= 0 && (s.kind == book.InPoint || s.kind == book.InAge) {
			always[s.at] = always[s.at] || s.kind == book.InAge
		}
	}
	for k := range p.windows {
		if p.windows[k].point >= 0 {
			always[p.windows[k].point] = true
		}
	}
	var list []watch
	for _, i := range slices.Sorted(maps.Keys(always)) {
		list = append(list, watch{i, always[i]})
	}
	return list
}

func pointsOf(p *plan) []string {
	var names []string
	for _, w := range p.watch {
		names = append(names, p.layout.points[w.point].Name)
	}
	slices.Sort(names)
	return names
}

// parents remembers how areas lie in each other.
func (b *builder) parents() {
	b.parent = make(map[string]string, len(b.e.site.Areas))
	for _, a := range b.e.site.Areas {
		b.parent[a.ID] = a.Parent
	}
}

// below reports whether an area is one of those named, or lies in one.
func (b *builder) below(area string, named []string) bool {
	for range len(b.parent) + 1 { // a ring of areas must not hold us
		if slices.Contains(named, area) {
			return true
		}
		up, ok := b.parent[area]
		if !ok {
			return false
		}
		area = up
	}
	return false
}

// setting is a rule's settings on assets with the same points, after some of
// its overrides.
type setting struct {
	layout *layout
	after  string // which overrides, a byte each
	set    *book.Settings
}

// settings gives the settings in force on an asset; equal ones are shared.
func (b *builder) settings(r *ruled, a *asset) *book.Settings {
	b.after = b.after[:0]
	for _, k := range r.overrides {
		o := &b.e.book.Overrides[k]
		applies := (len(o.Kinds) == 0 || slices.Contains(o.Kinds, a.def.Kind)) &&
			(len(o.Assets) == 0 || slices.Contains(o.Assets, a.def.ID)) &&
			(len(o.Areas) == 0 || b.below(a.def.Area, o.Areas))
		b.after = append(b.after, byte(truth(applies)))
	}
	for i := range r.sets {
		if s := &r.sets[i]; s.layout == a.layout && s.after == string(b.after) {
			return s.set
		}
	}
	set := b.e.book.Settings(r.Rule, b.e.site, a.def)
	const longest = 10 * 365 * 24 * time.Hour
	set.OnDelay, set.OffDelay = min(max(set.OnDelay, 0), longest), min(max(set.OffDelay, 0), longest)
	r.sets = append(r.sets, setting{a.layout, string(b.after), &set})
	return &set
}

// unset lists the numbers that a rule's condition looks at and nobody set.
func unset(r *book.Rule, set *book.Settings) []string {
	var names []string
	for _, i := range r.Raise.Uses() {
		in := &r.Inputs[i]
		if in.Kind == book.InNumber && math.IsNaN(numberOf(set, in.Name)) && !slices.Contains(names, in.Name) {
			names = append(names, in.Name)
		}
	}
	return names
}

// idle is why a rule does not watch an asset of its kind.
type idle struct {
	set   *book.Settings
	needs gateway.Text
	off   bool
	unset []string // numbers
	lacks []string // points, relations, a unit: what it would take, in words
	zh    []string // the same
}

// idle finds out what is missing on an asset.
func (b *builder) idle(r *ruled, a *asset, set *book.Settings) *idle {
	w := &idle{set: set}
	if r.Raise.Possible(func(i int) bool { return r.Inputs[i].Kind == book.InNumber || b.has(r, a, set, i) }) {
		w.unset = unset(r.Rule, set) // nothing else is missing
		return w
	}
	for _, i := range r.Raise.Uses() {
		in := &r.Inputs[i]
		if in.Kind == book.InNumber || b.has(r, a, set, i) {
			continue
		}
		for in.Kind == book.InWindow {
			in = &r.Inputs[in.Window.Of]
		}
		en, zh := in.Point, in.Point
		switch in.Kind {
		case book.InRelated:
			en, zh = fmt.Sprintf("related asset (%s) with %s", in.Related.Relation, in.Point), fmt.Sprintf("相关设备（%s）的 %s", in.Related.Relation, in.Point)
		case book.InFact:
			en, zh = "unit (flat) of its own", "所属户室"
		}
		if !slices.Contains(w.lacks, en) {
			w.lacks, w.zh = append(w.lacks, en), append(w.zh, zh)
		}
	}
	return w
}

// text says it in words.
func (w *idle) text() gateway.Text {
	join := strings.Join
	switch {
	case w.needs != (gateway.Text{}):
		return gateway.Text{ZH: "需要尚无设备能提供的信号：" + w.needs.In("zh"), EN: "no profile has a signal that it needs yet: " + w.needs.In("en")}
	case w.off:
		return gateway.Text{ZH: "已在站点规则中停用", EN: "switched off by the site's rules"}
	case len(w.unset) > 0:
		return gateway.Text{ZH: "尚未设定 " + join(w.unset, "、"), EN: "nobody has set " + join(w.unset, ", ")}
	case len(w.lacks) == 1:
		if strings.Contains(w.lacks[0], " ") {
			return gateway.Text{ZH: "该设备没有" + w.zh[0], EN: "the asset has no " + w.lacks[0]}
		}
		return gateway.Text{ZH: "该设备没有测点 " + w.zh[0], EN: "the asset has no point " + w.lacks[0]}
	}
	return gateway.Text{ZH: "该设备缺少 " + join(w.zh, "、"), EN: "the asset lacks " + join(w.lacks, ", ")}
}

// hashOf stands for everything that makes a delay or a window begun under
// other rules mean nothing now.
func hashOf(p *plan) uint64 {
	h := fnv.New64a()
	r, s := p.rule.Rule, p.set
	fmt.Fprintf(h, "%s\n%s\n%d %d\n", r.ID, r.Text, s.OnDelay, s.OffDelay)
	for k := range r.Inputs {
		in := &r.Inputs[k]
		fmt.Fprintf(h, "%s %d %s %t", in.Name, in.Kind, in.Point, p.in[k].exist)
		number64(h, p.in[k].num)
		if w := in.Window; w != nil {
			fmt.Fprintf(h, " %d %s %d %d %t %v", w.Of, w.Take, w.Over, w.Every, w.Full, w.In)
			is(h, w.Is)
		}
		if g := in.Related; g != nil {
			fmt.Fprintf(h, " %s %s %s", g.Relation, g.Kind, g.Take)
			is(h, g.Is)
		}
		fmt.Fprintf(h, " %v %v\n", in.Fact, in.Schedule)
	}
	return h.Sum64()
}

func is(w hash.Hash, x *float64) {
	if x != nil {
		number64(w, *x)
	}
}

func number64(w hash.Hash, x float64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], math.Float64bits(x))
	w.Write(b[:])
}
