package rules

import (
	"context"
	"time"
)

// A clock that is set back by more than this is followed; by less, time waits
// until it has caught up.
const (
	clockBack   = time.Minute      // what the rules have seen is ahead of the clock by so much: readings and corrections are not
	readingBack = 10 * time.Minute // it is ahead of a reading, which a slow disk may have kept waiting
)

// upTo is how far time may go: to now, where everything received before it
// was stepped. What waits for the disk comes first; with entries to be read,
// time stands still (false).
func (r *Runner) upTo(now time.Time) (time.Time, bool) {
	waiting, some := r.o.Ledger.Waiting() // before Head: it may become the head meanwhile
	if r.position < r.o.Ledger.Head() {
		return r.core.Engine.Now(), false
	}
	if some && waiting.Before(now) {
		now = waiting
	}
	return now, true
}

// watchClock follows the gateway's clock when it was set back, as it is where
// the hardware's clock was ahead at the start.
func (r *Runner) watchClock(ctx context.Context) error {
	now := r.o.Now()
	if _, ok := r.upTo(now); !ok || !r.ahead() {
		return nil
	}
	return r.rewind(ctx, now.Add(-tickBehind))
}

// followClock does the same by what the journal says, so that entries read
// later or again come to the same.
func (r *Runner) followClock(ctx context.Context, received time.Time) error {
	if received.IsZero() || r.core.Engine.Now().Sub(received) <= readingBack {
		return nil
	}
	return r.rewind(ctx, received)
}

// ahead reports whether the rules have seen what the clock has yet to reach.
func (r *Runner) ahead() bool { return r.core.Engine.Now().Sub(r.o.Now()) > clockBack }

// rewind keeps all that was, goes back, and keeps that: a start after a crash
// finds the one or the other and goes on alike.
func (r *Runner) rewind(ctx context.Context, to time.Time) error {
	if _, err := r.commit(ctx); err != nil {
		return err
	}
	was := r.core.Engine.Now()
	r.whole = true
	r.core.Rewind(to)
	r.rewound++
	r.o.Log.Error("the clock was set back, and the rules with it: what came while it was ahead counts as of now, and windows begin anew",
		"by", was.Sub(to).Round(time.Second), "from", was, "to", to)
	_, err := r.commit(ctx)
	return err
}
