package modbus

import (
	"context"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// How often a refused point is asked for again, and how many polls beyond its
// interval an asset may have in that time to find its refused points.
const (
	recheckBad = 10 * time.Minute
	hurryMax   = 16
)

// refusal is why and until when a point is left out.
type refusal struct {
	reason  string
	recheck time.Time
}

// search goes one step further in finding out what the device refuses, given
// the blocks it refused in this poll: each is cut in two for the next poll,
// until single items are left; those are not asked for again for a while.
func (a *asset) search(refused []int) {
	if len(refused) == 0 {
		if a.searching && a.answered {
			a.finish()
		}
		return
	}
	a.searching = true
	var blocks []block
	for i, b := range a.blocks {
		left, right, ok := b.split()
		switch {
		case !slices.Contains(refused, i):
			blocks = append(blocks, b)
		case ok && !b.barred:
			left.part, right.part = true, true
			blocks = append(blocks, left, right)
		default:
			a.refuse(b)
			a.found = true
		}
	}
	a.blocks, a.first = blocks, 0
}

// finish ends a search: every part is answered. When none had to be left out,
// it was a block's shape that the device refused: then gaps are no longer
// spanned, and, should that not be it, blocks become shorter.
func (a *asset) finish() {
	if !a.found {
		longest := 1
		var table config.Table
		for _, b := range a.blocks {
			if b.part && b.count >= longest {
				longest, table = b.count, b.table
			}
		}
		switch {
		case a.limits.gap > 0:
			a.limits.gap = 0
		case isBits(table):
			a.limits.bits = longest
		default:
			a.limits.registers = longest
		}
		a.bus.log.Warn("device refuses a block but none of its parts: smaller reads from now on", "asset", a.id,
			"max_gap", a.limits.gap, "max_registers", a.limits.registers, "max_bits", a.limits.bits)
	}
	a.searching, a.found = false, false
	a.replan()
}

// hurry reports whether the search wants another poll before the next slot.
func (a *asset) hurry(now time.Time) bool {
	if now.After(a.calm) {
		a.calm, a.hurried = now.Add(recheckBad), 0
	}
	if !a.searching || a.hurried == hurryMax {
		return false
	}
	a.hurried++
	return true
}

// refuse leaves the block's items out of the plan for a while.
func (a *asset) refuse(b block) {
	for _, it := range b.items {
		reason := "refused by the device"
		if it.index != watchItem {
			reason = a.values[it.index].Reason
			a.bus.log.Warn("device refuses a point", "asset", a.id, "point", a.values[it.index].Point, "reason", reason)
		}
		a.bad[it.index] = refusal{reason, time.Now().Add(recheckBad)}
	}
	a.bus.reportBad(a)
}

// recheck asks once more for one refused point whose time has come.
func (a *asset) recheck(ctx context.Context) error {
	if len(a.bad) == 0 || (!a.answered && len(a.blocks) > 0) {
		return nil
	}
	now := time.Now()
	for _, it := range a.items {
		bad, refused := a.bad[it.index]
		if !refused || now.Before(bad.recheck) {
			continue
		}
		b := newBlock([]item{it})
		err := a.read(ctx, &b)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			delete(a.bad, it.index)
			a.bus.log.Info("device gives a point again", "asset", a.id, "at", a.request(&b).String())
			a.replan()
		default:
			a.bad[it.index] = refusal{bad.reason, now.Add(recheckBad)}
			a.set(&b, gateway.QualityBad, bad.reason)
		}
		a.bus.reportBad(a)
		return nil // one a poll
	}
	return nil
}

// recheckSoon makes every refused point due: the device may be another one.
func (a *asset) recheckSoon() {
	for i, bad := range a.bad {
		bad.recheck = time.Time{}
		a.bad[i] = bad
	}
}
