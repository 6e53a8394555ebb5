package ticket

import (
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// running reports whether a clock can still be warned of or broken.
func running(c *duty.Clock) bool {
	return c.Met.IsZero() && c.Breached.IsZero() && c.Paused.IsZero()
}

// work reports whether a promise is about the work, so that waiting pauses
// it. An entrapped person and a date do not wait.
func work(p duty.Promise) bool { return p == duty.PromiseRepair || p == duty.PromisePlan }

// run starts a clock of a ticket; a promise of no length is none.
func (j *job) run(p duty.Promise, from time.Time, limit time.Duration) {
	if limit <= 0 {
		return
	}
	c := duty.Clock{Promise: p, Limit: limit, Started: from, Due: from.Add(limit)}
	if work(p) {
		c.Pauses, c.Due = j.Still, c.Due.Add(j.Still)
		if c.Due.After(j.Since) { // else it was overdue before the wait
			c.Paused = j.Since
		}
	}
	j.T.Clocks = append(j.T.Clocks, c)
}

// runAll starts the clocks of a ticket that was just opened, by an alarm or
// without one.
func (d *Desk) runAll(j *job, at time.Time, a *duty.Alarm) {
	j.run(duty.PromiseRespond, at, d.service.Respond[j.T.Priority])
	if a != nil {
		d.rescue(j, at, a)
	}
	d.runWork(j)
}

// rescue starts the clock of an entrapment when the alarm tells of one and none
// is running. Where somebody came to work because of the first one, he is with
// the trapped person; another, after that one was reached, wants him again.
func (d *Desk) rescue(j *job, at time.Time, a *duty.Alarm) {
	if !d.service.Traps(a.Rule) {
		return
	}
	before := false // since the ticket was last opened
	for _, c := range j.T.Clocks {
		if c.Promise != duty.PromiseEntrapment || c.Started.Before(j.Again) {
			continue
		}
		if c.Met.IsZero() || !a.Raised.After(c.Met) {
			return
		}
		before = true
	}
	j.run(duty.PromiseEntrapment, at, d.service.Entrapment)
	if j.T.State == duty.TicketInProgress && !before {
		j.meet(at, duty.PromiseEntrapment)
	}
	d.touch(j)
}

// freed ends the clock of an entrapment that came while somebody was at work:
// nothing else tells that he has reached the person.
func (d *Desk) freed(j *job, at time.Time, t *duty.Transition) {
	if j.T.State == duty.TicketInProgress && t.Event == duty.EventClear && d.service.Traps(t.Alarm.Rule) {
		j.meet(at, duty.PromiseEntrapment)
		d.touch(j)
	}
}

// runWork starts the clock of the work that the class asks for, from the
// opening on, unless the ticket has it already.
func (d *Desk) runWork(j *job) {
	p, limit := duty.PromiseRepair, d.service.Repair
	switch j.T.Class {
	case duty.ClassComplex:
		p, limit = duty.PromisePlan, d.service.Plan
	case duty.ClassPlanned:
		return
	}
	if !slices.ContainsFunc(j.T.Clocks, func(c duty.Clock) bool { return c.Promise == p }) {
		j.run(p, j.T.Opened, limit)
	}
}

// moveWork is what a change of class does: a clock of the work that is
// neither met nor broken gives way to that of the new class.
func (d *Desk) moveWork(j *job) {
	j.T.Clocks = slices.DeleteFunc(j.T.Clocks, func(c duty.Clock) bool {
		return work(c.Promise) && c.Met.IsZero() && c.Breached.IsZero()
	})
	d.runWork(j)
}

// meet ends the clocks of the promises.
func (j *job) meet(at time.Time, promises ...duty.Promise) {
	for i := range j.T.Clocks {
		c := &j.T.Clocks[i]
		if c.Met.IsZero() && slices.Contains(promises, c.Promise) {
			resumeClock(c, at)
			c.Met = at
		}
	}
}

// pause stops the clocks of the work.
func (j *job) pause(at time.Time) {
	j.Since = at
	for i := range j.T.Clocks {
		if c := &j.T.Clocks[i]; work(c.Promise) && running(c) {
			c.Paused = at
		}
	}
}

// resume lets them run on.
func (j *job) resume(at time.Time) {
	if j.Since.IsZero() {
		return
	}
	j.Still += at.Sub(j.Since)
	j.Since = time.Time{}
	for i := range j.T.Clocks {
		resumeClock(&j.T.Clocks[i], at)
	}
}

func resumeClock(c *duty.Clock, at time.Time) {
	if c.Paused.IsZero() {
		return
	}
	pause := at.Sub(c.Paused)
	c.Pauses += pause
	c.Due = c.Due.Add(pause)
	c.Paused = time.Time{}
}

// unmeet takes back what was met by work that turned out not to be done. The
// time since then does not count, as nobody could know; a date stays a date.
func (j *job) unmeet(at time.Time) {
	done := j.T.Done
	j.Still += at.Sub(done)
	for i := range j.T.Clocks {
		c := &j.T.Clocks[i]
		if !c.Met.Equal(done) || c.Promise == duty.PromiseRespond || c.Promise == duty.PromiseEntrapment ||
			(c.Promise == duty.PromisePlan && !j.T.Planned.IsZero()) {
			continue
		}
		c.Met = time.Time{}
		if work(c.Promise) {
			c.Pauses += at.Sub(done)
			c.Due = c.Due.Add(at.Sub(done))
		}
	}
}

// sooner makes the response of a ticket that became more urgent due earlier,
// while nobody has answered.
func (d *Desk) sooner(j *job, at time.Time) {
	limit := d.service.Respond[j.T.Priority]
	for i := range j.T.Clocks {
		c := &j.T.Clocks[i]
		if c.Promise == duty.PromiseRespond && running(c) && limit > 0 && at.Add(limit).Before(c.Due) {
			c.Started, c.Limit, c.Due = at, limit, at.Add(limit)
			return
		}
	}
	if limit > 0 && j.T.Accepted.IsZero() && !slices.ContainsFunc(j.T.Clocks, func(c duty.Clock) bool { return c.Promise == duty.PromiseRespond }) {
		j.run(duty.PromiseRespond, at, limit)
	}
}

// warnAt is when a clock is to be warned of; zero: not any more.
func (d *Desk) warnAt(c *duty.Clock) time.Time {
	if !c.Warned.IsZero() || d.service.Warn <= 0 {
		return time.Time{}
	}
	return c.Due.Add(-time.Duration(d.service.Warn * float64(c.Limit)))
}

// clockDue finds the clock that is to be warned of or broken first.
func (d *Desk) clockDue(j *job) (due time.Time, which *duty.Clock, breach bool) {
	for i := range j.T.Clocks {
		c := &j.T.Clocks[i]
		if !running(c) {
			continue
		}
		at, broken := d.warnAt(c), false
		if at.IsZero() || at.After(c.Due) || !j.Last.Before(c.Due) { // no warning of what has passed
			at, broken = c.Due, true
		}
		if which == nil || at.Before(due) {
			due, which, breach = at, c, broken
		}
	}
	return due, which, breach
}

// ring warns of a clock or breaks it.
func (d *Desk) ring(j *job, at time.Time, c *duty.Clock, breach bool) {
	what, say := duty.WhatWarned, gateway.Text{ZH: "即将超时，截止 " + d.clock(c.Due), EN: "due soon, at " + d.clock(c.Due)}
	if breach {
		what, say = duty.WhatBreached, gateway.Text{ZH: "已超时", EN: "not in time"}
		c.Breached = at
	} else {
		c.Warned = at
	}
	name := promiseText(c.Promise)
	say = gateway.Text{ZH: name.ZH + say.ZH, EN: name.EN + " " + say.EN}
	d.event(j, at, duty.TicketEvent{What: what, Clock: c.Promise, Say: say})
	d.tell(j, at, string(what), string(c.Promise), say)
}
