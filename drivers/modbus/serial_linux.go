package modbus

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"steward/gateway/config"
)

// tty is a serial device as a wire.
type tty struct {
	*os.File
	pending
}

var _ wire = (*tty)(nil)

// checkSerial checks the settings of a serial line.
func checkSerial(bus config.Bus) error {
	_, err := serialMode(bus)
	return err
}

// openSerial opens the device without blocking, which lets deadlines and
// Close interrupt a read, and takes it for this process alone.
func openSerial(bus config.Bus) (wire, error) {
	mode, err := serialMode(bus)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(bus.Address, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	raw, err := f.SyscallConn()
	if err == nil {
		ctl := raw.Control(func(fd uintptr) { err = configure(int(fd), mode) })
		if err == nil {
			err = ctl
		}
	}
	if err != nil {
		_ = f.Close() // the first error is the one to tell
		return nil, fmt.Errorf("serial device %s: %w", bus.Address, err)
	}
	t := &tty{File: f}
	t.open(raw)
	return t, nil
}

func configure(fd int, mode *unix.Termios) error {
	if err := unix.IoctlSetTermios(fd, unix.TCSETS2, mode); err != nil {
		return fmt.Errorf("set line parameters: %w", err)
	}
	if err := unix.IoctlSetInt(fd, unix.TIOCEXCL, 0); err != nil {
		return fmt.Errorf("take for exclusive use: %w", err)
	}
	if err := unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIOFLUSH); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	return nil
}

// serialMode makes the raw mode with the bus's parameters.
func serialMode(bus config.Bus) (*unix.Termios, error) {
	m := &unix.Termios{Cflag: unix.CREAD | unix.CLOCAL | unix.BOTHER}
	if bus.Baud <= 0 {
		return nil, fmt.Errorf("%d baud: want a rate above 0", bus.Baud)
	}
	m.Ispeed, m.Ospeed = uint32(bus.Baud), uint32(bus.Baud)
	switch bus.DataBits {
	case 7:
		m.Cflag |= unix.CS7
	case 8:
		m.Cflag |= unix.CS8
	default:
		return nil, fmt.Errorf("%d data bits: want 7 or 8", bus.DataBits)
	}
	switch bus.Parity {
	case "N":
	case "E":
		m.Cflag |= unix.PARENB
	case "O":
		m.Cflag |= unix.PARENB | unix.PARODD
	default:
		return nil, fmt.Errorf("parity %q: want N, E or O", bus.Parity)
	}
	if bus.Parity != "N" {
		m.Iflag |= unix.INPCK | unix.IGNPAR
	}
	switch bus.StopBits {
	case 1:
	case 2:
		m.Cflag |= unix.CSTOPB
	default:
		return nil, fmt.Errorf("%d stop bits: want 1 or 2", bus.StopBits)
	}
	m.Cc[unix.VMIN] = 1
	return m, nil
}
