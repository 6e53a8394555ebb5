package live

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"steward/gateway"
)

func TestDescriptionSnapshotChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := run(t, plant(2))
		h.Apply(1, reading("a0", time.Now(), gateway.Good("f", 1.5)))
		pass(time.Second)
		w := watch(t, h)
		for _, want := range []Kind{Description, Snapshot, None} {
			if ev, _ := w.step(); ev.Kind != want {
				t.Fatalf("got %s, want %s", ev.Kind, want)
			}
		}
		w.want("a0.f", "1.5 good")
		w.want("a1.b", "<nil> unknown")
		h.Apply(2, reading("a1", time.Now(), gateway.Good("b", 1), gateway.NotGood("e", gateway.QualityLost, "no answer")))
		pass(10 * time.Millisecond)
		if n := w.drain(); n != 1 {
			t.Errorf("%d changes for one reading, want 1", n)
		}
		w.want("a1.b", "1 good")
		w.want("a1.e", "<nil> lost no answer")
	})
}

// A row carries the reason as it was written, and in Chinese where that reads
// otherwise.
func TestReasonInChinese(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		h := NewHub(Options{Site: plant(2), Now: time.Now, Chinese: func(reason string) string {
			asked++
			return map[string]string{"no answer": "无应答"}[reason] + strings.TrimPrefix(reason, "no answer")
		}})
		for _, a := range []string{"a0", "a1"} {
			h.Apply(1, reading(a, time.Now(), gateway.NotGood("e", gateway.QualityLost, "no answer"), gateway.NotGood("b", gateway.QualityBad, "odd")))
		}
		h.cut(levelRefreshed)
		w := watch(t, h)
		w.step()
		ev, _ := w.step()
		for _, want := range []string{`,"no answer","无应答"]`, `,"odd"]`} {
			if n := strings.Count(string(ev.Data), want); n != 2 {
				t.Errorf("%d rows end with %s, want 2: %s", n, want, ev.Data)
			}
		}
		if asked != 2 {
			t.Errorf("asked %d times for two reasons", asked)
		}
		h.Apply(2, reading("a0", time.Now(), gateway.Good("e", 1)))
		h.cut(levelRefreshed)
		if ev, _ = w.step(); strings.Contains(string(ev.Data), "无应答") {
			t.Errorf("a good value has a reason: %s", ev.Data)
		}
	})
}

// A bool is seen within 10 ms, a number with the next frame, a value that
// stayed the same within a second.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := run(t, plant(1))
		w := watch(t, h)
		apply := func(f, b float64) {
			h.Apply(1, reading("a0", time.Now(), gateway.Good("f", f), gateway.Good("b", b)))
		}
		apply(1, 0)
		pass(2 * time.Second)
		w.drain()
		apply(1, 1)
		pass(10 * time.Millisecond)
		w.drain()
		w.want("a0.b", "1 good")
		pass(time.Second)
		w.drain()
		for i := range 1000 {
			apply(float64(i), 1)
			pass(time.Millisecond)
		}
		if n := w.drain(); n < 8 || n > 11 {
			t.Errorf("%d frames for a second of changing numbers, want 10", n)
		}
		pass(time.Second)
		w.drain()
		for range 1000 {
			apply(999, 1)
			pass(time.Millisecond)
		}
		if n := w.drain(); n > 2 {
			t.Errorf("%d frames for a second of the same numbers, want 1", n)
		}
		for i := range 1000 {
			apply(999, float64(i%2))
			pass(time.Millisecond)
		}
		if n := w.drain(); n > 32+1 { // what is kept, and one conflated
			t.Errorf("%d frames of a flickering bool for one who did not read", n)
		}
		pass(time.Second)
		w.drain()
		w.equal(h)
	})
}

func TestStaleWhenDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := run(t, plant(1))
		w := watch(t, h)
		h.Apply(1, reading("a0", time.Now(), gateway.Good("f", 1), gateway.Good("m", 2)))
		pass(9900 * time.Millisecond)
		w.drain()
		w.want("a0.f", "1 good")
		pass(350 * time.Millisecond)
		w.drain()
		w.want("a0.f", "<nil> stale nothing newer within 10s")
		w.want("a0.m", "2 good")
		h.Apply(2, reading("a0", time.Now(), gateway.Good("f", 1)))
		pass(10 * time.Millisecond)
		w.drain()
		w.want("a0.f", "1 good")
		w.equal(h)
	})
}

