// Package historytest holds the contract of a history as a suite, and what
// tests of histories need: a ledger in memory, a feed of journal batches, and
// a real InfluxDB 1.8.
package historytest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"steward/gateway"
)

// Subject is a history together with the consumer that fills it.
type Subject struct {
	History  gateway.History
	Consumer gateway.Consumer
}

// Run checks that an implementation keeps the contract. open makes one empty
// Subject for the site, whose cursor is 0; it is used for all of the suite.
func Run(t *testing.T, open func(t *testing.T, site *gateway.Site) Subject) {
	tests := []struct {
		name string
		run  func(s *suite)
	}{
		{"raw samples of every type", (*suite).raw},
		{"aggregates", (*suite).aggregates},
		{"aggregates of bool, int and enum", (*suite).typed},
		{"steps begin at multiples since the epoch", (*suite).alignment},
		{"gaps stay gaps", (*suite).gaps},
		{"qualities in raw samples", (*suite).qualities},
		{"qualities in steps", (*suite).stepQualities},
		{"half-open range", (*suite).halfOpen},
		{"out of order and backfill", (*suite).outOfOrder},
		{"the same batch twice", (*suite).twice},
		{"unknown asset and point", (*suite).unknown},
		{"order of points", (*suite).order},
		{"names from outside cannot change the question", (*suite).injection},
		{"cancelled", (*suite).cancelled},
		{"impossible question", (*suite).impossible},
		{"random readings against the definition", (*suite).random},
		{"reads beside writes", (*suite).concurrent},
	}
	site := Site(len(tests), 0)
	subject := open(t, site)
	feed := NewFeed(t, site)
	for i, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			feed.t = t
			c.run(&suite{
				T: t, Subject: subject, feed: feed, asset: site.Assets[i].ID,
				base: time.Now().UTC().Truncate(time.Hour).Add(-5 * time.Hour),
			})
		})
	}
}

// suite is one test's view: an asset of its own in a shared subject.
type suite struct {
	*testing.T
	Subject
	feed  *Feed
	asset gateway.AssetID
	base  time.Time // a full hour, some hours ago
}

func (s *suite) at(d time.Duration) time.Time { return s.base.Add(d) }

func (s *suite) reading(d time.Duration, v ...gateway.Value) gateway.Reading {
	return gateway.Reading{Asset: s.asset, Time: s.at(d), Received: s.at(d).Add(time.Millisecond), Values: v}
}

func (s *suite) consume(r ...gateway.Reading) {
	s.Helper()
	s.consumeBatch(s.feed.Batch(r...))
}

func (s *suite) consumeBatch(b gateway.Batch) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	if err := s.Consumer.Consume(ctx, b); err != nil {
		s.Fatalf("consume: %v", err)
	}
	if at, err := s.Consumer.Cursor(ctx); err != nil || at != b.Last {
		s.Fatalf("cursor after the batch = %d, %v; want %d", at, err, b.Last)
	}
}

func (s *suite) query(q gateway.Query) []gateway.Series {
	s.Helper()
	if q.Asset == "" {
		q.Asset = s.asset
	}
	got, err := s.History.Range(s.Context(), q)
	if err != nil {
		s.Fatalf("range %+v: %v", q, err)
	}
	if len(got) != len(q.Points) {
		s.Fatalf("range %+v: %d series, want %d", q, len(got), len(q.Points))
	}
	for i, series := range got {
		if series.Point != q.Points[i] {
			s.Fatalf("range: series %d is of %q, want %q", i, series.Point, q.Points[i])
		}
	}
	return got
}

// sample is what a test expects, d behind the base.
type sample struct {
	d time.Duration
	n float64
	q gateway.Quality
}

func good(d time.Duration, n float64) sample { return sample{d, n, gateway.QualityGood} }

func none(d time.Duration, q gateway.Quality) sample { return sample{d, math.NaN(), q} }

func (s *suite) want(got gateway.Series, want ...sample) {
	s.Helper()
	if len(got.Samples) != len(want) {
		s.Fatalf("%s: %d samples %v, want %d %v", got.Point, len(got.Samples), got.Samples, len(want), want)
	}
	for i, w := range want {
		g := got.Samples[i]
		same := g.Number == w.n || math.Abs(g.Number-w.n) <= 1e-9*math.Abs(w.n) || math.IsNaN(g.Number) && math.IsNaN(w.n)
		if !g.Time.Equal(s.at(w.d)) || g.Quality != w.q || !same {
			s.Errorf("%s: sample %d = %s %v %s, want %s %v %s", got.Point, i,
				g.Time.Format(time.RFC3339Nano), g.Number, g.Quality, s.at(w.d).Format(time.RFC3339Nano), w.n, w.q)
		}
	}
}

