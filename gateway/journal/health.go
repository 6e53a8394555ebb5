package journal

import (
	"time"

	"steward/gateway"
)

// health is what the journal says of itself; counters count since Open.
type health struct {
	err      error // why the last transaction was refused
	failures int   // refusals in a row
	since    time.Time
	commits  uint64
	rounds   uint64 // of housekeeping
	corrupt  uint64
	dropped  map[string]uint64 // entries times readers that had not passed them
	aside    string            // where a damaged file lies
}

func newHealth(now time.Time) health {
	return health{since: now, dropped: map[string]uint64{}}
}

// refused notes a refusal and returns whether it is the first in a row.
func (h *health) refused(err error, now time.Time) bool {
	if h.failures == 0 {
		h.since = now
	}
	h.err = err
	h.failures++
	return h.failures == 1
}

// recovered ends a row of refusals and returns how many there were.
func (h *health) recovered(now time.Time) int {
	n := h.failures
	if n > 0 {
		h.err, h.failures, h.since = nil, 0, now
	}
	return n
}

func (h *health) drop(reason string, n uint64) {
	if n > 0 {
		h.dropped[reason] += n
	}
}

func (h *health) setAside(name string, now time.Time) { h.aside, h.since = name, now }

// feedState is what Status says of a reader, and what its feed knows.
type feedState struct {
	err      error
	failures int
	pos      gateway.Seq // the last entry it passed
	next     gateway.Seq // the entry it has to consume next, as far as known
	received int64       // ns: of next
}
