package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"steward/gateway/duty"
	"steward/gateway/sqlite"
)

// never is when something ended that has not.
const never = math.MaxInt64

// bodies are the JSON of a commit, made before the transaction begins.
type bodies struct {
	alarms                              []alarmRow
	transitions, tickets, events, boxed [][]byte
}

// alarmRow is an alarm as its last transition in a commit leaves it.
type alarmRow struct {
	alarm *duty.Alarm
	began time.Time // first transition in this commit: counts when the alarm is new
	ended time.Time // last
	body  []byte
}

func rowsOf(c *Commit) (*bodies, error) {
	b := &bodies{}
	c.Transitions = finite(c.Transitions)
	place := map[string]int{}
	for i := range c.Transitions {
		t := &c.Transitions[i]
		j, ok := place[t.Alarm.ID]
		if !ok {
			j = len(b.alarms)
			place[t.Alarm.ID] = j
			b.alarms = append(b.alarms, alarmRow{began: t.At})
		}
		b.alarms[j].alarm, b.alarms[j].ended = &t.Alarm, t.At
	}
	var err error
	for i := range b.alarms {
		if b.alarms[i].body, err = json.Marshal(b.alarms[i].alarm); err != nil {
			return nil, fmt.Errorf("alarm %s: %w", b.alarms[i].alarm.ID, err)
		}
	}
	if b.transitions, err = marshal("transition", c.Transitions, func(t *duty.Transition) any { return t.Seq }); err != nil {
		return nil, err
	}
	if b.tickets, err = marshal("ticket", c.Tickets, func(t *duty.Ticket) any { return t.ID }); err != nil {
		return nil, err
	}
	if b.events, err = marshal("event of ticket", c.Events, func(e *duty.TicketEvent) any { return e.Ticket }); err != nil {
		return nil, err
	}
	b.boxed, err = marshal("message", c.Outbox, func(m *duty.Message) any { return m.Key })
	return b, err
}

func marshal[T any](what string, all []T, name func(*T) any) ([][]byte, error) {
	out := make([][]byte, len(all))
	for i := range all {
		var err error
		if out[i], err = json.Marshal(&all[i]); err != nil {
			return nil, fmt.Errorf("%s %v: %w", what, name(&all[i]), err)
		}
	}
	return out, nil
}

// finite returns transitions that JSON can say: an input that is no number
// becomes none, so that one rule's slip does not hold up a whole site. What
// the caller lent is left as it is.
func finite(in []duty.Transition) []duty.Transition {
	bad := func(n duty.Input) bool {
		return n.Number != nil && (math.IsNaN(*n.Number) || math.IsInf(*n.Number, 0))
	}
	out := in
	for i := range in {
		if !slices.ContainsFunc(in[i].Alarm.Inputs, bad) {
			continue
		}
		if &out[0] == &in[0] {
			out = slices.Clone(in)
		}
		inputs := slices.Clone(in[i].Alarm.Inputs)
		for j := range inputs {
			if bad(inputs[j]) {
				inputs[j].Number = nil
			}
		}
		out[i].Alarm.Inputs = inputs
	}
	return out
}

