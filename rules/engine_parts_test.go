package rules

import (
	"math"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/book"
)

// What a relation makes of 0, 2, 4 and one that is not good, and of the like.
func TestRelations(t *testing.T) {
	nan := math.NaN()
	two := 2.0
	for _, c := range []struct {
		values []float64 // NaN: not good
		is     *float64
		want   map[book.Take]float64
	}{
		{[]float64{0, 2, 4}, nil, map[book.Take]float64{book.TakeAny: 1, book.TakeAll: 0, book.TakeMin: 0, book.TakeMax: 4, book.TakeMean: 2, book.TakeSum: 6, book.TakeCount: 2}},
		{[]float64{0, 2, nan, 4}, nil, map[book.Take]float64{book.TakeAny: 1, book.TakeAll: 0, book.TakeMin: 0, book.TakeMax: 4, book.TakeMean: 2, book.TakeSum: nan, book.TakeCount: 2}},
		{[]float64{0, nan}, nil, map[book.Take]float64{book.TakeAny: nan, book.TakeAll: 0, book.TakeMin: 0, book.TakeCount: 0}},
		{[]float64{0, 0}, nil, map[book.Take]float64{book.TakeAny: 0, book.TakeAll: 0}},
		{[]float64{1, nan}, nil, map[book.Take]float64{book.TakeAny: 1, book.TakeAll: nan}},
		{[]float64{1, 3}, nil, map[book.Take]float64{book.TakeAny: 1, book.TakeAll: 1}},
		{[]float64{nan}, nil, map[book.Take]float64{book.TakeAny: nan, book.TakeAll: nan, book.TakeMin: nan, book.TakeMax: nan, book.TakeMean: nan, book.TakeSum: nan, book.TakeCount: nan}},
		{[]float64{0, 2, 4}, &two, map[book.Take]float64{book.TakeAny: 1, book.TakeAll: 0, book.TakeMax: 1, book.TakeSum: 1, book.TakeCount: 1}},
	} {
		e := &Engine{}
		g := group{skip: int32(len(c.values)), is: c.is}
		for i, x := range append(c.values, 99) { // the last is the asset's own
			q := gateway.QualityGood
			if math.IsNaN(x) {
				q = gateway.QualityBad
			}
			e.values = append(e.values, value{num: x, q: q})
			g.values = append(g.values, int32(i))
		}
		for take, want := range c.want {
			g.take = take
			if got := e.valueOf(&g); !near(got, want) {
				t.Errorf("%s of %v is %v, want %v", take, c.values, got, want)
			}
		}
	}
}

