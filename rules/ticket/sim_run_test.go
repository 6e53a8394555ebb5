package ticket

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway/duty"
)

// run is a desk in its world and everything that came out of it.
type run struct {
	d     *Desk
	w     *world
	e     Effects
	errs  []string
	saved map[string]string
	deaf  bool // the world does not take the desk's facts
}

func newRun(w *world) *run { return &run{d: New(simOptions(w)), w: w, saved: map[string]string{}} }

func (r *run) take(e Effects) {
	r.e.Events = append(r.e.Events, e.Events...)
	r.e.Outbox = append(r.e.Outbox, e.Outbox...)
	r.e.Outages = append(r.e.Outages, e.Outages...)
	r.e.Facts = append(r.e.Facts, e.Facts...)
	r.e.Tickets = append(r.e.Tickets, e.Tickets...)
	for _, f := range e.Facts {
		if !r.deaf {
			r.w.set(f)
		}
	}
}

// until steps at each instant at which the desk is due.
func (r *run) until(at time.Time) {
	for {
		due, ok := r.d.Due()
		if !ok || due.After(at) {
			return
		}
		r.take(r.d.Step(due, nil))
	}
}

func (r *run) do(o op) {
	switch {
	case o.change != nil:
		o.change(r.w)
	case o.act != nil:
		e, err := r.d.Act(o.at, *o.act)
		if err != nil {
			r.errs = append(r.errs, err.Error())
		}
		r.take(e)
	default:
		r.take(r.d.Step(o.at, o.steps))
	}
}

func (r *run) save() {
	r.d.Save(func(k string, body []byte) {
		if body == nil {
			delete(r.saved, k)
			return
		}
		r.saved[k] = string(body)
	})
}

// restart goes on with another desk from what was saved.
func (r *run) restart(t *testing.T, rng *rand.Rand, at time.Time) {
	r.save()
	r.d = New(simOptions(r.w))
	keys := slices.Sorted(maps.Keys(r.saved))
	rng.Shuffle(len(keys), func(i, k int) { keys[i], keys[k] = keys[k], keys[i] })
	for _, k := range keys {
		if err := r.d.Restore(k, []byte(r.saved[k])); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(r.d.unsaved); n != 0 {
		t.Fatalf("a desk just restored has %d parts to save", n)
	}
	r.take(r.d.Step(at, nil))
}

// all is everything a run did, as text. Tickets are left out: they come in
// other portions when there are more steps; the last ones are in the state.
func (r *run) all(t *testing.T) string {
	r.save()
	r.e.Tickets = nil
	body, err := json.MarshalIndent(struct {
		E     Effects
		Errs  []string
		State map[string]string
	}{r.e, r.errs, r.saved}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// byTicket is like all, with the effects in the order of their tickets: late
// steps take one ticket's timers and another's alarms in another order.
func (r *run) byTicket(t *testing.T) string {
	slices.SortStableFunc(r.e.Events, func(a, b duty.TicketEvent) int { return compareIDs(a.Ticket, b.Ticket) })
	slices.SortStableFunc(r.e.Outbox, func(a, b duty.Message) int { return strings.Compare(a.Key, b.Key) })
	slices.SortStableFunc(r.e.Outages, func(a, b duty.Outage) int { return compareIDs(a.Ticket, b.Ticket) })
	return r.all(t)
}

func firstDifference(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	from := max(0, i-600)
	return fmt.Sprintf("one: ...%s\n\ntwo: ...%s", a[from:min(len(a), i+300)], b[from:min(len(b), i+300)])
}
