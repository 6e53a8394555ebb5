package embedded

import (
	"fmt"
	"strings"
)

// internal returns what the server keeps for itself. MQTT says that a leading
// wildcard never matches a topic that begins with '$'; in the server's own
// words it would, and "publish: [#]" could then delete its streams.
func internal() []string {
	return []string{"$JS.>", "$SYS.>", "$NRG.>", "$KV.>", "$O.>", "$G.>", "_INBOX.>"}
}

// subjects translates MQTT filters to the subjects the server checks. The
// subject of "a/#" does not match "a", so that one comes extra.
func subjects(filters []string) ([]string, error) {
	var out []string
	for _, f := range filters {
		s, err := subject(f)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
		if parent, ok := strings.CutSuffix(f, "/#"); ok && parent != "" {
			s, err := subject(parent)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// subject translates one MQTT filter as the server does: levels are divided
// by '.', '+' is '*', '#' is '>', a dot is "//", and a level that is empty
// lends its '/' to a neighbour so that no token is empty.
func subject(filter string) (string, error) {
	if filter == "" || strings.ContainsAny(filter, " \t\r\n\f\x00\x7f") {
		return "", fmt.Errorf("filter %q: it must not be empty or hold white space", filter)
	}
	if strings.HasPrefix(filter, "$") {
		return "", fmt.Errorf("filter %q: topics that begin with '$' are the broker's own", filter)
	}
	parts := strings.Split(filter, "/")
	var b strings.Builder
	last := len(filter) - 1
	ended := byte(0) // last byte written
	put := func(s string) {
		b.WriteString(s)
		ended = s[len(s)-1]
	}
	i := 0
	for n, p := range parts {
		if strings.ContainsAny(p, "+#") && (len(p) > 1 || (p == "#" && n < len(parts)-1)) {
			return "", fmt.Errorf("filter %q: a wildcard must be a whole level, '#' the last one", filter)
		}
		for j := range len(p) {
			switch c := p[j]; c {
			case '+':
				put("*")
			case '#':
				put(">")
			case '.':
				put("//")
			default:
				put(string([]byte{c}))
			}
		}
		i += len(p)
		if n == len(parts)-1 {
			break
		}
		switch { // the '/' at filter[i]
		case i == 0 || ended == '.':
			put("/.")
		case i == last || filter[i+1] == '/':
			put("./")
		default:
			put(".")
		}
		i++
	}
	if ended == '.' {
		put("/")
	}
	return b.String(), nil
}
