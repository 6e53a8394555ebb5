package mqtt

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"steward/drivers/mqtt/sparkplug"
	"steward/gateway"
	"steward/gateway/config"
)

// sparkTick is how often the Sparkplug host is told the time: gaps that do not
// close and rebirths that are due wait for it.
const sparkTick = time.Second

// sparkTable maps the metrics of a broker's Sparkplug devices to points, and
// holds the host that follows them.
type sparkTable struct {
	host     *sparkplug.Host
	id       string
	devices  []sparkplug.Device
	assets   map[sparkplug.Device][]*sparkAsset
	out      sparkplug.Output
	commands []sparkplug.Command // to publish
	silent   []sparkplug.Node
	mapping  *mapping // stands for all of them where a payload is refused
}

// sparkAsset is one asset behind a Sparkplug device.
type sparkAsset struct {
	asset     gateway.AssetID
	metrics   map[string][]*field
	points    []string
	retention time.Duration
}

// newSpark makes the table of a broker, nil where it has no Sparkplug.
func newSpark(c *config.Config, b *config.Broker) (*sparkTable, error) {
	if b.Sparkplug == nil {
		return nil, nil
	}
	t := &sparkTable{
		id: b.Sparkplug.Host, assets: map[sparkplug.Device][]*sparkAsset{}, mapping: &mapping{asset: "sparkplug"},
	}
	if err := sparkplug.CheckID(t.id); err != nil {
		return nil, fmt.Errorf("sparkplug host %q %w", t.id, err)
	}
	var errs []error
	for i := range c.Assets {
		a := &c.Assets[i]
		if a.MQTT == nil || a.MQTT.Broker != b.ID || a.MQTT.Sparkplug == nil {
			continue
		}
		at := slices.IndexFunc(c.Site.Assets, func(s gateway.Asset) bool { return s.ID == a.ID })
		if at < 0 {
			errs = append(errs, fmt.Errorf("asset %s is not in the site", a.ID))
			continue
		}
		errs = append(errs, t.add(c, &c.Site.Assets[at], a.MQTT))
	}
	t.host = sparkplug.New(sparkplug.Options{ID: t.id, Reorder: b.Sparkplug.Reorder, Devices: t.devices})
	return t, errors.Join(errs...)
}

func (t *sparkTable) add(c *config.Config, a *gateway.Asset, q *config.MQTTAsset) error {
	key := sparkplug.Device{Node: sparkplug.Node{Group: q.Sparkplug.Group, ID: q.Sparkplug.Node}, Name: q.Sparkplug.Device}
	for what, id := range map[string]string{"group": key.Node.Group, "node": key.Node.ID} {
		if err := sparkplug.CheckID(id); err != nil {
			return fmt.Errorf("asset %s: %s %q %w", a.ID, what, id, err)
		}
	}
	x := &sparkAsset{asset: a.ID, metrics: map[string][]*field{}, retention: c.History.Retention}
	if x.retention <= 0 {
		x.retention = defaultRetention
	}
	for _, p := range a.Points {
		x.points = append(x.points, p.Name)
	}
	for i := range q.Metrics {
		m := &q.Metrics[i]
		at := slices.IndexFunc(a.Points, func(p gateway.Point) bool { return p.Name == m.Point })
		if at < 0 {
			return fmt.Errorf("asset %s: the asset has no point %q", a.ID, m.Point)
		}
		f := newField(&m.Field, &a.Points[at])
		x.metrics[m.Name] = append(x.metrics[m.Name], &f)
	}
	t.assets[key] = append(t.assets[key], x)
	t.devices = append(t.devices, key)
	return nil
}

// filters returns what the host subscribes to.
func (t *sparkTable) filters() []string {
	out := []string{sparkplug.StateTopic(t.id)}
	for _, d := range t.devices {
		out = append(out, d.Node.Filters()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// message takes a Sparkplug message.
func (t *sparkTable) message(d *decoder, m *message) (verdict, error) {
	d.suspect = t.mapping
	switch {
	case m.size > maxPayload:
		return undecodable, fmt.Errorf("payload of %d bytes: at most %d", m.size, maxPayload)
	case m.size == 0:
		return used, nil // clears a retained message
	case m.retained && m.topic != sparkplug.StateTopic(t.id):
		return undecodable, errors.New("a retained Sparkplug message: it says nothing of now")
	}
	err := t.host.Message(m.received, m.topic, m.payload, &t.out)
	err = errors.Join(err, t.collect(d))
	switch {
	case err == nil:
		return used, nil
	case errors.Is(err, sparkplug.ErrNotMine):
		return unknown, err
	}
	return undecodable, err
}

// tick tells the host the time.
func (t *sparkTable) tick(d *decoder, now time.Time) error {
	t.host.Tick(now, &t.out)
	return t.collect(d)
}

// connected tells the host that a connection stands, whose will says since.
func (t *sparkTable) connected(d *decoder, now, since time.Time) error {
	t.host.Connected(now, since, &t.out)
	return t.collect(d)
}

// collect turns what the host gave out into readings and commands.
func (t *sparkTable) collect(d *decoder) error {
	var errs []error
	for i := range t.out.Updates {
		u := &t.out.Updates[i]
		for _, a := range t.assets[sparkplug.Device{Node: u.Node, Name: u.Device}] {
			if err := a.collect(d, u); err != nil {
				errs = append(errs, err)
			}
		}
	}
	t.commands = append(t.commands, t.out.Commands...)
	t.silent = append(t.silent, t.out.Silent...)
	t.out.Reset()
	return errors.Join(errs...)
}

func (a *sparkAsset) collect(d *decoder, u *sparkplug.Update) error {
	if u.Lost != "" {
		d.lost(a.asset, a.points, u.Received, "Sparkplug: "+u.Lost)
		return nil
	}
	at, err := gateway.ReadingTime(u.Time, u.Received, a.retention)
	doubt := ""
	switch {
	case u.Historical && (err != nil || u.Time.IsZero()):
		return fmt.Errorf("a historical metric without a plausible time: %s", u.Values[0].Name)
	case u.Historical:
		doubt = "backfilled"
	case err != nil:
		doubt = err.Error()
	}
	before := len(d.values)
	for i := range u.Values {
		v := &u.Values[i]
		for _, f := range a.metrics[v.Name] {
			d.spark.value(d, f, v, at, doubt)
		}
	}
	d.end(a.asset, u.Received, at, before)
	return nil
}

// value collects one metric's value as one point's.
func (t *sparkTable) value(d *decoder, f *field, v *sparkplug.Value, at time.Time, doubt string) {
	var out gateway.Value
	switch v.Kind {
	case sparkplug.Number:
		out = f.convert("", v.Number, true)
	case sparkplug.Bool:
		out = f.convert([]string{"false", "true"}[int(v.Number)], v.Number, true)
	case sparkplug.Words:
		out = f.fromText(v.Text)
	default:
		if f.option && v.Reason == "null" {
			return
		}
		out = f.bad(v.Reason)
	}
	if v.Doubt != "" {
		doubt = v.Doubt
	}
	f.settle(&out, at, doubt)
	d.values = append(d.values, out)
}
