package survey

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"steward/drivers/modbus"
	"steward/gateway"
	"steward/gateway/config"
)

// What one point says for or against a profile, in bits: how much likelier
// its answer is from the profile's device than from any other.
const (
	againstRange   = -4.0 // decodes to what cannot be
	againstRefused = -4.0 // the device says that it has no such register
	againstSilent  = -2.0
	forMarker      = 1.5  // holds exactly the marker that means not available
	forZero        = 0.15 // a 0 is everywhere
	againstZero    = -1.0 // 0 V, where a phase is not wired
	forBit         = 0.2  // a bit is always 0 or 1
	forTypical     = 3.0  // where such equipment most often is: 231 V, 50 Hz
	mostOfPoint    = 7.0
	mostOfWeak     = 2.0 // all zeros and bits together
)

// Evidence is one point as the unit answered it under one profile.
type Evidence struct {
	Point gateway.Point
	Value gateway.Value
	Bits  float64 // for the profile, below 0 against it
	weak  bool    // a zero or a bit
}

// String is "voltage_l1 231.4 V".
func (e Evidence) String() string {
	if e.Value.Quality != gateway.QualityGood {
		return e.Point.Name + " " + e.Value.Reason
	}
	return e.Point.Name + " " + number(e.Point, e.Value.Number)
}

// number writes a value with its unit, as many digits as the point is worth.
func number(p gateway.Point, v float64) string {
	switch p.Type {
	case gateway.Bool:
		return strconv.FormatBool(v != 0)
	case gateway.Enum:
		for _, l := range p.Labels {
			if float64(l.Code) == v {
				return l.Name
			}
		}
	}
	s := strconv.FormatFloat(v, 'f', max(p.Decimals, 0), 64)
	if p.Unit != "" {
		s += " " + p.Unit
	}
	return s
}

// weigh judges one decoded point.
func weigh(r *config.Register, p gateway.Point, v gateway.Value, words []uint16) Evidence {
	e := Evidence{Point: p, Value: v}
	switch {
	case modbus.NotAvailable(v):
		e.Bits = forMarker
	case v.Quality != gateway.QualityGood:
		e.Bits = againstRange
	case r.Encoding == config.EncBool:
		e.Bits, e.weak = forBit, true
	case !slices.ContainsFunc(words, func(w uint16) bool { return w != 0 }):
		e.Bits, e.weak = forZero, true
		if _, _, ok := usual(p); ok {
			e.Bits, e.weak = againstZero, false
		}
	default:
		e.Bits = surprise(r, p, v.Number)
		if low, high, ok := usual(p); ok {
			if n := math.Abs(v.Number); n >= low && n <= high {
				e.Bits += forTypical
			} else {
				e.Bits = min(e.Bits, 1)
			}
		}
		e.Bits = min(e.Bits, mostOfPoint)
	}
	return e
}

// faint is where a float that is not 0 is noise: two integers read as one
// float are most often a number with a tiny exponent.
const faint = 1e-7

// surprise is how many bits it takes to hit the point's plausible range by
// chance.
func surprise(r *config.Register, p gateway.Point, v float64) float64 {
	t := r.Transform
	switch r.Encoding {
	case config.EncFloat32, config.EncFloat64:
		if math.Abs(v) < faint {
			return againstRange
		}
		return 5
	}
	low, high := or(t.Min, p.Min, math.Inf(-1)), or(t.Max, p.Max, math.Inf(1))
	width := float64(16 * r.Encoding.Words())
	if r.Bit >= 0 {
		width = float64(max(r.Bits, 1))
	}
	if t.Enum != nil {
		return min(max(width-math.Log2(float64(len(t.Enum))), 0.1), 4)
	}
	raw := math.Abs((high - low) / cmp.Or(t.Scale, 1))
	bits := width - math.Log2(max(raw, 1))
	if math.IsInf(raw, 0) {
		bits = 0
	}
	if r.Encoding.Words() > 1 && math.Abs(v/cmp.Or(t.Scale, 1)) < 1<<26 {
		bits = max(bits, 2) // its high word is small, as it is when the words are in order
	}
	return min(max(bits, 0.3), 5)
}

func or(a, b *float64, none float64) float64 {
	if a == nil {
		a = b
	}
	if a == nil {
		return none
	}
	return *a
}

