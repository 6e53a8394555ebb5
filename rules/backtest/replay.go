// Package backtest plays stored history through the rules, as they are and as
// they might be, and tells what would have come of it. It writes nothing.
package backtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"steward/gateway"
)

// The past is read in portions of about so many samples, a portion ahead of
// what is played: the memory that it takes does not grow with the time asked.
const (
	portionSamples = 400_000
	shortestPart   = time.Minute
	longestPart    = 24 * time.Hour
)

// track is one asset's past of one portion: its series, merged by time.
type track struct {
	asset  gateway.AssetID
	series []gateway.Series
	at     []int     // the next sample of each
	when   time.Time // of the next reading
	values []gateway.Value
}

// newTrack returns nil where nothing is stored.
func newTrack(asset gateway.AssetID, series []gateway.Series) *track {
	t := &track{asset: asset, series: series, at: make([]int, len(series)), values: make([]gateway.Value, 0, len(series))}
	for i := range series {
		if s := series[i].Samples; len(s) > 0 && (t.when.IsZero() || s[0].Time.Before(t.when)) {
			t.when = s[0].Time
		}
	}
	if t.when.IsZero() {
		return nil
	}
	return t
}

// take makes a reading of all samples of the track's next instant, and
// reports whether more follow. Its values are valid until the next call.
func (t *track) take() (r gateway.Reading, more bool) {
	t.values = t.values[:0]
	when, next := t.when, time.Time{}
	for i := range t.series {
		samples, k := t.series[i].Samples, t.at[i]
		if k < len(samples) && samples[k].Time.Equal(when) {
			t.values = append(t.values, gateway.Value{Point: t.series[i].Point, Number: samples[k].Number, Quality: samples[k].Quality})
			k++
			t.at[i] = k
		}
		if k < len(samples) && (!more || samples[k].Time.Before(next)) {
			next, more = samples[k].Time, true
		}
	}
	t.when = next
	return gateway.Reading{Asset: t.asset, Time: when, Received: when, Values: t.values}, more
}

// asked is what is replayed of one asset.
type asked struct {
	asset  gateway.AssetID
	points []string
}

// portion is a part of the past.
type portion struct {
	tracks  []*track
	samples int
	until   time.Time
	err     error
}

// reader reads the past, portion by portion.
type reader struct {
	history gateway.History
	what    []asked
	to      time.Time
	part    time.Duration // length of the next portion
}

func newReader(history gateway.History, what []asked, to time.Time) *reader {
	series := 1
	for _, a := range what {
		series += len(a.points)
	}
	part := time.Duration(portionSamples/series) * time.Second // as if each came once a second
	return &reader{history, what, to, min(max(part, shortestPart), longestPart/4)}
}

// run sends portions from a time on until the end, an error or ctx's end.
func (r *reader) run(ctx context.Context, from time.Time, out chan<- portion) {
	for from.Before(r.to) {
		p := r.read(ctx, from)
		select {
		case out <- p:
		case <-ctx.Done():
			return
		}
		if from = p.until; p.err != nil {
			return
		}
		switch {
		case p.samples > portionSamples:
			r.part = max(r.part/2, shortestPart)
		case p.samples < portionSamples/4:
			r.part = min(r.part*2, longestPart)
		}
	}
}

func (r *reader) read(ctx context.Context, from time.Time) portion {
	p := portion{until: from.Add(r.part)}
	if p.until.After(r.to) {
		p.until = r.to
	}
	for _, a := range r.what {
		series, err := r.history.Range(ctx, gateway.Query{Asset: a.asset, Points: a.points, From: from, To: p.until})
		if err != nil {
			p.err = fmt.Errorf("backtest: history of %s from %s: %w", a.asset, from.Format(time.RFC3339), err)
			return p
		}
		for i := range series {
			p.samples += len(series[i].Samples)
		}
		if t := newTrack(a.asset, series); t != nil {
			p.tracks = append(p.tracks, t)
		}
	}
	return p
}

// replay gives every stored reading of [from, to) in the order of time, and
// tells how far it is.
func replay(ctx context.Context, history gateway.History, what []asked, from, to time.Time, step func(gateway.Reading), far func(time.Time)) error {
	ahead, stop := context.WithCancel(ctx)
	portions := make(chan portion)
	var reading sync.WaitGroup
	reading.Go(func() { // ends with the past, or before replay returns
		defer close(portions)
		newReader(history, what, to).run(ahead, from, portions)
	})
	defer reading.Wait()
	defer stop()
	for p := range portions {
		if p.err != nil {
			return p.err
		}
		if err := merge(ctx, p.tracks, step); err != nil {
			return err
		}
		far(p.until)
	}
	return ctx.Err()
}

// merge steps through the tracks by time; of one instant, in their order.
func merge(ctx context.Context, tracks []*track, step func(gateway.Reading)) error {
	for n := 0; len(tracks) > 0; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		first := 0
		for i := range tracks {
			if tracks[i].when.Before(tracks[first].when) {
				first = i
			}
		}
		one, more := tracks[first].take()
		step(one)
		if !more {
			tracks = slices.Delete(tracks, first, first+1)
		}
	}
	return nil
}
