package sim

import (
	"context"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"steward/drivers"
	"steward/drivers/modbus"
	"steward/gateway"
	"steward/gateway/config"
)

// freePorts is the first of n free ports in a row.
func freePorts(t *testing.T, n int) int {
	t.Helper()
	for range 100 {
		base := 20000 + rand.IntN(12000) // below the ports the system gives out itself
		var open []net.Listener
		for i := range n {
			ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(base+i)))
			if err != nil {
				break
			}
			open = append(open, ln)
		}
		for _, ln := range open {
			_ = ln.Close()
		}
		if len(open) == n {
			return base
		}
	}
	t.Fatal("no free ports in a row")
	return 0
}

// register finds the mapping of a point.
func register(a *config.Asset, point string) *config.Register {
	for i := range a.Modbus.Points {
		if a.Modbus.Points[i].Point == point {
			return &a.Modbus.Points[i]
		}
	}
	return nil
}

// TestDriverReadsTheDemo reads the whole demo with the gateway's own Modbus
// driver: every point must come back good and as the field says it is.
func TestDriverReadsTheDemo(t *testing.T) {
	cfg := demo(t, freePorts(t, DemoPorts))
	f, err := New(cfg, Options{Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	f.Step(start())
	f.Step(start().Add(10 * time.Minute))
	for _, d := range f.devices {
		for i, p := range d.signals.points {
			hold(t, f, d.id, p.Name, d.signals.at(i))
		}
	}
	run(t, f)
	got := readAll(t, cfg)
	for i := range cfg.Assets {
		a := &cfg.Assets[i]
		if a.Modbus == nil {
			continue
		}
		for _, p := range cfg.Site.Assets[i].Points {
			v, read := got[string(a.ID)+" "+p.Name]
			want, _ := f.Value(a.ID, p.Name)
			near := 0.0
			if r := register(a, p.Name); r != nil && len(r.Transform.Enum) == 0 {
				near = tolerance(r, want)
			}
			if !read || v.Quality != gateway.QualityGood || math.Abs(v.Number-want) > near {
				t.Errorf("%s %s: driver %v (%s %s), field %v", a.ID, p.Name, v.Number, v.Quality, v.Reason, want)
			}
		}
	}
}

// readAll runs the driver on every bus until every asset has reported twice.
func readAll(t *testing.T, cfg *config.Config) map[string]gateway.Value {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var mu sync.Mutex
	got, rounds, left := map[string]gateway.Value{}, map[gateway.AssetID]int{}, 0
	for i := range cfg.Assets {
		if cfg.Assets[i].Modbus != nil {
			left++
		}
	}
	emit := func(_ context.Context, readings []gateway.Reading) error {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range readings {
			for _, v := range r.Values {
				got[string(r.Asset)+" "+v.Point] = v
			}
			if rounds[r.Asset]++; rounds[r.Asset] == 2 {
				if left--; left == 0 {
					cancel()
				}
			}
		}
		return nil
	}
	var wg sync.WaitGroup
	d := modbus.Driver()
	for _, wire := range d.Wires(cfg) {
		source, err := d.New(drivers.Spec{Wire: wire, Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now, Data: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if err := source.Run(ctx, emit); err != nil {
				t.Errorf("bus %s: %v", wire, err)
			}
		})
	}
	wg.Wait()
	if left > 0 {
		t.Errorf("%d assets did not report twice", left)
	}
	return got
}
