package mqtt

import (
	"context"
	"fmt"
	"slices"
	"time"

	"steward/gateway"
)

const (
	// doubtAfter is how long the connection must be down before the values
	// behind it are doubted. A broker that restarts is back within seconds.
	doubtAfter = 2 * time.Minute
	// doubtStep is how far behind an asset's newest value its doubt lies.
	// InfluxDB and the embedded history would take one of the same time for
	// the same sample; the history counts in milliseconds.
	doubtStep = time.Millisecond

	noConnection = "no connection to the broker"
)

// memory keeps the last value of every point, so that it can be doubted. The
// worker notes, and between two connections Run asks: never both at once.
type memory struct {
	after  time.Duration // doubtAfter, but in tests
	down   time.Time     // since when there is no connection; zero: there is one
	said   bool          // the doubt of this outage is out
	fresh  map[gateway.AssetID]map[string]time.Duration
	assets map[gateway.AssetID][]last
}

// last is what was last stored of one point.
type last struct {
	point    string
	number   float64
	known    bool // false: bad or lost, so that there is nothing to doubt
	order    time.Time
	received time.Time
}

func newMemory(site *gateway.Site) *memory {
	m := &memory{
		after: doubtAfter, fresh: map[gateway.AssetID]map[string]time.Duration{}, assets: map[gateway.AssetID][]last{},
	}
	for i := range site.Assets {
		limits := map[string]time.Duration{}
		for _, p := range site.Assets[i].Points {
			limits[p.Name] = p.Fresh
		}
		m.fresh[site.Assets[i].ID] = limits
	}
	return m
}

// note keeps what readings say. It is on every message's way: values that
// come in the same order each time are found without a search.
func (m *memory) note(rs []gateway.Reading) {
	for i := range rs {
		r := &rs[i]
		points, next := m.assets[r.Asset], 0
		order := r.Time
		if order.After(r.Received) {
			order = r.Received
		}
		for k := range r.Values {
			v := &r.Values[k]
			at := find(points, next, v.Point)
			if at < 0 {
				at = len(points)
				points = append(points, last{point: v.Point})
				m.assets[r.Asset] = points
			}
			next = at + 1
			p := &points[at]
			if order.Before(p.order) && !r.Received.Before(p.received) {
				continue // older; were it received earlier too, the clock was set back
			}
			p.number, p.known, p.order, p.received = v.Number, v.Quality.HasNumber(), order, r.Received
		}
	}
}

// find looks for a point from next on, and around.
func find(points []last, next int, point string) int {
	for n := range points {
		at := next + n
		if at >= len(points) {
			at -= len(points)
		}
		if points[at].point == point {
			return at
		}
	}
	return -1
}

// connected ends an outage.
func (m *memory) connected() { m.down, m.said = time.Time{}, false }

// disconnected begins one, unless it has begun.
func (m *memory) disconnected(now time.Time) {
	if m.down.IsZero() {
		m.down = now
	}
}

// doubts returns a reading of each asset with its last values as uncertain,
// once in an outage that is long enough. Its time is just behind the asset's
// newest value, not now: with now, a message with a source time that waits at
// the broker would pass for backfill, and a leak in it raise nothing; and
// doubt would make old values look new. Points past their freshness limit are
// stale, and stay so.
func (m *memory) doubts(now time.Time) []gateway.Reading {
	if m.said || m.down.IsZero() || now.Sub(m.down) < m.after {
		return nil
	}
	m.said = true
	var out []gateway.Reading
	for id, points := range m.assets {
		r := gateway.Reading{Asset: id, Received: now}
		for i := range points {
			p := &points[i]
			if p.order.After(r.Time) {
				r.Time = p.order
			}
			limit := m.fresh[id][p.point]
			if !p.known || (limit > 0 && now.Sub(p.order) > limit) {
				continue
			}
			r.Values = append(r.Values, gateway.Value{
				Point: p.point, Number: p.number, Quality: gateway.QualityUncertain, Reason: noConnection,
			})
		}
		if r.Time = r.Time.Add(doubtStep); r.Time.After(now) {
			r.Time = now
		}
		if len(r.Values) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// doubt emits the doubts that are due. Run calls it before every attempt to
// connect. What is refused, because the journal does not know its asset, is
// let go.
func (s *source) doubt(ctx context.Context, emit gateway.Emit) {
	for rs := range slices.Chunk(s.memory.doubts(s.now()), batchMessages) {
		if emit(ctx, rs) == nil {
			continue
		}
		var refused int
		var first error
		for i := range rs {
			if err := emit(ctx, rs[i:i+1]); err != nil {
				if refused++; first == nil {
					first = fmt.Errorf("asset %s: %w", rs[i].Asset, err)
				}
			}
		}
		if ctx.Err() != nil {
			return
		}
		if refused > 0 {
			s.log.Warn("cannot mark values as uncertain while the broker is away", "assets", refused, "error", first)
		}
	}
}

// settle is what a value's own past makes of it; one that is doubted is none,
// and good no longer.
func (f *field) settle(v *gateway.Value, at time.Time, doubt string) {
	if doubt != "" {
		if v.Quality == gateway.QualityGood {
			v.Quality, v.Reason = gateway.QualityUncertain, doubt
		}
		return
	}
	if f.hold != nil {
		f.hold.apply(v, at)
	}
	if f.step != nil {
		f.step.Check(v, at)
	}
}
