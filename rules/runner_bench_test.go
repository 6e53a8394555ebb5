package rules

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/journal"
	"steward/gateway/line"
	"steward/gateway/store"
)

// BenchmarkConsume is what an entry of the journal costs the runner: eight
// numbers of a meter under ten limit rules, in batches of so many, kept in
// memory. Nothing alarms.
func BenchmarkConsume(b *testing.B) {
	for _, size := range []int{1, 100} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) { benchmarkConsume(b, size) })
	}
}

func benchmarkConsume(b *testing.B, size int) {
	const assets = 100
	site, readings := estate(b, assets)
	book := load(b, site, tenLimits)
	now, ledger := morning, &simLedger{}
	r := NewRunner(RunnerOptions{Site: site, Judges: judgesOf(site, book),
		Keeper: newSimKeeper(b, func() (before, after error) { return nil, nil }), Ledger: ledger, Now: func() time.Time { return now }, Log: newLoud(b)})
	if err := r.Open(b.Context()); err != nil {
		b.Fatal(err)
	}
	encoder := line.NewEncoder(site)
	batches := make([]gateway.Batch, 2000/size)
	seq := gateway.Seq(0)
	fill := func(batch *gateway.Batch) {
		batch.Entries = batch.Entries[:0]
		for range size {
			one := readings[int(seq)%assets][int(seq)/assets%2]
			now = now.Add(time.Millisecond)
			one.Time, one.Received = now, now
			text, err := encoder.Append(nil, &one)
			if err != nil {
				b.Fatal(err)
			}
			seq++
			batch.Entries = append(batch.Entries, gateway.Entry{Seq: seq, Line: text})
		}
		batch.Last = seq
	}
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if i%len(batches) == 0 {
			b.StopTimer()
			for k := range batches {
				fill(&batches[k])
			}
			b.StartTimer()
		}
		if err := r.Consume(b.Context(), batches[i%len(batches)]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N*size), "ns/reading")
}

// BenchmarkLatency is the straight line at 20,000 readings a second, journal,
// runner and store on disk: from a reading that raises an alarm to those who
// are told that the alarm is kept; from when its Emit began, and from when
// its Emit returned, which is when it was on disk.
func BenchmarkLatency(b *testing.B) {
	for _, assets := range []int{200, 2000} {
		b.Run(fmt.Sprintf("assets=%d", assets), func(b *testing.B) { benchmarkLatency(b, assets) })
	}
}

func benchmarkLatency(b *testing.B, assets int) {
	const rate, long, probes = 20_000, 10 * time.Second, 600
	site, readings := estate(b, assets+probes) // each probe alarms once: one that comes and goes would chatter
	text := tenLimits + "\n  - {rule: PW-11, kind: power_meter, HEAD, priority: P2, high: {point: power, limit: 900}}\n"
	p := startPipe(b, site, text)
	var feeders sync.WaitGroup
	var emitted atomic.Int64
	ctx, stop := context.WithCancel(b.Context())
	const crowd, each = 50, 20 // emitters, and readings of an Emit
	for i := range crowd {
		feeders.Go(func() { // ends with ctx
			tick := time.NewTicker(time.Second * crowd * each / rate)
			defer tick.Stop()
			batch := make([]gateway.Reading, each)
			for n := 0; ; n++ {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				now := time.Now()
				for k := range batch {
					batch[k] = readings[(i*each+k)%assets][n%2]
					batch[k].Time, batch[k].Received = now, now
				}
				if p.journal.Emit(ctx, batch) == nil {
					emitted.Add(each)
				}
			}
		})
	}
	b.ResetTimer()
	began := time.Now()
	returned := map[time.Time]time.Time{}
	for n := assets; time.Since(began) < long && n < len(readings); n++ {
		now := time.Now()
		one := gateway.Reading{Asset: readings[n][0].Asset, Time: now, Received: now, Values: []gateway.Value{gateway.Good("power", 1000)}}
		if err := p.journal.Emit(ctx, []gateway.Reading{one}); err != nil {
			b.Fatal(err)
		}
		returned[now.UTC().Round(0)] = time.Now()
		<-time.After(20 * time.Millisecond)
	}
	rateGot := float64(emitted.Load()) / time.Since(began).Seconds()
	stop()
	feeders.Wait()
	p.stop()
	p.report(b, returned)
	b.ReportMetric(rateGot, "readings/s")
	b.ReportMetric(0, "ns/op")
}

// pipe is a journal, a runner and a store on disk, at work.
type pipe struct {
	journal *journal.Journal
	stop    func()
	mu      sync.Mutex
	told    map[time.Time]time.Time // when an alarm was told, by when it changed
}

func startPipe(b *testing.B, site *gateway.Site, rules string) *pipe {
	b.Helper()
	check := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	quiet := slog.New(slog.DiscardHandler)
	p := &pipe{told: map[time.Time]time.Time{}}
	s, err := store.Open(b.Context(), store.Options{Dir: b.TempDir(), Now: time.Now, Log: quiet})
	check(err)
	p.journal, err = journal.Open(b.Context(), journal.Options{Dir: b.TempDir(), Site: site, Readers: []string{RunnerName}, Now: time.Now, Log: quiet})
	check(err)
	book := load(b, site, rules)
	r := NewRunner(RunnerOptions{Site: site, Judges: judgesOf(site, book),
		Keeper: s, Ledger: p.journal, Now: time.Now, Log: newLoud(b), Tell: p.tell})
	check(r.Open(b.Context()))
	ctx, cancel := context.WithCancel(b.Context())
	var parts sync.WaitGroup
	parts.Go(func() { _ = p.journal.Feed(ctx, r) }) // both end with stop
	parts.Go(func() { _ = r.Run(ctx) })
	p.stop = func() {
		cancel()
		parts.Wait()
		_ = p.journal.Close()
		_ = s.Close()
	}
	return p
}

func (p *pipe) tell(c duty.Changes) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range c.Alarms {
		if _, ok := p.told[a.Changed]; !ok && a.Rule == "PW-11" {
			p.told[a.Changed] = now
		}
	}
}

// report compares when alarms were told with when their readings were emitted
// and had been.
func (p *pipe) report(b *testing.B, returned map[time.Time]time.Time) {
	var whole, behind []float64
	for received, done := range returned {
		if told, ok := p.told[received]; ok {
			whole = append(whole, told.Sub(received).Seconds()*1e3)
			behind = append(behind, max(told.Sub(done), 0).Seconds()*1e3)
		}
	}
	if len(whole) < len(returned)/2 {
		b.Fatalf("%d of %d changes were told", len(whole), len(returned))
	}
	slices.Sort(whole)
	slices.Sort(behind)
	for _, q := range []struct {
		name  string
		share float64
	}{{"p50", 0.5}, {"p99", 0.99}} {
		b.ReportMetric(whole[int(q.share*float64(len(whole)-1))], q.name+"-ms-from-emit")
		b.ReportMetric(behind[int(q.share*float64(len(behind)-1))], q.name+"-ms-from-disk")
	}
}
