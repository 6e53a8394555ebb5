package book

import (
	"testing"

	"steward/gateway/kind"
)

// "not" over "or" loses what an asset does not have, as the "or" itself does.
func TestNotAny(t *testing.T) {
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	line := func(id, supply, when string) string {
		return "  - {rule: " + id + ", title: T, kind: power_meter, priority: P1, ticket: none, supply: " + supply + ", when: " + when + "}\n"
	}
	b, err := Load(kinds, nil, []Source{{Name: "p.yaml", Data: []byte("pack: p\nrules:\n" +
		line("PW-1.any", "both", "not (voltage_l1 >= 22 or voltage_l2 >= 22)") +
		line("PW-1.each", "cause", "not (voltage_l1 >= 22) and not (voltage_l2 >= 22)"))}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	any, each := rule(t, b, "PW-1.any"), rule(t, b, "PW-1.each")
	if !any.Cause || !any.Folds || !each.Cause || each.Folds {
		t.Error("supply: both is cause and consequence, cause is one of them")
	}
	first := func(r *Rule) func(int) bool { return func(i int) bool { return r.Inputs[i].Point == "voltage_l1" } }
	if raise, _, _ := each.On(first(each)); raise != nil {
		t.Error("a side of an and is missing, and it could be true")
	}
	raise, _, _ := any.On(first(any))
	if raise == nil {
		t.Fatal("one side is there, and it can never be true")
	}
	for volts, want := range map[float64]Tri{5: True, 22: False, Missing(): Unknown} {
		if got := eval(t, any, raise, map[string]float64{"voltage_l1": volts}); got != want {
			t.Errorf("with %v V it is %s, want %s", volts, got, want)
		}
	}
	if none, _, _ := any.On(func(int) bool { return false }); none != nil {
		t.Error("there are no points, and it could be true")
	}
}
