// Package history holds what its stores share: how the samples of a point
// become the steps of a chart. How much a counter has risen is told here too,
// for whoever takes differences. The stores are in embedded and influx; the
// contract that both keep is in historytest.
package history

import (
	"fmt"
	"math"
	"time"

	"steward/gateway"
)

// Step is the aggregate of one stream's samples within one step of a query.
// A raw sample is a Step whose Start and Last are its own time. Times are
// nanoseconds since the Unix epoch.
type Step struct {
	Start   int64
	Last    int64   // time of its last sample
	N       int     // how many samples it is made of; 0: not known
	Number  float64 // NaN where Quality has none
	Low     float64 // the least and the greatest, of AggEnvelope alone
	High    float64
	Quality gateway.Quality
}

// Part is what is known of some samples of one stream that lie one behind
// the other within one step: a bucket of a rollup.
type Part struct {
	First, Last   int64 // times of the first, or of one before it in its step, and of the last sample
	N             int
	Min, Max, Sum float64
	Number        float64 // the last sample's
}

// Fold makes the Steps of one stream: the good numbers of a point, its
// uncertain ones, or the codes of its other qualities. Its zero value is not
// usable; it keeps one Step for each step that saw a sample, however many
// samples there are.
type Fold struct {
	step  int64 // 0: raw
	agg   gateway.Agg
	steps []Step
	end   int64 // of the last of steps
	sum   float64
}

// NewFold makes the fold of a query's step and aggregate.
func NewFold(step time.Duration, agg gateway.Agg) *Fold {
	f := &Fold{step: int64(step), agg: agg, end: math.MinInt64}
	if agg == gateway.AggNone {
		f.step = 0
	}
	return f
}

// Add takes the next sample; times must not decrease.
func (f *Fold) Add(t int64, number float64, q gateway.Quality) {
	if f.step == 0 {
		f.steps = append(f.steps, Step{Start: t, Last: t, N: 1, Number: number, Quality: q})
		return
	}
	if t >= f.end {
		f.begin(t, number, number, number, q)
	}
	s := &f.steps[len(f.steps)-1]
	s.Last, s.Quality = t, q
	s.N++
	switch f.agg {
	case gateway.AggMin:
		s.Number = min(s.Number, number)
	case gateway.AggMax:
		s.Number = max(s.Number, number)
	case gateway.AggMean:
		f.sum += number
	case gateway.AggEnvelope:
		f.sum += number
		s.Low, s.High = min(s.Low, number), max(s.High, number)
	default:
		s.Number = number
	}
}

// AddPart takes the samples of a bucket at once, as Add would take them one
// by one. The fold must have a step, and the bucket lie within one.
func (f *Fold) AddPart(p Part, q gateway.Quality) {
	if p.First >= f.end {
		f.begin(p.First, p.Number, p.Min, p.Max, q)
	}
	s := &f.steps[len(f.steps)-1]
	s.Last, s.Quality = p.Last, q
	s.N += p.N
	switch f.agg {
	case gateway.AggMin:
		s.Number = min(s.Number, p.Min)
	case gateway.AggMax:
		s.Number = max(s.Number, p.Max)
	case gateway.AggMean:
		f.sum += p.Sum
	case gateway.AggEnvelope:
		f.sum += p.Sum
		s.Low, s.High = min(s.Low, p.Min), max(s.High, p.Max)
	default:
		s.Number = p.Number
	}
}

// begin settles the last step and begins that of t.
func (f *Fold) begin(t int64, number, low, high float64, q gateway.Quality) {
	f.finish()
	start := Floor(t, f.step)
	f.end, f.sum = start+f.step, 0
	s := Step{Start: start, Last: t, Number: number, Quality: q}
	switch f.agg {
	case gateway.AggMin:
		s.Number = low
	case gateway.AggMax:
		s.Number = high
	case gateway.AggEnvelope:
		s.Low, s.High = low, high
	}
	f.steps = append(f.steps, s)
}

