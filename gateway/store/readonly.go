package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"steward/gateway/sqlite"
)

// Reader looks into a store from another process, whether or not the gateway
// is running. It never writes.
type Reader struct{ s Store }

// OpenReadOnly opens the store in a folder for looking.
func OpenReadOnly(ctx context.Context, dir string) (*Reader, error) {
	r := &Reader{Store{path: filepath.Join(dir, fileName)}}
	if _, err := os.Stat(r.s.path); err != nil {
		return nil, fmt.Errorf("store: no state in %s: %w", dir, err)
	}
	var err error
	if r.s.r, err = r.s.file().Readers(4); err != nil {
		return nil, fmt.Errorf("store: opening %s: %w", r.s.path, err)
	}
	if _, err := r.s.r.ExecContext(ctx, "SELECT seq FROM cursors LIMIT 1"); err != nil {
		return nil, errors.Join(fmt.Errorf("store: opening %s: %w", r.s.path, sqlite.Judge(err)), r.s.r.Close())
	}
	return r, nil
}

// Load is Store.Load.
func (r *Reader) Load(ctx context.Context, site string, part func(key string, body []byte) error) (Saved, error) {
	return r.s.Load(ctx, site, part)
}

// VerifyAudit is Store.VerifyAudit.
func (r *Reader) VerifyAudit(ctx context.Context, site string) (checked int, err error) {
	return r.s.VerifyAudit(ctx, site)
}

// Close gives the file back.
func (r *Reader) Close() error { return r.s.r.Close() }
