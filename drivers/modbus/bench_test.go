package modbus

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	goburrow "github.com/goburrow/modbus"

	"steward/gateway"
	"steward/gateway/config"
)

// asDevice makes the test binary serve as the benchmark's device instead: in
// a process of its own, so that its CPU is not counted.
const asDevice = "STEWARD_MODBUS_BENCH_DEVICE"

func TestMain(m *testing.M) {
	if os.Getenv(asDevice) != "" {
		serveBench()
		return
	}
	os.Exit(m.Run())
}

// serveBench answers every read on a free port with float32 230.5 throughout.
func serveBench() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			in, out := make([]byte, 12), make([]byte, mbapMax)
			for {
				if _, err := io.ReadFull(conn, in); err != nil {
					return
				}
				size := 2 * int(binary.BigEndian.Uint16(in[10:]))
				copy(out, in[:4])
				binary.BigEndian.PutUint16(out[4:], uint16(3+size))
				out[6], out[7], out[8] = in[6], in[7], byte(size)
				for i := 0; i < size; i += 4 {
					copy(out[9+i:], []byte{0x43, 0x66, 0x80, 0})
				}
				if _, err := conn.Write(out[:9+size]); err != nil {
					return
				}
			}
		}()
	}
}

func benchDevice(b *testing.B) string {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asDevice+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill() // the only way it ends
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// cpu is the process's CPU time so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// sixty is an asset of 60 float32 in one block.
func sixty(id string, interval time.Duration) config.Asset {
	m := &config.ModbusAsset{Bus: "bus", Unit: 1, Interval: interval}
	for i := range 60 {
		r := with(reg(config.EncFloat32), within(-1e9, 1e9))
		r.Point, r.Table, r.Address = fmt.Sprintf("p%d", i), config.InputRegisters, uint16(2*i)
		m.Points = append(m.Points, r)
	}
	return config.Asset{ID: gateway.AssetID(id), Modbus: m}
}

// BenchmarkPoll is one poll of 60 float32 over loopback TCP, from request to
// decoded values, with the process's CPU for each value.
func BenchmarkPoll(b *testing.B) {
	bus := open(b, config.Bus{Address: benchDevice(b)}, sixty("a", time.Second))
	ctx := b.Context()
	a := bus.assets[0]
	b.ReportAllocs()
	began := cpu(b)
	for b.Loop() {
		r, err := a.Poll(ctx)
		if err != nil || r.Values[59].Number != 230.5 {
			b.Fatalf("%v %+v", err, r.Values[59])
		}
	}
	b.ReportMetric(float64((cpu(b)-began).Nanoseconds())/float64(b.N)/60, "cpu-ns/value")
	bus.line.close(io.EOF)
}

// BenchmarkBuses is the driver at 60,000 values a second: 200 buses of one
// device with 60 float32 each, polled at 5 Hz; b.N counts polls.
func BenchmarkBuses(b *testing.B) {
	address := benchDevice(b)
	ctx, cancel := context.WithCancel(b.Context())
	var polls atomic.Int64
	enough := make(chan struct{}, 1)
	want := int64(b.N)
	emit := func(_ context.Context, r []gateway.Reading) error {
		if polls.Add(int64(len(r))) >= want {
			signal(enough)
		}
		return nil
	}
	done := make(chan error, 200)
	began := cpu(b)
	for i := range 200 {
		spec := specOf(config.Bus{Address: address}, sixty(fmt.Sprintf("a%d", i), 200*time.Millisecond))
		spec.Wire = fmt.Sprintf("bus-%d", i)
		spec.Config.Buses[0].ID = spec.Wire
		spec.Config.Assets[0].Modbus.Bus = spec.Wire
		bus, err := newBus(spec)
		if err != nil {
			b.Fatal(err)
		}
		go func() { done <- bus.Run(ctx, emit) }()
	}
	<-enough
	used := cpu(b) - began
	b.ReportMetric(float64(used.Nanoseconds())/float64(polls.Load())/60, "cpu-ns/value")
	b.ReportMetric(float64(polls.Load())*60/b.Elapsed().Seconds(), "values/s")
	cancel()
	for range 200 {
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
}

// BenchmarkFrames compares what decision 0002 compares: a request's frame and
// its answer's data, without a wire.
func BenchmarkFrames(b *testing.B) {
	r := request{1, config.InputRegisters, 0, 120}
	data := make([]byte, 240)
	b.Run("own", func(b *testing.B) {
		m, out, in := &mbap{}, []byte(nil), answer(0, r, data)
		b.ReportAllocs()
		for b.Loop() {
			out = m.frame(out[:0], r)
			copy(in, out[:2])
			if got, _, err := m.scan(in, r); err != nil || len(got) != 240 {
				b.Fatal(err)
			}
		}
	})
	b.Run("goburrow", func(b *testing.B) {
		h := goburrow.NewTCPClientHandler("")
		h.SlaveId = 1
		client := goburrow.NewClient2(h, canned(answer(0, r, data)))
		b.ReportAllocs()
		for b.Loop() {
			if got, err := client.ReadInputRegisters(0, 120); err != nil || len(got) != 240 {
				b.Fatal(err)
			}
		}
	})
}

// canned is a transporter that gives the same answer to every request.
type canned []byte

func (c canned) Send(adu []byte) ([]byte, error) {
	copy(c, adu[:2])
	return c, nil
}

// BenchmarkDecode is one answer of 120 registers into 60 values, with the
// jumps of all of them watched: the issue wants it under 3 µs.
func BenchmarkDecode(b *testing.B) {
	a, data := sixtyDecoded(b)
	at := time.Unix(1_000_000, 0)
	b.ReportAllocs()
	for b.Loop() {
		a.decode(&a.blocks[0], data)
		for i := range a.steps {
			s := &a.steps[i]
			s.Check(&a.values[s.index], at)
		}
	}
	if v := a.values[59]; v.Number != 230.5 {
		b.Fatalf("the last value is %+v", v)
	}
}

// sixtyDecoded is an asset of 60 float32 in one block, and its answer.
func sixtyDecoded(t testing.TB) (*asset, []byte) {
	c := sixty("a", time.Second)
	pts := make([]gateway.Point, len(c.Modbus.Points))
	for i, r := range c.Modbus.Points {
		pts[i] = gateway.Point{Name: r.Point, MaxStep: 5}
	}
	a, err := newAsset(c, pts)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.blocks) != 1 || a.blocks[0].count != 120 || len(a.steps) != 60 {
		t.Fatalf("%d blocks, %d jumps watched", len(a.blocks), len(a.steps))
	}
	data := make([]byte, 240)
	for i := 0; i < len(data); i += 4 {
		copy(data[i:], []byte{0x43, 0x66, 0x80, 0})
	}
	return a, data
}
