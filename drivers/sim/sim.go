// Package sim is the field: simulated equipment that speaks real Modbus TCP
// and real MQTT, for the demo and for tests. Any site file drives it: it
// answers at every loopback bus of the site and publishes to every loopback
// broker what the site's assets would.
package sim

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

const (
	// grid is the step of every model, in simulated time. On a fixed grid the
	// same seed and start give the same sequence however often Step is called.
	grid = 250 * time.Millisecond
	// beat is how often a running field steps its models, in real time.
	beat = 250 * time.Millisecond
	// maxCatchUp is the longest simulated time made up for step by step; a
	// machine that slept longer goes on from where it was.
	maxCatchUp = time.Hour
)

// Options tune a field. Every field may be left zero but Now and Log have
// the obvious defaults.
type Options struct {
	Seed  int64
	Now   func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: none
	Speed float64          // simulated seconds a second; 0: 1

	// MQTTUser and MQTTPassword give the credentials of the simulated devices
	// at a broker by its ID; nil: none.
	MQTTUser     func(brokerID string) string
	MQTTPassword func(brokerID string) string
}

// Field is a site's simulated equipment.
type Field struct {
	opt      Options
	cfg      *config.Config
	buses    []*bus
	speakers []*speaker

	mu      sync.Mutex // guards everything below, models and images included
	devices []*device  // in the site's order
	byID    map[gateway.AssetID]*device
	happens map[string]bool // incidents by name
	start   time.Time       // real time of the first step
	last    time.Time       // simulated time of the last step
}

// device is one simulated asset.
type device struct {
	id      gateway.AssetID
	kind    string
	signals *signals
	model   model
	rest    *generic // the points that no model drives
	modbus  *config.ModbusAsset
	unit    *unit // Modbus only
	order   []int // in which its registers are written
	frozen  bool
	gone    bool // MQTT: silenced
	dark    bool // without supply, and the last of its own is used up
	wet     bool // FaultLeak
	nudges  int  // times SetPoint or Release was called
}

// New builds the field of a site. It does no I/O. It refuses a site with a
// bus or broker that is not on this machine: simulated readings must never
// reach real equipment. Serial buses cannot be simulated; their assets are
// left out and said so in the log.
func New(cfg *config.Config, opt Options) (*Field, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Speed <= 0 {
		opt.Speed = 1
	}
	f := &Field{opt: opt, cfg: cfg, byID: map[gateway.AssetID]*device{}, happens: map[string]bool{}}
	if err := f.addWires(); err != nil {
		return nil, err
	}
	if err := f.addDevices(); err != nil {
		return nil, err
	}
	f.connect()
	for _, d := range f.devices {
		f.refresh(d)
	}
	return f, nil
}

func (f *Field) addWires() error {
	for _, b := range f.cfg.Buses {
		if b.Transport == config.ModbusRTU {
			f.opt.Log.Warn("the simulator has no serial lines: bus left out", "bus", b.ID, "url", b.URL())
			continue
		}
		if err := loopback(b.Address); err != nil {
			return fmt.Errorf("simulator: bus %s: %w", b.ID, err)
		}
		f.buses = append(f.buses, &bus{field: f, id: b.ID, conf: b, units: map[uint8]*unit{}})
	}
	for _, b := range f.cfg.Brokers {
		if _, err := brokerAddress(b.URL); err != nil {
			return fmt.Errorf("simulator: broker %s: %w", b.ID, err)
		}
	}
	return nil
}

func (f *Field) addDevices() error {
	for i := range f.cfg.Assets {
		a := &f.cfg.Assets[i]
		site := &f.cfg.Site.Assets[i]
		d := &device{id: a.ID, kind: site.Kind, signals: newSignals(site.Points), modbus: a.Modbus}
		rng := source(f.opt.Seed, a.ID)
		d.model = newModel(site, d.signals, rng)
		d.rest = newGeneric(d.signals, rng)
		if a.Modbus != nil {
			f.plug(d, a.Modbus)
		}
		if a.MQTT != nil {
			if err := f.speak(d, a.MQTT); err != nil {
				return err
			}
		}
		f.devices = append(f.devices, d)
		f.byID[d.id] = d
	}
	return nil
}

// plug puts a device onto its bus.
func (f *Field) plug(d *device, a *config.ModbusAsset) {
	for _, b := range f.buses {
		if b.id != a.Bus {
			continue
		}
		u := b.units[uint8(a.Unit)]
		if u == nil {
			u = &unit{image: newImage(), refused: map[place]bool{}}
			b.units[uint8(a.Unit)] = u
		}
		u.image.add(a)
		d.unit, d.order = u, inOrder(a.Points)
	}
}

// Step brings every model to the time now (real time; Speed is applied). The
// first call sets where simulated time begins.
func (f *Field) Step(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.start.IsZero() {
		f.start = now
		f.last = now.Truncate(grid)
	}
	until := f.start.Add(time.Duration(float64(now.Sub(f.start)) * f.opt.Speed))
	if behind := until.Sub(f.last); behind > maxCatchUp || behind < -time.Minute {
		f.last = until.Truncate(grid) // slept, or the clock was set back
	}
	for next := f.last.Add(grid); !next.After(until); next = next.Add(grid) {
		f.last = next
		f.advance(next, grid)
	}
	for _, d := range f.devices {
		if m, ok := d.model.(mortal); ok {
			d.dark = m.dark()
			if d.unit != nil {
				d.unit.dark = d.dark
			}
		}
		f.refresh(d)
		if d.unit != nil && d.modbus.Limits.Watch != nil && !d.frozen {
			d.unit.image.beat(d.modbus.Limits.Watch)
		}
	}
	f.wake()
}

// advance moves every model on by dt to the simulated time now.
func (f *Field) advance(now time.Time, dt time.Duration) {
	local := now.In(zone(&f.cfg.Site))
	for _, d := range f.devices {
		d.model.step(local, dt.Seconds())
		d.rest.step(dt.Seconds())
	}
}

func zone(s *gateway.Site) *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// refresh brings a device's registers to what its signals say, except while
// it is frozen.
func (f *Field) refresh(d *device) {
	if d.wet {
		d.signals.flag("leak", true)
	}
	if d.unit == nil || d.frozen {
		return
	}
	for _, i := range d.order {
		r := &d.modbus.Points[i]
		if k, ok := d.signals.index[r.Point]; ok {
			d.unit.image.write(r, d.signals.at(k), d.signals.points[k].Counter)
		}
	}
	for i := range d.modbus.Factors { // behind the points: a ratio may be one of them
		d.unit.image.one(&d.modbus.Factors[i])
	}
}

// wake tells the MQTT side that something may have changed. f.mu is held.
func (f *Field) wake() {
	for _, s := range f.speakers {
		select {
		case s.changed <- struct{}{}:
		default:
		}
	}
}

// Run serves the field until ctx ends, then returns nil. It calls ready once
// every Modbus bus listens; brokers may come later, the devices keep trying.
// It returns an error when a bus's address cannot be had. A field runs once.
func (f *Field) Run(ctx context.Context, ready func()) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f.Step(f.opt.Now())
	for _, b := range f.buses {
		stop, err := b.serve(ctx, &wg)
		if err != nil {
			return err
		}
		defer stop()
	}
	for _, s := range f.speakers {
		wg.Go(func() { s.run(ctx) })
	}
	if ready != nil {
		ready()
	}
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			f.Step(f.opt.Now())
		}
	}
}

// loopback checks that an address is on this machine.
func loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w", address, err)
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("address %s is not on this machine: the simulator serves 127.0.0.1, ::1 or localhost only", address)
	}
	return nil
}