// hour asks for the points over the hour behind the base.
func (s *suite) hour(step time.Duration, agg gateway.Agg, points ...string) gateway.Query {
	return gateway.Query{Points: points, From: s.base, To: s.at(time.Hour), Step: step, Agg: agg}
}

func (s *suite) raw() {
	s.consume(
		s.reading(0, gateway.Good("temperature", 21.5), gateway.Good("count", 7), gateway.Good("running", 1), gateway.Good("mode", 7)),
		s.reading(time.Second+time.Millisecond, gateway.Good("temperature", -0.1), gateway.Good("running", 0)),
	)
	got := s.query(s.hour(0, gateway.AggNone, "temperature", "count", "running", "mode"))
	late := time.Second + time.Millisecond
	s.want(got[0], good(0, 21.5), good(late, -0.1))
	s.want(got[1], good(0, 7))
	s.want(got[2], good(0, 1), good(late, 0))
	s.want(got[3], good(0, 7))
}

func (s *suite) aggregates() {
	for i, v := range []float64{4, 1, 3, 8, 6} {
		s.consume(s.reading(time.Duration(i)*20*time.Second, gateway.Good("temperature", v)))
	}
	// 0 s: 4, 20 s: 1, 40 s: 3 | 60 s: 8, 80 s: 6
	for _, c := range []struct {
		agg           gateway.Agg
		first, second float64
	}{
		{gateway.AggMin, 1, 6}, {gateway.AggMax, 4, 8}, {gateway.AggMean, 8.0 / 3, 7}, {gateway.AggLast, 3, 6},
	} {
		got := s.query(s.hour(time.Minute, c.agg, "temperature"))
		s.want(got[0], good(0, c.first), good(time.Minute, c.second))
	}
}

func (s *suite) typed() {
	for i, v := range []float64{0, 1, 1, 1} {
		s.consume(s.reading(time.Duration(i)*10*time.Second,
			gateway.Good("running", v), gateway.Good("count", 10*v), gateway.Good("mode", 7*v)))
	}
	for _, c := range []struct {
		agg  gateway.Agg
		want [3]float64
	}{
		{gateway.AggMin, [3]float64{0, 0, 0}}, {gateway.AggMax, [3]float64{1, 10, 7}},
		{gateway.AggMean, [3]float64{0.75, 7.5, 5.25}}, {gateway.AggLast, [3]float64{1, 10, 7}},
	} {
		got := s.query(s.hour(time.Minute, c.agg, "running", "count", "mode"))
		for i := range got {
			s.want(got[i], good(0, c.want[i]))
		}
	}
}

func (s *suite) alignment() {
	s.consume(s.reading(30*time.Minute, gateway.Good("temperature", 1)), s.reading(30*time.Minute+8*time.Second, gateway.Good("temperature", 2)))
	const step = 7 * time.Second // does not divide an hour
	start := func(d time.Duration) time.Duration {
		ns := s.at(d).UnixNano()
		return time.Duration(ns - ns%int64(step) - s.base.UnixNano())
	}
	q := s.hour(step, gateway.AggMean, "temperature")
	s.want(s.query(q)[0], good(start(30*time.Minute), 1), good(start(30*time.Minute+8*time.Second), 2))
	// A range that begins inside a step does not move the step.
	q.From = s.at(30 * time.Minute)
	s.want(s.query(q)[0], good(start(30*time.Minute), 1), good(start(30*time.Minute+8*time.Second), 2))
}

func (s *suite) gaps() {
	s.consume(s.reading(0, gateway.Good("temperature", 1)), s.reading(10*time.Minute, gateway.Good("temperature", 2)))
	for _, agg := range []gateway.Agg{gateway.AggMin, gateway.AggMax, gateway.AggMean, gateway.AggLast} {
		s.want(s.query(s.hour(time.Minute, agg, "temperature"))[0], good(0, 1), good(10*time.Minute, 2))
	}
}

func (s *suite) halfOpen() {
	for i := range 4 {
		s.consume(s.reading(time.Duration(i)*time.Minute, gateway.Good("temperature", float64(i)),
			gateway.NotGood("running", gateway.QualityBad, "NA"), uncertain("mode", 1)))
	}
	q := gateway.Query{Points: []string{"temperature", "running", "mode"}, From: s.at(time.Minute), To: s.at(3 * time.Minute)}
	got := s.query(q)
	s.want(got[0], good(1*time.Minute, 1), good(2*time.Minute, 2))
	s.want(got[1], none(1*time.Minute, gateway.QualityBad), none(2*time.Minute, gateway.QualityBad))
	s.want(got[2], sample{time.Minute, 1, gateway.QualityUncertain}, sample{2 * time.Minute, 1, gateway.QualityUncertain})
	q.Step, q.Agg = time.Minute, gateway.AggMax
	s.want(s.query(q)[0], good(1*time.Minute, 1), good(2*time.Minute, 2))
	q.Step, q.Agg = 2*time.Minute, gateway.AggLast // the end lies inside a step
	s.want(s.query(q)[0], good(0, 1), good(2*time.Minute, 2))
	q.From, q.To = s.at(time.Minute), s.at(time.Minute)
	s.want(s.query(q)[0])
	q.From, q.To = s.at(3*time.Minute), s.at(time.Minute)
	s.want(s.query(q)[0])
}

