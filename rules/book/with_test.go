package book

import (
	"slices"
	"strings"
	"testing"

	"steward/gateway/kind"
)

func TestWithAndOnly(t *testing.T) {
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	rule := func(id, more string) string {
		return "  - {rule: " + id + ", title: T, kind: pump, priority: P2, ticket: none, when: running" + more + "}\n"
	}
	b, err := Load(kinds, nil, []Source{{Name: "pack.yaml", Data: []byte("pack: p\nrules:\n" +
		rule("A-1", "") + rule("A-2", ", suppress_by: [A-1]") + rule("A-3", ", supply: cause") + rule("A-4", ""))}},
		[]Source{{Name: "own.yaml", Data: []byte("pack: own\noverrides:\n  - {rule: A-2, set: {on_delay: 9s}}\n  - {rule: A-4, set: {on_delay: 8s}}\n")}})
	if err != nil {
		t.Fatal(err)
	}
	next, touched, err := b.With(kinds, nil, Source{Name: "try.yaml", Data: []byte("pack: try\nrules:\n" +
		rule("A-2", ", on_delay: 5s") + rule("A-5", "") + "overrides:\n  - {rule: A-1, set: {on_delay: 3s}}\n")})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"A-1", "A-2", "A-5"}; !slices.Equal(touched, want) {
		t.Errorf("the file touches %v, want %v", touched, want)
	}
	ids := func(b *Book) (ids []string) {
		for _, r := range b.Rules {
			ids = append(ids, r.ID)
		}
		return ids
	}
	if got := ids(next); !slices.Equal(got, []string{"A-1", "A-2", "A-3", "A-4", "A-5"}) {
		t.Errorf("the book has %v", got)
	}
	for id, want := range map[string]string{"A-1": "3s", "A-2": "5s", "A-4": "8s"} {
		i := slices.Index(ids(next), id)
		if got := next.Settings(&next.Rules[i], nil, nil).OnDelay.String(); got != want {
			t.Errorf("%s waits %s, want %s", id, got, want)
		}
	}
	if got := ids(b.Only([]string{"A-2"})); !slices.Equal(got, []string{"A-1", "A-2", "A-3"}) {
		t.Errorf("only A-2 needs %v, want what suppresses it and the cause", got)
	}
	if _, _, err := b.With(kinds, nil, Source{Name: "try.yaml", Data: []byte("overrides:\n  - {rule: A-9, set: {on_delay: 3s}}\n")}); err == nil || !strings.Contains(err.Error(), "try.yaml:2:12") {
		t.Errorf("an unknown rule: %v", err)
	}
}
