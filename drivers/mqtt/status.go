package mqtt

import (
	"slices"
	"sync"
	"time"

	"steward/gateway"
)

const (
	sampleCount = 20
	sampleBytes = 200
)

// status is what a source says of itself.
type status struct {
	now func() time.Time

	mu   sync.Mutex
	s    gateway.BrokerStatus
	ring [60]bucket // messages a second, by Unix second modulo 60
	from time.Time  // when counting began
}

type bucket struct{ second, n int64 }

func newStatus(id, url string, now func() time.Time) *status {
	return &status{now: now, s: gateway.BrokerStatus{ID: id, URL: url, State: gateway.StateStarting, Since: now()}}
}

// set changes the state; Since moves only where the state itself changes.
func (st *status) set(state gateway.State, reason string) {
	now := st.now()
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.s.State != state {
		st.s.State, st.s.Since = state, now
	}
	st.s.Error = reason
}

func (st *status) setURL(url string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.s.URL = url
}

// received counts messages.
func (st *status) received(n int) {
	now := st.now()
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.from.IsZero() {
		st.from = now
	}
	st.s.Received += uint64(n)
	b := &st.ring[now.Unix()%60]
	if b.second != now.Unix() {
		*b = bucket{second: now.Unix()}
	}
	b.n += int64(n)
}

func (st *status) acked(n int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.s.Acked += uint64(n)
}

// refused counts a message that could not be used and keeps it as a sample.
func (st *status) refused(v verdict, m *message, reason string) {
	s := gateway.MessageSample{
		Time: m.received, Topic: clip(m.topic, sampleBytes), Payload: clip(m.payload, sampleBytes), Reason: clip(reason, sampleBytes),
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if v == unknown {
		st.s.Unknown++
	} else {
		st.s.Undecodable++
	}
	if len(st.s.Samples) == sampleCount {
		st.s.Samples = slices.Delete(st.s.Samples, 0, 1)
	}
	st.s.Samples = append(st.s.Samples, s)
}

// report returns the status with its rate over the last full minute, or over
// the time since the first message where that is less.
func (st *status) report() gateway.BrokerStatus {
	now := st.now()
	st.mu.Lock()
	defer st.mu.Unlock()
	out := st.s
	out.Samples = slices.Clone(st.s.Samples)
	var n int64
	for _, b := range st.ring {
		if now.Unix()-b.second < 60 {
			n += b.n
		}
	}
	if n > 0 {
		window := min(max(now.Sub(st.from).Seconds(), 1), 60)
		out.Rate = float64(n) / window
	}
	return out
}
