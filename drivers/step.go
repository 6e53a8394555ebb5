package drivers

import (
	"fmt"
	"math"
	"time"

	"steward/gateway"
)

// settled is after how many readings close to each other a new level is
// believed, however far it is from the old one: a meter was replaced.
const settled = 3

// Step finds impossible jumps of one point: changes faster than its kind
// declares. A jump makes the value bad, so that one wrong frame or one loose
// contact raises no alarm; a level that stays is believed at its third
// reading. It is used by one goroutine.
type Step struct {
	most   float64 // a second
	reason string

	known bool
	last  float64 // the newest that was believed
	at    time.Time

	jumps int // readings in a row close to leap
	leap  float64
	leapt time.Time
}

// NewStep watches a point whose largest plausible change is most in a second;
// below a second it may change as much as in one.
func NewStep(most float64) Step {
	return Step{most: most, reason: fmt.Sprintf("impossible jump: more than %g in a second", most)}
}

// Check makes v bad when it is an impossible jump from what came before. A
// value that carries no number changes nothing.
func (s *Step) Check(v *gateway.Value, at time.Time) {
	if v.Quality != gateway.QualityGood && v.Quality != gateway.QualityUncertain {
		return
	}
	if !s.known || s.near(v.Number, s.last, at.Sub(s.at)) {
		s.known, s.last, s.at, s.jumps = true, v.Number, at, 0
		return
	}
	if s.jumps > 0 && s.near(v.Number, s.leap, at.Sub(s.leapt)) {
		s.jumps++
	} else {
		s.jumps = 1
	}
	s.leap, s.leapt = v.Number, at
	if s.jumps >= settled {
		s.last, s.at, s.jumps = v.Number, at, 0
		return
	}
	v.Number, v.Quality, v.Reason = math.NaN(), gateway.QualityBad, s.reason
}

// Forget lets the next value be any: what it is measured by has changed.
func (s *Step) Forget() { s.known, s.jumps = false, 0 }

func (s *Step) near(a, b float64, passed time.Duration) bool {
	return math.Abs(a-b) <= s.most*max(passed.Seconds(), 1)
}
