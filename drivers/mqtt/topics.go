package mqtt

import (
	"fmt"
	"slices"
	"strings"
)

// routes finds the mappings of a topic: exact filters by one map look-up,
// wildcards by a walk over the topic's levels.
type routes struct {
	exact map[string][]*mapping
	wild  level
}

type level struct {
	next map[string]*level
	plus *level     // '+'
	here []*mapping // filters that end here
	rest []*mapping // filters that end in '#' here
}

func newRoutes(ms []*mapping) *routes {
	r := &routes{exact: map[string][]*mapping{}}
	for _, m := range ms {
		if !strings.ContainsAny(m.filter, "+#") {
			r.exact[m.filter] = append(r.exact[m.filter], m)
			continue
		}
		r.wild.insert(m, m.filter)
	}
	return r
}

func (l *level) insert(m *mapping, filter string) {
	part, rest, more := strings.Cut(filter, "/")
	if part == "#" {
		l.rest = append(l.rest, m)
		return
	}
	child := l.plus
	if part != "+" {
		child = l.next[part]
	}
	if child == nil {
		child = &level{}
		if part == "+" {
			l.plus = child
		} else {
			if l.next == nil {
				l.next = map[string]*level{}
			}
			l.next[part] = child
		}
	}
	if !more {
		child.here = append(child.here, m)
		return
	}
	child.insert(m, rest)
}

// match appends the mappings of the topic to dst.
func (r *routes) match(topic string, dst []*mapping) []*mapping {
	dst = append(dst, r.exact[topic]...)
	if strings.HasPrefix(topic, "$") { // MQTT 4.7.2: no leading wildcard matches it
		first, rest, more := strings.Cut(topic, "/")
		if child := r.wild.next[first]; child != nil {
			return child.walk(rest, more, dst)
		}
		return dst
	}
	return r.wild.walk(topic, true, dst)
}

// walk matches what is left of the topic; more is false behind its last level.
func (l *level) walk(topic string, more bool, dst []*mapping) []*mapping {
	dst = append(dst, l.rest...) // "a/#" matches "a" too
	if !more {
		return append(dst, l.here...)
	}
	part, rest, more := strings.Cut(topic, "/")
	if child := l.next[part]; child != nil {
		dst = child.walk(rest, more, dst)
	}
	if l.plus != nil {
		dst = l.plus.walk(rest, more, dst)
	}
	return dst
}

// checkFilter says what is wrong with an MQTT topic filter.
func checkFilter(filter string) error {
	switch {
	case filter == "":
		return fmt.Errorf("empty topic filter")
	case len(filter) > 65535:
		return fmt.Errorf("topic filter of %d bytes: at most 65535", len(filter))
	case strings.ContainsRune(filter, 0):
		return fmt.Errorf("topic filter %q holds a zero byte", filter)
	}
	parts := strings.Split(filter, "/")
	for i, p := range parts {
		if p == "#" && i < len(parts)-1 {
			return fmt.Errorf("topic filter %q: '#' must be its last level", filter)
		}
		if len(p) > 1 && strings.ContainsAny(p, "+#") {
			return fmt.Errorf("topic filter %q: a wildcard must be a whole level", filter)
		}
	}
	return nil
}

// topicLevel returns the 1-based level of a topic.
func topicLevel(topic string, n int) (string, bool) {
	for ; n > 1; n-- {
		_, rest, more := strings.Cut(topic, "/")
		if !more {
			return "", false
		}
		topic = rest
	}
	part, _, _ := strings.Cut(topic, "/")
	return part, true
}

// covers reports whether every topic that matches b matches a too.
func covers(a, b string) bool {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	if strings.HasPrefix(b, "$") && (as[0] == "+" || as[0] == "#") {
		return false
	}
	for i, p := range as {
		if p == "#" {
			return true
		}
		if i >= len(bs) || bs[i] == "#" || (bs[i] != p && p != "+") {
			return false
		}
	}
	return len(as) == len(bs)
}

// subscriptions returns the filters to subscribe to, sorted: each once, and
// none that another one covers, because a broker may deliver a message once
// per matching filter.
func subscriptions(ms []*mapping) []string {
	all := make([]string, 0, len(ms))
	var wild []string
	for _, m := range ms {
		all = append(all, m.filter)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	for _, f := range all {
		if strings.ContainsAny(f, "+#") {
			wild = append(wild, f)
		}
	}
	return slices.DeleteFunc(all, func(f string) bool {
		return slices.ContainsFunc(wild, func(w string) bool { return w != f && covers(w, f) })
	})
}
