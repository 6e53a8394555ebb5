package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"steward/gateway/duty"
	"steward/gateway/sqlite"
)

// Pages of lists.
const (
	defaultLimit = 100
	maxLimit     = 500
)

// limit is how many rows a page has: none asked for is the default.
func limit(asked int) int {
	if asked <= 0 {
		return defaultLimit
	}
	return min(asked, maxLimit)
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// read runs f over the store as it is at one instant.
func (s *Store) read(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.r.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return sqlite.Judge(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return sqlite.Judge(f(tx))
}

// each calls f for every row of a query; its error ends it.
func each(ctx context.Context, db querier, query string, args []any, f func(scan func(...any) error) error) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// query is the part of a SELECT behind WHERE as it grows.
type query struct {
	where strings.Builder
	args  []any
}

// of begins a query for the rows of a site.
func of(site string) *query {
	q := &query{args: []any{site}}
	q.where.WriteString("site = ?")
	return q
}

func (q *query) and(cond string, args ...any) {
	q.where.WriteString(" AND " + cond)
	q.args = append(q.args, args...)
}

// is asks for a column's value where one is given.
func (q *query) is(column, value string) {
	if value != "" {
		q.and(column+" = ?", value)
	}
}

// among asks for one of the values where some are given.
func among[T ~string](q *query, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	q.and(column+" IN (?"+strings.Repeat(",?", len(values)-1)+")", args...)
}

// ids asks for some rows of a table by their IDs: looked up, not searched for.
func (q *query) ids(table, site string, ids []string) {
	if len(ids) == 0 {
		return
	}
	sub := of(site)
	among(sub, "id", ids)
	q.and("n IN (SELECT n FROM "+table+" WHERE "+sub.where.String()+")", sub.args...)
}

func (q *query) priorities(values []duty.Priority) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = int64(v)
	}
	q.and("priority IN (?"+strings.Repeat(",?", len(values)-1)+")", args...)
}

// lived asks for lives (columns began and ended) that touch [from, to).
func (q *query) lived(from, to time.Time) {
	if !from.IsZero() {
		q.and("ended >= ?", ns(from))
	}
	if !to.IsZero() {
		q.and("began < ?", ns(to))
	}
}

// within asks for instants (column at) in [from, to).
func (q *query) within(from, to time.Time) {
	if !from.IsZero() {
		q.and("at >= ?", ns(from))
	}
	if !to.IsZero() {
		q.and("at < ?", ns(to))
	}
}

// older asks for what comes after a row in a list that shows the newest first.
func (q *query) older(table, id, site string) {
	if id != "" {
		q.and("n < (SELECT n FROM "+table+" WHERE site = ? AND id = ?)", site, id)
	}
}

// bodies reads the JSON of the column body of every row. A row that cannot be
// read costs itself: it is left out, counted and logged.
func bodiesOf[T any](ctx context.Context, s *Store, db querier, table, rest string, args []any) ([]T, error) {
	out := []T{}
	err := each(ctx, db, "SELECT body FROM "+table+" WHERE "+rest, args, func(scan func(...any) error) error {
		var body []byte
		if err := scan(&body); err != nil {
			return err
		}
		var v T
		if err := json.Unmarshal(body, &v); err != nil {
			s.unreadable(table, body, err)
			return nil
		}
		out = append(out, v)
		return nil
	})
	return out, sqlite.Judge(err)
}

// unreadable counts a row that could not be read; the first one is logged.
func (s *Store) unreadable(table string, body []byte, err error) {
	s.mu.Lock()
	s.status.Unreadable++
	first := s.status.Unreadable == 1
	s.mu.Unlock()
	if first {
		s.opt.Log.Error("a row of the state cannot be read and is left out; more are only counted",
			"file", s.path, "table", table, "row", string(body[:min(len(body), 80)]), "err", err)
	}
}

// one returns the only row, or an error that says what there is not.
func one[T any](rows []T, what, id, site string) (T, error) {
	if len(rows) == 0 {
		var none T
		return none, fmt.Errorf("store: site %s has no %s %q: %w", site, what, id, duty.ErrUnknown)
	}
	return rows[0], nil
}
