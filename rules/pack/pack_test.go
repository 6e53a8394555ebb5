package pack

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/kind"
	"steward/rules/book"
	"steward/rules/cases"
)

// loadBook reads the packs, and over them what a case's site sets.
func loadBook(t testing.TB, kinds *kind.Catalog, own string) *book.Book {
	t.Helper()
	packs, err := Sources()
	if err != nil {
		t.Fatal(err)
	}
	var more []book.Source
	if own != "" {
		more = append(more, book.Source{Name: "case.yaml", Data: []byte(own)})
	}
	b, err := book.Load(kinds, nil, packs, more)
	if err != nil {
		t.Fatalf("the packs cannot be read:\n%v", err)
	}
	return b
}

// TestCases plays every case file: readings and actions in, alarms and
// tickets out.
func TestCases(t *testing.T) {
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/cases/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	plain := loadBook(t, kinds, "")
	for _, file := range files {
		name := strings.TrimPrefix(strings.TrimSuffix(filepath.ToSlash(file), ".yaml"), "testdata/cases/")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, err := cases.Parse(file, data, kinds)
			if err != nil {
				t.Fatalf("\n%v", err)
			}
			b := plain
			if own := c.Overrides(); own != "" {
				b = loadBook(t, kinds, own)
			}
			r, err := cases.Run(c, b)
			if err != nil {
				t.Fatal(err)
			}
			if !r.OK() {
				t.Errorf("%s: %s\n%s", file, c.Name, strings.Join(r.Diff(), "\n"))
			}
		})
	}
}

// shipped reads the packs as a site without files of its own has them.
func shipped(t testing.TB) *book.Book {
	t.Helper()
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return loadBook(t, kinds, "")
}

// TestRows holds the packs against the list of what they must watch: each
// row has a rule of its id, which may have levels (PW-08.high), or says which
// signal it waits for.
func TestRows(t *testing.T) {
	list, err := os.ReadFile("testdata/ids.txt")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, r := range shipped(t).Rules {
		have[r.ID] = true
	}
	rows := strings.Split(strings.TrimSpace(string(list)), "\n")
	if len(rows) != 88 {
		t.Errorf("the list has %d rows, want 88", len(rows))
	}
	for _, row := range rows {
		id, title, _ := strings.Cut(row, " ")
		t.Run(id, func(t *testing.T) {
			if !have[id] {
				t.Errorf("no pack has a rule %s (%s)", id, title)
			}
		})
	}
}

// TestRules holds each rule against what makes it useful: words in both
// languages, a source, numbers that stand in the rule, and levels that belong
// together.
func TestRules(t *testing.T) {
	b := shipped(t)
	byID := map[string]*book.Rule{}
	for i := range b.Rules {
		byID[b.Rules[i].ID] = &b.Rules[i]
	}
	for _, r := range b.Rules {
		t.Run(r.ID, func(t *testing.T) {
			for what, text := range map[string]gateway.Text{"title": r.Title, "why": r.Why, "first_action": r.FirstAction} {
				if text.ZH == "" || text.EN == "" || text.ZH == text.EN {
					t.Errorf("%s: want it in Chinese and in English, have %+v", what, text)
				}
			}
			if r.Source == "" || r.Trade == "" {
				t.Errorf("want a source and a trade, have %q and %q", r.Source, r.Trade)
			}
			if r.Needs != (gateway.Text{}) && r.Raise != nil && r.Raise.Possible(func(int) bool { return true }) {
				t.Errorf("it needs %q and still has a condition that can hold", r.Needs)
			}
			row, level, levels := strings.Cut(r.ID, ".")
			if !levels {
				return
			}
			base := byID[row]
			switch {
			case base == nil:
				t.Errorf("%s is a level of a rule that is not there", r.ID)
			case r.Fault != base.Fault:
				t.Errorf("level %s has the fault %s, its rule %s: they must share the ticket", level, r.Fault, base.Fault)
			case slices.Contains(r.SuppressBy, row) && r.Defaults.Priority < base.Defaults.Priority:
				t.Errorf("level %s is the more urgent one and is suppressed by %s", level, row)
			case r.Kind == base.Kind && r.Defaults.Priority < base.Defaults.Priority && !slices.Contains(base.SuppressBy, r.ID):
				t.Errorf("%s is not suppressed by its more urgent level %s", row, r.ID)
			}
		})
	}
}

