package sim

import (
	"math"
	"math/rand/v2"
	"time"
)

// meter measures what hangs on it (fed_by) plus a load of its own that
// follows the hours of the day: flats, light, ventilation.
type meter struct {
	s   *signals
	rng *rand.Rand

	feeds []consumer
	alone bool    // it carries what it feeds and little else: no flats
	own   float64 // W at the evening peak
	noise drift
	skew  [3]drift // share of each phase around one third
	volts [3]drift
	hertz drift
	cos   drift

	dead [3]bool // phases without voltage: an incident
	off  bool    // without supply

	total     float64 // W
	energy    [3]float64
	reactive  float64
	apparent  float64
	demand    float64
	demandMax float64
	current   [3]float64
	peak      [3]float64
	breaks    float64
}

var (
	_ consumer = (*meter)(nil)
	_ supplied = (*meter)(nil)
)

func newMeter(s *signals, rng *rand.Rand) *meter {
	m := &meter{
		s: s, rng: rng,
		own:    26000 + 22000*rng.Float64(),
		noise:  drift{tau: 25, sigma: 0.03},
		hertz:  drift{tau: 40, sigma: 0.012},
		cos:    drift{tau: 120, sigma: 0.006},
		breaks: float64(20 + rng.IntN(60)),
	}
	start := 8000 + 60000*rng.Float64()
	for i := range 3 {
		m.skew[i] = drift{tau: 300, sigma: 0.012}
		m.volts[i] = drift{tau: 60, sigma: 0.7}
		m.energy[i] = start * (0.95 + 0.1*rng.Float64())
	}
	m.reactive = start
	m.apparent = 3.1 * start
	m.total = m.own / 2
	m.demand, m.demandMax = m.total, m.total*1.6
	m.write()
	return m
}

func (m *meter) step(now time.Time, dt float64) {
	own := m.own
	if m.alone {
		own = 1800 // losses and small things beside what it feeds
	}
	total := own * byHour(&households, now) * (1 + m.noise.step(m.rng, dt))
	for _, c := range m.feeds {
		total += c.watts()
	}
	m.total = max(total, 50) * m.alive() / 3
	m.hertz.step(m.rng, dt)
	m.cos.step(m.rng, dt)
	for i := range 3 {
		m.skew[i].step(m.rng, dt)
		m.volts[i].step(m.rng, dt)
	}
	p := m.split()
	for i := range 3 {
		m.energy[i] += p[i] / 1000 * dt / 3600
	}
	m.apparent += m.total / m.factor() / 1000 * dt / 3600
	m.reactive += m.vars(m.total) / 1000 * dt / 3600
	m.demand = lag(m.demand, m.total, dt, 900)
	m.demandMax = max(m.demandMax, m.demand)
	m.write()
}

func (m *meter) watts() float64 { return m.total }

// supply gives or takes the electric supply.
func (m *meter) supply(on bool) { m.off = !on }

// phase reports whether a phase has voltage.
func (m *meter) phase(i int) bool { return !m.off && !m.dead[i] }

// alive is how many phases have voltage.
func (m *meter) alive() (n float64) {
	for i := range m.dead {
		if m.phase(i) {
			n++
		}
	}
	return n
}

// frequency is 0 where nothing swings.
func (m *meter) frequency() float64 {
	if m.alive() == 0 {
		return 0
	}
	return 50 + m.hertz.v
}

// factor is the power factor.
func (m *meter) factor() float64 { return min(0.94+m.cos.v, 0.99) }

// vars is the reactive power that goes with an active one.
func (m *meter) vars(watts float64) float64 {
	return watts * math.Tan(math.Acos(m.factor()))
}

// split is the power of each phase; together they are the total.
func (m *meter) split() [3]float64 {
	var p [3]float64
	n, mean := m.alive(), 0.0
	for i := range p {
		if m.phase(i) {
			mean += m.skew[i].v / n
		}
	}
	for i := range p {
		if m.phase(i) {
			p[i] = m.total * (1/n + m.skew[i].v - mean)
		}
	}
	return p
}

