package rules

import (
	"strings"
	"testing"
	"time"

	"steward/gateway"
)

// State without effects is saved every half minute; where nothing comes, the time
// alone is, and that is enough to go on from.
func TestStateIsSavedNowAndThen(t *testing.T) {
	g := newRig(t)
	f := &failing{Keeper: g.store, refuse: func() bool { return false }}
	g.keeper = f
	g.start()
	step := func(at time.Duration, tried int, cursor gateway.Seq, clock time.Duration, whole bool) {
		t.Helper()
		g.at(at).tick()
		s := g.saved()
		if f.tried != tried || s.Cursor != cursor || !s.Clock.Equal(morning.Add(clock)) || (len(f.last.State) > 0) != whole {
			t.Errorf("after %s: %d commits, saved up to %d at %s, %d parts; want %d, %d at %s", at, f.tried, s.Cursor, s.Clock.Sub(morning), len(f.last.State), tried, cursor, clock)
		}
	}
	step(0, 1, 0, 0, true)
	for at := time.Second; at < 28*time.Second; at += 9 * time.Second { // the entries tell the time
		g.at(at).reads("pump-2", "running", 0)
		step(at+time.Second, 1, 0, 0, true)
	}
	g.at(30*time.Second).reads("pump-1", "running", 0)
	step(30*time.Second, 2, 4, 30*time.Second, true)
	g.at(32*time.Second).reads("pump-1", "flow", 1)
	step(41*time.Second, 2, 4, 30*time.Second, true)
	step(42*time.Second, 3, 5, 41500*time.Millisecond, true) // with its cursor, as the time is not that of the entry
	step(51*time.Second, 3, 5, 41500*time.Millisecond, true)
	step(52*time.Second, 4, 5, 51500*time.Millisecond, false)
	step(61*time.Second, 4, 5, 51500*time.Millisecond, false)
	step(62*time.Second, 5, 5, 61500*time.Millisecond, false)
	if s := g.r.Status(); len(g.told) != 0 || !s.SavedAt.Equal(morning.Add(62*time.Second)) || s.Saved != 5 {
		t.Errorf("told %+v, stands at %+v", g.told, s)
	}
	state := func() string {
		var b strings.Builder
		g.r.core.Engine.Save(func(key string, body []byte) {})
		for _, id := range []gateway.AssetID{"pump-1", "pump-2"} {
			x, err := g.r.Explain(id)
			check(t, err)
			b.WriteString(simJSON(t, x))
		}
		return b.String()
	}
	was := state()
	g.start()
	if now := state(); now != was || !g.r.core.Engine.Now().Equal(g.saved().Clock) {
		t.Errorf("after a crash at %s\n%s\nwant\n%s", g.r.core.Engine.Now().Sub(morning), now, was)
	}
}

// However many entries come, few are to be played again.
func TestManyEntriesAreSavedSooner(t *testing.T) {
	g := newRig(t)
	g.start()
	e := g.entry("pump-1", gateway.Good("flow", 1))
	e.Seq, g.ledger.head = saveBehind-1, saveBehind-1
	check(t, g.consume(e))
	if s := g.saved(); s.Cursor != 0 {
		t.Errorf("saved up to %d", s.Cursor)
	}
	e.Seq, g.ledger.head = saveBehind, saveBehind
	check(t, g.consume(e))
	if s := g.saved(); s.Cursor != saveBehind {
		t.Errorf("saved up to %d", s.Cursor)
	}
}
