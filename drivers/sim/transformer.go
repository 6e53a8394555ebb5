package sim

import (
	"math/rand/v2"
	"time"
)

// transformer warms with the load of the hour; its fan cools from 80 °C.
type transformer struct {
	s    *signals
	rng  *rand.Rand
	temp [3]float64
	most [4]float64 // highest so far, of the windings and the core
	room drift
	fan  bool
}

func newTransformer(s *signals, rng *rand.Rand) *transformer {
	t := &transformer{s: s, rng: rng, room: drift{tau: 3600, sigma: 1.5}}
	for i := range t.temp {
		t.temp[i] = 62 + 3*rng.Float64()
	}
	t.step(time.Unix(0, 0).UTC(), 0)
	return t
}

func (t *transformer) step(now time.Time, dt float64) {
	load := byHour(&households, now)
	room := 26 + t.room.step(t.rng, dt)
	hottest := max(t.temp[0], t.temp[1], t.temp[2])
	switch {
	case hottest > 80:
		t.fan = true
	case hottest < 70:
		t.fan = false
	}
	rise := 22 + 45*load*load
	if t.fan {
		rise *= 0.75
	}
	for i := range t.temp {
		t.temp[i] = lag(t.temp[i], room+rise+float64(i), dt, 2400)
	}
	s := t.s
	for i, n := range [3]string{"winding_temperature_a", "winding_temperature_b", "winding_temperature_c"} {
		s.set(n, t.temp[i], "degC")
		t.most[i] = max(t.most[i], t.temp[i])
		s.set(n+"_max", t.most[i], "degC")
	}
	t.most[3] = max(t.most[3], hottest+4)
	s.set("core_temperature", hottest+4, "degC")
	s.set("auxiliary_temperature", hottest+4, "degC")
	s.set("auxiliary_temperature_max", t.most[3], "degC")
	s.set("ambient_temperature", room, "degC")
	s.set("oil_temperature", hottest-8, "degC")
	s.set("load", 75*load, "%")
	s.flag("fan_running", t.fan)
	s.set("fault_code", 0, "")
}

// generator stands by: warm, charged, fuelled, not running.
type generator struct {
	s      *signals
	rng    *rand.Rand
	charge drift
}

func newGenerator(s *signals, rng *rand.Rand) *generator {
	g := &generator{s: s, rng: rng, charge: drift{tau: 600, sigma: 0.1}}
	for _, rest := range []string{
		"power", "frequency", "speed", "oil_pressure", "energy_export", "power_factor", "fault_code",
	} {
		s.set(rest, 0, "")
	}
	s.phases("voltage", [3]float64{}, "V")
	s.phases("current", [3]float64{}, "A")
	for _, off := range []string{"running", "start_failed", "emergency_stop"} {
		s.flag(off, false)
	}
	s.label("mode", "auto")
	s.set("fuel_level", 86, "%")
	s.set("run_hours", 212, "h")
	s.set("starts", 340, "")
	g.step(time.Time{}, 0)
	return g
}

func (g *generator) step(_ time.Time, dt float64) {
	g.s.set("battery_voltage", 26.8+g.charge.step(g.rng, dt), "V")
	g.s.set("coolant_temperature", 41+10*g.charge.v, "degC")
}
