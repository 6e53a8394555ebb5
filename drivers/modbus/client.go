package modbus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"steward/drivers"
	"steward/gateway"
	"steward/gateway/config"
)

// What a Client's errors wrap, besides *Exception and ctx's error.
var (
	// ErrNoAnswer: nothing usable came in time.
	ErrNoAnswer = errors.New("no answer")
	// ErrUnreachable: the endpoint or the serial device cannot be opened.
	ErrUnreachable = errors.New("cannot be reached")
)

// Exception is a device's own refusal of a request.
type Exception struct {
	Code byte   // 1 illegal function, 2 illegal address, … 11 gateway target does not answer
	Text string // code, name and what was asked for, for people
}

func (e *Exception) Error() string { return e.Text }

// Absent reports that it is the gateway's word for a unit that does not answer.
func (e *Exception) Absent() bool { return e.Code == 0x0A || e.Code == 0x0B }

// Client reads single units of one bus, one request at a time, for tools that
// look at a device before it is in a site file. It never writes. One goroutine
// uses it; Close ends it.
type Client struct {
	line  *line
	again bool
	dumb  int                // requests in a row that got no answer
	rest  map[byte]time.Time // RTU: before then a late answer of the unit would pass for the next one
}

// dialTries is how often a client tries to connect for one request, and
// renewAfter how many unanswered requests in a row make it connect anew: the
// connection itself may be dead.
const (
	dialTries  = 3
	renewAfter = 12
)

// NewClient makes a client of the bus. It does no I/O. A read without an
// answer is repeated once where again says so.
func NewClient(bus config.Bus, again bool) (*Client, error) {
	if bus.Timeout <= 0 {
		return nil, fmt.Errorf("%s: time-out %v is not above zero", bus.URL(), bus.Timeout)
	}
	dial, err := dialer(bus)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", bus.URL(), err)
	}
	l := newLine(bus, dial, func() {})
	l.backoff = drivers.Backoff{Min: dialPauseMin, Max: 4 * dialPauseMin}
	return &Client{line: l, again: again, rest: map[byte]time.Time{}}, nil
}

// Close gives the connection up.
func (c *Client) Close() { c.line.close(errors.New("closed")) }

// Read reads count registers from an address on (at most 125), or that many
// coils or inputs (at most 2000) as 0 and 1.
func (c *Client) Read(ctx context.Context, unit byte, table config.Table, first uint16, count int) ([]uint16, error) {
	r := request{unit, table, first, uint16(count)}
	limit := maxRegisters
	if isBits(table) {
		limit = maxBits
	}
	if table < config.Coils || table > config.InputRegisters || count < 1 || count > limit || int(first)+count > 1<<16 {
		return nil, fmt.Errorf("read %s: want 1 to %d of a table, at addresses up to 65535", r, limit)
	}
	data, err := c.ask(ctx, r)
	if err != nil {
		return nil, err
	}
	words := make([]uint16, count)
	for i := range words {
		if isBits(table) {
			words[i] = uint16(data[i/8] >> (i % 8) & 1)
		} else {
			words[i] = binary.BigEndian.Uint16(data[2*i:])
		}
	}
	return words, nil
}

// ask makes one exchange, with its repetition, and translates what went wrong.
func (c *Client) ask(ctx context.Context, r request) ([]byte, error) {
	if err := c.line.wait(ctx, c.rest[r.unit]); err != nil {
		return nil, err
	}
	var data []byte
	var err error
	for _, repeat := range []bool{false, true} {
		if err = c.connect(ctx); err != nil {
			return nil, err
		}
		c.line.silent = 0 // silence of one unit says nothing of the connection
		data, err = c.line.send(ctx, r, repeat)
		if ctx.Err() != nil {
			c.Close()
			return nil, ctx.Err()
		}
		if err == nil || errors.As(err, new(*exception)) || !c.again {
			break
		}
	}
	var refusal *exception
	switch {
	case err == nil:
		c.dumb = 0
		return data, nil
	case errors.As(err, &refusal):
		c.dumb = 0
		return nil, &Exception{refusal.code, refusal.Error()}
	case errors.As(err, new(*down)):
		return nil, fmt.Errorf("%s %w: %w", c.line.bus.URL(), ErrUnreachable, err)
	case errors.As(err, new(*mismatch)):
		return nil, err
	}
	if c.line.bus.Transport != config.ModbusTCP {
		c.rest[r.unit] = time.Now().Add(c.line.bus.Timeout)
	}
	if c.dumb++; c.dumb%renewAfter == 0 && c.line.bus.Transport == config.ModbusTCP {
		c.Close()
	}
	return nil, fmt.Errorf("%w: %w", ErrNoAnswer, err)
}

// connect opens the line, again after a pause should it refuse: small
// gateways take one connection and notice late that the last one is over.
func (c *Client) connect(ctx context.Context) error {
	if c.line.conn != nil {
		return nil
	}
	var err error
	for range dialTries {
		if err := c.line.wait(ctx, c.line.dialAt); err != nil {
			return err
		}
		err = c.line.open(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil { // the next one may be made at once: nobody hammers here
			c.line.backoff.Reset()
			c.line.dialAt = time.Time{}
			return nil
		}
	}
	return fmt.Errorf("%s %w: %w", c.line.bus.URL(), ErrUnreachable, err)
}

// Decode makes the value of one mapped point from its registers, those of its
// Span, and the product of its factors, 1 without any; or from its one bit, as a source of a site would.
func Decode(r config.Register, p gateway.Point, words []uint16, factor float64) (gateway.Value, error) {
	v := gateway.Value{Point: r.Point}
	d, err := newDecoder(r, p)
	if err != nil {
		return v, fmt.Errorf("point %s: %w", r.Point, err)
	}
	if len(words) < d.words {
		return v, fmt.Errorf("point %s: %d registers, want %d", r.Point, len(words), d.words)
	}
	if d.divide {
		d.times = factor
	} else {
		d.scale *= factor
	}
	data := make([]byte, 0, 2*d.words)
	for _, w := range words[:d.words] {
		data = binary.BigEndian.AppendUint16(data, w)
	}
	if isBits(r.Table) {
		d.bit([]byte{byte(words[0] & 1)}, 0, &v)
	} else {
		d.registers(data, &v)
	}
	return v, nil
}

// DecodeFactor makes a factor's number from its registers, those of its Span,
// or its one bit. Its error says why there is none.
func DecodeFactor(c *config.Factor, words []uint16) (float64, error) {
	v, err := Decode(c.Register, gateway.Point{}, words, 1)
	if err != nil {
		return 0, err
	}
	return factorFrom(v, c.Power)
}

// NotAvailable reports that a value is bad because its device says that it
// has none, and not for what it is.
func NotAvailable(v gateway.Value) bool {
	return v.Quality == gateway.QualityBad && v.Reason == reasonNA
}

// Read is one request that a poll makes, and the indices of the points that
// it serves.
type Read struct {
	Table  config.Table
	First  uint16
	Count  int
	Points []int
}

// Plan says which reads a poll of the points takes within a device's limits.
func Plan(points []config.Register, limits config.ReadLimits) []Read {
	var items []item
	for i, r := range points {
		first, n := r.Span()
		items = append(items, item{i, r.Table, int(first), n})
	}
	var out []Read
	for _, b := range plan(items, limitsOf(limits)) {
		read := Read{Table: b.table, First: uint16(b.first), Count: b.count}
		for _, it := range b.items {
			read.Points = append(read.Points, it.index)
		}
		out = append(out, read)
	}
	return out
}
