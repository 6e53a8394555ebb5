package rules

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/store"
)

// A hardware clock in local time, taken for UTC, is eight hours ahead until
// the network has told the time.
const tooFar = 8 * time.Hour

func TestAClockThatWasSetBackIsFollowed(t *testing.T) {
	g := newRig(t)
	g.start()
	g.at(tooFar).reads("pump-1", "running", 0)
	g.at(tooFar + time.Second).tick()
	g.at(10*time.Second).reads("pump-1", "running", 1)
	g.at(time.Minute).tick()
	g.want("1 15s A000001 pump-1 raise unacknowledged", "T000001 pump-1 open, 2 events", "A000001/raise/1", "T000001/opened")
	if n := strings.Count(g.log.String(), "was set back"); n != 1 || g.r.Status().Rewound != 1 || g.r.Status().SetBack {
		t.Errorf("status %+v, logged %d times", g.r.Status(), n)
	}
	if now := g.r.core.Engine.Now(); !now.Equal(g.now.Add(-tickBehind)) {
		t.Errorf("the rules are at %s", now.Sub(morning))
	}
}

// Without any reading, silence is to be told all the same.
func TestAClockThatWasSetBackInSilence(t *testing.T) {
	g := newRig(t)
	g.start()
	g.at(tooFar).reads("pump-1", "flow", 1)
	g.reads("pump-2", "running", 0)
	for at := time.Second; at < 3*time.Minute; at += 15 * time.Second {
		g.at(at).tick()
	}
	if got := g.kept(); !strings.HasPrefix(got, "1 2m0.500000001s A000001 pump-1 raise") {
		t.Errorf("two minutes after it was last heard:\n%s", got)
	}
}

// Less than a minute is no jump, and neither is a reading that a slow disk
// kept waiting.
func TestWhatIsNoClockSetBack(t *testing.T) {
	g := newRig(t)
	g.start()
	g.at(time.Hour).reads("pump-1", "running", 0)
	g.tick()
	g.at(time.Hour - 50*time.Second).tick()
	g.at(time.Hour - 9*time.Minute)
	late := g.entry("pump-1", gateway.Good("running", 1))
	g.at(time.Hour)
	check(t, g.consume(late))
	g.tick()
	if s := g.r.Status(); s.Rewound != 0 || s.SetBack {
		t.Errorf("status %+v", s)
	}
	// With entries to be read, whose time may be any, the clock says nothing.
	g.at(time.Minute)
	g.entry("pump-1", gateway.Good("running", 1))
	g.tick()
	if s := g.r.Status(); s.Rewound != 0 || !s.SetBack {
		t.Errorf("status %+v", s)
	}
}

// Killed at any commit, and started again a little later, it comes to what
// nobody had disturbed.
func TestAClockSetBackIsPlayedAgain(t *testing.T) {
	steps := func(g *rig, alive func() bool) {
		feed := func() {
			for alive() && g.r.position < g.ledger.head {
				next := g.r.position + 1
				_ = g.r.Consume(g.t.Context(), gateway.Batch{Entries: []gateway.Entry{{Seq: next, Line: g.lines[next-1]}}, Last: next})
			}
		}
		for _, at := range []time.Duration{tooFar, tooFar + time.Second, tooFar + 7*time.Second, 20 * time.Second, 21 * time.Second, 40 * time.Second, 3 * time.Minute, 4 * time.Minute} {
			running := 1.0
			if at == 40*time.Second {
				running = 0
			}
			g.at(at).entry("pump-1", gateway.Good("running", running))
			for {
				if feed(); !alive() {
					g.start()
					continue
				}
				if g.tick(); alive() {
					break
				}
				g.start()
			}
		}
	}
	calm := newRig(t)
	calm.start()
	steps(calm, func() bool { return true })
	want := calm.kept()
	if !strings.Contains(want, "clear") || strings.Count(want, "raise unacknowledged") != 2 {
		t.Fatalf("kept\n%s", want)
	}
	for kill := 2; ; kill++ {
		g := newRig(t)
		dead := false
		f := &failing{Keeper: g.store}
		f.refuse = func() bool { dead = f.tried == kill; return dead }
		g.keeper = f
		g.start()
		steps(g, func() bool { was := dead; dead = false; return !was })
		if f.tried < kill {
			if kill < 6 {
				t.Errorf("only %d commits", f.tried)
			}
			return
		}
		if got := g.kept(); got != want {
			t.Errorf("killed at commit %d, kept\n%swant\n%s", kill, got, want)
		}
	}
}

