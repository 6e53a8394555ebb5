package rules

import (
	"testing"
	"time"

	"steward/gateway"
	"steward/rules/book"
)

// Each case is a play: readings at times, and what comes of them. The times
// are since the morning.
func TestPlays(t *testing.T) {
	const pump = "pump-1 pump running suction_pressure discharge_pressure"
	const dry = `
rules:
  - {rule: PU-01, kind: pump, HEAD, priority: P1, on_delay: 5s, off_delay: 1m, params: {least: {value: 0.02, unit: MPa}},
     when: "running and suction_pressure < least"}`
	const hot = `
rules:
  - {rule: EL-11, kind: climate, HEAD, priority: P3, on_delay: 10s, off_delay: 20s, high: {point: temperature, limit: 40, dead_band: 2}}`
	for name, c := range map[string]struct {
		assets []string
		rules  string
		zone   string
		lines  string
		want   string
	}{
		"raises after its delay and clears after the other": {assets: []string{pump}, rules: dry, lines: `
			0s   pump-1 running=1 suction_pressure=0.3
			10s  pump-1 running=1 suction_pressure=0.01
			30s  pump-1 running=1 suction_pressure=0.3
			50s  pump-1 running=1 suction_pressure=0.3
			2m   pump-1 running=1 suction_pressure=0.3`, want: `
			15s   raise PU-01 pump-1
			1m30s clear PU-01 pump-1`},
		"a fall that is over within the delay is none": {assets: []string{pump}, rules: dry, lines: `
			0s  pump-1 running=1 suction_pressure=0.01
			4s  pump-1 running=1 suction_pressure=0.3
			5s  pump-1 running=1 suction_pressure=0.01
			9s  pump-1 running=0 suction_pressure=0.01
			2m`, want: ``},
		"true at the first reading": {assets: []string{pump}, rules: dry, lines: `
			0s pump-1 running=1 suction_pressure=0
			1m`, want: `
			5s raise PU-01 pump-1`},
		"signals that come one by one": {assets: []string{pump}, rules: dry, lines: `
			0s pump-1 running=1
			3s pump-1 suction_pressure=0
			1m`, want: `
			8s raise PU-01 pump-1`},
		"what is not good freezes the delay": {assets: []string{pump}, rules: dry, lines: `
			0s  pump-1 running=1 suction_pressure=0
			3s  pump-1 running=1 suction_pressure=bad
			33s pump-1 running=1 suction_pressure=uncertain
			40s pump-1 running=1 suction_pressure=0
			50s`, want: `
			42s raise PU-01 pump-1`},
		"what is not good does not clear": {assets: []string{pump}, rules: dry, lines: `
			0s  pump-1 running=1 suction_pressure=0
			10s pump-1 running=1 suction_pressure=0.3
			40s pump-1 running=1 suction_pressure=lost
			3h  pump-1 running=1 suction_pressure=0.3
			4h`, want: `
			5s       raise PU-01 pump-1
			3h0m30s  clear PU-01 pump-1`},
		"false whatever the missing side is": {assets: []string{pump}, rules: dry, lines: `
			0s  pump-1 running=1 suction_pressure=0
			10s pump-1 running=0 suction_pressure=bad
			50s pump-1 running=0 suction_pressure=bad
			2m`, want: `
			5s    raise PU-01 pump-1
			1m10s clear PU-01 pump-1`},
		"a stale value freezes too, at the moment it becomes stale": {assets: []string{"pump-1 pump running/0 suction_pressure/3s"}, rules: dry, lines: `
			0s  pump-1 running=1 suction_pressure=0
			10s pump-1 suction_pressure=0
			20s`, want: `
			12s raise PU-01 pump-1`},
		"backfill touches nothing": {assets: []string{pump}, rules: dry, lines: `
			0s  pump-1 running=1 suction_pressure=0.3
			10s pump-1 @-1h running=1 suction_pressure=0
			1m`, want: ``},
		"a source's clock ahead does not keep a value fresh": {assets: []string{"pump-1 pump running/0 suction_pressure/3s"}, rules: dry, lines: `
			0s  pump-1 @4m running=1 suction_pressure=0
			10s pump-1 suction_pressure=0
			20s`, want: `
			12s raise PU-01 pump-1`},
		"dead band": {assets: []string{"room climate temperature/0"}, rules: hot, lines: `
			0s  room temperature=41
			20s room temperature=39
			1m  room temperature=37.9
			70s room temperature=38.5
			90s room temperature=39.5
			2m  room temperature=37
			3m`, want: `
			10s   raise EL-11 room
			2m20s clear EL-11 room`},
		"an asset without the point": {assets: []string{"pump-1 pump running"}, rules: dry, lines: `
			0s pump-1 running=1
			1m`, want: ``},
		"branches that the asset has": {assets: []string{"pump-1 pump running/0"}, rules: `
rules:
  - {rule: PU-09, kind: pump, HEAD, priority: P2, on_delay: 0s, off_delay: 0s, when: "running or fault"}`, lines: `
			0s pump-1 running=1
			5s pump-1 running=0`, want: `
			0s raise PU-09 pump-1
			5s clear PU-09 pump-1`},
		"two alarms at one instant go by asset and rule": {assets: []string{"b pump running/0", "a pump running/0"}, rules: `
rules:
  - {rule: PU-02, kind: pump, HEAD, priority: P2, on_delay: 5s, off_delay: 0s, when: "running"}
  - {rule: PU-01, kind: pump, HEAD, priority: P2, on_delay: 5s, off_delay: 0s, when: "running"}`, lines: `
			0s b running=1
			0s a running=1
			9s`, want: `
			5s raise PU-01 a
			5s raise PU-02 a
			5s raise PU-01 b
			5s raise PU-02 b`},
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

// again plays the lines once more, with another engine restored from the
// saved parts after each line, and with many looks at the clock in between:
// what is said must be the same bytes.
func again(t *testing.T, site *gateway.Site, b *book.Book, lines string) {
	t.Helper()
	once := open(t, site, b).play(lines)
	parts := saved{}
	restarted := open(t, site, b)
	restarted.each = func(s *stage) {
		parts.from(s.e)
		s.e = open(t, site, b).e
		parts.into(t, s.e)
	}
	if restarted.play(lines); restarted.bytes() != once.bytes() {
		t.Errorf("restarted at each line it said\n%swithout\n%s", restarted.says(), once.says())
	}
	looking := open(t, site, b)
	looking.idle = func(s *stage, until time.Time) {
		for n := 0; n < 50; n++ { // as a runner does, and between
			due, ok := s.e.Due()
			if !ok || due.After(until) {
				break
			}
			s.said = append(s.said, s.e.Step(due, nil)...)
			if half := due.Add(until.Sub(due) / 2); n%3 == 0 {
				s.said = append(s.said, s.e.Step(half, nil)...)
			}
		}
	}
	if looking.play(lines); looking.bytes() != once.bytes() {
		t.Errorf("looking often it said\n%swithout\n%s", looking.says(), once.says())
	}
}
