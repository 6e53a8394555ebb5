package ticket

import (
	"testing"
	"time"

	"steward/gateway/duty"
)

// The response is warned of with a quarter left, broken when due, and may
// still be met.
func TestRespondClock(t *testing.T) {
	b := newBench(t)
	b.raise(pumpDry()) // P2: 15 min
	b.pass(24 * time.Hour)
	c := b.clock("T000001", duty.PromiseRespond)
	if !c.Warned.Equal(t0.Add(11*time.Minute+15*time.Second)) || !c.Breached.Equal(t0.Add(15*time.Minute)) {
		t.Errorf("warned after %s, broken after %s", c.Warned.Sub(t0), c.Breached.Sub(t0))
	}
	if m := b.told("T000001/warned/respond"); !m.At.Equal(c.Warned) || m.What != "ticket.warned" {
		t.Errorf("message %+v", m)
	}
	if m := b.told("T000001/breached/respond"); !m.At.Equal(c.Breached) || m.Title.EN != "Pump: Pump running dry (response not in time)" || m.Title.ZH == "" {
		t.Errorf("message %+v", m)
	}
	b.told("T000001/breached/repair")
	b.act(duty.Action{Do: duty.DoAccept, Ticket: "T000001"})
	if got := b.clock("T000001", duty.PromiseRespond); !got.Met.Equal(b.now) || got.Breached != c.Breached {
		t.Errorf("met late: %+v", got)
	}
}

// A late look gives what looks in time gave.
func TestLateTickIsAnEarlyOne(t *testing.T) {
	b, c := newBench(t), newBench(t)
	b.raise(pumpDry())
	c.raise(pumpDry())
	b.pass(30 * time.Hour)
	c.now = c.now.Add(30 * time.Hour)
	c.take(c.d.Step(c.now, nil))
	if b.timeline("T000001") != c.timeline("T000001") {
		t.Errorf("stepped in time:\n%s\nonce, late:\n%s", b.timeline("T000001"), c.timeline("T000001"))
	}
	before := c.state()
	c.take(c.d.Step(t0, nil)) // a clock that went back
	if c.state() != before {
		t.Error("an earlier now changed something")
	}
}

// What is due before a transition of the same step happens before it.
func TestTimersBeforeLaterTransitions(t *testing.T) {
	b := newBench(t)
	b.raise(pumpDry())
	a := pumpDry()
	a.State = duty.Acknowledged
	at := t0.Add(20 * time.Minute)
	b.take(b.d.Step(at.Add(time.Hour), []duty.Transition{{Seq: 2, At: at, Event: duty.EventAcknowledge, From: duty.Unacknowledged, To: duty.Acknowledged, By: "li", Alarm: a}}))
	if c := b.clock("T000001", duty.PromiseRespond); !c.Breached.Equal(t0.Add(15*time.Minute)) || !c.Met.Equal(at) {
		t.Errorf("broken after %s and met after %s, want 15m and 20m", c.Breached.Sub(t0), c.Met.Sub(t0))
	}
}

// An entrapment is met by him who is with the person, and does not wait.
func TestEntrapmentClock(t *testing.T) {
	b := newBench(t)
	b.raise(trapped())
	b.act(duty.Action{Do: duty.DoAccept, Ticket: "T000001"})
	b.act(duty.Action{Do: duty.DoWait, Ticket: "T000001", Waits: duty.WaitAccess})
	c := b.clock("T000001", duty.PromiseEntrapment)
	if !c.Met.IsZero() || !c.Paused.IsZero() || !c.Due.Equal(t0.Add(30*time.Minute)) {
		t.Errorf("clock while waiting: %+v", c)
	}
	if c := b.clock("T000001", duty.PromiseRepair); !c.Paused.Equal(t0) {
		t.Errorf("an emergency's repair does not pause: %+v", c)
	}
	b.pass(29 * time.Minute)
	b.told("T000001/warned/entrapment")
	b.act(duty.Action{Do: duty.DoResume, Ticket: "T000001"})
	if c := b.clock("T000001", duty.PromiseEntrapment); !c.Met.Equal(b.now) {
		t.Errorf("not met by being there: %+v", c)
	}
	b.pass(48 * time.Hour)
	if c := b.clock("T000001", duty.PromiseEntrapment); !c.Breached.IsZero() {
		t.Errorf("broken after it was met: %+v", c)
	}
}

// Waiting for a reason that counts pauses the work; for another it does not.
func TestPauses(t *testing.T) {
	for reason, pause := range map[duty.WaitReason]time.Duration{duty.WaitParts: 40 * time.Hour, duty.WaitContractor: 0} {
		b := newBench(t)
		b.raise(pumpDry())
		b.pass(time.Minute)
		b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001"})
		b.pass(time.Hour)
		b.act(duty.Action{Do: duty.DoWait, Ticket: "T000001", Waits: reason, Note: "bearing"})
		if got := b.ticket("T000001").Waits; got != reason {
			t.Errorf("waits for %q", got)
		}
		b.pass(40 * time.Hour)
		b.act(duty.Action{Do: duty.DoResume, Ticket: "T000001"})
		c := b.clock("T000001", duty.PromiseRepair)
		if c.Pauses != pause || !c.Due.Equal(t0.Add(24*time.Hour+pause)) || c.Breached.IsZero() != (pause > 0) {
			t.Errorf("%s: %+v, want a pause of %s", reason, c, pause)
		}
		if got := b.ticket("T000001").Waits; got != "" {
			t.Errorf("still waits for %q", got)
		}
	}
}

