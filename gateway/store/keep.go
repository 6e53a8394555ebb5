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
	batch     = 500            // rows that one transaction deletes: commits wait for no more
	orphanAge = 24 * time.Hour // a photo is named by a line of a timeline much sooner, or never
)

// trim deletes what is over for longer than Options.Keep, and photos that no
// line of a timeline names. What is open and the audit log are left alone.
func (s *Store) trim(ctx context.Context) error {
	gone := map[string]int64{}
	var errs []error
	if s.opt.Keep > 0 {
		errs = append(errs, s.trimSites(ctx, gone))
	}
	errs = append(errs, s.sweepOrphans(ctx, gone))
	for _, n := range gone {
		if n > 0 {
			s.opt.Log.Info("old records were deleted", "keep", s.opt.Keep, "alarms", gone["alarms"], "transitions", gone["transitions"],
				"tickets", gone["tickets"], "lines", gone["ticket_events"], "messages", gone["outbox"], "photos", gone["attachments"])
			break
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("deleting old records: %w", err)
	}
	return nil
}

func (s *Store) trimSites(ctx context.Context, gone map[string]int64) error {
	limits := map[string]int64{}
	now := s.opt.Now()
	err := each(ctx, s.r, "SELECT site, clock FROM cursors", nil, func(scan func(...any) error) error {
		var site string
		var clock int64
		if err := scan(&site, &clock); err != nil {
			return err
		}
		// A clock that runs ahead must not cost years: the rules' own counts, too.
		limits[site] = min(clock, ns(now)) - int64(s.opt.Keep)
		return nil
	})
	if err != nil {
		return sqlite.Judge(err)
	}
	for site, limit := range limits {
		for _, part := range []func(*transaction) (int64, error){
			func(tx *transaction) (int64, error) {
				return tx.trimLives(site, limit, "alarms", "transitions", "alarm", gone)
			},
			func(tx *transaction) (int64, error) {
				return tx.trimLives(site, limit, "tickets", "ticket_events", "ticket", gone)
			},
			func(tx *transaction) (int64, error) {
				return tx.delete(gone, "outbox", "n IN (SELECT n FROM outbox WHERE site = ? AND at < ? LIMIT ?)", site, limit, batch)
			},
		} {
			if err := s.inBatches(ctx, part); err != nil {
				return fmt.Errorf("site %s: %w", site, err)
			}
		}
	}
	return nil
}

// inBatches runs f in a transaction of its own until it deletes nothing more.
func (s *Store) inBatches(ctx context.Context, f func(*transaction) (int64, error)) error {
	for {
		var n int64
		err := s.write(ctx, func(tx *transaction) (err error) {
			n, err = f(tx)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// delete deletes rows and counts them.
func (t *transaction) delete(gone map[string]int64, table, where string, args ...any) (int64, error) {
	done, err := t.Exec("DELETE FROM "+table+" WHERE "+where, args...)
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	gone[table] += n
	return n, err
}

// trimLives deletes lives that were over before the limit, each after its
// lines, as far as a batch goes. It returns how many rows are gone.
func (t *transaction) trimLives(site string, limit int64, lives, lines, of string, gone map[string]int64) (int64, error) {
	rows, err := t.Query("SELECT id FROM "+lives+" WHERE site = ? AND ended < ? AND open = 0 LIMIT ?", site, limit, batch)
	if err != nil {
		return 0, err
	}
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return 0, errors.Join(err, rows.Close())
		}
		ids = append(ids, id)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return 0, err
	}
	left := int64(batch)
	for _, id := range ids {
		n, err := t.delete(gone, lines, "rowid IN (SELECT rowid FROM "+lines+" WHERE site = ? AND "+of+" = ? LIMIT ?)", site, id, left)
		if left -= n; err != nil || left <= 0 {
			return batch - left, err
		}
		if _, err := t.delete(gone, lives, "site = ? AND id = ?", site, id); err != nil {
			return 0, err
		}
		left--
		if left <= 0 {
			break
		}
	}
	return batch - left, nil
}

// sweepOrphans deletes photos that were kept a day ago and that no line of a
// timeline names: their ticket is gone, or it never came to that.
func (s *Store) sweepOrphans(ctx context.Context, gone map[string]int64) error {
	old := s.opt.Now().Add(-orphanAge)
	type row struct{ site, id string }
	var rows []row
	err := each(ctx, s.r, `SELECT site, id FROM attachments a WHERE at < ?
		AND NOT EXISTS (SELECT 1 FROM ticket_events e WHERE e.site = a.site AND e.attach = a.id AND e.attach <> '')`,
		[]any{ns(old)}, func(scan func(...any) error) error {
			var r row
			if err := scan(&r.site, &r.id); err != nil {
				return err
			}
			rows = append(rows, r)
			return nil
		})
	if err != nil {
		return sqlite.Judge(err)
	}
	for _, r := range rows {
		if err := s.sweepOrphan(ctx, r.site, r.id, old, gone); err != nil {
			return fmt.Errorf("photo %s of site %s: %w", r.id, r.site, err)
		}
	}
	return s.sweepFiles(ctx, old)
}

// sweepOrphan deletes a photo's row, unless it is named or kept anew by now,
// and its file when no other site has it.
func (s *Store) sweepOrphan(ctx context.Context, site, id string, old time.Time, gone map[string]int64) error {
	s.photos.Lock()
	defer s.photos.Unlock()
	others := 0
	err := s.write(ctx, func(tx *transaction) error {
		if _, err := tx.delete(gone, "attachments", `site = ? AND id = ? AND at < ?
			AND NOT EXISTS (SELECT 1 FROM ticket_events e WHERE e.site = ?1 AND e.attach = ?2 AND e.attach <> '')`, site, id, ns(old)); err != nil {
			return err
		}
		return tx.QueryRow("SELECT count(*) FROM attachments WHERE id = ?", id).Scan(&others)
	})
	if err != nil || others > 0 {
		return err
	}
	return removeFile(filepath.Join(s.opt.Dir, photos, id))
}

// sweepFiles removes files that have no row: a kill came between the two.
func (s *Store) sweepFiles(ctx context.Context, old time.Time) error {
	folder := filepath.Join(s.opt.Dir, photos)
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || !attachmentID.MatchString(f.Name()) || !info.ModTime().Before(old) {
			continue // gone by now, not ours, or too young
		}
		if err := s.sweepFile(ctx, f.Name()); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) sweepFile(ctx context.Context, id string) error {
	s.photos.Lock()
	defer s.photos.Unlock()
	var one int
	err := s.r.QueryRowContext(ctx, "SELECT 1 FROM attachments WHERE id = ? LIMIT 1", id).Scan(&one)
	if !errors.Is(err, sql.ErrNoRows) {
		return sqlite.Judge(err)
	}
	return removeFile(filepath.Join(s.opt.Dir, photos, id))
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
