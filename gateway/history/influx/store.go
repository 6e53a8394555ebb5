package influx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"

	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/history"
)

const queryTimeout = time.Minute

// StoreOptions say where a Store reads.
type StoreOptions struct {
	Config config.InfluxDB
	Site   *gateway.Site // its id selects the data, its points' types shape the questions
}

// Store answers charts from InfluxDB by Flux. It reads what a Sink wrote.
type Store struct {
	config config.InfluxDB
	site   atomic.Pointer[siteTypes]

	mu      sync.Mutex
	client  influxdb2.Client // nil until the first question
	version string           // of the server, once it was asked
}

var _ gateway.History = (*Store)(nil)

// NewStore makes a store; it connects when the first question comes.
func NewStore(opt StoreOptions) *Store {
	s := &Store{config: opt.Config}
	s.SetSite(opt.Site)
	return s
}

// siteTypes is what a question needs to know of a site.
type siteTypes struct {
	id    string
	plain map[gateway.AssetID]map[string]bool // points that are surely no bools
}

// SetSite takes a site that was read again.
func (s *Store) SetSite(site *gateway.Site) {
	t := &siteTypes{id: site.ID, plain: make(map[gateway.AssetID]map[string]bool, len(site.Assets))}
	for _, a := range site.Assets {
		plain := make(map[string]bool, len(a.Points))
		for _, p := range a.Points {
			plain[p.Name] = p.Type != gateway.Bool
		}
		t.plain[a.ID] = plain
	}
	s.site.Store(t)
}

// connect makes the client, which does not change after that.
func (s *Store) connect() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == nil {
		client, _, err := newClient(s.config, queryTimeout)
		if err != nil {
			return err
		}
		s.client = client
	}
	return nil
}

// Range answers a chart. With a step, InfluxDB 2 aggregates. From 1.8 the
// samples come here and are aggregated as they come, as they are where an
// asset's tags changed within the range, so that a step has parts in two
// series.
func (s *Store) Range(ctx context.Context, q gateway.Query) ([]gateway.Series, error) {
	if err := history.Check(q); err != nil {
		return nil, err
	}
	if err := s.connect(); err != nil {
		return nil, err
	}
	site := s.site.Load()
	ask := question{bucket: s.config.Bucket, site: site.id, q: q}
	ask.q.Points = names(q.Points)
	streams := streamSet{}
	if len(ask.q.Points) > 0 && q.From.Before(q.To) {
		if err := s.fetch(ctx, ask, site, streams); err != nil {
			return nil, fmt.Errorf("history of %s from influxdb %s: %w", q.Asset, s.config.URL, err)
		}
	}
	out := make([]gateway.Series, len(q.Points))
	for i, point := range q.Points {
		p := streams.of(point)
		out[i] = gateway.Series{Point: point, Samples: history.Combine(p.good, p.uncertain, p.other)}
	}
	return out, nil
}

