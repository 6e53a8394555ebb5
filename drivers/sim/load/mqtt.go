package load

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Publisher is an MQTT 3.1.1 client that only publishes, with as little work
// as possible. The zero value of a field means what its comment says.
type Publisher struct {
	Address  string // host:port of the broker, plain TCP
	Username string // "": none
	Password string
	ClientID string // "": load

	Devices int     // 0: 1; messages go to them in turn
	Topic   string  // {device} becomes d0, d1 …; "": load/{device}/state
	QoS     byte    // 0 or 1
	Rate    float64 // messages a second; 0: as fast as the broker takes them
	Count   uint64  // messages to send; 0: until ctx ends
	Window  int     // QoS 1: most messages without an answer; 0: 1000
	First   uint64  // sequence number of the first message

	// Fields are the names of the numbers in a payload; nil: six of a power
	// meter. Each payload also has "seq", the sequence number, and "ts".
	Fields []string
	// TimeFormat of ts: rfc3339 (with nanoseconds; also ""), unix (with
	// microseconds) or unix_ms. A device's times never repeat.
	TimeFormat string
	// Acked, if not nil, is called with each sequence number that the broker
	// has answered for (QoS 1), from one goroutine, in the broker's order.
	Acked func(seq uint64)
	Now   func() time.Time // nil: time.Now
}

// DefaultFields are the six numbers of a payload.
func DefaultFields() []string {
	return []string{"voltage_l1", "current_l1", "power", "power_factor", "frequency", "energy_import"}
}

// Report says what a publisher did.
type Report struct {
	Sent    uint64 // written to the broker
	Acked   uint64 // answered by it (QoS 1)
	Elapsed time.Duration
	Last    time.Time // when the last message was written
}

const patience = 10 * time.Second // for an answer of the broker

// Run connects and publishes until Count messages are sent and, at QoS 1,
// answered; it then disconnects. It returns what was done in any case, with a
// nil error also when ctx ends.
func (p Publisher) Run(ctx context.Context) (Report, error) {
	p.defaults()
	if p.QoS > 1 {
		return Report{}, fmt.Errorf("load: QoS %d: want 0 or 1", p.QoS)
	}
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(ctx, "tcp", p.Address)
	if err != nil {
		return Report{}, fmt.Errorf("load: %w", err)
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReaderSize(conn, 64<<10)
	if err := p.connect(conn, in); err != nil {
		return Report{}, err
	}
	l := &line{p: &p, conn: conn, in: in, out: bufio.NewWriterSize(conn, 32<<10), gate: make(chan struct{}, p.Window)}
	return l.run(ctx)
}

func (p *Publisher) defaults() {
	p.Devices = max(p.Devices, 1)
	if p.Topic == "" {
		p.Topic = "load/{device}/state"
	}
	if p.ClientID == "" {
		p.ClientID = "load"
	}
	if p.Window <= 0 || p.Window > 60000 {
		p.Window = 1000
	}
	if p.Fields == nil {
		p.Fields = DefaultFields()
	}
	if p.Now == nil {
		p.Now = time.Now
	}
}

// connect does CONNECT and CONNACK.
func (p *Publisher) connect(conn net.Conn, in *bufio.Reader) error {
	flags := byte(0x02) // clean session
	body := text(nil, "MQTT")
	if p.Username != "" {
		flags |= 0x80 | 0x40
	}
	body = append(body, 4, flags, 0, 0) // no keep-alive: it publishes all the time
	body = text(body, p.ClientID)
	if p.Username != "" {
		body = text(text(body, p.Username), p.Password)
	}
	if _, err := conn.Write(append(length([]byte{0x10}, len(body)), body...)); err != nil {
		return fmt.Errorf("load: connect %s: %w", p.Address, err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("load: connect %s: %w", p.Address, err)
	}
	var ack [4]byte
	if _, err := io.ReadFull(in, ack[:]); err != nil {
		return fmt.Errorf("load: connect %s: no CONNACK: %w", p.Address, err)
	}
	if ack[0] != 0x20 || ack[3] != 0 {
		return fmt.Errorf("load: connect %s: refused with code %d", p.Address, ack[3])
	}
	return conn.SetReadDeadline(time.Time{})
}

// line is a connection that publishes.
type line struct {
	p    *Publisher
	conn net.Conn
	in   *bufio.Reader
	out  *bufio.Writer
	gate chan struct{} // QoS 1: one for each message without an answer

	acked  atomic.Uint64
	report Report
}

func (l *line) run(ctx context.Context) (Report, error) {
	var wg sync.WaitGroup
	defer wg.Wait()
	defer func() { _ = l.conn.Close() }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { _ = l.conn.Close() })()
	drained := make(chan struct{}, 1) // told after each answer
	wg.Go(func() { cancel(l.answers(drained)) })

	began := l.p.Now()
	err := l.publish(ctx, pacer{began, l.p.Rate})
	if err == nil && l.p.QoS == 1 {
		err = l.drain(ctx, drained)
	}
	if err == nil {
		_, _ = l.conn.Write([]byte{0xE0, 0}) // DISCONNECT
	}
	l.report.Acked = l.acked.Load()
	l.report.Elapsed = l.p.Now().Sub(began)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause // why the line broke, not what broke with it
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	return l.report, err
}

// drain waits for the answers that are still missing.
func (l *line) drain(ctx context.Context, drained <-chan struct{}) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for l.acked.Load() < l.report.Sent {
		select {
		case <-drained:
			limit.Reset(patience)
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return fmt.Errorf("load: %d of %d messages without an answer", l.report.Sent-l.acked.Load(), l.report.Sent)
		}
	}
	return nil
}

