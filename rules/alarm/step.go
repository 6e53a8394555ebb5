package alarm

import (
	"slices"
	"time"

	"steward/gateway/duty"
)

// state is where the entry stands.
func (e *entry) state() duty.AlarmState {
	if e.alarm == nil {
		return duty.Normal
	}
	return e.alarm.State
}

func (e *entry) facts() facts {
	return facts{active: e.alarm.Active, latch: e.spec.Latch, cover: cover(e.holds)}
}

// annunciated reports whether there is an alarm that asks for an eye.
func (e *entry) annunciated() bool { return e.alarm != nil && e.alarm.Annunciated() }

// apply moves the alarm by the event, after its condition or its holds were
// changed.
func (t *Table) apply(at time.Time, e *entry, on duty.AlarmEvent, by string, why words) {
	if to, does, ok := next(e.state(), on, e.facts()); ok {
		t.move(at, e, on, by, why, to, does)
	}
}

// move makes the step and writes it down.
func (t *Table) move(at time.Time, e *entry, on duty.AlarmEvent, by string, why words, to duty.AlarmState, does effect) {
	a := e.alarm
	from := a.State
	s := &e.spec
	a.Fault, a.Title, a.Priority, a.Class, a.Trade, a.Latch = s.Fault, s.Title, s.Priority, s.Class, s.Trade, s.Latch
	a.State, a.Changed = to, at
	switch does {
	case announce, repeat:
		a.Acked, e.ackBy = time.Time{}, ""
	case accept:
		a.Acked, e.ackBy = at, by
	case end:
		if on == duty.EventAcknowledge {
			a.Acked = at
		}
	}
	t.dress(e, on, by, why)
	flood := a.Has(duty.MarkFlood)
	if does == announce {
		flood = t.annunciate(at, e) || flood
	}
	t.mark(at, e, flood)
	if why == (words{}) && on == duty.EventRaise && len(e.holds) > 0 {
		why = words{a.Reason, a.Say}
	}
	t.seq++
	t.taken = append(t.taken, duty.Transition{Seq: t.seq, At: at, Event: on, From: from, To: to, By: by, Why: why.Why, Say: why.Say, Alarm: *a})
	if to == duty.Normal {
		delete(t.byID, a.ID)
		e.alarm, e.ackBy = nil, ""
	}
	t.touch(at, e)
}

// dress sets what the alarm says about why it is as it is.
func (t *Table) dress(e *entry, on duty.AlarmEvent, by string, why words) {
	a := e.alarm
	a.Until, a.Ticket, a.Cause = time.Time{}, "", ""
	if len(e.holds) == 0 {
		switch on {
		case duty.EventRaise, duty.EventMark:
		case duty.EventClear:
			if why != (words{}) && e.about != "" {
				a.Reason, a.Say, a.By = why.Why, why.Say, by
			}
		default:
			a.Reason, a.Say, a.By = why.Why, why.Say, by
		}
		return
	}
	h := shown(e.holds)
	a.Reason, a.Say, a.By = h.Why, h.Say, h.By
	switch a.State {
	case duty.OutOfService:
		a.Until, a.Ticket = h.Until, h.Name
	case duty.Shelved:
		a.Until = h.Until
	case duty.Suppressed:
		if c, ok := e.held(byCause, ""); ok {
			a.Cause = c.Name
		}
	}
}

// mark sets the marks that the alarm carries now.
func (t *Table) mark(at time.Time, e *entry, flood bool) {
	a := e.alarm
	var marks []duty.Mark
	if !e.chatter.IsZero() {
		marks = append(marks, duty.MarkChattering)
	}
	if e.standing() && !at.Before(a.Raised.Add(staleAfter)) {
		marks = append(marks, duty.MarkStale)
	}
	if flood {
		marks = append(marks, duty.MarkFlood)
	}
	if !slices.Equal(marks, a.Marks) {
		a.Marks = marks // a new slice: earlier transitions keep theirs
	}
}

// hold puts the alarm aside. Without an alarm the hold is only remembered.
func (t *Table) hold(at time.Time, e *entry, on duty.AlarmEvent, h hold) {
	t.put(e, h)
	t.touch(at, e)
	if e.alarm != nil {
		t.apply(at, e, on, h.By, h.words)
	}
}

// release ends a hold; the alarm comes back when it was the last.
func (t *Table) release(at time.Time, e *entry, on duty.AlarmEvent, k kind, name, by string, why words) {
	t.releaseAll(at, []*entry{e}, on, hold{Kind: k, Name: name, By: by, words: why})
}

// releaseAll ends the same hold of several alarms as one: none comes before
// people's eyes before it is known what else holds it, and what suppresses one
// may be back with it. The hold says who ends it, and why.
func (t *Table) releaseAll(at time.Time, list []*entry, on duty.AlarmEvent, h hold) {
	freed := t.free(at, list, h)
	for _, e := range freed {
		t.rehold(e)
	}
	for _, e := range freed {
		t.comesBack(at, e, on, h)
	}
}

