// Package load makes load for benchmarks: Modbus TCP devices that answer at
// next to no cost, and an MQTT publisher that keeps a rate. It is meant to run
// in a process of its own, so that its work is not counted as the gateway's.
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
	"sync"
	"time"
)

// Listen opens n loopback listeners on free ports, one a bus. On an error it
// closes what it opened.
func Listen(ctx context.Context, n int) ([]net.Listener, error) {
	var lc net.ListenConfig
	out := make([]net.Listener, 0, n)
	for range n {
		ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			for _, open := range out {
				_ = open.Close()
			}
			return nil, fmt.Errorf("load: listener %d of %d: %w", len(out)+1, n, err)
		}
		out = append(out, ln)
	}
	return out, nil
}

// ServeModbus answers Modbus TCP reads of registers (functions 3 and 4) at
// every listener, for every unit and address, until ctx ends; then it closes
// the listeners and returns nil. Registers are float32 in pairs, high word
// first, each pair beginning where the request does; see Value. Other
// functions get exception 01.
func ServeModbus(ctx context.Context, listeners ...net.Listener) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, len(listeners))
	for _, ln := range listeners {
		defer context.AfterFunc(ctx, func() { _ = ln.Close() })()
		wg.Go(func() { failed <- accept(ctx, &wg, ln) })
	}
	for range listeners {
		if err := <-failed; err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

func accept(ctx context.Context, wg *sync.WaitGroup, ln net.Listener) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return fmt.Errorf("load: accept at %s: %w", ln.Addr(), err)
		}
		wg.Go(func() {
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			defer func() { _ = conn.Close() }()
			answer(conn)
		})
	}
}

// answer serves one connection until it ends or sends what is not Modbus.
func answer(conn io.ReadWriter) {
	in := bufio.NewReaderSize(conn, 512)
	var head [12]byte // MBAP and a read request
	out := make([]byte, 0, 9+250)
	for tick := uint64(0); ; tick++ {
		if _, err := io.ReadFull(in, head[:8]); err != nil {
			return
		}
		length := int(binary.BigEndian.Uint16(head[4:]))
		if length < 2 || length > 254 || head[2] != 0 || head[3] != 0 {
			return
		}
		if fc := head[7]; (fc != 3 && fc != 4) || length != 6 {
			if _, err := in.Discard(length - 2); err != nil {
				return
			}
			out = append(append(out[:0], head[:4]...), 0, 3, head[6], fc|0x80, 1)
		} else {
			if _, err := io.ReadFull(in, head[8:12]); err != nil {
				return
			}
			out = reply(out[:0], &head, tick)
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// reply appends the answer to a read.
func reply(out []byte, head *[12]byte, tick uint64) []byte {
	address, n := binary.BigEndian.Uint16(head[8:]), binary.BigEndian.Uint16(head[10:])
	out = append(out, head[:4]...)
	switch {
	case n == 0 || n > 125:
		return append(out, 0, 3, head[6], head[7]|0x80, 3)
	case int(address)+int(n) > 1<<16:
		return append(out, 0, 3, head[6], head[7]|0x80, 2)
	}
	out = binary.BigEndian.AppendUint16(out, 3+2*n)
	out = append(out, head[6], head[7], byte(2*n))
	for i := uint16(0); i+1 < n; i += 2 {
		out = binary.BigEndian.AppendUint32(out, math.Float32bits(Value(address+i, tick)))
	}
	if n%2 == 1 {
		out = append(out, 0, 0)
	}
	return out
}

// Value is what the pair of registers at an address holds at a connection's
// tick-th request, counted from 0. It lies in [0, 1), which is plausible for
// every sort of point, tells addresses apart, and rises for 65,536 requests.
func Value(address uint16, tick uint64) float32 {
	return float32(tick%65536)/131072 + float32(address/2%64)/128
}

// pacer says how many events are due at a rate.
type pacer struct {
	start time.Time
	rate  float64 // a second; 0: as many as can be
}

// due is how many events should have happened by now.
func (p pacer) due(now time.Time) uint64 {
	if p.rate <= 0 {
		return math.MaxUint64
	}
	return uint64(now.Sub(p.start).Seconds() * p.rate)
}
