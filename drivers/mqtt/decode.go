package mqtt

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"steward/drivers/mqtt/sparkplug"
	"steward/gateway"
	"steward/gateway/config"
)

const (
	// maxPayload is how large a payload may be; a device's is a few hundred
	// bytes.
	maxPayload = 1 << 20
	// maxNesting is how deep JSON may nest: the validator is recursive.
	maxNesting = 64
	// maxElements is how many elements of a backfill array are taken.
	maxElements = 10_000
)

// message is one PUBLISH as the decoder sees it.
type message struct {
	topic    string
	payload  string // cut where size says that it was too large
	size     int    // of the whole payload, bytes
	retained bool
	received time.Time
}

// verdict says what became of a message.
type verdict uint8

const (
	used        verdict = iota // made readings, or was meant for nobody here
	unknown                    // no asset claims its topic
	undecodable                // not what its mappings say
)

// decoder turns messages into readings, which it collects until reset. It is
// pure: the same messages make the same readings. It is not for concurrent
// use.
type decoder struct {
	routes   *routes
	readings []gateway.Reading
	values   []gateway.Value
	ends     []int       // of each reading's values in values
	origins  []int       // of each reading: what origin was
	origin   int         // the present message, as the caller counts
	spark    *sparkTable // nil: this broker's Sparkplug messages are nobody's
	matched  []*mapping
	parents  []gjson.Result
	suspect  *mapping // of the last undecodable message
}

// reset forgets the collected readings and keeps their memory.
func (d *decoder) reset() {
	d.readings, d.values, d.ends, d.origins = d.readings[:0], d.values[:0], d.ends[:0], d.origins[:0]
}

// collected returns the readings since reset; they are valid until the next.
func (d *decoder) collected() []gateway.Reading {
	start := 0
	for i, end := range d.ends {
		d.readings[i].Values = d.values[start:end:end]
		start = end
	}
	return d.readings
}

// message decodes one message by every mapping of its topic. One mapping that
// cannot read it takes nothing from the others; the error says the first
// reason.
func (d *decoder) message(m *message) (verdict, error) {
	if d.spark != nil && sparkplug.Is(m.topic) {
		return d.spark.message(d, m)
	}
	d.matched = d.routes.match(m.topic, d.matched[:0])
	if len(d.matched) == 0 {
		if m.size == 0 {
			return used, nil // clears a retained message
		}
		return unknown, errors.New("no asset has a mapping for this topic")
	}
	if m.size == 0 {
		d.cleared(m)
		return used, nil
	}
	if m.size > maxPayload {
		d.suspect = d.matched[0]
		return undecodable, fmt.Errorf("payload of %d bytes: at most %d", m.size, maxPayload)
	}
	var first, notJSON error
	var checked, meant bool // meant: somebody has taken it, or it was meant for somebody else
	for _, mp := range d.matched {
		var ok bool
		var err error
		inside := mp.looksInside(m.payload)
		if inside && !checked {
			checked, notJSON = true, checkJSON(m.payload)
		}
		if inside && notJSON != nil {
			err = notJSON
		} else {
			ok, err = d.apply(mp, m)
		}
		meant = meant || ok
		if err != nil && first == nil {
			first, d.suspect = err, mp
		}
	}
	if first == nil && !meant {
		d.suspect = d.matched[0]
		first = fmt.Errorf("none of its %d fields is present", len(d.matched[0].fields))
	}
	if first != nil {
		return undecodable, first
	}
	return used, nil
}

// checkJSON says why a payload is not JSON that may be looked into.
func checkJSON(s string) error {
	if strings.Count(s, "{")+strings.Count(s, "[") > maxNesting && nesting(s) > maxNesting {
		return fmt.Errorf("JSON nested deeper than %d", maxNesting)
	}
	if !gjson.Valid(s) {
		return errors.New("not JSON")
	}
	return nil
}

