package store

import (
	"cmp"
	"slices"
	"time"

	"steward/gateway/duty"
)

// alarmLog is what the figures need of transitions, a million of them it may
// be: an alarm and its condition are kept once, a step is small, and the
// figures look at parts of two slices instead of copying them.
type alarmLog struct {
	steps      []step // in order of seq, once sorted
	lives      map[string]*life
	conditions map[duty.AlarmKey]*condition
}

// life is one alarm.
type life struct {
	id string
	no int // from 0
	of *condition
}

// condition is one rule on one asset.
type condition struct {
	duty.AlarmKey
	no int // from 0
}

// step is one transition.
type step struct {
	seq      uint64
	at       time.Time
	life     *life
	priority duty.Priority
	is       traits
}

// traits are what a step was.
type traits uint8

const (
	came    traits = 1 << iota // it asked for a person's eye anew. A re-alarm is the same alarm once more, and not counted
	raised                     // the condition became true, before people
	stands                     // after it the alarm stands before people
	marked                     // only a mark changed
	cleared                    // it cleared by itself
)

func (s *step) has(t traits) bool { return s.is&t != 0 }

func newAlarmLog() *alarmLog {
	return &alarmLog{lives: map[string]*life{}, conditions: map[duty.AlarmKey]*condition{}}
}

// add adds a step; by is who did it.
func (l *alarmLog) add(seq uint64, at time.Time, alarm string, of duty.AlarmKey, p duty.Priority, on duty.AlarmEvent, was, is duty.AlarmState, active bool, by string) {
	one := l.lives[alarm]
	if one == nil {
		c := l.conditions[of]
		if c == nil {
			c = &condition{of, len(l.conditions)}
			l.conditions[of] = c
		}
		one = &life{alarm, len(l.lives), c}
		l.lives[alarm] = one
	}
	s := step{seq: seq, at: at, life: one, priority: p}
	for _, t := range [...]struct {
		trait traits
		is    bool
	}{
		{came, is == duty.Unacknowledged && was != duty.Unacknowledged && on != duty.EventRealarm},
		{raised, on == duty.EventRaise && is == duty.Unacknowledged},
		{stands, active && (is == duty.Unacknowledged || is == duty.Acknowledged)},
		{marked, on == duty.EventMark},
		{cleared, on == duty.EventClear && by == ""},
	} {
		if t.is {
			s.is |= t.trait
		}
	}
	l.steps = append(l.steps, s)
}

// sort brings the steps into their order.
func (l *alarmLog) sort() {
	bySeq := func(a, b step) int { return cmp.Compare(a.seq, b.seq) }
	if !slices.IsSortedFunc(l.steps, bySeq) {
		slices.SortFunc(l.steps, bySeq)
	}
}

// arrivals returns the steps with which alarms came before the end of the
// period, by time, and of them those within it.
func (l *alarmLog) arrivals(p span) (all, fresh []step) {
	n := 0
	wanted := func(s *step) bool { return s.has(came) && s.at.Before(p.to) }
	for i := range l.steps {
		if wanted(&l.steps[i]) {
			n++
		}
	}
	all = make([]step, 0, n)
	for i := range l.steps {
		if wanted(&l.steps[i]) {
			all = append(all, l.steps[i])
		}
	}
	byTime := func(a, b step) int { return a.at.Compare(b.at) }
	if !slices.IsSortedFunc(all, byTime) { // the clock was set back
		slices.SortStableFunc(all, byTime)
	}
	first, _ := slices.BinarySearchFunc(all, p.from, func(s step, t time.Time) int { return s.at.Compare(t) })
	return all, all[first:]
}

// idSet gathers alarms in the order in which they are added, each once.
type idSet struct {
	seen  map[int]struct{}
	last  *life
	ids   []string // at most MaxIDs
	total int
}

func (s *idSet) add(one *life) {
	if one == s.last {
		return
	}
	s.last = one
	if _, is := s.seen[one.no]; is {
		return
	}
	if s.seen == nil {
		s.seen = map[int]struct{}{}
	}
	s.seen[one.no] = struct{}{}
	if s.total++; len(s.ids) < duty.MaxIDs {
		s.ids = append(s.ids, one.id)
	}
}

// idsOf gathers the alarms of steps.
func idsOf(steps ...[]step) *idSet {
	s := &idSet{}
	for _, part := range steps {
		for i := range part {
			s.add(part[i].life)
		}
	}
	return s
}
