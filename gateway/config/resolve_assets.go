package config

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/kind"
	"steward/gateway/strict"
)

// defaultInterval is a Modbus asset's, where neither it nor a profile says.
const defaultInterval = 5 * time.Second

func (r *resolver) resolveAssets(c *Config) {
	units := map[string][]placed{} // registers by bus and unit
	twins := map[string]string{}
	fed := map[string][]string{}
	for i := range r.in.Assets {
		b := &r.in.Assets[i]
		a := gateway.Asset{ID: gateway.AssetID(b.ID.V), Name: b.Name.Or(b.ID.V), Kind: b.Kind.V, Area: b.Area.V, Unit: b.Unit.V}
		r.refer(&r.areas, "area", b.Area)
		r.refer(&r.units, "unit", b.Unit)
		for _, f := range b.FedBy {
			if r.refer(&r.assets, "asset", f) {
				a.FedBy = append(a.FedBy, gateway.AssetID(f.V))
				fed[b.ID.V] = append(fed[b.ID.V], f.V)
			}
		}
		k, known := r.kindOf(b.Kind)
		wire := Asset{ID: a.ID}
		m := &mapper{Problems: r.Problems, kind: k, table: "holding", order: "big"}
		switch {
		case b.Modbus != nil && b.MQTT != nil:
			r.Add(b.Where("mqtt"), "keep one of them, or make two assets", "asset %q has modbus and mqtt", b.ID.V)
		case b.Modbus != nil && known:
			wire.Modbus = r.modbusAsset(b, m, units)
			a.Source = fmt.Sprintf("modbus %s unit %d", wire.Modbus.Bus, wire.Modbus.Unit)
		case b.MQTT != nil && known:
			wire.MQTT = r.mqttAsset(b, m)
			a.Source = "mqtt " + wire.MQTT.Broker
			switch {
			case wire.MQTT.Sparkplug != nil:
				a.Source += " Sparkplug " + wire.MQTT.Sparkplug.String()
			case len(wire.MQTT.Topics) > 0:
				a.Source += " " + wire.MQTT.Topics[0].Filter
			}
		}
		r.twin(twins, b)
		a.Points = pointsOf(k, wire)
		c.Site.Assets = append(c.Site.Assets, a)
		c.Assets = append(c.Assets, wire)
	}
	for _, id := range cycle(r.assets.names, func(id string) []string { return fed[id] }) {
		r.Add(r.assets.where[id], "want fed_by to end at a source", "asset %q feeds itself", id)
	}
	for _, list := range units {
		checkOverlaps(r.Problems, list)
	}
	for _, l := range r.loads {
		if l.share > 1 {
			r.Add(l.At, "want longer intervals, fewer points or a faster line", "the assets of bus %q ask for %.0f %% of its time", l.bus.ID, 100*l.share)
		}
	}
}

func (r *resolver) kindOf(id strict.Ident) (kind.Kind, bool) {
	if !id.Set {
		return kind.Kind{}, false
	}
	k, ok := r.kinds.Kind(id.V)
	if !ok {
		r.Add(id.At, r.Suggest(id.V, "kinds", r.kinds.Names()), "there is no kind %q", id.V)
	}
	return k, ok
}

// twin finds two assets that are one device by mistake: the same profile
// behind the same unit or device.
func (r *resolver) twin(seen map[string]string, b *assetBlock) {
	key, where := "", strict.At{}
	switch {
	case b.Modbus != nil && b.Modbus.Map.Set, b.MQTT != nil && b.MQTT.Map.Set:
		return // a module serves many
	case b.Modbus != nil && b.Modbus.Profile.Set:
		key, where = fmt.Sprintf("%s unit %d %s", b.Modbus.Bus.V, b.Modbus.Unit.V, b.Modbus.Profile.V), b.Modbus.Unit.At
	case b.MQTT != nil && b.MQTT.Profile.Set && b.MQTT.Sparkplug != nil:
		sp := b.MQTT.Sparkplug
		key = fmt.Sprintf("%s sparkplug %s/%s/%s %s %s", b.MQTT.Broker.V, sp.Group.V, sp.Node.V, sp.Device.V, b.MQTT.Device.V, b.MQTT.Profile.V)
		where = sp.At
	case b.MQTT != nil && b.MQTT.Profile.Set && b.MQTT.Device.Set:
		key, where = fmt.Sprintf("%s device %s %s", b.MQTT.Broker.V, b.MQTT.Device.V, b.MQTT.Profile.V), b.MQTT.Device.At
	default:
		return
	}
	if other, twice := seen[key]; twice {
		r.Add(where, "want a device of its own", "asset %q already reads this device with this profile", other)
	}
	seen[key] = b.ID.V
}

