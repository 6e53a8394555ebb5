package rules

import (
	"slices"

	"steward/gateway"
)

// Need is what rules look at of one asset.
type Need struct {
	Asset  gateway.AssetID
	Points []string // sorted
}

// Needs lists what the rules named look at, also of related assets, by asset.
// A rule that asks how long an asset has been silent needs all its points.
func (e *Engine) Needs(rules []string) (needs []Need) {
	named := func(i int32) bool { return slices.Contains(rules, e.instances[i].plan.rule.ID) }
	for i := range e.assets {
		a := &e.assets[i]
		all := slices.ContainsFunc(a.ages, named)
		n := Need{Asset: a.def.ID}
		for k, p := range a.layout.points {
			if all || e.watched(a.base+int32(k), named) {
				n.Points = append(n.Points, p.Name)
			}
		}
		if len(n.Points) > 0 {
			slices.Sort(n.Points)
			needs = append(needs, n)
		}
	}
	return needs
}

// watched reports whether an instance that is named looks at a value.
func (e *Engine) watched(value int32, named func(int32) bool) bool {
	for _, d := range e.deps[e.depFirst[value]:e.depFirst[value+1]] {
		if i := int32(d & depIndex); d&depGroup == 0 {
			if named(i) {
				return true
			}
		} else if slices.ContainsFunc(e.groups[i].watchers, named) {
			return true
		}
	}
	return false
}
