package config

import (
	"fmt"
	"slices"
	"strconv"

	"steward/gateway"
	"steward/gateway/kind"
	"steward/gateway/strict"
)

// borrow turns a module's profile into one of the asset: each point that the
// map names takes its channel's mapping, and the rest of the profile is gone.
func (r *resolver) borrow(m *mapper, list *strict.Map[channel], name strict.Text, prof Profile) Profile {
	if !name.Set {
		r.Add(list.At, "want profile: beside it, that of the module", "map without a profile: there are no channels")
	}
	if prof.Name == "" {
		return Profile{} // it has been said why
	}
	k, _ := r.kinds.Kind(prof.Kind)
	channels := prof.given()
	out := prof
	out.Points, out.Metrics, out.Topics = nil, nil, nil
	for _, t := range prof.Topics {
		t.Fields = nil
		out.Topics = append(out.Topics, t)
	}
	for i := range list.List {
		e := &list.List[i]
		b := &e.Value.borrowBlock
		pt, known := m.kind.Point(e.Key.Text)
		if !known {
			r.Add(e.Key.At, r.Suggest(e.Key.Text, "points of the kind", m.kind.PointNames()), "%s has no point %q", m.kind.Name, strict.Cut(e.Key.Text))
		}
		if !b.From.Set {
			continue
		}
		if !slices.Contains(channels, b.From.V) {
			r.Add(b.From.At, r.Suggest(b.From.V, "channels", channels), "profile %q has no channel %q", prof.Name, b.From.V)
			continue
		}
		if known {
			r.borrowPoint(m, k, b, pt, &prof, &out)
		}
	}
	return out
}

