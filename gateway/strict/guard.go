package strict

import (
	"fmt"

	"github.com/goccy/go-yaml/token"
)

const (
	maxDepth   = 32   // of nesting; the deepest that means anything is 8
	maxKeys    = 1000 // in one mapping without braces; the largest that means anything is an enum
	maxMissing = 100  // keys and items without a value
)

// guard looks at a file's tokens before they are parsed, and refuses what
// makes a small file mean a big one (anchors), or the parser run for minutes:
// it recurses into every level, and into every key of a mapping without
// braces, and it moves all tokens for every value that is missing.
type guard struct {
	p       *Problems
	flow    int     // brackets and braces open
	line    int     // of the token before
	foreign bool    // another program's file: its anchors and tags are let be
	levels  []level // blocks around the token, outermost first
	missing int
}

// level is one block by its indentation.
type level struct{ column, keys int }

// check reports whether the tokens may be parsed; if not, it has noted why.
func (g *guard) check(tokens token.Tokens) bool {
	before := len(g.p.list)
	most, missed := maxKeys, maxMissing
	if g.foreign {
		most, missed = 5*maxKeys, 10*maxMissing // it may be long; this much still parses in a tenth of a second
	}
	for i, t := range tokens {
		if !g.foreign {
			g.unused(t)
		}
		g.track(t)
		if i > 0 && missing(tokens, i) {
			g.missing++
		}
		switch {
		case g.flow+len(g.levels) > maxDepth:
			g.p.Add(tokenAt(t), fmt.Sprintf("want at most %d levels", maxDepth), "this is nested too deeply")
			return false
		case len(g.levels) > 0 && g.levels[len(g.levels)-1].keys > most:
			g.p.Add(tokenAt(t), fmt.Sprintf("want at most %d", most), "this mapping has too many keys")
			return false
		case g.missing > missed:
			g.p.Add(tokenAt(t), "write them or leave the keys out", "more than %d keys and items have no value", missed)
			return false
		}
	}
	return len(g.p.list) == before
}

// unused notes the parts of YAML that are not used here.
func (g *guard) unused(t *token.Token) {
	switch t.Type {
	case token.AnchorType, token.AliasType, token.MergeKeyType:
		g.p.Add(tokenAt(t), "write the value out", "anchors, aliases and merge keys (&, *, <<) are not used here")
	case token.TagType:
		g.p.Add(tokenAt(t), "leave it out", "tags (!) are not used here")
	case token.MappingKeyType:
		g.p.Add(tokenAt(t), "write key: value", "the complex key mark '?' is not used here")
	case token.InvalidType:
		g.p.Add(tokenAt(t), "want valid YAML", "%s", t.Error)
	}
}

// track follows brackets, and outside of them indentation and keys.
func (g *guard) track(t *token.Token) {
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		g.flow++
	case token.SequenceEndType, token.MappingEndType:
		g.flow = max(0, g.flow-1)
	}
	if col := t.Position.Column; g.flow == 0 && (t.Position.Line != g.line || t.Type == token.SequenceEntryType) {
		for len(g.levels) > 0 && g.levels[len(g.levels)-1].column > col {
			g.levels = g.levels[:len(g.levels)-1]
		}
		if len(g.levels) == 0 || g.levels[len(g.levels)-1].column < col {
			g.levels = append(g.levels, level{column: col})
		}
	}
	if n := len(g.levels); g.flow == 0 && n > 0 {
		switch t.Type {
		case token.MappingValueType:
			g.levels[n-1].keys++
		case token.SequenceEntryType:
			g.levels[n-1].keys = 0 // another item, another mapping
		}
	}
	g.line = t.Position.Line
}

// missing reports whether token i stands where the value of the key or item
// before it should.
func missing(tokens token.Tokens, i int) bool {
	last, t := tokens[i-1], tokens[i]
	if last.Type != token.MappingValueType && last.Type != token.SequenceEntryType {
		return false
	}
	switch t.Type {
	case token.CollectEntryType, token.MappingEndType, token.SequenceEndType:
		return true
	}
	if t.Position.Line == last.Position.Line {
		return false
	}
	column := last.Position.Column
	if last.Type == token.MappingValueType && i > 1 {
		column = tokens[i-2].Position.Column // the key's
		if t.Type == token.SequenceEntryType && t.Position.Column == column {
			return false // a list may stand as far left as its key
		}
	}
	return t.Position.Column <= column
}
