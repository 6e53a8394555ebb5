package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"steward/gateway/history"
	"steward/gateway/sqlite"
)

// rollups are the days that are over, in buckets: a cache beside the tsdb
// that can be made again from it. A day is rolled once nothing late is
// expected for it any more, and thrown away when something comes all the same.
type rollups struct {
	db   *sql.DB
	read *sql.DB
	file sqlite.File

	mu      sync.Mutex
	days    map[int64]bool      // that are rolled, in days since 1970 UTC
	rolling int64               // the day being made, or none
	late    bool                // something came for it meanwhile
	bad     map[int64]time.Time // days that cannot be rolled, until when it is not tried again
	doubt   error               // why the file should be made anew
	until   atomic.Int64        // ms: no rolled day lies at or behind it
}

const (
	rollupFile    = "rollups.db"
	rollupVersion = 1
	noDay         = math.MinInt64
)

const rollupSchema = `
CREATE TABLE days(day INTEGER PRIMARY KEY);
CREATE TABLE rollups(day INTEGER, asset TEXT, point TEXT, body BLOB NOT NULL, PRIMARY KEY(day, asset, point)) WITHOUT ROWID;
`

// openRollups opens the file in a store's folder or makes it. A damaged one,
// or one of another version, is removed: it is made again. Where there can be
// none now, charts go without it until renew finds that there can.
func openRollups(ctx context.Context, dir string) *rollups {
	r := &rollups{rolling: noDay, file: sqlite.File{Path: filepath.Join(dir, rollupFile), PageSize: 16 << 10,
		WALPages: 256, WALLimit: 4 << 20, WriteCache: 2048, ReadCache: 1024}}
	err := r.open(ctx)
	if errors.Is(err, sqlite.ErrDamaged) {
		err = r.restart(ctx)
	}
	if err != nil {
		r.days, r.doubt = map[int64]bool{}, err
		r.settle()
	}
	return r
}

func (r *rollups) open(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			err = r.file.JudgeOpening(err)
			_ = r.close() // the first error says more
		}
	}()
	if r.db, err = r.file.Writer(); err != nil {
		return err
	}
	if r.read, err = r.file.Readers(3); err != nil {
		return err
	}
	var version int
	if err = r.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch version {
	case 0:
		_, err = r.db.ExecContext(ctx, fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT", rollupSchema, rollupVersion))
		if err != nil {
			return err
		}
	case rollupVersion:
	default:
		return fmt.Errorf("%w: version %d, this steward makes %d", sqlite.ErrDamaged, version, rollupVersion)
	}
	return r.load(ctx)
}

func (r *rollups) load(ctx context.Context) error {
	rows, err := r.db.QueryContext(ctx, "SELECT day FROM days")
	if err != nil {
		return err
	}
	r.days = map[int64]bool{}
	for rows.Next() {
		var day int64
		if err := rows.Scan(&day); err != nil {
			return errors.Join(err, rows.Close())
		}
		r.days[day] = true
	}
	r.settle()
	return errors.Join(rows.Err(), rows.Close())
}

func (r *rollups) close() error {
	var errs []error
	for _, db := range []*sql.DB{r.read, r.db} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	r.read, r.db = nil, nil
	return errors.Join(errs...)
}

// settle notes until where samples would be late; mu is held, or nobody else
// knows r yet.
func (r *rollups) settle() {
	until := int64(math.MinInt64)
	for day := range r.days {
		until = max(until, (day+1)*dayMS)
	}
	if r.rolling != noDay {
		until = max(until, (r.rolling+1)*dayMS)
	}
	r.until.Store(until)
}

// errRollups marks what is wrong with the file, not with the history.
var errRollups = errors.New("history rollups")

// doubted notes an error of the file if it means that its content is wrong.
func (r *rollups) doubted(err error) {
	if !errors.Is(sqlite.Judge(err), sqlite.ErrDamaged) && !errors.Is(err, errBuckets) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doubt = err
}

// renew begins the file anew where it was doubted, and says why.
func (r *rollups) renew(ctx context.Context) (why, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.doubt == nil {
		return nil, nil
	}
	why, r.doubt = r.doubt, nil
	return why, r.restart(ctx)
}

// restart begins the file anew; mu is held.
func (r *rollups) restart(ctx context.Context) error {
	r.days = map[int64]bool{}
	r.late = true // what is being made begins again
	r.settle()
	err := errors.Join(r.close(), r.file.Remove())
	if err == nil {
		err = r.open(ctx)
	}
	r.doubt = err // then it is tried again
	return err
}

// writer is the connection that writes; mu is held.
func (r *rollups) writer() (*sql.DB, error) {
	if r.db == nil {
		return nil, fmt.Errorf("%w: not open: %w", errRollups, r.doubt)
	}
	return r.db, nil
}

