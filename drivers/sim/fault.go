package sim

import (
	"fmt"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// FaultKind is what can be made to go wrong with a simulated device.
type FaultKind uint8

// The faults.
const (
	// FaultSilent: the unit does not answer any more (Modbus: with every
	// asset on it); the device is gone (MQTT: its availability says so and it
	// publishes nothing).
	FaultSilent FaultKind = iota + 1
	// FaultRefuse: reads that touch the registers of Fault.Point are answered
	// with exception 02 (Modbus).
	FaultRefuse
	// FaultSlow: every answer of the unit comes Fault.Delay late (Modbus).
	FaultSlow
	// FaultFreeze: the device goes on answering with what it last had, and a
	// protocol gateway's life sign stands still.
	FaultFreeze
	// FaultLeak: the sensor is wet until the fault is taken back.
	FaultLeak
)

func (k FaultKind) String() string {
	names := [...]string{FaultSilent: "silent", FaultRefuse: "refuse", FaultSlow: "slow", FaultFreeze: "freeze", FaultLeak: "leak"}
	if int(k) < len(names) && names[k] != "" {
		return names[k]
	}
	return fmt.Sprintf("fault(%d)", k)
}

// Fault is one thing that goes wrong, or with Off one that is put right.
type Fault struct {
	Kind  FaultKind
	Point string        // FaultRefuse only
	Delay time.Duration // FaultSlow only
	Off   bool
}

// Inject makes a fault happen at once, or takes it back. It fails for an
// asset or point the site does not have, and for a fault that the asset's
// wire does not know.
func (f *Field) Inject(asset gateway.AssetID, fault Fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, ok := f.byID[asset]
	if !ok {
		return fmt.Errorf("simulator: inject %s: no asset %q", fault.Kind, asset)
	}
	on := !fault.Off
	switch {
	case fault.Kind == FaultFreeze:
		d.frozen = on
	case fault.Kind == FaultLeak && d.signals.has("leak"):
		d.wet = on
		f.refresh(d)
	case fault.Kind == FaultSilent && d.unit != nil:
		d.unit.silent = on
	case fault.Kind == FaultSilent:
		d.gone = on
	case fault.Kind == FaultSlow && d.unit != nil:
		d.unit.delay = 0
		if on {
			d.unit.delay = fault.Delay
		}
	case fault.Kind == FaultRefuse && d.unit != nil:
		if err := d.refuse(fault.Point, on); err != nil {
			return err
		}
	default:
		return fmt.Errorf("simulator: inject %s: asset %q (%s) cannot have that fault", fault.Kind, asset, d.kind)
	}
	f.wake()
	return nil
}

func (d *device) refuse(point string, on bool) error {
	found := false
	for i := range d.modbus.Points {
		r := &d.modbus.Points[i]
		if r.Point != point {
			continue
		}
		found = true
		for _, at := range places(r) {
			p := place{r.Table, at}
			if on {
				d.unit.refused[p] = true
			} else {
				delete(d.unit.refused, p)
			}
		}
	}
	if !found {
		return fmt.Errorf("simulator: inject refuse: asset %q has no point %q", d.id, point)
	}
	return nil
}

// SetPoint holds a point at a number (engineering value; 0 or 1 for a bool,
// the code for an enum) until Release. When it returns, the next Modbus read
// already sees it, and MQTT devices are publishing it.
func (f *Field) SetPoint(asset gateway.AssetID, point string, number float64) error {
	return f.hold(asset, point, number, true)
}

// Release gives a point that SetPoint holds back to its model.
func (f *Field) Release(asset gateway.AssetID, point string) error {
	return f.hold(asset, point, 0, false)
}

func (f *Field) hold(asset gateway.AssetID, point string, number float64, held bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, ok := f.byID[asset]
	if !ok {
		return fmt.Errorf("simulator: set point: no asset %q", asset)
	}
	i, ok := d.signals.index[point]
	if !ok {
		return fmt.Errorf("simulator: set point: asset %q has no point %q", asset, point)
	}
	d.signals.held[i], d.signals.hold[i] = held, number
	d.nudges++
	f.refresh(d)
	f.wake()
	return nil
}

// Value is what a point of a device reads at this moment, in the point's
// unit; false where the site has no such point.
func (f *Field) Value(asset gateway.AssetID, point string) (float64, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, ok := f.byID[asset]
	if !ok || !d.signals.has(point) {
		return 0, false
	}
	return d.signals.get(point), true
}

// Answers reports whether a device can be heard of at this moment: it has its
// supply and no fault that silences it.
func (f *Field) Answers(asset gateway.AssetID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, ok := f.byID[asset]
	return ok && !d.gone && !d.dark && (d.unit == nil || !d.unit.mute())
}

// unit is one Modbus unit of a bus with everything on it.
type unit struct {
	image   *image
	silent  bool
	dark    bool // without supply
	delay   time.Duration
	refused map[place]bool
}

// mute reports whether the unit answers nobody.
func (u *unit) mute() bool { return u.silent || u.dark }

// read is what the unit answers; false is exception 02.
func (u *unit) read(t config.Table, address uint16, n int) ([]uint16, bool) {
	if len(u.refused) > 0 {
		for i := range n {
			if u.refused[place{t, address + uint16(i)}] {
				return nil, false
			}
		}
	}
	return u.image.read(make([]uint16, 0, n), t, address, n)
}
