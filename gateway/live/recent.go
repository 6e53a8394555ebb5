package live

import (
	"time"

	"steward/gateway"
)

// maxRecent is how many changes of state are kept.
const maxRecent = 512

// together is within what time points of an asset that change quality alike
// are one happening.
const together = int64(2 * time.Second)

// Happened is a change of state: of quality, of a bool or an enum, of a code
// of trouble. Measurements are none, nor is what comes and goes all day.
type Happened struct {
	Asset    gateway.AssetID
	Point    string
	Time     time.Time     // by the gateway's clock
	Old, New gateway.Value // without reasons
	More     int           // further points of the asset that changed quality alike
}

// recent is the ring of the newest.
type recent struct {
	list []happened
	next int // where the next one goes once the list is full
}

type happened struct {
	slot     int
	at       int64
	old, new reported
	more     int
}

// reported is what a point said.
type reported struct {
	number  float64
	quality gateway.Quality
}

func (r reported) value(point string) gateway.Value {
	if r.quality.HasNumber() {
		return gateway.Value{Point: point, Number: r.number, Quality: r.quality}
	}
	return gateway.NotGood(point, r.quality, "")
}

// add takes the next one; of several points of an asset that change quality
// alike it counts the others.
func (r *recent) add(h happened, l *layout) {
	if h.old.quality != h.new.quality {
		for i := 1; i <= min(8, len(r.list)); i++ {
			e := &r.list[(r.next+len(r.list)-i)%len(r.list)]
			if e.slot == h.slot || h.at < e.at || h.at-e.at >= together {
				break // it changed again, or that is something else
			}
			if l.slots[e.slot].asset == l.slots[h.slot].asset && e.old.quality == h.old.quality && e.new.quality == h.new.quality {
				e.more++
				return
			}
		}
	}
	if len(r.list) < maxRecent {
		r.list = append(r.list, h)
		return
	}
	r.list[r.next] = h
	r.next = (r.next + 1) % maxRecent
}

// told notes, if it is news, that a point of a state says something else now.
// The caller holds mu.
func (h *Hub) told(k int, s *state, number float64, quality gateway.Quality) {
	old, next := reported{s.number, s.quality}, reported{number, quality}
	if isNews(h.layout.point(k), old, next) {
		h.recent.add(happened{slot: k, at: h.now().UnixNano(), old: old, new: next}, h.layout)
	}
}

func (l *layout) point(k int) *gateway.Point {
	return &l.site.Assets[l.slots[k].asset].Points[l.slots[k].point]
}

// isNews reports whether a change is one of state. What a point says for the
// first time is none.
func isNews(p *gateway.Point, old, next reported) bool {
	switch {
	case old.quality == gateway.QualityUnknown:
		return false
	case old.quality != next.quality:
		return true
	case !next.quality.HasNumber() || old.number == next.number:
		return false
	case isTrouble(p, old.number) || isTrouble(p, next.number):
		return true
	}
	return (p.Type == gateway.Bool || p.Type == gateway.Enum) && !p.Routine
}

// isTrouble reports whether a number is a state that people act on.
func isTrouble(p *gateway.Point, n float64) bool {
	switch p.Type {
	case gateway.Bool:
		return p.Alarm && (n != 0) != p.Normal
	case gateway.Int:
		return p.Alarm && n != 0
	case gateway.Enum:
		for i := range p.Labels {
			if float64(p.Labels[i].Code) == n {
				return p.Labels[i].Alarm
			}
		}
	}
	return false
}

// Recent returns the newest changes of state since the hub was made or its
// site replaced, newest first, at most 512.
func (h *Hub) Recent() []Happened {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]Happened, 0, len(h.recent.list))
	for i := 1; i <= len(h.recent.list); i++ {
		e := &h.recent.list[(h.recent.next+len(h.recent.list)-i)%len(h.recent.list)]
		name := h.layout.slots[e.slot].name
		out = append(out, Happened{Asset: h.layout.site.Assets[h.layout.slots[e.slot].asset].ID, Point: name,
			Time: time.Unix(0, e.at).UTC(), Old: e.old.value(name), New: e.new.value(name), More: e.more})
	}
	return out
}
