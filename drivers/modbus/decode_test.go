package modbus

import (
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"steward/gateway"
	"steward/gateway/config"
)

func ptr(f float64) *float64 { return &f }

// reg is a mapping of the whole registers at 0 of the holding table.
func reg(e config.Encoding) config.Register {
	return config.Register{Point: "p", Table: config.HoldingRegisters, Encoding: e, Bit: -1, Transform: config.Transform{Scale: 1}}
}

func with(r config.Register, change func(*config.Register)) config.Register {
	change(&r)
	return r
}

func low(r *config.Register) { r.LowFirst = true }
func scaled(s, o float64) func(*config.Register) {
	return func(r *config.Register) { r.Transform.Scale, r.Transform.Offset = s, o }
}
func na(v ...uint64) func(*config.Register) { return func(r *config.Register) { r.NA = v } }
func field(bit, bits int) func(*config.Register) {
	return func(r *config.Register) { r.Bit, r.Bits = bit, bits }
}
func within(lo, hi float64) func(*config.Register) {
	return func(r *config.Register) { r.Transform.Min, r.Transform.Max = ptr(lo), ptr(hi) }
}
func enum(m map[string]float64) func(*config.Register) {
	return func(r *config.Register) { r.Transform.Enum = m }
}

func TestDecode(t *testing.T) {
	pac := map[string]float64{"0": 10, "0x2": 20, "-1": 30}
	for _, c := range []struct {
		name string
		reg  config.Register
		hex  string // what the registers hold
		want float64
		bad  string // the reason, when it is not good
	}{
		{"int16 negative", reg(config.EncInt16), "FFFE", -2, ""},
		{"uint16", reg(config.EncUint16), "FFFE", 65534, ""},
		{"int8 takes the low byte", reg(config.EncInt8), "12FE", -2, ""},
		{"uint8 takes the low byte", reg(config.EncUint8), "12FE", 254, ""},
		{"int32", reg(config.EncInt32), "FFFFFFFE", -2, ""},
		{"int32 low word first", with(reg(config.EncInt32), low), "86A00001", 100000, ""},
		{"uint32", reg(config.EncUint32), "000186A0", 100000, ""},
		{"int64", reg(config.EncInt64), "FFFFFFFFFFFFFFFE", -2, ""},
		{"int64 low word first", with(reg(config.EncInt64), low), "0004000300020001", 1<<48 | 2<<32 | 3<<16 | 4, ""},
		{"uint64 at the limit of exactness", reg(config.EncUint64), "0020000000000000", 1 << 53, ""},
		{"uint64 beyond it is rounded", reg(config.EncUint64), "0020000000000001", 1 << 53, ""},
		{"float32", reg(config.EncFloat32), "43660000", 230, ""},
		{"float32 low word first", with(reg(config.EncFloat32), low), "00004366", 230, ""},
		{"float64", reg(config.EncFloat64), "406CC00000000000", 230, ""},
		{"float64 low word first", with(reg(config.EncFloat64), low), "000000000000406C", 224, ""},
		{"bcd16", reg(config.EncBCD16), "1234", 1234, ""},
		{"bcd32", reg(config.EncBCD32), "12345678", 12345678, ""},
		{"bcd with a hex digit", reg(config.EncBCD16), "12A4", 0, reasonBCD},
		{"whole register as bool", reg(config.EncBool), "0100", 1, ""},
		{"bit 8 set", with(reg(config.EncBool), field(8, 1)), "0100", 1, ""},
		{"bit 7 clear", with(reg(config.EncBool), field(7, 0)), "0100", 0, ""},
		{"bool inverted", with(with(reg(config.EncBool), field(8, 1)), func(r *config.Register) { r.Transform.Invert = true }), "0100", 0, ""},
		{"field of 4 bits", with(reg(config.EncUint16), field(4, 4)), "00A0", 10, ""},
		{"field of an int16 has no sign", with(reg(config.EncInt16), field(12, 4)), "F000", 15, ""},
		{"field across the words of a uint32", with(reg(config.EncUint32), field(12, 8)), "000FF000", 255, ""},
		{"scale 0.1 rounds like a person", with(reg(config.EncUint16), scaled(0.1, 0)), "08FD", 230.1, ""},
		{"kelvin", with(reg(config.EncUint16), scaled(0.01, -273.15)), "7341", 21.9, ""},
		{"scale 0 means 1", with(reg(config.EncUint16), scaled(0, 0)), "0005", 5, ""},
		{"scale above 1", with(reg(config.EncUint16), scaled(40, 2)), "0005", 202, ""},
		{"marker", with(reg(config.EncUint16), na(0xFFFF)), "FFFF", 0, reasonNA},
		{"near the marker", with(reg(config.EncUint16), na(0xFFFF)), "FFFE", 65534, ""},
		{"marker of an int16", with(reg(config.EncInt16), na(0x7FFF, 0x8000)), "8000", 0, reasonNA},
		{"marker given negative", with(reg(config.EncInt16), na(math.MaxUint64)), "FFFF", 0, reasonNA},
		{"marker of a float32", with(reg(config.EncFloat32), na(0x7FC00000)), "7FC00000", 0, reasonNA},
		{"marker is compared after the word order", with(with(reg(config.EncInt32), low), na(0x7FFFFFFF)), "FFFF7FFF", 0, reasonNA},
		{"marker of 64 bits", with(reg(config.EncUint64), na(math.MaxUint64)), "FFFFFFFFFFFFFFFF", 0, reasonNA},
		{"narrow marker of an 8-bit value", with(reg(config.EncUint8), na(0xFF)), "12FF", 0, reasonNA},
		{"wide marker of an 8-bit value", with(reg(config.EncUint8), na(0xFFFF)), "FFFF", 0, reasonNA},
		{"wide marker is not the low byte", with(reg(config.EncUint8), na(0xFFFF)), "00FF", 255, ""},
		{"marker of a field", with(with(reg(config.EncUint16), field(4, 4)), na(0xF)), "00F0", 0, reasonNA},
		{"marker of the register behind a bit", with(with(reg(config.EncBool), field(3, 1)), na(0xFFFF)), "FFFF", 0, reasonNA},
		{"NaN", reg(config.EncFloat32), "7FC00001", 0, reasonNaN},
		{"infinite", reg(config.EncFloat32), "FF800000", 0, reasonInfinite},
		{"scaled to infinite", with(reg(config.EncFloat64), scaled(1e10, 0)), "7FE0000000000000", 0, reasonInfinite},
		{"below the range", with(reg(config.EncInt16), within(0, 500)), "FFFF", 0, "out of range 0..500"},
		{"above the range", with(reg(config.EncInt16), within(0, 500)), "01F5", 0, "out of range 0..500"},
		{"at the range's end", with(reg(config.EncInt16), within(0, 500)), "01F4", 500, ""},
		{"enum", with(reg(config.EncUint16), enum(pac)), "0002", 20, ""},
		{"enum of a negative", with(reg(config.EncInt16), enum(pac)), "FFFF", 30, ""},
		{"enum without that code", with(reg(config.EncUint16), enum(pac)), "0003", 0, reasonUnlisted},
		{"enum of a bit", with(with(reg(config.EncBool), field(0, 1)), enum(map[string]float64{"true": 7, "0": 8})), "0001", 7, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := newDecoder(c.reg, gateway.Point{})
			if err != nil {
				t.Fatal(err)
			}
			data, err := hex.DecodeString(c.hex)
			if err != nil {
				t.Fatal(err)
			}
			v := gateway.Value{Point: "p"}
			d.registers(data, &v)
			if c.bad != "" {
				if v.Quality != gateway.QualityBad || v.Reason != c.bad || !math.IsNaN(v.Number) {
					t.Errorf("got %v %v %q, want bad %q", v.Number, v.Quality, v.Reason, c.bad)
				}
				return
			}
			if v.Quality != gateway.QualityGood || v.Reason != "" || math.Abs(v.Number-c.want) > 1e-9 {
				t.Errorf("got %v %v %q, want %v", v.Number, v.Quality, v.Reason, c.want)
			}
		})
	}
}

