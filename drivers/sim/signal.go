package sim

import (
	"math"
	"slices"

	"steward/gateway"
)

// signals are the points of one simulated asset and what they read now.
// A model writes them by canonical name in a unit of its own; names the asset
// does not have are ignored, so that one model serves every make.
type signals struct {
	points  []gateway.Point
	numbers []float64
	driven  []bool    // some model writes it
	held    []bool    // SetPoint holds it
	hold    []float64 // what SetPoint holds it at
	index   map[string]int
	from    []string  // the unit set was last given, and
	times   []float64 // what makes the point's own of it
}

func newSignals(points []gateway.Point) *signals {
	s := &signals{
		points:  points,
		numbers: make([]float64, len(points)),
		driven:  make([]bool, len(points)),
		held:    make([]bool, len(points)),
		hold:    make([]float64, len(points)),
		index:   make(map[string]int, len(points)),
		from:    make([]string, len(points)),
		times:   make([]float64, len(points)),
	}
	for i, p := range points {
		s.times[i] = 1
		s.index[p.Name] = i
	}
	return s
}

// has reports whether the asset has the point.
func (s *signals) has(name string) bool {
	_, ok := s.index[name]
	return ok
}

// get is what the point reads now: what SetPoint holds it at, else what its
// model wrote. A point the asset does not have reads as 0.
func (s *signals) get(name string) float64 {
	i, ok := s.index[name]
	if !ok {
		return 0
	}
	return s.at(i)
}

func (s *signals) at(i int) float64 {
	if s.held[i] {
		return s.hold[i]
	}
	return s.numbers[i]
}

// set writes a number given in unit; the point's own unit decides what is
// kept. Int points are rounded.
func (s *signals) set(name string, v float64, unit string) {
	i, ok := s.index[name]
	if !ok {
		return
	}
	p := &s.points[i]
	if s.from[i] != unit { // models always use the same unit for a point
		s.from[i], s.times[i] = unit, factor(unit, p.Unit)
	}
	v *= s.times[i]
	if p.Type == gateway.Int {
		v = math.Round(v)
	}
	s.driven[i] = true
	s.numbers[i] = v
}

// flag writes a bool point.
func (s *signals) flag(name string, on bool) {
	if i, ok := s.index[name]; ok {
		s.driven[i] = true
		s.numbers[i] = 0
		if on {
			s.numbers[i] = 1
		}
	}
}

// label writes an enum point: the first of the names that the point has a
// label for; without any, the point keeps what it reads. A bool or int point
// of that name is left alone.
func (s *signals) label(name string, labels ...string) {
	i, ok := s.index[name]
	if !ok || s.points[i].Type != gateway.Enum {
		return
	}
	s.driven[i] = true
	for _, want := range labels {
		if k := slices.IndexFunc(s.points[i].Labels, func(l gateway.Label) bool { return l.Name == want }); k >= 0 {
			s.numbers[i] = float64(s.points[i].Labels[k].Code)
			return
		}
	}
}

// undriven lists the points no model has written, in the asset's order.
func (s *signals) undriven() []int {
	var out []int
	for i, d := range s.driven {
		if !d {
			out = append(out, i)
		}
	}
	return out
}

// sizes gives units of one quantity as multiples of a common base.
var sizes = []map[string]float64{
	{"mW": 1e-3, "W": 1, "kW": 1e3, "MW": 1e6},
	{"var": 1, "kvar": 1e3, "Mvar": 1e6},
	{"VA": 1, "kVA": 1e3, "MVA": 1e6},
	{"Wh": 1, "kWh": 1e3, "MWh": 1e6},
	{"varh": 1, "kvarh": 1e3, "Mvarh": 1e6},
	{"VAh": 1, "kVAh": 1e3},
	{"mV": 1e-3, "V": 1, "kV": 1e3},
	{"mA": 1e-3, "A": 1, "kA": 1e3},
	{"Pa": 1, "mbar": 100, "hPa": 100, "kPa": 1e3, "mH2O": 9806.65, "bar": 1e5, "MPa": 1e6},
	{"mm": 1e-3, "cm": 1e-2, "m": 1, "km": 1e3},
	{"mm/s": 1e-3, "m/s": 1, "m/min": 1. / 60},
	{"s": 1, "min": 60, "h": 3600, "d": 86400},
	{"L": 1e-3, "l": 1e-3, "m3": 1, "m³": 1},
	{"L/h": 1e-3, "l/h": 1e-3, "L/min": 0.06, "l/min": 0.06, "L/s": 3.6, "l/s": 3.6, "m3/h": 1, "m³/h": 1},
}

// factor converts a number in one unit to another of the same quantity; 1
// where it knows no relation.
func factor(from, to string) float64 {
	if from == to || from == "" || to == "" {
		return 1
	}
	for _, q := range sizes {
		a, okA := q[from]
		b, okB := q[to]
		if okA && okB {
			return a / b
		}
	}
	return 1
}

// phases writes one quantity of three phases under base_l1 to base_l3.
func (s *signals) phases(base string, v [3]float64, unit string) {
	for i, n := range [3]string{"_l1", "_l2", "_l3"} {
		s.set(base+n, v[i], unit)
	}
}

// round keeps the digits worth showing, as a device with a display does.
func round(v float64, decimals int) float64 {
	k := math.Pow10(min(max(decimals, 0), 6))
	return math.Round(v*k) / k
}
