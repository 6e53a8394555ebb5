package book

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/expr-lang/expr/conf"

	"steward/gateway"
	"steward/gateway/kind"
	"steward/gateway/strict"
)

var nameRE = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// sort is what can be done with a value.
type sort uint8

const (
	broken  sort = iota // it has been said why
	number              // compared and calculated with
	truth               // true or false
	mixed               // both of these: 0 and 1, or a fact
	label               // compared with the labels of its point
	word                // a text in quotes
	choices             // a list in square brackets
)

func (s sort) String() string {
	return [...]string{"nothing", "a number", "true or false", "true or false", "one of its labels", "a text", "a list"}[s]
}

// symbol is what a name in an expression stands for.
type symbol struct {
	name    string
	sort    sort
	unit    string
	labels  []gateway.Label
	input   Input
	base    *symbol   // of a window
	counter bool      // of a point: only ever rises
	at      strict.At // where it was declared
	index   int       // among the rule's inputs; -1: not yet looked at
}

func pointSymbol(p gateway.Point) *symbol {
	s := &symbol{name: p.Name, unit: p.Unit, labels: p.Labels, counter: p.Counter, index: -1,
		input: Input{Name: p.Name, Kind: InPoint, Point: p.Name, Unit: p.Unit}}
	switch p.Type {
	case gateway.Bool:
		s.sort = truth
	case gateway.Enum:
		s.sort = label
	default:
		s.sort = number
	}
	return s
}

// scope is the points that a rule or a relation can see.
type scope struct {
	kinds *kind.Catalog
	kind  kind.Kind
	any   bool     // every kind
	all   []string // names of points, once asked for
}

// names lists every point in it.
func (s *scope) names() []string {
	switch {
	case s.all != nil:
	case !s.any:
		s.all = s.kind.PointNames()
	default:
		for _, n := range s.kinds.Names() {
			k, _ := s.kinds.Kind(n)
			s.all = append(s.all, k.PointNames()...)
		}
		slices.Sort(s.all)
		s.all = slices.Compact(s.all)
	}
	return s.all
}

// find looks a point up. Over every kind, what the kinds do not agree on is
// left out: the unit, the counter; their labels must be the same.
func (s *scope) find(name string) (p gateway.Point, known bool, clash string) {
	if !s.any {
		p, known = s.kind.Point(name)
		return p, known, ""
	}
	first := ""
	for _, n := range s.kinds.Names() {
		k, _ := s.kinds.Kind(n)
		x, ok := k.Point(name)
		switch {
		case !ok:
		case !known:
			p, known, first = x, true, n
		case x.Type != p.Type || !sameLabels(x.Labels, p.Labels):
			return p, true, fmt.Sprintf("%q of %s is another thing than that of %s", name, n, first)
		default:
			if x.Unit != p.Unit {
				p.Unit = ""
			}
			p.Counter = p.Counter && x.Counter
		}
	}
	return p, known, ""
}

func sameLabels(a, b []gateway.Label) bool {
	return slices.EqualFunc(a, b, func(x, y gateway.Label) bool { return x.Code == y.Code && x.Name == y.Name })
}

// lacks begins a sentence about what is not in the scope.
func (s *scope) lacks() string {
	if s.any {
		return "no kind has a"
	}
	return s.kind.Name + " has no"
}

// builder makes one rule.
type builder struct {
	*strict.Problems
	lines   [][]rune
	grammar *conf.Config
	scope   scope
	rule    *Rule
	names   map[string]*symbol   // params, lets, and the points looked at
	order   []*symbol            // params and lets as declared
	later   map[string]strict.At // lets not yet declared
	before  int                  // problems noted before this rule
}

// lookup finds what a name stands for; nil when there is nothing. clash says
// why a point that exists cannot be used.
func (b *builder) lookup(name string) (s *symbol, clash string) {
	if s, ok := b.names[name]; ok {
		return s, ""
	}
	p, known, clash := b.scope.find(name)
	if !known || clash != "" {
		return nil, clash
	}
	s = pointSymbol(p)
	b.names[name] = s
	return s, ""
}

// known lists every name an expression may use, for suggestions.
func (b *builder) known() []string {
	out := slices.Clone(b.scope.names())
	for _, s := range b.order {
		out = append(out, s.name)
	}
	return out
}

// use puts a symbol among the rule's inputs, after what it is made of.
func (b *builder) use(s *symbol) int {
	if s.index >= 0 {
		return s.index
	}
	if s.base != nil {
		s.input.Window.Of = b.use(s.base)
	}
	s.index = len(b.rule.Inputs)
	b.rule.Inputs = append(b.rule.Inputs, s.input)
	return s.index
}

// declare adds a name of the rule's own.
func (b *builder) declare(key strict.Literal, s *symbol) {
	s.name, s.input.Name, s.at, s.index = key.Text, key.Text, key.At, -1
	switch _, known, _ := b.scope.find(key.Text); {
	case !nameRE.MatchString(key.Text) || words[key.Text]:
		b.Add(key.At, "want lower-case letters, digits and '_', a letter first, and no word of the language", "name %q cannot stand in an expression", strict.Cut(key.Text))
	case known:
		b.Add(key.At, "want a name of its own", "%q is a point already", key.Text)
	case b.names[key.Text] != nil:
		b.Add(key.At, fmt.Sprintf("want a name of its own; the first is on %s", b.names[key.Text].at), "name %q is there twice", key.Text)
	}
	if b.names[key.Text] == nil {
		b.names[key.Text] = s
		b.order = append(b.order, s)
	}
}
