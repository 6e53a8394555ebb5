package live

import (
	"fmt"
	"math"
	"strings"
	"time"

	"steward/gateway"
)

// level says how soon a change must be seen.
type level uint8

const (
	levelNone      level = iota
	levelRefreshed       // the same value again, newer
	levelChanged         // another number or reason
	levelUrgent          // another state: quality, bool, enum, code of trouble
	levels
)

const (
	never     = time.Duration(math.MaxInt64)
	maxReason = 200 // bytes of a reason that are kept
)

// layout gives every point of a site a slot. Only order changes once built.
type layout struct {
	site   *gateway.Site
	assets map[gateway.AssetID]*asset
	slots  []slot
}

// asset has the slots [first, first+count), in the order of its points.
type asset struct {
	first, count int
	byName       map[string]int
	order        []int // slots of the last reading's values: the next one is mostly alike
}

// slot is what does not change about a point.
type slot struct {
	name  string
	typ   gateway.PointType
	state bool // its number is a state, not a measurement
	asset int  // index into the site's assets
	point int  // index into the asset's points
	fresh time.Duration
	stale string // the reason when nothing came for that long
}

// state is what is known of a point. Times are Unix nanoseconds.
type state struct {
	number   float64 // 0 where the quality has none
	time     int64
	received int64         // 0: never seen
	order    int64         // the earlier of both: a clock that runs ahead must not hide what comes next
	due      time.Duration // when it becomes stale, since the hub's begin; never
	reason   string
	quality  gateway.Quality
}

func (s *state) value(point string) gateway.Value {
	if s.quality.HasNumber() {
		return gateway.Value{Point: point, Number: s.number, Quality: s.quality, Reason: s.reason}
	}
	return gateway.NotGood(point, s.quality, s.reason)
}

func newLayout(site *gateway.Site) *layout {
	l := &layout{site: site, assets: make(map[gateway.AssetID]*asset, len(site.Assets))}
	for i := range site.Assets {
		a := &site.Assets[i]
		at := &asset{first: len(l.slots), count: len(a.Points), byName: make(map[string]int, len(a.Points))}
		l.assets[a.ID] = at
		for k := range a.Points {
			p := &a.Points[k]
			at.byName[p.Name] = len(l.slots)
			l.slots = append(l.slots, slot{
				name: p.Name, typ: p.Type, state: isState(p), asset: i, point: k, fresh: p.Fresh,
				stale: fmt.Sprintf("nothing newer within %s", p.Fresh),
			})
		}
	}
	return l
}

// isState reports whether a point's number is a state.
func isState(p *gateway.Point) bool {
	return p.Type == gateway.Bool || p.Type == gateway.Enum || p.Type == gateway.Int && p.Alarm
}

// keep returns what is known of a slot of the new layout.
func (h *Hub) keep(l *layout, i int) state {
	fresh := state{due: never}
	to := &l.slots[i]
	if h.layout == nil {
		return fresh
	}
	a := h.layout.assets[l.site.Assets[to.asset].ID]
	if a == nil {
		return fresh
	}
	j, ok := a.byName[to.name]
	if !ok || h.layout.slots[j].typ != to.typ {
		return fresh
	}
	s := h.state[j]
	if s.quality.HasNumber() {
		began := s.due - h.layout.slots[j].fresh
		if s.due == never {
			began = h.clock().mono
		}
		s.due = dueAt(began, to.fresh)
	}
	return s
}

func dueAt(began, fresh time.Duration) time.Duration {
	if fresh <= 0 {
		return never
	}
	return began + fresh
}

// instant is one moment on both clocks: ages run on the monotonic one, so
// that setting the gateway's clock neither makes values stale nor keeps them.
type instant struct {
	wall int64
	mono time.Duration // since the hub's begin
}

func (h *Hub) clock() instant {
	now := h.now()
	return instant{wall: now.UnixNano(), mono: now.Sub(h.begin)}
}

