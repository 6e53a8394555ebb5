package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/simonvetter/modbus"
)

// oneCoil is a site of one pump behind one coil.
const oneCoil = `site: {id: coil, name: Coil, timezone: Asia/Shanghai, language: zh}
modbus: [{id: line, url: "tcp://%s"}]
areas: [{id: cellar, name: Cellar}]
assets:
  - id: pump-1
    kind: pump
    area: cellar
    name: Pump 1
    modbus: {bus: line, unit: 1, interval: 50ms, points: [{point: running, table: coil, address: 0}]}
`

// TestCoilToLive follows one coil over the whole line: Modbus TCP, journal on
// disk, live stream. The time it took is logged, not judged.
func TestCoilToLive(t *testing.T) {
	device := startDevice(t)
	site := writeFile(t, "site.yaml", fmt.Sprintf(oneCoil, device.address))
	p := start(t, nil, "run", "--config", site, "--data", dataFolder(t), "--listen", "127.0.0.1:0")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	events := signIn(t, p.url, testPassword).live(ctx, "/api/v1/live")
	if e := <-events; e.name != "description" || !strings.Contains(string(e.data), "pump-1") {
		t.Fatalf("the first event is %s %s, want a description", e.name, e.data)
	}
	if e := <-events; e.name != "snapshot" {
		t.Fatalf("the second event is %s, want a snapshot", e.name)
	}
	var worst, sum time.Duration
	const flips = 20
	for i := range flips + 1 {
		on := i%2 == 0
		began := device.set(0, on)
		took := waitRunning(t, events, on).Sub(began)
		if i > 0 { // the first waits for the connection
			worst, sum = max(worst, took), sum+took
		}
	}
	t.Logf("from a changed coil to the live stream, polled every 50 ms: mean %s, worst %s", sum/flips, worst)
	if took := p.stop(); took > stopTime {
		t.Errorf("a clean stop took %s", took)
	}
}

// waitRunning returns when the stream first said that the pump's coil is on
// (or off).
func waitRunning(t *testing.T, events <-chan event, on bool) time.Time {
	t.Helper()
	want := 0.0
	if on {
		want = 1
	}
	late := time.After(10 * time.Second)
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatal("the stream ended")
			}
			var change struct{ Values [][]any }
			if err := json.Unmarshal(e.data, &change); err != nil {
				t.Fatalf("%s: %v", e.data, err)
			}
			for _, row := range change.Values {
				if row[2] == want && row[3] == "good" {
					return e.at
				}
			}
		case <-late:
			t.Fatalf("the coil did not show in the stream (on: %v)", on)
		}
	}
}

// device is a Modbus TCP server of another make, with coils.
type device struct {
	address string
	writes  chan coil
	reads   chan chan []bool
}

type coil struct {
	address int
	on      bool
}

func startDevice(t testing.TB) *device {
	t.Helper()
	d := &device{address: fmt.Sprintf("127.0.0.1:%d", freePort(t)), writes: make(chan coil), reads: make(chan chan []bool)}
	server, err := modbus.NewServer(&modbus.ServerConfiguration{URL: "tcp://" + d.address, MaxClients: 4}, d)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // owns the coils until the test ends
		coils := make([]bool, 16)
		for {
			select {
			case w := <-d.writes:
				coils[w.address] = w.on
			case r := <-d.reads:
				r <- append([]bool(nil), coils...)
			case <-done:
				return
			}
		}
	}()
	t.Cleanup(func() { _ = server.Stop(); close(done) })
	return d
}

// set writes a coil and returns when that was.
func (d *device) set(address int, on bool) time.Time {
	d.writes <- coil{address, on}
	return time.Now()
}

func (d *device) HandleCoils(r *modbus.CoilsRequest) ([]bool, error) {
	if int(r.Addr)+int(r.Quantity) > 16 || r.IsWrite {
		return nil, modbus.ErrIllegalDataAddress
	}
	all := make(chan []bool)
	d.reads <- all
	return (<-all)[r.Addr : r.Addr+r.Quantity], nil
}

func (*device) HandleDiscreteInputs(*modbus.DiscreteInputsRequest) ([]bool, error) {
	return nil, modbus.ErrIllegalDataAddress
}

func (*device) HandleHoldingRegisters(*modbus.HoldingRegistersRequest) ([]uint16, error) {
	return nil, modbus.ErrIllegalDataAddress
}

func (*device) HandleInputRegisters(*modbus.InputRegistersRequest) ([]uint16, error) {
	return nil, modbus.ErrIllegalDataAddress
}

// TestReload shows that SIGHUP brings a good file into force and refuses a
// bad one.
func TestReload(t *testing.T) {
	device := startDevice(t)
	text := fmt.Sprintf(oneCoil, device.address)
	site := writeFile(t, "site.yaml", text)
	p := start(t, nil, "run", "--config", site, "--data", dataFolder(t), "--listen", "127.0.0.1:0")
	pg := signIn(t, p.url, testPassword)
	reload := func(text string) {
		if err := os.WriteFile(site, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_ = p.cmd.Process.Signal(syscall.SIGHUP)
	}
	assets := func() string {
		var got struct{ Assets []struct{ ID string } }
		pg.get("/api/v1/assets", &got)
		return fmt.Sprint(got.Assets)
	}
	reload(strings.Replace(text, "interval: 50ms", "intervall: 50ms", 1))
	eventually(t, 10*time.Second, "the bad file is refused with its place", func() bool {
		return strings.Contains(p.logText(), `site.yaml:9:`) && strings.Contains(p.logText(), "the old one keeps running")
	})
	if got := assets(); got != "[{pump-1}]" {
		t.Errorf("after a bad file the assets are %s", got)
	}
	reload(text + strings.ReplaceAll(text[strings.Index(text, "  - id: pump-1"):], "pump-1", "pump-2"))
	eventually(t, 10*time.Second, "the new pump is there", func() bool { return assets() == "[{pump-1} {pump-2}]" })
	eventually(t, 10*time.Second, "the new pump is read", func() bool {
		var a struct {
			Values map[string]struct{ Quality string }
		}
		pg.get("/api/v1/assets/pump-2", &a)
		return a.Values["running"].Quality == "good"
	})
}
