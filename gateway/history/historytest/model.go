package historytest

import (
	"math"
	"slices"
	"time"

	"steward/gateway"
)

// model is one sample of a point, d behind the base.
type model struct {
	d time.Duration
	n float64
	q gateway.Quality
}

func modelOf(d time.Duration, v gateway.Value) model { return model{d, v.Number, v.Quality} }

// expect is the definition of a range, written for reading and not for speed.
func expect(base time.Time, all []model, step time.Duration, agg gateway.Agg) (want []sample) {
	if agg == gateway.AggNone {
		for _, m := range all {
			want = append(want, sample(m))
		}
		return want
	}
	groups := map[time.Duration][]model{}
	for _, m := range all {
		start := base.Add(m.d).UnixNano() / int64(step) * int64(step)
		key := time.Duration(start - base.UnixNano())
		groups[key] = append(groups[key], m)
	}
	for start, g := range groups {
		of := func(q gateway.Quality) (numbers []float64) {
			for _, m := range g {
				if m.q == q {
					numbers = append(numbers, m.n)
				}
			}
			return numbers
		}
		last := g[len(g)-1]
		switch numbers := of(gateway.QualityGood); {
		case len(numbers) > 0:
			want = append(want, sample{start, aggregate(numbers, agg), gateway.QualityGood})
		case last.q == gateway.QualityUncertain:
			want = append(want, sample{start, aggregate(of(gateway.QualityUncertain), agg), gateway.QualityUncertain})
		default:
			want = append(want, sample{start, math.NaN(), last.q})
		}
	}
	slices.SortFunc(want, func(a, b sample) int { return int(a.d - b.d) })
	return want
}

func aggregate(n []float64, agg gateway.Agg) float64 {
	switch agg {
	case gateway.AggMin:
		return slices.Min(n)
	case gateway.AggMax:
		return slices.Max(n)
	case gateway.AggMean:
		sum := 0.0
		for _, v := range n {
			sum += v
		}
		return sum / float64(len(n))
	default:
		return n[len(n)-1]
	}
}
