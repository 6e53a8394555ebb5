package book

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"steward/gateway"
	"steward/gateway/strict"
)

// term is the value of a part of an expression, before it becomes a
// condition or a calculation.
type term struct {
	sort   sort
	unit   string
	sym    *symbol // a plain name
	fixed  bool    // number stands in the text
	number float64
	calc   *calc
	cond   node
	text   string // in quotes
	items  []term // of a list
	node   ast.Node
}

// compiler turns one expression into a condition. The language is that of
// expr-lang, of which the parser and the tree are; what the tree means is
// decided here, because the numbers of a rule may be missing, must not be
// allocated, and are judged hundreds of thousands of times a second.
type compiler struct {
	*builder
	w     *writing
	marks map[int]mark // parameters in the text, by where they begin
}

// mark is a parameter's name in a text.
type mark struct {
	to   int
	name string
}

// condition compiles an expression; nil when it cannot be read, and it has
// been said why.
func (b *builder) condition(src formulaText) (node, []part) {
	if !src.Set {
		return nil, nil
	}
	c := &compiler{builder: b, w: newWriting(src.l, b.lines), marks: map[int]mark{}}
	tree, err := parse(src.l.Text, b.grammar)
	if err != nil {
		from, to, problem, want := syntax(err)
		from = min(from, len(c.w.runes))
		b.Show(c.w.place(min(from, max(0, len(c.w.runes)-1))), c.w.excerpt(from, to), want, "%s", problem)
		return nil, nil
	}
	n := c.truth(c.term(tree.Node))
	if n != nil && len(n.Uses()) == 0 {
		c.fail(tree.Node, "want one over points of the asset", "the condition looks at nothing")
		return nil, nil
	}
	return n, c.parts()
}

// fail notes a problem under a part of the expression.
func (c *compiler) fail(n ast.Node, want, format string, args ...any) term {
	from, to := reach(n)
	from = min(from, len(c.w.runes))
	c.Show(c.w.place(from), c.w.excerpt(from, to), want, format, args...)
	return term{node: n}
}

// truth takes a term for a condition.
func (c *compiler) truth(t term) node {
	switch t.sort {
	case truth, mixed:
		return t.cond
	case broken:
	case label:
		c.fail(t.node, fmt.Sprintf("compare it: %s == %q", t.sym.name, firstLabel(t.sym.labels)), "%q is not true or false but one of its labels", t.sym.name)
	case number:
		c.fail(t.node, "compare it, as in temperature > 40", "this is a number, not a condition")
	default:
		c.fail(t.node, "want a condition", "this is %s, not a condition", t.sort)
	}
	return nil
}

func firstLabel(labels []gateway.Label) string {
	if len(labels) == 0 {
		return ""
	}
	return labels[0].Name
}

func boolean(n ast.Node, cond node) term {
	if cond == nil {
		return term{node: n}
	}
	return term{node: n, sort: truth, cond: cond}
}

func constant(n ast.Node, v float64) term {
	return term{node: n, sort: number, fixed: true, number: v, calc: &calc{eval: func([]float64) float64 { return v }}}
}

func (c *compiler) term(n ast.Node) term {
	switch x := n.(type) {
	case *ast.IntegerNode:
		return constant(n, float64(x.Value))
	case *ast.FloatNode:
		return constant(n, x.Value)
	case *ast.BoolNode:
		return term{node: n, sort: truth, cond: always(x.Value), fixed: true}
	case *ast.StringNode:
		return term{node: n, sort: word, text: x.Value}
	case *ast.IdentifierNode:
		return c.name(x)
	case *ast.UnaryNode:
		return c.unary(x)
	case *ast.BinaryNode:
		return c.binary(x)
	case *ast.ConditionalNode:
		return c.choice(x)
	case *ast.CallNode:
		return c.call(x)
	case *ast.BuiltinNode:
		return c.fail(n, "want one of "+strings.Join(functionNames(), ", "), "function %q is not used here", x.Name)
	case *ast.ArrayNode:
		t := term{node: n, sort: choices}
		for _, item := range x.Nodes {
			t.items = append(t.items, c.term(item))
		}
		return t
	}
	return c.fail(n, "want names, numbers, and, or, not, comparisons, + - * / and brackets", "this part of the language is not used here")
}

