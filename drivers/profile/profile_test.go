package profile

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/kind"
)

// once, for all tests: parsing every profile takes a while, and a Set does
// not change.
var once = sync.OnceValues(Builtin)

func builtin(t *testing.T) *Set {
	t.Helper()
	s, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t *testing.T, name string) config.Profile {
	t.Helper()
	p, ok := builtin(t).Profile(name)
	if !ok {
		t.Fatalf("no profile %s", name)
	}
	return p
}

func TestBuiltin(t *testing.T) {
	s := builtin(t)
	names := s.Names()
	if !slices.IsSorted(names) {
		t.Errorf("profiles are not in order: %v", names)
	}
	for _, want := range []string{"abb-b23", "danfoss-fc51", "eastron-sdm630", "monarch-nice3000plus", "wb-mwac", "zigbee2mqtt-leak"} {
		if !slices.Contains(names, want) {
			t.Errorf("profiles are %v, without %s", names, want)
		}
	}
	if _, ok := s.Profile("nothing"); ok {
		t.Error("there is a profile of nothing")
	}
}

// Every point is one of the kind, and everything has its source.
func TestPointsAreTheKinds(t *testing.T) {
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	s := builtin(t)
	for _, name := range s.Names() {
		p, _ := s.Profile(name)
		k, ok := kinds.Kind(p.Kind)
		if !ok || len(p.Sources) == 0 || p.Title.ZH == "" || p.Title.EN == "" {
			t.Errorf("%s is of kind %q, from %v, called %v", name, p.Kind, p.Sources, p.Title)
		}
		points := map[string]config.Transform{}
		for _, r := range p.Points {
			points[r.Point] = r.Transform
		}
		for _, topic := range p.Topics {
			if !strings.Contains(topic.Filter, "{device}") && !strings.Contains(topic.Filter, "{root}") {
				t.Errorf("%s: topic %s has no device", name, topic.Filter)
			}
			for _, f := range topic.Fields {
				points[f.Point] = f.Transform
			}
		}
		for _, m := range p.Metrics {
			points[m.Point] = m.Transform
		}
		if len(points) == 0 {
			t.Errorf("%s gives nothing", name)
		}
		for point, tr := range points {
			pt, ok := k.Point(point)
			if !ok {
				t.Errorf("%s: %s has no point %s", name, p.Kind, point)
			}
			if pt.Type == gateway.Enum && len(tr.Enum) == 0 {
				t.Errorf("%s: %s has no enum", name, point)
			}
		}
	}
}

// A few registers of each map, as the makers' own tables give them.
func TestRegisters(t *testing.T) {
	for _, c := range []struct {
		profile, point string
		table          config.Table
		address        uint16
		encoding       config.Encoding
		bit            int
		scale, offset  float64
	}{
		{"eastron-sdm630", "voltage_l1", config.InputRegisters, 0x0000, config.EncFloat32, -1, 1, 0},
		{"eastron-sdm630", "power", config.InputRegisters, 0x0034, config.EncFloat32, -1, 0.001, 0},
		{"eastron-sdm630", "energy_import", config.InputRegisters, 0x0048, config.EncFloat32, -1, 1, 0},
		{"eastron-sdm630", "neutral_current", config.InputRegisters, 0x00E0, config.EncFloat32, -1, 1, 0},
		{"schneider-iem3000", "power", config.HoldingRegisters, 0x0BF3, config.EncFloat32, -1, 1, 0},
		{"schneider-iem3000", "energy_import", config.HoldingRegisters, 0x0C83, config.EncInt64, -1, 0.001, 0},
		{"abb-b23", "energy_import", config.HoldingRegisters, 0x5000, config.EncUint64, -1, 0.01, 0},
		{"abb-b23", "power", config.HoldingRegisters, 0x5B14, config.EncInt32, -1, 1e-5, 0},
		{"grundfos-cim", "liquid_temperature", config.HoldingRegisters, 321, config.EncUint16, -1, 0.01, -273.15},
		{"grundfos-cim", "differential_pressure", config.HoldingRegisters, 338, config.EncUint16, -1, 1e-4, 0},
		{"grundfos-cim", "running", config.HoldingRegisters, 200, config.EncBool, 6, 1, 0},
		{"monarch-nice3000plus", "car_speed", config.HoldingRegisters, 0x1010, config.EncUint16, -1, 0.001, 0},
		{"monarch-nice3000plus", "car_floor", config.HoldingRegisters, 0x1018, config.EncUint16, -1, 1, 0},
		{"monarch-nice3000plus", "mode", config.HoldingRegisters, 0x101D, config.EncUint16, 4, 1, 0},
		{"monarch-nice3000plus", "fault_code", config.HoldingRegisters, 0x8000, config.EncUint16, -1, 1, 0},
		{"wellpro-wp8026", "di16", config.DiscreteInputs, 15, config.EncBool, -1, 1, 0},
		{"qdy30a-level", "level", config.HoldingRegisters, 4, config.EncInt16, -1, 0.001, 0},
	} {
		p := get(t, c.profile)
		i := slices.IndexFunc(p.Points, func(r config.Register) bool { return r.Point == c.point })
		if i < 0 {
			t.Errorf("%s has no %s", c.profile, c.point)
			continue
		}
		r := p.Points[i]
		if r.Table != c.table || r.Address != c.address || r.Encoding != c.encoding || r.Bit != c.bit ||
			math.Abs(r.Transform.Scale-c.scale) > 1e-12 || r.Transform.Offset != c.offset || r.LowFirst {
			t.Errorf("%s %s is %+v, want %+v", c.profile, c.point, r, c)
		}
	}
}

