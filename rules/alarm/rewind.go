package alarm

import (
	"slices"
	"time"
)

// Rewind goes back to an instant because the clock had been ahead. What
// happened stays as it is, but for its time: instants after that one become
// it, and what waits for so long waits for that from there. What people and
// tickets set an end to keeps it.
func (t *Table) Rewind(to time.Time) {
	to = plainTime(to)
	if !to.Before(t.now) {
		return
	}
	t.now, t.unsaved.meta = to, true
	ahead := func(at time.Time) bool { return at.After(to) }
	t.announced = slices.DeleteFunc(t.announced, ahead)
	for asset := range t.recovers {
		t.recovers[asset] = earlier(t.recovers[asset], to.Add(t.o.RecoverWait))
	}
	all := make([]*entry, 0, len(t.entries))
	for _, e := range t.entries {
		all = append(all, e)
	}
	sortEntries(all)
	for _, e := range all {
		e.recent = slices.DeleteFunc(e.recent, ahead)
		e.chatter, e.clears = earlier(e.chatter, to.Add(chatterEnd)), earlier(e.clears, to.Add(calmFor))
		for i := range e.holds {
			if h := &e.holds[i]; h.Kind == byWait {
				h.Until = earlier(h.Until, to.Add(max(t.o.FoldWait, t.o.RecoverWait)))
				h.Hear = earlier(h.Hear, to.Add(t.o.RecoverWait+t.o.HearWait))
			}
		}
		if a := e.alarm; a != nil {
			a.Raised, a.Cleared, a.Acked, a.Changed = earlier(a.Raised, to), earlier(a.Cleared, to), earlier(a.Acked, to), earlier(a.Changed, to)
		}
		t.touch(to, e)
	}
	if due, on := t.floodEnd(); on {
		t.timers.set(&t.flood, due)
	}
	t.settle(to)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
