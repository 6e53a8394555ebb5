package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/sqlite"
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
		&st.event:     `INSERT INTO ticket_events (site, ticket, no, at, attach, body) VALUES (?, ?, ?, ?, ?, ?)`,
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
// event that is there already; one that wraps sqlite.ErrDamaged will not go away.
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
		s.status.Committed = s.opt.Now().UTC()
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
		return sqlite.Judge(err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	t := &transaction{tx, s}
	if err := f(t); err != nil {
		return sqlite.Judge(err)
	}
	if err := t.step("commit"); err != nil {
		return err
	}
	return sqlite.Judge(tx.Commit())
}

// step is where a test lets the disk fail.
func (t *transaction) step(name string) error {
	if before := t.s.opt.hooks.before; before != nil {
		return before(name)
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
