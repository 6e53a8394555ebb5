package book

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"steward/gateway/strict"
)

// compare compiles a comparison; nil when it makes no sense, and it has been
// said why.
func (c *compiler) compare(n ast.Node, rel relation, l, r term) node {
	if l.sort == word || l.sort < label && r.sort == label {
		l, r, rel = r, l, rel.turned()
	}
	ordered := rel != equal && rel != unequal
	switch {
	case l.sort == broken || r.sort == broken:
		return nil
	case l.sort == label:
		if ordered {
			c.fail(n, "want == or !=", "the labels of %q have no order", l.sym.name)
			return nil
		}
		return c.labelled(rel, l, r)
	case l.sort == word || r.sort == word:
		t, w := l, r
		if l.sort == word {
			t, w = r, l
		}
		want := "want a number"
		if t.sort == truth && t.sym != nil {
			want = fmt.Sprintf("write %s, or not %s", t.sym.name, t.sym.name)
		}
		c.fail(w.node, want, "this compares %s with a text", t.sort)
		return nil
	case l.sort == choices || r.sort == choices:
		c.fail(n, `want in, as in mode in ["auto", "manual"]`, "a list is compared")
		return nil
	case l.sort == truth || r.sort == truth:
		return c.alike(n, rel, l, r)
	}
	return c.measured(n, rel, l, r)
}

// labelled compares an enum with a label, or with one that has the same.
func (c *compiler) labelled(rel relation, l, r term) node {
	switch {
	case r.sort == word:
		names := make([]string, len(l.sym.labels))
		for i, x := range l.sym.labels {
			if x.Name == r.text {
				return fixed{c.use(l.sym), rel, float64(x.Code)}
			}
			names[i] = x.Name
		}
		c.fail(r.node, c.Suggest(r.text, "labels", names), "%q has no label %q", l.sym.name, strict.Cut(r.text))
	case r.sort == label && sameLabels(l.sym.labels, r.sym.labels):
		return pair{c.use(l.sym), c.use(r.sym), rel}
	case r.sort == label:
		c.fail(r.node, "want one with the same labels, or a label in quotes", "%q and %q have different labels", l.sym.name, r.sym.name)
	case r.sort != broken:
		c.fail(r.node, fmt.Sprintf("want one of its labels in quotes, as in %s == %q", l.sym.name, firstLabel(l.sym.labels)), "this compares the labels of %q with %s", l.sym.name, r.sort)
	}
	return nil
}

// alike compares what is true or false.
func (c *compiler) alike(n ast.Node, rel relation, l, r term) node {
	if rel != equal && rel != unequal {
		c.fail(n, "want == or !=", "true and false have no order")
		return nil
	}
	for _, side := range []term{l, r} {
		if side.sort == number {
			c.fail(side.node, "leave the comparison out, or write true or false", "this compares true or false with a number")
			return nil
		}
	}
	if l.fixed {
		l, r = r, l
	}
	switch {
	case !r.fixed:
		return same{l.cond, r.cond, rel == unequal}
	case (r.cond == always(true)) == (rel == equal):
		return l.cond
	}
	return negate(l.cond)
}

// measured compares numbers.
func (c *compiler) measured(n ast.Node, rel relation, l, r term) node {
	if !c.sameUnit(n, l, r) {
		return nil
	}
	switch {
	case l.fixed && r.fixed:
		c.fail(n, "want a point in it", "this compares two numbers that never change")
		return nil
	case l.sym != nil && r.fixed:
		return fixed{c.use(l.sym), rel, r.number}
	case l.fixed && r.sym != nil:
		return fixed{c.use(r.sym), rel.turned(), l.number}
	case l.sym != nil && r.sym != nil:
		return pair{c.use(l.sym), c.use(r.sym), rel}
	}
	return &formula{l.calc, r.calc, rel}
}

// sameUnit reports whether two terms can stand beside each other, and says
// when not. A number in the text has the unit of what it stands beside.
func (c *compiler) sameUnit(n ast.Node, l, r term) bool {
	if l.unit == "" || r.unit == "" || l.unit == r.unit {
		return true
	}
	c.fail(n, fmt.Sprintf("want both in %s", l.unit), "one side is in %s, the other in %s", l.unit, r.unit)
	return false
}

func unitOf(terms ...term) string {
	for _, t := range terms {
		if t.unit != "" {
			return t.unit
		}
	}
	return ""
}

