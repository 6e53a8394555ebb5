package ticket

import (
	"testing"
	"time"

	"steward/gateway/duty"
)

// Promises and proofs that began while the clock was ahead are due so long
// from where it went back to; a pause takes no time from them.
func TestRewind(t *testing.T) {
	b, _ := proving(t)
	b.raise(trapped())
	b.pass(time.Minute)
	b.act(duty.Action{Do: duty.DoAccept, Ticket: "T000002"})
	b.act(duty.Action{Do: duty.DoWait, Ticket: "T000002", Waits: duty.WaitParts})
	limit := b.clock("T000002", duty.PromiseRepair)
	to := b.now.Add(-8 * time.Hour)
	b.d.Rewind(to)
	b.now = to
	b.w.change("pump", "PU-01", func(e *Evidence) { e.GoodSince = to })
	if got, _ := b.d.Ticket("T000001"); !got.Done.Equal(to) || !got.ProofUntil.Equal(to.Add(30*time.Minute)) {
		t.Errorf("done %s, proved until %s after", got.Done.Sub(to), got.ProofUntil.Sub(to))
	}
	b.pass(29 * time.Minute)
	if got, ok := b.d.Ticket("T000001"); !ok || got.State != duty.TicketProving {
		t.Errorf("before the proof is over it is %s", got.State)
	}
	b.pass(time.Minute)
	if _, ok := b.d.Ticket("T000001"); ok {
		t.Error("the proof is not over")
	}
	b.act(duty.Action{Do: duty.DoResume, Ticket: "T000002"})
	c := b.clock("T000002", duty.PromiseRepair)
	if c.Pauses != 30*time.Minute || !c.Started.Equal(to) || c.Due.Sub(to) > limit.Limit+30*time.Minute || c.Due.Sub(to) < limit.Limit {
		t.Errorf("clock %+v, %s after", c, c.Due.Sub(to))
	}
	// Saved and restored before any step, it goes back as well.
	next := New(testOptions(b.w))
	b.d.Save(func(key string, body []byte) {
		if body != nil {
			if err := next.Restore(key, body); err != nil {
				t.Error(err)
			}
		}
	})
	next.Rewind(to)
	if got, ok := next.Ticket("T000002"); !ok || got.Opened.After(to) || got.Changed.After(to) {
		t.Errorf("opened %s, changed %s after", got.Opened.Sub(to), got.Changed.Sub(to))
	}
}
