package ticket

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway/duty"
)

func saved(d *Desk) map[string]string {
	out := map[string]string{}
	d.Save(func(k string, body []byte) { out[k] = string(body) })
	return out
}

// Only what changed is saved, and what is over is deleted.
func TestSaveIsIncremental(t *testing.T) {
	b := newBench(t)
	b.raise(pumpDry())
	b.raise(trapped())
	if got := slices.Sorted(maps.Keys(saved(b.d))); fmt.Sprint(got) != "[desk ticket/T000001 ticket/T000002]" {
		t.Errorf("saved %v", got)
	}
	b.pass(time.Minute)
	if got := saved(b.d); len(got) != 0 {
		t.Errorf("nothing happened, saved %v", got)
	}
	b.act(duty.Action{Do: duty.DoAccept, Ticket: "T000001"})
	b.act(duty.Action{Do: duty.DoDone, Ticket: "T000001"})
	b.act(duty.Action{Do: duty.DoClose, Ticket: "T000001", By: "li", Reason: "seen"})
	got := saved(b.d)
	if body, ok := got["ticket/T000001"]; !ok || body != "" {
		t.Errorf("a closed ticket is saved as %q, %t; want it deleted", body, ok)
	}
	if body := got["gone/pump/PU-01"]; !strings.Contains(body, "T000001") {
		t.Errorf("the closed fault is saved as %q", body)
	}
	b.pass(8 * 24 * time.Hour)
	if body, ok := saved(b.d)["gone/pump/PU-01"]; !ok || body != "" {
		t.Errorf("a fault closed long ago is saved as %q, %t; want it deleted", body, ok)
	}
}

// What changes without a line in the timeline is saved as well.
func TestQuietChangesAreSaved(t *testing.T) {
	b := newBench(t)
	a := pumpDry()
	a.Latch, a.Marks = true, []duty.Mark{duty.MarkChattering}
	b.raise(a)
	saved(b.d)
	b.alarm(duty.EventClear, duty.Acknowledged, duty.Normal, a)
	if got := saved(b.d)["ticket/T000001"]; got == "" || strings.Contains(got, "latches") {
		t.Errorf("saved %q, want it without latches", got)
	}
}

func TestRestoreRefuses(t *testing.T) {
	d := New(testOptions(newWorld()))
	for key, body := range map[string]string{
		"nothing/1":      `{}`,
		"desk":           `[`,
		"ticket/T000001": `{"ticket":{"id":"T000001","state":"closed"}}`,
		"ticket/T000002": `{"ticket":{"id":""}}`,
		"ticket/T000003": `nonsense`,
		"turn/x/y":       `7`,
		"gone/x/y":       `"z"`,
	} {
		if err := d.Restore(key, []byte(body)); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("restore %s of %s: error %v, want one that names it", key, body, err)
		}
	}
	if err := d.Restore("turn/old-plan/old-asset", []byte(`{"plan":"old-plan","asset":"old-asset"}`)); err != nil {
		t.Errorf("a plan that is no more: %v", err)
	}
	d.Step(t0, nil)
	if err := d.Restore("desk", []byte(`{"last":1}`)); err == nil {
		t.Error("restored while at work")
	}
}

// Plans begin at once, and once: Due asks for the first step.
func TestDueBeforeTheFirstStep(t *testing.T) {
	o := testOptions(newWorld())
	if _, ok := New(o).Due(); ok {
		t.Error("a desk without plans is due")
	}
	o.Plans = append(o.Plans, halfMonth())
	d := New(o)
	if _, ok := d.Due(); !ok {
		t.Error("a desk with plans is not due")
	}
	d.Step(t0, nil)
	if at, ok := d.Due(); !ok || !at.Equal(t0.Truncate(time.Hour).Add(time.Hour)) {
		t.Errorf("due at %s, want the next hour", at)
	}
}

// full is a desk with n open tickets.
func full(n int) *Desk {
	w := newWorld()
	d := New(testOptions(w))
	d.Step(t0, nil)
	for i := range n {
		a := pumpDry()
		a.ID, a.Fault, a.State = fmt.Sprintf("A%06d", i), fmt.Sprintf("F-%d", i), duty.Unacknowledged
		d.Step(t0, []duty.Transition{{Seq: uint64(i), At: t0, Event: duty.EventRaise, From: duty.Normal, To: duty.Unacknowledged, Alarm: a}})
	}
	d.Save(func(string, []byte) {})
	return d
}

// A step in which nothing is due costs the same however many tickets are open.
func BenchmarkStepNothingDue10000(b *testing.B) {
	d := full(10_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		d.Step(t0.Add(time.Duration(i)), nil)
	}
}

// One ticket's whole life among 10,000 others, saved.
func BenchmarkLifeAmong10000(b *testing.B) {
	d := full(10_000)
	b.ReportAllocs()
	now := t0
	for i := 0; b.Loop(); i++ {
		a := pumpDry()
		a.ID, a.State = fmt.Sprintf("B%06d", i), duty.Unacknowledged
		now = now.Add(time.Microsecond)
		e := d.Step(now, []duty.Transition{{Seq: uint64(i), At: now, Event: duty.EventRaise, From: duty.Normal, To: duty.Unacknowledged, Alarm: a}})
		id := e.Tickets[0].ID
		for _, act := range []duty.Action{{Do: duty.DoStart}, {Do: duty.DoDone}, {Do: duty.DoClose, By: "li", Reason: "r"}} {
			act.Ticket = id
			if act.By == "" {
				act.By = "wang"
			}
			if _, err := d.Act(now, act); err != nil {
				b.Fatal(err)
			}
		}
		d.Save(func(string, []byte) {})
	}
}

// TestNothingDueAllocatesNothing holds the benchmark's promise.
func TestNothingDueAllocatesNothing(t *testing.T) {
	d := full(100)
	if n := testing.AllocsPerRun(100, func() { d.Step(t0, nil) }); n != 0 {
		t.Errorf("%v allocations a step", n)
	}
}

// Whatever the saved state looks like, restoring it does not break the desk.
func FuzzRestore(f *testing.F) {
	b := newBench(&testing.T{}, withPlans(halfMonth(), hours()))
	b.w.watched("pump", "PU-01", "p")
	b.raise(pumpDry())
	b.act(duty.Action{Do: duty.DoStart, Ticket: "T000001"})
	b.pass(13 * day)
	for k, body := range saved(b.d) {
		f.Add(k, []byte(body))
	}
	f.Fuzz(func(t *testing.T, k string, body []byte) {
		w := newWorld()
		o := testOptions(w)
		halfMonth, hours := halfMonth(), hours()
		o.Plans = append(o.Plans, halfMonth, hours)
		d := New(o)
		if d.Restore(k, body) != nil {
			return
		}
		d.Step(t0, nil)
		d.Step(t0.Add(24*time.Hour), nil)
		d.Save(func(string, []byte) {})
	})
}
