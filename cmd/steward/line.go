package main

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"steward/drivers/modbus"
	"steward/drivers/survey"
	"steward/gateway/config"
)

// lineFlags say how a Modbus line is reached that is in no site file yet.
type lineFlags struct {
	URL      string        `arg:"" help:"The line: tcp://10.0.0.5:502, rtu:///dev/ttyUSB0, or rtu+tcp://10.0.0.6:4001 (RTU frames over TCP)."`
	Timeout  time.Duration `default:"500ms" help:"The longest wait for one answer (${default}). A slow device needs more."`
	Pause    time.Duration `default:"20ms" help:"Between an answer and the next request (${default})."`
	Connect  time.Duration `name:"connect-pause" default:"0s" help:"Between connecting and the first request (${default})."`
	Baud     []int         `default:"9600" placeholder:"N" help:"Serial line: bits per second; a scan tries several (${default})."`
	Parity   []string      `default:"N" placeholder:"N" help:"Serial line: none, even or odd; a scan tries several (${default})."`
	StopBits []int         `default:"1" placeholder:"N" help:"Serial line: stop bits (${default})."`
}

// buses are the settings that the line may have, in the order given.
func (f lineFlags) buses() ([]config.Bus, error) {
	base := config.Bus{Timeout: f.Timeout, Pause: f.Pause, ConnectPause: f.Connect}
	u, err := url.Parse(f.URL)
	const form = "want tcp://HOST:PORT, rtu:///dev/ttyUSB0 or rtu+tcp://HOST:PORT"
	if err != nil {
		return nil, fmt.Errorf("%q: %s", f.URL, form)
	}
	if f.Timeout < 10*time.Millisecond || f.Timeout > time.Minute || f.Pause < 0 || f.Pause > 10*time.Second || f.Connect < 0 || f.Connect > time.Minute {
		return nil, fmt.Errorf("want --timeout of 10ms to 1m, --pause of at most 10s and --connect-pause of at most 1m")
	}
	switch base.Transport = config.Transport(u.Scheme); base.Transport {
	case config.ModbusTCP, config.ModbusRTUOver:
		base.Address = u.Host
		if u.Port() == "" && u.Hostname() != "" && base.Transport == config.ModbusTCP {
			base.Address = net.JoinHostPort(u.Hostname(), "502")
		}
		if host, port, err := net.SplitHostPort(base.Address); err != nil || host == "" || port == "" || strings.Trim(u.Path, "/") != "" {
			return nil, fmt.Errorf("%q: %s", f.URL, form)
		}
		return []config.Bus{base}, nil
	case config.ModbusRTU:
		if u.Host != "" || len(u.Path) < 2 {
			return nil, fmt.Errorf("%q: want three slashes, as in rtu:///dev/ttyUSB0", f.URL)
		}
		base.Address, base.DataBits = u.Path, 8
		return f.settings(base)
	}
	return nil, fmt.Errorf("%q: %s", f.URL, form)
}

func (f lineFlags) settings(base config.Bus) ([]config.Bus, error) {
	var out []config.Bus
	for _, base.Baud = range f.Baud {
		for _, base.Parity = range f.Parity {
			for _, base.StopBits = range f.StopBits {
				if base.Baud < 300 || base.Baud > 4_000_000 || !slices.Contains([]string{"N", "E", "O"}, base.Parity) || base.StopBits < 1 || base.StopBits > 2 {
					return nil, fmt.Errorf("%d baud, parity %s, %d stop bits: want 300 to 4000000, N, E or O, and 1 or 2", base.Baud, base.Parity, base.StopBits)
				}
				out = append(out, base)
			}
		}
	}
	return out, nil
}

// open connects to a line that has one setting.
func (f lineFlags) open() (*modbus.Client, error) {
	buses, err := f.buses()
	if err != nil {
		return nil, err
	}
	if len(buses) != 1 {
		return nil, fmt.Errorf("want one --baud, --parity and --stop-bits: steward scan finds which")
	}
	return modbus.NewClient(buses[0], true)
}

// setting names a line and, where it is serial, how it is set.
func setting(b config.Bus) string {
	if b.Transport != config.ModbusRTU {
		return b.URL()
	}
	return fmt.Sprintf("%s at %d baud %d%s%d", b.URL(), b.Baud, b.DataBits, b.Parity, b.StopBits)
}

// unitList reads 1-32 or 1,3,7-9.
func unitList(text string, serial bool) ([]byte, error) {
	low, high := 0, 255
	if serial {
		low, high = 1, 247
	}
	var out []byte
	for part := range strings.SplitSeq(text, ",") {
		first, last, span := strings.Cut(strings.TrimSpace(part), "-")
		if !span {
			last = first
		}
		a, err1 := strconv.Atoi(first)
		b, err2 := strconv.Atoi(last)
		if err1 != nil || err2 != nil || a < low || b > high || a > b {
			return nil, fmt.Errorf("units %q: want numbers from %d to %d, such as 1-32 or 1,3,7-9", text, low, high)
		}
		for n := a; n <= b; n++ {
			if !slices.Contains(out, byte(n)) {
				out = append(out, byte(n))
			}
		}
	}
	return out, nil
}

var tableNames = map[string]config.Table{
	"coil": config.Coils, "discrete": config.DiscreteInputs, "holding": config.HoldingRegisters, "input": config.InputRegisters,
}

var _ survey.Line = (*modbus.Client)(nil)
