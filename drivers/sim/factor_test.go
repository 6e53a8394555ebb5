package sim

import (
	"testing"

	"steward/drivers/modbus"
	"steward/gateway"
	"steward/gateway/config"
)

// What a simulated device holds means the simulated value when it is read
// with its factors, and a number whose words stand apart leaves what lies
// between them alone.
func TestFactorsAndWordsApart(t *testing.T) {
	low := uint16(30)
	a := &config.ModbusAsset{
		Points: []config.Register{
			{Point: "ratio", Table: config.HoldingRegisters, Address: 142, Encoding: config.EncUint16, Bit: -1},
			{Point: "energy", Table: config.HoldingRegisters, Address: 12, LowWord: &low, Encoding: config.EncUint32, Bit: -1, ScaleBy: []string{"ct", "digits"}},
			{Point: "between", Table: config.HoldingRegisters, Address: 20, Encoding: config.EncUint16, Bit: -1},
		},
		Factors: []config.Factor{
			{Register: config.Register{Point: "ct", Table: config.HoldingRegisters, Address: 142, Encoding: config.EncUint16, Bit: -1}},
			{Register: config.Register{Point: "digits", Table: config.HoldingRegisters, Address: 35, Encoding: config.EncUint16, Bit: -1,
				Transform: config.Transform{Scale: 1, Offset: -4}}, Power: true},
		},
	}
	m := newImage()
	m.add(a)
	for i, v := range []float64{77, 123456, 9} {
		m.write(&a.Points[i], v, false)
	}
	product := 1.0
	for i := range a.Factors {
		m.one(&a.Factors[i])
		product *= factorIn(t, m, &a.Factors[i])
	}
	for i, want := range map[int]float64{1: 123456, 2: 9} {
		r := a.Points[i]
		first, n := r.Span()
		words, ok := m.read(nil, r.Table, first, n)
		if !ok {
			t.Fatalf("%s cannot be read in one piece", r.Point)
		}
		if v, err := modbus.Decode(r, gateway.Point{}, words, product); err != nil || v.Number != want {
			t.Errorf("%s is %+v, %v; want %v", r.Point, v, err, want)
		}
	}
}

func factorIn(t *testing.T, m *image, f *config.Factor) float64 {
	t.Helper()
	words, _ := m.read(nil, f.Table, f.Address, 1)
	v, err := modbus.DecodeFactor(f, words)
	if err != nil {
		t.Fatalf("factor %s: %v", f.Point, err)
	}
	return v
}
