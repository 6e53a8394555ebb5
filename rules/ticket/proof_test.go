package ticket

import (
	"slices"
	"testing"
	"time"

	"steward/gateway/duty"
)

// proving brings a pump's ticket to where its proof has just begun.
func proving(t *testing.T) (*bench, duty.Alarm) {
	b := newBench(t)
	b.w.watched("pump", "PU-01", "suction_pressure")
	a := pumpDry()
	b.raise(a)
	b.pass(10 * time.Minute)
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001"})
	b.pass(10 * time.Minute)
	b.clear(a)
	b.act(duty.Action{Do: duty.DoDone, Ticket: "T000001", Note: "valve opened"})
	b.want("T000001", duty.TicketProving)
	return b, a
}

func TestProofPasses(t *testing.T) {
	b, _ := proving(t)
	done := b.now
	b.pass(30*time.Minute - time.Nanosecond)
	b.want("T000001", duty.TicketProving)
	b.pass(time.Nanosecond)
	b.want("T000001", duty.TicketClosed)
	if got := b.ticket("T000001"); !got.Closed.Equal(done.Add(30*time.Minute)) || !got.Done.Equal(done) || got.Reopened != 0 {
		t.Errorf("closed %s after done, reopened %d times", got.Closed.Sub(got.Done), got.Reopened)
	}
	if m := b.told("T000001/closed"); m.What != "ticket.closed" || !m.At.Equal(b.now) {
		t.Errorf("message %+v", m)
	}
	if len(b.d.Tickets()) != 0 {
		t.Error("a closed ticket stays on the desk")
	}
	b.refused(duty.Action{Do: duty.DoNote, Ticket: "T000001", Note: "x"}, duty.ErrRefused, "over")
}

// The longest proof of a fault's rules goes before that of the class.
func TestProofOfTheRule(t *testing.T) {
	b := newBench(t)
	b.w.watched("pump", "PU-01", "suction_pressure")
	b.w.change("pump", "PU-01", func(e *Evidence) { e.Proof = 3 * time.Hour })
	a := pumpDry()
	b.raise(a)
	b.clear(a)
	b.act(duty.Action{Do: duty.DoAccept, Ticket: "T000001"})
	b.act(duty.Action{Do: duty.DoDone, Ticket: "T000001"})
	if got := b.ticket("T000001").ProofUntil; !got.Equal(b.now.Add(3 * time.Hour)) {
		t.Errorf("proof until %s after, want 3h", got.Sub(b.now))
	}
}

// Bad data within the window prolong it; while they last it is looked at
// every minute and told of once.
func TestProofNeedsGoodData(t *testing.T) {
	b, _ := proving(t)
	b.pass(20 * time.Minute)
	b.w.change("pump", "PU-01", func(e *Evidence) { e.GoodSince = time.Time{} })
	b.pass(3 * time.Hour)
	b.want("T000001", duty.TicketProving)
	if n := len(b.events("T000001", duty.WhatProof)); n != 2 {
		t.Fatalf("%d events, want the begin and one that it does not pass\n%s", n, b.timeline("T000001"))
	}
	good := b.now.Add(-30 * time.Second)
	b.w.change("pump", "PU-01", func(e *Evidence) { e.GoodSince = good })
	b.pass(time.Minute)
	if got := b.ticket("T000001").ProofUntil; !got.Equal(good.Add(30 * time.Minute)) {
		t.Fatalf("proof until %s, want %s\n%s", got, good.Add(30*time.Minute), b.timeline("T000001"))
	}
	b.pass(good.Add(30 * time.Minute).Sub(b.now))
	b.want("T000001", duty.TicketClosed)
	if got := b.ticket("T000001").Closed; !got.Equal(good.Add(30 * time.Minute)) {
		t.Errorf("closed at %s", got)
	}
}

// Data that were bad and are good again at the end prolong it from then on.
func TestProofBeginsAnewAfterAGap(t *testing.T) {
	b, _ := proving(t)
	good := b.now.Add(25 * time.Minute)
	b.pass(26 * time.Minute)
	b.w.change("pump", "PU-01", func(e *Evidence) { e.GoodSince = good })
	b.pass(5 * time.Minute)
	b.want("T000001", duty.TicketProving)
	b.pass(good.Add(30 * time.Minute).Sub(b.now))
	b.want("T000001", duty.TicketClosed)
}

