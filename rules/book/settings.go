package book

import (
	"maps"
	"math"
	"slices"

	"steward/gateway"
)

// silence is how long a silence is that nobody wrote down: Numbers "periods"
// times the shortest time for which a point is fresh, at least "least".
type silence struct{ point string }

// Settings returns the rule's numbers in force for an asset: its defaults,
// and over them the overrides in their order, a later one winning.
func (b *Book) Settings(rule *Rule, site *gateway.Site, asset *gateway.Asset) Settings {
	s := rule.Defaults
	own := false
	for i := range b.Overrides {
		o := &b.Overrides[i]
		if o.Rule != rule.ID || !o.covers(site, asset) {
			continue
		}
		if !own {
			s.Numbers, own = maps.Clone(s.Numbers), true
		}
		o.Apply(&s)
	}
	if rule.silent == nil || !math.IsNaN(s.Numbers["for"]) {
		return s
	}
	if !own {
		s.Numbers = maps.Clone(s.Numbers)
	}
	s.Numbers["for"] = rule.silent.length(asset, s.Numbers["periods"], s.Numbers["least"])
	return s
}

// length is in seconds; NaN where no point grows old.
func (q *silence) length(asset *gateway.Asset, periods, least float64) float64 {
	shortest := math.NaN()
	for _, p := range asset.Points {
		if f := p.Fresh.Seconds(); f > 0 && (q.point == "" || p.Name == q.point) && !(f >= shortest) {
			shortest = f
		}
	}
	return max(periods*shortest, least) // NaN stays
}

// covers reports whether the override is for the asset.
func (o *Override) covers(site *gateway.Site, asset *gateway.Asset) bool {
	switch {
	case len(o.Kinds) > 0 && !slices.Contains(o.Kinds, asset.Kind):
		return false
	case len(o.Assets) > 0 && !slices.Contains(o.Assets, asset.ID):
		return false
	}
	return len(o.Areas) == 0 || within(site, asset.Area, o.Areas)
}

// within reports whether an area is one of some, or lies below one.
func within(site *gateway.Site, area string, areas []string) bool {
	if site == nil {
		return slices.Contains(areas, area)
	}
	for range len(site.Areas) + 1 { // an end even where the areas go in a circle
		if slices.Contains(areas, area) {
			return true
		}
		i := slices.IndexFunc(site.Areas, func(a gateway.Area) bool { return a.ID == area })
		if i < 0 || site.Areas[i].Parent == "" {
			return false
		}
		area = site.Areas[i].Parent
	}
	return false
}
