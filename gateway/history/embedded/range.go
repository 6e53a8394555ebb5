package embedded

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/prometheus/storage"

	"steward/gateway"
	"steward/gateway/history"
)

// rangeOf reads the points of a query one after the other: what rolled holds
// of them by buckets where the steps allow it, the rest sample by sample.
func rangeOf(ctx context.Context, db storage.Queryable, rolled *rollups, q gateway.Query) ([]gateway.Series, error) {
	if err := history.Check(q); err != nil {
		return nil, err
	}
	if q.Agg == gateway.AggNone || q.Step%grain != 0 {
		rolled = nil
	}
	from, to := ceilMilli(q.From), ceilMilli(q.To)
	out := make([]gateway.Series, len(q.Points))
	for i, point := range q.Points {
		p := newPointFold(q)
		err := p.read(ctx, db, rolled, string(q.Asset), point, from, to)
		if errors.Is(err, errRollups) && ctx.Err() == nil {
			rolled.doubted(err)
			rolled, p = nil, newPointFold(q)
			err = p.read(ctx, db, nil, string(q.Asset), point, from, to)
		}
		if err != nil {
			return nil, err
		}
		out[i] = gateway.Series{Point: point, Samples: history.Combine(p[dayGood].Steps(), p[dayUncertain].Steps(), p[dayOther].Steps())}
	}
	return out, nil
}

// pointFold folds a point's three streams.
type pointFold [3]*history.Fold

func newPointFold(q gateway.Query) (p pointFold) {
	for i := range p {
		p[i] = history.NewFold(q.Step, q.Agg)
	}
	return p
}

// read goes through [from, to), milliseconds, in order of time.
func (p pointFold) read(ctx context.Context, db storage.Queryable, rolled *rollups, asset, point string, from, to int64) error {
	at := from
	err := rolled.each(ctx, asset, point, from, to, func(day int64, d *pointDay) error {
		// A bucket that the range cuts is read sample by sample.
		lo := max(day*dayMS, history.Floor(from+grainMS-1, grainMS))
		hi := min((day+1)*dayMS, history.Floor(to, grainMS))
		if lo >= hi {
			return nil
		}
		if err := p.samples(ctx, db, asset, point, at, lo); err != nil {
			return err
		}
		p.buckets(day, d, lo, hi)
		at = hi
		return nil
	})
	if err != nil {
		return err
	}
	return p.samples(ctx, db, asset, point, at, to)
}

func (p pointFold) samples(ctx context.Context, db storage.Queryable, asset, point string, from, to int64) error {
	return each(ctx, db, ofPoint(asset, point), from, to, func(_, q string) func(int64, float64) {
		stream := streamOf(q)
		fold := p[stream]
		return func(ms int64, v float64) { fold.Add(ms*int64(time.Millisecond), v, qualityIn(stream, v)) }
	})
}

// buckets takes those of a day that lie in [from, to).
func (p pointFold) buckets(day int64, d *pointDay, from, to int64) {
	for stream := range d {
		for i := range d[stream] {
			b := &d[stream][i]
			if at := day*dayMS + int64(b.slot)*grainMS; at >= from && at < to {
				p[stream].AddPart(b.part(day), qualityIn(stream, b.number))
			}
		}
	}
}

// qualityIn is the quality of a stream's sample.
func qualityIn(stream int, number float64) gateway.Quality {
	switch stream {
	case dayGood:
		return gateway.QualityGood
	case dayUncertain:
		return gateway.QualityUncertain
	default:
		return qualityOf(number)
	}
}

// ceilMilli is the first millisecond at or behind t; what nanoseconds cannot
// say is cut to what they can.
func ceilMilli(t time.Time) int64 {
	const limit = 9_223_372_036_000 // ms: the years 1678 to 2262
	ms := t.UnixMilli()
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		ms++
	}
	return min(max(ms, -limit), limit)
}
