package mqtt

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// What makes a payload valid, what holds a bool, what may be null, and what a
// retained or an empty payload says.
func TestMappingLanguage(t *testing.T) {
	leak := func(tp config.Topic) config.Topic {
		tp.Filter, tp.Format = "x", config.FormatJSON
		if tp.Fields == nil {
			tp.Fields = []config.Field{{Point: "leak", Path: "l"}}
		}
		return tp
	}
	gone := func(cleared bool) config.Topic {
		return config.Topic{Filter: "x", Format: config.FormatJSON, Availability: &config.Availability{
			Path: "state", Online: []string{"on"}, Offline: []string{"off"}, Cleared: cleared,
		}}
	}
	loop := leak(config.Topic{Valid: &config.Valid{Path: "mA", Min: number(3.6), Max: number(21)}})
	quality := leak(config.Topic{Valid: &config.Valid{Path: "q", Is: []string{"192", "good"}}, When: "l", Fields: []config.Field{{Point: "leak", Path: "l", Absent: number(0)}}})
	option := leak(config.Topic{Fields: []config.Field{{Point: "humidity", Path: "h", Optional: true}, {Point: "leak", Path: "l"}}})
	lost := "leak lost availability offline"
	for _, c := range []struct {
		topic    config.Topic
		payload  string
		retained bool
		want     string // of leak, or of all there is
	}{
		{loop, `{"l":true,"mA":12}`, false, "leak=1 good"},
		{loop, `{"l":true,"mA":"12.5 mA"}`, false, "leak=1 good"},
		{loop, `{"l":true,"mA":3.5}`, false, `leak bad not valid: mA is "3.5"`},
		{loop, `{"l":true,"mA":21.1}`, false, `leak bad not valid: mA is "21.1"`},
		{loop, `{"l":true,"mA":"none"}`, false, `leak bad not valid: mA is "none"`},
		{loop, `{"l":true,"mA":null}`, false, "leak bad not valid: no mA"},
		{loop, `{"l":true}`, false, "leak bad not valid: no mA"},
		{quality, `{"l":true,"q":192}`, false, "leak=1 good"},
		{quality, `{"l":true,"q":"good"}`, false, "leak=1 good"},
		{quality, `{"l":false,"q":24}`, false, `leak bad not valid: q is "24"`},
		{option, `{"h":null,"l":null}`, false, "leak bad null"},
		{option, `{"h":null}`, false, ""},
		{option, `{"h":50,"l":true}`, false, "humidity=50 good, leak=1 good"},
		{leak(config.Topic{}), `{"l":true}`, true, "leak=1 uncertain retained"},
		{leak(config.Topic{Current: true}), `{"l":true}`, true, "leak=1 good"},
		{gone(false), `{"state":"off"}`, true, lost},
		{gone(false), ` {"state":"off"}`, false, lost},
		{gone(false), "off", false, lost},
		{gone(false), "on", false, ""},
		{gone(false), "", true, ""},
		{gone(true), "", true, "leak lost availability cleared"},
		{gone(false), "{off", false, "undecodable"},
		{gone(false), "[1]", false, "undecodable"},
	} {
		site := testSite(map[gateway.AssetID][]config.Topic{"a": {c.topic}})
		d := newDecoder(t, site)
		m := message{topic: "x", payload: c.payload, size: len(c.payload), retained: c.retained, received: time.Unix(1_800_000_000, 0)}
		v, _ := d.message(&m)
		var got []string
		for _, r := range d.collected() {
			for _, v := range r.Values {
				if v.Quality == gateway.QualityLost && v.Point != "leak" {
					continue // all points are lost alike
				}
				s := v.Point
				if v.Quality.HasNumber() {
					s += fmt.Sprintf("=%g", v.Number)
				}
				got = append(got, strings.TrimSpace(s+" "+v.Quality.String()+" "+v.Reason))
			}
		}
		if v == undecodable {
			got = append(got, "undecodable")
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s (retained %v): got %q, want %q", c.payload, c.retained, s, c.want)
		}
	}
}

