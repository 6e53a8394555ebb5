package alarm

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

var runs = flag.Uint64("runs", 60, "random sites in TestRandom")

// world is a random site with random rules, and what is true in it.
type world struct {
	rnd   *rand.Rand
	site  *gateway.Site
	specs []Spec
	truth map[duty.AlarmKey]bool
	now   time.Time
	back  bool // time may go back
	last  int  // in specs, of the last operation
}

func newWorld(rnd *rand.Rand) *world {
	w := &world{rnd: rnd, site: &gateway.Site{Language: "en", Zone: time.UTC}, truth: make(map[duty.AlarmKey]bool), now: t0}
	n := 2 + rnd.IntN(6)
	for i := range n {
		a := gateway.Asset{ID: gateway.AssetID(fmt.Sprintf("a%d", i))}
		for range rnd.IntN(3) { // any, itself too: people make mistakes
			a.FedBy = append(a.FedBy, gateway.AssetID(fmt.Sprintf("a%d", rnd.IntN(n))))
		}
		w.site.Assets = append(w.site.Assets, a)
		for r := range 4 {
			w.specs = append(w.specs, Spec{Key: duty.AlarmKey{Asset: a.ID, Rule: fmt.Sprintf("R%d", r)}})
			w.change(&w.specs[len(w.specs)-1])
		}
	}
	return w
}

// change gives a rule other settings.
func (w *world) change(s *Spec) {
	r := w.rnd
	*s = Spec{Key: s.Key, Fault: s.Key.Rule, Title: gateway.Text{EN: s.Key.Rule}, Class: duty.ClassSimple,
		Priority: duty.Priority(1 + r.IntN(4)), Latch: r.IntN(3) == 0, Cause: r.IntN(3) == 0, Folds: r.IntN(2) == 0}
	if r.IntN(2) == 0 {
		s.Realarm = time.Duration(1+r.IntN(120)) * time.Minute
	}
	for _, p := range []string{"x", "y"} {
		if r.IntN(2) == 0 {
			s.Points = append(s.Points, p)
		}
	}
	if r.IntN(3) == 0 {
		s.SuppressBy = append(s.SuppressBy, fmt.Sprintf("R%d", r.IntN(4)))
	}
}

// ticking is an operation of no effect but that what is due is done.
const ticking = 0

// step makes up the next operation. It can be done to any number of tables.
func (w *world) step(pick func() []duty.Alarm) (kind int, op func(*Table) error) {
	r := w.rnd
	switch r.IntN(12) {
	case 0:
		w.now = w.now.Add(time.Duration(r.IntN(30)) * time.Hour)
	case 1, 2, 3:
		w.now = w.now.Add(time.Duration(r.IntN(60)) * time.Minute)
	case 4:
	default:
		w.now = w.now.Add(time.Duration(r.IntN(20)) * time.Second)
	}
	at := w.now
	if w.back && r.IntN(10) == 0 {
		at = at.Add(-time.Duration(r.IntN(3600)) * time.Second)
	}
	if r.IntN(2) == 0 { // often the same again, so that some chatter
		w.last = r.IntN(len(w.specs))
	}
	spec := &w.specs[w.last]
	until := at.Add(time.Duration(r.IntN(14*60)-20) * time.Minute)
	ticket := fmt.Sprintf("T%06d", r.IntN(3))
	switch kind = r.IntN(16); kind {
	case ticking:
		return kind, func(t *Table) error { t.Tick(at); return nil }
	case 1, 2, 3, 4:
		w.truth[spec.Key] = true
		s := *spec
		return kind, func(t *Table) error { t.Raise(at, s, nil); return nil }
	case 5, 6, 7:
		delete(w.truth, spec.Key)
		key := spec.Key
		return kind, func(t *Table) error { t.Clear(at, key); return nil }
	case 8:
		s, on := *spec, r.IntN(2) == 0
		return kind, func(t *Table) error { t.Suppress(at, s, on, alike("by design")); return nil }
	case 9:
		o := duty.Outage{Asset: spec.Key.Asset, Ticket: ticket, Until: until}
		if r.IntN(3) > 0 {
			o.Points = []string{[]string{"x", "y"}[r.IntN(2)]}
		}
		return kind, func(t *Table) error { t.Outage(at, o); return nil }
	case 10:
		w.change(spec)
		s := *spec
		return kind, func(t *Table) error { t.Update(at, s); return nil }
	case 11:
		if r.IntN(4) > 0 {
			return ticking, func(t *Table) error { t.Tick(at); return nil }
		}
		delete(w.truth, spec.Key)
		key := spec.Key
		return kind, func(t *Table) error { t.Forget(at, key, alike("gone")); return nil }
	}
	a := duty.Action{Alarm: "A999999", By: fmt.Sprintf("p%d", r.IntN(3)), Note: "n", Reason: "r", Ticket: ticket, Until: until}
	if live := pick(); len(live) > 0 {
		a.Alarm = live[r.IntN(len(live))].ID
	}
	a.Do = []duty.Verb{duty.DoAcknowledge, duty.DoAcknowledge, duty.DoReset, duty.DoShelve, duty.DoShelve, duty.DoUnshelve,
		duty.DoRemove, duty.DoRestore}[r.IntN(8)]
	return kind, func(t *Table) error { return t.Act(at, a) }
}

