package live

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"steward/gateway"
)

// Kind says what an event is.
type Kind uint8

// The kinds of events, in the order they come in.
const (
	None Kind = iota
	Description
	Snapshot
	Change
)

func (k Kind) String() string {
	return [...]string{"none", "description", "snapshot", "change"}[k]
}

// Event is one step of a subscription.
type Event struct {
	Kind     Kind
	Position uint64
	Site     *gateway.Site // Description only
	Assets   []int         // Description only: which of the site's assets, nil for all
	Data     []byte        // else: JSON; not to be changed, valid until the next call of Next
}

// Subscription is one reader of a hub. It is not safe for concurrent use.
type Subscription struct {
	hub      *Hub
	filter   []gateway.AssetID
	assets   []int // the filter's, in the site; nil: all
	focused  bool
	focus    []gateway.AssetID
	near     []bool // which of the site's assets the focus has
	catchUp  bool   // the next change has all values of the focus
	site     uint64
	begun    bool // the snapshot of this site was given
	position uint64
	buf      []byte
	closed   bool
}

// Subscribe makes a subscription to the assets, or to the whole site when
// none is named. Names that the site does not have are left out, until a
// reload brings them. Call Close in the end.
func (h *Hub) Subscribe(assets ...gateway.AssetID) *Subscription {
	h.watchers.Add(1)
	if len(assets) == 0 {
		h.whole.Add(1)
	}
	return &Subscription{hub: h, filter: assets}
}

// Focus narrows a subscription to the whole site: of the assets it gives every
// change, of the others those of state alone, which is what a page has to know
// that does not show their measurements. Call it before the first Next.
func (s *Subscription) Focus(assets []gateway.AssetID) {
	if s.focused || len(s.filter) > 0 {
		return
	}
	s.focused, s.focus = true, assets
	s.hub.whole.Add(-1)
}

// focusMark ends the ID of a focused subscription.
const focusMark = "f"

// ID names a position of this subscription in this hub, for Resume: hub, site
// as loaded, filter, position, whether it is focused.
func (s *Subscription) ID(position uint64) string {
	b := strconv.AppendUint(s.mark(), position, 10)
	if s.focused {
		b = append(b, focusMark...)
	}
	return string(b)
}

// mark is the part of an ID that must be the same for its position to mean
// the same.
func (s *Subscription) mark() []byte {
	sum := fnv.New32a()
	for _, id := range s.filter {
		_, _ = sum.Write(append([]byte(id), 0))
	}
	b := strconv.AppendInt(nil, s.hub.begin.UnixNano(), 36)
	b = strconv.AppendUint(append(b, '-'), s.site, 36)
	b = strconv.AppendUint(append(b, '-'), uint64(sum.Sum32()), 36)
	return append(b, '-')
}

// Resume goes on behind the event that an ID names, without description and
// snapshot. Between subscriptions that differ in their focus alone it goes on
// too: with all values of the new focus, or with a snapshot where there is
// none any more. It reports false, and changes nothing, when that cannot be:
// the ID is another hub's or another subscription's, or the site was loaded
// again. Call it before the first Next.
func (s *Subscription) Resume(id string) bool {
	h, f := s.hub, &s.hub.feed
	h.pub.RLock()
	defer h.pub.RUnlock()
	on := *s
	on.describe(f)
	rest, ok := strings.CutPrefix(id, string(on.mark()))
	rest, focused := strings.CutSuffix(rest, focusMark)
	position, err := strconv.ParseUint(rest, 10, 64)
	if !ok || err != nil || position == 0 || position > f.position {
		return false
	}
	on.begun, on.position = on.focused || !focused, position
	on.catchUp = on.focused
	*s = on
	return true
}

// Close gives the subscription up.
func (s *Subscription) Close() {
	if s.closed {
		return
	}
	s.closed = true
	s.hub.watchers.Add(-1)
	if len(s.filter) == 0 && !s.focused {
		s.hub.whole.Add(-1)
	}
}

