package config

import (
	"slices"

	"steward/gateway"
	"steward/gateway/strict"
)

// maxFactors of one device: each is a request of its own.
const maxFactors = 16

// factors reads registers that points are multiplied by, and lays them over a
// profile's. Where says where each was written; the first own of them are the
// blocks'.
func (m *mapper) readFactors(blocks []factorBlock, base []Factor, at strict.At) (all []Factor, where []strict.At, own int) {
	seen := map[string]strict.At{}
	for i := range blocks {
		b := &blocks[i]
		if first, twice := seen[b.Name.V]; twice && b.Name.Set {
			m.Add(b.Name.At, "want each factor once", "factor %q is written twice, first on %s", b.Name.V, first)
			continue
		}
		seen[b.Name.V] = b.Name.At
		if f, ok := m.factor(b); ok {
			all, where = append(all, f), append(where, b.At)
		}
	}
	own = len(all)
	for _, f := range base {
		if _, over := seen[f.Point]; !over {
			all, where = append(all, f), append(where, at)
		}
	}
	if len(all) > maxFactors {
		m.Add(where[maxFactors], "want at most 16", "there are %d factors", len(all))
	}
	return all, where, own
}

// factor reads one.
func (m *mapper) factor(b *factorBlock) (Factor, bool) {
	in := registerBlock{Block: b.Block, Point: b.Name, registerPlace: b.registerPlace}
	in.Scale, in.Offset, in.Enum, in.Min, in.Max = b.Scale, b.Offset, b.Enum, b.Min, b.Max
	in.Verified.V = true
	reg, ok := m.place(&in)
	if !ok || !b.Name.Set {
		return Factor{}, false
	}
	if b.Enum.Set {
		m.registerEnum(&in, reg)
	}
	switch {
	case reg.Encoding == EncBool && !b.Enum.Set:
		m.Add(b.At, "want enum: {0: …, 1: …}", "factor %q is true or false, and nothing says what it multiplies by", b.Name.V)
	case b.Power.V && b.Enum.Set:
		m.Add(b.Where("power"), "leave it out: the enum gives the factor itself", "power and enum exclude each other")
	}
	reg.Transform = m.transform(&in.transformBlock, gateway.Point{Name: b.Name.V, Type: gateway.Float})
	for _, raw := range b.Enum.list {
		if v, ok := strict.FloatOf(raw.value); ok && v == 0 {
			m.Add(raw.value.At, "want what it multiplies by", "a factor of 0 makes every value the same")
		}
	}
	return Factor{Register: reg, Power: b.Power.V}, true
}

// scaleBy checks the factors that a point names.
func (m *mapper) scaleBy(b *registerBlock, pt gateway.Point, reg *Register) {
	for _, f := range b.ScaleBy {
		switch {
		case !f.Set:
		case !slices.Contains(m.factors, f.V):
			m.Add(f.At, m.Suggest(f.V, "factors", m.factors), "there is no factor %q", f.V)
		case slices.Contains(reg.ScaleBy, f.V):
			m.Add(f.At, "want each factor once", "factor %q is named twice", f.V)
		default:
			reg.ScaleBy = append(reg.ScaleBy, f.V)
		}
	}
	switch at := b.Where("scale_by"); {
	case len(reg.ScaleBy) == 0:
	case pt.Type != gateway.Float && pt.Type != gateway.Int:
		m.Add(at, "leave it out", "scale_by means nothing for %q, which is of type %s", pt.Name, pt.Type)
	case b.Enum.Set:
		m.Add(at, "leave it out: the enum gives the value itself", "scale_by and enum exclude each other")
	case b.Rollover.Set:
		m.Add(b.Rollover.At, "leave it out", "rollover and scale_by exclude each other: where the counter begins again changes with its factors")
	}
}

// used keeps the factors that a point names, and says which of those written
// here nothing is scaled by.
func (m *mapper) used(all []Factor, where []strict.At, own int, list []placed) (factors []Factor, at []strict.At) {
	for i, f := range all {
		switch {
		case slices.ContainsFunc(list, func(p placed) bool { return slices.Contains(p.ScaleBy, f.Point) }):
			factors, at = append(factors, f), append(at, where[i])
		case i < own:
			m.Add(where[i], "name it with scale_by, or leave it out", "nothing is scaled by factor %q", f.Point)
		}
	}
	return factors, at
}

// placedFactors lists factors beside points, for checks of where they lie.
func placedFactors(list []Factor, where []strict.At) []placed {
	var out []placed
	for i, f := range list {
		f.Point = "factor " + f.Point
		out = append(out, placed{Register: f.Register, At: where[i]})
	}
	return out
}
