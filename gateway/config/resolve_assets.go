package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/kind"
)

// defaultInterval is a Modbus asset's, where neither it nor a profile says.
const defaultInterval = 5 * time.Second

func (r *resolver) resolveAssets(c *Config) {
	units := map[string][]placed{} // registers by bus and unit
	twins := map[string]string{}
	fed := map[string][]string{}
	for i := range r.in.Assets {
		b := &r.in.Assets[i]
		a := gateway.Asset{ID: gateway.AssetID(b.ID.v), Name: b.Name.or(b.ID.v), Kind: b.Kind.v, Area: b.Area.v, Unit: b.Unit.v}
		r.refer(&r.areas, "area", b.Area)
		r.refer(&r.units, "unit", b.Unit)
		for _, f := range b.FedBy {
			if r.refer(&r.assets, "asset", f) {
				a.FedBy = append(a.FedBy, gateway.AssetID(f.v))
				fed[b.ID.v] = append(fed[b.ID.v], f.v)
			}
		}
		k, known := r.kindOf(b.Kind)
		wire := Asset{ID: a.ID}
		m := &mapper{problems: r.problems, kind: k, table: "holding", order: "big"}
		switch {
		case b.Modbus != nil && b.MQTT != nil:
			r.add(b.where("mqtt"), "keep one of them, or make two assets", "asset %q has modbus and mqtt", b.ID.v)
		case b.Modbus != nil && known:
			wire.Modbus = r.modbusAsset(b, m, units)
			a.Source = fmt.Sprintf("modbus %s unit %d", wire.Modbus.Bus, wire.Modbus.Unit)
		case b.MQTT != nil && known:
			wire.MQTT = r.mqttAsset(b, m)
			a.Source = "mqtt " + wire.MQTT.Broker
			if len(wire.MQTT.Topics) > 0 {
				a.Source += " " + wire.MQTT.Topics[0].Filter
			}
		}
		r.twin(twins, b)
		a.Points = pointsOf(k, wire)
		c.Site.Assets = append(c.Site.Assets, a)
		c.Assets = append(c.Assets, wire)
	}
	for _, id := range cycle(r.assets.names, func(id string) []string { return fed[id] }) {
		r.add(r.assets.where[id], "want fed_by to end at a source", "asset %q feeds itself", id)
	}
	for _, list := range units {
		checkOverlaps(r.problems, list)
	}
	for _, l := range r.loads {
		if l.share > 1 {
			r.add(l.at, "want longer intervals, fewer points or a faster line", "the assets of bus %q ask for %.0f %% of its time", l.bus.ID, 100*l.share)
		}
	}
}

func (r *resolver) kindOf(id ident) (kind.Kind, bool) {
	if !id.set {
		return kind.Kind{}, false
	}
	k, ok := r.kinds.Kind(id.v)
	if !ok {
		r.add(id.at, r.suggest(id.v, "kinds", r.kinds.Names()), "there is no kind %q", id.v)
	}
	return k, ok
}

// twin finds two assets that are one device by mistake: the same profile
// behind the same unit or device.
func (r *resolver) twin(seen map[string]string, b *assetBlock) {
	key, where := "", at{}
	switch {
	case b.Modbus != nil && b.Modbus.Profile.set:
		key, where = fmt.Sprintf("%s unit %d %s", b.Modbus.Bus.v, b.Modbus.Unit.v, b.Modbus.Profile.v), b.Modbus.Unit.at
	case b.MQTT != nil && b.MQTT.Profile.set && b.MQTT.Device.set:
		key, where = fmt.Sprintf("%s device %s %s", b.MQTT.Broker.v, b.MQTT.Device.v, b.MQTT.Profile.v), b.MQTT.Device.at
	default:
		return
	}
	if other, twice := seen[key]; twice {
		r.add(where, "want a device of its own", "asset %q already reads this device with this profile", other)
	}
	seen[key] = b.ID.v
}

