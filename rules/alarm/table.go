package alarm

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// Table is the set of a site's alarms that are not over. It is for one
// goroutine. Every call first does what is due by its time, in order of time;
// a time before the last change counts as that of the last change.
type Table struct {
	o         Options
	now       time.Time // of the last change
	lastID    uint64
	seq       uint64
	entries   map[duty.AlarmKey]*entry
	byAsset   map[gateway.AssetID][]*entry // by rule
	byID      map[string]*entry
	folded    map[string]map[duty.AlarmKey]*entry // into an alarm, by its ID
	outages   map[gateway.AssetID][]*outage       // by ticket
	supply    *supply
	causes    int                           // how many alarms are causes now
	recovers  map[gateway.AssetID]time.Time // what it feeds may need so long to come back
	announced []time.Time                   // the last ones, as many as it takes to judge a flood
	flooding  bool
	timers    timers
	flood     timer
	queue     []*entry // changed, and what depends on it not yet looked at
	taken     []duty.Transition
	unsaved   unsaved
	restored  bool // and not yet reconciled
}

// entry is what is known of one rule on one asset while it is anything but
// quietly normal.
type entry struct {
	key     duty.AlarmKey
	spec    Spec
	about   duty.Mark   // not empty: the table itself raises it, about that mark
	alarm   *duty.Alarm // nil while normal
	ackBy   string
	holds   []hold      // strongest first
	recent  []time.Time // the last activations, for chattering
	chatter time.Time   // it is chattering, until then; zero: it is not
	clears  time.Time   // the condition is false, and the clear is held back until then; zero: it is not
	causeID string      // its ID while it is a cause
	timer   timer
	queued  bool
	dirty   bool
}

// New makes an empty table. Restore fills it.
func New(o Options) *Table {
	o = o.withDefaults()
	t := &Table{
		o:        o,
		entries:  make(map[duty.AlarmKey]*entry),
		byAsset:  make(map[gateway.AssetID][]*entry),
		byID:     make(map[string]*entry),
		folded:   make(map[string]map[duty.AlarmKey]*entry),
		outages:  make(map[gateway.AssetID][]*outage),
		supply:   newSupply(o.Site),
		recovers: make(map[gateway.AssetID]time.Time),
		unsaved:  newUnsaved(),
	}
	t.flood = timer{pos: -1, rank: rankFlood}
	return t
}

// Raise tells that the condition became true, after its delay, and what the
// rule saw. It keeps inputs. An alarm that is active already stays as it is.
func (t *Table) Raise(at time.Time, s Spec, inputs []duty.Input) {
	at = t.enter(at)
	t.raise(at, s, inputs, "", words{})
	t.settle(at)
}

// Clear tells that the condition became false, after its delay. While the
// alarm chatters it clears when the condition has been false for a minute: a
// raise before that is no step of its life.
func (t *Table) Clear(at time.Time, key duty.AlarmKey) {
	at = t.enter(at)
	if e := t.entries[key]; e != nil && !t.holdBack(at, e) {
		t.clear(at, e, words{})
	}
	t.settle(at)
}

// Suppress tells that the rule's own suppression began or ended. It holds
// whether or not there is an alarm yet.
func (t *Table) Suppress(at time.Time, s Spec, on bool, why gateway.Text) {
	at = t.enter(at)
	if e := t.entries[s.Key]; e != nil || on {
		e = t.entry(s.Key)
		t.learn(at, e, s)
		if _, is := e.held(byLogic, ""); on && !is {
			t.hold(at, e, duty.EventSuppress, hold{Kind: byLogic, words: words{Say: why}})
		} else if !on && is {
			t.release(at, e, duty.EventUnsuppress, byLogic, "", "", words{Say: why})
		}
	}
	t.settle(at)
}

// Update tells what the rule says now, without an event of its own: after the
// rules or the site were changed. It only concerns an alarm that is not over.
func (t *Table) Update(at time.Time, s Spec) {
	at = t.enter(at)
	if e := t.entries[s.Key]; e != nil {
		t.learn(at, e, s)
	}
	t.settle(at)
}

