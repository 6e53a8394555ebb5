package embedded

import (
	"context"
	"time"

	"github.com/prometheus/prometheus/storage"

	"steward/gateway"
	"steward/gateway/history"
)

// rangeOf reads the points of a query one after the other.
func rangeOf(ctx context.Context, db storage.Queryable, q gateway.Query) ([]gateway.Series, error) {
	if err := history.Check(q); err != nil {
		return nil, err
	}
	from, to := ceilMilli(q.From), ceilMilli(q.To)
	out := make([]gateway.Series, len(q.Points))
	for i, point := range q.Points {
		good := history.NewFold(q.Step, q.Agg)
		uncertain := history.NewFold(q.Step, q.Agg)
		other := history.NewFold(q.Step, q.Agg)
		err := each(ctx, db, string(q.Asset), point, from, to, func(stream string, ms int64, v float64) {
			at := ms * int64(time.Millisecond)
			switch stream {
			case streamGood:
				good.Add(at, v, gateway.QualityGood)
			case streamUncertain:
				uncertain.Add(at, v, gateway.QualityUncertain)
			default:
				other.Add(at, v, qualityOf(v))
			}
		})
		if err != nil {
			return nil, err
		}
		out[i] = gateway.Series{Point: point, Samples: history.Combine(good.Steps(), uncertain.Steps(), other.Steps())}
	}
	return out, nil
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