// Relations by what feeds what, by unit and over the whole site; windows over
// schedules, over other windows, and only within hours.
func TestMoreSignals(t *testing.T) {
	rule := func(kind, let, when string) string {
		return "\nrules:\n  - {rule: XX-01, kind: " + kind + ", HEAD, priority: P3, on_delay: 0s, off_delay: 0s, let: {" + let + "}, when: \"" + when + "\"}"
	}
	for name, c := range map[string]struct {
		assets []string
		rules  string
		lines  string
		want   string
	}{
		"all that it feeds": {
			assets: []string{"t tank level_low_low/0", "p pump fed_by=t running/0", "q pump fed_by=t running/0", "r pump running/0"},
			rules:  rule("tank", "busy: {from: feeds, kind: pump, point: running, take: all}", "busy"),
			lines: `
				0s p running=1
				0s r running=0
				1s q running=1
				2s p running=bad
				3s p running=0`,
			want: `
				1s raise XX-01 t
				3s clear XX-01 t`},
		"in the same flat": {
			assets: []string{"v valve unit=101 position/0", "l leak_sensor unit=101 leak/0", "m leak_sensor unit=102 leak/0", "w valve unit=103 position/0"},
			rules:  rule("valve", "wet: {from: unit, kind: leak_sensor, point: leak, take: any}", "wet"),
			lines: `
				0s m leak=1
				1s l leak=1
				2s l leak=0`,
			want: `
				1s raise XX-01 v
				2s clear XX-01 v`},
		"anywhere, counted": {
			assets: []string{"a leak_sensor leak/0", "b leak_sensor leak/0", "c leak_sensor area=tower-b leak/0"},
			rules:  rule("leak_sensor", "others: {from: site, kind: leak_sensor, point: leak, take: count}", "leak and others >= 1"),
			lines: `
				0s a leak=1
				1s b leak=0
				2s c leak=1
				3s a leak=0`,
			want: `
				2s raise XX-01 a
				2s raise XX-01 c
				3s clear XX-01 a
				3s clear XX-01 c`},
		"so long since the night began": {
			assets: []string{"p pump running/0"},
			rules:  rule("pump", `night: {between: ["22:00", "06:00"]}, dark: {of: night, take: duration, over: 12h}`, "running and dark > 7200"),
			lines: `
				0s  p running=1
				15h p running=1
				22h p running=0`,
			want: `
				14h12m raise XX-01 p
				22h    clear XX-01 p`},
		"the highest mean of the last hour": {
			assets: []string{"r climate temperature/0"},
			rules:  rule("climate", "m: {of: temperature, take: mean, over: 10m}, top: {of: m, take: max, over: 1h}", "top > 30"),
			lines: `
				0s    r temperature=20
				1h30m r temperature=50
				1h35m r temperature=20
				3h`,
			want: `
				1h33m20s raise XX-01 r
				2h41m    clear XX-01 r`},
		"what flowed between two and five": {
			assets: []string{"m pump starts/0"},
			rules:  rule("pump", `n: {of: starts, take: increase, over: 1d, in: ["02:00", "05:00"]}`, "n >= 2"),
			lines: `
				0s   m starts=0
				15h  m starts=8
				17h  m starts=9
				18h  m starts=10
				20h  m starts=30
				3d`,
			want: `
				18h      raise XX-01 m
				1d16h48m clear XX-01 m`},
	} {
		t.Run(name, func(t *testing.T) {
			site := house(t, "Asia/Shanghai", c.assets...)
			b := load(t, site, c.rules)
			open(t, site, b).play(c.lines).want(c.want)
			again(t, site, b, c.lines)
		})
	}
}

// What is good of an asset as a whole, and of related ones.
func TestEvidenceOfOthers(t *testing.T) {
	site := house(t, "Asia/Shanghai", "t tank level_low_low/1m", "p pump fed_by=t running/0", "l leak_sensor leak/1m battery/0")
	s := open(t, site, load(t, site, `
rules:
  - {rule: PU-01, kind: pump, HEAD, priority: P1, on_delay: 0s, off_delay: 0s, let: {dry: {from: fed_by, kind: tank, point: level_low_low, take: any}}, when: "running and dry"}
  - {rule: LK-04, kind: leak_sensor, HEAD, priority: P4, on_delay: 0s, off_delay: 0s, silent: {for: 1h}}
  - {rule: LK-05, kind: leak_sensor, HEAD, priority: P4, on_delay: 0s, off_delay: 0s, silent: {for: 1h, point: leak}}`))
	since := func(asset gateway.AssetID, fault string) time.Duration {
		v := s.e.Evidence(asset, fault)
		if !v.Watched {
			t.Fatalf("%s of %s is not watched", fault, asset)
		}
		if v.GoodSince.IsZero() {
			return -1
		}
		return v.GoodSince.Sub(morning)
	}
	s.play("0s p running=1")
	if got := since("p", "PU-01"); got != -1 {
		t.Errorf("without its tank the pump's fault is proved since %s", got)
	}
	if got := since("l", "LK-04"); got != -1 {
		t.Errorf("a sensor that was never heard is good since %s", got)
	}
	s.play("10s t level_low_low=0\n20s l battery=80\n30s l leak=0\n40s t level_low_low=0")
	for _, c := range []struct {
		asset gateway.AssetID
		fault string
		want  time.Duration
	}{{"p", "PU-01", 10 * time.Second}, {"l", "LK-04", 20 * time.Second}, {"l", "LK-05", 30 * time.Second}} {
		if got := since(c.asset, c.fault); got != c.want {
			t.Errorf("%s of %s is good since %s, want %s", c.fault, c.asset, got, c.want)
		}
	}
	s.play("5m")
	for _, c := range []struct {
		asset gateway.AssetID
		fault string
		want  time.Duration
	}{{"p", "PU-01", -1}, {"l", "LK-04", 20 * time.Second}, {"l", "LK-05", -1}} {
		if got := since(c.asset, c.fault); got != c.want {
			t.Errorf("when stale: %s of %s is good since %s, want %s", c.fault, c.asset, got, c.want)
		}
	}
}

