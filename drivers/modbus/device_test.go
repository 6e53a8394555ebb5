package modbus

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"steward/drivers"
	"steward/gateway"
	"steward/gateway/config"
)

// reply is what a scripted device does with one request.
type reply struct {
	data      []byte // of the answer; nil and no exception: silence
	exception byte
	raw       []byte        // sent as it is, instead of an answer
	after     time.Duration // waits first
	dribble   time.Duration // between single bytes
	close     bool          // closes behind it
}

// device is a Modbus TCP device whose answers a test writes.
type device struct {
	mu     sync.Mutex
	script func(tid uint16, r request) reply
	asked  []request
	open   map[net.Conn]bool
	all    sync.WaitGroup // the connections being served
}

func newDevice(script func(tid uint16, r request) reply) *device {
	return &device{script: script, open: map[net.Conn]bool{}}
}

func (d *device) set(script func(uint16, request) reply) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.script = script
}

func (d *device) requests() []request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]request(nil), d.asked...)
}

// registers answers a read with each register's own address as its value.
func registers(r request) []byte {
	out := make([]byte, r.size())
	if !isBits(r.table) {
		for i := range int(r.count) {
			binary.BigEndian.PutUint16(out[2*i:], r.first+uint16(i))
		}
	}
	return out
}

// answer makes a right answer's frame.
func answer(tid uint16, r request, data []byte) []byte {
	out := binary.BigEndian.AppendUint16(nil, tid)
	out = append(out, 0, 0)
	out = binary.BigEndian.AppendUint16(out, uint16(3+len(data)))
	return append(append(out, r.unit, byte(r.table), byte(len(data))), data...)
}

// serve answers on one connection until it ends.
func (d *device) serve(conn net.Conn) {
	d.mu.Lock()
	d.open[conn] = true
	d.mu.Unlock()
	defer func() {
		_ = conn.Close() // the test is done with it
		d.mu.Lock()
		delete(d.open, conn)
		d.mu.Unlock()
	}()
	in := make([]byte, 12)
	for {
		if _, err := io.ReadFull(conn, in); err != nil {
			return
		}
		tid := binary.BigEndian.Uint16(in)
		r := request{in[6], config.Table(in[7]), binary.BigEndian.Uint16(in[8:]), binary.BigEndian.Uint16(in[10:])}
		d.mu.Lock()
		d.asked = append(d.asked, r)
		script := d.script
		d.mu.Unlock()
		p := script(tid, r)
		if !d.send(conn, tid, r, p) || p.close {
			return
		}
	}
}

func (d *device) send(conn net.Conn, tid uint16, r request, p reply) bool {
	if p.after > 0 {
		<-time.After(p.after)
	}
	out := p.raw
	switch {
	case p.exception != 0:
		out = []byte{byte(tid >> 8), byte(tid), 0, 0, 0, 3, r.unit, byte(r.table) | exceptionBit, p.exception}
	case p.data != nil:
		out = answer(tid, r, p.data)
	}
	if p.dribble > 0 {
		for i := range out {
			if _, err := conn.Write(out[i : i+1]); err != nil {
				return false
			}
			<-time.After(p.dribble)
		}
		return true
	}
	_, err := conn.Write(out)
	return err == nil
}

// hangUp closes all connections.
func (d *device) hangUp() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.open {
		_ = c.Close() // that is all it is for
	}
}

// listen serves the device on a free port of the loopback until the test ends.
func (d *device) listen(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			d.all.Go(func() { d.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close() // ends Accept
		d.hangUp()
		d.all.Wait()
	})
	return l.Addr().String()
}

// pipe is one end of an in-memory connection as a wire.
type pipe struct{ net.Conn }

func (pipe) Pending([]byte) (int, error) { return 0, nil }

// pipes makes connections to the device in memory, for tests on fake time.
func (d *device) pipes(context.Context) (wire, error) {
	ours, theirs := net.Pipe()
	d.all.Go(func() { d.serve(theirs) }) // ends when the source closes its end
	return pipe{ours}, nil
}

// assetOf makes an asset with uint16 points p0, p1 … at the addresses.
func assetOf(id string, unit int, interval time.Duration, addresses ...int) config.Asset {
	m := &config.ModbusAsset{Bus: "bus", Unit: unit, Interval: interval}
	for i, at := range addresses {
		r := reg(config.EncUint16)
		r.Point, r.Address = "p"+string(rune('0'+i)), uint16(at)
		m.Points = append(m.Points, r)
	}
	return config.Asset{ID: gateway.AssetID(id), Modbus: m}
}

// specOf is a site of one bus, named "bus".
func specOf(wire config.Bus, assets ...config.Asset) drivers.Spec {
	wire.ID = "bus"
	if wire.Transport == "" {
		wire.Transport = config.ModbusTCP
	}
	if wire.Timeout == 0 {
		wire.Timeout = time.Second
	}
	return drivers.Spec{Wire: "bus", Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Config: &config.Config{Buses: []config.Bus{wire}, Assets: assets}}
}

// open makes the source of a bus.
func open(t testing.TB, wire config.Bus, assets ...config.Asset) *bus {
	t.Helper()
	b, err := newBus(specOf(wire, assets...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// seen is what a source has emitted.
type seen struct {
	mu       sync.Mutex
	readings []gateway.Reading
	change   chan struct{}
}

func (s *seen) emit(_ context.Context, r []gateway.Reading) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range r {
		g.Values = append([]gateway.Value(nil), g.Values...)
		s.readings = append(s.readings, g)
	}
	signal(s.change)
	return nil
}

func (s *seen) all() []gateway.Reading {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]gateway.Reading(nil), s.readings...)
}

// of returns the readings of one asset.
func (s *seen) of(id gateway.AssetID) []gateway.Reading {
	var out []gateway.Reading
	for _, r := range s.all() {
		if r.Asset == id {
			out = append(out, r)
		}
	}
	return out
}

// run runs the source until the test ends.
func run(t testing.TB, b *bus) *seen {
	t.Helper()
	s := &seen{change: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx, s.emit) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
	return s
}

// until waits for a reading of which so is true and returns it.
func (s *seen) until(t testing.TB, what string, so func(gateway.Reading) bool) gateway.Reading {
	t.Helper()
	limit := time.After(20 * time.Second)
	for next := 0; ; {
		all := s.all()
		for ; next < len(all); next++ {
			if so(all[next]) {
				return all[next]
			}
		}
		select {
		case <-s.change:
		case <-limit:
			t.Fatalf("%s did not come; have %d readings, the last: %+v", what, len(all), all[max(0, len(all)-1):])
		}
	}
}

func good(r gateway.Reading) bool {
	for _, v := range r.Values {
		if v.Quality != gateway.QualityGood {
			return false
		}
	}
	return true
}
