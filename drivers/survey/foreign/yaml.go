package foreign

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"steward/gateway/strict"
)

// readYAML reads a YAML file as its owner's program would, tags such as
// !secret included, which are kept as texts of their own.
func readYAML(file string, data []byte) (*value, error) {
	f, err := strict.ParseForeign(file, data)
	if err != nil {
		return nil, err
	}
	for _, d := range f.Docs {
		if d.Body != nil {
			return fromYAML(d.Body, 0), nil
		}
	}
	return &value{line: 1, kind: isTable}, nil
}

func fromYAML(n ast.Node, deep int) *value {
	v := &value{line: 1, kind: isOther}
	if t := n.GetToken(); t != nil && t.Position != nil {
		v.line = t.Position.Line
	}
	if deep > maxNesting {
		return v
	}
	switch x := n.(type) {
	case *ast.MappingNode:
		v.kind = isTable
		for _, e := range x.Values {
			v.pair(e, deep)
		}
	case *ast.MappingValueNode:
		v.kind = isTable
		v.pair(x, deep)
	case *ast.SequenceNode:
		v.kind = isList
		for _, e := range x.Values {
			v.list = append(v.list, fromYAML(e, deep+1))
		}
	case *ast.AnchorNode:
		return fromYAML(x.Value, deep+1)
	case *ast.TagNode:
		v.kind, v.text = isText, x.Start.Value
		if x.Value != nil {
			v.text = strings.TrimSpace(x.Start.Value + " " + strings.TrimSpace(x.Value.String()))
		}
	case *ast.StringNode:
		v.kind, v.text = isText, x.Value
	case *ast.LiteralNode:
		v.kind, v.text = isText, strings.TrimSpace(x.Value.Value)
	case *ast.IntegerNode:
		v.kind, v.text = isNumber, fmt.Sprint(x.Value)
	case *ast.FloatNode:
		v.kind, v.text = isNumber, fmt.Sprint(x.Value)
	case *ast.BoolNode:
		v.kind, v.text = isBool, fmt.Sprint(x.Value)
	}
	return v
}

func (v *value) pair(e *ast.MappingValueNode, deep int) {
	key := ""
	switch k := e.Key.(type) {
	case *ast.StringNode:
		key = k.Value
	default:
		key = strings.TrimSpace(e.Key.String())
	}
	x := fromYAML(e.Value, deep+1)
	if t := e.Key.GetToken(); t != nil && t.Position != nil && t.Type != token.MappingValueType {
		x.line = max(x.line, 1)
		if x.kind == isTable || x.kind == isList {
			x.line = t.Position.Line
		}
	}
	v.set(key, x)
}
