package config

import (
	"slices"
	"strings"
	"time"

	"steward/gateway"
)

// device stands in a topic for the asset's device.
const device = "{device}"

// topic maps the payloads of a topic to points; ok is false when the topic
// itself could not be read.
func (m *mapper) topic(b *topicBlock) (Topic, bool) {
	t := Topic{
		Filter: b.Topic.v, Format: Format(b.Format.v), Time: b.Time.v, Each: b.Each.v, When: b.When.v,
	}
	if b.TimeZone.v != nil {
		t.TimeZone = b.TimeZone.v.String()
	}
	m.topicTime(b, &t)
	if t.Format == FormatText {
		for key, x := range map[string]mark{"time": b.Time.mark, "each": b.Each.mark, "when": b.When.mark} {
			if x.set {
				m.add(x.at, "leave it out, or write format: json", "%q is for JSON payloads", key)
			}
		}
	}
	if !b.has("points") && b.Availability == nil {
		m.add(b.at, "want points: or availability:", "the topic gives nothing")
	}
	where := map[string]at{}
	for i := range b.Points {
		f := &b.Points[i]
		if _, twice := where[f.Point.v]; twice && f.Point.set {
			m.add(f.Point.at, "want each point once in a topic", "point %q is mapped twice, first on %s", f.Point.v, where[f.Point.v])
			continue
		}
		where[f.Point.v] = f.Point.at
		if field, ok := m.field(f, &t); ok {
			t.Fields = append(t.Fields, field)
		}
	}
	if b.Availability != nil {
		t.Availability = m.availability(b.Availability, &t)
	}
	return t, b.Topic.set
}

// topicTime checks how the payload writes its time.
func (m *mapper) topicTime(b *topicBlock, t *Topic) {
	if !b.has("time") {
		for key, x := range map[string]mark{"time_format": b.TimeFormat.mark, "time_zone": b.TimeZone.mark} {
			if x.set {
				m.add(x.at, "want time: PATH beside it", "%q without a time", key)
			}
		}
		if b.Each.set {
			m.add(b.Each.at, "want time: PATH, from each element", "readings of the past without their own time")
		}
		return
	}
	t.TimeFormat = b.TimeFormat.v
	switch t.TimeFormat {
	case "", "unix", "unix_ms", "rfc3339":
		if b.TimeZone.set {
			m.add(b.TimeZone.at, "leave it out", "%s carries its own zone", t.TimeFormat)
		}
		return
	}
	// A layout must bring back the whole of a time, or every reading would
	// be of the wrong day without anybody noticing.
	probe := time.Date(2021, time.November, 23, 17, 46, 58, 0, time.UTC)
	back, err := time.ParseInLocation(t.TimeFormat, probe.Format(t.TimeFormat), time.UTC)
	if err != nil || !back.Equal(probe) {
		m.add(b.TimeFormat.at, "want unix, unix_ms, rfc3339, or a Go layout with date and time such as 2006-01-02 15:04:05", "time_format is %q", cut(t.TimeFormat))
	}
}

func (m *mapper) field(b *fieldBlock, t *Topic) (Field, bool) {
	pt, known := m.point(b.Point)
	f := Field{Point: b.Point.v, Path: b.Path.v, Strip: b.Strip.v, Verified: b.Verified.v}
	if b.TopicPart.set {
		f.TopicPart = b.TopicPart.v
	}
	levels := strings.Count(t.Filter, "/") + 1
	switch {
	case b.has("path") && b.has("topic_part"):
		m.add(b.at, "keep one of them", "%q comes from the payload and from the topic", b.Point.v)
	case t.Format == FormatText && b.Path.set:
		m.add(b.Path.at, "leave it out, or write format: json", "a text payload is one value and has no places")
	case t.Format == FormatJSON && !b.has("path") && !b.has("topic_part"):
		m.add(b.at, "want path: or topic_part:", "%q does not say where in the payload it is", b.Point.v)
	case f.TopicPart > levels && !strings.HasSuffix(t.Filter, "#"):
		m.add(b.TopicPart.at, "want a level that the topic has", "topic %q has no level %d", cut(t.Filter), f.TopicPart)
	}
	if !known {
		return f, false
	}
	if b.Strip.set && pt.Type != gateway.Float && pt.Type != gateway.Int {
		m.add(b.Strip.at, "leave it out", "strip is for numbers; %q is of type %s", pt.Name, pt.Type)
	}
	for _, na := range b.NA {
		if na.set {
			f.NA = append(f.NA, na.l.text)
		}
	}
	if b.Absent.set {
		if v, ok := m.code(b.Absent.l, pt); ok {
			f.Absent = &v
		}
	}
	f.Transform = m.transform(&b.transformBlock, pt)
	return f, true
}

func (m *mapper) availability(b *availabilityBlock, t *Topic) *Availability {
	a := &Availability{Path: b.Path.v}
	if b.Path.set && t.Format == FormatText {
		m.add(b.Path.at, "leave it out, or write format: json", "a text payload is one value and has no places")
	}
	for _, x := range b.Online {
		if x.set {
			a.Online = append(a.Online, x.v)
		}
	}
	for _, x := range b.Offline {
		if !x.set {
			continue
		}
		if slices.Contains(a.Online, x.v) {
			m.add(x.at, "want it in one of the lists", "%q means online and offline", cut(x.v))
		}
		a.Offline = append(a.Offline, x.v)
	}
	for key, list := range map[string][]text{"online": b.Online, "offline": b.Offline} {
		if b.has(key) && len(list) == 0 {
			m.add(b.where(key), "want at least one text", "%q is an empty list", key)
		}
	}
	return a
}
