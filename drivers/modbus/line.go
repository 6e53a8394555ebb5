package modbus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"steward/drivers"
	"steward/gateway/config"
)

// wire is a connection as a line needs it. Pending returns bytes that have
// arrived without being asked for, without waiting, and io.EOF when the other
// end is gone.
type wire interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
	Pending(b []byte) (int, error)
}

// silence is no usable answer at all: nothing in time, or the wire broke.
type silence struct {
	text    string
	timeout bool
}

func (e *silence) Error() string { return e.text }

// down is an endpoint that cannot be reached.
type down struct{ err error }

func (e *down) Error() string { return e.err.Error() }
func (e *down) Unwrap() error { return e.err }

// Pauses between two attempts to connect, and the time for one attempt; a
// longer time-out of the bus holds for connecting too.
const (
	dialPauseMin = 500 * time.Millisecond
	dialPauseMax = 10 * time.Second
	dialTimeout  = 3 * time.Second
)

// silentMax is how many time-outs in a row close a TCP connection: the second
// one without an answer to anybody means a dead socket. One alone is a dead
// unit behind a gateway, and its late answer is known by its transaction id.
const silentMax = 2

// line is the connection of one bus and speaks for one request at a time. It
// is used by one goroutine.
type line struct {
	bus    config.Bus
	frame  framer
	dial   func(ctx context.Context) (wire, error)
	strays func() // called for each answer that nobody waits for

	conn    wire
	unhook  func() bool // of the close at ctx's end
	timer   *time.Timer
	out     []byte
	in      []byte
	n       int       // bytes in in
	used    int       // of them, consumed by the last answer
	silent  int       // time-outs in a row on this connection
	proved  bool      // an answer has come on this connection
	quiet   time.Time // the next request must not start before
	dialAt  time.Time // the next attempt to connect must not start before
	lastErr error     // why the last connection ended or could not be made
	backoff drivers.Backoff
}

func newLine(bus config.Bus, dial func(context.Context) (wire, error), strays func()) *line {
	l := &line{bus: bus, dial: dial, strays: strays, in: make([]byte, 1024),
		backoff: drivers.Backoff{Min: dialPauseMin, Max: dialPauseMax}}
	if bus.Transport == config.ModbusTCP {
		l.frame = &mbap{}
	} else {
		l.frame = rtu{}
	}
	return l
}

// open connects unless it is connected. It returns *down at once while the
// next attempt is not due yet. The connection is closed when ctx ends, so
// that nothing waits on it any longer.
func (l *line) open(ctx context.Context) error {
	if l.conn != nil {
		return nil
	}
	if time.Now().Before(l.dialAt) {
		return &down{l.lastErr}
	}
	dialing, cancel := context.WithTimeout(ctx, max(dialTimeout, l.bus.Timeout))
	defer cancel()
	conn, err := l.dial(dialing)
	l.dialAt = time.Now().Add(l.backoff.Next()) // until an answer proves the connection
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.lastErr = err
		return &down{err}
	}
	l.conn, l.n, l.used, l.silent, l.proved = conn, 0, 0, 0, false
	l.unhook = context.AfterFunc(ctx, func() { _ = conn.Close() }) // its error tells nothing: the wire is given up
	l.quiet = time.Now().Add(l.bus.ConnectPause)
	return nil
}

// close gives the connection up; why is what people see until the next one.
func (l *line) close(why error) {
	if l.conn == nil {
		return
	}
	l.unhook()
	_ = l.conn.Close() // its error tells nothing: the wire is given up
	l.conn, l.lastErr = nil, why
}

// send makes one exchange. The data is valid until the next one. Repeat says
// that the same request was sent before and got no answer.
func (l *line) send(ctx context.Context, r request, repeat bool) ([]byte, error) {
	l.out = l.frame.frame(l.out[:0], r)
	err := l.ready(ctx, l.bus.Timeout+l.onWire(len(l.out)+rtuExtra+r.size()))
	if err != nil {
		return nil, err
	}
	if _, err := l.conn.Write(l.out); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		l.close(fmt.Errorf("%s: %w", l.bus.URL(), err)) // half a frame may be out
		return nil, &silence{text: "no answer: " + err.Error()}
	}
	data, err := l.receive(ctx, r)
	if err == nil || errors.As(err, new(*exception)) {
		if repeat && l.bus.Transport == config.ModbusRTU {
			data = bytes.Clone(data)
			l.listen(ctx, r)
		}
		l.answered()
	}
	return data, err
}

// ready connects, waits until the line may be used, sets the deadline of the
// exchange and clears the line of what arrived unasked.
func (l *line) ready(ctx context.Context, timeout time.Duration) error {
	for {
		if err := l.open(ctx); err != nil {
			return err
		}
		if err := l.wait(ctx, l.quiet); err != nil {
			return err
		}
		err := l.conn.SetDeadline(time.Now().Add(timeout))
		if err == nil {
			err = l.drain()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			return nil
		}
		if errors.Is(err, io.EOF) {
			err = errClosed
		}
		l.close(fmt.Errorf("%s: %w", l.bus.URL(), err)) // between two polls; a new one is made at once
	}
}

