package ticket

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// One fault has one ticket, however often and by however many rules it is raised.
func TestOneTicketAFault(t *testing.T) {
	b := newBench(t)
	b.w.watched("pump", "PU-01", "suction_pressure", "running")
	a := pumpDry()
	b.raise(a)
	b.want("T000001", duty.TicketOpen)
	got := b.ticket("T000001")
	if got.Asset != "pump" || got.Fault != "PU-01" || got.Area != "roof" || got.Origin != duty.OriginAlarm || got.Trade != "plumber" || !got.Opened.Equal(t0) {
		t.Errorf("ticket is %+v", got)
	}
	b.pass(time.Minute)
	b.clear(a)
	b.want("T000001", duty.TicketOpen) // a clear never closes
	for i := range 5 {
		b.pass(time.Minute)
		again := a
		again.ID = fmt.Sprintf("A00001%d", i)
		b.raise(again)
		b.clear(again)
	}
	if n := len(b.d.Tickets()); n != 1 {
		t.Fatalf("%d tickets, want 1", n)
	}
	if got := b.ticket("T000001").Alarms; len(got) != 6 {
		t.Errorf("the ticket lists the alarms %v, want 6", got)
	}
	b.told("T000001/opened")
	if m := b.told("A000001/raise/1"); m.What != "alarm.raise" || m.Title.EN != "Pump: Pump running dry" || m.Title.ZH != "中Pump：中Pump running dry" {
		t.Errorf("message of the raise is %+v", m)
	}
}

// What asks nobody for anything opens nothing.
func TestAlarmsWithoutTicket(t *testing.T) {
	for _, s := range []duty.AlarmState{duty.Shelved, duty.Suppressed, duty.OutOfService} {
		b := newBench(t)
		b.alarm(duty.EventRaise, s, s, pumpDry())
		if len(b.all.Tickets)+len(b.all.Outbox) > 0 {
			t.Errorf("an alarm raised while %s opened %+v, told %+v", s, b.all.Tickets, b.all.Outbox)
		}
		b.alarm(duty.EventUnsuppress, s, duty.Unacknowledged, pumpDry())
		b.want("T000001", duty.TicketOpen)
	}
	for _, c := range []duty.Class{duty.ClassNone, ""} {
		b := newBench(t)
		a := pumpDry()
		a.Class, a.Priority = c, duty.P3
		b.raise(a)
		if len(b.all.Tickets)+len(b.all.Outbox) > 0 {
			t.Errorf("an alarm of class %q opened %+v, told %+v", c, b.all.Tickets, b.all.Outbox)
		}
	}
}

// The most urgent of a fault's alarms decides, and the response is due sooner.
func TestPriorityRises(t *testing.T) {
	b := newBench(t)
	warn := pumpDry()
	warn.Priority, warn.Class = duty.P3, duty.ClassPlanned
	b.raise(warn)
	b.pass(time.Hour)
	high := pumpDry()
	high.ID, high.Rule, high.Priority = "A000002", "PU-01H", duty.P1
	b.raise(high)
	got := b.ticket("T000001")
	if got.Priority != duty.P1 || got.Class != duty.ClassSimple {
		t.Errorf("priority %s, class %s, want P1, simple", got.Priority, got.Class)
	}
	if c := b.clock("T000001", duty.PromiseRespond); !c.Due.Equal(b.now.Add(5 * time.Minute)) {
		t.Errorf("response is due %s after, want 5m", c.Due.Sub(b.now))
	}
	if c := b.clock("T000001", duty.PromiseRepair); !c.Due.Equal(t0.Add(24 * time.Hour)) {
		t.Errorf("repair is due %s after the opening, want 24h", c.Due.Sub(t0))
	}
	if ev := b.events("T000001", duty.WhatClassified); len(ev) != 2 || !strings.Contains(ev[0].Say.EN, "P3 to P1") {
		t.Errorf("events of the change: %+v", ev)
	}
	low := warn
	low.ID = "A000003"
	b.raise(low)
	if got := b.ticket("T000001").Priority; got != duty.P1 {
		t.Errorf("a lower alarm made it %s", got)
	}
}

