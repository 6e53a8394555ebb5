package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrDamaged is wrapped by errors that mean that the file cannot be trusted.
// Opening it anew sets it aside.
var ErrDamaged = errors.New("damaged file")

// ErrDuplicate is wrapped when a commit brings what is stored already.
var ErrDuplicate = errors.New("stored already")

// quickCheck lets SQLite look through the whole file.
func quickCheck(ctx context.Context, db *sql.DB) error {
	var answer string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&answer); err != nil {
		return judge(err)
	}
	if answer != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, answer)
	}
	return nil
}

// judge marks the errors that mean a damaged file.
func judge(err error) error {
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

// twice reports whether SQLite refused a row because its key is there.
func twice(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
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

// setAside renames the file, its log and its backup, so that a person may
// look at them and the next backup does not replace the last good one.
func (s *Store) setAside(cause error) error {
	now := s.opt.Now().UTC()
	name := fmt.Sprintf("%s.damaged-%s", s.path, now.Format("20060102T150405.000"))
	for i, first := 2, name; exists(name); i++ {
		name = fmt.Sprintf("%s-%d", first, i)
	}
	backup := name + ".backup"
	for from, to := range map[string]string{s.path: name, s.path + "-wal": name + "-wal", filepath.Join(s.opt.Dir, backupName): backup} {
		if err := os.Rename(from, to); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("setting the damaged file aside: %w", err)
		}
	}
	if err := os.Remove(s.path + "-shm"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("setting the damaged file aside: %w", err)
	}
	if !exists(backup) {
		backup = "none"
	}
	s.status.Aside, s.status.AsideAt = name, now
	s.opt.Log.Error("the state's file is damaged: it was set aside and a new one begun; to go on from the backup instead, stop the gateway and copy it to "+fileName,
		"file", s.path, "aside", name, "backup", backup, "err", cause)
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
