package embedded

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/history/embedded/embeddedtest"
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

func open(b *testing.B, site *gateway.Site) *Store { return openDir(b, b.TempDir(), site) }

func openDir(b *testing.B, dir string, site *gateway.Site) *Store {
	s, err := Open(b.Context(), Options{Dir: dir, Site: site, Ledger: &historytest.Ledger{}, first: time.Hour})
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

// BenchmarkRange is a month, and a year, of four points at 1 Hz in steps of
// about a pixel each, with the band of the least and the greatest; before the
// days are rolled and after.
func BenchmarkRange(b *testing.B) {
	for _, span := range []struct {
		name string
		days int
		step time.Duration
	}{{"month", 30, 20 * time.Minute}, {"year", 365, 4 * time.Hour}} {
		dir := b.TempDir()
		to := time.Now().Truncate(time.Second)
		from := to.Add(-time.Duration(span.days) * 24 * time.Hour)
		embeddedtest.Write(b, dir, from, to,
			embeddedtest.Point{Asset: "a-0", Name: "temperature", Number: func(i int) float64 { return 20 + math.Round(50*math.Sin(float64(i)/600))/10 }},
			embeddedtest.Point{Asset: "a-0", Name: "count", Number: func(i int) float64 { return float64(i) }},
			embeddedtest.Point{Asset: "a-0", Name: "running", Number: func(i int) float64 { return float64(i / 3600 % 2) }},
			embeddedtest.Point{Asset: "a-0", Name: "mode", Number: func(int) float64 { return 7 }})
		s := openDir(b, dir, historytest.Site(1, 0))
		q := gateway.Query{Asset: "a-0", Points: []string{"temperature", "count", "running", "mode"}, From: from, To: to, Step: span.step, Agg: gateway.AggEnvelope}
		ask := func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				got, err := s.Range(b.Context(), q)
				if err != nil || len(got[0].Samples) < int(to.Sub(from)/span.step) {
					b.Fatal(len(got[0].Samples), err)
				}
			}
		}
		b.Run(span.name+"/samples", ask)
		rolled, spent := 0, cpu(b)
		for more := true; more; rolled++ {
			var err error
			if more, err = s.rollNext(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		spent = cpu(b) - spent
		b.Run(span.name+"/rolled", func(b *testing.B) {
			ask(b)
			b.ReportMetric(spent.Seconds()*1000/float64(rolled), "roll-ms/day")
			if info, err := os.Stat(s.rolled.file.Path); err == nil {
				b.ReportMetric(float64(info.Size())/float64(4*rolled), "roll-B/point-day")
			}
		})
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
