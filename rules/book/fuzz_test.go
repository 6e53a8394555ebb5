package book

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"steward/gateway/strict"
)

func wholeErrors(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var all strict.Errors
	if !errors.As(err, &all) || len(all) == 0 || len(all) > strict.MaxProblems+1 {
		t.Fatalf("error is %T with %d entries", err, len(all))
	}
	for _, e := range all {
		if e.Problem == "" || e.File == "" || strings.Count(e.Error(), "\n") > 2 || strings.ContainsAny(e.Problem+e.Want, "\r\n") {
			t.Fatalf("problem %+v", e)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, p := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml"} {
		files, err := filepath.Glob(p)
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds in %s: %v", p, err)
		}
		for _, file := range files {
			f.Add(source(f, file).Data)
		}
	}
	kinds, site := catalog(f), garden(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		one, err := Parse("fuzz.yaml", data, kinds)
		wholeErrors(t, err)
		if (one == nil) == (err == nil) {
			t.Fatalf("file %v and error %v", one, err)
		}
		b, err := Load(kinds, site, nil, []Source{{"fuzz.yaml", data}})
		wholeErrors(t, err)
		if b == nil {
			return
		}
		for i := range b.Rules {
			r := &b.Rules[i]
			sound(t, r, r.Raise)
			for _, c := range []Cond{r.Clear, r.Suppress} {
				if c != nil {
					sound(t, r, c)
				}
			}
			for j := range site.Assets {
				s := b.Settings(r, site, &site.Assets[j])
				if s.OnDelay < 0 || s.OffDelay < 0 || s.Priority < 1 || s.Priority > 4 || r.Condition(s) == "" && r.Text != "" {
					t.Fatalf("%s has %+v on %s", r.ID, s, site.Assets[j].ID)
				}
			}
		}
	})
}

// sound sees that a condition keeps to its contract over a few inputs.
func sound(t *testing.T, r *Rule, c Cond) {
	t.Helper()
	for _, i := range c.Uses() {
		if i < 0 || i >= len(r.Inputs) {
			t.Fatalf("%s looks at input %d of %d", r.ID, i, len(r.Inputs))
		}
	}
	for i := range r.Inputs {
		if w := r.Inputs[i].Window; w != nil && (w.Of < 0 || w.Of >= i || w.Over <= 0 && w.Every <= 0) {
			t.Fatalf("%s has window %+v at %d", r.ID, w, i)
		}
	}
	in := make([]float64, len(r.Inputs))
	for _, v := range []float64{0, 1, -1, 2.5, math.NaN(), math.Inf(1), 1e300} {
		for i := range in {
			in[i] = v
			if i%2 == 1 && !math.IsNaN(v) {
				in[i] = v / 2
			}
		}
		got := c.Eval(in)
		if got > True {
			t.Fatalf("%s is %d", r.ID, got)
		}
		if kept := on(c, func(int) bool { return true }); kept != nil && kept.Eval(in) != got {
			t.Fatalf("%s changes on an asset that has everything", r.ID)
		}
		if n, ok := c.(node); ok && negate(n).Eval(in) != (not{n}).Eval(in) {
			t.Fatalf("%s: not is not the opposite over %v: %s", r.ID, in, r.Text)
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, s := range []string{
		"running", "not running and speed > 3", "speed / current > 0.5 or fault", `mode == "auto"`, `mode not in ["auto", "manual"]`,
		"max(current, 2) - min(current, speed * 0.1) >= 3", "(running ? power : 0) > 1", "1 < speed < 3", "sum(running, fault) >= 2",
		"running == fault == warning", "spread(input_voltage, output_voltage) / mean(input_voltage, output_voltage) > 0.02",
		"-(-speed) ** 2 % 3 > 0x10", "a > b ? running : not running", "speed > 3 @", "((((", "let a = 1; a", "`a` == 'b'", "// x",
	} {
		f.Add(s)
	}
	kinds := catalog(f)
	pump, _ := kinds.Kind("pump")
	f.Fuzz(func(t *testing.T, text string) {
		r := &Rule{ID: "F-1", units: map[string]string{}}
		r.Defaults.Numbers = map[string]float64{}
		p := strict.NewProblems("fuzz.yaml")
		b := &builder{Problems: p, lines: [][]rune{[]rune("when: " + text)}, grammar: grammar(), scope: scope{kinds: kinds, kind: pump}, rule: r, names: map[string]*symbol{}}
		b.declare(strict.Literal{Text: "a"}, b.number("a", "A", 3))
		b.declare(strict.Literal{Text: "b"}, b.number("b", "", math.NaN()))
		src := formulaText{Mark: strict.Mark{Set: true}, l: strict.Literal{At: strict.At{Line: 1, Column: 7}, Text: text}}
		if len(text) > maxSource {
			return // refused before
		}
		n, parts := b.condition(src)
		wholeErrors(t, p.Result())
		if (n == nil) == (p.Result() == nil) {
			t.Fatalf("%q gives %v and %v", text, n, p.Result())
		}
		if n == nil {
			return
		}
		r.Raise, r.Text, r.when = n, text, parts
		sound(t, r, n)
		if r.Condition(r.Defaults) == "" {
			t.Fatalf("%q is written as nothing", text)
		}
	})
}