// profile finds the profile that a mapping names, for the asset's kind.
func (r *resolver) profile(name text, protocol string, k kind.Kind) Profile {
	if !name.set {
		return Profile{}
	}
	var all []string
	var p Profile
	ok := false
	if r.profiles != nil {
		all = r.profiles.Names()
		p, ok = r.profiles.Profile(name.v)
	}
	switch {
	case !ok:
		r.add(name.at, r.suggest(name.v, "profiles", all), "there is no profile %q", cut(name.v))
	case p.Protocol != protocol:
		r.add(name.at, "put it under "+p.Protocol+":", "profile %q speaks %s", name.v, p.Protocol)
	case p.Kind != k.Name:
		r.add(name.at, "want kind: "+p.Kind, "profile %q is of a %s, the asset is a %s", name.v, p.Kind, k.Name)
	default:
		return p
	}
	return Profile{}
}

func (r *resolver) modbusAsset(b *assetBlock, m *mapper, units map[string][]placed) *ModbusAsset {
	mb := b.Modbus
	r.refer(&r.buses, "bus", mb.Bus)
	prof := r.profile(mb.Profile, "modbus", m.kind)
	if !mb.Profile.set && len(mb.Points) == 0 {
		r.add(mb.at, "want profile: or points:", "asset %q reads nothing", b.ID.v)
	}
	load := r.loads[mb.Bus.v]
	if load != nil && load.bus.Transport != ModbusTCP && mb.Unit.set && (mb.Unit.v < 1 || mb.Unit.v > 247) {
		r.add(mb.Unit.at, "want 1 to 247", "%q is %d, which a serial line does not have", "unit", mb.Unit.v)
	}
	out := &ModbusAsset{Bus: mb.Bus.v, Unit: mb.Unit.v, Interval: cmp.Or(mb.Interval.v, prof.Interval, defaultInterval)}
	out.Limits = limits(r.problems, &mb.limitsBlock, prof.Limits, mb.Profile.set)
	list := registers(m, mb.Points)
	for _, reg := range prof.Points {
		if !slices.ContainsFunc(mb.Points, func(p registerBlock) bool { return p.Point.v == reg.Point }) {
			list = append(list, placed{Register: reg, at: mb.Profile.at})
		}
	}
	checkLimits(r.problems, list, out.Limits)
	slices.SortStableFunc(list, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Bit, b.Bit))
	})
	key := fmt.Sprintf("%s %d", mb.Bus.v, mb.Unit.v)
	for _, x := range list {
		out.Points = append(out.Points, x.Register)
		x.who = b.ID.v
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
		at := mb.Interval.at
		if !mb.Interval.set {
			at = mb.at
		}
		r.add(at, fmt.Sprintf("want at least %s", ceil(poll)), "interval %s is shorter than the %s that its reads take of the line", out.Interval, ceil(poll))
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
	where := map[string]at{}
	for i := range blocks {
		b := &blocks[i]
		if first, twice := where[b.Point.v]; twice && b.Point.set {
			m.add(b.Point.at, "want each point once", "point %q is mapped twice, first on %s", b.Point.v, first)
			continue
		}
		where[b.Point.v] = b.Point.at
		if reg, ok := m.register(b); ok {
			list = append(list, placed{Register: reg, at: b.at})
		}
	}
	return list
}

