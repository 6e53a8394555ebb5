package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// State is one part of the rules' own state. Body nil deletes it.
type State struct {
	Key  string
	Body []byte
}

// Acted is what a person did, for the audit log.
type Acted struct {
	By    string    `json:"by"`
	Do    string    `json:"do"`    // a duty.Verb, or sign_in and the like
	About string    `json:"about"` // ID of an alarm, a ticket, an account …
	Text  string    `json:"text,omitempty"`
	At    time.Time `json:"at"`
}

// Commit is what one step of the rules, or one action of a person, changed.
type Commit struct {
	Site        string
	Cursor      gateway.Seq // the journal was read up to here
	Clock       time.Time   // what the engine took for now
	State       []State
	Transitions []duty.Transition // their Alarm becomes the alarm as it is now
	Tickets     []duty.Ticket     // as they are now
	Events      []duty.TicketEvent
	Outbox      []duty.Message // one whose Key is there already is not added again
	Action      *Acted         // nil: no person acted
}

// Saved is where a site's rules stood at the last commit.
type Saved struct {
	Cursor gateway.Seq
	Clock  time.Time
	Found  bool // false: the site has never committed
}

// never is when something ended that has not.
const never = math.MaxInt64

// statements are those of a commit, on the writing connection.
type statements struct {
	cursor, state, drop, alarm, transition, ticket, event, outbox, audit, auditHead, auditLast *sql.Stmt
}

func (st *statements) texts() map[**sql.Stmt]string {
	return map[**sql.Stmt]string{
		&st.cursor: `INSERT INTO cursors (site, seq, clock, began) VALUES (?1, ?2, ?3, ?3)
			ON CONFLICT (site) DO UPDATE SET seq = excluded.seq, clock = excluded.clock`,
		&st.state: `INSERT INTO rule_state (site, key, body) VALUES (?, ?, ?) ON CONFLICT (site, key) DO UPDATE SET body = excluded.body`,
		&st.drop:  `DELETE FROM rule_state WHERE site = ? AND key = ?`,
		&st.alarm: `INSERT INTO alarms (site, id, asset, rule, fault, priority, state, open, began, ended, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (site, id) DO UPDATE SET asset = excluded.asset, rule = excluded.rule, fault = excluded.fault, priority = excluded.priority,
			state = excluded.state, open = excluded.open, ended = excluded.ended, body = excluded.body`,
		&st.transition: `INSERT INTO transitions (site, seq, at, alarm, asset, rule, priority, event, was, state, active, who, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		&st.ticket: `INSERT INTO tickets (site, id, asset, fault, unit, area, origin, class, priority, state, open, breached, began, ended, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (site, id) DO UPDATE SET asset = excluded.asset, fault = excluded.fault, unit = excluded.unit, area = excluded.area,
			origin = excluded.origin, class = excluded.class, priority = excluded.priority, state = excluded.state, open = excluded.open,
			breached = excluded.breached, began = excluded.began, ended = excluded.ended, body = excluded.body`,
		&st.event:     `INSERT INTO ticket_events (site, ticket, no, at, body) VALUES (?, ?, ?, ?, ?)`,
		&st.outbox:    `INSERT INTO outbox (site, key, at, next_at, body) VALUES (?1, ?2, ?3, ?3, ?4) ON CONFLICT (site, key) DO NOTHING`,
		&st.audit:     `INSERT INTO audit (site, no, at, who, what, about, text, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		&st.auditHead: `INSERT INTO audit_heads (site, no, hash) VALUES (?, ?, ?) ON CONFLICT (site) DO UPDATE SET no = excluded.no, hash = excluded.hash`,
		&st.auditLast: `SELECT no, hash FROM (SELECT * FROM (SELECT no, hash FROM audit WHERE site = ?1 ORDER BY no DESC LIMIT 1)
			UNION ALL SELECT no, hash FROM audit_heads WHERE site = ?1) ORDER BY no DESC LIMIT 1`,
	}
}

func (st *statements) prepare(ctx context.Context, db *sql.DB) error {
	for to, text := range st.texts() {
		var err error
		if *to, err = db.PrepareContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (st *statements) close() (errs []error) {
	for stmt := range st.texts() {
		if *stmt != nil {
			errs = append(errs, (*stmt).Close())
		}
	}
	return errs
}

// Commit puts all of c on disk in one transaction, or nothing: an error says
// what could not be kept. One that wraps ErrDuplicate names the transition or
// event that is there already; one that wraps ErrDamaged will not go away.
// Once begun it does not heed ctx, so that its end is never in doubt.
func (s *Store) Commit(ctx context.Context, c Commit) error {
	rows, err := rowsOf(&c)
	if err == nil {
		err = s.write(ctx, func(tx *transaction) error { return tx.commit(&c, rows) })
	}
	s.count(err)
	if err != nil {
		return fmt.Errorf("store: committing site %s at entry %d: %w", c.Site, c.Cursor, err)
	}
	return nil
}

func (s *Store) count(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.status.Commits++
		s.status.LastError, s.status.ErrorSince = "", time.Time{}
		return
	}
	s.status.Refused++
	if s.status.LastError == "" {
		s.status.ErrorSince = s.opt.Now().UTC()
	}
	s.status.LastError = err.Error()
}

// transaction is one under way.
type transaction struct {
	*sql.Tx
	s *Store
}

// write runs f in a transaction of the writing connection.
func (s *Store) write(ctx context.Context, f func(*transaction) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := s.w.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return judge(err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	t := &transaction{tx, s}
	if err := f(t); err != nil {
		return judge(err)
	}
	if err := t.step("commit"); err != nil {
		return err
	}
	return judge(tx.Commit())
}

// step is where a test lets the disk fail.
func (t *transaction) step(name string) error {
	if before := t.s.opt.hooks.before; before != nil {
		return before(name)
	}
	return nil
}

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
		if twice(err) {
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
		_, err := insert.Exec(c.Site, e.Ticket, int64(e.No), ns(e.At), b.events[i])
		if twice(err) {
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

// Load hands every part of a site's state to part, in order of the keys, and
// returns where it stands; both are of one instant. An error of part ends it.
func (s *Store) Load(ctx context.Context, site string, part func(key string, body []byte) error) (Saved, error) {
	var saved Saved
	err := s.read(ctx, func(tx *sql.Tx) error {
		var clock int64
		err := tx.QueryRowContext(ctx, "SELECT seq, clock FROM cursors WHERE site = ?", site).Scan(&saved.Cursor, &clock)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		saved.Clock, saved.Found = at(clock), true
		return each(ctx, tx, "SELECT key, body FROM rule_state WHERE site = ? ORDER BY key", []any{site}, func(scan func(...any) error) error {
			var key string
			var body []byte
			if err := scan(&key, &body); err != nil {
				return err
			}
			return part(key, body)
		})
	})
	if err != nil {
		return Saved{}, fmt.Errorf("store: loading site %s: %w", site, err)
	}
	return saved, nil
}
