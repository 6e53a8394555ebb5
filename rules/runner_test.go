package rules

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/store"
)

var alarmOpen = []string{"1 5s A000001 pump-1 raise unacknowledged", "T000001 pump-1 open, 2 events", "A000001/raise/1", "T000001/opened"}

func TestACommitHasAllOfIt(t *testing.T) {
	g := newRig(t)
	f := &failing{Keeper: g.store, refuse: func() bool { return false }}
	g.keeper = f
	g.start()
	g.reads("pump-1", "running", 1)
	if f.tried != 1 {
		t.Errorf("%d commits: a reading that changes nothing waits", f.tried)
	}
	g.at(6 * time.Second).tick()
	g.want(alarmOpen...)
	c := f.last
	if c.Cursor != 1 || !c.Clock.Equal(morning.Add(6*time.Second-tickBehind)) || c.Action != nil || len(c.State) == 0 {
		t.Errorf("commit %+v", c)
	}
	for i, p := range c.State {
		if i > 0 && c.State[i-1].Key >= p.Key {
			t.Errorf("part %s comes before %s", c.State[i-1].Key, p.Key)
		}
	}
	if g.ledger.passed != 1 {
		t.Errorf("the journal was told %d", g.ledger.passed)
	}
	if len(g.told) != 1 || len(g.told[0].Alarms) != 1 || len(g.told[0].Tickets) != 1 || g.told[0].Tickets[0].State != duty.TicketOpen {
		t.Errorf("told %+v", g.told)
	}
}

