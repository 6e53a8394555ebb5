package strict

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"steward/gateway"
)

// Mark is embedded in every leaf: where it stands, and whether it was
// written (and readable) or is a default.
type Mark struct {
	At  At
	Set bool
}

// Take reads a scalar from a node through parse, which says what is wrong
// with it (empty: nothing) and what would be right.
func (m *Mark) Take(p *Problems, n Node, r Tags, parse func(Literal, Tags) (problem, want string)) {
	m.At = Start(n)
	l, ok := LiteralOf(p, n, r.Name)
	if !ok {
		return
	}
	problem, want := parse(l, r)
	if problem != "" {
		p.Add(l.At, want, "%q %s", r.Name, problem)
		return
	}
	m.Set = true
}

// Default takes a default, which is right by construction (a test reads all).
func (m *Mark) Default(a At, text string, f Form, r Tags, parse func(Literal, Tags) (problem, want string)) {
	m.At = a
	parse(Literal{At: a, Text: text, Form: f}, r)
}

const maxText = 1024 // bytes of any text in a file

// OneLine checks what every text must keep to. Control characters would break
// the one-line formats that texts end up in.
func OneLine(l Literal, want string) (string, string) {
	switch {
	case l.Form == FormBool:
		return "is true or false, which YAML does not read as text", fmt.Sprintf("write %q in quotes", l.Text)
	case l.Text == "":
		return "is empty", want
	case len(l.Text) > maxText:
		return fmt.Sprintf("is %d bytes long", len(l.Text)), fmt.Sprintf("want at most %d", maxText)
	case envMark.MatchString(l.Text):
		return "holds ${env:…}, which is for secrets only", "write the text itself"
	case strings.ContainsFunc(l.Text, unicode.IsControl):
		return "has control characters or more than one line", want
	}
	return "", ""
}

// Text is any text of one line; with an enum, one of a few.
type Text struct {
	Mark
	V string
}

// Decode implements Leaf.
func (t *Text) Decode(p *Problems, n Node, r Tags) {
	t.Take(p, n, r, func(l Literal, r Tags) (string, string) {
		if r.Enum == "" {
			return t.parse(l, r)
		}
		options := strings.Split(r.Enum, ",")
		for _, o := range options {
			if o == l.Text {
				return t.parse(l, r)
			}
		}
		return fmt.Sprintf("is %q", Cut(l.Text)), p.Suggest(l.Text, "values", options)
	})
}

func (t *Text) parse(l Literal, _ Tags) (string, string) {
	if problem, want := OneLine(l, "want a text"); problem != "" {
		return problem, want
	}
	t.V = l.Text
	return "", ""
}

// Fill implements Preset.
func (t *Text) Fill(a At, s string, r Tags) { t.Default(a, s, FormQuoted, r, t.parse) }

// Cut shortens what a message repeats.
func Cut(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// IDPattern is gateway.AssetID's; every id of a file keeps to it.
const IDPattern = `^[a-z0-9][a-z0-9._-]{0,63}$`

var idRE = regexp.MustCompile(IDPattern)

// IsID reports whether s is an id.
func IsID(s string) bool { return idRE.MatchString(s) }

// Ident is an id, or a reference to one.
type Ident struct {
	Mark
	V string
}

// Decode implements Leaf.
func (t *Ident) Decode(p *Problems, n Node, r Tags) { t.Take(p, n, r, t.parse) }

func (t *Ident) parse(l Literal, _ Tags) (string, string) {
	if l.Form == FormBool || !idRE.MatchString(l.Text) {
		return fmt.Sprintf("is %q", Cut(l.Text)), "want lower-case letters, digits, '-', '_' and '.', at most 64, a letter or digit first"
	}
	t.V = l.Text
	return "", ""
}

// Fill implements Preset.
func (t *Ident) Fill(a At, s string, r Tags) { t.Default(a, s, FormQuoted, r, t.parse) }

// Secret is ${env:NAME}: the value itself never stands in a file, and never
// in a message.
type Secret struct {
	Mark
	Env string // the variable's name
}

// Decode implements Leaf.
func (t *Secret) Decode(p *Problems, n Node, r Tags) { t.Take(p, n, r, t.parse) }

func (t *Secret) parse(l Literal, r Tags) (string, string) {
	m := envMark.FindStringSubmatch(l.Text)
	if m == nil || m[0] != l.Text {
		return "stands in the file itself, where secrets must not be", fmt.Sprintf("write ${env:NAME}, or %s_file: PATH", r.Name)
	}
	t.Env = m[1]
	return "", ""
}

// Names is a text for people: {zh: …, en: …}, or one text for both.
type Names struct {
	Mark
	V gateway.Text
}

// Decode implements Leaf.
func (t *Names) Decode(p *Problems, n Node, r Tags) {
	if _, ok := Entries(n); !ok {
		t.Take(p, n, r, func(l Literal, _ Tags) (string, string) {
			problem, want := OneLine(l, "want a name, or {zh: …, en: …}")
			if problem == "" {
				t.V = gateway.Text{ZH: l.Text, EN: l.Text}
			}
			return problem, want
		})
		return
	}
	var both struct {
		Block
		ZH Text `yaml:"zh" doc:"the Chinese name"`
		EN Text `yaml:"en" doc:"the English name"`
	}
	Decode(p, n, &both)
	t.At = Start(n)
	if !both.ZH.Set && !both.EN.Set && len(both.keys) == 0 {
		p.Add(t.At, "want {zh: …, en: …}", "%q is empty", r.Name)
		return
	}
	t.V, t.Set = gateway.Text{ZH: both.ZH.V, EN: both.EN.V}, true
	if t.V.ZH == "" {
		t.V.ZH = t.V.EN
	}
	if t.V.EN == "" {
		t.V.EN = t.V.ZH
	}
}

// Or returns the names, or the id for both languages when none were written.
func (t *Names) Or(id string) gateway.Text {
	if t.Set {
		return t.V
	}
	return gateway.Text{ZH: id, EN: id}
}

// Raw is a scalar of any type, as it was written.
type Raw struct {
	Mark
	L Literal
}

// Decode implements Leaf.
func (t *Raw) Decode(p *Problems, n Node, r Tags) {
	t.Take(p, n, r, func(l Literal, _ Tags) (string, string) {
		if l.Text != "" && l.Form != FormBool {
			if problem, want := OneLine(l, "want a single value"); problem != "" {
				return problem, want
			}
		}
		t.L = l
		return "", ""
	})
}
