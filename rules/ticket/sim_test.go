package ticket

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/book"
)

var (
	seeds = flag.Int("seeds", 100, "runs of the simulation")
	seed  = flag.Uint64("seed", 1, "the first of them")
)

// op is one thing that happens to a desk: the world changes, alarms move, or
// a person acts.
type op struct {
	at     time.Time
	change func(*world)
	steps  []duty.Transition
	act    *duty.Action
}

// simRule is a rule of the simulation and its present alarm.
type simRule struct {
	alarm  duty.Alarm
	active bool
}

func simRules() []*simRule {
	rule := func(asset gateway.AssetID, name, fault string, p duty.Priority, c duty.Class, latch bool) *simRule {
		return &simRule{alarm: duty.Alarm{AlarmKey: duty.AlarmKey{Asset: asset, Rule: name}, Fault: fault, Title: text(name), Priority: p, Class: c, Latch: latch, State: duty.Normal}}
	}
	return []*simRule{
		rule("pump", "PU-01", "PU-01", duty.P2, duty.ClassSimple, true),
		rule("pump", "PU-02", "PU-02", duty.P4, duty.ClassPlanned, false),
		rule("pump", "PU-02H", "PU-02", duty.P1, duty.ClassEmergency, false), // shares the ticket
		rule("lift", "EL-01", "EL-01", duty.P1, duty.ClassEmergency, true),
		rule("lift", "EL-09", "EL-09", duty.P3, duty.ClassComplex, false), // watched by nothing
		rule("leak-2", "LK-01", "LK-01", duty.P2, duty.ClassSimple, false),
		rule("gauge", "RN-01", "RN-01", duty.P3, duty.ClassNone, false),
	}
}

func simOptions(w *world) Options {
	o := testOptions(w)
	quarter := halfMonth()
	quarter.ID, quarter.Every, quarter.Months, quarter.Fact = "lift-quarter", 0, 3, "serviced_quarter"
	count := hours()
	count.By = 100
	o.Plans = []book.Plan{halfMonth(), quarter, count, {ID: "vacant-round", Title: text("Round"), OnFault: "RN-01", Fact: "visited"}}
	return o
}

func simWorld() *world {
	w := newWorld()
	for _, r := range simRules() {
		if a := r.alarm; a.Fault != "EL-09" && a.Fault != "RN-01" {
			w.watched(a.Asset, a.Fault, "p1", "p2")
		}
	}
	w.set(duty.Fact{Name: "vacant", Unit: "f1", Number: 1})
	w.set(duty.Fact{Name: "vacant", Unit: "f3", Number: 1})
	return w
}

// sim makes up what happens.
type sim struct {
	rng   *rand.Rand
	rules []*simRule
	seq   uint64
	lives int
	now   time.Time
	hours float64
}

func (s *sim) chance(p float64) bool { return s.rng.Float64() < p }

// next makes up one thing to happen to the desk as it now is.
func (s *sim) next(d *Desk, steady bool) []op {
	s.now = s.now.Add(time.Duration(s.rng.Int64N(int64(time.Minute)) << s.rng.IntN(9)))
	switch n := s.rng.IntN(10); {
	case n < 4:
		return s.alarm(steady)
	case n < 9:
		a := s.action(d)
		return []op{{at: s.now, act: &a}}
	case steady:
		return nil
	}
	if s.chance(0.4) {
		s.hours += s.rng.Float64() * 60
		v := s.hours
		return []op{{at: s.now, change: func(w *world) { w.values["pump.run_hours"] = v }}}
	}
	a, good := s.rules[s.rng.IntN(len(s.rules))].alarm, s.now
	if s.chance(0.4) {
		good = time.Time{}
	}
	return []op{{at: s.now, change: func(w *world) {
		w.change(a.Asset, a.Fault, func(e *Evidence) { e.GoodSince = good })
	}}}
}

