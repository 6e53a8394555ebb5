package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"steward/gateway"
	"steward/gateway/sqlite"
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

// store is one SQLite file: one connection writes, a few read.
type store struct {
	path   string
	w, r   *sql.DB
	insert *sql.Stmt
	blocks *sql.Stmt // read from a number on
}

// fileIn is how the journal of a folder is kept.
func fileIn(dir string) sqlite.File {
	return sqlite.File{Path: filepath.Join(dir, fileName), PageSize: pageSize, Shrinks: true,
		WALPages: walPages, WALLimit: 4 * walPages * pageSize, WriteCache: 2048, ReadCache: 512}
}

// openStore opens a file or makes it. Its error wraps sqlite.ErrDamaged where the
// file is no journal that can be trusted. unchecked says that it is too large
// to be checked before the start.
func openStore(ctx context.Context, dir string) (s *store, unchecked bool, err error) {
	file := fileIn(dir)
	s = &store{path: file.Path}
	var size int64
	if info, err := os.Stat(s.path); err == nil {
		size = info.Size()
	}
	if s.w, err = file.Writer(); err != nil {
		return nil, false, err
	}
	if s.r, err = file.Readers(3); err != nil {
		return nil, false, errors.Join(err, s.w.Close())
	}
	if err = s.prepare(ctx, size <= checkNow); err != nil {
		_ = s.close() // the first error says more
		return nil, false, fmt.Errorf("journal: %s: %w", s.path, file.JudgeOpening(err))
	}
	return s, size > checkNow, nil
}

func (s *store) prepare(ctx context.Context, check bool) error {
	var version int
	if err := s.w.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return sqlite.Judge(err)
	}
	switch {
	case version > schemaVersion:
		return fmt.Errorf("written by a newer steward (version %d, this one knows %d)", version, schemaVersion)
	case version == 0:
		if err := s.create(ctx); err != nil {
			return sqlite.Judge(err)
		}
	case check:
		if err := sqlite.Check(ctx, s.w); err != nil {
			return err
		}
	}
	var err error
	if s.insert, err = s.w.PrepareContext(ctx, "INSERT OR REPLACE INTO blocks VALUES(?,?,?,?,?,?,?,?,?)"); err != nil {
		return sqlite.Judge(err)
	}
	return sqlite.Judge(s.prepareRead(ctx))
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
		return fmt.Errorf("%w: it has tables but no version", sqlite.ErrDamaged)
	}
	_, err := s.w.ExecContext(ctx, fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT", schema, schemaVersion))
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
		return scratch, sqlite.Judge(err)
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
			return scratch, sqlite.Judge(err)
		}
	}
	return scratch, sqlite.Judge(tx.Commit())
}

func (s *store) insertBlock(insert *sql.Stmt, b *block, clock int64, scratch []byte) ([]byte, error) {
	scratch = b.appendSums(scratch[:0])
	_, err := insert.Exec(int64(b.first), int64(len(b.ends)), b.size(), b.hour, clock, b.lo, b.hi, scratch, b.body)
	return scratch, sqlite.Judge(err)
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
	return out, sqlite.Judge(err)
}

// shrink gives up to pages free pages back to the disk.
func (s *store) shrink(pages int64) error {
	if _, err := s.w.Exec(fmt.Sprintf("PRAGMA incremental_vacuum(%d)", pages)); err != nil {
		return sqlite.Judge(err)
	}
	_, err := s.w.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return sqlite.Judge(err)
}
