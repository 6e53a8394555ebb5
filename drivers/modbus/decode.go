package modbus

import (
	"fmt"
	"math"
	"strconv"

	"steward/gateway"
	"steward/gateway/config"
)

// Reasons of values that a device gave and that cannot be used.
const (
	reasonNA       = "not available (the device's marker)"
	reasonNaN      = "not a number"
	reasonInfinite = "infinite"
	reasonBCD      = "not binary-coded decimal"
	reasonUnlisted = "raw value is not in the point's enum"
)

// sign is how a raw bit pattern becomes a number.
type sign uint8

const (
	unsigned sign = iota
	signed8
	signed16
	signed32
	signed64
	single // float32
	double // float64
	bcd
	truth // bool: 0 or 1
)

// decoder makes one point's value from the bytes of an answer. It is built
// once; only factors change its times or scale.
type decoder struct {
	words    int // registers from the first of it to the last
	lowFirst bool
	apart    bool // two words that do not stand beside each other,
	high     int  // at these places among them
	low      int
	sign     sign
	shift    uint
	mask     uint64   // of the field behind shift
	naWhole  []uint64 // markers that fill all the point's registers
	naField  []uint64 // markers of the field alone
	enum     map[float64]float64
	invert   bool
	divide   bool    // scale is 1/n: dividing by n rounds better than multiplying
	times    float64 // beside divide: what factors make of the number, 1 without any
	scale    float64
	offset   float64
	min, max float64
	outside  string // reason when outside min..max
	loop     *config.Loop
}

// newDecoder checks the mapping and prepares it. The point's own plausible
// range holds where the mapping gives none. A scale of 0 means 1.
//
// Markers: one that fits into a bit field or an 8-bit value is compared with
// that; a wider one with the whole registers.
func newDecoder(r config.Register, p gateway.Point) (decoder, error) {
	d := decoder{words: r.Encoding.Words(), lowFirst: r.LowFirst, invert: r.Transform.Invert, times: 1,
		scale: r.Transform.Scale, offset: r.Transform.Offset, min: math.Inf(-1), max: math.Inf(1), loop: r.Transform.Loop}
	if isBits(r.Table) {
		d.words, d.sign, d.mask = 1, truth, 1
	} else if err := d.layout(r); err != nil {
		return d, err
	}
	whole := uint64(math.MaxUint64) >> (64 - 16*d.words)
	for _, na := range r.NA {
		if na|whole == math.MaxUint64 { // a negative marker, sign-extended
			na &= whole
		}
		if na <= d.mask && d.mask != whole {
			d.naField = append(d.naField, na)
		} else {
			d.naWhole = append(d.naWhole, na)
		}
	}
	if n := math.Round(1 / d.scale); d.scale > 0 && d.scale < 1 && n < 1e15 && 1/n == d.scale {
		d.divide, d.scale = true, n
	} else if d.scale == 0 {
		d.scale = 1
	}
	if first, n := r.Span(); r.LowWord != nil && d.words == 2 {
		d.words, d.apart, d.high, d.low = n, true, int(r.Address-first), int(*r.LowWord-first)
	}
	d.limits(r.Transform, p)
	return d, d.labels(r.Transform.Enum)
}

// layout works out where in the registers the number lies.
func (d *decoder) layout(r config.Register) error {
	if d.words == 0 {
		return fmt.Errorf("unknown encoding %q", r.Encoding)
	}
	if int(r.Address)+d.words > 1<<16 {
		return fmt.Errorf("%s at address %d goes past the last register", r.Encoding, r.Address)
	}
	width := 16 * d.words
	d.sign, d.mask = signOf(r.Encoding), math.MaxUint64>>(64-width)
	switch r.Encoding {
	case config.EncInt8, config.EncUint8:
		d.mask = 0xFF
	}
	if r.Bit < 0 {
		return nil
	}
	bits := max(r.Bits, 1)
	if r.Bit+bits > width {
		return fmt.Errorf("bits %d to %d are not in a %s", r.Bit, r.Bit+bits-1, r.Encoding)
	}
	d.shift, d.mask = uint(r.Bit), math.MaxUint64>>(64-bits)
	if d.sign != truth {
		d.sign = unsigned
	}
	return nil
}

func signOf(e config.Encoding) sign {
	switch e {
	case config.EncBool:
		return truth
	case config.EncInt8:
		return signed8
	case config.EncInt16:
		return signed16
	case config.EncInt32:
		return signed32
	case config.EncInt64:
		return signed64
	case config.EncFloat32:
		return single
	case config.EncFloat64:
		return double
	case config.EncBCD16, config.EncBCD32:
		return bcd
	}
	return unsigned
}

