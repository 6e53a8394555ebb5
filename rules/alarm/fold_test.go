package alarm

import (
	"errors"
	"slices"
	"strings"
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
	table.Suppress(after(0), s, true, alike("maintenance mode"))
	expect(t, table)
	table.Raise(after(time.Second), specOf(on("pump", "PU-02")), nil)
	table.Raise(after(time.Second), cause("main"), nil)
	table.Raise(after(2*time.Second), s, nil)
	told(table)
	a, _ := table.ByKey(s.Key)
	if a.State != duty.Suppressed || a.Words() != alike("maintenance mode") || a.Cause == "" || a.Activations != 1 {
		t.Fatalf("%+v", a)
	}
	act(t, table, after(3*time.Second), duty.Action{Do: duty.DoShelve, Alarm: a.ID, Reason: "noise", Until: after(time.Minute)})
	table.Suppress(after(4*time.Second), s, false, alike("maintenance over"))
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
	table.Tick(after(time.Minute))
	expect(t, table,
		"0s A000001 pump/A raise: normal→unacknowledged",
		"1s A000002 pump/B raise: normal→suppressed; suppressed by A (Pump running dry)",
		"2s A000003 pump/C raise: normal→suppressed; suppressed by B (Pump running dry)",
		"3s A000001 pump/A clear: unacknowledged→returned",
		"3s A000002 pump/B suppress: suppressed→suppressed; A is over: waiting for what it suppressed to recover",
		"3s A000001 pump/A suppress: returned→suppressed; suppressed by C (Pump running dry)",
		"4s A000001 pump/A raise: suppressed→suppressed; suppressed by C (Pump running dry)",
		"5s A000002 pump/B clear: suppressed→suppressed",
		"5s A000003 pump/C suppress: suppressed→suppressed; B is over: waiting for what it suppressed to recover",
		"5s A000002 pump/B suppress: suppressed→suppressed; suppressed by A (Pump running dry)",
		"35s A000003 pump/C unsuppress: suppressed→unacknowledged; B is over")
}

