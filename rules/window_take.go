package rules

import (
	"math"
	"slices"
	"time"

	"steward/rules/book"
)

// take is what the window is at t, after it was rolled there; NaN: not known.
func (w *window) take(p *windowPlan, t int64) float64 {
	if w.begun == 0 || p.whole && !w.seen(p, t) || p.Every > 0 && !w.seenPeriod(p) {
		return math.NaN()
	}
	if p.samples {
		return w.takeSamples(p)
	}
	switch p.Take {
	case book.TakeMin, book.TakeMax:
		return w.extreme(p.Take == book.TakeMax)
	case book.TakeMean:
		known, sum := int64(0), 0.0
		for i := range w.ring {
			known, sum = known+w.ring[i].known, sum+w.ring[i].a
		}
		if known == 0 {
			return math.NaN()
		}
		return sum / float64(known)
	case book.TakeStddev:
		return w.stddev()
	case book.TakeMedian:
		var s [maxBuckets + 1]float64
		n := 0
		for i := range w.ring {
			if w.ring[i].known > 0 || w.ring[i].n > 0 {
				s[n] = w.ring[i].a
				n++
			}
		}
		return median(s[:n])
	case book.TakeSum, book.TakeIncrease:
		sum := 0.0
		for i := range w.ring {
			sum += w.ring[i].a
		}
		return sum
	case book.TakeCount, book.TakeEdges, book.TakeRises:
		n := int64(0)
		for i := range w.ring {
			n += w.ring[i].n
		}
		return float64(n)
	case book.TakeDuration:
		sum := 0.0
		for i := range w.ring {
			sum += w.ring[i].a
		}
		return sum / float64(time.Second)
	case book.TakeDelta, book.TakeRate:
		return w.delta(p, t)
	case book.TakeLast:
		if p.Every > 0 {
			return w.ring[0].a
		}
		return w.held
	}
	return math.NaN()
}

// seen reports whether the window's whole length was seen, so far as that
// was possible within its schedule.
func (w *window) seen(p *windowPlan, t int64) bool {
	if p.samples {
		every := int64(p.innerEvery)
		want := max(p.over/every, 1)
		n := int64(len(w.ring))
		return n >= want || n > 0 && t-w.begun >= p.over-every && float64(n) >= seenShare*float64(want)
	}
	switch {
	case p.Every == 0 && t-w.begun < p.over:
		return false
	case p.Take != book.TakeCount:
		return w.covered()
	}
	return p.Every == 0 || w.begun <= w.ring[0].start // silence is a count of 0
}

// seenPeriod reports the same of the period that ends now. Lower bounds and
// the last value are known as soon as there is anything.
func (w *window) seenPeriod(p *windowPlan) bool {
	if p.whole {
		return true // seen has said so
	}
	b := &w.ring[0]
	return b.known > 0 || b.n > 0
}

func (w *window) covered() bool {
	span, known := int64(0), int64(0)
	for i := range w.ring {
		span, known = span+w.ring[i].span, known+w.ring[i].known
	}
	return span > 0 && float64(known) >= seenShare*float64(span)
}

func (w *window) extreme(highest bool) float64 {
	x := math.NaN()
	for i := range w.ring {
		b := &w.ring[i]
		if b.known == 0 && b.n == 0 {
			continue
		}
		if math.IsNaN(x) || highest && b.a > x || !highest && b.a < x {
			x = b.a
		}
	}
	return x
}

// stddev joins the buckets' means and sums of squares (Chan's rule).
func (w *window) stddev() float64 {
	known, mean, m2 := 0.0, 0.0, 0.0
	for i := range w.ring {
		b := &w.ring[i]
		if b.known == 0 {
			continue
		}
		k := float64(b.known)
		d := b.a - mean
		known += k
		mean += d * k / known
		m2 += b.b + d*d*k*(known-k)/known
	}
	if known == 0 {
		return math.NaN()
	}
	return math.Sqrt(max(m2/known, 0))
}

// delta is the value that stands minus the first of the window; as a rate,
// per hour of the time between them.
func (w *window) delta(p *windowPlan, t int64) float64 {
	for i := range w.ring {
		b := &w.ring[i]
		if b.known == 0 && b.n == 0 {
			continue
		}
		d := w.last - b.a
		if p.Take == book.TakeDelta {
			return d
		}
		if long := float64(t-b.start) - b.b; long > 0 {
			return d * float64(time.Hour) / long
		}
		break
	}
	return math.NaN()
}

// takeSamples is take for a window over periods: each of their values counts
// the same, however long its period was.
func (w *window) takeSamples(p *windowPlan) float64 {
	n := len(w.ring)
	if n == 0 {
		return math.NaN()
	}
	first, last := &w.ring[0], &w.ring[n-1]
	var values [maxBuckets + 1]float64
	for i := range w.ring {
		values[i] = w.ring[i].a
	}
	s := values[:n]
	switch p.Take {
	case book.TakeCount:
		return float64(n)
	case book.TakeMin:
		return slices.Min(s)
	case book.TakeMax:
		return slices.Max(s)
	case book.TakeMedian:
		return median(s)
	case book.TakeLast:
		return last.a
	case book.TakeDelta:
		return last.a - first.a
	case book.TakeRate:
		if last.start == first.start {
			return math.NaN()
		}
		return (last.a - first.a) * float64(time.Hour) / float64(last.start-first.start)
	}
	return p.addSamples(s)
}

// addSamples is for what adds something up over all samples.
func (p *windowPlan) addSamples(s []float64) float64 {
	sum, squares, set, edges, rises, more := 0.0, 0.0, 0, 0, 0, 0.0
	for i, x := range s {
		sum += x
		if x != 0 {
			set++
		}
		if i == 0 || x == s[i-1] {
			continue
		}
		edges++
		more += max(x-s[i-1], 0)
		if s[i-1] == 0 {
			rises++
		}
	}
	mean := sum / float64(len(s))
	for _, x := range s {
		squares += (x - mean) * (x - mean)
	}
	switch p.Take {
	case book.TakeMean:
		return mean
	case book.TakeSum:
		return sum
	case book.TakeStddev:
		return math.Sqrt(squares / float64(len(s)))
	case book.TakeEdges:
		return float64(edges)
	case book.TakeRises:
		return float64(rises)
	case book.TakeIncrease:
		return more
	case book.TakeDuration:
		return float64(set) * p.innerEvery.Seconds()
	}
	return math.NaN()
}

// median sorts s.
func median(s []float64) float64 {
	n := len(s)
	if n == 0 {
		return math.NaN()
	}
	slices.Sort(s)
	if n%2 == 1 {
		return s[n/2]
	}
	return (s[n/2-1] + s[n/2]) / 2
}
