package journal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"steward/gateway"
)

// A batch is at most this much.
const (
	batchEntries = 5000
	batchBytes   = 1 << 20
)

// The pauses after a consumer failed.
const (
	feedRetryFirst = 100 * time.Millisecond
	feedRetryLast  = 10 * time.Second
)

var errStuck = errors.New("it took a batch and did not move its cursor")

// Feed gives a consumer everything behind its cursor, in order, and goes on
// as more is committed, until ctx ends (nil), the journal is closed
// (ErrClosed) or the consumer returns an error that wraps context.Canceled.
// Any other error is retried after a pause and shown in Status. A consumer
// without a cursor begins at the oldest entry.
func (j *Journal) Feed(ctx context.Context, c gateway.Consumer) error {
	f := &feed{j: j, c: c, state: &feedState{}}
	j.mu.Lock()
	j.feeds[c.Name()] = f.state
	j.mu.Unlock()
	defer func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		delete(j.feeds, c.Name())
	}()
	for {
		worked, err := f.step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrClosed):
			return ErrClosed
		case errors.Is(err, context.Canceled):
			return fmt.Errorf("journal: feeding %s: %w", c.Name(), err)
		case err != nil:
			if !sleep(ctx, f.failed(err)) {
				return nil
			}
		case worked:
			f.recovered()
		}
	}
}

// feed is one consumer being fed; it belongs to one goroutine.
type feed struct {
	j       *Journal
	c       gateway.Consumer
	state   *feedState // guarded by the journal's lock
	entries []gateway.Entry
	body    []byte      // what the entries of a disk batch point into
	took    gateway.Seq // behind the last batch it took
	before  gateway.Seq // where that began
	ahead   gateway.Seq // a cursor that was beyond the journal's last entry
	clamp   gateway.Seq // where it goes on instead
}

// step consumes one batch, or waits until there is one.
func (f *feed) step(ctx context.Context) (worked bool, err error) {
	cursor, err := f.c.Cursor(ctx)
	if err != nil {
		return false, fmt.Errorf("reading its cursor: %w", err)
	}
	stuck := f.took > 0 && cursor <= f.before
	f.took = 0
	if stuck {
		return false, fmt.Errorf("%w from %d", errStuck, cursor)
	}
	b, wake, err := f.next(ctx, cursor)
	if err != nil {
		return false, err
	}
	if wake != nil {
		select {
		case <-wake:
		case <-ctx.Done():
		}
		return false, nil
	}
	if err := f.c.Consume(ctx, b); err != nil {
		return false, err
	}
	f.took = b.Last
	return true, nil
}

// next makes the batch behind a cursor, from the ring where that reaches back
// far enough. Without one it returns the channel that says when to look again.
func (f *feed) next(ctx context.Context, cursor gateway.Seq) (gateway.Batch, <-chan struct{}, error) {
	j := f.j
	f.entries = f.entries[:0]
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return gateway.Batch{}, nil, ErrClosed
	}
	last, oldest := j.books.last, j.books.oldest
	if cursor > last && cursor != f.ahead {
		f.ahead, f.clamp = cursor, last
		j.log.Error("a reader is ahead of its journal, which must have been lost: it goes on with what comes",
			"reader", f.c.Name(), "cursor", cursor, "last", last)
	}
	if cursor == f.ahead {
		cursor = f.clamp
	}
	from := max(cursor+1, oldest)
	f.state.pos, f.before = from-1, from-1
	if from > last {
		f.state.next = 0
		wake := j.wake
		j.mu.Unlock()
		return gateway.Batch{}, wake, nil
	}
	i := j.ring.from(from)
	if i >= 0 {
		f.state.next, f.state.received = from, j.ring.blocks[i].lo
		f.take(j.ring.blocks[i:], from)
		j.mu.Unlock()
		return gateway.Batch{Entries: f.entries, Last: f.entries[len(f.entries)-1].Seq}, nil, nil
	}
	j.mu.Unlock()
	end, err := f.fromDisk(ctx, from, last)
	return gateway.Batch{Entries: f.entries, Last: end}, nil, err
}

// take collects entries of the ring; its blocks never change.
func (f *feed) take(blocks []*block, from gateway.Seq) {
	size := 0
	for _, b := range blocks {
		for i := int(max(from, b.first) - b.first); i < len(b.ends); i++ {
			e := b.entry(i)
			if size += len(e.Line); len(f.entries) > 0 && (size > batchBytes || len(f.entries) >= batchEntries) {
				return
			}
			f.entries = append(f.entries, e)
		}
	}
}

// fromDisk collects entries from..last, as many as a batch takes, and returns
// the last one it looked at. What should be there and is not is corrupt.
func (f *feed) fromDisk(ctx context.Context, from, last gateway.Seq) (gateway.Seq, error) {
	j := f.j
	end, received, err := f.readBlocks(ctx, from, last)
	if err != nil {
		j.suspicion(err)
		return 0, fmt.Errorf("reading the journal from entry %d: %w", from, err)
	}
	j.mu.Lock()
	from = max(from, j.books.oldest) // what went while we read is accounted for
	f.state.next, f.state.received = from, received
	j.mu.Unlock()
	expect := from
	for _, e := range f.entries {
		if e.Seq > expect {
			j.lose(expect, e.Seq-1)
		}
		expect = max(expect, e.Seq+1)
	}
	if expect <= end {
		j.lose(expect, end)
	}
	return end, nil
}

// readBlocks reads the blocks that hold from..last until a batch is full.
func (f *feed) readBlocks(ctx context.Context, from, last gateway.Seq) (end gateway.Seq, received int64, err error) {
	j := f.j
	j.storeMu.RLock()
	defer j.storeMu.RUnlock()
	if j.st == nil {
		return 0, 0, errors.New("the journal has no file")
	}
	f.body = f.body[:0]
	w := walk{entries: f.entries, body: f.body, from: from, last: last}
	err = w.run(ctx, j.st)
	f.entries, f.body = w.entries, w.body
	if cap(f.body) > 2*batchBytes {
		f.body = nil
	}
	return w.end, w.received, err
}

// failed notes that the consumer failed and returns how long to pause.
func (f *feed) failed(err error) time.Duration {
	f.j.mu.Lock()
	f.state.err = err
	n := f.state.failures
	f.state.failures++
	f.j.mu.Unlock()
	if n == 0 {
		f.j.log.Warn("a reader of the journal failed: it is tried again until it works", "reader", f.c.Name(), "err", err)
	}
	pause := min(feedRetryFirst<<min(n, 20), feedRetryLast)
	return pause/2 + rand.N(pause/2+1)
}

func (f *feed) recovered() {
	f.j.mu.Lock()
	n := f.state.failures
	f.state.err, f.state.failures = nil, 0
	f.j.mu.Unlock()
	if n > 0 {
		f.j.log.Info("a reader of the journal works again", "reader", f.c.Name(), "failures", n)
	}
}
