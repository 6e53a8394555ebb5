package alarm

import (
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

func TestCauseComesSecondsLater(t *testing.T) {
	table := New(Options{Site: chain("main", "board", "pump")})
	table.Raise(after(0), folds("pump"), nil)
	expect(t, table, "0s A000001 pump/PU-09 raise: normal→suppressed; waiting for a cause upstream")
	table.Raise(after(3*time.Second), cause("main"), nil)
	expect(t, table,
		"3s A000002 main/PW-05 raise: normal→unacknowledged",
		"3s A000001 pump/PU-09 suppress: suppressed→suppressed into A000002; a consequence of A000002 (main Phase lost)")
	table.Raise(after(4*time.Second), folds("board"), nil)
	expect(t, table, "4s A000003 board/PU-09 raise: normal→suppressed into A000002; a consequence of A000002 (main Phase lost)")
	act(t, table, after(60*time.Second), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000002"})
	table.Clear(after(90*time.Second), on("board", "PU-09"))
	table.Clear(after(100*time.Second), on("main", "PW-05"))
	expect(t, table,
		"1m0s A000002 main/PW-05 acknowledge: unacknowledged→acknowledged by li",
		"1m30s A000003 board/PU-09 clear: suppressed→suppressed into A000002",
		"1m40s A000002 main/PW-05 clear: acknowledged→normal",
		"1m40s A000003 board/PU-09 unsuppress: suppressed→normal; A000002 is over",
		"1m40s A000001 pump/PU-09 suppress: suppressed→suppressed; A000002 is over: waiting for what it feeds to recover")
	// What rises while the plant recovers waits for the end of that, too.
	table.Raise(after(105*time.Second), folds("board"), nil)
	table.Clear(after(120*time.Second), on("board", "PU-09"))
	table.Tick(after(200 * time.Second))
	expect(t, table,
		"1m45s A000004 board/PU-09 raise: normal→suppressed; waiting for a cause upstream",
		"2m0s A000004 board/PU-09 clear: suppressed→suppressed",
		"2m10s A000004 board/PU-09 unsuppress: suppressed→normal; no cause upstream",
		"2m10s A000001 pump/PU-09 unsuppress: suppressed→unacknowledged; no cause upstream")
}

func TestWithoutCauseItIsAnnunciated(t *testing.T) {
	table := New(Options{Site: chain("main", "board", "pump")})
	table.Raise(after(0), folds("pump"), nil)
	table.Raise(after(0), folds("main"), nil) // nothing feeds it: no cause can come
	table.Tick(after(time.Hour))
	expect(t, table,
		"0s A000001 pump/PU-09 raise: normal→suppressed; waiting for a cause upstream",
		"0s A000002 main/PU-09 raise: normal→unacknowledged",
		"10s A000001 pump/PU-09 unsuppress: suppressed→unacknowledged; no cause upstream")
	// Returned and raised again, it waits again.
	table.Clear(after(2*time.Hour), on("pump", "PU-09"))
	table.Raise(after(3*time.Hour), folds("pump"), nil)
	table.Raise(after(3*time.Hour+time.Second), cause("board"), nil)
	expect(t, table,
		"2h0m0s A000001 pump/PU-09 clear: unacknowledged→returned",
		"3h0m0s A000001 pump/PU-09 raise: returned→suppressed; waiting for a cause upstream",
		"3h0m1s A000003 board/PW-05 raise: normal→unacknowledged",
		"3h0m1s A000001 pump/PU-09 suppress: suppressed→suppressed into A000003; a consequence of A000003 (board Phase lost)")
}

func TestWaitingCauseIsWaitedFor(t *testing.T) {
	table := New(Options{Site: chain("main", "board", "pump")})
	both := cause("board")
	both.Folds = true
	table.Raise(after(0), folds("pump"), nil)
	table.Raise(after(4*time.Second), both, nil)
	table.Tick(after(time.Minute))
	expect(t, table,
		"0s A000001 pump/PU-09 raise: normal→suppressed; waiting for a cause upstream",
		"4s A000002 board/PW-05 raise: normal→suppressed; waiting for a cause upstream",
		"14s A000002 board/PW-05 unsuppress: suppressed→unacknowledged; no cause upstream",
		"14s A000001 pump/PU-09 suppress: suppressed→suppressed into A000002; a consequence of A000002 (board Phase lost)")
	// A cause further up takes the board's own alarm and all below it.
	table.Raise(after(2*time.Minute), cause("main"), nil)
	expect(t, table,
		"2m0s A000003 main/PW-05 raise: normal→unacknowledged",
		"2m0s A000002 board/PW-05 suppress: unacknowledged→suppressed into A000003; a consequence of A000003 (main Phase lost)",
		"2m0s A000001 pump/PU-09 suppress: suppressed→suppressed into A000003; a consequence of A000003 (main Phase lost)")
}

func TestNearestOfTwoCauses(t *testing.T) {
	table := New(Options{Site: chain("main", "board", "pump")})
	table.Raise(after(0), cause("main"), nil)
	table.Raise(after(0), cause("board"), nil)
	table.Raise(after(0), folds("pump"), nil)
	if a, _ := table.ByKey(on("pump", "PU-09")); a.Cause != "A000002" {
		t.Fatalf("folded into %q, want the nearest", a.Cause)
	}
	table.Take()
	act(t, table, after(time.Minute), duty.Action{Do: duty.DoShelve, Alarm: "A000002", Reason: "test", Until: after(time.Hour)})
	expect(t, table,
		"1m0s A000002 board/PW-05 shelve: unacknowledged→shelved by li; test",
		"1m0s A000003 pump/PU-09 suppress: suppressed→suppressed into A000001; a consequence of A000001 (main Phase lost)")
}

func TestRing(t *testing.T) {
	site := chain("a", "b", "c")
	site.Assets[0].FedBy = []gateway.AssetID{"c", "a", "nowhere"}
	table := New(Options{Site: site})
	both := func(asset gateway.AssetID) Spec {
		s := cause(asset)
		s.Folds = true
		return s
	}
	for i, id := range []gateway.AssetID{"c", "b", "a"} {
		table.Raise(after(time.Duration(i)*time.Second), both(id), nil)
	}
	table.Tick(after(time.Minute))
	open := 0
	for _, a := range table.Alarms() {
		if a.Annunciated() {
			open++
		}
	}
	if open != 1 {
		t.Fatalf("%d of three that feed each other ask for an eye, want 1:\n%s", open, told(table))
	}
}

func TestSuppressionsOverlap(t *testing.T) {
	table := New(Options{Site: chain("main", "pump")})
	s := folds("pump")
	s.SuppressBy = []string{"PU-02", "PU-03"}
	table.Suppress(after(0), s, true, "maintenance mode")
	expect(t, table)
	table.Raise(after(time.Second), specOf(on("pump", "PU-02")), nil)
	table.Raise(after(time.Second), cause("main"), nil)
	table.Raise(after(2*time.Second), s, nil)
	told(table)
	a, _ := table.ByKey(s.Key)
	if a.State != duty.Suppressed || a.Reason != "maintenance mode" || a.Cause == "" || a.Activations != 1 {
		t.Fatalf("%+v", a)
	}
	act(t, table, after(3*time.Second), duty.Action{Do: duty.DoShelve, Alarm: a.ID, Reason: "noise", Until: after(time.Minute)})
	table.Suppress(after(4*time.Second), s, false, "maintenance over")
	table.Clear(after(5*time.Second), on("pump", "PU-02"))
	table.Clear(after(6*time.Second), on("main", "PW-05"))
	table.Tick(after(time.Hour))
	expect(t, table,
		"3s A000003 pump/PU-09 shelve: suppressed→shelved by li; noise",
		"4s A000003 pump/PU-09 unsuppress: shelved→shelved; maintenance over",
		"5s A000001 pump/PU-02 clear: unacknowledged→returned",
		"5s A000003 pump/PU-09 unsuppress: shelved→shelved; PU-02 is over",
		"6s A000002 main/PW-05 clear: unacknowledged→returned",
		"6s A000003 pump/PU-09 suppress: shelved→shelved; A000002 is over: waiting for what it feeds to recover",
		"36s A000003 pump/PU-09 unsuppress: shelved→shelved; no cause upstream",
		"1m0s A000003 pump/PU-09 unshelve: shelved→unacknowledged; its time on the shelf is up")
}

func TestRulesThatSuppressEachOther(t *testing.T) {
	table := New(Options{Site: chain("pump")})
	spec := func(rule string, by ...string) Spec {
		s := specOf(on("pump", rule))
		s.SuppressBy = by
		return s
	}
	a, b, c := spec("A", "C", "A"), spec("B", "A"), spec("C", "B")
	for i, s := range []Spec{a, b, c} {
		table.Raise(after(time.Duration(i)*time.Second), s, nil)
	}
	table.Clear(after(3*time.Second), a.Key)
	table.Raise(after(4*time.Second), a, nil)
	table.Clear(after(5*time.Second), b.Key)
	expect(t, table,
		"0s A000001 pump/A raise: normal→unacknowledged",
		"1s A000002 pump/B raise: normal→suppressed; suppressed by A (Pump running dry)",
		"2s A000003 pump/C raise: normal→suppressed; suppressed by B (Pump running dry)",
		"3s A000001 pump/A clear: unacknowledged→returned",
		"3s A000002 pump/B unsuppress: suppressed→unacknowledged; A is over",
		"3s A000001 pump/A suppress: returned→suppressed; suppressed by C (Pump running dry)",
		"4s A000001 pump/A raise: suppressed→suppressed; suppressed by C (Pump running dry)",
		"5s A000002 pump/B clear: unacknowledged→returned",
		"5s A000003 pump/C unsuppress: suppressed→unacknowledged; B is over",
		"5s A000002 pump/B suppress: returned→suppressed; suppressed by A (Pump running dry)")
}

func TestChineseReasons(t *testing.T) {
	site := chain("main", "pump")
	site.Language = "zh"
	table := New(Options{Site: site})
	table.Raise(after(0), cause("main"), nil)
	table.Raise(after(0), folds("pump"), nil)
	if a, _ := table.ByKey(on("pump", "PU-09")); a.Reason != "由 A000001（main 缺相）引起" {
		t.Fatal(a.Reason)
	}
}

// What is faulty no more when its cause is over, and only waits for its own
// delay, is not told to anybody; what was not faulty no more is.
func TestRecoveryOutlastsADelay(t *testing.T) {
	due := map[gateway.AssetID]time.Time{"board": after(180 * time.Second), "pump": after(200 * time.Second)}
	table := New(Options{Site: chain("main", "board", "pump", "fan"), Clearing: func(k duty.AlarmKey) (time.Time, bool) {
		at, ok := due[k.Asset]
		return at, ok
	}})
	table.Raise(after(0), cause("main"), nil)
	for _, a := range []gateway.AssetID{"board", "pump", "fan"} {
		table.Raise(after(time.Second), folds(a), nil)
	}
	table.Clear(after(150*time.Second), on("main", "PW-05")) // so board's delay ends with the wait
	table.Tick(after(180 * time.Second))
	table.Clear(after(180*time.Second), on("board", "PU-09"))
	delete(due, "pump") // faulty again: its delay runs no more
	told(table)
	table.Tick(after(time.Hour))
	expect(t, table,
		"3m0.000000001s A000002 board/PU-09 unsuppress: suppressed→normal; no cause upstream",
		"3m20.000000001s A000003 pump/PU-09 unsuppress: suppressed→unacknowledged; no cause upstream")
	if a, ok := table.ByKey(on("fan", "PU-09")); !ok || a.State != duty.Unacknowledged {
		t.Errorf("the fan, faulty all along, is %v", a.State)
	}
	// A rise that waits for a cause is told even when it clears meanwhile.
	due["pump"] = after(3 * time.Hour)
	other := New(Options{Site: chain("main", "pump"), Clearing: func(duty.AlarmKey) (time.Time, bool) { return due["pump"], true }})
	other.Raise(after(time.Hour), folds("pump"), nil)
	other.Tick(after(time.Hour + time.Minute))
	if a, _ := other.ByKey(on("pump", "PU-09")); a.State != duty.Unacknowledged {
		t.Errorf("a rise is %s", a.State)
	}
}
