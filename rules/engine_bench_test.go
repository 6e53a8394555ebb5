package rules

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"steward/gateway"
)

// estate is a site of so many power meters, and the readings that each gives
// with every number other than the last time, all within limits.
func estate(b testing.TB, assets int) (*gateway.Site, [][2]gateway.Reading) {
	b.Helper()
	k, _ := catalog(b).Kind("power_meter")
	names := []string{"voltage_l1", "voltage_l2", "voltage_l3", "current_l1", "current_l2", "current_l3", "frequency", "power"}
	var points []gateway.Point
	for _, n := range names {
		p, ok := k.Point(n)
		if !ok {
			b.Fatalf("no point %s", n)
		}
		points = append(points, p)
	}
	site := &gateway.Site{ID: "estate", Zone: time.UTC}
	readings := make([][2]gateway.Reading, assets)
	for i := range assets {
		id := gateway.AssetID(fmt.Sprintf("meter-%05d", i))
		site.Assets = append(site.Assets, gateway.Asset{ID: id, Kind: "power_meter", Points: points})
		for turn := range 2 {
			r := gateway.Reading{Asset: id}
			for _, n := range names {
				r.Values = append(r.Values, gateway.Good(n, 100+float64(turn)))
			}
			readings[i][turn] = r
		}
	}
	return site, readings
}

const tenLimits = `
rules:
  - {rule: PW-01, kind: power_meter, HEAD, priority: P3, on_delay: 1m, off_delay: 1m, high: {point: voltage_l1, limit: 235.4, dead_band: 2.2}}
  - {rule: PW-02, kind: power_meter, HEAD, priority: P3, on_delay: 1m, off_delay: 1m, high: {point: voltage_l2, limit: 235.4, dead_band: 2.2}}
  - {rule: PW-03, kind: power_meter, HEAD, priority: P3, on_delay: 1m, off_delay: 1m, high: {point: voltage_l3, limit: 235.4, dead_band: 2.2}}
  - {rule: PW-04, kind: power_meter, HEAD, priority: P3, on_delay: 1m, off_delay: 1m, high: {point: current_l1, limit: 400, dead_band: 2}}
  - {rule: PW-05, kind: power_meter, HEAD, priority: P3, on_delay: 1m, off_delay: 1m, high: {point: current_l2, limit: 400, dead_band: 2}}
  - {rule: PW-06, kind: power_meter, HEAD, priority: P3, on_delay: 1m, off_delay: 1m, high: {point: current_l3, limit: 400, dead_band: 2}}
  - {rule: PW-07, kind: power_meter, HEAD, priority: P3, on_delay: 1m, off_delay: 1m, low: {point: frequency, limit: 49.5, dead_band: 0.1}}
  - {rule: PW-08, kind: power_meter, HEAD, priority: P3, on_delay: 1m, off_delay: 1m, high: {point: power, limit: 250, dead_band: 5}}
  - {rule: PW-09, kind: power_meter, HEAD, priority: P3, on_delay: 1m, off_delay: 1m, high: {point: voltage_l1, limit: 253, dead_band: 2}}
  - {rule: PW-10, kind: power_meter, HEAD, priority: P3, on_delay: 1m, off_delay: 1m, low: {point: voltage_l1, limit: 20, dead_band: 2}}
`

const fiveExpressions = `
rules:
  - {rule: PW-03, kind: power_meter, HEAD, priority: P1, on_delay: 3s, off_delay: 10s,
     when: "min(voltage_l1, voltage_l2, voltage_l3) < 110 * 0.5 and max(voltage_l1, voltage_l2, voltage_l3) > 0.8 * 220"}
  - {rule: PW-05, kind: power_meter, HEAD, priority: P1, on_delay: 3s, off_delay: 10s,
     when: "spread(voltage_l1, voltage_l2, voltage_l3) > 0.15 * 220 and current_l1 + current_l2 + current_l3 > 3"}
  - {rule: PW-06, kind: power_meter, HEAD, priority: P4, on_delay: 3s, off_delay: 10s,
     when: "spread(voltage_l1, voltage_l2, voltage_l3) / mean(voltage_l1, voltage_l2, voltage_l3) > 0.02"}
  - {rule: PW-07, kind: power_meter, HEAD, priority: P4, on_delay: 3s, off_delay: 10s,
     when: "mean(current_l1, current_l2, current_l3) > 120 and spread(current_l1, current_l2, current_l3) / mean(current_l1, current_l2, current_l3) > 0.15"}
  - {rule: PW-16, kind: power_meter, HEAD, priority: P4, on_delay: 3s, off_delay: 10s, when: "abs(frequency - 100.5) > 0.7"}
`

