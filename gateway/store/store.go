package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver

	"steward/gateway/sqlite"
)

const (
	fileName   = "state.db"
	backupName = fileName + ".backup"
	photos     = "attachments" // the folder of the files of tickets
	walPages   = 1000          // 4 KiB pages until a checkpoint: about 4 MiB of log
)

// Options say where a store lies and what it may not ask the world for.
type Options struct {
	Dir string           // state.db, its backup, and attachments/
	Now func() time.Time // wall clock: of backups, names of files set aside, and the end of KPI periods
	Log *slog.Logger
	// NotCounted names rules that speak of alarms and not of equipment
	// (flood, chattering, stale). KPI leaves their alarms out.
	NotCounted []string
	Keep       time.Duration // how long alarms, tickets and messages are kept once they are over; 0: for ever

	hooks hooks
}

// hooks let tests break what is hard to break from outside.
type hooks struct {
	before  func(step string) error // before each part of a commit; its error is the disk's
	between func()                  // between an alarm or a ticket and its lines as they are read
}

// Status is what the store tells about itself.
type Status struct {
	Path       string    `json:"path"`
	Aside      string    `json:"aside,omitempty"`      // the damaged file that was set aside at the start
	AsideAt    time.Time `json:"aside_at,omitzero"`    //
	Backup     time.Time `json:"backup,omitzero"`      // when the last one was made
	Error      string    `json:"error,omitempty"`      // of the last check or backup, until one succeeds
	Commits    uint64    `json:"commits"`              // since the start
	Refused    uint64    `json:"refused"`              // commits that failed, since the start
	Unreadable uint64    `json:"unreadable,omitempty"` // rows that were left out of answers, since the start
	LastError  string    `json:"last_error,omitempty"` // of a commit, until one succeeds
	ErrorSince time.Time `json:"error_since,omitzero"` // of LastError

	Committed time.Time        `json:"committed,omitzero"` // when it last took something, since the start
	Keep      time.Duration    `json:"keep"`               // ns, for which records are kept once they are over; 0: for ever
	Bytes     int64            `json:"bytes"`              // of the file and its log
	Photos    int64            `json:"photo_bytes"`        // of the files of tickets, when Counted
	Rows      map[string]int64 `json:"rows,omitempty"`     // by table, when Counted: alarms, tickets, audit …
	Counted   time.Time        `json:"counted,omitzero"`   // every ten minutes
}

// Store is the state of one machine's sites in one SQLite file: one
// connection writes, a few read. Its methods may be called concurrently.
type Store struct {
	opt   Options
	path  string
	w, r  *sql.DB
	stmts statements

	photos  sync.Mutex    // held while a photo's file and row are brought into line
	figures chan struct{} // holds one while figures are made: they take much memory

	mu     sync.Mutex
	status Status
}

// Open opens the store of a folder or makes it, and brings an older one up to
// date. A damaged file is set aside, together with its backup, and a new one
// begun; Status and the log name it. A file of a newer steward is an error.
func Open(ctx context.Context, opt Options) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(opt.Dir, photos), 0o700); err != nil {
		return nil, fmt.Errorf("store: making its folder: %w", err)
	}
	s := &Store{opt: opt, path: filepath.Join(opt.Dir, fileName), figures: make(chan struct{}, 1)}
	s.status.Path = s.path
	err := s.open(ctx)
	if errors.Is(err, sqlite.ErrDamaged) {
		if err = s.setAside(err); err == nil {
			err = s.open(ctx)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("store: opening %s: %w", s.path, err)
	}
	if info, err := os.Stat(filepath.Join(opt.Dir, backupName)); err == nil {
		s.status.Backup = info.ModTime().UTC()
	}
	if err := s.sweepPhotos(); err != nil {
		opt.Log.Warn("half-written attachments could not be removed", "dir", opt.Dir, "err", err)
	}
	return s, nil
}

// Close waits for what is under way and closes the file.
func (s *Store) Close() error {
	errs := s.stmts.close()
	for _, db := range []*sql.DB{s.r, s.w} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	s.r, s.w, s.stmts = nil, nil, statements{}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("store: closing %s: %w", s.path, err)
	}
	return nil
}

// Status returns how the store is.
func (s *Store) Status() Status {
	s.mu.Lock()
	status := s.status
	s.mu.Unlock()
	status.Keep = s.opt.Keep
	for _, name := range []string{s.path, s.path + "-wal"} {
		if info, err := os.Stat(name); err == nil {
			status.Bytes += info.Size()
		}
	}
	return status
}

// file is how the state is kept.
func (s *Store) file() sqlite.File {
	return sqlite.File{Path: s.path, WALPages: walPages, WALLimit: 16 << 20, WriteCache: 8192, ReadCache: 4096}
}

// open opens the connections, looks through the file and migrates it. After
// an error nothing is left open.
func (s *Store) open(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			err = s.file().JudgeOpening(err)
			_ = s.Close() // the first error says more
		}
	}()
	if s.w, err = s.file().Writer(); err != nil {
		return err
	}
	if err = s.check(ctx); err != nil {
		return err
	}
	if err = s.migrate(ctx); err != nil {
		return err
	}
	if s.r, err = s.file().Readers(4); err != nil {
		return err
	}
	return sqlite.Judge(s.stmts.prepare(ctx, s.w))
}

// check lets SQLite look through the whole file, and tells when that is slow.
func (s *Store) check(ctx context.Context) error {
	start := time.Now()
	if err := sqlite.Check(ctx, s.w); err != nil {
		return err
	}
	if err := s.tryWrite(ctx); err != nil {
		return err
	}
	if took := time.Since(start); took > time.Second {
		s.opt.Log.Info("the state's file was checked", "file", s.path, "took", took.Round(time.Millisecond))
	}
	return nil
}

// tryWrite writes something and takes it back: a header that says read-only is
// met by nothing else.
func (s *Store) tryWrite(ctx context.Context) error {
	tx, err := s.w.BeginTx(ctx, nil)
	if err != nil {
		return sqlite.Judge(err)
	}
	_, err = tx.ExecContext(ctx, "PRAGMA application_id = 1")
	return sqlite.Judge(errors.Join(err, tx.Rollback()))
}

// ns is a time as it lies in a column: 0 is none.
func ns(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// at is the time of a column.
func at(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}
