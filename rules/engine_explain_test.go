package rules

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"steward/gateway"
	"steward/gateway/duty"
)

// What people read about one rule on one asset, after each play.
func TestExplain(t *testing.T) {
	const low = `
rules:
  - {rule: PU-05, kind: pump, HEAD, priority: P2, on_delay: 1m, off_delay: 1m, low: {point: discharge_pressure, limit: 0.3, dead_band: 0.05}}`
	const people = `
rules:
  - {rule: EL-01, kind: elevator, HEAD, priority: P1, latch: true, on_delay: 1m, off_delay: 30s, suppress_when: "mode == 'inspection'", when: "people and not in_door_zone"}`
	const service = `
rules:
  - {rule: EL-15, kind: elevator, HEAD, priority: P2, on_delay: 0s, off_delay: 0s, let: {since: {fact: serviced, take: age, need: true}}, when: "since > 15 * 86400"}`
	lift, pump := "a elevator people/30s in_door_zone mode/0", "a pump discharge_pressure/0"
	for name, c := range map[string]struct {
		asset, rules, lines string
		en, zh              string
		watching            bool
		truth               string
		state               duty.AlarmState
	}{
		"not alarming": {pump, low, "0s a discharge_pressure=0.42",
			"Not alarming: discharge_pressure 0.42 MPa is above 0.3 MPa", "未报警：discharge_pressure 0.42 MPa 高于 0.3 MPa", true, "false", duty.Normal},
		"waiting": {pump, low, "2m11s a discharge_pressure=0.2",
			"Waiting: true since 10:02:11, raises at 10:03:11 (discharge_pressure 0.2 MPa is below 0.3 MPa)",
			"等待中：自 10:02:11 起成立，10:03:11 报警（discharge_pressure 0.2 MPa 低于 0.3 MPa）", true, "true", duty.Normal},
		"alarming": {pump, low, "0s a discharge_pressure=0.2\n2m",
			"Alarming: discharge_pressure 0.2 MPa is below 0.3 MPa", "报警中：discharge_pressure 0.2 MPa 低于 0.3 MPa", true, "true", duty.Unacknowledged},
		"clearing": {pump, low, "0s a discharge_pressure=0.2\n2m a discharge_pressure=0.4",
			"Alarming: no longer true, clears at 10:03:00 (discharge_pressure 0.4 MPa is above 0.3 MPa)",
			"报警中：条件已不成立，10:03:00 解除（discharge_pressure 0.4 MPa 高于 0.3 MPa）", true, "false", duty.Unacknowledged},
		"returned": {pump, low, "0s a discharge_pressure=0.2\n2m a discharge_pressure=0.4\n4m",
			"Back to normal, waiting for a person: discharge_pressure 0.4 MPa is above 0.3 MPa",
			"条件已恢复，等待人员处理：discharge_pressure 0.4 MPa 高于 0.3 MPa", true, "false", duty.Returned},
		"stale": {lift, people, "0s a people=1 in_door_zone=0\n0s a mode=2\n30s a in_door_zone=0\n70s",
			"Cannot judge: people is stale since 10:00:30 (no good value for 30s)",
			"无法判断：people 自 10:00:30 起过期（超过 30s 没有有效值）", true, "unknown", duty.Normal},
		"never seen": {lift, people, "0s a mode=2",
			"Cannot judge: people was never seen, in_door_zone was never seen", "无法判断：people 从未有值，in_door_zone 从未有值", true, "unknown", duty.Normal},
		"inactive, a point": {"a elevator people", people, "0s a people=1",
			"Inactive: the asset has no point in_door_zone", "未启用：该设备没有测点 in_door_zone", false, "unknown", duty.Normal},
		"inactive, a fact": {lift, service, "0s a people=1",
			"Inactive: nobody has told the fact serviced", "未启用：尚无人登记 serviced", false, "unknown", duty.Normal},
		"inactive, switched off": {pump, low + "\noverrides: [{rule: PU-05, enabled: false}]", "0s",
			"Inactive: switched off by the site's rules", "未启用：已在站点规则中停用", false, "unknown", duty.Normal},
		"inactive, a number": {pump, `
rules:
  - {rule: PU-10, kind: pump, HEAD, priority: P3, on_delay: 0s, off_delay: 0s, params: {rated: {unit: MPa}}, when: "discharge_pressure > rated"}`, "0s",
			"Inactive: nobody has set rated", "未启用：尚未设定 rated", false, "unknown", duty.Normal},
		"inactive, a signal that no device has": {pump, `
rules:
  - {rule: PU-10, kind: pump, HEAD, priority: P3, on_delay: 0s, off_delay: 0s, needs: "pump curve"}`, "0s",
			"Inactive: no profile has a signal that it needs yet: pump curve", "未启用：需要尚无设备能提供的信号：pump curve", false, "unknown", duty.Normal},
	} {
		t.Run(name, func(t *testing.T) {
			site := house(t, "Asia/Shanghai", c.asset)
			s := open(t, site, load(t, site, c.rules)).play(c.lines)
			all, err := s.e.Explain("a")
			if err != nil || len(all) != 1 {
				t.Fatalf("%d explanations, %v", len(all), err)
			}
			x := all[0]
			if x.Verdict != (gateway.Text{ZH: c.zh, EN: c.en}) {
				t.Errorf("it reads\n%s\n%s\nwant\n%s\n%s", x.Verdict.EN, x.Verdict.ZH, c.en, c.zh)
			}
			if x.Watching != c.watching || x.Truth != c.truth || x.State != c.state {
				t.Errorf("watching %v, truth %s, state %s; want %v, %s, %s", x.Watching, x.Truth, x.State, c.watching, c.truth, c.state)
			}
		})
	}
}

