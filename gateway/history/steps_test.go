package history

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"steward/gateway"
)

func TestFloorBeforeAndAfterTheEpoch(t *testing.T) {
	for _, c := range [][3]int64{{0, 7, 0}, {6, 7, 0}, {7, 7, 7}, {-1, 7, -7}, {-7, 7, -7}, {-8, 7, -14}} {
		if got := Floor(c[0], c[1]); got != c[2] {
			t.Errorf("Floor(%d, %d) = %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

func TestFoldAgreesWithTheDefinition(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	const step = 10
	for _, agg := range []gateway.Agg{gateway.AggMin, gateway.AggMax, gateway.AggMean, gateway.AggLast} {
		f := NewFold(step, agg)
		groups := map[int64][]float64{}
		at := int64(-500)
		for range 300 {
			at += rnd.Int64N(9)
			v := math.Round(rnd.NormFloat64() * 100)
			f.Add(at, v, gateway.QualityGood)
			groups[Floor(at, step)] = append(groups[Floor(at, step)], v)
		}
		steps := f.Steps()
		if len(steps) != len(groups) {
			t.Fatalf("%s: %d steps, want %d", agg, len(steps), len(groups))
		}
		for _, s := range steps {
			g := groups[s.Start]
			want := g[len(g)-1]
			switch agg {
			case gateway.AggMin:
				want = slices.Min(g)
			case gateway.AggMax:
				want = slices.Max(g)
			case gateway.AggMean:
				want = 0
				for _, v := range g {
					want += v
				}
				want /= float64(len(g))
			}
			if s.Number != want {
				t.Errorf("%s of %v = %v, want %v", agg, g, s.Number, want)
			}
		}
	}
}

func TestMergeOfPartsIsTheWhole(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	for _, agg := range []gateway.Agg{gateway.AggNone, gateway.AggMin, gateway.AggMax, gateway.AggMean, gateway.AggLast} {
		whole, one, two := NewFold(10, agg), NewFold(10, agg), NewFold(10, agg)
		for at := int64(1); at < 500; at += 1 + rnd.Int64N(8) {
			v := rnd.NormFloat64()
			whole.Add(at, v, gateway.QualityGood)
			part := one
			if rnd.IntN(2) == 0 {
				part = two
			}
			part.Add(at, v, gateway.QualityGood)
		}
		want, got := whole.Steps(), Merge(one.Steps(), two.Steps(), agg)
		if len(got) != len(want) {
			t.Fatalf("%s: %d steps, want %d", agg, len(got), len(want))
		}
		for i, w := range want {
			g := got[i]
			if math.Abs(g.Number-w.Number) > 1e-9 || g.Start != w.Start || g.Last != w.Last || g.N != w.N {
				t.Errorf("%s: step %d = %+v, want %+v", agg, i, g, w)
			}
		}
	}
}

func TestCombineKeepsTheBestStream(t *testing.T) {
	good := []Step{{Start: 0, Last: 1, Number: 1, Quality: gateway.QualityGood}}
	uncertain := []Step{
		{Start: 0, Last: 9, Number: 2, Quality: gateway.QualityUncertain},
		{Start: 10, Last: 15, Number: 3, Quality: gateway.QualityUncertain},
		{Start: 20, Last: 22, Number: 4, Quality: gateway.QualityUncertain},
	}
	other := []Step{
		{Start: 10, Last: 12, Quality: gateway.QualityBad},
		{Start: 20, Last: 22, Quality: gateway.QualityLost},
		{Start: 40, Last: 40, Quality: gateway.QualityUnknown},
	}
	got := Combine(good, uncertain, other)
	want := []struct {
		at int64
		n  float64
		q  gateway.Quality
	}{
		{0, 1, gateway.QualityGood}, {10, 3, gateway.QualityUncertain},
		{20, math.NaN(), gateway.QualityLost}, {40, math.NaN(), gateway.QualityUnknown},
	}
	if len(got) != len(want) {
		t.Fatalf("got %d samples %v, want %d", len(got), got, len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.Time.UnixNano() != w.at || g.Quality != w.q || math.Float64bits(g.Number) != math.Float64bits(w.n) {
			t.Errorf("sample %d = %v %v %v, want %v %v %v", i, g.Time.UnixNano(), g.Number, g.Quality, w.at, w.n, w.q)
		}
	}
}

func TestCheckRefusesImpossibleQueries(t *testing.T) {
	if err := Check(gateway.Query{Agg: gateway.AggMean}); err == nil {
		t.Error("an aggregate without a step was accepted")
	}
	if err := Check(gateway.Query{Agg: 99, Step: time.Second}); err == nil {
		t.Error("an unknown aggregate was accepted")
	}
	if err := Check(gateway.Query{}); err != nil {
		t.Errorf("a raw query was refused: %v", err)
	}
}
