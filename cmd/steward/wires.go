package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"steward/drivers"
	"steward/gateway"
	"steward/gateway/config"
)

// wires keeps one supervised source running for every bus and broker of the
// site file, and changes only what a new file changes.
type wires struct {
	drivers []drivers.Driver
	emit    gateway.Emit
	log     *slog.Logger
	now     func() time.Time
	data    string

	mu      sync.Mutex
	running map[string]*wire
}

// wire is one running source.
type wire struct {
	source gateway.Source
	about  any // everything of the site file the source was made from
	cancel context.CancelFunc
	done   chan struct{}
}

// plan makes, without I/O, the sources that cfg wants.
func (w *wires) plan(cfg *config.Config) (map[string]*wire, error) {
	planned := map[string]*wire{}
	for _, d := range w.drivers {
		for _, id := range d.Wires(cfg) {
			source, err := d.New(drivers.Spec{
				Wire: id, Config: cfg, Now: w.now, Data: w.data,
				Log: w.log.With("driver", d.Name, "wire", id),
			})
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", d.Name, id, err)
			}
			planned[d.Name+" "+id] = &wire{source: source, about: wireConfig(cfg, d.Name, id)}
		}
	}
	return planned, nil
}

// change stops what planned no longer has or has otherwise, calls between,
// and starts the rest. Unchanged wires never notice. Sources end with ctx.
func (w *wires) change(ctx context.Context, planned map[string]*wire, between func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		w.running = map[string]*wire{}
	}
	var gone []*wire
	for key, old := range w.running {
		if p, ok := planned[key]; !ok || !reflect.DeepEqual(p.about, old.about) {
			old.cancel()
			gone = append(gone, old)
			delete(w.running, key)
		}
	}
	for _, old := range gone {
		<-old.done
	}
	between()
	for _, key := range slices.Sorted(maps.Keys(planned)) {
		if w.running[key] == nil {
			w.running[key] = w.start(ctx, key, planned[key])
		}
	}
}

func (w *wires) start(ctx context.Context, key string, p *wire) *wire {
	ctx, p.cancel = context.WithCancel(ctx)
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		drivers.Supervise(ctx, w.log, key, p.source, w.emit)
	}()
	return p
}

// stop ends every source and waits for them.
func (w *wires) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.running {
		p.cancel()
	}
	for _, p := range w.running {
		<-p.done
	}
	w.running = nil
}

// Buses reports every Modbus bus, by ID.
func (w *wires) Buses() []gateway.BusStatus {
	return collect(w, func(s gateway.Source) (gateway.BusStatus, bool) {
		r, ok := s.(drivers.BusReporter)
		if !ok {
			return gateway.BusStatus{}, false
		}
		return r.BusStatus(), true
	})
}

// Brokers reports every MQTT connection, by ID.
func (w *wires) Brokers() []gateway.BrokerStatus {
	return collect(w, func(s gateway.Source) (gateway.BrokerStatus, bool) {
		r, ok := s.(drivers.BrokerReporter)
		if !ok {
			return gateway.BrokerStatus{}, false
		}
		return r.BrokerStatus(), true
	})
}

func collect[T any](w *wires, status func(gateway.Source) (T, bool)) []T {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := []T{}
	for _, key := range slices.Sorted(maps.Keys(w.running)) {
		if s, ok := status(w.running[key].source); ok {
			all = append(all, s)
		}
	}
	return all
}

// wireConfig gathers what a wire depends on, so that a reload can tell
// whether it changed. A new name for an asset is none of the wire's business.
func wireConfig(cfg *config.Config, driver, id string) any {
	type about struct {
		Zone    string
		Buses   []config.Bus
		Brokers []config.Broker
		Assets  []config.Asset
		Points  [][]gateway.Point
	}
	a := about{Zone: cfg.Site.Zone.String()}
	for i, asset := range cfg.Assets {
		onBus := driver == "modbus" && asset.Modbus != nil && asset.Modbus.Bus == id
		onBroker := driver == "mqtt" && asset.MQTT != nil && asset.MQTT.Broker == id
		if onBus || onBroker {
			a.Assets = append(a.Assets, asset)
			a.Points = append(a.Points, cfg.Site.Assets[i].Points)
		}
	}
	if i := slices.IndexFunc(cfg.Buses, func(b config.Bus) bool { return b.ID == id }); driver == "modbus" && i >= 0 {
		a.Buses = cfg.Buses[i : i+1]
	}
	if i := slices.IndexFunc(cfg.Brokers, func(b config.Broker) bool { return b.ID == id }); driver == "mqtt" && i >= 0 {
		a.Brokers = cfg.Brokers[i : i+1]
	}
	return a
}
