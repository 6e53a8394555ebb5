// Package live knows the last value of every point of a site and tells
// whoever asks about every change. A subscriber gets a snapshot at one
// position of the hub and then every change behind it exactly once.
//
// The journal's writer calls Apply; it only notes values. Run makes frames of
// what changed: a quality, a bool, an enum or a code of trouble at once,
// numbers at most ten times a second, and the time of a value that stayed the
// same once a second.
// A frame is encoded once for everybody who watches the whole site. Who looks
// at some assets alone gets their values, and of the others the states. A
// subscriber keeps no backlog: one that falls behind is given what changed
// since its position as one frame of newest values.
package live

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"steward/gateway"
)

// The pace of the stream.
const (
	frameEvery   = 100 * time.Millisecond // numbers
	refreshTicks = 10                     // frames between those of values that stayed the same
	sweepTicks   = 2                      // frames between looks for stale values
	urgentPause  = 5 * time.Millisecond   // between two frames of discrete changes
	maxFrames    = 32                     // kept for subscribers a little behind
	maxFrameKeep = 2 << 20                // bytes of them
	snapshotLife = 250 * time.Millisecond // how long one encoded snapshot serves newcomers
)

// Options is what a hub is made of.
type Options struct {
	Site *gateway.Site
	Now  func() time.Time
	// Chinese is how people read a reason in Chinese; drivers write English. A
	// row carries both. Nil: as it was written.
	Chinese func(reason string) string
}

// Value is the last that is known of a point.
type Value struct {
	gateway.Value
	Time     time.Time // zero when never seen
	Received time.Time
}

// Stats counts what a hub did since it was made.
type Stats struct {
	Position    uint64 // of the newest frame
	Values      uint64 // taken
	Late        uint64 // older than what was known: backfill
	Unknown     uint64 // of an asset or point that the site does not have
	Rows        uint64 // given out in frames, once a frame whoever reads it
	Conflated   uint64 // times a subscriber was behind and got newest values instead
	Subscribers int
}

// Hub holds the last values. Its methods are safe for concurrent use.
type Hub struct {
	now   func() time.Time
	begin time.Time
	wake  chan struct{} // a discrete change waits; holds one

	mu      sync.Mutex // held for microseconds: the journal's writer waits for it
	layout  *layout
	state   []state
	dirty   []level // by slot
	waiting [levels]int
	recent  recent
	stats   Stats

	pub  sync.RWMutex // what subscribers see; taken before mu
	feed feed

	watchers  atomic.Int64 // subscriptions
	whole     atomic.Int64 // those without a filter
	conflated atomic.Uint64
}

// NewHub makes a hub that has seen nothing yet.
func NewHub(o Options) *Hub {
	site := o.Site
	if site == nil {
		site = &gateway.Site{}
	}
	h := &Hub{now: o.Now, begin: o.Now(), wake: make(chan struct{}, 1)}
	h.feed.more, h.feed.chinese = make(chan struct{}), o.Chinese
	h.SetSite(site)
	return h
}

// Run makes frames and finds stale values until ctx ends.
func (h *Hub) Run(ctx context.Context) error {
	tick := time.NewTicker(frameEvery)
	defer tick.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for n := 1; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if n%sweepTicks == 0 {
				h.sweep()
			}
			least := levelChanged
			if n%refreshTicks == 0 {
				least = levelRefreshed
			}
			h.cut(least)
			n++
		case <-h.wake:
			h.cut(levelUrgent)
			// Whatever flickers faster than this is shown as it ends up.
			pause.Reset(urgentPause)
			select {
			case <-ctx.Done():
				return nil
			case <-pause.C:
			}
		}
	}
}

// Apply notes readings in the journal's order. It keeps nothing of r, does
// not wait for any subscriber, and allocates only for a new reason.
func (h *Hub) Apply(_ gateway.Seq, r []gateway.Reading) {
	at := h.clock()
	h.mu.Lock()
	urgent := h.waiting[levelUrgent]
	for i := range r {
		h.note(&r[i], at)
	}
	urgent = h.waiting[levelUrgent] - urgent
	h.mu.Unlock()
	if urgent > 0 {
		h.rouse()
	}
}

func (h *Hub) rouse() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Values returns the last values of an asset in the order of its points, and
// false for an asset that the site does not have.
func (h *Hub) Values(id gateway.AssetID) ([]Value, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.layout.assets[id]
	if a == nil {
		return nil, false
	}
	values := make([]Value, a.count)
	for i := range values {
		s := &h.state[a.first+i]
		values[i].Value = s.value(h.layout.slots[a.first+i].name)
		if s.received != 0 {
			values[i].Time, values[i].Received = time.Unix(0, s.time).UTC(), time.Unix(0, s.received).UTC()
		}
	}
	return values, true
}

// Stats returns the hub's counters.
func (h *Hub) Stats() Stats {
	h.pub.RLock()
	position := h.feed.position
	h.pub.RUnlock()
	h.mu.Lock()
	s := h.stats
	h.mu.Unlock()
	s.Position, s.Conflated, s.Subscribers = position, h.conflated.Load(), int(h.watchers.Load())
	return s
}

// SetSite replaces the site. Points that remain, with the same type, keep
// their values. Every subscriber gets a new description and snapshot.
func (h *Hub) SetSite(site *gateway.Site) {
	l := newLayout(site)
	h.pub.Lock()
	defer h.pub.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	kept := make([]state, len(l.slots))
	for i := range l.slots {
		kept[i] = h.keep(l, i)
	}
	h.layout, h.state, h.recent = l, kept, recent{}
	h.dirty, h.waiting = make([]level, len(l.slots)), [levels]int{}
	h.feed.restart(l, kept)
}
