package rules

import (
	"math"
	"slices"
	"strconv"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/alarm"
	"steward/rules/book"
	"steward/rules/ticket"
)

// Evidence tells how a fault stands on an asset: whether one of its rules
// holds, and since when everything they look at has been good.
func (e *Engine) Evidence(id gateway.AssetID, fault string) (v ticket.Evidence) {
	at, ok := e.byID[id]
	if !ok {
		return v
	}
	a := &e.assets[at]
	since, good := int64(1), true
	for i := a.first; i < a.first+a.count; i++ {
		in := &e.instances[i]
		if in.plan.rule.Fault != fault {
			continue
		}
		v.Watched = true
		v.Active = v.Active || in.is(flagRaised) || e.table.HeldBack(e.key(i))
		v.Points = append(v.Points, in.plan.points...)
		v.Proof = max(v.Proof, in.plan.set.Proof)
		s := e.goodSince(in)
		good = good && s != 0
		since = max(since, s)
	}
	if v.Watched && good {
		v.GoodSince = instant(since)
	}
	slices.Sort(v.Points)
	v.Points = slices.Compact(v.Points)
	return v
}

// goodSince is since when all that an instance looks at has been good; 0: it
// is not.
func (e *Engine) goodSince(in *instance) int64 {
	a := &e.assets[in.asset]
	since := a.begun
	for _, w := range in.plan.watch {
		v := &e.values[a.base+w.point]
		if !v.good() {
			return 0
		}
		since = max(since, v.since)
	}
	for k := range in.plan.in {
		s := &in.plan.in[k]
		switch {
		case !s.exist:
		case s.kind == book.InAge && s.at < 0:
			first := e.firstGood(a)
			if first == 0 {
				return 0
			}
			since = max(since, first)
		case s.kind == book.InRelated:
			g := &e.groups[e.slots[in.slots+s.at]]
			if math.IsNaN(g.value) {
				return 0
			}
			for _, k := range g.values {
				if v := &e.values[k]; k != g.skip && v.good() {
					since = max(since, v.since)
				}
			}
		}
	}
	return since
}

// firstGood is since when the asset has given any good value without a break
// of that point; 0: it gives none.
func (e *Engine) firstGood(a *asset) int64 {
	first := int64(0)
	for _, v := range e.valuesOf(a) {
		if v.good() && (first == 0 || v.since < first) {
			first = v.since
		}
	}
	return first
}

// Value is the last good value of a point; false when it is not good now.
func (e *Engine) Value(id gateway.AssetID, point string) (float64, bool) {
	at, ok := e.byID[id]
	if !ok {
		return 0, false
	}
	a := &e.assets[at]
	p, ok := a.layout.at[point]
	if !ok || !e.values[a.base+p].good() {
		return 0, false
	}
	return e.values[a.base+p].num, true
}

// Fact is what people told; false when nobody did.
func (e *Engine) Fact(name string, asset gateway.AssetID, unit string) (float64, bool) {
	i, ok := e.factAt[factKey{name, asset, unit}]
	if !ok || !e.facts[i].told {
		return 0, false
	}
	return e.facts[i].number, true
}

// spec is what the alarm table must know of an instance's rule.
func (e *Engine) spec(i int32) alarm.Spec {
	in := &e.instances[i]
	return e.specOf(in.plan.rule.Rule, in.plan.set, e.assets[in.asset].def.ID, in.plan.points)
}

// inputs lists what an instance looks at, as it is now.
func (e *Engine) inputs(i int32, at int64) []duty.Input {
	in := &e.instances[i]
	var out []duty.Input
	for k := range in.plan.in {
		s := &in.plan.in[k]
		if s.kind == book.InNumber || !s.exist {
			continue
		}
		input := &in.plan.rule.Inputs[k]
		x := duty.Input{Name: input.Name, Asset: e.assets[in.asset].def.ID, Time: instant(at)}
		switch {
		case s.kind == book.InPoint:
			e.showPoint(&x, in, s)
		case s.kind == book.InWindow:
			show(&x, e.windowNow(in, int32(k)), gateway.Text{ZH: "尚未观察满整个时段", EN: "its whole length has not been seen yet"})
		default:
			show(&x, e.other(in, s, at), whyMissing(s))
		}
		out = append(out, x)
	}
	return out
}

// show gives an input its number, or says why there is none.
func show(x *duty.Input, number float64, why gateway.Text) {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		x.Say = why
		return
	}
	x.Number, x.Quality = &number, gateway.QualityGood
}

// showPoint shows a point as it is: one that is stale with its last number.
func (e *Engine) showPoint(x *duty.Input, in *instance, s *source) {
	p := &in.plan.layout.points[s.at]
	v := &e.values[e.assets[in.asset].base+s.at]
	x.Point, x.Quality, x.Reason, x.Time = p.Name, v.q, v.reason, instant(v.at)
	if v.at != 0 && (v.good() || v.q == gateway.QualityStale) {
		number := v.num
		x.Number = &number
	}
	switch {
	case x.Reason != "":
		x.Say = duty.ReasonText(x.Reason)
	case v.q == gateway.QualityStale:
		x.Say = gateway.Text{ZH: "超过 " + p.Fresh.String() + " 没有有效值", EN: "no good value for " + p.Fresh.String()}
	}
}

// windowNow is a window as it was when it was last looked at.
func (e *Engine) windowNow(in *instance, input int32) float64 {
	for k := range in.plan.windows {
		if in.plan.windows[k].input == input {
			return in.live.windows[k].value
		}
	}
	return math.NaN()
}

func whyMissing(s *source) gateway.Text {
	if s.kind == book.InFact {
		return gateway.Text{ZH: "尚无人登记", EN: "nobody has told it"}
	}
	return gateway.Text{ZH: "相关设备没有有效值", EN: "no good value of the related assets"}
}

// number writes a number for people: as many digits as it needs, at most six.
func number(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e9 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}

// clock writes an instant in the site's time, with the date when it is not
// that of now.
func (e *Engine) clock(at int64) string {
	t, now := time.Unix(0, at).In(e.zone), time.Unix(0, e.now).In(e.zone)
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}
