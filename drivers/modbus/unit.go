package modbus

import (
	"time"

	"steward/gateway"
)

// When a unit is given up, and how often it is asked again.
const (
	silentPolls = 2 // polls in a row without an answer
	probeMin    = 2 * time.Second
	probeMax    = 5 * time.Minute
)

// pause is a rest that doubles with each failure after silentPolls of them.
type pause struct {
	failures int
	length   time.Duration
	until    time.Time
}

// fail counts a failure and reports whether the rest has just begun.
func (p *pause) fail(now time.Time) (begun bool) {
	p.failures++
	if p.failures < silentPolls {
		return false
	}
	begun = p.length == 0
	p.length = min(max(2*p.length, probeMin), probeMax)
	p.until = now.Add(p.length)
	return begun
}

// resting reports whether the rest has begun and not been ended by a reset.
func (p *pause) resting() bool { return p.length > 0 }

func (p *pause) reset() { *p = pause{} }

// unit is one device on the bus, with one or more assets behind it.
type unit struct {
	number byte
	assets []*asset
	dead   pause // quarantine
	since  time.Time
	silent time.Time // RTU: not asked before, for its late answer would pass for another
	stats  counters  // guarded by the bus's mutex
	err    string    // the last failure, until an answer; likewise
	probe  int       // which block the next probe asks for
}

// revive makes everything that rests on the unit due: it was away and may be
// another one.
func (u *unit) revive(now time.Time) {
	if u.dead.resting() {
		u.dead.until = now
	}
	for _, a := range u.assets {
		a.recheckSoon()
		a.forgetFactors()
	}
}

// quarantined is what people see of a unit's quarantine.
type quarantined struct{ since, probe time.Time }

// counters count a bus's or a unit's exchanges since the start.
type counters struct {
	requests uint64
	errors   uint64
	timeouts uint64
	use      meter
}

// meter measures the share of the last minute that a line was in use.
type meter struct {
	second [60]int64 // which second since the start each slot is of
	used   [60]time.Duration
}

// add records use that ended at the given time since the start.
func (m *meter) add(at, used time.Duration) {
	s := int64(at / time.Second)
	i := s % int64(len(m.used))
	if m.second[i] != s {
		m.second[i], m.used[i] = s, 0
	}
	m.used[i] += used
}

// share returns the share at the given time since the start, 0 to 1.
func (m *meter) share(at time.Duration) float64 {
	var used time.Duration
	now := int64(at / time.Second)
	for i, s := range m.second {
		if now-s < int64(len(m.used)) {
			used += m.used[i]
		}
	}
	window := min(at, time.Duration(len(m.used))*time.Second)
	if window <= 0 {
		return 0
	}
	return min(used.Seconds()/window.Seconds(), 1)
}

// setLost makes the value lost for the reason.
func setLost(v *gateway.Value, reason string) {
	*v = gateway.NotGood(v.Point, gateway.QualityLost, reason)
}
