package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"steward/drivers/profile"
	"steward/gateway/config"
)

// Recorded is one unit that answers as a real one was recorded.
type Recorded struct {
	Unit   uint8
	Image  *profile.Image
	Watch  *config.Heartbeat // its life sign, which goes on; nil: it has none
	Silent bool              // it is there and never answers
	Delay  time.Duration     // before each answer
}

// Replay serves recorded units over Modbus TCP on listen, an address of this
// machine, until ctx ends; then it returns nil. Ready is told the address
// once it can be reached. What no image holds is answered with exception 02,
// a unit that is not there with 0B. Nothing can be written.
func Replay(ctx context.Context, listen string, log *slog.Logger, ready func(address string), units ...Recorded) error {
	if err := loopback(listen); err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	b := &bus{field: &Field{opt: Options{Log: log}}, id: "replay", units: map[uint8]*unit{},
		conf: config.Bus{Transport: config.ModbusTCP, Address: listen, Timeout: time.Second}}
	beats := []func(){}
	for _, r := range units {
		if b.units[r.Unit] != nil {
			return fmt.Errorf("simulator: unit %d is there twice", r.Unit)
		}
		u := &unit{image: newImage(), refused: map[place]bool{}, silent: r.Silent, delay: r.Delay}
		for _, run := range r.Image.Runs {
			for i, w := range run.Words {
				u.image.words[place{run.Table, run.Address + uint16(i)}] = w
			}
		}
		if w := r.Watch; w != nil {
			u.image.room(w.Table, w.Address, w.Words)
			beats = append(beats, func() { u.image.beat(w) })
		}
		b.units[r.Unit] = u
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b.done = ctx.Done()
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	defer ln.Close()
	wg.Go(func() { // ends with the listener
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { b.talkTCP(ctx, conn) })
		}
	})
	if ready != nil {
		ready(ln.Addr().String())
	}
	b.beat(ctx, beats)
	return nil
}

// beat moves life signs on until ctx ends.
func (b *bus) beat(ctx context.Context, beats []func()) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.field.mu.Lock()
			for _, next := range beats {
				next()
			}
			b.field.mu.Unlock()
		}
	}
}

// errGone is answered by closing the connection.
var errGone = errors.New("the request gets no answer")

// talkTCP serves one connection until it or ctx ends.
func (b *bus) talkTCP(ctx context.Context, conn net.Conn) {
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })() // its error tells nothing: nobody is served any more
	defer conn.Close()
	header := make([]byte, 7)
	body := make([]byte, 254)
	for {
		if _, err := io.ReadFull(conn, header); err != nil {
			return
		}
		n := int(binary.BigEndian.Uint16(header[4:])) - 1 // behind the unit
		if binary.BigEndian.Uint16(header[2:]) != 0 || n < 2 || n > 253 {
			return
		}
		if _, err := io.ReadFull(conn, body[:n]); err != nil {
			return
		}
		reply, err := b.replyTCP(header[6], body[:n])
		if err != nil {
			return
		}
		if reply == nil {
			continue
		}
		out := binary.BigEndian.AppendUint16(append([]byte{}, header[:4]...), uint16(len(reply)))
		if _, err := conn.Write(append(out, reply...)); err != nil {
			return
		}
	}
}

// replyTCP makes an answer from the unit on; nil where none is given.
func (b *bus) replyTCP(id uint8, pdu []byte) ([]byte, error) {
	b.field.mu.Lock()
	u := b.units[id]
	b.field.mu.Unlock()
	switch {
	case u == nil:
		return []byte{id, pdu[0] | 0x80, 0x0B}, nil
	case u.silent:
		return nil, nil
	case pdu[0] < 1 || pdu[0] > 4:
		return []byte{id, pdu[0] | 0x80, 1}, nil
	case len(pdu) != 5:
		return nil, errGone
	}
	reply, ok := b.replyRTU(append([]byte{id}, pdu...))
	if !ok {
		return nil, errGone
	}
	return reply, nil
}
