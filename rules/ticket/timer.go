package ticket

import (
	"cmp"
	"container/heap"
	"time"
)

// The order of timers of the same instant.
const (
	rankHour = iota
	rankPlan
	rankTicket
	rankGone
)

// timer calls fire with the time it was due. Its zero value is not set.
type timer struct {
	at    time.Time
	rank  int
	name  string
	place int // in the queue, from 1; 0: not in it
	fire  func(due time.Time)
}

// timers is a heap by time, rank and name.
type timers []*timer

func (q timers) Len() int { return len(q) }

func (q timers) Less(i, k int) bool {
	a, b := q[i], q[k]
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.rank, b.rank), compareIDs(a.name, b.name)) < 0
}

func (q timers) Swap(i, k int) {
	q[i], q[k] = q[k], q[i]
	q[i].place, q[k].place = i+1, k+1
}

// Push and Pop are heap.Interface's.
func (q *timers) Push(x any) {
	t := x.(*timer)
	*q = append(*q, t)
	t.place = len(*q)
}

// Pop gives up the last timer.
func (q *timers) Pop() any {
	old := *q
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	t.place = 0
	return t
}

// set moves a timer to a time; the zero time takes it out.
func (q *timers) set(t *timer, at time.Time) {
	if at.IsZero() {
		q.drop(t)
		return
	}
	t.at = at
	if t.place > 0 {
		heap.Fix(q, t.place-1)
		return
	}
	heap.Push(q, t)
}

func (q *timers) drop(t *timer) {
	if t.place > 0 {
		heap.Remove(q, t.place-1)
	}
}

// fire does what is due up to a time, in order.
func (d *Desk) fire(until time.Time) {
	for len(d.queue) > 0 && !d.queue[0].at.After(until) {
		t := heap.Pop(&d.queue).(*timer)
		t.fire(t.at)
	}
}
