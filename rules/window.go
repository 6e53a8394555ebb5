package rules

import (
	"math"
	"time"

	"steward/gateway/history"
	"steward/rules/book"
)

const (
	maxBuckets = 60
	minBucket  = int64(time.Second)
	// A window that must have been seen whole may miss this share of it: one
	// lost message must not blind a rule over fourteen days.
	seenShare = 0.9
)

// windowPlan is a window as all assets with the same points share it.
type windowPlan struct {
	book.Window
	input      int32         // its position among the rule's inputs
	point      int32         // it is over this point of the asset, or -1
	schedule   int32         // it is over this schedule, or -1
	inner      int32         // it is over this window of the same instance, or -1
	samples    bool          // over a window of periods: it is made of its last values, each counting the same
	innerEvery time.Duration // of those periods
	rollover   float64
	in         *calendar // nil: always
	zone       *time.Location
	over       int64
	bucket     int64 // length of a bucket
	buckets    int
	whole      bool // unknown until the whole length was seen
	timed      bool // made of time, not of events alone
}

func (p *windowPlan) prepare() {
	p.over = int64(p.Over)
	p.bucket = max((p.over+maxBuckets-1)/maxBuckets, minBucket)
	p.buckets = max(int((p.over+p.bucket-1)/p.bucket), 1)
	switch p.Take {
	case book.TakeEdges, book.TakeRises, book.TakeIncrease:
		p.whole = p.Full
		p.timed = p.Full
	case book.TakeDuration:
		p.whole = p.Full
		p.timed = true
	case book.TakeCount:
		p.whole = true
	case book.TakeLast:
		p.whole = p.Full
		p.timed = true
	default:
		p.whole = true
		p.timed = true
	}
}

// bucket is one part of a window's length. What a and b are depends on what
// the window takes.
type bucket struct {
	start int64
	span  int64 // ns that counted at all: within the schedule, after the first value
	known int64 // ns of them with a good value
	n     int64 // samples, edges, rises
	a, b  float64
}

// window is the state of one window of one instance.
type window struct {
	ring   []bucket // oldest first; the one of a running period
	upTo   int64    // time is accounted for up to here
	begun  int64    // the first good value, 0: none yet
	held   float64  // the value that stands, NaN: none
	stood  int64    // since when nothing happened but that
	last   float64  // the last good value, which outlives a gap
	ever   bool     // last holds something
	until  int64    // end of the running period
	result float64  // of the last period that is over
	over   int64    // when that was, 0: none
	value  float64  // what the window is now, NaN: not known
}

func newWindow() window {
	return window{held: math.NaN(), result: math.NaN(), value: math.NaN()}
}

// sample takes a good value that begins to stand at t.
func (w *window) sample(p *windowPlan, t int64, x float64) {
	if p.Is != nil {
		x = truth(x == *p.Is)
	}
	w.roll(p, t)
	if w.begun == 0 {
		w.begun = t
	}
	inside := p.inside(t)
	if inside {
		w.event(p, t, x)
	}
	if x != w.held || p.Take == book.TakeSum {
		w.stood = t
	}
	w.held, w.last, w.ever = x, x, true
	if inside && p.timed && !p.samples {
		w.stand(p, w.at(p, t), 0)
	}
}

// miss says that no good value stands from t on.
func (w *window) miss(p *windowPlan, t int64) {
	w.roll(p, t)
	w.held, w.stood = math.NaN(), t
}

// event counts what happens at the instant of a sample.
func (w *window) event(p *windowPlan, t int64, x float64) {
	if p.samples {
		b := w.push(t)
		b.a, b.n = x, 1
		return
	}
	switch p.Take {
	case book.TakeSum:
		b := w.at(p, t)
		b.a, b.n = b.a+x, b.n+1
	case book.TakeCount:
		w.at(p, t).n++
	case book.TakeEdges:
		if w.ever && x != w.last {
			w.at(p, t).n++
		}
	case book.TakeRises:
		if w.ever && w.last == 0 && x != 0 {
			w.at(p, t).n++
		}
	case book.TakeIncrease:
		if w.ever {
			if more, _ := history.Increase(w.last, x, p.rollover); more > 0 {
				w.at(p, t).a += more
			}
		}
	}
}

func (p *windowPlan) inside(t int64) bool {
	if p.in == nil {
		return true
	}
	inside, _ := p.in.at(t)
	return inside
}

// roll accounts for the time up to t, ends periods and drops what has left.
func (w *window) roll(p *windowPlan, t int64) {
	if p.Every > 0 {
		w.rollPeriods(p, t)
		return
	}
	if w.begun == 0 || p.samples {
		w.upTo = t
		w.drop(p, t)
		return
	}
	if p.timed {
		w.upTo = max(w.upTo, t-p.over-p.bucket)
		w.account(p, t)
	}
	w.upTo = t
	w.drop(p, t)
}