// Forget ends the alarm for the reason, whatever its state: its rule or its
// asset is gone.
func (t *Table) Forget(at time.Time, key duty.AlarmKey, why gateway.Text) {
	at = t.enter(at)
	e := t.entries[key]
	if e == nil {
		return
	}
	for len(e.holds) > 0 {
		t.drop(e, e.holds[0].Kind, e.holds[0].Name)
	}
	e.recent, e.chatter, e.clears = nil, time.Time{}, time.Time{}
	if a := e.alarm; a != nil {
		if a.Active {
			a.Active, a.Cleared = false, at
		}
		t.move(at, e, duty.EventClear, "", words{Say: why}, duty.Normal, end)
	}
	t.touch(at, e)
	t.settle(at)
}

// Take returns what happened since the last Take, in order.
func (t *Table) Take() []duty.Transition {
	taken := t.taken
	t.taken = nil
	return taken
}

// Alarms returns the alarms that are not over, by ID. They are copies.
func (t *Table) Alarms() []duty.Alarm {
	all := make([]duty.Alarm, 0, len(t.byID))
	for e := range maps.Values(t.byID) {
		all = append(all, *e.alarm)
	}
	slices.SortFunc(all, func(a, b duty.Alarm) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// Alarm returns the alarm of the ID while it is not over.
func (t *Table) Alarm(id string) (duty.Alarm, bool) {
	if e := t.byID[id]; e != nil {
		return *e.alarm, true
	}
	return duty.Alarm{}, false
}

// ByKey returns the alarm of the rule on the asset while it is not over.
func (t *Table) ByKey(key duty.AlarmKey) (duty.Alarm, bool) {
	if e := t.entries[key]; e != nil && e.alarm != nil {
		return *e.alarm, true
	}
	return duty.Alarm{}, false
}

// enter does what is due and returns the time that counts.
func (t *Table) enter(at time.Time) time.Time {
	at = plainTime(at)
	t.Tick(at)
	if at.Before(t.now) {
		return t.now
	}
	return at
}

// plainTime drops what would not survive being saved.
func plainTime(at time.Time) time.Time {
	if at.IsZero() {
		return time.Time{}
	}
	return at.Round(0).UTC()
}

// alarmID writes an alarm's number as its ID.
func alarmID(number uint64) string { return fmt.Sprintf("A%06d", number) }

// entry finds or makes the entry of the key.
func (t *Table) entry(key duty.AlarmKey) *entry {
	if e := t.entries[key]; e != nil {
		return e
	}
	e := &entry{key: key, timer: timer{pos: -1, rank: rankEntry}}
	e.timer.entry = e
	t.entries[key] = e
	list := t.byAsset[key.Asset]
	i, _ := slices.BinarySearchFunc(list, key.Rule, func(e *entry, rule string) int { return cmp.Compare(e.key.Rule, rule) })
	t.byAsset[key.Asset] = slices.Insert(list, i, e)
	return e
}

// raise is Raise without the frame; about marks an alarm of the table's own.
func (t *Table) raise(at time.Time, s Spec, inputs []duty.Input, about duty.Mark, why words) {
	e := t.entry(s.Key)
	if about != "" {
		e.about = about
	}
	t.learn(at, e, s)
	if e.alarm != nil && e.alarm.Active {
		t.comeBack(at, e)
		return
	}
	if e.alarm == nil {
		t.lastID++
		e.alarm = &duty.Alarm{ID: alarmID(t.lastID), AlarmKey: e.key, State: duty.Normal}
		t.byID[e.alarm.ID] = e
		t.withdraw(e)
	}
	a := e.alarm
	a.Active, a.Raised, a.Cleared, a.Inputs = true, at, time.Time{}, plainInputs(inputs)
	a.Activations++
	t.fold(at, e)
	t.activation(at, e)
	t.apply(at, e, duty.EventRaise, "", why)
}

// plainInputs makes inputs fit to be saved: no number is none.
func plainInputs(inputs []duty.Input) []duty.Input {
	for i := range inputs {
		in := &inputs[i]
		in.Time = plainTime(in.Time)
		if in.Number != nil && (math.IsNaN(*in.Number) || math.IsInf(*in.Number, 0)) {
			in.Number = nil
		}
	}
	return inputs
}

// clear is Clear without the frame.
func (t *Table) clear(at time.Time, e *entry, why words) {
	if a := e.alarm; a != nil && a.Active {
		a.Active, a.Cleared = false, at
		t.apply(at, e, duty.EventClear, "", why)
	}
}
