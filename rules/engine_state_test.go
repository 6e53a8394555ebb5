package rules

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

const running = `
rules:
  - {rule: PU-01, kind: pump, HEAD, priority: P2, on_delay: 10s, off_delay: 10s, when: "running"}
  - {rule: PU-02, kind: pump, HEAD, priority: P2, on_delay: 0s, off_delay: 0s, let: {n: {of: running, take: rises, over: 1h}}, when: "n >= 2"}`

// after gives what one engine saved to another, of a site or rules that were
// changed meanwhile, and plays on.
func (s *stage) after(site *gateway.Site, rules string) *stage {
	s.t.Helper()
	parts := saved{}
	parts.from(s.e)
	next := open(s.t, site, load(s.t, site, rules))
	parts.into(s.t, next.e)
	return next
}

func TestRulesChange(t *testing.T) {
	one := house(t, "Asia/Shanghai", "pump-1 pump running/0")
	const begin = `
		0s   pump-1 running=0
		5s   pump-1 running=1
		1m   pump-1 running=0
		1m4s`
	for name, c := range map[string]struct {
		site  *gateway.Site
		rules string
		lines string
		want  string
	}{
		"the same rules": {one, running, `
			2m pump-1 running=1
			3m`, `
			1m10s clear PU-01 pump-1
			2m    raise PU-02 pump-1
			2m10s raise PU-01 pump-1`},
		"another delay: an open alarm stays, a running delay begins anew": {one, strings.Replace(running, "off_delay: 10s", "off_delay: 50s", 1), `
			3m`, `
			1m54s clear PU-01 pump-1`},
		"another window counts anew": {one, strings.Replace(running, "over: 1h", "over: 2h", 1), `
			2m pump-1 running=1
			3m pump-1 running=0
			4m pump-1 running=1`, `
			1m10s clear PU-01 pump-1
			2m10s raise PU-01 pump-1
			3m10s clear PU-01 pump-1
			4m    raise PU-02 pump-1`},
		"a condition that is already true": {one, strings.Replace(running, "when: \"n >= 2\"", "when: \"n < 9\"", 1), `
			1m4s`, `
			1m4s raise PU-02 pump-1`},
		"the rule is gone, another one has its condition": {one, strings.Replace(running, "PU-01", "PU-07", 1), `
			2m pump-1 running=1
			2m20s`, `
			1m4s  clear PU-01 pump-1
			2m    raise PU-02 pump-1
			2m10s raise PU-07 pump-1`},
		"the rule is switched off": {one, running + "\noverrides: [{rule: PU-01, enabled: false}]", `
			3m`, `
			1m4s clear PU-01 pump-1`},
		"the asset is gone": {house(t, "Asia/Shanghai", "pump-2 pump running/0"), running, `
			3m`, `
			1m4s clear PU-01 pump-1`},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, one, load(t, one, running)).play(begin)
			s.want("15s raise PU-01 pump-1")
			s.after(c.site, c.rules).play(c.lines).want(c.want)
		})
	}
}

// An engine that was given the state of another knows which rules are not
// those that made it.
func TestAltered(t *testing.T) {
	one := house(t, "Asia/Shanghai", "pump-1 pump running/0")
	s := open(t, one, load(t, one, running)).play("0s pump-1 running=0\n5s pump-1 running=1\n1m")
	parts := saved{}
	parts.from(s.e)
	for rules, want := range map[string]string{
		running: "",
		strings.Replace(running, "over: 1h", "over: 2h", 1):           "PU-02",
		strings.ReplaceAll(running, "10s", "20s"):                     "PU-01",
		strings.Replace(running, "PU-01", "PU-07", 1):                 "PU-01",
		running + "\noverrides: [{rule: PU-02, enabled: false}]":      "PU-02",
		running + "\noverrides: [{rule: PU-01, set: {priority: P1}}]": "",
	} {
		next := open(t, one, load(t, one, rules))
		parts.into(t, next.e)
		if got := strings.Join(next.e.Altered(), " "); got != want {
			t.Errorf("%q are altered, want %q, of %s", got, want, rules)
		}
	}
}

