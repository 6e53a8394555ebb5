package influx

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"steward/gateway"
)

// keptSamples is how many refused lines are kept for people to see.
const keptSamples = 10

// maxSampleLine is the length in bytes that a shown line is cut to.
const maxSampleLine = 1024

// cleanStretch is how long no line may be refused until the sink is up again:
// longer than the interval of all but the slowest assets.
const cleanStretch = 10 * time.Minute

// health is what Status tells. A repeating failure is logged once.
type health struct {
	log *slog.Logger

	mu      sync.Mutex
	s       gateway.SinkStatus
	refusal string    // the newest, while it is fresh
	refused time.Time // when it was
}

func (h *health) init(url string, now time.Time, log *slog.Logger) {
	h.log = log
	h.s = gateway.SinkStatus{Name: Name, URL: url, State: gateway.StateStarting, Since: now}
}

func (h *health) status() gateway.SinkStatus {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.s
	s.Samples = slices.Clone(s.Samples)
	return s
}

// up notes that the server took something.
func (h *health) up(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.works(now)
}

// refuses notes that the server refused a line for good and will get others.
func (h *health) refuses(now time.Time, r gateway.Refused) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refusal == "" {
		h.log.Warn("influxdb refuses lines for good; they are set aside", "first", r.Seq, "err", r.Reason)
	}
	h.refusal, h.refused = fmt.Sprintf("lines are refused for good and set aside; the newest, entry %d: %s", r.Seq, r.Reason), now
	h.works(now)
}

// works makes the state up, or warning while a refusal is fresh; the caller
// holds the lock.
func (h *health) works(now time.Time) {
	if h.refusal != "" && now.Sub(h.refused) >= cleanStretch {
		h.refusal = ""
		h.log.Info("influxdb refuses no lines any more", "since", h.refused)
	}
	state := gateway.StateUp
	if h.refusal != "" {
		state = gateway.StateWarning
	}
	h.s.Error = h.refusal
	if h.s.State == state {
		return
	}
	if h.s.State == gateway.StateDown {
		h.log.Info("influxdb takes data again", "down_for", now.Sub(h.s.Since))
	}
	h.s.State, h.s.Since = state, now
}

// down notes a failure that will be retried.
func (h *health) down(now time.Time, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.s.Retries++
	if h.s.State != gateway.StateDown {
		h.s.State, h.s.Since = gateway.StateDown, now
		h.log.Warn("influxdb does not take data; it waits in the journal", "err", err)
	}
	h.s.Error = err.Error()
}

// stored notes the end of a batch.
func (h *health) stored(n int, refused []gateway.Refused) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.s.Stored += uint64(n)
	if len(refused) == 0 {
		return
	}
	h.s.Refused += uint64(len(refused))
	for _, r := range refused[max(0, len(refused)-keptSamples):] {
		h.s.Samples = append(h.s.Samples, gateway.RefusedLine{Seq: r.Seq, Line: cut(string(r.Line), maxSampleLine), Reason: r.Reason})
	}
	h.s.Samples = slices.Clone(h.s.Samples[max(0, len(h.s.Samples)-keptSamples):])
}
