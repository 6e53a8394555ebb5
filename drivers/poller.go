package drivers

import (
	"context"
	"time"

	"steward/gateway"
)

// Poller reads one asset once. The reading is complete: it has a value for
// every point of the asset, not good where the device did not give it; the
// error then says why for the log and the status, and the reading still
// counts. A reading without an asset means that there is nothing to emit (the
// poll was cut off by ctx). The reading's values belong to the poller and are
// valid until its next Poll. Poll is never called concurrently with itself.
type Poller interface {
	Poll(ctx context.Context) (gateway.Reading, error)
}

// Every is a fixed grid of instants, Interval apart, one of them at Anchor.
// Counting on a grid, a schedule neither drifts nor catches up in bursts.
type Every struct {
	Anchor   time.Time
	Interval time.Duration // above zero
}

// Next returns the first instant of the grid that is after t.
func (e Every) Next(t time.Time) time.Time {
	n := t.Sub(e.Anchor) / e.Interval
	at := e.Anchor.Add(n * e.Interval)
	for !at.After(t) { // twice at most: integer division rounds towards zero
		at = at.Add(e.Interval)
	}
	return at
}

// alarmRun is how many alarm turns may follow each other while another poller
// waits: an overloaded line keeps a quarter of its turns for the others.
const alarmRun = 3

// Turns lets several pollers share one line, each on its own grid. Whose slot
// plus interval ends first goes first: short intervals are served promptly,
// and yet nobody waits much longer than one interval of his own, however
// overloaded the line is. Pollers of alarms go before all others whose slot
// has come, up to alarmRun times in a row: one alone waits for one turn of
// another at most, and nobody starves. It is used by one goroutine.
type Turns struct {
	turns []turn
	run   int // alarm turns taken in a row, as first
}

type turn struct {
	every    Every
	due      time.Time
	deadline time.Time
	alarm    bool
	moved    bool // off its grid, where an alarm has no right to go first
}

// first reports whether the turn goes before those that are not.
func (e *turn) first() bool { return e.alarm && !e.moved }

// Add enters a poller whose first turn is at first and whose later ones are
// on the grid; alarm says that it reads what people must act on. It returns
// the poller's number, counted from 0.
func (t *Turns) Add(first time.Time, every Every, alarm bool) int {
	t.turns = append(t.turns, turn{every: every, due: first, deadline: first.Add(every.Interval), alarm: alarm})
	return len(t.turns) - 1
}

// Next returns whose turn it is and since when, or, while nobody's slot has
// come at now, whose slot comes next and when. Without pollers it returns -1.
func (t *Turns) Next(now time.Time) (who int, due time.Time) {
	firsts, others := -1, -1 // the earliest deadline of each, of those whose slot has come
	who = -1
	for i := range t.turns {
		e := &t.turns[i]
		if e.due.After(now) {
			if who < 0 || e.due.Before(due) {
				who, due = i, e.due
			}
			continue
		}
		best := &others
		if e.first() {
			best = &firsts
		}
		if *best < 0 || e.deadline.Before(t.turns[*best].deadline) {
			*best = i
		}
	}
	switch {
	case firsts >= 0 && (others < 0 || t.run < alarmRun):
		who = firsts
	case others >= 0:
		who = others
	default:
		return who, due
	}
	return who, t.turns[who].due
}

// Done puts the poller back in the queue after its turn, at the next slot of
// its grid. It returns how many slots went by unused since the turn was due.
func (t *Turns) Done(who int, now time.Time) (missed int) {
	e := &t.turns[who]
	if e.first() {
		t.run++
	} else {
		t.run = 0
	}
	next := e.every.Next(now)
	if first := e.every.Next(e.due); next.After(first) {
		missed = int(next.Sub(first) / e.every.Interval)
	}
	e.due, e.deadline, e.moved = next, next.Add(e.every.Interval), false
	return missed
}

// Move puts the poller's next turn at the given instant, off its grid. There
// an alarm goes by its deadline only: a dead device that is probed, or one that
// is searched for a bad point, holds nobody up.
func (t *Turns) Move(who int, at time.Time) {
	e := &t.turns[who]
	if !e.first() {
		t.run = 0 // it had its turn, as a probe
	}
	e.due, e.deadline, e.moved = at, at.Add(e.every.Interval), true
}