func TestExplainSuppressed(t *testing.T) {
	site := house(t, "Asia/Shanghai", "a elevator people/0 mode/0")
	s := open(t, site, load(t, site, `
rules:
  - {rule: EL-01, kind: elevator, HEAD, priority: P1, on_delay: 5s, off_delay: 30s, suppress_when: "mode == 'inspection'", when: "people"}`))
	k, _ := catalog(t).Kind("elevator")
	mode, _ := k.Point("mode")
	inspection := slices.IndexFunc(mode.Labels, func(l gateway.Label) bool { return l.Name == "inspection" })
	s.play("0s a people=1 mode=" + number(float64(mode.Labels[inspection].Code)) + "\n1m")
	s.want(`5s raise EL-01 a`)
	x, err := s.e.Explain("a")
	if err != nil || x[0].State != duty.Suppressed || x[0].Verdict.EN != "Suppressed: the rule's own condition suppresses it" {
		t.Errorf("%v: %s, %q", err, x[0].State, x[0].Verdict.EN)
	}
	s.play("2m a mode=99").want(`
		5s raise EL-01 a
		2m unsuppress EL-01 a`)
	if _, err := s.e.Explain("nobody"); !errors.Is(err, duty.ErrUnknown) {
		t.Errorf("an unknown asset gives %v", err)
	}
}

// The list of rules says what each watches, and why not the rest.
func TestRulesList(t *testing.T) {
	site := house(t, "Asia/Shanghai", "p1 pump running/0 current/0", "p2 pump area=a-1 current/0", "t tank level_low_low/0")
	s := open(t, site, load(t, site, `
rules:
  - {rule: PU-01, kind: pump, HEAD, priority: P1, on_delay: 0s, off_delay: 0s, when: "running"}
  - {rule: PU-10, kind: pump, HEAD, priority: P3, on_delay: 0s, off_delay: 0s, params: {rated: {unit: A}}, when: "current > rated"}
  - {rule: SY-01, kind: "*", HEAD, priority: P4, on_delay: 0s, off_delay: 0s, silent: {for: 1h}}
  - {rule: SY-03, kind: "*", HEAD, priority: P4, on_delay: 0s, off_delay: 0s, about: flood}
overrides:
  - {rule: PU-10, areas: [a-1], set: {rated: 10}}
`))
	var got []string
	for _, r := range s.e.Rules() {
		line := r.ID
		for _, a := range r.Assets {
			line += " " + string(a)
		}
		for _, i := range r.Inactive {
			line += "; " + string(i.Asset) + ": " + i.Why.EN
		}
		got = append(got, line)
	}
	want := []string{
		"PU-01 p1; p2: the asset has no point running",
		"PU-10 p2; p1: nobody has set rated",
		"SY-01 p1 p2 t",
		"SY-03",
	}
	if !slices.Equal(got, want) {
		t.Errorf("rules are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A rule goes by the numbers that hold on its asset: the most special last.
func TestOverrides(t *testing.T) {
	site := house(t, "Asia/Shanghai", "r1 climate temperature/0", "r2 climate area=a-1 temperature/0", "r3 climate area=a-1 temperature/0")
	open(t, site, load(t, site, `
rules:
  - {rule: EL-11, kind: climate, HEAD, priority: P3, on_delay: 10s, off_delay: 0s, high: {point: temperature, limit: 40, dead_band: 2}}
overrides:
  - {rule: EL-11, areas: [a-1], set: {limit: 30, priority: P2}}
  - {rule: EL-11, assets: [r3], set: {limit: 50, on_delay: 1s}}
`)).play(`
		0s r1 temperature=45
		0s r2 temperature=35
		0s r3 temperature=45
		20s r3 temperature=51
		30s`).want(`
		10s raise EL-11 r1
		10s raise EL-11 r2
		21s raise EL-11 r3`)
}