// Another class is another clock, from the opening on, with the same pauses.
func TestClassify(t *testing.T) {
	b := newBench(t)
	b.raise(pumpDry())
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001"})
	b.act(duty.Action{Do: duty.DoWait, Ticket: "T000001", Waits: duty.WaitParts})
	b.pass(10 * time.Hour)
	b.refused(duty.Action{Do: duty.DoPlan, Ticket: "T000001", Note: "p", Until: b.now.Add(time.Hour)}, duty.ErrRefused, "not complex")
	b.act(duty.Action{Do: duty.DoClassify, Ticket: "T000001", Class: duty.ClassComplex, Reason: "motor burnt"})
	b.pass(10 * time.Hour)
	b.act(duty.Action{Do: duty.DoResume, Ticket: "T000001"})
	if c := b.clock("T000001", duty.PromisePlan); !c.Due.Equal(t0.Add(92*time.Hour)) || c.Pauses != 20*time.Hour {
		t.Errorf("plan's clock %+v", c)
	}
	for _, c := range b.ticket("T000001").Clocks {
		if c.Promise == duty.PromiseRepair {
			t.Errorf("a complex ticket keeps the repair's clock %+v", c)
		}
	}
	b.refused(duty.Action{Do: duty.DoPlan, Ticket: "T000001", Note: "p", Until: b.now}, duty.ErrRefused, "after now")
	b.act(duty.Action{Do: duty.DoPlan, Ticket: "T000001", Note: "crane on Friday", Until: b.now.Add(72 * time.Hour)})
	if got := b.ticket("T000001"); !got.Planned.Equal(b.now) || !got.PlanFor.Equal(b.now.Add(72*time.Hour)) {
		t.Errorf("planned %s for %s", got.Planned, got.PlanFor)
	}
	if c := b.clock("T000001", duty.PromisePlan); !c.Met.Equal(b.now) {
		t.Errorf("plan's clock %+v is not met", c)
	}
	b.pass(30 * time.Hour)
	b.act(duty.Action{Do: duty.DoClassify, Ticket: "T000001", Class: duty.ClassSimple, Reason: "only the fuse"})
	c := b.clock("T000001", duty.PromiseRepair)
	if !c.Due.Equal(t0.Add(44*time.Hour)) || c.Breached.IsZero() {
		t.Errorf("repair's clock %+v, want due 44h after the opening and so broken", c)
	}
	b.refused(duty.Action{Do: duty.DoClassify, Ticket: "T000001", Class: duty.ClassSimple, Reason: "x"}, duty.ErrRefused, "already")
	b.refused(duty.Action{Do: duty.DoClassify, Ticket: "T000001", Class: duty.ClassEmergency, Reason: "x"}, duty.ErrRefused, "cannot become")

	b = newBench(t)
	b.raise(trapped())
	b.refused(duty.Action{Do: duty.DoClassify, Ticket: "T000001", Class: duty.ClassSimple, Reason: "x"}, duty.ErrRefused, "only simple and complex")
}

// Promises nobody made have no clocks.
func TestNoPromises(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Service.Respond, o.Service.Repair, o.Service.Entrapment = nil, 0, 0 })
	b.raise(trapped())
	if got := b.ticket("T000001").Clocks; len(got) != 0 {
		t.Errorf("clocks %+v", got)
	}
	if _, due := b.d.Due(); due {
		t.Error("something is due")
	}
}

// A ticket of a lift that stands becomes that of the entrapment when it is
// known that somebody is in the car: its name, its urgency and its promise.
func TestTicketBecomesEntrapment(t *testing.T) {
	stands := duty.Alarm{ID: "A000008", AlarmKey: duty.AlarmKey{Asset: "lift", Rule: "EL-02"}, Fault: "EL-01", Title: text("Car stopped"),
		Priority: duty.P2, Class: duty.ClassSimple}
	entrapments := func(b *bench) (n int) {
		for _, c := range b.ticket("T000001").Clocks {
			if c.Promise == duty.PromiseEntrapment {
				n++
			}
		}
		return n
	}
	b := newBench(t)
	b.w.watched("lift", "EL-01", "people")
	b.raise(stands)
	if n := entrapments(b); n != 0 || b.ticket("T000001").Title != text("Car stopped") {
		t.Fatalf("an empty car: %d entrapments, %+v", n, b.ticket("T000001"))
	}
	b.pass(2 * time.Minute)
	b.raise(trapped())
	b.raise(duty.Alarm{ID: "A000009", AlarmKey: duty.AlarmKey{Asset: "lift", Rule: "EL-01.button"}, Fault: "EL-01", Title: text("Button"),
		Priority: duty.P1, Class: duty.ClassEmergency})
	k := b.ticket("T000001")
	if n := entrapments(b); n != 1 || k.Title != text("Entrapment") || k.Priority != duty.P1 || k.Class != duty.ClassEmergency || len(k.Alarms) != 3 {
		t.Fatalf("%d entrapments, %+v", n, k)
	}
	if c := b.clock("T000001", duty.PromiseEntrapment); !c.Started.Equal(b.now) {
		t.Errorf("the promise began at %s, want %s", c.Started, b.now)
	}
	if len(b.d.Tickets()) != 1 {
		t.Errorf("%d tickets", len(b.d.Tickets()))
	}

	// Reopened because the lift stands again, it is no entrapment; then it is.
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001"})
	b.act(duty.Action{Do: duty.DoDone, Ticket: "T000001"})
	b.pass(time.Minute)
	b.raise(stands)
	b.want("T000001", duty.TicketReopened)
	if n := entrapments(b); n != 1 {
		t.Errorf("the lift stands again: %d entrapments", n)
	}
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001"})
	b.pass(time.Minute)
	b.raise(trapped())
	if c := b.clock("T000001", duty.PromiseEntrapment); entrapments(b) != 2 || !c.Met.Equal(b.now) {
		t.Errorf("somebody is at the lift already: %d entrapments, the last %+v", entrapments(b), c)
	}
}