// names are the points that can exist, each once: names have no dot, and
// those behind a dot are ours.
func names(points []string) (out []string) {
	for _, p := range points {
		if p != "" && !strings.Contains(p, ".") && p != "received" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// fetch fills the streams of the asked points.
func (s *Store) fetch(ctx context.Context, ask question, site *siteTypes, streams streamSet) error {
	if ask.q.Agg == gateway.AggNone || !s.aggregatesWell(ctx) {
		return s.samples(ctx, ask, streams)
	}
	var plain, others []string
	for _, p := range ask.q.Points {
		if site.plain[ask.q.Asset][p] {
			plain = append(plain, p)
		} else {
			others = append(others, p)
		}
	}
	err := s.aggregated(ctx, ask, plain, others, streams)
	if !errors.Is(err, errTwoSeries) {
		return err
	}
	clear(streams)
	return s.samples(ctx, ask, streams)
}

// aggregated fetches one row a step; an envelope is three questions.
func (s *Store) aggregated(ctx context.Context, ask question, plain, others []string, streams streamSet) error {
	if ask.q.Agg != gateway.AggEnvelope {
		return s.steps(ctx, ask, ask.windows(plain, others), streams)
	}
	low, high := streamSet{}, streamSet{}
	for _, part := range []struct {
		agg gateway.Agg
		set streamSet
	}{{gateway.AggMean, streams}, {gateway.AggMin, low}, {gateway.AggMax, high}} {
		ask.q.Agg = part.agg
		if err := s.steps(ctx, ask, ask.windows(plain, others), part.set); err != nil {
			return err
		}
	}
	for point, p := range streams {
		envelop(p.good, low.of(point).good, high.of(point).good)
		envelop(p.uncertain, low.of(point).uncertain, high.of(point).uncertain)
	}
	return nil
}

// envelop gives means their least and greatest. A step that came to be
// between two questions has none: its mean stands for them.
func envelop(mean, low, high []history.Step) {
	for i := range mean {
		s := &mean[i]
		s.Low, s.High = s.Number, s.Number
		if j, ok := slices.BinarySearchFunc(low, s.Start, byStart); ok {
			s.Low = min(s.Low, low[j].Number)
		}
		if j, ok := slices.BinarySearchFunc(high, s.Start, byStart); ok {
			s.High = max(s.High, high[j].Number)
		}
	}
}

func byStart(s history.Step, start int64) int { return cmp.Compare(s.Start, start) }

// aggregatesWell says whether the server aggregates where it stores: 2.x
// does. 1.8 takes four times as long as its samples take to come here.
func (s *Store) aggregatesWell(ctx context.Context) bool {
	s.mu.Lock()
	version := s.version
	s.mu.Unlock()
	if version == "" {
		answer, err := s.client.Health(ctx)
		if err != nil || answer.Version == nil {
			return false // the question itself will say what is wrong
		}
		version = *answer.Version
		s.mu.Lock()
		s.version = version
		s.mu.Unlock()
	}
	return strings.HasPrefix(strings.TrimPrefix(version, "v"), "2.")
}

// pointStreams are the three streams of one point.
type pointStreams struct{ good, uncertain, other []history.Step }

type streamSet map[string]*pointStreams

func (s streamSet) of(point string) *pointStreams {
	p := s[point]
	if p == nil {
		p = &pointStreams{}
		s[point] = p
	}
	return p
}

// list is one stream of a point, by the name of the result it comes in.
func (s streamSet) list(point, stream string) *[]history.Step {
	p := s.of(point)
	switch stream {
	case "good":
		return &p.good
	case "uncertain":
		return &p.uncertain
	default:
		return &p.other
	}
}

// row is one line of an answer.
type row struct {
	result, field string
	start, time   time.Time
	value         any
}

// rows asks and hands on what comes, row by row.
func (s *Store) rows(ctx context.Context, flux string, each func(row) error) (err error) {
	answer, err := s.client.QueryAPI(s.config.Org).Query(ctx, flux)
	if err != nil {
		return cmp.Or(ctx.Err(), err)
	}
	defer func() { err = errors.Join(err, answer.Close()) }()
	for answer.Next() {
		r := answer.Record()
		out := row{field: r.Field(), result: r.Result(), start: r.Start(), value: r.Value()}
		if at, ok := r.ValueByKey("_time").(time.Time); ok {
			out.time = at
		}
		if err := each(out); err != nil {
			return err
		}
	}
	if err := answer.Err(); err != nil {
		return cmp.Or(ctx.Err(), err)
	}
	return ctx.Err()
}

// samples fetches every sample and makes steps of them as they come.
func (s *Store) samples(ctx context.Context, ask question, set streamSet) error {
	type key struct{ point, stream string }
	type part struct {
		last int64
		fold *history.Fold
	}
	parts := map[key]*part{}
	settle := func(k key, p *part) {
		list := set.list(k.point, k.stream)
		*list = history.Merge(*list, p.fold.Steps(), ask.q.Agg)
	}
	err := s.rows(ctx, ask.raw(), func(r row) error {
		if !r.time.Before(ask.q.To) {
			return nil
		}
		k := key{stream: r.result}
		k.point, _, _ = strings.Cut(r.field, ".")
		step, err := stepOf(r, r.result, 0)
		if err != nil {
			return err
		}
		p := parts[k]
		if p != nil && step.Last < p.last { // the asset's tags changed: another series begins
			settle(k, p)
			p = nil
		}
		if p == nil {
			p = &part{fold: history.NewFold(ask.q.Step, ask.q.Agg)}
			parts[k] = p
		}
		p.last = step.Last
		p.fold.Add(step.Last, step.Number, step.Quality)
		return nil
	})
	for k, p := range parts {
		settle(k, p)
	}
	return err
}

var errTwoSeries = errors.New("a step has parts in two series")

// steps fetches one row a step.
func (s *Store) steps(ctx context.Context, ask question, flux string, set streamSet) error {
	type key struct {
		point string
		start int64
	}
	last := map[key]int64{} // of uncertain values
	err := s.rows(ctx, flux, func(r row) error {
		point, _, _ := strings.Cut(r.field, ".")
		start := history.Floor(r.start.UnixNano(), int64(ask.q.Step))
		if start >= ask.q.To.UnixNano() {
			return nil
		}
		if r.result == "uncertain_last" {
			last[key{point, start}] = max(last[key{point, start}], r.time.UnixNano())
			return nil
		}
		stream, _, _ := strings.Cut(r.result, "_")
		step, err := stepOf(r, stream, start)
		if err != nil {
			return err
		}
		list := set.list(point, stream)
		*list = append(*list, step)
		return nil
	})
	if err != nil {
		return err
	}
	for point, p := range set {
		for _, list := range [][]history.Step{p.good, p.uncertain, p.other} {
			slices.SortFunc(list, func(a, b history.Step) int { return cmp.Compare(a.Start, b.Start) })
			for i := 1; i < len(list); i++ {
				if list[i].Start == list[i-1].Start {
					return errTwoSeries
				}
			}
		}
		for i := range p.uncertain {
			p.uncertain[i].Last = last[key{point, p.uncertain[i].Start}]
		}
	}
	return nil
}

// stepOf reads a row of one of a point's streams.
func stepOf(r row, stream string, start int64) (history.Step, error) {
	step := history.Step{Start: start, Last: r.time.UnixNano(), Number: math.NaN()}
	switch stream {
	case "good":
		step.Quality = gateway.QualityGood
	case "uncertain":
		step.Quality = gateway.QualityUncertain
	default:
		text, _ := r.value.(string)
		q, err := gateway.ParseQuality(text)
		if err != nil {
			q = gateway.QualityUnknown
		}
		step.Quality = q
		return step, nil
	}
	switch v := r.value.(type) {
	case float64:
		step.Number = v
	case int64:
		step.Number = float64(v)
	case uint64:
		step.Number = float64(v)
	case bool:
		step.Number = 0
		if v {
			step.Number = 1
		}
	default:
		return step, fmt.Errorf("field %s holds %T, not a number", r.field, r.value)
	}
	return step, nil
}
