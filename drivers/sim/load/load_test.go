package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/simonvetter/modbus"
	"github.com/tidwall/gjson"
)

func TestModbusAnswers(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	listeners, err := Listen(ctx, 3)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- ServeModbus(ctx, listeners...) }()
	for _, ln := range listeners {
		c, err := modbus.NewClient(&modbus.ClientConfiguration{URL: "tcp://" + ln.Addr().String(), Timeout: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Open(); err != nil {
			t.Fatal(err)
		}
		for tick := range uint64(3) {
			got, err := c.ReadFloat32s(100, 60, modbus.INPUT_REGISTER)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range got {
				if want := Value(uint16(100+2*i), tick); v != want || v < 0 || v >= 1 {
					t.Fatalf("tick %d, float %d: %v, want %v", tick, i, v, want)
				}
			}
		}
		if err := c.WriteCoil(1, true); !errors.Is(err, modbus.ErrIllegalFunction) {
			t.Errorf("write: %v, want exception 01", err)
		}
		if _, err := c.ReadRegisters(5, 3, modbus.HOLDING_REGISTER); err != nil {
			t.Errorf("after an exception: %v", err)
		}
		_ = c.Close()
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("ServeModbus: %v", err)
	}
}

func TestModbusDropsWhatIsNotModbus(t *testing.T) {
	for _, junk := range []string{"GET / HTTP/1.1\r\n\r\n", "\x00\x01\x00\x00\x00\x01\x01\x03", "\x00\x01\x00\x00\x00\xff\x01\x03"} {
		here, there := net.Pipe()
		done := make(chan struct{})
		go func() { defer close(done); answer(there) }()
		_, _ = here.Write([]byte(junk))
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Errorf("%q did not end the connection", junk)
		}
		_ = here.Close()
	}
}

// mosquitto starts a real broker that lets anybody in.
func mosquitto(t *testing.T) string {
	t.Helper()
	bin, err := exec.LookPath("mosquitto")
	if err != nil {
		bin = "/usr/sbin/mosquitto"
	}
	if _, err := os.Stat(bin); err != nil {
		t.Fatal("mosquitto is missing: run `make tools`")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	_, port, _ := net.SplitHostPort(addr)
	file := filepath.Join(t.TempDir(), "mosquitto.conf")
	conf := fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n", port)
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-c", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			return addr
		}
		select {
		case <-ctx.Done():
			t.Fatal("mosquitto does not listen")
		case <-tick.C:
		}
	}
}

func TestPublisherDeliversEverySequence(t *testing.T) {
	addr := mosquitto(t)
	for _, c := range []struct {
		qos    byte
		format string
	}{{0, ""}, {1, "unix_ms"}, {1, "unix"}} {
		t.Run(fmt.Sprintf("qos %d %s", c.qos, c.format), func(t *testing.T) {
			const count = 3000
			topic := fmt.Sprintf("t%d%s/{device}/x", c.qos, c.format)
			in := collect(t, addr, strings.Replace(topic, "{device}", "+", 1), c.qos, count)
			var acked []uint64
			report, err := Publisher{
				Address: addr, Devices: 7, Topic: topic, QoS: c.qos, Count: count, First: 100, Window: 200, TimeFormat: c.format,
				Acked: func(seq uint64) { acked = append(acked, seq) },
			}.Run(t.Context())
			if err != nil || report.Sent != count {
				t.Fatalf("%+v, %v", report, err)
			}
			if c.qos == 1 && (report.Acked != count || len(acked) != count || acked[0] != 100 || acked[count-1] != 100+count-1) {
				t.Errorf("answered: %+v, %d told", report, len(acked))
			}
			select {
			case <-in.full:
			case <-time.After(20 * time.Second):
				t.Fatalf("%d of %d messages came", in.count(), count)
			}
			in.check(t, count)
		})
	}
}

// box collects messages until there are enough.
type box struct {
	mu   sync.Mutex
	got  map[string]bool // topic and time
	seqs map[int64]bool
	bad  string
	full chan struct{}
}

func collect(t *testing.T, addr, filter string, qos byte, want int) *box {
	t.Helper()
	in := &box{got: map[string]bool{}, seqs: map[int64]bool{}, full: make(chan struct{})}
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID("box").SetAutoReconnect(false))
	if tok := c.Connect(); !tok.WaitTimeout(5*time.Second) || tok.Error() != nil {
		t.Fatalf("connect: %v", tok.Error())
	}
	t.Cleanup(func() { c.Disconnect(0) })
	tok := c.Subscribe(filter, qos, func(_ paho.Client, m paho.Message) {
		in.mu.Lock()
		defer in.mu.Unlock()
		body := gjson.ParseBytes(m.Payload())
		if len(body.Map()) != 8 {
			in.bad = string(m.Payload())
		}
		in.got[m.Topic()+" "+body.Get("ts").Raw] = true
		in.seqs[body.Get("seq").Int()] = true
		if len(in.seqs) == want {
			close(in.full)
		}
	})
	if !tok.WaitTimeout(5*time.Second) || tok.Error() != nil {
		t.Fatalf("subscribe: %v", tok.Error())
	}
	return in
}

func (in *box) count() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.seqs)
}

func (in *box) check(t *testing.T, count int) {
	t.Helper()
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.bad != "" {
		t.Errorf("a payload without its eight fields: %s", in.bad)
	}
	if len(in.got) != count {
		t.Errorf("%d different device times in %d messages", len(in.got), count)
	}
	for seq := int64(100); seq < int64(100+count); seq++ {
		if !in.seqs[seq] {
			t.Fatalf("sequence %d is missing", seq)
		}
	}
}

func TestPublisherKeepsItsRateAndStops(t *testing.T) {
	addr := mosquitto(t)
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	report, err := Publisher{Address: addr, QoS: 1, Rate: 2000, Acked: func(uint64) {
		if n++; n == 400 {
			cancel()
		}
	}}.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if report.Sent < 400 || report.Sent > 600 || report.Elapsed < 190*time.Millisecond {
		t.Errorf("%+v: want about 400 messages in no less than 0.2 s", report)
	}
}

func TestPublisherSaysWhatWentWrong(t *testing.T) {
	if _, err := (Publisher{Address: "127.0.0.1:1"}).Run(t.Context()); err == nil {
		t.Error("no broker, no error")
	}
	if _, err := (Publisher{Address: "127.0.0.1:1", QoS: 2}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "QoS 2") {
		t.Errorf("QoS 2: %v", err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	go func() { // a broker that refuses, then one that hangs up
		for i := 0; ; i++ {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 256))
			_, _ = conn.Write([]byte{0x20, 2, 0, byte(5 * (1 - i))})
			_, _ = conn.Read(make([]byte, 256))
			_ = conn.Close()
		}
	}()
	if _, err := (Publisher{Address: ln.Addr().String()}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "code 5") {
		t.Errorf("refused: %v", err)
	}
	if _, err := (Publisher{Address: ln.Addr().String(), QoS: 1, Count: 5}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "ended the connection") {
		t.Errorf("hung up: %v", err)
	}
}

func BenchmarkModbusReply(b *testing.B) {
	head := [12]byte{0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 120}
	out := make([]byte, 0, 300)
	for i := range b.N {
		out = reply(out[:0], &head, uint64(i))
	}
}

func BenchmarkPublishPacket(b *testing.B) {
	p := Publisher{Devices: 100, QoS: 1}
	p.defaults()
	m := newMessages(&p)
	at := time.Unix(1772431200, 0)
	for i := range b.N {
		_ = m.packet(uint64(i), at)
	}
}
