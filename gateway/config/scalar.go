package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"steward/gateway"
)

// mark is embedded in every leaf: where it stands, and whether it was
// written (and readable) or is a default.
type mark struct {
	at  at
	set bool
}

// take reads a scalar from a node through parse, which says what is wrong
// with it (empty: nothing) and what would be right.
func (m *mark) take(p *problems, n ast.Node, r rules, parse func(literal, rules) (problem, want string)) {
	m.at = nodeAt(n)
	l, ok := literalOf(p, n, r.name)
	if !ok {
		return
	}
	problem, want := parse(l, r)
	if problem != "" {
		p.add(l.at, want, "%q %s", r.name, problem)
		return
	}
	m.set = true
}

// preset takes a default, which is right by construction (a test reads all).
func (m *mark) preset(a at, text string, f form, r rules, parse func(literal, rules) (problem, want string)) {
	m.at = a
	parse(literal{at: a, text: text, form: f}, r)
}

const maxText = 1024 // bytes of any text in a file

// plain checks what every text must keep to. Control characters would break
// the one-line formats that texts end up in.
func plain(l literal, want string) (string, string) {
	switch {
	case l.form == formBool:
		return "is true or false, which YAML does not read as text", fmt.Sprintf("write %q in quotes", l.text)
	case l.text == "":
		return "is empty", want
	case len(l.text) > maxText:
		return fmt.Sprintf("is %d bytes long", len(l.text)), fmt.Sprintf("want at most %d", maxText)
	case envMark.MatchString(l.text):
		return "holds ${env:…}, which is for secrets only", "write the text itself"
	case strings.ContainsFunc(l.text, unicode.IsControl):
		return "has control characters or more than one line", want
	}
	return "", ""
}

// text is any text of one line; with an enum, one of a few.
type text struct {
	mark
	v string
}

func (t *text) decode(p *problems, n ast.Node, r rules) {
	t.take(p, n, r, func(l literal, r rules) (string, string) {
		if r.enum == "" {
			return t.parse(l, r)
		}
		options := strings.Split(r.enum, ",")
		for _, o := range options {
			if o == l.text {
				return t.parse(l, r)
			}
		}
		return fmt.Sprintf("is %q", cut(l.text)), p.suggest(l.text, "values", options)
	})
}

func (t *text) parse(l literal, _ rules) (string, string) {
	if problem, want := plain(l, "want a text"); problem != "" {
		return problem, want
	}
	t.v = l.text
	return "", ""
}

func (t *text) fill(a at, s string, r rules) { t.preset(a, s, formQuoted, r, t.parse) }

