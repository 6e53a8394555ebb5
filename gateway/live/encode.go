package live

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// A snapshot or change is
//
//	{"position":N,"now":ms,"values":[row,…]}
//
// and a row is [asset,point,number|null,"quality",time ms] with the reason
// behind it when there is one, and that in Chinese where it reads otherwise.
// Asset and point index the description.

func appendHead(b []byte, position uint64, now int64) []byte {
	b = append(b, `{"position":`...)
	b = strconv.AppendUint(b, position, 10)
	b = append(b, `,"now":`...)
	b = strconv.AppendInt(b, now, 10)
	return append(b, `,"values":[`...)
}

// appendTail ends what began at length empty: the last row's comma goes.
func appendTail(b []byte, empty int) []byte {
	if len(b) > empty {
		b = b[:len(b)-1]
	}
	return append(b, "]}"...)
}

// appendRow writes a row and a comma.
func appendRow(b []byte, asset, point int, w *shown) []byte {
	b = append(b, '[')
	b = strconv.AppendInt(b, int64(asset), 10)
	b = append(b, ',')
	b = strconv.AppendInt(b, int64(point), 10)
	b = append(b, ',')
	if w.quality.HasNumber() {
		b = appendNumber(b, w.number)
	} else {
		b = append(b, "null"...)
	}
	b = append(b, ',', '"')
	b = append(b, w.quality.String()...)
	b = append(b, '"', ',')
	b = strconv.AppendInt(b, w.time, 10)
	if w.reason != "" {
		b = append(b, ',')
		b = appendString(b, w.reason)
		if w.chinese != "" {
			b = append(b, ',')
			b = appendString(b, w.chinese)
		}
	}
	return append(b, ']', ',')
}

// appendNumber writes the shortest text that reads back as n.
func appendNumber(b []byte, n float64) []byte {
	abs := math.Abs(n)
	switch {
	case n == math.Trunc(n) && abs < 1<<53:
		return strconv.AppendInt(b, int64(n), 10)
	case abs < 1e-6 || abs >= 1e21:
		return strconv.AppendFloat(b, n, 'e', -1, 64)
	}
	return strconv.AppendFloat(b, n, 'f', -1, 64)
}

const hex = "0123456789abcdef"

// appendString writes s as a JSON string; what is not UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
