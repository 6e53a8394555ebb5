package book

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/jsonschema-go/jsonschema"

	"steward/gateway/strict"
)

// A rule for another level or another kind of a fault is told apart behind a
// dot: PW-08.high, PU-06.booster.
const ruleIDPattern = `^[A-Z][A-Z0-9]{0,15}(-[A-Za-z0-9]{1,15}){1,3}(\.[a-z][a-z0-9_]{0,15}){0,2}$`

var ruleIDRE = regexp.MustCompile(ruleIDPattern)

// ruleID is the id of a rule or a fault.
type ruleID struct {
	strict.Mark
	V string
}

func (t *ruleID) Decode(p *strict.Problems, n strict.Node, r strict.Tags) {
	t.Take(p, n, r, func(l strict.Literal, _ strict.Tags) (string, string) {
		if !ruleIDRE.MatchString(l.Text) {
			return fmt.Sprintf("is %q", strict.Cut(l.Text)), "want an id such as EL-01"
		}
		t.V = l.Text
		return "", ""
	})
}

func (t *ruleID) Schema(strict.Tags) *jsonschema.Schema { return strict.TextSchema(ruleIDPattern) }

const maxSource = 2 << 10 // bytes of an expression

// formulaText is an expression; it may run over several lines.
type formulaText struct {
	strict.Mark
	l strict.Literal
}

func (t *formulaText) Decode(p *strict.Problems, n strict.Node, r strict.Tags) {
	t.Take(p, n, r, func(l strict.Literal, _ strict.Tags) (string, string) {
		switch {
		case l.Form == strict.FormInt || l.Form == strict.FormFloat || l.Form == strict.FormBool:
			return "is " + strict.Cut(l.Text), "want a condition such as temperature > 40"
		case strings.TrimSpace(l.Text) == "":
			return "is empty", "want a condition such as temperature > 40"
		case len(l.Text) > maxSource:
			return fmt.Sprintf("is %d bytes long", len(l.Text)), fmt.Sprintf("want at most %d", maxSource)
		case strings.ContainsFunc(l.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
			return "has control characters", "want a condition such as temperature > 40"
		}
		t.l = l
		return "", ""
	})
}

func (t *formulaText) Schema(strict.Tags) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string"}
}

// quantity is a number, a number with its unit (0.02 MPa), or a length of
// time (15d). Which of them is right, its owner knows: see in.
type quantity struct {
	strict.Mark
	l strict.Literal
}

func (t *quantity) Decode(p *strict.Problems, n strict.Node, r strict.Tags) {
	t.Take(p, n, r, func(l strict.Literal, _ strict.Tags) (string, string) {
		if _, ok := strict.FloatOf(l); !ok && !quantityRE.MatchString(l.Text) {
			if _, err := strict.DurationOf(l.Text); err != nil {
				return fmt.Sprintf("is %q", strict.Cut(l.Text)), "want a number, or one with its unit"
			}
		}
		t.l = l
		return "", ""
	})
}

const quantityPattern = `^([-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?) ?([^-+.0-9eE\s][^\s]{0,15})$`

var quantityRE = regexp.MustCompile(quantityPattern)

func (t *quantity) Schema(strict.Tags) *jsonschema.Schema {
	return &jsonschema.Schema{Types: []string{"number", "string"}}
}

// spans are the units of time in seconds.
var spans = map[string]float64{"s": 1, "min": 60, "h": 3600, "d": 86400}

// in reads the quantity as a number in a unit. unit is empty where the owner
// has none: then the quantity's own is taken, seconds for a length of time.
func in(l strict.Literal, unit string) (v float64, own, problem, want string) {
	if v, ok := strict.FloatOf(l); ok {
		return v, unit, "", ""
	}
	length, err := strict.DurationOf(l.Text)
	m := quantityRE.FindStringSubmatch(l.Text)
	switch {
	case m != nil && m[2] == unit && unit != "":
	case err == nil && (unit == "" || spans[unit] > 0):
		if unit == "" {
			unit = "s"
		}
		return length.Seconds() / spans[unit], unit, "", ""
	case m == nil:
		return 0, unit, fmt.Sprintf("is %q", strict.Cut(l.Text)), "want a number" + inUnit(unit)
	case unit == "":
		unit = m[2]
	default:
		return 0, unit, fmt.Sprintf("is in %s", strict.Cut(m[2])), "want it in " + unit
	}
	v, err = strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, unit, fmt.Sprintf("is %q", strict.Cut(l.Text)), "want a number" + inUnit(unit)
	}
	return v, unit, "", ""
}

func inUnit(unit string) string {
	if unit == "" {
		return ""
	}
	return " in " + unit
}

// clock is a time of day.
type clock struct {
	strict.Mark
	v time.Duration // since midnight
}

var clockRE = regexp.MustCompile(`^([01][0-9]|2[0-4]):([0-5][0-9])$`)

func (t *clock) Decode(p *strict.Problems, n strict.Node, r strict.Tags) {
	t.Take(p, n, r, func(l strict.Literal, _ strict.Tags) (string, string) {
		m := clockRE.FindStringSubmatch(l.Text)
		if m == nil || l.Text > "24:00" {
			return fmt.Sprintf("is %q", strict.Cut(l.Text)), `want a time of day such as "06:30"`
		}
		hour, _ := strconv.Atoi(m[1]) // two digits each
		minute, _ := strconv.Atoi(m[2])
		t.v = time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
		return "", ""
	})
}

func (t *clock) Schema(strict.Tags) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: clockRE.String()}
}
