package rules

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/ticket"
)

// trapped is a lift that stands between two floors with somebody in it, with
// the rules that ship, an engine and a desk.
type trapped struct {
	t    *testing.T
	core Core
	now  time.Time
	lift gateway.Asset
}

func newTrapped(t *testing.T) *trapped {
	t.Helper()
	site := house(t, "Asia/Shanghai", "lift-1 elevator car_speed/0 people/0 stuck/0 trapped/0 in_door_zone/0 door_state/0 maintenance/0")
	b, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Options{Site: site, Book: b})
	if err != nil {
		t.Fatal(err)
	}
	d := ticket.New(ticket.Options{Site: site, Service: b.Service, View: e})
	return &trapped{t: t, core: Core{Engine: e, Desk: d, Log: slog.New(slog.DiscardHandler)}, now: morning, lift: site.Assets[0]}
}

// reads takes one reading: words such as stuck=1.
func (r *trapped) reads(words string) {
	r.t.Helper()
	one := gateway.Reading{Asset: r.lift.ID, Time: r.now, Received: r.now}
	for _, w := range strings.Fields(words) {
		var x float64
		name, number, _ := strings.Cut(w, "=")
		if _, err := fmt.Sscan(number, &x); err != nil {
			r.t.Fatal(err)
		}
		one.Values = append(one.Values, gateway.Good(name, x))
	}
	r.core.Take(one)
}

// does does what a person does to the only ticket.
func (r *trapped) does(v duty.Verb, why string) {
	r.t.Helper()
	all := r.core.Desk.Tickets()
	if len(all) != 1 {
		r.t.Fatalf("%d tickets", len(all))
	}
	a := duty.Action{Do: v, Ticket: all[0].ID, By: "li", Note: why, Waits: duty.WaitContractor}
	if err := r.core.Act(r.now, a); err != nil {
		r.t.Fatalf("%s: %v", v, err)
	}
}

// calm fails when an alarm comes before people's eyes for no time, or the same
// step of one is written down twice at one instant.
func calm(t *testing.T, said []duty.Transition) {
	t.Helper()
	for i, tr := range said {
		for _, o := range said[:i] {
			if o.Alarm.ID != tr.Alarm.ID || !o.At.Equal(tr.At) {
				continue
			}
			if o.Event == tr.Event && o.From == tr.From && o.To == tr.To {
				t.Errorf("%s %s: %s %s→%s twice at one instant; %s; %s", tr.Alarm.ID, tr.Alarm.Rule, tr.Event, tr.From, tr.To, o.Words().EN, tr.Words().EN)
			}
			if o.To == duty.Unacknowledged && o.From != o.To && tr.To != duty.Unacknowledged {
				t.Errorf("%s %s asks for an eye for 0 ns: %s, then %s", tr.Alarm.ID, tr.Alarm.Rule, o.Event, tr.Event)
			}
		}
	}
}

// A lift with people in it has one ticket, whatever is done to it: what the
// entrapment suppresses stays suppressed when the lift is back in service.
func TestEntrapmentHasOneTicket(t *testing.T) {
	r := newTrapped(t)
	defer func() {
		for _, tr := range r.core.Done.Transitions {
			t.Logf("%s %s %s %s %s→%s: %s", tr.At.Sub(morning), tr.Alarm.ID, tr.Alarm.Rule, tr.Event, tr.From, tr.To, tr.Words().EN)
		}
	}()
	r.reads("car_speed=0 people=0 stuck=1 trapped=1 in_door_zone=0 door_state=1 maintenance=0")
	r.now = r.now.Add(90 * time.Second)
	r.reads("people=1") // so EL-01 comes before EL-02.people
	r.now = r.now.Add(2 * time.Minute)
	r.core.Advance(r.now)
	for _, step := range []struct {
		do  duty.Verb
		why string
	}{{duty.DoAccept, "on my way"}, {duty.DoStart, "at the car"}, {duty.DoWait, "for the contractor"}, {duty.DoResume, "they are here"}} {
		r.now = r.now.Add(time.Minute)
		r.does(step.do, step.why)
		r.reads("car_speed=0 people=1 stuck=1")
	}
	r.now = r.now.Add(10 * time.Minute)
	r.core.Advance(r.now)
	calm(t, r.core.Done.Transitions)
	if all := r.core.Desk.Tickets(); len(all) != 1 || all[0].Fault != "EL-01" {
		t.Errorf("tickets: %+v", all)
	}
	if n := slices.IndexFunc(r.core.Done.Transitions, func(tr duty.Transition) bool {
		return strings.HasPrefix(tr.Alarm.Rule, "EL-02") && tr.To == duty.Unacknowledged && tr.From == duty.OutOfService
	}); n >= 0 {
		t.Errorf("EL-02 came before people's eyes: %+v", r.core.Done.Transitions[n])
	}
}
