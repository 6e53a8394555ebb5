package mqtt

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	readBuffer   = 64 << 10
	writeTimeout = 10 * time.Second
	// maxControl is how long a packet that is no PUBLISH may be. The client
	// behind would allocate up to 256 MiB for one on the broker's word.
	maxControl = 64 << 10
	// keptOfHuge is how much of a payload over maxPayload is kept, to show.
	keptOfHuge = 256
	// While bytes come more often than every busyGap, the reader sleeps for pace
	// before it looks again. A broker writes each message by itself: without
	// that, every message costs a read, a poll, a batch and an fsync. A lone
	// message never waits.
	busyGap = 2 * time.Millisecond
	pace    = time.Millisecond
	// Where nobody waits for an acknowledgement (QoS 0) the pause is longer.
	lazyPace = 5 * time.Millisecond
	// rouseAfter is how many messages the reader collects from its buffer
	// before the worker hears of them; it always does when the buffer is empty.
	rouseAfter = 256
)

// MQTT 3.1.1 packet types, in the high half of the first byte.
const (
	typePublish = 3
	typePuback  = 4
	typeSuback  = 9
	typePingreq = 12
)

// wire is the connection that paho is given. Reading, it passes control
// packets on and keeps the PUBLISH ones: they go straight into the queue.
// Writing, it takes paho's packets and our acknowledgements.
type wire struct {
	net.Conn
	socket  syscall.RawConn // nil: not a socket of the system
	r       *bufio.Reader
	q       *queue
	now     func() time.Time // the gateway's clock
	suback  atomic.Int32     // return codes the next SUBACK must have
	heard   atomic.Int64     // monotonic ns since start of the last byte from the broker
	said    atomic.Int64     // and of our last packet to it
	start   time.Time
	head    [5]byte // fixed header of the control packet being passed on
	headAt  int
	headEnd int
	body    int // bytes of it still to pass on
	arrived time.Time
	before  time.Duration // heard, at the read before
	since   int           // messages since the worker was roused
	owed    bool          // a QoS 1 message came since the last rest
	more    bool          // the last read filled its buffer

	write sync.Mutex

	once sync.Once
	dead chan struct{} // closed with err set
	err  error
}

// newWire makes a wire of a connection; socket is what lies under its TLS.
func newWire(c net.Conn, socket syscall.RawConn, q *queue, now func() time.Time) *wire {
	w := &wire{Conn: c, socket: socket, q: q, now: now, start: time.Now(), dead: make(chan struct{})}
	w.r = bufio.NewReaderSize(heardReader{w}, readBuffer)
	return w
}

// heardReader notes when bytes come, and tells the worker of what has come
// before it waits for more.
type heardReader struct{ w *wire }

func (h heardReader) Read(p []byte) (int, error) {
	if h.w.since > 0 {
		h.w.since = 0
		h.w.q.rouse()
	}
	last := time.Duration(h.w.heard.Load())
	gap := busyGap
	if !h.w.owed {
		gap += lazyPace // its own pauses must not look like quiet
	}
	if !h.w.more && time.Since(h.w.start)-last < pace && last-h.w.before < gap {
		h.w.rest()
	}
	h.w.before = last
	n, err := h.w.Conn.Read(p)
	h.w.more = n == len(p)
	if n > 0 {
		h.w.heard.Store(int64(time.Since(h.w.start)))
		h.w.arrived = h.w.now()
	}
	return n, err
}

// rest sleeps for a while and lets what comes meanwhile lie in the kernel.
func (w *wire) rest() {
	if w.socket != nil {
		setLowWater(w.socket, readBuffer)
		defer setLowWater(w.socket, 1)
	}
	d := lazyPace
	if w.owed {
		d = pace
	}
	w.owed = false
	time.Sleep(d)
}

// fail breaks the connection for the reason; the first one counts.
func (w *wire) fail(err error) error {
	w.once.Do(func() {
		w.err = err
		close(w.dead)
		w.q.close()
		w.Conn.Close()
	})
	return w.err
}

// Close ends the connection.
func (w *wire) Close() error {
	w.fail(net.ErrClosed)
	return nil
}

// Read passes control packets on. It blocks while the queue is full: that is
// the back-pressure.
func (w *wire) Read(p []byte) (int, error) {
	for w.headAt == w.headEnd && w.body == 0 {
		if err := w.next(); err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("closed by the broker (or another client uses the same client ID)")
			}
			return 0, w.fail(err)
		}
	}
	if w.headAt < w.headEnd {
		n := copy(p, w.head[w.headAt:w.headEnd])
		w.headAt += n
		return n, nil
	}
	n, err := w.r.Read(p[:min(len(p), w.body)])
	w.body -= n
	if err != nil {
		err = w.fail(err)
	}
	return n, err
}