// drain empties the wire. With transaction ids the bytes are kept for scan,
// which knows frames; without, they can only be late or noise.
func (l *line) drain() error {
	l.n = copy(l.in, l.in[l.used:l.n])
	l.used = 0
	for {
		room := l.in[l.n:]
		m, err := l.conn.Pending(room)
		if err != nil {
			return err
		}
		l.n += m
		if _, tcp := l.frame.(*mbap); !tcp {
			if l.n > 0 {
				l.strays()
			}
			l.n = 0
		}
		if m < len(room) {
			return nil
		}
		if l.n == len(l.in) {
			return &mismatch{"more bytes than any answer has"}
		}
	}
}

// receive reads until the answer to r is there.
func (l *line) receive(ctx context.Context, r request) ([]byte, error) {
	for {
		for l.used < l.n {
			data, used, err := l.frame.scan(l.in[l.used:l.n], r)
			l.used += used
			if err != nil && !errors.As(err, new(*exception)) {
				l.close(err)
			}
			if data != nil || err != nil {
				return data, err
			}
			if used == 0 {
				break
			}
			l.strays()
		}
		l.n = copy(l.in, l.in[l.used:l.n])
		l.used = 0
		if l.n == len(l.in) {
			l.close(errGarbage)
			return nil, &silence{text: errGarbage.Error()}
		}
		m, err := l.conn.Read(l.in[l.n:])
		l.n += m
		if m == 0 && err != nil {
			return nil, l.broken(ctx, err)
		}
	}
}

var (
	errGarbage = errors.New("bytes without a valid frame")
	errClosed  = errors.New("closed by the other end")
)

// broken explains a failed write or read and gives the connection up where
// it cannot be trusted any more.
func (l *line) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		if errors.Is(err, io.EOF) {
			err = errClosed
		}
		l.close(fmt.Errorf("%s: %w", l.bus.URL(), err))
		return &silence{text: "no answer: " + err.Error()}
	}
	why := &silence{text: fmt.Sprintf("no answer in %v", l.bus.Timeout), timeout: true}
	if l.n > l.used {
		why.text = fmt.Sprintf("%d %v in %v", l.n-l.used, errGarbage, l.bus.Timeout)
	}
	l.silent++
	// A serial device is no connection: closing it would not help.
	if l.bus.Transport == config.ModbusRTUOver || (l.bus.Transport == config.ModbusTCP && l.silent >= silentMax) {
		l.close(fmt.Errorf("%s: %s", l.bus.URL(), why.text))
	}
	return why
}

// listen waits, after the answer to a repetition on a serial line, for another
// one: if the first was only late, the second is still to come, and would pass
// for the answer to whatever is asked next. It takes one time-out at most.
func (l *line) listen(ctx context.Context, r request) {
	if l.conn.SetDeadline(time.Now().Add(l.bus.Timeout)) != nil || ctx.Err() != nil {
		return // the next exchange meets the same error
	}
	for {
		l.n = copy(l.in, l.in[l.used:l.n])
		l.used = 0
		data, used, err := l.frame.scan(l.in[:l.n], r)
		l.used = used
		switch {
		case data != nil || err != nil:
			l.strays()
			return
		case used > 0:
			l.strays()
			continue
		case l.n == len(l.in):
			return
		}
		m, err := l.conn.Read(l.in[l.n:])
		l.n += m
		if m == 0 && err != nil {
			return
		}
	}
}

// answered keeps the line quiet for as long as it must be after an answer.
func (l *line) answered() {
	l.silent = 0
	if !l.proved { // from here on a lost connection may be made anew at once
		l.proved = true
		l.backoff.Reset()
		l.dialAt = time.Time{}
	}
	rest := l.bus.Pause
	if l.bus.Transport != config.ModbusTCP {
		rest = max(rest, l.gap())
	}
	if rest > 0 {
		l.quiet = time.Now().Add(rest)
	}
}

// gap is the silence that separates two RTU frames: 3.5 characters, at least
// 1.75 ms (the serial line guide's fixed value above 19200 Bd).
func (l *line) gap() time.Duration {
	return max(1750*time.Microsecond, l.onWire(7)/2)
}

// onWire is how long that many bytes take on a serial line, 11 bits each.
func (l *line) onWire(bytes int) time.Duration {
	if l.bus.Transport != config.ModbusRTU || l.bus.Baud <= 0 {
		return 0
	}
	return time.Duration(bytes) * 11 * time.Second / time.Duration(l.bus.Baud)
}

// wait returns at the given time, or with ctx's error.
func (l *line) wait(ctx context.Context, until time.Time) error {
	d := time.Until(until)
	if d <= 0 {
		return ctx.Err()
	}
	if l.timer == nil {
		l.timer = time.NewTimer(d)
	} else {
		l.timer.Reset(d)
	}
	select {
	case <-l.timer.C:
		return nil
	case <-ctx.Done():
		l.timer.Stop()
		return ctx.Err()
	}
}
