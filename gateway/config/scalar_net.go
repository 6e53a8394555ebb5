package config

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"steward/gateway/strict"
)

// path is a file, relative to the site file's folder.
type path struct {
	strict.Mark
	V string
}

func (t *path) Decode(p *strict.Problems, n strict.Node, r strict.Tags) { t.Take(p, n, r, t.parse) }

func (t *path) parse(l strict.Literal, _ strict.Tags) (string, string) {
	problem, want := strict.OneLine(l, "want the path of a file")
	t.V = l.Text
	return problem, want
}

// in returns the path seen from dir, or "" when none was written.
func (t *path) in(dir string) string {
	if !t.Set || filepath.IsAbs(t.V) {
		return t.V
	}
	return filepath.Join(dir, t.V)
}

// listen is an address to listen on.
type listen struct {
	strict.Mark
	V string
}

func (t *listen) Decode(p *strict.Problems, n strict.Node, r strict.Tags) { t.Take(p, n, r, t.parse) }

func (t *listen) parse(l strict.Literal, _ strict.Tags) (string, string) {
	if _, _, ok := hostPort(l.Text, 0); !ok {
		return fmt.Sprintf("is %q", strict.Cut(l.Text)), "want host:port such as 127.0.0.1:8080"
	}
	t.V = l.Text
	return "", ""
}

func (t *listen) Fill(a strict.At, s string, r strict.Tags) {
	t.Default(a, s, strict.FormPlain, r, t.parse)
}

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
	strict.Mark
	V *url.URL
}

func (t *address) Decode(p *strict.Problems, n strict.Node, r strict.Tags) { t.Take(p, n, r, t.parse) }

func (t *address) parse(l strict.Literal, r strict.Tags) (string, string) {
	if problem, want := strict.OneLine(l, "want a URL"); problem != "" {
		return problem, want
	}
	// From here on nothing of the URL may be repeated before it is known
	// that no password is in it.
	if strings.ContainsAny(l.Text, "@?") {
		return "holds a user, password or query, where secrets must not be", "write them under keys of their own"
	}
	u, err := url.Parse(l.Text)
	if err != nil || u.Scheme == "" || (u.Host == "" && u.Path == "") {
		return fmt.Sprintf("is %q", strict.Cut(l.Text)), "want a URL such as " + r.Example
	}
	if u.Fragment != "" {
		return "holds a fragment", "want a URL such as " + r.Example
	}
	t.V = u
	return "", ""
}

// zone is a time zone by its name in the tz database.
type zone struct {
	strict.Mark
	V *time.Location
}

func (t *zone) Decode(p *strict.Problems, n strict.Node, r strict.Tags) { t.Take(p, n, r, t.parse) }

func (t *zone) parse(l strict.Literal, _ strict.Tags) (string, string) {
	loc, err := time.LoadLocation(l.Text)
	if l.Text == "" || l.Text == "Local" || err != nil {
		return fmt.Sprintf("is %q", strict.Cut(l.Text)), "want a time zone such as Asia/Shanghai or UTC"
	}
	t.V = loc
	return "", ""
}

// filter is an MQTT topic filter; {device} may stand in it.
type filter struct {
	strict.Mark
	V string
}

func (t *filter) Decode(p *strict.Problems, n strict.Node, r strict.Tags) { t.Take(p, n, r, t.parse) }

func (t *filter) parse(l strict.Literal, _ strict.Tags) (string, string) {
	if problem, want := strict.OneLine(l, "want an MQTT topic"); problem != "" {
		return problem, want
	}
	levels := strings.Split(l.Text, "/")
	for i, level := range levels {
		if strings.Contains(level, "#") && (level != "#" || i != len(levels)-1) {
			return fmt.Sprintf("is %q", strict.Cut(l.Text)), "'#' stands alone and only at the end, as in a/b/#"
		}
		if strings.Contains(level, "+") && level != "+" {
			return fmt.Sprintf("is %q", strict.Cut(l.Text)), "'+' stands alone between slashes, as in a/+/b"
		}
	}
	t.V = l.Text
	return "", ""
}

// jsonPath is a gjson path to one place of a payload.
type jsonPath struct {
	strict.Mark
	V string
}

func (t *jsonPath) Decode(p *strict.Problems, n strict.Node, r strict.Tags) { t.Take(p, n, r, t.parse) }

func (t *jsonPath) parse(l strict.Literal, _ strict.Tags) (string, string) {
	const form = "want names joined by dots, as in object.battery or list.0.value"
	if problem, want := strict.OneLine(l, form); problem != "" {
		return problem, want
	}
	if problem := pathProblem(l.Text); problem != "" {
		return fmt.Sprintf("is %q: %s", strict.Cut(l.Text), problem), form
	}
	t.V = l.Text
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

// pairs is an enum: raw values to names, in the order written.
type pairs struct {
	strict.Mark
	list []pair
}

type pair struct{ key, value strict.Literal }

func (t *pairs) Decode(p *strict.Problems, n strict.Node, r strict.Tags) {
	entries, ok := strict.Entries(n)
	if !ok || len(entries) == 0 {
		p.Add(strict.Start(n), "want {RAW: name, …}", "%q is not a mapping of raw values", r.Name)
		return
	}
	t.At, t.Set = strict.Start(n), true
	seen := map[string]bool{}
	for _, e := range entries {
		k, ok := strict.KeyOf(p, e.Key)
		if !ok {
			continue
		}
		v, ok := strict.LiteralOf(p, e.Value, k.Text)
		if !ok {
			continue
		}
		if seen[k.Text] {
			p.Add(k.At, "keep one of them", "raw value %q is written twice", strict.Cut(k.Text))
			continue
		}
		seen[k.Text] = true
		t.list = append(t.list, pair{k, v})
	}
}