// cut shortens what a message repeats.
func cut(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// idPattern is gateway.AssetID's; every id of a file keeps to it.
const idPattern = `^[a-z0-9][a-z0-9._-]{0,63}$`

var idRE = regexp.MustCompile(idPattern)

// ident is an id, or a reference to one.
type ident struct {
	mark
	v string
}

func (t *ident) decode(p *problems, n ast.Node, r rules) { t.take(p, n, r, t.parse) }

func (t *ident) parse(l literal, _ rules) (string, string) {
	if l.form == formBool || !idRE.MatchString(l.text) {
		return fmt.Sprintf("is %q", cut(l.text)), "want lower-case letters, digits, '-', '_' and '.', at most 64, a letter or digit first"
	}
	t.v = l.text
	return "", ""
}

func (t *ident) fill(a at, s string, r rules) { t.preset(a, s, formQuoted, r, t.parse) }

// integer is a whole number, decimal or 0x….
type integer struct {
	mark
	v int
}

func (t *integer) decode(p *problems, n ast.Node, r rules) { t.take(p, n, r, t.parse) }

func (t *integer) parse(l literal, r rules) (string, string) {
	i, err := strconv.ParseInt(l.text, 0, 64)
	if l.form != formInt || err != nil {
		return fmt.Sprintf("is %q", cut(l.text)), "want a whole number" + span(r)
	}
	if lo, err := strconv.ParseInt(r.min, 10, 64); err == nil && i < lo {
		return "is " + l.text, "want a whole number" + span(r)
	}
	if hi, err := strconv.ParseInt(r.max, 10, 64); err == nil && i > hi {
		return "is " + l.text, "want a whole number" + span(r)
	}
	t.v = int(i)
	return "", ""
}

func (t *integer) fill(a at, s string, r rules) { t.preset(a, s, formInt, r, t.parse) }

// span writes a field's bounds.
func span(r rules) string {
	switch {
	case r.min != "" && r.max != "":
		return " from " + r.min + " to " + r.max
	case r.min != "":
		return " of at least " + r.min
	case r.max != "":
		return " of at most " + r.max
	}
	return ""
}

// number is a finite number.
type number struct {
	mark
	v float64
}

func (t *number) decode(p *problems, n ast.Node, r rules) { t.take(p, n, r, t.parse) }

func (t *number) parse(l literal, _ rules) (string, string) {
	f, ok := floatOf(l)
	if !ok {
		return fmt.Sprintf("is %q", cut(l.text)), "want a number"
	}
	t.v = f
	return "", ""
}

func (t *number) fill(a at, s string, r rules) { t.preset(a, s, formFloat, r, t.parse) }

// ptr returns the number, nil when it was not written.
func (t *number) ptr() *float64 {
	if !t.set {
		return nil
	}
	v := t.v
	return &v
}

func floatOf(l literal) (float64, bool) {
	switch l.form {
	case formInt:
		if i, err := strconv.ParseInt(l.text, 0, 64); err == nil {
			return float64(i), true
		}
	case formFloat:
	default:
		return 0, false
	}
	f, err := strconv.ParseFloat(l.text, 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// toggle is true or false.
type toggle struct {
	mark
	v bool
}

func (t *toggle) decode(p *problems, n ast.Node, r rules) { t.take(p, n, r, t.parse) }

func (t *toggle) parse(l literal, _ rules) (string, string) {
	if l.form != formBool {
		return fmt.Sprintf("is %q", cut(l.text)), "want true or false"
	}
	t.v = l.text == "true"
	return "", ""
}

func (t *toggle) fill(a at, s string, r rules) { t.preset(a, s, formBool, r, t.parse) }

// duration is a Go duration, or days: 400d, 1d12h.
type duration struct {
	mark
	v time.Duration
}

func (t *duration) decode(p *problems, n ast.Node, r rules) { t.take(p, n, r, t.parse) }

func (t *duration) parse(l literal, r rules) (string, string) {
	d, err := durationOf(l.text)
	if err != nil {
		if l.form == formInt {
			return fmt.Sprintf("is %s without a unit", l.text), fmt.Sprintf("want a duration such as %ss", l.text)
		}
		return fmt.Sprintf("is %q", cut(l.text)), "want a duration such as 500ms, 5s, 2m, 12h or 14d"
	}
	if lo, err := durationOf(r.min); err == nil && d < lo {
		return "is " + l.text, "want a duration" + span(r)
	}
	if hi, err := durationOf(r.max); err == nil && d > hi {
		return "is " + l.text, "want a duration" + span(r)
	}
	t.v = d
	return "", ""
}

func (t *duration) fill(a at, s string, r rules) { t.preset(a, s, formPlain, r, t.parse) }

var days = regexp.MustCompile(`^([0-9]{1,5})d(.*)$`)

func durationOf(s string) (time.Duration, error) {
	m := days.FindStringSubmatch(s)
	if m == nil {
		return time.ParseDuration(s)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0, err
	}
	d := time.Duration(n) * 24 * time.Hour
	if m[2] == "" {
		return d, nil
	}
	rest, err := time.ParseDuration(m[2])
	if err == nil && rest < 0 {
		err = fmt.Errorf("negative part in %q", s)
	}
	return d + rest, err
}

// size is a number of bytes with its unit.
type size struct {
	mark
	v int64
}

func (t *size) decode(p *problems, n ast.Node, r rules) { t.take(p, n, r, t.parse) }

func (t *size) parse(l literal, r rules) (string, string) {
	const form = "want a size such as 512MiB or 2GiB"
	b, ok := sizeOf(l.text)
	if !ok {
		return fmt.Sprintf("is %q", cut(l.text)), form
	}
	if lo, ok := sizeOf(r.min); ok && b < lo {
		return "is " + l.text, "want a size" + span(r)
	}
	if hi, ok := sizeOf(r.max); ok && b > hi {
		return "is " + l.text, "want a size" + span(r)
	}
	t.v = b
	return "", ""
}

func (t *size) fill(a at, s string, r rules) { t.preset(a, s, formPlain, r, t.parse) }

const sizePattern = `^[0-9]{1,9}(\.[0-9]{1,3})?(B|kB|KiB|MB|MiB|GB|GiB|TB|TiB)$`

var sizeRE = regexp.MustCompile(sizePattern)

func sizeOf(s string) (int64, bool) {
	if !sizeRE.MatchString(s) {
		return 0, false
	}
	i := strings.IndexFunc(s, unicode.IsLetter)
	n, err := strconv.ParseFloat(s[:i], 64)
	if err != nil {
		return 0, false
	}
	unit := map[string]float64{
		"B": 1, "kB": 1e3, "KiB": 1 << 10, "MB": 1e6, "MiB": 1 << 20,
		"GB": 1e9, "GiB": 1 << 30, "TB": 1e12, "TiB": 1 << 40,
	}[s[i:]]
	b := n * unit
	return int64(b), b < math.MaxInt64/2
}

// secret is ${env:NAME}: the value itself never stands in a file, and never
// in a message.
type secret struct {
	mark
	env string
}

func (t *secret) decode(p *problems, n ast.Node, r rules) { t.take(p, n, r, t.parse) }

func (t *secret) parse(l literal, r rules) (string, string) {
	m := envMark.FindStringSubmatch(l.text)
	if m == nil || m[0] != l.text {
		return "stands in the file itself, where secrets must not be", fmt.Sprintf("write ${env:NAME}, or %s_file: PATH", r.name)
	}
	t.env = m[1]
	return "", ""
}

// names is a text for people: {zh: …, en: …}, or one text for both.
type names struct {
	mark
	v gateway.Text
}

func (t *names) decode(p *problems, n ast.Node, r rules) {
	if _, ok := entriesOf(n); !ok {
		t.take(p, n, r, func(l literal, _ rules) (string, string) {
			problem, want := plain(l, "want a name, or {zh: …, en: …}")
			if problem == "" {
				t.v = gateway.Text{ZH: l.text, EN: l.text}
			}
			return problem, want
		})
		return
	}
	var both struct {
		block
		ZH text `yaml:"zh" doc:"the Chinese name"`
		EN text `yaml:"en" doc:"the English name"`
	}
	decodeInto(p, n, &both)
	t.at = nodeAt(n)
	if !both.ZH.set && !both.EN.set && len(both.keys) == 0 {
		p.add(t.at, "want {zh: …, en: …}", "%q is empty", r.name)
		return
	}
	t.v, t.set = gateway.Text{ZH: both.ZH.v, EN: both.EN.v}, true
	if t.v.ZH == "" {
		t.v.ZH = t.v.EN
	}
	if t.v.EN == "" {
		t.v.EN = t.v.ZH
	}
}

// or returns the names, or the id for both languages when none were written.
func (t *names) or(id string) gateway.Text {
	if t.set {
		return t.v
	}
	return gateway.Text{ZH: id, EN: id}
}
