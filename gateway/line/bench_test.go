package line_test

import (
	"fmt"
	"testing"

	"steward/gateway"
	"steward/gateway/line"
)

// benchCases are a meter of 60 float32 registers, once with their decimals
// and once with every digit of the widened float, and six mixed points.
func benchCases() (*gateway.Site, map[string]*gateway.Reading) {
	meter := gateway.Asset{ID: "meter-1", Kind: "power_meter", Area: "tower-a"}
	short, long := reading("meter-1"), reading("meter-1")
	for i := range 60 {
		name := fmt.Sprintf("voltage_l%d", i)
		meter.Points = append(meter.Points, gateway.Point{Name: name})
		short.Values = append(short.Values, gateway.Good(name, 220+float64(i)/10))
		long.Values = append(long.Values, gateway.Good(name, float64(float32(220+float64(i)/7))))
	}
	site := testSite()
	site.Assets = append(site.Assets, meter)
	mixed := reading("pump-1", gateway.Good("pressure", 0.456), gateway.Good("starts", 1234), gateway.Good("running", 1),
		gateway.Good("mode", 2), gateway.Good("pressure", 21.5), gateway.NotGood("starts", gateway.QualityStale, "no answer"))
	return site, map[string]*gateway.Reading{"60floats": &short, "60widened": &long, "6mixed": &mixed}
}

func BenchmarkEncode(b *testing.B) {
	site, cases := benchCases()
	enc := line.NewEncoder(site)
	for name, r := range cases {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 1<<13)
			for b.Loop() {
				var err error
				if buf, err = enc.Append(buf[:0], r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(r.Values)), "ns/field")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	site, cases := benchCases()
	enc := line.NewEncoder(site)
	for name, r := range cases {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			buf, err := enc.Append(nil, r)
			if err != nil {
				b.Fatal(err)
			}
			dec := line.NewDecoder()
			var got gateway.Reading
			for b.Loop() {
				if err := dec.Decode(buf, &got); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(r.Values)), "ns/field")
		})
	}
}

// TestNoAllocations keeps the hot path free of garbage.
func TestNoAllocations(t *testing.T) {
	site, cases := benchCases()
	enc, dec := line.NewEncoder(site), line.NewDecoder()
	for name, r := range cases {
		buf := make([]byte, 0, 1<<13)
		var got gateway.Reading
		n := testing.AllocsPerRun(100, func() {
			buf, _ = enc.Append(buf[:0], r)
			if err := dec.Decode(buf, &got); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations a reading, want none", name, n)
		}
	}
}
