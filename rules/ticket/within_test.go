package ticket

import (
	"testing"
	"time"

	"steward/gateway/duty"
	"steward/rules/book"
)

func quarterOver() []book.Plan {
	small := halfMonth()
	small.Within = []string{"lift-quarter"}
	return []book.Plan{small, {ID: "lift-quarter", Title: text("Quarterly service"), Kind: "elevator", Months: 3, Warn: 3 * day,
		Fact: "serviced_quarter", Trade: "lift_contractor", Within: []string{"lift-year"}},
		{ID: "lift-year", Title: text("Yearly service"), Kind: "elevator", Months: 12, Warn: 3 * day, Fact: "serviced_year", Trade: "lift_contractor"}}
}

// served sets when a service was last done.
func (b *bench) served(fact string, at time.Time) {
	b.w.set(duty.Fact{Name: fact, Asset: "lift", Number: float64(at.Unix())})
}

// A larger service that was done, by ticket or by word, counts for all that
// it contains.
func TestLargerServiceCounts(t *testing.T) {
	b := newBench(t, withPlans(quarterOver()...))
	b.pass(10 * day)
	b.served("serviced_year", b.now)
	b.pass(12*day - time.Second)
	if n := len(b.all.Tickets); n != 0 {
		t.Fatalf("%d tickets, though the year's service was done", n)
	}
	b.pass(time.Second)
	if k := b.ticket("T000001"); k.Fault != "plan/lift-half-month" || !k.PlanFor.Equal(t0.Add(25*day)) {
		t.Errorf("ticket %+v", k)
	}
}

// Two services that are due within the larger one's warning are one visit, at
// the earlier date; closed, it counts for both.
func TestOneVisit(t *testing.T) {
	b := newBench(t, withPlans(quarterOver()...))
	due := t0.Add(14 * day)
	b.served("serviced_half_month", due.Add(-15*day))
	b.served("serviced_quarter", due.Add(day).AddDate(0, -3, 0))
	b.pass(14*day - time.Hour)
	all := b.d.Tickets()
	if len(all) != 1 || all[0].Fault != "plan/lift-quarter" || !all[0].PlanFor.Equal(due) || !all[0].Opened.Equal(due.Add(-3*day)) {
		t.Fatalf("tickets %+v", all)
	}
	if c := b.clock(all[0].ID, duty.PromiseDue); !c.Due.Equal(due) {
		t.Errorf("clock %+v", c)
	}
	done := b.now.Add(time.Hour)
	b.finish(all[0].ID)
	said := map[string]float64{}
	for _, f := range b.all.Facts {
		said[f.Name] = f.Number
	}
	if want := float64(done.Unix()); said["serviced_quarter"] != want || said["serviced_half_month"] != want || len(said) != 2 {
		t.Errorf("facts %v, want both at %v", said, want)
	}
	b.pass(done.Add(12 * day).Sub(b.now))
	if all := b.d.Tickets(); len(all) != 1 || all[0].Fault != "plan/lift-half-month" || !all[0].PlanFor.Equal(done.Add(15*day)) {
		t.Errorf("next %+v", all)
	}
}

// A ticket that nobody has answered goes into that of a larger service; one
// that is being worked at is closed with it.
func TestSmallerServiceWithLarger(t *testing.T) {
	for _, answered := range []bool{false, true} {
		b := newBench(t, withPlans(quarterOver()...))
		b.served("serviced_half_month", t0.Add(-4*day)) // due on day 11, before the year's is in sight
		b.served("serviced_quarter", t0.Add(-4*day))
		b.served("serviced_year", t0.Add(20*day).AddDate(0, -12, 0)) // opens on day 17
		b.pass(10 * day)
		b.want("T000001", duty.TicketOpen)
		if answered {
			b.act(duty.Action{Do: duty.DoAccept, Ticket: "T000001"})
		}
		b.pass(8 * day)
		if k := b.ticket("T000002"); k.Fault != "plan/lift-year" || !k.PlanFor.Equal(t0.Add(20*day)) {
			t.Fatalf("ticket %+v", k)
		}
		if !answered {
			b.want("T000001", duty.TicketCancelled)
			if n := len(b.d.Tickets()); n != 1 {
				t.Errorf("%d tickets for one visit", n)
			}
			b.act(duty.Action{Do: duty.DoCancel, Ticket: "T000002", Reason: "no"})
			b.pass(time.Hour) // without it the smaller one is asked for again
			if all := b.d.Tickets(); len(all) != 1 || all[0].Fault != "plan/lift-half-month" {
				t.Errorf("tickets %+v", all)
			}
			continue
		}
		b.want("T000001", duty.TicketAccepted)
		b.finish("T000002")
		b.want("T000001", duty.TicketClosed)
		if k, with := b.ticket("T000001"), b.ticket("T000002"); !k.Done.Equal(with.Done) || k.Closed.IsZero() {
			t.Errorf("closed %+v with %+v", k, with)
		}
	}
}
