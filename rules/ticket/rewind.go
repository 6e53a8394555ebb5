package ticket

import (
	"time"

	"steward/gateway/duty"
)

// Rewind goes back to an instant because the clock had been ahead. Tickets
// stay as they are, but for their times: instants after that one become it,
// and a promise or a proof that began after it is due so long from there.
// Other dates stay, those of plans among them.
func (d *Desk) Rewind(to time.Time) {
	to = plain(to)
	if d.now.After(to) {
		d.now = to
	}
	if next := nextHour(to); d.hour.After(next) {
		d.hour = next
		d.unsaved["desk"] = d.saveDesk
		if d.begun {
			d.queue.set(&d.hourly, next)
		}
	}
	for _, j := range d.jobs {
		j.rewind(to)
		d.keep(j)
		d.schedule(j)
	}
}

func (j *job) rewind(to time.Time) {
	back := func(times ...*time.Time) {
		for _, t := range times {
			if t.After(to) {
				*t = to
			}
		}
	}
	if ahead := j.Window.Sub(to); ahead > 0 {
		j.T.ProofUntil = j.T.ProofUntil.Add(-ahead)
		j.Look = to.Add(max(0, j.Look.Sub(j.Window)))
	}
	for i := range j.T.Clocks {
		c := &j.T.Clocks[i]
		if ahead := c.Started.Sub(to); ahead > 0 && c.Promise != duty.PromiseDue {
			c.Due = c.Due.Add(-ahead)
		}
		back(&c.Started, &c.Paused, &c.Met, &c.Warned, &c.Breached)
	}
	t := &j.T
	back(&j.Last, &j.Again, &j.Window, &j.Since, &t.Opened, &t.Changed, &t.Accepted, &t.Started, &t.Planned, &t.Done, &t.Closed)
}
