package config

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"steward/gateway"
	"steward/gateway/strict"
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

// A manual's number is taken as it is, and warned of.
func TestManualAddress(t *testing.T) {
	for src, want := range map[string]string{
		"table: holding, address: 40001":  "x.yaml:1:1: warning: addresses are those on the wire, from 0; a manual's 40001 is table: holding, address: 0",
		"table: input, address: 30011":    "x.yaml:1:1: warning: addresses are those on the wire, from 0; a manual's 30011 is table: input, address: 10",
		"table: discrete, address: 10001": "x.yaml:1:1: warning: addresses are those on the wire, from 0; a manual's 10001 is table: discrete, address: 0",
		"table: holding, address: 10001":  "",
		"table: holding, address: 40000":  "",
	} {
		name, n, _ := strings.Cut(strings.TrimPrefix(src, "table: "), ", address: ")
		address, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		m := &mapper{Problems: newProblems("x.yaml")}
		m.manual(strict.Integer{Mark: strict.Mark{At: strict.At{Line: 1, Column: 1}}, V: address}, tables[name])
		if got := m.Warnings().Error(); got != want {
			t.Errorf("%s: %q, want %q", src, got, want)
		}
	}
}
