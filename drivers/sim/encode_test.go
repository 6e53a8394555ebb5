package sim

import (
	"math"
	"math/rand/v2"
	"testing"

	"steward/gateway/config"
)

// read decodes registers by the same words as the gateway's driver is asked
// to, written here on its own.
func read(words []uint16, r *config.Register) float64 {
	n := r.Encoding.Words()
	var raw uint64
	for i := range n {
		w := words[i]
		if r.LowFirst {
			w = words[n-1-i]
		}
		raw = raw<<16 | uint64(w)
	}
	var v float64
	switch {
	case r.Bit >= 0:
		v = float64(raw >> r.Bit & (1<<max(r.Bits, 1) - 1))
	case r.Encoding == config.EncBool:
		v = float64(min(raw, 1))
	case r.Encoding == config.EncInt8:
		v = float64(int8(raw))
	case r.Encoding == config.EncUint8:
		v = float64(uint8(raw))
	case r.Encoding == config.EncInt16:
		v = float64(int16(raw))
	case r.Encoding == config.EncInt32:
		v = float64(int32(raw))
	case r.Encoding == config.EncInt64:
		v = float64(int64(raw))
	case r.Encoding == config.EncFloat32:
		v = float64(math.Float32frombits(uint32(raw)))
	case r.Encoding == config.EncFloat64:
		v = math.Float64frombits(raw)
	case r.Encoding == config.EncBCD16, r.Encoding == config.EncBCD32:
		for i := 15; i >= 0; i-- {
			v = v*10 + float64(raw>>(4*i)&15)
		}
	default:
		v = float64(raw)
	}
	if r.Encoding == config.EncBool {
		if r.Transform.Invert {
			v = 1 - v
		}
		return v
	}
	return v*r.Transform.Scale + r.Transform.Offset
}

func TestEncodingsComeBack(t *testing.T) {
	const seed = 7
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, seed))
	cases := []struct {
		enc       config.Encoding
		low, high float64 // raw
	}{
		{config.EncInt8, -128, 127}, {config.EncUint8, 0, 255},
		{config.EncInt16, -32768, 32767}, {config.EncUint16, 0, 65535},
		{config.EncInt32, math.MinInt32, math.MaxInt32}, {config.EncUint32, 0, math.MaxUint32},
		{config.EncInt64, -1 << 52, 1 << 52}, {config.EncUint64, 0, 1 << 52},
		{config.EncBCD16, 0, 9999}, {config.EncBCD32, 0, 99999999},
		{config.EncFloat32, -1e4, 1e4}, {config.EncFloat64, -1e9, 1e9},
	}
	for _, c := range cases {
		for _, low := range []bool{false, true} {
			for _, tr := range []config.Transform{{Scale: 1}, {Scale: 0.01, Offset: -273.15}, {Scale: 1000}} {
				for range 200 {
					r := config.Register{Encoding: c.enc, LowFirst: low, Bit: -1, Transform: tr}
					raw := math.Round(c.low + (c.high-c.low)*rng.Float64())
					want := raw*tr.Scale + tr.Offset
					var words [4]uint16
					writeRegister(words[:], &r, want, false)
					tolerance := math.Abs(tr.Scale)/1e3 + math.Abs(want)*1e-6
					if got := read(words[:], &r); math.Abs(got-want) > tolerance {
						t.Fatalf("%s low first %v, %+v: wrote %v, read %v (% x)", c.enc, low, tr, want, got, words)
					}
				}
			}
		}
	}
}

func TestEncodingStopsAtItsEnds(t *testing.T) {
	for _, c := range []struct {
		enc     config.Encoding
		v, want float64
		counter bool
	}{
		{config.EncInt16, 40000, 32767, false},
		{config.EncInt16, -40000, -32768, false},
		{config.EncUint16, -5, 0, false},
		{config.EncUint16, 65536 + 7, 7, true}, // a counter rolls over
		{config.EncUint32, 4294967296 + 9, 9, true},
		{config.EncBCD16, 10003, 3, true},
		{config.EncUint16, math.NaN(), 0, false},
	} {
		var words [4]uint16
		r := config.Register{Encoding: c.enc, Bit: -1, Transform: config.Transform{Scale: 1}}
		writeRegister(words[:], &r, c.v, c.counter)
		if got := read(words[:], &r); got != c.want {
			t.Errorf("%s of %v: read %v, want %v", c.enc, c.v, got, c.want)
		}
	}
}

func TestBitsLeaveTheirNeighboursAlone(t *testing.T) {
	words := []uint16{0xFFFF}
	field := config.Register{Encoding: config.EncUint16, Bit: 4, Bits: 4, Transform: config.Transform{
		Enum: map[string]float64{"0": 3, "5": 7, "0x9": 8},
	}}
	writeRegister(words, &field, 7, false)
	if words[0] != 0xFF5F {
		t.Errorf("field: %04X, want FF5F", words[0])
	}
	writeRegister(words, &field, 8, false)
	if words[0] != 0xFF9F {
		t.Errorf("field by a hexadecimal key: %04X, want FF9F", words[0])
	}
	bit := config.Register{Encoding: config.EncBool, Bit: 0, Bits: 1, Transform: config.Transform{Invert: true}}
	writeRegister(words, &bit, 1, false)
	if words[0] != 0xFF9E {
		t.Errorf("inverted bit: %04X, want FF9E", words[0])
	}
	low := config.Register{Encoding: config.EncInt8, Bit: -1, Transform: config.Transform{Scale: 1}}
	writeRegister(words, &low, -2, false)
	if words[0] != 0xFFFE {
		t.Errorf("low byte: %04X, want FFFE", words[0])
	}
}

func TestMarkersAreNotSentByChance(t *testing.T) {
	words := []uint16{0}
	r := config.Register{Encoding: config.EncUint16, Bit: -1, NA: []uint64{0xFFFF}, Transform: config.Transform{Scale: 1}}
	writeRegister(words, &r, 70000, false)
	if words[0] != 0xFFFE {
		t.Errorf("%04X, want FFFE: FFFF means not available", words[0])
	}
}

func TestSharedBitsKeepTheFinerPoint(t *testing.T) {
	points := []config.Register{
		{Point: "door", Encoding: config.EncUint16, Bit: 8, Bits: 4, Transform: config.Transform{Enum: map[string]float64{"0": 0, "2": 2, "5": 0}}},
		{Point: "car", Encoding: config.EncUint16, Bit: 8, Bits: 4, Transform: config.Transform{Enum: map[string]float64{"0": 0, "2": 2, "5": 5}}},
	}
	order := inOrder(points)
	if order[0] != 1 || order[1] != 0 {
		t.Fatalf("order %v, want the finer point first", order)
	}
	words := []uint16{0}
	for _, c := range []struct {
		car, door float64
		want      uint16
	}{{5, 0, 0x500}, {2, 2, 0x200}, {0, 0, 0}, {5, 2, 0x200}} { // the last is what SetPoint asks for
		values := map[string]float64{"car": c.car, "door": c.door}
		for _, i := range order {
			writeRegister(words, &points[i], values[points[i].Point], false)
		}
		if words[0] != c.want {
			t.Errorf("car %v, door %v: %04X, want %04X", c.car, c.door, words[0], c.want)
		}
	}
}