// The fault comes back within the window: reopened, marked, and answered anew.
func TestProofFails(t *testing.T) {
	b, a := proving(t)
	done := b.now
	due := b.clock("T000001", duty.PromiseRepair).Due
	b.pass(20 * time.Minute)
	a.ID = "A000002"
	b.raise(a)
	b.want("T000001", duty.TicketReopened)
	got := b.ticket("T000001")
	if got.Reopened != 1 || !got.Done.IsZero() || !got.ProofUntil.IsZero() {
		t.Errorf("reopened %d, done %s, proof until %s", got.Reopened, got.Done, got.ProofUntil)
	}
	if c := b.clock("T000001", duty.PromiseRespond); !c.Started.Equal(b.now) || !c.Met.IsZero() || c.Limit != 15*time.Minute {
		t.Errorf("the response's clock is %+v", c)
	}
	if c := b.clock("T000001", duty.PromiseRepair); !c.Met.IsZero() || !c.Due.Equal(due.Add(b.now.Sub(done))) || c.Pauses != 20*time.Minute {
		t.Errorf("the repair's clock is %+v, was due %s", c, due)
	}
	b.told("T000001/reopened")
	b.pass(15 * time.Minute)
	b.told("T000001/breached/respond")
	b.act(duty.Action{Do: duty.DoAccept, Ticket: "T000001"})
	b.clear(a)
	b.act(duty.Action{Do: duty.DoDone, Ticket: "T000001"})
	b.raise(a)
	b.told("T000001/reopened/2")
	if got := b.ticket("T000001").Reopened; got != 2 {
		t.Errorf("reopened %d times, want 2", got)
	}
}

// The time of a proof that failed counts for no clock of the work, whatever
// becomes of its class.
func TestProofTimeDoesNotCount(t *testing.T) {
	b, a := proving(t)
	b.pass(20 * time.Minute)
	b.raise(a)
	b.act(duty.Action{Do: duty.DoClassify, Ticket: "T000001", Class: duty.ClassComplex, Reason: "motor"})
	if c := b.clock("T000001", duty.PromisePlan); c.Pauses != 20*time.Minute || !c.Due.Equal(t0.Add(72*time.Hour+20*time.Minute)) {
		t.Errorf("plan's clock %+v", c)
	}
}

// Done may be said while the condition holds; the ticket then waits for it.
func TestDoneWhileActive(t *testing.T) {
	b := newBench(t)
	b.w.watched("lift", "EL-01", "people")
	a := trapped()
	b.raise(a)
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001"})
	b.alarm(duty.EventRemove, duty.Unacknowledged, duty.OutOfService, a)
	b.pass(time.Minute)
	b.act(duty.Action{Do: duty.DoDone, Ticket: "T000001"})
	b.want("T000001", duty.TicketProving)
	if ev := b.events("T000001", duty.WhatProof); len(ev) != 3 {
		t.Errorf("the timeline does not say begin, still there, and latched:\n%s", b.timeline("T000001"))
	}
	// Back in service and still active: that is not the fault coming back.
	a.Raised, a.Active = t0, true
	b.alarm(duty.EventRestore, duty.OutOfService, duty.Unacknowledged, a)
	b.want("T000001", duty.TicketProving)
	b.refused(duty.Action{Do: duty.DoClose, Ticket: "T000001", By: "li", Reason: "tired"}, duty.ErrRefused, "still there")
	b.pass(5 * time.Hour)
	b.want("T000001", duty.TicketProving)
	before := len(b.events("T000001", duty.WhatProof))
	if before != 4 {
		t.Errorf("%d events of the proof, want one more for not passing\n%s", before, b.timeline("T000001"))
	}
	b.clear(a)
	b.pass(30*time.Minute - time.Second)
	b.want("T000001", duty.TicketProving)
	b.pass(time.Second)
	b.want("T000001", duty.TicketClosed) // latched or not
}

// A condition that came true after done and shows only when its suppression
// ends has come back all the same.
func TestComesBackFromSuppression(t *testing.T) {
	b, a := proving(t)
	b.pass(time.Minute)
	a.Raised, a.Active = b.now, true
	b.alarm(duty.EventRaise, duty.Suppressed, duty.Suppressed, a)
	b.want("T000001", duty.TicketProving)
	b.pass(10 * time.Second)
	b.alarm(duty.EventUnsuppress, duty.Suppressed, duty.Unacknowledged, a)
	b.want("T000001", duty.TicketReopened)
}

