package sim

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"steward/drivers/profile"
	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/kind"
)

// demo loads the demo's site file as `steward demo` does.
func demo(t testing.TB, basePort int) *config.Config {
	t.Helper()
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	profiles, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "demo.yaml")
	if err := os.WriteFile(file, Demo(basePort), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, kinds, profiles, func(name string) (string, bool) {
		return "secret", name == FieldPasswordEnv
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return cfg
}

func TestDemoIsAValidSite(t *testing.T) {
	cfg := demo(t, 0)
	f, err := New(cfg, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Buses) != demoBuses || cfg.Buses[0].Address != "127.0.0.1:15021" || cfg.Brokers[0].URL != "tcp://127.0.0.1:11883" {
		t.Errorf("wires: %+v %+v", cfg.Buses, cfg.Brokers)
	}
	if len(f.devices) != len(cfg.Assets) || len(f.devices) < 35 {
		t.Errorf("%d devices of %d assets", len(f.devices), len(cfg.Assets))
	}
	for _, d := range f.devices {
		if len(d.signals.points) == 0 {
			t.Errorf("%s has no points", d.id)
		}
		for _, i := range d.rest.points {
			if p := d.signals.points[i]; p.Type != gateway.Bool || !troubled(p.Name) && !slices.Contains(wells, p.Name) {
				t.Errorf("%s (%s): no model drives %s", d.id, d.kind, p.Name)
			}
		}
	}
}

func TestDemoPortsMove(t *testing.T) {
	moved := string(Demo(23000))
	for _, old := range []string{"15021", "15025", "11883"} {
		if strings.Contains(moved, old) {
			t.Errorf("port %s is still there", old)
		}
	}
	cfg := demo(t, 23000)
	if cfg.Buses[4].Address != "127.0.0.1:23005" || cfg.Brokers[0].Listen != "127.0.0.1:23000" {
		t.Errorf("wires: %+v %+v", cfg.Buses, cfg.Brokers)
	}
	if !bytes.Equal(Demo(65535), DemoSite) {
		t.Error("a base port without room above it did not fall back to the usual ports")
	}
}

// TestDemoStaysPlausibleThroughItsRegisters reads every mapped point of the
// demo back from the registers over two hours.
func TestDemoStaysPlausibleThroughItsRegisters(t *testing.T) {
	cfg := demo(t, 0)
	f, err := New(cfg, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for now := start(); now.Before(start().Add(2 * time.Hour)); now = now.Add(20 * time.Second) {
		f.Step(now)
		for _, d := range f.devices {
			if d.modbus != nil {
				checkRegisters(t, d)
			}
		}
		if t.Failed() {
			t.Fatalf("at %s", now.Format(time.TimeOnly))
		}
	}
}

func checkRegisters(t *testing.T, d *device) {
	t.Helper()
	for i := range d.modbus.Points {
		r := &d.modbus.Points[i]
		k, ok := d.signals.index[r.Point]
		if !ok || len(r.Transform.Enum) > 0 || isBits(r.Table) {
			continue
		}
		words, ok := d.unit.read(r.Table, r.Address, r.Encoding.Words())
		if !ok {
			t.Errorf("%s %s: cannot be read", d.id, r.Point)
			continue
		}
		got, want := read(words, r), d.signals.at(k)
		if diff := got - want; diff > tolerance(r, want) || diff < -tolerance(r, want) {
			t.Errorf("%s %s: registers %04x say %v, the model %v", d.id, r.Point, words, got, want)
		}
		if lim := r.Transform.Min; lim != nil && got < *lim {
			t.Errorf("%s %s: %v is below its mapping's %v", d.id, r.Point, got, *lim)
		}
		if lim := r.Transform.Max; lim != nil && got > *lim {
			t.Errorf("%s %s: %v is above its mapping's %v", d.id, r.Point, got, *lim)
		}
	}
}

// tolerance is half a step of a register, or a float32's.
func tolerance(r *config.Register, v float64) float64 {
	scale := r.Transform.Scale
	if scale < 0 {
		scale = -scale
	}
	if v < 0 {
		v = -v
	}
	if r.Encoding == config.EncFloat32 {
		return v * 1e-6
	}
	return scale*0.501 + v*1e-9
}

// TestDemoPayloadsFitTheirMappings makes one round of every MQTT device and
// finds each mapped field in it.
func TestDemoPayloadsFitTheirMappings(t *testing.T) {
	var log bytes.Buffer
	f, err := New(demo(t, 0), Options{Seed: 1, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if log.Len() > 0 {
		t.Errorf("the demo is not quiet: %s", &log)
	}
	f.Step(start())
	talkers := 0
	for _, s := range f.speakers {
		for _, k := range s.talkers {
			talkers++
			if len(k.presence)+len(k.messages) == 0 {
				t.Errorf("%s says nothing", k.d.id)
			}
			sent := map[string]string{}
			for _, out := range k.round(start(), s.rng, nil) {
				sent[out.topic] = string(out.body)
			}
			for _, m := range k.messages {
				for _, f := range m.fields {
					if body := sent[m.topic]; f.Absent == nil && f.Path != "" && !gjson.Get(body, f.Path).Exists() {
						t.Errorf("%s: nothing at %s in %s", k.d.id, f.Path, body)
					}
				}
			}
		}
	}
	if talkers != 13 {
		t.Errorf("%d MQTT devices, want 13", talkers)
	}
}

// BenchmarkDemoStep is what the running demo does four times a second.
func BenchmarkDemoStep(b *testing.B) {
	f, err := New(demo(b, 0), Options{Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	now := start()
	for b.Loop() {
		now = now.Add(beat)
		f.Step(now)
	}
}
