package sim

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// Figures of a small constant-pressure set of three pumps: invented, plausible.
const (
	setPumps    = 3
	setFlow     = 7.0  // m3/h one of its pumps gives at full speed
	setPower    = 2.2  // kW one of them takes there
	setPressure = 5.0  // bar that the set holds
	setRange    = 8.0  // bar of its sensor, 100 % of the feedback
	setRotate   = 1200 // s until another pump leads
)

// booster holds the pressure of the upper floors: as many of its pumps run, as
// fast, as the households draw.
type booster struct {
	s   *signals
	rng *rand.Rand
	off bool // without supply

	demand   drift // m3/h around the hour's
	pressure drift // bar
	press    float64
	flow     float64 // m3/h
	running  int     // pumps
	lead     int     // the first of them
	turn     float64 // s it has led
	hours    [6]float64
	heat     [6]float64
	volume   float64 // m3
	energy   float64 // kWh
	starts   float64
}

var (
	_ consumer = (*booster)(nil)
	_ supplied = (*booster)(nil)
)

func newBooster(s *signals, rng *rand.Rand) *booster {
	b := &booster{
		s: s, rng: rng, running: 1, press: setPressure, flow: 4,
		demand:   drift{tau: 120, sigma: 0.8},
		pressure: drift{tau: 8, sigma: 0.02},
		starts:   float64(3000 + rng.IntN(5000)),
		turn:     setRotate * rng.Float64(),
	}
	base := 2000 + 6000*rng.Float64()
	for i := range setPumps {
		b.hours[i] = base * (0.97 + 0.06*rng.Float64())
	}
	for i := range b.heat {
		b.heat[i] = 24
	}
	b.volume, b.energy = base*6, base*2
	b.write()
	return b
}

// supply gives or takes the electric supply.
func (b *booster) supply(on bool) { b.off = !on }

func (b *booster) step(now time.Time, dt float64) {
	b.demand.step(b.rng, dt)
	b.pressure.step(b.rng, dt)
	want := max(tankDemand*byHour(&households, now)+b.demand.v, 0.5)
	goal := setPressure
	if b.off {
		want, goal = 0, 0.3
	}
	b.flow = lag(b.flow, want, dt, 5)
	b.press = lag(b.press, goal, dt, 15)
	b.stage()
	if b.turn += dt; b.turn > setRotate {
		b.turn, b.lead = 0, (b.lead+1)%setPumps
	}
	for i := range setPumps {
		warm := 24.0
		if b.runs(i) {
			b.hours[i] += dt / 3600
			warm = 52
		}
		b.heat[i] = lag(b.heat[i], warm, dt, 900)
	}
	b.volume += b.flow * dt / 3600
	b.energy += b.watts() / 1000 * dt / 3600
	b.write()
}

// stage runs one pump more when those that run reach their limit, and one
// less when fewer would do with room to spare.
func (b *booster) stage() {
	switch n := float64(b.running); {
	case b.off:
		b.running = 0
	case b.running == 0, b.flow > n*setFlow*0.92 && b.running < setPumps:
		b.running++
		b.starts++
	case b.running > 1 && b.flow < (n-1)*setFlow*0.75:
		b.running--
	}
}

func (b *booster) runs(i int) bool {
	return i < setPumps && (i-b.lead+setPumps)%setPumps < b.running
}

// share is the speed of the pumps that run, of full speed.
func (b *booster) share() float64 {
	if b.running == 0 {
		return 0
	}
	return min(0.68+0.3*b.flow/(float64(b.running)*setFlow), 1)
}

func (b *booster) watts() float64 {
	if b.off {
		return 0
	}
	v := b.share()
	return 60 + 1000*setPower*v*v*v*float64(b.running)
}

func (b *booster) write() {
	s, v := b.s, b.share()
	s.flag("running", b.running > 0)
	s.label("mode", "auto")
	s.label("control_mode", "pressure")
	s.label("operation_mode", "normal")
	for _, calm := range []string{"fault_code", "warning_code", "bus_errors"} {
		s.set(calm, 0, "")
	}
	s.set("pumps_running", float64(b.running), "")
	s.set("pumps_available", setPumps, "")
	s.set("suction_pressure", 0.17+b.pressure.v/10, "bar")
	s.set("discharge_pressure", max(b.press+b.pressure.v, 0), "bar")
	s.set("pressure_setpoint", setPressure, "bar")
	s.set("feedback", 100*max(b.press+b.pressure.v, 0)/setRange, "%")
	s.set("flow", b.flow, "m3/h")
	s.set("power", b.watts(), "W")
	s.set("frequency", 50*v, "Hz")
	s.set("tank_level", tankStop, "m")
	s.set("energy", b.energy, "kWh")
	s.set("volume", b.volume, "m3")
	s.set("run_hours", b.hours[0], "h")
	s.set("starts", b.starts, "")
	for i := range b.hours {
		b.writePump(i)
	}
}

func (b *booster) writePump(i int) {
	s, name := b.s, "pump"+strconv.Itoa(i+1)+"_"
	v := 0.0
	if b.runs(i) {
		v = b.share()
	}
	kilowatts := setPower * v * v * v
	s.flag(name+"present", i < setPumps)
	s.flag(name+"remote", i < setPumps)
	s.flag(name+"running", v > 0)
	s.flag(name+"fault", false)
	s.set(name+"fault_code", 0, "")
	s.set(name+"speed_percent", 100*v, "%")
	s.set(name+"current", kilowatts*1000/(1.732*400*0.86), "A")
	s.set(name+"power", kilowatts, "kW")
	s.set(name+"motor_temperature", b.heat[i], "degC")
	s.set(name+"run_hours", b.hours[i], "h")
}
