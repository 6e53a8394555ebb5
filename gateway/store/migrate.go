package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"steward/gateway/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

const versionTable = "goose_db_version"

// migrate brings the file up to the newest version this program knows. A
// file that is not empty is backed up first.
func (s *Store) migrate(ctx context.Context) error {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	return s.migrateBy(ctx, steps)
}

func (s *Store) migrateBy(ctx context.Context, steps fs.FS) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, s.w, steps,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	version, stamp, err := s.version(ctx)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version
	switch {
	case version > newest && stamp != version:
		return fmt.Errorf("%w: it says version %d in one place and %d in another", sqlite.ErrDamaged, version, stamp)
	case version > newest:
		return fmt.Errorf("it was written by a newer steward (version %d, this one knows %d): "+
			"start that one, or give this one another data folder", version, newest)
	case version == newest:
		return s.stamp(ctx, stamp, newest)
	case version > 0:
		if err := s.backup(ctx); err != nil {
			return fmt.Errorf("before it is brought from version %d to %d: %w", version, newest, err)
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bringing it from version %d to %d: %w", version, newest, sqlite.Judge(err))
	}
	if err := s.stamp(ctx, stamp, newest); err != nil {
		return err
	}
	if version > 0 {
		s.opt.Log.Info("the state's file was brought up to date", "file", s.path, "from", version, "to", newest)
	}
	return nil
}

// version is what the file says it is; 0 is an empty file. One with tables
// but without a version is not ours. stamp is the same once more, in the
// header, so that a wrong byte is not taken for a newer steward.
func (s *Store) version(ctx context.Context) (version, stamp int64, err error) {
	var tables, versioned int
	if err := s.w.QueryRowContext(ctx, "SELECT count(*), coalesce(sum(name = ?), 0) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
		versionTable).Scan(&tables, &versioned); err != nil {
		return 0, 0, sqlite.Judge(err)
	}
	switch {
	case tables == 0:
		return 0, 0, nil
	case versioned == 0:
		return 0, 0, fmt.Errorf("%w: it has tables but no version", sqlite.ErrDamaged)
	}
	err = s.w.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0), user_version FROM "+versionTable+", pragma_user_version").Scan(&version, &stamp)
	return version, stamp, sqlite.Judge(err)
}

// stamp writes the version into the header where it is another.
func (s *Store) stamp(ctx context.Context, is, want int64) error {
	if is == want {
		return nil
	}
	_, err := s.w.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", want))
	return sqlite.Judge(err)
}
