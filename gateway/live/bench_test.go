package live

import (
	"fmt"
	"testing"
	"time"

	"steward/gateway"
)

// hall is 200 assets of 60 float points, and one reading of each.
func hall(perAsset int) (*gateway.Site, []gateway.Reading) {
	site := &gateway.Site{ID: "hall"}
	var r []gateway.Reading
	for i := range 200 {
		a := gateway.Asset{ID: gateway.AssetID(fmt.Sprintf("meter-%03d", i))}
		one := gateway.Reading{Asset: a.ID, Time: time.Now(), Received: time.Now()}
		for k := range perAsset {
			name := fmt.Sprintf("voltage_l%d", k)
			a.Points = append(a.Points, gateway.Point{Name: name, Fresh: time.Hour})
			one.Values = append(one.Values, gateway.Good(name, 230.1+float64(k)))
		}
		site.Assets = append(site.Assets, a)
		r = append(r, one)
	}
	return site, r
}

func benchmarkApply(b *testing.B, perAsset int) {
	site, r := hall(perAsset)
	h := NewHub(Options{Site: site, Now: time.Now})
	h.Apply(1, r)
	b.ReportAllocs()
	values := 0
	for b.Loop() {
		i := values / perAsset % len(r)
		now := time.Now()
		r[i].Time, r[i].Received = now, now
		for k := range r[i].Values {
			r[i].Values[k].Number++
		}
		h.Apply(1, r[i:i+1])
		values += perAsset
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(values), "ns/value")
}

// One reading a call, as the journal commits them when little happens.
func BenchmarkApply60(b *testing.B) { benchmarkApply(b, 60) }
func BenchmarkApply6(b *testing.B)  { benchmarkApply(b, 6) }

// A frame in which each of 2,000 points changed.
func BenchmarkFrame2000(b *testing.B) {
	site, r := hall(10)
	h := NewHub(Options{Site: site, Now: time.Now})
	defer h.Subscribe().Close()
	b.ReportAllocs()
	for b.Loop() {
		for i := range r {
			for k := range r[i].Values {
				r[i].Values[k].Number += 0.1
			}
		}
		h.Apply(1, r)
		h.cut(levelRefreshed)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2000, "ns/row")
	b.SetBytes(int64(len(h.feed.frames[0].data)))
}

// What 500 subscribers cost the hub for a shared frame.
func BenchmarkShare500(b *testing.B) {
	site, r := hall(10)
	h := NewHub(Options{Site: site, Now: time.Now})
	subs := make([]*Subscription, 500)
	for i := range subs {
		subs[i] = h.Subscribe()
		defer subs[i].Close()
		subs[i].Next()
		subs[i].Next()
	}
	b.ReportAllocs()
	for b.Loop() {
		r[0].Values[0].Number++
		h.Apply(1, r[:1])
		h.cut(levelRefreshed)
		for _, s := range subs {
			s.Next()
		}
	}
}
