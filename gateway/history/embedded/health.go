package embedded

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"steward/gateway"
)

// health is what Status tells.
type health struct {
	stored atomic.Uint64 // entries since Open, of which none was refused

	mu    sync.Mutex
	state gateway.State
	since time.Time
	err   error
}

// told takes how a Consume ended.
func (h *health) told(now time.Time, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	state := gateway.StateUp
	if err != nil {
		state = gateway.StateDown
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state != state {
		h.state, h.since = state, now
	}
	h.err = err
}

// Status is the store as a place that readings are copied to.
func (s *Store) Status() gateway.SinkStatus {
	status := gateway.SinkStatus{Name: Name, URL: "embedded", Stored: s.health.stored.Load()}
	for _, n := range s.place.counts() {
		status.Refused += n
	}
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	status.State, status.Since = s.health.state, s.health.since
	if s.health.err != nil {
		status.Error = s.health.err.Error()
	}
	return status
}
