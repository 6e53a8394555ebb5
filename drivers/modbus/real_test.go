package modbus

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// tool returns a program's path or fails with what to do.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: run `make tools`", name)
	}
	return path
}

// program starts a program that lives until the test ends, and returns the
// first line it prints.
func program(t *testing.T, path string, args ...string) string {
	t.Helper()
	cmd := exec.Command(path, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()         // killed: that is its error
	})
	t.Cleanup(stop)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		t.Fatalf("%s: %v: %s (if something is missing: run `make tools`)", path, err, complaints.String())
	}
	return strings.TrimSpace(line)
}

// python returns the interpreter that has pymodbus.
func python(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(path, "-c", "import pymodbus").Run() == nil {
			return path
		}
	}
	t.Fatal("python3 with pymodbus is missing: run `make tools`")
	return ""
}

// ptys makes a serial line out of two pseudo-terminals.
func ptys(t *testing.T) (ours, theirs string) {
	t.Helper()
	socat := tool(t, "socat")
	dir := t.TempDir()
	ours, theirs = filepath.Join(dir, "ours"), filepath.Join(dir, "theirs")
	cmd := exec.Command(socat, "pty,raw,echo=0,link="+ours, "pty,raw,echo=0,link="+theirs)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()         // killed: that is its error
	})
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for limit := time.Now().Add(10 * time.Second); ; <-ticker.C {
		_, err1 := os.Stat(ours)
		_, err2 := os.Stat(theirs)
		if err1 == nil && err2 == nil {
			return ours, theirs
		}
		if time.Now().After(limit) {
			t.Fatal("socat made no pseudo-terminals")
		}
	}
}

// libmodbus builds the C server and runs it on the device.
func libmodbus(t *testing.T, device string) {
	t.Helper()
	server := filepath.Join(t.TempDir(), "server")
	out, err := exec.Command(tool(t, "gcc"), "-o", server, "testdata/server.c", "-I/usr/include/modbus", "-lmodbus").CombinedOutput()
	if err != nil {
		t.Fatalf("libmodbus server does not build (libmodbus-dev missing? run `make tools`): %v\n%s", err, out)
	}
	if line := program(t, server, device); line != "ready" {
		t.Fatalf("server says %q", line)
	}
}

// image is the asset of both servers: every table, width and order.
func image(interval time.Duration) config.Asset {
	points := []struct {
		name  string
		at    uint16
		enc   config.Encoding
		shape func(*config.Register)
	}{
		{"int16", 0x10, config.EncInt16, nil},
		{"float32", 0x11, config.EncFloat32, nil},
		{"int32", 0x13, config.EncInt32, low},
		{"uint64", 0x15, config.EncUint64, nil},
		{"float64", 0x19, config.EncFloat64, nil},
		{"bit", 0x1D, config.EncBool, field(3, 1)},
		{"bits", 0x1D, config.EncUint16, field(1, 3)},
		{"none", 0x1E, config.EncUint16, na(0xFFFF)},
		{"bcd", 0x1F, config.EncBCD16, nil},
		{"absent", 0x20, config.EncUint16, nil},
	}
	m := &config.ModbusAsset{Bus: "bus", Unit: 7, Interval: interval}
	for _, p := range points {
		r := reg(p.enc)
		r.Point, r.Address = p.name, p.at
		if p.shape != nil {
			p.shape(&r)
		}
		m.Points = append(m.Points, r)
	}
	for at := range uint16(10) {
		m.Points = append(m.Points, config.Register{Point: "coil" + string(rune('0'+at)), Table: config.Coils, Address: at, Encoding: config.EncBool, Bit: -1})
	}
	m.Points = append(m.Points,
		config.Register{Point: "discrete", Table: config.DiscreteInputs, Address: 5, Encoding: config.EncBool, Bit: -1},
		config.Register{Point: "input", Table: config.InputRegisters, Encoding: config.EncUint16, Bit: -1})
	return config.Asset{ID: "image", Modbus: m}
}

