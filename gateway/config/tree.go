package config

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const maxFile = 1 << 20 // bytes of a site file or a profile

// envMark finds ${env:NAME}. The braces are not allowed in a plain scalar
// inside {…}, where everybody will write them, so they are swapped for round
// ones of the same width before parsing (columns stay) and back afterwards.
var (
	envMark  = regexp.MustCompile(`\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}`)
	envPlain = regexp.MustCompile(`\$\(env:([A-Za-z_][A-Za-z0-9_]*)\)`)
)

// parseTree reads the one document of a file into a tree. It returns nil when
// there is none or it cannot be read; the problem is then noted.
func parseTree(p *problems, data []byte) ast.Node {
	if len(data) > maxFile {
		p.add(at{}, "want at most 1 MiB", "the file has %d bytes", len(data))
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		p.add(firstInvalid(data), "want UTF-8 text", "this is not UTF-8")
		return nil
	}
	src := envMark.ReplaceAllString(string(data), "$$(env:$1)")
	file, err := parseGuarded(p, src)
	if err != nil {
		// Error() of the library's errors prints the source, slowly and with
		// whatever secret stands there.
		if y, ok := errors.AsType[yaml.Error](err); ok {
			p.add(tokenAt(y.GetToken()), "want valid YAML", "%s", y.GetMessage())
		} else {
			p.add(at{}, "want valid YAML", "%v", err)
		}
		return nil
	}
	if file == nil {
		return nil
	}
	var body ast.Node
	for _, d := range file.Docs {
		switch {
		case d.Body == nil:
		case d.Body.Type() == ast.DirectiveType:
			p.add(tokenAt(d.Body.GetToken()), "leave it out", "YAML directives are not used here")
		case body != nil:
			p.add(nodeAt(d.Body), "want one document in a file", "a second document begins here")
		default:
			body = d.Body
		}
	}
	if body == nil && len(p.list) == 0 {
		p.add(at{1, 1}, "", "the file is empty")
	}
	return body
}

// parseGuarded parses a text whose nesting is bounded and which has neither
// anchors nor tags. It returns nil, nil when that was not so.
func parseGuarded(p *problems, src string) (file *ast.File, err error) {
	// The parser is a stranger's; whatever a hostile file does to it must
	// not take the gateway down with it.
	defer func() {
		if r := recover(); r != nil {
			file, err = nil, fmt.Errorf("the YAML parser gave up: %v", r)
		}
	}()
	tokens := lexer.Tokenize(src)
	if g := (guard{p: p}); !g.check(tokens) {
		return nil, nil
	}
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // duplicates are ours to report, all of them
}

func firstInvalid(data []byte) at {
	a := at{1, 1}
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if a.column++; r == '\n' {
			a = at{a.line + 1, 1}
		}
		data = data[n:]
	}
	return a
}

func tokenAt(t *token.Token) at {
	if t == nil || t.Position == nil {
		return at{}
	}
	return at{t.Position.Line, t.Position.Column}
}

// nodeAt is where a node begins: a mapping's own token is its first colon.
func nodeAt(n ast.Node) at {
	switch x := n.(type) {
	case *ast.MappingNode:
		if !x.IsFlowStyle && len(x.Values) > 0 {
			return nodeAt(x.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return nodeAt(x.Key)
	}
	return tokenAt(n.GetToken())
}

// form is how a scalar was written.
type form uint8

const (
	formPlain  form = iota // text without quotes
	formQuoted             // text in quotes, or a block of text
	formInt
	formFloat
	formBool
)

// literal is a scalar as it was written.
type literal struct {
	at   at
	text string
	form form
}

var exponent = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+$`)

var octal = regexp.MustCompile(`^[-+]?0(o[0-7_]+|[0-9_]+)$`)

// literalOf takes a scalar from the tree; name is that of its key. What is
// not a scalar, or can be read in two ways, is noted as a problem.
func literalOf(p *problems, n ast.Node, name string) (literal, bool) {
	l := literal{at: nodeAt(n)}
	switch x := n.(type) {
	case *ast.StringNode:
		l.text, l.form = x.Value, formPlain
		if x.Token.Type == token.SingleQuoteType || x.Token.Type == token.DoubleQuoteType {
			l.form = formQuoted
		} else if exponent.MatchString(x.Value) {
			l.form = formFloat // the library takes 1e-05 for text
		}
	case *ast.LiteralNode:
		l.text, l.form = x.Value.Value, formQuoted
	case *ast.IntegerNode:
		l.text, l.form = x.Token.Value, formInt
	case *ast.FloatNode:
		l.text, l.form = x.Token.Value, formFloat
	case *ast.InfinityNode:
		l.text, l.form = x.Token.Value, formFloat
	case *ast.NanNode:
		l.text, l.form = x.Token.Value, formFloat
	case *ast.BoolNode:
		l.text, l.form = strings.ToLower(x.Token.Value), formBool
	case *ast.NullNode:
		p.add(l.at, "write one or leave the key out", "%q has no value", name)
		return l, false
	default:
		p.add(l.at, "want a single value", "%q is a %s", name, sortOf(n))
		return l, false
	}
	l.text = envPlain.ReplaceAllString(l.text, "$${env:$1}")
	if l.form != formQuoted && octal.MatchString(l.text) {
		p.add(l.at, "write a decimal or 0x number, or quotes around it where a text is meant", "%q looks like an octal number", name)
		return l, false
	}
	return l, true
}

// sortOf names what a node is, for people.
func sortOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "mapping"
	case *ast.SequenceNode:
		return "list"
	}
	return "single value"
}
