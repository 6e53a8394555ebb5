package rules

import (
	"math"

	"steward/gateway"
	"steward/rules/book"
)

// group is one point of assets that are related to another one, taken
// together. Instances whose relation is the same share it.
type group struct {
	values   []int32 // in Engine.values; may be shared
	skip     int32   // one of them that does not count, the asset's own; -1
	is       *float64
	take     book.Take
	value    float64
	watchers []int32
}

// valueOf takes the group's values. Of those that are not good, "any" and
// "all" make what Kleene's logic makes of them; a sum is not known without
// every part; the others go by the good ones, as one dead sensor must not
// blind a rule over ten. "count" counts the good ones that are not 0.
func (e *Engine) valueOf(g *group) float64 {
	n, missing, set := 0, 0, 0
	sum, lowest, highest := 0.0, math.Inf(1), math.Inf(-1)
	for _, k := range g.values {
		if k == g.skip {
			continue
		}
		v := &e.values[k]
		if !v.good() {
			missing++
			continue
		}
		x := v.num
		if g.is != nil {
			x = truth(x == *g.is)
		}
		n++
		if x != 0 {
			set++
		}
		sum, lowest, highest = sum+x, min(lowest, x), max(highest, x)
	}
	switch g.take {
	case book.TakeAny:
		if set > 0 || missing == 0 {
			return truth(set > 0)
		}
		return math.NaN()
	case book.TakeAll:
		if set < n || missing == 0 {
			return truth(set == n)
		}
		return math.NaN()
	case book.TakeSum:
		if missing > 0 {
			return math.NaN()
		}
		return sum
	}
	if n == 0 {
		return math.NaN()
	}
	switch g.take {
	case book.TakeMin:
		return lowest
	case book.TakeMax:
		return highest
	case book.TakeMean:
		return sum / float64(n)
	case book.TakeCount:
		return float64(set)
	}
	return math.NaN()
}

// regroup takes a group's values again and touches who watches it when they
// make another number.
func (e *Engine) regroup(i int32) {
	g := &e.groups[i]
	was := g.value
	g.value = e.valueOf(g)
	if was == g.value || math.IsNaN(was) && math.IsNaN(g.value) {
		return
	}
	for _, k := range g.watchers {
		e.touch(k)
	}
}

// relatives finds related values, and shares lists and groups.
type relatives struct {
	e     *Engine
	feeds map[gateway.AssetID][]int32
	areas map[string][]int32
	units map[string][]int32
	lists map[listKey][]int32
	made  map[groupKey]int32
}

// listKey names the values of a relation: those around one asset, or those of
// an area, of a unit, of the site.
type listKey struct {
	relation book.Relation
	place    string
	kind     string
	point    string
}

type groupKey struct {
	listKey
	skip int32
	take book.Take
	is   float64 // NaN cannot be a key: hasIs
	has  bool
}

func newRelatives(e *Engine) *relatives {
	r := &relatives{
		e: e, feeds: map[gateway.AssetID][]int32{}, areas: map[string][]int32{}, units: map[string][]int32{},
		lists: map[listKey][]int32{}, made: map[groupKey]int32{},
	}
	for i := range e.assets {
		a := e.assets[i].def
		for _, up := range a.FedBy {
			r.feeds[up] = append(r.feeds[up], int32(i))
		}
		r.areas[a.Area] = append(r.areas[a.Area], int32(i))
		if a.Unit != "" {
			r.units[a.Unit] = append(r.units[a.Unit], int32(i))
		}
	}
	return r
}

// list is every value that the relation of an asset's rule names.
func (r *relatives) list(a *asset, in *book.Input) (listKey, []int32) {
	rel := in.Related
	key := listKey{relation: rel.Relation, kind: rel.Kind, point: in.Point}
	switch rel.Relation {
	case book.Area:
		key.place = a.def.Area
	case book.Unit:
		if key.place = a.def.Unit; key.place == "" {
			return key, nil
		}
	case book.Whole:
	default:
		key.place = string(a.def.ID)
	}
	if list, ok := r.lists[key]; ok {
		return key, list
	}
	var list []int32
	for _, i := range r.around(a, rel.Relation) {
		other := &r.e.assets[i]
		if rel.Kind != "" && other.def.Kind != rel.Kind {
			continue
		}
		if p, ok := other.layout.at[in.Point]; ok {
			list = append(list, other.base+p)
		}
	}
	r.lists[key] = list
	return key, list
}

func (r *relatives) around(a *asset, relation book.Relation) []int32 {
	switch relation {
	case book.FedBy:
		var up []int32
		for _, id := range a.def.FedBy {
			if i, ok := r.e.byID[id]; ok {
				up = append(up, i)
			}
		}
		return up
	case book.Feeds:
		return r.feeds[a.def.ID]
	case book.Area:
		return r.areas[a.def.Area]
	case book.Unit:
		return r.units[a.def.Unit]
	case book.Whole:
		all := make([]int32, len(r.e.assets))
		for i := range all {
			all[i] = int32(i)
		}
		return all
	}
	return nil
}

// some reports whether there is any related value besides the asset's own.
func (r *relatives) some(a *asset, in *book.Input) bool {
	_, list := r.list(a, in)
	if own, ok := a.layout.at[in.Point]; ok && len(list) == 1 {
		return list[0] != a.base+own
	}
	return len(list) > 0
}

// group makes the group of an input, or finds the one that is the same.
func (r *relatives) group(a *asset, in *book.Input) int32 {
	list, values := r.list(a, in)
	key := groupKey{listKey: list, skip: -1, take: in.Related.Take}
	if own, ok := a.layout.at[in.Point]; ok {
		for _, v := range values {
			if v == a.base+own {
				key.skip = v
			}
		}
	}
	if in.Related.Is != nil {
		key.is, key.has = *in.Related.Is, true
	}
	if i, ok := r.made[key]; ok {
		return i
	}
	i := int32(len(r.e.groups))
	r.e.groups = append(r.e.groups, group{values: values, skip: key.skip, is: in.Related.Is, take: in.Related.Take, value: math.NaN()})
	r.made[key] = i
	return i
}