// A short return nobody saw, for it was suppressed, prolongs the proof.
func TestClearWithinTheProofProlongsIt(t *testing.T) {
	b, a := proving(t)
	b.pass(10 * time.Minute)
	b.alarm(duty.EventRaise, duty.Suppressed, duty.Suppressed, a)
	b.pass(time.Minute)
	b.alarm(duty.EventClear, duty.Suppressed, duty.Suppressed, a)
	end := b.now.Add(30 * time.Minute)
	b.pass(30*time.Minute - time.Second)
	b.want("T000001", duty.TicketProving)
	b.pass(time.Second)
	b.want("T000001", duty.TicketClosed)
	if got := b.ticket("T000001").Closed; !got.Equal(end) {
		t.Errorf("closed at %s, want %s", got, end)
	}
}

// What no point watches closes by a second person or after the same time.
func TestDoneWithoutEvidence(t *testing.T) {
	b := newBench(t)
	b.act(duty.Action{Do: duty.DoOpen, New: &duty.Report{Title: "door squeaks", Class: duty.ClassComplex, Priority: duty.P4}})
	b.act(duty.Action{Do: duty.DoAccept, Ticket: "T000001"})
	b.act(duty.Action{Do: duty.DoDone, Ticket: "T000001"})
	b.want("T000001", duty.TicketDone)
	b.refused(duty.Action{Do: duty.DoClose, Ticket: "T000001", Reason: "ok"}, duty.ErrRefused, "another person")
	b.refused(duty.Action{Do: duty.DoClose, Ticket: "T000001", By: "li"}, duty.ErrRefused, "say why")
	b.pass(2*time.Hour - time.Second)
	b.want("T000001", duty.TicketDone)
	b.pass(time.Second)
	b.want("T000001", duty.TicketClosed)

	b.act(duty.Action{Do: duty.DoOpen, New: &duty.Report{Title: "door squeaks", Class: duty.ClassSimple, Priority: duty.P4}})
	b.act(duty.Action{Do: duty.DoAccept, Ticket: "T000002"})
	b.act(duty.Action{Do: duty.DoDone, Ticket: "T000002"})
	b.act(duty.Action{Do: duty.DoClose, Ticket: "T000002", By: "li", Reason: "heard nothing"})
	b.want("T000002", duty.TicketClosed)
}

// A rule that is gone while its ticket is proved does not keep it for ever.
func TestProofOfAFaultNobodyWatchesAnyMore(t *testing.T) {
	b, _ := proving(t)
	delete(b.w.evidence, key{"pump", "PU-01"})
	b.pass(30 * time.Minute)
	b.want("T000001", duty.TicketClosed)
}

// In progress takes exactly the fault's points out of service, for as long.
func TestOutages(t *testing.T) {
	b := newBench(t)
	b.w.watched("pump", "PU-01", "running", "suction_pressure")
	b.raise(pumpDry())
	b.act(duty.Action{Do: duty.DoAccept, Ticket: "T000001"})
	if len(b.all.Outages) != 0 {
		t.Fatalf("outages before the work: %+v", b.all.Outages)
	}
	start := b.now
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001"})
	b.pass(20 * time.Hour)
	b.act(duty.Action{Do: duty.DoWait, Ticket: "T000001", Waits: duty.WaitParts})
	b.pass(48 * time.Hour)
	b.act(duty.Action{Do: duty.DoResume, Ticket: "T000001"})
	b.act(duty.Action{Do: duty.DoDone, Ticket: "T000001"})
	resumed := b.now
	want := []time.Time{start.Add(8 * time.Hour), start.Add(15 * time.Hour), start.Add(22 * time.Hour), {}, resumed.Add(8 * time.Hour), {}}
	var got []time.Time
	for _, o := range b.all.Outages {
		got = append(got, o.Until)
		if o.Asset != "pump" || o.Ticket != "T000001" || !slices.Equal(o.Points, []string{"running", "suction_pressure"}) {
			t.Errorf("outage %+v", o)
		}
	}
	if !slices.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("outages until %v, want %v", got, want)
	}
}

// A fault without points takes nothing out of service, least of all everything.
func TestNoOutageWithoutPoints(t *testing.T) {
	b := newBench(t)
	b.raise(pumpDry())
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001"})
	b.act(duty.Action{Do: duty.DoDone, Ticket: "T000001"})
	if len(b.all.Outages) != 0 {
		t.Errorf("outages %+v", b.all.Outages)
	}
}