// nesting returns how deep brackets outside of strings nest.
func nesting(s string) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// looksInside reports whether the mapping needs the payload to be JSON. A
// topic of availability alone may have one word instead.
func (m *mapping) looksInside(payload string) bool {
	if m.avail != nil && len(m.fields) == 0 && m.when == "" {
		return m.avail.Path != "" && isObject(payload)
	}
	return m.json || m.when != "" || (m.avail != nil && m.avail.Path != "")
}

func isObject(payload string) bool { return strings.HasPrefix(strings.TrimSpace(payload), "{") }

// cleared takes an empty payload, which clears a retained message. Where the
// topic's availability says so, the device is gone with it.
func (d *decoder) cleared(m *message) {
	for _, mp := range d.matched {
		if mp.avail != nil && mp.avail.Cleared {
			d.lost(mp.asset, mp.points, m.received, "availability cleared")
		}
	}
}

// apply decodes the message by one mapping. ok is false where the mapping
// found nothing at all in it.
func (d *decoder) apply(mp *mapping, m *message) (ok bool, err error) {
	if mp.when != "" && !gjson.Get(m.payload, mp.when).Exists() {
		return true, nil
	}
	if mp.avail != nil {
		if err := d.availability(mp, m); err != nil {
			return true, err
		}
		if len(mp.fields) == 0 {
			return true, nil
		}
	}
	if mp.each != "" {
		return true, d.backfill(mp, m)
	}
	at, doubt := m.received, ""
	if mp.stamp != nil {
		source, err := mp.stamp.read(m.payload)
		if err == nil {
			at, err = gateway.ReadingTime(source, m.received, mp.retention)
		}
		if err != nil {
			doubt = err.Error()
		}
	}
	if m.retained && !mp.current {
		if doubt != "" {
			doubt = "; " + doubt
		}
		doubt = "retained" + doubt
	}
	return d.reading(mp, m, m.payload, at, doubt), nil
}

// backfill makes one reading of each element of an array, uncertain: it tells
// what was, not what is. An element that does not say when it was is left out,
// and reported.
func (d *decoder) backfill(mp *mapping, m *message) error {
	list := gjson.Get(m.payload, mp.each)
	if !list.Exists() || list.Type == gjson.Null {
		return nil
	}
	if !list.IsArray() {
		return fmt.Errorf("%s is not an array", mp.each)
	}
	doubt := "backfilled"
	if m.retained {
		doubt = "retained; backfilled"
	}
	var first error
	n := 0
	list.ForEach(func(_, e gjson.Result) bool {
		if n++; n > maxElements {
			first = fmt.Errorf("%s has more than %d elements", mp.each, maxElements)
			return false
		}
		source, err := mp.stamp.read(e.Raw)
		if err == nil && source.IsZero() {
			err = errors.New("no time")
		}
		if err == nil {
			source, err = gateway.ReadingTime(source, m.received, mp.retention)
		}
		if err == nil && !d.reading(mp, m, e.Raw, source, doubt) {
			err = fmt.Errorf("none of its %d fields is present", len(mp.fields))
		}
		if err != nil && first == nil {
			first = fmt.Errorf("element %d of %s: %w", n, mp.each, err)
		}
		return true
	})
	return first
}

// reading collects the values that payload (the whole, or one element of it)
// has for the mapping's fields. It reports whether there was any.
func (d *decoder) reading(mp *mapping, m *message, payload string, at time.Time, doubt string) bool {
	before := len(d.values)
	d.parents = d.parents[:0]
	for _, p := range mp.parents {
		d.parents = append(d.parents, gjson.Get(payload, p))
	}
	anything := mp.when != "" // else defaults alone make no reading
	invalid := invalid(mp.valid, payload)
	for i := range mp.fields {
		f := &mp.fields[i]
		v, present, ok := d.value(mp, f, m, payload)
		anything = anything || present
		if !ok {
			continue
		}
		if invalid != "" {
			v = f.bad(invalid)
		}
		f.settle(&v, at, doubt)
		d.values = append(d.values, v)
	}
	if !anything {
		d.values = d.values[:before]
	}
	d.end(mp.asset, m.received, at, before)
	return anything
}