// next reads a fixed header, and the whole packet where it is a PUBLISH.
func (w *wire) next() error {
	if w.since >= rouseAfter {
		w.since = 0
		w.q.rouse()
	}
	first, err := w.r.ReadByte()
	if err != nil {
		return err
	}
	w.head[0] = first
	length, n := 0, 1
	for shift := 0; ; shift += 7 {
		if n == len(w.head) {
			return errors.New("malformed packet length")
		}
		b, err := w.r.ReadByte()
		if err != nil {
			return err
		}
		w.head[n] = b
		n++
		length |= int(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	if first>>4 == typePublish {
		return w.publish(first, length)
	}
	if length > maxControl {
		return fmt.Errorf("control packet of %d bytes", length)
	}
	if want := 2 + int(w.suback.Load()); first>>4 == typeSuback && length != want {
		return fmt.Errorf("SUBACK of %d bytes, want %d", length, want)
	}
	w.headAt, w.headEnd, w.body = 0, n, length
	return nil
}

// publish puts the PUBLISH of the given length into the queue.
func (w *wire) publish(first byte, length int) error {
	qos := first >> 1 & 3
	if qos > 1 {
		return fmt.Errorf("PUBLISH with QoS %d, which was not asked for", qos)
	}
	keep := length
	if length > maxPayload+65536+4 {
		keep = 65536 + 4 + keptOfHuge
	}
	var raw []byte
	var err error
	if keep <= readBuffer {
		raw, err = w.r.Peek(keep)
	} else {
		raw = make([]byte, keep)
		_, err = io.ReadFull(w.r, raw)
	}
	if err != nil {
		return err
	}
	body := 2
	if qos > 0 {
		body = 4
	}
	if len(raw) < body || len(raw) < body+int(binary.BigEndian.Uint16(raw)) {
		return errors.New("malformed PUBLISH")
	}
	topicEnd := 2 + int(binary.BigEndian.Uint16(raw))
	topic, payload := raw[2:topicEnd], raw[topicEnd:]
	w.owed = w.owed || qos > 0
	p := packet{qos: qos, retained: first&1 != 0, received: w.arrived}
	if qos > 0 {
		p.id, payload = binary.BigEndian.Uint16(payload), payload[2:]
	}
	p.size = length - (keep - len(payload))
	if p.size > maxPayload {
		payload = payload[:min(len(payload), keptOfHuge)]
	}
	if !w.q.put(p, topic, payload, first&8 != 0) {
		return net.ErrClosed
	}
	w.since++
	skip := length - keep
	if keep <= readBuffer {
		skip = length
	}
	_, err = w.r.Discard(skip)
	return err
}

// Write sends packets, with a deadline: a peer that takes nothing is dead.
func (w *wire) Write(p []byte) (int, error) {
	w.write.Lock()
	defer w.write.Unlock()
	now := time.Now()
	if err := w.Conn.SetWriteDeadline(now.Add(writeTimeout)); err != nil {
		return 0, w.fail(err)
	}
	n, err := w.Conn.Write(p)
	if err != nil {
		return n, w.fail(err)
	}
	w.said.Store(int64(now.Sub(w.start)))
	return n, nil
}

// watch pings the broker and breaks the connection when nothing has been
// heard of it for one and a half keep-alives, until the wire is dead.
func (w *wire) watch(keepAlive time.Duration) {
	tick := time.NewTicker(keepAlive / 8)
	defer tick.Stop()
	full := false
	for {
		select {
		case <-w.dead:
			return
		case <-tick.C:
		}
		now := time.Since(w.start)
		if now-time.Duration(w.said.Load()) >= keepAlive/2 {
			if _, err := w.Write([]byte{typePingreq << 4, 0}); err != nil {
				return
			}
		}
		if _, isFull := w.q.waiting(); isFull || full { // we did not listen: say nothing of the broker
			full = isFull
			w.heard.Store(int64(now))
			continue
		}
		if silent := now - time.Duration(w.heard.Load()); silent >= keepAlive*3/2 {
			w.fail(fmt.Errorf("nothing heard for %s", silent.Round(time.Second/10)))
			return
		}
	}
}