// The count of events comes round after four thousand million of them.
func TestRoundsComeRound(t *testing.T) {
	site := house(t, "Asia/Shanghai", "pump-1 pump running/0")
	s := open(t, site, load(t, site, running)).play("0s pump-1 running=1")
	s.e.round = math.MaxUint32 - 1
	s.play(`
		11s pump-1 running=0
		12s pump-1 running=1
		13s pump-1 running=0
		14s pump-1 running=1
		15s pump-1 running=0
		1m`).want(`
		10s raise PU-01 pump-1
		14s raise PU-02 pump-1
		25s clear PU-01 pump-1`)
}

// Every part of a state, cut off anywhere or with a byte too many, is an
// error and not half taken.
func TestDamagedState(t *testing.T) {
	l := newLife(t, 7)
	parts := saved{}
	parts.from(l.play(t, nil).e)
	for key, body := range parts {
		if len(key) > 1 && key[:2] == keyAlarm {
			continue
		}
		e := open(t, l.site, l.book).e
		for n := range len(body) {
			if e.Restore(key, body[:n]) == nil {
				t.Errorf("%s: %d of its %d bytes are taken", key, n, len(body))
			}
		}
		if e.Restore(key, append(body[:len(body):len(body)], 0)) == nil {
			t.Errorf("%s: a byte too many is taken", key)
		}
		if e.Restore(key, append([]byte{9}, body[1:]...)) == nil {
			t.Errorf("%s: another version is taken", key)
		}
	}
	e := open(t, l.site, l.book).e
	if e.Restore("x/y", []byte{1}) == nil {
		t.Error("a part of an unknown name is taken")
	}
}

// Numbers that no clock shows do no harm.
func TestStrangeNumbers(t *testing.T) {
	site := house(t, "Asia/Shanghai", "lift elevator people/0")
	s := open(t, site, load(t, site, `
rules:
  - {rule: EL-15, kind: elevator, HEAD, priority: P2, on_delay: 0s, off_delay: 0s, let: {since: {fact: serviced, take: age, need: true}}, when: "since > 60"}`))
	for _, n := range []float64{math.MaxFloat64, -math.MaxFloat64, 1e12, 0} {
		s.act(morning, duty.Action{Do: duty.DoSetFact, Fact: &duty.Fact{Name: "serviced", Asset: "lift", Number: n}})
		s.e.Step(morning, nil)
	}
	far := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	s.e.Step(time.Time{}, []gateway.Reading{{Asset: "lift", Values: []gateway.Value{gateway.Good("people", math.Inf(1)), gateway.Good("people", math.NaN())}}})
	if _, ok := s.e.Value("lift", "people"); ok {
		t.Error("infinity is a good value")
	}
	s.e.Step(far, []gateway.Reading{{Asset: "lift", Time: far.AddDate(1, 0, 0), Values: []gateway.Value{gateway.Good("people", 1)}}})
	if got := s.e.Now(); got.Year() != 2200 {
		t.Errorf("far ahead it is %s", got)
	}
}
