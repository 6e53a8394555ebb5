// Package journaltest is the suite that every journal passes: the embedded
// one, and whatever takes its place on a hub.
package journaltest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/line"
)

// Journal is what the suite asks of a journal.
type Journal interface {
	Emit(ctx context.Context, r []gateway.Reading) error
	Feed(ctx context.Context, c gateway.Consumer) error
	Cursor(ctx context.Context, reader string) (gateway.Seq, error)
	Advance(ctx context.Context, reader string, to gateway.Seq, refused []gateway.Refused) error
	Status() gateway.JournalStatus
	Close() error
}

// Factory opens the journal whose name is given; the same name again, after
// Close, is the same journal. It has the site of Site, and the readers "one"
// and "two". Its limit is far above a megabyte.
type Factory func(t *testing.T, name string) Journal

// Site is whose readings the suite emits: one asset, "pump-1", with one
// point, "n".
func Site() *gateway.Site {
	return &gateway.Site{ID: "suite", Assets: []gateway.Asset{
		{ID: "pump-1", Kind: "pump", Area: "a", Points: []gateway.Point{{Name: "n", Type: gateway.Int}}}}}
}

// Run runs the suite.
func Run(t *testing.T, open Factory) {
	t.Run("order", func(t *testing.T) { order(t, open) })
	t.Run("all or nothing", func(t *testing.T) { allOrNothing(t, open) })
	t.Run("cursors", func(t *testing.T) { cursors(t, open) })
	t.Run("restart", func(t *testing.T) { restart(t, open) })
	t.Run("retention", func(t *testing.T) { retention(t, open) })
	t.Run("cancel", func(t *testing.T) { cancelled(t, open) })
}

// order: what is emitted comes in order, numbered without holes, to every
// reader, also to one that starts late.
func order(t *testing.T, open Factory) {
	j := open(t, "order")
	defer closeIt(t, j)
	one := follow(t, j, "one")
	const n = 300
	for i := range n {
		emit(t, j, 2*i, 2*i+1)
	}
	two := follow(t, j, "two")
	for _, f := range []*follower{one, two} {
		f.wait(t, 2*n)
		for i, e := range f.stop() {
			if e.seq != gateway.Seq(i+1) || e.n != i {
				t.Fatalf("%s: place %d holds entry %d, number %d", f.name, i, e.seq, e.n)
			}
		}
	}
}

// allOrNothing: a reading of an unknown asset promises nothing of its call.
func allOrNothing(t *testing.T, open Factory) {
	j := open(t, "all-or-nothing")
	defer closeIt(t, j)
	r := []gateway.Reading{reading(1), reading(2)}
	r[1].Asset = "nobody"
	if err := j.Emit(context.Background(), r); err == nil {
		t.Fatal("a reading of an asset that is not there was taken")
	}
	emit(t, j, 3)
	f := follow(t, j, "one")
	f.wait(t, 1)
	if got := f.stop(); got[0].n != 3 {
		t.Fatalf("got %+v", got)
	}
}

// cursors: each reader has its own, it never goes back, never beyond the end.
func cursors(t *testing.T, open Factory) {
	j := open(t, "cursors")
	defer closeIt(t, j)
	ctx := context.Background()
	emit(t, j, 1, 2, 3)
	if err := j.Advance(ctx, "one", 2, []gateway.Refused{{Seq: 1, Line: []byte("l"), Reason: "r"}}); err != nil {
		t.Fatal(err)
	}
	if err := j.Advance(ctx, "one", 1, nil); err != nil {
		t.Fatalf("going back is nothing, not an error: %v", err)
	}
	if err := j.Advance(ctx, "one", 4, nil); err == nil {
		t.Error("a cursor went beyond the end")
	}
	if err := j.Advance(ctx, "nobody", 1, nil); err == nil {
		t.Error("an unknown reader has a cursor")
	}
	for name, want := range map[string]gateway.Seq{"one": 2, "two": 0} {
		if got, err := j.Cursor(ctx, name); err != nil || got != want {
			t.Errorf("%s stands at %d, %v: want %d", name, got, err, want)
		}
	}
}