func TestDecodeScalesExactly(t *testing.T) {
	d, err := newDecoder(with(reg(config.EncUint16), scaled(0.1, 0)), gateway.Point{})
	if err != nil {
		t.Fatal(err)
	}
	for raw := range 1 << 16 {
		v := gateway.Value{}
		d.registers([]byte{byte(raw >> 8), byte(raw)}, &v)
		if v.Number != float64(raw)/10 {
			t.Fatalf("raw %d with scale 0.1 is %v, want %v", raw, v.Number, float64(raw)/10)
		}
	}
}

func TestDecodeBits(t *testing.T) {
	r := config.Register{Point: "p", Table: config.Coils, Encoding: config.EncBool, Bit: -1}
	d, err := newDecoder(r, gateway.Point{})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []float64{1, 0, 1, 1, 0, 0, 1, 1, 0, 1} {
		v := gateway.Value{}
		if d.bit([]byte{0xCD, 0x02}, n, &v); v.Number != want || v.Quality != gateway.QualityGood {
			t.Errorf("bit %d is %v %v, want %v", n, v.Number, v.Quality, want)
		}
	}
}

func TestDecodeTakesThePointsRange(t *testing.T) {
	d, err := newDecoder(reg(config.EncInt16), gateway.Point{Min: ptr(0)})
	if err != nil {
		t.Fatal(err)
	}
	v := gateway.Value{}
	if d.registers([]byte{0xFF, 0xFF}, &v); v.Reason != "out of range: below 0" {
		t.Errorf("got %v %q", v.Number, v.Reason)
	}
}

