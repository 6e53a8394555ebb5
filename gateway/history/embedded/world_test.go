package embedded

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/history/historytest"
)

// world is a journal, its ledger and a store's folder: what is left after a
// kill.
type world struct {
	t       *testing.T
	dir     string
	site    *gateway.Site
	ledger  *historytest.Ledger
	journal []gateway.Batch // one entry each
	feed    *historytest.Feed
	oldest  int // what is before it has gone from the journal
	now     time.Time
	mu      sync.Mutex
	log     bytes.Buffer
}

func newWorld(t *testing.T) *world {
	site := historytest.Site(1, 0)
	return &world{
		t: t, dir: filepath.Join(t.TempDir(), "history"), site: site,
		ledger: &historytest.Ledger{}, feed: historytest.NewFeed(t, site), now: time.Now().UTC().Truncate(time.Second),
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) set(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = now
}

func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

func (w *world) options(dir string) Options {
	return Options{Dir: dir, Site: w.site, Ledger: w.ledger, Now: w.clock, Log: slog.New(slog.NewTextHandler(w, nil)), first: time.Hour}
}

func (w *world) open() *Store { return mustOpen(w.t, w.options(w.dir)) }

// write adds readings of temperature = n at the given times to the journal.
func (w *world) write(at ...time.Time) {
	for _, t := range at {
		w.journal = append(w.journal, w.feed.Batch(gateway.Reading{
			Asset: "a-0", Time: t, Received: earlier(t, w.clock()),
			Values: []gateway.Value{gateway.Good("temperature", float64(len(w.journal)))},
		}))
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// replay feeds the store as the journal does: from its cursor, again and
// again, to the end.
func (w *world) replay(s *Store) {
	w.t.Helper()
	for failures := 0; ; {
		at, err := s.Cursor(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if at = max(at, gateway.Seq(w.oldest)); int(at) >= len(w.journal) {
			return
		}
		if err := s.Consume(w.t.Context(), w.journal[at]); err != nil {
			if failures++; failures > 20 {
				w.t.Fatalf("consume: %v", err)
			}
		}
	}
}

// numbers are the stored ones of a range around now.
func (w *world) numbers(s *Store) (numbers []int) {
	w.t.Helper()
	got, err := s.Range(w.t.Context(), gateway.Query{Asset: "a-0", Points: []string{"temperature"},
		From: w.now.Add(-1000 * time.Hour), To: w.now.Add(100_000 * time.Hour)})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, x := range got[0].Samples {
		numbers = append(numbers, int(x.Number))
	}
	slices.Sort(numbers)
	return numbers
}

// complete checks that every number from first on is there once.
func (w *world) complete(s *Store, first int) {
	w.t.Helper()
	got := w.numbers(s)
	var want []int
	for i := first; i < len(w.journal); i++ {
		want = append(want, i)
	}
	if !slices.Equal(got, want) {
		w.t.Fatalf("stored %d numbers %v…, want %d from %d on", len(got), got[:min(20, len(got))], len(want), first)
	}
}

func (w *world) sync(s *Store) {
	w.t.Helper()
	if err := s.syncNow(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) every(from time.Time, step time.Duration, n int) (at []time.Time) {
	for i := range n {
		at = append(at, from.Add(time.Duration(i)*step))
	}
	return at
}

// snapshot copies the folder as it is on disk now: what a kill leaves. It
// holds compactions still, because a copy is not made in one instant.
func (w *world) snapshot(s *Store) string {
	s.engine.db.DisableCompactions()
	defer s.engine.db.EnableCompactions()
	dir := filepath.Join(w.t.TempDir(), "history")
	if err := os.CopyFS(dir, os.DirFS(w.dir)); err != nil {
		w.t.Fatal(err)
	}
	return dir
}

// TestReadOnlyBesideARunningStore looks into a store that another process
// would be writing, and leaves nothing behind in its folder.
func TestReadOnlyBesideARunningStore(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	for i := range 20 {
		w.write(w.now.Add(time.Duration(i-100) * time.Second))
	}
	w.replay(s)
	r, err := OpenReadOnly(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Range(t.Context(), gateway.Query{Asset: "a-0", Points: []string{"temperature", "nothing"}, From: w.now.Add(-time.Hour), To: w.now})
	if err != nil || len(got) != 2 || len(got[0].Samples) != 20 || len(got[1].Samples) != 0 {
		t.Fatalf("a reader sees %v, %v; want 20 samples and none", got, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(w.dir, "tmp_dbro*")); len(left) > 0 {
		t.Errorf("the reader left %v", left)
	}
	if _, err := OpenReadOnly(filepath.Join(w.dir, "nowhere")); err == nil {
		t.Error("a store that is not there was opened")
	}
}