// restart: entries and cursors are there again, numbers go on.
func restart(t *testing.T, open Factory) {
	j := open(t, "restart")
	emit(t, j, 0, 1, 2, 3)
	if err := j.Advance(context.Background(), "one", 2, nil); err != nil {
		t.Fatal(err)
	}
	closeIt(t, j)
	j = open(t, "restart")
	defer closeIt(t, j)
	emit(t, j, 4)
	for name, first := range map[string]int{"one": 2, "two": 0} {
		f := follow(t, j, name)
		f.wait(t, 5-first)
		for i, e := range f.stop() {
			if e.n != first+i || e.seq != gateway.Seq(first+i+1) {
				t.Errorf("%s: place %d holds entry %d, number %d", name, i, e.seq, e.n)
			}
		}
	}
}

// retention: below the limit nothing goes that a reader has not passed.
func retention(t *testing.T, open Factory) {
	j := open(t, "retention")
	const n = 5000
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	emit(t, j, numbers...)
	one := follow(t, j, "one")
	one.wait(t, n)
	one.stop()
	closeIt(t, j)
	j = open(t, "retention")
	defer closeIt(t, j)
	emit(t, j, n)
	two := follow(t, j, "two")
	two.wait(t, n+1)
	for i, e := range two.stop() {
		if e.n != i {
			t.Fatalf("place %d holds number %d", i, e.n)
		}
	}
	if dropped := j.Status().Dropped; len(dropped) != 0 {
		t.Errorf("dropped: %v", dropped)
	}
}

// cancelled: an Emit whose context has ended takes nothing.
func cancelled(t *testing.T, open Factory) {
	j := open(t, "cancel")
	defer closeIt(t, j)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := j.Emit(ctx, []gateway.Reading{reading(1)}); err == nil {
		t.Fatal("an Emit whose context had ended succeeded")
	}
	emit(t, j, 2)
	f := follow(t, j, "one")
	f.wait(t, 1)
	if got := f.stop(); got[0].n != 2 {
		t.Fatalf("got %+v", got)
	}
}

func reading(n int) gateway.Reading {
	at := time.Unix(1_700_000_000+int64(n), 0)
	return gateway.Reading{Asset: "pump-1", Time: at, Received: at, Values: []gateway.Value{gateway.Good("n", float64(n))}}
}

func emit(t *testing.T, j Journal, numbers ...int) {
	t.Helper()
	r := make([]gateway.Reading, len(numbers))
	for i, n := range numbers {
		r[i] = reading(n)
	}
	if err := j.Emit(context.Background(), r); err != nil {
		t.Fatal(err)
	}
}

func closeIt(t *testing.T, j Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

type entry struct {
	seq gateway.Seq
	n   int
}

// follower is a consumer whose cursor the journal keeps.
type follower struct {
	name   string
	j      Journal
	dec    *line.Decoder
	cancel context.CancelFunc
	ended  sync.WaitGroup
	err    error
	mu     sync.Mutex
	got    []entry
	more   chan struct{}
}

// follow feeds a follower until stop.
func follow(t *testing.T, j Journal, name string) *follower {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	f := &follower{name: name, j: j, dec: line.NewDecoder(), cancel: cancel, more: make(chan struct{}, 1)}
	f.ended.Go(func() { f.err = j.Feed(ctx, f) })
	t.Cleanup(func() {
		f.stop()
		if f.err != nil {
			t.Errorf("feeding %s: %v", name, f.err)
		}
	})
	return f
}

func (f *follower) Name() string { return f.name }

func (f *follower) Cursor(ctx context.Context) (gateway.Seq, error) { return f.j.Cursor(ctx, f.name) }

func (f *follower) Consume(ctx context.Context, b gateway.Batch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var r gateway.Reading
	for _, e := range b.Entries {
		if err := f.dec.Decode(e.Line, &r); err != nil {
			return fmt.Errorf("entry %d: %w", e.Seq, err)
		}
		f.got = append(f.got, entry{e.Seq, int(r.Values[0].Number)})
	}
	select {
	case f.more <- struct{}{}:
	default:
	}
	return f.j.Advance(ctx, f.name, b.Last, nil)
}

// wait waits for so many entries, for at most ten seconds.
func (f *follower) wait(t *testing.T, n int) {
	t.Helper()
	timeout := time.NewTimer(10 * time.Second)
	defer timeout.Stop()
	for {
		f.mu.Lock()
		have := len(f.got)
		f.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-f.more:
		case <-timeout.C:
			t.Fatalf("%s has %d entries, want %d", f.name, have, n)
		}
	}
}

// stop ends the feed and returns what came.
func (f *follower) stop() []entry {
	f.cancel()
	f.ended.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.got
}
