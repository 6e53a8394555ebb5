package book

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"steward/gateway/duty"
)

// part is a piece of a condition's text: words, and then a number in force.
type part struct {
	words  string
	number string // by its name; empty: none
	band   bool   // the number is a dead band: written in brackets, unless 0
}

// parts cuts an expression where its parameters stand.
func (c *compiler) parts() []part {
	starts := make([]int, 0, len(c.marks))
	for from := range c.marks {
		starts = append(starts, from)
	}
	slices.Sort(starts)
	var out []part
	done := 0
	for _, from := range starts {
		m := c.marks[from]
		out = append(out, part{words: oneLine(string(c.w.runes[done:from])), number: m.name})
		done = m.to
	}
	if done < len(c.w.runes) {
		out = append(out, part{words: oneLine(string(c.w.runes[done:]))})
	}
	return out
}

// oneLine makes every run of white space one space.
func oneLine(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		if r == ' ' || r == '\n' || r == '\t' || r == '\r' {
			space = true
			continue
		}
		if space {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	if space {
		b.WriteByte(' ')
	}
	return b.String()
}

// Condition writes the rule's condition with the numbers in force:
// "temperature > 40 degC (dead band 2)".
func (r *Rule) Condition(s Settings) string {
	if len(r.when) == 0 {
		return r.Text
	}
	text := strings.TrimSpace(r.write(r.when, s))
	if len(r.clear) > 0 {
		text += "; over when " + strings.TrimSpace(r.write(r.clear, s))
	}
	return text
}

func (r *Rule) write(parts []part, s Settings) string {
	var b strings.Builder
	for _, p := range parts {
		v, unit := s.Numbers[p.number], r.units[p.number]
		switch {
		case p.number == "":
			b.WriteString(p.words)
		case !p.band:
			b.WriteString(p.words + Quantity(v, unit))
			if math.IsNaN(v) {
				b.WriteString(" (" + p.number + ")")
			}
		case v != 0:
			b.WriteString(" (dead band " + Quantity(v, "") + ")")
		}
	}
	return b.String()
}

// NumberUnit is the unit of a parameter or limit; empty when it has none.
func (r *Rule) NumberUnit(name string) string { return r.units[name] }

// Describe describes the rule for people with the settings in force. The
// caller adds the assets.
func (r *Rule) Describe(s Settings) duty.Rule {
	return duty.Rule{
		ID: r.ID, Fault: r.Fault, Kind: r.Kind, Pack: r.Pack, Title: r.Title, Why: r.Why, FirstAction: r.FirstAction,
		Source: r.Source, Condition: r.Condition(s), Priority: s.Priority, Latch: s.Latch, Class: r.Class, Trade: r.Trade,
		OnDelay: s.OnDelay, OffDelay: s.OffDelay, Needs: r.Needs,
	}
}

// Quantity writes a number with its unit. Seconds become what people say:
// 90000 s is 25h.
func Quantity(v float64, unit string) string {
	switch {
	case math.IsNaN(v):
		return "not set"
	case unit == "s" && v >= 60 && v < 1e9 && v == math.Trunc(v):
		return span(time.Duration(v) * time.Second)
	}
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if v != 0 && (math.Abs(v) >= 1e15 || math.Abs(v) < 1e-6) {
		text = strconv.FormatFloat(v, 'g', -1, 64)
	}
	if unit != "" {
		text += " " + unit
	}
	return text
}

// span writes a length of time as rule files do: 2d12h, 25h, 90s.
func span(d time.Duration) string {
	var b strings.Builder
	if d >= 48*time.Hour {
		b.WriteString(strconv.Itoa(int(d/(24*time.Hour))) + "d")
		d %= 24 * time.Hour
	}
	if d == 0 && b.Len() > 0 {
		return b.String()
	}
	text := d.String() // 25h0m0s
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return b.String() + text
}