func (s *suite) outOfOrder() {
	for _, m := range []int{50, 10, 30, 20, 40, 5} {
		s.consume(s.reading(time.Duration(m)*time.Minute, gateway.Good("temperature", float64(m))))
	}
	s.consume( // within one batch too
		s.reading(9*time.Minute, gateway.Good("temperature", 9)),
		s.reading(7*time.Minute, gateway.Good("temperature", 7)),
		s.reading(8*time.Minute, gateway.Good("temperature", 8)),
	)
	s.consume(s.reading(-30*time.Hour, gateway.Good("temperature", 1)))
	var want []sample
	for _, m := range []int{5, 7, 8, 9, 10, 20, 30, 40, 50} {
		want = append(want, good(time.Duration(m)*time.Minute, float64(m)))
	}
	s.want(s.query(s.hour(0, gateway.AggNone, "temperature"))[0], want...)
	s.want(s.query(s.hour(30*time.Minute, gateway.AggLast, "temperature"))[0], good(0, 20), good(30*time.Minute, 50))
	q := s.hour(0, gateway.AggNone, "temperature")
	q.From = s.at(-40 * time.Hour)
	s.want(s.query(q)[0], append([]sample{good(-30*time.Hour, 1)}, want...)...)
}

func (s *suite) twice() {
	b := s.feed.Batch(
		s.reading(0, gateway.Good("temperature", 1), gateway.Good("running", 1)),
		s.reading(time.Second, gateway.NotGood("temperature", gateway.QualityBad, "NA"), uncertain("running", 0)),
		s.reading(time.Second, gateway.NotGood("temperature", gateway.QualityBad, "NA"), uncertain("running", 0)),
		s.reading(2*time.Second, gateway.Good("temperature", 3), gateway.Good("running", 1)),
	)
	s.consumeBatch(b)
	s.consumeBatch(b)
	got := s.query(s.hour(0, gateway.AggNone, "temperature", "running"))
	s.want(got[0], good(0, 1), none(time.Second, gateway.QualityBad), good(2*time.Second, 3))
	s.want(got[1], good(0, 1), sample{time.Second, 0, gateway.QualityUncertain}, good(2*time.Second, 1))
	s.want(s.query(s.hour(time.Minute, gateway.AggMean, "temperature"))[0], good(0, 2))
}

func (s *suite) unknown() {
	s.consume(s.reading(0, gateway.Good("temperature", 1)))
	q := s.hour(0, gateway.AggNone, "temperature", "nothing")
	got := s.query(q)
	s.want(got[0], good(0, 1))
	s.want(got[1])
	q.Asset = "no-such-asset"
	for _, series := range s.query(q) {
		s.want(series)
	}
	q.Step, q.Agg = time.Minute, gateway.AggMean
	for _, series := range s.query(q) {
		s.want(series)
	}
	s.want(s.query(s.hour(time.Minute, gateway.AggMean, "nothing", "temperature"))[1], good(0, 1))
	if got := s.query(s.hour(0, gateway.AggNone)); len(got) != 0 {
		s.Errorf("no points asked, %d series came", len(got))
	}
}

func (s *suite) order() {
	s.consume(s.reading(0, gateway.Good("temperature", 1), gateway.Good("count", 2), gateway.Good("running", 1), gateway.Good("mode", 4)))
	got := s.query(s.hour(time.Minute, gateway.AggLast, "running", "mode", "temperature", "count", "mode"))
	for i, n := range []float64{1, 4, 1, 2, 4} {
		s.want(got[i], good(0, n))
	}
}

