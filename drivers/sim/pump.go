package sim

import (
	"math/rand/v2"
	"time"
)

// Figures of a small domestic pump set: invented, plausible.
const (
	pumpSpeed    = 2900.0 // rpm
	pumpFlow     = 34.0   // m3/h
	pumpPressure = 4.2    // bar across the pump
	pumpPower    = 6500.0 // W
	startEvery   = 240.0  // s from start to start of a pump without a tank
)

// pump fills the tank of its area between two levels, or empties the sump that
// feeds it, in turn with the other pumps there. Without a tank it runs by the clock of a pressure vessel: on
// for as long as the demand asks.
type pump struct {
	s   *signals
	rng *rand.Rand

	tank *tank // that it fills; nil: none in its area
	sump *tank // that it empties instead
	turn int   // which of the tank's pumps it is
	dry  bool  // an incident: it runs without water
	off  bool  // without supply

	speed    float64 // share of full speed
	running  bool
	since    float64 // s in this state
	starts   float64
	hours    float64
	powered  float64
	energy   float64 // kWh
	volume   float64 // m3
	heat     float64
	suction  drift
	pressure drift
	shake    drift
	press    float64 // bar at the outlet
}

var (
	_ consumer = (*pump)(nil)
	_ supplied = (*pump)(nil)
)

func newPump(s *signals, rng *rand.Rand) *pump {
	p := &pump{
		s: s, rng: rng,
		starts:   float64(2000 + rng.IntN(9000)),
		hours:    float64(1500 + rng.IntN(6000)),
		heat:     28,
		since:    startEvery * rng.Float64(),
		suction:  drift{tau: 90, sigma: 0.04},
		pressure: drift{tau: 20, sigma: 0.05},
		shake:    drift{tau: 30, sigma: 0.12},
		press:    3,
	}
	p.powered = p.hours * 2.1
	p.energy, p.volume = p.hours*5.1, p.hours*29
	p.write()
	return p
}

func (p *pump) step(now time.Time, dt float64) {
	p.since += dt
	if want := p.wanted(now); want != p.running && (p.since > 3 || p.off) {
		p.running, p.since = want, 0
		if want {
			p.starts++
		}
	}
	goal := 0.0
	if p.running {
		goal = 0.93 + p.pressure.v/4
	}
	p.speed = ramp(p.speed, goal, dt, 0.22)
	p.suction.step(p.rng, dt)
	p.pressure.step(p.rng, dt)
	p.shake.step(p.rng, dt)
	p.powered += dt / 3600
	if p.running {
		p.hours += dt / 3600
	}
	p.energy += p.watts() / 1000 * dt / 3600
	p.volume += p.flow() * dt / 3600
	p.heat = lag(p.heat, 26+32*p.speed, dt, 600)
	press := 2.6 + pumpPressure*p.speed*p.speed*0.55 + p.pressure.v
	if p.dry {
		press = 0.4 + p.pressure.v
	}
	p.press = lag(p.press, press, dt, 6)
	p.write()
}

// wanted says whether the pump should run.
func (p *pump) wanted(now time.Time) bool {
	switch {
	case p.off:
		return false
	case p.dry:
		return true
	case p.sump != nil:
		return p.sump.calls(p.turn)
	case p.tank != nil:
		return p.tank.calls(p.turn)
	}
	share := 0.25 + 0.5*byHour(&households, now)
	if p.running {
		return p.since < startEvery*share
	}
	return p.since > startEvery*(1-share)
}

// supply gives or takes the electric supply.
func (p *pump) supply(on bool) { p.off = !on }

// flow is what the pump delivers, m3/h: nothing before it overcomes the head.
func (p *pump) flow() float64 {
	if p.speed < 0.5 || p.dry {
		return 0
	}
	return pumpFlow * (p.speed - 0.5) / 0.5
}

func (p *pump) watts() float64 {
	if p.off {
		return 0
	}
	w := 40.0 // electronics
	load := pumpPower
	if p.dry {
		load *= 0.3 // it turns in air
	}
	if p.speed > 0.02 {
		w += 150 + load*p.speed*p.speed*p.speed
	}
	return w
}

func (p *pump) write() {
	s := p.s
	on := p.speed > 0.02
	s.flag("running", on)
	s.flag("run_command", p.running)
	s.label("mode", "auto")
	if p.tank != nil || p.sump != nil {
		s.label("control_mode", "level")
	} else {
		s.label("control_mode", "pressure")
	}
	s.label("operation_mode", "normal")
	s.flag("remote", true)
	s.flag("forced_local", false)
	s.flag("max_power", false)
	s.flag("min_speed", on && p.speed < 0.3)
	s.flag("max_speed", p.speed > 0.99)
	for _, calm := range []string{"fault_code", "warning_code", "bus_errors"} {
		s.set(calm, 0, "")
	}
	w := p.watts()
	s.set("speed", pumpSpeed*p.speed, "rpm")
	s.set("speed_percent", 100*p.speed, "%")
	s.set("frequency", 50*p.speed, "Hz")
	s.set("current", w/(1.732*400*0.86), "A")
	s.set("power", w, "W")
	s.set("dc_bus_voltage", 548-6*p.speed+10*p.pressure.v, "V")
	s.set("flow", p.flow(), "m3/h")
	suction := 0.6 + p.suction.v
	if p.dry {
		suction = max(0.05+p.suction.v/4, 0)
	}
	s.set("suction_pressure", suction, "bar")
	s.set("discharge_pressure", max(p.press, 0), "bar")
	s.set("differential_pressure", max(p.press-suction, 0), "bar")
	s.set("head", max(p.press-suction, 0), "bar")
	s.set("setpoint", 62, "%")
	s.set("feedback", max(p.press, 0)*12.5, "%")
	s.set("pressure_setpoint", 5, "bar")
	s.set("liquid_temperature", 17+2*p.suction.v, "degC")
	s.set("electronics_temperature", p.heat, "degC")
	s.set("motor_temperature", p.heat+9, "degC")
	s.set("bearing_temperature", p.heat+4, "degC")
	s.set("vibration", max(0.15+1.6*p.speed+p.shake.v*p.speed, 0), "mm/s")
	s.set("energy", p.energy, "kWh")
	s.set("volume", p.volume, "m3")
	s.set("specific_energy", 178, "")
	s.set("run_hours", p.hours, "h")
	s.set("powered_hours", p.powered, "h")
	s.set("starts", p.starts, "")
}