// What is already old when it comes is never shown as good, and a clock that
// runs ahead neither keeps a value fresh nor hides the loss of the device.
func TestOldAndAheadOnArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := run(t, plant(2))
		w := watch(t, h)
		now := time.Now()
		h.Apply(1, []gateway.Reading{
			{Asset: "a0", Time: now.Add(-time.Minute), Received: now, Values: []gateway.Value{gateway.Good("b", 0)}},
			{Asset: "a1", Time: now.Add(4 * time.Minute), Received: now, Values: []gateway.Value{gateway.Good("b", 1), gateway.Good("f", 1)}},
		})
		pass(10 * time.Millisecond)
		w.drain()
		w.want("a0.b", "<nil> stale nothing newer within 10s")
		w.want("a1.b", "1 good")
		h.Apply(2, reading("a1", time.Now(), gateway.NotGood("b", gateway.QualityLost, "last will")))
		pass(11 * time.Second)
		w.drain()
		w.want("a1.b", "<nil> lost last will")
		w.want("a1.f", "<nil> stale nothing newer within 10s")
	})
}

func TestBackfillDoesNotReplace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := run(t, plant(1))
		now := time.Now()
		h.Apply(1, reading("a0", now, gateway.Good("f", 5)))
		h.Apply(2, []gateway.Reading{{Asset: "a0", Time: now.Add(-5 * time.Second), Received: now,
			Values: []gateway.Value{gateway.Good("f", 1), gateway.Good("i", 3)}}})
		v, _ := h.Values("a0")
		if v[0].Number != 5 || v[1].Number != 3 {
			t.Errorf("f, i = %v, %v; want 5 (newer stays) and 3 (the only one)", v[0], v[1])
		}
		if got := h.Stats().Late; got != 1 {
			t.Errorf("late = %d, want 1", got)
		}
	})
}

// The gateway's clock is set back an hour: the journal's order decides.
func TestClockSetBack(t *testing.T) {
	now := time.Now()
	h := NewHub(Options{Site: plant(1), Now: func() time.Time { return now }})
	h.Apply(1, reading("a0", now, gateway.Good("f", 1)))
	now = now.Add(-time.Hour)
	h.Apply(2, reading("a0", now, gateway.Good("f", 2)))
	if v, _ := h.Values("a0"); v[0].Number != 2 {
		t.Errorf("f = %v, want the value read after the clock was set back", v[0])
	}
}

func TestWhatCannotBeGoodIsBad(t *testing.T) {
	h := NewHub(Options{Site: plant(1), Now: time.Now})
	now := time.Now()
	h.Apply(1, reading("a0", now, gateway.Good("f", math.NaN()), gateway.Good("i", 1.5), gateway.Good("b", 2), gateway.Good("e", math.Inf(1))))
	values, _ := h.Values("a0")
	for i, want := range []string{"not a number", "not an integer", "not 0 or 1", "not a number"} {
		if v := values[i]; v.Quality != gateway.QualityBad || v.Reason != want {
			t.Errorf("%s is %s %q, want bad %q", v.Point, v.Quality, v.Reason, want)
		}
	}
	h.Apply(2, reading("a0", now, gateway.Good("nonsense", 1)))
	h.Apply(3, reading("nobody", now, gateway.Good("f", 1), gateway.Good("i", 1)))
	if got := h.Stats().Unknown; got != 3 {
		t.Errorf("unknown = %d, want 3", got)
	}
}

func TestSetSiteKeepsWhatRemains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := run(t, plant(2))
		w, one := watch(t, h), watch(t, h, "a1", "a2")
		h.Apply(1, reading("a1", time.Now(), gateway.Good("f", 7), gateway.Good("i", 8), gateway.Good("m", 9)))
		pass(time.Second)
		w.drain()
		one.drain()
		if len(one.assets) != 1 {
			t.Fatalf("filter has %d assets before the reload, want 1", len(one.assets))
		}
		next := plant(4)
		next.Assets = next.Assets[1:]
		next.Assets[0].Points[1].Type = gateway.Float // i: another type
		next.Assets[0].Points[4].Fresh = 5 * time.Second
		h.SetSite(next)
		w.drain()
		one.drain()
		for _, c := range []*watcher{w, one} {
			c.want("a1.f", "7 good")
			c.want("a1.i", "<nil> unknown")
			c.want("a1.m", "9 good")
		}
		w.want("a0.f", "absent")
		one.want("a3.f", "absent")
		one.want("a2.f", "<nil> unknown")
		pass(6 * time.Second)
		w.drain()
		w.want("a1.m", "<nil> stale nothing newer within 5s")
	})
}

