//go:build unix

package modbus

import (
	"errors"
	"io"
	"syscall"
)

// pending reads a file descriptor without waiting.
type pending struct {
	raw  syscall.RawConn
	buf  []byte
	n    int
	err  error
	read func(fd uintptr) bool // made once, so that a call allocates nothing
}

func (p *pending) open(raw syscall.RawConn) {
	p.raw = raw
	p.read = func(fd uintptr) bool {
		p.n, p.err = syscall.Read(int(fd), p.buf)
		return true // never wait
	}
}

// Pending implements wire. It fails when the connection's deadline has passed,
// so a new one is set first.
func (p *pending) Pending(b []byte) (int, error) {
	p.buf = b
	err := p.raw.Read(p.read)
	p.buf = nil
	switch {
	case err != nil:
		return 0, err
	case errors.Is(p.err, syscall.EAGAIN), errors.Is(p.err, syscall.EINTR):
		return 0, nil
	case p.err != nil:
		return 0, p.err
	case p.n == 0:
		return 0, io.EOF
	}
	return p.n, nil
}
