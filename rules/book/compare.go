package book

// relation is how two numbers are compared.
type relation uint8

const (
	less relation = iota
	lessEqual
	greater
	greaterEqual
	equal
	unequal
)

var relations = map[string]relation{"<": less, "<=": lessEqual, ">": greater, ">=": greaterEqual, "==": equal, "!=": unequal}

// turned is the relation with its sides changed over.
func (r relation) turned() relation {
	return [...]relation{less: greater, lessEqual: greaterEqual, greater: less, greaterEqual: lessEqual, equal: equal, unequal: unequal}[r]
}

// opposite is the relation that holds when this one does not.
func (r relation) opposite() relation {
	return [...]relation{less: greaterEqual, lessEqual: greater, greater: lessEqual, greaterEqual: less, equal: unequal, unequal: equal}[r]
}

func (r relation) judge(a, b float64) Tri {
	switch r {
	case less:
		return tri(a < b)
	case lessEqual:
		return tri(a <= b)
	case greater:
		return tri(a > b)
	case greaterEqual:
		return tri(a >= b)
	case equal:
		return tri(a == b)
	}
	return tri(a != b)
}

// fixed compares an input with a number that stands in the rule.
type fixed struct {
	input int
	rel   relation
	with  float64
}

func (c fixed) Eval(in []float64) Tri {
	v := in[c.input]
	if !finite(v) {
		return Unknown
	}
	return c.rel.judge(v, c.with)
}

func (c fixed) Possible(has func(int) bool) bool        { return has(c.input) }
func (c fixed) Uses() []int                             { return []int{c.input} }
func (c fixed) without(has func(int) bool) (node, bool) { return c, has(c.input) }
func (c fixed) uses(add func(int))                      { add(c.input) }

// pair compares two inputs.
type pair struct {
	left, right int
	rel         relation
}

func (c pair) Eval(in []float64) Tri {
	a, b := in[c.left], in[c.right]
	if !finite(a) || !finite(b) {
		return Unknown
	}
	return c.rel.judge(a, b)
}

func (c pair) Possible(has func(int) bool) bool        { return every(c, has) }
func (c pair) Uses() []int                             { return usesOf(c) }
func (c pair) without(has func(int) bool) (node, bool) { return whole(c, has) }
func (c pair) uses(add func(int))                      { add(c.left); add(c.right) }

// banded is a limit less its dead band: the input compared with limit - band
// for a high limit, limit + band for a low one.
type banded struct {
	input, limit, band int
	low                bool
}

func (c banded) Eval(in []float64) Tri {
	v, limit, band := in[c.input], in[c.limit], in[c.band]
	if !finite(v) || !finite(limit) || !finite(band) {
		return Unknown
	}
	if c.low {
		return tri(v < limit+band)
	}
	return tri(v > limit-band)
}

func (c banded) Possible(has func(int) bool) bool        { return every(c, has) }
func (c banded) Uses() []int                             { return usesOf(c) }
func (c banded) without(has func(int) bool) (node, bool) { return whole(c, has) }
func (c banded) uses(add func(int))                      { add(c.input); add(c.limit); add(c.band) }

// same compares two conditions.
type same struct {
	left, right node
	unlike      bool
}

func (c same) Eval(in []float64) Tri {
	a, b := c.left.Eval(in), c.right.Eval(in)
	if a == Unknown || b == Unknown {
		return Unknown
	}
	return tri((a == b) != c.unlike)
}

func (c same) Possible(has func(int) bool) bool        { return every(c, has) }
func (c same) Uses() []int                             { return usesOf(c) }
func (c same) without(has func(int) bool) (node, bool) { return whole(c, has) }
func (c same) uses(add func(int))                      { c.left.uses(add); c.right.uses(add) }

// either is one condition or another, by a third.
type either struct{ by, yes, no node }

func (c either) Eval(in []float64) Tri {
	switch c.by.Eval(in) {
	case True:
		return c.yes.Eval(in)
	case False:
		return c.no.Eval(in)
	}
	return Unknown
}

func (c either) Possible(has func(int) bool) bool        { return every(c, has) }
func (c either) Uses() []int                             { return usesOf(c) }
func (c either) without(has func(int) bool) (node, bool) { return whole(c, has) }
func (c either) uses(add func(int))                      { usesAll([]node{c.by, c.yes, c.no}, add) }

// formula compares two calculations.
type formula struct {
	left, right *calc
	rel         relation
}

func (c *formula) Eval(in []float64) Tri {
	a := c.left.eval(in)
	if !finite(a) {
		return Unknown
	}
	b := c.right.eval(in)
	if !finite(b) {
		return Unknown
	}
	return c.rel.judge(a, b)
}

func (c *formula) Possible(has func(int) bool) bool        { return every(c, has) }
func (c *formula) Uses() []int                             { return usesOf(c) }
func (c *formula) without(has func(int) bool) (node, bool) { return whole(c, has) }
func (c *formula) uses(add func(int)) {
	for _, side := range []*calc{c.left, c.right} {
		for _, i := range side.inputs {
			add(i)
		}
	}
}

// calc is a calculation over the inputs; what is missing, or divided by 0,
// makes it not a finite number.
type calc struct {
	eval   func(in []float64) float64
	inputs []int
}
