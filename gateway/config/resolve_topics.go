package config

import (
	"slices"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/strict"
)

// device stands in a topic for the asset's device, root for the part of it
// that stands before its first slash.
const (
	device = "{device}"
	root   = "{root}"
)

// topic maps the payloads of a topic to points; ok is false when the topic
// itself could not be read.
func (m *mapper) topic(b *topicBlock) (Topic, bool) {
	t := Topic{
		Filter: b.Topic.V, Format: Format(b.Format.V), Time: b.Time.V, Each: b.Each.V, When: b.When.V, Current: b.Current.V,
	}
	if b.TimeZone.V != nil {
		t.TimeZone = b.TimeZone.V.String()
	}
	m.topicTime(b, &t)
	if t.Format == FormatText {
		for key, x := range map[string]strict.Mark{"time": b.Time.Mark, "each": b.Each.Mark, "when": b.When.Mark, "valid": validMark(b.Valid)} {
			if x.Set {
				m.Add(x.At, "leave it out, or write format: json", "%q is for JSON payloads", key)
			}
		}
	}
	if !b.Has("points") && b.Availability == nil {
		m.Add(b.At, "want points: or availability:", "the topic gives nothing")
	}
	where := map[string]strict.At{}
	for i := range b.Points {
		f := &b.Points[i]
		if _, twice := where[f.Point.V]; twice && f.Point.Set {
			m.Add(f.Point.At, "want each point once in a topic", "point %q is mapped twice, first on %s", f.Point.V, where[f.Point.V])
			continue
		}
		where[f.Point.V] = f.Point.At
		if field, ok := m.field(f, &t); ok {
			t.Fields = append(t.Fields, field)
		}
	}
	if b.Valid != nil {
		t.Valid = m.valid(b.Valid)
	}
	if b.Availability != nil {
		t.Availability = m.availability(b.Availability, &t)
	}
	return t, b.Topic.Set
}

// topicTime checks how the payload writes its time.
func (m *mapper) topicTime(b *topicBlock, t *Topic) {
	if !b.Has("time") {
		for key, x := range map[string]strict.Mark{"time_format": b.TimeFormat.Mark, "time_zone": b.TimeZone.Mark} {
			if x.Set {
				m.Add(x.At, "want time: PATH beside it", "%q without a time", key)
			}
		}
		if b.Each.Set {
			m.Add(b.Each.At, "want time: PATH, from each element", "readings of the past without their own time")
		}
		return
	}
	t.TimeFormat = b.TimeFormat.V
	switch t.TimeFormat {
	case "", "unix", "unix_ms", "rfc3339":
		if b.TimeZone.Set {
			m.Add(b.TimeZone.At, "leave it out", "%s carries its own zone", t.TimeFormat)
		}
		return
	}
	// A layout must bring back the whole of a time, or every reading would
	// be of the wrong day without anybody noticing.
	probe := time.Date(2021, time.November, 23, 17, 46, 58, 0, time.UTC)
	back, err := time.ParseInLocation(t.TimeFormat, probe.Format(t.TimeFormat), time.UTC)
	if err != nil || !back.Equal(probe) {
		m.Add(b.TimeFormat.At, "want unix, unix_ms, rfc3339, or a Go layout with date and time such as 2006-01-02 15:04:05", "time_format is %q", strict.Cut(t.TimeFormat))
	}
}

func (m *mapper) field(b *fieldBlock, t *Topic) (Field, bool) {
	pt, known := m.point(b.Point)
	f := Field{Point: b.Point.V, Path: b.Path.V, Strip: b.Strip.V}
	if b.TopicPart.Set {
		f.TopicPart = b.TopicPart.V
	}
	levels := strings.Count(t.Filter, "/") + 1
	switch {
	case b.Has("path") && b.Has("topic_part"):
		m.Add(b.At, "keep one of them", "%q comes from the payload and from the topic", b.Point.V)
	case t.Format == FormatText && b.Path.Set:
		m.Add(b.Path.At, "leave it out, or write format: json", "a text payload is one value and has no places")
	case t.Format == FormatJSON && !b.Has("path") && !b.Has("topic_part"):
		m.Add(b.At, "want path: or topic_part:", "%q does not say where in the payload it is", b.Point.V)
	case f.TopicPart > levels && !strings.HasSuffix(t.Filter, "#"):
		m.Add(b.TopicPart.At, "want a level that the topic has", "topic %q has no level %d", strict.Cut(t.Filter), f.TopicPart)
	}
	if !known {
		return f, false
	}
	if b.Strip.Set && pt.Type != gateway.Float && pt.Type != gateway.Int {
		m.Add(b.Strip.At, "leave it out", "strip is for numbers; %q is of type %s", pt.Name, pt.Type)
	}
	m.common(&b.fieldCommon, pt, &f)
	if b.Absent.Set {
		if v, ok := m.code(b.Absent.L, pt); ok {
			f.Absent = &v
		}
	}
	return f, true
}