func (t *transaction) commit(c *Commit, b *bodies) error {
	parts := []struct {
		name string
		run  func() error
	}{
		{"transitions", func() error { return t.putTransitions(c, b) }},
		{"alarms", func() error { return t.putAlarms(c.Site, b.alarms) }},
		{"tickets", func() error { return t.putTickets(c, b) }},
		{"events", func() error { return t.putEvents(c, b) }},
		{"outbox", func() error { return t.putOutbox(c, b) }},
		{"state", func() error { return t.putState(c) }},
		{"audit", func() error {
			if c.Action == nil {
				return nil
			}
			return t.appendAudit(c.Site, *c.Action)
		}},
		{"cursor", func() error {
			_, err := t.Stmt(t.s.stmts.cursor).Exec(c.Site, int64(c.Cursor), ns(c.Clock))
			return err
		}},
	}
	for _, p := range parts {
		if err := errors.Join(t.step(p.name), p.run()); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func (t *transaction) putTransitions(c *Commit, b *bodies) error {
	insert := t.Stmt(t.s.stmts.transition)
	for i := range c.Transitions {
		tr := &c.Transitions[i]
		_, err := insert.Exec(c.Site, int64(tr.Seq), ns(tr.At), tr.Alarm.ID, string(tr.Alarm.Asset), tr.Alarm.Rule, int64(tr.Alarm.Priority),
			string(tr.Event), string(tr.From), string(tr.To), tr.Alarm.Active, tr.By, b.transitions[i])
		if sqlite.IsTwice(err) {
			return fmt.Errorf("transition %d of alarm %s: %w", tr.Seq, tr.Alarm.ID, ErrDuplicate)
		}
		if err != nil {
			return fmt.Errorf("transition %d of alarm %s: %w", tr.Seq, tr.Alarm.ID, err)
		}
	}
	return nil
}

func (t *transaction) putAlarms(site string, alarms []alarmRow) error {
	upsert := t.Stmt(t.s.stmts.alarm)
	for _, r := range alarms {
		a, open, ended := r.alarm, r.alarm.State != duty.Normal, ns(r.ended)
		if open {
			ended = never
		}
		if _, err := upsert.Exec(site, a.ID, string(a.Asset), a.Rule, a.Fault, int64(a.Priority), string(a.State), open, ns(r.began), ended, r.body); err != nil {
			return fmt.Errorf("alarm %s: %w", a.ID, err)
		}
	}
	return nil
}

func (t *transaction) putTickets(c *Commit, b *bodies) error {
	upsert := t.Stmt(t.s.stmts.ticket)
	for i := range c.Tickets {
		k := &c.Tickets[i]
		open, ended, breached := !k.State.Over(), ns(k.Changed), false
		if open {
			ended = never
		}
		for _, clock := range k.Clocks {
			breached = breached || !clock.Breached.IsZero()
		}
		if _, err := upsert.Exec(c.Site, k.ID, string(k.Asset), k.Fault, k.Unit, k.Area, string(k.Origin), string(k.Class), int64(k.Priority),
			string(k.State), open, breached, ns(k.Opened), ended, b.tickets[i]); err != nil {
			return fmt.Errorf("ticket %s: %w", k.ID, err)
		}
	}
	return nil
}

func (t *transaction) putEvents(c *Commit, b *bodies) error {
	insert := t.Stmt(t.s.stmts.event)
	for i := range c.Events {
		e := &c.Events[i]
		photo := ""
		if e.Attach != nil {
			photo = e.Attach.ID
		}
		_, err := insert.Exec(c.Site, e.Ticket, int64(e.No), ns(e.At), photo, b.events[i])
		if sqlite.IsTwice(err) {
			return fmt.Errorf("event %d of ticket %s: %w", e.No, e.Ticket, ErrDuplicate)
		}
		if err != nil {
			return fmt.Errorf("event %d of ticket %s: %w", e.No, e.Ticket, err)
		}
	}
	return nil
}

func (t *transaction) putOutbox(c *Commit, b *bodies) error {
	insert := t.Stmt(t.s.stmts.outbox)
	for i := range c.Outbox {
		if _, err := insert.Exec(c.Site, c.Outbox[i].Key, ns(c.Outbox[i].At), b.boxed[i]); err != nil {
			return fmt.Errorf("message %s: %w", c.Outbox[i].Key, err)
		}
	}
	return nil
}

func (t *transaction) putState(c *Commit) error {
	upsert, drop := t.Stmt(t.s.stmts.state), t.Stmt(t.s.stmts.drop)
	for i := range c.State {
		var err error
		if p := &c.State[i]; p.Body == nil {
			_, err = drop.Exec(c.Site, p.Key)
		} else {
			_, err = upsert.Exec(c.Site, p.Key, p.Body)
		}
		if err != nil {
			return fmt.Errorf("part %q: %w", c.State[i].Key, err)
		}
	}
	return nil
}
