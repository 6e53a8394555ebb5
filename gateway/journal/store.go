package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"steward/gateway"
)

const (
	fileName      = "journal.db"
	schemaVersion = 1
	pageSize      = 8192
	walPages      = 256 // WAL pages until a checkpoint: 2 MiB
	checkNow      = 64 << 20
)

// schema is one row of blocks for each commit. hour and at save scanning
// bodies; at is the running clock, which no jump of the wall clock moves.
const schema = `
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE blocks(first_seq INTEGER PRIMARY KEY, n INTEGER NOT NULL, bytes INTEGER NOT NULL, hour INTEGER NOT NULL,
  at INTEGER NOT NULL, received_lo INTEGER NOT NULL, received_hi INTEGER NOT NULL, sums BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE spans(first_seq INTEGER PRIMARY KEY, n INTEGER NOT NULL, hour INTEGER NOT NULL);
CREATE TABLE cursors(site TEXT, reader TEXT, seq INTEGER NOT NULL, active INTEGER NOT NULL, PRIMARY KEY(site, reader)) WITHOUT ROWID;
CREATE TABLE hours(site TEXT, hour INTEGER, reader TEXT, kind TEXT, n INTEGER NOT NULL, PRIMARY KEY(site, hour, reader, kind)) WITHOUT ROWID;
CREATE TABLE aside(id INTEGER PRIMARY KEY, site TEXT, reader TEXT, seq INTEGER NOT NULL, line BLOB NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL);
`

// errDamaged marks a file that SQLite cannot trust.
var errDamaged = errors.New("damaged file")

// store is one SQLite file: one connection writes, a few read.
type store struct {
	path   string
	w, r   *sql.DB
	insert *sql.Stmt
	blocks *sql.Stmt // read from a number on
}

func dsn(path string, writable bool) string {
	q := url.Values{}
	q.Add("_pragma", "busy_timeout(5000)")
	if writable {
		q.Add("_txlock", "immediate")
		q.Add("_pragma", fmt.Sprintf("page_size(%d)", pageSize))
		q.Add("_pragma", "auto_vacuum(INCREMENTAL)")
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(FULL)")
		q.Add("_pragma", fmt.Sprintf("wal_autocheckpoint(%d)", walPages))
		q.Add("_pragma", fmt.Sprintf("journal_size_limit(%d)", 4*walPages*pageSize))
		q.Add("_pragma", "cache_size(-2048)")
	} else {
		q.Add("mode", "ro")
		q.Add("_pragma", "cache_size(-512)")
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: q.Encode()}).String()
}

// openStore opens a file or makes it. Its error wraps errDamaged where the
// file is no journal that can be trusted. unchecked says that it is too large
// to be checked before the start.
func openStore(ctx context.Context, dir string) (s *store, unchecked bool, err error) {
	s = &store{path: filepath.Join(dir, fileName)}
	var size int64
	if info, err := os.Stat(s.path); err == nil {
		size = info.Size()
	}
	if s.w, err = sql.Open("sqlite", dsn(s.path, true)); err != nil {
		return nil, false, err
	}
	s.w.SetMaxOpenConns(1)
	if s.r, err = sql.Open("sqlite", dsn(s.path, false)); err != nil {
		return nil, false, errors.Join(err, s.w.Close())
	}
	s.r.SetMaxOpenConns(3)
	s.r.SetMaxIdleConns(2)
	if err = s.prepare(ctx, size <= checkNow); err != nil {
		_ = s.close() // the first error says more
		if refusesWrites(err) && writable(s.path) {
			err = fmt.Errorf("%w: its header says read-only: %w", errDamaged, err)
		}
		return nil, false, fmt.Errorf("journal: %s: %w", s.path, err)
	}
	return s, size > checkNow, nil
}

func (s *store) prepare(ctx context.Context, check bool) error {
	var version int
	if err := s.w.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return judge(err)
	}
	switch {
	case version > schemaVersion:
		return fmt.Errorf("written by a newer steward (version %d, this one knows %d)", version, schemaVersion)
	case version == 0:
		if err := s.create(ctx); err != nil {
			return judge(err)
		}
	case check:
		if err := quickCheck(ctx, s.w); err != nil {
			return err
		}
	}
	var err error
	if s.insert, err = s.w.PrepareContext(ctx, "INSERT OR REPLACE INTO blocks VALUES(?,?,?,?,?,?,?,?,?)"); err != nil {
		return judge(err)
	}
	return judge(s.prepareRead(ctx))
}

