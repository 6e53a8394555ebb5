package dashboard

import (
	"slices"
	"sync"

	"steward/gateway"
	"steward/gateway/duty"
)

// maxNews is how many alarms and tickets are kept for a client that is behind.
// One that has missed more is told to ask anew.
const maxNews = 1000

// board gives every live stream what changed among alarms and tickets. A
// client that is behind gets the newest state of each, once.
type board struct {
	mu      sync.Mutex
	watches map[*watch]struct{}
}

func newBoard() *board { return &board{watches: map[*watch]struct{}{}} }

// watch is one stream's view of the board.
type watch struct {
	board   *board
	assets  []gateway.AssetID // nil: all
	more    chan struct{}     // holds one: there is something to take
	alarms  map[string]duty.Alarm
	tickets map[string]duty.Ticket
	reload  bool
}

func (b *board) subscribe(assets []gateway.AssetID) *watch {
	w := &watch{board: b, assets: assets, more: make(chan struct{}, 1),
		alarms: map[string]duty.Alarm{}, tickets: map[string]duty.Ticket{}}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watches[w] = struct{}{}
	return w
}

func (b *board) leave(w *watch) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.watches, w)
}

// Publish tells every live stream what one commit changed. It does not wait.
func (s *Server) Publish(c duty.Changes) { s.board.publish(c) }

func (b *board) publish(c duty.Changes) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for w := range b.watches {
		for _, a := range c.Alarms {
			if w.wants(a.Asset) {
				w.alarms[a.ID] = a
			}
		}
		for _, t := range c.Tickets {
			if w.wants(t.Asset) {
				w.tickets[t.ID] = t
			}
		}
		if len(w.alarms)+len(w.tickets) > maxNews {
			w.reload = true
			clear(w.alarms)
			clear(w.tickets)
		}
		if w.reload || len(w.alarms)+len(w.tickets) > 0 {
			select {
			case w.more <- struct{}{}:
			default:
			}
		}
	}
}

// wants reports whether a stream of some assets shows this one. What belongs
// to none, or to the site as a whole, everybody sees.
func (w *watch) wants(id gateway.AssetID) bool {
	return w.assets == nil || id == "" || id == duty.SiteAsset || slices.Contains(w.assets, id)
}

// take returns what has changed since the last time, sorted by ID.
func (w *watch) take() (Changes, bool) {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	if !w.reload && len(w.alarms)+len(w.tickets) == 0 {
		return Changes{}, false
	}
	c := Changes{Reload: w.reload, Alarms: []duty.Alarm{}, Tickets: []duty.Ticket{}}
	for _, id := range sortedKeys(w.alarms) {
		c.Alarms = append(c.Alarms, w.alarms[id])
	}
	for _, id := range sortedKeys(w.tickets) {
		c.Tickets = append(c.Tickets, w.tickets[id])
	}
	clear(w.alarms)
	clear(w.tickets)
	w.reload = false
	return c, true
}