func TestNewDecoderRefuses(t *testing.T) {
	for _, c := range []struct {
		reg  config.Register
		want string
	}{
		{reg("float16"), "unknown encoding"},
		{with(reg(config.EncUint16), field(12, 5)), "are not in a uint16"},
		{with(reg(config.EncUint16), enum(map[string]float64{"on": 1})), `enum key "on"`},
		{with(reg(config.EncFloat64), func(r *config.Register) { r.Address = 65533 }), "past the last register"},
	} {
		if _, err := newDecoder(c.reg, gateway.Point{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

// Whatever the registers hold and however they are mapped, a value is either
// good and a number, or says why not.
func FuzzDecodeRegisters(f *testing.F) {
	f.Add([]byte{0x43, 0x66, 0, 0, 0, 0, 0, 0}, uint8(9), -1, 0, false, 0.1, 0.0, uint64(0xFFFF))
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, uint8(8), 3, 4, true, 1.0, -273.15, uint64(15))
	f.Add([]byte{0x7F, 0xF0, 0, 0, 0, 0, 0, 0}, uint8(10), -1, 0, true, 0.0, 1.0, uint64(0))
	encodings := []config.Encoding{config.EncBool, config.EncInt8, config.EncUint8, config.EncInt16, config.EncUint16,
		config.EncInt32, config.EncUint32, config.EncInt64, config.EncUint64, config.EncFloat32, config.EncFloat64,
		config.EncBCD16, config.EncBCD32}
	f.Fuzz(func(t *testing.T, data []byte, e uint8, bit, bits int, lowFirst bool, scale, offset float64, marker uint64) {
		r := config.Register{Point: "p", Table: config.InputRegisters, Encoding: encodings[int(e)%len(encodings)],
			Bit: bit, Bits: bits, LowFirst: lowFirst, NA: []uint64{marker},
			Transform: config.Transform{Scale: scale, Offset: offset, Min: ptr(-1e12)}}
		if bits > 64 || bit > 64 || len(data) < 2*r.Encoding.Words() {
			return
		}
		d, err := newDecoder(r, gateway.Point{})
		if err != nil {
			return
		}
		v := gateway.Value{Point: "p"}
		d.registers(data, &v)
		good := v.Quality == gateway.QualityGood
		if good == (v.Reason != "") || good == math.IsNaN(v.Number) || math.IsInf(v.Number, 0) || (good && v.Number < -1e12) {
			t.Errorf("%+v", v)
		}
	})
}

func BenchmarkDecode60Float32(b *testing.B) {
	a := &asset{}
	for i := range 60 {
		r := with(reg(config.EncFloat32), within(-1e9, 1e9))
		d, err := newDecoder(r, gateway.Point{})
		if err != nil {
			b.Fatal(err)
		}
		a.points = append(a.points, d)
		a.items = append(a.items, item{i, config.InputRegisters, 2 * i, 2})
		a.values = append(a.values, gateway.Value{Point: "p"})
	}
	blk := newBlock(a.items)
	data := make([]byte, 240)
	for i := range data {
		data[i] = byte(i * 7)
	}
	b.ReportAllocs()
	for b.Loop() {
		a.decode(&blk, data)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/60, "ns/value")
}

// A current loop that has failed says so, and nothing that the current would mean.
func TestLoop(t *testing.T) {
	r := reg(config.EncUint16)
	r.Transform.Scale, r.Transform.Offset = 0.0001, -0.4 // 4000 to 20000 µA is 0 to 1.6 MPa
	r.Transform.Loop = &config.Loop{Low: -0.04, High: 1.7, Below: "broken", Above: "shorted"}
	d, err := newDecoder(r, gateway.Point{})
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[uint16]string{3599: "broken", 3601: "", 12000: "", 20999: "", 21001: "shorted", 0: "broken"} {
		var v gateway.Value
		d.registers([]byte{byte(raw >> 8), byte(raw)}, &v)
		if v.Reason != want || (want == "") != (v.Quality == gateway.QualityGood) {
			t.Errorf("%d µA is %+v, want %q", raw, v, want)
		}
	}
}