// limits lays what a block wrote over a profile's limits, or over the
// defaults where there is no profile.
func limits(p *problems, b *limitsBlock, base ReadLimits, profile bool) ReadLimits {
	out := ReadLimits{MaxRegisters: b.MaxRegisters.v, MaxBits: b.MaxBits.v, MaxGap: b.MaxGap.v}
	if profile && base.MaxRegisters > 0 {
		for _, x := range []struct {
			set bool
			to  *int
			was int
		}{{b.MaxRegisters.set, &out.MaxRegisters, base.MaxRegisters}, {b.MaxBits.set, &out.MaxBits, base.MaxBits}, {b.MaxGap.set, &out.MaxGap, base.MaxGap}} {
			if !x.set {
				*x.to = x.was
			}
		}
	}
	out.MaxRegisters, out.MaxBits = cmp.Or(out.MaxRegisters, 125), cmp.Or(out.MaxBits, 2000) // 0: unreadable, and said so
	out.Holes, out.Watch = slices.Clone(base.Holes), base.Watch
	for i := range b.Holes {
		h := &b.Holes[i]
		if h.Last.v < h.First.v && h.Last.set {
			p.add(h.Last.at, fmt.Sprintf("want at least %d", h.First.v), "the hole ends before it begins")
			continue
		}
		out.Holes = append(out.Holes, Span{Table: tables[h.Table.v], First: uint16(h.First.v), Last: uint16(h.Last.v)})
	}
	if w := b.Watch; w != nil {
		if w.Address.v+w.Words.v > 65536 {
			p.add(w.Address.at, "want it to end by 65535", "address %d with %d registers runs past the end", w.Address.v, w.Words.v)
		}
		out.Watch = &Heartbeat{Table: tables[w.Table.v], Address: uint16(w.Address.v), Words: w.Words.v, Polls: w.Polls.v}
	}
	return out
}

func (r *resolver) mqttAsset(b *assetBlock, m *mapper) *MQTTAsset {
	q := b.MQTT
	r.refer(&r.brokers, "broker", q.Broker)
	prof := r.profile(q.Profile, "mqtt", m.kind)
	if !q.Profile.set && len(q.Topics) == 0 {
		r.add(q.at, "want profile: or topics:", "asset %q reads nothing", b.ID.v)
	}
	if strings.ContainsAny(q.Device.v, "+#{}") {
		r.add(q.Device.at, "want the part of the topic as the device writes it", "device %q holds +, #, { or }", cut(q.Device.v))
	}
	out := &MQTTAsset{Broker: q.Broker.v}
	own := map[string]bool{}
	for i := range q.Topics {
		t, ok := m.topic(&q.Topics[i])
		if !ok {
			continue
		}
		for _, f := range t.Fields {
			own[f.Point] = true
		}
		out.Topics = append(out.Topics, t)
	}
	for _, t := range prof.Topics {
		// A point in place stands over the profile's.
		t.Fields = slices.DeleteFunc(slices.Clone(t.Fields), func(f Field) bool { return own[f.Point] })
		if len(t.Fields) > 0 || t.Availability != nil {
			out.Topics = append(out.Topics, t)
		}
	}
	r.fillDevice(q, prof, out)
	return out
}

// fillDevice writes the asset's device into its topics.
func (r *resolver) fillDevice(q *mqttAssetBlock, prof Profile, out *MQTTAsset) {
	used := false
	for i := range out.Topics {
		t := &out.Topics[i]
		if strings.Contains(t.Filter, device) {
			used = true
			t.Filter = strings.ReplaceAll(t.Filter, device, q.Device.v)
		}
		if t.TimeZone == "" && t.Time != "" && !slices.Contains([]string{"unix", "unix_ms", "rfc3339"}, t.TimeFormat) {
			t.TimeZone = r.zone.String()
		}
	}
	switch {
	case used && !q.has("device"):
		r.add(q.at, "want device: what stands for it in the topics", "the topics hold {device}, but no device is named")
	case q.Device.set && !used && (prof.Name != "" || !q.Profile.set):
		r.add(q.Device.at, "leave it out, or write {device} in a topic", "no topic holds {device}")
	}
	if i := slices.IndexFunc(r.in.MQTT, func(b brokerBlock) bool { return b.ID.v == q.Broker.v && b.Broker.v == "embedded" }); i >= 0 {
		r.noSpace(q.Device.mark, "device", q.Device.v)
	}
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
		if p.Fresh > 0 {
			p.Fresh = max(p.Fresh, 3*interval)
		}
		out = append(out, p)
	}
	return out
}
