package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"steward/gateway"
	"steward/gateway/disk"
	"steward/gateway/sqlite"
)

func percent(share float64) string { return strconv.Itoa(int(share*100)) + " %" }

// Reader looks into a journal from another process, whether or not the
// gateway is running. It never writes. What it says is at most about a second
// older than what the gateway itself would say.
type Reader struct {
	st *store
}

// OpenReadOnly opens the journal in a folder for looking.
func OpenReadOnly(ctx context.Context, dir string) (*Reader, error) {
	s := &store{path: filepath.Join(dir, fileName)}
	if _, err := os.Stat(s.path); err != nil {
		return nil, fmt.Errorf("journal: no journal in %s: %w", dir, err)
	}
	var err error
	if s.r, err = fileIn(dir).Readers(3); err != nil {
		return nil, fmt.Errorf("journal: %s: %w", s.path, err)
	}
	if err := s.prepareRead(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("journal: %s: %w", s.path, sqlite.Judge(err)), s.close())
	}
	return &Reader{st: s}, nil
}

// load reads the books in one transaction.
func (r *Reader) load(ctx context.Context) (*loaded, []blockInfo, error) {
	tx, err := r.st.r.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, nil, fmt.Errorf("journal: %s: %w", r.st.path, sqlite.Judge(err))
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	l, err := load(ctx, tx, "")
	if err != nil {
		return nil, nil, fmt.Errorf("journal: %s: %w", r.st.path, err)
	}
	for _, reader := range l.inactive {
		delete(l.books.cursors, reader)
	}
	first, err := heads(ctx, tx, 0, l.books.last, 1)
	if err != nil {
		return nil, nil, fmt.Errorf("journal: %s: %w", r.st.path, err)
	}
	return l, first, nil
}

// Status returns what the file says: entries, bytes, readers. Limits and
// errors are known to the gateway alone.
func (r *Reader) Status(ctx context.Context) (gateway.JournalStatus, error) {
	l, first, err := r.load(ctx)
	if err != nil {
		return gateway.JournalStatus{}, err
	}
	free, _ := disk.Free(filepath.Dir(r.st.path)) // 0: not known
	b := l.books
	s := gateway.JournalStatus{State: gateway.StateUp, First: b.oldest, Last: b.last, Bytes: b.bytes, FreeDisk: free,
		Dropped: map[string]uint64{}, Readers: []gateway.ReaderStatus{}}
	if len(first) > 0 {
		s.Oldest = time.Unix(0, first[0].received).UTC()
	}
	for key, c := range b.hours {
		if key.kind != kindProduced && key.kind != kindStored {
			s.Dropped[key.kind] += c.n
		}
	}
	for _, name := range sortedKeys(b.cursors) {
		seq := b.cursors[name]
		s.Readers = append(s.Readers, gateway.ReaderStatus{Name: name, Cursor: seq, Lag: b.held(seq, b.last)})
	}
	return s, nil
}

// Audit is Journal.Audit as of what is on disk.
func (r *Reader) Audit(ctx context.Context, from, to time.Time) ([]AuditHour, error) {
	l, _, err := r.load(ctx)
	if err != nil {
		return nil, err
	}
	return l.books.audit(from, to), nil
}

// Scan is Journal.Scan.
func (r *Reader) Scan(ctx context.Context, from gateway.Seq, f func(received time.Time, e gateway.Entry) error) error {
	l, _, err := r.load(ctx)
	if err != nil {
		return err
	}
	return scan(ctx, r.st, max(from, l.books.oldest), l.books.last, f)
}

// Aside calls f for every refused entry that is kept with its reason, oldest
// first, and returns how many more there were.
func (r *Reader) Aside(ctx context.Context, f func(reader string, at time.Time, e gateway.Refused) error) (forgotten uint64, err error) {
	l, _, err := r.load(ctx)
	if err != nil {
		return 0, err
	}
	var newest, n int64
	var failed error
	err = each(ctx, r.st.r, "SELECT id, reader, seq, line, reason, at FROM aside WHERE site = ? ORDER BY id", []any{l.site},
		func(scan func(...any) error) error {
			var reader string
			var e gateway.Refused
			var at int64
			if err := scan(&newest, &reader, &e.Seq, &e.Line, &e.Reason, &at); err != nil {
				return err
			}
			n++
			failed = f(reader, time.Unix(0, at).UTC(), e)
			return failed
		})
	if failed != nil {
		return 0, failed
	}
	return l.forgotten + uint64(newest-n), sqlite.Judge(err)
}

// Close ends the looking.
func (r *Reader) Close() error { return r.st.close() }
