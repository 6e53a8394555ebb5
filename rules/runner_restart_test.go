package rules

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

func TestTheFirstStartIsKept(t *testing.T) {
	g := newRig(t)
	g.entry("pump-1", gateway.Good("running", 1))
	g.entry("pump-1", gateway.Good("running", 1))
	g.start()
	if s := g.saved(); !s.Found || s.Cursor != 2 || !s.Clock.Equal(morning) {
		t.Errorf("saved %+v: what the journal has from before is history", s)
	}
	if c, _ := g.r.Cursor(t.Context()); c != 2 || g.r.Name() != "rules" {
		t.Errorf("it goes on behind %d as %s", c, g.r.Name())
	}
}

func TestAFirstStartThatCannotBeKeptIsNone(t *testing.T) {
	g := newRig(t)
	g.keeper = &failing{Keeper: g.store, refuse: func() bool { return true }}
	if err := g.open(); !errors.Is(err, errSimDisk) || g.saved().Found {
		t.Errorf("it started: %v", err)
	}
}

func TestARestartGoesOn(t *testing.T) {
	g := newRig(t)
	g.start()
	g.reads("pump-1", "running", 1)
	g.at(3 * time.Second)
	check(t, g.r.leave(t.Context()))
	g.at(4 * time.Second).start()
	g.at(6 * time.Second).tick()
	g.want(alarmOpen...) // five seconds after the reading, not after the start
	_, err := g.r.Act(t.Context(), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000001", By: "li"})
	check(t, err)
	alarms, tickets := g.r.core.Engine.Alarms(), g.r.core.Desk.Tickets()
	g.at(7 * time.Second).start()
	if again := g.r.core.Engine.Alarms(); !reflect.DeepEqual(alarms, again) {
		t.Errorf("alarms %+v, want %+v", again, alarms)
	}
	if again := g.r.core.Desk.Tickets(); simJSON(t, again) != simJSON(t, tickets) {
		t.Errorf("tickets %+v, want %+v", again, tickets)
	}
}

// What fell due while the gateway was not running happens at its own time,
// and a ticket finds the plant as it was then.
func TestWhatFellDueMeanwhile(t *testing.T) {
	g := newRig(t)
	g.start()
	g.reads("pump-1", "running", 1)
	g.at(3 * time.Second)
	check(t, g.r.leave(t.Context()))
	g.at(time.Hour).start()
	g.at(time.Hour + time.Second).tick()
	if got := g.kept(); !strings.HasPrefix(got, strings.Join(alarmOpen[:1], "")) {
		t.Errorf("kept\n%s", got)
	}
}

func TestALostJournal(t *testing.T) {
	g := newRig(t)
	g.start()
	for range 5 {
		g.reads("pump-1", "flow", 1)
	}
	check(t, g.r.leave(t.Context()))
	g.ledger = simLedger{}
	g.start()
	if c, _ := g.r.Cursor(t.Context()); c != 0 || !strings.Contains(g.log.String(), "must have been lost") {
		t.Errorf("it goes on behind %d, and logged %s", c, g.log.String())
	}
	g.reads("pump-1", "running", 1)
	g.at(6 * time.Second).tick()
	g.want(alarmOpen...)
}

func TestOtherRulesBeginInTheOldState(t *testing.T) {
	g := newRig(t)
	refuse := 0
	f := &failing{Keeper: g.store, refuse: func() bool { refuse--; return refuse == 0 }}
	g.keeper = f
	g.start()
	g.reads("pump-1", "running", 1)
	g.at(6 * time.Second).tick()
	g.reads("pump-2", "running", 1)
	g.at(8 * time.Second).tick()
	other := strings.ReplaceAll(runnerRules, "PU-02", "PU-03")
	for _, refuse = range []int{1, 2, 0} { // the disk refuses the first commit, then the second
		was, fails := g.r.core.Engine, refuse > 0
		err := g.r.Exchange(t.Context(), g.site, g.judges(other))
		if errors.Is(err, errSimDisk) != fails || (g.r.core.Engine == was) != fails || len(g.r.parts) > 0 && refuse == 2 {
			t.Fatalf("exchange: %v", err)
		}
	}
	for _, rule := range g.r.Rules() {
		if rule.ID == "PU-02" {
			t.Error("the old rules are in force")
		}
	}
	g.at(12 * time.Second).tick()
	g.want("1 5s A000001 pump-1 raise unacknowledged", "2 11s A000002 pump-2 raise unacknowledged", // its delay went on
		"T000002 pump-2 open, 2 events", "T000001 pump-1 open, 2 events", "A000001/raise/1", "T000001/opened", "A000002/raise/2", "T000002/opened")
}

func TestRulesThatAreGone(t *testing.T) {
	g := newRig(t)
	g.start()
	g.reads("pump-1", "running", 1)
	g.at(6 * time.Second).tick()
	check(t, g.r.Exchange(t.Context(), g.site, g.judges(strings.ReplaceAll(runnerRules, "PU-01", "PU-09"))))
	got := g.kept()
	for _, want := range []string{"2 6s A000001 pump-1 clear normal\n", "T000001 pump-1 open"} {
		if !strings.Contains(got, want) {
			t.Errorf("kept\n%s, without %s", got, want)
		}
	}
}
