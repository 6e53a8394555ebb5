package book

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"steward/gateway/strict"
)

// functions are what an expression may call, with what they take.
var functions = map[string]struct{ least, most int }{
	"abs": {1, 1}, "sqrt": {1, 1}, "min": {1, 64}, "max": {1, 64}, "sum": {1, 64}, "mean": {1, 64}, "spread": {1, 64},
}

func functionNames() []string { return []string{"abs", "max", "mean", "min", "spread", "sqrt", "sum"} }

// grammar is the parser's settings: every builtin off, our functions plain.
// The parser keeps notes in it, so each file has one of its own.
func grammar() *conf.Config {
	c := &conf.Config{MaxNodes: maxSource, Disabled: map[string]bool{}, Functions: conf.FunctionsTable{}}
	for _, f := range builtin.Builtins {
		c.Disabled[f.Name] = true
	}
	for name := range functions {
		c.Functions[name] = &builtin.Function{Name: name}
	}
	return c
}

// words are those that the language of expressions keeps for itself.
var words = map[string]bool{
	"in": true, "not": true, "and": true, "or": true, "matches": true, "contains": true, "startsWith": true, "endsWith": true,
	"let": true, "if": true, "else": true, "true": true, "false": true, "nil": true,
}

// parse reads an expression. The parser is a stranger's; whatever a hostile
// text does to it must not take the gateway down with it.
func parse(text string, g *conf.Config) (tree *parser.Tree, err error) {
	defer func() {
		if r := recover(); r != nil {
			tree, err = nil, fmt.Errorf("the parser of expressions gave up: %v", r)
		}
	}()
	return parser.ParseWithConfig(text, g)
}

// writing is an expression with its place in the file.
type writing struct {
	l     strict.Literal
	runes []rune
	lines [][]rune // of the file
}

func newWriting(l strict.Literal, lines [][]rune) *writing {
	return &writing{l: l, runes: []rune(l.Text), lines: lines}
}

// place finds a position of the expression in the file. YAML folds lines, so
// the two are walked side by side without their white space. Where that does
// not work out (escapes in quotes), it is where the expression begins.
func (w *writing) place(offset int) strict.At {
	a := w.l.At
	line, column := a.Line-1, a.Column-1
	if line < 0 || line >= len(w.lines) || column < 0 || column >= len(w.lines[line]) {
		return a
	}
	switch w.lines[line][column] {
	case '|', '>':
		line, column = line+1, 0
	case '"', '\'':
		column++
	}
	for i := 0; ; column++ {
		for line < len(w.lines) && column >= len(w.lines[line]) {
			line, column = line+1, 0
		}
		for i < len(w.runes) && i < offset && unicode.IsSpace(w.runes[i]) {
			i++
		}
		if line >= len(w.lines) {
			return a
		}
		switch c := w.lines[line][column]; {
		case unicode.IsSpace(c) && (i >= len(w.runes) || !unicode.IsSpace(w.runes[i])) && i < len(w.runes):
			continue
		case i >= offset:
			return strict.At{Line: line + 1, Column: column + 1}
		case c != w.runes[i]:
			return a
		}
		i++
	}
}

// excerpt shows the line of the expression with a caret below it.
func (w *writing) excerpt(from, to int) string {
	start, end := from, from
	for start > 0 && w.runes[start-1] != '\n' {
		start--
	}
	for end < len(w.runes) && w.runes[end] != '\n' {
		end++
	}
	before, after := "", ""
	if from-start > 80 {
		start, before = from-80, "…"
	}
	if end-from > 80 {
		end, after = from+80, "…"
	}
	to = max(from+1, min(to, end))
	line := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, string(w.runes[start:end]))
	pad := strings.Repeat(" ", len([]rune(before))+from-start)
	return "    " + before + line + after + "\n    " + pad + "^" + strings.Repeat("~", to-from-1)
}

// syntax says what the parser did not like.
func syntax(err error) (from, to int, problem, want string) {
	var e *file.Error
	if !errors.As(err, &e) {
		return 0, 0, err.Error(), "want a condition such as temperature > 40"
	}
	from, to = e.From, max(e.To, e.From+1)
	switch m := e.Message; {
	case strings.Contains(m, "token EOF") || strings.Contains(m, "end of expression"):
		return from, to, "the expression ends too early", "want all of it, and a bracket closed for each that opens"
	case strings.Contains(m, `Operator("=")`):
		return from, to, "a single = is not used here", "write == to compare"
	case strings.Contains(m, "unexpected token "):
		_, token, _ := strings.Cut(m, "unexpected token ")
		if _, quoted, ok := strings.Cut(token, "("); ok {
			token = strings.TrimSuffix(quoted, ")")
		}
		return from, to, "there is " + token + " where it has no meaning", "want a condition such as temperature > 40 and running"
	default:
		return from, to, "the expression cannot be read: " + m, "want a condition such as temperature > 40"
	}
}

// reach is where a part of the expression begins and ends, in characters.
func reach(n ast.Node) (from, to int) {
	loc := n.Location()
	from, to = loc.From, loc.To
	within := func(parts ...ast.Node) {
		for _, x := range parts {
			if f, t := reach(x); t > 0 {
				from, to = min(from, f), max(to, t)
			}
		}
	}
	switch x := n.(type) {
	case *ast.BinaryNode:
		within(x.Left, x.Right)
	case *ast.UnaryNode:
		within(x.Node)
	case *ast.ConditionalNode:
		from, to = reach(x.Cond) // its own is behind it
		within(x.Exp1, x.Exp2)
	case *ast.CallNode:
		within(x.Arguments...)
	case *ast.ArrayNode:
		within(x.Nodes...)
	}
	return from, to
}
