package config

import (
	"slices"
	"strings"
	"testing"
)

// deviceOf parses a profile of a power meter with the given lines.
func deviceOf(t *testing.T, modbus, points string) (Profile, error) {
	t.Helper()
	return ofKind(t, "power_meter", modbus, points)
}

func ofKind(t *testing.T, kind, modbus, points string) (Profile, error) {
	t.Helper()
	kinds, _ := setUp(t)
	return ParseProfile("p.yaml", []byte("profile: p\nvendor: V\nmodel: M\nkind: "+kind+"\nprotocol: modbus\nmodbus: {"+modbus+"}\npoints:\n"+points), kinds)
}

func TestFactors(t *testing.T) {
	const ct, power = "factors: [{name: ct, address: 142, type: uint16}]", "  - {point: power, address: 1, type: int32, scale_by: [ct], unit: kW}\n"
	p, err := deviceOf(t, "factors: [{name: ct, address: 142, type: uint16, max: 9999}, {name: dp, address: 35, bit: 8, bits: 8, power: true, offset: -4}]",
		"  - {point: power, address: 1, type: int32, scale_by: [ct, dp], unit: kW}\n  - {point: current_ratio, address: 142, type: uint16}\n")
	if err != nil {
		t.Fatal(err)
	}
	if f := p.Factors; len(f) != 2 || f[0].Point != "ct" || *f[0].Transform.Max != 9999 || f[1].Bit != 8 || !f[1].Power || f[1].Transform.Offset != -4 {
		t.Errorf("factors are %+v", f)
	}
	if got := p.Points[0].ScaleBy; !slices.Equal(got, []string{"ct", "dp"}) {
		t.Errorf("power is scaled by %v", got)
	}
	for name, c := range map[string]struct{ modbus, points, want string }{
		"unknown":   {ct, "  - {point: power, address: 1, type: int32, scale_by: [cd]}\n", `p.yaml:8:56: there is no factor "cd", want one of ct`},
		"none":      {"", power, `there is no factor "ct"`},
		"unused":    {ct, "  - {point: power, address: 1, type: int32}\n", `nothing is scaled by factor "ct"`},
		"twice":     {ct, "  - {point: power, address: 1, type: int32, scale_by: [ct, ct]}\n", `factor "ct" is named twice`},
		"again":     {"factors: [{name: ct, address: 1, type: uint16}, {name: ct, address: 2, type: uint16}]", power, `factor "ct" is written twice`},
		"rollover":  {ct, "  - {point: energy_import, address: 1, type: uint32, scale_by: [ct], rollover: 4294967296}\n", "rollover and scale_by exclude each other"},
		"no number": {ct, "  - {point: phase_sequence_ok, address: 1, bit: 0, scale_by: [ct]}\n" + power, ""},
		"one bit":   {"factors: [{name: ct, address: 142, bit: 3}]", power, `factor "ct" is true or false`},
		"zero":      {"factors: [{name: ct, address: 142, type: uint16, enum: {1: 0}}]", power, "a factor of 0"},
		"power":     {"factors: [{name: ct, address: 142, type: uint16, power: true, enum: {1: 2}}]", power, "power and enum exclude each other"},
		"hole":      {ct + ", holes: [{first: 140, last: 150}]", power, `"factor ct" lies in the hole`},
		"overlap":   {ct, power + "  - {point: voltage_l1, address: 141, type: uint32}\n", "overlaps"},
		"type":      {"factors: [{name: ct, address: 142}]", power, "nothing says how the register"},
		"many":      {"factors: [" + manyFactors(17) + "]", power, "there are 17 factors"},
	} {
		_, err := deviceOf(t, c.modbus, c.points)
		switch {
		case c.want == "":
			if err == nil {
				t.Errorf("%s: it is taken", name)
			}
		case err == nil || !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func manyFactors(n int) string {
	var list []string
	for i := range n {
		list = append(list, "{name: f"+string(rune('a'+i))+", address: 142, type: uint16}")
	}
	return strings.Join(list, ", ")
}

// A site's own factor stands over the profile's; a point in place may use the
// profile's; what a map borrows keeps its factors.
func TestFactorsOfAnAsset(t *testing.T) {
	kinds, _ := setUp(t)
	prof, err := deviceOf(t, "factors: [{name: ct, address: 142, type: uint16}, {name: pt, address: 141, type: uint16}]",
		"  - {point: power, address: 1, type: int32, scale_by: [ct], unit: kW}\n  - {point: voltage_l1, address: 9, type: uint16, scale_by: [pt], unit: V}\n")
	if err != nil {
		t.Fatal(err)
	}
	asset := func(modbus string) (Asset, error) {
		c, err := Parse("s.yaml", []byte("site: {id: s, timezone: UTC}\nmodbus: [{id: b, url: \"tcp://10.0.0.5:502\"}]\nareas: [{id: a, name: A}]\nassets:\n"+
			"  - {id: m, kind: power_meter, area: a, modbus: {bus: b, unit: 1, profile: p, "+modbus+"}}\n"), ".", kinds, only{prof}, testEnv)
		if err != nil {
			return Asset{}, err
		}
		return c.Assets[0], nil
	}
	a, err := asset("factors: [{name: ct, address: 500, type: uint16}], points: [{point: current_l1, address: 20, type: uint16, scale_by: [pt]}]")
	if err != nil {
		t.Fatal(err)
	}
	if f := a.Modbus.Factors; len(f) != 2 || f[0].Point != "ct" || f[0].Address != 500 || f[1].Point != "pt" || f[1].Address != 141 {
		t.Errorf("factors are %+v", f)
	}
	a, err = asset("map: {power: {from: power, scale: -1}}")
	if err != nil {
		t.Fatal(err)
	}
	if p, f := a.Modbus.Points, a.Modbus.Factors; len(p) != 1 || p[0].Transform.Scale != -1 || !slices.Equal(p[0].ScaleBy, []string{"ct"}) || len(f) != 1 || f[0].Point != "ct" {
		t.Errorf("borrowed: %+v with factors %+v", p, f)
	}
	if _, err := asset("factors: [{name: x, address: 500, type: uint16}]"); err == nil || !strings.Contains(err.Error(), `nothing is scaled by factor "x"`) {
		t.Errorf("a factor that nothing needs: %v", err)
	}
}

// only is a set of one profile.
type only struct{ p Profile }

func (o only) Profile(name string) (Profile, bool) { return o.p, name == o.p.Name }
func (o only) Names() []string                     { return []string{o.p.Name} }

func TestLowWord(t *testing.T) {
	for name, c := range map[string]struct {
		point     string
		address   uint16
		low       int // -1: together
		lowFirst  bool
		wantError string
	}{
		"behind":       {"address: 10, low_word: 20, type: uint32", 10, 20, false, ""},
		"before":       {"address: 20, low_word: 10, type: uint32", 20, 10, false, ""},
		"beside":       {"address: 10, low_word: 11, type: uint32", 10, -1, false, ""},
		"beside, low":  {"address: 11, low_word: 10, type: float32", 10, -1, true, ""},
		"itself":       {"address: 10, low_word: 10, type: uint32", 0, 0, false, "the low word is at the high word's address 10"},
		"one register": {"address: 10, low_word: 20, type: uint16", 0, 0, false, "low_word beside uint16"},
		"four":         {"address: 10, low_word: 20, type: uint64", 0, 0, false, "low_word beside uint64"},
		"word order":   {"address: 10, low_word: 20, type: uint32, word_order: big", 0, 0, false, "word_order and low_word exclude each other"},
		"too far":      {"address: 10, low_word: 300, type: uint32", 0, 0, false, "takes 291 registers, but one request reads at most 125"},
	} {
		p, err := deviceOf(t, "", "  - {point: energy_import, "+c.point+"}\n")
		if c.wantError != "" {
			if err == nil || !strings.Contains(err.Error(), c.wantError) {
				t.Errorf("%s: %v, want %q", name, err, c.wantError)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		r := p.Points[0]
		low := -1
		if r.LowWord != nil {
			low = int(*r.LowWord)
		}
		if r.Address != c.address || low != c.low || r.LowFirst != c.lowFirst {
			t.Errorf("%s: address %d, low word %d, low first %v", name, r.Address, low, r.LowFirst)
		}
	}
	between := "  - {point: energy_import, address: 10, low_word: 20, type: uint32}\n"
	for point, want := range map[string]string{
		"{point: voltage_l1, address: 15, type: uint16}":                  "",
		"{point: energy_export, address: 10, low_word: 30, type: uint32}": "",
		"{point: voltage_l1, address: 20, type: uint16}":                  `"voltage_l1" at holding 20 (uint16) overlaps "energy_import" at 20 (the low word)`,
		"{point: energy_export, address: 20, low_word: 10, type: uint32}": "overlaps",
		"{point: voltage_l1, address: 19, type: uint32}":                  "overlaps",
	} {
		_, err := deviceOf(t, "", between+"  - "+point+"\n")
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", point, err, want)
		}
	}
	if _, err := deviceOf(t, "holes: [{first: 14, last: 14}]", between); err == nil || !strings.Contains(err.Error(), "lies in the hole") {
		t.Errorf("a hole between the words: %v", err)
	}
}
