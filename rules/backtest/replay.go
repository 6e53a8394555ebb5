// Package backtest plays stored history through the rules, as they are and as
// they might be, and tells what would have come of it. It writes nothing.
package backtest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"steward/gateway"
)

// chunk is how much of the past is held in memory at once.
const chunk = 6 * time.Hour

// track is one asset's past of one chunk: its series, merged by time.
type track struct {
	asset  gateway.AssetID
	series []gateway.Series
	at     []int // the next sample of each
	values []gateway.Value
}

// next returns the time of the track's next reading, false at its end.
func (t *track) next() (when time.Time, ok bool) {
	for i := range t.series {
		if k := t.at[i]; k < len(t.series[i].Samples) {
			if s := t.series[i].Samples[k].Time; !ok || s.Before(when) {
				when, ok = s, true
			}
		}
	}
	return when, ok
}

// take makes a reading of all samples of one instant. Its values are valid
// until the next call.
func (t *track) take(when time.Time) gateway.Reading {
	t.values = t.values[:0]
	for i := range t.series {
		k := t.at[i]
		if k >= len(t.series[i].Samples) || !t.series[i].Samples[k].Time.Equal(when) {
			continue
		}
		s := t.series[i].Samples[k]
		t.at[i]++
		t.values = append(t.values, gateway.Value{Point: t.series[i].Point, Number: s.Number, Quality: s.Quality})
	}
	return gateway.Reading{Asset: t.asset, Time: when, Received: when, Values: t.values}
}

// asked is what is replayed of one asset.
type asked struct {
	asset  gateway.AssetID
	points []string
}

// replay gives every stored reading of [from, to) in the order of time, and
// tells how far it is.
func replay(ctx context.Context, history gateway.History, what []asked, from, to time.Time, step func(gateway.Reading), far func(time.Time)) error {
	for begin := from; begin.Before(to); begin = begin.Add(chunk) {
		end := begin.Add(chunk)
		if end.After(to) {
			end = to
		}
		tracks := make([]*track, 0, len(what))
		for _, a := range what {
			series, err := history.Range(ctx, gateway.Query{Asset: a.asset, Points: a.points, From: begin, To: end})
			if err != nil {
				return fmt.Errorf("backtest: history of %s from %s: %w", a.asset, begin.Format(time.RFC3339), err)
			}
			tracks = append(tracks, &track{asset: a.asset, series: series, at: make([]int, len(series))})
		}
		if err := merge(ctx, tracks, step); err != nil {
			return err
		}
		far(end)
	}
	return nil
}

// merge steps through the tracks by time; of one instant, in their order.
func merge(ctx context.Context, tracks []*track, step func(gateway.Reading)) error {
	type head struct {
		when time.Time
		t    *track
	}
	var heads []head
	for _, t := range tracks {
		if when, ok := t.next(); ok {
			heads = append(heads, head{when, t})
		}
	}
	for n := 0; len(heads) > 0; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		first := 0
		for i := range heads {
			if heads[i].when.Before(heads[first].when) {
				first = i
			}
		}
		h := &heads[first]
		step(h.t.take(h.when))
		if when, ok := h.t.next(); ok {
			h.when = when
			continue
		}
		heads = slices.Delete(heads, first, first+1)
	}
	return nil
}