// A bool that is held is true for that long after it was; what comes from
// before, or late, is not held by it.
func TestHold(t *testing.T) {
	site := testSite(map[gateway.AssetID][]config.Topic{"a": {{
		Filter: "x", Format: config.FormatJSON, Time: "t", TimeFormat: "unix", Fields: []config.Field{{Point: "leak", Path: "l", Hold: 10 * time.Second}},
	}}})
	d := newDecoder(t, site)
	const begin = 1_800_000_000
	for i, c := range []struct {
		at       int
		value    string
		retained bool
		want     float64
	}{
		{0, "false", false, 0}, {1, "true", false, 1}, {2, "false", false, 1}, {10, "false", false, 1}, {11, "false", false, 0},
		{20, "true", true, 1}, {21, "false", false, 0}, // what was retained holds nothing
		{30, "true", false, 1}, {25, "false", false, 0}, {39, "true", false, 1}, {48, "false", false, 1}, {49, "false", false, 0},
	} {
		d.reset()
		payload := fmt.Sprintf(`{"t":%d,"l":%s}`, begin+c.at, c.value)
		m := message{topic: "x", payload: payload, size: len(payload), retained: c.retained, received: time.Unix(begin+100, 0)}
		if _, err := d.message(&m); err != nil {
			t.Fatal(err)
		}
		if got := d.collected()[0].Values[0].Number; got != c.want {
			t.Errorf("message %d, %s at %d s: %g, want %g", i, c.value, c.at, got, c.want)
		}
	}
}

// BenchmarkDecodeSparkplug is a DDATA of ten metrics, from the payload to the
// reading of an asset.
func BenchmarkDecodeSparkplug(b *testing.B) {
	c := sparkSite("127.0.0.1:1")
	c.Site.Assets[0].Points, c.Assets[0].MQTT.Metrics = nil, nil
	field := func(number byte, body ...byte) []byte { return append([]byte{number<<3 | 2, byte(len(body))}, body...) }
	var births, data []byte
	for i := range byte(10) {
		name := fmt.Sprintf("Pump/value %d", i)
		c.Site.Assets[0].Points = append(c.Site.Assets[0].Points, gateway.Point{Name: name})
		c.Assets[0].MQTT.Metrics = append(c.Assets[0].MQTT.Metrics, config.Metric{Name: name, Field: config.Field{Point: name}})
		value := []byte{2 << 3, i, 12<<3 | 5, 0x0a, 0xd7, 0x83, 0x40} // its alias and 4.12
		data = append(data, field(2, value...)...)
		births = append(births, field(2, append(append(field(1, []byte(name)...), 4<<3, 9), value...)...)...)
	}
	spark, err := newSpark(c, &c.Brokers[0])
	if err != nil {
		b.Fatal(err)
	}
	d := &decoder{routes: newRoutes(nil), spark: spark}
	send := func(topic string, payload []byte) {
		d.reset()
		m := message{topic: topic, payload: string(payload), size: len(payload), received: sparkBegin}
		if _, err := d.message(&m); err != nil {
			b.Fatal(err)
		}
	}
	bdSeq := append([]byte{3 << 3, 0}, field(2, append(field(1, []byte("bdSeq")...), 4<<3, 8, 11<<3, 3)...)...)
	send("spBv1.0/RES01/NBIRTH/edge1", bdSeq)
	send("spBv1.0/RES01/DBIRTH/edge1/pump1", append(births, 3<<3, 1))
	var messages [256]message
	for seq := range messages {
		payload := append([]byte(nil), data...)
		payload = append(payload, 3<<3)
		if seq >= 128 {
			payload = append(payload, byte(seq)|0x80, 1)
		} else {
			payload = append(payload, byte(seq))
		}
		messages[seq] = message{topic: "spBv1.0/RES01/DDATA/edge1/pump1", payload: string(payload), size: len(payload), received: sparkBegin}
	}
	seq := uint8(2)
	b.ReportAllocs()
	for b.Loop() {
		d.reset()
		if v, err := d.message(&messages[seq]); v != used || len(d.collected()) != 1 || len(d.collected()[0].Values) != 10 {
			b.Fatal(v, err)
		}
		seq++
	}
}
