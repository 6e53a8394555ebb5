package strict

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Integer is a whole number, decimal or 0x….
type Integer struct {
	Mark
	V int
}

// Decode implements Leaf.
func (t *Integer) Decode(p *Problems, n Node, r Tags) { t.Take(p, n, r, t.parse) }

func (t *Integer) parse(l Literal, r Tags) (string, string) {
	i, err := strconv.ParseInt(l.Text, 0, 64)
	if l.Form != FormInt || err != nil {
		return fmt.Sprintf("is %q", Cut(l.Text)), "want a whole number" + span(r)
	}
	if lo, err := strconv.ParseInt(r.Min, 10, 64); err == nil && i < lo {
		return "is " + l.Text, "want a whole number" + span(r)
	}
	if hi, err := strconv.ParseInt(r.Max, 10, 64); err == nil && i > hi {
		return "is " + l.Text, "want a whole number" + span(r)
	}
	t.V = int(i)
	return "", ""
}

// Fill implements Preset.
func (t *Integer) Fill(a At, s string, r Tags) { t.Default(a, s, FormInt, r, t.parse) }

// span writes a field's bounds.
func span(r Tags) string {
	switch {
	case r.Min != "" && r.Max != "":
		return " from " + r.Min + " to " + r.Max
	case r.Min != "":
		return " of at least " + r.Min
	case r.Max != "":
		return " of at most " + r.Max
	}
	return ""
}

// Number is a finite number.
type Number struct {
	Mark
	V float64
}

// Decode implements Leaf.
func (t *Number) Decode(p *Problems, n Node, r Tags) { t.Take(p, n, r, t.parse) }

func (t *Number) parse(l Literal, _ Tags) (string, string) {
	f, ok := FloatOf(l)
	if !ok {
		return fmt.Sprintf("is %q", Cut(l.Text)), "want a number"
	}
	t.V = f
	return "", ""
}

// Fill implements Preset.
func (t *Number) Fill(a At, s string, r Tags) { t.Default(a, s, FormFloat, r, t.parse) }

// Ptr returns the number, nil when it was not written.
func (t *Number) Ptr() *float64 {
	if !t.Set {
		return nil
	}
	v := t.V
	return &v
}

// FloatOf reads a finite number.
func FloatOf(l Literal) (float64, bool) {
	switch l.Form {
	case FormInt:
		if i, err := strconv.ParseInt(l.Text, 0, 64); err == nil {
			return float64(i), true
		}
	case FormFloat:
	default:
		return 0, false
	}
	f, err := strconv.ParseFloat(l.Text, 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// Toggle is true or false.
type Toggle struct {
	Mark
	V bool
}

// Decode implements Leaf.
func (t *Toggle) Decode(p *Problems, n Node, r Tags) { t.Take(p, n, r, t.parse) }

func (t *Toggle) parse(l Literal, _ Tags) (string, string) {
	if l.Form != FormBool {
		return fmt.Sprintf("is %q", Cut(l.Text)), "want true or false"
	}
	t.V = l.Text == "true"
	return "", ""
}

// Fill implements Preset.
func (t *Toggle) Fill(a At, s string, r Tags) { t.Default(a, s, FormBool, r, t.parse) }

// Duration is a Go duration, or days: 400d, 1d12h.
type Duration struct {
	Mark
	V time.Duration
}

// Decode implements Leaf.
func (t *Duration) Decode(p *Problems, n Node, r Tags) { t.Take(p, n, r, t.parse) }

func (t *Duration) parse(l Literal, r Tags) (string, string) {
	d, err := DurationOf(l.Text)
	if err != nil {
		if l.Form == FormInt {
			return fmt.Sprintf("is %s without a unit", l.Text), fmt.Sprintf("want a duration such as %ss", l.Text)
		}
		return fmt.Sprintf("is %q", Cut(l.Text)), "want a duration such as 500ms, 5s, 2m, 12h or 14d"
	}
	if lo, err := DurationOf(r.Min); err == nil && d < lo {
		return "is " + l.Text, "want a duration" + span(r)
	}
	if hi, err := DurationOf(r.Max); err == nil && d > hi {
		return "is " + l.Text, "want a duration" + span(r)
	}
	t.V = d
	return "", ""
}

// Fill implements Preset.
func (t *Duration) Fill(a At, s string, r Tags) { t.Default(a, s, FormPlain, r, t.parse) }

var days = regexp.MustCompile(`^([0-9]{1,5})d(.*)$`)

// DurationOf reads a Go duration, or one with days: 400d, 1d12h.
func DurationOf(s string) (time.Duration, error) {
	m := days.FindStringSubmatch(s)
	if m == nil {
		return time.ParseDuration(s)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0, err
	}
	d := time.Duration(n) * 24 * time.Hour
	if m[2] == "" {
		return d, nil
	}
	rest, err := time.ParseDuration(m[2])
	if err == nil && (rest < 0 || d+rest < d) {
		err = fmt.Errorf("negative part in %q, or too long", s)
	}
	return d + rest, err
}

// Size is a number of bytes with its unit.
type Size struct {
	Mark
	V int64
}

// Decode implements Leaf.
func (t *Size) Decode(p *Problems, n Node, r Tags) { t.Take(p, n, r, t.parse) }

func (t *Size) parse(l Literal, r Tags) (string, string) {
	const form = "want a size such as 512MiB or 2GiB"
	b, ok := sizeOf(l.Text)
	if !ok {
		return fmt.Sprintf("is %q", Cut(l.Text)), form
	}
	if lo, ok := sizeOf(r.Min); ok && b < lo {
		return "is " + l.Text, "want a size" + span(r)
	}
	if hi, ok := sizeOf(r.Max); ok && b > hi {
		return "is " + l.Text, "want a size" + span(r)
	}
	t.V = b
	return "", ""
}

// Fill implements Preset.
func (t *Size) Fill(a At, s string, r Tags) { t.Default(a, s, FormPlain, r, t.parse) }

const sizePattern = `^[0-9]{1,9}(\.[0-9]{1,3})?(B|kB|KiB|MB|MiB|GB|GiB|TB|TiB)$`

var sizeRE = regexp.MustCompile(sizePattern)

func sizeOf(s string) (int64, bool) {
	if !sizeRE.MatchString(s) {
		return 0, false
	}
	i := strings.IndexFunc(s, unicode.IsLetter)
	n, err := strconv.ParseFloat(s[:i], 64)
	if err != nil {
		return 0, false
	}
	unit := map[string]float64{
		"B": 1, "kB": 1e3, "KiB": 1 << 10, "MB": 1e6, "MiB": 1 << 20,
		"GB": 1e9, "GiB": 1 << 30, "TB": 1e12, "TiB": 1 << 40,
	}[s[i:]]
	b := n * unit
	return int64(b), b < math.MaxInt64/2
}