func (d *decoder) limits(t config.Transform, p gateway.Point) {
	lo, hi := t.Min, t.Max
	if lo == nil {
		lo = p.Min
	}
	if hi == nil {
		hi = p.Max
	}
	if lo != nil {
		d.min = *lo
	}
	if hi != nil {
		d.max = *hi
	}
	switch {
	case lo != nil && hi != nil:
		d.outside = fmt.Sprintf("out of range %g..%g", d.min, d.max)
	case lo != nil:
		d.outside = fmt.Sprintf("out of range: below %g", d.min)
	case hi != nil:
		d.outside = fmt.Sprintf("out of range: above %g", d.max)
	}
}

// labels reads the enum's keys: numbers in Go's notations, or true and false.
func (d *decoder) labels(enum map[string]float64) error {
	if len(enum) == 0 {
		return nil
	}
	d.enum = make(map[float64]float64, len(enum))
	for key, to := range enum {
		if b, err := strconv.ParseBool(key); err == nil && len(key) > 1 {
			d.enum[truthOf(b)] = to
		} else if n, err := strconv.ParseInt(key, 0, 64); err == nil {
			d.enum[float64(n)] = to
		} else if f, err := strconv.ParseFloat(key, 64); err == nil {
			d.enum[f] = to
		} else {
			return fmt.Errorf("enum key %q is not a number", key)
		}
	}
	return nil
}

// bit sets v from a coil or discrete input, the nth of an answer.
func (d *decoder) bit(data []byte, n int, v *gateway.Value) {
	d.finish(uint64(data[n/8]>>(n%8)&1), v)
}

// registers sets v from the answer's bytes, which begin with the point's own.
func (d *decoder) registers(data []byte, v *gateway.Value) {
	raw := d.raw(data)
	for _, na := range d.naWhole {
		if raw == na {
			setBad(v, reasonNA)
			return
		}
	}
	d.finish(raw>>d.shift&d.mask, v)
}

// raw puts the point's registers together.
func (d *decoder) raw(data []byte) uint64 {
	switch {
	case d.words == 1:
		return uint64(data[0])<<8 | uint64(data[1])
	case d.words == 2 && !d.lowFirst:
		return uint64(data[0])<<24 | uint64(data[1])<<16 | uint64(data[2])<<8 | uint64(data[3])
	case d.apart:
		return rawWords(data[2*d.high:], 1, false)<<16 | rawWords(data[2*d.low:], 1, false)
	}
	return rawWords(data, d.words, d.lowFirst)
}

// rawWords puts registers together: bytes high first, words as told.
func rawWords(data []byte, words int, lowFirst bool) uint64 {
	var raw uint64
	for i := range words {
		w := i
		if lowFirst {
			w = words - 1 - i
		}
		raw = raw<<16 | uint64(data[2*w])<<8 | uint64(data[2*w+1])
	}
	return raw
}

// finish makes the engineering value of a field's raw bits.
func (d *decoder) finish(raw uint64, v *gateway.Value) {
	for _, na := range d.naField {
		if raw == na {
			setBad(v, reasonNA)
			return
		}
	}
	n, ok := d.number(raw)
	if !ok {
		setBad(v, reasonBCD)
		return
	}
	switch {
	case d.enum != nil:
		if n, ok = d.enum[n]; !ok {
			setBad(v, reasonUnlisted)
			return
		}
	case d.sign == truth:
		if d.invert {
			n = 1 - n
		}
	case d.divide:
		n = n*d.times/d.scale + d.offset
	default:
		n = n*d.scale + d.offset
	}
	switch {
	case n-n != 0: // NaN or infinite
		if math.IsNaN(n) {
			setBad(v, reasonNaN)
		} else {
			setBad(v, reasonInfinite)
		}
	case d.loop != nil && (n < d.loop.Low || n > d.loop.High):
		setBad(v, d.loop.Fault(n))
	case n < d.min || n > d.max:
		setBad(v, d.outside)
	default:
		v.Number, v.Quality, v.Reason = n, gateway.QualityGood, ""
	}
}

func (d *decoder) number(raw uint64) (n float64, ok bool) {
	switch d.sign {
	case signed8:
		return float64(int8(raw)), true
	case signed16:
		return float64(int16(raw)), true
	case signed32:
		return float64(int32(raw)), true
	case signed64:
		return float64(int64(raw)), true
	case single:
		return float64(math.Float32frombits(uint32(raw))), true
	case double:
		return math.Float64frombits(raw), true
	case truth:
		return truthOf(raw != 0), true
	case bcd:
		for shift := 28; shift >= 0; shift -= 4 {
			digit := raw >> shift & 0xF
			if digit > 9 {
				return 0, false
			}
			n = n*10 + float64(digit)
		}
		return n, true
	}
	return float64(raw), true
}

func truthOf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func setBad(v *gateway.Value, reason string) {
	v.Number, v.Quality, v.Reason = math.NaN(), gateway.QualityBad, reason
}