var imageWant = map[string]float64{"int16": -2, "float32": 230.5, "int32": -100000, "uint64": 123456789012, "float64": 3.25,
	"bit": 1, "bits": 5, "bcd": 1234, "coil0": 1, "coil1": 0, "coil2": 1, "coil3": 1, "coil4": 0, "coil5": 0, "coil6": 1,
	"coil7": 1, "coil8": 0, "coil9": 1, "discrete": 1, "input": 555}

// readImage runs a bus with the image, a healthy second asset of the same
// unit, and a unit that does not exist, and checks what comes.
func readImage(t *testing.T, wire config.Bus) {
	t.Helper()
	wire.Timeout = 200 * time.Millisecond
	other := assetOf("other", 7, 50*time.Millisecond, 0x10)
	b := open(t, wire, image(200*time.Millisecond), other, assetOf("absent", 9, time.Second, 0))
	s := run(t, b)
	r := s.until(t, "the image with its refused point found", func(r gateway.Reading) bool {
		if r.Asset != "image" {
			return false
		}
		for _, v := range r.Values {
			if _, numbered := imageWant[v.Point]; numbered && v.Quality != gateway.QualityGood {
				return false
			}
		}
		return true
	})
	for _, v := range r.Values {
		want, numbered := imageWant[v.Point]
		switch {
		case numbered && v.Number != want:
			t.Errorf("%s is %v, want %v", v.Point, v.Number, want)
		case v.Point == "none" && v.Reason != reasonNA:
			t.Errorf("none: %+v", v)
		case v.Point == "absent" && (v.Quality != gateway.QualityBad || !strings.Contains(v.Reason, "exception 2: illegal data address at holding 32+1")):
			t.Errorf("absent: %+v", v)
		}
	}
	s.until(t, "the loss of the unit that is not there", func(r gateway.Reading) bool {
		return r.Asset == "absent" && r.Values[0].Quality == gateway.QualityLost
	})
	n := 0
	s.until(t, "40 good readings of the neighbour", func(r gateway.Reading) bool {
		if r.Asset == "other" && good(r) && r.Values[0].Number == 65534 {
			n++
		}
		return n == 40
	})
	if st := b.BusStatus(); len(st.Units) != 2 || len(st.Units[0].BadPoints) != 1 || st.Requests == 0 || st.LineTime <= 0 {
		t.Errorf("status %+v", st)
	}
}

func TestPymodbusOverTCP(t *testing.T) {
	readImage(t, config.Bus{Transport: config.ModbusTCP, Address: "127.0.0.1:" + program(t, python(t), "testdata/server.py", "tcp")})
}

func TestPymodbusRTUOverTCP(t *testing.T) {
	readImage(t, config.Bus{Transport: config.ModbusRTUOver, Address: "127.0.0.1:" + program(t, python(t), "testdata/server.py", "rtu+tcp")})
}

func TestLibmodbusRTUOnASerialLine(t *testing.T) {
	ours, theirs := ptys(t)
	libmodbus(t, theirs)
	readImage(t, config.Bus{Transport: config.ModbusRTU, Address: ours, Baud: 115200, DataBits: 8, Parity: "N", StopBits: 1})
}

// A read that nobody answers does not hold up a stop: run fails otherwise.
func TestSerialLineStopsAtOnce(t *testing.T) {
	ours, theirs := ptys(t)
	b := open(t, config.Bus{Transport: config.ModbusRTU, Address: ours, Baud: 9600, DataBits: 8, Parity: "N", StopBits: 1,
		Timeout: time.Hour}, assetOf("a", 1, time.Millisecond, 1))
	other, err := os.OpenFile(theirs, os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx, func(context.Context, []gateway.Reading) error { return nil }) }()
	if _, err := io.ReadFull(other, make([]byte, 8)); err != nil { // a request is out, the source reads now
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Run returned %v", err)
		}
	case <-time.After(time.Second):
		t.Error("Run did not end within a second")
	}
}