// Who acknowledges the alarm has answered.
func TestAcknowledgeIsTheFirstResponse(t *testing.T) {
	b := newBench(t)
	a := pumpDry()
	b.raise(a)
	b.pass(3 * time.Minute)
	a.By = "li"
	b.alarm(duty.EventAcknowledge, duty.Unacknowledged, duty.Acknowledged, a)
	b.want("T000001", duty.TicketAccepted)
	ev := b.events("T000001", duty.WhatState)
	if len(ev) != 1 || ev[0].By != "li" || ev[0].Alarm != "A000001" {
		t.Errorf("state event %+v", ev)
	}
	if c := b.clock("T000001", duty.PromiseRespond); !c.Met.Equal(b.now) || !b.ticket("T000001").Accepted.Equal(b.now) {
		t.Errorf("response is met at %s, want %s", c.Met, b.now)
	}
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001"})
	b.alarm(duty.EventRealarm, duty.Acknowledged, duty.Unacknowledged, a)
	b.told("A000001/realarm/3")
	b.alarm(duty.EventAcknowledge, duty.Unacknowledged, duty.Acknowledged, a)
	b.want("T000001", duty.TicketInProgress)
}

// Somebody who is trapped again while a person works on the lift wants him
// anew: another clock, which ends when the person is out.
func TestTrappedAgainAtWork(t *testing.T) {
	b := newBench(t)
	b.w.watched("lift", "EL-01", "trapped")
	first := trapped()
	first.Raised = b.now
	b.raise(first)
	b.pass(5 * time.Minute)
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001", By: "mechanic"})
	b.pass(time.Minute)
	b.clear(first)
	b.pass(10 * time.Minute)
	again := trapped()
	again.ID, again.Raised = "A000008", b.now
	b.raise(again)
	clocks := func() (all []duty.Clock) {
		for _, c := range b.ticket("T000001").Clocks {
			if c.Promise == duty.PromiseEntrapment {
				all = append(all, c)
			}
		}
		return all
	}
	if c := clocks(); len(c) != 2 || c[0].Met.IsZero() || !c[1].Met.IsZero() || !c[1].Started.Equal(b.now) {
		t.Fatalf("the clocks are %+v, want the first met and another that runs", c)
	}
	b.told("A000008/raise/3")
	b.pass(2 * time.Minute)
	b.clear(again)
	if c := clocks(); len(c) != 2 || !c[1].Met.Equal(b.now) {
		t.Errorf("after the person is out the clocks are %+v, want both met", c)
	}
}

// The ticket shows from when and of which points the trend is kept.
func TestFrozenTrend(t *testing.T) {
	b := newBench(t)
	b.w.watched("pump", "PU-01", "running", "suction_pressure")
	b.raise(pumpDry())
	lift := trapped()
	lift.Inputs = []duty.Input{{Point: "speed"}, {Point: "people"}, {Name: "rate"}, {Asset: "pump", Point: "running"}, {Point: "speed"}}
	b.raise(lift)
	for id, want := range map[string]string{
		"T000001": `{"asset":"pump","points":["running","suction_pressure"],"from":"2026-03-02T08:00:00Z","to":"2026-03-02T08:30:00Z"}`,
		"T000002": `{"asset":"lift","points":["people","speed"],"from":"2026-03-02T08:00:00Z","to":"2026-03-02T08:30:00Z"}`,
	} {
		ev := b.events(id, duty.WhatTrend)
		if len(ev) != 1 || ev[0].Text != want || !json.Valid([]byte(ev[0].Text)) {
			t.Errorf("%s: trend %+v, want %s", id, ev, want)
		}
	}
}

// The timeline says that an alarm chatters, once, and not every time it does.
func TestChatteringDoesNotFillTheTimeline(t *testing.T) {
	b := newBench(t)
	a := pumpDry()
	b.raise(a)
	a.Marks = []duty.Mark{duty.MarkChattering}
	b.alarm(duty.EventMark, duty.Unacknowledged, duty.Unacknowledged, a)
	before := len(b.all.Events)
	for range 1000 {
		b.clear(a)
		b.alarm(duty.EventRaise, duty.Returned, duty.Unacknowledged, a)
	}
	if n := len(b.all.Events) - before; n != 0 {
		t.Errorf("%d events of a chattering alarm, want none", n)
	}
	a.Marks = []duty.Mark{duty.MarkStale}
	b.alarm(duty.EventMark, duty.Unacknowledged, duty.Unacknowledged, a)
	b.clear(a)
	if n := len(b.all.Events) - before; n != 2 {
		t.Errorf("%d events after it had settled, want 2: %s", n, b.timeline("T000001"))
	}
}

