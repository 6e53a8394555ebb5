package survey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"steward/drivers/modbus"
	"steward/drivers/profile"
	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/kind"
)

// Range is a run of addresses to read.
type Range struct {
	Table config.Table
	First uint16
	Count int
}

// perRead is how many addresses a range is read by at a time, per table, and
// the length of a recorded row.
const (
	perRead = 40
	perRow  = 16
)

// Dump is what a unit answered to a range.
type Dump struct {
	Range
	Words []uint16       // beside Known
	Known []bool         // false: it was refused
	Says  map[int]string // by index: why it was refused
}

// Empty reports whether not one address was read.
func (d *Dump) Empty() bool { return !slices.Contains(d.Known, true) }

// Read reads a range in pieces. A piece that is refused is cut until the
// single addresses that the unit does not have are found, at most tries reads
// in all. Its error is ctx's, that of the line, or modbus.ErrNoAnswer where
// not one address was answered.
func Read(ctx context.Context, line Reader, unit byte, r Range, tries int) (Dump, error) {
	d := Dump{Range: r, Words: make([]uint16, r.Count), Known: make([]bool, r.Count), Says: map[int]string{}}
	var last error
	heard := false
	type piece struct{ at, n int }
	var todo []piece
	for at := 0; at < r.Count; at += perRead {
		todo = append(todo, piece{at, min(perRead, r.Count-at)})
	}
	for len(todo) > 0 {
		p := todo[0]
		todo = todo[1:]
		if tries--; tries < 0 {
			for i := range p.n {
				d.Says[p.at+i] = "not asked: too many refusals"
			}
			continue
		}
		words, err := line.Read(ctx, unit, r.Table, r.First+uint16(p.at), p.n)
		switch {
		case err == nil:
			heard = true
			for i, w := range words {
				d.Words[p.at+i], d.Known[p.at+i] = w, true
			}
			continue
		case ctx.Err() != nil:
			return d, err
		case lost(err) && !heard:
			return d, err
		}
		last = err
		heard = heard || !lost(err)
		if p.n == 1 || lost(err) || barred(err) {
			for i := range p.n {
				d.Says[p.at+i] = why(err, r.Table)
			}
			continue
		}
		half := p.n / 2
		todo = append([]piece{{p.at, half}, {p.at + half, p.n - half}}, todo...)
	}
	if !heard {
		return d, last
	}
	return d, nil
}

// why is what an error says besides the place, which is the same for all that
// are refused alike.
func why(err error, t config.Table) string {
	var e *modbus.Exception
	if !errors.As(err, &e) {
		return err.Error()
	}
	text, _, _ := strings.Cut(e.Text, fmt.Sprintf(" at %s ", t))
	return text
}

// Record reads what a profile reads, or the given ranges where there is none,
// and returns it as an image: one run a point of the profile, with its value
// as a note, and what nobody maps in rows. Holes is how many addresses were
// refused.
func Record(ctx context.Context, line Reader, unit byte, p *config.Profile, kinds *kind.Catalog, ranges []Range) (img *profile.Image, holes int, err error) {
	img = &profile.Image{}
	var points []config.Register
	var factors []config.Factor
	k := kind.Kind{}
	if p != nil {
		img.Profile, points, factors = p.Name, p.Points, p.Factors
		k, _ = kinds.Kind(p.Kind)
		for _, r := range modbus.Plan(p.Points, p.Limits) {
			ranges = append(ranges, Range{r.Table, r.First, r.Count})
		}
		for i := range factors {
			at := spanOf(&factors[i].Register)
			ranges = append(ranges, Range{at.table, at.first, at.count})
		}
		if w := p.Limits.Watch; w != nil {
			ranges = append(ranges, Range{w.Table, w.Address, w.Words})
		}
	}
	cells := map[span]uint16{}
	refusals := map[span]bool{}
	for _, r := range ranges {
		d, err := Read(ctx, line, unit, r, 4*r.Count)
		if err != nil {
			return nil, 0, err
		}
		for i, w := range d.Words {
			at := span{r.Table, r.First + uint16(i), 1}
			if d.Known[i] {
				cells[at] = w
			} else {
				refusals[at] = true
			}
		}
	}
	img.Runs = append(pointRuns(cells, points, factors, k), rows(cells)...)
	slices.SortStableFunc(img.Runs, func(a, b profile.Run) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Address, b.Address))
	})
	return img, len(refusals), nil
}

// pointRuns takes the registers of each point out of the cells. Words that
// stand apart are left to the rows.
func pointRuns(cells map[span]uint16, points []config.Register, factors []config.Factor, k kind.Kind) []profile.Run {
	var out []profile.Run
	all := maps.Clone(cells)
	for i := range points {
		r := &points[i]
		at := spanOf(r)
		run := profile.Run{Table: at.table, Address: at.first, Words: wordsAt(cells, at)}
		if run.Words == nil || r.LowWord != nil {
			continue // refused, or part of a run before it
		}
		pt, _ := k.Point(r.Point)
		factor := factorOf(r, factors, func(at span) []uint16 { return wordsAt(all, at) })
		if v, err := modbus.Decode(*r, pt, run.Words, factor); err == nil {
			run.Note = r.Point + ": " + v.Reason
			if v.Quality == gateway.QualityGood {
				run.Note = r.Point + " " + number(pt, v.Number)
			}
		}
		for n := range run.Words {
			delete(cells, span{at.table, at.first + uint16(n), 1})
		}
		out = append(out, run)
	}
	return out
}

// wordsAt returns what cells hold, nil where one of them is not there.
func wordsAt(cells map[span]uint16, at span) []uint16 {
	words := make([]uint16, at.count)
	for i := range words {
		w, ok := cells[span{at.table, at.first + uint16(i), 1}]
		if !ok {
			return nil
		}
		words[i] = w
	}
	return words
}

// rows puts what is left into rows of neighbours.
func rows(cells map[span]uint16) []profile.Run {
	left := make([]span, 0, len(cells))
	for at := range cells {
		left = append(left, at)
	}
	slices.SortFunc(left, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.table, b.table), cmp.Compare(a.first, b.first))
	})
	var out []profile.Run
	for _, at := range left {
		if n := len(out) - 1; n >= 0 && out[n].Table == at.table && int(out[n].Address)+len(out[n].Words) == int(at.first) && len(out[n].Words) < perRow {
			out[n].Words = append(out[n].Words, cells[at])
			continue
		}
		out = append(out, profile.Run{Table: at.table, Address: at.first, Words: []uint16{cells[at]}})
	}
	return out
}
