package rules

import (
	"math"
	"time"

	"steward/gateway/duty"
)

// Rewind goes back to an instant because the clock had been ahead. What is
// known stays known: instants after that one become it. So a value is as old
// there as if it had just come, a delay that runs begins anew, silence counts
// from there, and windows forget what they saw. Facts and what ends at a time
// that people set are left alone.
func (e *Engine) Rewind(to time.Time) []duty.Transition {
	at := nanos(to)
	if !e.started || at >= e.now {
		return nil
	}
	back := func(instants ...*int64) {
		for _, t := range instants {
			*t = min(*t, at)
		}
	}
	e.now, e.timers = at, e.timers[:0]
	back(&e.resumed)
	for i := range e.assets {
		a := &e.assets[i]
		back(&a.newest, &a.good, &a.begun)
		a.armed = 0
		e.dirtyAsset(int32(i))
	}
	for i := range e.values {
		back(&e.values[i].at, &e.values[i].since)
	}
	for i := range e.facts {
		e.facts[i].armed = 0
	}
	for i := range e.instances {
		in := &e.instances[i]
		back(&in.since, &in.from)
		in.armed = 0
		if l := in.live; l != nil {
			l.look, l.armed, l.cross, l.seen = 0, 0, 0, 0
			for k := range l.windows {
				l.windows[k].rewind(&in.plan.windows[k], at)
			}
		}
		e.dirtyInstance(int32(i))
	}
	e.table.Rewind(instant(at))
	e.start(at) // arms what needs no judging
	e.begin()
	for i := range e.instances {
		e.touch(int32(i))
	}
	e.judgeTouched(at)
	e.rest()
	return e.take()
}

// rewind begins the window anew where it saw anything after the instant, as
// that time is to come again. What periods gave that ended before stays.
func (w *window) rewind(p *windowPlan, to int64) {
	if w.upTo <= to {
		return
	}
	if p.samples {
		n := len(w.ring)
		for n > 0 && w.ring[n-1].start > to {
			n--
		}
		w.ring = w.ring[:n]
		w.upTo, w.begun, w.stood, w.over, w.value = to, min(w.begun, to), min(w.stood, to), min(w.over, to), math.NaN()
		return
	}
	was := *w
	*w = newWindow()
	if was.over != 0 && was.over <= to {
		w.over, w.result = was.over, was.result
	}
}