// note takes one reading. The caller holds mu.
func (h *Hub) note(r *gateway.Reading, at instant) {
	a := h.layout.assets[r.Asset]
	if a == nil {
		h.stats.Unknown += uint64(len(r.Values))
		return
	}
	received := r.Received.UnixNano()
	if r.Received.IsZero() {
		received = at.wall
	}
	t := r.Time.UnixNano()
	if r.Time.IsZero() {
		t = received
	}
	n := news{time: t, received: received, order: min(t, received)}
	n.age = time.Duration(max(0, at.wall-n.order))
	n.began = at.mono - n.age
	for i := range r.Values {
		v := &r.Values[i]
		k := -1
		if i < len(a.order) && h.layout.slots[a.order[i]].name == v.Point {
			k = a.order[i]
		} else if k = a.find(i, v.Point); k < 0 {
			h.stats.Unknown++
			continue
		}
		h.take(k, v, &n)
	}
}

// find looks a point up and remembers its place, or returns -1.
func (a *asset) find(i int, point string) int {
	k, ok := a.byName[point]
	if !ok {
		return -1
	}
	if i < len(a.order) {
		a.order[i] = k
	} else if i == len(a.order) && i < a.count {
		a.order = append(a.order, k)
	}
	return k
}

// news is what the values of one reading share.
type news struct {
	time, received, order int64
	age, began            time.Duration
}

// take notes one value of a reading unless a newer one is known.
func (h *Hub) take(k int, v *gateway.Value, n *news) {
	s, sl := &h.state[k], &h.layout.slots[k]
	// Something received "before" what is known, yet later in the journal,
	// means that the gateway's clock was set back: then the journal is right.
	if n.order < s.order && n.received >= s.received {
		h.stats.Late++
		return
	}
	h.stats.Values++
	number, quality, reason := judge(v, sl.typ)
	due := never
	if quality.HasNumber() && sl.fresh > 0 {
		if n.age > sl.fresh {
			number, quality, reason = 0, gateway.QualityStale, sl.stale
		} else {
			due = n.began + sl.fresh
		}
	}
	lv := levelRefreshed
	switch {
	case quality != s.quality:
		lv = levelUrgent
	case number != s.number:
		lv = levelChanged
		if sl.state {
			lv = levelUrgent
		}
	case reason != s.reason:
		lv = levelChanged
	}
	if reason != s.reason {
		s.reason = keepReason(reason)
	}
	if lv == levelUrgent {
		h.told(k, s, number, quality)
	}
	s.number, s.quality, s.due = number, quality, due
	s.time, s.received, s.order = n.time, n.received, n.order
	h.mark(k, lv)
}

// judge returns a value as it may be shown, by the rules that the journal's
// encoder has too: what claims to be good must be a number of its type.
func judge(v *gateway.Value, t gateway.PointType) (float64, gateway.Quality, string) {
	if !v.Quality.HasNumber() {
		return 0, v.Quality, v.Reason
	}
	n := v.Number
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		return 0, gateway.QualityBad, "not a number"
	case t == gateway.Bool:
		if n != 0 && n != 1 {
			return 0, gateway.QualityBad, "not 0 or 1"
		}
	case t == gateway.Int || t == gateway.Enum:
		if n != math.Trunc(n) || n < -1<<63 || n >= 1<<63 {
			return 0, gateway.QualityBad, "not an integer"
		}
	}
	if v.Quality == gateway.QualityGood {
		return n, v.Quality, ""
	}
	return n, v.Quality, v.Reason
}

// keepReason copies a reason, so that no message it was cut from is kept.
func keepReason(reason string) string {
	if len(reason) > maxReason {
		return strings.ToValidUTF8(reason[:maxReason], "") + "…"
	}
	return strings.Clone(reason)
}

// mark notes that a slot has something to tell. The caller holds mu.
func (h *Hub) mark(k int, lv level) {
	if was := h.dirty[k]; lv > was {
		h.dirty[k] = lv
		h.waiting[lv]++
		if was > levelNone {
			h.waiting[was]--
		}
	}
}

// sweep makes stale what is due.
func (h *Hub) sweep() {
	now := h.clock().mono
	h.mu.Lock()
	defer h.mu.Unlock()
	for k := range h.state {
		if s := &h.state[k]; s.due < now {
			h.told(k, s, 0, gateway.QualityStale)
			s.number, s.quality, s.due = 0, gateway.QualityStale, never
			s.reason = h.layout.slots[k].stale
			h.mark(k, levelUrgent)
		}
	}
}
