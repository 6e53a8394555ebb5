package journal

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/line"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func testSite() *gateway.Site {
	return &gateway.Site{ID: "garden", Assets: []gateway.Asset{
		{ID: "pump-1", Kind: "pump", Area: "a", Points: []gateway.Point{
			{Name: "n", Type: gateway.Int}, {Name: "flow"}, {Name: "pressure"},
			{Name: "running", Type: gateway.Bool}, {Name: "speed"}, {Name: "power"}}},
	}}
}

func reading(n int, received time.Time) gateway.Reading {
	return gateway.Reading{Asset: "pump-1", Time: received, Received: received, Values: []gateway.Value{gateway.Good("n", float64(n))}}
}

// number is what reading was given.
func number(t testing.TB, e gateway.Entry) int {
	t.Helper()
	var r gateway.Reading
	if err := line.NewDecoder().Decode(e.Line, &r); err != nil {
		t.Fatalf("entry %d: %s: %v", e.Seq, e.Line, err)
	}
	return int(r.Values[0].Number)
}

// logs keeps what was logged.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func options(dir string, readers ...string) (Options, *logs) {
	l := &logs{}
	return Options{Dir: dir, Site: testSite(), Readers: readers, Now: time.Now, Log: slog.New(slog.NewTextHandler(l, nil)),
		hooks: hooks{interval: time.Millisecond, tick: 5 * time.Millisecond, retry: time.Millisecond}}, l
}

func open(t testing.TB, opt Options) *Journal {
	t.Helper()
	j, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func emit(t testing.TB, j *Journal, received time.Time, numbers ...int) {
	t.Helper()
	var r []gateway.Reading
	for _, n := range numbers {
		r = append(r, reading(n, received))
	}
	if err := j.Emit(context.Background(), r); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until ok, for at most ten seconds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never happened: %s", what)
		}
	}
}

// collector is a consumer whose cursor lies in the journal.
type collector struct {
	name string
	j    *Journal
	mu   sync.Mutex
	got  []gateway.Entry
	fail func(b gateway.Batch) error
	hold chan struct{}
}

func (c *collector) Name() string { return c.name }

func (c *collector) Cursor(ctx context.Context) (gateway.Seq, error) { return c.j.Cursor(ctx, c.name) }

func (c *collector) Consume(ctx context.Context, b gateway.Batch) error {
	if c.fail != nil {
		if err := c.fail(b); err != nil {
			return err
		}
	}
	if c.hold != nil {
		select {
		case <-c.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	c.mu.Lock()
	for _, e := range b.Entries {
		c.got = append(c.got, gateway.Entry{Seq: e.Seq, Line: bytes.Clone(e.Line)})
	}
	c.mu.Unlock()
	return c.j.Advance(ctx, c.name, b.Last, nil)
}

func (c *collector) entries() []gateway.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]gateway.Entry{}, c.got...)
}

// feedTo feeds a collector in the background until the test or the returned
// function ends it.
func feedTo(t testing.TB, c *collector) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.j.Feed(ctx, c); err != nil && ctx.Err() == nil && err != ErrClosed {
			t.Errorf("feed %s: %v", c.name, err)
		}
	})
	stop = func() { cancel(); wg.Wait() }
	t.Cleanup(stop)
	return stop
}

// balanced fails the test when an hour of any reader does not add up.
func balanced(t testing.TB, j *Journal) []AuditHour {
	t.Helper()
	hours, err := j.Audit(context.Background(), time.Unix(0, 0), time.Unix(1<<33, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hours {
		if !h.Balanced() {
			t.Fatalf("an hour does not balance: %+v", h)
		}
	}
	return hours
}

func total(hours []AuditHour, reader string) (sum AuditHour) {
	sum.Dropped = map[string]uint64{}
	for _, h := range hours {
		if h.Reader == reader {
			sum.Produced += h.Produced
			sum.Stored += h.Stored
			sum.Waiting += h.Waiting
			for reason, n := range h.Dropped {
				sum.Dropped[reason] += n
			}
		}
	}
	return sum
}

func lastSeq(c *collector) gateway.Seq {
	if got := c.entries(); len(got) > 0 {
		return got[len(got)-1].Seq
	}
	return 0
}

func want(t testing.TB, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}
