package modbus

import (
	"cmp"
	"slices"

	"steward/gateway/config"
)

// The standard's limits for one read.
const (
	maxRegisters = 125
	maxBits      = 2000
)

// maxTogether is how many registers the longest number takes whose words
// stand together.
const maxTogether = 4

// watchItem stands for the heartbeat register among an asset's items; all
// others are indices of its points.
const watchItem = -1

// item is a run of registers (or one bit) that must be read in one piece.
type item struct {
	index int
	table config.Table
	first int
	words int
}

func (i item) end() int { return i.first + i.words }

// block is one read request and the items it serves, in order of address.
type block struct {
	table config.Table
	first int
	count int
	items []item
	rest  pause // while the unit answers, but not to this block

	part   bool // of a block that was refused
	barred bool // its function is refused: no part of it will be answered
}

// planLimits bound a plan.
type planLimits struct {
	registers int
	bits      int
	gap       int
	holes     []config.Span
}

func limitsOf(l config.ReadLimits) planLimits {
	p := planLimits{registers: l.MaxRegisters, bits: l.MaxBits, gap: max(l.MaxGap, 0), holes: l.Holes}
	if p.registers <= 0 || p.registers > maxRegisters {
		p.registers = maxRegisters
	}
	if p.bits <= 0 || p.bits > maxBits {
		p.bits = maxBits
	}
	return p
}

func (p planLimits) size(t config.Table) int {
	if isBits(t) {
		return p.bits
	}
	return p.registers
}

// plan merges items into as few reads as the limits allow: never across a
// hole, never splitting an item, never two tables in one read.
func plan(items []item, lim planLimits) []block {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.table, b.table), cmp.Compare(a.first, b.first), cmp.Compare(a.words, b.words))
	})
	var blocks []block
	for _, it := range items {
		if n := len(blocks); n > 0 && joins(&blocks[n-1], it, lim) {
			b := &blocks[n-1]
			b.count = max(b.count, it.end()-b.first)
			b.items = append(b.items, it)
			continue
		}
		blocks = append(blocks, newBlock([]item{it}))
	}
	return blocks
}

// newBlock makes the smallest block that holds the items, which are in order.
func newBlock(items []item) block {
	b := block{table: items[0].table, first: items[0].first, items: items}
	for _, it := range items {
		b.count = max(b.count, it.end()-b.first)
	}
	return b
}

func joins(b *block, it item, lim planLimits) bool {
	end := b.first + b.count
	if it.table != b.table || it.first > end+lim.gap || it.end()-b.first > lim.size(b.table) {
		return false
	}
	for _, h := range lim.holes {
		if h.Table == b.table && int(h.First) < max(end, it.end()) && int(h.Last) >= b.first {
			return false
		}
	}
	return true
}

// split cuts a refused block in two: at the gap nearest its middle, since a
// device most often refuses registers that nobody asked for, else between the
// items nearest the middle. A block whose items all overlap cannot be cut,
// unless one of them reaches over the others: it is taken out.
func (b block) split() (left, right block, ok bool) {
	middle := b.first + b.count/2
	best, bestGap, bestDistance := 0, false, 0
	end := b.items[0].end()
	for i := 1; i < len(b.items); i++ {
		it := b.items[i]
		if it.first >= end { // not inside an earlier item
			gap, distance := it.first > end, abs(it.first-middle)
			if best == 0 || (gap && !bestGap) || (gap == bestGap && distance < bestDistance) {
				best, bestGap, bestDistance = i, gap, distance
			}
		}
		end = max(end, it.end())
	}
	if best == 0 {
		return b.takeOut()
	}
	return newBlock(b.items[:best]), newBlock(b.items[best:]), true
}

// takeOut parts the item whose words stand apart from those between them.
func (b block) takeOut() (left, right block, ok bool) {
	at := 0
	for i, it := range b.items {
		if it.words > b.items[at].words {
			at = i
		}
	}
	if len(b.items) < 2 || b.items[at].words <= maxTogether {
		return block{}, block{}, false
	}
	return newBlock([]item{b.items[at]}), newBlock(slices.Delete(slices.Clone(b.items), at, at+1)), true
}

func isBits(t config.Table) bool { return t == config.Coils || t == config.DiscreteInputs }

func abs(n int) int { return max(n, -n) }
