package rules

import (
	"math"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/book"
)

// silentGap is the time without readings or ticks after which the gateway was
// not running.
const silentGap = 30 * time.Second

// plan is a rule as all assets with the same points and the same settings
// share it.
type plan struct {
	rule     *ruled
	layout   *layout
	set      *book.Settings
	raise    book.Cond
	clear    book.Cond // nil: raise false
	suppress book.Cond // nil: never
	in       []source
	windows  []windowPlan // each after the one it is over
	slots    int32        // how many an instance has
	ages     bool         // some input grows with time alone
	watch    []watch
	points   []string // of the asset, that it looks at; sorted
	hash     uint64   // of everything that makes old delays and windows mean something else
}

// source is where one input of a plan comes from.
type source struct {
	kind  book.InputKind
	at    int32   // InPoint, InAge: the point, -1 none or any; InWindow: the window; InRelated, InFact: the slot; InSchedule: the calendar
	num   float64 // InNumber
	age   bool    // InFact: seconds since
	need  bool    // InFact: unknown until somebody told it
	exist bool
}

// instance is one rule on one asset. There are many: keep it small.
type instance struct {
	plan  *plan
	live  *living // only with windows or ages
	asset int32
	slots int32 // the first in Engine.slots
	since int64 // of truth
	left  int64 // of the delay, at from
	from  int64 // the delay runs since, 0: it does not
	armed int64 // its timer of the delay, 0: none
	truth book.Tri
	flags uint8
}

// What an instance is besides.
const (
	flagRaised     = 1 << iota // the alarm's condition holds, after its delay
	flagPending                // the other way, for a part of the delay
	flagSuppressed             // by the rule's own condition
	flagFresh                  // not judged yet
	flagDirty                  // to be saved
	flagKept                   // it was saved
)

func (in *instance) is(f uint8) bool { return in.flags&f != 0 }

func (in *instance) set(f uint8, on bool) {
	if on {
		in.flags |= f
	} else {
		in.flags &^= f
	}
}

// living is the part of an instance that moves with time.
type living struct {
	windows []window
	look    int64  // when to look again, 0: never
	armed   int64  // the timer for it
	cross   int64  // when an age will change the truth, 0: not reckoned, maxTime: never
	seen    uint64 // what that was reckoned from
}

const maxTime = math.MaxInt64

// fill makes the inputs of an instance, moving its windows to the instant.
func (e *Engine) fill(in *instance, at int64) []float64 {
	p := in.plan
	buf := e.in[:len(p.in)]
	base := e.assets[in.asset].base
	for k := range p.in {
		s := &p.in[k]
		switch s.kind {
		case book.InPoint:
			if v := &e.values[base+max(s.at, 0)]; s.at >= 0 && v.good() {
				buf[k] = v.num
			} else {
				buf[k] = math.NaN()
			}
		case book.InNumber:
			buf[k] = s.num
		default:
			buf[k] = e.other(in, s, at)
		}
	}
	if len(p.windows) > 0 {
		e.moveWindows(in, base, at)
		for w := range p.windows {
			buf[p.windows[w].input] = in.live.windows[w].value
		}
	}
	return buf
}

// other is an input that is neither a point nor a number nor a window.
func (e *Engine) other(in *instance, s *source, at int64) float64 {
	if !s.exist {
		return math.NaN()
	}
	switch s.kind {
	case book.InRelated:
		return e.groups[e.slots[in.slots+s.at]].value
	case book.InFact:
		f := &e.facts[e.slots[in.slots+s.at]]
		if s.need && !f.told {
			return math.NaN()
		}
		if s.age {
			return seconds(at - f.nanos())
		}
		return f.number
	case book.InAge:
		return seconds(max(at-e.heard(in, s), 0))
	case book.InSchedule:
		return truth(e.calendars[s.at].holds)
	}
	return math.NaN()
}

// heard is since when the silence of an age is counted.
func (e *Engine) heard(in *instance, s *source) int64 {
	a := &e.assets[in.asset]
	last := a.good
	if s.at >= 0 {
		last = e.values[a.base+s.at].at
	}
	if last == 0 {
		last = a.begun
	}
	if !in.is(flagRaised) {
		last = max(last, e.resumed)
	}
	return last
}

func seconds(n int64) float64 { return float64(n) / float64(time.Second) }

// judge evaluates an instance and moves its delays.
func (e *Engine) judge(i int32, at int64) {
	in := &e.instances[i]
	p := in.plan
	e.stats.Evaluations++
	buf := e.fill(in, at)
	if p.suppress != nil || in.is(flagFresh) {
		e.judgeSuppress(i, in, buf, at)
	}
	in.set(flagFresh, false)
	t := p.raise.Eval(buf)
	if t != in.truth {
		in.truth, in.since = t, at
		e.dirtyInstance(i)
	}
	e.settle(i, in, e.toward(in, t, buf), at)
	if in.live != nil {
		e.plant(i, in, t, at)
	}
}

