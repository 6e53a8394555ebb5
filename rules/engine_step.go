package rules

import (
	"cmp"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// Step takes readings, in the order in which they were received, and goes on
// to now. It keeps nothing of them. What it returns is in order of time.
func (e *Engine) Step(now time.Time, readings []gateway.Reading) []duty.Transition {
	at := max(nanos(now), e.now)
	for i := range readings {
		r := &readings[i]
		when := at
		if received := nanos(r.Received); received != 0 {
			when = max(min(received, at), e.now)
		}
		if !e.started {
			e.start(when)
		}
		e.advance(when)
		e.read(when, r)
	}
	if !e.started {
		e.start(at)
	}
	e.advance(at)
	return e.take()
}

// advance fires what is due up to the instant, each at its own time.
func (e *Engine) advance(to int64) {
	if to != e.now {
		e.unsaved.clock = true
	}
	e.firing = true
	defer func() { e.firing = false }()
	for {
		due := int64(0)
		if len(e.timers) > 0 {
			due = e.timers[0].due
		}
		if due == 0 || due > e.now { // nothing more at this instant
			e.tellFlips()
		}
		if e.due != 0 && e.due <= to && (due == 0 || e.due <= due) {
			e.tellFlips() // it asks when what is raised will clear
			e.now = max(e.now, e.due)
			e.table.Tick(instant(e.now))
			e.rest()
			continue
		}
		if due == 0 || due > to {
			break
		}
		e.now = max(e.now, due)
		e.fire(e.timers.pop())
	}
	e.now = to
}

// fire does what a timer is for, unless it is out of date.
func (e *Engine) fire(t timer) {
	i := t.id & timerIndex
	switch t.id &^ timerIndex {
	case timerDelay:
		e.delayed(int32(i), t.due)
	case timerFresh:
		e.expire(int32(i), t.due)
	case timerFact:
		e.factEnds(int32(i), t.due)
	case timerSchedule:
		e.edge(int32(i), t.due)
	case timerLook:
		e.looked(int32(i), t.due)
	}
}

// read takes one reading at the instant it was received.
func (e *Engine) read(at int64, r *gateway.Reading) {
	e.unsaved.clock = true // what is counted lies with it
	i, ok := e.byID[r.Asset]
	if !ok {
		e.stats.UnknownAssets++
		return
	}
	e.stats.Readings++
	a := &e.assets[i]
	tm := at
	if measured := nanos(r.Time); measured != 0 {
		tm = min(measured, at) // a clock that runs ahead must not keep values fresh
	}
	a.newest = max(a.newest, tm)
	e.dirtyAsset(i)
	e.begin()
	guess, good := int32(0), false
	for k := range r.Values {
		x := &r.Values[k]
		p, ok := a.layout.find(x.Point, guess)
		if !ok {
			continue
		}
		guess = p + 1
		v := &e.values[a.base+p]
		if tm < v.at { // what the point was is no news of what it is
			e.stats.Backfilled++
			continue
		}
		fresh := int64(a.layout.points[p].Fresh)
		changed := v.set(x, tm, at, fresh)
		v.round = e.round
		if v.good() {
			good = true
			if fresh > 0 {
				e.timers.arm(&a.armed, tm+fresh, timerFresh|uint32(i))
			}
		}
		e.touchValue(a.base+p, changed)
	}
	if good {
		a.good = max(a.good, tm)
		for _, k := range a.ages {
			e.touch(k)
		}
	}
	e.judgeTouched(at)
}

// expire makes values stale that are older than their points allow.
func (e *Engine) expire(i int32, due int64) {
	a := &e.assets[i]
	if a.armed != due {
		return
	}
	a.armed = 0
	e.begin()
	next := int64(0)
	values := e.valuesOf(a)
	for p := range values {
		v, fresh := &values[p], int64(a.layout.points[p].Fresh)
		if fresh == 0 || !v.good() {
			continue
		}
		if end := v.at + fresh; end > due {
			if next == 0 || end < next {
				next = end
			}
			continue
		}
		v.q, v.since, v.round = gateway.QualityStale, due, e.round
		e.dirtyAsset(i)
		e.touchValue(a.base+int32(p), true)
	}
	if next != 0 {
		e.timers.arm(&a.armed, next, timerFresh|uint32(i))
	}
	e.judgeTouched(due)
}

// What watches a value: an instance or a group, and whether it wants every
// sample or only another number.
const (
	depGroup  = 1 << 31
	depAlways = 1 << 30
	depIndex  = depAlways - 1
)

func (e *Engine) touchValue(value int32, changed bool) {
	for _, d := range e.deps[e.depFirst[value]:e.depFirst[value+1]] {
		switch {
		case !changed && d&depAlways == 0:
		case d&depGroup != 0:
			e.regroup(int32(d & depIndex))
		default:
			e.touch(int32(d & depIndex))
		}
	}
}

// begin starts an event: each instance is judged at most once in it.
func (e *Engine) begin() {
	e.round++
	if e.round == 0 { // came round: old marks must not look new
		clear(e.marked)
		for i := range e.values {
			e.values[i].round = 0
		}
		e.round = 1
	}
	e.touched = e.touched[:0]
}

func (e *Engine) touch(i int32) {
	if e.marked[i] != e.round {
		e.marked[i] = e.round
		e.touched = append(e.touched, i)
	}
}

// judgeTouched judges what the event touched, in the order of instances.
func (e *Engine) judgeTouched(at int64) {
	if len(e.touched) > 1 {
		slices.Sort(e.touched)
	}
	for _, i := range e.touched {
		e.judge(i, at)
	}
	if !e.firing {
		e.tellFlips()
	}
}

// start brings a new or restored engine to life: what has no state yet is
// judged for the first time, and what people took away is forgotten.
func (e *Engine) start(at int64) {
	e.started = true
	if e.now != 0 {
		at = e.now // what is due since then is yet to come
	}
	e.now = at
	e.unsaved.clock = true
	for i := range e.assets {
		e.startAsset(int32(i), at)
	}
	for i := range e.groups {
		e.groups[i].value = e.valueOf(&e.groups[i])
	}
	e.startFacts()
	for i := range e.calendars {
		e.startSchedule(int32(i), at)
	}
	e.reconcile(at)
	e.begin()
	for i := range e.instances {
		e.startInstance(int32(i))
	}
	e.judgeTouched(at)
	e.rest()
}

// startInstance has a first look at what was not restored.
func (e *Engine) startInstance(i int32) {
	if e.instances[i].is(flagFresh) {
		e.touch(i)
	}
}

func (e *Engine) startAsset(i int32, at int64) {
	a := &e.assets[i]
	if a.begun == 0 {
		a.begun = at
		e.dirtyAsset(i)
	}
	values := e.valuesOf(a)
	for p := range values {
		if fresh := int64(a.layout.points[p].Fresh); fresh > 0 && values[p].good() {
			e.timers.arm(&a.armed, max(values[p].at+fresh, at), timerFresh|uint32(i))
		}
	}
}

// reconcile makes the alarms and the instances agree: an alarm whose rule or
// asset is gone ends, and one that stands is known to its instance.
func (e *Engine) reconcile(at int64) {
	gone := e.unsaved.forget
	for _, alarm := range e.table.Alarms() {
		gone = append(gone, alarm.AlarmKey)
	}
	slices.SortFunc(gone, func(a, b duty.AlarmKey) int { // whatever parts there were, and in whatever order
		return cmp.Or(cmp.Compare(a.Asset, b.Asset), cmp.Compare(a.Rule, b.Rule))
	})
	for _, key := range slices.Compact(gone) {
		if _, why := e.instanceOf(key); why != (gateway.Text{}) {
			e.table.Forget(instant(at), key, why)
		}
	}
	e.unsaved.forget = nil
	for _, alarm := range e.table.Alarms() {
		if i, _ := e.instanceOf(alarm.AlarmKey); i >= 0 { // else it is about alarms
			e.table.Update(instant(at), e.spec(i))
			e.correct(i, alarm.Active && !e.table.HeldBack(alarm.AlarmKey))
		}
	}
	for i := range e.instances {
		if e.instances[i].is(flagRaised) {
			a, ok := e.table.ByKey(e.key(int32(i)))
			e.correct(int32(i), ok && a.Active && !e.table.HeldBack(a.AlarmKey))
		}
	}
}

// correct makes an instance believe the alarm table.
func (e *Engine) correct(i int32, raised bool) {
	in := &e.instances[i]
	if in.is(flagRaised) == raised {
		return
	}
	in.set(flagRaised, raised)
	in.set(flagPending, false)
	in.left, in.from = 0, 0
	in.set(flagFresh, true)
	e.dirtyInstance(i)
}
