package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/simonvetter/modbus"

	"steward/gateway/config"
)

// serveRTU is serve for a line server that passes RTU frames over TCP. A
// frame that is not a well-formed read is dropped with its connection, as
// nothing tells where the next one begins.
func (b *bus) serveRTU(ctx context.Context, wg *sync.WaitGroup) (stop func(), err error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", b.conf.Address)
	if err != nil {
		return nil, fmt.Errorf("simulator: bus %s: %w", b.id, err)
	}
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { b.talkRTU(ctx, conn) })
		}
	})
	return func() { _ = ln.Close() }, nil
}

// talkRTU serves one connection until it or ctx ends.
func (b *bus) talkRTU(ctx context.Context, conn net.Conn) {
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer func() { _ = conn.Close() }()
	var frame [8]byte // every read request: unit, function, address, quantity, CRC
	for {
		if _, err := io.ReadFull(conn, frame[:]); err != nil {
			return
		}
		if crc16(frame[:6]) != binary.LittleEndian.Uint16(frame[6:]) {
			return
		}
		reply, ok := b.replyRTU(frame[:6])
		if !ok {
			return
		}
		if reply == nil {
			continue // silent unit, or none of that number
		}
		reply = binary.LittleEndian.AppendUint16(reply, crc16(reply))
		if _, err := conn.Write(reply); err != nil {
			return
		}
	}
}

// replyRTU makes the answer without its CRC; nil where there is none, false
// where the request is not a read.
func (b *bus) replyRTU(req []byte) (reply []byte, ok bool) {
	id, fc := req[0], req[1]
	address, n := binary.BigEndian.Uint16(req[2:]), binary.BigEndian.Uint16(req[4:])
	table := config.Table(fc)
	if table < config.Coils || table > config.InputRegisters {
		return nil, false
	}
	limit := uint16(125)
	if isBits(table) {
		limit = 2000
	}
	if n == 0 || n > limit {
		return []byte{id, fc | 0x80, 3}, true
	}
	words, err := b.answer(id, table, address, n)
	switch {
	case errors.Is(err, modbus.ErrGWTargetFailedToRespond), errors.Is(err, modbus.ErrProtocolError):
		return nil, true
	case err != nil:
		return []byte{id, fc | 0x80, 2}, true
	case isBits(table):
		reply = append(reply, id, fc, byte((n+7)/8))
		packedBits := make([]byte, (n+7)/8)
		for i, w := range words {
			packedBits[i/8] |= byte(w) << (i % 8)
		}
		return append(reply, packedBits...), true
	}
	reply = append(reply, id, fc, byte(2*n))
	for _, w := range words {
		reply = binary.BigEndian.AppendUint16(reply, w)
	}
	return reply, true
}

// crc16 is Modbus's: polynomial A001 (reflected 8005), start FFFF.
func crc16(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			odd := crc & 1
			crc >>= 1
			if odd == 1 {
				crc ^= 0xA001
			}
		}
	}
	return crc
}
