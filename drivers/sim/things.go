package sim

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// radio is what every battery device tells about itself.
type radio struct {
	battery float64 // %
	link    drift
	base    float64
}

func newRadio(rng *rand.Rand) radio {
	return radio{battery: 72 + 27*rng.Float64(), link: drift{tau: 300, sigma: 8}, base: 90 + 90*rng.Float64()}
}

func (r *radio) step(rng *rand.Rand, dt float64) {
	r.battery = max(r.battery-dt/3600*0.0028, 5) // four years a battery
	r.link.step(rng, dt)
}

func (r *radio) write(s *signals) {
	s.set("battery", float64(int(r.battery)), "%")
	s.flag("battery_low", r.battery < 10)
	s.set("battery_voltage", 2.6+r.battery/250, "V")
	s.set("linkquality", r.base+r.link.v, "")
	s.set("rssi", -110+(r.base+r.link.v)/4, "dBm")
	s.set("snr", 4+r.link.v/8, "dB")
}

// leak is a leak sensor: dry, but for an incident.
type leak struct {
	s     *signals
	rng   *rand.Rand
	count float64
	wet   bool
	warm  drift
	radio radio
}

func newLeak(s *signals, rng *rand.Rand) *leak {
	l := &leak{s: s, rng: rng, warm: drift{tau: 1800, sigma: 0.8}, radio: newRadio(rng)}
	l.write()
	return l
}

func (l *leak) step(_ time.Time, dt float64) {
	l.warm.step(l.rng, dt)
	l.radio.step(l.rng, dt)
	l.write()
}

// flood makes the sensor wet or dry.
func (l *leak) flood(on bool) {
	if on && !l.wet {
		l.count++
	}
	l.wet = on
}

func (l *leak) write() {
	s := l.s
	s.flag("leak", l.wet)
	s.set("temperature", 21.5+l.warm.v, "degC")
	s.set("device_temperature", 23+l.warm.v, "degC")
	s.set("humidity", 52-3*l.warm.v, "%")
	s.set("illuminance", 12, "lx")
	s.set("leak_count", l.count, "")
	s.set("power_outage_count", 3, "")
	s.flag("external_power", false)
	s.flag("muted", false)
	s.set("fault_code", 0, "")
	l.radio.write(s)
}

// drip is what runs out of a leaking joint, m3/h: a litre in four minutes.
const drip = 0.015

// valve stands open and lets through what a flat draws: nothing when nobody
// lives there.
type valve struct {
	vacant bool
	leaks  bool // an incident behind it
	s      *signals
	rng    *rand.Rand
	volume float64
	left   float64 // s of drawing
	flow   float64
	radio  radio
}

func newValve(s *signals, rng *rand.Rand) *valve {
	v := &valve{s: s, rng: rng, volume: 40 + 300*rng.Float64(), radio: newRadio(rng)}
	v.write()
	return v
}

func (v *valve) step(now time.Time, dt float64) {
	if v.left -= dt; v.left <= 0 {
		v.flow = 0
		if chance(v.rng, dt, 9*byHour(&households, now)) && !v.vacant {
			v.left, v.flow = 15+120*v.rng.Float64(), 0.2+0.5*v.rng.Float64()
		}
	}
	if v.leaks {
		v.flow, v.left = drip, 1
	}
	v.volume += v.flow * dt / 3600
	v.radio.step(v.rng, dt)
	v.write()
}

func (v *valve) write() {
	s := v.s
	s.label("state", "open")
	s.flag("open_limit", true)
	s.set("position", 100, "%")
	s.set("position_setpoint", 100, "%")
	s.set("flow", v.flow, "m3/h")
	s.set("volume", v.volume, "m3")
	s.set("volume_reverse", 0, "m3")
	day := 0.18
	if v.vacant {
		day = 0
	}
	s.set("volume_day", day, "m3")
	s.set("volume_month", day*29, "m3")
	s.set("pressure", 3.1-v.flow, "bar")
	s.set("temperature", 18, "degC")
	s.set("fault_code", 0, "")
	v.radio.write(s)
}

// climate is a room's air over the day.
type climate struct {
	s     *signals
	rng   *rand.Rand
	warm  drift
	air   drift
	radio radio
}

func newClimate(s *signals, rng *rand.Rand) *climate {
	c := &climate{s: s, rng: rng, warm: drift{tau: 1200, sigma: 0.6}, air: drift{tau: 900, sigma: 40}, radio: newRadio(rng)}
	c.step(time.Unix(0, 0).UTC(), 0)
	return c
}

