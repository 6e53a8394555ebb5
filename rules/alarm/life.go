package alarm

import "steward/gateway/duty"

// effect is what a step of a life does besides changing the state.
type effect string

const (
	record   effect = "record"   // it is written down, no more
	announce effect = "announce" // it asks for a person's eye: no acknowledgement holds any longer, and it counts towards a flood
	repeat   effect = "repeat"   // it asks again: no acknowledgement holds any longer
	accept   effect = "accept"   // who acknowledged, and when, is kept
	end      effect = "end"      // it leaves the set
	judge    effect = "judge"    // whatever belongs to the state below
)

// below stands for the state that is left: what still holds the alarm, or
// what its condition makes of it when nothing does.
const below duty.AlarmState = "below"

// guard narrows a step to alarms that latch, or that do not.
type guard uint8

const (
	always guard = iota
	latches
	plain
)

// step is one row of the life-cycle.
type step struct {
	from   duty.AlarmState
	on     duty.AlarmEvent
	when   guard
	to     duty.AlarmState
	effect effect
}

// life is the life-cycle. What has no row here cannot happen: a person is
// refused. Nothing writes to it.
var life = [...]step{
	{duty.Normal, duty.EventRaise, always, below, judge},

	{duty.Unacknowledged, duty.EventClear, always, duty.Returned, record},
	{duty.Unacknowledged, duty.EventAcknowledge, always, duty.Acknowledged, accept},
	{duty.Unacknowledged, duty.EventShelve, always, duty.Shelved, record},
	{duty.Unacknowledged, duty.EventSuppress, always, duty.Suppressed, record},
	{duty.Unacknowledged, duty.EventRemove, always, duty.OutOfService, record},
	{duty.Unacknowledged, duty.EventMark, always, duty.Unacknowledged, record},

	{duty.Acknowledged, duty.EventClear, latches, duty.Latched, record},
	{duty.Acknowledged, duty.EventClear, plain, duty.Normal, end},
	{duty.Acknowledged, duty.EventRealarm, always, duty.Unacknowledged, repeat},
	{duty.Acknowledged, duty.EventShelve, always, duty.Shelved, record},
	{duty.Acknowledged, duty.EventSuppress, always, duty.Suppressed, record},
	{duty.Acknowledged, duty.EventRemove, always, duty.OutOfService, record},
	{duty.Acknowledged, duty.EventMark, always, duty.Acknowledged, record},

	// Raised again, it may at once be one of a cause's consequences: below.
	{duty.Returned, duty.EventRaise, always, below, judge},
	{duty.Returned, duty.EventAcknowledge, latches, duty.Latched, accept},
	{duty.Returned, duty.EventAcknowledge, plain, duty.Normal, end},
	{duty.Returned, duty.EventShelve, always, duty.Shelved, record},
	{duty.Returned, duty.EventSuppress, always, duty.Suppressed, record},
	{duty.Returned, duty.EventRemove, always, duty.OutOfService, record},
	{duty.Returned, duty.EventMark, always, duty.Returned, record},

	{duty.Latched, duty.EventRaise, always, below, judge},
	{duty.Latched, duty.EventReset, always, duty.Normal, end},
	{duty.Latched, duty.EventSuppress, always, duty.Suppressed, record},
	{duty.Latched, duty.EventRemove, always, duty.OutOfService, record},
	{duty.Latched, duty.EventMark, always, duty.Latched, record},

	{duty.Shelved, duty.EventRaise, always, duty.Shelved, record},
	{duty.Shelved, duty.EventClear, always, duty.Shelved, record},
	{duty.Shelved, duty.EventShelve, always, duty.Shelved, record}, // another expiry
	{duty.Shelved, duty.EventUnshelve, always, below, judge},
	{duty.Shelved, duty.EventSuppress, always, duty.Shelved, record},
	{duty.Shelved, duty.EventUnsuppress, always, duty.Shelved, record},
	{duty.Shelved, duty.EventRemove, always, duty.OutOfService, record},
	{duty.Shelved, duty.EventMark, always, duty.Shelved, record},

	{duty.Suppressed, duty.EventRaise, always, duty.Suppressed, record},
	{duty.Suppressed, duty.EventClear, always, duty.Suppressed, record},
	{duty.Suppressed, duty.EventShelve, always, duty.Shelved, record},
	{duty.Suppressed, duty.EventSuppress, always, duty.Suppressed, record}, // for another reason, too
	{duty.Suppressed, duty.EventUnsuppress, always, below, judge},
	{duty.Suppressed, duty.EventRemove, always, duty.OutOfService, record},
	{duty.Suppressed, duty.EventMark, always, duty.Suppressed, record},

	{duty.OutOfService, duty.EventRaise, always, duty.OutOfService, record},
	{duty.OutOfService, duty.EventClear, always, duty.OutOfService, record},
	{duty.OutOfService, duty.EventUnshelve, always, duty.OutOfService, record}, // a shelf underneath ends
	{duty.OutOfService, duty.EventSuppress, always, duty.OutOfService, record},
	{duty.OutOfService, duty.EventUnsuppress, always, duty.OutOfService, record},
	{duty.OutOfService, duty.EventRemove, always, duty.OutOfService, record}, // for another ticket, too
	{duty.OutOfService, duty.EventRestore, always, below, judge},
	{duty.OutOfService, duty.EventMark, always, duty.OutOfService, record},
}

// facts is what decides about a step beside the state and the event, as it is
// after the event.
type facts struct {
	active bool            // the condition holds
	latch  bool            // the rule latches
	cover  duty.AlarmState // the strongest of what holds the alarm; empty: nothing does
}

// next looks the step up. It reports false when the event cannot happen in
// the state.
func next(from duty.AlarmState, on duty.AlarmEvent, f facts) (duty.AlarmState, effect, bool) {
	for i := range life {
		s := &life[i]
		if s.from != from || s.on != on || (s.when == latches && !f.latch) || (s.when == plain && f.latch) {
			continue
		}
		if s.to != below {
			return s.to, s.effect, true
		}
		switch {
		case f.cover != "":
			return f.cover, record, true
		case f.active:
			return duty.Unacknowledged, announce, true
		case f.latch:
			return duty.Latched, record, true
		}
		return duty.Normal, end, true
	}
	return from, "", false
}