func (s *suite) injection() {
	s.consume(s.reading(0, gateway.Good("temperature", 1)))
	evil := []string{
		`x" or r._field == "temperature`, "x\" or true //", `temperature\`, "${temperature}", "temp\nerature", `.*`, "温度", "temperature.quality", "",
	}
	for _, agg := range []gateway.Agg{gateway.AggNone, gateway.AggMax} {
		for _, series := range s.query(s.hour(time.Minute, agg, evil...)) {
			s.want(series)
		}
		q := s.hour(time.Minute, agg, "temperature")
		q.Asset = gateway.AssetID(`x" or r.asset == "` + string(s.asset))
		s.want(s.query(q)[0])
	}
}

func (s *suite) cancelled() {
	s.consume(s.reading(0, gateway.Good("temperature", 1)))
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	q := s.hour(time.Minute, gateway.AggMean, "temperature")
	q.Asset = s.asset
	if _, err := s.History.Range(ctx, q); !errors.Is(err, context.Canceled) {
		s.Errorf("range with a cancelled context: %v, want context.Canceled", err)
	}
}

func (s *suite) impossible() {
	q := s.hour(0, gateway.AggMean, "temperature")
	q.Asset = s.asset
	if _, err := s.History.Range(s.Context(), q); err == nil {
		s.Error("an aggregate without a step was answered")
	}
}

func (s *suite) random() {
	seed := uint64(time.Now().UnixNano())
	s.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 7))
	var model []model
	var batch []gateway.Reading
	for at := time.Duration(0); at < time.Hour; at += time.Duration(1+rnd.IntN(60_000)) * time.Millisecond {
		v := gateway.Good("temperature", math.Round(rnd.NormFloat64()*1000)/8)
		switch rnd.IntN(6) {
		case 0:
			v = uncertain("temperature", v.Number)
		case 1:
			v = gateway.NotGood("temperature", []gateway.Quality{gateway.QualityBad, gateway.QualityLost, gateway.QualityStale}[rnd.IntN(3)], "r")
		}
		batch = append(batch, s.reading(at, v))
		model = append(model, modelOf(at, v))
		if rnd.IntN(10) == 0 {
			rnd.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
			s.consume(batch...)
			batch = nil
		}
	}
	if len(batch) > 0 {
		s.consume(batch...)
	}
	s.want(s.query(s.hour(0, gateway.AggNone, "temperature"))[0], expect(s.base, model, 0, gateway.AggNone)...)
	for _, step := range []time.Duration{time.Second, 61 * time.Second, 10 * time.Minute} {
		s.envelope(step)
	}
	for _, step := range []time.Duration{time.Second, 61 * time.Second, 10 * time.Minute, 24 * time.Hour} {
		for _, agg := range []gateway.Agg{gateway.AggMin, gateway.AggMax, gateway.AggMean, gateway.AggLast} {
			s.want(s.query(s.hour(step, agg, "temperature"))[0], expect(s.base, model, step, agg)...)
		}
	}
}

// envelope checks that an envelope is the mean with the least and the greatest.
func (s *suite) envelope(step time.Duration) {
	s.Helper()
	of := func(agg gateway.Agg) []gateway.Sample { return s.query(s.hour(step, agg, "temperature"))[0].Samples }
	got, mean, low, high := of(gateway.AggEnvelope), of(gateway.AggMean), of(gateway.AggMin), of(gateway.AggMax)
	if len(got) == 0 || len(got) != len(mean) {
		s.Fatalf("an envelope by %s has %d steps, its mean %d", step, len(got), len(mean))
	}
	same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
	for i, g := range got {
		if !g.Time.Equal(mean[i].Time) || g.Quality != mean[i].Quality ||
			!same(g.Number, mean[i].Number) || !same(g.Low, low[i].Number) || !same(g.High, high[i].Number) {
			s.Errorf("envelope by %s: %+v, want %v between %v and %v", step, g, mean[i].Number, low[i].Number, high[i].Number)
		}
	}
}

func (s *suite) concurrent() {
	var wg sync.WaitGroup
	ctx, stop := context.WithCancel(s.Context())
	for i := range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				q := s.hour(time.Minute*time.Duration(i), []gateway.Agg{gateway.AggNone, gateway.AggMean, gateway.AggLast}[i], "temperature", "running")
				q.Asset = s.asset
				got, err := s.History.Range(ctx, q)
				if err != nil {
					if ctx.Err() == nil {
						s.Errorf("range beside writes: %v", err)
					}
					return
				}
				if !slices.IsSortedFunc(got[0].Samples, func(a, b gateway.Sample) int { return a.Time.Compare(b.Time) }) {
					s.Error("samples came out of order")
					return
				}
			}
		})
	}
	for i := range 60 {
		s.consume(s.reading(time.Duration(i)*time.Second, gateway.Good("temperature", float64(i)), gateway.Good("running", float64(i%2))))
	}
	stop()
	wg.Wait()
	if got := s.query(s.hour(0, gateway.AggNone, "temperature")); len(got[0].Samples) != 60 {
		s.Error(fmt.Errorf("%d samples are there, want 60", len(got[0].Samples)))
	}
}
