package config

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"steward/gateway/strict"
)

// placed is a register mapping and where its asset or profile wrote it.
type placed struct {
	Register
	At  strict.At
	who string // the asset, for messages over several; empty within one

	half string // which word of two that stand apart; empty: all of it
}

func (p placed) String() string {
	if p.who == "" {
		return fmt.Sprintf("%q", p.Point)
	}
	return fmt.Sprintf("%q of %s", p.Point, p.who)
}

// first and end bound what is read for it.
func (p placed) first() int { at, _ := p.Span(); return int(at) }
func (p placed) end() int   { at, n := p.Span(); return int(at) + n }

// halves puts two entries in the place of a mapping whose two words stand
// apart.
func halves(list []placed) []placed {
	var out []placed
	for _, x := range list {
		if x.LowWord == nil {
			out = append(out, x)
			continue
		}
		high, low := x, x
		high.half, low.half, low.Address = "the high word", "the low word", *x.LowWord
		for _, h := range []*placed{&high, &low} {
			h.Encoding, h.LowWord = EncUint16, nil
		}
		out = append(out, high, low)
	}
	return out
}

func (p placed) shape() string {
	switch {
	case p.half != "":
		return p.half
	case p.Bit < 0 || p.Encoding == EncBool && p.Table < HoldingRegisters:
		if p.LowFirst {
			return string(p.Encoding) + " low word first"
		}
		return string(p.Encoding)
	case p.Bits == 1:
		return fmt.Sprintf("bit %d", p.Bit)
	}
	return fmt.Sprintf("bits %d to %d", p.Bit, p.Bit+p.Bits-1)
}

// checkOverlaps finds registers of one unit that are read in two ways which
// cannot both be right. Bits of one register are fine beside each other and
// beside the whole of it, and so is the same thing mapped to two points.
func checkOverlaps(p *strict.Problems, list []placed) {
	sorted := halves(list)
	slices.SortStableFunc(sorted, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Address, b.Address), cmp.Compare(b.Encoding.Words(), a.Encoding.Words()))
	})
	said := map[strict.At]bool{}
	for i, b := range sorted {
		// Only the nearest ones before can reach this far: no type is
		// longer than four registers, and few share one.
		for j := i - 1; j >= max(0, i-64) && sorted[j].Table == b.Table && int(sorted[j].Address)+4 > int(b.Address); j-- {
			a := sorted[j]
			if a.end() <= int(b.Address) || agree(a, b) {
				continue
			}
			first, second := a, b
			if cmp.Or(cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column)) > 0 {
				first, second = b, a
			}
			if said[second.At] {
				continue
			}
			said[second.At] = true
			p.Add(second.At, "want one reading of a register", "%s at %s %d (%s) overlaps %s at %d (%s)",
				second, second.Table, second.Address, second.shape(), first, first.Address, first.shape())
		}
	}
}

func agree(a, b placed) bool {
	if a.Address != b.Address || a.half != b.half {
		return false
	}
	aBits, bBits := a.Bit >= 0, b.Bit >= 0
	switch {
	case aBits && bBits:
		apart := a.Bit+a.Bits <= b.Bit || b.Bit+b.Bits <= a.Bit
		return apart || (a.Bit == b.Bit && a.Bits == b.Bits)
	case aBits || bBits:
		return a.Encoding.Words() == 1 && b.Encoding.Words() == 1
	}
	return a.Encoding == b.Encoding && a.LowFirst == b.LowFirst
}

// checkLimits finds points that the limits of reading forbid.
func checkLimits(p *strict.Problems, list []placed, l ReadLimits) {
	for _, x := range list {
		if w := x.end() - x.first(); w > l.MaxRegisters {
			p.Add(x.At, fmt.Sprintf("want max_registers of at least %d", w), "%s takes %d registers, but one request reads at most %d", x, w, l.MaxRegisters)
		}
		for _, h := range l.Holes {
			if x.Table == h.Table && x.first() <= int(h.Last) && x.end() > int(h.First) {
				p.Add(x.At, "want a register outside of it", "%s lies in the hole from %s %d to %d", x, h.Table, h.First, h.Last)
			}
		}
	}
}

// request is one read as the planner would make it.
type request struct {
	table Table
	first int
	count int // registers or bits
}

// requests estimates the reads that a poll takes.
func requests(list []placed, l ReadLimits) []request {
	sorted := slices.Clone(list)
	slices.SortFunc(sorted, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.first(), b.first()))
	})
	var out []request
	for _, x := range sorted {
		limit := l.MaxRegisters
		if x.Table == Coils || x.Table == DiscreteInputs {
			limit = l.MaxBits
		}
		if n := len(out); n > 0 && out[n-1].table == x.Table {
			last := &out[n-1]
			gap := x.first() - last.first - last.count
			total := max(last.count, x.end()-last.first)
			if gap <= l.MaxGap && total <= limit && !crosses(l.Holes, x.Table, last.first+last.count, x.first()) {
				last.count = total
				continue
			}
		}
		out = append(out, request{x.Table, x.first(), x.end() - x.first()})
	}
	return out
}

func crosses(holes []Span, t Table, from, to int) bool {
	return slices.ContainsFunc(holes, func(h Span) bool { return h.Table == t && int(h.First) < to && int(h.Last) >= from })
}

// pollTime is the least time that one poll takes of the line.
func (l *busLoad) pollTime(list []placed, limits ReadLimits) time.Duration {
	var sum time.Duration
	for _, q := range requests(list, limits) {
		sum += l.lineTime(q)
	}
	if w := limits.Watch; w != nil {
		sum += l.lineTime(request{w.Table, int(w.Address), w.Words})
	}
	return sum
}
