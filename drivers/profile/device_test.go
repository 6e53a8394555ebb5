package profile

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"

	"steward/gateway/config"
)

// device is a Modbus TCP device that holds an image. What is not in the image
// is answered with exception 02. A heartbeat register moves on with every
// request, unless it is frozen.
type device struct {
	address string
	watch   *config.Heartbeat

	mu      sync.Mutex
	cells   Cells
	frozen  bool
	longest int // registers or bits in one request
	refused int // requests answered with an exception
}

// serveImage serves the image on a free port of the loopback until the test
// ends.
func serveImage(t *testing.T, img *Image, watch *config.Heartbeat) *device {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &device{address: l.Addr().String(), cells: img.Cells(), watch: watch}
	var open []net.Conn
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			d.mu.Lock()
			open = append(open, conn)
			d.mu.Unlock()
			all.Go(func() { d.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close() // ends Accept
		d.mu.Lock()
		for _, c := range open {
			_ = c.Close() // ends its serve
		}
		d.mu.Unlock()
		all.Wait()
	})
	return d
}

// serve answers one connection until it ends.
func (d *device) serve(conn net.Conn) {
	in := make([]byte, 12)
	for beat := uint16(1); ; beat++ {
		if _, err := io.ReadFull(conn, in); err != nil {
			return
		}
		pdu := d.answer(config.Table(in[7]), binary.BigEndian.Uint16(in[8:]), int(binary.BigEndian.Uint16(in[10:])), beat)
		out := append([]byte{in[0], in[1], 0, 0, 0, byte(1 + len(pdu)), in[6]}, pdu...)
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

func (d *device) answer(table config.Table, first uint16, count int, beat uint16) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.longest = max(d.longest, count)
	if w := d.watch; w != nil && !d.frozen {
		d.cells.Set(w.Table, w.Address+uint16(w.Words-1), beat)
	}
	words, ok := d.cells.Read(nil, table, first, count)
	switch {
	case !ok:
		d.refused++
		return []byte{byte(table) | 0x80, 2}
	case table <= config.DiscreteInputs:
		pdu := append([]byte{byte(table), byte((count + 7) / 8)}, make([]byte, (count+7)/8)...)
		for i, w := range words {
			pdu[2+i/8] |= byte(w&1) << (i % 8)
		}
		return pdu
	}
	pdu := []byte{byte(table), byte(2 * count)}
	for _, w := range words {
		pdu = binary.BigEndian.AppendUint16(pdu, w)
	}
	return pdu
}