// Reasons are told in both languages, whatever the site's is; what a person
// wrote stays as it was written.
func TestReasonsInBothLanguages(t *testing.T) {
	table := New(Options{Site: chain("main", "pump")})
	table.Raise(after(0), cause("main"), nil)
	table.Raise(after(0), folds("pump"), nil)
	want := gateway.Text{ZH: "由 A000001（main 缺相）引起", EN: "a consequence of A000001 (main Phase lost)"}
	if a, _ := table.ByKey(on("pump", "PU-09")); a.Say != want || a.Reason != "" {
		t.Errorf("%q, %v", a.Reason, a.Say)
	}
	err := table.Act(after(0), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000002", By: "li"})
	var no *duty.Refusal
	if !errors.As(err, &no) || no.ZH != "A000002 被抑制（"+want.ZH+"），现在无需处理" || no.EN != "A000002 is suppressed ("+want.EN+"): it asks for nothing until that ends" {
		t.Errorf("refused: %v", err)
	}
	act(t, table, after(time.Second), duty.Action{Do: duty.DoShelve, Alarm: "A000002", By: "li", Reason: "吵", Until: after(time.Minute)})
	if a, _ := table.ByKey(on("pump", "PU-09")); a.Reason != "吵" || a.Say != (gateway.Text{}) || a.Words() != alike("吵") {
		t.Errorf("shelved: %q, %v", a.Reason, a.Say)
	}
	table.Tick(after(time.Hour))
	steps := table.Take()
	last := steps[len(steps)-1]
	if a, _ := table.ByKey(on("pump", "PU-09")); last.Why != "" || last.Say.ZH != "搁置到期" || a.Say != want {
		t.Errorf("off the shelf: %q %v; %v", last.Why, last.Say, a.Say)
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

// liftSpecs are three rules on one asset of which the first suppresses the others.
func liftSpecs() (trapped, stopped, people Spec) {
	trapped, stopped, people = specOf(on("lift", "EL-01")), specOf(on("lift", "EL-02")), specOf(on("lift", "EL-02.people"))
	stopped.SuppressBy = []string{"EL-01", "EL-02.people"}
	people.SuppressBy = []string{"EL-01"}
	return trapped, stopped, people
}

// What suppresses the others comes back into service with them: none of them
// asks for an eye in between.
func TestSuppressedComesBackSuppressed(t *testing.T) {
	for _, first := range []string{"EL-01", "Z-01"} { // whichever is put back first
		trapped, stopped, people := liftSpecs()
		trapped.Key.Rule = first
		stopped.SuppressBy[0], people.SuppressBy[0] = first, first
		aside := map[string]func(table *Table, from, to time.Time){
			"an outage ends": func(table *Table, from, to time.Time) {
				o := duty.Outage{Asset: "lift", Ticket: "T000001", Until: to.Add(time.Hour)}
				table.Outage(from, o)
				o.Until = time.Time{}
				table.Outage(to, o)
			},
			"an outage is up": func(table *Table, from, to time.Time) {
				table.Outage(from, duty.Outage{Asset: "lift", Ticket: "T000001", Until: to})
			},
			"it is about other points": func(table *Table, from, to time.Time) {
				o := duty.Outage{Asset: "lift", Ticket: "T000001", Until: to.Add(time.Hour)}
				table.Outage(from, o)
				o.Points = []string{"another"}
				table.Outage(to, o)
			},
			"removed until the same instant": func(table *Table, from, to time.Time) {
				for _, a := range slices.Backward(table.Alarms()) { // what suppresses the others last
					act(t, table, from, duty.Action{Do: duty.DoRemove, Alarm: a.ID, Reason: "work", Ticket: "T000001", Until: to})
				}
			},
			"removed until the ticket is over": func(table *Table, from, to time.Time) {
				for _, a := range slices.Backward(table.Alarms()) { // what suppresses the others last
					act(t, table, from, duty.Action{Do: duty.DoRemove, Alarm: a.ID, Reason: "work", Ticket: "T000001", Until: to.Add(time.Hour)})
				}
				table.Tick(to)
				table.TicketOver(to, "T000001")
			},
		}
		for how, do := range aside {
			table := New(Options{Site: chain("lift")})
			table.Raise(after(0), trapped, nil)
			table.Raise(after(time.Second), stopped, nil)
			table.Raise(after(2*time.Second), people, nil)
			do(table, after(time.Minute), after(time.Hour))
			table.Tick(after(time.Hour))
			back := 0
			for _, tr := range table.Take() {
				if tr.At.Equal(after(time.Hour)) && tr.Alarm.Rule != first && tr.To == duty.Unacknowledged {
					t.Errorf("%s, first %s: %s comes before people's eyes at %s by %s", how, first, tr.Alarm.Rule, tr.At.Sub(t0), tr.Event)
				}
				if tr.At.Equal(after(time.Hour)) {
					back++
				}
			}
			if back != 3 && !strings.HasPrefix(how, "removed") {
				t.Errorf("%s, first %s: %d steps at the end, want one for each of three alarms", how, first, back)
			}
			for _, a := range table.Alarms() {
				if want := map[bool]duty.AlarmState{true: duty.Unacknowledged, false: duty.Suppressed}[a.Rule == first]; a.State != want {
					t.Errorf("%s, first %s: %s is %s", how, first, a.Rule, a.State)
				}
			}
		}
	}
}

// What was suppressed by a rule on its asset waits for the asset to recover;
// while only its own delay runs, it waits for that.
func TestSuppressorEnds(t *testing.T) {
	var due time.Time
	table := New(Options{Site: chain("lift"), Clearing: func(k duty.AlarmKey) (time.Time, bool) {
		return due, k.Rule == "EL-02.people" && !due.IsZero()
	}})
	trapped, stopped, people := liftSpecs()
	table.Raise(after(0), trapped, nil)
	table.Raise(after(time.Second), stopped, nil)
	table.Raise(after(2*time.Second), people, nil)
	told(table)
	due = after(2 * time.Minute)
	table.Clear(after(time.Minute), trapped.Key)
	table.Tick(after(100 * time.Second))
	expect(t, table,
		"1m0s A000001 lift/EL-01 clear: unacknowledged→returned",
		"1m0s A000002 lift/EL-02 unsuppress: suppressed→suppressed; EL-01 is over",
		"1m0s A000003 lift/EL-02.people suppress: suppressed→suppressed; EL-01 is over: waiting for what it suppressed to recover")
	table.Clear(after(2*time.Minute), people.Key)
	table.Tick(after(3 * time.Minute))
	expect(t, table,
		"2m0s A000003 lift/EL-02.people clear: suppressed→suppressed",
		"2m0s A000002 lift/EL-02 suppress: suppressed→suppressed; EL-02.people is over: waiting for what it suppressed to recover",
		"2m0.000000001s A000003 lift/EL-02.people unsuppress: suppressed→normal; EL-01 is over",
		"2m30s A000002 lift/EL-02 unsuppress: suppressed→unacknowledged; EL-02.people is over")
	// It comes again before it has been waited for; and what is taken out of
	// service is no longer trusted, at once.
	table.Raise(after(4*time.Minute), trapped, nil)
	table.Clear(after(5*time.Minute), trapped.Key)
	table.Raise(after(5*time.Minute+10*time.Second), trapped, nil)
	table.Tick(after(6 * time.Minute))
	act(t, table, after(7*time.Minute), duty.Action{Do: duty.DoRemove, Alarm: "A000001", Reason: "work", Ticket: "T000001", Until: after(time.Hour)})
	expect(t, table,
		"4m0s A000001 lift/EL-01 raise: returned→unacknowledged",
		"4m0s A000002 lift/EL-02 suppress: unacknowledged→suppressed; suppressed by EL-01 (Pump running dry)",
		"5m0s A000001 lift/EL-01 clear: unacknowledged→returned",
		"5m0s A000002 lift/EL-02 suppress: suppressed→suppressed; EL-01 is over: waiting for what it suppressed to recover",
		"5m10s A000001 lift/EL-01 raise: returned→unacknowledged",
		"5m10s A000002 lift/EL-02 suppress: suppressed→suppressed; suppressed by EL-01 (Pump running dry)",
		"7m0s A000001 lift/EL-01 remove: unacknowledged→out_of_service by li; work",
		"7m0s A000002 lift/EL-02 unsuppress: suppressed→unacknowledged; EL-01 is out of service")
}

func TestResetBeforeItHasCleared(t *testing.T) {
	runs := true
	table := New(Options{Site: oneSite(), Clearing: func(duty.AlarmKey) (time.Time, bool) { return after(time.Hour), runs }})
	table.Raise(after(0), specOf(key), nil)
	reset := func() string {
		return table.Act(after(time.Minute), duty.Action{Do: duty.DoReset, Alarm: "A000001", By: "li", Note: "n"}).Error()
	}
	if got, want := reset(), "A000001 has not cleared yet: its condition is gone, and its delay still runs; reset it once it has cleared"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if runs = false; !strings.Contains(reset(), "its condition still holds") {
		t.Error(reset())
	}
}
