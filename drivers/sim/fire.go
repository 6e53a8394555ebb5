package sim

import (
	"math/rand/v2"
	"time"
)

// Figures of a fire-water set at rest: invented, plausible. The jockey pump
// starts when the main has lost a tenth of a MPa, a few times an hour at most.
const (
	jockeyStart = 0.82  // MPa at the pumps
	jockeyStop  = 0.92  // MPa
	mainLoss    = 0.20  // MPa an hour
	jockeyGain  = 0.002 // MPa a second
	mainHead    = 0.55  // MPa less at the highest hydrant
)

// fire is a fire-water set at rest: its jockey pump holds the pressure.
type fire struct {
	s   *signals
	rng *rand.Rand

	press  float64 // MPa
	jockey bool
	starts float64
	wave   drift
}

func newFire(s *signals, rng *rand.Rand) *fire {
	f := &fire{
		s: s, rng: rng, press: jockeyStart + (jockeyStop-jockeyStart)*rng.Float64(),
		starts: float64(500 + rng.IntN(900)), wave: drift{tau: 20, sigma: 0.002},
	}
	f.write()
	return f
}

func (f *fire) step(_ time.Time, dt float64) {
	f.wave.step(f.rng, dt)
	f.press -= mainLoss * dt / 3600
	if f.jockey {
		f.press += jockeyGain * dt
	}
	switch {
	case f.press < jockeyStart && !f.jockey:
		f.jockey = true
		f.starts++
	case f.press > jockeyStop:
		f.jockey = false
	}
	f.write()
}

func (f *fire) write() {
	s := f.s
	s.set("pressure", f.press+f.wave.v, "MPa")
	s.set("pressure_remote", f.press+f.wave.v-mainHead, "MPa")
	s.set("tank_level", 3.42+f.wave.v, "m")
	s.set("tank_temperature", 16+50*f.wave.v, "degC")
	s.flag("jockey_pump_running", f.jockey)
	s.set("jockey_starts", f.starts, "")
	s.label("selector", "auto")
	for _, on := range []string{"control_power", "main_power", "valve_open"} {
		s.flag(on, true)
	}
	for _, off := range []string{
		"tank_level_low", "tank_level_high", "fire_pump1_running", "fire_pump2_running", "fire_pump1_fault",
		"fire_pump2_fault", "jockey_pump_fault", "flow_switch", "pressure_switch", "alarm_valve", "diesel_running",
	} {
		s.flag(off, false)
	}
	s.set("flow", 0, "m3/h")
	s.set("diesel_battery_voltage", 25.9, "V")
	s.set("fuel_level", 92, "%")
}
