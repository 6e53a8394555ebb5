package influx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
	"unsafe"

	"github.com/influxdata/influxdb-client-go/v2/api"
	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"

	"steward/gateway"
	"steward/gateway/config"
)

// Name is the sink's name as a reader of the journal.
const Name = "influxdb"

const (
	requestTimeout = 10 * time.Second
	defaultFlush   = 100 * time.Millisecond
	defaultBatch   = 5000
	defaultDrain   = 20_000
	fullBytes      = 512 << 10       // a batch of this size was not all there is
	backlogAge     = 2 * time.Second // older than this at its arrival here, an entry is backlog
)

// Ledger keeps the sink's place in the journal and what was refused.
type Ledger interface {
	Cursor(ctx context.Context, reader string) (gateway.Seq, error)
	Advance(ctx context.Context, reader string, to gateway.Seq, refused []gateway.Refused) error
}

// Options say where a Sink writes.
type Options struct {
	Config config.InfluxDB
	Ledger Ledger
	Now    func() time.Time
	Log    *slog.Logger
}

// Sink copies the journal to InfluxDB.
type Sink struct {
	opt    Options
	wait   func(ctx context.Context, d time.Duration) error
	health health

	// Of Consume, which is never called concurrently with itself.
	api      api.WriteAPIBlocking
	http     *http.Client
	body     []byte
	maxBytes int // of one request, learned from 413; 0: no limit known
	suspects suspects
	witness  witness
}

var _ gateway.Consumer = (*Sink)(nil)

