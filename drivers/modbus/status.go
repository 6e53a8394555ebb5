package modbus

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"steward/gateway"
)

// counted records one exchange with a unit.
func (b *bus) counted(u *unit, err error, began, ended time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at, used := ended.Sub(b.start), ended.Sub(began)
	for _, c := range [...]*counters{&b.stats, &u.stats} {
		c.use.add(at, used)
		c.requests++
	}
	if err == nil {
		u.err = ""
		b.works()
		return
	}
	u.err = err.Error()
	var quiet *silence
	switch {
	case errors.As(err, new(*down)): // nothing was sent
		b.stats.requests--
		u.stats.requests--
	case errors.As(err, &quiet) && quiet.timeout:
		b.stats.timeouts++
		u.stats.errors++
	default:
		b.stats.errors++
		u.stats.errors++
		if errors.As(err, new(*exception)) {
			b.works()
		}
	}
}

// works records that the endpoint is there; the caller holds mu.
func (b *bus) works() {
	if b.state == gateway.StateUp {
		return
	}
	b.fault.Clear(b.log, "bus is up again")
	b.state, b.since, b.err, b.said = gateway.StateUp, b.now(), "", time.Time{}
}

func (b *bus) setState(s gateway.State, err string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != s {
		b.state, b.since = s, b.now()
	}
	b.err = err
}

// stray counts an answer nobody waits for.
func (b *bus) stray() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.strays++
}

// count adds slots that went by unused.
func (b *bus) count(missed int) {
	if missed == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.missed += uint64(missed)
	b.busy = time.Now()
}

// setDead records that a unit is quarantined and when its next probe comes;
// 0: it is back.
func (b *bus) setDead(u *unit, probeIn time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if probeIn == 0 {
		delete(b.dead, u)
		return
	}
	q, already := b.dead[u]
	if !already {
		q.since = b.now()
	}
	q.probe = b.now().Add(probeIn)
	b.dead[u] = q
}

// reportBad publishes the asset's refused points.
func (b *bus) reportBad(a *asset) {
	var bad []gateway.BadPoint
	for _, it := range a.items {
		if r, refused := a.bad[it.index]; refused {
			name := "heartbeat"
			if it.index != watchItem {
				name = a.values[it.index].Point
			}
			bad = append(bad, gateway.BadPoint{Asset: a.id, Point: name, Reason: r.reason})
		}
	}
	for i := range a.factors {
		if f := &a.factors[i]; f.reason != "" {
			bad = append(bad, gateway.BadPoint{Asset: a.id, Point: "factor " + f.name, Reason: f.reason})
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bad[a] = bad
}

// BusStatus implements drivers.BusReporter. A bus that works is a warning
// while some of its units are quarantined, and when all are, it is down.
func (b *bus) BusStatus() gateway.BusStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := time.Since(b.start)
	s := gateway.BusStatus{ID: b.cfg.ID, URL: b.cfg.URL(), State: b.state, Error: b.err, Since: b.since,
		LineTime: b.stats.use.share(at), Requests: b.stats.requests, Errors: b.stats.errors,
		Timeouts: b.stats.timeouts, Strays: b.strays, Units: []gateway.UnitStatus{}}
	for _, u := range b.units {
		q, dead := b.dead[u]
		us := gateway.UnitStatus{Unit: int(u.number), Quarantined: dead, NextProbe: q.probe,
			LineTime: u.stats.use.share(at), Requests: u.stats.requests, Errors: u.stats.errors, Error: u.err}
		for _, a := range u.assets {
			us.Assets = append(us.Assets, a.id)
			us.BadPoints = append(us.BadPoints, b.bad[a]...)
		}
		s.Units = append(s.Units, us)
	}
	slices.SortFunc(s.Units, func(x, y gateway.UnitStatus) int { return x.Unit - y.Unit })
	b.judge(&s)
	return s
}

// judge lowers the state of a bus that answers, where not all is well. The
// caller holds mu.
func (b *bus) judge(s *gateway.BusStatus) {
	switch {
	case s.State == gateway.StateDown:
	case len(b.dead) > 0:
		s.State, s.Error = gateway.StateWarning, fmt.Sprintf("%d of %d units do not answer", len(b.dead), len(b.units))
		if len(b.dead) == len(b.units) {
			s.State = gateway.StateDown
		}
		s.Since = time.Time{}
		for _, q := range b.dead {
			if q.since.After(s.Since) {
				s.Since = q.since
			}
		}
	case time.Since(b.busy) < time.Minute:
		s.State = gateway.StateWarning
		s.Error = fmt.Sprintf("%d polls skipped since the start: the line, a device or the disk is too slow", b.missed)
	}
}