// toward is whether the condition that would move the alarm holds: raise
// while it is not raised, clear while it is. What still raises is not clear.
func (e *Engine) toward(in *instance, raise book.Tri, buf []float64) book.Tri {
	switch {
	case !in.is(flagRaised):
		return raise
	case raise == book.True:
		return book.False
	case in.plan.clear != nil:
		return in.plan.clear.Eval(buf)
	case raise == book.False:
		return book.True
	}
	return book.Unknown
}

// settle runs, freezes, ends or abandons the delay.
func (e *Engine) settle(i int32, in *instance, toward book.Tri, at int64) {
	switch toward {
	case book.True:
		if !in.is(flagPending) {
			in.set(flagPending, true)
			in.left, in.from = int64(in.delay()), at
			if in.left > 0 {
				e.dirtyInstance(i)
			}
		} else if in.from == 0 {
			in.from = at
			e.dirtyInstance(i)
		}
		if in.from+in.left <= at {
			e.flip(i, in, at)
			return
		}
		e.timers.arm(&in.armed, in.from+in.left, timerDelay|uint32(i))
	case book.Unknown:
		if in.from != 0 {
			in.left, in.from = max(in.left-(at-in.from), 0), 0
			e.dirtyInstance(i)
		}
	default:
		if in.is(flagPending) {
			in.set(flagPending, false)
			in.left, in.from = 0, 0
			e.dirtyInstance(i)
		}
	}
}

func (in *instance) delay() time.Duration {
	if in.is(flagRaised) {
		return in.plan.set.OffDelay
	}
	return in.plan.set.OnDelay
}

// clearing is when a raised alarm clears, if its condition stays as it is.
func (e *Engine) clearing(key duty.AlarmKey) (time.Time, bool) {
	i, _ := e.instanceOf(key)
	if i < 0 {
		return time.Time{}, false
	}
	in := &e.instances[i]
	if !in.is(flagRaised) || !in.is(flagPending) || in.from == 0 {
		return time.Time{}, false
	}
	return instant(in.from + in.left), true
}

// unheard reports whether a raised alarm stands only because no data come: it
// is about silence, or what it looks at is missing.
func (e *Engine) unheard(key duty.AlarmKey) bool {
	i, _ := e.instanceOf(key)
	if i < 0 {
		return false
	}
	in := &e.instances[i]
	for k := range in.plan.in {
		if s := &in.plan.in[k]; s.kind == book.InAge && s.exist {
			return in.truth == book.True
		}
	}
	return in.truth == book.Unknown
}

// delayed ends a delay, if it still runs.
func (e *Engine) delayed(i int32, due int64) {
	in := &e.instances[i]
	if in.armed != due {
		return
	}
	in.armed = 0
	if in.from == 0 {
		return
	}
	if end := in.from + in.left; end > due {
		e.timers.arm(&in.armed, end, timerDelay|uint32(i))
		return
	}
	e.begin()
	e.flip(i, in, due)
	if in.live != nil { // silence counts differently once it is known
		e.judge(i, due)
	}
}

// flip raises or clears the alarm: the table is told at the end of the
// instant. The condition that moved it holds, so the opposite one does not: no
// second step follows in this event.
func (e *Engine) flip(i int32, in *instance, at int64) {
	f := flip{at: at, instance: i, raised: !in.is(flagRaised)}
	in.set(flagRaised, f.raised)
	in.set(flagPending, false)
	in.left, in.from = 0, 0
	e.dirtyInstance(i)
	if f.raised {
		f.inputs = e.inputs(i, at)
	}
	e.flips = append(e.flips, f)
}

// judgeSuppress tells the table when the rule's own suppression begins or
// ends; while that cannot be known it stays as it is.
func (e *Engine) judgeSuppress(i int32, in *instance, buf []float64, at int64) {
	on := book.False
	if in.plan.suppress != nil {
		on = in.plan.suppress.Eval(buf)
	}
	was := in.is(flagSuppressed)
	switch {
	case on == book.True && (!was || in.is(flagFresh)):
		e.table.Suppress(instant(at), e.spec(i), true, gateway.Text{ZH: "规则自身的抑制条件成立", EN: "the rule's own condition suppresses it"})
	case on == book.False && (was || in.is(flagFresh)):
		e.table.Suppress(instant(at), e.spec(i), false, gateway.Text{ZH: "规则自身的抑制条件已结束", EN: "the rule's own suppression ended"})
	case on == book.Unknown:
		return
	}
	if was != (on == book.True) {
		in.set(flagSuppressed, on == book.True)
		e.dirtyInstance(i)
	}
	e.rest()
}

func (e *Engine) key(i int32) duty.AlarmKey {
	in := &e.instances[i]
	return duty.AlarmKey{Asset: e.assets[in.asset].def.ID, Rule: in.plan.rule.ID}
}
