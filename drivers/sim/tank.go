package sim

import (
	"math/rand/v2"
	"time"
)

// Figures of a domestic water tank: invented, small enough that a visitor
// sees a whole cycle within ten minutes.
const (
	tankArea   = 4.0  // m²
	tankHeight = 3.5  // m
	tankStart  = 1.70 // m: pumps start below
	tankStop   = 2.05 // m: pumps stop above
	tankDemand = 14.0 // m3/h at the evening peak

	sumpArea  = 2.0  // m²
	sumpStart = 0.90 // m: its pump starts above
	sumpStop  = 0.35 // m: and stops below
	seepage   = 1.4  // m3/h
)

// tank falls by what the households draw, through a booster set where there
// is one, and rises by what its pumps deliver. Without pumps in its area,
// something unseen fills it. With pumps that empty it, it is a sump.
type tank struct {
	s      *signals
	rng    *rand.Rand
	pumps  []*pump
	drawn  []*booster
	drains []*pump

	level   float64 // m
	filling bool
	next    int     // the pump whose turn it is
	unseen  float64 // m3/h from outside
	wave    drift
	demand  drift
	radio   radio
}

func newTank(s *signals, rng *rand.Rand) *tank {
	t := &tank{
		s: s, rng: rng,
		level:  tankStart + (tankStop-tankStart)*(0.2+0.7*rng.Float64()),
		wave:   drift{tau: 4, sigma: 0.003},
		demand: drift{tau: 120, sigma: 1.2},
		radio:  newRadio(rng),
	}
	t.write()
	return t
}

// calls says whether the pump of that turn is to run: to fill the tank, or
// with filling being false to empty the sump.
func (t *tank) calls(turn int) bool {
	return t.filling == (len(t.drains) == 0) && t.next == turn
}

func (t *tank) step(now time.Time, dt float64) {
	t.wave.step(t.rng, dt)
	if len(t.drains) > 0 {
		t.stepSump(dt)
		return
	}
	out := max(tankDemand*byHour(&households, now)+t.demand.step(t.rng, dt), 0.5)
	if len(t.drawn) > 0 {
		out = 0
	}
	for _, b := range t.drawn {
		out += b.flow
	}
	in := 0.0
	for _, p := range t.pumps {
		in += p.flow()
	}
	if len(t.pumps) == 0 {
		goal := 0.0
		if t.filling {
			goal = pumpFlow
		}
		t.unseen = ramp(t.unseen, goal, dt, 8)
		in = t.unseen
	}
	t.level = min(max(t.level+(in-out)/tankArea*dt/3600, 0.05), tankHeight)
	switch {
	case t.level < tankStart && !t.filling:
		t.filling = true
	case t.level > tankStop && t.filling:
		t.filling = false
		if n := len(t.pumps); n > 0 {
			t.next = (t.next + 1) % n
		}
	}
	t.radio.step(t.rng, dt)
	t.write()
}

// stepSump lets ground water in, and out what its pumps take in turn.
func (t *tank) stepSump(dt float64) {
	if t.level > tankStart { // it was made before it was known for a sump
		t.level, t.filling = sumpStop+(sumpStart-sumpStop)*t.rng.Float64(), true
	}
	out := 0.0
	for _, p := range t.drains {
		out += p.flow()
	}
	t.level = max(t.level+(seepage-out)/sumpArea*dt/3600, 0.05)
	switch {
	case t.level > sumpStart && t.filling:
		t.filling = false
	case t.level < sumpStop && !t.filling:
		t.filling = true
		t.next = (t.next + 1) % len(t.drains)
	}
	t.radio.step(t.rng, dt)
	t.write()
}

func (t *tank) write() {
	s := t.s
	level := t.level + t.wave.v
	s.set("level", level, "m")
	s.set("level_percent", 100*level/tankHeight, "%")
	s.set("volume", level*tankArea, "m3")
	s.set("distance", max(tankHeight+0.3-level, 0), "m")
	s.set("pressure", level*0.0981, "bar")
	s.set("temperature", 16+20*t.wave.v, "degC")
	s.flag("level_low", t.level < 0.8 && len(t.drains) == 0)
	s.flag("level_low_low", t.level < 0.4 && len(t.drains) == 0)
	s.flag("level_high", t.level > 2.6)
	s.flag("level_high_high", t.level > 3)
	s.flag("overflow", t.level >= tankHeight)
	s.set("chlorine", 0.5+3*t.wave.v, "mg/L")
	s.set("turbidity", 0.3+3*t.wave.v, "NTU")
	s.set("ph", 7.3+3*t.wave.v, "")
	s.set("fault_code", 0, "")
	t.radio.write(s)
}
