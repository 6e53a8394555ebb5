package foreign

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxNesting bounds how deep lists and tables may lie in each other.
const maxNesting = 32

// tomlReader reads TOML: tables, lists of tables, strings of all four sorts,
// numbers, booleans, lists and tables in braces. Dates are kept as text.
type tomlReader struct {
	file string
	src  string
	at   int
	line int
	deep int
}

func readTOML(file string, data []byte) (*value, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%s: this is not UTF-8", file)
	}
	r := &tomlReader{file: file, src: strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n"), line: 1}
	root := &value{line: 1, kind: isTable}
	table := root
	for {
		r.blank(true)
		if r.at == len(r.src) {
			return root, nil
		}
		var err error
		if r.peek() == '[' {
			table, err = r.header(root)
		} else {
			err = r.pair(table)
		}
		if err == nil {
			err = r.end()
		}
		if err != nil {
			return nil, err
		}
	}
}

func (r *tomlReader) fail(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", r.file, r.line, fmt.Sprintf(format, args...))
}

func (r *tomlReader) peek() byte {
	if r.at < len(r.src) {
		return r.src[r.at]
	}
	return 0
}

// blank skips spaces and, with lines, comments and ends of lines.
func (r *tomlReader) blank(lines bool) {
	for r.at < len(r.src) {
		switch c := r.src[r.at]; {
		case c == ' ' || c == '\t':
			r.at++
		case c == '\n' && lines:
			r.at++
			r.line++
		case c == '#' && lines:
			for r.at < len(r.src) && r.src[r.at] != '\n' {
				r.at++
			}
		default:
			return
		}
	}
}

// end wants nothing but a comment up to the end of the line.
func (r *tomlReader) end() error {
	r.blank(false)
	if c := r.peek(); r.at < len(r.src) && c != '\n' && c != '#' {
		return r.fail("want the end of the line, not %q", rest(r.src[r.at:]))
	}
	return nil
}

func rest(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > 30 {
		s = strings.ToValidUTF8(s[:30], "") + "…"
	}
	return s
}

// header reads [a.b] or [[a.b]] and returns the table that follows.
func (r *tomlReader) header(root *value) (*value, error) {
	line := r.line
	double := strings.HasPrefix(r.src[r.at:], "[[")
	r.at++
	if double {
		r.at++
	}
	keys, err := r.key()
	if err != nil {
		return nil, err
	}
	closing := "]"
	if double {
		closing = "]]"
	}
	if !strings.HasPrefix(r.src[r.at:], closing) {
		return nil, r.fail("want %s behind the table's name", closing)
	}
	r.at += len(closing)
	t := root
	for i, k := range keys {
		next := t.keys[k]
		last := i == len(keys)-1
		switch {
		case next == nil && last && double:
			next = &value{line: line, kind: isList}
			t.set(k, next)
		case next == nil:
			next = &value{line: line, kind: isTable}
			t.set(k, next)
		}
		if last && double {
			if next.kind != isList || next.inner {
				return nil, r.fail("%q is no list of tables", k)
			}
			one := &value{line: line, kind: isTable}
			next.list = append(next.list, one)
			return one, nil
		}
		if next.kind == isList && len(next.list) > 0 {
			next = next.list[len(next.list)-1]
		}
		if next.kind != isTable || next.inner {
			return nil, r.fail("%q is no table", k)
		}
		t = next
	}
	return t, nil
}

// key reads a.b."c d" up to what follows.
func (r *tomlReader) key() ([]string, error) {
	var keys []string
	for {
		r.blank(false)
		var k string
		if c := r.peek(); c == '"' || c == '\'' {
			v, err := r.text()
			if err != nil {
				return nil, err
			}
			k = v.text
		} else {
			begin := r.at
			for r.at < len(r.src) && isBare(r.src[r.at]) {
				r.at++
			}
			if k = r.src[begin:r.at]; k == "" {
				return nil, r.fail("want a key, not %q", rest(r.src[r.at:]))
			}
		}
		keys = append(keys, k)
		r.blank(false)
		if r.peek() != '.' || len(keys) > maxNesting {
			return keys, nil
		}
		r.at++
	}
}