func (m *meter) write() {
	s, p, pf := m.s, m.split(), m.factor()
	var volts, amps, vars, va [3]float64
	for i := range 3 {
		volts[i] = 229 + m.volts[i].v - m.total/60000
		if !m.phase(i) {
			volts[i] = max(0.6+m.volts[i].v/4, 0) // what the dead wire picks up
		}
		va[i] = p[i] / pf
		vars[i] = m.vars(p[i])
		if m.phase(i) {
			amps[i] = va[i] / volts[i]
		}
		m.current[i] = lag(m.current[i], amps[i], grid.Seconds(), 900)
		m.peak[i] = max(m.peak[i], m.current[i])
	}
	s.phases("voltage", volts, "V")
	s.phases("current", amps, "A")
	s.phases("power", p, "W")
	s.phases("reactive_power", vars, "var")
	s.phases("apparent_power", va, "VA")
	s.phases("power_factor", [3]float64{pf, pf, pf}, "")
	mean := (volts[0] + volts[1] + volts[2]) / 3
	s.set("voltage", mean, "V")
	var lines [3]float64
	for i, n := range [3]string{"voltage_l12", "voltage_l23", "voltage_l31"} {
		a, b := volts[i], volts[(i+1)%3]
		lines[i] = math.Sqrt(a*a + b*b + a*b) // 120 degrees apart
		s.set(n, lines[i], "V")
	}
	s.set("voltage_ll", (lines[0]+lines[1]+lines[2])/3, "V")
	sum := amps[0] + amps[1] + amps[2]
	s.set("current", sum/3, "A")
	s.set("current_total", sum, "A")
	neutral := math.Abs(max(amps[0], amps[1], amps[2]) - min(amps[0], amps[1], amps[2]))
	s.set("neutral_current", neutral, "A")
	s.set("residual_current", 40+m.total/4000+10*m.volts[0].v, "mA")
	s.set("power", m.total, "W")
	s.set("reactive_power", m.vars(m.total), "var")
	s.set("apparent_power", m.total/pf, "VA")
	s.set("power_factor", pf, "")
	s.set("frequency", m.frequency(), "Hz")
	angle := math.Acos(pf) * 180 / math.Pi
	s.set("phase_angle", angle, "deg")
	s.phases("phase_angle", [3]float64{angle, angle, angle}, "deg")
	m.writeDemand(neutral)
	m.writeEnergy()
	m.writeQuality()
	m.writeSwitch(mean, amps)
}

func (m *meter) writeDemand(neutral float64) {
	s, pf := m.s, m.factor()
	s.set("power_demand", m.demand, "W")
	s.set("power_demand_max", m.demandMax, "W")
	s.set("apparent_power_demand", m.demand/pf, "VA")
	s.set("apparent_power_demand_max", m.demandMax/pf, "VA")
	s.set("neutral_current_demand", neutral, "A")
	s.phases("current_demand", m.current, "A")
	s.phases("current_demand_max", m.peak, "A")
}

func (m *meter) writeEnergy() {
	s, e := m.s, m.energy
	sum := e[0] + e[1] + e[2]
	s.phases("energy_import", e, "kWh")
	s.phases("energy_export", [3]float64{}, "kWh")
	s.phases("energy_total", e, "kWh")
	s.set("energy_import", sum, "kWh")
	s.set("energy_export", 0, "kWh")
	s.set("energy_total", sum, "kWh")
	s.set("energy", sum, "kWh")
	third := m.reactive / 3
	s.phases("reactive_energy_import", [3]float64{third, third, third}, "kvarh")
	s.phases("reactive_energy_export", [3]float64{}, "kvarh")
	s.phases("reactive_energy_total", [3]float64{third, third, third}, "kvarh")
	s.set("reactive_energy_import", m.reactive, "kvarh")
	s.set("reactive_energy_export", 0, "kvarh")
	s.set("reactive_energy_total", m.reactive, "kvarh")
	s.set("apparent_energy", m.apparent, "kVAh")
}

func (m *meter) writeQuality() {
	s := m.s
	base := 2 + 3*math.Abs(m.noise.v)
	s.set("thd_voltage", base, "%")
	s.phases("thd_voltage", [3]float64{base, base * 1.05, base * 0.97}, "%")
	s.set("thd_current", 4*base, "%")
	s.phases("thd_current", [3]float64{4 * base, 4.3 * base, 3.9 * base}, "%")
	s.set("temperature", 28+m.total/20000+m.volts[1].v/3, "degC")
	s.set("fault_code", 0, "")
}

// writeSwitch writes what breakers, transfer switches, UPSs and generators
// have beside a meter's points: all is as it should be, the generator rests.
func (m *meter) writeSwitch(volts float64, amps [3]float64) {
	s := m.s
	for _, on := range []string{"closed", "spring_charged", "remote", "emergency_available"} {
		s.flag(on, true)
	}
	s.flag("normal_available", !m.off)
	s.label("position", "service", "normal")
	s.label("state", "online")
	if m.off {
		s.label("state", "on_battery")
	}
	s.label("mode", "auto")
	s.set("operations", m.breaks, "")
	s.set("transfers", m.breaks, "")
	for _, v := range []string{"voltage_normal", "input_voltage"} {
		s.set(v, volts, "V")
	}
	for _, v := range []string{"voltage_emergency", "output_voltage"} {
		s.set(v, 230, "V")
	}
	s.set("input_frequency", m.frequency(), "Hz")
	s.set("input_voltage_max", volts+3, "V")
	s.set("input_voltage_min", max(volts-4, 0), "V")
	s.set("output_frequency", 50, "Hz")
	s.set("output_current", amps[0], "A")
	s.set("output_power", m.total, "W")
	s.set("load", min(15+m.total/80, 60), "%")
	s.set("battery", 100, "%")
	s.set("battery_voltage", 54.2, "V")
	s.set("battery_packs", 2, "")
	s.set("battery_packs_bad", 0, "")
	s.set("battery_temperature", 25+m.noise.v*10, "degC")
	s.set("runtime", 42, "min")
}
