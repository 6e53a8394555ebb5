package book

import (
	"math"
	"testing"
)

// condition compiles an expression over a pump.
func condition(t testing.TB, text string) (*Rule, Cond) {
	t.Helper()
	f, err := Parse("bench.yaml", []byte("rules: [{rule: B-1, title: B, kind: pump, priority: P3, ticket: none, when: '"+text+"'}]"), catalog(t))
	if err != nil {
		t.Fatal(err)
	}
	return &f.Rules[0], f.Rules[0].Raise
}

var sink Tri

// BenchmarkEval judges one condition over inputs that change.
func BenchmarkEval(b *testing.B) {
	limit := rule(b, example(b), "EL-11")
	for _, c := range []struct {
		name string
		cond func() (*Rule, Cond)
	}{
		{"limit", func() (*Rule, Cond) { return limit, limit.Raise }},
		{"limit dead band", func() (*Rule, Cond) { return limit, limit.Clear }},
		{"comparison", func() (*Rule, Cond) { return condition(b, "speed > 1480") }},
		{"logic", func() (*Rule, Cond) {
			return condition(b, `running and (suction_pressure < 0.02 or current > 80) and mode != "manual"`)
		}},
		{"formula", func() (*Rule, Cond) {
			return condition(b, "spread(input_voltage, output_voltage, dc_bus_voltage) / mean(input_voltage, output_voltage, dc_bus_voltage) > 0.02")
		}},
	} {
		r, cond := c.cond()
		b.Run(c.name, func(b *testing.B) {
			in := make([]float64, len(r.Inputs))
			for i := range in {
				in[i] = 1
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				in[0] = float64(i & 1023)
				sink = cond.Eval(in)
			}
		})
	}
}

// TestNoAllocation holds Eval to its promise.
func TestNoAllocation(t *testing.T) {
	b := example(t)
	for i := range b.Rules {
		r := &b.Rules[i]
		in := make([]float64, len(r.Inputs))
		in = append(in, math.NaN())
		for _, c := range []Cond{r.Raise, r.Clear, r.Suppress} {
			if c == nil {
				continue
			}
			if n := testing.AllocsPerRun(100, func() { sink = c.Eval(in) }); n != 0 {
				t.Errorf("%s allocates %v times", r.ID, n)
			}
		}
	}
}
