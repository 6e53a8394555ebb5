package alarm

import (
	"time"

	"steward/gateway/duty"
)

// comesOften reports whether the last activations make it chatter.
func (e *entry) comesOften() bool {
	n := len(e.recent)
	return n == chatterCount && !e.recent[0].Before(e.recent[n-1].Add(-chatterWindow))
}

// restless reports whether a clear would not last: the alarm chatters, or does
// so where people would not see it.
func (e *entry) restless() bool { return !e.chatter.IsZero() || e.comesOften() }

// holdBack keeps the clear of a restless alarm back until it has lasted for a
// while, so that it is written down once a minute at most; false: it is not
// restless. One that waits already goes on waiting for the same instant.
func (t *Table) holdBack(at time.Time, e *entry) bool {
	if e.about != "" || e.alarm == nil || !e.alarm.Active || !e.restless() {
		return false
	}
	if e.clears.IsZero() {
		e.clears = at.Add(calmFor)
		t.touch(at, e)
	}
	return true
}

// comeBack takes a raise while the clear is held back: the alarm stood all the
// time, and only the count and the mark tell of it.
func (t *Table) comeBack(at time.Time, e *entry) {
	if e.clears.IsZero() {
		return
	}
	e.clears = time.Time{}
	e.alarm.Activations++
	t.activation(at, e)
	t.touch(at, e)
	if !e.chatter.IsZero() && !e.alarm.Has(duty.MarkChattering) {
		t.apply(at, e, duty.EventMark, "", say("一分钟内三次动作", "it came three times within a minute"))
	}
}

// lapse gives the clear that was held back.
func (t *Table) lapse(at time.Time, e *entry) {
	if e.clears.IsZero() {
		return
	}
	e.clears = time.Time{}
	t.clear(at, e, say("抖动后不再动作", "it had chattered, and did not come again"))
	t.touch(at, e)
}

// HeldBack reports whether the alarm is active only because its clear is held
// back: the condition is false already.
func (t *Table) HeldBack(key duty.AlarmKey) bool {
	e := t.entries[key]
	return e != nil && !e.clears.IsZero()
}
