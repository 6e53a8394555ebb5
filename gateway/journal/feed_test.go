package journal

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/gateway"
)

func TestFeedRetriesAndSaysSo(t *testing.T) {
	t.Parallel()
	opt, log := options(t.TempDir(), "a")
	j := open(t, opt)
	var mu sync.Mutex
	failures, batches := 2, []gateway.Batch{}
	c := &collector{name: "a", j: j, fail: func(b gateway.Batch) error {
		mu.Lock()
		defer mu.Unlock()
		batches = append(batches, b)
		if failures--; failures >= 0 {
			return errors.New("sink is away")
		}
		return nil
	}}
	feedTo(t, c)
	emit(t, j, epoch, 0, 1)
	eventually(t, "status shows the error", func() bool {
		return strings.Contains(j.Status().Readers[0].Error, "away") || lastSeq(c) == 2
	})
	eventually(t, "it was retried", func() bool { return lastSeq(c) == 2 })
	eventually(t, "status forgets", func() bool { return j.Status().Readers[0].Error == "" })
	mu.Lock()
	defer mu.Unlock()
	for _, b := range batches {
		want(t, b.Last, 2)
	}
	want(t, strings.Count(log.String(), "a reader of the journal failed"), 1)
}

func TestFeedOfAForeignCursor(t *testing.T) {
	t.Parallel()
	opt, log := options(t.TempDir())
	j := open(t, opt)
	emit(t, j, epoch, 0, 1, 2)
	f := &foreign{cursor: 99, got: make(chan gateway.Batch, 10)}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := j.Feed(ctx, f); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "it was reported", func() bool { return strings.Contains(log.String(), "ahead of its journal") })
	emit(t, j, epoch, 3)
	want(t, (<-f.got).Last, 4)
	emit(t, j, epoch, 4)
	want(t, (<-f.got).Last, 5)
	cancel()
	wg.Wait()
}

// foreign keeps its cursor by itself.
type foreign struct {
	cursor gateway.Seq
	stuck  bool
	got    chan gateway.Batch
}

func (f *foreign) Name() string                                { return "foreign" }
func (f *foreign) Cursor(context.Context) (gateway.Seq, error) { return f.cursor, nil }
func (f *foreign) Consume(_ context.Context, b gateway.Batch) error {
	if !f.stuck {
		f.cursor = b.Last
	}
	f.got <- b
	return nil
}

func TestFeedOfAStuckConsumer(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir())
	j := open(t, opt)
	emit(t, j, epoch, 0)
	f := &foreign{stuck: true, got: make(chan gateway.Batch, 100)}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = j.Feed(ctx, f) })
	eventually(t, "status names it", func() bool {
		s := j.Status().Readers
		return len(s) == 1 && strings.Contains(s[0].Error, "cursor")
	})
	cancel()
	wg.Wait()
	if len(f.got) > 10 {
		t.Errorf("it was called %d times without a pause", len(f.got))
	}
}

// TestSlowReader holds one reader while the others go on; then it catches up
// from disk.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "fast", "slow")
	j := open(t, opt)
	slow := &collector{name: "slow", j: j, hold: make(chan struct{})}
	fast := &collector{name: "fast", j: j}
	feedTo(t, slow)
	feedTo(t, fast)
	r := make([]gateway.Reading, 1000)
	const rounds = 30 // more than the ring holds
	for round := range rounds {
		for i := range r {
			r[i] = reading(round*1000+i, epoch)
		}
		if err := j.Emit(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	// The cursor moves a moment after the last batch has come.
	eventually(t, "the fast one has everything", func() bool {
		return lastSeq(fast) == rounds*1000 && j.Status().Readers[0].Lag == 0
	})
	s := j.Status()
	if s.Readers[1].Lag < 20000 || s.Readers[1].LagAge <= 0 {
		t.Errorf("status says %+v", s.Readers)
	}
	j.mu.Lock()
	inRing := j.ring.from(2)
	j.mu.Unlock()
	want(t, inRing, -1)
	close(slow.hold)
	eventually(t, "the slow one caught up", func() bool { return lastSeq(slow) == rounds*1000 })
	for i, e := range slow.entries() {
		if number(t, e) != i {
			t.Fatalf("place %d holds number %d", i, number(t, e))
		}
	}
}

func TestOtherSiteIsRefused(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir())
	j := open(t, opt)
	emit(t, j, epoch, 0)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	opt.Site = testSite()
	opt.Site.ID = "elsewhere"
	if _, err := Open(context.Background(), opt); err == nil || !strings.Contains(err.Error(), "garden") {
		t.Fatalf("got %v", err)
	}
}

func TestOpenReadOnlyBesideARunningJournal(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "a")
	ctx := context.Background()
	if _, err := OpenReadOnly(ctx, opt.Dir); err == nil {
		t.Fatal("there is no journal yet")
	}
	j := open(t, opt)
	emit(t, j, epoch, 0, 1, 2)
	r, err := OpenReadOnly(ctx, opt.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := j.Advance(ctx, "a", 2, []gateway.Refused{{Seq: 1, Line: []byte("bad line"), Reason: "field type"}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the cursor is on disk", func() bool {
		s, err := r.Status(ctx)
		return err == nil && len(s.Readers) == 1 && s.Readers[0].Cursor == 2 && s.Last == 3 && s.Readers[0].Lag == 1
	})
	hours, err := r.Audit(ctx, epoch.Truncate(time.Hour), epoch.Add(time.Hour))
	if err != nil || len(hours) != 1 || !hours[0].Balanced() || hours[0].Waiting != 1 || hours[0].Stored != 1 {
		t.Fatalf("audit: %+v, %v", hours, err)
	}
	var numbers []int
	err = r.Scan(ctx, 2, func(received time.Time, e gateway.Entry) error {
		numbers = append(numbers, number(t, e))
		want(t, received, epoch)
		return nil
	})
	want(t, []any{numbers, err}, []any{[]int{1, 2}, nil})
	var aside []string
	forgotten, err := r.Aside(ctx, func(reader string, _ time.Time, e gateway.Refused) error {
		aside = append(aside, reader+" "+string(e.Line)+" "+e.Reason)
		return nil
	})
	want(t, []any{forgotten, err, aside}, []any{0, nil, []string{"a bad line field type"}})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenReadOnly(ctx, opt.Dir) // nobody is running it now
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	s, err := again.Status(ctx)
	want(t, []any{s.Last, err}, []any{3, nil})
}