// alarm moves one alarm: its condition, or what people and logic make of it.
func (s *sim) alarm(steady bool) (ops []op) {
	r := s.rules[s.rng.IntN(len(s.rules))]
	a, from, event := &r.alarm, r.alarm.State, duty.EventMark
	hidden := from == duty.Suppressed
	switch n := s.rng.IntN(8); {
	case n < 4 && !r.active:
		event, r.active, a.Raised = duty.EventRaise, true, s.now
		if from == duty.Normal {
			s.lives++
			a.ID, a.Marks = fmt.Sprintf("A%06d", s.lives), nil
		}
		if !hidden {
			a.State = duty.Unacknowledged
		}
	case n < 4:
		event, r.active = duty.EventClear, false
		switch {
		case hidden:
		case from == duty.Acknowledged && !a.Latch:
			a.State = duty.Normal
		case from == duty.Acknowledged:
			a.State = duty.Latched
		default:
			a.State = duty.Returned
		}
	case n < 6 && from == duty.Unacknowledged:
		event, a.State = duty.EventAcknowledge, duty.Acknowledged
	case n < 6 && from == duty.Returned:
		event, a.State = duty.EventAcknowledge, duty.Normal
	case n < 7 && hidden:
		event, a.State = duty.EventUnsuppress, duty.Normal
		if r.active {
			a.State = duty.Unacknowledged
		}
	case n < 7 && from != duty.Normal:
		event, a.State = duty.EventSuppress, duty.Suppressed
	case from == duty.Acknowledged && r.active:
		event, a.State = duty.EventRealarm, duty.Unacknowledged
	case from == duty.Normal:
		return nil
	case s.chance(0.2):
		a.Marks = []duty.Mark{duty.MarkChattering}
	}
	a.Active, a.Changed = r.active, s.now
	if !steady {
		active, asset, fault := s.active(a.Asset, a.Fault), a.Asset, a.Fault
		ops = append(ops, op{at: s.now, change: func(w *world) { w.change(asset, fault, func(e *Evidence) { e.Active = active }) }})
	}
	s.seq++
	t := duty.Transition{Seq: s.seq, At: s.now, Event: event, From: from, To: a.State, Alarm: *a}
	if event == duty.EventAcknowledge {
		t.By = "li"
	}
	return append(ops, op{at: s.now, steps: []duty.Transition{t}})
}

func (s *sim) active(asset gateway.AssetID, fault string) bool {
	return slices.ContainsFunc(s.rules, func(r *simRule) bool {
		return r.active && r.alarm.Asset == asset && r.alarm.Fault == fault
	})
}

// action makes up what a person tries; now and then it makes no sense.
func (s *sim) action(d *Desk) duty.Action {
	people := []string{"li", "wang", "zhao"}
	a := duty.Action{Do: verbs[s.rng.IntN(len(verbs))], By: people[s.rng.IntN(3)], Note: "n", Reason: "r", To: "sun",
		Waits: []duty.WaitReason{duty.WaitParts, duty.WaitAccess, duty.WaitContractor}[s.rng.IntN(3)],
		Class: []duty.Class{duty.ClassSimple, duty.ClassComplex}[s.rng.IntN(2)], Until: s.now.Add(time.Hour)}
	tickets := d.Tickets()
	if len(tickets) == 0 || s.chance(0.03) {
		return duty.Action{Do: duty.DoOpen, By: "li", New: &duty.Report{Title: "t", Unit: "f1", Class: a.Class, Priority: duty.P3}}
	}
	t := tickets[s.rng.IntN(len(tickets))]
	if s.chance(0.8) { // something that the table has
		for range 50 {
			if _, ok := next(t.State, a.Do); ok && a.Do != duty.DoCancel && a.Do != duty.DoNote {
				break
			}
			a.Do = verbs[s.rng.IntN(len(verbs))]
		}
	}
	a.Ticket = t.ID
	if s.chance(0.02) {
		a.Ticket = number(s.rng.IntN(50))
	}
	return a
}

