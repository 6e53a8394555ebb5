package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// talker is one device on MQTT: what it publishes and when.
type talker struct {
	d        *device
	messages []*message
	presence []presence
	period   time.Duration
	qos      byte

	due    time.Time // of the next round
	rounds int       // since the connection
	sudden []float64 // bools and enums as last published
	nudges int
	absent bool // it was told that the device is gone
	kept   []outgoing
}

// presence is an availability topic and what it says.
type presence struct {
	topic           string
	online, offline []byte
}

// outgoing is one message to publish.
type outgoing struct {
	topic    string
	body     []byte
	qos      byte
	retained bool
}

// habits are how often devices of a family report without a reason, and how
// reliably. Real battery sensors report every few hours; here a visitor waits.
var habits = [...]struct {
	period time.Duration
	qos    byte
}{
	plainDevice: {5 * time.Second, 1},
	zigbee2mqtt: {30 * time.Second, 0}, // its default; availability is QoS 1
	shellyGen1:  {45 * time.Second, 0},
	shellyRPC:   {20 * time.Second, 1},
	chirpstack:  {60 * time.Second, 0},
}

// announce are the pauses after the first rounds of a connection: devices
// that have just joined tell their state a few times.
var announce = [...]time.Duration{3 * time.Second, 10 * time.Second}

// speak makes a device's talker and gives it to the client it would use: all
// devices behind a zigbee2mqtt or a ChirpStack share that program's, every
// other has its own.
func (f *Field) speak(d *device, a *config.MQTTAsset) error {
	t := &talker{d: d}
	made := map[string]*message{}
	first := plainDevice
	for i := range a.Topics {
		topic := &a.Topics[i]
		if fam := familyOf(topic.Filter); fam > first {
			first = fam
		}
		if topic.Availability != nil && len(topic.Fields) == 0 {
			t.addPresence(topic)
			continue
		}
		m := made[topic.Filter]
		if m == nil {
			if topic.Each != "" && f.livesElsewhere(a, topic) {
				continue
			}
			m = &message{
				family: familyOf(topic.Filter), topic: concrete(topic.Filter), format: topic.Format, id: d.id,
				zone: zone(&f.cfg.Site),
			}
			made[topic.Filter] = m
			t.messages = append(t.messages, m)
		} else if topic.Each != "" {
			continue
		}
		if topic.Format == config.FormatJSON {
			m.format = config.FormatJSON
		}
		if err := m.add(topic, d.signals); err != nil {
			f.opt.Log.Warn("the simulator cannot make this part of a payload: left out", "asset", d.id, "topic", topic.Filter, "error", err)
		}
	}
	t.period, t.qos = habits[first].period, habits[first].qos
	return f.join(t, a.Broker, first)
}

// livesElsewhere reports whether another mapping of the same topic carries
// present values, so that this one, of history, need not be published.
func (f *Field) livesElsewhere(a *config.MQTTAsset, topic *config.Topic) bool {
	return slices.ContainsFunc(a.Topics, func(o config.Topic) bool {
		return o.Filter == topic.Filter && o.Each == "" && len(o.Fields) > 0
	})
}

// join adds a talker to the client of its family or of its own.
func (f *Field) join(t *talker, broker string, fam family) error {
	i := slices.IndexFunc(f.cfg.Brokers, func(b config.Broker) bool { return b.ID == broker })
	if i < 0 {
		return fmt.Errorf("simulator: asset %s: no broker %q", t.d.id, broker)
	}
	name := string(t.d.id)
	switch fam {
	case zigbee2mqtt:
		name = "zigbee2mqtt"
	case chirpstack:
		name = "chirpstack"
	}
	for _, s := range f.speakers {
		if s.name == name && s.broker.ID == broker {
			s.talkers = append(s.talkers, t)
			return nil
		}
	}
	f.speakers = append(f.speakers, &speaker{
		field: f, name: name, broker: f.cfg.Brokers[i], family: fam, talkers: []*talker{t},
		changed: make(chan struct{}, 1),
		rng:     source(f.opt.Seed, gateway.AssetID("speaker "+name)),
	})
	return nil
}

func (t *talker) addPresence(topic *config.Topic) {
	name := concrete(topic.Filter)
	if slices.ContainsFunc(t.presence, func(p presence) bool { return p.topic == name }) {
		return
	}
	p := presence{topic: name}
	say := func(words []string) []byte {
		if len(words) == 0 {
			return nil
		}
		path, ok := splitPath(topic.Availability.Path)
		if topic.Format == config.FormatText || !ok || len(path) == 0 {
			return []byte(words[0])
		}
		o := object{}
		o.put(path, scalar(words[0]))
		return o.encode(nil)
	}
	p.online, p.offline = say(topic.Availability.Online), say(topic.Availability.Offline)
	t.presence = append(t.presence, p)
}