// touched must be told of a sample before it is appended: a day that it
// belongs to is rolled no more. Where the file does not take that, the day
// counts as not rolled all the same, and the file is made anew.
func (r *rollups) touched(ctx context.Context, ms int64) {
	day := floorDay(ms)
	r.mu.Lock()
	defer r.mu.Unlock()
	if day == r.rolling {
		r.late = true
	}
	if !r.days[day] {
		return
	}
	if err := r.forget(ctx, day); err != nil {
		r.doubt = err
	}
	delete(r.days, day)
	r.settle()
}

// before reports whether a time may lie in a rolled day.
func (r *rollups) before(ms int64) bool { return ms < r.until.Load() }

// forget takes a day out of the file.
func (r *rollups) forget(ctx context.Context, day int64) error {
	db, err := r.writer()
	if err != nil {
		return err
	}
	wrong := func(err error) error { return fmt.Errorf("%w: forget day %d: %w", errRollups, day, sqlite.Judge(err)) }
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return wrong(err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	for _, table := range []string{"days", "rollups"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE day = ?", day); err != nil {
			return wrong(err)
		}
	}
	if err := tx.Commit(); err != nil {
		return wrong(err)
	}
	return nil
}

// row is a point's day as it is kept.
type row struct {
	asset, point string
	body         []byte
}

// begin says that a day is being made.
func (r *rollups) begin(ctx context.Context, day int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rolling, r.late = day, false
	r.settle()
	return r.forget(ctx, day) // what an interrupted making left
}

// put keeps some points of the day that was begun. It does not hold mu: who
// does may be waiting for the connection.
func (r *rollups) put(ctx context.Context, day int64, rows []row) error {
	r.mu.Lock()
	db, err := r.writer()
	r.mu.Unlock()
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	insert, err := tx.PrepareContext(ctx, "INSERT INTO rollups VALUES(?,?,?,?)")
	if err != nil {
		return err
	}
	defer insert.Close() //nolint:errcheck // goes with the transaction
	for _, x := range rows {
		if _, err := insert.ExecContext(ctx, day, x.asset, x.point, x.body); err != nil {
			return err
		}
	}
	return tx.Commit()
}

var errLate = errors.New("late samples came for the day meanwhile")

// finish makes the day that was begun count, unless something late has come
// for it meanwhile.
func (r *rollups) finish(ctx context.Context, day int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.late {
		return errLate
	}
	db, err := r.writer()
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "INSERT INTO days VALUES(?)", day); err != nil {
		return err
	}
	r.days[day] = true
	return nil
}

// end ends what begin began, however it went.
func (r *rollups) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rolling = noDay
	r.settle()
}

// putOff lets a day that cannot be rolled wait, and the others go on.
func (r *rollups) putOff(day int64, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bad == nil {
		r.bad = map[int64]time.Time{}
	}
	r.bad[day] = until
}

// due reports whether a day is to be rolled.
func (r *rollups) due(day int64, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.days[day] && !now.Before(r.bad[day])
}

// has reports whether a day is rolled.
func (r *rollups) has(day int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.days[day]
}

// trim forgets the days before a day.
func (r *rollups) trim(ctx context.Context, before int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for day := range r.days {
		if day >= before {
			continue
		}
		if err := r.forget(ctx, day); err != nil {
			return err
		}
		delete(r.days, day)
	}
	r.settle()
	return nil
}

// each gives a point's rolled days of [from, to), which are milliseconds, in
// order. A day of which the point has no rollup is not among them: its
// samples are few enough to be read one by one. Its error wraps errRollups.
func (r *rollups) each(ctx context.Context, asset, point string, from, to int64, take func(day int64, d *pointDay) error) error {
	if r == nil || !r.before(from) {
		return nil
	}
	r.mu.Lock()
	db := r.read
	r.mu.Unlock()
	if db == nil {
		return nil
	}
	rows, err := db.QueryContext(ctx, `SELECT days.day, body FROM days JOIN rollups ON rollups.day = days.day AND asset = ? AND point = ?
		WHERE days.day BETWEEN ? AND ? ORDER BY days.day`, asset, point, floorDay(from), floorDay(to-1))
	if err != nil {
		return fmt.Errorf("%w: %w", errRollups, err)
	}
	var d pointDay
	var body sql.RawBytes
	var scratch []byte
	for rows.Next() {
		var day int64
		if err = rows.Scan(&day, &body); err != nil {
			break
		}
		if !r.has(day) {
			continue // something late came for it
		}
		if scratch, err = d.decode(body, scratch); err != nil {
			err = fmt.Errorf("day %d of %s %s: %w", day, asset, point, err)
			break
		}
		if err := take(day, &d); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	if err = errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("%w: %w", errRollups, err)
	}
	return nil
}

// floorDay is the day that a time in milliseconds lies in.
func floorDay(ms int64) int64 {
	return history.Floor(ms, dayMS) / dayMS
}