// free drops the hold and returns the alarms that had it. One whose clear is
// held back then clears: it is not to be announced for nothing.
func (t *Table) free(at time.Time, list []*entry, h hold) (freed []*entry) {
	for _, e := range slices.Clone(list) {
		if len(e.holds) == 1 && h.same(e.holds[0]) {
			t.lapse(at, e)
		}
		if !t.drop(e, h.Kind, h.Name) {
			continue
		}
		t.touch(at, e)
		if e.alarm != nil {
			freed = append(freed, e)
		}
	}
	return freed
}

// comesBack moves an alarm that was freed.
func (t *Table) comesBack(at time.Time, e *entry, on duty.AlarmEvent, h hold) {
	if e.alarm == nil {
		return
	}
	t.rehold(e)
	t.apply(at, e, on, h.By, h.words)
}

// rehold puts on an alarm that nothing holds any longer what would hold it as
// soon as it were back.
func (t *Table) rehold(e *entry) {
	if len(e.holds) > 0 || !e.alarm.Active && !e.spec.Latch {
		return
	}
	t.block(e)
	if !e.alarm.Active || !e.spec.Folds {
		return
	}
	if cause := t.causeOf(e.key.Asset); cause != nil {
		t.put(e, t.causeHold(cause))
	}
}

// learn takes what the rule says now.
func (t *Table) learn(at time.Time, e *entry, s Spec) {
	if e.spec.equal(&s) {
		return
	}
	s.Points, s.SuppressBy = slices.Clone(s.Points), slices.Clone(s.SuppressBy)
	e.spec = s
	t.touch(at, e)
	if e.alarm == nil {
		return
	}
	if s.Priority == duty.P1 {
		t.release(at, e, duty.EventUnshelve, byShelf, "", "",
			say("现在是 P1，不得搁置", "it is P1 now, and P1 is never shelved"))
	}
	if e.alarm == nil {
		return
	}
	t.reoutage(at, e)
	if e.alarm != nil {
		t.refold(at, e)
	}
}

// touch notes that the entry changed: it will be saved, and what depends on
// it looked at.
func (t *Table) touch(at time.Time, e *entry) {
	t.now = at
	t.unsaved.meta = true
	t.change(e)
	if !e.queued {
		e.queued = true
		t.queue = append(t.queue, e)
	}
}

// change notes that the entry must be saved.
func (t *Table) change(e *entry) {
	if !e.dirty {
		e.dirty = true
		t.unsaved.entries = append(t.unsaved.entries, e)
	}
}

// settle looks at everything that depends on what changed, until nothing does.
func (t *Table) settle(at time.Time) {
	for i := 0; i < len(t.queue); i++ {
		e := t.queue[i]
		e.queued = false
		t.relate(at, e)
		t.schedule(e)
		t.tidy(e)
		if i == len(t.queue)-1 {
			t.report(at, duty.MarkFlood, SiteAsset, t.flooding, t.floodWhy())
		}
	}
	clear(t.queue)
	t.queue = t.queue[:0]
}

// relate looks at what depends on the entry: what it feeds, the rules that it
// suppresses, the alarms about its asset's alarms.
func (t *Table) relate(at time.Time, e *entry) {
	id := ""
	if e.spec.Cause && e.annunciated() && e.alarm.Active {
		id = e.alarm.ID
	}
	if was := e.causeID; was != id {
		e.causeID = id
		if was != "" {
			t.causes--
			t.supply.causes(e.key.Asset, -1)
			t.unfold(at, e, was)
		}
		if id != "" {
			t.causes++
			t.supply.causes(e.key.Asset, 1)
			t.foldAll(at, e)
		}
	}
	for _, f := range slices.Clone(t.byAsset[e.key.Asset]) {
		if f.alarm != nil && len(f.spec.SuppressBy)+len(f.holds) > 0 {
			t.reblock(at, f)
		}
	}
	if e.about == "" {
		t.about(at, e)
	}
}

// tidy forgets an entry that is quietly normal.
func (t *Table) tidy(e *entry) {
	if e.alarm != nil || len(e.holds) > 0 || len(e.recent) > 0 || !e.chatter.IsZero() || t.entries[e.key] != e {
		return
	}
	t.timers.remove(&e.timer)
	delete(t.entries, e.key)
	list := t.byAsset[e.key.Asset]
	list = slices.DeleteFunc(slices.Clone(list), func(o *entry) bool { return o == e })
	if len(list) == 0 {
		delete(t.byAsset, e.key.Asset)
		return
	}
	t.byAsset[e.key.Asset] = list
}
