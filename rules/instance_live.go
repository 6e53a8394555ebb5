package rules

import (
	"math"
	"time"

	"steward/rules/book"
)

// moveWindows brings an instance's windows to the instant, each after the one
// it is over.
func (e *Engine) moveWindows(in *instance, base int32, at int64) {
	ws := in.live.windows
	for k := range ws {
		p, w := &in.plan.windows[k], &ws[k]
		switch {
		case p.point >= 0:
			v := &e.values[base+p.point]
			switch {
			case v.good() && (v.round == e.round || w.begun == 0):
				w.sample(p, at, v.num)
			case !v.good() && !math.IsNaN(w.held):
				w.miss(p, at)
			default:
				w.roll(p, at)
			}
		case p.schedule >= 0:
			w.follow(p, at, truth(e.calendars[p.schedule].holds))
		case p.inner >= 0 && p.samples:
			if inner := &ws[p.inner]; inner.over == at && at != w.upTo && !math.IsNaN(inner.result) {
				w.sample(p, at, inner.result)
			} else {
				w.roll(p, at)
			}
		case p.inner >= 0:
			w.follow(p, at, ws[p.inner].value)
		default:
			continue // over a point that the asset does not have
		}
		if p.Every > 0 {
			w.value = w.result
		} else {
			w.value = w.take(p, at)
		}
	}
}

// follow takes a number that is always known where it comes from: each change
// of it is a sample.
func (w *window) follow(p *windowPlan, at int64, x float64) {
	as := x
	if p.Is != nil {
		as = truth(x == *p.Is)
	}
	switch {
	case math.IsNaN(x) && !math.IsNaN(w.held):
		w.miss(p, at)
	case math.IsNaN(x) || as == w.held:
		w.roll(p, at)
	default:
		w.sample(p, at, x)
	}
}

// plant sets the time of an instance's next look: the next edge of a window,
// or when an age will change what the conditions say.
func (e *Engine) plant(i int32, in *instance, raise book.Tri, at int64) {
	l := in.live
	look, cross, was := int64(0), l.cross, l.seen
	for k := range l.windows {
		if next := l.windows[k].next(&in.plan.windows[k], at); next > at && (look == 0 || next < look) {
			look = next
		}
	}
	if in.plan.ages {
		seen := e.fingerprint(in, raise)
		if seen != l.seen || l.cross == 0 || l.cross <= at {
			l.seen, l.cross = seen, e.crossing(in, at)
		}
		if l.cross != maxTime && (look == 0 || l.cross < look) {
			look = l.cross
		}
	}
	if len(l.windows) > 0 || look != l.look || cross != l.cross || was != l.seen {
		e.dirtyInstance(i)
	}
	l.look = look
	if look != 0 {
		e.timers.arm(&l.armed, look, timerLook|uint32(i))
	}
}

// looked looks at an instance again because time has passed.
func (e *Engine) looked(i int32, due int64) {
	in := &e.instances[i]
	l := in.live
	if l.armed != due {
		return
	}
	l.armed = 0
	switch {
	case l.look == 0:
	case l.look > due:
		e.timers.arm(&l.armed, l.look, timerLook|uint32(i))
	default:
		e.begin()
		e.judge(i, due)
	}
}

// fingerprint stands for everything but time that decides when an age changes
// the conditions; e.in holds the inputs. As long as it is the same, a value
// that makes an age younger only puts that moment off.
func (e *Engine) fingerprint(in *instance, raise book.Tri) uint64 {
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	add := func(x uint64) { h = (h ^ x) * prime; h ^= h >> 29 }
	add(uint64(raise)<<8 | uint64(in.flags&(flagRaised|flagSuppressed)))
	for k := range in.plan.in {
		if s := &in.plan.in[k]; !s.grows() {
			add(math.Float64bits(e.in[k]))
		} else if s.kind == book.InFact {
			add(math.Float64bits(e.facts[e.slots[in.slots+s.at]].number) + uint64(truth(math.IsNaN(e.in[k]))))
		}
	}
	return h
}

// grows reports whether an input grows with time alone.
func (s *source) grows() bool {
	return s.exist && (s.kind == book.InAge || s.kind == book.InFact && s.age)
}

// stance is what an instance's conditions say together.
type stance struct{ raise, clear, suppress book.Tri }

func (p *plan) stance(buf []float64) (s stance) {
	s.raise = p.raise.Eval(buf)
	if p.clear != nil {
		s.clear = p.clear.Eval(buf)
	}
	if p.suppress != nil {
		s.suppress = p.suppress.Eval(buf)
	}
	return s
}

// crossing finds the first instant after at when the conditions will say
// something else although nothing but time changes; maxTime: not within years.
// It looks after 1, 2, 4 … seconds and then halves; a condition that is true
// for a moment between two looks is missed, one that stays is not.
func (e *Engine) crossing(in *instance, at int64) int64 {
	p := in.plan
	buf := e.probe[:len(p.in)]
	copy(buf, e.in[:len(p.in)])
	says := func(t int64) stance {
		for k := range p.in {
			if s := &p.in[k]; s.grows() && !math.IsNaN(buf[k]) {
				buf[k] = e.other(in, s, t)
			}
		}
		return p.stance(buf)
	}
	now := says(at)
	const years = 1 << 28 // s
	same := at
	for ahead := int64(1); ahead <= years; ahead *= 2 {
		other := at + ahead*int64(time.Second)
		if says(other) == now {
			same = other
			continue
		}
		for other-same > 1 {
			if middle := same + (other-same)/2; says(middle) == now {
				same = middle
			} else {
				other = middle
			}
		}
		return other
	}
	return maxTime
}
