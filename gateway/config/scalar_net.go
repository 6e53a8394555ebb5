package config

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// path is a file, relative to the site file's folder.
type path struct {
	mark
	v string
}

func (t *path) decode(p *problems, n ast.Node, r rules) { t.take(p, n, r, t.parse) }

func (t *path) parse(l literal, _ rules) (string, string) {
	problem, want := plain(l, "want the path of a file")
	t.v = l.text
	return problem, want
}

// in returns the path seen from dir, or "" when none was written.
func (t *path) in(dir string) string {
	if !t.set || filepath.IsAbs(t.v) {
		return t.v
	}
	return filepath.Join(dir, t.v)
}

// listen is an address to listen on.
type listen struct {
	mark
	v string
}

func (t *listen) decode(p *problems, n ast.Node, r rules) { t.take(p, n, r, t.parse) }

func (t *listen) parse(l literal, _ rules) (string, string) {
	if _, _, ok := hostPort(l.text, 0); !ok {
		return fmt.Sprintf("is %q", cut(l.text)), "want host:port such as 127.0.0.1:8080"
	}
	t.v = l.text
	return "", ""
}

func (t *listen) fill(a at, s string, r rules) { t.preset(a, s, formPlain, r, t.parse) }

// hostPort splits host:port; the port is a number of at least lowest.
func hostPort(s string, lowest int) (host, port string, ok bool) {
	host, port, err := net.SplitHostPort(s)
	if err != nil || strings.ContainsAny(host, " \t/@?#") || len(s) > 300 {
		return "", "", false
	}
	n, err := strconv.Atoi(port)
	return host, port, err == nil && n >= lowest && n <= 65535 && port[0] != '+'
}

// address is a URL whose parts are for the resolver to check. It may hold no
// password.
type address struct {
	mark
	v *url.URL
}

func (t *address) decode(p *problems, n ast.Node, r rules) { t.take(p, n, r, t.parse) }

func (t *address) parse(l literal, r rules) (string, string) {
	if problem, want := plain(l, "want a URL"); problem != "" {
		return problem, want
	}
	// From here on nothing of the URL may be repeated before it is known
	// that no password is in it.
	if strings.ContainsAny(l.text, "@?") {
		return "holds a user, password or query, where secrets must not be", "write them under keys of their own"
	}
	u, err := url.Parse(l.text)
	if err != nil || u.Scheme == "" || (u.Host == "" && u.Path == "") {
		return fmt.Sprintf("is %q", cut(l.text)), "want a URL such as " + r.example
	}
	if u.Fragment != "" {
		return "holds a fragment", "want a URL such as " + r.example
	}
	t.v = u
	return "", ""
}

// zone is a time zone by its name in the tz database.
type zone struct {
	mark
	v *time.Location
}

func (t *zone) decode(p *problems, n ast.Node, r rules) { t.take(p, n, r, t.parse) }

func (t *zone) parse(l literal, _ rules) (string, string) {
	loc, err := time.LoadLocation(l.text)
	if l.text == "" || l.text == "Local" || err != nil {
		return fmt.Sprintf("is %q", cut(l.text)), "want a time zone such as Asia/Shanghai or UTC"
	}
	t.v = loc
	return "", ""
}

// filter is an MQTT topic filter; {device} may stand in it.
type filter struct {
	mark
	v string
}

func (t *filter) decode(p *problems, n ast.Node, r rules) { t.take(p, n, r, t.parse) }

func (t *filter) parse(l literal, _ rules) (string, string) {
	if problem, want := plain(l, "want an MQTT topic"); problem != "" {
		return problem, want
	}
	levels := strings.Split(l.text, "/")
	for i, level := range levels {
		if strings.Contains(level, "#") && (level != "#" || i != len(levels)-1) {
			return fmt.Sprintf("is %q", cut(l.text)), "'#' stands alone and only at the end, as in a/b/#"
		}
		if strings.Contains(level, "+") && level != "+" {
			return fmt.Sprintf("is %q", cut(l.text)), "'+' stands alone between slashes, as in a/+/b"
		}
	}
	t.v = l.text
	return "", ""
}

// jsonPath is a gjson path to one place of a payload.
type jsonPath struct {
	mark
	v string
}

func (t *jsonPath) decode(p *problems, n ast.Node, r rules) { t.take(p, n, r, t.parse) }

func (t *jsonPath) parse(l literal, _ rules) (string, string) {
	const form = "want names joined by dots, as in object.battery or list.0.value"
	if problem, want := plain(l, form); problem != "" {
		return problem, want
	}
	if problem := pathProblem(l.text); problem != "" {
		return fmt.Sprintf("is %q: %s", cut(l.text), problem), form
	}
	t.v = l.text
	return "", ""
}

// pathProblem finds what gjson would take silently and answer with nothing,
// or with something that the payload does not hold.
func pathProblem(s string) string {
	depth, quoted, start := 0, false, true
	for i := 0; i < len(s); i++ {
		c := s[i]
		first := start
		start = false
		switch {
		case c == '\\':
			i++
			if i == len(s) {
				return "it ends with a backslash"
			}
		case quoted:
			quoted = c != '"'
		case c == '"' && depth > 0:
			quoted = true
		case first && strings.IndexByte("@!{[", c) >= 0:
			return fmt.Sprintf("modifiers, literals and multipaths (%c…) are not used here", c)
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && (c == '.' || c == '|'):
			if first {
				return "a part of it is empty"
			}
			start = true
		}
		if depth < 0 || depth > 4 {
			return "its brackets do not match"
		}
	}
	switch {
	case depth != 0 || quoted:
		return "its brackets or quotes do not match"
	case start:
		return "it ends with a dot"
	}
	return ""
}

// raw is a scalar of any type, as it was written.
type raw struct {
	mark
	l literal
}

func (t *raw) decode(p *problems, n ast.Node, r rules) {
	t.take(p, n, r, func(l literal, _ rules) (string, string) {
		if l.text != "" && l.form != formBool {
			if problem, want := plain(l, "want a single value"); problem != "" {
				return problem, want
			}
		}
		t.l = l
		return "", ""
	})
}

// pairs is an enum: raw values to names, in the order written.
type pairs struct {
	mark
	list []pair
}

type pair struct{ key, value literal }

func (t *pairs) decode(p *problems, n ast.Node, r rules) {
	entries, ok := entriesOf(n)
	if !ok || len(entries) == 0 {
		p.add(nodeAt(n), "want {RAW: name, …}", "%q is not a mapping of raw values", r.name)
		return
	}
	t.at, t.set = nodeAt(n), true
	seen := map[string]bool{}
	for _, e := range entries {
		k, ok := keyOf(p, e.Key)
		if !ok {
			continue
		}
		v, ok := literalOf(p, e.Value, k.text)
		if !ok {
			continue
		}
		if seen[k.text] {
			p.add(k.at, "keep one of them", "raw value %q is written twice", cut(k.text))
			continue
		}
		seen[k.text] = true
		t.list = append(t.list, pair{k, v})
	}
}