// publish writes messages at the pace until there are enough.
func (l *line) publish(ctx context.Context, pace pacer) error {
	m := newMessages(l.p)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		due := pace.due(l.p.Now())
		if l.p.Count > 0 {
			due = min(due, l.p.Count)
		}
		for l.report.Sent < due {
			if err := l.send(ctx, m); err != nil {
				return err
			}
		}
		if err := l.out.Flush(); err != nil {
			return fmt.Errorf("load: publish: %w", err)
		}
		if l.p.Count > 0 && l.report.Sent >= l.p.Count {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (l *line) send(ctx context.Context, m *messages) error {
	if l.p.QoS == 1 {
		select {
		case l.gate <- struct{}{}:
		default: // the window is full: let the broker see what there is
			if err := l.out.Flush(); err != nil {
				return fmt.Errorf("load: publish: %w", err)
			}
			select {
			case l.gate <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	} else if l.report.Sent%1024 == 0 && ctx.Err() != nil {
		return ctx.Err()
	}
	l.report.Last = l.p.Now()
	if _, err := l.out.Write(m.packet(l.report.Sent, l.report.Last)); err != nil {
		return fmt.Errorf("load: publish: %w", err)
	}
	l.report.Sent++
	return nil
}

// answers reads PUBACKs until the connection ends and says why it did. A
// broker answers in the order of publishing, so the n-th answer is for the
// n-th message; the packet identifier is checked against that.
func (l *line) answers(drained chan<- struct{}) error {
	var ack [4]byte
	for n := uint64(0); ; n++ {
		if _, err := io.ReadFull(l.in, ack[:]); err != nil {
			return fmt.Errorf("load: the broker ended the connection: %w", err)
		}
		if ack[0] != 0x40 || ack[1] != 2 {
			return fmt.Errorf("load: packet % X of the broker is no PUBACK", ack)
		}
		if id := binary.BigEndian.Uint16(ack[2:]); id != packetID(n) {
			return fmt.Errorf("load: PUBACK for packet %d, want %d", id, packetID(n))
		}
		if l.p.Acked != nil {
			l.p.Acked(l.p.First + n)
		}
		l.acked.Add(1)
		<-l.gate
		select {
		case drained <- struct{}{}:
		default:
		}
	}
}

// packetID is that of the n-th message: never 0, never one of the window.
func packetID(n uint64) uint16 { return uint16(n%65535) + 1 }

// messages makes PUBLISH packets.
type messages struct {
	p      *Publisher
	topics []string
	last   []time.Time // of each device
	body   []byte
	out    []byte
}

func newMessages(p *Publisher) *messages {
	m := &messages{p: p, last: make([]time.Time, p.Devices)}
	for i := range p.Devices {
		m.topics = append(m.topics, strings.ReplaceAll(p.Topic, "{device}", Device(i)))
	}
	return m
}

// Device is the name of a publisher's i-th device, counted from 0.
func Device(i int) string { return "d" + strconv.Itoa(i) }

// packet is the n-th message. It is valid until the next call.
func (m *messages) packet(n uint64, now time.Time) []byte {
	d := int(n % uint64(m.p.Devices))
	m.payload(n, m.stamp(d, now))
	topic := m.topics[d]
	size := 2 + len(topic) + len(m.body)
	if m.p.QoS == 1 {
		size += 2
	}
	m.out = length(append(m.out[:0], 0x30|m.p.QoS<<1), size)
	m.out = text(m.out, topic)
	if m.p.QoS == 1 {
		m.out = binary.BigEndian.AppendUint16(m.out, packetID(n))
	}
	m.out = append(m.out, m.body...)
	return m.out
}

// stamp is the time of a device's message, later than its last one by what
// the format can tell apart.
func (m *messages) stamp(d int, now time.Time) time.Time {
	step := time.Nanosecond
	switch m.p.TimeFormat {
	case "unix":
		step = time.Microsecond
	case "unix_ms":
		step = time.Millisecond
	}
	now = now.Truncate(step)
	if !now.After(m.last[d]) {
		now = m.last[d].Add(step)
	}
	m.last[d] = now
	return now
}

func (m *messages) payload(n uint64, at time.Time) {
	b := append(m.body[:0], `{"ts":`...)
	switch m.p.TimeFormat {
	case "unix":
		b = strconv.AppendInt(b, at.Unix(), 10)
		b = append(b, '.')
		b = append(b, strconv.Itoa(1000000 + at.Nanosecond()/1000)[1:]...)
	case "unix_ms":
		b = strconv.AppendInt(b, at.UnixMilli(), 10)
	default:
		b = append(b, '"')
		b = at.UTC().AppendFormat(b, time.RFC3339Nano)
		b = append(b, '"')
	}
	seq := m.p.First + n
	b = append(b, `,"seq":`...)
	b = strconv.AppendUint(b, seq, 10)
	for i, name := range m.p.Fields {
		b = append(b, ',', '"')
		b = append(b, name...)
		b = append(b, '"', ':')
		// In [0, 1), as plausible as it is dull; it changes each time.
		v := math.Mod(float64(seq)*0.0001+float64(i)*0.1, 1)
		b = strconv.AppendFloat(b, v, 'f', 4, 64)
	}
	m.body = append(b, '}')
}

// text appends an MQTT string.
func text(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

// length appends MQTT's remaining length.
func length(b []byte, n int) []byte {
	for n > 127 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(b, byte(n))
}