// TestSimulation: whatever comes, and wherever the gateway was restarted, the
// desk keeps its promises and does what an undisturbed one does.
func TestSimulation(t *testing.T) {
	seen := map[string]int{}
	for n := range uint64(*seeds) {
		s := *seed + n
		t.Run(fmt.Sprintf("seed=%d", s), func(t *testing.T) { simulate(t, s, seen) })
	}
	if *seeds < 20 {
		return // too few to see everything
	}
	for _, s := range duty.TicketStates() {
		if seen[string(s)] == 0 {
			t.Errorf("no run came to state %s", s)
		}
	}
	for _, w := range []duty.What{duty.WhatAlarm, duty.WhatAssigned, duty.WhatPlanned, duty.WhatClassified, duty.WhatWarned, duty.WhatBreached, duty.WhatProof, duty.WhatRecurrence, duty.WhatTrend} {
		if seen[string(w)] == 0 {
			t.Errorf("no run had an event %s", w)
		}
	}
	for _, s := range []string{"proved", "outage", "fact"} {
		if seen[s] == 0 {
			t.Errorf("no run had: %s", s)
		}
	}
}

func simulate(t *testing.T, seed uint64, seen map[string]int) {
	rng := rand.New(rand.NewPCG(seed, 7))
	s := &sim{rng: rng, rules: simRules(), now: t0}
	one := newRun(simWorld())
	one.take(one.d.Step(t0, nil))
	watch := newWatch()
	ops := []op{}
	for len(ops) < 400 {
		for _, o := range s.next(one.d, false) {
			for { // step by step, so that each effect is held against the world of its time
				due, ok := one.d.Due()
				if !ok || due.After(o.at) {
					break
				}
				e := one.d.Step(due, nil)
				watch.look(t, one, e)
				one.take(e)
			}
			events, tickets := len(one.e.Events), len(one.e.Tickets)
			one.do(o)
			watch.look(t, one, Effects{Tickets: one.e.Tickets[tickets:], Events: one.e.Events[events:]})
			watch.check(t, one, o.at)
			ops = append(ops, o)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	watch.finish(t, one, seen)

	two := newRun(simWorld())
	two.take(two.d.Step(t0, nil))
	at := t0
	for _, o := range ops {
		for rng.IntN(3) == 0 {
			between := at.Add(time.Duration(rng.Int64N(int64(o.at.Sub(at)) + 1)))
			two.until(between)
			if rng.IntN(4) == 0 {
				two.restart(t, rng, between)
			} else {
				two.take(two.d.Step(between, nil))
			}
			at = between
		}
		two.until(o.at)
		two.do(o)
		at = o.at
	}
	if a, b := one.all(t), two.all(t); a != b {
		t.Fatalf("a run with restarts and more ticks differs:\n%s", firstDifference(a, b))
	}
}

// TestLateStepsSimulation: where the world stands still, looking seldom and
// taking alarms in batches gives what looking all the time does.
func TestLateStepsSimulation(t *testing.T) {
	for n := range uint64(*seeds) {
		seed := *seed + n
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			s := &sim{rng: rand.New(rand.NewPCG(seed, 8)), rules: simRules(), now: t0}
			one, two := newRun(simWorld()), newRun(simWorld())
			one.deaf, two.deaf = true, true
			one.take(one.d.Step(t0, nil))
			two.take(two.d.Step(t0, nil))
			var batch []duty.Transition
			for range 300 {
				for _, o := range s.next(one.d, true) {
					one.until(o.at)
					one.do(o)
					if o.act == nil {
						batch = append(batch, o.steps...)
						continue
					}
					if len(batch) > 0 {
						two.take(two.d.Step(s.now, batch))
						batch = nil
					}
					two.do(o)
				}
			}
			end := s.now.Add(100 * time.Hour)
			one.until(end)
			one.take(one.d.Step(end, nil))
			two.take(two.d.Step(end, batch))
			if a, b := one.byTicket(t), two.byTicket(t); a != b {
				t.Fatalf("late steps differ:\n%s", firstDifference(a, b))
			}
		})
	}
}
