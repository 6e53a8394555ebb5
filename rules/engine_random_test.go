package rules

import (
	"encoding/json"
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

var seeds = flag.Int("seeds", 60, "how many random lives TestLives plays")

// everything has an input of each kind in some rule.
const everything = `
rules:
  - {rule: PU-01, kind: pump, HEAD, priority: P1, latch: true, on_delay: 5s, off_delay: 30s, suppress_when: "mode == 'off'",
     let: {dry: {from: fed_by, kind: tank, point: level_low_low, take: any}}, when: "running and (suction_pressure < 0.02 or dry)"}
  - {rule: PU-02, kind: pump, HEAD, priority: P3, on_delay: 0s, off_delay: 10m, let: {n: {of: starts, take: increase, over: 10m}}, when: "n > 4"}
  - {rule: PU-05, kind: pump, HEAD, priority: P2, on_delay: 1m, off_delay: 1m, supply: consequence, low: {point: discharge_pressure, limit: 0.3, dead_band: 0.05}}
  - {rule: PU-08, kind: pump, HEAD, priority: P3, on_delay: 0s, off_delay: 2m,
     let: {noise: {of: discharge_pressure, take: stddev, over: 5m}, m: {of: discharge_pressure, take: mean, over: 3m}}, when: "noise > 0.1 or m < 0.2", clear: "noise < 0.05"}
  - {rule: PU-17, kind: pump, HEAD, priority: P3, on_delay: 0s, off_delay: 0s,
     let: {low: {of: discharge_pressure, take: min, every: hour}, base: {of: low, take: median, over: 6h}}, when: "low > 1.3 * base"}
  - {rule: PU-19, kind: pump, HEAD, priority: P4, on_delay: 10s, off_delay: 10s, let: {night: {between: ["22:00", "06:00"]}, vacant: {fact: vacant, of: unit}},
     when: "running and (night or vacant)"}
  - {rule: PU-20, kind: pump, HEAD, priority: P4, on_delay: 0s, off_delay: 0s, let: {since: {fact: visited, take: age, need: true}}, when: "since > 3600"}
  - {rule: PW-04, kind: tank, HEAD, priority: P2, on_delay: 2s, off_delay: 2s, supply: cause, when: "level_low_low"}
  - {rule: PW-05, kind: tank, HEAD, priority: P4, on_delay: 0s, off_delay: 0s, let: {w: {of: level_low_low, take: duration, over: 30m}}, when: "w > 300"}
  - {rule: SY-01, kind: "*", HEAD, priority: P4, on_delay: 5s, off_delay: 5s, silent: {for: 15m}}
  - {rule: SY-04, HEAD, kind: "*", priority: P4, on_delay: 0s, off_delay: 0s, about: chattering}
`

// life is a random sequence of steps that can be played again.
type life struct {
	site  *gateway.Site
	book  *book.Book
	steps []func(*stage)
	now   time.Time
	at    []time.Time // of each step
	down  []bool      // the step is a Resume: nobody looked before it
}

func newLife(t testing.TB, seed uint64) *life {
	rng := rand.New(rand.NewPCG(seed, 17))
	points := "running/1m mode/0 suction_pressure/30s discharge_pressure/2m starts/0"
	l := &life{site: house(t, "Europe/Berlin", "tank-1 tank level_low_low/5m", "tank-2 tank level_low_low/0",
		"pump-1 pump fed_by=tank-1 unit=101 "+points, "pump-2 pump fed_by=tank-2 fed_by=tank-1 "+points, "pump-3 pump unit=101 running/0 discharge_pressure/1h")}
	l.book = load(t, l.site, everything)
	now := morning.Add(time.Duration(rng.IntN(40*24)) * time.Hour)
	starts := 65500.0
	for range 150 {
		now = now.Add([]time.Duration{0, time.Second, 7 * time.Second, 20 * time.Second, time.Minute, 10 * time.Minute, 2 * time.Hour}[rng.IntN(7)])
		now = now.Add(time.Duration(rng.IntN(2)*rng.IntN(1e9)) * time.Nanosecond)
		at := now
		l.now = now
		switch x := rng.IntN(20); {
		case x == 0:
			l.add(func(s *stage) { s.e.Resume(at) })
			l.down[len(l.down)-1] = true
		case x == 1:
			f := duty.Fact{Name: []string{"vacant", "visited"}[rng.IntN(2)], Number: float64(rng.IntN(2))}
			if f.Name == "vacant" {
				f.Unit = "101"
			} else {
				f.Asset, f.Number = "pump-1", float64(at.Unix()-int64(rng.IntN(7200)))
			}
			if rng.IntN(2) == 0 {
				f.Until = at.Add(time.Duration(1+rng.IntN(3600)) * time.Second)
			}
			l.add(func(s *stage) { s.act(at, duty.Action{Do: duty.DoSetFact, By: "ann", Fact: &f}) })
		case x == 2:
			o := duty.Outage{Asset: "pump-1", Points: []string{"suction_pressure"}, Ticket: "T1", Until: at.Add(time.Duration(rng.IntN(2)) * time.Hour)}
			l.add(func(s *stage) { s.said = append(s.said, s.e.Outage(at, o)...) })
		case x < 6:
			pick, verb := rng.IntN(100), []duty.Verb{duty.DoAcknowledge, duty.DoReset, duty.DoShelve}[rng.IntN(3)]
			l.add(func(s *stage) {
				s.said = append(s.said, s.e.Step(at, nil)...)
				if alarms := s.e.Alarms(); len(alarms) > 0 {
					said, _ := s.e.Act(at, duty.Action{Do: verb, By: "ann", Note: "n", Reason: "r", Until: at.Add(time.Hour), Alarm: alarms[pick%len(alarms)].ID})
					s.said = append(s.said, said...)
				}
			})
		default:
			a := l.site.Assets[rng.IntN(len(l.site.Assets))]
			r := gateway.Reading{Asset: a.ID, Time: at.Add(time.Duration(rng.IntN(3)-1) * time.Duration(rng.IntN(5)) * time.Second), Received: at}
			for _, p := range a.Points {
				if rng.IntN(4) == 0 {
					continue
				}
				v := gateway.Good(p.Name, float64(rng.IntN(2)))
				switch p.Name {
				case "suction_pressure", "discharge_pressure":
					v.Number = rng.Float64() * 0.5
				case "starts":
					starts += float64(rng.IntN(3))
					v.Number = float64(int(starts) % 65536)
				}
				switch rng.IntN(12) {
				case 0:
					v = gateway.NotGood(p.Name, gateway.QualityBad, "exception 2")
				case 1:
					v.Quality, v.Reason = gateway.QualityUncertain, "retained"
				}
				r.Values = append(r.Values, v)
			}
			l.add(func(s *stage) { s.said = append(s.said, s.e.Step(at, []gateway.Reading{r})...) })
		}
	}
	return l
}

func (l *life) add(f func(*stage)) {
	l.steps, l.at, l.down = append(l.steps, f), append(l.at, l.now), append(l.down, false)
}

func (l *life) play(t testing.TB, before func(*stage, int)) *stage {
	s := open(t, l.site, l.book)
	for i, step := range l.steps {
		if before != nil {
			before(s, i)
		}
		step(s)
	}
	return s
}

// ends is all that an engine can tell, at the end.
func ends(t testing.TB, e *Engine) string {
	all := struct {
		Alarms  []duty.Alarm
		Facts   []duty.Fact
		Explain [][]duty.Explanation
	}{Alarms: e.Alarms(), Facts: e.Facts()}
	for _, a := range e.assets {
		x, err := e.Explain(a.def.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i := range x { // a rule never judged has no time since when, until it is restored
			if x[i].Truth == "unknown" {
				x[i].Since = time.Time{}
			}
		}
		all.Explain = append(all.Explain, x)
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Random lives, each played five times: in one go, again, restored from what
// was saved before every step, with explanations asked for, and with looks at
// what is due. All say the
// same bytes and end alike, and transitions are numbered without a gap.
func TestLives(t *testing.T) {
	events := map[duty.AlarmEvent]int{}
	for seed := range uint64(*seeds) {
		l := newLife(t, seed)
		once := l.play(t, nil)
		for i, x := range once.said {
			if x.Seq != uint64(i+1) {
				t.Fatalf("seed %d: transition %d has the number %d", seed, i+1, x.Seq)
			}
			if i > 0 && x.At.Before(once.said[i-1].At) {
				t.Fatalf("seed %d: transition %d is of before the last one", seed, x.Seq)
			}
			events[x.Event]++
		}
		parts := saved{}
		for name, before := range map[string]func(*stage, int){
			"again": nil,
			"restored before each step": func(s *stage, i int) {
				if i > 0 {
					parts.from(s.e)
					s.e = open(t, l.site, l.book).e
					parts.into(t, s.e)
				}
			},
			"explained now and then": func(s *stage, i int) {
				if i%20 == 0 {
					ends(t, s.e)
					s.e.Rules()
				}
			},
			"looking at what is due before each step": func(s *stage, i int) {
				for i > 0 && !l.down[i] {
					due, ok := s.e.Due()
					if !ok || due.After(l.at[i]) {
						return
					}
					s.said = append(s.said, s.e.Step(due, nil)...)
				}
			},
		} {
			other := l.play(t, before)
			if got, want := other.bytes(), once.bytes(); got != want {
				t.Fatalf("seed %d, %s: %s", seed, name, parting(other, once))
			}
			if got, want := ends(t, other.e), ends(t, once.e); got != want {
				t.Fatalf("seed %d, %s: it ends otherwise: %s", seed, name, apart(got, want))
			}
		}
	}
	t.Logf("%d seeds: %v", *seeds, events)
	for _, e := range []duty.AlarmEvent{duty.EventRaise, duty.EventClear, duty.EventSuppress, duty.EventUnsuppress, duty.EventRemove} {
		if events[e] < *seeds {
			t.Errorf("%d lives had only %d times %s: they are too dull to show anything", *seeds, events[e], e)
		}
	}
}

// parting is where two lives part.
func parting(got, want *stage) string {
	for i := range max(len(got.said), len(want.said)) {
		var a, b []byte
		if i < len(got.said) {
			a, _ = json.Marshal(got.said[i])
		}
		if i < len(want.said) {
			b, _ = json.Marshal(want.said[i])
		}
		if !slices.Equal(a, b) {
			return fmt.Sprintf("it said\n%s\nwant\n%s", a, b)
		}
	}
	return "they are alike"
}

// apart is where two texts part.
func apart(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(i-300, 0)
	return fmt.Sprintf("%s\nwant\n%s", a[from:min(i+300, len(a))], b[from:min(i+300, len(b))])
}

// What two saves give is the same, byte for byte and in the same order.
func TestSaveIsDeterministic(t *testing.T) {
	l := newLife(t, 3)
	list := func() (parts []string) {
		s := l.play(t, nil)
		s.e.Save(func(key string, body []byte) { parts = append(parts, key+"="+string(body)) })
		return parts
	}
	if a, b := list(), list(); !slices.Equal(a, b) {
		t.Error("two lives alike save differently")
	}
}
