package mqtt

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/drivers"
	"steward/drivers/mqtt/mqtttest"
	"steward/gateway"
	"steward/gateway/config"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// publish sends one message with mosquitto's own client.
func publish(t testing.TB, addr, topic, payload string, args ...string) {
	t.Helper()
	host, port, _ := net.SplitHostPort(addr)
	args = append([]string{"-h", host, "-p", port, "-q", "1", "-t", topic, "-m", payload}, args...)
	if out, err := exec.Command(mqtttest.Tool(t, "mosquitto_pub"), args...).CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_pub %s: %v: %s", topic, err, out)
	}
}

// eventually polls until the condition holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", patience, what)
		case <-tick.C:
		}
	}
}

// disk is where readings go: a journal that can be made to hold its answer.
type disk struct {
	mu    sync.Mutex
	got   []gateway.Reading
	calls int
	open  chan struct{} // closed: answers at once
}

func newDisk() *disk {
	d := &disk{open: make(chan struct{})}
	close(d.open)
	return d
}

// hold makes Emit wait until release.
func (d *disk) hold() (release func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	gate := make(chan struct{})
	d.open = gate
	return func() { close(gate) }
}

func (d *disk) emit(ctx context.Context, r []gateway.Reading) error {
	d.mu.Lock()
	d.calls++
	gate := d.open
	d.mu.Unlock()
	select {
	case <-gate:
	case <-ctx.Done():
		return ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, x := range r {
		x.Values = slices.Clone(x.Values)
		d.got = append(d.got, x)
	}
	return nil
}

func (d *disk) called() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls
}

// texts returns the readings in short: "asset point=number quality reason".
func (d *disk) texts() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, r := range d.got {
		for _, v := range r.Values {
			s := fmt.Sprintf("%s %s=%g %s %s", r.Asset, v.Point, v.Number, v.Quality, v.Reason)
			out = append(out, strings.TrimSpace(s))
		}
	}
	return out
}

func (d *disk) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.got)
}

// running is a source at work.
type running struct {
	t      testing.TB
	src    gateway.Source
	cancel context.CancelFunc
	done   chan error
	log    *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// run starts a source of the site and waits until it has subscribed, unless
// its state never becomes up.
func run(t testing.TB, c *config.Config, data string, emit gateway.Emit) *running {
	t.Helper()
	r := &running{t: t, log: &syncBuffer{}}
	src, err := Driver().New(drivers.Spec{
		Wire: "main", Config: c, Log: slog.New(slog.NewTextHandler(r.log, nil)), Now: time.Now, Data: data,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.src = src
	r.again(emit)
	t.Cleanup(func() {
		r.stop()
		if t.Failed() {
			t.Logf("the source's log:\n%s", r.log)
		}
	})
	return r
}

func (r *running) again(emit gateway.Emit) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	r.cancel, r.done = cancel, done
	go func() { done <- r.src.Run(ctx, emit) }()
}

func (r *running) stop() {
	if r.cancel == nil {
		return
	}
	r.cancel()
	r.cancel = nil
	select {
	case err := <-r.done:
		if err != nil {
			r.t.Errorf("Run returned %v after its context ended, want nil", err)
		}
	case <-time.After(patience):
		r.t.Errorf("Run did not return within %s", patience)
	}
}

// broken waits for Run to return an error.
func (r *running) broken() error {
	r.t.Helper()
	select {
	case err := <-r.done:
		r.cancel()
		r.cancel = nil
		if err == nil {
			r.t.Fatal("Run returned nil, want an error")
		}
		return err
	case <-time.After(patience):
		r.t.Fatalf("Run did not return within %s", patience)
		return nil
	}
}

func (r *running) status() gateway.BrokerStatus {
	return r.src.(drivers.BrokerReporter).BrokerStatus()
}

func (r *running) up() *running {
	r.t.Helper()
	eventually(r.t, "the source is up", func() bool { return r.status().State == gateway.StateUp })
	return r
}

// at points a site's broker to an address.
func at(c *config.Config, addr string) *config.Config {
	c.Brokers[0].URL = "tcp://" + addr
	return c
}

// temperatures is a site with one asset whose temperature comes from t/#.
func temperatures() *config.Config {
	return testSite(map[gateway.AssetID][]config.Topic{"a": {{
		Filter: "t/#", Format: config.FormatJSON, Fields: []config.Field{{Point: "temperature", Path: "v"}},
	}}})
}