func (s *store) prepareRead(ctx context.Context) (err error) {
	s.blocks, err = s.r.PrepareContext(ctx, `SELECT first_seq, received_lo, sums, body FROM blocks
		WHERE first_seq >= (SELECT coalesce(max(first_seq), 0) FROM blocks WHERE first_seq <= ?1) ORDER BY first_seq`)
	return err
}

// create makes the tables of a new file. One with tables but without our
// version is not ours.
func (s *store) create(ctx context.Context) error {
	var tables int
	if err := s.w.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if tables > 0 {
		return fmt.Errorf("%w: it has tables but no version", errDamaged)
	}
	_, err := s.w.ExecContext(ctx, fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT", schema, schemaVersion))
	return err
}

// quickCheck lets SQLite look through the whole file.
func quickCheck(ctx context.Context, db *sql.DB) error {
	var answer string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&answer); err != nil {
		return judge(err)
	}
	if answer != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, answer)
	}
	return nil
}

// refusesWrites reports whether SQLite takes the file itself, not its folder,
// for read-only. A damaged header says so too.
func refusesWrites(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_READONLY
}

func writable(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// judge marks the errors that mean a damaged file.
func judge(err error) error {
	var e *sqlite.Error
	switch {
	case err == nil || errors.Is(err, errDamaged):
		return err
	case errors.As(err, &e):
		if code := e.Code() & 0xff; code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB || code == sqlite3.SQLITE_MISMATCH {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		text := err.Error() // SQLITE_ERROR says no more by its code
		if e.Code() == sqlite3.SQLITE_ERROR && (strings.Contains(text, "no such") || strings.Contains(text, "unsupported file format")) {
			return fmt.Errorf("%w: %w", errDamaged, err) // a table or column is gone, or the header is wrong
		}
	}
	return err
}

func (s *store) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.insert, s.blocks} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	if s.r != nil {
		errs = append(errs, s.r.Close())
	}
	if s.w != nil {
		errs = append(errs, s.w.Close())
	}
	return errors.Join(errs...)
}

// write is one transaction: a group's blocks, and what else is due.
func (s *store) write(blocks []*block, clock int64, due *dues, scratch []byte) ([]byte, error) {
	if due == nil && len(blocks) == 1 {
		return s.insertBlock(s.insert, blocks[0], clock, scratch)
	}
	tx, err := s.w.Begin()
	if err != nil {
		return scratch, judge(err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	insert := tx.Stmt(s.insert)
	defer insert.Close()
	for _, b := range blocks {
		if scratch, err = s.insertBlock(insert, b, clock, scratch); err != nil {
			return scratch, err
		}
	}
	if due != nil {
		if err := due.write(tx); err != nil {
			return scratch, judge(err)
		}
	}
	return scratch, judge(tx.Commit())
}

func (s *store) insertBlock(insert *sql.Stmt, b *block, clock int64, scratch []byte) ([]byte, error) {
	scratch = b.appendSums(scratch[:0])
	_, err := insert.Exec(int64(b.first), int64(len(b.ends)), b.size(), b.hour, clock, b.lo, b.hi, scratch, b.body)
	return scratch, judge(err)
}

// blockInfo is what retention knows of a block on disk.
type blockInfo struct {
	first, last gateway.Seq
	bytes       int64
	at          int64 // running clock
	received    int64 // ns, the earliest entry
}

// heads returns the first blocks from a number on; newest is the last entry
// of all. A block reaches to where the next one begins: n is not relied on.
func heads(ctx context.Context, db querier, from, newest gateway.Seq, limit int) ([]blockInfo, error) {
	var out []blockInfo
	err := each(ctx, db, "SELECT first_seq, bytes, at, received_lo FROM blocks WHERE first_seq >= ? ORDER BY first_seq LIMIT ?",
		[]any{int64(from), limit + 1}, func(scan func(...any) error) error {
			b := blockInfo{last: newest}
			if err := scan(&b.first, &b.bytes, &b.at, &b.received); err != nil {
				return err
			}
			if n := len(out); n > 0 {
				out[n-1].last = b.first - 1
			}
			out = append(out, b)
			return nil
		})
	if len(out) > limit {
		out = out[:limit]
	}
	return out, judge(err)
}

// shrink gives up to pages free pages back to the disk.
func (s *store) shrink(pages int64) error {
	if _, err := s.w.Exec(fmt.Sprintf("PRAGMA incremental_vacuum(%d)", pages)); err != nil {
		return judge(err)
	}
	_, err := s.w.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return judge(err)
}
