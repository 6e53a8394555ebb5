package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"steward/gateway"
	"steward/gateway/disk"
	"steward/gateway/line"
)

// Name is the store's name as a reader of the journal.
const Name = "history"

// syncEvery is how often what was consumed is forced to disk; the cursor
// moves as often.
const syncEvery = 2 * time.Second

// maxRefused is how many refused entries wait for the next sync before a
// batch asks for one.
const maxRefused = 1000

// minFree is how much disk must be free for the store to take anything: the
// tsdb begins its files with up to 128 MiB, and where it gets none it ends the
// process. The journal keeps what waits.
const minFree = 192 << 20

// Ledger keeps the store's place in the journal and what it refused.
type Ledger interface {
	Cursor(ctx context.Context, reader string) (gateway.Seq, error)
	Advance(ctx context.Context, reader string, to gateway.Seq, refused []gateway.Refused) error
}

// Options say where a Store lives.
type Options struct {
	Dir       string        // its own folder; what is damaged is moved beside it
	Site      *gateway.Site // named in the log
	Retention time.Duration // older samples go; 0: 400 days
	Ledger    Ledger
	Now       func() time.Time
	Log       *slog.Logger

	free  func(dir string) (int64, error) // nil: asks the system
	first time.Duration                   // until days are rolled for the first time; 0: rollFirst
}

// Store is the embedded history: it consumes the journal and answers charts.
type Store struct {
	opt  Options
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu     sync.RWMutex // for writing only while the engine is replaced
	engine *engine      // nil while there is none
	closed bool

	// Of Consume, which is never called concurrently with itself.
	decoder   *line.Decoder
	reading   gateway.Reading
	assets    map[gateway.AssetID]*assetStreams
	writer    writer
	commits   uint64
	compactAt time.Time // not before
	broken    error     // why the engine must be opened anew first

	rolled *rollups
	place  place
	health health
}

var (
	_ gateway.Consumer = (*Store)(nil)
	_ gateway.History  = (*Store)(nil)
)

var errClosed = errors.New("history store is not open")

// Open opens the store in opt.Dir and begins to force it to disk every two
// seconds until Close. A damaged store is set aside and built again from the
// journal; an error means that the folder cannot be used now: no permission,
// no space, in use by another process.
func Open(ctx context.Context, opt Options) (*Store, error) {
	opt.setDefaults()
	s := &Store{opt: opt, decoder: line.NewDecoder(), assets: map[gateway.AssetID]*assetStreams{}, commits: 1}
	s.health.state, s.health.since = gateway.StateStarting, opt.Now()
	ledger, err := opt.Ledger.Cursor(ctx, Name)
	if err != nil {
		return nil, fmt.Errorf("place of %s in the journal: %w", Name, err)
	}
	if s.engine, err = s.place.open(&s.opt, ledger); err != nil {
		return nil, err
	}
	s.rolled = openRollups(ctx, opt.Dir)
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.wg.Go(func() { s.keepSynced(run) })
	s.wg.Go(func() { s.keepRolled(run) })
	return s, nil
}

