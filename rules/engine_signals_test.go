package rules

import (
	"fmt"
	"strings"
	"testing"
)

// every writes the same reading again and again.
func every(step, from, until string, t *testing.T, what string) string {
	var b strings.Builder
	for at := span(t, from); at < span(t, until); at += span(t, step) {
		fmt.Fprintf(&b, "%s %s\n", at, what)
	}
	return b.String()
}

// Plays about signals that are made of others: windows, related assets,
// facts, ages and schedules.
func TestSignals(t *testing.T) {
	rule := func(kind, let, when string) string {
		return "\nrules:\n  - {rule: XX-01, kind: " + kind + ", HEAD, priority: P3, on_delay: 0s, off_delay: 0s, let: {" + let + "}, when: \"" + when + "\"}"
	}
	for name, c := range map[string]struct {
		assets []string
		zone   string
		rules  string
		lines  string
		want   string
	}{
		"a counter's increase, roll-over included": {
			assets: []string{"pump-1 pump starts/0"},
			rules:  rule("pump", "more: {of: starts, take: increase, over: 1h}", "more > 15"),
			lines: `
				0s    pump-1 starts=100
				10m   pump-1 starts=110
				20m   pump-1 starts=115
				30m   pump-1 starts=116
				1h20m pump-1 starts=117
				1h25m`,
			want: `
				30m raise XX-01 pump-1
				1h10m clear XX-01 pump-1`},
		"a mean is not known before its whole length was seen": {
			assets: []string{"room climate temperature/0"},
			rules:  rule("climate", "warm: {of: temperature, take: mean, over: 10m}", "warm > 30"),
			lines: `
				0s room temperature=40
				8m room temperature=40
				20m room temperature=10
				40m`,
			want: `
				10m    raise XX-01 room
				23m20s clear XX-01 room`},
		"a gap of more than a tenth is too much for a mean": {
			assets: []string{"room climate temperature/1m"},
			rules:  rule("climate", "warm: {of: temperature, take: mean, over: 10m}", "warm > 30"),
			lines:  every("1m", "0s", "5m", t, "room temperature=40") + every("1m", "8m", "25m", t, "room temperature=40"),
			want: `
				17m raise XX-01 room`},
		"duration in a state, a lower bound at once": {
			assets: []string{"lift elevator direction/0"},
			rules:  rule("elevator", "up: {of: direction, is: up, take: duration, over: 10m}", "up >= 60"),
			lines: `
				0s  lift direction=1
				30s lift direction=0
				2m  lift direction=1
				20m`,
			want: `
				2m30s raise XX-01 lift`},
		"rises from 0": {
			assets: []string{"gate elevator trapped/0"},
			rules:  rule("elevator", "trips: {of: trapped, take: rises, over: 1h}", "trips >= 3"),
			lines: `
				0s  gate trapped=1
				1m  gate trapped=0
				2m  gate trapped=1
				3m  gate trapped=1
				4m  gate trapped=0
				5m  gate trapped=1
				6m  gate trapped=0
				7m  gate trapped=1
				2h`,
			want: `
				7m   raise XX-01 gate
				1h2m clear XX-01 gate`},
		"the change in an hour": {
			assets: []string{"room climate temperature/0"},
			rules:  rule("climate", "rise: {of: temperature, take: rate, over: 10m}", "rise > 10"),
			lines: `
				0s  room temperature=20
				15m room temperature=22
				20m room temperature=22
				40m`,
			want: `
				15m    raise XX-01 room
				24m50s clear XX-01 room`},
		"the spread of a stuck sensor": {
			assets: []string{"pump-1 pump discharge_pressure/0 running/0"},
			rules:  rule("pump", "noise: {of: discharge_pressure, take: stddev, over: 10m}", "running and noise < 0.001"),
			lines: `
				0s  pump-1 running=1 discharge_pressure=0.4
				11m pump-1 discharge_pressure=0.5
				25m`,
			want: `
				10m    raise XX-01 pump-1
				11m10s clear XX-01 pump-1
				20m50s raise XX-01 pump-1`},
		"last night's lowest flow against the median of fortnight": {
			assets: []string{"meter pump flow/0"},
			rules: rule("pump", `low: {of: flow, take: min, every: day, in: ["02:00", "05:00"]}, base: {of: low, take: median, over: 14d, full: true}`,
				"low > 1.3 * base"),
			lines: `
				0s     meter flow=10
				15h    meter flow=1
				19h    meter flow=10
				1d15h  meter flow=1.1
				1d19h  meter flow=10
				2d15h  meter flow=1
				2d19h  meter flow=10
				3d15h  meter flow=1
				15d15h meter flow=1
				15d19h meter flow=10
				16d15h meter flow=2
				16d19h meter flow=10
				17d15h meter flow=1
				18d15h`,
			want: `
				17d14h raise XX-01 meter
				18d14h clear XX-01 meter`},
		"the last day's increase, of whole days only": {
			assets: []string{"meter pump starts/0"},
			rules:  rule("pump", "day: {of: starts, take: increase, every: day}", "day > 5"),
			lines: `
				0s    meter starts=0
				10h   meter starts=7
				20h   meter starts=8
				1d20h meter starts=20
				3d`,
			want: `
				14h   raise XX-01 meter
				1d14h clear XX-01 meter
				2d14h raise XX-01 meter`},
		"fed by a dry tank": {
			assets: []string{"tank-1 tank level_low_low/0", "tank-2 tank level_low_low/0", "pump-1 pump fed_by=tank-1 running/0", "pump-2 pump running/0"},
			rules:  rule("pump", "dry: {from: fed_by, kind: tank, point: level_low_low, take: any}", "running and dry"),
			lines: `
				0s pump-1 running=1
				0s pump-2 running=1
				1s tank-2 level_low_low=1
				2s tank-1 level_low_low=1
				3s tank-1 level_low_low=0`,
			want: `
				2s raise XX-01 pump-1
				3s clear XX-01 pump-1`},
		"against the mean of the others in the area": {
			assets: []string{"a climate temperature/0", "b climate temperature/0", "c climate temperature/0", "d climate area=tower-b temperature/0"},
			rules:  rule("climate", "others: {from: area, kind: climate, point: temperature, take: mean}", "temperature > others + 15"),
			lines: `
				0s a temperature=20
				0s b temperature=24
				0s c temperature=37
				0s d temperature=99
				1s c temperature=38
				2s b temperature=bad
				3s a temperature=30`,
			want: `
				1s raise XX-01 c
				3s clear XX-01 c`},
		"a fact of the unit, with its end": {
			assets: []string{"door contact unit=101 open/0", "gate contact open/0"},
			rules:  rule("contact", "vacant: {fact: vacant, of: unit}, visit: {fact: visit, of: unit}", "open and vacant and not visit"),
			lines: `
				0s door open=1
				0s gate open=1
				1m fact vacant of=101 1
				2m fact visit of=101 1 until=1h
				2h`,
			want: `
				1m raise XX-01 door
				2m clear XX-01 door
				1h raise XX-01 door`},
		"since a fact's time": {
			assets: []string{"lift elevator people/0"},
			rules:  rule("elevator", "since: {fact: serviced, take: age, need: true}", "since > 15 * 86400"),
			lines: `
				0s lift people=0
				1h fact serviced of=lift 1740967200
				20d
				20d1h fact serviced of=lift 1742695200
				21d`,
			want: `
				15d0h0m0.000000001s raise XX-01 lift
				20d1h               clear XX-01 lift`},
		"silent, and heard again": {
			assets: []string{"leak-1 leak_sensor leak/0 battery/0"},
			rules:  "\nrules:\n  - {rule: LK-04, kind: leak_sensor, HEAD, priority: P4, on_delay: 0s, off_delay: 0s, silent: {for: 25h, point: leak}}",
			lines: `
				0s   leak-1 leak=0
				10h  leak-1 leak=0
				30h  leak-1 leak=bad battery=50
				40h  leak-1 leak=0`,
			want: `
				35h0m0.000000001s raise LK-04 leak-1
				40h               clear LK-04 leak-1`},
		"never heard": {
			assets: []string{"leak-1 leak_sensor leak/0"},
			rules:  "\nrules:\n  - {rule: LK-04, kind: leak_sensor, HEAD, priority: P4, on_delay: 0s, off_delay: 0s, silent: {for: 25h}}",
			lines: `
				0s
				30h`,
			want: `
				25h0m0.000000001s raise LK-04 leak-1`},
		"silence that nobody could hear does not count, but what was silent stays so": {
			assets: []string{"leak-1 leak_sensor leak/0", "leak-2 leak_sensor leak/0"},
			rules:  "\nrules:\n  - {rule: LK-04, kind: leak_sensor, HEAD, priority: P4, on_delay: 0s, off_delay: 0s, silent: {for: 25h}}",
			lines: `
				0s  leak-1 leak=0
				10h leak-2 leak=0
				30h
				40h resume
				66h`,
			want: `
				25h0m0.000000001s raise LK-04 leak-1
				65h0m0.000000001s raise LK-04 leak-2`},
		"a silence that was about to be told when the gateway went down": {
			assets: []string{"leak-1 leak_sensor leak/0"},
			rules:  "\nrules:\n  - {rule: LK-04, kind: leak_sensor, HEAD, priority: P4, on_delay: 5m, off_delay: 0s, silent: {for: 25h}}",
			lines: `
				0s  leak-1 leak=0
				25h1m
				40h resume
				41h
				42h leak-1 leak=0
				50h`,
			want: ``},
		"only at night, over midnight": {
			assets: []string{"pump-1 pump running/0"},
			rules:  rule("pump", `night: {between: ["22:00", "06:00"], days: [mon]}`, "running and night"),
			lines: `
				0s pump-1 running=1
				3d`,
			want: `
				12h raise XX-01 pump-1
				20h clear XX-01 pump-1`},
		"the night in which the clocks are put forward": {
			assets: []string{"pump-1 pump running/0"}, zone: "Europe/Berlin", // 30 March 2025, 2:00 is 3:00
			rules: rule("pump", `night: {between: ["01:00", "05:00"], days: [sun]}`, "running and night"),
			lines: `
				25d pump-1 running=1
				28d`,
			want: `
				26d22h raise XX-01 pump-1
				27d1h  clear XX-01 pump-1`},
	} {
		t.Run(name, func(t *testing.T) {
			zone := c.zone
			if zone == "" {
				zone = "Asia/Shanghai"
			}
			site := house(t, zone, c.assets...)
			b := load(t, site, c.rules)
			open(t, site, b).play(c.lines).want(c.want)
			again(t, site, b, c.lines)
		})
	}
}
