package rules

import (
	"slices"

	"steward/gateway/duty"
)

// flip is an alarm's condition that came or went, and that the alarm table is
// yet to be told of.
type flip struct {
	at       int64
	instance int32
	raised   bool
	told     bool
	inputs   []duty.Input
}

// tellFlips tells the table what came and went at this instant. Of what comes,
// a rule that suppresses others comes before them, and of what goes, behind
// them: of two levels that are passed together only the higher one is seen.
func (e *Engine) tellFlips() {
	if len(e.flips) == 0 {
		return
	}
	var near map[int32][]int // by asset: its flips, where there are several
	if len(e.flips) > 1 {
		near = e.flipsByAsset()
	}
	for k := range e.flips {
		e.tellFlip(k, near)
	}
	clear(e.flips)
	e.flips = e.flips[:0]
	e.rest()
}

// flipsByAsset returns nil where one instance came and went: then all go in
// their order.
func (e *Engine) flipsByAsset() map[int32][]int {
	near, met := map[int32][]int{}, make(map[int32]bool, len(e.flips))
	for k := range e.flips {
		i := e.flips[k].instance
		if met[i] {
			return nil
		}
		met[i] = true
		asset := e.instances[i].asset
		near[asset] = append(near[asset], k)
	}
	return near
}

func (e *Engine) tellFlip(k int, near map[int32][]int) {
	f := &e.flips[k]
	if f.told {
		return
	}
	f.told = true
	in := &e.instances[f.instance]
	for _, o := range near[in.asset] {
		if other := &e.flips[o]; other.raised == f.raised {
			above, below := &e.instances[other.instance], in
			if !f.raised {
				above, below = below, above
			}
			if slices.Contains(below.plan.rule.SuppressBy, above.plan.rule.ID) {
				e.tellFlip(o, near)
			}
		}
	}
	if f.raised {
		e.table.Raise(instant(f.at), e.spec(f.instance), f.inputs)
	} else {
		e.table.Clear(instant(f.at), e.key(f.instance))
	}
}