// finish settles the last step.
func (f *Fold) finish() {
	if (f.agg == gateway.AggMean || f.agg == gateway.AggEnvelope) && len(f.steps) > 0 {
		s := &f.steps[len(f.steps)-1]
		s.Number = f.sum / float64(s.N)
	}
}

// Steps ends the fold and returns what it made.
func (f *Fold) Steps() []Step {
	if f.step != 0 {
		f.finish()
	}
	return f.steps
}

// Merge makes one stream of two, each in order of Start, that hold parts of
// the same steps: an asset that was moved has its samples in two places. Of
// raw samples at one time the one of b stays.
func Merge(a, b []Step, agg gateway.Agg) []Step {
	if len(a) == 0 {
		return b
	}
	out := make([]Step, 0, len(a)+len(b))
	for len(a)+len(b) > 0 {
		switch {
		case first(a) < first(b):
			out, a = append(out, a[0]), a[1:]
		case first(b) < first(a):
			out, b = append(out, b[0]), b[1:]
		default:
			out = append(out, join(a[0], b[0], agg))
			a, b = a[1:], b[1:]
		}
	}
	return out
}

// join makes one of two parts of a step.
func join(a, b Step, agg gateway.Agg) Step {
	if a.Last > b.Last {
		a, b = b, a
	}
	out := b
	out.N = a.N + b.N
	switch agg {
	case gateway.AggMin:
		out.Number = math.Min(a.Number, b.Number)
	case gateway.AggMax:
		out.Number = math.Max(a.Number, b.Number)
	case gateway.AggMean, gateway.AggEnvelope:
		out.Number = (a.Number*float64(a.N) + b.Number*float64(b.N)) / float64(out.N)
		out.Low, out.High = min(a.Low, b.Low), max(a.High, b.High)
	}
	return out
}

// Floor is the beginning of the step that t lies in. Steps begin at
// multiples of step since the Unix epoch, before it too.
func Floor(t, step int64) int64 {
	start := t - t%step
	if start > t {
		start -= step
	}
	return start
}

// Combine makes a point's samples of its three streams, each in order of
// Start: its good numbers, its uncertain numbers and its other qualities. A
// step that saw good values is made of them alone; without any it has its
// last sample's quality, and of two at one instant the one without a number.
func Combine(good, uncertain, other []Step) []gateway.Sample {
	samples := make([]gateway.Sample, 0, len(good)+len(uncertain)+len(other))
	for len(good)+len(uncertain)+len(other) > 0 {
		start := min(first(good), first(uncertain), first(other))
		var s Step
		if len(uncertain) > 0 && uncertain[0].Start == start {
			s, uncertain = uncertain[0], uncertain[1:]
		}
		if len(other) > 0 && other[0].Start == start {
			if s.Quality != gateway.QualityUncertain || other[0].Last >= s.Last {
				s = other[0]
				s.Number, s.Low, s.High = math.NaN(), math.NaN(), math.NaN()
			}
			other = other[1:]
		}
		if len(good) > 0 && good[0].Start == start {
			s, good = good[0], good[1:]
		}
		samples = append(samples, gateway.Sample{Time: time.Unix(0, start).UTC(),
			Number: s.Number, Low: s.Low, High: s.High, Quality: s.Quality})
	}
	return samples
}

func first(s []Step) int64 {
	if len(s) == 0 {
		return math.MaxInt64
	}
	return s[0].Start
}

// Check says what is wrong with a query; a range that is empty or ends before
// it begins is not wrong, it holds nothing.
func Check(q gateway.Query) error {
	if q.Agg > gateway.AggEnvelope {
		return fmt.Errorf("history of %s: unknown aggregate %d", q.Asset, q.Agg)
	}
	if q.Agg != gateway.AggNone && q.Step < time.Millisecond {
		return fmt.Errorf("history of %s: step %s with aggregate %s: want at least 1ms", q.Asset, q.Step, q.Agg)
	}
	return nil
}
