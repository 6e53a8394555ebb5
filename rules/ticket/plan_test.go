package ticket

import (
	"math"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/book"
)

const day = 24 * time.Hour

func halfMonth() book.Plan {
	return book.Plan{ID: "lift-half-month", Title: text("Half-month service"), Kind: "elevator", Every: 15 * day, Warn: 3 * day,
		Fact: "serviced_half_month", Trade: "lift_contractor", Points: []string{"mode"}, Detail: text("as of TSG T5002")}
}

func withPlans(p ...book.Plan) func(*Options) { return func(o *Options) { o.Plans = p } }

// finish does a ticket's work and has it closed.
func (b *bench) finish(id string) {
	b.t.Helper()
	b.act(duty.Action{Do: duty.DoStart, Ticket: id})
	b.pass(time.Hour)
	b.act(duty.Action{Do: duty.DoDone, Ticket: id, By: "li"})
	b.pass(10 * time.Minute)
	b.act(duty.Action{Do: duty.DoClose, Ticket: id, By: "zhao", Reason: "signed"})
	b.want(id, duty.TicketClosed)
}

// A plan by calendar opens before it is due, says when the work was done, and
// comes round again from then on.
func TestPlanByCalendar(t *testing.T) {
	b := newBench(t, withPlans(halfMonth()))
	b.pass(12*day - time.Second)
	if len(b.all.Tickets) != 0 {
		t.Fatalf("opened too early: %+v", b.all.Tickets)
	}
	b.pass(time.Second)
	got := b.ticket("T000001")
	due := t0.Add(15 * day)
	if got.Origin != duty.OriginPlan || got.Class != duty.ClassPlanned || got.Asset != "lift" || !got.PlanFor.Equal(due) || got.Area != "tower" || got.Say != (gateway.Text{ZH: "中as of TSG T5002", EN: "as of TSG T5002"}) || got.Detail != "" {
		t.Errorf("ticket %+v", got)
	}
	if c := b.clock("T000001", duty.PromiseDue); !c.Due.Equal(due) || c.Limit != 3*day || len(got.Clocks) != 1 {
		t.Errorf("clocks %+v", got.Clocks)
	}
	b.pass(day)
	done := b.now.Add(time.Hour)
	b.finish("T000001")
	if c := b.clock("T000001", duty.PromiseDue); !c.Met.Equal(done) || !c.Breached.IsZero() {
		t.Errorf("clock %+v", c)
	}
	want := duty.Fact{Name: "serviced_half_month", Asset: "lift", Number: float64(done.Unix()), At: b.now, By: "li"}
	if len(b.all.Facts) != 1 || b.all.Facts[0] != want {
		t.Errorf("facts %+v, want %+v", b.all.Facts, want)
	}
	if o := b.all.Outages; len(o) != 2 || len(o[0].Points) != 1 || o[0].Points[0] != "mode" {
		t.Errorf("outages %+v", o)
	}
	b.pass(done.Add(12 * day).Sub(b.now))
	if got := b.ticket("T000002"); !got.Opened.Equal(done.Add(12*day)) || got.Recurrence != "" {
		t.Errorf("the next is %+v", got)
	}
}

// What people say was done elsewhere counts, and a date does not wait.
func TestPlanFollowsTheFact(t *testing.T) {
	b := newBench(t, withPlans(halfMonth()))
	b.pass(11 * day)
	said := b.now
	b.w.set(duty.Fact{Name: "serviced_half_month", Asset: "lift", Number: float64(said.Unix())})
	b.pass(12*day - time.Second)
	if len(b.all.Tickets) != 0 {
		t.Fatalf("opened although it was done: %+v", b.all.Tickets)
	}
	b.pass(time.Second)
	b.act(duty.Action{Do: duty.DoAccept, Ticket: "T000001"})
	b.act(duty.Action{Do: duty.DoWait, Ticket: "T000001", Waits: duty.WaitParts})
	b.pass(4 * day)
	if c := b.clock("T000001", duty.PromiseDue); !c.Breached.Equal(said.Add(15 * day)) {
		t.Errorf("clock %+v", c)
	}
	b.told("T000001/warned/due")
	b.told("T000001/breached/due")
}

// Work that is overdue when the plan is first seen opens at once.
func TestPlanOverdueAtTheStart(t *testing.T) {
	w := newWorld()
	w.set(duty.Fact{Name: "serviced_half_month", Asset: "lift", Number: float64(t0.Add(-40 * day).Unix())})
	b := newBench(t, withPlans(halfMonth()), func(o *Options) { o.View = w })
	b.w = w
	got := b.ticket("T000001")
	if !got.Opened.Equal(t0) || !got.PlanFor.Equal(t0.Add(-25*day)) {
		t.Errorf("ticket %+v", got)
	}
	if c := got.Clocks[0]; !c.Breached.Equal(t0) || !c.Warned.IsZero() {
		t.Errorf("clock %+v, want broken at the opening, without a warning", c)
	}
}

