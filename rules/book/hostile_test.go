package book

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestHostileFiles sees that files of an eighth of the size allowed, made to be
// slow, are answered soon.
func TestHostileFiles(t *testing.T) {
	kinds := catalog(t)
	fill := func(head, unit string) string {
		return head + strings.Repeat(unit, (128<<10-len(head))/len(unit))
	}
	rule := func(kind, when string) string {
		return "- {rule: A-1, title: T, kind: '" + kind + "', priority: P1, ticket: none, when: '" + when + "'}\n"
	}
	for name, src := range map[string]string{
		"unknown names":   fill("rules:\n", rule("*", "abcdef > 3 or ghijkl > 4")),
		"short rules":     fill("rules:\n", rule("pump", "fault")),
		"deep brackets":   fill("rules:\n", rule("pump", strings.Repeat("(", 900)+"fault"+strings.Repeat(")", 900))),
		"many nots":       fill("rules:\n", rule("pump", strings.Repeat("!", 2000)+"fault")),
		"chains of equal": fill("rules:\n", rule("pump", strings.Repeat("fault == ", 200)+"fault")),
		"nested choices":  fill("rules:\n", rule("pump", strings.Repeat("(", 250)+"fault"+strings.Repeat("?ready:fault)", 150))),
		"long sums":       fill("rules:\n", rule("pump", strings.Repeat("speed+", 330)+"speed > 3")),
		"many signals": "rules:\n- {rule: A-1, title: T, kind: pump, priority: P1, ticket: none, when: fault, let: {" +
			func() string {
				var b strings.Builder
				for i := range 3000 {
					fmt.Fprintf(&b, "a%d: {of: a%d, take: max, over: 1h}, ", i+1, i)
				}
				return b.String()
			}() + "}}\n",
		"overrides": fill("overrides:\n", "- {rule: zzzzz-1, set: {abcdefg: 3}}\n"),
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			if _, err := Load(kinds, nil, nil, []Source{{"x.yaml", []byte(src)}}); err == nil {
				t.Error("it was taken")
			}
			took := time.Since(begin)
			if took > 10*time.Second {
				t.Errorf("%d bytes took %s", len(src), took)
			}
		})
	}
}
