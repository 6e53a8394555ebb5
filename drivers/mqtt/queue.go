package mqtt

import (
	"sync"
	"time"
)

const (
	// queueMessages and queueBytes bound what waits for the journal.
	queueMessages = 4096
	queueBytes    = 4 << 20
	// keepBytes is how much memory an emptied inbox may keep.
	keepBytes = 512 << 10
)

// packet is one PUBLISH in an inbox.
type packet struct {
	start, topicEnd, end int // of topic and payload in inbox.buf
	size                 int // of the whole payload; more than lies in buf: it was cut
	id                   uint16
	qos                  byte
	retained             bool
	received             time.Time
}

// inbox holds messages one behind the other in one piece of memory.
type inbox struct {
	buf     []byte
	packets []packet
}

func (b *inbox) reset() {
	b.packets = b.packets[:0]
	if b.buf = b.buf[:0]; cap(b.buf) > keepBytes {
		b.buf = nil
	}
}

// queue hands messages from the connection's reader to the worker. Two
// inboxes take turns: one is filled while the other is worked on.
type queue struct {
	wake chan struct{} // holds a token when the worker should look

	mu      sync.Mutex
	space   sync.Cond
	filling *inbox
	spare   *inbox
	full    bool // the reader waits for space
	closed  bool
	pending [65536 / 8]byte // packet IDs taken and not yet acknowledged
}

func newQueue() *queue {
	q := &queue{wake: make(chan struct{}, 1), filling: &inbox{}, spare: &inbox{}}
	q.space.L = &q.mu
	return q
}

// put adds a message and waits while there is no room. It reports false when
// the queue is closed. A re-sent message (dup) that still waits is not added
// again.
func (q *queue) put(p packet, topic, payload []byte, dup bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && len(q.filling.packets) > 0 &&
		(len(q.filling.packets) >= queueMessages || len(q.filling.buf)+len(topic)+len(payload) > queueBytes) {
		q.full = true
		q.rouse()
		q.space.Wait()
	}
	q.full = false
	if q.closed {
		return false
	}
	if p.qos > 0 {
		at, bit := p.id/8, byte(1)<<(p.id%8)
		if dup && q.pending[at]&bit != 0 {
			return true
		}
		q.pending[at] |= bit
	}
	b := q.filling
	p.start = len(b.buf)
	b.buf = append(b.buf, topic...)
	p.topicEnd = len(b.buf)
	b.buf = append(b.buf, payload...)
	p.end = len(b.buf)
	b.packets = append(b.packets, p)
	return true
}

// rouse tells the worker to look.
func (q *queue) rouse() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns what waits, or nil where nothing does. The inbox belongs to
// the caller until the next take.
func (q *queue) take(done *inbox) *inbox {
	q.mu.Lock()
	defer q.mu.Unlock()
	if done != nil {
		done.reset()
		q.spare = done
	}
	if len(q.filling.packets) == 0 || q.spare == nil {
		return nil
	}
	b := q.filling
	q.filling, q.spare = q.spare, nil
	q.space.Signal()
	return b
}

// acknowledged forgets packet IDs: the broker may use them again.
func (q *queue) acknowledged(ps []packet) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range ps {
		if ps[i].qos > 0 {
			q.pending[ps[i].id/8] &^= 1 << (ps[i].id % 8)
		}
	}
}

// waiting returns how many messages wait, and whether the reader waits too.
func (q *queue) waiting() (n int, full bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.filling.packets), q.full
}

// close lets nothing more in. What waits can still be taken.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.space.Broadcast()
	q.rouse()
}