// A raise of an alarm that chatters calls nobody again; the others do, and so
// does a re-alarm of it.
func TestChatteringCallsNobodyAgain(t *testing.T) {
	b := newBench(t)
	a := pumpDry()
	called := func() (n int) {
		for _, m := range b.all.Outbox {
			if m.Alarm == a.ID && (m.What == "alarm.raise" || m.What == "alarm.realarm") {
				n++
			}
		}
		return n
	}
	b.raise(a)
	if n := called(); n != 1 {
		t.Fatalf("%d messages of the first raise, want 1", n)
	}
	a.Marks = []duty.Mark{duty.MarkChattering}
	for range 100 {
		b.clear(a)
		b.alarm(duty.EventRaise, duty.Returned, duty.Unacknowledged, a)
	}
	if n := called(); n != 1 {
		t.Errorf("%d messages of a chattering alarm, want the first one only", n)
	}
	b.alarm(duty.EventRealarm, duty.Acknowledged, duty.Unacknowledged, a)
	b.clear(a)
	a.Marks = nil
	b.alarm(duty.EventRaise, duty.Returned, duty.Unacknowledged, a)
	if n := called(); n != 3 {
		t.Errorf("%d messages, want 3: the first raise, the re-alarm, and the raise after it had settled", n)
	}
}

// A ticket's own taking out of service is not told by its timeline, another's is.
func TestOwnOutageIsNotNoted(t *testing.T) {
	b := newBench(t)
	a := pumpDry()
	b.raise(a)
	own, other := a, a
	own.Ticket, other.Ticket = "T000001", "T000009"
	before := len(b.all.Events)
	b.alarm(duty.EventRemove, duty.Unacknowledged, duty.OutOfService, own)
	if n := len(b.all.Events) - before; n != 0 {
		t.Errorf("%d events of its own outage", n)
	}
	b.alarm(duty.EventRemove, duty.Unacknowledged, duty.OutOfService, other)
	if n := len(b.all.Events) - before; n != 1 {
		t.Errorf("%d events of another's outage, want 1", n)
	}
}

// A fault that comes back soon after closing is marked, later it is not.
func TestRecurrence(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{7*24*time.Hour - time.Second, "T000001"}, {7 * 24 * time.Hour, ""}} {
		b := newBench(t)
		a := pumpDry()
		b.raise(a)
		b.clear(a)
		b.act(duty.Action{Do: duty.DoAccept, Ticket: "T000001"})
		b.act(duty.Action{Do: duty.DoDone, Ticket: "T000001"})
		b.act(duty.Action{Do: duty.DoClose, Ticket: "T000001", By: "li", Reason: "seen"})
		b.want("T000001", duty.TicketClosed)
		b.pass(c.after)
		a.ID = "A000002"
		b.raise(a)
		if got := b.ticket("T000002").Recurrence; got != c.want {
			t.Errorf("after %s: recurrence of %q, want %q", c.after, got, c.want)
		}
		if n := len(b.events("T000002", duty.WhatRecurrence)); (n == 1) != (c.want != "") {
			t.Errorf("after %s: %d events of the recurrence", c.after, n)
		}
	}
}

// The alarms of a ticket do not grow without end.
func TestAlarmsOfATicketAreBounded(t *testing.T) {
	b := newBench(t)
	for i := range 3 * maxAlarms {
		a := pumpDry()
		a.ID = fmt.Sprintf("A%06d", i)
		b.raise(a)
		b.clear(a)
	}
	if n := len(b.ticket("T000001").Alarms); n != maxAlarms {
		t.Errorf("%d alarms, want %d", n, maxAlarms)
	}
	if n := len(b.events("T000001", duty.WhatAlarm)); n != 2*3*maxAlarms-1 {
		t.Errorf("the timeline has %d of their events, want all %d", n, 2*3*maxAlarms-1)
	}
}

// What was handed out does not change under whoever has it.
func TestEffectsAreCopies(t *testing.T) {
	b := newBench(t)
	b.raise(pumpDry())
	first := b.last.Tickets[0]
	alarms, clocks := slices.Clone(first.Alarms), slices.Clone(first.Clocks)
	again := pumpDry()
	again.ID = "A000002"
	b.raise(again)
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001"})
	if !slices.Equal(first.Alarms, alarms) || !slices.Equal(first.Clocks, clocks) {
		t.Error("a ticket that was handed out was changed later")
	}
}

// An alarm of something that is no asset of the site, such as a flood, has its ticket too.
func TestTicketOfNoAsset(t *testing.T) {
	b := newBench(t)
	a := pumpDry()
	a.Asset = gateway.AssetID("_site")
	b.raise(a)
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001"})
	if len(b.all.Outages) != 0 {
		t.Errorf("outages %+v of no asset", b.all.Outages)
	}
}