// given lists the points that a profile gives, each once.
func (p *Profile) given() []string {
	var names []string
	for _, x := range p.Points {
		names = append(names, x.Point)
	}
	for _, t := range p.Topics {
		for _, f := range t.Fields {
			names = append(names, f.Point)
		}
	}
	for _, x := range p.Metrics {
		names = append(names, x.Point)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// borrowPoint adds to out one point with the mappings that its channel has in
// prof, whose kind is k.
func (r *resolver) borrowPoint(m *mapper, k kind.Kind, b *borrowBlock, pt gateway.Point, prof, out *Profile) {
	ch, _ := k.Point(b.From.V)
	way, ok := m.way(b, ch, pt)
	if !ok {
		return
	}
	for _, x := range prof.Points {
		if x.Point == ch.Name {
			if len(x.ScaleBy) > 0 && b.Rollover.Set {
				m.Add(b.Rollover.At, "leave it out", "channel %q is scaled by factors, and where the counter begins again changes with them", ch.Name)
			}
			x.Point, x.Transform, x.Verified = pt.Name, way.over(x.Transform, false), x.Verified && b.Verified.V
			out.Points = append(out.Points, x)
		}
	}
	for i := range prof.Topics {
		for _, f := range prof.Topics[i].Fields {
			if f.Point == ch.Name {
				m.held(b, &way, f.Hold > 0)
				out.Topics[i].Fields = append(out.Topics[i].Fields, way.field(f, pt, b))
			}
		}
	}
	for _, x := range prof.Metrics {
		if x.Point == ch.Name {
			m.held(b, &way, x.Hold > 0)
			x.Field = way.field(x.Field, pt, b)
			out.Metrics = append(out.Metrics, x)
		}
	}
}

// way is how a channel's value becomes a point's.
type way struct {
	Transform
	bit bool // the channel is true or false
}

// way checks one entry of a map.
func (m *mapper) way(b *borrowBlock, ch, pt gateway.Point) (way, bool) {
	before := m.Len()
	w := way{m.transform(&b.transformBlock, pt), ch.Type == gateway.Bool}
	number := pt.Type == gateway.Float || pt.Type == gateway.Int
	switch {
	case ch.Type == gateway.Enum:
		m.Add(b.From.At, "want a channel that is a number, or true or false", "channel %q is an enum", ch.Name)
	case w.bit && number:
		m.Add(b.From.At, "want a channel that is a number", "%q is a number, but channel %q is true or false", pt.Name, ch.Name)
	case !w.bit && !number:
		m.Add(b.From.At, "want a channel that is true or false", "%q is of type %s, but channel %q is a number", pt.Name, pt.Type, ch.Name)
	case w.bit && b.Enum.Set:
		m.bitEnum(b, &w)
	case b.Enum.Set:
		m.Add(b.Enum.At, "leave it out", "%q is a number and takes no enum", pt.Name)
	}
	if b.Range != nil {
		m.ranged(b, ch, pt, &w)
	} else if number && !w.bit && ch.Unit != pt.Unit && !b.Scale.Set && !b.Offset.Set && !b.Unit.Set {
		m.Add(b.From.At, "want range: {from: [4, 20], to: [LOW, HIGH]}, or scale: and offset:, or unit: "+pt.Unit+" where the module scales it itself",
			"channel %q is in %s, %q in %s", ch.Name, orNone(ch.Unit), pt.Name, orNone(pt.Unit))
	}
	return w, m.Len() == before
}

func orNone(unit string) string {
	if unit == "" {
		return "no unit"
	}
	return unit
}

// bitEnum reads an enum over true and false, so that both are in it under the
// numbers by which bits are looked up.
func (m *mapper) bitEnum(b *borrowBlock, w *way) {
	out := map[string]float64{}
	for _, pr := range b.Enum.list {
		v, err := strconv.ParseBool(pr.key.Text)
		if err != nil {
			m.Add(pr.key.At, "want true and false", "raw value is %q, but the channel is true or false", strict.Cut(pr.key.Text))
			continue
		}
		out[bitKey(v)] = w.Enum[pr.key.Text]
	}
	if len(out) != 2 {
		m.Add(b.Enum.At, "want {false: …, true: …}", "the enum says what %d of true and false means", len(out))
	}
	w.Enum = out
}

func bitKey(v bool) string {
	if v {
		return "1"
	}
	return "0"
}

// NAMUR NE 43: a transmitter with a live zero shows its own failure by a
// current beyond these parts of 4 and 20 mA, that is below 3.6 or above 21.
const (
	loopLow  = 3.6 / 4
	loopHigh = 21.0 / 20
)

// ranged makes scale and offset of two pairs of values.
func (m *mapper) ranged(b *borrowBlock, ch, pt gateway.Point, w *way) {
	g := b.Range
	if b.Scale.Set || b.Offset.Set {
		m.Add(g.At, "keep one of them", "range and scale or offset exclude each other")
		return
	}
	if w.bit || pt.Type == gateway.Bool || pt.Type == gateway.Enum {
		m.Add(g.At, "leave it out", "range means nothing for %q, which is of type %s", pt.Name, pt.Type)
		return
	}
	for name, list := range map[string][]strict.Number{"from": g.From, "to": g.To} {
		if g.Has(name) && (len(list) != 2 || list[0].Set && list[1].Set && list[0].V == list[1].V) {
			m.Add(g.Where(name), "want two different numbers, as in [4, 20]", "%q is no range", name)
		}
	}
	if len(g.From) != 2 || len(g.To) != 2 || g.From[0].V == g.From[1].V {
		return
	}
	f0, f1, t0, t1 := g.From[0].V, g.From[1].V, g.To[0].V, g.To[1].V
	if f0 > f1 {
		f0, f1, t0, t1 = f1, f0, t1, t0
	}
	w.Scale = (t1 - t0) / (f1 - f0)
	w.Offset = t0 - f0*w.Scale
	if f0 <= 0 || f1 != 5*f0 { // no live zero
		return
	}
	low, high := f0*loopLow, f1*loopHigh
	say := func(what string, at float64, why string) string {
		return fmt.Sprintf("current loop %s %.4g %s: %s (NAMUR NE 43)", what, at, ch.Unit, why)
	}
	w.Loop = &Loop{Low: low*w.Scale + w.Offset, High: high*w.Scale + w.Offset,
		Below: say("below", low, "broken wire or failed transmitter"), Above: say("above", high, "short circuit or failed transmitter")}
	if w.Scale < 0 {
		w.Loop = &Loop{Low: w.Loop.High, High: w.Loop.Low, Below: w.Loop.Above, Above: w.Loop.Below}
	}
}

// of is the point's value where the channel's is v.
func (w *way) of(v float64) float64 {
	switch {
	case w.bit && w.Enum != nil:
		return w.Enum[bitKey(v != 0)]
	case w.bit && w.Invert:
		return 1 - v
	case w.bit:
		return v
	}
	return v*w.Scale + w.Offset
}

// over lays the way over the channel's own transform. After reports that an
// enum's numbers are inverted behind it, as those of payloads are.
func (w *way) over(t Transform, after bool) Transform {
	out := Transform{Scale: 1, Min: w.Min, Max: w.Max, Loop: w.Loop, Rollover: t.Rollover}
	if w.Rollover != 0 {
		out.Rollover = w.Rollover
	}
	switch {
	case t.Enum != nil:
		out.Enum = make(map[string]float64, len(t.Enum))
		for raw, v := range t.Enum {
			if after && t.Invert {
				v = 1 - v
			}
			out.Enum[raw] = w.of(v)
		}
	case w.bit && w.Enum != nil:
		out.Enum = map[string]float64{bitKey(t.Invert): w.Enum["0"], bitKey(!t.Invert): w.Enum["1"]}
	case w.bit:
		out.Invert = t.Invert != w.Invert
	default:
		scale := t.Scale
		if scale == 0 {
			scale = 1
		}
		out.Scale, out.Offset = scale*w.Scale, t.Offset*w.Scale+w.Offset
	}
	return out
}

// field lays the way over a field of a payload.
func (w *way) field(f Field, pt gateway.Point, b *borrowBlock) Field {
	if f.Absent != nil {
		v := w.of(*f.Absent)
		f.Absent = &v
	}
	f.Point, f.Transform, f.Verified = pt.Name, w.over(f.Transform, true), f.Verified && b.Verified.V
	return f
}

// held refuses to turn round a channel whose true is held: what is true of
// the point would no longer be that.
func (m *mapper) held(b *borrowBlock, w *way, hold bool) {
	if hold && (w.Invert || w.Enum != nil) {
		m.Add(b.At, "leave invert and enum out", "channel %q holds its true for a while and cannot be turned round", b.From.V)
	}
}
