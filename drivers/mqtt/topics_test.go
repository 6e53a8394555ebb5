package mqtt

import (
	"slices"
	"testing"
)

func TestRoutes(t *testing.T) {
	filters := []string{"a/b", "a/+", "a/#", "+/b", "#", "a/+/c", "$SYS/#", "/x", "+", "a//b"}
	ms := make([]*mapping, 0, len(filters))
	for _, f := range filters {
		ms = append(ms, &mapping{filter: f})
	}
	r := newRoutes(ms)
	cases := map[string][]string{
		"a/b":    {"a/b", "a/+", "a/#", "+/b", "#"},
		"a":      {"a/#", "#", "+"},
		"a/":     {"a/+", "a/#", "#"},
		"a/x/c":  {"a/#", "#", "a/+/c"},
		"a//c":   {"a/#", "#", "a/+/c"},
		"a//b":   {"a/#", "#", "a//b"},
		"/x":     {"#", "/x"},
		"$SYS/v": {"$SYS/#"},
		"$SYS":   {"$SYS/#"},
		"$x":     nil,
		"z/y/x":  {"#"},
	}
	for topic, want := range cases {
		var got []string
		for _, m := range r.match(topic, nil) {
			got = append(got, m.filter)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", topic, got, want)
		}
	}
}

func TestSubscriptionsCoverEachOther(t *testing.T) {
	var ms []*mapping
	for _, f := range []string{"a/b", "a/+", "a/b", "c/d", "c/#", "c", "$SYS/x", "+/+/+", "x/y/z", "x/+/z", "q"} {
		ms = append(ms, &mapping{filter: f})
	}
	want := []string{"$SYS/x", "+/+/+", "a/+", "c/#", "q"}
	if got := subscriptions(ms); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTopicLevel(t *testing.T) {
	for n, want := range map[int]string{1: "a", 2: "", 3: "c"} {
		if got, ok := topicLevel("a//c", n); got != want || !ok {
			t.Errorf("level %d: %q, %t", n, got, ok)
		}
	}
	if _, ok := topicLevel("a//c", 4); ok {
		t.Error("level 4 of 3")
	}
}
