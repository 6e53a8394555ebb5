package survey

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"steward/gateway/config"
)

// Shown is a number on a device's display: its value, and how fine its last
// digit is.
type Shown struct {
	Text  string
	Value float64
	Step  float64 // of the last digit: 0.1 for 231.4
}

// ParseShown reads what somebody reads off a display: 231.4, -3,5 or 1 234.5,
// perhaps with a unit behind it. A zero is refused, for it tells nothing.
func ParseShown(text string) (Shown, error) {
	s := Shown{Text: strings.TrimSpace(text)}
	digits := strings.TrimRightFunc(s.Text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != ',' })
	if len(s.Text)-len(digits) > 10 {
		return s, fmt.Errorf("%q is no number as a display shows it", text)
	}
	digits = strings.NewReplacer(" ", "", "\u00a0", "", "−", "-").Replace(digits)
	if !strings.Contains(digits, ".") && strings.Count(digits, ",") == 1 {
		digits = strings.Replace(digits, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsInf(v, 0) || strings.ContainsAny(digits, "eExXpP_nN") {
		return s, fmt.Errorf("%q is no number as a display shows it, such as 231.4", text)
	}
	if v == 0 {
		return s, fmt.Errorf("%q tells nothing: most registers hold 0; wait until the display shows something else", text)
	}
	_, decimals, _ := strings.Cut(digits, ".")
	s.Value, s.Step = v, math.Pow(10, -float64(len(decimals)))
	return s, nil
}

// Observation is what registers held while a number was on the display.
type Observation struct {
	Shown
	Dump
}

// Candidate is one way to read registers that gives what was shown each time.
type Candidate struct {
	Table    config.Table
	Address  uint16
	Encoding config.Encoding
	LowFirst bool
	Scale    float64
	Also     config.Encoding // reads the same as long as the sign is not seen; empty: none
	Values   []float64       // one for each observation
	Weak     bool            // it takes an odd type or scale to fit: more likely chance
	cost     float64
}

// String is the mapping as a profile or a site file says it.
func (c Candidate) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "{point: POINT, table: %s, address: %d, type: %s", c.Table, c.Address, c.Encoding)
	if c.Encoding.Words() > 1 {
		b.WriteString(", word_order: " + order(c.LowFirst))
	}
	if c.Scale != 1 {
		b.WriteString(", scale: " + strconv.FormatFloat(c.Scale, 'g', 10, 64))
	}
	return b.String() + "}"
}

func order(low bool) string {
	if low {
		return "little"
	}
	return "big"
}

// encoding is one way to make a number of words, and how unusual it is.
type encoding struct {
	config.Encoding
	also config.Encoding
	cost float64
}

var encodings = []encoding{
	{config.EncUint16, config.EncInt16, 0}, {config.EncInt16, "", 0.3},
	{config.EncFloat32, "", 0}, {config.EncUint32, config.EncInt32, 0.5}, {config.EncInt32, "", 0.8},
	{config.EncFloat64, "", 1}, {config.EncUint64, config.EncInt64, 2}, {config.EncInt64, "", 2.3},
	{config.EncBCD16, "", 1.5}, {config.EncBCD32, "", 2},
}

// factor is a scale, and how unusual it is.
type factor struct{ scale, cost float64 }

// factors are the scales that devices use: powers of ten first, then halves
// and the like, binary fractions, and seconds or minutes in an hour.
func factors() []factor {
	list := []factor{{1, 0}}
	for k := 1; k <= 6; k++ {
		list = append(list, factor{math.Pow10(-k), 0.2 * float64(k)}, factor{math.Pow10(k), 0.8 * float64(k)})
	}
	for _, s := range []float64{0.5, 0.2, 0.25, 0.05, 0.02, 0.025, 0.005, 0.002, 2, 5} {
		list = append(list, factor{s, 3})
	}
	for _, n := range []float64{16, 60, 64, 100.0 / 6, 128, 256, 3600} {
		list = append(list, factor{1 / n, 4})
	}
	return list
}

// mostCandidates is how many are worth showing.
const mostCandidates = 20

// weakFrom is the cost, for each observation, from which a fit is more likely
// chance: an odd scale such as 0.025 costs 3 and fits some noise of any range.
const weakFrom = 3

