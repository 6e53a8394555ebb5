package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"steward/gateway/sqlite"
)

const (
	backupEvery = 24 * time.Hour
	lookEvery   = 10 * time.Minute // whether a backup is due
)

// Maintain looks through the file, deletes what is older than Options.Keep,
// and copies the file, once a day, until ctx ends.
// Every ten minutes it counts what is there. Commits go on meanwhile. A failure is logged once, shown by Status, and
// tried again.
func (s *Store) Maintain(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		s.upkeep(ctx)
		s.tally(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// upkeep makes the backup when it is due.
func (s *Store) upkeep(ctx context.Context) {
	now, last := s.opt.Now(), s.Status()
	if age := now.Sub(last.Backup); age < backupEvery && age > -backupEvery && last.Error == "" {
		return
	}
	err := sqlite.Check(ctx, s.r)
	if err == nil { // never replace a good backup by a damaged file
		err = errors.Join(s.trim(ctx), s.backup(ctx))
	}
	if ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.status.Error, s.status.Backup = "", now.UTC()
		return
	}
	if s.status.Error == "" {
		s.opt.Log.Error("the state could not be checked, trimmed and backed up: it will be tried again", "file", s.path, "err", err)
	}
	s.status.Error = err.Error()
}

// backup copies the file as it is at one instant. The one before is replaced
// only by a copy that is whole and on disk.
func (s *Store) backup(ctx context.Context) (err error) {
	path := filepath.Join(s.opt.Dir, backupName)
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("backing up: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part) // the first error says more
			err = fmt.Errorf("backing up: %w", err)
		}
	}()
	db, err := s.file().Writer() // a connection of its own: the writer is not held up
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", part)
	if err := errors.Join(sqlite.Judge(err), db.Close()); err != nil {
		return err
	}
	if err := sqlite.Sync(part); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return sqlite.Sync(s.opt.Dir)
}

// tally counts rows and the bytes of photos, for Status: too dear to be done
// whenever somebody asks.
func (s *Store) tally(ctx context.Context) {
	rows, photos := map[string]int64{}, int64(0)
	err := s.read(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"alarms", "transitions", "tickets", "ticket_events", "outbox", "audit", "attachments"} {
			var n int64
			if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&n); err != nil {
				return err
			}
			rows[table] = n
		}
		return tx.QueryRowContext(ctx, "SELECT coalesce(sum(size), 0) FROM attachments").Scan(&photos)
	})
	if err != nil { // the check and the commits say more
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Rows, s.status.Photos, s.status.Counted = rows, photos, s.opt.Now().UTC()
}
