package live

import (
	"testing"
	"testing/synctest"
	"time"

	"steward/gateway"
)

// TestFocus: who looks at one asset gets its values, and of the others their
// states; when the look goes elsewhere nothing old stays.
func TestFocus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := run(t, plant(3))
		say := func(asset string, v ...gateway.Value) {
			h.Apply(1, reading(asset, time.Now(), v...))
			pass(200 * time.Millisecond)
		}
		say("a0", gateway.Good("f", 1), gateway.Good("b", 0), gateway.Good("m", 1), gateway.Good("i", 1))
		say("a1", gateway.Good("f", 1))
		w := &watcher{t: t, sub: h.Subscribe()}
		w.sub.Focus([]gateway.AssetID{"a1", "gone"})
		w.drain()
		w.want("a0.f", "1 good") // the snapshot is whole
		say("a0", gateway.Good("f", 2))
		say("a0", gateway.Good("m", 3), gateway.Good("i", 7))
		if n := w.drain(); n != 0 {
			t.Errorf("%d changes came of measurements that nobody looks at", n)
		}
		say("a0", gateway.Good("f", 5), gateway.Good("b", 1))
		say("a1", gateway.Good("f", 9))
		say("a2", gateway.NotGood("f", gateway.QualityLost, "no answer"))
		w.drain()
		w.want("a0.f", "1 good") // as it was
		w.want("a0.b", "1 good")
		w.want("a1.f", "9 good")
		w.want("a2.f", "<nil> lost no answer")

		id := w.sub.ID(w.position)
		w.sub.Close()
		w.sub, w.position = h.Subscribe(), 0 // the look goes to a0, without anything new
		w.sub.Focus([]gateway.AssetID{"a0"})
		if !w.sub.Resume(id) {
			t.Fatalf("another focus cannot go on behind %s", id)
		}
		if ev, _ := w.step(); ev.Kind != Change {
			t.Fatalf("it goes on with a %s, want a change", ev.Kind)
		}
		w.want("a0.f", "5 good")
		w.want("a0.m", "3 good")
		w.want("a0.i", "7 good")
		if n := w.drain(); n != 0 {
			t.Errorf("%d more changes came, want none", n)
		}

		id = w.sub.ID(w.position)
		w.sub.Close()
		say("a1", gateway.Good("f", 10))
		w.sub, w.position = h.Subscribe(), 0 // and then to all
		defer w.sub.Close()
		if !w.sub.Resume(id) {
			t.Fatalf("without a focus it cannot go on behind %s", id)
		}
		if ev, _ := w.step(); ev.Kind != Snapshot {
			t.Fatalf("it goes on with a %s, want a snapshot", ev.Kind)
		}
		w.want("a1.f", "10 good")
		if got := h.Stats().Subscribers; got != 1 {
			t.Errorf("%d subscribers, want 1", got)
		}
		if whole := h.whole.Load(); whole != 1 {
			t.Errorf("%d of them watch the whole site, want 1", whole)
		}
	})
}