func TestWhatPeopleDoIsKeptAtOnce(t *testing.T) {
	g := newRig(t)
	f := &failing{Keeper: g.store, refuse: func() bool { return false }}
	g.keeper = f
	g.start()
	g.reads("pump-1", "running", 1)
	g.at(6 * time.Second).tick()
	before := f.tried
	for _, a := range []duty.Action{{Do: duty.DoReset, Alarm: "A000001"}, {Do: duty.DoClose, Ticket: "T000001"}, {Do: duty.DoAccept, Ticket: "T000009"}, {Do: "dance"}} {
		a.By = "li"
		if _, err := g.r.Act(t.Context(), a); !errors.Is(err, duty.ErrRefused) && !errors.Is(err, duty.ErrUnknown) {
			t.Errorf("%s: %v", a.Do, err)
		}
	}
	if g.tick(); f.tried != before {
		t.Errorf("refused actions were kept %d times", f.tried-before)
	}
	g.want(alarmOpen...)
	changes, err := g.r.Act(t.Context(), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000001", By: "li", Note: "on my way"})
	check(t, err)
	if len(changes.Alarms) != 1 || changes.Alarms[0].State != duty.Acknowledged || len(changes.Tickets) != 1 || changes.Tickets[0].State != duty.TicketAccepted {
		t.Errorf("changed %+v", changes)
	}
	want := store.Acted{At: g.now, By: "li", Do: "acknowledge", About: "A000001", Text: "on my way"}
	if f.last.Action == nil || *f.last.Action != want {
		t.Errorf("audit %+v", f.last.Action)
	}
	g.want("1 5s A000001 pump-1 raise unacknowledged", "2 6s A000001 pump-1 acknowledge acknowledged", "T000001 pump-1 accepted, 3 events", "A000001/raise/1", "T000001/opened")
}

func TestFactsAreAudited(t *testing.T) {
	g := newRig(t)
	f := &failing{Keeper: g.store, refuse: func() bool { return false }}
	g.keeper = f
	g.start()
	for _, c := range []struct {
		verb duty.Verb
		fact duty.Fact
		text string
	}{
		{duty.DoSetFact, duty.Fact{Name: "vacant", Number: 1}, "= 1"},
		{duty.DoSetFact, duty.Fact{Name: "vacant", Number: 1, Until: morning.Add(time.Hour)}, "= 1; until 2025-03-03 11:00:00 +08:00"},
		{duty.DoDropFact, duty.Fact{Name: "vacant"}, ""},
		{duty.DoSetFact, duty.Fact{Name: "visited", Number: 1795000000}, "= 2026-11-18 19:06:40 +08:00"}, // as the site's clocks show it
	} {
		c.fact.Asset = "pump-1"
		_, err := g.r.Act(t.Context(), duty.Action{Do: c.verb, By: "li", Fact: &c.fact})
		check(t, err)
		want := store.Acted{At: g.now, By: "li", Do: string(c.verb), About: c.fact.Name + " pump-1", Text: c.text}
		if *f.last.Action != want {
			t.Errorf("audit %+v, want %+v", *f.last.Action, want)
		}
	}
}

// An alarm that somebody took out of service is back when the ticket that it
// was taken out for is over, and there must be such a ticket.
func TestOutOfServiceEndsWithItsTicket(t *testing.T) {
	g := newRig(t)
	g.start()
	g.reads("pump-1", "running", 1)
	g.reads("pump-2", "running", 1)
	g.at(6 * time.Second).tick() // A000001 and T000001 are of pump-1, the others of pump-2
	remove := duty.Action{Do: duty.DoRemove, Alarm: "A000002", By: "li", Reason: "one main for both", Until: g.now.Add(time.Hour)}
	for _, remove.Ticket = range []string{"nonsense", "T000009"} {
		if _, err := g.r.Act(t.Context(), remove); !errors.Is(err, duty.ErrUnknown) {
			t.Errorf("out of service for %s: %v", remove.Ticket, err)
		}
	}
	remove.Ticket = "T000001"
	changes, err := g.r.Act(t.Context(), remove)
	check(t, err)
	if len(changes.Alarms) != 1 || changes.Alarms[0].State != duty.OutOfService {
		t.Fatalf("changed %+v", changes)
	}
	changes, err = g.r.Act(t.Context(), duty.Action{Do: duty.DoCancel, Ticket: "T000001", By: "li", Reason: "it was none"})
	check(t, err)
	if len(changes.Alarms) != 1 || changes.Alarms[0].ID != "A000002" || changes.Alarms[0].State != duty.Unacknowledged || changes.Alarms[0].By != "T000001" {
		t.Errorf("changed %+v", changes)
	}
}

func TestAnActionThatCameTooLateIsNotBegun(t *testing.T) {
	g := newRig(t)
	g.start()
	g.reads("pump-1", "running", 1)
	g.at(6 * time.Second).tick()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.r.Act(ctx, duty.Action{Do: duty.DoAcknowledge, Alarm: "A000001", By: "li"}); !errors.Is(err, context.Canceled) {
		t.Errorf("act: %v", err)
	}
	g.at(8 * time.Second).tick()
	g.want(alarmOpen...)
}

func TestARefusingDiskLosesNothing(t *testing.T) {
	g := newRig(t)
	refuse := false
	f := &failing{Keeper: g.store, refuse: func() bool { return refuse }}
	g.keeper = f
	g.start()
	g.reads("pump-1", "running", 1)
	refuse = true
	for i := 6; i < 9; i++ {
		g.at(time.Duration(i) * time.Second).tick()
	}
	if n := strings.Count(g.log.String(), "level=ERROR"); n != 1 {
		t.Errorf("%d errors logged, want one:\n%s", n, g.log.String())
	}
	e := g.entry("pump-2", gateway.Good("running", 1))
	for range 2 { // the journal gives the same entries again
		if err := g.consume(e); !errors.Is(err, errSimDisk) {
			t.Errorf("consume: %v", err)
		}
	}
	ack := duty.Action{Do: duty.DoAcknowledge, Alarm: "A000001", By: "li"}
	if _, err := g.r.Act(t.Context(), ack); !errors.Is(err, errSimDisk) {
		t.Errorf("act: %v", err)
	}
	if _, err := g.r.Act(t.Context(), duty.Action{Do: duty.DoAccept, Ticket: "T000001", By: "li"}); !errors.Is(err, errSimDisk) {
		t.Errorf("a second act before the first is kept: %v", err)
	}
	if len(g.told) != 0 || g.kept() != "" {
		t.Errorf("told %v, kept %s", g.told, g.kept())
	}
	if s := g.r.Status(); s.Failures == 0 || s.Stepped != 2 || s.Saved != 0 || s.Readings != 2 {
		t.Errorf("status %+v", s)
	}
	refuse = false
	g.at(14 * time.Second).tick()
	g.want("1 5s A000001 pump-1 raise unacknowledged", "2 8s A000001 pump-1 acknowledge acknowledged", "3 13s A000002 pump-2 raise unacknowledged",
		"T000002 pump-2 open, 2 events", "T000001 pump-1 accepted, 3 events", "A000001/raise/1", "T000001/opened", "A000002/raise/3", "T000002/opened")
	if n := strings.Count(g.log.String(), "kept again"); n != 1 || g.r.Status().Failures != 0 {
		t.Errorf("it healed %d times:\n%s", n, g.log.String())
	}
	if len(g.told) != 1 || len(g.told[0].Alarms) != 2 || g.told[0].Alarms[0].State != duty.Acknowledged {
		t.Errorf("each alarm is told once, as it is now: %+v", g.told)
	}
}

func TestEntriesAreSteppedOnce(t *testing.T) {
	g := newRig(t)
	g.start()
	first, second := g.entry("pump-1", gateway.Good("running", 1)), g.entry("pump-2", gateway.Good("running", 0))
	check(t, g.consume(first))
	check(t, g.consume(first, second))
	check(t, g.consume(second))
	if s := g.r.Status(); s.Readings != 2 || s.Stepped != 2 {
		t.Errorf("status %+v", s)
	}
	// Numbers may be missing, at the end too.
	check(t, g.r.Consume(t.Context(), gateway.Batch{Last: 9}))
	if c, _ := g.r.Cursor(t.Context()); c != 9 {
		t.Errorf("cursor %d", c)
	}
}

func TestUnreadableEntriesCostThemselves(t *testing.T) {
	g := newRig(t)
	g.start()
	good := g.entry("pump-1", gateway.Good("running", 1))
	bad := func(seq gateway.Seq) gateway.Entry {
		return gateway.Entry{Seq: seq, Line: []byte("pump,asset=pump-1 running=")}
	}
	good.Seq = 2
	check(t, g.consume(bad(1), good, bad(3)))
	if s := g.r.Status(); s.Unreadable != 2 || s.Readings != 1 || s.Stepped != 3 {
		t.Errorf("status %+v", s)
	}
	if n := strings.Count(g.log.String(), "cannot be read"); n != 1 {
		t.Errorf("logged %d times", n)
	}
	g.ledger.head = 3
	g.at(6 * time.Second).tick()
	g.want(alarmOpen...)
}

// One damaged part of the state costs itself; without its counters the state
// is not gone on from.
func TestADamagedPartIsNoReasonNotToStart(t *testing.T) {
	g := newRig(t)
	g.start()
	g.reads("pump-1", "running", 1)
	g.reads("pump-2", "running", 1)
	g.at(3 * time.Second).tick()
	check(t, g.r.leave(t.Context()))
	spoil := func(key string) {
		c := store.Commit{Site: "garden", Cursor: 2, Clock: g.now, State: []store.State{{Key: key, Body: []byte("?")}}}
		check(t, g.store.Commit(t.Context(), c))
	}
	spoil("e/i/PU-01/pump-1")
	g.at(4 * time.Second).start()
	if text := g.log.String(); strings.Count(text, "level=ERROR") != 1 || !strings.Contains(text, "e/i/PU-01/pump-1") {
		t.Errorf("logged %s", text)
	}
	g.at(6 * time.Second).tick()
	if got := g.kept(); !strings.HasPrefix(got, "1 5s A000001 pump-2 raise") || strings.Contains(got, "pump-1 raise") {
		t.Errorf("kept\n%s", got)
	}
	g.at(9 * time.Second).tick()
	if got := g.kept(); !strings.Contains(got, "2 7.5s A000002 pump-1 raise") {
		t.Errorf("what began anew did not go on:\n%s", got)
	}
	check(t, g.r.leave(t.Context()))
	spoil("e/a/meta")
	if err := g.open(); err == nil {
		t.Error("it started without knowing which numbers were given out")
	}
}

func TestSilenceCountsAnewAfterDownTime(t *testing.T) {
	g := newRig(t)
	g.start()
	g.reads("pump-1", "flow", 1)
	g.reads("pump-2", "running", 0)
	for at := time.Second; at < 100*time.Second; at += 20 * time.Second {
		g.at(at).tick()
	}
	g.at(3 * time.Minute).tick() // over 30 s later: it did not run
	g.at(3*time.Minute + 25*time.Second).tick()
	g.want()
	for at := 3*time.Minute + 45*time.Second; at <= 6*time.Minute; at += 15 * time.Second {
		g.at(at).tick()
	}
	if got := g.kept(); !strings.HasPrefix(got, "1 4m59.500000001s A000001 pump-1 raise") {
		t.Errorf("two minutes after it ran again both are silent:\n%s", got)
	}
}

func TestTimeWaitsForTheJournal(t *testing.T) {
	g := newRig(t)
	g.start()
	g.reads("pump-1", "running", 1)
	g.at(4 * time.Second)
	late := g.entry("pump-1", gateway.Good("running", 0)) // in the journal, not stepped yet
	g.at(8 * time.Second).tick()
	g.want()
	check(t, g.consume(late))
	g.tick()
	g.want() // it stopped before the delay was over
}

func TestTimeWaitsForASlowDisk(t *testing.T) {
	g := newRig(t)
	g.start()
	g.reads("pump-1", "running", 1)
	g.ledger.waiting = morning.Add(4 * time.Second) // the pump has stopped, which the journal has not on disk yet
	g.at(20 * time.Second).tick()
	g.want()
	if now := g.r.core.Engine.Now(); !now.Equal(g.ledger.waiting) {
		t.Errorf("the rules are at %s", now.Sub(morning))
	}
	g.at(4 * time.Second)
	stopped := g.entry("pump-1", gateway.Good("running", 0))
	g.ledger.waiting = time.Time{}
	check(t, g.consume(stopped))
	g.at(30 * time.Second).tick()
	g.want()
}

// TestRun lets the runner look at the clock by itself, and end.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &rig{t: t, site: house(t, "UTC", "pump-1 pump running/0")}
		k := newSimKeeper(t, func() (before, after error) { return nil, nil })
		r := NewRunner(RunnerOptions{Site: g.site, Judges: g.judges(runnerRules), Keeper: k, Ledger: &g.ledger, Now: time.Now, Log: newLoud(t)})
		check(t, r.Open(t.Context()))
		g.r, g.now = r, time.Now()
		g.reads("pump-1", "running", 1)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		<-time.After(5*time.Second + tickBehind + 2*tickEvery)
		r.mu.Lock() // what is kept is its own while it runs
		if n := len(k.record.transitions); n != 1 {
			t.Errorf("%d transitions", n)
		}
		r.mu.Unlock()
		<-time.After(time.Minute)
		r.mu.Lock()
		if behind := time.Since(k.saved.Clock); behind > clockEvery+time.Second {
			t.Errorf("the clock was last saved %s ago", behind)
		}
		r.mu.Unlock()
		stop()
		check(t, <-done)
		if behind := time.Since(k.saved.Clock); behind > tickBehind+2*tickEvery {
			t.Errorf("at the end the clock was saved %s ago", behind)
		}
	})
}
