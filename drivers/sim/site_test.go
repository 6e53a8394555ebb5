package sim

import (
	"context"
	"net"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/kind"
)

// start is the first instant of simulated time in these tests.
func start() time.Time { return time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC) }

// kindPoints is what the catalogue says an asset of a kind can have.
func kindPoints(t *testing.T, name string) []gateway.Point {
	t.Helper()
	c, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	k, ok := c.Kind(name)
	if !ok {
		t.Fatalf("no kind %q", name)
	}
	return k.Points
}

// site is a config under construction.
type site struct {
	t   *testing.T
	cfg *config.Config
}

func newSite(t *testing.T) *site {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return &site{t, &config.Config{Site: gateway.Site{ID: "test", Zone: zone}}}
}

func (s *site) add(id, kindName, area string, fed ...gateway.AssetID) *config.Asset {
	s.cfg.Site.Assets = append(s.cfg.Site.Assets, gateway.Asset{
		ID: gateway.AssetID(id), Kind: kindName, Area: area, FedBy: fed, Points: kindPoints(s.t, kindName),
	})
	s.cfg.Assets = append(s.cfg.Assets, config.Asset{ID: gateway.AssetID(id)})
	return &s.cfg.Assets[len(s.cfg.Assets)-1]
}

func (s *site) field(opt Options) *Field {
	s.t.Helper()
	f, err := New(s.cfg, opt)
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

// freeAddress is a loopback address nothing listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

// run runs a field for the rest of the test and returns once it listens.
func run(t *testing.T, f *Field) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- f.Run(ctx, func() { close(ready) }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	select {
	case <-ready:
	case err := <-done:
		done <- nil
		t.Fatalf("Run: %v", err)
	}
}

// eventually polls a condition until it holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("never happened: %s", what)
		case <-tick.C:
		}
	}
}

func ptr(v float64) *float64 { return &v }
