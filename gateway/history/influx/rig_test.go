package influx

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/history/historytest"
)

// server stands in for InfluxDB and fails on demand.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	lines    []string // stored, in the order they came
	requests int
	plan     func(n int, body []string, w http.ResponseWriter, r *http.Request) bool // true: it answered
}

func newServer(t *testing.T, plan func(n int, body []string, w http.ResponseWriter, r *http.Request) bool) *server {
	s := &server{plan: plan}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	s.mu.Lock()
	s.requests++
	n, plan := s.requests, s.plan
	s.mu.Unlock()
	if plan != nil && plan(n, lines, w, r) {
		return
	}
	s.keep(lines)
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

func (s *server) mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan = nil
}

func (s *server) keep(lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, lines...)
}

// stored is every line that was kept, once.
func (s *server) stored() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(s.lines)))
}

// rig is a sink in front of a server; its pauses are noted, not waited.
type rig struct {
	*Sink
	ledger *historytest.Ledger
	pauses []time.Duration
}

func newRig(url string) *rig {
	r := &rig{ledger: &historytest.Ledger{}}
	r.Sink = NewSink(Options{Config: config.InfluxDB{URL: url, Bucket: "steward/autogen", Token: "u:p"}, Ledger: r.ledger})
	r.wait = func(ctx context.Context, d time.Duration) error {
		r.pauses = append(r.pauses, d)
		return ctx.Err()
	}
	return r
}

func testLine(i int) string {
	return fmt.Sprintf("pump,asset=a-%d,site=s v=%d,received=%di %d", i, i, time.Now().UnixNano(), i)
}

func testBatch(n int) gateway.Batch {
	var lines []string
	for i := range n {
		lines = append(lines, testLine(i))
	}
	return batchOf(lines...)
}

func batchOf(lines ...string) gateway.Batch {
	var b gateway.Batch
	for i, l := range lines {
		b.Entries = append(b.Entries, gateway.Entry{Seq: gateway.Seq(i + 1), Line: []byte(l)})
		b.Last = gateway.Seq(i + 1)
	}
	return b
}

func linesOf(b gateway.Batch) (lines []string) {
	for _, e := range b.Entries {
		lines = append(lines, string(e.Line))
	}
	slices.Sort(lines)
	return lines
}

func (r *rig) mustConsume(t *testing.T, b gateway.Batch) {
	t.Helper()
	if err := r.Consume(t.Context(), b); err != nil {
		t.Fatalf("consume: %v", err)
	}
	if at := r.ledger.At(Name); at != b.Last {
		t.Fatalf("the ledger is at %d, want %d", at, b.Last)
	}
}
