package config

import (
	"slices"
	"strings"

	"steward/gateway/strict"
)

func (r *resolver) mqttAsset(b *assetBlock, m *mapper) *MQTTAsset {
	q := b.MQTT
	r.refer(&r.brokers, "broker", q.Broker)
	prof := r.profile(q.Profile, "mqtt", m.kind, q.Map.Set)
	if q.Map.Set {
		prof = r.borrow(m, &q.Map, q.Profile, prof)
	}
	if !q.Profile.Set && len(q.Topics) == 0 && len(q.Metrics) == 0 {
		r.Add(q.At, "want profile:, topics: or metrics:", "asset %q reads nothing", b.ID.V)
	}
	if strings.ContainsAny(q.Device.V, "+#{}") {
		r.Add(q.Device.At, "want the part of the topic as the device writes it", "device %q holds +, #, { or }", strict.Cut(q.Device.V))
	}
	out := &MQTTAsset{Broker: q.Broker.V, OnChange: prof.OnChange}
	if q.OnChange.Set {
		out.OnChange = q.OnChange.V
	}
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
	r.sparkplugAsset(b, m, prof, out)
	r.fillDevice(q, prof, out)
	return out
}

// sparkplugAsset reads which Sparkplug device the asset is, and its metrics.
func (r *resolver) sparkplugAsset(b *assetBlock, m *mapper, prof Profile, out *MQTTAsset) {
	q := b.MQTT
	out.Metrics = m.metrics(q.Metrics)
	for _, x := range prof.Metrics {
		if !slices.ContainsFunc(out.Metrics, func(o Metric) bool { return o.Point == x.Point }) {
			out.Metrics = append(out.Metrics, x)
		}
	}
	sp := q.Sparkplug
	if sp == nil {
		if len(out.Metrics) > 0 {
			r.Add(q.At, "want sparkplug: {group: …, node: …, device: …}", "asset %q has metrics, but no Sparkplug device is named", b.ID.V)
		}
		return
	}
	out.OnChange = true // a death tells when it is gone
	out.Sparkplug = &SparkplugDevice{Group: sp.Group.V, Node: sp.Node.V, Device: sp.Device.V}
	at := slices.IndexFunc(r.in.MQTT, func(x brokerBlock) bool { return x.ID.V == q.Broker.V })
	embedded := at >= 0 && r.in.MQTT[at].Broker.V == "embedded"
	r.sparkplugID("group", sp.Group, embedded)
	r.sparkplugID("node", sp.Node, embedded)
	r.sparkplugID("device", sp.Device, embedded)
	switch {
	case at >= 0 && r.in.MQTT[at].Sparkplug == nil:
		r.Add(sp.At, "write sparkplug: {host: NAME} at the broker", "broker %q is no Sparkplug broker", q.Broker.V)
	case len(out.Topics) > 0:
		r.Add(q.At, "keep one of them, or make two assets", "asset %q is a Sparkplug device and has topics", b.ID.V)
	case len(out.Metrics) == 0 && prof.Name != "":
		r.Add(q.At, "want metrics:", "asset %q is a Sparkplug device, and profile %q has no metrics", b.ID.V, prof.Name)
	}
}

// sparkplugID checks one part of a Sparkplug topic.
func (r *resolver) sparkplugID(what string, id strict.Text, embedded bool) {
	if strings.ContainsAny(id.V, "+/#") || (what == "group" && id.V == "STATE") {
		r.Add(id.At, "want one without", "%s %q holds what a Sparkplug name may not: +, / or #, or the group STATE", what, strict.Cut(id.V))
	}
	if embedded {
		r.noSpace(id.Mark, what, id.V)
	}
}

// fillDevice writes the asset's device into its topics and metrics.
func (r *resolver) fillDevice(q *mqttAssetBlock, prof Profile, out *MQTTAsset) {
	first, _, _ := strings.Cut(q.Device.V, "/")
	fill := strings.NewReplacer(device, q.Device.V, root, first)
	used := false
	for i := range out.Topics {
		t := &out.Topics[i]
		if filled := fill.Replace(t.Filter); filled != t.Filter {
			used, t.Filter = true, filled
		}
		if t.TimeZone == "" && t.Time != "" && !slices.Contains([]string{"unix", "unix_ms", "rfc3339"}, t.TimeFormat) {
			t.TimeZone = r.zone.String()
		}
	}
	for i := range out.Metrics {
		x := &out.Metrics[i]
		if filled := fill.Replace(x.Name); filled != x.Name {
			used, x.Name = true, filled
		}
	}
	switch {
	case used && !q.Has("device"):
		r.Add(q.At, "want device: what stands for it in the topics", "the topics hold {device}, but no device is named")
	case q.Device.Set && !used && (prof.Name != "" || !q.Profile.Set):
		r.Add(q.Device.At, "leave it out, or write {device} in a topic", "no topic holds {device}")
	}
	if i := slices.IndexFunc(r.in.MQTT, func(b brokerBlock) bool { return b.ID.V == q.Broker.V && b.Broker.V == "embedded" }); i >= 0 {
		r.noSpace(q.Device.Mark, "device", q.Device.V)
	}
}