// usual is where a point of running equipment most often is, by its name and
// unit: of mains, and of what stands in buildings.
func usual(p gateway.Point) (low, high float64, ok bool) {
	switch {
	case p.Unit == "Hz" && strings.Contains(p.Name, "frequency"):
		return 45, 65, p.Name == "frequency"
	case p.Unit == "V" && strings.HasPrefix(p.Name, "voltage"):
		return 90, 520, true
	case strings.HasPrefix(p.Name, "power_factor"):
		return 0.2, 1, true
	case p.Unit == "degC":
		return 2, 90, true
	}
	return 0, 0, false
}

// Match is how well one profile explains what a unit answers.
type Match struct {
	Profile config.Profile
	Bits    float64 // for it; the higher, the better
	Good    []Evidence
	Against []Evidence // decoded to what cannot be
	Marker  int        // not available, by the profile's own marker
	Refused int        // points whose registers the unit does not have
	Silent  int        // points that got no answer

	// Of a profile of bits alone:
	Ends   int // tables that end where the profile's do
	Beyond int // tables that go on
	Other  int // 1: the table that it does not use is not there; -1: it is
}

// Asked is how many points were asked for.
func (m Match) Asked() int {
	return len(m.Good) + len(m.Against) + m.Marker + m.Refused + m.Silent
}

// shown is how many values a line of evidence names.
const shown = 4

// String is "voltage_l1 231.4 V, frequency 50.01 Hz, 12 of 12 points
// plausible".
func (m Match) String() string {
	best := slices.Clone(m.Good)
	slices.SortStableFunc(best, func(a, b Evidence) int { return cmp.Compare(b.Bits, a.Bits) })
	var parts []string
	stems := map[string]int{}
	for _, e := range best {
		stem := strings.TrimRight(e.Point.Name, "_l123456789")
		if len(parts) < shown && stems[stem] < 2 {
			stems[stem]++
			parts = append(parts, e.String())
		}
	}
	parts = append(parts, fmt.Sprintf("%d of %d points plausible", len(m.Good), m.Asked()))
	for _, x := range []struct {
		n    int
		what string
	}{{m.Marker, "not available"}, {len(m.Against), "impossible"}, {m.Refused, "refused"}, {m.Silent, "without an answer"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	if m.Ends > 0 {
		parts = append(parts, "its tables end where the profile's do")
	}
	if m.Beyond > 0 {
		parts = append(parts, "its tables go on where the profile's end")
	}
	if len(m.Against) > 0 {
		parts = append(parts, "such as "+m.Against[0].String())
	}
	return strings.Join(parts, ", ")
}

// add counts one point.
func (m *Match) add(e Evidence) {
	switch {
	case e.Value.Quality == gateway.QualityGood:
		m.Good = append(m.Good, e)
	case modbus.NotAvailable(e.Value):
		m.Marker++
	default:
		m.Against = append(m.Against, e)
	}
}

// miss counts a point that gave nothing.
func (m *Match) miss(s state) {
	if s == silent {
		m.Silent++
	} else {
		m.Refused++
	}
}

// sum adds the evidence up. Zeros and bits count for little however many
// they are, and phases that agree count for more.
func (m *Match) sum() {
	weak := 0.0
	m.Bits = float64(m.Refused)*againstRefused + float64(m.Silent)*againstSilent + float64(min(m.Marker, 4))*forMarker
	var phases []float64
	for _, e := range m.Good {
		if e.weak {
			weak += e.Bits
			continue
		}
		m.Bits += e.Bits
		if len(e.Point.Name) == len("voltage_l1") && strings.HasPrefix(e.Point.Name, "voltage_l") {
			phases = append(phases, e.Value.Number)
		}
	}
	for _, e := range m.Against {
		m.Bits += e.Bits
	}
	m.Bits += min(weak, mostOfWeak) + m.endBits()
	if len(phases) == 3 && slices.Max(phases) < 1.2*slices.Min(phases) {
		m.Bits += forTypical
	}
}

// Confidence is how sure a match is, given the next best one.
type Confidence uint8

// The confidences.
const (
	Weak   Confidence = iota // compare with the display, or look with probe
	Fair                     // likely; check one value on the display
	Strong                   // the values themselves leave little doubt
)

func (c Confidence) String() string { return [...]string{"weak", "fair", "strong"}[min(c, Strong)] }

// How many bits make a match fair and strong, and how far the next one must
// be behind.
const (
	fairBits   = 8
	strongBits = 24
	clearBits  = 5
)

// confidence judges the first of a list of matches.
func confidence(list []Match) Confidence {
	switch {
	case len(list) == 0 || list[0].Bits < fairBits:
		return Weak
	case len(list) > 1 && list[0].Bits-list[1].Bits < clearBits:
		return Fair
	case list[0].Bits >= strongBits:
		return Strong
	}
	return Fair
}
