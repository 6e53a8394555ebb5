package modbus

import (
	"context"
	"fmt"
	"net"

	"steward/gateway/config"
)

// dialer returns how the bus is reached. It does no I/O itself.
func dialer(bus config.Bus) (func(context.Context) (wire, error), error) {
	switch bus.Transport {
	case config.ModbusTCP, config.ModbusRTUOver:
		return func(ctx context.Context) (wire, error) { return dialTCP(ctx, bus.Address) }, nil
	case config.ModbusRTU:
		if err := checkSerial(bus); err != nil {
			return nil, err
		}
		return func(context.Context) (wire, error) { return openSerial(bus) }, nil
	}
	return nil, fmt.Errorf("transport %q is none of tcp, rtu, rtu+tcp", bus.Transport)
}

// socket is a TCP connection as a wire.
type socket struct {
	*net.TCPConn
	pending
}

var _ wire = (*socket)(nil)

func dialTCP(ctx context.Context, address string) (wire, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	tcp := conn.(*net.TCPConn) // "tcp" makes no other
	s := &socket{TCPConn: tcp}
	raw, err := tcp.SyscallConn()
	if err == nil {
		err = tcp.SetNoDelay(true)
	}
	if err != nil {
		_ = conn.Close() // the first error is the one to tell
		return nil, err
	}
	s.open(raw)
	return s, nil
}