// Whatever is applied, and however seldom a client reads, what it rebuilds
// from its events is what the hub holds.
func TestClientsRebuildTheState(t *testing.T) {
	var conflated uint64
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { conflated += rebuild(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
	if conflated < 30 {
		t.Errorf("only %d times was a client behind: the test tests little", conflated)
	}
}

// rebuild returns how often a client was so far behind that it was given
// newest values.
func rebuild(t *testing.T, rnd *rand.Rand) uint64 {
	h := run(t, plant(5))
	var clients []*watcher
	for i := range 400 {
		h.Apply(gateway.Seq(i), randomReadings(rnd))
		if rnd.IntN(3) == 0 {
			pass(time.Duration(rnd.IntN(400)) * time.Millisecond)
		}
		switch rnd.IntN(100) {
		case 0:
			h.SetSite(plant(4 + rnd.IntN(3)))
		case 1, 2, 3:
			clients = append(clients, watch(t, h))
		case 4:
			clients = append(clients, watch(t, h, "a0", "a4", "a5"))
		}
		for j, c := range clients {
			if rnd.IntN(1+8*j) == 0 { // later ones read more seldom
				c.step()
			}
		}
	}
	pass(2 * time.Second)
	for _, c := range clients {
		c.drain()
		c.equal(h)
	}
	return h.Stats().Conflated
}

func randomReadings(rnd *rand.Rand) []gateway.Reading {
	now := time.Now()
	r := make([]gateway.Reading, 1+rnd.IntN(3))
	for i := range r {
		at := now
		if rnd.IntN(10) == 0 {
			at = now.Add(-time.Duration(rnd.IntN(30)) * time.Second)
		}
		r[i] = gateway.Reading{Asset: gateway.AssetID(fmt.Sprintf("a%d", rnd.IntN(7))), Time: at, Received: now}
		for range rnd.IntN(6) {
			point := []string{"f", "i", "b", "e", "m", "x"}[rnd.IntN(6)]
			v := gateway.Good(point, float64(rnd.IntN(2)))
			switch rnd.IntN(8) {
			case 0:
				v = gateway.NotGood(point, gateway.Quality(rnd.IntN(6)), "r\"\n\x01"+fmt.Sprint(rnd.IntN(3)))
			case 1:
				v = gateway.Value{Point: point, Number: rnd.NormFloat64() * 1e-7, Quality: gateway.QualityUncertain, Reason: "retained"}
			}
			r[i].Values = append(r[i].Values, v)
		}
	}
	return r
}

// A subscriber that never reads costs nothing and holds nobody up.
func TestSleeperHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := run(t, plant(50))
		sleeper := watch(t, h)
		sleeper.step()
		sleeper.step()
		for i := range 5000 {
			h.Apply(1, reading(fmt.Sprint("a", i%50), time.Now(), gateway.Good("f", float64(i)), gateway.Good("b", float64(i/50%2))))
			pass(time.Millisecond)
		}
		h.pub.RLock()
		n, size := len(h.feed.frames), h.feed.bytes
		h.pub.RUnlock()
		if n > maxFrames || size > maxFrameKeep {
			t.Errorf("the hub keeps %d frames of %d bytes", n, size)
		}
		pass(time.Second)
		if got := sleeper.drain(); got != 1 {
			t.Errorf("the sleeper got %d frames, want its backlog as one", got)
		}
		sleeper.equal(h)
	})
}

func TestNewcomersShareASnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := run(t, plant(3))
		first := watch(t, h)
		first.drain()
		a, b := watch(t, h), watch(t, h)
		a.step()
		b.step()
		h.Apply(1, reading("a0", time.Now(), gateway.Good("b", 1)))
		pass(10 * time.Millisecond)
		one, _ := a.step()
		two, _ := b.step()
		if &one.Data[0] != &two.Data[0] {
			t.Error("two newcomers got a snapshot each")
		}
		a.drain()
		b.drain()
		a.equal(h)
		b.equal(h)
	})
}

func TestNumbersAndStrings(t *testing.T) {
	for _, n := range []float64{0, math.Copysign(0, -1), 1, -7, 0.1, 230.10000610351562, 1e-9, -3.5e300, 1 << 53, 1e15, 1e21, math.MaxFloat64, 5e-324} {
		var got float64
		if err := json.Unmarshal(appendNumber(nil, n), &got); err != nil || got != n {
			t.Errorf("%v became %v (%v)", n, got, err)
		}
	}
	for _, s := range []string{"", "plain", `"\`, "\x00\n\r\t\x1f", "漏水 \u2028", "\xff\xfebroken"} {
		var got string
		if err := json.Unmarshal(appendString(nil, s), &got); err != nil || got != strings.ToValidUTF8(s, "\ufffd") && !strings.Contains(s, "\xff") {
			t.Errorf("%q became %q (%v)", s, got, err)
		}
	}
	if got := keepReason(strings.Repeat("漏", 100)); len(got) > maxReason+3 || !strings.HasSuffix(got, "漏…") {
		t.Errorf("a long reason became %q", got)
	}
}
