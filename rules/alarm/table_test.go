package alarm

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// chain is a site where each asset is fed by the one before it.
func chain(ids ...gateway.AssetID) *gateway.Site {
	s := &gateway.Site{Language: "en", Zone: time.UTC}
	for i, id := range ids {
		a := gateway.Asset{ID: id}
		if i > 0 {
			a.FedBy = []gateway.AssetID{ids[i-1]}
		}
		s.Assets = append(s.Assets, a)
	}
	return s
}

func on(asset gateway.AssetID, rule string) duty.AlarmKey {
	return duty.AlarmKey{Asset: asset, Rule: rule}
}

func cause(asset gateway.AssetID) Spec {
	s := specOf(on(asset, "PW-05"))
	s.Cause, s.Title, s.Realarm = true, gateway.Text{EN: "Phase lost", ZH: "缺相"}, 0
	return s
}

func folds(asset gateway.AssetID) Spec {
	s := specOf(on(asset, "PU-09"))
	s.Folds, s.Realarm = true, 0
	return s
}

// told writes what happened since it was last asked, one line a transition.
func told(t *Table) string {
	var b strings.Builder
	for _, tr := range t.Take() {
		fmt.Fprintf(&b, "%s %s %s/%s %s: %s→%s", tr.At.Sub(t0), tr.Alarm.ID, tr.Alarm.Asset, tr.Alarm.Rule, tr.Event, tr.From, tr.To)
		for _, m := range tr.Alarm.Marks {
			fmt.Fprintf(&b, " [%s]", m)
		}
		if tr.Alarm.Cause != "" {
			b.WriteString(" into " + tr.Alarm.Cause)
		}
		if tr.By != "" {
			b.WriteString(" by " + tr.By)
		}
		if why := tr.Words().EN; why != "" {
			b.WriteString("; " + why)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func expect(t *testing.T, table *Table, want ...string) {
	t.Helper()
	got := told(table)
	if w := strings.Join(append(want, ""), "\n"); got != w {
		t.Fatalf("got\n%swant\n%s", got, w)
	}
}

func act(t *testing.T, table *Table, at time.Time, a duty.Action) {
	t.Helper()
	if a.By == "" {
		a.By = "li"
	}
	if err := table.Act(at, a); err != nil {
		t.Fatalf("%s: %v", a.Do, err)
	}
}

func TestOutages(t *testing.T) {
	table := New(Options{Site: oneSite()})
	s, other := specOf(key), specOf(on("pump-1", "PU-02"))
	other.Points = []string{"pressure"}
	table.Raise(after(0), s, nil)
	table.Raise(after(0), other, nil)
	told(table)
	o := duty.Outage{Asset: "pump-1", Points: []string{"running", "current"}, Ticket: "T000001", Until: after(8 * time.Hour)}
	table.Outage(after(time.Minute), o)
	expect(t, table, "1m0s A000001 pump-1/PU-01 remove: unacknowledged→out_of_service by T000001; under maintenance")
	if a, _ := table.ByKey(key); a.Ticket != "T000001" || !a.Until.Equal(after(8*time.Hour)) || !a.Active {
		t.Fatalf("%+v", a)
	}
	o.Until = after(10 * time.Hour)
	table.Outage(after(2*time.Hour), o)
	table.Clear(after(9*time.Hour), key)
	table.Raise(after(9*time.Hour+time.Minute), s, nil)
	table.Tick(after(24 * time.Hour))
	expect(t, table,
		"2h0m0s A000001 pump-1/PU-01 remove: out_of_service→out_of_service by T000001; under maintenance",
		"9h0m0s A000001 pump-1/PU-01 clear: out_of_service→out_of_service",
		"9h1m0s A000001 pump-1/PU-01 raise: out_of_service→out_of_service; under maintenance",
		"10h0m0s A000001 pump-1/PU-01 restore: out_of_service→unacknowledged; its time out of service is up",
		"24h0m0s A000002 pump-1/PU-02 mark: unacknowledged→unacknowledged [stale]; it has stood for more than 24 h")
	// What begins while all of the asset is out begins out of service.
	table.Outage(after(30*time.Hour), duty.Outage{Asset: "pump-1", Ticket: "T000002", Until: after(50 * time.Hour)})
	third := specOf(on("pump-1", "PU-03"))
	table.Raise(after(31*time.Hour), third, nil)
	table.Outage(after(32*time.Hour), duty.Outage{Asset: "pump-1", Ticket: "T000002"})
	expect(t, table,
		"30h0m0s A000001 pump-1/PU-01 remove: unacknowledged→out_of_service by T000002; under maintenance",
		"30h0m0s A000002 pump-1/PU-02 remove: unacknowledged→out_of_service by T000002; under maintenance",
		"31h0m0s A000003 pump-1/PU-03 raise: normal→out_of_service; under maintenance",
		"32h0m0s A000001 pump-1/PU-01 restore: out_of_service→unacknowledged by T000002; the maintenance is over",
		"32h0m0s A000002 pump-1/PU-02 restore: out_of_service→unacknowledged [stale] by T000002; the maintenance is over",
		"32h0m0s A000003 pump-1/PU-03 restore: out_of_service→unacknowledged by T000002; the maintenance is over")
}

func TestTwoTicketsOutOfService(t *testing.T) {
	table := New(Options{Site: oneSite()})
	table.Raise(after(0), specOf(key), nil)
	table.Outage(after(time.Minute), duty.Outage{Asset: "pump-1", Ticket: "T000001", Until: after(2 * time.Hour)})
	refused(t, table.Act(after(2*time.Minute), duty.Action{Do: duty.DoRestore, Alarm: "A000001"}),
		"A000001 is out of service for ticket T000001: it comes back when that work is no longer in progress")
	act(t, table, after(3*time.Minute), duty.Action{Do: duty.DoRemove, Alarm: "A000001", Ticket: "T000007", Reason: "spare ordered", Until: after(3 * time.Hour)})
	if a, _ := table.ByKey(key); a.Ticket != "T000007" || !a.Until.Equal(after(3*time.Hour)) {
		t.Fatalf("%+v", a)
	}
	table.Take()
	table.Tick(after(4 * time.Hour))
	expect(t, table,
		"2h0m0s A000001 pump-1/PU-01 restore: out_of_service→out_of_service; its time out of service is up",
		"3h0m0s A000001 pump-1/PU-01 restore: out_of_service→unacknowledged; its time out of service is up")
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	var r *duty.Refusal
	if !errors.As(err, &r) || !errors.Is(err, duty.ErrRefused) || err.Error() != want || r.ZH == "" {
		t.Fatalf("got %v\nwant %s", err, want)
	}
}

func TestRefusals(t *testing.T) {
	table := New(Options{Site: oneSite()})
	p1 := specOf(key)
	p1.Priority = duty.P1
	table.Raise(after(0), p1, nil)
	table.Raise(after(0), specOf(on("pump-1", "PU-02")), nil)
	shelve := func(id, reason string, until time.Duration) error {
		return table.Act(after(time.Minute), duty.Action{Do: duty.DoShelve, Alarm: id, By: "li", Reason: reason, Until: after(until)})
	}
	refused(t, shelve("A000001", "noise", time.Hour),
		"A000001 is P1 and cannot be shelved: acknowledge it or take it out of service with a ticket")
	refused(t, shelve("A000002", " ", time.Hour), "shelving A000002 needs a reason")
	refused(t, shelve("A000002", "noise", time.Second), "shelving A000002 needs an expiry in the future")
	refused(t, shelve("A000002", "noise", 13*time.Hour), "A000002 can be shelved for 12h at most, until 2026-03-01 20:01")
	remove := duty.Action{Do: duty.DoRemove, Alarm: "A000001", Until: after(time.Hour), Reason: "r"}
	refused(t, table.Act(after(time.Minute), remove), "taking A000001 out of service needs a ticket")
	remove.Ticket, remove.Reason = "T000001", ""
	refused(t, table.Act(after(time.Minute), remove), "taking A000001 out of service needs a reason")
	remove.Reason, remove.Until = "r", time.Time{}
	refused(t, table.Act(after(time.Minute), remove), "taking A000001 out of service needs an expiry in the future")
	remove.Until = time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600)) // the year 10000 in UTC: JSON has no words for it
	refused(t, table.Act(after(time.Minute), remove), "A000001 can be taken out of service for 30 days at most, until 2026-03-31 08:01")
	refused(t, table.Act(after(time.Minute), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000001", Note: strings.Repeat("水", 4001)}),
		"the note has 4001 characters; at most 4000 are kept")
	refused(t, table.Act(after(time.Minute), duty.Action{Do: duty.DoStart, Alarm: "A000001"}), `"start" is nothing that can be done to an alarm`)
	if err := table.Act(after(0), duty.Action{Do: duty.DoReset, Alarm: "A000009"}); !errors.Is(err, duty.ErrUnknown) {
		t.Fatal(err)
	}
	if got := told(table); strings.Count(got, "\n") != 2 {
		t.Fatalf("a refusal did something: %s", got)
	}
	act(t, table, after(2*time.Minute), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000001", By: "chen", Note: "on my way"})
	expect(t, table, "2m0s A000001 pump-1/PU-01 acknowledge: unacknowledged→acknowledged by chen; on my way")
	refused(t, table.Act(after(3*time.Minute), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000001"}),
		"A000001 was already acknowledged by chen at 2026-03-01 08:02")
	for d, want := range map[time.Duration]string{12 * time.Hour: "12h", 90 * time.Minute: "1h30m", 20 * time.Minute: "20m",
		61 * time.Second: "1m1s", 10 * time.Second: "10s"} {
		if got := span(d); got != want {
			t.Errorf("%s for %s", got, want)
		}
	}
}

func TestRealarmAndNewSettings(t *testing.T) {
	table := New(Options{Site: oneSite()})
	s := specOf(key)
	table.Raise(after(0), s, nil)
	act(t, table, after(time.Minute), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000001"})
	told(table)
	if due, ok := table.Due(); !ok || !due.Equal(after(61*time.Minute)) {
		t.Fatalf("due %s, want the re-alarm an hour after the acknowledgement", due)
	}
	s.Priority = duty.P3
	table.Update(after(2*time.Minute), s)
	if a, _ := table.ByKey(key); a.Priority != duty.P2 {
		t.Fatalf("%s before any transition", a.Priority)
	}
	table.Tick(after(3 * time.Hour))
	expect(t, table, "1h1m0s A000001 pump-1/PU-01 realarm: acknowledged→unacknowledged; acknowledged for too long and still active")
	if a, _ := table.ByKey(key); a.Priority != duty.P3 || !a.Acked.IsZero() {
		t.Fatalf("%+v", a)
	}
	act(t, table, after(4*time.Hour), duty.Action{Do: duty.DoShelve, Alarm: "A000001", Reason: "noise", Until: after(6 * time.Hour)})
	told(table)
	s.Priority = duty.P1
	table.Update(after(5*time.Hour), s)
	expect(t, table, "5h0m0s A000001 pump-1/PU-01 unshelve: shelved→unacknowledged; it is P1 now, and P1 is never shelved")
	// A re-alarm that a new setting makes overdue comes now, not in the past.
	act(t, table, after(6*time.Hour), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000001"})
	told(table)
	s.Realarm = time.Minute
	table.Update(after(6*time.Hour+30*time.Minute), s)
	table.Tick(after(6*time.Hour + 31*time.Minute))
	expect(t, table, "6h30m0s A000001 pump-1/PU-01 realarm: acknowledged→unacknowledged; acknowledged for too long and still active")
}

// metas are the specs of the alarms about alarms.
func metas() map[duty.Mark]Spec {
	spec := func(rule string) Spec { return Spec{Key: on("", rule), Priority: duty.P4, Class: duty.ClassNone} }
	return map[duty.Mark]Spec{duty.MarkFlood: spec("SY-03"), duty.MarkChattering: spec("SY-04"), duty.MarkStale: spec("SY-05")}
}

func TestFlood(t *testing.T) {
	table := New(Options{Site: oneSite(), Meta: metas()})
	for i := range 12 {
		table.Raise(after(time.Duration(i)*30*time.Second), specOf(on("pump-1", fmt.Sprintf("R-%02d", i))), nil)
	}
	for _, a := range table.Alarms() {
		if want := a.Rule == "R-10" || a.Rule == "R-11"; a.Has(duty.MarkFlood) != want {
			t.Errorf("%s: flood %v, want %v", a.Rule, !want, want)
		}
	}
	got := strings.Split(told(table), "\n")
	if !slices.Contains(got, "5m0s A000012 _site/SY-03 raise: normal→unacknowledged; more than 10 new alarms in 10 min") {
		t.Fatalf("no flood:\n%s", strings.Join(got, "\n"))
	}
	// The fifth from last came at 3 m 30 s: from 13 m 30 s on there are four.
	table.Tick(after(13*time.Minute + 29*time.Second))
	expect(t, table)
	table.Tick(after(14 * time.Minute))
	expect(t, table, "13m30s A000012 _site/SY-03 clear: unacknowledged→returned; fewer than 5 new alarms in 10 min")
	// Ten in ten minutes are none, eleven over ten minutes neither.
	for i := range 11 {
		table.Raise(after(time.Hour+time.Duration(i)*time.Minute), specOf(on("pump-1", fmt.Sprintf("S-%02d", i))), nil)
	}
	if strings.Contains(told(table), "flood") {
		t.Fatal("a flood of eleven in more than ten minutes")
	}
}

func TestChattering(t *testing.T) {
	table := New(Options{Site: oneSite(), Meta: metas()})
	s := specOf(key)
	for i := range 3 {
		table.Raise(after(time.Duration(i)*30*time.Second), s, nil)
		table.Clear(after(time.Duration(i)*30*time.Second+time.Second), key)
		if i == 0 { // lives of their own count together
			act(t, table, after(2*time.Second), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000001"})
		}
	}
	got := told(table)
	if !strings.Contains(got, "1m0s A000002 pump-1/PU-01 raise: returned→unacknowledged [chattering]\n"+
		"1m0s A000003 pump-1/SY-04 raise: normal→unacknowledged; PU-01 came three times within a minute\n") {
		t.Fatal(got)
	}
	table.Tick(after(121 * time.Second)) // the clear lasts for a minute
	act(t, table, after(3*time.Minute), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000002"})
	table.Raise(after(9*time.Minute), s, nil)
	table.Tick(after(time.Hour))
	expect(t, table,
		"2m1s A000002 pump-1/PU-01 clear: unacknowledged→returned [chattering]; it had chattered, and did not come again",
		"3m0s A000002 pump-1/PU-01 acknowledge: returned→normal [chattering] by li",
		"9m0s A000004 pump-1/PU-01 raise: normal→unacknowledged [chattering]",
		"11m0s A000004 pump-1/PU-01 mark: unacknowledged→unacknowledged; it chatters no more",
		"11m0s A000003 pump-1/SY-04 clear: unacknowledged→returned; it is over")
}

// TestChatteringIsBounded holds the steps of an alarm that comes and goes for
// an hour, in the open and put aside, to a handful and to one pair a minute.
func TestChatteringIsBounded(t *testing.T) {
	for _, c := range []struct {
		what   string
		period time.Duration // between two raises
		first  duty.AlarmEvent
		before int // raises before that event
		most   int // transitions in an hour, with those of SY-04
	}{
		{"all the time", 2 * time.Second, "", 0, 12},
		{"just within a minute", 30 * time.Second, "", 0, 12},
		{"shelved while it chatters", 2 * time.Second, duty.EventShelve, 10, 12},
		{"shelved before it does", 2 * time.Second, duty.EventShelve, 1, 12},
		{"suppressed before it does", 5 * time.Second, duty.EventSuppress, 1, 12},
	} {
		table := New(Options{Site: oneSite(), Meta: metas()})
		s, n := specOf(key), 0
		s.Realarm = 0
		for at := time.Duration(0); at < time.Hour; at += c.period {
			table.Raise(after(at), s, nil)
			if n++; n == c.before {
				if err := do(table, s, "A000001", after(at), c.first); err != nil {
					t.Fatal(err)
				}
			}
			table.Clear(after(at+c.period/2), key)
		}
		steps := table.Take()
		if len(steps) > c.most {
			t.Errorf("%s: %d transitions of %d raises, want at most %d", c.what, len(steps), n, c.most)
		}
		a, _ := table.ByKey(key)
		if a.Activations != n || !a.Active || !table.HeldBack(key) {
			t.Errorf("%s: %d activations of %d, active %v", c.what, a.Activations, n, a.Active)
		}
		table.Tick(after(2 * time.Hour))
		if a, is := table.ByKey(key); is && a.Active {
			t.Errorf("%s: it never clears", c.what)
		}
	}
}

// TestHeldBackAndReleased: what comes back from being put aside while its
// clear is held back is not announced for a condition that is gone.
func TestHeldBackAndReleased(t *testing.T) {
	table, s, at := led(t, []duty.AlarmEvent{duty.EventRaise, duty.EventShelve}, false, true)
	table.Clear(at, key)
	act(t, table, at.Add(time.Second), duty.Action{Do: duty.DoUnshelve, Alarm: "A000001", By: "li"})
	for _, tr := range table.Take() {
		if tr.To == duty.Unacknowledged {
			t.Errorf("announced: %+v", tr)
		}
	}
	if a, is := table.ByKey(key); is {
		t.Errorf("it is still %s", a.State)
	}
	// A re-alarm waits for the condition, too.
	table, s, at = led(t, []duty.AlarmEvent{duty.EventRaise, duty.EventAcknowledge}, false, true)
	s.Realarm = 30 * time.Second
	table.Update(at, s)
	table.Clear(at.Add(time.Second), key)
	table.Tick(at.Add(40 * time.Second))
	if steps := table.Take(); len(steps) != 0 {
		t.Errorf("%+v of an alarm whose condition is gone", steps)
	}
	table.Raise(at.Add(50*time.Second), s, nil)
	table.Tick(at.Add(51 * time.Second))
	if steps := table.Take(); len(steps) != 1 || steps[0].Event != duty.EventRealarm {
		t.Errorf("%+v, want the re-alarm that was due", steps)
	}
}

// TestChatteringMakesNoFlood: one alarm that comes again and again is no flood.
func TestChatteringMakesNoFlood(t *testing.T) {
	table := New(Options{Site: oneSite(), Meta: metas()})
	for i := range 30 {
		table.Raise(after(time.Duration(i)*10*time.Second), specOf(key), nil)
		table.Clear(after(time.Duration(i)*10*time.Second+time.Second), key)
	}
	if _, is := table.ByKey(on(SiteAsset, "SY-03")); is {
		t.Fatal("a flood of one alarm")
	}
}

func TestStale(t *testing.T) {
	table := New(Options{Site: oneSite(), Meta: metas()})
	table.Raise(after(0), specOf(key), nil)
	table.Tick(after(40 * time.Hour))
	act(t, table, after(41*time.Hour), duty.Action{Do: duty.DoShelve, Alarm: "A000001", Reason: "no spare", Until: after(42 * time.Hour)})
	table.Tick(after(80 * time.Hour))
	table.Clear(after(81*time.Hour), key)
	expect(t, table,
		"0s A000001 pump-1/PU-01 raise: normal→unacknowledged",
		"24h0m0s A000001 pump-1/PU-01 mark: unacknowledged→unacknowledged [stale]; it has stood for more than 24 h",
		"24h0m0s A000002 pump-1/SY-05 raise: normal→unacknowledged; PU-01 has stood for more than 24 h",
		"41h0m0s A000001 pump-1/PU-01 shelve: unacknowledged→shelved by li; no spare",
		"41h0m0s A000002 pump-1/SY-05 clear: unacknowledged→returned; it is over",
		"42h0m0s A000001 pump-1/PU-01 unshelve: shelved→unacknowledged [stale]; its time on the shelf is up",
		"42h0m0s A000002 pump-1/SY-05 raise: returned→unacknowledged; PU-01 has stood for more than 24 h",
		"81h0m0s A000001 pump-1/PU-01 clear: unacknowledged→returned",
		"81h0m0s A000002 pump-1/SY-05 clear: unacknowledged→returned; it is over")
}

func TestForget(t *testing.T) {
	table := New(Options{Site: chain("main", "pump"), Meta: metas()})
	table.Raise(after(0), cause("main"), nil)
	table.Raise(after(time.Second), folds("pump"), nil)
	table.Suppress(after(time.Second), specOf(on("pump", "PU-07")), true, alike("maintenance"))
	told(table)
	table.Forget(after(2*time.Second), on("main", "PW-05"), alike("the rule is gone"))
	table.Forget(after(3*time.Second), on("pump", "PU-09"), alike("the asset is gone"))
	table.Forget(after(3*time.Second), on("pump", "PU-07"), alike("the asset is gone"))
	table.Forget(after(3*time.Second), on("pump", "PU-08"), alike("there never was one"))
	expect(t, table,
		"2s A000001 main/PW-05 clear: unacknowledged→normal; the rule is gone",
		"2s A000002 pump/PU-09 suppress: suppressed→suppressed; A000001 is over: waiting for what it feeds to recover",
		"3s A000002 pump/PU-09 clear: suppressed→normal; the asset is gone")
	if n := len(table.Alarms()) + len(table.entries) + len(table.timers) + len(table.byID) + len(table.byAsset) + len(table.folded); n != 0 {
		t.Fatalf("%d things are left over", n)
	}
	if _, ok := table.Due(); ok {
		t.Fatal("something is due for ever")
	}
}

func TestTransitionsKeepWhatWas(t *testing.T) {
	table := New(Options{Site: oneSite()})
	n := 4.2
	table.Raise(after(0), specOf(key), []duty.Input{{Name: "running", Number: &n, Quality: gateway.QualityGood}})
	first := table.Take()[0]
	table.Clear(after(time.Second), key)
	table.Raise(after(2*time.Second), specOf(key), nil)
	table.Tick(after(30 * time.Hour))
	if first.Alarm.State != duty.Unacknowledged || len(first.Alarm.Marks) != 0 || len(first.Alarm.Inputs) != 1 || *first.Alarm.Inputs[0].Number != 4.2 {
		t.Fatalf("%+v", first.Alarm)
	}
}

// alike is a reason that reads the same in both languages.
func alike(why string) gateway.Text { return gateway.Text{ZH: why, EN: why} }
