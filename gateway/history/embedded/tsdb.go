package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/compression"

	"steward/gateway"
)

// This file alone knows Prometheus's tsdb.

// outOfOrder is how far behind the newest sample of the whole store another
// may lie and still be taken.
const outOfOrder = 48 * time.Hour

const (
	segmentBytes = 4 << 20
	minBlock     = time.Hour // the head holds up to 1.5 of it in log and memory
	maxBlock     = 31 * 24 * time.Hour
	stripes      = 1 << 10 // of the head's maps: enough for 100,000 series
)

// engine is one open tsdb.
type engine struct {
	db  *tsdb.DB
	dir string
	// repaired says that part of the log was damaged and is gone: what was
	// in it must come from the journal again.
	repaired bool
}

// openEngine opens the store in dir or makes a new one.
func openEngine(dir string, retention time.Duration, log *slog.Logger) (*engine, error) {
	opt := tsdb.DefaultOptions()
	opt.WALSegmentSize = segmentBytes
	opt.WALCompression = compression.Snappy
	opt.RetentionDuration = retention.Milliseconds()
	opt.MinBlockDuration = minBlock.Milliseconds()
	opt.MaxBlockDuration = max(min(maxBlock, retention/10), minBlock).Milliseconds()
	opt.MaxBlockChunkSegmentSize = 64 << 20
	opt.OutOfOrderTimeWindow = outOfOrder.Milliseconds()
	opt.StripeSize = stripes
	opt.HeadChunksWriteBufferSize = 256 << 10
	opt.WALReplayConcurrency = 2
	opt.IsolationDisabled = true // a chart may see half a batch; each series then costs less
	var opened atomic.Pointer[tsdb.DB]
	opt.BlocksToDelete = believed(tsdb.DefaultBlocksToDelete, &opened)
	reg := prometheus.NewRegistry()
	db, err := tsdb.Open(dir, slog.New(quiet{log.Handler()}), reg, opt, nil)
	if err != nil {
		return nil, fmt.Errorf("history store %s: %w", dir, err)
	}
	opened.Store(db)
	return &engine{db: db, dir: dir, repaired: corruptions(reg) > 0}, nil
}

// beliefSpan is how much history must lie at and behind a time before blocks
// are deleted for being too old by it.
const beliefSpan = 72 * time.Hour

// believed narrows the tsdb's choice of blocks to delete. The tsdb counts
// age from its newest block: one hour with a clock some years ahead would
// delete everything. Ours hides the newest blocks until there are three days
// of them.
func believed[F ~func([]*tsdb.Block) map[K]struct{}, K comparable](choose func(*tsdb.DB) F, opened *atomic.Pointer[tsdb.DB]) F {
	return func(blocks []*tsdb.Block) map[K]struct{} {
		db := opened.Load()
		if db == nil {
			return nil
		}
		old := slices.SortedFunc(slices.Values(blocks), func(a, b *tsdb.Block) int { return cmp.Compare(b.MaxTime(), a.MaxTime()) })
		span := int64(0)
		for len(old) > 0 {
			if span += old[0].MaxTime() - old[0].MinTime(); span >= beliefSpan.Milliseconds() {
				break
			}
			old = old[1:]
		}
		return choose(db)(old)
	}
}

