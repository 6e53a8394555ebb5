package book

import "slices"

// node is a part of a condition. Nodes do not change once built, keep no
// state, and may be judged by several goroutines at once. There is no "not"
// over "and": it is pushed down to the leaves when built (negate). Over "or"
// it stays, so that "not (a or b)" loses b with it where there is no b, while
// "not a and not b" asks for both.
type node interface {
	Cond
	// without returns it without the branches that could never be true when
	// only the inputs exist for which has reports true; false when that is
	// all of it.
	without(has func(int) bool) (node, bool)
	uses(add func(int))
}

// On returns the rule's conditions as they are on an asset that has only the
// inputs for which has reports true. Branches of an "or" that need what does
// not exist are left out; otherwise they would be unknown for ever, and a
// condition over three winding temperatures could never be false on a
// transformer with two. raise is nil when it could never be true; clear nil
// means raise false, as in Rule; suppress nil means never. Where nothing is
// missing the rule's own conditions are returned.
func (r *Rule) On(has func(input int) bool) (raise, clear, suppress Cond) {
	return on(r.Raise, has), on(r.Clear, has), on(r.Suppress, has)
}

func on(c Cond, has func(int) bool) Cond {
	if c == nil || !slices.ContainsFunc(c.Uses(), func(i int) bool { return !has(i) }) {
		return keep(c)
	}
	if n, ok := c.(node); ok {
		if kept, some := n.without(has); some {
			return kept
		}
		return nil
	}
	if c.Possible(has) {
		return c // not made here: as it is
	}
	return nil
}

// keep is c unless it is false whatever happens.
func keep(c Cond) Cond {
	if c == always(false) {
		return nil
	}
	return c
}

// possible is Possible of a node that has branches.
func possible(n node, has func(int) bool) bool {
	_, some := n.without(has)
	return some
}

// every reports whether all inputs of a leaf exist.
func every(n node, has func(int) bool) bool {
	all := true
	n.uses(func(i int) { all = all && has(i) })
	return all
}

// whole is what without means for a leaf: all of it or nothing.
func whole(n node, has func(int) bool) (node, bool) {
	if every(n, has) {
		return n, true
	}
	return nil, false
}

func usesOf(n node) []int {
	var out []int
	n.uses(func(i int) { out = append(out, i) })
	slices.Sort(out)
	return slices.Compact(out)
}

// finite is false for what is missing and for what a division made.
func finite(v float64) bool { return v-v == 0 }

func tri(b bool) Tri {
	if b {
		return True
	}
	return False
}

// always is a condition that looks at nothing.
type always bool

func (a always) Eval([]float64) Tri                  { return tri(bool(a)) }
func (a always) Possible(func(int) bool) bool        { return bool(a) }
func (a always) Uses() []int                         { return nil }
func (a always) without(func(int) bool) (node, bool) { return a, bool(a) }
func (a always) uses(func(int))                      {}

// holds is an input that is not 0.
type holds int

func (h holds) Eval(in []float64) Tri {
	v := in[h]
	if v != v {
		return Unknown
	}
	return tri(v != 0)
}

func (h holds) Possible(has func(int) bool) bool        { return has(int(h)) }
func (h holds) Uses() []int                             { return []int{int(h)} }
func (h holds) without(has func(int) bool) (node, bool) { return h, has(int(h)) }
func (h holds) uses(add func(int))                      { add(int(h)) }

// all is Kleene's "and", some his "or". not stands over a leaf, or over all
// of a condition that clears by a dead band.
type (
	all  []node
	some []node
	not  struct{ of node }
)

func (a all) Eval(in []float64) Tri {
	t := True
	for _, n := range a {
		switch x := n.Eval(in); x {
		case False:
			return False
		case Unknown:
			t = Unknown
		}
	}
	return t
}

func (a all) Possible(has func(int) bool) bool { return possible(a, has) }
func (a all) Uses() []int                      { return usesOf(a) }
func (a all) uses(add func(int))               { usesAll(a, add) }

func (a all) without(has func(int) bool) (node, bool) {
	kept := make(all, len(a))
	for i, n := range a {
		k, some := n.without(has)
		if !some {
			return nil, false
		}
		kept[i] = k
	}
	return kept, true
}

func (s some) Eval(in []float64) Tri {
	t := False
	for _, n := range s {
		switch x := n.Eval(in); x {
		case True:
			return True
		case Unknown:
			t = Unknown
		}
	}
	return t
}

func (s some) Possible(has func(int) bool) bool { return possible(s, has) }
func (s some) Uses() []int                      { return usesOf(s) }
func (s some) uses(add func(int))               { usesAll(s, add) }

func (s some) without(has func(int) bool) (node, bool) {
	var kept some
	for _, n := range s {
		if k, ok := n.without(has); ok {
			kept = append(kept, k)
		}
	}
	if len(kept) == 1 {
		return kept[0], true
	}
	return kept, len(kept) > 0
}

func (n not) Eval(in []float64) Tri {
	switch n.of.Eval(in) {
	case True:
		return False
	case False:
		return True
	}
	return Unknown
}

func (n not) Possible(has func(int) bool) bool { return possible(n, has) }
func (n not) Uses() []int                      { return usesOf(n) }
func (n not) uses(add func(int))               { n.of.uses(add) }

func (n not) without(has func(int) bool) (node, bool) {
	kept, some := n.of.without(has)
	return not{kept}, some
}

func usesAll(nodes []node, add func(int)) {
	for _, n := range nodes {
		n.uses(add)
	}
}

// negate is Kleene's "not", pushed down to the leaves.
func negate(n node) node {
	switch x := n.(type) {
	case always:
		return !x
	case fixed:
		x.rel = x.rel.opposite()
		return x
	case pair:
		x.rel = x.rel.opposite()
		return x
	case *formula:
		return &formula{x.left, x.right, x.rel.opposite()}
	case same:
		x.unlike = !x.unlike
		return x
	case either:
		return either{x.by, negate(x.yes), negate(x.no)}
	case not:
		return x.of
	case all:
		return some(negated(x))
	}
	return not{n}
}

func negated(nodes []node) []node {
	out := make([]node, len(nodes))
	for i, n := range nodes {
		out[i] = negate(n)
	}
	return out
}