func (o *Options) setDefaults() {
	if o.Retention <= 0 {
		o.Retention = 400 * 24 * time.Hour
	}
	if o.free == nil {
		o.free = disk.Free
	}
	if o.first <= 0 {
		o.first = rollFirst
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With("reader", Name)
	if o.Site != nil {
		o.Log = o.Log.With("site", o.Site.ID)
	}
}

// Name is "history".
func (s *Store) Name() string { return Name }

// Cursor is the last entry that was consumed. It is ahead of the ledger's by
// what is not yet forced to disk, and behind it while the store is being
// built again.
func (s *Store) Cursor(context.Context) (gateway.Seq, error) { return s.place.consumed(), nil }

// Refused counts the entries that were refused since the start, by reason.
func (s *Store) Refused() map[string]uint64 { return s.place.counts() }

// errAhead makes the store be opened anew, which sets the future aside.
var errAhead = errors.New("the newest sample lies in the future, and what comes now is too old beside it")

// Consume stores a batch. What it returned nil for can be read at once; the
// ledger hears of it after the next sync. After trouble with the store it
// opens that anew, and the cursor says where to go on, perhaps further back.
func (s *Store) Consume(ctx context.Context, b gateway.Batch) (err error) {
	defer func() { s.health.told(s.opt.Now(), err) }()
	if free, err := s.opt.free(s.opt.Dir); err == nil && free < minFree {
		return fmt.Errorf("history store %s: %d MiB are free on its disk and it wants %d: it waits", s.opt.Dir, free>>20, minFree>>20)
	}
	if s.broken != nil {
		return s.reopen(ctx)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.engine == nil {
		return errClosed
	}
	if s.place.waiting() >= maxRefused {
		if err := s.syncNow(ctx); err != nil {
			return err
		}
	}
	if err := s.makeRoom(ctx); err != nil {
		return err
	}
	refused, err := s.consume(ctx, b.Entries)
	if err != nil {
		if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			s.broken = err
		}
		s.commits++
		return errors.Join(err, s.writer.rollback())
	}
	s.place.advance(b.Last, refused)
	s.health.stored.Add(uint64(len(b.Entries) - len(refused)))
	return nil
}

// makeRoom compacts a crowded head. Where that fails it is tried again a
// minute later: appending goes on.
func (s *Store) makeRoom(ctx context.Context) error {
	if !s.engine.crowded() || s.opt.Now().Before(s.compactAt) {
		return nil
	}
	if err := s.engine.compact(ctx); err != nil && ctx.Err() == nil {
		s.compactAt = s.opt.Now().Add(time.Minute)
		s.opt.Log.Error("history cannot be compacted; trying again in a minute", "err", err)
	}
	return ctx.Err()
}

func (s *Store) consume(ctx context.Context, entries []gateway.Entry) (refused []refusal, err error) {
	now := s.opt.Now()
	b := bounds{latest: now.Add(gateway.MaxAhead).UnixMilli(), oldest: now.Add(-s.opt.Retention).UnixMilli()}
	for i := range entries {
		e := &entries[i]
		reason, err := s.entry(ctx, e.Line, b)
		if err != nil {
			return nil, err
		}
		if reason.kind != "" {
			refused = append(refused, refusal{reason.kind, gateway.Refused{Seq: e.Seq, Line: bytes.Clone(e.Line), Reason: reason.String()}})
		}
		if s.writer.n >= maxCommit {
			if err := errors.Join(ctx.Err(), s.commit()); err != nil {
				return nil, err
			}
		}
	}
	return refused, s.commit()
}

func (s *Store) commit() error {
	s.commits++
	return s.writer.commit()
}

// bounds of the times that are stored, in milliseconds since the Unix epoch.
type bounds struct{ oldest, latest int64 }

// reason says why an entry, or some of its points, were refused.
type reason struct {
	kind   string // for counting
	detail string
	point  string // the first one
	more   int    // others
}

func (r reason) String() string {
	switch {
	case r.detail != "":
		return r.kind + ": " + r.detail
	case r.point == "":
		return r.kind
	case r.more == 0:
		return r.point + ": " + r.kind
	default:
		return fmt.Sprintf("%s: %s (and %d more points)", r.point, r.kind, r.more)
	}
}

// entry appends one line's values. Its error is the store's, its reason the
// entry's.
func (s *Store) entry(ctx context.Context, lineBytes []byte, b bounds) (why reason, err error) {
	r := &s.reading
	if err := s.decoder.Decode(lineBytes, r); err != nil {
		return reason{kind: "cannot be read", detail: err.Error()}, nil
	}
	ms := clamp(r, b.latest)
	if ms < b.oldest {
		return reason{kind: "older than the history is kept"}, nil
	}
	if s.rolled.before(ms) && s.engine.takes(ms) {
		s.rolled.touched(ctx, ms)
	}
	asset := s.assets[r.Asset]
	if asset == nil {
		asset = &assetStreams{id: string(r.Asset)}
		s.assets[r.Asset] = asset
	}
	for i := range r.Values {
		v := &r.Values[i]
		number := v.Number
		if !v.Quality.HasNumber() {
			number = float64(v.Quality)
		}
		err := s.engine.add(&s.writer, s.commits, asset.stream(i, v), ms, number)
		switch {
		case err == nil:
		case errors.Is(err, errTooOld) && isAhead(s.engine, s.opt.Now()):
			return why, errAhead
		case !errors.Is(err, errTooOld) && !errors.Is(err, errDuplicate):
			return why, err
		case why.kind == "":
			why = reason{kind: err.Error(), point: v.Point}
		default:
			why.more++
		}
	}
	return why, nil
}

// clamp is the reading's time in milliseconds, never further ahead of its
// arrival, or of now where that is earlier, than a source's clock is
// believed: one sample in the far future would make all later ones too old.
func clamp(r *gateway.Reading, latest int64) int64 {
	arrival := r.Received.Add(gateway.MaxAhead).UnixMilli()
	return min(r.Time.UnixMilli(), arrival, latest)
}

// Range answers a chart. It holds one number a step, however long the range;
// days that are rolled are read by the bucket where the step is a multiple
// of one.
func (s *Store) Range(ctx context.Context, q gateway.Query) ([]gateway.Series, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.engine == nil {
		return nil, errClosed
	}
	return rangeOf(ctx, s.engine.db, s.rolled, q)
}

// Close forces what was consumed to disk and closes the store. It goes before
// the journal, so that the ledger can still hear of it.
func (s *Store) Close() error {
	s.stop()
	s.wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.engine == nil {
		return s.rolled.close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := s.place.sync(ctx, &s.opt)
	err = errors.Join(err, s.engine.close(), s.rolled.close())
	s.engine = nil
	return err
}

// keepSynced forces the log to disk and moves the cursor until ctx ends.
func (s *Store) keepSynced(ctx context.Context) {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	failed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.mu.RLock()
		err := s.syncNow(ctx)
		s.mu.RUnlock()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failed:
			s.opt.Log.Error("history cannot be forced to disk; its cursor stays", "err", err)
		case err == nil && failed:
			s.opt.Log.Info("history is forced to disk again")
		}
		failed = err != nil
	}
}

