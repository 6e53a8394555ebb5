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

// Turns lets several pollers share one line, each on its own grid. Whose slot
// plus interval ends first goes first: short intervals are served promptly,
// and yet nobody waits much longer than one interval of his own, however
// overloaded the line is. It is used by one goroutine.
type Turns struct {
	turns []turn
}

type turn struct {
	every    Every
	due      time.Time
	deadline time.Time
}

// Add enters a poller whose first turn is at first and whose later ones are
// on the grid. It returns the poller's number, counted from 0.
func (t *Turns) Add(first time.Time, every Every) int {
	t.turns = append(t.turns, turn{every, first, first.Add(every.Interval)})
	return len(t.turns) - 1
}

// Next returns whose turn it is and since when, or, while nobody's slot has
// come at now, whose slot comes next and when. Without pollers it returns -1.
func (t *Turns) Next(now time.Time) (who int, due time.Time) {
	who = -1
	var deadline time.Time
	waiting := true
	for i := range t.turns {
		e := &t.turns[i]
		switch {
		case !e.due.After(now): // its slot has come
			if waiting || e.deadline.Before(deadline) {
				who, due, deadline, waiting = i, e.due, e.deadline, false
			}
		case waiting && (who < 0 || e.due.Before(due)):
			who, due = i, e.due
		}
	}
	return who, due
}

// Done puts the poller back in the queue after its turn, at the next slot of
// its grid. It returns how many slots went by unused since the turn was due.
func (t *Turns) Done(who int, now time.Time) (missed int) {
	e := &t.turns[who]
	next := e.every.Next(now)
	if first := e.every.Next(e.due); next.After(first) {
		missed = int(next.Sub(first) / e.every.Interval)
	}
	e.due, e.deadline = next, next.Add(e.every.Interval)
	return missed
}

// Move puts the poller's next turn at the given instant, off its grid.
func (t *Turns) Move(who int, at time.Time) {
	e := &t.turns[who]
	e.due, e.deadline = at, at.Add(e.every.Interval)
}