// A suppression ends with the condition of it, though the rule was changed
// meanwhile.
func TestSuppressionOutlivesChange(t *testing.T) {
	site := house(t, "Asia/Shanghai", "pump-1 pump running/0 fault/0")
	const rule = `
rules:
  - {rule: PU-01, kind: pump, HEAD, priority: P2, on_delay: 0s, off_delay: 10s, suppress_when: "fault", when: "running"}`
	begin := func() *stage {
		s := open(t, site, load(t, site, rule)).play("0s pump-1 running=1 fault=1")
		s.want("0s raise PU-01 pump-1")
		return s
	}
	begin().after(site, strings.Replace(rule, "10s", "11s", 1)).play("1m pump-1 fault=bad\n2m pump-1 fault=0").want("2m unsuppress PU-01 pump-1")
	begin().after(site, strings.Replace(rule, "suppress_when: \"fault\", ", "", 1)).play("1m").want("0s unsuppress PU-01 pump-1")
}

// What a person said stands against the site file, and outlives a restart.
func TestFacts(t *testing.T) {
	site := house(t, "Asia/Shanghai", "door contact unit=101 open/0")
	b := load(t, site, "\nrules: []")
	opened := func(number float64, at time.Time) *Engine {
		e, err := New(Options{Site: site, Book: b, Facts: []duty.Fact{{Name: "vacant", Unit: "101", Number: number, At: at}}})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	vacant := func(e *Engine) float64 { x, _ := e.Fact("vacant", "", "101"); return x }
	e, parts := opened(1, time.Time{}), saved{}
	if vacant(e) != 1 {
		t.Error("the site file's fact is not there")
	}
	e.Step(morning, nil)
	parts.from(e)
	e = opened(0, time.Time{})
	if parts.into(t, e); vacant(e) != 0 {
		t.Error("the site file was changed, and its old fact still stands")
	}
	if _, err := e.Act(morning, duty.Action{Do: duty.DoSetFact, By: "ann", Fact: &duty.Fact{Name: "vacant", Unit: "101", Number: 1}}); err != nil {
		t.Fatal(err)
	}
	parts.from(e)
	e = opened(0, time.Time{})
	if parts.into(t, e); vacant(e) != 1 {
		t.Error("the site file overwrote what a person said")
	}
	want := []duty.Fact{{Name: "vacant", Unit: "101", Number: 1, At: morning, By: "ann"}}
	if got := e.Facts(); !slices.Equal(got, want) {
		t.Errorf("facts are %v, want %v", got, want)
	}
	e = opened(0, morning.Add(time.Hour))
	if parts.into(t, e); vacant(e) != 0 {
		t.Error("what a person said overwrote a later fact of the site file")
	}
	for name, f := range map[string]*duty.Fact{
		"no fact":       nil,
		"no name":       {Unit: "101"},
		"slash":         {Name: "a/b"},
		"asset, unit":   {Name: "a", Asset: "door", Unit: "101"},
		"past":          {Name: "vacant", Until: morning},
		"unknown asset": {Name: "a", Asset: "nobody"},
	} {
		_, err := e.Act(morning.Add(time.Minute), duty.Action{Do: duty.DoSetFact, Fact: f})
		want := duty.ErrRefused
		if name == "unknown asset" {
			want = duty.ErrUnknown
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

// Only what somebody asks for can be told, and it can be taken back.
func TestFactsThatNobodyAsksFor(t *testing.T) {
	site := house(t, "Asia/Shanghai", "lift elevator unit=102 fault/0", "tap leak_sensor unit=102 leak/0")
	b := load(t, site, `
rules:
  - {rule: EL-70, kind: elevator, HEAD, priority: P4, on_delay: 0s, off_delay: 0s, let: {age: {fact: serviced, take: age, need: true}}, when: "age > 10"}`)
	e, err := New(Options{Site: site, Book: b, Units: []string{"a-1203"}, Facts: []duty.Fact{{Name: "vacant", Unit: "a-1203", Number: 1}}})
	check(t, err)
	do := func(verb duty.Verb, f duty.Fact) error {
		_, err := e.Act(morning, duty.Action{Do: verb, By: "ann", Fact: &f})
		return err
	}
	for _, c := range []struct {
		do     duty.Verb
		f      duty.Fact
		of     error
		zh, en string
	}{
		{duty.DoSetFact, duty.Fact{Name: "visted", Unit: "102"}, duty.ErrUnknown, "是否为 visited？", "no rule and no plan asks for the fact visted; is it visited?"},
		{duty.DoSetFact, duty.Fact{Name: "xyz"}, duty.ErrUnknown, "没有规则或计划使用事实 xyz", "asks for the fact xyz"},
		{duty.DoSetFact, duty.Fact{Name: "vacant", Unit: "a-1230"}, duty.ErrUnknown, "没有房屋单元 a-1230；是否为 a-1203？", "there is no unit a-1230; is it a-1203?"},
		{duty.DoDropFact, duty.Fact{Name: "serviced", Asset: "lift"}, duty.ErrUnknown, "没有人登记过", "nobody has told"},
		{duty.DoDropFact, duty.Fact{Name: "vacant", Unit: "a-1203"}, duty.ErrRefused, "站点文件", "the site file's"},
		{duty.DoDropFact, duty.Fact{Name: "vacant", Unit: "nowhere"}, duty.ErrUnknown, "没有房屋单元", "no unit nowhere"},
	} {
		err := do(c.do, c.f)
		var no *duty.Refusal
		if !errors.Is(err, c.of) || !errors.As(err, &no) || !strings.Contains(no.ZH, c.zh) || !strings.Contains(no.EN, c.en) {
			t.Errorf("%s %+v: %v", c.do, c.f, err)
		}
	}
	check(t, do(duty.DoSetFact, duty.Fact{Name: "vacant", Unit: "102", Number: 1}))
	check(t, do(duty.DoSetFact, duty.Fact{Name: "vacant", Unit: "a-1203", Number: 0, Until: morning.Add(time.Hour)}))
	check(t, do(duty.DoSetFact, duty.Fact{Name: "serviced", Asset: "lift", Number: 0}))
	if n := len(e.Alarms()); n != 1 {
		t.Fatalf("%d alarms of a service in 1970", n)
	}
	parts := saved{}
	parts.from(e)
	for _, f := range []duty.Fact{{Name: "serviced", Asset: "lift"}, {Name: "vacant", Unit: "102"}, {Name: "vacant", Unit: "a-1203"}} {
		check(t, do(duty.DoDropFact, f))
	}
	e.Step(morning.Add(2*time.Hour), nil)
	want := []duty.Fact{{Name: "vacant", Unit: "a-1203", Number: 1}}
	if got := e.Facts(); !slices.Equal(got, want) {
		t.Errorf("facts are %v, want those of the site file", got)
	}
	if x, err := e.Explain("lift"); err != nil || !strings.Contains(x[0].Verdict.EN, "nobody has told the fact serviced") {
		t.Errorf("the rule says %+v, %v", x, err)
	}
	parts.from(e)
	for key := range parts {
		if strings.HasPrefix(key, keyFact) {
			t.Errorf("%s is kept", key)
		}
	}
}

func TestEvidence(t *testing.T) {
	site := house(t, "Asia/Shanghai", "pump-1 pump running/0 suction_pressure/1m fault/0", "pump-2 pump fault/0")
	s := open(t, site, load(t, site, `
rules:
  - {rule: PU-01, kind: pump, HEAD, priority: P1, fault: PU-77, proof: 10m, on_delay: 5s, off_delay: 1m, when: "running and suction_pressure < 0.02"}
  - {rule: PU-02, kind: pump, HEAD, priority: P3, fault: PU-77, proof: 40m, on_delay: 0s, off_delay: 0s, when: "fault"}`))
	if v := s.e.Evidence("pump-1", "wet"); v.Watched {
		t.Errorf("a fault of no rule is watched: %+v", v)
	}
	s.play(`
		0s  pump-1 running=1 suction_pressure=0.3 fault=0
		10s pump-1 running=1 suction_pressure=0 fault=0`)
	v := s.e.Evidence("pump-1", "PU-77")
	if !v.Watched || v.Active || !v.GoodSince.Equal(morning) || v.Proof != 40*time.Minute || !slices.Equal(v.Points, []string{"fault", "running", "suction_pressure"}) {
		t.Errorf("before: %+v", v)
	}
	s.play("20s")
	if v := s.e.Evidence("pump-1", "PU-77"); !v.Active {
		t.Errorf("while it alarms: %+v", v)
	}
	if v := s.e.Evidence("pump-2", "PU-77"); !v.Watched || !v.GoodSince.IsZero() || !slices.Equal(v.Points, []string{"fault"}) {
		t.Errorf("never seen: %+v", v)
	}
	s.play("2m")
	if v := s.e.Evidence("pump-1", "PU-77"); !v.GoodSince.IsZero() {
		t.Errorf("a point is stale: %+v", v)
	}
	if _, ok := s.e.Value("pump-1", "suction_pressure"); ok {
		t.Error("a stale value is given")
	}
	s.play("3m pump-1 suction_pressure=0.3")
	if v := s.e.Evidence("pump-1", "PU-77"); !v.GoodSince.Equal(morning.Add(3 * time.Minute)) {
		t.Errorf("good again: %+v", v)
	}
	if x, ok := s.e.Value("pump-1", "suction_pressure"); !ok || x != 0.3 {
		t.Errorf("the value is %v, %v", x, ok)
	}
}

// Points under maintenance put the alarms aside whose rules look at them.
func TestOutage(t *testing.T) {
	site := house(t, "Asia/Shanghai", "pump-1 pump running/0 fault/0")
	s := open(t, site, load(t, site, `
rules:
  - {rule: PU-01, kind: pump, HEAD, priority: P1, on_delay: 0s, off_delay: 0s, when: "running"}
  - {rule: PU-09, kind: pump, HEAD, priority: P1, on_delay: 0s, off_delay: 0s, when: "fault"}`))
	s.play("0s pump-1 running=1 fault=0")
	s.said = append(s.said, s.e.Outage(morning.Add(time.Minute), duty.Outage{Asset: "pump-1", Points: []string{"running"}, Ticket: "T1", Until: morning.Add(time.Hour)})...)
	s.play("2m pump-1 fault=1 running=0")
	s.play("3m pump-1 running=1")
	s.said = append(s.said, s.e.Outage(morning.Add(4*time.Minute), duty.Outage{Asset: "pump-1", Ticket: "T1"})...)
	s.want(`
		0s raise PU-01 pump-1
		1m remove PU-01 pump-1
		2m clear PU-01 pump-1
		2m raise PU-09 pump-1
		3m raise PU-01 pump-1
		4m restore PU-01 pump-1`)
}

// What is old news of one point can be the newest of another: two clocks of
// one asset, and what a device had buffered before its last will.
func TestBackfillGoesByPoint(t *testing.T) {
	site := house(t, "Asia/Shanghai", "leak-1 leak_sensor leak/1h battery/1h")
	s := open(t, site, load(t, site, `
rules:
  - {rule: LK-01, kind: leak_sensor, HEAD, priority: P1, on_delay: 0s, off_delay: 0s, when: "leak"}`)).play(`
		0s     leak-1 leak=0 battery=90
		10m    leak-1 battery=91
		11m    leak-1 @5m leak=1
		12m    leak-1 @4m leak=0 battery=20
		13m    leak-1 leak=0
		14m    leak-1 leak=lost battery=lost
		15m    leak-1 @13m30s leak=1
		16m    leak-1 leak=0
		2h     leak-1 leak=lost
		2h1m   leak-1 @30m leak=1
		2h2m`)
	s.want(`
		11m raise LK-01 leak-1
		13m clear LK-01 leak-1
		15m raise LK-01 leak-1
		16m clear LK-01 leak-1`)
	if got := s.e.Stats().Backfilled; got != 2 {
		t.Errorf("%d values were passed over, want 2", got)
	}
	if at := s.e.assets[0].good; at != nanos(morning.Add(16*time.Minute)) {
		t.Errorf("the newest good value is of %s", instant(at).Sub(morning))
	}
}

func TestStats(t *testing.T) {
	site := house(t, "Asia/Shanghai", "pump-1 pump running/0")
	s := open(t, site, load(t, site, running)).play(`
		0s  pump-1 running=1
		10s pump-1 @-1s running=1
		20s stranger running=1
		30s pump-1 running=1 unheard_of=3`)
	if got, want := s.e.Stats(), (Stats{Readings: 3, Evaluations: 5, Backfilled: 1, UnknownAssets: 1}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

// Whatever is in a damaged part, Restore gives an error or an engine that
// goes on.
func FuzzRestore(f *testing.F) {
	l := newLife(f, 5)
	s := l.play(f, nil)
	s.e.Save(func(key string, body []byte) {
		if !strings.HasPrefix(key, keyAlarm) {
			f.Add(key, body)
		}
	})
	f.Fuzz(func(t *testing.T, key string, body []byte) {
		if strings.HasPrefix(key, keyAlarm) {
			return // the alarm table's own
		}
		e, err := New(Options{Site: l.site, Book: l.book})
		if err != nil {
			t.Fatal(err)
		}
		if e.Restore(key, body) != nil {
			return
		}
		now := morning.AddDate(0, 1, 0)
		for i := range 5 {
			e.Step(now.Add(time.Duration(i)*time.Minute), []gateway.Reading{{Asset: "pump-1", Values: []gateway.Value{
				gateway.Good("running", float64(i%2)), gateway.Good("discharge_pressure", 0.3), gateway.Good("starts", float64(i))}}})
		}
		e.Save(func(string, []byte) {})
		for _, a := range l.site.Assets {
			if _, err := e.Explain(a.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}
