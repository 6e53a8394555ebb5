package rules

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"steward/gateway/duty"
)

// checkLaws holds a life against what must be true of every one.
func (l *simLife) checkLaws(seen map[string]int) {
	checkTransitions(l.t, l.record.transitions, seen)
	l.checkTickets(seen)
	keys := map[string]bool{}
	for _, row := range l.record.rows["outbox"] {
		var m duty.Message
		l.parse(row, &m)
		if keys[m.Key] {
			l.t.Errorf("message %s twice", m.Key)
		}
		keys[m.Key] = true
		seen[m.What]++
	}
}

func (l *simLife) parse(row string, v any) {
	if err := json.Unmarshal([]byte(row), v); err != nil {
		l.t.Fatal(err)
	}
}

func (l *simLife) checkTickets(seen map[string]int) {
	open, last := map[string]string{}, map[string]duty.TicketEvent{}
	for _, row := range l.record.rows["events"] {
		var e duty.TicketEvent
		l.parse(row, &e)
		seen["event "+string(e.What)]++
		was := last[e.Ticket]
		if e.No != was.No+1 || e.At.Before(was.At) {
			l.t.Errorf("%s: event %d at %s after %d at %s", e.Ticket, e.No, e.At, was.No, was.At)
		}
		if last[e.Ticket] = e; e.What != duty.WhatOpened && e.What != duty.WhatState {
			continue
		}
		seen["ticket "+string(e.To)]++
		var k duty.Ticket
		l.parse(l.record.tickets[e.Ticket], &k)
		key := string(k.Asset) + " " + k.Fault
		switch {
		case k.Fault == "":
		case e.What == duty.WhatOpened && open[key] != "":
			l.t.Errorf("%s was opened for %s, which has %s", e.Ticket, key, open[key])
		case e.What == duty.WhatOpened:
			open[key] = e.Ticket
		case e.To.Over():
			delete(open, key)
		}
	}
	if n := len(last); n != len(l.record.tickets) {
		l.t.Errorf("%d tickets have a timeline, of %d", n, len(l.record.tickets))
	}
}

// checkTransitions holds transitions against the ISA-18.2 diagram, written
// down here once more.
func checkTransitions(t testing.TB, all []duty.Transition, seen map[string]int) {
	t.Helper()
	lives, states := map[duty.AlarmKey]string{}, map[string]duty.Transition{}
	for i := range all {
		tr := &all[i]
		seen["alarm "+string(tr.To)]++
		seen["alarm "+string(tr.Event)]++
		if tr.Seq != uint64(i+1) {
			t.Fatalf("transition %d is numbered %d", i+1, tr.Seq)
		}
		if i > 0 && tr.At.Before(all[i-1].At) {
			t.Errorf("transition %d at %s comes after %s", tr.Seq, tr.At, all[i-1].At)
		}
		was, had := states[tr.Alarm.ID]
		switch {
		case !had && (tr.From != duty.Normal || tr.Event != duty.EventRaise):
			t.Errorf("%s begins with %s from %s", tr.Alarm.ID, tr.Event, tr.From)
		case !had && lives[tr.Alarm.AlarmKey] != "":
			t.Errorf("%s begins while %s of the same condition is not over", tr.Alarm.ID, lives[tr.Alarm.AlarmKey])
		case had && (was.To != tr.From || was.To == duty.Normal):
			t.Errorf("%s goes on from %s, it was %s", tr.Alarm.ID, tr.From, was.To)
		}
		if !simLegal(tr) {
			t.Errorf("%s: %s → %s by %s (latch %v, active %v, why %q) is not in the standard's diagram", tr.Alarm.ID, tr.From, tr.To, tr.Event, tr.Alarm.Latch, tr.Alarm.Active, tr.Words().EN)
		}
		lives[tr.Alarm.AlarmKey], states[tr.Alarm.ID] = tr.Alarm.ID, *tr
		if tr.To == duty.Normal {
			delete(lives, tr.Alarm.AlarmKey)
		}
	}
}

func simLegal(tr *duty.Transition) bool {
	aside := []duty.AlarmState{duty.Shelved, duty.Suppressed, duty.OutOfService}
	put, to, a := slices.Contains(aside, tr.From), tr.To, &tr.Alarm
	if tr.From == tr.To && tr.Event == duty.EventMark {
		return true
	}
	free := to == duty.Unacknowledged && a.Active || to == duty.Normal && !a.Active && !a.Latch || to == duty.Latched && !a.Active && a.Latch
	switch tr.Event {
	case duty.EventRaise:
		return a.Active && (put && to == tr.From || !put && !a.Active == false && (to == duty.Unacknowledged || slices.Contains(aside, to)))
	case duty.EventClear:
		if to == duty.Normal && (strings.Contains(tr.Say.EN, "any more") || strings.Contains(tr.Say.EN, "switched off")) {
			return true // its rule or its asset is gone
		}
		return !a.Active && (put && to == tr.From || tr.From == duty.Unacknowledged && to == duty.Returned ||
			tr.From == duty.Acknowledged && (to == duty.Normal && !a.Latch || to == duty.Latched && a.Latch))
	case duty.EventAcknowledge:
		return tr.By != "" && (tr.From == duty.Unacknowledged && to == duty.Acknowledged && a.Active ||
			tr.From == duty.Returned && (to == duty.Normal && !a.Latch || to == duty.Latched && a.Latch))
	case duty.EventReset:
		return tr.From == duty.Latched && to == duty.Normal && tr.By != ""
	case duty.EventRealarm:
		return tr.From == duty.Acknowledged && to == duty.Unacknowledged && a.Active
	case duty.EventShelve:
		return tr.From != duty.Normal && to == duty.Shelved && a.Priority != duty.P1 && tr.By != "" && tr.Why != "" && a.Until.After(tr.At)
	case duty.EventSuppress:
		return tr.From != duty.Normal && slices.Contains(aside, to)
	case duty.EventRemove:
		return tr.From != duty.Normal && to == duty.OutOfService && a.Until.After(tr.At)
	case duty.EventUnshelve, duty.EventUnsuppress, duty.EventRestore:
		return put && (free || slices.Contains(aside, to))
	}
	return false
}
