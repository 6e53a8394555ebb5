package rules

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"steward/gateway"
)

const aheadRules = `
rules:
  - {rule: PU-01, kind: pump, HEAD, priority: P2, on_delay: 10s, off_delay: 10s, when: "running"}
  - {rule: PU-02, kind: pump, HEAD, priority: P2, on_delay: 0s, off_delay: 0s, let: {n: {of: running, take: rises, over: 1h}}, when: "n >= 2"}
  - {rule: PU-03, kind: pump, HEAD, priority: P2, on_delay: 0s, off_delay: 0s, let: {low: {of: flow, take: min, every: day}, base: {of: low, take: mean, over: 3d}}, when: "base > 5"}
  - {rule: PU-04, kind: pump, HEAD, priority: P4, silent: {for: 2m}}`

func (s *stage) rewind(at time.Duration) *stage {
	s.said = append(s.said, s.e.Rewind(morning.Add(at))...)
	return s
}

// What is known stays known, delays and silence begin anew, windows forget.
func TestRewind(t *testing.T) {
	site := house(t, "Asia/Shanghai", "pump-1 pump running/1h flow/0")
	s := open(t, site, load(t, site, aheadRules)).play(`
		8h    pump-1 running=0 flow=1
		8h1s  pump-1 running=1
		8h2s  pump-1 running=0
		8h3s  pump-1 running=1`).rewind(time.Minute)
	if now := s.e.Now(); !now.Equal(morning.Add(time.Minute)) {
		t.Fatalf("it is at %s", now.Sub(morning))
	}
	s.play(`
		90s
		2m   pump-1 running=0
		3m   pump-1 running=1
		4m`)
	s.want(`
		8h3s  raise PU-02 pump-1
		1m    clear PU-02 pump-1
		1m10s raise PU-01 pump-1
		2m10s clear PU-01 pump-1
		3m10s raise PU-01 pump-1`)
	if x, ok := s.e.Value("pump-1", "flow"); !ok || x != 1 {
		t.Errorf("flow is %v, %v", x, ok)
	}
	s.said = nil
	s.play("4m30s pump-1 running=0\n4m50s pump-1 running=1\n7m")
	s.want(`
		4m40s clear PU-01 pump-1
		4m50s raise PU-02 pump-1
		5m    raise PU-01 pump-1
		6m50.000000001s raise PU-04 pump-1`)
}

// What days before the jump gave stays.
func TestRewindKeepsEarlierPeriods(t *testing.T) {
	site := house(t, "Asia/Shanghai", "pump-1 pump running/0 flow/0")
	s := open(t, site, load(t, site, aheadRules)).play("0s pump-1 flow=7 running=0\n1d15h\n2d20h pump-1 running=0").rewind(40 * time.Hour)
	for i := range s.e.instances {
		if in := &s.e.instances[i]; in.plan.rule.ID == "PU-03" {
			for k := range in.plan.windows {
				w := in.live.windows[k]
				if w.over > s.e.now || w.upTo > s.e.now || slices.ContainsFunc(w.ring, func(b bucket) bool { return b.start > s.e.now }) {
					t.Errorf("window %d has seen what is to come: %+v", k, w)
				}
				if in.plan.windows[k].samples && len(w.ring) != 1 {
					t.Errorf("%d days are known, want 1", len(w.ring))
				}
			}
		}
	}
}

// After going back, an engine that was saved goes on as one that was not.
func TestRewindIsSaved(t *testing.T) {
	site := house(t, "Asia/Shanghai", "pump-1 pump running/1m flow/3m", "pump-2 pump running/0 flow/1m")
	b := load(t, site, aheadRules)
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 7))
		s := open(t, site, b)
		at, parts := time.Duration(0), saved{}
		live := func(both ...*stage) {
			for range 60 {
				at += time.Duration(rng.Int64N(int64(90 * time.Second)))
				r := gateway.Reading{Asset: gateway.AssetID([]string{"pump-1", "pump-2"}[rng.IntN(2)]), Received: morning.Add(at), Time: morning.Add(at - time.Duration(rng.IntN(20))*time.Second),
					Values: []gateway.Value{gateway.Good("running", float64(rng.IntN(2))), gateway.Good("flow", float64(rng.IntN(9)))}}
				for _, one := range both {
					one.said = append(one.said, one.e.Step(r.Received, []gateway.Reading{r})...)
				}
			}
		}
		for range 3 {
			live(s)
			parts.from(s.e)
			at -= time.Duration(rng.Int64N(int64(26 * time.Hour)))
			s.rewind(at)
			parts.from(s.e)
			again := open(t, site, b)
			parts.into(t, again.e)
			s.said = nil
			live(s, again)
			if got, want := again.bytes(), s.bytes(); got != want {
				t.Fatalf("seed %d: after a restart\n%s\nwant\n%s", seed, again.says(), s.says())
			}
		}
	}
}