// A turn that is cancelled is let go; the next is a period after it was due.
func TestPlanCancelled(t *testing.T) {
	b := newBench(t, withPlans(halfMonth()))
	b.pass(12 * day)
	b.act(duty.Action{Do: duty.DoCancel, Ticket: "T000001", Reason: "lift replaced"})
	b.pass(14*day + 23*time.Hour)
	if got := len(b.d.Tickets()); got != 0 {
		t.Fatalf("%d tickets", got)
	}
	b.pass(time.Hour)
	if got := b.ticket("T000002"); !got.PlanFor.Equal(t0.Add(30 * day)) {
		t.Errorf("the next is due %s after the first step, want 30 days", got.PlanFor.Sub(t0))
	}
	if len(b.all.Facts) != 0 {
		t.Errorf("facts %+v of work that was not done", b.all.Facts)
	}
}

func TestMonths(t *testing.T) {
	d := New(Options{Site: testSite(), View: newWorld()})
	for _, c := range []struct {
		from, want string
		months     int
	}{
		{"2026-01-31T10:00:00+08:00", "2026-02-28T10:00:00+08:00", 1},
		{"2028-01-31T10:00:00+08:00", "2028-02-29T10:00:00+08:00", 1},
		{"2026-11-30T00:30:00+08:00", "2027-02-28T00:30:00+08:00", 3},
		{"2026-03-31T07:00:00+08:00", "2026-09-30T07:00:00+08:00", 6},
		{"2026-03-15T07:00:00+08:00", "2027-03-15T07:00:00+08:00", 12},
		{"2026-12-31T23:00:00Z", "2027-01-31T23:00:00Z", 1}, // 1 January at the site
		{"9999-12-01T00:00:00Z", "9999-12-31T23:59:59Z", 12},
	} {
		from, _ := time.Parse(time.RFC3339, c.from)
		want, _ := time.Parse(time.RFC3339, c.want)
		if got := d.period(&book.Plan{Months: c.months}, from); !got.Equal(want) {
			t.Errorf("%s and %d months is %s, want %s", c.from, c.months, got, c.want)
		}
	}
}

// Days are days of the site's calendar, also where the clocks change.
func TestDaysOverAChangeOfClocks(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	site := testSite()
	site.Zone = zone
	d := New(Options{Site: site, View: newWorld()})
	from := time.Date(2026, 3, 20, 9, 0, 0, 0, zone)
	if got, want := d.period(&book.Plan{Every: 15 * day}, from), time.Date(2026, 4, 4, 9, 0, 0, 0, zone); !got.Equal(want) {
		t.Errorf("15 days after %s is %s, want %s", from, got, want)
	}
	if got, want := d.period(&book.Plan{Every: 36 * time.Hour}, from), from.Add(36*time.Hour); !got.Equal(want) {
		t.Errorf("36 h after is %s", got)
	}
}

func hours() book.Plan {
	return book.Plan{ID: "pump-2000h", Title: text("2000 h service"), Kind: "pump", Counter: "run_hours", By: 2000, Warn: 7 * day, Fact: "serviced_2000h"}
}

// A plan by counter looks on the hour, over roll-over, and counts from the
// work on.
func TestPlanByCounter(t *testing.T) {
	b := newBench(t, withPlans(hours()))
	set := func(v float64) { b.w.values["pump.run_hours"] = v }
	b.pass(time.Hour) // no value yet
	set(9500)
	b.pass(time.Hour)
	set(math.NaN())
	b.pass(time.Hour)
	set(400) // over 10000: 900 so far
	b.pass(time.Hour)
	set(1400)
	b.pass(time.Hour)
	if len(b.all.Tickets) != 0 {
		t.Fatalf("opened after 1900 h: %+v", b.all.Tickets)
	}
	set(1500)
	b.pass(time.Hour)
	got := b.ticket("T000001")
	if want := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC); !got.Opened.Equal(want) || !got.PlanFor.Equal(want.Add(7*day)) {
		t.Errorf("opened %s, due %s, want on the hour", got.Opened, got.PlanFor)
	}
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001"})
	set(1600) // ran on until the work
	b.act(duty.Action{Do: duty.DoDone, Ticket: "T000001"})
	set(1610)
	b.act(duty.Action{Do: duty.DoClose, Ticket: "T000001", By: "zhao", Reason: "signed"})
	set(3599)
	b.pass(2 * time.Hour)
	if n := len(b.d.Tickets()); n != 0 {
		t.Fatalf("opened again after 1999 h")
	}
	set(3600)
	b.pass(time.Hour)
	b.want("T000002", duty.TicketOpen)
}