// rollPeriods is roll for windows of calendar periods.
func (w *window) rollPeriods(p *windowPlan, t int64) {
	if w.until == 0 { // the first period counts from its beginning, so that half of one is not taken for a whole
		w.upTo, w.until = period(t, p.Every, p.zone)
		w.push(w.upTo)
	}
	for w.until <= t {
		w.account(p, w.until)
		w.result, w.over = w.take(p, w.until), w.until
		_, end := period(w.until, p.Every, p.zone)
		w.ring = w.ring[:0]
		w.push(w.until)
		w.until = end
	}
	w.account(p, t)
}

// account adds the time from upTo to t, cut where buckets and the schedule
// have their edges.
func (w *window) account(p *windowPlan, t int64) {
	for w.upTo < t {
		from, end := w.upTo, t
		if p.Every == 0 {
			end = min(end, history.Floor(from, p.bucket)+p.bucket)
		}
		inside := true
		if p.in != nil {
			var edge int64
			inside, edge = p.in.at(from)
			end = min(end, edge)
		}
		w.upTo = end
		if !inside || p.Take == book.TakeDuration && !p.whole && p.Every == 0 && !(w.held > 0 || w.held < 0) {
			continue
		}
		b := w.at(p, from)
		b.span += end - from
		if !math.IsNaN(w.held) {
			w.stand(p, b, end-from)
		}
	}
}

// stand adds that the held value stood for so long in a bucket; 0: it begins to.
func (w *window) stand(p *windowPlan, b *bucket, long int64) {
	x, first := w.held, b.known == 0 && b.n == 0
	switch p.Take {
	case book.TakeMean:
		b.a += x * float64(long)
	case book.TakeMin:
		if first || x < b.a {
			b.a = x
		}
	case book.TakeMax:
		if first || x > b.a {
			b.a = x
		}
	case book.TakeMedian, book.TakeLast:
		b.a = x
	case book.TakeStddev: // West's update for weights: no small difference of large sums
		if long > 0 {
			d := x - b.a
			b.a += d * float64(long) / float64(b.known+long)
			b.b += d * (x - b.a) * float64(long)
		}
	case book.TakeDuration:
		if x != 0 {
			b.a += float64(long)
		}
	case book.TakeDelta, book.TakeRate:
		if first {
			b.a, b.b = x, float64(w.upTo-long-b.start)
		}
	default:
		b.known += long
		return
	}
	b.known += long
	if long == 0 {
		b.n = 1 // something stood in it, if only for an instant
	}
}

// at is the bucket that t lies in, made when there is none.
func (w *window) at(p *windowPlan, t int64) *bucket {
	if p.Every > 0 {
		return &w.ring[0]
	}
	start := history.Floor(t, p.bucket)
	if n := len(w.ring); n > 0 && w.ring[n-1].start >= start {
		return &w.ring[n-1]
	}
	w.drop(p, t)
	return w.push(start)
}

func (w *window) push(start int64) *bucket {
	w.ring = append(w.ring, bucket{start: start})
	return &w.ring[len(w.ring)-1]
}

// drop forgets the buckets that lie wholly before the window, which ends at t.
func (w *window) drop(p *windowPlan, t int64) {
	n := 0
	for n < len(w.ring) && w.ring[n].start <= p.horizon(t) {
		n++
	}
	if p.samples {
		n = max(n, len(w.ring)-maxBuckets)
	}
	if n > 0 {
		w.ring = w.ring[:copy(w.ring, w.ring[n:])]
	}
}

// horizon is where buckets end to matter: those that start there or before
// have left the window.
func (p *windowPlan) horizon(t int64) int64 {
	if p.samples {
		return t - p.over
	}
	return history.Floor(t, p.bucket) - int64(p.buckets)*p.bucket
}

// next is when the window may change although nothing comes; 0: never.
func (w *window) next(p *windowPlan, t int64) int64 {
	switch {
	case p.Every > 0:
		return w.until
	case p.samples:
		if len(w.ring) == 0 {
			return 0
		}
		return w.ring[0].start + p.over
	case w.begun == 0:
		return 0
	case p.timed && (len(w.ring) > 0 || !math.IsNaN(w.held)):
		if p.in == nil && t-w.stood > p.over+p.bucket {
			return 0 // one value or none stands all over it: it stays as it is
		}
		return history.Floor(t, p.bucket) + p.bucket
	}
	var next int64
	if len(w.ring) > 0 {
		next = w.ring[0].start + int64(p.buckets)*p.bucket
	}
	if seen := w.begun + p.over; p.whole && seen > t && (next == 0 || seen < next) {
		next = seen
	}
	return next
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
