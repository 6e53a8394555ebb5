package line

import (
	"math"
	"strconv"
)

// scanValue reads the number or bool at pos and returns the position behind
// it.
func scanValue(b []byte, pos int) (float64, int, error) {
	if pos < len(b) {
		switch b[pos] {
		case 't':
			if end := pos + len("true"); end <= len(b) && string(b[pos:end]) == "true" {
				return 1, end, nil
			}
		case 'f':
			if end := pos + len("false"); end <= len(b) && string(b[pos:end]) == "false" {
				return 0, end, nil
			}
		default:
			return scanNumber(b, pos)
		}
	}
	return 0, 0, bad(pos, "want a number, true or false")
}

// scanNumber reads [-]digits[.digits][e[±]digits] or [-]digits'i'. Up to 15
// digits are read exactly by one division; the rest goes the long way.
func scanNumber(b []byte, pos int) (float64, int, error) {
	i := pos
	negative := i < len(b) && b[i] == '-'
	if negative {
		i++
	}
	var mantissa uint64
	first := i
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		mantissa = mantissa*10 + uint64(b[i]-'0') // overflows only beyond 19 digits
	}
	digits := i - first
	if digits == 0 {
		return 0, 0, bad(pos, "want a number, true or false")
	}
	if i < len(b) && b[i] == 'i' {
		n, end, ok := scanInt(b, pos)
		if !ok {
			return 0, 0, bad(end, "an integer out of 64 bits")
		}
		return float64(n), i + 1, nil
	}
	decimals := 0
	if i < len(b) && b[i] == '.' {
		first = i + 1
		for i++; i < len(b) && b[i]-'0' <= 9; i++ {
			mantissa = mantissa*10 + uint64(b[i]-'0')
		}
		if decimals = i - first; decimals == 0 {
			return 0, 0, bad(i, "want digits behind the point")
		}
	}
	end, err := scanExponent(b, i)
	if err != nil {
		return 0, 0, err
	}
	if end == i && digits+decimals <= 15 {
		scale := 1.0 // a power of ten up to 10^15 is exact
		for range decimals {
			scale *= 10
		}
		f := float64(mantissa) / scale
		if negative {
			f = -f
		}
		return f, end, nil
	}
	f, err := strconv.ParseFloat(string(b[pos:end]), 64)
	if err != nil || math.IsInf(f, 0) {
		return 0, 0, bad(pos, "a number out of 64 bits")
	}
	return f, end, nil
}

// scanExponent returns the position behind the exponent at i, or i where
// there is none.
func scanExponent(b []byte, i int) (int, error) {
	if i >= len(b) || (b[i] != 'e' && b[i] != 'E') {
		return i, nil
	}
	if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
		i++
	}
	first := i
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	if i == first {
		return 0, bad(i, "want an exponent")
	}
	return i, nil
}

// scanInt reads the int64 at pos and returns the position behind it, or
// where it went wrong.
func scanInt(b []byte, pos int) (int64, int, bool) {
	i := pos
	limit := uint64(math.MaxInt64)
	negative := i < len(b) && b[i] == '-'
	if negative {
		i++
		limit++
	}
	var n uint64
	first := i
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		digit := uint64(b[i] - '0')
		if n > (limit-digit)/10 {
			return 0, i, false
		}
		n = n*10 + digit
	}
	if negative {
		return -int64(n), i, i > first
	}
	return int64(n), i, i > first
}

// scanString reads the quoted string at pos and returns it without its
// escapes, valid until the next call, with the position behind it.
func (d *Decoder) scanString(b []byte, pos int) ([]byte, int, error) {
	if pos >= len(b) || b[pos] != '"' {
		return nil, 0, bad(pos, "want a string in quotes")
	}
	d.scratch = d.scratch[:0]
	for i := pos + 1; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return d.scratch, i + 1, nil
		case c == '\\' && i+1 < len(b) && (b[i+1] == '"' || b[i+1] == '\\'):
			i++
			d.scratch = append(d.scratch, b[i])
		case c < ' ':
			return nil, 0, bad(i, "a control character in a string")
		default:
			d.scratch = append(d.scratch, c)
		}
	}
	return nil, 0, bad(len(b), "want the closing quote")
}
