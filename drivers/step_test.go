package drivers

import (
	"math"
	"testing"
	"time"

	"steward/gateway"
)

func TestStep(t *testing.T) {
	na, none := math.NaN(), time.Duration(0)
	type reading struct {
		after  time.Duration
		number float64 // NaN: a bad value comes
		good   bool
	}
	for name, list := range map[string][]reading{
		"slow":            {{none, 20, true}, {time.Second, 25, true}, {time.Second, 20, true}},
		"spike":           {{none, 20, true}, {time.Second, 85, false}, {time.Second, 20.5, true}, {time.Second, 21, true}},
		"a long pause":    {{none, 20, true}, {time.Minute, 85, true}},
		"fast polls":      {{none, 20, true}, {100 * time.Millisecond, 25, true}},
		"a new meter":     {{none, 20, true}, {time.Second, 85, false}, {time.Second, 86, false}, {time.Second, 85, true}, {time.Second, 84, true}},
		"noise":           {{none, 20, true}, {time.Second, 85, false}, {time.Second, -40, false}, {time.Second, 85, false}, {time.Second, -40, false}, {time.Second, 20, true}},
		"spikes apart":    {{none, 20, true}, {time.Second, 85, false}, {time.Second, 20, true}, {time.Second, 85, false}, {time.Second, 20, true}, {time.Second, 85, false}},
		"bad in between":  {{none, 20, true}, {time.Second, na, false}, {time.Second, 30, true}, {time.Second, 85, false}},
		"clock goes back": {{none, 20, true}, {-time.Hour, 24, true}, {-time.Hour, 85, false}},
	} {
		t.Run(name, func(t *testing.T) {
			s, now := NewStep(5), time.Unix(1_000_000, 0)
			for i, r := range list {
				now = now.Add(r.after)
				v := gateway.Good("temperature", r.number)
				if math.IsNaN(r.number) {
					v = gateway.NotGood("temperature", gateway.QualityBad, "other")
				}
				s.Check(&v, now)
				if good := v.Quality == gateway.QualityGood; good != r.good || (good && v.Number != r.number) ||
					(!good && (v.Reason == "" || !math.IsNaN(v.Number))) {
					t.Errorf("reading %d of %v is %+v, want good: %v", i, r.number, v, r.good)
				}
			}
		})
	}
}
