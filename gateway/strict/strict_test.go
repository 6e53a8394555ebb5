package strict

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

type leafShape struct {
	Block
	Name  Text           `yaml:"name" need:"true" doc:"a name"`
	Size  Size           `yaml:"size" default:"1MiB" min:"1KiB" doc:"a size"`
	Count Integer        `yaml:"count" default:"3" min:"1" max:"9" doc:"a count"`
	Wait  Duration       `yaml:"wait" default:"5s" min:"0s" doc:"a length of time"`
	Free  Map[Number]    `yaml:"free" doc:"numbers with names"`
	Parts Map[partShape] `yaml:"parts" doc:"shapes with names"`
	Title Names          `yaml:"title" doc:"a title"`
	Any   Raw            `yaml:"any" doc:"any single value"`
}

type partShape struct {
	Block
	On Toggle `yaml:"on" default:"true" doc:"on or off"`
}

func read(t *testing.T, src string) (*leafShape, error) {
	t.Helper()
	p := NewProblems("x.yaml")
	var in leafShape
	if tree := Parse(p, []byte(src)); tree != nil {
		Decode(p, tree, &in)
	}
	return &in, p.Result()
}

func TestDecode(t *testing.T) {
	in, err := read(t, "name: a\nfree: {x: 1, y: 2.5}\nparts:\n  one: {on: false}\n  two: {}\nany: 0x10\ntitle: {zh: 甲}\n")
	if err != nil {
		t.Fatal(err)
	}
	if in.Name.V != "a" || !in.Name.Set || in.Size.V != 1<<20 || in.Size.Set || in.Count.V != 3 || in.Wait.V != 5*time.Second {
		t.Errorf("read %+v", in)
	}
	if l := in.Free.List; len(l) != 2 || l[1].Key.Text != "y" || l[1].Value.V != 2.5 || l[1].Value.At != (At{2, 17}) {
		t.Errorf("free is %+v", l)
	}
	if l := in.Parts.List; len(l) != 2 || l[0].Value.On.V || !l[1].Value.On.V || l[0].Key.At != (At{4, 3}) {
		t.Errorf("parts are %+v", l)
	}
	if in.Title.V.EN != "甲" || in.Any.L.Text != "0x10" || in.Where("any") != (At{6, 1}) || in.Where("wait") != (At{1, 1}) || in.Has("wait") {
		t.Errorf("read %+v", in)
	}
}

func TestEveryProblem(t *testing.T) {
	_, err := read(t, "nmae: a\nfree: {x: one, x: 2}\nparts: {one: {off: true}, two: 3}\ncount: 10\nwait: 99999d200000h\nsize: [1]\n")
	want := []string{
		`x.yaml:1:1: "name" is missing, want a name`,
		`x.yaml:1:1: unknown key "nmae", did you mean "name"?`,
		`x.yaml:2:11: "x" is "one", want a number`,
		`x.yaml:2:16: key "x" is written twice, keep this one or the one on line 2`,
		`x.yaml:3:15: unknown key "off", want one of on`,
		`x.yaml:3:32: "two" is a single value, want a mapping`,
		`x.yaml:4:8: "count" is 10, want a whole number from 1 to 9`,
		`x.yaml:5:7: "wait" is "99999d200000h", want a duration such as 500ms, 5s, 2m, 12h or 14d`,
		`x.yaml:6:7: "size" is a list, want a single value`,
	}
	if got := err.Error(); got != strings.Join(want, "\n") {
		t.Errorf("said:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

func TestExcerpt(t *testing.T) {
	p := NewProblems("x.yaml")
	p.Show(At{3, 4}, "    a > b\n        ^", "want c", "there is no %s", "b")
	p.Add(At{}, "", "all of it")
	if got, want := p.Result().Error(), "x.yaml: all of it\nx.yaml:3:4: there is no b, want c\n    a > b\n        ^"; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
	if NewProblems("y").Result() != nil {
		t.Error("nothing is an error")
	}
}

func TestSuggest(t *testing.T) {
	p := NewProblems("x.yaml")
	p.Listed = map[string]string{"things": "list things"}
	many := strings.Fields("aa bb cc dd ee ff gg hh ii jj kk ll mm")
	for _, c := range []struct {
		name  string
		known []string
		want  string
	}{
		{"runing", []string{"running", "mode"}, `did you mean "running"?`},
		{"zz", []string{"running", "mode"}, "want one of running, mode"},
		{"zzzz", many, "want one of the 13 things: aa, bb, cc, dd, ee, ff, gg, hh … (list things)"},
		{"zzzz", nil, "this file declares no things"},
	} {
		if got := p.Suggest(c.name, "things", c.known); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestAudit(t *testing.T) {
	if n, err := Audit(&leafShape{}); n != 1 || err != nil {
		t.Errorf("saw %d shapes: %v", n, err)
	}
	type bad struct {
		Block
		A Integer `yaml:"a" default:"x"`
	}
	_, err := Audit(&bad{})
	if err == nil || !strings.Contains(err.Error(), "bad.a has no doc") || !strings.Contains(err.Error(), "default of bad.a") {
		t.Errorf("audit says %v", err)
	}
}

func TestSchema(t *testing.T) {
	data, err := Schema[leafShape]("a file")
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Title      string
		Required   []string
		Properties map[string]struct {
			Type    any
			Default any
		}
	}
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	if s.Title != "a file" || len(s.Required) != 1 || s.Properties["count"].Default != 3.0 || s.Properties["free"].Type != "object" {
		t.Errorf("schema is %s", data)
	}
}
