package embedded

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"syscall"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/history/historytest"
)

// cpu is the process's time on the processor so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func open(b *testing.B, site *gateway.Site) *Store {
	s, err := Open(b.Context(), Options{Dir: b.TempDir(), Site: site, Ledger: &historytest.Ledger{}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// second is one reading of each of n assets with 60 changing values each.
func second(assets, i int, at time.Time) []gateway.Reading {
	var r []gateway.Reading
	for a := range assets {
		values := make([]gateway.Value, 60)
		for p := range values {
			values[p] = gateway.Good(fmt.Sprintf("f%d", p), 220+float64(math.Float32frombits(math.Float32bits(float32(i%97)*0.37+float32(a+p)))))
		}
		r = append(r, gateway.Reading{Asset: gateway.AssetID(fmt.Sprintf("a-%d", a)), Time: at, Received: at, Values: values})
	}
	return r
}

// BenchmarkAppend is 200 devices of 60 floats: one operation is one value.
func BenchmarkAppend(b *testing.B) {
	const assets = 200
	site := historytest.Site(assets, 60)
	s := open(b, site)
	feed := historytest.NewFeed(b, site)
	base := time.Now().Add(-3 * time.Hour)
	const perBatch = assets * 60
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	spent := time.Duration(0)
	b.ReportAllocs()
	b.ResetTimer()
	n := 0
	for i := 0; n < b.N; i++ {
		b.StopTimer()
		batch := feed.Batch(second(assets, i, base.Add(time.Duration(i)*time.Second))...)
		start := cpu(b)
		b.StartTimer()
		if err := s.Consume(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
		n += perBatch
		spent += cpu(b) - start
	}
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(spent.Nanoseconds())/float64(n), "cpu-ns/value")
	b.ReportMetric(float64(after.HeapAlloc-min(before.HeapAlloc, after.HeapAlloc))/(1<<20), "heap-MiB")
}

// BenchmarkRange is a month of four points at 1 Hz in 2,000 steps.
func BenchmarkRange(b *testing.B) {
	site := historytest.Site(1, 0)
	s := open(b, site)
	feed := historytest.NewFeed(b, site)
	const month = 30 * 24 * time.Hour
	to := time.Now().Truncate(time.Second)
	from := to.Add(-month)
	var readings []gateway.Reading
	for at, i := from, 0; at.Before(to); at, i = at.Add(time.Second), i+1 {
		readings = append(readings, gateway.Reading{Asset: "a-0", Time: at, Received: at, Values: []gateway.Value{
			gateway.Good("temperature", 20+math.Round(50*math.Sin(float64(i)/600))/10), gateway.Good("count", float64(i)),
			gateway.Good("running", float64(i/3600%2)), gateway.Good("mode", 7),
		}})
		if len(readings) == 5000 {
			if err := s.Consume(b.Context(), feed.Batch(readings...)); err != nil {
				b.Fatal(err)
			}
			readings = readings[:0]
		}
	}
	q := gateway.Query{Asset: "a-0", Points: []string{"temperature", "count", "running", "mode"}, From: from, To: to, Step: month / 2000, Agg: gateway.AggMean}
	b.ReportAllocs()
	for b.Loop() {
		got, err := s.Range(b.Context(), q)
		if err != nil || len(got[0].Samples) < 1990 {
			b.Fatal(len(got[0].Samples), err)
		}
	}
}

// BenchmarkConsumeSmall is batches of a few readings of six values, as they
// come from a busy broker: one operation is one batch.
func BenchmarkConsumeSmall(b *testing.B) {
	for _, n := range []int{1, 20} {
		b.Run(fmt.Sprintf("readings=%d", n), func(b *testing.B) {
			site := historytest.Site(n, 6)
			s := open(b, site)
			feed := historytest.NewFeed(b, site)
			base := time.Now().Add(-time.Hour)
			spent := time.Duration(0)
			for i := range b.N {
				var r []gateway.Reading
				for a := range n {
					at := base.Add(time.Duration(i) * time.Millisecond)
					v := make([]gateway.Value, 6)
					for p := range v {
						v[p] = gateway.Good(fmt.Sprintf("f%d", p), float64(i+p))
					}
					r = append(r, gateway.Reading{Asset: gateway.AssetID(fmt.Sprintf("a-%d", a)), Time: at, Received: at, Values: v})
				}
				batch := feed.Batch(r...)
				start := cpu(b)
				if err := s.Consume(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
				spent += cpu(b) - start
			}
			b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N), "cpu-ns/batch")
		})
	}
}