func (s *Store) syncNow(ctx context.Context) error {
	if s.engine == nil {
		return nil
	}
	return s.place.sync(ctx, &s.opt)
}

// errReopened asks for the entries at the cursor again.
var errReopened = errors.New("history store was opened again")

// reopen replaces an engine that failed to write its log, which may hold
// series that the log never heard of, or one whose newest sample lies far in
// the future.
func (s *Store) reopen(ctx context.Context) error {
	ledger, err := s.opt.Ledger.Cursor(ctx, Name)
	if err != nil {
		return fmt.Errorf("place of %s in the journal: %w", Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.opt.Log.Warn("history is opened again", "err", s.broken)
	if s.engine != nil {
		if err := s.engine.close(); err != nil {
			s.opt.Log.Warn("history closed badly", "err", err)
		}
		s.engine = nil
	}
	if s.engine, err = s.place.open(&s.opt, ledger); err != nil {
		return err
	}
	s.writer, s.broken = writer{}, nil
	s.assets = map[gateway.AssetID]*assetStreams{}
	return errReopened
}

// qualityOf is the quality that a number of streamOther stands for.
func qualityOf(code float64) gateway.Quality {
	if code >= 0 && code <= float64(gateway.QualityLost) && code == math.Trunc(code) {
		return gateway.Quality(code)
	}
	return gateway.QualityUnknown
}