// scalar is a text as JSON shows it: true and false are bools.
func scalar(text string) any {
	switch text {
	case "true":
		return true
	case "false":
		return false
	}
	return text
}

// add puts a mapping's fields into the message.
func (m *message) add(topic *config.Topic, s *signals) error {
	var odd []string
	prefix, ok := splitPath(topic.Each)
	if !ok {
		return fmt.Errorf("array at %q", topic.Each)
	}
	if topic.Each != "" {
		prefix = append(prefix, "0")
	}
	for _, f := range topic.Fields {
		i, known := s.index[f.Point]
		array, member := memberPath(f.Path)
		path, ok := splitPath(array)
		if !known || !ok {
			odd = append(odd, fmt.Sprintf("%s at %q", f.Point, f.Path))
			continue
		}
		m.fields = append(m.fields, f)
		m.signal = append(m.signal, i)
		if len(path) > 0 {
			path = slices.Concat(prefix, path)
		}
		m.path = append(m.path, path)
		m.member = append(m.member, member)
	}
	if path, ok := splitPath(topic.Time); ok && len(path) > 0 {
		m.time, m.layout = slices.Concat(prefix, path), topic.TimeFormat
		if z, err := time.LoadLocation(topic.TimeZone); err == nil && topic.TimeZone != "" {
			m.zone = z
		}
	}
	if path, ok := splitPath(topic.When); ok && len(path) > 0 && len(odd) < len(topic.Fields) {
		m.when = append(m.when, path)
	}
	if a := topic.Availability; a != nil && len(a.Online) > 0 {
		if path, ok := splitPath(a.Path); ok && len(path) > 0 {
			m.fixed = append(m.fixed, fixed{path, a.Online[0]})
		}
	}
	if len(odd) > 0 {
		return fmt.Errorf("%s", strings.Join(odd, ", "))
	}
	return nil
}

// round makes what a device has to say at this moment, if anything. The
// field's lock is held.
func (t *talker) round(now time.Time, rng *rand.Rand, shared map[string]bool) []outgoing {
	var out []outgoing
	if gone := t.d.gone || t.d.dark; t.absent != gone {
		t.absent = gone
		out = append(out, t.present(shared, !t.absent)...)
		t.due = now
	}
	if t.absent {
		return out
	}
	sudden, nudged := t.moved()
	if !sudden && !nudged && now.Before(t.due) {
		return out
	}
	if now.Before(t.due) && t.rounds >= len(announce) {
		t.due = now // a change counts as the round's report
	}
	if !t.d.frozen || len(t.kept) == 0 {
		t.kept = t.kept[:0]
		for _, m := range t.messages {
			topic, body := m.payload(t.d.signals, now)
			t.kept = append(t.kept, outgoing{topic: topic, body: body, qos: t.qos})
		}
	}
	if !now.Before(t.due) {
		pause := time.Duration(float64(t.period) * (0.9 + 0.2*rng.Float64()))
		if t.rounds < len(announce) {
			pause = announce[t.rounds]
		}
		t.rounds++
		t.due = now.Add(pause)
	}
	return append(out, t.kept...)
}

// moved reports whether a bool or an enum changed since the last report, and
// whether SetPoint was used.
func (t *talker) moved() (sudden, nudged bool) {
	s := t.d.signals
	k := 0
	for i := range s.points {
		if ty := s.points[i].Type; ty != gateway.Bool && ty != gateway.Enum {
			continue
		}
		if k == len(t.sudden) {
			t.sudden = append(t.sudden, s.at(i))
			sudden = true
		}
		if t.sudden[k] != s.at(i) {
			t.sudden[k], sudden = s.at(i), true
		}
		k++
	}
	nudged = t.nudges != t.d.nudges
	t.nudges = t.d.nudges
	return sudden, nudged
}

// present says on the device's own availability topics that it is there or
// gone: retained, QoS 1.
func (t *talker) present(shared map[string]bool, online bool) []outgoing {
	var out []outgoing
	for _, p := range t.presence {
		body := p.offline
		if online {
			body = p.online
		}
		if body != nil && !shared[p.topic] {
			out = append(out, outgoing{topic: p.topic, body: body, qos: 1, retained: true})
		}
	}
	return out
}
