package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/kind"
	"steward/gateway/strict"
)

var update = flag.Bool("update", false, "write the *.want files from what the loader says")

// profileSet is what package drivers/profile is to the loader; the import
// rule keeps that package out of here, its files are read instead.
type profileSet map[string]Profile

func (s profileSet) Profile(name string) (Profile, bool) { p, ok := s[name]; return p, ok }

func (s profileSet) Names() []string {
	var names []string
	for n := range s {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

const profileDir = "../../drivers/profile/profiles"

func setUp(t testing.TB) (*kind.Catalog, profileSet) {
	t.Helper()
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(profileDir + "/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no profiles in %s: %v", profileDir, err)
	}
	set := profileSet{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParseProfile(filepath.Base(f), data, kinds)
		if err != nil {
			t.Fatal(err)
		}
		set[p.Name] = p
	}
	return kinds, set
}

func testEnv(name string) (string, bool) {
	switch name {
	case "MQTT_PASSWORD", "INFLUX_TOKEN", "SECRET":
		return "s3cret-" + name, true
	case "EMPTY":
		return "", true
	}
	return "", false
}

// TestBad loads every testdata/bad/*.yaml and compares what is said about it
// with the *.want beside it, line by line. Files named profile-* are profiles.
func TestBad(t *testing.T) {
	kinds, profiles := setUp(t)
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d bad files, want at least 20: %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(f)
			if strings.HasPrefix(name, "profile-") {
				_, err = ParseProfile(name, data, kinds)
			} else {
				_, err = Parse(name, data, "testdata/good", kinds, profiles, testEnv)
			}
			if err == nil {
				t.Fatal("it was taken")
			}
			all, ok := errors.AsType[Errors](err)
			if !ok {
				t.Fatalf("%T is not Errors: %v", err, err)
			}
			for _, e := range all {
				if e.Problem == "" || e.File != name {
					t.Errorf("%+v is not whole", e)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("a secret is in the message")
			}
			want := strings.TrimSuffix(f, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(want, []byte(err.Error()+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			expected, rerr := os.ReadFile(want)
			if rerr != nil {
				t.Fatal(rerr)
			}
			compare(t, strings.TrimSpace(string(expected)), err.Error())
		})
	}
}

func compare(t *testing.T, want, got string) {
	t.Helper()
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for _, l := range w {
		if !slices.Contains(g, l) {
			t.Errorf("not said: %s", l)
		}
	}
	for _, l := range g {
		if !slices.Contains(w, l) {
			t.Errorf("said, but not expected: %s", l)
		}
	}
	if !t.Failed() && want != got {
		t.Errorf("the order is not the file's:\n%s", got)
	}
}

func load(t testing.TB, path string) *Config {
	t.Helper()
	kinds, profiles := setUp(t)
	c, err := Load(path, kinds, profiles, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func asset(t *testing.T, c *Config, id gateway.AssetID) (gateway.Asset, Asset) {
	t.Helper()
	for i, a := range c.Assets {
		if a.ID == id {
			if c.Site.Assets[i].ID != id {
				t.Fatalf("asset %d is %s in one list and %s in the other", i, id, c.Site.Assets[i].ID)
			}
			return c.Site.Assets[i], a
		}
	}
	t.Fatalf("no asset %s", id)
	return gateway.Asset{}, Asset{}
}

func TestExample(t *testing.T) {
	c := load(t, "testdata/good/example.yaml")
	if c.Site.ID != "garden" || c.Site.Name != (gateway.Text{ZH: "示范花园", EN: "Demo Garden"}) || c.Site.Zone.String() != "Asia/Shanghai" || c.Site.Language != "zh" {
		t.Errorf("site is %+v", c.Site)
	}
	wantBroker := Broker{
		ID: "main", Embedded: true, URL: "tcp://127.0.0.1:1883", Listen: "127.0.0.1:1883", ClientID: "steward-garden",
		Username: "steward", Password: "s3cret-MQTT_PASSWORD", KeepAlive: 30 * time.Second, QoS: 1, MaxBytes: 1 << 30,
		Users: []BrokerUser{{Name: "z2m", Password: "letmein", Publish: []string{"zigbee2mqtt/#"}, Subscribe: []string{"zigbee2mqtt/+/set"}}},
	}
	if !reflect.DeepEqual(c.Brokers, []Broker{wantBroker}) {
		t.Errorf("brokers are %+v", c.Brokers)
	}
	wantBuses := []Bus{
		{ID: "pump-room", Transport: ModbusTCP, Address: "10.0.0.5:502", Timeout: time.Second},
		{ID: "riser", Transport: ModbusRTU, Address: "/dev/ttyUSB0", Baud: 9600, DataBits: 8, Parity: "N", StopBits: 1, Timeout: time.Second},
		{ID: "gw", Transport: ModbusRTUOver, Address: "10.0.0.6:4001", Timeout: time.Second},
	}
	if !reflect.DeepEqual(c.Buses, wantBuses) {
		t.Errorf("buses are %+v", c.Buses)
	}
	if c.InfluxDB == nil || c.InfluxDB.Token != "s3cret-INFLUX_TOKEN" || c.InfluxDB.URL != "http://127.0.0.1:8086" || c.InfluxDB.MaxBatch != 5000 {
		t.Errorf("influxdb is %+v", c.InfluxDB)
	}
	if c.Journal != (Journal{MaxBytes: 2 << 30, MaxAge: 14 * 24 * time.Hour, Reserve: 1 << 30}) || c.History != (History{Store: "embedded", Retention: 400 * 24 * time.Hour}) {
		t.Errorf("journal is %+v, history %+v", c.Journal, c.History)
	}
	if c.Records.Keep != 1460*24*time.Hour {
		t.Errorf("records are kept for %s", c.Records.Keep)
	}
	if c.HTTP.Listen != "127.0.0.1:8080" || c.HTTP.CertFile != filepath.Join("testdata", "good", "tls.crt") {
		t.Errorf("http is %+v", c.HTTP)
	}
	if !reflect.DeepEqual(c.Units, []Unit{{ID: "a-1203", Area: "tower-a", Name: gateway.Text{ZH: "A-1203", EN: "A-1203"}, Vacant: true}}) {
		t.Errorf("units are %+v", c.Units)
	}
	if !reflect.DeepEqual(c.Site.Units, []gateway.Unit{{ID: "a-1203", Area: "tower-a", Name: gateway.Text{ZH: "A-1203", EN: "A-1203"}}}) {
		t.Errorf("the site's units are %+v", c.Site.Units)
	}
}

func TestExampleModbus(t *testing.T) {
	c := load(t, "testdata/good/example.yaml")
	meter, wire := asset(t, c, "meter-main")
	if meter.Source != "modbus pump-room unit 1" || !slices.Equal(meter.FedBy, []gateway.AssetID{"transformer-1"}) {
		t.Errorf("meter is %+v", meter)
	}
	if wire.Modbus.Interval != time.Second || wire.Modbus.Limits.MaxRegisters != 80 || len(wire.Modbus.Points) != len(meter.Points) {
		t.Errorf("meter reads %+v", wire.Modbus)
	}
	pump, wire := asset(t, c, "pump-x")
	zero, top := 0.0, 2.5
	want := []Register{
		{Point: "running", Table: Coils, Address: 3, Encoding: EncBool, Bit: -1, Verified: true, Transform: Transform{Scale: 1}},
		{Point: "discharge_pressure", Table: HoldingRegisters, Address: 16, Encoding: EncInt16, Bit: -1, NA: []uint64{0xFFFF}, Verified: true, Transform: Transform{Scale: 0.001, Min: &zero, Max: &top}},
		{Point: "fault", Table: HoldingRegisters, Address: 20, Encoding: EncBool, Bit: 3, Bits: 1, Verified: true, Transform: Transform{Scale: 1}},
		{Point: "mode", Table: HoldingRegisters, Address: 21, Encoding: EncUint16, Bit: 4, Bits: 4, Verified: true, Transform: Transform{Scale: 1, Enum: map[string]float64{"0": 1, "1": 2, "2": 0}}},
		{Point: "speed", Table: InputRegisters, Address: 18, Encoding: EncFloat32, LowFirst: true, Bit: -1, Verified: true, Transform: Transform{Scale: 1, Min: new(float64), Max: ptr(20000)}},
	}
	if !reflect.DeepEqual(wire.Modbus.Points, want) {
		t.Errorf("pump reads\n%+v, want\n%+v", wire.Modbus.Points, want)
	}
	if !reflect.DeepEqual(wire.Modbus.Limits, ReadLimits{MaxRegisters: 60, MaxBits: 2000, MaxGap: 4, Holes: []Span{{HoldingRegisters, 30, 39}}}) {
		t.Errorf("limits are %+v", wire.Modbus.Limits)
	}
	var names []string
	for _, p := range pump.Points {
		names = append(names, p.Name)
	}
	if !slices.Equal(names, []string{"running", "mode", "fault", "speed", "discharge_pressure"}) {
		t.Errorf("points are %v, want them in the kind's order", names)
	}
	if p := pump.Points[4]; *p.Max != 2.5 || p.Fresh != 2*time.Minute {
		t.Errorf("discharge_pressure is %+v", p)
	}
}

func ptr(f float64) *float64 { return &f }

func TestExampleMQTT(t *testing.T) {
	c := load(t, "testdata/good/example.yaml")
	leak, wire := asset(t, c, "leak-1203")
	if leak.Source != "mqtt main zigbee2mqtt/flat-1203-kitchen-leak" || leak.Unit != "a-1203" {
		t.Errorf("leak sensor is %+v", leak)
	}
	if n := len(wire.MQTT.Topics); n != 2 || wire.MQTT.Topics[1].Filter != "zigbee2mqtt/flat-1203-kitchen-leak/availability" ||
		wire.MQTT.Topics[1].Availability.Path != "state" || !slices.Equal(wire.MQTT.Topics[1].Availability.Offline, []string{"offline"}) {
		t.Errorf("leak sensor reads %+v", wire.MQTT.Topics)
	}
	_, wire = asset(t, c, "tank-1")
	want := Topic{
		Filter: "site/tank1/level", Format: FormatJSON, Time: "ts", TimeFormat: "unix",
		Fields: []Field{{Point: "level", Path: "value", Strip: true, NA: []string{"read failed"}, Verified: true, Transform: Transform{Scale: 0.01, Min: ptr(-0.5), Max: ptr(100)}}},
	}
	if !reflect.DeepEqual(wire.MQTT.Topics[0], want) {
		t.Errorf("tank reads %+v, want %+v", wire.MQTT.Topics[0], want)
	}
	idle, wire := asset(t, c, "transformer-1")
	if wire.Modbus != nil || wire.MQTT != nil || idle.Source != "" || len(idle.Points) != 0 || idle.Name.ZH != "transformer-1" {
		t.Errorf("transformer is %+v", idle)
	}
}

// A reload compares wires by value, so the same file must give equal ones.
func TestSameFileSameConfig(t *testing.T) {
	a, b := load(t, "testdata/good/example.yaml"), load(t, "testdata/good/example.yaml")
	if !reflect.DeepEqual(a.Assets, b.Assets) || !reflect.DeepEqual(a.Buses, b.Buses) || !reflect.DeepEqual(a.Brokers, b.Brokers) || !reflect.DeepEqual(a.Site, b.Site) {
		t.Error("one file, two configs")
	}
}

func TestFine(t *testing.T) {
	c := load(t, "testdata/good/fine.yaml")
	if c.Site.ID != "007" || c.Site.Name.EN != "No: 7" || c.HTTP.Listen != ":8080" {
		t.Errorf("site is %+v", c.Site)
	}
	if b := c.Brokers[0]; b.URL != "ssl://broker.example:8883" || b.ClientID != "steward-007-out" || b.Username != "$x" || b.Password != "letmein" {
		t.Errorf("broker is %+v", b)
	}
	if c.InfluxDB.URL != "https://influx.example/base" || c.History != (History{Store: "influxdb"}) {
		t.Errorf("influxdb is %+v, history %+v", c.InfluxDB, c.History)
	}
	pump, wire := asset(t, c, "pump-1")
	for _, p := range pump.Points {
		if p.Fresh != 72*time.Hour {
			t.Errorf("%s is fresh for %s, want three intervals", p.Name, p.Fresh)
		}
	}
	running := wire.Modbus.Points[slices.IndexFunc(wire.Modbus.Points, func(r Register) bool { return r.Point == "running" })]
	if !reflect.DeepEqual(running.Transform.Enum, map[string]float64{"0": 0, "1": 1, "2": 1}) {
		t.Errorf("running is %+v", running)
	}
	_, wire = asset(t, c, "meter-2")
	if wire.Modbus.Limits.MaxGap != 0 || wire.Modbus.Limits.MaxRegisters != 80 || wire.Modbus.Interval != 5*time.Second {
		t.Errorf("meter-2 is read with %+v every %s", wire.Modbus.Limits, wire.Modbus.Interval)
	}
	var power []Register
	for _, r := range wire.Modbus.Points {
		if r.Point == "power" {
			power = append(power, r)
		}
	}
	if len(power) != 1 || power[0].Transform.Scale != 0.1 || *power[0].Transform.Max != 10 {
		t.Errorf("power is read as %+v, want once and as in place", power)
	}
	_, wire = asset(t, c, "leak-1")
	var filters []string
	for _, topic := range wire.MQTT.Topics {
		filters = append(filters, topic.Filter)
	}
	if want := []string{"plc/+/wet/#", "plc/log", "shellies/24e124/sensor/temperature", "shellies/24e124/sensor/battery", "shellies/24e124/sensor/error"}; !slices.Equal(filters, want) {
		t.Errorf("topics are %v, want %v", filters, want)
	}
	if topic := wire.MQTT.Topics[1]; topic.TimeZone != "Europe/Berlin" || topic.Each != "list" {
		t.Errorf("log is %+v, want the site's zone", topic)
	}
}

func TestMinimal(t *testing.T) {
	c := load(t, "testdata/good/minimal.yaml")
	if c.HTTP.Listen != "127.0.0.1:8080" || c.Site.Language != "zh" || c.History.Store != "embedded" || c.Journal.MaxBytes != 2<<30 || c.InfluxDB != nil || c.Site.Zone != time.UTC || c.Records.Keep != 1825*24*time.Hour {
		t.Errorf("config is %+v", c)
	}
}

func TestLoadNoFile(t *testing.T) {
	kinds, _ := setUp(t)
	for _, path := range []string{"testdata/nowhere.yaml", "testdata", "/dev/zero"} {
		_, err := Load(path, kinds, nil, nil)
		all, ok := errors.AsType[Errors](err)
		if !ok || len(all) != 1 || all[0].File != path || all[0].Line != 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestLargeFile(t *testing.T) {
	kinds, _ := setUp(t)
	_, err := Parse("big.yaml", make([]byte, strict.MaxFile+1), ".", kinds, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "1 MiB") {
		t.Errorf("got %v", err)
	}
}

// A file full of mistakes is answered with as many as a person can use.
func TestManyProblems(t *testing.T) {
	kinds, _ := setUp(t)
	_, err := Parse("x.yaml", []byte("site: {id: s, timezone: UTC}\nareas:\n"+strings.Repeat("  - {id: UP, parent: nowhere, nmae: x}\n", 20000)), ".", kinds, nil, nil)
	all, ok := errors.AsType[Errors](err)
	if !ok || len(all) != strict.MaxProblems+1 || !strings.Contains(all[len(all)-1].Problem, "more problems") {
		t.Errorf("got %d problems", len(all))
	}
}

// TestHostileFiles sees that files on which the parser would be at work for
// minutes, at the size allowed, are refused before it gets them.
func TestHostileFiles(t *testing.T) {
	kinds, profiles := setUp(t)
	fill := func(unit string) string { return strings.Repeat(unit, 64<<10/len(unit)) }
	for src, want := range map[string]string{
		fill("["):                      "nested too deeply",
		fill("{a: "):                   "nested too deeply",
		fill("- "):                     "nested too deeply",
		fill("- \n"):                   "have no value",
		fill("a:\n"):                   "have no value",
		fill("- a:\n"):                 "have no value",
		"{" + fill("a:,") + "}":        "have no value",
		"[" + fill("{a:},") + "]":      "have no value",
		fill("a: 1\n"):                 "too many keys",
		fill("a: 1\r\n"):               "too many keys",
		"a:\n" + fill("  b: {c: d}\n"): "too many keys",
		fill("&a "):                    "not used here",
		fill("? "):                     "not used here",
		fill("!a "):                    "not used here",
	} {
		_, err := Parse("x.yaml", []byte(src), ".", kinds, profiles, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.10q…: got %.200v, want %q", src, err, want)
		}
	}
}