// NewSink makes a sink; it connects when the first batch comes.
func NewSink(opt Options) *Sink {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	opt.Log = opt.Log.With("reader", Name)
	c := &opt.Config
	if c.Flush <= 0 {
		c.Flush = defaultFlush
	}
	if c.MaxBatch <= 0 {
		c.MaxBatch = defaultBatch
	}
	if c.Drain <= 0 {
		c.Drain = defaultDrain
	}
	s := &Sink{opt: opt, wait: pause, suspects: suspects{}}
	s.health.init(c.URL, opt.Now(), opt.Log)
	return s
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Name is "influxdb".
func (s *Sink) Name() string { return Name }

// Cursor is the ledger's.
func (s *Sink) Cursor(ctx context.Context) (gateway.Seq, error) {
	seq, err := s.opt.Ledger.Cursor(ctx, Name)
	if err != nil {
		return 0, fmt.Errorf("place of %s in the journal: %w", Name, err)
	}
	return seq, nil
}

// Status is the sink's health. It may be called at any time.
func (s *Sink) Status() gateway.SinkStatus { return s.health.status() }

// Consume writes a batch, however long InfluxDB takes to accept it, and
// returns an error only when ctx ends or the ledger fails. Behind a small
// batch it waits out the flush interval, so that the next one grows.
func (s *Sink) Consume(ctx context.Context, b gateway.Batch) error {
	began := s.opt.Now()
	var refused []gateway.Refused
	for rest := b.Entries; len(rest) > 0; {
		part := rest[:min(len(rest), s.opt.Config.MaxBatch)]
		rest = rest[len(part):]
		s.witness.others = part
		more, err := s.storeApart(ctx, part)
		if err != nil {
			return err
		}
		refused = append(refused, more...)
	}
	if err := s.opt.Ledger.Advance(ctx, Name, b.Last, refused); err != nil {
		return fmt.Errorf("move %s in the journal to %d: %w", Name, b.Last, err)
	}
	s.health.stored(len(b.Entries)-len(refused), refused)
	// The batch is done: the end of ctx no longer matters to it.
	_ = s.wait(ctx, s.gap(b.Entries, began)-s.opt.Now().Sub(began))
	return nil
}

// gap is how long after the beginning of this batch the next may begin.
func (s *Sink) gap(entries []gateway.Entry, began time.Time) time.Duration {
	if len(entries) == 0 {
		return 0
	}
	first, ok1 := received(entries[0].Line)
	last, ok2 := received(entries[len(entries)-1].Line)
	if ok1 && ok2 && began.UnixNano()-last > int64(backlogAge) {
		// Twice as fast as it was written, at the least.
		n := float64(len(entries))
		gap := n / float64(s.opt.Config.Drain)
		if span := float64(last-first) / 1e9; span > 0 {
			gap = min(gap, span/2)
		}
		return time.Duration(gap * 1e9)
	}
	if len(entries) >= s.opt.Config.MaxBatch || size(entries) >= fullBytes {
		return 0 // there is more
	}
	return s.opt.Config.Flush
}

// received reads the time of arrival from the end of a line.
func received(l []byte) (ns int64, ok bool) {
	const key = "received="
	tail := l[max(0, len(l)-80):]
	i := bytes.LastIndex(tail, []byte(key))
	if i < 0 {
		return 0, false
	}
	digits, _, _ := bytes.Cut(tail[i+len(key):], []byte("i"))
	ns, err := strconv.ParseInt(string(digits), 10, 64)
	return ns, err == nil
}

// storeApart stores entries, those of suspect series for themselves.
func (s *Sink) storeApart(ctx context.Context, entries []gateway.Entry) ([]gateway.Refused, error) {
	clean, suspect := s.suspects.part(entries)
	var refused []gateway.Refused
	for _, part := range [][]gateway.Entry{clean, suspect} {
		if len(part) == 0 {
			continue
		}
		more, err := s.store(ctx, part)
		if err != nil {
			return nil, err
		}
		refused = append(refused, more...)
	}
	if len(suspect) > 0 && len(refused) == 0 {
		s.suspects.clear(suspect)
	}
	s.suspects.note(refused)
	return refused, nil
}

// store writes entries until all are stored or refused.
func (s *Sink) store(ctx context.Context, entries []gateway.Entry) ([]gateway.Refused, error) {
	if s.maxBytes > 0 && len(entries) > 1 && size(entries) > s.maxBytes {
		return s.halves(ctx, entries)
	}
	for attempt := 0; ; attempt++ {
		problem, err := s.write(ctx, entries)
		if err != nil {
			return nil, err
		}
		if problem == nil {
			s.health.up(s.opt.Now())
			return nil, nil
		}
		what := judge(problem)
		switch what {
		case split:
			if len(entries) == 1 {
				return s.refuse(entries, "too large for one request: "+message(problem)), nil
			}
			s.maxBytes = max(1024, size(entries)/2)
			return s.halves(ctx, entries)
		case bisect:
			if len(entries) > 1 && !allDropped(problem, len(entries)) {
				return s.halves(ctx, entries)
			}
			blamed, err := s.blames(ctx, problem, entries[0], attempt)
			if err != nil {
				return nil, err
			}
			if blamed {
				return s.refuse(entries, message(problem)), nil
			}
			what = fix // no line is at fault
		}
		now := s.opt.Now()
		s.health.down(now, explain(problem, s.opt.Config.URL, s.opt.Config.Bucket))
		wait := max(backoff(what, attempt), retryAfter(problem, now))
		if err := s.wait(ctx, wait); err != nil {
			return nil, fmt.Errorf("write to influxdb: %w", err)
		}
	}
}

// refuse sets entries aside.
func (s *Sink) refuse(entries []gateway.Entry, reason string) []gateway.Refused {
	refused := make([]gateway.Refused, len(entries))
	for i, e := range entries {
		refused[i] = gateway.Refused{Seq: e.Seq, Line: e.Line, Reason: reason}
	}
	s.health.refuses(s.opt.Now(), refused[len(refused)-1])
	return refused
}

// halves writes the first half and then the second. What was already stored
// is written over with the same.
func (s *Sink) halves(ctx context.Context, entries []gateway.Entry) ([]gateway.Refused, error) {
	half := len(entries) / 2
	first, err := s.store(ctx, entries[:half])
	if err != nil {
		return nil, err
	}
	second, err := s.store(ctx, entries[half:])
	return append(first, second...), err
}

func size(entries []gateway.Entry) (n int) {
	for i := range entries {
		n += len(entries[i].Line) + 1
	}
	return n
}

// backoff is how long to wait after the attempt, with jitter: up to 30 s
// where the trouble may pass by itself, up to 60 s where it does not.
func backoff(what verdict, attempt int) time.Duration {
	first, longest := 500*time.Millisecond, 30*time.Second
	if what == fix {
		first, longest = 5*time.Second, time.Minute
	}
	d := min(first<<min(attempt, 10), longest)
	return d/2 + rand.N(d/2+1)
}

// write sends one request. problem is the server's or the line's; err is the
// end of ctx.
func (s *Sink) write(ctx context.Context, entries []gateway.Entry) (problem *influxhttp.Error, err error) {
	if s.api == nil {
		client, httpClient, err := newClient(s.opt.Config, requestTimeout)
		if err != nil {
			return influxhttp.NewError(err), nil
		}
		s.api, s.http = client.WriteAPIBlocking(s.opt.Config.Org, s.opt.Config.Bucket), httpClient
	}
	body := s.body[:0]
	for i := range entries {
		body = append(append(body, entries[i].Line...), '\n')
	}
	// The client takes a string. body does not change until it is known that
	// nobody reads it any more.
	err = s.api.WriteRecord(ctx, unsafe.String(unsafe.SliceData(body), len(body)))
	if err == nil {
		s.body = body // all of it was read, or it would not have been stored
		s.witness.stored(entries[len(entries)-1])
		return nil, nil
	}
	s.body = nil
	if ctx.Err() != nil {
		return nil, fmt.Errorf("write to influxdb: %w", ctx.Err())
	}
	var answer *influxhttp.Error
	if !errors.As(err, &answer) {
		answer = influxhttp.NewError(err)
	}
	if answer.StatusCode == 0 {
		s.http.CloseIdleConnections() // the next attempt dials anew
	}
	return answer, nil
}