// benchmarkStep gives readings asset by asset, ten seconds apart for each,
// each value another one than before, and reports evaluations a second.
func benchmarkStep(b *testing.B, assets int, rules string) {
	site, readings := estate(b, assets)
	e, err := New(Options{Site: site, Book: load(b, site, rules)})
	if err != nil {
		b.Fatal(err)
	}
	now, batch := morning, make([]gateway.Reading, 1)
	step := func(i int) {
		if i%assets == 0 {
			now = now.Add(10 * time.Second)
		}
		batch[0] = readings[i%assets][i/assets%2]
		batch[0].Time, batch[0].Received = now, now
		if said := e.Step(now, batch); said != nil {
			b.Fatal("something was said")
		}
	}
	for i := range 2 * assets {
		step(i)
	}
	before := e.Stats().Evaluations
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		step(i)
	}
	n := float64(e.Stats().Evaluations - before)
	b.ReportMetric(n/b.Elapsed().Seconds(), "evaluations/s")
	b.ReportMetric(b.Elapsed().Seconds()*1e9/n, "ns/evaluation")
}

const twoWindows = `
rules:
  - {rule: PW-01, kind: power_meter, HEAD, priority: P3, on_delay: 1m, off_delay: 1m, let: {m: {of: voltage_l1, take: mean, over: 1h}}, when: "m > 235"}
  - {rule: PW-02, kind: power_meter, HEAD, priority: P3, on_delay: 1m, off_delay: 1m, let: {s: {of: current_l1, take: stddev, over: 10m}}, when: "s > 50"}
`

func BenchmarkStepWindows(b *testing.B)     { benchmarkStep(b, 100, twoWindows) }
func BenchmarkStepLimits(b *testing.B)      { benchmarkStep(b, 100, tenLimits) }
func BenchmarkStepExpressions(b *testing.B) { benchmarkStep(b, 100, fiveExpressions) }

// The cost of a reading does not depend on the rules of other assets, but for
// the memory that does not fit the processor's cache.
func BenchmarkStep10Assets(b *testing.B)    { benchmarkStep(b, 10, tenLimits) }
func BenchmarkStep10000Assets(b *testing.B) { benchmarkStep(b, 10000, tenLimits) }

// BenchmarkResident reports what 100,000 rules on assets take, with a value
// of every point.
func BenchmarkResident(b *testing.B) {
	for range b.N {
		resident(b)
	}
}

func resident(tb testing.TB) (mb float64) {
	site, readings := estate(tb, 10000)
	rules := load(tb, site, tenLimits)
	before := heap()
	e, err := New(Options{Site: site, Book: rules})
	if err != nil {
		tb.Fatal(err)
	}
	for i := range readings {
		r := readings[i][0]
		r.Time, r.Received = morning, morning
		e.Step(morning, []gateway.Reading{r})
	}
	e.Save(func(string, []byte) {})
	mb = float64(int64(heap()-before)) / 1e6
	if n := len(e.instances); n != 100000 {
		tb.Fatalf("%d rules on assets, want 100000", n)
	}
	if b, ok := tb.(*testing.B); ok {
		b.ReportMetric(mb, "MB")
	}
	runtime.KeepAlive(site)
	runtime.KeepAlive(readings)
	runtime.KeepAlive(rules)
	runtime.KeepAlive(e)
	return mb
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// What the design promises of memory and of the path on which nothing
// happens, as a test.
func TestFrugal(t *testing.T) {
	if mb := resident(t); mb > 30 {
		t.Errorf("100,000 rules on assets take %.0f MB, want at most 30", mb)
	}
	site, readings := estate(t, 10)
	e, err := New(Options{Site: site, Book: load(t, site, tenLimits)})
	if err != nil {
		t.Fatal(err)
	}
	now, i, batch := morning, 0, make([]gateway.Reading, 1)
	allocs := testing.AllocsPerRun(1000, func() {
		now, i = now.Add(time.Second), i+1
		batch[0] = readings[i%10][i/10%2]
		batch[0].Time, batch[0].Received = now, now
		e.Step(now, batch)
	})
	if allocs != 0 {
		t.Errorf("a step in which nothing happens allocates %v times", allocs)
	}
}
