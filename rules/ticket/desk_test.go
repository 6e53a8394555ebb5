package ticket

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/book"
)

var t0 = time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC)

// world is what the desk sees, set by the tests.
type world struct {
	evidence map[key]Evidence
	values   map[string]float64
	facts    map[string]float64
}

func newWorld() *world {
	return &world{map[key]Evidence{}, map[string]float64{}, map[string]float64{}}
}

func (w *world) Evidence(a gateway.AssetID, fault string) Evidence { return w.evidence[key{a, fault}] }

func (w *world) Value(a gateway.AssetID, point string) (float64, bool) {
	v, ok := w.values[string(a)+"."+point]
	return v, ok
}

func (w *world) Fact(name string, a gateway.AssetID, unit string) (float64, bool) {
	v, ok := w.facts[factKey(name, a, unit)]
	return v, ok
}

func factKey(name string, a gateway.AssetID, unit string) string {
	return name + "|" + string(a) + "|" + unit
}

func (w *world) set(f duty.Fact) { w.facts[factKey(f.Name, f.Asset, f.Unit)] = f.Number }

// watched makes a fault watched, inactive and good since long ago.
func (w *world) watched(a gateway.AssetID, fault string, points ...string) {
	w.evidence[key{a, fault}] = Evidence{Watched: true, GoodSince: t0.Add(-24 * time.Hour), Points: points}
}

func (w *world) change(a gateway.AssetID, fault string, f func(*Evidence)) {
	e := w.evidence[key{a, fault}]
	f(&e)
	w.evidence[key{a, fault}] = e
}

func text(s string) gateway.Text { return gateway.Text{ZH: "中" + s, EN: s} }

func testSite() *gateway.Site {
	return &gateway.Site{
		ID: "s", Language: "en", Zone: time.FixedZone("CST", 8*3600),
		Areas: []gateway.Area{{ID: "tower"}, {ID: "roof"}},
		Assets: []gateway.Asset{
			{ID: "lift", Name: text("Lift"), Kind: "elevator", Area: "tower"},
			{ID: "pump", Name: text("Pump"), Kind: "pump", Area: "roof", Points: []gateway.Point{{Name: "run_hours", Counter: true, Rollover: 10000}}},
			{ID: "leak-1", Name: text("Leak 1"), Kind: "leak_sensor", Unit: "f1"},
			{ID: "leak-2", Name: text("Leak 2"), Kind: "leak_sensor", Unit: "f2", Area: "roof"},
		},
	}
}

func testService() book.Service {
	return book.Service{
		Respond:    map[duty.Priority]time.Duration{duty.P1: 5 * time.Minute, duty.P2: 15 * time.Minute, duty.P3: 4 * time.Hour, duty.P4: 24 * time.Hour},
		Entrapment: 30 * time.Minute, Trapped: []string{"EL-01"}, Repair: 24 * time.Hour, Plan: 72 * time.Hour, Warn: 0.25,
		Proof:      map[duty.Class]time.Duration{duty.ClassSimple: 30 * time.Minute, duty.ClassComplex: 2 * time.Hour, duty.ClassEmergency: 30 * time.Minute},
		Recurrence: 7 * 24 * time.Hour, Pausing: []duty.WaitReason{duty.WaitParts, duty.WaitAccess},
	}
}

func testOptions(w *world) Options {
	return Options{
		Site: testSite(), Service: testService(), View: w,
		Units: []Unit{{ID: "f2", Area: "tower", Name: text("Flat 2")}, {ID: "f1", Area: "tower", Name: text("Flat 1")}, {ID: "f3", Area: "roof", Name: text("Flat 3")}},
	}
}

// bench drives a desk and keeps what came out of it.
type bench struct {
	t    *testing.T
	w    *world
	d    *Desk
	now  time.Time
	seq  uint64
	last Effects
	all  Effects
}

func newBench(t *testing.T, change ...func(*Options)) *bench {
	t.Helper()
	w := newWorld()
	o := testOptions(w)
	for _, f := range change {
		f(&o)
	}
	b := &bench{t: t, w: w, d: New(o), now: t0}
	b.take(b.d.Step(t0, nil))
	return b
}

func (b *bench) take(e Effects) {
	b.last = e
	b.all.Tickets = append(b.all.Tickets, e.Tickets...)
	b.all.Events = append(b.all.Events, e.Events...)
	b.all.Outbox = append(b.all.Outbox, e.Outbox...)
	b.all.Outages = append(b.all.Outages, e.Outages...)
	b.all.Facts = append(b.all.Facts, e.Facts...)
	for _, f := range e.Facts {
		b.w.set(f)
	}
}

// pass lets time go by, stepping at each instant at which the desk is due.
func (b *bench) pass(d time.Duration) {
	b.t.Helper()
	end := b.now.Add(d)
	for n := 0; ; n++ {
		at, ok := b.d.Due()
		if !ok || at.After(end) {
			break
		}
		if n > 100_000 {
			b.t.Fatalf("the desk is due at %s for ever", at)
		}
		b.take(b.d.Step(at, nil))
	}
	b.now = end
	b.take(b.d.Step(end, nil))
}

