package mqtt

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

var update = flag.Bool("update", false, "write the golden files anew")

func newDecoder(t testing.TB, c *config.Config) *decoder {
	t.Helper()
	ms, err := compile(c, "main")
	if err != nil {
		t.Fatal(err)
	}
	return &decoder{routes: newRoutes(ms)}
}

// describe writes what a message became, for people.
func describe(d *decoder, v verdict, err error) string {
	var b strings.Builder
	if err != nil {
		fmt.Fprintf(&b, "%s: %v\n", []string{"used", "unknown", "undecodable"}[v], err)
	}
	for _, r := range d.collected() {
		fmt.Fprintf(&b, "%s at %s\n", r.Asset, r.Time.UTC().Format(time.RFC3339Nano))
		for _, v := range r.Values {
			fmt.Fprintf(&b, "  %-12s ", v.Point)
			if v.Quality.HasNumber() {
				fmt.Fprintf(&b, "%g ", v.Number)
			}
			b.WriteString(strings.TrimSpace(fmt.Sprintf("%s %s", v.Quality, v.Reason)) + "\n")
		}
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

func TestPayloads(t *testing.T) {
	const app = "application/17c82e96-be03-4f38-aef3-f83d48582d97/device/"
	site := testSite(map[gateway.AssetID][]config.Topic{
		"b1-leak":    {z2mLeak("zigbee2mqtt/B1-pump-room-leak-1")},
		"b2-leak":    {z2mLeak("zigbee2mqtt/B2-sump-leak")},
		"flat-leak":  {z2mLeak("zigbee2mqtt/flat-1203-kitchen-leak")},
		"gen1":       shellyGen1("shellyflood-01792F"),
		"gen4":       {shellyGen4("shellyfloodg4-aabbccddeeff")},
		"sld-leak":   milesightSLD("24e1247cd36314c1"),
		"sld-normal": milesightSLD("24e1240081c33680"),
		"sld-hist":   milesightSLD("24e124974ab49d1c"),
		"edge": {{Filter: "x/y", Format: config.FormatJSON, Fields: []config.Field{
			{Point: "voltage", Path: "voltage"},
			{Point: "battery", Path: "current", NA: []string{"--"}},
			{Point: "humidity", Path: "power"},
			{Point: "temperature", Path: "temperature", NA: []string{"-127"}},
		}}},
	})
	at := func(s string) time.Time {
		x, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	cases := []struct{ file, topic, received string }{
		{"z2m-aqara-sjcgq11lm-dry.json", "zigbee2mqtt/B1-pump-room-leak-1", "2026-01-02T03:04:05Z"},
		{"z2m-aqara-sjcgq11lm-leak.json", "zigbee2mqtt/B1-pump-room-leak-1", "2026-01-02T03:04:05Z"},
		{"z2m-aqara-sjcgq12lm-t1.json", "zigbee2mqtt/B2-sump-leak", "2026-01-02T03:04:05Z"},
		{"z2m-tuya-ts0207-leak.json", "zigbee2mqtt/flat-1203-kitchen-leak", "2026-01-02T03:04:05Z"},
		{"z2m-tuya-ts0207-lowbatt.json", "zigbee2mqtt/flat-1203-kitchen-leak", "2026-01-02T03:04:05Z"},
		{"shelly-flood-gen1-flood.txt", "shellies/shellyflood-01792F/sensor/flood", "2026-01-02T03:04:05Z"},
		{"shelly-flood-gen1-temperature.txt", "shellies/shellyflood-01792F/sensor/temperature", "2026-01-02T03:04:05Z"},
		{"shelly-flood-gen1-battery.txt", "shellies/shellyflood-01792F/sensor/battery", "2026-01-02T03:04:05Z"},
		{"shelly-flood-gen1-error.txt", "shellies/shellyflood-01792F/sensor/error", "2026-01-02T03:04:05Z"},
		{"shelly-flood-gen4-notifystatus.json", "shellyfloodg4-aabbccddeeff/events/rpc", "2025-10-09T08:54:00Z"},
		{"chirpstack4-up-milesight-em300-sld-leak.json", app + "24e1247cd36314c1/event/up", "2022-07-18T09:34:16Z"},
		{"chirpstack4-up-milesight-em300-sld-normal.json", app + "24e1240081c33680/event/up", "2024-07-18T09:34:16Z"},
		{"chirpstack4-up-milesight-em300-sld-history.json", app + "24e124974ab49d1c/event/up", "2022-10-12T09:00:00Z"},
		{"edge-nan-strings.json", "x/y", "2026-01-02T03:04:05Z"},
		{"edge-empty-retained-clear.txt", "x/y", "2026-01-02T03:04:05Z"},
	}
	d := newDecoder(t, site)
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			payload, err := os.ReadFile(filepath.Join("testdata/payloads", c.file))
			if err != nil {
				t.Fatal(err)
			}
			d.reset()
			v, err := d.message(&message{topic: c.topic, payload: string(payload), size: len(payload), received: at(c.received)})
			got := describe(d, v, err)
			golden := filepath.Join("testdata/golden", c.file+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

// one decodes one message of one mapping and describes it.
func one(t *testing.T, topic config.Topic, name, payload string, retained bool) string {
	t.Helper()
	d := newDecoder(t, testSite(map[gateway.AssetID][]config.Topic{"a": {topic}}))
	v, err := d.message(&message{
		topic: name, payload: payload, size: len(payload), retained: retained,
		received: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	})
	return describe(d, v, err)
}

func TestDecode(t *testing.T) {
	js := func(f ...config.Field) config.Topic {
		return config.Topic{Filter: "t/+", Format: config.FormatJSON, Fields: f}
	}
	timed := func(path, format, zone string) config.Topic {
		x := js(config.Field{Point: "temperature", Path: "v"})
		x.Time, x.TimeFormat, x.TimeZone = path, format, zone
		return x
	}
	when := js(config.Field{Point: "leak", Path: "o.l", Absent: number(0)})
	when.When = "o"
	each := js(config.Field{Point: "temperature", Path: "t"})
	each.Each, each.Time, each.TimeFormat = "h", "ts", "unix"
	avail := config.Topic{Filter: "t/+", Format: config.FormatJSON, Availability: &config.Availability{
		Path: "state", Online: []string{"online"}, Offline: []string{"offline"},
	}}
	temp := config.Field{Point: "temperature", Path: "v"}
	strip := temp
	strip.Strip = true
	const head, good, none = "a at 2026-01-02T03:04:05Z\n", "  temperature  ", "undecodable: none of its 1 fields is present\n"
	cases := []struct {
		name, payload, want string
		topic               config.Topic
	}{
		{"number in a text", `{"v":" 21.5 "}`, head + good + "21.5 good\n", js(temp)},
		{"unit without strip", `{"v":"1234 mm"}`, head + good + "bad not a number: \"1234 mm\"\n", js(temp)},
		{"unit", `{"v":"1234 mm"}`, head + good + "1234 good\n", js(strip)},
		{"unit without space", `{"v":"3.34V"}`, head + good + "3.34 good\n", js(strip)},
		{"degrees", `{"v":"-3.5 °C"}`, head + good + "-3.5 good\n", js(strip)},
		{"percent", `{"v":"45%"}`, head + good + "45 good\n", js(strip)},
		{"exponent and unit", `{"v":"1.5e3 m3/h"}`, head + good + "1500 good\n", js(strip)},
		{"clock is no number", `{"v":"12:30"}`, head + good + "bad not a number: \"12:30\"\n", js(strip)},
		{"two numbers", `{"v":"1 234"}`, head + good + "bad not a number: \"1 234\"\n", js(strip)},
		{"hex", `{"v":"0x10"}`, head + good + "bad not a number: \"0x10\"\n", js(temp)},
		{"infinity", `{"v":"Infinity"}`, head + good + "bad not a number: \"Infinity\"\n", js(temp)},
		{"too large", `{"v":1e999}`, head + good + "bad not a number: \"1e999\"\n", js(temp)},
		{"null", `{"v":null}`, head + good + "bad null\n", js(temp)},
		{"object", `{"v":{}}`, head + good + "bad not a single value\n", js(temp)},
		{"only the bad one is bad", `{"v":"?","b":50}`, head + good + "bad not a number: \"?\"\n  battery      50 good\n",
			js(temp, config.Field{Point: "battery", Path: "b"})},
		{"partial", `{"b":50}`, head + "  battery      50 good\n", js(temp, config.Field{Point: "battery", Path: "b"})},
		{"out of the point's range", `{"b":101}`, head + "  battery      bad out of range: 101\n", js(config.Field{Point: "battery", Path: "b"})},
		{"out of the field's range", `{"v":-41}`, head + good + "bad out of range: -41\n",
			js(config.Field{Point: "temperature", Path: "v", Transform: config.Transform{Min: number(-40)}})},
		{"scale and offset", `{"v":10}`, head + good + "6 good\n",
			js(config.Field{Point: "temperature", Path: "v", Transform: config.Transform{Scale: 0.1, Offset: 5}})},
		{"inverted", `{"v":true}`, head + "  leak         0 good\n",
			js(config.Field{Point: "leak", Path: "v", Transform: config.Transform{Invert: true}})},
		{"no bool", `{"v":2}`, head + "  leak         bad not a bool: 2\n", js(config.Field{Point: "leak", Path: "v"})},
		{"enum", `{"v":"LEAK"}`, head + "  leak         1 good\n",
			js(config.Field{Point: "leak", Path: "v", Transform: config.Transform{Enum: map[string]float64{"LEAK": 1}}})},
		{"enum by number", `{"v":1.0}`, head + "  leak         1 good\n",
			js(config.Field{Point: "leak", Path: "v", Transform: config.Transform{Enum: map[string]float64{"1": 1}}})},
		{"enum unknown", `{"v":"wet?"}`, head + "  leak         bad unknown value \"wet?\"\n",
			js(config.Field{Point: "leak", Path: "v", Transform: config.Transform{Enum: map[string]float64{"LEAK": 1}}})},
		{"topic part", `{}`, head + good + "7 good\n", js(config.Field{Point: "temperature", TopicPart: 2})},
		{"array index", `{"v":[1,2]}`, head + good + "2 good\n", js(config.Field{Point: "temperature", Path: "v.1"})},
		{"nothing of it", `{"x":1}`, none, js(temp)},
		{"defaults alone", `{"x":1}`, none, js(config.Field{Point: "leak", Path: "l", Absent: number(0)})},
		{"defaults beside a value", `{"v":1}`, head + good + "1 good\n  leak         0 good\n",
			js(temp, config.Field{Point: "leak", Path: "l", Absent: number(0)})},
		{"when holds, all defaults", `{"o":{}}`, head + "  leak         0 good\n", when},
		{"when does not hold", `{"p":{}}`, "nothing\n", when},
		{"not JSON", `{"v":1`, "undecodable: not JSON\n", js(temp)},
		{"too deep", strings.Repeat(`[`, 65) + strings.Repeat(`]`, 65), "undecodable: JSON nested deeper than 64\n", js(temp)},
		{"many but flat", `{"v":1,"x":[` + strings.Repeat(`{},`, 99) + `"{\"[[["]}`, head + good + "1 good\n", js(temp)},
		{"unix fraction", `{"v":1,"t":1767323000.25}`, "a at 2026-01-02T03:03:20.25Z\n" + good + "1 good\n", timed("t", "unix", "")},
		{"unix ms", `{"v":1,"t":"1767323000250"}`, "a at 2026-01-02T03:03:20.25Z\n" + good + "1 good\n", timed("t", "unix_ms", "")},
		{"rfc3339 ns", `{"v":1,"t":"2026-01-02T11:03:20.123456789+08:00"}`, "a at 2026-01-02T03:03:20.123456789Z\n" + good + "1 good\n", timed("t", "rfc3339", "")},
		{"layout in a zone", `{"v":1,"t":"2026-01-02 11:03:20"}`, "a at 2026-01-02T03:03:20Z\n" + good + "1 good\n",
			timed("t", "2006-01-02 15:04:05", "Asia/Shanghai")},
		{"unreadable time", `{"v":1,"t":"soon"}`, head + good + "1 uncertain source time \"soon\" is not a Unix time\n", timed("t", "unix", "")},
		{"no time", `{"v":1,"t":null}`, head + good + "1 good\n", timed("t", "unix", "")},
		{"time too far ahead", `{"v":1,"t":1767324000}`,
			head + good + "1 uncertain source time 2026-01-02T03:20:00Z is implausible at 2026-01-02T03:04:05Z\n", timed("t", "unix", "")},
		{"backfill", `{"h":[{"ts":1767323000,"t":1},{"t":2},{"ts":1767323010,"t":"x"}]}`,
			"undecodable: element 2 of h: no time\na at 2026-01-02T03:03:20Z\n" + good + "1 uncertain backfilled\na at 2026-01-02T03:03:30Z\n" + good + "bad not a number: \"x\"\n", each},
		{"backfill too old", `{"h":[{"ts":1,"t":1}]}`,
			"undecodable: element 1 of h: source time 1970-01-01T00:00:01Z is implausible at 2026-01-02T03:04:05Z\n", each},
		{"no backfill", `{"x":1}`, "nothing\n", each},
		{"backfill is no array", `{"h":1}`, "undecodable: h is not an array\n", each},
		{"online", `{"state":"online"}`, "nothing\n", avail},
		{"neither", `{"state":"asleep"}`, "undecodable: availability: \"asleep\" is neither online nor offline\n", avail},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := one(t, c.topic, "t/7", c.payload, false); got != c.want {
				t.Errorf("%s:\ngot\n%swant\n%s", c.payload, got, c.want)
			}
		})
	}
	t.Run("retained", func(t *testing.T) {
		want := head + good + "1 uncertain retained\n"
		if got := one(t, js(temp), "t/7", `{"v":1}`, true); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
	t.Run("offline", func(t *testing.T) {
		got := one(t, avail, "t/7", `{"state":"offline"}`, true)
		if n := strings.Count(got, "lost availability offline\n"); n != len(leakPoints()) {
			t.Errorf("%d points lost, want all %d:\n%s", n, len(leakPoints()), got)
		}
	})
	t.Run("too large", func(t *testing.T) {
		d := newDecoder(t, testSite(map[gateway.AssetID][]config.Topic{"a": {js(temp)}}))
		v, err := d.message(&message{topic: "t/7", payload: "{", size: maxPayload + 1})
		if v != undecodable || err == nil {
			t.Errorf("verdict %v, %v", v, err)
		}
	})
}

func TestCompileSaysEverythingThatIsWrong(t *testing.T) {
	c := testSite(map[gateway.AssetID][]config.Topic{"a": {
		{Filter: "a/#/b", Format: config.FormatJSON},
		{Filter: "b", Format: "xml"},
		{Filter: "c", Format: config.FormatText, Fields: []config.Field{{Point: "colour"}}},
		{Filter: "d", Format: config.FormatJSON, Each: "h"},
	}})
	_, err := compile(c, "main")
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"'#' must be its last level", `unknown format "xml"`, `no point "colour"`, "needs a time in each element"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
}