// profile finds the profile that a mapping names, for the asset's kind.
// One whose channels are borrowed may be of any kind.
func (r *resolver) profile(name strict.Text, protocol string, k kind.Kind, borrowed bool) Profile {
	if !name.Set {
		return Profile{}
	}
	var all []string
	var p Profile
	ok := false
	if r.profiles != nil {
		all = r.profiles.Names()
		p, ok = r.profiles.Profile(name.V)
	}
	switch {
	case !ok:
		r.Add(name.At, r.Suggest(name.V, "profiles", all), "there is no profile %q", strict.Cut(name.V))
	case p.Protocol != protocol:
		r.Add(name.At, "put it under "+p.Protocol+":", "profile %q speaks %s", name.V, p.Protocol)
	case p.Kind != k.Name && !borrowed:
		r.Add(name.At, "want kind: "+p.Kind+", or map: {POINT: CHANNEL, …} beside it", "profile %q is of a %s, the asset is a %s", name.V, p.Kind, k.Name)
	default:
		return p
	}
	return Profile{}
}

func (r *resolver) modbusAsset(b *assetBlock, m *mapper, units map[string][]placed) *ModbusAsset {
	mb := b.Modbus
	r.refer(&r.buses, "bus", mb.Bus)
	prof := r.profile(mb.Profile, "modbus", m.kind, mb.Map.Set)
	if mb.Map.Set {
		prof = r.borrow(m, &mb.Map, mb.Profile, prof)
	}
	if !mb.Profile.Set && len(mb.Points) == 0 {
		r.Add(mb.At, "want profile: or points:", "asset %q reads nothing", b.ID.V)
	}
	load := r.loads[mb.Bus.V]
	if load != nil && load.bus.Transport != ModbusTCP && mb.Unit.Set && (mb.Unit.V < 1 || mb.Unit.V > 247) {
		r.Add(mb.Unit.At, "want 1 to 247", "%q is %d, which a serial line does not have", "unit", mb.Unit.V)
	}
	out := &ModbusAsset{Bus: mb.Bus.V, Unit: mb.Unit.V, Interval: cmp.Or(mb.Interval.V, prof.Interval, defaultInterval)}
	out.Limits = limits(r.Problems, &mb.limitsBlock, prof.Limits, mb.Profile.Set)
	factors, where, own := m.readFactors(mb.Factors, prof.Factors, mb.Profile.At)
	m.factors = FactorNames(factors)
	list := registers(m, mb.Points)
	m.warnManual()
	for _, reg := range prof.Points {
		if !slices.ContainsFunc(mb.Points, func(p registerBlock) bool { return p.Point.V == reg.Point }) {
			list = append(list, placed{Register: reg, At: mb.Profile.At})
		}
	}
	out.Factors, where = m.used(factors, where, own, list)
	rare := placedFactors(out.Factors, where)
	checkLimits(r.Problems, slices.Concat(list, rare), out.Limits)
	slices.SortStableFunc(list, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Bit, b.Bit))
	})
	key := fmt.Sprintf("%s %d", mb.Bus.V, mb.Unit.V)
	for _, x := range rare {
		x.who = b.ID.V
		units[key] = append(units[key], x)
	}
	for _, x := range list {
		out.Points = append(out.Points, x.Register)
		x.who = b.ID.V
		units[key] = append(units[key], x)
	}
	if load != nil {
		r.load(load, mb, out, list)
	}
	return out
}