// kept is a store of saved parts.
type kept map[string][]byte

func (k kept) save(t *Table) {
	t.Save(func(key string, body []byte) {
		if body == nil {
			delete(k, key)
			return
		}
		k[key] = body
	})
}

func (k kept) restore(tb testing.TB, rnd *rand.Rand, o Options) *Table {
	tb.Helper()
	t := New(o)
	keys := slices.Sorted(maps.Keys(k))
	rnd.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	for _, key := range keys {
		if err := t.Restore(key, k[key]); err != nil {
			tb.Fatal(err)
		}
	}
	return t
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// TestRandom holds, over random sites, rules and operations: a table that is
// saved and restored after each operation says what one that is not says, and
// so does one in which nothing is done before it must be; and whatever
// happens, the invariants hold.
func TestRandom(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for run := range *runs {
		if !t.Run(fmt.Sprint(run), func(t *testing.T) { randomRun(t, seed, run) }) {
			return
		}
	}
}

func randomRun(t *testing.T, seed, run uint64) {
	rnd := rand.New(rand.NewPCG(seed, run))
	w := newWorld(rnd)
	w.back = run%2 == 0
	o := Options{Site: w.site, Meta: metas(), FloodStart: 1 + rnd.IntN(10), FloodEnd: 1 + rnd.IntN(5)}
	through, late, broken := New(o), New(o), New(o)
	store := kept{}
	lives := newLives()
	var all, afterwards []duty.Transition
	for i := range 200 {
		kind, op := w.step(through.Alarms)
		err, again := op(through), op(broken)
		if fmt.Sprint(err) != fmt.Sprint(again) {
			t.Fatalf("operation %d: %v, restored: %v", i, err, again)
		}
		if kind != ticking && !w.back {
			_ = op(late)
		}
		done := through.Take()
		if got, want := text(broken.Take()), text(done); got != want {
			t.Fatalf("operation %d: restored\n%s\nwithout a break\n%s", i, got, want)
		}
		store.save(broken)
		broken = store.restore(t, rnd, o)
		if got, want := text(broken.Alarms()), text(through.Alarms()); got != want {
			t.Fatalf("operation %d: restored\n%s\nwithout a break\n%s", i, got, want)
		}
		lives.follow(t, done)
		if kind == ticking || kind > 4 && kind != 8 && kind != 10 { // else what it brings may be due with something before it
			calm(t, through, done)
		}
		w.hold(t, through)
		all, afterwards = append(all, done...), append(afterwards, late.Take()...)
		if t.Failed() {
			t.Fatalf("at operation %d of seed %d, run %d", i, seed, run)
		}
	}
	whole := kept{}
	whole.save(through)
	for key := range store {
		if !bytes.Equal(store[key], whole[key]) && key != metaPart {
			t.Fatalf("%s: %s, at once %s", key, store[key], whole[key])
		}
	}
	if len(whole) != len(store) {
		t.Fatalf("%d parts kept, %d are needed", len(store), len(whole))
	}
	if !w.back {
		late.Tick(w.now)
		through.Tick(w.now)
		all, afterwards = append(all, through.Take()...), append(afterwards, late.Take()...)
		if text(all) != text(afterwards) {
			t.Fatalf("early and late ticks differ: %d and %d transitions", len(all), len(afterwards))
		}
	}
}

// lives follows every alarm by its transitions alone.
type lives struct {
	seq   uint64
	at    time.Time
	state map[string]duty.AlarmState
	over  map[string]bool
	came  map[string]time.Time // its last raise
	open  map[duty.AlarmKey]string
}

func newLives() *lives {
	return &lives{state: make(map[string]duty.AlarmState), over: make(map[string]bool), came: make(map[string]time.Time), open: make(map[duty.AlarmKey]string)}
}

func (l *lives) follow(t *testing.T, steps []duty.Transition) {
	t.Helper()
	for _, tr := range steps {
		a := tr.Alarm
		l.seq++
		from, known := l.state[a.ID]
		if !known {
			from = duty.Normal
		}
		switch {
		case tr.Seq != l.seq:
			t.Errorf("number %d after %d", tr.Seq, l.seq-1)
		case tr.At.Before(l.at):
			t.Errorf("%s: %s after %s", a.ID, tr.At, l.at)
		case l.over[a.ID]:
			t.Errorf("%s goes on after its end", a.ID)
		case tr.From != from || tr.To != a.State:
			t.Errorf("%s: %s→%s as %s, was %s", a.ID, tr.From, tr.To, a.State, from)
		case l.open[a.AlarmKey] != "" && l.open[a.AlarmKey] != a.ID:
			t.Errorf("%s and %s are both open", a.ID, l.open[a.AlarmKey])
		case a.State == duty.Shelved && a.Priority == duty.P1:
			t.Errorf("%s is P1 and shelved", a.ID)
		case !a.Changed.Equal(tr.At):
			t.Errorf("%s changed %s, not %s", a.ID, a.Changed, tr.At)
		case tr.From != tr.To && tr.Event == duty.EventMark:
			t.Errorf("a mark moved %s", a.ID)
		case tr.Event == duty.EventClear && a.Has(duty.MarkChattering) && tr.At.Before(l.came[a.ID].Add(calmFor)) && !aside(from) && tr.Words().EN != "gone":
			t.Errorf("%s chatters, came %s and went %s", a.ID, l.came[a.ID], tr.At)
		}
		if tr.Event == duty.EventRaise {
			l.came[a.ID] = tr.At
		}
		l.at, l.state[a.ID], l.open[a.AlarmKey] = tr.At, tr.To, a.ID
		if tr.To == duty.Normal {
			l.over[a.ID] = true
			delete(l.open, a.AlarmKey)
		}
	}
}

// calm holds that what comes back is not suppressed at that very instant, by
// the steps of one call. Assets that feed each other in a circle are a mistake
// in the site's file: which of two goes first is then as good as the other.
func calm(t *testing.T, table *Table, steps []duty.Transition) {
	t.Helper()
	for i, tr := range steps {
		cause := table.byID[tr.Alarm.Cause]
		if tr.Event != duty.EventSuppress || !aside(tr.To) ||
			cause != nil && table.feeds(tr.Alarm.Asset, cause.key.Asset) {
			continue
		}
		for _, o := range steps[:i] {
			if o.Alarm.ID == tr.Alarm.ID && o.At.Equal(tr.At) && aside(o.From) && o.To == duty.Unacknowledged && o.Event != duty.EventRaise {
				t.Errorf("%s %s/%s: %s to %s for 0 ns, then %s: %s", tr.Alarm.ID, tr.Alarm.Asset, tr.Alarm.Rule, o.Event, o.To, tr.Event, tr.Words().EN)
			}
		}
	}
}

// aside reports whether something holds the alarm: when that ends, so does the
// wait for a clear to last.
func aside(s duty.AlarmState) bool {
	return s == duty.Shelved || s == duty.Suppressed || s == duty.OutOfService
}

// hold checks what must be true of the set at any time.
func (w *world) hold(t *testing.T, table *Table) {
	t.Helper()
	for _, e := range table.entries {
		for _, o := range table.outages[e.key.Asset] {
			out := len(o.Points) == 0 || slices.ContainsFunc(o.Points, func(p string) bool { return slices.Contains(e.spec.Points, p) })
			if e.alarm != nil && e.about == "" && out && e.alarm.State != duty.OutOfService {
				t.Errorf("%s is %s while its points are out of service", e.alarm.ID, e.alarm.State)
			}
		}
	}
	live := make(map[duty.AlarmKey]duty.Alarm)
	causes := make(map[string]bool)
	for _, a := range table.Alarms() {
		if _, twice := live[a.AlarmKey]; twice {
			t.Errorf("two alarms of %v", a.AlarmKey)
		}
		live[a.AlarmKey] = a
		e := table.entries[a.AlarmKey]
		if a.Active && a.Annunciated() && e.spec.Cause {
			causes[a.ID] = true
		}
		w.one(t, a, e)
	}
	for key := range w.truth {
		if a, is := live[key]; !is || !a.Active {
			t.Errorf("%v holds and has no active alarm", key)
		}
	}
	for key, a := range live {
		e := table.entries[key]
		if a.Active && e.about == "" && w.truth[key] != e.clears.IsZero() {
			t.Errorf("%s is active; it holds: %v, its clear is held back: %v", a.ID, w.truth[key], !e.clears.IsZero())
		}
		if !e.clears.IsZero() && (!a.Active || table.now.Before(e.clears.Add(-calmFor)) && !w.back) {
			t.Errorf("%s, active %v, is to clear at %s", a.ID, a.Active, e.clears)
		}
		if a.Cause != "" && !causes[a.Cause] {
			t.Errorf("%s is folded into %s, which is no cause", a.ID, a.Cause)
		}
		if a.Active && e.spec.Folds && a.Annunciated() && w.upstream(key.Asset, live, causes) {
			t.Errorf("%s asks for an eye below its cause", a.ID)
		}
	}
	if len(table.byID) != len(live) || len(causes) != table.causes {
		t.Errorf("%d by ID of %d, %d causes counted of %d", len(table.byID), len(live), table.causes, len(causes))
	}
}

func (w *world) one(t *testing.T, a duty.Alarm, e *entry) {
	t.Helper()
	can := a.State != duty.Normal
	switch a.State {
	case duty.Unacknowledged, duty.Acknowledged:
		can = a.Active
	case duty.Returned, duty.Latched:
		can = !a.Active
	}
	switch {
	case !can:
		t.Errorf("%s is %s, active %v", a.ID, a.State, a.Active)
	case cover(e.holds) != "" && cover(e.holds) != a.State:
		t.Errorf("%s is %s, its holds are %v", a.ID, a.State, e.holds)
	case (cover(e.holds) == "") != a.Annunciated():
		t.Errorf("%s is %s with holds %v", a.ID, a.State, e.holds)
	case a.State == duty.Shelved && e.spec.Priority == duty.P1:
		t.Errorf("%s is shelved, and its rule says P1", a.ID)
	case (a.State == duty.Acknowledged) != (a.State == duty.Acknowledged && !a.Acked.IsZero()),
		a.State == duty.Unacknowledged && !a.Acked.IsZero():
		t.Errorf("%s is %s, acknowledged %s", a.ID, a.State, a.Acked)
	case (a.State == duty.Shelved || a.State == duty.OutOfService) == a.Until.IsZero():
		t.Errorf("%s is %s until %s", a.ID, a.State, a.Until)
	}
}

// upstream looks for a cause above the asset in the simplest way.
func (w *world) upstream(asset gateway.AssetID, live map[duty.AlarmKey]duty.Alarm, causes map[string]bool) bool {
	above := map[gateway.AssetID]bool{asset: true}
	for range w.site.Assets {
		for _, a := range w.site.Assets {
			for _, f := range a.FedBy {
				if above[a.ID] {
					above[f] = true
				}
			}
		}
	}
	for key, a := range live {
		if key.Asset != asset && above[key.Asset] && causes[a.ID] {
			return true
		}
	}
	return false
}