var operations = map[string]func(a, b float64) float64{
	"+": func(a, b float64) float64 { return a + b },
	"-": func(a, b float64) float64 { return a - b },
	"*": func(a, b float64) float64 { return a * b },
	"/": func(a, b float64) float64 {
		if b == 0 {
			return math.NaN()
		}
		return a / b
	},
	"%":  math.Mod,
	"**": math.Pow,
	"^":  math.Pow,
}

func (c *compiler) arithmetic(n *ast.BinaryNode) term {
	l, r := c.term(n.Left), c.term(n.Right)
	if lok, rok := c.numeric(l), c.numeric(r); !lok || !rok {
		return term{node: n}
	}
	op := operations[n.Operator]
	t := term{node: n, sort: number}
	switch n.Operator {
	case "+", "-":
		if !c.sameUnit(n, l, r) {
			return term{node: n}
		}
		t.unit = unitOf(l, r)
	case "*":
		if l.fixed || r.fixed {
			t.unit = unitOf(l, r)
		}
	case "/", "%":
		if r.fixed {
			t.unit = l.unit
		}
	}
	if l.fixed && r.fixed {
		v := op(l.number, r.number)
		if !finite(v) {
			return c.fail(n, "want a number", "this is no number")
		}
		return constant(n, v)
	}
	if r.fixed && r.number == 0 && (n.Operator == "/" || n.Operator == "%") {
		return c.fail(n.Right, "want another number", "this divides by 0")
	}
	f, g := l.calc.eval, r.calc.eval
	t.calc = &calc{inputs: slices.Concat(l.calc.inputs, r.calc.inputs), eval: func(in []float64) float64 { return op(f(in), g(in)) }}
	return t
}

func (c *compiler) call(n *ast.CallNode) term {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return c.fail(n, "want one of "+strings.Join(functionNames(), ", "), "this part of the language is not used here")
	}
	takes, ok := functions[callee.Value]
	if !ok {
		return c.fail(callee, c.Suggest(callee.Value, "functions", functionNames()), "there is no function %q", strict.Cut(callee.Value))
	}
	if len(n.Arguments) < takes.least || len(n.Arguments) > takes.most {
		want := "want at least one number"
		if takes.most == 1 {
			want = "want one number"
		}
		return c.fail(n, want, "%s has %d arguments", callee.Value, len(n.Arguments))
	}
	t := term{node: n, sort: number}
	var args []func([]float64) float64
	whole := true
	var first term
	for i, a := range n.Arguments {
		x := c.term(a)
		if callee.Value == "sum" && x.sort == truth {
			x = counted(x)
		}
		if !c.numeric(x) || i > 0 && !c.sameUnit(a, first, x) {
			whole = false
			continue
		}
		if first.unit == "" {
			first = x
		}
		args = append(args, x.calc.eval)
		t.calc = &calc{inputs: slices.Concat(inputsOf(t.calc), x.calc.inputs)}
	}
	if !whole {
		return term{node: n}
	}
	if callee.Value != "sqrt" {
		t.unit = first.unit
	}
	t.calc.eval = function(callee.Value, args)
	return t
}

func inputsOf(c *calc) []int {
	if c == nil {
		return nil
	}
	return c.inputs
}

// counted makes 1 and 0 of true and false.
func counted(t term) term {
	cond := t.cond
	return term{node: t.node, sort: number, calc: &calc{inputs: cond.Uses(), eval: func(in []float64) float64 {
		switch cond.Eval(in) {
		case True:
			return 1
		case False:
			return 0
		}
		return math.NaN()
	}}}
}

// function makes a call. Whatever is missing makes all of it missing.
func function(name string, args []func([]float64) float64) func([]float64) float64 {
	one := args[0]
	switch name {
	case "abs":
		return func(in []float64) float64 { return math.Abs(one(in)) }
	case "sqrt":
		return func(in []float64) float64 { return math.Sqrt(one(in)) }
	}
	n := float64(len(args))
	return func(in []float64) float64 {
		v := one(in)
		sum, low, high := v, v, v
		for _, f := range args[1:] {
			v := f(in)
			sum, low, high = sum+v, min(low, v), max(high, v) // NaN stays
		}
		switch name {
		case "min":
			return low
		case "max":
			return high
		case "mean":
			return sum / n
		case "spread":
			return high - low
		}
		return sum
	}
}
