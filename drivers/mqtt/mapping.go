package mqtt

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"steward/drivers"
	"steward/gateway"
	"steward/gateway/config"
)

// defaultRetention is how old a source's time may be where the site says
// nothing about how long history is kept.
const defaultRetention = 400 * 24 * time.Hour

// mapping is one config.Topic of one asset, ready to decode with.
type mapping struct {
	asset     gateway.AssetID
	filter    string
	json      bool
	stamp     *stamp // nil: no source time
	each      string
	when      string
	valid     *config.Valid
	current   bool // a retained message is of now
	fields    []field
	parents   []string // paths of the objects that hold fields
	avail     *config.Availability
	points    []string // every point of the asset, for lost
	retention time.Duration
}

// field is one config.Field, ready to decode with.
type field struct {
	point  string
	parent int    // index into mapping.parents; -1: the root
	path   string // below the parent; empty: the whole payload
	level  int    // topic level instead; 0: none
	strip  bool
	absent *float64
	option bool          // null: the device has none
	hold   *held         // nil: false counts at once
	step   *drivers.Step // nil: it may jump
	na     []notAvailable
	enum   map[string]float64
	scale  float64
	offset float64
	invert bool
	kind   gateway.PointType
	codes  []float64 // an enum's; empty: any
	min    *float64
	max    *float64
	loop   *config.Loop // nil: it comes over no current loop
}

// held keeps when a bool was last true. It belongs to its field, whose mapping
// one decoder uses at a time.
type held struct {
	time time.Duration
	last time.Time
}

// notAvailable is a text that means "no value", and its number if it is one:
// "-127" shall catch "-127.0".
type notAvailable struct {
	text    string
	number  float64
	numeric bool
}

// compile makes the mappings of every asset behind the broker, or says
// everything that is wrong with them.
func compile(c *config.Config, broker string) ([]*mapping, error) {
	var out []*mapping
	var errs []error
	for i := range c.Assets {
		a := &c.Assets[i]
		if a.MQTT == nil || a.MQTT.Broker != broker {
			continue
		}
		at := slices.IndexFunc(c.Site.Assets, func(s gateway.Asset) bool { return s.ID == a.ID })
		if at < 0 {
			errs = append(errs, fmt.Errorf("asset %s is not in the site", a.ID))
			continue
		}
		for j := range a.MQTT.Topics {
			m, err := newMapping(c, &c.Site.Assets[at], &a.MQTT.Topics[j])
			if err != nil {
				errs = append(errs, fmt.Errorf("asset %s: topic %s: %w", a.ID, a.MQTT.Topics[j].Filter, err))
				continue
			}
			out = append(out, m)
		}
	}
	return out, errors.Join(errs...)
}

func newMapping(c *config.Config, a *gateway.Asset, t *config.Topic) (*mapping, error) {
	if err := checkFilter(t.Filter); err != nil {
		return nil, err
	}
	if t.Format != config.FormatJSON && t.Format != config.FormatText {
		return nil, fmt.Errorf("unknown format %q", t.Format)
	}
	m := &mapping{
		asset: a.ID, filter: t.Filter, json: t.Format == config.FormatJSON,
		each: t.Each, when: t.When, valid: t.Valid, current: t.Current, avail: t.Availability, retention: c.History.Retention,
	}
	if m.retention <= 0 {
		m.retention = defaultRetention
	}
	for _, p := range a.Points {
		m.points = append(m.points, p.Name)
	}
	if t.Time != "" {
		s, err := newStamp(t.Time, t.TimeFormat, t.TimeZone, c.Site.Zone)
		if err != nil {
			return nil, err
		}
		m.stamp = s
	}
	if m.each != "" && m.stamp == nil {
		return nil, errors.New("an array of backfill needs a time in each element")
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		at := slices.IndexFunc(a.Points, func(p gateway.Point) bool { return p.Name == f.Point })
		if at < 0 {
			return nil, fmt.Errorf("the asset has no point %q", f.Point)
		}
		m.fields = append(m.fields, m.newField(f, &a.Points[at]))
	}
	return m, nil
}

func (m *mapping) newField(f *config.Field, p *gateway.Point) field {
	out := newField(f, p)
	// Fields of one object share the walk to it; only plain paths are split.
	if i := strings.LastIndexByte(f.Path, '.'); i > 0 && !strings.ContainsAny(f.Path, `*?#@!{}[]()|\"`) {
		out.path = f.Path[i+1:]
		out.parent = slices.Index(m.parents, f.Path[:i])
		if out.parent < 0 {
			out.parent = len(m.parents)
			m.parents = append(m.parents, f.Path[:i])
		}
	}
	return out
}

func newField(f *config.Field, p *gateway.Point) field {
	out := field{
		point: f.Point, parent: -1, path: f.Path, level: f.TopicPart, strip: f.Strip, absent: f.Absent, option: f.Optional,
		enum: f.Transform.Enum, scale: f.Transform.Scale, offset: f.Transform.Offset, invert: f.Transform.Invert,
		kind: p.Type, min: f.Transform.Min, max: f.Transform.Max, loop: f.Transform.Loop,
	}
	if out.scale == 0 {
		out.scale = 1
	}
	if p.Type == gateway.Float || p.Type == gateway.Int {
		if out.min == nil {
			out.min = p.Min
		}
		if out.max == nil {
			out.max = p.Max
		}
	}
	for _, l := range p.Labels {
		out.codes = append(out.codes, float64(l.Code))
	}
	for _, s := range f.NA {
		n, err := strconv.ParseFloat(s, 64)
		out.na = append(out.na, notAvailable{text: s, number: n, numeric: err == nil})
	}
	if f.Hold > 0 {
		out.hold = &held{time: f.Hold}
	}
	if p.MaxStep > 0 {
		step := drivers.NewStep(p.MaxStep)
		out.step = &step
	}
	return out
}
