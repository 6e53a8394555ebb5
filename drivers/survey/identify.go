package survey

import (
	"cmp"
	"context"
	"slices"

	"steward/drivers/modbus"
	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/kind"
)

// Bounds of what is asked for one profile: whole blocks, and single points of
// blocks that were refused.
const (
	blocksOfProfile  = 4
	singlesOfProfile = 4
)

// candidate is one Modbus profile with its points' declarations.
type candidate struct {
	config.Profile
	points []gateway.Point // beside Profile.Points
	worth  []float64       // what each may tell, in bits
	reads  []modbus.Read   // the most telling first
}

// candidates prepares the Modbus profiles of a set.
func candidates(set config.Profiles, kinds *kind.Catalog) []candidate {
	var out []candidate
	for _, name := range set.Names() {
		p, _ := set.Profile(name)
		k, known := kinds.Kind(p.Kind)
		if p.Protocol != "modbus" || !known {
			continue
		}
		c := candidate{Profile: p, reads: modbus.Plan(p.Points, p.Limits)}
		for i := range p.Points {
			pt, _ := k.Point(p.Points[i].Point)
			c.points = append(c.points, pt)
			c.worth = append(c.worth, worth(&p.Points[i], pt))
		}
		telling := func(r modbus.Read) (sum float64) {
			for _, i := range r.Points {
				sum += c.worth[i]
			}
			return sum
		}
		slices.SortStableFunc(c.reads, func(a, b modbus.Read) int { return cmp.Compare(telling(b), telling(a)) })
		c.reads = c.reads[:min(len(c.reads), blocksOfProfile)]
		out = append(out, c)
	}
	return out
}

// worth is what a point may tell at best.
func worth(r *config.Register, p gateway.Point) float64 {
	if r.Encoding == config.EncBool {
		return forBit
	}
	bits := surprise(r, p, 1)
	if _, _, ok := usual(p); ok {
		bits += forTypical
	}
	if !r.Verified {
		bits /= 2
	}
	return bits
}

// identify tries every profile on a unit and returns those that anything
// speaks for, the best first. Step is called before each profile.
func identify(ctx context.Context, m *memory, list []candidate, step func(profile string, done, of int)) ([]Match, error) {
	var out []Match
	for i := range list {
		c := &list[i]
		step(c.Name, i, len(list))
		match, err := c.try(ctx, m)
		if err != nil {
			return rank(out), err
		}
		if match.Bits > 0 && len(match.Good) > 0 {
			out = append(out, match)
		}
	}
	return rank(out), nil
}

func rank(list []Match) []Match {
	slices.SortStableFunc(list, func(a, b Match) int { return cmp.Compare(b.Bits, a.Bits) })
	return list
}

// try asks for the candidate's most telling registers and weighs the answers.
// It gives up early where the first ones are all refused.
func (c *candidate) try(ctx context.Context, m *memory) (Match, error) {
	match := Match{Profile: c.Profile}
	singles := singlesOfProfile
	for i := range c.Factors {
		s, err := m.read(ctx, spanOf(&c.Factors[i].Register))
		if err != nil {
			return match, err
		}
		if s != answered {
			match.miss(s)
		}
	}
	for n, r := range c.reads {
		s, err := m.read(ctx, span{r.Table, r.First, r.Count})
		if err != nil {
			return match, err
		}
		if s != answered {
			if err := c.parts(ctx, m, r, &singles); err != nil {
				return match, err
			}
		}
		before := match.Asked()
		for _, i := range r.Points {
			c.judge(m, i, &match)
		}
		if match.Asked() == before && s != answered {
			match.miss(s)
		}
		if n == 0 && len(match.Good) == 0 && match.Marker == 0 {
			break // its most telling registers are not there
		}
	}
	if bitsOnly(&c.Profile) && len(match.Good) > 0 {
		if err := c.ends(ctx, m, &match); err != nil {
			return match, err
		}
	}
	match.sum()
	return match, nil
}

// factorOf is the product of what a point is multiplied by, given what the
// unit holds at an address; 1 for each that it does not say.
func factorOf(r *config.Register, list []config.Factor, get func(span) []uint16) float64 {
	product := 1.0
	for i := range list {
		f := &list[i]
		if words := get(spanOf(&f.Register)); words != nil && slices.Contains(r.ScaleBy, f.Point) {
			if v, err := modbus.DecodeFactor(f, words); err == nil {
				product *= v
			}
		}
	}
	return product
}

// parts asks for the most telling single points of a block that was refused
// as a whole, for it may be only its shape that the unit refuses.
func (c *candidate) parts(ctx context.Context, m *memory, r modbus.Read, left *int) error {
	points := slices.Clone(r.Points)
	slices.SortStableFunc(points, func(a, b int) int { return cmp.Compare(c.worth[b], c.worth[a]) })
	for _, i := range points[:min(2, len(points))] {
		if m.of(c.span(i)) != unasked {
			continue
		}
		if *left == 0 {
			return nil
		}
		*left--
		if _, err := m.read(ctx, c.span(i)); err != nil {
			return err
		}
	}
	return nil
}

// span is where a point lies.
func (c *candidate) span(i int) span {
	return spanOf(&c.Points[i])
}

func spanOf(r *config.Register) span {
	first, n := r.Span()
	return span{r.Table, first, n}
}

// judge adds what the unit said of one point. Points that were not asked for
// by themselves, when their block was refused, say nothing.
func (c *candidate) judge(m *memory, i int, match *Match) {
	at := c.span(i)
	if words := m.get(at); words != nil {
		v, err := modbus.Decode(c.Points[i], c.points[i], words, factorOf(&c.Points[i], c.Factors, m.get))
		if err == nil { // a profile that could not be decoded was refused when it was read
			match.add(weigh(&c.Points[i], c.points[i], v, words))
		}
		return
	}
	if s := m.of(at); s == refused || s == silent {
		match.miss(s)
	}
}
