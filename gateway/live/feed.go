package live

import (
	"sync"
	"time"

	"steward/gateway"
)

// feed is what subscribers see: the values as of position, and the newest
// frames that led there.
type feed struct {
	layout   *layout
	shown    []shown
	position uint64
	site     uint64        // counts SetSite
	more     chan struct{} // closed, and replaced, when position moves
	frames   []frame       // consecutive, up to position; empty when nobody wants them
	bytes    int           // of frames
	scratch  []byte
	chinese  func(string) string // how a reason reads; nil: as it is
	readings map[string]string   // those found lately: many points are lost for one reason

	snap struct {
		sync.Mutex // among readers, who hold only the read lock around it
		frame
		made time.Duration
	}
}

// frame is the encoded data of one position.
type frame struct {
	position uint64
	data     []byte
}

// shown is a point as subscribers see it.
type shown struct {
	number   float64
	time     int64  // Unix milliseconds; 0: never seen
	position uint64 // of the frame that changed it last
	stated   uint64 // of the frame that changed its state last
	reason   string
	chinese  string // of the reason; empty: it reads the same
	quality  gateway.Quality
}

// note makes w what is known of a point now.
func (f *feed) note(w *shown, s *state, position uint64) {
	if s.reason != w.reason {
		w.chinese = f.reading(s.reason)
	}
	w.number, w.quality, w.reason, w.position = s.number, s.quality, s.reason, position
	w.time = s.time / int64(time.Millisecond)
}

// maxReadings bounds what is kept of reasons in Chinese.
const maxReadings = 500

// reading is a reason in Chinese; empty: it reads the same.
func (f *feed) reading(reason string) string {
	if f.chinese == nil || reason == "" {
		return ""
	}
	zh, ok := f.readings[reason]
	if !ok {
		if zh = f.chinese(reason); zh == reason {
			zh = ""
		}
		if f.readings == nil || len(f.readings) >= maxReadings {
			f.readings = map[string]string{}
		}
		f.readings[reason] = zh
	}
	return zh
}

// restart begins anew with another site. The caller holds the lock.
func (f *feed) restart(l *layout, values []state) {
	f.site++
	f.layout, f.shown = l, make([]shown, len(values))
	f.frames, f.bytes = nil, 0
	f.snap.data = nil
	for k := range values {
		f.note(&f.shown[k], &values[k], f.position+1)
	}
	f.advance()
}

// advance moves to the next position and tells everybody.
func (f *feed) advance() {
	f.position++
	close(f.more)
	f.more = make(chan struct{})
}

// push keeps a frame of the next position for those a little behind.
func (f *feed) push(data []byte) {
	f.frames = append(f.frames, frame{f.position + 1, data})
	f.bytes += len(data)
	drop := 0
	for len(f.frames)-drop > maxFrames || (f.bytes > maxFrameKeep && len(f.frames)-drop > 1) {
		f.bytes -= len(f.frames[drop].data)
		f.frames[drop].data = nil
		drop++
	}
	if drop > 0 {
		f.frames = append(f.frames[:0], f.frames[drop:]...)
	}
}

// after returns the frame behind a position, or nil when it is gone.
func (f *feed) after(position uint64) *frame {
	if len(f.frames) == 0 || position+1 < f.frames[0].position || position >= f.position {
		return nil
	}
	return &f.frames[position+1-f.frames[0].position]
}

// cut makes a frame of what waits at least at the level.
func (h *Hub) cut(least level) {
	h.pub.Lock()
	defer h.pub.Unlock()
	now := h.now().UnixMilli()
	f := &h.feed
	encode := h.whole.Load() > 0
	buf := f.scratch[:0]
	if encode {
		buf = appendHead(buf, f.position+1, now)
	}
	if !h.collect(least) {
		return
	}
	if !encode {
		f.frames, f.bytes = nil, 0
		f.advance()
		return
	}
	empty := len(buf)
	for k := range f.shown {
		if w := &f.shown[k]; w.position == f.position+1 {
			sl := &f.layout.slots[k]
			buf = appendRow(buf, sl.asset, sl.point, w)
		}
	}
	buf = appendTail(buf, empty)
	f.scratch = buf
	f.push(append(make([]byte, 0, len(buf)), buf...))
	f.advance()
}

// collect moves what waits at least at the level to what is shown, under the
// next position. It reports false when nothing does. The caller holds pub.
func (h *Hub) collect(least level) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for lv := least; lv < levels; lv++ {
		n += h.waiting[lv]
		h.waiting[lv] = 0
	}
	if n == 0 {
		return false
	}
	h.stats.Rows += uint64(n)
	next := h.feed.position + 1
	for k, lv := range h.dirty {
		if lv >= least {
			h.dirty[k] = levelNone
			w := &h.feed.shown[k]
			h.feed.note(w, &h.state[k], next)
			if lv == levelUrgent {
				w.stated = next
			}
		}
	}
	return true
}