// Propose finds every way to read registers that gives what the display
// showed in each observation, the likeliest first. Within is how far the value
// may have moved between the display and the reading, as a share of it, beyond
// the last digit shown.
func Propose(seen []Observation, within float64) []Candidate {
	if len(seen) == 0 || seen[0].Table == config.Coils || seen[0].Table == config.DiscreteInputs {
		return nil
	}
	scales := factors()
	var out []Candidate
	for i := range seen[0].Words {
		for _, e := range encodings {
			for _, low := range []bool{false, true} {
				if low && e.Words() == 1 {
					continue
				}
				raws := rawNumbers(seen, i, e.Encoding, low)
				for _, f := range scales {
					if c, ok := fit(seen, raws, f, within); ok {
						c.Table, c.Address, c.Encoding, c.LowFirst = seen[0].Table, seen[0].First+uint16(i), e.Encoding, low
						c.cost += e.cost + oddness(seen, i, e.Encoding, low, f)
						c.Weak = c.cost >= weakFrom*float64(len(seen))
						if seen[0].Value > 0 {
							c.Also = e.also
						}
						out = append(out, c)
					}
				}
			}
		}
	}
	out = slices.DeleteFunc(out, func(c Candidate) bool { return covered(c, out) })
	slices.SortStableFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.Address, b.Address))
	})
	return out[:min(len(out), mostCandidates)]
}

// covered reports whether another candidate names this one as its equal.
func covered(c Candidate, list []Candidate) bool {
	return slices.ContainsFunc(list, func(o Candidate) bool {
		return o.Also == c.Encoding && o.Address == c.Address && o.LowFirst == c.LowFirst && o.Scale == c.Scale
	})
}

// rawNumbers reads the same place of every observation; nil where one of them
// gives no number.
func rawNumbers(seen []Observation, i int, e config.Encoding, low bool) []float64 {
	var out []float64
	for _, o := range seen {
		v, ok := rawNumber(&o.Dump, i, e, low)
		if !ok {
			return nil
		}
		out = append(out, v)
	}
	return out
}

func rawNumber(d *Dump, i int, e config.Encoding, low bool) (float64, bool) {
	n := e.Words()
	if i+n > len(d.Words) {
		return 0, false
	}
	var raw uint64
	for k := range n {
		at := i + k
		if low {
			at = i + n - 1 - k
		}
		if !d.Known[at] {
			return 0, false
		}
		raw = raw<<16 | uint64(d.Words[at])
	}
	v := 0.0
	switch e {
	case config.EncInt16:
		v = float64(int16(raw))
	case config.EncInt32:
		v = float64(int32(raw))
	case config.EncInt64:
		v = float64(int64(raw))
	case config.EncFloat32:
		v = float64(math.Float32frombits(uint32(raw)))
	case config.EncFloat64:
		v = math.Float64frombits(raw)
	case config.EncBCD16, config.EncBCD32:
		for shift := 16*n - 4; shift >= 0; shift -= 4 {
			digit := raw >> shift & 0xF
			if digit > 9 {
				return 0, false
			}
			v = v*10 + float64(digit)
		}
	default:
		v = float64(raw)
	}
	return v, v != 0 && !math.IsNaN(v) && !math.IsInf(v, 0) && math.Abs(v) > faint
}

// fit sees whether a scale makes the numbers what was shown. A display may
// round or cut its last digit off, so one of it is allowed.
func fit(seen []Observation, raws []float64, f factor, within float64) (Candidate, bool) {
	c := Candidate{Scale: f.scale, cost: f.cost}
	for i, raw := range raws {
		v := raw * f.scale
		if f.scale < 1 {
			v = raw / math.Round(1/f.scale*1e6) * 1e6 // as the driver rounds it
		}
		off := math.Abs(v-seen[i].Value) / seen[i].Step
		switch {
		case off <= 0.501:
			c.cost += 0.2 * off
		case off <= 1.001:
			c.cost += 1
		case math.Abs(v-seen[i].Value) <= within*math.Abs(seen[i].Value)+seen[i].Step:
			c.cost += 2
		default:
			return c, false
		}
		c.Values = append(c.Values, v)
	}
	return c, len(raws) > 0
}

// oddness is what makes a reading unlikely besides its type and scale: a
// float that has to be scaled, a wide integer whose high words hold nothing,
// low words first.
func oddness(seen []Observation, i int, e config.Encoding, low bool, f factor) (cost float64) {
	switch e {
	case config.EncFloat32, config.EncFloat64:
		if f.scale == 1 {
			cost -= 0.5
		} else if f.scale != 0.001 {
			cost += 1.5
		}
	}
	n := e.Words()
	if n > 1 && low {
		cost += 0.3
	}
	if n > 1 {
		high := i
		if low {
			high = i + n - 1
		}
		if !slices.ContainsFunc(seen, func(o Observation) bool { return o.Words[high] != 0 }) {
			cost += 0.6
		}
	}
	return cost
}
