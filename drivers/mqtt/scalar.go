package mqtt

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"steward/gateway"
)

// fromJSON makes the field's value of a JSON value that exists.
func (f *field) fromJSON(v gjson.Result) gateway.Value {
	switch v.Type {
	case gjson.Null:
		return f.bad("null")
	case gjson.String:
		return f.fromText(v.Str)
	case gjson.Number:
		return f.convert(v.Raw, v.Num, true)
	case gjson.True:
		return f.convert("true", 1, true)
	case gjson.False:
		return f.convert("false", 0, true)
	}
	return f.bad("not a single value")
}

// fromText makes the field's value of a text: a number perhaps with a unit
// behind it, true or false, or a name of the field's enum.
func (f *field) fromText(s string) gateway.Value {
	s = strings.TrimSpace(s)
	if n, ok := parseNumber(s, f.strip); ok {
		return f.convert(s, n, true)
	}
	switch {
	case strings.EqualFold(s, "true"):
		return f.convert(s, 1, true)
	case strings.EqualFold(s, "false"):
		return f.convert(s, 0, true)
	}
	return f.convert(s, math.NaN(), false)
}

// convert turns a raw value into an engineering one: text is how it was
// written, raw its number where it has one.
func (f *field) convert(text string, raw float64, numeric bool) gateway.Value {
	for i := range f.na {
		if n := &f.na[i]; n.text == text || (numeric && n.numeric && n.number == raw) {
			return f.bad("not available: " + clip(text, 40))
		}
	}
	if f.enum != nil {
		n, ok := f.enum[text]
		if !ok && numeric { // 1.0 for 1
			n, ok = f.enum[strconv.FormatFloat(raw, 'f', -1, 64)]
		}
		if !ok {
			return f.bad("unknown value " + strconv.Quote(clip(text, 40)))
		}
		return f.check(n)
	}
	if !numeric || math.IsNaN(raw) || math.IsInf(raw, 0) {
		return f.bad("not a number: " + strconv.Quote(clip(text, 40)))
	}
	return f.check(raw*f.scale + f.offset)
}

// check applies what the point allows to an engineering value.
func (f *field) check(n float64) gateway.Value {
	switch f.kind {
	case gateway.Bool:
		if n != 0 && n != 1 {
			return f.bad(fmt.Sprintf("not a bool: %g", n))
		}
		if f.invert {
			n = 1 - n
		}
	case gateway.Enum:
		if len(f.codes) > 0 && !slices.Contains(f.codes, n) {
			return f.bad(fmt.Sprintf("unknown code %g", n))
		}
	}
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return f.bad("not a number")
	}
	if why := f.loop.Fault(n); why != "" {
		return f.bad(why)
	}
	if (f.min != nil && n < *f.min) || (f.max != nil && n > *f.max) {
		return f.bad(fmt.Sprintf("out of range: %g", n))
	}
	return gateway.Good(f.point, n)
}

func (f *field) bad(reason string) gateway.Value {
	return gateway.NotGood(f.point, gateway.QualityBad, reason)
}

// parseNumber reads a plain decimal number: no hex, no underscores, no names.
// With strip a unit may follow it ("1234 mm", "3.34V", "21.5 °C").
func parseNumber(s string, strip bool) (float64, bool) {
	end, digits := 0, 0
	if end < len(s) && (s[end] == '-' || s[end] == '+') {
		end++
	}
	for dot := false; end < len(s); end++ {
		if c := s[end]; c >= '0' && c <= '9' {
			digits++
		} else if c != '.' || dot {
			break
		} else {
			dot = true
		}
	}
	if digits == 0 {
		return 0, false
	}
	end = exponentEnd(s, end)
	if end < len(s) && (!strip || !isUnit(strings.TrimSpace(s[end:]))) {
		return 0, false
	}
	n, err := strconv.ParseFloat(s[:end], 64)
	return n, err == nil
}

// exponentEnd returns the end of an exponent that begins at i, or i.
func exponentEnd(s string, i int) int {
	if i >= len(s) || (s[i] != 'e' && s[i] != 'E') {
		return i
	}
	j := i + 1
	if j < len(s) && (s[j] == '-' || s[j] == '+') {
		j++
	}
	first := j
	for j < len(s) && s[j] >= '0' && s[j] <= '9' {
		j++
	}
	if j == first {
		return i
	}
	return j
}

// isUnit reports whether the text can be a unit: it is short, begins like one
// and holds no further number, so that "12:30" and "1 234" stay no numbers.
func isUnit(s string) bool {
	if s == "" || len(s) > 16 {
		return s == ""
	}
	if first, _ := utf8.DecodeRuneInString(s); first < 0x80 && !strings.ContainsRune("%/", first) &&
		(first < 'A' || first > 'Z') && (first < 'a' || first > 'z') {
		return false
	}
	return !strings.ContainsAny(s, "0456789:,;\"") // 1, 2 and 3 may be powers: m3, kg/cm2, s-1
}

// clip shortens a text to at most n bytes of valid UTF-8.
func clip(s string, n int) string {
	const more = "…"
	if len(s) > n {
		n -= len(more)
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = strings.ToValidUTF8(s[:n], "?") + more
	}
	return strings.ToValidUTF8(s, "?")
}
