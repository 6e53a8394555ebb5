package profile

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/kind"
)

// The shapes of real register maps that a decoder gets wrong when it does not
// know of them. Each is read over Modbus TCP from the recorded image of a
// device that has it, with the words in question written anew.

// words are registers from an address on.
type words map[uint16][]uint16

// poll reads a device of the profile whose image has the words in place.
func poll(t *testing.T, name string, table config.Table, w words) map[string]gateway.Value {
	t.Helper()
	values, _ := pollDevice(t, name, table, w)
	return values
}

func pollDevice(t *testing.T, name string, table config.Table, w words) (map[string]gateway.Value, *device) {
	t.Helper()
	set := builtin(t)
	p := get(t, name)
	img, err := LoadImage(filepath.Join(cases, name, "image.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	d := serveImage(t, img, p.Limits.Watch)
	for address, list := range w {
		for i, word := range list {
			d.cells.Set(table, address+uint16(i), word)
		}
	}
	return byPoint(read(t, set, p, d.address)), d
}

func byPoint(list []gateway.Value) map[string]gateway.Value {
	m := make(map[string]gateway.Value, len(list))
	for _, v := range list {
		m[v.Point] = v
	}
	return m
}

// expect compares good values; NaN stands for bad.
func expect(t *testing.T, got map[string]gateway.Value, want map[string]float64) {
	t.Helper()
	for point, number := range want {
		v, ok := got[point]
		switch {
		case !ok:
			t.Errorf("%s is not read", point)
		case math.IsNaN(number):
			if v.Quality != gateway.QualityBad || v.Reason == "" {
				t.Errorf("%s is %v, %s: want it bad, with a reason", point, v.Number, v.Quality)
			}
		case v.Quality != gateway.QualityGood || math.Abs(v.Number-number) > 1e-9+1e-6*math.Abs(number):
			t.Errorf("%s is %v, %s %q: want %v", point, v.Number, v.Quality, v.Reason, number)
		}
	}
}

var bad = math.NaN()

func TestFactPreScaledFloats(t *testing.T) {
	expect(t, poll(t, "chint-dtsu666", config.HoldingRegisters, words{
		0x2006: {0x450F, 0xD000}, // 2301.0 is 230.1 V
		0x2012: {0x47A4, 0x1000}, // 84000.0 is 8400 W
		0x101E: {0x461C, 0x4000}, // 10000.0 is 10000 kWh
	}), map[string]float64{"voltage_l1": 230.1, "power": 8.4, "energy_import": 10000})
}

func TestFactLowWordFirst(t *testing.T) {
	expect(t, poll(t, "carlo-gavazzi-em24", config.InputRegisters, words{
		0:  {0x08FD, 0x0000}, // 2301
		12: {0x86A0, 0x0001}, // 100000
		40: {0xFF9C, 0xFFFF}, // -100
		53: {0xFF38},         // -200 beside it, in 16 bits
	}), map[string]float64{"voltage_l1": 230.1, "current_l1": 100, "power": -0.01, "power_factor": -0.2})
}

func TestFactSameBrandTwoMaps(t *testing.T) {
	// The same words, and only the meter with RS-485 has its import there.
	w := words{66: {0x2710, 0}}
	expect(t, poll(t, "carlo-gavazzi-em24", config.InputRegisters, w), map[string]float64{"energy_import": 1000})
	expect(t, poll(t, "carlo-gavazzi-em24-e1", config.InputRegisters, w), map[string]float64{"energy_import_l2": 1000, "energy_import": 18342.6})
}

func TestFactEnergyOf64Bits(t *testing.T) {
	past := []uint16{0x0000, 0x0001, 0x0000, 0x0000} // 2^32: what 32 bits cannot hold
	expect(t, poll(t, "abb-b23", config.HoldingRegisters, words{0x5000: past}), map[string]float64{"energy_import": 42949672.96})
	expect(t, poll(t, "schneider-iem3000", config.HoldingRegisters, words{0x0C83: past}), map[string]float64{"energy_import": 4294967.296})
	expect(t, poll(t, "lovato-dmg610", config.InputRegisters, words{0x1B1F: past}), map[string]float64{"energy_import": 42949672.96})
}

func TestFactEnergyOfFloat64(t *testing.T) {
	expect(t, poll(t, "siemens-pac2200", config.InputRegisters, words{
		801: {0x4132, 0xD687, 0x0000, 0x0000}, // 1234567.0 Wh
	}), map[string]float64{"energy_import": 1234.567})
}

func TestFactNotAvailablePerType(t *testing.T) {
	expect(t, poll(t, "abb-b23", config.HoldingRegisters, words{
		0x5000: {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}, 0x5B00: {0xFFFF, 0xFFFF}, 0x5B14: {0x7FFF, 0xFFFF}, 0x5B2C: {0xFFFF}, 0x5B3A: {0x7FFF},
		0x5B16: {0xFFFF, 0xFFFF}, // -1, of a signed register: no marker
	}), map[string]float64{"energy_import": bad, "voltage_l1": bad, "power": bad, "frequency": bad, "power_factor": bad, "power_l1": -0.00001})
	expect(t, poll(t, "grundfos-cim", config.HoldingRegisters, words{300: {0xFFFF}, 311: {0xFFFF, 0xFFFF}}),
		map[string]float64{"head": bad, "power": bad})
	expect(t, poll(t, "kaplestop-r100", config.InputRegisters, words{70: {0xFF9C}}), map[string]float64{"wetness_1": bad})
	expect(t, poll(t, "kaplestop-zone", config.InputRegisters, words{70: {0xFFFE}}), map[string]float64{"leak_place_1": bad})
	expect(t, poll(t, "wb-mai6-current", config.InputRegisters, words{5376: {0x7FFF, 0xFFFF}}), map[string]float64{"loop_current1": bad})
	expect(t, poll(t, "schneider-pm5000", config.HoldingRegisters, words{2999: {0xFFC0, 0}}), map[string]float64{"current_l1": bad})
}

// Markers that no shipped profile needs, in a profile of somebody's own.
func TestFactMarkersOfTemperatures(t *testing.T) {
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p, err := config.ParseProfile("own.yaml", []byte(`profile: own
vendor: Own
model: Own
kind: io_module
protocol: modbus
modbus: {table: input}
points:
  - {point: temperature1, address: 0, type: int16, scale: 0.01, unit: degC, na: [0xD954]}
  - {point: temperature2, address: 1, type: int16, unit: degC, na: [0xFF81, 0x0055]} # DS18B20: -127 and 85
  - {point: temperature3, address: 2, type: int16, unit: degC, na: [0xFF81, 0x0055]}
  - {point: temperature4, address: 3, type: int16, unit: degC, na: [0xFF81, 0x0055]}
`), kinds)
	if err != nil {
		t.Fatal(err)
	}
	d := serveImage(t, &Image{Runs: []Run{{Table: config.InputRegisters, Words: []uint16{0xD954, 0xFF81, 0x0055, 0x0056}}}}, nil)
	set := &Set{profiles: map[string]config.Profile{"own": p}, names: []string{"own"}}
	expect(t, byPoint(read(t, set, p, d.address)), map[string]float64{"temperature1": bad, "temperature2": bad, "temperature3": bad, "temperature4": 86})
}

func TestFactAddressesOffByOne(t *testing.T) {
	for _, c := range []struct {
		profile, point string
		manual         int
	}{
		{"grundfos-cim", "head", 301}, {"grundfos-cim", "liquid_temperature", 322}, {"grundfos-cim-booster", "pump1_fault_code", 402},
		{"schneider-iem3000", "current_l1", 3000}, {"schneider-pm5000", "energy_import", 3204}, {"lovato-dmg610", "voltage_l1", 2},
	} {
		if r := register(t, c.profile, c.point); int(r.Address) != c.manual-1 {
			t.Errorf("%s %s is at %d, the manual's register is %d", c.profile, c.point, r.Address, c.manual)
		}
	}
}

func register(t *testing.T, name, point string) config.Register {
	t.Helper()
	p := get(t, name)
	i := slices.IndexFunc(p.Points, func(r config.Register) bool { return r.Point == point })
	if i < 0 {
		t.Fatalf("%s has no %s", name, point)
	}
	return p.Points[i]
}

func TestFactParameterAddresses(t *testing.T) {
	for _, c := range []struct {
		profile, point string
		address        int
	}{
		{"danfoss-fc51", "frequency", 16*1000 + 13*10 - 1},             // parameter 16-13
		{"danfoss-fc51", "run_hours", 15*1000 + 1*10 - 1},              // 15-01
		{"inovance-md", "current", 0x7000 + 4},                         // U0-04
		{"abb-acs580", "current", 100*1 + 7 - 1},                       // 01.07
		{"delta-vfd", "frequency", 0x2103},                             //
		{"monarch-nice3000plus", "last_fault_code", 0xFC00 + 60},       // FC-60
		{"monarch-nice3000plus", "heatsink_temperature", 0xFA00 + 0x7}, // FA-07
	} {
		if r := register(t, c.profile, c.point); int(r.Address) != c.address {
			t.Errorf("%s %s is at %d, want %d", c.profile, c.point, r.Address, c.address)
		}
	}
}

// A gateway that answers with old values: its receive counter stands still.
func TestFactGatewayServesOldValues(t *testing.T) {
	for _, name := range []string{"grundfos-cim", "grundfos-cim-booster"} {
		p := get(t, name)
		img, err := LoadImage(filepath.Join(cases, name, "image.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		d := serveImage(t, img, p.Limits.Watch)
		d.frozen = true
		lost := 0
		readUntil(t, builtin(t), p, d.address, func(_, now []gateway.Value) bool {
			lost = 0
			for _, v := range now {
				if v.Quality == gateway.QualityLost && strings.Contains(v.Reason, "silent") {
					lost++
				}
			}
			return lost > 0
		})
		if lost != len(p.Points) {
			t.Errorf("%s: %d of %d values are lost", name, lost, len(p.Points))
		}
	}
}

// No request of these touches a register that the device does not have.
func TestFactHolesAreNotRead(t *testing.T) {
	for _, name := range []string{"grundfos-cim", "grundfos-cim-booster"} {
		if _, d := pollDevice(t, name, config.HoldingRegisters, nil); d.refused > 0 {
			t.Errorf("%s: %d requests were answered with an exception", name, d.refused)
		}
	}
}

// A hole that the profile does not know of costs the points in it, no others.
func TestFactHoleAnswersException02(t *testing.T) {
	p := get(t, "grundfos-cim")
	img, err := LoadImage(filepath.Join(cases, "grundfos-cim", "image.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	img.Runs = slices.DeleteFunc(img.Runs, func(r Run) bool { return r.Address == 304 })
	d := serveImage(t, img, p.Limits.Watch)
	got := byPoint(readUntil(t, builtin(t), p, d.address, func(before, now []gateway.Value) bool {
		return slices.EqualFunc(before, now, same) && badPoints(now) <= 2
	}))
	expect(t, got, map[string]float64{"frequency": bad, "speed": 2650, "setpoint": 62, "head": 0.235})
}

func badPoints(list []gateway.Value) int {
	n := 0
	for _, v := range list {
		if v.Quality != gateway.QualityGood {
			n++
		}
	}
	return n
}

func TestFactKelvin(t *testing.T) {
	expect(t, poll(t, "grundfos-cim", config.HoldingRegisters, words{320: {29315, 27315}}),
		map[string]float64{"electronics_temperature": 20, "liquid_temperature": 0})
}

func TestFactValuesOfEightBits(t *testing.T) {
	// The high byte says something else, and the thermal load is unsigned.
	expect(t, poll(t, "danfoss-fc51", config.HoldingRegisters, words{16179: {0xA5C8}, 16339: {0x0130}}),
		map[string]float64{"motor_thermal": 200, "electronics_temperature": 48})
}

func TestFactBitFields(t *testing.T) {
	expect(t, poll(t, "danfoss-fc51", config.HoldingRegisters, words{50199: {0x080A}}),
		map[string]float64{"ready": 1, "fault": 1, "remote": 0, "running": 1})
	expect(t, poll(t, "vacon-10", config.InputRegisters, words{2100: {0x001A}}),
		map[string]float64{"ready": 0, "running": 1, "reverse": 0, "fault": 1, "warning": 1})
	expect(t, poll(t, "schneider-atv320", config.HoldingRegisters, words{3201: {0x0088}}),
		map[string]float64{"running": 0, "fault": 1, "warning": 1})
	expect(t, poll(t, "monarch-nice3000plus", config.HoldingRegisters, words{0x101D: {0x22B8}}), // overload, open, rescue, fire
		map[string]float64{"overload": 1, "full_load": 0, "fire_mode": 1, "mode": 9, "door_state": 2, "car_state": 2})
}

func TestFactMixedWidths(t *testing.T) {
	expect(t, poll(t, "acrel-adl400", config.HoldingRegisters, words{
		0x0800: {0x4366, 0x199A},                 // 230.1 as a float
		0x084C: {0x0001, 0x86A0, 0x0000, 0x03E8}, // then 32-bit integers: 100000 and 1000 tenths of a kWh
		0x008D: {1, 80},                          // and two of 16 bits
	}), map[string]float64{"voltage_l1": 230.1, "energy_import": 10000, "energy_import_t1": 100, "voltage_ratio": 1, "current_ratio": 80})
}

// The secondary side would have to be multiplied by registers that a mapping
// cannot name, so the primary side is read: changing a ratio changes nothing
// but the ratio.
func TestFactTransformerRatios(t *testing.T) {
	before := poll(t, "acrel-adl400", config.HoldingRegisters, nil)
	after := poll(t, "acrel-adl400", config.HoldingRegisters, words{0x008E: {200}})
	expect(t, after, map[string]float64{"current_ratio": 200, "current_l1": before["current_l1"].Number, "power": before["power"].Number})
	for _, r := range get(t, "acrel-adl400").Points {
		if r.Address < 0x0800 && !strings.HasSuffix(r.Point, "_ratio") {
			t.Errorf("%s is of the secondary side", r.Point)
		}
	}
}

func TestFactLimitsOfRequests(t *testing.T) {
	for name, limit := range map[string]int{"schneider-atv312": 8, "kaplestop-r100": 20, "waveshare-relay-d": 16, "vacon-10": 1} {
		if _, d := pollDevice(t, name, config.InputRegisters, nil); d.longest > limit {
			t.Errorf("%s was asked for %d at once, its limit is %d", name, d.longest, limit)
		}
	}
}

// Nothing that a profile reads is a command: those who write are people.
func TestFactCommandsAreNotRead(t *testing.T) {
	for name, address := range map[string]uint16{"monarch-nice3000plus": 0x6000, "inovance-md": 0x2000, "delta-vfd": 0x2000, "wb-mwac": 10} {
		for _, r := range get(t, name).Points {
			if r.Address == address && r.Table != config.InputRegisters {
				t.Errorf("%s reads %d, a command", name, address)
			}
		}
	}
}