// What came due while the gateway was down has the time at which it was due.
func TestPlansAfterTheGatewayWasDown(t *testing.T) {
	b := newBench(t, withPlans(halfMonth(), hours()))
	b.w.values["pump.run_hours"] = 10
	b.pass(time.Hour)
	state := saved(b.d)
	b.w.values["pump.run_hours"] = 5000
	o := testOptions(b.w)
	o.Plans = []book.Plan{halfMonth(), hours()}
	b.d = New(o)
	for k, body := range state {
		if err := b.d.Restore(k, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	b.now = t0.Add(20 * day)
	b.take(b.d.Step(b.now, nil))
	if got, want := b.ticket("T000001").Opened, time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("the counter's ticket was opened at %s, want the first hour that was missed, %s", got, want)
	}
	if got := b.ticket("T000002").Opened; !got.Equal(t0.Add(12 * day)) {
		t.Errorf("the calendar's ticket was opened at %s", got)
	}
}

// One plan and asset has one ticket, and plans do not meddle with faults.
func TestPlansStandAlone(t *testing.T) {
	quarter := halfMonth()
	quarter.ID, quarter.Every, quarter.Months, quarter.Fact, quarter.Assets = "lift-quarter", 0, 3, "serviced_quarter", []gateway.AssetID{"lift"}
	other := halfMonth()
	other.ID, other.Assets = "lift-other", []gateway.AssetID{"pump"}
	b := newBench(t, withPlans(quarter, halfMonth(), other))
	b.pass(100 * day)
	open := map[string]int{}
	for _, tk := range b.d.Tickets() {
		open[tk.Fault]++
	}
	if len(open) != 2 || open["plan/lift-half-month"] != 1 || open["plan/lift-quarter"] != 1 {
		t.Errorf("open tickets by plan: %v", open)
	}
}

// Rain sends somebody round the vacant flats, riskiest first.
func TestRound(t *testing.T) {
	plan := book.Plan{ID: "vacant-round", Title: text("Round"), OnFault: "RN-01", Fact: "visited", Trade: "property", Detail: text("take a torch")}
	rain := duty.Alarm{ID: "A000100", AlarmKey: duty.AlarmKey{Asset: "gauge", Rule: "RN-01"}, Fault: "RN-01", Title: text("Heavy rain"), Priority: duty.P3, Class: duty.ClassNone}
	b := newBench(t, withPlans(plan))
	b.raise(rain)
	if len(b.all.Tickets) != 0 {
		t.Fatalf("a round of no flats: %+v", b.all.Tickets)
	}
	for _, u := range []string{"f1", "f2", "f3"} {
		b.w.set(duty.Fact{Name: "vacant", Unit: u, Number: 1})
	}
	b.w.set(duty.Fact{Name: "visited", Unit: "f1", Number: float64(t0.Add(-40 * day).Unix())})
	b.w.set(duty.Fact{Name: "visited", Unit: "f2", Number: float64(t0.Add(-2 * day).Unix())})
	leak := pumpDry()
	leak.Asset, leak.Fault, leak.Priority = "leak-2", "LK-01", duty.P3
	b.raise(leak)
	b.clear(rain)
	b.pass(time.Hour)
	b.raise(rain)
	got := b.ticket("T000002")
	const want = "take a torch\n1. Flat 2 (open leak ticket T000001), last visited 2026-02-28 16:30:00\n2. Flat 3, never visited\n3. Flat 1, last visited 2026-01-21 16:30:00"
	if got.Say.EN != want || got.Detail != "" || got.Origin != duty.OriginRain || got.Class != duty.ClassSimple || got.Priority != duty.P3 || got.Asset != "" || got.Fault != "plan/vacant-round" {
		t.Errorf("ticket %+v\nwant the list\n%s", got, want)
	}
	if say := b.events("T000002", duty.WhatOpened)[0].Say; !strings.Contains(say.ZH, "1. 中Flat 2（未结漏水工单 T000001），上次巡查 2026-02-28 16:30:00") {
		t.Errorf("in Chinese: %s", say.ZH)
	}
	b.clear(rain)
	rain.ID = "A000101"
	b.raise(rain) // while it goes on
	if n := len(b.d.Tickets()); n != 2 || len(b.ticket("T000002").Alarms) != 2 {
		t.Errorf("%d tickets, alarms of the round %v", n, b.ticket("T000002").Alarms)
	}
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000002"})
	if len(b.all.Outages) != 0 {
		t.Errorf("a round took out of service %+v", b.all.Outages)
	}
	b.act(duty.Action{Do: duty.DoDone, Ticket: "T000002", By: "li"})
	b.pass(time.Minute)
	rain.ID = "A000102"
	b.raise(rain) // a walked round does not count for the next rain
	b.want("T000002", duty.TicketClosed)
	b.want("T000003", duty.TicketOpen)
	if len(b.all.Facts) != 3 || b.all.Facts[0].Unit != "f2" || b.all.Facts[0].Name != "visited" || b.all.Facts[0].Asset != "" {
		t.Errorf("facts %+v", b.all.Facts)
	}
}