// apply keeps a bool true for the hold's time after it was true: some sensors
// flap while what they watch is there.
func (h *held) apply(v *gateway.Value, at time.Time) {
	switch since := at.Sub(h.last); {
	case v.Quality != gateway.QualityGood:
	case v.Number == 1:
		h.last = at
	case since >= 0 && since < h.time:
		v.Number = 1
	}
}

// invalid says why the values of a payload mean nothing; empty: they do.
func invalid(valid *config.Valid, payload string) string {
	if valid == nil {
		return ""
	}
	v := gjson.Get(payload, valid.Path)
	text := strings.TrimSpace(v.String())
	n, numeric := parseNumber(text, true)
	switch {
	case !v.Exists() || v.Type == gjson.Null:
		return "not valid: no " + valid.Path
	case len(valid.Is) > 0:
		if !slices.Contains(valid.Is, text) {
			return "not valid: " + valid.Path + " is " + strconv.Quote(clip(text, 40))
		}
	case !numeric || (valid.Min != nil && n < *valid.Min) || (valid.Max != nil && n > *valid.Max):
		return "not valid: " + valid.Path + " is " + strconv.Quote(clip(text, 40))
	}
	return ""
}

// value returns one field's value; ok is false where the payload has none and
// its absence says nothing, present only where it is in the payload.
func (d *decoder) value(mp *mapping, f *field, m *message, payload string) (v gateway.Value, present, ok bool) {
	switch {
	case f.level > 0:
		part, ok := topicLevel(m.topic, f.level)
		if !ok {
			return f.bad(fmt.Sprintf("the topic has no level %d", f.level)), true, true
		}
		return f.fromText(part), true, true
	case f.path == "" || !mp.json:
		return f.fromText(payload), true, true
	}
	var got gjson.Result
	if f.parent < 0 {
		got = gjson.Get(payload, f.path)
	} else if p := d.parents[f.parent]; p.IsObject() || p.IsArray() {
		got = gjson.Get(p.Raw, f.path)
	}
	switch {
	case f.option && got.Exists() && got.Type == gjson.Null:
		return gateway.Value{}, true, false
	case got.Exists():
		return f.fromJSON(got), true, true
	case f.absent != nil:
		return gateway.Good(f.point, *f.absent), false, true
	}
	return gateway.Value{}, false, false
}

// end closes a reading over the values collected since before, if there are any.
func (d *decoder) end(asset gateway.AssetID, received, at time.Time, before int) {
	if len(d.values) == before {
		return
	}
	d.readings = append(d.readings, gateway.Reading{Asset: asset, Time: at, Received: received})
	d.ends = append(d.ends, len(d.values))
	d.origins = append(d.origins, d.origin)
}

// lost collects that every point of an asset is lost.
func (d *decoder) lost(asset gateway.AssetID, points []string, at time.Time, reason string) {
	before := len(d.values)
	for _, p := range points {
		d.values = append(d.values, gateway.NotGood(p, gateway.QualityLost, reason))
	}
	d.end(asset, at, at, before)
}

// availability takes what the topic says about the device being there. Gone
// makes every point of the asset lost; back makes nothing: values come.
func (d *decoder) availability(mp *mapping, m *message) error {
	text := m.payload
	if mp.avail.Path != "" && isObject(text) {
		v := gjson.Get(m.payload, mp.avail.Path)
		if !v.Exists() {
			return fmt.Errorf("availability: no %s", mp.avail.Path)
		}
		text = v.String()
	}
	text = strings.TrimSpace(text)
	switch {
	case slices.Contains(mp.avail.Online, text):
		return nil
	case !slices.Contains(mp.avail.Offline, text):
		return fmt.Errorf("availability: %q is neither online nor offline", clip(text, 40))
	}
	d.lost(mp.asset, mp.points, m.received, "availability offline")
	return nil
}
