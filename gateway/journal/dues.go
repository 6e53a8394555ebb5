package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"steward/gateway"
	"steward/gateway/sqlite"
)

// keepAside is how many refused entries are kept with their reasons.
const keepAside = 10_000

// asideRow is a refused entry on its way to the disk.
type asideRow struct {
	reader string
	gateway.Refused
	at int64 // ns, wall clock
}

// dues is what the books owe the disk: a copy, written in one transaction,
// with absolute numbers, so that writing it twice is writing it once.
type dues struct {
	site      string
	counted   gateway.Seq // spans and produced counters hold entries up to here
	deleteTo  gateway.Seq // blocks up to and with this one go
	bytes     int64
	clock     int64 // running, ns
	wall      int64
	forgotten uint64
	pruneTo   int64 // hours before go; 0: none
	cursors   map[string]gateway.Seq
	hours     map[hourKey]uint64
	spans     []span
	aside     []asideRow
}

func (d *dues) write(tx *sql.Tx) error {
	if d.deleteTo > 0 {
		if _, err := tx.Exec("DELETE FROM blocks WHERE first_seq <= ?", int64(d.deleteTo)); err != nil {
			return fmt.Errorf("deleting old entries: %w", err)
		}
	}
	if err := d.writeSpans(tx); err != nil {
		return fmt.Errorf("writing spans: %w", err)
	}
	if _, err := tx.Exec("UPDATE cursors SET active = 0 WHERE site = ?", d.site); err != nil {
		return fmt.Errorf("writing cursors: %w", err)
	}
	for reader, seq := range d.cursors {
		if _, err := tx.Exec("INSERT OR REPLACE INTO cursors VALUES(?,?,?,1)", d.site, reader, int64(seq)); err != nil {
			return fmt.Errorf("writing cursors: %w", err)
		}
	}
	for key, n := range d.hours {
		if _, err := tx.Exec("INSERT OR REPLACE INTO hours VALUES(?,?,?,?,?)", d.site, key.hour, key.reader, key.kind, int64(n)); err != nil {
			return fmt.Errorf("writing the audit: %w", err)
		}
	}
	if d.pruneTo != 0 {
		if _, err := tx.Exec("DELETE FROM hours WHERE hour < ?", d.pruneTo); err != nil {
			return fmt.Errorf("pruning the audit: %w", err)
		}
	}
	if err := d.writeAside(tx); err != nil {
		return fmt.Errorf("keeping refused entries: %w", err)
	}
	return d.writeMeta(tx)
}

func (d *dues) writeSpans(tx *sql.Tx) error {
	if d.deleteTo > 0 {
		if _, err := tx.Exec("DELETE FROM spans WHERE first_seq <= ?", int64(d.deleteTo)); err != nil {
			return err
		}
	}
	for _, s := range d.spans {
		if _, err := tx.Exec("INSERT OR REPLACE INTO spans VALUES(?,?,?)", int64(s.first), int64(s.n), s.hour); err != nil {
			return err
		}
	}
	return nil
}

func (d *dues) writeAside(tx *sql.Tx) error {
	for _, a := range d.aside {
		if _, err := tx.Exec("INSERT INTO aside(site, reader, seq, line, reason, at) VALUES(?,?,?,?,?,?)",
			d.site, a.reader, int64(a.Seq), a.Line, a.Reason, a.at); err != nil {
			return err
		}
	}
	if len(d.aside) > 0 {
		// Each row's id is one above the one before, as nothing else deletes.
		_, err := tx.Exec("DELETE FROM aside WHERE id <= (SELECT max(id) FROM aside) - ?", keepAside)
		return err
	}
	return nil
}

func (d *dues) writeMeta(tx *sql.Tx) error {
	for _, m := range [...]struct {
		key   string
		value any
	}{{"site", d.site}, {"counted", int64(d.counted)}, {"bytes", d.bytes}, {"clock", d.clock}, {"wall", d.wall}, {"forgotten", int64(d.forgotten)}} {
		if _, err := tx.Exec("INSERT OR REPLACE INTO meta VALUES(?,?)", m.key, m.value); err != nil {
			return fmt.Errorf("writing %s: %w", m.key, err)
		}
	}
	return nil
}

// loaded is what a file says.
type loaded struct {
	books     *books
	inactive  []string // readers that were not configured in the last run
	site      string
	clock     int64
	wall      int64
	forgotten uint64
}