// corruptions asks the tsdb how often it had to repair its log.
func corruptions(reg *prometheus.Registry) (n float64) {
	families, err := reg.Gather()
	if err != nil {
		return 0
	}
	for _, f := range families {
		if f.GetName() == "prometheus_tsdb_wal_corruptions_total" {
			for _, m := range f.GetMetric() {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n
}

// badBlocks lists the blocks of a closed store that cannot be opened.
func badBlocks(dir string, log *slog.Logger) []string {
	return blocksWhere(dir, func(path string) bool {
		b, err := tsdb.OpenBlock(slog.New(quiet{log.Handler()}), path, nil, nil)
		return err != nil && isDamage(err) || err == nil && b.Close() != nil
	})
}

// futureBlocks lists the blocks of a closed store that reach beyond limit.
func futureBlocks(dir string, limit time.Time, log *slog.Logger) []string {
	return blocksWhere(dir, func(path string) bool {
		b, err := tsdb.OpenBlock(slog.New(quiet{log.Handler()}), path, nil, nil)
		if err != nil {
			return false
		}
		ahead := b.MaxTime() > limit.UnixMilli()
		return b.Close() == nil && ahead
	})
}

// newest is the time of the newest sample, the zero time without any.
func (e *engine) newest() time.Time {
	_, ms := e.span()
	if ms == math.MinInt64 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// span is the times of the oldest sample and of the newest in milliseconds;
// without any, oldest is later than newest.
func (e *engine) span() (oldest, newest int64) {
	oldest, newest = e.db.Head().MinTime(), e.db.Head().MaxTime()
	for _, b := range e.db.Blocks() {
		oldest, newest = min(oldest, b.MinTime()), max(newest, b.MaxTime()-1)
	}
	return oldest, newest
}

// maxHead is how much time the head may span before an append waits for its
// compaction: a rebuild comes faster than the tsdb compacts by itself, and
// its head gets slower and larger with every hour in it.
const maxHead = 4 * minBlock

// crowded says that the head should be compacted before more is appended.
func (e *engine) crowded() bool {
	h := e.db.Head()
	return h.MinTime() < h.MaxTime() && h.MaxTime()-h.MinTime() > maxHead.Milliseconds()
}

// compact makes blocks of what is in the head.
func (e *engine) compact(ctx context.Context) error {
	if err := e.db.Compact(ctx); err != nil {
		return fmt.Errorf("compact history: %w", err)
	}
	return nil
}

func (e *engine) close() error {
	if err := e.db.Close(); err != nil {
		return fmt.Errorf("close history store %s: %w", e.dir, err)
	}
	return nil
}

// stream is one series as the tsdb knows it.
type stream struct {
	ref    storage.SeriesRef
	labels labels.Labels
	// What the open commit holds of it: the tsdb looks only at committed
	// samples, and drops a second value for the same time at commit, silently.
	commit uint64
	ms     int64
	value  float64
}

// A point's streams, told apart by label q.
const (
	streamGood      = ""
	streamUncertain = "uncertain"
	streamOther     = "other" // numbers are codes of gateway.Quality
)

func newStream(asset, point, q string) *stream {
	if q == streamGood {
		return &stream{labels: labels.FromStrings("asset", asset, "point", point)}
	}
	return &stream{labels: labels.FromStrings("asset", asset, "point", point, "q", q)}
}

// writer appends samples in commits of a bounded size.
type writer struct {
	app storage.Appender
	n   int
}

// maxCommit bounds the samples of one commit, and with it the buffers that
// the tsdb keeps.
const maxCommit = 8192

// Why the store does not take a sample.
var (
	errTooOld    = fmt.Errorf("more than %s older than the newest sample", outOfOrder)
	errDuplicate = errors.New("another value at the same millisecond")
)

// add appends one sample. errTooOld and errDuplicate are about this sample
// alone.
func (e *engine) add(w *writer, commit uint64, s *stream, ms int64, v float64) error {
	if s.commit == commit && s.ms == ms {
		if math.Float64bits(s.value) == math.Float64bits(v) {
			return nil
		}
		return errDuplicate
	}
	if w.app == nil {
		w.app = e.db.Appender(context.Background())
	}
	ref, err := w.app.Append(s.ref, s.labels, ms, v)
	switch {
	case err == nil:
	case errors.Is(err, storage.ErrDuplicateSampleForTimestamp):
		return errDuplicate
	case errors.Is(err, storage.ErrTooOldSample), errors.Is(err, storage.ErrOutOfBounds), errors.Is(err, storage.ErrOutOfOrderSample):
		return errTooOld
	default:
		return fmt.Errorf("history of %s: %w", s.labels, err)
	}
	s.ref, s.commit, s.ms, s.value = ref, commit, ms, v
	w.n++
	return nil
}

// takes reports whether a sample of that time, ms, is not too old.
func (e *engine) takes(ms int64) bool {
	newest := e.db.Head().MaxTime()
	return newest == math.MinInt64 || ms >= newest-outOfOrder.Milliseconds()
}

// commit makes what was added readable and writes it to the log.
func (w *writer) commit() error {
	if w.app == nil {
		return nil
	}
	app := w.app
	w.app, w.n = nil, 0
	if err := app.Commit(); err != nil {
		return fmt.Errorf("history log: %w", err)
	}
	return nil
}

// rollback forgets what was added.
func (w *writer) rollback() error {
	if w.app == nil {
		return nil
	}
	app := w.app
	w.app, w.n = nil, 0
	return app.Rollback()
}

// checkEvery is after how many samples a query looks whether it is wanted.
const checkEvery = 1 << 16

// match selects series.
type match []*labels.Matcher

func ofAsset(asset string) match {
	return match{labels.MustNewMatcher(labels.MatchEqual, "asset", asset)}
}

func ofPoint(asset, point string) match {
	return append(ofAsset(asset), labels.MustNewMatcher(labels.MatchEqual, "point", point))
}

// each gives the samples in [from, to), milliseconds, of what is selected,
// one stream behind the other and each in order of time, to what open returns
// for the stream.
func each(ctx context.Context, db storage.Queryable, m match, from, to int64, open func(point, q string) func(ms int64, v float64)) error {
	if to <= from {
		return nil
	}
	querier, err := db.Querier(from, to-1)
	if err != nil {
		return fmt.Errorf("history of %s: %w", m, err)
	}
	set := querier.Select(ctx, false, nil, m...)
	var it chunkenc.Iterator
	for err == nil && set.Next() {
		series := set.At()
		l := series.Labels()
		add := open(strings.Clone(l.Get("point")), strings.Clone(l.Get("q")))
		it = series.Iterator(it)
		n := 0
		for it.Next() == chunkenc.ValFloat {
			add(it.At())
			if n++; n%checkEvery == 0 && ctx.Err() != nil {
				break
			}
		}
		err = errors.Join(ctx.Err(), it.Err())
	}
	if err = errors.Join(err, set.Err(), querier.Close()); err != nil {
		return fmt.Errorf("history of %s: %w", m, err)
	}
	return nil
}

// assetsOf lists the assets with samples about [from, to).
func assetsOf(ctx context.Context, db storage.Queryable, from, to int64) ([]string, error) {
	querier, err := db.Querier(from, to-1)
	if err != nil {
		return nil, fmt.Errorf("history's assets: %w", err)
	}
	names, _, err := querier.LabelValues(ctx, "asset", nil)
	for i := range names {
		names[i] = strings.Clone(names[i])
	}
	if err = errors.Join(err, querier.Close()); err != nil {
		return nil, fmt.Errorf("history's assets: %w", err)
	}
	return names, nil
}

// Reader looks into a store from another process, whether or not the gateway
// is running. It never writes there. What was consumed in the last seconds
// may be missing.
type Reader struct {
	db      *tsdb.DBReadOnly
	scratch string
}

var _ gateway.History = (*Reader)(nil)

// OpenReadOnly opens the store in a folder for looking.
func OpenReadOnly(dir string) (*Reader, error) {
	scratch, err := os.MkdirTemp("", "steward-history-")
	if err != nil {
		return nil, fmt.Errorf("history store %s: %w", dir, err)
	}
	db, err := tsdb.OpenDBReadOnly(dir, scratch, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("history store %s: %w", dir, err), os.RemoveAll(scratch))
	}
	return &Reader{db: db, scratch: scratch}, nil
}

// Range answers a chart.
func (r *Reader) Range(ctx context.Context, q gateway.Query) ([]gateway.Series, error) {
	return rangeOf(ctx, r.db, nil, q)
}

// Close gives back what looking took.
func (r *Reader) Close() error {
	return errors.Join(r.db.Close(), os.RemoveAll(r.scratch))
}
