package sim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// family is a make of MQTT device as far as it shapes topics and payloads.
type family uint8

const (
	plainDevice family = iota // nothing known: JSON or text that fits the mapping
	zigbee2mqtt
	shellyGen1
	shellyRPC // Gen2 and later
	chirpstack
)

// familyOf tells the family by the shape of a topic.
func familyOf(topic string) family {
	switch {
	case strings.HasPrefix(topic, "zigbee2mqtt/"):
		return zigbee2mqtt
	case strings.HasPrefix(topic, "shellies/"):
		return shellyGen1
	case strings.HasSuffix(topic, "/events/rpc"), strings.HasPrefix(topic, "shelly") && strings.HasSuffix(topic, "/online"):
		return shellyRPC
	case strings.HasPrefix(topic, "application/") && strings.Contains(topic, "/device/"):
		return chirpstack
	}
	return plainDevice
}

// message is one topic a device publishes to and how its payload is made.
type message struct {
	family family
	topic  string // concrete but for parts that carry a value
	format config.Format
	fields []config.Field
	signal []int // index of the signal of each field
	path   [][]string
	member []string   // of each field: the text that stands in the array at path, or not
	fixed  []fixed    // what stands in it whatever the values are
	when   [][]string // paths that must exist
	time   []string
	layout string // of time
	zone   *time.Location
	count  int // messages made
	id     gateway.AssetID
}

// fixed is a text at a path.
type fixed struct {
	path []string
	text string
}

// payload renders the message of this instant. s is read only.
func (m *message) payload(s *signals, now time.Time) (topic string, body []byte) {
	m.count++
	topic = m.topic
	root := object{}
	var text string
	for i := range m.fields {
		f := &m.fields[i]
		v := s.at(m.signal[i])
		p := &s.points[m.signal[i]]
		away := f.Absent != nil && v == *f.Absent
		if m.member[i] != "" {
			list := []string{}
			if !away {
				list = append(list, m.member[i])
			}
			root.put(m.path[i], list)
			continue
		}
		if away {
			continue
		}
		raw := rawValue(f, v, p)
		switch {
		case f.TopicPart > 0:
			topic = replacePart(topic, f.TopicPart, plain(raw))
		case m.format == config.FormatText || len(m.path[i]) == 0:
			text = plain(raw)
		default:
			root.put(m.path[i], raw)
		}
	}
	if m.format == config.FormatText {
		return topic, []byte(text)
	}
	if len(m.time) > 0 {
		root.put(m.time, stamp(now, m.layout, m.zone))
	}
	for _, x := range m.fixed {
		root.put(x.path, scalar(x.text))
	}
	m.dress(root, s, now)
	for _, w := range m.when {
		if !root.has(w) {
			root.put(w, true)
		}
	}
	return topic, root.encode(nil)
}

// rawValue undoes a field's transform and gives what stands in the payload:
// bool, number or text.
func rawValue(f *config.Field, v float64, p *gateway.Point) any {
	t := &f.Transform
	if len(t.Enum) > 0 {
		key, _ := rawKey(t.Enum, v)
		switch key {
		case "true":
			return true
		case "false":
			return false
		}
		if n, err := strconv.ParseFloat(key, 64); err == nil {
			return n
		}
		return key
	}
	if p.Type == gateway.Bool {
		return (v != 0) != t.Invert
	}
	scale := t.Scale
	if scale == 0 {
		scale = 1
	}
	raw := (v - t.Offset) / scale
	digits := decimals(p) + 1 + int(math.Round(math.Log10(math.Abs(scale))))
	raw = round(raw, digits)
	if f.Strip {
		return strconv.FormatFloat(raw, 'f', -1, 64) + " " + p.Unit
	}
	return raw
}

// plain is a raw value as the text of a whole payload.
func plain(raw any) string {
	switch x := raw.(type) {
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case string:
		return x
	}
	return fmt.Sprint(raw)
}

// stamp writes a time in a mapping's format.
func stamp(now time.Time, format string, zone *time.Location) any {
	switch format {
	case "unix":
		return float64(now.UnixMilli()) / 1000
	case "unix_ms":
		return float64(now.UnixMilli())
	case "", "rfc3339":
		return now.UTC().Format(time.RFC3339Nano)
	}
	return now.In(zone).Format(format)
}

// replacePart puts text in place of the 1-based level of a topic.
func replacePart(topic string, part int, text string) string {
	levels := strings.Split(topic, "/")
	if part <= len(levels) {
		levels[part-1] = strings.NewReplacer("/", "_", "+", "_", "#", "_").Replace(text)
	}
	return strings.Join(levels, "/")
}

// concrete makes a topic to publish to of a filter: wildcards become names.
func concrete(filter string) string {
	levels := strings.Split(filter, "/")
	for i, l := range levels {
		if l != "+" && l != "#" {
			continue
		}
		levels[i] = "sim"
		if i == 1 && levels[0] == "application" {
			levels[i] = chirpstackApplication
		}
	}
	return strings.Join(levels, "/")
}

// memberPath takes apart a path that asks whether a text is in an array, such
// as errors.#(=="cable_unplugged"). Of another path, member is empty.
func memberPath(path string) (array, member string) {
	array, rest, ok := strings.Cut(path, `.#(=="`)
	member, tail, closed := strings.Cut(rest, `")`)
	if !ok || !closed || tail != "" {
		return path, ""
	}
	return array, member
}

// splitPath splits a gjson path into its keys; false for one that asks more
// than keys and array indexes, which cannot be turned round.
func splitPath(path string) ([]string, bool) {
	if path == "" || path == "@this" {
		return nil, true
	}
	if strings.ContainsAny(path, "|@#*?{}[]()!%") {
		return nil, false
	}
	var keys []string
	var key strings.Builder
	for i := 0; i < len(path); i++ {
		switch {
		case path[i] == '\\' && i+1 < len(path):
			i++
			key.WriteByte(path[i])
		case path[i] == '.':
			keys = append(keys, key.String())
			key.Reset()
		default:
			key.WriteByte(path[i])
		}
	}
	keys = append(keys, key.String())
	return keys, !slices.Contains(keys, "")
}