// alarm takes one step of an alarm.
func (b *bench) alarm(ev duty.AlarmEvent, from, to duty.AlarmState, a duty.Alarm) {
	b.t.Helper()
	b.seq++
	a.State = to
	b.take(b.d.Step(b.now, []duty.Transition{{Seq: b.seq, At: b.now, Event: ev, From: from, To: to, By: a.By, Alarm: a}}))
}

func (b *bench) raise(a duty.Alarm) {
	b.t.Helper()
	a.Raised, a.Active = b.now, true
	b.w.change(a.Asset, a.Fault, func(e *Evidence) { e.Active = true })
	b.alarm(duty.EventRaise, duty.Normal, duty.Unacknowledged, a)
}

func (b *bench) clear(a duty.Alarm) {
	b.t.Helper()
	b.w.change(a.Asset, a.Fault, func(e *Evidence) { e.Active = false })
	b.alarm(duty.EventClear, duty.Unacknowledged, duty.Returned, a)
}

func (b *bench) act(a duty.Action) {
	b.t.Helper()
	if a.By == "" {
		a.By = "wang"
	}
	e, err := b.d.Act(b.now, a)
	if err != nil {
		b.t.Fatalf("%s %s: %v", a.Do, a.Ticket, err)
	}
	b.take(e)
}

func (b *bench) refused(a duty.Action, of error, words string) {
	b.t.Helper()
	if a.By == "" {
		a.By = "wang"
	}
	before := b.state()
	e, err := b.d.Act(b.now, a)
	var r *duty.Refusal
	if !errors.Is(err, of) || !errors.As(err, &r) || !strings.Contains(err.Error(), words) {
		b.t.Fatalf("%s %s: got error %v, want one of %v with %q", a.Do, a.Ticket, err, of, words)
	}
	if r.ZH == "" || r.EN == "" || strings.Contains(r.ZH+r.EN, "%!") {
		b.t.Fatalf("%s: refusal is badly worded: %+v", a.Do, r)
	}
	if len(e.Tickets)+len(e.Events) > 0 || b.state() != before {
		b.t.Fatalf("%s %s: refused and changed something", a.Do, a.Ticket)
	}
}

func (b *bench) ticket(id string) duty.Ticket {
	b.t.Helper()
	for _, t := range slices.Backward(b.all.Tickets) {
		if t.ID == id {
			return t
		}
	}
	b.t.Fatalf("there was never a ticket %s", id)
	return duty.Ticket{}
}

func (b *bench) want(id string, s duty.TicketState) {
	b.t.Helper()
	if got := b.ticket(id); got.State != s {
		b.t.Fatalf("at %s %s is %s, want %s\n%s", b.now, id, got.State, s, b.timeline(id))
	}
}

func (b *bench) clock(id string, p duty.Promise) duty.Clock {
	b.t.Helper()
	for _, c := range slices.Backward(b.ticket(id).Clocks) {
		if c.Promise == p {
			return c
		}
	}
	b.t.Fatalf("%s has no clock for %s", id, p)
	return duty.Clock{}
}

func (b *bench) timeline(id string) string {
	var s strings.Builder
	for _, e := range b.all.Events {
		if e.Ticket == id {
			fmt.Fprintf(&s, "%d %s %s %s>%s %s %q %q %s\n", e.No, e.At.Sub(t0), e.What, e.From, e.To, e.By, e.Text, e.Say.EN, e.Alarm)
		}
	}
	return s.String()
}

func (b *bench) told(key string) duty.Message {
	b.t.Helper()
	for _, m := range b.all.Outbox {
		if m.Key == key {
			return m
		}
	}
	var keys []string
	for _, m := range b.all.Outbox {
		keys = append(keys, m.Key)
	}
	b.t.Fatalf("no message %s among %v", key, keys)
	return duty.Message{}
}

func (b *bench) events(id string, w duty.What) (out []duty.TicketEvent) {
	for _, e := range b.all.Events {
		if e.Ticket == id && e.What == w {
			out = append(out, e)
		}
	}
	return out
}

// state is the whole desk as text.
func (b *bench) state() string {
	body, err := json.Marshal(b.d.Tickets())
	if err != nil {
		b.t.Fatal(err)
	}
	return string(body)
}

func pumpDry() duty.Alarm {
	return duty.Alarm{ID: "A000001", AlarmKey: duty.AlarmKey{Asset: "pump", Rule: "PU-01"}, Fault: "PU-01", Title: text("Pump running dry"),
		Priority: duty.P2, Class: duty.ClassSimple, Trade: "plumber"}
}

func trapped() duty.Alarm {
	return duty.Alarm{ID: "A000007", AlarmKey: duty.AlarmKey{Asset: "lift", Rule: "EL-01"}, Fault: "EL-01", Title: text("Entrapment"),
		Priority: duty.P1, Class: duty.ClassEmergency, Latch: true}
}
