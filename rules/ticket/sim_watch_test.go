package ticket

import (
	"errors"
	"testing"
	"time"

	"steward/gateway/duty"
)

var errBalance = errors.New("points taken out of service twice, or put back twice")

// watch holds what a desk does against what it promises.
type watch struct {
	last    map[string]duty.Ticket
	events  map[string]duty.TicketEvent
	state   map[string]duty.TicketState
	out     map[string]bool
	outages int
	proofs  int // tickets that closed by their proof
}

func newWatch() *watch {
	return &watch{last: map[string]duty.Ticket{}, events: map[string]duty.TicketEvent{}, state: map[string]duty.TicketState{}, out: map[string]bool{}}
}

// look checks effects in the world in which they came about.
func (v *watch) look(t *testing.T, r *run, e Effects) {
	t.Helper()
	for _, ev := range e.Events {
		was, seen := v.events[ev.Ticket]
		if ev.No != was.No+1 || ev.At.Before(was.At) || seen != (ev.What != duty.WhatOpened) {
			t.Errorf("event %+v after %+v", ev, was)
		}
		v.events[ev.Ticket] = ev
		if ev.What == duty.WhatState {
			if v.state[ev.Ticket] != ev.From || ev.From.Over() {
				t.Errorf("event %+v of a ticket that was %s", ev, v.state[ev.Ticket])
			}
			v.state[ev.Ticket] = ev.To
		} else if ev.What == duty.WhatOpened {
			v.state[ev.Ticket] = ev.To
		}
	}
	for _, tk := range e.Tickets {
		if v.state[tk.ID] != tk.State {
			t.Errorf("%s is %s, its timeline says %s", tk.ID, tk.State, v.state[tk.ID])
		}
		was := v.last[tk.ID]
		if was.State == duty.TicketProving && tk.State == duty.TicketClosed && v.events[tk.ID].By == "" {
			v.proved(t, r.w, &was, &tk)
		}
		v.last[tk.ID] = tk
	}
}

// proved: nothing closes by itself but what was inactive and good throughout.
func (v *watch) proved(t *testing.T, w *world, was, tk *duty.Ticket) {
	t.Helper()
	v.proofs++
	e := w.Evidence(tk.Asset, tk.Fault)
	proof := testService().Proof[tk.Class]
	if proof == 0 {
		proof = defaultProof
	}
	from := tk.Closed.Add(-proof)
	if e.Active || e.GoodSince.IsZero() || (e.GoodSince.After(from) && e.GoodSince.After(tk.Done)) || from.Before(was.Done) {
		t.Errorf("%s closed at %s with %+v, done %s", tk.ID, tk.Closed, e, tk.Done)
	}
}

// check looks at the whole desk between two ops.
func (v *watch) check(t *testing.T, r *run, now time.Time) {
	t.Helper()
	open := map[key]string{}
	for _, tk := range r.d.Tickets() {
		if k := (key{tk.Asset, tk.Fault}); tk.Fault != "" {
			if other, ok := open[k]; ok {
				t.Errorf("%s and %s are both open for %v", other, tk.ID, k)
			}
			open[k] = tk.ID
		}
		checkClocks(t, &tk, now)
	}
	for _, o := range r.e.Outages[v.outages:] {
		if o.Until.IsZero() && !v.out[o.Ticket] {
			t.Errorf("%v: %+v", errBalance, o)
		}
		v.out[o.Ticket] = !o.Until.IsZero()
	}
	v.outages = len(r.e.Outages)
	for id, out := range v.out {
		if out != (v.state[id] == duty.TicketInProgress) {
			t.Errorf("%s is %s, points out of service: %t", id, v.state[id], out)
		}
	}
}

func checkClocks(t *testing.T, tk *duty.Ticket, now time.Time) {
	t.Helper()
	for _, c := range tk.Clocks {
		if !c.Due.Equal(c.Started.Add(c.Limit).Add(c.Pauses)) {
			t.Errorf("%s: clock %+v is due otherwise than by its pauses", tk.ID, c)
		}
		if running(&c) && !c.Due.After(now) {
			t.Errorf("%s: clock %+v was due before %s and is not broken", tk.ID, c, now)
		}
		if !c.Breached.IsZero() && (c.Breached.Before(c.Due) && c.Promise != duty.PromiseRepair && c.Promise != duty.PromisePlan) {
			t.Errorf("%s: clock %+v broken too early", tk.ID, c)
		}
		if !c.Met.IsZero() && c.Breached.IsZero() && c.Met.After(c.Due) {
			t.Errorf("%s: clock %+v met late and not broken", tk.ID, c)
		}
		if !c.Met.IsZero() && !c.Breached.IsZero() && c.Met.Before(c.Breached) {
			t.Errorf("%s: clock %+v broken after it was met", tk.ID, c)
		}
		if !c.Paused.IsZero() && (tk.State != duty.TicketWaiting || !c.Met.IsZero()) {
			t.Errorf("%s is %s and its clock %+v is paused", tk.ID, tk.State, c)
		}
	}
}

// finish checks what must hold over the whole run.
func (v *watch) finish(t *testing.T, r *run, seen map[string]int) {
	t.Helper()
	keys := map[string]bool{}
	for _, m := range r.e.Outbox {
		if keys[m.Key] {
			t.Errorf("two messages have the key %s", m.Key)
		}
		keys[m.Key] = true
		if m.Title.ZH == "" || m.Title.EN == "" || m.At.IsZero() || (m.Ticket == "") == (m.Alarm == "") {
			t.Errorf("message %+v", m)
		}
	}
	for _, ev := range r.e.Events {
		seen[string(ev.To)]++
		seen[string(ev.What)]++
	}
	seen["proved"] += v.proofs
	seen["outage"] += len(r.e.Outages)
	seen["fact"] += len(r.e.Facts)
	if len(r.e.Events) < 200 {
		t.Errorf("the run did little: %d events", len(r.e.Events))
	}
}
