package strict

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// wide are the marks of YAML as a Chinese input method writes them: what they
// are called, and what to write. YAML takes them for letters.
var wide = map[rune][2]string{
	'：': {"colon", ":"}, '，': {"comma", ","}, '｛': {"brace", "{"}, '｝': {"brace", "}"}, '［': {"bracket", "["}, '］': {"bracket", "]"},
	'【': {"bracket", "["}, '】': {"bracket", "]"}, '“': {"quote", `"`}, '”': {"quote", `"`}, '‘': {"quote", "'"}, '’': {"quote", "'"},
	'＂': {"quote", `"`}, '＃': {"number sign", "#"}, '－': {"hyphen", "-"}, '\u3000': {"space", " "},
}

// wideAt finds the full-width mark nearest to a line, at most one line away,
// outside of quotes and comments; line 0 takes the first of the file.
func wideAt(src string, line int) (r rune, at At, ok bool) {
	best := 2
	now, before := At{1, 0}, ' '
	var quote rune
	comment := false
	for _, c := range src {
		now.Column++
		switch {
		case c == '\n':
			now, quote, comment = At{now.Line + 1, 0}, 0, false
		case comment:
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && strings.ContainsRune(" \t:,[{", before):
			quote = c
		case c == '#' && (before == ' ' || before == '\n'):
			comment = true
		default:
			far := max(now.Line-line, line-now.Line)
			if line == 0 {
				far = 0
			}
			if isWide(c) && far < best {
				best, r, at, ok = far, c, now, true
			}
		}
		before = c
	}
	return r, at, ok
}

// wideIn notes a full-width mark in a text without quotes that stands where a
// key or a mapping should; false: there is none.
func wideIn(p *Problems, text string, a At) bool {
	i := strings.IndexFunc(text, isWide)
	if i < 0 {
		return false
	}
	c, _ := utf8.DecodeRuneInString(text[i:])
	noteWide(p, c, At{a.Line, a.Column + utf8.RuneCountInString(text[:i])})
	return true
}

func isWide(c rune) bool { _, ok := wide[c]; return ok }

func noteWide(p *Problems, c rune, a At) {
	w := wide[c]
	p.Add(a, fmt.Sprintf("write %q", w[1]), `"%c" is a full-width %s`, c, w[0])
}

// comma notes the decimal comma in {scale: 0,1}, which YAML reads as a key 1
// without a value behind scale: 0; false: this is none.
func comma(p *Problems, key Literal, before, e *ast.MappingValueNode) bool {
	if before == nil || key.Form != FormInt {
		return false
	}
	whole, number := before.Value.(*ast.IntegerNode)
	_, empty := e.Value.(*ast.NullNode)
	if !number || !empty {
		return false
	}
	p.Add(key.At, fmt.Sprintf("write a decimal point: %s.%s", whole.Token.Value, key.Text), "%s,%s is two values here", whole.Token.Value, key.Text)
	return true
}