func isBare(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// pair reads key = value into a table.
func (r *tomlReader) pair(t *value) error {
	keys, err := r.key()
	if err != nil {
		return err
	}
	if r.peek() != '=' {
		return r.fail("want = behind %q", strings.Join(keys, "."))
	}
	r.at++
	for _, k := range keys[:len(keys)-1] {
		if t.keys[k] == nil {
			t.set(k, &value{line: r.line, kind: isTable})
		}
		if t = t.keys[k]; t.kind != isTable || t.inner {
			return r.fail("%q is no table", k)
		}
	}
	last := keys[len(keys)-1]
	if t.has(last) {
		return r.fail("%q is written twice, first on line %d", last, t.get(last).line)
	}
	v, err := r.value()
	if err != nil {
		return err
	}
	t.set(last, v)
	return nil
}

func (r *tomlReader) value() (*value, error) {
	r.blank(false)
	if r.deep++; r.deep > maxNesting {
		return nil, r.fail("this is nested too deeply")
	}
	defer func() { r.deep-- }()
	switch c := r.peek(); {
	case c == '"' || c == '\'':
		return r.text()
	case c == '[':
		return r.list()
	case c == '{':
		return r.braces()
	}
	v := &value{line: r.line}
	begin := r.at
	for r.at < len(r.src) && !strings.ContainsRune(",]}#\n", rune(r.src[r.at])) {
		r.at++
	}
	v.text = strings.TrimSpace(r.src[begin:r.at])
	plain := strings.ReplaceAll(v.text, "_", "")
	if v.text == "true" || v.text == "false" {
		v.kind = isBool
		return v, nil
	}
	if n, err := strconv.ParseInt(plain, 0, 64); err == nil {
		v.kind, v.text = isNumber, strconv.FormatInt(n, 10)
		return v, nil
	}
	if _, err := strconv.ParseFloat(plain, 64); err == nil {
		v.kind, v.text = isNumber, plain
		return v, nil
	}
	if v.text == "" || v.text[0] < '0' || v.text[0] > '9' || strings.Trim(v.text, "0123456789-:.TZtz+ ") != "" {
		return nil, r.fail("want a value, not %q", rest(r.src[begin:]))
	}
	v.kind = isOther
	return v, nil
}

func (r *tomlReader) list() (*value, error) {
	v := &value{line: r.line, kind: isList, inner: true}
	r.at++
	for {
		r.blank(true)
		if r.peek() == ']' {
			r.at++
			return v, nil
		}
		x, err := r.value()
		if err != nil {
			return nil, err
		}
		v.list = append(v.list, x)
		r.blank(true)
		switch r.peek() {
		case ',':
			r.at++
		case ']':
		default:
			return nil, r.fail("want , or ] in the list that begins on line %d", v.line)
		}
	}
}

func (r *tomlReader) braces() (*value, error) {
	v := &value{line: r.line, kind: isTable}
	r.at++
	for {
		r.blank(true) // TOML 1.1 allows lines in between
		if r.peek() == '}' {
			r.at++
			v.inner = true
			return v, nil
		}
		if err := r.pair(v); err != nil {
			return nil, err
		}
		r.blank(true)
		switch r.peek() {
		case ',':
			r.at++
		case '}':
		default:
			return nil, r.fail("want , or } in the table that begins on line %d", v.line)
		}
	}
}

// text reads a string of any of the four sorts.
func (r *tomlReader) text() (*value, error) {
	v := &value{line: r.line, kind: isText}
	quote := r.src[r.at : r.at+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(r.src[r.at:], triple) {
		quote = triple
	}
	r.at += len(quote)
	if len(quote) == 3 && r.peek() == '\n' {
		r.at++
		r.line++
	}
	var b strings.Builder
	for !strings.HasPrefix(r.src[r.at:], quote) {
		if r.at == len(r.src) || len(quote) == 1 && r.peek() == '\n' {
			return nil, r.fail("the string that begins on line %d does not end", v.line)
		}
		c := r.src[r.at]
		r.at++
		if c == '\n' {
			r.line++
		}
		if c != '\\' || quote[0] == '\'' {
			b.WriteByte(c)
			continue
		}
		if err := r.escape(&b); err != nil {
			return nil, err
		}
	}
	r.at += len(quote)
	v.text = b.String()
	return v, nil
}

func (r *tomlReader) escape(b *strings.Builder) error {
	c := r.peek()
	r.at++
	switch c {
	case 'b', 't', 'n', 'f', 'r', 'e', '"', '\\':
		b.WriteByte(map[byte]byte{'b': '\b', 't': '\t', 'n': '\n', 'f': '\f', 'r': '\r', 'e': 0x1B, '"': '"', '\\': '\\'}[c])
	case 'u', 'U':
		n := map[byte]int{'u': 4, 'U': 8}[c]
		code, err := strconv.ParseUint(r.src[r.at:min(r.at+n, len(r.src))], 16, 32)
		if err != nil || !utf8.ValidRune(rune(code)) {
			return r.fail("\\%c wants %d hexadecimal digits", c, n)
		}
		b.WriteRune(rune(code))
		r.at += n
	case '\n', ' ', '\t': // a line that goes on
		r.at--
		for r.at < len(r.src) && strings.ContainsRune(" \t\n", rune(r.src[r.at])) {
			if r.src[r.at] == '\n' {
				r.line++
			}
			r.at++
		}
	default:
		return r.fail("there is no escape \\%c", c)
	}
	return nil
}
