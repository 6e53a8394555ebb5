package config

import (
	"slices"
	"strings"
	"testing"

	"steward/gateway"
)

// What readers of a site need of a point, and do not find in its kind, is
// carried to the asset: where its counter begins again, in its own unit.
func TestAssetPoints(t *testing.T) {
	site := func(points string) string {
		return "site: {id: s, timezone: UTC}\nmodbus: [{id: b, url: \"tcp://10.0.0.5:502\"}]\nareas: [{id: a, name: A}]\nassets:\n" +
			"  - id: v\n    kind: valve\n    area: a\n    name: V\n    modbus:\n      bus: b\n      unit: 1\n      points:\n        - " + points + "\n"
	}
	kinds, profiles := setUp(t)
	for name, c := range map[string]struct {
		points   string
		rollover float64
		alarm    bool
		err      string
	}{
		"scaled counter":   {"{point: volume, address: 1, type: uint32, scale: 0.5, offset: 7, rollover: 4294967296}", 2147483648, false, ""},
		"raw counter":      {"{point: volume, address: 1, type: uint16, rollover: 65536}", 65536, false, ""},
		"range not known":  {"{point: volume, address: 1, type: uint16}", 0, false, ""},
		"alarm":            {"{point: leak, table: coil, address: 1}", 0, true, ""},
		"no counter":       {"{point: pressure, address: 1, type: uint16, rollover: 65536}", 0, false, `"pressure" is not a counter`},
		"no counter at 0":  {"{point: leak, table: coil, address: 1, rollover: 0}", 0, false, `"leak" is not a counter`},
		"no range":         {"{point: volume, address: 1, type: uint16, rollover: 0}", 0, false, "rollover is 0"},
		"counts backwards": {"{point: volume, address: 1, type: uint16, scale: -1, rollover: 65536}", 0, false, "scale -1"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse("s.yaml", []byte(site(c.points)), ".", kinds, profiles, testEnv)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v, want one with %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if p := got.Site.Assets[0].Points[0]; p.Rollover != c.rollover || p.Alarm != c.alarm {
				t.Errorf("rollover %v, alarm %v; want %v, %v", p.Rollover, p.Alarm, c.rollover, c.alarm)
			}
		})
	}
	pump, _ := profiles.Profile("grundfos-cim")
	k, _ := kinds.Kind("pump")
	points := pointsOf(k, Asset{Modbus: &ModbusAsset{Points: pump.Points}})
	i := slices.IndexFunc(points, func(p gateway.Point) bool { return p.Name == "volume" })
	if i < 0 || points[i].Rollover != 42949672.96 {
		t.Errorf("the profile's volume does not begin again at 2^32 hundredths of a m3: %+v", points)
	}
}

// An address that may be a manual's number is taken as it is, and warned of
// once a device; not where the device's other addresses, or the table beside
// it, show that it stands so on the wire.
func TestManualAddress(t *testing.T) {
	warn := func(at, address, table, from, want string) string {
		return "p.yaml:" + at + ": warning: address " + address + " of table " + table + " is read as it stands; if it is a manual's number, which counts from " + from + ", write " + want
	}
	for name, c := range map[string]struct{ points, want string }{
		"holding":       {"{point: voltage_l1, address: 40001, type: uint16}", warn("8:34", "40001", "holding", "40001", "table: holding, address: 0")},
		"input":         {"{point: voltage_l1, table: input, address: 30011, type: uint16}", warn("8:48", "30011", "input", "30001", "table: input, address: 10")},
		"default table": {"{point: voltage_l1, address: 30011, type: uint16}", warn("8:34", "30011", "holding", "30001", "table: input, address: 10")},
		"several": {"{point: voltage_l1, address: 40003, type: uint16}\n  - {point: voltage_l2, address: 40005, type: uint16}\n  - {point: voltage_l3, address: 40007, type: uint16}",
			warn("8:34", "40003", "holding", "40001", "table: holding, address: 2, and so of 2 more")},
		"discrete":             {"{point: running, table: discrete, address: 10001}", warn("8:48", "10001", "discrete", "10001", "table: discrete, address: 0")},
		"40000 is no number":   {"{point: voltage_l1, address: 40000, type: uint16}", ""},
		"10001 of registers":   {"{point: voltage_l1, address: 10001, type: uint16}", ""},
		"a genuine one beside": {"{point: voltage_l1, address: 40001, type: uint16}\n  - {point: voltage_l2, address: 40000, type: uint16}", ""},
		"low ones beside":      {"{point: voltage_l1, address: 30001, type: uint16}\n  - {point: voltage_l2, address: 17, type: uint16}", ""},
		"another table's":      {"{point: voltage_l1, table: holding, address: 30001, type: uint16}", ""},
		"other table beside": {"{point: voltage_l1, address: 40001, type: uint16}\n  - {point: voltage_l2, table: input, address: 17, type: uint16}",
			warn("8:34", "40001", "holding", "40001", "table: holding, address: 0")},
	} {
		kind := "power_meter"
		if strings.Contains(c.points, "running") {
			kind = "pump"
		}
		p, err := ofKind(t, kind, "", "  - "+c.points+"\n")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := ""
		if len(p.Warnings) > 0 {
			got = p.Warnings.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