func (c *compiler) name(n *ast.IdentifierNode) term {
	s, clash := c.lookup(n.Value)
	switch {
	case clash != "":
		return c.fail(n, "want a rule for each kind", "%s", clash)
	case s == nil:
		return c.fail(n, c.Suggest(n.Value, "names", c.known()), "%s point, parameter or signal %q", c.scope.lacks(), strict.Cut(n.Value))
	case s.sort == broken:
		return term{node: n}
	}
	i := c.use(s)
	if s.input.Kind == InNumber {
		c.marks[n.Location().From] = mark{n.Location().To, s.name}
	}
	t := term{node: n, sort: s.sort, unit: s.unit, sym: s}
	if s.sort == truth || s.sort == mixed {
		t.cond = holds(i)
	}
	if s.sort == number || s.sort == mixed {
		t.calc = &calc{eval: func(in []float64) float64 { return in[i] }, inputs: []int{i}}
	}
	return t
}

func (c *compiler) unary(n *ast.UnaryNode) term {
	t := c.term(n.Node)
	if n.Operator == "not" || n.Operator == "!" {
		if t.sort == number {
			return c.fail(n, "want brackets, as in not (temperature > 40)", "not stands before a number")
		}
		if cond := c.truth(t); cond != nil {
			return boolean(n, negate(cond))
		}
		return term{node: n}
	}
	if !c.numeric(t) || n.Operator == "+" {
		return t
	}
	if t.fixed {
		return constant(n, -t.number)
	}
	f := t.calc.eval
	return term{node: n, sort: number, unit: t.unit, calc: &calc{eval: func(in []float64) float64 { return -f(in) }, inputs: t.calc.inputs}}
}

// numeric reports whether a term can be calculated with, and says when not.
func (c *compiler) numeric(t term) bool {
	switch t.sort {
	case number, mixed:
		return true
	case broken:
	case truth:
		c.fail(t.node, "write (… ? 1 : 0) to count it", "this is true or false, not a number")
	default:
		c.fail(t.node, "want a number", "this is %s, not a number", t.sort)
	}
	return false
}

func (c *compiler) binary(n *ast.BinaryNode) term {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.joined(n)
	case "in":
		return c.among(n)
	case "+", "-", "*", "/", "%", "**", "^":
		return c.arithmetic(n)
	}
	rel, ok := relations[n.Operator]
	if !ok {
		return c.fail(n, "want one of + - * / < <= > >= == != in and or not", "operator %q is not used here", n.Operator)
	}
	return boolean(n, c.compare(n, rel, c.term(n.Left), c.term(n.Right)))
}

// joined compiles and, or over as many sides as stand beside each other.
func (c *compiler) joined(n *ast.BinaryNode) term {
	and := n.Operator == "and" || n.Operator == "&&"
	var sides []node
	whole := true
	for _, side := range []ast.Node{n.Left, n.Right} {
		switch cond := c.truth(c.term(side)); x := cond.(type) {
		case nil:
			whole = false
		case all:
			if and {
				sides = append(sides, x...)
			} else {
				sides = append(sides, x)
			}
		case some:
			if and {
				sides = append(sides, x)
			} else {
				sides = append(sides, x...)
			}
		default:
			sides = append(sides, cond)
		}
	}
	switch {
	case !whole:
		return term{node: n}
	case and:
		return boolean(n, all(sides))
	}
	return boolean(n, some(sides))
}

// among compiles "x in [a, b]".
func (c *compiler) among(n *ast.BinaryNode) term {
	left, right := c.term(n.Left), c.term(n.Right)
	if left.sort == broken || right.sort == broken {
		return term{node: n}
	}
	if right.sort != choices || len(right.items) == 0 {
		return c.fail(n.Right, `want a list such as ["auto", "manual"]`, "in wants a list")
	}
	var out some
	for _, item := range right.items {
		cond := c.compare(n, equal, left, item)
		if cond == nil {
			return term{node: n}
		}
		out = append(out, cond)
	}
	return boolean(n, out)
}

// choice compiles "a ? b : c".
func (c *compiler) choice(n *ast.ConditionalNode) term {
	cond, yes, no := c.truth(c.term(n.Cond)), c.term(n.Exp1), c.term(n.Exp2)
	if cond == nil || yes.sort == broken || no.sort == broken {
		return term{node: n}
	}
	if yes.sort == truth && no.sort == truth {
		return boolean(n, either{cond, yes.cond, no.cond})
	}
	if !c.numeric(yes) || !c.numeric(no) || !c.sameUnit(n, yes, no) {
		return term{node: n}
	}
	f, g := yes.calc.eval, no.calc.eval
	inputs := slices.Concat(cond.Uses(), yes.calc.inputs, no.calc.inputs)
	return term{node: n, sort: number, unit: unitOf(yes, no), calc: &calc{inputs: inputs, eval: func(in []float64) float64 {
		switch cond.Eval(in) {
		case True:
			return f(in)
		case False:
			return g(in)
		}
		return math.NaN()
	}}}
}
