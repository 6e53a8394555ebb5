package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"steward/gateway/duty"
	"steward/gateway/sqlite"
)

// Outgoing is a row of the outbox with how its delivery stands.
type Outgoing struct {
	No        int64        `json:"no"` // in the order in which they were put in
	Message   duty.Message `json:"message"`
	Attempts  int          `json:"attempts"`
	Next      time.Time    `json:"next"`               // not to be tried before
	Delivered time.Time    `json:"delivered,omitzero"` // zero: not yet
	Failure   string       `json:"failure,omitempty"`  // of the last attempt
}

// Attempt is how one try to deliver a message went. Delivered zero: it did
// not, and is due again at Next.
type Attempt struct {
	Delivered time.Time
	Next      time.Time
	Failure   string
}

// Outbox lists a site's messages behind the row after, in their order.
func (s *Store) Outbox(ctx context.Context, site string, after int64, n int) ([]Outgoing, error) {
	return s.outgoing(ctx, site, "site = ? AND n > ? ORDER BY n LIMIT ?", site, after, limit(n))
}

// OutboxPending lists the messages that are not delivered and due at now, the
// longest due first.
func (s *Store) OutboxPending(ctx context.Context, site string, now time.Time, n int) ([]Outgoing, error) {
	return s.outgoing(ctx, site, "site = ? AND delivered_at = 0 AND next_at <= ? ORDER BY next_at, n LIMIT ?", site, ns(now), limit(n))
}

func (s *Store) outgoing(ctx context.Context, site, rest string, args ...any) ([]Outgoing, error) {
	out := []Outgoing{}
	err := each(ctx, s.r, "SELECT n, attempts, next_at, delivered_at, failure, body FROM outbox WHERE "+rest, args, func(scan func(...any) error) error {
		var o Outgoing
		var next, delivered int64
		var body []byte
		if err := scan(&o.No, &o.Attempts, &next, &delivered, &o.Failure, &body); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &o.Message); err != nil {
			s.unreadable("outbox", body, err)
			return nil
		}
		o.Next, o.Delivered = at(next), at(delivered)
		out = append(out, o)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store: outbox of site %s: %w", site, sqlite.Judge(err))
	}
	return out, nil
}

// OutboxMark notes an attempt to deliver a message. One that was delivered
// stays so. An error wraps duty.ErrUnknown when there is no such row.
func (s *Store) OutboxMark(ctx context.Context, site string, no int64, a Attempt) error {
	err := s.write(ctx, func(tx *transaction) error {
		done, err := tx.Exec(`UPDATE outbox SET attempts = attempts + 1, next_at = ?, failure = ?,
			delivered_at = CASE delivered_at WHEN 0 THEN ? ELSE delivered_at END WHERE site = ? AND n = ?`,
			ns(a.Next), a.Failure, ns(a.Delivered), site, no)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return fmt.Errorf("there is no such row: %w", duty.ErrUnknown)
	})
	if err != nil {
		return fmt.Errorf("store: outbox row %d of site %s: %w", no, site, err)
	}
	return nil
}
