package rules

import (
	"math"
	"slices"
	"strings"
	"time"

	"steward/gateway"
)

// value is what is known of one point of one asset: the last good number,
// which stays when the quality goes, and the quality now. Times are
// nanoseconds since the Unix epoch, 0 for never.
type value struct {
	num    float64 // the last good one
	at     int64   // when it was measured
	since  int64   // since when it is good, or is not
	round  uint32  // the event in which it was last set
	q      gateway.Quality
	reason string // why it is not good, in the driver's words
}

func (v *value) good() bool { return v.q == gateway.QualityGood }

// set takes a value of a reading of time tm that arrived at the instant at,
// and reports whether rules see another number than before.
func (v *value) set(x *gateway.Value, tm, at, fresh int64) (changed bool) {
	was, wasGood := v.num, v.good()
	q, reason := x.Quality, x.Reason
	if q == gateway.QualityGood {
		switch {
		case math.IsNaN(x.Number) || math.IsInf(x.Number, 0):
			q, reason = gateway.QualityBad, "not a number"
		default:
			v.num, v.at, reason = x.Number, tm, ""
			if fresh > 0 && tm+fresh <= at {
				q = gateway.QualityStale
			}
		}
	}
	v.q, v.reason = q, reason
	good := v.good()
	if good != wasGood || v.since == 0 {
		v.since = at
	}
	return good != wasGood || good && v.num != was
}

// layout is the list of points that an asset has. Assets with equal lists
// share it.
type layout struct {
	points []gateway.Point
	at     map[string]int32
}

// find gives a point's place. Readings list their values in the same order
// again and again, so the place after the last one is tried first.
func (l *layout) find(name string, guess int32) (int32, bool) {
	if int(guess) < len(l.points) && l.points[guess].Name == name {
		return guess, true
	}
	i, ok := l.at[name]
	return i, ok
}

// asset is what the engine knows of one asset. Its values and its instances
// each lie in one run.
type asset struct {
	def    *gateway.Asset
	layout *layout
	base   int32   // of its values in Engine.values
	first  int32   // of its instances in Engine.instances
	count  int32   // of its instances
	ages   []int32 // instances that ask how long it has been silent
	newest int64   // time of its newest reading
	good   int64   // time of its newest good value
	begun  int64   // since when silence is counted while no good value came
	armed  int64   // its timer of freshness, 0: none
	dirty  bool
}

func (e *Engine) valuesOf(a *asset) []value {
	return e.values[a.base : int(a.base)+len(a.layout.points)]
}

// layouts shares equal lists of points.
type layouts map[string]*layout

func (ls layouts) of(points []gateway.Point) *layout {
	var key strings.Builder
	for i := range points {
		p := &points[i]
		key.WriteString(p.Name)
		key.WriteByte(' ')
		key.WriteString(p.Fresh.String())
		if p.Rollover != 0 {
			key.WriteByte(' ')
			key.WriteString(number(p.Rollover))
		}
		key.WriteByte('\n')
	}
	if l, ok := ls[key.String()]; ok {
		return l
	}
	l := &layout{points: slices.Clone(points), at: make(map[string]int32, len(points))}
	for i := range points {
		l.at[points[i].Name] = int32(i)
	}
	ls[key.String()] = l
	return l
}

// lastTime is the last instant the engine knows, the end of the year 2199:
// what is reckoned from it still has room.
const lastTime = 7258118400 * int64(time.Second)

// nanos is an instant as the engine counts it; the zero time is 0.
func nanos(t time.Time) int64 {
	switch s := t.Unix(); {
	case s < 0: // the zero time too
		return 0
	case s >= lastTime/int64(time.Second):
		return lastTime
	}
	return t.UnixNano()
}

// instant is the opposite of nanos.
func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