// querier is a database or a transaction on it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// load reads the books of a file: as far as they were written down, and from
// there on from the blocks themselves. Without a site it takes the file's.
// With its error it returns as much as could be read.
func load(ctx context.Context, db querier, site string) (*loaded, error) {
	l := &loaded{books: newBooks()}
	b := l.books
	meta, errMeta := loadMeta(ctx, db)
	l.site, _ = meta["site"].(string)
	if site == "" {
		site = l.site
	}
	l.clock, l.wall = integer(meta["clock"]), integer(meta["wall"])
	l.forgotten = uint64(integer(meta["forgotten"]))
	counted := gateway.Seq(integer(meta["counted"]))
	errCursors := each(ctx, db, "SELECT reader, seq, active FROM cursors WHERE site = ?", []any{site}, func(scan func(...any) error) error {
		var reader string
		var seq gateway.Seq
		var active bool
		if err := scan(&reader, &seq, &active); err != nil {
			return err
		}
		if !active {
			l.inactive = append(l.inactive, reader)
		}
		b.cursors[reader] = seq
		return nil
	})
	errHours := each(ctx, db, "SELECT hour, reader, kind, n FROM hours WHERE site = ?", []any{site}, func(scan func(...any) error) error {
		var key hourKey
		var n int64
		if err := scan(&key.hour, &key.reader, &key.kind, &n); err != nil {
			return err
		}
		b.hours[key] = &counter{n: uint64(max(n, 0))}
		return nil
	})
	errSpans := each(ctx, db, "SELECT first_seq, n, hour FROM spans ORDER BY first_seq", nil, func(scan func(...any) error) error {
		var s span
		if err := scan(&s.first, &s.n, &s.hour); err != nil {
			return err
		}
		if s.n > 0 && s.first > b.last {
			b.spans = append(b.spans, s)
			b.last = s.last()
		}
		return nil
	})
	b.last = max(b.last, counted)
	b.bytes = integer(meta["bytes"])
	b.oldest = b.last + 1
	if len(b.spans) > 0 {
		b.oldest = b.spans[0].first
	}
	b.spansFrom = b.last
	errBlocks := b.loadTail(ctx, db)
	return l, sqlite.Judge(errors.Join(errMeta, errCursors, errHours, errSpans, errBlocks))
}

// loadTail takes in the blocks behind last: the newest ones, which the
// counters on disk do not hold yet.
func (b *books) loadTail(ctx context.Context, db querier) error {
	return each(ctx, db, "SELECT first_seq, length(sums)/4, hour, bytes FROM blocks WHERE first_seq > ? ORDER BY first_seq",
		[]any{int64(b.last)}, func(scan func(...any) error) error {
			var s span
			var size int64
			if err := scan(&s.first, &s.n, &s.hour, &size); err != nil {
				return err
			}
			if s.first > b.last {
				b.add(s.first, s.n, s.hour, size)
			}
			return nil
		})
}

func loadMeta(ctx context.Context, db querier) (map[string]any, error) {
	meta := map[string]any{}
	err := each(ctx, db, "SELECT key, value FROM meta", nil, func(scan func(...any) error) error {
		var key string
		var value any
		if err := scan(&key, &value); err != nil {
			return err
		}
		meta[key] = value
		return nil
	})
	return meta, err
}

func integer(v any) int64 {
	n, _ := v.(int64)
	return n
}

func sortedKeys(m map[string]gateway.Seq) []string { return slices.Sorted(maps.Keys(m)) }

// each calls f for every row of a query.
func each(ctx context.Context, db querier, query string, args []any, f func(scan func(...any) error) error) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return fmt.Errorf("%w: %w", sqlite.ErrDamaged, err) // a column holds what it cannot
		}
	}
	return rows.Err()
}

// all marks everything to be written: into a new file.
func (b *books) all() {
	for _, c := range b.hours {
		c.dirty = true
	}
	b.dirty, b.spansFrom = true, 0
}

// startOver counts everything held as dropped, for the reason.
func (b *books) startOver(reason string) (dropped uint64) {
	dropped = b.forget(b.last, b.bytes, reason)
	b.all()
	return dropped
}

// dues copies what the books owe; the caller holds the lock. Give it to
// settled when it is on disk, or to owed when it is not.
func (b *books) dues() *dues {
	d := &dues{counted: b.last, bytes: b.bytes, cursors: maps.Clone(b.cursors), hours: map[hourKey]uint64{}}
	d.pruneTo, _ = b.prune()
	for key, c := range b.hours {
		if c.dirty {
			d.hours[key] = c.n
			c.dirty = false
		}
	}
	i := slices.IndexFunc(b.spans, func(s span) bool { return s.last() >= b.spansFrom })
	if i > 0 && b.cut {
		d.spans = append(d.spans, b.spans[0])
	}
	if i >= 0 {
		d.spans = append(d.spans, b.spans[i:]...)
	}
	b.dirty = false
	return d
}

// settled takes note that dues are on disk.
func (b *books) settled(d *dues) { b.spansFrom, b.cut = d.counted, false }

// owed takes note that dues could not be written.
func (b *books) owed(d *dues) {
	for key := range d.hours {
		if c := b.hours[key]; c != nil {
			c.dirty = true
		}
	}
	b.dirty = true
}