// TestEveryRuleHasCases finds rules that no case raises, and rules of which
// no case shows what they let pass.
func TestEveryRuleHasCases(t *testing.T) {
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range shipped(t).Rules {
		t.Run(r.ID, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join("testdata/cases", r.ID, "*.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			raises, passes, clears, resets := 0, 0, 0, 0
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				c, err := cases.Parse(file, data, kinds)
				if err != nil {
					t.Fatalf("\n%v", err)
				}
				if !slices.Contains(c.Watch, r.ID) && !slices.Contains(c.Watch, "*") {
					t.Errorf("%s does not watch %s", file, r.ID)
				}
				says := func(event string) bool {
					return slices.ContainsFunc(c.Expect, func(line string) bool {
						return strings.Contains(line, " alarm "+r.ID+" ") && strings.Contains(line, " "+event+" ")
					})
				}
				if says("clear") {
					clears++
				}
				if says("reset") {
					resets++
				}
				if says("raise") {
					raises++
				} else {
					passes++
				}
			}
			switch {
			case r.Needs != (gateway.Text{}):
				if raises > 0 {
					t.Errorf("it waits for a signal and is raised all the same")
				}
			case raises == 0 || passes == 0:
				t.Errorf("%d cases raise it and %d show what it lets pass: want one of each at least", raises, passes)
			case clears == 0:
				t.Errorf("no case shows how it clears")
			case r.Defaults.Latch && resets == 0:
				t.Errorf("it latches, and no case resets it")
			}
		})
	}
}

// TestPlans holds the plans and promises that ship.
func TestPlans(t *testing.T) {
	b := shipped(t)
	want := map[string]string{
		"lift-half-month": "360h0m0s serviced_half_month", "lift-quarter": "3 months serviced_quarter",
		"lift-half-year": "6 months serviced_half_year", "lift-year": "12 months serviced_year",
		"fire-pump-week": "168h0m0s fire_auto_start", "fire-pump-month": "1 months fire_manual_start",
		"fire-pump-quarter": "3 months fire_flow_test", "vacant-round": "RN-01 visited",
	}
	for _, p := range b.Plans {
		have := cmp.Or(p.OnFault, p.Every.String())
		if p.Months > 0 {
			have = fmt.Sprintf("%d months", p.Months)
		}
		if have += " " + p.Fact; want[p.ID] != "" && have != want[p.ID] {
			t.Errorf("plan %s: %s, want %s", p.ID, have, want[p.ID])
		}
		if p.Detail.ZH == "" || p.Detail.EN == "" || p.Title.ZH == "" || p.Title.EN == "" {
			t.Errorf("plan %s: want title and detail in both languages", p.ID)
		}
		delete(want, p.ID)
	}
	if len(want) > 0 {
		t.Errorf("plans that are not there: %v", want)
	}
	if !slices.Equal(b.Service.Trapped, []string{"EL-01", "EL-02.people"}) || b.Service.Entrapment != 30*time.Minute {
		t.Errorf("an entrapment is %v within %v, want EL-01 and EL-02.people within 30 min", b.Service.Trapped, b.Service.Entrapment)
	}
}

// TestLifeSafetyNeverFolds: a person in a lift, water in a pit and fire water
// are told of whatever else has failed, and nobody can miss them.
func TestLifeSafetyNeverFolds(t *testing.T) {
	for _, r := range shipped(t).Rules {
		row, _, _ := strings.Cut(r.ID, ".")
		if !slices.Contains([]string{"EL-01", "EL-03", "EL-09", "EL-12", "LK-01"}, row) && !strings.HasPrefix(row, "FW-") {
			continue
		}
		if r.Folds {
			t.Errorf("%s folds into a loss of supply", r.ID)
		}
		if slices.Contains([]string{"EL-01", "EL-12"}, row) && r.Suppress != nil {
			t.Errorf("%s can be suppressed by a switch", r.ID)
		}
	}
}