func (c *climate) step(now time.Time, dt float64) {
	busy := byHour(&households, now)
	warm, air := c.warm.step(c.rng, dt), c.air.step(c.rng, dt)
	c.radio.step(c.rng, dt)
	s := c.s
	t := 20 + 3*busy + warm
	s.set("temperature", t, "degC")
	s.set("humidity", 55-2*warm, "%")
	s.set("dew_point", t-10, "degC")
	s.set("pressure", 1013+2*warm, "hPa")
	s.set("co2", 520+300*busy+air, "ppm")
	s.set("co", 2+busy, "ppm")
	s.set("pm25", 30+air/5, "ug/m3")
	s.set("illuminance", 150*busy, "lx")
	s.set("noise", 40+10*busy+warm, "dB")
	s.flag("fan_running", busy > 0.6)
	s.set("fault_code", 0, "")
	c.radio.write(s)
}

// rain is a rain gauge: showers come by chance, one a day.
type rain struct {
	s     *signals
	rng   *rand.Rand
	left  float64 // s of this shower
	rate  float64 // mm/h
	pours bool    // an incident
	total float64 // mm
	radio radio
}

func newRain(s *signals, rng *rand.Rand) *rain {
	r := &rain{s: s, rng: rng, total: 200 + 800*rng.Float64(), radio: newRadio(rng)}
	r.step(time.Unix(0, 0).UTC(), 0)
	return r
}

func (r *rain) step(now time.Time, dt float64) {
	if r.left -= dt; r.left <= 0 {
		r.rate = 0
		if chance(r.rng, dt, 0.05) {
			r.left, r.rate = 600+2400*r.rng.Float64(), 0.5+9*r.rng.Float64()
		}
	}
	if r.pours {
		r.rate, r.left = 6, 1
	}
	r.total += r.rate * dt / 3600
	r.radio.step(r.rng, dt)
	s := r.s
	s.flag("rain", r.rate > 0)
	s.set("rain_rate", r.rate, "mm/h")
	s.set("rain_total", r.total, "mm")
	s.set("rain_signal", 5+60*r.rate, "mV")
	s.set("illuminance", 20000*max(0, 1-float64((now.Hour()-13)*(now.Hour()-13))/40), "lx")
	s.set("temperature", 18, "degC")
	s.set("fault_code", 0, "")
	r.radio.write(s)
}

// inputs is an input and output module: the first inputs change now and then,
// as a pump's contact or a door's does, the others rest.
type inputs struct {
	s      *signals
	rng    *rand.Rand
	on     [16]bool
	counts [16]float64
	analog [8]drift
}

func newInputs(s *signals, rng *rand.Rand) *inputs {
	m := &inputs{s: s, rng: rng}
	for i := range m.on {
		m.on[i] = i < 8 && rng.IntN(2) == 0
	}
	for i := range m.analog {
		m.analog[i] = drift{tau: 120, sigma: 0.4}
	}
	m.write()
	return m
}

func (m *inputs) step(_ time.Time, dt float64) {
	for i := range m.on {
		often := 0.0
		if i < 8 {
			often = 60 / float64(i+1) // times an hour
		}
		if chance(m.rng, dt, often) {
			m.on[i] = !m.on[i]
			if m.on[i] {
				m.counts[i]++
			}
		}
	}
	for i := range m.analog {
		m.analog[i].step(m.rng, dt)
	}
	m.write()
}

func (m *inputs) write() {
	for i := range m.on {
		n := strconv.Itoa(i + 1)
		m.s.flag("di"+n, m.on[i])
		m.s.flag("do"+n, false)
		m.s.set("count"+n, m.counts[i], "")
		if i < len(m.analog) {
			m.s.set("ai"+n, 10+m.analog[i].v, "")
		}
	}
}

// contact is a door that people use, unless nobody lives there.
type contact struct {
	vacant bool
	s      *signals
	rng    *rand.Rand
	left   float64
	count  float64
	radio  radio
}

func newContact(s *signals, rng *rand.Rand) *contact {
	c := &contact{s: s, rng: rng, radio: newRadio(rng)}
	c.step(time.Unix(0, 0).UTC(), 0)
	return c
}

func (c *contact) step(now time.Time, dt float64) {
	c.left = max(c.left-dt, 0)
	if c.left == 0 && chance(c.rng, dt, 6*byHour(&households, now)) && !c.vacant {
		c.left = 5 + 40*c.rng.Float64()
		c.count++
	}
	c.radio.step(c.rng, dt)
	c.s.flag("open", c.left > 0)
	c.s.set("open_count", c.count, "")
	c.s.set("open_duration", c.left, "s")
	c.s.set("temperature", 21, "degC")
	c.s.set("device_temperature", 23, "degC")
	c.s.set("power_outage_count", 1, "")
	c.s.set("fault_code", 0, "")
	c.radio.write(c.s)
}
