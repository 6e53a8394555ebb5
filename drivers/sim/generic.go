package sim

import (
	"math/rand/v2"
	"slices"
	"strings"

	"steward/gateway"
)

// troubles are words in the names of points that are false while all is well.
var troubles = []string{
	"fault", "alarm", "warning", "trip", "tamper", "low", "high", "overload", "leak", "trapped", "lost", "error",
	"emergency", "bypass", "fire", "dry_run", "failed", "replace", "reminder", "ebike", "shortage", "overflow",
}

// wells are the names of points that are true while all is well.
var wells = []string{"online", "main_power", "control_power", "safety_circuit", "valve_open"}

// generic drives the points that no model knows: numbers wander about the
// middle of their range, bools change now and then (never one that names
// trouble), an enum shows its first label, a counter counts.
type generic struct {
	s      *signals
	rng    *rand.Rand
	points []int
	wander []drift
	middle []float64
	lively []bool // bools that change now and then
}

// newGeneric takes what s's model has left; the model has written once.
func newGeneric(s *signals, rng *rand.Rand) *generic {
	g := &generic{s: s, rng: rng, points: s.undriven()}
	g.wander = make([]drift, len(g.points))
	g.middle = make([]float64, len(g.points))
	g.lively = make([]bool, len(g.points))
	for k, i := range g.points {
		p := &s.points[i]
		low, high := 0.0, 100.0
		if p.Min != nil {
			low = *p.Min
		}
		if p.Max != nil {
			high = max(*p.Max, low)
		} else {
			high = low + 100
		}
		g.wander[k] = drift{tau: 120, sigma: (high - low) / 40}
		g.middle[k] = (low + high) / 2
		g.lively[k] = !slices.Contains(wells, p.Name) && !troubled(p.Name)
		s.numbers[i] = 0
		switch {
		case slices.Contains(wells, p.Name):
			s.numbers[i] = 1
		case p.Type == gateway.Enum && len(p.Labels) > 0:
			s.numbers[i] = float64(p.Labels[0].Code)
		case p.Counter:
			s.numbers[i] = low
		case p.Type == gateway.Float || p.Type == gateway.Int:
			s.numbers[i] = round(g.middle[k], decimals(p))
		}
	}
	return g
}

func decimals(p *gateway.Point) int {
	if p.Type == gateway.Int {
		return 0
	}
	return p.Decimals
}

func (g *generic) step(dt float64) {
	for k, i := range g.points {
		p := &g.s.points[i]
		switch {
		case p.Type == gateway.Enum:
		case p.Type == gateway.Bool:
			if g.lively[k] && chance(g.rng, dt, 6) {
				g.s.numbers[i] = 1 - g.s.numbers[i]
			}
		case p.Counter:
			if chance(g.rng, dt, 120) {
				g.s.numbers[i]++
			}
		default:
			g.s.numbers[i] = round(g.middle[k]+g.wander[k].step(g.rng, dt), decimals(p))
		}
	}
}

func troubled(name string) bool {
	for _, t := range troubles {
		if strings.Contains(name, t) {
			return true
		}
	}
	return false
}
