package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"steward/gateway"
	"steward/gateway/disk"
	"steward/gateway/line"
)

// ErrClosed is what Emit and Feed return once the journal is closed.
var ErrClosed = errors.New("journal: closed")

// Options say where a journal lies and what it may take.
type Options struct {
	Dir      string        // made when it is not there
	Site     *gateway.Site // whose readings it takes
	MaxBytes int64         // of entries; 0: 2 GiB
	MaxAge   time.Duration // in running time of the gateway; 0: no limit
	Reserve  int64         // of free disk, in bytes; 0: none
	Readers  []string      // those that entries are kept for
	Now      func() time.Time
	Log      *slog.Logger

	hooks hooks
}

// hooks let tests stand in for the disk and the clocks.
type hooks struct {
	free     func(dir string) (int64, error) // free disk in bytes
	running  func() time.Duration            // monotonic time since Open
	refuse   func() error                    // an error the disk gives before a transaction
	settled  func()                          // after each transaction of the writer
	opened   func(*store)                    // before the writer uses it
	interval time.Duration                   // between the beginnings of two commits
	tick     time.Duration                   // between two rounds of housekeeping
	retry    time.Duration                   // the first pause after a refusal
}

// Timing of the writer, and its limits. A commit costs about the same
// whatever it holds (most of it is the kernel's fsync), so while readings
// keep coming it waits for more of them, but never so long that a person
// would notice.
const (
	commitInterval  = 5 * time.Millisecond // between the beginnings of two commits
	gatherIntervals = 4                    // at most so many of them while readings keep coming
	tickInterval    = time.Second
	retryFirst      = 100 * time.Millisecond
	retryLast       = 5 * time.Second
	defaultMaxBytes = 2 << 30
)

// Journal is the durable log of one site's readings.
type Journal struct {
	opt    Options
	log    *slog.Logger
	cancel context.CancelFunc
	done   sync.WaitGroup // the writer and the check of a large file
	kick   chan struct{}  // something is pending, or closing

	emitMu    sync.Mutex // guards what emitters share
	pending   group
	lastAdd   time.Duration // running time
	writing   int64         // when the oldest entry was received of the group that the writer has, 0: it has none
	spare     heap
	spareRuns []run
	room      chan struct{} // closed when the pending group was taken
	bodyHint  int
	endsHint  int
	encoder   *line.Encoder
	observers []func(gateway.Seq, []gateway.Reading)
	closing   bool

	storeMu sync.RWMutex // write: the file is being exchanged
	st      *store       // nil while no file can be opened
	damaged atomic.Pointer[error]

	mu        sync.Mutex // guards everything below
	books     *books
	ring      ring
	wake      chan struct{} // closed at each commit, and when closed
	closed    bool
	aside     []asideRow // refused entries not yet on disk
	forgotten uint64     // refused entries no longer kept aside
	health    health
	feeds     map[string]*feedState
	oldest    blockInfo // the first block on disk; zero: not known

	writer writerState // belongs to the writer alone
}

// Open opens the journal in a folder, or begins one. A damaged file is set
// aside and a new one begun. It starts the writer, which ends in Close.
func Open(ctx context.Context, opt Options) (*Journal, error) {
	if opt.Site == nil || opt.Now == nil || opt.Log == nil {
		return nil, errors.New("journal: Options want Site, Now and Log")
	}
	if err := os.MkdirAll(opt.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	opt.Readers = slices.Clone(opt.Readers)
	opt.setDefaults()
	j := &Journal{
		opt:     opt,
		log:     opt.Log,
		kick:    make(chan struct{}, 1),
		room:    make(chan struct{}),
		wake:    make(chan struct{}),
		encoder: line.NewEncoder(opt.Site),
		feeds:   map[string]*feedState{},
		health:  newHealth(opt.Now()),
	}
	if err := j.openFile(ctx); err != nil {
		return nil, err
	}
	if err := j.flush(); err != nil {
		j.refused(err) // the writer goes on trying
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	j.cancel = cancel
	j.done.Go(func() { j.write(run) })
	if j.writer.unchecked {
		j.done.Go(func() { j.checkLater(run) })
	}
	return j, nil
}

func (o *Options) setDefaults() {
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	h := &o.hooks
	if h.free == nil {
		h.free = disk.Free
	}
	if h.running == nil {
		start := time.Now()
		h.running = func() time.Duration { return time.Since(start) }
	}
	if h.refuse == nil {
		h.refuse = func() error { return nil }
	}
	if h.settled == nil {
		h.settled = func() {}
	}
	if h.opened == nil {
		h.opened = func(*store) {}
	}
	h.interval = orDefault(h.interval, commitInterval)
	h.tick = orDefault(h.tick, tickInterval)
	h.retry = orDefault(h.retry, retryFirst)
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// SetSite makes Emit take the readings of a reloaded site.
func (j *Journal) SetSite(site *gateway.Site) {
	enc := line.NewEncoder(site)
	j.emitMu.Lock()
	defer j.emitMu.Unlock()
	j.encoder = enc
}

// Observe adds a function that is called after each commit, in order, with
// its readings; the first one's number is first and the others follow it. It
// is called before Emit returns, must not block and must not keep r.
func (j *Journal) Observe(f func(first gateway.Seq, r []gateway.Reading)) {
	j.emitMu.Lock()
	defer j.emitMu.Unlock()
	j.observers = append(j.observers, f)
}

// Cursor returns the last entry that a reader has passed.
func (j *Journal) Cursor(_ context.Context, reader string) (gateway.Seq, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	seq, ok := j.books.cursors[reader]
	if !ok {
		return 0, fmt.Errorf("journal: no reader %q: have %v", reader, j.opt.Readers)
	}
	return seq, nil
}

// Advance moves a reader's cursor to an entry it has kept the effect of;
// moving back does nothing. Entries the reader's sink refused are kept aside
// with their reasons. It takes effect at once and is on disk within about a
// second: after a kill, the reader sees again what it had passed since. A
// reader that keeps its cursor elsewhere tells the journal the same way how
// far it has come, so that entries can go.
func (j *Journal) Advance(_ context.Context, reader string, to gateway.Seq, refused []gateway.Refused) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	from, ok := j.books.cursors[reader]
	if !ok {
		return fmt.Errorf("journal: no reader %q: have %v", reader, j.opt.Readers)
	}
	if to > j.books.last {
		return fmt.Errorf("journal: reader %q wants to pass entry %d, the last one is %d", reader, to, j.books.last)
	}
	j.putAside(reader, refused)
	j.health.drop(ReasonRefused, uint64(len(refused)))
	if to > from {
		j.books.settle(reader, to, kindStored, refused)
	}
	return nil
}

// Close puts on disk what is pending, and the cursors, and ends the writer.
// An Emit whose readings could not be put on disk returns ErrClosed.
func (j *Journal) Close() error {
	j.emitMu.Lock()
	if j.closing {
		j.emitMu.Unlock()
		j.done.Wait()
		return nil
	}
	j.closing = true
	j.emitMu.Unlock()
	j.cancel()
	j.done.Wait()

	j.mu.Lock()
	j.closed = true
	close(j.wake)
	j.mu.Unlock()
	j.storeMu.Lock()
	defer j.storeMu.Unlock()
	err := j.writer.closeErr
	if j.st != nil {
		err = errors.Join(err, j.st.close())
		j.st = nil
	}
	if err != nil {
		return fmt.Errorf("journal: closing: %w", err)
	}
	return nil
}
