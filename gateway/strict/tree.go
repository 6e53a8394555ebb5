package strict

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

// MaxFile is the largest file that is read, in bytes.
const MaxFile = 1 << 20

// Node is a part of a file's tree.
type Node = ast.Node

// envMark finds ${env:NAME}. The braces are not allowed in a plain scalar
// inside {…}, where everybody will write them, so they are swapped for round
// ones of the same width before parsing (columns stay) and back afterwards.
var (
	envMark  = regexp.MustCompile(`\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}`)
	envPlain = regexp.MustCompile(`\$\(env:([A-Za-z_][A-Za-z0-9_]*)\)`)
)

// Parse reads the one document of a file into a tree. It returns nil when
// there is none or it cannot be read; the problem is then noted.
func Parse(p *Problems, data []byte) Node {
	if len(data) > MaxFile {
		p.Add(At{}, "want at most 1 MiB", "the file has %d bytes", len(data))
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		p.Add(firstInvalid(data), "want UTF-8 text", "this is not UTF-8")
		return nil
	}
	src := envMark.ReplaceAllString(string(data), "$$(env:$1)")
	file, err := parseGuarded(p, src)
	if err != nil {
		// Error() of the library's errors prints the source, slowly and with
		// whatever secret stands there.
		y, ok := errors.AsType[yaml.Error](err)
		var at At
		if ok {
			at = tokenAt(y.GetToken())
		}
		if c, place, found := wideAt(src, at.Line); found {
			noteWide(p, c, place)
		} else if ok {
			p.Add(at, "want valid YAML", "%s", y.GetMessage())
		} else {
			p.Add(At{}, "want valid YAML", "%v", err)
		}
		return nil
	}
	if file == nil {
		return nil
	}
	var body Node
	for _, d := range file.Docs {
		switch {
		case d.Body == nil:
		case d.Body.Type() == ast.DirectiveType:
			p.Add(tokenAt(d.Body.GetToken()), "leave it out", "YAML directives are not used here")
		case body != nil:
			p.Add(Start(d.Body), "want one document in a file", "a second document begins here")
		default:
			body = d.Body
		}
	}
	if body == nil && len(p.list) == 0 {
		p.Add(At{1, 1}, "", "the file is empty")
	}
	return body
}

// parseGuarded parses a text whose nesting is bounded and which has neither
// anchors nor tags. It returns nil, nil when that was not so.
func parseGuarded(p *Problems, src string) (*ast.File, error) { return parse(guard{p: p}, src) }

// ParseForeign parses another program's YAML, which may have anchors and tags
// and say a key twice. It bounds what Parse bounds, so that no file can make
// the parser run for minutes or out of its stack; the error is Errors where it
// is that. File is the file's name in messages.
func ParseForeign(file string, data []byte) (*ast.File, error) {
	p := NewProblems(file)
	if len(data) > MaxFile {
		p.Add(At{}, "want at most 1 MiB", "the file has %d bytes", len(data))
		return nil, p.Result()
	}
	f, err := parse(guard{p: p, foreign: true}, string(data))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", file, err)
	case f == nil:
		return nil, p.Result()
	}
	return f, nil
}

func parse(g guard, src string) (file *ast.File, err error) {
	// The parser is a stranger's; whatever a hostile file does to it must
	// not take the gateway down with it.
	defer func() {
		if r := recover(); r != nil {
			file, err = nil, fmt.Errorf("the YAML parser gave up: %v", r)
		}
	}()
	tokens := lexer.Tokenize(src)
	if !g.check(tokens) {
		return nil, nil
	}
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // duplicates are ours to report, all of them
}

func firstInvalid(data []byte) At {
	a := At{1, 1}
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if a.Column++; r == '\n' {
			a = At{a.Line + 1, 1}
		}
		data = data[n:]
	}
	return a
}

func tokenAt(t *token.Token) At {
	if t == nil || t.Position == nil {
		return At{}
	}
	return At{t.Position.Line, t.Position.Column}
}

// Start is where a node begins: a mapping's own token is its first colon.
func Start(n Node) At {
	switch x := n.(type) {
	case *ast.MappingNode:
		if !x.IsFlowStyle && len(x.Values) > 0 {
			return Start(x.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return Start(x.Key)
	}
	return tokenAt(n.GetToken())
}

// Form is how a scalar was written.
type Form uint8

// The forms.
const (
	FormPlain  Form = iota // text without quotes
	FormQuoted             // text in quotes, or a block of text
	FormInt
	FormFloat
	FormBool
)

// Literal is a scalar as it was written.
type Literal struct {
	At   At
	Text string
	Form Form
}

var exponent = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+$`)

var octal = regexp.MustCompile(`^[-+]?0(o[0-7_]+|[0-9_]+)$`)

// LiteralOf takes a scalar from the tree; name is that of its key. What is
// not a scalar, or can be read in two ways, is noted as a problem.
func LiteralOf(p *Problems, n Node, name string) (Literal, bool) {
	l := Literal{At: Start(n)}
	switch x := n.(type) {
	case *ast.StringNode:
		l.Text, l.Form = x.Value, FormPlain
		if x.Token.Type == token.SingleQuoteType || x.Token.Type == token.DoubleQuoteType {
			l.Form = FormQuoted
		} else if exponent.MatchString(x.Value) {
			l.Form = FormFloat // the library takes 1e-05 for text
		}
	case *ast.LiteralNode:
		l.Text, l.Form = x.Value.Value, FormQuoted
	case *ast.IntegerNode:
		l.Text, l.Form = x.Token.Value, FormInt
	case *ast.FloatNode:
		l.Text, l.Form = x.Token.Value, FormFloat
	case *ast.InfinityNode:
		l.Text, l.Form = x.Token.Value, FormFloat
	case *ast.NanNode:
		l.Text, l.Form = x.Token.Value, FormFloat
	case *ast.BoolNode:
		l.Text, l.Form = strings.ToLower(x.Token.Value), FormBool
	case *ast.NullNode:
		if i := strings.IndexFunc(name, isWide); i >= 0 { // the key took its value with it
			c, _ := utf8.DecodeRuneInString(name[i:])
			noteWide(p, c, l.At)
			return l, false
		}
		p.Add(l.At, "write one or leave the key out", "%q has no value", name)
		return l, false
	default:
		p.Add(l.At, "want a single value", "%q is a %s", name, sortOf(n))
		return l, false
	}
	l.Text = envPlain.ReplaceAllString(l.Text, "$${env:$1}")
	if l.Form != FormQuoted && octal.MatchString(l.Text) {
		p.Add(l.At, "write a decimal or 0x number, or quotes around it where a text is meant", "%q looks like an octal number", name)
		return l, false
	}
	return l, true
}

// sortOf names what a node is, for people.
func sortOf(n Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "mapping"
	case *ast.SequenceNode:
		return "list"
	}
	return "single value"
}