// Next returns the next event: the description, the snapshot, then changes;
// after a reload the description and the snapshot again. When there is none
// yet it returns an event of kind None and a channel that is closed when it
// is worth asking again. It never waits.
func (s *Subscription) Next() (Event, <-chan struct{}) {
	h, f := s.hub, &s.hub.feed
	h.pub.RLock()
	defer h.pub.RUnlock()
	switch {
	case s.site != f.site:
		s.describe(f)
		return Event{Kind: Description, Position: f.position, Site: f.layout.site, Assets: s.assets}, nil
	case !s.begun:
		s.begun = true
		if len(s.filter) == 0 {
			s.catchUp = false
			shared := h.snapshot()
			s.position = shared.position
			return Event{Kind: Snapshot, Position: s.position, Data: shared.data}, nil
		}
		data, _ := s.since(0)
		s.position = f.position
		return Event{Kind: Snapshot, Position: s.position, Data: data}, nil
	case s.position < f.position || s.catchUp:
		return s.change(f)
	}
	return Event{}, f.more
}

func (s *Subscription) describe(f *feed) {
	s.site, s.begun, s.assets, s.near, s.catchUp = f.site, false, nil, nil, false
	if len(s.filter) > 0 {
		s.assets = []int{}
		for i, is := range f.among(s.filter) {
			if is {
				s.assets = append(s.assets, i)
			}
		}
	}
	if s.focused {
		s.near = f.among(s.focus)
	}
}

// among tells of each of the site's assets whether it is named.
func (f *feed) among(names []gateway.AssetID) []bool {
	is := make([]bool, len(f.layout.site.Assets))
	for i := range is {
		is[i] = slices.Contains(names, f.layout.site.Assets[i].ID)
	}
	return is
}

// change returns the next frame where all share it, else what has changed
// since the subscription's position.
func (s *Subscription) change(f *feed) (Event, <-chan struct{}) {
	if len(s.filter) == 0 && !s.focused {
		if next := f.after(s.position); next != nil {
			s.position = next.position
			s.buf = nil // of a time when it was behind
			return Event{Kind: Change, Position: next.position, Data: next.data}, nil
		}
		s.hub.conflated.Add(1)
	}
	data, rows := s.since(s.position)
	s.position, s.catchUp = f.position, false
	if rows == 0 {
		return Event{}, f.more
	}
	return Event{Kind: Change, Position: s.position, Data: data}, nil
}

// since encodes the values that changed behind a position, as far as they are
// in focus; 0: all.
func (s *Subscription) since(position uint64) (data []byte, rows int) {
	f := &s.hub.feed
	b := appendHead(s.buf[:0], f.position, s.hub.now().UnixMilli())
	empty := len(b)
	row := func(asset, k int) {
		w := &f.shown[k]
		wanted := w.position > position
		if s.focused && position > 0 {
			near := s.near[asset]
			wanted = w.stated > position || near && (wanted || s.catchUp)
		}
		if wanted {
			b = appendRow(b, asset, f.layout.slots[k].point, w)
			rows++
		}
	}
	if len(s.filter) == 0 {
		for k := range f.shown {
			row(f.layout.slots[k].asset, k)
		}
	}
	for i, at := range s.assets {
		a := f.layout.assets[f.layout.site.Assets[at].ID]
		for k := a.first; k < a.first+a.count; k++ {
			row(i, k)
		}
	}
	s.buf = appendTail(b, empty)
	return s.buf, rows
}

// snapshot returns an encoded snapshot that newcomers share, at a position
// from which the frames go on. The caller holds pub for reading.
func (h *Hub) snapshot() frame {
	f := &h.feed
	now := h.clock().mono
	f.snap.Lock()
	defer f.snap.Unlock()
	if f.snap.data != nil && now-f.snap.made < snapshotLife &&
		(f.snap.position == f.position || f.after(f.snap.position) != nil) {
		return f.snap.frame
	}
	all := Subscription{hub: h}
	data, _ := all.since(0)
	f.snap.frame, f.snap.made = frame{f.position, data}, now
	return f.snap.frame
}
