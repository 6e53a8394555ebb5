package embedded

import (
	"slices"
	"testing"
)

func TestSubject(t *testing.T) {
	for filter, want := range map[string]string{
		"a":            "a",
		"a/b":          "a.b",
		"a/+/b":        "a.*.b",
		"#":            ">",
		"a/#":          "a.>",
		"+":            "*",
		"/a":           "/.a",
		"a/":           "a./",
		"a//b":         "a./.b",
		"/":            "/./",
		"a.b/c":        "a//b.c",
		"a/.b":         "a.//b",
		"房间/+":         "房间.*",
		"shelly:0/rpc": "shelly:0.rpc",
	} {
		if got, err := subject(filter); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", filter, got, err, want)
		}
	}
	for _, filter := range []string{"", "a b", "a/#/b", "a+", "a/b#", "$JS/API/x", "a\tb"} {
		if got, err := subject(filter); err == nil {
			t.Errorf("%q is taken as %q", filter, got)
		}
	}
}

func TestSubjectsTakeTheParentToo(t *testing.T) {
	got, err := subjects([]string{"a/#", "b", "#"})
	if want := []string{"a.>", "a", "b", ">"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}