// load checks that an asset's interval leaves time for its reads, and adds it
// to its bus.
func (r *resolver) load(l *busLoad, mb *modbusAssetBlock, out *ModbusAsset, list []placed) {
	poll := l.pollTime(list, out.Limits)
	if poll > out.Interval {
		at := mb.Interval.At
		if !mb.Interval.Set {
			at = mb.At
		}
		r.Add(at, fmt.Sprintf("want at least %s", ceil(poll)), "interval %s is shorter than the %s that its reads take of the line", out.Interval, ceil(poll))
		return
	}
	l.share += float64(poll) / float64(out.Interval)
}

// ceil rounds a duration up to what a person would write.
func ceil(d time.Duration) time.Duration {
	step := 10 * time.Millisecond
	if d > time.Second {
		step = 100 * time.Millisecond
	}
	return (d + step - 1) / step * step
}

func registers(m *mapper, blocks []registerBlock) []placed {
	var list []placed
	where := map[string]strict.At{}
	for i := range blocks {
		b := &blocks[i]
		if first, twice := where[b.Point.V]; twice && b.Point.Set {
			m.Add(b.Point.At, "want each point once", "point %q is mapped twice, first on %s", b.Point.V, first)
			continue
		}
		where[b.Point.V] = b.Point.At
		if reg, ok := m.register(b); ok {
			list = append(list, placed{Register: reg, At: b.At})
		}
	}
	return list
}

// limits lays what a block wrote over a profile's limits, or over the
// defaults where there is no profile.
func limits(p *strict.Problems, b *limitsBlock, base ReadLimits, profile bool) ReadLimits {
	out := ReadLimits{MaxRegisters: b.MaxRegisters.V, MaxBits: b.MaxBits.V, MaxGap: b.MaxGap.V}
	if profile && base.MaxRegisters > 0 {
		for _, x := range []struct {
			Set bool
			to  *int
			was int
		}{{b.MaxRegisters.Set, &out.MaxRegisters, base.MaxRegisters}, {b.MaxBits.Set, &out.MaxBits, base.MaxBits}, {b.MaxGap.Set, &out.MaxGap, base.MaxGap}} {
			if !x.Set {
				*x.to = x.was
			}
		}
	}
	out.MaxRegisters, out.MaxBits = cmp.Or(out.MaxRegisters, 125), cmp.Or(out.MaxBits, 2000) // 0: unreadable, and said so
	out.Holes, out.Watch = slices.Clone(base.Holes), base.Watch
	for i := range b.Holes {
		h := &b.Holes[i]
		if h.Last.V < h.First.V && h.Last.Set {
			p.Add(h.Last.At, fmt.Sprintf("want at least %d", h.First.V), "the hole ends before it begins")
			continue
		}
		out.Holes = append(out.Holes, Span{Table: tables[h.Table.V], First: uint16(h.First.V), Last: uint16(h.Last.V)})
	}
	if w := b.Watch; w != nil {
		if w.Address.V+w.Words.V > 65536 {
			p.Add(w.Address.At, "want it to end by 65535", "address %d with %d registers runs past the end", w.Address.V, w.Words.V)
		}
		out.Watch = &Heartbeat{Table: tables[w.Table.V], Address: uint16(w.Address.V), Words: w.Words.V, Polls: w.Polls.V}
	}
	return out
}

// pointsOf returns what an asset's mappings give, in its kind's order.
func pointsOf(k kind.Kind, a Asset) []gateway.Point {
	given := map[string]Transform{}
	interval := time.Duration(0)
	if a.Modbus != nil {
		interval = a.Modbus.Interval
		for _, x := range a.Modbus.Points {
			given[x.Point] = x.Transform
		}
	}
	if a.MQTT != nil {
		for _, t := range a.MQTT.Topics {
			for _, f := range t.Fields {
				given[f.Point] = f.Transform
			}
		}
		for _, x := range a.MQTT.Metrics {
			given[x.Point] = x.Transform
		}
	}
	var out []gateway.Point
	for _, p := range k.Points {
		t, ok := given[p.Name]
		if !ok {
			continue
		}
		p.Min, p.Max = t.Min, t.Max
		if p.Counter {
			p.Rollover = t.Rollover * t.Scale // of the difference of two values: without the offset
		}
		if a.MQTT != nil && a.MQTT.OnChange {
			p.Fresh = 0
		}
		if p.Fresh > 0 {
			p.Fresh = max(p.Fresh, 3*interval)
		}
		out = append(out, p)
	}
	return out
}
