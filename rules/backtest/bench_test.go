package backtest

import (
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/history/embedded"
	"steward/gateway/history/historytest"
)

// BenchmarkMonth plays 30 days at 1 Hz of one power meter out of the embedded
// history, with two versions of a rule over three voltages side by side.
func BenchmarkMonth(b *testing.B) {
	site, books := voltages(b)
	const month = 30 * 24 * time.Hour
	to := time.Now().Truncate(time.Second)
	s, err := embedded.Open(b.Context(), embedded.Options{Dir: b.TempDir(), Site: site, Ledger: &historytest.Ledger{}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	feed := historytest.NewFeed(b, site)
	var readings []gateway.Reading
	for at, i := to.Add(-month), 0; at.Before(to); at, i = at.Add(time.Second), i+1 {
		v := 230 + math.Round(80*math.Sin(float64(i)/20000))/10
		readings = append(readings, gateway.Reading{Asset: "meter", Time: at, Received: at, Values: []gateway.Value{
			gateway.Good("voltage_l1", v), gateway.Good("voltage_l2", v+float64(i%7)/10), gateway.Good("voltage_l3", v-float64(i%5)/10)}})
		if len(readings) == 5000 {
			if err := s.Consume(b.Context(), feed.Batch(readings...)); err != nil {
				b.Fatal(err)
			}
			readings = readings[:0]
		}
	}
	for _, versions := range []int{1, 2} {
		b.Run(fmt.Sprintf("versions=%d", versions), func(b *testing.B) {
			played, most := 0, uint64(0)
			for b.Loop() {
				peak := watchHeap()
				r, err := Run(b.Context(), Options{Site: site, Books: books[:versions], Rules: []string{"PW-01"}, History: s, From: to.Add(-month), To: to})
				if err != nil || r.Readings < 2_590_000 || r.Versions[0].Alarms == 0 {
					b.Fatalf("%d readings, %v", r.Readings, err)
				}
				played, most = played+r.Readings, max(most, peak())
			}
			b.ReportMetric(float64(most)/1e6, "peak-MB")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(played), "ns/reading")
		})
	}
}

// watchHeap returns how much the heap grew at most until it is called.
func watchHeap() func() uint64 {
	now := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before, peak := now(), uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // ends with the function returned
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			peak = max(peak, now())
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	return func() uint64 {
		close(stop)
		<-done
		return max(peak, before) - before
	}
}