// common reads what points of topics and of metrics share.
func (m *mapper) common(b *fieldCommon, pt gateway.Point, f *Field) {
	for _, na := range b.NA {
		if na.Set {
			f.NA = append(f.NA, na.L.Text)
		}
	}
	if b.Hold.Set && pt.Type != gateway.Bool {
		m.Add(b.Hold.At, "leave it out", "hold is for true and false; %q is of type %s", pt.Name, pt.Type)
	}
	f.Optional, f.Hold, f.Verified = b.Optional.V, b.Hold.V, b.Verified.V
	f.Transform = m.transform(&b.transformBlock, pt)
}

func validMark(b *validBlock) strict.Mark {
	if b == nil {
		return strict.Mark{}
	}
	return strict.Mark{At: b.At, Set: true}
}

// valid reads what says whether values mean anything.
func (m *mapper) valid(b *validBlock) *Valid {
	v := &Valid{Path: b.Path.V, Min: b.Min.Ptr(), Max: b.Max.Ptr()}
	for _, x := range b.Is {
		if x.Set {
			v.Is = append(v.Is, x.L.Text)
		}
	}
	switch bounds := b.Min.Set || b.Max.Set; {
	case b.Has("is") && bounds:
		m.Add(b.Where("is"), "keep one of them", "is and min or max exclude each other")
	case !b.Has("is") && !b.Has("min") && !b.Has("max"):
		m.Add(b.At, "want is: […], min: or max:", "nothing says what %q may be", strict.Cut(b.Path.V))
	case b.Has("is") && len(b.Is) == 0:
		m.Add(b.Where("is"), "want at least one text", "%q is an empty list", "is")
	case v.Min != nil && v.Max != nil && *v.Min >= *v.Max:
		m.Add(b.Max.At, "want min below max", "no value lies between %v and %v", *v.Min, *v.Max)
	}
	return v
}

// metrics maps Sparkplug metrics to points.
func (m *mapper) metrics(blocks []metricBlock) []Metric {
	var out []Metric
	where := map[string]strict.At{}
	for i := range blocks {
		b := &blocks[i]
		if first, twice := where[b.Point.V]; twice && b.Point.Set {
			m.Add(b.Point.At, "want each point once", "point %q is mapped twice, first on %s", b.Point.V, first)
			continue
		}
		where[b.Point.V] = b.Point.At
		pt, known := m.point(b.Point)
		if !known {
			continue
		}
		x := Metric{Name: b.Metric.V, Field: Field{Point: b.Point.V}}
		m.common(&b.fieldCommon, pt, &x.Field)
		out = append(out, x)
	}
	return out
}

func (m *mapper) availability(b *availabilityBlock, t *Topic) *Availability {
	a := &Availability{Path: b.Path.V, Cleared: b.Cleared.V}
	if b.Path.Set && t.Format == FormatText {
		m.Add(b.Path.At, "leave it out, or write format: json", "a text payload is one value and has no places")
	}
	for _, x := range b.Online {
		if x.Set {
			a.Online = append(a.Online, x.V)
		}
	}
	for _, x := range b.Offline {
		if !x.Set {
			continue
		}
		if slices.Contains(a.Online, x.V) {
			m.Add(x.At, "want it in one of the lists", "%q means online and offline", strict.Cut(x.V))
		}
		a.Offline = append(a.Offline, x.V)
	}
	for key, list := range map[string][]strict.Text{"online": b.Online, "offline": b.Offline} {
		if b.Has(key) && len(list) == 0 {
			m.Add(b.Where(key), "want at least one text", "%q is an empty list", key)
		}
	}
	return a
}
