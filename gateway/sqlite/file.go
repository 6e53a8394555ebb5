// Package sqlite is how Steward keeps a SQLite file: the journal, the state
// and the history's rollups are opened, checked and, when damaged, set aside
// the same way. Its users speak database/sql; this package alone knows the
// driver.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrDamaged is wrapped by errors that mean that a file cannot be trusted.
var ErrDamaged = errors.New("damaged file")

// File is a SQLite file and how it is kept: with a write-ahead log, every
// commit forced to disk, one connection that writes and a few that read.
type File struct {
	Path     string
	PageSize int  // bytes, of a new file; 0: SQLite's 4096
	Shrinks  bool // a new file can give free pages back bit by bit
	WALPages int  // pages of log until they are put into the file
	WALLimit int  // bytes that an idle log keeps
	// What a connection keeps in memory, KiB.
	WriteCache, ReadCache int
}

// Writer opens the connection that writes; it makes the file where there is
// none. Transactions take the write lock when they begin.
func (f File) Writer() (*sql.DB, error) {
	q := url.Values{}
	q.Add("_txlock", "immediate")
	q.Add("_pragma", "busy_timeout(5000)")
	if f.PageSize > 0 {
		q.Add("_pragma", fmt.Sprintf("page_size(%d)", f.PageSize))
	}
	if f.Shrinks {
		q.Add("_pragma", "auto_vacuum(INCREMENTAL)")
	}
	q.Add("_pragma", "journal_mode(WAL)")
	q.Add("_pragma", "synchronous(FULL)")
	q.Add("_pragma", fmt.Sprintf("wal_autocheckpoint(%d)", f.WALPages))
	q.Add("_pragma", fmt.Sprintf("journal_size_limit(%d)", f.WALLimit))
	q.Add("_pragma", fmt.Sprintf("cache_size(-%d)", f.WriteCache))
	db, err := f.open(q)
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// Readers opens up to most connections that cannot write. The file must be
// there when they are used.
func (f File) Readers(most int) (*sql.DB, error) {
	q := url.Values{}
	q.Add("mode", "ro")
	q.Add("_pragma", "busy_timeout(5000)")
	q.Add("_pragma", fmt.Sprintf("cache_size(-%d)", f.ReadCache))
	db, err := f.open(q)
	if err == nil {
		db.SetMaxOpenConns(most)
		db.SetMaxIdleConns(min(most, 2))
	}
	return db, err
}

func (f File) open(q url.Values) (*sql.DB, error) {
	name := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(f.Path), RawQuery: q.Encode()}
	return sql.Open("sqlite", name.String())
}

// Check lets SQLite look through the whole file. Its error wraps ErrDamaged
// where what it found is wrong.
func Check(ctx context.Context, db *sql.DB) error {
	var answer string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&answer); err != nil {
		return Judge(err)
	}
	if answer != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, answer)
	}
	return nil
}

// Judge marks the errors that mean a damaged file with ErrDamaged.
func Judge(err error) error {
	var e *sqlite.Error
	if err == nil || errors.Is(err, ErrDamaged) || !errors.As(err, &e) {
		return err
	}
	switch text := err.Error(); e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_MISMATCH:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case sqlite3.SQLITE_ERROR: // says no more by its code
		if strings.Contains(text, "no such") || strings.Contains(text, "unsupported file format") {
			return fmt.Errorf("%w: %w", ErrDamaged, err) // a table or column is gone, or the header is wrong
		}
	}
	return err
}

// JudgeOpening is Judge for an error of opening the file to write: a damaged
// header also says that the file is read-only, which the file system does not.
func (f File) JudgeOpening(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code() == sqlite3.SQLITE_READONLY && writable(f.Path) {
		return fmt.Errorf("%w: its header says read-only: %w", ErrDamaged, err)
	}
	return Judge(err)
}

func writable(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// IsTwice reports whether SQLite refused a row because its key is there.
func IsTwice(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// SetAside renames the closed file and its log, so that a person may look at
// them, and returns the new name.
func (f File) SetAside(now time.Time) (string, error) {
	first := fmt.Sprintf("%s.damaged-%s", f.Path, now.UTC().Format("20060102T150405.000"))
	name := first
	for i := 2; exists(name); i++ {
		name = fmt.Sprintf("%s-%d", first, i)
	}
	for _, part := range []string{"", "-wal"} {
		if err := os.Rename(f.Path+part, name+part); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("setting the damaged file aside: %w", err)
		}
	}
	if err := os.Remove(f.Path + "-shm"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("setting the damaged file aside: %w", err)
	}
	return name, nil
}

// Remove deletes the closed file and its log: it can be made again.
func (f File) Remove() error {
	for _, part := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(f.Path + part); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Sync puts a file, or a folder's names, on disk.
func Sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