// What a person does while entries are to be read is done at the time of the
// last that was; the log says when it was.
func TestActsDoNotOvertakeTheJournal(t *testing.T) {
	g := newRig(t)
	g.start()
	g.reads("pump-1", "running", 1)
	g.at(6 * time.Second).tick()
	g.reads("pump-2", "running", 1)
	g.at(8 * time.Second)
	stopped := g.entry("pump-2", gateway.Good("running", 0)) // in the journal, not stepped yet
	f := &failing{Keeper: g.store, refuse: func() bool { return false }}
	g.r.o.Keeper = f
	g.at(time.Hour)
	_, err := g.r.Act(t.Context(), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000001", By: "li"})
	check(t, err)
	if !f.last.Action.At.Equal(g.now) || !f.last.Clock.Equal(morning.Add(6*time.Second)) {
		t.Errorf("the log says %s, the rules are at %s", f.last.Action.At.Sub(morning), f.last.Clock.Sub(morning))
	}
	check(t, g.consume(stopped))
	g.tick()
	if got := g.kept(); !strings.Contains(got, "2 6s A000001 pump-1 acknowledge") || strings.Contains(got, "pump-2") {
		t.Errorf("kept\n%s", got)
	}
}

// How the rules stand is told while their disk hangs.
func TestStatusComesAtOnce(t *testing.T) {
	g := newRig(t)
	g.start()
	g.reads("pump-1", "running", 1)
	g.tick()
	var s gateway.RulesStatus
	g.keeper = &failing{Keeper: g.store, refuse: func() bool { s = g.r.Status(); return true }}
	g.r.o.Keeper = g.keeper
	g.at(6 * time.Second).tick()
	if s.Stepped != 1 || s.Readings != 1 {
		t.Errorf("it said %+v", s)
	}
}

// A disk that takes a commit and then fails has it twice: the rules go on
// from what it has.
func TestWhatIsStoredAlready(t *testing.T) {
	g := newRig(t)
	f := &twice{Keeper: g.store}
	g.keeper = f
	g.start()
	g.reads("pump-1", "running", 1)
	f.fail = true
	g.at(6 * time.Second).tick() // it was kept, and said not to be
	f.fail = false
	g.at(7 * time.Second)
	next := g.entry("pump-2", gateway.Good("running", 1))
	if err := g.consume(next); !errors.Is(err, store.ErrDuplicate) {
		t.Fatalf("consume: %v", err)
	}
	if err := g.consume(next); !errors.Is(err, errReread) {
		t.Fatalf("it took what does not follow its cursor: %v", err)
	}
	cursor, err := g.r.Cursor(t.Context())
	check(t, err)
	if cursor != 1 {
		t.Fatalf("it goes on behind %d", cursor)
	}
	check(t, g.consume(next))
	_, err = g.r.Act(t.Context(), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000001", By: "li"})
	check(t, err)
	g.at(13 * time.Second).tick()
	g.want("1 5s A000001 pump-1 raise unacknowledged", "2 7s A000001 pump-1 acknowledge acknowledged", "3 12s A000002 pump-2 raise unacknowledged",
		"T000002 pump-2 open, 2 events", "T000001 pump-1 accepted, 3 events", "A000001/raise/1", "T000001/opened", "A000002/raise/3", "T000002/opened")
	if n := strings.Count(g.log.String(), "stored already; the rules go on"); n != 1 || g.r.Status().Reloads != 1 {
		t.Errorf("status %+v, logged %d times:\n%s", g.r.Status(), n, g.log.String())
	}
}

// twice is a keeper that keeps a commit and says that it did not.
type twice struct {
	Keeper
	fail bool
}

func (k *twice) Commit(ctx context.Context, c store.Commit) error {
	if err := k.Keeper.Commit(ctx, c); err != nil || !k.fail {
		return err
	}
	return errSimDisk
}