func TestGrundfosLimits(t *testing.T) {
	p := get(t, "grundfos-cim")
	if w := p.Limits.Watch; w == nil || *w != (config.Heartbeat{Table: config.HoldingRegisters, Address: 26, Words: 2, Polls: 3}) {
		t.Errorf("watch is %+v", w)
	}
	// A hole's edges in the manual's numbers less one: 00029 to 00100.
	if !slices.Contains(p.Limits.Holes, config.Span{Table: config.HoldingRegisters, First: 28, Last: 99}) {
		t.Errorf("holes are %+v", p.Limits.Holes)
	}
	for _, r := range p.Points {
		if r.Encoding == config.EncUint16 && r.Bit < 0 && r.Point != "bus_errors" && !slices.Contains(r.NA, 0xFFFF) {
			t.Errorf("%s does not know 0xFFFF", r.Point)
		}
	}
}

// TestPayloads finds every place that a sample of the device must have.
func TestPayloads(t *testing.T) {
	for _, c := range []struct {
		profile, file string
		topic         int
		want          map[string]string // point to raw text
		time          string
	}{
		{"zigbee2mqtt-leak", "z2m-aqara-sjcgq11lm-leak.json", 0, map[string]string{"leak": "true", "battery": "97", "battery_low": "false", "battery_voltage": "2995", "device_temperature": "22", "linkquality": "116", "power_outage_count": "14"}, ""},
		{"zigbee2mqtt-contact", "z2m-contact-mccgq11lm-open.json", 0, map[string]string{"open": "false", "battery": "91", "linkquality": "99"}, ""},
		{"zigbee2mqtt-valve", "z2m-tuya-ts0601-water-valve.json", 0, map[string]string{"state": "ON", "flow": "0", "volume": "102331", "temperature": "19.2", "battery_voltage": "3600"}, ""},
		{"shelly-flood-gen4", "shelly-flood-gen4-notifystatus.json", 0, map[string]string{"leak": "true", "muted": "false"}, "1760000000.0"},
		{"chirpstack-milesight-em300-sld", "chirpstack4-up-milesight-em300-sld-leak.json", 0, map[string]string{"leak": "leak", "temperature": "30.8", "humidity": "50.5", "battery": "92", "rssi": "-36", "snr": "10.5"}, "2022-07-18T09:34:15.775023242+00:00"},
		{"chirpstack-milesight-em300-sld", "chirpstack4-up-milesight-em300-sld-history.json", 1, map[string]string{"leak": "leak", "temperature": "27.2", "humidity": "46.5"}, "1665561758"},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", c.file))
		if err != nil {
			t.Fatal(err)
		}
		topic := get(t, c.profile).Topics[c.topic]
		if topic.When != "" && !gjson.GetBytes(data, topic.When).Exists() {
			t.Errorf("%s: %s is not for it", c.profile, c.file)
		}
		if topic.Each != "" {
			data = []byte(gjson.GetBytes(data, topic.Each).Array()[0].Raw)
		}
		if topic.Time != "" {
			at := gjson.GetBytes(data, topic.Time)
			want := gjson.Parse(c.time)
			if at.String() != c.time && at.Num != want.Num {
				t.Errorf("%s: time is %s, want %s", c.profile, at, c.time)
			}
		}
		for _, f := range topic.Fields {
			got := gjson.GetBytes(data, f.Path)
			want, ok := c.want[f.Point]
			switch {
			case ok && got.String() != want:
				t.Errorf("%s: %s is %q, want %q", c.profile, f.Point, got, want)
			case ok && f.Transform.Enum != nil:
				if _, known := f.Transform.Enum[got.String()]; !known {
					t.Errorf("%s: %s knows no %q", c.profile, f.Point, got)
				}
			}
			delete(c.want, f.Point)
		}
		if len(c.want) > 0 {
			t.Errorf("%s does not map %v", c.profile, c.want)
		}
	}
}

// A cable that is unplugged is found in the list of errors, and its absence
// from the list is no error.
func TestShellyProbeFault(t *testing.T) {
	topic := get(t, "shelly-flood-gen4").Topics[1]
	for payload, want := range map[string]bool{
		`{"params":{"flood:0":{"errors":["other","cable_unplugged"]}}}`: true,
		`{"params":{"flood:0":{"errors":[]}}}`:                          false,
	} {
		if !json.Valid([]byte(payload)) || !gjson.Get(payload, topic.When).Exists() {
			t.Fatalf("%s is not for %s", payload, topic.When)
		}
		f := topic.Fields[0]
		if got := gjson.Get(payload, f.Path); got.Exists() != want || (want && f.Transform.Enum[got.String()] != 1) || f.Absent == nil || *f.Absent != 0 {
			t.Errorf("%s gives %q", payload, got)
		}
	}
}

func TestDir(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const good = "profile: acme\nvendor: ACME\nmodel: X\nkind: tank\nprotocol: modbus\npoints: [{point: level, address: 1, type: uint16}]\n"
	write("acme.yaml", good)
	write("README.md", "not a profile")
	s, err := Dir(dir)
	if err != nil || !slices.Equal(s.Names(), []string{"acme"}) {
		t.Fatalf("got %v, %v", s, err)
	}
	write("other.yaml", good)
	write("bad.yaml", strings.Replace(good, "level", "levle", 1))
	_, err = Dir(dir)
	if err == nil {
		t.Fatal("bad profiles were taken")
	}
	if all, ok := errors.AsType[config.Errors](err); !ok || all[0].Want != `did you mean "level"?` {
		t.Errorf("bad.yaml is not named: %v", err)
	}
	if !strings.Contains(err.Error(), `other.yaml: profile "acme" does not have its file's name`) {
		t.Errorf("other.yaml is not named: %v", err)
	}
}
