package alarm

import (
	"cmp"
	"container/heap"
	"time"

	"steward/gateway/duty"
)

// The order of what is due at the same instant.
const (
	rankOutage uint8 = iota
	rankFlood
	rankEntry
)

// timer is the next due instant of an outage, an entry or the flood.
type timer struct {
	due    time.Time
	rank   uint8
	entry  *entry
	outage *outage
	pos    int // in the heap; -1: not there
}

func (a *timer) compare(b *timer) int {
	if c := cmp.Or(a.due.Compare(b.due), cmp.Compare(a.rank, b.rank)); c != 0 {
		return c
	}
	switch a.rank {
	case rankEntry:
		return compareKeys(a.entry.key, b.entry.key)
	case rankOutage:
		return cmp.Or(cmp.Compare(a.outage.Asset, b.outage.Asset), cmp.Compare(a.outage.Ticket, b.outage.Ticket))
	}
	return 0
}

// timers is a heap of what is due, the earliest first.
type timers []*timer

func (q timers) Len() int           { return len(q) }
func (q timers) Less(i, j int) bool { return q[i].compare(q[j]) < 0 }
func (q timers) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].pos, q[j].pos = i, j
}

// Push is for container/heap.
func (q *timers) Push(x any) {
	t := x.(*timer)
	t.pos = len(*q)
	*q = append(*q, t)
}

// Pop is for container/heap.
func (q *timers) Pop() any {
	old := *q
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	t.pos = -1
	return t
}

// set makes the timer due at the instant.
func (q *timers) set(t *timer, due time.Time) {
	if t.pos >= 0 && t.due.Equal(due) {
		return
	}
	t.due = due
	if t.pos < 0 {
		heap.Push(q, t)
		return
	}
	heap.Fix(q, t.pos)
}

func (q *timers) remove(t *timer) {
	if t.pos >= 0 {
		heap.Remove(q, t.pos)
	}
}

// Due returns when Tick has something to do, unless something happens before.
func (t *Table) Due() (time.Time, bool) {
	if t.restored {
		return t.now, true
	}
	if len(t.timers) == 0 {
		return time.Time{}, false
	}
	return t.timers[0].due, true
}

// Tick does everything due by the instant, each with its own due time, in
// order of time.
func (t *Table) Tick(at time.Time) {
	for len(t.timers) > 0 && !t.timers[0].due.After(at) {
		first := t.timers[0]
		due := first.due
		if due.Before(t.now) {
			due = t.now // a shorter limit was set after the fact
		}
		switch first.rank {
		case rankOutage:
			o := first.outage
			t.endOutage(due, o.Asset, o.Ticket, "", say("停用到期", "its time out of service is up"))
		case rankFlood:
			t.timers.remove(first)
			t.flooding = false
			t.now, t.unsaved.meta = due, true
			t.report(due, duty.MarkFlood, SiteAsset, false, t.floodWhy())
		default:
			t.fire(due, first.entry)
		}
		t.settle(due)
	}
	if t.restored {
		t.restored = false
		if at = plainTime(at); at.Before(t.now) {
			at = t.now
		}
		t.reconcile(at)
	}
}

// schedule sets the entry's timer to the first thing it waits for.
func (t *Table) schedule(e *entry) {
	var due time.Time
	at := func(d time.Time) {
		if !d.IsZero() && (due.IsZero() || d.Before(due)) {
			due = d
		}
	}
	for _, h := range e.holds {
		if h.Kind != byOutage {
			at(h.Until)
		}
	}
	at(e.realarm())
	at(e.stale())
	at(e.chatter)
	at(e.calm())
	at(e.clears)
	if due.IsZero() {
		t.timers.remove(&e.timer)
		return
	}
	t.timers.set(&e.timer, due)
}

// realarm returns when the acknowledgement has held long enough; zero: never.
func (e *entry) realarm() time.Time {
	if e.state() != duty.Acknowledged || e.spec.Realarm <= 0 || !e.clears.IsZero() {
		return time.Time{}
	}
	return e.alarm.Acked.Add(e.spec.Realarm)
}

// stale returns when the alarm will have stood too long; zero: never, or it has.
func (e *entry) stale() time.Time {
	if !e.standing() || e.alarm.Has(duty.MarkStale) {
		return time.Time{}
	}
	return e.alarm.Raised.Add(staleAfter)
}

// calm returns when nothing need be known of an alarm that is over; zero: it
// is not, or nothing is.
func (e *entry) calm() time.Time {
	if len(e.recent) == 0 || e.alarm != nil {
		return time.Time{}
	}
	return e.recent[len(e.recent)-1].Add(chatterWindow + time.Second)
}

// fire does the first thing that the entry waits for and that is due.
func (t *Table) fire(at time.Time, e *entry) {
	due := func(d time.Time) bool { return !d.IsZero() && !d.After(at) }
	expired := func(k kind) bool { h, is := e.held(k, ""); return is && due(h.Until) }
	switch {
	case expired(byPerson):
		t.release(at, e, duty.EventRestore, byPerson, "", "", say("停用到期", "its time out of service is up"))
	case expired(byShelf):
		t.release(at, e, duty.EventUnshelve, byShelf, "", "", say("搁置到期", "its time on the shelf is up"))
	case expired(byWait):
		t.waited(at, e)
	case due(e.clears):
		t.lapse(at, e)
	case due(e.realarm()):
		t.apply(at, e, duty.EventRealarm, "", say("确认后长时间未消除", "acknowledged for too long and still active"))
	case due(e.stale()):
		t.apply(at, e, duty.EventMark, "", say("持续超过 24 小时", "it has stood for more than 24 h"))
	case due(e.chatter):
		e.chatter = time.Time{}
		t.touch(at, e)
		if e.alarm != nil {
			t.apply(at, e, duty.EventMark, "", say("不再抖动", "it chatters no more"))
		}
	case due(e.calm()):
		e.recent = nil
		t.touch(at, e)
	}
}
