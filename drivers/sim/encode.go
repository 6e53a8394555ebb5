package sim

import (
	"math"
	"slices"
	"strconv"

	"steward/gateway/config"
)

// writeRegister puts the engineering value v into the words that r maps: the
// inverse of reading it. words[0] is the register at r.Address; there are
// r.Encoding.Words() of them. A bit or bit field leaves the word's other bits
// as they are. A value that the encoding cannot hold is held at its nearest
// end; a counter rolls over as a device's does.
func writeRegister(words []uint16, r *config.Register, v float64, counter bool) {
	n := r.Encoding.Words()
	if n == 0 || len(words) < n {
		return
	}
	raw, ok := rawNumber(&r.Transform, v, r.Encoding == config.EncBool)
	old := join(words[:n], r.LowFirst)
	if !ok || says(r, old, v) {
		return
	}
	var bits uint64
	switch {
	case r.Bit >= 0:
		mask := uint64(1)<<max(r.Bits, 1) - 1
		bits = old&^(mask<<r.Bit) | (uint64(int64(math.Round(raw)))&mask)<<r.Bit
	case r.Encoding == config.EncInt8 || r.Encoding == config.EncUint8:
		bits = old&0xFF00 | packed(r.Encoding, raw, counter, r.Transform.Rollover)&0xFF
	default:
		bits = dodge(packed(r.Encoding, raw, counter, r.Transform.Rollover), r)
	}
	split(words[:n], bits, r.LowFirst)
}

// says reports whether the bits already mean the code v by r's function table.
// Then they stay: another point may have put more into them, as a lift's door
// state is read from the bits of its car's state.
func says(r *config.Register, bits uint64, v float64) bool {
	switch {
	case r.Bit >= 0:
		bits = bits >> r.Bit & (1<<max(r.Bits, 1) - 1)
	case r.Encoding == config.EncInt8 || r.Encoding == config.EncUint8:
		bits &= 0xFF
	}
	for key, code := range r.Transform.Enum {
		if n, err := strconv.ParseUint(key, 0, 64); err == nil && n == bits && code == v {
			return true
		}
	}
	return false
}

// inOrder lists registers in the order in which to write them: those where
// several raw values mean the same come last, so that they find the finer
// point's choice in place.
func inOrder(points []config.Register) []int {
	var fine, coarse []int
	for i := range points {
		seen := map[float64]bool{}
		for _, code := range points[i].Transform.Enum {
			seen[code] = true
		}
		if len(seen) < len(points[i].Transform.Enum) {
			coarse = append(coarse, i)
		} else {
			fine = append(fine, i)
		}
	}
	return append(fine, coarse...)
}

// writeBit is writeRegister for coils and discrete inputs.
func writeBit(r *config.Register, v float64) bool {
	raw, ok := rawNumber(&r.Transform, v, true)
	return ok && raw != 0
}

// rawNumber undoes a transform. It reports false where a function table has
// no raw number at all.
func rawNumber(t *config.Transform, v float64, isBool bool) (float64, bool) {
	if len(t.Enum) > 0 {
		key, ok := rawKey(t.Enum, v)
		if !ok {
			return 0, false
		}
		switch key {
		case "true":
			return 1, true
		case "false":
			return 0, true
		}
		raw, err := strconv.ParseInt(key, 0, 64)
		return float64(raw), err == nil
	}
	if isBool {
		if (v != 0) != t.Invert {
			return 1, true
		}
		return 0, true
	}
	scale := t.Scale
	if scale == 0 {
		scale = 1
	}
	return (v - t.Offset) / scale, true
}

// rawKey finds the raw text of a code. Of several that mean the same it takes
// the first in order; where none means v, the one that comes nearest, so that
// a device which knows fewer states than its kind still says something.
func rawKey(enum map[string]float64, v float64) (string, bool) {
	best, found := "", false
	for _, k := range sortedKeys(enum) {
		if !found || math.Abs(enum[k]-v) < math.Abs(enum[best]-v) {
			best, found = k, true
		}
	}
	return best, found
}

func sortedKeys[M ~map[string]V, V any](m M) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// packed makes the bit pattern of a raw number.
func packed(e config.Encoding, raw float64, counter bool, rollover float64) uint64 {
	switch e {
	case config.EncFloat32:
		return uint64(math.Float32bits(float32(raw)))
	case config.EncFloat64:
		return math.Float64bits(raw)
	case config.EncBool:
		return uint64(raw)
	}
	if math.IsNaN(raw) {
		raw = 0
	}
	raw = math.Round(raw)
	if counter && rollover > 0 {
		raw = math.Mod(raw, rollover)
	}
	switch e {
	case config.EncBCD16:
		return bcd(within(raw, 0, 9999, counter), 4)
	case config.EncBCD32:
		return bcd(within(raw, 0, 99999999, counter), 8)
	case config.EncInt8:
		return uint64(int64(within(raw, math.MinInt8, math.MaxInt8, counter)))
	case config.EncUint8:
		return uint64(within(raw, 0, math.MaxUint8, counter))
	case config.EncInt16:
		return uint64(int64(within(raw, math.MinInt16, math.MaxInt16, counter)))
	case config.EncUint16:
		return uint64(within(raw, 0, math.MaxUint16, counter))
	case config.EncInt32:
		return uint64(int64(within(raw, math.MinInt32, math.MaxInt32, counter)))
	case config.EncUint32:
		return uint64(within(raw, 0, math.MaxUint32, counter))
	case config.EncUint64:
		if raw <= 0 {
			return 0
		}
		return uint64(min(raw, 1<<63))
	}
	return uint64(int64(max(min(raw, 1<<62), -(1 << 62)))) // int64
}

// within holds a number in a range; a counter starts again behind its end.
func within(v, low, high float64, counter bool) float64 {
	if counter && v > high {
		return math.Mod(v, high+1)
	}
	return min(max(v, low), high)
}

func bcd(v float64, digits int) uint64 {
	var out uint64
	for n, i := uint64(v), 0; i < digits; i++ {
		out |= (n % 10) << (4 * i)
		n /= 10
	}
	return out
}

// dodge moves a value that happens to look like a not-available marker by
// one, as no working device would send the marker.
func dodge(bits uint64, r *config.Register) uint64 {
	mask := uint64(math.MaxUint64)
	if w := r.Encoding.Words() * 16; w < 64 {
		mask = 1<<w - 1
	}
	if slices.Contains(r.NA, bits&mask) {
		return bits - 1
	}
	return bits
}

// join makes one number of words, the first the highest unless lowFirst.
func join(words []uint16, lowFirst bool) uint64 {
	var out uint64
	for i := range words {
		k := i
		if lowFirst {
			k = len(words) - 1 - i
		}
		out = out<<16 | uint64(words[k])
	}
	return out
}

// split is join's inverse.
func split(words []uint16, bits uint64, lowFirst bool) {
	for i := range words {
		k := len(words) - 1 - i
		if lowFirst {
			k = i
		}
		words[k] = uint16(bits)
		bits >>= 16
	}
}
