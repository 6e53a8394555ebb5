package sim

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/simonvetter/modbus"

	"steward/gateway/config"
)

const (
	maxClients  = 64              // a bus; the gateway needs one
	idleTimeout = 2 * time.Minute // a client that asks nothing is dropped
)

// bus is one simulated Modbus line. An unknown unit is answered with
// exception 0B, as a TCP gateway does that gets no answer behind it. A
// silenced unit is not answered at all: the request is kept for one and a
// half of the bus's time-outs and then the connection is closed, because the
// server part can neither drop a request nor answer another meanwhile.
type bus struct {
	field *Field
	id    string
	conf  config.Bus
	units map[uint8]*unit
	done  <-chan struct{} // of the running field
}

var _ modbus.RequestHandler = (*bus)(nil)

// serve opens the bus's address and returns how to close it again. What it
// starts ends with ctx or stop.
func (b *bus) serve(ctx context.Context, wg *sync.WaitGroup) (stop func(), err error) {
	b.done = ctx.Done()
	if b.conf.Transport == config.ModbusRTUOver {
		return b.serveRTU(ctx, wg)
	}
	server, err := modbus.NewServer(&modbus.ServerConfiguration{
		URL:        "tcp://" + b.conf.Address,
		Timeout:    idleTimeout,
		MaxClients: maxClients,
		Logger:     slog.NewLogLogger(b.field.opt.Log.Handler(), slog.LevelDebug),
	}, b)
	if err != nil {
		return nil, fmt.Errorf("simulator: bus %s: %s: %w", b.id, b.conf.URL(), err)
	}
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("simulator: bus %s: %w", b.id, err)
	}
	return func() {
		if err := server.Stop(); err != nil {
			b.field.opt.Log.Debug("closing a simulated bus", "bus", b.id, "error", err)
		}
	}, nil
}

// answer is what the bus says to a read. It waits as long as the unit is
// slow.
func (b *bus) answer(id uint8, t config.Table, address, n uint16) ([]uint16, error) {
	b.field.mu.Lock()
	u := b.units[id]
	var words []uint16
	var ok, silent bool
	var delay time.Duration
	if u != nil {
		words, ok = u.read(t, address, int(n))
		silent, delay = u.mute(), u.delay
	}
	b.field.mu.Unlock()
	switch {
	case u == nil:
		return nil, modbus.ErrGWTargetFailedToRespond
	case silent:
		b.wait(b.conf.Timeout + b.conf.Timeout/2)
		return nil, modbus.ErrProtocolError // closes the connection, nothing is sent
	}
	b.wait(delay)
	if !ok {
		return nil, modbus.ErrIllegalDataAddress
	}
	return words, nil
}

func (b *bus) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-b.done:
	}
}

func (b *bus) bits(id uint8, t config.Table, address, n uint16) ([]bool, error) {
	words, err := b.answer(id, t, address, n)
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(words))
	for i, w := range words {
		out[i] = w != 0
	}
	return out, nil
}

// HandleCoils answers function 1. Nothing can be written: 5 and 15 get
// exception 01.
func (b *bus) HandleCoils(r *modbus.CoilsRequest) ([]bool, error) {
	if r.IsWrite {
		return nil, modbus.ErrIllegalFunction
	}
	return b.bits(r.UnitId, config.Coils, r.Addr, r.Quantity)
}

// HandleDiscreteInputs answers function 2.
func (b *bus) HandleDiscreteInputs(r *modbus.DiscreteInputsRequest) ([]bool, error) {
	return b.bits(r.UnitId, config.DiscreteInputs, r.Addr, r.Quantity)
}

// HandleHoldingRegisters answers function 3. Nothing can be written: 6 and 16
// get exception 01.
func (b *bus) HandleHoldingRegisters(r *modbus.HoldingRegistersRequest) ([]uint16, error) {
	if r.IsWrite {
		return nil, modbus.ErrIllegalFunction
	}
	return b.answer(r.UnitId, config.HoldingRegisters, r.Addr, r.Quantity)
}

// HandleInputRegisters answers function 4.
func (b *bus) HandleInputRegisters(r *modbus.InputRegistersRequest) ([]uint16, error) {
	return b.answer(r.UnitId, config.InputRegisters, r.Addr, r.Quantity)
}
